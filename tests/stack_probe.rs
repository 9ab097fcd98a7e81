//! `mcpdoc check` where something answers: little servers behind client files, on ports that the system picks.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// In every environment below; it must arrive where it may and stand in no output. Nothing but the name of its variable
/// tells that it is a secret.
const CANARY: &str = "heron-opal-quince-7";

/// A server on a thread of its own, which goes on until the test process ends.
struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// A request: method, path, and every header with its value.
#[derive(Clone, Debug)]
struct Seen {
    method: String,
    path: String,
    headers: String,
}

/// How a server answers.
#[derive(Clone, Debug)]
enum Kind {
    /// MCP at `/mcp`.
    Open,
    /// MCP at `/mcp` for whoever shows this token.
    Guarded(&'static str),
    /// Everything is elsewhere.
    Moved(String),
    /// A gateway with that many tools of its server `db`, which repeats everywhere what it is sent.
    Gateway(usize),
    /// A web page, whatever is asked.
    Page,
    /// Nothing comes back.
    Silent,
}

#[derive(Clone)]
struct Shared {
    kind: Kind,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn start(kind: Kind) -> Server {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            kind,
            seen: Arc::clone(&seen),
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
                    .await
                    .expect("a port");
                let port = listener.local_addr().expect("an address").port();
                sender.send(port).expect("a reader");
                let app = Router::new().fallback(answer).with_state(shared);
                axum::serve(listener, app).await.expect("a server");
            });
        });
        let port = receiver.recv().expect("a port");
        Server { port, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("a list").clone()
    }

    fn was_shown_a_token(&self) -> bool {
        let seen = self.seen();
        seen.iter()
            .any(|seen| seen.headers.contains("authorization:"))
    }

    fn has_seen(&self, text: &str) -> bool {
        let seen = self.seen();
        seen.iter()
            .any(|seen| seen.headers.contains(text) || seen.path.contains(text))
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    /// The same server under an address that is not taken to be this machine's.
    fn foreign_origin(&self) -> String {
        format!("http://0.0.0.0:{}", self.port)
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let pairs = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    shared.seen.lock().expect("a list").push(Seen {
        method: method.to_string(),
        path: uri.to_string(),
        headers: pairs.collect(),
    });
    match &shared.kind {
        Kind::Silent => std::future::pending().await,
        Kind::Moved(to) => {
            let location = [(header::LOCATION, to.clone())];
            (StatusCode::TEMPORARY_REDIRECT, location).into_response()
        }
        Kind::Guarded(token) if headers.get("authorization").is_none_or(|v| v != token) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
        Kind::Page => (
            [(header::CONTENT_TYPE, "text/html")],
            "<html><title>Sign in</title></html>",
        )
            .into_response(),
        Kind::Gateway(tools) => {
            let sent = headers.get("authorization").map(|value| value.to_str());
            let sent = sent.and_then(Result::ok).unwrap_or("nothing").to_owned();
            gateway(&uri, &body, *tools, &sent)
        }
        Kind::Open | Kind::Guarded(_) => mcp(&method, &uri, &body),
    }
}

/// What LiteLLM answers at the paths that are asked, with what it was sent wherever a text may stand.
fn gateway(uri: &Uri, body: &[u8], tools: usize, sent: &str) -> Response {
    let answer = match uri.path() {
        "/health/readiness" => {
            json!({"status": "healthy", "db": sent, "litellm_version": "1.77.3", "x": sent})
        }
        "/v1/mcp/server" => json!([
            {"server_id": "1", "server_name": "db", "alias": null, "transport": "http",
             "url": format!("http://user:{sent}@pg:8000/mcp"), "env": {"PIN": sent}, "args": [sent]},
            {"server_id": sent, "server_name": sent, "alias": sent, "transport": sent, "url": sent}
        ]),
        "/v1/mcp/server/health" => json!({"servers": {
            "1": {"server_id": "1", "status": sent, "tools_count": 0, "error": sent},
            "2": {"server_id": sent, "status": "healthy", "error": sent}
        }}),
        "/mcp" => {
            let Ok(message) = serde_json::from_slice::<Value>(body) else {
                return StatusCode::BAD_REQUEST.into_response();
            };
            let tool = |number: usize| json!({"name": format!("db-tool_{number}"), "description": sent, "inputSchema": {"type": "object"}});
            let result = match message["method"].as_str() {
                Some("initialize") => json!({
                    "protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "instructions": sent,
                    "serverInfo": {"name": "litellm-mcp-server", "version": sent}
                }),
                Some("tools/list") => json!({
                    "tools": (0..tools).map(tool).collect::<Vec<Value>>(),
                    "_meta": {"litellm.ai/server_outcomes": {"db": {"status": sent}, sent: {"status": "unreachable"}}}
                }),
                _ => {
                    let error = json!({"code": -32601, "message": sent, "data": {"sent": sent}});
                    return axum::Json(
                        json!({"jsonrpc": "2.0", "id": message["id"], "error": error}),
                    )
                    .into_response();
                }
            };
            json!({"jsonrpc": "2.0", "id": message["id"], "result": result})
        }
        _ => return (StatusCode::NOT_FOUND, sent.to_owned()).into_response(),
    };
    ([("x-mcp-debug-inbound-auth", sent)], axum::Json(answer)).into_response()
}

/// Streamable HTTP of the revisions with `initialize`.
fn mcp(method: &Method, uri: &Uri, body: &[u8]) -> Response {
    if uri.path() != "/mcp" {
        return StatusCode::NOT_FOUND.into_response();
    }
    if *method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let id = &message["id"];
    if id.is_null() {
        return StatusCode::ACCEPTED.into_response();
    }
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "little", "version": "1"}
        }),
        Some("tools/list") => json!({"tools": [
            {"name": "look", "inputSchema": {"type": "object"}},
            {"name": "see", "inputSchema": {"type": "object"}}
        ]}),
        _ => {
            let error = json!({"code": -32601, "message": "Method not found"});
            return axum::Json(json!({"jsonrpc": "2.0", "id": id, "error": error})).into_response();
        }
    };
    axum::Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}

