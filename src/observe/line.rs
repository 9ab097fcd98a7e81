//! What a conversation over HTTP needs from the world. [`super::http`] is the world; recorded answers are another.

use serde_json::Value;
use url::Url;

use crate::fact::{Answer, Clock, Failure, Look, Outcome, Reach};

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// Whereto.
    pub url: Url,
    /// Every header but those of HTTP itself (`Content-Length`, `Connection`). A `host` among them replaces the url's.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// When reading ends.
    pub wait: Wait,
    /// How long to wait for the head of the answer, and for the first event of a stream, in milliseconds.
    pub answer_ms: u64,
    /// How many bytes of the body are read at most.
    pub bytes: usize,
    /// Whether it may be sent a second time, where the connection that had been kept for it turns out to be closed.
    pub repeatable: bool,
}

/// When reading an answer ends, if it does not end by itself. Of an answer that is no event stream the body is read to
/// its end, or to its cap.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// At the JSON-RPC message with this id.
    Message(Value),
    /// At the first event; the stream stays open and its later events are for [`Line::event`].
    FirstEvent,
    /// At the end of the body: documents, pages, notifications.
    End,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Received {
    /// What is recorded of it. Nothing is masked yet. Of the `result` of a message
    /// as much as [`crate::wire::page::outline`] leaves of it.
    pub outcome: Outcome,
    /// When.
    pub clock: Clock,
    /// The text of `result` of the message that answers, where it is a result: lists are read from it.
    pub result: Option<String>,
    /// The whole body, where it is JSON and [`Wait::End`] was asked for.
    pub document: Option<Value>,
}

impl Received {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Failed(_) => None,
        }
    }

    /// No answer.
    pub fn failed(failure: Failure) -> Received {
        Received {
            outcome: Outcome::Failed(failure),
            clock: Clock::default(),
            result: None,
            document: None,
        }
    }
}

/// The world, as one conversation sees it. Every call ends by the conversation's deadline at the latest.
#[expect(async_fn_in_trait, reason = "used on one thread, never as an object")]
pub trait Line {
    /// Asks for a host's addresses and connects to each; remembers the first that accepts for later requests. Asked once
    /// for each origin.
    async fn reach(&mut self, url: &Url) -> Reach;

    /// Sends a request and reads its answer.
    async fn send(&mut self, request: Outgoing) -> Received;

    /// Waits for the message with this id on the stream that [`Wait::FirstEvent`] left open.
    async fn event(&mut self, id: &Value) -> Received;

    /// Closes that stream.
    fn close(&mut self);

    /// Looks at a port below HTTP, after it did not answer in HTTP.
    async fn look(&mut self, url: &Url) -> Look;

    /// Waits.
    async fn pause(&mut self, milliseconds: u64);

    /// Microseconds since the conversation began.
    fn elapsed(&self) -> u64;

    /// Whether its time has run out.
    fn is_over(&self) -> bool;
}
