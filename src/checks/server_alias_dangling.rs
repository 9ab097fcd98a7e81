//! server-alias-dangling: an alias of a server that does not exist.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "server-alias-dangling",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-alias-dangling.md"),
    run,
};

/// More names than this are not listed.
const LISTED: usize = 5;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AliasDangling { alias, target } = &ruling.why else {
            continue;
        };
        let servers = &case.chain.gateways[gateway].outcome.servers;
        let mut names: Vec<&str> = servers
            .iter()
            .map(|server| server.name.value.as_str())
            .collect();
        let meant = names.iter().copied().find(|name| same(name, target));
        let more = names.len().saturating_sub(LISTED);
        names.truncate(LISTED);
        let mut known = names.join(", ");
        if known.is_empty() {
            known = "none".to_owned();
        }
        if more > 0 {
            known = format!("{known} and {more} more");
        }
        let message = format!(
            "`{alias}` is an alias of {target}, which `mcp_servers` does not have (it has {known}): name a server that \
             is there, or remove the alias"
        );
        let fix = match meant {
            Some(meant) => Fix::new(Safety::Safe, format!("write `{meant}`"))
                .change(ruling.at.clone(), Op::Set(meant.into())),
            None => Fix::new(Safety::Unsafe, format!("remove the alias `{alias}`"))
                .change(ruling.at.clone(), Op::Remove),
        };
        let finding = Finding::at(&ruling.at, Part::Value, message)
            .says("no such server")
            .subject(alias)
            .fix(fix);
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}

/// Whether two names differ in case and punctuation only.
fn same(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    letters(a) == letters(b)
}
