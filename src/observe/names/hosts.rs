//! `/etc/hosts`: addresses, and the names that are written behind them.

use std::net::IpAddr;

/// Its lines.
#[derive(Debug, Default)]
pub(super) struct Hosts(Vec<(IpAddr, Vec<String>)>);

impl Hosts {
    /// Reads the file. Lines that begin with no address are passed over.
    pub fn read(bytes: &[u8]) -> Hosts {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().filter_map(|line| {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let address = words.next()?;
            let address = address.split('%').next()?.parse().ok()?;
            Some((address, words.map(str::to_owned).collect()))
        });
        Hosts(lines.collect())
    }

    /// The addresses of a name, in the order in which they are written.
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut found = Vec::new();
        for (address, names) in &self.0 {
            let is_it = names.iter().any(|have| have.eq_ignore_ascii_case(name));
            if is_it && !found.contains(address) {
                found.push(*address);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_addresses_that_stand_before_them() {
        let hosts = Hosts::read(
            b"127.0.0.1\tlocalhost # here\n::1 localhost ip6-localhost\n#10.0.0.1 db\n10.0.0.2 DB db.lan\nfe80::1%eth0 link\nbroken db\n\xff\xfe\n172.17.0.1 host.docker.internal\n",
        );
        let said = |name: &str| -> Vec<String> {
            let found = hosts.addresses(name).into_iter();
            found.map(|address| address.to_string()).collect()
        };
        assert_eq!(said("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(said("db"), ["10.0.0.2"]);
        assert_eq!(said("db.lan."), ["10.0.0.2"]);
        assert_eq!(said("link"), ["fe80::1"]);
        assert_eq!(said("host.docker.internal"), ["172.17.0.1"]);
        assert_eq!(said("broken"), [] as [&str; 0]);
    }
}
