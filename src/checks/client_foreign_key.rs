//! client-foreign-key: a key that means something to other clients and nothing to this one.

use crate::change::{Fix, Op, Safety};
use crate::check::client::Malformed;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::catalog::client::{ForeignKey, known};
use crate::repair::entry::type_for;
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "client-foreign-key",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-foreign-key.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    // Of a file that the client never opens that is all there is to say: client-file-not-read says it.
    for found in claude_code_entries(case).filter(|found| found.file.is_read) {
        let source = case.stack.source(found.file.source);
        let Some(entry) = source.node(&found.entry.at.path) else {
            continue;
        };
        for (key, value) in entry.entries() {
            let Some(foreign) = known().foreign_key(key) else {
                continue;
            };
            // `"disabled": false` says what is the case anyway.
            if value.as_bool() == Some(false) {
                continue;
            }
            let (severity, finding) = judge(case, found, entry, foreign, value);
            let finding = finding.subject(&found.entry.name.value);
            let finding = match severity {
                Severity::Error => Malformed::of(case, found).add_to(case, finding),
                _ => finding.hops(found.hops()),
            };
            findings.add_as(severity, finding);
        }
    }
}

fn judge(
    case: &Case<'_>,
    found: Entry<'_>,
    entry: Node<'_>,
    foreign: &ForeignKey,
    value: Node<'_>,
) -> (Severity, Finding) {
    let name = &found.entry.name.value;
    let title = found.file.client.title();
    let key = &foreign.name;
    let clients = foreign.clients.join(" and ");
    let at = found.entry.at.key(key);
    // An entry with a command needs neither a type nor a url.
    let missing = foreign
        .instead
        .as_ref()
        .filter(|instead| entry.get(instead).is_none() && entry.get("command").is_none());
    if let Some(instead) = missing {
        let malformed = Malformed::of(case, found);
        let message = format!(
            "{name} says `{key}`, a key of {clients}, where {} reads `{instead}` and {}; write `{instead}`",
            malformed.program(),
            malformed.then()
        );
        let finding =
            Finding::at(&at, Part::Key, message).says(format!("`{instead}` is the key of {title}"));
        return (
            Severity::Error,
            match repair(found, entry, instead, value) {
                Some(fix) => finding.fix(fix),
                None => finding,
            },
        );
    }
    let also = match (&foreign.instead, &foreign.note) {
        (Some(instead), _) if entry.get(instead).is_some() => {
            format!("`{instead}` is there as well and counts")
        }
        (None, Some(note)) => note.clone(),
        _ => "it has no effect".to_owned(),
    };
    let message =
        format!("{name} has `{key}`, a key of {clients} that {title} ignores: {also}; remove it");
    let finding = Finding::at(&at, Part::Key, message)
        .says("ignored")
        .fix(Fix::new(Safety::Unsafe, format!("remove `{key}`")).change(at, Op::Remove));
    (Severity::Warning, finding)
}

/// The key that was meant, and the type that an address needs; nothing where the value is of another shape.
fn repair(found: Entry<'_>, entry: Node<'_>, instead: &str, value: Node<'_>) -> Option<Fix> {
    let at = &found.entry.at;
    let key = value.key()?.scalar_text()?;
    match (instead, value.as_str()) {
        ("url", Some(url)) => {
            let title = format!("rename `{key}` to `url`");
            let fix =
                Fix::new(Safety::Unsafe, title).change(at.key(key), Op::Rename("url".to_owned()));
            Some(match entry.get("type") {
                Some(_) => fix,
                None => fix.change(
                    at.clone(),
                    Op::Insert("type".to_owned(), type_for(url).into()),
                ),
            })
        }
        ("type", Some(word)) => {
            let meant = known().meant(word)?;
            Some(
                Fix::new(Safety::Safe, format!("write `\"type\": \"{meant}\"`"))
                    .change(at.key(key), Op::Set(meant.into()))
                    .change(at.key(key), Op::Rename("type".to_owned())),
            )
        }
        // Cline's shape: a mapping of type and url.
        ("type", None) if value.is_map() => {
            let word = value.get("type")?.as_str()?;
            let fix = Fix::new(Safety::Unsafe, "move `type` and `url` out of `transport`")
                .change(at.key(key), Op::Remove)
                .change(
                    at.clone(),
                    Op::Insert("type".to_owned(), known().meant(word)?.into()),
                );
            Some(match value.get("url").and_then(Node::as_str) {
                Some(url) if entry.get("url").is_none() => {
                    fix.change(at.clone(), Op::Insert("url".to_owned(), url.into()))
                }
                _ => fix,
            })
        }
        _ => None,
    }
}
