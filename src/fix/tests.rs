//! Every edit, a case each; then random ones.
#![allow(clippy::unwrap_used)]

mod random;
mod toml;

use serde_json::{Value as Json, json};

use super::{Edit, Refused, Suggestion, apply, lower, suggestions};
use crate::change::{Fix, Op, Safety};
use crate::source::{Dialect, Format, Path, Pointer, Source, SourceId, Step};

const YAML: Format = Format::Yaml(Dialect::PyYaml);

fn source(format: Format, text: &str) -> Source {
    let bytes = text.as_bytes().to_vec();
    let source = Source::new(SourceId(0), "file", format, Ok(bytes));
    assert!(source.is_parsed(), "{:?} in\n{text}", source.state());
    source
}

/// `a.b.0`: numbers are items.
fn path(text: &str) -> Path {
    let steps = text.split('.').filter(|step| !step.is_empty());
    let steps: Vec<Step> = steps
        .map(|step| match step.parse() {
            Ok(index) => Step::Index(index),
            Err(_) => Step::Key(step.into()),
        })
        .collect();
    steps.into()
}

fn fix(changes: Vec<(&str, Op)>) -> Fix {
    changes
        .into_iter()
        .fold(Fix::new(Safety::Safe, "test"), |fix, (at, op)| {
            let at = Pointer {
                source: SourceId(0),
                path: path(at),
            };
            fix.change(at, op)
        })
}

fn edits(format: Format, text: &str, changes: Vec<(&str, Op)>) -> Result<Vec<Edit>, Refused> {
    let source = source(format, text);
    lower(&|_| &source, &fix(changes))
}

#[track_caller]
fn becomes(format: Format, text: &str, changes: Vec<(&str, Op)>, wanted: &str) {
    match edits(format, text, changes) {
        Ok(edits) => assert_eq!(apply(text, &edits), wanted),
        Err(refused) => panic!("{refused}"),
    }
}

#[track_caller]
fn yaml(text: &str, at: &str, op: Op, wanted: &str) {
    becomes(YAML, text, vec![(at, op)], wanted);
}

#[track_caller]
fn refused(text: &str, at: &str, op: Op) -> String {
    match edits(YAML, text, vec![(at, op)]) {
        Ok(edits) => panic!("not refused:\n{}", apply(text, &edits)),
        Err(refused) => refused.to_string(),
    }
}

fn set(value: impl Into<Json>) -> Op {
    Op::Set(value.into())
}

fn insert(key: &str, value: impl Into<Json>) -> Op {
    Op::Insert(key.to_owned(), value.into())
}

fn push(value: impl Into<Json>) -> Op {
    Op::Push(value.into())
}

fn rename(key: &str) -> Op {
    Op::Rename(key.to_owned())
}

#[test]
fn a_scalar_keeps_its_quotes() {
    yaml("a: old # c\n", "a", set("new"), "a: new # c\n");
    yaml("a: 'old'\n", "a", set("it's"), "a: 'it''s'\n");
    yaml("a: \"old\"\n", "a", set("x\ty"), "a: \"x\\ty\"\n");
    yaml("a: 'old'\n", "a", set("x\ny"), "a: \"x\\ny\"\n");
    yaml("{a: old, b: 1}\n", "a", set("n,w"), "{a: \"n,w\", b: 1}\n");
    yaml("- old\n- b\n", "0", set("new"), "- new\n- b\n");
    yaml("old\n", "", set("new"), "new\n");
    yaml(
        "a:\n  long\n  text\nb: 1\n",
        "a",
        set("short"),
        "a:\n  short\nb: 1\n",
    );
}