/// A run of `mcpdoc check` in a folder of its own.
struct Run {
    output: Output,
    /// The folder.
    dir: tempfile::TempDir,
}

impl Run {
    fn code(&self) -> i32 {
        self.output.status.code().expect("an exit status")
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn json(&self) -> Value {
        let text = self.stdout();
        serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&self.output.stderr)))
    }

    /// Verdict, check and reason of the hop with that number.
    fn hop(&self, number: usize) -> (String, String, String) {
        let hop = &self.json()["hops"][number];
        let text = |key: &str| hop[key].as_str().unwrap_or_default().to_owned();
        (text("verdict"), text("by"), text("reason"))
    }
}

/// Runs it over these files, as JSON unless another format is asked for, and looks for the canary in what it says. What
/// is recorded of it must say the same elsewhere.
fn check(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let run = check_here(files, arguments);
    if !["--offline", "--no-probe", "text"]
        .iter()
        .any(|word| arguments.contains(word))
    {
        replayed_elsewhere(files, arguments, &run);
    }
    run
}

fn check_here(files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let format = match arguments.contains(&"--format") {
        true => &[][..],
        false => &["--format", "json"],
    };
    let run = run_in(
        folder(files),
        &[&["check", "stack"], format, arguments].concat(),
        true,
    );
    for text in [&run.output.stdout, &run.output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(CANARY), "{text}");
    }
    run
}

/// Only what a run asks, and not how it ends.
fn of_observe<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--require" | "--fail-on" | "--format" => {
                words.next();
            }
            _ => kept.push(word),
        }
    }
    kept
}

