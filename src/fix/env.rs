//! Edits of `NAME=value` lines.
//!
//! Values are meant as the file has them before it is interpolated: `$NAME` stays a reference where it was one.

use serde_json::Value as Json;

use super::gap::{before, line_break, line_end, line_start, next_line};
use super::walk::{Place, edit, own};
use super::{Edit, Refused};
use crate::change::Op;
use crate::source::{Path, Style};

pub(super) fn edits(path: &Path, place: &Place<'_, '_>, op: &Op) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    let source = node.source();
    let text = source.text();
    let shape = |wanted| Refused::Shape {
        path: path.clone(),
        wanted,
        found: "a list of variables",
    };
    let key = node.key();
    match op {
        Op::Set(value) => {
            let Some(key) = key else {
                return Err(shape("a variable"));
            };
            let mut value = written(path, value, node.style())?;
            // Without it, what follows in the line would be the value.
            if value.is_empty() && line_end(text, node.span().end) > node.span().end {
                value = double("");
            }
            // `NAME` alone has no separator yet.
            let lead = if node.is_null() && node.span().start == key.span().end {
                "="
            } else {
                ""
            };
            Ok(vec![edit(node, node.span(), format!("{lead}{value}"))])
        }
        Op::Rename(name) => {
            let Some(key) = key else {
                return Err(shape("a variable"));
            };
            if own(source.root(), name).is_some() {
                return Err(Refused::Exists(Path::root(), name.clone()));
            }
            Ok(vec![edit(node, key.span(), variable(path, name)?)])
        }
        Op::Insert(name, value) if path.steps().is_empty() => {
            if own(source.root(), name).is_some() {
                return Err(Refused::Exists(Path::root(), name.clone()));
            }
            let last = node.own_entries().last();
            let lead = match last {
                Some((key, _)) if before(text, key.span().start).trim() == "export" => "export ",
                _ => "",
            };
            let line = format!(
                "{lead}{}={}",
                variable(path, name)?,
                written(path, value, Style::Plain)?
            );
            let br = line_break(text);
            let at = last.map_or(text.len(), |(_, value)| {
                line_end(text, value.entry_span().end)
            });
            let text = match at {
                _ if before(text, at).is_empty() && at == text.len() => format!("{line}{br}"),
                _ => format!("{br}{line}"),
            };
            Ok(vec![edit(node, at..at, text)])
        }
        Op::Remove => {
            let Some(key) = key else {
                return Err(shape("a variable"));
            };
            let ahead = before(text, key.span().start).trim();
            if !matches!(ahead, "" | "export") {
                return Err(Refused::Layout(path.clone(), "its line is unusual"));
            }
            let start = line_start(text, key.span().start);
            let end = next_line(text, node.entry_span().end);
            Ok(vec![edit(node, start..end, "")])
        }
        Op::Insert(..) | Op::Push(_) => Err(shape("a mapping or a list")),
    }
}

fn variable(path: &Path, name: &str) -> Result<String, Refused> {
    let mut chars = name.chars();
    let begins = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if begins && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
        Ok(name.to_owned())
    } else {
        Err(Refused::Unwritable(
            path.clone(),
            "that name: it is no variable's",
        ))
    }
}

fn written(path: &Path, value: &Json, style: Style) -> Result<String, Refused> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => {
            return Err(Refused::Unwritable(path.clone(), "anything but a string"));
        }
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "'\"\\#`".contains(c);
    let control = text.contains(|c: char| c.is_control() && c != '\n' && c != '\t');
    if control {
        return Err(Refused::Unwritable(path.clone(), "control characters"));
    }
    match style {
        Style::Single if !text.contains(['\'', '\\', '\n']) => Ok(format!("'{text}'")),
        Style::Single if text.contains('$') => Err(Refused::Unwritable(
            path.clone(),
            "both a quote and a `$` that is not interpolated",
        )),
        Style::Single | Style::Double => Ok(double(&text)),
        _ if text.contains(odd) => Ok(double(&text)),
        _ => Ok(text),
    }
}

fn double(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}
