//! JSON and JSON with comments through jsonc-parser.

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::tree::{Builder, NodeId, Tree};
use super::{MAX_DEPTH, ParseError, ScalarKind, Span, Style};

/// Whether comments and trailing commas are part of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comments {
    /// Strict JSON.
    Refused,
    /// JSONC.
    Allowed,
}

pub(super) fn parse(text: &str, comments: Comments) -> Result<Tree, ParseError> {
    survey(text)?;
    let allowed = comments == Comments::Allowed;
    let options = ParseOptions {
        allow_comments: allowed,
        allow_trailing_commas: allowed,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let range = error.range();
        ParseError {
            message: lower_first(&error.kind().to_string()),
            span: boundary(text, range.start)..boundary(text, range.end.max(range.start)),
        }
    })?;
    let Some(value) = parsed.value else {
        return Err(ParseError {
            message: "empty file: not JSON".into(),
            span: 0..0,
        });
    };
    let mut builder = Builder::default();
    let root = build(&mut builder, text, &value)?;
    builder.finish(root)
}

/// Recursive: `survey` has seen to it that the value is not deep.
fn build(builder: &mut Builder, text: &str, value: &Value<'_>) -> Result<NodeId, ParseError> {
    Ok(match value {
        Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let (range, name) = match &property.name {
                    ObjectPropName::String(name) => (name.range, &*name.value),
                    ObjectPropName::Word(name) => (name.range, name.value),
                };
                let span = string(text, range.start..range.end)?;
                let key = builder.scalar(span, ScalarKind::Str, name, Style::Double);
                entries.push((key, build(builder, text, &property.value)?));
            }
            builder.map(object.range.start..object.range.end, entries, Style::Flow)
        }
        Value::Array(array) => {
            let mut items = Vec::with_capacity(array.elements.len());
            for element in &array.elements {
                items.push(build(builder, text, element)?);
            }
            builder.seq(array.range.start..array.range.end, items, Style::Flow)
        }
        Value::StringLit(lit) => {
            let span = string(text, lit.range.start..lit.range.end)?;
            builder.scalar(span, ScalarKind::Str, &lit.value, Style::Double)
        }
        Value::NumberLit(lit) => {
            let span = lit.range.start..lit.range.end;
            let kind = number(lit.value).ok_or_else(|| ParseError {
                message: format!("{} is not a number in JSON", lit.value),
                span: span.clone(),
            })?;
            builder.scalar(span, kind, lit.value, Style::Plain)
        }
        Value::BooleanLit(lit) => {
            let span = lit.range.start..lit.range.end;
            let word = if lit.value { "true" } else { "false" };
            builder.scalar(span, ScalarKind::Bool(lit.value), word, Style::Plain)
        }
        Value::NullKeyword(lit) => {
            let span = lit.range.start..lit.range.end;
            builder.scalar(span, ScalarKind::Null, "null", Style::Plain)
        }
    })
}

/// jsonc-parser lets line breaks and other control characters stand in strings; JSON readers do not.
fn string(text: &str, span: Span) -> Result<Span, ParseError> {
    match text[span.clone()].bytes().position(|byte| byte < 0x20) {
        None => Ok(span),
        Some(at) => {
            let at = span.start + at;
            let message = match text.as_bytes()[at] {
                b'\n' | b'\r' => "a string must end in its line",
                _ => "control characters are not allowed in strings",
            };
            Err(ParseError {
                message: message.into(),
                span: at..at + 1,
            })
        }
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn number(text: &str) -> Option<ScalarKind> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return None;
    }
    let mut rest = &rest[whole..];
    let mut kind = ScalarKind::Int;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if length == 0 {
            return None;
        }
        kind = ScalarKind::Float;
        rest = &fraction[length..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let length = digits(exponent);
        if length == 0 {
            return None;
        }
        kind = ScalarKind::Float;
        rest = &exponent[length..];
    }
    rest.is_empty().then_some(kind)
}

/// Refuses what is nested so deep that a recursive parser would run out of stack, and blanks that jsonc-parser
/// passes over but JSON does not know, such as the no-break space that comes with text copied from a web page.
fn survey(text: &str) -> Result<(), ParseError> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                while at < bytes.len() && !matches!(bytes[at], b'\n' | b'\r') {
                    at += 1;
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text[at + 2..]
                    .find("*/")
                    .map_or(bytes.len(), |length| at + 2 + length + 1);
            }
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ParseError {
                        message: format!("nested deeper than {MAX_DEPTH} levels"),
                        span: at..at + 1,
                    });
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            0x0b | 0x0c | 0xc2.. => {
                if let Some(c) = text[at..].chars().next().filter(|c| c.is_whitespace()) {
                    return Err(ParseError {
                        message: format!("the blank U+{:04X} is not allowed here", u32::from(c)),
                        span: at..at + c.len_utf8(),
                    });
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
