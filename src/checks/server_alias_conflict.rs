//! server-alias-conflict: two servers that answer to one name.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "server-alias-conflict",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-alias-conflict.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AliasConflict { name, other } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let key = &server.name.value;
        let servers = &case.chain.gateways[gateway].outcome.servers;
        let also = servers.iter().position(|server| {
            let alias = server.alias.as_ref().map(|alias| &alias.at);
            server.name.at == *other || alias == Some(other)
        });
        let their = also.map_or("another server", |also| servers[also].name.value.as_str());
        let message = format!(
            "{key} and {their} both answer to `{name}`: {} sends the calls of both to one of them, give one of them \
             another name",
            case.program_of(gateway, ruling)
        );
        let line = format!("alias: {}", key.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let finding = Finding::at(&ruling.at, Part::Entry, message)
            .says("the same name again")
            .also(other, Part::Entry, "has it first")
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .hops(also.and_then(|also| Some(case.chain.of_server(gateway, also)?.id)))
            .fix(Fix::manual("give every server a name of its own", line));
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
