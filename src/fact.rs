//! What is observed: answers to questions about engines, endpoints and gateways, and what is not known and why.
//!
//! In this version nothing observes yet: every fact is [`Known::No`] with [`Unknown::NotAsked`].

/// Something observed, or why it is not known. A check never concludes absence from `No`.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Its address, such as `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// Whether it was proved to run on this machine.
    pub local: bool,
    /// What kind it is.
    pub kind: EngineKind,
}

/// Kinds of engines, as far as they behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The engine.
    pub engine: Known<Engine>,
    /// Whether endpoints were probed.
    pub wire: Known<()>,
}

impl Facts {
    /// Nothing was looked at.
    pub fn none() -> Facts {
        Facts {
            engine: Known::No(Unknown::NotAsked),
            wire: Known::No(Unknown::NotAsked),
        }
    }
}
