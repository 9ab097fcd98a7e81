//! env-variable-unset: a variable that is set nowhere, where LiteLLM needs a text.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Unset, Why};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "env-variable-unset",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-variable-unset.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::VariableUnset {
            name,
            variable,
            then,
        } = &ruling.why
        else {
            continue;
        };
        let program = case.program_of(gateway, ruling);
        let server = case
            .upstream(gateway, ruling)
            .map_or("the server", |server| server.name.value.as_str());
        let (follows, severity) = follows(case, gateway, &program, server, *then);
        let message = format!(
            "`{name}` takes the variable {variable}, which the gateway's container does not have, and {follows}: set \
             it, or {}",
            match then {
                Unset::NoKey(_) => "write another one".to_owned(),
                _ => format!("remove `{name}`"),
            }
        );
        let fix = Fix::manual(
            format!("set {variable} in the environment of the gateway"),
            format!("    environment:\n      {variable}: \"…\""),
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says("not set")
            .subject(variable)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        if matches!(then, Unset::Stops | Unset::NoKey(_)) {
            finding = finding.hops(case.gateway_hops(gateway));
        }
        if let Some(service) = case.chain.gateways[gateway].service() {
            let service = case.stack.service(service);
            finding = finding.also(&service.name.at, Part::Key, format!("has no {variable}"));
        }
        findings.add_in(severity, &ruling.versions, finding);
    }
}

/// What follows, in words, and how bad that is.
fn follows(
    case: &Case<'_>,
    gateway: usize,
    program: &str,
    server: &str,
    then: Unset,
) -> (String, Severity) {
    match then {
        Unset::Stops => (
            format!("{program} does not start without a text there"),
            Severity::Error,
        ),
        Unset::NoUrl => (
            format!("{program} starts and never reaches {server}, which then has no address"),
            Severity::Error,
        ),
        Unset::NoCommand => (
            format!("{program} starts without {server}, which then has no program"),
            Severity::Error,
        ),
        Unset::NoCredentials => (
            format!("{program} calls {server} without credentials"),
            Severity::Warning,
        ),
        Unset::NoKey(fate) => (
            case.without_key(gateway, fate),
            Severity::Error,
        ),
    }
}
