//! Workflow commands, which GitHub shows beside the lines of a change: `--format github`.

use std::fmt::Write;

use super::entry::{Entries, Entry};
use super::{all_counts, count};
use crate::Examination;
use crate::check::Severity;
use crate::term::clean;

/// Annotations of each kind that GitHub takes of one step. The others are lines of its log.
const SHOWN: usize = 10;

/// A command for each finding that counts, the most important first, and a line with the counts.
pub fn render(examination: &Examination) -> String {
    let mut out = String::new();
    for entry in Entries::of(examination).counted() {
        command(&mut out, &entry);
    }
    let diagnosis = &examination.diagnosis;
    let _ = writeln!(out, "mcpdoc: {}", all_counts(diagnosis));
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let more =
        severities.map(|severity| (diagnosis.count(severity).saturating_sub(SHOWN), severity));
    let more = more.iter().filter(|(more, _)| *more > 0);
    let more: Vec<String> = more
        .map(|(more, severity)| count(*more, severity.word()))
        .collect();
    if !more.is_empty() {
        let _ = writeln!(
            out,
            "mcpdoc: GitHub shows {SHOWN} annotations of a kind for a step; in this log alone: {}",
            more.join(", ")
        );
    }
    out
}

fn command(out: &mut String, entry: &Entry<'_>) {
    let finding = &entry.judged.finding;
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties: Vec<(&str, String)> = Vec::new();
    if let Some(home) = &entry.home {
        properties.push(("file", clean(home.source.name())));
        properties.push(("line", home.start.line.to_string()));
        properties.push(("endLine", home.end.line.to_string()));
        // Columns are those of one line.
        if home.start.line == home.end.line {
            properties.push(("col", home.start.column.to_string()));
            properties.push(("endColumn", home.end.column.to_string()));
        }
    }
    properties.push(("title", format!("mcpdoc: {}", finding.check)));
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| format!("{name}={}", property(value)))
        .collect();
    let mut lines = vec![entry.message.clone()];
    lines.extend(entry.sides());
    lines.extend(entry.repair.clone());
    let _ = writeln!(
        out,
        "::{word} {}::{}",
        properties.join(","),
        data(&lines.join("\n"))
    );
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_but_its_line() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%2C"), "a%3Ab%2Cc%252C");
    }
}
