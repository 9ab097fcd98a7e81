//! Who calls whom, from where and by which name: hops from client entries to gateways and on to servers.

mod behind;
mod front;
mod learned;
mod prefix;
mod process;
mod resolve;
mod sight;
mod start;
#[cfg(test)]
mod tests;
mod touched;
mod version;

pub use crate::load::placing::Placed;
pub use behind::launched;
pub use front::{Fronts, GatewayUrl, Link, Misnamed, NoGatewayUrl};
pub use learned::Learned;
pub use prefix::Prefixes;
pub use process::Process;
pub(crate) use resolve::with_scheme;
pub use resolve::{Caller, Destination, Reach};
pub use sight::Sight;
pub use start::{Command, Start, on_network, start};
pub use touched::{Touch, untouched};

use std::collections::HashMap;

use url::Url;

use crate::catalog::gateway::known;
use crate::catalog::server::ImageVersion;
use crate::catalog::{Catalog, Certainty, ImageRef, Launch, Running, Version};
use crate::change::Way;
use crate::fact::Engine;
use crate::gateway::{self, Known, Outcome, Ruling, Upstream, Why};
use crate::load::placing;
use crate::model::{EnvLookup, Gateway, GatewayKind, Marks, Service, ServiceId, Stack, Transport};
use crate::running::Containers;
use crate::source::{At, Node, Part, Pointer};

/// The number of a hop in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HopId(pub usize);

/// What a run knows beside its files.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `--litellm-version`.
    pub litellm_version: Option<Version>,
    /// Names and addresses of this machine beside `localhost`: `--host-alias`, the host's own name.
    pub machine: Vec<String>,
    /// Addresses of gateways that no file tells: `--gateway-url`.
    pub gateway_urls: Vec<GatewayUrl>,
    /// How gateways should reach servers where there is a choice: `--prefer`.
    pub prefer: Option<Way>,
    /// What is known of servers beside what mcpdoc knows itself.
    pub catalog: Catalog,
}

/// Gateways as they would run, and the hops between everything.
#[derive(Debug, Default)]
pub struct Chain {
    /// One for each of [`Stack::gateways`], in their order.
    pub gateways: Vec<GatewayView>,
    /// Clients' hops first, then gateways'.
    pub hops: Vec<Hop>,
    /// What services run, for every service that the catalog knows.
    pub behind: HashMap<ServiceId, Behind>,
    /// Which container is which service's.
    pub containers: Containers,
    /// What answers have taught.
    pub learned: Learned,
    /// Addresses that gateways are said to have.
    pub fronts: Fronts,
    /// How gateways should reach servers where there is a choice.
    pub prefer: Option<Way>,
    /// Why the settings are not followed, if so: they name a gateway that is none.
    pub misnamed: Option<Misnamed>,
    by_caller: HashMap<Caller, HopId>,
    by_service: HashMap<ServiceId, Vec<HopId>>,
    calls_of_gateway: Vec<Vec<HopId>>,
}

/// A gateway in its place.
#[derive(Debug)]
pub struct GatewayView {
    /// Which compose service runs it.
    pub placed: Placed,
    /// Its version.
    pub version: Known,
    /// Which place says the version: "the tag of ghcr.io/berriai/litellm:v1.77.3". Nothing when it is not known.
    pub version_because: Option<String>,
    /// Why a variable that no file sets may be set in its environment all the same, if so.
    pub env_doubt: Option<String>,
    /// What its container has, if the engine shows it.
    pub process: Option<Process>,
    /// What it makes of its file.
    pub outcome: Outcome,
}

