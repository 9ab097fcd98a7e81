//! Every node of every fixture takes every change, and the comments around it stay.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path as File, PathBuf};

use mcpdoc::change::{Fix, Op, Safety};
use mcpdoc::fix::{apply, lower};
use mcpdoc::source::{Dialect, Format, Node, Part, Pointer, Source, SourceId};
use serde_json::json;

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
