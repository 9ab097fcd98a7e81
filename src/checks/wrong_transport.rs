//! wrong-transport: the server speaks another transport than its caller.

use crate::change::Safety;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::repair;
use crate::source::Part;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "wrong-transport",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &["url-path-suspect"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/wrong-transport.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::WrongTransport {
            asked,
            speaks,
            right,
            falls_back,
        } = &trouble.kind
        else {
            continue;
        };
        let (wanted, spoken) = (asked.title(), speaks.title());
        let place = match right == probed.name() {
            true => String::new(),
            false => format!(" at {right}"),
        };
        let next = match falls_back {
            true => format!(
                "newer versions of the caller try that second, older ones fail; write `{}`",
                speaks.word()
            ),
            false => format!("write `{}`", speaks.word()),
        };
        let what = format!("the caller speaks {wanted} and the server {spoken}{place}: {next}");
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("the server speaks {spoken}"));
        for hop in &probed.hops {
            if let Some(at) = &hop.transport_at {
                finding = finding.also(at, Part::Value, format!("the caller speaks {wanted}"));
            }
        }
        let title = format!("call {right} over {spoken}");
        let fix = repair::call_instead(case, probed, Safety::Unsafe, title, right, Some(*speaks));
        findings.add_for(trouble, finding.fix(fix));
    }
}