/// Records the run, and replays it on another machine, so to speak: in another folder and home, without its environment
/// and without a way to ask anybody.
fn replayed_elsewhere(files: &[(&str, &str)], arguments: &[&str], fresh: &Run) {
    let asks = of_observe(arguments);
    let observed = run_in(
        folder(files),
        &[&["observe", "stack"], &asks[..]].concat(),
        true,
    );
    let said = String::from_utf8_lossy(&observed.output.stderr).into_owned();
    let hops = fresh.json()["hops"].clone();
    if hops
        .as_array()
        .expect("hops")
        .iter()
        .all(|hop| hop["tried"].is_null())
    {
        assert_eq!(observed.code(), 2, "{said}");
        assert!(said.contains("nothing was observed"), "{said}");
        return;
    }
    assert_eq!(observed.code(), 0, "{said}");
    assert!(said.contains("without secrets"), "{said}");
    let record = observed.stdout();
    let place = observed.dir.path().to_string_lossy().into_owned();
    for secret in [CANARY, "wrong-token-0000", place.as_str()] {
        assert!(!record.contains(secret), "{secret} in {record}");
    }
    let elsewhere = || {
        let dir = folder(files);
        std::fs::write(dir.path().join("facts.json"), &record).expect("a file");
        dir
    };
    let text = ["check", "stack", "-v", "--color", "never"];
    let here = run_in(folder(files), &[&text[..], &asks].concat(), true);
    let there = [&text[..], &["--facts", "facts.json"]].concat();
    let there = run_in(elsewhere(), &there, false);
    assert_eq!(untimed(&there.stdout()), untimed(&here.stdout()));
    let rest = arguments
        .windows(2)
        .filter(|pair| ["--require", "--fail-on"].contains(&pair[0]));
    let rest: Vec<&str> = rest.flatten().copied().collect();
    let replay = [
        "check",
        "stack",
        "--format",
        "json",
        "--facts",
        "facts.json",
    ];
    let replay = run_in(elsewhere(), &[&replay[..], &rest].concat(), false);
    assert_eq!(timeless(replay.json()), timeless(fresh.json()));
    assert_eq!(replay.code(), fresh.code());
}

/// A text without what the clock says, and without its lines' ends, which depend on that.
fn untimed(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for at in 1..words.len() {
        if words[at].starts_with("ms") || words[at] == "s" {
            words[at - 1] = "…";
        }
    }
    words.join(" ")
}

/// A report without what the clock says.
fn timeless(mut document: Value) -> Value {
    for endpoint in document["endpoints"].as_array_mut().expect("endpoints") {
        endpoint["ms"] = Value::Null;
    }
    document
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = dir.path().join("stack").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    dir
}

/// Runs mcpdoc in a folder, with the canary in its environment or without it.
fn run_in(dir: tempfile::TempDir, arguments: &[&str], with_canary: bool) -> Run {
    let mut command = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"));
    command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    command
        .current_dir(dir.path())
        .env("HOME", dir.path().join("home"))
        .env_remove("NOT_SET")
        .env_remove("CANARY_TOKEN")
        .env_remove("PLAIN")
        .env_remove("WHOLE")
        .args(arguments)
        .stdin(Stdio::null());
    if with_canary {
        command.env("CANARY_TOKEN", CANARY).env("PLAIN", CANARY);
        command.env("WHOLE", format!("Bearer {CANARY}"));
    }
    let output = command.output().expect("a run");
    Run { output, dir }
}

/// A client file with one server.
fn entry(entry: &Value) -> String {
    json!({"mcpServers": {"s": entry}}).to_string()
}

fn at(url: &str) -> String {
    entry(&json!({"type": "http", "url": url}))
}

fn with_token(url: &str, value: &str) -> String {
    entry(&json!({"type": "http", "url": url, "headers": {"Authorization": value}}))
}

