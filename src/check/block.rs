//! A piece of a file as it would stand elsewhere: what a person moves by hand.

use std::ops::Range;

use super::Case;
use crate::secret;
use crate::source::{Part, Pointer};

/// How far one mapping stands inside another.
const STEP: usize = 2;
/// Lines that are shown of it.
const MOST: usize = 30;

/// The entry as its file has it, its secrets hidden, under another parent if one is given. `keys` are written
/// otherwise: each with its new name.
pub(crate) fn moved(
    case: &Case<'_>,
    at: &Pointer,
    under: Option<&str>,
    keys: &[(Pointer, String)],
) -> String {
    let source = case.stack.source(at.source);
    let mut text = secret::masked_text(source);
    let entry = source.locate(&at.path, Part::Entry);
    let (start, mut end) = (entry.start, entry.end);
    let mut edits: Vec<(Range<usize>, &str)> = keys
        .iter()
        .map(|(key, new)| {
            let span = source.locate(&key.path, Part::Key);
            (span.start..span.end, new.as_str())
        })
        .filter(|(span, _)| start <= span.start && span.end <= end)
        .collect();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, new) in edits {
        end = end - span.len() + new.len();
        text.replace_range(span, new);
    }
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..start];
    let indent = match before.chars().all(|c| c == ' ') {
        true => before.len(),
        false => 0,
    };
    let deeper = " ".repeat(under.map_or(0, |_| STEP));
    let lines: Vec<&str> = text[start..end].trim_end().lines().collect();
    let mut shown: Vec<String> = under.iter().map(|parent| format!("{parent}:")).collect();
    for line in lines.iter().take(MOST) {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let rest = &line[blanks.min(indent)..];
        shown.push(format!("{deeper}{rest}").trim_end().to_owned());
    }
    if lines.len() > MOST {
        shown.push(format!("{deeper}# … and {} lines more", lines.len() - MOST));
    }
    shown.join("\n")
}
