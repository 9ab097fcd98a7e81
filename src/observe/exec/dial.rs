//! One connection: a relay is started, and heard until it says how that went.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream};
use tokio::time::{Duration, Instant, timeout_at};

use super::said::Said;
use super::sockets::{Sockets, to_port};
use super::{Base, Target};
use crate::fact::{Attempt, Failure};
use crate::observe::docker::exec::{Exec, Launch, Started, refusal};

/// How a connection went.
#[derive(Debug)]
pub(super) struct Dialed {
    /// Why the name has no address.
    pub unresolved: Option<String>,
    /// The addresses that were tried.
    pub attempts: Vec<Attempt>,
    /// What relays, where there is a connection.
    pub relay: Option<Relay>,
}

/// A relay that is connected.
#[derive(Debug)]
pub(super) struct Relay {
    pub stdin: DuplexStream,
    pub stdout: DuplexStream,
    /// Its standard error.
    pub said: BufReader<DuplexStream>,
    pub exec: Exec,
}

/// How long a relay may take until it says its first word.
const START: Duration = Duration::from_secs(5);
/// What an engine takes to start a relay, and to pass on what it says.
const SLACK: Duration = Duration::from_millis(700);
/// How often the sockets are looked at of one that says nothing.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes of what relays say that are read.
const WORDS: usize = 16 * 1024;

/// What was heard so far.
struct Hearing<'a> {
    base: &'a Base,
    target: &'a Target,
    began: Instant,
    /// When it last went on.
    since: Instant,
    /// The address that is being tried.
    trying: Option<IpAddr>,
    dialed: Dialed,
    started: bool,
    found: bool,
    /// What was said that is not known.
    rest: String,
}

/// Whether more is to be heard.
#[derive(PartialEq)]
enum Then {
    Go,
    Connected,
    Over,
}

/// Connects.
///
/// # Errors
/// Why nothing can be said of the other side: the relay could not be started, or failed itself.
pub(super) async fn dial(base: &Base, target: &Target) -> Result<Dialed, String> {
    let left = target.deadline.saturating_duration_since(Instant::now());
    let words = base
        .tool
        .command(&target.host, target.port, target.patience, left);
    let launch = Launch {
        container: base.id.clone(),
        words,
        env: Vec::new(),
        cwd: None,
    };
    let mut hearing = Hearing {
        base,
        target,
        began: Instant::now(),
        since: Instant::now(),
        trying: target.host.parse().ok(),
        dialed: Dialed {
            unresolved: None,
            attempts: Vec::new(),
            relay: None,
        },
        started: !base.tool.tells_names(),
        found: false,
        rest: String::new(),
    };
    let Started {
        stdin,
        stdout,
        stderr,
        exec,
    } = base.execs.start(launch).await?;
    hearing.began = Instant::now();
    hearing.since = hearing.began;
    let mut said = BufReader::with_capacity(WORDS, stderr);
    let then = match base.tool.tells() {
        true => hearing.listen(&mut said).await?,
        false => hearing.watch(&mut said).await?,
    };
    if then == Then::Connected {
        hearing.dialed.relay = Some(Relay {
            stdin,
            stdout,
            said,
            exec,
        });
        return Ok(hearing.dialed);
    }
    let says_nothing = hearing.dialed.attempts.is_empty() && hearing.dialed.unresolved.is_none();
    match says_nothing {
        true => Err(hearing.failed(&exec).await),
        false => Ok(hearing.dialed),
    }
}

