//! New collections as text, in the hand of the file they are written into.

use serde_json::Value as Json;

use super::gap;
use super::scalar;
use crate::source::{Format, Node, Shape, Source, Style};

/// How the file indents its block collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hand {
    /// From a key to the keys below it.
    pub step: usize,
    /// From a key to the dashes below it.
    pub dash: usize,
}

impl Hand {
    /// As the file does it where it first does.
    pub fn of(source: &Source) -> Hand {
        let mut step = None;
        let mut dash = None;
        for node in source.nodes() {
            if step.is_some() && dash.is_some() {
                break;
            }
            if node.style() != Style::Indented || node.is_alias() {
                continue;
            }
            let (Some(key), Some(parent)) = (node.key(), node.parent()) else {
                continue;
            };
            if parent.style() != Style::Indented || parent.span().start == node.span().start {
                continue;
            }
            let deeper = column(node).checked_sub(column_at(source, key.span().start));
            match node.shape() {
                Shape::Map => step = step.or(deeper.filter(|deeper| *deeper > 0)),
                Shape::Seq => dash = dash.or(deeper),
                Shape::Scalar(_) => {}
            }
        }
        let step = step.or(dash.filter(|dash| *dash > 0)).unwrap_or(2);
        Hand {
            step,
            dash: dash.unwrap_or(step),
        }
    }
}

/// The column, from 0 and in bytes, in which a node begins.
pub(super) fn column(node: Node<'_>) -> usize {
    column_at(node.source(), node.span().start)
}

pub(super) fn column_at(source: &Source, at: usize) -> usize {
    gap::before(source.text(), at).len()
}

/// A value as lines of block YAML whose first line begins at `column`; that line comes without indentation.
pub(super) fn block(value: &Json, column: usize, hand: Hand) -> Vec<String> {
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            let entries = entries.iter().map(|(key, value)| {
                entry(&scalar::yaml(key, Style::Plain, false), value, column, hand)
            });
            below_each_other(entries, column)
        }
        Json::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|value| item(value, 1, column, hand));
            below_each_other(items, column)
        }
        _ => vec![flow(value, Style::Plain)],
    }
}

/// `key: value`, the value below it where it is a collection. The key comes as written.
pub(super) fn entry(key: &str, value: &Json, column: usize, hand: Hand) -> Vec<String> {
    match below(value, column, hand) {
        None => vec![format!("{key}: {}", inline(value))],
        Some(lines) => {
            let mut entry = vec![format!("{key}:")];
            entry.extend(lines);
            entry
        }
    }
}

/// `- value`, with `gap` spaces after the dash.
pub(super) fn item(value: &Json, gap: usize, column: usize, hand: Hand) -> Vec<String> {
    let mut lines = block(value, column + 1 + gap, hand);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, &format!("-{}", " ".repeat(gap)));
    }
    lines
}

/// The lines below a key at `column`, all of them indented; nothing for what stands in the key's line.
pub(super) fn below(value: &Json, column: usize, hand: Hand) -> Option<Vec<String>> {
    let deeper = match value {
        Json::Object(entries) if !entries.is_empty() => hand.step,
        Json::Array(items) if !items.is_empty() => hand.dash,
        _ => return None,
    };
    let mut lines = block(value, column + deeper, hand);
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, &" ".repeat(column + deeper));
    }
    Some(lines)
}

fn inline(value: &Json) -> String {
    scalar::yaml_value(value, Style::Plain, false).unwrap_or_else(|| flow(value, Style::Plain))
}

fn below_each_other(parts: impl Iterator<Item = Vec<String>>, column: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for mut part in parts {
        if !lines.is_empty()
            && let Some(first) = part.first_mut()
        {
            first.insert_str(0, &" ".repeat(column));
        }
        lines.extend(part);
    }
    lines
}

/// A value as flow YAML on one line; strings and keys in the quoting asked for.
pub(super) fn flow(value: &Json, style: Style) -> String {
    match value {
        Json::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", scalar::yaml(key, style, true), flow(value, style))
                })
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, style)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => scalar::yaml_value(value, style, true).unwrap_or_default(),
    }
}

/// How the file lays out JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonHand {
    /// One level of indentation.
    unit: String,
    /// Whether lists of scalars have a line for each item.
    tall_lists: bool,
    line_break: &'static str,
}

/// Longer lists of scalars get a line for each item.
const SHORT_LIST: usize = 80;

impl JsonHand {
    /// As the file does it where it first does.
    pub fn of(source: &Source) -> JsonHand {
        let text = source.text();
        let mut unit = None;
        let mut tall_lists = false;
        for node in source.nodes() {
            let first = node
                .own_entries()
                .next()
                .map(|(key, _)| key)
                .or(node.items().next());
            let Some(first) = first else { continue };
            let start = first.span().start;
            let own_line = gap::before(text, start).trim().is_empty();
            if !own_line || !text[node.span().start..start].contains('\n') {
                continue;
            }
            let scalars = node.is_seq() && node.items().all(|item| item.scalar_text().is_some());
            tall_lists |= scalars;
            unit = unit.or_else(|| {
                let outer = gap::indent(text, node.span().start);
                gap::indent(text, start)
                    .strip_prefix(outer)
                    .filter(|unit| !unit.is_empty())
                    .map(str::to_owned)
            });
        }
        JsonHand {
            unit: unit.unwrap_or_else(|| "  ".to_owned()),
            tall_lists,
            line_break: gap::line_break(text),
        }
    }

    /// A value whose first line is indented by `indent` and which may take several lines.
    pub fn tall(&self, value: &Json, indent: &str) -> String {
        let deeper = format!("{indent}{}", self.unit);
        let separator = format!(",{}{deeper}", self.line_break);
        let in_lines = |open: char, parts: Vec<String>, close: char| {
            let parts = parts.join(&separator);
            let br = self.line_break;
            format!("{open}{br}{deeper}{parts}{br}{indent}{close}")
        };
        match value {
            Json::Object(entries) if !entries.is_empty() => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| {
                        format!("{}: {}", scalar::json(key), self.tall(value, &deeper))
                    })
                    .collect();
                in_lines('{', entries, '}')
            }
            Json::Array(items) if !items.is_empty() => {
                let scalars = !items.iter().any(|item| item.is_array() || item.is_object());
                let short = wide(value, false);
                if scalars && !self.tall_lists && short.chars().count() < SHORT_LIST {
                    return short;
                }
                let items = items.iter().map(|item| self.tall(item, &deeper)).collect();
                in_lines('[', items, ']')
            }
            _ => value.to_string(),
        }
    }
}

/// JSON on one line; `compact` leaves out the spaces.
pub(super) fn wide(value: &Json, compact: bool) -> String {
    let blank = if compact { "" } else { " " };
    let separator = format!(",{blank}");
    match value {
        Json::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    format!("{}:{blank}{}", scalar::json(key), wide(value, compact))
                })
                .collect();
            format!("{{{}}}", entries.join(&separator))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| wide(item, compact)).collect();
            format!("[{}]", items.join(&separator))
        }
        _ => value.to_string(),
    }
}

/// A value as TOML on one line, which has no null; strings in the quoting asked for.
pub(super) fn toml(value: &Json, style: Style) -> String {
    match value {
        Json::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Json::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    let key = scalar::toml_key(key, Style::Plain);
                    format!("{key} = {}", toml(value, style))
                })
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| toml(item, style)).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => scalar::toml(text, style),
        _ => value.to_string(),
    }
}

/// Whether the file is YAML.
pub(super) fn is_yaml(source: &Source) -> bool {
    matches!(source.format(), Format::Yaml(_))
}
