//! session-lost: the session that the server gave is not known a request later.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source, proxy, symptom};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "session-lost",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/session-lost.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::SessionLost { during, status } = &trouble.kind else {
            continue;
        };
        findings.add(finding(probed, trouble, during, *status));
    }
}

fn finding(probed: &Probed<'_>, trouble: &Trouble, during: &str, status: u16) -> Finding {
    let message = probed.but(format!(
        "the server does not know its own session any more at the next request ({during}: {status}): the requests reach \
         several processes, each with sessions of its own; run one process, keep each session at one of them, or switch \
         sessions off"
    ));
    let mut finding = probed
        .finding(trouble, message)
        .says("a session is lost between two requests");
    // A client that is told 404 begins again; with another status it keeps the dead session.
    if status != 404 {
        let text = format!(
            "a lost session has to be answered with 404, so that clients begin a new one; with {status} they go on failing"
        );
        finding = finding.evidence(Source::Catalog, text);
    }
    if let Some(known) = symptom::of(trouble, "") {
        finding = known.told(finding);
    }
    let mut lines = "# one process\nuvicorn app:app --workers 1\n# or no sessions: MCP SDK for Python\n\
                     FastMCP(\"name\", stateless_http=True)\n# MCP SDK for TypeScript\n\
                     new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })\n"
        .to_owned();
    let proxies = trouble.evidence.iter().filter_map(|text| proxy::of(Some(text)));
    if let Some(proxy) = proxies.into_iter().next() {
        lines.push_str(&format!("# or one process a session: {}\n{}\n", proxy.title, proxy.sticky));
    }
    finding.fix(Fix::manual("let every request of a session reach the process that began it", lines))
}
