//! connection-refused: nothing listens on the port that is called.

use core::net::IpAddr;

use url::Url;

use crate::change::{Fix, Safety};
use crate::check::wire::behind;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source};
use crate::model::{Port, ServiceId};
use crate::repair;
use crate::source::Part;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "connection-refused",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/connection-refused.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ConnectionRefused {
            host,
            port,
            addresses,
        } = &trouble.kind
        else {
            continue;
        };
        let nobody = format!(
            "nothing listens on port {port} of {host}{}",
            behind(host, addresses)
        );
        let finding = match probed.service(case) {
            Some(service) => {
                let beside = addresses.iter().all(|at| !at.ip().is_loopback());
                let narrow = narrow(case, service, *port).filter(|_| beside);
                let (why, fix) = match narrow {
                    Some(pair) => for_the_machine(case, probed, service, *port, pair),
                    None => stopped(case, service),
                };
                let finding = probed.finding(trouble, probed.but(format!("{nobody}: {why}")));
                match narrow {
                    Some(pair) => finding.also(&pair.at, Part::Value, "published here"),
                    None => finding,
                }
                .fix(fix)
            }
            None => {
                let what = format!("{nobody}: start the server there, or correct the address");
                let finding = probed.finding(trouble, probed.but(what));
                let is_here = probed.probe.asked.from.container().is_none()
                    && addresses.iter().all(|address| address.ip().is_loopback());
                let finding = match is_here {
                    true => published(case, probed, *port, finding),
                    false => finding,
                };
                finding.fix(look(host, is_here))
            }
        };
        findings.add_for(trouble, finding.says("nothing listens there"));
    }
}

/// The published port that only the machine itself reaches.
fn narrow<'a>(case: &Case<'a>, service: ServiceId, port: u16) -> Option<&'a Port> {
    let loopback = |pair: &&Port| {
        let address = pair.host_ip.as_deref().unwrap_or_default();
        let address = address.trim_matches(['[', ']']).parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback()) && pair.target_of(port).is_some()
    };
    case.stack.service(service).ports.iter().find(loopback)
}

/// Why it is not reached by another address of the machine, and the way to it.
fn for_the_machine(
    case: &Case<'_>,
    probed: &Probed<'_>,
    service: ServiceId,
    port: u16,
    pair: &Port,
) -> (String, Fix) {
    let name = &case.stack.service(service).name.value;
    let why = format!(
        "{name} publishes it on {} of the machine alone",
        pair.host_ip.as_deref().unwrap_or_default()
    );
    let inside = probed.hops.first().and_then(|hop| {
        // On the machine's own network it calls as the machine does.
        probed.probe.asked.from.container()?;
        let gateway = case.chain.caller_of(hop)?;
        repair::call_service(case.stack, hop, gateway, service, pair.target_of(port))
    });
    match inside {
        Some(fix) => (
            format!("{why}, where no container comes; call {name} itself, on a network that both share"),
            fix,
        ),
        None => (
            format!("{why}; call it there, or publish it without an address"),
            Fix::manual("call it on the machine itself", format!("http://localhost:{port}\n")),
        ),
    }
}

/// Why a service may not answer where it should, and what to do.
fn stopped(case: &Case<'_>, service: ServiceId) -> (String, Fix) {
    let name = &case.stack.service(service).name.value;
    let container = case
        .engine()
        .and_then(|engine| case.chain.containers.container(engine, service));
    match container.filter(|container| container.is_running()) {
        Some(container) => {
            let logs = repair::compose(case.stack, service, "logs --tail 50");
            let why = format!(
                "{name} is meant to, and its container {} runs; see on which port and address it listens",
                container.name
            );
            (why, Fix::manual(format!("see what {name} says"), logs))
        }
        None => (
            format!("{name} is meant to, so its container does not run; start it"),
            start(case, service),
        ),
    }
}

fn start(case: &Case<'_>, service: ServiceId) -> Fix {
    let name = &case.stack.service(service).name.value;
    let up = repair::compose(case.stack, service, "up -d");
    Fix::manual(format!("start {name}, and see why it ends if it does"), up).then(repair::compose(
        case.stack,
        service,
        "logs --tail 50",
    ))
}

fn look(host: &str, is_here: bool) -> Fix {
    let place = match is_here {
        true => String::new(),
        false => format!("   # on {host}"),
    };
    let title = "see what listens, and on which port and address";
    Fix::manual(title, format!("ss -ltnp{place}"))
}

/// Ports of this machine that the files publish: perhaps one of them was meant, most of all the one in front of a
/// container port of the same number.
fn published(case: &Case<'_>, probed: &Probed<'_>, called: u16, mut finding: Finding) -> Finding {
    if probed.hops.is_empty() {
        return finding;
    }
    let mut meant = Vec::new();
    for (_, service) in case.stack.services() {
        for port in &service.ports {
            let name = &service.name.value;
            let pair = port.pair();
            finding = finding
                .evidence(Source::File, format!("the service {name} publishes {pair}"))
                .also(&port.at, Part::Value, "published here");
            meant.extend(port.published_of(called).map(|published| (name, published)));
        }
    }
    let [(name, published)] = meant.as_slice() else {
        return finding;
    };
    let Ok(mut right) = Url::parse(probed.name()) else {
        return finding;
    };
    match right.set_port(Some(*published)) {
        Ok(()) => {
            let title =
                format!("call the port that is published in front of port {called} of {name}");
            let right = right.as_str();
            let fix = repair::call_instead(case, probed, Safety::Unsafe, title, right, None);
            finding.fix(fix)
        }
        Err(()) => finding,
    }
}
