//! What `mcpdoc fix` says: the diff, what was repaired and what not, what to run afterwards.

use std::fmt::Write;

use indexmap::IndexMap;

use super::text::common_folder;
use super::veil::Veil;
use super::{count, diff};
use crate::change::{Fix, Safety};
use crate::check::Severity;
use crate::fix::{Left, Repaired, Session, Unit, Why};
use crate::term::{Screen, clean};
use crate::verdict::place_name;

/// What became of the edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They are only shown.
    Shown,
    /// They are in the files.
    Written,
    /// They are in a patch of this name.
    Patched(String),
}

/// How to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to.
    pub screen: Screen,
    /// The diff alone.
    pub quiet: bool,
    /// Everything that is left, with reasons.
    pub verbose: bool,
    /// The least safe repair that was permitted.
    pub safety: Safety,
    /// What became of the edits.
    pub fate: Fate,
    /// What else is to be known of what was written.
    pub remarks: Vec<String>,
}

/// The whole report.
pub fn render(session: &Session, options: &Options) -> String {
    let mut out = String::new();
    let writer = Writer {
        session,
        options,
        screen: options.screen,
        veil: Veil::of(&session.after),
        folder: common_folder(&session.after),
    };
    if options.fate == Fate::Shown {
        out = diff::shown(
            &session.changed,
            &session.before,
            &session.after,
            options.screen,
        );
    }
    if options.quiet {
        return out;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    writer.repaired(&mut out);
    writer.left(&mut out);
    writer.commands(&mut out);
    writer.summary(&mut out);
    out
}

/// A unit that a person is asked about.
pub fn unit(unit: &Unit<'_>, screen: Screen) -> String {
    let mut out = String::new();
    let veil = Veil::of(unit.after);
    for one in unit.repaired {
        let line = format!("{}: {}", one.check, veil.text(&clean(&one.message)));
        let _ = writeln!(out, "{}", screen.bold(&screen.wrap(&line, "", "  ")));
        let title = veil.text(&clean(&one.fix.title));
        let title = format!("{title} ({})", one.fix.safety.word());
        let _ = writeln!(
            out,
            "{}",
            screen.green(&screen.wrap(&title, "  → ", "    "))
        );
    }
    out.push_str(&diff::shown(unit.changed, unit.before, unit.after, screen));
    out
}

struct Writer<'a> {
    session: &'a Session,
    options: &'a Options,
    screen: Screen,
    veil: Veil,
    /// The folder that all files are in, with a final slash: the diff says it.
    folder: String,
}

