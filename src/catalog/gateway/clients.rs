//! How clients call a gateway.

use indexmap::IndexMap;
use serde::Deserialize;

use super::Switch;
use super::transports::transport;
use crate::catalog::VersionSet;
use crate::model::Transport;
use crate::source::Node;

/// How clients call the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Where it serves MCP.
    pub paths: Vec<ServedPath>,
    /// The variable that puts something in front of every path.
    pub root_path: String,
    /// The header that names servers.
    pub servers_header: String,
    /// Headers that no other gateway asks for.
    pub own_headers: Vec<String>,
    /// Headers that it never reads, though people send them.
    pub ignored_headers: IndexMap<String, IgnoredHeader>,
    /// Headers for one server: `x-mcp-<alias>-authorization`.
    pub server_headers: ServerHeaders,
    /// Headers that have the client's key, the one that wins first.
    pub key_headers: Vec<KeyHeader>,
    /// What has to stand in front of a key.
    pub key_prefixes: Vec<String>,
    /// How some versions answer a key that they refuse.
    pub hides_refusal: HiddenRefusal,
    /// What follows when a client names a server that does not exist.
    pub unknown_servers: Vec<UnknownServers>,
    /// Where a database is named.
    pub database: Switch,
    /// Variables that name a database in parts.
    pub database_parts: Vec<String>,
    /// The setting that has clients show their key in another header.
    pub key_header_setting: String,
    /// Servers to which the client's `Authorization` goes.
    pub passed_on: PassedOn,
    /// What makes it take servers from the database.
    pub servers_in_database: Switch,
    /// What it calls itself in the handshake.
    pub server_name: String,
    /// Where it tells of itself and of its servers.
    pub tells: TellsAt,
    /// What it says, in lower case and before their names, where it refuses the servers that a caller asks for.
    pub refuses_servers: String,
    /// What it says, in lower case, where the caller's key may use no server at all.
    pub grants_nothing: String,
    /// What it says to those to whom it does not tell.
    pub refusals: Vec<RefusalWords>,
    /// What it answers to everything where the packages that it is installed with do not fit together.
    pub broken_install: String,
}

/// What the gateway says to a caller whom it does not tell of its servers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalWords {
    /// Words of the answer, in lower case.
    pub says: String,
    /// What is wrong with the key.
    pub means: KeyFault,
}

/// What is wrong with a caller's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFault {
    /// There is none.
    Absent,
    /// It is not as keys are written: the word in front of it is missing.
    Malformed,
    /// It is not the master key, and there is no database with others.
    NoDatabase,
    /// It is not the master key, and not in the database.
    #[default]
    Unknown,
}

/// Paths at which the gateway tells of itself and of the servers behind it, from its root. Each is read with GET.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TellsAt {
    /// Whether it is ready, to everybody.
    pub readiness: String,
    /// The same and more, for a key.
    pub details: String,
    /// Its servers, for a key.
    pub servers: String,
    /// How they are, for a key.
    pub health: String,
}

/// A path at which MCP is served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedPath {
    /// The path; `{servers}` stands for names.
    pub path: String,
    /// What is spoken there.
    #[serde(deserialize_with = "transport")]
    pub transport: Transport,
    /// In which versions.
    pub served: VersionSet,
    /// Versions that redirect it, without a slash at its end, to itself with one.
    #[serde(default = "VersionSet::none")]
    pub redirected: VersionSet,
}

/// A header that has no effect.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IgnoredHeader {
    /// In which versions.
    pub versions: VersionSet,
    /// The header that does what was meant.
    pub instead: String,
}

/// Headers for one server, `<prefix><alias>-<header>`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerHeaders {
    /// What they begin with.
    pub prefix: String,
    /// Versions that compare the alias, in lower case since it comes from a header, with the server's as it is written.
    pub exact: VersionSet,
}

/// A header that has the client's key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyHeader {
    /// Its name.
    pub name: String,
    /// Versions that refuse a key in it without one of the prefixes.
    pub prefixed: VersionSet,
}

/// An answer that does not say that it is about the key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenRefusal {
    /// In which versions.
    pub versions: VersionSet,
    /// The answer, as a sentence.
    pub text: String,
}

/// Servers to which the client's `Authorization` goes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassedOn {
    /// Keys of such an entry.
    pub keys: Vec<String>,
    /// Its types of authentication.
    pub auth_types: Vec<String>,
}

impl PassedOn {
    /// Whether an entry of `mcp_servers` is such a server.
    pub fn matches(&self, server: Node<'_>) -> bool {
        let auth_type = server.get("auth_type").and_then(Node::as_str);
        self.keys.iter().any(|key| server.get(key).is_some())
            || auth_type.is_some_and(|have| self.auth_types.iter().any(|one| one == have))
    }
}

/// What follows when a client names a server that does not exist.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownServers {
    /// The versions.
    pub versions: VersionSet,
    /// When no other name is known either.
    pub alone: String,
    /// When others are.
    pub among: String,
}
