//! Client settings: which servers a client is told to connect to.

use crate::source::{At, Pointer, SourceId};

/// Which program reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
}

impl Client {
    /// Stable id, as in hop names.
    pub fn id(self) -> &'static str {
        match self {
            Client::ClaudeCode => "claude-code",
        }
    }

    /// The program's name.
    pub fn title(self) -> &'static str {
        match self {
            Client::ClaudeCode => "Claude Code",
        }
    }
}

/// Whom the entries of a file are for (facts: Claude Code's scopes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `managed-mcp.json`: excludes all others.
    Managed,
    /// `projects.<dir>.mcpServers` in `~/.claude.json`; the directory.
    Local(String),
    /// `.mcp.json` in a project.
    Project,
    /// `mcpServers` in `~/.claude.json`.
    User,
    /// A file that no version of the client reads.
    NotRead,
}

/// A settings file of a client.
#[derive(Clone, Debug)]
pub struct ClientFile {
    /// Whose it is, or is meant to be.
    pub client: Client,
    /// The file.
    pub source: SourceId,
    /// Absolute path.
    pub path: std::path::PathBuf,
    /// Whether the client reads this path at all.
    pub is_read: bool,
    /// Servers in it, in the order of the file.
    pub entries: Vec<ClientEntry>,
}

/// One server of a client.
#[derive(Clone, Debug)]
pub struct ClientEntry {
    /// The name, at its key.
    pub name: At<String>,
    /// Whom it is for.
    pub scope: Scope,
    /// `type`, as written.
    pub kind: Option<At<String>>,
    /// `url`, as written.
    pub url: Option<At<String>>,
    /// `command`, as written.
    pub command: Option<At<String>>,
    /// `args` that are strings.
    pub args: Vec<At<String>>,
    /// `headers` with string values: name (at its entry) and value.
    pub headers: Vec<(String, At<String>)>,
    /// The entry itself.
    pub at: Pointer,
}

impl ClientEntry {
    /// The value of a header, name compared without case.
    pub fn header(&self, name: &str) -> Option<&At<String>> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}
