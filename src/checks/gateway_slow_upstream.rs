//! gateway-slow-upstream: one server behind a gateway delays every client of it.

use crate::catalog::Stage;
use crate::chain::{Caller, Hop};
use crate::change::Fix;
use crate::check::through::Comes;
use crate::check::wire::time;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed};
use crate::fact::{Probe, Purpose};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "gateway-slow-upstream",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-slow-upstream.md"),
    run,
};

/// Lists that come sooner keep nobody waiting: Claude Code waits 5 s for them.
const SLOW_MS: u64 = 3_000;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for upstream in case.chain.upstreams() {
        let Some(waited) = own_wait(case, upstream) else {
            continue;
        };
        // Only who asks for this server is kept waiting by it.
        let kept = case.views(upstream.id).filter(|view| view.comes != Comes::Unasked);
        let slow: Vec<(&Hop, u64)> = kept
            .filter_map(|view| {
                let probed = case.probed.iter().find(|one| one.number == view.probe)?;
                let list = list_time(probed.probe).filter(|list| *list >= SLOW_MS)?;
                Some((case.chain.hop(view.client?), list))
            })
            .collect();
        if !slow.is_empty() {
            findings.add(finding(case, upstream, waited, &slow));
        }
    }
}

/// How long a server itself keeps its caller waiting, where that is long.
fn own_wait(case: &Case<'_>, upstream: &Hop) -> Option<u64> {
    let probed = case.conversation(upstream.id)?;
    let waited = probed.reading.troubles.iter().find_map(|trouble| match &trouble.kind {
        Kind::NoAnswer { waited_ms, .. } => Some(*waited_ms),
        Kind::SlowAnswer { took_ms, .. } => Some(*took_ms),
        _ => None,
    });
    waited.or_else(|| list_time(probed.probe).filter(|list| *list >= SLOW_MS))
}

/// How long the list of tools took, answered or not.
fn list_time(probe: &Probe) -> Option<u64> {
    let lists = probe
        .exchanges
        .iter()
        .filter(|exchange| matches!(exchange.purpose, Purpose::ListTools(_)));
    let times: Vec<u64> = lists.map(|exchange| exchange.clock.total_us / 1000).collect();
    (!times.is_empty()).then(|| times.iter().sum())
}

fn finding(case: &Case<'_>, upstream: &Hop, waited: u64, slow: &[(&Hop, u64)]) -> Finding {
    let name = upstream.entry();
    let gateway = match upstream.caller {
        Caller::Gateway { gateway, .. } => case.program(gateway),
        Caller::Client { .. } => "the gateway".to_owned(),
    };
    let clients: Vec<&str> = slow.iter().map(|(hop, _)| hop.entry()).collect();
    let longest = slow.iter().map(|(_, list)| *list).max().unwrap_or_default();
    let message = format!(
        "{name} keeps {gateway} waiting for {}, and {gateway} every client that lists its tools ({}: {}): repair {name}, or \
         take it out of the configuration until it answers",
        time(waited),
        listed(&clients, 3),
        time(longest)
    );
    let (at, part) = upstream.address_at();
    let mut finding = Finding::at(at, part, message)
        .says("keeps every client waiting")
        .subject(name)
        .hop(upstream.id)
        .hops(slow.iter().map(|(hop, _)| hop.id))
        .fix(Fix::manual(
            format!("have clients ask for other servers only, until {name} answers"),
            format!("{}: NAMES WITHOUT {name}\n", case.catalog.litellm().clients.servers_header),
        ));
    for wait in &case.catalog.litellm().waits {
        if wait.stage == Stage::Tools {
            finding = finding.evidence(
                Source::Catalog,
                format!("{gateway} waits {} for a server, then {}", time(wait.ms), wait.then),
            );
        }
    }
    finding
}
