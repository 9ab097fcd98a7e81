//! A Code Quality report, which GitLab shows in a merge request: `--format gitlab`.

use serde::Serialize;

use super::entry::{Entries, Entry};
use super::{ignored, json};
use crate::Examination;
use crate::check::Severity;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// The whole document, with a final newline: an issue for each finding that counts, and one with the number of those
/// that do not. GitLab has no other place for it, and shows it once: its fingerprint stays the same.
///
/// # Errors
/// When the document cannot be serialised; it always can.
pub fn render(examination: &Examination) -> serde_json::Result<String> {
    let mut issues: Vec<Issue<'_>> = Entries::of(examination).counted().map(issue).collect();
    if let Some(counted) = ignored(&examination.diagnosis.ignored) {
        let stack = &examination.stack;
        let mut files = stack.inputs.iter().map(|input| stack.source(input.source));
        issues.push(Issue {
            description: counted,
            check_name: "ignored",
            fingerprint: "mcpdoc-ignored",
            severity: "info",
            location: Location {
                path: files
                    .find(|source| source.container().is_none())
                    .map_or_else(String::new, |source| source.name().to_owned()),
                lines: Lines { begin: 1, end: 1 },
            },
        });
    }
    let mut text = serde_json::to_string_pretty(&issues)?;
    text.push('\n');
    Ok(json::escaped(text))
}

fn issue(entry: Entry<'_>) -> Issue<'_> {
    let mut description = vec![entry.message.clone()];
    description.extend(entry.sides());
    description.extend(entry.repair.clone());
    let home = entry.home.as_ref();
    Issue {
        description: description.join("; "),
        check_name: entry.judged.finding.check,
        fingerprint: &entry.judged.fingerprint,
        severity: match entry.judged.finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            Severity::Note => "info",
        },
        location: Location {
            path: home.map_or_else(|| entry.place(), |site| site.source.name().to_owned()),
            lines: Lines {
                begin: home.map_or(1, |site| site.start.line),
                end: home.map_or(1, |site| site.end.line),
            },
        },
    }
}
