use clap::Parser;

use super::*;

use crate::cli::{Cli, Command};
use crate::fact::Secret;

fn read(words: &[&str]) -> anyhow::Result<Asked> {
    let words = ["mcpdoc", "probe"].iter().chain(words);
    let Command::Probe(args) = Cli::try_parse_from(words).expect("arguments").command else {
        panic!("no probe");
    };
    let variable = |name: &str| match name {
        "TOKEN" => Some("abc123\n".to_owned()),
        "WHOLE" => Some("Bearer abc123".to_owned()),
        "EMPTY" => Some(" ".to_owned()),
        _ => None,
    };
    let world = World {
        variable: &variable,
        is_file: &|path| path == Path::new("server.py"),
    };
    asked(&args, &world)
}

fn ask(words: &[&str]) -> Ask {
    read(words).expect("a question").ask
}

fn refused(words: &[&str]) -> String {
    format!("{:#}", read(words).expect_err("no question"))
}

fn url(words: &[&str]) -> String {
    match ask(words).target {
        Target::Url(url) => url,
        Target::Command { program, .. } => panic!("the command {program}"),
    }
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (text, expected) in [
        ("http://localhost:8000/mcp", "http://localhost:8000/mcp"),
        ("HTTPS://Example.com/mcp#top", "https://example.com/mcp"),
        ("localhost:8000/mcp", "http://localhost:8000/mcp"),
        ("localhost", "http://localhost/"),
        ("mcp.lan", "http://mcp.lan/"),
        ("10.0.0.1:80/mcp", "http://10.0.0.1/mcp"),
        ("[::1]:8000/mcp", "http://[::1]:8000/mcp"),
    ] {
        assert_eq!(url(&[text]), expected, "{text}");
    }
    let remarks = read(&["localhost:8000/mcp"]).expect("a question").remarks;
    assert!(remarks[0].contains("has no scheme"), "{remarks:?}");
    assert!(read(&["http://a/"]).expect("a question").remarks.is_empty());
    for (text, why) in [
        ("wss://a/mcp", "a WebSocket address"),
        ("file:///x", "is a file"),
        ("stdio:npx", "stdio is no scheme"),
        ("npx", "mcpdoc probe -- npx"),
        ("./server", "mcpdoc probe -- ./server"),
        ("server.py", "mcpdoc probe -- server.py"),
        ("http://a:99999/", "invalid port"),
        ("http://", "empty host"),
    ] {
        let said = refused(&[text]);
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn a_token_in_a_variable_is_sent_once_with_its_scheme() {
    for variable in ["TOKEN", "WHOLE"] {
        let asked = read(&["http://a/", "--bearer-env", variable]).expect("a question");
        let sent: Vec<(&str, &str)> = asked
            .ask
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.reveal()))
            .collect();
        assert_eq!(sent, [("Authorization", "Bearer abc123")], "{variable}");
        let known = vec![("Authorization".to_owned(), variable.to_owned())];
        assert_eq!(asked.variables, known);
    }
    assert!(
        refused(&["http://a/", "--bearer-env", "EMPTY"]).contains("EMPTY: the variable is empty")
    );
    assert!(refused(&["http://a/", "--bearer-env", "NONE"]).contains("NONE: no such variable"));
    let both = [
        "http://a/",
        "--bearer-env",
        "TOKEN",
        "--header",
        "authorization: x",
    ];
    assert!(refused(&both).contains("both set Authorization"));
}

