//! The JSON-RPC message in a text, found without building the values in it: a result may have a million items, or
//! brackets a million deep.

use core::fmt;
use core::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fact::{ErrorObject, Message, Reply};
use crate::wire::page;

/// Words of others are cut here.
pub(super) const WORDS: usize = 2 * 1024;
/// The data of an error that is larger is left out.
const DATA: usize = 4 * 1024;
/// More messages in one answer than any server sends: mcpdoc asks for one.
const BATCH: usize = 100;
/// An id that is larger is none.
const ID: usize = 1024;

/// What messages a text has.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The answer to the id that was asked for, and where in the text its result stands.
    pub ours: Option<(Message, Option<Range<usize>>)>,
    /// The first other one. An answer is preferred to a request or notification.
    pub stray: Option<Message>,
}

/// The messages of a text: one, or an array of them (the batch of 2025-03-26). Nothing when the text is no JSON, or
/// when there is no JSON-RPC message in it.
pub(super) fn messages(text: &str, id: Option<&Value>) -> Messages {
    let mut found = Messages::default();
    let add = |part: &str, found: &mut Messages| {
        let Some((message, result)) = Envelope::parse(part).and_then(Envelope::open) else {
            return;
        };
        let is_own = matches!(message.reply, Reply::Own(_));
        if !is_own && found.ours.is_none() && id.is_some_and(|id| is_same(id, &message.id)) {
            let result = result.map(|result| place(text, result));
            found.ours = Some((message, result));
        } else if found
            .stray
            .as_ref()
            .is_none_or(|have| matches!(have.reply, Reply::Own(_)) && !is_own)
        {
            found.stray = Some(message);
        }
    };
    match each(text, |part| add(part, &mut found)) {
        true => found,
        false => Messages::default(),
    }
}

/// Every message of a text, in its order, each with where its result stands in the text.
pub(super) fn all(text: &str) -> Vec<(Message, Option<Range<usize>>)> {
    let mut found = Vec::new();
    let is_whole = each(text, |part| {
        if let Some((message, result)) = Envelope::parse(part).and_then(Envelope::open) {
            found.push((message, result.map(|result| place(text, result))));
        }
    });
    if !is_whole {
        found.clear();
    }
    found
}

/// Gives each part of a text away that may be a message. Whether it is all of the text.
fn each<'a>(text: &'a str, mut take: impl FnMut(&'a str)) -> bool {
    match text.trim_start().as_bytes().first() {
        Some(b'{') => {
            take(text);
            true
        }
        Some(b'[') => {
            let mut parser = serde_json::Deserializer::from_str(text);
            let read = parser.deserialize_seq(Each(take));
            read.and_then(|()| parser.end()).is_ok()
        }
        _ => true,
    }
}

/// Whether two ids are the same. Numbers are compared as JavaScript does: `1.0` answers `1`.
fn is_same(asked: &Value, got: &Value) -> bool {
    asked == got
        || match (asked, got) {
            (Value::Number(asked), Value::Number(got)) => asked.as_f64() == got.as_f64(),
            _ => false,
        }
}

/// Where a part stands in the text that it was borrowed from.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// The start of a text, cut between characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

/// The members of a message, as they stand in its text.
#[derive(Default)]
struct Envelope<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn parse(text: &'a str) -> Option<Envelope<'a>> {
        let mut parser = serde_json::Deserializer::from_str(text);
        let envelope = parser.deserialize_map(Members).ok()?;
        parser.end().ok()?;
        Some(envelope)
    }

    /// The message, and the text of its result; nothing when it is not JSON-RPC 2.0.
    fn open(self) -> Option<(Message, Option<&'a str>)> {
        if small(self.jsonrpc, ID)?.as_str() != Some("2.0") {
            return None;
        }
        let id = small(self.id, ID).unwrap_or_default();
        let error = self.error.filter(|error| error.get() != "null");
        let (reply, result) = match (self.method, error, self.result) {
            (Some(method), _, _) => {
                let method = String::deserialize(method).unwrap_or_default();
                (Reply::Own(cut(&method, WORDS)), None)
            }
            (None, Some(error), _) => (Reply::Error(error_object(error)), None),
            (None, None, Some(result)) => {
                let result = result.get();
                (Reply::Result(page::outline(result)), Some(result))
            }
            (None, None, None) => return None,
        };
        Some((Message { id, reply }, result))
    }
}

