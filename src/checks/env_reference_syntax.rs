//! env-reference-syntax: a reference to a variable that its reader takes literally.

use std::collections::{HashMap, HashSet};

use super::litellm_misplaced_setting;
use crate::chain::HopId;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::model::{Client, ClientFile, EnvLookup, Reference, Spelling};
use crate::source::{Node, Part, Pointer, Step};

pub(super) static CHECK: Check = Check {
    id: "env-reference-syntax",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-reference-syntax.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for gateway in 0..case.chain.gateways.len() {
        in_gateway(case, gateway, findings);
    }
    for (number, file) in case.stack.clients.iter().enumerate() {
        if file.client == Client::ClaudeCode
            && let Some(finding) = in_client(case, number, file)
        {
            findings.add(finding);
        }
    }
}

/// One place of a file.
struct Found {
    at: Pointer,
    /// As it is written.
    text: String,
    /// What becomes of it, and what to do.
    says: String,
}

/// All places of a file as one finding: one habit, one repair.
fn finding(found: &[Found], lead: String) -> Option<Finding> {
    let first = found.first()?;
    let mut finding = Finding::at(&first.at, Part::Value, lead).says(&first.says);
    for other in &found[1..] {
        finding = finding.also(&other.at, Part::Value, &other.says);
    }
    Some(finding)
}

/// "`${A}`", "`${A}` and `${B}`", "`${A}` and 3 others".
fn listed(found: &[Found]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for one in found {
        if !texts.contains(&one.text.as_str()) {
            texts.push(&one.text);
        }
    }
    match texts.as_slice() {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [one, two] => format!("`{one}` and `{two}`"),
        [one, rest @ ..] => format!("`{one}` and {} others", rest.len()),
    }
}

/// Folders whose files something else renders first: what Flux, Kustomize and Helm users call them.
const RENDERED: [&str; 4] = ["kubernetes", "clusters", "k8s", "flux"];

/// Whether something may fill in `${NAME}` before the gateway reads its file, as far as its path tells.
fn may_be_rendered(case: &Case<'_>, gateway: usize) -> bool {
    let path = &case.stack.gateways[gateway].path;
    let mut names = path.iter().filter_map(|name| name.to_str());
    case.chain.gateways[gateway].service().is_none()
        && names.any(|name| RENDERED.contains(&name) || name.ends_with(".extracted"))
}

fn in_gateway(case: &Case<'_>, gateway: usize, findings: &mut Findings) {
    let name = case.stack.name(case.stack.gateways[gateway].root.source);
    let program = case.program(gateway);
    let rendered = may_be_rendered(case, gateway);
    let Read {
        found: (note, found),
        alive,
        mut hops,
        fix,
    } = read(case, gateway, rendered);
    if let Some(finding) = finding(
        &note,
        format!(
            "{program} takes {} literally: if something such as Flux or envsubst replaces these before LiteLLM reads \
             the file, this is right",
            listed(&note)
        ),
    ) {
        findings.add_as(Severity::Note, finding.subject(name));
    }
    // What is never read is another check's.
    if !alive {
        return;
    }
    let in_list = |one: &Found| matches!(one.at.path.steps().last(), Some(Step::Index(_)));
    let lists = match found.iter().any(in_list) {
        true => " and not in a list",
        false => "",
    };
    let lead = format!(
        "{program} takes {} literally: it looks up os.environ/NAME only, at the start of a value{lists}",
        listed(&found)
    );
    hops.sort_unstable_by_key(|hop| hop.0);
    hops.dedup();
    if let Some(mut finding) = finding(&found, lead) {
        if !fix.changes.is_empty() {
            finding = finding.fix(fix);
        }
        findings.add(finding.subject(name).hops(hops));
    }
}

/// What a gateway's file has.
struct Read {
    /// What something else may fill in, and what nothing does.
    found: (Vec<Found>, Vec<Found>),
    /// Whether any of the latter is read, or was meant to be.
    alive: bool,
    hops: Vec<HopId>,
    fix: Fix,
}

fn read(case: &Case<'_>, gateway: usize, rendered: bool) -> Read {
    let view = &case.chain.gateways[gateway];
    let env = |name: &str| match view.service() {
        Some(service) => case.stack.service(service).env(name),
        None => EnvLookup::Unknown,
    };
    let unread: HashMap<&Pointer, &Ruling> = view
        .outcome
        .ignored
        .iter()
        .filter(|ruling| {
            ruling.versions.is_all()
                && matches!(
                    ruling.why,
                    Why::UnknownSection { .. }
                        | Why::MisplacedSetting { .. }
                        | Why::IgnoredSetting { .. }
                        | Why::UnknownKey { .. }
                )
        })
        .map(|ruling| (&ruling.at, ruling))
        .collect();
    let mut found = (Vec::new(), Vec::new());
    let mut alive = false;
    let mut hops: Vec<HopId> = Vec::new();
    let mut removed = HashSet::new();
    let mut fix = Fix::new(Safety::Safe, "write os.environ/NAME");
    for ruling in &view.outcome.ignored {
        let Why::Reference {
            text,
            problem,
            variable,
            write,
        } = &ruling.why
        else {
            continue;
        };
        let dead = ancestor_in(&ruling.at, &unread);
        let says = match (dead, write) {
            (Some(dead), _) => {
                let key = dead.at.path.last_key().unwrap_or_default();
                format!("taken literally, and `{key}` is never read there")
            }
            (None, Some(write)) => format!("taken literally: write `{write}`"),
            (None, None) => problem.clone(),
        };
        let one = Found {
            at: ruling.at.clone(),
            text: text.clone(),
            says,
        };
        if rendered && text.starts_with("${") {
            if dead.is_none() {
                found.0.push(one);
            }
            continue;
        }
        found.1.push(one);
        // What only stands in the wrong place was meant to be read.
        alive |= dead.is_none_or(|dead| matches!(dead.why, Why::MisplacedSetting { .. }));
        match (dead, write) {
            (Some(dead), _) => {
                if removed.insert(dead.at.clone()) {
                    fix.title = "write os.environ/NAME, and remove what is never read".to_owned();
                    let rid = rid(case, gateway, dead);
                    fix.safety = fix.safety.min(rid.safety);
                    fix.changes.extend(rid.changes);
                }
            }
            (None, write) => {
                hops.extend(broken(case, gateway, ruling.server, &ruling.at));
                if let Some(write) = write {
                    // Where the variable may be missing, the gateway may not start, or be open to everyone.
                    // LiteLLM has no defaults.
                    let known = matches!(env(variable), EnvLookup::Set(_));
                    if !known || text.contains(":-") {
                        fix.safety = fix.safety.min(Safety::Unsafe);
                    }
                    fix = fix.change(ruling.at.clone(), Op::Set(write.as_str().into()));
                }
            }
        }
    }
    Read {
        found,
        alive,
        hops,
        fix,
    }
}

