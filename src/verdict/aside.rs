//! What a project has decided, applied to what was found: findings that do not count are put aside, and the others are
//! as bad as the project says.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use super::{
    Diagnosis, FindingId, Ignored, IgnoredBy, Judged, Verdict, fingerprint, path_of, start,
};
use crate::check::{Finding, Label, Place, Severity};
use crate::checks;
use crate::model::Stack;
use crate::policy::{Comment, Heard, Known, Policy, Said, Spot, comments};
use crate::source::{Part, Shape};

impl Diagnosis {
    /// Puts aside what does not count, and says what was heard of that. Nothing follows from the silence of checks that
    /// are `left_out`, or were skipped.
    pub fn heed(
        &mut self,
        stack: &Stack,
        policy: &Policy,
        left_out: impl Iterator<Item = &'static str>,
    ) -> Heard {
        let skipped = self.skipped.iter().map(|skipped| skipped.check);
        let silent = left_out.chain(skipped).collect();
        let mut heard = Heard::new(policy, said_in(stack), silent);
        self.settle(stack, policy, &mut heard, names);
        heard
    }

    /// Adds what was found last, as the project would have it. `heard` has what the files say.
    pub fn add(&mut self, stack: &Stack, policy: &Policy, heard: &Heard, findings: Vec<Finding>) {
        if findings.is_empty() {
            return;
        }
        let numbers = self.findings.len() + self.ignored.len()..;
        let added = numbers.zip(findings).map(|(at, finding)| Judged {
            id: FindingId(at + 1),
            fingerprint: fingerprint(stack, &finding, finding.check),
            finding,
            caused_by: None,
        });
        let added: Vec<Judged> = added.collect();
        self.findings.extend(added);
        // What the files say of these is not what they say of others: nothing of it is remembered.
        let comments = heard.comments.iter().map(|(comment, _)| comment.clone());
        let mut heard = Heard::new(policy, comments.collect(), BTreeSet::new());
        self.settle(stack, policy, &mut heard, names);
    }

    /// Takes every finding that counts for known.
    pub fn accept(&mut self, known: &[Known]) {
        let known: HashSet<&str> = known.iter().map(|one| one.fingerprint.as_str()).collect();
        self.part(|judged| {
            let is_known = known.contains(judged.fingerprint.as_str());
            is_known.then_some((IgnoredBy::Baseline, None))
        });
    }

    /// Forgets the findings of a check: what it found has been seen to.
    pub fn forget(&mut self, check: &str) {
        self.findings.retain(|judged| judged.finding.check != check);
        self.part(|_| None);
    }

    /// What counts, as a baseline keeps it: findings that are at least so bad, without what is said of ignoring itself.
    pub fn known(&self, stack: &Stack, least: Severity) -> Vec<Known> {
        let kept = self.findings.iter().filter(|judged| {
            let last = checks::by_id(judged.finding.check).is_some_and(|check| check.speaks_last());
            judged.finding.severity >= least && !last
        });
        kept.map(|judged| known(stack, judged)).collect()
    }

