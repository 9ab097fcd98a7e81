//! What a client itself says of its servers: in the list that it prints, and in the logs that it wrote.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Known, Unknown};

/// A question to a client on this machine.
#[derive(Clone, Debug)]
pub struct AskClient {
    /// The home of its user.
    pub home: PathBuf,
    /// Where it keeps what it can do without, the likeliest place first.
    pub caches: Vec<PathBuf>,
    /// The directory that it is asked in.
    pub dir: PathBuf,
    /// Servers whose logs are of interest, each with the directories in which the client may have been started for it.
    pub servers: Vec<(String, Vec<PathBuf>)>,
    /// Whether it may be started, to print its list; why not.
    pub list: Known<()>,
}

impl AskClient {
    /// Names of the servers.
    pub fn names(&self) -> Vec<String> {
        self.servers.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientView {
    /// Its id in the catalog.
    pub client: String,
    /// The version that it names.
    pub version: Option<String>,
    /// The directory that it was asked in.
    pub dir: String,
    /// Names of servers that its files had then: of others its list says nothing.
    #[serde(default)]
    pub declared: Vec<String>,
    /// The servers that it lists.
    pub servers: Known<Vec<ClientServer>>,
    /// How its last attempts to connect ended, by its logs.
    pub past: Vec<Past>,
}

/// A server as a client lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientServer {
    /// Its name.
    pub name: String,
    /// The url or command that the client shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What becomes of it.
    pub says: Says,
    /// Why, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How an attempt to connect ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The server's name.
    pub name: String,
    /// The directory in which the client was started.
    pub dir: String,
    /// When, as the log has it: `2026-11-26T10:12:51.742Z`.
    pub at: String,
    /// The client's version then, if the log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The url that was called, if the log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How it ended.
    pub says: Says,
    /// Why, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a client says of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// It connected.
    Connected,
    /// It connected, and got no list of tools.
    ToolsFailed,
    /// It did not connect.
    Failed,
    /// It wants somebody to log in.
    NeedsAuthentication,
    /// It waits for approval.
    Pending,
    /// Its user said no.
    Rejected,
    /// It is switched off.
    Disabled,
    /// There is nothing to connect to.
    NotConfigured,
    /// The entry is no server.
    Skipped,
    /// Something that is not known here; the reason has its words.
    Other,
}

impl Says {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Says::Connected => "connected",
            Says::ToolsFailed => "tools-failed",
            Says::Failed => "failed",
            Says::NeedsAuthentication => "needs-authentication",
            Says::Pending => "pending",
            Says::Rejected => "rejected",
            Says::Disabled => "disabled",
            Says::NotConfigured => "not-configured",
            Says::Skipped => "skipped",
            Says::Other => "other",
        }
    }

    /// In words that complete "Claude Code says: …".
    pub fn words(self) -> &'static str {
        match self {
            Says::Connected => "connected",
            Says::ToolsFailed => "connected, but the list of tools could not be had",
            Says::Failed => "failed to connect",
            Says::NeedsAuthentication => "needs authentication",
            Says::Pending => "pending approval",
            Says::Rejected => "rejected",
            Says::Disabled => "disabled",
            Says::NotConfigured => "not configured",
            Says::Skipped => "skipped",
            Says::Other => "something else",
        }
    }

    /// Whether the client tried, and cannot use the server.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Says::ToolsFailed | Says::Failed | Says::NeedsAuthentication
        )
    }
}

impl ClientView {
    /// Whether it says anything at all.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty() && self.servers == Known::No(Unknown::NotAsked)
    }
}
