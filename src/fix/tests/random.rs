//! Random documents, random changes: what comes out is read by other parsers than our own.

use proptest::prelude::*;
use serde_json::{Map, Value as Json};

use super::super::render::{self, Hand};
use super::super::{Refused, apply, lower, scalar, suggestions};
use super::{YAML, source};
use crate::change::{Fix, Op, Safety};
use crate::source::{Format, Part, Path, Pointer, Source, SourceId, Step, Style};

/// How a document is written.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Block { hand: Hand, quotes: Style },
    Flow { quotes: Style },
    TallFlow,
    Json,
    CompactJson,
    Jsonc,
}

#[derive(Clone, Debug)]
struct Looks {
    layout: Layout,
    crlf: bool,
    ends: bool,
    comments: bool,
}

fn looks() -> impl Strategy<Value = Looks> {
    let quotes = prop_oneof![Just(Style::Plain), Just(Style::Single), Just(Style::Double)];
    let layout = prop_oneof![
        5 => (1..5_usize, any::<bool>(), quotes.clone()).prop_map(|(step, flush, quotes)| {
            let dash = if flush { 0 } else { step };
            Layout::Block { hand: Hand { step, dash }, quotes }
        }),
        2 => quotes.prop_map(|quotes| Layout::Flow { quotes }),
        1 => Just(Layout::TallFlow),
        1 => Just(Layout::Json),
        1 => Just(Layout::CompactJson),
        2 => Just(Layout::Jsonc),
    ];
    (layout, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(layout, crlf, ends, comments)| Looks {
            layout,
            crlf,
            ends,
            comments,
        },
    )
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z_]{1,6}",
        2 => "[ -~]{0,8}",
        1 => "[a-z:#\\-,{}\\[\\] 0-9?é'\"\\\\]{0,8}",
        1 => prop::sample::select(vec!["yes", "80:80", "http://a:1/mcp?x=1", "-y", "null", "1e3", "a\nb", "\t"])
            .prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[a-z]{1,3}", 1 => "[a-z][ -~]{0,4}", 1 => Just("on".to_owned())]
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        4 => string().prop_map(Json::from),
        1 => any::<i32>().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
        1 => (-1000..1000_i32).prop_map(|tenths| Json::from(f64::from(tenths) + 0.5)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|entries| Json::Object(Map::from_iter(entries))),
        ]
    })
}

/// A document whose root is a mapping.
fn document() -> impl Strategy<Value = Json> {
    prop::collection::vec((key(), value()), 1..5)
        .prop_map(|entries| Json::Object(Map::from_iter(entries)))
}

/// A change: which node, what, with what.
#[derive(Clone, Debug)]
struct Choice {
    node: prop::sample::Index,
    what: u8,
    key: String,
    value: Json,
}

fn choice() -> impl Strategy<Value = Choice> {
    (any::<prop::sample::Index>(), 0..5_u8, key(), value()).prop_map(|(node, what, key, value)| {
        Choice {
            node,
            what,
            key,
            value,
        }
    })
}

fn written(document: &Json, looks: &Looks) -> (Format, String) {
    let (format, text) = match looks.layout {
        Layout::Block { hand, quotes } => (YAML, block(document, 0, hand, quotes).join("\n")),
        Layout::Flow { quotes } => (YAML, render::flow(document, quotes)),
        Layout::TallFlow => (YAML, pretty(document)),
        Layout::Json => (Format::Json, pretty(document)),
        Layout::CompactJson => (Format::Json, document.to_string()),
        Layout::Jsonc => (Format::Jsonc, pretty(document)),
    };
    let mark = match format {
        Format::Json => None,
        Format::Jsonc => Some("//"),
        _ => Some("#"),
    };
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let blanks = &line[..line.len() - line.trim_start().len()];
        match mark.filter(|_| looks.comments) {
            Some(mark) => {
                if number % 2 == 0 {
                    lines.push(format!("{blanks}{mark} above{number}!"));
                }
                lines.push(format!("{line} {mark} beside{number}!"));
            }
            None => lines.push(line.to_owned()),
        }
    }
    let line_break = if looks.crlf { "\r\n" } else { "\n" };
    let mut text = lines.join(line_break);
    if looks.ends {
        text.push_str(line_break);
    }
    (format, text)
}

