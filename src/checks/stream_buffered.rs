//! stream-buffered: a proxy holds the events of a stream back.

use crate::change::Fix;
use crate::check::wire::time;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, proxy};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "stream-buffered",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stream-buffered.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::StreamBuffered { proxy, waited_ms } = &trouble.kind else {
            continue;
        };
        let severity = match trouble.breaks {
            true => Severity::Error,
            false => Severity::Warning,
        };
        findings.add_as(severity, finding(probed, trouble, proxy.as_deref(), *waited_ms));
    }
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    named: Option<&str>,
    waited_ms: u64,
) -> Finding {
    let title = proxy::title(named);
    let waited = time(waited_ms);
    let message = probed.but(format!(
        "no event of its stream came through in {waited}, although the server answers other requests: {title} in front \
         of it holds the events back; switch buffering off for this path"
    ));
    let finding = probed
        .finding(trouble, message)
        .says(format!("no event in {waited}"));
    let header = "X-Accel-Buffering: no";
    let lines = match proxy::of(named) {
        Some(known) => format!("{}\n", known.unbuffered),
        None => format!("# in the proxy: no buffering, no compression of text/event-stream\n# or in the server's answer\n{header}\n"),
    };
    finding.fix(Fix::manual(format!("let {title} pass events on as they come"), lines))
}
