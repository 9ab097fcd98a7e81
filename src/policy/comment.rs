//! `# mcpdoc: ignore[id] reason`: a comment that says of the findings of its line that they do not count.

use std::ops::Range;

use crate::source::{Format, Node, Shape, Source, SourceId};

/// A comment that is meant for mcpdoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The file that it stands in.
    pub source: SourceId,
    /// That file's name.
    pub name: String,
    /// The bytes from `mcpdoc:` to its end.
    pub span: Range<usize>,
    /// The line of which it speaks, from 1: its own, or the next one with something in it where it stands alone.
    pub line: u32,
    /// The checks that it names. None: it cannot be read.
    pub checks: Vec<Named>,
    /// Why.
    pub reason: Option<String>,
}

/// A check that a comment names, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As it is written.
    pub id: String,
    /// The bytes of it.
    pub span: Range<usize>,
}

impl Comment {
    /// Which of its checks it is that has one of these names.
    pub(super) fn names(&self, names: &[&str]) -> Option<usize> {
        let mut checks = self.checks.iter();
        checks.position(|named| names.contains(&named.id.as_str()))
    }
}

/// What every comment for mcpdoc begins with.
const MARK: &str = "mcpdoc:";

/// The comments of a file that are meant for mcpdoc.
pub fn comments(source: &Source) -> Vec<Comment> {
    let text = source.text();
    let signs = signs(source.format());
    if signs.is_empty() || meant(text).next().is_none() {
        return Vec::new();
    }
    let scalars: Vec<Range<usize>> = source
        .nodes()
        .filter(|node| matches!(node.shape(), Shape::Scalar(_)))
        .map(Node::span)
        .collect();
    // Behind a value it is part of it to some readers.
    let only_alone = source.format() == Format::Env;
    let mut start = 0;
    let mut comments = Vec::new();
    for line in text.split_inclusive('\n') {
        let written = line.trim_end();
        // What a value says is no comment.
        let is_value = |at: usize| scalars.iter().any(|span| span.contains(&(start + at)));
        if let Some((sign, mark)) = found(written, signs, &is_value) {
            let alone = written[..sign].trim().is_empty() && !goes_on(&written[sign..]);
            if alone || !only_alone {
                let at = start + mark;
                let line = match alone {
                    true => next_line(text, start + line.len(), signs),
                    false => start,
                };
                let line = source.position(line).line;
                comments.push(read(source, at, line, &written[mark..]));
            }
        }
        start += line.len();
    }
    comments
}

/// What comments of a format begin with. JSON has none.
fn signs(format: Format) -> &'static [&'static str] {
    match format {
        Format::Yaml(_) | Format::Toml | Format::Env => &["#"],
        Format::Jsonc => &["//", "/*"],
        Format::Json => &[],
    }
}

/// Where in a line a comment begins that is meant for mcpdoc, and where in it that shows.
fn found(line: &str, signs: &[&str], is_value: &dyn Fn(usize) -> bool) -> Option<(usize, usize)> {
    // A value may have the name of mcpdoc, too.
    meant(line).find_map(|mark| {
        let begins = signs.iter().flat_map(|sign| {
            let all = line[..mark].match_indices(sign);
            // A `#` that joins a word is part of it.
            all.map(|(at, _)| at).filter(|at| {
                let before = &line[..*at];
                let apart =
                    before.is_empty() || before.ends_with(char::is_whitespace) || *sign != "#";
                apart && !is_value(*at)
            })
        });
        begins.min().map(|begins| (begins, mark))
    })
}

/// Whether something stands in the line behind a comment that ends in it.
fn goes_on(comment: &str) -> bool {
    let end = comment
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"));
    end.is_some_and(|(_, behind)| !behind.trim().is_empty())
}

/// Where something is meant for mcpdoc: its mark, or what may be a slip of it, as `mcpdoc-ignore: x` is.
fn meant(text: &str) -> impl Iterator<Item = usize> {
    let name = &MARK[..MARK.len() - 1];
    let starts = text.match_indices(['m', 'M']).map(|(at, _)| at);
    starts.filter(move |at| {
        let rest = &text.as_bytes()[*at..];
        let is_named = |rest: &[u8], word: &str| {
            let head = rest.get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        };
        let parts = |byte: &u8| matches!(byte, b':' | b'-' | b'_' | b' ' | b'\t');
        is_named(rest, name) && {
            let behind = &rest[name.len()..];
            let apart = behind.iter().take_while(|byte| parts(byte)).count();
            behind.starts_with(b":") || apart > 0 && is_named(&behind[apart..], "ignore")
        }
    })
}

/// The start of the next line that holds more than a comment; the end of the text where there is none.
fn next_line(text: &str, from: usize, signs: &[&str]) -> usize {
    let mut start = from;
    for line in text[from..].split_inclusive('\n') {
        let written = line.trim();
        if !written.is_empty() && !signs.iter().any(|sign| written.starts_with(sign)) {
            return start;
        }
        start += line.len();
    }
    start
}

/// A comment from its mark on.
fn read(source: &Source, at: usize, line: u32, written: &str) -> Comment {
    let written = written.split("*/").next().unwrap_or_default().trim_end();
    let (checks, reason) = parts(at, written).unwrap_or_default();
    Comment {
        source: source.id(),
        name: source.name().to_owned(),
        span: at..at + written.len(),
        line,
        checks,
        reason,
    }
}

