//! What the findings mean for each hop: works, broken, blocked or unknown; and what causes what.

mod aside;
mod outdated;
mod seen;

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::chain::{Caller, Chain, Destination, Hop, HopId};
use crate::check::{
    Cause, Check, Evidence, Finding, Place, Severity, Skipped, Source as EvidenceFrom,
};
use crate::checks;
use crate::model::Stack;
use crate::plan::Untried;
use crate::source::SourceId;
use crate::wire::Standing;
pub use outdated::{all_parsed, outdated};
pub use seen::{INFERRED, Seen};

/// What is known of a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Seen to work.
    Works,
    /// Cannot work, by this finding.
    Broken(FindingId),
    /// Not reached: an earlier part of the chain is broken.
    Blocked {
        /// The finding that breaks the earlier part.
        by: Option<FindingId>,
        /// What is broken, in words.
        reason: String,
    },
    /// Nothing is known against it, and nothing for it; why.
    Unknown(String),
}

/// The number of a finding in its diagnosis, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(pub usize);

/// A finding in its place.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its number.
    pub id: FindingId,
    /// What was found.
    pub finding: Finding,
    /// The finding that causes it.
    pub caused_by: Option<FindingId>,
    /// Stable across line moves: made of check, file, path and subject.
    pub fingerprint: String,
}

/// A finding that does not count, because somebody has said so.
#[derive(Clone, Debug)]
pub struct Ignored {
    /// The finding, in its place; its number goes on where those of the counted ones end.
    pub judged: Judged,
    /// Where that was said.
    pub by: IgnoredBy,
    /// Why, in that one's words.
    pub reason: Option<String>,
}

/// What says that a finding does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IgnoredBy {
    /// A comment where the finding stands.
    Comment,
    /// An entry of `mcpdoc.toml`.
    Settings,
    /// The baseline: it was there before.
    Baseline,
}

impl IgnoredBy {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            IgnoredBy::Comment => "comment",
            IgnoredBy::Settings => "settings",
            IgnoredBy::Baseline => "baseline",
        }
    }

    /// Who says it, for people.
    pub fn words(self) -> &'static str {
        match self {
            IgnoredBy::Comment => "a comment",
            IgnoredBy::Settings => "mcpdoc.toml",
            IgnoredBy::Baseline => "the baseline",
        }
    }
}

/// Everything a run has to say.
#[derive(Debug)]
pub struct Diagnosis {
    /// One for each hop of the chain.
    pub hops: Vec<Verdict>,
    /// For each hop the errors that break it, in order.
    pub errors: Vec<Vec<FindingId>>,
    /// Those that count, in the order in which they break the chain, then by severity.
    pub findings: Vec<Judged>,
    /// Those that do not, in the same order. What they break is broken all the same.
    pub ignored: Vec<Ignored>,
    /// What could not be said, and why.
    pub skipped: Vec<Skipped>,
}

impl Diagnosis {
    /// How many findings have that severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|judged| judged.finding.severity == severity)
            .count()
    }

    /// The worst severity, if there is a finding at all.
    pub fn worst(&self) -> Option<Severity> {
        self.findings
            .iter()
            .map(|judged| judged.finding.severity)
            .max()
    }

    /// Adds evidence to the first finding about a hop that is more than a note.
    pub fn support(&mut self, hop: HopId, evidence: Evidence) {
        let about = |judged: &&mut Judged| {
            let finding = &judged.finding;
            finding.severity > Severity::Note && finding.hops.contains(&hop)
        };
        // What that client said is all that `client-disagrees` has to say.
        let first = self.findings.iter_mut().find(about);
        if let Some(judged) = first.filter(|judged| judged.finding.check != "client-disagrees") {
            judged.finding.evidence.push(evidence);
        }
    }

    /// The finding with that number, whether it counts or not.
    pub fn finding(&self, id: FindingId) -> &Judged {
        let at = id.0 - 1;
        match at.checked_sub(self.findings.len()) {
            None => &self.findings[at],
            Some(beyond) => &self.ignored[beyond].judged,
        }
    }

    /// Whether the finding with that number does not count.
    pub fn is_ignored(&self, id: FindingId) -> bool {
        id.0 > self.findings.len()
    }
}

