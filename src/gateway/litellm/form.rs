//! What values must be like: the forms that the catalog gives the keys of an entry, as pydantic insists on them.

use super::super::Why;
use super::{Reader, Resolved, is_falsy};
use crate::catalog::VersionSet;
use crate::catalog::gateway::{Beside, Key, ValueKind};
use crate::source::{Node, Part, ScalarKind, Shape};

/// Rejects the value of a key of an entry where its form stops the gateway.
pub(super) fn read(
    reader: &mut Reader<'_>,
    name: &str,
    key: &Key,
    node: Node<'_>,
    entry: Node<'_>,
) {
    let elsewhere = key.unless.iter().try_fold(entry, |node, key| node.get(key));
    if key.unless.is_empty() || elsewhere.is_none() {
        one(reader, name, key, node, Some(entry), &key.read);
    }
}

/// A value as the gateway has it.
#[derive(Clone, Copy)]
enum Is<'n> {
    Null,
    Bool(bool),
    Number(f64),
    Date,
    Text(&'n str),
    Seq(Node<'n>),
    Map(Node<'n>),
}

impl<'n> Is<'n> {
    fn of(node: Node<'n>) -> Is<'n> {
        let text = node.scalar_text().unwrap_or_default();
        match node.shape() {
            Shape::Seq => Is::Seq(node),
            Shape::Map => Is::Map(node),
            Shape::Scalar(ScalarKind::Null) => Is::Null,
            Shape::Scalar(ScalarKind::Bool(value)) => Is::Bool(value),
            Shape::Scalar(ScalarKind::Int | ScalarKind::Float) => Is::Number(number(text)),
            Shape::Scalar(ScalarKind::Timestamp) => Is::Date,
            Shape::Scalar(ScalarKind::Str) => Is::Text(text),
        }
    }

    /// The word, where the value is one of a choice.
    fn word(self) -> Option<&'n str> {
        match self {
            Is::Text(text) => Some(text),
            Is::Bool(true) => Some("true"),
            Is::Bool(false) => Some("false"),
            _ => None,
        }
    }
}

fn one(
    reader: &mut Reader<'_>,
    name: &str,
    key: &Key,
    node: Node<'_>,
    entry: Option<Node<'_>>,
    within: &VersionSet,
) {
    let versions = &match &key.strict {
        Some(strict) => strict.intersect(within),
        None => within.clone(),
    };
    let resolved = reader.resolve(node);
    let is = match &resolved {
        Resolved::Written(node) if key.falsy && is_falsy(*node) => return,
        Resolved::Text(text) if key.falsy && text.is_empty() => return,
        Resolved::Bool(false, _) if key.falsy => return,
        Resolved::Written(node) => Is::of(*node),
        Resolved::Text(text) => Is::Text(text),
        Resolved::Bool(value, _) => Is::Bool(*value),
        Resolved::Nothing(_) => Is::Null,
        Resolved::Unknown(_) => return,
    };
    let needs = match key.values.as_slice() {
        [] => key.r#type.title().to_owned(),
        values => choice(values),
    };
    if matches!(is, Is::Null) {
        match resolved {
            _ if !key.not_null => {}
            Resolved::Nothing(variable) => reader.unset(node, name, variable, versions),
            _ => reader.wrong_type(node, name, &needs, versions),
        }
        return;
    }
    if !fits(key.r#type, is) {
        match resolved {
            Resolved::Bool(_, variable) => reader.boolean(node, name, variable, versions),
            _ if key.r#type == ValueKind::Map => reader.wrong_shape(node, name, versions),
            _ => reader.wrong_type(node, name, &needs, versions),
        }
        return;
    }
    if let Some(word) = is.word() {
        if !key.values.is_empty() && !key.values.iter().any(|value| value == word) {
            reject(reader, node, name, format!("`{word}`"), needs, versions);
            return;
        }
        for beside in &key.beside {
            if beside.when.iter().any(|when| when == word)
                && entry.is_some_and(|entry| !stands(reader, entry, beside))
            {
                let needs = format!("`{}: {}` beside it", beside.key, choice(&beside.values));
                reject(reader, node, name, format!("`{word}`"), needs, versions);
            }
        }
    }
    match is {
        Is::Seq(list) => items(reader, name, key, list, versions),
        Is::Map(map) => values(reader, name, key, map, entry, versions),
        _ => {}
    }
}

fn reject(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    name: &str,
    is: String,
    needs: String,
    versions: &VersionSet,
) {
    let name = name.to_owned();
    let why = Why::ValueType { name, is, needs };
    reader.reject(node.pointer(), Part::Value, why, versions);
}

/// "a, b or c".
fn choice(values: &[String]) -> String {
    match values {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        values => values.concat(),
    }
}

/// Whether another key of the entry has one of the values that it must have.
fn stands(reader: &Reader<'_>, entry: Node<'_>, beside: &Beside) -> bool {
    let Some(node) = entry.get(&beside.key) else {
        return beside.absent;
    };
    let word = match reader.resolve(node) {
        Resolved::Unknown(_) => return true,
        Resolved::Nothing(_) => return beside.absent,
        Resolved::Text(text) => text,
        Resolved::Bool(value, _) => value.to_string(),
        Resolved::Written(node) if node.is_null() => return beside.absent,
        Resolved::Written(node) => match Is::of(node).word() {
            Some(word) => word.to_owned(),
            None => (!is_falsy(node)).to_string(),
        },
    };
    beside.values.contains(&word)
}

fn fits(kind: ValueKind, is: Is<'_>) -> bool {
    match (kind, is) {
        (ValueKind::Any, _)
        | (ValueKind::String, Is::Text(_))
        | (ValueKind::Number, Is::Bool(_) | Is::Number(_))
        | (ValueKind::Integer | ValueKind::Boolean | ValueKind::Flag, Is::Bool(_))
        | (ValueKind::Strings | ValueKind::Maps, Is::Seq(_))
        | (ValueKind::Map | ValueKind::StringMap | ValueKind::ListMap, Is::Map(_)) => true,
        (ValueKind::Number, Is::Text(text)) => text.trim().replace('_', "").parse::<f64>().is_ok(),
        (ValueKind::Integer, Is::Number(number)) => number.fract() == 0.0,
        (ValueKind::Integer, Is::Text(text)) => is_whole(text.trim()),
        (ValueKind::Flag, Is::Number(number)) => number == 0.0 || number == 1.0,
        (ValueKind::Flag, Is::Text(text)) => FLAGS.contains(&text.to_ascii_lowercase().as_str()),
        (ValueKind::Name, Is::Text(text)) => !text.trim().is_empty(),
        (ValueKind::Header, Is::Text(text)) => {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            text.trim().chars().all(token)
        }
        _ => false,
    }
}

/// What pydantic takes for a truth value.
const FLAGS: [&str; 12] = [
    "0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes",
];

/// Whether pydantic makes a whole number of a text.
fn is_whole(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    whole.split('_').all(digits) && fraction.bytes().all(|b| b == b'0')
}

fn items(reader: &mut Reader<'_>, name: &str, key: &Key, list: Node<'_>, versions: &VersionSet) {
    if key.filled && list.items().len() == 0 {
        let needs = "at least one".to_owned();
        reject(reader, list, name, "empty".to_owned(), needs, versions);
    }
    for (index, item) in list.items().enumerate() {
        let name = format!("{name}[{index}]");
        match key.r#type {
            // Nothing is looked up in lists.
            ValueKind::Strings if item.as_str().is_none() => {
                reader.wrong_type(item, &name, "a string", versions);
            }
            ValueKind::Maps if !item.is_map() => {
                reader.wrong_type(item, &name, "a mapping", versions);
            }
            ValueKind::Maps => text_keys(reader, &name, item, versions),
            _ => {}
        }
    }
}

fn values(
    reader: &mut Reader<'_>,
    name: &str,
    key: &Key,
    map: Node<'_>,
    entry: Option<Node<'_>>,
    versions: &VersionSet,
) {
    if let Some(strict) = &key.text_keys {
        text_keys(reader, name, map, &strict.intersect(versions));
    }
    for (field, form) in &key.fields {
        let within = form.read.intersect(versions);
        match map.get(field) {
            Some(node) => one(
                reader,
                &format!("{name}.{field}"),
                form,
                node,
                entry,
                &within,
            ),
            None if form.required => {
                let (name, is) = (format!("{name}.{field}"), "absent".to_owned());
                reject(
                    reader,
                    map,
                    &name,
                    is,
                    form.r#type.title().to_owned(),
                    &within,
                );
            }
            None => {}
        }
    }
    for (field, node) in map.entries() {
        let name = format!("{name}.{field}");
        if key.only && !key.fields.contains_key(field) {
            let known: Vec<String> = key.fields.keys().cloned().collect();
            let is = "a key that is not known there".to_owned();
            reject(reader, node, &name, is, choice(&known), versions);
        }
        if let Some(form) = &key.each {
            one(reader, &name, form, node, entry, versions);
        }
        match key.r#type {
            ValueKind::StringMap => string(reader, &name, node, versions),
            ValueKind::ListMap => {
                let form = Key {
                    r#type: ValueKind::Strings,
                    not_null: true,
                    ..Key::default()
                };
                one(reader, &name, &form, node, None, versions);
            }
            _ => {}
        }
    }
    if matches!(key.r#type, ValueKind::StringMap | ValueKind::ListMap) {
        text_keys(reader, name, map, versions);
    }
}

