//! The case of linuxserver.lan, for real, in each state that its owner met or could meet: what Claude Code shows of it,
//! what the gateway answers, and what mcpdoc says.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[path = "support/stack.rs"]
mod stack;

use stack::ask::{Answer, ask, mcp};
use stack::case::{Case, DATABASE, GATEWAY, NETWORKS, SERVER};
use stack::claude::{Both, Releases};
use stack::docker::{docker, inspected, try_docker, until};
use stack::nginx::Nginx;
use stack::parts::root;
use stack::report::Report;

/// A server that has not ended by then does not.
const HANGS: Duration = Duration::from_secs(30);
/// Secrets of the owner's files.
const KEY: &str = "sk-litellm-3f9d2c71a8e64b05b1d7c6e2";
const VIRTUAL_KEY: &str = "sk-litellm-test-5b20e8c4917a";
const PASSWORD: &str = "Vw7tRq2nLx9e";
const URL: &str = "http://localhost:4000/mcp/";
const GATEWAY_HOP: &str = "litellm:db_main mcp-postgres";
const CLIENT_HOP: &str = "claude-code:litellm-gateway litellm";
/// The tools of postgres-mcp 0.3.0.
const TOOLS: [&str; 9] = [
    "list_schemas",
    "list_objects",
    "get_object_details",
    "explain_query",
    "analyze_workload_indexes",
    "analyze_query_indexes",
    "analyze_db_health",
    "get_top_queries",
    "execute_sql",
];
/// What is wrong with the files, whatever runs.
const ALWAYS: [&str; 4] = [
    "client-file-not-read",
    "client-type-missing",
    "env-reference-syntax",
    "server-unknown-key",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = [&ALWAYS[..], more].concat();
    all.sort_unstable();
    all
}

/// A release of the gateway, and how it differs.
struct Gateway {
    version: &'static str,
    /// Whether it says that a server behind it failed; otherwise it has an empty list.
    tells: bool,
}

const OLD: Gateway = Gateway {
    version: "1.77.3",
    tells: false,
};
const NEW: Gateway = Gateway {
    version: "1.109.1",
    tells: true,
};

impl Gateway {
    fn pinned(&self) -> String {
        format!("ghcr.io/berriai/litellm:v{}-stable", self.version)
    }

    /// What a client sees while no server behind it lists its tools.
    fn lists_nothing(&self, case: &Case, clients: &Releases, client: &Path) {
        let both = clients.meet(client);
        let answer = tools(&self.key(case));
        assert_eq!(answer.status, 200, "{answer:?}");
        if self.tells {
            both.without_tools();
            let error = &answer.message()["error"];
            assert_eq!(error["code"], -32603, "{answer:?}");
            let said = "Every MCP server in scope failed to list tools";
            assert_eq!(error["message"], said, "{answer:?}");
        } else {
            both.without_any();
            assert_eq!(answer.message()["result"], json!({"tools": []}));
        }
    }