/// A value, unless it is larger than `most` bytes or nested deeper than serde_json allows.
fn small(raw: Option<&RawValue>, most: usize) -> Option<Value> {
    let raw = raw?.get();
    if raw.len() > most {
        return None;
    }
    serde_json::from_str(raw).ok()
}

/// An error as it should be, or a text in its place, as some frameworks answer.
fn error_object(raw: &RawValue) -> ErrorObject {
    #[derive(Deserialize)]
    struct Written<'a> {
        #[serde(borrow, default)]
        code: Option<&'a RawValue>,
        #[serde(borrow, default)]
        message: Option<&'a RawValue>,
        #[serde(borrow, default)]
        data: Option<&'a RawValue>,
    }
    let words = |raw: Option<&RawValue>| {
        let text = raw.and_then(|raw| String::deserialize(raw).ok());
        cut(&text.unwrap_or_default(), WORDS)
    };
    // An array would do for serde, by position.
    let is_object = raw.get().starts_with('{');
    let written = is_object.then(|| serde_json::from_str::<Written<'_>>(raw.get()));
    match written.and_then(Result::ok) {
        Some(written) => ErrorObject {
            code: small(written.code, ID)
                .and_then(|code| code.as_i64())
                .unwrap_or_default(),
            message: words(written.message),
            data: small(written.data, DATA).unwrap_or_default(),
        },
        None => ErrorObject {
            code: 0,
            message: words(Some(raw)),
            data: small(Some(raw), DATA).unwrap_or_default(),
        },
    }
}

/// The names of the members that count.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Jsonrpc,
    Id,
    Method,
    Result,
    Error,
    #[serde(other)]
    Other,
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    /// Of a member that is said twice the last counts, as in every JSON parser of the clients.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(member) = map.next_key::<Member>()? {
            let slot = match member {
                Member::Jsonrpc => &mut envelope.jsonrpc,
                Member::Id => &mut envelope.id,
                Member::Method => &mut envelope.method,
                Member::Result => &mut envelope.result,
                Member::Error => &mut envelope.error,
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = Some(map.next_value()?);
        }
        Ok(envelope)
    }
}

/// Gives each element's text away, one at a time. An array of more than [`BATCH`] is none of messages.
struct Each<F>(F);

impl<'de, F: FnMut(&'de str)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of JSON-RPC messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut count = 0;
        while let Some(part) = seq.next_element::<&RawValue>()? {
            count += 1;
            if count > BATCH {
                return Err(A::Error::custom("more than a batch of messages"));
            }
            (self.0)(part.get());
        }
        Ok(())
    }
}

