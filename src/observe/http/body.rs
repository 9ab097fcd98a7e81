//! An answer, from its head to the point where reading ends.

use reqwest::Response;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::super::line::{Received, Wait};
use super::super::message::{Messages, WORDS, cut, messages, text_of};
use super::super::sse::Events;
use super::{failure, micros};
use crate::fact::{Answer, Clock, End, Message, Outcome, Reply, Said};

/// How much of a body is kept as text.
const TEXT: usize = 4 * 1024;
const HEADERS: usize = 100;
const EVENTS: usize = 20;
/// A document that is larger is not built as a value: brackets alone take up thirty times their room.
const DOCUMENT: usize = 1024 * 1024;

/// When an answer is to have come to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    /// The first event of a stream, and the body of a document.
    pub(super) patience: Instant,
    /// Everything.
    pub(super) deadline: Instant,
}

/// The body of an answer: at most `room` bytes of it.
#[derive(Debug)]
struct Body {
    response: Response,
    /// How many more bytes may come.
    room: usize,
    /// Whether more than that have come.
    is_full: bool,
    size: u64,
    /// Its first bytes.
    start: Vec<u8>,
}

/// What came of waiting for more of a body.
enum Piece {
    Bytes(bytes::Bytes),
    End(End),
}

impl Body {
    /// Its next bytes. Nothing is lost when this is dropped before it is done.
    async fn next(&mut self, until: Instant) -> Piece {
        if self.is_full {
            return Piece::End(End::Cap);
        }
        // Asked before as well: a server that always has something to say never lets the timer have its turn.
        if Instant::now() >= until {
            return Piece::End(End::Deadline);
        }
        match timeout_at(until, self.response.chunk()).await {
            Err(_) => Piece::End(End::Deadline),
            Ok(Err(error)) => {
                let failure = failure::of_client(&error);
                Piece::End(End::Broken(failure::words(&failure)))
            }
            Ok(Ok(None)) => Piece::End(End::Complete),
            Ok(Ok(Some(mut bytes))) => {
                self.is_full = bytes.len() > self.room;
                bytes.truncate(self.room);
                self.room -= bytes.len();
                self.size += bytes.len() as u64;
                let missing = TEXT.saturating_sub(self.start.len()).min(bytes.len());
                self.start.extend_from_slice(&bytes[..missing]);
                Piece::Bytes(bytes)
            }
        }
    }

    /// All of it, and how it ended.
    async fn whole(&mut self, until: Instant) -> (Vec<u8>, End) {
        let mut whole = Vec::new();
        loop {
            match self.next(until).await {
                Piece::Bytes(bytes) => whole.extend_from_slice(&bytes),
                Piece::End(end) => return (whole, end),
            }
        }
    }
}

/// An answer that has begun. Dropping it closes its connection, unless it was read to its end.
#[derive(Debug)]
pub(super) struct Incoming {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    events: Option<Stream>,
}

impl Incoming {
    /// From its head.
    pub(super) fn new(response: Response, room: usize) -> Incoming {
        let headers = response.headers().iter().take(HEADERS);
        let headers: Vec<(String, String)> = headers
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), cut(&value, WORDS))
            })
            .collect();
        let media = headers.iter().find(|(name, _)| name == "content-type");
        let is_stream = media.is_some_and(|(_, value)| {
            let media = value.split(';').next().unwrap_or_default();
            media.trim().eq_ignore_ascii_case("text/event-stream")
        });
        Incoming {
            status: response.status().as_u16(),
            headers,
            body: Body {
                response,
                room,
                is_full: false,
                size: 0,
                start: Vec::new(),
            },
            events: is_stream.then(Stream::default),
        }
    }

    /// Lets so many more bytes come: a stream may be long, when it is known for what it is.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.body.room = self.body.room.max(bytes);
    }

    /// Whether it is an event stream.
    pub(super) fn is_stream(&self) -> bool {
        self.events.is_some()
    }

    /// Reads until what is waited for has come. `began` and `clock` are those of the request.
    pub(super) async fn read(
        &mut self,
        wait: &Wait,
        until: Until,
        began: Instant,
        mut clock: Clock,
    ) -> Received {
        let read = match &mut self.events {
            None => read_body(&mut self.body, wait, until).await,
            Some(stream) => {
                let mut first = None;
                let read = stream.read(&mut self.body, wait, until, &mut first).await;
                clock.event_us = first.map(|first: Instant| micros_between(began, first));
                read
            }
        };
        clock.total_us = micros(began);
        let answer = Answer {
            status: self.status,
            headers: self.headers.clone(),
            text: start_of(&self.body.start),
            size: self.body.size,
            events: read.events,
            message: read.message,
            stray: read.stray,
            document: None,
            end: read.end,
        };
        Received {
            outcome: Outcome::Answered(answer),
            clock,
            result: read.result,
            document: read.document,
        }
    }
}