    /// What a client sees whose key the gateway does not accept.
    fn refuses(&self, clients: &Releases, client: &Path, fault: &Fault) {
        let both = clients.meet(client);
        match (self.tells, fault) {
            (false, _) => both.failed(r#"HTTP 500: Error POSTing to endpoint: {"error":"MCP request failed","details":""}"#),
            (true, Fault::Unknown) => both.failed(r#"HTTP 400: Error POSTing to endpoint: {"detail":"No connected db."}"#),
            (true, Fault::Bare) => both.failed("Server rejected the configured Authorization header (HTTP 401)"),
            (true, Fault::None) => both.asked_to_log_in(),
        }
    }

    fn key(&self, case: &Case) -> String {
        format!("Bearer {}", case.master_key().expect("a key"))
    }
}

/// What is wrong with a key.
enum Fault {
    /// The gateway does not know it, and has no database to look it up.
    Unknown,
    /// No `Bearer ` stands before it.
    Bare,
    /// There is none.
    None,
}

/// A client's entry with these headers.
fn client(case: &Case, url: &str, headers: Value) -> PathBuf {
    case.client(&json!({"type": "http", "url": url, "headers": headers}))
}

/// A client's entry that is right.
fn right_client(case: &Case, url: &str) -> PathBuf {
    let headers = json!({"Authorization": "Bearer ${LITELLM_KEY}", "x-mcp-servers": "db_main"});
    client(case, url, headers)
}

fn clients(case: &Case) -> Releases {
    Releases::of(&case.parts).with("LITELLM_KEY", &case.master_key().expect("a key"))
}

/// What the gateway answers to one who asks it for its tools.
fn tools(key: &str) -> Answer {
    mcp("/mcp/", &[("Authorization", key)], "tools/list", json!({}))
}

/// The gateway's configuration of one of the owner's attempts.
fn attempt(name: &str) -> String {
    let folder = root().join(format!("fixtures/linuxserver.lan-attempt-{name}"));
    let config = folder.join("stack/litellm/config/config.yaml");
    fs::read_to_string(config).expect("a configuration")
}

/// What holds while postgres-mcp runs as the owner's files have it, whichever build it is. One that is started again is
/// worse than one that idles.
fn assert_stdio_server_explained(report: &Report, is_restarted: bool) {
    assert_eq!(report.status, Some(1));
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} broken client-file-not-read here"),
            format!("{GATEWAY_HOP} broken transport-mismatch container:litellm"),
        ]
    );
    // The image says what to expect, and the engine that it is so.
    let why = report.evidence("transport-mismatch");
    assert!(
        why.contains("catalog: the default of the image crystaldba/postgres-mcp is stdio"),
        "{why}"
    );
    let port = report.evidence("port-mismatch");
    assert!(
        port.contains("finding: port-not-listening: db_main calls port 8080 of mcp-postgres"),
        "{port}"
    );
    assert!(port.contains("finding: connection-refused: "), "{port}");
    // Both are on the networks of the files, so that no network is to blame.
    let networks = report.evidence("network-undefined");
    let runs =
        "docker: container mcp-postgres runs all the same, on litellm-mcp-net and postgres-net";
    assert!(networks.contains(runs), "{networks}");
    let fix = report.finding("network-undefined")["fixes"][0].clone();
    assert_eq!(
        fix["then"],
        Value::Array(Vec::new()),
        "the networks are there: {fix}"
    );
    // The client's hop fails for its file, not for what answers: the gateway does.
    assert_eq!(report.endpoint("here")["verdict"], "works");
    assert_eq!(report.endpoint("here")["tools"], Value::Array(Vec::new()));
    assert_eq!(report.endpoint("container:litellm")["verdict"], "broken");
    let mut errors = vec!["network-undefined", "port-mismatch", "transport-mismatch"];
    let mut warnings = vec![
        "access-mode-unrestricted",
        "env-not-read",
        "gateway-hides-failure",
        "gateway-image-floating",
        "healthcheck-missing",
        "litellm-misplaced-setting",
        "litellm-unknown-section",
        "secret-in-file",
        "server-alias-dangling",
        "server-alias-ignored",
        "server-unknown-key",
        "stdio-published-port",
    ];
    let level = match is_restarted {
        true => &mut errors,
        false => &mut warnings,
    };
    level.push("stdio-without-stdin");
    assert_eq!(report.found(&["error"]), with(&errors));
    assert_eq!(report.found(&["warning"]), warnings);
}

/// The case as its owner found it, up to the server.
fn found(gateway: &Gateway) -> Case {
    let case = Case::new("linuxserver.lan");
    case.network("litellm-mcp-net", Some("litellm"));
    case.network("postgres-net", None);
    case.database();
    case.gateway(
        gateway.version,
        "ghcr.io/berriai/litellm:main-latest",
        &["litellm-mcp-net"],
    );
    case
}

/// Starts postgres-mcp of a fresh build as a stdio server: at the end of its input it ends without an error and is
/// started again. Where a database answers, some runs hang there instead; a container that hangs is as little use, and
/// is explained likewise.
fn restarting_server(case: &Case) {
    case.stdio_server("1.30");
    let began = Instant::now();
    until("the server runs", || {
        let state = inspected("container", SERVER, "{{.RestartCount}} {{.State.Status}}");
        let hangs = began.elapsed() > HANGS;
        state
            .is_some_and(|state| (hangs || !state.starts_with("0 ")) && state.ends_with(" running"))
    });
}

/// Starts postgres-mcp of the published image as a stdio server: it idles for ever.
fn idling_server(case: &Case) {
    case.stdio_server("1.6");
    until("the server runs", || {
        try_docker(&["logs", SERVER]).stderr.len() > 100
    });
}

