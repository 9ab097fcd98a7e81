//! `mcpdoc probe` as a program: exit status, output, usage errors, and that no secret is in any of it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use served::{Asked, Peer, Served};

#[path = "support/served.rs"]
mod served;

fn mcpdoc(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
    command
        .arg("probe")
        .args(arguments)
        .env("HOME", "/nonexistent")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100");
    command
}

fn output(arguments: &[&str]) -> Output {
    mcpdoc(arguments).output().expect("mcpdoc runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit status")
}

/// The document, which fits the schema, and the exit status.
fn document(arguments: &[&str]) -> (Value, i32) {
    let output = mcpdoc(&["--format", "json"])
        .args(arguments)
        .output()
        .expect("mcpdoc runs");
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    let schema = include_str!("../schema/mcpdoc-1.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    (document, code(&output))
}

/// How a server of the tests keeps sessions and writes its answers.
#[derive(Clone, Copy)]
struct Manner {
    stateful: bool,
    streams: bool,
}

const PLAIN: Manner = Manner {
    stateful: false,
    streams: false,
};

/// A healthy server at `/mcp`; 2025-11-25 over streamable HTTP.
fn healthy(manner: Manner) -> Served {
    Served::start(move |mut peer| async move {
        while let Some(asked) = peer.request().await {
            if !reply(&mut peer, &asked, manner).await {
                break;
            }
        }
    })
}

async fn reply(peer: &mut Peer, asked: &Asked, manner: Manner) -> bool {
    let path = asked.line.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    match (path, asked.line.split(' ').next()) {
        ("/mcp", Some("POST")) => {}
        ("/mcp", Some("DELETE")) if manner.stateful => {
            return peer.answer("200 OK", "text/plain", "").await;
        }
        ("/mcp", _) => {
            return peer
                .answer("405 Method Not Allowed", "text/plain", "")
                .await;
        }
        _ => {
            return peer
                .answer("404 Not Found", "text/plain", "Not Found")
                .await;
        }
    }
    let result = match asked.method().as_str() {
        "initialize" => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "docs", "version": "3.1"},
        }),
        "notifications/initialized" => return peer.answer("202 Accepted", "text/plain", "").await,
        "tools/list" => json!({"tools": [{
            "name": "search",
            "description": "Searches the documentation",
            "inputSchema": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
        }]}),
        "tools/call" => json!({"content": [{"type": "text", "text": "found it"}]}),
        _ => {
            let error = json!({"code": -32601, "message": "Method not found"});
            let body = json!({"jsonrpc": "2.0", "id": asked.id(), "error": error});
            return peer.json(&body).await;
        }
    };
    let message = json!({"jsonrpc": "2.0", "id": asked.id(), "result": result}).to_string();
    let (media, body) = match manner.streams {
        true => (
            "text/event-stream",
            format!("event: message\ndata: {message}\n\n"),
        ),
        false => ("application/json", message),
    };
    let session = match manner.stateful && asked.method() == "initialize" {
        true => "Mcp-Session-Id: 0123456789abcdef\r\n",
        false => "",
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n{session}\r\n"
    );
    peer.say([head.as_bytes(), body.as_bytes()].concat()).await
}

/// A server that refuses everything and repeats all it was sent.
fn parrot() -> Served {
    Served::start(|mut peer| async move {
        while let Some(asked) = peer.request().await {
            let headers = asked
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}"));
            let headers: Vec<String> = headers.collect();
            let body = format!("{}\n{}\n{}", asked.line, headers.join("\n"), asked.body);
            let told = format!("X-Told: {}\r\n", headers.join("; "));
            let head = format!(
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n{told}Content-Length: {}\r\n\r\n",
                body.len()
            );
            if !peer.say([head.as_bytes(), body.as_bytes()].concat()).await {
                break;
            }
        }
    })
}

#[test]
fn a_healthy_server_works_in_every_manner() {
    for (stateful, streams) in [(false, false), (true, false), (false, true), (true, true)] {
        let server = healthy(Manner { stateful, streams });
        let url = server.url("/mcp");
        let (document, code) = document(&[&url]);
        let endpoint = &document["endpoints"][0];
        assert_eq!(code, 0, "{document:#}");
        assert_eq!(endpoint["url"], url);
        assert_eq!(endpoint["verdict"], "works");
        assert_eq!(endpoint["transport"], "http");
        assert_eq!(
            endpoint["server"],
            json!({"name": "docs", "version": "3.1"})
        );
        assert_eq!(endpoint["revisions"], json!(["2025-11-25"]));
        assert_eq!(endpoint["stateful"], stateful);
        assert_eq!(endpoint["streams"], streams);
        assert_eq!(endpoint["auth"], "none");
        assert_eq!(endpoint["tools"], json!(["search"]));
        assert_eq!(document["findings"], json!([]));
        assert!(endpoint["ms"]["total"].as_f64().is_some_and(|ms| ms > 0.0));
        assert_eq!(endpoint["rounds"], Value::Null);
    }
}

