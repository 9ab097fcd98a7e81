//! Edits of TOML outside of brackets: lines of `key = value`, and sections with a header.

use serde_json::{Map, Value as Json};

use super::gap::{
    before, below_blank, ends_line, has_comment, indent, line_break, line_end, line_start,
    next_line,
};
use super::walk::{Added, Place, added, edit, own};
use super::{Edit, Refused, flow, render, scalar};
use crate::change::Op;
use crate::source::{Node, Path, Span, Style};

pub(super) fn edits(path: &Path, place: &Place<'_, '_>, op: &Op) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    match op {
        Op::Set(value) => {
            writable(path, value)?;
            if kind(node) != Kind::Value {
                return Err(Refused::Layout(
                    path.clone(),
                    "it has a header of its own, or a name before the dots of others",
                ));
            }
            flow::set(node, value)
        }
        Op::Rename(key) => rename(path, node, key),
        Op::Insert(_, value) | Op::Push(value) => {
            writable(path, value)?;
            let added = added(place, path, op)?;
            match &added {
                Added::Entry(key, value) => insert(node, key, value),
                Added::Item(value) => push(node, value),
            }
        }
        Op::Remove => remove(path, place),
    }
}

/// TOML has no null, and 64 bits for a whole number.
fn writable(path: &Path, value: &Json) -> Result<(), Refused> {
    match value {
        Json::Null => Err(Refused::Unwritable(path.clone(), "null")),
        Json::Number(number) if number.as_i64().is_none() && !number.is_f64() => {
            Err(Refused::Unwritable(path.clone(), "so large a number"))
        }
        Json::Array(items) => items.iter().try_for_each(|item| writable(path, item)),
        Json::Object(entries) => entries.values().try_for_each(|value| writable(path, value)),
        _ => Ok(()),
    }
}

fn rename(path: &Path, node: Node<'_>, key: &str) -> Result<Vec<Edit>, Refused> {
    let (Some(old), Some(parent)) = (node.key(), node.parent()) else {
        return Err(Refused::Shape {
            path: path.clone(),
            wanted: "an entry with a key",
            found: "an item of a list",
        });
    };
    if own(parent, key).is_some() {
        return Err(Refused::Exists(path.parent(), key.to_owned()));
    }
    if mentions(node) != 1 {
        return Err(Refused::Layout(
            path.clone(),
            "its name is written in several places",
        ));
    }
    let text = scalar::toml_key(key, old.style());
    Ok(vec![edit(node, old.span(), text)])
}

fn insert(node: Node<'_>, key: &str, value: &Json) -> Result<Vec<Edit>, Refused> {
    if !node.is_map() {
        return Err(Refused::Shape {
            path: node.path(),
            wanted: "a table",
            found: node.shape_name(),
        });
    }
    if own(node, key).is_some() {
        return Err(Refused::Exists(node.path(), key.to_owned()));
    }
    match kind(node) {
        Kind::Value | Kind::Sections => {
            in_brackets(node, &Added::Entry(key.to_owned(), value.clone()))
        }
        Kind::Dotted => beside(node, key, value),
        Kind::Root | Kind::Section | Kind::Implied => {
            let object = value.as_object().filter(|entries| !entries.is_empty());
            if let Some(mut name) = header_of(node)
                && let Some(mut entries) = object
            {
                name.push(key);
                // What holds one table alone needs no header of its own.
                while let Some((key, inner)) = only_table(entries) {
                    name.push(key);
                    entries = inner;
                }
                return Ok(section(node, &format!("[{}]", dotted(&name)), entries));
            }
            if kind(node) == Kind::Implied {
                return match header_of(node) {
                    Some(name) => {
                        let entries = Map::from_iter([(key.to_owned(), value.clone())]);
                        Ok(section(node, &format!("[{}]", dotted(&name)), &entries))
                    }
                    None => Err(unwritten(node)),
                };
            }
            line(node, key, value)
        }
    }
}

/// The entry of a table that has no other, where that is a table with entries.
fn only_table(entries: &Map<String, Json>) -> Option<(&String, &Map<String, Json>)> {
    let (key, value) = entries.iter().next().filter(|_| entries.len() == 1)?;
    let inner = value.as_object().filter(|inner| !inner.is_empty())?;
    Some((key, inner))
}

fn push(node: Node<'_>, value: &Json) -> Result<Vec<Edit>, Refused> {
    if !node.is_seq() {
        return Err(Refused::Shape {
            path: node.path(),
            wanted: "a list",
            found: node.shape_name(),
        });
    }
    if kind(node) == Kind::Value {
        return in_brackets(node, &Added::Item(value.clone()));
    }
    match (header_of(node), value) {
        (Some(name), Json::Object(entries)) => {
            Ok(section(node, &format!("[[{}]]", dotted(&name)), entries))
        }
        (Some(_), _) => Err(Refused::Unwritable(node.path(), "anything but tables")),
        (None, _) => Err(unwritten(node)),
    }
}

