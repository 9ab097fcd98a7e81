//! client-type-invalid: a `type` that the client does not know, or that does not go with the rest of the entry.

use crate::catalog::VersionSet;
use crate::catalog::client::{Known, known};
use crate::change::{Fix, Op, Safety};
use crate::check::client::Malformed;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Transport;
use crate::repair::entry::type_for;
use crate::source::{At, Node, Part};

pub(super) static CHECK: Check = Check {
    id: "client-type-invalid",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-type-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case).filter(Entry::is_own) {
        let Some(said) = judge(case, found) else {
            continue;
        };
        let finding = said.finding.subject(&found.entry.name.value);
        let finding = match (said.malformed, said.severity) {
            (true, _) => Malformed::of(case, found).add_to(case, finding),
            (false, Severity::Error) => finding.hops(found.hops()),
            (false, _) => finding,
        };
        findings.add_in(said.severity, &said.versions, finding);
    }
}

struct Said {
    severity: Severity,
    /// Whether the client refuses the entry as it stands.
    malformed: bool,
    versions: VersionSet,
    finding: Finding,
}

impl Said {
    fn new(severity: Severity, finding: Finding) -> Option<Said> {
        Some(Said {
            severity,
            malformed: severity == Severity::Error,
            versions: VersionSet::all(),
            finding,
        })
    }
}

fn judge(case: &Case<'_>, found: Entry<'_>) -> Option<Said> {
    let entry = found.entry;
    let page = known();
    let Some(kind) = &entry.kind else {
        // A value of another shape is another check's.
        return found
            .node(case, "type")
            .is_none()
            .then(|| as_command(case, found))
            .flatten();
    };
    let Some(known) = page.kind(&kind.value) else {
        return Said::new(Severity::Error, unknown(case, found, page, kind));
    };
    // Not written by people.
    if known.internal {
        return None;
    }
    if known.transport == Some(Transport::Stdio) {
        return as_command(case, found);
    }
    if entry.url.is_none() {
        let foreign = |key: &crate::catalog::client::ForeignKey| {
            key.instead.as_deref() == Some("url") && found.node(case, &key.name).is_some()
        };
        let absent = found.node(case, "url").is_none();
        return (absent && !page.foreign_keys.iter().any(foreign))
            .then(|| Said::new(Severity::Error, without_url(case, found, kind)))
            .flatten();
    }
    if let Some(command) = &entry.command {
        let name = &entry.name.value;
        let message = format!(
            "{name} has a url and a `command`: with `\"type\": \"{}\"` Claude Code calls the url and ignores the \
             command; remove it",
            kind.value
        );
        let finding = Finding::at(&command.at, Part::Entry, message)
            .says("ignored")
            .also(&kind.at, Part::Entry, "decides for the url")
            .fix(
                Fix::new(Safety::Unsafe, "remove `command`")
                    .change(command.at.clone(), Op::Remove),
            );
        return Said::new(Severity::Warning, finding);
    }
    let program = found.program(case);
    let versions = program.narrow(&known.unknown_in);
    if versions.is_empty() {
        return None;
    }
    let malformed = versions.is_all();
    let then = match malformed {
        true => format!(" and therefore {}", Malformed::of(case, found).then()),
        false => String::new(),
    };
    let word = known.transport.map_or("http", Transport::word);
    let message = format!(
        "{} has `\"type\": \"{}\"`, which {} does not know{then}; write `\"type\": \"{word}\"`, which means the same in \
         every release",
        entry.name.value,
        kind.value,
        program.among(&versions)
    );
    let finding = Finding::at(&kind.at, Part::Value, message)
        .says(format!("`\"{word}\"` in every release"))
        .fix(set_type(kind, word, Safety::Safe));
    Some(Said {
        severity: Severity::Error,
        malformed,
        versions,
        finding,
    })
}

fn set_type(kind: &At<String>, word: &str, safety: Safety) -> Fix {
    Fix::new(safety, format!("write `\"type\": \"{word}\"`"))
        .change(kind.at.clone(), Op::Set(word.into()))
}

fn unknown(case: &Case<'_>, found: Entry<'_>, page: &Known, kind: &At<String>) -> Finding {
    let entry = found.entry;
    let title = found.file.client.title();
    let malformed = Malformed::of(case, found);
    let words: Vec<String> = page
        .types
        .iter()
        .filter(|known| known.transport.is_some() && known.unknown_in.is_empty())
        .map(|known| format!("`{}`", known.value))
        .collect();
    // What has no address is a command, whatever it is called.
    let meant = match (&entry.url, &entry.command) {
        (None, Some(_)) => Some("stdio"),
        _ => page.meant(&kind.value),
    };
    let advice = match meant {
        Some(word) => format!("write `\"type\": \"{word}\"`"),
        None => "write the one that the server speaks".to_owned(),
    };
    let message = format!(
        "{} has `\"type\": \"{}\"`, which {} does not know: it {}; {advice}",
        entry.name.value,
        kind.value,
        malformed.program(),
        malformed.then()
    );
    let finding = Finding::at(&kind.at, Part::Value, message)
        .says(format!("{title} knows {}", words.join(", ")));
    match meant {
        Some(word) => {
            let exact = page.meant(&kind.value) == Some(word);
            let safety = match exact {
                true => Safety::Safe,
                false => Safety::Unsafe,
            };
            finding.fix(set_type(kind, word, safety))
        }
        None => finding,
    }
}

