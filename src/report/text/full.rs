//! A finding in full: its snippets with both sides labelled, what supports it, and the lines to write instead.

use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use owo_colors::Style;

use super::super::spot;
use super::{Detail, Writer};
use crate::change::Fix;
use crate::check::{Label, Severity, Source as EvidenceFrom};
use crate::fix::{self, Edit};
use crate::source::Source;
use crate::term::clean;
use crate::verdict::Judged;

impl Writer<'_> {
    /// A finding with its snippets and the lines to write instead.
    pub(super) fn full(&self, out: &mut String, judged: &Judged) {
        let finding = &judged.finding;
        let _ = writeln!(out, "{}", self.head(finding));
        let _ = writeln!(
            out,
            "{}",
            self.screen
                .wrap(&self.safe(&self.message(judged)), "  ", "  ")
        );
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_level(level);
        for (source, labels) in self.by_source(judged) {
            let spots: Vec<Range<usize>> = labels
                .iter()
                .map(|(_, label)| first_line(source, spot(self.examination, label).range))
                .collect();
            let window = self.texts.window(source, &spots);
            let mut snippet = Snippet::source(window.text)
                .line_start(window.line)
                .path(self.name(source))
                .fold(true);
            for ((primary, label), range) in labels.iter().zip(&spots) {
                let kind = if *primary {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                let mut annotation = kind.span(window.range(range));
                if !label.text.is_empty() {
                    annotation = annotation.label(self.safe(&label.text));
                }
                snippet = snippet.annotation(annotation);
            }
            group = group.element(snippet);
        }
        let renderer = if self.screen.colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Unicode)
        .term_width(self.screen.width);
        let _ = writeln!(out, "{}", renderer.render(&[group]));
        for evidence in &finding.evidence {
            // What is covered says the same in other words: the full list is for those who ask for it.
            if evidence.from != EvidenceFrom::Finding || self.detail == Detail::Verbose {
                let text = self.screen.wrap(&self.safe(&evidence.text), "  · ", "    ");
                let _ = writeln!(out, "{}", self.screen.dim(&text));
            }
        }
        let shown = if self.detail == Detail::Verbose {
            usize::MAX
        } else {
            1
        };
        for fix in finding.fixes.iter().take(shown) {
            self.repair(out, fix);
        }
        out.push('\n');
    }

    /// What to write instead: lines where they are known, words where a person has to decide.
    fn repair(&self, out: &mut String, fix: &Fix) {
        let screen = self.screen;
        let title = screen.wrap(&self.safe(&fix.title), "  → ", "    ");
        let _ = writeln!(out, "{}", screen.green(&title));
        match self.repairs.lines(fix) {
            Ok(lines) => {
                for (id, after) in &lines.after {
                    self.lines(out, self.examination.stack.source(*id), &lines.edits, after);
                }
            }
            Err(withheld) => {
                if let Some(reason) = withheld.reason() {
                    let reason = format!("without its lines: {}", self.safe(reason));
                    let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&reason, "    ", "    ")));
                }
            }
        }
        for line in fix.text.iter().flat_map(|text| text.lines()) {
            let _ = writeln!(out, "      {}", self.safe(line));
        }
        for command in &fix.then {
            let _ = writeln!(out, "    {} {}", screen.dim("then run"), self.safe(command));
        }
    }

    /// The lines of one file that go, and those that come; both from texts whose secrets are masked.
    fn lines(&self, out: &mut String, source: &Source, edits: &[Edit], after: &str) {
        let _ = writeln!(out, "    {}", self.screen.dim(&self.name(source)));
        let before: Vec<&str> = self.texts.get(source).lines().collect();
        let after: Vec<&str> = after.lines().collect();
        let mut shift = 0isize;
        for suggestion in fix::suggestions(source, edits) {
            let first = suggestion.first_line as usize;
            let (gone, come) = (suggestion.removed.len(), suggestion.added.len());
            for number in first..first + gone {
                let line = before.get(number - 1).copied().unwrap_or_default();
                let line = format!("  {number:>5} - {}", clean(line));
                let line = self.screen.paint(line.trim_end(), Style::new().red());
                let _ = writeln!(out, "{line}");
            }
            for number in first..first + come {
                let line = number.saturating_add_signed(shift).checked_sub(1);
                let line = line
                    .and_then(|at| after.get(at))
                    .copied()
                    .unwrap_or_default();
                let line = format!("  {number:>5} + {}", clean(line));
                let _ = writeln!(out, "{}", self.screen.green(line.trim_end()));
            }
            shift += come as isize - gone as isize;
        }
    }
    /// The labels of a finding by file, the primary file first; whether a label is the finding's own place.
    fn by_source<'b>(&'b self, judged: &'b Judged) -> Vec<(&'b Source, Vec<(bool, &'b Label)>)> {
        let mut files: Vec<(&Source, Vec<(bool, &Label)>)> = Vec::new();
        for (at, label) in judged.finding.labels.iter().enumerate() {
            let source = self.examination.stack.source(label.at.source());
            match files.iter_mut().find(|(have, _)| have.id() == source.id()) {
                Some((_, labels)) => labels.push((at == 0, label)),
                None => files.push((source, vec![(at == 0, label)])),
            }
        }
        files
    }
}

/// The part of a range that stands on its first line: what an arrow can point at.
fn first_line(source: &Source, range: Range<usize>) -> Range<usize> {
    let written = source.text().get(range.clone()).unwrap_or_default();
    let length = written.find(['\n', '\r']).unwrap_or(written.len());
    range.start..range.start + length
}
