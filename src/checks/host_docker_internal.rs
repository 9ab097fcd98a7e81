//! host-docker-internal: a container calls the machine by a name that only Docker Desktop makes by itself.

use std::collections::BTreeMap;

use url::Url;

use crate::chain::{Caller, Destination, HopId};
use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own, listed};
use crate::model::{Mount, Service, ServiceId, Stack, Text};
use crate::repair;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "host-docker-internal",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["name-not-resolved"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/host-docker-internal.md"),
    run,
};

/// Where paths of a machine begin that runs Docker Desktop.
const DESKTOP: [&str; 4] = ["/Users/", "/run/desktop/", "/host_mnt/", "//c/"];

/// One place that has the name.
struct Use {
    at: Pointer,
    /// What uses it, in a word: a server's name, a variable.
    who: String,
    hop: Option<HopId>,
}

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut uses: BTreeMap<ServiceId, Vec<Use>> = BTreeMap::new();
    for hop in &case.chain.hops {
        let Caller::Gateway { gateway, .. } = hop.caller else {
            continue;
        };
        let Some(service) = case.chain.gateways[gateway].service() else {
            continue;
        };
        let Some(url) = hop.url.as_ref().filter(|url| is_name(url.value.host_str())) else {
            continue;
        };
        // Some other container may have taken the name.
        if matches!(hop.destination, Destination::Service { .. }) {
            continue;
        }
        uses.entry(service).or_default().push(Use {
            at: url.at.clone(),
            who: repair::caller(case.stack, hop),
            hop: Some(hop.id),
        });
    }
    for mcp in case.mcp_services() {
        let found = in_service(mcp.service, &mcp.server.env.read);
        if !found.is_empty() {
            uses.entry(mcp.id).or_default().extend(found);
        }
    }
    if uses.is_empty() {
        return;
    }
    let known = Known::of(case.stack);
    for (id, uses) in uses {
        match home(case, id) {
            Err(reason) => findings.skip(reason),
            Ok(home) if known.by(case.stack, home) => {}
            Ok(home) => findings.add(finding(case, id, home, &uses)),
        }
    }
}

fn is_name(host: Option<&str>) -> bool {
    host.is_some_and(|host| host.eq_ignore_ascii_case(repair::MACHINE))
}

/// Where a server is told to call the machine: arguments, and variables that it reads, whose value is a url.
fn in_service(service: &Service, reads: &[String]) -> Vec<Use> {
    let mut found = Vec::new();
    for variable in &service.environment {
        let name = &variable.name;
        // Lists of callers that are let in hold names too, and nobody calls them.
        let lets_in = ["ORIGIN", "ALLOWED", "CORS", "PROXY", "PUBLIC", "REDIRECT"]
            .iter()
            .any(|word| name.to_ascii_uppercase().contains(word));
        let wins = service.variable(name).is_some_and(|first| first.at == variable.at);
        let calls = variable.value.as_ref().is_some_and(calls_machine);
        if wins && calls && !lets_in && reads.contains(name) {
            found.push(Use {
                at: variable.at.clone(),
                who: name.clone(),
                hop: None,
            });
        }
    }
    if let Some(command) = &service.command
        && command.value.iter().any(calls_machine)
    {
        found.push(Use {
            at: command.at.clone(),
            who: "its command".to_owned(),
            hop: None,
        });
    }
    found
}

/// Whether a text is a url with that host, or a flag with one.
fn calls_machine(text: &Text) -> bool {
    let text = text.text.as_str();
    let flag = text.split_once('=').filter(|(flag, _)| flag.starts_with('-'));
    let url = flag.map_or(text, |(_, value)| value);
    url.contains("://") && Url::parse(url).is_ok_and(|url| is_name(url.host_str()))
}

