//! How a gateway shows servers who it is.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::catalog::{VersionSet, glob};

/// How the gateway shows who it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The words that are understood, and since when.
    pub types: IndexMap<String, VersionSet>,
    /// Other words that people write, and the one that they mean.
    pub meant: IndexMap<String, String>,
    /// Types that need another key beside them.
    pub needs: IndexMap<String, AuthNeed>,
    /// Keys that hold the value, the one that wins first.
    pub values: Vec<String>,
    /// Types that send this value.
    pub sends: IndexMap<String, Sends>,
    /// Versions that put the scheme before a value that has it already.
    pub doubled: VersionSet,
    /// The type that sends a value as it is.
    pub verbatim: String,
    /// The type that most servers want.
    pub usual: String,
    /// Keys that no version reads, in which people write what the type and its value say.
    pub instead: Vec<String>,
    /// Keys of an entry that bring headers from elsewhere.
    pub other_headers: Vec<String>,
    /// Globs of headers of clients that bring a value, in lower case.
    pub client_headers: Vec<String>,
}

/// How a value is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sends {
    /// The header.
    pub header: String,
    /// What is put before the value.
    pub scheme: Option<String>,
}

impl Auth {
    /// Whether a header of a client brings a value for upstream servers.
    pub fn is_client_header(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.client_headers
            .iter()
            .any(|pattern| glob::matches(pattern, &name))
    }
}

/// A key without which an authentication type stops the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthNeed {
    /// The key.
    pub key: String,
    /// What it may be.
    pub values: Vec<String>,
    /// Versions that insist on it.
    pub versions: VersionSet,
}
