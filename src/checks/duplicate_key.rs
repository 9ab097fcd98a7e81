//! duplicate-key: one key twice in a mapping, and which of the two counts.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::model::{Kind, Stack};
use crate::source::{Duplicate, Node, Source};

pub(super) static CHECK: Check = Check {
    id: "duplicate-key",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/duplicate-key.md"),
    run,
};

/// A file with more is a file with one mistake that repeats.
const MOST: usize = 20;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for input in &case.stack.inputs {
        let Some(reader) = reader(case.stack, input.source, input.kind) else {
            continue;
        };
        let source = case.stack.source(input.source);
        let duplicates = source.duplicates();
        for duplicate in duplicates.iter().take(MOST) {
            let finding = finding(source, duplicate, &reader);
            findings.add(match merged(source, duplicate) {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
        if let [_, ..] = duplicates.get(MOST..).unwrap_or_default() {
            let rest = &duplicates[MOST..];
            let place = Place::Text(source.id(), rest[0].second.clone());
            let message = format!(
                "{} has {} more keys that occur twice",
                source.name(),
                rest.len()
            );
            findings.add(Finding::in_place(place, message).subject("more"));
        }
    }
}

/// What a program makes of a key that stands twice.
struct Reader {
    does: String,
    first: &'static str,
    second: &'static str,
}

fn reader(stack: &Stack, source: crate::source::SourceId, kind: Kind) -> Option<Reader> {
    let last_counts = |title: &str| Reader {
        does: format!("{title} takes the last one and never mentions the other"),
        first: "this one is dropped",
        second: "this one counts",
    };
    match kind {
        Kind::LiteLlm => Some(last_counts("LiteLLM")),
        Kind::Client => {
            let file = stack.clients.iter().find(|file| file.source == source);
            Some(last_counts(
                file.map_or("its reader", |file| file.client.title()),
            ))
        }
        Kind::Compose => Some(Reader {
            does: "`docker compose` refuses the whole project".to_owned(),
            first: "already defined here",
            second: "defined again",
        }),
        // A variable that is set again is how env files override; and what nobody wrote has nothing twice.
        Kind::Env | Kind::Container => None,
    }
}

/// Two merge keys as one.
fn merged(source: &Source, duplicate: &Duplicate) -> Option<Fix> {
    if &*duplicate.key != "<<" {
        return None;
    }
    let map = source.node(&duplicate.path)?;
    let merges = map.own_entries().filter(|(key, _)| key.scalar_text() == Some("<<"));
    let mut written = Vec::new();
    for (_, value) in merges {
        // What is a list already goes into the new one item by item.
        let items: Vec<Node<'_>> = match value.is_alias() || !value.is_seq() {
            true => vec![value],
            false => value.items().collect(),
        };
        for item in items {
            written.push(item.is_alias().then(|| &source.text()[item.span()])?);
        }
    }
    Some(Fix::manual(
        "merge all by one key",
        format!("<<: [{}]", written.join(", ")),
    ))
}

fn finding(source: &Source, duplicate: &Duplicate, reader: &Reader) -> Finding {
    let path = duplicate.path.key(&duplicate.key).to_string();
    let message = format!(
        "`{path}` occurs twice in {}: {}; {}",
        source.name(),
        reader.does,
        match &*duplicate.key {
            "<<" => "write one merge key with a list",
            _ => "keep one of them, with everything that is needed in it",
        }
    );
    Finding::in_place(Place::Text(source.id(), duplicate.second.clone()), message)
        .says(reader.second)
        .also_in(
            Place::Text(source.id(), duplicate.first.clone()),
            reader.first,
        )
        .subject(path)
}
