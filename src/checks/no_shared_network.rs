//! no-shared-network: caller and server have no network in common.

use std::collections::HashMap;

use crate::chain::{Destination, Hop, Reach, Sight};
use crate::change::{Fix, Safety};
use crate::check::sight::{meant, networks, owner};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::model::{Service, ServiceId};
use crate::repair;
use crate::running::Found;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "no-shared-network",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-timeout", "name-not-resolved"],
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
        let observed = observed(case, hop);
        let declared = apart(case, hop);
        match (&observed, declared) {
            (Some(Observed::Together(network)), Some((caller, service))) => {
                findings.add_as(Severity::Warning, lasting(case, hop, caller, service, network));
                continue;
            }
            (Some(Observed::Apart(other)), None) if hop.service().is_none() => {
                found.push(undeclared(case, hop, *other));
                continue;
            }
            _ => {}
        }
        let Some((caller, service)) = declared else {
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

/// What the engine shows of caller and server.
enum Observed {
    /// They share this network.
    Together(String),
    /// The container with this number has the name, and they share none.
    Apart(usize),
}

fn observed(case: &Case<'_>, hop: &Hop) -> Option<Observed> {
    let engine = case.engine()?;
    let sight = hop.sight.as_ref()?;
    let caller = owner(engine, sight.caller?);
    match &sight.found {
        Found::Containers(met) => Some(Observed::Together(met.first()?.network.clone())),
        Found::Nobody(nobody) => {
            let shares = |other: usize| {
                let theirs = &engine.containers[other].networks;
                theirs
                    .iter()
                    .any(|one| caller.networks.iter().any(|own| own.id == one.id))
            };
            let host = hop.url.as_ref()?.value.host_str()?;
            let other = meant(engine, sight.caller?, host, &nobody.apart)?;
            (!shares(other)).then_some(Observed::Apart(other))
        }
        Found::Own | Found::Machine(_) | Found::Elsewhere => None,
    }
}

/// The networks of both, as the engine shows them.
fn with_networks(case: &Case<'_>, hop: &Hop, mut finding: Finding, other: Option<usize>) -> Finding {
    let Some(engine) = case.engine() else {
        return finding;
    };
    let caller = hop.sight.as_ref().and_then(|sight| sight.caller);
    for number in [caller, other].into_iter().flatten() {
        finding = finding.evidence(Source::Docker, networks(engine, number));
    }
    finding
}

/// Files say that the two have nothing in common, and somebody has joined what runs by hand.
fn lasting(
    case: &Case<'_>,
    hop: &Hop,
    caller: ServiceId,
    service: ServiceId,
    network: &str,
) -> Finding {
    let stack = case.stack;
    let (from, to) = (stack.service(caller), stack.service(service));
    let message = format!(
        "{} and {} share {network} only until they are made again: no file says so",
        from.name.value, to.name.value
    );
    let (at, part) = place(to);
    // Not about the hop, which works: it speaks of the next start.
    let finding = Finding::at(&at, part, message)
        .says(format!("says nothing of {network}"))
        .subject(network);
    let finding = with_networks(case, hop, finding, hop.sight.as_ref().and_then(Sight::called));
    match joining(case, caller, service) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// The engine knows the name, of a container of which no file was read.
fn undeclared(case: &Case<'_>, hop: &Hop, other: usize) -> Finding {
    let host = hop.url.as_ref().and_then(|url| url.value.host_str());
    let host = host.unwrap_or_default();
    let name = case
        .engine()
        .map_or("", |engine| engine.containers[other].name.as_str());
    let message = format!(
        "{} calls {host}, which is the container {name}, and shares no network with it",
        repair::caller(case.stack, hop)
    );
    let finding = match &hop.url {
        Some(url) => Finding::at(&url.at, Part::Value, message),
        None => Finding::at(&hop.at, Part::Key, message),
    };
    let finding = finding
        .says(format!("container {name} is on another network"))
        .subject(hop.entry())
        .hop(hop.id);
    let finding = with_networks(case, hop, finding, Some(other));
    let caller = case.chain.caller_of(hop);
    let both = caller.zip(case.chain.containers.service(other));
    match both.and_then(|(caller, service)| joining(case, caller, service)) {
        Some(fix) => finding.fix(fix),
        None => finding,
    }
}

/// Lets the service that is called join a network of its caller.
fn joining(case: &Case<'_>, caller: ServiceId, service: ServiceId) -> Option<Fix> {
    let joined = repair::join(case.stack, caller, service)?;
    let name = &case.stack.service(service).name.value;
    let mut fix = Fix::new(Safety::Unsafe, format!("let {name} join {}", joined.key));
    fix.changes = joined.changes;
    Some(fix.then(repair::compose(case.stack, service, "up -d")))
}

fn apart(case: &Case<'_>, hop: &Hop) -> Option<(ServiceId, ServiceId)> {
    match &hop.destination {
        Destination::Service {
            service,
            reach: Reach::Apart { .. },
            ..
        } => Some((case.chain.caller_of(hop)?, *service)),
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
    let message = match [calling, called].iter().all(|one| is_on_default_bridge(one)) {
        true => format!(
            "{from} and {to} are on Docker's default bridge, where no container knows another's name"
        ),
        false => format!(
            "{from} is on {}, but {to} is on {}: {from} cannot reach {to}{step}",
            listed(calling, ours),
            listed(called, theirs)
        ),
    };
    let (at, part) = place(called);
    let mut finding = Finding::at(&at, part, message)
        .says(format!("{to} is on {}", listed(called, theirs)))
        .subject(hop.entry())
        .hop(hop.id);
    let (at, part) = place(calling);
    finding = finding.also(&at, part, format!("{from} is on {}", listed(calling, ours)));
    finding = with_url(finding, hop, called);
    let other = case.engine().and_then(|engine| {
        let number = case.chain.containers.number(engine, service)?;
        Some(number).filter(|_| hop.sight.is_some())
    });
    finding = with_networks(case, hop, finding, other);
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

/// Whether a service certainly uses the network that Docker gives to who asks for none, and which has no names.
fn is_on_default_bridge(service: &Service) -> bool {
    let mode = service.network_mode.as_ref();
    let mode = mode.and_then(|mode| mode.value.get());
    matches!(mode, Some("bridge" | "default"))
}

/// The networks of a service, in words.
fn listed(service: &Service, networks: &[String]) -> String {
    let mode = match (networks, &service.network_mode) {
        ([], Some(mode)) => mode.value.text.as_str(),
        ([], None) => "none",
        (networks, _) => return networks.join(" and "),
    };
    match (mode, mode.split_once(':')) {
        ("bridge" | "default", _) => "Docker's default bridge, which has no names".to_owned(),
        ("none", _) => "no network".to_owned(),
        (_, Some((_, owner))) => format!("the network of {owner}"),
        (network, None) => network.to_owned(),
    }
}
