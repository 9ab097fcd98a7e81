//! litellm-null-settings: an empty section that stops LiteLLM.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "litellm-null-settings",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-null-settings.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::NullSection { name } = &ruling.why else {
            continue;
        };
        let message = format!(
            "`{name}` is empty, and {} does not start with an empty one beside `mcp_servers`: remove it",
            case.program_of(gateway, ruling)
        );
        let fix = Fix::new(Safety::Safe, format!("remove `{name}`"))
            .change(ruling.at.clone(), Op::Remove);
        let finding = Finding::at(&ruling.at, Part::Key, message)
            .says("empty: stops the gateway")
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .fix(fix);
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
