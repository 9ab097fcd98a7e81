//! Repairs of whole stacks: each leaves files that parse, is rid of what it claims to be, brings nothing new, and leaves
//! nothing for a second run.
//!
//! `MCPDOC_STACKS` names a folder of more stacks, one in each of its folders, which are held to the same;
//! `MCPDOC_REFUSALS=1` shows which repairs could not be made.

#![allow(
    clippy::print_stdout,
    reason = "what was counted can be seen with --nocapture"
)]

#[path = "support/mended.rs"]
mod mended;
#[path = "support/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use mcpdoc::change::Safety;
use mcpdoc::cli::{Cli, Command};
use mcpdoc::command::check::{World, prepare};
use mcpdoc::disk::Disk;
use mcpdoc::examine;
use mcpdoc::fix::{self, Answer, Choice, Overlay, Session, Why};
use mcpdoc::load::{Files, Memory};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(of)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    folders
}

/// As `mcpdoc fix --offline` in a folder; nothing where that folder holds no stack.
fn mend(cwd: &Path, arguments: &[&str], safety: Safety) -> Option<(Session, Vec<String>)> {
    let disk = Disk::default();
    let words = ["mcpdoc", "check"].iter().chain(arguments);
    let Command::Check(args) = Cli::try_parse_from(words).expect("arguments").command else {
        panic!("not a check");
    };
    let world = World {
        files: &disk,
        cwd: cwd.to_owned(),
        home: None,
        shell: BTreeMap::new(),
        machine: Vec::new(),
        today: None,
        apart: None,
    };
    let run = prepare(&args, world).expect("a run");
    let mut look = |files: &dyn mcpdoc::load::Files| {
        examine(&run.request, &run.settings, &run.selection, files)
    };
    let (session, trouble) = mended::trouble(&disk, cwd, safety, &mut look);
    (!session.before.stack.inputs.is_empty()).then_some((session, trouble))
}

#[test]
fn stacks_are_mended_and_nothing_else() {
    let fixtures = folders(&root().join("fixtures"));
    let mut stacks: Vec<PathBuf> = fixtures
        .into_iter()
        .filter(|case| case.join("stack").is_dir())
        .collect();
    if let Some(more) = std::env::var_os("MCPDOC_STACKS") {
        let more = folders(Path::new(&more));
        stacks.extend(more.into_iter().filter(|path| path.is_dir()));
    }
    let mut failures = Vec::new();
    let (mut seen, mut repairs, mut refused) = (0, 0, 0);
    for stack in &stacks {
        for safety in [Safety::Safe, Safety::Unsafe] {
            let Some((session, trouble)) = mend(stack, &["."], safety) else {
                continue;
            };
            seen += 1;
            repairs += session.repaired.len();
            let refusals = mended::refusals(&session);
            refused += refusals.len();
            let name = stack.file_name().unwrap_or_default().to_string_lossy();
            if std::env::var_os("MCPDOC_REFUSALS").is_some() {
                for (check, reason) in &refusals {
                    println!("refused: {name} ({}): {check}: {reason}", safety.word());
                }
            }
            let trouble = trouble.into_iter();
            failures.extend(trouble.map(|one| format!("{name} ({}): {one}", safety.word())));
        }
    }
    println!(
        "{seen} runs over {} stacks: {repairs} repairs, {refused} refused",
        stacks.len()
    );
    assert!(seen >= 12 && repairs > 20, "{seen} runs, {repairs} repairs");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn configurations_of_a_gateway_are_mended_and_nothing_else() {
    let folder = root().join("fixtures/litellm-load");
    let mut failures = Vec::new();
    let (mut seen, mut repairs) = (0, 0);
    for file in folders(&folder) {
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        for safety in [Safety::Safe, Safety::Unsafe] {
            for version in [None, Some("1.77.3"), Some("1.109.1")] {
                let mut arguments = vec!["--litellm", &name];
                arguments.extend(
                    version
                        .into_iter()
                        .flat_map(|version| ["--litellm-version", version]),
                );
                let (session, trouble) = mend(&folder, &arguments, safety).expect("a stack");
                seen += 1;
                repairs += session.repaired.len();
                let of = format!(
                    "{name} ({}, {})",
                    safety.word(),
                    version.unwrap_or("any version")
                );
                failures.extend(trouble.into_iter().map(|one| format!("{of}: {one}")));
            }
        }
    }
    println!("{seen} runs: {repairs} repairs");
    assert!(
        seen > 200 && repairs > 100,
        "{seen} runs, {repairs} repairs"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Files of a stack in memory, as `mcpdoc fix --offline` sees them in its folder.
struct Scene {
    files: Memory,
    home: Option<&'static str>,
}

impl Scene {
    fn of(files: &[(&str, &str)]) -> Scene {
        let mut memory = Memory::default();
        for (name, text) in files {
            memory.insert(Path::new(run::CWD).join(name), *text);
        }
        Scene {
            files: memory,
            home: None,
        }
    }

    fn mended(&self, choice: Choice<'_>) -> Session {
        fix::session(&self.files, choice, &mut |files| {
            run::run("", self.home, files)
        })
    }

    fn all(&self) -> Session {
        self.mended(choice(Safety::Unsafe))
    }
}

fn choice<'a>(safety: Safety) -> Choice<'a> {
    Choice {
        cwd: PathBuf::from(run::CWD),
        safety,
        only: Vec::new(),
        ask: None,
    }
}

fn text<'s>(session: &'s Session, name: &str) -> Option<&'s str> {
    let mut changed = session.changed.iter();
    let changed = changed.find(|one| one.name == name)?;
    Some(std::str::from_utf8(&changed.becomes).expect("text"))
}

fn checks_of(session: &Session) -> Vec<&'static str> {
    session.repaired.iter().map(|one| one.check).collect()
}

