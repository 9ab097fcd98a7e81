//! Listening sockets in the text of `/proc/PID/net/tcp` and `tcp6`. Pure.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The kernel's number for a socket that listens.
const LISTENS: &str = "0A";
/// Where Docker's own name server listens in every container of a user's network.
const NAME_SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));

/// Sockets that are listening, without the engine's own, in order and each once.
pub(super) fn listeners(text: &str) -> Vec<SocketAddr> {
    tidy(text.lines().filter_map(listener))
}

/// In order, each once, without the engine's own.
pub(super) fn tidy(sockets: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let others = sockets.into_iter().filter(|one| one.ip() != NAME_SERVER);
    let mut found: Vec<SocketAddr> = others.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// How many sockets there are, in the text of `/proc/PID/net/sockstat` or `sockstat6`.
pub(super) fn in_use(text: &str, label: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let mut words = line.split_ascii_whitespace();
    words.find(|word| *word == "inuse")?;
    words.next()?.parse().ok()
}

/// `  0: 0100007F:1F90 00000000:0000 0A …`
fn listener(line: &str) -> Option<SocketAddr> {
    let mut words = line.split_ascii_whitespace();
    let local = words.nth(1)?;
    if words.nth(1)? != LISTENS {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(address_of(address)?, port))
}

/// The kernel writes the bytes of an address as numbers of four, each in the order of its own machine.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hex.get(at * 8..(at + 1) * 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(at)?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:8B5B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20331 1 0 100 0 0 10 0
   1: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20332 1 0 100 0 0 10 0
   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20333 1 0 100 0 0 10 0
   3: 020012AC:1F40 010012AC:9C40 01 00000000:00000000 00:00000000 00000000     0        0 20334 1 0 100 0 0 10 0
   4: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20335 1 0 100 0 0 10 0
";
    const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   2: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
   3: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000
";

    fn shown(text: &str) -> Vec<String> {
        listeners(text).iter().map(SocketAddr::to_string).collect()
    }

    #[test]
    fn what_listens_is_read_and_nothing_else() {
        assert_eq!(shown(TCP), ["0.0.0.0:8000", "127.0.0.1:8080"]);
    }

    #[test]
    fn addresses_of_version_6_are_four_words() {
        assert_eq!(
            shown(TCP6),
            [
                "[::]:8000",
                "[::1]:5432",
                "[::ffff:127.0.0.1]:81",
                "[2001:db8::1]:80"
            ]
        );
    }

    #[test]
    fn sockets_are_counted() {
        let text = "sockets: used 3\nTCP: inuse 12 orphan 0 tw 3\nUDP: inuse 1 mem 0\n";
        assert_eq!(in_use(text, "TCP:"), Some(12));
        assert_eq!(in_use(text, "TCP6:"), None);
        assert_eq!(in_use("TCP: orphan 0", "TCP:"), None);
    }

    #[test]
    fn rubbish_is_no_socket() {
        for text in [
            "",
            "x",
            "0: 0:0 0 0A",
            "0: 0100007F 0:0 0A",
            "0: ä0100007:1F90 0:0 0A",
        ] {
            assert_eq!(shown(text), [""; 0], "{text}");
        }
    }
}
