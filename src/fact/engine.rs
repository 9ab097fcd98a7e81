//! What a container engine says of itself and of what it runs: records of its answers, without opinions.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Known, Secret, Unknown};

/// A container engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Its address, such as `unix:///var/run/docker.sock`.
    pub endpoint: String,
    /// What kind it is.
    pub kind: EngineKind,
    /// Its version, such as `20.10.24`.
    pub version: Option<String>,
    /// The version of its API that was spoken, such as `1.41`.
    pub api: Option<String>,
    /// Whether it runs on this machine.
    pub locality: Locality,
    /// Whether the networks of its containers can be entered from this process (`setns`).
    pub enter: Known<()>,
    /// Containers that matter, running or not, by name.
    pub containers: Vec<Container>,
    /// Every network, by name.
    pub networks: Vec<Net>,
    /// Images of those containers, and what their tags mean now.
    pub images: Vec<Image>,
    /// What could not be looked at: what, and why. `containers`, `networks`, `container NAME` or `image NAME` is what;
    /// the first two mean that some or all of them are missing above.
    pub gaps: Vec<(String, String)>,
}

/// Kinds of engines, as far as they behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Docker on Linux.
    Linux,
    /// Docker Desktop: containers live in a virtual machine.
    Desktop,
    /// Rootless Docker: containers live in a user's own namespaces.
    Rootless,
    /// Podman's compatible service.
    Podman,
}

/// Whether an engine runs on this machine. Only then process numbers and addresses of containers mean something here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locality {
    /// It was proved to.
    Here,
    /// It was not, and why.
    NotProved(String),
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name, without the slash.
    pub name: String,
    /// The image as it was named when the container was made.
    pub image: String,
    /// The image that it was made from: `sha256:…`.
    pub image_id: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What it does.
    pub state: State,
    /// `Config.Entrypoint`, of the image or given.
    pub entrypoint: Vec<String>,
    /// `Config.Cmd`, of the image or given.
    pub command: Vec<String>,
    /// Variables, those of the image included.
    pub env: Vec<(String, Secret)>,
    /// Ports that image or container declare, TCP alone.
    pub exposed: Vec<u16>,
    /// Ports that are to be published, TCP alone.
    pub bindings: Vec<Binding>,
    /// Ports that are published while it runs, TCP alone.
    pub published: Vec<Binding>,
    /// Whether its standard input is kept open.
    pub open_stdin: bool,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Its own host name.
    pub hostname: String,
    /// `bridge`, `host`, `none`, `container:ID` or a network's name.
    pub network_mode: String,
    /// Names in its `/etc/hosts`, as they were given: name and address, `host-gateway` among the latter.
    pub extra_hosts: Vec<(String, String)>,
    /// Name servers that were given to it, if any.
    pub dns: Vec<String>,
    /// The networks that it is connected to.
    pub networks: Vec<Joined>,
    /// What is mounted into it.
    pub mounts: Vec<Mounted>,
    /// `no`, `always`, `on-failure` or `unless-stopped`.
    pub restart: String,
    /// The words of its health check, `NONE` alone where it is switched off; nothing where there is none.
    pub healthcheck: Option<Vec<String>>,
    /// TCP sockets that are listening in its network namespace, without the engine's own name server.
    pub listeners: Known<Vec<SocketAddr>>,
    /// Its last lines of log, without secrets.
    pub log: Known<Vec<String>>,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Which of the states an engine knows.
    pub status: Status,
    /// The number of its first process on the engine's machine, while it runs.
    pub pid: Option<u32>,
    /// How it ended last.
    pub exit_code: i64,
    /// Whether it was ended for want of memory.
    pub out_of_memory: bool,
    /// Why it could not be started.
    pub error: String,
    /// How often the engine has started it again.
    pub restarts: u64,
    /// When it began last, as the engine writes times (RFC 3339).
    pub started_at: String,
    /// When it ended last.
    pub finished_at: String,
    /// When it was made.
    pub created_at: String,
    /// What its health check says.
    pub health: Option<Health>,
}

/// The states of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Made and never started.
    Created,
    /// It runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// Ended, and about to be started again.
    Restarting,
    /// About to be removed.
    Removing,
    /// Ended.
    Exited,
    /// It could not be removed.
    Dead,
}

impl Status {
    /// Docker's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Status::Created => "created",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Restarting => "restarting",
            Status::Removing => "removing",
            Status::Exited => "exited",
            Status::Dead => "dead",
        }
    }
}

/// What a health check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy`.
    pub status: String,
    /// How often it has failed in a row.
    pub failing: u64,
    /// What it printed last, without secrets.
    pub output: String,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The port in the container.
    pub port: u16,
    /// The address on the engine's machine; empty or unspecified: every one.
    pub host_ip: String,
    /// The port there; nothing where the engine chooses one.
    pub host_port: Option<u16>,
}

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The network's name.
    pub name: String,
    /// Its id; names are not unique.
    pub id: String,
    /// The container's addresses there, while it runs.
    pub addresses: Vec<IpAddr>,
    /// Names that it was given there.
    pub aliases: Vec<String>,
    /// Every name that it answers to there, by an engine that says so (Docker 25 and later).
    pub dns_names: Vec<String>,
    /// The address of the engine's machine there.
    pub gateway: Option<IpAddr>,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounted {
    /// `bind`, `volume`, `tmpfs` …
    pub kind: String,
    /// A path on the engine's machine.
    pub source: String,
    /// A path in the container.
    pub target: String,
    /// Whether it can be written.
    pub writable: bool,
    /// Of a file that is mounted into a container that runs here: what became of it on the machine.
    #[serde(default)]
    pub since: Option<Since>,
}

