//! Hosts of addresses: which of them lead back to whoever calls.

use url::Host;

/// Whether a host is the caller's own machine, or its own container: a loopback address or name, or the address that
/// stands for all of its own.
pub fn is_own(host: &Host<&str>) -> bool {
    let unspecified = match host {
        Host::Ipv4(ip) => ip.is_unspecified(),
        Host::Ipv6(ip) => ip.is_unspecified(),
        Host::Domain(_) => false,
    };
    unspecified || is_loopback(host)
}

/// Whether a host is a loopback address or name.
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_hosts_are_told_from_others() {
        let own = |text: &str| {
            let host = Host::parse(text).expect("a host");
            let host = match &host {
                Host::Domain(name) => Host::Domain(name.as_str()),
                Host::Ipv4(ip) => Host::Ipv4(*ip),
                Host::Ipv6(ip) => Host::Ipv6(*ip),
            };
            (is_own(&host), is_loopback(&host))
        };
        for (host, expected) in [
            ("localhost", (true, true)),
            ("App.LocalHost", (true, true)),
            ("127.0.0.1", (true, true)),
            ("127.8.0.3", (true, true)),
            ("[::1]", (true, true)),
            ("0.0.0.0", (true, false)),
            ("[::]", (true, false)),
            ("10.0.0.1", (false, false)),
            ("notlocalhost", (false, false)),
            ("localhost.example", (false, false)),
        ] {
            assert_eq!(own(host), expected, "{host}");
        }
    }
}
