//! A command written as one string, split as Compose splits it (go-shellwords): quotes and backslashes as in a shell,
//! no expansion, and the first unquoted `;`, `&`, `|`, `<` or `>` ends it.

use super::interpolate::variable_length;

/// The words of `line`; `None` when quotes do not close or parentheses stand unquoted: Compose refuses those.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match (quote, c) {
            // A variable that is not known here stays in one word.
            (_, '$') if variable_length(rest).is_some() => {
                length = variable_length(rest)?;
                word.get_or_insert_default().push_str(&rest[..length]);
            }
            (None | Some('"'), '\\') => {
                let escaped = rest[1..].chars().next()?;
                length += escaped.len_utf8();
                word.get_or_insert_default().push(match escaped {
                    't' => '\t',
                    'n' => '\n',
                    other => other,
                });
            }
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, ';' | '&' | '|' | '<' | '>') => break,
            (None, '(' | ')') => return None,
            (None, _) => word.get_or_insert_default().push(c),
        }
        rest = &rest[length..];
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words() {
        for (line, expected) in [
            ("", vec![]),
            ("  \t ", vec![]),
            (
                "postgres-mcp --transport=sse",
                vec!["postgres-mcp", "--transport=sse"],
            ),
            ("a 'b c' \"d e\"f", vec!["a", "b c", "d ef"]),
            ("a '' \"\"", vec!["a", "", ""]),
            (r#"a\ b "c\"d" 'e\f'"#, vec!["a b", "c\"d", r"e\f"]),
            ("a\nb", vec!["a", "b"]),
            ("run && rm", vec!["run"]),
            ("sh -c 'a && b'", vec!["sh", "-c", "a && b"]),
            ("${V:?a b} c", vec!["${V:?a b}", "c"]),
            ("\"${V}\" $V", vec!["${V}", "$V"]),
        ] {
            assert_eq!(
                split(line).as_deref(),
                Some(
                    expected
                        .iter()
                        .map(|w| (*w).to_owned())
                        .collect::<Vec<_>>()
                        .as_slice()
                ),
                "{line}"
            );
        }
    }

    #[test]
    fn unclosed_quotes_are_refused() {
        for line in ["'a", "\"a", "a\\", "(a)"] {
            assert_eq!(split(line), None, "{line}");
        }
    }
}
