//! What came of a tool call: an answer, or one of the ways in which tools and what stands before them say that they failed.

use serde_json::Value;

use super::raw;
use super::reading::described;
use crate::fact::{Answer, Content, Exchange, Probe, Purpose, Reply};
use crate::secret;

/// How a tool call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// With an answer.
    Answered,
    /// The tool failed and says so (`isError`); its words.
    Failed(String),
    /// With an answer whose text reads as an error although it is not marked as one; its words.
    ReadsAsError(String),
    /// It was refused: a JSON-RPC error.
    Refused {
        /// Its code.
        code: i64,
        /// Its words.
        words: String,
    },
    /// With none; what came instead.
    Unanswered(String),
}

impl Called {
    /// Whether a tool answered, and not with an error.
    pub fn succeeded(&self) -> bool {
        *self == Called::Answered
    }

    /// Why it did not, in words that follow the name of who failed.
    pub fn failure(&self) -> Option<String> {
        match self {
            Called::Answered => None,
            Called::Failed(words) => Some(format!("says that it failed: {words}")),
            Called::ReadsAsError(words) => Some(format!(
                "answers with a text that reads as an error, and does not mark it as one: {words}"
            )),
            Called::Refused { code, words } => Some(format!("refuses the call ({code}): {words}")),
            Called::Unanswered(words) => Some(format!("brings no answer of the tool: {words}")),
        }
    }
}

/// How texts begin that report a failure without `isError`.
const ERRORS: &[&str] = &[
    // LiteLLM 1.77.3: `Error: Tool 'nope' not found`. postgres-mcp 0.3: `Error: …`, whatever PostgreSQL says behind it.
    "Error: ",
    // postgres-mcp 0.3 in restricted mode: `Error validating query: …`.
    "Error validating query",
    // The Python SDK 1.x: `Error executing tool boom: …`, which LiteLLM 1.77.3 passes on without its mark.
    "Error executing tool ",
    // FastMCP 2: `Error calling tool 'boom'`, in the same manner.
    "Error calling tool ",
    // The TypeScript SDK 1.x: `MCP error -32602: Tool nope not found`, in the same manner.
    "MCP error -",
    // The Python SDK 1.x, of arguments: `Input validation error: 'x' is not of type 'number'`, in the same manner.
    "Input validation error: ",
];

/// What came of the call in a conversation; nothing where none was asked for.
pub fn called(probe: &Probe) -> Option<Called> {
    probe.asked.call.as_ref()?;
    if let Some(why) = &probe.unheld {
        return Some(Called::Unanswered(why.clone()));
    }
    let Some(exchange) = probe.of(&Purpose::Call).next_back() else {
        let last = probe.exchanges.last();
        let last = last.map_or_else(|| "nothing was said".to_owned(), described);
        return Some(Called::Unanswered(format!(
            "it did not come to that: {last}"
        )));
    };
    let first = |result: &Value| match &probe.content {
        Some(content) => content.first.clone(),
        None => first_line(result["content"][0]["text"].as_str().unwrap_or_default()),
    };
    Some(match exchange.message().map(|message| &message.reply) {
        Some(Reply::Result(result)) if result["isError"] == true => Called::Failed(first(result)),
        Some(Reply::Result(result)) => {
            let first = first(result);
            match ERRORS.iter().any(|error| first.starts_with(error)) {
                true => Called::ReadsAsError(first),
                false => Called::Answered,
            }
        }
        Some(Reply::Error(error)) => Called::Refused {
            code: error.code,
            words: first_line(&error.message),
        },
        Some(Reply::Own(_)) | None => Called::Unanswered(unanswered(exchange)),
    })
}

fn unanswered(exchange: &Exchange) -> String {
    secret::redact(&described(exchange))
}

/// Longer words are cut, in characters.
const WORDS: usize = 200;

fn first_line(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.chars().take(WORDS).collect()
}

/// More contents than these are counted and not compared.
const ITEMS: usize = 10_000;

/// What tells the answer of a tool apart, from the text of its result; nothing where it is none. Notes beside a content,
/// and members without a value, are left out: gateways drop some and add others.
pub(crate) fn content(result: &str) -> Option<Content> {
    let mut list = None;
    raw::members(result, |name, value| {
        if name == "content" {
            list = Some(value);
        }
    })
    .ok()?;
    let mut content = Content::default();
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut first = None;
    content.items = raw::items(list?, ITEMS, |item| {
        // What is nested too deep to be read is compared as it stands there.
        let item = serde_json::from_str(item).unwrap_or_else(|_| Value::from(item));
        let plain = plain(item).to_string();
        match plain_text(&plain) {
            Some(text) => {
                content.bytes += text.len() as u64;
                first.get_or_insert_with(|| first_line(&text));
            }
            None => content.bytes += plain.len() as u64,
        }
        hash.update(plain.as_bytes());
        hash.update(b"\n");
    })
    .ok()?;
    let digest = hash.finish();
    content.digest = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    content.first = first.unwrap_or_default();
    Some(content)
}

