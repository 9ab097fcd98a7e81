//! What a conversation shows to be wrong. Each kind is one check's matter; the check finds the words.

use core::net::SocketAddr;

use crate::fact::{Deep, Era, Flaw, Revision, TlsProblem};
use crate::model::Transport;

/// One thing that is wrong, and what supports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: Kind,
    /// Whether a caller gets no tools because of it.
    pub breaks: bool,
    /// What was seen: "POST http://localhost:8000/mcp (server/discover): 404, text/html, `Cannot POST /mcp`". Redacted;
    /// the most telling first. May hold foreign text.
    pub evidence: Vec<String>,
}

/// Kinds of trouble, each with what its words need. Urls are as they were called, without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The host name has no address.
    NameNotResolved {
        /// The name.
        host: String,
        /// In the words of the system.
        reason: String,
    },
    /// Nothing listens on the port.
    ConnectionRefused {
        /// The host as it was named.
        host: String,
        /// The port.
        port: u16,
        /// Every address that refused.
        addresses: Vec<SocketAddr>,
    },
    /// No connection came about in time, or there is no route.
    ConnectionTimeout {
        /// The host as it was named.
        host: String,
        /// The port.
        port: u16,
        /// Every address that was tried.
        addresses: Vec<SocketAddr>,
        /// Whether the system knows no way there.
        no_route: bool,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// The connection was closed or reset without an answer.
    ConnectionReset {
        /// What was asked: "server/discover", "tools/list".
        during: String,
        /// How many bytes of an answer had come.
        bytes: u64,
        /// Whether it was reset, not closed.
        reset: bool,
        /// Whether the handshake had worked before.
        after_handshake: bool,
    },
    /// https to a plain port, or http to a port that speaks TLS.
    TlsMismatch {
        /// Whether the port speaks TLS.
        speaks_tls: bool,
        /// The address with the right scheme.
        right: String,
        /// Whether MCP was seen to answer there.
        tried: bool,
    },
    /// The certificate is not trusted.
    TlsUntrusted {
        /// The host.
        host: String,
        /// Why.
        problem: TlsProblem,
    },
    /// Something that is no HTTP listens there.
    NotHttp {
        /// What.
        foreign: Foreign,
        /// The port.
        port: u16,
    },
    /// HTTP, but no MCP, here or at the usual paths.
    NotMcp {
        /// What answers.
        foreign: Foreign,
        /// The status of its answer.
        status: u16,
        /// How many other paths were tried.
        tried: usize,
    },
    /// MCP is served at another path.
    WrongPath {
        /// The address that answers.
        right: String,
        /// What it speaks.
        transport: Transport,
    },
    /// MCP is served there over another transport than the caller uses.
    WrongTransport {
        /// What the caller uses.
        asked: Transport,
        /// What answers.
        speaks: Transport,
        /// The address that answers, where it is another.
        right: String,
        /// Whether the caller falls back to it by itself.
        falls_back: bool,
    },
    /// Every request is answered with a redirect.
    Redirect {
        /// Its status.
        status: u16,
        /// Where it leads.
        to: String,
        /// What is different there.
        change: RedirectChange,
        /// Whether the requests carry credentials, which clients drop when the origin changes.
        drops_credentials: bool,
        /// Whether clients turn the POST into a GET (301, 302, 303).
        loses_method: bool,
        /// Whether MCP answers where it leads.
        works: bool,
    },
    /// The event stream of HTTP+SSE names a POST address on another origin, which clients refuse.
    EndpointElsewhere {
        /// The address that it names.
        to: String,
    },
    /// The server demands credentials, and none were sent.
    AuthRequired {
        /// Schemes of `WWW-Authenticate`: `Bearer`, `Basic`.
        schemes: Vec<String>,
        /// The status: 401 or 403.
        status: u16,
        /// Whether documents were found with which a client can log in.
        oauth: bool,
        /// Whether the caller can log in.
        caller_can: Option<bool>,
        /// Credentials that the caller would send and this probe did not: header and why.
        withheld: Vec<(String, String)>,
    },
    /// The server refuses the credentials that were sent.
    AuthRejected {
        /// The status: 401 or 403.
        status: u16,
        /// The headers that carried them.
        headers: Vec<String>,
        /// What the server says: `invalid_token`, `insufficient_scope`.
        error: Option<String>,
    },
    /// An OAuth document is missing or says something wrong.
    OauthMetadataInvalid {
        /// Its address.
        document: String,
        /// The field; empty when it is the document as a whole.
        field: String,
        /// What it should say; may be empty.
        expected: String,
        /// What it says, or why there is nothing.
        found: String,
    },
    /// The server refuses the `Host` or `Origin` of the requests.
    HostHeaderRejected {
        /// The status.
        status: u16,
        /// The `Host` that was sent.
        host: String,
        /// A `Host` with which it answers.
        passes: Option<String>,
        /// Whether it is the `Origin` that it refuses.
        origin: bool,
        /// What lets the host pass, where the software is known.
        setting: Option<&'static str>,
    },
    /// Something on the way dropped headers that were sent.
    AcceptStripped {
        /// The status: 406 or 415.
        status: u16,
        /// The header: `Accept` or `Content-Type`.
        header: &'static str,
        /// The proxy, as far as its answer names it.
        proxy: Option<String>,
    },
    /// The server does not speak this revision.
    ProtocolVersionUnsupported {
        /// The revision that was asked for.
        asked: String,
        /// Those that it speaks, as far as it says.
        supported: Vec<String>,
    },
    /// The two sides begin differently: one with `initialize`, the other without.
    ProtocolEraMismatch {
        /// How the caller begins.
        asked: Era,
        /// Those that the server speaks.
        supported: Vec<String>,
    },
    /// The session that the server gave is not known a request later.
    SessionLost {
        /// What was asked.
        during: String,
        /// The status of its answer.
        status: u16,
    },
    /// A proxy holds the events back.
    StreamBuffered {
        /// The proxy, as far as its answers name it.
        proxy: Option<String>,
        /// How long no event came, in milliseconds.
        waited_ms: u64,
    },
    /// It answers, but slower than callers wait.
    SlowAnswer {
        /// What was asked.
        during: String,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// It accepts connections and never answers.
    NoAnswer {
        /// What was asked.
        during: String,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
        /// Whether other paths of it answer.
        others_answer: bool,
        /// Whether the handshake had worked before.
        after_handshake: bool,
    },
    /// 502, 503 or 504: a proxy whose server does not answer.
    UpstreamUnavailable {
        /// The status.
        status: u16,
        /// The proxy, as far as its answer names it.
        proxy: Option<String>,
        /// Whether it answered when it was asked again.
        recovered: bool,
    },
    /// 429.
    RateLimited {
        /// `Retry-After`, as it stands.
        retry_after: Option<String>,
    },
    /// Another 5xx, or a JSON-RPC error to what every server has to answer.
    ServerError {
        /// What was asked.
        during: String,
        /// The status.
        status: u16,
        /// The code of the JSON-RPC error.
        code: Option<i64>,
        /// What it says, cut.
        says: String,
    },
    /// Standard output has lines that are no messages.
    StdoutNoise {
        /// The first.
        line: String,
        /// How many more.
        more: usize,
    },
    /// Standard output has messages in a form that clients do not read.
    StdoutForm {
        /// What it does: one of [`crate::fact::Process::UNREADABLE`].
        does: String,
    },
    /// The process could not be started, or ended by itself.
    ProcessExited {
        /// The program.
        program: String,
        /// Why it could not be started.
        failed: Option<String>,
        /// Its exit code.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
        /// The last lines of its standard error.
        stderr: Vec<String>,
    },
    /// The server offers no tools.
    NoTools {
        /// Whether it says that it has some: `tools` among its capabilities.
        declared: bool,
    },
    /// Tools whose definition clients refuse.
    ToolSchemaInvalid {
        /// Each tool's name, and what is wrong.
        tools: Vec<(String, Flaw)>,
    },
    /// Tools whose names clients refuse.
    ToolNameInvalid {
        /// The names.
        names: Vec<String>,
    },
    /// Names that more than one tool has.
    ToolNameDuplicate {
        /// Each name, and how many tools have it.
        names: Vec<(String, usize)>,
    },
    /// The pages of a list do not end.
    ToolsPageLoop {
        /// The cursor that came twice; nothing when there were more pages or tools than are read.
        cursor: Option<String>,
        /// How many pages were read.
        pages: usize,
        /// How many tools they had.
        tools: usize,
    },
    /// A GET as a browser or curl sends it is answered with 406.
    PlainGet406,
    /// Something that the specification demands and the server does otherwise (`--deep`).
    ProtocolDeviation {
        /// What was sent.
        deep: Deep,
        /// What the specification wants, and of which revision.
        expected: &'static str,
        /// What came.
        found: String,
    },
}

impl Kind {
    /// The id of the check that speaks of it.
    pub fn check(&self) -> &'static str {
        match self {
            Kind::NameNotResolved { .. } => "name-not-resolved",
            Kind::ConnectionRefused { .. } => "connection-refused",
            Kind::ConnectionTimeout { .. } => "connection-timeout",
            Kind::ConnectionReset { .. } => "connection-reset",
            Kind::TlsMismatch { .. } => "tls-mismatch",
            Kind::TlsUntrusted { .. } => "tls-untrusted",
            Kind::NotHttp { .. } => "not-http",
            Kind::NotMcp { .. } => "not-mcp",
            Kind::WrongPath { .. } => "wrong-path",
            Kind::WrongTransport { .. } => "wrong-transport",
            Kind::Redirect { .. } | Kind::EndpointElsewhere { .. } => "redirect",
            Kind::AuthRequired { .. } => "auth-required",
            Kind::AuthRejected { .. } => "auth-rejected",
            Kind::OauthMetadataInvalid { .. } => "oauth-metadata-invalid",
            Kind::HostHeaderRejected { .. } => "host-header-rejected",
            Kind::AcceptStripped { .. } => "accept-stripped",
            Kind::ProtocolVersionUnsupported { .. } => "protocol-version-unsupported",
            Kind::ProtocolEraMismatch { .. } => "protocol-era-mismatch",
            Kind::SessionLost { .. } => "session-lost",
            Kind::StreamBuffered { .. } => "stream-buffered",
            Kind::SlowAnswer { .. } => "slow-answer",
            Kind::NoAnswer { .. } => "no-answer",
            Kind::UpstreamUnavailable { .. } => "upstream-unavailable",
            Kind::RateLimited { .. } => "rate-limited",
            Kind::ServerError { .. } => "server-error",
            Kind::StdoutNoise { .. } | Kind::StdoutForm { .. } => "stdout-noise",
            Kind::ProcessExited { .. } => "process-exited",
            Kind::NoTools { .. } => "no-tools",
            Kind::ToolSchemaInvalid { .. } => "tool-schema-invalid",
            Kind::ToolNameInvalid { .. } => "tool-name-invalid",
            Kind::ToolNameDuplicate { .. } => "tool-name-duplicate",
            Kind::ToolsPageLoop { .. } => "tools-page-loop",
            Kind::PlainGet406 => "plain-get-406",
            Kind::ProtocolDeviation { .. } => "protocol-deviation",
        }
    }
}