/// One call that has to work.
#[derive(Debug)]
pub struct Hop {
    /// Its number.
    pub id: HopId,
    /// Who calls, as in `claude-code:litellm-gateway` or `litellm:db_main`.
    pub from: String,
    /// Who is called, as far as that is known: a gateway's or service's name, a host.
    pub to: String,
    /// The caller.
    pub caller: Caller,
    /// The transport that the caller will use.
    pub transport: Transport,
    /// Where that is written, if it is.
    pub transport_at: Option<Pointer>,
    /// The transport that the caller tries where that one fails.
    pub falls_back: Option<Transport>,
    /// The address that the caller will use; nothing for stdio or when it is not a url.
    pub url: Option<At<Url>>,
    /// Where the call is declared: the client's or gateway's entry.
    pub at: Pointer,
    /// What the address leads to.
    pub destination: Destination,
    /// How that is known.
    pub link: Link,
    /// What stands in a client's path before the gateway's own, where it leads to one.
    pub prefix: String,
    /// What the service behind it runs, as far as the catalog knows its image and arguments.
    pub behind: Option<Behind>,
    /// What the engine shows of it, if it was asked.
    pub sight: Option<Sight>,
}

/// What is known of the program behind a hop.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The id of the server in the catalog.
    pub server: String,
    /// The image that it runs from.
    pub image: ImageRef,
    /// The version in the image, if its tag says it or the catalog knows what the tag meant.
    pub version: Option<ImageVersion>,
    /// What it speaks with this image, these arguments and variables.
    pub running: Running,
    /// How it would be started on a transport over the network, where it speaks stdio alone.
    pub network: Option<Start>,
}

/// The words with which a service's container is started, every one of them known.
#[derive(Clone, Debug)]
pub struct Started {
    /// `entrypoint:`, if it replaces the image's.
    pub entrypoint: Option<Vec<String>>,
    /// `command:`; nothing when the image's own runs.
    pub args: Vec<String>,
}

impl Started {
    /// Nothing when a word depends on something unknown.
    pub fn of(service: &Service) -> Option<Started> {
        let entrypoint = match &service.entrypoint {
            None => None,
            Some(words) => {
                let words = words.value.iter().map(|word| word.get().map(str::to_owned));
                Some(words.collect::<Option<Vec<_>>>()?)
            }
        };
        Some(Started {
            entrypoint,
            args: service.arguments()?,
        })
    }

    /// What the catalog needs to say what then runs.
    pub fn launch<'a>(
        &'a self,
        image: &'a ImageRef,
        env: &'a dyn Fn(&str) -> EnvLookup,
    ) -> Launch<'a> {
        Launch {
            image: Some(image),
            version: None,
            entrypoint: self.entrypoint.as_deref(),
            args: &self.args,
            env,
        }
    }
}

impl GatewayView {
    /// What is known of a variable of its process.
    pub fn env(&self, stack: &Stack, name: &str) -> EnvLookup {
        let service = self.service().map(|id| stack.service(id));
        let doubt = self.env_doubt.as_deref();
        env_of(service, doubt, self.process.as_ref(), name)
    }

    /// Why a reference to a variable may not give its process a text, if so: an empty one is none for LiteLLM, and `true` and
    /// `false` are truth values.
    pub fn lacks_text(&self, stack: &Stack, name: &str) -> Option<String> {
        match self.env(stack, name) {
            EnvLookup::Set(value) => match value.trim().to_ascii_lowercase().as_str() {
                "" => Some(format!("{name} is empty for the gateway")),
                "true" | "false" => Some(format!("the gateway reads {name} as a truth value")),
                _ => None,
            },
            EnvLookup::Unset => Some(format!("the gateway does not get {name}")),
            EnvLookup::Unknown => {
                let why = self.env_unknown(stack, name);
                Some(format!(
                    "whether the gateway gets {name} is not known: {why}"
                ))
            }
        }
    }

