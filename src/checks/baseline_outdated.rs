//! baseline-outdated: a finding that the baseline has and that is found no more.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Decides;
use crate::source::{Part, Path, Pointer};
use crate::verdict::outdated;

pub(super) static CHECK: Check = Check {
    id: "baseline-outdated",
    severity: Severity::Error,
    needs: &[Need::Findings],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/baseline-outdated.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let (Some(source), Some(baseline)) = (
        case.stack.decision(Decides::Baseline),
        &case.policy.baseline,
    ) else {
        return;
    };
    for number in outdated(case.stack, baseline, &case.heard) {
        let known = &baseline.known[number];
        let place = match &known.file {
            Some(file) => format!("in {file}"),
            None => format!("at {}", known.path),
        };
        let message = format!(
            "the baseline has {} {place}, which is found no more: take it out, so that it fails if it comes back",
            known.check
        );
        let at = Pointer {
            source,
            path: Path::keys(["findings"]).index(number),
        };
        let remove = "mcpdoc check --prune-baseline";
        let finding = Finding::at(&at, Part::Value, message)
            .says("found no more")
            .subject(known.fingerprint.as_str())
            .fix(Fix::run("remove what is found no more", remove));
        findings.add(finding);
    }
}