/// What is different where a redirect leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectChange {
    /// A slash at the end of the path, added or removed.
    Slash,
    /// From https to http: a server behind a proxy that does not know of it.
    SchemeDown,
    /// From http to https.
    SchemeUp,
    /// The host or port.
    Host,
    /// The path, on the same origin.
    Path,
    /// It leads back to where it came from.
    Loop,
    /// It says no address, or none that can be called.
    Nowhere,
}

/// What answers where MCP was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// PostgreSQL.
    Postgres,
    /// An SSH server; its banner.
    Ssh(String),
    /// A mail or FTP server; its greeting.
    Greeting(String),
    /// MySQL or MariaDB.
    Mysql,
    /// Redis.
    Redis,
    /// Something else that speaks first or answers oddly; its first bytes.
    Bytes(String),
    /// A web page; its title, if it has one, and the server, if it says so.
    Page {
        /// `<title>`.
        title: Option<String>,
        /// `Server:`.
        server: Option<String>,
    },
    /// A JSON API; its name, if its documents say one.
    Api {
        /// `info.title` of `/openapi.json`.
        title: Option<String>,
        /// The first bytes of its answer.
        start: String,
    },
    /// An API in the manner of OpenAI's: a gateway's own, or a model server.
    OpenAi,
    /// An answer that says that there is nothing at this path; the server, if it says so.
    Nothing {
        /// `Server:`, or the framework whose words it are.
        server: Option<String>,
    },
    /// An empty answer.
    Empty,
    /// Another answer; its media type and first bytes.
    Other {
        /// `Content-Type`.
        media: String,
        /// Its first bytes.
        start: String,
    },
}

/// Which revision a caller asks for, in words for messages.
impl Era {
    /// `initialize` or `server/discover`.
    pub fn opening(self) -> &'static str {
        match self {
            Era::Legacy => "initialize",
            Era::Modern => "server/discover",
        }
    }

    /// The revisions of an era, in words.
    pub fn revisions(self) -> String {
        let own = Revision::ALL.into_iter().filter(|one| one.era() == self);
        let words: Vec<&str> = own.map(Revision::word).collect();
        match words.as_slice() {
            [one] => (*one).to_owned(),
            words => format!("{} to {}", words[0], words[words.len() - 1]),
        }
    }
}
