//! Spans against random documents: what `locate` cuts out reads as what the node is.

use mcpdoc::source::{
    Dialect, Format, Node, Part, ScalarKind, Shape, Source, SourceId, State, Step, Style,
};
use proptest::prelude::*;

/// A value as a tree without spans.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Scalar(Kind, String),
    Seq(Vec<Value>),
    Map(Vec<(String, Value)>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Null,
    Bool,
    Number,
    Str,
}

/// How to write things, drawn one after the other; it starts over when used up.
struct Dice<'a> {
    rolls: &'a [u8],
    at: usize,
}

impl Dice<'_> {
    fn roll(&mut self, sides: u8) -> u8 {
        let roll = self.rolls[self.at % self.rolls.len()];
        self.at += 1;
        roll % sides
    }

    fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        let sides = u8::try_from(texts.len()).unwrap_or(u8::MAX);
        texts[usize::from(self.roll(sides))]
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{0,12}",
        "[a-zé☃😀:#'\"\\\\{}\\[\\],&*!|>%@`?. -]{0,10}",
        "([a-z ]{0,6}\n){1,3}[a-z]{0,4}",
        "([a-z]{1,6}\n){1,3}",
        Just("os.environ/KEY".to_owned()),
        Just("${X:-y}".to_owned()),
        Just("yes".to_owned()),
        Just("12:30".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Scalar(Kind::Null, "null".into())),
        any::<bool>().prop_map(|truth| Value::Scalar(Kind::Bool, truth.to_string())),
        (0..100_000_u32).prop_map(|number| Value::Scalar(Kind::Number, number.to_string())),
        text().prop_map(|text| Value::Scalar(Kind::Str, text)),
        text().prop_map(|text| Value::Scalar(Kind::Str, text)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Seq),
            prop::collection::btree_map("[a-z]{1,3}|[a-zé #:]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

/// A string in double quotes, good for JSON and YAML.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn plain_is_safe(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || matches!(c, 'é' | '/' | '$' | '☃' | '😀');
    text.starts_with(word)
        && text.ends_with(word)
        && text.chars().all(|c| word(c) || c == ' ')
        && !["yes", "no", "on", "off", "true", "false", "null"].contains(&text)
}

fn inline(text: &str, dice: &mut Dice<'_>) -> String {
    match dice.roll(3) {
        0 if plain_is_safe(text) => text.to_owned(),
        1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
        _ => quoted(text),
    }
}

fn flow(value: &Value, dice: &mut Dice<'_>) -> String {
    match value {
        Value::Scalar(Kind::Str, text) => inline(text, dice),
        Value::Scalar(_, text) => text.clone(),
        Value::Seq(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| flow(item, dice) + dice.pick(&["", " "]))
                .collect();
            format!("[{}{}]", dice.pick(&["", " "]), items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    let key = inline(key, dice);
                    format!("{key}: {}{}", flow(value, dice), dice.pick(&["", " "]))
                })
                .collect();
            format!("{{{}{}}}", dice.pick(&["", " "]), entries.join(", "))
        }
    }
}

/// Comments, blank lines and blanks that mean nothing.
fn line_end(dice: &mut Dice<'_>) -> &'static str {
    dice.pick(&[
        " # \"c: [é\n",
        "  \n",
        "\n\n",
        "\n# - c: 'd\n",
        "\n",
        "\n",
        "\n",
        "\n",
    ])
}

fn fits_literal(text: &str) -> bool {
    text.ends_with('\n')
        && text
            .lines()
            .all(|line| line.trim() == line && !line.is_empty())
}

/// Appends what comes after `key:` or `-`, line break included.
fn after(value: &Value, indent: usize, in_seq: bool, dice: &mut Dice<'_>, out: &mut String) {
    match value {
        Value::Scalar(Kind::Str, text) if fits_literal(text) && dice.roll(2) == 0 => {
            out.push_str(dice.pick(&[" |\n", " | # c\n"]));
            for line in text.lines() {
                out.push_str(&" ".repeat(indent + 2));
                out.push_str(line);
                out.push('\n');
            }
            out.push_str(dice.pick(&["", "\n"]));
        }
        Value::Scalar(Kind::Null, _) if dice.roll(2) == 0 => out.push_str(line_end(dice)),
        Value::Seq(items) if !items.is_empty() && dice.roll(4) > 0 => {
            if in_seq && dice.roll(2) == 0 {
                out.push(' ');
                block(value, indent + 2, true, dice, out);
            } else {
                out.push_str(line_end(dice));
                let more = if in_seq { 2 } else { usize::from(dice.roll(3)) };
                block(value, indent + more, false, dice, out);
            }
        }
        Value::Map(entries) if !entries.is_empty() && dice.roll(4) > 0 => {
            if in_seq && dice.roll(2) == 0 {
                out.push(' ');
                block(value, indent + 2, true, dice, out);
            } else {
                out.push_str(line_end(dice));
                let more = 1 + usize::from(dice.roll(3));
                block(value, indent + more, false, dice, out);
            }
        }
        value => {
            out.push_str(dice.pick(&[" ", "  "]));
            out.push_str(&flow(value, dice));
            out.push_str(line_end(dice));
        }
    }
}

/// Appends a collection by indentation; its first line may have begun.
fn block(value: &Value, indent: usize, begun: bool, dice: &mut Dice<'_>, out: &mut String) {
    let lead = |at: usize| " ".repeat(if at == 0 && begun { 0 } else { indent });
    match value {
        Value::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                out.push_str(&lead(at));
                out.push('-');
                after(item, indent, true, dice, out);
            }
        }
        Value::Map(entries) => {
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(&lead(at));
                out.push_str(&inline(key, dice));
                out.push_str(dice.pick(&[":", ":", ":", " :"]));
                after(value, indent, false, dice, out);
            }
        }
        Value::Scalar(..) => {}
    }
}

