//! Foreign text and numbers as messages have them.

/// Foreign text in one line, cut, as a message may quote it.
pub(crate) fn quote(text: &str, most: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let quoted = line.replace('`', "'");
    match quoted.char_indices().nth(most) {
        Some((at, _)) => format!("`{}…`", &quoted[..at]),
        None => format!("`{quoted}`"),
    }
}

/// "one tool", "3 tools".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => one.to_owned(),
        number => format!("{number} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut() {
        assert_eq!(quote("größer`\nmore", 4), "`größ…`");
        assert_eq!(quote("x`y\n", 4), "`x'y`");
    }
}
