//! env-not-read: a service is given variables that its server never reads.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::access_mode_unrestricted::is_unheeded;
use crate::catalog::Server;
use crate::catalog::server::{EnvUse, Transport, TransportKind};
use crate::change::{Fix, Op, Safety};
use crate::check::{
    Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own, listed, naming_part,
};
use crate::model::{EnvFrom, EnvVar, Stack};
use crate::repair;
use crate::source::{Part, SourceId};

pub(super) static CHECK: Check = Check {
    id: "env-not-read",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-not-read.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    let shared = shared_files(case.stack);
    for mcp in case.mcp_services() {
        let unread = unread(&mcp, &shared);
        let mut variables = unread.values().flatten();
        if variables.all(|variable| says_what_is(&mcp, variable)) {
            continue;
        }
        if let Some(doubt) = starts_otherwise(&mcp) {
            findings.skip(format!(
                "what reads the variables of {} is not known: {doubt}",
                mcp.name()
            ));
            continue;
        }
        if let Some(finding) = finding(case.stack, &mcp, &unread) {
            findings.add(finding.hops(hops.get(&mcp.id).into_iter().flatten().copied()));
        }
    }
}

/// The definitions of variables that the server never reads, by name: those of `environment` first.
fn unread<'a>(
    mcp: &McpService<'a>,
    shared: &HashSet<SourceId>,
) -> IndexMap<&'a str, Vec<&'a EnvVar>> {
    let mut unread: IndexMap<&str, Vec<&EnvVar>> = IndexMap::new();
    let service = mcp.service;
    for from in [EnvFrom::Environment, EnvFrom::EnvFile] {
        for variable in &service.environment {
            // What stands in a file of many may be meant for another of them.
            let foreign = from == EnvFrom::EnvFile && shared.contains(&variable.at.source);
            if variable.from == from
                && !foreign
                && never_read(mcp.server, &variable.name)
                && !is_spelled_out(mcp, &variable.name)
            {
                unread.entry(&variable.name).or_default().push(variable);
            }
        }
    }
    unread
}

/// Env files that several services read, and projects' own `.env` files.
fn shared_files(stack: &Stack) -> HashSet<SourceId> {
    let mut readers: HashMap<SourceId, usize> = HashMap::new();
    for (_, service) in stack.services() {
        let sources: HashSet<SourceId> = service
            .env_files
            .iter()
            .filter_map(|file| file.source)
            .collect();
        for source in sources {
            *readers.entry(source).or_default() += 1;
        }
    }
    let is_dot_env = |source: SourceId| {
        let name = stack.name(source);
        name == ".env" || name.ends_with("/.env")
    };
    readers
        .into_iter()
        .filter(|(source, readers)| *readers > 1 || is_dot_env(*source))
        .map(|(source, _)| source)
        .collect()
}

fn never_read(server: &Server, name: &str) -> bool {
    match server.env_use(name) {
        EnvUse::NeverRead => true,
        EnvUse::NotInWholeList => is_meant_for(server, name),
        EnvUse::Read | EnvUse::Unknown => false,
    }
}

/// Whether the name says that the server should read it. Variables of the runtime and of libraries do not.
fn is_meant_for(server: &Server, name: &str) -> bool {
    let of_product = || {
        let programs = server.names.command.iter().chain([&server.id]);
        let prefixes = programs.map(|program| program.replace(['-', ' '], "_").to_uppercase());
        prefixes.into_iter().any(|prefix| {
            name.strip_prefix(&prefix)
                .is_some_and(|rest| rest.starts_with('_'))
        })
    };
    name.starts_with("MCP_") || is_database_url(name) && server.database.is_some() || of_product()
}

/// Whether a variable of that name usually holds the address of a database.
fn is_database_url(name: &str) -> bool {
    const DATABASES: [&str; 9] = [
        "DATABASE",
        "DB",
        "POSTGRES",
        "POSTGRESQL",
        "PG",
        "MYSQL",
        "MONGODB",
        "MONGO",
        "REDIS",
    ];
    const ADDRESSES: [&str; 6] = [
        "URL",
        "URI",
        "DSN",
        "CONNECTION_STRING",
        "CONNECTION_URL",
        "CONNECTION_URI",
    ];
    name == "DSN"
        || name.split_once('_').is_some_and(|(database, address)| {
            DATABASES.contains(&database) && ADDRESSES.contains(&address)
        })
}

/// Whether a variable asks for nothing but what the server does anyway: `MCP_MODE=stdio` of one that speaks stdio.
fn says_what_is(mcp: &McpService<'_>, variable: &EnvVar) -> bool {
    let Some(value) = &variable.value else {
        return false;
    };
    let speaks = |word: &str| {
        let wanted: &[TransportKind] = match word {
            "stdio" => &[TransportKind::Stdio],
            "sse" => &[TransportKind::Sse],
            "http" | "streamable-http" | "streamable_http" | "streamablehttp" => {
                &[TransportKind::Http]
            }
            _ => return false,
        };
        let mut spoken = mcp.behind.running.transports.iter();
        mcp.doubt().is_none() && spoken.any(|speaks| speaks.sure && wanted.contains(&speaks.kind))
    };
    speaks(value.text.trim().to_ascii_lowercase().as_str())
}

