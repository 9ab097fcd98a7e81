//! One tool of a list: what a reader wants to know of it, and what is wrong with its definition.

use serde_json::Value;

use super::{header, raw, schema};
use crate::fact::{Flaw, Tool};

/// Nesting up to which a schema is read; serde_json's own limit is 128, pydantic's 200.
const DEPTH: usize = 100;
/// Schemas beyond this size are not looked into; those of honest tools have a few KiB.
const SCHEMA_BYTES: usize = 256 * 1024;
/// Characters of a name that are kept.
const NAME: usize = 512;
/// Characters of a summary, and of whatever is quoted from a schema.
const LINE: usize = 200;
/// Arguments that are kept.
const ARGUMENTS: usize = 50;
/// Flaws of one tool that are kept: the first ones lead to the rest.
const FLAWS: usize = 10;

/// Whether clients take a name: ASCII letters, digits, `_`, `.` and `-`, one to 128 of them (2025-11-25, tools, "Tool
/// Names").
pub fn is_valid_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Reads the text of a tool.
pub fn tool(text: &str) -> Tool {
    let mut found = Tool {
        name: String::new(),
        summary: String::new(),
        arguments: Vec::new(),
        required: 0,
        flaws: Vec::new(),
        headers: Vec::new(),
    };
    let (mut name, mut title, mut description, mut input) = (None, None, None, None);
    let read = raw::members(text, |member, value| match member.as_ref() {
        "name" => name = Some(value),
        "title" => title = Some(value),
        "description" => description = Some(value),
        "inputSchema" => input = Some(value),
        _ => {}
    });
    if read.is_err() {
        found.flaws.push(Flaw::NoObject);
        return found;
    }
    match name.and_then(raw::text) {
        Some(name) if !name.is_empty() => raw::cut(&name, NAME).clone_into(&mut found.name),
        _ => found.flaws.push(Flaw::NoName),
    }
    found.summary = [title, description]
        .into_iter()
        .flatten()
        .find_map(first_line)
        .unwrap_or_default();
    read_schema(input, &mut found);
    found.flaws.truncate(FLAWS);
    found
}

fn first_line(value: &str) -> Option<String> {
    let text = raw::text(value)?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(raw::cut(line, LINE).to_owned())
}

fn read_schema(input: Option<&str>, found: &mut Tool) {
    let input = match input {
        None | Some("null") => {
            found.flaws.push(Flaw::NoSchema);
            return;
        }
        Some(input) => input,
    };
    let (mut kind, mut properties, mut required) = (None, None, None);
    let read = raw::members(input, |member, value| match member.as_ref() {
        "type" => kind = Some(value),
        "properties" => properties = Some(value),
        "required" => required = Some(value),
        _ => {}
    });
    if read.is_err() {
        let kind = raw::kind(input).to_owned();
        found.flaws.push(Flaw::SchemaKind(kind));
        return;
    }
    match kind {
        // `"type": "object"` is required at the root in every revision.
        None => found.flaws.push(Flaw::SchemaType("none".to_owned())),
        Some(kind) if raw::text(kind).as_deref() != Some("object") => {
            let kind = raw::text(kind).unwrap_or_else(|| kind.to_owned());
            let kind = raw::cut(&kind, LINE).to_owned();
            found.flaws.push(Flaw::SchemaType(kind));
        }
        Some(_) => {}
    }
    read_arguments(properties, required, found);
    if raw::depth(input) > DEPTH {
        found.flaws.push(Flaw::TooDeep);
        return;
    }
    if input.len() > SCHEMA_BYTES {
        return;
    }
    // What still fails to parse is a text with half a surrogate pair: nothing is said of what was not read.
    let Ok(Value::Object(root)) = serde_json::from_str(input) else {
        return;
    };
    let positions = schema::positions(&root);
    found.flaws.extend(schema::flaws(&root, &positions, FLAWS));
    match header::headers(&positions) {
        Ok(headers) => found.headers = headers,
        Err(why) => found.flaws.push(Flaw::Header(why)),
    }
}

