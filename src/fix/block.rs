//! Edits of YAML that is laid out by indentation: whole lines come and go.

use serde_json::Value as Json;

use super::gap::{
    before, below_blank, ends_line, indent, line_break, line_end, line_start, marks, next_line,
};
use super::render::{self, Hand, column, column_at};
use super::scalar;
use super::walk::{Added, edit};
use super::{Edit, Refused};
use crate::source::{Node, Span, Style};

/// Another value for a node that does not stand in brackets.
pub(super) fn set(node: Node<'_>, value: &Json) -> Result<Vec<Edit>, Refused> {
    // A list written in brackets stays in brackets.
    let same_brackets = node.style() == Style::Flow
        && !node.is_alias()
        && ((node.is_seq() && node.items().len() > 0 && value.is_array())
            || (node.is_map() && node.own_entries().len() > 0 && value.is_object()));
    if same_brackets {
        let text = render::flow(value, super::flow::quoting(node));
        return Ok(vec![edit(node, node.span(), text)]);
    }
    let style = if node.is_alias() || node.scalar_text().is_none() {
        Style::Plain
    } else {
        node.style()
    };
    if style == Style::Block
        && let Json::String(text) = value
        && let Some(literal) = literal(node, text)
    {
        return Ok(vec![edit(node, node.span(), literal)]);
    }
    let empty = match value {
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => true,
    };
    if empty {
        let text = scalar::yaml_value(value, style, false)
            .unwrap_or_else(|| render::flow(value, Style::Plain));
        return Ok(in_line(node, &text));
    }
    collection(node, value)
}

/// A new entry after the last, a new item after the last.
pub(super) fn add(node: Node<'_>, added: &Added) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let hand = Hand::of(source);
    let (column, lines, last) = match added {
        Added::Entry(key, value) => {
            let column = map_column(node)?;
            let Some((last_key, last)) = node.own_entries().last() else {
                return Err(odd(node));
            };
            let style = match last_key.style() {
                style @ (Style::Single | Style::Double) if !last_key.is_alias() => style,
                _ => Style::Plain,
            };
            let key = scalar::yaml(key, style, false);
            let hand = siblings(node, column, hand);
            (column, render::entry(&key, value, column, hand), last)
        }
        Added::Item(value) => {
            let slot = node.items().len().saturating_sub(1);
            let (Some(dash), Some(last)) = (dash(node, slot), node.items().last()) else {
                return Err(odd(node));
            };
            let start = last.span().start;
            let text = source.text();
            let gap = text.get(dash + 1..start).unwrap_or_default();
            let gap = if !gap.is_empty() && gap.bytes().all(|byte| byte == b' ') {
                gap.len()
            } else {
                1
            };
            let column = column_at(source, dash);
            let lines = match (value, last.style()) {
                (Json::String(text), style @ (Style::Single | Style::Double))
                    if !last.is_alias() =>
                {
                    let dash = format!("-{}", " ".repeat(gap));
                    vec![format!("{dash}{}", scalar::yaml(text, style, false))]
                }
                _ => render::item(value, gap, column, hand),
            };
            (column, lines, last)
        }
    };
    after(node, last, column, &lines)
}

/// An entry or item goes with its lines.
pub(super) fn remove(parent: Node<'_>, slot: usize) -> Result<Vec<Edit>, Refused> {
    let source = parent.source();
    let text = source.text();
    let (count, span) = if parent.is_map() {
        let Some((key, value)) = parent.own_entries().nth(slot) else {
            return Err(odd(parent));
        };
        let end = value.span().end.max(key.span().end);
        (parent.own_entries().len(), key.span().start..end)
    } else {
        let (Some(dash), Some(item)) = (dash(parent, slot), parent.items().nth(slot)) else {
            return Err(odd(parent));
        };
        (parent.items().len(), dash..item.span().end.max(dash + 1))
    };
    if !is_clean(before(text, span.start)) || !ends_line(source, span.end) {
        return Err(odd(parent));
    }
    if count == 1 {
        let empty = if parent.is_map() { "{}" } else { "[]" };
        let mut edits = in_line(parent, empty);
        let end = line_end(text, span.end);
        if let Some(last) = edits.last_mut()
            && last.range.end == parent.span().end
        {
            last.range.end = end.max(last.range.end);
        }
        return Ok(edits);
    }
    let first_in_line = before(text, span.start).trim().is_empty();
    let range = if first_in_line {
        let above = slot.checked_sub(1).and_then(|above| {
            let mut entries = parent.own_entries().map(|(_, value)| value);
            entries.nth(above).or(parent.items().nth(above))
        });
        let next = next_line(text, span.end);
        // A text of `|+` above would take the blank lines below for its own.
        let end = match above.is_some_and(keeps_line_breaks) {
            true => below_blank(text, next),
            false => next,
        };
        line_start(text, span.start)..end
    } else {
        // It shares its line with the dash of an item: what follows moves up to that dash.
        let next = below_blank(text, next_line(text, span.end));
        span.start..(next + indent(text, next).len()).min(text.len())
    };
    Ok(vec![edit(parent, range, "")])
}

