//! database-url-missing: a database server is told of no database.

use crate::catalog::engine::Verb;
use crate::catalog::server::{Database, EnvUse, WithoutDatabase};
use crate::catalog::{DatabaseUrl, ImageRef, Launch, Server};
use crate::repair;
use crate::change::{Fix, Safety};
use crate::check::containers::{Container, containers};
use crate::check::reader::{Entry, entries};
use crate::check::{
    Case, Check, Finding, Findings, McpService, Need, Severity, Source, listed, naming_part,
};
use crate::model::{EnvLookup, EnvVar};
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "database-url-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "connection-reset"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/database-url-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        let Some(database) = &mcp.server.database else {
            continue;
        };
        let name = mcp.name();
        let emptied = match mcp
            .launched(|server, launch| server.database_url(launch))
            .flatten()
        {
            None | Some(DatabaseUrl::Given) => continue,
            // Whoever writes `DATABASE_URI: ${DATABASE_URI}` has given one; whether it is set is another check's.
            _ if is_written(&mcp, database) => continue,
            Some(DatabaseUrl::Unknown(reason)) => {
                findings.skip(format!(
                    "whether {name} gets a database URL is not known: {}",
                    because(&mcp, reason)
                ));
                continue;
            }
            Some(DatabaseUrl::Missing) if !mcp.service.complete() => {
                findings.skip(format!(
                    "whether {name} gets a database URL is not known: {}",
                    mcp.service.doubt().unwrap_or_default()
                ));
                continue;
            }
            Some(DatabaseUrl::Missing) => None,
            Some(DatabaseUrl::Emptied(variable)) => Some(variable),
        };
        if database.without != WithoutDatabase::Exits {
            findings.skip(format!(
                "{name} gets no database URL, and whether {} does without one is not known",
                mcp.image()
            ));
            continue;
        }
        let finding = finding(case, &mcp, database, emptied.as_deref());
        findings.add(finding.hops(hops.get(&mcp.id).into_iter().flatten().copied()));
    }
    for container in containers(case) {
        in_container(case, findings, &container);
    }
    for found in entries(case).filter(|found| found.file.is_read) {
        as_program(case, findings, found);
    }
}

/// A stdio server that is started in a container of its own: nothing reaches it that is not among the arguments.
fn in_container(case: &Case<'_>, findings: &mut Findings, container: &Container<'_>) {
    let starts = &container.starts;
    let mut unread = case.stack.clients.iter().filter(|file| !file.is_read);
    if unread.any(|file| file.source == container.args_at.source) || starts.verb != Verb::Run {
        return;
    }
    let words: Vec<String> = container.args.iter().map(|arg| arg.value.clone()).collect();
    let flags = &words[starts.flags..starts.image];
    let image = ImageRef::parse(&words[starts.image]);
    let Some(server) = case.catalog.server_for_image(&image) else {
        return;
    };
    if flags.iter().any(|flag| flag.starts_with("--entrypoint")) {
        return;
    }
    let env = |name: &str| match starts.more_env || starts.passes(name) {
        true => EnvLookup::Unknown,
        false => EnvLookup::Unset,
    };
    let launch = Launch {
        image: Some(&image),
        version: None,
        entrypoint: None,
        args: &words[starts.image + 1..],
        env: &env,
    };
    if let Some(finding) = without(server, &launch, container.name, &container.args_at) {
        findings.add(finding.hops(container.hop));
    }
}

/// A stdio server that a client starts as a program. It sees the client's own environment, of which nothing is known, so
/// that only a server that reads no variable certainly gets no URL.
fn as_program(case: &Case<'_>, findings: &mut Findings, found: Entry<'_>) {
    let entry = found.entry;
    let kind = entry.kind.as_ref().map(|kind| kind.value.as_str());
    let items = found
        .node(case, "args")
        .map_or(0, |node| node.items().len());
    let Some(command) = &entry.command else {
        return;
    };
    // With arguments of other types the client does not start it at all.
    if !matches!(kind, None | Some("stdio")) || items != entry.args.len() || items == 0 {
        return;
    }
    let args: Vec<String> = entry.args.iter().map(|arg| arg.value.clone()).collect();
    let Some(started) = case.catalog.server_for_command(&command.value, &args) else {
        return;
    };
    let env = |_: &str| EnvLookup::Unknown;
    let launch = Launch {
        image: None,
        version: started.version.as_ref(),
        entrypoint: None,
        args: &started.args,
        env: &env,
    };
    let name = &entry.name.value;
    if let Some(finding) = without(started.server, &launch, name, &entry.at.key("args")) {
        findings.add(finding.hops(found.hops()));
    }
}

/// A server that certainly gets no URL, and exits without one.
fn without(server: &Server, launch: &Launch<'_>, name: &str, args: &Pointer) -> Option<Finding> {
    let database = server.database.as_ref()?;
    if server.database_url(launch) != Some(DatabaseUrl::Missing)
        || database.without != WithoutDatabase::Exits
    {
        return None;
    }
    let message = format!(
        "{name} will exit: it gets no database URL; {} takes it {}",
        server.title,
        ways(database)
    );
    let mut finding = Finding::at(args, Part::Value, message)
        .says("no database URL here")
        .subject(name);
    let mut hazards = server.hazards.iter();
    if let Some(hazard) = hazards.find(|hazard| hazard.contains("database URL")) {
        finding = finding.evidence(Source::Catalog, hazard.clone());
    }
    const URL: &str = "SCHEME://USER:PASSWORD@HOST/DATABASE";
    let (title, text) = match database.env.first() {
        Some(variable) => (
            format!("give {name} the URL in {variable}"),
            format!("\"args\": [\"run\", \"-i\", \"-e\", \"{variable}\", …],\n\"env\": {{\"{variable}\": \"{URL}\"}}\n"),
        ),
        None => (
            format!("give {name} the URL as its last argument"),
            format!("\"args\": […, \"{URL}\"]\n"),
        ),
    };
    Some(finding.fix(Fix::manual(title, text)))
}

