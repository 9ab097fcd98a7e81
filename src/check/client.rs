//! The client that reads an entry, and what its version decides.

use super::reader::{Entry, claude_code_entries};
use super::{Case, Finding, Source};
use crate::catalog::{Version, VersionSet};
use crate::fact::{ClientView, Facts, Past};
use crate::model::{Client, Scope};

/// A client program, of the version that it says it has. What ran when a log was written may not be what runs now: logs
/// decide nothing here.
pub(crate) struct Program {
    title: &'static str,
    version: Option<Version>,
}

impl Program {
    /// The program as it was asked, where it was.
    pub fn of(facts: &Facts, client: Client) -> Program {
        let mut views = facts.clients.iter();
        match views.find(|view| view.client == client.id()) {
            Some(view) => Program::that_says(client, view),
            None => Program {
                title: client.title(),
                version: None,
            },
        }
    }

    /// The program that says this of itself.
    pub fn that_says(client: Client, view: &ClientView) -> Program {
        let version = view.version.as_deref().and_then(Version::parse);
        Program {
            title: client.title(),
            version: version.filter(|version| version.precision() > 1),
        }
    }

    /// With its version, if that is known: "Claude Code 2.1.330".
    pub fn name(&self) -> String {
        named(self.title, self.version.as_ref())
    }

    /// Whether its version is known.
    pub fn is_known(&self) -> bool {
        self.version.is_some()
    }

    /// What remains of these versions: everything or nothing where its own is known.
    pub fn narrow(&self, versions: &VersionSet) -> VersionSet {
        match &self.version {
            Some(version) => versions.seen_by(version),
            None => versions.clone(),
        }
    }

    /// In these versions, what is left of them: "Claude Code 2.1.330", "Claude Code before 2.1.136".
    pub fn among(&self, versions: &VersionSet) -> String {
        match versions.is_all() {
            true => self.name(),
            false => format!("{} {}", self.title, versions.describe()),
        }
    }
}

fn named(title: &str, version: Option<impl std::fmt::Display>) -> String {
    match version {
        Some(version) => format!("{title} {version}"),
        None => title.to_owned(),
    }
}

/// Whose log it is: "Claude Code 2.1.197's log of 2026-11-26 10:12 UTC".
pub(crate) fn log(past: &Past) -> String {
    let minutes = past.at.get(..16).unwrap_or(&past.at).replace('T', " ");
    let program = named(Client::ClaudeCode.title(), past.version.as_ref());
    format!("{program}'s log of {minutes} UTC")
}

/// An entry that is not as it should be: what the client makes of it, and of those that stand beside it.
pub(crate) struct Malformed<'a> {
    found: Entry<'a>,
    program: Program,
    /// The versions that drop all of them.
    drops_all: VersionSet,
}

impl<'a> Malformed<'a> {
    pub fn of(case: &Case<'_>, found: Entry<'a>) -> Malformed<'a> {
        let program = found.program(case);
        let drops_all = program.narrow(&found.page().malformed_drops_all);
        Malformed {
            found,
            program,
            drops_all,
        }
    }

    /// The client: "Claude Code 2.1.330".
    pub fn program(&self) -> String {
        self.program.name()
    }

    /// What it does: "skips the entry".
    pub fn then(&self) -> String {
        match self.drops_all.is_all() {
            true => self.drops(),
            false => "skips the entry".to_owned(),
        }
    }

    fn drops(&self) -> String {
        let whole = match self.found.entry.scope {
            Scope::Local(_) | Scope::User => "scope",
            _ => "file",
        };
        format!("silently drops every server of the {whole}")
    }

    /// The finding with every call that it breaks, and what other versions do.
    pub fn add_to(&self, case: &Case<'_>, finding: Finding) -> Finding {
        if self.drops_all.is_all() {
            let at = self.found.entry.at.parent();
            let lost = claude_code_entries(case).filter(|other| other.entry.at.parent() == at);
            return finding.hops(lost.flat_map(Entry::hops));
        }
        let finding = finding.hops(self.found.hops());
        if self.drops_all.is_empty() {
            return finding;
        }
        let text = format!(
            "{} {}; later releases skip only this entry",
            self.program.among(&self.drops_all),
            self.drops()
        );
        finding.evidence(Source::Catalog, text)
    }
}
