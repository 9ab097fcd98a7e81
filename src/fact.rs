//! What is observed: answers to questions about engines, endpoints and gateways, and what is not known and why.
//!
//! A fact is a record of what was asked and what came back, never an opinion of it: opinions are formed by
//! [`crate::wire`] and the checks, so that recorded facts give the same diagnosis as fresh ones.

mod ask;
mod probe;
mod revision;
mod tool;

pub use ask::{Ask, Call, Eras, Limits, Lists, Pin, Secret, Target, Trust};
pub use probe::{
    Answer, Attempt, Clock, Deep, End, Ended, ErrorObject, Exchange, Failure, Look, Message,
    Outcome, Probe, Process, Purpose, Reach, Reply, Request, Round, Said, TlsLook, TlsProblem,
    TlsSpoken,
};
pub use revision::{Era, Revision};
pub use tool::{Flaw, ListEnd, Listing, Tool};

use serde::{Deserialize, Serialize};

/// Something observed, or why it is not known. A check never concludes absence from `No`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known<T> {
    /// Looked, and this is what is there.
    Yes(T),
    /// Not known.
    No(Unknown),
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn get(&self) -> Option<&T> {
        match self {
            Known::Yes(value) => Some(value),
            Known::No(_) => None,
        }
    }
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unknown {
    /// Nobody looked.
    NotAsked,
    /// Looking was refused.
    Denied,
    /// It cannot be looked at from here.
    Unreachable,
    /// Looking failed, and how.
    Failed(String),
}

/// A container engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Its address, such as `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// Whether it was proved to run on this machine.
    pub local: bool,
    /// What kind it is.
    pub kind: EngineKind,
}

/// Kinds of engines, as far as they behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineKind {
    /// Docker on Linux.
    Linux,
    /// Docker Desktop: containers live in a virtual machine.
    Desktop,
    /// Rootless Docker.
    Rootless,
    /// Podman's compatible service.
    Podman,
}

/// Everything that was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The engine.
    pub engine: Known<Engine>,
    /// The conversations with endpoints that were held, in the order of their questions.
    pub wire: Known<Vec<Probe>>,
}

impl Facts {
    /// Nothing was looked at.
    pub fn none() -> Facts {
        Facts {
            engine: Known::No(Unknown::NotAsked),
            wire: Known::No(Unknown::NotAsked),
        }
    }

    /// Every conversation with an endpoint.
    pub fn probes(&self) -> &[Probe] {
        self.wire.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// The conversation that answers a question, if it was held.
    pub fn probe(&self, ask: &Ask) -> Option<&Probe> {
        self.probes().iter().find(|probe| probe.asked == *ask)
    }
}
