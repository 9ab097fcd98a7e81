//! upstream-unavailable: a proxy answers, and the server behind it does not.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Probed, Severity, proxy, symptom};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "upstream-unavailable",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/upstream-unavailable.md"),
    run,
};

/// What it says when the server behind it takes too long.
const TIMEOUT: u16 = 504;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::UpstreamUnavailable {
            status,
            proxy: named,
            recovered,
        } = &trouble.kind
        else {
            continue;
        };
        let proxy = proxy::title(named.as_deref());
        let why = match *status {
            TIMEOUT => "gets no answer from the server behind it in time",
            503 => "has no server behind it that is ready",
            _ => "does not reach the server behind it",
        };
        let next = match (recovered, *status) {
            (true, _) => "a moment later it answered; wait for the server before you call it",
            (false, TIMEOUT) => "see what takes so long, or let it wait longer",
            (false, _) => "start that server, or correct its address there",
        };
        let what = format!("{proxy} answers {status}: it {why}; {next}");
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("{proxy} answers {status}"));
        if let Some(symptom) = symptom::of(trouble, "") {
            finding = symptom.told(finding);
        }
        findings.add_for(trouble, finding.fix(mend(case, probed, *status, named.as_deref(), *recovered)));
    }
}

fn mend(
    case: &Case<'_>,
    probed: &Probed<'_>,
    status: u16,
    named: Option<&str>,
    recovered: bool,
) -> Fix {
    if recovered {
        return Fix::manual(
            "start the proxy after the server is ready",
            "depends_on:\n  mcp-server:\n    condition: service_healthy",
        );
    }
    let fix = match (proxy::of(named), status) {
        (Some(proxy), TIMEOUT) => Fix::manual(
            format!("let {} wait longer", proxy.title),
            proxy.patience,
        ),
        (Some(proxy), _) => Fix::manual(
            format!("name the server and its port in the settings of {}", proxy.title),
            proxy.upstream,
        ),
        (None, _) => Fix::manual(
            "try the server without the proxy",
            "mcpdoc probe http://SERVER:PORT/mcp",
        ),
    };
    match probed.service(case) {
        Some(service) => fix.then(repair::compose(case.stack, service, "logs --tail 50")),
        None => fix,
    }
}
