//! `/proc/net/tcp` and `/proc/net/tcp6`: how the connections of a network to a port are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sockets {
    /// One is being made.
    Pending,
    /// One stands, and none is being made.
    Open(IpAddr),
    /// There is none.
    None,
}

const ESTABLISHED: &str = "01";
const SYN_SENT: &str = "02";

/// Reads both files, one behind the other.
pub(super) fn to_port(text: &str, port: u16) -> Sockets {
    let mut found = Sockets::None;
    for line in text.lines() {
        let mut words = line.split_whitespace().skip(2);
        let (Some(remote), Some(state)) = (words.next(), words.next()) else {
            continue;
        };
        let Some((address, _)) = remote_of(remote).filter(|(_, have)| *have == port) else {
            continue;
        };
        match state {
            SYN_SENT => return Sockets::Pending,
            ESTABLISHED => found = Sockets::Open(address),
            _ => {}
        }
    }
    found
}

/// `020012AC:1F40`: each four bytes of the address in the order of the machine, the port as a number.
fn remote_of(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let digits = address.get(at..at + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    let address = match address.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    #[test]
    fn connections_are_told_by_their_port() {
        let listener = "   0: 0B00007F:9815 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 818350 1\n";
        let open = "   1: 030012AC:A1B2 020012AC:1F40 01 00000000:00000000 00:00000000 00000000     0        0 818351 1\n";
        let pending = "   2: 030012AC:A1B4 0A0012AC:1F40 02 00000000:00000000 00:00000000 00000000     0        0 818352 1\n";
        let six = "   0: 0000000000000000FFFF0000030012AC:9C40 0000000000000000FFFF0000020012AC:1F40 01 00000000:00000000\n";
        let text = |lines: &[&str]| [&[HEAD], lines].concat().concat();
        let server = IpAddr::from([172, 18, 0, 2]);
        assert_eq!(to_port(&text(&[listener]), 8000), Sockets::None);
        assert_eq!(
            to_port(&text(&[listener, open]), 8000),
            Sockets::Open(server)
        );
        assert_eq!(to_port(&text(&[listener, open]), 8001), Sockets::None);
        assert_eq!(to_port(&text(&[open, pending]), 8000), Sockets::Pending);
        assert_eq!(to_port(&text(&[six]), 8000), Sockets::Open(server));
        assert_eq!(to_port("nonsense", 8000), Sockets::None);
    }
}
