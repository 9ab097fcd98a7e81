//! rate-limited: the server refuses requests because there were too many.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "rate-limited",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/rate-limited.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::RateLimited { retry_after } = &trouble.kind else {
            continue;
        };
        let when = match retry_after.as_deref() {
            Some(text) if text.chars().all(|c| c.is_ascii_digit()) => {
                format!("in {text} s it takes the next one")
            }
            Some(text) => format!("from {text} on it takes the next one"),
            None => "it does not say for how long".to_owned(),
        };
        let what = format!(
            "the answer is 429, too many requests, and {when}: wait, then raise the limit or send fewer"
        );
        let finding = probed
            .finding(trouble, probed.but(what))
            .says("too many requests")
            .fix(Fix::manual(
                "give MCP a limit of its own: a client needs about five requests to begin",
                "# nginx\nlimit_req_zone $http_authorization zone=mcp:1m rate=10r/s;\nlimit_req zone=mcp burst=20 nodelay;",
            ));
        findings.add_for(trouble, finding);
    }
}
