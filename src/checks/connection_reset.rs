//! connection-reset: the connection is closed or reset without an answer.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Probed, Severity};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "connection-reset",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/connection-reset.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ConnectionReset {
            during,
            bytes,
            reset,
            after_handshake,
        } = &trouble.kind
        else {
            continue;
        };
        let ends = match reset {
            true => "resets the connection",
            false => "closes the connection",
        };
        let so_far = match bytes {
            0 => "without an answer".to_owned(),
            1 => "after one byte of an answer".to_owned(),
            bytes => format!("after {bytes} bytes of an answer"),
        };
        let next = match (after_handshake, bytes) {
            (true, _) => "the handshake worked before, so that this request makes it fail; look at its log",
            (false, 0) => {
                "it speaks no HTTP there, fails at once, or listens only inside its container; look at its log"
            }
            (false, _) => "it fails while it answers; look at its log",
        };
        let what = format!("the server {ends} {so_far} to {during}: {next}");
        let finding = probed
            .finding(trouble, probed.but(what))
            .says(ends)
            .fix(mend(case, probed));
        findings.add_for(trouble, finding);
    }
}

fn mend(case: &Case<'_>, probed: &Probed<'_>) -> Fix {
    let Some(service) = probed.service(case) else {
        return Fix::manual(
            "look at the log of the server, and whether it listens on every address of its container",
            "--host 0.0.0.0",
        );
    };
    let name = &case.stack.service(service).name.value;
    let logs = repair::compose(case.stack, service, "logs --tail 50");
    let title = format!("see in the log of {name} why, and let it listen on 0.0.0.0 in its container");
    Fix::manual(title, logs)
}
