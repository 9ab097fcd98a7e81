//! not-http: something that speaks no HTTP listens on the port.

use crate::change::Fix;
use crate::check::foreign::{advice, lines, words};
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::source::Part;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "not-http",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/not-http.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::NotHttp { foreign, port } = &trouble.kind else {
            continue;
        };
        let (who, next) = (words(foreign), advice(foreign));
        let what = format!("what listens on port {port} is {who}, not an MCP server: {next}");
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says(format!("this is {who}"));
        let service = probed.service(case).map(|id| case.stack.service(id));
        let ports = service.into_iter().flat_map(|service| &service.ports);
        for published in ports.filter(|pair| pair.target_of(*port).is_some()) {
            finding = finding.also(&published.at, Part::Value, "published here");
        }
        findings.add_for(
            trouble,
            finding.fix(Fix::manual(
                "call the port of the MCP server",
                lines(foreign),
            )),
        );
    }
}
