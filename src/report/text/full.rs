//! A finding in full: its snippets with both sides labelled, what supports it, and the lines to write instead.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use owo_colors::Style;
use textwrap::core::display_width;

use super::super::{count, spot};
use super::{Detail, Writer};
use crate::change::{Fix, NewFile};
use crate::check::{Label, Severity, Source as EvidenceFrom};
use crate::fix::{self, Edit};
use crate::source::Source;
use crate::term::clean;
use crate::verdict::Judged;

/// Places of one kind that a snippet shows, and changes of one repair, unless everything is asked for.
const PLACES: usize = 5;

/// Columns that a snippet has before its text, at most.
const GUTTER: usize = 6;

/// Lines of further places that are named.
const LINES: usize = 8;

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
        let Snippets {
            text,
            beneath,
            more,
        } = self.snippets(judged);
        if let Some(text) = text {
            let _ = writeln!(out, "{text}");
        }
        for text in beneath {
            let text = self.screen.wrap(&text, "  · ", "    ");
            let _ = writeln!(out, "{text}");
        }
        if !more.is_empty() {
            let text = self.screen.wrap(&self.more(more), "  · ", "    ");
            let _ = writeln!(out, "{}", self.screen.dim(&text));
        }
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
        if self.detail == Detail::Verbose {
            for rejected in &finding.rejected {
                let text = format!(
                    "not by {}: {}",
                    rejected.way.title(),
                    self.safe(&rejected.why)
                );
                let text = self.screen.wrap(&text, "  · ", "    ");
                let _ = writeln!(out, "{}", self.screen.dim(&text));
            }
        }
        out.push('\n');
    }

    /// The places of a finding in its files.
    pub(in crate::report) fn snippets<'b>(&self, judged: &'b Judged) -> Snippets<'b> {
        let level = match judged.finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_level(level);
        let mut in_files = false;
        let (shown, more) = self.places(judged);
        let files = self.by_source(shown);
        let several = files.len() > 1;
        let mut beneath: Vec<String> = Vec::new();
        for (source, labels) in files {
            let spots: Vec<Range<usize>> = labels
                .iter()
                .filter_map(|(_, label)| spot(self.examination, label))
                .map(|spot| first_line(source, spot.range))
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
                let text = self.safe(&label.text);
                let end = source.position(range.end);
                let room = GUTTER + end.column as usize + display_width(&text);
                if room <= self.screen.width && !text.is_empty() {
                    annotation = annotation.label(text);
                } else if !text.is_empty() {
                    beneath.push(match several {
                        true => format!("{}:{}: {text}", self.name(source), end.line),
                        false => format!("line {}: {text}", end.line),
                    });
                }
                snippet = snippet.annotation(annotation);
            }
            group = group.element(snippet);
            in_files = true;
        }
        let renderer = if self.screen.colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Unicode)
        .term_width(self.screen.width);
        Snippets {
            text: in_files.then(|| renderer.render(&[group])),
            beneath,
            more,
        }
    }

    /// What to write instead: lines where they are known, words where a person has to decide.
    fn repair(&self, out: &mut String, fix: &Fix) {
        let screen = self.screen;
        let title = screen.wrap(&self.safe(&fix.title), "  → ", "    ");
        let _ = writeln!(out, "{}", screen.green(&title));
        match self.repairs.lines(fix) {
            Ok(lines) => {
                let mut left = match self.detail {
                    Detail::Verbose => usize::MAX,
                    Detail::Usual | Detail::Quiet => PLACES,
                };
                let mut held = 0;
                for (id, after) in &lines.after {
                    let source = self.examination.stack.source(*id);
                    held += self.lines(out, source, &lines.edits, after, &mut left);
                }
                for file in &lines.new {
                    self.new_file(out, file);
                }
                if held > 0 {
                    let text =
                        format!("    and {} (-v shows them all)", count(held, "more change"));
                    let _ = writeln!(out, "{}", screen.dim(&text));
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
            let _ = writeln!(out, "{}", screen.step(&self.safe(line)));
        }
        let alone = fix.changes.is_empty() && fix.files.is_empty() && fix.text.is_none();
        let run = if alone { "run" } else { "then run" };
        for command in &fix.then {
            let _ = writeln!(out, "    {} {}", screen.dim(run), self.safe(command));
        }
        if self.detail == Detail::Verbose {
            for remark in &fix.remarks {
                let remark = screen.wrap(&self.safe(remark), "    ", "    ");
                let _ = writeln!(out, "{}", screen.dim(&remark));
            }
        }
    }

    /// A file that is not there yet: all its lines come.
    fn new_file(&self, out: &mut String, file: &NewFile) {
        let head = format!("{} (new file)", self.file(&file.name));
        let _ = writeln!(out, "    {}", self.screen.dim(&head));
        for (number, line) in (1..).zip(file.text.lines()) {
            let line = format!("  {number:>5} + {}", clean(line));
            let _ = writeln!(out, "{}", self.screen.green(line.trim_end()));
        }
    }

    /// The lines of one file that go, and those that come; both from texts whose secrets are masked. Shows as many
    /// changes as are left, and returns how many it does not show.
    fn lines(
        &self,
        out: &mut String,
        source: &Source,
        edits: &[Edit],
        after: &str,
        left: &mut usize,
    ) -> usize {
        let hunks = hunks(source, edits, self.texts.get(source), after);
        let held = hunks.len().saturating_sub(*left);
        if held == hunks.len() {
            return held;
        }
        let shown = hunks.len() - held;
        *left -= shown;
        let _ = writeln!(out, "    {}", self.screen.dim(&self.name(source)));
        for hunk in hunks.iter().take(shown) {
            for (number, line) in (hunk.line..).zip(&hunk.gone) {
                let line = format!("  {number:>5} - {line}");
                let line = self.screen.paint(line.trim_end(), Style::new().red());
                let _ = writeln!(out, "{line}");
            }
            for (number, line) in (hunk.line..).zip(&hunk.come) {
                let line = format!("  {number:>5} + {line}");
                let _ = writeln!(out, "{}", self.screen.green(line.trim_end()));
            }
        }
        held
    }

    /// The labels of a finding that its snippets show, with their numbers, and those that they do not. Of labels that
    /// say the same the first few are enough; what only one says is never left out.
    fn places<'b>(&self, judged: &'b Judged) -> (Vec<(usize, &'b Label)>, Vec<&'b Label>) {
        let labels = judged.finding.labels.iter().enumerate();
        if self.detail == Detail::Verbose {
            return (labels.collect(), Vec::new());
        }
        let mut times: HashMap<&str, usize> = HashMap::new();
        let (mut shown, mut more) = (Vec::new(), Vec::new());
        for (number, label) in labels {
            let times = times.entry(kind(&label.text)).or_default();
            *times += 1;
            match *times > PLACES {
                true => more.push(label),
                false => shown.push((number, label)),
            }
        }
        (shown, more)
    }

    /// `and 13 more: lines 85, 95, 101, … (-v shows them all)`
    fn more(&self, labels: Vec<&Label>) -> String {
        let places = labels.len();
        let labels = labels.into_iter().enumerate().collect();
        let files = self.by_source(labels);
        let named = files.len() > 1;
        let files = files.into_iter().map(|(source, labels)| {
            let lines = labels
                .iter()
                .filter_map(|(_, label)| Some(spot(self.examination, label)?.start.line));
            let lines: BTreeSet<u32> = lines.collect();
            let word = if lines.len() == 1 { "line" } else { "lines" };
            let mut shown: Vec<String> = lines.iter().take(LINES).map(u32::to_string).collect();
            if lines.len() > LINES {
                shown.push("…".to_owned());
            }
            let own = match named {
                true => format!("{} ", self.name(source)),
                false => String::new(),
            };
            format!("{own}{word} {}", shown.join(", "))
        });
        let files: Vec<String> = files.collect();
        format!(
            "and {places} more: {} (-v shows them all)",
            files.join("; ")
        )
    }

    /// Labels by file, in the order of their numbers; whether a label is the finding's own place.
    fn by_source<'b>(
        &'b self,
        labels: Vec<(usize, &'b Label)>,
    ) -> Vec<(&'b Source, Vec<(bool, &'b Label)>)> {
        let mut files: Vec<(&Source, Vec<(bool, &Label)>)> = Vec::new();
        for (at, label) in labels {
            let Some(source) = label.at.source() else {
                continue;
            };
            let source = self.examination.stack.source(source);
            match files.iter_mut().find(|(have, _)| have.id() == source.id()) {
                Some((_, labels)) => labels.push((at == 0, label)),
                None => files.push((source, vec![(at == 0, label)])),
            }
        }
        files
    }
}

