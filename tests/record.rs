//! Recorded facts: nothing secret is in them, they are compared with the files that they were recorded with, and what is
//! no record is refused.

#[path = "support/rust_sdk.rs"]
mod rust_sdk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mcpdoc::Witness as _;
use mcpdoc::catalog::Catalog;
use mcpdoc::fact::{
    Ask, Binding, Container, Engine, EngineKind, Facts, Health, Image, Known, Locality, Mounted,
    Probe, Secret, State, Status, Tokens, Unknown, label,
};
use mcpdoc::load::{Memory, Request, load};
use mcpdoc::plan::Permissions;
use mcpdoc::record::{Differs, Digests, NoRecord, Record, Replay, Run};
use proptest::prelude::*;
use serde_json::Value;

const KEY: &str = "sk-proj-q7Wm2Zx9Rt4Lk8Vb";
const PASSWORD: &str = "Tr0ub4dor&Three";
const WORDS: &str = "heron-opal-quince-7";

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, Secret)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), Secret::from(*value)))
        .collect()
}

fn container() -> Container {
    container_with([KEY, PASSWORD, WORDS])
}

/// A container with a secret in every place that can hold one.
fn container_with([key, password, words]: [&str; 3]) -> Container {
    let dsn = format!("postgresql://bob:{password}@db:5432/app");
    Container {
        id: "4f".repeat(32),
        name: "stack-pg-1".to_owned(),
        image: "example/pg:1".to_owned(),
        image_id: format!("sha256:{}", "ab".repeat(32)),
        labels: BTreeMap::from([
            (label::DIRECTORY.to_owned(), "/home/ann/stack".to_owned()),
            (
                label::FILES.to_owned(),
                "/home/ann/stack/a.yaml,/home/ann/stack/b.yaml".to_owned(),
            ),
            ("config-hash".to_owned(), "0123456789abcdef".repeat(4)),
            ("app.api-key".to_owned(), key.to_owned()),
        ]),
        state: State {
            status: Status::Exited,
            pid: None,
            exit_code: 1,
            out_of_memory: false,
            error: format!("cannot start with {words}"),
            restarts: 3,
            started_at: "2026-11-27T03:19:30.123456789Z".to_owned(),
            finished_at: "0001-01-01T00:00:00Z".to_owned(),
            created_at: "2026-11-27T03:19:30Z".to_owned(),
            health: Some(Health {
                status: "unhealthy".to_owned(),
                failing: 4,
                output: format!("401 for Bearer {key}"),
            }),
        },
        entrypoint: texts(&["serve", "--api-key", key]),
        command: texts(&["--transport=sse", "--port", "8000", "--token", words, &dsn]),
        env: env(&[
            ("PATH", "/usr/local/bin:/usr/bin"),
            ("LANG", "C.UTF-8"),
            ("PYTHON_VERSION", "3.12.4"),
            ("MCP_TRANSPORT", "sse"),
            ("MCP_ALLOW_WRITE", "true"),
            ("API_KEY", key),
            ("POSTGRES_PASSWORD", password),
            ("PLAIN_TOKEN", words),
            ("DATABASE_URI", &dsn),
            ("BLOB", "Zk3vB9qLx2Wm7Rt5Yp8Hd4"),
        ]),
        exposed: vec![8000],
        bindings: vec![Binding {
            port: 8000,
            host_ip: "127.0.0.1".to_owned(),
            host_port: Some(8000),
        }],
        published: Vec::new(),
        open_stdin: false,
        tty: false,
        hostname: "4f4f4f4f4f4f".to_owned(),
        network_mode: "bridge".to_owned(),
        extra_hosts: Vec::new(),
        dns: Vec::new(),
        networks: Vec::new(),
        mounts: vec![Mounted {
            kind: "bind".to_owned(),
            source: "/home/ann/stack/data".to_owned(),
            target: "/data".to_owned(),
            writable: true,
            since: None,
        }],
        restart: "always".to_owned(),
        healthcheck: Some(texts(&[
            "CMD",
            "curl",
            "-H",
            &format!("Authorization: Bearer {key}"),
        ])),
        listeners: Known::No(Unknown::Denied("reading it is refused".to_owned())),
        log: Known::Yes(texts(&[
            &format!("connecting to {dsn}"),
            &format!("the token is {words}, it says"),
            "listening on 0.0.0.0:8000",
        ])),
    }
}

