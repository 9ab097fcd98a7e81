//! Servers that mean harm, or are broken beyond what an honest one could be. Against each, `mcpdoc probe` ends in time
//! and in bounded memory, says what is wrong, and lets nothing foreign reach the terminal as it came.
//!
//! The program is a child process: its memory is its own.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[path = "support/served.rs"]
mod served;

use served::{Asked, Peer, Served, pause};

/// Seconds that a conversation has.
const DEADLINE: u64 = 3;
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(15);
/// What the program may take, in KiB: itself, and twice over the 16 MiB that it reads of one server at most.
const MEMORY: u64 = 64 * 1024;
/// The same where all of it is one event: the parser of events holds it three times.
const MEMORY_OF_AN_EVENT: u64 = 96 * 1024;

/// A finished run of the program.
struct Run {
    stdout: String,
    code: Option<i32>,
    took: Duration,
    /// The most memory that it had, in KiB.
    peak: u64,
}

/// Runs `mcpdoc probe` with these arguments.
fn run(arguments: &[&str]) -> Run {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .arg("probe")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    let said = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).expect("its output");
        bytes
    });
    let complained = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stderr.read_to_end(&mut bytes).expect("its errors");
        bytes
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        // Until it has become the program it has the memory of this test.
        if let Ok(status) = std::fs::read_to_string(&status)
            && status.starts_with("Name:\tmcpdoc\n")
        {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
            peak = now.unwrap_or(0).max(peak);
        }
        if let Some(status) = child.try_wait().expect("a child") {
            break status.code();
        }
        if began.elapsed() > Duration::from_secs(DEADLINE) + SLACK + SLACK {
            child.kill().expect("a child");
            child.wait().expect("a child");
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let took = began.elapsed();
    let stderr = String::from_utf8(complained.join().expect("a thread")).expect("text");
    let stdout = String::from_utf8(said.join().expect("a thread")).expect("text");
    assert_eq!(stderr, "", "{arguments:?}: it ends with {code:?}");
    assert!(peak > 1_000, "{arguments:?}: its memory was not seen");
    Run {
        stdout,
        code,
        took,
        peak,
    }
}

/// What must not reach a terminal: controls, and characters that turn the direction of what follows.
fn is_dangerous(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    (c.is_control() && !matches!(c, '\n' | '\t')) || turns
}

/// What a probe of a server must be.
struct Case<'a> {
    server: &'a Served,
    arguments: &'a [&'a str],
    /// In KiB.
    memory: u64,
}

impl<'a> Case<'a> {
    fn new(server: &'a Served) -> Case<'a> {
        Case {
            server,
            arguments: &[],
            memory: MEMORY,
        }
    }

    /// Runs the program twice, for people and for programs, and holds both against what is true of every run. The document.
    fn probe(&self) -> Value {
        let (for_programs, for_people) = std::thread::scope(|scope| {
            let people = scope.spawn(|| self.say(&["--verbose"]));
            let programs = self.say(&["--format", "json"]);
            (programs, people.join())
        });
        if let Err(panic) = for_people {
            std::panic::resume_unwind(panic);
        }
        assert!(self.server.all_closed(), "a connection was left open");
        serde_json::from_str(&for_programs).expect("a document")
    }

    /// What the program says, after whatever must be true of it was seen to be.
    fn say(&self, format: &[&str]) -> String {
        let url = self.server.url("/mcp");
        let timeout = DEADLINE.to_string();
        let common = ["--timeout", timeout.as_str(), url.as_str()];
        let arguments = [format, self.arguments, &common].concat();
        let run = run(&arguments);
        let said = run.stdout;
        assert!(matches!(run.code, Some(0 | 1)), "{:?}: {said}", run.code);
        let limit = Duration::from_secs(DEADLINE) + SLACK;
        assert!(run.took < limit, "{arguments:?} took {:?}", run.took);
        assert!(
            run.peak < self.memory,
            "{arguments:?} took {} KiB",
            run.peak
        );
        let dangerous: BTreeSet<char> = said.chars().filter(|c| is_dangerous(*c)).collect();
        assert!(
            dangerous.is_empty(),
            "{arguments:?}: {dangerous:?} in {said}"
        );
        assert!(said.len() < 4_000_000, "{arguments:?} says {}", said.len());
        said
    }

    /// What is endless ends at the limit in bytes or at the limit in time, whichever a machine reaches first.
    #[track_caller]
    fn never_answers(&self) {
        let document = self.probe();
        let check = &document["findings"][0]["check"];
        assert!(
            check == "server-error" || check == "no-answer",
            "{}",
            document["findings"]
        );
    }

    /// The checks that find something, sorted.
    #[track_caller]
    fn finds(&self, expected: &[&str]) -> Value {
        let document = self.probe();
        let findings = document["findings"].as_array().expect("findings");
        let found: BTreeSet<&str> = findings
            .iter()
            .filter_map(|finding| finding["check"].as_str())
            .collect();
        let found: Vec<&str> = found.into_iter().collect();
        let words: Vec<&Value> = findings.iter().map(|finding| &finding["message"]).collect();
        assert_eq!(found, expected, "{words:?}");
        document
    }
}

/// A server that greets as it should and has its lists answered by `list`.
fn greeted<F, R>(list: F) -> Served
where
    F: Fn(Peer, Asked) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    greeted_as(json!({"name": "hostile", "version": "1"}), list)
}

