//! What is known of Claude Code, read from `checks/catalog/clients/claude-code.yaml`, which is compiled in.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::glob;
use crate::model::Transport;

const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/claude-code.json"));

/// What is known of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Stable id.
    pub id: String,
    /// The program's name.
    pub title: String,
    /// Which page of the catalog this is: `client`.
    pub kind: String,
    /// Releases in which this was seen.
    pub tested: Vec<String>,
    /// The key under which servers stand.
    pub servers_key: String,
    /// Files that it reads.
    pub files: Vec<KnownFile>,
    /// Files that people write for it and that it does not read.
    pub not_read: Vec<NotRead>,
    /// JSON files of other programs.
    pub others: Vec<Other>,
    /// What becomes of an entry with a url and no type; completes "Claude Code …".
    pub url_without_type: String,
    /// What `type` may be.
    pub types: Vec<KnownType>,
    /// Keys of an entry that mean something.
    pub keys: Vec<KnownKey>,
    /// Keys of an entry that mean something to other clients only.
    pub foreign_keys: Vec<ForeignKey>,
    /// What other clients call `servers_key`.
    pub foreign_servers_keys: Vec<ForeignKey>,
    /// Names of servers that are skipped.
    pub reserved_names: Vec<ReservedName>,
}

/// A file that the client reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// Its name in whatever directory.
    pub name: String,
    /// Whom its servers are for.
    pub scope: FileScope,
    /// Absolute places, one for each operating system.
    #[serde(default)]
    pub machine: Vec<PathBuf>,
    /// Its place below the home.
    #[serde(default)]
    pub home: Option<PathBuf>,
    /// The variable that moves it from the home to another directory.
    #[serde(default)]
    pub home_env: Option<String>,
    /// Whether it is looked for in the working directory and all directories above.
    #[serde(default)]
    pub ancestors: bool,
    /// What else there is to say.
    pub note: String,
    /// What the client does when the file is no JSON; completes "it does not parse; …".
    pub when_invalid: String,
    /// How this is known.
    pub evidence: Evidence,
}

/// Whom the servers of a file are for; `user` files carry local ones too.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FileScope {
    /// Everybody on this machine, excluding all others.
    Managed,
    /// One user; of one project where they stand under `projects`.
    User,
    /// Everybody who works in that directory.
    Project,
}

/// How something is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Seen with the tested releases.
    Run,
    /// Its documentation says so.
    Docs,
    /// Its change log says so.
    Changelog,
}

/// A file that the client does not read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotRead {
    /// The end of its path.
    pub path: PathBuf,
    /// The program that does read it.
    #[serde(default)]
    pub reader: Option<String>,
    /// Whether the file itself is read, and only its servers are not.
    #[serde(default)]
    pub settings: bool,
}

/// Files of another program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The program.
    pub program: String,
    /// The folder in which they lie, however deep.
    #[serde(default)]
    pub folder: Option<String>,
    /// A glob of their name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A value of `type`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownType {
    /// The value; upper and lower case differ.
    pub value: String,
    /// What it makes the client speak, if that is one of ours.
    #[serde(default, deserialize_with = "transport")]
    pub transport: Option<Transport>,
    /// The first release known to have it.
    #[serde(default)]
    pub since: Option<String>,
    /// A release that was seen without it.
    #[serde(default)]
    pub absent_in: Option<String>,
    /// The oldest release that was seen with it.
    #[serde(default)]
    pub seen_in: Option<String>,
    /// Not for people to write.
    #[serde(default)]
    pub internal: bool,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// Which entries a key is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFor {
    /// Every entry.
    Any,
    /// Those that start a command.
    Stdio,
    /// Those with an address.
    Remote,
}

/// A key of an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    /// The key.
    pub name: String,
    /// Which entries it is for.
    #[serde(rename = "for")]
    pub applies: KeyFor,
    /// Whether such an entry cannot do without.
    #[serde(default)]
    pub required: bool,
    /// The first release that has it.
    #[serde(default)]
    pub since: Option<String>,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// A key that other clients know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The key.
    pub name: String,
    /// The key that this client has for it.
    #[serde(default)]
    pub instead: Option<String>,
    /// Clients that know it.
    pub clients: Vec<String>,
    /// What else there is to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// A name that no server may have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservedName {
    /// The name.
    pub name: String,
    /// The first release known to refuse it.
    #[serde(default)]
    pub since: Option<String>,
}

/// What is known of Claude Code.
#[expect(
    clippy::expect_used,
    reason = "the text is compiled in, and a test parses it"
)]
pub fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| serde_json::from_str(TEXT).expect("claude-code.yaml is well-formed"))
}

impl Known {
    /// The file that the client reads under that name.
    pub fn file(&self, name: &str) -> Option<&KnownFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Set when the path is one that people write and the client does not read.
    pub fn not_read(&self, path: &Path) -> Option<&NotRead> {
        self.not_read.iter().find(|file| path.ends_with(&file.path))
    }

    /// The other program whose file it is, if its name or folder says so.
    pub fn other(&self, path: &Path) -> Option<&str> {
        let name = path.file_name()?.to_str()?;
        let claimed = self.file(name).is_some()
            || self
                .not_read(path)
                .is_some_and(|not_read| not_read.reader.is_none());
        if claimed || !name.ends_with(".json") {
            return None;
        }
        let is_in = |folder: &String| {
            let mut above = path.iter().rev().skip(1);
            above.any(|part| part == folder.as_str())
        };
        let other = self.others.iter().find(|other| {
            other.folder.as_ref().is_some_and(is_in)
                || (other.name.as_ref()).is_some_and(|pattern| glob::matches(pattern, name))
        })?;
        Some(&other.program)
    }

