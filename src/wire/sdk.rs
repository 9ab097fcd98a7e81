//! Which SDK answers, as far as its words tell, and what its settings are called: facts on the wire §3.2.

use super::meaning::error_of;
use crate::fact::{Answer, Probe};

/// Words that only one SDK says.
const WORDS: &[(&str, &str)] = &[
    ("Bad Request: Missing session ID", "the Python SDK"),
    (
        "Not Acceptable: Client must accept",
        "the Python or TypeScript SDK",
    ),
    ("Bad Request: Server not initialized", "the TypeScript SDK"),
    (
        "Bad Request: Mcp-Session-Id header is required",
        "the TypeScript SDK",
    ),
    ("Bad Request: Session ID is required", "the Rust SDK"),
    (
        "Unexpected message, expect initialize request",
        "the Rust SDK",
    ),
    ("JSON-RPC batching is not supported", "the Go SDK"),
];

/// The SDK, if an answer gives it away.
pub(super) fn guess(probe: &Probe) -> Option<&'static str> {
    probe.exchanges.iter().find_map(|exchange| {
        let answer = exchange.answer()?;
        let said = said(answer);
        let by_words = WORDS
            .iter()
            .find(|(words, _)| said.contains(words))
            .map(|(_, sdk)| *sdk);
        by_words.or_else(|| {
            // The address that the stream of HTTP+SSE names is spelled differently by each.
            let endpoint = answer
                .events
                .iter()
                .find(|event| event.event == "endpoint")?;
            match endpoint.data.as_str() {
                data if data.contains("session_id=") => Some("the Python SDK"),
                data if data.contains("sessionid=") => Some("the Go SDK"),
                data if data.contains("/mcp/message?sessionId=") => Some("the Java SDK"),
                data if data.contains("sessionId=") => Some("the TypeScript SDK"),
                _ => None,
            }
        })
    })
}

/// What makes a server take another `Host`, by the words of its refusal.
pub(super) fn host_setting(answer: &Answer) -> Option<&'static str> {
    const SETTINGS: &[(&str, &str)] = &[
        (
            "Forbidden: Host header is not allowed",
            "allowed_hosts in its StreamableHttpServerConfig (Rust SDK)",
        ),
        (
            "Forbidden: invalid Host header",
            "DisableLocalhostProtection in its handler's options (Go SDK)",
        ),
        (
            "Invalid Host header: ",
            "its allowedHosts, or hostHeaderValidation([…]) (TypeScript SDK)",
        ),
        (
            "Invalid Host: ",
            "its allowedHosts, or hostHeaderValidation([…]) (TypeScript SDK)",
        ),
        (
            "Invalid Host header",
            "TransportSecuritySettings(allowed_hosts=[\"NAME:*\"]), or host=\"0.0.0.0\" (Python SDK)",
        ),
    ];
    let said = said(answer);
    SETTINGS
        .iter()
        .find(|(words, _)| said.contains(words))
        .map(|(_, setting)| *setting)
}

fn said(answer: &Answer) -> String {
    match error_of(answer) {
        Some(error) => error.message.clone(),
        None => answer.text.clone(),
    }
}
