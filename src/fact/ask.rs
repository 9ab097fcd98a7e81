//! What is asked of an endpoint: one whole conversation.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Revision;
use crate::model::Transport;

/// A whole conversation with one endpoint: everything that a probe needs to know before it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Whom to talk to.
    pub target: Target,
    /// Where from.
    #[serde(default)]
    pub from: Vantage,
    /// The transport that the caller will use; nothing when that is to be found out.
    pub transport: Option<Transport>,
    /// The transport that the caller tries by itself where that one fails.
    pub falls_back: Option<Transport>,
    /// Which revisions to try.
    pub eras: Eras,
    /// Headers of every request to the endpoint's own origin, with their values.
    pub headers: Vec<(String, Secret)>,
    /// Headers that the caller would send and this probe does not, and why not.
    pub withheld: Vec<(String, String)>,
    /// What is never shown wherever it stands: values of variables in its url, headers and arguments.
    pub secrets: Vec<Secret>,
    /// The `Host` header to send, when it is not the url's.
    pub host: Option<String>,
    /// Addresses to use instead of asking for them.
    pub pins: Vec<Pin>,
    /// Whether the caller can log in with OAuth.
    pub trust: Trust,
    /// What to list beside tools.
    pub lists: Lists,
    /// Whether the endpoint is a gateway's: then it is also asked what it tells of itself and of the servers behind it.
    /// One that shows by its handshake that it is one is asked in any case.
    #[serde(default)]
    pub gateway: bool,
    /// A tool to call.
    pub call: Option<Call>,
    /// Whether to send what a well-behaved client never does.
    pub deep: bool,
    /// How often to measure.
    pub rounds: u32,
    /// What a conversation may take.
    pub limits: Limits,
}

impl Ask {
    /// The usual questions about a url.
    pub fn url(url: impl Into<String>) -> Ask {
        Ask::of(Target::Url(url.into()))
    }

    /// The usual questions about a target.
    pub fn of(target: Target) -> Ask {
        Ask {
            target,
            from: Vantage::Here,
            transport: None,
            falls_back: None,
            eras: Eras::Auto,
            headers: Vec::new(),
            withheld: Vec::new(),
            secrets: Vec::new(),
            host: None,
            pins: Vec::new(),
            trust: Trust::default(),
            lists: Lists::default(),
            gateway: false,
            call: None,
            deep: false,
            rounds: 0,
            limits: Limits::default(),
        }
    }

    /// Whom it is about, without secrets: the url, or the program.
    pub fn name(&self) -> String {
        let written = match &self.target {
            Target::Url(url) => url,
            Target::Command { program, .. } => program,
        };
        self.masked(written)
    }

    /// A text about it without its secrets, and without whatever else looks like one.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            let value = secret.reveal();
            if value.len() >= Secret::SHORTEST {
                text = text.replace(value, &"*".repeat(value.len()));
            }
        }
        crate::secret::redact(&text)
    }

    /// Whether a header is sent by which a caller shows who it is.
    pub fn has_credentials(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, _)| crate::secret::is_telling(name))
    }
}

/// Whom a conversation is held with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// An address, as the caller writes it.
    Url(String),
    /// A program that is started, and talked to over its pipes.
    Command {
        /// The program.
        program: String,
        /// Its arguments.
        args: Vec<String>,
        /// Variables beside those of mcpdoc's own environment.
        env: BTreeMap<String, Secret>,
        /// Where it is started, when not in the working directory.
        cwd: Option<PathBuf>,
    },
}

/// Where a conversation is held from: whose network it goes through, and who starts a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Vantage {
    /// This machine.
    #[default]
    Here,
    /// The network of a container, entered from this machine.
    Namespace {
        /// The container's name.
        container: String,
        /// Its id.
        id: String,
        /// Its first process.
        pid: u32,
    },
    /// A program that the engine starts in a container.
    Exec {
        /// The container's name.
        container: String,
        /// Its id.
        id: String,
    },
}

