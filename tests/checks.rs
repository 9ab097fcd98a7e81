//! Every page in `checks/` runs: its example gives the findings that it says, and its fix silences them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use mcpdoc::change::Safety;
use mcpdoc::check::Check;
use mcpdoc::cli::{Cli, Command};
use mcpdoc::command;
use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{Ask, AskClient, ClientView, Engine, Facts, Known, Probe};
use mcpdoc::fix::Why;
use mcpdoc::load::{Files, Memory, load};
use mcpdoc::observe::claude;
use mcpdoc::plan::Permissions;
use mcpdoc::verdict::place_name;
use mcpdoc::{Examination, Selection, Witness, checks, consult, investigate};

use described::Described;
use support::CWD;
use world::World;

#[path = "support/bundled.rs"]
mod bundled;
#[path = "support/described.rs"]
mod described;
#[path = "support/mended.rs"]
mod mended;
#[path = "support/run.rs"]
mod support;
#[path = "support/world.rs"]
mod world;

const HOME: &str = "/home/user";

/// The example of a page: files, the command line, what it must say, and the files that mend it; the world that answers
/// and the container engine, if any, and how they are then.
struct Example {
    files: Vec<(String, Vec<u8>)>,
    arguments: String,
    expected: Vec<String>,
    fixed: Vec<(String, Vec<u8>)>,
    world: Option<World>,
    fixed_world: Option<World>,
    engine: Option<Described>,
    fixed_engine: Option<Described>,
    /// What Claude Code prints: its version, and its list of servers.
    claude: Option<(String, String)>,
    fixed_claude: Option<(String, String)>,
}

impl Example {
    /// Runs it over these files, as it is before the fix.
    fn run<'a>(&self, files: impl IntoIterator<Item = &'a (String, Vec<u8>)>) -> Examination {
        let (world, engine) = (self.world.as_ref(), self.engine.as_ref());
        run(&self.arguments, files, world, engine, self.claude.as_ref())
    }

    /// Looks at files that may have been repaired, in a world that stays as it is.
    fn look(&self, files: &dyn Files, found: &Memory) -> Examination {
        let (world, engine) = (self.world.as_ref(), self.engine.as_ref());
        let claude = self.claude.as_ref();
        match (world, engine, claude) {
            (None, None, None) => support::run(&self.arguments, Some(HOME), files),
            _ => run_in(&self.arguments, (files, found), world, engine, claude),
        }
    }

    /// Runs it over these files, as it is after the fix.
    fn run_fixed<'a>(&self, files: impl IntoIterator<Item = &'a (String, Vec<u8>)>) -> Examination {
        let world = self.fixed_world.as_ref().or(self.world.as_ref());
        let engine = self.fixed_engine.as_ref().or(self.engine.as_ref());
        let claude = self.fixed_claude.as_ref().or(self.claude.as_ref());
        run(&self.arguments, files, world, engine, claude)
    }
}

fn read(check: &Check) -> Example {
    let mut example = Example {
        files: Vec::new(),
        arguments: String::new(),
        expected: Vec::new(),
        fixed: Vec::new(),
        world: None,
        fixed_world: None,
        engine: None,
        fixed_engine: None,
        claude: None,
        fixed_claude: None,
    };
    let mut in_fix = false;
    let mut lines = check.page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("## ") {
            in_fix = line == "## Fix";
        }
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
        match language {
            "findings" => {
                example.arguments = rest.to_owned();
                example.expected = body.iter().map(|line| (*line).to_owned()).collect();
            }
            "wire" | "stdio" => {
                let world = match in_fix {
                    true => &mut example.fixed_world,
                    false => &mut example.world,
                };
                let world = world.get_or_insert_default();
                match language {
                    "wire" => world.read(rest, &body.join("\n")),
                    _ => world.program(rest, &body.join("\n")),
                }
            }
            "engine" => {
                let engine = match in_fix {
                    true => &mut example.fixed_engine,
                    false => &mut example.engine,
                };
                *engine = Some(Described::new(&body.join("\n")));
            }
            "claude" => {
                let claude = match in_fix {
                    true => &mut example.fixed_claude,
                    false => &mut example.claude,
                };
                *claude = Some((rest.to_owned(), body.join("\n")));
            }
            _ if rest.is_empty() => {}
            _ => {
                let text = format!("{}\n", body.join("\n"));
                let (name, bytes) = match rest.split_once(' ') {
                    Some((name, "utf-16")) => (name, utf16(&text)),
                    _ => (rest, text.into_bytes()),
                };
                let files = if in_fix {
                    &mut example.fixed
                } else {
                    &mut example.files
                };
                files.push((name.to_owned(), bytes));
            }
        }
    }
    example
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn run<'a>(
    arguments: &str,
    files: impl IntoIterator<Item = &'a (String, Vec<u8>)>,
    world: Option<&World>,
    engine: Option<&Described>,
    claude: Option<&(String, String)>,
) -> Examination {
    let memory = memory(files, arguments);
    if let Some(words) = arguments.strip_prefix("probe ") {
        return probe(words, world.expect("a world to probe"));
    }
    match (world, engine, claude) {
        (None, None, None) => support::run(arguments, Some(HOME), &memory),
        _ => run_in(arguments, (&memory, &memory), world, engine, claude),
    }
}

