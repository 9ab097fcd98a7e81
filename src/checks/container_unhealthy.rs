//! container-unhealthy: a container that the chain needs runs, and its health check fails.

use crate::change::Fix;
use crate::check::needed::has_container;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::fact::{Container, Health, Status};
use crate::model::{Healthcheck, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "container-unhealthy",
    severity: Severity::Warning,
    needs: &[Need::Docker],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/container-unhealthy.md"),
    run,
};

/// What a service waits for that is started only when another one is healthy.
const HEALTHY: &str = "service_healthy";
/// Characters of what the check printed.
const WIDTH: usize = 160;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (id, needed) in case.needed() {
        let Some(container) = case.container_of(id) else {
            continue;
        };
        let health = container.state.health.as_ref();
        let health = health.filter(|health| health.status == "unhealthy");
        let runs = container.state.status == Status::Running;
        let is_made = has_container(case, id, case.stack.service(id));
        if let Some(health) = health.filter(|_| runs && is_made) {
            let waiting = waiting(case, id);
            // What a gateway calls itself is none of its health.
            let own = case.chain.hops_by_service().get(&id).cloned();
            let hops = match needed.gateway {
                true => own.unwrap_or_default(),
                false => needed.hops,
            };
            let finding = finding(case, id, container, health, &waiting).hops(hops);
            match waiting.is_empty() {
                true => findings.add(finding),
                false => findings.add_as(Severity::Error, finding),
            }
        }
    }
}

/// Services that are not started before this one is healthy.
fn waiting(case: &Case<'_>, id: ServiceId) -> Vec<ServiceId> {
    let name = &case.stack.service(id).name.value;
    let waits = case.stack.services().filter(|(other, service)| {
        let mut entries = service.depends_on.iter().map(|entry| &entry.value);
        other.project == id.project
            && entries.any(|(on, how)| on == name && how.as_deref() == Some(HEALTHY))
    });
    let waits = waits.map(|(other, _)| other);
    waits
        .filter(|other| {
            let container = case.container_of(*other);
            container.is_some_and(|one| one.state.status == Status::Created)
        })
        .collect()
}

fn finding(
    case: &Case<'_>,
    id: ServiceId,
    container: &Container,
    health: &Health,
    waiting: &[ServiceId],
) -> Finding {
    let service = case.stack.service(id);
    let name = &service.name.value;
    let consequence = match waiting.first() {
        Some(other) => format!(
            ", and {} waits for it",
            case.stack.service(*other).name.value
        ),
        None => String::new(),
    };
    let times = match health.failing {
        0 | 1 => String::new(),
        number => format!(" ({number} times in a row)"),
    };
    let message = format!(
        "{name} runs, and its health check fails{times}{consequence}: the server does not answer, or the check asks the wrong question"
    );
    let (at, part) = match &service.healthcheck {
        Healthcheck::Test(test) => (&test.at, Part::Value),
        _ => (&service.name.at, Part::Key),
    };
    let mut finding = Finding::at(at, part, message)
        .says("unhealthy")
        .subject(name)
        .evidence(
            Source::Docker,
            format!("container {} is unhealthy", container.name),
        );
    for line in health.output.lines().filter(|line| !line.trim().is_empty()) {
        finding = finding.evidence(Source::Docker, format!("its check: {}", quote(line, WIDTH)));
    }
    for other in waiting {
        let other = case.stack.service(*other);
        let text = format!("{} is not started before", other.name.value);
        finding = finding.also(&other.name.at, Part::Key, text);
    }
    let logs = repair::compose(case.stack, id, "logs --tail 50");
    finding.fix(Fix::manual(format!("see what {name} says itself"), logs))
}