fn facts() -> Facts {
    facts_of(container(), PASSWORD)
}

fn facts_of(container: Container, password: &str) -> Facts {
    Facts {
        engine: Known::Yes(Engine {
            endpoint: "unix:///var/run/docker.sock".to_owned(),
            kind: EngineKind::Linux,
            version: Some("20.10.24".to_owned()),
            api: Some("1.41".to_owned()),
            locality: Locality::Here,
            enter: Known::Yes(()),
            images: vec![Image {
                id: container.image_id.clone(),
                meant_by: Vec::new(),
                tags: texts(&["example/pg:1"]),
                digests: Vec::new(),
                labels: BTreeMap::new(),
                entrypoint: container.entrypoint.clone(),
                command: Vec::new(),
                env: container.env.clone(),
                exposed: vec![8000],
            }],
            containers: vec![container],
            networks: Vec::new(),
            gaps: vec![(
                "logs".to_owned(),
                format!("https://a:{password}@x/ refused"),
            )],
        }),
        ..Facts::none()
    }
}

fn request(cwd: &str, home: &str) -> Request {
    Request {
        cwd: cwd.into(),
        home: Some(home.into()),
        paths: vec![cwd.into()],
        ..Request::default()
    }
}

const COMPOSE: &str = "services:\n  pg:\n    image: example/pg:1\n";

fn files(cwd: &str) -> Memory {
    let mut files = Memory::default();
    files.insert(format!("{cwd}/compose.yaml"), COMPOSE);
    files
}

/// The record of a run on one machine.
fn record(facts: &Facts) -> Record {
    let cwd = "/home/ann/stack";
    let files = files(cwd);
    let digests = Digests::of_files(&files);
    let request = request(cwd, "/home/ann");
    let stack = load(&request, &digests);
    let run = Run {
        stack: &stack,
        request: &request,
        permissions: &Permissions::default(),
        machine: &texts(&["box"]),
        gateway_urls: &[],
        digests: &digests,
    };
    Record::new(run, facts, [3; Tokens::SALT]).expect("a record")
}

