use super::*;

fn read(format: Format, text: &str) -> Source {
    Source::new(SourceId(0), "file", format, Ok(text.as_bytes().to_vec()))
}

fn py(text: &str) -> Source {
    read(Format::Yaml(Dialect::PyYaml), text)
}

fn go(text: &str) -> Source {
    read(Format::Yaml(Dialect::GoYaml), text)
}

#[track_caller]
fn parsed(source: Source) -> Source {
    assert_eq!(source.state(), &State::Parsed, "{:?}", source.text());
    source
}

/// The message and the text it points at.
#[track_caller]
fn refused(source: &Source) -> (String, &str) {
    match source.state() {
        State::Invalid(error) => (error.message.clone(), &source.text()[error.span.clone()]),
        state => panic!("{state:?} for {:?}", source.text()),
    }
}

/// Keys are words, items numbers: `a.0.b`.
fn path(text: &str) -> Path {
    text.split('.')
        .filter(|step| !step.is_empty())
        .map(|step| {
            step.parse()
                .map_or_else(|_| Step::Key(step.into()), Step::Index)
        })
        .collect::<Vec<_>>()
        .into()
}

fn cut<'a>(source: &'a Source, at: &str, part: Part) -> &'a str {
    &source.text()[source.locate(&path(at), part)]
}

fn kind(source: &Source, at: &str) -> ScalarKind {
    match source.node(&path(at)).map(Node::shape) {
        Some(Shape::Scalar(kind)) => kind,
        shape => panic!("{at}: {shape:?} in {:?}", source.text()),
    }
}

fn string<'a>(source: &'a Source, at: &str) -> &'a str {
    source
        .node(&path(at))
        .and_then(Node::as_str)
        .unwrap_or_else(|| panic!("no string at {at} in {:?}", source.text()))
}

/// Every node: path, whether it is a key, what is written there.
fn written(source: &Source) -> Vec<(String, &str)> {
    source
        .nodes()
        .map(|node| {
            let mark = if node.is_key() { "@" } else { "" };
            (
                format!("{mark}{}", node.path()),
                &source.text()[node.span()],
            )
        })
        .collect()
}

#[test]
fn values_are_cut_as_written() {
    let source = parsed(py(concat!(
        "# head\n",
        "plain: some text  # comment\n",
        "single: 'it''s'\n",
        "double: \"a\\tb\" # c\n",
        "empty:   # nothing\n",
        "literal: |-  # how\n",
        "  one\n",
        "\n",
        "  two  \n",
        "\n",
        "list:\n",
        "- a: 1\n",
        "  b: 2\n",
        "-\n",
        "- - x\n",
        "  - y # z\n",
        "flow: [a, {b: c, d}, e: f]\n",
        "folded: >\n",
        "  end\n",
        "\n",
        "# tail\n",
    )));
    let value = |at| cut(&source, at, Part::Value);
    assert_eq!(value("plain"), "some text");
    assert_eq!(value("single"), "'it''s'");
    assert_eq!(value("double"), "\"a\\tb\"");
    assert_eq!(value("empty"), "");
    assert_eq!(
        source
            .position(source.locate(&path("empty"), Part::Value).start)
            .column,
        7
    );
    assert_eq!(value("literal"), "|-  # how\n  one\n\n  two  ");
    assert_eq!(string(&source, "literal"), "one\n\ntwo  ");
    assert_eq!(value("list"), "- a: 1\n  b: 2\n-\n- - x\n  - y");
    assert_eq!(value("list.0"), "a: 1\n  b: 2");
    assert_eq!(value("list.1"), "");
    assert_eq!(value("list.2"), "- x\n  - y");
    assert_eq!(value("flow"), "[a, {b: c, d}, e: f]");
    assert_eq!(value("flow.1"), "{b: c, d}");
    assert_eq!(value("flow.1.d"), "");
    assert_eq!(value("flow.2"), "e: f");
    assert_eq!(value("folded"), ">\n  end");
    assert_eq!(string(&source, "folded"), "end\n");
    assert_eq!(cut(&source, "flow.1.b", Part::Entry), "b: c");
    assert_eq!(cut(&source, "literal", Part::Key), "literal");
    assert_eq!(cut(&source, "list.0.b", Part::Entry), "b: 2");
    assert_eq!(cut(&source, "list.0", Part::Key), "a: 1\n  b: 2");
    assert_eq!(
        value(""),
        &source.text()[7..source.text().len() - "\n\n# tail\n".len()]
    );
}

