//! call-differs: a tool answers otherwise through the gateway than its server does by itself.

use crate::check::{Case, Check, Finding, Findings, Leg, Need, Severity};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "call-differs",
    severity: Severity::Note,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/call-differs.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let facts = case.facts;
    let succeeded = |leg: &Leg| leg.outcome(facts).is_some_and(|called| called.succeeded());
    for leg in case.legs.iter().filter(|leg| leg.through.is_some()) {
        let Some(straight) = leg.straight(case.legs) else {
            continue;
        };
        let (Some(came), Some(meant)) = (leg.content(facts), straight.content(facts)) else {
            continue;
        };
        if came.digest == meant.digest || !succeeded(leg) || !succeeded(straight) {
            continue;
        }
        let hop = case.chain.hop(leg.hop);
        let message = format!(
            "{} answers otherwise through {} ({}) than called directly ({}): data that changes by itself and lists without \
             an order differ so, else the gateway changes it; call a tool whose answer stays the same",
            leg.call.name(),
            hop.to,
            came.size(),
            meant.size()
        );
        let mut finding = Finding::at(&hop.at, Part::Key, message).subject(leg.call.name());
        finding.endpoint = leg.probe(facts).map(|probe| probe.asked.name());
        findings.add(finding);
    }
}
