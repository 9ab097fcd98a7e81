//! What comes through a gateway of each server behind it: a client's list of tools, taken apart by the names that the
//! gateway puts in front, beside what the gateway itself tells.

use std::collections::HashSet;

use super::gateway_call::{Asked, Call};
use super::reader::Entry;
use super::{Case, Probed};
use crate::chain::{Caller, GatewayView, Hop, HopId, Prefixes};
use crate::fact::{ListEnd, Listing, Tool};
use crate::gateway::Upstream;
use crate::source::Node;
use crate::wire::{Standing, Told, ToldHealth, ToldOutcome};

/// What one client gets of one server behind a gateway.
#[derive(Clone, Debug)]
pub struct Through {
    /// The client's call to the gateway; nothing where the gateway was asked with another key than a client's.
    pub client: Option<HopId>,
    /// The gateway's call to the server.
    pub upstream: HopId,
    /// The client's conversation: its number among [`Facts::probes`](crate::fact::Facts::probes).
    pub probe: usize,
    /// What came.
    pub comes: Comes,
    /// What became of the server when the list was asked for, as the gateway tells it.
    pub outcome: Option<ToldOutcome>,
    /// How the gateway finds the server.
    pub health: Option<ToldHealth>,
    /// What the server offers where the gateway calls it and the client does not get; nothing where that cannot be told.
    pub missing: Option<Vec<Missing>>,
}

/// A tool that does not come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name, the server's own.
    pub tool: String,
    /// The key of the server's entry that keeps it from clients, if one does.
    pub kept_by: Option<&'static str>,
}

/// What comes through of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comes {
    /// These tools, by the server's own names.
    Tools(Vec<String>),
    /// None, although the client asks for it.
    Nothing,
    /// The client asks for other servers only.
    Unasked,
    /// The gateway does not show this server to the client's key.
    Hidden,
    /// It cannot be told; why.
    Unknown(&'static str),
}

impl Through {
    /// Whether tools of the server come through.
    pub fn works(&self) -> bool {
        matches!(&self.comes, Comes::Tools(tools) if !tools.is_empty())
    }
}

/// Every client's view of every server behind the gateway that it calls, in the order of the conversations.
pub(crate) fn all(case: &Case<'_>) -> Vec<Through> {
    let mut found = Vec::new();
    for probed in &case.probed {
        let Some(gateway) = probed.gateway() else {
            continue;
        };
        let view = View::of(case, probed, gateway);
        let client = probed.hops.first().map(|hop| hop.id);
        let upstreams = case.chain.upstreams().filter(|hop| hop.is_from(gateway));
        let servers = view.gateway.outcome.servers.iter().enumerate();
        for ((number, server), hop) in servers.zip(upstreams) {
            let comes = view.of_server(case, gateway, (number, server));
            found.push(Through {
                client,
                upstream: hop.id,
                probe: probed.number,
                missing: view.missing(case, gateway, (number, server), hop, &comes),
                comes,
                outcome: one_of(server, |name| view.told.outcome(name)).cloned(),
                health: one_of(server, |name| view.told.health_of(name)).cloned(),
            });
        }
    }
    found
}

/// A client's conversation with a gateway.
struct View<'a> {
    probed: &'a Probed<'a>,
    gateway: &'a GatewayView,
    told: Told,
    prefixes: Prefixes,
    scope: Scope,
}

/// Which servers a client asks for.
enum Scope {
    All,
    /// Those of these names, as the gateway compares them.
    Names(Vec<String>),
    /// Its names come from something that is not known here.
    Unknown,
}