#[test]
fn a_server_that_answers_works() {
    let server = Server::start(Kind::Open);
    let file = at(&server.url());
    let run = check(&[(".mcp.json", &file)], &["--require", "wire"]);
    assert_eq!(run.hop(0).0, "works", "{}", run.stdout());
    assert_eq!(run.json()["hops"][0]["tried"], "here");
    assert_eq!(run.code(), 0, "{}", run.stdout());
    assert!(server.seen().iter().all(|seen| seen.method != "HEAD"));

    let text = check(&[(".mcp.json", &file)], &["--format", "text"]).stdout();
    assert!(
        text.contains("endpoints probed from this machine"),
        "{text}"
    );
    assert!(text.contains("works    little 1, 2 tools"), "{text}");
    assert!(!text.contains("from files alone"), "{text}");
}

#[test]
fn nothing_is_asked_where_nothing_may_be() {
    let server = Server::start(Kind::Open);
    let file = at(&server.url());
    for flag in ["--no-probe", "--offline"] {
        let run = check(&[(".mcp.json", &file)], &[flag]);
        assert_eq!(run.hop(0).0, "unknown");
        assert_eq!(run.json()["hops"][0]["tried"], Value::Null);
        assert_eq!(run.code(), 0);
        let required = check(&[(".mcp.json", &file)], &[flag, "--require", "wire"]);
        assert_eq!(required.code(), 3, "evidence is missing");
    }
    assert!(server.seen().is_empty(), "{:?}", server.seen());
}

#[test]
fn a_wrong_path_is_named_at_its_line() {
    let server = Server::start(Kind::Open);
    let file = at(&server.url().replace("/mcp", "/mpc"));
    let run = check(&[(".mcp.json", &file)], &[]);
    let (verdict, by, _) = run.hop(0);
    assert_eq!((verdict.as_str(), by.as_str()), ("broken", "wrong-path"));
    assert_eq!(run.code(), 1);
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["locations"][0]["file"], "stack/.mcp.json");
}

#[test]
fn nobody_concludes_from_a_header_that_was_not_sent() {
    let server = Server::start(Kind::Guarded("Bearer right"));
    let file = with_token(&server.url(), "Bearer ${NOT_SET}");
    let run = check(&[(".mcp.json", &file)], &["--require", "wire"]);
    let (verdict, _, reason) = run.hop(0);
    assert_eq!(verdict, "unknown", "{}", run.stdout());
    assert!(reason.contains("NOT_SET is not set here"), "{reason}");
    assert_eq!(run.code(), 3, "{}", run.stdout());
    assert!(!server.was_shown_a_token());

    let text = check(
        &[(".mcp.json", &file)],
        &["--require", "wire", "--format", "text"],
    );
    let text = text.stdout();
    assert!(text.contains("not tried: claude-code:s ("), "{text}");
}

#[test]
fn what_was_sent_and_refused_is_wrong() {
    let server = Server::start(Kind::Guarded("Bearer right"));
    let file = with_token(&server.url(), "Bearer wrong-token-0000");
    let run = check(&[(".mcp.json", &file)], &[]);
    let (verdict, by, _) = run.hop(0);
    assert_eq!((verdict.as_str(), by.as_str()), ("broken", "auth-rejected"));
}

#[test]
fn variables_go_where_they_may() {
    let server = Server::start(Kind::Guarded("Bearer heron-opal-quince-7"));
    let file = with_token(
        &format!("{}/mcp", server.foreign_origin()),
        "Bearer ${CANARY_TOKEN}",
    );
    let run = check(&[(".mcp.json", &file)], &[]);
    let (verdict, _, reason) = run.hop(0);
    assert_eq!(verdict, "unknown", "{}", run.stdout());
    let expected = format!(
        "Authorization was not sent: CANARY_TOKEN of this environment goes to {0} only with --trust-origin {0}",
        server.foreign_origin()
    );
    assert_eq!(reason, expected);
    assert!(!server.has_seen(CANARY));

    let trusted = ["--trust-origin", &server.foreign_origin()];
    let run = check(&[(".mcp.json", &file)], &trusted);
    assert_eq!(run.hop(0).0, "works", "{}", run.stdout());
    assert!(server.has_seen(CANARY));
}