/// The checks that a comment names, and its reason; nothing where it cannot be read.
fn parts(at: usize, written: &str) -> Option<(Vec<Named>, Option<String>)> {
    let listed = written
        .strip_prefix(MARK)?
        .trim_start()
        .strip_prefix("ignore")?
        .trim_start()
        .strip_prefix('[')?;
    let (ids, rest) = listed.split_once(']')?;
    let mut from = at + (written.len() - listed.len());
    let mut checks = Vec::new();
    for piece in ids.split(',') {
        let id = piece.trim();
        let start = from + (piece.len() - piece.trim_start().len());
        if !id.is_empty() {
            checks.push(Named {
                id: id.to_owned(),
                span: start..start + id.len(),
            });
        }
        from += piece.len() + 1;
    }
    let reason = rest.trim().trim_start_matches(['-', ':', '–', '—']).trim();
    Some((
        checks,
        Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Dialect;

    const YAML: Format = Format::Yaml(Dialect::GoYaml);

    fn said(format: Format, text: &str) -> Vec<String> {
        let source = Source::new(SourceId(0), "f", format, Ok(text.into()));
        let comments = comments(&source);
        let said = comments.iter().map(|one| {
            for named in &one.checks {
                assert_eq!(&text[named.span.clone()], named.id);
            }
            assert!(text[one.span.clone()].starts_with(MARK));
            let ids: Vec<&str> = one.checks.iter().map(|named| named.id.as_str()).collect();
            let reason = one.reason.as_deref().unwrap_or("none");
            format!("{} {} {reason}", one.line, ids.join("+"))
        });
        said.collect()
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_next() {
        assert_eq!(
            said(YAML, "a: 1 # mcpdoc: ignore[x] why not\n"),
            ["1 x why not"]
        );
        assert_eq!(
            said(YAML, "# mcpdoc: ignore[x, y]: both\n\n# more\na: 1\n"),
            ["4 x+y both"]
        );
        assert_eq!(
            said(YAML, "a:\n  # mcpdoc:ignore [ x ]\n  b: 1"),
            ["3 x none"]
        );
        assert_eq!(
            said(YAML, "a: 1\r\n# mcpdoc: ignore[x] r\r\nb: 2\r\n"),
            ["3 x r"]
        );
        assert_eq!(
            said(YAML, "url: http://mcpdoc:9999/sse # mcpdoc: ignore[x] r\n"),
            ["1 x r"]
        );
        assert_eq!(
            said(
                Format::Jsonc,
                "{\"a\": {/* mcpdoc: ignore[x] r */ \"b\": 1},\n/* mcpdoc: ignore[y] s */ \"c\": 2,\n\"d\": 3}"
            ),
            ["1 x r", "2 y s"]
        );
        assert_eq!(
            said(YAML, "a: 1 # no UI; mcpdoc: ignore[x] why not\n"),
            ["1 x why not"]
        );
        assert_eq!(said(Format::Toml, "a = 1 # mcpdoc: ignore[x] r"), ["1 x r"]);
        assert_eq!(said(Format::Env, "# mcpdoc: ignore[x] r\nA=1"), ["2 x r"]);
        assert_eq!(
            said(
                Format::Jsonc,
                "{\n// mcpdoc: ignore[x] r\n\"a\": 1, /* mcpdoc: ignore[y] s */\n\"b\": 2}"
            ),
            ["3 x r", "3 y s"]
        );
    }

    #[test]
    fn what_is_no_comment_says_nothing() {
        for (format, text) in [
            (YAML, "a: 'x # mcpdoc: ignore[x] r'"),
            (YAML, "a: |\n  # mcpdoc: ignore[x] r\n  b"),
            (YAML, "a: b# mcpdoc: ignore[x] r"),
            (YAML, "a: 1 # mcpdoc finds this"),
            (YAML, "a: 1 # the settings of mcpdoc are beside"),
            (Format::Json, "{\"a\": \"// mcpdoc: ignore[x] r\"}"),
            (Format::Jsonc, "{\"a\": \"// mcpdoc: ignore[x] r\"}"),
            (Format::Env, "A=1 # mcpdoc: ignore[x] r"),
            (Format::Toml, "a = \"# mcpdoc: ignore[x] r\""),
        ] {
            assert_eq!(said(format, text), [] as [&str; 0], "{text}");
        }
    }

    #[test]
    fn a_comment_that_cannot_be_read_names_no_check() {
        for text in [
            "a: 1 # mcpdoc: ignore",
            "a: 1 # mcpdoc: ignore x",
            "a: 1 # mcpdoc: disable[x]",
            "a: 1 # mcpdoc: ignore[x",
            "a: 1 # mcpdoc: ignore[]",
            "a: 1 # mcpdoc ignore[x] r",
            "a: 1 # mcpdoc-ignore: x",
            "a: 1 # MCPDOC: Ignore[x]",
        ] {
            let source = Source::new(SourceId(0), "f", YAML, Ok(text.into()));
            let found = comments(&source);
            assert!(found.len() == 1 && found[0].checks.is_empty(), "{text}");
        }
    }
}