impl<'a> View<'a> {
    fn of(case: &'a Case<'_>, probed: &'a Probed<'_>, gateway: usize) -> View<'a> {
        let view = &case.chain.gateways[gateway];
        View {
            prefixes: Prefixes::of(case.stack, view),
            scope: scope(case, probed.hops.first().copied()),
            told: Told::of(probed.probe),
            gateway: view,
            probed,
        }
    }

    fn of_server(
        &self,
        case: &Case<'_>,
        gateway: usize,
        (number, server): (usize, &Upstream),
    ) -> Comes {
        let tools = self.tools_of(number);
        if !tools.is_empty() {
            return match self.prefixes.is_shared(number) {
                true => Comes::Unknown("another server's tools have the same prefix"),
                false => Comes::Tools(tools),
            };
        }
        match &self.scope {
            Scope::Unknown => {
                return Comes::Unknown("which servers the client asks for is not known here");
            }
            Scope::Names(names) if !is_named(case, gateway, server, names) => {
                return Comes::Unasked;
            }
            Scope::Names(_) | Scope::All => {}
        }
        if is_hidden(&self.told, server) {
            return Comes::Hidden;
        }
        match self.is_whole() || one_of(server, |name| self.told.outcome(name)).is_some() {
            true => Comes::Nothing,
            false => Comes::Unknown("its list of tools was not read to the end"),
        }
    }

    fn listing(&self) -> Option<&Listing> {
        self.probed.probe.tools.as_ref()
    }

    fn is_whole(&self) -> bool {
        self.listing().is_some_and(is_whole)
    }

    /// What the server offers directly and the client's list has not.
    fn missing(
        &self,
        case: &Case<'_>,
        gateway: usize,
        (number, server): (usize, &Upstream),
        hop: &Hop,
        comes: &Comes,
    ) -> Option<Vec<Missing>> {
        if !matches!(comes, Comes::Tools(_) | Comes::Nothing) {
            return None;
        }
        let direct = case.conversation(hop.id);
        let direct = direct.filter(|probed| probed.reading.standing == Standing::Works)?;
        let offers = direct.probe.tools.as_ref().filter(|list| is_whole(list))?;
        let listed: &[Tool] = match comes {
            Comes::Nothing => &[],
            _ if self.is_whole() => &self.listing()?.tools,
            _ => return None,
        };
        let through: HashSet<&str> = listed.iter().map(|tool| tool.name.as_str()).collect();
        let filters = Filters::of(case, gateway, server);
        let missing = offers.tools.iter().map(|tool| tool.name.as_str());
        let missing =
            missing.filter(|name| !through.contains(self.prefixes.with(number, name).as_str()));
        let missing = missing.map(|name| Missing {
            tool: name.to_owned(),
            kept_by: filters.keeps(&self.prefixes, number, name),
        });
        Some(missing.collect())
    }

    /// The tools of a server, by its own names.
    fn tools_of(&self, number: usize) -> Vec<String> {
        let tools = self
            .listing()
            .map(|list| list.tools.as_slice())
            .unwrap_or_default();
        // A list that goes round in circles has a tool again and again.
        let mut seen = HashSet::new();
        tools
            .iter()
            .filter_map(|tool| self.prefixes.without(number, &tool.name))
            .filter(|name| seen.insert(*name))
            .map(str::to_owned)
            .collect()
    }
}

/// Whether a list has every tool that there is.
fn is_whole(list: &Listing) -> bool {
    list.end == ListEnd::Complete && list.count == list.tools.len()
}

/// Keys of a server's entry that keep tools from clients, as far as this version of the gateway reads them.
struct Filters {
    allowed: Option<Vec<String>>,
    disallowed: Vec<String>,
}

/// The key with the only tools that clients get.
const ALLOWED: &str = "allowed_tools";
/// The key with tools that no client gets.
const DISALLOWED: &str = "disallowed_tools";

impl Filters {
    fn of(case: &Case<'_>, gateway: usize, server: &Upstream) -> Filters {
        let names = |key: &str| -> Vec<String> {
            let facts = case.catalog.litellm();
            let version = &case.chain.gateways[gateway].version;
            let is_read = facts
                .servers
                .keys
                .get(key)
                .is_some_and(|known| !version.narrow(&known.read, &facts.assumed).is_empty());
            let list = entry(case, gateway, server).filter(|_| is_read);
            let list = list.and_then(|entry| entry.get(key));
            let names = list.into_iter().flat_map(Node::items);
            names
                .filter_map(|name| Some(name.scalar_text()?.to_owned()))
                .collect()
        };
        Filters {
            // An empty list allows everything.
            allowed: Some(names(ALLOWED)).filter(|names| !names.is_empty()),
            disallowed: names(DISALLOWED),
        }
    }