    /// Why a variable of its process is not known; completes "whether X is set is not known: …".
    pub fn env_unknown(&self, stack: &Stack, name: &str) -> String {
        if let Some(doubt) = self.process.as_ref().and_then(Process::doubt) {
            return doubt.to_owned();
        }
        let Some(id) = self.service() else {
            let doubt = self.placed.doubt(stack);
            return doubt.unwrap_or_else(|| "its environment is not known".to_owned());
        };
        let service = stack.service(id);
        let unread = service.env_files.iter().find(|file| !file.read);
        if let Some(variable) = service.variable(name) {
            let place = stack.name(variable.at.source);
            return format!("its value in {place} depends on something that is not known here");
        }
        match unread {
            Some(file) => format!("{} was not read", file.path),
            None => service
                .doubt()
                .or_else(|| self.env_doubt.clone())
                .unwrap_or_else(|| "its environment is not known".to_owned()),
        }
    }

    /// What it was told to put in front of every path; empty where it was told nothing.
    pub fn root_path(&self, stack: &Stack) -> String {
        match self.env(stack, &known().clients.root_path) {
            EnvLookup::Set(root) => root.trim_end_matches('/').to_owned(),
            EnvLookup::Unset | EnvLookup::Unknown => String::new(),
        }
    }

    /// The compose service that runs it, if that is known.
    pub fn service(&self) -> Option<ServiceId> {
        self.placed.service()
    }
}

impl Hop {
    /// The name of the entry that declares the call: `db_main`.
    pub fn entry(&self) -> &str {
        self.from
            .split_once(':')
            .map_or(self.from.as_str(), |(_, entry)| entry)
    }

    /// The service that the address names, whether or not the caller can reach it.
    pub fn service(&self) -> Option<ServiceId> {
        match &self.destination {
            Destination::Service { service, .. } => Some(*service),
            _ => None,
        }
    }

    /// The gateway that the address leads to, as its number.
    pub fn gateway(&self) -> Option<usize> {
        match self.destination {
            Destination::Gateway { gateway, .. } => Some(gateway),
            _ => None,
        }
    }

    /// The port of the address, the scheme's own when none is written.
    pub fn port(&self) -> Option<u16> {
        self.url
            .as_ref()
            .and_then(|url| url.value.port_or_known_default())
    }

    /// Whether the catalog knows for certain what is spoken behind it.
    pub fn is_known_to_speak(&self) -> bool {
        self.behind
            .as_ref()
            .is_some_and(|behind| behind.running.certainty == Certainty::Known)
    }

    /// Whether the gateway with that number makes this call.
    pub fn is_from(&self, number: usize) -> bool {
        matches!(self.caller, Caller::Gateway { gateway, .. } if gateway == number)
    }

    /// Whether a client makes it, and not to a gateway.
    pub fn is_straight(&self) -> bool {
        !self.is_upstream() && self.gateway().is_none()
    }

    /// Where its address is written; the name of its entry for a command.
    pub fn address_at(&self) -> (&Pointer, Part) {
        match &self.url {
            Some(url) => (&url.at, Part::Value),
            None => (&self.at, Part::Key),
        }
    }

    /// Whether its address is the callee's own, and no proxy's.
    pub fn is_direct(&self) -> bool {
        self.link == Link::Address
    }

    /// Whether a gateway makes this call.
    pub fn is_upstream(&self) -> bool {
        matches!(self.caller, Caller::Gateway { .. })
    }
}

impl Chain {
    /// The hop with that id.
    pub fn hop(&self, id: HopId) -> &Hop {
        &self.hops[id.0]
    }

    /// A gateway's name and, where it is known, its version: "LiteLLM 1.77.3".
    pub fn program(&self, stack: &Stack, gateway: usize) -> String {
        let title = stack.gateways[gateway].kind.title();
        match self.gateways[gateway].version.version() {
            Some(version) => format!("{title} {version}"),
            None => title.to_owned(),
        }
    }

