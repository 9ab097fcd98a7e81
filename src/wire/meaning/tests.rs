//! What servers and proxies were seen to say, or say by their source, one answer at a time: facts on the wire §2.2, §3.2.

use serde_json::{Value, json};

use super::*;
use crate::fact::{Clock, End, Request};

/// The answer to a request with the id 1.
fn answered(purpose: Purpose, status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut answer = Answer {
        status,
        headers: headers.iter().map(owned).collect(),
        text: body.to_owned(),
        size: body.len() as u64,
        events: Vec::new(),
        message: None,
        stray: None,
        document: None,
        end: End::Complete,
    };
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let message = (value["jsonrpc"] == "2.0").then(|| Message {
        id: value["id"].clone(),
        reply: match value.get("result") {
            Some(result) => Reply::Result(result.clone()),
            None => Reply::Error(ErrorObject {
                code: value["error"]["code"].as_i64().expect("a code"),
                message: value["error"]["message"]
                    .as_str()
                    .expect("words")
                    .to_owned(),
                data: value["error"]["data"].clone(),
            }),
        },
    });
    match message {
        Some(message) if message.id == 1 => answer.message = Some(message),
        message => answer.stray = message,
    }
    Exchange {
        purpose,
        request: Request {
            method: "POST".to_owned(),
            url: "http://localhost/mcp".to_owned(),
            headers: Vec::new(),
            body: None,
        },
        outcome: Outcome::Answered(answer),
        clock: Clock::default(),
    }
}

/// The meaning of a text with a status.
fn of_text(status: u16, text: &str) -> Meaning {
    meaning(&answered(Purpose::Discover, status, &[], text))
}

/// The meaning of a JSON-RPC error with a status, with the request's own id and without: servers that refuse a request
/// before they read it do not know its id.
fn of_rpc(status: u16, code: i64, message: &str, data: Value) -> [Meaning; 2] {
    [json!(1), Value::Null].map(|id| {
        let error = json!({"code": code, "message": message, "data": data});
        let body = json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string();
        let json = [("content-type", "application/json")];
        meaning(&answered(Purpose::Discover, status, &json, &body))
    })
}

fn rpc_error(code: i64, message: &str) -> Meaning {
    Meaning::RpcError {
        code,
        message: message.to_owned(),
    }
}

