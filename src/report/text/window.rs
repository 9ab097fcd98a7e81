//! The texts that snippets are cut from, secrets masked.

use std::cell::OnceCell;
use std::ops::Range;

use crate::Examination;
use crate::secret;
use crate::source::Source;

/// The texts of all files, secrets masked byte for byte so that positions stay; made when first shown.
pub(super) struct Texts(Vec<OnceCell<String>>);

impl Texts {
    pub(super) fn of(examination: &Examination) -> Texts {
        Texts(
            examination
                .stack
                .sources
                .iter()
                .map(|_| OnceCell::new())
                .collect(),
        )
    }

    pub(super) fn get(&self, source: &Source) -> &str {
        self.0[source.id().0 as usize].get_or_init(|| secret::masked_text(source))
    }

    /// The lines around some ranges of a file: a snippet costs its own lines, not its file's.
    pub(super) fn window(&self, source: &Source, ranges: &[Range<usize>]) -> Window<'_> {
        let text = self.get(source);
        let from = ranges
            .iter()
            .map(|range| range.start)
            .min()
            .unwrap_or(0)
            .min(text.len());
        let to = ranges
            .iter()
            .map(|range| range.end)
            .max()
            .unwrap_or(0)
            .clamp(from, text.len());
        let back = |lines: usize| {
            text[..from]
                .rmatch_indices('\n')
                .nth(lines)
                .map_or(0, |(at, _)| at + 1)
        };
        let start = back(AROUND);
        let end = text[to..]
            .match_indices('\n')
            .nth(AROUND)
            .map_or(text.len(), |(at, _)| to + at);
        Window {
            text: &text[start..end],
            start,
            line: source.position(start).line as usize,
        }
    }
}
/// Lines kept before and after what a snippet shows, so that what is cut off reads as cut off.
const AROUND: usize = 2;

pub(super) struct Window<'a> {
    pub(super) text: &'a str,
    start: usize,
    pub(super) line: usize,
}

impl Window<'_> {
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        range.start - self.start..range.end - self.start
    }
}
