//! Repairs a stack in memory: one unit of fixes after the other, each proved by another look at the edited files.
//!
//! A unit stays when the findings that it is for are gone and nothing new is found. What only a look at what runs can
//! show waits for the commands that have to be run first, and is said to.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::changed::{Changed, bytes, changed};
use super::effect::{Effect, Key, brings, follows, key, made};
use super::together::together;
use super::{Drafts, Edit, Overlay, Refused, apply, commands, live};
use crate::Examination;
use crate::change::{Change, Fix, Safety};
use crate::check::{Check, Finding};
use crate::load::{Files, join};
use crate::model::Stack;
use crate::secret;
use crate::source::{Source, SourceId};
use crate::verdict::Judged;

/// What may be repaired.
pub struct Choice<'a> {
    /// Where names of files start from.
    pub cwd: PathBuf,
    /// The least safe repair that is made.
    pub safety: Safety,
    /// Only findings of these checks, when there are any.
    pub only: Vec<&'static Check>,
    /// Asked before each unit; without it, all are made.
    pub ask: Option<&'a mut dyn FnMut(&Unit<'_>) -> Answer>,
}

/// What a person says of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Make it.
    Yes,
    /// Do not make it.
    No,
    /// Make it and all that follow.
    All,
    /// Make no more.
    Stop,
}

/// Repairs that are made together or not at all, proved, and not made yet.
pub struct Unit<'a> {
    /// What it repairs.
    pub repaired: &'a [Repaired],
    /// The stack without it.
    pub before: &'a Examination,
    /// The stack with it.
    pub after: &'a Examination,
    /// The files that it changes.
    pub changed: &'a [Changed],
}

/// A repair that was made.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The check whose finding it is for.
    pub check: &'static str,
    /// What was found, in words.
    pub message: String,
    /// What was done.
    pub fix: Fix,
    /// Whether only what runs can show that the finding is gone.
    pub awaits: bool,
}

/// A finding that stays, and why.
#[derive(Clone, Debug)]
pub struct Left {
    /// Its number in the examination afterwards, from 0.
    pub finding: usize,
    /// Why.
    pub why: Why,
}

/// Why a finding was not repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody knows a repair.
    NoRepair,
    /// A person has to do it.
    ByHand,
    /// The repair changes behaviour, and was not permitted.
    Unsafe,
    /// It was not chosen.
    NotChosen,
    /// The repair cannot be made; the reason.
    Refused(String),
    /// It is in state that only the client itself writes: what to run for that. Nothing where it is run for another finding
    /// about the same entry.
    Client(Vec<String>),
    /// It is in a file that nobody reads, and that is to go: what gives its content to a reader says it right.
    Moot,
    /// It is seen in what runs, which the files no longer describe.
    Awaits,
}

/// A stack, and the same stack repaired.
pub struct Session {
    /// As it was found.
    pub before: Examination,
    /// As it would be with the files changed, and everything else as it is.
    pub after: Examination,
    /// What was repaired, in order.
    pub repaired: Vec<Repaired>,
    /// What is left, in the order of the findings afterwards.
    pub left: Vec<Left>,
    /// The files that change, by path.
    pub changed: Vec<Changed>,
    /// What to run afterwards, in order.
    pub commands: Vec<String>,
}

/// Repairs what may be repaired. `examine` looks at the files that it is given, and at everything else as it was.
pub fn session(
    files: &dyn Files,
    mut choice: Choice<'_>,
    examine: &mut dyn FnMut(&dyn Files) -> Examination,
) -> Session {
    let overlay = Overlay::over(files);
    let before = examine(&overlay);
    let mut run = Run {
        files,
        overlay,
        now: None,
        repaired: Vec::new(),
        awaited: HashSet::new(),
        declined: Vec::new(),
        refused: HashMap::new(),
    };
    while run.round(&before, &mut choice, examine) {}
    let after = run.now.take().unwrap_or_else(|| examine(&run.overlay));
    let changed = run.changed(&before.stack, &choice.cwd);
    let commands = match changed.as_slice() {
        [] => Vec::new(),
        _ => commands::after(&before, &after, &run.repaired),
    };
    Session {
        left: run.left(&after, &choice),
        before,
        after,
        repaired: run.repaired,
        changed,
        commands,
    }
}

