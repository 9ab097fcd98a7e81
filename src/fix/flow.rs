//! Edits within brackets: JSON, YAML's flow collections, TOML's arrays and inline tables.

use serde_json::Value as Json;

use super::gap::{
    before, ends_line, has_comment, indent, line_break, line_end, line_start, marks, next_line,
};
use super::render::{self, JsonHand, is_yaml};
use super::scalar;
use super::walk::{Added, edit};
use super::{Edit, Refused};
use crate::source::{Format, Node, Span, Style};

/// Another value for a node in brackets, or for any node of JSON.
pub(super) fn set(node: Node<'_>, value: &Json) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let span = node.span();
    if source.format() == Format::Toml {
        return Ok(vec![edit(node, span, render::toml(value, node.style()))]);
    }
    if !is_yaml(source) {
        let tall = node
            .parent()
            .is_none_or(|parent| text[parent.span()].contains('\n'));
        let value = if tall {
            JsonHand::of(source).tall(value, indent(text, span.start))
        } else {
            render::wide(value, is_compact(node.parent().unwrap_or(node)))
        };
        return Ok(vec![edit(node, span, value)]);
    }
    let style = match node.style() {
        style @ (Style::Single | Style::Double) if !node.is_alias() => style,
        Style::Flow => quoting(node),
        _ => node.parent().map_or(Style::Plain, quoting),
    };
    let value = render::flow(value, style);
    if !span.is_empty() {
        return Ok(vec![edit(node, span, value)]);
    }
    // A value that is not written may lack its colon too.
    let colon = match node.key() {
        Some(key) => !marks(source, key.span().end..span.start.max(key.span().end)).is_empty(),
        None => return Err(odd(node)),
    };
    let lead = if colon { " " } else { ": " };
    Ok(vec![edit(node, span, format!("{lead}{value}"))])
}

/// A new entry or item at the end.
pub(super) fn add(node: Node<'_>, added: &Added) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let spans = parts(node)?;
    let Some(last) = spans.last() else {
        return Err(odd(node));
    };
    let close = node.span().end - 1;
    let comma = separator(node, last.end..close)?;
    let tall = before(text, last.start).trim().is_empty() && text[last.end..close].contains('\n');
    if !tall {
        let compact = is_compact(node);
        let written = written(node, added, None);
        let blank = if compact { "" } else { " " };
        return Ok(match comma {
            Some(comma) => vec![edit(
                node,
                comma.end..comma.end,
                format!("{blank}{written}"),
            )],
            None => vec![edit(node, last.end..last.end, format!(",{blank}{written}"))],
        });
    }
    let end = comma.as_ref().map_or(last.end, |comma| comma.end);
    let line = line_end(text, end);
    if !ends_line(source, end) || line > close || text[last.end..end].contains('\n') {
        return Err(odd(node));
    }
    let blanks = indent(text, last.start);
    let written = written(node, added, Some(blanks));
    let below = format!("{}{blanks}{written}", line_break(text));
    Ok(match comma {
        // A comma after the last one stays the file's habit.
        Some(_) => vec![edit(node, line..line, format!("{below},"))],
        None if line == end => vec![edit(node, end..end, format!(",{below}"))],
        None => vec![edit(node, end..end, ","), edit(node, line..line, below)],
    })
}

/// An entry or item goes with its separator, and with its lines where they are its own.
pub(super) fn remove(parent: Node<'_>, slot: usize) -> Result<Vec<Edit>, Refused> {
    let source = parent.source();
    let text = source.text();
    let spans = parts(parent)?;
    let span = spans.get(slot).cloned().ok_or_else(|| odd(parent))?;
    let open = parent.span().start + 1;
    let close = parent.span().end - 1;
    let previous = slot.checked_sub(1).map(|slot| spans[slot].clone());
    let ahead = previous.as_ref().map_or(open, |previous| previous.end);
    let earlier = separator(parent, ahead..span.start)?;
    let next = spans.get(slot + 1).map_or(close, |next| next.start);
    let later = separator(parent, span.end..next)?;
    let end = later.as_ref().map_or(span.end, |comma| comma.end);
    let comments = has_comment(parent, open..span.start.min(spans[0].start))
        || has_comment(parent, end..close);
    if spans.len() == 1 && !comments && !has_comment(parent, span.end..end) {
        return Ok(vec![edit(parent, open..close, "")]);
    }
    let line = line_end(text, end);
    let own_lines = before(text, span.start).trim().is_empty()
        && line_start(text, span.start) >= ahead
        && ends_line(source, end)
        && line <= close
        && line < text.len();
    let mut edits = Vec::new();
    // Without a comma of its own it takes the one before it.
    if later.is_none()
        && let Some(comma) = earlier
    {
        if !own_lines && !has_comment(parent, comma.end..span.start) {
            return Ok(vec![edit(parent, comma.start..span.end, "")]);
        }
        edits.push(edit(parent, comma, ""));
    }
    let range = if own_lines {
        line_start(text, span.start)..next_line(text, end)
    } else {
        let blanks = text[end..next].len() - text[end..next].trim_start_matches([' ', '\t']).len();
        let follows = later.is_some() && next > end + blanks;
        // Blanks go with what they lead to; before a line break or comment they may stay.
        span.start..if follows { end } else { end + blanks }
    };
    edits.push(edit(parent, range, ""));
    Ok(edits)
}

