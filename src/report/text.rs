//! The report for people: the chain first, then what is wrong with it, then how to go on.

mod calls;
mod chain;
mod endpoint;
pub(in crate::report) mod full;
mod summary;
mod through;
mod window;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::veil::Veil;
use super::{Repairs, count, message, spot};
use crate::Examination;
use crate::check::{Finding, Need, Severity};
use crate::model::Kind;
use crate::source::Source;
use crate::term::{Screen, clean};
use crate::verdict::{Judged, place_name};
use window::Texts;

pub use endpoint::{Options as EndpointOptions, render as endpoint};

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The chain, a line for each finding, the summary.
    Quiet,
    /// Errors in full, the rest in a line or two.
    Usual,
    /// Everything in full.
    Verbose,
}

/// How to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to.
    pub screen: Screen,
    /// How much.
    pub detail: Detail,
    /// The user whose home was read, when it is not the one who runs mcpdoc.
    pub user: Option<String>,
    /// What the run was required to see.
    pub require: Vec<Need>,
}

/// The whole report.
pub fn render(examination: &Examination, options: &Options) -> String {
    let writer = Writer {
        examination,
        screen: options.screen,
        detail: options.detail,
        texts: Texts::of(examination),
        repairs: Repairs::of(examination),
        veil: Veil::of(examination),
        named: None,
        folder: common_folder(examination),
    };
    let mut out = String::new();
    writer.chain(&mut out);
    if options.detail != Detail::Quiet {
        writer.through(&mut out);
    }
    writer.calls(&mut out);
    match options.detail {
        Detail::Quiet => writer.list(&mut out),
        Detail::Usual | Detail::Verbose => writer.findings(&mut out),
    }
    writer.summary(&mut out, options);
    out
}

/// More findings of one check than this are counted, not shown.
const ALIKE: usize = 20;

pub(in crate::report) struct Writer<'a> {
    examination: &'a Examination,
    screen: Screen,
    detail: Detail,
    texts: Texts,
    repairs: Repairs<'a>,
    veil: Veil,
    /// What was probed, where that is one endpoint and the first line has named it: left out afterwards.
    named: Option<String>,
    /// The folder that all files are in, with a final slash: said once, left out afterwards.
    folder: String,
}

impl<'a> Writer<'a> {
    /// One that writes for no terminal: without colour, files by their whole names.
    pub(in crate::report) fn plain(examination: &'a Examination) -> Writer<'a> {
        Writer {
            examination,
            screen: Screen::PLAIN,
            detail: Detail::Usual,
            texts: Texts::of(examination),
            repairs: Repairs::of(examination),
            veil: Veil::of(examination),
            named: None,
            folder: String::new(),
        }
    }

    /// The repairs whose lines it shows.
    pub(in crate::report) fn repairs(&self) -> &Repairs<'a> {
        &self.repairs
    }

    /// The text of a file, secrets masked.
    pub(in crate::report) fn masked(&self, source: &Source) -> &str {
        self.texts.get(source)
    }
}