/// How to be rid of what is never read: settings move to where they are read, everything else goes.
fn rid(case: &Case<'_>, gateway: usize, dead: &Ruling) -> Fix {
    litellm_misplaced_setting::repair(case, gateway, dead).unwrap_or_else(|| {
        let safety = match dead.why {
            Why::IgnoredSetting { .. } => Safety::Safe,
            _ => Safety::Unsafe,
        };
        Fix::new(safety, "remove what is never read").change(dead.at.clone(), Op::Remove)
    })
}

/// What is said of the nearest node above or at `at` that is never read.
fn ancestor_in<'a>(at: &Pointer, unread: &HashMap<&Pointer, &'a Ruling>) -> Option<&'a Ruling> {
    let mut node = at.clone();
    loop {
        if let Some(ruling) = unread.get(&node) {
            return Some(ruling);
        }
        if node.path.steps().is_empty() {
            return None;
        }
        node = node.parent();
    }
}

/// What cannot work with a literal there.
fn broken(case: &Case<'_>, gateway: usize, server: Option<usize>, at: &Pointer) -> Vec<HopId> {
    let prose = |step: &Step| {
        ["description", "instructions", "mcp_info"]
            .iter()
            .any(|key| *step == Step::Key((*key).into()))
    };
    match server {
        Some(_) if at.path.steps().iter().any(prose) => Vec::new(),
        Some(server) => case
            .chain
            .of_server(gateway, server)
            .map(|hop| hop.id)
            .into_iter()
            .collect(),
        None if at.path.last_key() == Some("master_key") => case.gateway_hops(gateway).collect(),
        None => Vec::new(),
    }
}

/// Claude Code fills in `${NAME}`, and nothing else.
fn in_client(case: &Case<'_>, number: usize, file: &ClientFile) -> Option<Finding> {
    let source = case.stack.source(file.source);
    let mut found = Vec::new();
    let mut hops = Vec::new();
    let mut fix = Fix::new(Safety::Safe, "write ${NAME}");
    for (index, entry) in file.entries.iter().enumerate() {
        let Some(node) = source.node(&entry.at.path) else {
            continue;
        };
        let before = found.len();
        for value in values(node) {
            let Some(text) = value.as_str() else { continue };
            let wrong: Vec<Reference> = Reference::find(text)
                .into_iter()
                .filter(|reference| reference.spelling != Spelling::Braces)
                .collect();
            let Some(first) = wrong.first() else { continue };
            let mut right = text.to_owned();
            for reference in wrong.iter().rev() {
                right.replace_range(reference.range.clone(), &format!("${{{}}}", reference.name));
            }
            found.push(Found {
                at: value.pointer(),
                text: text[first.range.clone()].to_owned(),
                says: format!("sent literally: write `${{{}}}`", first.name),
            });
            fix = fix.change(value.pointer(), Op::Set(right.into()));
        }
        if found.len() > before && file.is_read {
            hops.extend(case.chain.of_entry(number, index).map(|hop| hop.id));
        }
    }
    let lead = format!(
        "{} sends {} literally: it fills in `${{NAME}}` and `${{NAME:-default}}` only",
        file.client.title(),
        listed(&found)
    );
    let name = case.stack.name(file.source);
    Some(finding(&found, lead)?.subject(name).hops(hops).fix(fix))
}

/// The strings of an entry in which the client looks for variables. What a shell fills in is not its business.
fn values(entry: Node<'_>) -> Vec<Node<'_>> {
    const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];
    let command = entry.get("command");
    let shell = command
        .and_then(Node::as_str)
        .and_then(|command| command.rsplit('/').next())
        .is_some_and(|program| SHELLS.contains(&program));
    let mut values: Vec<Node<'_>> = entry.get("url").into_iter().chain(command).collect();
    if let Some(args) = entry.get("args").filter(|_| !shell) {
        values.extend(args.items());
    }
    for key in ["headers", "env"] {
        if let Some(map) = entry.get(key) {
            values.extend(map.entries().into_iter().map(|(_, value)| value));
        }
    }
    values
}
