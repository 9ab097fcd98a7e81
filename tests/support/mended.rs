//! What has to be true of every stack that was repaired.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::HashMap;
use std::path::Path;

use mcpdoc::Examination;
use mcpdoc::change::Safety;
use mcpdoc::check::{Need, Severity};
use mcpdoc::checks;
use mcpdoc::fix::{Choice, Overlay, Session, Why, session};
use mcpdoc::load::Files;
use mcpdoc::source::State;

/// Repairs everything that may be repaired.
pub fn repaired(
    files: &dyn Files,
    cwd: &Path,
    safety: Safety,
    examine: &mut dyn FnMut(&dyn Files) -> Examination,
) -> Session {
    let choice = Choice {
        cwd: cwd.to_owned(),
        safety,
        only: Vec::new(),
        ask: None,
    };
    session(files, choice, examine)
}

/// Repairs, and says what is wrong with the result: a file that does not parse, a finding that is there though it was
/// repaired or was not there before, edits that a second run makes.
pub fn trouble(
    files: &dyn Files,
    cwd: &Path,
    safety: Safety,
    examine: &mut dyn FnMut(&dyn Files) -> Examination,
) -> (Session, Vec<String>) {
    let done = repaired(files, cwd, safety, examine);
    let mut trouble = Vec::new();
    for changed in &done.changed {
        let parsed = |examination: &Examination| {
            let mut sources = examination.stack.sources.iter();
            sources.all(|source| {
                source.name() != changed.name || matches!(source.state(), State::Parsed)
            })
        };
        if !parsed(&done.after) && (changed.was.is_none() || parsed(&done.before)) {
            trouble.push(format!("{} does not parse any more", changed.name));
        }
        if done.repaired.is_empty() {
            trouble.push(format!("{} changes for nothing", changed.name));
        }
    }
    let (before, after) = (counted(&done.before), counted(&done.after));
    for (key, (times, severity)) in &after {
        let had = before.get(key);
        if had.is_none_or(|(had, worst)| times > had || severity > worst) {
            trouble.push(format!("new: {key:?}"));
        }
    }
    for one in &done.repaired {
        let there = |examination: &Examination| {
            let findings = examination.diagnosis.findings.iter();
            findings
                .filter(|judged| {
                    judged.finding.check == one.check && judged.finding.message == one.message
                })
                .count()
        };
        // What was uncovered on the way was never there.
        let uncovered = there(&done.before) == 0;
        let gone = there(&done.after) < there(&done.before) || uncovered;
        if !gone && !one.awaits {
            trouble.push(format!("still there: {} {}", one.check, one.message));
        }
    }
    let mut edited = Overlay::over(files);
    for changed in &done.changed {
        edited.put(&changed.path, changed.becomes.clone());
    }
    let again = repaired(&edited, cwd, safety, examine);
    for changed in &again.changed {
        let repairs = again.repaired.iter();
        let titles: Vec<String> = repairs
            .map(|one| format!("{}: {}", one.check, one.fix.title))
            .collect();
        trouble.push(format!("a second run changes {}: {titles:?}", changed.name));
    }
    (done, trouble)
}

/// Findings that files alone can show, by what tells them apart.
fn counted(
    examination: &Examination,
) -> HashMap<(&'static str, String, String), (usize, Severity)> {
    let mut counted = HashMap::new();
    for judged in &examination.diagnosis.findings {
        let finding = &judged.finding;
        let check = checks::by_id(finding.check).expect("a check");
        let told = check.id == "client-disagrees";
        if told || check.needs.iter().any(|need| *need != Need::Files) || finding.endpoint.is_some()
        {
            continue;
        }
        let source = finding.labels[0].at.source();
        let file = source.map_or("", |source| examination.stack.name(source));
        let key = (finding.check, file.to_owned(), finding.subject.clone());
        let entry = counted.entry(key).or_insert((0, finding.severity));
        entry.0 += 1;
        entry.1 = finding.severity.max(entry.1);
    }
    counted
}

/// Why repairs were refused, each with the check whose finding stays.
pub fn refusals(session: &Session) -> Vec<(&'static str, String)> {
    let left = session.left.iter();
    left.filter_map(|left| match &left.why {
        Why::Refused(reason) => {
            let judged = &session.after.diagnosis.findings[left.finding];
            Some((judged.finding.check, reason.clone()))
        }
        _ => None,
    })
    .collect()
}
