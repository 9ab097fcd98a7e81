//! What an address leads to, seen from the one who calls it. Files alone decide; what they cannot decide is
//! [`Destination::Unclear`], never a guess.

use std::borrow::Cow;
use std::collections::HashMap;

use url::{Host, Url};

use super::front::{self, Link};
use super::{Behind, Chain, GatewayView, Hop, HopId, Placed, Settings};
use crate::catalog::client::of;
use crate::catalog::gateway::known;
use crate::model::route::{self, Route, Takes};
use crate::model::{ByPort, Published, Service, ServiceId, Stack, Transport, host};
use crate::source::{At, Pointer};

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// An entry of a client file.
    Client {
        /// The file, as an index into [`Stack::clients`].
        file: usize,
        /// The entry, as an index into the entries of that file.
        entry: usize,
    },
    /// A server of a gateway.
    Gateway {
        /// The gateway, as an index into [`Stack::gateways`].
        gateway: usize,
        /// The server, as an index into the gateway's [`Outcome::servers`](crate::gateway::Outcome::servers).
        server: usize,
    },
}

/// Whether the caller shares a network with the service that its address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Over a published port of this machine.
    Published,
    /// Through a proxy that its labels lead there.
    Proxied,
    /// Over these networks (their real names).
    Shared(Vec<String>),
    /// No network in common; the caller's and the service's networks.
    Apart {
        /// The caller's, by their real names.
        caller: Vec<String>,
        /// The service's, by their real names.
        service: Vec<String>,
    },
    /// The caller's networks are not known: it is not known to run in a container.
    Unknown,
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A gateway of this stack.
    Gateway {
        /// Its index.
        gateway: usize,
        /// Whether the port of the address is certainly its own.
        certain: bool,
    },
    /// A service, by the name or published port in the address.
    Service {
        /// Which.
        service: ServiceId,
        /// The port in its container, if the address leads to one.
        port: Option<u16>,
        /// How.
        reach: Reach,
    },
    /// A loopback address, called from inside a container: the container itself.
    Itself {
        /// A service of the stack that publishes this port on the host, which was probably meant.
        meant: Option<ServiceId>,
    },
    /// A service's name, called from outside of containers, where it is not known.
    NameOutside(ServiceId),
    /// The machine that containers run on (`host.docker.internal` and the like).
    Machine {
        /// A service that publishes this port there.
        service: Option<ServiceId>,
    },
    /// A port of this machine behind which no file puts anything.
    Here,
    /// A name without dots that no service, alias or container of the caller's networks has.
    Unnamed {
        /// Whether the files certainly say all there is: every network is the project's own and every file was read.
        certain: bool,
    },
    /// Another machine or a public name.
    Elsewhere,
    /// A child process of the caller.
    Process,
    /// No address, or one that depends on something unknown; what.
    Unclear(String),
}

