//! Claude Code's own view of its servers: the logs that it wrote, which are only read, and the list that it prints, for
//! which it is started.

mod listing;
mod logs;

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::{Duration, Instant, timeout_at};

use super::group::Group;
use crate::fact::{AskClient, ClientServer, Known, Unknown};
pub use listing::listed;
pub use logs::{explain, past};

/// Its id in the catalog.
pub const ID: &str = "claude-code";
/// What it is called on PATH.
const PROGRAM: &str = "claude";
/// How long it may take to say its version.
const VERSION: Duration = Duration::from_secs(10);
/// How long it waits for a server of its own accord; `MCP_TIMEOUT` says otherwise.
const CONNECT: Duration = Duration::from_secs(30);
/// What it takes beside that.
const REST: Duration = Duration::from_secs(15);
/// The longest of all.
const LONGEST: Duration = Duration::from_secs(180);
/// Bytes that it may print.
const MOST: usize = 256 * 1024;
/// So that it looks after nothing but its servers.
const QUIET: [(&str, &str); 3] = [
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_TELEMETRY", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
];

/// Starts it twice, for its version and for its list of servers. For the second it connects to all of them, and starts
/// those that are commands.
pub async fn list(ask: &AskClient) -> (Option<String>, Known<Vec<ClientServer>>) {
    if !is_own(&ask.home) {
        let why = "it would write into the home of another user".to_owned();
        return (None, Known::No(Unknown::Denied(why)));
    }
    let failed = |why: String| Known::No(Unknown::Failed(why));
    let version = match printed(ask, &["--version"], VERSION).await {
        Ok(text) => text.split_whitespace().next().map(shortened),
        Err(why) => return (None, failed(why)),
    };
    let own = std::env::var("MCP_TIMEOUT").ok();
    let own = own.and_then(|text| text.trim().parse().ok());
    let connect = own.map_or(CONNECT, Duration::from_millis);
    let patience = connect.saturating_add(REST).min(LONGEST);
    let servers = match printed(ask, &["mcp", "list"], patience).await {
        Ok(text) => listed(&text).map_or_else(failed, Known::Yes),
        Err(why) => failed(why),
    };
    (version, servers)
}

fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

/// What it prints, or why nothing is known of it.
async fn printed(ask: &AskClient, args: &[&str], patience: Duration) -> Result<String, String> {
    let deadline = Instant::now() + patience;
    let shown = format!("`{PROGRAM} {}`", args.join(" "));
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .env("HOME", &ask.home)
        .envs(QUIET)
        .current_dir(&ask.dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    Group::prepare(&mut command);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("`{PROGRAM}` was not found in PATH"),
        _ => format!("{shown} could not be started: {error}"),
    })?;
    // Whatever it started ends with it, and so it does itself when it takes too long.
    let _group = Group::of(&child);
    let Some(stdout) = child.stdout.take() else {
        return Err(format!("{shown} has no output"));
    };
    let mut bytes = Vec::new();
    let mut output = stdout.take(MOST as u64 + 1);
    let ended = timeout_at(deadline, async {
        output.read_to_end(&mut bytes).await?;
        match output.limit() {
            0 => Ok(None),
            _ => child.wait().await.map(Some),
        }
    })
    .await;
    match ended {
        Err(_) => Err(format!("{shown} did not end in {} s", patience.as_secs())),
        Ok(Err(error)) => Err(format!("{shown}: {error}")),
        Ok(Ok(None)) => Err(format!("{shown} printed more than {} KiB", MOST / 1024)),
        Ok(Ok(Some(status))) if !status.success() => Err(format!("{shown} ended with {status}")),
        Ok(Ok(Some(_))) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Whether the home is that of the user who runs mcpdoc.
#[cfg(unix)]
fn is_own(home: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    std::fs::metadata(home).is_ok_and(|found| found.uid() == own)
}

#[cfg(not(unix))]
fn is_own(home: &Path) -> bool {
    std::env::home_dir().is_some_and(|own| own == home)
}

/// Words of Claude Code's, or of a server's that it repeats: one line of them, without secrets, and not too much.
fn words(text: &str) -> Option<String> {
    const MOST: usize = 300;
    let line = text
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let line = crate::secret::redact(&line);
    let cut = match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    };
    (!cut.is_empty()).then_some(cut)
}
