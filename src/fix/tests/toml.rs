//! Edits of TOML, a case each.

use serde_json::{Value as Json, json};

use super::{apply, becomes, edits, insert, push, rename, set};
use crate::change::Op;
use crate::source::Format;

#[track_caller]
fn toml(text: &str, at: &str, op: Op, wanted: &str) {
    becomes(Format::Toml, text, vec![(at, op.clone())], wanted);
    if text.contains('\n') {
        // Line breaks stay those of the file.
        let crlf = |text: &str| text.replace('\n', "\r\n");
        becomes(Format::Toml, &crlf(text), vec![(at, op)], &crlf(wanted));
    }
}

#[track_caller]
fn refused(text: &str, at: &str, op: Op) -> String {
    match edits(Format::Toml, text, vec![(at, op)]) {
        Ok(edits) => panic!("not refused:\n{}", apply(text, &edits)),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn a_value_keeps_its_quotes_and_its_comment() {
    toml("a = 1 # x\n", "a", set(2), "a = 2 # x\n");
    toml("a='x'", "a", set("y"), "a='y'");
    toml("a = 'x'\n", "a", set("it's"), "a = \"it's\"\n");
    toml(
        "a = \"x\"\n",
        "a",
        set("a\"b\n\u{7f}"),
        "a = \"a\\\"b\\n\\u007f\"\n",
    );
    toml(
        "a = \"\"\"\nx\ny\"\"\" # c\nb = 1\n",
        "a",
        set("z"),
        "a = \"z\" # c\nb = 1\n",
    );
    toml("a = 1979-05-27\n", "a", set(1.5), "a = 1.5\n");
    toml(
        "a.b = { c = 1, d.e = 'x' }\n",
        "a.b.c",
        set(true),
        "a.b = { c = true, d.e = 'x' }\n",
    );
    toml(
        "[s]\na = 1\n",
        "s.a",
        set(json!({"b": ["c", 1]})),
        "[s]\na = { b = [\"c\", 1] }\n",
    );
    toml(
        "[[s]]\na = 1\n[[s]]\na = 2\n",
        "s.1.a",
        set(3),
        "[[s]]\na = 1\n[[s]]\na = 3\n",
    );
    toml(
        "a = [\n  1, # one\n  2,\n]\n",
        "a.1",
        set(3),
        "a = [\n  1, # one\n  3,\n]\n",
    );
}

#[test]
fn a_key_is_renamed_where_it_is_written_once() {
    toml("a = 1\n", "a", rename("b c"), "\"b c\" = 1\n");
    toml("'a' = 1\n", "a", rename("b"), "'b' = 1\n");
    toml(
        "x.a = 1\nx.b = 2\n",
        "x.a",
        rename("c"),
        "x.c = 1\nx.b = 2\n",
    );
    toml(
        "[x.a] # s\nb = 1\n",
        "x.a",
        rename("c"),
        "[x.c] # s\nb = 1\n",
    );
    toml("[[a]]\nb = 1\n", "a", rename("c"), "[[c]]\nb = 1\n");
    toml(
        "[ x . \"a]\" ]\nb = {c=1}\n",
        "x.a]",
        rename("d"),
        "[ x . \"d\" ]\nb = {c=1}\n",
    );
    toml(
        "a = {b=1, c = 2}\n",
        "a.b",
        rename("d"),
        "a = {d=1, c = 2}\n",
    );
    for (text, at) in [
        ("x.a = 1\nx.b = 2\n", "x"),
        ("[x]\na = 1\n[x.b]\n", "x"),
        ("[x.a]\n[x.b]\n", "x"),
        ("[[x]]\n[[x]]\n", "x"),
    ] {
        assert!(refused(text, at, rename("c")).contains("several places"));
    }
    refused("a = 1\nb = 2\n", "a", rename("b"));
}

#[test]
fn an_entry_comes_after_the_last_of_its_table() {
    toml(
        "a = 1 # x\n\n[s]\nb = 2\n",
        "",
        insert("c", "d"),
        "a = 1 # x\nc = \"d\"\n\n[s]\nb = 2\n",
    );
    toml("a = 1", "", insert("c", 2), "a = 1\nc = 2");
    toml("", "", insert("c", 2), "c = 2\n");
    toml("# note\n", "", insert("c", 2), "# note\nc = 2\n");
    toml(
        "# note\n\n# s\n[s]\n",
        "",
        insert("c", 2),
        "# note\n\nc = 2\n\n# s\n[s]\n",
    );
    toml(
        "[s] # x\n\n[t]\n",
        "s",
        insert("c", 2),
        "[s] # x\nc = 2\n\n[t]\n",
    );
    toml(
        "[s]\n  a = 1\n  [s.t]\n  b = 1\n",
        "s",
        insert("c", 2),
        "[s]\n  a = 1\n  c = 2\n  [s.t]\n  b = 1\n",
    );
    toml(
        "[[s]]\na = 1\n\n[[s]]\na = 2\n",
        "s.0",
        insert("c", json!({"d": 1})),
        "[[s]]\na = 1\nc = { d = 1 }\n\n[[s]]\na = 2\n",
    );
    toml(
        "a.b = 1 # x\nd = 1\n",
        "a",
        insert("c", 2),
        "a.b = 1 # x\na.c = 2\nd = 1\n",
    );
    toml(
        "[s]\na.b = 1\n",
        "s",
        insert("c", 2),
        "[s]\na.b = 1\nc = 2\n",
    );
    toml(
        "a = \"\"\"x\ny\"\"\" # c\n",
        "",
        insert("b", 1),
        "a = \"\"\"x\ny\"\"\" # c\nb = 1\n",
    );
    refused("a = 1\n", "", insert("a", 2));
    refused("a = 1\n", "a", insert("b", 2));
}

#[test]
fn a_table_gets_a_header() {
    let server = json!({"command": "npx", "args": ["-y", "x"], "env": {"A": "1"}});
    let written = "command = \"npx\"\nargs = [\"-y\", \"x\"]\nenv = { A = \"1\" }";
    toml(
        "model = \"o3\"\n\n[mcp_servers.a]\ncommand = \"b\"\n\n[tui]\n# c\n",
        "mcp_servers",
        insert("x.y", server.clone()),
        &format!(
            "model = \"o3\"\n\n[mcp_servers.a]\ncommand = \"b\"\n\n[mcp_servers.\"x.y\"]\n{written}\n\n[tui]\n# c\n"
        ),
    );
    toml(
        "model = \"o3\"\n",
        "mcp_servers",
        insert("x", server.clone()),
        &format!("model = \"o3\"\n\n[mcp_servers.x]\n{written}\n"),
    );
    toml(
        "[a.b]\nc = 1\n",
        "a",
        insert("d", 2),
        "[a.b]\nc = 1\n\n[a]\nd = 2\n",
    );
    toml(
        "[a]\n[a.b.c]\nd = 1",
        "a",
        insert("e", json!({"f": 1})),
        "[a]\n[a.b.c]\nd = 1\n\n[a.e]\nf = 1",
    );
    toml(
        "a = {}\n",
        "a",
        insert("e", server),
        "a = { e = { command = \"npx\", args = [\"-y\", \"x\"], env = { A = \"1\" } } }\n",
    );
}

#[test]
fn an_item_comes_after_the_last() {
    toml("a = []\n", "a", push("x"), "a = [\"x\"]\n");
    toml("a = ['x']\n", "a", push("y"), "a = ['x', 'y']\n");
    toml(
        "a = [\n  1, # one\n  2 # two\n]\n",
        "a",
        push(3),
        "a = [\n  1, # one\n  2, # two\n  3\n]\n",
    );
    toml(
        "a = [\n  1,\n  2,\n]\n",
        "a",
        push(3),
        "a = [\n  1,\n  2,\n  3,\n]\n",
    );
    toml(
        "[[s.t]]\na = 1\n[s.t.u]\nb = 1\n\n[v]\n",
        "s.t",
        push(json!({"a": 2})),
        "[[s.t]]\na = 1\n[s.t.u]\nb = 1\n\n[[s.t]]\na = 2\n\n[v]\n",
    );
    toml("", "a", push(1), "a = [1]\n");
    toml(
        "a = { b = [1] }\n",
        "a",
        insert("c", 1),
        "a = { b = [1], c = 1 }\n",
    );
    toml("a = {b=1}\n", "a", insert("c", 1), "a = {b=1,c=1}\n");
    refused("[[s]]\n", "s", push(1));
    refused("a = [ # none\n]\n", "a", push(1));
}

#[test]
fn an_entry_goes_with_its_lines() {
    toml(
        "# on a\na = 1 # x\nb = 2\n",
        "a",
        Op::Remove,
        "# on a\nb = 2\n",
    );
    toml("a = [\n  1,\n] # x\nb = 2", "a", Op::Remove, "b = 2");
    toml("x.a = 1\nx.b = 2\n", "x.a", Op::Remove, "x.b = 2\n");
    toml("[s]\na = 1\n", "s.a", Op::Remove, "[s]\n");
    toml(
        "a = { b = 1, c = 2 }\n",
        "a.c",
        Op::Remove,
        "a = { b = 1 }\n",
    );
    toml(
        "a = [\n  1, # one\n  2, # two\n]\n",
        "a.0",
        Op::Remove,
        "a = [\n  2, # two\n]\n",
    );
    toml(
        "[s]\na = 1\n\n[t]\nb = 1\n\n# on s.u\n[s.u]\nc = 1 # c\n",
        "s",
        Op::Remove,
        "[t]\nb = 1\n\n# on s.u\n",
    );
    toml(
        "[a]\nb = 1\n\n[s]\n\n[s.t] # x\nc = 1\n",
        "s",
        Op::Remove,
        "[a]\nb = 1\n",
    );
    toml(
        "[[s]]\na = 1\n[s.x]\n[[s]]\na = 2\n[t]\n",
        "s.0",
        Op::Remove,
        "[[s]]\na = 2\n[t]\n",
    );
    toml(
        "[[s]]\na = 1\n[[s]]\na = 2\n[t]\n",
        "s",
        Op::Remove,
        "[t]\n",
    );
    for (text, at) in [
        ("x.a = 1\n", "x.a"),
        ("[x.a]\n", "x.a"),
        ("[[x]]\n", "x.0"),
        ("x.a = 1\nx.b = 2\n", "x"),
    ] {
        refused(text, at, Op::Remove);
    }
}

#[test]
fn what_toml_has_not_is_refused() {
    assert!(refused("a = 1\n", "a", set(Json::Null)).contains("null"));
    assert!(refused("a = 1\n", "a", set(json!([{"b": null}]))).contains("null"));
    assert!(refused("a = 1\n", "a", set(u64::MAX)).contains("number"));
    assert!(refused("[a]\n", "a", set(1)).contains("header of its own"));
    assert!(refused("a = { b.c = 1 }\n", "a.b", set(1)).contains("header of its own"));
}
