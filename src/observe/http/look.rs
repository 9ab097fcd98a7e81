//! What a port says that does not speak HTTP: it is greeted in other manners, gently, each on a connection of its own,
//! and no further once it is known.

use core::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::tls;
use crate::fact::{Look, TlsLook, TlsSpoken};

/// How many bytes are looked at.
const BYTES: usize = 256;
/// How long a port may think about each greeting.
const PATIENCE: Duration = Duration::from_millis(700);
/// PostgreSQL's question for TLS: its length, and a number that is no version of the protocol.
const POSTGRES: [u8; 8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

/// Looks at an address. `host` is the name that TLS and HTTP ask for.
pub(super) async fn look(address: SocketAddr, host: &str, port: u16, deadline: Instant) -> Look {
    let mut look = Look::default();
    let until = || deadline.min(Instant::now() + PATIENCE);
    let banner = answer(address, b"", until()).await;
    if !banner.is_empty() {
        look.banner = Some(text(&banner));
        return look;
    }
    look.postgres = match answer(address, &POSTGRES, until()).await.as_slice() {
        [one @ (b'S' | b'N')] => Some(char::from(*one)),
        _ => None,
    };
    if look.postgres.is_some() {
        return look;
    }
    let spoken = greet(address, host, until()).await;
    look.tls = Some(TlsLook { spoken });
    if spoken == TlsSpoken::Yes {
        return look;
    }
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    let request = format!("GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    let reply = answer(address, request.as_bytes(), until()).await;
    look.reply = (!reply.is_empty() && !reply.starts_with(b"HTTP/")).then(|| text(&reply));
    look
}

/// The first bytes that come after `greeting`; none when none come, for whatever reason.
async fn answer(address: SocketAddr, greeting: &[u8], until: Instant) -> Vec<u8> {
    let mut bytes = vec![0; BYTES];
    let talk = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(greeting).await?;
        stream.read(&mut bytes).await
    };
    let read = match timeout_at(until, talk).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) | Err(_) => 0,
    };
    bytes.truncate(read);
    bytes
}

/// Greets in TLS and trusts everybody.
async fn greet(address: SocketAddr, host: &str, until: Instant) -> TlsSpoken {
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return TlsSpoken::Silent;
    };
    let connector = TlsConnector::from(Arc::new(tls::unverified()));
    let talk = async {
        let stream = TcpStream::connect(address).await?;
        connector.connect(name, stream).await
    };
    match timeout_at(until, talk).await {
        Err(_) => TlsSpoken::Silent,
        Ok(Ok(_)) => TlsSpoken::Yes,
        Ok(Err(error)) => spoken(&error),
    }
}

/// What an error of a handshake says of who caused it.
fn spoken(error: &io::Error) -> TlsSpoken {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => TlsSpoken::No,
        Some(_) => TlsSpoken::Yes,
        None => TlsSpoken::Silent,
    }
}

/// Bytes as text. Where they are not all of them text, line breaks are bytes too.
fn text(bytes: &[u8]) -> String {
    let is_break = |c: char| matches!(c, '\r' | '\n' | '\t');
    let is_text = str::from_utf8(bytes)
        .is_ok_and(|text| text.chars().all(|c| !c.is_control() || is_break(c)));
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c.is_control() && !(is_text && is_break(c)) {
                true => escape(&mut shown, c.to_string().as_bytes()),
                false => shown.push(c),
            }
        }
        escape(&mut shown, chunk.invalid());
    }
    shown
}

fn escape(shown: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(shown, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_text() {
        assert_eq!(text(b"SSH-2.0-x\r\n"), "SSH-2.0-x\r\n");
        assert_eq!(
            text(b"J\0\0\0\n8.0\xff\x1b"),
            "J\\x00\\x00\\x00\\x0a8.0\\xff\\x1b"
        );
        assert_eq!(text("grüße".as_bytes()), "grüße");
    }
}
