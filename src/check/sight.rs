//! What the engine shows of a call, as checks see it: who is called there, and who listens.

use core::net::SocketAddr;

use super::Case;
use crate::chain::Hop;
use crate::fact::{Container, Engine, Known, label};
use crate::running::{Found, Place, place};

/// The container that a call leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aimed<'a> {
    /// The container.
    pub container: &'a Container,
    /// Its number.
    pub number: usize,
    /// The port in it that is called.
    pub port: u16,
}

/// Who listens on a port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listening {
    /// Somebody whom others reach.
    Yes,
    /// Somebody whom nobody outside of the container reaches.
    Loopback(SocketAddr),
    /// Nobody; the ports on which somebody does.
    Nobody(Vec<SocketAddr>),
    /// Not known.
    Unknown,
}

impl<'a> Case<'a> {
    /// The engine, if it answered.
    pub(crate) fn engine(&self) -> Option<&'a Engine> {
        self.facts.engine.get()
    }

    /// The container that a call leads to, if that is one and it is reached.
    pub(crate) fn aimed(&self, hop: &Hop) -> Option<Aimed<'a>> {
        let engine = self.engine()?;
        let sight = hop.sight.as_ref()?;
        let number = sight.called()?;
        let container = &engine.containers[number];
        let port = hop.port()?;
        let port = match &sight.found {
            Found::Machine(_) => {
                let mut bindings = container.published.iter();
                bindings.find(|at| at.host_port == Some(port))?.port
            }
            _ => port,
        };
        Some(Aimed {
            container,
            number,
            port,
        })
    }

    /// Who listens on a port of the container with that number.
    pub(crate) fn listening(&self, container: usize, port: u16) -> Listening {
        let Some(engine) = self.engine() else {
            return Listening::Unknown;
        };
        // Of the machine's own network anybody may be the one who listens.
        let Place::Of(owner) = place(engine, container) else {
            return Listening::Unknown;
        };
        let Known::Yes(all) = &engine.containers[owner].listeners else {
            return Listening::Unknown;
        };
        let here: Vec<&SocketAddr> = all.iter().filter(|at| at.port() == port).collect();
        match here.as_slice() {
            [] => Listening::Nobody(all.clone()),
            [first, ..] => match here.iter().all(|at| at.ip().to_canonical().is_loopback()) {
                true => Listening::Loopback(**first),
                false => Listening::Yes,
            },
        }
    }
}

/// The container whose network a container uses: itself, or another one that lends its own.
pub(crate) fn owner(engine: &Engine, number: usize) -> &Container {
    match place(engine, number) {
        Place::Of(owner) => &engine.containers[owner],
        Place::Host | Place::Nowhere | Place::Unknown => &engine.containers[number],
    }
}

/// Which of the containers that have a name on other networks was meant by it: the one of the caller's own project, else
/// the one that is called so itself, else the only one.
pub(crate) fn meant(engine: &Engine, caller: usize, host: &str, apart: &[usize]) -> Option<usize> {
    let project = |number: usize| engine.containers[number].label(label::PROJECT);
    let own = project(caller);
    let mut neighbours = apart
        .iter()
        .filter(|other| own.is_some() && project(**other) == own);
    let mut called = apart.iter().filter(|other| {
        let name = &engine.containers[**other].name;
        name.eq_ignore_ascii_case(host)
    });
    let only = || match apart {
        [only] => Some(only),
        _ => None,
    };
    let found = neighbours.next().or_else(|| called.next()).or_else(only);
    found.copied()
}

/// The networks of a container, as evidence: "container litellm is on stack_default (172.20.0.2)".
pub(crate) fn networks(engine: &Engine, number: usize) -> String {
    let name = &engine.containers[number].name;
    let container = owner(engine, number);
    let joined = container.networks.iter().map(|joined| {
        let address = joined
            .addresses
            .first()
            .map(|address| format!(" ({address})"));
        format!("{}{}", joined.name, address.unwrap_or_default())
    });
    let joined: Vec<String> = joined.collect();
    let on = match joined.is_empty() {
        true => "on no network".to_owned(),
        false => format!("on {}", joined.join(" and ")),
    };
    match container.name == *name {
        true => format!("container {name} is {on}"),
        false => format!(
            "container {name} uses the network of container {}, which is {on}",
            container.name
        ),
    }
}