fn in_brackets(node: Node<'_>, added: &Added) -> Result<Vec<Edit>, Refused> {
    if node.own_entries().len() > 0 || node.items().len() > 0 {
        return flow::add(node, added);
    }
    if has_comment(node, node.span()) {
        return Err(Refused::Layout(node.path(), "comments stand inside it"));
    }
    flow::set(node, &added.clone().into_collection())
}

/// A line of its own for an entry: after the last of the table's own ones, or below the header.
fn line(node: Node<'_>, key: &str, value: &Json) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let br = line_break(text);
    let key = scalar::toml_key(key, Style::Plain);
    let value = render::toml(value, Style::Plain);
    let last = node
        .own_entries()
        .map(|(_, value)| value)
        .filter(|value| matches!(kind(*value), Kind::Value | Kind::Dotted))
        .max_by_key(|value| value.span().end);
    let after = match last {
        Some(last) => Some(last.span().end),
        None if kind(node) == Kind::Section => Some(header(node)),
        None => None,
    };
    if let Some(after) = after {
        if !ends_line(source, after) {
            return Err(odd(node));
        }
        let at = line_end(text, after);
        let blanks = match last {
            Some(last) => first_line_indent(last),
            None => indent(text, node.span().start),
        };
        return Ok(vec![edit(
            node,
            at..at,
            format!("{br}{blanks}{key} = {value}"),
        )]);
    }
    // A root without entries: above its first section, and above what is said of that.
    let Some(first) = sections(node).first().map(|section| section.start) else {
        let end = text.len();
        let lead = if before(text, end).is_empty() { "" } else { br };
        return Ok(vec![edit(
            node,
            end..end,
            format!("{lead}{key} = {value}{br}"),
        )]);
    };
    let mut at = line_start(text, first);
    while at > 0 {
        let above = line_start(text, at - 1);
        if !text[above..at].trim_start().starts_with('#') {
            break;
        }
        at = above;
    }
    Ok(vec![edit(node, at..at, format!("{key} = {value}{br}{br}"))])
}

/// An entry of a table whose name stands before each of its keys: a line like its last one.
fn beside(node: Node<'_>, key: &str, value: &Json) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let Some((last_key, last)) = node.own_entries().last() else {
        return Err(odd(node));
    };
    if kind(last) != Kind::Value
        || node
            .parent()
            .is_some_and(|parent| kind(parent) == Kind::Value)
    {
        return Err(unwritten(node));
    }
    let prefix = before(text, last_key.span().start);
    let end = last.span().end;
    if !prefix.trim_end().ends_with('.') || !ends_line(source, end) {
        return Err(odd(node));
    }
    let at = line_end(text, end);
    let key = scalar::toml_key(key, Style::Plain);
    let value = render::toml(value, Style::Plain);
    let br = line_break(text);
    Ok(vec![edit(
        node,
        at..at,
        format!("{br}{prefix}{key} = {value}"),
    )])
}

/// A section after everything that is below `node`.
fn section(node: Node<'_>, header: &str, entries: &Map<String, Json>) -> Vec<Edit> {
    let text = node.source().text();
    let br = line_break(text);
    let mut lines = vec![header.to_owned()];
    lines.extend(entries.iter().map(|(key, value)| {
        format!(
            "{} = {}",
            scalar::toml_key(key, Style::Plain),
            render::toml(value, Style::Plain)
        )
    }));
    let lines = lines.join(br);
    if node.parent().is_none() {
        let end = text.len();
        let gap = match text {
            "" => String::new(),
            _ if text.ends_with('\n') => br.to_owned(),
            _ => br.repeat(2),
        };
        return vec![edit(node, end..end, format!("{gap}{lines}{br}"))];
    }
    let at = line_end(
        text,
        sections(node)
            .iter()
            .map(|section| section.end)
            .max()
            .unwrap_or(0),
    );
    vec![edit(node, at..at, format!("{br}{br}{lines}"))]
}

fn remove(path: &Path, place: &Place<'_, '_>) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    let source = node.source();
    let text = source.text();
    let Some(parent) = node.parent() else {
        return Err(Refused::Layout(path.clone(), "it is the whole file"));
    };
    if kind(parent) == Kind::Value {
        return flow::remove(parent, place.slots.last().copied().unwrap_or(0));
    }
    let siblings = parent.own_entries().len() + parent.items().len();
    if siblings == 1 && matches!(kind(parent), Kind::Implied | Kind::Dotted | Kind::Sections) {
        return Err(Refused::Layout(
            path.clone(),
            "what it stands in is written nowhere else",
        ));
    }
    match (kind(node), node.key()) {
        (Kind::Value, Some(key)) => {
            let ahead = before(text, key.span().start).trim();
            let end = node.span().end;
            if !(ahead.is_empty() || ahead.ends_with('.')) || !ends_line(source, end) {
                return Err(odd(node));
            }
            let start = line_start(text, key.span().start);
            Ok(vec![edit(node, start..next_line(text, end), "")])
        }
        (Kind::Section | Kind::Implied | Kind::Sections, _) => {
            let mut lines: Vec<Span> = Vec::new();
            for section in sections(node) {
                if !ends_line(source, section.end) {
                    return Err(odd(node));
                }
                let section = with_gap(text, section);
                match lines.last_mut() {
                    Some(last) if last.end >= section.start => last.end = section.end,
                    _ => lines.push(section),
                }
            }
            if let Some(last) = lines.last_mut().filter(|last| last.end == text.len()) {
                last.start = above_blank(text, last.start);
            }
            Ok(lines
                .into_iter()
                .map(|lines| edit(node, lines, ""))
                .collect())
        }
        _ => Err(Refused::Layout(
            path.clone(),
            "its name stands before each of its keys",
        )),
    }
}

