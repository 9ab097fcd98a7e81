//! server-alias-ignored: an alias that has no effect.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "server-alias-ignored",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-alias-ignored.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AliasIgnored {
            alias,
            target,
            wins,
        } = &ruling.why
        else {
            continue;
        };
        let servers = &case.chain.gateways[gateway].outcome.servers;
        let Some(number) = servers
            .iter()
            .position(|server| server.name.value == *target)
        else {
            continue;
        };
        let server = &servers[number];
        let fix = Fix::new(Safety::Safe, "");
        let works = &case.catalog.litellm().servers.aliases.works;
        let versions = match ruling.versions.is_all() {
            true => works.complement().describe(),
            false => ruling.versions.describe(),
        };
        let (message, fix) = match wins {
            Some(_) => (
                format!(
                    "the alias `{alias}` of {target} has no effect, because {target} has another one; keep one of them"
                ),
                Fix {
                    title: format!("remove the alias `{alias}`"),
                    ..fix
                },
            ),
            None => (
                format!(
                    "`mcp_aliases` has no effect in LiteLLM {versions}, so the alias `{alias}` does not exist; set `alias: {alias}` \
                     on {target}"
                ),
                Fix {
                    title: format!("set `alias: {alias}` on {target}"),
                    ..fix
                }
                .change(
                    server.at.clone(),
                    Op::Insert("alias".to_owned(), alias.as_str().into()),
                ),
            ),
        };
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says("no client can use this name")
            .subject(alias)
            .hops(case.chain.of_server(gateway, number).map(|hop| hop.id))
            .fix(fix.change(ruling.at.clone(), Op::Remove));
        if let Some(other) = wins {
            finding = finding.also(other, Part::Entry, "this one counts");
        }
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}
