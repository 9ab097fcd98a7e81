//! What was read, how it was found, and what was looked for in vain.

use crate::source::SourceId;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            Miss::Misread => what.clone(),
        }
    }
}