struct Run<'a> {
    files: &'a dyn Files,
    overlay: Overlay<'a>,
    /// The look at the overlay; none before the first change.
    now: Option<Examination>,
    repaired: Vec<Repaired>,
    /// Findings that are repaired, and that only what runs can be rid of.
    awaited: HashSet<Key>,
    /// Repairs that a person did not want; other findings may have the same.
    declined: Vec<Vec<Change>>,
    /// Findings whose repair could not be made since the last one that could, and why.
    refused: HashMap<Key, Why>,
}

/// Some findings with what is to be done about them.
pub(super) type Picked<'e> = Vec<(&'e Judged, &'e Fix)>;

/// A unit that was tried.
struct Tried<'a> {
    overlay: Overlay<'a>,
    after: Examination,
    repaired: Vec<Repaired>,
    awaited: Vec<Key>,
}

/// A unit may need to take care of what it uncovers; so many times.
const CONSEQUENCES: usize = 12;

impl<'a> Run<'a> {
    /// Makes some repairs; whether there may be more.
    fn round(
        &mut self,
        before: &Examination,
        choice: &mut Choice<'_>,
        examine: &mut dyn FnMut(&dyn Files) -> Examination,
    ) -> bool {
        let now = self.now.as_ref().unwrap_or(before);
        let open: Picked<'_> = now
            .diagnosis
            .findings
            .iter()
            .filter_map(|judged| Some((judged, self.chosen(now, &judged.finding, choice).ok()?)))
            .collect();
        // Behaviour is changed cause by cause: what follows from one may be gone with it. What keeps its meaning has
        // nothing to do with anything else, most often, and is made at once.
        let (safe, mut open): (Picked<'_>, Picked<'_>) = open
            .into_iter()
            .partition(|(_, fix)| fix.safety == Safety::Safe && choice.ask.is_none());
        let mut refused = Vec::new();
        let mut tried = None;
        if open.is_empty() {
            let batch = together(now, &choice.cwd, &self.overlay, &safe);
            if batch.len() > 1 {
                tried = self.attempt(now, &batch, choice, examine).ok();
            }
        }
        open.extend(safe);
        if tried.is_none() {
            for pick in open {
                match self.with_consequences(now, pick, choice, examine) {
                    Ok(unit) => {
                        tried = Some(unit);
                        break;
                    }
                    Err(reason) => {
                        let key = key(&now.stack, &pick.0.finding);
                        refused.push((key, Why::Refused(reason)));
                    }
                }
            }
        }
        let Some(tried) = tried else {
            self.refused.extend(refused);
            return false;
        };
        if let Some(ask) = &mut choice.ask {
            let changed = changed(&self.overlay, &tried.overlay, &now.stack, &choice.cwd);
            let unit = Unit {
                repaired: &tried.repaired,
                before: now,
                after: &tried.after,
                changed: &changed,
            };
            let answer = ask(&unit);
            match answer {
                Answer::Yes => {}
                Answer::All => choice.ask = None,
                Answer::No | Answer::Stop => {
                    let stopped = answer == Answer::Stop;
                    let unwanted = tried.repaired.first();
                    let unwanted = unwanted.map(|one| one.fix.changes.clone());
                    let keys = match stopped {
                        true => now
                            .diagnosis
                            .findings
                            .iter()
                            .map(|one| &one.finding)
                            .collect(),
                        false => declined(now, &tried.repaired),
                    };
                    let keys = keys
                        .into_iter()
                        .map(|one| (key(&now.stack, one), Why::NotChosen));
                    refused.extend(keys);
                    self.refused.extend(refused);
                    self.declined.extend(unwanted);
                    return !stopped;
                }
            }
        }
        // What could not be made may be possible now; what a person did not want stays so.
        self.refused.retain(|_, why| *why == Why::NotChosen);
        self.overlay = tried.overlay;
        self.now = Some(tried.after);
        self.repaired.extend(tried.repaired);
        self.awaited.extend(tried.awaited);
        true
    }

