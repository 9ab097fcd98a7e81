//! What was read, how it was found, and what was looked for in vain.

use crate::source::{Pointer, SourceId};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// LiteLLM's proxy configuration.
    LiteLlm,
    /// A Compose file.
    Compose,
    /// A client's settings.
    Client,
    /// Variables: `.env` or an `env_file`.
    Env,
    /// A container that no file declares.
    Container,
}

impl Kind {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Kind::LiteLlm => "litellm",
            Kind::Compose => "compose",
            Kind::Client => "client",
            Kind::Env => "env",
            Kind::Container => "container",
        }
    }
}

/// How a file came into the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Named on the command line.
    Flag,
    /// Found by search.
    Found,
    /// Found because it mounts, or is named by, a file that was read.
    Mounted,
    /// Named by the labels of a container.
    Label,
    /// Seen running, or having run.
    Engine,
}

impl How {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            How::Flag => "flag",
            How::Found => "found",
            How::Mounted => "mounted",
            How::Label => "label",
            How::Engine => "engine",
        }
    }
}

/// A file of the run.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file.
    pub source: SourceId,
    /// What it is.
    pub kind: Kind,
    /// How it came in.
    pub how: How,
    /// The container whose labels name it.
    pub container: Option<String>,
}

/// A file that says what counts: no part of the stack itself.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The file.
    pub source: SourceId,
    /// What it is.
    pub kind: Decides,
    /// How it came in.
    pub how: How,
}

/// What says what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// `mcpdoc.toml`.
    Settings,
    /// The findings that were there before.
    Baseline,
}

impl Decides {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Decides::Settings => "settings",
            Decides::Baseline => "baseline",
        }
    }
}

/// Something that is no part of the run and could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// What: where it was looked for in vain, or why it was passed over.
    pub what: String,
    /// The flag that adds it, such as `--compose FILE`.
    pub flag: &'static str,
    /// Why it is none.
    pub why: Miss,
    /// The file that it would mount, if that is what was looked for.
    pub mounts: Option<String>,
}

/// Why something is no part of the run as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// It was not found.
    NotFound,
    /// It is there, and was not read.
    PassedOver,
    /// It is a template, and nothing has rendered it.
    Unrendered,
    /// It is another client's, and was not read.
    OtherClient,
    /// It is there, and no part of what a change touches.
    Untouched,
    /// It is another client's, and was read by the rules of one that is known.
    Misread,
}

impl Miss {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Miss::NotFound => "not-found",
            Miss::PassedOver => "passed-over",
            Miss::Unrendered => "unrendered",
            Miss::OtherClient => "other-client",
            Miss::Untouched => "untouched",
            Miss::Misread => "misread",
        }
    }
}

impl Missed {
    /// The whole sentence.
    pub fn line(&self) -> String {
        let Missed {
            what, flag, why, ..
        } = self;
        match why {
            Miss::NotFound => format!("not found: {what}; {flag} adds it"),
            Miss::PassedOver => format!("passed over: {what}; {flag} reads it"),
            Miss::Unrendered => {
                format!("not rendered: {what}; render it, and name the result with {flag}")
            }
            Miss::OtherClient => {
                format!("passed over: {what}; {flag} reads it, if it is meant for Claude Code")
            }
            Miss::Untouched => format!("left out: {what}"),
            Miss::Misread => what.clone(),
        }
    }
}

/// A path that leads out of the only directory that may be looked at. Nothing there was read.
#[derive(Clone, Debug)]
pub struct Outside {
    /// What is at that path, of which nothing is known.
    pub source: SourceId,
    /// What names it; nothing where it is part of the stack by its own place and name.
    pub named: Vec<Named>,
}

/// A path where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What names it.
    pub by: Namer,
    /// As it is written there.
    pub written: String,
}

/// What names a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namer {
    /// A node of a file.
    Node(Pointer),
    /// The labels of the container with this name.
    Container(String),
}