    /// Hops from gateways to servers.
    pub fn upstreams(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.is_upstream())
    }

    /// The calls that are meant by a server's name: those of gateways to servers of this name or alias; where there is
    /// none, those of clients' entries of this name that lead straight to a server.
    pub fn to_server(&self, name: &str) -> Vec<&Hop> {
        let behind: Vec<&Hop> = self
            .upstreams()
            .filter(|hop| {
                self.upstream(hop.caller)
                    .is_some_and(|server| server.is_called(name))
            })
            .collect();
        if !behind.is_empty() {
            return behind;
        }
        let straight = self.hops.iter().filter(|hop| hop.is_straight());
        straight.filter(|hop| hop.entry() == name).collect()
    }

    /// The server that a gateway calls, if it is one that calls.
    pub fn upstream(&self, caller: Caller) -> Option<&Upstream> {
        match caller {
            Caller::Gateway { gateway, server } => {
                Some(&self.gateways[gateway].outcome.servers[server])
            }
            Caller::Client { .. } => None,
        }
    }

    /// Hops that lead to a service, whoever calls.
    pub fn to_service(&self, service: ServiceId) -> impl Iterator<Item = &Hop> {
        self.hops
            .iter()
            .filter(move |hop| hop.service() == Some(service))
    }

    /// Hops that lead to each service, a gateway's own service included: for checks that look at all services.
    pub fn hops_by_service(&self) -> &HashMap<ServiceId, Vec<HopId>> {
        &self.by_service
    }

    /// The service of the gateway that makes a call, if a gateway makes it and its service is known.
    pub fn caller_of(&self, hop: &Hop) -> Option<ServiceId> {
        match hop.caller {
            Caller::Gateway { gateway, .. } => self.gateways[gateway].service(),
            Caller::Client { .. } => None,
        }
    }

    /// Hops that lead to a gateway.
    pub fn to_gateway(&self, gateway: usize) -> impl Iterator<Item = &Hop> {
        let calls = self
            .calls_of_gateway
            .get(gateway)
            .map(Vec::as_slice)
            .unwrap_or_default();
        calls.iter().map(|id| self.hop(*id))
    }

    /// The hop that a client's entry makes.
    pub fn of_entry(&self, file: usize, entry: usize) -> Option<&Hop> {
        self.by_caller
            .get(&Caller::Client { file, entry })
            .map(|id| self.hop(*id))
    }

    /// The hop that a gateway's server makes.
    pub fn of_server(&self, gateway: usize, server: usize) -> Option<&Hop> {
        self.by_caller
            .get(&Caller::Gateway { gateway, server })
            .map(|id| self.hop(*id))
    }

    fn with_hops(mut self, hops: Vec<Hop>) -> Chain {
        self.calls_of_gateway = vec![Vec::new(); self.gateways.len()];
        for hop in &hops {
            self.by_caller.insert(hop.caller, hop.id);
            let service = match hop.destination {
                Destination::Gateway { gateway, .. } => {
                    self.calls_of_gateway[gateway].push(hop.id);
                    self.gateways[gateway].service()
                }
                _ => hop.service(),
            };
            if let Some(service) = service {
                self.by_service.entry(service).or_default().push(hop.id);
            }
        }
        self.hops = hops;
        self
    }
}

