//! Arguments that are sent as headers, too: `x-mcp-header` in a tool's schema (2026-07-28, streamable HTTP). A client has
//! to leave out a tool whose annotations break the rules; the SDKs for python and Rust do.

use serde_json::Value;

use super::raw;
use super::schema::Position;

/// The annotation.
const KEY: &str = "x-mcp-header";
/// Annotations that are kept.
const MOST: usize = 50;
/// Characters that are quoted.
const QUOTED: usize = 100;

/// Each annotated argument and its header. An argument within another is named by both, joined with `/` as in a JSON
/// pointer.
///
/// # Errors
/// The first annotation that breaks a rule, and which: it stands at an argument, which is a text, a whole number or a
/// boolean; it is the name of a header; no other argument has it, whatever its case.
pub(super) fn headers(positions: &[Position<'_>]) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for position in positions {
        let Some(header) = position.schema.get(KEY) else {
            continue;
        };
        let at = || {
            let at = position.pointer(positions);
            raw::cut(&at, QUOTED).to_owned()
        };
        if position.parent.is_none() {
            return Err(format!("{KEY} stands at the schema, not at an argument"));
        }
        if !position.is_argument {
            return Err(format!("{}: {KEY} stands at no argument", at()));
        }
        let Value::String(header) = header else {
            return Err(format!("{}: {KEY} is no text", at()));
        };
        if header.is_empty() {
            return Err(format!("{}: {KEY} is empty", at()));
        }
        let shown = raw::cut(header, QUOTED);
        if !header.bytes().all(is_token) {
            return Err(format!(
                "{}: {KEY} {shown:?} has characters that the name of a header cannot have",
                at()
            ));
        }
        match position.schema.get("type") {
            Some(Value::String(kind))
                if matches!(kind.as_str(), "string" | "integer" | "boolean") => {}
            kind => {
                let kind = kind.map_or("none".to_owned(), Value::to_string);
                return Err(format!(
                    "{}: {KEY} at an argument of type {}; only string, integer and boolean can have it",
                    at(),
                    raw::cut(&kind, QUOTED)
                ));
            }
        }
        if found
            .iter()
            .any(|(_, have)| have.eq_ignore_ascii_case(header))
        {
            return Err(format!(
                "{}: {KEY} {shown:?} stands at another argument, too",
                at()
            ));
        }
        if found.len() < MOST {
            found.push((position.argument(positions), header.clone()));
        }
    }
    Ok(found)
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::schema;

    fn of(schema: Value) -> Result<Vec<(String, String)>, String> {
        let Value::Object(root) = schema else {
            panic!("an object");
        };
        headers(&schema::positions(&root))
    }

    fn one(kind: &str, header: Value) -> Value {
        json!({"type": "object", "properties": {"value": {"type": kind, "x-mcp-header": header}}})
    }

    /// The tools of the conformance suite's scenario http-invalid-tool-headers.
    #[test]
    fn what_the_conformance_suite_calls_invalid_is_invalid() {
        assert_eq!(
            of(one("string", json!("Region"))),
            Ok(vec![("value".to_owned(), "Region".to_owned())])
        );
        for (schema, why) in [
            (one("string", json!("")), "is empty"),
            (one("object", json!("Data")), "type \"object\""),
            (one("array", json!("Items")), "type \"array\""),
            (one("null", json!("Nil")), "type \"null\""),
            (one("number", json!("Score")), "type \"number\""),
            (one("string", json!("My Region")), "characters"),
            (one("string", json!("Region:Primary")), "characters"),
            (one("string", json!("Région")), "characters"),
            (one("string", json!("Region\t1")), "characters"),
            (
                json!({"properties": {
                    "field1": {"type": "string", "x-mcp-header": "Region"},
                    "field2": {"type": "string", "x-mcp-header": "Region"},
                }}),
                "another argument",
            ),
            (
                json!({"properties": {
                    "field1": {"type": "string", "x-mcp-header": "MyField"},
                    "field2": {"type": "string", "x-mcp-header": "myfield"},
                }}),
                "another argument",
            ),
        ] {
            let found = of(schema.clone()).expect_err("a broken rule");
            assert!(found.contains(why), "{schema}: {found}");
        }
    }

    #[test]
    fn other_places_and_kinds_are_invalid_too() {
        for schema in [
            json!({"x-mcp-header": "A", "properties": {}}),
            one("string", json!(5)),
            one("string", json!("A\r\nB")),
            json!({"properties": {"a": {"x-mcp-header": "A"}}}),
            json!({"properties": {"a": {"type": ["string", "null"], "x-mcp-header": "A"}}}),
            json!({"properties": {"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}}),
            json!({"properties": {"a": {"oneOf": [{"type": "string", "x-mcp-header": "A"}]}}}),
            json!({"$defs": {"a": {"type": "string", "x-mcp-header": "A"}}}),
        ] {
            assert!(of(schema.clone()).is_err(), "{schema}");
        }
    }

    #[test]
    fn data_is_no_annotation_and_arguments_may_be_nested() {
        let schema = json!({
            "default": {"x-mcp-header": ""},
            "properties": {
                "a/b": {"type": "object", "properties": {"c": {"type": "boolean", "x-mcp-header": "C"}}},
                "d": {"enum": [{"x-mcp-header": 5}]},
            }
        });
        assert_eq!(of(schema), Ok(vec![("a~1b/c".to_owned(), "C".to_owned())]));
    }
}
