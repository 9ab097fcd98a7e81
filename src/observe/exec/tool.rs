//! What can relay a connection in a container: whatever is there, found by trying; a shell last. curl is not among them: with
//! `telnet://` it was seen to keep back parts of answers.

use tokio::time::{Duration, Instant};

use super::said::{Said, of_relay, of_words};
use crate::observe::docker::exec::{Execs, Said as Output};

/// A program that connects, and passes on what comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::observe) enum Tool {
    /// A python, by its name.
    Python(&'static str),
    /// Node.
    Node,
    /// A netcat, by the words that call it.
    Netcat {
        /// `nc` or `busybox nc`.
        words: &'static [&'static str],
        /// Whether it tells of its connection.
        tells: bool,
    },
    /// A bash, with `cat` and `getent`.
    Bash,
}

/// What a trial shows.
type Reads = fn(&Output) -> Option<Tool>;

/// How long a trial may take: a python may be on a slow disk.
const TRIAL: Duration = Duration::from_secs(10);
const PYTHON: &str = include_str!("relay.py");
const NODE: &str = include_str!("relay.js");
const BASH: &str = include_str!("relay.sh");
const BUSYBOX: &[&str] = &["busybox", "nc"];
const NC: &[&str] = &["nc"];

impl Tool {
    /// The first that is there.
    ///
    /// # Errors
    /// What was tried, or why nothing could be.
    pub async fn find(execs: &Execs, container: &str, id: &str) -> Result<Tool, String> {
        let trials: [(&[&str], Reads); 6] = [
            (&["python3", "-E", "-S", "-c", ""], |said| {
                (said.code == Some(0)).then_some(Tool::Python("python3"))
            }),
            (&["python", "-E", "-S", "-c", ""], |said| {
                (said.code == Some(0)).then_some(Tool::Python("python"))
            }),
            (&["node", "-e", ""], |said| {
                (said.code == Some(0)).then_some(Tool::Node)
            }),
            (&["busybox", "nc", "--help"], |said| netcat(BUSYBOX, said)),
            (&["nc", "-h"], |said| netcat(NC, said)),
            (
                &["bash", "-p", "-c", "type -P cat && type -P getent"],
                |said| (said.code == Some(0)).then_some(Tool::Bash),
            ),
        ];
        for (words, reads) in trials {
            let said = execs.run(id, words, Instant::now() + TRIAL).await?;
            if let Some(tool) = reads(&said).filter(|_| said.has_run()) {
                return Ok(tool);
            }
        }
        Err(format!(
            "nothing in container {container} can connect for mcpdoc: it has no python3, python, node, busybox, nc or bash; as root on the engine's machine its network can be entered instead"
        ))
    }

    /// What to start, for one connection.
    pub(super) fn command(
        &self,
        host: &str,
        port: u16,
        patience: Duration,
        longest: Duration,
    ) -> Vec<String> {
        let port = port.to_string();
        let seconds = format!("{:.3}", patience.as_secs_f64());
        // Rounded up: no time at all is no limit.
        let longest = (longest.as_secs() + 1).to_string();
        let words: Vec<&str> = match self {
            Tool::Python(name) => vec![name, "-E", "-S", "-c", PYTHON, host, &port, &seconds],
            Tool::Node => vec!["node", "-e", NODE, "--", host, &port, &seconds],
            Tool::Netcat { words, tells } => {
                let tell = tells.then_some("-v");
                let words = words.iter().copied().chain(tell);
                words.chain(["-w", &longest, host, &port]).collect()
            }
            Tool::Bash => vec!["bash", "-p", "-c", BASH, "bash", host, &port],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// What a line on its standard error says.
    pub(super) fn hear(&self, line: &str) -> Option<Said> {
        match self {
            Tool::Python(_) | Tool::Node => of_relay(line),
            Tool::Netcat { .. } => of_words(line),
            // Its own words say why there is no connection.
            Tool::Bash => of_relay(line).or_else(|| of_words(line)),
        }
    }

    /// Whether it says that it is connected.
    pub(super) fn tells(&self) -> bool {
        !matches!(self, Tool::Netcat { tells: false, .. })
    }

    /// Whether it says when it has an address and begins to connect.
    pub(super) fn tells_names(&self) -> bool {
        matches!(self, Tool::Python(_) | Tool::Node | Tool::Bash)
    }

    /// Its name, as a person knows it.
    pub fn name(&self) -> String {
        match self {
            Tool::Python(name) => (*name).to_owned(),
            Tool::Node => "node".to_owned(),
            Tool::Netcat { words, .. } => words.join(" "),
            Tool::Bash => "bash".to_owned(),
        }
    }
}

/// A netcat, by its help: of busybox's two kinds one does not tell of its connection.
fn netcat(words: &'static [&'static str], said: &Output) -> Option<Tool> {
    let help = said.text.to_lowercase();
    let is_it = help.contains("nc ") || help.contains("netcat") || help.contains("ncat");
    let missing = help.contains("applet not found");
    let mut flags = help
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let tells = flags.any(|flag| flag.trim_end_matches(',') == "-v");
    (is_it && !missing).then_some(Tool::Netcat { words, tells })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Output {
        Output {
            code: Some(1),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_netcat_is_known_by_its_help() {
        let small = "BusyBox v1.35.0\n\nUsage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]\n\t-l\tListen mode\n\t-w SEC\tConnect timeout\n";
        let large = "BusyBox v1.36.1\n\nUsage: nc [OPTIONS] HOST PORT  - connect\n\t-n\tDon't do DNS resolution\n\t-v\tVerbose\n";
        let openbsd = "OpenBSD netcat (Debian patchlevel 1.219-1)\nusage: nc [-46CDdFhklNnrStUuvZz]\n\t\t-u\t\tUDP mode\n\t\t-v\t\tVerbose\n";
        let tells = |text: &str| match netcat(NC, &said(text)) {
            Some(Tool::Netcat { tells, .. }) => Some(tells),
            _ => None,
        };
        assert_eq!(tells(small), Some(false));
        assert_eq!(tells(large), Some(true));
        assert_eq!(tells(openbsd), Some(true));
        assert_eq!(tells("nc: applet not found\n"), None);
    }

    #[test]
    fn what_is_started_names_whom_to_connect_to() {
        let (patience, longest) = (Duration::from_millis(2_500), Duration::from_millis(29_500));
        let command = |tool: &Tool, host| tool.command(host, 8000, patience, longest).join(" ");
        let small = Tool::Netcat {
            words: BUSYBOX,
            tells: false,
        };
        assert_eq!(command(&small, "db"), "busybox nc -w 30 db 8000");
        let large = Tool::Netcat {
            words: NC,
            tells: true,
        };
        assert_eq!(command(&large, "db"), "nc -v -w 30 db 8000");
        let python = command(&Tool::Python("python3"), "db");
        assert!(python.starts_with("python3 -E -S -c import") && python.ends_with("db 8000 2.500"));
        // What a file says is an argument, and no part of the program.
        let bash = Tool::Bash.command("$(x)", 8000, patience, longest);
        assert_eq!(
            (bash[3].as_str(), &bash[4..]),
            (BASH, &["bash", "$(x)", "8000"].map(str::to_owned)[..])
        );
    }
}
