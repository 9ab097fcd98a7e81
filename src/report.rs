//! What a run shows: one file a format, all from the same [`Examination`].

pub mod curl;
pub mod diff;
mod entry;
pub mod fix;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
mod passage;
pub mod sarif;
pub mod text;
mod veil;
mod wire;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use crate::Examination;
use crate::chain::{GatewayView, HopId};
use crate::change::{Fix, NewFile};
use crate::check::{Label, Place, Severity};
use crate::fix::Edit;
use crate::gateway::Known;
use crate::secret;
use crate::source::{Position, Source, SourceId};
use crate::verdict::{Diagnosis, Ignored, IgnoredBy, Judged};

/// A place as reports show it: positions 1-based, ends exclusive.
pub(crate) struct Spot<'a> {
    pub source: &'a Source,
    pub start: Position,
    pub end: Position,
    pub range: Range<usize>,
    pub path: String,
}

/// Where a label points, in bytes and for people; nothing when it points into no file.
pub(crate) fn spot<'a>(examination: &'a Examination, label: &Label) -> Option<Spot<'a>> {
    let source = examination.stack.source(label.at.source()?);
    let (range, path) = match &label.at {
        Place::Node(pointer, part) => (
            source.locate(&pointer.path, *part),
            pointer.path.to_string(),
        ),
        Place::Text(_, span) => (span.clone(), String::new()),
        Place::Endpoint(_) | Place::Container(_) => return None,
    };
    Some(Spot {
        source,
        start: source.position(range.start),
        end: source.position(range.end),
        range,
        path,
    })
}

/// How many bytes of files may be parsed again to prove edits. A report of ten thousand findings shows the first
/// repairs as lines and the others in words.
const PROOF: usize = 4 * 1024 * 1024;

/// Works out the lines of repairs, as far as they can be shown.
pub(crate) struct Repairs<'a> {
    examination: &'a Examination,
    left: Cell<usize>,
}

/// A repair as edits, and the files as they are afterwards with secrets masked.
pub(crate) struct Lines {
    pub edits: Vec<Edit>,
    pub after: Vec<(SourceId, String)>,
    /// Files that come with them.
    pub new: Vec<NewFile>,
}

/// Why a repair has no lines here.
pub(crate) enum Withheld {
    /// It is one that a person makes.
    ByHand,
    /// Something about the lines, in words.
    Because(String),
}

impl Withheld {
    /// The reason, where there is one to give.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Withheld::ByHand => None,
            Withheld::Because(reason) => Some(reason),
        }
    }
}

