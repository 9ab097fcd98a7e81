//! call-failed: a tool that was to be called fails, and on which side.

use crate::check::{Case, Check, Finding, Findings, Leg, Need, Severity, Source};
use crate::fact::{ListEnd, Probe};
use crate::source::Part;
use crate::wire::Called;

pub(super) static CHECK: Check = Check {
    id: "call-failed",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/call-failed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for leg in case.legs {
        let Some(Side { called, probe }) = Side::of(case, leg) else {
            continue;
        };
        let Some(failure) = called.failure() else {
            continue;
        };
        let message = match leg.through {
            None => Some(straight(case, leg, &called, probe, &failure)),
            Some(_) => through(case, leg, probe, &failure),
        };
        let Some(message) = message else { continue };
        let hop = case.chain.hop(leg.hop);
        let mut finding = Finding::at(&hop.at, Part::Key, message).subject(leg.call.name());
        finding.endpoint = Some(probe.asked.name());
        if leg.through.is_none() {
            let others = case.legs.iter();
            let others = others.filter(|other| other.through.is_some() && other.is_same_call(leg));
            for other in others {
                if let Some(text) = beside(case, leg, other) {
                    finding = finding.evidence(Source::Wire, text);
                }
            }
        }
        findings.add(finding);
    }
}

/// A call that was made, and what came of it.
struct Side<'a> {
    called: Called,
    probe: &'a Probe,
}

impl<'a> Side<'a> {
    fn of(case: &Case<'a>, leg: &Leg) -> Option<Side<'a>> {
        Some(Side {
            called: leg.outcome(case.facts)?,
            probe: leg.probe(case.facts)?,
        })
    }
}

/// The server itself fails.
fn straight(
    case: &Case<'_>,
    leg: &Leg,
    called: &Called,
    probe: &Probe,
    failure: &str,
) -> String {
    let server = &leg.call.server;
    let hop = case.chain.hop(leg.hop);
    let place = match hop.is_upstream() {
        true => "called directly, as the gateway calls it",
        false => "called by its client's entry",
    };
    let step = match (missing(leg, probe), called) {
        (Some(names), _) => format!("it has no such tool; it has {names}"),
        (None, Called::Failed(_) | Called::ReadsAsError(_)) => {
            "the way to the server works, so see to what the tool says: its arguments, or what the server works with"
                .to_owned()
        }
        (None, Called::Refused { .. }) => {
            "see whether the arguments are those that it lists".to_owned()
        }
        (None, _) => "look at the server's log".to_owned(),
    };
    let tool = &leg.tool;
    format!("{server} answers, {place}, and its tool {tool} {failure}; {step}")
}

/// It fails on its way through the gateway; nothing where the server fails by itself.
fn through(case: &Case<'_>, leg: &Leg, probe: &Probe, failure: &str) -> Option<String> {
    let hop = case.chain.hop(leg.hop);
    let server = &leg.call.server;
    let straight = leg.straight(case.legs);
    let step = match straight.and_then(|leg| leg.outcome(case.facts)) {
        Some(called) if !called.succeeded() => return None,
        Some(_) => {
            format!("called directly, {server} answers it: look at the log of {}", hop.to)
        }
        None if case.is_seen_broken(leg.server()) => {
            format!("the gateway does not get to {server} itself: repair that first")
        }
        None => format!(
            "{server} was not called directly, so whether it fails by itself is not known: `mcpdoc probe --from CONTAINER \
             --call {} URL` with its address tells",
            leg.call.tool
        ),
    };
    let missing = match missing(leg, probe) {
        Some(_) => ", which does not list it",
        None => "",
    };
    Some(format!(
        "{} calls {} through {}{missing}, and it {failure}; {step}",
        hop.from, leg.tool, hop.to
    ))
}

/// How a call that fails by itself looks through the gateway.
fn beside(case: &Case<'_>, straight: &Leg, leg: &Leg) -> Option<String> {
    let called = leg.outcome(case.facts)?;
    let from = &case.chain.hop(leg.hop).from;
    let same = leg.is_same_answer(straight, case.facts) == Some(true);
    Some(match (called.failure(), same) {
        (None, true) => format!("{from}, through the gateway: the same text, as a success"),
        (None, false) => format!("{from}, through the gateway: an answer"),
        (Some(failure), _) => format!("{from}, through the gateway: it {failure}"),
    })
}

/// Tools that are named.
const NAMED: usize = 8;

/// What there is where the tool is certainly not listed.
fn missing(leg: &Leg, probe: &Probe) -> Option<String> {
    let list = probe.tools.as_ref()?;
    let whole = list.end == ListEnd::Complete && !list.tools.is_empty();
    if !whole || list.tools.iter().any(|tool| tool.name == leg.tool) {
        return None;
    }
    let names = list.tools.iter().take(NAMED).map(|tool| tool.name.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    Some(match list.count.saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    })
}