fn without_url(case: &Case<'_>, found: Entry<'_>, kind: &At<String>) -> Finding {
    let entry = found.entry;
    let name = &entry.name.value;
    let malformed = Malformed::of(case, found);
    let (program, then) = (malformed.program(), malformed.then());
    match &entry.command {
        Some(command) => {
            let message = format!(
                "{name} has `\"type\": \"{}\"` and a `command`, but no url: {program} {then}; write \
                 `\"type\": \"stdio\"`",
                kind.value
            );
            Finding::at(&kind.at, Part::Value, message)
                .says("needs a url")
                .also(&command.at, Part::Entry, "a command is for stdio")
                .fix(set_type(kind, "stdio", Safety::Unsafe))
        }
        None => {
            let message = format!(
                "{name} has `\"type\": \"{}\"`, but no url: {program} {then}; add the url",
                kind.value
            );
            Finding::at(&kind.at, Part::Value, message)
                .says("needs a url")
                .fix(Fix::manual("add the url", "\"url\": \"http://…/mcp\""))
        }
    }
}

/// An entry that Claude Code reads as a command, because it says so or says nothing.
fn as_command(case: &Case<'_>, found: Entry<'_>) -> Option<Said> {
    let entry = found.entry;
    let name = &entry.name.value;
    let Some(command) = &entry.command else {
        if is_empty(case, found) {
            return Said::new(Severity::Error, without_anything(case, found));
        }
        // Without a type it is client-type-missing's.
        let (kind, url) = (entry.kind.as_ref()?, entry.url.as_ref()?);
        let word = type_for(&url.value);
        let malformed = Malformed::of(case, found);
        let message = format!(
            "{name} has `\"type\": \"{}\"` and a url, but no command: {} {}; write `\"type\": \"{word}\"`",
            kind.value,
            malformed.program(),
            malformed.then()
        );
        let finding = Finding::at(&kind.at, Part::Value, message)
            .says("needs a command")
            .also(&url.at, Part::Entry, "a url is for http and sse")
            .fix(set_type(kind, word, Safety::Unsafe));
        return Said::new(Severity::Error, finding);
    };
    let is_address = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        text.starts_with("http://") || text.starts_with("https://")
    };
    if is_address(&command.value) && entry.url.is_none() {
        let mut said = Said::new(Severity::Error, address_as_command(found, command))?;
        said.malformed = false;
        return Some(said);
    }
    let url = entry.url.as_ref()?;
    let message = format!(
        "{name} has a command and a url: Claude Code starts the command and ignores the url; remove the one that is \
         not meant"
    );
    let finding = Finding::at(&url.at, Part::Entry, message)
        .says("ignored")
        .also(&command.at, Part::Entry, "started")
        .fix(Fix::manual(
            "remove one of them",
            format!(
                "for the server at the url: \"type\": \"{}\" and no command; for the command: no url",
                type_for(&url.value)
            ),
        ));
    Said::new(Severity::Warning, finding)
}

/// Whether an entry says neither what to start nor what to call, not even as another client would say it.
fn is_empty(case: &Case<'_>, found: Entry<'_>) -> bool {
    let page = known();
    let foreign = page.foreign_keys.iter();
    let foreign = foreign.filter(|key| key.instead.is_some()).map(|key| &key.name);
    let own = page.keys.iter().filter(|key| key.required);
    let mut telling = own.map(|key| &key.name).chain(foreign);
    let source = case.stack.source(found.file.source);
    source.node(&found.entry.at.path).is_some_and(Node::is_map)
        && !telling.any(|key| found.node(case, key).is_some())
}

fn without_anything(case: &Case<'_>, found: Entry<'_>) -> Finding {
    let entry = found.entry;
    let malformed = Malformed::of(case, found);
    let message = format!(
        "{} has neither a command nor a url: {} {}; add one, or remove the entry",
        entry.name.value,
        malformed.program(),
        malformed.then()
    );
    Finding::at(&entry.name.at, Part::Key, message)
        .says("no command, no url")
        .fix(
            Fix::new(Safety::Unsafe, "remove the entry").change(entry.at.clone(), Op::Remove),
        )
}

/// What `claude mcp add NAME URL` writes without `--transport`.
fn address_as_command(found: Entry<'_>, command: &At<String>) -> Finding {
    let entry = found.entry;
    let word = type_for(&command.value);
    let message = format!(
        "{} has a url as its `command`: Claude Code tries to start a program of that name; write `\"type\": \"{word}\"` \
         and `url` (`claude mcp add` needs `--transport {word}` for an address)",
        entry.name.value
    );
    let mut fix = Fix::new(Safety::Unsafe, format!("call the address by {word}"))
        .change(command.at.clone(), Op::Rename("url".to_owned()));
    fix = match &entry.kind {
        Some(kind) => fix.change(kind.at.clone(), Op::Set(word.into())),
        None => fix.change(
            entry.at.clone(),
            Op::Insert("type".to_owned(), word.into()),
        ),
    };
    Finding::at(&command.at, Part::Value, message)
        .says("not a program")
        .fix(fix)
}
