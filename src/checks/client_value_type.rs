//! client-value-type: a value of another type than the client wants, or a header that cannot be sent.

use serde_json::Value;

use crate::catalog::client::{KeyFor, ValueShape, known};
use crate::change::{Fix, Op, Safety};
use crate::check::client::Malformed;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Transport;
use crate::source::{Node, Part, Pointer, ScalarKind, Shape};

pub(super) static CHECK: Check = Check {
    id: "client-value-type",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-value-type.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case).filter(Entry::is_own) {
        let Some(entry) = case
            .stack
            .source(found.file.source)
            .node(&found.entry.at.path)
        else {
            continue;
        };
        if !entry.is_map() {
            let malformed = Malformed::of(case, found);
            let message = format!(
                "{} is {}, where an entry is an object: {} {}",
                found.entry.name.value,
                entry.shape_name(),
                malformed.program(),
                malformed.then()
            );
            let finding = Finding::at(&found.entry.at, Part::Value, message).says("not an object");
            findings.add(malformed.add_to(case, finding.subject(&found.entry.name.value)));
            continue;
        }
        let wrong = wrong_values(found, entry);
        if let Some(finding) = types(case, found, &wrong) {
            findings.add(finding);
        }
        for finding in headers(found, entry) {
            findings.add(finding.subject(&found.entry.name.value).hops(found.hops()));
        }
    }
}

/// A value that is not what it has to be.
struct Wrong {
    at: Pointer,
    /// The path within the entry.
    place: String,
    says: String,
    /// What is wanted instead.
    wants: &'static str,
    /// The value that was meant, where that is plain.
    write: Option<Value>,
}

/// What an entry is for; keys for other entries are ignored, whatever they hold.
fn kind_of(found: Entry<'_>) -> KeyFor {
    let kind = found.entry.kind.as_ref();
    let transport = kind.map(|kind| known().kind(&kind.value).and_then(|kind| kind.transport));
    match transport {
        None | Some(Some(Transport::Stdio)) => KeyFor::Stdio,
        Some(_) => KeyFor::Remote,
    }
}

fn wrong_values(found: Entry<'_>, entry: Node<'_>) -> Vec<Wrong> {
    let kind = kind_of(found);
    let mut wrong = Vec::new();
    for key in &known().keys {
        let (Some(shape), Some(value)) = (key.shape, entry.get(&key.name)) else {
            continue;
        };
        if key.applies != KeyFor::Any && key.applies != kind {
            continue;
        }
        let at = found.entry.at.key(&key.name);
        let parts: Vec<(Pointer, String, Node<'_>)> = match (shape, value.shape()) {
            (ValueShape::Texts, Shape::Seq) => value
                .items()
                .enumerate()
                .map(|(index, item)| (at.index(index), format!("{}[{index}]", key.name), item))
                .collect(),
            (ValueShape::NamedTexts, Shape::Map) => value
                .entries()
                .into_iter()
                .map(|(name, item)| (at.key(name), format!("{}.{name}", key.name), item))
                .collect(),
            _ => {
                if !fits(shape, value) {
                    wrong.push(Wrong {
                        says: format!("{}, not {}", value.shape_name(), shape.title()),
                        wants: shape.title(),
                        write: meant(shape, value),
                        place: key.name.clone(),
                        at,
                    });
                } else if key.required && value.as_str().is_some_and(str::is_empty) {
                    wrong.push(Wrong {
                        says: "empty".to_owned(),
                        wants: "what was meant",
                        write: None,
                        place: key.name.clone(),
                        at,
                    });
                }
                continue;
            }
        };
        for (at, place, item) in parts {
            if item.as_str().is_none() {
                wrong.push(Wrong {
                    says: format!("{}, not a string", item.shape_name()),
                    wants: ValueShape::Text.title(),
                    write: meant(ValueShape::Text, item),
                    place,
                    at,
                });
            }
        }
    }
    wrong
}

fn fits(shape: ValueShape, value: Node<'_>) -> bool {
    match shape {
        ValueShape::Text => value.as_str().is_some(),
        ValueShape::Texts => value.is_seq(),
        ValueShape::NamedTexts | ValueShape::Mapping => value.is_map(),
        ValueShape::Bool => value.as_bool().is_some(),
        ValueShape::PositiveInteger => {
            let number = match value.shape() {
                Shape::Scalar(ScalarKind::Int | ScalarKind::Float) => value.scalar_text(),
                _ => None,
            };
            let number = number.and_then(|text| text.parse::<f64>().ok());
            number.is_some_and(|number| number > 0.0 && number.fract() == 0.0)
        }
    }
}

