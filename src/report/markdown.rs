//! A comment for a pull request or a summary of a job, in Markdown as GitHub and GitLab have it: `--format markdown`.

mod inline;

use std::fmt::Write;

use indexmap::IndexMap;

use super::entry::{Entries, Entry};
use super::text::Writer;
use super::text::full::{Snippets, hunks};
use super::{Lines, broken_by, count, counts, ignored, read_as};
use crate::Examination;
use crate::change::{Fix, Safety};
use crate::check::{Severity, listed};
use crate::term::clean;
use crate::verdict::{Ignored, Verdict};
use inline::{In, block, code, words};

/// By which a bot finds its comment again, to write it anew.
const MARK: &str = "<!-- mcpdoc -->";

/// The bytes of a comment. GitHub takes 65,536 characters, and bots have something to add.
const MOST: usize = 65_000;

/// What of these is kept for the end: what was ignored, skipped and read.
const END: usize = 6_000;

/// Hops in the table. Of more the broken ones come first.
const HOPS: usize = 50;

/// Columns of a line of code, and lines of a block.
const COLUMNS: usize = 160;
const LINES: usize = 60;

/// Names in a sentence.
const NAMES: usize = 10;

/// The whole comment, with a final newline.
pub fn render(examination: &Examination) -> String {
    let page = Page {
        examination,
        entries: Entries::of(examination),
        writer: Writer::plain(examination),
    };
    let mut out = String::new();
    page.head(&mut out);
    page.chain(&mut out);
    page.findings(&mut out, MOST - END);
    page.ignored(&mut out, MOST - END / 2);
    page.skipped(&mut out);
    page.end(&mut out);
    out
}

struct Page<'a> {
    examination: &'a Examination,
    entries: Entries<'a>,
    writer: Writer<'a>,
}

