//! `mcpdoc check --untrusted` over a repository that is made to attack it.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use clap::ValueEnum as _;
use mcpdoc::cli::Format;
use mcpdoc::fact::{Container, Engine, EngineKind, Facts, Known, Locality, Mounted, Tokens, label};
use mcpdoc::load::{Memory, Request, load};
use mcpdoc::plan::Permissions;
use mcpdoc::record::{Digests, Record, Run};
use serde_json::Value;

use attack::{Attack, CANARY, NAMED, OF_RUNNER, link_to, write};

#[path = "support/attack.rs"]
mod attack;

const OUTSIDE: &str = "path-outside-repository";

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn formats() -> impl Iterator<Item = String> {
    let values = Format::value_variants().iter();
    values.filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

/// What the findings of a check say, and where they stand.
fn findings(document: &Value, check: &str) -> Vec<(String, String)> {
    let all = document["findings"].as_array().expect("findings");
    let of_check = all.iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_check
        .map(|finding| {
            let place = &finding["locations"][0];
            (text(&finding["message"]), text(&place["file"]))
        })
        .collect()
}

#[test]
fn nothing_outside_of_the_repository_and_nothing_of_the_runner_is_in_a_report() {
    let attack = Attack::new();
    let detail = [&[][..], &["-v"], &["-q"]];
    for format in formats() {
        for more in detail {
            let mut arguments = vec!["--untrusted", "--format", &format];
            arguments.extend(more);
            let output = attack.check(&arguments);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{said}");
            for secret in [CANARY, OF_RUNNER] {
                assert!(!said.contains(secret), "{arguments:?}: {said}");
            }
            assert_eq!(
                said,
                self::said(&attack.check(&arguments)),
                "it is the same again"
            );
        }
    }
    assert!(!attack.mark().exists() && !attack.was_called());

    // The same repository gives everything away to who trusts it.
    let trusting = said(&attack.check(&["--offline", "-v", "."]));
    assert!(
        trusting.contains(CANARY) && trusting.contains(OF_RUNNER),
        "{trusting}"
    );
}

#[test]
fn everything_that_leads_out_is_a_finding() {
    let attack = Attack::new();
    let document = document(&attack.check(&["--untrusted", "--format", "json"]));
    let found = findings(&document, OUTSIDE);
    let absolute = |name: &str| attack.outside.join(name).to_string_lossy().into_owned();
    let absolute = ["absolute.yml", "absolute.env"].map(absolute);
    let wanted: BTreeSet<&str> = NAMED
        .iter()
        .copied()
        .chain(absolute.iter().map(String::as_str))
        .collect();
    for name in &wanted {
        let is_said = |(message, _): &&(String, String)| {
            message
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(' '))
        };
        assert!(
            found.iter().any(|one| is_said(&one)),
            "{name} in {found:#?}"
        );
    }
    // Nothing is made of what was not looked at.
    let of_files = findings(&document, "file-unreadable");
    let unreadable: Vec<&str> = of_files.iter().map(|(_, file)| file.as_str()).collect();
    for check in [
        "env-file-missing",
        "env-variable-unset",
        "config-not-passed",
        "invalid-syntax",
    ] {
        assert_eq!(findings(&document, check), [], "{check}");
    }
    assert!(unreadable.is_empty(), "{of_files:?}");
    // A socket that is mounted is another matter.
    assert!(
        found
            .iter()
            .all(|(message, _)| !message.contains("/var/run")),
        "{found:#?}"
    );
}

#[test]
fn nothing_is_written() {
    let attack = Attack::new();
    let before = tree(attack.repo.parent().expect("its folder"));
    attack.check(&["--untrusted"]);
    assert_eq!(tree(attack.repo.parent().expect("its folder")), before);
}

/// Every path below a folder, with its length and when it was changed last.
fn tree(dir: &Path) -> BTreeSet<(PathBuf, u64, String)> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is = fs::symlink_metadata(&path).expect("what it is");
        let changed = format!("{:?}", is.modified().expect("a time"));
        if is.is_dir() {
            found.extend(tree(&path));
        }
        found.insert((path, is.len(), changed));
    }
    found
}

/// A repository with these files, and a `.git`.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a folder");
    write(
        &temp.path().join("repo/.git/HEAD"),
        "ref: refs/heads/main\n",
    );
    for (name, text) in files {
        write(&temp.path().join("repo").join(name), text);
    }
    temp
}

