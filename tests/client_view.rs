//! What Claude Code says of its own servers, as a run sees it: logs of a home on disk, and a `claude` that prints what the
//! real one printed, or does not behave.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const LIST: &str = include_str!("../fixtures/claude/list-2.1.330.txt");
const LOG: &str = include_str!("../fixtures/claude/log-2.1.330-refused.jsonl");
const SECRET: &str = "5f1c2a9be07d4431";

/// A home with Claude Code's own file, a project in it, and a `claude`.
struct Home(TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().expect("a folder"));
        fs::create_dir_all(home.project()).expect("a folder");
        // Ports on which nobody listens.
        home.write(
            ".claude.json",
            r#"{"mcpServers": {
                "refused": {"type": "http", "url": "http://127.0.0.1:47311/mcp"},
                "five": {"type": "http", "url": "http://127.0.0.1:47310/five"},
                "unlisted": {"type": "http", "url": "http://127.0.0.1:47310/x"}
            }}"#,
        );
        home
    }

    fn path(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).expect("the folder")
    }

    fn project(&self) -> PathBuf {
        self.path().join("my.stack")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// The log of an attempt that failed in the project.
    fn with_log(self) -> Home {
        let project = self.project();
        let folder = project
            .to_string_lossy()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let log = LOG.replace("/home/ann/my.stack", &project.to_string_lossy());
        let name = "mcp-logs-refused/2026-11-27T07-51-55-101Z.jsonl";
        self.write(&format!(".cache/claude-cli-nodejs/{folder}/{name}"), &log);
        self
    }

    /// A `claude` that notes how it is called, says its version, and then does this for its list.
    fn with_claude(self, list: &str) -> Home {
        self.write("list.txt", LIST);
        let script = format!(
            "#!/bin/sh\necho \"$* in $PWD\" >> \"$HOME/calls\"\ncase $1 in --version) echo '2.1.330 (Claude Code)';; *) {list};; esac\n"
        );
        let path = self.write("bin/claude", &script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("to change it");
        self
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path().join("calls")).unwrap_or_default()
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.path().join("bin").display());
        Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("HOME", self.path())
            .env("COLUMNS", "120")
            .env("PATH", path)
            .envs(variables.iter().copied())
            .output()
            .expect("to run")
    }

    fn check(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["check", "--format", "json"];
        all.extend(arguments);
        if !arguments.contains(&"--facts") {
            all.push("--no-docker");
        }
        document(&self.run(&all, &[("MCP_TIMEOUT", "100")]))
    }
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn evidence(document: &Value, check: &str) -> String {
    let findings = document["findings"].as_array().expect("findings");
    let found = findings.iter().filter(|finding| finding["check"] == check);
    let all = found.flat_map(|finding| finding["evidence"].as_array().expect("evidence"));
    let texts = all.filter(|one| one["kind"] == "client");
    texts
        .map(|one| format!("{}\n", one["text"].as_str().expect("text")))
        .collect()
}

