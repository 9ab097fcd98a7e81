//! container-stale: a container is not what its file says.

use crate::chain::{Destination, Hop, HopId, Reach};
use crate::change::Fix;
use crate::check::drift::{Difference, Field, Missing, differences, missing_networks};
use crate::check::needed::has_container;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed};
use crate::fact::{Container, label};
use crate::model::ServiceId;
use crate::repair;
use crate::running::Found;

pub(super) static CHECK: Check = Check {
    id: "container-stale",
    severity: Severity::Warning,
    needs: &[Need::Docker],
    covers: &[
        "connection-refused",
        "connection-timeout",
        "name-not-resolved",
        "no-shared-network",
        "unknown-host",
    ],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/container-stale.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (id, needed) in case.concerned() {
        if !has_container(case, id, case.stack.service(id)) {
            continue;
        }
        let Some(container) = case.container_of(id) else {
            continue;
        };
        let mut differences = differences(case, id, container);
        if joined_by_hand(case, id) {
            // A container made anew would lose what the call rests on: no-shared-network says that.
            differences.retain(|one| !matches!(one.field, Field::Networks | Field::Names));
        }
        if differences.is_empty() {
            continue;
        }
        let broken = broken(case, id, container, &differences);
        let finding = finding(case, id, container, &differences, &broken);
        match broken.is_empty() {
            true => findings.add(finding.hops(needed.hops)),
            false => findings.add_as(Severity::Error, finding.hops(broken)),
        }
    }
}

/// The calls that would lead somewhere if the containers were as the files say, and do not.
fn broken(
    case: &Case<'_>,
    id: ServiceId,
    container: &Container,
    differences: &[Difference],
) -> Vec<HopId> {
    let has = |fields: &[Field]| differences.iter().any(|one| fields.contains(&one.field));
    // A caller needs the network alone, whatever it is called there.
    let calls = has(&[Field::Networks]);
    let named = has(&[Field::Networks, Field::Names]);
    // Without a network it publishes nothing, whatever it was made with.
    let published = has(&[Field::Ports]) || calls && container.networks.is_empty();
    let hops = case.chain.hops.iter().filter(|hop| {
        let Some(sight) = &hop.sight else {
            return false;
        };
        match &sight.found {
            Found::Nobody(nobody) => {
                let is_end = calls && is_caller(case, hop, id)
                    || named && called(case, hop) == Some(id);
                is_end && nobody.stopped.is_empty() && is_shared(hop)
            }
            Found::Machine(None) => published && called(case, hop) == Some(id),
            _ => false,
        }
    });
    hops.map(|hop| hop.id).collect()
}

/// Whether the files give both ends of a call a network.
fn is_shared(hop: &Hop) -> bool {
    let reach = match &hop.destination {
        Destination::Service { reach, .. } => reach,
        _ => return false,
    };
    matches!(reach, Reach::Shared(_))
}

/// Whether a call of the service, or to it, goes over a network that the files do not give to both ends.
fn joined_by_hand(case: &Case<'_>, id: ServiceId) -> bool {
    case.chain.hops.iter().any(|hop| {
        let found = hop.sight.as_ref().map(|sight| &sight.found);
        let reach = match &hop.destination {
            Destination::Service { reach, .. } => reach,
            _ => return false,
        };
        matches!(found, Some(Found::Containers(_)))
            && matches!(reach, Reach::Apart { .. })
            && is_end(case, hop, id)
    })
}

/// Whether a service is one of the two ends of a call.
fn is_end(case: &Case<'_>, hop: &Hop, id: ServiceId) -> bool {
    is_caller(case, hop, id) || called(case, hop) == Some(id)
}

fn is_caller(case: &Case<'_>, hop: &Hop, id: ServiceId) -> bool {
    let mut gateways = case.chain.gateways.iter().enumerate();
    gateways.any(|(number, view)| view.service() == Some(id) && hop.is_from(number))
}

fn called(case: &Case<'_>, hop: &Hop) -> Option<ServiceId> {
    match hop.destination {
        Destination::Gateway { gateway, .. } => case.chain.gateways[gateway].service(),
        _ => hop.service(),
    }
}

