//! Groups of processes. A server that is started may start others (`npx`, `uvx`, a shell); none of them may outlive the
//! conversation, however that ends: in order, at its deadline, dropped, or with mcpdoc itself being told to end.

#[cfg(unix)]
pub(super) use unix::Group;

#[cfg(not(unix))]
pub(super) use elsewhere::Group;

#[cfg(unix)]
mod unix {
    use std::sync::{Mutex, Once, PoisonError};

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;
    use tokio::process::{Child, Command};

    /// Groups that are alive.
    static ALIVE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

    /// A process that was started, and whatever it starts. Killed when dropped.
    #[derive(Debug)]
    pub(in crate::observe) struct Group(Option<Pid>);

    impl Group {
        /// Lets a command begin a group of its own. So an interrupt from the terminal does not reach it, and mcpdoc has to
        /// pass it on.
        pub fn prepare(command: &mut Command) {
            watch();
            command.process_group(0);
        }

        /// That of a process which began one.
        pub fn of(child: &Child) -> Group {
            let id = child.id().and_then(|id| i32::try_from(id).ok());
            let id = id.and_then(Pid::from_raw);
            alive(|groups| groups.extend(id));
            Group(id)
        }

        /// Asks it to end.
        pub fn terminate(&self) {
            self.signal(Signal::TERM);
        }

        /// Ends it.
        pub fn kill(&self) {
            self.signal(Signal::KILL);
        }

        /// Whether none of it is left.
        pub fn is_empty(&self) -> bool {
            self.0.is_none_or(|id| test_kill_process_group(id).is_err())
        }

        fn signal(&self, signal: Signal) {
            // It fails where there is nobody left.
            if let Some(id) = self.0 {
                let _ = kill_process_group(id, signal);
            }
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
            alive(|groups| groups.retain(|group| Some(*group) != self.0));
        }
    }

    fn alive(change: impl FnOnce(&mut Vec<Pid>)) {
        change(&mut ALIVE.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Passes on what ends mcpdoc, and then ends as it would have. Once for all groups: a signal's handler stays for the
    /// life of the process.
    fn watch() {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            let ignored = ignored();
            let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
            let heard = signals
                .into_iter()
                .filter(|signal| ignored >> (signal - 1) & 1 == 0);
            // Without it, groups still end with their conversations.
            let Ok(mut signals) = Signals::new(heard) else {
                return;
            };
            let _ = std::thread::Builder::new()
                .name("signals".to_owned())
                .spawn(move || {
                    for signal in signals.forever() {
                        alive(|groups| {
                            for group in groups.iter() {
                                let _ = kill_process_group(*group, Signal::KILL);
                            }
                        });
                        let _ = emulate_default_handler(signal);
                    }
                });
        });
    }

    /// The signals that whoever started mcpdoc wants it to ignore, one a bit from the lowest: `nohup` does that. Known on
    /// Linux.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
            .unwrap_or_default()
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use tokio::process::{Child, Command};

    /// A process that was started. What it starts itself is not known here; it is ended with `kill_on_drop`.
    #[derive(Debug)]
    pub(in crate::observe) struct Group;

    impl Group {
        /// Nothing to prepare.
        pub fn prepare(_command: &mut Command) {}

        /// That of a process.
        pub fn of(_child: &Child) -> Group {
            Group
        }

        /// There is no asking.
        pub fn terminate(&self) {}

        /// Only the process itself can be ended.
        pub fn kill(&self) {}

        /// Not known.
        pub fn is_empty(&self) -> bool {
            true
        }
    }
}
