//! published-port-inside: a port of the host is used between containers, or a container's port on the host.

use url::Url;

use super::port_mismatch::published;
use crate::catalog::{Certainty, ImageRef};
use crate::chain::{Destination, Hop, Reach};
use crate::repair;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{ByPort, Port, ServiceId};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "published-port-inside",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "port-not-listening"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/published-port-inside.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let servers = known_servers(case);
    for hop in &case.chain.hops {
        match &hop.destination {
            Destination::Service {
                service,
                port: Some(port),
                reach: Reach::Shared(_),
            } => {
                if let Some(finding) = between(case, hop, *service, *port) {
                    findings.add(finding);
                }
            }
            Destination::Gateway {
                gateway,
                certain: false,
            } => {
                let service = case.chain.gateways[*gateway].service();
                let said = service.and_then(|service| {
                    let said = from_outside(case, hop, service).map(|said| (Severity::Error, said));
                    // It may run outside of its container as well.
                    said.or_else(|| Some((Severity::Warning, unpublished(case, hop, service)?)))
                });
                if let Some((severity, finding)) = said {
                    findings.add_as(severity, finding);
                }
            }
            // Something else of this machine may listen there, so that this is less than certain.
            Destination::Here | Destination::Machine { service: None } => {
                let on_port = hop.port().map(|port| servers.get(port));
                if let Some([service]) = on_port.as_deref()
                    && let Some(finding) = from_outside(case, hop, *service)
                {
                    findings.add_as(Severity::Warning, finding);
                }
            }
            _ => {}
        }
    }
}

/// Services that the catalog knows as MCP servers, by the container ports that they publish.
fn known_servers(case: &Case<'_>) -> ByPort<ServiceId> {
    let mut by_port = ByPort::default();
    let unplaced = |hop: &Hop| {
        matches!(
            hop.destination,
            Destination::Here | Destination::Machine { service: None }
        )
    };
    if !case.chain.hops.iter().any(unplaced) {
        return by_port;
    }
    for (id, service) in case.stack.services() {
        let image = service.image.as_ref().and_then(|image| image.value.get());
        let server = image.and_then(|text| case.catalog.server_for_image(&ImageRef::parse(text)));
        if server.is_none() {
            continue;
        }
        let published = |port: &&Port| port.published().is_some();
        for port in service.ports.iter().filter(published) {
            by_port.insert(port.target, id);
        }
    }
    by_port
}

/// A container calls the host's port of another one.
fn between(case: &Case<'_>, hop: &Hop, id: ServiceId, port: u16) -> Option<Finding> {
    let service = case.stack.service(id);
    let name = &service.name.value;
    let pair = published(service, port)?;
    let target = pair.target_of(port)?;
    let known = hop
        .behind
        .as_ref()
        .filter(|b| b.running.certainty == Certainty::Known);
    let listens: Vec<u16> = known
        .map(|behind| {
            behind
                .running
                .transports
                .iter()
                .filter_map(|speaks| speaks.port)
                .collect()
        })
        .unwrap_or_default();
    if listens.contains(&port) {
        return None;
    }
    // The published pair may lead to nothing either; then the server's own port is the right one.
    let right = match listens.as_slice() {
        [] if known.is_some() => {
            repair::would_listen(case.catalog, hop).unwrap_or(target)
        }
        [] => target,
        listens if listens.contains(&target) => target,
        [first, ..] => *first,
    };
    let url = repair::url(hop, None, Some(right), None)?;
    let message = format!(
        "{} calls port {port} of {name}, which only the host has; between containers write {}",
        repair::caller(case.stack, hop),
        repair::written(&url)
    );
    let says = format!("{port} is a port of the host, not of the container");
    let text = format!("publishes container port {target} on the host as {port}");
    Some(finding(case, hop, message, says, (pair, text), &url))
}

/// Something outside of containers calls a container's port that has another number there.
fn from_outside(case: &Case<'_>, hop: &Hop, id: ServiceId) -> Option<Finding> {
    let port = hop.port()?;
    let service = case.stack.service(id);
    let name = &service.name.value;
    let published = |pair: &&Port| pair.protocol != "udp" && pair.published_of(port).is_some();
    let pair = service.ports.iter().find(published)?;
    let right = pair.published_of(port).filter(|right| *right != port)?;
    let url = repair::url(hop, None, Some(right), None)?;
    let message = format!(
        "{} calls port {port}, which {name} has inside its container only; from here write {}",
        repair::caller(case.stack, hop),
        repair::written(&url)
    );
    let says = format!("{port} is the port inside the container");
    let text = format!("published on this machine as {right}");
    Some(finding(case, hop, message, says, (pair, text), &url))
}

/// Something outside of containers calls a port of a container that publishes none.
fn unpublished(case: &Case<'_>, hop: &Hop, id: ServiceId) -> Option<Finding> {
    let service = case.stack.service(id);
    let (port, name) = (hop.port()?, &service.name.value);
    let is_known = service.complete()
        && service.ports.is_empty()
        && service.unclear_ports.is_empty()
        && service.network_mode.is_none()
        && case.stack.project(id).gaps.is_empty();
    if !is_known {
        return None;
    }
    let message = format!(
        "{} calls port {port} of this machine, but {name} publishes no port: it can be reached from containers only; \
         publish \"127.0.0.1:{port}:{port}\"",
        repair::caller(case.stack, hop),
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let pair = serde_json::json!([format!("127.0.0.1:{port}:{port}")]);
    let node = case.stack.source(service.at.source).node(&service.at.path);
    let (at_ports, op) = match node.and_then(|node| node.get("ports")) {
        Some(empty) => (empty.pointer(), Op::Set(pair)),
        None => (service.at.clone(), Op::Insert("ports".to_owned(), pair)),
    };
    let fix = Fix::new(
        Safety::Unsafe,
        format!("publish port {port} of {name} on this machine"),
    )
    .change(at_ports, op)
    .then(repair::compose(case.stack, id, "up -d"));
    Some(
        Finding::at(at, Part::Value, message)
            .says("nothing publishes this port")
            .also(&service.name.at, Part::Key, "no `ports`")
            .subject(hop.entry())
            .hop(hop.id)
            .fix(fix),
    )
}

fn finding(
    case: &Case<'_>,
    hop: &Hop,
    message: String,
    says: String,
    (pair, text): (&Port, String),
    url: &Url,
) -> Finding {
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let fix = repair::call(case.stack, hop, url, None);
    Finding::at(at, Part::Value, message)
        .says(says)
        .also(&pair.at, Part::Value, text)
        .subject(hop.entry())
        .hop(hop.id)
        .fix(fix)
}
