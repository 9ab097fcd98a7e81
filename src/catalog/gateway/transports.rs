//! How a gateway talks to servers.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::catalog::VersionSet;
use crate::model::Transport;

/// How the gateway talks to servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transports {
    /// When none is written.
    #[serde(deserialize_with = "transport")]
    pub default: Transport,
    /// The words that are understood, and since when.
    pub known: IndexMap<String, VersionSet>,
    /// Other words that people write, and the one that they mean.
    pub meant: IndexMap<String, String>,
}

impl Default for Transports {
    fn default() -> Transports {
        Transports {
            default: Transport::Http,
            known: IndexMap::new(),
            meant: IndexMap::new(),
        }
    }
}

pub(super) fn transport_of(word: &str) -> Option<Transport> {
    [Transport::Http, Transport::Sse, Transport::Stdio]
        .into_iter()
        .find(|transport| transport.word() == word)
}

pub(super) fn transport<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Transport, D::Error> {
    let word = String::deserialize(deserializer)?;
    transport_of(&word).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no transport")))
}
