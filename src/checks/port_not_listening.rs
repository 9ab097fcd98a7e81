//! port-not-listening: nobody listens on the port that is called.

use core::net::SocketAddr;
use std::collections::BTreeSet;

use crate::chain::Hop;
use crate::change::Fix;
use crate::check::sight::{Aimed, Listening};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed};
use crate::model::ServiceId;
use crate::repair;
use crate::running::Found;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "port-not-listening",
    severity: Severity::Error,
    needs: &[Need::Docker],
    covers: &["connection-refused", "connection-reset"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/port-not-listening.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut called: Vec<(usize, u16)> = Vec::new();
    let mut found: Vec<Finding> = Vec::new();
    for hop in &case.chain.hops {
        let Some(aimed) = case.aimed(hop) else {
            continue;
        };
        let Listening::Nobody(others) = case.listening(aimed.number, aimed.port) else {
            continue;
        };
        let key = (aimed.number, aimed.port);
        match called.iter().position(|one| *one == key) {
            Some(at) => found[at] = with_caller(case, found[at].clone(), hop, &aimed, &others),
            None => {
                called.push(key);
                found.push(finding(case, hop, &aimed, &others));
            }
        }
    }
    found.into_iter().for_each(|finding| findings.add(finding));
    published(case, &called, findings);
}

/// At the address that is called.
fn finding(case: &Case<'_>, hop: &Hop, aimed: &Aimed<'_>, others: &[SocketAddr]) -> Finding {
    let name = name(case, aimed);
    let ports = ports(others);
    let called = called(hop, aimed, &name);
    let message = match ports.is_empty() {
        true => format!("{called}, and nobody listens on any port there"),
        false => format!(
            "{called}, and nobody listens there: it listens on {}",
            listed(&ports, 4)
        ),
    };
    let finding = match &hop.url {
        Some(url) => Finding::at(&url.at, Part::Value, message),
        None => Finding::at(&hop.at, Part::Key, message),
    };
    let finding = finding
        .says("nobody listens on this port")
        .subject(hop.entry())
        .hop(hop.id)
        .evidence(Source::Docker, evidence(aimed, others));
    with_fix(case, finding, hop, aimed, others)
}

/// What is called, in words: of a published port both numbers.
fn called(hop: &Hop, aimed: &Aimed<'_>, name: &str) -> String {
    let (entry, port) = (hop.entry(), aimed.port);
    match outside(hop) {
        Some(published) => {
            format!("{entry} calls port {published}, which is published for port {port} of {name}")
        }
        None => format!("{entry} calls port {port} of {name}"),
    }
}

/// The port of the machine that is called, where the call goes by a published one.
fn outside(hop: &Hop) -> Option<u16> {
    match hop.sight.as_ref()?.found {
        Found::Machine(_) => hop.port(),
        _ => None,
    }
}

/// Calls the one port on which the server listens; of a published one it is not the caller who is wrong.
fn with_fix(
    case: &Case<'_>,
    finding: Finding,
    hop: &Hop,
    aimed: &Aimed<'_>,
    others: &[SocketAddr],
) -> Finding {
    let listens = ports(others);
    let [listens] = listens.as_slice() else {
        return finding;
    };
    if let Some(published) = outside(hop) {
        let title = format!("publish port {listens} of {}", name(case, aimed));
        let text = format!("ports:\n  - \"{published}:{listens}\"\n");
        let fix = Fix::manual(title, text);
        let service = case.chain.containers.service(aimed.number);
        return finding.fix(match service {
            Some(id) => fix.then(repair::compose(case.stack, id, "up -d")),
            None => fix,
        });
    }
    let Some(url) = repair::url(hop, None, listens.parse().ok(), None) else {
        return finding;
    };
    finding.fix(repair::call(case.stack, hop, &url, case.chain.caller_of(hop)))
}

fn with_caller(
    case: &Case<'_>,
    finding: Finding,
    hop: &Hop,
    aimed: &Aimed<'_>,
    others: &[SocketAddr],
) -> Finding {
    let finding = with_fix(case, finding.hop(hop.id), hop, aimed, others);
    let text = format!("calls port {} of {}, too", aimed.port, name(case, aimed));
    match &hop.url {
        Some(url) => finding.also(&url.at, Part::Value, text),
        None => finding,
    }
}

/// Ports that are published of servers, behind which nobody listens, and which no call of the stack was about.
fn published(case: &Case<'_>, called: &[(usize, u16)], findings: &mut Findings) {
    let Some(engine) = case.engine() else { return };
    let lead_somewhere: BTreeSet<ServiceId> = case.mcp_services().map(|mcp| mcp.id).collect();
    let mut told = BTreeSet::new();
    for (number, container) in engine.containers.iter().enumerate() {
        let service = case.chain.containers.service(number);
        let Some(id) = service.filter(|id| lead_somewhere.contains(id)) else {
            continue;
        };
        for binding in &container.published {
            let port = binding.port;
            // Once for IPv4 and IPv6.
            if called.contains(&(number, port)) || !told.insert((number, port)) {
                continue;
            }
            let Listening::Nobody(others) = case.listening(number, port) else {
                continue;
            };
            let service = case.stack.service(id);
            let mut declared = service.ports.iter();
            let Some(at) = declared.find(|one| (one.target.0..=one.target.1).contains(&port))
            else {
                continue;
            };
            let aimed = Aimed {
                container,
                number,
                port,
            };
            let name = &service.name.value;
            let message =
                format!("{name} publishes port {port} of its container, and nobody listens there");
            let finding = Finding::at(&at.at, Part::Value, message)
                .says("nobody listens behind it")
                .subject(name.as_str())
                .evidence(Source::Docker, evidence(&aimed, &others));
            findings.add_as(Severity::Warning, finding);
        }
    }
}

fn name(case: &Case<'_>, aimed: &Aimed<'_>) -> String {
    match case.chain.containers.service(aimed.number) {
        Some(id) => case.stack.service(id).name.value.clone(),
        None => aimed.container.name.clone(),
    }
}

/// The ports that others reach, each once.
fn ports(listeners: &[SocketAddr]) -> Vec<String> {
    let reached = listeners
        .iter()
        .filter(|at| !at.ip().to_canonical().is_loopback());
    let ports: BTreeSet<u16> = reached.map(SocketAddr::port).collect();
    ports.iter().map(u16::to_string).collect()
}

fn evidence(aimed: &Aimed<'_>, listeners: &[SocketAddr]) -> String {
    let name = &aimed.container.name;
    let words: Vec<String> = listeners.iter().map(SocketAddr::to_string).collect();
    match words.is_empty() {
        true => format!("no socket is listening in container {name}"),
        false => format!("listening in container {name}: {}", words.join(", ")),
    }
}
