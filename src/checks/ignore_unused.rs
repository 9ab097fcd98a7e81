//! ignore-unused: something is said not to count, and is not found.

use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::checks;
use crate::model::Decides;
use crate::policy::Named;
use crate::verdict::all_parsed;
use crate::source::{Part, Path, Pointer};

pub(super) static CHECK: Check = Check {
    id: "ignore-unused",
    severity: Severity::Note,
    needs: &[Need::Findings],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/ignore-unused.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let policy = case.policy;
    if policy.all_counts || !policy.is_whole || !all_parsed(case.stack) {
        return;
    }
    let silent = &case.heard.silent;
    let spoke =
        |named: &Named| checks::by_id(&named.id).is_some_and(|check| !silent.contains(check.id));
    for (comment, needed) in &case.heard.comments {
        let named = comment.checks.iter().zip(needed);
        let unused = named.filter(|(named, needed)| !**needed && spoke(named));
        let ids: Vec<&str> = unused.map(|(named, _)| named.id.as_str()).collect();
        if ids.is_empty() {
            continue;
        }
        let what = match ids.len() == needed.len() {
            true => "remove the comment",
            false => "take it out of the comment",
        };
        let ids = ids.join(", ");
        let message = format!(
            "{ids} is ignored on line {}, and is not found there: {what}",
            comment.line
        );
        let place = Place::Text(comment.source, comment.span.clone());
        let finding = Finding::in_place(place, message)
            .says("not needed")
            .subject(ids);
        findings.add(finding);
    }
    let Some(source) = case.stack.decision(Decides::Settings) else {
        return;
    };
    let today = policy.today.as_deref();
    let ignores = policy.ignores.iter().zip(&case.heard.ignores);
    for (number, (ignore, needed)) in ignores.enumerate() {
        if *needed || ignore.has_expired(today) || silent.contains(ignore.check) {
            continue;
        }
        let check = ignore.check;
        let message = format!("{check} is ignored, and is not found: remove the entry");
        let at = Pointer {
            source,
            path: Path::keys(["ignore"]).index(number).key("check"),
        };
        let finding = Finding::at(&at, Part::Value, message)
            .says("not needed")
            .subject(check);
        findings.add(finding);
    }
}
