//! What is known of gateways: which keys a version reads, and what it does with the rest.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::{VersionSet, glob};
use crate::model::{EnvLookup, Service, Transport};

/// LiteLLM's proxy, `checks/catalog/gateways/litellm.yaml`. Absent when that file is broken, which a test excludes.
pub(super) static LITELLM: LazyLock<LiteLlm> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/litellm.json")))
        .unwrap_or_default()
});

/// How LiteLLM's proxy reads its configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiteLlm {
    /// The versions that this knowledge covers.
    pub known: VersionSet,
    /// Those of them that come into question when nothing says which version runs.
    pub assumed: VersionSet,
    /// How its container is started.
    pub runs: Runs,
    /// Top-level keys.
    pub sections: Sections,
    /// Settings that count in one section only, by name.
    pub misplaced: IndexMap<String, Home>,
    /// Settings that nothing reads, and what does the job instead.
    pub ignored: IndexMap<String, String>,
    /// What stands under `mcp_servers`.
    pub servers: Servers,
    /// How clients call it.
    pub clients: Clients,
}

/// How LiteLLM's proxy reads its configuration, for those who have no catalog at hand.
pub fn known() -> &'static LiteLlm {
    &LITELLM
}

/// How a gateway's container is started.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Globs of the last part of an image's name, in lower case and without the tag.
    pub images: Vec<String>,
    /// Tags that move with releases, beside those that move everywhere.
    pub moving_tags: Vec<String>,
    /// What relative paths count from.
    pub directory: PathBuf,
    /// Where it listens unless told otherwise.
    pub port: u16,
    /// Arguments that tell otherwise.
    pub port_args: Vec<String>,
    /// Variables that do where no argument does.
    pub port_env: Vec<String>,
    /// Arguments that name its file, the clearer one first.
    pub config_args: Vec<String>,
    /// Variables that do where no argument does.
    pub config_env: Vec<String>,
}

/// What the words of a container say of an argument.
enum Argument {
    Given(String),
    Absent,
    Unknown,
}

impl Runs {
    /// Whether the image of a service is called like the gateway's own.
    pub fn is_image_of(&self, service: &Service) -> bool {
        let Some(image) = &service.image else {
            return false;
        };
        let image = image.value.text.to_ascii_lowercase();
        let name = image.rsplit('/').next().unwrap_or_default();
        // The colons of a variable's default are none of a tag's.
        let end = name.find('@').or(match name.contains('$') {
            true => None,
            false => name.find(':'),
        });
        self.is_name(&name[..end.unwrap_or(name.len())])
    }

    /// Whether something is called like the gateway's own image.
    pub fn is_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.images
            .iter()
            .any(|pattern| glob::matches(pattern, &name))
    }

    /// The port on which the gateway listens in a service's container; nothing when that is not known.
    pub fn port_of(&self, service: &Service) -> Option<u16> {
        match argument(service, &self.port_args) {
            Argument::Given(port) => return port.parse().ok(),
            Argument::Unknown => return None,
            Argument::Absent => {}
        }
        for name in &self.port_env {
            match service.env(name) {
                EnvLookup::Set(port) if port.is_empty() => {}
                EnvLookup::Set(port) => return port.parse().ok(),
                EnvLookup::Unset => {}
                EnvLookup::Unknown => return None,
            }
        }
        Some(self.port)
    }

    /// The path in a service's container of the file that the gateway is started with, if anything names one.
    pub fn config_of(&self, service: &Service) -> Option<PathBuf> {
        let named = match argument(service, &self.config_args) {
            Argument::Given(path) => path,
            Argument::Unknown | Argument::Absent => {
                let mut names = self.config_env.iter();
                names.find_map(|name| match service.env(name) {
                    EnvLookup::Set(path) if !path.is_empty() => Some(path),
                    EnvLookup::Set(_) | EnvLookup::Unset | EnvLookup::Unknown => None,
                })?
            }
        };
        Some(self.directory.join(Path::new(&named)))
    }
}

