//! server-alias-invalid: an alias that breaks the calls of its tools.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "server-alias-invalid",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-alias-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AliasInvalid { alias } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "the alias `{alias}` of {name} contains the separator between a server and its tools: {} lists its tools, \
             and finds none of them when one is called",
            case.program_of(gateway, ruling)
        );
        let mut finding = Finding::at(&ruling.at, Part::Entry, message)
            .says("its tools cannot be called")
            .subject(alias)
            .hops(case.server_hop(gateway, ruling));
        let better = alias.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
        if better != *alias {
            // Under `mcp_aliases` the alias is the key.
            let op = match ruling.at.path.last_key() {
                Some(key) if key == alias => Op::Rename(better.clone()),
                _ => Op::Set(better.as_str().into()),
            };
            let fix = Fix::new(Safety::Unsafe, format!("call it `{better}`"));
            finding = finding.fix(fix.change(ruling.at.clone(), op));
        }
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}
