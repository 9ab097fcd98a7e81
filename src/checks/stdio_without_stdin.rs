//! stdio-without-stdin: a container speaks stdio only, and nothing is connected to its stdin.

use std::collections::HashSet;

use crate::catalog::TransportKind;
use crate::chain::HopId;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own};
use crate::fact::{Container, Status};
use crate::gateway::Value;
use crate::repair::{self, ways};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "stdio-without-stdin",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[
        "connection-refused",
        "container-not-running",
        "port-not-listening",
    ],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-without-stdin.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    let started = started_by_callers(case);
    for mcp in case.mcp_services() {
        let open = mcp.service.stdin_open.as_ref();
        let Some(why) = mcp.only_stdio() else {
            continue;
        };
        if open.is_some_and(|open| open.value) || started.contains(mcp.name()) {
            continue;
        }
        if let Some(doubt) = mcp.service.doubt().filter(|_| open.is_none()) {
            findings.skip(format!("whether it has a stdin is not known: {doubt}"));
            continue;
        }
        let hops = hops.get(&mcp.id).map(Vec::as_slice).unwrap_or_default();
        let finding = finding(case, &mcp, why, hops).hops(hops.iter().copied());
        let Some(container) = case.container_of(mcp.id).filter(|one| !one.open_stdin) else {
            findings.add(finding);
            continue;
        };
        let finding = finding.evidence(Source::Docker, seen(container));
        match has_ended(container) {
            true => findings.add_as(Severity::Error, finding),
            false => findings.add(finding),
        }
    }
}

/// Whether a container does not last without an input. That it was started again stays true whatever it does at this
/// moment; how it ended last is not to be seen while it runs.
fn has_ended(container: &Container) -> bool {
    let state = &container.state;
    state.restarts > 0 || state.status == Status::Exited && state.exit_code == 0
}

/// What became of it without an input.
fn seen(container: &Container) -> String {
    let state = &container.state;
    let does = match (has_ended(container), state.restarts as usize) {
        (true, 0) => "has ended with exit code 0".to_owned(),
        (true, 1) => "has ended, and was started again".to_owned(),
        (true, more) => format!("ends again and again ({more} restarts)"),
        (false, _) => format!("is {}", state.status.word()),
    };
    format!(
        "the stdin of container {} is closed, and it {does}",
        container.name
    )
}

/// Services that a client or gateway starts itself, with a stdin: `docker compose run SERVICE`.
fn started_by_callers<'a>(case: &Case<'a>) -> HashSet<&'a str> {
    let mut started = HashSet::new();
    let mut read = |program: &str, args: &mut dyn Iterator<Item = &'a str>| {
        if program
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("docker"))
        {
            started.extend(args.skip_while(|word| *word != "run").skip(1));
        }
    };
    for entry in case.stack.clients.iter().flat_map(|client| &client.entries) {
        if let Some(command) = &entry.command {
            read(
                &command.value,
                &mut entry.args.iter().map(|arg| arg.value.as_str()),
            );
        }
    }
    for server in case
        .chain
        .gateways
        .iter()
        .flat_map(|view| &view.outcome.servers)
    {
        if let Some(command) = server
            .command
            .as_ref()
            .and_then(|at| Value::text(&at.value))
        {
            read(
                command,
                &mut server.args.iter().map(|arg| arg.value.as_str()),
            );
        }
    }
    started
}

fn finding(case: &Case<'_>, mcp: &McpService<'_>, why: &str, hops: &[HopId]) -> Finding {
    let service = mcp.service;
    let name = mcp.name();
    let version = mcp.behind.version.as_ref().map(|known| &known.version);
    let network = mcp.server.transports.iter().find(|transport| {
        matches!(transport.kind, TransportKind::Sse | TransportKind::Http)
            && version.map_or(transport.versions.is_all(), |v| {
                transport.versions.contains(v)
            })
    });
    let way = match network.map(|transport| transport.enable.args.join(" ")) {
        Some(args) if !args.is_empty() => format!("start it with `{args}`"),
        Some(_) => "give it a network transport".to_owned(),
        None => "put a bridge in front of it".to_owned(),
    };
    let message = format!(
        "{name} speaks stdio, but its stdin is not open: it exits or idles, and no client can reach it; {way}"
    );
    let (at, part) = match (&service.stdin_open, &service.image) {
        (Some(open), _) => (open.at.clone(), Part::Value),
        (None, Some(image)) => (image.at.clone(), Part::Value),
        (None, None) => (service.at.clone(), Part::Key),
    };
    let mut finding = Finding::at(&at, part, message)
        .says(if service.stdin_open.is_some() {
            "stdin is not open"
        } else {
            "speaks stdio, no `stdin_open: true`"
        })
        .subject(name)
        .evidence(Source::Catalog, format!("{why} stdio"));
    if let Some(command) = &service.command {
        finding = finding.also(
            &command.at,
            Part::Value,
            "nothing here selects another transport",
        );
    }
    // Who calls it over the network is not helped by its stdin.
    if let Some(ways) = ways::of_callers(case, hops) {
        return ways.mend(finding);
    }
    let own = is_own(service, &at);
    let change = match &service.stdin_open {
        Some(open) => Change {
            at: open.at.clone(),
            op: Op::Set(true.into()),
        },
        None => Change {
            at: service.at.clone(),
            op: Op::Insert("stdin_open".to_owned(), true.into()),
        },
    };
    if own {
        let mut fix = Fix::new(
            Safety::Unsafe,
            format!(
                "without a network transport, keep the stdin of {name} open: for `docker attach` or a bridge, not for a gateway"
            ),
        );
        fix.changes.push(change);
        finding = finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")));
    }
    finding
}
