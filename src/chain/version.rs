//! The version of a gateway, and which place says it.

use super::Placed;
use crate::catalog::{Catalog, ImageRef, Version};
use crate::fact::{Container, Engine};
use crate::gateway::{Known, VersionFrom};
use crate::model::{Service, Stack};

/// What a person says, and that they did.
pub(super) fn of_flag(version: &Version) -> (Known, Option<String>) {
    let known = Known::Exact(version.clone(), VersionFrom::Flag);
    (known, Some("--litellm-version".to_owned()))
}

/// The image that its container was made from, by the name that it was made by or a label, else the same of what files
/// say, else unknown and why; and which of these it was.
pub(super) fn of_gateway(
    stack: &Stack,
    catalog: &Catalog,
    placed: &Placed,
    container: Option<(&Container, &Engine)>,
) -> (Known, Option<String>) {
    let Some(id) = placed.service() else {
        return (
            Known::Unknown(placed.doubt(stack).unwrap_or_default()),
            None,
        );
    };
    if let Some((container, engine)) = container
        && let Some((version, from, because)) = of_container(catalog, engine, container)
    {
        return (Known::Exact(version, from), Some(because));
    }
    let service = stack.service(id);
    let why = match of_tag(catalog, service) {
        Ok((version, because)) => {
            return (Known::Exact(version, VersionFrom::Image), Some(because));
        }
        Err(why) => why,
    };
    match of_label(catalog, service) {
        Some((version, because)) => (Known::Exact(version, VersionFrom::Label), Some(because)),
        None => (Known::Unknown(why), None),
    }
}

/// The version of the image that a container was made from: by its name then, by a label, by another name that it has.
fn of_container(
    catalog: &Catalog,
    engine: &Engine,
    container: &Container,
) -> Option<(Version, VersionFrom, String)> {
    let name = &container.name;
    if let Ok(version) = of_image(catalog, &ImageRef::parse(&container.image)) {
        let because = format!(
            "the tag of {}, which container {name} runs",
            container.image
        );
        return Some((version, VersionFrom::Image, because));
    }
    let image = engine.image(&container.image_id);
    let litellm = catalog.litellm();
    let labels = litellm.runs.version_labels.iter();
    // A container has those of its image, too.
    let labelled = labels.filter_map(|label| Some((label, container.label(label)?)));
    for (label, value) in labelled {
        // A label may be the base image's own.
        if let Some(version) = Version::parse(value)
            && version.precision() >= 2
            && litellm.known.contains(&version)
        {
            let because = format!("the label {label} of the image that container {name} runs");
            return Some((version, VersionFrom::Label, because));
        }
    }
    let mut tags = image.into_iter().flat_map(|image| &image.tags);
    tags.find_map(|tag| {
        let version = of_image(catalog, &ImageRef::parse(tag)).ok()?;
        Some((
            version,
            VersionFrom::Image,
            format!("{tag}, which container {name} runs"),
        ))
    })
}

/// The version that the tag of a gateway's image names; else why it names none.
fn of_tag(catalog: &Catalog, service: &Service) -> Result<(Version, String), String> {
    let Some(image) = &service.image else {
        return Err("its service builds its own image".to_owned());
    };
    let reference = ImageRef::parse(&image.value.text);
    if !image.value.known {
        return Err(format!(
            "its image {} depends on a variable that is not known here",
            image.value.text
        ));
    }
    let version = of_image(catalog, &reference)?;
    Ok((version, format!("the tag of {reference}")))
}

/// The version that the tag of an image names; else why it names none.
fn of_image(catalog: &Catalog, reference: &ImageRef) -> Result<Version, String> {
    let Some(tag) = &reference.tag else {
        return Err(match &reference.digest {
            Some(_) => "its image is named by a digest alone".to_owned(),
            None => "its image has no tag".to_owned(),
        });
    };
    let Some(version) = reference.version() else {
        return Err(format!("the tag {tag} of its image names none"));
    };
    // The versions of other people's images may be their own.
    let litellm = catalog.litellm();
    if !litellm.runs.is_official(reference) && !litellm.known.contains(&version) {
        return Err(format!(
            "the tag {tag} of its image is none of LiteLLM's versions"
        ));
    }
    Ok(version)
}

/// The version that a label of a gateway's service says.
fn of_label(catalog: &Catalog, service: &Service) -> Option<(Version, String)> {
    let labels = &catalog.litellm().runs.version_labels;
    service.labels.iter().find_map(|label| {
        let (name, value) = &label.value;
        let version = Version::parse(value.get()?)?;
        let precise = version.precision() >= 2;
        (precise && labels.contains(name)).then(|| {
            let because = format!("the label {name} of {}", service.name.value);
            (version, because)
        })
    })
}