/// Every call of the stack: clients' first, then gateways', each in the order of its file.
pub(super) fn hops(stack: &Stack, chain: &Chain, settings: &Settings) -> Vec<Hop> {
    let gateways = chain.gateways.as_slice();
    let look = Look {
        stack,
        gateways,
        behind: &chain.behind,
        settings,
        index: Index::of(stack),
    };
    let mut hops = Vec::new();
    for (file, client) in stack.clients.iter().enumerate() {
        let page = of(client.client);
        let falls_back = page.falls_back.then_some(Transport::Sse);
        let assumes_http = page.assumes_http;
        for (entry, declared) in client.entries.iter().enumerate() {
            let transport = match declared.kind.as_ref().map(|kind| kind.value.as_str()) {
                Some("sse") => Transport::Sse,
                _ if declared.url.is_none() => Transport::Stdio,
                _ => Transport::Http,
            };
            let url = declared.url.as_ref().and_then(|url| {
                let whole = with_scheme(&url.value).filter(|_| assumes_http);
                parse(whole.as_deref().unwrap_or(&url.value), &url.at)
            });
            let caller = Caller::Client { file, entry };
            let (destination, link) = match (&declared.url, &url) {
                (None, _) => (Destination::Process, Link::Address),
                (Some(text), None) => {
                    let why = format!("{} is not a url", text.value);
                    (Destination::Unclear(why), Link::Address)
                }
                (Some(_), Some(url)) => look.led(chain, caller, &url.value),
            };
            let mut hop = look.hop(
                hops.len(),
                format!("{}:{}", client.client.id(), declared.name.value),
                caller,
                (
                    transport,
                    declared.kind.as_ref().map(|kind| kind.at.clone()),
                ),
                url,
                declared.at.clone(),
                destination,
            );
            hop.falls_back = falls_back.filter(|_| transport == Transport::Http);
            if let (Destination::Gateway { gateway, .. }, Some(url)) = (&hop.destination, &hop.url)
            {
                let (view, clients) = (&gateways[*gateway], &known().clients);
                hop.prefix = front::prefix(stack, view, clients, &link, url.value.path());
            }
            hop.link = link;
            hops.push(hop);
        }
    }
    for (gateway, view) in gateways.iter().enumerate() {
        for (server, upstream) in view.outcome.servers.iter().enumerate() {
            let text = upstream.url.as_ref().map(|url| (url.value.text(), &url.at));
            let url = match text {
                Some((Some(text), at)) => parse(text, at),
                _ => None,
            };
            let destination = match (upstream.transport, &text, &url) {
                (Transport::Stdio, ..) => Destination::Process,
                (_, None, _) => Destination::Unclear("there is no url".to_owned()),
                (_, Some((None, _)), _) => Destination::Unclear(
                    "the url comes from a variable whose value is not known here".to_owned(),
                ),
                (_, Some((Some(text), _)), _) if stack.gateways[gateway].is_filled_in(text) => {
                    Destination::Unclear("something fills in the url first".to_owned())
                }
                (_, Some((Some(text), _)), None) => {
                    Destination::Unclear(format!("{text} is not a url"))
                }
                (_, _, Some(url)) => match view.service() {
                    Some(caller) => look.seen_from_container(&url.value, caller),
                    None => look.seen_from_anywhere(&url.value, view),
                },
            };
            let from = format!("{}:{}", look.gateway_name(gateway), upstream.name.value);
            hops.push(look.hop(
                hops.len(),
                from,
                Caller::Gateway { gateway, server },
                (upstream.transport, upstream.transport_at.clone()),
                url,
                upstream.at.clone(),
                destination,
            ));
        }
    }
    hops
}

/// `HOST:PORT/PATH` as the url that it is short for, if a text is one.
pub(crate) fn with_scheme(text: &str) -> Option<String> {
    let text = text.trim();
    let (host, rest) = text.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_short = !host.is_empty()
        && host.chars().all(plain)
        && rest.starts_with(|c: char| c.is_ascii_digit());
    is_short.then(|| format!("http://{text}"))
}

/// An absolute url with a host. A scheme other than http(s) is none that a server can be reached at.
fn parse(text: &str, at: &Pointer) -> Option<At<Url>> {
    let url = Url::parse(text.trim()).ok()?;
    let usable = matches!(url.scheme(), "http" | "https") && url.has_host();
    usable.then(|| At::new(url, at.clone()))
}

struct Look<'a> {
    stack: &'a Stack,
    gateways: &'a [GatewayView],
    behind: &'a HashMap<ServiceId, Behind>,
    settings: &'a Settings,
    index: Index,
}

/// Services by what an address can name, so that ten thousand hops cost ten thousand look-ups.
#[derive(Default)]
struct Index {
    /// By every name that a service answers to, in lower case.
    names: HashMap<String, Vec<ServiceId>>,
    /// By published port: the service, and what the container port behind it is more than the published one.
    published: ByPort<(ServiceId, i32)>,
    /// What else may publish a port: which one, if that is known, and why it is not certain.
    unclear: Vec<(Option<(u16, u16)>, String)>,
    /// Services that live in another container's network namespace.
    tied: Vec<ServiceId>,
    /// Where Traefik leads to a service, as its labels tell.
    routes: Vec<(ServiceId, Route)>,
    /// For each project whether every name of its services is known.
    named: Vec<bool>,
}

