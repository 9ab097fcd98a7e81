//! url-malformed: a url that nothing can be sent to.

use crate::change::{Fix, Op, Safety};
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use url::Url;

use crate::gateway::Why;
use crate::secret;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "url-malformed",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/url-malformed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case) {
        if let Some(finding) = of_client(found) {
            findings.add(finding);
        }
    }
    for (gateway, ruling) in case.rulings() {
        let Why::UrlMalformed { url, problem } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "{} cannot call {name} at {}: {problem}; write `http://HOST:PORT/PATH`",
            case.program_of(gateway, ruling),
            secret::redact(url)
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says(problem)
            .subject(name)
            .hops(case.server_hop(gateway, ruling));
        if let Some(whole) = with_scheme(url) {
            let title = format!("write `{}`", secret::redact(&whole));
            finding = finding.fix(
                Fix::new(Safety::Unsafe, title).change(ruling.at.clone(), Op::Set(whole.into())),
            );
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}

/// An entry whose url is none. A variable may bring what is missing.
fn of_client(found: Entry<'_>) -> Option<Finding> {
    let entry = found.entry;
    let remote = entry.kind.as_ref().is_some_and(|kind| kind.value != "stdio");
    let url = entry.url.as_ref().filter(|_| remote && found.is_own())?;
    let text = url.value.trim();
    if text.is_empty() || text.contains(['$', '{', '<']) || Url::parse(text).is_ok() {
        return None;
    }
    let name = &entry.name.value;
    let client = found.file.client.title();
    let message = format!(
        "{client} cannot call {name} at {}: it is not a valid URL; write `http://HOST:PORT/PATH`",
        secret::redact(text)
    );
    let finding = Finding::at(&url.at, Part::Value, message)
        .says("not a valid URL")
        .subject(name)
        .hops(found.hops());
    Some(match with_scheme(text) {
        Some(whole) => {
            let title = format!("write `{}`", secret::redact(&whole));
            finding.fix(Fix::new(Safety::Unsafe, title).change(url.at.clone(), Op::Set(whole.into())))
        }
        None => finding,
    })
}

/// The url with `http://` in front, where that is all that it lacks.
fn with_scheme(url: &str) -> Option<String> {
    let (authority, _) = url.split_once('/').unwrap_or((url, ""));
    if url.contains("://") || authority.is_empty() || authority.starts_with(':') {
        return None;
    }
    let whole = format!("http://{url}");
    let parsed = Url::parse(&whole).ok()?;
    let named = parsed
        .host_str()?
        .contains(|c: char| c.is_ascii_alphabetic());
    (named || authority.contains('.')).then_some(whole)
}
