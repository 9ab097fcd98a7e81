//! How long a program waits for the servers that it calls.

use serde::Deserialize;

/// One of its patiences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// What it waits for.
    pub stage: Stage,
    /// How long, in milliseconds.
    pub ms: u64,
    /// What it does then; completes "Claude Code waits 30 s, then it …".
    pub then: String,
    /// How it is made to wait longer; completes "to let Claude Code wait longer, …".
    #[serde(default)]
    pub longer: Option<String>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The answer to `server/discover` or `initialize`.
    Handshake,
    /// The answer to `tools/list`.
    Tools,
}

impl Stage {
    /// The stage that a method belongs to.
    pub fn of(method: &str) -> Option<Stage> {
        match method {
            "server/discover" | "initialize" => Some(Stage::Handshake),
            "tools/list" => Some(Stage::Tools),
            _ => None,
        }
    }
}