impl Index {
    fn of(stack: &Stack) -> Index {
        let mut index = Index::default();
        for (id, service) in stack.services() {
            for name in names(stack, id) {
                let ids = index.names.entry(name.to_lowercase()).or_default();
                if ids.last() != Some(&id) {
                    ids.push(id);
                }
            }
            for port in service.ports.iter().filter(|port| port.protocol != "udp") {
                match &port.published {
                    Published::At(from, to) => {
                        let more = i32::from(port.target.0) - i32::from(*from);
                        index.published.insert((*from, *to), (id, more));
                    }
                    Published::OneOf(from, to) => {
                        let name = &service.name.value;
                        let why = format!(
                            "{name} publishes one of the ports {from}-{to}, which one the engine chooses"
                        );
                        index.unclear.push((Some((*from, *to)), why));
                    }
                    // The engine chooses among ports that nobody writes into a file.
                    Published::Any => {}
                    Published::Unknown(_) => index.unclear.push((None, on_a_variable(service))),
                }
            }
            if let Some(doubt) = service.doubt() {
                index.unclear.push((None, doubt));
            }
            if !service.unclear_ports.is_empty() {
                index.unclear.push((None, on_a_variable(service)));
            }
            let routes = route::routes(service).into_iter();
            index.routes.extend(routes.map(|route| (id, route)));
            if network_mode(service).contains(':') {
                index.tied.push(id);
            }
        }
        let named = |service: &Service| {
            let texts = [&service.container_name, &service.hostname];
            texts.into_iter().flatten().all(|text| text.value.known)
        };
        index.named = stack
            .projects
            .iter()
            .map(|project| project.services.iter().all(named))
            .collect();
        index
    }
}

