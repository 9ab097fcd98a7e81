//! stdio-disabled: stdio servers behind a gateway that starts none.

use std::collections::BTreeMap;

use super::stdio_command_not_allowed::is_unknown;
use crate::catalog::VersionSet;
use crate::chain::Hop;
use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::gateway::{Ruling, Why};
use crate::model::{ServiceId, Transport};
use crate::repair::{self, ways};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "stdio-disabled",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-disabled.md"),
    run,
};

/// More servers than these are counted, not named.
const MOST: usize = 4;

fn run(case: &Case<'_>, findings: &mut Findings) {
    let disabled = &case.catalog.litellm().servers.stdio.disabled;
    skip_unknown(case, findings, &disabled.versions, &disabled.variable, |_| true);
    // One switch, one finding, however many servers wait for it.
    let mut of_gateway: BTreeMap<usize, Vec<&Ruling>> = BTreeMap::new();
    for (gateway, ruling) in case.rulings() {
        if matches!(ruling.why, Why::StdioDisabled { .. }) {
            of_gateway.entry(gateway).or_default().push(ruling);
        }
    }
    for (gateway, rulings) in of_gateway {
        let [first, rest @ ..] = rulings.as_slice() else {
            continue;
        };
        let Why::StdioDisabled {
            variable,
            value,
            in_file,
        } = &first.why
        else {
            continue;
        };
        let names: Vec<&str> = rulings
            .iter()
            .filter_map(|ruling| Some(case.upstream(gateway, ruling)?.name.value.as_str()))
            .collect();
        let not_there = match in_file {
            true => " (`environment_variables` of the file does not count)",
            false => "",
        };
        let message = format!(
            "{} starts no stdio server, {} included, unless {variable} is `{value}` in its environment{not_there}, and lists \
             no tools for them: set it, or run the servers in containers of their own",
            case.program_of(gateway, first),
            listed(&names, MOST)
        );
        let mut finding = Finding::at(&first.at, first.part, message)
            .says("not started")
            .subject(variable)
            .hops(rulings.iter().filter_map(|ruling| case.server_hop(gateway, ruling)));
        for other in rest {
            finding = finding.also(&other.at, other.part, "nor is this one");
        }
        let service = case.chain.gateways[gateway].service();
        let inside = match service {
            Some(id) => {
                let service = case.stack.service(id);
                let mut fix = Fix::new(
                    Safety::Unsafe,
                    format!("set {variable} in the environment of {}", service.name.value),
                );
                let variables = [(variable.clone(), value.clone())];
                fix.changes = repair::set_variables(case.stack, service, &variables);
                fix.then(repair::compose(case.stack, id, "up -d"))
            }
            None => Fix::manual(format!("set {variable}"), format!("{variable}={value}")),
        };
        // Who wrote a command wants that, unless they say otherwise; and what is meant for one server is not for others.
        let elsewhere = match rest {
            [] if case.chain.prefer.is_some() => first.server.and_then(|server| called(case, gateway, server)),
            _ => None,
        };
        finding = match elsewhere {
            Some((hop, id)) => ways::of_command(case, hop, Some(id), Ok(inside)).mend(finding),
            None => finding.fix(inside),
        };
        if let Some(id) = service {
            let at = &case.stack.service(id).name.at;
            finding = finding.also(at, Part::Key, format!("has no {variable}={value}"));
        }
        findings.add_in(Severity::Error, &first.versions, finding);
    }
}

/// The call of a gateway's server, and the service that runs the same one.
fn called<'a>(case: &'a Case<'_>, gateway: usize, number: usize) -> Option<(&'a Hop, ServiceId)> {
    let server = case.chain.gateways[gateway].outcome.servers.get(number)?;
    let command = server.command.as_ref()?.value.text()?;
    let args: Vec<String> = server.args.iter().map(|arg| arg.value.clone()).collect();
    let started = case.catalog.server_for_command(command, &args)?;
    let running = ways::running(case, &started.server.id)?;
    Some((case.chain.of_server(gateway, number)?, running))
}

/// Skips gateways of these versions that start programs (those that `concerned` picks) where it is not known whether a
/// variable is set.
pub(super) fn skip_unknown(
    case: &Case<'_>,
    findings: &mut Findings,
    versions: &VersionSet,
    variable: &str,
    concerned: impl Fn(&str) -> bool,
) {
    let assumed = &case.catalog.litellm().assumed;
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        let starts_one = view.outcome.servers.iter().any(|server| {
            let command = server.command.as_ref().and_then(|command| command.value.text());
            server.transport == Transport::Stdio && command.is_some_and(&concerned)
        });
        let concerns = !view.version.narrow(versions, assumed).is_empty();
        if starts_one && concerns && is_unknown(case, gateway, variable) {
            findings.skip(format!(
                "whether {variable} is set for {} is not known: {}",
                case.stack.name(case.stack.gateways[gateway].root.source),
                view.env_unknown(case.stack, variable)
            ));
        }
    }
}
