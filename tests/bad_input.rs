//! Broken, hostile and huge files: each is named in a finding, nothing panics, time and memory are bounded.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcpdoc::chain::Settings;
use mcpdoc::load::{Entry, Files, Memory, Request};
use mcpdoc::source::Unreadable;
use mcpdoc::{Selection, examine};

struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    took: Duration,
}

/// Runs `mcpdoc check` in `dir` with at most 512 MiB of address space.
fn check(dir: &Path, arguments: &str) -> Run {
    let start = Instant::now();
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v 524288; exec \"$0\" check --offline --color never {arguments}"
        ))
        .arg(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(dir)
        .env("HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .expect("a run");
    Run {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: start.elapsed(),
    }
}

/// A LiteLLM configuration with these bytes is named in an error, quickly.
fn is_named(name: &str, bytes: &[u8], check_id: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join(name), bytes).expect("a file");
    let flag = match name.rsplit('.').next() {
        Some("json") => "--claude",
        _ if name.contains("compose") => "--compose",
        _ => "--litellm",
    };
    let run = check(dir.path(), &format!("{flag} {name}"));
    assert_eq!(run.status, Some(1), "{name}: {}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains(check_id),
        "{name}: no {check_id} in\n{}",
        run.stdout
    );
    assert!(
        run.stdout.contains(name),
        "{name} is not named in\n{}",
        run.stdout
    );
    assert!(run.stderr.is_empty(), "{name}: {}", run.stderr);
    // About a second where nothing else runs; a test machine gets slack.
    assert!(
        run.took < Duration::from_secs(15),
        "{name} took {:?}",
        run.took
    );
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn billion_laughs() -> String {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for n in 1..40 {
        let items = vec![format!("*a{}", n - 1); 9].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} [{items}]");
    }
    text.push_str("mcp_servers: *a39\n");
    text
}

fn deep_block(depth: usize) -> String {
    let mut text = String::new();
    for n in 0..depth {
        let _ = writeln!(text, "{}a:", " ".repeat(n));
    }
    text
}

#[test]
fn an_empty_file() {
    is_named("config.yaml", b"", "invalid-syntax");
    is_named("mcp.json", b"", "invalid-syntax");
}

#[test]
fn no_text() {
    is_named("config.yaml", &[0, 1, 2, 3, 0xFF, 0, 9], "file-unreadable");
    is_named(
        "config.yaml",
        b"mcp_servers:\n  a: \xC3\x28\n",
        "file-unreadable",
    );
    is_named(
        "config.yaml",
        &utf16("mcp_servers: {}\n"),
        "file-unreadable",
    );
    is_named("mcp.json", &utf16("{}"), "file-unreadable");
}

#[test]
fn too_large() {
    let line = b"  key: value that fills a line of this file\n";
    is_named(
        "config.yaml",
        &line.repeat(50 * 1024 * 1024 / line.len()),
        "file-unreadable",
    );
    is_named(
        "docker-compose.yml",
        &line.repeat(5 * 1024 * 1024 / line.len()),
        "file-unreadable",
    );
}

#[test]
fn alias_bombs() {
    is_named("config.yaml", billion_laughs().as_bytes(), "invalid-syntax");
    is_named(
        "docker-compose.yml",
        billion_laughs().as_bytes(),
        "invalid-syntax",
    );
}

#[test]
fn bottomless_nesting() {
    is_named(
        "config.yaml",
        deep_block(2_000).as_bytes(),
        "invalid-syntax",
    );
    let flow = format!("a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    is_named("config.yaml", flow.as_bytes(), "invalid-syntax");
    is_named("docker-compose.yml", flow.as_bytes(), "invalid-syntax");
    let json = format!(
        "{{\"mcpServers\": {}{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    is_named("mcp.json", json.as_bytes(), "invalid-syntax");
}

#[test]
fn an_anchor_inside_itself() {
    is_named(
        "config.yaml",
        b"mcp_servers: &a\n  b: *a\n",
        "invalid-syntax",
    );
}

#[test]
fn a_named_input_that_is_not_there_is_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    for arguments in [
        "--litellm no.yaml",
        "--compose no.yml",
        "--claude no.json",
        "nowhere",
        "--home no",
    ] {
        let run = check(dir.path(), arguments);
        assert_eq!(run.status, Some(2), "{arguments}");
        assert_eq!(run.stderr.lines().count(), 1, "{arguments}: {}", run.stderr);
        assert!(
            run.stderr
                .contains(arguments.rsplit(' ').next().expect("a name")),
            "{}",
            run.stderr
        );
        assert!(run.stdout.is_empty());
    }
    std::fs::create_dir(dir.path().join("folder.yaml")).expect("a folder");
    let run = check(dir.path(), "--litellm folder.yaml");
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("is a directory"), "{}", run.stderr);
}