impl Look<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a hop, each of another type"
    )]
    fn hop(
        &self,
        number: usize,
        from: String,
        caller: Caller,
        (transport, transport_at): (Transport, Option<Pointer>),
        url: Option<At<Url>>,
        at: Pointer,
        destination: Destination,
    ) -> Hop {
        let to = match &destination {
            Destination::Gateway { gateway, .. } => self.gateway_name(*gateway),
            Destination::Service { service, .. } | Destination::NameOutside(service) => {
                self.stack.service(*service).name.value.clone()
            }
            Destination::Process => "a process of its own".to_owned(),
            _ => url
                .as_ref()
                .and_then(|url| url.value.host_str())
                .unwrap_or("?")
                .to_owned(),
        };
        let behind = match &destination {
            // What a proxy serves at which path is its own business.
            Destination::Service {
                reach: Reach::Proxied,
                ..
            } => None,
            Destination::Service { service, .. } => self.behind.get(service).cloned(),
            _ => None,
        };
        Hop {
            id: HopId(number),
            from,
            to,
            caller,
            transport,
            transport_at,
            falls_back: None,
            url,
            at,
            destination,
            link: Link::Address,
            prefix: String::new(),
            behind,
            sight: None,
        }
    }

    /// What a client's address leads to: what is said of it, what has answered there, what files tell.
    fn led(&self, chain: &Chain, caller: Caller, url: &Url) -> (Destination, Link) {
        let to = |gateway| Destination::Gateway {
            gateway,
            certain: true,
        };
        if let Some((gateway, path)) = chain.fronts.of_url(url) {
            return (to(gateway), Link::Told(path.to_owned()));
        }
        match chain.learned.gateway(caller) {
            Some(gateway) => (to(gateway), Link::Answer),
            None => match self.routed(url) {
                Some(destination) => (destination, Link::Route),
                None => (self.seen_from_here(url), Link::Address),
            },
        }
    }

    /// The service to which Traefik leads an address of its own. An address of this machine may be another's.
    fn routed(&self, url: &Url) -> Option<Destination> {
        let (host, path) = (url.host_str()?, url.path());
        let publishers = match url.port_or_known_default() {
            Some(port) if self.is_this_machine(url) => self.publishers(port),
            _ => Vec::new(),
        };
        let is_traefik = |(id, _): &(ServiceId, u16)| route::is_traefik(self.stack.service(*id));
        let is_its_port = publishers.iter().any(is_traefik);
        if !publishers.is_empty() && !is_its_port {
            return None;
        }
        let routes = self.index.routes.iter().map(|(id, route)| (*id, route));
        let routes = routes.filter(|(_, route)| is_its_port || route.names_hosts(path));
        let taken: Vec<(ServiceId, &Route, Takes)> = routes
            .map(|(id, route)| (id, route, route.takes(host, path)))
            .filter(|(_, _, takes)| *takes != Takes::No)
            .collect();
        let first = taken.iter().map(|(_, route, _)| route.priority).max()?;
        let alone = |mut found: Vec<ServiceId>| {
            found.dedup();
            (found.len() == 1).then(|| found.remove(0))
        };
        // What wins for certain, else the only one that comes into question.
        let best = taken.iter().filter(|(_, route, _)| route.priority == first);
        let wins = best.clone().all(|(_, _, takes)| *takes == Takes::Yes);
        let candidates: Vec<ServiceId> = match wins {
            true => best.map(|(id, ..)| *id).collect(),
            false => taken.iter().map(|(id, ..)| *id).collect(),
        };
        let Some(service) = alone(candidates) else {
            let why = format!("labels of several services lead from {host}{path} to them");
            return Some(Destination::Unclear(why));
        };
        Some(match self.gateway_of(service) {
            Some(gateway) => Destination::Gateway {
                gateway,
                certain: true,
            },
            None => Destination::Service {
                service,
                port: route::port(self.stack.service(service)),
                reach: Reach::Proxied,
            },
        })
    }

    /// A gateway is called by its service's name, else by its file's.
    fn gateway_name(&self, gateway: usize) -> String {
        match self.gateways[gateway].service() {
            Some(service) => self.stack.service(service).name.value.clone(),
            None => "litellm".to_owned(),
        }
    }

    fn is_this_machine(&self, url: &Url) -> bool {
        is_own(url)
            || url.host_str().is_some_and(|host| {
                self.settings
                    .machine
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(host))
            })
    }

    /// Services that publish `port` on this machine, and the container port behind it.
    fn publishers(&self, port: u16) -> Vec<(ServiceId, u16)> {
        let found = self.index.published.get(port).into_iter();
        found
            .filter_map(|(id, more)| Some((id, u16::try_from(i32::from(port) + more).ok()?)))
            .collect()
    }

    /// Why something may publish `port` although nothing is known to, if so.
    fn may_be_published(&self, port: u16) -> Option<&str> {
        let fits =
            |range: &Option<(u16, u16)>| range.is_none_or(|(from, to)| (from..=to).contains(&port));
        let mut unclear = self.index.unclear.iter();
        unclear
            .find(|(range, _)| fits(range))
            .map(|(_, why)| why.as_str())
    }

    fn gateway_of(&self, service: ServiceId) -> Option<usize> {
        self.gateways
            .iter()
            .position(|view| view.service() == Some(service))
    }

    /// Called from this machine, outside of containers.
    fn seen_from_here(&self, url: &Url) -> Destination {
        let port = url.port_or_known_default();
        if self.is_this_machine(url) {
            let Some(port) = port else {
                return Destination::Here;
            };
            return match self.publishers(port).as_slice() {
                [(service, target)] => match self.gateway_of(*service) {
                    Some(gateway) => Destination::Gateway {
                        gateway,
                        certain: true,
                    },
                    None => Destination::Service {
                        service: *service,
                        port: Some(*target),
                        reach: Reach::Published,
                    },
                },
                [] => self.gateway_on(port).unwrap_or_else(|| {
                    let why = self.may_be_published(port);
                    why.map_or(Destination::Here, |why| {
                        Destination::Unclear(why.to_owned())
                    })
                }),
                _ => Destination::Unclear(format!("several services publish port {port}")),
            };
        }
        match url.host() {
            Some(Host::Domain(name)) if !name.contains('.') => match self.named(name) {
                [service, ..] => Destination::NameOutside(*service),
                [] => Destination::Elsewhere,
            },
            _ => Destination::Elsewhere,
        }
    }

    /// A gateway that no file publishes on `port`: it may run outside of containers on its usual port, or the address
    /// has its container's port.
    fn gateway_on(&self, port: u16) -> Option<Destination> {
        let listens = |view: &GatewayView| match view.service() {
            Some(service) => known().runs.port_of(self.stack.service(service)) == Some(port),
            None => view.placed != Placed::Cluster && port == known().runs.port,
        };
        let mut found = self
            .gateways
            .iter()
            .enumerate()
            .filter(|(_, view)| listens(view));
        let (gateway, view) = found.next()?;
        let certain = view
            .service()
            .is_some_and(|service| on_the_host(self.stack.service(service)));
        found
            .next()
            .is_none()
            .then_some(Destination::Gateway { gateway, certain })
    }

    /// Called by a gateway of which no file says where it runs.
    fn seen_from_anywhere(&self, url: &Url, view: &GatewayView) -> Destination {
        let Some(Host::Domain(name)) = url.host() else {
            return Destination::Elsewhere;
        };
        if view.placed == Placed::Cluster && (is_own(url) || !name.contains('.')) {
            return Destination::Unclear(
                "the gateway runs in Kubernetes, whose services are not read".to_owned(),
            );
        }
        if is_own(url) {
            return Destination::Unclear(match (&view.placed, view.placed.doubt(self.stack)) {
                (Placed::Several(_), Some(doubt)) => {
                    format!("which service runs the gateway is not known: {doubt}")
                }
                _ => "no file says whether the gateway runs in a container".to_owned(),
            });
        }
        if name.contains('.') {
            return Destination::Elsewhere;
        }
        match self.named(name) {
            [service] => Destination::Service {
                service: *service,
                port: url.port_or_known_default(),
                reach: Reach::Unknown,
            },
            [] => Destination::Unnamed { certain: false },
            _ => Destination::Unclear(format!("several services are called {name}")),
        }
    }

    /// Called from inside a container.
    fn seen_from_container(&self, url: &Url, caller: ServiceId) -> Destination {
        let Some(home) = self.home(caller) else {
            return Destination::Unclear(
                "the gateway uses the network of a container that no file declares".to_owned(),
            );
        };
        let me = self.stack.service(home);
        if on_the_host(me) {
            return self.seen_from_here(url);
        }
        let port = url.port_or_known_default();
        if is_own(url) {
            // Its `network_mode` may stand in what was not read.
            let silent = me.networks.iter().all(|joined| joined.implicit);
            return match me.doubt().filter(|_| silent && me.network_mode.is_none()) {
                Some(doubt) => Destination::Unclear(doubt),
                None => self.in_own_namespace(caller, port),
            };
        }
        let Some(Host::Domain(name)) = url.host() else {
            return Destination::Elsewhere;
        };
        if let Some(extra) = me
            .extra_hosts
            .iter()
            .find(|extra| extra.value.0.eq_ignore_ascii_case(name))
        {
            return match extra.value.1.as_str() {
                "host-gateway" => self.machine(port),
                _ => Destination::Elsewhere,
            };
        }
        if matches!(name, "host.docker.internal" | "gateway.docker.internal") {
            return self.machine(port);
        }
        self.by_name(name, port, home)
    }

    /// The service whose networks another one uses: itself, or the one that its `network_mode` names.
    fn home(&self, service: ServiceId) -> Option<ServiceId> {
        let mut home = service;
        // A container cannot be tied to one that is tied to it; whoever writes that is not followed for ever.
        for _ in 0..8 {
            let mode = network_mode(self.stack.service(home));
            home = if let Some(name) = mode.strip_prefix("service:") {
                let project = home.project;
                ServiceId {
                    project,
                    service: self.stack.project(home).service(name)?,
                }
            } else if let Some(name) = mode.strip_prefix("container:") {
                *self
                    .named(name)
                    .iter()
                    .find(|id| own_names(self.stack, **id).any(|own| own == name))?
            } else {
                return Some(home);
            };
        }
        None
    }

    fn machine(&self, port: Option<u16>) -> Destination {
        let published = port.map(|port| self.publishers(port));
        match published.unwrap_or_default().as_slice() {
            [(service, _)] => Destination::Machine {
                service: Some(*service),
            },
            [] => match port.and_then(|port| self.may_be_published(port)) {
                Some(why) => Destination::Unclear(why.to_owned()),
                None => Destination::Machine { service: None },
            },
            _ => Destination::Machine { service: None },
        }
    }

    /// A loopback address inside a container: its own processes, and those of containers in its network namespace.
    fn in_own_namespace(&self, caller: ServiceId, port: Option<u16>) -> Destination {
        let ties = |a: ServiceId, b: ServiceId| {
            let (mode, other) = (network_mode(self.stack.service(a)), self.stack.service(b));
            let service = a.project == b.project
                && mode.strip_prefix("service:") == Some(other.name.value.as_str());
            let container = other.container_name.as_ref().is_some_and(|name| {
                mode.strip_prefix("container:") == Some(name.value.text.as_str())
            });
            service || container
        };
        let others: Vec<ServiceId> = if network_mode(self.stack.service(caller)).contains(':') {
            self.stack.services().map(|(id, _)| id).collect()
        } else {
            self.index.tied.clone()
        };
        let mut sharing = others
            .into_iter()
            .filter(|id| *id != caller && (ties(caller, *id) || ties(*id, caller)));
        if let Some(service) = sharing.next() {
            return match sharing.next() {
                None => Destination::Service {
                    service,
                    port,
                    reach: Reach::Shared(vec!["the same network namespace".to_owned()]),
                },
                Some(_) => Destination::Unclear("several containers share its network".to_owned()),
            };
        }
        let published = port.map(|port| self.publishers(port)).unwrap_or_default();
        let meant = match published.as_slice() {
            [(first, _), rest @ ..] if rest.iter().all(|(other, _)| other == first) => Some(*first),
            _ => None,
        };
        let meant = meant.filter(|service| *service != caller);
        Destination::Itself { meant }
    }

    fn by_name(&self, name: &str, port: Option<u16>, caller: ServiceId) -> Destination {
        let mine = networks(self.stack, caller);
        let found = self.named(name);
        let reached: Vec<(ServiceId, Vec<String>)> = found
            .iter()
            .map(|id| {
                let theirs = networks_with_name(self.stack, *id, name);
                let shared = mine
                    .iter()
                    .filter(|network| theirs.contains(network))
                    .cloned()
                    .collect();
                (*id, shared)
            })
            .collect();
        let mut near = reached
            .iter()
            .filter(|(_, shared): &&(_, Vec<String>)| !shared.is_empty());
        match (near.next(), near.next()) {
            (Some((service, shared)), None) => {
                return Destination::Service {
                    service: *service,
                    port,
                    reach: Reach::Shared(shared.clone()),
                };
            }
            (Some(_), Some(_)) => {
                return Destination::Unclear(format!("several services answer to {name}"));
            }
            (None, _) => {}
        }
        let doubt = |id: ServiceId| self.stack.service(id).doubt();
        // Other projects have services of that name, too; its own is meant.
        let own: Vec<ServiceId> = found
            .iter()
            .copied()
            .filter(|id| id.project == caller.project)
            .collect();
        let found = if own.is_empty() { found } else { &own };
        match found {
            [service] if self.stack.service(*service).provider.is_some() => Destination::Unclear(
                format!("{name} is made by a provider, and what answers to it is not known"),
            ),
            [service] if doubt(caller).or_else(|| doubt(*service)).is_some() => {
                Destination::Unclear(
                    doubt(caller)
                        .or_else(|| doubt(*service))
                        .unwrap_or_default(),
                )
            }
            [service] => Destination::Service {
                service: *service,
                port,
                reach: Reach::Apart {
                    caller: mine,
                    service: networks(self.stack, *service),
                },
            },
            [] if name.contains('.') => Destination::Elsewhere,
            [] => Destination::Unnamed {
                certain: self.knows_every_name(caller),
            },
            _ => Destination::Unclear(format!("several services are called {name}")),
        }
    }

    /// Whether the files say everything that can answer on the caller's networks.
    fn knows_every_name(&self, caller: ServiceId) -> bool {
        let project = self.stack.project(caller);
        let service = self.stack.service(caller);
        let node = self.stack.source(service.at.source).node(&service.at.path);
        // These bring names that the model does not have.
        let foreign = ["links", "external_links", "dns", "dns_search", "domainname"]
            .iter()
            .any(|key| node.is_some_and(|node| node.get(key).is_some()));
        project.gaps.is_empty()
            && self.index.named[caller.project]
            && !foreign
            && service.networks.iter().all(|joined| {
                project.network(&joined.key).is_some_and(|network| {
                    // A network with a fixed name may be joined from projects that were not read.
                    !network.external
                        && network.real_name.known
                        && network.real_name.text == format!("{}_{}", project.name, network.key)
                })
            })
    }

    /// Services that answer to `name` somewhere.
    fn named(&self, name: &str) -> &[ServiceId] {
        self.index
            .names
            .get(&name.to_lowercase())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// Every name that a service answers to on some network: its own first, aliases last.
fn names(stack: &Stack, id: ServiceId) -> impl Iterator<Item = Cow<'_, str>> {
    let joined = stack.service(id).networks.iter();
    own_names(stack, id)
        .chain(joined.flat_map(|joined| joined.aliases.iter().map(|alias| alias.as_str().into())))
}

