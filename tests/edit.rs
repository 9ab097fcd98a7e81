//! Every node of every fixture takes every change, random documents random ones, and what is around stays.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::Write;
use std::path::{Path as File, PathBuf};

use mcpdoc::change::{Fix, Op, Safety};
use mcpdoc::fix::{Refused, apply, lower};
use mcpdoc::source::{Dialect, Format, Node, Part, Path, Pointer, Source, SourceId, Step, Style};
use serde_json::{Value as Json, json};

use wild::Dice;

#[path = "edit/wild.rs"]
mod wild;

fn files(dir: &File, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// How a file of a stack is written; reports beside it are not for people to edit.
fn format(file: &File) -> Option<Format> {
    if file.file_name()? == "report.json" {
        return None;
    }
    match file.extension()?.to_str()? {
        "yaml" => Some(Format::Yaml(Dialect::PyYaml)),
        "yml" => Some(Format::Yaml(Dialect::GoYaml)),
        "json" => Some(Format::Jsonc),
        "env" => Some(Format::Env),
        _ => None,
    }
}

/// The changes that make sense at a node.
fn changes(node: Node<'_>, format: Format) -> Vec<Op> {
    let env = format == Format::Env;
    let mut ops = Vec::new();
    if node.path().steps().is_empty() {
        return vec![Op::Insert("NEW_KEY".into(), json!("new value"))];
    }
    ops.push(Op::Set(json!("it's: \"new\" # value")));
    ops.push(Op::Remove);
    if node.key().is_some() {
        ops.push(Op::Rename("NEW_KEY".into()));
    }
    if !env {
        ops.push(Op::Set(json!({"a": ["b", {"c": 1}]})));
    }
    if node.is_map() {
        ops.push(Op::Insert("NEW_KEY".into(), json!({"a": ["b"]})));
    }
    if node.is_seq() {
        ops.push(Op::Push(json!("new")));
    }
    ops
}

/// What the file says beside the lines of the node.
fn around(source: &Source, node: Node<'_>) -> Vec<String> {
    let entry = source.locate(&node.path(), Part::Entry);
    let text = source.text();
    let start = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[entry.end..]
        .find('\n')
        .map_or(text.len(), |at| entry.end + at);
    [&text[..start], &text[end..]]
        .iter()
        .flat_map(|part| part.lines())
        .filter(|line| line.trim_start().starts_with(['#', '/']))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_node_of_the_fixtures_can_be_changed() {
    let mut found = Vec::new();
    files(
        &File::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut found,
    );
    let mut done = 0;
    for file in found {
        let Some(format) = format(&file) else {
            continue;
        };
        // What mcpdoc itself has written is no file of a stack.
        let own = file
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("report."));
        if own {
            continue;
        }
        let name = file.display().to_string();
        let source = Source::new(SourceId(0), &name, format, Ok(fs::read(&file).unwrap()));
        if !source.is_parsed() {
            continue;
        }
        let aliases = source.nodes().any(|node| node.is_alias());
        for node in source.nodes().filter(|node| !node.is_key()) {
            for op in changes(node, format) {
                let pointer = Pointer {
                    source: source.id(),
                    path: node.path(),
                };
                let fix = Fix::new(Safety::Safe, "").change(pointer, op.clone());
                let edits = match lower(&|_| &source, &fix) {
                    Ok(edits) => edits,
                    Err(_) if aliases => continue,
                    Err(refused) => panic!("{name}: {op:?} at {}: {refused}", node.path()),
                };
                let edited = apply(source.text(), &edits);
                let mut lines = edited.lines();
                for comment in around(&source, node) {
                    assert!(
                        lines.any(|line| line == comment),
                        "{name}: {op:?} at {}: {comment} is gone from\n{edited}",
                        node.path()
                    );
                }
                done += 1;
            }
        }
    }
    assert!(done > 100, "only {done} changes made");
}

/// How many random documents are changed: as many as `MCPDOC_CASES` says.
fn cases() -> u64 {
    let asked = std::env::var("MCPDOC_CASES").ok();
    asked.map_or(4_000, |asked| asked.parse().unwrap())
}

/// A random change of a random document, and what became of it.
struct Case {
    format: Format,
    source: Source,
    path: Path,
    op: Op,
    edited: Result<String, Refused>,
}

impl Case {
    /// Nothing where the document is none, which its layouts do not all rule out.
    fn new(seed: u64) -> Option<Case> {
        let mut dice = Dice::new(seed);
        let format = wild::format(&mut dice);
        let bytes = wild::document(&mut dice, format).into_bytes();
        let source = Source::new(SourceId(0), "file", format, Ok(bytes));
        if !source.is_parsed() || source.root().is_null() {
            return None;
        }
        let nodes: Vec<Path> = source
            .nodes()
            .filter(|node| !node.is_key())
            .map(|node| node.path())
            .collect();
        let mut path = dice.pick(&nodes);
        let op = match dice.below(10) {
            0..=2 => Op::Set(wild::value(&mut dice, 2)),
            3 => Op::Rename(wild::key(&mut dice)),
            4 | 5 => Op::Insert(wild::key(&mut dice), wild::value(&mut dice, 2)),
            6 => Op::Push(wild::value(&mut dice, 2)),
            _ => Op::Remove,
        };
        if matches!(op, Op::Insert(..) | Op::Push(_)) && dice.often(10) {
            path = path.key("missing");
        }
        let edited = change(&source, &path, &op);
        Some(Case {
            format,
            source,
            path,
            op,
            edited,
        })
    }

    fn context(&self) -> String {
        let edited = self.edited.as_deref().unwrap_or("refused");
        format!(
            "{:?} {:?} at {} of\n{}\n=== is\n{edited}\n===",
            self.format,
            self.op,
            self.path,
            self.source.text()
        )
    }
}

fn change(source: &Source, path: &Path, op: &Op) -> Result<String, Refused> {
    let pointer = Pointer {
        source: source.id(),
        path: path.clone(),
    };
    let fix = Fix::new(Safety::Safe, "").change(pointer, op.clone());
    Ok(apply(source.text(), &lower(&|_| source, &fix)?))
}

/// The lines that a change may touch: of the entry, or of the collection that it is taken from or added to.
fn touched(case: &Case) -> std::ops::Range<usize> {
    let text = case.source.text();
    let path = match case.op {
        Op::Set(_) | Op::Rename(_) | Op::Insert(..) | Op::Push(_) => case.path.clone(),
        Op::Remove => case.path.parent(),
    };
    let path = there(&case.source, path).path();
    if path.steps().is_empty() {
        return 0..text.len();
    }
    let mut span = case.source.locate(&path, Part::Entry);
    span.start = begin(&case.source, &path, span.start);
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    // Blank lines below may belong to a text of `|+`.
    let below = &text[span.end..];
    let blank = below.len() - below.trim_start().len();
    let end = match below[..blank].rfind('\n') {
        _ if blank == below.len() => text.len(),
        Some(at) => span.end + at,
        None => below.find('\n').map_or(text.len(), |at| span.end + at),
    };
    start..end
}

/// Where an entry begins: an item with its dash, which may stand lines above it.
fn begin(source: &Source, path: &Path, start: usize) -> usize {
    let Some(Step::Index(index)) = path.steps().last() else {
        return start;
    };
    let Some(list) = source.node(&path.parent()) else {
        return start;
    };
    let above = index.checked_sub(1).and_then(|at| list.items().nth(at));
    let from = above.map_or(list.span().start, |above| above.span().end);
    let dash = source.text().get(from..start).and_then(|gap| gap.find('-'));
    dash.map_or(start, |dash| from + dash)
}

/// Where an entry ends with the comma that follows it: what stands before that is its own.
fn own_end(case: &Case, end: usize) -> usize {
    let node = case.source.node(&case.path);
    let Some(parent) = node.and_then(Node::parent) else {
        return end;
    };
    let keys = parent.own_entries().map(|(key, _)| key.span().start);
    let items = parent.items().map(|item| item.span().start);
    let next = keys.chain(items).filter(|start| *start >= end).min();
    let next = next.unwrap_or(parent.span().end).max(end);
    let comma = case.source.text()[end..next].find(',');
    comma.map_or(end, |comma| end + comma)
}

/// The node at a path, or its nearest ancestor.
fn there(source: &Source, mut path: Path) -> Node<'_> {
    loop {
        match source.node(&path) {
            Some(node) => return node,
            None => path = path.parent(),
        }
    }
}

