//! Compose projects as Compose itself would see them: files merged, variables interpolated as far as they are known.

use std::path::PathBuf;

use super::Port;
use crate::source::{At, Pointer, SourceId};

/// The number of a service: of its project in the stack, and of itself in the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    /// Index in [`super::Stack::projects`].
    pub project: usize,
    /// Index in [`Project::services`].
    pub service: usize,
}

/// One Compose project: files merged in their order.
#[derive(Clone, Debug)]
pub struct Project {
    /// `name:`, COMPOSE_PROJECT_NAME, or the directory's name as Compose normalises it.
    pub name: String,
    /// Whether its containers run under that name although no file gives it: by `-p`.
    pub is_named_by_hand: bool,
    /// Project directory, absolute: relative paths count from here.
    pub dir: PathBuf,
    /// The files, in merge order, included ones last.
    pub files: Vec<SourceId>,
    /// Services in the order of the files.
    pub services: Vec<Service>,
    /// Networks: declared ones and, when used, the implicit `default`.
    pub networks: Vec<Network>,
    /// The profiles that COMPOSE_PROFILES switches on; `None` where neither the shell nor an env file sets it, so that
    /// `--profile` alone decides.
    pub profiles: Option<Vec<String>>,
    /// What could not be read or followed (a missing `include`, a cycle of `extends`, unknown profile…), with its
    /// place. Empty means that the whole project is known, so that absence of a service is a fact.
    pub gaps: Vec<At<String>>,
}

impl Project {
    /// The network with that key.
    pub fn network(&self, key: &str) -> Option<&Network> {
        self.networks.iter().find(|network| network.key == key)
    }

    /// The service with that name.
    pub fn service(&self, name: &str) -> Option<usize> {
        self.services
            .iter()
            .position(|service| service.name.value == name)
    }

    /// Whether Compose creates a service only with a profile that COMPOSE_PROFILES does not switch on. Not where a name
    /// depends on a variable.
    pub fn leaves_out(&self, service: &Service) -> bool {
        let wanted = || {
            service
                .profiles
                .iter()
                .map(|profile| profile.value.as_str())
        };
        let mut active = self.profiles.iter().flatten();
        !service.profiles.is_empty()
            && !wanted().any(|profile| profile.contains('$'))
            && !active
                .any(|name| name == "*" || name.contains('$') || wanted().any(|it| it == name))
    }
}

/// A string after interpolation.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Text {
    /// The text. Variables that nobody defines here and that have no default stand in it as they were written.
    pub text: String,
    /// Whether every variable was known.
    pub known: bool,
}

impl Text {
    /// A text without unknown variables.
    pub fn known(text: impl Into<String>) -> Text {
        Text {
            text: text.into(),
            known: true,
        }
    }

    /// The text, if it is known whole.
    pub fn get(&self) -> Option<&str> {
        self.known.then_some(self.text.as_str())
    }
}

/// A network of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The key under `networks:`.
    pub key: String,
    /// Its name in the engine: `name:`, for external ones the key, else `<project>_<key>`.
    pub real_name: Text,
    /// Whether Compose expects it to exist.
    pub external: bool,
    /// Where it is declared; nothing for the implicit `default`.
    pub at: Option<Pointer>,
}

/// A service that joins a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The key of the network in the service's project.
    pub key: String,
    /// Other names under which the service answers there.
    pub aliases: Vec<String>,
    /// Where it is written; the service itself when it joins `default` silently.
    pub at: Pointer,
    /// Whether nothing is written and Compose joins `default` by itself.
    pub implicit: bool,
}

/// Where a variable of a container comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvFrom {
    /// `environment:`
    Environment,
    /// A file under `env_file:`
    EnvFile,
}

/// A variable of a container, the winning definition first in [`Service::environment`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value; `None` for `- NAME` alone, whose value comes from the shell and is not known here.
    pub value: Option<Text>,
    /// Where it is written (in the env file, for those).
    pub at: Pointer,
    /// Which of the two.
    pub from: EnvFrom,
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvLookup {
    /// Its value.
    Set(String),
    /// It is certainly not set by these files (the image may still set it).
    Unset,
    /// A file that could define it was not read, or its value depends on something unknown.
    Unknown,
}

/// An entry of `env_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    /// As written, interpolated.
    pub path: String,
    /// Whether Compose insists on it.
    pub required: bool,
    /// Where it is written.
    pub at: Pointer,
    /// The file that was opened for it; whether it could be read is in its state.
    pub source: Option<SourceId>,
    /// Whether its variables are known.
    pub read: bool,
    /// Where it is absent: the example beside it from which people make it, and the file itself, as names are shown.
    pub example: Option<(String, String)>,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Absolute path on the host for bind mounts whose source is known; else `None`.
    pub host: Option<PathBuf>,
    /// As written: a path, a volume's name, or nothing.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Where it is written.
    pub at: Pointer,
}

