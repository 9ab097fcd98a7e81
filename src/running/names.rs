//! What a name or an address leads to, for a container that calls it: as Docker's own name server and `/etc/hosts` of
//! the container would have it. Verified against Docker 20.10 (facts: aliases, container name, host name, short id and
//! `name.network` resolve on networks that users make; nothing does on the default bridge).

use core::net::IpAddr;

use crate::fact::{Container, Engine, EngineKind};

/// Whose network a container uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// That of the container with this number: its own, or that of the one that `container:…` names.
    Of(usize),
    /// The machine's.
    Host,
    /// None at all.
    Nowhere,
    /// A container's that the engine does not show.
    Unknown,
}

/// What answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These containers, each over a network that it shares with the caller.
    Containers(Vec<Met>),
    /// The caller's own network namespace.
    Own,
    /// The machine that the engine runs on; the container that publishes the port there.
    Machine(Option<usize>),
    /// Nobody.
    Nobody(Nobody),
    /// Something outside that a name server may know.
    Elsewhere,
}

/// A container that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its number.
    pub container: usize,
    /// The network that both are on.
    pub network: String,
    /// Its address there.
    pub address: Option<IpAddr>,
}

/// Who has the name although it leads to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nobody {
    /// Containers that run on other networks.
    pub apart: Vec<usize>,
    /// Containers on the caller's networks that do not run: a name is there only while its container runs.
    pub stopped: Vec<usize>,
    /// Why the caller asks no name server of Docker's, if so: the default bridge, no network.
    pub without_names: Option<String>,
}

/// The network that has no names, and the word for it.
const DEFAULT_BRIDGE: &str = "bridge";

/// Whose network a container uses.
pub fn place(engine: &Engine, container: usize) -> Place {
    let mut at = container;
    // No container can be tied to one that is tied to it; an engine that says so is not followed for ever.
    for _ in 0..8 {
        let mode = engine.containers[at].network_mode.as_str();
        match mode {
            "host" => return Place::Host,
            "none" => return Place::Nowhere,
            _ => {}
        }
        let Some(owner) = mode.strip_prefix("container:") else {
            return Place::Of(at);
        };
        let owner = engine.container(owner).map(|owner| owner.id.as_str());
        let number = owner.and_then(|id| engine.containers.iter().position(|one| one.id == id));
        match number {
            Some(number) => at = number,
            None => return Place::Unknown,
        }
    }
    Place::Unknown
}

/// What `host` and `port` lead to for a container that uses its own network or another container's. Nothing where it
/// uses the machine's or where that is not known: then it is as if called from here.
pub fn look_up(engine: &Engine, caller: usize, host: &str, port: u16) -> Option<Found> {
    let owner = match place(engine, caller) {
        Place::Of(owner) => owner,
        Place::Nowhere => {
            return Some(match is_loopback(host) {
                true => Found::Own,
                false => Found::Nobody(Nobody {
                    without_names: Some("it has no network (network_mode none)".to_owned()),
                    ..Nobody::default()
                }),
            });
        }
        Place::Host | Place::Unknown => return None,
    };
    if is_loopback(host) {
        return Some(Found::Own);
    }
    let me = &engine.containers[owner];
    let extra = me
        .extra_hosts
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(host));
    let host = match extra.map(|(_, address)| address.as_str()) {
        Some("host-gateway") => return Some(machine(engine, port)),
        Some(address) => address,
        None => host,
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(by_address(engine, owner, address, port));
    }
    if is_machines(engine, host) {
        return Some(machine(engine, port));
    }
    Some(by_name(engine, owner, host))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Names of the machine that an engine gives to every container.