#[test]
fn the_first_line_says_what_it_is() {
    let server = healthy(PLAIN);
    let url = server.url("/mcp");
    let output = output(&[&url]);
    assert_eq!(code(&output), 0);
    assert_eq!(text(&output.stderr), "");
    let text = text(&output.stdout);
    let first = format!("✓ {url} works: docs 3.1, streamable HTTP, 1 tool");
    assert_eq!(text.lines().next(), Some(first.as_str()));
    assert!(
        text.contains("\n  search  query  Searches the documentation\n"),
        "{text}"
    );
}

#[test]
fn a_call_and_rounds_are_done_as_asked() {
    let server = healthy(PLAIN);
    let url = server.url("/mcp");
    let call = [
        "--call",
        "search",
        "--args",
        r#"{"query": "x"}"#,
        "--rounds",
        "3",
        &url,
    ];
    let (document, code) = document(&call);
    let endpoint = &document["endpoints"][0];
    assert_eq!(code, 0);
    assert_eq!(endpoint["call"]["succeeded"], true);
    for what in ["connect", "first_byte", "handshake", "tools"] {
        let spread = &endpoint["rounds"][what];
        assert_eq!(spread["count"], 3, "{what} in {endpoint:#}");
        assert!(spread["p50"].as_f64() <= spread["max"].as_f64());
    }
    let asked = server.asked();
    let call = asked.iter().find(|asked| asked.method() == "tools/call");
    let call = call.expect("a call").json();
    assert_eq!(call["params"]["arguments"], json!({"query": "x"}));
}

#[test]
fn what_is_broken_exits_with_1() {
    let server = healthy(PLAIN);
    let (found, status) = document(&[&server.url("/nothing-here")]);
    assert_eq!(status, 1);
    assert_eq!(found["endpoints"][0]["verdict"], "broken");
    assert_eq!(found["findings"][0]["check"], "wrong-path");
    assert_eq!(
        found["findings"][0]["endpoint"],
        server.url("/nothing-here")
    );
    assert_eq!(found["findings"][0]["locations"], json!([]));
    assert_eq!(found["findings"][0]["evidence"][0]["kind"], "wire");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/mcp", closed.local_addr().expect("an address"));
    drop(closed);
    let output = output(&["-q", &url]);
    assert_eq!(code(&output), 1);
    let text = text(&output.stdout);
    assert!(
        text.starts_with(&format!("✗ {url} does not work: connection-refused\n")),
        "{text}"
    );
    assert_eq!(text.matches(&url).count(), 1, "{text}");
}

#[test]
fn headers_pins_and_hosts_are_sent_as_given() {
    let server = healthy(PLAIN);
    let port = server.address.port();
    let output = mcpdoc(&[
        "--header",
        "X-Team: blue",
        "--header",
        "User-Agent: claude-code/2",
        "--bearer-env",
        "MCPDOC_TEST_TOKEN",
        "--host",
        "mcp.lan:81",
        "--resolve",
        &format!("mcp.example:{port}:127.0.0.1"),
        &format!("http://mcp.example:{port}/mcp"),
    ])
    .env("MCPDOC_TEST_TOKEN", "Bearer canary-bearer\n")
    .output()
    .expect("mcpdoc runs");
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let asked = server.asked();
    for asked in &asked {
        assert_eq!(asked.header("x-team"), Some("blue"), "{asked:?}");
        assert_eq!(asked.header("user-agent"), Some("claude-code/2"));
        assert_eq!(asked.header("authorization"), Some("Bearer canary-bearer"));
        assert_eq!(asked.header("host"), Some("mcp.lan:81"));
    }
    assert!(asked.len() >= 3);
}

#[test]
fn user_info_is_sent_and_not_shown() {
    let server = healthy(PLAIN);
    let url = server.url("/mcp").replace("://", "://user:canary%20pass@");
    let output = output(&[&url]);
    assert_eq!(code(&output), 0);
    let text = text(&output.stdout);
    assert!(
        text.contains("the user info of the url is sent as Authorization: Basic"),
        "{text}"
    );
    assert!(!text.contains("canary"), "{text}");
    for asked in server.asked() {
        assert_eq!(
            asked.header("authorization"),
            Some("Basic dXNlcjpjYW5hcnkgcGFzcw==")
        );
    }
}

/// Each is told back by a server in its body, its headers and in what it says of the request.
const CANARIES: &[&str] = &[
    "canary-bearer-7f3a",
    "canary-header-91bc",
    "canary-query-55de",
    "canary-pass-02aa",
    "dXNlcjpjYW5hcnktcGFzcy0wMmFh",
    "canary-argument-3c4d",
];

