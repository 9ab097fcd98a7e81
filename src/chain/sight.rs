//! What the engine shows of a call: who makes it, and what its address leads to there.

use super::resolve::is_own;
use super::{Caller, Chain, Hop, Settings};
use crate::fact::Engine;
use crate::running::{Found, look_up, publisher};

/// What the engine shows of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The container that makes it, as a number in [`Engine::containers`]; nothing where it is made from this machine.
    pub caller: Option<usize>,
    /// What its address leads to.
    pub found: Found,
}

impl Sight {
    /// The one container that answers.
    pub fn called(&self) -> Option<usize> {
        match &self.found {
            Found::Containers(met) => match met.as_slice() {
                [first, rest @ ..]
                    if rest.iter().all(|other| other.container == first.container) =>
                {
                    Some(first.container)
                }
                _ => None,
            },
            Found::Machine(container) => *container,
            Found::Own | Found::Nobody(_) | Found::Elsewhere => None,
        }
    }
}

/// Nothing where the engine does not show who calls, or there is no address.
pub(super) fn of(engine: &Engine, chain: &Chain, settings: &Settings, hop: &Hop) -> Option<Sight> {
    let url = &hop.url.as_ref()?.value;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let port = url.port_or_known_default()?;
    match hop.caller {
        Caller::Client { .. } => {
            let mut names = settings.machine.iter();
            let here = is_own(url) || names.any(|name| name.eq_ignore_ascii_case(host));
            // What a remote engine publishes is published there.
            (here && engine.is_here()).then(|| Sight {
                caller: None,
                found: Found::Machine(publisher(engine, port)),
            })
        }
        Caller::Gateway { gateway, .. } => {
            let service = chain.gateways[gateway].service()?;
            let caller = chain.containers.number(engine, service)?;
            let found = look_up(engine, caller, host, port)?;
            Some(Sight {
                caller: Some(caller),
                found,
            })
        }
    }
}
