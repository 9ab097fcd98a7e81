//! What answers teach of gateways and files do not say: that it is this gateway that answers a client, and its version.

use std::collections::BTreeMap;

use super::{Caller, Chain, GatewayView, Hop, Link};
use crate::catalog::Version;
use crate::fact::Probe;
use crate::gateway::{Known, Upstream, VersionFrom};
use crate::wire::{self, Told};

/// What was learned so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Gateways that answer callers whose address says nothing of them: behind a proxy, on another machine.
    gateways: BTreeMap<Caller, usize>,
    /// Every version that a gateway says it has, and the first address that says so.
    versions: BTreeMap<usize, Vec<(Version, String)>>,
}

impl Learned {
    /// What conversations teach, each with a call that it stands for; and those that were held with a gateway for no call,
    /// each with its number.
    pub fn of<'a>(
        chain: &Chain,
        answers: impl Iterator<Item = (&'a Hop, &'a Probe)>,
        operators: impl Iterator<Item = (usize, &'a Probe)>,
    ) -> Learned {
        let mut learned = Learned::default();
        for (hop, probe) in answers {
            let told = Told::of(probe);
            let known = hop.gateway();
            let recognised = || {
                wire::is_gateway(probe)
                    .then(|| only(chain, &told))
                    .flatten()
            };
            let Some(gateway) = known.or_else(recognised) else {
                continue;
            };
            if known.is_none() || hop.link == Link::Answer {
                learned.gateways.insert(hop.caller, gateway);
            }
            learned.hear(gateway, probe, &told);
        }
        for (gateway, probe) in operators {
            learned.hear(gateway, probe, &Told::of(probe));
        }
        learned
    }

    /// What a gateway says of itself.
    fn hear(&mut self, gateway: usize, probe: &Probe, told: &Told) {
        if let Some(version) = told.version.as_deref().and_then(Version::parse) {
            self.says(gateway, version, &probe.asked.name());
        }
    }

    fn says(&mut self, gateway: usize, version: Version, address: &str) {
        let said = self.versions.entry(gateway).or_default();
        if said.iter().all(|(other, _)| *other != version) {
            said.push((version, address.to_owned()));
        }
    }

    /// The gateway that answers a caller.
    pub fn gateway(&self, caller: Caller) -> Option<usize> {
        self.gateways.get(&caller).copied()
    }

    /// The version that a gateway says it has, and which place says so; nothing where it says different ones.
    pub(super) fn version(&self, gateway: usize) -> Option<(Known, Option<String>)> {
        let [(version, address)] = self.versions.get(&gateway)?.as_slice() else {
            return None;
        };
        let because = format!("what it answers at {address}");
        let known = Known::Exact(version.clone(), VersionFrom::Running);
        Some((known, Some(because)))
    }

    /// The different versions that a gateway says it has: several programs run with its file.
    pub(super) fn disagreement(&self, gateway: usize) -> Option<String> {
        let said = self.versions.get(&gateway).filter(|said| said.len() > 1)?;
        let said = said.iter();
        let said: Vec<String> = said
            .map(|(version, address)| format!("{version} at {address}"))
            .collect();
        Some(format!("it answers as {}", said.join(", as ")))
    }
}

/// The only gateway of the stack that has nothing but servers that were told. Without servers nothing tells it from others.
fn only(chain: &Chain, told: &Told) -> Option<usize> {
    let fits = |view: &GatewayView| {
        let servers = &view.outcome.servers;
        // 1.77.3 tells the alias in place of the name.
        let is_told = |server: &Upstream| {
            let mut names = server.names();
            names.any(|name| told.server(&name.value).is_some())
        };
        !servers.is_empty() && servers.iter().all(is_told)
    };
    let mut fitting = (0..chain.gateways.len()).filter(|number| fits(&chain.gateways[*number]));
    let first = fitting.next();
    first.filter(|_| fitting.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(said: &[(&str, &str)]) -> Learned {
        let mut learned = Learned::default();
        for (version, address) in said {
            learned.says(0, Version::parse(version).expect("a version"), address);
        }
        learned
    }

    #[test]
    fn a_gateway_that_says_two_versions_has_none() {
        let (old, new) = ("http://localhost:4000/mcp/", "http://localhost:4001/mcp");
        let one = learned(&[("1.77.3", old), ("1.77.3", new)]);
        let version = Version::parse("1.77.3").expect("a version");
        let known = Known::Exact(version, VersionFrom::Running);
        let because = format!("what it answers at {old}");
        assert_eq!(one.version(0), Some((known, Some(because))));
        assert_eq!(one.disagreement(0), None);
        for said in [
            [("1.77.3", old), ("1.109.1", new)],
            [("1.109.1", new), ("1.77.3", old)],
        ] {
            let two = learned(&said);
            assert_eq!(two.version(0), None);
            let why = two.disagreement(0).expect("two versions");
            assert!(why.contains(&format!("1.77.3 at {old}")), "{why}");
            assert!(why.contains(&format!("1.109.1 at {new}")), "{why}");
        }
        assert_eq!(one.version(1), None);
    }
}
