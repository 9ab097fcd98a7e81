//! connection-refused: nothing listens on the port that is called.

use url::Url;

use crate::change::{Fix, Safety};
use crate::check::wire::behind;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source};
use crate::model::ServiceId;
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
                let name = &case.stack.service(service).name.value;
                let what = format!(
                    "{nobody}: {name} is meant to, so its container does not run; start it"
                );
                probed
                    .finding(trouble, probed.but(what))
                    .fix(start(case, service))
            }
            None => {
                let what = format!("{nobody}: start the server there, or correct the address");
                let finding = probed.finding(trouble, probed.but(what));
                let is_here = addresses.iter().all(|address| address.ip().is_loopback());
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