/// What Claude Code makes of the owner's own file, which is nothing.
fn assert_no_configuration(case: &Case, clients: &Releases) {
    for said in clients.list_at(&case.stack.join("home")) {
        assert!(said.starts_with("No MCP servers configured"), "{said}");
    }
}

/// What the owner took for an answer about the transport: any gateway says it to who does not ask for a stream.
fn assert_not_acceptable(gateway: &Gateway, case: &Case) {
    let headers = [("Authorization", &*gateway.key(case))];
    let answer = ask("GET", "/mcp/", &headers, "");
    assert_eq!(answer.status, 406, "{answer:?}");
    let said = answer.message()["error"]["message"].clone();
    assert_eq!(said, "Not Acceptable: Client must accept text/event-stream");
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_was_found() {
    let case = found(&OLD);
    let clients = clients(&case);

    // Compose refuses the server's file: at first there is no such container.
    let report = case.checked(&[]);
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} broken client-file-not-read here"),
            format!("{GATEWAY_HOP} broken unknown-host container:litellm"),
        ]
    );
    assert_eq!(report.found(&["error"]), with(&["unknown-host"]));
    let why = report.evidence("unknown-host");
    assert!(
        why.contains("docker: container litellm is on litellm-mcp-net ("),
        "{why}"
    );
    assert!(why.contains("finding: name-not-resolved: "), "{why}");

    assert_no_configuration(&case, &clients);
    assert_not_acceptable(&OLD, &case);
    restarting_server(&case);
    let restarts = inspected("container", SERVER, "{{.RestartCount}}");
    let is_restarted = restarts.is_some_and(|times| times != "0");
    let report = case.checked(&[]);
    assert_stdio_server_explained(&report, is_restarted);
    let stdin = report.evidence("stdio-without-stdin");
    let closed = "docker: the stdin of container mcp-postgres is closed, and it ";
    let does = match is_restarted {
        true => ["ends again and again", "has ended, and was started again"].as_slice(),
        false => &["is running"],
    };
    let said = does
        .iter()
        .any(|does| stdin.contains(&format!("{closed}{does}")));
    assert!(said, "{stdin}");

    // The same as text, on a terminal of the owner's.
    let text = case.check(&[], &[]).stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        text.lines()
            .all(|line| !line.contains(KEY) && !line.contains(PASSWORD)),
        "a secret in {text}"
    );
    for line in [
        "The chain, with what runs at unix:///var/run/docker.sock",
        "  ✗ litellm:db_main              →  mcp-postgres  broken   transport-mismatch, port-mismatch,",
        "  db_main in config.yaml calls mcp-postgres over streamable HTTP, but its image",
        "    then run docker compose -f ",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }

    idling_server(&case);
    let report = case.checked(&[]);
    assert_stdio_server_explained(&report, false);
    let stdin = report.evidence("stdio-without-stdin");
    assert!(
        stdin.contains("the stdin of container mcp-postgres is closed, and it is running"),
        "{stdin}"
    );
    assert!(!stdin.contains("restart"), "{stdin}");
    let why = report.evidence("transport-mismatch");
    assert!(
        why.contains("docker: no socket is listening in container mcp-postgres"),
        "{why}"
    );

    attempts(&OLD, &case, &clients);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_would_be_found_today() {
    let case = found(&NEW);
    let clients = clients(&case);
    restarting_server(&case);
    assert_no_configuration(&case, &clients);
    assert_not_acceptable(&NEW, &case);
    let report = case.checked(&[]);
    assert_eq!(
        report.hop(CLIENT_HOP),
        "broken client-file-not-read here",
        "{}",
        report.said()
    );
    assert_eq!(
        report.hop(GATEWAY_HOP),
        "broken transport-mismatch container:litellm"
    );
    attempts(&NEW, &case, &clients);
}

