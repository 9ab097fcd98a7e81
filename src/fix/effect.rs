//! What repairs do to the findings of a stack: what is gone, what only what runs can be rid of, what is new.

use std::collections::HashMap;

use super::session::{Picked, Repaired};
use crate::Examination;
use crate::chain::Hop;
use crate::change::Fix;
use crate::check::{Finding, Need, Severity, Source as From};
use crate::checks;
use crate::model::{Kind, Stack};
use crate::source::SourceId;
use crate::verdict::{Judged, Verdict};

/// What tells a finding from others as files change under it: its check, its file, what it is about.
pub(super) type Key = (&'static str, String, String);

pub(super) fn key(stack: &Stack, finding: &Finding) -> Key {
    let place = finding.labels.first().and_then(|label| label.at.source());
    let file = place.map_or("", |source| stack.name(source));
    (finding.check, file.to_owned(), finding.subject.clone())
}

/// What some fixes did to the findings.
pub(super) struct Effect {
    pub repaired: Vec<Repaired>,
    pub awaited: Vec<Key>,
    /// Findings that nothing accounts for, by their numbers afterwards.
    pub new: Vec<usize>,
}

impl Effect {
    /// Holds findings before against those after; the reason if one of the picked ones is still there.
    pub fn of(
        now: &Examination,
        after: &Examination,
        picked: &Picked<'_>,
    ) -> Result<Effect, String> {
        let times = |examination: &Examination| {
            let mut times: HashMap<Key, (usize, Severity)> = HashMap::new();
            for judged in &examination.diagnosis.findings {
                let severity = judged.finding.severity;
                let entry = times.entry(key(&examination.stack, &judged.finding));
                let (times, worst) = entry.or_insert((0, severity));
                *times += 1;
                *worst = severity.max(*worst);
            }
            times
        };
        let (earlier, later) = (times(now), times(after));
        let runs = picked.iter().any(|(_, fix)| !fix.then.is_empty())
            || picked.iter().any(|(_, fix)| is_read_at_start(now, fix));
        let mut repaired = Vec::new();
        let mut awaited = Vec::new();
        for (judged, fix) in picked {
            let key = key(&now.stack, &judged.finding);
            let had = earlier.get(&key).map_or(0, |(times, _)| *times);
            let has = later.get(&key).map_or(0, |(times, _)| *times);
            let gone = has < had;
            let waits = runs && is_seen(&judged.finding);
            if !(gone || waits) {
                return Err("it would still be found".to_owned());
            }
            let awaits = !gone || (is_seen(&judged.finding) && !is_seen_gone(now, after, judged));
            if !gone {
                awaited.push(key);
            }
            repaired.push(made(judged, fix, awaits));
        }
        let mut counted: HashMap<Key, usize> = HashMap::new();
        let findings = after.diagnosis.findings.iter().enumerate();
        let new = findings
            .filter(|(_, judged)| {
                let finding = &judged.finding;
                let key = key(&after.stack, finding);
                let so_far = counted.entry(key.clone()).or_default();
                *so_far += 1;
                let accounted = earlier
                    .get(&key)
                    .is_some_and(|(times, worst)| *so_far <= *times && finding.severity <= *worst);
                !(accounted || finding.check == TOLD || runs && follows(finding))
            })
            .map(|(at, _)| at)
            .collect();
        Ok(Effect {
            repaired,
            awaited,
            new,
        })
    }
}

/// Whether a fix changes what a service reads when it starts.
fn is_read_at_start(now: &Examination, fix: &Fix) -> bool {
    let kinds = |source: SourceId| {
        let name = now.stack.name(source);
        let inputs = now.stack.inputs.iter();
        inputs.filter(move |input| now.stack.name(input.source) == name)
    };
    fix.changes.iter().any(|change| {
        kinds(change.at.source)
            .any(|input| matches!(input.kind, Kind::LiteLlm | Kind::Compose | Kind::Env))
    })
}

/// Whether a finding rests on what runs or answers.
fn is_seen(finding: &Finding) -> bool {
    let seen = |from: From| matches!(from, From::Docker | From::Wire | From::Client);
    finding.endpoint.is_some()
        || follows(finding)
        || finding.evidence.iter().any(|one| seen(one.from))
}

/// The check that holds what a client says against what is found: it has said it of the files as they were.
const TOLD: &str = "client-disagrees";

/// Whether a finding is one that only what runs or answers can make.
pub(super) fn follows(finding: &Finding) -> bool {
    let check = checks::by_id(finding.check);
    finding.check == TOLD
        || check.is_some_and(|check| check.needs.iter().any(|need| *need != Need::Files))
        || finding.endpoint.is_some()
}

/// Whether every call that the finding was about is seen to work afterwards.
fn is_seen_gone(now: &Examination, after: &Examination, judged: &Judged) -> bool {
    let hops = &judged.finding.hops;
    let works = |was: &Hop| {
        let mut hops = after.chain.hops.iter();
        let hop = hops.find(|hop| hop.from == was.from);
        hop.is_some_and(|hop| after.diagnosis.hops[hop.id.0] == Verdict::Works)
    };
    !hops.is_empty() && hops.iter().all(|hop| works(&now.chain.hops[hop.0]))
}

pub(super) fn made(judged: &Judged, fix: &Fix, awaits: bool) -> Repaired {
    Repaired {
        check: judged.finding.check,
        message: judged.finding.message.clone(),
        fix: fix.clone(),
        awaits,
    }
}

pub(super) fn brings(after: &Examination, new: usize) -> String {
    let finding = &after.diagnosis.findings[new].finding;
    format!("it would bring {}: {}", finding.check, finding.message)
}
