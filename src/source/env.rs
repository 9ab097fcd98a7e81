//! `NAME=value` lines, by the rules of compose-go's `dotenv` package.
//!
//! Nothing is interpolated here: `$` stays as written, and `\$` in double quotes becomes `$$`, as Compose has it before
//! it interpolates. The style says where it does so: in plain and in double-quoted values. Of a name that stands twice
//! the last line counts.

use super::tree::{Builder, NodeId, Tree};
use super::{ParseError, ScalarKind, Span, Style};

pub(super) fn parse(text: &str) -> Result<Tree, ParseError> {
    let mut reader = Reader {
        text,
        at: 0,
        builder: Builder::default(),
    };
    let mut entries = Vec::new();
    while reader.statement() {
        entries.push(reader.entry()?);
    }
    let span = match (entries.first(), entries.last()) {
        (Some((first, _)), Some((_, last))) => {
            reader.builder.span(*first).start..reader.builder.span(*last).end
        }
        _ => 0..0,
    };
    let root = reader.builder.map(span, entries, Style::Indented);
    reader.builder.finish(root)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    builder: Builder,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, blank: impl Fn(char) -> bool) {
        self.at += self.rest().len() - self.rest().trim_start_matches(blank).len();
    }

    /// Goes to the next statement, if there is one.
    fn statement(&mut self) -> bool {
        loop {
            self.skip(char::is_whitespace);
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.skip(|c| c != '\n');
        }
    }

    fn entry(&mut self) -> Result<(NodeId, NodeId), ParseError> {
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with(char::is_whitespace)
        {
            self.at += "export".len();
            self.skip(is_blank);
        }
        let start = self.at;
        let line = self.rest().split('\n').next().unwrap_or_default();
        let mut separator = None;
        for (at, c) in line.char_indices() {
            match c {
                '=' | ':' => {
                    separator = Some(at);
                    break;
                }
                '_' | '.' | '-' | '[' | ']' => {}
                _ if c.is_alphanumeric() || is_blank(c) => {}
                _ => {
                    return Err(ParseError {
                        message: format!("unexpected {c:?} in the name of a variable"),
                        span: start + at..start + at + c.len_utf8(),
                    });
                }
            }
        }
        let name = line[..separator.unwrap_or(line.len())].trim_end();
        let span = start..start + name.len();
        if name.is_empty() {
            return Err(ParseError {
                message: "a line without the name of a variable".into(),
                span: start..start + line.trim_end().len(),
            });
        }
        if name.contains(' ') {
            return Err(ParseError {
                message: "the name of a variable cannot contain a space".into(),
                span,
            });
        }
        let end = span.end;
        let key = self
            .builder
            .scalar(span, ScalarKind::Str, name, Style::Plain);
        let Some(separator) = separator else {
            // `NAME` alone: whatever the environment has.
            self.at = start + line.len();
            let value = self
                .builder
                .scalar(end..end, ScalarKind::Null, "", Style::Plain);
            return Ok((key, value));
        };
        self.at = start + separator + 1;
        Ok((key, self.value()?))
    }

    fn value(&mut self) -> Result<NodeId, ParseError> {
        let after_separator = self.at;
        self.skip(is_blank);
        if let Some(quote @ ('"' | '\'')) = self.rest().chars().next() {
            return self.quoted(quote);
        }
        let line = self.rest().split('\n').next().unwrap_or_default();
        let value = line
            .split_once(" #")
            .map_or(line, |(value, _)| value)
            .trim_end();
        let span = if value.is_empty() {
            after_separator..after_separator
        } else {
            self.at..self.at + value.len()
        };
        self.at += line.len();
        Ok(self
            .builder
            .scalar(span, ScalarKind::Str, value, Style::Plain))
    }

    fn quoted(&mut self, quote: char) -> Result<NodeId, ParseError> {
        let start = self.at;
        let mut value = String::new();
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            if c == quote && !escaped {
                let span: Span = start..start + at + 1;
                self.at = span.end;
                let (value, style) = if quote == '"' {
                    (unescape(&value), Style::Double)
                } else {
                    (value, Style::Single)
                };
                return Ok(self.builder.scalar(span, ScalarKind::Str, &value, style));
            }
            if c == '\\' && !escaped {
                escaped = true;
                continue;
            }
            if escaped && c != quote {
                value.push('\\');
            }
            escaped = false;
            value.push(c);
        }
        let line = self.rest().split('\n').next().unwrap_or_default();
        Err(ParseError {
            message: "a quote that never closes".into(),
            span: start..start + line.trim_end().len(),
        })
    }
}

/// The escapes that Compose undoes in double quotes; the others stay.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (known, length) = match after.as_bytes() {
            [b'0', digits @ ..] => {
                let octal = digits
                    .iter()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b));
                let code = after.get(1..1 + octal.count()).unwrap_or_default();
                match u8::from_str_radix(code, 8) {
                    Ok(byte) if code.len() == 3 => (Some(char::from(byte).to_string()), 4),
                    _ => (None, 0),
                }
            }
            [byte, ..] => {
                let known = match byte {
                    b'a' => "\u{7}",
                    b'b' => "\u{8}",
                    b'c' => "\\c",
                    b'f' => "\u{c}",
                    b'n' => "\n",
                    b'r' => "\r",
                    b't' => "\t",
                    b'v' => "\u{b}",
                    b'$' => "$$",
                    b'"' => "\"",
                    b'\\' => "\\",
                    _ => "",
                };
                (Some(known.to_owned()).filter(|known| !known.is_empty()), 1)
            }
            [] => (None, 0),
        };
        match known {
            Some(known) => {
                out.push_str(&known);
                rest = &after[length..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Compose's blanks: what does not break a line.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}'
    )
}