    /// The key that keeps a server's tool from clients. It may be named with the prefix or without.
    fn keeps(&self, prefixes: &Prefixes, server: usize, tool: &str) -> Option<&'static str> {
        let prefixed = prefixes.with(server, tool);
        let named = |list: &Vec<String>| {
            let mut list = list.iter();
            list.any(|name| name == tool || *name == prefixed)
        };
        match &self.allowed {
            _ if named(&self.disallowed) => Some(DISALLOWED),
            Some(allowed) if !named(allowed) => Some(ALLOWED),
            _ => None,
        }
    }
}

/// What the gateway's file has of a server.
fn entry<'a>(case: &Case<'a>, gateway: usize, server: &Upstream) -> Option<Node<'a>> {
    let root = &case.stack.gateways[gateway].root;
    case.stack.source(root.source).node(&server.at.path)
}

/// The access groups that a server is in.
pub(crate) fn groups<'a>(
    case: &Case<'a>,
    gateway: usize,
    server: &Upstream,
) -> impl Iterator<Item = Node<'a>> {
    let groups = entry(case, gateway, server).and_then(|entry| entry.get("access_groups"));
    groups.into_iter().flat_map(Node::items)
}

/// Whether a gateway keeps a server from the key that was shown to it.
pub(crate) fn is_hidden(told: &Told, server: &Upstream) -> bool {
    is_refused(told, server) || told.servers.is_some() && !is_listed(told, server)
}

/// Whether a gateway says in words that the key may not use a server.
pub(crate) fn is_refused(told: &Told, server: &Upstream) -> bool {
    let mut names = server.names().map(|name| plain(&name.value));
    told.grants_nothing || names.any(|own| told.refused.iter().any(|name| plain(name) == own))
}

/// Whether a gateway lists a server.
pub(crate) fn is_listed(told: &Told, server: &Upstream) -> bool {
    one_of(server, |name| told.server(name)).is_some()
}

/// What is known under one of a server's names.
fn one_of<'a, T>(server: &Upstream, find: impl Fn(&str) -> Option<&'a T>) -> Option<&'a T> {
    let alias = server.alias.as_ref().and_then(|alias| find(&alias.value));
    alias.or_else(|| find(&server.name.value))
}

/// Which servers a call asks for.
fn scope(case: &Case<'_>, hop: Option<&Hop>) -> Scope {
    let Some((found, Caller::Client { .. })) = hop.map(|hop| (Entry::of(case, hop), hop.caller))
    else {
        return Scope::All;
    };
    let Some((found, call)) = found.and_then(|found| Some((found, Call::of(case, found)?))) else {
        return Scope::Unknown;
    };
    match Asked::by(case, found, &call) {
        Asked::Everything => Scope::All,
        Asked::Unknown => Scope::Unknown,
        Asked::Names(asked) => Scope::Names(asked.names().map(plain).collect()),
    }
}

/// Whether a client's call to a gateway certainly does not ask for a server.
pub(crate) fn leaves_out(case: &Case<'_>, hop: &Hop, gateway: usize, server: &Upstream) -> bool {
    match scope(case, Some(hop)) {
        Scope::Names(names) => !is_named(case, gateway, server, &names),
        Scope::All | Scope::Unknown => false,
    }
}

/// Whether a list of names has a server: by its name, its alias or a group.
fn is_named(case: &Case<'_>, gateway: usize, server: &Upstream, names: &[String]) -> bool {
    let own = server.names().map(|name| plain(&name.value));
    let groups = groups(case, gateway, server);
    let groups = groups.filter_map(|group| Some(plain(group.scalar_text()?)));
    own.chain(groups).any(|own| names.contains(&own))
}

/// A name as the gateway compares it.
pub(crate) fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(' ', "_")
}