fn schema_of(document: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/mcpdoc-1.json");
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(schema).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn logs_are_evidence_and_nothing_is_started_for_them() {
    let home = Home::new().with_log().with_claude("cat \"$HOME/list.txt\"");
    let said = home.check(&[]);
    assert_eq!(home.calls(), "");
    schema_of(&said);
    let view = &said["clients"][0];
    assert_eq!(
        (&view["version"], &view["version_from"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(view["logs"][0]["version"], "2.1.330");
    assert_eq!(view["servers"], Value::Array(Vec::new()));
    assert_eq!(view["logs"][0]["name"], "refused");
    let why = "Claude Code 2.1.330's log of 2026-11-27 07:51 UTC says of refused: failed to connect: ECONNREFUSED: Unable to connect. Is the \
               computer able to access the url?\n";
    assert_eq!(evidence(&said, "connection-refused"), why);
    // They are files of the home: whoever names other files does not mean them.
    let named = home.check(&["--claude", "../.claude.json"]);
    assert_eq!(named["clients"], Value::Null);
    let offline = home.check(&["--offline"]);
    assert_eq!(offline["clients"][0]["logs"][0]["says"], "failed");
}

#[test]
fn its_list_stands_beside_what_was_found() {
    let home = Home::new().with_claude("cat \"$HOME/list.txt\"");
    let said = home.check(&["--allow-exec"]);
    let project = home.project();
    let calls = format!("--version in {0}\nmcp list in {0}\n", project.display());
    assert_eq!(home.calls(), calls);
    schema_of(&said);
    let view = &said["clients"][0];
    assert_eq!(
        (&view["version"], &view["version_from"]),
        (&"2.1.330".into(), &"asked".into())
    );
    let servers = view["servers"].as_array().expect("servers");
    assert_eq!(servers.len(), 21);
    assert!(!said.to_string().contains(SECRET));
    assert!(evidence(&said, "connection-refused").contains(
        "Claude Code 2.1.330 says of refused: failed to connect: ECONNREFUSED: Unable to connect."
    ));
    let findings = said["findings"].as_array().expect("findings");
    let disagrees: Vec<&Value> = findings
        .iter()
        .filter(|one| one["check"] == "client-disagrees")
        .collect();
    assert_eq!(disagrees.len(), 1, "{disagrees:?}");
    let message = disagrees[0]["message"].as_str().expect("a message");
    assert!(
        message.starts_with("Claude Code 2.1.330 does not list unlisted"),
        "{message}"
    );

    let text = home.run(
        &["check", "--no-docker", "--allow-exec", "--color", "never"],
        &[],
    );
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    assert!(
        text.contains("Claude Code 2.1.330 says: failed to connect: ECONNREFUSED"),
        "{text}"
    );
    assert!(
        text.contains("read as Claude Code 2.1.330 does (from `claude --version`)"),
        "{text}"
    );
    assert!(!text.contains(SECRET) && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_record_has_what_it_said_without_places_and_secrets() {
    let home = Home::new().with_log().with_claude("cat \"$HOME/list.txt\"");
    let said = home.check(&["--allow-exec"]);
    let home = home.with_log();
    let record = home.run(&["observe", "--no-docker", "--allow-exec"], &[]);
    let record = String::from_utf8(record.stdout).expect("UTF-8");
    assert!(
        !record.contains(SECRET) && !record.contains(&*home.path().to_string_lossy()),
        "{record}"
    );
    home.write("my.stack/facts.json", &record);
    let before = home.calls();
    let replayed = home.check(&["--facts", "facts.json"]);
    assert_eq!(home.calls(), before, "a replay starts nothing");
    assert_eq!(replayed["clients"], said["clients"]);
    for check in ["connection-refused", "client-disagrees"] {
        assert_eq!(evidence(&replayed, check), evidence(&said, check));
    }
    // Of a server that its files did not have then it says nothing.
    let own = fs::read_to_string(home.path().join(".claude.json")).expect("a file");
    let more = own.replace(
        r#""unlisted":"#,
        r#""later": {"command": "x"}, "unlisted":"#,
    );
    home.write(".claude.json", &more);
    let later = home.check(&["--facts", "facts.json"]);
    let disagrees = |document: &Value| {
        let findings = document["findings"].as_array().expect("findings").iter();
        let of_check = findings.filter(|one| one["check"] == "client-disagrees");
        of_check.count()
    };
    assert!(later.to_string().contains("later"));
    assert_eq!((disagrees(&said), disagrees(&later)), (1, 1));
}

#[test]
fn what_depends_on_the_version_is_decided_by_the_one_that_runs() {
    let text = r#"{"mcpServers": {"old": {"type": "streamable-http", "url": "http://127.0.0.1:47310/x"}}}"#;
    let all = ["check", "--no-docker", "--color", "never", "--only"];
    let report = |home: &Home, more: &[&str]| {
        let arguments = [&all[..], &["client-type-invalid"], more].concat();
        String::from_utf8(home.run(&arguments, &[]).stdout).expect("UTF-8")
    };
    let home = Home::new().with_log().with_claude("cat \"$HOME/list.txt\"");
    home.write("my.stack/.mcp.json", text);
    // That a version ran once does not say which one does.
    let unasked = report(&home, &[]);
    let hint = "the version of Claude Code is not known (there is Claude Code 2.1.330's log of 2026-11-27 07:51 UTC; another \
                may run now); --allow-exec asks `claude --version`";
    let line = unasked.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        line.contains("note[client-type-invalid]") && line.contains(hint),
        "{unasked}"
    );
    let asked = report(&home, &["--allow-exec"]);
    assert!(!asked.contains("client-type-invalid"), "{asked}");
}

#[test]
fn one_that_does_not_behave_says_nothing() {
    for (list, why) in [
        (
            "sleep 600 & echo $! > \"$HOME/child\"; sleep 600",
            "did not end in 15 s",
        ),
        (
            "while :; do echo x: y - ✔ Connected; done",
            "printed more than 256 KiB",
        ),
        ("exit 3", "ended with exit status: 3"),
        ("echo hello", "printed no list"),
    ] {
        let home = Home::new().with_claude(list);
        let began = Instant::now();
        let said = home.check(&["--allow-exec"]);
        assert!(began.elapsed() < Duration::from_secs(60), "{list}");
        if let Ok(child) = fs::read_to_string(home.path().join("child")) {
            assert!(ends(child.trim()), "what it started is left");
        }
        let view = &said["clients"][0];
        let unlisted = view["unlisted"].as_str().expect("a reason");
        assert!(unlisted.contains(why), "{unlisted}");
        assert_eq!(evidence(&said, "connection-refused"), "");
        let findings = said["findings"].as_array().expect("findings");
        assert!(
            findings
                .iter()
                .all(|one| one["check"] != "client-disagrees")
        );
    }
    let without = Home::new().check(&["--allow-exec"]);
    let why = without["clients"][0]["unlisted"]
        .as_str()
        .expect("a reason");
    assert!(why.contains("was not found in PATH"), "{why}");
}

/// Whether a process ends soon. Of one that was killed the system may still keep the number.
fn ends(process: &str) -> bool {
    let began = Instant::now();
    loop {
        let state = Command::new("ps")
            .args(["-o", "stat=", "-p", process])
            .output();
        let state = String::from_utf8(state.expect("ps").stdout).expect("UTF-8");
        if state.trim().is_empty() || state.trim().starts_with('Z') {
            return true;
        }
        if began.elapsed() > Duration::from_secs(5) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_file_that_does_not_parse_is_not_given_to_claude() {
    let home = Home::new().with_claude("cat \"$HOME/list.txt\"");
    home.write(
        "my.stack/.mcp.json",
        r#"{"mcpServers": {"x": {"type": "http", "url": "http://127.0.0.1:47311/mcp"}}}"#,
    );
    home.write(".claude.json", "{\"mcpServers\": {");
    let said = home.check(&["--allow-exec"]);
    assert_eq!(home.calls(), "");
    let why = said["clients"][0]["unlisted"].as_str().expect("a reason");
    assert!(why.contains("does not parse"), "{why}");
}

#[test]
fn what_failed_once_and_works_now_is_a_note() {
    let home = Home::new().with_log();
    let server = Answers::new();
    let url = format!("http://127.0.0.1:{}/mcp", server.port);
    home.write(
        ".claude.json",
        &format!(r#"{{"mcpServers": {{"refused": {{"type": "http", "url": "{url}"}}}}}}"#),
    );
    let disagrees = |home: &Home| {
        let said = home.check(&[]);
        let findings = said["findings"].as_array().expect("findings").clone();
        assert!(said.to_string().contains("\"verdict\":\"works\""), "{said}");
        let mut of_check = findings
            .into_iter()
            .filter(|one| one["check"] == "client-disagrees");
        of_check.next()
    };
    // The log tells of another address.
    assert!(disagrees(&home).is_none());
    let log = LOG.replace("http://127.0.0.1:47311/mcp", &url);
    let folder = home
        .project()
        .to_string_lossy()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let name = "mcp-logs-refused/2026-11-27T07-51-55-101Z.jsonl";
    let log = log.replace("/home/ann/my.stack", &home.project().to_string_lossy());
    home.write(&format!(".cache/claude-cli-nodejs/{folder}/{name}"), &log);
    let note = disagrees(&home).expect("a note");
    assert_eq!(note["severity"], "note");
    let message = note["message"].as_str().expect("a message");
    assert!(
        message.starts_with("Claude Code 2.1.330's log of 2026-11-27 07:51 UTC says of refused: failed to connect: ECONNREFUSED")
            && message.ends_with("; it works now"),
        "{message}"
    );
}

/// A server of MCP, as small as can be.
struct Answers {
    port: u16,
}

impl Answers {
    fn new() -> Answers {
        use std::io::{BufRead, BufReader, Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serve = move |mut stream: std::net::TcpStream| -> std::io::Result<()> {
            let mut reader = BufReader::new(stream.try_clone()?);
            let mut size = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let lower = line.to_ascii_lowercase();
                if let Some(length) = lower.strip_prefix("content-length:") {
                    size = length.trim().parse().unwrap_or(0);
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; size];
            reader.read_exact(&mut body)?;
            let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
            let answer = match asked["method"].as_str() {
                Some("initialize") => {
                    serde_json::json!({"result": {"protocolVersion": "2025-06-18",
                    "capabilities": {"tools": {}}, "serverInfo": {"name": "small", "version": "1"}}})
                }
                Some("tools/list") => serde_json::json!({"result": {"tools": [
                    {"name": "one", "inputSchema": {"type": "object"}}]}}),
                _ => serde_json::json!({"error": {"code": -32601, "message": "Method not found"}}),
            };
            let (status, text) = match asked["id"].is_null() {
                true => ("202 Accepted", String::new()),
                false => {
                    let mut answer = answer;
                    answer["jsonrpc"] = "2.0".into();
                    answer["id"] = asked["id"].clone();
                    ("200 OK", answer.to_string())
                }
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            )
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || serve(stream));
            }
        });
        Answers { port }
    }
}