#[test]
fn no_secret_is_in_any_output() {
    let broken = parrot();
    let works = healthy(PLAIN);
    let mut runs: Vec<Vec<String>> = Vec::new();
    for server in [&broken, &works] {
        let url = format!("{}?api_key=canary-query-55de", server.url("/mcp"));
        let with_user = url.replace("://", "://user:canary-pass-02aa@");
        let header = ["--header", "X-Api-Key: canary-header-91bc"].map(str::to_owned);
        let token = ["--bearer-env", "MCPDOC_TEST_TOKEN"].map(str::to_owned);
        let arguments = r#"{"password": "canary-argument-3c4d"}"#;
        let call = ["--call", "search", "--args", arguments].map(str::to_owned);
        runs.push([&header[..], &token, &call, &[url]].concat());
        runs.push([&header[..], &call, &[with_user]].concat());
    }
    for run in &runs {
        for output in [
            &["-v"][..],
            &["-q"],
            &[],
            &["--format", "json"],
            &["--deep", "-v"],
        ] {
            let out = mcpdoc(output)
                .args(run)
                .env("MCPDOC_TEST_TOKEN", CANARIES[0])
                .output()
                .expect("mcpdoc runs");
            let said = text(&out.stdout) + &text(&out.stderr);
            assert!(said.contains("127.0.0.1"), "{said}");
            for canary in CANARIES {
                assert!(
                    !said.contains(canary),
                    "{canary} is in {output:?} {run:?}:\n{said}"
                );
            }
        }
    }
    // They were sent, or this test says nothing.
    let sent = broken.asked();
    for canary in &CANARIES[..3] {
        let carries = |asked: &Asked| format!("{asked:?}").contains(canary);
        assert!(sent.iter().any(carries), "{canary} was not sent");
    }
}

#[test]
fn usage_errors_say_no_secret() {
    for arguments in [
        &["--header", "Bearer canary-secret"][..],
        &["--header", "X-Key: canary\u{7}secret", "http://a/"],
        &["http://user:canary-secret@host:99999/"],
        &["ftp://user:canary-secret@host/"],
        &[
            "http://user:canary-secret@host/",
            "--header",
            "Authorization: Bearer canary-other",
        ],
        &[
            "http://a/",
            "--call",
            "x",
            "--args",
            "{\"password\": canary-secret}",
        ],
    ] {
        let output = output(arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(code(&output), 2, "{arguments:?}: {said}");
        assert!(!said.contains("canary"), "{arguments:?}: {said}");
        assert!(
            said.starts_with("mcpdoc: ") || said.starts_with("error: "),
            "{said}"
        );
    }
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let server = healthy(PLAIN);
    let url = server.url("/mcp");
    let coloured = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let output = mcpdoc(arguments)
            .envs(variable)
            .output()
            .expect("mcpdoc runs");
        text(&output.stdout).contains('\u{1b}')
    };
    assert!(!coloured(&[&url], None));
    assert!(coloured(&["--color", "always", &url], None));
    assert!(coloured(
        &["--color", "always", &url],
        Some(("NO_COLOR", "1"))
    ));
    assert!(!coloured(&[&url], Some(("NO_COLOR", "1"))));
    assert!(!coloured(
        &["--format", "json", "--color", "always", &url],
        None
    ));
}

#[test]
fn every_width_is_written_for() {
    let server = healthy(PLAIN);
    for columns in [40, 80, 120] {
        let output = mcpdoc(&[&server.url("/mcp")])
            .env("COLUMNS", columns.to_string())
            .output()
            .expect("mcpdoc runs");
        let text = text(&output.stdout);
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > columns)
            .collect();
        assert!(wide.is_empty(), "{columns}: {wide:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let server = healthy(PLAIN);
    let mut child = mcpdoc(&["-v", &server.url("/mcp")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mcpdoc runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(code(&output), 0);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn what_is_asked_within_its_time_ends_in_it() {
    let server = Served::start(|mut peer| async move { peer.until_closed().await });
    let began = std::time::Instant::now();
    let (document, code) = document(&["--timeout", "1", &server.url("/mcp")]);
    assert!(began.elapsed().as_secs() < 6, "{:?}", began.elapsed());
    assert_eq!(code, 1);
    assert_ne!(document["endpoints"][0]["verdict"], "works");
}

#[test]
fn a_certificate_file_has_to_be_one() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let own = own.to_string_lossy();
    let output = output(&["--cacert", &own, "https://a/mcp"]);
    assert_eq!(code(&output), 2);
    let said = text(&output.stderr);
    assert!(said.contains("has no certificate in PEM"), "{said}");
}
