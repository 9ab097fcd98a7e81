//! client-scope-conflict: one name in several scopes, with different servers behind it.

use std::path::Path;

use crate::change::Fix;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::settings::{managed, project_of};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{ClientEntry, Scope};
use crate::repair::quoted;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "client-scope-conflict",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-scope-conflict.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    // Then none of these counts.
    if managed(case).is_some() {
        return;
    }
    let mut scoped: Vec<Scoped<'_>> = claude_code_entries(case).filter_map(Scoped::of).collect();
    scoped.sort_by(|a, b| a.name().cmp(b.name()));
    for same in scoped.chunk_by(|a, b| a.name() == b.name()) {
        for loser in same {
            let winners: Vec<&Scoped<'_>> = same
                .iter()
                .filter(|other| loser.yields_to(case, other))
                .collect();
            if !winners.is_empty() {
                findings.add(finding(case, loser, &winners));
            }
        }
    }
}

/// An entry and the directory that it is for: every one, for the user's own.
struct Scoped<'a> {
    found: Entry<'a>,
    dir: Option<&'a Path>,
}

impl<'a> Scoped<'a> {
    fn of(found: Entry<'a>) -> Option<Scoped<'a>> {
        let dir = match &found.entry.scope {
            Scope::User => None,
            Scope::Local(dir) => Some(Path::new(dir)),
            Scope::Project => Some(project_of(found.file)?),
            Scope::Managed | Scope::Plugin | Scope::NotRead => return None,
        };
        Some(Scoped { found, dir })
    }

    fn name(&self) -> &str {
        &self.found.entry.name.value
    }

    fn rank(&self) -> u8 {
        match self.found.entry.scope {
            Scope::Local(_) => 2,
            Scope::Project => 1,
            _ => 0,
        }
    }

    /// What `claude mcp remove` calls the scope.
    fn word(&self) -> &'static str {
        match self.found.entry.scope {
            Scope::Local(_) => "local",
            Scope::Project => "project",
            _ => "user",
        }
    }

    /// Whether the other one counts instead, and is another server.
    fn yields_to(&self, case: &Case<'_>, other: &Scoped<'_>) -> bool {
        let meet = match (self.dir, other.dir) {
            (None, Some(_)) => true,
            (Some(own), Some(dir)) => own == dir || case.stack.links.same(own, dir),
            (_, None) => false,
        };
        meet && self.rank() < other.rank()
            && endpoint(self.found.entry) != endpoint(other.found.entry)
    }
}

/// What an entry leads to. Settings beside it, such as headers, do not make it another server.
fn endpoint(entry: &ClientEntry) -> (Option<&str>, Option<&str>, Vec<&str>) {
    fn text(at: &crate::source::At<String>) -> &str {
        at.value.trim_end_matches('/')
    }
    (
        entry.url.as_ref().map(text),
        entry.command.as_ref().map(text),
        entry.args.iter().map(|arg| arg.value.as_str()).collect(),
    )
}

fn finding(case: &Case<'_>, loser: &Scoped<'_>, winners: &[&Scoped<'_>]) -> Finding {
    let name = loser.name();
    let title = loser.found.file.client.title();
    let words: Vec<&str> = ["local", "project"]
        .into_iter()
        .filter(|word| winners.iter().any(|winner| winner.word() == *word))
        .collect();
    let wins = words.first().unwrap_or(&"other");
    let approved = match *wins {
        "project" => ", once it is approved",
        _ => "",
    };
    let message = format!(
        "{name} is one server in the {} scope and another in the {} scope: where both apply, {title} uses the one of the \
         {wins} scope{approved}; remove or rename one of them",
        loser.word(),
        words.join(" and the "),
    );
    let mut finding = Finding::at(&loser.found.entry.name.at, Part::Key, message)
        .says("not used where the other one is")
        .subject(name);
    for winner in winners {
        let source = case.stack.name(winner.found.file.source);
        finding = finding.also(
            &winner.found.entry.name.at,
            Part::Key,
            format!("wins in {}", place(winner, source)),
        );
    }
    let scopes = std::iter::once(loser.word()).chain(words);
    let commands: Vec<String> = scopes
        .map(|scope| format!("claude mcp remove {} -s {scope}", quoted(name)))
        .collect();
    finding.fix(Fix::manual(
        "remove the one that you do not want",
        commands.join("\n# or\n"),
    ))
}

fn place(winner: &Scoped<'_>, source: &str) -> String {
    match (&winner.found.entry.scope, winner.dir) {
        (Scope::Local(dir), _) => dir.clone(),
        (_, Some(_)) => format!("the directory of {source}"),
        _ => source.to_owned(),
    }
}
