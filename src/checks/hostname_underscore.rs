//! hostname-underscore: a name in urls that some programs refuse, because it has a `_`.

use std::collections::{HashMap, HashSet};

use crate::chain::{Destination, Hop};
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{Service, ServiceId, Stack};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "hostname-underscore",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/hostname-underscore.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut found: Vec<Called<'_>> = Vec::new();
    let mut numbers: HashMap<(ServiceId, &str), usize> = HashMap::new();
    let mut taken: Option<HashSet<&str>> = None;
    for hop in &case.chain.hops {
        let host = hop.url.as_ref().and_then(|url| url.value.host_str());
        let Some(host) = host.filter(|host| host.contains('_')) else {
            continue;
        };
        let Some(service) = named(case, hop, host) else {
            continue;
        };
        let taken = taken.get_or_insert_with(|| {
            let services = case.stack.services();
            services.flat_map(|(_, service)| names(service)).collect()
        });
        let number = *numbers.entry((service, host)).or_insert_with(|| {
            found.push(Called {
                host,
                service,
                other: other(host, taken),
                hops: Vec::new(),
            });
            found.len() - 1
        });
        found[number].hops.push(hop);
    }
    for one in found {
        findings.add(finding(case, &one));
    }
}

/// A name with a `_`, and who calls it.
struct Called<'a> {
    host: &'a str,
    service: ServiceId,
    /// A name without one that nothing has.
    other: String,
    hops: Vec<&'a Hop>,
}

/// The service that a call reaches by this name. A name that its caller cannot know is another check's.
fn named(case: &Case<'_>, hop: &Hop, host: &str) -> Option<ServiceId> {
    let id = match &hop.destination {
        Destination::Service { service, .. } => *service,
        Destination::Gateway { gateway, .. } => case.chain.gateways[*gateway].service()?,
        _ => return None,
    };
    let mut names = names(case.stack.service(id));
    names.any(|name| name.eq_ignore_ascii_case(host)).then_some(id)
}

/// The names by which containers call a service.
fn names(service: &Service) -> impl Iterator<Item = &str> {
    let own = service.container_name.as_ref();
    let aliases = service.networks.iter().flat_map(|joined| &joined.aliases);
    [service.name.value.as_str()]
        .into_iter()
        .chain(own.and_then(|name| name.value.get()))
        .chain(aliases.map(String::as_str))
}

/// The same name without `_`, which no service has.
fn other(host: &str, taken: &HashSet<&str>) -> String {
    let plain = host.replace('_', "-");
    let plain = plain.trim_matches('-');
    let own = match plain {
        "" => "mcp-server".to_owned(),
        plain => plain.to_owned(),
    };
    let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}-{n}")));
    names.find(|name| !taken.contains(name.as_str())).unwrap_or(own)
}

fn finding(case: &Case<'_>, one: &Called<'_>) -> Finding {
    let Called { host, other, .. } = one;
    let service = case.stack.service(one.service);
    let what = match service.name.value.eq_ignore_ascii_case(host) {
        true => format!("the service {host}"),
        false => format!("{host}, a name of {},", service.name.value),
    };
    let message = format!(
        "{what} has a `_` in its name: LiteLLM, Node's fetch and the MCP SDK for Python call such a host, but Java's \
         URI, Tomcat and Django refuse it; an alias without `_`, such as {other}, suits all of them"
    );
    let url = |hop: &'_ Hop| hop.url.as_ref().map_or_else(|| hop.at.clone(), |url| url.at.clone());
    let mut finding = Finding::at(&url(one.hops[0]), Part::Value, message)
        .says("called by this name")
        .subject(*host)
        .hops(one.hops.iter().map(|hop| hop.id));
    for hop in &one.hops[1..] {
        finding = finding.also(&url(hop), Part::Value, "called by this name");
    }
    let network = network(case.stack, one.hops[0], case, service);
    let text = format!(
        "services:\n  {}:\n    networks:\n      {network}:\n        aliases: [{other}]\n",
        service.name.value
    );
    finding
        .also(&service.name.at, Part::Key, "the service")
        .fix(Fix::manual(format!("add the alias {other}, and call that"), text))
}

/// The network on which the caller knows the service; the project's own where that is not known.
fn network<'a>(stack: &'a Stack, hop: &Hop, case: &Case<'_>, service: &'a Service) -> &'a str {
    let caller = case.chain.caller_of(hop);
    let of_caller = caller.map(|id| &stack.service(id).networks);
    let shared = |key: &str| {
        of_caller.is_none_or(|networks| networks.iter().any(|joined| joined.key == key))
    };
    let mut networks = service.networks.iter();
    networks
        .find(|joined| shared(&joined.key))
        .or_else(|| service.networks.first())
        .map_or("default", |joined| joined.key.as_str())
}