/// Whether the service's own command line uses the variable: `$$NAME` in a compose file.
fn is_spelled_out(mcp: &McpService<'_>, name: &str) -> bool {
    let lines = [&mcp.service.command, &mcp.service.entrypoint];
    let mut words = lines.into_iter().flatten().flat_map(|line| &line.value);
    words.any(|word| {
        word.text.match_indices(name).any(|(at, _)| {
            let before = &word.text[..at];
            let after = word.text[at + name.len()..].chars().next();
            (before.ends_with('$') || before.ends_with("${"))
                && after.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
        })
    })
}

/// Why something else than the server may read the variables: a script in its place.
fn starts_otherwise(mcp: &McpService<'_>) -> Option<String> {
    let arguments = mcp.launched(|server, launch| server.arguments(launch));
    arguments.and_then(Result::err)
}

fn finding(
    stack: &Stack,
    mcp: &McpService<'_>,
    unread: &IndexMap<&str, Vec<&EnvVar>>,
) -> Option<Finding> {
    let names: Vec<&str> = unread.keys().copied().collect();
    let image = mcp.image();
    let instead = instead(mcp.server, &names);
    let message = match instead.as_slice() {
        [] => format!(
            "{image} never reads {}; remove {}",
            listed(&names, 4),
            if names.len() == 1 { "it" } else { "them" }
        ),
        _ => format!(
            "{image} never reads {}; use {} instead",
            listed(&names, 4),
            listed(&instead, 3)
        ),
    };
    let places: Vec<&EnvVar> = unread.values().flatten().copied().collect();
    let (environment, mut files): (Vec<&EnvVar>, Vec<&EnvVar>) = places
        .into_iter()
        .partition(|variable| variable.from == EnvFrom::Environment);
    files.sort_by_key(|variable| {
        let source = stack.source(variable.at.source);
        (
            variable.at.source,
            source.locate(&variable.at.path, Part::Key).start,
        )
    });
    let places: Vec<&EnvVar> = environment.into_iter().chain(files).collect();
    let mut labels = places.iter();
    let first = labels.next()?;
    let mut finding = Finding::at(&first.at, naming_part(&first.at), message)
        .says("never read")
        .subject(mcp.name())
        .evidence(Source::Catalog, read(mcp.server));
    for variable in labels {
        finding = finding.also(&variable.at, naming_part(&variable.at), "never read");
    }
    Some(match remove(stack, mcp, &places) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

/// What decides instead, for each matter that the names speak of.
fn instead(server: &Server, names: &[&str]) -> Vec<String> {
    let speaks_of = |words: &[&str]| {
        names
            .iter()
            .any(|name| name.split('_').any(|part| words.contains(&part)))
    };
    let setting = |flags: Vec<&String>, variables: Vec<&String>| -> Option<String> {
        // One way for each transport is enough to know where to look.
        let flag = |flag: &String| flag.split(['=', ' ']).next().unwrap_or_default().to_owned();
        let mut ways: Vec<String> = flags.into_iter().map(flag).collect();
        ways.retain(|way| way.starts_with('-'));
        ways = ways.iter().map(|way| format!("`{way}`")).collect();
        ways.extend(variables.into_iter().cloned());
        ways.dedup();
        (!ways.is_empty()).then(|| {
            ways.iter()
                .take(2)
                .cloned()
                .collect::<Vec<_>>()
                .join(" or ")
        })
    };
    let of_transports = |args: fn(&Transport) -> Vec<&String>,
                         env: fn(&Transport) -> Vec<&String>| {
        let transports = || server.transports.iter();
        setting(
            transports().flat_map(args).collect(),
            transports().flat_map(env).collect(),
        )
    };
    let mut instead = Vec::new();
    if speaks_of(&["TRANSPORT", "MODE"])
        && let Some(way) = of_transports(
            |it| it.select.args.iter().collect(),
            |it| it.select.env.keys().collect(),
        )
    {
        instead.push(way);
    }
    if speaks_of(&["WRITE", "READ", "READONLY", "ACCESS", "RESTRICTED"])
        && let Some(access) = &server.access
        && let Some(way) = setting(
            access
                .read_only
                .args
                .iter()
                .chain(&access.write.args)
                .collect(),
            access
                .read_only
                .env
                .keys()
                .chain(access.write.env.keys())
                .collect(),
        )
    {
        instead.push(way);
    }
    if speaks_of(&["PORT"])
        && let Some(way) = of_transports(
            |it| it.port.args.iter().collect(),
            |it| it.port.env.iter().collect(),
        )
    {
        instead.push(way);
    }
    if speaks_of(&["HOST"])
        && let Some(way) = of_transports(
            |it| it.bind.args.iter().collect(),
            |it| it.bind.env.iter().collect(),
        )
    {
        instead.push(way);
    }
    if names.iter().any(|name| is_database_url(name))
        && let Some(database) = &server.database
    {
        let flags = database.args.iter().map(|flag| format!("`{flag}`"));
        let mut ways: Vec<String> = database.env.iter().cloned().chain(flags).collect();
        if database.argument {
            ways.push("its first argument".to_owned());
        }
        if !ways.is_empty() {
            instead.push(ways.join(" or "));
        }
    }
    instead.dedup();
    instead
}

fn read(server: &Server) -> String {
    match server.env.read.as_slice() {
        [] => format!("{} reads no variable of its own", server.title),
        read => format!("{} reads {}", server.title, listed(read, 8)),
    }
}

/// Takes the variables out; the whole of a section where nothing else is in it. Nothing where one of them is not the
/// service's own.
fn remove(stack: &Stack, mcp: &McpService<'_>, unread: &[&EnvVar]) -> Option<Fix> {
    let in_file = |variable: &EnvVar| variable.from != EnvFrom::Environment;
    let own = |variable: &&&EnvVar| in_file(variable) || is_own(mcp.service, &variable.at);
    if unread.is_empty() || !unread.iter().all(|variable| own(&variable)) {
        return None;
    }
    let mut names: Vec<&str> = unread.iter().map(|variable| variable.name.as_str()).collect();
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    let title = format!("remove {}, which the server never reads", listed(&names, 4));
    // The address of a database may be written nowhere else, a file may have readers that nobody sees here, and that the
    // server must not write is meant all the same.
    let unheeded = is_unheeded(mcp);
    let doubtful = unheeded
        || names.iter().any(|name| is_database_url(name))
        || unread.iter().any(|variable| in_file(variable));
    let safety = match doubtful {
        true => Safety::Unsafe,
        false => Safety::Safe,
    };
    let mut fix = Fix::new(safety, title);
    let forbidding = mcp.server.access.as_ref().filter(|_| unheeded);
    let forbidding = forbidding.map_or(&[][..], |access| &access.read_only.args);
    if let [_, ..] = forbidding
        && let Some(changes) =
            repair::add_arguments(stack, mcp.service, mcp.server, &mcp.behind.image, forbidding)
    {
        fix.title = format!("start {} with `{}`, and {}", mcp.name(), forbidding.join(" "), fix.title);
        fix.changes = changes;
        fix = fix.then(repair::compose(stack, mcp.id, "up -d"));
    }
    let (files, environment): (Vec<&EnvVar>, Vec<&EnvVar>) =
        unread.iter().copied().partition(|variable| in_file(variable));
    let section = environment.first().map(|variable| variable.at.parent());
    let whole = section.filter(|section| {
        let node = stack.source(section.source).node(&section.path);
        let mut of_it = environment.iter();
        of_it.all(|variable| variable.at.parent() == *section)
            && node.is_some_and(|node| {
                environment.len() == node.items().len().max(node.own_entries().len())
            })
    });
    let single: &[&EnvVar] = match whole {
        Some(section) => {
            fix = fix.change(section, Op::Remove);
            &[]
        }
        None => &environment,
    };
    for variable in single.iter().chain(&files) {
        fix = fix.change(variable.at.clone(), Op::Remove);
    }
    Some(fix)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn only_names_of_the_servers_own_kind_count() {
        let catalog = Catalog::builtin();
        let postgres = catalog.by_id("crystaldba-postgres-mcp").unwrap();
        for name in [
            "MCP_TRANSPORT",
            "MCP_NOVEL",
            "POSTGRES_MCP_MODE",
            "POSTGRES_URL",
            "DSN",
        ] {
            assert!(never_read(postgres, name), "{name}");
        }
        for name in [
            "DATABASE_URI",
            "TZ",
            "HTTP_PROXY",
            "PYTHONUNBUFFERED",
            "PGPASSWORD",
            "LOG_LEVEL",
        ] {
            assert!(!never_read(postgres, name), "{name}");
        }
        let everything = catalog.by_id("reference-everything").unwrap();
        assert!(!never_read(everything, "DATABASE_URL"));
        let grafana = catalog.by_id("grafana").unwrap();
        assert!(!never_read(grafana, "MCP_TRANSPORT"));
    }

    #[test]
    fn what_decides_instead_is_named() {
        let catalog = Catalog::builtin();
        let postgres = catalog.by_id("crystaldba-postgres-mcp").unwrap();
        let said = |names: &[&str]| listed(&instead(postgres, names), 3);
        assert_eq!(
            said(&["MCP_TRANSPORT", "MCP_ALLOW_WRITE", "MCP_DEBUG"]),
            "`--transport` and `--access-mode`"
        );
        assert_eq!(said(&["MCP_ALLOW_WRITE"]), "`--access-mode`");
        assert_eq!(
            said(&["DATABASE_URL"]),
            "DATABASE_URI or its first argument"
        );
        assert_eq!(said(&["MCP_DEBUG"]), "");
    }
}
