//! What is known of the world, as data: the MCP servers of `checks/catalog/servers/`, compiled in.
//!
//! Finding an entry by name parses nothing; an entry is parsed once, when it is first found.

pub mod client;
mod command;
pub mod engine;
pub mod gateway;
pub mod given;
pub(crate) mod glob;
pub mod image;
pub mod run;
pub mod server;
pub mod version;
mod wait;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

pub use command::{Registry, basename, is_shell, split_simple};
pub use given::DatabaseUrl;
pub use image::ImageRef;
pub use run::{Bind, BindFrom, Certainty, EnvLookup, Launch, Running, Speaks};
pub use server::{Server, TransportKind};
pub use version::{Version, VersionSet};
pub use wait::{Stage, Wait};

use command::Starts;
use server::{Front, Language, Names};

/// An entry as it is compiled in: its names, and the text of its file.
struct Entry {
    id: &'static str,
    image: &'static [&'static str],
    npm: &'static [&'static str],
    pypi: &'static [&'static str],
    command: &'static [&'static str],
    /// The languages of the servers that it can be put in front of, for a bridge.
    front: &'static [&'static str],
    text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/servers.rs"));

/// The entries that were parsed, in the order of `SERVERS`. An entry that cannot be parsed is as good as absent; a
/// test sees to it that there is none.
static PARSED: [OnceLock<Option<Server>>; SERVERS.len()] =
    [const { OnceLock::new() }; SERVERS.len()];

/// The names by which command lines are recognised, in the order of `SERVERS`.
static NAMES: LazyLock<Vec<Names>> = LazyLock::new(|| SERVERS.iter().map(Entry::names).collect());

/// Where in `SERVERS` an image of exactly that name stands: a stack asks for as many images as it has services.
static IMAGES: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let named = SERVERS.iter().enumerate();
    named
        .flat_map(|(at, entry)| entry.image.iter().map(move |name| (*name, at)))
        .filter(|(name, _)| !name.contains('*'))
        .collect()
});

/// The known servers: those compiled in, and the user's own, which win over them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    extra: Vec<Server>,
}

/// A server that a command line starts.
#[derive(Clone, Debug)]
pub struct Started<'a> {
    /// The server.
    pub server: &'a Server,
    /// The version that the command line pins (`npx pkg@1.2.3`, `uvx pkg==1.2.3`).
    pub version: Option<Version>,
    /// What is left for the server: the `args` of a [`Launch`].
    pub args: Vec<String>,
}

/// How well a name fits: an exact one before a pattern, a longer pattern before a shorter one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Pattern(usize),
    Exact,
}

impl Catalog {
    /// The servers that mcpdoc itself knows.
    pub const fn builtin() -> Catalog {
        Catalog { extra: Vec::new() }
    }

    /// The same, and `extra` servers that are asked first.
    pub fn with(extra: Vec<Server>) -> Catalog {
        Catalog { extra }
    }

    /// How LiteLLM's proxy reads its configuration.
    pub fn litellm(&self) -> &gateway::LiteLlm {
        &gateway::LITELLM
    }

    /// The server that an image holds. Tag and digest do not count.
    pub fn server_for_image(&self, image: &ImageRef) -> Option<&Server> {
        if !image.is_named() {
            return None;
        }
        let name = image.repository_name();
        if self.extra.is_empty()
            && let Some(at) = IMAGES.get(name.as_str())
        {
            return parsed(*at);
        }
        self.find(
            |names| best(names.image.iter().map(String::as_str), &name, glob::matches),
            |entry| best(entry.image.iter().copied(), &name, glob::matches),
        )
    }

    /// The server that a package holds, by the name under which it is published.
    pub fn server_for_package(&self, registry: Registry, name: &str) -> Option<&Server> {
        match registry {
            Registry::Npm => self.find(
                |names| best(names.npm.iter().map(String::as_str), name, glob::matches),
                |entry| best(entry.npm.iter().copied(), name, glob::matches),
            ),
            Registry::Pypi => self.find(
                |names| {
                    best(
                        names.pypi.iter().map(String::as_str),
                        name,
                        command::same_pypi,
                    )
                },
                |entry| best(entry.pypi.iter().copied(), name, command::same_pypi),
            ),
        }
    }