fn greeted_as<F, R>(info: Value, list: F) -> Served
where
    F: Fn(Peer, Asked) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    Served::start(move |mut peer| {
        let (list, info) = (list.clone(), info.clone());
        async move {
            while let Some(asked) = peer.request().await {
                let id = asked.id();
                let said = match asked.method().as_str() {
                    "initialize" => {
                        let result = json!({
                            "protocolVersion": "2025-11-25",
                            "capabilities": {"tools": {}},
                            "serverInfo": info,
                        });
                        peer.json(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
                            .await
                    }
                    "notifications/initialized" => {
                        peer.answer("202 Accepted", "text/plain", "").await
                    }
                    "tools/list" => return list(peer, asked).await,
                    _ => {
                        let error = json!({"code": -32601, "message": "Method not found"});
                        peer.json(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
                            .await
                    }
                };
                if !said {
                    return;
                }
            }
        }
    })
}

/// A server that greets as it should and answers its list with these bytes, then closes.
fn lists(bytes: impl Into<Vec<u8>>) -> Served {
    let bytes = bytes.into();
    greeted(move |mut peer, _| {
        let bytes = bytes.clone();
        async move {
            peer.say(bytes).await;
        }
    })
}

/// The bytes of an answer with its length.
fn answer(media: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// Says the same over and over until nobody listens any more.
async fn forever(peer: &mut Peer, head: &str, bytes: &[u8], pause_ms: u64) {
    if !peer.say(head).await {
        return;
    }
    while peer.say(bytes).await {
        if pause_ms > 0 {
            pause(pause_ms).await;
        }
    }
}

/// A server that answers every request with a head, and something over and over.
fn endless(head: &'static str, bytes: impl Into<Vec<u8>>, pause_ms: u64) -> Served {
    let bytes = bytes.into();
    Served::start(move |mut peer| {
        let bytes = bytes.clone();
        async move {
            if peer.request().await.is_some() {
                forever(&mut peer, head, &bytes, pause_ms).await;
            }
        }
    })
}

/// The same, for its list alone.
fn endless_list(head: &'static str, bytes: impl Into<Vec<u8>>, pause_ms: u64) -> Served {
    let bytes = bytes.into();
    greeted(move |mut peer, _| {
        let bytes = bytes.clone();
        async move { forever(&mut peer, head, &bytes, pause_ms).await }
    })
}

/// The id of `tools/list` after `server/discover` and `initialize`.
const LIST: u64 = 3;

fn tool(name: &str) -> Value {
    json!({"name": name, "description": "It does.", "inputSchema": {"type": "object"}})
}

fn names(document: &Value) -> Vec<&str> {
    let tools = document["endpoints"][0]["tools"].as_array();
    let tools = tools.map(Vec::as_slice).unwrap_or_default();
    tools.iter().filter_map(Value::as_str).collect()
}

/// Comments, events, an event, and a line, none of which leads to anything.
fn fast() -> [String; 4] {
    [": ping\n\n", "data: nothing\n\n", "data: x\n", "x"].map(|bytes| bytes.repeat(1_000))
}

const OWN: &str = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\n";

#[test]
fn endless_streams_in_place_of_a_greeting() {
    for bytes in fast() {
        Case::new(&endless(STREAM, bytes, 0)).never_answers();
    }
    Case::new(&endless(STREAM, OWN, 100)).never_answers();
    Case::new(&endless(STREAM, ": ping\n\n", 100)).finds(&["no-answer"]);
}

#[test]
fn endless_streams_in_place_of_a_list() {
    for bytes in fast() {
        Case::new(&endless_list(STREAM, bytes, 0)).never_answers();
    }
    Case::new(&endless_list(STREAM, OWN, 100)).never_answers();
    Case::new(&endless_list(STREAM, ": ping\n\n", 100)).finds(&["no-answer"]);
}

#[test]
fn endless_streams_of_http_and_sse() {
    let sse = |events: &'static [u8], pause_ms| {
        Served::start(move |mut peer| async move {
            while let Some(asked) = peer.request().await {
                if asked.line.starts_with("GET") {
                    let head = format!("{STREAM}event: endpoint\ndata: /messages\n\n");
                    return forever(&mut peer, &head, events, pause_ms).await;
                }
                if asked.line.contains("/messages") {
                    peer.answer("202 Accepted", "text/plain", "Accepted").await;
                } else {
                    peer.answer("405 Method Not Allowed", "text/plain", "")
                        .await;
                }
            }
        })
    };
    Case::new(&sse(b": ping\n\n", 100)).finds(&["no-answer"]);
    Case::new(&sse(b"data: nothing\n\n", 0)).never_answers();
}

#[test]
fn a_body_of_a_gigabyte() {
    const JSON: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n[";
    const PAGE: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1073741824\r\n\r\n";
    let zeros = "0,".repeat(32 * 1024);
    Case::new(&endless(JSON, zeros.clone(), 0)).finds(&["not-mcp"]);
    Case::new(&endless(PAGE, "<p>", 0)).finds(&["not-mcp"]);
    Case::new(&endless_list(JSON, zeros, 0)).never_answers();
}

/// A gzip file of many times its size, written by hand: zeros, and copies of what came before, the longest that there
/// are, in the fixed code of RFC 1951.
fn bomb() -> Vec<u8> {
    let mut bytes = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let (mut pending, mut filled) = (0u32, 0);
    let mut bits = |bits: &str, bytes: &mut Vec<u8>| {
        for bit in bits.bytes() {
            pending |= u32::from(bit - b'0') << filled;
            filled += 1;
            if filled == 8 {
                bytes.push(pending as u8);
                (pending, filled) = (0, 0);
            }
        }
    };
    // The last block, in the fixed code, and a literal zero.
    bits("110", &mut bytes);
    bits("00110000", &mut bytes);
    for _ in 0..800_000 {
        // 258 bytes, from one byte before.
        bits("11000101", &mut bytes);
        bits("00000", &mut bytes);
    }
    bits("0000000", &mut bytes);
    bits("0000000", &mut bytes);
    bytes
}

#[test]
fn a_body_that_grows_when_it_is_unpacked() {
    let bomb = bomb();
    assert!(
        (1_000_000..1_500_000).contains(&bomb.len()),
        "{}",
        bomb.len()
    );
    let head = |media: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            bomb.len()
        )
    };
    for media in ["application/json", "text/event-stream"] {
        let whole = [head(media).as_bytes(), &bomb].concat();
        let server = Served::says(whole.clone());
        let expected = match media {
            "application/json" => "not-mcp",
            _ => "server-error",
        };
        Case::new(&server).finds(&[expected]);
        assert!(
            server
                .asked()
                .iter()
                .all(|asked| asked.header("accept-encoding") == Some("identity"))
        );
        let expected = match media {
            "application/json" => "server-error",
            _ => "connection-reset",
        };
        Case::new(&lists(whole)).finds(&[expected]);
    }
}

