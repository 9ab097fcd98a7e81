//! accept-stripped: something on the way drops a header that every server needs.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Severity, proxy};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "accept-stripped",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/accept-stripped.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::AcceptStripped {
            status,
            header,
            proxy,
        } = &trouble.kind
        else {
            continue;
        };
        let between = match proxy {
            Some(_) => format!("{} in between", proxy::title(proxy.as_deref())),
            None => "something in between".to_owned(),
        };
        let what = format!(
            "the server answers {status} as if `{header}` had not been sent, and it was: {between} drops or changes \
             it; let it pass as it comes"
        );
        let lines = match proxy::of(proxy.as_deref()) {
            Some(proxy) => proxy.headers.to_owned(),
            None => format!("{header} must reach the server as the client sends it"),
        };
        let finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("`{header}` does not arrive"))
            .fix(Fix::manual(format!("let `{header}` pass"), lines));
        findings.add_for(trouble, finding);
    }
}