    /// What to do about a finding, or why nothing.
    fn chosen<'e>(
        &self,
        now: &'e Examination,
        finding: &'e Finding,
        choice: &Choice<'_>,
    ) -> Result<&'e Fix, Why> {
        let key = key(&now.stack, finding);
        if self.awaited.contains(&key) {
            return Err(Why::Awaits);
        }
        if let Some(why) = self.refused.get(&key) {
            return Err(why.clone());
        }
        let only = &choice.only;
        if !only.is_empty() && only.iter().all(|check| check.id != finding.check) {
            return Err(Why::NotChosen);
        }
        if finding.fixes.is_empty() {
            return Err(Why::NoRepair);
        }
        let mut fixes = finding
            .fixes
            .iter()
            .filter(|fix| fix.is_written())
            .peekable();
        if fixes.peek().is_none() {
            return Err(Why::ByHand);
        }
        if fixes
            .peek()
            .is_some_and(|fix| self.declined.contains(&fix.changes))
        {
            return Err(Why::NotChosen);
        }
        if is_moot(now, finding) {
            return Err(Why::Moot);
        }
        let of_client = |fix: &Fix| {
            let mut changes = fix.changes.iter();
            changes.any(|change| live::is_state(now, change.at.source))
        };
        if fixes.peek().is_some_and(|fix| of_client(fix)) {
            return Err(Why::Client(Vec::new()));
        }
        let allowed = fixes.find(|fix| fix.safety >= choice.safety && !of_client(fix));
        allowed.ok_or(Why::Unsafe)
    }

    /// The files after some fixes, and a look at them.
    fn edited(
        &self,
        overlay: &Overlay<'a>,
        now: &Examination,
        fixes: &[&Fix],
        cwd: &Path,
    ) -> Result<Overlay<'a>, String> {
        let mut drafts = Drafts::default();
        let source = |id: SourceId| now.stack.source(id);
        let mut next = overlay.clone();
        for fix in fixes {
            let refused = |why: Refused| secret::redact(&why.to_string());
            drafts.add(&source, &fix.changes).map_err(refused)?;
            for file in &fix.files {
                // Names of services are in it: none may lead out of the folder.
                if Path::new(&file.name)
                    .components()
                    .any(|part| part == Component::ParentDir)
                {
                    return Err(format!("{} leads out of its folder", file.name));
                }
                let path = join(cwd, &file.name);
                if next.is_file(&path) || next.is_dir(&path) {
                    return Err(format!("{} is there already", file.name));
                }
                next.put(&path, file.text.clone().into_bytes());
            }
        }
        let edits = drafts
            .finish()
            .map_err(|refused| secret::redact(&refused.to_string()))?;
        // One file may be read as several sources; positions are those of the file in each.
        let mut by_file: Vec<(&Source, Vec<Edit>)> = Vec::new();
        for edit in edits {
            let source = now.stack.source(edit.source);
            match by_file
                .iter_mut()
                .find(|(have, _)| have.name() == source.name())
            {
                Some((_, edits)) if edits.iter().any(|have| touch(have, &edit)) => {
                    return Err("two of its edits meet".to_owned());
                }
                Some((_, edits)) => edits.push(edit),
                None => by_file.push((source, vec![edit])),
            }
        }
        for (source, edits) in by_file {
            let text = apply(source.text(), &edits);
            next.put(&join(cwd, source.name()), bytes(source, &text));
        }
        Ok(next)
    }

    /// Fixes that have nothing to do with each other, all at once.
    fn attempt(
        &self,
        now: &Examination,
        picked: &Picked<'_>,
        choice: &Choice<'_>,
        examine: &mut dyn FnMut(&dyn Files) -> Examination,
    ) -> Result<Tried<'a>, String> {
        let fixes: Vec<&Fix> = picked.iter().map(|(_, fix)| *fix).collect();
        let overlay = self.edited(&self.overlay, now, &fixes, &choice.cwd)?;
        let after = examine(&overlay);
        let effect = Effect::of(now, &after, picked)?;
        if let Some(new) = effect.new.first() {
            return Err(brings(&after, *new));
        }
        Ok(Tried {
            overlay,
            repaired: effect.repaired,
            awaited: effect.awaited,
            after,
        })
    }

    /// One fix, and those of what it uncovers: a server that speaks HTTP may be open to everybody.
    fn with_consequences(
        &self,
        now: &Examination,
        pick: (&Judged, &Fix),
        choice: &Choice<'_>,
        examine: &mut dyn FnMut(&dyn Files) -> Examination,
    ) -> Result<Tried<'a>, String> {
        let first = self.edited(&self.overlay, now, &[pick.1], &choice.cwd)?;
        let mut overlay = first;
        let mut after = examine(&overlay);
        let mut repaired: Vec<Repaired> = Vec::new();
        let mut known: Vec<Key> = Vec::new();
        for _ in 0..CONSEQUENCES {
            let effect = Effect::of(now, &after, &vec![pick])?;
            let Some(new) = effect.new.first() else {
                let mut all = effect.repaired;
                all.extend(repaired);
                return Ok(Tried {
                    overlay,
                    repaired: all,
                    awaited: effect.awaited,
                    after,
                });
            };
            let finding = &after.diagnosis.findings[*new].finding;
            let uncovered = key(&after.stack, finding);
            let fix = match self.chosen(&after, finding, choice) {
                Ok(fix) if !known.contains(&uncovered) => fix,
                _ => return Err(brings(&after, *new)),
            };
            let next = self
                .edited(&overlay, &after, &[fix], &choice.cwd)
                .map_err(|reason| format!("{} ({reason})", brings(&after, *new)))?;
            repaired.push(made(&after.diagnosis.findings[*new], fix, false));
            known.push(uncovered);
            overlay = next;
            after = examine(&overlay);
        }
        Err("what follows from it has no end".to_owned())
    }

    /// The files that differ from those that were read.
    fn changed(&self, stack: &Stack, cwd: &Path) -> Vec<Changed> {
        changed(&Overlay::over(self.files), &self.overlay, stack, cwd)
    }

    /// What is left of the findings.
    fn left(&self, after: &Examination, choice: &Choice<'_>) -> Vec<Left> {
        let findings = after.diagnosis.findings.iter().enumerate();
        let mut left: Vec<Left> = findings
            .filter_map(|(at, judged)| {
                let why = self.chosen(after, &judged.finding, choice).err();
                // What comes of the files and of what runs, and is new, waits as well.
                let awaits = !self.repaired.is_empty() && follows(&judged.finding);
                Some(Left {
                    finding: at,
                    why: match why? {
                        Why::NoRepair | Why::ByHand if awaits => Why::Awaits,
                        why => why,
                    },
                })
            })
            .collect();
        live::tell(after, &mut left);
        left
    }
}

/// The check that finds files which nobody reads.
const NOT_READ: &str = "client-file-not-read";

/// Whether a finding is in a file that nobody reads.
fn is_moot(now: &Examination, finding: &Finding) -> bool {
    let file = |finding: &Finding| finding.labels.first().and_then(|label| label.at.source());
    let of = file(finding);
    let mut findings = now.diagnosis.findings.iter();
    finding.check != NOT_READ
        && of.is_some()
        && findings.any(|judged| judged.finding.check == NOT_READ && file(&judged.finding) == of)
}

/// Findings of `now` that are what was repaired.
fn declined<'e>(now: &'e Examination, repaired: &[Repaired]) -> Vec<&'e Finding> {
    let first = repaired.first();
    let findings = now.diagnosis.findings.iter().map(|judged| &judged.finding);
    findings
        .filter(|finding| {
            first.is_some_and(|one| one.check == finding.check && one.message == finding.message)
        })
        .collect()
}

fn touch(one: &Edit, other: &Edit) -> bool {
    one.range.start <= other.range.end && other.range.start <= one.range.end
}