fn why(session: &Session, check: &str) -> Option<Why> {
    let left = session
        .left
        .iter()
        .find(|left| session.after.diagnosis.findings[left.finding].finding.check == check);
    left.map(|left| left.why.clone())
}

const GATEWAY: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [\"--config\", \"/app/config.yaml\"]
    environment: {LITELLM_MASTER_KEY: sk-6b1f0c9d2e7a4835}
    volumes: [\"./config.yaml:/app/config.yaml:ro\"]
  tools:
    image: crystaldba/postgres-mcp:0.3.0
    command: [\"--access-mode=restricted\"]
    environment: {DATABASE_URI: \"postgresql://u:p@db:5432/x\"}
    ports: [\"48010:8000\"]
";
const CONFIG: &str = "general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
mcp_servers:
  db:
    transport: http
    url: http://tools:8000/mcp   # the database
";

#[test]
fn what_changes_behaviour_is_left_unless_it_is_permitted() {
    let scene = Scene::of(&[("compose.yaml", GATEWAY), ("config.yaml", CONFIG)]);
    let safe = scene.mended(choice(Safety::Safe));
    assert!(safe.changed.is_empty() && safe.commands.is_empty());
    assert_eq!(why(&safe, "transport-mismatch"), Some(Why::Unsafe));
    let all = scene.all();
    assert!(checks_of(&all).contains(&"transport-mismatch"));
    let config = text(&all, "config.yaml").expect("it changes");
    assert_eq!(
        config,
        CONFIG
            .replace("transport: http", "transport: sse")
            .replace("tools:8000/mcp", "tools:8000/sse")
    );
}

/// A server that speaks stdio is open to nobody; one that speaks HTTP on a published port is open to everybody.
#[test]
fn a_repair_takes_care_of_what_it_uncovers() {
    let scene = Scene::of(&[("compose.yaml", GATEWAY), ("config.yaml", CONFIG)]);
    let all = scene.all();
    let made = checks_of(&all);
    let uncovered = "published-unauthenticated";
    let found = |examination: &mcpdoc::Examination| {
        let mut findings = examination.diagnosis.findings.iter();
        findings.any(|judged| judged.finding.check == uncovered)
    };
    assert!(
        !found(&all.before) && made.contains(&uncovered) && !found(&all.after),
        "{made:?}"
    );
    let compose = text(&all, "compose.yaml").expect("it changes");
    assert!(
        compose.contains("ports: [\"127.0.0.1:48010:8000\"]"),
        "{compose}"
    );
}

#[test]
fn what_was_made_anew_comes_before_what_reads_its_file_again() {
    let scene = Scene::of(&[("compose.yaml", GATEWAY), ("config.yaml", CONFIG)]);
    assert_eq!(
        scene.all().commands,
        [
            "docker compose up -d tools",
            "docker compose restart litellm"
        ]
    );
}

#[test]
fn a_repair_that_brings_something_new_is_refused_with_what_it_brings() {
    let scene = Scene::of(&[("compose.yaml", GATEWAY), ("config.yaml", CONFIG)]);
    let path = Path::new(run::CWD).join("config.yaml");
    // A world in which HTTP+SSE comes with an entry that nobody can repair.
    let mut look = |files: &dyn Files| {
        let text = String::from_utf8(files.read(&path).expect("a file")).expect("text");
        let mut overlay = Overlay::over(files);
        let more = match text.contains("transport: sse") {
            true => "  other:\n    transport: sse\n",
            false => "",
        };
        overlay.put(&path, format!("{text}{more}").into_bytes());
        run::run("", None, &overlay)
    };
    let session = fix::session(&scene.files, choice(Safety::Unsafe), &mut look);
    let Some(Why::Refused(reason)) = why(&session, "transport-mismatch") else {
        panic!("{:?}", checks_of(&session));
    };
    assert!(
        reason.starts_with("it would bring url-missing: "),
        "{reason}"
    );
    assert_eq!(text(&session, "config.yaml"), None);
}

/// The name of a service is part of the name of a bridge's file.
#[test]
fn no_new_file_leads_out_of_its_folder() {
    let scene = |name: &str| {
        let compose = GATEWAY.replace("  tools:\n", &format!("  {name}:\n"));
        let compose = compose.replace(
            "crystaldba/postgres-mcp:0.3.0\n",
            "crystaldba/postgres-mcp:0.3.0\n    container_name: tools\n",
        );
        let scene = Scene::of(&[("compose.yaml", &compose), ("config.yaml", CONFIG)]);
        fix::session(&scene.files, choice(Safety::Unsafe), &mut |files| {
            run::run("--prefer bridge", None, files)
        })
    };
    let new = |session: &Session| -> Vec<String> {
        let changed = session.changed.iter();
        changed
            .filter(|one| one.was.is_none())
            .map(|one| one.name.clone())
            .collect()
    };
    assert_eq!(new(&scene("tools")), ["Dockerfile.tools-bridge"]);
    let astray = scene("\"x/../../../tools\"");
    assert_eq!(new(&astray), Vec::<String>::new());
    let why = why(&astray, "transport-mismatch");
    let Some(Why::Refused(reason)) = why else {
        panic!("{why:?}");
    };
    assert!(reason.ends_with("leads out of its folder"), "{reason}");
}

#[test]
fn only_what_was_chosen_is_repaired() {
    let scene = Scene::of(&[
        ("compose.yaml", GATEWAY),
        (
            "config.yaml",
            &CONFIG.replace("transport: http", "transport: HTTP"),
        ),
    ]);
    let mut one = choice(Safety::Unsafe);
    one.only.extend(mcpdoc::checks::by_id("transport-invalid"));
    let session = scene.mended(one);
    assert_eq!(checks_of(&session), ["transport-invalid"]);
    assert_eq!(text(&session, "config.yaml"), Some(CONFIG));
}

#[test]
fn a_person_is_asked_before_each_repair() {
    let config = CONFIG.replace("mcp_servers:", "  log_level: DEBUG\nmcp_servers:");
    let scene = Scene::of(&[("compose.yaml", GATEWAY), ("config.yaml", &config)]);
    for (answer, repairs) in [
        (Answer::No, 0),
        (Answer::Stop, 0),
        (Answer::Yes, 1),
        (Answer::All, 1),
    ] {
        let mut asked = Vec::new();
        let mut ask = |unit: &fix::Unit<'_>| {
            asked.push(unit.repaired[0].fix.title.clone());
            assert!(!unit.changed.is_empty());
            answer
        };
        let mut choice = choice(Safety::Unsafe);
        choice.ask = Some(&mut ask);
        let session = scene.mended(choice);
        let made = checks_of(&session);
        assert!(
            made.len() >= repairs && (repairs > 0 || made.is_empty()),
            "{answer:?}: {made:?}"
        );
        assert_eq!(session.changed.is_empty(), repairs == 0);
        match answer {
            // Nobody is asked twice, also not where two findings have the same repair.
            Answer::No => {
                let times = |title: &String| asked.iter().filter(|one| *one == title).count();
                assert!(
                    asked.len() > 1 && asked.iter().all(|title| times(title) == 1),
                    "{asked:?}"
                );
            }
            Answer::Yes => assert!(!asked.is_empty()),
            Answer::Stop | Answer::All => assert_eq!(asked.len(), 1, "{asked:?}"),
        }
    }
}

/// The commands say what all of its findings together come to, without the key.
#[test]
fn the_state_of_a_client_is_changed_by_the_client_alone() {
    let mut scene = Scene::of(&[]);
    scene.home = Some("/home/user");
    let state = r#"{"mcpServers": {"gw": {"transport": "http", "url": "http://localhost:4000/mcp/", "headers": {
        "Authorization": "Bearer sk-6b1f0c9d2e7a4835", "Host": "localhost"}}},
        "projects": {"/srv/my stack": {"mcpServers": {"local": {"serverUrl": "http://localhost:9/mcp"}}}}}"#;
    scene.files.insert("/home/user/.claude.json", state);
    let all = scene.all();
    assert!(all.changed.is_empty(), "{:?}", all.changed);
    let commands: Vec<&str> = all
        .left
        .iter()
        .filter_map(|left| match &left.why {
            Why::Client(commands) => Some(commands),
            _ => None,
        })
        .flatten()
        .map(String::as_str)
        .collect();
    assert_eq!(
        commands,
        [
            "export GW_TOKEN=<the-key>   # and in the profile of your shell",
            "claude mcp remove gw -s user",
            r#"claude mcp add-json gw '{"type":"http","url":"http://localhost:4000/mcp/","headers":{"Authorization":"Bearer ${GW_TOKEN}"}}' -s user"#,
            "(cd '/srv/my stack' && claude mcp remove local -s local)",
            r#"(cd '/srv/my stack' && claude mcp add-json local '{"type":"http","url":"http://localhost:9/mcp"}' -s local)"#,
        ]
    );
}