    /// The server that a command line starts, seen through `npx`, `uvx`, `uv run`, `python -m`, `node`, `sh -c` and
    /// the like. `None` also where the program's name is that of several servers and nothing tells which.
    pub fn server_for_command(&self, program: &str, args: &[String]) -> Option<Started<'_>> {
        let line: Vec<String> = [&[program.to_string()], args].concat();
        let line = command::read(&line)?;
        let started = |server, args, version| Started {
            server,
            version,
            args,
        };
        if let Starts::Package {
            registry,
            name,
            version,
        } = &line.starts
        {
            let server = self.server_for_package(*registry, name)?;
            return Some(started(server, line.rest, version.clone()));
        }
        let mut extra = self.extra.iter();
        if let Some(own) = extra.find_map(|server| {
            Some(started(
                server,
                command::arguments(&server.names, &line)?,
                None,
            ))
        }) {
            return Some(own);
        }
        let mut found: Vec<(usize, Vec<String>)> = NAMES
            .iter()
            .enumerate()
            .filter_map(|(at, names)| Some((at, command::arguments(names, &line)?)))
            .collect();
        let by_name = |at: usize| !SERVERS[at].command.iter().all(|name| name.contains('*'));
        if found.len() > 1 && found.iter().any(|(at, _)| by_name(*at)) {
            found.retain(|(at, _)| by_name(*at));
        }
        match <[_; 1]>::try_from(found) {
            Ok([(at, rest)]) => Some(started(parsed(at)?, rest, None)),
            Err(_) => None,
        }
    }

    /// The entry of this id.
    pub fn by_id(&self, id: &str) -> Option<&Server> {
        let extra = self.extra.iter().find(|server| server.id == id);
        extra.or_else(|| parsed(SERVERS.binary_search_by_key(&id, |entry| entry.id).ok()?))
    }

    /// The bridges that images of servers in that language can hold, best first.
    pub fn bridges(&self, language: Language) -> Vec<(&Server, &Front)> {
        let builtin = SERVERS.iter().enumerate();
        let builtin = builtin.filter(|(_, entry)| entry.front.contains(&language.word()));
        let known = self
            .extra
            .iter()
            .chain(builtin.filter_map(|(at, _)| parsed(at)));
        let mut bridges: Vec<_> = known
            .filter_map(|server| Some((server, server.front.as_ref()?)))
            .filter(|(_, front)| front.into.contains_key(&language))
            .collect();
        bridges.sort_by_key(|(_, front)| front.order);
        bridges
    }

    /// All entries, the user's own first. Parses every one of them.
    pub fn all(&self) -> impl Iterator<Item = &Server> {
        let builtin = (0..SERVERS.len()).filter_map(|at| -> Option<&Server> { parsed(at) });
        self.extra.iter().chain(builtin)
    }

    /// The server whose names fit best.
    fn find(
        &self,
        of_extra: impl Fn(&Names) -> Option<Fit>,
        of_builtin: impl Fn(&Entry) -> Option<Fit>,
    ) -> Option<&Server> {
        let fits = |server: &&Server| of_extra(&server.names).is_some();
        if let Some(server) = self.extra.iter().find(fits) {
            return Some(server);
        }
        let fits = SERVERS.iter().enumerate();
        let fits = fits.filter_map(|(at, entry)| Some((of_builtin(entry)?, at)));
        parsed(fits.max_by_key(|(fit, _)| *fit)?.1)
    }
}

impl Entry {
    /// Images are left out: no command line is recognised by them.
    fn names(&self) -> Names {
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        Names {
            image: Vec::new(),
            npm: owned(self.npm),
            pypi: owned(self.pypi),
            command: owned(self.command),
        }
    }
}

/// The best fit of a name among patterns.
fn best<'a>(
    patterns: impl Iterator<Item = &'a str>,
    name: &str,
    matches: impl Fn(&str, &str) -> bool,
) -> Option<Fit> {
    patterns
        .filter(|pattern| matches(pattern, name))
        .map(|pattern| match pattern.contains('*') {
            true => Fit::Pattern(pattern.len()),
            false => Fit::Exact,
        })
        .max()
}