#[test]
fn absent_nodes_are_located_at_their_nearest_ancestor() {
    let source = parsed(py("a:\n  b: {c: 1}\n"));
    assert_eq!(cut(&source, "a.b.x.y", Part::Value), "b");
    assert_eq!(cut(&source, "a.b.x", Part::Entry), "b: {c: 1}");
    assert_eq!(cut(&source, "x", Part::Value), "a:\n  b: {c: 1}");
}

#[test]
fn nodes_come_parents_first_in_the_order_of_the_file() {
    let source = parsed(py("a: [x, y]\nb:\n  c: z\n"));
    let order: Vec<String> = written(&source).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        order,
        ["", "@a", "a", "a[0]", "a[1]", "@b", "b", "@b.c", "b.c"]
    );
}

#[test]
fn anchors_and_tags_stand_outside_of_spans() {
    let source = parsed(go(
        "a: &x !reset\nb: &y\n  k: 1\nc: *y\nd: !override\n- 1\n&k e: !!str 12\nf: !custom |\n  t\ng: &z\n",
    ));
    let value = |at| cut(&source, at, Part::Value);
    assert_eq!(value("b"), "k: 1");
    assert_eq!(value("c"), "*y");
    assert_eq!(value("d"), "- 1");
    assert_eq!(value("e"), "12");
    assert_eq!(value("f"), "|\n  t");
    assert_eq!(cut(&source, "e", Part::Key), "e");
    assert_eq!(cut(&source, "c.k", Part::Value), "1");
    assert_eq!(kind(&source, "e"), ScalarKind::Str);
    assert_eq!(kind(&source, "a"), ScalarKind::Null);
    assert_eq!(kind(&source, "g"), ScalarKind::Null);
    let tag = |at: &str| source.node(&path(at)).and_then(Node::tag);
    assert_eq!(tag("a"), Some("!reset"));
    assert_eq!(tag("d"), Some("!override"));
    assert_eq!(tag("e"), None);
    assert_eq!(source.locate(&path("g"), Part::Value), 86..86);
}

