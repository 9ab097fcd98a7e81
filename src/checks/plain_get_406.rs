//! plain-get-406: a bare GET is answered with 406, which is no failure.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "plain-get-406",
    severity: Severity::Note,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/plain-get-406.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        if trouble.kind == Kind::PlainGet406 {
            findings.add(finding(probed, trouble));
        }
    }
}

fn finding(probed: &Probed<'_>, trouble: &Trouble) -> Finding {
    let url = probed.name();
    let message = format!(
        "{url} answers a plain GET, as browsers, curl and healthchecks send it, with 406: that is a healthy MCP endpoint, \
         which takes POST; test it with `mcpdoc probe`"
    );
    probed
        .finding(trouble, message)
        .says("406 to a plain GET is no failure")
        .fix(Fix::manual("test it as clients call it", format!("mcpdoc probe {url}\n")))
}