/// Which checks had a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// All of them.
    All,
    /// Those that were chosen: nothing follows from the silence of the others.
    Some,
}

/// Takes back what was seen to be otherwise, orders findings, folds what is covered into its cause, and judges each hop.
/// `seen` has one for each hop of the chain.
pub fn judge(
    stack: &Stack,
    chain: &Chain,
    seen: &[Seen<'_>],
    mut findings: Vec<Finding>,
    mut skipped: Vec<Skipped>,
    ran: Ran,
) -> Diagnosis {
    seen::refute(chain, seen, &mut findings, &mut skipped);
    let mut findings = fold_covered(stack, findings);
    let rank: HashMap<SourceId, usize> = stack
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| (input.source, at))
        .rev()
        .collect();
    findings.sort_by_cached_key(|finding| order(stack, &rank, finding));
    let findings = number(stack, findings);
    let mut errors: Vec<Vec<FindingId>> = vec![Vec::new(); chain.hops.len()];
    for judged in findings
        .iter()
        .filter(|judged| judged.finding.severity == Severity::Error)
    {
        for hop in &judged.finding.hops {
            if breaks(chain, seen, *hop, &judged.finding) {
                errors[hop.0].push(judged.id);
            }
        }
    }
    // What follows from another finding does not come before it.
    for errors in &mut errors {
        errors.sort_by_key(|id| findings[id.0 - 1].caused_by.is_some());
    }
    let mut warned = vec![false; chain.hops.len()];
    for judged in &findings {
        if judged.finding.severity == Severity::Warning {
            judged
                .finding
                .hops
                .iter()
                .for_each(|hop| warned[hop.0] = true);
        }
    }
    let gateways: Vec<Option<Block>> = (0..chain.gateways.len())
        .map(|gateway| blocks(stack, chain, seen, &findings, &errors, gateway))
        .collect();
    let hops = chain
        .hops
        .iter()
        .zip(errors.iter().zip(warned))
        .map(|(hop, (errors, warned))| {
            judge_hop(stack, &gateways, seen[hop.id.0], errors, warned, ran, hop)
        })
        .collect();
    skipped.sort_by(|a, b| (a.check, &a.reason).cmp(&(b.check, &b.reason)));
    Diagnosis {
        hops,
        errors,
        findings,
        ignored: Vec::new(),
        skipped,
    }
}

/// Whether an error breaks a hop. Of a call that was seen to work only what its caller's own file gets wrong does: mcpdoc
/// calls what the file means, the client what it makes of it.
fn breaks(chain: &Chain, seen: &[Seen<'_>], hop: HopId, finding: &Finding) -> bool {
    // Its caller itself was seen to make it.
    if matches!(seen[hop.0], Seen::Through(_)) {
        return false;
    }
    let own = chain.hop(hop).at.source;
    !seen[hop.0].works() || finding.labels[0].at.source() == Some(own)
}

/// A finding that another one covers, on the same hop or about the same thing, becomes its evidence.
fn fold_covered(stack: &Stack, mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut by_matter: HashMap<(&'static str, Matter), Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        for matter in matters(finding) {
            by_matter
                .entry((finding.check, matter))
                .or_default()
                .push(at);
        }
    }
    let mut covered_by: Vec<Option<usize>> = vec![None; findings.len()];
    for (at, finding) in findings.iter().enumerate() {
        let covers = checks::by_id(finding.check).map_or(&[][..], |check: &Check| check.covers);
        for check in covers {
            for matter in matters(finding) {
                for other in by_matter.get(&(*check, matter)).into_iter().flatten() {
                    if covered_by[*other].is_none() && holds(finding, &findings[*other]) {
                        covered_by[*other] = Some(at);
                    }
                }
            }
        }
    }
    // What covers may itself be covered: the evidence belongs to the root of the matter.
    for at in 0..findings.len() {
        let mut root = covered_by[at];
        for _ in 0..findings.len() {
            match root.and_then(|root| covered_by[root]) {
                Some(further) => root = Some(further),
                None => break,
            }
        }
        covered_by[at] = root;
    }
    for at in 0..findings.len() {
        let Some(by) = covered_by[at] else { continue };
        let covered = &findings[at];
        let place = place_name(stack, &covered.labels[0].at);
        let text = format!("{}: {} ({place})", covered.check, covered.message);
        findings[by].evidence.push(Evidence {
            from: EvidenceFrom::Finding,
            text,
        });
    }
    let mut covered = covered_by.iter();
    findings.retain(|_| covered.next().is_some_and(Option::is_none));
    findings
}