#[test]
fn this_machine_may_have_them() {
    let server = Server::start(Kind::Guarded("Bearer heron-opal-quince-7"));
    let file = with_token(&server.url(), "Bearer ${CANARY_TOKEN}");
    for format in [&["--format", "json"][..], &["--format", "text", "-v"]] {
        let run = check(&[(".mcp.json", &file)], format);
        assert_eq!(run.code(), 0, "{}", run.stdout());
    }
    assert!(server.has_seen(CANARY));
}

/// A variable whose name tells nothing holds what is sent as a key.
#[test]
fn what_is_sent_as_a_key_is_in_no_record() {
    let server = Server::start(Kind::Guarded("Bearer heron-opal-quince-7"));
    for value in [
        "Bearer ${PLAIN}",
        "${WHOLE}",
        "Bearer x-${PLAIN}",
        "Bearer ${PLAIN}/${WHOLE}",
    ] {
        let file = with_token(&server.url(), value);
        check(&[(".mcp.json", &file)], &["--fail-on", "never"]);
    }
    let entry = entry(&json!({"command": "sh", "args": ["server.sh", "--token", "${PLAIN}"]}));
    let files = [(".mcp.json", entry.as_str()), ("server.sh", SHELL_SERVER)];
    let run = check(&files, &["--allow-exec"]);
    assert_eq!(run.hop(0).0, "works", "{}", run.stdout());
}

#[test]
fn a_secret_in_a_url_is_not_shown() {
    let server = Server::start(Kind::Open);
    let file = at(&server.url().replace("/mcp", "/${CANARY_TOKEN}/mcp"));
    for format in [
        &["--format", "json"][..],
        &["--format", "text", "-v"],
        &["--format", "text", "-q"],
    ] {
        let run = check(&[(".mcp.json", &file)], format);
        assert_eq!(run.code(), 1, "nothing is served there: {}", run.stdout());
    }
    assert!(server.has_seen(CANARY));
}

#[test]
fn credentials_do_not_follow_to_another_origin() {
    let other = Server::start(Kind::Open);
    let server = Server::start(Kind::Moved(other.url()));
    let file = with_token(&server.url(), &format!("Bearer {CANARY}"));
    let run = check(&[(".mcp.json", &file)], &[]);
    assert!(server.has_seen(CANARY));
    assert!(!other.has_seen(CANARY), "{:?}", other.seen());
    assert!(!other.was_shown_a_token(), "{:?}", other.seen());
    assert_ne!(run.hop(0).0, "works");
}

/// A server of one line a request, in the language of every shell.
const SHELL_SERVER: &str = r#"
touch started
printf '%s' "$TOKEN" > token
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\n' "$id" ;;
    *'"tools/list"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"look","inputSchema":{"type":"object"}}]}}\n' "$id" ;;
    *'"id"'*) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}\n' "$id" ;;
  esac
done
"#;

fn of_shell() -> String {
    let args = ["server.sh", "--key=${CANARY_TOKEN}"];
    entry(&json!({"command": "sh", "args": args, "env": {"TOKEN": "${CANARY_TOKEN}"}}))
}

#[test]
fn a_command_is_started_only_when_that_is_allowed() {
    let file = of_shell();
    let files = [(".mcp.json", file.as_str()), ("server.sh", SHELL_SERVER)];
    let started = |dir: &Path| dir.join("stack/started").exists();

    let run = check(&files, &["--require", "wire"]);
    assert!(!started(run.dir.path()));
    let (verdict, _, reason) = run.hop(0);
    assert_eq!(verdict, "unknown");
    assert_eq!(
        reason,
        "a command is not started by reading files; --allow-exec starts it"
    );
    assert_eq!(run.code(), 3);

    let run = check(&files, &["--allow-exec", "--format", "text", "-v"]);
    assert_eq!(run.code(), 0, "{}", run.stdout());
    let run = check(&files, &["--allow-exec", "--require", "wire"]);
    assert!(started(run.dir.path()), "{}", run.stdout());
    assert_eq!(run.hop(0).0, "works", "{}", run.stdout());
    assert_eq!(run.code(), 0);
    let token = std::fs::read_to_string(run.dir.path().join("stack/token")).expect("a token");
    assert_eq!(token, CANARY);
}

