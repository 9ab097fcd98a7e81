//! Who calls whom, from where and by which name: hops from client entries to gateways and on to servers.

mod behind;
mod resolve;
#[cfg(test)]
mod tests;

pub use crate::load::placing::Placed;
pub use behind::launched;
pub use resolve::{Caller, Destination, Reach};

use std::collections::HashMap;

use url::Url;

use crate::catalog::server::ImageVersion;
use crate::catalog::{Catalog, Certainty, ImageRef, Launch, Running, Version};
use crate::gateway::{self, Known, Outcome, VersionFrom};
use crate::load::placing;
use crate::model::{EnvLookup, GatewayKind, Service, ServiceId, Stack, Transport};
use crate::source::{At, Pointer};

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
    by_caller: HashMap<Caller, HopId>,
    calls_of_gateway: Vec<Vec<HopId>>,
}

/// A gateway in its place.
#[derive(Debug)]
pub struct GatewayView {
    /// Which compose service runs it.
    pub placed: Placed,
    /// Its version.
    pub version: Known,
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
    /// The address that the caller will use; nothing for stdio or when it is not a url.
    pub url: Option<At<Url>>,
    /// Where the call is declared: the client's or gateway's entry.
    pub at: Pointer,
    /// What the address leads to.
    pub destination: Destination,
    /// What the service behind it runs, as far as the catalog knows its image and arguments.
    pub behind: Option<Behind>,
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

    /// Hops from gateways to servers.
    pub fn upstreams(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.is_upstream())
    }

    /// Hops that lead to a service, whoever calls.
    pub fn to_service(&self, service: ServiceId) -> impl Iterator<Item = &Hop> {
        self.hops
            .iter()
            .filter(move |hop| hop.service() == Some(service))
    }

    /// Hops that lead to each service, a gateway's own service included: for checks that look at all services.
    pub fn hops_by_service(&self) -> HashMap<ServiceId, Vec<HopId>> {
        let mut hops: HashMap<ServiceId, Vec<HopId>> = HashMap::new();
        for hop in &self.hops {
            let service = match hop.destination {
                Destination::Gateway { gateway, .. } => self.gateways[gateway].service(),
                _ => hop.service(),
            };
            if let Some(service) = service {
                hops.entry(service).or_default().push(hop.id);
            }
        }
        hops
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
            if let Destination::Gateway { gateway, .. } = hop.destination {
                self.calls_of_gateway[gateway].push(hop.id);
            }
        }
        self.hops = hops;
        self
    }
}

/// Puts every gateway in its place and follows every call.
pub fn build(stack: &Stack, catalog: &Catalog, settings: &Settings) -> Chain {
    let mut chain = Chain::default();
    for gateway in &stack.gateways {
        let placed = placing::placed(stack, gateway);
        let version = version_of(stack, &placed, settings);
        let lookup = |name: &str| match placed.service() {
            Some(id) => stack.service(id).env(name),
            None => EnvLookup::Unknown,
        };
        let outcome = match gateway.kind {
            GatewayKind::LiteLlm => {
                gateway::litellm::read(stack, gateway, &version, catalog.litellm(), &lookup)
            }
        };
        chain.gateways.push(GatewayView {
            placed,
            version,
            outcome,
        });
    }
    chain.behind = behind::all(stack, catalog);
    let hops = resolve::hops(stack, &chain.gateways, &chain.behind, settings);
    chain.with_hops(hops)
}

/// The flag, else the tag of the image that runs it, else unknown and why.
fn version_of(stack: &Stack, placed: &Placed, settings: &Settings) -> Known {
    if let Some(version) = &settings.litellm_version {
        return Known::Exact(version.clone(), VersionFrom::Flag);
    }
    let Some(service) = placed.service() else {
        return Known::Unknown(placed.doubt(stack).unwrap_or_default());
    };
    let Some(image) = &stack.service(service).image else {
        return Known::Unknown("its service builds its own image".to_owned());
    };
    let Some(text) = image.value.get() else {
        return Known::Unknown(format!(
            "its image {} depends on a variable that is not known here",
            image.value.text
        ));
    };
    let reference = ImageRef::parse(text);
    match reference.version() {
        Some(version) => Known::Exact(version, VersionFrom::Image),
        None => Known::Unknown(match &reference.tag {
            Some(tag) => format!("the tag {tag} of its image names none"),
            None => "its image has no tag".to_owned(),
        }),
    }
}
