//! The type of an entry of `checks/catalog/servers/`: what is known of one MCP server or bridge.
//!
//! Knowledge comes from the server's source, its Dockerfile or a run of it; `verified` says which. What is not known
//! is left out or `unknown`, never guessed.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;

use super::glob;
use super::image::ImageRef;
use super::version::{Version, VersionSet};

/// One MCP server, or one program that bridges transports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The name of the file without `.yaml`; stable.
    pub id: String,
    /// A short name for people.
    pub title: String,
    /// Whether it is a server or a bridge.
    pub kind: ServerKind,
    /// Whether its maker still looks after it.
    #[serde(default)]
    pub status: Status,
    /// Images, packages and programs by which it is recognised.
    #[serde(default)]
    pub names: Names,
    /// What it can speak. Two entries of one kind have disjoint `versions`. Empty: not known, or hosted only.
    pub transports: Vec<Transport>,
    /// What an image adds to or changes in the facts of the program; the first that applies counts.
    #[serde(default)]
    pub images: Vec<ImageFacts>,
    /// The variables that it needs, reads and does not read.
    #[serde(default)]
    pub env: EnvFacts,
    /// Its arguments besides those that choose transports.
    #[serde(default)]
    pub arguments: Arguments,
    /// Absent: not known, or nothing to write to.
    #[serde(default)]
    pub access: Option<Access>,
    /// Only for database servers that take a URL.
    #[serde(default)]
    pub database: Option<Database>,
    /// What the server does with the Host header. Ask [`Server::host_rules`], which applies the conditions.
    #[serde(default)]
    pub host_check: Vec<HostRule>,
    /// A container healthcheck that works in the server's image.
    #[serde(default)]
    pub healthcheck: Option<Healthcheck>,
    /// The MCP SDK it is made with. Absent: not known.
    #[serde(default)]
    pub sdk: Option<Sdk>,
    /// The same server, hosted by its maker.
    #[serde(default)]
    pub remote: Option<Remote>,
    /// Ports on which it may listen beside its transports: a dashboard, a callback of OAuth.
    #[serde(default)]
    pub also_listens: Vec<u16>,
    /// Only for bridges: how it takes what it bridges.
    #[serde(default)]
    pub wraps: Option<Wraps>,
    /// Only for bridges: how it is put in front of a stdio server that runs from an image.
    #[serde(default)]
    pub front: Option<Front>,
    /// Only for programs whose work is to start containers: they need the engine's socket.
    #[serde(default)]
    pub engine: Option<Engine>,
    /// What goes wrong with it, a sentence each.
    #[serde(default)]
    pub hazards: Vec<String>,
    /// Whatever has no field, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// How far the entry was tested.
    pub verified: Verified,
    /// Where the knowledge was read.
    #[serde(default)]
    pub source: Option<String>,
}

/// A program's need of the container engine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// What makes it do without.
    pub unless: Switch,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerKind {
    /// An MCP server.
    Server,
    /// A program that speaks for a server over another transport.
    Bridge,
}

/// Whether the maker of a server still looks after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Maintained, as far as is known.
    #[default]
    Active,
    /// Its repository is archived.
    Archived,
    /// Its maker has stopped developing it, fixes aside.
    Deprecated,
}

/// How far the knowledge of an entry was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verified {
    /// The server was run.
    Run,
    /// Its source was read.
    Source,
    /// Its documentation was read.
    Docs,
    /// None of these was done.
    Unverified,
}

/// What identifies the server. `*` stands for any text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Names {
    /// Normalised repositories without a tag: [`ImageRef::repository_name`].
    pub image: Vec<String>,
    /// npm packages with their scope.
    pub npm: Vec<String>,
    /// PyPI packages; `-`, `_`, `.` and case do not count.
    pub pypi: Vec<String>,
    /// Basenames of the program, with its subcommand where that is what makes it an MCP server.
    pub command: Vec<String>,
}