impl Page<'_> {
    fn head(&self, out: &mut String) {
        let diagnosis = &self.examination.diagnosis;
        let ignored = ignored(&diagnosis.ignored).map_or(String::new(), |text| format!("; {text}"));
        let mark = match diagnosis.worst() {
            Some(Severity::Error) => "❌",
            Some(Severity::Warning) => "⚠️",
            Some(Severity::Note) | None => "✅",
        };
        let counts = counts(diagnosis);
        let _ = writeln!(out, "{MARK}\n### {mark} mcpdoc: {counts}{ignored}\n");
        let told = &self.examination.decided;
        if !told.is_empty() {
            let told = self.words(&told.join("; "), In::Paragraph);
            let _ = writeln!(out, "Settings of mcpdoc.toml: {told}\n");
        }
    }

    /// The hops as a table; the broken ones alone where there are too many.
    fn chain(&self, out: &mut String) {
        let Examination {
            chain, diagnosis, ..
        } = self.examination;
        if chain.hops.is_empty() {
            return;
        }
        let mut hops: Vec<_> = chain.hops.iter().zip(&diagnosis.hops).collect();
        if hops.len() > HOPS {
            hops.sort_by_key(|(_, verdict)| !matches!(verdict, Verdict::Broken(_)));
        }
        let _ = writeln!(out, "| call | | why |\n| --- | --- | --- |");
        for (hop, verdict) in hops.iter().take(HOPS) {
            let (word, why) = match verdict {
                Verdict::Works => ("✅ works", words(&self.writer.seen(hop), In::Cell)),
                Verdict::Broken(_) => {
                    let checks = broken_by(self.examination, hop.id);
                    let mut errors = diagnosis.errors[hop.id.0].iter();
                    let word = match errors.all(|id| diagnosis.is_ignored(*id)) {
                        true => "⚪ broken, ignored",
                        false => "❌ broken",
                    };
                    (word, words(&checks, In::Cell))
                }
                Verdict::Blocked { reason, .. } => ("⛔ blocked", self.words(reason, In::Cell)),
                Verdict::Unknown(reason) => ("❔ unknown", self.words(reason, In::Cell)),
            };
            let name = |text: &str| code(&self.entries.text(text), In::Cell);
            let (from, to) = (name(&hop.from), name(&hop.to));
            let _ = writeln!(out, "| {from} → {to} | {word} | {why} |");
        }
        if hops.len() > HOPS {
            let more = count(hops.len() - HOPS, "more call");
            let _ = writeln!(out, "\nand {more}, which `mcpdoc check` shows");
        }
        out.push('\n');
    }

    /// Findings by severity, as many as there is room for.
    fn findings(&self, out: &mut String, room: usize) {
        let mut left_out: IndexMap<Severity, usize> = IndexMap::new();
        let mut last = None;
        for judged in &self.examination.diagnosis.findings {
            let severity = judged.finding.severity;
            if left_out.is_empty() {
                let entry = self.entries.entry(judged);
                let number = self.examination.diagnosis.count(severity);
                // What does not break the chain is folded once more: a comment is read from its top.
                let folds = |severity: Severity| severity < Severity::Error;
                let head = match last == Some(severity) {
                    true => String::new(),
                    false => {
                        let close = match last.is_some_and(folds) {
                            true => "</details>\n\n",
                            false => "",
                        };
                        let number = count(number, severity.word());
                        match folds(severity) {
                            true => {
                                format!("{close}<details>\n<summary><b>{number}</b></summary>\n\n")
                            }
                            false => format!("{close}#### {number}\n\n"),
                        }
                    }
                };
                // One that finds no room may still have it without its snippet and repair.
                let texts = [self.finding(&entry), self.brief(&entry)];
                let mut fitting = texts.iter();
                let left = room.saturating_sub(out.len() + head.len());
                if let Some(text) = fitting.find(|text| text.len() <= left) {
                    last = Some(severity);
                    out.push_str(&head);
                    out.push_str(text);
                    continue;
                }
            }
            *left_out.entry(severity).or_default() += 1;
        }
        if last.is_some_and(|severity| severity < Severity::Error) {
            out.push_str("</details>\n\n");
        }
        if !left_out.is_empty() {
            let parts: Vec<String> = left_out
                .iter()
                .map(|(severity, number)| count(*number, severity.word()))
                .collect();
            let _ = writeln!(
                out,
                "**Left out, for a comment has no room for more: {}.** `mcpdoc check` shows them.\n",
                parts.join(", ")
            );
        }
    }

    /// A line that says all, and behind it the places, what supports it, and what to write instead.
    fn finding(&self, entry: &Entry<'_>) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<details>\n<summary>{}</summary>\n",
            self.line(entry, In::Html)
        );
        let judged = entry.judged;
        let Snippets {
            text,
            beneath,
            more,
        } = self.writer.snippets(judged);
        if let Some(snippets) = text {
            let _ = writeln!(out, "{}\n", block("text", &self.short(&snippets)));
        }
        let beyond: Vec<String> = match more.len() {
            0 => Vec::new(),
            places => vec![format!("and {}", count(places, "more place"))],
        };
        let endpoints = entry.others.iter().filter(|other| other.site.is_none());
        let endpoints: Vec<String> = endpoints.map(super::entry::Other::line).collect();
        let mut lines = beneath
            .iter()
            .chain(&beyond)
            .chain(&endpoints)
            .chain(&entry.evidence)
            .peekable();
        let has_lines = lines.peek().is_some();
        for text in lines {
            let _ = writeln!(out, "- {}", words(text, In::Paragraph));
        }
        if has_lines {
            out.push('\n');
        }
        if let Some(fix) = judged.finding.fixes.first() {
            self.repair(&mut out, fix);
        }
        out.push_str("</details>\n\n");
        out
    }

    /// The line alone.
    fn brief(&self, entry: &Entry<'_>) -> String {
        format!("- {}\n\n", self.line(entry, In::Paragraph))
    }

    /// `port-mismatch config.yaml:36:10: message`, as a renderer shows it.
    fn line(&self, entry: &Entry<'_>, place: In) -> String {
        let check = entry.judged.finding.check;
        let check = match place {
            In::Html => format!("<b>{check}</b>"),
            In::Paragraph | In::Cell => format!("**{check}**"),
        };
        let at = code(&entry.place(), place);
        format!("{check} {at}: {}", words(&entry.message, place))
    }

    fn repair(&self, out: &mut String, fix: &Fix) {
        let kind = match fix.safety {
            Safety::Safe => " (safe)",
            Safety::Unsafe => " (changes behaviour)",
            Safety::Manual => "",
        };
        let title = self.words(&fix.title, In::Paragraph);
        let _ = writeln!(out, "**Repair**{kind}: {title}\n");
        match self.writer.repairs().lines(fix) {
            Ok(lines) => {
                let _ = writeln!(out, "{}\n", block("diff", &self.short(&self.diff(&lines))));
            }
            Err(withheld) => {
                if let Some(reason) = withheld.reason() {
                    let _ = writeln!(
                        out,
                        "Without its lines: {}\n",
                        self.words(reason, In::Paragraph)
                    );
                }
            }
        }
        if let Some(text) = &fix.text {
            let text: Vec<String> = text.lines().map(|line| self.safe(line)).collect();
            let _ = writeln!(out, "{}\n", block("text", &self.short(&text.join("\n"))));
        }
        if !fix.then.is_empty() {
            let commands: Vec<String> = fix.then.iter().map(|line| self.safe(line)).collect();
            let alone = fix.changes.is_empty() && fix.files.is_empty() && fix.text.is_none();
            let run = if alone { "Run" } else { "Then run" };
            let _ = writeln!(out, "{run}\n\n{}\n", block("sh", &commands.join("\n")));
        }
    }

    /// Lines that go and come, file by file.
    fn diff(&self, lines: &Lines) -> String {
        let mut out = String::new();
        for (id, after) in &lines.after {
            let source = self.examination.stack.source(*id);
            for hunk in hunks(source, &lines.edits, self.writer.masked(source), after) {
                let _ = writeln!(out, "@@ {}:{} @@", clean(source.name()), hunk.line);
                for line in &hunk.gone {
                    let _ = writeln!(out, "-{line}");
                }
                for line in &hunk.come {
                    let _ = writeln!(out, "+{line}");
                }
            }
        }
        for file in &lines.new {
            let _ = writeln!(out, "@@ {} (new file) @@", clean(&file.name));
            for line in file.text.lines() {
                let _ = writeln!(out, "+{}", clean(line));
            }
        }
        out
    }

    /// What does not count, folded, as many as there is room for.
    fn ignored(&self, out: &mut String, room: usize) {
        let Some(counted) = ignored(&self.examination.diagnosis.ignored) else {
            return;
        };
        let _ = writeln!(out, "<details>\n<summary>{counted}</summary>\n");
        let mut left_out = 0;
        for (entry, one) in self.entries.ignored() {
            let line = self.ignored_line(&entry, one);
            match left_out == 0 && out.len() + line.len() <= room {
                true => out.push_str(&line),
                false => left_out += 1,
            }
        }
        if left_out > 0 {
            let _ = writeln!(out, "- and {left_out} more");
        }
        let _ = writeln!(out, "\n</details>\n");
    }

    fn ignored_line(&self, entry: &Entry<'_>, one: &Ignored) -> String {
        let reason = one
            .reason
            .as_deref()
            .map(|reason| self.words(reason, In::Paragraph));
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let line = self.line(entry, In::Paragraph);
        format!(
            "- {line} (ignored by {}{reason})\n",
            words(one.by.words(), In::Paragraph)
        )
    }

    /// What was not checked, folded; checks that lack the same say so together.
    fn skipped(&self, out: &mut String) {
        let skipped = &self.examination.diagnosis.skipped;
        if skipped.is_empty() {
            return;
        }
        let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for one in skipped {
            reasons.entry(&one.reason).or_default().push(one.check);
        }
        let _ = writeln!(
            out,
            "<details>\n<summary>{} skipped</summary>\n",
            count(skipped.len(), "check")
        );
        for (reason, checks) in reasons.iter().take(NAMES) {
            let reason = self.words(reason, In::Paragraph);
            let _ = writeln!(
                out,
                "- {reason}: {}",
                words(&listed(checks, NAMES), In::Paragraph)
            );
        }
        if reasons.len() > NAMES {
            let _ = writeln!(out, "- and {}", count(reasons.len() - NAMES, "more reason"));
        }
        let _ = writeln!(out, "\n</details>\n");
    }

    /// What was read, and as what.
    fn end(&self, out: &mut String) {
        let Examination { stack, chain, .. } = self.examination;
        let inputs = stack
            .inputs
            .iter()
            .map(|input| clean(stack.name(input.source)));
        let mut inputs: Vec<String> = inputs.collect();
        inputs.dedup();
        let mut said: IndexMap<String, Vec<String>> = IndexMap::new();
        for (gateway, view) in stack.gateways.iter().zip(&chain.gateways) {
            let file = clean(stack.name(gateway.root.source));
            said.entry(self.entries.text(&read_as(view)))
                .or_default()
                .push(file);
        }
        let version = env!("CARGO_PKG_VERSION");
        let _ = write!(out, "<sub>mcpdoc {version} read {}", names(&inputs));
        for (text, files) in said.iter().take(NAMES) {
            let _ = write!(out, "; {}: {}", names(files), words(text, In::Paragraph));
        }
        let _ = writeln!(out, "</sub>");
    }

    fn words(&self, text: &str, place: In) -> String {
        words(&self.entries.text(text), place)
    }

    /// One line of code.
    fn safe(&self, text: &str) -> String {
        self.entries.text(text)
    }

    /// Lines that a person reads: not longer, and not more of them.
    fn short(&self, text: &str) -> String {
        let cut = |line: &str| match line.char_indices().nth(COLUMNS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.to_owned(),
        };
        let mut lines: Vec<String> = text
            .lines()
            .take(LINES)
            .map(|line| cut(&clean(line)))
            .collect();
        let more = text.lines().count().saturating_sub(LINES);
        if more > 0 {
            lines.push(format!("… {}", count(more, "more line")));
        }
        lines.join("\n")
    }
}

/// Names of files as code, a few of them.
fn names(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(NAMES)
        .map(|name| code(name, In::Paragraph));
    let mut shown: Vec<String> = shown.collect();
    if names.len() > NAMES {
        shown.push(format!("{} more", names.len() - NAMES));
    }
    shown.join(", ")
}
