//! auth-type-invalid: a type of authentication that LiteLLM does not know, or not without another key.

use crate::change::{Fix, Op, Safety};
use crate::check::newer;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "auth-type-invalid",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/auth-type-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let auth = &case.catalog.litellm().servers.auth;
    for gateway in 0..case.chain.gateways.len() {
        newer::note(case, gateway, findings, &newer::auth_type);
    }
    for (gateway, ruling) in case.rulings() {
        if newer::auth_type(case, ruling).is_some() {
            continue;
        }
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let program = case.program_of(gateway, ruling);
        let (message, says, fix) = match &ruling.why {
            Why::AuthTypeInvalid { is, meant } => {
                let version = case.chain.gateways[gateway].version.version();
                let known: Vec<String> = auth
                    .types
                    .iter()
                    .filter(|(_, versions)| match version {
                        Some(version) => versions.contains(version),
                        None => versions.is_all(),
                    })
                    .map(|(word, _)| format!("`{word}`"))
                    .collect();
                let step = match (meant, auth.types.get(is)) {
                    (Some(meant), _) => format!("write `{meant}`"),
                    (None, Some(versions)) => format!("LiteLLM knows it {}", case.catalog.litellm().there(versions)),
                    (None, None) => format!("it knows {}", known.join(", ")),
                };
                let fix = meant.as_ref().map(|meant| {
                    Fix::new(Safety::Safe, format!("write `auth_type: {meant}`"))
                        .change(ruling.at.clone(), Op::Set(meant.as_str().into()))
                });
                (
                    format!(
                        "`{is}` is no `auth_type` of {program}, and stops the whole gateway at start, not {name} \
                         alone: {step}"
                    ),
                    "not known".to_owned(),
                    fix,
                )
            }
            Why::AuthIncomplete {
                auth_type,
                key,
                values,
            } => {
                let choice = values.join("` or `");
                let line = format!("{key}: {}", values.first().map_or("…", String::as_str));
                (
                    format!(
                        "`auth_type: {auth_type}` of {name} needs `{key}` beside it, and {program} does not start \
                         without: write `{choice}`"
                    ),
                    format!("needs `{key}`"),
                    Some(Fix::manual(format!("add `{key}`"), line)),
                )
            }
            _ => continue,
        };
        let mut finding = Finding::at(&ruling.at, Part::Value, message)
            .says(says)
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling));
        if let Some(fix) = fix {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}
