//! gateway-key-unknown: a key that the gateway does not know. Keys are compared, and never said.

use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::Call;
use crate::check::gateway_key::{Shown, shown};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::gateway::Setting;
use crate::secret::is_placeholder;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "gateway-key-unknown",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["auth-rejected", "server-error"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-key-unknown.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let facts = case.catalog.litellm();
    for found in entries(case) {
        let Some(call) = Call::of(case, found).filter(|call| call.certain) else {
            continue;
        };
        let Some(shown) = shown(&facts.clients, found, &call) else {
            continue;
        };
        let access = &call.view.outcome.access;
        let Setting::Set { text, at, variable } = &access.master_key else {
            continue;
        };
        if is_placeholder(text) {
            continue;
        }
        // A key that is not accepted as it is written is no key: gateway-bearer-missing says that.
        let prefixed = &shown.header.prefixed;
        let versions = call.view.version.narrow(prefixed, &facts.assumed);
        if shown.is_prefixed() != Some(true) && !versions.is_empty() {
            continue;
        }
        let is_known = |key: &&str| !key.is_empty() && !is_placeholder(key);
        if shown.key().filter(is_known).is_none_or(|key| key == text) {
            continue;
        }
        match access.database {
            Setting::Absent => {
                let own = at
                    .clone()
                    .or_else(|| variable_at(case, &call, variable.as_deref()?));
                findings.add(finding(case, found, &call, &shown, variable.as_deref(), own));
            }
            Setting::Set { .. } | Setting::Unknown => findings.skip(format!(
                "the key of {} is not the master key of {}, but may be one of its database, which was not asked",
                found.entry.name.value,
                call.gateway_title(case)
            )),
        }
    }
}

/// Where the gateway's service has a variable.
fn variable_at(case: &Case<'_>, call: &Call<'_>, variable: &str) -> Option<Pointer> {
    let service = case.stack.service(call.view.service()?);
    Some(service.variable(variable)?.at.clone())
}

fn finding(
    case: &Case<'_>,
    found: Entry<'_>,
    call: &Call<'_>,
    shown: &Shown<'_>,
    variable: Option<&str>,
    own: Option<Pointer>,
) -> Finding {
    let name = &found.entry.name.value;
    let header = &shown.header.name;
    let gateway = call.gateway_title(case);
    let variable = variable.unwrap_or(&case.catalog.litellm().master_key.variable);
    let message = format!(
        "the key that {name} sends in {header} is not the master key of {gateway}, which has no database and knows no \
         other: every request is refused; send the master key, or give the gateway a database and make a key there"
    );
    let fix = Fix::new(
        Safety::Unsafe,
        format!("send the master key, from the variable {variable} of your shell"),
    )
    .change(
        shown.value.at.clone(),
        Op::Set(format!("Bearer ${{{variable}}}").into()),
    );
    let mut finding = Finding::at(&shown.value.at, Part::Value, message)
        .says("another key than the gateway's")
        .subject(name)
        .hops(found.hops())
        .fix(fix);
    if let Some(own) = own {
        finding = finding.also(&own, Part::Key, "the only key that the gateway knows");
    }
    match call.hidden_refusal(case) {
        Some(text) => finding.evidence(Source::Catalog, text),
        None => finding,
    }
}
