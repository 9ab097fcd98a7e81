//! gateway-key-unknown: a key that the gateway does not know. Keys are compared, and never said.

use crate::catalog::gateway::KeyFault;
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::Call;
use crate::check::gateway_key::{Shown, Taken, said, shown, taken};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity, Source};
use crate::gateway::Setting;
use crate::plan::{Operators, Trial, Untried};
use crate::secret::is_placeholder;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "gateway-key-unknown",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["auth-rejected", "server-error", "wrong-path"],
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
        // The gateway knows best.
        match taken(case, found) {
            Some(Taken::Yes) => continue,
            Some(Taken::No(fault @ (KeyFault::NoDatabase | KeyFault::Unknown), words)) => {
                let (at, variable) = match &access.master_key {
                    Setting::Set { at, variable, .. } => (at.clone(), variable.as_deref()),
                    Setting::Unknown | Setting::Absent => (None, None),
                };
                let own = at.or_else(|| variable_at(case, &call, variable?));
                let finding = finding(case, found, &call, &shown, variable, own, fault);
                findings.add(finding.evidence(Source::Wire, format!("the gateway says: {words}")));
                continue;
            }
            Some(Taken::No(..)) | None => {}
        }
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
                let variable = variable.as_deref();
                let fault = KeyFault::NoDatabase;
                findings.add(finding(case, found, &call, &shown, variable, own, fault));
            }
            Setting::Set { .. } | Setting::Unknown => findings.skip(format!(
                "the key of {} is not the master key of {}, but may be one of its database, which was not asked",
                found.entry.name.value,
                call.gateway_title(case)
            )),
        }
    }
    if let Some(operators) = case.operators {
        of_operators(case, operators, findings);
    }
}

/// The operator's key, where a gateway refuses it or cannot be asked with it.
fn of_operators(case: &Case<'_>, operators: &Operators, findings: &mut Findings) {
    let variable = &operators.variable;
    for (gateway, trial) in operators.trials.iter().enumerate() {
        if let Trial::Not(Untried::Because(why)) = trial {
            let id = &case.stack.gateways[gateway].id;
            findings.skip(format!("{id} was not asked with the key in {variable}: {why}"));
        }
    }
    for probed in case.probed.iter().filter(|probed| probed.is_operators()) {
        let (Some(gateway), Some(Taken::No(fault, words))) = (probed.operator, said(probed)) else {
            continue;
        };
        let program = case.program(gateway);
        let known = match fault {
            KeyFault::NoDatabase => {
                format!("the master key of {program}, which has no database and knows no other")
            }
            KeyFault::Unknown => format!("the master key of {program} nor one of its database"),
            KeyFault::Absent | KeyFault::Malformed => continue,
        };
        let is_not = match fault {
            KeyFault::Unknown => "neither",
            _ => "not",
        };
        let message = format!(
            "the key in {variable} is {is_not} {known}: it tells mcpdoc nothing of its servers; put the master key into \
             {variable}"
        );
        let finding = Finding::in_place(Place::Endpoint(probed.name().to_owned()), message)
            .says("refuses the operator's key")
            .subject(probed.name())
            .evidence(Source::Wire, format!("the gateway says: {words}"));
        findings.add(finding);
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
    fault: KeyFault,
) -> Finding {
    let name = &found.entry.name.value;
    let header = &shown.header.name;
    let gateway = call.gateway_title(case);
    let variable = variable.unwrap_or(&case.catalog.litellm().master_key.variable);
    let message = match fault {
        KeyFault::Unknown => format!(
            "the key that {name} sends in {header} is neither the master key of {gateway} nor a key of its database: every \
             request is refused; send the master key, or make a key with POST /key/generate"
        ),
        _ => format!(
            "the key that {name} sends in {header} is not the master key of {gateway}, which has no database and knows no \
             other: every request is refused; send the master key, or give the gateway a database and make a key there"
        ),
    };
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