/// What became of a mounted file on the machine while its container ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// Nothing: it is older than the container's start.
    Unchanged,
    /// It was written to: the container has the new text, and its program the one that it read.
    Written,
    /// Another file was put in its place, as most editors do: the container has the old one until it is started again.
    Replaced,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Net {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `bridge`, `overlay`, `host` …
    pub driver: String,
    /// Whether it leads nowhere outside.
    pub internal: bool,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The addresses of the engine's machine in it.
    pub gateways: Vec<IpAddr>,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `sha256:…`.
    pub id: String,
    /// What containers call their image ([`Container::image`]), as far as that means this one now.
    #[serde(default)]
    pub meant_by: Vec<String>,
    /// The names that mean it now, with tags.
    pub tags: Vec<String>,
    /// The names by which a registry gave it: `name@sha256:…`.
    pub digests: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its entrypoint.
    pub entrypoint: Vec<String>,
    /// Its command.
    pub command: Vec<String>,
    /// Its variables.
    pub env: Vec<(String, Secret)>,
    /// Ports that it declares, TCP alone.
    pub exposed: Vec<u16>,
}

/// Labels by which Compose marks what it makes.
pub mod label {
    /// The project's name.
    pub const PROJECT: &str = "com.docker.compose.project";
    /// The service's name.
    pub const SERVICE: &str = "com.docker.compose.service";
    /// The project's directory.
    pub const DIRECTORY: &str = "com.docker.compose.project.working_dir";
    /// The project's files, divided by commas.
    pub const FILES: &str = "com.docker.compose.project.config_files";
    /// `True` for a container of `docker compose run`.
    pub const ONE_OFF: &str = "com.docker.compose.oneoff";
    /// Which of a service's containers it is, from 1.
    pub const NUMBER: &str = "com.docker.compose.container-number";
    /// The key of a network.
    pub const NETWORK: &str = "com.docker.compose.network";
}

impl Engine {
    /// The container with that id, name, or unambiguous beginning of an id.
    pub fn container(&self, word: &str) -> Option<&Container> {
        let word = word.strip_prefix('/').unwrap_or(word);
        let exact = |container: &&Container| container.id == word || container.name == word;
        if let Some(found) = self.containers.iter().find(exact) {
            return Some(found);
        }
        if word.len() < 4 {
            return None;
        }
        let mut found = self
            .containers
            .iter()
            .filter(|one| one.id.starts_with(word));
        found.next().filter(|_| found.next().is_none())
    }

    /// The image with that id.
    pub fn image(&self, id: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    /// The image that a container's word for its image means now: another one than it was made from where the tag has
    /// moved since, none where it means nothing any more.
    pub fn meant(&self, image: &str) -> Option<&Image> {
        let means = |one: &&Image| one.meant_by.iter().any(|word| word == image);
        self.images.iter().find(means)
    }

    /// Why something could not be looked at, if so.
    pub fn gap(&self, what: &str) -> Option<&str> {
        let mut gaps = self.gaps.iter();
        gaps.find(|(have, _)| have == what)
            .map(|(_, why)| why.as_str())
    }

    /// The network with that name.
    pub fn network(&self, name: &str) -> Option<&Net> {
        self.networks.iter().find(|network| network.name == name)
    }

    /// Whether it runs on this machine.
    pub fn is_here(&self) -> bool {
        self.locality == Locality::Here
    }
}

impl Container {
    /// A container that runs and has nothing but a name; its id is made of that. What a record by hand begins with.
    pub fn blank(name: &str) -> Container {
        let digits: String = name.bytes().map(|byte| format!("{byte:x}")).collect();
        Container {
            id: format!("{digits:0<64}"),
            name: name.to_owned(),
            image: String::new(),
            image_id: String::new(),
            labels: BTreeMap::new(),
            state: State {
                status: Status::Running,
                pid: None,
                exit_code: 0,
                out_of_memory: false,
                error: String::new(),
                restarts: 0,
                started_at: "2026-01-01T00:00:01Z".to_owned(),
                finished_at: "0001-01-01T00:00:00Z".to_owned(),
                created_at: "2026-01-01T00:00:00Z".to_owned(),
                health: None,
            },
            entrypoint: Vec::new(),
            command: Vec::new(),
            env: Vec::new(),
            exposed: Vec::new(),
            bindings: Vec::new(),
            published: Vec::new(),
            open_stdin: false,
            tty: false,
            hostname: String::new(),
            network_mode: String::new(),
            extra_hosts: Vec::new(),
            dns: Vec::new(),
            networks: Vec::new(),
            mounts: Vec::new(),
            restart: "no".to_owned(),
            healthcheck: None,
            listeners: Known::No(Unknown::NotAsked),
            log: Known::No(Unknown::NotAsked),
        }
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The twelve digits by which people and name servers call it.
    pub fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// Whether it runs, frozen or not.
    pub fn is_running(&self) -> bool {
        matches!(self.state.status, Status::Running | Status::Paused)
    }

    /// A variable's value.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut env = self.env.iter();
        env.find(|(have, _)| have == name)
            .map(|(_, value)| value.reveal())
    }
}