/// Whether what is added to or taken from is a table of TOML, whose lines may stand anywhere in the file.
fn has_sections(case: &Case) -> bool {
    let path = match case.op {
        Op::Set(_) | Op::Rename(_) => return false,
        Op::Insert(..) | Op::Push(_) => case.path.clone(),
        Op::Remove => case.path.parent(),
    };
    let node = there(&case.source, path);
    case.format == Format::Toml && node.style() == Style::Indented
}

/// The numbers of the comments of a text.
fn comments(text: &str) -> Vec<&str> {
    let signs = ["# c", "// c", "/* c"];
    let mut found: Vec<(usize, &str)> = Vec::new();
    for sign in signs {
        for (at, _) in text.match_indices(sign) {
            let rest = &text[at + sign.len()..];
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let number = &rest[..end.unwrap_or(rest.len())];
            found.push((at, number));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, number)| number).collect()
}

/// Whether every string of `value` is one below `node`.
fn holds(node: Node<'_>, value: &Json) -> bool {
    match value {
        Json::String(text) => node.as_str() == Some(text),
        Json::Array(items) => node
            .items()
            .zip(items)
            .all(|(node, item)| holds(node, item)),
        Json::Object(entries) => entries
            .iter()
            .all(|(key, value)| node.get(key).is_some_and(|node| holds(node, value))),
        _ => true,
    }
}

