//! Words of commands that people copy into a shell.

/// A word for a shell, as it is where that is safe, else in single quotes. Characters that a terminal would not show
/// are written as escapes.
pub fn quoted(word: &str) -> String {
    // Quotes would keep the shell from putting the home there.
    if let Some(rest) = word.strip_prefix("~/").filter(|rest| !rest.is_empty()) {
        return format!("~/{}", quoted(rest));
    }
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | '@' | '%' | '+' | ',')
    };
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.contains(is_unseen) {
        return format!("'{}'", word.replace('\'', "'\\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' | '\'' => out.extend(['\\', c]),
            c if !is_unseen(c) => out.push(c),
            c if c.is_ascii() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('\'');
    out
}

/// The name of a file as an argument: never taken for a flag.
pub fn quoted_file(name: &str) -> String {
    match name.starts_with('-') {
        true => quoted(&format!("./{name}")),
        false => quoted(name),
    }
}

/// Control characters, and those that turn the direction of a text.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for (word, expected) in [
            ("compose.yaml", "compose.yaml"),
            ("~/.claude/mcp.json", "~/.claude/mcp.json"),
            ("~/my dir/x", "~/'my dir/x'"),
            ("~", "'~'"),
            ("", "''"),
            ("my dir/compose.yaml", "'my dir/compose.yaml'"),
            (
                "x'; touch pwned; '.yaml",
                "'x'\\''; touch pwned; '\\''.yaml'",
            ),
            ("$(id)`id`", "'$(id)`id`'"),
            ("a\n'b\\\u{1b}[m\u{202e}", "$'a\\n\\'b\\\\\\x1b[m\\u202e'"),
            ("größe", "'größe'"),
        ] {
            assert_eq!(quoted(word), expected, "{word}");
        }
        assert_eq!(quoted_file("-rf"), "./-rf");
    }

    /// What a shell makes of it is the word again.
    #[test]
    #[cfg(unix)]
    fn a_shell_reads_them_back() {
        for word in [
            "a b",
            "x'; echo pwned; '",
            "$HOME\\n",
            "*?[a]",
            "!x #y",
            "a=b&c|d>e",
        ] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(word))])
                .output()
                .expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }
}