/// A content without what does not count, its members in order.
fn plain(item: Value) -> Value {
    const BESIDE: [&str; 2] = ["_meta", "annotations"];
    match item {
        Value::Object(members) => {
            let counts = |(name, value): &(String, Value)| {
                !value.is_null() && !BESIDE.contains(&name.as_str())
            };
            let mut members: Vec<(String, Value)> = members
                .into_iter()
                .filter(counts)
                .map(|(name, value)| (name, plain(value)))
                .collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        other => other,
    }
}

/// The text of a content that is one.
fn plain_text(item: &str) -> Option<String> {
    let mut text = None;
    let read = raw::members(item, |name, value| {
        if name == "text" {
            text = raw::text(value);
        }
    });
    read.ok().and(text)
}

/// Takes out of an answer what the tool said, and leaves whether it failed.
pub(crate) fn forget_content(answer: &mut Answer) {
    answer.events.clear();
    let Some(message) = &mut answer.message else {
        return;
    };
    if let Reply::Result(result) = &mut message.reply {
        answer.text.clear();
        let failed = result["isError"].take();
        *result = serde_json::json!({ "isError": failed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Ask, Call, Clock, End, Message, Outcome, Request};

    fn asked(result: &str) -> Probe {
        let mut ask = Ask::url("http://localhost:8000/mcp");
        ask.call = Some(Call {
            tool: "t".to_owned(),
            arguments: serde_json::json!({}),
            alone: true,
        });
        let mut probe = Probe::new(ask);
        let mut answer = Answer {
            status: 200,
            headers: Vec::new(),
            text: result.to_owned(),
            size: 0,
            events: Vec::new(),
            message: Some(Message {
                id: Value::from(1),
                reply: Reply::Result(serde_json::from_str(result).expect("JSON")),
            }),
            stray: None,
            document: None,
            end: End::Complete,
        };
        probe.content = content(result);
        forget_content(&mut answer);
        probe.exchanges.push(Exchange {
            purpose: Purpose::Call,
            request: Request {
                method: "POST".to_owned(),
                url: String::new(),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Answered(answer),
            clock: Clock::default(),
        });
        probe
    }

    #[test]
    fn failures_are_recognised_however_they_are_said() {
        let text = |text: &str, is_error: bool| {
            serde_json::json!({"content": [{"type": "text", "text": text}], "isError": is_error})
                .to_string()
        };
        let of = |result: &str| called(&asked(result)).expect("a call");
        assert_eq!(of(&text("3", false)), Called::Answered);
        assert_eq!(of(&text("Errors: none", false)), Called::Answered);
        assert_eq!(of(r#"{"content": []}"#), Called::Answered);
        assert_eq!(of(&text("boom", true)), Called::Failed("boom".to_owned()));
        for words in [
            "Error: Tool 'nope' not found",
            "MCP error -32602: Tool nope not found",
            "Input validation error: 'x' is not of type 'number'",
            "Error executing tool boom: no",
        ] {
            assert_eq!(
                of(&text(words, false)),
                Called::ReadsAsError(words.to_owned())
            );
        }
    }

    #[test]
    fn the_same_content_is_the_same_whatever_carried_it() {
        // server-everything through LiteLLM 1.77.3 and 1.109.1, and by itself.
        let same = [
            r#"{"content":[{"type":"text","text":"Echo: hi"}],"isError":false}"#,
            r#"{"content":[{"text":"Echo: hi","type":"text"}],"isError":false}"#,
            r#"{"content":[{"type":"text","text":"Echo: hi","annotations":null,"_meta":{"a":1}}],"structuredContent":{"a":1}}"#,
        ];
        let same = same.map(|result| content(result).expect("content"));
        assert_eq!(same[0], same[1]);
        assert_eq!(same[0], same[2]);
        assert_eq!((same[0].items, same[0].bytes), (1, 8));
        let other = content(r#"{"content":[{"type":"text","text":"Echo: ho"}]}"#);
        assert_ne!(Some(same[0].digest.clone()), other.map(|one| one.digest));
    }

    #[test]
    fn nothing_of_the_content_but_its_first_line_is_kept() {
        let probe = asked(r#"{"content":[{"type":"text","text":"one\ncanary"}]}"#);
        assert!(!format!("{probe:?}").contains("canary"), "{probe:?}");
        assert_eq!(probe.content.expect("content").first, "one");
    }
}
