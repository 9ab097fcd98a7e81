//! gateway-redirect: a path that the gateway redirects on every request.

use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::{Call, exact};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "gateway-redirect",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["redirect"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-redirect.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case) {
        let Some(call) = Call::of(case, found) else {
            continue;
        };
        let facts = case.catalog.litellm();
        let Some(path) = exact(&facts.clients, &call) else {
            continue;
        };
        let versions = call.view.version.narrow(&path.redirected, &facts.assumed);
        if call.url.value.path().ends_with('/') || versions.is_empty() {
            continue;
        }
        let severity = match call.certain {
            true => Severity::Warning,
            false => Severity::Note,
        };
        findings.add_in(severity, &versions, finding(case, found, &call));
    }
}

fn finding(case: &Case<'_>, found: Entry<'_>, call: &Call<'_>) -> Finding {
    let name = &found.entry.name.value;
    let path = call.url.value.path();
    let facts = case.catalog.litellm();
    let mut gateway = call.gateway_title(case);
    if call.view.version.version().is_none()
        && let Some(path) = exact(&facts.clients, call)
    {
        gateway = format!("{gateway} {}", path.redirected.describe());
    }
    let message = format!(
        "{name} calls {path}, which {gateway} redirects (307) to {path}/: every request is sent twice, and a client \
         or proxy that does not follow redirects fails; write {path}/"
    );
    let finding = Finding::at(&call.url.at, Part::Value, message)
        .says(format!("redirected to {path}/"))
        .subject(name)
        .hops(found.hops())
        .evidence(
            Source::Catalog,
            "LiteLLM takes the host of the redirect from the request's Host header",
        );
    let finding = match found.entry.header("Host") {
        Some(host) => finding.also(
            &host.at,
            Part::Value,
            "the redirect leads to this host: a client drops its key on the way to another one",
        ),
        None => finding,
    };
    let mut url = call.url.value.clone();
    url.set_path(&format!("{path}/"));
    match found.entry.url.as_ref() {
        // A url with references would not survive being written anew.
        Some(written) if !written.value.contains('$') => finding.fix(
            Fix::new(Safety::Safe, format!("call {path}/"))
                .change(written.at.clone(), Op::Set(url.to_string().into())),
        ),
        _ => finding,
    }
}
