//! gateway-install-broken: the gateway takes the key and fails at every request for MCP.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::wire::{Kind, Told};

pub(super) static CHECK: Check = Check {
    id: "gateway-install-broken",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &["server-error"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-install-broken.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let words = &case.catalog.litellm().clients.broken_install;
    for (probed, trouble) in case.troubles("server-error") {
        let (Some(gateway), Kind::ServerError { says, .. }) = (probed.gateway(), &trouble.kind)
        else {
            continue;
        };
        // Who is not let in may be answered so, too.
        if !says.contains(words.as_str()) || Told::of(probed.probe).servers.is_none() {
            continue;
        }
        let program = case.program(gateway);
        let message = probed.but(format!(
            "{program} takes the key and fails at every request for MCP: the packages that it is installed with do not fit \
             together; run its own image, or pin the packages that it was released with"
        ));
        let fix = Fix::manual(
            "run LiteLLM's own image, or install its packages as they were when it was released",
            "image: ghcr.io/berriai/litellm:vX.Y.Z-stable\n# or, without an image, for 1.77.3:\npip install 'litellm[proxy]==1.77.3' pydantic==2.11.9 anyio==4.10.0\n",
        );
        findings.add_for(
            trouble,
            probed
                .finding(trouble, message)
                .says("fails at every request")
                .fix(fix),
        );
    }
}
