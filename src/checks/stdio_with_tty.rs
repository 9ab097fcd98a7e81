//! stdio-with-tty: a terminal between a stdio server in a container and whoever speaks to it.

use std::collections::HashMap;

use crate::chain::HopId;
use crate::change::{Fix, Op, Safety};
use crate::check::{
    Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own, reader,
};
use crate::gateway::Value;
use crate::repair;
use crate::source::{At, Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "stdio-with-tty",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-with-tty.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut uses: Option<HashMap<&str, Vec<Use<'_>>>> = None;
    for mcp in case.mcp_services() {
        let Some(why) = mcp.only_stdio() else {
            continue;
        };
        let Some(tty) = mcp.service.tty.as_ref().filter(|tty| tty.value) else {
            continue;
        };
        let uses = uses.get_or_insert_with(|| all_uses(case));
        let names = names(case, &mcp);
        let mut found = names.iter().filter_map(|name| uses.get(name.as_str())).flatten().peekable();
        let is_used = found.peek().is_some();
        match found.find(|it| it.verb.is_attached()) {
            Some(it) => {
                findings.add_as(Severity::Error, attaching(case, &mcp, &tty.at, why, it));
            }
            // A process of its own, with pipes of its own.
            None if is_used => {}
            None => findings.add(waiting(case, &mcp, &tty.at, why)),
        }
    }
}

/// What an entry of a client or gateway does with a container that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// `docker attach`
    Attach,
    /// `docker start -ai`
    Start,
    /// `docker exec`, `docker compose run` and `exec`: a process of its own.
    Beside,
}

impl Verb {
    fn is_attached(self) -> bool {
        matches!(self, Verb::Attach | Verb::Start)
    }
}

/// A word of an entry that may name a container or service.
struct Use<'a> {
    entry: &'a str,
    verb: Verb,
    at: &'a Pointer,
    hop: Option<HopId>,
}

/// Everything that clients and gateways start with docker, by each word behind the verb.
fn all_uses<'a>(case: &Case<'a>) -> HashMap<&'a str, Vec<Use<'a>>> {
    let mut uses: HashMap<&str, Vec<Use<'_>>> = HashMap::new();
    let mut add = |entry: &'a str, args: &'a [At<String>], hop: Option<HopId>| {
        let verb = args.iter().enumerate().find_map(|(at, arg)| {
            Some((
                at,
                match arg.value.as_str() {
                    "attach" => Verb::Attach,
                    "start" => Verb::Start,
                    "exec" | "run" => Verb::Beside,
                    _ => return None,
                },
            ))
        });
        let Some((at, verb)) = verb else { return };
        for word in &args[at + 1..] {
            uses.entry(word.value.as_str()).or_default().push(Use {
                entry,
                verb,
                at: &word.at,
                hop,
            });
        }
    };
    for it in reader::entries(case) {
        let program = it.entry.command.as_ref().map(|command| command.value.as_str());
        if program.is_some_and(starts_containers) {
            add(&it.entry.name.value, &it.entry.args, it.hop.map(|hop| hop.id));
        }
    }
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        for (number, server) in view.outcome.servers.iter().enumerate() {
            let program = server.command.as_ref().and_then(|at| Value::text(&at.value));
            if program.is_some_and(starts_containers) {
                let hop = case.chain.of_server(gateway, number).map(|hop| hop.id);
                add(&server.name.value, &server.args, hop);
            }
        }
    }
    uses
}

/// `docker`, `docker.exe`, `/usr/bin/docker-compose`, `cmd` in front of it.
fn starts_containers(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    ["docker", "podman", "nerdctl", "cmd"]
        .iter()
        .any(|engine| name.starts_with(engine))
}

/// The names that an engine's or Compose's command has for a service.
fn names(case: &Case<'_>, mcp: &McpService<'_>) -> Vec<String> {
    let (project, name) = (&case.stack.project(mcp.id).name, mcp.name());
    let container = mcp.service.container_name.as_ref();
    let container = container.and_then(|name| name.value.get().map(str::to_owned));
    let mut names = vec![
        name.to_owned(),
        format!("{project}-{name}-1"),
        format!("{project}_{name}_1"),
    ];
    names.extend(container.filter(|container| container != name));
    names
}

/// Somebody is to speak to the process behind the terminal.
fn attaching(
    case: &Case<'_>,
    mcp: &McpService<'_>,
    at: &Pointer,
    why: &str,
    by: &Use<'_>,
) -> Finding {
    let name = mcp.name();
    let (verb, what) = match by.verb {
        Verb::Attach => (
            "docker attach",
            "docker stops with \"the input device is not a TTY\"",
        ),
        _ => (
            "docker start",
            "the terminal sends every request back and mixes stderr into the answers",
        ),
    };
    let message = format!(
        "{} speaks to {name} with {verb}, but {name} has `tty: true`: {what}; remove `tty`",
        by.entry
    );
    on_service(case, mcp, at, message, why)
        .also(by.at, Part::Value, format!("speaks to {name}"))
        .hops(by.hop)
}

/// Nobody is seen to speak to it.
fn waiting(case: &Case<'_>, mcp: &McpService<'_>, at: &Pointer, why: &str) -> Finding {
    let name = mcp.name();
    let message = format!(
        "{name} speaks stdio and has `tty: true`: through a terminal requests come back as an echo, line ends change and stderr is mixed in, and `docker attach` refuses a client's pipe; remove `tty`"
    );
    on_service(case, mcp, at, message, why)
}

fn on_service(
    case: &Case<'_>,
    mcp: &McpService<'_>,
    at: &Pointer,
    message: String,
    why: &str,
) -> Finding {
    let finding = Finding::at(at, Part::Value, message)
        .says("a terminal instead of pipes")
        .subject(mcp.name())
        .evidence(Source::Catalog, format!("{why} stdio"));
    let container = case.container_of(mcp.id).filter(|one| one.tty);
    let finding = match container {
        Some(one) => finding.evidence(
            Source::Docker,
            format!("container {} has a terminal", one.name),
        ),
        None => finding,
    };
    if !is_own(mcp.service, at) {
        return finding;
    }
    let fix = Fix::new(Safety::Safe, format!("remove `tty` from {}", mcp.name()))
        .change(at.clone(), Op::Remove)
        .then(repair::compose(case.stack, mcp.id, "up -d"));
    finding.fix(fix)
}