/// What the owner tried, one after the other, once the client's file is where it is read.
fn attempts(gateway: &Gateway, case: &Case, clients: &Releases) {
    let right = right_client(case, URL);
    gateway.lists_nothing(case, clients, &right);
    let report = case.checked_for(&right);
    let mismatch = "broken transport-mismatch container:litellm";
    assert_eq!(report.hop(GATEWAY_HOP), mismatch);
    report.finding("port-mismatch");

    // A key that the configuration lists, in a gateway without a database.
    let key = format!("Bearer {VIRTUAL_KEY}");
    let virtual_key = json!({"Authorization": key, "x-mcp-servers": "db_main"});
    let virtual_key = client(case, URL, virtual_key);
    gateway.refuses(clients, &virtual_key, &Fault::Unknown);
    let report = case.checked_for(&virtual_key);
    assert!(report.hop(CLIENT_HOP).starts_with("broken "));

    // The reference server, which wants its database as an argument.
    case.reference_server();
    until("the reference server has ended", || {
        inspected("container", SERVER, "{{.RestartCount}}").is_some_and(|count| count != "0")
    });
    gateway.lists_nothing(case, clients, &right);
    assert!(
        case.log(SERVER)
            .contains("Please provide a database URL as a command-line argument")
    );
    let report = case.checked_for(&right);
    assert_eq!(report.hop(GATEWAY_HOP), mismatch);
    report.finding("database-url-missing");

    // HTTP+SSE, at a port that nothing listens on, and without its path.
    idling_server(case);
    case.configure(&attempt("sse"));
    gateway.lists_nothing(case, clients, &right);
    let report = case.checked_for(&right);
    assert_eq!(report.hop(GATEWAY_HOP), mismatch);
    let port = report.evidence("port-mismatch");
    assert!(
        port.contains("finding: port-not-listening: db_main calls port 8686 of mcp-postgres"),
        "{port}"
    );

    // A process of the gateway's own, by a program that its container has not.
    case.configure(&attempt("exec"));
    let both = clients.meet(&right);
    // The newest gateway starts no process, and is not ashamed of it.
    both.connected(&[]);
    let answer = tools(&gateway.key(case));
    let result = &answer.message()["result"];
    assert_eq!(result["tools"], json!([]), "{answer:?}");
    let log = case.log(GATEWAY);
    if gateway.tells {
        let outcome = &result["_meta"]["litellm.ai/server_outcomes"]["db"];
        assert_eq!(
            outcome,
            &json!({"status": "ok", "tool_count": 0}),
            "{answer:?}"
        );
    } else {
        assert!(
            log.contains("MCP client connection failed: [Errno 2] No such file or directory"),
            "{log}"
        );
    }
    let report = case.checked_for(&right);
    let hop = report.hop("litellm:db_main a process of its own");
    assert!(hop.starts_with("broken "), "{hop}");
    report.finding(match gateway.tells {
        true => "stdio-disabled",
        false => "command-runs-docker",
    });
}

/// The commands that `mcpdoc fix` has listed, in their order: what a person does by hand, and what is to be run then.
fn listed(said: &str) -> Vec<String> {
    let known = ["docker ", "(cd ", "export ", "claude mcp ", "rm "];
    let lines = said.lines().map(str::trim);
    let commands = lines.filter(|line| known.iter().any(|word| line.starts_with(word)));
    commands.map(str::to_owned).collect()
}

/// From the case as it was found to the tables of the database, by what mcpdoc writes and lists and nothing else.
fn mended(gateway: &Gateway) {
    let case = found(gateway);
    idling_server(&case);
    let clients = clients(&case);
    assert_no_configuration(&case, &clients);
    // Not to be had from the network here: what the image is pinned to.
    case.tag("crystaldba/postgres-mcp:0.3.0");
    let said = case.fix(&["--unsafe", "--write"]);
    let commands = listed(&said);
    case.run(&commands);
    case.server_listens();
    case.gateway_answers();
    let report = case.checked(&CALL);
    assert_eq!(report.hop(CLIENT_HOP), "works - here", "{}", report.said());
    assert_eq!(report.hop(GATEWAY_HOP), "works - container:litellm");
    assert_eq!(
        report.found(&["error"]),
        Vec::<&str>::new(),
        "{}",
        report.said()
    );
    assert_called(&report);
    // Claude Code has them by its own configuration.
    for said in clients.list_at(&case.stack.join("home")) {
        assert!(
            said.contains("litellm-gateway") && said.contains("Connected"),
            "{said}"
        );
    }
    let again = case.fix(&["--unsafe"]);
    assert!(again.contains("nothing was changed"), "{again}");
}