/// Lines after the last entry or item of `node`, which is `last`.
fn after(
    node: Node<'_>,
    last: Node<'_>,
    column: usize,
    lines: &[String],
) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let end = last.entry_span().end.max(node.span().end);
    if !ends_line(source, end) {
        return Err(odd(node));
    }
    if end == text.len() && gains_line_break(last) {
        let why = "it ends with the file in a text that a line below would give a line break";
        return Err(Refused::Layout(node.path(), why));
    }
    let br = line_break(text);
    let blanks = " ".repeat(column);
    let lines = lines.join(br);
    let mut at = line_end(text, end);
    if keeps_line_breaks(last) {
        // The blank lines below belong to the text of `|+`.
        let next = below_blank(text, next_line(text, at));
        if text[..next].ends_with('\n') {
            return Ok(vec![edit(node, next..next, format!("{blanks}{lines}{br}"))]);
        }
        at = next;
    }
    Ok(vec![edit(node, at..at, format!("{br}{blanks}{lines}"))])
}

/// Whether the node ends in a block scalar that keeps the blank lines below it.
fn keeps_line_breaks(node: Node<'_>) -> bool {
    last_block(node).is_some_and(|header| header.contains('+'))
}

/// Whether the node ends in a block scalar whose value depends on whether its last line has a line break.
fn gains_line_break(node: Node<'_>) -> bool {
    last_block(node).is_some_and(|header| !header.contains('-'))
}

/// The header of the block scalar in which a node ends.
fn last_block(node: Node<'_>) -> Option<&str> {
    if node.is_alias() {
        return None;
    }
    let entry = node.own_entries().last().map(|(_, value)| value);
    if let Some(last) = node.items().last().or(entry) {
        return last_block(last);
    }
    let text = &node.source().text()[node.span()];
    let header = text.split(['\n', '#']).next();
    header.filter(|_| node.style() == Style::Block)
}

/// A value of one line in place of another.
fn in_line(node: Node<'_>, text: &str) -> Vec<Edit> {
    let span = node.span();
    let whole = node.source().text();
    if span.is_empty() {
        let blank = if node.parent().is_some() { " " } else { "" };
        return vec![edit(node, span, format!("{blank}{text}"))];
    }
    let stays = node.style() != Style::Indented || node.is_alias();
    let attached = attachment(node);
    match attached {
        Some(at) if !stays && whole[at..span.start].contains('\n') => {
            // The value stood below its key: the new one stands beside it.
            let above = line_start(whole, span.start);
            let above = above - line_break_before(whole, above);
            if above <= at {
                return vec![edit(node, at..span.end, format!(" {text}"))];
            }
            // What stands beside its last line keeps a line; with blanks before it that every reader takes.
            let end = line_end(whole, span.end);
            let rest = whole[span.end..end].trim_start();
            let gone = match rest.is_empty() {
                true => edit(node, above..end, ""),
                false => {
                    let start = line_start(whole, span.start);
                    edit(node, start..end - rest.len(), " ".repeat(column(node)))
                }
            };
            vec![edit(node, at..at, format!(" {text}")), gone]
        }
        _ => vec![edit(node, span, text)],
    }
}

/// A block collection in place of what was there.
fn collection(node: Node<'_>, value: &Json) -> Result<Vec<Edit>, Refused> {
    let source = node.source();
    let text = source.text();
    let hand = Hand::of(source);
    let br = line_break(text);
    let span = node.span();
    let lines = |column: usize| render::block(value, column, hand).join(br);
    let Some(parent) = node.parent() else {
        if !span.is_empty() {
            let at = column(node);
            return Ok(vec![edit(node, span, lines(at))]);
        }
        let end = text.len();
        let before = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            br
        };
        let added = format!("{before}{}{br}", lines(0));
        return Ok(vec![edit(node, end..end, added)]);
    };
    let Some(key) = node.key() else {
        // An item: beside its dash.
        let slot = parent.items().position(|item| item.span() == span);
        let Some(dash) = slot.and_then(|slot| dash(parent, slot)) else {
            return Err(odd(node));
        };
        let outer = column_at(source, dash);
        if span.is_empty() {
            let gap = span.start - dash;
            return Ok(vec![edit(
                node,
                span,
                format!(" {}", lines(outer + gap + 1)),
            )]);
        }
        let inner = column(node);
        if inner <= outer || !is_clean(before(text, span.start)) {
            return Err(odd(node));
        }
        return Ok(vec![edit(node, span, lines(inner))]);
    };
    let outer = map_column(parent)?;
    let hand = siblings(parent, outer, hand);
    let Some(at) = attachment(node) else {
        return Err(odd(node));
    };
    let own_line = text[at.min(span.start)..span.start].contains('\n');
    let inner = column(node);
    if own_line && is_clean(before(text, span.start)) {
        let as_deep = inner == outer && node.is_seq() && value.is_array();
        if inner > outer || as_deep {
            return Ok(vec![edit(node, span, lines(inner))]);
        }
        let start = line_start(text, span.start);
        let below = render::below(value, outer, hand).unwrap_or_default();
        return Ok(vec![edit(node, start..span.end, below.join(br))]);
    }
    if own_line || at < key.span().end || !ends_line(source, span.end) {
        return Err(odd(node));
    }
    let below = render::below(value, outer, hand).unwrap_or_default();
    let below = format!("{br}{}", below.join(br));
    let end = line_end(text, span.end);
    if text[span.end..end].trim().is_empty() {
        return Ok(vec![edit(node, at..end, below)]);
    }
    // The comment stays beside the key.
    Ok(vec![
        edit(node, at..span.end, ""),
        edit(node, end..end, below),
    ])
}

