//! invalid-syntax: a file that does not parse, and what its reader then does.

use crate::check::reader::{hops_of, is_client_template};
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::catalog::client::of;
use crate::model::{Input, Kind, Marks, is_unrendered};
use crate::secret;
use crate::source::{ParseError, Source, Span, State};

pub(super) static CHECK: Check = Check {
    id: "invalid-syntax",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/invalid-syntax.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for input in &case.stack.inputs {
        let source = case.stack.source(input.source);
        // An included file may be empty, and adds nothing then.
        let own = (case.stack.gateways.iter()).any(|gateway| gateway.root.source == input.source);
        if input.kind == Kind::LiteLlm && own && source.is_parsed() && source.root().is_null() {
            let message = format!("{} is empty: {}", source.name(), consequence(case, input, source));
            findings.add(
                Finding::in_place(Place::Text(source.id(), 0..0), message)
                    .hops(hops_of(case, source.id())),
            );
        }
        let State::Invalid(error) = source.state() else {
            continue;
        };
        let (problem, span) = problem(source, error);
        let place = Place::Text(source.id(), span);
        if is_unrendered(source.text(), error.span.end) {
            let message = format!(
                "{} is a template and does not parse as it is: check what it is rendered to",
                source.name()
            );
            findings.add_as(
                Severity::Note,
                Finding::in_place(place, message).says(&problem),
            );
            continue;
        }
        let message = format!(
            "{} does not parse: {}; {}",
            source.name(),
            problem,
            consequence(case, input, source)
        );
        findings.add(
            Finding::in_place(place, message)
                .says(&problem)
                .hops(hops_of(case, source.id())),
        );
    }
    for gateway in &case.stack.gateways {
        let source = case.stack.source(gateway.root.source);
        let mut marks = gateway.templates.iter().map(|template| template.marks);
        let marks = marks.find(|marks| *marks != Marks::Variables);
        if let Some(finding) = marks.and_then(|marks| template(source, marks, "LiteLLM")) {
            findings.add_as(Severity::Note, finding);
        }
    }
    for file in &case.stack.clients {
        let source = case.stack.source(file.source);
        let title = file.client.title();
        if is_client_template(case, file)
            && let Some(finding) = template(source, Marks::Braces, title)
        {
            findings.add_as(Severity::Note, finding);
        }
    }
}

/// Words of parsers, and what a person calls the mistake behind them.
const PLAIN: [(&str, &str); 9] = [
    (
        "mapping values are not allowed here",
        "a second colon in one entry: a value that has `: ` in it needs quotes, or the indentation is wrong",
    ),
    (
        "did not find expected key",
        "the indentation of this line fits no entry above it, or a sign is missing before it",
    ),
    (
        "did not find expected '-' indicator",
        "this line is no item of the list above it: it needs a `- ` before it, or another indentation",
    ),
    (
        "simple key expected ':'",
        "a colon is missing behind the name in this line, or a line before it does not end as it should",
    ),
    (
        "tabs disallowed within this context (block indentation)",
        "this line is indented with a tab, and YAML takes spaces only",
    ),
    (
        "found a tab that cannot start any token",
        "there is a tab between two words, where only spaces are allowed",
    ),
    ("unexpected character: `%'", "text that begins with `%` needs quotes"),
    ("unexpected character: `@'", "text that begins with `@` needs quotes"),
    ("unexpected character: ``'", "text that begins with a backtick needs quotes"),
];

/// What is wrong, and where. Never with what must not be shown: a password that begins with `!` or `*` is a tag or an
/// alias to the reader, which calls it by its name.
fn problem(source: &Source, error: &ParseError) -> (String, Span) {
    if let Some(accident) = accident(source.text()) {
        return accident;
    }
    let span = error.span.clone();
    if let Some((_, plain)) = PLAIN.iter().find(|(words, _)| *words == error.message) {
        return ((*plain).to_owned(), span);
    }
    let named = source.text().get(span.clone()).unwrap_or_default();
    if named.is_empty() || !error.message.contains(named) {
        return (error.message.clone(), span);
    }
    let masked = secret::masked_text(source);
    (error.message.replace(named, &masked[span.clone()]), span)
}

/// What is no mistake in the file, but another file, or two versions of it.
fn accident(text: &str) -> Option<(String, Span)> {
    let head = text.trim_start();
    let is_page = |tag: &str| head.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    if is_page("<!doctype html") || is_page("<html") {
        let start = text.len() - head.len();
        let end = start + head.lines().next().unwrap_or_default().len();
        return Some(("it is an HTML page, saved in the place of the file".to_owned(), start..end));
    }
    let mut start = 0;
    let mut opened = None;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if line.starts_with("<<<<<<< ") {
            opened.get_or_insert(start..end);
        }
        if let Some(opened) = opened.clone().filter(|_| line.starts_with(">>>>>>> ")) {
            let words = "it has the marks of a merge that was not resolved (`<<<<<<<`)";
            return Some((words.to_owned(), opened));
        }
        start += line.len();
    }
    None
}

/// A file that parses as it is, and that something fills in all the same. Variables are another check's.
fn template(source: &Source, marks: Marks, reader: &str) -> Option<Finding> {
    let mut marked = source
        .nodes()
        .filter(|node| !node.is_alias())
        .filter_map(|node| Some((node, marks.find(node.scalar_text()?)?)));
    let (first, text) = marked.next()?;
    let others = match marked.count() {
        0 => String::new(),
        1 => " and one more place".to_owned(),
        count => format!(" and {count} more places"),
    };
    let message = format!(
        "{} is a template: what fills in `{text}`{others} was not looked at, and nothing is said of these: check what \
         it is rendered to",
        source.name()
    );
    let place = Place::Text(source.id(), first.span());
    Some(Finding::in_place(place, message).says(format!("filled in before {reader} reads it")))
}

/// What the reader of the file does instead of reading it.
fn consequence(case: &Case<'_>, input: &Input, source: &Source) -> String {
    match input.kind {
        Kind::LiteLlm => "LiteLLM does not start with it".to_owned(),
        // What nobody wrote has no mistakes of writing.
        Kind::Container | Kind::Compose => "`docker compose` refuses the whole project".to_owned(),
        Kind::Env => "`docker compose` stops at it and starts nothing".to_owned(),
        Kind::Client => {
            let mut files = case.stack.clients.iter();
            let file = files.find(|file| file.source == source.id());
            let page = file.and_then(|file| of(file.client).file_at(&file.path));
            page.map_or_else(
                || "none of its servers can be read".to_owned(),
                |file| file.when_invalid.clone(),
            )
        }
    }
}