fn pretty(document: &Json) -> String {
    serde_json::to_string_pretty(document).unwrap()
}

/// Block YAML in the quotes asked for; the renderer of the edits has no choice of them.
fn block(value: &Json, column: usize, hand: Hand, quotes: Style) -> Vec<String> {
    let blanks = " ".repeat(column);
    let mut lines: Vec<String> = Vec::new();
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                let key = scalar::yaml(key, quotes, false);
                match value {
                    Json::Object(entries) if !entries.is_empty() => {
                        lines.push(format!("{blanks}{key}:"));
                        lines.extend(block(value, column + hand.step, hand, quotes));
                    }
                    Json::Array(items) if !items.is_empty() => {
                        lines.push(format!("{blanks}{key}:"));
                        lines.extend(block(value, column + hand.dash, hand, quotes));
                    }
                    Json::Null => lines.push(format!("{blanks}{key}:")),
                    _ => lines.push(format!("{blanks}{key}: {}", render::flow(value, quotes))),
                }
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                let mut item = block(item, column + 2, hand, quotes);
                item[0].replace_range(column..column + 1, "-");
                lines.extend(item);
            }
        }
        _ => lines.push(format!("{blanks}{}", render::flow(value, quotes))),
    }
    lines
}

/// Every path of the document, the root's first.
fn paths(value: &Json, at: &Path, all: &mut Vec<Path>) {
    all.push(at.clone());
    match value {
        Json::Object(entries) => entries
            .iter()
            .for_each(|(key, value)| paths(value, &at.key(key), all)),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| paths(value, &at.index(index), all)),
        _ => {}
    }
}

fn at<'a>(value: &'a mut Json, path: &Path) -> Option<&'a mut Json> {
    path.steps()
        .iter()
        .try_fold(value, |value, step| match step {
            Step::Key(key) => value.get_mut(&**key),
            Step::Index(index) => value.get_mut(*index),
        })
}

/// What the choice asks for, and the document after it; nothing where it makes no sense.
fn chosen(document: &Json, choice: &Choice) -> Option<(Path, Op, Json)> {
    let mut all = Vec::new();
    paths(document, &Path::root(), &mut all);
    let path = choice.node.get(&all).clone();
    let mut after = document.clone();
    let last = path.steps().last().cloned();
    let op = match choice.what {
        0 => {
            *at(&mut after, &path)? = choice.value.clone();
            Op::Set(choice.value.clone())
        }
        1 => {
            let Json::Object(entries) = at(&mut after, &path.parent())? else {
                return None;
            };
            let old = path.last_key().filter(|_| !path.steps().is_empty())?;
            if entries.contains_key(&choice.key) {
                return None;
            }
            let renamed = entries
                .iter()
                .map(|(key, value)| match key == old {
                    true => (choice.key.clone(), value.clone()),
                    false => (key.clone(), value.clone()),
                })
                .collect();
            *entries = renamed;
            Op::Rename(choice.key.clone())
        }
        2 => {
            let node = at(&mut after, &path)?;
            if node.is_null() {
                *node = Json::Object(Map::new());
            }
            let entries = node.as_object_mut()?;
            if entries.contains_key(&choice.key) {
                return None;
            }
            entries.insert(choice.key.clone(), choice.value.clone());
            Op::Insert(choice.key.clone(), choice.value.clone())
        }
        3 => {
            let node = at(&mut after, &path)?;
            if node.is_null() {
                *node = Json::Array(Vec::new());
            }
            node.as_array_mut()?.push(choice.value.clone());
            Op::Push(choice.value.clone())
        }
        _ => {
            let last = last?;
            match (at(&mut after, &path.parent())?, last) {
                (Json::Object(entries), Step::Key(key)) => {
                    entries.shift_remove(&*key);
                }
                (Json::Array(items), Step::Index(index)) => {
                    items.remove(index);
                }
                _ => return None,
            }
            Op::Remove
        }
    };
    Some((path, op, after))
}

