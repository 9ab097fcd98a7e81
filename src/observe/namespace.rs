//! Conversations from within the network of a container, on a thread that has entered it. Nothing of such a conversation
//! may leave its thread: every other thread is still in the network that it began in.

use tokio::sync::{mpsc, oneshot};

use crate::fact::{Ask, Probe};

/// Whose network it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The container's name.
    pub container: String,
    /// Its id.
    pub id: String,
    /// Its first process.
    pub pid: u32,
}

/// A thread in a container's network. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Network {
    orders: mpsc::UnboundedSender<Order>,
}

/// A conversation to hold.
#[derive(Debug)]
struct Order {
    ask: Ask,
    reply: oneshot::Sender<Probe>,
}

impl Network {
    /// Starts a thread that enters it.
    pub fn of(place: Place) -> Network {
        let (orders, queue) = mpsc::unbounded_channel();
        // Where there is no thread, there is nobody who takes orders, and that is told.
        let _ = std::thread::Builder::new()
            .name("network".to_owned())
            .spawn(move || serve(&place, queue));
        Network { orders }
    }

    /// Holds a conversation there. Several may be held at once.
    pub async fn probe(&self, ask: &Ask) -> Probe {
        let (reply, answer) = oneshot::channel();
        let order = Order {
            ask: ask.clone(),
            reply,
        };
        let lost = "the thread for it could not be started, or has ended";
        match self.orders.send(order) {
            Ok(()) => answer.await.unwrap_or_else(|_| unheld(ask, lost)),
            Err(_) => unheld(ask, lost),
        }
    }
}

/// A conversation that could not begin.
pub(super) fn unheld(ask: &Ask, why: impl Into<String>) -> Probe {
    let mut probe = Probe::new(ask.clone());
    probe.unheld = Some(why.into());
    probe
}

#[cfg(target_os = "linux")]
use linux::serve;

