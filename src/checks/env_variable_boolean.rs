//! env-variable-boolean: a variable whose value LiteLLM reads as true or false, where it needs a text.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "env-variable-boolean",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-variable-boolean.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::VariableBoolean { name, variable } = &ruling.why else {
            continue;
        };
        let message = format!(
            "`{name}` takes the variable {variable}, whose value {} reads as true or false where it needs a text: the gateway \
             does not start; use another value, for example 1 or 0",
            case.program_of(gateway, ruling)
        );
        let fix = Fix::manual(
            format!("give {variable} another value"),
            format!("    environment:\n      {variable}: \"1\""),
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says("a truth value, not a text")
            .subject(variable)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        if let Some(service) = case.chain.gateways[gateway].service() {
            let given = case.stack.service(service).variable(variable);
            if let Some(given) = given {
                finding = finding.also(&given.at, Part::Value, "set here");
            }
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