/// Whether nothing is lost when `covered` becomes evidence of `cause`: it breaks no other hop, and is no worse.
fn holds(cause: &Finding, covered: &Finding) -> bool {
    covered.severity <= cause.severity && covered.hops.iter().all(|hop| cause.hops.contains(hop))
}

/// What two findings must share for one to be the other's evidence.
#[derive(PartialEq, Eq, Hash)]
enum Matter {
    Hop(HopId),
    Subject(Option<SourceId>, String),
}

fn matters(finding: &Finding) -> impl Iterator<Item = Matter> {
    let subject = (!finding.subject.is_empty())
        .then(|| Matter::Subject(finding.labels[0].at.source(), finding.subject.clone()));
    finding
        .hops
        .iter()
        .map(|hop| Matter::Hop(*hop))
        .chain(subject)
}

/// Errors in the order of the hops that they break, then errors that break none, then the rest by severity; within
/// one step in the order of the files.
fn order(
    stack: &Stack,
    rank: &HashMap<SourceId, usize>,
    finding: &Finding,
) -> (Reverse<Severity>, usize, usize, usize, &'static str) {
    let hop = finding
        .hops
        .iter()
        .map(|hop| hop.0)
        .min()
        .unwrap_or(usize::MAX);
    let hop = if finding.severity == Severity::Error {
        hop
    } else {
        0
    };
    let place = &finding.labels[0].at;
    let input = place.source().and_then(|source| rank.get(&source)).copied();
    let input = input.unwrap_or(usize::MAX);
    (
        Reverse(finding.severity),
        hop,
        input,
        start(stack, place),
        finding.check,
    )
}

/// The first byte of a place.
fn start(stack: &Stack, place: &Place) -> usize {
    match place {
        Place::Node(pointer, part) => {
            stack
                .source(pointer.source)
                .locate(&pointer.path, *part)
                .start
        }
        Place::Text(_, span) => span.start,
        Place::Endpoint(_) | Place::Container(_) => 0,
    }
}

fn number(stack: &Stack, findings: Vec<Finding>) -> Vec<Judged> {
    let mut causes: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        causes
            .entry((finding.check, finding.subject.as_str()))
            .or_default()
            .push(at);
    }
    // Two projects may have services of one name: cause and effect share a file or a hop.
    let near = |a: &Finding, b: &Finding| {
        let files = |finding: &Finding| -> Vec<SourceId> {
            finding
                .labels
                .iter()
                .filter_map(|label| label.at.source())
                .collect()
        };
        let theirs = files(b);
        files(a).iter().any(|file| theirs.contains(file))
            || a.hops.iter().any(|hop| b.hops.contains(hop))
    };
    let caused: Vec<Option<FindingId>> = findings
        .iter()
        .map(|finding| {
            let at = match finding.caused_by.as_ref()? {
                Cause::Finding(check, subject) => {
                    let found = causes.get(&(*check, subject.as_str()))?;
                    *found.iter().find(|at| near(&findings[**at], finding))?
                }
                Cause::Breaks(hop) => findings.iter().position(|other| {
                    other.severity == Severity::Error
                        && other.hops.contains(hop)
                        && !std::ptr::eq(other, finding)
                })?,
            };
            Some(FindingId(at + 1))
        })
        .collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    findings
        .into_iter()
        .zip(caused)
        .enumerate()
        .map(|(at, (finding, caused_by))| {
            let mut fingerprint = fingerprint(stack, &finding, finding.check);
            let times = seen.entry(fingerprint.clone()).or_default();
            *times += 1;
            if *times > 1 {
                fingerprint = format!("{fingerprint}-{times}");
            }
            Judged {
                id: FindingId(at + 1),
                finding,
                caused_by,
                fingerprint,
            }
        })
        .collect()
}

