//! Conversations with endpoints, as checks see them.

use core::net::SocketAddr;

use super::{Case, Finding, Findings, Place, Through};
use crate::chain::{Destination, Hop, HopId};
use crate::fact::{Container, Engine, Probe, Target};
use crate::model::ServiceId;
use crate::wire::{Kind, Reading, Standing, Trouble};

/// A conversation, what it shows, and the calls that it stands for.
#[derive(Debug)]
pub struct Probed<'a> {
    /// Its number among [`Facts::probes`](crate::fact::Facts::probes).
    pub number: usize,
    /// The conversation.
    pub probe: &'a Probe,
    /// What it shows.
    pub reading: &'a Reading,
    /// The hops that call this endpoint in this way; none when a person asked for it.
    pub hops: Vec<&'a Hop>,
    /// The gateway, where it was held with its operator's key.
    pub operator: Option<usize>,
    called: String,
    /// The container that was called, where the engine shows it.
    container: Option<&'a Container>,
}

impl<'a> Probed<'a> {
    /// A conversation that these hops are about, or a gateway's operator.
    pub fn new(
        number: usize,
        probe: &'a Probe,
        reading: &'a Reading,
        hops: Vec<&'a Hop>,
        operator: Option<usize>,
        engine: Option<&'a Engine>,
    ) -> Probed<'a> {
        let called = hops.iter().find_map(|hop| hop.sight.as_ref()?.called());
        Probed {
            container: engine
                .zip(called)
                .map(|(engine, number)| &engine.containers[number]),
            number,
            probe,
            reading,
            hops,
            operator,
            called: probe.asked.name(),
        }
    }
}

impl<'a> Case<'a> {
    /// The conversation that stands for a call, if it was held.
    pub fn conversation(&self, hop: HopId) -> Option<&Probed<'a>> {
        let mut all = self.probed.iter();
        all.find(|probed| probed.hops.iter().any(|one| one.id == hop))
    }

    /// Whether a call was tried and does not work.
    pub fn is_seen_broken(&self, hop: HopId) -> bool {
        self.conversation(hop)
            .is_some_and(|probed| probed.reading.standing == Standing::Broken)
    }

    /// What each client gets of the server that a gateway calls by this hop.
    pub fn views(&self, upstream: HopId) -> impl Iterator<Item = &Through> + Clone {
        let all = self.through.iter();
        all.filter(move |view| view.upstream == upstream)
    }

    /// What the conversations show that is a check's matter. What an operator meets as clients do is said of the clients.
    pub fn troubles<'b>(
        &'b self,
        check: &'static str,
    ) -> impl Iterator<Item = (&'b Probed<'a>, &'b Trouble)> {
        let is_meant = move |trouble: &&Trouble| trouble.kind.check() == check;
        self.probed.iter().flat_map(move |probed| {
            let repeats = probed.is_operators() && {
                let mut others = self.probed.iter();
                others.any(|other| {
                    !other.is_operators()
                        && other.gateway() == probed.gateway()
                        && other.reading.troubles.iter().any(|one| is_meant(&one))
                })
            };
            let troubles = probed.reading.troubles.iter();
            troubles
                .filter(move |trouble| !repeats && is_meant(trouble))
                .map(move |trouble| (probed, trouble))
        })
    }
}

