//! An image, from what the engine says of it.

use bollard::models::ImageInspect;

use super::container::{ports, variables};
use crate::fact::Image;

/// What the engine says of an image.
pub(super) fn image(inspected: ImageInspect) -> Image {
    let config = inspected.config.unwrap_or_default();
    let mut tags = inspected.repo_tags.unwrap_or_default();
    let mut digests = inspected.repo_digests.unwrap_or_default();
    tags.sort_unstable();
    digests.sort_unstable();
    Image {
        id: inspected.id.unwrap_or_default(),
        meant_by: Vec::new(),
        tags,
        digests,
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        entrypoint: config.entrypoint.unwrap_or_default(),
        command: config.cmd.unwrap_or_default(),
        env: variables(config.env),
        exposed: ports(config.exposed_ports),
    }
}