/// A service's healthcheck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// Nothing written: the image's own, if it has one.
    Absent,
    /// `disable: true` or `test: ["NONE"]`.
    Disabled(Pointer),
    /// `test`, as a list (`CMD`/`CMD-SHELL` first) or one shell string.
    Test(At<Vec<String>>),
}

/// A service of a project.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, at its key.
    pub name: At<String>,
    /// `container_name`.
    pub container_name: Option<At<Text>>,
    /// `hostname`.
    pub hostname: Option<At<Text>>,
    /// `image`.
    pub image: Option<At<Text>>,
    /// `build`, if the image is made here.
    pub build: Option<Pointer>,
    /// `command`, split as Compose splits it; the pointer is the whole command's.
    pub command: Option<At<Vec<Text>>>,
    /// `entrypoint`, likewise.
    pub entrypoint: Option<At<Vec<Text>>>,
    /// Variables; of those with one name the winner stands first, the others follow.
    pub environment: Vec<EnvVar>,
    /// Names of variables that Compose sets because of `models`; their values are not known here.
    pub model_variables: Vec<String>,
    /// Whether a provider that it depends on may set variables of any name.
    pub has_provider_variables: bool,
    /// `env_file` entries.
    pub env_files: Vec<EnvFile>,
    /// `ports`.
    pub ports: Vec<Port>,
    /// Items of `ports` whose container port depends on a variable that is not known.
    pub unclear_ports: Vec<Pointer>,
    /// `expose`: container ports.
    pub expose: Vec<At<u16>>,
    /// Networks joined; empty with `network_mode`.
    pub networks: Vec<Attachment>,
    /// `network_mode`.
    pub network_mode: Option<At<Text>>,
    /// `networks` written beside `network_mode`, which Compose refuses; they are not in [`Service::networks`].
    pub networks_beside_mode: Option<Pointer>,
    /// `extra_hosts`: name and address.
    pub extra_hosts: Vec<At<(String, String)>>,
    /// `volumes`, and `configs` with a file.
    pub mounts: Vec<Mount>,
    /// `stdin_open: true`, with its place when written at all.
    pub stdin_open: Option<At<bool>>,
    /// `tty`, likewise.
    pub tty: Option<At<bool>>,
    /// `healthcheck`.
    pub healthcheck: Healthcheck,
    /// `restart`.
    pub restart: Option<At<Text>>,
    /// `depends_on`: service names, with the condition where one is written.
    pub depends_on: Vec<At<(String, Option<String>)>>,
    /// `labels`: name and value.
    pub labels: Vec<At<(String, Text)>>,
    /// `profiles`; empty means always on.
    pub profiles: Vec<At<String>>,
    /// Why part of what is written of it was not read, if so: then what is absent here may stand there.
    pub unread: Option<String>,
    /// `use_api_socket: true`: Compose mounts the engine's socket.
    pub api_socket: Option<Pointer>,
    /// `provider`: a program makes what the service stands for, and there is no container.
    pub provider: Option<Pointer>,
    /// The service itself.
    pub at: Pointer,
}

impl Service {
    /// Whether everything that is written of it was read.
    pub fn complete(&self) -> bool {
        self.unread.is_none()
    }

    /// Why what is absent here may be there all the same, if so.
    pub fn doubt(&self) -> Option<String> {
        let why = self.unread.as_ref()?;
        Some(format!("part of {} was not read: {why}", self.name.value))
    }

    /// The words of `command`, if every one is known; an absent command is no words, unless it may stand in a part that
    /// was not read.
    pub fn arguments(&self) -> Option<Vec<String>> {
        match &self.command {
            None => self.complete().then(Vec::new),
            Some(command) => command
                .value
                .iter()
                .map(|word| word.get().map(str::to_owned))
                .collect(),
        }
    }

    /// The definition of a variable that wins.
    pub fn variable(&self, name: &str) -> Option<&EnvVar> {
        self.environment
            .iter()
            .find(|variable| variable.name == name)
    }

    /// Whether Compose itself may set a variable that no file defines.
    fn is_set_by_compose(&self, name: &str) -> bool {
        self.has_provider_variables || self.model_variables.iter().any(|set| set == name)
    }

    /// What is known of a variable in the container, as far as files say it.
    pub fn env(&self, name: &str) -> EnvLookup {
        let unread = self.env_files.iter().any(|file| !file.read);
        match self.variable(name) {
            Some(variable) if variable.from == EnvFrom::EnvFile && unread => EnvLookup::Unknown,
            Some(variable) => match variable.value.as_ref().and_then(Text::get) {
                Some(value) => EnvLookup::Set(value.to_owned()),
                None => EnvLookup::Unknown,
            },
            None if unread || !self.complete() || self.is_set_by_compose(name) => {
                EnvLookup::Unknown
            }
            None => EnvLookup::Unset,
        }
    }
}
