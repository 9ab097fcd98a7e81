//! How containers are started, and what their healthchecks say: above all where those checks must stay silent.

use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::load::{Memory, Request};
use mcpdoc::{Examination, Selection, checks, examine};

use say::{said, skipped};

#[path = "support/say.rs"]
mod say;

/// Runs one check over a project and, where it is among the files, a gateway's `config.yaml`.
fn run(check: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("/stack/{name}"), *text);
    }
    let has = |wanted: &str| files.iter().any(|(name, _)| *name == wanted);
    let named = |name: &str| has(name).then(|| PathBuf::from(format!("/stack/{name}")));
    let request = Request {
        cwd: "/stack".into(),
        compose: vec![vec!["/stack/compose.yaml".into()]],
        litellm: named("config.yaml").into_iter().collect(),
        ..Request::default()
    };
    let selection = Selection {
        only: vec![checks::by_id(check).expect("a check")],
        ..Selection::default()
    };
    examine(&request, &Settings::default(), &selection, &memory)
}

/// The one thing that is said of a service `a` with these lines.
fn of(check: &str, lines: &str) -> Option<String> {
    let compose = format!("services:\n  a:\n{}", indented(lines));
    let mut said = said(&run(check, &[("compose.yaml", &compose)]));
    assert!(said.len() < 2, "{said:?}");
    said.pop()
}

fn silent(check: &str, lines: &str) {
    let compose = format!("services:\n  a:\n{}", indented(lines));
    let examination = run(check, &[("compose.yaml", &compose)]);
    assert!(
        said(&examination).is_empty(),
        "{lines}: {:?}",
        said(&examination)
    );
    assert!(
        skipped(&examination).is_empty(),
        "{lines}: {:?}",
        skipped(&examination)
    );
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("    {line}\n")).collect()
}

fn finds(check: &str, lines: &str, words: &str) {
    let said = of(check, lines).unwrap_or_default();
    assert!(said.contains(words), "{lines}: {said:?}");
}

const LITELLM: &str = "image: ghcr.io/berriai/litellm:v1.77.3-stable\n";
const MOUNT: &str = "volumes: [./config.yaml:/app/config.yaml]\n";

fn litellm(lines: &str) -> String {
    format!("{LITELLM}{lines}")
}

#[test]
fn a_configuration_is_passed_in_many_ways() {
    let check = "config-not-passed";
    for passed in [
        "command: --config /app/config.yaml",
        "command: [-c, config.yaml]",
        "command: [--config=/app/config.yaml]",
        "command: [litellm, --config, /app/config.yaml]",
        "command: [sh, -c, 'litellm --config /app/config.yaml']",
        "entrypoint: [litellm]\ncommand: [--config, /app/config.yaml]",
        "entrypoint: [sh, -c, 'exec litellm --config /app/config.yaml']",
        "environment: {CONFIG_FILE_PATH: /app/config.yaml}",
        "environment: {LITELLM_CONFIG_BUCKET_NAME: b}",
        "env_file: absent.env\ncommand: [--config, /app/config.yaml]",
    ] {
        silent(check, &litellm(&format!("{MOUNT}{passed}")));
    }
    for nothing in [
        "",
        "command: [--port, '4000']",
        "environment: {LITELLM_CONFIG_PATH: /app/config.yaml}",
        "entrypoint: [sh, -c, litellm, --config, /app/config.yaml]",
        "command: [--detailed_debug]",
    ] {
        finds(
            check,
            &litellm(&format!("{MOUNT}{nothing}")),
            "error a does not read /app/config.yaml",
        );
    }
}

