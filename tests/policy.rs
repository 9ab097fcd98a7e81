//! What a project decides of findings: comments, `mcpdoc.toml` and a baseline change what counts, and nothing else.

use std::path::PathBuf;

use clap::Parser;
use mcpdoc::check::Severity;
use mcpdoc::cli::{Cli, Command};
use mcpdoc::command::check::{World, prepare};
use mcpdoc::load::Memory;
use mcpdoc::policy::{Baseline, Known};
use mcpdoc::verdict::{IgnoredBy, Verdict};
use mcpdoc::{Examination, examine};

use support::CWD;

#[path = "support/run.rs"]
mod support;

/// A gateway whose only server is called at a port that it does not listen on.
const COMPOSE: &str = "\
services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3
    command: [\"--config\", \"/app/config.yaml\"]
    ports: [\"127.0.0.1:4000:4000\"]
    environment: {LITELLM_MASTER_KEY: sk-long-enough-to-be-one}
    volumes: [\"./config.yaml:/app/config.yaml\"]
  db:
    image: crystaldba/postgres-mcp:0.3.0
    command: [\"--transport=sse\", \"--access-mode=restricted\"]
    environment: {DATABASE_URI: postgresql://u:p@pg:5432/d}
";

fn config(url: &str) -> String {
    format!("mcp_servers:\n  db:\n    transport: sse\n    url: {url}\n")
}

const WRONG: &str = "http://db:8080/sse";

fn memory(files: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::default();
    memory.insert(PathBuf::from(CWD).join("compose.yaml"), COMPOSE);
    for (name, text) in files {
        memory.insert(PathBuf::from(CWD).join(name), *text);
    }
    memory
}

fn run(arguments: &str, files: &[(&str, &str)]) -> Examination {
    support::run(arguments, None, &memory(files))
}

/// `port-mismatch (settings: reason)` of what does not count.
fn ignored(examination: &Examination) -> Vec<String> {
    let ignored = examination.diagnosis.ignored.iter();
    let said = ignored.map(|one| {
        let reason = one.reason.as_deref().unwrap_or("no reason");
        format!("{} ({}: {reason})", one.judged.finding.check, one.by.word())
    });
    said.collect()
}

fn counted(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    let errors = findings.filter(|judged| judged.finding.severity > Severity::Note);
    errors
        .map(|judged| {
            format!(
                "{} {}",
                judged.finding.severity.word(),
                judged.finding.check
            )
        })
        .filter(|said| !said.contains("healthcheck"))
        .collect()
}

/// A baseline of what a run found.
fn of(examination: &Examination, known: Vec<Known>) -> Baseline {
    let stack = &examination.stack;
    let inputs = stack.inputs.iter();
    Baseline {
        inputs: inputs
            .map(|input| stack.name(input.source).to_owned())
            .collect(),
        known,
        ..Baseline::default()
    }
}

#[test]
fn without_a_decision_everything_counts() {
    let found = run("", &[("config.yaml", &config(WRONG))]);
    assert_eq!(counted(&found), ["error port-mismatch"]);
    assert_eq!(ignored(&found), [] as [&str; 0]);
}

#[test]
fn a_comment_on_either_side_puts_the_finding_aside_and_the_hop_stays_broken() {
    let on_line = config(&format!("{WRONG} # mcpdoc: ignore[port-mismatch] by hand"));
    let above = config(WRONG).replace(
        "    url:",
        "    # mcpdoc: ignore[port-mismatch] by hand\n    url:",
    );
    for text in [&on_line, &above] {
        let found = run("", &[("config.yaml", text)]);
        assert_eq!(
            ignored(&found),
            ["port-mismatch (comment: by hand)"],
            "{text}"
        );
        assert_eq!(counted(&found), [] as [&str; 0]);
        let id = found.diagnosis.ignored[0].judged.id;
        assert!(found.diagnosis.hops.contains(&Verdict::Broken(id)));
        assert_eq!(found.diagnosis.finding(id).finding.check, "port-mismatch");
        assert!(found.diagnosis.is_ignored(id));
    }
    // Of another check, or of another line, it says nothing.
    for (from, to) in [
        ("port-mismatch", "transport-mismatch"),
        (
            "    url:",
            "    # mcpdoc: ignore[port-mismatch] by hand\n    transport: sse\n    url:",
        ),
    ] {
        let text = match from {
            "    url:" => config(WRONG)
                .replace("    transport: sse\n", "")
                .replace(from, to),
            _ => on_line.replace(from, to),
        };
        let found = run("", &[("config.yaml", &text)]);
        assert_eq!(counted(&found), ["error port-mismatch"], "{text}");
    }
    let found = run("--no-ignore", &[("config.yaml", &on_line)]);
    assert_eq!(counted(&found), ["error port-mismatch"]);
}

#[test]
fn the_other_side_of_a_mismatch_can_say_so_too() {
    let mut files = memory(&[("config.yaml", &config(WRONG))]);
    let said = COMPOSE.replace(
        "restricted\"]",
        "restricted\"] # mcpdoc: ignore[port-mismatch] ours listens there",
    );
    files.insert(PathBuf::from(CWD).join("compose.yaml"), said);
    let found = support::run("", None, &files);
    assert_eq!(
        ignored(&found),
        ["port-mismatch (comment: ours listens there)"]
    );
}

#[test]
fn an_entry_of_the_settings_is_as_narrow_as_it_says() {
    let with = |entry: &str| {
        let settings = format!("[[ignore]]\ncheck = 'port-mismatch'\nreason = 'r'\n{entry}\n");
        let found = run(
            "",
            &[("config.yaml", &config(WRONG)), ("mcpdoc.toml", &settings)],
        );
        (ignored(&found), counted(&found))
    };
    let aside = (vec!["port-mismatch (settings: r)".to_owned()], Vec::new());
    for entry in [
        "",
        "file = 'config.yaml'",
        "file = '*.yaml'",
        "path = 'mcp_servers.db'",
        "file = 'config.yaml'\npath = 'mcp_servers.db.url'",
        "until = 2026-11-27",
    ] {
        assert_eq!(with(entry), aside, "{entry}");
    }
    for entry in [
        "file = 'other.yaml'",
        "path = 'mcp_servers.d'",
        "file = 'config.yaml'\npath = 'services'",
    ] {
        assert_eq!(with(entry).1, ["error port-mismatch"], "{entry}");
    }
    let expired = [
        "error port-mismatch".to_owned(),
        "warning ignore-expired".to_owned(),
    ];
    assert_eq!(with("until = 2026-11-26").1, expired);
}

#[test]
fn severities_order_and_count_and_leave_the_chain_as_it_is() {
    let with = |level: &str, arguments: &str| {
        let settings =
            format!("[severity]\nport-mismatch = '{level}'\nhealthcheck-missing = 'error'\n");
        run(
            arguments,
            &[("config.yaml", &config(WRONG)), ("mcpdoc.toml", &settings)],
        )
    };
    let found = with("note", "");
    let severities: Vec<Severity> = found
        .diagnosis
        .findings
        .iter()
        .map(|judged| judged.finding.severity)
        .collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
    assert_eq!(
        found.diagnosis.findings[0].finding.check,
        "healthcheck-missing"
    );
    assert!(found.diagnosis.count(Severity::Error) > 0);
    let port = |examination: &Examination| {
        let findings = examination.diagnosis.findings.iter();
        let mut port = findings.filter(|judged| judged.finding.check == "port-mismatch");
        port.next()
            .map(|judged| (judged.id, judged.finding.severity))
    };
    let (id, severity) = port(&found).expect("it is found");
    assert_eq!(severity, Severity::Note);
    assert!(
        found.diagnosis.hops.contains(&Verdict::Broken(id)),
        "it is broken all the same"
    );
    for (at, judged) in found.diagnosis.findings.iter().enumerate() {
        assert_eq!(judged.id.0, at + 1);
    }
    let off = with("off", "");
    assert_eq!(port(&off), None);
    assert_eq!(
        port(&with("note", "--no-config")).map(|found| found.1),
        Some(Severity::Error)
    );
}

#[test]
fn a_baseline_lets_pass_what_it_knows_and_nothing_else() {
    let before = run("", &[("config.yaml", &config(WRONG))]);
    let known = before.diagnosis.known(&before.stack, Severity::Warning);
    assert!(known.iter().any(|known| known.check == "port-mismatch"));
    assert!(
        known
            .iter()
            .all(|known| known.check != "litellm-ignored-setting")
    );
    let baseline = of(&before, known).render().expect("a baseline");
    let with = |text: &str| {
        run(
            "--baseline known.json",
            &[("config.yaml", text), ("known.json", &baseline)],
        )
    };
    // Lines that move are the same findings.
    let moved = format!("# one\n\n# more\n{}", config(WRONG));
    for text in [&config(WRONG), &moved] {
        let found = with(text);
        assert_eq!(counted(&found), [] as [&str; 0], "{text}");
        assert!(
            found
                .diagnosis
                .ignored
                .iter()
                .all(|one| one.by == IgnoredBy::Baseline)
        );
    }
    let more = config(WRONG) + "  other:\n    transport: sse\n    url: http://db:9090/sse\n";
    assert_eq!(counted(&with(&more)), ["error port-mismatch"]);
    // What was repaired has to go.
    let mended = with(&config("http://db:8000/sse"));
    assert_eq!(counted(&mended), ["error baseline-outdated"]);
    let place = &mended.diagnosis.findings[0].finding.labels[0].at;
    assert_eq!(
        place.source().map(|source| mended.stack.name(source)),
        Some("known.json")
    );
}

#[test]
fn nothing_of_a_baseline_is_outdated_that_was_not_looked_at() {
    let before = run("", &[("config.yaml", &config(WRONG))]);
    let known = before.diagnosis.known(&before.stack, Severity::Warning);
    let text = of(&before, known).render().expect("a baseline");
    let run = |arguments: &str, files: &[(&str, &str)]| {
        let mut files = files.to_vec();
        files.push(("known.json", &text));
        counted(&run(&format!("--baseline known.json {arguments}"), &files))
    };
    let fine = config("http://db:8000/sse");
    // The check did not speak.
    for arguments in ["--skip port-mismatch", "--only redirect"] {
        assert_eq!(run(arguments, &[("config.yaml", &fine)]), [] as [&str; 0]);
    }
    // The file is there, and is no part of the run.
    let client = (".mcp.json", "{\"mcpServers\": {}}");
    let alone = "--claude .mcp.json";
    assert_eq!(
        run(alone, &[("config.yaml", &fine), client]),
        [] as [&str; 0]
    );
    // It is there no more, and the rest was read.
    assert_eq!(run("", &[]), ["error baseline-outdated"]);
    // What cannot be read hides what is wrong with it.
    let broken = counted(&self::run(
        "--baseline known.json",
        &[("config.yaml", "a: ["), ("known.json", &text)],
    ));
    assert!(
        !broken.contains(&"error baseline-outdated".to_owned()),
        "{broken:?}"
    );
}

#[test]
fn names_are_those_of_the_project_wherever_in_it_mcpdoc_runs() {
    let before = run("", &[("config.yaml", &config(WRONG)), ("mcpdoc.toml", "")]);
    let known = before.diagnosis.known(&before.stack, Severity::Warning);
    let text = of(&before, known).render().expect("a baseline");
    let settings = "baseline = 'known.json'\n[inputs]\npaths = ['.']\n[[ignore]]\ncheck = 'redirect'\nfile = 'config.yaml'\n\
                    reason = 'r'\n";
    let files = memory(&[
        ("config.yaml", &config(WRONG)),
        ("known.json", &text),
        ("mcpdoc.toml", settings),
        ("deep/er/README", ""),
    ]);
    let Command::Check(args) = Cli::try_parse_from(["mcpdoc", "check"])
        .expect("arguments")
        .command
    else {
        panic!("not a check");
    };
    let world = World {
        files: &files,
        cwd: PathBuf::from(CWD).join("deep/er"),
        home: None,
        shell: std::collections::BTreeMap::new(),
        machine: Vec::new(),
        today: None,
        apart: None,
    };
    let run = prepare(&args, world).expect("a run");
    let found = examine(&run.request, &run.settings, &run.selection, &files);
    assert!(counted(&found).is_empty(), "{:?}", counted(&found));
    assert!(
        ignored(&found)
            .iter()
            .any(|said| said.starts_with("port-mismatch (baseline"))
    );
    assert_eq!(run.fail_on, Some(Severity::Error));
}

#[test]
fn servers_of_the_project_are_known() {
    let compose = "\
services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3
    command: [\"--config\", \"/app/config.yaml\"]
    volumes: [\"./config.yaml:/app/config.yaml\"]
  orders:
    image: registry.acme.example/orders-mcp:2.1
";
    let own = "\
[[servers]]
id = 'acme-orders'
title = 'Orders of Acme'
kind = 'server'
names = { image = ['registry.acme.example/orders-mcp'] }
transports = [{ kind = 'http', default = true, port = { default = 9000 }, path = { default = '/mcp' } }]
verified = 'run'
";
    let config = "mcp_servers:\n  orders:\n    transport: http\n    url: http://orders:8000/mcp\n";
    let with = |own: &str| {
        let mut files = memory(&[("config.yaml", config), ("mcpdoc.toml", own)]);
        files.insert(PathBuf::from(CWD).join("compose.yaml"), compose);
        let found = support::run("", None, &files);
        let mut errors = counted(&found);
        errors.retain(|said| said.contains("port-mismatch"));
        errors
    };
    assert_eq!(with(""), [] as [&str; 0], "nothing is known of it");
    assert_eq!(with(own), ["error port-mismatch"]);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let settings = "fail-on = 'warning'\nlitellm-version = '1.77.3'\n[timeouts]\nendpoint = 7\n[inputs]\nlitellm = ['config.yaml']\n";
    let files = memory(&[
        ("config.yaml", &config(WRONG)),
        ("other.yaml", &config(WRONG)),
        ("mcpdoc.toml", settings),
    ]);
    let own = support::prepared("", None, &files);
    assert_eq!(own.fail_on, Some(Severity::Warning));
    assert_eq!(own.permissions.limits.deadline_ms, 7000);
    assert_eq!(
        own.request.litellm,
        [PathBuf::from(CWD).join("config.yaml")]
    );
    assert_eq!(
        own.settings
            .litellm_version
            .map(|version| version.to_string())
            .as_deref(),
        Some("1.77.3")
    );
    let said = support::prepared(
        "--fail-on note --litellm-version 1.109.1 --timeout 3 --litellm other.yaml",
        None,
        &files,
    );
    assert_eq!(said.fail_on, Some(Severity::Note));
    assert_eq!(said.permissions.limits.deadline_ms, 3000);
    assert_eq!(
        said.request.litellm,
        [PathBuf::from(CWD).join("other.yaml")]
    );
    assert_eq!(
        said.settings
            .litellm_version
            .map(|version| version.to_string())
            .as_deref(),
        Some("1.109.1")
    );
    let none = support::prepared("--no-config", None, &files);
    assert_eq!(
        (none.fail_on, none.request.litellm.len()),
        (Some(Severity::Error), 0)
    );
    assert!(none.request.settings.is_none());
}

#[test]
fn what_does_not_count_is_not_repaired_and_what_a_baseline_knows_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("a file");
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
            .args(arguments)
            .current_dir(dir.path())
            .env("HOME", dir.path().join("none"))
            .env("XDG_STATE_HOME", dir.path().join("none"))
            .output()
            .expect("mcpdoc");
        String::from_utf8(output.stdout).expect("text")
    };
    let wrong = "mcp_servers:\n  files:\n    url: http://files.example.com:8000/mcp\n    transport: streamable_http\n";
    write("config.yaml", wrong);
    let fix = ["fix", "--offline", "--unsafe", "--litellm", "config.yaml"];
    assert!(
        run(&fix).contains("+    transport: http\n"),
        "{}",
        run(&fix)
    );
    run(&[
        "check",
        "--offline",
        "--litellm",
        "config.yaml",
        "--write-baseline",
        "known.json",
    ]);
    write("mcpdoc.toml", "baseline = 'known.json'\n");
    assert!(
        run(&fix).contains("+    transport: http\n"),
        "a baseline is there to become shorter"
    );
    write(
        "config.yaml",
        &wrong.replace("_http\n", "_http # mcpdoc: ignore[transport-invalid] r\n"),
    );
    assert!(!run(&fix).contains("+    transport"), "{}", run(&fix));
}

/// `mcpdoc check` in a folder with these files: its exit status, stderr, and the names of what is in the folder then.
fn refused(files: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String, Vec<String>) {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).expect("a file");
    }
    std::fs::create_dir(dir.path().join("folder")).expect("a folder");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .args(["check", "--offline"])
        .args(arguments)
        .current_dir(dir.path())
        .env("HOME", dir.path().join("none"))
        .output()
        .expect("mcpdoc");
    let mut names: Vec<String> = std::fs::read_dir(dir.path())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let said = String::from_utf8(output.stderr).expect("text");
    (output.status.code(), said, names)
}

#[test]
fn what_cannot_be_read_or_written_is_said_in_a_line() {
    let config = config(WRONG);
    let known = |text: &str| format!("{{\"schema\": \"mcpdoc-baseline/1\",\n {text}}}");
    for (name, text, arguments, said) in [
        (
            "mcpdoc.toml",
            "fail_on = 'error'",
            "",
            "mcpdoc.toml:1:1: there is no key fail_on here; did you mean fail-on?",
        ),
        ("mcpdoc.toml", "[inputs\n", "", "mcpdoc.toml:1:"),
        (
            "mcpdoc.toml",
            "[inputs]\nlitellm = ['gone.yaml']",
            "",
            "mcpdoc.toml: [inputs]: --litellm ",
        ),
        (
            "mcpdoc.toml",
            "[timeouts]\nendpoint = 0",
            "",
            "mcpdoc.toml: [timeouts] 0: seconds above 0",
        ),
        (
            "mcpdoc.toml",
            "litellm-version = 'new'",
            "",
            "mcpdoc.toml:1:19: new is not a version such as 1.77.3",
        ),
        (
            "mcpdoc.toml",
            "baseline = 'gone.json'",
            "",
            "gone.json, the baseline of mcpdoc.toml: no such file",
        ),
        (
            "other.toml",
            "x = 1",
            "--config other.toml",
            "other.toml:1:1: there is no key x here",
        ),
        (
            "other.toml",
            "",
            "--config gone.toml",
            "--config gone.toml: no such file",
        ),
        (
            "other.toml",
            "",
            "--config folder",
            "--config folder: no such file",
        ),
        (
            "known.json",
            "{",
            "--baseline known.json",
            "--baseline known.json: is not a baseline (EOF while",
        ),
        (
            "known.json",
            "[]",
            "--baseline known.json",
            "--baseline known.json: is not a baseline (its `schema`",
        ),
        (
            "known.json",
            &known("\"inputs\": [], \"findings\": [{\"check\": 1}]"),
            "--baseline known.json",
            "--baseline known.json: is not a baseline (invalid type: integer `1`, expected a string at line 2",
        ),
        (
            "known.json",
            "{\"schema\": \"mcpdoc-baseline/9\"}",
            "--baseline known.json",
            "--baseline known.json: has the schema mcpdoc-baseline/9, and mcpdoc ",
        ),
        (
            "known.json",
            "\u{0}",
            "--baseline gone.json",
            "--baseline gone.json: no such file",
        ),
        (
            "known.json",
            "",
            "--baseline folder",
            "--baseline folder: is a directory",
        ),
        (
            "known.json",
            "",
            "--write-baseline config.yaml",
            "--write-baseline config.yaml: is there, and is no baseline: name a file that may be replaced",
        ),
        (
            "mcpdoc.toml",
            "litellm-version = \"\\n::error::pwn\"",
            "",
            "mcpdoc.toml:1:19:  ::error::pwn is not a version",
        ),
        (
            "known.json",
            "",
            "--write-baseline folder",
            "--write-baseline folder: is a directory, and a file is needed",
        ),
        (
            "known.json",
            "",
            "--write-baseline gone/x.json",
            "--write-baseline gone/x.json: there is no folder ",
        ),
        (
            "known.json",
            "",
            "--prune-baseline",
            "--prune-baseline: there is no baseline; --baseline FILE names it",
        ),
    ] {
        let files = [
            ("config.yaml", config.as_str()),
            ("compose.yaml", COMPOSE),
            (name, text),
        ];
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let (status, stderr, names) = refused(&files, &words);
        assert_eq!(status, Some(2), "{name} {arguments}: {stderr}");
        assert!(
            stderr.starts_with(&format!("mcpdoc: {said}")),
            "{name} {arguments}: {stderr}\n{said}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_eq!(
            names,
            ["compose.yaml", "config.yaml", "folder", name],
            "nothing is left behind"
        );
    }
}

#[test]
fn a_bundle_takes_the_decisions_along() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
            .args(arguments)
            .current_dir(dir.path())
            .env_clear()
            .output()
            .expect("mcpdoc");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    write("stack/compose.yaml", COMPOSE);
    write("stack/config.yaml", &config(WRONG));
    write("stack/mcpdoc.toml", "");
    let in_stack = |arguments: &[&str]| {
        let words: Vec<&str> = arguments
            .iter()
            .chain(&["--config", "stack/mcpdoc.toml"])
            .copied()
            .collect();
        run(&words)
    };
    let written = in_stack(&[
        "check",
        "--offline",
        "--write-baseline",
        "stack/known.json",
        "stack",
    ]);
    assert_eq!(written.0, Some(0), "{}", written.2);
    write(
        "stack/mcpdoc.toml",
        "fail-on = 'note'\nbaseline = 'known.json'\n[inputs]\npaths = ['.']\n[severity]\nignore-expired = 'error'\n\
         [[ignore]]\ncheck = 'port-mismatch'\nreason = 'r'\nuntil = 2020-01-01\n",
    );
    let direct = in_stack(&["check", "--offline", "--format", "json"]);
    assert!(
        direct.1.contains("\"by\": \"baseline\"") && direct.1.contains("ignore-expired"),
        "{}",
        direct.1
    );
    assert_eq!(direct.0, Some(1));
    let observed = in_stack(&["observe", "--offline", "--bundle", "all.mcpdoc"]);
    assert_eq!(observed.0, Some(0), "{}", observed.2);
    std::fs::remove_dir_all(dir.path().join("stack")).expect("to remove it");
    let elsewhere = run(&["check", "--bundle", "all.mcpdoc", "--format", "json"]);
    assert_eq!(elsewhere.1, direct.1);
    assert_eq!(elsewhere.0, direct.0, "{}", elsewhere.2);
}
