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

#[test]
fn what_was_seen_where_nothing_was_found_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let chart = "{{- if .Values.on }}\nkind: ConfigMap\ndata:\n  config.yaml: |\n    model_list: []\n{{- end }}\n";
    for (name, text) in [
        (
            "ansible/litellm.yaml.j2",
            "model_list:\n{% for m in models %}\n{% endfor %}\n",
        ),
        ("ansible/docker-compose.prod.yml.tmpl", "services: {}\n"),
        ("ansible/.mcp.json.tpl", "{}\n"),
        ("chart/Chart.yaml", "name: litellm\n"),
        ("chart/templates/cm.yaml", chart),
        (".gemini/settings.json", "{\"mcpServers\": {}}\n"),
        // Nobody's of ours, or not of a chart.
        ("ansible/nginx.conf.j2", "server {}\n"),
        ("ansible/values.yaml.j2", "replicas: 1\n"),
        ("chart/templates/service.yaml", "kind: Service\n"),
        ("site/templates/page.yaml", "title: x\n"),
    ] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let run = check(dir.path(), ".");
    assert_eq!(run.status, Some(2), "{}", run.stdout);
    let lines: Vec<&str> = run.stderr.lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "passed over: .gemini/settings.json: a file of Gemini CLI, which is not judged yet; --claude FILE reads it, if it is meant for Claude Code",
            "not rendered: ansible/.mcp.json.tpl, a template; render it, and name the result with --claude FILE",
            "not rendered: ansible/docker-compose.prod.yml.tmpl, a template; render it, and name the result with --compose FILE",
            "not rendered: ansible/litellm.yaml.j2, a Jinja template; render it, and name the result with --litellm FILE",
            "not rendered: chart/templates/cm.yaml, a Helm template; render it, and name the result with --litellm FILE",
        ],
    );
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

#[test]
fn tabs_in_a_compose_file() {
    for text in [
        "services:\n\ta:\n\t\timage: x\n",
        "services:\n  a:\n    image: x\n\tports: []\n",
        "services:\n  a:\n  \timage: x\n    tty: true\n",
    ] {
        is_named("compose.yaml", text.as_bytes(), "invalid-syntax");
    }
}

/// What a compose file has that is not known here is passed over, and everything else is checked.
#[test]
fn a_compose_file_from_the_future() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).expect("a file");
    };
    let services = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3-stable\n    command: [\"--config\", \"/app/config.yaml\"]\n    volumes: [./config.yaml:/app/config.yaml]\n    future: !new [{image: y}, 1]\n    models: [llm]\n  llm: {provider: {type: model}}\n  mcp:\n    image: crystaldba/postgres-mcp:0.3.0\n    stdin_open: true\n    tty: true\n";
    let future = "models: {llm: {model: ai/x}}\nfuture: {services: {ghost: {network_mode: host, networks: [n]}}}\n";
    write("compose.yaml", &format!("{future}{services}"));
    write(
        "config.yaml",
        "mcp_servers:\n  a:\n    transport: http\n    url: http://llm:8000/mcp\n",
    );
    let run = check(dir.path(), ".");
    assert!(run.stdout.contains("stdio-with-tty"), "{}", run.stdout);
    for absent in [
        "invalid-syntax",
        "ghost",
        "no-shared-network",
        "host-network-name",
    ] {
        assert!(!run.stdout.contains(absent), "{absent}: {}", run.stdout);
    }

    // The second document may say what the first one lacks.
    write(
        "compose.yaml",
        &format!("{future}{services}    networks: [n]\n---\nnetworks: {{n: }}\n"),
    );
    let run = check(dir.path(), "-v .");
    assert!(
        run.stdout.contains("only the first of 2 documents"),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("[network-undefined]"),
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

/// What a ConfigMap carries, `entries` times over.
fn config_map(entries: usize) -> String {
    let mut text =
        String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: litellm\ndata:\n");
    for n in 0..entries {
        let _ = writeln!(
            text,
            "  litellm-{n}.yaml: |\n    mcp_servers:\n      a:\n        transport: streamable\n        url: http://a:8000/mcp"
        );
    }
    text
}

/// A manifest is read once, however many configurations stand in it, and what is too much is said.
#[test]
fn a_manifest_with_a_thousand_configurations() {
    let dir = tempfile::tempdir().expect("a folder");
    let documents = vec![config_map(1); 1_000].join("---\n");
    for (text, unread) in [
        (documents, "documents 257 to 1000 in manifest.yaml"),
        (
            config_map(1_000),
            "744 more LiteLLM configurations in manifest.yaml",
        ),
    ] {
        std::fs::write(dir.path().join("manifest.yaml"), text).expect("a file");
        let run = check(dir.path(), "--litellm manifest.yaml");
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        assert!(run.stdout.contains(unread), "{unread}: {}", run.stdout);
        assert!(run.stdout.contains("256 errors"), "{}", run.stdout);
        assert!(run.took < Duration::from_secs(30), "took {:?}", run.took);
    }
}
