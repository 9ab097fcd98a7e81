//! The end of a report: counts, what was read, what was not, and how to go on.

use std::fmt::Write;

use super::super::count;
use super::{Detail, Writer};
use crate::Examination;
use crate::check::Severity;

impl Writer<'_> {
    /// Counts, what was read, what was not, and how to go on.
    pub(super) fn summary(&self, out: &mut String, user: Option<&str>) {
        let screen = self.screen;
        let Examination {
            stack,
            diagnosis,
            chain,
        } = self.examination;
        if !diagnosis.findings.is_empty() {
            out.push('\n');
        }
        let errors = diagnosis.count(Severity::Error);
        let warnings = diagnosis.count(Severity::Warning);
        let notes = diagnosis.count(Severity::Note);
        let counts = format!(
            "{}, {}, {}",
            count(errors, "error"),
            count(warnings, "warning"),
            count(notes, "note")
        );
        let counts = match (errors, warnings) {
            (0, 0) => screen.green(&counts),
            (0, _) => screen.yellow(&counts),
            _ => screen.red(&counts),
        };
        let _ = writeln!(out, "{counts} in {}", count(stack.inputs.len(), "file"));
        let say = |out: &mut String, text: &str| {
            let text = self.safe(text);
            let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&text, "  ", "    ")));
        };
        if self.detail == Detail::Verbose {
            for input in &stack.inputs {
                say(
                    out,
                    &format!(
                        "read: {} ({}, {})",
                        stack.name(input.source),
                        input.kind.word(),
                        input.how.word()
                    ),
                );
            }
        }
        if let Some(user) = user {
            say(
                out,
                &format!("client files are those of {user}, who called sudo"),
            );
        }
        for (gateway, view) in stack.gateways.iter().zip(&chain.gateways) {
            let name = stack.name(gateway.root.source);
            match &view.version {
                crate::gateway::Known::Exact(version, from) => {
                    if self.detail == Detail::Verbose {
                        say(
                            out,
                            &format!(
                                "{name}: read as LiteLLM {version} does (from: {})",
                                from.word()
                            ),
                        );
                    }
                }
                crate::gateway::Known::Unknown(why) => say(
                    out,
                    &format!(
                        "{name}: the version of LiteLLM is not known ({why}); --litellm-version VERSION makes the verdicts sharper"
                    ),
                ),
            }
        }
        for missed in &stack.missed {
            say(out, &missed.line());
        }
        if !diagnosis.skipped.is_empty() {
            if self.detail == Detail::Verbose {
                for skipped in &diagnosis.skipped {
                    say(
                        out,
                        &format!("skipped {}: {}", skipped.check, skipped.reason),
                    );
                }
            } else {
                let mut names: Vec<&str> = diagnosis
                    .skipped
                    .iter()
                    .map(|skipped| skipped.check)
                    .collect();
                names.dedup();
                say(
                    out,
                    &format!("skipped in part: {} (-v says why)", names.join(", ")),
                );
            }
        }
        if let Some(first) = diagnosis.findings.first() {
            say(
                out,
                &format!(
                    "mcpdoc explain {} tells more; -v shows every place",
                    first.finding.check
                ),
            );
        }
    }
}
