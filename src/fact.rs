//! What is observed: answers to questions about engines, endpoints and gateways, and what is not known and why.
//!
//! A fact is a record of what was asked and what came back, never an opinion of it: opinions are formed by
//! [`crate::wire`] and the checks, so that recorded facts give the same diagnosis as fresh ones.

mod ask;
mod client;
mod engine;
mod probe;
mod revision;
mod token;
mod tool;

pub use ask::{Ask, Call, Eras, Limits, Lists, Pin, Secret, Target, Trust, Vantage};
pub use client::{AskClient, ClientServer, ClientView, Past, Says};
pub use engine::{
    Binding, Container, Engine, EngineKind, Health, Image, Joined, Locality, Mounted, Net, Since,
    State, Status, label,
};
pub use probe::{
    Answer, Attempt, Clock, Content, Deep, End, Ended, ErrorObject, Exchange, Failure, Look,
    Message, Outcome, Probe, Process, Purpose, Reach, Reply, Request, Round, Said, Tells, TlsLook,
    TlsProblem, TlsSpoken,
};
pub use revision::{Era, Revision};
pub use token::{NoSalt, Tokens, Writing};
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

    /// Why it is not known, if it is not.
    pub fn unknown(&self) -> Option<&Unknown> {
        match self {
            Known::Yes(_) => None,
            Known::No(unknown) => Some(unknown),
        }
    }
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unknown {
    /// Nobody looked.
    NotAsked,
    /// Looking was refused: by what, and what would help.
    Denied(String),
    /// It cannot be looked at from here.
    Unreachable,
    /// Looking failed, and how.
    Failed(String),
}

impl Unknown {
    /// In words that complete "the container engine …".
    pub fn words(&self) -> String {
        match self {
            Unknown::NotAsked => "was not asked".to_owned(),
            Unknown::Denied(why) => format!("may not be asked: {why}"),
            Unknown::Unreachable => "cannot be looked at from here".to_owned(),
            Unknown::Failed(why) => format!("is not known: {why}"),
        }
    }
}

/// Everything that was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The engine.
    pub engine: Known<Engine>,
    /// The conversations with endpoints that were held, in the order of their questions.
    pub wire: Known<Vec<Probe>>,
    /// What clients themselves say of their servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientView>,
    /// By what secrets are replaced in facts that were recorded; nothing in fresh ones.
    #[serde(skip)]
    pub tokens: Option<Tokens>,
}

impl Facts {
    /// Nothing was looked at.
    pub fn none() -> Facts {
        Facts {
            engine: Known::No(Unknown::NotAsked),
            wire: Known::No(Unknown::NotAsked),
            clients: Vec::new(),
            tokens: None,
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

    /// Whether the value that was observed of the variable `name` is the one that a file declares. Always to be asked in
    /// this way: of recorded facts only tokens can be compared.
    pub fn is_same_value(&self, name: &str, observed: &Secret, declared: &str) -> bool {
        match &self.tokens {
            None => observed.reveal() == declared,
            Some(tokens) => tokens.variable(name, declared) == observed.reveal(),
        }
    }

    /// Whether the words of a command that were observed are those that a file declares.
    pub fn are_same_words(&self, observed: &[String], declared: &[String]) -> bool {
        let Some(tokens) = &self.tokens else {
            return observed == declared;
        };
        let written = tokens.words(declared).into_iter().zip(declared);
        let is_same = |seen: &String, word: String, whole: &String| {
            *seen == word || *seen == tokens.token(whole)
        };
        observed.len() == declared.len()
            && observed
                .iter()
                .zip(written)
                .all(|(seen, (word, whole))| is_same(seen, word, whole))
    }
}
