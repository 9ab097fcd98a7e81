//! Words of others, made fit to be kept: without colours, control characters and secrets, and not too long.

use crate::fact::Secret;
use crate::secret;

/// A line is cut here, in characters.
pub(super) const LINE: usize = 500;

/// One line.
pub(super) fn line(text: &str) -> String {
    lines(text, 1, &[]).pop().unwrap_or_default()
}

/// The last `most` lines that are not empty. `hidden` are values that must not be shown wherever they stand.
pub(super) fn lines(text: &str, most: usize, hidden: &[&str]) -> Vec<String> {
    let plain = anstream::adapter::strip_str(text).to_string();
    let lines = plain.lines().rev().map(|line| {
        // What a terminal would have written over.
        let line = line.trim_end().rsplit('\r').next().unwrap_or_default();
        line.chars().filter(|c| is_shown(*c)).collect::<String>()
    });
    let mut kept: Vec<String> = lines
        .filter(|line| !line.trim().is_empty())
        .take(most)
        .map(|line| cut(&redacted(&line, hidden)))
        .collect();
    kept.reverse();
    kept
}

/// Values of variables that their names or shapes make secret.
pub(super) fn hidden(env: &[(String, Secret)]) -> Vec<&str> {
    let mut hidden: Vec<&str> = env
        .iter()
        .map(|(name, value)| (name, value.reveal()))
        .filter(|(name, value)| secret::is_telling(name) || !secret::is_plain(name, value))
        .flat_map(|(_, value)| value.lines())
        .filter(|value| value.len() >= Secret::SHORTEST)
        .collect();
    // A part is not replaced before the whole.
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    hidden
}

fn redacted(line: &str, hidden: &[&str]) -> String {
    let mut line = line.to_owned();
    for value in hidden {
        if line.contains(value) {
            line = line.replace(value, &"*".repeat(value.len()));
        }
    }
    secret::redact(&line)
}

/// Whether a character does nothing but be shown.
fn is_shown(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    c == '\t' || !(c.is_control() || turns)
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_as_they_would_be_read() {
        let text = "one\n\u{1b}[31mtwo\u{1b}[0m\r\n\n 10%\r100%\nla\u{202e}st\u{7}\n";
        assert_eq!(lines(text, 3, &[]), ["two", "100%", "last"]);
        assert_eq!(lines(text, 1, &[]), ["last"]);
        assert_eq!(lines("", 5, &[]), [""; 0]);
        let long = lines(&"ä".repeat(LINE + 1), 1, &[]);
        assert_eq!(long[0].chars().count(), LINE + 1);
        assert!(long[0].ends_with("ä…"));
    }

    #[test]
    fn secrets_are_starred_by_shape_and_by_value() {
        let env = [
            ("DB_PASSWORD", "correct horse"),
            ("MODE", "fast"),
            ("PIN", "12"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), Secret::from(value)));
        let hidden = hidden(&env);
        assert_eq!(hidden, ["correct horse"]);
        let text = "mode fast, said correct horse to postgres://u:hunter2hunter2@db";
        let shown = lines(text, 1, &hidden);
        let stars = "*".repeat("correct horse".len());
        assert!(
            shown[0].starts_with(&format!("mode fast, said {stars} to")),
            "{shown:?}"
        );
        assert!(!shown[0].contains("hunter2"), "{shown:?}");
    }
}