#[test]
fn random_changes_of_wild_documents_do_what_they_should_and_nothing_else() {
    let (mut made, mut refused, mut unproved) = (0u64, 0u64, 0u64);
    for seed in 0..cases() {
        let Some(case) = Case::new(seed) else {
            continue;
        };
        let (source, path) = (&case.source, &case.path);
        let edited = match &case.edited {
            Ok(edited) => edited,
            Err(Refused::NotProved(_)) => {
                unproved += 1;
                continue;
            }
            Err(_) => {
                refused += 1;
                continue;
            }
        };
        made += 1;
        let context = || format!("{seed}: {}", case.context());
        let text = source.text();
        // What is around stays as it is.
        let lines = touched(&case);
        let sections = has_sections(&case);
        if sections {
            let (short, long) = match case.op {
                Op::Remove => (edited.as_str(), text),
                _ => (text, edited.as_str()),
            };
            let mut long = long.lines();
            let is_in = |line: &str| long.any(|other| other == line);
            assert!(short.lines().all(is_in), "lines: {}", context());
        } else {
            let (head, tail) = (&text[..lines.start], &text[lines.end..]);
            assert!(edited.starts_with(head), "above: {}", context());
            let tail = tail.strip_prefix('\r').unwrap_or(tail);
            let tail = tail.strip_prefix('\n').unwrap_or(tail);
            assert!(edited.ends_with(tail), "below: {}", context());
        }
        // No comment goes but those in the lines of what goes.
        let entry = source.locate(path, Part::Entry);
        let first = begin(source, path, entry.start);
        let first = text[..first].rfind('\n').map_or(0, |at| at + 1);
        let own = own_end(&case, entry.end);
        let last = text[own..].find('\n').map_or(text.len(), |at| own + at);
        let is_root = path.steps().is_empty();
        let all_goes = is_root && matches!(case.op, Op::Set(_));
        if !all_goes && !sections {
            let kept = match case.op {
                Op::Set(_) | Op::Remove => [&text[..first], &text[last..]].concat(),
                Op::Rename(_) | Op::Insert(..) | Op::Push(_) => text.to_owned(),
            };
            let left = comments(edited);
            let mut left = left.iter();
            for comment in comments(&kept) {
                assert!(
                    left.any(|have| *have == comment),
                    "comment {comment}: {}",
                    context()
                );
            }
        }
        if text.contains("\r\n") {
            let all = edited.matches('\n').count();
            assert_eq!(
                edited.matches("\r\n").count(),
                all,
                "line breaks: {}",
                context()
            );
        }
        // A string is one to every reader, and the same change changes nothing once more.
        let formats = match case.format {
            Format::Yaml(_) => vec![Format::Yaml(Dialect::PyYaml), Format::Yaml(Dialect::GoYaml)],
            other => vec![other],
        };
        for format in formats {
            let read = |text: &str| Source::new(SourceId(0), "file", format, Ok(text.into()));
            // What one reader does not take at all, the change does not mend.
            if !read(text).is_parsed() {
                continue;
            }
            let again = read(edited);
            let (at, value) = match &case.op {
                Op::Set(value) => (path.clone(), Some(value)),
                Op::Insert(key, value) => (path.key(key), Some(value)),
                _ => (path.clone(), None),
            };
            if let Some(value) = value.filter(|_| case.format != Format::Env) {
                let node = again
                    .node(&at)
                    .unwrap_or_else(|| panic!("absent: {}", context()));
                assert!(holds(node, value), "{format:?}: {}", context());
            }
        }
        let again = Source::new(
            SourceId(0),
            "file",
            case.format,
            Ok(edited.clone().into_bytes()),
        );
        match (&case.op, change(&again, path, &case.op)) {
            (Op::Set(_), Ok(same)) => assert_eq!(&same, edited, "twice: {}", context()),
            (Op::Insert(..) | Op::Rename(_), Ok(_)) => panic!("twice: {}", context()),
            (_, _) => {}
        }
    }
    println!(
        "{made} changes made, {refused} refused for a reason, {unproved} because they could not be proved"
    );
    assert!(made * 3 > refused, "{made} made, {refused} refused");
    assert!(unproved * 100 < made, "{unproved} not proved");
}

