//! `mcpdoc probe` against real servers: what it says of each is what is known of it.
//!
//! The server of the Rust SDK runs in the test. Those that need Node or Python are started by `tests/servers/start`, which
//! `tests/servers/install` installs; they are ignored by default.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

#[path = "support/rust_sdk.rs"]
mod rust_sdk;

/// The document of `mcpdoc probe --format json`, and its exit status.
fn probe(arguments: &[&str]) -> (Value, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .arg("probe")
        .args(["--format", "json"])
        .args(arguments)
        .env("HOME", "/nonexistent")
        .output()
        .expect("mcpdoc runs");
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (document, output.status.code().expect("an exit status"))
}

/// What is compared: `works http 2025-11-25,2026-07-28 tools=add,echo; check severity …`.
fn told(document: &Value) -> String {
    let endpoint = &document["endpoints"][0];
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let findings = document["findings"].as_array().into_iter().flatten();
    let findings: Vec<String> = findings
        .map(|finding| {
            let word = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", word("severity"), word("check"))
        })
        .collect();
    format!(
        "{} {} {} tools={}; {}",
        endpoint["verdict"].as_str().unwrap_or("?"),
        endpoint["transport"].as_str().unwrap_or("-"),
        match texts(&endpoint["revisions"]) {
            none if none.is_empty() => "-".to_owned(),
            revisions => revisions.join(","),
        },
        texts(&endpoint["tools"]).join(","),
        findings.join(", ")
    )
}

/// A server that `tests/servers/start` started; it ends with this value.
struct Server {
    child: Child,
    url: String,
    certificate: Option<String>,
}

impl Server {
    fn start(name: &str) -> Server {
        let start = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/start");
        let mut child = Command::new(start)
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/servers/start");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut next = || lines.next().and_then(Result::ok).unwrap_or_default();
        let line = next();
        let Some(url) = line.strip_prefix("listening on ") else {
            panic!("{name}: {line:?} instead of an address; tests/servers/install installs it");
        };
        let certificate = name.starts_with("nginx:https:").then(|| {
            let line = next();
            line.strip_prefix("certificate ")
                .expect("its certificate")
                .to_owned()
        });
        Server {
            child,
            url: url.to_owned(),
            certificate,
        }
    }

