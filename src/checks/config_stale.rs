//! config-stale: the gateway runs with an older text of its configuration file.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::fact::{Container, Since};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "config-stale",
    severity: Severity::Warning,
    needs: &[Need::Docker],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/config-stale.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let Some(engine) = case.engine() else { return };
    for (number, gateway) in case.stack.gateways.iter().enumerate() {
        let Some(service) = case.chain.gateways[number].service() else {
            continue;
        };
        let Some(container) = case.chain.containers.container(engine, service) else {
            continue;
        };
        let file = gateway.path.as_path();
        let mut mounts = container.mounts.iter();
        let mount = mounts.find(|mount| {
            let links = &case.stack.links;
            mount.since.is_some() && links.same(std::path::Path::new(&mount.source), file)
        });
        let Some((since, what)) = mount.and_then(|mount| Some((mount.since?, words(mount.since?)?)))
        else {
            continue;
        };
        let name = &case.stack.service(service).name.value;
        let title = gateway.kind.title();
        let program = format!("{title} in container {}", container.name);
        let message = format!("{program} still runs with an older text of this file: {what}");
        let finding = Finding::at(&gateway.root, Part::Key, message)
            .says("newer than what runs")
            .subject(name.as_str())
            .evidence(Source::Docker, evidence(container, since));
        let fix = Fix::run(
            format!("start {name} again"),
            format!("docker restart {}", container.name),
        );
        findings.add(finding.fix(fix));
    }
}

/// What happened, and what that means.
fn words(since: Since) -> Option<&'static str> {
    match since {
        Since::Unchanged => None,
        Since::Written => Some("it was changed after the container was started, and is read at the start alone"),
        Since::Replaced => Some(
            "another file was put in its place, as most editors do, and the container has the old one until it is started \
             again",
        ),
    }
}

fn evidence(container: &Container, since: Since) -> String {
    let started = &container.state.started_at;
    match since {
        Since::Replaced => format!("the file that is mounted into {} has no name any more", container.name),
        Since::Written | Since::Unchanged => {
            format!("container {} was started at {started}", container.name)
        }
    }
}
