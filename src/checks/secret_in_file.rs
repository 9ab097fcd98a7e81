//! secret-in-file: a key, token or password that stands in a file where a reference would do.

use std::collections::HashMap;

use crate::catalog::client::{Known, of};
use crate::chain::HopId;
use crate::change::Fix;
use crate::check::reader::entries;
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::model::{Input, Kind, Spelling};
use crate::repair::variable::{default_of, variable};
use crate::secret::{self, Secret};
use crate::source::{Node, Part, Path, Pointer, Source, Step};

pub(super) static CHECK: Check = Check {
    id: "secret-in-file",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/secret-in-file.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let calls: HashMap<&Pointer, HopId> = entries(case)
        .filter_map(|found| Some((&found.entry.at, found.hop?.id)))
        .collect();
    for input in &case.stack.inputs {
        // An env file is where secrets belong.
        if input.kind == Kind::Env {
            continue;
        }
        let source = case.stack.source(input.source);
        let client = client_of(case, input);
        // Where a client fills in nothing, the value has to stand in its owner's file.
        let alone = client.is_some_and(|(page, _)| page.expands.references.is_empty());
        if alone && client.is_some_and(|(_, in_home)| in_home) {
            continue;
        }
        // A client may keep its state and its history beside its servers: those are its own affair.
        let only = client.and_then(|(page, _)| servers_only(case, input, page));
        let reader = Reader {
            kind: input.kind,
            page: client.map(|(page, _)| page),
        };
        for (key, node) in secret::values(source) {
            if only.is_some_and(|key| !is_of_servers(&node.path(), key)) {
                continue;
            }
            let text = node.scalar_text().unwrap_or_default();
            if let Some(secret) = secret::find(key.as_deref(), text) {
                let hop = call_of(&calls, node.pointer());
                let asks = hop.is_some_and(|hop| case.chain.hop(hop).gateway().is_some());
                let finding = finding(reader, source, key.as_deref(), node, &secret, asks);
                findings.add(finding.hops(hop));
            }
        }
    }
}

/// The client that a file is for, and whether it lies where one person has it.
fn client_of(case: &Case<'_>, input: &Input) -> Option<(&'static Known, bool)> {
    let file = case
        .stack
        .clients
        .iter()
        .find(|file| input.kind == Kind::Client && file.source == input.source)?;
    let page = of(file.client);
    let mut homes = page.files.iter().flat_map(|known| &known.home);
    Some((page, homes.any(|home| file.path.ends_with(home))))
}

/// The key of the servers, in a file in which a client keeps much else.
fn servers_only(case: &Case<'_>, input: &Input, page: &'static Known) -> Option<&'static str> {
    let mut files = case.stack.clients.iter();
    let file = files.find(|file| file.source == input.source)?;
    let known = page.file_at(&file.path)?;
    known.holds_state.then_some(page.servers_key.as_str())
}

/// Whether a path is in the servers of everywhere or of one project.
fn is_of_servers(path: &Path, servers: &str) -> bool {
    match path.steps() {
        [Step::Key(key), ..] if &**key == servers => true,
        [Step::Key(projects), Step::Key(_), Step::Key(key), ..] => {
            &**projects == "projects" && &**key == servers
        }
        _ => false,
    }
}

/// Who reads a file: what references look like there.
#[derive(Clone, Copy)]
struct Reader {
    kind: Kind,
    page: Option<&'static Known>,
}

/// The call of the client's entry that a node is part of.
fn call_of(calls: &HashMap<&Pointer, HopId>, mut at: Pointer) -> Option<HopId> {
    while !at.path.steps().is_empty() {
        if let Some(hop) = calls.get(&at) {
            return Some(*hop);
        }
        at = at.parent();
    }
    None
}