    fn settle(
        &mut self,
        stack: &Stack,
        policy: &Policy,
        heard: &mut Heard,
        names: fn(&'static str) -> Vec<&'static str>,
    ) {
        for judged in &mut self.findings {
            if let Some(severity) = policy.severities.get(judged.finding.check) {
                judged.finding.severity = *severity;
            }
        }
        let says_nothing =
            policy.ignores.is_empty() && policy.baseline.is_none() && heard.comments.is_empty();
        if says_nothing && policy.severities.is_empty() {
            return;
        }
        self.part(|judged| {
            if says_nothing {
                return None;
            }
            let names = names(judged.finding.check);
            let spots = spots(stack, &judged.finding);
            let fingerprints: Vec<String> = names
                .iter()
                .map(|name| renamed(stack, judged, name))
                .collect();
            let said = heard.ask(policy, &names, &spots, &fingerprints)?;
            Some(match said {
                Said::Comment(at) => (IgnoredBy::Comment, heard.comments[at].0.reason.clone()),
                Said::Ignore(at) => {
                    let reason = policy.ignores[at].reason.clone();
                    (IgnoredBy::Settings, Some(reason))
                }
                Said::Known(_) => (IgnoredBy::Baseline, None),
            })
        });
    }

    /// Parts what does not count from what does, orders both, and numbers them anew.
    fn part(&mut self, mut aside: impl FnMut(&Judged) -> Option<(IgnoredBy, Option<String>)>) {
        let mut counted = Vec::new();
        let mut ignored = std::mem::take(&mut self.ignored);
        for judged in std::mem::take(&mut self.findings) {
            match aside(&judged) {
                Some((by, reason)) => ignored.push(Ignored { judged, by, reason }),
                None => counted.push(judged),
            }
        }
        // Stable: within one severity the order stays in which the chain breaks.
        counted.sort_by_key(|judged| Reverse(judged.finding.severity));
        ignored.sort_by_key(|one| (Reverse(one.judged.finding.severity), one.judged.id));
        let mut now: HashMap<FindingId, FindingId> = HashMap::new();
        let judged = ignored.iter_mut().map(|one| &mut one.judged);
        for (at, judged) in counted.iter_mut().chain(judged).enumerate() {
            now.insert(judged.id, FindingId(at + 1));
            judged.id = FindingId(at + 1);
        }
        let judged = ignored.iter_mut().map(|one| &mut one.judged);
        for judged in counted.iter_mut().chain(judged) {
            judged.caused_by = judged.caused_by.and_then(|id| now.get(&id).copied());
        }
        for verdict in &mut self.hops {
            match verdict {
                Verdict::Broken(id) => *id = now[id],
                Verdict::Blocked { by, .. } => *by = by.and_then(|id| now.get(&id).copied()),
                Verdict::Works | Verdict::Unknown(_) => {}
            }
        }
        for id in self.errors.iter_mut().flatten() {
            *id = now[id];
        }
        self.findings = counted;
        self.ignored = ignored;
    }
}

/// The id of a check and those that it had before.
fn names(check: &'static str) -> Vec<&'static str> {
    checks::by_id(check).map_or_else(Vec::new, |check| check.names())
}

/// Every comment for mcpdoc in the files of a run; a file that was read in several ways counts once.
fn said_in(stack: &Stack) -> Vec<Comment> {
    let mut all: Vec<Comment> = Vec::new();
    let mut seen: HashSet<(String, usize)> = HashSet::new();
    let files = stack.sources.iter();
    for source in files.filter(|source| source.container().is_none()) {
        for comment in comments(source) {
            if seen.insert((comment.name.clone(), comment.span.start)) {
                all.push(comment);
            }
        }
    }
    all
}

/// What a finding would be recognised by if its check had that name.
fn renamed(stack: &Stack, judged: &Judged, name: &str) -> String {
    if name == judged.finding.check {
        return judged.fingerprint.clone();
    }
    // The number of one of several findings that are alike stands behind.
    let times = judged
        .fingerprint
        .find('-')
        .map_or("", |at| &judged.fingerprint[at..]);
    format!("{}{times}", fingerprint(stack, &judged.finding, name))
}

fn known(stack: &Stack, judged: &Judged) -> Known {
    let place = &judged.finding.labels[0].at;
    Known {
        check: judged.finding.check.to_owned(),
        file: place
            .source()
            .map(|source| stack.known_as(source).into_owned()),
        path: path_of(place),
        message: crate::secret::redact(&judged.finding.message),
        fingerprint: judged.fingerprint.clone(),
        is_gone: false,
    }
}

/// The places of a finding that can be spoken of.
fn spots<'a>(stack: &'a Stack, finding: &Finding) -> Vec<Spot<'a>> {
    let labels = finding.labels.iter();
    labels.filter_map(|label| spot(stack, label)).collect()
}

fn spot<'a>(stack: &'a Stack, label: &Label) -> Option<Spot<'a>> {
    let source = label.at.source()?;
    Some(Spot {
        file: stack.known_as(source),
        shown: stack.name(source),
        path: path_of(&label.at),
        lines: lines(stack, label)?,
    })
}

/// The lines of a scalar, and the first one of everything else: what stands deeper in it has comments of its own.
fn lines(stack: &Stack, label: &Label) -> Option<RangeInclusive<u32>> {
    let source = stack.source(label.at.source()?);
    let begins = match &label.at {
        // A value may begin on the line after its key.
        Place::Node(pointer, Part::Value) => source.locate(&pointer.path, Part::Entry).start,
        at => start(stack, at),
    };
    let first = source.position(begins).line;
    let last = match &label.at {
        Place::Node(pointer, part) => {
            let node = source.node(&pointer.path);
            let is_scalar = node.is_some_and(|node| matches!(node.shape(), Shape::Scalar(_)));
            let end = source.locate(&pointer.path, *part).end;
            match is_scalar {
                true => source.position(end).line,
                false => first,
            }
        }
        _ => first,
    };
    Some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Baseline;

    fn diagnosis(stack: &Stack) -> Diagnosis {
        let finding = Finding {
            check: "port-mismatch",
            ..Finding::in_place(Place::Endpoint("http://db:8080/mcp".to_owned()), "m")
        };
        let mut diagnosis = Diagnosis {
            hops: Vec::new(),
            errors: Vec::new(),
            findings: Vec::new(),
            ignored: Vec::new(),
            skipped: Vec::new(),
        };
        let nothing = &Heard::default();
        diagnosis.add(stack, &Policy::default(), nothing, vec![finding]);
        diagnosis
    }

    #[test]
    fn a_finding_is_known_by_a_name_that_its_check_had_before() {
        let stack = Stack::default();
        let mut before = diagnosis(&stack);
        before.findings[0].fingerprint =
            fingerprint(&stack, &before.findings[0].finding, "wrong-port");
        let policy = Policy {
            baseline: Some(Baseline {
                known: before.known(&stack, Severity::Note),
                ..Baseline::default()
            }),
            ..Policy::default()
        };
        for (names, known) in [
            (
                (|check| vec![check, "wrong-port"]) as fn(&'static str) -> Vec<&'static str>,
                true,
            ),
            (|check| vec![check], false),
        ] {
            let mut now = diagnosis(&stack);
            let mut heard = Heard::new(&policy, Vec::new(), BTreeSet::new());
            now.settle(&stack, &policy, &mut heard, names);
            assert_eq!(
                (heard.known, now.ignored.len()),
                (vec![known], usize::from(known))
            );
        }
    }
}
