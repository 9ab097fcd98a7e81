//! `name=value`, `name: value` and `--name value` in running text.

use std::ops::Range;

use super::word::{References, is_switch, is_telling, names_login};

/// What a text is, which decides how far a value reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// One value of a file: a header, an argument, a line of a list.
    Value,
    /// Lines of a file.
    Lines,
    /// Words for people; a colon there is mostly punctuation.
    Prose,
}

/// A name and what is given to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub name: Range<usize>,
    pub value: Range<usize>,
    /// It is meant, even among words: it is no colon.
    pub meant: bool,
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Every assignment of a text to a telling name, line by line.
pub(super) fn assignments(text: &str, kind: Text) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        in_line(text, start..start + line.trim_end().len(), kind, &mut found);
        start += line.len();
    }
    found
}

/// How many values may stand within each other; what is deeper is part of a value that is hidden already.
const DEPTH: usize = 8;

fn in_line(text: &str, line: Range<usize>, kind: Text, found: &mut Vec<Assignment>) {
    let bytes = text.as_bytes();
    let scan = Scan {
        text,
        references: References::of(text, line.clone()),
        line,
    };
    let lead = scan.lead();
    // Where the values end that are being read.
    let mut open: Vec<usize> = Vec::new();
    for at in scan.line.clone() {
        while open.last().is_some_and(|end| *end <= at) {
            open.pop();
        }
        let assignment = match bytes[at] {
            _ if open.len() == DEPTH => None,
            b'=' | b':' => scan.assignment(at, kind, lead),
            b'-' => scan.flag(at, kind).map(|assignment| (assignment, false)),
            b'$' => scan.default(at).map(|assignment| (assignment, false)),
            _ => None,
        };
        let Some((assignment, takes_line)) = assignment else {
            continue;
        };
        let rest_is_taken = takes_line && !is_switch(&text[assignment.value.clone()]);
        open.push(assignment.value.end);
        found.push(assignment);
        if rest_is_taken {
            return;
        }
    }
}

/// A line that is read.
struct Scan<'a> {
    text: &'a str,
    line: Range<usize>,
    references: References<'a>,
}

