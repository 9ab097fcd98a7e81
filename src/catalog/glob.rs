//! Names with `*`, the one wildcard of the catalog.

/// Whether `text` is named by `pattern`, where each `*` stands for any text, even none, slashes included.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    // What stands between two stars is taken where it comes first: later ones leave less for what follows.
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("a", "a"),
            ("*", ""),
            ("*-latest", "main-latest"),
            ("mcp/aws-*", "mcp/aws-docs"),
            ("awslabs.*-mcp-server", "awslabs.core-mcp-server"),
            ("*x*y", "axby"),
            ("a*b*b", "abb"),
            ("*ab", "abab"),
            ("a**", "a"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches("a*b*b", "ab") && !matches("*a*b", "ba"));
        // Backtracking would not end.
        assert!(!matches(
            &format!("{}b", "*a".repeat(40)),
            &"a".repeat(4000)
        ));
        assert!(!matches("a", "ab") && !matches("*-latest", "latest") && !matches("a*b", "ac"));
    }
}
