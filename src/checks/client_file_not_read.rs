//! client-file-not-read: servers in a file that the client never opens.

use serde_json::{Map, Value, json};

use crate::change::{Fix, Op, Safety};
use crate::check::reader::claude_code_entries;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::catalog::client::{NotRead, known};
use crate::model::{ClientEntry, ClientFile, ProjectFile};
use crate::repair::entry::{self, Entries};
use crate::repair::quoted_file;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "client-file-not-read",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-file-not-read.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (number, file) in case.stack.clients.iter().enumerate() {
        if file.is_read || file.entries.is_empty() {
            continue;
        }
        let not_read = known().not_read(&file.path);
        let hops = file
            .entries
            .iter()
            .enumerate()
            .filter_map(|(entry, _)| Some(case.chain.of_entry(number, entry)?.id));
        let at = Pointer::root(file.source).key(&known().servers_key);
        let finding = Finding::at(&at, Part::Key, message(file, not_read))
            .says(format!("{} does not look here", file.client.title()))
            .subject(&known().servers_key)
            .fix(repair(case, number, file, not_read));
        match severity(case, file) {
            Severity::Error => findings.add(finding.hops(hops)),
            lower => findings.add_as(lower, finding),
        }
    }
}

/// A file whose servers also stand where they are read breaks nothing.
fn severity(case: &Case<'_>, file: &ClientFile) -> Severity {
    let stands_elsewhere = |entry: &ClientEntry| {
        claude_code_entries(case).any(|other| other.file.is_read && other.entry.name.value == entry.name.value)
    };
    match file.entries.iter().all(stands_elsewhere) {
        true => Severity::Warning,
        false => Severity::Error,
    }
}

fn message(file: &ClientFile, not_read: Option<&NotRead>) -> String {
    let title = file.client.title();
    let does = match not_read {
        Some(NotRead { settings: true, .. }) => {
            format!("{title} reads this file, and passes over `mcpServers` in it")
        }
        _ => format!("no version of {title} reads this file"),
    };
    format!(
        "{does}: its servers are never connected; put them into {} with `claude mcp add-json`",
        places()
    )
}

/// The files that people should write, in words.
fn places() -> String {
    let names: Vec<String> = known()
        .files
        .iter()
        .filter(|file| file.machine.is_empty())
        .map(|file| match file.home.first() {
            Some(home) => format!("~/{}", home.display()),
            None => format!("a project's {}", file.name),
        })
        .collect();
    names.join(" or ")
}

fn repair(case: &Case<'_>, number: usize, file: &ClientFile, not_read: Option<&NotRead>) -> Fix {
    let mut servers = Vec::new();
    let mut variables = Vec::new();
    let source = case.stack.source(file.source);
    for (at, entry) in file.entries.iter().enumerate() {
        let Some(node) = source.node(&entry.at.path) else {
            continue;
        };
        let hop = case.chain.of_entry(number, at);
        let mut reader = Entries {
            asks_gateway: hop.is_some_and(|hop| hop.gateway().is_some()),
            variables: &mut variables,
        };
        let json = Value::Object(reader.entry(node));
        servers.push((entry.name.value.as_str(), json));
    }
    let name = case.stack.name(file.source);
    let (scope, dir) = scope(name, file, not_read);
    let file_itself_is_read = not_read.is_some_and(|not_read| not_read.settings);
    let to = file.instead.as_ref().filter(|_| scope == "project");
    let moved = to.and_then(|to| moved(case, file, to, &servers));
    let is_moved = moved.is_some();
    let mut fix = moved.unwrap_or_else(|| {
        Fix::new(Safety::Manual, "give the servers to the client itself")
    });
    fix.then.extend(entry::exports(&variables));
    if !is_moved {
        let commands = servers.iter();
        fix.then
            .extend(commands.map(|(server, json)| entry::add_json(server, json, scope, dir)));
    }
    let holds_more = source.root().own_entries().len() > 1;
    match (file_itself_is_read || holds_more, is_moved) {
        (false, _) => fix.then(format!("rm {}", quoted_file(name))),
        (true, true) => fix,
        (true, false) => {
            fix.text = Some(format!("afterwards remove `{}` from {name}", known().servers_key));
            fix
        }
    }
}

/// Moves the servers into the file of the project that the client reads. Nothing where that cannot be told: where the
/// file was not read, or has servers of these names.
fn moved(
    case: &Case<'_>,
    file: &ClientFile,
    to: &ProjectFile,
    servers: &[(&str, Value)],
) -> Option<Fix> {
    let key = &known().servers_key;
    let title = format!("move the servers to {}", to.name);
    let fix = Fix::new(Safety::Unsafe, title)
        .change(Pointer::root(file.source).key(key), Op::Remove);
    if !to.is_there {
        let entries = servers.iter().map(|(name, json)| ((*name).to_owned(), json.clone()));
        let entries: Map<String, Value> = entries.collect();
        let text = format!("{:#}\n", json!({ key: entries }));
        return Some(fix.file(&to.name, text));
    }
    let mut clients = case.stack.clients.iter();
    let there = clients.find(|have| have.path == to.path)?;
    let source = case.stack.source(there.source);
    let is_taken = |name: &str| there.entries.iter().any(|entry| entry.name.value == name);
    if !source.is_parsed() || servers.iter().any(|(name, _)| is_taken(name)) {
        return None;
    }
    let at = Pointer::root(there.source).key(key);
    Some(servers.iter().fold(fix, |fix, (name, json)| {
        fix.change(at.clone(), Op::Insert((*name).to_owned(), json.clone()))
    }))
}

/// Whom the servers of a file are for, and the directory in which that has to be said: a project's file is for
/// everybody who works there, unless it is named as one person's.
fn scope<'a>(
    name: &'a str,
    file: &ClientFile,
    not_read: Option<&NotRead>,
) -> (&'static str, Option<&'a str>) {
    let settings = not_read.is_some_and(|not_read| not_read.path.starts_with(".claude"));
    let dir = file.path.parent().and_then(std::path::Path::parent);
    let Some(dir) = dir.filter(|dir| settings && !is_home(dir)) else {
        return ("user", None);
    };
    let scope = match file.path.ends_with(".claude/settings.local.json") {
        true => "local",
        false => "project",
    };
    // What is shown without a directory is in the working directory.
    let shown = name
        .rsplit_once("/.claude/")
        .map(|(dir, _)| dir)
        .filter(|shown| dir.ends_with(shown.trim_start_matches("../")));
    (scope, shown)
}

/// Whether a directory is a person's by its place: `/home/ada`, `/root`, or one that is called `home`.
fn is_home(dir: &std::path::Path) -> bool {
    let is = |dir: Option<&std::path::Path>, names: &[&str]| {
        dir.and_then(std::path::Path::file_name)
            .is_some_and(|name| names.iter().any(|home| name == *home))
    };
    is(dir.parent(), &["home", "Users"]) || is(Some(dir), &["home", "root"])
}
