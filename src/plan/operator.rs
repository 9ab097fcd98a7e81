//! The question to a gateway with its operator's key: what a client without filters would get.

use url::Url;

use super::{Call, Permissions, Untried, environment};
use crate::catalog::gateway::known;
use crate::chain::{Caller, Chain, Hop};
use crate::fact::{Ask, Engine, Pin, Secret};
use crate::load::Request;
use crate::model::{Reference, Service, Stack, Transport};

/// The operator of a gateway.
pub(super) struct Operator<'a> {
    pub stack: &'a Stack,
    pub chain: &'a Chain,
    pub request: &'a Request,
    pub permissions: &'a Permissions,
    pub engine: Option<&'a Engine>,
    pub gateway: usize,
    /// The variable that holds the key.
    pub variable: &'a str,
}

/// Where a gateway is asked.
struct Address {
    /// What stands before its own paths.
    front: Url,
    pins: Vec<Pin>,
}

/// A key without the word that goes before it in a header.
pub(crate) fn bare_key(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => value,
    }
}

impl Operator<'_> {
    pub fn ask(&self) -> Result<Ask, Untried> {
        let value = self
            .request
            .shell
            .get(self.variable)
            .map(|value| bare_key(value));
        let Some(key) = value.filter(|key| !key.is_empty()) else {
            let why = format!("{} is not set", self.variable);
            return Err(Untried::Because(why));
        };
        let Address { front, pins } = self.address()?;
        let mut ask = Ask::url(self.endpoint(front));
        let sent = Secret::from(format!("Bearer {key}"));
        ask.headers.push(("Authorization".to_owned(), sent));
        ask.secrets.push(Secret::from(key));
        ask.pins = pins;
        ask.transport = Some(Transport::Http);
        ask.trust.oauth = Some(false);
        ask.gateway = true;
        ask.limits = self.permissions.limits;
        Ok(ask)
    }

    /// The path at which it offers all of its servers. With a slash at the end none of its versions redirects.
    fn endpoint(&self, mut front: Url) -> Url {
        let mut paths = known().clients.paths.iter();
        let whole = paths.find(|served| {
            served.transport == Transport::Http
                && !served.path.contains('{')
                && !served.served.is_empty()
        });
        let own = whole.map_or("/mcp", |served| &served.path);
        let before = front.path().trim_end_matches('/').to_owned();
        front.set_path(&format!("{before}{own}/"));
        front
    }

    /// What a person says, else what a client calls, else the port that its container has on this machine, else that
    /// container's address.
    fn address(&self) -> Result<Address, Untried> {
        let said = self.chain.fronts.first(self.gateway).cloned();
        let front = said.or_else(|| self.client_fronts().next());
        if let Some(front) = front {
            let pins = Vec::new();
            return Ok(Address { front, pins });
        }
        let view = &self.chain.gateways[self.gateway];
        let Some(id) = view.service() else {
            return Err(self.unknown("no file says where it runs"));
        };
        let service = self.stack.service(id);
        let name = &service.name.value;
        if self.engine.is_some_and(|engine| !engine.is_here()) {
            return Err(self.unknown("its engine is not known to run on this machine"));
        }
        let container = self.engine.and_then(|engine| {
            let container = self.chain.containers.container(engine, id)?;
            container.is_running().then_some(container)
        });
        if self.engine.is_some() && container.is_none() {
            return Err(self.unknown(&format!("no container of {name} runs")));
        }
        let Some(port) = known().runs.port_of(service) else {
            return Err(self.unknown("the port on which it listens is not known"));
        };
        let root = view.root_path(self.stack);
        let front = |host: &str, port: u16| Url::parse(&format!("http://{host}:{port}{root}")).ok();
        if let Some(published) = published(service, port) {
            let front = front(&published.0, published.1);
            return front
                .map(|front| Address {
                    front,
                    pins: Vec::new(),
                })
                .ok_or_else(|| self.unknown("the address at which it is published is none"));
        }
        let mut networks = container
            .into_iter()
            .flat_map(|container| &container.networks);
        let address = networks.find_map(|joined| joined.addresses.first().copied());
        match (address, front(name, port)) {
            (Some(address), Some(front)) => {
                let host = name.clone();
                let pin = Pin {
                    host,
                    port,
                    address,
                };
                Ok(Address {
                    front,
                    pins: vec![pin],
                })
            }
            _ => Err(self.unknown(&format!(
                "{name} publishes no port, and no engine shows its address"
            ))),
        }
    }

    fn unknown(&self, why: &str) -> Untried {
        Untried::Because(format!(
            "{why}; --gateway-url {}=URL says where it is reached",
            self.stack.gateways[self.gateway].id
        ))
    }

    /// Where clients reach it, in the order of their files. Files of a project name only this machine: what they say
    /// elsewhere may be anybody's, and a key goes to nobody else.
    fn client_fronts(&self) -> impl Iterator<Item = Url> {
        self.chain
            .to_gateway(self.gateway)
            .filter_map(|hop| self.front_of(hop))
    }

    fn front_of(&self, hop: &Hop) -> Option<Url> {
        let Caller::Client { file, entry } = hop.caller else {
            return None;
        };
        let file = &self.stack.clients[file];
        let entry = &file.entries[entry];
        if !Reference::find(&entry.url.as_ref()?.value).is_empty() {
            return None;
        }
        let mut url = hop.url.as_ref()?.value.clone();
        let trusted = Call::may_go(self.permissions, &url)
            || environment::is_users(self.request, file, entry);
        if !trusted || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        url.set_path(&hop.prefix);
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    }
}

/// The host and port at which a container port is reached from this machine.
fn published(service: &Service, port: u16) -> Option<(String, u16)> {
    let mode = service
        .network_mode
        .as_ref()
        .and_then(|mode| mode.value.get());
    if mode == Some("host") {
        return Some(("127.0.0.1".to_owned(), port));
    }
    let mut ports = service.ports.iter().filter(|pair| pair.protocol != "udp");
    ports.find_map(|pair| {
        let published = pair.published_of(port)?;
        let host = match (&pair.host_ip, pair.on_every_interface()) {
            (Some(ip), false) if ip.contains(':') && !ip.starts_with('[') => format!("[{ip}]"),
            (Some(ip), false) => ip.clone(),
            _ => "127.0.0.1".to_owned(),
        };
        Some((host, published))
    })
}
