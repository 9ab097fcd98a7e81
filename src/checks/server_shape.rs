//! server-shape: something else where LiteLLM needs a mapping.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "server-shape",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-shape.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::Shape { name, is, needs } = &ruling.why else {
            continue;
        };
        let called = match name.contains(' ') {
            true => name.clone(),
            false => format!("`{name}`"),
        };
        let message = format!(
            "{called} is {is}, and {} needs {needs}: the gateway does not start",
            case.program_of(gateway, ruling)
        );
        // Nothing is hard to point at.
        let source = case.stack.source(ruling.at.source);
        let part = match source.node(&ruling.at.path) {
            Some(node) if node.is_null() && node.key().is_some() => Part::Key,
            _ => ruling.part,
        };
        let mut finding = Finding::at(&ruling.at, part, message)
            .says(format!("{is}, not {needs}"))
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling));
        if let Some(fix) = repair(case, gateway, ruling) {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}

/// The lines of a server, where one was meant.
fn repair(case: &Case<'_>, gateway: usize, ruling: &Ruling) -> Option<Fix> {
    let servers = case.stack.gateways[gateway].root.key("mcp_servers");
    let entry = "transport: http\n    url: http://HOST:PORT/mcp";
    if ruling.at == servers {
        let lines = format!("mcp_servers:\n  NAME:\n    {entry}");
        return Some(Fix::manual("write each server under its name", lines));
    }
    if ruling.at.parent() == servers && ruling.part == Part::Value {
        let name = ruling.at.path.last_key()?;
        let lines = format!("  {name}:\n    {entry}");
        return Some(Fix::manual("write the server's keys under its name, or remove the name", lines));
    }
    None
}