#[test]
fn a_plain_scalar_is_quoted_where_readers_differ() {
    let risky = [
        "yes",
        "No",
        "on",
        "off",
        "y",
        "null",
        "~",
        "true",
        "80",
        "0x1f",
        "0o17",
        "1e3",
        "1_000",
        "3.5",
        ".5",
        "2024-01-01",
        "2024-1-1",
        "22:22",
        "8080:8080",
        "- a",
        "-",
        "?",
        "? a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "a: b",
        "a #b",
        "a:",
        " a",
        "a ",
        "",
        "[a",
        "{a",
        "#a",
        "|",
        ">",
        "'a",
        "\"a",
        ",a",
        "]",
        "---",
        "=",
        "<<",
        "a\nb",
        "\u{7f}",
        "\u{feff}",
    ];
    for text in risky {
        let quoted = super::scalar::yaml(text, crate::source::Style::Plain, false);
        assert!(quoted.starts_with('"'), "{text:?} is written {quoted}");
        let edits = edits(YAML, "a: old\n", vec![("a", set(text))]);
        assert!(edits.is_ok(), "{text:?}: {edits:?}");
    }
    let safe = [
        "http://mcp:8000/mcp",
        "--transport",
        "-y",
        "10.0.0.1",
        "postgres:16",
        "os.environ/KEY",
        "a#b",
        "a, b",
        "host.docker.internal:host-gateway",
        "über",
        "v1.2.3",
        "/etc/x:/etc/y:ro",
        "${NAME:-x}",
        "it's",
        "a b",
        "1.2.3",
    ];
    for text in safe {
        yaml("a: old\n", "a", set(text), &format!("a: {text}\n"));
    }
}

#[test]
fn numbers_and_booleans_are_written_as_such() {
    yaml("a: \"80\"\n", "a", set(8080), "a: 8080\n");
    yaml("a: 'no'\n", "a", set(false), "a: false\n");
    yaml("a: x\n", "a", set(1.5), "a: 1.5\n");
    yaml("a: x\n", "a", set(1e300), "a: 1.0e+300\n");
    yaml("a: x\n", "a", set(Json::Null), "a: null\n");
}

#[test]
fn a_value_that_is_not_written_gets_one() {
    yaml("a:\nb: 1\n", "a", set("x"), "a: x\nb: 1\n");
    yaml("a: # c\n", "a", set("x"), "a: x # c\n");
    yaml("-\n- b\n", "0", set("x"), "- x\n- b\n");
    yaml("{a, b: }\n", "a", set("x"), "{a: x, b: }\n");
    yaml("{a, b: }\n", "b", set("x"), "{a, b: x }\n");
    yaml("a:", "a", set("x"), "a: x");
}

#[test]
fn a_block_scalar_stays_one_for_several_lines() {
    yaml(
        "a: | # c\n  x\nb: 1\n",
        "a",
        set("y\nz\n"),
        "a: | # c\n  y\n  z\nb: 1\n",
    );
    yaml(
        "a: >-\n  x\n\nb: 1\n",
        "a",
        set("y\n\nz"),
        "a: |-\n  y\n\n  z\n\nb: 1\n",
    );
    yaml("a: |\n  x\nb: 1\n", "a", set("q"), "a: q\nb: 1\n");
}

#[test]
fn a_collection_is_laid_out_as_its_siblings() {
    yaml(
        "s:\n    k:\n        x: 1\na: old # c\n",
        "a",
        set(json!({"b": {"c": 1}, "d": [1, {"e": "f", "g": []}]})),
        "s:\n    k:\n        x: 1\na: # c\n    b:\n        c: 1\n    d:\n        - 1\n        - e: f\n          g: []\n",
    );
    yaml(
        "l:\n- x\na:\n",
        "a",
        set(json!(["q"])),
        "l:\n- x\na:\n- q\n",
    );
    yaml(
        "l:\n  - x\na: z\nb: 1\n",
        "a",
        set(json!(["q"])),
        "l:\n  - x\na:\n  - q\nb: 1\n",
    );
    yaml(
        "a:\n  b: 1\n  c: 2\n",
        "a",
        set(json!({"d": 3})),
        "a:\n  d: 3\n",
    );
    yaml(
        "a:\n- b\nc: 1\n",
        "a",
        set(json!({"d": 3})),
        "a:\n  d: 3\nc: 1\n",
    );
    yaml(
        "- x\n",
        "0",
        set(json!({"d": 3, "e": 4})),
        "- d: 3\n  e: 4\n",
    );
    yaml("{a: x}\n", "a", set(json!({"d": [3]})), "{a: {d: [3]}}\n");
    yaml("a: [x, y]\n", "a", set(json!(["z"])), "a: [z]\n");
    yaml("a: [\"x\"]\n", "a", set(json!(["z", 1])), "a: [\"z\", 1]\n");
}

