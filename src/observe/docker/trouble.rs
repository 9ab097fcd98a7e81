//! Why a request to an engine brought nothing.

use core::fmt;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bollard::errors::Error;
use tokio::time::{Instant, timeout_at};

use super::words;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is no such thing.
    Absent,
    /// The system does not let us talk to it.
    Denied,
    /// Nobody listens.
    Refused,
    /// Nothing came in time.
    Silent(Duration),
    /// Something else, in words.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Absent => f.write_str("there is nothing"),
            Trouble::Denied => f.write_str("permission denied"),
            Trouble::Refused => f.write_str("nobody listens there"),
            Trouble::Silent(time) => {
                write!(f, "no answer within {} s", time.as_secs_f64())
            }
            Trouble::Failed(why) => f.write_str(why),
        }
    }
}

impl From<io::ErrorKind> for Trouble {
    fn from(kind: io::ErrorKind) -> Trouble {
        match kind {
            io::ErrorKind::NotFound => Trouble::Absent,
            io::ErrorKind::PermissionDenied => Trouble::Denied,
            io::ErrorKind::ConnectionRefused => Trouble::Refused,
            other => Trouble::Failed(other.to_string()),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        match &error {
            Error::DockerResponseServerError {
                status_code: 404, ..
            } => return Trouble::Absent,
            Error::DockerResponseServerError {
                status_code,
                message,
            } => {
                let message = words::line(message);
                return Trouble::Failed(format!("the engine answers {status_code}: {message}"));
            }
            Error::SocketNotFoundError(_) => return Trouble::Absent,
            Error::JsonDataError { .. } | Error::APIVersionParseError {} => {
                return Trouble::Failed(
                    "what answers there is no container engine, or none that is understood"
                        .to_owned(),
                );
            }
            _ => {}
        }
        // The first two are transparent: their source is the one behind the error that matters.
        let mut last: &dyn StdError = match &error {
            Error::IOError { err } => err,
            Error::HyperResponseError { err } => err,
            other => other,
        };
        loop {
            if let Some(error) = last.downcast_ref::<io::Error>()
                && error.raw_os_error().is_some()
            {
                return Trouble::from(error.kind());
            }
            if let Some(error) = last.downcast_ref::<hyper::Error>()
                && error.is_parse()
            {
                return Trouble::Failed("what answers there does not speak HTTP".to_owned());
            }
            match last.source() {
                Some(source) => last = source,
                None => return Trouble::Failed(words::line(&last.to_string())),
            }
        }
    }
}

/// What `request` brings, if it does so by `deadline` and within `patience`.
pub(super) async fn within<T, E>(
    patience: Duration,
    deadline: Instant,
    request: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble>
where
    Trouble: From<E>,
{
    let until = deadline.min(Instant::now() + patience);
    match timeout_at(until, request).await {
        Ok(answer) => answer.map_err(Trouble::from),
        Err(_) => Err(Trouble::Silent(patience)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_are_told_apart() {
        let os = |code: i32| {
            let error = io::Error::from_raw_os_error(code);
            Trouble::from(Error::from(error))
        };
        // ENOENT, EACCES, ECONNREFUSED of Linux.
        if cfg!(target_os = "linux") {
            assert_eq!(os(2), Trouble::Absent);
            assert_eq!(os(13), Trouble::Denied);
            assert_eq!(os(111), Trouble::Refused);
        }
        assert_eq!(
            Trouble::from(io::ErrorKind::PermissionDenied),
            Trouble::Denied
        );
    }

    #[test]
    fn what_the_engine_says_is_kept_without_secrets() {
        let said = |status_code, message: &str| {
            Trouble::from(Error::DockerResponseServerError {
                status_code,
                message: message.to_owned(),
            })
        };
        assert_eq!(said(404, "No such container: x"), Trouble::Absent);
        let failed = said(
            403,
            "\u{1b}[31mno\u{1b}[0m postgres://u:hunter2hunter2@db/x",
        )
        .to_string();
        assert!(
            failed.starts_with("the engine answers 403: no postgres://*"),
            "{failed}"
        );
        assert!(
            !failed.contains("hunter2") && !failed.contains('\u{1b}'),
            "{failed}"
        );
    }
}
