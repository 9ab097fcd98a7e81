//! What a service runs, as far as the catalog knows its image: the same answer for every check and every hop.

use std::collections::HashMap;

use super::{Behind, start};
use crate::catalog::{Catalog, Certainty, ImageRef, Launch};
use crate::model::{Service, ServiceId, Stack};

/// What is known of every service that the catalog knows.
pub(super) fn all(stack: &Stack, catalog: &Catalog) -> HashMap<ServiceId, Behind> {
    stack
        .services()
        .filter_map(|(id, service)| Some((id, behind(stack, service, catalog)?)))
        .collect()
}

fn behind(stack: &Stack, service: &Service, catalog: &Catalog) -> Option<Behind> {
    let image = ImageRef::parse(service.image.as_ref()?.value.get()?);
    let server = catalog.server_for_image(&image)?;
    // The name of an image that is built here says nothing of what is in it.
    if service.build.is_some() {
        return None;
    }
    let mut running = launched(service, |launch| server.runs(launch))?;
    if service.command.is_none()
        && let Some(doubt) = service.doubt()
    {
        running.certainty = Certainty::Unknown(doubt);
    }
    let version = server.image_version(&image);
    let mut behind = Behind {
        server: server.id.clone(),
        image,
        version,
        running,
        network: None,
    };
    behind.network = start::first(stack, service, server, &behind);
    Some(behind)
}

/// Asks the catalog something about a service as Compose starts it; nothing when the name of its image is not known.
pub fn launched<T>(service: &Service, ask: impl FnOnce(&Launch<'_>) -> T) -> Option<T> {
    let image = ImageRef::parse(service.image.as_ref()?.value.get()?);
    // Variables that are not known stand in the words as they were written, which the catalog understands.
    let words = |words: &crate::source::At<Vec<crate::model::Text>>| -> Vec<String> {
        words.value.iter().map(|word| word.text.clone()).collect()
    };
    let entrypoint = service.entrypoint.as_ref().map(words);
    let args = service.command.as_ref().map(words).unwrap_or_default();
    let env = |name: &str| service.env(name);
    Some(ask(&Launch {
        image: Some(&image),
        version: None,
        entrypoint: entrypoint.as_deref(),
        args: &args,
        env: &env,
    }))
}
