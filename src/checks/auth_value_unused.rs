//! auth-value-unused: a value for authentication that LiteLLM never sends.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Unused, Why};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "auth-value-unused",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/auth-value-unused.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AuthValueUnused {
            key,
            because,
            meant,
        } = &ruling.why
        else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let program = case.program_of(gateway, ruling);
        let (message, severity, fix) = match because {
            Unused::NoType => (
                format!(
                    "`{key}` of {name} is never sent, because {name} has no `auth_type`: {program} calls it without \
                     credentials; write `auth_type: {meant}`, or the type that the server wants"
                ),
                Severity::Error,
                Fix::new(Safety::Unsafe, format!("write `auth_type: {meant}`")).change(
                    server.at.clone(),
                    Op::Insert("auth_type".to_owned(), meant.as_str().into()),
                ),
            ),
            Unused::TypeNone => (
                format!(
                    "`{key}` of {name} is never sent, because its `auth_type` is `none`: write `auth_type: {meant}`, or \
                     remove `{key}`"
                ),
                Severity::Warning,
                Fix::new(Safety::Unsafe, format!("write `auth_type: {meant}`")).change(
                    server.at.key("auth_type"),
                    Op::Set(meant.as_str().into()),
                ),
            ),
            Unused::Stdio => (
                format!(
                    "`{key}` of {name} is never used, because {name} is a stdio server and gets no headers: hand the value \
                     over in `env`, under the name that the server reads"
                ),
                Severity::Warning,
                Fix::manual(
                    format!("hand the value over in the environment of {name}"),
                    format!("{name}:\n  env:\n    NAME: os.environ/NAME"),
                ),
            ),
        };
        let finding = Finding::at(&ruling.at, Part::Key, message)
            .says("never sent")
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        findings.add_in(severity, &ruling.versions, finding);
    }
}
