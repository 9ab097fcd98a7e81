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
            Known::Exact(version, _) => versions.seen_by(version),
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
    /// Who may come in.
    pub access: Access,
    /// Why part of what it reads is not known here, if so: an included file that was not read. Then nothing is
    /// certainly absent.
    pub gap: Option<String>,
}

/// Who may come in, as far as a gateway's file and environment say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The key that opens everything.
    pub master_key: Setting,
    /// The database, in which other keys may stand.
    pub database: Setting,
    /// Whether a setting lets clients in otherwise, or has their key in another header.
    pub other_ways: bool,
    /// Whether some server takes the client's `Authorization` for itself, so that it need not be a key.
    pub passes_on: bool,
}

/// Something that a gateway is told by its file or its environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Setting {
    /// It is set.
    Set {
        /// To what; it may be a secret.
        text: String,
        /// Where the file has it.
        at: Option<Pointer>,
        /// The variable that it comes from, where the file has it not.
        variable: Option<String>,
    },
    /// It depends on something that is not known here.
    #[default]
    Unknown,
    /// It is certainly not set.
    Absent,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Setting::Set { .. } => "Set",
            Setting::Unknown => "Unknown",
            Setting::Absent => "Absent",
        })
    }
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
    /// The variable that the url is taken from, if it is.
    pub url_variable: Option<String>,
    /// The command, for stdio.
    pub command: Option<At<Value>>,
    /// Its arguments.
    pub args: Vec<At<String>>,
    /// Variables given to the child, for stdio.
    pub env: Vec<(String, At<Value>)>,
    /// Headers that the gateway sends of its own accord.
    pub sends: Vec<Header>,
    /// The entry itself.
    pub at: Pointer,
}

impl Upstream {
    /// Its name, and its alias if it has one.
    pub fn names(&self) -> impl Iterator<Item = &At<String>> {
        [Some(&self.name), self.alias.as_ref()]
            .into_iter()
            .flatten()
    }

    /// Whether this is its name or its alias.
    pub fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own.value == name)
    }
}

/// A header that a gateway sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The variable that the value is taken from, if it is.
    pub variable: Option<String>,
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

/// What follows from a variable that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// The gateway does not start.
    Stops,
    /// A server has no address.
    NoUrl,
    /// A server has no program.
    NoCommand,
    /// A server gets no credentials.
    NoCredentials,
    /// Callers need no key.
    NoKey(Fate),
}

/// What becomes of a gateway without a good key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does not start.
    Stops,
    /// It serves everybody, or everybody who tries.
    Serves,
    /// It does not start, unless it is permitted to; whether it is is not known.
    Unless,
    /// One or the other: the version is not known.
    Either,
}

/// Why a gateway has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// Nothing names one.
    Absent,
    /// The setting is there, and empty.
    Empty,
    /// The setting says that there is none.
    Null,
    /// It is set where it is not read.
    Misplaced,
    /// Nothing names one, and a setting or variable permits it.
    Permitted,
}

/// Why a value for authentication is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// There is no type.
    NoType,
    /// The type is `none`.
    TypeNone,
    /// Nothing is sent to a program.
    Stdio,
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
        /// The section under which it is read.
        under: Option<String>,
    },
    /// `mcp_servers` where it is not read, or spelled otherwise.
    MisplacedSection {
        /// The key, as written.
        name: String,
        /// The section that was meant.
        belongs: String,
        /// What would stop the gateway if it stood there as it is.
        stops: Vec<Ruling>,
        /// What the gateway would then pass over.
        ignored: Vec<Ruling>,
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
    /// A variable that is not set.
    VariableUnset {
        /// What takes it, as a path from the root: `mcp_servers.db.env.TOKEN`.
        name: String,
        /// The variable.
        variable: String,
        /// What follows.
        then: Unset,
    },
    /// A variable whose value is read as a truth value, where a string is needed; stops the gateway.
    VariableBoolean {
        /// What takes it, as a path from the root.
        name: String,
        /// The variable.
        variable: String,
    },
    /// A command that is looked for under a name with its arguments in it.
    CommandWithArguments {
        /// The program that was meant.
        program: String,
        /// The arguments behind it.
        arguments: Vec<String>,
    },
    /// A program that is not started, because none is.
    StdioDisabled {
        /// The variable that switches it on.
        variable: String,
        /// The value that does.
        value: String,
        /// Whether the file sets it itself, which does not count.
        in_file: bool,
    },
    /// A program that is not among those that are started.
    CommandNotAllowed {
        /// The program, without its path.
        program: String,
        /// Those that are started.
        allowed: Vec<String>,
        /// The variable that adds others.
        variable: String,
        /// What the variable has.
        has: String,
    },
    /// A value for authentication that is never sent.
    AuthValueUnused {
        /// The key that holds it.
        key: String,
        /// Why it is not sent.
        because: Unused,
        /// The type that would send it.
        meant: String,
    },
    /// A type of authentication without a value.
    AuthValueMissing {
        /// The type.
        auth_type: String,
        /// The header that is not sent.
        header: String,
        /// The key that would hold the value.
        key: String,
    },
    /// A value that begins with the scheme that is put before it.
    SchemeDoubled {
        /// The scheme.
        scheme: String,
        /// The type that sends a value as it is.
        verbatim: String,
        /// Where `auth_type` is written.
        type_at: Pointer,
    },
    /// No key for callers.
    NoMasterKey {
        /// What follows.
        fate: Fate,
        /// How it comes.
        cause: NoKey,
    },
    /// A key for callers that anybody would try.
    WeakMasterKey {
        /// What follows.
        fate: Fate,
        /// Whether it is documentation's example; else it is easy to guess.
        known: bool,
    },
    /// A section that an included file puts another one in the place of.
    SectionReplaced {
        /// The section.
        name: String,
        /// The section that counts.
        by: Pointer,
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
