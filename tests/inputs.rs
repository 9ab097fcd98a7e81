//! Which files a run takes, whose home it looks at, and how it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// `kind how file` of every input of a JSON report, sorted.
    fn inputs(&self) -> Vec<String> {
        let document: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        let word = |value: &serde_json::Value| value.as_str().expect("a word").to_owned();
        let mut inputs: Vec<String> = document["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .map(|input| {
                format!(
                    "{} {} {}",
                    word(&input["kind"]),
                    word(&input["how"]),
                    word(&input["file"])
                )
            })
            .collect();
        inputs.sort();
        inputs
    }
}

fn stack() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/linuxserver.lan/stack")
}

fn run(dir: &Path, home: &Path, env: &[(&str, &str)], arguments: &[&str]) -> Run {
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(dir)
        .env_clear()
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("HOME", home)
        .envs(env.iter().copied())
        .args(["check", "--offline"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("a run");
    Run {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_gateways_file_brings_what_mounts_it_and_who_calls_it() {
    let home = stack().join("home");
    let arguments = [
        "--format",
        "json",
        "--litellm",
        "litellm/config/config.yaml",
    ];
    assert_eq!(
        run(&stack(), &home, &[], &arguments).inputs(),
        [
            "client found home/.config/claude/mcp-settings.json",
            "compose mounted litellm/docker-compose.yml",
            "env mounted secrets/litellm.env",
            "litellm flag litellm/config/config.yaml",
        ]
    );
}

#[test]
fn named_inputs_switch_the_home_off_unless_it_is_named_too() {
    let empty = tempfile::tempdir().expect("a folder");
    let home = stack().join("home");
    let compose = [
        "--format",
        "json",
        "--compose",
        "litellm/docker-compose.yml",
    ];
    let clients = |run: &Run| {
        run.inputs()
            .iter()
            .filter(|input| input.starts_with("client"))
            .count()
    };
    assert_eq!(clients(&run(&stack(), &home, &[], &compose)), 0);
    let with_home = [&compose[..], &["--home", "home"]].concat();
    assert_eq!(clients(&run(&stack(), empty.path(), &[], &with_home)), 1);
}

#[test]
fn nothing_named_reads_the_folder_and_the_home() {
    let home = stack().join("home");
    let inputs = run(&stack().join("litellm"), &home, &[], &["--format", "json"]).inputs();
    assert!(
        inputs.contains(&"litellm found config/config.yaml".to_owned()),
        "{inputs:?}"
    );
    assert!(
        inputs.iter().any(|input| input.starts_with("client found")),
        "{inputs:?}"
    );
}

/// Under sudo the client files are those of the user who called it.
#[test]
#[cfg(target_os = "linux")]
fn sudo_reads_the_callers_home_and_says_so() {
    let passwd = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let caller = passwd
        .lines()
        .filter_map(|line| line.split(':').next())
        .find(|name| *name != "root")
        .expect("a user beside root");
    let arguments = ["--litellm", "litellm/config/config.yaml"];
    let run = run(
        &stack(),
        &stack().join("home"),
        &[("SUDO_USER", caller)],
        &arguments,
    );
    assert!(
        run.stdout
            .contains(&format!("client files are those of {caller}")),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("client-file-not-read"),
        "{}",
        run.stdout
    );
}

#[test]
fn what_was_not_found_is_said_with_its_flag() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = "model_list: []\nmcp_servers:\n  a:\n    url: http://a:8000/mcp\n";
    std::fs::write(dir.path().join("config.yaml"), text).expect("a file");
    let run = run(dir.path(), dir.path(), &[], &["--litellm", "config.yaml"]);
    assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
    for flag in ["--compose", "--claude", "--litellm-version"] {
        assert!(run.stdout.contains(flag), "{flag} in {}", run.stdout);
    }
}

#[test]
fn the_threshold_decides_how_it_ends() {
    let working = stack()
        .parent()
        .expect("a case")
        .with_file_name("linuxserver.lan-working-no-env");
    let ends = |level: &str| run(&working, &working, &[], &["--fail-on", level, "stack"]).status;
    // The stack has notes and nothing worse.
    assert_eq!(ends("error"), Some(0));
    assert_eq!(ends("warning"), Some(0));
    assert_eq!(ends("note"), Some(1));
    assert_eq!(ends("never"), Some(0));
}

/// `mcpdoc check | head -1`
#[test]
fn a_reader_that_stops_early_is_no_error() {
    let mut child = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .args(["check", "--offline", "--format", "json", "."])
        .current_dir(stack())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// An offline run opens no socket and starts no process: seen from outside, where a tracer is at hand.
#[test]
#[ignore = "needs strace"]
fn an_offline_run_opens_no_socket_and_starts_nothing() {
    let output = Command::new("strace")
        .args([
            "-f",
            "-e",
            "trace=socket,connect,execve,fork,vfork,clone,clone3",
            "-o",
            "/dev/stderr",
        ])
        .arg(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["check", "--offline", "-q", "."])
        .current_dir(stack())
        .output()
        .expect("strace");
    let trace = String::from_utf8_lossy(&output.stderr);
    let calls: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains('(') && !line.contains("+++"))
        .collect();
    assert!(calls.iter().any(|line| line.contains("execve")), "{trace}");
    let others: Vec<&&str> = calls
        .iter()
        .filter(|line| !line.contains("execve"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(
        calls.iter().filter(|line| line.contains("execve")).count(),
        1,
        "{trace}"
    );
}