#[test]
fn nothing_to_read_is_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let run = check(dir.path(), "");
    assert_eq!(run.status, Some(2));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("--litellm"), "{}", run.stderr);
}

/// Values that open references over and over, and never or always close them.
#[test]
fn endless_references() {
    let dir = tempfile::tempdir().expect("a folder");
    for (open, close) in [
        ("${", ""),
        ("${A:", ""),
        ("${A:-", "}"),
        ("<a", ""),
        ("{{", ""),
        ("token=", ""),
    ] {
        let number = (1 << 20) / (open.len() + close.len());
        let value = format!("{}{}", open.repeat(number), close.repeat(number));
        let text = format!("general_settings:\n  password: \"{value}\"\n");
        std::fs::write(dir.path().join("config.yaml"), text).expect("a file");
        let run = check(dir.path(), "--litellm config.yaml");
        assert!(
            run.status.is_some_and(|status| status < 2),
            "{open}: {}",
            run.stderr
        );
        assert!(
            run.took < Duration::from_secs(30),
            "{open} took {:?}",
            run.took
        );
    }
}

/// A pipe among the files is not opened: it would wait for a writer for ever.
#[test]
#[cfg(unix)]
fn a_pipe_does_not_hang() {
    let dir = tempfile::tempdir().expect("a folder");
    let status = Command::new("mkfifo")
        .arg(dir.path().join("config.yaml"))
        .status()
        .expect("mkfifo");
    assert!(status.success());
    let run = check(dir.path(), "--litellm config.yaml");
    assert_eq!(run.status, Some(1), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("file-unreadable"), "{}", run.stdout);
}

/// One broken file leaves the others to be checked.
#[test]
fn the_rest_is_still_checked() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("a file");
    };
    write(
        "litellm.yaml",
        "model_list: []\nmcp_servers:\n  a:\n    transport: streamable-http\n    url: http://x/mcp\n",
    );
    write("docker-compose.yml", "services:\n  a:\n   image: [\n");
    write(
        ".mcp.json",
        "{\"mcpServers\": {\"a\": {\"url\": \"http://localhost:4000/mcp/\"}},}",
    );
    let run = check(dir.path(), ".");
    assert_eq!(run.status, Some(1));
    assert!(run.stdout.contains("transport-invalid"), "{}", run.stdout);
    assert_eq!(
        run.stdout.matches("error[invalid-syntax]").count(),
        2,
        "{}",
        run.stdout
    );
}

/// Files that exist and may not be read.
struct Locked(Memory);

impl Files for Locked {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match path.extension() {
            Some(extension) if extension == "yaml" => {
                Err(Unreadable::Denied("permission denied".to_owned()))
            }
            _ => self.0.read(path),
        }
    }
    fn list(&self, dir: &Path) -> Vec<Entry> {
        self.0.list(dir)
    }
    fn is_dir(&self, path: &Path) -> bool {
        self.0.is_dir(path)
    }
    fn is_file(&self, path: &Path) -> bool {
        self.0.is_file(path)
    }
}

#[test]
fn no_permission() {
    let mut memory = Memory::default();
    memory.insert("/stack/config.yaml", "");
    let request = Request {
        cwd: "/stack".into(),
        litellm: vec!["/stack/config.yaml".into()],
        ..Request::default()
    };
    let examination = examine(
        &request,
        &Settings::default(),
        &Selection::default(),
        &Locked(memory),
    );
    let findings = &examination.diagnosis.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].finding.check, "file-unreadable");
    assert!(findings[0].finding.message.contains("permission denied"));
}
