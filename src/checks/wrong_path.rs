//! wrong-path: MCP is served at another path than the one that is called.

use crate::change::Safety;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "wrong-path",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &["url-path-suspect"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/wrong-path.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::WrongPath { right, transport } = &trouble.kind else {
            continue;
        };
        let asked = probed.probe.asked.transport;
        let changes = asked.is_some_and(|asked| asked != *transport);
        let over = match changes || asked.is_none() {
            true => format!(" over {}", transport.title()),
            false => String::new(),
        };
        let what = format!("no MCP is served at this path; it is at {right}{over}: call that");
        let finding = probed
            .finding(trouble, probed.but(what))
            .says("not at this path");
        let title = match changes {
            true => format!("call {right} over {}", transport.title()),
            false => format!("call {right}"),
        };
        let fix =
            repair::call_instead(case, probed, Safety::Unsafe, title, right, Some(*transport));
        findings.add_for(trouble, finding.fix(fix));
    }
}
