//! Event streams: bytes as they come in, events out.
//!
//! The events are told apart by the crate eventsource-stream. It is given one whole line at a time, because it reads
//! again from the start of its buffer with every chunk, copies the rest of it with every line, panics at a byte order
//! mark and gives up at a byte that is no UTF-8; and it is not given ids, which it copies with every later event.

use core::convert::Infallible;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::{Arc, Mutex, PoisonError};

use eventsource_stream::EventStream;
use futures_util::stream::Stream;
use futures_util::{FutureExt, StreamExt};

use super::message::text_of;
use crate::fact::Said;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Puts events together. How much it holds is bounded by how much it is given.
pub(super) struct Events {
    parser: EventStream<Lines>,
    lines: Lines,
    /// The line that has begun.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, which a line feed may follow.
    after_return: bool,
    /// Whether no line has ended yet.
    is_start: bool,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("line", &self.line.len())
            .finish_non_exhaustive()
    }
}

impl Events {
    pub(super) fn new() -> Events {
        let lines = Lines::default();
        let mut events = Events {
            parser: EventStream::new(lines.clone()),
            lines,
            line: Vec::new(),
            after_return: false,
            is_start: true,
        };
        // A comment, so that no later line is the first, in which a byte order mark would be looked for.
        events.parse(":\n".to_owned());
        events
    }

    /// Takes the next bytes, as many as there are up to the end of an event. Gives back how many it took, and the event,
    /// whole, with its data.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, Option<Said>) {
        let mut taken = 0;
        while taken < bytes.len() {
            if core::mem::take(&mut self.after_return) && bytes[taken] == b'\n' {
                taken += 1;
                continue;
            }
            let rest = &bytes[taken..];
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(rest);
                return (bytes.len(), None);
            };
            self.line.extend_from_slice(&rest[..end]);
            self.after_return = rest[end] == b'\r';
            taken += end + 1;
            if let Some(event) = self.end_line() {
                return (taken, Some(event));
            }
        }
        (taken, None)
    }

    /// A line has ended: the event that ends with it.
    fn end_line(&mut self) -> Option<Said> {
        let mut line = core::mem::take(&mut self.line);
        if core::mem::take(&mut self.is_start) && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if !line.is_empty() && !matches!(name, b"event" | b"data") {
            return None;
        }
        line.push(b'\n');
        self.parse(text_of(line))
    }

    fn parse(&mut self, line: String) -> Option<Said> {
        self.lines.put(line);
        match self.parser.next().now_or_never() {
            Some(Some(Ok(event))) => Some(Said {
                event: event.event,
                data: event.data,
            }),
            // It waits for the next line. It has no reason to fail: what it is given is whole lines of valid text.
            _ => None,
        }
    }
}

/// The line that waits for the parser.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Option<String>>>);

impl Lines {
    fn put(&self, line: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }
}

impl Stream for Lines {
    type Item = Result<String, Infallible>;

    /// Never wakes anybody: it is asked when there is a line.
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match line.take() {
            Some(line) => Poll::Ready(Some(Ok(line))),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a text that comes in pieces of `size` bytes.
    fn events(text: &[u8], size: usize) -> Vec<(String, String)> {
        let mut events = Events::new();
        let mut found = Vec::new();
        for mut piece in text.chunks(size) {
            while !piece.is_empty() {
                let (taken, event) = events.take(piece);
                piece = &piece[taken..];
                found.extend(event.map(|said| (said.event, said.data)));
            }
        }
        found
    }

    #[test]
    fn events_are_the_same_however_they_come() {
        let message = |data: &str| ("message".to_owned(), data.to_owned());
        for (text, expected) in [
            ("data: a\n\n", vec![message("a")]),
            (
                "data: a\r\n\r\ndata: b\r\rdata:c\n\n",
                vec![message("a"), message("b"), message("c")],
            ),
            ("data: a\r\n\n", vec![message("a")]),
            ("data: a\r\r\n", vec![message("a")]),
            (": ping\n\n: ping\n\ndata: a\n\n", vec![message("a")]),
            ("id: 1\ndata: \n\n", vec![message("")]),
            (
                "data: \nid: 0\nretry: 3000\n\ndata: a\ndata: b\n\n",
                vec![message(""), message("a\nb")],
            ),
            (
                "event: endpoint\ndata: /m?a=1\n\n",
                vec![("endpoint".to_owned(), "/m?a=1".to_owned())],
            ),
            ("event: x\n\ndata: a\n\n", vec![message("a")]),
            ("\u{feff}data: a\n\n", vec![message("a")]),
            ("\u{feff}\u{feff}data: a\n\ndata: b\n\n", vec![message("b")]),
            ("data\n\n", vec![message("")]),
            ("data: ü\n\n", vec![message("ü")]),
            ("data: a\ndata: b", vec![]),
            ("data: a\n", vec![]),
            ("<html>\n\n</html>\n\n", vec![]),
            ("", vec![]),
        ] {
            for size in [1, 2, 3, 5, 1_000] {
                assert_eq!(
                    events(text.as_bytes(), size),
                    expected,
                    "{text:?} by {size}"
                );
            }
        }
        let broken = events(b"data: caf\xe9\n\ndata: b\n\n", 4);
        assert_eq!(broken, [message("caf\u{fffd}"), message("b")]);
    }

    #[test]
    fn work_grows_with_the_bytes_and_not_faster() {
        // Each of these would take minutes if a line cost what stands before or behind it.
        let many_lines = ["data: x\n".repeat(200_000), "\n".to_owned()].concat();
        assert_eq!(events(many_lines.as_bytes(), 64 * 1024).len(), 1);
        let comments = [":\n".repeat(500_000), "data: a\n\n".to_owned()].concat();
        assert_eq!(events(comments.as_bytes(), 64 * 1024).len(), 1);
        let long = [
            "data: ".to_owned(),
            "x".repeat(2_000_000),
            "\n\n".to_owned(),
        ]
        .concat();
        assert_eq!(events(long.as_bytes(), 7).len(), 1);
        let id = ["id: ".to_owned(), "x".repeat(1_000_000), "\n".to_owned()].concat();
        let after = [id, "data: x\n\n".repeat(20_000)].concat();
        assert_eq!(events(after.as_bytes(), 64 * 1024).len(), 20_000);
    }
}
