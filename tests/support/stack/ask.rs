//! One request to the gateway, and exactly what it answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// As they were sent.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The message in it, whether it is the body or the first event of a stream.
    pub fn message(&self) -> Value {
        let events = self
            .body
            .lines()
            .find_map(|line| line.strip_prefix("data: "));
        serde_json::from_str(events.unwrap_or(&self.body)).unwrap_or_default()
    }
}

/// Asks the port that the gateway publishes, and reads until it closes.
pub fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect("127.0.0.1:4000").expect("the gateway's port");
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).expect("a timeout");
    // Of HTTP/1.0, so that the answer comes in one piece and ends with the connection.
    let mut text = format!("{method} {path} HTTP/1.0\r\nHost: localhost:4000\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("no status in {head}")),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Posts a request of MCP to a path of the gateway, with more headers such as the key.
pub fn mcp(path: &str, headers: &[(&str, &str)], method: &str, params: Value) -> Answer {
    let always = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ];
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    ask(
        "POST",
        path,
        &[&always, headers].concat(),
        &request.to_string(),
    )
}
