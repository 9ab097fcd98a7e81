//! What is secret in the path and in the query of a URL.

use std::ops::Range;

use super::word::{is_switch, is_wordy};

/// Names in a query that elsewhere name all sorts of things.
const PARAMETERS: &[&str] = &["code", "key", "sig", "signature", "tok"];

/// Where all that follows in a path is secret: who knows it may send.
const HOOKS: &[(&str, &str)] = &[
    ("hooks.slack.com", "/services/"),
    ("hooks.slack.com", "/triggers/"),
    ("hooks.slack.com", "/workflows/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("hooks.zapier.com", "/hooks/catch/"),
];

/// The secret segments and parameters of every URL in a text.
pub(super) fn parts(text: &str, mut found: impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at + "://".len()) {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '\\');
        // Another one may stand in this one. It is looked for first, so that no part is read again for each of them.
        let rest = &text[at..];
        let rest = &rest[..rest.find("://").unwrap_or(rest.len())];
        let rest = &rest[..rest.find(ends).unwrap_or(rest.len())];
        from = at + rest.len();
        let Some(path) = rest.find(['/', '?', '#']) else {
            continue;
        };
        let query = rest.find(['?', '#']).unwrap_or(rest.len());
        let host = rest[..path].rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let hook = HOOKS.iter().find_map(|(of, start)| {
            let is_there = host == *of && rest[path..query].starts_with(start);
            is_there.then_some(path + start.len())
        });
        pieces(rest, path.min(query)..query, '/', |segment| {
            let is_hook = hook.is_some_and(|hook| segment.start >= hook);
            if is_hook || is_random(&rest[segment.clone()]) {
                found(at + segment.start..at + segment.end);
            }
        });
        pieces(rest, query..rest.len(), '&', |pair| {
            let Some((name, value)) = rest[pair.clone()].split_once('=') else {
                return;
            };
            let name = name.trim_start_matches(['?', '#']);
            let is_meant = PARAMETERS.iter().any(|one| name.eq_ignore_ascii_case(one))
                && !is_switch(value)
                && !is_wordy(value);
            if is_meant {
                found(at + pair.end - value.len()..at + pair.end);
            }
        });
    }
}

fn pieces(text: &str, range: Range<usize>, joint: char, mut found: impl FnMut(Range<usize>)) {
    let mut at = range.start;
    for piece in text[range].split(joint) {
        if !piece.is_empty() {
            found(at..at + piece.len());
        }
        at += piece.len() + joint.len_utf8();
    }
}

/// Long, of capitals, small letters and digits, which change too often for words. Digests and numbers of commits are in
/// small letters only.
fn is_random(segment: &str) -> bool {
    const SHORTEST: usize = 24;
    let class = |byte: u8| match byte {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        b'-' | b'_' | b'=' | b'~' | b'.' => Some(3),
        _ => None,
    };
    let Some(classes) = segment.bytes().map(class).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]);
    classes.len() >= SHORTEST
        && (0..3).all(|class| classes.contains(&class))
        && changes.count() * 3 > classes.len()
        && !is_wordy(segment)
}
