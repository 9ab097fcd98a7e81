//! What is known of gateways: which keys a version reads, and what it does with the rest.

mod auth;
mod clients;
mod master_key;
mod runs;
mod sections;
mod servers;
mod stdio;
mod transports;

pub use auth::{Auth, AuthNeed, Sends};
pub use clients::{
    Clients, HiddenRefusal, IgnoredHeader, KeyFault, KeyHeader, PassedOn, RefusalWords, ServedPath,
    ServerHeaders, UnknownServers,
};
pub use master_key::MasterKey;
pub use runs::{Absent, Health, Passed, Runs};
pub use sections::{Home, Json, Sections, UnreadSection};
pub use servers::{
    Aliases, Beside, Bugs, HeaderDoubled, Ids, Key, References, Separator, Servers, ValueKind,
};
pub use stdio::{Allowed, Disabled, Stdio, program_of, with_arguments};
pub use transports::Transports;

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use self::transports::transport_of;
use super::{Version, VersionSet, Wait};
use crate::model::Transport;

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
    /// Versions that were looked at, in order: what came after one of them was there in the next.
    pub sampled: Vec<Version>,
    /// How its container is started.
    pub runs: Runs,
    /// Top-level keys.
    pub sections: Sections,
    /// Settings that count in one section only, by name.
    pub misplaced: IndexMap<String, Home>,
    /// Settings that nothing reads, and what does the job instead.
    pub ignored: IndexMap<String, String>,
    /// The key that every caller needs.
    pub master_key: MasterKey,
    /// Files that the file includes.
    pub include: Include,
    /// What stands under `mcp_servers`.
    pub servers: Servers,
    /// How clients call it.
    pub clients: Clients,
    /// How long it waits for a server.
    pub waits: Vec<Wait>,
    /// Lines of its log that say what it makes of a server. The first that fits counts.
    pub log: Vec<LogLine>,
}

/// A line of a gateway's log.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// A part of it; `{server}` stands for the server's name.
    pub says: String,
    /// What it means, as a clause; nothing where the line says it.
    #[serde(default)]
    pub means: Option<String>,
}

impl LogLine {
    /// Whether a line is one of these, whichever server it is about.
    pub fn fits(&self, line: &str) -> bool {
        self.says.split("{server}").all(|part| line.contains(part))
    }

    /// Whether it names the server that it is about.
    pub fn names_server(&self) -> bool {
        self.says.contains("{server}")
    }

    /// Whether a line is one of these about this server. Names may go on only with what cannot belong to one.
    pub fn is_about(&self, line: &str, server: &str) -> bool {
        let said = self.says.replace("{server}", server);
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut found = line.match_indices(&said);
        found.any(|(at, _)| !line[at + said.len()..].starts_with(belongs))
    }
}

/// How LiteLLM's proxy reads its configuration, for those who have no catalog at hand.
pub fn known() -> &'static LiteLlm {
    &LITELLM
}

/// Files that a gateway's file includes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Include {
    /// The top-level key.
    pub key: String,
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

impl LiteLlm {
    /// The first version that certainly has what a set of versions has, and the last one that certainly has it not
    /// where releases between the two were not looked at; nothing where no version has it for good.
    pub fn first_with<'a>(
        &'a self,
        versions: &'a VersionSet,
    ) -> Option<(&'a Version, Option<&'a Version>)> {
        match versions.start()? {
            (first, false) => Some((first, None)),
            (last, true) => {
                let first = self.sampled.iter().find(|version| *version > last)?;
                Some((first, Some(last)))
            }
        }
    }

    /// In which versions something is there, in words: "from 1.89.0", "in 1.83.7, not in 1.83.0".
    pub fn there(&self, versions: &VersionSet) -> String {
        match self.first_with(versions) {
            Some((first, Some(last))) => format!("in {first}, not in {last}"),
            _ => versions.describe(),
        }
    }

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
