//! Connections that begin in a container: a program that is there connects and relays, and whoever connects to a port of
//! this machine's loopback talks through it. What the program says of names and connections is what the caller would
//! see.

mod dial;
mod said;
mod sockets;
mod tool;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{Either, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Duration, Instant};
use url::Url;

use self::dial::{Dialed, Relay};
pub(super) use self::tool::Tool;
use super::docker::exec::Execs;
use super::http;
use crate::fact::{Pin, Reach};

/// The container that connections begin in, and what connects there.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// Starts programs.
    pub execs: Execs,
    /// The container's name.
    pub container: String,
    /// Its id.
    pub id: String,
    /// What relays.
    pub tool: Tool,
}

/// The connections of one conversation.
#[derive(Debug)]
pub(super) struct Tunnel {
    base: Arc<Base>,
    gates: HashMap<(String, u16), Gate>,
    /// Why nothing can be said of the other side: it was the relay that failed.
    broken: Option<String>,
}

/// The relay that found out whether there is a connection serves the first who uses it, if that is soon.
const KEPT: Duration = Duration::from_secs(2);

impl Tunnel {
    /// From a container.
    pub fn new(base: Arc<Base>) -> Tunnel {
        Tunnel {
            base,
            gates: HashMap::new(),
            broken: None,
        }
    }

    /// Why the relay failed, if it did.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Resolves and connects in the container; where to connect to on this machine, if that worked.
    pub async fn reach(
        &mut self,
        url: &Url,
        pins: &[Pin],
        patience: Duration,
        deadline: Instant,
    ) -> (Reach, Option<SocketAddr>) {
        let (host, port) = http::origin(url);
        let mut reach = Reach {
            host: host.clone(),
            port,
            unresolved: None,
            attempts: Vec::new(),
        };
        if let Some(why) = self.hinders(url) {
            self.broken = Some(why);
            return (reach, None);
        }
        let given = http::given(&host, port, pins);
        let asked = match given.first() {
            Some(address) => address.ip().to_string(),
            None => host.clone(),
        };
        let target = Target {
            host: asked,
            port,
            patience,
            deadline,
        };
        let dialed = match dial::dial(&self.base, &target).await {
            Ok(dialed) => dialed,
            Err(why) => {
                self.broken = Some(why);
                return (reach, None);
            }
        };
        let Dialed {
            unresolved,
            attempts,
            relay,
        } = dialed;
        reach.unresolved = unresolved;
        reach.attempts = attempts;
        let Some(relay) = relay else {
            return (reach, None);
        };
        match Gate::open(Arc::clone(&self.base), target, relay).await {
            Ok(gate) => {
                let address = gate.address;
                self.gates.insert((host, port), gate);
                (reach, Some(address))
            }
            Err(error) => {
                self.broken = Some(format!(
                    "no port of this machine can be listened on: {error}"
                ));
                (reach, None)
            }
        }
    }
}

impl Tunnel {
    /// Why a url cannot be called in this way.
    fn hinders(&self, url: &Url) -> Option<String> {
        let (tool, container) = (self.base.tool.name(), &self.base.container);
        if url.scheme() != "https" {
            return None;
        }
        // The certificate would be checked for the address of this end.
        let is_address = !matches!(url.host(), Some(url::Host::Domain(_)));
        is_address.then(|| {
            format!(
                "TLS to an address is not carried by {tool} in container {container}: call a name"
            )
        })
    }
}

/// Whom a relay connects to.
#[derive(Clone, Debug)]
struct Target {
    host: String,
    port: u16,
    /// For each of name and connection.
    patience: Duration,
    deadline: Instant,
}

/// A port of this machine that leads to a host and port as the container sees them.
#[derive(Debug)]
struct Gate {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Gate {
    async fn open(base: Arc<Base>, target: Target, relay: Relay) -> std::io::Result<Gate> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let first = Arc::new(Mutex::new(Some((relay, Instant::now()))));
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((caller, _)) = listener.accept().await {
                let (base, target) = (Arc::clone(&base), target.clone());
                let first = Arc::clone(&first);
                open.spawn(async move {
                    let kept = first.lock().unwrap_or_else(PoisonError::into_inner).take();
                    let kept = kept.filter(|(_, since)| since.elapsed() < KEPT);
                    let relay = match kept {
                        Some((relay, _)) => Some(relay),
                        None => dial::dial(&base, &target)
                            .await
                            .ok()
                            .and_then(|it| it.relay),
                    };
                    match relay {
                        Some(relay) => pump(caller, relay).await,
                        None => reset(&caller),
                    }
                });
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Gate { address, task })
    }
}

impl Drop for Gate {
    /// Every connection ends with it, and so does every relay.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries bytes both ways until one side has no more.
async fn pump(caller: TcpStream, relay: Relay) {
    // A message is one write: it shall not wait for another.
    let _ = caller.set_nodelay(true);
    let Relay {
        mut stdin,
        mut stdout,
        mut said,
        exec: _exec,
    } = relay;
    let (mut from, mut to) = split(caller);
    let ended = {
        let forth = std::pin::pin!(copy(&mut from, &mut stdin));
        let back = std::pin::pin!(copy(&mut stdout, &mut to));
        match select(forth, back).await {
            // The caller hung up: whatever still comes is for nobody.
            Either::Left(_) => return,
            Either::Right((ended, _)) => ended,
        }
    };
    let mut last = Vec::new();
    let _ = said.read_to_end(&mut last).await;
    if ended.is_err() || said::is_reset(&String::from_utf8_lossy(&last)) {
        reset(&from.unsplit(to));
    } else {
        let _ = to.shutdown().await;
    }
}

/// Lets a connection end as one does that the other side has broken off.
fn reset(caller: &TcpStream) {
    let _ = caller.set_zero_linger();
}