fn parsed(at: usize) -> Option<&'static Server> {
    PARSED[at]
        .get_or_init(|| serde_json::from_str(SERVERS[at].text).ok())
        .as_ref()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::server::{BindDefault, EnvUse, HostFacts, HostPolicy};
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    fn for_image(image: &str) -> Option<String> {
        let catalog = Catalog::builtin();
        let server = catalog.server_for_image(&ImageRef::parse(image));
        server.map(|server| server.id.clone())
    }

    fn for_command(line: &str) -> Option<String> {
        let line = words(line);
        let catalog = Catalog::builtin();
        let started = catalog.server_for_command(&line[0], &line[1..])?;
        let version = started.version.map_or(String::new(), |v| format!(" {v}"));
        Some(format!(
            "{}{version} [{}]",
            started.server.id,
            started.args.join(" ")
        ))
    }

    #[test]
    fn every_entry_parses() {
        for entry in SERVERS {
            let server: Result<Server, _> = serde_json::from_str(entry.text);
            match server {
                Ok(server) => assert_eq!(server.id, entry.id),
                Err(error) => panic!("{}: {error}", entry.id),
            }
        }
        assert!(SERVERS.len() >= 62);
        assert!(SERVERS.is_sorted_by_key(|entry| entry.id));
        assert_eq!(Catalog::builtin().all().count(), SERVERS.len());
    }

    #[test]
    fn no_name_is_claimed_twice() {
        let mut claimed: BTreeMap<(&str, String), &str> = BTreeMap::new();
        let catalog = Catalog::builtin();
        for server in catalog.all() {
            let names = &server.names;
            let kinds = [
                ("image", &names.image),
                ("npm", &names.npm),
                ("pypi", &names.pypi),
                ("command", &names.command),
            ];
            for (kind, names) in kinds {
                for name in names {
                    if (kind, name.as_str()) == ("command", "mcp-proxy") {
                        continue;
                    }
                    let before = claimed.insert((kind, name.clone()), &server.id);
                    assert_eq!(before, None, "{kind} {name}: {}", server.id);
                }
            }
        }
    }

    #[test]
    fn names_are_written_as_they_are_compared() {
        for server in Catalog::builtin().all() {
            let images = server.images.iter().map(|facts| &facts.name);
            for name in server.names.image.iter().chain(images) {
                let image = ImageRef::parse(name);
                assert_eq!(&image.repository_name(), name, "{}", server.id);
                assert_eq!(image.tag, None, "{}: {name}", server.id);
            }
        }
    }

    #[test]
    fn every_default_exists_and_every_endpoint_has_its_facts() {
        for server in Catalog::builtin().all() {
            let id = &server.id;
            for transport in &server.transports {
                let outside = transport
                    .default
                    .intersect(&transport.versions.complement());
                assert!(
                    transport.default.is_all() || outside.is_empty(),
                    "{id}: a default that does not exist"
                );
                let same_kind: Vec<_> = server
                    .transports
                    .iter()
                    .filter(|other| other.kind == transport.kind)
                    .collect();
                for other in same_kind {
                    assert!(
                        std::ptr::eq(other, transport)
                            || other.versions.intersect(&transport.versions).is_empty(),
                        "{id}: two {} transports of one version",
                        transport.kind
                    );
                }
                match transport.kind {
                    TransportKind::Stdio => {
                        assert!(
                            transport.port.default.is_none() && transport.path.default.is_none()
                        );
                    }
                    TransportKind::Sse | TransportKind::Http => {
                        let path = transport.path.default.as_deref();
                        assert!(
                            path.is_some_and(|path| path.starts_with('/')),
                            "{id}: no path"
                        );
                        assert!(
                            transport.port.default.is_some() || !transport.port.args.is_empty(),
                            "{id}: no port"
                        );
                        assert!(transport.bind.default.is_some(), "{id}: no bind");
                    }
                    TransportKind::Other => {}
                }
            }
            for facts in &server.images {
                for kind in facts.default.iter().flatten().chain(facts.bind.keys()) {
                    assert!(
                        server.transports.iter().any(|t| t.kind == *kind),
                        "{id}: {kind} of an image"
                    );
                }
                let name = facts.name.trim_matches('*');
                assert!(
                    server.names.image.iter().any(|known| known.contains(name)),
                    "{id}: the image {name} is not its own"
                );
            }
        }
    }

    #[test]
    fn every_variable_that_changes_something_is_read() {
        for server in Catalog::builtin().all() {
            for transport in &server.transports {
                let variables = (transport.port.env.iter())
                    .chain(&transport.path.env)
                    .chain(&transport.bind.env)
                    .chain(transport.select.env.keys())
                    .chain(transport.enable.env.keys());
                for name in variables {
                    assert_eq!(
                        server.env_use(name),
                        EnvUse::Read,
                        "{}: {name} is not in env.read",
                        server.id
                    );
                }
            }
            let of_transports = server.env.required_for.values().flatten();
            for needed in server.env.required.iter().chain(of_transports) {
                for name in needed.any_of() {
                    assert_eq!(server.env_use(name), EnvUse::Read, "{}: {name}", server.id);
                }
            }
            for name in &server.env.never_read {
                assert!(!server.env.read.contains(name), "{}: {name}", server.id);
            }
        }
    }

    /// What a fix writes must be understood by the reader that checks it.
    #[test]
    fn enabling_a_transport_is_recognised() {
        for server in Catalog::builtin().all() {
            for transport in &server.transports {
                if transport.enable.is_empty() {
                    continue;
                }
                let newest = Version::head();
                if !transport.versions.contains(&newest) {
                    continue;
                }
                let env = |name: &str| match transport.enable.env.get(name) {
                    Some(value) => EnvLookup::Set(value.clone()),
                    None => EnvLookup::Unset,
                };
                let running = server.runs(&Launch {
                    image: None,
                    version: Some(&newest),
                    entrypoint: None,
                    args: &transport.enable.args,
                    env: &env,
                });
                assert_eq!(running.certainty, Certainty::Known, "{}", server.id);
                let speaks = running.speaks(transport.kind);
                assert!(speaks.is_some(), "{}: {}", server.id, transport.kind);
            }
        }
    }

    #[test]
    fn images_are_found() {
        for (image, id) in [
            ("crystaldba/postgres-mcp", "crystaldba-postgres-mcp"),
            (
                "docker.io/crystaldba/postgres-mcp:0.3.0",
                "crystaldba-postgres-mcp",
            ),
            ("mcp/postgres:latest", "reference-postgres"),
            ("ghcr.io/github/github-mcp-server@sha256:00", "github"),
            ("my.registry:5000/team/context7-mcp:1", "context7"),
            ("mcp/aws-api-mcp-server", "aws-api"),
            ("mcp/aws-documentation", "awslabs-other"),
        ] {
            assert_eq!(for_image(image).as_deref(), Some(id), "{image}");
        }
        assert_eq!(for_image("postgres:17"), None);
        assert_eq!(for_image("${REGISTRY}/context7-mcp"), None);
        assert_eq!(
            for_image("crystaldba/postgres-mcp:${TAG}").as_deref(),
            Some("crystaldba-postgres-mcp")
        );
    }

    #[test]
    fn command_lines_are_found() {
        for (line, found) in [
            (
                "postgres-mcp --transport=sse",
                "crystaldba-postgres-mcp [--transport=sse]",
            ),
            ("/opt/venv/bin/postgres-mcp", "crystaldba-postgres-mcp []"),
            (
                "uvx postgres-mcp==0.3.0 --x",
                "crystaldba-postgres-mcp 0.3.0 [--x]",
            ),
            (
                "npx -y @modelcontextprotocol/server-postgres@0.6.2 URL",
                "reference-postgres 0.6.2 [URL]",
            ),
            ("uvx mcp-proxy --port 1", "mcp-proxy-python [--port 1]"),
            ("npx mcp-proxy --port 1", "mcp-proxy-typescript [--port 1]"),
            ("uv run mcp-proxy", "mcp-proxy-python []"),
            ("python -m mcp_server_git", "reference-git []"),
            (
                "python -m mcp_proxy --port 1",
                "mcp-proxy-python [--port 1]",
            ),
            (
                "node /app/node_modules/@playwright/mcp/cli.js --port 1",
                "playwright [--port 1]",
            ),
            (
                "docker mcp gateway run --port 1",
                "docker-mcp-gateway [--port 1]",
            ),
            (
                "serena start-mcp-server --transport sse",
                "serena [--transport sse]",
            ),
            ("uvx awslabs.aws-api-mcp-server@latest", "aws-api []"),
            ("awslabs.aws-api-mcp-server", "aws-api []"),
            ("uvx awslabs.core-mcp-server", "awslabs-other []"),
        ] {
            assert_eq!(for_command(line).as_deref(), Some(found), "{line}");
        }
        for nothing in [
            "mcp-proxy --port 1",
            "docker run x",
            "node index.js",
            "uvx ruff",
        ] {
            assert_eq!(for_command(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn entries_of_the_user_are_asked_first() {
        let own: Server = serde_yaml::from_str(
            "{id: own, title: own, kind: server, names: {image: [mcp/postgres], command: [mcp-proxy]}, \
             transports: [{kind: stdio, default: true}], verified: run}",
        )
        .unwrap();
        let catalog = Catalog::with(vec![own]);
        let image = ImageRef::parse("mcp/postgres");
        assert_eq!(catalog.server_for_image(&image).unwrap().id, "own");
        let started = catalog.server_for_command("mcp-proxy", &[]);
        assert_eq!(started.unwrap().server.id, "own");
        assert!(catalog.by_id("own").is_some() && catalog.by_id("github").is_some());
    }

    #[test]
    fn host_rules_depend_on_what_is_known() {
        let catalog = Catalog::builtin();
        let policies = |id: &str, known: HostFacts<'_>| -> Vec<HostPolicy> {
            let rules = catalog.by_id(id).unwrap().host_rules(&known);
            rules.iter().map(|rule| rule.policy).collect()
        };
        let version = |text: &str| Version::parse(text).unwrap();
        let (old, new) = (version("1.6.0"), version("1.30.0"));
        let (released, head) = (version("0.3.0"), Version::head());
        let pg = "crystaldba-postgres-mcp";
        let sdk = |sdk| HostFacts {
            sdk: Some(sdk),
            ..HostFacts::default()
        };
        let image = |image| HostFacts {
            image: Some(image),
            ..HostFacts::default()
        };
        assert_eq!(policies(pg, sdk(&old)), [HostPolicy::None]);
        assert_eq!(policies(pg, sdk(&new)), [HostPolicy::Loopback]);
        assert_eq!(policies(pg, image(&released)), [HostPolicy::None]);
        assert_eq!(policies(pg, image(&head)), [HostPolicy::Loopback]);
        assert!(policies(pg, HostFacts::default()).len() > 1);
        assert_eq!(
            policies("dbhub", HostFacts::default()),
            [HostPolicy::BindHost]
        );
        let bound = HostFacts {
            bind: Some(BindDefault::Any),
            ..HostFacts::default()
        };
        assert_eq!(policies("hass-mcp", bound), [HostPolicy::None]);
        let server = catalog.by_id(pg).unwrap();
        assert_eq!(server.sdk_version(&released), Some(&old));
    }

    #[test]
    fn variables_are_told_apart() {
        let catalog = Catalog::builtin();
        let server = catalog.by_id("crystaldba-postgres-mcp").unwrap();
        assert_eq!(server.env_use("DATABASE_URI"), EnvUse::Read);
        assert_eq!(server.env_use("MCP_ALLOW_WRITE"), EnvUse::NeverRead);
        assert_eq!(server.env_use("PG_READ_ONLY"), EnvUse::NotInWholeList);
        let grafana = catalog.by_id("grafana").unwrap();
        assert_eq!(grafana.env_use("ANYTHING"), EnvUse::Unknown);
    }
}