#[cfg(target_os = "linux")]
pub(super) use linux::may_enter;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::{AsFd, OwnedFd};
    use std::pin::pin;
    use std::sync::Arc;

    use futures_util::StreamExt;
    use futures_util::future::{Either, select};
    use futures_util::stream::FuturesUnordered;
    use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
    use rustix::io::Errno;
    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
    use tokio::sync::mpsc::UnboundedReceiver;

    use super::{Order, Place, unheld};
    use crate::observe::conversation::converse;
    use crate::observe::http::Http;
    use crate::observe::names::Names;
    use crate::observe::resident::is_of;

    /// As much of a file as is read.
    const FILE: u64 = 1024 * 1024;

    /// Whether a container's network can be entered from this process; why not.
    pub(in crate::observe) fn may_enter(place: &Place) -> Result<(), String> {
        let place = place.clone();
        let thread = std::thread::Builder::new().spawn(move || enter(&place).map(drop));
        let thread = thread.map_err(|error| format!("no thread can be started: {error}"))?;
        let lost = || "the thread that entered it ended".to_owned();
        thread.join().unwrap_or_else(|_| Err(lost()))
    }

    /// Enters, and holds every conversation until nobody can ask for one any more.
    pub(super) fn serve(place: &Place, mut queue: UnboundedReceiver<Order>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let ready = enter(place).and_then(|names| match runtime {
            Ok(runtime) => Ok((Arc::new(names), runtime)),
            Err(error) => Err(format!("cannot start: {error}")),
        });
        match ready {
            Ok((names, runtime)) => {
                runtime.block_on(hold(&names, &mut queue));
                runtime.shutdown_background();
            }
            Err(why) => {
                while let Some(Order { ask, reply }) = queue.blocking_recv() {
                    let _ = reply.send(unheld(&ask, &why));
                }
            }
        }
    }

    async fn hold(names: &Arc<Names>, queue: &mut UnboundedReceiver<Order>) {
        let mut running = FuturesUnordered::new();
        let mut is_open = true;
        while is_open || !running.is_empty() {
            let order = match (is_open, running.is_empty()) {
                (false, _) => {
                    running.next().await;
                    continue;
                }
                (true, true) => queue.recv().await,
                (true, false) => match select(pin!(queue.recv()), running.next()).await {
                    Either::Left((order, _)) => order,
                    Either::Right(_) => continue,
                },
            };
            match order {
                Some(order) => running.push(answer(order, Arc::clone(names))),
                None => is_open = false,
            }
        }
    }

    /// Holds one conversation, as long as somebody waits for it.
    async fn answer(order: Order, names: Arc<Names>) {
        let Order { ask, mut reply } = order;
        let mut http = Http::by(&ask, names);
        let probe = {
            let conversation = pin!(converse(&ask, &mut http));
            match select(conversation, pin!(reply.closed())).await {
                Either::Left((probe, _)) => probe,
                Either::Right(_) => return,
            }
        };
        let _ = reply.send(probe);
    }

    /// Moves this thread into the network of a container, if its first process is still the one that is known, and reads
    /// what its C library knows of names.
    fn enter(place: &Place) -> Result<Names, String> {
        let Place { container, id, pid } = place;
        let gone = || format!("container {container} has ended, or was started again");
        let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // What is opened below it belongs to this process, whoever gets its number next.
        let process = openat(CWD, format!("/proc/{pid}"), folder, Mode::empty());
        let process = process.map_err(|_| gone())?;
        let groups = read(openat(&process, "cgroup", OFlags::RDONLY, Mode::empty()));
        if !is_of(&groups.map_err(|_| gone())?, id) {
            return Err(gone());
        }
        let refused = |what: &str, error: Errno| match error {
            Errno::PERM | Errno::ACCESS => {
                format!("{what} of container {container} takes root")
            }
            Errno::NOENT | Errno::SRCH => gone(),
            other => format!("{what} of container {container} fails: {other}"),
        };
        let network = openat(&process, "ns/net", OFlags::RDONLY, Mode::empty())
            .map_err(|error| refused("entering the network", error))?;
        let root = openat(&process, "root", folder, Mode::empty())
            .map_err(|error| refused("reading the files", error))?;
        let hosts = read(inside(&root, "etc/hosts")).unwrap_or_default();
        let resolv = read(inside(&root, "etc/resolv.conf")).unwrap_or_default();
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|error| refused("entering the network", error))?;
        Ok(Names::new(container, &hosts, &resolv))
    }

    /// A file below a container's root. Its links lead to what they mean in the container.
    fn inside(root: &OwnedFd, path: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
            // Before Linux 5.6; there, a link is not followed.
            Err(Errno::NOSYS) => openat(root, path, flags | OFlags::NOFOLLOW, Mode::empty()),
            opened => opened,
        }
    }

    /// What a regular file has, or one of `/proc`.
    fn read(file: Result<OwnedFd, Errno>) -> Result<Vec<u8>, Errno> {
        let file = file?;
        let mode = fstat(&file)?.st_mode;
        if FileType::from_raw_mode(mode) != FileType::RegularFile {
            return Err(Errno::INVAL);
        }
        let mut bytes = Vec::new();
        let read = File::from(file).take(FILE).read_to_end(&mut bytes);
        read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(bytes)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn another_process_is_not_entered() {
            let place = Place {
                container: "litellm".to_owned(),
                id: "18c5e78e18bd".to_owned(),
                pid: std::process::id(),
            };
            let why = may_enter(&place).expect_err("another process");
            assert_eq!(why, "container litellm has ended, or was started again");
        }
    }
}

#[cfg(not(target_os = "linux"))]
const LINUX: &str = "the network of a container can be entered on Linux alone";

/// Whether a container's network can be entered from this process; why not.
#[cfg(not(target_os = "linux"))]
pub(super) fn may_enter(_: &Place) -> Result<(), String> {
    Err(LINUX.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn serve(_: &Place, mut queue: mpsc::UnboundedReceiver<Order>) {
    while let Some(Order { ask, reply }) = queue.blocking_recv() {
        let _ = reply.send(unheld(&ask, LINUX));
    }
}
