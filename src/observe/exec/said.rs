//! What relays say on standard error of names and connections.

use std::net::{IpAddr, SocketAddr};

use crate::fact::Failure;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It runs.
    Started,
    /// The name has addresses.
    Found,
    /// It has none; why.
    Unresolved(String),
    /// A connection is tried to this address.
    Trying(IpAddr),
    /// There is none, and how long that took, in microseconds.
    Failed(Option<IpAddr>, Failure, Option<u64>),
    /// There is one.
    Open(Option<IpAddr>, Option<u64>),
}

/// A line of mcpdoc's own relays: a word, an address, microseconds, and a number of the system by its name.
pub(super) fn of_relay(line: &str) -> Option<Said> {
    let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let mut parts = rest.splitn(3, ' ');
    let mut tried = || {
        let address = parts.next().and_then(|text| text.parse().ok());
        let took = parts.next().and_then(|text| text.parse().ok());
        (address, took, parts.next().unwrap_or_default())
    };
    match word {
        "start" => Some(Said::Started),
        "found" => Some(Said::Found),
        "trying" => rest.parse().ok().map(Said::Trying),
        "unresolved" => Some(Said::Unresolved(rest.to_owned())),
        "open" => {
            let (address, took, _) = tried();
            Some(Said::Open(address, took))
        }
        "failed" => {
            let (address, took, code) = tried();
            Some(Said::Failed(address, failure(code), took))
        }
        _ => None,
    }
}

/// Whether a relay's last words say that the other side broke off.
pub(super) fn is_reset(last: &str) -> bool {
    let reset = ["over ECONNRESET", "over EPIPE", "Connection reset"];
    reset.iter().any(|words| last.contains(words))
}

fn failure(code: &str) -> Failure {
    match code {
        "ECONNREFUSED" => Failure::Refused,
        "EHOSTUNREACH" | "ENETUNREACH" | "ENETDOWN" | "EADDRNOTAVAIL" => Failure::NoRoute,
        "ETIMEDOUT" => Failure::ConnectTimeout,
        "ECONNRESET" => Failure::Reset,
        other => Failure::Other(other.to_owned()),
    }
}

/// A line of a netcat, in its own words.
pub(super) fn of_words(line: &str) -> Option<Said> {
    let lower = line.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let address = address(line);
    let unknown = [
        "bad address",
        "lookup failed",
        "unknown host",
        "getaddrinfo",
        "not known",
        "could not resolve",
        "does not resolve",
    ];
    if lower.trim_start_matches(['*', ' ']).starts_with("trying") {
        return address.map(Said::Trying);
    }
    if has(&unknown) {
        return Some(Said::Unresolved(line.trim().to_owned()));
    }
    let failed = |failure| Some(Said::Failed(address, failure, None));
    if has(&["refused"]) {
        return failed(Failure::Refused);
    }
    if has(&["no route", "unreachable"]) {
        return failed(Failure::NoRoute);
    }
    if has(&["timed out", "timeout was reached"]) {
        return failed(Failure::ConnectTimeout);
    }
    let is_open = has(&["succeeded", "connected to ", "established connection"])
        || lower.trim_end().ends_with(" open");
    is_open.then_some(Said::Open(address, None))
}

/// The address in a line, with or without a port.
fn address(line: &str) -> Option<IpAddr> {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    line.split(|c| !is_part(c)).find_map(|word| {
        let word = word.trim_end_matches([':', '.']);
        let plain = word.parse().ok();
        plain.or_else(|| word.parse::<SocketAddr>().ok().map(|both| both.ip()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn own_relays_are_read() {
        let refused = Said::Failed(ip("172.18.0.2"), Failure::Refused, Some(81));
        let other = Failure::Other("[Errno 9] x y".to_owned());
        for (line, said) in [
            ("start", Some(Said::Started)),
            ("found\n", Some(Said::Found)),
            (
                "trying ::1",
                Some(Said::Trying(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]))),
            ),
            (
                "unresolved Name or service not known",
                Some(Said::Unresolved("Name or service not known".to_owned())),
            ),
            ("failed 172.18.0.2 81 ECONNREFUSED", Some(refused)),
            (
                "failed ::1 2 [Errno 9] x y",
                Some(Said::Failed(ip("::1"), other, Some(2))),
            ),
            ("open fd00::2 12", Some(Said::Open(ip("fd00::2"), Some(12)))),
            ("Traceback (most recent call last):", None),
        ] {
            assert_eq!(of_relay(line), said, "{line}");
        }
        assert!(is_reset("over ECONNRESET\n") && !is_reset(""));
    }

    #[test]
    fn others_words_are_read() {
        let refused = |address: &str| Said::Failed(ip(address), Failure::Refused, None);
        for (line, said) in [
            (
                "nc: can't connect to remote host (172.18.0.2): Connection refused",
                refused("172.18.0.2"),
            ),
            (
                "nc: srv (172.18.0.2:8001): Connection refused",
                refused("172.18.0.2"),
            ),
            (
                "nc: connect to srv (172.18.0.2) port 8001 (tcp) failed: Connection refused",
                refused("172.18.0.2"),
            ),
            (
                "* connect to 172.18.0.2 port 8001 failed: Connection refused",
                refused("172.18.0.2"),
            ),
            (
                "srv [172.18.0.2] 8000 (?) open",
                Said::Open(ip("172.18.0.2"), None),
            ),
            (
                "srv (172.18.0.2:8000) open",
                Said::Open(ip("172.18.0.2"), None),
            ),
            (
                "Connection to srv (172.18.0.2) 8000 port [tcp/*] succeeded!",
                Said::Open(ip("172.18.0.2"), None),
            ),
            (
                "Ncat: Connected to 172.18.0.2:8000.",
                Said::Open(ip("172.18.0.2"), None),
            ),
            (
                "* Connected to srv (172.18.0.2) port 8000 (#0)",
                Said::Open(ip("172.18.0.2"), None),
            ),
            (
                "*   Trying 172.18.0.2:8000...",
                Said::Trying("172.18.0.2".parse().expect("an address")),
            ),
            (
                "nc: bad address 'srv'",
                Said::Unresolved("nc: bad address 'srv'".to_owned()),
            ),
            (
                "curl: (6) Could not resolve host: srv",
                Said::Unresolved("curl: (6) Could not resolve host: srv".to_owned()),
            ),
            (
                "bash: connect: Connection refused",
                Said::Failed(None, Failure::Refused, None),
            ),
            (
                "bash: line 11: /dev/tcp/172.18.0.2/8001: Connection refused",
                refused("172.18.0.2"),
            ),
            (
                "nc: timed out",
                Said::Failed(None, Failure::ConnectTimeout, None),
            ),
            (
                "nc: can't connect to remote host: No route to host",
                Said::Failed(None, Failure::NoRoute, None),
            ),
        ] {
            assert_eq!(of_words(line), Some(said), "{line}");
        }
        assert_eq!(of_words("* Connection timeout set"), None);
        assert_eq!(of_words("Warning: forward host lookup mismatch"), None);
    }
}
