//! One page of a list: `tools/list`, `resources/list`, `prompts/list`. It is read in one pass over its text: what is
//! beyond the room that is left is counted and not kept.

use serde_json::Value;

use super::{raw, tool};
use crate::fact::Tool;

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its tools, as many as there is room for; of other lists nothing is kept.
    pub tools: Vec<Tool>,
    /// How many items it has.
    pub count: usize,
    /// `nextCursor`. An empty text is a cursor like any other; null is none.
    pub next: Option<String>,
}

/// Reads the text of a list's `result`. `items` is the member that has the list: "tools", "resources", "prompts"; at
/// most `room` of its items are looked at.
///
/// # Errors
/// What makes the page one that clients cannot read: it is no object, the list is missing or no list, or the cursor is no
/// text.
pub fn page(result: &str, items: &str, room: usize) -> Result<Page, String> {
    let (mut list, mut next) = (None, None);
    raw::members(result, |name, value| match name.as_ref() {
        "nextCursor" => next = Some(value),
        name if name == items => list = Some(value),
        _ => {}
    })?;
    let Some(list) = list else {
        return Err(format!("the result has no {items}"));
    };
    if !list.starts_with('[') {
        return Err(format!("{items} is {}, not a list", raw::kind(list)));
    }
    let next = match next {
        None | Some("null") => None,
        Some(cursor) => match raw::text(cursor) {
            Some(cursor) => Some(cursor),
            None => return Err(format!("nextCursor is {}, not a text", raw::kind(cursor))),
        },
    };
    let mut tools = Vec::new();
    let count = match items {
        "tools" => raw::items(list, room, |item| tools.push(tool::tool(item)))?,
        _ => raw::items(list, 0, |_| {})?,
    };
    Ok(Page { tools, count, next })
}

/// How many bytes of one member of a result are recorded.
const MEMBER: usize = 16 * 1024;
/// How many bytes of a result are recorded.
const RESULT: usize = 64 * 1024;

