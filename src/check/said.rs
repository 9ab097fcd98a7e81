//! What Claude Code says of its own entries, for the checks that hold it against what mcpdoc sees, and as evidence.

use std::path::Path;

use crate::chain::HopId;
use crate::check::client::{Program, log};
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::settings::project_of;
use crate::check::{Case, Evidence, Source};
use crate::fact::{ClientServer, ClientView, Past};
use crate::model::{Client, ClientEntry, Scope};

/// What Claude Code says of an entry.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    view: &'a ClientView,
    /// The server in its list.
    pub listed: Listed<'a>,
    /// How its last attempt to connect ended.
    pub past: Option<&'a Past>,
}

/// Whether it lists a server.
#[derive(Clone, Copy)]
pub(crate) enum Listed<'a> {
    /// It does.
    Yes(&'a ClientServer),
    /// It does not.
    No,
    /// It was not asked, before the file had the server, or lists another one of this name.
    Unknown,
}

impl<'a> Word<'a> {
    /// What it says of an entry, if it says anything.
    pub fn of(case: &Case<'a>, found: Entry<'a>) -> Option<Word<'a>> {
        if found.file.client != Client::ClaudeCode {
            return None;
        }
        let views = case.facts.clients.iter();
        let mut views = views.filter(|view| view.client == Client::ClaudeCode.id());
        let view = views.next()?;
        let entry = found.entry;
        let name = &entry.name.value;
        let listed = match view.servers.get() {
            None => Listed::Unknown,
            Some(servers) => match servers.iter().find(|server| server.name == *name) {
                None if view.declared.contains(name) => Listed::No,
                None => Listed::Unknown,
                Some(server) if is_about(server.target.as_deref(), entry) => {
                    match is_seen_from(case, found, Path::new(&view.dir)) {
                        true => Listed::Yes(server),
                        false => Listed::Unknown,
                    }
                }
                Some(_) => Listed::Unknown,
            },
        };
        let mut past = view.past.iter();
        let past = past.find(|past| {
            past.name == *name
                && is_about(past.target.as_deref(), entry)
                && is_seen_from(case, found, Path::new(&past.dir))
        });
        let said = !matches!(listed, Listed::Unknown) || past.is_some();
        said.then_some(Word { view, listed, past })
    }

    /// Its name, with its version: "Claude Code 2.1.330".
    pub fn program(self) -> String {
        Program::that_says(Client::ClaudeCode, self.view).name()
    }

    /// Whether the entry is one that it would list where it was asked.
    pub fn is_expected(self, case: &Case<'_>, found: Entry<'_>) -> bool {
        // Those are not shown by it (2.1.330).
        let is_socket = found
            .entry
            .kind
            .as_ref()
            .is_some_and(|kind| kind.value == "ws");
        found.is_own() && !is_socket && is_seen_from(case, found, Path::new(&self.view.dir))
    }

    /// What it says of the server in its list: "Claude Code 2.1.330 says: failed to connect: …".
    pub fn line(self) -> Option<String> {
        let Listed::Yes(server) = self.listed else {
            return None;
        };
        let said = with_reason(server.says.words(), server.reason.as_deref());
        Some(format!("{} says: {said}", self.program()))
    }

    fn evidence(self, name: &str) -> Option<String> {
        match (self.listed, self.past) {
            (Listed::Yes(server), _) => {
                let said = with_reason(server.says.words(), server.reason.as_deref());
                Some(format!("{} says of {name}: {said}", self.program()))
            }
            (Listed::No, _) => Some(format!("{} does not list {name}", self.program())),
            // What it said before counts where it says nothing now.
            (Listed::Unknown, Some(past)) => {
                Some(format!("{} says of {name}: {}", log(past), end(past)))
            }
            (Listed::Unknown, None) => None,
        }
    }
}

/// How an attempt ended: "failed to connect: …".
pub(crate) fn end(past: &Past) -> String {
    with_reason(past.says.words(), past.reason.as_deref())
}

pub(crate) fn with_reason(words: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{words}: {reason}"),
        None => words.to_owned(),
    }
}

/// What Claude Code says of each hop that it makes.
pub(crate) fn all(case: &Case<'_>) -> Vec<(HopId, Evidence)> {
    if case.facts.clients.is_empty() {
        return Vec::new();
    }
    let said = claude_code_entries(case).filter_map(|found| {
        let text = Word::of(case, found)?.evidence(&found.entry.name.value)?;
        let from = Source::Client;
        Some((found.hop?.id, Evidence { from, text }))
    });
    said.collect()
}

/// The same in a line each, of what it lists.
pub(crate) fn lines(case: &Case<'_>) -> Vec<(HopId, String)> {
    if case.facts.clients.is_empty() {
        return Vec::new();
    }
    let said = claude_code_entries(case);
    let said = said.filter_map(|found| Some((found.hop?.id, Word::of(case, found)?.line()?)));
    said.collect()
}

/// Whether what is said of this url or command is said of the entry. What is filled in first is not compared.
fn is_about(target: Option<&str>, entry: &ClientEntry) -> bool {
    let (Some(target), Some(url)) = (target, &entry.url) else {
        return true;
    };
    let bare = |url: &str| {
        let url = url.trim();
        let end = url.find(['?', '#']).unwrap_or(url.len());
        url[..end].trim_end_matches('/').to_ascii_lowercase()
    };
    url.value.contains("${") || bare(target) == bare(&url.value)
}

/// Whether Claude Code reads an entry where it is started in `dir`.
fn is_seen_from(case: &Case<'_>, found: Entry<'_>, dir: &Path) -> bool {
    let below = |own: &Path| {
        dir.ancestors()
            .any(|above| above == own || case.stack.links.same(above, own))
    };
    match &found.entry.scope {
        Scope::Managed | Scope::User => true,
        Scope::Local(own) => below(Path::new(own)),
        Scope::Project => project_of(found.file).is_some_and(below),
        Scope::Plugin | Scope::NotRead => false,
    }
}