impl Probed<'_> {
    /// The gateway that it was held with.
    pub fn gateway(&self) -> Option<usize> {
        let called = self.hops.iter().find_map(|hop| hop.gateway());
        called.or(self.operator)
    }

    /// Whether it was held with the operator's key alone, and stands for no client's call.
    pub fn is_operators(&self) -> bool {
        self.operator.is_some() && self.hops.is_empty()
    }

    /// What was called, without secrets: the url, or the program.
    pub fn name(&self) -> &str {
        &self.called
    }

    /// What is to be said of it as a whole message: "files calls http://localhost:8000/mcp, but nothing listens there";
    /// the address alone where a person asked for it. Completes "but …".
    pub fn but(&self, what: impl std::fmt::Display) -> String {
        let (does, all_do, called) = match &self.probe.asked.target {
            Target::Url(_) => ("calls", "call", self.called.clone()),
            Target::Command { .. } => ("starts", "start", format!("`{}`", self.called)),
        };
        match self.hops.as_slice() {
            [] => format!("{called}: {what}"),
            [hop] => format!("{} {does} {called}, but {what}", hop.entry()),
            [first, rest @ ..] => {
                let more = rest.len();
                format!(
                    "{} and {more} more {all_do} {called}, but {what}",
                    first.entry()
                )
            }
        }
    }

    /// The compose service that is called, as far as files tell.
    pub fn service(&self, case: &Case<'_>) -> Option<ServiceId> {
        self.hops.iter().find_map(|hop| match &hop.destination {
            Destination::Service { service, .. } => Some(*service),
            Destination::Machine { service } => *service,
            Destination::Gateway {
                gateway,
                certain: true,
            } => case.chain.gateways[*gateway].service(),
            _ => None,
        })
    }

    /// The host of the address, as it is written; nothing for a program.
    pub fn host(&self) -> Option<String> {
        match &self.probe.asked.target {
            Target::Url(url) => Some(url::Url::parse(url).ok()?.host_str()?.to_owned()),
            Target::Command { .. } => None,
        }
    }

    /// A finding about it: at the line that names the address, or at the endpoint itself where a person asked for it.
    /// Its evidence is the trouble's.
    pub fn finding(&self, trouble: &Trouble, message: impl Into<String>) -> Finding {
        let mut finding = match self.hops.as_slice() {
            [] => {
                let finding = Finding::in_place(Place::Endpoint(self.name().to_owned()), message);
                match self.operator {
                    Some(_) => finding.subject(self.name()),
                    None => finding,
                }
            }
            [first, rest @ ..] => {
                let (at, part) = first.address_at();
                let mut finding = Finding::at(at, part, message).subject(first.entry());
                for hop in rest {
                    let (at, part) = hop.address_at();
                    finding = finding.also(at, part, "the same address");
                }
                finding.hops(self.hops.iter().map(|hop| hop.id))
            }
        };
        finding.endpoint = Some(self.name().to_owned());
        for text in &trouble.evidence {
            finding = finding.evidence(super::Source::Wire, text.clone());
        }
        if let Some(container) = self.container.filter(|_| trouble.breaks)
            && let Some(log) = log(container, |line| bears_on(&trouble.kind, line))
        {
            finding = finding.evidence(super::Source::Docker, log);
        }
        finding
    }
}

/// Whether a line of a server's log may say why a call fails. A server that refuses a name works: of its log only what is
/// about the name is of use.
fn bears_on(kind: &Kind, line: &str) -> bool {
    let line = line.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    match kind {
        Kind::HostHeaderRejected { .. } => {
            has(&["host", "origin"]) && has(&["invalid", "not allowed", "forbidden", "reject"])
        }
        _ => true,
    }
}

impl Findings {
    /// Adds a finding with the check's usual severity where the trouble breaks the call, else one level lower.
    pub fn add_for(&mut self, trouble: &Trouble, finding: Finding) {
        let Some(check) = self.current else { return };
        let severity = match trouble.breaks {
            true => check.severity,
            false => check.severity.lower(),
        };
        self.add_as(severity, finding);
    }
}

/// How many lines of a log are evidence.
const LINES: usize = 3;

/// The last of those lines of a container's log that count, in one.
fn log(container: &Container, counts: impl Fn(&str) -> bool) -> Option<String> {
    let lines = container.log.get()?;
    let said: Vec<&str> = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && counts(line))
        .collect();
    let last = &said[said.len().saturating_sub(LINES)..];
    (!last.is_empty()).then(|| format!("the log of {} ends: {}", container.name, last.join(" ⏎ ")))
}

/// The addresses behind a name, in brackets; nothing where the name is an address itself.
pub(crate) fn behind(host: &str, addresses: &[SocketAddr]) -> String {
    let words: Vec<String> = addresses.iter().map(|one| one.ip().to_string()).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] if only == host.trim_matches(['[', ']']) => String::new(),
        words => format!(" ({})", words.join(", ")),
    }
}

/// Milliseconds as people say them: "300 ms", "10 s", "2.5 s".
pub(crate) fn time(milliseconds: u64) -> String {
    let (whole, tenths) = (milliseconds / 1000, milliseconds % 1000 / 100);
    match (milliseconds, tenths) {
        (0..1000, _) => format!("{milliseconds} ms"),
        (1000..10_000, 1..) => format!("{whole}.{tenths} s"),
        _ => format!("{whole} s"),
    }
}
