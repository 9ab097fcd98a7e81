//! mcpdoc as a gate: the steps of `action.yml`, and the hook of `.pre-commit-hooks.yaml`, each as it is used.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("a file")),
        }
    }
}

fn git(dir: &Path, arguments: &[&str]) {
    let settings = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "commit.gpgsign=false",
    ];
    let output = Command::new("git")
        .args(settings)
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("git");
    assert!(output.status.success(), "{arguments:?} {output:?}");
}

/// A repository with the stack of a fixture, committed.
fn repository(fixture: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    copy(
        &Path::new(ROOT).join("fixtures").join(fixture).join("stack"),
        dir.path(),
    );
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "a stack"]);
    dir
}

/// A build that is there sooner: what is tried is how mcpdoc gets there, and not how fast it is then.
const QUICK: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
    (
        "CARGO_TARGET_DIR",
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/gate-build"),
    ),
];

/// A run of the action.
struct Run {
    output: Output,
    temp: TempDir,
}

impl Run {
    fn of(workspace: &Path, inputs: &[&str]) -> Run {
        let temp = tempfile::tempdir().expect("a folder");
        let output = Command::new(Path::new(ROOT).join("tests/gate/action"))
            .arg(workspace)
            .args(inputs)
            .env("RUNNER_TEMP", temp.path())
            .envs(QUICK.iter().copied())
            .output()
            .expect("python3 with PyYAML");
        Run { output, temp }
    }

    fn status(&self) -> Option<i32> {
        self.output.status.code()
    }

    fn said(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}{}", text(&self.output.stdout), text(&self.output.stderr))
    }

    fn kept(&self, name: &str) -> String {
        fs::read_to_string(self.temp.path().join(name)).unwrap_or_default()
    }
}

fn program() -> String {
    format!("mcpdoc={}", env!("CARGO_BIN_EXE_mcpdoc"))
}

#[test]
#[ignore = "needs python3 with PyYAML"]
fn the_action_annotates_summarises_and_reports() {
    let stack = repository("linuxserver.lan");
    let run = Run::of(stack.path(), &[&program()]);
    let said = run.said();
    assert_eq!(run.status(), Some(1), "{said}");
    assert!(
        said.contains("::error file=litellm/config/config.yaml,line="),
        "{said}"
    );
    assert!(
        run.kept("summary.md").contains("port-mismatch"),
        "{}",
        run.kept("summary.md")
    );
    assert_eq!(run.kept("outputs"), "sarif=mcpdoc.sarif\nstatus=1\n");
    let sarif = fs::read(stack.path().join("mcpdoc.sarif")).expect("a report");
    let sarif: Value = serde_json::from_slice(&sarif).expect("JSON");
    let results = sarif["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter();
    assert!(
        results
            .filter(|result| result["ruleId"] == "port-mismatch")
            .count()
            == 1
    );

    let never = Run::of(
        stack.path(),
        &[&program(), "fail-on=never", "sarif=", "summary=false"],
    );
    assert_eq!(
        (never.status(), never.kept("summary.md").as_str()),
        (Some(0), "")
    );
    let missing = Run::of(stack.path(), &[&program(), "config=nowhere.toml"]);
    assert_eq!(missing.status(), Some(2), "{}", missing.said());
    assert!(
        missing
            .said()
            .contains("--config nowhere.toml: no such file")
    );
    assert_eq!(missing.kept("outputs"), "sarif=mcpdoc.sarif\nstatus=2\n");
}

#[test]
#[ignore = "needs python3 with PyYAML"]
fn what_is_written_into_an_input_is_one_word() {
    let stack = repository("linuxserver.lan");
    for words in [
        "paths=$(touch pwned)\n`touch pwned`\n; touch pwned",
        "paths=--allow-exec",
        "config=x; touch pwned",
        "arguments=--only=$(touch pwned)",
    ] {
        let run = Run::of(stack.path(), &[&program(), words]);
        assert_eq!(run.status(), Some(2), "{words}: {}", run.said());
        assert!(!stack.path().join("pwned").exists(), "{words}");
    }
    let run = Run::of(
        stack.path(),
        &[
            &program(),
            "paths=litellm\nmcp",
            "arguments=--skip\nport-mismatch",
        ],
    );
    assert_eq!(run.status(), Some(1), "{}", run.said());
    assert!(
        !run.said().contains(": port-mismatch") && !run.said().contains("%3A port-mismatch"),
        "{}",
        run.said()
    );
    assert!(run.said().contains("transport-mismatch"));
}

#[test]
#[ignore = "builds mcpdoc, and needs python3 with PyYAML"]
fn the_action_builds_what_it_runs() {
    let stack = repository("linuxserver.lan-working");
    let run = Run::of(stack.path(), &["arguments=--fail-on=error"]);
    assert_eq!(run.status(), Some(0), "{}", run.said());
    assert!(run.temp.path().join("mcpdoc/bin/mcpdoc").is_file());
}

/// The environment that `tests/gate/install` makes.
fn pre_commit() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| Path::new(ROOT).join("target"), PathBuf::from);
    target.join("gate/bin/pre-commit")
}

#[test]
#[ignore = "builds mcpdoc, and needs pre-commit: tests/gate/install"]
fn the_hook_stops_a_commit_that_would_break_the_chain() {
    let stack = repository("linuxserver.lan");
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let output = Command::new(pre_commit())
            .args(["try-repo", ROOT, "mcpdoc", "--verbose"])
            .args(arguments)
            .current_dir(stack.path())
            .env("PRE_COMMIT_HOME", home.path())
            .envs(QUICK.iter().copied())
            .output()
            .expect("pre-commit");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let (status, said) = run(&["--all-files"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("Failed") && said.contains("error[port-mismatch]"),
        "{said}"
    );
    fs::write(stack.path().join("notes.txt"), "nothing of the chain\n").expect("a file");
    git(stack.path(), &["add", "-A"]);
    let (status, said) = run(&[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Skipped"), "{said}");
    fs::write(
        stack.path().join("litellm/config/config.yaml"),
        "mcp_servers: {}\n",
    )
    .expect("a file");
    git(stack.path(), &["add", "-A"]);
    let (status, said) = run(&[]);
    assert!(
        status == Some(1) && !said.contains("port-mismatch"),
        "{said}"
    );
}