#[test]
fn what_is_not_known_of_a_start_is_not_judged() {
    for unknown in [
        "env_file: absent.env",
        "command: ['${ARGS}']",
        "entrypoint: /start.sh",
        "entrypoint: [sh, -c, 'litellm --port 4000 && true']",
        "entrypoint: [sh, -c, 'litellm $$ARGS']",
        "environment: [CONFIG_FILE_PATH]",
    ] {
        let lines = indented(&litellm(&format!("{MOUNT}{unknown}")));
        let compose = format!("services:\n  a:\n{lines}");
        let examination = run("config-not-passed", &[("compose.yaml", &compose)]);
        assert!(
            said(&examination).is_empty(),
            "{unknown}: {:?}",
            said(&examination)
        );
        assert_eq!(skipped(&examination).len(), 1, "{unknown}");
    }
    // Images of others, images that are built here, and files that are no configuration.
    let check = "config-not-passed";
    silent(
        check,
        &format!("image: registry.example.com/litellm-router:1\n{MOUNT}"),
    );
    silent(check, &litellm(&format!("build: .\n{MOUNT}")));
    silent(
        check,
        &litellm("volumes: ['./hooks.py:/app/hooks.py', 'data:/app/data']"),
    );
    silent(check, &litellm("command: [--config, /app/config.yaml]"));
}

#[test]
fn another_path_than_the_mount_is_a_mistake_of_its_own() {
    let check = "config-not-passed";
    let mount = "volumes: [./config.yaml:/etc/litellm/config.yaml]\n";
    let by_argument = litellm(&format!("{mount}command: [--config, /app/config.yaml]"));
    finds(
        check,
        &by_argument,
        "LiteLLM does not start; `--config` and the mount",
    );
    let by_variable = litellm(&format!(
        "{mount}environment: {{CONFIG_FILE_PATH: config.yaml}}"
    ));
    finds(
        check,
        &by_variable,
        "LiteLLM starts without any settings; CONFIG_FILE_PATH and",
    );
    silent(
        check,
        &litellm(&format!(
            "{mount}command: [--config, /etc/litellm/config.yaml]"
        )),
    );
    silent(
        check,
        &litellm("volumes: ['./etc:/etc/litellm']\ncommand: [--config, /etc/litellm/config.yaml]"),
    );
    silent(
        check,
        &by_argument.replace("volumes", "configs: [more]\nvolumes"),
    );
    // The file of a collector, and one that the image brings along.
    let other = "volumes: [./otel.yaml:/etc/otel/config.yaml]\n";
    silent(
        check,
        &litellm(&format!(
            "{other}command: [--config, /app/proxy_server_config.yaml]"
        )),
    );
    silent(
        check,
        &litellm(&format!("{other}command: [--config, /app/litellm.yaml]")),
    );
}

#[test]
fn only_a_known_entrypoint_is_doubled() {
    let check = "entrypoint-doubled";
    finds(
        check,
        &litellm("command: litellm --config c.yaml"),
        "error the command of a repeats",
    );
    finds(
        check,
        &litellm("command: [/usr/bin/litellm]"),
        "refuses it and exits",
    );
    finds(
        check,
        &litellm("command: [sh, -c, 'litellm --config c.yaml']"),
        "error the command of a is a line",
    );
    silent(check, &litellm("command: [--config, litellm]"));
    silent(
        check,
        &litellm("entrypoint: []\ncommand: [litellm, --config, c.yaml]"),
    );
    silent(
        check,
        &litellm("entrypoint: [sh, -c]\ncommand: ['litellm --config c.yaml']"),
    );
    silent(check, "image: example.com/litellm:1\ncommand: [litellm]");
    silent(check, &litellm("build: .\ncommand: [litellm]"));
    let pg = "image: crystaldba/postgres-mcp:0.3.0\n";
    let doubled = format!("{pg}command: [postgres-mcp, --transport=sse]\n");
    finds(check, &doubled, "error the command of a repeats");
    let with = |value: &str| format!("{doubled}environment: {{DATABASE_URI: '{value}'}}");
    finds(
        check,
        &with("postgresql://db/x"),
        "note the command of a repeats",
    );
    finds(check, &with("${URI}"), "warning the command of a repeats");
    silent(check, &format!("{pg}command: [--transport=sse]"));
    // The image of a bridge runs the words behind its own: a server's program is meant to stand there.
    let bridge = "image: ghcr.io/sparfenyuk/mcp-proxy:v0.13.0\n";
    silent(check, &format!("{bridge}command: [uvx, mcp-server-time]"));
    silent(
        check,
        &format!("{bridge}command: [--port, '8000', --, sh, -c, mcp-server-time]"),
    );
    finds(
        check,
        &format!("{bridge}command: [mcp-proxy, uvx, mcp-server-time]"),
        "error",
    );
}

