//! `mcpdoc check --changed-since`: the stacks that a change touches, in a real repository of git.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn compose(service: &str, port: u16) -> String {
    format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [\"--config\", \"/app/config.yaml\"]\n    \
         environment: {{LITELLM_MASTER_KEY: sk-long-enough-to-be-one}}\n    volumes: [\"./config.yaml:/app/config.yaml\"]\n  \
         {service}:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [\"--transport=sse\", \"--sse-port={port}\", \
         \"--access-mode=restricted\"]\n    environment: {{DATABASE_URI: postgresql://u:p@pg:5432/d}}\n"
    )
}

fn config(url: &str) -> String {
    format!(
        "litellm_settings:\n  drop_params: true\nmcp_servers:\n  db:\n    transport: sse\n    url: {url}\n"
    )
}

struct Repository(TempDir);

impl Repository {
    /// One with two stacks that have nothing to do with each other, both broken in the same way.
    fn new() -> Repository {
        let repository = Repository(tempfile::tempdir().expect("a folder"));
        repository.git(&["init", "-q", "-b", "main"]);
        for stack in ["one", "two"] {
            repository.write(&format!("{stack}/compose.yaml"), &compose(stack, 8000));
            repository.write(
                &format!("{stack}/config.yaml"),
                &config(&format!("http://{stack}:9999/sse")),
            );
        }
        repository.write("README.md", "read me\n");
        repository.commit();
        repository.git(&["checkout", "-q", "-b", "work"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .expect("git");
        assert!(output.status.success(), "{arguments:?} {output:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a change"]);
    }

    fn check(&self, dir: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
            .args(["check", "--offline", "--format", "json"])
            .args(arguments)
            .current_dir(self.path().join(dir))
            .env("HOME", self.path().join("no-home"))
            .output()
            .expect("mcpdoc")
    }

    /// The files of port-mismatch, and the exit status.
    fn found(&self, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
        let output = self.check(".", arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
        let findings = report["findings"].as_array().expect("findings").iter();
        let errors = findings.filter(|finding| finding["severity"] == "error");
        let files = errors.map(|finding| {
            let file = finding["locations"][0]["file"].as_str().expect("a file");
            file.to_owned()
        });
        (files.collect(), output.status.code())
    }
}

const SINCE: &[&str] = &["--changed-since", "main"];

#[test]
fn only_the_touched_stack_is_looked_at() {
    let repository = Repository::new();
    let both = ["one/config.yaml", "two/config.yaml"];
    assert_eq!(repository.found(&[]).0, both);
    assert_eq!(
        repository.found(SINCE),
        (Vec::new(), Some(0)),
        "nothing has changed"
    );
    repository.write("README.md", "read more\n");
    repository.commit();
    assert_eq!(
        repository.found(SINCE),
        (Vec::new(), Some(0)),
        "no stack has changed"
    );
    // Either side of a stack touches it; committed, staged, in the folder alone, and new.
    for (name, text) in [
        ("one/compose.yaml", compose("one", 8001)),
        ("one/config.yaml", config("http://one:9998/sse")),
    ] {
        let repository = Repository::new();
        repository.write(name, &text);
        let one = (vec!["one/config.yaml".to_owned()], Some(1));
        assert_eq!(repository.found(SINCE), one, "{name}, in the folder");
        repository.git(&["add", "-A"]);
        assert_eq!(repository.found(SINCE), one, "{name}, staged");
        repository.commit();
        assert_eq!(repository.found(SINCE), one, "{name}, committed");
        let named = [
            "--litellm",
            "two/config.yaml",
            "--litellm",
            "one/config.yaml",
            "--changed-since",
            "main",
        ];
        assert_eq!(repository.found(&named), one, "{name}, with names");
    }
    let repository = Repository::new();
    repository.write(
        "three/config.yaml",
        &config("http://three:1/sse").replace("sse\n    url", "ssee\n    url"),
    );
    assert_eq!(
        repository.found(SINCE),
        (vec!["three/config.yaml".to_owned()], Some(1)),
        "new"
    );
}

#[test]
fn what_a_change_tears_apart_is_touched() {
    let repository = Repository::new();
    // The service that the gateway of the other file calls is called otherwise now: nothing leads there any more.
    repository.write("two/compose.yaml", &compose("renamed", 9999));
    let found = repository.found(SINCE);
    assert_eq!(found, (vec!["two/config.yaml".to_owned()], Some(1)));
    let repository = Repository::new();
    fs::remove_file(repository.path().join("two/compose.yaml")).expect("to remove it");
    let output = repository.check(".", SINCE);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("two/config.yaml") && !text.contains("one/config.yaml"),
        "{text}"
    );
}

#[test]
fn what_others_have_done_since_is_no_part_of_it() {
    let repository = Repository::new();
    repository.write("one/config.yaml", &config("http://one:9998/sse"));
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("two/config.yaml", &config("http://two:9998/sse"));
    repository.commit();
    repository.git(&["checkout", "-q", "work"]);
    assert_eq!(repository.found(SINCE).0, ["one/config.yaml"]);
}

#[test]
fn settings_touch_everything() {
    let repository = Repository::new();
    repository.write("mcpdoc.toml", "");
    assert_eq!(
        repository.found(SINCE).0,
        ["one/config.yaml", "two/config.yaml"]
    );
}

#[test]
fn it_is_said_what_is_left_out() {
    let repository = Repository::new();
    repository.write("one/config.yaml", &config("http://one:9998/sse"));
    let output = repository.check(".", SINCE);
    let text = String::from_utf8_lossy(&output.stdout);
    let what = "2 files of stacks that the changes since main do not touch";
    assert!(
        text.contains("\"why\": \"untouched\"") && text.contains(what),
        "{text}"
    );
}

#[test]
fn what_git_cannot_tell_is_said_in_a_line() {
    let repository = Repository::new();
    let refused = |dir: &str, arguments: &[&str]| {
        let output = repository.check(dir, arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(said.lines().count(), 1, "{said}");
        said
    };
    let said = refused(".", &["--changed-since", "nowhere"]);
    assert!(
        said.starts_with("mcpdoc: --changed-since nowhere: there is no such revision in "),
        "{said}"
    );
    let said = refused(".", &["--changed-since=--output=/tmp/x"]);
    assert!(said.contains("there is no such revision"), "{said}");
    repository.git(&["checkout", "-q", "--orphan", "alone"]);
    repository.write("README.md", "another past\n");
    repository.commit();
    let said = refused(".", SINCE);
    assert!(
        said.contains("it has no past in common with HEAD"),
        "{said}"
    );
    fs::remove_dir_all(repository.path().join(".git")).expect("to remove it");
    let said = refused(".", SINCE);
    assert!(
        said.contains("--changed-since main: not a git repository"),
        "{said}"
    );
}

/// What is not a part of a stack by its own content decides as well.
#[test]
fn whatever_a_stack_reads_touches_it() {
    let extending = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    command: [\"--config\", \"/app/config.yaml\"]\n    \
                     volumes: [\"./config.yaml:/app/config.yaml\"]\n  one:\n    extends: {file: ../base/common.yml, service: one}\n";
    let service = "services:\n  one:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [\"--transport=sse\", \"--sse-port=9999\"]\n";
    let including = |env: &str| {
        format!(
            "{}include:\n  - path: ../base/b.yaml\n    env_file: {env}\n",
            compose("one", 9999)
        )
    };
    let base = "services:\n  other:\n    image: example/other:${TAG}\n";
    type Files = Vec<(&'static str, String)>;
    let cases: Vec<(Files, &str, String)> = vec![
        (
            vec![
                ("one/compose.yaml", extending.to_owned()),
                ("base/common.yml", service.to_owned()),
            ],
            "base/common.yml",
            service.replace("9999", "9998"),
        ),
        (
            vec![
                ("one/compose.yaml", including("../base/v.env")),
                ("base/b.yaml", base.to_owned()),
                ("base/v.env", "TAG=1\n".to_owned()),
            ],
            "base/v.env",
            "TAG=2\n".to_owned(),
        ),
        (
            vec![
                (
                    "one/compose.yaml",
                    format!("{}include: [../base/b.yaml]\n", compose("one", 9999)),
                ),
                ("base/b.yaml", base.to_owned()),
                ("base/.env", "TAG=1\n".to_owned()),
            ],
            "base/.env",
            "TAG=2\n".to_owned(),
        ),
    ];
    for (files, changed, text) in cases {
        let repository = Repository::new();
        repository.git(&["checkout", "-q", "main"]);
        for (name, text) in &files {
            repository.write(name, text);
        }
        repository.commit();
        repository.git(&["checkout", "-q", "-B", "work"]);
        repository.write(changed, &text);
        let output = repository.check(".", SINCE);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("one/config.yaml"), "{changed}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn links_lead_to_what_has_changed() {
    use std::os::unix::fs::symlink;

    let repository = Repository::new();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("real/c.yaml", &config("http://one:9999/sse"));
    fs::remove_file(repository.path().join("one/config.yaml")).expect("to remove it");
    symlink("../real/c.yaml", repository.path().join("one/config.yaml")).expect("a link");
    symlink("one", repository.path().join("linked")).expect("a link");
    repository.commit();
    repository.git(&["checkout", "-q", "-B", "work"]);
    repository.write("real/c.yaml", &config("http://one:9998/sse"));
    let output = repository.check(".", SINCE);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("port-mismatch") && !said.contains("\"two/config.yaml\""),
        "{said}"
    );
    repository.git(&["checkout", "-q", "."]);
    repository.write("one/compose.yaml", &compose("one", 8001));
    let output = repository.check(".", &["--changed-since", "main", "linked"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("port-mismatch"), "{said}");
}

#[test]
fn settings_that_are_gone_touch_everything_and_so_does_what_git_does_not_keep() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "main"]);
    repository.write(
        "mcpdoc.toml",
        "[[ignore]]\ncheck = 'port-mismatch'\nreason = 'r'\n",
    );
    repository.commit();
    repository.git(&["checkout", "-q", "-B", "work"]);
    fs::remove_file(repository.path().join("mcpdoc.toml")).expect("to remove it");
    assert_eq!(
        repository.found(SINCE).0,
        ["one/config.yaml", "two/config.yaml"]
    );
    let repository = Repository::new();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("compose.yaml"), compose("one", 8000)).expect("a file");
    fs::write(
        outside.path().join("config.yaml"),
        config("http://one:9999/sse"),
    )
    .expect("a file");
    let path = outside.path().to_string_lossy().into_owned();
    let found = repository.found(&["--changed-since", "main", &path]);
    assert_eq!(found.1, Some(1), "{found:?}");
}
