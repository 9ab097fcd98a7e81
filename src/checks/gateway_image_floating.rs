//! gateway-image-floating: a gateway whose image changes under its tag.

use crate::catalog::ImageRef;
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "gateway-image-floating",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-image-floating.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        let Some(id) = view.service() else { continue };
        let service = case.stack.service(id);
        let Some(image) = &service.image else {
            continue;
        };
        // What is built here is not pulled.
        let Some(text) = image.value.get().filter(|_| service.build.is_none()) else {
            continue;
        };
        let reference = ImageRef::parse(text);
        if !reference.is_floating(&case.catalog.litellm().runs.moving_tags) {
            continue;
        }
        let tag = match &reference.tag {
            Some(tag) => format!("the tag `{tag}`"),
            None => "no tag".to_owned(),
        };
        let name = reference.repository_name();
        // Which tags there are differs from release to release.
        let line = format!("image: {name}:vX.Y.Z\nimage: {name}@sha256:…");
        let title = case.stack.gateways[gateway].kind.title();
        let message = format!(
            "{} runs an image with {tag}: the next pull may bring another {title} that reads this configuration \
             differently; pin a release",
            service.name.value
        );
        let finding = Finding::at(&image.at, Part::Value, message)
            .says("moves to another image with each release")
            .subject(&service.name.value)
            .fix(Fix::manual("pin the release that runs now, for example by its digest", line));
        findings.add(finding);
    }
}
