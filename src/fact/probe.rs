//! A conversation with an endpoint, as it was held.

use core::net::SocketAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Ask, Listing, Revision};

/// One conversation: what was asked, what came back, and when. Values of secret headers are masked in what is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The question.
    pub asked: Ask,
    /// Why it could not even begin: nobody could stand where it was to be held from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unheld: Option<String>,
    /// How each origin was reached: the endpoint's own first, then those of redirects.
    pub reaches: Vec<Reach>,
    /// Requests and answers, in their order.
    pub exchanges: Vec<Exchange>,
    /// What answers below HTTP, where something answers that is not HTTP.
    pub look: Option<Look>,
    /// The process, where a command was started.
    pub process: Option<Process>,
    /// Tools, as far as they were listed.
    pub tools: Option<Listing>,
    /// What the tool that was called answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// How many resources there are, as far as they were listed.
    pub resources: Option<usize>,
    /// How many prompts there are, as far as they were listed.
    pub prompts: Option<usize>,
    /// Repeated measurements.
    pub rounds: Vec<Round>,
    /// How it ended.
    pub ended: Ended,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

impl Probe {
    /// A conversation that has not begun.
    pub fn new(asked: Ask) -> Probe {
        Probe {
            asked,
            unheld: None,
            reaches: Vec::new(),
            exchanges: Vec::new(),
            look: None,
            process: None,
            tools: None,
            content: None,
            resources: None,
            prompts: None,
            rounds: Vec::new(),
            ended: Ended::Done,
            took_us: 0,
        }
    }

    /// The exchanges of one purpose, in their order.
    pub fn of<'a>(&'a self, purpose: &'a Purpose) -> impl DoubleEndedIterator<Item = &'a Exchange> {
        self.exchanges
            .iter()
            .filter(move |exchange| exchange.purpose == *purpose)
    }
}

/// What tells the answers of a tool apart without saying what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// How many contents it has: texts, images and so on.
    pub items: usize,
    /// The bytes of its texts; of other contents those of their JSON.
    pub bytes: u64,
    /// The same for the same contents, whatever carried them: SHA-256, in recorded facts a token of it.
    pub digest: String,
    /// The first line of its first text, cut at 200 characters.
    pub first: String,
}

impl Content {
    /// "1 content, 68 bytes"
    pub fn size(&self) -> String {
        let contents = match self.items {
            1 => "content",
            _ => "contents",
        };
        format!("{} {contents}, {} bytes", self.items, self.bytes)
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// Everything was asked.
    Done,
    /// Its time ran out.
    Deadline,
    /// It took more bytes than a conversation may.
    Bytes,
}

/// How a host and port were reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The host, a name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why the name has no address.
    pub unresolved: Option<String>,
    /// Each address that was tried, in the order in which the system gives them.
    pub attempts: Vec<Attempt>,
}

impl Reach {
    /// The first address that accepts connections.
    pub fn accepted(&self) -> Option<SocketAddr> {
        let found = self
            .attempts
            .iter()
            .find(|attempt| attempt.failure.is_none());
        found.map(|attempt| attempt.address)
    }
}

/// One TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Whereto.
    pub address: SocketAddr,
    /// Why it failed; nothing when it stands.
    pub failure: Option<Failure>,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// What went wrong below the level of answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// Nothing listens there: the machine answered with a reset.
    Refused,
    /// No route to the host or its network.
    NoRoute,
    /// No connection in time.
    ConnectTimeout,
    /// The connection was reset.
    Reset,
    /// The connection was closed before an answer was complete; how many bytes of it had come.
    Closed(u64),
    /// What came is not HTTP.
    NotHttp,
    /// TLS failed.
    Tls(TlsProblem),
    /// No head of an answer in time.
    NoAnswer,
    /// The answer's head is larger than any honest one.
    HeadTooLarge,
    /// The rest of a conversation that ran out of time.
    Deadline,
    /// Something else, in the words of the system.
    Other(String),
}

/// Why TLS failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsProblem {
    /// The other side does not speak TLS.
    NotTls,
    /// Signed by nobody that this machine trusts.
    UnknownIssuer,
    /// For other names; which, as far as they are told.
    WrongName(Vec<String>),
    /// Expired; when, seconds since 1970.
    Expired(Option<u64>),
    /// Not valid yet.
    NotYetValid,
    /// The other side broke off: an alert.
    Alert(String),
    /// Something else, in the words of the library.
    Other(String),
}

