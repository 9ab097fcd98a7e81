//! Foreign words in Markdown and HTML. Whatever is not a plain word stands as code: there GitHub and GitLab make no
//! link, mention, reference, picture or formula of it.

/// Where words are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum In {
    /// A paragraph or list item.
    Paragraph,
    /// A cell of a table.
    Cell,
    /// HTML, as in a `<summary>`.
    Html,
}

/// A sentence: its plain words as they are, the others as code. What stands in backquotes is code already.
pub(super) fn words(text: &str, place: In) -> String {
    let written: Vec<String> = split(text).iter().map(|word| one(word, place)).collect();
    written.join(" ")
}

/// A text as code.
pub(super) fn code(text: &str, place: In) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match place {
        In::Html => format!("<code>{}</code>", html(&text)),
        // In code nothing escapes what ends a cell.
        In::Cell => span(&text.replace('|', "\\u{7c}")),
        In::Paragraph => span(&text),
    }
}

/// Lines as a block of code in a language.
pub(super) fn block(language: &str, lines: &str) -> String {
    let fence = "`".repeat(longest_run(lines).max(2) + 1);
    format!(
        "{fence}{language}\n{}\n{fence}",
        lines.trim_end_matches('\n')
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // A space at both ends is taken off again.
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// The longest run of backquotes.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

/// What spaces part, but for those between two backquotes.
fn split(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        if c == '`' {
            // One that is never closed quotes nothing.
            quoted = !quoted && text[at + 1..].contains('`');
        }
        match c.is_whitespace() && !quoted {
            true if word.is_empty() => {}
            true => all.push(std::mem::take(&mut word)),
            false => word.push(c),
        }
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

fn one(word: &str, place: In) -> String {
    if word.chars().all(is_harmless_mark) {
        return word.to_owned();
    }
    let (before, core, after) = peel(word);
    if core.is_empty() {
        return code(word, place);
    }
    let quoted = core
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    let core = match quoted {
        Some(quoted) if !quoted.is_empty() && !quoted.contains('`') => code(quoted, place),
        _ if is_plain(core) => core.to_owned(),
        _ => code(core, place),
    };
    match place {
        In::Html => format!("{}{core}{}", html(before), html(after)),
        In::Paragraph | In::Cell => format!("{before}{core}{after}"),
    }
}

/// The marks of a sentence around a word.
fn peel(word: &str) -> (&str, &str, &str) {
    let rest = word.trim_start_matches(['(', '"', '\'']);
    let before = &word[..word.len() - rest.len()];
    let mut core = rest.trim_end_matches(['.', ',', ';', ':', '?', '"', '\'']);
    // A bracket that the word itself opens is its own.
    while let Some(inner) = core.strip_suffix(')')
        && inner.matches('(').count() <= inner.matches(')').count()
    {
        core = inner.trim_end_matches(['.', ',', ';', ':', '?', '"', '\'']);
    }
    if let Some(inner) = core.strip_suffix("'s")
        && inner.ends_with('`')
    {
        core = inner;
    }
    (before, core, &rest[core.len()..])
}

/// Letters, with a hyphen or an apostrophe between them; or a short number. What looks like a hash is not plain, nor is
/// what has a mark in it that any renderer knows.
fn is_plain(word: &str) -> bool {
    let parts = || word.split(['-', '\'', '’']);
    let of_letters = parts().all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic));
    let is_number = word.len() < 7 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_hash = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    (of_letters && !is_hash) || is_number
}

/// Marks that stand alone in a sentence.
fn is_harmless_mark(c: char) -> bool {
    matches!(c, '→' | '–' | '—' | '…' | '·' | ',' | ';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_and_the_rest_is_code() {
        for (text, written) in [
            (
                "db_main in config.yaml calls mcp-postgres, but listens on 8000 (see http://x)",
                "`db_main` in `config.yaml` calls mcp-postgres, but listens on 8000 (see `http://x`)",
            ),
            ("write `a b`; it's new", "write `a b`; it's new"),
            ("`key`'s value", "`key`'s value"),
            ("call f() or f(x)", "call `f()` or `f(x)`"),
            ("(in LiteLLM 1.77.3)", "(in LiteLLM `1.77.3`)"),
            ("db → pg", "db → pg"),
        ] {
            assert_eq!(words(text, In::Paragraph), written);
        }
    }

    #[test]
    fn what_a_renderer_would_obey_is_code() {
        for word in [
            "@owner",
            "#123",
            "GH-123",
            "owner/repo#1",
            "www.example.com",
            "a@b.c",
            "<img>",
            "![x](y)",
            "[x](y)",
            "*x*",
            "_x_",
            "~~x~~",
            "$x$",
            ":smile:",
            "&lt;",
            "\\",
            "!1",
            "deadbeef",
            "</details>",
            "-",
            "+",
            "---",
            "#",
            "|",
            "a|b",
            "https://x",
            "==",
            "=",
        ] {
            let written = words(word, In::Paragraph);
            let inner = written.trim_end_matches(['.', ',', ':', ';', ')']);
            assert!(
                inner.starts_with('`') && inner.ends_with('`'),
                "{word}: {written}"
            );
        }
    }

    #[test]
    fn backquotes_do_not_break_out() {
        assert_eq!(words("a ` b", In::Paragraph), "a `` ` `` b");
        assert_eq!(words("x``@y``z", In::Paragraph), "```x``@y``z```");
        assert_eq!(code("``", In::Paragraph), "``` `` ```");
        assert_eq!(block("", "a\n````\nb"), "`````\na\n````\nb\n`````");
    }

    #[test]
    fn a_cell_stays_one() {
        assert_eq!(words("a|b c\nd", In::Cell), "`a\\u{7c}b` c d");
    }

    #[test]
    fn html_is_text() {
        assert_eq!(
            words("say \"</summary>\" & go", In::Html),
            "say &quot;<code>&lt;/summary&gt;</code>&quot; <code>&amp;</code> go"
        );
    }
}