fn finding(
    reader: Reader,
    source: &Source,
    key: Option<&str>,
    node: Node<'_>,
    secret: &Secret,
    asks_gateway: bool,
) -> Finding {
    let text = node.scalar_text().unwrap_or_default();
    let before = before(text, secret);
    let variable = variable(&node, key, before, asks_gateway);
    let path = node.path();
    let stands = format!(
        "{} is in {}",
        secret.kind.title(),
        place_of(source, &path, text),
    );
    let reference = reference(reader, &variable);
    let is_default = reference.is_some() && default_of(before) == Some(&variable);
    let (message, fix) = match reference {
        Some(reference) if is_default && reader.kind != Kind::LiteLlm => (
            format!(
                "{stands}, as the default of {variable}: remove the default, and replace the old one where it was issued"
            ),
            Fix::manual(
                format!("remove the default of {variable}"),
                advice(reader.kind, source, &variable, &reference, secret.kind),
            ),
        ),
        Some(reference) => (
            format!("{stands}: write {reference} instead, and replace the old one where it was issued"),
            Fix::manual(
                format!("refer to the variable {variable}"),
                advice(reader.kind, source, &variable, &reference, secret.kind),
            ),
        ),
        None => (
            format!(
                "{stands}, and {} fills in no variables: keep the file out of version control, and replace the secret \
                 where it was issued",
                reader.page.map_or("its reader", |page| &page.title)
            ),
            Fix::manual(
                format!("take {variable} out of the file"),
                format!(
                    "1. write a placeholder here, and the value only into the file of the person who uses it\n\
                     2. issue a new {variable} and revoke the old one: whoever has read the file has it"
                ),
            ),
        ),
    };
    // Of a key that stands twice, only the last value has a path of its own.
    let own_path = source
        .node(&path)
        .is_some_and(|found| found.span() == node.span());
    let place = match own_path {
        true => Place::Node(node.pointer(), Part::Value),
        false => Place::Text(source.id(), node.span()),
    };
    Finding::in_place(place, message)
        .says(secret.kind.title())
        .subject(path.to_string())
        .fix(fix)
}

/// Where a secret stands, in words: in a variable or under a path, of an entry, a service or the file.
fn place_of(source: &Source, path: &Path, text: &str) -> String {
    const LISTS: &[&str] = &["mcpServers", "mcp_servers", "servers", "services"];
    let steps = path.steps();
    let list = steps
        .iter()
        .position(|step| matches!(step, Step::Key(key) if LISTS.contains(&&**key)));
    let entry = list.and_then(|at| match steps.get(at + 1)? {
        Step::Key(name) => Some((&**name, &steps[at + 2..])),
        Step::Index(_) => None,
    });
    let file = source.name();
    let file = file.rsplit('/').next().unwrap_or(file);
    let (of, rest) = entry
        .filter(|(_, rest)| !rest.is_empty())
        .unwrap_or((file, steps));
    let listed = text.split_once('=').map(|(name, _)| name);
    match (rest, listed) {
        ([Step::Key(key), Step::Index(_)], Some(name)) if &**key == "environment" => {
            format!("`{name}` of {of}")
        }
        ([Step::Key(key), Step::Key(name)], _) if &**key == "environment" => {
            format!("`{name}` of {of}")
        }
        ([], _) => of.to_owned(),
        _ => {
            let rest = rest.iter().fold(Path::root(), |path, step| match step {
                Step::Key(key) => path.key(key),
                Step::Index(index) => path.index(*index),
            });
            format!("`{rest}` of {of}")
        }
    }
}

/// How a reference to a variable is written; nothing where there is no such thing.
fn reference(reader: Reader, variable: &str) -> Option<String> {
    if let Some(page) = reader.page {
        return Some(match page.expands.references.first()? {
            Spelling::EnvBraces => format!("${{env:{variable}}}"),
            _ => format!("${{{variable}}}"),
        });
    }
    Some(match reader.kind {
        Kind::LiteLlm => format!("os.environ/{variable}"),
        _ => format!("${{{variable}}}"),
    })
}

/// What stands before a secret; before the whole url, if it is part of one.
fn before<'a>(text: &'a str, secret: &Secret) -> &'a str {
    let before = &text[..secret.range.start];
    match before.rfind("://") {
        Some(sign) if secret.kind == secret::Kind::UrlPassword => before[..sign]
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.')),
        _ => before,
    }
}

fn advice(
    kind: Kind,
    source: &Source,
    variable: &str,
    reference: &str,
    secret: secret::Kind,
) -> String {
    let replaced = match secret {
        secret::Kind::UrlPassword => "the whole url",
        _ => "the secret",
    };
    let place = match kind {
        Kind::LiteLlm if source.slot().is_some() => {
            "it has to be the whole value; set the variable in the gateway's container from a Secret (`secretKeyRef`)"
        }
        Kind::LiteLlm => {
            "it has to be the whole value; set the variable in the gateway's environment (`env_file`)"
        }
        Kind::Client => "set the variable in the shell that starts the client",
        _ => {
            "set the variable in the `.env` beside the compose file, and keep that out of version control"
        }
    };
    format!(
        "1. write {reference} in place of {replaced}: {place}\n\
         2. issue a new {variable} and revoke the old one: whoever has read the file has it"
    )
}