/// What was found in a body.
struct Read {
    events: Vec<Said>,
    message: Option<Message>,
    result: Option<String>,
    stray: Option<Message>,
    document: Option<Value>,
    end: End,
}

async fn read_body(body: &mut Body, wait: &Wait, until: Until) -> Read {
    let (id, until) = match wait {
        Wait::Message(id) => (Some(id), until.deadline),
        Wait::FirstEvent | Wait::End => (None, until.patience),
    };
    let (bytes, end) = body.whole(until).await;
    let mut text = text_of(bytes);
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    // What is not whole reaches no client: its HTTP library says that the connection broke.
    let found = match end {
        End::Complete => messages(&text, id),
        _ => Messages::default(),
    };
    let Messages { ours, stray } = found;
    let document = match wait {
        Wait::End if text.len() <= DOCUMENT => serde_json::from_str(&text).ok(),
        _ => None,
    };
    let (message, result) = match ours {
        Some((message, place)) => (Some(message), place.map(|place| part(text, place))),
        None => (None, None),
    };
    Read {
        events: Vec::new(),
        message,
        result,
        stray,
        document,
        end,
    }
}

/// A part of a text in the room of the whole.
fn part(mut text: String, place: core::ops::Range<usize>) -> String {
    text.truncate(place.end);
    text.drain(..place.start);
    text
}

/// An event stream, between two waits too.
#[derive(Debug)]
struct Stream {
    parser: Events,
    /// What came with the last event and has not been looked at.
    rest: bytes::Bytes,
}

impl Default for Stream {
    fn default() -> Stream {
        Stream {
            parser: Events::new(),
            rest: bytes::Bytes::new(),
        }
    }
}

impl Stream {
    /// The next event that ends in what is there.
    fn event(&mut self) -> Option<Said> {
        let (taken, event) = self.parser.take(&self.rest);
        self.rest = self.rest.split_off(taken);
        event
    }

    async fn read(
        &mut self,
        body: &mut Body,
        wait: &Wait,
        until: Until,
        first: &mut Option<Instant>,
    ) -> Read {
        let mut read = Read {
            events: Vec::new(),
            message: None,
            result: None,
            stray: None,
            document: None,
            end: End::Complete,
        };
        loop {
            while let Some(event) = self.event() {
                first.get_or_insert_with(Instant::now);
                if read.takes(event, wait) {
                    read.end = End::Matched;
                    return read;
                }
            }
            // A stream that has begun to speak has until the deadline; nobody waits for the end of one.
            let until = match (wait, &first) {
                (Wait::Message(_), Some(_)) => until.deadline,
                _ => until.patience,
            };
            match body.next(until).await {
                Piece::Bytes(bytes) => self.rest = bytes,
                Piece::End(end) => {
                    read.end = end;
                    return read;
                }
            }
        }
    }
}

impl Read {
    /// Looks at an event. Whether it is what is waited for.
    fn takes(&mut self, event: Said, wait: &Wait) -> bool {
        if *wait == Wait::FirstEvent {
            self.record(&event);
            return true;
        }
        // Events without data only give an id to resume from (2025-11-25).
        if event.data.is_empty() {
            return false;
        }
        let id = match wait {
            Wait::Message(id) => Some(id),
            Wait::FirstEvent | Wait::End => None,
        };
        let found = messages(&event.data, id);
        if let Some((message, place)) = found.ours {
            self.message = Some(message);
            self.result = place.map(|place| part(event.data, place));
            return true;
        }
        self.record(&event);
        // What the server says of its own accord is no answer to anything.
        let answers = |stray: &Message| !matches!(stray.reply, Reply::Own(_));
        if self.stray.is_none() {
            self.stray = found.stray.filter(answers);
        }
        false
    }

    fn record(&mut self, event: &Said) {
        if self.events.len() < EVENTS {
            self.events.push(Said {
                event: cut(&event.event, WORDS),
                data: cut(&event.data, WORDS),
            });
        }
    }
}

/// The first bytes of a body as text. A character that was cut in two at the end is left out.
fn start_of(bytes: &[u8]) -> String {
    let whole = match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && bytes.len() == TEXT => error.valid_up_to(),
        _ => bytes.len(),
    };
    String::from_utf8_lossy(&bytes[..whole]).into_owned()
}

fn micros_between(began: Instant, ended: Instant) -> u64 {
    super::whole_micros(ended.saturating_duration_since(began))
}