/// What a process speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// Standard input and output of a child process.
    Stdio,
    /// HTTP with server-sent events, of the revision 2024-11-05.
    Sse,
    /// Streamable HTTP.
    Http,
    /// Something that is no MCP transport: OpenAPI, WebSocket.
    Other,
}

impl TransportKind {
    /// The field's name for it.
    pub fn title(self) -> &'static str {
        match self {
            TransportKind::Stdio => "stdio",
            TransportKind::Sse => "HTTP+SSE",
            TransportKind::Http => "streamable HTTP",
            TransportKind::Other => "something that is no MCP transport",
        }
    }
}

impl From<crate::model::Transport> for TransportKind {
    fn from(transport: crate::model::Transport) -> TransportKind {
        match transport {
            crate::model::Transport::Stdio => TransportKind::Stdio,
            crate::model::Transport::Sse => TransportKind::Sse,
            crate::model::Transport::Http => TransportKind::Http,
        }
    }
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TransportKind::Stdio => "stdio",
            TransportKind::Sse => "sse",
            TransportKind::Http => "http",
            TransportKind::Other => "other",
        })
    }
}

/// One transport that a server can speak, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// Which one.
    pub kind: TransportKind,
    /// The versions of the server that speak it without further arguments and variables. Written as `true`, `false`
    /// or a range. Images may differ: [`ImageFacts::default`].
    #[serde(default = "VersionSet::none", deserialize_with = "versions_or_bool")]
    pub default: VersionSet,
    /// The versions of the server that have it.
    #[serde(default)]
    pub versions: VersionSet,
    /// By what a command line or an environment is recognised to choose it.
    #[serde(default)]
    pub select: Select,
    /// What to write in order to choose it and to be reached from another container. `<…>` is to be filled in.
    #[serde(default)]
    pub enable: Switch,
    /// The port it listens on, and what changes it.
    #[serde(default)]
    pub port: Setting<u16>,
    /// The path of the endpoint.
    #[serde(default)]
    pub path: PathSetting,
    /// Where an SSE client posts to; the server also says so in its first event.
    #[serde(default)]
    pub message_path: Option<String>,
    /// The address it listens on.
    #[serde(default)]
    pub bind: Setting<BindDefault>,
    /// A path that answers 2xx to a plain GET without credentials.
    #[serde(default)]
    pub health: Option<String>,
    /// What a caller must present by default.
    #[serde(default)]
    pub auth: Auth,
    /// What makes it ask for a bearer token (or a key) though it does not by default.
    #[serde(default)]
    pub auth_on: Select,
    /// What makes it ask for nothing though it does by default.
    #[serde(default)]
    pub auth_off: Select,
    /// Neither a run nor the source confirmed the transport or its path.
    #[serde(default)]
    pub unsure: bool,
    /// Whatever has no field, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Arguments and variables that choose something. Any one of them is enough.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Select {
    /// Each is an alternative: `--flag=value` (also written `--flag value`), `--flag` (with any value or none), or a
    /// word that stands alone (`*` allowed). Several in one, separated by spaces, must all be there.
    pub args: Vec<String>,
    /// A variable, and the values that choose (compared without case); `*` is any value but the empty one.
    pub env: IndexMap<String, OneOrMany>,
}

impl Select {
    /// Whether nothing chooses it.
    pub fn is_empty(&self) -> bool {
        self.args.is_empty() && self.env.is_empty()
    }
}

/// One text, or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One text.
    One(String),
    /// Any number of them.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts, in the order in which they are written.
    pub fn values(&self) -> &[String] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }
}

/// Arguments and variables to write. Where both stand, either is enough for what they have in common.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    /// Arguments, one word each, in the order in which they are written.
    pub args: Vec<String>,
    /// Variables, and the value that each is set to.
    pub env: IndexMap<String, String>,
}

impl Switch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.args.is_empty() && self.env.is_empty()
    }
}