/// The names that a service answers to on every network that it joins. Without `container_name` its first container
/// has a name made of the project's: with `-` since Compose 2, with `_` before.
pub(super) fn own_names(stack: &Stack, id: ServiceId) -> impl Iterator<Item = Cow<'_, str>> {
    let service = stack.service(id);
    let (project, own) = (&stack.project(id).name, &service.name.value);
    let container: Vec<Cow<'_, str>> = match &service.container_name {
        Some(name) => name.value.get().map(Cow::Borrowed).into_iter().collect(),
        None => vec![
            format!("{project}-{own}-1").into(),
            format!("{project}_{own}_1").into(),
        ],
    };
    let hostname = service
        .hostname
        .as_ref()
        .and_then(|text| text.value.get())
        .map(Cow::Borrowed);
    std::iter::once(Cow::Borrowed(own.as_str()))
        .chain(container)
        .chain(hostname)
}

fn on_a_variable(service: &Service) -> String {
    format!(
        "the published port of {} depends on a variable that is not known here",
        service.name.value
    )
}

fn network_mode(service: &Service) -> &str {
    service
        .network_mode
        .as_ref()
        .map(|mode| mode.value.text.as_str())
        .unwrap_or_default()
}

/// The real names of the networks that a service joins. A network that its project forgot to declare counts under its
/// key: that is another finding's business.
fn networks(stack: &Stack, id: ServiceId) -> Vec<String> {
    let project = stack.project(id);
    stack
        .service(id)
        .networks
        .iter()
        .map(|joined| match project.network(&joined.key) {
            Some(network) => network.real_name.text.clone(),
            None => joined.key.clone(),
        })
        .collect()
}

/// Those of them on which the service answers to `name`.
fn networks_with_name(stack: &Stack, id: ServiceId, name: &str) -> Vec<String> {
    let service = stack.service(id);
    let everywhere = own_names(stack, id).any(|own| own.eq_ignore_ascii_case(name));
    networks(stack, id)
        .into_iter()
        .zip(&service.networks)
        .filter(|(_, joined)| {
            everywhere
                || joined
                    .aliases
                    .iter()
                    .any(|alias| alias.eq_ignore_ascii_case(name))
        })
        .map(|(network, _)| network)
        .collect()
}

/// Whether an address leads back to whoever calls it.
pub(super) fn is_own(url: &Url) -> bool {
    url.host().is_some_and(|host| host::is_own(&host))
}

/// Whether a service uses the machine's own network.
fn on_the_host(service: &Service) -> bool {
    network_mode(service) == "host"
}
