//! ignore-expired: an entry of mcpdoc.toml whose day is over.

use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Decides;
use crate::verdict::all_parsed;
use crate::source::{Part, Path, Pointer};

pub(super) static CHECK: Check = Check {
    id: "ignore-expired",
    severity: Severity::Warning,
    needs: &[Need::Findings],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/ignore-expired.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let Some(source) = case.stack.decision(Decides::Settings) else {
        return;
    };
    let today = case.policy.today.as_deref();
    let ignores = case.policy.ignores.iter().zip(&case.heard.ignores);
    for (number, (ignore, needed)) in ignores.enumerate() {
        let Some(until) = ignore
            .until
            .as_deref()
            .filter(|_| ignore.has_expired(today))
        else {
            continue;
        };
        let check = ignore.check;
        let is_sure = case.policy.is_whole && !case.heard.silent.contains(check) && all_parsed(case.stack);
        let effect = match *needed || !is_sure {
            true => "counts again: repair it, or say until when it may stay",
            false => "is not found here: remove the entry",
        };
        let message = format!("{check} was ignored until {until}, and {effect}");
        let at = Pointer {
            source,
            path: Path::keys(["ignore"]).index(number).key("until"),
        };
        let finding = Finding::at(&at, Part::Value, message)
            .says("over")
            .subject(check);
        findings.add(finding);
    }
}
