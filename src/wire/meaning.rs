//! What one answer means. The words and codes are those of real servers and proxies: a refusal is often told from
//! another one by its text alone.

use serde_json::Value;

use crate::fact::{
    Answer, ErrorObject, Exchange, Failure, Message, Outcome, Purpose, Reply, Revision, Said,
};

/// What one answer means for the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A result of `server/discover`.
    Discovered,
    /// A result of `initialize`, and the revision that the server chose.
    Initialized(String),
    /// Another result.
    Result,
    /// A refusal as only servers of 2026-07-28 give it, and the revisions that they say they speak.
    Modern(Vec<String>),
    /// A refusal of the revision by an older server, and the revisions that it says it speaks.
    VersionRefused(Vec<String>),
    /// A server with sessions, and this request had none that it knows.
    NoSession,
    /// The address for messages of HTTP+SSE, called without the session that its event stream puts into it.
    MessagesOnly,
    /// Another JSON-RPC error: the server speaks JSON-RPC.
    RpcError {
        /// Its code.
        code: i64,
        /// Its words.
        message: String,
    },
    /// An event stream whose first event names the address for POST: HTTP+SSE. The address, as written.
    Endpoint(String),
    /// Another event stream, or one that has not said anything yet.
    Stream,
    /// The path is there, and takes GET alone.
    GetOnly,
    /// 401.
    Unauthorized,
    /// 403 without a known reason.
    Forbidden,
    /// The `Host` is refused.
    HostRefused,
    /// The `Origin` is refused.
    OriginRefused,
    /// 406: the `Accept` that arrived is not the one that was sent.
    NotAcceptable,
    /// 415, or its like: the `Content-Type` that arrived is not the one that was sent.
    UnsupportedMedia,
    /// A redirect; its address as written, empty where there is none.
    Redirect(String),
    /// Nothing at this path.
    NotFound,
    /// The port wants TLS.
    WantsTls,
    /// 429.
    RateLimited,
    /// 502, 503, 504.
    Unavailable,
    /// Another 5xx.
    ServerError,
    /// 2xx without a body: a notification was taken.
    Accepted,
    /// Another 4xx.
    BadRequest,
    /// 2xx that is no MCP: a page, another API.
    Foreign,
    /// There is no answer.
    Failed(Failure),
}

impl Meaning {
    /// Whether only something that speaks MCP answers so.
    pub fn is_mcp(&self) -> bool {
        matches!(
            self,
            Meaning::Discovered
                | Meaning::Initialized(_)
                | Meaning::Modern(_)
                | Meaning::VersionRefused(_)
                | Meaning::NoSession
                | Meaning::Endpoint(_)
        )
    }
}

/// Codes that only servers of 2026-07-28 use: header mismatch, missing capability, unsupported version (whose
/// `data.supported` has those that are).
const MODERN_CODES: [i64; 3] = [HEADER_MISMATCH, -32021, -32022];
/// A header is missing, or does not say what the body says.
pub(super) const HEADER_MISMATCH: i64 = -32020;
/// A method that does not exist. With status 404 it is the answer of a server of 2026-07-28.
pub const NO_METHOD: i64 = -32601;

/// Reads one answer.
pub fn meaning(exchange: &Exchange) -> Meaning {
    match &exchange.outcome {
        Outcome::Failed(failure) => Meaning::Failed(failure.clone()),
        Outcome::Answered(answer) => of_answer(&exchange.purpose, answer),
    }
}

fn of_answer(purpose: &Purpose, answer: &Answer) -> Meaning {
    if answer.status == 401 {
        return Meaning::Unauthorized;
    }
    if let Some(Message { reply, .. }) = &answer.message {
        match reply {
            Reply::Result(result) => return of_result(purpose, answer, result),
            Reply::Error(error) if !is_refusal(answer.status) => return of_error(answer, error),
            Reply::Error(_) | Reply::Own(_) => {}
        }
    }
    if let Some(meaning) = error_of(answer).and_then(|error| modern(answer, error)) {
        return meaning;
    }
    let said = words(answer);
    match answer.status {
        421 => Meaning::HostRefused,
        300..=399 => Meaning::Redirect(answer.header("location").unwrap_or_default().to_owned()),
        400 | 403 if names_host(&said) => Meaning::HostRefused,
        400 | 403 if names_origin(&said) => Meaning::OriginRefused,
        403 | 407 => Meaning::Forbidden,
        406 => Meaning::NotAcceptable,
        // The Rust SDK says 415 of a message that it does not know, too.
        415 if !said.contains("deserialize") => Meaning::UnsupportedMedia,
        400 | 497 if wants_tls(&said) => Meaning::WantsTls,
        400 if misses_accept(&said) => Meaning::NotAcceptable,
        400 if said.contains("content-type") => Meaning::UnsupportedMedia,
        400 if is_for_messages(&said) => Meaning::MessagesOnly,
        400 | 404 if names_session(&said) => Meaning::NoSession,
        400 if said.contains("protocol version") || said.contains("protocol-version") => {
            Meaning::VersionRefused(revisions_in(&said, purpose))
        }
        404 if said.contains("cannot post") => Meaning::GetOnly,
        404 | 410 => Meaning::NotFound,
        405 => Meaning::GetOnly,
        429 => Meaning::RateLimited,
        502..=504 => Meaning::Unavailable,
        500..=599 => Meaning::ServerError,
        400..=499 => match error_of(answer) {
            Some(error) => rpc_error(error),
            None => Meaning::BadRequest,
        },
        _ => of_success(answer),
    }
}