/// One request and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What it was for.
    pub purpose: Purpose,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub outcome: Outcome,
    /// When.
    pub clock: Clock,
}

impl Exchange {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Failed(_) => None,
        }
    }

    /// What went wrong, if there is no answer.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Failed(failure) => Some(failure),
        }
    }

    /// The message that answers, if one came.
    pub fn message(&self) -> Option<&Message> {
        self.answer().and_then(|answer| answer.message.as_ref())
    }
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// `server/discover` of 2026-07-28.
    Discover,
    /// `initialize`, offering this revision.
    Initialize(Revision),
    /// `notifications/initialized`.
    Initialized,
    /// The GET that opens the event stream of HTTP+SSE.
    OpenStream,
    /// `tools/list`, from the page with this number, from 0.
    ListTools(usize),
    /// `resources/list`.
    ListResources(usize),
    /// `prompts/list`.
    ListPrompts(usize),
    /// `tools/call`.
    Call,
    /// The DELETE that ends a session.
    EndSession,
    /// A question at another path: whether MCP is served there.
    Candidate,
    /// `/openapi.json`, to name a foreign API.
    OpenApi,
    /// An OAuth document.
    Metadata,
    /// The first question again, with another `Host`.
    HostTest(String),
    /// The first question again, over the other scheme.
    SchemeTest,
    /// The first question again, after a pause.
    Retry,
    /// A plain GET at the root, to tell a silent server from a silent path.
    Root,
    /// What a gateway tells beside MCP.
    Gateway(Tells),
    /// What a well-behaved client never sends.
    Deep(Deep),
}

/// What a gateway tells of itself and of the servers behind it: questions that change nothing and cost no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tells {
    /// Whether it is ready and has a database, and in some versions which one it is. Asked without a key.
    Readiness,
    /// The same, and its version where it does not tell that to everybody. Asked with the caller's key.
    Details,
    /// Its servers. Asked with the caller's key.
    Servers,
    /// How its servers are, as it sees them: it calls each of them. Asked with the caller's key.
    Health,
}

/// What a well-behaved client never sends; only asked for with `--deep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Deep {
    /// A GET without an `Accept` header.
    PlainGet,
    /// `Accept: application/json` alone.
    JsonOnly,
    /// A protocol revision that does not exist.
    BadVersion,
    /// A session that does not exist.
    BadSession,
    /// A method that does not exist.
    UnknownMethod,
    /// An `Origin` of a foreign web page.
    BadOrigin,
    /// The request of an ended session.
    EndedSession,
}

/// A request, as it can be repeated. Values of secret headers are masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, `DELETE`; `stdin` for a line written to a process.
    pub method: String,
    /// Whereto; the program for a line written to a process.
    pub url: String,
    /// Every header that mcpdoc sets.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "most exchanges are answered")]
pub enum Outcome {
    /// An answer, at least its head.
    Answered(Answer),
    /// None.
    Failed(Failure),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status; 0 for a line of a process.
    pub status: u16,
    /// Headers, names in lower case, in their order; at most 100, values cut at 2 KiB.
    pub headers: Vec<(String, String)>,
    /// The first 4 KiB of the body as text, whatever it is.
    pub text: String,
    /// How many bytes of the body were read.
    pub size: u64,
    /// The data of events read from an event stream, before the one that answers; at most 20, each cut at 2 KiB.
    pub events: Vec<Said>,
    /// The JSON-RPC message that answers this request: the same id.
    pub message: Option<Message>,
    /// A JSON-RPC message that came instead: with another id or none.
    pub stray: Option<Message>,
    /// The JSON of an OAuth document (at most 16 KiB), the head of an API's description, or what is kept of what a gateway
    /// tells. Filled by the conversation, not by the line.
    pub document: Option<Value>,
    /// How reading ended.
    pub end: End,
}

impl Answer {
    /// The value of the first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The media type, in lower case and without its parameters; empty when none is said.
    pub fn media(&self) -> String {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `event:`; `message` when none is said.
    pub event: String,
    /// `data:`, cut.
    pub data: String,
}

/// How reading an answer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// Read to its end.
    Complete,
    /// What was waited for came; nothing more was read.
    Matched,
    /// More bytes than are read.
    Cap,
    /// Time ran out in the middle.
    Deadline,
    /// The connection broke in the middle.
    Broken(String),
}

/// A JSON-RPC message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id; null when there is none.
    pub id: Value,
    /// What it says.
    pub reply: Reply,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// A result. Of lists, items are left out: they are in the conversation's [`Listing`].
    Result(Value),
    /// An error.
    Error(ErrorObject),
    /// A request or notification of the server's own; its method.
    Own(String),
}

