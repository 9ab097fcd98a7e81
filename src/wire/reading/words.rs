//! Exchanges in words: what evidence says.

use crate::fact::{Answer, End, Exchange, Failure, Outcome, Purpose, TlsProblem};
use crate::wire::meaning::error_of;

/// How much of a body is quoted.
const QUOTE: usize = 160;

/// `POST http://localhost:8000/mcp (server/discover): 404, text/html, "Cannot POST /mcp"`
pub(in crate::wire) fn described(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let host = match &exchange.purpose {
        Purpose::HostTest(host) => format!(" with Host {host}"),
        _ => String::new(),
    };
    let asked = match asked(&exchange.purpose) {
        Some(what) => format!(" ({what})"),
        None => String::new(),
    };
    let came = match &exchange.outcome {
        Outcome::Answered(answer) => answered(answer),
        Outcome::Failed(failure) => failed(failure),
    };
    format!("{} {}{asked}{host}: {came}", request.method, request.url)
}

fn answered(answer: &Answer) -> String {
    let mut parts = Vec::new();
    if answer.status != 0 {
        parts.push(answer.status.to_string());
    }
    if let Some(server) = answer.header("server") {
        parts.push(format!("from {}", cut(server, 60)));
    }
    if let Some(location) = answer.header("location") {
        parts.push(format!("to {}", cut(location, 200)));
    }
    if let Some(challenge) = answer.header("www-authenticate") {
        parts.push(format!("WWW-Authenticate: {}", cut(challenge, 200)));
    }
    if let Some(allow) = answer.header("allow") {
        parts.push(format!("Allow: {}", cut(allow, 60)));
    }
    match error_of(answer) {
        Some(error) => parts.push(format!(
            "error {}: {}",
            error.code,
            cut(error.message.trim(), QUOTE)
        )),
        None => {
            let media = answer.media();
            if !media.is_empty() {
                parts.push(media);
            }
            let start = cut(&squeezed(&answer.text), QUOTE);
            if !start.is_empty() && answer.message.is_none() {
                parts.push(format!("\"{start}\""));
            }
        }
    }
    match &answer.end {
        End::Complete | End::Matched => {}
        End::Cap => parts.push(format!(
            "more than the {} bytes that were read",
            answer.size
        )),
        End::Deadline => parts.push("time ran out before it was complete".to_owned()),
        End::Broken(why) => parts.push(format!("broken off after {} bytes: {why}", answer.size)),
    }
    if answer.size == 0 && answer.end == End::Complete {
        parts.push("no body".to_owned());
    }
    parts.join(", ")
}

/// Why there is no answer.
pub(in crate::wire) fn failed(failure: &Failure) -> String {
    match failure {
        Failure::Refused => "connection refused".to_owned(),
        Failure::NoRoute => "no route to host".to_owned(),
        Failure::ConnectTimeout => "no connection in time".to_owned(),
        Failure::Reset => "connection reset".to_owned(),
        Failure::Closed(0) => "connection closed without an answer".to_owned(),
        Failure::Closed(bytes) => format!("connection closed after {bytes} bytes of an answer"),
        Failure::NotHttp => "an answer that is not HTTP".to_owned(),
        Failure::Tls(problem) => format!("TLS failed: {}", tls(problem)),
        Failure::NoAnswer => "no answer in time".to_owned(),
        Failure::HeadTooLarge => "the head of the answer is too large".to_owned(),
        Failure::Deadline => "time ran out".to_owned(),
        Failure::Other(text) => cut(text, QUOTE),
    }
}

/// What is wrong with TLS, in words.
fn tls(problem: &TlsProblem) -> String {
    match problem {
        TlsProblem::NotTls => "the port does not speak TLS".to_owned(),
        TlsProblem::UnknownIssuer => {
            "the certificate is signed by nobody that this machine trusts".to_owned()
        }
        TlsProblem::WrongName(names) if names.is_empty() => {
            "the certificate is for another name".to_owned()
        }
        TlsProblem::WrongName(names) => format!("the certificate is for {}", names.join(", ")),
        TlsProblem::Expired(_) => "the certificate has expired".to_owned(),
        TlsProblem::NotYetValid => "the certificate is not valid yet".to_owned(),
        TlsProblem::Alert(text) | TlsProblem::Other(text) => cut(text, QUOTE),
    }
}

/// What a request is for, where its address does not say it.
fn asked(purpose: &Purpose) -> Option<String> {
    match purpose {
        Purpose::Metadata
        | Purpose::OpenApi
        | Purpose::Root
        | Purpose::Gateway(_)
        | Purpose::EndSession
        | Purpose::OpenStream => None,
        purpose => Some(self::purpose(purpose)),
    }
}

/// What a request asks, by its method.
pub(in crate::wire) fn purpose(purpose: &Purpose) -> String {
    match purpose {
        Purpose::Discover | Purpose::Retry | Purpose::HostTest(_) => "server/discover",
        Purpose::Initialize(_) | Purpose::SchemeTest => "initialize",
        Purpose::Candidate => "another path",
        Purpose::Initialized => "notifications/initialized",
        Purpose::OpenStream => "the event stream",
        Purpose::ListTools(_) => "tools/list",
        Purpose::ListResources(_) => "resources/list",
        Purpose::ListPrompts(_) => "prompts/list",
        Purpose::Call => "tools/call",
        Purpose::EndSession => "the end of the session",
        Purpose::OpenApi | Purpose::Metadata => "a document",
        Purpose::Root => "the root",
        Purpose::Gateway(_) => "what the gateway tells",
        Purpose::Deep(_) => "--deep",
    }
    .to_owned()
}

/// The proxy that an answer comes from, as far as it says: nginx, Caddy and others in `Server`; Traefik and HAProxy by
/// their words.
pub(in crate::wire) fn proxy(answer: &Answer) -> Option<String> {
    const NAMES: &[(&str, &str)] = &[
        ("nginx", "nginx"),
        ("openresty", "OpenResty"),
        ("caddy", "Caddy"),
        ("cloudflare", "Cloudflare"),
        ("envoy", "Envoy"),
        ("apache", "Apache"),
        ("haproxy", "HAProxy"),
        ("awselb", "the AWS load balancer"),
    ];
    const WORDS: &[(&str, &str)] = &[
        ("no available server", "Traefik"),
        ("No server is available to handle this request", "HAProxy"),
    ];
    let server = answer.header("server").unwrap_or_default().to_lowercase();
    let named = NAMES.iter().find(|(part, _)| server.contains(part));
    let said = || WORDS.iter().find(|(part, _)| answer.text.contains(part));
    named.or_else(said).map(|(_, name)| (*name).to_owned())
}

/// White space made one blank.
pub(in crate::wire) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most that many characters, with `…` where some are left out.
pub(in crate::wire) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
