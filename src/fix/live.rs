//! What a person runs in place of an edit of Claude Code's own state, which only it writes.

use serde_json::Value;

use super::session::{Left, Why};
use super::{Edit, Refused, apply, lower};
use crate::Examination;
use crate::catalog::client::known;
use crate::change::{Change, Fix, Op, Safety};
use crate::repair::entry::{self, Entries};
use crate::source::{Path, SourceId, Step};

/// The file of that state.
const STATE: &str = ".claude.json";

/// Whether a file is that state.
pub(super) fn is_state(now: &Examination, id: SourceId) -> bool {
    now.stack.name(id).rsplit('/').next() == Some(STATE)
}

/// Says of each entry once what to run, for all that was found of it.
pub(super) fn tell(now: &Examination, left: &mut [Left]) {
    let fix_of = |left: &Left| {
        let mut fixes = now.diagnosis.findings[left.finding].finding.fixes.iter();
        fixes.find(|fix| fix.is_written())
    };
    let mut told: Vec<(SourceId, Path)> = Vec::new();
    for at in 0..left.len() {
        if left[at].why != Why::Client(Vec::new()) {
            continue;
        }
        let Some(first) = fix_of(&left[at]).and_then(|fix| fix.changes.first()) else {
            continue;
        };
        let (source, path) = (first.at.source, first.at.path.clone());
        let Some(entry) = Entry::of(&path) else {
            left[at].why = Why::Refused(ALONE.to_owned());
            continue;
        };
        if told.contains(&(source, entry.path.clone())) {
            continue;
        }
        let mut all = Fix::new(Safety::Safe, "");
        for fix in left[at..].iter().filter_map(fix_of) {
            let same = |change: &&Change| {
                change.at.source == source
                    && Entry::of(&change.at.path).is_some_and(|other| other == entry)
            };
            for change in fix.changes.iter().filter(same) {
                if !all.changes.contains(change) {
                    all.changes.push(change.clone());
                }
            }
        }
        left[at].why = match commands(now, &all) {
            Some(commands) => Why::Client(commands),
            None => Why::Refused(ALONE.to_owned()),
        };
        told.push((source, entry.path));
    }
}

/// Why nothing is written.
const ALONE: &str = "this is live state of Claude Code, which only it writes: use `claude mcp`";

/// The commands that give Claude Code its entry as the fix would write it. Nothing where the fix does more than change
/// one entry.
fn commands(now: &Examination, fix: &Fix) -> Option<Vec<String>> {
    let first = fix.changes.first()?;
    let entry = Entry::of(&first.at.path)?;
    let one = |change: &Change| {
        change.at.source == first.at.source
            && Entry::of(&change.at.path).is_some_and(|other| other == entry)
    };
    if !fix.changes.iter().all(one) || !fix.files.is_empty() {
        return None;
    }
    let scope = match entry.dir {
        Some(_) => "local",
        None => "user",
    };
    let mut commands = vec![entry::remove(entry.name, scope, entry.dir)];
    let goes = |change: &Change| change.op == Op::Remove && change.at.path == entry.path;
    if !fix.changes.iter().any(goes) {
        let (name, json, variables) = written(now, fix, &entry).ok()??;
        commands.splice(0..0, entry::exports(&variables));
        commands.push(entry::add_json(&name, &json, scope, entry.dir));
    }
    Some(commands)
}

/// The entry after the fix: its name, what it is with references for secrets, and the variables that they name.
fn written(
    now: &Examination,
    fix: &Fix,
    entry: &Entry<'_>,
) -> Result<Option<(String, Value, Vec<String>)>, Refused> {
    let id = fix.changes[0].at.source;
    let source = now.stack.source(id);
    let edits: Vec<Edit> = lower(&|id| now.stack.source(id), fix)?;
    let after = source.with_text(apply(source.text(), &edits));
    let renamed = fix.changes.iter().find_map(|change| match &change.op {
        Op::Rename(to) if change.at.path == entry.path => Some(to.as_str()),
        _ => None,
    });
    let name = renamed.unwrap_or(entry.name).to_owned();
    let path = entry.path.parent().key(&name);
    let hop = now
        .chain
        .hops
        .iter()
        .find(|hop| hop.at.source == id && hop.at.path == entry.path);
    let mut variables = Vec::new();
    let Some(node) = after.node(&path) else {
        return Ok(None);
    };
    let json = Entries {
        asks_gateway: hop.is_some_and(|hop| hop.gateway().is_some()),
        variables: &mut variables,
    }
    .entry(node);
    Ok(Some((name, Value::Object(json), variables)))
}

/// Where an entry stands in the state.
#[derive(PartialEq)]
struct Entry<'a> {
    path: Path,
    name: &'a str,
    /// The directory for which it is declared; nothing for all.
    dir: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// The entry that a node belongs to: `mcpServers.NAME`, or `projects.DIR.mcpServers.NAME`.
    fn of(path: &'a Path) -> Option<Entry<'a>> {
        let key = |step: &'a Step| match step {
            Step::Key(key) => Some(&**key),
            Step::Index(_) => None,
        };
        let servers = known().servers_key.as_str();
        let steps = path.steps();
        let (length, name, dir) = match steps {
            [first, name, ..] if key(first) == Some(servers) => (2, key(name)?, None),
            [first, dir, third, name, ..]
                if key(first) == Some("projects") && key(third) == Some(servers) =>
            {
                (4, key(name)?, Some(key(dir)?))
            }
            _ => return None,
        };
        Some(Entry {
            path: steps[..length].to_vec().into(),
            name,
            dir,
        })
    }
}
