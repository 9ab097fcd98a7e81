//! A finding as other programs are told of it: its words redacted, harmless and of bounded length, its places in files.

use super::veil::Veil;
use super::{count, message, spot};
use crate::Examination;
use crate::check::{Label, Place, Severity};
use crate::source::{Part, Position, Source};
use crate::term::clean;
use crate::verdict::{Ignored, Judged, place_name};

/// Characters of a text that is shown whole. What is longer quotes a file or an answer that is longer still.
const LONGEST: usize = 2_000;

/// Other places that are named; a reader goes to a few.
pub(super) const SIDES: usize = 10;

/// Makes entries of findings.
pub(super) struct Entries<'a> {
    examination: &'a Examination,
    veil: Veil,
}

/// A finding, ready to be shown.
pub(super) struct Entry<'a> {
    pub judged: &'a Judged,
    /// What is wrong, in one line.
    pub message: String,
    /// Where a reader is sent; see [`Entries::home`].
    pub home: Option<Site<'a>>,
    /// Whether the finding itself stands there.
    pub is_at_home: bool,
    /// Its other places: the other sides of a mismatch, or more of the same kind.
    pub others: Vec<Other<'a>>,
    /// What supports it, a line each.
    pub evidence: Vec<String>,
    /// What to do, in a line: `repair: rename transport to type`. What a note proposes is in its words already.
    pub repair: Option<String>,
}

/// A place in a file; both ends 1-based, the second exclusive.
pub(super) struct Site<'a> {
    pub source: &'a Source,
    pub start: Position,
    pub end: Position,
    /// The node; empty where there is none.
    pub path: String,
}

/// Another place of a finding, and what is said of it.
pub(super) struct Other<'a> {
    /// Nothing where it is in no file.
    pub site: Option<Site<'a>>,
    /// `config.yaml:3:16`, or the name of an endpoint or container.
    pub name: String,
    /// May be empty.
    pub text: String,
}

impl Site<'_> {
    /// `config.yaml:3:16`
    pub fn name(&self) -> String {
        let Position { line, column } = self.start;
        format!("{}:{line}:{column}", clean(self.source.name()))
    }
}

impl Other<'_> {
    /// `config.yaml:3:16: calls port 8080`
    pub fn line(&self) -> String {
        match self.text.as_str() {
            "" => self.name.clone(),
            text => format!("{}: {text}", self.name),
        }
    }
}

impl Entry<'_> {
    /// Where it stands: `config.yaml:3:16`, or the name of an endpoint or container.
    pub fn place(&self) -> String {
        let own = self.home.as_ref().filter(|_| self.is_at_home);
        let first = || self.others.first().map(|other| other.name.clone());
        own.map(Site::name).or_else(first).unwrap_or_default()
    }

    /// Its other places, a line each.
    pub fn sides(&self) -> Vec<String> {
        let more = self.others.len().saturating_sub(SIDES);
        let sides = self.others.iter().take(SIDES).map(Other::line);
        let more = (more > 0).then(|| format!("and {}", count(more, "more place")));
        sides.chain(more).collect()
    }
}

impl<'a> Entries<'a> {
    pub fn of(examination: &'a Examination) -> Entries<'a> {
        Entries {
            examination,
            veil: Veil::of(examination),
        }
    }

    /// Those that count, the most important first.
    pub fn counted(&self) -> impl Iterator<Item = Entry<'a>> {
        let findings = self.examination.diagnosis.findings.iter();
        findings.map(|judged| self.entry(judged))
    }

    /// Those that do not, with who says so.
    pub fn ignored(&self) -> impl Iterator<Item = (Entry<'a>, &'a Ignored)> {
        let ignored = self.examination.diagnosis.ignored.iter();
        ignored.map(|one| (self.entry(&one.judged), one))
    }

    /// A text in one line: redacted, harmless, and not longer than a person reads.
    pub fn text(&self, text: &str) -> String {
        let mut text = clean(&self.veil.text(text)).replace(['\n', '\t'], " ");
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push('…');
        }
        text
    }

    /// A finding, ready to be shown.
    pub fn entry(&self, judged: &'a Judged) -> Entry<'a> {
        let labels = &judged.finding.labels;
        let own = self.site(&labels[0].at);
        let is_at_home = own.is_some();
        // Of a finding that is in no file itself, that place is one of the others.
        let mut others: Vec<Other<'a>> = labels
            .iter()
            .skip(usize::from(is_at_home))
            .map(|label| self.other(label))
            .collect();
        let home = own.or_else(|| self.home(judged));
        // The same place said twice tells nothing.
        if let Some(home) = home.as_ref().filter(|_| !is_at_home) {
            let name = home.name();
            others.retain(|other| other.name != name || !other.text.is_empty());
        }
        Entry {
            judged,
            message: self.text(&message(self.examination, judged)),
            home,
            is_at_home,
            others,
            repair: judged
                .finding
                .fixes
                .first()
                .filter(|_| judged.finding.severity > Severity::Note)
                .map(|fix| format!("repair: {}", self.text(&fix.title))),
            evidence: judged
                .finding
                .evidence
                .iter()
                .map(|evidence| self.text(&evidence.text))
                .collect(),
        }
    }

    /// Where a reader is sent whose finding stands in no file: to its first place that is in one, else to the entry
    /// that makes the call which it is about, else to the first file of the run. GitHub refuses a whole SARIF document
    /// for one result without a file ("expected at least one location"), and GitLab shows nothing of such an issue.
    fn home(&self, judged: &Judged) -> Option<Site<'a>> {
        let Examination { stack, chain, .. } = self.examination;
        let finding = &judged.finding;
        let mut labels = finding.labels.iter();
        let hops = finding.hops.iter().map(|hop| &chain.hop(*hop).at);
        let mut calls = hops.map(|at| Place::Node(at.clone(), Part::Key));
        let mut files = stack.inputs.iter();
        labels
            .find_map(|label| self.site(&label.at))
            .or_else(|| calls.find_map(|at| self.site(&at)))
            .or_else(|| files.find_map(|input| self.site(&Place::Text(input.source, 0..0))))
    }

    /// Where in a file a place is. A container is described as a file would be, and is none.
    fn site(&self, at: &Place) -> Option<Site<'a>> {
        let label = Label {
            at: at.clone(),
            text: String::new(),
        };
        let spot = spot(self.examination, &label)?;
        spot.source.container().is_none().then_some(Site {
            source: spot.source,
            start: spot.start,
            end: spot.end,
            path: self.text(&spot.path),
        })
    }

    fn other(&self, label: &Label) -> Other<'a> {
        let site = self.site(&label.at);
        Other {
            name: match &site {
                Some(site) => site.name(),
                None => self.text(&place_name(&self.examination.stack, &label.at)),
            },
            site,
            text: self.text(&label.text),
        }
    }
}