#[test]
fn a_collection_makes_way_for_a_scalar() {
    yaml(
        "a: # c\n  # d\n  b: 1 # e\nf: 2\n",
        "a",
        set("x"),
        "a: x # c\n  # d\n  # e\nf: 2\n",
    );
    yaml("a:\n  - b\nf: 2\n", "a", set(json!([])), "a: []\nf: 2\n");
    yaml("- a: 1\n  b: 2\n- c\n", "0", set("x"), "- x\n- c\n");
}

#[test]
fn a_key_keeps_its_quotes() {
    yaml("a: 1\nb: 2\n", "a", rename("c"), "c: 1\nb: 2\n");
    yaml("'a': 1\n", "a", rename("c"), "'c': 1\n");
    yaml("{\"a\": 1}\n", "a", rename("c"), "{\"c\": 1}\n");
    yaml("a: 1\n", "a", rename("on"), "\"on\": 1\n");
    yaml("- a:\n    b: 1\n", "0.a", rename("c"), "- c:\n    b: 1\n");
    assert_eq!(
        refused("a: 1\nb: 2\n", "a", rename("b")),
        "the file as a whole has the key \"b\" already"
    );
}

#[test]
fn an_entry_comes_after_the_last() {
    yaml(
        "a:\n  b: 1 # c\n\nd: 2\n",
        "a",
        insert("e", "f"),
        "a:\n  b: 1 # c\n  e: f\n\nd: 2\n",
    );
    yaml("a:\n  b: 1", "a", insert("e", 2), "a:\n  b: 1\n  e: 2");
    yaml(
        "a: 1\n",
        "",
        insert("b", json!({"c": [1]})),
        "a: 1\nb:\n  c:\n    - 1\n",
    );
    yaml(
        "- a: 1\n- b\n",
        "0",
        insert("c", 2),
        "- a: 1\n  c: 2\n- b\n",
    );
    yaml("-   a: 1\n", "0", insert("c", 2), "-   a: 1\n    c: 2\n");
    yaml(
        "a: |\n  x\n\nb: {}\n",
        "",
        insert("c", 2),
        "a: |\n  x\n\nb: {}\nc: 2\n",
    );
    yaml(
        "m:\n  a: |+\n    x\n\nb: 1\n",
        "m",
        insert("c", 2),
        "m:\n  a: |+\n    x\n\n  c: 2\nb: 1\n",
    );
    yaml("'a': 1\n", "", insert("b", 2), "'a': 1\n'b': 2\n");
    yaml("a: {b: 1}\n", "a", insert("c", "d"), "a: {b: 1, c: d}\n");
    yaml(
        "a: { b: 1 }\n",
        "a",
        insert("c", "d"),
        "a: { b: 1, c: d }\n",
    );
    yaml(
        "a: {\"b\": \"x\"}\n",
        "a",
        insert("c", "d"),
        "a: {\"b\": \"x\", \"c\": \"d\"}\n",
    );
    yaml(
        "a: {\n  b: 1, # x\n  c: 2 # y\n}\n",
        "a",
        insert("d", 3),
        "a: {\n  b: 1, # x\n  c: 2, # y\n  d: 3\n}\n",
    );
    yaml(
        "a: {\n  b: 1,\n}\n",
        "a",
        insert("d", 3),
        "a: {\n  b: 1,\n  d: 3,\n}\n",
    );
    yaml(
        "---\na: 1\n...\n",
        "",
        insert("b", 2),
        "---\na: 1\nb: 2\n...\n",
    );
    yaml(
        "a: 1\r\nb:\r\n  c: 1\r\n",
        "b",
        insert("d", 2),
        "a: 1\r\nb:\r\n  c: 1\r\n  d: 2\r\n",
    );
    assert_eq!(
        refused("a:\n  b: 1\n", "a", insert("b", 2)),
        "a has the key \"b\" already"
    );
    assert_eq!(
        refused("a: x\n", "a", insert("b", 2)),
        "a is a string, not a mapping"
    );
}