#[test]
fn a_byte_a_second() {
    let slow = |head: &'static str, text: &'static str| {
        Served::start(move |mut peer| async move {
            if peer.request().await.is_none() || !peer.say(head).await {
                return;
            }
            for byte in text.bytes() {
                if !peer.say([byte]).await {
                    return;
                }
                pause(1_000).await;
            }
        })
    };
    const BODY: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    const LATER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    Case::new(&slow("", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).finds(&["no-answer"]);
    Case::new(&slow(BODY, LATER)).finds(&["no-answer"]);
    Case::new(&slow(STREAM, "data: {\"jsonrpc\":\"2.0\",\"id\":1")).finds(&["no-answer"]);
}

#[test]
fn a_head_of_a_megabyte() {
    let one = format!(
        "HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n",
        "x".repeat(1024 * 1024)
    );
    let many = format!(
        "HTTP/1.1 200 OK\r\n{}\r\n",
        "X-Many: xxxxxxxxxxxxxxxx\r\n".repeat(40 * 1024)
    );
    for head in [one, many] {
        Case::new(&Served::says(head.clone())).finds(&["server-error"]);
        Case::new(&lists(head)).finds(&["server-error"]);
    }
    // It never ends.
    Case::new(&endless("HTTP/1.1 200 OK\r\n", "X-Many: x\r\n", 0)).finds(&["server-error"]);
    Case::new(&endless(
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        0,
    ))
    .finds(&["no-answer"]);
}

fn redirects(location: impl Fn(&str) -> String + Send + Sync + Clone + 'static) -> Served {
    Served::start(move |mut peer| {
        let location = location.clone();
        async move {
            while let Some(asked) = peer.request().await {
                let path = asked.line.split(' ').nth(1).unwrap_or_default().to_owned();
                let head = format!(
                    "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                    location(&path)
                );
                if !peer.say(head).await {
                    return;
                }
            }
        }
    })
}

#[test]
fn redirects_that_lead_nowhere() {
    let to_itself = redirects(str::to_owned);
    Case::new(&to_itself).finds(&["redirect"]);
    let in_a_circle = redirects(|path| match path {
        "/mcp" => "/a".to_owned(),
        "/a" => "/b".to_owned(),
        _ => "/mcp".to_owned(),
    });
    Case::new(&in_a_circle).finds(&["redirect"]);
    let ever_on = redirects(|path| format!("{path}/x"));
    Case::new(&ever_on).finds(&["redirect"]);
    assert!(ever_on.asked().len() < 40);
    for location in [
        "",
        "javascript:alert(1)",
        "http://",
        "//",
        "file:///etc/passwd",
        "\u{1F4A9}",
    ] {
        let nowhere = redirects(move |_| location.to_owned());
        Case::new(&nowhere).finds(&["redirect"]);
    }
}

#[test]
fn a_credential_does_not_follow_a_redirect_to_another_origin() {
    const SECRET: &str = "Zx81kQ0pLw7vN3tR5yUm2";
    let other = greeted(|mut peer, asked| async move {
        let id = asked.id();
        peer.json(&json!({"jsonrpc": "2.0", "id": id, "result": {"tools": [tool("a")]}}))
            .await;
    });
    let url = other.url("/mcp");
    let to = url.clone();
    let first = redirects(move |_| to.clone());
    let bearer = format!("Authorization: Bearer {SECRET}");
    let key = format!("X-Api-Key: {SECRET}");
    let case = Case {
        arguments: &["--header", &bearer, "--header", &key],
        ..Case::new(&first)
    };
    let document = case.finds(&["redirect"]);
    assert!(!document.to_string().contains(SECRET));
    assert!(
        first
            .asked()
            .iter()
            .all(|asked| asked.header("x-api-key") == Some(SECRET))
    );
    assert!(!other.asked().is_empty(), "the redirect is looked at");
    for asked in other.asked() {
        assert!(!format!("{asked:?}").contains(SECRET), "{asked:?}");
    }
}

#[test]
fn a_million_tools() {
    let many = |one: &str| format!("{}{one}", format!("{one},").repeat(999_999));
    let whole =
        |list: String| format!(r#"{{"jsonrpc":"2.0","id":{LIST},"result":{{"tools":[{list}]}}}}"#);
    // They fit into what is read, and most of them are only counted.
    let small = whole(many(r#"{"name":"t"}"#));
    let server = lists(answer("application/json", &small));
    let document = Case::new(&server).finds(&[
        "tool-name-duplicate",
        "tool-schema-invalid",
        "tools-page-loop",
    ]);
    assert_eq!(document["endpoints"][0]["tools_complete"], false);
    let in_a_stream = lists([STREAM, "data: ", &small, "\n\n"].concat());
    let case = Case {
        memory: MEMORY_OF_AN_EVENT,
        ..Case::new(&in_a_stream)
    };
    case.finds(&[
        "tool-name-duplicate",
        "tool-schema-invalid",
        "tools-page-loop",
    ]);
    // They do not.
    let large = whole(many(r#"{"name":"t","inputSchema":{"type":"object"}}"#));
    Case::new(&lists(answer("application/json", &large))).finds(&["server-error"]);
    Case::new(&lists([STREAM, "data: ", &large, "\n\n"].concat())).finds(&["server-error"]);
}

#[test]
fn pages_without_end() {
    let endless = greeted(|mut peer, asked| async move {
        let mut asked = Some(asked);
        while let Some(now) = asked {
            let id = now.id();
            let page = now.json()["params"]["cursor"]
                .as_str()
                .and_then(|cursor| cursor.parse().ok());
            let page = page.unwrap_or(0u64);
            let result = json!({
                "tools": [tool(&format!("tool_{page}"))],
                "nextCursor": (page + 1).to_string(),
            });
            if !peer
                .json(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
                .await
            {
                return;
            }
            asked = peer.request().await;
        }
    });
    let document = Case::new(&endless).finds(&["tools-page-loop"]);
    assert_eq!(names(&document).len(), 100);
}

#[test]
fn brackets_without_end() {
    let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    for body in [deep(100_000), "[".repeat(200_000), "{\"a\":".repeat(50_000)] {
        Case::new(&Served::says(answer("application/json", &body))).finds(&["not-mcp"]);
    }
    let result = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}}}"#, deep(100_000));
    Case::new(&Served::says(answer("application/json", &result))).finds(&["server-error"]);
    let greeting = format!(
        r#"{{"jsonrpc":"2.0","id":2,"result":{{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{}}}}}"#,
        deep(50_000),
        deep(50_000)
    );
    let deep_greeting = Served::start(move |mut peer| {
        let greeting = greeting.clone();
        async move {
            while let Some(asked) = peer.request().await {
                let id = asked.id();
                let error = json!({"code": -32601, "message": "Method not found"});
                let said = match asked.method().as_str() {
                    "initialize" => peer.answer("200 OK", "application/json", &greeting).await,
                    "notifications/initialized" => {
                        peer.answer("202 Accepted", "text/plain", "").await
                    }
                    "tools/list" => {
                        peer.json(
                            &json!({"jsonrpc": "2.0", "id": id, "result": {"tools": [tool("a")]}}),
                        )
                        .await
                    }
                    _ => {
                        peer.json(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
                            .await
                    }
                };
                if !said {
                    return;
                }
            }
        }
    });
    let document = Case::new(&deep_greeting).finds(&[]);
    assert_eq!(names(&document), ["a"]);
    let schema = format!(
        r#"{{"jsonrpc":"2.0","id":{LIST},"result":{{"tools":[{{"name":"t","inputSchema":{{"type":"object","default":{}}}}}]}}}}"#,
        deep(1_000_000)
    );
    Case::new(&lists(answer("application/json", schema))).finds(&["tool-schema-invalid"]);
    let in_place = format!(
        r#"{{"jsonrpc":"2.0","id":{LIST},"result":{}}}"#,
        deep(1_000_000)
    );
    Case::new(&lists(answer("application/json", in_place))).finds(&["server-error"]);
}

#[test]
fn many_values_where_few_belong() {
    let many = format!("[{}0]", "0,".repeat(100_000));
    let greeting = format!(
        r#"{{"jsonrpc":"2.0","id":2,"result":{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{many}}},"serverInfo":{{"name":"a"}}}}}}"#
    );
    let server = Served::start(move |mut peer| {
        let greeting = greeting.clone();
        async move {
            while let Some(asked) = peer.request().await {
                let id = asked.id();
                let error = json!({"code": -32601, "message": "Method not found"});
                let said = match asked.method().as_str() {
                    "initialize" => peer.answer("200 OK", "application/json", &greeting).await,
                    "notifications/initialized" => {
                        peer.answer("202 Accepted", "text/plain", "").await
                    }
                    _ => {
                        peer.json(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
                            .await
                    }
                };
                if !said {
                    return;
                }
            }
        }
    });
    Case::new(&server).finds(&["no-tools"]);
}

#[test]
fn bytes_that_are_no_text() {
    let list = format!(
        r#"{{"jsonrpc":"2.0","id":{LIST},"result":{{"tools":[{}]}}}}"#,
        tool("caf#")
    );
    let list: Vec<u8> = list
        .bytes()
        .map(|byte| if byte == b'#' { 0xE9 } else { byte })
        .collect();
    let document =
        Case::new(&lists(answer("application/json", &list))).finds(&["tool-name-invalid"]);
    assert_eq!(names(&document), ["caf\u{fffd}"]);
    let in_a_stream = [STREAM.as_bytes(), b"data: ", &list, b"\n\n"].concat();
    Case::new(&lists(in_a_stream)).finds(&["tool-name-invalid"]);
    let noise: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for media in ["application/json", "text/html", "application/octet-stream"] {
        Case::new(&Served::says(answer(media, &noise))).finds(&["not-mcp"]);
    }
    Case::new(&Served::says(noise)).finds(&["not-http"]);
}

/// Clears the screen, sets a title, goes up a line, writes from right to left, rings, and comes back to the start of the
/// line.
const TERMINAL: &str =
    "a\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}[1A\u{202e}gnp.exe\u{2066}\u{200f}\u{9b}31m\r\u{8}\u{0}\tz";

#[test]
fn words_that_command_a_terminal() {
    let info = json!({"name": TERMINAL, "version": TERMINAL, "title": TERMINAL});
    let server = greeted_as(info, |mut peer, asked| async move {
        let id = asked.id();
        let tools = json!([
            {"name": TERMINAL, "description": TERMINAL, "title": TERMINAL, "inputSchema": {"type": TERMINAL, "properties": {TERMINAL: {}}}},
            {"name": TERMINAL, "description": TERMINAL, "inputSchema": {"type": "object", "required": [TERMINAL]}},
        ]);
        peer.json(&json!({"jsonrpc": "2.0", "id": id, "result": {"tools": tools, "nextCursor": TERMINAL}})).await;
    });
    Case::new(&server).finds(&[
        "tool-name-invalid",
        "tool-schema-invalid",
        "tools-page-loop",
    ]);
    let page = format!("<html><title>{TERMINAL}</title><body>{TERMINAL}");
    Case::new(&Served::says(answer("text/html", page))).finds(&["not-mcp"]);
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": TERMINAL, "data": TERMINAL}});
    Case::new(&Served::says(answer("application/json", error.to_string())))
        .finds(&["server-error"]);
    let plain = format!(
        "HTTP/1.1 500 {}\r\nContent-Length: {}\r\nServer: \u{9b}x\u{202e}y\r\n\r\n{TERMINAL}",
        "Broken",
        TERMINAL.len()
    );
    Case::new(&Served::says(plain)).finds(&["server-error"]);
    let banner = Served::start(|mut peer| async move {
        peer.say(format!("SSH-2.0-{TERMINAL}\r\n")).await;
        peer.until_closed().await;
    });
    Case::new(&banner).finds(&["not-http"]);
    let redirect = redirects(|_| "/\u{202e}x%1b[2J".to_owned());
    Case::new(&redirect).finds(&["redirect"]);
    let challenge = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"\u{202e}\u{9b}x\", resource_metadata=\"/\u{202e}\"\r\nContent-Length: 0\r\n\r\n";
    Case::new(&Served::says(challenge)).finds(&["oauth-metadata-invalid"]);
    let version = json!({"protocolVersion": TERMINAL, "capabilities": {}, "serverInfo": {}});
    let message = json!({"jsonrpc": "2.0", "id": 2, "result": version});
    let odd = Served::start(move |mut peer| {
        let message = message.clone();
        async move {
            while let Some(asked) = peer.request().await {
                let is_first = asked.id() == 1;
                let said = match is_first {
                    true => peer.answer("400 Bad Request", "text/plain", TERMINAL).await,
                    false => peer.json(&message).await,
                };
                if !said {
                    return;
                }
            }
        }
    });
    Case::new(&odd).finds(&["protocol-version-unsupported", "server-error"]);
    let endpoint = format!(
        "{STREAM}event: {TERMINAL}\ndata: {TERMINAL}\n\nevent: endpoint\ndata: /\u{202e}\u{9b}x\n\n"
    );
    let case_server = Served::says(endpoint);
    let case = Case {
        arguments: &["--transport", "sse"],
        ..Case::new(&case_server)
    };
    case.finds(&["server-error"]);
}

#[test]
fn an_answer_to_somebody_else() {
    for id in [
        json!(99),
        json!("1"),
        Value::Null,
        json!([1]),
        json!({"a": 1}),
    ] {
        let message =
            json!({"jsonrpc": "2.0", "id": id, "result": {"supportedVersions": ["2026-07-28"]}});
        // Whoever knows no id may be another service that speaks JSON-RPC.
        let expected = match id.is_null() {
            true => "not-mcp",
            false => "server-error",
        };
        let alone = answer("application/json", message.to_string());
        Case::new(&Served::says(alone)).finds(&[expected]);
        let in_a_stream = format!("{STREAM}data: {message}\n\n");
        Case::new(&Served::says(in_a_stream)).finds(&["server-error"]);
    }
    let message = json!({"jsonrpc": "2.0", "id": 99, "result": {"tools": [tool("stranger")]}});
    let document =
        Case::new(&lists(answer("application/json", message.to_string()))).finds(&["server-error"]);
    assert!(names(&document).is_empty());
}

#[test]
fn lengths_that_lie() {
    let body = json!({"jsonrpc": "2.0", "id": LIST, "result": {"tools": [tool("a")]}}).to_string();
    let claims = |length: usize| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    Case::new(&lists(claims(20))).finds(&["server-error"]);
    Case::new(&Served::says(claims(20))).finds(&["not-mcp"]);
    // Closed before what was announced.
    Case::new(&lists(claims(5_000))).finds(&["connection-reset"]);
    Case::new(&Served::says(claims(5_000))).finds(&["connection-reset"]);
    // Kept open: what was announced never comes.
    let waits = |bytes: String| Served::says_and_stays(bytes);
    Case::new(&waits(claims(5_000))).finds(&["no-answer"]);
    for nonsense in ["-1", "99999999999999999999999", "5, 6", "0x10"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {nonsense}\r\n\r\n");
        Case::new(&Served::says(head)).finds(&["not-http"]);
    }
}

#[test]
fn connections_that_close_at_every_stage() {
    const CHUNKED: &str =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let at_once = Served::start(|peer| async move { drop(peer) });
    Case::new(&at_once).finds(&["connection-reset"]);
    let reset = Served::start(|peer| async move { peer.reset() });
    Case::new(&reset).finds(&["connection-reset"]);
    for (bytes, opening, listing) in [
        // After the request.
        (String::new(), "connection-reset", "connection-reset"),
        // Inside of the head.
        ("HTTP/1.1 200 OK\r\nContent-Ty".to_owned(), "connection-reset", "connection-reset"),
        // After the head.
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n".to_owned(), "connection-reset", "connection-reset"),
        // Inside of the body.
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"jsonrpc\"".to_owned(), "connection-reset", "connection-reset"),
        // Inside of a chunk, of its size, and where the last one should be.
        (format!("{CHUNKED}20\r\n{{\"jsonrpc\""), "connection-reset", "connection-reset"),
        (format!("{CHUNKED}2"), "connection-reset", "connection-reset"),
        (format!("{CHUNKED}2\r\n{{}}\r\n"), "connection-reset", "connection-reset"),
        // Before, inside of and after an event.
        (STREAM.to_owned(), "connection-reset", "connection-reset"),
        (format!("{STREAM}data: {{\"jsonrpc\""), "connection-reset", "connection-reset"),
        (format!("{STREAM}data: {{}}\n\n"), "server-error", "server-error"),
    ] {
        Case::new(&Served::says(bytes.clone())).finds(&[opening]);
        Case::new(&lists(bytes)).finds(&[listing]);
    }
}

#[test]
fn a_thousand_tools_of_an_honest_server() {
    use axum::Json;
    use axum::http::StatusCode;
    use axum::response::{IntoResponse, Response};
    use axum::routing::post;

    async fn serve(Json(asked): Json<Value>) -> Response {
        let result = match asked["method"].as_str() {
            Some("initialize") => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "honest", "version": "1"},
            }),
            Some("tools/list") => {
                let schema = json!({"type": "object", "properties": {"path": {"type": "string", "description": "Where".repeat(20)}}});
                let tools: Vec<Value> = (0..1_000)
                    .map(|n| json!({"name": format!("tool_{n}"), "description": "It does.", "inputSchema": schema}))
                    .collect();
                json!({"tools": tools})
            }
            Some("server/discover") => {
                let error = json!({"code": -32601, "message": "Method not found"});
                return Json(json!({"jsonrpc": "2.0", "id": asked["id"], "error": error}))
                    .into_response();
            }
            _ => return StatusCode::ACCEPTED.into_response(),
        };
        Json(json!({"jsonrpc": "2.0", "id": asked["id"], "result": result})).into_response()
    }

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        axum::serve(listener, axum::Router::new().route("/mcp", post(serve))).await
    });
    let url = format!("http://{address}/mcp");
    let run = run(&["--format", "json", &url]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    assert!(run.peak < MEMORY, "{} KiB", run.peak);
    let document: Value = serde_json::from_str(&run.stdout).expect("a document");
    assert_eq!(document["findings"], json!([]));
    let found = names(&document);
    assert_eq!(found.len(), 1_000);
    assert_eq!((found[0], found[999]), ("tool_0", "tool_999"));
    assert_eq!(document["endpoints"][0]["tools_complete"], true);
    runtime.shutdown_background();
}

#[test]
fn a_thousand_tools_of_an_honest_server_over_its_event_stream() {
    let tools: Vec<Value> = (0..1_000)
        .map(|n| json!({"name": format!("tool_{n}"), "description": "It does. ".repeat(40), "inputSchema": {"type": "object"}}))
        .collect();
    let (answers, wanted) = tokio::sync::broadcast::channel::<String>(16);
    drop(wanted);
    let server = Served::start(move |mut peer| {
        let (tools, answers) = (tools.clone(), answers.clone());
        async move {
            while let Some(asked) = peer.request().await {
                if asked.line.starts_with("GET") {
                    let mut events = answers.subscribe();
                    peer.say(format!("{STREAM}event: endpoint\ndata: /messages\n\n"))
                        .await;
                    while let Ok(event) = events.recv().await {
                        if !peer.say(event).await {
                            return;
                        }
                    }
                    return;
                }
                if !asked.line.contains("/messages") {
                    peer.answer("405 Method Not Allowed", "text/plain", "")
                        .await;
                    continue;
                }
                let result = match asked.method().as_str() {
                    "initialize" => json!({
                        "protocolVersion": "2024-11-05",
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "honest", "version": "1"},
                    }),
                    "tools/list" => json!({"tools": tools}),
                    _ => Value::Null,
                };
                peer.answer("202 Accepted", "text/plain", "Accepted").await;
                if !result.is_null() {
                    let message = json!({"jsonrpc": "2.0", "id": asked.id(), "result": result});
                    let _ = answers.send(format!("event: message\ndata: {message}\n\n"));
                }
            }
        }
    });
    let url = server.url("/sse");
    let run = run(&["--format", "json", &url]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    let document: Value = serde_json::from_str(&run.stdout).expect("a document");
    assert_eq!(document["findings"], json!([]));
    assert_eq!(names(&document).len(), 1_000);
    assert_eq!(document["endpoints"][0]["transport"], "sse");
}
