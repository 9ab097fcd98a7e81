//! ignore-without-reason: a comment that says that something does not count, and not why.

use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};

pub(super) static CHECK: Check = Check {
    id: "ignore-without-reason",
    severity: Severity::Note,
    needs: &[Need::Findings],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/ignore-without-reason.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (comment, _) in &case.heard.comments {
        if comment.checks.is_empty() || comment.reason.is_some() {
            continue;
        }
        let ids: Vec<&str> = comment
            .checks
            .iter()
            .map(|named| named.id.as_str())
            .collect();
        let ids = ids.join(", ");
        let message = format!("{ids} is ignored without a reason: write behind the bracket why");
        let place = Place::Text(comment.source, comment.span.clone());
        findings.add(Finding::in_place(place, message).says("why?").subject(ids));
    }
}