/// Other readers find the old value changed by the operation, and nothing else changed: PyYAML, Python's `json` and
/// `tomllib`.
#[test]
#[ignore = "needs Python 3.11 and PyYAML, as LiteLLM brings it: tests/stack/install"]
fn other_readers_find_what_was_changed_and_nothing_else() {
    let root = File::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.join("tests/edit/read_again.py");
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), PathBuf::from);
    let stack =
        std::env::var_os("MCPDOC_STACK").map_or_else(|| target.join("stack"), PathBuf::from);
    let mut reader = std::process::Command::new(stack.join("litellm-1.77.3/bin/python"))
        .arg(script)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufWriter::new(reader.stdin.take().unwrap());
    for seed in 0..cases() {
        let Some(case) = Case::new(seed) else {
            continue;
        };
        let Ok(edited) = &case.edited else { continue };
        let format = match case.format {
            Format::Yaml(_) => "yaml",
            Format::Json => "json",
            Format::Toml => "toml",
            _ => continue,
        };
        let path: Vec<Json> = case
            .path
            .steps()
            .iter()
            .map(|step| match step {
                Step::Key(key) => json!(key),
                Step::Index(index) => json!(index),
            })
            .collect();
        let (op, key, value) = match &case.op {
            Op::Set(value) => ("set", None, Some(value)),
            Op::Rename(key) => ("rename", Some(key), None),
            Op::Insert(key, value) => ("insert", Some(key), Some(value)),
            Op::Push(value) => ("push", None, Some(value)),
            Op::Remove => ("remove", None, None),
        };
        let line = json!({
            "seed": seed, "format": format, "before": case.source.text(), "after": edited,
            "path": path, "op": op, "key": key, "value": value,
        });
        writeln!(lines, "{line}").unwrap();
    }
    drop(lines.into_inner().unwrap());
    assert!(reader.wait().unwrap().success());
}
