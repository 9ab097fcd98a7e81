//! A program that runs, whoever started it: a process of this machine, or one that an engine started in a container.

use std::future::pending;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::Child;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Duration, sleep, timeout};

use crate::observe::docker::exec::{Exec, Status};
use crate::observe::group::Group;
use crate::observe::resident;

/// How often an engine is asked whether a program still runs.
const LOOK: Duration = Duration::from_millis(100);
/// How long `KILL` takes.
const KILLED: Duration = Duration::from_secs(2);

/// A program.
#[derive(Debug)]
pub(super) enum Program {
    /// A process of this machine, and whatever it starts.
    Child(Child, Group),
    /// One in a container.
    Exec(InContainer),
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exit {
    /// Its exit code.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Exit {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Exit {
            code: status.code(),
            signal,
        }
    }
}

impl Program {
    /// Waits until it ends. May be dropped and begun again.
    pub async fn wait(&mut self) -> Option<Exit> {
        match self {
            Program::Child(child, _) => child.wait().await.ok().map(Exit::from),
            Program::Exec(exec) => exec.wait().await,
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<Exit> {
        match self {
            Program::Child(child, _) => child.try_wait().ok().flatten().map(Exit::from),
            Program::Exec(exec) => exec.ended(),
        }
    }

    /// Asks it to end; whether that is possible.
    pub fn terminate(&self) -> bool {
        match self {
            Program::Child(_, group) => {
                group.terminate();
                true
            }
            Program::Exec(exec) => exec.signal(false),
        }
    }

    /// Ends it; whether that is possible.
    pub async fn kill(&mut self) -> bool {
        match self {
            Program::Child(child, group) => {
                group.kill();
                let _ = child.start_kill();
                let _ = timeout(KILLED, child.wait()).await;
                true
            }
            Program::Exec(exec) => {
                let kills = exec.signal(true);
                let _ = timeout(KILLED, exec.wait()).await;
                kills
            }
        }
    }

    /// What it started, where that is known.
    pub fn group(&self) -> Option<&Group> {
        match self {
            Program::Child(_, group) => Some(group),
            Program::Exec(_) => None,
        }
    }
}

/// A program in a container. It can be asked to end only where its engine runs on this machine and mcpdoc may signal its
/// processes: engines have no word for it.
#[derive(Debug)]
pub(super) struct InContainer {
    /// The container's id.
    id: String,
    /// Its number on the engine's machine.
    pid: Option<u32>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    exit: Mutex<Option<Exit>>,
    changed: Notify,
}

impl Shared {
    fn exit(&self) -> Option<Exit> {
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InContainer {
    /// One that has begun.
    pub fn of(id: &str, exec: Exec, begun: Status) -> InContainer {
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let code = until_ended(&exec).await;
                let exit = Exit { code, signal: None };
                *shared.exit.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
                shared.changed.notify_one();
                // Its pipes stay open: there may be more in them.
                pending::<()>().await;
                drop(exec);
            }
        });
        InContainer {
            id: id.to_owned(),
            pid: begun.pid,
            shared,
            task,
        }
    }

    async fn wait(&self) -> Option<Exit> {
        loop {
            match self.ended() {
                None => self.shared.changed.notified().await,
                exit => return exit,
            }
        }
    }

    fn ended(&self) -> Option<Exit> {
        self.shared.exit()
    }

    fn signal(&self, kills: bool) -> bool {
        let pid = self.pid.filter(|_| self.ended().is_none());
        pid.is_some_and(|pid| resident::signal(&self.id, pid, kills))
    }
}

impl Drop for InContainer {
    fn drop(&mut self) {
        self.signal(true);
        self.task.abort();
    }
}

/// Asks the engine until the program has ended. An engine that does not answer is asked again.
async fn until_ended(exec: &Exec) -> Option<i32> {
    loop {
        if let Some(status) = exec.status().await
            && !status.runs
        {
            return status.code;
        }
        sleep(LOOK).await;
    }
}