impl Scan<'_> {
    /// What the sign at `at` assigns, and whether its value reaches to the end of the line.
    fn assignment(&self, at: usize, kind: Text, lead: Lead) -> Option<(Assignment, bool)> {
        let (text, bytes, end) = (self.text, self.text.as_bytes(), self.line.end);
        let equals = bytes[at] == b'=';
        let name = name_before(bytes, self.line.start, at)?;
        let mut from = at + 1;
        while from < end && bytes[from] == b' ' {
            from += 1;
        }
        // `scheme://`, `host:4000`, `a == b`: nothing is given to a name there.
        let escaped = text[from..end].starts_with("\\\"");
        let spaced =
            from > at + 1 || escaped || (from < end && matches!(bytes[from], b'"' | b'\''));
        if from >= end || (!equals && !spaced) || bytes[from] == b'=' {
            return None;
        }
        if !is_telling(&text[name.clone()]) && !names_login(&text[name.clone()]) {
            return None;
        }
        if escaped {
            // A text in quotes within another.
            let from = from + "\\\"".len();
            let length = text[from..end].find(['\\', '"']).unwrap_or(end - from);
            let assignment = Assignment {
                name,
                value: from..from + length,
                meant: true,
            };
            return (length > 0).then_some((assignment, false));
        }
        let leads = name.start == lead.at;
        let ends = match (kind, leads, equals) {
            // A key in quotes is JSON's.
            _ if bytes[at - 1] == b'"' => Ends::Item,
            (Text::Prose, ..) | (_, false, true) | (Text::Value, false, _) => Ends::Word,
            (_, leads, _) if lead.in_flow || !leads => Ends::Item,
            _ => Ends::Line,
        };
        let assignment = Assignment {
            name,
            value: self.value(from, ends)?,
            meant: equals,
        };
        Some((assignment, ends == Ends::Line))
    }

    /// What a variable is where it is not set: `${DB_PASSWORD:-abc}`.
    fn default(&self, at: usize) -> Option<Assignment> {
        let value = self.references.default_at(at..self.line.end)?;
        let start = at + "${".len();
        let bytes = self.text.as_bytes()[start..value.start].iter();
        let name = start
            ..start
                + bytes
                    .take_while(|byte| is_name_byte(**byte) && **byte != b'-')
                    .count();
        is_telling(&self.text[name.clone()]).then_some(Assignment {
            name,
            value,
            meant: true,
        })
    }

    /// What follows the flag that begins at `at`: `--token abc`, `"--token", "abc"`.
    fn flag(&self, at: usize, kind: Text) -> Option<Assignment> {
        let (text, bytes, end) = (self.text, self.text.as_bytes(), self.line.end);
        let starts = at == self.line.start || {
            let before = bytes[at - 1];
            before.is_ascii_whitespace()
                || matches!(before, b'"' | b'\'' | b'`' | b'[' | b',' | b'(')
        };
        if !starts {
            return None;
        }
        let count = |from: usize, class: fn(u8) -> bool| {
            let bytes = bytes[from..end].iter();
            bytes.take_while(|byte| class(**byte)).count()
        };
        let word = at + count(at, |byte| byte == b'-');
        let name = word..word + count(word, is_name_byte);
        let between = name.end
            ..name.end
                + count(name.end, |byte| {
                    matches!(byte, b' ' | b'\t' | b',' | b'"' | b'\'' | b'\\')
                });
        let parted = text[between.clone()].contains([' ', '\t', ',']);
        if name.is_empty()
            || !parted
            || between.end >= end
            || bytes[between.end] == b'-'
            || !is_telling(&text[name.clone()])
        {
            return None;
        }
        // The quote that opens the value, unless it is escaped.
        let quoted =
            matches!(bytes[between.end - 1], b'"' | b'\'') && bytes[between.end - 2] != b'\\';
        let value = self.value(between.end - usize::from(quoted), Ends::Word)?;
        let is_word = kind == Text::Prose && is_small_word(&text[value.clone()]);
        (!is_word).then_some(Assignment {
            name,
            value,
            meant: true,
        })
    }

    /// The value that begins at `from`, without its quotes.
    fn value(&self, from: usize, ends: Ends) -> Option<Range<usize>> {
        let value = from..self.value_end(from, ends);
        let value = match self.text.as_bytes()[value.start] {
            b'"' | b'\'' if value.len() >= 2 => value.start + 1..value.end,
            _ => value,
        };
        (!value.is_empty()).then_some(value)
    }

    /// Where the first name of the line can begin: behind indentation, list and comment marks, quotes and `export`.
    fn lead(&self) -> Lead {
        let line = &self.text[self.line.clone()];
        let marks = |c: char| c.is_whitespace() || matches!(c, '-' | '#' | '"' | '\'' | '{' | '[');
        let rest = line.trim_start_matches(marks);
        let in_flow = line[..line.len() - rest.len()].contains(['{', '[']);
        let rest = rest.strip_prefix("export ").unwrap_or(rest);
        Lead {
            at: self.line.end - rest.len(),
            in_flow,
        }
    }

    /// Where a value ends: at its closing quote, else as told; never within a reference.
    fn value_end(&self, from: usize, ends: Ends) -> usize {
        let (bytes, end) = (self.text.as_bytes(), self.line.end);
        let rest = &self.text[from..end];
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let mut escaped = false;
            for (at, c) in rest.char_indices().skip(1) {
                match c {
                    _ if escaped => escaped = false,
                    '\\' if quote == '"' => escaped = true,
                    c if c == quote => return from + at,
                    _ => {}
                }
            }
            return end;
        }
        let stops: &[u8] = match ends {
            Ends::Line => {
                return from + rest.split(" #").next().unwrap_or(rest).trim_end().len();
            }
            Ends::Item => b",}]",
            Ends::Word => b"&;,\"'`)} \t",
        };
        let mut at = from;
        while at < end {
            let starts_word = at == from || !bytes[at - 1].is_ascii_alphanumeric();
            let may_refer = matches!(bytes[at], b'$' | b'<' | b'{' | b'%' | b'o');
            match may_refer.then(|| self.references.length_at(at..end, starts_word)) {
                Some(Some(length)) => at += length,
                _ if stops.contains(&bytes[at]) => return at,
                _ => at += self.text[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        end
    }
}

/// The beginning of a line.
#[derive(Clone, Copy)]
struct Lead {
    /// Where its first name can stand.
    at: usize,
    /// A bracket stands before that.
    in_flow: bool,
}

/// Words that follow the name of a flag in a sentence.
fn is_small_word(word: &str) -> bool {
    [
        "and", "argument", "flag", "for", "from", "has", "into", "must", "option", "that", "this",
        "with",
    ]
    .contains(&word)
}

/// The name that ends before `at`, quotes and spaces between left out.
fn name_before(bytes: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let mut end = at;
    while end > from && bytes[end - 1] == b' ' {
        end -= 1;
    }
    if end > from && matches!(bytes[end - 1], b'"' | b'\'') {
        end -= 1;
        if end > from && bytes[end - 1] == b'\\' {
            end -= 1;
        }
    }
    let mut start = end;
    while start > from && is_name_byte(bytes[start - 1]) {
        start -= 1;
    }
    (start < end).then_some(start..end)
}

/// The name that something is given to which follows `before`: `NAME=`, `NAME: "`, `${NAME:-`.
pub(super) fn name_of(before: &str) -> Option<&str> {
    let head = before.trim_end_matches(['"', '\'', ' ', '-']);
    let at = head.strip_suffix(['=', ':'])?.len();
    name_before(head.as_bytes(), 0, at).map(|name| &head[name])
}

/// Where a value without quotes ends: with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Word,
    Item,
    Line,
}