/// Keys that are no strings.
fn text_keys(reader: &mut Reader<'_>, name: &str, map: Node<'_>, versions: &VersionSet) {
    for (field, node) in map.entries() {
        if let Some(key) = node.key().filter(|key| key.as_str().is_none()) {
            let why = Why::ValueType {
                name: format!("{name}.{field}"),
                is: key.shape_name().to_owned(),
                needs: "a string".to_owned(),
            };
            reader.reject(node.pointer(), Part::Key, why, versions);
        }
    }
}

/// A value of a mapping of strings: here even nothing is too little.
fn string(reader: &mut Reader<'_>, name: &str, node: Node<'_>, versions: &VersionSet) {
    match reader.resolve(node) {
        Resolved::Written(node) if node.as_str().is_none() => {
            reader.wrong_type(node, name, "a string", versions);
        }
        Resolved::Nothing(variable) => reader.unset(node, name, variable, versions),
        Resolved::Bool(_, variable) => reader.boolean(node, name, variable, versions),
        _ => {}
    }
}

/// A number as PyYAML reads it: underscores, other bases, minutes and seconds.
pub(super) fn number(text: &str) -> f64 {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    let whole = |digits: &str, base| u64::from_str_radix(digits, base).map(|number| number as f64);
    let size = if let Some(digits) = text.strip_prefix("0b") {
        whole(digits, 2)
    } else if let Some(digits) = text.strip_prefix("0x") {
        whole(digits, 16)
    } else if text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) {
        whole(text, 8)
    } else {
        let sixty = |sum: f64, part: &str| part.parse::<f64>().map(|part| sum * 60.0 + part);
        return match text {
            ".inf" => sign * f64::INFINITY,
            text => text
                .split(':')
                .try_fold(0.0, sixty)
                .map_or(f64::NAN, |sum| sign * sum),
        };
    };
    size.map_or(f64::NAN, |size| sign * size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_yaml_1_1() {
        for (text, value) in [
            ("0x1F", 31.0),
            ("017", 15.0),
            ("0b101", 5.0),
            ("1_000", 1000.0),
            ("190:20:30", 685_230.0),
            ("-1.5", -1.5),
            ("20:30.15", 1230.15),
            ("0", 0.0),
            ("+.5", 0.5),
            ("-.INF", f64::NEG_INFINITY),
        ] {
            assert!(
                (number(text) - value).abs() < 1e-9 || number(text) == value,
                "{text}"
            );
        }
        assert!(number(".nan").is_nan());
    }

    #[test]
    fn whole_numbers_are_those_of_pydantic() {
        for text in ["30", "-0", "+7", "1_000", "4.0", "4."] {
            assert!(is_whole(text), "{text}");
        }
        for text in ["", "1.5", "1e3", "0x10", "_1", "nan", "-", "."] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
