//! Edits as whole lines: what to write instead, for people.

use super::gap::{line_start, next_line};
use super::{Edit, apply, patch};
use crate::source::{Source, SourceId, Span};

/// Lines that go and the lines that come in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Which file.
    pub source: SourceId,
    /// The 1-based line of the first that goes; if none goes, the line that the first new one becomes.
    pub first_line: u32,
    /// As the file has them, without line breaks.
    pub removed: Vec<String>,
    /// Without line breaks.
    pub added: Vec<String>,
}

/// What the edits of `source` do to its lines, in the order of the file; edits of other files are passed over.
/// Edits of the same line or of lines next to each other become one suggestion.
pub fn suggestions(source: &Source, edits: &[Edit]) -> Vec<Suggestion> {
    let mut groups: Vec<(Span, Vec<Edit>)> = Vec::new();
    for edit in patch::sorted(edits) {
        if edit.source != source.id() {
            continue;
        }
        let lines = touched(source.text(), edit);
        match groups.last_mut() {
            Some((group, edits)) if lines.start <= group.end => {
                group.end = group.end.max(lines.end);
                edits.push(edit.clone());
            }
            _ => groups.push((lines, vec![edit.clone()])),
        }
    }
    groups
        .into_iter()
        .map(|(lines, edits)| suggestion(source, lines, edits))
        .collect()
}

fn suggestion(source: &Source, lines: Span, mut edits: Vec<Edit>) -> Suggestion {
    for edit in &mut edits {
        edit.range.start -= lines.start;
        edit.range.end -= lines.start;
    }
    let old = &source.text()[lines.clone()];
    let new = apply(old, &edits);
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let head = same(old.iter().zip(&new));
    let (old, new) = (&old[head..], &new[head..]);
    let tail = same(old.iter().rev().zip(new.iter().rev()));
    let owned = |lines: &[&str]| {
        lines[..lines.len() - tail]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    };
    let first = source.position(lines.start).line;
    Suggestion {
        source: source.id(),
        first_line: first.saturating_add(u32::try_from(head).unwrap_or(u32::MAX)),
        removed: owned(old),
        added: owned(new),
    }
}

/// How many lines are equal from the beginning.
fn same<'a>(pairs: impl Iterator<Item = (&'a &'a str, &'a &'a str)>) -> usize {
    pairs.take_while(|(old, new)| old == new).count()
}

/// The whole lines that an edit touches, line breaks included.
fn touched(text: &str, edit: &Edit) -> Span {
    let start = line_start(text, edit.range.start);
    let whole = edit.range.start == start
        && edit.range.end > start
        && text[..edit.range.end].ends_with('\n')
        && (edit.text.is_empty() || edit.text.ends_with('\n'));
    if whole {
        start..edit.range.end
    } else {
        start..next_line(text, edit.range.end)
    }
}
