//! Names as a container's C library resolves them: by its `/etc/hosts`, then by the name servers in its
//! `/etc/resolv.conf`. The files are given; the name servers are asked from wherever this thread's network is.

mod dns;
mod hosts;
mod search;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use resolv_conf::Config;
use tokio::time::{Duration, Instant};

use self::dns::Lack;
use self::hosts::Hosts;

/// What a container's C library knows of names.
#[derive(Debug)]
pub(super) struct Names {
    container: String,
    hosts: Hosts,
    servers: Vec<IpAddr>,
    domains: Vec<String>,
    ndots: usize,
    /// How long one name server may take.
    patience: Duration,
    /// How often each is asked.
    attempts: usize,
}

/// More name servers than any C library asks.
const SERVERS: usize = 3;
/// More domains than any honest file has.
const DOMAINS: usize = 16;

/// Why a name has no address: which server said what.
#[derive(Debug)]
struct Miss {
    server: IpAddr,
    lack: Lack,
}

impl Names {
    /// Those of a container, by the contents of its files.
    pub fn new(container: &str, hosts: &[u8], resolv: &[u8]) -> Names {
        // Lines that say nothing known are passed over, as the C library does.
        let (config, _) = Config::parse_with_errors(resolv);
        let servers = config.nameservers.iter().map(IpAddr::from);
        let domains = config.get_last_search_or_domain();
        Names {
            container: container.to_owned(),
            hosts: Hosts::read(hosts),
            servers: servers.take(SERVERS).collect(),
            domains: domains.take(DOMAINS).cloned().collect(),
            ndots: config.ndots as usize,
            patience: Duration::from_secs(u64::from(config.timeout.clamp(1, 30))),
            attempts: config.attempts.clamp(1, 5) as usize,
        }
    }

    /// The addresses of a name.
    ///
    /// # Errors
    /// Why it has none, in words that name who says so.
    pub async fn addresses(&self, name: &str, until: Instant) -> Result<Vec<IpAddr>, String> {
        let written = self.hosts.addresses(name);
        if !written.is_empty() {
            return Ok(written);
        }
        if name.trim_end_matches('.').eq_ignore_ascii_case("localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let mut told: Option<Miss> = None;
        for candidate in search::candidates(name, self.ndots, &self.domains) {
            match self.ask(&candidate, until).await {
                Ok(addresses) => return Ok(addresses),
                Err(miss) => {
                    let is_last = miss.lack.is_silence();
                    let tells_more = told
                        .as_ref()
                        .is_none_or(|told| miss.lack.weight() > told.lack.weight());
                    if tells_more {
                        told = Some(miss);
                    }
                    if is_last {
                        break;
                    }
                }
            }
        }
        Err(self.words(name, told.as_ref()))
    }

    /// Asks one server after the other for a whole name, until one knows or denies it.
    async fn ask(&self, name: &str, until: Instant) -> Result<Vec<IpAddr>, Miss> {
        let mut tries = self.servers.len() * self.attempts;
        let mut missed = Miss {
            server: Ipv4Addr::LOCALHOST.into(),
            lack: Lack::NoServer,
        };
        for server in (0..self.attempts).flat_map(|_| &self.servers) {
            // Each gets its share of the time, so that a dead one leaves some for the next.
            let left = until.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(tries).unwrap_or(1).max(1);
            tries -= 1;
            let by = Instant::now() + share.min(self.patience);
            match dns::ask(*server, name, by).await {
                Ok(addresses) => return Ok(addresses),
                Err(lack) => {
                    let is_last = lack.is_answer();
                    missed = Miss {
                        server: *server,
                        lack,
                    };
                    if is_last {
                        break;
                    }
                }
            }
        }
        Err(missed)
    }

    fn words(&self, name: &str, miss: Option<&Miss>) -> String {
        let container = &self.container;
        let Some(Miss { server, lack }) = miss else {
            return format!("{name} is no name");
        };
        let who = format!("{server}, the name server of container {container},");
        match lack {
            Lack::NoName => format!("{who} knows no name {name}"),
            Lack::NoAddress => format!("{who} knows {name}, and no address of it"),
            Lack::Failed(how) => format!("{who} fails at the name {name} ({how})"),
            Lack::Silent => format!("{who} does not answer in time"),
            Lack::Unreachable(why) => format!("{who} cannot be reached: {why}"),
            Lack::NoServer => format!(
                "the /etc/resolv.conf of container {container} names no name server, and its /etc/hosts has no {name}"
            ),
            Lack::NotAName => format!("{name} is no name that a name server can be asked for"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(work)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(2)
    }

    #[test]
    fn a_hosts_file_comes_first_and_localhost_is_always_known() {
        run(async {
            let names = Names::new("litellm", b"10.0.0.7 db\n", b"nameserver 127.0.0.11\n");
            let found = names.addresses("DB", soon()).await;
            assert_eq!(found, Ok(vec!["10.0.0.7".parse().expect("an address")]));
            let found = names.addresses("localhost", soon()).await.expect("found");
            assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
        });
    }

    #[test]
    fn what_is_missing_is_said_in_the_words_of_who_said_it() {
        run(async {
            let names = Names::new("litellm", b"", b"options ndots:0\n");
            let why = names.addresses("db", soon()).await.expect_err("nobody");
            assert_eq!(
                why,
                "the /etc/resolv.conf of container litellm names no name server, and its /etc/hosts has no db"
            );
        });
        let names = Names::new("litellm", b"", b"");
        let said = |lack| {
            let server = "127.0.0.11".parse().expect("an address");
            names.words("db", Some(&Miss { server, lack }))
        };
        assert_eq!(
            said(Lack::NoName),
            "127.0.0.11, the name server of container litellm, knows no name db"
        );
        assert_eq!(
            said(Lack::Failed("SERVFAIL")),
            "127.0.0.11, the name server of container litellm, fails at the name db (SERVFAIL)"
        );
        assert_eq!(
            said(Lack::Silent),
            "127.0.0.11, the name server of container litellm, does not answer in time"
        );
    }

    #[test]
    fn the_files_are_read_as_the_c_library_reads_them() {
        let resolv =
            b"# made by docker\nnameserver 127.0.0.11\nsearch lan example.com\noptions edns0 ndots:0 timeout:2\nnonsense here\n";
        let names = Names::new("x", b"", resolv);
        assert_eq!(names.servers, ["127.0.0.11".parse::<IpAddr>().expect("it")]);
        assert_eq!(names.domains, ["lan", "example.com"]);
        assert_eq!((names.ndots, names.patience.as_secs()), (0, 2));
        assert_eq!(Names::new("x", b"", b"nameserver 1.1.1.1").ndots, 1);
    }
}