#[test]
fn secrets_are_known_wherever_they_stand() {
    let known = |words: &[&str]| -> Vec<String> {
        let ask = ask(words);
        let secrets = ask.secrets.iter().map(Secret::reveal);
        secrets.map(str::to_owned).collect()
    };
    let has = |words: &[&str], secret: &str| {
        let known = known(words);
        assert!(
            known.iter().any(|have| have == secret),
            "{secret} in {known:?}"
        );
    };
    has(&["http://u:p%40ss@a/"], "p@ss");
    has(&["http://a/?x=1&api_key=k%2Fk"], "k/k");
    has(&["http://a/?x=1&api_key=k%2Fk"], "k%2Fk");
    has(
        &[
            "http://a/",
            "--header",
            "Authorization: Basic dTpwYXNzd29yZA==",
        ],
        "password",
    );
    has(&["--", "npx", "x", "--api-key", "swordfish"], "swordfish");
    has(&["--", "npx", "x", "--api-key=swordfish"], "swordfish");
    has(
        &["--", "docker", "run", "-e", "API_KEY=swordfish", "x"],
        "swordfish",
    );
    let call = [
        "http://a/",
        "--call",
        "x",
        "--args",
        r#"{"a": [{"password": "swordfish"}]}"#,
    ];
    has(&call, "swordfish");
    assert!(known(&["http://a/?x=1"]).is_empty());
    assert!(known(&["--", "npx", "-y", "some-server"]).is_empty());
}

#[test]
fn pins_are_read_as_curl_reads_them() {
    let pins = ask(&[
        "http://a/",
        "--resolve",
        "MCP.lan:443:10.0.0.1,[::1]",
        "--resolve",
        "b:80:::2",
    ])
    .pins;
    let pins: Vec<String> = pins
        .iter()
        .map(|pin| format!("{} {} {}", pin.host, pin.port, pin.address))
        .collect();
    assert_eq!(
        pins,
        ["mcp.lan 443 10.0.0.1", "mcp.lan 443 ::1", "b 80 ::2"]
    );
    for wrong in [
        "a:443",
        "a:b:127.0.0.1",
        ":80:127.0.0.1",
        "a:80:localhost",
        "a:80:",
    ] {
        assert!(refused(&["http://a/", "--resolve", wrong]).contains("NAME:PORT:ADDRESS"));
    }
}

#[test]
fn hosts_are_names_with_or_without_a_port() {
    for host in ["mcp.lan", "mcp.lan:8000", "[::1]:80", "[::1]"] {
        assert_eq!(
            ask(&["http://a/", "--host", host]).host.as_deref(),
            Some(host)
        );
    }
    for wrong in ["http://a", "a b", "a:", "a:x", "", "a\r\nX: y", "::1"] {
        refused(&["http://a/", "--host", wrong]);
    }
}

#[test]
fn limits_follow_the_time() {
    let limits = |words: &[&str]| {
        let limits = ask(words).limits;
        (limits.connect_ms, limits.answer_ms, limits.deadline_ms)
    };
    assert_eq!(limits(&["http://a/"]), (5_000, 10_000, 30_000));
    assert_eq!(
        limits(&["http://a/", "--timeout", "30"]),
        (5_000, 10_000, 30_000)
    );
    assert_eq!(
        limits(&["http://a/", "--timeout", "2"]),
        (1_000, 1_000, 2_000)
    );
    assert_eq!(limits(&["http://a/", "--timeout", "0.5"]), (250, 250, 500));
    assert_eq!(
        limits(&["http://a/", "--timeout", "120"]),
        (5_000, 40_000, 120_000)
    );
    assert_eq!(limits(&["--", "npx"]), (5_000, 30_000, 60_000));
    for wrong in ["0", "nan", "inf", "3601"] {
        assert!(refused(&["http://a/", "--timeout", wrong]).contains("--timeout"));
    }
}

#[test]
fn lists_and_revisions_are_those_that_were_named() {
    let lists = ask(&["http://a/", "--list", "resources,prompts"]).lists;
    assert_eq!(
        (lists.tools, lists.resources, lists.prompts),
        (false, true, true)
    );
    assert_eq!(ask(&["http://a/"]).lists, Lists::default());
    assert_eq!(ask(&["http://a/", "--eras", "all"]).eras, Eras::All);
    let only = ask(&["http://a/", "--eras", "2025-06-18"]).eras;
    assert_eq!(only, Eras::Only(Revision::V20250618));
    refused(&["http://a/", "--transport", "sse", "--eras", "2026-07-28"]);
}
