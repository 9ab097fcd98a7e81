//! The engine of another machine, as Docker's own client reaches it: `ssh HOST docker system dial-stdio`. One process
//! serves all requests, one after the other.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::endpoint::Remote;
use super::words;

/// An answer to come.
type Answer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Error>> + Send>>;

/// A process of `ssh` and the connection through it. It ends with this value.
struct Line<B> {
    sender: SendRequest<B>,
    ssh: Child,
}

impl<B> Line<B> {
    /// Why it broke: what `ssh` said last.
    async fn complaint(&mut self) -> Option<String> {
        let mut said = String::new();
        let stderr = self.ssh.stderr.take()?;
        let mut stderr = stderr.take(SAID);
        let read = stderr.read_to_string(&mut said);
        timeout(PATIENCE, read).await.ok()?.ok()?;
        Some(words::line(&said)).filter(|line| !line.is_empty())
    }
}

/// How much of what `ssh` says is read.
const SAID: u64 = 16 * 1024;
/// How long it may take to say it, once the connection is broken.
const PATIENCE: Duration = Duration::from_millis(500);

/// Sends requests through `ssh`, which is started by the first.
pub(super) fn transport<B>(
    remote: &Remote,
    shell: &BTreeMap<String, String>,
) -> impl Fn(Request<B>) -> Answer + Send + Sync + use<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let arguments = Arc::new(arguments(remote));
    let shell = Arc::new(shell.clone());
    let line: Arc<Mutex<Option<Line<B>>>> = Arc::default();
    move |mut request| {
        let (arguments, shell, line) = (
            Arc::clone(&arguments),
            Arc::clone(&shell),
            Arc::clone(&line),
        );
        Box::pin(async move {
            *request.uri_mut() = path_of(request.uri())?;
            request
                .headers_mut()
                .insert(HOST, HeaderValue::from_static("docker"));
            let mut line = line.lock().await;
            // A connection is ready again when the answer before has been read.
            let is_open = match line.as_mut() {
                Some(line) => line.sender.ready().await.is_ok(),
                None => false,
            };
            if !is_open {
                *line = Some(dial(&arguments, &shell).await?);
            }
            let Some(open) = line.as_mut() else {
                return Err(io::Error::from(io::ErrorKind::NotConnected).into());
            };
            match open.sender.send_request(request).await {
                Ok(answer) => Ok(answer),
                Err(error) => {
                    let complaint = open.complaint().await;
                    *line = None;
                    Err(match complaint {
                        Some(said) => io::Error::other(format!("ssh says: {said}")).into(),
                        None => error.into(),
                    })
                }
            }
        })
    }
}

/// Without scheme and authority, as an engine expects it.
fn path_of(uri: &hyper::Uri) -> Result<hyper::Uri, Error> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(path.parse::<hyper::Uri>()?)
}

/// The arguments of `ssh`. It never asks for a password: nobody would know why.
fn arguments(remote: &Remote) -> Vec<String> {
    let mut words = vec!["-o".to_owned(), "BatchMode=yes".to_owned(), "-T".to_owned()];
    if let Some(user) = &remote.user {
        words.extend(["-l".to_owned(), user.clone()]);
    }
    if let Some(port) = remote.port {
        words.extend(["-p".to_owned(), port.to_string()]);
    }
    words.extend(["--".to_owned(), remote.host.clone(), "docker".to_owned()]);
    if let Some(socket) = &remote.socket {
        words.push(format!("--host=unix://{socket}"));
    }
    words.extend(["system".to_owned(), "dial-stdio".to_owned()]);
    words
}

async fn dial<B>(arguments: &[String], shell: &BTreeMap<String, String>) -> Result<Line<B>, Error>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut ssh = Command::new("ssh")
        .args(arguments)
        .envs(shell)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| io::Error::other(format!("ssh cannot be started: {error}")))?;
    let (Some(stdin), Some(stdout)) = (ssh.stdin.take(), ssh.stdout.take()) else {
        return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
    };
    let stream = TokioIo::new(tokio::io::join(stdout, stdin));
    let (sender, connection) = http1::handshake(stream).await?;
    // It ends with its stream; what ended it is told to who waits for an answer.
    tokio::spawn(async move { connection.await.ok() });
    Ok(Line { sender, ssh })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_is_started_as_dockers_client_does() {
        let mut remote = Remote {
            user: None,
            host: "far".to_owned(),
            port: None,
            socket: None,
        };
        assert_eq!(
            arguments(&remote).join(" "),
            "-o BatchMode=yes -T -- far docker system dial-stdio"
        );
        remote.user = Some("me".to_owned());
        remote.port = Some(2222);
        remote.socket = Some("/run/d.sock".to_owned());
        assert_eq!(
            arguments(&remote).join(" "),
            "-o BatchMode=yes -T -l me -p 2222 -- far docker --host=unix:///run/d.sock system dial-stdio"
        );
    }
}
