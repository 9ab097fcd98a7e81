//! tls-mismatch: https to a port that speaks plain HTTP, or http to one that speaks TLS.

use crate::change::Safety;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "tls-mismatch",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tls-mismatch.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::TlsMismatch {
            speaks_tls,
            right,
            tried,
        } = &trouble.kind
        else {
            continue;
        };
        let (speaks, call) = match speaks_tls {
            true => ("speaks TLS", "call it with https://"),
            false => (
                "speaks plain HTTP",
                "call it with http://, or put TLS in front of it",
            ),
        };
        let seen = match tried {
            true => ", and MCP answers in it",
            false => "",
        };
        let says = match speaks_tls {
            true => "the port speaks TLS",
            false => "the port speaks no TLS",
        };
        let finding = probed
            .finding(
                trouble,
                probed.but(format!("the port {speaks}{seen}: {call}")),
            )
            .says(says);
        let title = format!("call {right}");
        let fix = repair::call_instead(case, probed, Safety::Unsafe, title, right, None);
        findings.add_for(trouble, finding.fix(fix));
    }
}
