//! host-network-name: a container on the host's network has no name in DNS, publishes nothing and joins nothing.

use std::collections::HashMap;

use crate::chain::{Caller, Destination, Hop, HopId, Reach};
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own};
use crate::model::{Port, Published, Service, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "host-network-name",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["name-not-resolved", "connection-refused"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/host-network-name.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for hop in &case.chain.hops {
        if let Some((caller, service)) = named(case, hop) {
            findings.add(no_name(case, hop, caller, service));
        }
    }
    let hops = case.chain.hops_by_service();
    both(case, findings, hops);
    for (id, _) in case.chain_services() {
        let service = case.stack.service(id);
        if is_on_host(service) && !service.ports.is_empty() {
            let hops = hops.get(&id).map(Vec::as_slice).unwrap_or_default();
            ports(case, findings, (id, service), hops);
        }
    }
}

/// Whether a service certainly uses the host's network.
fn is_on_host(service: &Service) -> bool {
    let mode = service.network_mode.as_ref();
    mode.is_some_and(|mode| mode.value.get() == Some("host"))
}

/// A gateway in a container, and the service on the host's network that it calls by name.
fn named(case: &Case<'_>, hop: &Hop) -> Option<(ServiceId, ServiceId)> {
    let Caller::Gateway { gateway, .. } = hop.caller else {
        return None;
    };
    let Destination::Service {
        service,
        reach: Reach::Apart { .. },
        ..
    } = &hop.destination
    else {
        return None;
    };
    let caller = case.chain.gateways[gateway].service()?;
    is_on_host(case.stack.service(*service)).then_some((caller, *service))
}

fn no_name(case: &Case<'_>, hop: &Hop, caller: ServiceId, service: ServiceId) -> Finding {
    let stack = case.stack;
    let (calling, called) = (stack.service(caller), stack.service(service));
    let name = &called.name.value;
    let host = hop.url.as_ref().and_then(|url| url.value.host_str());
    let url = repair::url(hop, Some(repair::MACHINE), None, None);
    let step = match &url {
        Some(url) => format!(": call {}", repair::written(url)),
        None => format!(": call {}", repair::MACHINE),
    };
    let message = format!(
        "{} calls {}, but {name} is on the host's network and has no name in Docker's DNS{step}, and give {} that name by extra_hosts",
        repair::caller(stack, hop),
        host.unwrap_or(name),
        calling.name.value
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let mut finding = Finding::at(at, Part::Value, message)
        .says("no network has this name")
        .subject(hop.entry())
        .hop(hop.id);
    if let Some(mode) = &called.network_mode {
        finding = finding.also(&mode.at, Part::Value, format!("{name} is in no network of containers"));
    }
    let Some(url) = url else { return finding };
    let title = format!("call {}", repair::written(&url));
    let written = repair::written(&url);
    let by_hand = || {
        let text = format!("url: {written}\nextra_hosts: [\"{}\"]\n", repair::MACHINE_LINE);
        Fix::manual(title.clone(), text)
    };
    let Some(change) = repair::set_url(stack, hop, &url) else {
        return finding.fix(by_hand());
    };
    // A container in another one's network takes that one's names.
    if calling.network_mode.is_some() {
        return finding.fix(by_hand());
    }
    let mut fix = Fix::new(Safety::Unsafe, title.clone()).change(change.at, change.op);
    fix.changes.extend(repair::know_machine(stack, calling));
    finding.fix(fix.then(repair::compose(stack, caller, "up -d")))
}

/// `network_mode` beside `networks`: Compose refuses the project.
fn both(case: &Case<'_>, findings: &mut Findings, hops: &HashMap<ServiceId, Vec<HopId>>) {
    for (number, project) in case.stack.projects.iter().enumerate() {
        let mut broken: Vec<HopId> = (0..project.services.len())
            .filter_map(|service| hops.get(&ServiceId { project: number, service }))
            .flatten()
            .copied()
            .collect();
        for (index, service) in project.services.iter().enumerate() {
            let (Some(networks), Some(mode)) = (&service.networks_beside_mode, &service.network_mode)
            else {
                continue;
            };
            let id = ServiceId { project: number, service: index };
            let name = &service.name.value;
            let when = match service.profiles.is_empty() {
                true => "",
                false => ", as soon as a profile of it is active",
            };
            let message = format!(
                "{name} has `network_mode: {}` and `networks`: Compose refuses the whole project{when} (\"mutually exclusive\"); keep one of them",
                mode.value.text
            );
            let mut finding = Finding::at(networks, Part::Key, message)
                .says("not allowed beside network_mode")
                .also(&mode.at, Part::Value, "this says which network it uses")
                .subject(name);
            if service.profiles.is_empty() {
                finding = finding.hops(std::mem::take(&mut broken));
            }
            let up = repair::compose(case.stack, id, "up -d");
            if networks.source == mode.at.source && is_own(service, networks) && is_own(service, &mode.at) {
                finding = finding
                    .fix(
                        Fix::new(Safety::Unsafe, format!("let {name} join its networks alone"))
                            .change(mode.at.clone(), Op::Remove)
                            .then(up.clone()),
                    )
                    .fix(
                        Fix::new(Safety::Unsafe, format!("keep the network_mode of {name} alone"))
                            .change(networks.clone(), Op::Remove)
                            .then(up),
                    );
            } else {
                let title = format!("remove one of the two where {name} is written last");
                let text = "networks: !reset []      # or: network_mode: !reset null\n";
                finding = finding.fix(Fix::manual(title, text).then(up));
            }
            match service.profiles.is_empty() {
                true => findings.add(finding),
                false => findings.add_as(Severity::Warning, finding),
            }
        }
    }
}

/// `ports` with the host's network.
fn ports(
    case: &Case<'_>,
    findings: &mut Findings,
    (id, service): (ServiceId, &Service),
    hops: &[HopId],
) {
    let name = &service.name.value;
    let moved: Vec<&Port> = service
        .ports
        .iter()
        .filter(|port| match &port.published {
            // A variable may say the server's own port.
            Published::Unknown(_) => false,
            _ => port.published() != Some(port.target),
        })
        .collect();
    // A client that calls the published number calls a port that nobody opens.
    let called: Vec<HopId> = hops
        .iter()
        .copied()
        .filter(|id| {
            let hop = case.chain.hop(*id);
            let here = match &hop.destination {
                Destination::Service { reach, .. } => *reach == Reach::Published,
                Destination::Gateway { .. } => !hop.is_upstream() && hop.is_direct(),
                _ => false,
            };
            let leads = |port: &&Port| hop.port().is_some_and(|at| port.target_of(at).is_some());
            here && moved.iter().any(leads)
        })
        .collect();
    let first = moved.first().copied().unwrap_or(&service.ports[0]);
    let step = match moved.is_empty() {
        true => "remove `ports`".to_owned(),
        false => format!(
            "its server listens on the host's port {} itself; remove `ports`, or network_mode",
            range(first.target)
        ),
    };
    let message = format!(
        "{name} is on the host's network, where `ports` does nothing (Compose 2) or is refused (docker-compose 1.28 and later): {step}"
    );
    let section = first.at.parent();
    let mut finding = Finding::at(&first.at, Part::Value, message)
        .says(match moved.is_empty() {
            true => "does nothing here",
            false => "this port of the host is not opened",
        })
        .subject(name);
    if let Some(mode) = &service.network_mode {
        finding = finding.also(&mode.at, Part::Value, "uses the network of the host");
    }
    for hop in &called {
        let hop = case.chain.hop(*hop);
        if let Some(url) = &hop.url {
            finding = finding.also(&url.at, Part::Value, "calls the port that is not opened");
        }
    }
    let severity = match (called.is_empty(), moved.is_empty()) {
        (false, _) => Severity::Error,
        (true, false) => Severity::Warning,
        (true, true) => Severity::Note,
    };
    if service.ports.iter().all(|port| is_own(service, &port.at) && port.at.parent() == section) {
        finding = finding.fix(
            Fix::new(Safety::Unsafe, format!("remove the ports of {name}"))
                .change(section, Op::Remove)
                .then(repair::compose(case.stack, id, "up -d")),
        );
    }
    findings.add_as(severity, finding.hops(called));
}

/// `8000` or `8000-8010`.
fn range((from, to): (u16, u16)) -> String {
    match from == to {
        true => from.to_string(),
        false => format!("{from}-{to}"),
    }
}