/// Places of a finding.
pub(in crate::report) struct Snippets<'a> {
    /// Nothing where it has none in a file.
    pub text: Option<String>,
    /// What is said of them and has no room beside them.
    pub beneath: Vec<String>,
    /// Labels that are not shown.
    pub more: Vec<&'a Label>,
}

/// Lines of one place that go, and those that come.
pub(in crate::report) struct Hunk {
    /// The number of the first.
    pub line: usize,
    pub gone: Vec<String>,
    pub come: Vec<String>,
}

/// What edits do to the lines of a file, in its order: from its text before and after, secrets masked in both.
pub(in crate::report) fn hunks(
    source: &Source,
    edits: &[Edit],
    before: &str,
    after: &str,
) -> Vec<Hunk> {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let take = |lines: &[&str], from: usize, number: usize| -> Vec<String> {
        let lines = lines.iter().skip(from).take(number);
        lines.map(|line| clean(line)).collect()
    };
    let mut shift = 0isize;
    let suggestions = fix::suggestions(source, edits).into_iter();
    let hunks = suggestions.map(|suggestion| {
        let first = (suggestion.first_line as usize).saturating_sub(1);
        let (gone, come) = (suggestion.removed.len(), suggestion.added.len());
        let hunk = Hunk {
            line: first + 1,
            gone: take(&before, first, gone),
            come: take(&after, first.saturating_add_signed(shift), come),
        };
        shift += come as isize - gone as isize;
        hunk
    });
    hunks.collect()
}

/// What a label says before it names anything: of `taken literally: write X` the first two words.
fn kind(text: &str) -> &str {
    let end = text.find([':', ',', ';', '`', '(']);
    &text[..end.unwrap_or(text.len())]
}

/// The part of a range that stands on its first line: what an arrow can point at.
fn first_line(source: &Source, range: Range<usize>) -> Range<usize> {
    let written = source.text().get(range.clone()).unwrap_or_default();
    let length = written.find(['\n', '\r']).unwrap_or(written.len());
    range.start..range.start + length
}