/// Files of a page, where it says; of a stranger's change only those of the working directory may be looked at.
fn memory<'a>(files: impl IntoIterator<Item = &'a (String, Vec<u8>)>, arguments: &str) -> Memory {
    let mut memory = Memory::default();
    for (name, bytes) in files {
        let path = match name.strip_prefix("~/") {
            Some(rest) => PathBuf::from(HOME).join(rest),
            None => PathBuf::from(CWD).join(name),
        };
        memory.insert(path, bytes.clone());
    }
    match arguments.contains("--untrusted") {
        true => memory.below(CWD),
        false => memory,
    }
}

/// As `mcpdoc probe` would run in a world that answers.
fn probe(arguments: &str, world: &World) -> Examination {
    let words = ["mcpdoc", "probe"];
    let words = words.into_iter().chain(arguments.split_whitespace());
    let Command::Probe(args) = Cli::try_parse_from(words).expect("arguments").command else {
        panic!("not a probe");
    };
    let nothing = command::probe::World {
        variable: &|_| None,
        is_file: &|_| false,
    };
    let asked = command::probe::asked(&args, &nothing).expect("a question");
    let mut facts = Facts::none();
    facts.wire = Known::Yes(vec![world.answer(&asked.ask)]);
    consult(facts, &Selection::default())
}

/// A world, an engine and a client that a page describes.
struct Page<'a> {
    world: Option<&'a World>,
    engine: Option<Engine>,
    claude: Option<&'a (String, String)>,
    /// The servers of the files that its list is of.
    declared: Vec<String>,
}

impl Witness for Page<'_> {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.engine.take().expect("an engine, asked once"))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let worlds = self.world.iter();
        worlds
            .flat_map(|world| asks.iter().map(|ask| world.answer(ask)))
            .collect()
    }

    fn client(&mut self, ask: &AskClient) -> Option<ClientView> {
        let (version, list) = self.claude?;
        assert_eq!(ask.list, Known::Yes(()), "it may be started");
        Some(ClientView {
            client: claude::ID.to_owned(),
            version: Some(version.clone()),
            dir: ask.dir.to_string_lossy().into_owned(),
            declared: self.declared.clone(),
            servers: Known::Yes(claude::listed(list).expect("a list")),
            past: Vec::new(),
        })
    }
}

/// As `mcpdoc check` would run over `files` in a world that answers, and with an engine that runs what `found` declares.
fn run_in(
    arguments: &str,
    (files, found): (&dyn Files, &dyn Files),
    world: Option<&World>,
    engine: Option<&Described>,
    claude: Option<&(String, String)>,
) -> Examination {
    let prepared = prepared(arguments, files, world, engine, claude);
    let mut page = page(&prepared, found, world, engine, claude);
    investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &prepared.permissions,
        files,
        &mut page,
    )
}

/// A run as the page asks for it, with what its world permits.
fn prepared(
    arguments: &str,
    files: &dyn Files,
    world: Option<&World>,
    engine: Option<&Described>,
    claude: Option<&(String, String)>,
) -> Prepared {
    let mut prepared = support::prepared(arguments, Some(HOME), files);
    prepared.permissions = Permissions {
        probe: world.is_some() || claude.is_some(),
        exec: world.is_some() || claude.is_some(),
        docker: engine.is_some(),
        calls: prepared.permissions.calls,
        ..Permissions::default()
    };
    prepared
}

/// The world of a page, with an engine that runs what `found` declares.
fn page<'a>(
    prepared: &Prepared,
    found: &dyn Files,
    world: Option<&'a World>,
    engine: Option<&Described>,
    claude: Option<&'a (String, String)>,
) -> Page<'a> {
    let stack = load(&prepared.request, found);
    let entries = stack.clients.iter().flat_map(|file| &file.entries);
    Page {
        world,
        engine: engine.map(|engine| engine.engine(&stack)),
        claude,
        declared: entries.map(|entry| entry.name.value.clone()).collect(),
    }
}

