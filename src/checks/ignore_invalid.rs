//! ignore-invalid: a comment for mcpdoc that says nothing to it.

use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::checks;

pub(super) static CHECK: Check = Check {
    id: "ignore-invalid",
    severity: Severity::Warning,
    needs: &[Need::Findings],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/ignore-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (comment, _) in &case.heard.comments {
        if comment.checks.is_empty() {
            let message = "a comment for mcpdoc that cannot be read: `mcpdoc: ignore[CHECK] reason` says that the findings \
                           of a check do not count on its line";
            let place = Place::Text(comment.source, comment.span.clone());
            findings.add(Finding::in_place(place, message).says("not read"));
        }
        for named in &comment.checks {
            if checks::by_id(&named.id).is_none() {
                let place = Place::Text(comment.source, named.span.clone());
                let finding = Finding::in_place(place, checks::unknown(&named.id))
                    .says("no check")
                    .subject(named.id.as_str());
                findings.add(finding);
            }
        }
    }
}
