//! client-file-not-read: servers in a file that the client never opens.

use serde_json::{Map, Value};

use super::client_type_missing::type_for;
use super::secret_in_file::{asks_gateway, shout, variable};
use crate::change::Fix;
use crate::check::reader::claude_code_entries;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::catalog::client::{NotRead, known};
use crate::model::{ClientEntry, ClientFile};
use crate::repair::{quoted, quoted_file};
use crate::secret;
use crate::source::{Node, Part, Pointer, ScalarKind, Shape};

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
    let name = case.stack.name(file.source);
    let source = case.stack.source(file.source);
    let (scope, dir) = scope(name, file, not_read);
    let mut variables = Vec::new();
    let mut commands = Vec::new();
    for (at, entry) in file.entries.iter().enumerate() {
        let Some(node) = source.node(&entry.at.path) else {
            continue;
        };
        let hop = case.chain.of_entry(number, at);
        let mut reader = Reader {
            asks_gateway: hop.is_some_and(|hop| asks_gateway(case, hop.id)),
            variables: &mut variables,
        };
        let json = Value::Object(reader.entry(node));
        let command = format!(
            "claude mcp add-json {} {} -s {scope}",
            quoted(&entry.name.value),
            quoted(&json.to_string())
        );
        commands.push(match dir {
            Some(dir) => format!("(cd {} && {command})", quoted_file(dir)),
            None => command,
        });
    }
    let mut lines: Vec<String> = variables
        .iter()
        .map(|variable| format!("export {variable}=<the-key>   # and in the profile of your shell"))
        .collect();
    lines.extend(commands);
    lines.push(match not_read {
        Some(NotRead { settings: true, .. }) => {
            format!("# then remove `mcpServers` from {}", quoted(name))
        }
        _ => format!("rm {}", quoted_file(name)),
    });
    Fix::manual("give the servers to the client itself", lines.join("\n"))
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

/// Reads entries, secrets taken from variables.
struct Reader<'a> {
    asks_gateway: bool,
    variables: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// An entry as the client wants it: with a type, without keys that it does not have.
    fn entry(&mut self, entry: Node<'_>) -> Map<String, Value> {
        let mut out = Map::new();
        let url = entry.get("url").and_then(Node::as_str);
        let word = |key: &str| entry.get(key).and_then(Node::as_str);
        if let Some(url) = url.filter(|_| entry.get("command").is_none()) {
            let kind = ["type", "transport"]
                .into_iter()
                .find_map(|key| known().meant(word(key)?))
                .unwrap_or_else(|| type_for(url));
            out.insert("type".to_owned(), kind.into());
        }
        for (key, value) in entry.entries() {
            if key != "type" && known().key(key).is_some() {
                let json = match (key, value.shape()) {
                    ("env", Shape::Map) => value
                        .entries()
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), self.variable(name, value)))
                        .collect(),
                    _ => self.json(key, value),
                };
                out.insert(key.to_owned(), json);
            }
        }
        if let Some(Value::Object(headers)) = out.get_mut("headers") {
            headers.retain(|name, _| !name.eq_ignore_ascii_case("host"));
        }
        out
    }

    fn json(&mut self, key: &str, node: Node<'_>) -> Value {
        let text = node.scalar_text().unwrap_or_default();
        match node.shape() {
            Shape::Map => node
                .entries()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), self.json(key, value)))
                .collect(),
            Shape::Seq => {
                let mut flag = None;
                let mut items = Vec::new();
                for item in node.items() {
                    items.push(self.json(flag.unwrap_or(key), item));
                    flag = secret::flag(item);
                }
                Value::Array(items)
            }
            Shape::Scalar(ScalarKind::Null) => Value::Null,
            Shape::Scalar(ScalarKind::Bool(value)) => value.into(),
            Shape::Scalar(ScalarKind::Int | ScalarKind::Float) if !secret::is_telling(key) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            Shape::Scalar(_) => self.without_secrets(key, node, text).into(),
        }
    }

    /// A variable of a server: a reference, unless its value says that it is no secret.
    fn variable(&mut self, name: &str, node: Node<'_>) -> Value {
        let text = node.scalar_text().unwrap_or_default();
        match node.shape() {
            Shape::Scalar(_) if !secret::is_plain(name, text) => {
                self.reference(shout(name)).into()
            }
            Shape::Scalar(_) => text.into(),
            _ => self.json(name, node),
        }
    }

    /// A text with every secret replaced by a reference.
    fn without_secrets(&mut self, key: &str, node: Node<'_>, text: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        for span in secret::spans_to_replace(Some(key), text) {
            let variable = variable(&node, Some(key), &text[..span.start], self.asks_gateway);
            out.push_str(&text[at..span.start]);
            out.push_str(&self.reference(variable));
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    fn reference(&mut self, variable: String) -> String {
        let reference = format!("${{{variable}}}");
        if !self.variables.contains(&variable) {
            self.variables.push(variable);
        }
        reference
    }
}
