//! stdio-command-not-allowed: a stdio server whose program LiteLLM refuses to start.

use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::model::EnvLookup;
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "stdio-command-not-allowed",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-command-not-allowed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let allowed = &case.catalog.litellm().servers.stdio.allowed;
    super::stdio_disabled::skip_unknown(
        case,
        findings,
        &allowed.versions,
        &allowed.variable,
        |command| !allowed.has(command, ""),
    );
    for (gateway, ruling) in case.rulings() {
        let Why::CommandNotAllowed {
            program,
            allowed,
            variable,
            has,
        } = &ruling.why
        else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "{} does not start `{program}` for {name}: it starts {} and nothing else; add `{program}` to {variable} in \
             its environment, or start the server with one of these",
            case.program_of(gateway, ruling),
            allowed.join(", ")
        );
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says("not on the list")
            .subject(name)
            .hops(case.server_hop(gateway, ruling));
        let more = match has.is_empty() {
            true => program.clone(),
            false => format!("{has},{program}"),
        };
        finding = finding.fix(match case.chain.gateways[gateway].service() {
            Some(id) => {
                let service = case.stack.service(id);
                let mut fix = Fix::new(
                    Safety::Unsafe,
                    format!("add `{program}` to {variable} of {}", service.name.value),
                );
                fix.changes =
                    repair::set_variables(case.stack, service, &[(variable.clone(), more)]);
                fix.then(repair::compose(case.stack, id, "up -d"))
            }
            None => Fix::manual(
                format!("add `{program}` to {variable}"),
                format!("{variable}={more}"),
            ),
        });
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}

/// A variable of a gateway whose value is not known here.
pub(super) fn is_unknown(case: &Case<'_>, gateway: usize, variable: &str) -> bool {
    case.chain.gateways[gateway].env(case.stack, variable) == EnvLookup::Unknown
}