/// The names of the arguments, those that are required first, each group in the order of the schema.
fn read_arguments(properties: Option<&str>, required: Option<&str>, found: &mut Tool) {
    let mut needed = Vec::new();
    let _ = raw::items(required.unwrap_or("[]"), ARGUMENTS, |item| {
        needed.extend(raw::text(item));
    });
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    let _ = raw::members(properties.unwrap_or("{}"), |name, _| {
        let group = match needed.iter().any(|needed| *needed == name) {
            true => &mut first,
            false => &mut rest,
        };
        let name = raw::cut(&name, LINE);
        if group.len() < ARGUMENTS && !group.iter().any(|have| have == name) {
            group.push(name.to_owned());
        }
    });
    found.required = first.len();
    found.arguments = first;
    found.arguments.extend(rest);
    found.arguments.truncate(ARGUMENTS);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(text: &str) -> Vec<Flaw> {
        tool(text).flaws
    }

    #[test]
    fn names_that_clients_take() {
        for name in ["a", "get_x", "A-1.b", &"x".repeat(128)] {
            assert!(is_valid_name(name), "{name}");
        }
        for name in [
            "",
            "a b",
            "größe",
            "a/b",
            "a:b",
            "a\n",
            "a\u{202e}",
            &"x".repeat(129),
        ] {
            assert!(!is_valid_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_a_flaw() {
        for (text, expected) in [
            ("3", vec![Flaw::NoObject]),
            ("null", vec![Flaw::NoObject]),
            ("{}", vec![Flaw::NoName, Flaw::NoSchema]),
            (
                r#"{"name":5,"inputSchema":{"type":"object"}}"#,
                vec![Flaw::NoName],
            ),
            (r#"{"name":"a"}"#, vec![Flaw::NoSchema]),
            (r#"{"name":"a","inputSchema":null}"#, vec![Flaw::NoSchema]),
            (
                r#"{"name":"a","inputSchema":[]}"#,
                vec![Flaw::SchemaKind("a list".into())],
            ),
            (
                r#"{"name":"a","inputSchema":true}"#,
                vec![Flaw::SchemaKind("a boolean".into())],
            ),
            (
                r#"{"name":"a","inputSchema":{}}"#,
                vec![Flaw::SchemaType("none".into())],
            ),
            (
                r#"{"name":"a","inputSchema":{"type":"string"}}"#,
                vec![Flaw::SchemaType("string".into())],
            ),
            (
                r#"{"name":"a","inputSchema":{"type":["object","null"]}}"#,
                vec![Flaw::SchemaType(r#"["object","null"]"#.into())],
            ),
            (r#"{"name":"a","inputSchema":{"type":"object"}}"#, vec![]),
        ] {
            assert_eq!(flaws(text), expected, "{text}");
        }
    }

    #[test]
    fn required_arguments_come_first() {
        let text = r#"{"name":"a","description":"\n  What it does.\nMore.","inputSchema":{"type":"object","properties":{"x":{},"b":{},"y":{},"a":{}},"required":["a","b"]}}"#;
        let tool = tool(text);
        assert_eq!(tool.arguments, ["b", "a", "x", "y"]);
        assert_eq!(tool.required, 2);
        assert_eq!(tool.summary, "What it does.");
    }

    #[test]
    fn everything_foreign_is_cut() {
        let long = "é".repeat(5_000);
        let properties: Vec<String> = (0..200).map(|n| format!("\"{long}{n}\":{{}}")).collect();
        let text = format!(
            r#"{{"name":"{long}","title":"{long}","inputSchema":{{"type":"{long}","properties":{{{}}}}}}}"#,
            properties.join(",")
        );
        let tool = tool(&text);
        assert_eq!(tool.name.chars().count(), 512);
        assert_eq!(tool.summary.chars().count(), 200);
        assert!(
            tool.arguments
                .iter()
                .all(|name| name.chars().count() <= 200)
        );
        let Flaw::SchemaType(kind) = &tool.flaws[0] else {
            panic!("{:?}", tool.flaws);
        };
        assert_eq!(kind.chars().count(), 200);
    }

    #[test]
    fn many_flaws_are_told_by_the_first_ones() {
        let properties: Vec<String> = (0..200)
            .map(|n| format!("\"p{n}\":{{\"type\":\"any\"}}"))
            .collect();
        let text = format!(
            r#"{{"name":"a","inputSchema":{{"type":"object","properties":{{{}}}}}}}"#,
            properties.join(",")
        );
        assert_eq!(flaws(&text).len(), FLAWS);
    }

    #[test]
    fn half_a_surrogate_pair_is_no_verdict() {
        let text = r#"{"name":"a","inputSchema":{"type":"object","description":"\ud800"}}"#;
        assert_eq!(flaws(text), []);
    }
}
