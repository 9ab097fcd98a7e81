//! Which logs may tell more of calls that do not work, and what is kept of them.

use std::collections::BTreeSet;

use super::Plan;
use crate::catalog::gateway::known;
use crate::chain::{Caller, Chain, Sight};
use crate::fact::{Engine, Known, Probe};
use crate::wire::{Reading, Standing};

/// How many of its last lines are kept.
const LINES: usize = 20;

/// A log that is worth reading.
#[derive(Debug)]
pub struct Wanted {
    /// The container, as a number in [`Engine::containers`].
    pub container: usize,
    /// Whether it was called in vain.
    in_vain: bool,
    /// Whether a gateway runs in it.
    is_gateway: bool,
}

impl Wanted {
    /// What is kept of it: its end, where it was called in vain, and of a gateway's log what is known to say something of
    /// a server.
    pub fn keep(&self, mut log: Known<Vec<String>>) -> Known<Vec<String>> {
        if let Known::Yes(lines) = &mut log {
            let end = lines.len().saturating_sub(LINES);
            let says = |line: &str| known().log.iter().any(|one| one.fits(line));
            let mut number = 0..;
            lines.retain(|line| {
                let is_last = number.next().is_some_and(|number| number >= end);
                (self.in_vain && is_last) || (self.is_gateway && says(line))
            });
        }
        log
    }
}

impl Plan {
    /// Logs that were not read yet: of containers that were called in vain, and of gateways that were asked or that call
    /// in vain.
    pub fn logs(
        &self,
        chain: &Chain,
        engine: &Engine,
        probes: &[Probe],
        readings: &[Reading],
    ) -> Vec<Wanted> {
        let callers = self.callers(chain);
        let container = |gateway: usize| {
            let service = chain.gateways[gateway].service()?;
            chain.containers.number(engine, service)
        };
        let (mut called, mut gateways) = (BTreeSet::new(), BTreeSet::new());
        for (probe, reading) in probes.iter().zip(readings) {
            let number = self.number(&probe.asked);
            let hops = number.map(|number| &callers[number]);
            let broken = reading.standing != Standing::Works;
            for hop in hops.into_iter().flatten() {
                if broken {
                    called.extend(hop.sight.as_ref().and_then(Sight::called));
                }
                let gateway = match hop.caller {
                    Caller::Gateway { gateway, .. } => Some(gateway).filter(|_| broken),
                    Caller::Client { .. } => hop.gateway(),
                };
                gateways.extend(gateway.and_then(container));
            }
            let operators = number.and_then(|number| self.operator(number));
            gateways.extend(operators.and_then(container));
        }
        let all = called.union(&gateways).copied();
        let unread = all.filter(|number| engine.containers[*number].log.get().is_none());
        unread
            .map(|container| Wanted {
                container,
                in_vain: called.contains(&container),
                is_gateway: gateways.contains(&container),
            })
            .collect()
    }
}