/// A value with a default that a flag or a variable changes. The flag counts before the variable, an earlier name
/// before a later one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting<T> {
    /// Absent: not known, or chosen at random.
    #[serde(default = "nothing")]
    pub default: Option<T>,
    /// Flags; their value may be `host:port` or a URL, of which the part meant is taken.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables, with the same forms of values.
    #[serde(default)]
    pub env: Vec<String>,
}

fn nothing<T>() -> Option<T> {
    None
}

impl<T> Default for Setting<T> {
    fn default() -> Setting<T> {
        Setting {
            default: None,
            args: Vec::new(),
            env: Vec::new(),
        }
    }
}

/// The path of an endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PathSetting {
    /// With its leading slash; a trailing one counts.
    pub default: Option<String>,
    /// Flags whose value is the path; one without a leading slash gets it.
    pub args: Vec<String>,
    /// Variables whose value is the path, in the same form.
    pub env: Vec<String>,
    /// Further paths that are served; `{…}` stands for a name.
    pub also: Vec<String>,
}

/// The address a server listens on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BindDefault {
    /// 127.0.0.1 or localhost: in a container nobody outside of it reaches that.
    Loopback,
    /// 0.0.0.0 or ::.
    Any,
    /// Not known.
    Unknown,
}

/// What a caller must present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Nothing: whoever reaches it may call it.
    None,
    /// A token or key in a header.
    Bearer,
    /// A token that an OAuth flow hands out.
    Oauth,
    /// Not known.
    #[default]
    Unknown,
}

/// What holds only for one image, over the facts of the program. Read from its Dockerfile and entrypoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageFacts {
    /// Normalised repository; `*` allowed.
    pub name: String,
    /// The tags' versions for which it holds; a tag that names no version is in every set.
    #[serde(default)]
    pub tags: VersionSet,
    /// Ports of EXPOSE. They say nothing about the transport.
    #[serde(default)]
    pub expose: Vec<u16>,
    /// ENTRYPOINT; absent: not known. Empty: there is none, and `command` names the program.
    #[serde(default)]
    pub entrypoint: Option<Vec<String>>,
    /// CMD, which arguments replace; absent: not known.
    #[serde(default)]
    pub command: Option<Vec<String>>,
    /// ENV of the image.
    #[serde(default)]
    pub env: IndexMap<String, String>,
    /// What runs without further arguments and variables; absent: not known. Empty: nothing, it exits.
    #[serde(default)]
    pub default: Option<Vec<TransportKind>>,
    /// The port of the default transports, where the image differs from the program.
    #[serde(default)]
    pub port: Option<u16>,
    /// What a transport binds when the image's own entrypoint starts it and no bind flag is given.
    #[serde(default)]
    pub bind: BTreeMap<TransportKind, BindDefault>,
    /// Programs that healthchecks are often written with and that the image does not have; `sh`: it has no shell.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// The image has a HEALTHCHECK of its own. `false`: none, or not known.
    #[serde(default)]
    pub healthcheck: bool,
    /// What the floating tags were known to mean.
    #[serde(default)]
    pub latest: Option<Latest>,
}

/// What a floating tag meant on a day.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latest {
    /// The version that it meant.
    pub version: Version,
    /// The day on which that was read: `2026-11-22`.
    pub read: String,
}

/// The variables of a server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvFacts {
    /// Needed whatever the transport. For a database URL, [`Database`] says what may stand in for it.
    pub required: Vec<Needed>,
    /// Needed by one transport.
    pub required_for: BTreeMap<TransportKind, Vec<Needed>>,
    /// Read by the server.
    pub read: Vec<String>,
    /// Seen in people's files and read by nothing.
    pub never_read: Vec<String>,
    /// `read` is whole: all of the source was read, or the server was run. A variable of the server's own kind that
    /// is not in it does nothing. (Variables of the runtime, such as `HTTP_PROXY` or `NODE_OPTIONS`, are not its own.)
    pub complete: bool,
    /// Whatever else is to be known of them, a sentence.
    pub note: Option<String>,
}

