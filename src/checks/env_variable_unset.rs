//! env-variable-unset: a variable that is set nowhere, where LiteLLM needs a text.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
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
        let Why::VariableUnset { name, variable } = &ruling.why else {
            continue;
        };
        let message = format!(
            "`{name}` takes the variable {variable}, which the gateway's container does not have, and {} does not start \
             without a text there: set it, or remove `{name}`",
            case.program_of(gateway, ruling)
        );
        let fix = Fix::manual(
            format!("set {variable} in the environment of the gateway"),
            format!("    environment:\n      {variable}: \"…\""),
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says("not set")
            .subject(variable)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        if let Some(service) = case.chain.gateways[gateway].service() {
            let service = case.stack.service(service);
            finding = finding.also(&service.name.at, Part::Key, format!("has no {variable}"));
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