impl Vantage {
    /// The container, by its name.
    pub fn container(&self) -> Option<&str> {
        match self {
            Vantage::Here => None,
            Vantage::Namespace { container, .. } | Vantage::Exec { container, .. } => {
                Some(container)
            }
        }
    }
}

/// Which revisions are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Eras {
    /// The newest first, older ones until one works: what a client that speaks all does.
    Auto,
    /// Both eras, even after one worked.
    All,
    /// This one alone.
    Only(Revision),
}

/// A text that is never shown: a header's or variable's value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Shorter values are no secrets, and would take apart every text.
    pub const SHORTEST: usize = 4;

    /// The text itself, to be sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// `NAME:PORT:ADDR`, as in curl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The host name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address to use for both.
    pub address: IpAddr,
}

/// How a server proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// A file with certificates to trust beside the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate will do.
    pub any_certificate: bool,
    /// Whether the caller can log in with OAuth when the server demands it; nothing when the caller is a person.
    pub oauth: Option<bool>,
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// `tools/list`.
    pub tools: bool,
    /// `resources/list`, where the server has them.
    pub resources: bool,
    /// `prompts/list`, where the server has them.
    pub prompts: bool,
}

impl Default for Lists {
    fn default() -> Lists {
        Lists {
            tools: true,
            resources: false,
            prompts: false,
        }
    }
}

/// A tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// Its arguments, a JSON object.
    pub arguments: serde_json::Value,
    /// Whether the conversation is held for it alone: nothing else is asked of a gateway, and of what the tool answers
    /// only the [`Content`](super::Content) is kept, for it may be anybody's data.
    #[serde(default)]
    pub alone: bool,
}

impl Call {
    /// Texts in its arguments that are secret, by the names that they stand under or by how they look; longest first.
    pub fn secrets(&self) -> Vec<Secret> {
        use serde_json::Value;
        fn visit(name: Option<&str>, value: &Value, found: &mut Vec<String>) {
            match value {
                Value::String(text) => {
                    let spans = crate::secret::spans_to_mask(name, text).into_iter();
                    found.extend(spans.map(|span| text[span].to_owned()));
                }
                Value::Array(items) => items.iter().for_each(|item| visit(name, item, found)),
                Value::Object(members) => {
                    for (name, value) in members {
                        visit(Some(name), value, found);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        let mut found = Vec::new();
        visit(None, &self.arguments, &mut found);
        found.retain(|value| !value.is_empty());
        found.sort_by_key(|value| std::cmp::Reverse(value.len()));
        found.dedup();
        found.into_iter().map(Secret::from).collect()
    }
}

/// What one conversation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Until a connection stands, in milliseconds.
    pub connect_ms: u64,
    /// Until the head of an answer has come, in milliseconds.
    pub answer_ms: u64,
    /// The whole conversation, in milliseconds.
    pub deadline_ms: u64,
}

impl Limits {
    /// Body before an answer is known to be MCP.
    pub const FOREIGN_BYTES: usize = 256 * 1024;
    /// Body of MCP answers in one conversation.
    pub const MCP_BYTES: usize = 16 * 1024 * 1024;
    /// Tools of one server that are looked at.
    pub const TOOLS: usize = 5_000;
    /// Pages of one list.
    pub const PAGES: usize = 100;
    /// Redirects that are followed.
    pub const REDIRECTS: usize = 5;
    /// Paths that are tried where the given one serves no MCP.
    pub const CANDIDATES: usize = 12;
}

impl Default for Limits {
    /// Connects in 5 s, answers in 10 s, ends after 30 s: as long as Claude Code waits for a connection
    /// (`MCP_TIMEOUT`, 30 s by default).
    fn default() -> Limits {
        Limits {
            connect_ms: 5_000,
            answer_ms: 10_000,
            deadline_ms: 30_000,
        }
    }
}