#[test]
fn an_answer_wins_over_a_guess() {
    let server = Server::start(Kind::Open);
    let port = server.port;
    // By its image it listens on 8000; what answers is something else.
    let compose = format!(
        "services:\n  pg:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [\"--transport=sse\", \
         \"--access-mode=restricted\", \"postgresql://db/x\"]\n    ports: [\"127.0.0.1:{port}:9999\"]\n"
    );
    let client = at(&server.url());
    let files = [
        (".mcp.json", client.as_str()),
        ("compose.yaml", compose.as_str()),
    ];
    let named = |run: &Run| -> Vec<String> {
        let document = run.json();
        let findings = document["findings"].as_array().expect("findings").iter();
        findings
            .map(|finding| finding["check"].as_str().expect("a check").to_owned())
            .collect()
    };
    let guessed = check(&files, &["--offline"]);
    assert_eq!(guessed.hop(0).0, "broken", "{}", guessed.stdout());
    let by = guessed.hop(0).1;
    assert!(mcpdoc::verdict::INFERRED.contains(&by.as_str()), "{by}");

    let seen = check(&files, &[]);
    assert_eq!(seen.hop(0).0, "works", "{}", seen.stdout());
    assert!(!named(&seen).contains(&by), "{:?}", named(&seen));
    let document = seen.json();
    let skipped = document["skipped"].as_array().expect("skipped").iter();
    let mut reasons = skipped.filter(|skipped| skipped["check"] == by.as_str());
    assert!(reasons.any(|skipped| {
        let reason = skipped["reason"].as_str().expect("a reason");
        reason.contains("it was seen to work")
    }));
}

#[test]
fn a_client_that_does_not_read_its_file_gets_no_tools() {
    let server = Server::start(Kind::Open);
    // Claude Code skips an entry with a url and no type.
    let file = entry(&json!({"url": server.url()}));
    let run = check(&[(".mcp.json", &file)], &[]);
    let (verdict, by, _) = run.hop(0);
    assert_eq!(
        (verdict.as_str(), by.as_str()),
        ("broken", "client-type-missing")
    );
}