fn tested(test: &str) -> String {
    format!("healthcheck:\n  test: {test}\n")
}

#[test]
fn health_asks_for_a_key() {
    let check = "healthcheck-needs-key";
    let key = "environment: {LITELLM_MASTER_KEY: '${KEY}'}\n";
    let health = tested("curl -f http://localhost:4000/health || exit 1");
    finds(
        check,
        &litellm(&format!("{key}{health}")),
        "the answer is 401",
    );
    finds(check, &litellm(&health), "calls every model");
    let sends = tested("'curl -f -H \"Authorization: Bearer $$KEY\" http://localhost:4000/health'");
    finds(
        check,
        &litellm(&format!("{key}{sends}")),
        "calls every model",
    );
    for fine in [
        "curl -f http://localhost:4000/health/liveliness",
        "curl -f http://localhost:4000/health/readiness",
        "curl -f http://localhost:9000/health",
        "curl http://localhost:4000/health",
        "curl -sS http://localhost:4000/health",
    ] {
        silent(check, &litellm(&format!("{key}{}", tested(fine))));
    }
    let other = format!("image: example.com/my-litellm:1\n{key}{health}");
    silent(check, &other);
    // `/health` answers from memory where models are called in the background.
    let service = indented(&litellm(&format!(
        "{MOUNT}command: [--config, /app/config.yaml]\n{sends}"
    )));
    let compose = format!("services:\n  a:\n{service}");
    let config = "general_settings: {master_key: os.environ/KEY, background_health_checks: true}\n";
    let files = [("compose.yaml", compose.as_str()), ("config.yaml", config)];
    assert!(said(&run(check, &files)).is_empty());
}

#[test]
fn a_healthcheck_can_pass_and_can_fail() {
    let check = "healthcheck-meaningless";
    let with = |test: &str| format!("image: example.com/a:1\n{}", tested(test));
    for fine in [
        "curl -f http://localhost/ || exit 1",
        "test -e /ready || exit 1; exit 0",
        "'if curl -f http://localhost/; then exit 0; else exit 1; fi'",
        "'(curl -f http://localhost/ || true) | grep -q ok'",
        "'curl -s http://localhost/ | grep -q true'",
        "[CMD, pg_isready, -U, app]",
        "[CMD, sh, -c, 'a && b || exit 1']",
        "[CMD, python, -c, 'import x; print(1 if x.ok() or 0 else exit(1))']",
        "[CMD, python, -c, \"import server; print('ok')\"]",
        "[CMD, node, -e, \"fetch('http://a').then(r => process.exit(r.ok ? 0 : 1)) || 1\"]",
        "[CMD, '${PROBE:?set a probe}']",
        "[CMD, redis-cli, ping]",
        "[NONE]",
        "[CMD-SHELL, 'echo ruok | nc localhost 2181']",
        "[CMD-SHELL, 'wget -q http://a || curl -f http://a']",
    ] {
        silent(check, &with(fine));
    }
    for (empty, words) in [
        ("exit 0", "`exit 0` tests nothing"),
        ("[CMD, 'true']", "`true` tests nothing"),
        ("[CMD, echo, ok]", "`echo` tests nothing"),
        (
            "[CMD-SHELL, 'curl -f http://a || true']",
            "`|| true` succeeds",
        ),
        ("'curl -f http://a || echo down'", "`|| echo` succeeds"),
        (
            "[CMD-SHELL, \"python -c 'import sys; sys.exit(0)'\"]",
            "line for python",
        ),
        ("[CMD, 'curl -f http://a']", "one program"),
        ("[curl, -f, 'http://a']", "must begin with CMD"),
        (
            "[CMD, curl, -f, 'http://a', '||', exit, '1']",
            "`||` and what follows reach curl",
        ),
        (
            "[CMD, curl, -f, 'http://a || exit 1']",
            "`||` and what follows reach curl",
        ),
        ("[CMD, exit, '0']", "`exit` is no program"),
    ] {
        finds(check, &with(empty), words);
    }
    let curl = tested("curl -f http://localhost:4000/health/liveliness || exit 1");
    finds(
        check,
        &litellm(&curl),
        "warning the healthcheck of a cannot pass: it runs curl",
    );
    let latest = format!("image: ghcr.io/berriai/litellm:main-latest\n{curl}");
    finds(check, &latest, "note the healthcheck of a cannot pass");
    // wget was there before, and Python always is.
    silent(
        check,
        &litellm(&tested("wget -qO- http://localhost:4000/health/liveliness")),
    );
    silent(
        check,
        &litellm(&tested(
            "python3 -c \"import urllib.request as r; r.urlopen('http://localhost:4000/')\"",
        )),
    );
    let github = "image: ghcr.io/github/github-mcp-server\n";
    finds(
        check,
        &format!("{github}{}", tested("wget -q http://localhost:8082/")),
        "it runs a shell",
    );
}

