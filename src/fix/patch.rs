//! Edits applied, and edits of edited text told as edits of the original.

use super::Edit;
use crate::source::{Source, Span};

/// The text after the edits, which must not overlap. Additions at one place come in the order given.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted(edits) {
        edited.push_str(text.get(at..edit.range.start).unwrap_or_default());
        edited.push_str(&edit.text);
        at = at.max(edit.range.end);
    }
    edited.push_str(text.get(at..).unwrap_or_default());
    edited
}

/// The edits in the order of the text; at one place, additions before what replaces.
pub(super) fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.range.start, edit.range.end));
    sorted
}

#[derive(Clone)]
enum Piece {
    /// Bytes of the original.
    Kept(Span),
    /// New text.
    Written(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Kept(span) => span.len(),
            Piece::Written(text) => text.len(),
        }
    }

    /// The bytes `from..to` of the piece.
    fn part(&self, from: usize, to: usize) -> Piece {
        match self {
            Piece::Kept(span) => Piece::Kept(span.start + from..span.start + to),
            Piece::Written(text) => Piece::Written(text[from..to].to_owned()),
        }
    }
}

/// An edited text as pieces of the original and new ones between them.
#[derive(Clone)]
pub(super) struct Patch {
    pieces: Vec<Piece>,
    length: usize,
}

impl Patch {
    /// A text of `length` bytes without any edit.
    pub fn new(length: usize) -> Patch {
        Patch {
            pieces: vec![Piece::Kept(0..length)],
            length,
        }
    }

    /// Replaces bytes of the edited text.
    pub fn splice(&mut self, range: Span, text: &str) {
        let mut before = Vec::with_capacity(self.pieces.len() + 2);
        let mut after = Vec::new();
        let mut at = 0;
        for piece in self.pieces.drain(..) {
            let length = piece.len();
            let head = range.start.saturating_sub(at).min(length);
            let tail = range.end.saturating_sub(at).min(length);
            if head > 0 {
                before.push(piece.part(0, head));
            }
            if tail < length {
                after.push(piece.part(tail, length));
            }
            at += length;
        }
        before.push(Piece::Written(text.to_owned()));
        before.extend(after);
        self.pieces = before;
    }

    /// What was done to the original.
    pub fn edits(&self, original: &Source) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = 0;
        let mut text = String::new();
        let end = Piece::Kept(self.length..self.length);
        for piece in self.pieces.iter().chain([&end]) {
            match piece {
                Piece::Written(more) => text.push_str(more),
                Piece::Kept(span) => {
                    let range = at..span.start;
                    if original.text()[range.clone()] != text {
                        edits.push(Edit {
                            source: original.id(),
                            range,
                            text: std::mem::take(&mut text),
                        });
                    }
                    text.clear();
                    at = span.end;
                }
            }
        }
        edits
    }
}
