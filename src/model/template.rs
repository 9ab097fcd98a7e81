//! Files that something fills in before their reader sees them.

/// A way in which a file is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// How what is to be filled in is written.
    pub marks: Marks,
    /// What fills it in, in words that name where it is written; nothing when only the marks tell.
    pub by: Option<String>,
}

/// How a place to be filled in is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// `${NAME}`: envsubst, Flux.
    Variables,
    /// `{{ … }}` and `{% … %}`: Jinja, Helm, Go.
    Braces,
    /// `__NAME__`: sed and the like.
    Underscores,
}

impl Marks {
    /// The first place of a text that is to be filled in, as it is written.
    pub fn find(self, text: &str) -> Option<&str> {
        match self {
            Marks::Variables => between(text, "${", "}"),
            Marks::Braces => between(text, "{{", "}}").or_else(|| between(text, "{%", "%}")),
            Marks::Underscores => {
                let mut from = 0;
                loop {
                    let start = from + text[from..].find("__")?;
                    let name = &text[start + 2..];
                    let length = name
                        .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
                        .unwrap_or(name.len());
                    let whole = name[..length].strip_suffix("__");
                    if whole.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
                    {
                        return Some(&text[start..start + 2 + length]);
                    }
                    from = start + 2 + length;
                }
            }
        }
    }
}

/// Whether a text that does not parse at `error` is a template of Jinja's, Helm's or Go's: these have marks in lines up
/// to that one, outside of quotes and comments.
pub fn is_unrendered(text: &str, error: usize) -> bool {
    let error = text.floor_char_boundary(error);
    let end = text[error..]
        .find('\n')
        .map_or(text.len(), |line| error + line);
    text[..end].lines().any(|line| {
        let mut marks = ["{{", "{%"].iter().filter_map(|mark| line.find(mark));
        marks.any(|at| {
            let before = &line[..at];
            let quotes = before.matches(['"', '\'']).count();
            let comment = before.trim_start().starts_with('#') || before.contains(" #");
            quotes % 2 == 0 && !comment
        })
    })
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = text.find(open)?;
    let length = text[start + open.len()..].find(close)?;
    Some(&text[start..start + open.len() + length + close.len()])
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn places_are_found_by_their_marks() {
        for (marks, text, found) in [
            (Marks::Variables, "http://${HOST}:80", Some("${HOST}")),
            (Marks::Variables, "$HOST", None),
            (Marks::Braces, "http://{{ host }}/mcp", Some("{{ host }}")),
            (Marks::Braces, "{% if a %}x{% endif %}", Some("{% if a %}")),
            (Marks::Braces, "{ a: {b: c} }", None),
            (Marks::Underscores, "x__MCP_URL__y", Some("__MCP_URL__")),
            (Marks::Underscores, "__init__ __DB2__", Some("__DB2__")),
            (Marks::Underscores, "a__b ____ __", None),
        ] {
            assert_eq!(marks.find(text), found, "{text}");
        }
    }
}