#[test]
fn quotes_that_somebody_meant_are_left_alone() {
    let check = "env-value-quoted";
    let with = |item: &str| format!("image: example.com/a:1\nenvironment:\n  - {item}");
    for fine in [
        "A=b",
        "A=",
        "'A=\"b\"'",
        "A=\"b\",\"c\"",
        "A=\"b",
        "A={\"b\":\"c\"}",
        "A=['b']",
        "A",
    ] {
        silent(check, &with(fine));
    }
    silent(check, "image: example.com/a:1\nenvironment: {A: '\"b\"'}");
    for kept in ["A=\"b\"", "A='b'", "A=\"\"", "A=\"${B}\"", "A='{\"b\":1}'"] {
        finds(check, &with(kept), "A of a keeps its quotes");
    }
    // A secret is not repeated.
    let said = of(check, &with("TOKEN=\"sk-0123456789abcdef\"")).expect("a finding");
    assert!(!said.contains("0123"), "{said}");
}

fn with_env(environment: &str, env: &str, dot_env: Option<&str>) -> Vec<String> {
    let compose = format!(
        "services:\n  a:\n    image: example.com/a:1\n    env_file: a.env\n    environment:\n      {environment}\n"
    );
    let mut files = vec![("compose.yaml", compose.as_str()), ("a.env", env)];
    files.extend(dot_env.map(|text| (".env", text)));
    said(&run("env-shadowed", &files))
}

#[test]
fn only_an_empty_value_shadows() {
    for written in [
        "KEY: ${KEY}",
        "KEY: ${KEY:-}",
        "- KEY=${KEY-}",
        "- KEY=$KEY",
    ] {
        let start = |dot_env| {
            let said = with_env(written, "KEY=x\n", dot_env);
            assert_eq!(said.len(), 1, "{written}");
            said[0].split(" of a is empty").next().map(str::to_owned)
        };
        assert_eq!(start(None).as_deref(), Some("note KEY"));
        assert_eq!(start(Some("OTHER=1\n")).as_deref(), Some("warning KEY"));
    }
    assert!(with_env("KEY: ''", "KEY=x\n", None)[0].starts_with("note"));
    for written in [
        "KEY: y",
        "KEY: ${KEY:-y}",
        "KEY: ${OTHER}",
        "KEY: ${KEY:?}",
        "- KEY",
        "KEY:",
        "KEY: x${KEY}",
    ] {
        assert!(with_env(written, "KEY=x\n", None).is_empty(), "{written}");
    }
    assert!(with_env("KEY: ${KEY}", "KEY=x\n", Some("KEY=y\n")).is_empty());
    assert!(with_env("KEY: ${KEY}", "KEY=\n", None).is_empty());
    assert!(with_env("KEY: ${KEY}", "OTHER=x\n", None).is_empty());
}