#[test]
fn nothing_becomes_a_mapping() {
    yaml("a:\nb: 1\n", "a", insert("c", 2), "a:\n  c: 2\nb: 1\n");
    yaml(
        "a: # x\nb: 1\n",
        "a",
        insert("c", 2),
        "a: # x\n  c: 2\nb: 1\n",
    );
    yaml("a: {} # x\n", "a", insert("c", 2), "a: # x\n  c: 2\n");
    yaml("a: null\n", "a", insert("c", 2), "a:\n  c: 2\n");
    yaml("a: ~", "a", insert("c", 2), "a:\n  c: 2");
    yaml("{}\n", "", insert("c", 2), "c: 2\n");
    yaml("", "", insert("c", 2), "c: 2\n");
    yaml("# only this", "", insert("c", 2), "# only this\nc: 2\n");
    yaml(
        "- {}\n",
        "0",
        insert("c", json!({"d": 1})),
        "- c:\n    d: 1\n",
    );
    yaml("-\n", "0", insert("c", 2), "- c: 2\n");
    yaml("{a: {}}\n", "a", insert("c", 2), "{a: {c: 2}}\n");
}

#[test]
fn what_is_missing_on_the_way_is_created() {
    yaml(
        "a: 1\n",
        "b.c",
        insert("d", 2),
        "a: 1\nb:\n  c:\n    d: 2\n",
    );
    yaml("a: 1\n", "b.c", push("x"), "a: 1\nb:\n  c:\n    - x\n");
    yaml("a:\n", "a.c", insert("d", 2), "a:\n  c:\n    d: 2\n");
    assert_eq!(refused("a: 1\n", "b.0", insert("c", 2)), "there is no b[0]");
    assert_eq!(refused("a: 1\n", "b", set(2)), "there is no b");
}

#[test]
fn an_item_comes_after_the_last() {
    yaml(
        "a:\n- x # c\nb: 1\n",
        "a",
        push("q"),
        "a:\n- x # c\n- q\nb: 1\n",
    );
    yaml("a:\n  - x\n", "a", push("q"), "a:\n  - x\n  - q\n");
    yaml("a:\n  -  x\n", "a", push("q"), "a:\n  -  x\n  -  q\n");
    yaml(
        "- - x\n  - y\n- z\n",
        "0",
        push("w"),
        "- - x\n  - y\n  - w\n- z\n",
    );
    yaml(
        "p:\n  - \"1:1\"\n",
        "p",
        push("a"),
        "p:\n  - \"1:1\"\n  - \"a\"\n",
    );
    yaml(
        "a:\n  - b: 1\n",
        "a",
        push(json!({"c": 2, "d": 3})),
        "a:\n  - b: 1\n  - c: 2\n    d: 3\n",
    );
    yaml("a: [x]\n", "a", push("q"), "a: [x, q]\n");
    yaml("a: [x,]\n", "a", push("q"), "a: [x, q]\n");
    yaml("a: []\n", "a", push("q"), "a:\n  - q\n");
    yaml("a:\n", "a", push("q"), "a:\n  - q\n");
    assert_eq!(
        refused("a: {b: 1}\n", "a", push(2)),
        "a is a mapping, not a list"
    );
}

#[test]
fn an_entry_goes_with_its_lines() {
    yaml(
        "a: 1\n# b\nb: 2 # x\nc: 3\n",
        "b",
        Op::Remove,
        "a: 1\n# b\nc: 3\n",
    );
    yaml(
        "a: 1\nb:\n  c: 1\n  d:\n    - x\n",
        "b",
        Op::Remove,
        "a: 1\n",
    );
    yaml("a: 1\nb: 2", "b", Op::Remove, "a: 1\n");
    yaml("- a: 1\n  b: 2\n", "0.a", Op::Remove, "- b: 2\n");
    yaml(
        "- a: 1 # x\n  # y\n  b: 2\n",
        "0.a",
        Op::Remove,
        "- # y\n  b: 2\n",
    );
    yaml(
        "a:\n- x\n- y # c\n- z\n",
        "a.1",
        Op::Remove,
        "a:\n- x\n- z\n",
    );
    yaml("- - x\n  - y\n", "0.0", Op::Remove, "- - y\n");
    yaml("a: |\n  x\nb: 1\n", "a", Op::Remove, "b: 1\n");
    yaml(
        "a: 1\r\nb: 2\r\nc: 3\r\n",
        "b",
        Op::Remove,
        "a: 1\r\nc: 3\r\n",
    );
}