fn findings_of(check: &Check, examination: &Examination) -> Vec<String> {
    let mut found = Vec::new();
    for judged in &examination.diagnosis.findings {
        let finding = &judged.finding;
        if finding.check == check.id {
            let place = place_name(&examination.stack, &finding.labels[0].at);
            found.push(format!("{} {place}", finding.severity.word()));
        }
    }
    found
}

fn runs(check: &Check) -> Result<(), String> {
    let example = read(check);
    let probes = example.arguments.starts_with("probe ") && example.world.is_some();
    if (example.files.is_empty() && !probes) || example.expected.is_empty() {
        return Err("the page has no example that runs".to_owned());
    }
    let found = findings_of(check, &example.run(&example.files));
    if found != example.expected {
        return Err(format!(
            "the example says {:?}, and the check says {found:?}",
            example.expected
        ));
    }
    let is_same = example.fixed.is_empty()
        && example.fixed_world.is_none()
        && example.fixed_engine.is_none()
        && example.fixed_claude.is_none();
    if is_same {
        return Err("the page shows nothing of what is after the fix".to_owned());
    }
    let mended: BTreeMap<&String, &(String, Vec<u8>)> = example
        .files
        .iter()
        .chain(&example.fixed)
        .map(|file| (&file.0, file))
        .filter(|(name, file)| {
            // A page removes a file by showing it empty.
            file.1 != b"\n" || !example.fixed.iter().any(|(fixed, _)| fixed == *name)
        })
        .collect();
    let removed = |name: &String| {
        example
            .fixed
            .iter()
            .any(|(fixed, text)| fixed == name && text == b"\n")
    };
    let files = mended
        .into_iter()
        .filter(|(name, _)| !removed(name))
        .map(|(_, file)| file);
    let found = findings_of(check, &example.run_fixed(files));
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("after the fix the check still says {found:?}"))
    }
}

/// What `mcpdoc fix` makes of the example: every repair is rid of its finding, nothing new comes, and no finding of this
/// check that has a repair is left.
fn repairs(check: &Check) -> Result<(), String> {
    let example = read(check);
    if example.arguments.starts_with("probe ") {
        return Ok(());
    }
    let files = memory(&example.files, &example.arguments);
    let mut look = |edited: &dyn Files| example.look(edited, &files);
    for safety in [Safety::Safe, Safety::Unsafe] {
        let (session, trouble) = mended::trouble(&files, Path::new(CWD), safety, &mut look);
        if !trouble.is_empty() {
            return Err(format!("{}: {trouble:?}", safety.word()));
        }
        let left = session.left.iter().find_map(|left| {
            let finding = &session.after.diagnosis.findings[left.finding].finding;
            match &left.why {
                Why::Refused(reason) if finding.check == check.id => Some(reason),
                _ => None,
            }
        });
        if let Some(reason) = left {
            return Err(format!("{}: {reason}", safety.word()));
        }
    }
    Ok(())
}

#[test]
fn every_repair_of_a_page_mends_it() {
    let failures: Vec<String> = checks::ALL
        .iter()
        .filter_map(|check| {
            repairs(check)
                .err()
                .map(|why| format!("checks/{}.md: {why}", check.id))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_page_runs() {
    let failures: Vec<String> = checks::ALL
        .iter()
        .filter_map(|check| {
            runs(check)
                .err()
                .map(|why| format!("checks/{}.md: {why}", check.id))
        })
        .collect();
    assert!(!checks::ALL.is_empty());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a page's example says, a bundle of it says elsewhere.
#[test]
fn every_page_says_the_same_from_a_bundle() {
    let mut failures = Vec::new();
    for check in checks::ALL {
        let example = read(check);
        if example.arguments.starts_with("probe ") {
            continue;
        }
        let files = memory(&example.files, &example.arguments);
        let (world, engine) = (example.world.as_ref(), example.engine.as_ref());
        let claude = example.claude.as_ref();
        let prepared = prepared(&example.arguments, &files, world, engine, claude);
        let mut page = page(&prepared, &files, world, engine, claude);
        let mut unlike = bundled::differences(&prepared, Some(HOME), &files, &mut page);
        // Where a page has no world, nobody answers; of a record that is said in another way.
        unlike.retain(|line| !line.contains("it was not tried"));
        if !unlike.is_empty() {
            failures.push(format!(
                "checks/{}.md:\n  {}",
                check.id,
                unlike.join("\n  ")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