/// The node, endpoint or container of a place, in words.
fn path_of(place: &Place) -> String {
    match place {
        Place::Node(pointer, _) => pointer.path.to_string(),
        Place::Text(..) => String::new(),
        Place::Endpoint(name) | Place::Container(name) => name.clone(),
    }
}

/// What a finding of a check of that name is recognised by: 64 bits of FNV-1a over check, file, path and subject, in
/// hexadecimal.
fn fingerprint(stack: &Stack, finding: &Finding, check: &str) -> String {
    use std::hash::Hasher;
    let place = &finding.labels[0].at;
    let path = path_of(place);
    let mut hasher = fnv::FnvHasher::default();
    // One manifest may carry several configurations.
    if let Some(slot) = place
        .source()
        .and_then(|source| stack.source(source).slot())
    {
        hasher.write(slot.path.to_string().as_bytes());
        hasher.write_u8(0);
        hasher.write_usize(slot.document);
    }
    for part in [
        check,
        &place
            .source()
            .map_or("".into(), |source| stack.known_as(source)),
        &path,
        &finding.subject,
    ] {
        hasher.write(part.as_bytes());
        hasher.write_u8(0);
    }
    format!("{:016x}", hasher.finish())
}

/// Why nothing behind a gateway is reached, if so.
struct Block {
    /// Whether the gateway itself does not run.
    stopped: bool,
    by: Option<FindingId>,
    reason: &'static str,
}