fn revisions(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn texts_mean_what_their_servers_mean_by_them() {
    for (status, text, expected) in [
        // What the guards of the transports say.
        (
            406,
            "Not Acceptable: Client must accept text/event-stream",
            Meaning::NotAcceptable,
        ),
        (
            400,
            "Accept must contain both 'application/json' and 'text/event-stream'",
            Meaning::NotAcceptable,
        ),
        (
            400,
            "Accept must contain 'text/event-stream' for GET requests",
            Meaning::NotAcceptable,
        ),
        (
            400,
            "Both application/json and text/event-stream required in Accept header",
            Meaning::NotAcceptable,
        ),
        (
            400,
            "text/event-stream required in Accept header; Session ID required in mcp-session-id header",
            Meaning::NotAcceptable,
        ),
        (
            400,
            "Invalid Content-Type header",
            Meaning::UnsupportedMedia,
        ),
        (
            415,
            "Content-Type must be 'application/json'",
            Meaning::UnsupportedMedia,
        ),
        (
            415,
            "fail to deserialize request body data did not match any variant",
            Meaning::BadRequest,
        ),
        (
            413,
            "<html><title>413 Request Entity Too Large</title></html>",
            Meaning::BadRequest,
        ),
        (
            422,
            "Unexpected message, expect initialize request",
            Meaning::BadRequest,
        ),
        (421, "Invalid Host header", Meaning::HostRefused),
        (
            403,
            "Forbidden: Host header is not allowed",
            Meaning::HostRefused,
        ),
        (
            403,
            "Forbidden: invalid Host header \"x\"",
            Meaning::HostRefused,
        ),
        (403, "Invalid Origin header", Meaning::OriginRefused),
        (400, "Invalid Origin header", Meaning::OriginRefused),
        (
            403,
            "Forbidden: Origin header is not allowed",
            Meaning::OriginRefused,
        ),
        (
            403,
            "<html><title>403 Forbidden</title></html>",
            Meaning::Forbidden,
        ),
        // Sessions.
        (
            400,
            "Bad Request: Session ID is required",
            Meaning::NoSession,
        ),
        (
            400,
            "Bad Request: No valid session ID provided",
            Meaning::NoSession,
        ),
        (404, "Not Found: Session not found", Meaning::NoSession),
        (404, "session not found", Meaning::NoSession),
        (404, "Session not found: 1b42e354", Meaning::NoSession),
        (404, "Could not find session", Meaning::NoSession),
        (400, "Invalid session ID", Meaning::NoSession),
        (400, "session_id is required", Meaning::MessagesOnly),
        (400, "sessionid must be provided", Meaning::MessagesOnly),
        (
            400,
            "Session ID missing in message endpoint",
            Meaning::MessagesOnly,
        ),
        (400, "Could not parse message", Meaning::BadRequest),
        // Revisions.
        (
            400,
            "Bad Request: Unsupported MCP-Protocol-Version: 2026-07-28",
            Meaning::VersionRefused(Vec::new()),
        ),
        (
            400,
            "Bad Request: Unsupported protocol version (supported versions: 2025-06-18, 2024-11-05)",
            Meaning::VersionRefused(revisions(&["2024-11-05", "2025-06-18"])),
        ),
        // Below MCP.
        (400, "Invalid HTTP request received.", Meaning::BadRequest),
        (400, "", Meaning::BadRequest),
        (
            400,
            "<center>The plain HTTP request was sent to HTTPS port</center>",
            Meaning::WantsTls,
        ),
        (
            400,
            "Client sent an HTTP request to an HTTPS server.\n",
            Meaning::WantsTls,
        ),
        (404, "<pre>Cannot POST /sse</pre>", Meaning::GetOnly),
        (404, "Not Found", Meaning::NotFound),
        (404, "{\"detail\":\"Not Found\"}", Meaning::NotFound),
        (404, "404 page not found\n", Meaning::NotFound),
        (404, "", Meaning::NotFound),
        (405, "Method Not Allowed", Meaning::GetOnly),
        (429, "", Meaning::RateLimited),
        (
            500,
            "{\"error\":\"MCP request failed\",\"details\":\"x\"}",
            Meaning::ServerError,
        ),
        (500, "Internal Server Error", Meaning::ServerError),
        (502, "", Meaning::Unavailable),
        (
            502,
            "<html><title>502 Bad Gateway</title></html>",
            Meaning::Unavailable,
        ),
        (503, "no available server\n", Meaning::Unavailable),
        (503, "Child process has been killed", Meaning::Unavailable),
        (
            504,
            "<html><title>504 Gateway Time-out</title></html>",
            Meaning::Unavailable,
        ),
        (401, "{\"error\":\"invalid_token\"}", Meaning::Unauthorized),
        (
            401,
            "{\"error\":{\"message\":\"Authentication Error, No api key passed in.\"}}",
            Meaning::Unauthorized,
        ),
        // What is another service.
        (200, "<!doctype html><title>Hello</title>", Meaning::Foreign),
        (200, "{\"status\":\"ok\"}", Meaning::Foreign),
        (200, "", Meaning::Foreign),
        (202, "", Meaning::Accepted),
        (202, "Accepted", Meaning::Foreign),
        (200, "{\"jsonrpc\":\"2.0\",\"result\":{}}", Meaning::Foreign),
        (
            404,
            "{\"error\":{\"message\":\"Invalid URL (POST /v1)\",\"type\":\"invalid_request_error\"}}",
            Meaning::NotFound,
        ),
    ] {
        assert_eq!(of_text(status, text), expected, "{status} {text}");
    }
}

#[test]
fn errors_mean_the_same_with_and_without_an_id() {
    let none = Value::Null;
    let newest = json!({"supported": ["2026-07-28"], "requested": "2025-11-25"});
    let older = json!({"supported": ["2025-11-25"], "requested": "2026-07-28"});
    for (status, code, message, data, expected) in [
        (
            406,
            -32600,
            "Not Acceptable: Client must accept both application/json and text/event-stream",
            &none,
            Meaning::NotAcceptable,
        ),
        (
            406,
            -32600,
            "Not Acceptable: Client must accept application/json",
            &none,
            Meaning::NotAcceptable,
        ),
        (
            415,
            -32000,
            "Unsupported Media Type: Content-Type must be application/json",
            &none,
            Meaning::UnsupportedMedia,
        ),
        (
            400,
            -32600,
            "Bad Request: Missing session ID",
            &none,
            Meaning::NoSession,
        ),
        (
            400,
            -32000,
            "Bad Request: Mcp-Session-Id header is required",
            &none,
            Meaning::NoSession,
        ),
        (
            400,
            -32000,
            "Bad Request: Server not initialized",
            &none,
            Meaning::NoSession,
        ),
        (
            400,
            -32000,
            "Bad Request: No valid session ID provided",
            &none,
            Meaning::NoSession,
        ),
        (404, -32001, "Session not found", &none, Meaning::NoSession),
        (404, -32600, "Session not found", &none, Meaning::NoSession),
        (
            404,
            -32600,
            "Not Found: Session has been terminated",
            &none,
            Meaning::NoSession,
        ),
        (
            404,
            -32600,
            "Not Found: Invalid or expired session ID",
            &none,
            Meaning::NoSession,
        ),
        (
            400,
            -32600,
            "Invalid Request: Server already initialized",
            &none,
            rpc_error(-32600, "Invalid Request: Server already initialized"),
        ),
        (
            409,
            -32000,
            "Conflict: Only one SSE stream is allowed per session",
            &none,
            rpc_error(
                -32000,
                "Conflict: Only one SSE stream is allowed per session",
            ),
        ),
        (
            400,
            -32000,
            "Bad Request: Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25, 2025-06-18)",
            &none,
            Meaning::VersionRefused(revisions(&["2025-06-18", "2025-11-25"])),
        ),
        (
            400,
            -32600,
            "Bad Request: Unsupported protocol version: 2026-07-28. Supported versions: 2024-11-05, 2025-03-26",
            &none,
            Meaning::VersionRefused(revisions(&["2024-11-05", "2025-03-26"])),
        ),
        (
            400,
            -32022,
            "Unsupported protocol version",
            &newest,
            Meaning::Modern(revisions(&["2026-07-28"])),
        ),
        (
            400,
            -32022,
            "protocol version \"2026-07-28\" is not supported by this server",
            &older,
            Meaning::Modern(revisions(&["2025-11-25"])),
        ),
        (
            400,
            -32020,
            "mcp-method header does not match the request body's method",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            400,
            -32020,
            "missing required Mcp-Method header",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            400,
            -32021,
            "missing capability",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            400,
            -32602,
            "params._meta must be an object carrying the required 'io.modelcontextprotocol/protocolVersion'",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            400,
            -32602,
            "Invalid params: the MCP-Protocol-Version header names protocol revision 2026-07-28 but the request is missing \
             the required envelope key(s): _meta",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            400,
            -32602,
            "request _meta is missing or has malformed required fields",
            &none,
            Meaning::Modern(Vec::new()),
        ),
        (
            403,
            -32000,
            "Invalid Host: evil.example.com",
            &none,
            Meaning::HostRefused,
        ),
        (
            403,
            -32000,
            "Invalid Host header: evil.example.com",
            &none,
            Meaning::HostRefused,
        ),
        (
            403,
            -32000,
            "Missing Host header",
            &none,
            Meaning::HostRefused,
        ),
        (
            403,
            -32000,
            "Invalid Origin: evil.example.com",
            &none,
            Meaning::OriginRefused,
        ),
        (405, -32600, "Method Not Allowed", &none, Meaning::GetOnly),
        (405, -32000, "Method not allowed.", &none, Meaning::GetOnly),
        (
            400,
            -32700,
            "Parse error: Invalid JSON",
            &none,
            rpc_error(-32700, "Parse error: Invalid JSON"),
        ),
        (
            200,
            -32602,
            "Invalid request parameters",
            &none,
            rpc_error(-32602, "Invalid request parameters"),
        ),
        (
            200,
            -32601,
            "Method not found",
            &none,
            rpc_error(-32601, "Method not found"),
        ),
        (
            500,
            -32603,
            "Error handling POST request",
            &none,
            Meaning::ServerError,
        ),
    ] {
        let expected = [expected.clone(), expected];
        let found = of_rpc(status, code, message, data.clone());
        assert_eq!(found, expected, "{status} {code} {message}");
    }
}

#[test]
fn a_path_without_the_method_is_told_from_a_wrong_path_by_its_id() {
    let found = of_rpc(404, -32601, "Method not found", Value::Null);
    assert_eq!(found, [Meaning::Modern(Vec::new()), Meaning::NotFound]);
}

#[test]
fn results_are_those_of_what_was_asked() {
    let discovered = r#"{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"]}}"#;
    let initialized = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}"#;
    let empty = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let legacy = Purpose::Initialize(Revision::LAST_LEGACY);
    let chosen = Meaning::Initialized("2025-06-18".to_owned());
    for (purpose, body, expected) in [
        (&Purpose::Discover, discovered, Meaning::Discovered),
        (
            &Purpose::Discover,
            empty,
            rpc_error(0, "a result without supportedVersions"),
        ),
        (&legacy, initialized, chosen.clone()),
        (&legacy, empty, Meaning::Foreign),
        (&Purpose::Candidate, discovered, Meaning::Discovered),
        (&Purpose::Candidate, initialized, chosen),
        (&Purpose::Candidate, empty, Meaning::Foreign),
        (&Purpose::ListTools(0), empty, Meaning::Result),
    ] {
        let json = [("content-type", "application/json")];
        let exchange = answered(purpose.clone(), 200, &json, body);
        assert_eq!(meaning(&exchange), expected, "{purpose:?} {body}");
    }
}

#[test]
fn redirects_and_streams_are_known_by_their_heads() {
    for (headers, expected) in [
        (&[("location", "http://h/mcp/")][..], "http://h/mcp/"),
        (&[], ""),
    ] {
        let exchange = answered(Purpose::Discover, 307, headers, "");
        assert_eq!(meaning(&exchange), Meaning::Redirect(expected.to_owned()));
    }
    let said = |event: &str, data: &str| Said {
        event: event.to_owned(),
        data: data.to_owned(),
    };
    let address = "/messages/?session_id=1";
    for (events, expected) in [
        (vec![], Meaning::Stream),
        // A server of 2025-11-25 begins with an event that only has an id.
        (vec![said("message", "")], Meaning::Stream),
        (vec![said("message", "{}")], Meaning::Stream),
        (
            vec![said("endpoint", address)],
            Meaning::Endpoint(address.to_owned()),
        ),
    ] {
        let stream = [("content-type", "text/event-stream; charset=utf-8")];
        let mut exchange = answered(Purpose::OpenStream, 200, &stream, "");
        if let Outcome::Answered(answer) = &mut exchange.outcome {
            answer.events = events;
        }
        assert_eq!(meaning(&exchange), expected);
    }
}