/// The value of the first of these arguments that is there, where it stands last; shell lines are looked through word
/// by word.
fn argument(service: &Service, names: &[String]) -> Argument {
    let lines = [&service.entrypoint, &service.command];
    let words: Vec<(&str, bool)> = lines
        .into_iter()
        .flatten()
        .flat_map(|line| &line.value)
        .flat_map(|word| word.text.split_whitespace().map(|part| (part, word.known)))
        .collect();
    for name in names {
        for (at, (word, known)) in words.iter().enumerate().rev() {
            let value = match word.strip_prefix(name.as_str()) {
                Some("") => words.get(at + 1).copied(),
                Some(rest) => rest.strip_prefix('=').map(|value| (value, *known)),
                None => None,
            };
            match value {
                Some((value, true)) => return Argument::Given(value.to_owned()),
                Some((_, false)) => return Argument::Unknown,
                None => {}
            }
        }
    }
    match service.arguments() {
        Some(_) if words.iter().all(|(_, known)| *known) => Argument::Absent,
        _ => Argument::Unknown,
    }
}

/// How clients call the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Where it serves MCP.
    pub paths: Vec<ServedPath>,
    /// The variable that puts something in front of every path.
    pub root_path: String,
    /// The header that names servers.
    pub servers_header: String,
    /// Headers that no other gateway asks for.
    pub own_headers: Vec<String>,
    /// What follows when a client names a server that does not exist.
    pub unknown_servers: Vec<UnknownServers>,
    /// Where a database is named.
    pub database: Switch,
    /// What makes it take servers from the database.
    pub servers_in_database: Switch,
}

/// A path at which MCP is served.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedPath {
    /// The path; `{servers}` stands for names.
    pub path: String,
    /// What is spoken there.
    #[serde(deserialize_with = "transport")]
    pub transport: Transport,
    /// In which versions.
    pub served: VersionSet,
}

/// What follows when a client names a server that does not exist.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownServers {
    /// The versions.
    pub versions: VersionSet,
    /// When no other name is known either.
    pub alone: String,
    /// When others are.
    pub among: String,
}

/// A setting under `general_settings`, and the variable that does the same.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The key.
    pub setting: String,
    /// The variable.
    pub variable: String,
}

/// Top-level keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sections {
    /// Those that are read, and in which versions.
    pub read: IndexMap<String, VersionSet>,
    /// Those that people write and no version reads.
    pub unread: IndexMap<String, UnreadSection>,
}

/// A section that is never read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadSection {
    /// The section that was meant.
    pub belongs: Option<String>,
    /// What does the job instead.
    pub note: Option<String>,
}

/// Where a setting counts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// The section that reads it.
    pub belongs: String,
    /// A variable that does the same.
    pub variable: Option<String>,
    /// The value that says what is the case anyway.
    pub default: Option<bool>,
}

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
    /// How the gateway shows who it is.
    pub auth: Auth,
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

/// How the gateway talks to servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transports {
    /// When none is written.
    #[serde(deserialize_with = "transport")]
    pub default: Transport,
    /// The words that are understood, and since when.
    pub known: IndexMap<String, VersionSet>,
    /// Other words that people write, and the one that they mean.
    pub meant: IndexMap<String, String>,
}

/// `litellm_settings.mcp_aliases`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    /// Versions that look at it.
    pub read: VersionSet,
    /// Versions in which it has an effect.
    pub works: VersionSet,
}

/// Values that come from the environment.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// Keys of an entry in whose values `${NAME}` is filled in.
    pub expanded: IndexMap<String, VersionSet>,
}

/// How the gateway shows who it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The words that are understood, and since when.
    pub types: IndexMap<String, VersionSet>,
    /// Other words that people write, and the one that they mean.
    pub meant: IndexMap<String, String>,
    /// Types that need another key beside them.
    pub needs: IndexMap<String, AuthNeed>,
}

