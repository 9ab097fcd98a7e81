//! Scalars as text, in the quoting asked for as far as it can hold them.

use serde_json::Value as Json;

use super::render::is_yaml;
use super::walk::in_flow;
use crate::source::{Dialect, Node, ScalarKind, Style, resolve};

/// A string in YAML. Plain where every reader takes it for that string, else in quotes.
pub(super) fn yaml(text: &str, style: Style, flow: bool) -> String {
    match style {
        Style::Single if text.chars().all(is_printable) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Style::Single | Style::Double => double(text),
        _ if is_plain(text, flow) => text.to_owned(),
        _ => double(text),
    }
}

/// A scalar in YAML; nothing for collections.
pub(super) fn yaml_value(value: &Json, style: Style, flow: bool) -> Option<String> {
    match value {
        Json::Null => Some("null".to_owned()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Number(number) => Some(yaml_number(&number.to_string())),
        Json::String(text) => Some(yaml(text, style, flow)),
        Json::Array(_) | Json::Object(_) => None,
    }
}

/// PyYAML wants a point in the mantissa and a sign in the exponent: `1e300` is a string to it.
fn yaml_number(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return text.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) {
        ""
    } else {
        "+"
    };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// A string in JSON.
pub(super) fn json(text: &str) -> String {
    Json::from(text).to_string()
}

/// A string in TOML: in single quotes where it stood in them and they can hold it, else in double ones.
pub(super) fn toml(text: &str, style: Style) -> String {
    let literal = |c: char| c != '\'' && (c == '\t' || !c.is_control());
    match style {
        Style::Single if text.chars().all(literal) => format!("'{text}'"),
        // The escapes of JSON are TOML's too.
        _ => json(text).replace('\u{7f}', "\\u007f"),
    }
}

/// A key in TOML: bare where it can be, unless one in quotes stood there.
pub(super) fn toml_key(key: &str, style: Style) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match style {
        Style::Single | Style::Double => toml(key, style),
        _ if !key.is_empty() && key.bytes().all(bare) => key.to_owned(),
        _ => toml(key, Style::Double),
    }
}

/// Whether readers of YAML 1.1 and 1.2 alike find the strings that are written in a node.
pub(super) fn is_clear(node: Node<'_>) -> bool {
    let own = match node.as_str() {
        Some(text) if is_yaml(node.source()) && node.style() == Style::Plain => {
            is_plain(text, in_flow(node))
        }
        _ => true,
    };
    let below = node.own_entries().flat_map(|(key, value)| [key, value]);
    own && below.chain(node.items()).all(is_clear)
}

/// Whether readers of YAML 1.1 and 1.2 alike take the bare text for this string.
fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let means_itself = [Dialect::PyYaml, Dialect::GoYaml]
        .iter()
        .all(|dialect| resolve(*dialect, text) == ScalarKind::Str);
    // YAML 1.1 itself has booleans that PyYAML leaves out; `8080:80` is one digit from base 60.
    let misread = matches!(
        text,
        "y" | "Y" | "n" | "N" | "=" | "<<" | "-" | "yes" | "no" | "on" | "off"
    ) || (first.is_ascii_digit()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':'));
    let indicator = match first {
        '-' => text[1..].starts_with(is_blank) || text.starts_with("---"),
        '.' => text.starts_with("..."),
        _ => "?:,[]{}#&*!|>'\"%@`".contains(first),
    };
    let breaks_off = text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.starts_with(is_blank)
        || text.ends_with(is_blank);
    let breaks_flow = flow
        && (text.contains([',', '[', ']', '{', '}', '?'])
            || text.contains(":\"")
            || text.contains(":'"));
    means_itself
        && !misread
        && !indicator
        && !breaks_off
        && !breaks_flow
        && text.chars().all(is_printable)
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Whether a character may stand for itself on one line of YAML.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_printable(c) => quoted.push(c),
            _ if u32::from(c) < 0x100 => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}