/// A variable that is needed, or several of which one is: written as `A`, `A|B`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Needed(Vec<String>);

impl Needed {
    /// The variables any of which is enough; the first is the usual one.
    pub fn any_of(&self) -> &[String] {
        &self.0
    }
}

impl From<String> for Needed {
    fn from(written: String) -> Needed {
        Needed(written.split('|').map(str::to_string).collect())
    }
}

/// Whether a server reads a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvUse {
    /// Known to be read.
    Read,
    /// Known to be read by nothing.
    NeverRead,
    /// Not in the list, and the list is whole.
    NotInWholeList,
    /// Not in the list, and the list may lack some.
    Unknown,
}

/// The arguments of a server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Arguments {
    /// Without these it exits; in words.
    pub required: Vec<String>,
    /// Flags it has besides those of the transports; not always all.
    pub flags: Vec<String>,
    /// What it does with a word in front of its arguments that is none of them. Absent: not known.
    pub surplus: Option<Surplus>,
}

/// What a program does with a word that is none of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surplus {
    /// It exits with an error.
    Refused,
    /// It takes the word for the command of the server behind it.
    Command,
    /// It takes the word for the URL of its database.
    Database,
    /// It goes on as if the word were not there.
    Ignored,
}

/// What a server lets its callers do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// What callers may do unless something changes it.
    pub default: AccessMode,
    /// What makes it read-only.
    #[serde(default)]
    pub read_only: Switch,
    /// What makes it write.
    #[serde(default)]
    pub write: Switch,
    /// Variables that people set in the hope to forbid writing, and which this server does not read.
    #[serde(default)]
    pub intent_env: Vec<String>,
}

/// How much a server lets its callers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMode {
    /// It can write.
    Unrestricted,
    /// It cannot write.
    ReadOnly,
    /// Each tool or configuration decides.
    PerTool,
    /// Not known.
    Unknown,
}

/// Where a server takes the URL of its database from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Variables that hold the URL.
    #[serde(default)]
    pub env: Vec<String>,
    /// Flags whose value is the URL.
    #[serde(default)]
    pub args: Vec<String>,
    /// The first positional argument may be the URL.
    #[serde(default)]
    pub argument: bool,
    /// The variable wins over the argument, even when it is empty. Absent: not known.
    #[serde(default)]
    pub env_beats_argument: Option<bool>,
    /// Variables and flags which make the URL unnecessary.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// What the process does without a URL.
    pub without: WithoutDatabase,
}

/// What a process does without the URL of its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutDatabase {
    /// It exits.
    Exits,
    /// It starts.
    Starts,
    /// Not known.
    Unknown,
}

/// What a server does with the Host header of a request (its protection against DNS rebinding).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRule {
    /// Which Hosts are served.
    pub policy: HostPolicy,
    /// It holds for the version that was read; since which version is not known.
    #[serde(default)]
    pub unsure: bool,
    /// The answer to a Host that is refused; absent: not known.
    #[serde(default)]
    pub status: Option<u16>,
    /// `localhost` without the port is refused too.
    #[serde(default)]
    pub needs_port: bool,
    /// How a name is added; empty: it cannot be, or how is not known.
    #[serde(default)]
    pub allow: Allow,
    /// What turns the check off.
    #[serde(default)]
    pub off: Switch,
    /// When the rule holds; empty: always.
    #[serde(default)]
    pub when: HostWhen,
    /// What else is to be known of the rule, a clause; findings show it as evidence.
    #[serde(default)]
    pub note: Option<String>,
}

/// Which Hosts a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostPolicy {
    /// Any Host is served.
    None,
    /// Only localhost, 127.0.0.1 and `[::1]`, whatever it binds.
    Loopback,
    /// The loopback names and the concrete host it binds (0.0.0.0 is none).
    BindHost,
    /// There is a list; what stands in it by default is not known.
    Listed,
    /// Any Host is served unless a list is given.
    OptIn,
    /// Not known.
    Unknown,
}