/// What another parser makes of the text.
fn read(format: Format, text: &str) -> Json {
    match format {
        Format::Json => serde_json::from_str(text).unwrap(),
        Format::Yaml(_) => serde_yaml::from_str(text).unwrap(),
        _ => {
            let mut lines = String::new();
            for line in text.lines() {
                let code = match line.find("// ") {
                    Some(comment) if line.ends_with('!') => &line[..comment],
                    _ => line,
                };
                lines.push_str(code);
                lines.push('\n');
            }
            serde_json::from_str(&lines).unwrap()
        }
    }
}

/// The comments that no change may take away: those outside the lines of the node.
fn kept(source: &Source, path: &Path) -> Vec<String> {
    let entry = source.locate(path, Part::Entry);
    let text = source.text();
    let start = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[entry.end..]
        .find('\n')
        .map_or(text.len(), |at| entry.end + at);
    [&text[..start], &text[end..]]
        .iter()
        .flat_map(|part| part.lines())
        .filter(|line| line.ends_with('!'))
        .filter_map(|line| line.rsplit(['#', '/']).next())
        .map(str::to_owned)
        .collect()
}

/// The lines that stay, and the new ones where the suggestions say.
fn by_suggestions(source: &Source, edits: &[super::Edit]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = source.text().lines().zip(1..).peekable();
    for suggestion in suggestions(source, edits) {
        while let Some((line, _)) = rest.next_if(|(_, number)| *number < suggestion.first_line) {
            lines.push(line.to_owned());
        }
        for removed in &suggestion.removed {
            assert_eq!(rest.next().map(|(line, _)| line), Some(removed.as_str()));
        }
        lines.extend(suggestion.added);
    }
    lines.extend(rest.map(|(line, _)| line.to_owned()));
    lines
}

/// How many random documents are changed; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    ProptestConfig::default().cases.max(800)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_change_changes_nothing_else(
        document in document(),
        looks in looks(),
        choice in choice(),
    ) {
        let (format, text) = written(&document, &looks);
        let source = source(format, &text);
        prop_assume!(read(format, &text) == document);
        let Some((path, op, after)) = chosen(&document, &choice) else {
            return Ok(());
        };
        let pointer = Pointer { source: SourceId(0), path: path.clone() };
        let fix = Fix::new(Safety::Safe, "").change(pointer, op.clone());
        let edits = match lower(&|_| &source, &fix) {
            Ok(edits) => edits,
            // Comments inside empty brackets have no place to go.
            Err(Refused::Layout(_, why)) if looks.comments && why.contains("comments") => return Ok(()),
            Err(refused) => panic!("{refused}: {op:?} at {path} of\n{text}"),
        };
        let edited = apply(&text, &edits);
        let context = format!("{op:?} at {path} of\n{text}\nis\n{edited}");
        prop_assert_eq!(read(format, &edited), after, "{}", &context);
        if !matches!(op, Op::Set(_)) || !path.steps().is_empty() {
            for comment in kept(&source, &path) {
                prop_assert!(edited.contains(&comment), "{comment} is gone: {context}");
            }
        }
        let breaks = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
        let (crlf, all) = breaks(&edited);
        prop_assert!(crlf == 0 || crlf == all, "mixed line breaks: {context}");
        prop_assert_eq!(by_suggestions(&source, &edits), edited.lines().collect::<Vec<_>>(), "{}", &context);
    }

    #[test]
    fn random_changes_in_one_fix_are_those_one_by_one(
        document in document(),
        looks in looks(),
        choices in prop::collection::vec(choice(), 2..4),
    ) {
        let (format, text) = written(&document, &looks);
        let source = source(format, &text);
        prop_assume!(read(format, &text) == document);
        let mut fix = Fix::new(Safety::Safe, "");
        let mut after = document;
        for choice in &choices {
            // Only what leaves the paths of the original as they are.
            let Choice { what: 0 | 2 | 3, .. } = choice else { continue };
            if let Some((path, op, next)) = chosen(&after, choice) {
                fix = fix.change(Pointer { source: SourceId(0), path }, op);
                after = next;
            }
        }
        if let Ok(edits) = lower(&|_| &source, &fix) {
            for pair in edits.windows(2) {
                prop_assert!(pair[0].range.end < pair[1].range.start);
            }
            prop_assert_eq!(read(format, &apply(&text, &edits)), after);
        }
    }
}