/// How the collection quotes its strings: in double quotes if its last one does.
pub(super) fn quoting(node: Node<'_>) -> Style {
    let scalar = match node.own_entries().last() {
        Some((key, _)) => Some(key),
        None => node.items().last(),
    };
    match scalar.map(|scalar| (scalar.is_alias(), scalar.style())) {
        Some((false, style @ (Style::Single | Style::Double))) => style,
        _ => Style::Plain,
    }
}

/// An addition as text; over several lines, and then indented, only where the siblings have theirs.
fn written(node: Node<'_>, added: &Added, indent: Option<&str>) -> String {
    let source = node.source();
    let compact = is_compact(node);
    if is_yaml(source) {
        let style = quoting(node);
        return match added {
            Added::Entry(key, value) => format!(
                "{}: {}",
                scalar::yaml(key, style, true),
                render::flow(value, entry_quoting(node, style))
            ),
            Added::Item(value) => render::flow(value, style),
        };
    }
    if source.format() == Format::Toml {
        let style = node.items().last().map_or(Style::Plain, Node::style);
        return match added {
            Added::Entry(key, value) => {
                let key = scalar::toml_key(key, Style::Plain);
                let equals = if compact { "=" } else { " = " };
                format!("{key}{equals}{}", render::toml(value, Style::Plain))
            }
            Added::Item(value) => render::toml(value, style),
        };
    }
    let value = |value: &Json| match indent {
        Some(indent) => JsonHand::of(source).tall(value, indent),
        None => render::wide(value, compact),
    };
    match added {
        Added::Entry(key, entry) => {
            let blank = if compact { "" } else { " " };
            format!("{}:{blank}{}", scalar::json(key), value(entry))
        }
        Added::Item(item) => value(item),
    }
}

/// Values are quoted as the last string is, or as the keys are.
fn entry_quoting(node: Node<'_>, keys: Style) -> Style {
    node.own_entries()
        .filter(|(_, value)| !value.is_alias() && value.as_str().is_some())
        .last()
        .map_or(keys, |(_, value)| value.style())
}

/// Whether JSON does without spaces here.
fn is_compact(node: Node<'_>) -> bool {
    let source = node.source();
    if is_yaml(source) {
        return false;
    }
    let text = source.text();
    if let Some((key, value)) = node.own_entries().last() {
        return value.span().start == key.span().end + 1;
    }
    let items: Vec<Span> = node.items().map(|item| item.span()).collect();
    match items.as_slice() {
        [first, second, ..] => !text[first.end..second.start].contains(char::is_whitespace),
        _ => false,
    }
}

/// The bytes of each entry or item.
fn parts(node: Node<'_>) -> Result<Vec<Span>, Refused> {
    let text = &node.source().text()[node.span()];
    let bracketed = match node.is_map() {
        true => text.starts_with('{') && text.ends_with('}'),
        false => text.starts_with('[') && text.ends_with(']'),
    };
    if !bracketed || text.len() < 2 {
        return Err(odd(node));
    }
    Ok(if node.is_map() {
        node.own_entries()
            .map(|(key, value)| key.span().start..value.span().end.max(key.span().end))
            .collect()
    } else {
        node.items().map(|item| item.span()).collect()
    })
}

/// The comma in a gap, which must hold nothing else.
fn separator(node: Node<'_>, gap: Span) -> Result<Option<Span>, Refused> {
    if gap.start > gap.end {
        return Err(odd(node));
    }
    let text = node.source().text();
    match marks(node.source(), gap).as_slice() {
        [] => Ok(None),
        [mark] if &text[mark.clone()] == "," => Ok(Some(mark.clone())),
        _ => Err(odd(node)),
    }
}

fn odd(node: Node<'_>) -> Refused {
    Refused::Layout(node.path(), "it is laid out in an unusual way")
}