fn is_machines(engine: &Engine, host: &str) -> bool {
    let names: &[&str] = match engine.kind {
        EngineKind::Desktop => &["host.docker.internal", "gateway.docker.internal"],
        EngineKind::Podman => &["host.containers.internal", "host.docker.internal"],
        EngineKind::Linux | EngineKind::Rootless => &[],
    };
    names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// The machine, and the container that publishes the port there.
fn machine(engine: &Engine, port: u16) -> Found {
    Found::Machine(publisher(engine, port))
}

/// The container that publishes a port on the engine's machine.
pub(crate) fn publisher(engine: &Engine, port: u16) -> Option<usize> {
    let publishes = |one: &Container| one.published.iter().any(|at| at.host_port == Some(port));
    engine.containers.iter().position(publishes)
}

fn by_address(engine: &Engine, owner: usize, address: IpAddr, port: u16) -> Found {
    let me = &engine.containers[owner];
    let mut own = me.networks.iter();
    if own.any(|joined| joined.addresses.contains(&address)) {
        return Found::Own;
    }
    let gateways = engine.networks.iter().flat_map(|network| &network.gateways);
    let joined = me
        .networks
        .iter()
        .filter_map(|joined| joined.gateway.as_ref());
    if gateways.chain(joined).any(|gateway| *gateway == address) {
        return machine(engine, port);
    }
    let mut nobody = Nobody::default();
    for (number, other) in engine.containers.iter().enumerate() {
        for joined in &other.networks {
            if !joined.addresses.contains(&address) {
                continue;
            }
            if shares(me, &joined.id) {
                return Found::Containers(vec![Met {
                    container: number,
                    network: joined.name.clone(),
                    address: Some(address),
                }]);
            }
            nobody.apart.push(number);
        }
    }
    match nobody.apart.is_empty() {
        true => Found::Elsewhere,
        false => Found::Nobody(nobody),
    }
}

fn shares(container: &Container, network: &str) -> bool {
    container.networks.iter().any(|joined| joined.id == network)
}

fn by_name(engine: &Engine, owner: usize, host: &str) -> Found {
    let me = &engine.containers[owner];
    // Its own `/etc/hosts` has its host name, on every network.
    if me.hostname.eq_ignore_ascii_case(host) {
        return Found::Own;
    }
    let mut met = Vec::new();
    let mut nobody = Nobody::default();
    for (number, other) in engine.containers.iter().enumerate() {
        let mut elsewhere = false;
        for joined in &other.networks {
            if !answers_to(other, joined, host) {
                continue;
            }
            let near = joined.name != DEFAULT_BRIDGE && shares(me, &joined.id);
            match (near, other.is_running()) {
                (true, true) => met.push(Met {
                    container: number,
                    network: joined.name.clone(),
                    address: joined.addresses.first().copied(),
                }),
                (true, false) if !nobody.stopped.contains(&number) => nobody.stopped.push(number),
                (false, _) => elsewhere = true,
                _ => {}
            }
        }
        if elsewhere {
            nobody.apart.push(number);
        }
    }
    if let [only] = met.as_slice()
        && only.container == owner
    {
        return Found::Own;
    }
    if !met.is_empty() {
        return Found::Containers(met);
    }
    if me
        .networks
        .iter()
        .all(|joined| joined.name == DEFAULT_BRIDGE)
    {
        let why = "the default network bridge has no names".to_owned();
        nobody.without_names = Some(why);
    }
    let unknown = nobody.apart.is_empty() && nobody.stopped.is_empty();
    match unknown && host.contains('.') {
        true => Found::Elsewhere,
        false => Found::Nobody(nobody),
    }
}

/// Whether a container has a name on a network. Before Docker 25 an engine says neither the container's name nor
/// `name.network`, although both are known.
pub(crate) fn answers_to(container: &Container, joined: &crate::fact::Joined, host: &str) -> bool {
    let bare = host
        .strip_suffix(joined.name.as_str())
        .and_then(|rest| rest.strip_suffix('.'));
    let own = [container.name.as_str(), container.short_id()];
    let mut names = joined
        .aliases
        .iter()
        .chain(&joined.dns_names)
        .map(String::as_str)
        .chain(own);
    names.any(|name| {
        name.eq_ignore_ascii_case(host) || bare.is_some_and(|bare| name.eq_ignore_ascii_case(bare))
    })
}
