//! env-reference-syntax: a reference to a variable that its reader takes literally.

use std::collections::{HashMap, HashSet};

use super::litellm_misplaced_setting;
use crate::catalog::client::{Known, of};
use crate::chain::HopId;
use crate::change::{Fix, Op, Safety};
use crate::check::reader::is_client_template;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::model::{ClientFile, Marks, Reference, Spelling, Template};
use crate::repair::variable::shout;
use crate::source::{Node, Part, Pointer, Shape, Step};

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
        if let Some((severity, finding)) = in_client(case, number, file) {
            findings.add_as(severity, finding);
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

/// What fills in `${NAME}` before the gateway reads its file, if something seems to.
fn filled_in<'a>(case: &Case<'a>, gateway: usize) -> Option<&'a Template> {
    let mut templates = case.stack.gateways[gateway].templates.iter();
    templates.find(|template| template.marks == Marks::Variables)
}

fn in_gateway(case: &Case<'_>, gateway: usize, findings: &mut Findings) {
    let name = case
        .stack
        .known_as(case.stack.gateways[gateway].root.source);
    let program = case.program(gateway);
    let template = filled_in(case, gateway);
    let Read {
        found: (note, found),
        alive,
        mut hops,
        fix,
    } = read(case, gateway, template.is_some());
    let unless = match template.and_then(|template| template.by.as_ref()) {
        Some(by) => format!(", unless {by} replaces these before LiteLLM reads the file"),
        None => ": if something such as Flux or envsubst replaces these before LiteLLM reads the file, this is right"
            .to_owned(),
    };
    let lead = format!("{program} takes {} literally{unless}", listed(&note));
    if let Some(finding) = finding(&note, lead) {
        findings.add_as(Severity::Note, finding.subject(name.as_ref()));
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
        findings.add(finding.subject(name.as_ref()).hops(hops));
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
                    fix.remarks.extend(rid.remarks);
                }
            }
            (None, write) => {
                hops.extend(broken(case, gateway, ruling.server, &ruling.at));
                if let Some(write) = write {
                    // Where the variable may be missing, the gateway may not start, or be open to everyone.
                    // LiteLLM has no defaults.
                    let lacks = view.lacks_text(case.stack, variable);
                    if lacks.is_some() || text.contains(":-") {
                        fix.safety = fix.safety.min(Safety::Unsafe);
                    }
                    fix.remarks.extend(lacks);
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

/// What a client takes literally in its file.
fn in_client(case: &Case<'_>, number: usize, file: &ClientFile) -> Option<(Severity, Finding)> {
    let source = case.stack.source(file.source);
    let page = of(file.client);
    let mut found = Vec::new();
    let mut hops = Vec::new();
    let mut fix = Fix::new(Safety::Safe, format!("write {}", wanted(page)?));
    let mut asks_people = true;
    let is_template = is_client_template(case, file);
    for (index, entry) in file.entries.iter().enumerate() {
        let Some(node) = source.node(&entry.at.path) else {
            continue;
        };
        let before = found.len();
        for value in values(page, node) {
            let Some(text) = value.as_str() else { continue };
            let wrong: Vec<Wrong> = Reference::find(text)
                .into_iter()
                .filter(|reference| !(is_template && reference.spelling == Spelling::Moustache))
                .filter_map(|reference| Wrong::of(page, reference, text))
                .collect();
            let Some(first) = wrong.first() else { continue };
            let mut right = text.to_owned();
            for wrong in wrong.iter().rev() {
                if let Some(write) = &wrong.write {
                    right.replace_range(wrong.reference.range.clone(), write);
                }
                if !wrong.keeps_meaning {
                    fix.safety = fix.safety.min(Safety::Unsafe);
                }
                asks_people &= wrong.reference.spelling == Spelling::Input;
            }
            found.push(Found {
                at: value.pointer(),
                text: text[first.reference.range.clone()].to_owned(),
                says: first.says(page),
            });
            if right != text {
                fix = fix.change(value.pointer(), Op::Set(right.into()));
            }
        }
        if found.len() > before && file.is_read {
            hops.extend(case.chain.of_entry(number, index).map(|hop| hop.id));
        }
    }
    let title = file.client.title();
    let listed = listed(&found);
    let lead = match page.expands.references.as_slice() {
        [] => format!(
            "{title} hands {listed} on literally: it fills in nothing, so write the value itself"
        ),
        [Spelling::Braces] => format!(
            "{title} sends {listed} literally: it fills in `${{NAME}}` and `${{NAME:-default}}` only"
        ),
        _ => format!(
            "{title} hands {listed} on literally: it fills in `{}`",
            wanted(page)?
        ),
    };
    let name = case.stack.known_as(file.source);
    let mut finding = finding(&found, lead)?.subject(name.as_ref());
    if !fix.changes.is_empty() {
        finding = finding.fix(fix);
    }
    // Who declares what people are asked for writes for another client that reads the file, too.
    let for_others = asks_people && source.root().get("inputs").is_some();
    Some(match (page.tested.is_empty(), for_others) {
        (_, true) => (Severity::Note, finding),
        (true, _) => (Severity::Warning, finding),
        (false, _) => (Severity::Error, finding.hops(hops)),
    })
}

/// How a client wants references to variables; nothing to write where it fills in nothing.
fn wanted(page: &Known) -> Option<&'static str> {
    match page.expands.references.first() {
        Some(Spelling::Braces) => Some("${NAME}"),
        Some(Spelling::EnvBraces) => Some("${env:NAME}"),
        None => Some("the value"),
        Some(_) => None,
    }
}

/// A reference that a client takes literally.
struct Wrong {
    reference: Reference,
    /// What does what was meant.
    write: Option<String>,
    /// Whether that is certainly so.
    keeps_meaning: bool,
    /// Clients that fill it in, where that is the trouble.
    clients: Option<String>,
}

impl Wrong {
    fn of(page: &Known, reference: Reference, text: &str) -> Option<Wrong> {
        let expands = &page.expands;
        let name = &reference.name;
        let is_whole_name = text[reference.range.clone()] == format!("${{{name}}}");
        let foreign = expands.foreign.iter().find(|foreign| foreign.name == *name);
        if let Some(foreign) = foreign.filter(|_| is_whole_name) {
            return Some(Wrong {
                write: foreign.write.clone(),
                keeps_meaning: false,
                clients: Some(foreign.clients.join(" and ")),
                reference,
            });
        }
        if expands.references.contains(&reference.spelling) {
            return None;
        }
        // Of clients that were not run, only what looks like a variable of the environment is sure.
        let documented = page.tested.is_empty();
        let loud = !name.contains(|c: char| c.is_ascii_lowercase());
        if documented && (reference.spelling == Spelling::Input || !loud) {
            return None;
        }
        let (variable, same) = match reference.spelling {
            Spelling::Input => (shout(name), false),
            // A default is lost where the other spelling has none.
            Spelling::Braces => (name.clone(), is_whole_name),
            _ => (name.clone(), true),
        };
        let write = match expands.references.first() {
            Some(Spelling::Braces) => Some(format!("${{{variable}}}")),
            Some(Spelling::EnvBraces) => Some(format!("${{env:{variable}}}")),
            _ => None,
        };
        Some(Wrong {
            write,
            keeps_meaning: same && !documented,
            clients: None,
            reference,
        })
    }

    fn says(&self, page: &Known) -> String {
        let lead = match &self.clients {
            Some(clients) => format!("{clients} would fill it in"),
            None if page.tested.is_empty() => "handed on literally".to_owned(),
            None => "sent literally".to_owned(),
        };
        match &self.write {
            Some(write) => format!("{lead}: write `{write}`"),
            None => lead,
        }
    }
}

/// The strings of an entry in which the client looks for variables, or nobody does. What a shell fills in is not its
/// business.
fn values<'a>(page: &Known, entry: Node<'a>) -> Vec<Node<'a>> {
    const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];
    let command = entry.get("command");
    let shell = command
        .and_then(Node::as_str)
        .and_then(|command| command.rsplit('/').next())
        .is_some_and(|program| SHELLS.contains(&program));
    let mut values = Vec::new();
    for key in &page.expands.keys {
        let Some(value) = entry.get(key).filter(|_| !(shell && key == "args")) else {
            continue;
        };
        match value.shape() {
            Shape::Seq => values.extend(value.items()),
            Shape::Map => values.extend(value.entries().into_iter().map(|(_, value)| value)),
            Shape::Scalar(_) => values.push(value),
        }
    }
    values
}