/// A server that refuses the Host of its gateway, by the repair that mcpdoc proposes, and by the one that a person prefers.
fn admitted(gateway: &Gateway, prefer: &[&str], shows: &str) {
    let case = Case::new("linuxserver.lan-working");
    for network in NETWORKS {
        case.network(network, None);
    }
    case.database();
    case.newest_server();
    case.gateway(gateway.version, &gateway.pinned(), &NETWORKS);
    let right = right_client(&case, URL);
    let right = right.display().to_string();
    let broken = case.checked(&["--claude", &right]);
    let refused = "broken host-header-rejected container:litellm";
    assert_eq!(broken.hop(GATEWAY_HOP), refused, "{}", broken.said());
    let wishes = [&["--claude", &right, "--unsafe", "--write"], prefer].concat();
    let said = case.fix(&wishes);
    assert!(said.contains(shows), "{said}");
    case.run(&listed(&said));
    case.server_listens();
    case.gateway_answers();
    let report = case.checked(&[&["--claude", &right], &CALL[..]].concat());
    assert_eq!(
        report.found(&["error"]),
        Vec::<&str>::new(),
        "{said}{}",
        report.said()
    );
    assert_called(&report);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_its_host_is_admitted() {
    admitted(&OLD, &[], "crystaldba/postgres-mcp:0.3.0");
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_a_bridge_admits_its_host() {
    admitted(&NEW, &["--prefer", "bridge"], "mcp-proxy");
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_is_mended() {
    mended(&OLD);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_is_mended_today() {
    mended(&NEW);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_should_be() {
    working(&OLD);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_should_be_today() {
    working(&NEW);
}

/// The names of the server's tools as the gateway gives them to its clients.
fn through() -> [String; 9] {
    TOOLS.map(|tool| format!("db-{tool}"))
}

/// Everything right, one thing wrong after the other, and right again.
fn working(gateway: &Gateway) {
    let case = Case::new("linuxserver.lan-working");
    for network in NETWORKS {
        case.network(network, None);
    }
    case.database();
    let clients = clients(&case);
    let right = right_client(&case, URL);

    // The gateway is there before its server, and never asks again until somebody asks it.
    case.gateway(gateway.version, &gateway.pinned(), &NETWORKS);
    gateway.lists_nothing(&case, &clients, &right);
    let report = case.checked_for(&right);
    let nowhere = "broken unknown-host container:litellm";
    assert_eq!(report.hop(GATEWAY_HOP), nowhere);

    // A fresh install of the server looks at the Host header that only the gateway sends.
    case.sse_server("1.30");
    gateway.lists_nothing(&case, &clients, &right);
    let report = case.checked_for(&right);
    assert_eq!(
        report.hop(GATEWAY_HOP),
        "broken host-header-rejected container:litellm"
    );
    let why = report.evidence("host-header-rejected");
    assert!(
        why.contains(
            "wire: GET http://mcp-postgres:8000/sse: 421, from uvicorn, \"Invalid Host header\""
        ),
        "{why}"
    );

    case.sse_server("1.6");
    assert_works(gateway, &case, &clients, &right);
    keys(gateway, &case, &clients);
    fronts(gateway, &case, &clients);
    outages(gateway, &case, &clients, &right);
}

/// That everybody sees the server's tools, and that one of them can be called.
fn assert_works(gateway: &Gateway, case: &Case, clients: &Releases, right: &Path) {
    let tools = through();
    let names = tools.each_ref().map(String::as_str);
    clients.meet(right).connected(&names);
    let called = list_objects(gateway, case);
    for table in ["customers", "orders"] {
        assert!(called.contains(&format!("'name': '{table}'")), "{called}");
    }

    assert_tables(case, right);
    let report = case.checked_for(right);
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} works - here"),
            format!("{GATEWAY_HOP} works - container:litellm"),
        ]
    );
    assert_eq!(
        report.found(&["error", "warning", "note"]),
        Vec::<&str>::new()
    );
    assert_eq!(report.status, Some(0));
    let server = report.endpoint("container:litellm");
    assert_eq!(server["transport"], "sse");
    assert_eq!(server["server"]["version"], "1.6.0");
    assert_eq!(server["tools"], Value::from(TOOLS.to_vec()));
    assert_eq!(
        report.endpoint("here")["tools"],
        Value::from(tools.to_vec())
    );
}

/// The call that brings the tables, asked of mcpdoc.
const CALL: [&str; 2] = ["--call", r#"db_main:list_objects={"schema_name":"public"}"#];

/// That the tables come, directly and through the gateway, and are the same.
fn assert_tables(case: &Case, right: &Path) {
    let file = right.display().to_string();
    assert_called(&case.checked(&[&["--claude", &file], &CALL[..]].concat()));
}

/// That a call came back with the same, directly and through the gateway.
fn assert_called(report: &Report) {
    assert_eq!(report.status, Some(0), "{}", report.said());
    let calls = report.document["calls"].as_array().expect("calls").clone();
    let came: Vec<(bool, bool, Option<bool>)> = calls
        .iter()
        .map(|call| {
            let is = |key: &str| call[key] == true;
            (
                call["through"].is_null(),
                is("succeeded"),
                call["same"].as_bool(),
            )
        })
        .collect();
    assert_eq!(
        came,
        [(true, true, None), (false, true, Some(true))],
        "{calls:?}"
    );
}

/// The text that a call of the server's tool for tables brings back, through the gateway.
fn list_objects(gateway: &Gateway, case: &Case) -> String {
    let headers = [("Authorization", &*gateway.key(case))];
    let call = json!({"name": "db-list_objects", "arguments": {"schema_name": "public"}});
    let answer = mcp("/mcp/", &headers, "tools/call", call);
    let text = &answer.message()["result"]["content"][0]["text"];
    let text = text.as_str().unwrap_or_else(|| panic!("{answer:?}"));
    text.to_owned()
}

/// Keys and names that the gateway does not take.
fn keys(gateway: &Gateway, case: &Case, clients: &Releases) {
    let broken = |headers: Value, fault: Fault, check: &str| {
        let client = client(case, URL, headers);
        gateway.refuses(clients, &client, &fault);
        case.checked_for(&client).finding(check);
    };
    broken(
        json!({"Authorization": "Bearer sk-wrong-0123456789abcdef"}),
        Fault::Unknown,
        "gateway-key-unknown",
    );
    broken(
        json!({"Authorization": case.master_key()}),
        Fault::Bare,
        "gateway-bearer-missing",
    );
    broken(
        json!({"x-mcp-servers": "db_main"}),
        Fault::None,
        "gateway-bearer-missing",
    );

    // A name that is not one of the gateway's.
    let unknown = json!({"Authorization": "Bearer ${LITELLM_KEY}", "x-mcp-servers": "db-main"});
    let unknown = client(case, URL, unknown);
    let both = clients.meet(&unknown);
    if gateway.tells {
        both.failed("The key is not allowed to access the requested MCP servers");
    } else {
        let tools = through();
        both.connected(&tools.each_ref().map(String::as_str));
    }
    case.checked_for(&unknown).finding("gateway-server-unknown");

    // The path without its slash.
    let bare = right_client(case, URL.trim_end_matches('/'));
    let tools = through();
    clients
        .meet(&bare)
        .connected(&tools.each_ref().map(String::as_str));
    let headers = [("Authorization", &*gateway.key(case))];
    let answer = mcp("/mcp", &headers, "tools/list", json!({}));
    assert_eq!(answer.status, if gateway.tells { 200 } else { 307 });
}

/// nginx between the client and the gateway.
fn fronts(gateway: &Gateway, case: &Case, clients: &Releases) {
    let tools = through();
    let names = tools.each_ref().map(String::as_str);
    let works = |client: &Path, clients: &Releases, trust: &[(&str, &str)]| {
        clients.meet(client).connected(&names);
        let file = client.display().to_string();
        let report = case.checked_with(trust, &["--claude", &file]);
        assert_eq!(report.status, Some(0), "{}", report.said());
        let hop = report.first_hop("claude-code:litellm-gateway");
        assert_eq!(hop, "works - here");
    };

    // It buffers answers and speaks HTTP/1.0 to the gateway: nothing of that matters.
    let nginx = Nginx::of("plain");
    works(&right_client(case, &nginx.url), clients, &[]);

    // A prefix that the gateway does not know.
    let nginx = Nginx::of("prefix");
    clients
        .meet(&right_client(case, &nginx.url))
        .connected(&names);

    // And the public name that it does know: its redirects lead past the prefix.
    let nginx = Nginx::of("prefix-host-passed");
    clients
        .meet(&right_client(case, &nginx.url))
        .connected(&names);
    let bare = right_client(case, nginx.url.trim_end_matches('/'));
    if gateway.tells {
        clients.meet(&bare).connected(&names);
    } else {
        clients.meet(&bare).failed("MCP endpoint not found");
        let report = case.checked_for(&bare);
        let hop = report.first_hop("claude-code:litellm-gateway");
        assert_eq!(hop, "broken redirect here", "{}", report.said());
    }

    // https in front of http, under a certificate that nobody signed.
    let mut nginx = Nginx::of("https-host-passed");
    let certificate = nginx.certificate();
    let certificate = certificate.to_str().expect("a path");
    let right = right_client(case, &nginx.url);
    clients.meet(&right).failed("certificate");
    case.checked_for(&right).finding("tls-untrusted");
    let key = case.master_key().expect("a key");
    let clients = Releases::of(&case.parts)
        .with("LITELLM_KEY", &key)
        .with("NODE_EXTRA_CA_CERTS", certificate);
    let trust = [("SSL_CERT_FILE", certificate)];
    works(&right, &clients, &trust);
    let bare = right_client(case, nginx.url.trim_end_matches('/'));
    if gateway.tells {
        works(&bare, &clients, &trust);
    } else {
        clients.meet(&bare).failed("HTTP 400");
        let file = bare.display().to_string();
        let report = case.checked_with(&trust, &["--claude", &file]);
        let hop = report.first_hop("claude-code:litellm-gateway");
        assert_eq!(hop, "broken redirect here", "{}", report.said());
    }
}

/// What breaks while it runs.
fn outages(gateway: &Gateway, case: &Case, clients: &Releases, right: &Path) {
    docker(&["kill", SERVER]);
    gateway.lists_nothing(case, clients, right);
    let report = case.checked_for(right);
    assert_eq!(
        report.hop(GATEWAY_HOP),
        "broken container-not-running container:litellm"
    );
    docker(&["start", SERVER]);
    case.server_listens();

    for network in NETWORKS {
        docker(&["network", "disconnect", network, SERVER]);
    }
    gateway.lists_nothing(case, clients, right);
    let report = case.checked_for(right);
    let hop = report.hop(GATEWAY_HOP);
    assert_eq!(hop, "broken container-stale container:litellm");
    let stale = report.finding("container-stale");
    let what = stale["message"].as_str().expect("a message");
    let detached = "is attached to no network, although the file puts it on";
    assert!(what.contains(detached), "{what}");
    for network in NETWORKS {
        docker(&["network", "connect", "--alias", SERVER, network, SERVER]);
    }

    // Without its database the server is there and lists its tools, each of which then fails, as a success.
    docker(&["stop", "-t", "0", DATABASE]);
    let tools = through();
    let names = tools.each_ref().map(String::as_str);
    clients.meet(right).connected(&names);
    let called = list_objects(gateway, case);
    assert!(called.starts_with("Error: "), "{called}");
    assert_eq!(case.checked_for(right).status, Some(0));
    let file = right.display().to_string();
    let report = case.checked(&[&["--claude", &file], &CALL[..]].concat());
    report.finding("call-failed");
    assert_eq!(report.status, Some(1), "{}", report.said());
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn newest_gateway_refuses_a_weak_key() {
    let case = Case::new("linuxserver.lan-working");
    for network in NETWORKS {
        case.network(network, None);
    }
    let secrets = case.stack.join("secrets/litellm.env");
    let text = fs::read_to_string(&secrets).expect("secrets");
    let strong = case.master_key().expect("a key");
    fs::write(&secrets, text.replace(&strong, "sk-1234")).expect("secrets");
    case.start_gateway(NEW.version, &NEW.pinned(), &NETWORKS);
    until("the gateway has ended", || {
        inspected("container", GATEWAY, "{{.RestartCount}}").is_some_and(|count| count != "0")
    });
    let log = case.log(GATEWAY);
    assert!(log.contains("master key"), "{log}");
    let right = right_client(&case, URL);
    let both: Both = clients(&case).meet(&right);
    both.failed("ECONN");
    let report = case.checked_for(&right);
    report.finding("gateway-weak-key");
    assert!(
        report.hop(CLIENT_HOP).starts_with("broken "),
        "{:#?}",
        report.hops()
    );
}