impl<'a> Repairs<'a> {
    pub fn of(examination: &'a Examination) -> Repairs<'a> {
        Repairs {
            examination,
            left: Cell::new(PROOF),
        }
    }

    /// The lines of a repair.
    pub fn lines(&self, fix: &Fix) -> Result<Lines, Withheld> {
        if fix.changes.is_empty() && fix.files.is_empty() {
            return Err(Withheld::ByHand);
        }
        let stack = &self.examination.stack;
        let size = |id: SourceId| stack.source(id).text().len();
        let cost = fix.changes.iter().fold(0usize, |cost, change| {
            cost.saturating_add(size(change.at.source))
        });
        let Some(left) = self.left.get().checked_sub(cost) else {
            let reason = "there are too many findings to work out every line; --only narrows them";
            return Err(Withheld::Because(reason.to_owned()));
        };
        self.left.set(left);
        let secret = || Withheld::Because("the lines hold a secret".to_owned());
        if fix
            .files
            .iter()
            .any(|file| secret::redact(&file.text) != file.text)
        {
            return Err(secret());
        }
        let edits = crate::fix::lower(&|id| stack.source(id), fix)
            .map_err(|refused| Withheld::Because(secret::redact(&refused.to_string())))?;
        let mut files: Vec<SourceId> = edits.iter().map(|edit| edit.source).collect();
        files.dedup();
        let mut after = Vec::new();
        for id in files {
            let edited = edited(stack.source(id), &edits);
            let masked = secret::masked_text(&edited);
            if shows_secret(&edits, id, edited.text(), &masked) {
                return Err(secret());
            }
            after.push((id, masked));
        }
        Ok(Lines {
            edits,
            after,
            new: fix.files.clone(),
        })
    }
}

/// A file as it is after some edits.
fn edited(source: &Source, edits: &[Edit]) -> Source {
    let own: Vec<Edit> = edits
        .iter()
        .filter(|edit| edit.source == source.id())
        .cloned()
        .collect();
    source.with_text(crate::fix::apply(source.text(), &own))
}

/// Whether what the edits write is masked in the edited file.
fn shows_secret(edits: &[Edit], id: SourceId, after: &str, masked: &str) -> bool {
    let mut shift = 0isize;
    edits.iter().filter(|edit| edit.source == id).any(|edit| {
        let start = edit.range.start.saturating_add_signed(shift);
        let end = start + edit.text.len();
        shift += edit.text.len() as isize - edit.range.len() as isize;
        after.get(start..end) != masked.get(start..end)
    })
}

/// A finding's message, with the versions in which it holds and what causes it.
pub(crate) fn message(examination: &Examination, judged: &Judged) -> String {
    let mut message = judged.finding.message.clone();
    if let Some(versions) = &judged.finding.versions
        && !message.contains(versions.as_str())
    {
        let _ = write!(message, " (in LiteLLM {versions})");
    }
    if let Some(cause) = judged.caused_by {
        let cause = examination.diagnosis.finding(cause).finding.check;
        let _ = write!(message, " (because of {cause})");
    }
    message
}

/// Names of the checks that break a hop, first cause first.
pub(crate) fn broken_by(examination: &Examination, hop: HopId) -> String {
    let diagnosis = &examination.diagnosis;
    let mut names: Vec<String> = Vec::new();
    for id in &diagnosis.errors[hop.0] {
        let check = diagnosis.finding(*id).finding.check;
        let name = match diagnosis.is_ignored(*id) {
            true => format!("{check} (ignored)"),
            false => check.to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// As which version a gateway's file was read.
pub(crate) fn read_as(view: &GatewayView) -> String {
    match &view.version {
        Known::Exact(version, from) => {
            let because = view.version_because.as_deref().unwrap_or(from.word());
            format!("read as LiteLLM {version} does (from {because})")
        }
        Known::Unknown(why) => format!(
            "the version of LiteLLM is not known ({why}); --litellm-version VERSION makes the verdicts sharper"
        ),
    }
}

/// `4 errors, 1 warning, 0 notes`
pub(crate) fn counts(diagnosis: &Diagnosis) -> String {
    let of = |severity: Severity| count(diagnosis.count(severity), severity.word());
    let all = [Severity::Error, Severity::Warning, Severity::Note];
    all.map(of).join(", ")
}

/// The same with what does not count, and what was not checked.
pub(crate) fn all_counts(diagnosis: &Diagnosis) -> String {
    let skipped = match diagnosis.skipped.len() {
        0 => None,
        skipped => Some(format!("{} skipped", count(skipped, "check"))),
    };
    let rest = [ignored(&diagnosis.ignored), skipped];
    let parts = std::iter::once(counts(diagnosis)).chain(rest.into_iter().flatten());
    parts.collect::<Vec<_>>().join("; ")
}

/// `4 ignored (1 by a comment, 3 by the baseline)`; nothing where everything counts.
pub(crate) fn ignored(ignored: &[Ignored]) -> Option<String> {
    if ignored.is_empty() {
        return None;
    }
    let mut by: BTreeMap<IgnoredBy, usize> = BTreeMap::new();
    for one in ignored {
        *by.entry(one.by).or_default() += 1;
    }
    let parts: Vec<String> = match by.len() {
        1 => by.keys().map(|by| format!("by {}", by.words())).collect(),
        _ => by
            .iter()
            .map(|(by, times)| format!("{times} by {}", by.words()))
            .collect(),
    };
    Some(format!("{} ignored ({})", ignored.len(), parts.join(", ")))
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}
