//! Where conversations are held from: this machine, the networks of containers that were entered, and containers in which
//! programs are started. What it takes to stand there is made once, and shared by the conversations of a round.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use tokio::time::{Duration, timeout};

use super::docker::Caller;
use super::docker::exec::Execs;
use super::exec::{Base, Tool, Tunnel};
use super::namespace::{Network, Place, may_enter, unheld};
use super::{Http, converse, stdio};
use crate::fact::{Ask, Probe, Purpose, Target, Vantage};

/// The places of a round.
#[derive(Debug, Default)]
pub struct Places {
    execs: Option<Execs>,
    networks: Mutex<HashMap<Place, Arc<Network>>>,
    tools: Mutex<HashMap<String, Arc<Found>>>,
}

/// What relays in a container, or why nothing does.
type Found = OnceCell<Result<Tool, String>>;

impl Places {
    /// With programs that this engine starts.
    pub fn with(execs: Execs) -> Places {
        Places {
            execs: Some(execs),
            ..Places::default()
        }
    }

    /// Holds one conversation from where its question says.
    pub async fn probe(&self, ask: &Ask) -> Probe {
        match (&ask.from, &ask.target) {
            (Vantage::Here, Target::Url(_)) => converse(ask, &mut Http::new(ask)).await,
            (Vantage::Here, Target::Command { .. }) => stdio::converse(ask, None).await,
            (Vantage::Namespace { container, id, pid }, Target::Url(_)) => {
                let place = Place {
                    container: container.clone(),
                    id: id.clone(),
                    pid: *pid,
                };
                self.network(place).probe(ask).await
            }
            (Vantage::Namespace { container, .. }, Target::Command { .. }) => unheld(
                ask,
                format!("a program in container {container} is started by its engine alone"),
            ),
            (Vantage::Exec { container, id }, target) => {
                let Some(execs) = &self.execs else {
                    let why = format!("no engine is known that starts programs in {container}");
                    return unheld(ask, why);
                };
                match target {
                    Target::Command { .. } => stdio::converse(ask, Some(execs)).await,
                    Target::Url(_) => match self.tool(execs, ask, container, id).await {
                        Ok(tool) => {
                            let base = Base {
                                execs: execs.clone(),
                                container: container.clone(),
                                id: id.clone(),
                                tool,
                            };
                            by(ask, base).await
                        }
                        Err(why) => unheld(ask, why),
                    },
                }
            }
        }
    }

    fn network(&self, place: Place) -> Arc<Network> {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        let network = networks.entry(place.clone());
        Arc::clone(network.or_insert_with(|| Arc::new(Network::of(place))))
    }

    async fn tool(
        &self,
        execs: &Execs,
        ask: &Ask,
        container: &str,
        id: &str,
    ) -> Result<Tool, String> {
        let found = {
            let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tools.entry(id.to_owned()).or_default())
        };
        let find = found.get_or_init(|| Tool::find(execs, container, id));
        let patience = Duration::from_millis(ask.limits.deadline_ms);
        match timeout(patience, find).await {
            Ok(tool) => tool.clone(),
            Err(_) => Err(format!(
                "programs in container {container} are too slow to begin for the time of the conversation"
            )),
        }
    }
}

/// Holds a conversation by programs in a container.
async fn by(ask: &Ask, base: Base) -> Probe {
    let mut http = Http::through(ask, Tunnel::new(Arc::new(base)));
    let mut probe = converse(ask, &mut http).await;
    // What could not be tried besides takes nothing from what was.
    let last = probe.exchanges.last();
    let was_besides = last.is_some_and(|last| last.purpose == Purpose::SchemeTest);
    let broken = http.broken().filter(|_| !was_besides);
    probe.unheld = broken.map(str::to_owned);
    probe
}

/// From where a conversation can be held as a container would hold it: its network where that can be entered, else by
/// programs in it where they may be started.
///
/// # Errors
/// What would be needed.
pub fn vantage(caller: &Caller, target: &Target, allow_exec: bool) -> Result<Vantage, String> {
    let Caller { name, id, pid, .. } = caller;
    let exec = Vantage::Exec {
        container: name.clone(),
        id: id.clone(),
    };
    if let Target::Command { .. } = target {
        return match allow_exec {
            true => Ok(exec),
            false => Err(format!(
                "a command is started in container {name} by its engine: --allow-exec permits that"
            )),
        };
    }
    let place = Place {
        container: name.clone(),
        id: id.clone(),
        pid: *pid,
    };
    match may_enter(&place) {
        Ok(()) => Ok(Vantage::Namespace {
            container: name.clone(),
            id: id.clone(),
            pid: *pid,
        }),
        Err(_) if allow_exec => Ok(exec),
        Err(why) => Err(format!(
            "{why}; run mcpdoc as root on the engine's machine, or let it start a program in the container with --allow-exec"
        )),
    }
}