#[test]
fn a_variable_may_be_given_in_other_ways() {
    let check = "env-required-missing";
    let brave = |lines: &str| format!("image: mcp/brave-search\n{lines}");
    finds(check, &brave(""), "warning a gets no BRAVE_API_KEY");
    for given in [
        "environment: [BRAVE_API_KEY]",
        "environment: {BRAVE_API_KEY: '${KEY}'}",
        "environment: {BRAVE_API_KEY: ''}",
        "environment: {BRAVE_API_KEY_FILE: /run/key}",
        "command: [--brave-api-key, x]",
        "command: ['${ARGS}']",
        "env_file: absent.env",
        "build: .",
    ] {
        silent(check, &brave(given));
    }
    let examination = |lines: &str| {
        let lines = indented(&brave(lines));
        run(
            check,
            &[("compose.yaml", &format!("services:\n  a:\n{lines}"))],
        )
    };
    for unclear in ["secrets: [key]", "volumes: ['./.env:/app/.env']"] {
        let examination = examination(unclear);
        assert!(
            said(&examination).is_empty() && skipped(&examination).len() == 1,
            "{unclear}"
        );
    }
    // What two transports need is said once.
    let n8n = "image: ghcr.io/czlonkowski/n8n-mcp\nenvironment: {MCP_MODE: http}\n";
    finds(
        check,
        n8n,
        "warning a gets no AUTH_TOKEN or AUTH_TOKEN_FILE: ",
    );
    // Any of several, and a database URL, which is another check's.
    let slack = "image: ghcr.io/korotovsky/slack-mcp-server\n";
    finds(check, slack, "SLACK_MCP_XOXP_TOKEN or");
    silent(
        check,
        &format!("{slack}environment: {{SLACK_MCP_XOXB_TOKEN: x}}"),
    );
    silent(check, "image: crystaldba/postgres-mcp:0.3.0");
}

const CALLS: &str = "mcp_servers: {s: {url: 'http://server:8000/mcp'}}\n";

/// A gateway that calls `server`, with more lines for either.
fn called(check: &str, gateway: &str, server: &str, dot_env: Option<&str>) -> Vec<String> {
    let gateway = indented(&litellm(&format!(
        "{MOUNT}command: [--config, /app/config.yaml]\n{gateway}"
    )));
    let server = indented(&format!("image: example.com/s:1\n{server}"));
    let compose = format!("services:\n  gateway:\n{gateway}  server:\n{server}");
    let mut files = vec![("compose.yaml", compose.as_str()), ("config.yaml", CALLS)];
    files.extend(dot_env.map(|text| (".env", text)));
    said(&run(check, &files))
}

#[test]
fn a_profile_may_come_with_its_caller() {
    let off =
        |gateway: &str, server: &str, dot_env| called("profile-inactive", gateway, server, dot_env);
    let said = off("", "profiles: [x, y]", None);
    assert!(
        said.len() == 1 && said[0].starts_with("note config.yaml's s calls server"),
        "{said:?}"
    );
    let said = off("", "profiles: [x]", Some("COMPOSE_PROFILES=z\n"));
    assert!(
        said[0].starts_with("warning") && said[0].contains("switches on z"),
        "{said:?}"
    );
    assert!(!off("profiles: [x, z]", "profiles: [x]", None).is_empty());
    for (gateway, server, dot_env) in [
        ("", "", None),
        ("profiles: [x]", "profiles: [x, y]", None),
        ("", "profiles: [x]", Some("COMPOSE_PROFILES=z,x\n")),
        ("", "profiles: [x]", Some("COMPOSE_PROFILES=*\n")),
        ("", "profiles: ['${P}']", None),
    ] {
        assert!(
            off(gateway, server, dot_env).is_empty(),
            "{gateway} {server} {dot_env:?}"
        );
    }
}

#[test]
fn only_waiting_that_can_be_better_is_noted() {
    let waits =
        |gateway: &str, server: &str| called("depends-on-unconditioned", gateway, server, None);
    let tested = tested("[CMD, probe]");
    assert_eq!(waits("depends_on: [server]", &tested).len(), 1);
    for (gateway, server) in [
        ("depends_on: [server]", ""),
        ("depends_on: [server]", "healthcheck: {disable: true}"),
        (
            "depends_on: {server: {condition: service_started}}",
            tested.as_str(),
        ),
        (
            "depends_on: {server: {condition: service_healthy}}",
            tested.as_str(),
        ),
        ("", tested.as_str()),
    ] {
        assert!(waits(gateway, server).is_empty(), "{gateway}");
    }
    // Nobody on the chain waits here.
    let compose = "services:\n  web:\n    image: nginx\n    depends_on: [db]\n  db:\n    image: postgres:17\n    \
                   healthcheck: {test: [CMD, pg_isready]}\n";
    assert!(
        said(&run(
            "depends-on-unconditioned",
            &[("compose.yaml", compose)]
        ))
        .is_empty()
    );
}
