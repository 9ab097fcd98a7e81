//! Unified diffs: for people with secrets masked, for `patch` as the files are.

use owo_colors::Style;
use similar::TextDiff;

use crate::Examination;
use crate::fix::Changed;
use crate::secret;
use crate::source::Source;
use crate::term::{Screen, clean};

/// Lines around a change.
const CONTEXT: usize = 3;

/// A patch for `patch -p1` and `git apply`. It holds whatever stands in the files beside the changes, secrets too.
pub fn patch(changed: &[Changed]) -> Vec<u8> {
    let mut out = Vec::new();
    for file in changed {
        let was = String::from_utf8_lossy(file.was.as_deref().unwrap_or_default());
        let becomes = String::from_utf8_lossy(&file.becomes);
        out.extend(unified(file, &was, &becomes, &file.name).into_bytes());
    }
    out
}

/// What changes, for a person. `before` and `after` know what is secret in the files.
pub fn shown(
    changed: &[Changed],
    before: &Examination,
    after: &Examination,
    screen: Screen,
) -> String {
    let mut out = String::new();
    for file in changed {
        let was = file.was.as_ref().map(|bytes| masked(before, file, bytes));
        let becomes = masked(after, file, &file.becomes);
        let diff = unified(file, &was.unwrap_or_default(), &becomes, &clean(&file.name));
        for line in diff.lines() {
            let line = clean(line);
            let style = match line.as_bytes().first() {
                _ if line.starts_with("---") || line.starts_with("+++") => Style::new().bold(),
                Some(b'+') => Style::new().green(),
                Some(b'-') => Style::new().red(),
                Some(b'@') => Style::new().cyan(),
                _ => Style::new(),
            };
            out.push_str(&screen.paint(line.trim_end(), style));
            out.push('\n');
        }
    }
    out
}

fn unified(file: &Changed, was: &str, becomes: &str, name: &str) -> String {
    let name = name.trim_start_matches('/');
    let old = match file.was {
        Some(_) => format!("a/{name}"),
        None => "/dev/null".to_owned(),
    };
    TextDiff::from_lines(was, becomes)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&old, &format!("b/{name}"))
        .to_string()
}

/// The text of a file without its secrets. What no examination has read holds none that it would know: it is new, and
/// made by a repair, or is masked as any text.
fn masked(examination: &Examination, file: &Changed, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let known = |source: &&Source| source.name() == file.name && source.text() == plain;
    let sources = examination.stack.sources.iter().filter(known);
    // One file may be read as several sources, each of which knows its own secrets.
    let masked = sources.map(secret::masked_text).reduce(|one, other| {
        let pairs = one.bytes().zip(other.bytes());
        let bytes = pairs.map(|(one, other)| if other == b'*' { other } else { one });
        String::from_utf8(bytes.collect()).unwrap_or(other)
    });
    masked.unwrap_or_else(|| secret::redact(plain))
}
