//! unknown-host: nothing that the caller can reach has the name in the url.

use std::collections::{BTreeMap, HashSet};

use strsim::damerau_levenshtein;

use crate::chain::{Destination, Hop, HopId, Reach};
use crate::repair;
use crate::change::Fix;
use crate::check::sight::{self, networks, owner};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::model::{Port, Published, Service, ServiceId};
use crate::fact::{Container, Engine};
use crate::running::Found;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "unknown-host",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["name-not-resolved"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/unknown-host.md"),
    run,
};

/// How many names are compared in one run in order to propose another one. Ten thousand unknown names among ten
/// thousand services are not a slip of the pen.
const COMPARISONS: usize = 1_000_000;

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut names: Option<BTreeMap<&str, ServiceId>> = None;
    let mut budget = COMPARISONS;
    // Of a name that only containers know nobody knows from files whether this machine has it as well.
    let unresolved = case.troubles("name-not-resolved");
    let unresolved: HashSet<HopId> = unresolved
        .flat_map(|(probed, _)| probed.hops.iter().map(|hop| hop.id))
        .collect();
    for hop in &case.chain.hops {
        let Some(host) = hop.url.as_ref().and_then(|url| url.value.host_str()) else {
            continue;
        };
        match observed(case, hop) {
            Some(Observed::Known) => continue,
            Some(Observed::Nobody(finding)) if hop.service().is_none() => {
                findings.add(*finding);
                continue;
            }
            _ => {}
        }
        match &hop.destination {
            Destination::Unnamed { certain: true } => {
                let names = names.get_or_insert_with(|| {
                    case.stack
                        .services()
                        .map(|(id, service)| (service.name.value.as_str(), id))
                        .collect()
                });
                let near = match budget.checked_sub(names.len()) {
                    Some(rest) => {
                        budget = rest;
                        nearest(host, names).map(|name| names[name])
                    }
                    None => None,
                };
                findings.add(unnamed(case, hop, host, near));
            }
            Destination::Unnamed { certain: false } => findings.skip(doubt(case, hop, host)),
            Destination::NameOutside(service) => {
                let severity = match unresolved.contains(&hop.id) {
                    true => Severity::Error,
                    false => Severity::Warning,
                };
                findings.add_as(severity, outside(case, hop, host, *service));
            }
            Destination::Service {
                service,
                reach: Reach::Apart { .. },
                ..
            } => {
                if let Some(finding) = elsewhere(case, hop, host, *service) {
                    findings.add(finding);
                }
            }
            _ => {}
        }
    }
}

/// What the engine shows of a name.
enum Observed {
    /// Somebody has it, where it is called.
    Known,
    /// Nobody that the caller could reach has it.
    Nobody(Box<Finding>),
}

fn observed(case: &Case<'_>, hop: &Hop) -> Option<Observed> {
    let engine = case.engine()?;
    let sight = hop.sight.as_ref()?;
    let number = sight.caller?;
    let caller = owner(engine, number);
    let nobody = match &sight.found {
        Found::Nobody(nobody) => nobody,
        Found::Containers(_) | Found::Own | Found::Machine(_) => return Some(Observed::Known),
        Found::Elsewhere => return None,
    };
    // What it does not show may have the name; and a name server of its own may know any.
    if engine.gap("containers").is_some() || !caller.dns.is_empty() {
        return None;
    }
    let host = hop.url.as_ref()?.value.host_str()?;
    let from = repair::caller(case.stack, hop);
    let own = &engine.containers[number].name;
    let name = |number: &usize| engine.containers[*number].name.as_str();
    let mut meant = None;
    let shared = |number: &&usize| {
        let theirs = &engine.containers[**number].networks;
        let joined = |id: &str| caller.networks.iter().any(|own| own.id == id);
        theirs.iter().any(|one| joined(&one.id))
    };
    let meant_elsewhere = sight::meant(engine, number, host, &nobody.apart);
    let said = if let Some(stopped) = nobody.stopped.first() {
        // container-not-running says that of a service.
        let name = name(stopped);
        format!("the container {name} does not run, and a name is there only while its container runs")
    } else if meant_elsewhere.is_some_and(|other| !shared(&&other)) {
        // no-shared-network says that.
        return None;
    } else if let Some(why) = &nobody.without_names {
        format!("{own} knows no names of containers: {why}")
    } else if let Some(other) = meant_elsewhere {
        format!("{} has that name on a network that {own} is not on", name(&other))
    } else {
        let known = known_there(engine, caller);
        meant = (known.len() <= NAMES).then(|| nearest(host, &known)).flatten();
        let step = meant.map(|name| format!(": did you mean {name}?"));
        format!(
            "no container on the networks of {own} has that name{}",
            step.unwrap_or_default()
        )
    };
    let finding = at_url(hop, format!("{from} calls {host}, and {said}"), "nobody has this name");
    let finding = finding.evidence(Source::Docker, networks(engine, number));
    let finding = match meant {
        Some(name) => finding.fix(call(case, hop, name, None)),
        None => finding,
    };
    Some(Observed::Nobody(Box::new(finding)))
}

