//! What a line of standard output says: JSON-RPC messages, or something else. Readers are less patient than mcpdoc is
//! here: what it forgives is told as an oddity.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use super::lines::{KEPT_BYTES, KEPT_LINES, Line};
use crate::fact::{Message, Process};
use crate::observe::message;

/// Hears lines.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// What is odd about what was heard.
    pub oddities: Vec<&'static str>,
    /// Lines that may be the beginning of a message over several lines.
    begun: Vec<String>,
    /// Those that turned out to be none.
    lost: Vec<String>,
    heard: bool,
}

/// What was heard.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// Messages in a text, each with where its result stands.
    Messages(String, Vec<(Message, Option<Range<usize>>)>),
    /// Lines that are no messages.
    Noise(Vec<String>),
    /// Nothing, or nothing yet.
    Nothing,
}

/// How much is held together as one message over several lines.
const SPLIT_BYTES: usize = 1024 * 1024;
/// How many lines.
const SPLIT_LINES: usize = 2_000;

impl Ear {
    /// Hears the next line.
    pub fn hear(&mut self, line: Line) -> Heard {
        let is_first = !std::mem::replace(&mut self.heard, true);
        if line.is_cut() {
            self.note(Process::LONG_LINE);
        }
        let (text, odd) = text_of(line.bytes, is_first);
        if text.trim().is_empty() {
            return Heard::Nothing;
        }
        if let Some(messages) = read(&text, &mut self.oddities) {
            odd.into_iter().for_each(|oddity| self.note(oddity));
            // What had begun was none.
            let begun = std::mem::take(&mut self.begun);
            let room = KEPT_LINES.saturating_sub(self.lost.len());
            self.lost.extend(begun.into_iter().take(room));
            return Heard::Messages(text, messages);
        }
        self.join(text)
    }

    /// Lines that were held back and belong to no message, when nothing more comes.
    pub fn rest(&mut self) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.lost);
        lines.append(&mut self.begun);
        lines.truncate(KEPT_LINES);
        lines
    }

    /// Whether a line without an end is a message, apart from that.
    pub fn is_message(&self, begun: &[u8]) -> bool {
        let text = String::from_utf8_lossy(begun);
        read(&text, &mut Vec::new()).is_some()
    }

    /// Tells an oddity, once.
    pub fn note(&mut self, oddity: &'static str) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// Whether lines make one message together: a server that prints its JSON prettily.
    fn join(&mut self, text: String) -> Heard {
        let opens = self.begun.is_empty() && matches!(text.trim(), "{" | "[");
        if !opens && self.begun.is_empty() {
            return Heard::Noise(vec![text]);
        }
        self.begun.push(text);
        let closes = self
            .begun
            .last()
            .is_some_and(|line| line.ends_with(['}', ']']));
        if closes {
            let whole = self.begun.join("\n");
            if let Some(messages) = read(&whole, &mut self.oddities) {
                self.begun.clear();
                self.note(Process::SPLIT);
                return Heard::Messages(whole, messages);
            }
        }
        let size: usize = self.begun.iter().map(String::len).sum();
        if size > SPLIT_BYTES || self.begun.len() > SPLIT_LINES {
            return Heard::Noise(self.rest());
        }
        Heard::Nothing
    }
}

/// The messages of a text; nothing when it has none.
fn read(
    text: &str,
    oddities: &mut Vec<&'static str>,
) -> Option<Vec<(Message, Option<Range<usize>>)>> {
    let messages = message::all(text);
    if messages.is_empty() {
        return None;
    }
    if text.trim_start().starts_with('[') && !oddities.contains(&Process::BATCH) {
        oddities.push(Process::BATCH);
    }
    Some(messages)
}

/// A line as text, and what is odd about it if it is a message.
fn text_of(mut bytes: Vec<u8>, is_first: bool) -> (String, Vec<&'static str>) {
    let mut odd = Vec::new();
    let is_wide = bytes.starts_with(b"\xFF\xFE")
        || bytes.starts_with(b"\xFE\xFF")
        || bytes.iter().take(64).filter(|byte| **byte == 0).count() > 4;
    if is_wide {
        // Enough to read the ASCII in it.
        odd.push(Process::UTF_16);
        bytes.retain(|byte| !matches!(byte, 0 | 0xFE | 0xFF));
    }
    if is_first && bytes.starts_with(b"\xEF\xBB\xBF") {
        odd.push(Process::BYTE_ORDER_MARK);
        bytes.drain(..3);
    }
    if bytes.ends_with(b"\r") {
        odd.push(Process::CR_LF);
        bytes.pop();
    }
    let text = message::text_of(bytes);
    if text.contains('\u{FFFD}') {
        odd.push(Process::NOT_UTF_8);
    }
    (text, odd)
}

