//! What is known of clients, read from `checks/catalog/clients/<id>.yaml`, which are compiled in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::{VersionSet, Wait, glob};
use crate::model::{Client, Spelling, Transport};

/// The page of a client.
fn text(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => include_str!(concat!(env!("OUT_DIR"), "/claude-code.json")),
        Client::ClaudeDesktop => include_str!(concat!(env!("OUT_DIR"), "/claude-desktop.json")),
        Client::Cursor => include_str!(concat!(env!("OUT_DIR"), "/cursor.json")),
        Client::VsCode => include_str!(concat!(env!("OUT_DIR"), "/vscode.json")),
    }
}

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
    /// Releases in which this was seen; none where only documentation says it.
    #[serde(default)]
    pub tested: Vec<String>,
    /// The key under which servers stand.
    pub servers_key: String,
    /// Whether its files may have comments and trailing commas, or are not known to be strict.
    #[serde(default)]
    pub comments: bool,
    /// Whether an entry of its file may have an address; otherwise it starts commands only.
    #[serde(default = "yes")]
    pub remote: bool,
    /// Whether it tries HTTP+SSE where streamable HTTP fails.
    #[serde(default)]
    pub falls_back: bool,
    /// Whether it takes `HOST:PORT/PATH` for an address of `http://`.
    #[serde(default)]
    pub assumes_http: bool,
    /// Files that it reads.
    pub files: Vec<KnownFile>,
    /// Files that people write for it and that it does not read.
    #[serde(default)]
    pub not_read: Vec<NotRead>,
    /// JSON files of other programs.
    #[serde(default)]
    pub others: Vec<Other>,
    /// The releases in which an entry that is not as it should be takes those beside it along. Others skip it alone.
    #[serde(default = "VersionSet::none")]
    pub malformed_drops_all: VersionSet,
    /// What `type` may be; nothing where that is not known.
    #[serde(default)]
    pub types: Vec<KnownType>,
    /// Keys of an entry that mean something.
    pub keys: Vec<KnownKey>,
    /// Keys of an entry that mean something to other clients only.
    #[serde(default)]
    pub foreign_keys: Vec<ForeignKey>,
    /// What other clients call `servers_key`.
    #[serde(default)]
    pub foreign_servers_keys: Vec<ForeignKey>,
    /// Names of servers that are skipped.
    #[serde(default)]
    pub reserved_names: Vec<ReservedName>,
    /// What a name may have beside letters and digits; nothing where that is not known.
    #[serde(default)]
    pub name_characters: Option<String>,
    /// What it fills into values.
    pub expands: Expands,
    /// Variables of its settings that send its calls to a proxy.
    #[serde(default)]
    pub proxy: Proxy,
    /// Settings that say which servers are connected.
    #[serde(default)]
    pub settings: Vec<KnownSettings>,
    /// How long it waits for a server, where that is known.
    #[serde(default)]
    pub waits: Vec<Wait>,
}

fn yes() -> bool {
    true
}

/// A file that the client reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// Its name in whatever directory, or the end of its path.
    pub name: String,
    /// Whom its servers are for.
    pub scope: FileScope,
    /// Absolute places, one for each operating system.
    #[serde(default)]
    pub machine: Vec<PathBuf>,
    /// Its places below the home, one for each operating system.
    #[serde(default)]
    pub home: Vec<PathBuf>,
    /// The variable that moves it from the home to another directory.
    #[serde(default)]
    pub home_env: Option<String>,
    /// Whether it is looked for in the working directory and all directories above.
    #[serde(default)]
    pub ancestors: bool,
    /// Whether the client keeps its state in it, beside the servers.
    #[serde(default)]
    pub holds_state: bool,
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
    /// Whether the file itself is read, and only its servers are not.
    #[serde(default)]
    pub settings: bool,
}

/// Variables that send calls to a proxy.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// The key of its settings under which variables stand.
    pub section: String,
    /// The variables that name the proxy, by the scheme of the url that is called.
    pub variables: BTreeMap<String, Vec<String>>,
    /// The variables that list hosts which are called without it, the usual one last.
    pub exceptions: Vec<String>,
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
    /// The releases that may be without it: those seen without it, and those between them and the first seen with it.
    #[serde(default = "VersionSet::none")]
    pub unknown_in: VersionSet,
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

/// What a value has to be.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ValueShape {
    /// A string.
    Text,
    /// A list of strings.
    Texts,
    /// A mapping of names to strings.
    NamedTexts,
    /// `true` or `false`.
    Bool,
    /// A whole number above zero.
    PositiveInteger,
    /// A mapping.
    Mapping,
}

impl ValueShape {
    /// In words, with an article.
    pub fn title(self) -> &'static str {
        match self {
            ValueShape::Text => "a string",
            ValueShape::Texts => "a list of strings",
            ValueShape::NamedTexts => "a mapping of names to strings",
            ValueShape::Bool => "true or false",
            ValueShape::PositiveInteger => "a whole number above zero",
            ValueShape::Mapping => "a mapping",
        }
    }
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
    /// What the value has to be, where that is known.
    #[serde(default)]
    pub shape: Option<ValueShape>,
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
    /// The releases that refuse it.
    #[serde(default)]
    pub versions: VersionSet,
}

