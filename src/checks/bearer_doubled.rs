//! bearer-doubled: a value that begins with the scheme that LiteLLM puts before it.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "bearer-doubled",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/bearer-doubled.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::SchemeDoubled {
            scheme,
            verbatim,
            type_at,
        } = &ruling.why
        else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "the value of {name} begins with `{scheme}`, and {} puts another `{scheme}` before it: the server gets \
             `Authorization: {scheme} {scheme} …` and refuses it; write `auth_type: {verbatim}`, or the value without \
             `{scheme}`",
            case.program_of(gateway, ruling)
        );
        // The value may be a secret: it stays as it is.
        let fix = Fix::new(
            Safety::Safe,
            format!("write `auth_type: {verbatim}`, which sends the value as it is"),
        )
        .change(type_at.clone(), Op::Set(verbatim.as_str().into()));
        let finding = Finding::at(&ruling.at, Part::Value, message)
            .says(format!("begins with `{scheme}`"))
            .also(type_at, Part::Value, format!("puts `{scheme}` before it"))
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}