#[test]
fn the_last_entry_leaves_an_empty_collection() {
    yaml("a:\n  b: 1 # x\nc: 2\n", "a.b", Op::Remove, "a: {}\nc: 2\n");
    yaml("a:\n- b\nc: 2\n", "a.0", Op::Remove, "a: []\nc: 2\n");
    yaml("a: 1\n", "a", Op::Remove, "{}\n");
    yaml("- a: 1\n", "0.a", Op::Remove, "- {}\n");
    yaml("a: { b: 1 }\n", "a.b", Op::Remove, "a: {}\n");
}

#[test]
fn a_flow_entry_goes_with_its_separator() {
    yaml("[a, b, c]\n", "0", Op::Remove, "[b, c]\n");
    yaml("[a, b, c]\n", "1", Op::Remove, "[a, c]\n");
    yaml("[a, b, c]\n", "2", Op::Remove, "[a, b]\n");
    yaml("{ a: 1, b: 2 }\n", "b", Op::Remove, "{ a: 1 }\n");
    yaml(
        "[\n  a, # x\n  b # y\n]\n",
        "1",
        Op::Remove,
        "[\n  a # x\n]\n",
    );
    yaml(
        "[\n  a, # x\n  b # y\n]\n",
        "0",
        Op::Remove,
        "[\n  b # y\n]\n",
    );
    yaml("[a, # x\n b]\n", "1", Op::Remove, "[a # x\n ]\n");
}