/// A text of several lines in place of a block scalar; nothing where that takes escapes.
fn literal(node: Node<'_>, text: &str) -> Option<String> {
    let source = node.source().text();
    let old = &source[node.span()];
    let body = text.strip_suffix('\n').unwrap_or(text);
    let chomp = if body.len() < text.len() { "" } else { "-" };
    let one_line = |line: &str| {
        scalar::yaml(line, Style::Single, false).starts_with('\'')
            && (line.is_empty() || !line.trim().is_empty())
    };
    let writable = text.contains('\n')
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body.split('\n').all(one_line);
    let first = old.lines().skip(1).find(|line| !line.trim().is_empty())?;
    if !writable {
        return None;
    }
    let indent = &first[..first.len() - first.trim_start().len()];
    let header = old.lines().next().unwrap_or_default();
    let comment = header.find(" #").map_or("", |at| header[at..].trim_end());
    let br = line_break(source);
    let mut literal = format!("|{chomp}{comment}");
    for line in body.split('\n') {
        literal.push_str(br);
        if !line.is_empty() {
            literal.push_str(indent);
            literal.push_str(line);
        }
    }
    Some(literal)
}

/// The end of the colon, dash or property that the node follows.
fn attachment(node: Node<'_>) -> Option<usize> {
    let parent = node.parent()?;
    let start = match node.key() {
        Some(key) => key.span().end,
        None => {
            let slot = parent.items().position(|item| item.span() == node.span())?;
            dash(parent, slot)?
        }
    };
    if start > node.span().start {
        return None;
    }
    marks(node.source(), start..node.span().start)
        .last()
        .map(|mark: &Span| mark.end)
}

/// The dash of an item.
fn dash(seq: Node<'_>, slot: usize) -> Option<usize> {
    let from = match slot.checked_sub(1) {
        None => seq.span().start,
        Some(previous) => seq.items().nth(previous)?.span().end,
    };
    let item = seq.items().nth(slot)?.span();
    let text = seq.source().text();
    marks(seq.source(), from..item.start.max(from))
        .into_iter()
        .find(|mark| &text[mark.clone()] == "-")
        .map(|mark| mark.start)
}

/// The column of a mapping's keys.
fn map_column(map: Node<'_>) -> Result<usize, Refused> {
    let source = map.source();
    map.own_entries()
        .map(|(key, _)| key.span().start)
        .find(|start| is_clean(before(source.text(), *start)))
        .map(|start| column_at(source, start))
        .ok_or_else(|| odd(map))
}

/// The indentation below the entries of `map`, if they show it; else the file's.
fn siblings(map: Node<'_>, column_of_map: usize, hand: Hand) -> Hand {
    let deeper = |seq: bool| {
        map.own_entries()
            .map(|(_, value)| value)
            .filter(|value| value.style() == Style::Indented && !value.is_alias())
            .filter(|value| value.is_seq() == seq)
            .find_map(|value| column(value).checked_sub(column_of_map))
    };
    Hand {
        step: deeper(false).filter(|step| *step > 0).unwrap_or(hand.step),
        dash: deeper(true).unwrap_or(hand.dash),
    }
}

/// Whether nothing but indentation and the dashes of items stands before a node in its line.
fn is_clean(before: &str) -> bool {
    before.bytes().all(|byte| matches!(byte, b' ' | b'-')) && !before.contains("--")
}

/// How many bytes the line break before `at` has.
fn line_break_before(text: &str, at: usize) -> usize {
    if text[..at].ends_with("\r\n") {
        2
    } else {
        usize::from(text[..at].ends_with('\n'))
    }
}

fn odd(node: Node<'_>) -> Refused {
    Refused::Layout(node.path(), "it is laid out in an unusual way")
}
