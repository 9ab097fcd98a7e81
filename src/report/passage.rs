//! What passes a gateway: what each server behind it has where the gateway calls it, what each client gets of that, and
//! what the gateway tells beside.

use std::collections::BTreeSet;

use crate::Examination;
use crate::chain::Hop;
use crate::check::Through;
use crate::fact::Probe;
use crate::gateway::Upstream;
use crate::wire::{Reading, Told};

/// A gateway that was asked.
pub(super) struct Passage<'a> {
    /// The conversations of its clients.
    pub clients: Vec<Client<'a>>,
    /// Its servers, in the order of its file.
    pub servers: Vec<Server<'a>>,
    /// What it tells of itself.
    pub account: Account,
}

/// A conversation with a gateway.
pub(super) struct Client<'a> {
    /// Its number among the facts' probes.
    pub probe: usize,
    /// The calls that it stands for; none where it was held with the key of the gateway's operator.
    pub hops: Vec<&'a Hop>,
}

/// A server behind a gateway.
pub(super) struct Server<'a> {
    /// As the gateway has it.
    pub upstream: &'a Upstream,
    /// That call, made without the gateway.
    pub direct: Option<(&'a Probe, &'a Reading)>,
    /// What each client gets of it, in their order.
    pub views: Vec<&'a Through>,
}

/// What a gateway tells of itself; nothing where it does not, or tells different clients different things.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub version: Option<String>,
    pub database: Option<bool>,
    /// Servers that its file has not.
    pub only_there: Option<BTreeSet<String>>,
}

/// What passes the gateway with that number; nothing where nobody asked it.
pub(super) fn of(examination: &Examination, gateway: usize) -> Option<Passage<'_>> {
    let Examination {
        chain,
        plan,
        facts,
        through,
        ..
    } = examination;
    let callers = plan.callers(chain);
    let probes = facts.probes().iter().enumerate();
    let clients: Vec<Client<'_>> = probes
        .filter_map(|(probe, held)| {
            let number = plan.number(&held.asked)?;
            let hops = &callers[number];
            let called = hops.iter().find_map(|hop| hop.gateway());
            (called.or(plan.operator(number)) == Some(gateway)).then(|| Client {
                probe,
                hops: hops.clone(),
            })
        })
        .collect();
    if clients.is_empty() {
        return None;
    }
    let outcome = &chain.gateways[gateway].outcome;
    let hops = chain.upstreams().filter(|hop| hop.is_from(gateway));
    let servers = outcome.servers.iter().zip(hops).map(|(upstream, hop)| {
        let views = clients.iter().filter_map(|client| {
            let mut all = through.iter();
            all.find(|one| one.upstream == hop.id && one.probe == client.probe)
        });
        Server {
            upstream,
            direct: examination.conversation(hop),
            views: views.collect(),
        }
    });
    let servers = servers.collect();
    let told: Vec<Told> = clients
        .iter()
        .map(|client| Told::of(&facts.probes()[client.probe]))
        .collect();
    // Of a file that is not known as a whole nothing is certainly absent.
    let is_whole = outcome.starts() && outcome.gap.is_none();
    Some(Passage {
        account: Account {
            version: agreed(told.iter().filter_map(|told| told.version.clone())),
            database: agreed(told.iter().filter_map(|told| told.database)),
            only_there: only_there(&outcome.servers, &told).filter(|_| is_whole),
        },
        clients,
        servers,
    })
}

/// What all say, if they say the same.
fn agreed<T: PartialEq>(mut said: impl Iterator<Item = T>) -> Option<T> {
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}

/// Names of servers that were told and that the file has not; nothing where none were told.
fn only_there(servers: &[Upstream], told: &[Told]) -> Option<BTreeSet<String>> {
    let mut lists = told
        .iter()
        .filter_map(|told| told.servers.as_ref())
        .peekable();
    lists.peek()?;
    let declared = |name: &str| servers.iter().any(|server| server.is_called(name));
    let names = lists.flatten().filter(|one| {
        let alias = one.alias.as_deref();
        !declared(&one.name) && !alias.is_some_and(declared)
    });
    Some(names.map(|one| one.name.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_hear_differently_is_not_known() {
        assert_eq!(agreed(["1.77.3", "1.77.3"].into_iter()), Some("1.77.3"));
        assert_eq!(agreed(["1.77.3", "1.109.1"].into_iter()), None);
        assert_eq!(agreed(std::iter::empty::<bool>()), None);
    }
}