impl Hearing<'_> {
    /// Hears a relay that tells.
    async fn listen(&mut self, said: &mut BufReader<DuplexStream>) -> Result<Then, String> {
        loop {
            match self.next(said, self.until()).await {
                Some(Then::Go) => {}
                Some(then) => return Ok(then),
                None => return self.late(),
            }
        }
    }

    /// Hears one that tells of failures alone: its connection is seen among the sockets of the container.
    async fn watch(&mut self, said: &mut BufReader<DuplexStream>) -> Result<Then, String> {
        let until = self.until();
        while Instant::now() < until {
            match self.next(said, until.min(Instant::now() + LOOK)).await {
                Some(Then::Go) => continue,
                Some(then) => return Ok(then),
                None => {}
            }
            let files = ["cat", "/proc/net/tcp", "/proc/net/tcp6"];
            let busybox = ["busybox", files[0], files[1], files[2]];
            let words = match self.base.tool.name().starts_with("busybox") {
                true => busybox.as_slice(),
                false => files.as_slice(),
            };
            let seen = self.base.execs.run(&self.base.id, words, until).await;
            // Without IPv6 one of them is missing, and that is said.
            let seen = match seen {
                Err(_) if Instant::now() >= until => break,
                seen => seen?,
            };
            if let Sockets::Open(address) = to_port(&seen.text, self.target.port) {
                self.hear(Said::Open(Some(address), None));
                return Ok(Then::Connected);
            }
        }
        self.late()
    }

    /// The next line; nothing when none came in time.
    async fn next(&mut self, said: &mut BufReader<DuplexStream>, until: Instant) -> Option<Then> {
        let mut line = String::new();
        let read = timeout_at(until, said.read_line(&mut line)).await.ok()?;
        if read.unwrap_or(0) == 0 {
            return Some(Then::Over);
        }
        match self.base.tool.hear(&line) {
            Some(said) => Some(self.hear(said)),
            None => {
                if self.rest.len() < WORDS {
                    self.rest.push_str(&line);
                }
                Some(Then::Go)
            }
        }
    }

    fn hear(&mut self, said: Said) -> Then {
        match said {
            Said::Started => {
                self.started = true;
                self.since = Instant::now();
            }
            Said::Found => {
                self.found = true;
                self.since = Instant::now();
            }
            Said::Trying(address) => self.trying = Some(address),
            Said::Unresolved(why) => {
                let tool = self.base.tool.name();
                self.dialed.unresolved = Some(format!("{tool} there says: {why}"));
            }
            Said::Failed(address, failure, took) => self.tried(address, Some(failure), took),
            Said::Open(address, took) => {
                self.tried(address, None, took);
                return Then::Connected;
            }
        }
        Then::Go
    }

    fn tried(&mut self, address: Option<IpAddr>, failure: Option<Failure>, took: Option<u64>) {
        let unknown = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        let ip = address.or(self.trying).unwrap_or(unknown);
        let attempts = &mut self.dialed.attempts;
        let address = SocketAddr::new(ip, self.target.port);
        // Some say it twice.
        if failure.is_some()
            && attempts
                .iter()
                .any(|attempt| attempt.address == address && attempt.failure == failure)
        {
            return;
        }
        let passed = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        attempts.push(Attempt {
            address,
            failure,
            took_us: took.unwrap_or(passed),
        });
    }

    /// Until when it may say more: it has to begin, to resolve, and to connect. Those that say what they do say at the end
    /// of their patience that it has ended.
    fn until(&self) -> Instant {
        let patience = self.target.patience;
        let time = match (self.started, self.found) {
            (false, _) => START,
            (true, false) if self.base.tool.tells_names() => patience,
            (true, false) => patience + SLACK,
            (true, true) => patience * 2 + SLACK,
        };
        (self.since + time).min(self.target.deadline)
    }

    /// What silence means.
    fn late(&mut self) -> Result<Then, String> {
        let container = &self.base.container;
        if !self.started {
            let tool = self.base.tool.name();
            return Err(format!("{tool} in container {container} says nothing"));
        }
        if self.base.tool.tells_names() && !self.found {
            let tool = self.base.tool.name();
            self.dialed.unresolved = Some(format!("{tool} there gets no answer in time"));
        } else if self.dialed.attempts.is_empty() {
            self.tried(None, Some(Failure::ConnectTimeout), None);
        }
        Ok(Then::Over)
    }

    /// Why a relay ended that said nothing of the other side.
    async fn failed(&self, exec: &Exec) -> String {
        let container = &self.base.container;
        let tool = self.base.tool.name();
        let code = exec.status().await.and_then(|status| status.code);
        match code {
            Some(126 | 127) => refusal(container, &tool, &self.rest),
            _ => {
                let last = self.rest.lines().next_back().unwrap_or("nothing").trim();
                format!("{tool} in container {container} failed, and said: {last}")
            }
        }
    }
}