fn blocks(
    stack: &Stack,
    chain: &Chain,
    seen: &[Seen<'_>],
    findings: &[Judged],
    errors: &[Vec<FindingId>],
    gateway: usize,
) -> Option<Block> {
    if chain.to_gateway(gateway).any(|hop| seen[hop.id.0].works()) {
        return None;
    }
    let outcome = &chain.gateways[gateway].outcome;
    if !outcome.starts() {
        let file = stack.gateways[gateway].root.source;
        let stops = |judged: &&Judged| {
            let place = &judged.finding.labels[0].at;
            judged.finding.severity == Severity::Error
                && match place {
                    Place::Node(pointer, _) => {
                        outcome.rejected.iter().any(|ruling| ruling.at == *pointer)
                    }
                    // A file without a tree is wrong as a whole.
                    Place::Text(source, _) => *source == file,
                    Place::Endpoint(_) | Place::Container(_) => false,
                }
        };
        let by = findings.iter().find(stops).map(|judged| judged.id);
        return Some(Block {
            stopped: true,
            by,
            reason: "the gateway does not start",
        });
    }
    let mut calls = chain
        .to_gateway(gateway)
        .map(|hop| errors[hop.id.0].first())
        .peekable();
    let first = calls.peek().copied().flatten().copied()?;
    calls.all(|error| error.is_some()).then_some(Block {
        stopped: false,
        by: Some(first),
        reason: "no client reaches the gateway",
    })
}

fn judge_hop(
    stack: &Stack,
    gateways: &[Option<Block>],
    seen: Seen<'_>,
    errors: &[FindingId],
    warned: bool,
    ran: Ran,
    hop: &Hop,
) -> Verdict {
    if let Some(by) = errors.first() {
        return Verdict::Broken(*by);
    }
    let behind = match hop.caller {
        Caller::Gateway { gateway, .. } => gateways[gateway].as_ref(),
        Caller::Client { .. } => None,
    };
    let stopped = match hop.destination {
        Destination::Gateway { gateway, .. } => {
            gateways[gateway].as_ref().filter(|block| block.stopped)
        }
        _ => None,
    };
    if seen.works() {
        return Verdict::Works;
    }
    if let Some(block) = behind.or(stopped) {
        return Verdict::Blocked {
            by: block.by,
            reason: block.reason.to_owned(),
        };
    }
    Verdict::Unknown(match seen {
        Seen::Conversation(_, reading) => match (&reading.standing, reading.troubles.first()) {
            (Standing::Unknown(why), _) => why.clone(),
            (_, Some(trouble)) if warned => {
                format!("a warning is about it: {}", trouble.kind.check())
            }
            (_, Some(trouble)) => format!("{} was not run", trouble.kind.check()),
            (_, None) => "the conversation says nothing".to_owned(),
        },
        Seen::Through(_) => "its tools come through the gateway".to_owned(),
        Seen::Unanswered => "it was not tried".to_owned(),
        Seen::Unrecorded => "the call is not in the recorded facts".to_owned(),
        Seen::Nothing(Untried::NoProbes) => from_files(stack, warned, ran, hop),
        Seen::Nothing(Untried::NoExec) => {
            "a command is not started by reading files; --allow-exec starts it".to_owned()
        }
        Seen::Nothing(Untried::Inside) => from_inside(stack, warned, ran, hop),
        Seen::Nothing(Untried::Because(why)) => why.clone(),
    })
}

/// Why a hop is unknown that is reached from a gateway's container alone.
fn from_inside(stack: &Stack, warned: bool, ran: Ran, hop: &Hop) -> String {
    let inside = "only reachable from the gateway's container";
    match &hop.destination {
        Destination::Process => "only the gateway starts it".to_owned(),
        Destination::Elsewhere => "called from the gateway's container, not from here".to_owned(),
        Destination::Unclear(_) | Destination::Unnamed { .. } => {
            from_files(stack, warned, ran, hop)
        }
        _ if warned => format!("a warning is about it, and it is {inside}"),
        _ => inside.to_owned(),
    }
}

/// Why a hop is unknown in a run that reads files alone.
fn from_files(stack: &Stack, warned: bool, ran: Ran, hop: &Hop) -> String {
    match &hop.destination {
        Destination::Gateway { .. } | Destination::Service { .. } => match ran {
            Ran::All if warned => "a warning is about it, and nothing was probed".to_owned(),
            Ran::All => "the files agree, and nothing was probed".to_owned(),
            Ran::Some => "not every check was run".to_owned(),
        },
        Destination::Machine { .. } | Destination::Itself { .. } => "nothing was probed".to_owned(),
        Destination::NameOutside(service) => format!(
            "{} is a name inside of container networks; whether this machine knows it was not tried",
            stack.service(*service).name.value
        ),
        Destination::Here => "nothing that was read publishes this port".to_owned(),
        Destination::Unnamed { .. } => {
            "no file that was read declares this name; --compose adds one".to_owned()
        }
        // A name of this machine that we do not know is the likeliest of all other machines.
        Destination::Elsewhere
            if matches!(hop.caller, Caller::Client { .. }) && !stack.gateways.is_empty() =>
        {
            format!(
                "{} is not known to be this machine; --host-alias {} says that it is",
                hop.to, hop.to
            )
        }
        Destination::Elsewhere => {
            "outside of the files that were read, and nothing was probed".to_owned()
        }
        Destination::Process => "a command is not started by reading files".to_owned(),
        Destination::Unclear(reason) => reason.clone(),
    }
}

/// `config.yaml:3:16`
pub fn place_name(stack: &Stack, place: &Place) -> String {
    match place {
        Place::Endpoint(name) => return name.clone(),
        Place::Container(name) => return format!("container {name}"),
        Place::Node(..) | Place::Text(..) => {}
    }
    let Some(source) = place.source().map(|source| stack.source(source)) else {
        return String::new();
    };
    let position = source.position(start(stack, place));
    format!("{}:{}:{}", source.name(), position.line, position.column)
}