/// Puts every gateway in its place and follows every call; with an engine also as the containers that run would, and with
/// what answers have taught so far.
pub fn build(
    stack: &Stack,
    settings: &Settings,
    engine: Option<&Engine>,
    learned: Learned,
) -> Chain {
    let catalog = &settings.catalog;
    let mut chain = Chain {
        containers: engine.map_or_else(Containers::default, |engine| Containers::of(stack, engine)),
        learned,
        prefer: settings.prefer,
        ..Chain::default()
    };
    let mounts = placing::Mounts::of(stack);
    for (number, gateway) in stack.gateways.iter().enumerate() {
        let placed = placing::placed(stack, &mounts, gateway);
        let container = placed
            .service()
            .zip(engine)
            .and_then(|(id, engine)| Some((chain.containers.container(engine, id)?, engine)));
        let (version, version_because) = match &settings.litellm_version {
            Some(version) => version::of_flag(version),
            None => chain.learned.version(number).unwrap_or_else(|| {
                let of_files = version::of_gateway(stack, catalog, &placed, container);
                match (of_files, chain.learned.disagreement(number)) {
                    ((Known::Unknown(_), _), Some(why)) => (Known::Unknown(why), None),
                    (known, _) => known,
                }
            }),
        };
        let service = placed.service().map(|id| stack.service(id));
        let process = service.zip(container).map(|(service, (container, _))| {
            Process::of(container, catalog.litellm().runs.start_doubt(service))
        });
        let env_doubt = match service {
            Some(service) => catalog.litellm().runs.env_doubt(service),
            None => placed.doubt(stack),
        };
        let lookup = |name: &str| env_of(service, env_doubt.as_deref(), process.as_ref(), name);
        let mut outcome = match gateway.kind {
            GatewayKind::LiteLlm => {
                gateway::litellm::read(stack, gateway, &version, catalog.litellm(), &lookup)
            }
        };
        if !gateway.templates.is_empty() {
            forget_filled_in(stack, gateway, &mut outcome);
        }
        chain.gateways.push(GatewayView {
            placed,
            version,
            version_because,
            env_doubt,
            process,
            outcome,
        });
    }
    chain.behind = behind::all(stack, catalog);
    let fronts = Fronts::of(stack, engine, &chain.gateways, &chain.containers, settings);
    match fronts {
        Ok(fronts) => chain.fronts = fronts,
        Err(misnamed) => chain.misnamed = Some(misnamed),
    }
    let mut hops = resolve::hops(stack, &chain, settings);
    if let Some(engine) = engine {
        for hop in &mut hops {
            hop.sight = sight::of(engine, &chain, settings, hop);
        }
    }
    chain.with_hops(hops)
}

/// Takes back what was ruled of places that something fills in first.
fn forget_filled_in(stack: &Stack, gateway: &Gateway, outcome: &mut Outcome) {
    let mut names = outcome.servers.iter().map(|server| &server.name.value);
    let unnamed = names.any(|name| gateway.is_filled_in(name));
    let stays = |ruling: &Ruling| {
        let of_names = unnamed && matches!(ruling.why, Why::AliasDangling { .. });
        !of_names && !is_filled_in(stack, gateway, ruling)
    };
    outcome.rejected.retain(stays);
    outcome.ignored.retain(stays);
}

/// Whether a ruling is about something that is filled in before the gateway reads it: what it will be then is not
/// known. References are another matter: who writes them may have counted on the gateway.
fn is_filled_in(stack: &Stack, gateway: &Gateway, ruling: &Ruling) -> bool {
    let by_variables = |text: &str| Marks::Variables.find(text).is_some();
    if matches!(&ruling.why, Why::Reference { text, .. } if by_variables(text)) {
        return false;
    }
    let source = stack.source(ruling.at.source);
    if !source.is_parsed() {
        return true;
    }
    let Some(node) = source.node(&ruling.at.path) else {
        return false;
    };
    let written = [Some(node), node.key()].into_iter().flatten();
    written
        .filter_map(Node::scalar_text)
        .any(|text| gateway.is_filled_in(text))
}

/// What is known of a variable of a gateway's process. What files do not set may be set elsewhere where there is a doubt;
/// then its container knows.
fn env_of(
    service: Option<&Service>,
    doubt: Option<&str>,
    process: Option<&Process>,
    name: &str,
) -> EnvLookup {
    let declared = match service.map(|service| service.env(name)) {
        None => EnvLookup::Unknown,
        Some(EnvLookup::Unset) if doubt.is_some() => EnvLookup::Unknown,
        Some(known) => known,
    };
    match (declared, process) {
        (EnvLookup::Unknown, Some(process)) => process.env(name),
        (declared, _) => declared,
    }
}