    /// The value of `type`, letters compared exactly.
    pub fn kind(&self, value: &str) -> Option<&KnownType> {
        self.types.iter().find(|kind| kind.value == value)
    }

    /// The type over the network that another client's word stands for: `streamableHttp`, `HTTP`.
    pub fn meant(&self, word: &str) -> Option<&'static str> {
        let letters = |word: &str| -> String {
            word.chars()
                .filter(char::is_ascii_alphabetic)
                .map(|c| c.to_ascii_lowercase())
                .collect()
        };
        let word = letters(word);
        self.types
            .iter()
            .filter(|kind| !kind.internal && letters(&kind.value) == word)
            .filter_map(|kind| kind.transport)
            .find(|transport| *transport != Transport::Stdio)
            .map(Transport::word)
    }

    /// The key of an entry.
    pub fn key(&self, name: &str) -> Option<&KnownKey> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The key of an entry that only other clients know.
    pub fn foreign_key(&self, name: &str) -> Option<&ForeignKey> {
        self.foreign_keys.iter().find(|key| key.name == name)
    }

    /// What another client calls the key under which servers stand.
    pub fn foreign_servers_key(&self, name: &str) -> Option<&ForeignKey> {
        self.foreign_servers_keys
            .iter()
            .find(|key| key.name == name)
    }

    /// Set when servers of that name are skipped.
    pub fn reserved(&self, name: &str) -> Option<&ReservedName> {
        self.reserved_names
            .iter()
            .find(|reserved| reserved.name == name)
    }
}

fn transport<'de, D: serde::Deserializer<'de>>(word: D) -> Result<Option<Transport>, D::Error> {
    let word = String::deserialize(word)?;
    [Transport::Stdio, Transport::Sse, Transport::Http]
        .into_iter()
        .find(|transport| transport.word() == word)
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("{word}: not a transport")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_text_parses() {
        let known = known();
        assert_eq!(known.id, "claude-code");
        assert_eq!(known.kind, "client");
        assert!(known.tested.contains(&"2.1.330".to_owned()));
        assert_eq!(known.servers_key, "mcpServers");
    }

    #[test]
    fn names_and_suffixes_are_found() {
        let known = known();
        assert_eq!(
            known.file(".mcp.json").map(|file| file.scope),
            Some(FileScope::Project)
        );
        assert!(known.file("mcp.json").is_none());
        let decoy = Path::new("/home/ada/.config/claude/mcp-settings.json");
        assert!(known.not_read(decoy).is_some());
        assert!(known.not_read(Path::new("/srv/mcp.json")).is_none());
        assert!(
            known
                .not_read(Path::new("/srv/x.claude/mcp.json"))
                .is_none(),
            "whole components are compared"
        );
    }

    #[test]
    fn files_of_other_programs_are_told_by_folder_or_name() {
        let other = |path: &str| known().other(Path::new(path));
        for (path, program) in [
            ("/srv/.cursor/mcp.json", Some("Cursor")),
            ("/srv/.vscode/mcp.json", Some("VS Code")),
            ("/home/ada/.gemini/settings.json", Some("Gemini CLI")),
            (
                "/home/ada/.codeium/windsurf/mcp_config.json",
                Some("Windsurf"),
            ),
            ("/srv/mcp_config.json", Some("Windsurf")),
            (
                "/srv/claude_desktop_config.old.json",
                Some("Claude Desktop"),
            ),
            (
                "/home/ada/.config/Claude/claude_desktop_config.json",
                Some("Claude Desktop"),
            ),
            ("/home/ada/.config/claude/claude_desktop_config.json", None),
            ("/srv/.claude/mcp_config.json", None),
            ("/srv/.cursor/.mcp.json", None),
            ("/srv/mcp.json", None),
            ("/srv/.vscode/config.yaml", None),
        ] {
            assert_eq!(other(path), program, "{path}");
        }
    }

    #[test]
    fn types_and_keys_are_exact() {
        let known = known();
        assert_eq!(
            known
                .kind("streamable-http")
                .and_then(|kind| kind.transport),
            Some(Transport::Http)
        );
        assert!(known.kind("HTTP").is_none());
        assert_eq!(known.meant("streamableHttp"), Some("http"));
        assert_eq!(known.meant("SSE"), Some("sse"));
        assert_eq!(known.meant("stdio"), None);
        assert!(known.key("headersHelper").is_some());
        assert!(known.key("transport").is_none());
        assert_eq!(
            known
                .foreign_key("transport")
                .and_then(|key| key.instead.as_deref()),
            Some("type")
        );
        assert_eq!(
            known
                .foreign_servers_key("servers")
                .map(|key| key.clients.as_slice()),
            Some(["VS Code".to_owned()].as_slice())
        );
        assert!(known.reserved("workspace").is_some());
        assert!(known.reserved("ide").is_none());
    }

    #[test]
    fn every_foreign_key_that_is_named_for_another_names_a_known_one() {
        let known = known();
        for foreign in &known.foreign_keys {
            assert!(known.key(&foreign.name).is_none(), "{}", foreign.name);
            if let Some(instead) = &foreign.instead {
                assert!(known.key(instead).is_some(), "{instead}");
            }
        }
    }
}