/// Statuses whose own meaning goes before that of a JSON-RPC error in the body.
fn is_refusal(status: u16) -> bool {
    matches!(
        status,
        400 | 403 | 404 | 405 | 406 | 415 | 421 | 429 | 500..=599
    )
}

fn of_result(purpose: &Purpose, answer: &Answer, result: &Value) -> Meaning {
    match purpose {
        Purpose::Discover
        | Purpose::Candidate
        | Purpose::HostTest(_)
        | Purpose::SchemeTest
        | Purpose::Retry
            if result["supportedVersions"].is_array() =>
        {
            Meaning::Discovered
        }
        Purpose::Initialize(_) | Purpose::Candidate | Purpose::SchemeTest => {
            match result["protocolVersion"].as_str() {
                Some(version) => Meaning::Initialized(version.to_owned()),
                None => of_success(answer),
            }
        }
        // A service that answers anything with an empty result is not one of MCP yet.
        Purpose::Discover | Purpose::HostTest(_) | Purpose::Retry => Meaning::RpcError {
            code: 0,
            message: "a result without supportedVersions".to_owned(),
        },
        _ => Meaning::Result,
    }
}

fn of_error(answer: &Answer, error: &ErrorObject) -> Meaning {
    modern(answer, error).unwrap_or_else(|| rpc_error(error))
}

fn rpc_error(error: &ErrorObject) -> Meaning {
    Meaning::RpcError {
        code: error.code,
        message: error.message.clone(),
    }
}

/// An error that only servers of 2026-07-28 give.
fn modern(answer: &Answer, error: &ErrorObject) -> Option<Meaning> {
    let about_meta = error.code == -32602 && error.message.contains("_meta");
    // Whoever answers another service's 404 in JSON-RPC does not know the id of the request.
    let is_answer = answer.message.is_some();
    let is_modern = MODERN_CODES.contains(&error.code)
        || (answer.status == 404 && error.code == NO_METHOD && is_answer)
        || (answer.status == 400 && about_meta);
    is_modern.then(|| {
        let supported = error.data["supported"].as_array();
        let supported = supported.into_iter().flatten().filter_map(Value::as_str);
        Meaning::Modern(supported.map(str::to_owned).collect())
    })
}

fn of_success(answer: &Answer) -> Meaning {
    if answer.media() == "text/event-stream" {
        return match answer.events.iter().find(|event| !event.data.is_empty()) {
            Some(Said { event, data }) if event == "endpoint" => {
                Meaning::Endpoint(data.trim().to_owned())
            }
            _ => Meaning::Stream,
        };
    }
    if answer.size == 0 && answer.status != 200 {
        return Meaning::Accepted;
    }
    match error_of(answer) {
        Some(error) => rpc_error(error),
        None => Meaning::Foreign,
    }
}

/// The JSON-RPC error in an answer, whomever it names.
pub(super) fn error_of(answer: &Answer) -> Option<&ErrorObject> {
    let messages = [&answer.message, &answer.stray];
    messages
        .into_iter()
        .flatten()
        .find_map(|message| match &message.reply {
            Reply::Error(error) => Some(error),
            Reply::Result(_) | Reply::Own(_) => None,
        })
}

/// What an answer says, in lower case: the words of its error, else its body.
fn words(answer: &Answer) -> String {
    let text = match error_of(answer) {
        Some(error) => &error.message,
        None => &answer.text,
    };
    text.to_lowercase()
}

/// `Invalid Host header` (python), `Invalid Host: x` (TypeScript), `Host header is not allowed` (rmcp),
/// `invalid Host header "x"` (go), `Missing Host header`; Django's DisallowedHost and Vite's `host … is not allowed`.
fn names_host(said: &str) -> bool {
    [
        "invalid host",
        "host header",
        "disallowedhost",
        "host is not allowed",
        "host not allowed",
        "blocked request. this host",
    ]
    .iter()
    .any(|words| said.contains(words))
}

fn names_origin(said: &str) -> bool {
    [
        "invalid origin",
        "origin header",
        "origin is not allowed",
        "origin not allowed",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// nginx, Go (Caddy, Traefik), and others that say it in words.
fn wants_tls(said: &str) -> bool {
    said.contains("plain http request was sent to https port")
        || said.contains("http request to an https server")
}

/// Go and Java say in words and with 400 what others say with 406.
fn misses_accept(said: &str) -> bool {
    said.contains("accept must contain") || said.contains("required in accept header")
}

/// The address for messages of HTTP+SSE: Python, Go, Java.
fn is_for_messages(said: &str) -> bool {
    [
        "session_id is required",
        "sessionid must be provided",
        "session id missing in message endpoint",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// Everything with which servers say that they keep sessions and do not know this one: wire facts §3.2.
fn names_session(said: &str) -> bool {
    [
        "missing session id",
        "mcp-session-id",
        "server not initialized",
        "no valid session id",
        "session id is required",
        "session not found",
        "session has been terminated",
        "invalid or expired session",
        "session expired",
        "invalid session id",
        "could not find session",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// Revisions that a text names beside the one that was asked for.
fn revisions_in(said: &str, purpose: &Purpose) -> Vec<String> {
    let asked = match purpose {
        Purpose::Initialize(revision) => *revision,
        _ => Revision::NEWEST,
    };
    let listed = said
        .split_once("supported versions")
        .map_or(said, |(_, list)| list);
    let known = Revision::ALL.into_iter().filter(|one| *one != asked);
    known
        .map(Revision::word)
        .filter(|word| listed.contains(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