/// What a client fills into the values of an entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expands {
    /// Spellings of references to variables.
    #[serde(default, deserialize_with = "spellings")]
    pub references: Vec<Spelling>,
    /// Names that it knows in `${NAME}` beside variables.
    #[serde(default)]
    pub predefined: Vec<String>,
    /// Names that other clients know in `${NAME}`.
    #[serde(default)]
    pub foreign: Vec<ForeignName>,
    /// Keys of an entry in whose values nothing else is filled in, by anybody.
    #[serde(rename = "in")]
    pub keys: Vec<String>,
}

/// What other clients fill in for `${NAME}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignName {
    /// The name.
    pub name: String,
    /// Clients that know it.
    pub clients: Vec<String>,
    /// What does the same for this client.
    #[serde(default)]
    pub write: Option<String>,
}

/// A place of settings; one of its four kinds of paths is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownSettings {
    /// Whose they are.
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
    /// Its name in that directory.
    #[serde(default)]
    pub name: Option<String>,
    /// Its place below a project's directory.
    #[serde(default)]
    pub project: Option<PathBuf>,
    /// Whether it is a directory of such files.
    #[serde(default)]
    pub directory: bool,
}

/// What is known of Claude Code.
pub fn known() -> &'static Known {
    of(Client::ClaudeCode)
}

/// What is known of a client.
#[expect(
    clippy::expect_used,
    reason = "the texts are compiled in, and a test parses them"
)]
pub fn of(client: Client) -> &'static Known {
    static KNOWN: [OnceLock<Known>; Client::ALL.len()] =
        [const { OnceLock::new() }; Client::ALL.len()];
    KNOWN[client as usize]
        .get_or_init(|| serde_json::from_str(text(client)).expect("the page is well-formed"))
}

/// The client that a file is for by its path alone: one that it reads, or that people write for it in vain.
pub fn of_path(path: &Path) -> Option<Client> {
    let own = known();
    if own.file_at(path).is_some() || own.not_read(path).is_some() {
        return Some(Client::ClaudeCode);
    }
    Client::ALL
        .into_iter()
        .find(|client| of(*client).file_at(path).is_some())
}

/// The client that an example of a file is for: `claude_desktop_config.example.json`, `.mcp.json.sample`.
pub fn of_example(path: &Path) -> Option<Client> {
    const EXAMPLES: [&str; 4] = ["dist", "example", "sample", "template"];
    let name = path.file_name()?.to_str()?;
    let kept: Vec<&str> = name
        .split('.')
        .filter(|part| !EXAMPLES.contains(part))
        .collect();
    let kept = kept.join(".");
    (kept != name).then(|| of_path(&path.with_file_name(kept)))?
}

impl Known {
    /// The file that the client reads under that name.
    pub fn file(&self, name: &str) -> Option<&KnownFile> {
        self.file_at(Path::new(name))
    }

    /// The file that the client reads under such a path.
    pub fn file_at(&self, path: &Path) -> Option<&KnownFile> {
        self.files.iter().find(|file| path.ends_with(&file.name))
    }

    /// Set when the path is one that people write and the client does not read.
    pub fn not_read(&self, path: &Path) -> Option<&NotRead> {
        self.not_read.iter().find(|file| path.ends_with(&file.path))
    }

    /// The other program whose file it is, if its name or folder says so, and nothing more is known of it.
    pub fn other(&self, path: &Path) -> Option<&str> {
        let name = path.file_name()?.to_str()?;
        if of_path(path).is_some() || !name.ends_with(".json") {
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

fn spellings<'de, D: serde::Deserializer<'de>>(words: D) -> Result<Vec<Spelling>, D::Error> {
    Vec::<String>::deserialize(words)?
        .iter()
        .map(|word| {
            Spelling::from_word(word)
                .ok_or_else(|| serde::de::Error::custom(format!("{word}: not a spelling")))
        })
        .collect()
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
    fn every_page_parses_and_is_the_clients_own() {
        for client in Client::ALL {
            let page = of(client);
            assert_eq!(
                (page.id.as_str(), page.title.as_str(), page.kind.as_str()),
                (client.id(), client.title(), "client")
            );
            for foreign in &page.foreign_servers_keys {
                assert_ne!(foreign.name, page.servers_key);
            }
        }
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
            ("/srv/.cursor/other/mcp.json", Some("Cursor")),
            ("/srv/.vscode/settings.json", Some("VS Code")),
            ("/srv/.cursor/mcp.json", None),
            ("/srv/.vscode/mcp.json", None),
            ("/srv/claude_desktop_config.json", None),
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
    fn a_path_tells_whose_file_it_is() {
        for (path, client) in [
            ("/srv/.mcp.json", Some(Client::ClaudeCode)),
            ("/srv/.cursor/.mcp.json", Some(Client::ClaudeCode)),
            (
                "/home/ada/.config/claude/claude_desktop_config.json",
                Some(Client::ClaudeCode),
            ),
            (
                "/home/ada/.config/Claude/claude_desktop_config.json",
                Some(Client::ClaudeDesktop),
            ),
            (
                "/srv/claude_desktop_config.json",
                Some(Client::ClaudeDesktop),
            ),
            ("/srv/claude_desktop_config.example.json", None),
            ("/srv/.cursor/mcp.json", Some(Client::Cursor)),
            ("/srv/.vscode/mcp.json", Some(Client::VsCode)),
            ("/home/ada/.config/Code/User/mcp.json", Some(Client::VsCode)),
            ("/srv/mcp.json", None),
            ("/srv/cursor/mcp.json", None),
        ] {
            assert_eq!(of_path(Path::new(path)), client, "{path}");
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