/// A key without which an authentication type stops the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthNeed {
    /// The key.
    pub key: String,
    /// What it may be.
    pub values: Vec<String>,
    /// Versions that insist on it.
    pub versions: VersionSet,
}

/// A key of an entry under `mcp_servers`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Key {
    /// Versions that read it.
    pub read: VersionSet,
    /// What it must be.
    pub r#type: ValueKind,
    /// Whether an empty value of any type counts as absent.
    pub falsy: bool,
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
    /// A list of strings.
    Strings,
    /// A mapping of strings.
    StringMap,
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
            ValueKind::Strings => "a list of strings",
            ValueKind::StringMap => "a mapping of strings",
            ValueKind::Map => "a mapping",
        }
    }
}

impl Default for Transports {
    fn default() -> Transports {
        Transports {
            default: Transport::Http,
            known: IndexMap::new(),
            meant: IndexMap::new(),
        }
    }
}

impl LiteLlm {
    /// The transport that a word means in a set of versions; the word exactly as it is written.
    pub fn transport(&self, word: &str) -> Option<(Transport, &VersionSet)> {
        let versions = self.servers.transports.known.get(word)?;
        Some((transport_of(word)?, versions))
    }

    /// The transport that a misspelled word was meant to be.
    pub fn transport_meant(&self, word: &str) -> Option<Transport> {
        let word = plain(word);
        let meant = self.servers.transports.meant.get(&word);
        transport_of(meant.map_or(word.as_str(), String::as_str))
    }

    /// The authentication type that a misspelled word was meant to be.
    pub fn auth_meant(&self, word: &str) -> Option<&str> {
        let word = plain(word);
        let auth = &self.servers.auth;
        match auth.meant.get(&word) {
            Some(meant) => Some(meant),
            None => auth
                .types
                .keys()
                .find(|known| plain(known) == word)
                .map(String::as_str),
        }
    }
}

/// Letters and digits in lower case: what two spellings of one word have in common.
fn plain(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn transport_of(word: &str) -> Option<Transport> {
    [Transport::Http, Transport::Sse, Transport::Stdio]
        .into_iter()
        .find(|transport| transport.word() == word)
}

fn transport<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Transport, D::Error> {
    let word = String::deserialize(deserializer)?;
    transport_of(&word).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no transport")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let facts: LiteLlm =
            serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/litellm.json"))).unwrap();
        assert!(!facts.known.is_all() && !facts.assumed.is_empty());
        assert_eq!(facts.assumed.intersect(&facts.known), facts.assumed);
        assert!(facts.runs.port != 0 && !facts.runs.images.is_empty());
        for key in facts.servers.keys.values() {
            if let Some(meant) = &key.meant {
                assert!(facts.servers.keys.contains_key(meant), "{meant}");
            }
            if let Some(or) = &key.or {
                assert!(
                    facts.servers.keys.contains_key(or) && key.note.is_some(),
                    "{or}"
                );
            }
        }
        for word in facts.servers.transports.meant.keys() {
            assert!(facts.transport_meant(word).is_some(), "{word}");
        }
        for home in facts.misplaced.values() {
            assert!(facts.sections.read.contains_key(&home.belongs));
        }
        for section in facts.sections.unread.values() {
            assert!(section.belongs.is_some() || section.note.is_some());
        }
    }

    #[test]
    fn misspellings_are_understood() {
        let facts = &*LITELLM;
        for (word, meant) in [
            ("HTTP", Some(Transport::Http)),
            ("streamable-http", Some(Transport::Http)),
            ("streamableHttp", Some(Transport::Http)),
            ("http+sse", Some(Transport::Sse)),
            ("Stdio", Some(Transport::Stdio)),
            ("websocket", None),
        ] {
            assert_eq!(facts.transport_meant(word), meant, "{word}");
        }
        assert_eq!(facts.auth_meant("Bearer"), Some("bearer_token"));
        assert_eq!(facts.auth_meant("API-Key"), Some("api_key"));
        assert!(facts.transport("HTTP").is_none() && facts.transport("http").is_some());
    }
}