impl Writer<'_> {
    fn safe(&self, text: &str) -> String {
        self.veil.text(&clean(text))
    }

    fn heading(&self, out: &mut String, text: &str) {
        let _ = writeln!(out, "{}", self.screen.bold(text));
    }

    fn item(&self, out: &mut String, sign: &str, text: &str) {
        let text = self.safe(text);
        let wrapped = self.screen.wrap(&text, &format!("  {sign} "), "    ");
        let _ = writeln!(out, "{wrapped}");
    }

    fn note(&self, out: &mut String, text: &str) {
        let text = self.screen.wrap(&self.safe(text), "    ", "    ");
        let _ = writeln!(out, "{}", self.screen.dim(&text));
    }

    /// What was repaired; one edit may be rid of several findings.
    fn repaired(&self, out: &mut String) {
        let repaired = &self.session.repaired;
        if repaired.is_empty() {
            return;
        }
        self.heading(
            out,
            match self.options.fate {
                Fate::Written => "Repaired",
                Fate::Shown | Fate::Patched(_) => "Repairs",
            },
        );
        for Repaired {
            check, fix, awaits, ..
        } in repaired
        {
            let kind = match fix.safety {
                Safety::Unsafe => " (changes behaviour)",
                Safety::Safe | Safety::Manual => "",
            };
            self.item(out, "✓", &format!("{check}: {}{kind}", fix.title));
            if *awaits {
                self.note(out, "to be seen when the commands below have run");
            }
            for remark in &fix.remarks {
                self.note(out, remark);
            }
        }
    }

    /// What was not repaired, and why.
    fn left(&self, out: &mut String) {
        let of = |wanted: fn(&Why) -> bool| {
            let left = self.session.left.iter();
            left.filter(move |left| wanted(&left.why))
        };
        self.titles(
            out,
            "Left, because it changes behaviour: --unsafe repairs it",
            of(|why| *why == Why::Unsafe),
        );
        let mut refused = of(|why| matches!(why, Why::Refused(_))).peekable();
        if refused.peek().is_some() {
            self.heading(out, "Left, because the repair could not be made");
            for left in refused {
                let (head, fix) = self.head(left);
                self.item(out, "·", &format!("{head}{}", title(fix)));
                if let Why::Refused(reason) = &left.why {
                    self.note(out, reason);
                }
            }
        }
        let mut by_hand = of(|why| matches!(why, Why::ByHand | Why::Client(_))).peekable();
        if by_hand.peek().is_some() {
            self.heading(out, "By hand");
            let of_client = of(|why| matches!(why, Why::Client(_)));
            for left in of(|why| *why == Why::ByHand).chain(of_client) {
                let (head, fix) = self.head(left);
                self.item(out, "→", &format!("{head}{}", title(fix)));
                let (text, commands) = match (&left.why, fix) {
                    (Why::Client(commands), _) => (None, commands.as_slice()),
                    (_, Some(fix)) => (fix.text.as_deref(), fix.then.as_slice()),
                    (_, None) => (None, &[][..]),
                };
                let text = text.into_iter().flat_map(str::lines);
                for line in text.chain(commands.iter().map(String::as_str)) {
                    let _ = writeln!(out, "{}", self.screen.step(&self.safe(line)));
                }
            }
        }
        let unknown = of(|why| *why == Why::NoRepair);
        if self.options.verbose {
            self.titles(out, "Left, because there is no one repair", unknown);
        } else {
            self.names(out, "no one repair", unknown);
        }
        self.names(
            out,
            "in a file that nobody reads and that is to go",
            of(|why| *why == Why::Moot),
        );
        self.names(
            out,
            "seen in what runs, and to be seen again when the commands below have run",
            of(|why| *why == Why::Awaits),
        );
    }

    /// A finding that is left, as far as a title of its repair does not say it, and its first repair.
    fn head(&self, left: &Left) -> (String, Option<&Fix>) {
        let judged = &self.session.after.diagnosis.findings[left.finding];
        let label = judged.finding.labels.first();
        let place = label.map(|label| place_name(&self.session.after.stack, &label.at));
        let inside = |place: String| match place.strip_prefix(&self.folder) {
            Some(inside) => format!(" {inside}"),
            None => format!(" {place}"),
        };
        let place = place.map_or_else(String::new, inside);
        let head = format!("{}{place}", judged.finding.check);
        (head, judged.finding.fixes.first())
    }

    fn titles<'l>(&self, out: &mut String, heading: &str, left: impl Iterator<Item = &'l Left>) {
        let mut left = left.peekable();
        if left.peek().is_none() {
            return;
        }
        self.heading(out, heading);
        for left in left {
            let (head, fix) = self.head(left);
            self.item(out, "·", &format!("{head}{}", title(fix)));
        }
    }

    /// Checks of findings that are left, in a line.
    fn names<'l>(&self, out: &mut String, why: &str, left: impl Iterator<Item = &'l Left>) {
        let mut times: IndexMap<&str, usize> = IndexMap::new();
        for left in left {
            let judged = &self.session.after.diagnosis.findings[left.finding];
            *times.entry(judged.finding.check).or_default() += 1;
        }
        if times.is_empty() {
            return;
        }
        let names: Vec<String> = times
            .into_iter()
            .map(|(check, times)| match times {
                1 => check.to_owned(),
                _ => format!("{check} ({times})"),
            })
            .collect();
        let text = format!("left, {why}: {}", names.join(", "));
        let text = self.screen.wrap(&self.safe(&text), "  ", "    ");
        let _ = writeln!(out, "{}", self.screen.dim(&text));
    }

    /// What to run, each on a line of its own, to be copied.
    fn commands(&self, out: &mut String) {
        if self.session.commands.is_empty() {
            return;
        }
        self.heading(
            out,
            match self.options.fate {
                Fate::Written => "Now run",
                Fate::Shown => "Then run, when it is written",
                Fate::Patched(_) => "Then run, when the patch is applied",
            },
        );
        for command in &self.session.commands {
            let _ = writeln!(out, "  {}", self.safe(command));
        }
    }

    fn summary(&self, out: &mut String) {
        let Session {
            before,
            after,
            repaired,
            changed,
            left,
            ..
        } = self.session;
        if !out.is_empty() {
            out.push('\n');
        }
        let counts = |examination: &crate::Examination| {
            let diagnosis = &examination.diagnosis;
            let one = |severity: Severity| count(diagnosis.count(severity), severity.word());
            [Severity::Error, Severity::Warning, Severity::Note]
                .map(one)
                .join(", ")
        };
        let files = count(changed.len(), "file");
        let repairs = count(repaired.len(), "repair");
        let line = match (&self.options.fate, changed.is_empty()) {
            (_, true) => "nothing was changed".to_owned(),
            (Fate::Shown, _) => format!("{repairs} in {files}; nothing was written"),
            (Fate::Written, _) => format!("{repairs} written into {files}"),
            (Fate::Patched(name), _) => {
                format!("{repairs} in {files}, written as a patch into {name}")
            }
        };
        let line = self.screen.wrap(&self.safe(&line), "", "  ");
        let _ = writeln!(out, "{}", self.screen.bold(&line));
        let mut say = |text: &str| {
            let text = self.screen.wrap(&self.safe(text), "  ", "    ");
            let _ = writeln!(out, "{}", self.screen.dim(&text));
        };
        if changed.is_empty() {
            say(&format!("found: {}", counts(before)));
        } else {
            say(&format!("before: {}", counts(before)));
            let waits = left.iter().filter(|left| left.why == Why::Awaits).count();
            let waits = match waits {
                0 => String::new(),
                _ => format!(", {waits} of them until the commands have run"),
            };
            say(&format!("after: {}{waits}", counts(after)));
        }
        for remark in &self.options.remarks {
            say(remark);
        }
        let more = left.iter().filter(|left| left.why == Why::Unsafe).count();
        if more > 0 && self.options.safety > Safety::Unsafe {
            say(&format!(
                "--unsafe repairs {more} more, and changes behaviour"
            ));
        }
        match (&self.options.fate, changed.is_empty()) {
            (_, true) => {}
            (Fate::Shown, _) => say("the same with --write writes it"),
            (Fate::Written, _) => say("mcpdoc fix --undo takes it back"),
            (Fate::Patched(name), _) => say(&format!("git apply {name}, or patch -p1 < {name}")),
        }
    }
}

fn title(fix: Option<&Fix>) -> String {
    fix.map_or_else(String::new, |fix| format!(": {}", fix.title))
}
