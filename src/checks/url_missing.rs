//! url-missing: a server behind the gateway that is called over the network and has no address.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::model::Transport;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "url-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/url-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::UrlMissing { transport } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let (title, path) = match transport {
            Transport::Sse => (transport.title(), "/sse"),
            Transport::Http | Transport::Stdio => (transport.title(), "/mcp"),
        };
        let how = match server.transport_at {
            Some(_) => format!("is called over {title}"),
            None => format!("has no `transport` and is therefore called over {title}"),
        };
        let line = format!("url: http://HOST:PORT{path}");
        let misnamed = (ruling.at != server.at && ruling.part == Part::Key)
            .then(|| ruling.at.path.last_key())
            .flatten();
        let (step, fix) = match misnamed {
            Some(key) => (
                format!("`{key}` is not read, write `url`"),
                Fix::new(Safety::Safe, format!("rename `{key}` to `url`"))
                    .change(ruling.at.clone(), Op::Rename("url".to_owned())),
            ),
            None => {
                let fix = Fix::manual(format!("give {name} a `url`"), line.clone());
                (format!("write `{line}`"), fix)
            }
        };
        let message = format!(
            "{name} {how}, and has no `url`: {} starts without a word, and the server is never called; {step}",
            case.program_of(gateway, ruling)
        );
        let finding = Finding::at(&ruling.at, ruling.part, message)
            .says(if misnamed.is_some() {
                "never read"
            } else {
                "no `url`"
            })
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