fn yaml(value: &Value, dice: &mut Dice<'_>) -> String {
    let mut out = String::new();
    out.push_str(dice.pick(&["", "", "# head\n---\n"]));
    match value {
        Value::Seq(items) if !items.is_empty() => block(value, 0, false, dice, &mut out),
        Value::Map(entries) if !entries.is_empty() => block(value, 0, false, dice, &mut out),
        _ => {
            out.push_str(&flow(value, dice));
            out.push('\n');
        }
    }
    match dice.roll(3) {
        0 => out.replace('\n', "\r\n"),
        _ => out,
    }
}

fn json(value: &Value, dice: &mut Dice<'_>) -> String {
    const BLANKS: &[&str] = &["", " ", "\n\t", "\r\n  "];
    match value {
        Value::Scalar(Kind::Str, text) => quoted(text),
        Value::Scalar(_, text) => text.clone(),
        Value::Seq(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| dice.pick(BLANKS).to_owned() + &json(item, dice) + dice.pick(BLANKS))
                .collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| {
                    let key = dice.pick(BLANKS).to_owned() + &quoted(key);
                    format!("{key}:{}{}", dice.pick(BLANKS), json(value, dice))
                })
                .collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn read(format: Format, text: &str) -> Source {
    let source = Source::new(SourceId(0), "file", format, Ok(text.as_bytes().to_vec()));
    assert_eq!(source.state(), &State::Parsed, "{text:?}");
    source
}

fn value_of(node: Node<'_>) -> Value {
    match node.shape() {
        Shape::Seq => Value::Seq(node.items().map(value_of).collect()),
        Shape::Map => Value::Map(
            node.entries()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value_of(value)))
                .collect(),
        ),
        Shape::Scalar(kind) => {
            let text = node.scalar_text().unwrap_or_default();
            match kind {
                ScalarKind::Null => Value::Scalar(Kind::Null, "null".into()),
                ScalarKind::Bool(_) => Value::Scalar(Kind::Bool, text.into()),
                ScalarKind::Int | ScalarKind::Float => Value::Scalar(Kind::Number, text.into()),
                ScalarKind::Str | ScalarKind::Timestamp => Value::Scalar(Kind::Str, text.into()),
            }
        }
    }
}

/// Reads what is written at `node` by itself.
fn reread(source: &Source, node: Node<'_>, span: std::ops::Range<usize>) -> Value {
    let mut text = source.text()[span.clone()].to_owned();
    if node.style() == Style::Indented {
        let column = source.position(span.start).column as usize - 1;
        text = " ".repeat(column) + &text;
    }
    if text.is_empty() {
        return Value::Scalar(Kind::Null, "null".into());
    }
    // A block scalar's own line break stands after its span, as the one of any last line does.
    text.push('\n');
    value_of(read(source.format(), &text).root())
}

fn check(source: &Source) {
    for node in source.nodes() {
        let path = node.path();
        if node.is_key() {
            let span = source.locate(&path, Part::Key);
            assert_eq!(span, node.span());
            assert_eq!(reread(source, node, span), value_of(node));
            continue;
        }
        assert_eq!(source.node(&path).map(Node::span), Some(node.span()));
        let value = source.locate(&path, Part::Value);
        let entry = source.locate(&path, Part::Entry);
        let key = source.locate(&path, Part::Key);
        if matches!(path.steps().last(), Some(Step::Key(_))) {
            assert_eq!(entry, key.start..value.end);
            let between = source.text()[key.end..value.start].trim_start();
            assert!(between.starts_with(':'), "{path} in {:?}", source.text());
        } else {
            assert_eq!((&key, &entry), (&value, &value));
        }
        let again = reread(source, node, value);
        assert_eq!(again, value_of(node), "{path} in {:?}", source.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn yaml_is_cut_where_it_was_written(
        value in value(),
        rolls in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let text = yaml(&value, &mut Dice { rolls: &rolls, at: 0 });
        for dialect in [Dialect::PyYaml, Dialect::GoYaml] {
            let source = read(Format::Yaml(dialect), &text);
            prop_assert_eq!(value_of(source.root()), value.clone(), "{:?}", text);
            check(&source);
        }
    }

    #[test]
    fn json_is_cut_where_it_was_written(
        value in value(),
        rolls in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let text = json(&value, &mut Dice { rolls: &rolls, at: 0 });
        for format in [Format::Json, Format::Jsonc] {
            let source = read(format, &text);
            prop_assert_eq!(value_of(source.root()), value.clone(), "{:?}", text);
            check(&source);
        }
    }

    #[test]
    fn no_text_panics(
        text in "[ -~\n\t\ré😀]{0,60}|([-:?a#'\"\\[\\]{}, &*!|>=\n\t]){0,40}",
    ) {
        for format in [
            Format::Yaml(Dialect::PyYaml),
            Format::Yaml(Dialect::GoYaml),
            Format::Json,
            Format::Jsonc,
            Format::Toml,
            Format::Env,
        ] {
            let source = Source::new(SourceId(0), "file", format, Ok(text.clone().into_bytes()));
            if let State::Invalid(error) = source.state() {
                let cut = source.text().get(error.span.clone());
                prop_assert!(cut.is_some(), "{:?}: {:?}", text, error);
            }
            for node in source.nodes() {
                prop_assert!(source.text().get(node.span()).is_some(), "{:?}", text);
                source.locate(&node.path(), Part::Entry);
            }
        }
    }
}
