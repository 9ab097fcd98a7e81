//! References to environment variables, in every spelling that people use; which of them counts is the reader's affair.

use std::ops::Range;

/// How a reference is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `${NAME}`, with or without a default.
    Braces,
    /// `${env:NAME}`.
    EnvBraces,
    /// `{env:NAME}`.
    Env,
    /// `$NAME`, alone or as a bearer token.
    Dollar,
    /// `{{ NAME }}`, alone.
    Moustache,
    /// `os.environ/NAME`.
    OsEnviron,
    /// `${input:NAME}`: what a person is asked for, not a variable.
    Input,
}

impl Spelling {
    /// The spelling that the catalog calls so.
    pub fn from_word(word: &str) -> Option<Spelling> {
        Some(match word {
            "braces" => Spelling::Braces,
            "env-braces" => Spelling::EnvBraces,
            "env" => Spelling::Env,
            "dollar" => Spelling::Dollar,
            "moustache" => Spelling::Moustache,
            "os-environ" => Spelling::OsEnviron,
            "input" => Spelling::Input,
            _ => return None,
        })
    }
}

/// A reference in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The variable.
    pub name: String,
    /// How it is spelled.
    pub spelling: Spelling,
}

impl Reference {
    /// Every reference in a text, from left to right.
    pub fn find(text: &str) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut at = 0;
        let limits = Limits {
            lead: text.len() - text.trim_start().len(),
            last_brace: text.rfind('}'),
        };
        while let Some(next) = text[at..].find(['$', '{', 'o']) {
            let start = at + next;
            match reference(text, start, &limits) {
                Some(reference) => {
                    at = reference.range.end;
                    found.push(reference);
                }
                None => at = start + 1,
            }
        }
        found
    }

    /// Whether it is all there is in the text.
    pub fn is_whole(&self, text: &str) -> bool {
        self.range == (0..text.len())
    }
}

/// What is found out once for a text, so that every reference takes only the time of its own length.
struct Limits {
    /// The white space at its start.
    lead: usize,
    /// Behind this nothing that has been opened is closed.
    last_brace: Option<usize>,
}

fn reference(text: &str, start: usize, limits: &Limits) -> Option<Reference> {
    let rest = &text[start..];
    let (spelling, name, len) = if let Some(inner) = rest.strip_prefix("${env:") {
        let name = name(inner)?;
        inner[name.len()..].starts_with('}').then_some(())?;
        (Spelling::EnvBraces, name, name.len() + 7)
    } else if let Some(inner) = rest.strip_prefix("${input:") {
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))?;
        (end > 0 && inner[end..].starts_with('}')).then_some(())?;
        (Spelling::Input, &inner[..end], end + 9)
    } else if let Some(inner) = rest.strip_prefix("{env:") {
        let name = name(inner)?;
        inner[name.len()..].starts_with('}').then_some(())?;
        (Spelling::Env, name, name.len() + 6)
    } else if let Some(inner) = rest.strip_prefix("${") {
        let name = name(inner)?;
        let after = &inner[name.len()..];
        let close = match after.chars().next()? {
            '}' => 0,
            _ if limits.last_brace.is_none_or(|last| last < start) => return None,
            ':' | '-' | '?' | '+' => after.find('}')?,
            _ => return None,
        };
        (Spelling::Braces, name, name.len() + close + 3)
    } else if let Some(inner) = rest.strip_prefix("os.environ/") {
        let name = name(inner)?;
        (Spelling::OsEnviron, name, name.len() + 11)
    } else if let Some(inner) = rest.strip_prefix("{{") {
        let inside = inner.strip_suffix("}}").filter(|_| start == 0)?.trim();
        let bare = ["env.", ".Env.", "$env."]
            .iter()
            .find_map(|prefix| inside.strip_prefix(prefix))
            .unwrap_or(inside);
        let name = name(bare).filter(|name| name.len() == bare.len() && is_loud(name))?;
        (Spelling::Moustache, name, rest.len())
    } else if let Some(inner) = rest.strip_prefix('$') {
        // A dollar within a longer text is a password's more often than a variable's.
        let alone = start <= limits.lead
            || text[limits.lead..start]
                .strip_prefix("Bearer")
                .is_some_and(|between| between.len() <= MOST_SPACES && between.trim().is_empty());
        let name =
            name(inner).filter(|name| alone && name.len() == inner.len() && is_loud(name))?;
        (Spelling::Dollar, name, rest.len())
    } else {
        return None;
    };
    Some(Reference {
        range: start..start + len,
        name: name.to_owned(),
        spelling,
    })
}

/// The widest gap between `Bearer` and a variable.
const MOST_SPACES: usize = 16;

/// The variable's name that a text begins with.
fn name(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let name = &text[..end];
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// Whether a name is written as variables of the environment are.
fn is_loud(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_found() {
        for (text, expected) in [
            ("${A_1}", vec![(Spelling::Braces, "A_1", "${A_1}")]),
            (
                "http://${HOST:-x}:${PORT}/mcp",
                vec![
                    (Spelling::Braces, "HOST", "${HOST:-x}"),
                    (Spelling::Braces, "PORT", "${PORT}"),
                ],
            ),
            (
                "${env:KEY}",
                vec![(Spelling::EnvBraces, "KEY", "${env:KEY}")],
            ),
            (
                "Basic ${input:my-key}",
                vec![(Spelling::Input, "my-key", "${input:my-key}")],
            ),
            (
                "Bearer {env:KEY}",
                vec![(Spelling::Env, "KEY", "{env:KEY}")],
            ),
            ("$KEY", vec![(Spelling::Dollar, "KEY", "$KEY")]),
            ("Bearer $KEY", vec![(Spelling::Dollar, "KEY", "$KEY")]),
            (
                "{{ env.KEY }}",
                vec![(Spelling::Moustache, "KEY", "{{ env.KEY }}")],
            ),
            (
                "os.environ/KEY",
                vec![(Spelling::OsEnviron, "KEY", "os.environ/KEY")],
            ),
            (
                "http://os.environ/HOST/mcp",
                vec![(Spelling::OsEnviron, "HOST", "os.environ/HOST")],
            ),
        ] {
            let found: Vec<_> = Reference::find(text)
                .into_iter()
                .map(|r| (r.spelling, r.name.clone(), text[r.range].to_owned()))
                .collect();
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(s, n, t)| (s, n.to_owned(), t.to_owned()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_time_in_proportion() {
        const SIZE: usize = 1 << 20;
        for part in ["${A:", "${", "${env:", "{{", "$a", "os.environ/", "${A:-${"] {
            let spaces = " ".repeat(SIZE / 2);
            let many = part.repeat(SIZE / part.len());
            let start = std::time::Instant::now();
            for text in [format!("{spaces}{many}"), format!("Bearer{spaces}{many}")] {
                Reference::find(&text);
            }
            let took = start.elapsed();
            assert!(took.as_secs() < 10, "{part}: {took:?}");
        }
    }

    #[test]
    fn other_dollars_are_left_alone() {
        for text in [
            "pa$$w0rd",
            "$5",
            "a$B",
            "$lower",
            "${}",
            "${1}",
            "{{ prompt }}",
            "${ X }",
            "é${",
            "${input:}",
            "${input:a b}",
        ] {
            assert_eq!(Reference::find(text), Vec::new(), "{text}");
        }
    }
}