/// Whether an id is the number that was asked with, and whether it is a number.
pub(super) fn is_id(asked: u64, got: &Value) -> Option<bool> {
    match got {
        Value::Number(number) => (number.as_f64() == Some(asked as f64)).then_some(true),
        Value::String(text) => (text.parse() == Ok(asked)).then_some(false),
        _ => None,
    }
}

/// A line of noise as it is kept.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    match text.len() > KEPT_BYTES {
        true => Cow::Owned(message::cut(text, KEPT_BYTES)),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Reply;

    const ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#;

    fn hear(ear: &mut Ear, bytes: &[u8]) -> Heard {
        ear.hear(Line {
            bytes: bytes.to_vec(),
            size: bytes.len() as u64,
        })
    }

    fn result(heard: Heard) -> String {
        let Heard::Messages(text, messages) = heard else {
            panic!("{heard:?} is no message");
        };
        let range = messages[0].1.clone().expect("a result");
        text[range].to_owned()
    }

    #[test]
    fn messages_are_heard_through_what_is_odd() {
        let wide: Vec<u8> = b"\xFF\xFE"
            .iter()
            .copied()
            .chain(ANSWER.bytes().flat_map(|byte| [byte, 0]))
            .collect();
        for (bytes, odd) in [
            (ANSWER.as_bytes().to_vec(), vec![]),
            (format!("{ANSWER}\r").into_bytes(), vec![Process::CR_LF]),
            (
                format!("\u{FEFF}{ANSWER}").into_bytes(),
                vec![Process::BYTE_ORDER_MARK],
            ),
            (wide, vec![Process::UTF_16]),
            (format!("[{ANSWER}]").into_bytes(), vec![Process::BATCH]),
        ] {
            let mut ear = Ear::default();
            assert_eq!(result(hear(&mut ear, &bytes)), r#"{"a":1}"#);
            assert_eq!(ear.oddities, odd);
        }
        let mut ear = Ear::default();
        let broken = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\xE9\"}";
        assert_eq!(result(hear(&mut ear, broken)), "\"\u{FFFD}\"");
        assert_eq!(ear.oddities, [Process::NOT_UTF_8]);
    }

    #[test]
    fn what_is_no_message_is_noise() {
        let mut ear = Ear::default();
        for line in [
            "Starting server…",
            "{\"level\":\"info\"}",
            "[1,2]",
            "{'a': 1}",
            "{ not json",
            "5",
        ] {
            assert_eq!(
                hear(&mut ear, line.as_bytes()),
                Heard::Noise(vec![line.to_owned()]),
                "{line}"
            );
        }
        assert_eq!(hear(&mut ear, b"  "), Heard::Nothing);
        assert_eq!(ear.oddities, Vec::<&str>::new());
    }

    #[test]
    fn a_message_over_several_lines_is_put_together() {
        let mut ear = Ear::default();
        let pretty = "{\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\n  \"result\": {\n  }\n}";
        let mut last = Heard::Nothing;
        for line in pretty.lines() {
            assert_eq!(last, Heard::Nothing);
            last = hear(&mut ear, line.as_bytes());
        }
        let Heard::Messages(_, messages) = last else {
            panic!("{last:?}");
        };
        assert!(matches!(messages[0].0.reply, Reply::Result(_)));
        assert_eq!(ear.oddities, [Process::SPLIT]);
        assert_eq!(hear(&mut ear, b"{"), Heard::Nothing);
        assert_eq!(hear(&mut ear, b"never closed"), Heard::Nothing);
        assert_eq!(result(hear(&mut ear, ANSWER.as_bytes())), r#"{"a":1}"#);
        assert_eq!(ear.rest(), ["{", "never closed"]);
        for _ in 0..SPLIT_LINES {
            hear(&mut ear, b"{");
        }
        assert_eq!(
            hear(&mut ear, b"{"),
            Heard::Noise(vec!["{".to_owned(); KEPT_LINES])
        );
    }

    #[test]
    fn ids_are_compared_as_clients_do() {
        use serde_json::json;
        assert_eq!(is_id(1, &json!(1)), Some(true));
        assert_eq!(is_id(1, &json!(1.0)), Some(true));
        assert_eq!(is_id(1, &json!("1")), Some(false));
        assert_eq!(is_id(1, &json!(2)), None);
        assert_eq!(is_id(1, &json!(null)), None);
    }
}
