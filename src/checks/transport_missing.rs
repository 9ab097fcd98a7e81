//! transport-missing: an entry without `transport` that is read as streamable HTTP, although it was meant otherwise.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "transport-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/transport-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::TransportMissing { meant, because } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "{name} has no `transport`, so {} calls it over {} ({because}): write `transport: {meant}`",
            case.program_of(gateway, ruling),
            server.transport.title(),
        );
        let fix = Fix::new(Safety::Safe, format!("write `transport: {meant}`"));
        let key = ruling.at.path.last_key().unwrap_or_default();
        let fix = if key == "command" {
            let insert = Op::Insert("transport".to_owned(), (*meant).into());
            fix.change(ruling.at.parent(), insert)
        } else {
            let source = case.stack.source(ruling.at.source);
            let word = source.node(&ruling.at.path).and_then(Node::as_str);
            let fix = match word {
                Some(word) if word == *meant => fix,
                _ => fix.change(ruling.at.clone(), Op::Set((*meant).into())),
            };
            fix.change(ruling.at.clone(), Op::Rename("transport".to_owned()))
        };
        let finding = Finding::at(&ruling.at, Part::Key, message)
            .says(format!(
                "shows that {meant} was meant, and does not make it so"
            ))
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
