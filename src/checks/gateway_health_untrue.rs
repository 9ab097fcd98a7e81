//! gateway-health-untrue: the gateway's own health check says otherwise than what was seen.

use crate::chain::Hop;
use crate::check::through::Through;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed};

pub(super) static CHECK: Check = Check {
    id: "gateway-health-untrue",
    severity: Severity::Note,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-health-untrue.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (number, gateway) in case.chain.gateways.iter().enumerate() {
        if gateway.outcome.servers.is_empty() {
            continue;
        }
        for healthy in [true, false] {
            let wrong = wrong(case, number, healthy);
            if !wrong.is_empty() {
                findings.add(finding(case, number, healthy, &wrong));
            }
        }
    }
}

/// Servers that a gateway calls healthy, or does not, and that were seen to be otherwise.
fn wrong<'a>(case: &'a Case<'_>, gateway: usize, healthy: bool) -> Vec<&'a Hop> {
    let upstreams = case.chain.upstreams().filter(|hop| hop.is_from(gateway));
    upstreams
        .filter(|hop| {
            let mut views = case.views(hop.id);
            let said = views.clone().filter_map(|view| view.health.as_ref());
            let mut said = said.map(|health| health.healthy);
            let says = said.next() == Some(healthy) && said.all(|other| other == healthy);
            let comes = views.any(Through::works);
            says && match healthy {
                true => !comes && case.is_seen_broken(hop.id),
                false => comes,
            }
        })
        .collect()
}

fn finding(case: &Case<'_>, gateway: usize, healthy: bool, wrong: &[&Hop]) -> Finding {
    let program = case.program(gateway);
    let names: Vec<&str> = wrong.iter().map(|hop| hop.entry()).collect();
    let names = listed(&names, 5);
    let path = &case.catalog.litellm().clients.tells.health;
    let message = match healthy {
        true => format!(
            "{path} of {program} calls {names} healthy, although calls to it fail: do not watch the chain by it, `mcpdoc \
             check` tells"
        ),
        false => format!(
            "{path} of {program} does not call {names} healthy, although its tools come through: do not watch the chain \
             by it"
        ),
    };
    let (first, part) = wrong[0].address_at();
    let says = if healthy { "called healthy" } else { "not called healthy" };
    let mut finding = Finding::at(first, part, message)
        .says(says)
        .subject(if healthy { "healthy" } else { "unhealthy" });
    for hop in &wrong[1..] {
        let (at, part) = hop.address_at();
        finding = finding.also(at, part, says);
    }
    let views = case.through.iter().filter(|one| wrong.iter().any(|hop| hop.id == one.upstream));
    for (view, health) in views.filter_map(|view| Some((view, view.health.as_ref()?))).take(3) {
        let name = case.chain.hop(view.upstream).entry();
        finding = finding.evidence(Source::Wire, format!("{name}: {health}"));
    }
    finding
}
