//! What is declared: a [`Stack`] of gateways, clients and compose projects, every value with the place it stands at.
//!
//! A model says what files say, not what becomes of it: what a gateway makes of its file is [`crate::gateway`]'s,
//! who reaches whom is [`crate::chain`]'s.

mod client;
mod compose;
pub mod host;
mod input;
mod links;
mod port;
mod reference;
pub mod route;
mod template;

pub use client::{
    Client, ClientEntry, ClientFile, ClientState, ProjectFile, Scope, SettingsFile, SettingsScope,
};
pub use compose::{
    Attachment, EnvFile, EnvFrom, EnvLookup, EnvVar, Healthcheck, Mount, Network, Project, Service,
    ServiceId, Text,
};
pub use input::{Decides, Decision, How, Input, Kind, Miss, Missed, Named, Namer, Outside};
pub use links::Links;
pub use port::{ByPort, Port, Published};
pub use reference::{Reference, Spelling};
pub use template::{Marks, Template, is_unrendered};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::source::{Pointer, Source, SourceId};

/// Everything that was read, and what it declares.
#[derive(Debug, Default)]
pub struct Stack {
    /// Every file that was opened, readable or not; a [`SourceId`] is an index.
    pub sources: Vec<Source>,
    /// The files of this run, in the order in which they were found.
    pub inputs: Vec<Input>,
    /// What was looked for and is not there, with the flag that would add it.
    pub missed: Vec<Missed>,
    /// The only directory of which anything was looked at, where there was one.
    pub root: Option<PathBuf>,
    /// What would have been read, and lies outside of it.
    pub outside: Vec<Outside>,
    /// Gateway configurations.
    pub gateways: Vec<Gateway>,
    /// Client settings.
    pub clients: Vec<ClientFile>,
    /// What decides whether Claude Code connects to the servers in them.
    pub client_state: ClientState,
    /// Compose projects.
    pub projects: Vec<Project>,
    /// Where symbolic links among the paths of this stack lead.
    pub links: Links,
    /// The services whose containers run, as far as an engine of this machine shows it.
    pub running: BTreeSet<ServiceId>,
    /// Files that say what counts: they are no part of the stack.
    pub decisions: Vec<Decision>,
    /// Names of files as seen from the folder that the project's names are relative to, where that is not the working
    /// directory.
    pub known_as: BTreeMap<SourceId, String>,
}

impl Stack {
    /// The file with that number.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// The file's name as people see it.
    pub fn name(&self, id: SourceId) -> &str {
        self.source(id).name()
    }

    /// The file of that kind that says what counts.
    pub fn decision(&self, kind: Decides) -> Option<SourceId> {
        let mut all = self.decisions.iter();
        all.find(|one| one.kind == kind).map(|one| one.source)
    }

    /// The file's name as seen from the folder that the project's names are relative to: the same wherever in the project
    /// mcpdoc runs.
    pub fn known_as(&self, id: SourceId) -> Cow<'_, str> {
        self.known_as
            .get(&id)
            .map_or(self.name(id), String::as_str)
            .into()
    }

    /// The service with that id.
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.projects[id.project].services[id.service]
    }

    /// The project that the service belongs to.
    pub fn project(&self, id: ServiceId) -> &Project {
        &self.projects[id.project]
    }

    /// Every service of every project.
    pub fn services(&self) -> impl Iterator<Item = (ServiceId, &Service)> {
        self.projects.iter().enumerate().flat_map(|(project, p)| {
            p.services
                .iter()
                .enumerate()
                .map(move |(service, s)| (ServiceId { project, service }, s))
        })
    }
}

/// Which gateway a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// LiteLLM's proxy server.
    LiteLlm,
}

impl GatewayKind {
    /// The program's name.
    pub fn title(self) -> &'static str {
        match self {
            GatewayKind::LiteLlm => "LiteLLM",
        }
    }

    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            GatewayKind::LiteLlm => "litellm",
        }
    }
}

/// What runs a gateway, beside what compose files say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// No other file says.
    #[default]
    Unknown,
    /// A cluster: its file is part of a manifest. No compose file says anything of it.
    Kubernetes,
}

/// A gateway's configuration file.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Stable id: `gateway:` and the file's name.
    pub id: String,
    /// Whose configuration it is.
    pub kind: GatewayKind,
    /// The node that the gateway reads as its configuration: the root of its file.
    pub root: Pointer,
    /// Absolute path of the file, to recognise it among mounts.
    pub path: PathBuf,
    /// What runs it.
    pub home: Home,
    /// How its file is filled in before it reads it.
    pub templates: Vec<Template>,
    /// The files that it includes, in the order in which it reads them.
    pub includes: Vec<Include>,
}

impl Gateway {
    /// Whether something fills in this text of its file first.
    pub fn is_filled_in(&self, text: &str) -> bool {
        let mut templates = self.templates.iter();
        templates.any(|template| template.marks.find(text).is_some())
    }
}

/// A file that a gateway's configuration includes.
#[derive(Clone, Debug)]
pub struct Include {
    /// Where it is named.
    pub at: Pointer,
    /// As written.
    pub written: String,
    /// The file that was opened for it, if it is known which one that is; whether it could be read is in its state.
    pub source: Option<SourceId>,
}

/// How a client or gateway talks to a server.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Newline-delimited JSON over a child process's pipes.
    Stdio,
    /// HTTP+SSE of revision 2024-11-05: a GET stream and a POST address.
    Sse,
    /// Streamable HTTP, revision 2025-03-26 and later.
    Http,
}

impl Transport {
    /// The word that LiteLLM and MCP clients write.
    pub fn word(self) -> &'static str {
        match self {
            Transport::Stdio => "stdio",
            Transport::Sse => "sse",
            Transport::Http => "http",
        }
    }

    /// The field's name for it.
    pub fn title(self) -> &'static str {
        match self {
            Transport::Stdio => "stdio",
            Transport::Sse => "HTTP+SSE",
            Transport::Http => "streamable HTTP",
        }
    }
}