/// The same value as it has to be written.
fn meant(shape: ValueShape, value: Node<'_>) -> Option<Value> {
    let text = value.scalar_text()?;
    match (shape, value.shape()) {
        (_, Shape::Scalar(ScalarKind::Null)) => None,
        (ValueShape::Text, _) => Some(text.into()),
        (ValueShape::PositiveInteger, Shape::Scalar(ScalarKind::Str)) => {
            let number: u32 = text.trim().parse().ok()?;
            (number > 0).then(|| number.into())
        }
        (ValueShape::Bool, Shape::Scalar(ScalarKind::Str)) => {
            text.trim().parse::<bool>().ok().map(Value::from)
        }
        _ => None,
    }
}

/// All values of an entry as one finding: one of them is enough for the entry to be skipped.
fn types(case: &Case<'_>, found: Entry<'_>, wrong: &[Wrong]) -> Option<Finding> {
    let first = wrong.first()?;
    let name = &found.entry.name.value;
    let malformed = Malformed::of(case, found);
    let others = match wrong.len() {
        1 => String::new(),
        2 => ", and 1 other value has a wrong type, too".to_owned(),
        more => format!(", and {} other values have a wrong type, too", more - 1),
    };
    let message = format!(
        "`{}` of {name} is {}{others}: {} {}; write {}",
        first.place,
        first.says,
        malformed.program(),
        malformed.then(),
        first.wants
    );
    let mut finding = Finding::at(&first.at, Part::Value, message).says(&first.says);
    for other in &wrong[1..] {
        finding = finding.also(&other.at, Part::Value, &other.says);
    }
    let mut fix = Fix::new(Safety::Safe, format!("write {}", first.wants));
    for one in wrong {
        if let Some(value) = &one.write {
            fix = fix.change(one.at.clone(), Op::Set(value.clone()));
        }
    }
    if fix.changes.len() == wrong.len() {
        finding = finding.fix(fix);
    }
    Some(malformed.add_to(case, finding.subject(name)))
}

/// Headers that HTTP has no form for: the connection fails before anything is sent.
fn headers(found: Entry<'_>, entry: Node<'_>) -> Vec<Finding> {
    let name = &found.entry.name.value;
    let title = found.file.client.title();
    let mut findings = Vec::new();
    if kind_of(found) != KeyFor::Remote {
        return findings;
    }
    let headers = entry.get("headers").map_or_else(Vec::new, Node::entries);
    for (header, value) in headers {
        let at = found.entry.at.key("headers").key(header);
        if !is_token(header) {
            let trimmed = header.trim().trim_end_matches(':').trim_end();
            let expands = match header.contains("${") {
                true => ", and nothing is filled into names",
                false => "",
            };
            let message = format!(
                "{name} has the header name `{header}`, which HTTP does not allow{expands}: {title} cannot \
                 connect; rename it"
            );
            let finding = Finding::at(&at, Part::Key, message)
                .says("letters, digits and `-` make a header's name");
            findings.push(match is_token(trimmed) {
                true => finding.fix(
                    Fix::new(Safety::Safe, format!("rename it to `{trimmed}`"))
                        .change(at, Op::Rename(trimmed.to_owned())),
                ),
                false => finding,
            });
            continue;
        }
        let text = value.as_str().unwrap_or_default().trim();
        let bad = text.chars().find(|c| {
            u32::from(*c) > 0xFF || (c.is_control() && *c != '\t')
        });
        if let Some(bad) = bad {
            let what = match bad {
                '\n' | '\r' => "a line break".to_owned(),
                bad if bad.is_control() => "a control character".to_owned(),
                bad => format!("the character {bad}"),
            };
            let message = format!(
                "the header `{header}` of {name} has {what} in its value, which HTTP does not allow: {title} cannot \
                 connect; take it out"
            );
            findings.push(Finding::at(&at, Part::Value, message).says(format!("has {what}")));
        }
    }
    findings
}

/// Whether a text can be a header's name.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
