//! What stands under `mcp_servers`.

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Auth, Stdio, Transports};
use crate::catalog::VersionSet;

/// What is known of `mcp_servers`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// What stands between a server's name and a tool's.
    pub separator: Separator,
    /// How the gateway talks to servers.
    pub transports: Transports,
    /// `litellm_settings.mcp_aliases`.
    pub aliases: Aliases,
    /// Values that come from the environment.
    pub references: References,
    /// Programs that the gateway starts.
    pub stdio: Stdio,
    /// Mistakes of the gateway's own.
    pub bugs: Bugs,
    /// How the gateway shows who it is.
    pub auth: Auth,
    /// What the id of a server is made of.
    pub ids: Ids,
    /// Keys that name a file without which the gateway does not start, and since when.
    pub files: IndexMap<String, VersionSet>,
    /// Keys of an entry.
    pub keys: IndexMap<String, Key>,
}

/// What stands between a server's name and a tool's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Separator {
    /// Unless told otherwise.
    pub default: String,
    /// The variable of the gateway that tells otherwise.
    pub variable: String,
    /// Versions that do not start with it in a server's key.
    pub refused: VersionSet,
}

/// `litellm_settings.mcp_aliases`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    /// Versions that look at it.
    pub read: VersionSet,
    /// Versions in which it has the effect that it is meant to have.
    pub works: VersionSet,
    /// Versions that stop at an empty value of another type than a mapping.
    pub strict: VersionSet,
}

/// Values that come from the environment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Keys of an entry in whose values `${NAME}` is filled in.
    pub expanded: IndexMap<String, VersionSet>,
    /// Settings with which references may come from somewhere else than the environment.
    pub managers: Vec<String>,
}

/// What the id of a server is made of, beside its key.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    /// Keys of its entry.
    pub made_of: Vec<String>,
    /// The key that gives it an id of its own.
    pub pinned: String,
}

/// Mistakes of the gateway's own.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bugs {
    /// A header that is sent twice to streamable HTTP servers.
    pub version_header_doubled: HeaderDoubled,
}

/// A header that is sent twice.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderDoubled {
    /// Versions that do so.
    pub versions: VersionSet,
    /// Versions that certainly do not any more.
    pub fixed: VersionSet,
    /// The header.
    pub header: String,
}

/// A key of an entry under `mcp_servers`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Key {
    /// Versions that read it.
    pub read: VersionSet,
    /// What it must be.
    pub r#type: ValueKind,
    /// Versions that stop at another type, where not all that read it do.
    pub strict: Option<VersionSet>,
    /// Whether an empty value of any type counts as absent.
    pub falsy: bool,
    /// Whether nothing (`null`) is no value: the key is either absent or has one.
    pub not_null: bool,
    /// The words that it may be, if not any.
    pub values: Vec<String>,
    /// Whether a list must have something in it.
    pub filled: bool,
    /// Another place of the entry, as a path, beside which the value is not looked at.
    pub unless: Vec<String>,
    /// What another key of the entry must be with certain values.
    pub beside: Vec<Beside>,
    /// Versions that stop at keys of a mapping that are no strings.
    pub text_keys: Option<VersionSet>,
    /// Keys of a mapping, and what they must be.
    pub fields: IndexMap<String, Key>,
    /// Whether a mapping without this key stops the gateway.
    pub required: bool,
    /// Whether `fields` are all keys that a mapping may have.
    pub only: bool,
    /// What every value of a mapping must be.
    pub each: Option<Box<Key>>,
    /// Whether it was meant to keep somebody or something out.
    pub protects: bool,
    /// Values with which it keeps nobody out, in lower case.
    pub protects_unless: Vec<String>,
    /// What does the job where it is not read.
    pub note: Option<String>,
    /// A key that helps too, where it is read.
    pub or: Option<String>,
    /// The key that was meant.
    pub meant: Option<String>,
    /// The value that says what is the case anyway.
    pub harmless: Option<bool>,
}

/// What one key of an entry asks of another.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Beside {
    /// Values that ask for it.
    pub when: Vec<String>,
    /// The other key.
    pub key: String,
    /// What it may then be.
    pub values: Vec<String>,
    /// Whether it may be absent.
    pub absent: bool,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Anything goes, or another rule decides.
    #[default]
    Any,
    /// A string.
    String,
    /// A number, or a string that reads as one.
    Number,
    /// A whole number, or a string that reads as one.
    Integer,
    /// A truth value.
    Boolean,
    /// A truth value, or a number or string that reads as one.
    Flag,
    /// A string that is not blank.
    Name,
    /// The name of an HTTP header.
    Header,
    /// A list of strings.
    Strings,
    /// A list of mappings.
    Maps,
    /// A mapping of strings.
    StringMap,
    /// A mapping of lists of strings.
    ListMap,
    /// A mapping.
    Map,
}

impl ValueKind {
    /// What a person calls it: "a list of strings".
    pub fn title(self) -> &'static str {
        match self {
            ValueKind::Any => "anything",
            ValueKind::String => "a string",
            ValueKind::Number => "a number",
            ValueKind::Integer => "a whole number",
            ValueKind::Boolean | ValueKind::Flag => "true or false",
            ValueKind::Name => "a string that is not empty",
            ValueKind::Header => "the name of a header",
            ValueKind::Strings => "a list of strings",
            ValueKind::Maps => "a list of mappings",
            ValueKind::StringMap => "a mapping of strings",
            ValueKind::ListMap => "a mapping of lists of strings",
            ValueKind::Map => "a mapping",
        }
    }
}