/// Bytes as text. What is no UTF-8 is replaced, so that a message with one broken name can still be read: by U+FFFD,
/// or by `?` in place where the text is large, because the former takes up to three times the room.
pub(super) fn text_of(mut bytes: Vec<u8>) -> String {
    const LARGE: usize = 1024 * 1024;
    if bytes.len() <= LARGE {
        return match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
    }
    let mut at = 0;
    while let Err(error) = str::from_utf8(&bytes[at..]) {
        at += error.valid_up_to();
        let broken = error.error_len().unwrap_or(bytes.len() - at);
        bytes[at..at + broken].fill(b'?');
        at += broken;
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ours(text: &str) -> Option<(Message, Option<String>)> {
        let found = messages(text, Some(&json!(1)));
        found
            .ours
            .map(|(message, result)| (message, result.map(|range| text[range].to_owned())))
    }

    #[test]
    fn an_answer_is_told_by_its_id() {
        let text = r#" {"jsonrpc":"2.0","result":{"a":[1, 2]},"id":1} "#;
        let (message, result) = ours(text).expect("an answer");
        assert_eq!(message.reply, Reply::Result(json!({"a": [1, 2]})));
        assert_eq!(result.as_deref(), Some(r#"{"a":[1, 2]}"#));
        for (text, stray) in [
            (r#"{"jsonrpc":"2.0","id":2,"result":{}}"#, true),
            (r#"{"jsonrpc":"2.0","id":"1","result":{}}"#, true),
            (
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}"#,
                true,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, true),
            (
                r#"{"jsonrpc":"2.0","method":"notifications/message"}"#,
                true,
            ),
            (r#"{"jsonrpc":"2.0","id":1}"#, false),
            (r#"{"id":1,"result":{}}"#, false),
            (r#"{"jsonrpc":"1.0","id":1,"result":{}}"#, false),
            (r#"{"error":"invalid_token"}"#, false),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}} x"#, false),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}"#, false),
            ("", false),
            ("1", false),
            ("null", false),
            ("[]", false),
        ] {
            let found = messages(text, Some(&json!(1)));
            assert!(found.ours.is_none(), "{text}");
            assert_eq!(found.stray.is_some(), stray, "{text}");
        }
    }

    #[test]
    fn numbers_and_members_that_are_said_twice_count_as_clients_count_them() {
        let twice = r#"{"jsonrpc":"2.0","id":2,"id":1.0,"result":1,"result":2}"#;
        let (message, _) = ours(twice).expect("an answer");
        assert_eq!(message.reply, Reply::Result(json!(2)));
        let null = r#"{"jsonrpc":"2.0","id":1,"result":null,"error":null}"#;
        let (message, result) = ours(null).expect("an answer");
        assert_eq!(message.reply, Reply::Result(Value::Null));
        assert_eq!(result.as_deref(), Some("null"));
    }

    #[test]
    fn a_batch_has_the_answer_among_others() {
        let text = r#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":7,"result":{}},3,
            {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":[1]}}]"#;
        let found = messages(text, Some(&json!(1)));
        let (message, result) = found.ours.expect("an answer");
        let error = ErrorObject {
            code: -32601,
            message: "no".to_owned(),
            data: json!([1]),
        };
        assert_eq!(message.reply, Reply::Error(error));
        assert_eq!(result, None);
        assert_eq!(found.stray.map(|stray| stray.id), Some(json!(7)));
    }

    #[test]
    fn an_error_may_be_anything() {
        for (error, code, words) in [
            (r#""broken""#, 0, "broken"),
            (r#"{"code":"x","message":5}"#, 0, ""),
            (r#"{"code":1e99}"#, 0, ""),
            ("[1]", 0, ""),
            ("true", 0, ""),
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#);
            let (message, _) = ours(&text).expect("an answer");
            let Reply::Error(found) = message.reply else {
                panic!("{text} is an error")
            };
            assert_eq!(
                (found.code, found.message.as_str()),
                (code, words),
                "{text}"
            );
        }
        let long = format!(
            r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":1,"message":"{}","data":"{}"}}}}"#,
            "ä".repeat(5_000),
            "x".repeat(5_000)
        );
        let (message, _) = ours(&long).expect("an answer");
        let Reply::Error(found) = message.reply else {
            panic!("it is an error")
        };
        assert_eq!(found.message.len(), 2_048);
        assert_eq!(found.data, Value::Null);
    }

    #[test]
    fn depth_and_number_cost_nothing() {
        let deep = 1_000_000;
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{}{}}}"#,
            "[".repeat(deep),
            "]".repeat(deep)
        );
        let (message, result) = ours(&text).expect("an answer");
        assert_eq!(message.reply, Reply::Result(Value::Null));
        assert_eq!(result.map(|result| result.len()), Some(2 * deep));
        let batch = format!("[{}0]", "{},".repeat(deep));
        assert!(messages(&batch, Some(&json!(1))).ours.is_none());
        let shallow = format!(
            r#"{{"jsonrpc":"2.0","id":{}1{},"result":{}1{}}}"#,
            "[".repeat(200),
            "]".repeat(200),
            "[".repeat(200),
            "]".repeat(200)
        );
        let stray = messages(&shallow, Some(&json!(1)))
            .stray
            .expect("a message");
        assert_eq!(stray.id, Value::Null);
        assert_eq!(stray.reply, Reply::Result(Value::Null));
    }

    #[test]
    fn broken_text_is_replaced() {
        assert_eq!(text_of(b"caf\xe9!".to_vec()), "caf\u{fffd}!");
        let mut large = vec![b'x'; 2_000_000];
        large[5] = 0xFF;
        large[1_999_999] = 0xE2;
        let text = text_of(large);
        assert_eq!(&text[..7], "xxxxx?x");
        assert!(text.ends_with("x?"));
        assert_eq!(cut("aäb", 2), "a");
    }
}
