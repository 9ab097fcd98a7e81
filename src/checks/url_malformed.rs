//! url-malformed: a url that nothing can be sent to.

use crate::change::{Fix, Op, Safety};
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
