//! stdio-published-port: a port is published, and the server behind it speaks stdio only.

use crate::repair::{self, ways};
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own, listed};
use crate::model::Port;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "stdio-published-port",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["port-not-listening", "published-unauthenticated"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-published-port.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        let Some(why) = mcp.only_stdio() else {
            continue;
        };
        let listens = |port: &Port| {
            let also = &mcp.server.also_listens;
            also.iter()
                .any(|also| (port.target.0..=port.target.1).contains(also))
        };
        let dead: Vec<&Port> = mcp
            .service
            .ports
            .iter()
            .filter(|port| port.protocol == "tcp" && !listens(port))
            .collect();
        if dead.is_empty() {
            continue;
        }
        let hops = hops.get(&mcp.id).map(Vec::as_slice).unwrap_or_default();
        let finding = finding(&mcp, why, &dead);
        // Who calls it over the network does not want it on stdio.
        let finding = match ways::of_callers(case, hops) {
            Some(ways) => ways.mend(finding),
            None => without_ports(case, &mcp, &dead, finding),
        };
        findings.add(finding.hops(hops.iter().copied()));
    }
}

fn finding(mcp: &McpService<'_>, why: &str, dead: &[&Port]) -> Finding {
    let name = mcp.name();
    let ports: Vec<String> = dead
        .iter()
        .map(|port| range(port.published().unwrap_or(port.target)))
        .collect();
    let (plural, them) = match ports.len() {
        1 => ("", "it"),
        _ => ("s", "them"),
    };
    let message = format!(
        "{name} publishes port{plural} {}, but its server speaks only stdio: nothing will listen on {them}; remove the port{plural} or use a network transport",
        listed(&ports, 3),
    );
    let said = |port: &Port| format!("nothing listens on container port {}", range(port.target));
    let mut finding = Finding::at(&dead[0].at, Part::Value, message)
        .says(said(dead[0]))
        .subject(name)
        .evidence(Source::Catalog, format!("{why} stdio"));
    for port in &dead[1..] {
        finding = finding.also(&port.at, Part::Value, said(port));
    }
    let place = mcp.service.command.as_ref().map(|command| &command.at);
    if let Some(place) = place.or(mcp.service.image.as_ref().map(|image| &image.at)) {
        finding = finding.also(place, Part::Value, "speaks only stdio");
    }
    finding
}

/// Removes the ports on which nothing listens.
fn without_ports(case: &Case<'_>, mcp: &McpService<'_>, dead: &[&Port], mut finding: Finding) -> Finding {
    if dead.iter().all(|port| is_own(mcp.service, &port.at)) {
        let plural = if dead.len() == 1 { "" } else { "s" };
        let title = format!("remove the published port{plural} of {}", mcp.name());
        let fix =
            Fix::new(Safety::Unsafe, title).then(repair::compose(case.stack, mcp.id, "up -d"));
        let section = dead[0].at.parent();
        let node = case.stack.source(section.source).node(&section.path);
        let all = dead.iter().all(|port| port.at.parent() == section)
            && node.is_some_and(|node| node.items().len() == dead.len());
        finding = finding.fix(if all {
            fix.change(section, Op::Remove)
        } else {
            dead.iter()
                .fold(fix, |fix, port| fix.change(port.at.clone(), Op::Remove))
        });
    }
    finding
}

fn range((from, to): (u16, u16)) -> String {
    if from == to {
        from.to_string()
    } else {
        format!("{from}-{to}")
    }
}