/// The lines of a section, and the blank ones between it and the next.
fn with_gap(text: &str, section: Span) -> Span {
    line_start(text, section.start)..below_blank(text, next_line(text, section.end))
}

/// Where the blank lines above a line begin.
fn above_blank(text: &str, mut at: usize) -> usize {
    while at > 0 && text[line_start(text, at - 1)..at].trim().is_empty() {
        at = line_start(text, at - 1);
    }
    at
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Root,
    /// In its key's line, or in brackets.
    Value,
    /// A table below a header of its own.
    Section,
    /// A table that headers of others name alone.
    Implied,
    /// A table named before the dots of keys alone.
    Dotted,
    /// A list of sections.
    Sections,
}

fn kind(node: Node<'_>) -> Kind {
    let text = node.source().text();
    if node.parent().is_none() {
        return Kind::Root;
    }
    let start = node.span().start;
    if node.style() != Style::Indented {
        return match node.is_map() && !text[start..].starts_with('{') {
            true => Kind::Dotted,
            false => Kind::Value,
        };
    }
    if node.is_seq() {
        return Kind::Sections;
    }
    let below = node
        .own_entries()
        .any(|(_, value)| value.span().start == start);
    match text[start..].starts_with('[') {
        true if below => Kind::Implied,
        true => Kind::Section,
        false => Kind::Dotted,
    }
}

/// The end of a section's header.
fn header(section: Node<'_>) -> usize {
    let text = section.source().text();
    let start = section.span().start;
    let close = if text[start..].starts_with("[[") {
        "]]"
    } else {
        "]"
    };
    // Its last name ends where the bracket follows, whatever is in its quotes.
    let key = section.key().or_else(|| section.parent()?.key());
    let name = key
        .map(|key| key.span())
        .filter(|key| key.start >= start && key.end <= line_end(text, start))
        .map_or(start, |key| key.end);
    text[name..]
        .find(close)
        .map_or(name, |length| name + length + close.len())
}

/// The names in the header of a table or of a list of sections; nothing where an item of a list is on the way, or
/// a table that is written otherwise.
fn header_of(node: Node<'_>) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut at = node;
    while let Some(parent) = at.parent() {
        if !matches!(kind(at), Kind::Section | Kind::Implied | Kind::Sections) {
            return None;
        }
        names.push(at.key()?.scalar_text()?);
        at = parent;
    }
    names.reverse();
    Some(names)
}

fn dotted(names: &[impl AsRef<str>]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| scalar::toml_key(name.as_ref(), Style::Plain))
        .collect();
    names.join(".")
}

/// The sections that a node is made of: its own and those below it, in the order of the file.
fn sections(node: Node<'_>) -> Vec<Span> {
    let mut sections = Vec::new();
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        if kind(node) == Kind::Section {
            let end = node.span().end.max(header(node));
            sections.push(node.span().start..end);
        }
        let below = node.own_entries().map(|(_, value)| value);
        left.extend(
            below
                .chain(node.items())
                .filter(|below| kind(*below) != Kind::Value),
        );
    }
    sections.sort_by_key(|section| section.start);
    sections
}

/// In how many places the file writes the name of a node.
fn mentions(node: Node<'_>) -> usize {
    let below = || {
        node.own_entries()
            .map(|(_, value)| value)
            .chain(node.items())
    };
    match kind(node) {
        Kind::Root => 0,
        Kind::Value => 1,
        Kind::Dotted => below().map(mentions).sum(),
        Kind::Section | Kind::Implied | Kind::Sections => {
            let own = usize::from(kind(node) == Kind::Section);
            let headed =
                below().filter(|below| !matches!(kind(*below), Kind::Value | Kind::Dotted));
            own + headed.map(mentions).sum::<usize>()
        }
    }
}

fn first_line_indent(node: Node<'_>) -> &str {
    let start = node.key().map_or(node.span().start, |key| key.span().start);
    indent(node.source().text(), start)
}

fn unwritten(node: Node<'_>) -> Refused {
    Refused::Layout(
        node.path(),
        "it is written neither below a header nor in braces",
    )
}

fn odd(node: Node<'_>) -> Refused {
    Refused::Layout(node.path(), "it is laid out in an unusual way")
}
