//! Names with `*`, the one wildcard of the catalog.

/// Whether `text` is named by `pattern`, where each `*` stands for any text, even none, slashes included.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| &rest[at..])
        .chain([""])
        .any(|rest| matches(tail, rest))
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
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches("a", "ab") && !matches("*-latest", "latest") && !matches("a*b", "ac"));
    }
}
