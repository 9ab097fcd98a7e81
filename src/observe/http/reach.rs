//! From a host's name to a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Duration, Instant, timeout_at};
use url::{Host, Url};

use super::failure;
use crate::fact::{Attempt, Failure, Pin, Reach};
use crate::observe::names::Names;

/// More addresses than any honest name has.
const ADDRESSES: usize = 16;

/// Host, without the brackets of an address, and port.
pub(in crate::observe) fn origin(url: &Url) -> (String, u16) {
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    };
    (host, url.port_or_known_default().unwrap_or_default())
}

/// Who is asked for the addresses of names.
#[derive(Clone, Debug)]
pub(super) enum Resolver {
    /// The system.
    System,
    /// What a container's C library asks. The system would be asked on another thread, in another network.
    Container(Arc<Names>),
}

impl Resolver {
    async fn addresses(
        &self,
        host: &str,
        port: u16,
        until: Instant,
    ) -> Result<Vec<SocketAddr>, String> {
        match self {
            Resolver::System => by_system(host, port, until).await,
            Resolver::Container(names) => {
                let found = names.addresses(host, until).await?.into_iter();
                Ok(found.map(|ip| SocketAddr::new(ip, port)).collect())
            }
        }
    }
}

/// Asks for the addresses of a host, within `patience`, and connects to each at the same time, within `patience` again.
pub(super) async fn reach(
    url: &Url,
    resolver: &Resolver,
    pins: &[Pin],
    patience: Duration,
    deadline: Instant,
) -> Reach {
    let (host, port) = origin(url);
    let until = |patience: Duration| deadline.min(Instant::now() + patience);
    let (addresses, unresolved) =
        match addresses(&host, port, resolver, pins, until(patience)).await {
            Ok(addresses) => (addresses, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
    let until = until(patience);
    let attempts = addresses.into_iter().map(|address| attempt(address, until));
    Reach {
        host,
        port,
        unresolved,
        attempts: join_all(attempts).await,
    }
}

async fn addresses(
    host: &str,
    port: u16,
    resolver: &Resolver,
    pins: &[Pin],
    until: Instant,
) -> Result<Vec<SocketAddr>, String> {
    let given = given(host, port, pins);
    if !given.is_empty() {
        return Ok(given);
    }
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in resolver.addresses(host, port, until).await? {
        if addresses.len() < ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.is_empty() {
        true => Err("it has no address".to_owned()),
        false => Ok(addresses),
    }
}

/// The addresses that nobody has to be asked for.
pub(in crate::observe) fn given(host: &str, port: u16, pins: &[Pin]) -> Vec<SocketAddr> {
    let of_host = |pin: &&Pin| pin.port == port && pin.host.eq_ignore_ascii_case(host);
    let pinned: Vec<SocketAddr> = pins
        .iter()
        .filter(of_host)
        .map(|pin| SocketAddr::new(pin.address, port))
        .collect();
    if !pinned.is_empty() {
        return pinned;
    }
    let written = host.parse::<IpAddr>();
    let written = written.map(|address| SocketAddr::new(address, port));
    written.into_iter().collect()
}

async fn by_system(host: &str, port: u16, until: Instant) -> Result<Vec<SocketAddr>, String> {
    match timeout_at(until, lookup_host((host, port))).await {
        Err(_) => Err("the name server does not answer in time".to_owned()),
        Ok(Err(error)) => {
            let words = error.to_string();
            let reason = words.strip_prefix("failed to lookup address information: ");
            Err(reason.unwrap_or(&words).to_owned())
        }
        Ok(Ok(found)) => Ok(found.collect()),
    }
}

/// Connects and hangs up.
async fn attempt(address: SocketAddr, until: Instant) -> Attempt {
    let began = Instant::now();
    let failure = match timeout_at(until, TcpStream::connect(address)).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(failure::of_system(&error)),
        Err(_) => Some(Failure::ConnectTimeout),
    };
    Attempt {
        address,
        failure,
        took_us: super::micros(began),
    }
}
