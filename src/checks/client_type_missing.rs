//! client-type-missing: an address without a `type`, which Claude Code takes for a broken command.

use crate::change::{Fix, Op, Safety};
use crate::check::client::Malformed;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::catalog::client::known;
use crate::repair::entry::type_for;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "client-type-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-foreign-key", "client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-type-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case) {
        if lacks_type(case, found) {
            findings.add(finding(case, found));
        }
    }
}

/// Whether an entry has an address and nothing that says how to talk to it.
pub(super) fn lacks_type(case: &Case<'_>, found: Entry<'_>) -> bool {
    found.entry.url.is_some() && found.entry.command.is_none() && found.node(case, "type").is_none()
}

fn finding(case: &Case<'_>, found: Entry<'_>) -> Finding {
    let entry = found.entry;
    let name = &entry.name.value;
    let title = found.file.client.title();
    let malformed = Malformed::of(case, found);
    let (program, then) = (malformed.program(), malformed.then());
    let finding = match written_otherwise(case, found) {
        Some((written, value)) => {
            let at = entry.at.key("transport");
            let message = format!(
                "{name} has `transport`, but {program} reads `type` and {then}; write `\"type\": \"{value}\"`"
            );
            let fix = if written == value {
                Fix::new(Safety::Safe, "rename `transport` to `type`")
            } else {
                let fix = Fix::new(Safety::Safe, format!("write `\"type\": \"{value}\"`"));
                fix.change(at.clone(), Op::Set(value.into()))
            };
            Finding::at(&at, Part::Key, message)
                .says(format!("not a key of {title}"))
                .fix(fix.change(at, Op::Rename("type".to_owned())))
        }
        None => {
            let value = type_for(entry.url.as_ref().map_or("", |url| &url.value));
            let message = format!(
                "{name} has a url but no `type`: {program} takes it for a stdio server without a command and \
                 {then}; add `\"type\": \"{value}\"`"
            );
            let at = entry.url.as_ref().map_or(&entry.at, |url| &url.at);
            let title = format!("add `\"type\": \"{value}\"`");
            let op = Op::Insert("type".to_owned(), value.into());
            Finding::at(at, Part::Entry, message)
                .says("needs a `type` beside it")
                .fix(Fix::new(Safety::Unsafe, title).change(entry.at.clone(), op))
        }
    };
    malformed.add_to(case, finding.subject(name))
}

/// What a `transport` key says, and the type that it stands for.
fn written_otherwise<'a>(case: &Case<'a>, found: Entry<'a>) -> Option<(&'a str, &'static str)> {
    let written = found.node(case, "transport")?.as_str()?;
    Some((written, known().meant(written)?))
}