#[test]
fn nothing_secret_is_in_a_record() {
    let text = record(&facts()).render().expect("JSON");
    for secret in [
        KEY,
        PASSWORD,
        WORDS,
        "bob:",
        "/home/ann",
        "Zk3vB9qLx2Wm7Rt5Yp8Hd4",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // What checks compare stays.
    for plain in [
        "/usr/local/bin:/usr/bin",
        "C.UTF-8",
        "3.12.4",
        "--transport=sse",
        "@db:5432/app",
        "${mcpdoc:cwd}/a.yaml,${mcpdoc:cwd}/b.yaml",
        "listening on 0.0.0.0:8000",
        "unix:///var/run/docker.sock",
        &"0123456789abcdef".repeat(4),
        &"4f".repeat(32),
        "2026-11-27T03:19:30.123456789Z",
    ] {
        assert!(text.contains(plain), "{plain} in {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn no_secret_is_in_a_record_whatever_it_is(
        key in "sk-[A-Za-z0-9]{16,24}",
        password in "[A-Za-z0-9!.+~-]{5}[A-Z][0-9][a-z]{3,12}",
        words in "[a-z]{4,9}-[a-z]{4,9}-[0-9]{1,3}",
    ) {
        let container = container_with([&key, &password, &words]);
        let text = record(&facts_of(container, &password)).render().expect("JSON");
        for secret in [&key, &password, &words] {
            prop_assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
}

#[test]
fn a_replay_compares_what_files_say_with_tokens() {
    let fresh = facts();
    let text = record(&fresh).render().expect("JSON");
    let record = Record::parse(&text).expect("a record");
    let request = request("/tmp/elsewhere", "/root");
    let mut replay = Replay::of(&record, &request).expect("a replay");
    let Known::Yes(engine) = replay.survey() else {
        panic!("the engine is known: {text}")
    };
    let replayed = Facts {
        engine: Known::No(Unknown::NotAsked),
        tokens: replay.tokens(),
        ..Facts::none()
    };
    let (then, now) = (container(), &engine.containers[0]);
    for ((name, clear), (_, seen)) in then.env.iter().zip(&now.env) {
        let clear = clear.reveal();
        assert_eq!(seen.reveal().len(), clear.len(), "{name}");
        assert!(
            fresh.is_same_value(name, &Secret::from(clear), clear),
            "{name}"
        );
        assert!(replayed.is_same_value(name, seen, clear), "{name}");
        let other = format!("{}x", &clear[..clear.len() - 1]);
        assert!(!replayed.is_same_value(name, seen, &other), "{name}");
        assert!(
            !fresh.is_same_value(name, &Secret::from(clear), &other),
            "{name}"
        );
    }
    assert!(replayed.are_same_words(&now.command, &then.command));
    assert!(replayed.are_same_words(&now.entrypoint, &then.entrypoint));
    assert!(!replayed.are_same_words(&now.command, &then.entrypoint));
    assert!(!replayed.are_same_words(&now.command, &then.command[1..]));
    // Equal values are so wherever they stand.
    let token = |name: &str| now.variable(name).expect("a variable").to_owned();
    assert!(token("DATABASE_URI").contains(&token("POSTGRES_PASSWORD")));
    assert_eq!(now.entrypoint[2], token("API_KEY"));
    assert_eq!(now.command[4], token("PLAIN_TOKEN"));
    assert_eq!(engine.images[0].env, now.env);
    // And it has places here.
    assert_eq!(now.label(label::DIRECTORY), Some("/tmp/elsewhere"));
    assert_eq!(now.mounts[0].source, "/tmp/elsewhere/data");
    // What masks a secret masks its token: the same is shown.
    let shown = |container: &Container| {
        let Known::Yes(log) = &container.log else {
            panic!("a log")
        };
        let words = mcpdoc::secret::redact(&log[0]);
        let health = container.state.health.as_ref().map(|health| &health.output);
        (words, health.map(|output| mcpdoc::secret::redact(output)))
    };
    assert_eq!(shown(now), shown(&then));
}

#[test]
fn a_key_that_anybody_would_try_is_one_in_a_replay_too() {
    const TESTING: &str = "sk-test-q7Wm2Zx9Rt4Lk8Vb";
    let name = "LITELLM_MASTER_KEY";
    let catalog = Catalog::builtin();
    let keys = &catalog.litellm().master_key;
    for key in ["sk-1234", TESTING, KEY] {
        let mut container = container();
        container.env.push((name.to_owned(), Secret::from(key)));
        let text = record(&facts_of(container, PASSWORD))
            .render()
            .expect("JSON");
        assert!(!text.contains(&TESTING["sk-test-".len()..]), "{text}");
        let record = Record::parse(&text).expect("a record");
        let request = request("/tmp/elsewhere", "/root");
        let mut replay = Replay::of(&record, &request).expect("a replay");
        let Known::Yes(engine) = replay.survey() else {
            panic!("the engine is known: {text}")
        };
        let seen = engine.containers[0].variable(name).expect("a variable");
        let judged = |key: &str| (keys.is_weak(key), keys.is_known(key));
        assert_eq!(judged(seen), judged(key), "{seen}");
    }
}

#[test]
fn a_question_finds_its_answer_whoever_its_secret_comes_from() {
    let ask_with = |key: &str| {
        let mut ask = Ask::url(format!("http://db:8000/mcp?api_key={key}"));
        ask.headers = env(&[
            ("Authorization", &format!("Bearer {key}")),
            ("X-Mode", "plain"),
        ]);
        ask.secrets = vec![Secret::from(key)];
        ask
    };
    let mut seen = facts();
    seen.wire = Known::Yes(vec![Probe::new(ask_with(KEY))]);
    let record = Record::parse(&record(&seen).render().expect("JSON")).expect("a record");
    let mut replay = Replay::of(&record, &request("/tmp/elsewhere", "/root")).expect("a replay");
    let Known::Yes(engine) = replay.survey() else {
        panic!("the engine is known")
    };
    let token = engine.containers[0]
        .variable("API_KEY")
        .expect("a variable");
    assert_ne!(token, KEY);
    // A file has the value, a recorded container its token.
    for key in [KEY, token] {
        let ask = ask_with(key);
        let answers = replay.answer(std::slice::from_ref(&ask));
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].asked, ask);
    }
    let other = ask_with(&KEY.replace("q7", "q8"));
    assert!(replay.answer(&[other]).is_empty());
}

#[test]
fn files_that_are_not_the_recorded_ones_are_named() {
    let record = record(&Facts::none());
    let cwd = "/tmp/elsewhere";
    let request = request(cwd, "/root");
    let differences = |files: &Memory| {
        let digests = Digests::of_files(files);
        let stack = load(&request, &digests);
        let found = record
            .differences(&stack, &request, &digests)
            .expect("a salt");
        let found = found.into_iter().map(|one| (one.file, one.what));
        found.collect::<Vec<(String, Differs)>>()
    };
    let mut same = files(cwd);
    assert_eq!(differences(&same), []);
    same.insert(format!("{cwd}/.mcp.json"), "{}");
    assert_eq!(differences(&same), [(".mcp.json".to_owned(), Differs::New)]);
    let mut changed = Memory::default();
    changed.insert(format!("{cwd}/compose.yaml"), format!("{COMPOSE}\n"));
    let name = "compose.yaml".to_owned();
    assert_eq!(differences(&changed), [(name.clone(), Differs::Changed)]);
    let mut gone = Memory::default();
    gone.insert(format!("{cwd}/README"), "");
    assert_eq!(differences(&gone), [(name, Differs::Missing)]);
}

#[test]
fn what_is_no_record_is_refused() {
    let text = record(&facts()).render().expect("JSON");
    let refused = |text: &str| Record::parse(text).expect_err("no record");
    let newer = refused(&text.replace("mcpdoc-facts/1", "mcpdoc-facts/2"));
    assert!(matches!(newer, NoRecord::Newer(_)), "{newer}");
    let report = refused(r#"{"schema": "mcpdoc/1"}"#);
    assert!(matches!(report, NoRecord::Report(_)), "{report}");
    for (part, instead) in [
        ("\"above\": 0", "\"above\": -1"),
        ("\"above\": 0", "\"above\": 999999999"),
        ("\"salt\": \"03", "\"salt\": \"zz"),
        ("\"kind\": \"linux\"", "\"kind\": \"abacus\""),
        ("\"machine\"", "\"machines\""),
        ("\"facts\": {", "\"facts\": {{"),
    ] {
        let tampered = text.replacen(part, instead, 1);
        assert_ne!(tampered, text, "{part}");
        let error = refused(&tampered);
        assert!(matches!(error, NoRecord::Malformed(_)), "{part}: {error}");
    }
    for text in ["", "[]", "null", "{}", "x"] {
        assert!(matches!(refused(text), NoRecord::Malformed(_)), "{text}");
    }
}

fn case() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded-wire")
}

fn mcpdoc(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(dir)
        .env_clear()
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("HOME", "/nonexistent")
        .env("DOCS_TOKEN", WORDS)
        .env("SEARCH_KEY", KEY)
        .env("COLUMNS", "100")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("a run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_changed_file_is_said_and_does_not_stop_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let stack = dir.path().join("stack");
    std::fs::create_dir(&stack).expect("a folder");
    let original = std::fs::read_to_string(case().join("stack/.mcp.json")).expect("a file");
    std::fs::write(stack.join(".mcp.json"), format!("{original}\n")).expect("a file");
    let facts = case().join("facts.json");
    let facts = facts.to_str().expect("a path");
    let run = mcpdoc(dir.path(), &["check", "--facts", facts, "stack"]);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
    let said = text(&run.stdout)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let line = "the facts were recorded with other files: stack/.mcp.json (changed)";
    assert!(said.contains(line), "{said}");
    let run = mcpdoc(
        dir.path(),
        &["check", "--facts", facts, "--format", "json", "stack"],
    );
    let document: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let differences = serde_json::json!([{"file": "stack/.mcp.json", "what": "changed"}]);
    assert_eq!(document["differences"], differences);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/mcpdoc-1.json");
    let schema = std::fs::read_to_string(schema).expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&document), "{document}");

    // An entry of which nothing was recorded.
    let more = original.replace("8932/mcp", "8933/mcp");
    std::fs::write(stack.join(".mcp.json"), more).expect("a file");
    let run = mcpdoc(
        dir.path(),
        &["check", "--facts", facts, "--require", "wire", "stack"],
    );
    let said = text(&run.stdout)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        said.contains("the call is not in the recorded facts"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_record_ends_the_run() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join(".mcp.json"), "{}").expect("a file");
    let facts = std::fs::read_to_string(case().join("facts.json")).expect("a record");
    for (name, text, says) in [
        (
            "newer.json",
            facts.replace("mcpdoc-facts/1", "mcpdoc-facts/9"),
            "use the mcpdoc that wrote it",
        ),
        (
            "report.json",
            "{\"schema\": \"mcpdoc/1\"}".to_owned(),
            "is a report",
        ),
        (
            "damaged.json",
            facts.replace("\"took_us\"", "\"took\""),
            "is not a record",
        ),
        (
            "cut.json",
            facts[..facts.len() / 2].to_owned(),
            "is not a record",
        ),
    ] {
        std::fs::write(dir.path().join(name), text).expect("a file");
        let run = mcpdoc(dir.path(), &["check", "--facts", name, "."]);
        let said = self::text(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{said}");
        assert!(
            said.contains(&format!("--facts {name}: ")) && said.contains(says),
            "{said}"
        );
    }
    let run = mcpdoc(dir.path(), &["check", "--facts", "none.json", "."]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("--facts none.json"));
}

#[test]
fn nothing_to_observe_is_no_record() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = mcpdoc(dir.path(), &["observe", "."]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("no LiteLLM configuration"),
        "{}",
        text(&run.stderr)
    );
    std::fs::write(dir.path().join("compose.yaml"), COMPOSE).expect("a file");
    let run = mcpdoc(dir.path(), &["observe", "--offline", "."]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("nothing was observed"),
        "{}",
        text(&run.stderr)
    );
    assert!(run.stdout.is_empty());
}

/// A replay opens no socket and starts no process: seen from outside, where a tracer is at hand.
#[test]
#[ignore = "needs strace"]
fn a_replay_opens_no_socket_and_starts_nothing() {
    let output = Command::new("strace")
        .args([
            "-f",
            "-e",
            "trace=socket,connect,execve,fork,vfork,clone,clone3",
            "-o",
            "/dev/stderr",
        ])
        .arg(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["check", "--facts", "facts.json", "-q", "stack"])
        .current_dir(case())
        .output()
        .expect("strace");
    assert!(
        text(&output.stdout).contains("works"),
        "{}",
        text(&output.stdout)
    );
    let trace = text(&output.stderr);
    let calls: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains('(') && !line.contains("+++"))
        .collect();
    assert!(calls.len() == 1 && calls[0].contains("execve"), "{trace}");
}

/// What is recorded of the case now gives the report that its record gives. `SNAPSHOTS=overwrite` with
/// `cargo test --test record -- --ignored recorded_anew` writes the record.
#[test]
#[ignore = "takes the ports 8931 and 8932"]
fn the_case_recorded_anew_says_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(rust_sdk::serve_at(8931));
    let run = mcpdoc(&case(), &["observe", "--no-docker", "stack"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let mut record: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    record["machine"] = serde_json::json!(["workstation"]);
    let mut record = serde_json::to_string_pretty(&record).expect("JSON");
    record.push('\n');
    assert!(!record.contains(WORDS) && !record.contains(KEY), "{record}");
    let dir = tempfile::tempdir().expect("a folder");
    let file = match std::env::var("SNAPSHOTS").as_deref() {
        Ok("overwrite") => case().join("facts.json"),
        _ => dir.path().join("facts.json"),
    };
    std::fs::write(&file, record).expect("a file");
    let file = file.to_string_lossy();
    let replay = mcpdoc(
        &case(),
        &["check", "--color", "never", "--facts", &file, "stack"],
    );
    let report = std::fs::read_to_string(case().join("report.txt")).expect("a report");
    assert_eq!(text(&replay.stdout), report);
}