/// Whether a variable that the server reads its URL from is written, with a value that is not known here.
fn is_written(mcp: &McpService<'_>, database: &Database) -> bool {
    let known = |variable: &EnvVar| variable.value.as_ref().is_some_and(|value| value.known);
    database
        .env
        .iter()
        .chain(&database.alternatives)
        .filter_map(|name| mcp.service.variable(name))
        .any(|variable| !known(variable))
}

/// An env file that was not read says more than the variable that it may hold.
fn because(mcp: &McpService<'_>, reason: String) -> String {
    match mcp.service.env_files.iter().find(|file| !file.read) {
        Some(file) => format!("{} was not read", file.path),
        None => mcp.service.doubt().unwrap_or(reason),
    }
}

/// Variables that hold a database URL as it seems, which this server does not read.
fn in_vain<'a>(mcp: &McpService<'a>) -> Vec<&'a EnvVar> {
    let mut found: Vec<&EnvVar> = Vec::new();
    for variable in &mcp.service.environment {
        let unread = matches!(
            mcp.server.env_use(&variable.name),
            EnvUse::NeverRead | EnvUse::NotInWholeList
        );
        let value = variable.value.as_ref();
        let is_url = value.is_some_and(|value| value.text.contains("://"))
            || ["DATABASE_URL", "DATABASE_URI"].contains(&variable.name.as_str());
        if unread && is_url && !found.iter().any(|have| have.name == variable.name) {
            found.push(variable);
        }
    }
    found
}

fn finding(
    case: &Case<'_>,
    mcp: &McpService<'_>,
    database: &Database,
    emptied: Option<&str>,
) -> Finding {
    let name = mcp.name();
    let image = mcp.image();
    let service = mcp.service;
    let in_vain = in_vain(mcp);
    let names: Vec<&str> = in_vain
        .iter()
        .map(|variable| variable.name.as_str())
        .collect();
    let ways = ways(database);
    let message = match emptied {
        Some(variable) => format!(
            "{name} will exit: {variable} is empty, and {image} takes its database URL {ways}"
        ),
        None if names.is_empty() => {
            format!("{name} will exit: it gets no database URL; {image} takes it {ways}")
        }
        None => format!(
            "{name} will exit: {image} takes its database URL {ways} and never reads {}",
            listed(&names, 2)
        ),
    };
    let (at, part) = match (&service.command, &service.image) {
        (Some(command), _) => (&command.at, Part::Value),
        (None, Some(image)) => (&image.at, Part::Value),
        (None, None) => (&service.at, Part::Key),
    };
    let said = match &service.command {
        Some(_) => "no database URL here",
        None => "no `command`, so no database URL",
    };
    let emptied = emptied.and_then(|variable| service.variable(variable));
    let mut finding = match emptied {
        Some(variable) => {
            Finding::at(&variable.at, naming_part(&variable.at), message).says("empty")
        }
        None => Finding::at(at, part, message).says(if database.argument {
            said
        } else {
            "no database URL"
        }),
    };
    finding = finding.subject(name);
    for variable in &in_vain {
        finding = finding.also(
            &variable.at,
            naming_part(&variable.at),
            "not read by this image",
        );
    }
    let without = mcp
        .server
        .hazards
        .iter()
        .find(|hazard| hazard.contains("database URL"));
    if let Some(hazard) = without {
        finding = finding.evidence(Source::Catalog, hazard.clone());
    }
    finding.fix(fix(case, mcp, database, &names))
}

/// How a server takes the URL: "from DATABASE_URI or `--dsn`", "only as its first argument".
fn ways(database: &Database) -> String {
    let flags = database.args.iter().map(|flag| format!("`{flag}`"));
    let mut ways: Vec<String> = database.env.iter().cloned().chain(flags).collect();
    if ways.is_empty() {
        return "only as its first argument".to_owned();
    }
    if database.argument {
        ways.push("its first argument".to_owned());
    }
    format!("from {}", ways.join(" or "))
}

/// A reference to a variable where an argument is the only way; else the line to write, with a placeholder. A URL
/// holds a password, and is never written into a file.
fn fix(case: &Case<'_>, mcp: &McpService<'_>, database: &Database, in_vain: &[&str]) -> Fix {
    let name = mcp.name();
    if let Some(variable) = database.env.first() {
        return Fix::manual(
            format!("give {name} the URL, in an env file that is not committed"),
            format!("{variable}=postgresql://USER:PASSWORD@HOST:5432/DATABASE"),
        );
    }
    let variable = in_vain.first().copied().unwrap_or("DATABASE_URI");
    let reference = format!("${{{variable}}}");
    match repair::add_arguments(
        case.stack,
        mcp.service,
        mcp.server,
        &mcp.behind.image,
        std::slice::from_ref(&reference),
    ) {
        Some(changes) => {
            let title = format!(
                "give {name} the URL as its argument; Compose takes {variable} from the shell or .env"
            );
            let mut fix = Fix::new(Safety::Unsafe, title);
            fix.changes = changes;
            fix.then(repair::compose(case.stack, mcp.id, "up -d"))
        }
        None => Fix::manual(
            format!("give {name} the URL as its first argument"),
            format!("command: [\"{reference}\"]"),
        ),
    }
}
