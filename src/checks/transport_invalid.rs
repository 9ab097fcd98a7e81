//! transport-invalid: a transport that LiteLLM does not know.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "transport-invalid",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/transport-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::TransportInvalid { is, meant } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let known: Vec<String> = case
            .catalog
            .litellm()
            .servers
            .transports
            .known
            .keys()
            .map(|word| format!("`{word}`"))
            .collect();
        let known = known.join(", ");
        let step = match meant {
            Some(meant) => format!("write `{meant}`"),
            None => format!("it knows {known}"),
        };
        let message = format!(
            "`{is}` is no transport of {}, and stops the whole gateway at start, not {name} alone: {step}",
            case.program_of(gateway, ruling)
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says(format!("not one of {known}"))
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling));
        if let Some(meant) = meant {
            let title = format!("write `transport: {meant}`");
            finding = finding.fix(
                Fix::new(Safety::Safe, title).change(ruling.at.clone(), Op::Set((*meant).into())),
            );
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
