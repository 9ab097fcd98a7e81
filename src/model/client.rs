//! Client settings: which servers a client is told to connect to.

use crate::source::{At, Pointer, SourceId};

/// Which program reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Claude Desktop, the application.
    ClaudeDesktop,
    /// Cursor.
    Cursor,
    /// VS Code with Copilot.
    VsCode,
}

impl Client {
    /// All of them.
    pub const ALL: [Client; 4] = [
        Client::ClaudeCode,
        Client::ClaudeDesktop,
        Client::Cursor,
        Client::VsCode,
    ];

    /// Stable id, as in hop names and of its page in the catalog.
    pub fn id(self) -> &'static str {
        match self {
            Client::ClaudeCode => "claude-code",
            Client::ClaudeDesktop => "claude-desktop",
            Client::Cursor => "cursor",
            Client::VsCode => "vscode",
        }
    }

    /// The program's name.
    pub fn title(self) -> &'static str {
        match self {
            Client::ClaudeCode => "Claude Code",
            Client::ClaudeDesktop => "Claude Desktop",
            Client::Cursor => "Cursor",
            Client::VsCode => "VS Code",
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
    /// `.mcp.json` in a project; another client's file in a project.
    Project,
    /// `mcpServers` in `~/.claude.json`; another client's file of one user.
    User,
    /// `.mcp.json` in a plugin: its servers come and go with the plugin.
    Plugin,
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
    /// Whether it is this client's for certain: by its path, or because a person said so. Of any other name it may be
    /// another program's.
    pub is_certain: bool,
    /// Whether it belongs to a plugin of Claude Code's, as far as the folders around it tell.
    pub is_plugin: bool,
    /// Of a file in a project that the client does not read: the one that it reads there.
    pub instead: Option<ProjectFile>,
    /// Servers in it, in the order of the file.
    pub entries: Vec<ClientEntry>,
}

/// The file from which a client takes the servers of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// Absolute path.
    pub path: std::path::PathBuf,
    /// Its name as reports show it.
    pub name: String,
    /// Whether there is such a file.
    pub is_there: bool,
}

/// What decides, beside the files with servers, whether Claude Code connects to them.
#[derive(Debug, Default)]
pub struct ClientState {
    /// Whether the home and this machine were looked at: without that, nothing is known of approvals.
    pub home_read: bool,
    /// The user's own file, which also says which projects are trusted; nothing when there is none.
    pub user_file: Option<SourceId>,
    /// Settings files that were found, in no order.
    pub settings: Vec<SettingsFile>,
}

/// A settings file of Claude Code's.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    /// The file.
    pub source: SourceId,
    /// Whose settings they are.
    pub scope: SettingsScope,
}

/// Whose settings a file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsScope {
    /// The administrator's.
    Managed,
    /// One user's.
    User,
    /// Everybody's, or one person's, in this project directory.
    Project(std::path::PathBuf),
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