/// The service whose `/etc/hosts` counts: a container in another one's network has that one's.
fn home(case: &Case<'_>, id: ServiceId) -> Result<ServiceId, String> {
    let service = case.stack.service(id);
    if let Some(doubt) = service.doubt() {
        return Err(format!("whether {} has extra_hosts is not known: {doubt}", service.name.value));
    }
    let Some(mode) = &service.network_mode else {
        return Ok(id);
    };
    let unknown = || {
        format!(
            "{} uses a network that is not known here: {}",
            service.name.value, mode.value.text
        )
    };
    let Some(text) = mode.value.get() else {
        return Err(unknown());
    };
    if let Some(name) = text.strip_prefix("service:") {
        let owner = case.stack.project(id).service(name).ok_or_else(unknown)?;
        let owner = ServiceId { project: id.project, service: owner };
        return match case.stack.service(owner).network_mode {
            None => Ok(owner),
            Some(_) => Err(unknown()),
        };
    }
    match text.contains(':') || text == "none" {
        true => Err(unknown()),
        false => Ok(id),
    }
}

/// What of the whole stack makes the name, or says that Docker Desktop does.
struct Known {
    /// Some container has taken it.
    is_taken: bool,
    /// Projects that are made for Docker Desktop.
    desktop: Vec<bool>,
}

impl Known {
    fn of(stack: &Stack) -> Known {
        let named = |service: &Service| {
            let mut aliases = service.networks.iter().flat_map(|joined| &joined.aliases);
            let names = [&service.container_name, &service.hostname];
            aliases.any(|alias| is_name(Some(alias)))
                || is_name(Some(&service.name.value))
                || names
                    .into_iter()
                    .flatten()
                    .any(|name| is_name(Some(&name.value.text)))
        };
        let desktop = |mount: &Mount| {
            let drive = mount.source.chars().nth(1) == Some(':') && mount.source.len() > 2;
            drive || DESKTOP.iter().any(|start| mount.source.starts_with(start))
        };
        Known {
            is_taken: stack.services().any(|(_, service)| named(service)),
            desktop: stack
                .projects
                .iter()
                .map(|project| {
                    let mut mounts = project.services.iter().flat_map(|service| &service.mounts);
                    mounts.any(desktop)
                })
                .collect(),
        }
    }

    /// Whether a service's container knows the name, or may.
    fn by(&self, stack: &Stack, id: ServiceId) -> bool {
        let service = stack.service(id);
        let node = stack.source(service.at.source).node(&service.at.path);
        let brings = |key: &str| node.is_some_and(|node| node.get(key).is_some());
        let mut extra = service.extra_hosts.iter();
        self.is_taken
            || self.desktop[id.project]
            || extra.any(|extra| is_name(Some(&extra.value.0)))
            || ["dns", "links", "external_links"].into_iter().any(brings)
    }
}

fn finding(case: &Case<'_>, id: ServiceId, home: ServiceId, uses: &[Use]) -> Finding {
    let stack = case.stack;
    let (name, owner) = (&stack.service(id).name.value, &stack.service(home).name.value);
    let mut who: Vec<&str> = uses.iter().map(|it| it.who.as_str()).collect();
    who.dedup();
    let message = format!(
        "{} of {name} calls {}, a name that Docker Engine on Linux does not define by itself: add `extra_hosts: [\"{}\"]` to {owner}",
        listed(&who, 3),
        repair::MACHINE,
        repair::MACHINE_LINE
    );
    let first = &uses[0];
    let mut finding = Finding::at(&first.at, Part::Value, message)
        .says("not known in a container on Linux")
        .subject(name)
        .hops(uses.iter().filter_map(|it| it.hop));
    for other in &uses[1..] {
        finding = finding.also(&other.at, Part::Value, "here too");
    }
    let service = stack.service(home);
    finding = finding.also(&service.name.at, Part::Key, "no extra_hosts with this name");
    let title = format!("let {owner} know {}", repair::MACHINE);
    let change = repair::know_machine(stack, service);
    match change.filter(|change| is_own(service, &change.at) || change.at == service.at) {
        Some(change) => finding.fix(
            Fix::new(Safety::Safe, title)
                .change(change.at, change.op)
                .then(repair::compose(stack, home, "up -d")),
        ),
        None => finding.fix(Fix::manual(
            title,
            format!("extra_hosts: [\"{}\"]\n", repair::MACHINE_LINE),
        )),
    }
}
