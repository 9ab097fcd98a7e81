//! image-stale: the tag of an image means another one now than the container was made from.

use crate::change::Fix;
use crate::check::drift::is_same_image;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::fact::Container;
use crate::model::ServiceId;
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "image-stale",
    severity: Severity::Note,
    needs: &[Need::Docker],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/image-stale.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (id, needed) in case.concerned() {
        let containers = case.containers_of(id);
        let stale = containers.into_iter().find(|one| is_stale(case, one));
        if let Some(finding) = stale.and_then(|container| finding(case, id, container)) {
            findings.add(finding.hops(needed.hops));
        }
    }
}

fn is_stale(case: &Case<'_>, container: &Container) -> bool {
    let engine = case.engine();
    let meant = engine.and_then(|engine| engine.meant(&container.image));
    meant.is_some_and(|meant| meant.id != container.image_id)
}

fn finding(case: &Case<'_>, id: ServiceId, container: &Container) -> Option<Finding> {
    let service = case.stack.service(id);
    let image = service.image.as_ref()?;
    // container-stale says that of another image.
    if image
        .value
        .get()
        .is_some_and(|image| !is_same_image(image, &container.image))
    {
        return None;
    }
    let meant = case.engine()?.meant(&container.image)?;
    let name = &service.name.value;
    let message = format!(
        "the container {} of {name} is made from an older {} than this machine has by now; make it anew to run the newer one",
        container.name, container.image
    );
    let evidence = format!(
        "{} is {} here, container {} runs {}",
        container.image,
        short(&meant.id),
        container.name,
        short(&container.image_id)
    );
    let title = format!("make the container of {name} anew");
    let up = repair::compose(case.stack, id, "up -d");
    let finding = Finding::at(&image.at, Part::Value, message)
        .says("means another image now")
        .subject(name)
        .evidence(Source::Docker, evidence)
        .fix(Fix::run(title, up));
    Some(finding)
}

/// `sha256:` and as many digits as people compare.
fn short(id: &str) -> &str {
    id.get(..19).unwrap_or(id)
}
