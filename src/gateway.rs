//! What a gateway makes of its file: whether it starts, which servers it then has, what it never reads.
//!
//! The one place that knows a gateway's rules. Checks map its [`Why`]s to ids and words.

pub mod litellm;

use crate::catalog::{Version, VersionSet};
use crate::model::Transport;
use crate::source::{At, Part, Pointer};

/// Where the version of a gateway is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionFrom {
    /// `--litellm-version`.
    Flag,
    /// The running gateway told it.
    Running,
    /// The tag of its image.
    Image,
    /// A version label of its image.
    Label,
}

impl VersionFrom {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            VersionFrom::Flag => "flag",
            VersionFrom::Running => "running",
            VersionFrom::Image => "image",
            VersionFrom::Label => "label",
        }
    }
}

/// The version of a gateway, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// This one, and how we know.
    Exact(Version, VersionFrom),
    /// Not known, and why: "the image's tag main-latest names none".
    Unknown(String),
}

impl Known {
    /// The version, if it is known.
    pub fn version(&self) -> Option<&Version> {
        match self {
            Known::Exact(version, _) => Some(version),
            Known::Unknown(_) => None,
        }
    }

    /// Where it is known from, if it is.
    pub fn from(&self) -> Option<VersionFrom> {
        match self {
            Known::Exact(_, from) => Some(*from),
            Known::Unknown(_) => None,
        }
    }

    /// What remains of `versions` for this run: everything or nothing when the version is known. Else it is measured
    /// by those that come into question: everything where it holds all of them, nothing where it holds none, and
    /// itself where some have it and some have not.
    pub fn narrow(&self, versions: &VersionSet, assumed: &VersionSet) -> VersionSet {
        match self {
            Known::Exact(version, _) if versions.contains(version) => VersionSet::all(),
            Known::Exact(..) => VersionSet::none(),
            Known::Unknown(_) => {
                let rest = versions.intersect(assumed);
                if &rest == assumed {
                    VersionSet::all()
                } else if rest.is_empty() {
                    rest
                } else {
                    versions.clone()
                }
            }
        }
    }
}

/// What a gateway makes of its file.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The servers that it has, in the order of its file, when it starts.
    pub servers: Vec<Upstream>,
    /// What stops it.
    pub rejected: Vec<Ruling>,
    /// What it never reads, or reads otherwise than written.
    pub ignored: Vec<Ruling>,
    /// Files that it opens at start, each a [`Why::FileNeeded`]: one that is absent in its container stops it.
    pub needs: Vec<Ruling>,
}

impl Outcome {
    /// Whether it starts: certainly not when something stops every version that comes into question.
    pub fn starts(&self) -> bool {
        !self.rejected.iter().any(|ruling| ruling.versions.is_all())
    }

    /// Every ruling, what stops it first.
    pub fn rulings(&self) -> impl Iterator<Item = &Ruling> {
        self.rejected.iter().chain(&self.ignored)
    }
}

/// A server behind a gateway, as the gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its key under `mcp_servers`.
    pub name: At<String>,
    /// The alias in force, if any.
    pub alias: Option<At<String>>,
    /// The transport that the gateway will use.
    pub transport: Transport,
    /// Where the transport is written; nothing when it is the default.
    pub transport_at: Option<Pointer>,
    /// The url as the gateway uses it (references resolved as far as they are known).
    pub url: Option<At<Value>>,
    /// The command, for stdio.
    pub command: Option<At<Value>>,
    /// Its arguments.
    pub args: Vec<At<String>>,
    /// Variables given to the child, for stdio.
    pub env: Vec<(String, At<Value>)>,
    /// The entry itself.
    pub at: Pointer,
}

/// A value that may come from the gateway's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// This text.
    Text(String),
    /// From a variable whose value is not known here.
    Variable(String),
    /// From a variable that is not set: the gateway reads nothing.
    Nothing(String),
}

impl Value {
    /// The text, if it is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Variable(_) | Value::Nothing(_) => None,
        }
    }
}

/// Something that the gateway does with a node, and the versions in which it does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The node.
    pub at: Pointer,
    /// The part of it that is meant.
    pub part: Part,
    /// The server that it is about, as an index into [`Outcome::servers`]. An entry that is no mapping has none.
    pub server: Option<usize>,
    /// What is done, and why.
    pub why: Why,
    /// In which of the versions that come into question; all of them, or some.
    pub versions: VersionSet,
}