/// The error of a JSON-RPC answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// Its code.
    pub code: i64,
    /// Its words, cut at 2 KiB.
    pub message: String,
    /// More of it; null when there is none or it is larger than 4 KiB.
    pub data: Value,
}

/// When an exchange happened, each in microseconds from the moment of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Until the head of the answer had come.
    pub head_us: Option<u64>,
    /// Until the first event of a stream had come.
    pub event_us: Option<u64>,
    /// Until reading ended.
    pub total_us: u64,
}

/// What answers below HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// What the other side says by itself, before it is asked: at most 256 bytes, bytes that are no text as `\xNN`.
    pub banner: Option<String>,
    /// What it answers to PostgreSQL's question whether it speaks TLS: `S` or `N`.
    pub postgres: Option<char>,
    /// Whether it speaks TLS.
    pub tls: Option<TlsLook>,
    /// What it answers to the HTTP request, where that is no HTTP: at most 256 bytes, as `banner`.
    pub reply: Option<String>,
}

/// Whether a port speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsLook {
    /// What it did with a greeting.
    pub spoken: TlsSpoken,
}

/// What a port did with a TLS greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsSpoken {
    /// A handshake, or an alert: it speaks TLS.
    Yes,
    /// Something else came back.
    No,
    /// Nothing came back.
    Silent,
}

/// A process that was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Why it could not be started.
    pub failed: Option<String>,
    /// The first lines on standard output that are no messages: at most 20, each cut at 2 KiB.
    pub noise: Vec<String>,
    /// What is odd about the bytes of its messages.
    pub oddities: Vec<String>,
    /// The last lines on standard error: at most 20, each cut at 2 KiB.
    pub stderr: Vec<String>,
    /// Its exit code, when it ended by itself before it was told to.
    pub code: Option<i32>,
    /// The signal that ended it before it was told to end.
    pub signal: Option<i32>,
    /// Whether it ended by itself before it was told to.
    pub exited_early: bool,
    /// Until its first message, in microseconds.
    pub first_us: Option<u64>,
    /// What it took to end it after its standard input was closed: nothing more, `TERM` or `KILL`.
    pub ended_by: Option<String>,
}

/// What can be odd about the bytes of a process's messages, as [`Process::oddities`] says it.
impl Process {
    /// Clients do not skip it: the first message is lost.
    pub const BYTE_ORDER_MARK: &str = "begins with a byte order mark";
    /// No client reads it.
    pub const UTF_16: &str = "writes UTF-16 instead of UTF-8";
    /// Clients replace such bytes, or drop the message.
    pub const NOT_UTF_8: &str = "writes bytes that are no UTF-8";
    /// Harmless: clients drop it.
    pub const CR_LF: &str = "ends its lines with CR LF";
    /// No client reads it: one message, one line.
    pub const SPLIT: &str = "writes a message over several lines";
    /// Clients wait for the rest of it.
    pub const UNENDED: &str = "writes a message without a line feed at its end";
    /// Most clients take it.
    pub const ID_KIND: &str = "answers with another kind of id than it was asked with";
    /// Only in 2025-03-26, and only in answer to one.
    pub const BATCH: &str = "writes several messages as one list";
    /// The rest of the line was not read.
    pub const LONG_LINE: &str = "writes a line that is longer than is read";
    /// It was started again, and asked for `initialize` alone.
    pub const RESTARTED: &str = "ends when it is asked for server/discover";
    /// In [`Process::ended_by`]: it was started in a container, and nobody could tell it to end.
    pub const LEFT: &str = "nothing";
    /// Nothing can be heard of it any more.
    pub const CLOSED: &str = "closes its standard output and goes on";
    /// Those that clients cannot read, although mcpdoc does: by how the SDKs split and parse their input.
    pub const UNREADABLE: [&str; 4] = [
        Process::BYTE_ORDER_MARK,
        Process::UTF_16,
        Process::SPLIT,
        Process::UNENDED,
    ];
}

/// One repeated measurement, each in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// A TCP connection.
    pub connect_us: Option<u64>,
    /// Until the head of the first answer had come.
    pub first_byte_us: Option<u64>,
    /// The handshake: `initialize` or `server/discover`.
    pub handshake_us: Option<u64>,
    /// `tools/list`, its first page.
    pub tools_us: Option<u64>,
}