#[test]
fn json_is_edited_in_its_own_layout() {
    let text = "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": [\"x\"]\n}\n";
    let json = |at, op, wanted: &str| becomes(Format::Json, text, vec![(at, op)], wanted);
    json(
        "a.b",
        set("v"),
        "{\n  \"a\": {\n    \"b\": \"v\"\n  },\n  \"c\": [\"x\"]\n}\n",
    );
    json(
        "a",
        rename("z"),
        "{\n  \"z\": {\n    \"b\": 1\n  },\n  \"c\": [\"x\"]\n}\n",
    );
    json("a", Op::Remove, "{\n  \"c\": [\"x\"]\n}\n");
    json("c", Op::Remove, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
    json("a.b", Op::Remove, "{\n  \"a\": {},\n  \"c\": [\"x\"]\n}\n");
    json(
        "c",
        push("q"),
        "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": [\"x\", \"q\"]\n}\n",
    );
    json(
        "a",
        insert("n", json!({"args": ["-y"]})),
        "{\n  \"a\": {\n    \"b\": 1,\n    \"n\": {\n      \"args\": [\"-y\"]\n    }\n  },\n  \"c\": [\"x\"]\n}\n",
    );
    becomes(
        Format::Json,
        "{\n\t\"a\": {}\n}",
        vec![("a", insert("b", json!({"c": 1})))],
        "{\n\t\"a\": {\n\t\t\"b\": {\n\t\t\t\"c\": 1\n\t\t}\n\t}\n}",
    );
    becomes(
        Format::Json,
        "{\"a\":1,\"b\":[1,2]}",
        vec![("", insert("c", json!({"d": [1, 2]}))), ("b", push(3))],
        "{\"a\":1,\"b\":[1,2,3],\"c\":{\"d\":[1,2]}}",
    );
    becomes(
        Format::Jsonc,
        "{\r\n  // one\r\n  \"a\": 1, /* x */\r\n  \"b\": 2, // y\r\n}\r\n",
        vec![("a", Op::Remove), ("", insert("c", true))],
        "{\r\n  // one\r\n  \"b\": 2, // y\r\n  \"c\": true,\r\n}\r\n",
    );
}

#[test]
fn variables_are_edited_in_their_lines() {
    let env = |text: &str, at, op, wanted: &str| becomes(Format::Env, text, vec![(at, op)], wanted);
    env("# c\nA=1\nB='x'\n", "A", set("2"), "# c\nA=2\nB='x'\n");
    env("A=1\nB='x'\n", "B", set("y z"), "A=1\nB='y z'\n");
    env("A=1\n", "A", set("y z"), "A=\"y z\"\n");
    env(
        "A=1\n",
        "A",
        set("postgres://u:p@h:5432/db?x=1"),
        "A=postgres://u:p@h:5432/db?x=1\n",
    );
    env("A=\"1\"\n", "A", set("a\"b\\c"), "A=\"a\\\"b\\\\c\"\n");
    env("A=\nB\n", "A", set("x"), "A=x\nB\n");
    env("A=\nB\n", "B", set("x"), "A=\nB=x\n");
    env(
        "export A=1 # c\nB=2\n",
        "A",
        rename("Z"),
        "export Z=1 # c\nB=2\n",
    );
    env("export A=1 # c\nB=2\n", "A", Op::Remove, "B=2\n");
    env("A=1\n", "A", Op::Remove, "");
    env(
        "A=1 # c\n# end\n",
        "",
        insert("B", 8000),
        "A=1 # c\nB=8000\n# end\n",
    );
    env("A=1", "", insert("B", true), "A=1\nB=true");
    env("", "", insert("B", "x"), "B=x\n");
    assert!(edits(Format::Env, "A=1\n", vec![("A", set(json!([])))]).is_err());
    assert!(edits(Format::Env, "A=1\n", vec![("", insert("B C", 1))]).is_err());
    assert!(edits(Format::Env, "A=1\n", vec![("", insert("A", 1))]).is_err());
}

#[test]
fn changes_of_one_fix_are_made_together() {
    becomes(
        YAML,
        "s:\n  command: x # c\n  args: [y]\nt: 1\n",
        vec![
            ("s.command", Op::Remove),
            ("s.args", Op::Remove),
            ("s", insert("url", "http://a:1/mcp")),
            ("s", insert("type", "http")),
            ("t", set(2)),
        ],
        "s:\n  url: http://a:1/mcp\n  type: http\nt: 2\n",
    );
    becomes(
        YAML,
        "a:\n  b: 1\n",
        vec![("", insert("c", 1)), ("a", insert("d", 2))],
        "a:\n  b: 1\n  d: 2\nc: 1\n",
    );
    becomes(
        YAML,
        "- a\n- b\n- c\n",
        vec![("0", Op::Remove), ("2", set("z")), ("1", Op::Remove)],
        "- z\n",
    );
    becomes(
        YAML,
        "a:\n  b: 1\n",
        vec![("a", rename("x")), ("a.b", set(2)), ("a", insert("c", 3))],
        "x:\n  b: 2\n  c: 3\n",
    );
    let gone = edits(
        YAML,
        "a:\n  b: 1\nc: 1\n",
        vec![("a", Op::Remove), ("a.b", set(2))],
    );
    assert_eq!(gone, Err(Refused::Removed(path("a.b"))));
    let same = edits(YAML, "a: 1\nb: 2\n", vec![("a", set(1))]);
    assert_eq!(same, Ok(vec![]));
}

#[test]
fn what_is_written_elsewhere_is_refused() {
    let text = "x: &x\n  a: 1\n  l: [p]\ny: *x\nz:\n  <<: *x\n  b: 2\n  a: 3\n";
    assert_eq!(
        refused(text, "y.a", set(2)),
        "y is an alias: what it stands for is written elsewhere"
    );
    assert_eq!(
        refused(text, "z.l", set(2)),
        "z.l comes from a merge key (<<): it is written elsewhere"
    );
    assert_eq!(
        refused(text, "z.a", Op::Remove),
        "z.a comes from a merge key (<<): it is written elsewhere"
    );
    let shared = "x.a is repeated elsewhere by an alias, and would change there too";
    assert_eq!(refused(text, "x.a", set(2)), shared);
    for (at, op) in [
        ("x", insert("b", 1)),
        ("x", Op::Remove),
        ("x.l", push(1)),
        ("y", insert("b", 1)),
    ] {
        refused(text, at, op);
    }
    yaml(text, "y", set("v"), &text.replace("y: *x", "y: v"));
    yaml(text, "x", rename("w"), &text.replace("x: &x", "w: &x"));
    yaml(text, "z", insert("l", 1), &format!("{text}  l: 1\n"));
    yaml("a: &a x\n", "a", set("q"), "a: &a q\n");
    refused("a: &a x\nb: *a\n", "a", set("q"));
    yaml(
        "a: &a\n  b: 1\n",
        "a",
        insert("c", 2),
        "a: &a\n  b: 1\n  c: 2\n",
    );
}

#[test]
fn odd_files_are_refused() {
    refused("? a\n: 1\n? b\n: 2\n", "a", Op::Remove);
    refused("? a\n: 1\n", "", insert("b", 1));
    refused("[a: 1, b]\n", "0", insert("c", 1));
    refused("a: 1\na: 2\n", "a", Op::Remove);
    let tagged = source(Format::Yaml(Dialect::GoYaml), "a: !reset null\n");
    let lowered = lower(&|_| &tagged, &fix(vec![("a", set(1))]));
    assert_eq!(
        lowered,
        Err(Refused::Tagged(path("a"), "!reset".to_owned()))
    );
    let broken = Source::new(SourceId(0), "x.yaml", YAML, Ok(b"a: [".to_vec()));
    assert_eq!(
        lower(&|_| &broken, &fix(vec![("a", set(2))])),
        Err(Refused::NoTree("x.yaml".to_owned()))
    );
    yaml("a: !!str 80\n", "a", set("90"), "a: !!str \"90\"\n");
}

fn shown(text: &str, changes: Vec<(&str, Op)>) -> Vec<(u32, Vec<String>, Vec<String>)> {
    let source = source(YAML, text);
    let edits = lower(&|_| &source, &fix(changes)).unwrap();
    suggestions(&source, &edits)
        .into_iter()
        .map(
            |Suggestion {
                 first_line,
                 removed,
                 added,
                 ..
             }| (first_line, removed, added),
        )
        .collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn suggestions_are_whole_lines() {
    let text = "a: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n";
    assert_eq!(
        shown(text, vec![("b", set(9))]),
        [(2, words(&["b: 2"]), words(&["b: 9"]))]
    );
    assert_eq!(
        shown(text, vec![("b", Op::Remove)]),
        [(2, words(&["b: 2"]), vec![])]
    );
    assert_eq!(
        shown(text, vec![("", insert("e", 5))]),
        [(5, vec![], words(&["e: 5"]))]
    );
    assert_eq!(
        shown(text, vec![("a", set(8)), ("b", rename("x")), ("b", set(9))]),
        [(1, words(&["a: 1", "b: 2"]), words(&["a: 8", "x: 9"]))]
    );
    assert_eq!(
        shown(text, vec![("a", Op::Remove), ("c", set(9))]),
        [
            (1, words(&["a: 1"]), vec![]),
            (3, words(&["c: 3"]), words(&["c: 9"]))
        ]
    );
    assert_eq!(
        shown("a: 1", vec![("", insert("b", 2))]),
        [(2, vec![], words(&["b: 2"]))]
    );
}

#[test]
fn comments_and_later_documents_stay() {
    yaml(
        "a:\n  # on b\n  b: 1\n  # end of a\n\n# on c\nc: 2\n",
        "a",
        insert("d", 2),
        "a:\n  # on b\n  b: 1\n  d: 2\n  # end of a\n\n# on c\nc: 2\n",
    );
    yaml(
        "a: # x\n  # y\n  - b\n",
        "a.0",
        Op::Remove,
        "a: [] # x\n  # y\n",
    );
    yaml("a:   1\nb  :  2\n", "b", Op::Remove, "a:   1\n");
    yaml("a: &x # c\n  b: 1\n", "a", set("v"), "a: &x v # c\n");
    yaml(
        "a:\n    - b: 1\n      c: 2\n    -\n",
        "a",
        push(json!({"d": 1})),
        "a:\n    - b: 1\n      c: 2\n    -\n    - d: 1\n",
    );
    yaml("a: \"x\n  y\" # c\nb: 1\n", "a", Op::Remove, "b: 1\n");
    refused("a:\n  - &i b: 1\n", "a.0", insert("c", 1));
    let two = source(Format::Yaml(Dialect::GoYaml), "a: 1\n---\nb: 2\n");
    let edits = lower(&|_| &two, &fix(vec![("", insert("c", 1))])).unwrap();
    assert_eq!(apply(two.text(), &edits), "a: 1\nc: 1\n---\nb: 2\n");
}

#[test]
fn a_position_past_wide_letters_is_kept() {
    yaml(
        "é: [ü, 'ö'] # ä\nb: 1\n",
        "é.1",
        set("ß"),
        "é: [ü, 'ß'] # ä\nb: 1\n",
    );
    yaml(
        "é: {ü: 1}\n",
        "é",
        insert("ö", "日本"),
        "é: {ü: 1, ö: 日本}\n",
    );
}

#[test]
fn a_key_that_would_come_back_stays() {
    let merged = "m: &m {a: 1}\nx:\n  <<: *m\n  a: 2\n";
    assert!(refused(merged, "x.a", rename("b")).contains("merge key"));
    assert!(refused("a: 1\na: 2\n", "a", rename("b")).contains("twice"));
    for (format, text) in [
        (Format::Json, "{\"a\": 1, \"a\": 2}"),
        (Format::Env, "a=1\na=2\n"),
    ] {
        for op in [rename("b"), Op::Remove] {
            let refused = edits(format, text, vec![("a", op)]);
            assert_eq!(refused, Err(Refused::Twice(path("a"))));
        }
    }
}

#[test]
fn what_is_so_already_is_left_alone() {
    yaml(
        "a: {b: 'c', d: 1}\n",
        "a",
        set(json!({"b": "c", "d": 1})),
        "a: {b: 'c', d: 1}\n",
    );
    becomes(
        Format::Toml,
        "a = 'b'\n",
        vec![("a", set("b"))],
        "a = 'b'\n",
    );
    // To one reader it is that string, to others not.
    let go = Format::Yaml(Dialect::GoYaml);
    becomes(go, "a: yes\n", vec![("a", set("yes"))], "a: \"yes\"\n");
    becomes(
        go,
        "a: [yes]\n",
        vec![("a", set(json!(["yes"])))],
        "a: [\"yes\"]\n",
    );
}

#[test]
fn a_tag_says_what_follows_it() {
    for (text, at, value) in [
        ("a: !!str 1\n", "a", json!(["b"])),
        ("a: &x !!str 1\n", "a", json!({"b": 1})),
        ("- 1\n- !!str 2\n", "1", json!(1)),
        ("a: {b: !!map {}}\n", "a.b", json!("b")),
    ] {
        let said = refused(text, at, set(value));
        assert!(said.contains("the tag !!"), "{said}: {text}");
    }
    yaml("a: !!str &x 1\n", "a", set("2"), "a: !!str &x \"2\"\n");
}

#[test]
fn the_text_of_a_block_scalar_stays_as_it_is() {
    refused("a: |\n  x", "", insert("b", 1));
    refused("a:\n  - >+\n    x", "a", push("y"));
    yaml("a: |-\n  x", "", insert("b", 1), "a: |-\n  x\nb: 1");
    yaml(
        "a: |+\n  x\nb: 1\n\n\nc: 2\n",
        "b",
        Op::Remove,
        "a: |+\n  x\nc: 2\n",
    );
}

#[test]
fn variables_are_written_in_the_hand_of_the_file() {
    becomes(
        Format::Env,
        "export A=x",
        vec![("", insert("B", "y"))],
        "export A=x\nexport B=y",
    );
    becomes(
        Format::Env,
        "A=x # c\n",
        vec![("A", set(""))],
        "A=\"\" # c\n",
    );
}

#[test]
fn tabs_are_never_taken_for_indentation() {
    let go = Format::Yaml(Dialect::GoYaml);
    becomes(
        go,
        "a:\n\n  - x\n  - y\t# c\nb: 1\n",
        vec![("a", set(2))],
        "a: 2\n\n  # c\nb: 1\n",
    );
    let below = "a: {\n  b: 'x, y'\n\t\n}\n";
    let why = "a tab would begin the line below what is written";
    assert_eq!(
        edits(go, below, vec![("a.b", set(2))]),
        Err(Refused::Layout(path("a.b"), why))
    );
    becomes(
        go,
        below,
        vec![("a.b", set("z"))],
        "a: {\n  b: 'z'\n\t\n}\n",
    );
}