/// A result as it is recorded: as it is where it is small. Else its members: a long text is cut, another large value is
/// null, and so is everything after 64 KiB. So the version and the capabilities of a server with a book of instructions
/// are still known, and of a list everything but its items.
pub fn outline(result: &str) -> Value {
    if result.len() <= MEMBER {
        return serde_json::from_str(result).unwrap_or(Value::Null);
    }
    let mut kept = serde_json::Map::new();
    let mut size = 0;
    let read = raw::members(result, |name, value| {
        if size + name.len() > RESULT || name.len() > MEMBER {
            return;
        }
        let value = match value.len() {
            0..=MEMBER => serde_json::from_str(value).unwrap_or(Value::Null),
            _ => match raw::text(value) {
                Some(text) => Value::from(raw::cut(&text, MEMBER / 4)),
                None => Value::Null,
            },
        };
        size += name.len() + value.to_string().len();
        if size <= RESULT {
            kept.insert(name.into_owned(), value);
        }
    });
    match read {
        Ok(()) => Value::Object(kept),
        Err(_) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Flaw, Limits};

    /// server-everything over stdio, its first two tools.
    const EVERYTHING: &str = r##"{"tools":[{"name":"echo","title":"Echo Tool","description":"Echoes back the input string","inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"message":{"type":"string","description":"Message to echo"}},"required":["message"]},"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false},"execution":{"taskSupport":"forbidden"}},{"name":"get-annotated-message","title":"Get Annotated Message Tool","description":"Demonstrates how annotations can be used to provide metadata about content.","inputSchema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"messageType":{"type":"string","enum":["error","success","debug"],"description":"Type of message to demonstrate different annotation patterns"},"includeImage":{"default":false,"description":"Whether to include an example image","type":"boolean"}},"required":["messageType"]},"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false},"execution":{"taskSupport":"forbidden"}}]}"##;
    /// The python SDK, 2026-07-28.
    const PYTHON: &str = r#"{"cacheScope":"private","resultType":"complete","tools":[{"description":"Add two numbers","inputSchema":{"type":"object","properties":{"a":{"title":"A","type":"integer"},"b":{"title":"B","type":"integer"}},"required":["a","b"],"title":"addArguments"},"name":"add","outputSchema":{"properties":{"result":{"title":"Result","type":"integer"}},"required":["result"],"title":"addOutput","type":"object"}},{"description":"Always fails","inputSchema":{"type":"object","properties":{},"title":"boomArguments"},"name":"boom","outputSchema":{"properties":{"result":{"title":"Result","type":"string"}},"required":["result"],"title":"boomOutput","type":"object"}}],"ttlMs":0,"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"lab-py","version":""}}}"#;
    /// rmcp, 2026-07-28.
    const RMCP: &str = r#"{"resultType":"complete","ttlMs":0,"cacheScope":"public","tools":[{"name":"add","description":"Add two numbers","inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"a":{"format":"int64","type":"integer"},"b":{"format":"int64","type":"integer"}},"required":["a","b"],"type":"object"}}]}"#;

    #[test]
    fn lists_of_real_servers_are_read_and_have_no_flaws() {
        for (text, names) in [
            (EVERYTHING, &["echo", "get-annotated-message"][..]),
            (PYTHON, &["add", "boom"]),
            (RMCP, &["add"]),
        ] {
            let page = page(text, "tools", Limits::TOOLS).expect("a page");
            let found: Vec<&str> = page.tools.iter().map(|tool| tool.name.as_str()).collect();
            assert_eq!(found, names);
            assert_eq!((page.count, page.next), (names.len(), None));
            assert!(
                page.tools.iter().all(|tool| tool.flaws.is_empty()),
                "{:?}",
                page.tools
            );
        }
        let page = page(EVERYTHING, "tools", 10).expect("a page");
        let tool = &page.tools[1];
        assert_eq!(tool.summary, "Get Annotated Message Tool");
        assert_eq!(tool.arguments, ["messageType", "includeImage"]);
        assert_eq!(tool.required, 1);
    }

    #[test]
    fn cursors_are_texts_and_an_empty_one_is_a_cursor() {
        let next = |text: &str| page(text, "tools", 5).map(|page| page.next);
        assert_eq!(
            next(r#"{"tools":[],"nextCursor":"a\"b"}"#),
            Ok(Some("a\"b".to_owned()))
        );
        assert_eq!(
            next(r#"{"nextCursor":"","tools":[]}"#),
            Ok(Some(String::new()))
        );
        assert_eq!(next(r#"{"nextCursor":null,"tools":[]}"#), Ok(None));
        assert_eq!(next(r#"{"tools":[]}"#), Ok(None));
        let number = next(r#"{"tools":[],"nextCursor":5}"#);
        assert_eq!(number, Err("nextCursor is a number, not a text".to_owned()));
    }

    #[test]
    fn a_page_that_clients_cannot_read_says_why() {
        for (text, why) in [
            (
                "{\"tools\": null}",
                "tools is null, not a list", // a nil slice of Go
            ),
            ("{\"tools\": {\"a\": {}}}", "tools is an object, not a list"),
            ("{\"resources\": []}", "the result has no tools"),
        ] {
            assert_eq!(page(text, "tools", 5), Err(why.to_owned()));
        }
        for text in ["[]", "", "{\"tools\": [", "{\"tools\": []} trailing"] {
            assert!(page(text, "tools", 5).is_err(), "{text}");
        }
    }

    #[test]
    fn other_lists_are_counted() {
        let text = r#"{"resources":[{"uri":"a:b","name":"b"},{},3],"nextCursor":"2"}"#;
        let page = page(text, "resources", 5_000).expect("a page");
        assert_eq!((page.tools.len(), page.count), (0, 3));
        assert_eq!(page.next.as_deref(), Some("2"));
    }

    #[test]
    fn a_million_tools_are_counted_and_a_few_of_them_kept() {
        let one = r#"{"name":"t","inputSchema":{"type":"object"}}"#;
        let many = format!(
            "{{\"tools\":[{}{one}]}}",
            format!("{one},").repeat(1_000_000)
        );
        let page = page(&many, "tools", 20).expect("a page");
        assert_eq!((page.count, page.tools.len()), (1_000_001, 20));
        assert!(page.tools.iter().all(|tool| tool.flaws.is_empty()));
    }

    #[test]
    fn brackets_without_end_cost_no_stack() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        let inside = format!(
            r#"{{"tools":[{{"name":"t","inputSchema":{{"type":"object","default":{}}}}},{}]}}"#,
            deep("1"),
            deep("")
        );
        let page = page(&inside, "tools", 5).expect("a page");
        assert_eq!(page.count, 2);
        assert_eq!(page.tools[0].flaws, [Flaw::TooDeep]);
        assert_eq!(page.tools[1].flaws, [Flaw::NoObject]);
        assert!(super::page(&deep(""), "tools", 5).is_err());
        assert!(super::page(&"[".repeat(100_000), "tools", 5).is_err());
        assert_eq!(outline(&inside), serde_json::json!({"tools": null}));
    }

    #[test]
    fn what_is_large_is_left_out_of_what_is_recorded() {
        let small = r#"{"protocolVersion":"2025-11-25","capabilities":{}}"#;
        assert_eq!(outline(small)["protocolVersion"], "2025-11-25");
        let long = format!(
            r#"{{"instructions":"{}","protocolVersion":"2025-11-25","tools":[{}0],"ttlMs":5}}"#,
            "ä".repeat(100_000),
            "0,".repeat(10_000)
        );
        let kept = outline(&long);
        assert_eq!(kept["protocolVersion"], "2025-11-25");
        assert_eq!(kept["ttlMs"], 5);
        assert!(kept["tools"].is_null());
        assert_eq!(
            kept["instructions"]
                .as_str()
                .map(|text| text.chars().count()),
            Some(4096)
        );
        assert_eq!(outline(&"x".repeat(100_000)), Value::Null);
    }
}