/// How many names of one caller's networks are compared with an unknown one.
const NAMES: usize = 1000;

/// Names of other containers that run on the networks of this one.
fn known_there<'a>(engine: &'a Engine, caller: &Container) -> BTreeMap<&'a str, ()> {
    let others = engine.containers.iter();
    let others = others.filter(|other| other.is_running() && other.id != caller.id);
    let joined = others.flat_map(|other| other.networks.iter().map(move |joined| (other, joined)));
    let near = joined.filter(|(_, joined)| caller.networks.iter().any(|own| own.id == joined.id));
    let names = near.flat_map(|(other, joined)| {
        let given = joined.aliases.iter().chain(&joined.dns_names);
        let given = given.map(String::as_str).filter(|name| *name != other.short_id());
        given.chain([other.name.as_str()])
    });
    names.map(|name| (name, ())).collect()
}

/// The name that was probably meant: closer than a third of its letters, and closer than all others.
fn nearest<'a, T>(host: &str, names: &BTreeMap<&'a str, T>) -> Option<&'a str> {
    let limit = (host.chars().count() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for name in names
        .keys()
        .filter(|name| name.len().abs_diff(host.len()) <= limit)
    {
        let distance = damerau_levenshtein(host, &name.to_lowercase());
        match best {
            _ if distance > limit => {}
            Some((least, _)) if distance > least => {}
            Some((least, _)) if distance == least => tied = true,
            _ => {
                best = Some((distance, name));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, name)| name)
}

fn unnamed(case: &Case<'_>, hop: &Hop, host: &str, near: Option<ServiceId>) -> Finding {
    let stack = case.stack;
    let caller = case.chain.caller_of(hop).map(|id| stack.service(id));
    let own = caller.map_or("the gateway", |service| &service.name.value);
    let meant = near.map(|id| stack.service(id));
    let step = match meant {
        Some(service) => format!(": did you mean {}?", service.name.value),
        None => String::new(),
    };
    let message = format!(
        "{} calls {host}, and nothing on the networks of {own} has that name{step}",
        repair::caller(stack, hop)
    );
    let finding = at_url(hop, message, "no service, alias or container has this name");
    let finding = match caller {
        Some(service) => {
            let text = format!("{} looks for it among its networks", service.name.value);
            finding.also(&service.name.at, Part::Key, text)
        }
        None => finding,
    };
    match meant {
        Some(service) => finding
            .also(&service.name.at, Part::Key, "this has a name much like it")
            .fix(call(case, hop, &service.name.value, None)),
        None => finding,
    }
}

/// Why a name that no file has may exist all the same.
fn doubt(case: &Case<'_>, hop: &Hop, host: &str) -> String {
    let Some(id) = case.chain.caller_of(hop) else {
        return format!(
            "no file that was read declares {host}, nor where its caller runs; --compose adds files"
        );
    };
    let (project, service) = (case.stack.project(id), case.stack.service(id));
    let name = &service.name.value;
    let shared = service.networks.iter().find(|joined| {
        project.network(&joined.key).is_none_or(|network| {
            network.external
                || network.real_name.text != format!("{}_{}", project.name, network.key)
        })
    });
    match (shared, project.gaps.first()) {
        (Some(joined), _) => format!(
            "{host} may be a container of another project on {}, which {name} shares; --compose adds files",
            joined.key
        ),
        (None, Some(gap)) => format!(
            "{host} may be defined in a file that was not read: {}",
            gap.value
        ),
        (None, None) => format!("{host} may be a name that the files of {name} leave open"),
    }
}

fn publishes_unknown(service: &Service) -> bool {
    let unknown = |port: &Port| matches!(port.published, Published::Unknown(_));
    !service.unclear_ports.is_empty() || service.ports.iter().any(unknown)
}

/// A client of this machine uses a name that only containers know.
fn outside(case: &Case<'_>, hop: &Hop, host: &str, id: ServiceId) -> Finding {
    let stack = case.stack;
    let service = stack.service(id);
    let published = hop.port().and_then(|port| {
        let pairs = service.ports.iter().filter(|pair| pair.protocol != "udp");
        pairs
            .filter_map(|pair| Some((pair, pair.published_of(port)?)))
            .next()
    });
    // On the host's network its server opens the port of the url on this machine itself.
    let mode = service.network_mode.as_ref().map(|mode| mode.value.get());
    let on_host = mode == Some(Some("host"));
    let url = match published {
        _ if on_host => repair::url(hop, Some("localhost"), None, None),
        Some((_, port)) => repair::url(hop, Some("localhost"), Some(port), None),
        None => None,
    };
    let step = match &url {
        Some(url) => format!("write {}", repair::written(url)),
        None if publishes_unknown(service) => format!(
            "write localhost and the port that {} publishes, which a variable says",
            service.name.value
        ),
        None => format!("publish a port of {}", service.name.value),
    };
    let message = format!(
        "{} calls {host}, a name that only containers know: {step}",
        repair::caller(stack, hop)
    );
    let mut finding = at_url(hop, message, "outside of containers nobody knows this name");
    finding = match published {
        _ if on_host => finding.also(
            &service.name.at,
            Part::Key,
            "on the host's network, where no name is made",
        ),
        Some((pair, port)) => finding.also(
            &pair.at,
            Part::Value,
            format!("published on this machine as {port}"),
        ),
        None => finding.also(&service.name.at, Part::Key, "a service"),
    };
    match published {
        _ if on_host => finding.fix(call(case, hop, "localhost", None)),
        Some((_, port)) => finding.fix(call(case, hop, "localhost", Some(port))),
        None => finding,
    }
}

/// The service has the name, but not where the caller looks for it.
fn elsewhere(case: &Case<'_>, hop: &Hop, host: &str, id: ServiceId) -> Option<Finding> {
    let caller = case.chain.caller_of(hop)?;
    let stack = case.stack;
    let service = stack.service(id);
    let name = &service.name.value;
    let from = repair::caller(stack, hop);
    if let Some((mode, home)) = home(case, id) {
        let owner = stack.service(home);
        // Two containers in one network namespace call each other by a loopback address.
        let to = if home == caller {
            "localhost"
        } else {
            owner.name.value.as_str()
        };
        let message = format!(
            "{from} calls {host}, which lives in the network of {} and has no name of its own: call {to}",
            owner.name.value
        );
        let finding = at_url(hop, message, "no network has this name")
            .also(
                mode,
                Part::Value,
                format!("{name} uses the network of {}", owner.name.value),
            )
            .fix(call(case, hop, to, None));
        return Some(finding);
    }
    if !repair::common(stack, caller, id) {
        return None;
    }
    let alias = |aliases: &[String]| aliases.iter().any(|alias| alias.eq_ignore_ascii_case(host));
    let joined = service
        .networks
        .iter()
        .find(|joined| alias(&joined.aliases))?;
    let message = format!(
        "{from} calls {host}, an alias of {name} on {} alone, where {} is not: call {name}",
        joined.key,
        stack.service(caller).name.value
    );
    let finding = at_url(hop, message, "not known on the networks of the gateway")
        .also(&joined.at, Part::Value, format!("{host} is an alias here"))
        .fix(call(case, hop, name, None));
    Some(finding)
}

/// The service whose network namespace another one uses, and where that is written.
fn home<'a>(case: &'a Case<'_>, id: ServiceId) -> Option<(&'a crate::source::Pointer, ServiceId)> {
    let service: &Service = case.stack.service(id);
    let mode = service.network_mode.as_ref()?;
    let text = mode.value.get()?;
    let owner = if let Some(name) = text.strip_prefix("service:") {
        let index = case.stack.project(id).service(name)?;
        ServiceId {
            project: id.project,
            service: index,
        }
    } else {
        let name = text.strip_prefix("container:")?;
        let is = |service: &Service| {
            service
                .container_name
                .as_ref()
                .is_some_and(|have| have.value.get() == Some(name))
        };
        case.stack.services().find(|(_, service)| is(service))?.0
    };
    Some((&mode.at, owner))
}

fn at_url(hop: &Hop, message: String, says: &str) -> Finding {
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    Finding::at(at, Part::Value, message)
        .says(says)
        .subject(hop.entry())
        .hop(hop.id)
}

/// Another host, and perhaps another port, in the url.
fn call(case: &Case<'_>, hop: &Hop, host: &str, port: Option<u16>) -> Fix {
    let Some(url) = repair::url(hop, Some(host), port, None) else {
        return Fix::manual(format!("call {host}"), format!("host: {host}\n"));
    };
    repair::call(case.stack, hop, &url, case.chain.caller_of(hop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        let names: BTreeMap<&str, ()> = ["mcp-postgres", "litellm", "db1", "db2"]
            .map(|name| (name, ()))
            .into_iter()
            .collect();
        assert_eq!(nearest("mcp-postgre", &names), Some("mcp-postgres"));
        assert_eq!(nearest("mcp_postgres", &names), Some("mcp-postgres"));
        assert_eq!(nearest("litelm", &names), Some("litellm"));
        assert_eq!(nearest("db3", &names), None, "two are as near");
        assert_eq!(nearest("redis", &names), None);
    }
}