/// How a name is added to the Hosts that are served.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allow {
    /// Flags that take the names.
    pub args: Vec<String>,
    /// Variables that take the names.
    pub env: Vec<String>,
    /// The value that stands for every name.
    pub any: Option<String>,
}

/// Conditions, all of which must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostWhen {
    /// Version of the MCP SDK.
    pub sdk: Option<VersionSet>,
    /// Version of the server.
    pub version: Option<VersionSet>,
    /// Version that the image's tag names.
    pub image: Option<VersionSet>,
    /// What it binds.
    pub bind: Option<BindDefault>,
}

/// What is known of a server when its Host rules are asked for; `None` is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostFacts<'a> {
    /// The version of the MCP SDK in it.
    pub sdk: Option<&'a Version>,
    /// The version of the server itself.
    pub version: Option<&'a Version>,
    /// The version of the image, when it runs from one.
    pub image: Option<&'a Version>,
    /// What it binds.
    pub bind: Option<BindDefault>,
}

/// A healthcheck for compose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Healthcheck {
    /// As in compose's `healthcheck.test`; `<port>` stands for the port of the transport. Ask [`Healthcheck::test_on`].
    pub test: Vec<String>,
    /// Why this test and no other, a clause; findings show it as evidence.
    #[serde(default)]
    pub note: Option<String>,
}

impl Healthcheck {
    /// The test for a server that listens on `port`.
    pub fn test_on(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        let words = self.test.iter();
        words.map(|word| word.replace("<port>", &port)).collect()
    }
}

/// The MCP SDK a server is made with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// The language it is written in, and for.
    pub language: Language,
    /// Version of the server's image → version of the SDK in it.
    #[serde(default)]
    pub versions: IndexMap<String, Version>,
}

/// The language of an MCP SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python, the package `mcp`.
    Python,
    /// TypeScript, the package `@modelcontextprotocol/sdk`.
    Typescript,
}

impl Language {
    /// The word of the catalog.
    pub fn word(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Typescript => "typescript",
        }
    }
}

/// A hosted endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// What it speaks.
    pub kind: TransportKind,
    /// Its address; `{NAME}` stands for what the caller fills in.
    pub url: String,
}

/// How a bridge takes what it bridges.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wraps {
    /// The command of a stdio server.
    pub command: Option<Takes>,
    /// The URL of an HTTP or SSE server.
    pub url: Option<Takes>,
    /// How many values a flag of the bridge takes where it is not one; by which the first positional is found.
    pub takes: BTreeMap<String, usize>,
}

/// How a bridge is put in front of a stdio server that runs from an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// Of several that would do, the one with the lowest number.
    pub order: u8,
    /// The version of it that was tried.
    pub version: Version,
    /// The transport that callers then use.
    pub kind: TransportKind,
    /// The port of that transport.
    pub port: u16,
    /// What starts it. The command of the server comes behind, as [`Wraps::command`] says.
    pub entrypoint: Vec<String>,
    /// How it comes into images of servers in a language.
    pub into: BTreeMap<Language, Install>,
}

/// How a bridge comes into an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// What the image's shell runs as root.
    pub run: String,
    /// All that it adds to the image stands under `/opt/bridge`: it can be copied from there into the image itself, whose
    /// user then stays.
    #[serde(default)]
    pub apart: bool,
}

/// The place of something on a bridge's command line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Takes {
    /// The value of one of these flags.
    pub flags: Vec<String>,
    /// The first positional and all behind it, or all behind `--`.
    pub positional: bool,
    /// The command is one shell string.
    pub one_string: bool,
}

/// The version of an image, and whether the tag itself says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageVersion {
    /// The version.
    pub version: Version,
    /// The day on which the floating tag was known to mean it; `None`: the tag names the version.
    pub assumed: Option<String>,
}