#[test]
fn merge_keys_are_followed_in_large_and_in_repeated_merges() {
    let source = parsed(py(
        "x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\none: {<<: *x, b: 9}\nlist: {<<: [*x, *y]}\ntwo: {<<: *x, <<: *y}\n",
    ));
    let text = |at| source.node(&path(at)).and_then(Node::scalar_text);
    assert_eq!(text("one.a"), Some("1"));
    assert_eq!(text("one.b"), Some("9"));
    assert_eq!(text("list.a"), Some("1"));
    assert_eq!(text("list.c"), Some("2"));
    assert_eq!(text("two.a"), Some("2"));
    assert_eq!(text("two.b"), Some("1"));
    let two = source.node(&path("two")).map(Node::entries);
    let two: Vec<_> = two
        .iter()
        .flatten()
        .map(|(key, node)| (*key, node.scalar_text()))
        .collect();
    assert_eq!(two, [("a", Some("2")), ("c", Some("2")), ("b", Some("1"))]);
    assert_eq!(source.duplicates(), []);

    let many: String = (0..40).map(|n| format!("  k{n}: {n}\n")).collect();
    let source = parsed(py(&format!("x: &x {{a: 1}}\ny:\n  <<: *x\n{many}")));
    assert_eq!(
        source.node(&path("y.a")).and_then(Node::scalar_text),
        Some("1")
    );

    let source = parsed(read(Format::Json, r#"{"<<": {"a": 1}}"#));
    assert!(source.node(&path("a")).is_none());
    for bad in ["<<: 1", "<<:", "<<: [a]"] {
        assert_eq!(
            refused(&go(bad)).0,
            "<< takes a mapping or a list of mappings"
        );
        assert!(!py(bad).is_parsed());
    }
}

#[test]
fn of_duplicate_keys_the_last_counts() {
    for source in [
        py("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n"),
        read(Format::Json, r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}"#),
    ] {
        let source = parsed(source);
        assert_eq!(cut(&source, "a", Part::Value), "3");
        assert_eq!(cut(&source, "b.c", Part::Value), "2");
        let twice: Vec<_> = source
            .duplicates()
            .iter()
            .map(|twice| (twice.path.to_string(), &*twice.key))
            .collect();
        assert_eq!(twice, [("b".to_owned(), "c"), (String::new(), "a")]);
        assert!(source.duplicates()[1].first.start < source.duplicates()[1].second.start);
    }
    let source = parsed(read(Format::Env, "A=1\nA=2\n"));
    assert_eq!(string(&source, "A"), "2");
    assert_eq!(source.duplicates().len(), 1);
}

#[test]
fn byte_order_marks_and_line_endings() {
    let source = Source::new(
        SourceId(0),
        "file",
        Format::Yaml(Dialect::PyYaml),
        Ok("\u{feff}a: b\r\nc: |\r\n  x\r\n  y\r\n\r\nd:\r\n- e\r\n".into()),
    );
    let source = parsed(source);
    assert!(source.has_bom());
    assert_eq!(cut(&source, "c", Part::Value), "|\r\n  x\r\n  y");
    assert_eq!(string(&source, "c"), "x\ny\n");
    assert_eq!(cut(&source, "d", Part::Value), "- e");
    assert_eq!(
        source.position(source.locate(&path("d"), Part::Key).start),
        Position { line: 6, column: 1 }
    );
    for (format, text) in [
        (Format::Json, "\u{feff}{\"a\": 1}"),
        (Format::Toml, "\u{feff}a = 1\r\n"),
        (Format::Env, "\u{feff}a=1\r\n"),
    ] {
        let source = parsed(read(format, text));
        assert_eq!(cut(&source, "a", Part::Value), "1");
    }
}

#[test]
fn columns_count_characters() {
    let source = parsed(py("größe: {naïve: 😀, b: c}\n"));
    let span = source.locate(&path("größe.b"), Part::Value);
    assert_eq!(&source.text()[span.clone()], "c");
    assert_eq!(
        source.position(span.start),
        Position {
            line: 1,
            column: 22
        }
    );
    assert_eq!(string(&source, "größe.naïve"), "😀");
}

#[test]
fn nothing_at_all() {
    for text in ["", "# c\n", "\n\n", "---\n"] {
        for source in [py(text), go(text)] {
            let source = parsed(source);
            assert!(source.root().is_null());
            assert!(source.root().span().is_empty());
        }
    }
    for format in [Format::Json, Format::Jsonc] {
        assert_eq!(refused(&read(format, " \n")).0, "empty file: not JSON");
    }
    for format in [Format::Toml, Format::Env] {
        assert!(parsed(read(format, "")).root().is_map());
    }
}

#[test]
fn documents() {
    let text = "a: 1\n---\nb: 2\n";
    let source = parsed(go(text));
    assert_eq!(source.documents(), 2);
    assert!(source.node(&path("a")).is_some() && source.node(&path("b")).is_none());
    assert_eq!(
        refused(&py(text)),
        (
            "more than one document: the reader takes a single one".into(),
            "---"
        )
    );
    assert_eq!(parsed(py("---\na: 1\n...\n# end\n")).documents(), 1);
    assert_eq!(parsed(py("")).documents(), 0);
    assert!(!go("a: 1\n---\nb: [\n").is_parsed());
}

#[test]
fn scalars_of_pyyaml() {
    use ScalarKind::{Bool, Float, Int, Null, Str, Timestamp};
    let cases: [(ScalarKind, &[&str]); 7] = [
        (Null, &["~", "null", "Null", "NULL"]),
        (
            Bool(true),
            &["yes", "Yes", "YES", "on", "On", "true", "TRUE"],
        ),
        (Bool(false), &["no", "NO", "off", "Off", "False"]),
        (
            Int,
            &[
                "0", "0777", "0b10", "0x1F", "1_000", "-1", "+1", "12:30", "1:2:3", "22:22", "0_0",
            ],
        ),
        (
            Float,
            &[
                "1.", ".5", "1.5", "1.0e+3", "-1.5E-3", ".inf", "-.INF", ".nan", "12:30.5",
                "1_0.5_0",
            ],
        ),
        (
            Timestamp,
            &[
                "2024-01-01",
                "2024-1-1 1:00:00",
                "2024-01-01T10:00:00Z",
                "2024-01-01t1:00:00.5 +1:00",
            ],
        ),
        (
            Str,
            &[
                "y", "n", "yEs", "nULL", "08", "0o17", "1e3", "1.0e3", "-.5", "-.nan", "80:80",
                "8080:80", "1:60", "012:30", "2024-1-1", "1.2.3", "0b2", "0X1f", "+", "--", ".",
                "text",
            ],
        ),
    ];
    for (wanted, texts) in cases {
        for text in texts {
            assert_eq!(
                kind(&parsed(py(&format!("a: {text}"))), "a"),
                wanted,
                "{text}"
            );
            assert_eq!(
                kind(&parsed(py(&format!("a: '{text}'"))), "a"),
                Str,
                "{text}"
            );
        }
    }
}

#[test]
fn scalars_of_go_yaml() {
    use ScalarKind::{Bool, Float, Int, Null, Str, Timestamp};
    let cases: [(ScalarKind, &[&str]); 7] = [
        (Null, &["~", "null", "Null", "NULL"]),
        (Bool(true), &["true", "True", "TRUE"]),
        (Bool(false), &["false", "False", "FALSE"]),
        (
            Int,
            &[
                "0",
                "0777",
                "0o17",
                "0b10",
                "0x1F",
                "0X1f",
                "1_000",
                "-1",
                "+1",
                "18446744073709551615",
            ],
        ),
        (
            Float,
            &[
                "08",
                "1.",
                ".5",
                "1.5",
                "1e3",
                "1.0e3",
                "-.5",
                ".inf",
                "+.Inf",
                ".nan",
                "18446744073709551616",
            ],
        ),
        (
            Timestamp,
            &[
                "2024-01-01",
                "2024-1-1",
                "2024-01-01 10:00:00",
                "2024-01-01T10:00:00Z",
                "2024-01-01t1:00:00.5+01:00",
            ],
        ),
        (
            Str,
            &[
                "yes",
                "on",
                "no",
                "y",
                "tRue",
                "12:30",
                "80:80",
                "1:2:3",
                "2024-02-30",
                "0x",
                "0xg",
                "2024-01-01 10:00:00 +1",
                "1.2.3",
                "-.nan",
                "text",
                "+",
                "-x",
            ],
        ),
    ];
    for (wanted, texts) in cases {
        for text in texts {
            assert_eq!(
                kind(&parsed(go(&format!("a: {text}"))), "a"),
                wanted,
                "{text}"
            );
        }
    }
}

#[test]
fn a_key_that_comes_again_keeps_its_place() {
    let source = parsed(py("a: 1\nb: 2\na: 3\n"));
    let entries = source.root().entries();
    let written: Vec<_> = entries
        .iter()
        .map(|(key, node)| (*key, node.scalar_text().unwrap_or_default()))
        .collect();
    assert_eq!(written, [("a", "3"), ("b", "2")]);
}

#[test]
fn core_tags_decide() {
    let source = parsed(py(
        "a: !!str 12\nb: !!int '3'\nc: !!float 3\nd: !!bool 'YES'\ne: !!null x\nf: ! 12\n",
    ));
    let kinds: Vec<_> = ["a", "b", "c", "d", "e", "f"]
        .map(|at| kind(&source, at))
        .into();
    use ScalarKind::{Bool, Float, Int, Null, Str};
    assert_eq!(kinds, [Str, Int, Float, Bool(true), Null, Int]);
    assert_eq!(
        refused(&go("a: !!int abc")),
        ("the reader cannot take this for !!int".into(), "abc")
    );
}

#[test]
fn what_only_pyyaml_refuses() {
    for (text, message, at) in [
        (
            "a: &x 1\nb: &x 2\n",
            "the anchor x is there twice: the reader takes each name once",
            "&x",
        ),
        ("a: !!str {b: c}", "a mapping cannot be read as !!str", "{"),
        ("a: !!map [b]", "a list cannot be read as !!map", "["),
        ("a:\tb", "found a tab that cannot start any token", "\t"),
        ("\ta: b", "found a tab that cannot start any token", "\t"),
        (
            "a: b\n\t\nc: d",
            "found a tab that cannot start any token",
            "\t",
        ),
        ("a: b\tc", "found a tab that cannot start any token", "\t"),
        (
            "a: [b,\tc]",
            "found a tab that cannot start any token",
            "\t",
        ),
        (
            "a: |\t\n  b",
            "found a tab that cannot start any token",
            "\t",
        ),
        ("a: !env X", "the reader does not know the tag !env", "!env"),
        (
            "a: [http://x/?q=1]",
            "within brackets, text with a question mark needs quotes",
            "?",
        ),
        (
            "[a]: b",
            "a list or mapping cannot be a key to the reader",
            "[a]",
        ),
        (
            "a: &b.c d",
            "the name of an anchor takes letters, digits, - and _ only",
            "&b.c",
        ),
        ("a: =", "the reader takes a bare = only as a key", "="),
        (
            "a: 2024-13-01",
            "the reader takes 2024-13-01 for a date, and there is no such date",
            "2024-13-01",
        ),
    ] {
        assert_eq!(refused(&py(text)), (message.to_owned(), at), "{text:?}");
        parsed(go(text));
    }
    for text in [
        "a: b # c\td",
        "a: 'b\tc'",
        "a: |\n  b\tc\n",
        "a: http://x/?q=1",
        "a: \"b\n\tc\"",
    ] {
        parsed(py(text));
    }
}

#[test]
fn what_both_readers_take_and_granit_does_not() {
    for text in [
        "a: 'x'# c\nb: \"y\nz\n  w\" # d\nc: [e, 'f\ng']\n",
        "a: 'x'# c\r\nb: \"y\r\nz\r\n  w\" # d\r\nc: [e, 'f\r\ng']\r\n",
    ] {
        for source in [py(text), go(text)] {
            let source = parsed(source);
            assert_eq!(cut(&source, "a", Part::Value), "'x'");
            assert_eq!(string(&source, "b"), "y z w");
            assert!(cut(&source, "b", Part::Value).ends_with("  w\""));
            assert_eq!(string(&source, "c.1"), "f g");
            assert_eq!(cut(&source, "c.0", Part::Value), "e");
        }
    }
    // A last line without a line break has none in its value either.
    assert_eq!(string(&parsed(py("a: |\n  x")), "a"), "x");
    assert_eq!(string(&parsed(py("a: |\n  x\n")), "a"), "x\n");
}

#[test]
fn yaml_errors_are_short_and_in_place() {
    for (text, message, offset) in [
        ("a: b: c", "mapping values are not allowed here", 4),
        ("a: *b", "no anchor before *b", 3),
        ("a: &x [*x]", "an alias within what it stands for", 7),
        ("a: \"b", "unclosed quote", 3),
        (": b", "a colon without a key before it", 0),
        ("a: \u{1}", "the character U+0001 is not allowed", 3),
    ] {
        for source in [py(text), go(text)] {
            let State::Invalid(error) = source.state() else {
                panic!("{text:?} is taken");
            };
            assert_eq!(
                (&*error.message, error.span.start),
                (message, offset),
                "{text:?}"
            );
        }
    }
}

#[test]
fn strict_json_is_strict() {
    for text in [
        "{\"a\": 1,}",
        "[1,]",
        "{a: 1}",
        "{'a': 1}",
        "{\"a\": 0x1}",
        "{\"a\": +1}",
        "{\"a\": .5}",
        "{\"a\": 5.}",
        "{\"a\": 01}",
        "{\"a\": NaN}",
        "{\"a\": 1 \"b\": 2}",
        "[1 2]",
        "// c\n{}",
        "/* c */{}",
        "{} {}",
        "{\"a\": \"\\x41\"}",
        "{\"a\": \"x\ny\"}",
        "{\"a\": \"x\ty\"}",
        "{\"a\":\u{a0}1}",
        "[,]",
        "{\"a\": \"x}",
        "[1",
        "{\"a\"}",
        "[1,,2]",
        "tru",
        "-",
        "1e",
    ] {
        assert!(!read(Format::Json, text).is_parsed(), "{text:?} is taken");
    }
    let source = parsed(read(
        Format::Json,
        "{\"a\": [1, -2.5e3, true, null, \"\\u00e9\\n\"], \"b\": {}}",
    ));
    use ScalarKind::{Bool, Float, Int, Null, Str};
    for (at, wanted) in [
        ("a.0", Int),
        ("a.1", Float),
        ("a.2", Bool(true)),
        ("a.3", Null),
        ("a.4", Str),
    ] {
        assert_eq!(kind(&source, at), wanted);
    }
    assert_eq!(string(&source, "a.4"), "é\n");
    assert_eq!(cut(&source, "a.4", Part::Value), "\"\\u00e9\\n\"");
    assert_eq!(cut(&source, "b", Part::Entry), "\"b\": {}");
    let source = parsed(read(Format::Jsonc, "// c\n{\"a\": [1, /* x */ 2,], }"));
    assert_eq!(cut(&source, "a", Part::Value), "[1, /* x */ 2,]");
    for text in ["{a: 1}", "{'a': 1}", "[1 2]", "[,]"] {
        assert!(!read(Format::Jsonc, text).is_parsed(), "{text:?} is taken");
    }
}

#[test]
fn toml_tables() {
    let source = parsed(read(
        Format::Toml,
        concat!(
            "top = 1\n",
            "a.b.c = 'x'\n",
            "a.b.d = 2.5\n",
            "[mcp_servers.db] # c\n",
            "command = \"npx\"\n",
            "args = [\"-y\", { x.y = true }]\n",
            "[other]\n",
            "[mcp_servers.db.env]\n",
            "\"K É\" = 2024-01-01\n",
            "[[list]]\n",
            "n = 1\n",
            "[[list]]\n",
            "n = \"\"\"\ntwo\"\"\"\n",
        ),
    ));
    let value = |at| cut(&source, at, Part::Value);
    assert_eq!(value("top"), "1");
    assert_eq!(value("a"), "b.c = 'x'\na.b.d = 2.5");
    assert_eq!(cut(&source, "a.b.d", Part::Entry), "d = 2.5");
    assert_eq!(
        value("mcp_servers.db"),
        "[mcp_servers.db] # c\ncommand = \"npx\"\nargs = [\"-y\", { x.y = true }]"
    );
    assert_eq!(cut(&source, "mcp_servers.db", Part::Key), "db");
    assert_eq!(value("mcp_servers.db.args.1"), "{ x.y = true }");
    assert_eq!(value("mcp_servers.db.args.1.x.y"), "true");
    assert_eq!(cut(&source, "mcp_servers.db.env.K É", Part::Key), "\"K É\"");
    assert_eq!(
        kind(&source, "mcp_servers.db.env.K É"),
        ScalarKind::Timestamp
    );
    assert_eq!(value("list.0"), "[[list]]\nn = 1");
    assert_eq!(string(&source, "list.1.n"), "two");
    assert_eq!(value("other"), "[other]");
    for text in ["a = 1\na = 2", "a = ", "[a", "a = 'x"] {
        let source = read(Format::Toml, text);
        assert!(!refused(&source).0.contains('\n'));
    }
}

#[test]
fn environment_files_as_compose_reads_them() {
    let source = parsed(read(
        Format::Env,
        concat!(
            "# head\n",
            "A=1\n",
            "export B = \"x\\n\\\"$C\\\\\" # c\n",
            "  C='it\\'s $A\n# no comment' # c\r\n",
            "D\n",
            "E: x y # c\r\n",
            "F=a#b\n",
            "G=\n",
            "H=\"\\$A\\q\\0101\"\n",
            "exported=1\n",
            "I=\"x\"J=2",
        ),
    ));
    for (name, value) in [
        ("A", "1"),
        ("B", "x\n\"$C\\"),
        ("C", "it's $A\n# no comment"),
        ("E", "x y"),
        ("F", "a#b"),
        ("G", ""),
        ("H", "$$A\\qA"),
        ("exported", "1"),
        ("I", "x"),
        ("J", "2"),
    ] {
        assert_eq!(string(&source, name), value, "{name}");
        assert_eq!(cut(&source, name, Part::Key), name);
    }
    assert_eq!(kind(&source, "D"), ScalarKind::Null);
    assert_eq!(cut(&source, "B", Part::Value), "\"x\\n\\\"$C\\\\\"");
    assert_eq!(cut(&source, "E", Part::Entry), "E: x y");
    let style = |at: &str| source.node(&path(at)).map(Node::style);
    assert_eq!(style("A"), Some(Style::Plain));
    assert_eq!(style("B"), Some(Style::Double));
    assert_eq!(style("C"), Some(Style::Single));
    for (text, message, at) in [
        ("A=1\n=2\n", "a line without the name of a variable", "=2"),
        ("A=\"x\nB=1\n", "a quote that never closes", "\"x"),
        (
            "A B=1\n",
            "the name of a variable cannot contain a space",
            "A B",
        ),
        (
            "A=1\n$B=1\n",
            "unexpected '$' in the name of a variable",
            "$",
        ),
    ] {
        assert_eq!(refused(&read(Format::Env, text)), (message.to_owned(), at));
    }
}

#[test]
fn text_that_is_none() {
    let state = |bytes: &[u8]| {
        let source = Source::new(SourceId(0), "file", Format::Json, Ok(bytes.to_vec()));
        assert!(source.root().is_null());
        source.state().clone()
    };
    assert_eq!(
        state(b"\xff\xfea\0"),
        State::Unreadable(Unreadable::NotText(0, "UTF-16"))
    );
    assert_eq!(
        state(b"a\0b"),
        State::Unreadable(Unreadable::NotText(1, "binary"))
    );
    assert_eq!(
        state(b"ab\xe9c"),
        State::Unreadable(Unreadable::NotText(2, "invalid UTF-8"))
    );
    let large = vec![b' '; MAX_BYTES + 1];
    assert!(matches!(
        state(&large),
        State::Unreadable(Unreadable::TooLarge(_))
    ));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = 10_000;
    let indented: String = (0..1_000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    for (format, text) in [
        (Format::Yaml(Dialect::PyYaml), "- ".repeat(deep)),
        (Format::Yaml(Dialect::PyYaml), "? ".repeat(deep)),
        (Format::Yaml(Dialect::PyYaml), "[".repeat(deep)),
        (Format::Yaml(Dialect::GoYaml), "{a: ".repeat(deep)),
        (Format::Yaml(Dialect::GoYaml), indented),
        (Format::Json, "[".repeat(deep)),
        (Format::Json, "{\"a\":".repeat(deep)),
        (Format::Jsonc, "[".repeat(300) + &"]".repeat(300)),
        (Format::Toml, format!("a = {}", "[".repeat(deep))),
        (Format::Toml, format!("a = {}", "{a = ".repeat(deep))),
        (Format::Toml, format!("{}a = 1", "a.".repeat(deep))),
        (Format::Toml, format!("[{}a]", "a.".repeat(deep))),
    ] {
        let source = read(format, &text);
        let (message, _) = refused(&source);
        assert!(
            message.starts_with("nested deeper than "),
            "{message}: {}",
            &text[..20]
        );
    }
    let allowed = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
    parsed(py(&allowed));
    parsed(read(Format::Json, &allowed));
    parsed(py(&"- ".repeat(MAX_DEPTH)));
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut laughs = String::from("a0: &a0 [x, x]\n");
    for n in 1..60 {
        laughs += &format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1);
    }
    assert!(refused(&py(&laughs)).0.contains("refused"));
    // Not many nodes, but whoever follows the merges would recurse once for each.
    let mut chain = String::from("a0: &a0 {x: 1}\n");
    for n in 1..300 {
        chain += &format!("a{n}: &a{n} {{<<: *a{}}}\n", n - 1);
    }
    assert!(refused(&py(&chain)).0.starts_with("nested deeper"));
}