/// What a gateway does with a node that its owner did not mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A top-level section that is never read; what does the job instead, if anything does.
    UnknownSection {
        /// The section, as written.
        name: String,
        /// What does the job: a clause.
        instead: Option<String>,
    },
    /// `mcp_servers` where it is not read, or spelled otherwise.
    MisplacedSection {
        /// The key, as written.
        name: String,
        /// The section that was meant.
        belongs: String,
    },
    /// A setting under a section that does not read it; the section that does.
    MisplacedSetting {
        /// The setting.
        name: String,
        /// The section that reads it.
        belongs: String,
        /// The variable of the gateway's environment that does it as well.
        variable: Option<String>,
    },
    /// A setting that nothing reads anywhere; what does the job instead.
    IgnoredSetting {
        /// The setting.
        name: String,
        /// What does the job: a clause.
        instead: Option<String>,
    },
    /// An empty section that stops the gateway.
    NullSection {
        /// The section.
        name: String,
    },
    /// Another shape than the one needed; stops the gateway.
    Shape {
        /// What has it, as a path from the root (`mcp_servers.db`), or "the file".
        name: String,
        /// What it is, in words: "a list", "absent".
        is: String,
        /// What is needed, in words.
        needs: String,
    },
    /// Another type of scalar than the one needed; stops the gateway.
    ValueType {
        /// What has it, as a path from the root: `mcp_servers.db.args[0]`.
        name: String,
        /// What it is, in words: "a number".
        is: String,
        /// What is needed, in words.
        needs: String,
    },
    /// A key of a server that is not read.
    UnknownKey {
        /// The key, as written.
        name: String,
        /// Whether it was meant to keep somebody or something out.
        protects: bool,
        /// What does the job.
        note: Option<String>,
        /// The key that was meant, where one does the same.
        meant: Option<String>,
        /// The versions that do read it, in words; nothing when none does.
        read: Option<String>,
    },
    /// A server's name that holds the separator; stops the gateway.
    NameInvalid {
        /// The name.
        name: String,
        /// What stands between a server's name and a tool's.
        separator: String,
    },
    /// A name outside the characters that clients and SEP-986 allow.
    NameUnusual {
        /// The name.
        name: String,
    },
    /// An alias that breaks tool calls.
    AliasInvalid {
        /// The alias, which holds the separator.
        alias: String,
    },
    /// Two servers answer to one name.
    AliasConflict {
        /// The name, as the later server has it.
        name: String,
        /// Where the earlier server has it: its entry or its alias.
        other: Pointer,
    },
    /// An alias of a server that does not exist.
    AliasDangling {
        /// The alias.
        alias: String,
        /// The name that no server has.
        target: String,
    },
    /// An entry of `mcp_aliases` has no effect.
    AliasIgnored {
        /// The alias.
        alias: String,
        /// The server that it names.
        target: String,
        /// The alias that wins over it; nothing when the version ignores all of them.
        wins: Option<Pointer>,
    },
    /// A transport that does not exist; stops the gateway. What was probably meant.
    TransportInvalid {
        /// The value, its variable looked up; its shape in words where it has no text.
        is: String,
        /// The word to write, where there is a guess.
        meant: Option<&'static str>,
    },
    /// No transport, read as streamable HTTP, although something else was meant.
    TransportMissing {
        /// The word to write.
        meant: &'static str,
        /// What shows it, a clause: "`type` is not read".
        because: String,
    },
    /// A transport over the network without a url.
    UrlMissing {
        /// The transport that the gateway uses.
        transport: Transport,
    },
    /// A url that nothing can be sent to.
    UrlMalformed {
        /// The url, its variable looked up.
        url: String,
        /// Why nothing can be sent to it: a clause.
        problem: String,
    },
    /// A type of authentication that does not exist; stops the gateway. What was probably meant.
    AuthTypeInvalid {
        /// The value, its variable looked up; its shape in words where it has no text.
        is: String,
        /// The word to write, where there is a guess.
        meant: Option<String>,
    },
    /// A type of authentication without the key that it needs; stops the gateway.
    AuthIncomplete {
        /// The type.
        auth_type: String,
        /// The key beside it.
        key: String,
        /// What that key may be.
        values: Vec<String>,
    },
    /// `${VAR}` and the like: taken literally.
    Reference {
        /// The reference as it is written: never a secret.
        text: String,
        /// Why it is not looked up there.
        problem: String,
        /// The variable that was meant.
        variable: String,
        /// The value that does it, where one does.
        write: Option<String>,
    },
    /// A variable that is not set, where a string is needed; stops the gateway.
    VariableUnset {
        /// What takes it, as a path from the root: `mcp_servers.db.env.TOKEN`.
        name: String,
        /// The variable.
        variable: String,
    },
    /// A variable whose value is read as a truth value, where a string is needed; stops the gateway.
    VariableBoolean {
        /// What takes it, as a path from the root.
        name: String,
        /// The variable.
        variable: String,
    },
    /// A file that has to exist in the gateway's container.
    FileNeeded {
        /// The key that names it, as a path from the root.
        name: String,
        /// The path, as written.
        path: String,
    },
    /// Anything else that stops the gateway.
    Other {
        /// What is wrong: a clause.
        problem: String,
    },
}
