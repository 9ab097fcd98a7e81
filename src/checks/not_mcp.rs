//! not-mcp: something answers in HTTP that is no MCP server.

use crate::change::Fix;
use crate::check::foreign::{advice, words};
use crate::check::proxy;
use crate::check::{Case, Check, Findings, Need, Severity, symptom};
use crate::wire::{Foreign, Kind};

pub(super) static CHECK: Check = Check {
    id: "not-mcp",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/not-mcp.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::NotMcp {
            foreign,
            status,
            tried,
        } = &trouble.kind
        else {
            continue;
        };
        let (who, next) = (words(foreign), advice(foreign));
        let elsewhere = match tried {
            0 => String::new(),
            1 => ", and another usual path serves no MCP".to_owned(),
            tried => format!(", and none of {tried} other usual paths serves MCP"),
        };
        let answer = match foreign {
            Foreign::Nothing {
                server: Some(server),
            } => {
                format!("nothing is served at this path ({status}, {server})")
            }
            Foreign::Nothing { server: None } => {
                format!("nothing is served at this path ({status})")
            }
            _ => format!("the answer is {status} and {who}"),
        };
        let what = format!("{answer}{elsewhere}: {next}");
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says("no MCP server answers there");
        if let Some(symptom) = symptom::of(trouble, "") {
            finding = symptom.told(finding);
        }
        findings.add_for(trouble, finding.fix(mend(foreign, next)));
    }
}

fn mend(foreign: &Foreign, next: &str) -> Fix {
    let server = match foreign {
        Foreign::Page { server, .. } | Foreign::Nothing { server } => server.as_deref(),
        _ => None,
    };
    match proxy::of(server) {
        Some(proxy) => Fix::manual(
            format!(
                "let {} send the path to the MCP server, if one is behind it",
                proxy.title
            ),
            proxy.upstream,
        ),
        None => Fix::manual("call the MCP server", next),
    }
}