impl Server {
    /// The facts of the image under this server; `None` where only its name is known.
    pub fn image_facts(&self, image: &ImageRef) -> Option<&ImageFacts> {
        if !image.is_named() {
            return None;
        }
        let name = image.repository_name();
        let version = image.version();
        self.images.iter().find(|facts| {
            glob::matches(&facts.name, &name)
                && version.as_ref().is_none_or(|v| facts.tags.contains(v))
        })
    }

    /// The version that an image holds: its tag's, or what a floating tag was known to mean.
    pub fn image_version(&self, image: &ImageRef) -> Option<ImageVersion> {
        if let Some(version) = image.version() {
            return Some(ImageVersion {
                version,
                assumed: None,
            });
        }
        if !matches!(image.tag.as_deref(), None | Some("latest")) || image.digest.is_some() {
            return None;
        }
        let latest = self.image_facts(image)?.latest.as_ref()?;
        Some(ImageVersion {
            version: latest.version.clone(),
            assumed: Some(latest.read.clone()),
        })
    }

    /// Whether the server reads a variable.
    pub fn env_use(&self, name: &str) -> EnvUse {
        let has = |names: &[String]| names.iter().any(|known| known == name);
        if has(&self.env.never_read) {
            EnvUse::NeverRead
        } else if has(&self.env.read) {
            EnvUse::Read
        } else if self.env.complete {
            EnvUse::NotInWholeList
        } else {
            EnvUse::Unknown
        }
    }

    /// The Host rules that may hold, in order. One: it holds. Several: which of them is not known. None: nothing is
    /// known. A rule whose conditions are proved wins over rules that only may hold.
    pub fn host_rules(&self, known: &HostFacts<'_>) -> Vec<&HostRule> {
        let mut possible = Vec::new();
        for rule in &self.host_check {
            match rule.when.holds(known) {
                Some(true) if rule.when.is_empty() => {
                    possible.push(rule);
                    break;
                }
                Some(true) => return vec![rule],
                Some(false) => {}
                None => possible.push(rule),
            }
        }
        possible
    }

    /// The version of the MCP SDK in a version of the server's image.
    pub fn sdk_version(&self, image: &Version) -> Option<&Version> {
        let versions = &self.sdk.as_ref()?.versions;
        versions
            .iter()
            .find(|(server, _)| Version::parse(server).as_ref() == Some(image))
            .map(|(_, sdk)| sdk)
    }
}

impl HostWhen {
    fn is_empty(&self) -> bool {
        self.sdk.is_none() && self.version.is_none() && self.image.is_none() && self.bind.is_none()
    }

    /// Whether all conditions hold; `None`: one of them is not known and none is refuted.
    fn holds(&self, known: &HostFacts<'_>) -> Option<bool> {
        let version = |set: &Option<VersionSet>, version: Option<&Version>| match (set, version) {
            (None, _) => Some(true),
            (Some(set), Some(version)) => Some(set.contains(version)),
            (Some(_), None) => None,
        };
        let bind = match (self.bind, known.bind) {
            (None, _) => Some(true),
            (Some(_), None | Some(BindDefault::Unknown)) => None,
            (Some(wanted), Some(bind)) => Some(wanted == bind),
        };
        let conditions = [
            version(&self.sdk, known.sdk),
            version(&self.version, known.version),
            version(&self.image, known.image),
            bind,
        ];
        if conditions.contains(&Some(false)) {
            Some(false)
        } else if conditions.contains(&None) {
            None
        } else {
            Some(true)
        }
    }
}

fn versions_or_bool<'de, D: serde::Deserializer<'de>>(from: D) -> Result<VersionSet, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bool(bool),
        Range(VersionSet),
    }
    Ok(match Written::deserialize(from)? {
        Written::Bool(true) => VersionSet::all(),
        Written::Bool(false) => VersionSet::none(),
        Written::Range(range) => range,
    })
}
