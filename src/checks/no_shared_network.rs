//! no-shared-network: caller and server have no network in common.

use std::collections::HashMap;

use crate::chain::{Caller, Destination, Hop, Reach};
use crate::repair;
use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{Service, ServiceId};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "no-shared-network",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["name-not-resolved"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/no-shared-network.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    // Two servers of a gateway may lead to one service: one network is missing all the same.
    let mut found: Vec<Finding> = Vec::new();
    let mut pairs: HashMap<(ServiceId, ServiceId), Option<usize>> = HashMap::new();
    for hop in &case.chain.hops {
        let Some((caller, service)) = apart(case, hop) else {
            continue;
        };
        match pairs.get(&(caller, service)) {
            Some(None) => {}
            Some(Some(at)) => {
                let finding = found[*at].clone().hop(hop.id);
                found[*at] = with_url(finding, hop, case.stack.service(service));
            }
            None => {
                let judged = judge(case, hop, caller, service);
                if let Judgement::Skip(reason) = &judged {
                    findings.skip(reason.as_str());
                }
                let at = match judged {
                    Judgement::Apart(finding) => {
                        found.push(*finding);
                        Some(found.len() - 1)
                    }
                    Judgement::Silent | Judgement::Skip(_) => None,
                };
                pairs.insert((caller, service), at);
            }
        }
    }
    for finding in found {
        findings.add(finding);
    }
}

fn apart(case: &Case<'_>, hop: &Hop) -> Option<(ServiceId, ServiceId)> {
    let Caller::Gateway { gateway, .. } = hop.caller else {
        return None;
    };
    match &hop.destination {
        Destination::Service {
            service,
            reach: Reach::Apart { .. },
            ..
        } => Some((case.chain.gateways[gateway].service()?, *service)),
        _ => None,
    }
}

enum Judgement {
    Silent,
    Skip(String),
    Apart(Box<Finding>),
}

fn judge(case: &Case<'_>, hop: &Hop, caller: ServiceId, service: ServiceId) -> Judgement {
    let stack = case.stack;
    if repair::common(stack, caller, service) {
        // They share one, and the name is known on another: unknown-host says that.
        return Judgement::Silent;
    }
    for id in [caller, service] {
        let (project, attached) = (stack.project(id), stack.service(id));
        for joined in &attached.networks {
            match project.network(&joined.key) {
                // network-undefined says that.
                None => return Judgement::Silent,
                Some(network) if !network.real_name.known => {
                    return Judgement::Skip(format!(
                        "the name of the network {} of {} depends on a variable that is not known here",
                        joined.key, attached.name.value
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(mode) = &attached.network_mode {
            let text = &mode.value.text;
            // host-network-name and unknown-host speak of containers that live in another network.
            let elsewhere = text == "host" || text.contains(':');
            if elsewhere && (id == service || text == "host") {
                return Judgement::Silent;
            }
            if !mode.value.known {
                return Judgement::Skip(format!(
                    "the network_mode of {} depends on a variable that is not known here",
                    attached.name.value
                ));
            }
        }
    }
    let Destination::Service {
        reach: Reach::Apart {
            caller: ours,
            service: theirs,
        },
        ..
    } = &hop.destination
    else {
        return Judgement::Silent;
    };
    Judgement::Apart(Box::new(finding(
        case,
        hop,
        (caller, ours),
        (service, theirs),
    )))
}

fn finding(
    case: &Case<'_>,
    hop: &Hop,
    (caller, ours): (ServiceId, &[String]),
    (service, theirs): (ServiceId, &[String]),
) -> Finding {
    let stack = case.stack;
    let (calling, called) = (stack.service(caller), stack.service(service));
    let (from, to) = (&calling.name.value, &called.name.value);
    let joined = repair::join(stack, caller, service);
    let step = match &joined {
        Some(joined) => format!("; let {to} join {}", joined.key),
        None => String::new(),
    };
    let message = format!(
        "{from} is on {}, but {to} is on {}: {from} cannot reach {to}{step}",
        listed(calling, ours),
        listed(called, theirs)
    );
    let (at, part) = place(called);
    let mut finding = Finding::at(&at, part, message)
        .says(format!("{to} is on {}", listed(called, theirs)))
        .subject(hop.entry())
        .hop(hop.id);
    let (at, part) = place(calling);
    finding = finding.also(&at, part, format!("{from} is on {}", listed(calling, ours)));
    finding = with_url(finding, hop, called);
    match joined {
        Some(joined) => {
            let mut fix = Fix::new(Safety::Unsafe, format!("let {to} join {}", joined.key));
            fix.changes = joined.changes;
            finding.fix(fix.then(repair::compose(stack, service, "up -d")))
        }
        None => {
            let title = format!("put {from} and {to} on one network");
            let text = "networks: [NETWORK]    # in both services, instead of network_mode\n";
            finding.fix(Fix::manual(title, text))
        }
    }
}

fn with_url(finding: Finding, hop: &Hop, called: &Service) -> Finding {
    match &hop.url {
        Some(url) => finding.also(&url.at, Part::Value, format!("calls {}", called.name.value)),
        None => finding,
    }
}

/// Where a service says which networks it joins.
fn place(service: &Service) -> (crate::source::Pointer, Part) {
    match (
        &service.network_mode,
        service.networks.iter().find(|joined| !joined.implicit),
    ) {
        (Some(mode), _) => (mode.at.clone(), Part::Value),
        (None, Some(joined)) => (joined.at.parent(), Part::Key),
        (None, None) => (service.name.at.clone(), Part::Key),
    }
}

/// The networks of a service, in words.
fn listed(service: &Service, networks: &[String]) -> String {
    match (networks, &service.network_mode) {
        ([], Some(mode)) => format!("network_mode {}", mode.value.text),
        ([], None) => "no network".to_owned(),
        (networks, _) => networks.join(" and "),
    }
}