fn check_in(dir: &Path, arguments: &[&str]) -> Output {
    std::process::Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["check", "--untrusted", "--format", "json"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("a run")
}

const COMPOSE: &str = "services:\n  a:\n    image: x\n    env_file: ../shared.env\n";

#[test]
fn the_repository_is_the_root_and_the_one_folder_that_is_named() {
    let temp = repository(&[
        ("deploy/compose.yaml", COMPOSE),
        ("other/compose.yaml", COMPOSE),
        ("shared.env", "A=1\n"),
    ]);
    let repo = temp.path().join("repo");
    let outside = |dir: &Path, arguments: &[&str]| {
        let output = check_in(dir, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        findings(&document(&output), OUTSIDE).len()
    };
    assert_eq!(outside(&repo, &[]), 0);
    assert_eq!(outside(&repo.join("deploy"), &[]), 0);
    assert_eq!(outside(&repo, &["deploy/compose.yaml"]), 0);
    assert_eq!(outside(&repo, &["deploy", "other"]), 0);
    assert_eq!(outside(&repo, &["--compose", "deploy/compose.yaml"]), 0);
    assert_eq!(outside(&repo, &["deploy"]), 1);
    let absolute = repo.join("deploy/compose.yaml");
    assert_eq!(outside(Path::new("/"), &[&absolute.to_string_lossy()]), 0);
    // Without a repository it is the working directory.
    fs::remove_dir_all(repo.join(".git")).expect("to remove it");
    assert_eq!(outside(&repo.join("deploy"), &[]), 1);
    assert_eq!(outside(&repo, &["deploy/compose.yaml"]), 0);
}

#[test]
fn what_is_named_and_leads_out_is_wrong_usage() {
    let temp = repository(&[("compose.yaml", COMPOSE), ("nested/.git/HEAD", "")]);
    let repo = temp.path().join("repo");
    for name in [
        "stranger/compose.yaml",
        "stranger/.git/HEAD",
        "a.yaml",
        "b.env",
    ] {
        write(&temp.path().join(name), COMPOSE);
    }
    link_to(Path::new("../stranger"), &repo.join("folder"));
    link_to(Path::new("../a.yaml"), &repo.join("linked.yaml"));
    let far = temp.path().join("a.yaml");
    let far = far.to_string_lossy();
    for arguments in [
        &["folder"][..],
        &["folder/compose.yaml"],
        &["linked.yaml"],
        &["compose.yaml", "../a.yaml"],
        &["--litellm", "linked.yaml"],
        &["--compose", "compose.yaml,linked.yaml"],
        &["--claude", &far],
        &["--env-file", "../b.env"],
    ] {
        let output = check_in(&repo, arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
        assert!(said.contains(" outside of "), "{arguments:?}: {said}");
    }
    // By the way from outside as well.
    let folder = repo.join("folder");
    let output = check_in(Path::new("/"), &[&folder.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    for flags in [
        &["--allow-exec"][..],
        &["--home", "."],
        &["--trust-origin", "https://a.example"],
        &["--docker-host", "unix:///x"],
        &["--gateway-key-env", "KEY"],
        &["--call", "a:b"],
    ] {
        let output = check_in(&repo, flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(
            said(&output).contains("--untrusted"),
            "{flags:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_repository_with_nothing_but_a_link_says_so() {
    let temp = repository(&[]);
    let repo = temp.path().join("repo");
    write(&temp.path().join("litellm.yaml"), "model_list: []\n");
    link_to(Path::new("../litellm.yaml"), &repo.join("litellm.yaml"));
    let output = check_in(&repo, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("litellm.yaml, which leads outside of"),
        "{}",
        said(&output)
    );
}

/// What may be set in a file that was not read is neither set nor missing, and what it may declare is not absent.
#[test]
fn nothing_is_concluded_from_what_was_not_read() {
    let stack = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [\"--config\", \"/app/config.yaml\"]
    volumes: [./config.yaml:/app/config.yaml:ro]
";
    let litellm = "mcp_servers:
  db:
    transport: sse
    url: http://mcp:8000/sse
  other:
    transport: http
    url: os.environ/OTHER
";
    let temp = repository(&[("config.yaml", litellm)]);
    let repo = temp.path().join("repo");
    let found = |compose: &str, checks: [&str; 3]| {
        write(&repo.join("compose.yaml"), compose);
        let document = document(&check_in(&repo, &[]));
        checks.map(|check| findings(&document, check).len())
    };
    let checks = [OUTSIDE, "env-variable-unset", "unknown-host"];
    // Everything was read, and nothing sets the variable or is called so.
    assert_eq!(found(stack, checks), [0, 1, 1]);
    let with_file = format!("{stack}    env_file: ../shared.env\n");
    assert_eq!(found(&with_file, checks), [1, 0, 1]);
    assert_eq!(found(&with_file, ["env-file-missing"; 3]), [0; 3]);
    let with_include = format!("include: [../shared.yml]\n{stack}");
    assert_eq!(found(&with_include, checks)[0], 1);
    assert_eq!(found(&with_include, checks)[2], 0);
    // It is there, and of no more use.
    write(
        &temp.path().join("shared.env"),
        "OTHER=http://mcp:8000/mcp\n",
    );
    assert_eq!(found(&with_file, checks), [1, 0, 1]);
    link_to(Path::new("../shared.env"), &repo.join("linked.env"));
    let with_link = format!("{stack}    env_file: linked.env\n");
    assert_eq!(found(&with_link, checks), [1, 0, 1]);
    // A link that stays is followed.
    write(&repo.join("real.env"), "OTHER=http://mcp:8000/mcp\n");
    link_to(Path::new("real.env"), &repo.join("inner.env"));
    let with_inner = format!("{stack}    env_file: inner.env\n");
    assert_eq!(found(&with_inner, checks)[..2], [0, 0]);
}

/// A record is named by whoever checks; what it names is a stranger's.
fn record(attack: &Attack) -> String {
    let outside = |name: &str| attack.outside.join(name).to_string_lossy().into_owned();
    let mut labelled = Container::blank("labelled");
    labelled.image = "ghcr.io/berriai/litellm:v1.77.3-stable".to_owned();
    labelled.labels.extend([
        (label::PROJECT.to_owned(), "stolen".to_owned()),
        (label::DIRECTORY.to_owned(), outside("")),
        (
            label::FILES.to_owned(),
            format!("{},{}", outside("broken.yml"), outside("included.yml")),
        ),
    ]);
    let mut mounting = Container::blank("mounting");
    mounting.image.clone_from(&labelled.image);
    mounting.command = ["--config", "/app/config.yaml"].map(str::to_owned).to_vec();
    mounting.mounts = vec![Mounted {
        kind: "bind".to_owned(),
        source: outside("litellm.yaml"),
        target: "/app/config.yaml".to_owned(),
        writable: true,
        since: None,
    }];
    let facts = Facts {
        engine: Known::Yes(Engine {
            endpoint: "unix:///var/run/docker.sock".to_owned(),
            kind: EngineKind::Linux,
            version: None,
            api: None,
            locality: Locality::Here,
            enter: Known::Yes(()),
            images: Vec::new(),
            containers: vec![labelled, mounting],
            networks: Vec::new(),
            gaps: Vec::new(),
        }),
        ..Facts::none()
    };
    let request = Request {
        cwd: "/nowhere".into(),
        ..Request::default()
    };
    let files = Memory::default();
    let digests = Digests::of_files(&files);
    let run = Run {
        stack: &load(&request, &digests),
        request: &request,
        permissions: &Permissions {
            docker: true,
            ..Permissions::default()
        },
        machine: &[],
        gateway_urls: &[],
        digests: &digests,
    };
    let record = Record::new(run, &facts, [3; Tokens::SALT]).expect("a record");
    record.render().expect("JSON")
}

#[test]
fn a_record_names_no_file_outside() {
    let attack = Attack::new();
    let facts = attack.outside.join("facts.json");
    write(&facts, &record(&attack));
    let facts = facts.to_string_lossy();
    // What is found by what runs is looked for where nothing is found by its name.
    for name in fs::read_dir(&attack.repo).expect("the repository") {
        let path = name.expect("an entry").path();
        let removed = match path.is_dir() && !path.is_symlink() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.expect("to remove it");
    }
    write(&attack.repo.join(".git"), "");
    let output = attack.check(&["--untrusted", "--facts", &facts, "--format", "json"]);
    assert!(!said(&output).contains(CANARY), "{}", said(&output));
    let found = findings(&document(&output), OUTSIDE);
    let messages: Vec<&str> = found.iter().map(|(message, _)| message.as_str()).collect();
    for name in ["broken.yml", "included.yml", "litellm.yaml"] {
        let path = attack.outside.join(name);
        let path = path.to_string_lossy();
        assert!(
            messages.iter().any(|message| message.starts_with(&*path)),
            "{name}: {messages:#?}"
        );
    }
    // To who trusts it, the record shows what lies there.
    let trusting = attack.check(&["--facts", &facts, "-v"]);
    assert!(said(&trusting).contains(CANARY), "{}", said(&trusting));
}

/// What a traced run did.
#[derive(Debug, Default)]
struct Trace {
    started: Vec<String>,
    sockets: Vec<String>,
    written: Vec<String>,
    /// Paths outside of the repository that were touched.
    outside: BTreeSet<PathBuf>,
    inside: usize,
}

/// Paths that the start of any process reads.
const START: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/proc/self/maps",
];
/// Calls that make or use a socket.
const SOCKETS: &[&str] = &[
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
];
/// Calls that change what they name.
const CHANGES: &[&str] = &[
    "mkdir",
    "rmdir",
    "rename",
    "unlink",
    "link",
    "symlink",
    "chmod",
    "chown",
    "truncate",
    "mknod",
    "utime",
    "setxattr",
    "removexattr",
    "creat",
    "mount",
    "chroot",
];

impl Trace {
    fn of(attack: &Attack, arguments: &[&str]) -> Trace {
        let file = attack.repo.with_file_name("trace");
        let file_name = file.to_string_lossy();
        let before = [
            "strace",
            "-f",
            "-y",
            "-s",
            "4096",
            "-e",
            "trace=%process,%network,%file",
            "-o",
            &file_name,
        ];
        let output = attack
            .command(&before)
            .arg("check")
            .args(arguments)
            .output();
        output.expect("strace");
        let text = fs::read(&file).expect("a trace");
        let mut trace = Trace::default();
        for line in String::from_utf8_lossy(&text).lines() {
            trace.take(line, &attack.repo);
        }
        trace
    }

    /// Takes a line: `1234 openat(AT_FDCWD, "/a/b", O_RDONLY|O_CLOEXEC) = 3`.
    fn take(&mut self, line: &str, repo: &Path) {
        let Some((process, call)) = line.split_once(' ') else {
            return;
        };
        let call = call.trim_start();
        let Some((name, rest)) = call.split_once('(') else {
            return;
        };
        if name.contains(['-', '+', '<', ' ']) {
            return;
        }
        match name {
            "execve" | "execveat" | "fork" | "vfork" | "clone" | "clone3" => {
                self.started.push(call.to_owned());
                return;
            }
            // The end of a process is none of a process.
            "exit" | "exit_group" | "wait4" | "waitid" | "kill" | "tgkill" | "rt_sigqueueinfo" => {
                return;
            }
            _ => {}
        }
        if SOCKETS.contains(&name) {
            self.sockets.push(call.to_owned());
            return;
        }
        // What the kernel has opened in the end, and what was asked for. Without a path it is something that is open.
        let opened = rest.rsplit_once(" = ").and_then(|(_, result)| {
            let (_, path) = result.split_once('<')?;
            path.strip_suffix('>')
        });
        let asked = rest.split_once('"').map(|(_, from)| from);
        let asked = asked.and_then(|from| from.split('"').next());
        let opens_to_write = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]
            .iter()
            .any(|flag| rest.contains(flag));
        if opens_to_write
            || CHANGES
                .iter()
                .any(|change| name.contains(change) && name != "readlink" && name != "readlinkat")
        {
            self.written.push(call.to_owned());
        }
        for path in opened.into_iter().chain(asked) {
            self.touch(
                &path.replace(&format!("/proc/{process}/"), "/proc/self/"),
                repo,
            );
        }
    }

    fn touch(&mut self, path: &str, repo: &Path) {
        if path.is_empty() {
            return;
        }
        let path = repo.join(path);
        let is_above = repo.starts_with(&path);
        let is_start = START.iter().any(|start| path.starts_with(start));
        // Whether a folder above is a repository.
        let is_git =
            path.ends_with(".git") && path.parent().is_some_and(|dir| repo.starts_with(dir));
        if path.starts_with(repo) {
            self.inside += 1;
        } else if !is_above && !is_start && !is_git {
            self.outside.insert(path);
        }
    }
}

/// Seen from outside: no process, no socket, nothing written, and no path beside the repository even looked at.
#[test]
#[ignore = "needs strace"]
fn a_traced_run_stays_in_the_repository() {
    let attack = Attack::new();
    let facts = attack.outside.join("facts.json");
    write(&facts, &record(&attack));
    let facts_name = facts.to_string_lossy();
    for arguments in [
        &["--untrusted"][..],
        &["--untrusted", "--format", "json", "."],
        &["--untrusted", "-v", "compose.yaml", "config.yaml"],
        &["--untrusted", "--litellm", "config.yaml"],
        &["--untrusted", "--facts", &facts_name],
    ] {
        let mut trace = Trace::of(&attack, arguments);
        trace.outside.remove(&facts);
        assert_eq!(
            trace.started.len(),
            1,
            "{arguments:?}: {:#?}",
            trace.started
        );
        assert!(
            trace.sockets.is_empty(),
            "{arguments:?}: {:#?}",
            trace.sockets
        );
        assert!(
            trace.written.is_empty(),
            "{arguments:?}: {:#?}",
            trace.written
        );
        assert!(
            trace.outside.is_empty(),
            "{arguments:?}: {:#?}",
            trace.outside
        );
        assert!(trace.inside > 20, "{arguments:?}: {trace:#?}");
    }
    assert!(!attack.mark().exists() && !attack.was_called());

    // The same eyes see what is done for who trusts it.
    let trace = Trace::of(&attack, &["--allow-exec", "--timeout", "2", "."]);
    assert!(
        trace.started.len() > 1 && attack.mark().exists(),
        "{:#?}",
        trace.started
    );
    assert!(!trace.sockets.is_empty() && attack.was_called());
    assert!(!trace.written.is_empty());
    for name in [
        "secrets.env",
        "service.env",
        "included.yml",
        "extended.yml",
        "litellm.yaml",
        "mcp.json",
        "claude/settings.json",
    ] {
        let wanted = attack.outside.join(name);
        assert!(
            trace.outside.contains(&wanted),
            "{name}: {:#?}",
            trace.outside
        );
    }
}

const CONFIG: (&str, &str) = (
    "config.yaml",
    "litellm_settings: {}\nmcp_servers:\n  files:\n    \
     url: http://files.example.com/mcp\n    transport: http_stream # mcpdoc: ignore[transport-invalid] r\n",
);

/// A repository with these files, and its folder; a file that it must not read lies beside.
fn beside_a_canary(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let temp = repository(files);
    let canary = format!("mcp_servers: {CANARY}\n");
    write(&temp.path().join("canary.yaml"), &canary);
    let repo = temp.path().join("repo");
    (temp, repo)
}

#[test]
fn settings_of_the_repository_name_nothing_outside_of_it() {
    for settings in [
        "[inputs]\nlitellm = ['../canary.yaml']",
        "[inputs]\npaths = ['..']",
        "[inputs]\ncompose = ['../canary.yaml']",
        "[inputs]\nclaude = ['../canary.yaml']",
        "[inputs]\nenv-file = ['../canary.yaml']",
        "baseline = '../canary.yaml'",
    ] {
        let (_temp, repo) = beside_a_canary(&[CONFIG, ("mcpdoc.toml", settings)]);
        let output = check_in(&repo, &[]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{settings}: {said}");
        assert!(!said.contains(CANARY), "{settings}: {said}");
        assert!(said.contains("outside"), "{settings}: {said}");
    }
    let (_temp, repo) = beside_a_canary(&[CONFIG]);
    link_to(Path::new("../canary.yaml"), &repo.join("mcpdoc.toml"));
    let output = check_in(&repo, &[]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("mcpdoc.toml: outside") && !said.contains(CANARY),
        "{said}"
    );
}

#[test]
fn whoever_checks_brings_settings_and_a_baseline_from_outside() {
    let own = "[severity]\ntransport-invalid = 'off'\n";
    let (temp, repo) = beside_a_canary(&[CONFIG, ("mcpdoc.toml", own)]);
    write(&temp.path().join("mine.toml"), "fail-on = 'note'\n");
    let known = "{\"schema\": \"mcpdoc-baseline/1\", \"inputs\": [], \"findings\": []}";
    write(&temp.path().join("known.json"), known);
    let mine = [
        "--config",
        "../mine.toml",
        "--baseline",
        "../known.json",
        "--no-ignore",
    ];
    // The baseline has no say where everything counts.
    let output = check_in(&repo, &mine);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let output = check_in(&repo, &["--config", "../mine.toml", "--no-ignore"]);
    let document = document(&output);
    assert_eq!(
        findings(&document, "transport-invalid").len(),
        1,
        "{}",
        said(&output)
    );
    let output = check_in(
        &repo,
        &["--config", "../mine.toml", "--baseline", "../known.json"],
    );
    let document = self::document(&output);
    assert_eq!(
        document["summary"]["ignored"],
        1,
        "by the comment: {}",
        said(&output)
    );
    assert!(!said(&output).contains(OUTSIDE), "{}", said(&output));
    let output = check_in(&repo, &["--config", "../nowhere.toml"]);
    assert!(
        said(&output).contains("--config ../nowhere.toml: no such file"),
        "{}",
        said(&output)
    );
}