#[test]
fn servers_behind_a_gateway_stay_unknown() {
    let server = Server::start(Kind::Open);
    let config = format!(
        "mcp_servers:\n  db:\n    transport: http\n    url: {}\n",
        server.url()
    );
    let compose = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [\"--config\", \
                   \"/app/config.yaml\"]\n    volumes: [\"./litellm.yaml:/app/config.yaml\"]\n  pg:\n    image: \
                   example/x:1\n";
    let config = config.replace("127.0.0.1", "pg");
    let files = [("litellm.yaml", config.as_str()), ("compose.yaml", compose)];
    let run = check(&files, &["--fail-on", "never", "--require", "wire"]);
    let (verdict, _, reason) = run.hop(0);
    assert_eq!(verdict, "unknown");
    assert!(
        reason.contains("only reachable from the gateway's container"),
        "{reason}"
    );
    assert_eq!(run.code(), 3);
    assert!(server.seen().is_empty());
}

/// A gateway on that port, with a server `db`, and a client that shows it the canary.
fn through_a_gateway(port: u16) -> [(&'static str, String); 3] {
    let config =
        "mcp_servers:\n  db:\n    transport: http\n    url: http://pg:8000/mcp\n".to_owned();
    let compose = format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-latest\n    command: [\"--config\", \
         \"/app/config.yaml\"]\n    ports: [\"{port}:4000\"]\n    volumes: \
         [\"./litellm.yaml:/app/config.yaml\"]\n  pg:\n    image: example/x:1\n"
    );
    let client = with_token(
        &format!("http://127.0.0.1:{port}/mcp"),
        "Bearer ${CANARY_TOKEN}",
    );
    [
        ("litellm.yaml", config),
        ("compose.yaml", compose),
        (".mcp.json", client),
    ]
}

fn check_gateway(kind: Kind, arguments: &[&str]) -> Run {
    let server = Server::start(kind);
    let files = through_a_gateway(server.port);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    check(&files, arguments)
}

/// Checks that found something at an endpoint, and how often.
fn found(run: &Run) -> Vec<String> {
    let document = run.json();
    let all = document["findings"].as_array().expect("findings");
    let of_answers = all.iter().filter(|one| !one["endpoint"].is_null());
    let ids = of_answers.map(|one| one["check"].as_str().expect("an id").to_owned());
    ids.collect()
}

#[test]
fn a_gateway_that_repeats_what_it_is_sent_gives_nothing_away() {
    let run = check_gateway(Kind::Gateway(0), &["--fail-on", "never"]);
    let document = run.json();
    assert_eq!(run.hop(0).0, "works", "{}", run.stdout());
    assert_eq!(document["gateways"][0]["version"], "1.77.3");
    assert_eq!(document["gateways"][0]["version_from"], "running");
    let text = check_gateway(Kind::Gateway(3), &["--format", "text", "-v"]).stdout();
    assert!(text.contains("LiteLLM 1.77.3"), "{text}");
}

#[test]
fn what_comes_through_a_gateway_works_behind_it() {
    let run = check_gateway(Kind::Gateway(3), &["--fail-on", "never"]);
    assert_eq!(run.hop(1).0, "works", "{}", run.stdout());
    let run = check_gateway(Kind::Gateway(0), &["--fail-on", "never"]);
    let (verdict, by, _) = run.hop(1);
    assert_eq!(
        (verdict.as_str(), by.as_str()),
        ("broken", "gateway-hides-failure")
    );
}

#[test]
fn a_hundred_thousand_tools_of_a_gateway_take_bounded_time() {
    let began = Instant::now();
    let server = Server::start(Kind::Gateway(100_000));
    let files = through_a_gateway(server.port);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let run = check_here(&files, &["--fail-on", "never"]);
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(run.hop(1).0, "works", "{}", run.stdout());
    // Whoever makes so many may also be slow.
    let mut found = found(&run);
    found.retain(|check| check != "slow-answer");
    assert_eq!(found, ["tools-page-loop"], "{}", run.stdout());
    let tools = run.json()["endpoints"][0]["tools"].clone();
    assert_eq!(tools.as_array().expect("tools").len(), 5_000);
}

#[test]
fn a_gateway_that_is_none_is_one_finding() {
    let run = check_gateway(Kind::Page, &["--fail-on", "never"]);
    assert_eq!(found(&run), ["not-mcp"], "{}", run.stdout());
    let began = Instant::now();
    let run = check_gateway(Kind::Silent, &["--fail-on", "never", "--timeout", "2"]);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(found(&run), ["no-answer"], "{}", run.stdout());
}

#[test]
fn all_are_asked_at_once() {
    let silent = Server::start(Kind::Silent);
    let server = Server::start(Kind::Open);
    let mut servers = serde_json::Map::new();
    for number in 0..60 {
        // Each its own question.
        let url = match number % 10 {
            0 => format!("{}?{number}", silent.url()),
            _ => format!("{}?{number}", server.url()),
        };
        servers.insert(format!("s{number}"), json!({"type": "http", "url": url}));
    }
    let file = json!({"mcpServers": servers}).to_string();
    let start = Instant::now();
    let run = check_here(&[(".mcp.json", &file)], &["--timeout", "4"]);
    let took = start.elapsed();
    let document = run.json();
    let hops = document["hops"].as_array().expect("hops");
    let works = hops.iter().filter(|hop| hop["verdict"] == "works").count();
    assert_eq!(works, 54);
    assert!(took < Duration::from_secs(12), "{took:?}");
}
