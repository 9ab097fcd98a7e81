//! loopback-in-container: a loopback address in a container is that container itself.

use crate::chain::{Caller, Destination, Hop};
use crate::repair;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{ByPort, ServiceId, host};
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "loopback-in-container",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/loopback-in-container.md"),
    run,
};

/// The name by which a container calls the machine that it runs on.
const MACHINE: &str = "host.docker.internal";

fn run(case: &Case<'_>, findings: &mut Findings) {
    let itself = |hop: &&Hop| matches!(hop.destination, Destination::Itself { .. });
    let inside = match case.chain.hops.iter().find(itself) {
        Some(_) => container_ports(case),
        None => ByPort::default(),
    };
    for hop in &case.chain.hops {
        let Caller::Gateway { gateway, .. } = hop.caller else {
            continue;
        };
        match (&hop.destination, case.chain.gateways[gateway].service()) {
            (Destination::Itself { meant }, Some(gateway)) => {
                let meant = meant.or_else(|| {
                    let mut others = inside.get(hop.port()?);
                    others.retain(|id| *id != gateway);
                    match others.as_slice() {
                        [only] => Some(*only),
                        _ => None,
                    }
                });
                findings.add(finding(case, hop, gateway, meant));
            }
            (Destination::Unclear(reason), _) if calls_loopback(hop) => {
                let caller = repair::caller(case.stack, hop);
                findings.skip(format!("{caller} calls a loopback address: {reason}"));
            }
            _ => {}
        }
    }
}

/// Services by the container ports that they declare.
fn container_ports(case: &Case<'_>) -> ByPort<ServiceId> {
    let mut by_port = ByPort::default();
    for (id, service) in case.stack.services() {
        let published = service.ports.iter().map(|port| port.target);
        let exposed = service.expose.iter().map(|port| (port.value, port.value));
        for range in published.chain(exposed) {
            by_port.insert(range, id);
        }
    }
    by_port
}

fn calls_loopback(hop: &Hop) -> bool {
    let host = hop.url.as_ref().and_then(|url| url.value.host());
    host.is_some_and(|host| host::is_own(&host))
}

fn finding(case: &Case<'_>, hop: &Hop, gateway: ServiceId, meant: Option<ServiceId>) -> Finding {
    let stack = case.stack;
    let own = &stack.service(gateway).name.value;
    let host = hop
        .url
        .as_ref()
        .and_then(|url| url.value.host_str())
        .unwrap_or("localhost");
    let fix = match meant {
        Some(service) => to_service(case, hop, gateway, service),
        None => to_machine(case, hop, gateway),
    };
    let to = match meant {
        Some(service) => format!(": write {}", address(case, hop, service)),
        None => format!(": write the name of the server's service, or {MACHINE}"),
    };
    let caller = repair::caller(stack, hop);
    let message =
        format!("{caller} calls {host}, which in a container is {own} itself and no other{to}");
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let mut finding = Finding::at(at, Part::Value, message)
        .says(format!("{host} is the container of {own}"))
        .also(
            &stack.service(gateway).name.at,
            Part::Key,
            "the gateway runs in this container",
        )
        .subject(hop.entry())
        .hop(hop.id);
    if let Some(id) = meant {
        let service = stack.service(id);
        let port = hop.port();
        let published = |pair: &&crate::model::Port| {
            port.is_some_and(|p| pair.target_of(p).is_some() || pair.published_of(p).is_some())
        };
        finding = match service.ports.iter().find(published) {
            Some(pair) => finding.also(&pair.at, Part::Value, "this was probably meant"),
            None => finding.also(&service.name.at, Part::Key, "this was probably meant"),
        };
    }
    match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// The container port of a service that is meant by a loopback port.
fn port_of(case: &Case<'_>, hop: &Hop, service: ServiceId) -> Option<u16> {
    let port = hop.port()?;
    let pairs = &case.stack.service(service).ports;
    Some(
        pairs
            .iter()
            .find_map(|pair| pair.target_of(port))
            .unwrap_or(port),
    )
}

fn address(case: &Case<'_>, hop: &Hop, service: ServiceId) -> String {
    let name = &case.stack.service(service).name.value;
    repair::url(hop, Some(name), port_of(case, hop, service), None)
        .map_or_else(|| name.clone(), |url| repair::written(&url))
}

fn to_service(case: &Case<'_>, hop: &Hop, gateway: ServiceId, service: ServiceId) -> Option<Fix> {
    let port = port_of(case, hop, service);
    repair::call_service(case.stack, hop, gateway, service, port)
}

/// The server runs on the machine itself: the container needs a name for it.
fn to_machine(case: &Case<'_>, hop: &Hop, gateway: ServiceId) -> Option<Fix> {
    let stack = case.stack;
    let service = stack.service(gateway);
    let url = repair::url(hop, Some(MACHINE), None, None)?;
    let title = format!(
        "call {}, if the server runs on the machine itself",
        repair::written(&url)
    );
    let line = format!("{MACHINE}:host-gateway");
    let Some(change) = repair::set_url(stack, hop, &url) else {
        let text = format!(
            "url: {}\nextra_hosts: [\"{line}\"]\n",
            repair::written(&url)
        );
        return Some(Fix::manual(title, text));
    };
    let mut fix = Fix::new(Safety::Unsafe, title).change(change.at, change.op);
    let has = service
        .extra_hosts
        .iter()
        .any(|extra| extra.value.0 == MACHINE);
    if !has {
        let at = service.at.key("extra_hosts");
        let node = stack.source(at.source).node(&at.path);
        fix.changes.push(match node {
            Some(node) if Node::is_seq(node) => Change {
                at,
                op: Op::Push(line.into()),
            },
            Some(node) if Node::is_map(node) => Change {
                at,
                op: Op::Insert(MACHINE.to_owned(), "host-gateway".into()),
            },
            _ => Change {
                at: service.at.clone(),
                op: Op::Insert("extra_hosts".to_owned(), serde_json::json!([line])),
            },
        });
    }
    Some(fix.then(repair::compose(stack, gateway, "up -d")))
}