/// What a container cannot do for its differences: ", so it is not reached", ", so it does not reach tools".
fn consequence(case: &Case<'_>, id: ServiceId, broken: &[HopId]) -> String {
    let ends = broken.iter().map(|hop| called(case, case.chain.hop(*hop)));
    let (own, others): (Vec<_>, Vec<_>) = ends.flatten().partition(|called| *called == id);
    let mut others: Vec<&str> = others
        .into_iter()
        .map(|other| case.stack.service(other).name.value.as_str())
        .collect();
    others.dedup();
    match (own.is_empty(), others.is_empty()) {
        (true, true) => String::new(),
        (false, true) => ", so it is not reached".to_owned(),
        (true, false) => format!(", so it does not reach {}", listed(&others, 3)),
        (false, false) => format!(
            ", so it is not reached, and does not reach {}",
            listed(&others, 3)
        ),
    }
}

fn finding(
    case: &Case<'_>,
    id: ServiceId,
    container: &Container,
    differences: &[Difference],
    broken: &[HopId],
) -> Finding {
    let name = &case.stack.service(id).name.value;
    let mut fields: Vec<Field> = differences.iter().map(|one| one.field).collect();
    fields.sort_unstable();
    fields.dedup();
    let consequence = consequence(case, id, broken);
    // Of a container that is else as its file says, it is enough to connect it.
    let apart = match fields.as_slice() {
        [Field::Networks] => missing_networks(case, id, container),
        _ => Vec::new(),
    };
    let titles: Vec<&str> = fields.into_iter().map(Field::title).collect();
    let message = match apart.is_empty() {
        true => format!(
            "the container {} is not what the file says of {name} ({}){consequence}; make it anew",
            container.name,
            listed(&titles, 4)
        ),
        false => format!(
            "the container {} is {}{consequence}; connect it, or make it anew",
            container.name,
            attached(container, &apart)
        ),
    };
    let first = &differences[0];
    let mut finding = Finding::at(&first.at, first.part, message)
        .says(&first.text)
        .subject(name);
    for other in &differences[1..] {
        finding = finding.also(&other.at, other.part, &other.text);
    }
    if let Some(fix) = connect(case, name, container, &apart) {
        finding = finding.fix(fix);
    }
    let by_compose = container.label(label::PROJECT).is_some();
    if by_compose {
        let title = format!("make the container of {name} anew");
        // Not every version of Compose compares networks with what it has made.
        let verb = match apart.is_empty() {
            true => "up -d",
            false => "up -d --force-recreate",
        };
        return finding.fix(Fix::run(title, repair::compose(case.stack, id, verb)));
    }
    // Compose does not replace what it has not made.
    let own = repair::quoted(&container.name);
    finding
        .evidence(
            Source::Docker,
            format!("container {} was not made by Compose", container.name),
        )
        .fix(
            Fix::run(
                format!("let Compose make the container of {name}"),
                format!("docker rm -f {own}"),
            )
            .then(repair::compose(case.stack, id, "up -d")),
        )
}

/// The networks of a container, and those of its file: "attached to no network, although the file puts it on mcp-net".
fn attached(container: &Container, missing: &[Missing<'_>]) -> String {
    let missing: Vec<&str> = missing.iter().map(|one| one.name).collect();
    let missing = listed(&missing, 3);
    let joined = container.networks.iter().map(|one| one.name.as_str());
    match joined.collect::<Vec<&str>>().as_slice() {
        [] => format!("attached to no network, although the file puts it on {missing}"),
        joined => format!(
            "attached to {} and not to {missing}, where the file puts it",
            listed(joined, 3)
        ),
    }
}

/// Connects a container to the networks of its file, where the engine has them.
fn connect(
    case: &Case<'_>,
    name: &str,
    container: &Container,
    missing: &[Missing<'_>],
) -> Option<Fix> {
    let networks = &case.engine()?.networks;
    let exists = |one: &Missing<'_>| networks.iter().any(|network| network.name == one.name);
    if !missing.iter().all(exists) {
        return None;
    }
    let mut commands = missing.iter().map(|one| {
        let names = one.names.iter();
        let names: Vec<String> = names
            .map(|name| format!("--alias {}", repair::quoted(name)))
            .collect();
        format!(
            "docker network connect {} {} {}",
            names.join(" "),
            repair::quoted(one.name),
            repair::quoted(&container.name)
        )
    });
    let title = format!("connect the container of {name}");
    let fix = Fix::run(title, commands.next()?);
    Some(commands.fold(fix, Fix::then))
}
