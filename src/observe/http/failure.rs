//! What went wrong, told by the types in an error's chain of sources, not by their words.

use core::error::Error;
use std::io;

use rustls::CertificateError;

use crate::fact::{Failure, TlsProblem};

/// The failure behind an error of the HTTP client.
pub(super) fn of_client(error: &reqwest::Error) -> Failure {
    of(error)
}

/// The failure behind an error of the system.
pub(super) fn of_system(error: &io::Error) -> Failure {
    of(error)
}

/// The innermost error that says what it is decides: the outer ones say what was being done.
fn of(error: &(dyn Error + 'static)) -> Failure {
    let mut failure = None;
    let mut words = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        failure = kind(error).or(failure);
        words = error.to_string();
        next = error.source();
    }
    failure.unwrap_or(Failure::Other(words))
}

/// What a single error says.
fn kind(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(Failure::Tls(problem(tls)));
    }
    if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
        return of_hyper(hyper);
    }
    let error = error.downcast_ref::<io::Error>()?;
    // What an error of the system wraps is not among its sources: they begin behind it.
    if let Some(inner) = error.get_ref()
        && let Some(failure) = kind(inner)
    {
        return Some(failure);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Failure::Refused),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Some(Failure::Reset),
        // The last: a machine without IPv6.
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Some(Failure::NoRoute),
        io::ErrorKind::TimedOut => Some(Failure::ConnectTimeout),
        io::ErrorKind::UnexpectedEof => Some(Failure::Closed(0)),
        _ => None,
    }
}

fn of_hyper(error: &hyper::Error) -> Option<Failure> {
    if error.is_parse_too_large() {
        Some(Failure::HeadTooLarge)
    } else if error.is_parse() {
        Some(Failure::NotHttp)
    } else if error.is_incomplete_message() || error.is_closed() {
        Some(Failure::Closed(0))
    } else if is_unexpected(error) {
        Some(Failure::NotHttp)
    } else {
        None
    }
}

/// Whether the other side spoke before it was asked. hyper has no question for it: of the errors that nothing else
/// caused, it is the one left.
fn is_unexpected(error: &hyper::Error) -> bool {
    error.source().is_none()
        && !error.is_canceled()
        && !error.is_user()
        && !error.is_shutdown()
        && !error.is_timeout()
}

/// What is wrong with TLS.
pub(super) fn problem(error: &rustls::Error) -> TlsProblem {
    match error {
        rustls::Error::InvalidMessage(_) => TlsProblem::NotTls,
        rustls::Error::AlertReceived(alert) => TlsProblem::Alert(format!("{alert:?}")),
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        other => TlsProblem::Other(other.to_string()),
    }
}

fn of_certificate(error: &CertificateError) -> TlsProblem {
    match error {
        // Somebody who is trusted has the name of its issuer, and another key: signed by somebody else all the same.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsProblem::UnknownIssuer
        }
        CertificateError::NotValidForName => TlsProblem::WrongName(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsProblem::WrongName(presented.iter().map(|name| plain_name(name)).collect())
        }
        CertificateError::Expired => TlsProblem::Expired(None),
        CertificateError::ExpiredContext { not_after, .. } => {
            TlsProblem::Expired(Some(not_after.as_secs()))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsProblem::NotYetValid
        }
        other => TlsProblem::Other(other.to_string()),
    }
}

/// `DnsName("a.example")`, as webpki writes a certificate's names, without what stands around it.
fn plain_name(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

/// How a connection broke in the middle of an answer, in words.
pub(super) fn words(failure: &Failure) -> String {
    match failure {
        Failure::Closed(_) => "the connection was closed before the answer was complete".to_owned(),
        Failure::Reset => "the connection was reset".to_owned(),
        Failure::NotHttp => "the body is not framed as HTTP demands".to_owned(),
        Failure::Tls(TlsProblem::Other(words) | TlsProblem::Alert(words))
        | Failure::Other(words) => words.clone(),
        _ => "the connection broke".to_owned(),
    }
}
