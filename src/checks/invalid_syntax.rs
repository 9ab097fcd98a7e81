//! invalid-syntax: a file that does not parse, and what its reader then does.

use crate::check::reader::hops_of;
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::catalog::client::known;
use crate::model::{Input, Kind};
use crate::source::{Source, State};

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
        if input.kind == Kind::LiteLlm && source.is_parsed() && source.root().is_null() {
            let message = format!("{} is empty: {}", source.name(), consequence(input, source));
            findings.add(
                Finding::in_place(Place::Text(source.id(), 0..0), message)
                    .hops(hops_of(case, source.id())),
            );
        }
        let State::Invalid(error) = source.state() else {
            continue;
        };
        let place = Place::Text(source.id(), error.span.clone());
        if is_template(source.text()) {
            let message = format!(
                "{} is a template and does not parse as it is: check what it is rendered to",
                source.name()
            );
            findings.add_as(
                Severity::Warning,
                Finding::in_place(place, message).says(&error.message),
            );
            continue;
        }
        let message = format!(
            "{} does not parse: {}; {}",
            source.name(),
            error.message,
            consequence(input, source)
        );
        findings.add(
            Finding::in_place(place, message)
                .says(&error.message)
                .hops(hops_of(case, source.id())),
        );
    }
}

/// What Jinja, Helm and Go templates begin with. Files that do parse are read as they are.
fn is_template(text: &str) -> bool {
    ["{{", "{%"].iter().any(|opening| text.contains(opening))
}

/// What the reader of the file does instead of reading it.
fn consequence(input: &Input, source: &Source) -> String {
    match input.kind {
        Kind::LiteLlm => "LiteLLM does not start with it".to_owned(),
        Kind::Compose => "`docker compose` refuses the whole project".to_owned(),
        Kind::Env => "`docker compose` stops at it and starts nothing".to_owned(),
        Kind::Client => {
            let name = source.name().rsplit('/').next().unwrap_or_default();
            known().file(name).map_or_else(
                || "none of its servers can be read".to_owned(),
                |file| file.when_invalid.clone(),
            )
        }
    }
}
