//! Listening sockets of the network that this thread is in, asked of the kernel (`sock_diag`, as `ss -tln` does). The
//! tables in `/proc` tell the same, but for each of them the kernel searches a table of the whole machine.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

use super::listeners;

/// The kernel answers at once; should it not, the tables are still there.
const PATIENCE: Duration = Duration::from_millis(500);
/// More than the kernel sends at a time.
const ROOM: usize = 64 * 1024;

/// Lengths, types and flags of the protocol, see sock_diag(7) and netlink(7).
const HEAD: usize = 16;
const QUESTION: usize = 56;
const BY_FAMILY: u16 = 20;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// A request, for all that there are.
const FLAGS: u16 = 0x301;
const TCP: u8 = 6;
const FAMILY_4: u8 = 2;
const FAMILY_6: u8 = 10;
/// The bit of those that listen.
const LISTEN: u32 = 1 << 10;

/// TCP sockets that listen, without the engine's own.
pub(super) fn listeners() -> io::Result<Vec<SocketAddr>> {
    let mut found = Vec::new();
    for family in [FAMILY_4, FAMILY_6] {
        let kind = SocketType::RAW;
        let protocol = Some(netlink::SOCK_DIAG);
        let socket = socket_with(AddressFamily::NETLINK, kind, SocketFlags::CLOEXEC, protocol)?;
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
        send(&socket, &question(family), SendFlags::empty())?;
        let mut buffer = vec![0; ROOM];
        loop {
            let (length, _) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
            if length == 0 || read(&buffer[..length.min(ROOM)], &mut found)? {
                break;
            }
        }
    }
    Ok(listeners::tidy(found))
}

/// Asks for the sockets of one family.
fn question(family: u8) -> Vec<u8> {
    let length = (HEAD + QUESTION) as u32;
    let mut bytes = Vec::with_capacity(HEAD + QUESTION);
    bytes.extend(length.to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(FLAGS.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([family, TCP, 0, 0]);
    bytes.extend(LISTEN.to_ne_bytes());
    bytes.resize(HEAD + QUESTION, 0);
    bytes
}

/// Reads messages. Whether the last one is among them.
fn read(mut bytes: &[u8], found: &mut Vec<SocketAddr>) -> io::Result<bool> {
    let odd = || io::Error::from(io::ErrorKind::InvalidData);
    while let Some((head, _)) = bytes.split_first_chunk::<HEAD>() {
        let length = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let body = bytes.get(HEAD..length).ok_or_else(odd)?;
        match u16::from_ne_bytes([head[4], head[5]]) {
            DONE => return Ok(true),
            ERROR => return Err(odd()),
            BY_FAMILY => found.push(socket(body).ok_or_else(odd)?),
            _ => {}
        }
        let next = length.next_multiple_of(4).min(bytes.len());
        bytes = &bytes[next..];
    }
    Ok(false)
}

/// A socket: its family, then its port and address in the order of the network.
fn socket(body: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(body.get(4..6)?.try_into().ok()?);
    let address = body.get(8..24)?;
    let address = match *body.first()? {
        FAMILY_4 => IpAddr::from(<[u8; 4]>::try_from(&address[..4]).ok()?),
        FAMILY_6 => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(((HEAD + body.len()) as u32).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.resize(HEAD, 0);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn messages_are_read() {
        let mut four = vec![FAMILY_4, 10, 0, 0, 0x1F, 0x90, 0, 0, 127, 0, 0, 1];
        four.resize(72, 0);
        let mut six = vec![FAMILY_6, 10, 0, 0, 0, 80, 0, 0];
        six.resize(72, 0);
        let mut found = Vec::new();
        let both = [message(BY_FAMILY, &four), message(BY_FAMILY, &six)].concat();
        assert!(!read(&both, &mut found).expect("messages"));
        assert!(read(&message(DONE, &[0; 4]), &mut found).expect("the end"));
        let shown: Vec<String> = found.iter().map(SocketAddr::to_string).collect();
        assert_eq!(shown, ["127.0.0.1:8080", "[::]:80"]);
        for wrong in [
            message(ERROR, &[0; 20]),
            message(BY_FAMILY, &[FAMILY_4]),
            [255; HEAD].to_vec(),
            [0; HEAD].to_vec(),
        ] {
            assert!(read(&wrong, &mut found).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_kernel_tells_what_this_process_listens_on() {
        let addresses = ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"];
        let bound = addresses.map(|address| TcpListener::bind(address).expect("a port"));
        let found = listeners().expect("sockets");
        for listener in &bound {
            let address = listener.local_addr().expect("an address");
            assert!(found.contains(&address), "{address} in {found:?}");
        }
    }
}