impl Writer<'_> {
    /// One line a finding: everything on one screen.
    fn list(&self, out: &mut String) {
        let Examination { diagnosis, .. } = self.examination;
        let widest = diagnosis
            .findings
            .iter()
            .map(|judged| judged.finding.check.len())
            .max();
        for judged in &diagnosis.findings {
            let finding = &judged.finding;
            let word = format!("{:<7}", finding.severity.word());
            let word = match finding.severity {
                Severity::Error => self.screen.red(&word),
                Severity::Warning => self.screen.yellow(&word),
                Severity::Note => self.screen.cyan(&word),
            };
            let width = widest.unwrap_or_default();
            let place = match self.is_named(finding) {
                true => self.head_of(&self.safe(&self.message(judged)), width + 10),
                false => self.place(finding),
            };
            let _ = writeln!(
                out,
                "{word} {:<width$}  {}",
                finding.check,
                self.screen.dim(&place)
            );
        }
    }
    /// Errors in full, the rest in short; what another finding causes stands under its cause.
    fn findings(&self, out: &mut String) {
        let findings = &self.examination.diagnosis.findings;
        let verbose = self.detail == Detail::Verbose;
        let in_full = |judged: &&Judged| verbose || judged.finding.severity == Severity::Error;
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for judged in findings.iter().filter(in_full) {
            let times = times.entry(judged.finding.check).or_default();
            *times += 1;
            if verbose || *times <= ALIKE {
                self.full(out, judged);
            }
        }
        for (check, times) in times
            .into_iter()
            .filter(|(_, times)| !verbose && *times > ALIKE)
        {
            let _ = writeln!(
                out,
                "{} {} more (-v shows them all)\n",
                self.screen.red(&format!("error[{check}]")),
                times - ALIKE
            );
        }
        let mut groups: Vec<Vec<&Judged>> = Vec::new();
        for judged in findings.iter().filter(|judged| !in_full(judged)) {
            let same = |group: &&mut Vec<&Judged>| {
                group[0].finding.check == judged.finding.check
                    && group[0].finding.severity == judged.finding.severity
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.push(judged),
                None => groups.push(vec![judged]),
            }
        }
        for group in groups {
            self.brief(out, &group);
        }
    }
    /// `error[port-mismatch]`
    fn head(&self, finding: &Finding) -> String {
        let head = format!("{}[{}]", finding.severity.word(), finding.check);
        match finding.severity {
            Severity::Error => self.screen.red(&head),
            Severity::Warning => self.screen.yellow(&head),
            Severity::Note => self.screen.cyan(&head),
        }
    }
    /// Findings of one check and severity: a line for the check, then for each what it says, where, and what to do.
    fn brief(&self, out: &mut String, group: &[&Judged]) {
        let screen = self.screen;
        let first = &group[0].finding;
        let painted = self.head(first);
        let places: Vec<String> = group
            .iter()
            .map(|judged| self.place(&judged.finding))
            .collect();
        if self.is_named(first) {
            let _ = writeln!(out, "{painted}");
        } else if let [place] = places.as_slice() {
            let _ = writeln!(out, "{painted} {}", screen.dim(place));
        } else {
            let _ = writeln!(
                out,
                "{painted} {}",
                screen.dim(&count(group.len(), "place"))
            );
        }
        for (judged, place) in group.iter().zip(&places).take(ALIKE) {
            let mut text = self.safe(&self.message(judged));
            if group.len() > 1 && !self.is_named(first) {
                text = format!("{place}: {text}");
            }
            let _ = writeln!(out, "{}", screen.wrap(&text, "    ", "    "));
            // What a note proposes is in its words already.
            if let Some(fix) = judged.finding.fixes.first()
                && first.severity > Severity::Note
            {
                let fix = screen.wrap(&self.safe(&fix.title), "    → ", "      ");
                let _ = writeln!(out, "{}", screen.green(&fix));
            }
        }
        if group.len() > ALIKE {
            let _ = writeln!(
                out,
                "    and {} more (-v shows them all)",
                group.len() - ALIKE
            );
        }
    }
    fn message(&self, judged: &Judged) -> String {
        let message = message(self.examination, judged);
        // A url or, in backquotes, a program.
        let begins = |name: &str| {
            let bare = message.trim_start_matches('`').strip_prefix(name)?;
            bare.trim_start_matches('`').strip_prefix(": ")
        };
        match self.named.as_deref().and_then(begins) {
            Some(rest) => rest.to_owned(),
            None => message,
        }
    }
    /// Whether a finding is about the one endpoint that the report is about, and about no file.
    fn is_named(&self, finding: &Finding) -> bool {
        self.named.is_some() && finding.labels[0].at.source().is_none()
    }
    /// The beginning of a text, as much as has room after so many columns.
    fn head_of(&self, text: &str, columns: usize) -> String {
        let room = self.screen.width.saturating_sub(columns).max(20);
        endpoint::cut(&text.replace(['\n', '\t'], " "), room)
    }
    /// Foreign text, redacted and harmless.
    fn safe(&self, text: &str) -> String {
        clean(&self.veil.text(text))
    }

    /// A file's name, seen from the folder that all files are in.
    fn name(&self, source: &Source) -> String {
        self.file(source.name())
    }

    /// The name of a file that need not be there, seen from the same folder.
    fn file(&self, name: &str) -> String {
        clean(name.strip_prefix(self.folder.as_str()).unwrap_or(name))
    }

    /// Where a finding stands: `config.yaml:3:16`.
    fn place(&self, finding: &Finding) -> String {
        let label = &finding.labels[0];
        let Some(spot) = spot(self.examination, label) else {
            return self.safe(&place_name(&self.examination.stack, &label.at));
        };
        format!(
            "{}:{}:{}",
            self.name(spot.source),
            spot.start.line,
            spot.start.column
        )
    }
}

/// The longest folder, with a final slash, that all files of the run are in; empty when they have none in common.
pub(super) fn common_folder(examination: &Examination) -> String {
    let stack = &examination.stack;
    let files = stack.inputs.iter();
    let files = files.filter(|input| input.kind != Kind::Container);
    let mut names = files.map(|input| stack.name(input.source));
    let folder = |name: &str| name.rfind('/').map_or(0, |at| at + 1);
    let Some(first) = names.next() else {
        return String::new();
    };
    let mut common = &first[..folder(first)];
    for name in names {
        while !name.starts_with(common) {
            common = &common[..folder(common.trim_end_matches('/'))];
        }
    }
    // Files that share only the root share nothing worth saying.
    if common == "/" {
        String::new()
    } else {
        common.to_owned()
    }
}