    /// The same server at another path.
    fn at(&self, path: &str) -> String {
        let url = url::Url::parse(&self.url).expect("a url");
        url.join(path).expect("a path").to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Every expectation of a table, and all that differ at once.
#[track_caller]
fn expect(rows: &[(&str, Vec<String>, &str, i32)]) {
    let mut differ = Vec::new();
    for (what, arguments, expected, status) in rows {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (document, code) = probe(&arguments);
        let found = told(&document);
        if found != *expected || code != *status {
            differ.push(format!(
                "{what}:\n  expected {status} {expected}\n  found    {code} {found}\n  {}",
                document["findings"]
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_rust_sdk_is_read_in_every_revision() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = runtime.block_on(rust_sdk::serve());
    let url = url.as_str();
    let at = |path: &str| url.replace("/mcp", path);
    let all = "2024-11-05,2025-03-26,2025-06-18,2025-11-25,2026-07-28";
    expect(&[
        (
            "modern",
            words(&[url]),
            &format!("works http {all} tools=echo; "),
            0,
        ),
        (
            "both eras",
            words(&["--eras", "all", url]),
            &format!("works http {all} tools=echo; "),
            0,
        ),
        (
            "legacy",
            words(&["--eras", "2025-06-18", url]),
            "works http 2025-06-18 tools=echo; ",
            0,
        ),
        (
            "a Host that is not allowed",
            words(&["--host", "mcp-server:8000", url]),
            "broken - - tools=; error host-header-rejected",
            1,
        ),
        (
            "an SSE client",
            words(&["--transport", "sse", url]),
            &format!("broken http {all} tools=echo; error wrong-transport"),
            1,
        ),
        (
            "a wrong path",
            words(&[&at("/api")]),
            "broken - - tools=; error wrong-path",
            1,
        ),
    ]);
}

/// Rows for a server that is started: what is asked, and what comes of it.
#[track_caller]
fn expect_of(name: &str, rows: &[(&str, &[&str], &str, i32)]) {
    let server = Server::start(name);
    let rows: Vec<(&str, Vec<String>, &str, i32)> = rows
        .iter()
        .map(|(path, arguments, expected, status)| {
            let url = match *path {
                "" => server.url.clone(),
                path => server.at(path),
            };
            let certificate = server.certificate.as_deref().unwrap_or_default();
            let mut words = words(arguments);
            for word in &mut words {
                *word = word.replace("CERTIFICATE", certificate);
            }
            words.push(url);
            (*path, words, *expected, *status)
        })
        .collect();
    expect(&rows);
}

/// A server behind nginx with one of its templates.
#[track_caller]
fn expect_behind(template: &str, upstream: &str, rows: &[(&str, &[&str], &str, i32)]) {
    let server = Server::start(upstream);
    expect_of(&format!("nginx:{template}:{}", server.url), rows);
}

const STATEFUL: &str = "works http 2025-06-18 tools=add,echo; ";
const OVER_SSE: &str = "works sse 2025-06-18 tools=add,echo; ";

#[test]
#[ignore = "needs Python and Node: tests/servers/install"]
fn the_python_sdk_is_read_in_every_mode() {
    expect_of(
        "py1.14-http-stateful",
        &[
            ("", &[], STATEFUL, 0),
            ("", &["--transport", "http"], STATEFUL, 0),
            (
                "",
                &["--eras", "2025-03-26"],
                "works http 2025-03-26 tools=add,echo; ",
                0,
            ),
            (
                "",
                &["--transport", "sse"],
                "broken http 2025-06-18 tools=add,echo; error wrong-transport",
                1,
            ),
            (
                "",
                &["--eras", "2026-07-28"],
                "broken http 2025-06-18 tools=add,echo; error protocol-era-mismatch",
                1,
            ),
            (
                "/mcp/",
                &[],
                "works http 2025-06-18 tools=add,echo; warning redirect",
                0,
            ),
            ("/wrong", &[], "broken - - tools=; error wrong-path", 1),
        ],
    );
    let known = "2024-11-05,2025-03-26,2025-06-18";
    let stateless = format!("works http {known} tools=add,echo; ");
    expect_of("py1.14-http-stateless", &[("", &[], &stateless, 0)]);
    expect_of("py1.14-http-stateless-json", &[("", &[], &stateless, 0)]);
    expect_of(
        "py1.14-sse",
        &[
            ("", &[], OVER_SSE, 0),
            ("", &["--transport", "sse"], OVER_SSE, 0),
            (
                "",
                &["--transport", "http"],
                "broken sse 2025-06-18 tools=add,echo; error wrong-transport",
                1,
            ),
            ("/mcp", &[], "broken - - tools=; error wrong-path", 1),
        ],
    );
    let modern = "works http 2026-07-28 tools=add,echo; ";
    for name in [
        "py2.3-http",
        "py2.3-http-stateless",
        "py2.3-http-stateless-json",
    ] {
        expect_of(
            name,
            &[
                ("", &[], modern, 0),
                (
                    "",
                    &["--eras", "all"],
                    "works http 2025-11-25,2026-07-28 tools=add,echo; ",
                    0,
                ),
                ("", &["--eras", "2025-06-18"], STATEFUL, 0),
            ],
        );
    }
    expect_of(
        "py2.3-sse",
        &[("", &[], "works sse 2025-11-25 tools=add,echo; ", 0)],
    );
}

#[test]
#[ignore = "needs Python and Node: tests/servers/install"]
fn a_host_that_is_refused_is_named() {
    let refused = "broken - - tools=; error host-header-rejected";
    for name in [
        "py1.30-http-hostcheck",
        "py1.30-sse-hostcheck",
        "py2.3-http-hostcheck",
        "py2.3-sse-hostcheck",
    ] {
        expect_of(name, &[("", &["--host", "mcp-postgres:8000"], refused, 1)]);
    }
    expect_behind(
        "host-rewritten",
        "py1.30-http-hostcheck",
        &[("", &[], refused, 1)],
    );
}

#[test]
#[ignore = "needs Python and Node: tests/servers/install"]
fn the_typescript_sdk_is_read_over_every_transport() {
    let tools = "echo,get-annotated-message,get-env,get-resource-links,get-resource-reference,\
                 get-structured-content,get-sum,get-tiny-image,gzip-file-as-resource,\
                 toggle-simulated-logging,toggle-subscriber-updates,\
                 trigger-long-running-operation,simulate-research-query";
    let over = |transport: &str| format!("works {transport} 2025-11-25 tools={tools}; ");
    expect_of(
        "everything-http",
        &[
            ("", &[], &over("http"), 0),
            ("", &["--list", "tools,resources,prompts"], &over("http"), 0),
            ("/", &[], "broken - - tools=; error wrong-path", 1),
        ],
    );
    expect_of(
        "everything-sse",
        &[
            ("", &[], &over("sse"), 0),
            ("/", &[], "broken - - tools=; error wrong-path", 1),
        ],
    );
}

#[test]
#[ignore = "needs Python and Node: tests/servers/install"]
fn processes_are_read_in_every_revision() {
    let start = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/start");
    let row = |name: &'static str, expected| (name, words(&["--", start, name]), expected, 0);
    expect(&[
        row("py1.14-stdio", "works stdio 2025-06-18 tools=add,echo; "),
        row("py1.30-stdio", "works stdio 2025-11-25 tools=add,echo; "),
        row("py2.3-stdio", "works stdio 2026-07-28 tools=add,echo; "),
    ]);
    let (document, code) = probe(&["--", start, "everything-stdio"]);
    let told = told(&document);
    assert!(
        told.starts_with("works stdio 2025-11-25 tools=echo,") && code == 0,
        "{told}"
    );
}

#[test]
#[ignore = "needs Python, Node and nginx: tests/servers/install"]
fn what_a_proxy_does_is_told_from_what_the_server_does() {
    let unavailable = "broken - - tools=; error upstream-unavailable";
    expect_of("nginx:plain:dead", &[("", &[], unavailable, 1)]);
    expect_of("nginx:timeout:silent", &[("", &[], unavailable, 1)]);
    expect_of("nginx:unavailable", &[("", &[], unavailable, 1)]);
    let foreign = "broken - - tools=; error not-mcp";
    expect_of("nginx:static", &[("", &[], foreign, 1)]);
    expect_of("nginx:single-page", &[("", &[], foreign, 1)]);
    let stateful = "py1.14-http-stateful";
    expect_behind("plain", stateful, &[("", &[], STATEFUL, 0)]);
    expect_behind(
        "prefix",
        stateful,
        &[("", &[], STATEFUL, 0), ("/mcp", &[], foreign, 1)],
    );
    expect_behind("plain", "py1.14-sse", &[("", &[], OVER_SSE, 0)]);
    // The TypeScript SDK does not ask proxies to leave its stream alone, and the Python SDK does.
    let buffered = "broken - - tools=; error stream-buffered";
    expect_behind(
        "plain",
        "everything-sse",
        &[
            ("", &[], buffered, 1),
            ("", &["--transport", "sse"], buffered, 1),
        ],
    );
    let untrusted = "broken - - tools=; error tls-untrusted";
    expect_behind(
        "https",
        stateful,
        &[
            ("", &[], untrusted, 1),
            ("", &["--cacert", "CERTIFICATE"], STATEFUL, 0),
            ("", &["--insecure"], STATEFUL, 0),
        ],
    );
    let limited = "broken - - tools=; error rate-limited";
    expect_behind("rate-limit", stateful, &[("", &[], limited, 1)]);
    expect_behind("rate-limit-retry-after", stateful, &[("", &[], limited, 1)]);
    let stripped = "broken - - tools=; error accept-stripped";
    expect_behind("accept-rewritten", stateful, &[("", &[], stripped, 1)]);
    let required = "broken - - tools=; error auth-required";
    expect_behind("basic-auth", stateful, &[("", &[], required, 1)]);
}
