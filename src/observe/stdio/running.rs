//! A server as a process: how it is started, what comes from it, and how it ends.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;

use futures_util::future::{Either, select};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::{Duration, Instant, sleep, timeout, timeout_at};

use super::lines::{Line, Lines, Tail};
use super::program::{Exit, InContainer, Program};
use crate::fact::{Limits, Process, Secret};
use crate::observe::docker::exec::{Execs, Launch, Started, refusal};
use crate::observe::group::Group;

/// How long a process that ended may leave its last lines in the pipe, and one that closed its pipe may take to end.
const GONE: Duration = Duration::from_millis(500);
/// How long a server may take to end after its standard input was closed, and again after `TERM`.
const GRACE: Duration = Duration::from_secs(2);
/// The same where the conversation has no time left.
const SHORT_GRACE: Duration = Duration::from_millis(500);
/// Bytes that are read of why there is no program.
const REFUSAL: u64 = 4 * 1024;

/// Where a program reads.
trait Input: AsyncWrite + core::fmt::Debug + Send + Unpin {}
impl<T: AsyncWrite + core::fmt::Debug + Send + Unpin> Input for T {}

/// Where it writes.
pub(super) trait Output: AsyncRead + core::fmt::Debug + Send + Unpin {}
impl<T: AsyncRead + core::fmt::Debug + Send + Unpin> Output for T {}

/// A program that was started.
#[derive(Debug)]
pub(super) struct Running {
    program: Program,
    stdin: Option<Box<dyn Input>>,
    /// What is still to be written.
    out: Vec<u8>,
    /// Its standard output.
    pub lines: Lines<Box<dyn Output>>,
    errors: Tail,
    /// When it was started.
    pub started: Instant,
    /// When something came on its standard output, first and last.
    heard: Option<(Instant, Instant)>,
    /// How it ended, once it has.
    pub exit: Option<Exit>,
    /// From when on nothing more is expected of it.
    gone: Option<Instant>,
}

/// What happened next.
#[derive(Debug)]
pub(super) enum Turn {
    /// A line came.
    Line(Line),
    /// Something else, or nothing in time: it is time to look again.
    Other,
}

/// What one pipe, or the system, brought.
enum Came {
    Line(Option<Line>),
    Written(io::Result<usize>),
    Exit(Option<Exit>),
}

/// How a process ended after it was told to.
#[derive(Debug)]
pub(super) struct Parted {
    /// What it took after its standard input was closed.
    pub by: Option<&'static str>,
    /// The last lines of its standard error.
    pub stderr: Vec<String>,
}

impl Running {
    /// Starts a program with mcpdoc's own environment and `env` on top.
    ///
    /// # Errors
    /// Why it could not be started, in words.
    pub fn start(
        program: &str,
        args: &[String],
        env: &BTreeMap<String, Secret>,
        cwd: Option<&PathBuf>,
    ) -> Result<Running, String> {
        let mut command = Command::new(program);
        command
            .args(args)
            .envs(env.iter().map(|(name, value)| (name, value.reveal())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(cwd) = cwd {
            command.current_dir(cwd);
        }
        Group::prepare(&mut command);
        let started = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| refused(program, env, cwd, &error))?;
        let group = Group::of(&child);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("it has no pipes".to_owned());
        };
        let stdin = child
            .stdin
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Input>);
        let program = Program::Child(child, group);
        let errors = Tail::of(stderr);
        Ok(Running::new(
            program,
            stdin,
            Box::new(stdout),
            errors,
            started,
        ))
    }

    /// Starts a program in a container with the container's own environment and `env` on top.
    ///
    /// # Errors
    /// Why it could not be started, in words.
    pub async fn start_in(
        execs: &Execs,
        (container, id): (&str, &str),
        program: &str,
        args: &[String],
        env: &BTreeMap<String, Secret>,
        cwd: Option<&PathBuf>,
    ) -> Result<Running, String> {
        let words = std::iter::once(program.to_owned()).chain(args.iter().cloned());
        let env = env.iter();
        let launch = Launch {
            container: id.to_owned(),
            words: words.collect(),
            env: env
                .map(|(name, value)| format!("{name}={}", value.reveal()))
                .collect(),
            cwd: cwd.map(|cwd| cwd.to_string_lossy().into_owned()),
        };
        let started = Instant::now();
        let begun = execs.start(launch).await;
        let Started {
            stdin,
            stdout,
            stderr,
            exec,
        } = begun.map_err(|why| refusal(container, program, &why))?;
        let status = exec.begun().await;
        let status = status.ok_or("its engine does not say whether it runs")?;
        if status.pid.is_none() {
            let mut said = Vec::new();
            let mut rest = stdout.take(REFUSAL);
            let _ = timeout(GONE, rest.read_to_end(&mut said)).await;
            return Err(refusal(container, program, &String::from_utf8_lossy(&said)));
        }
        let program = Program::Exec(InContainer::of(id, exec, status));
        let stdin = Some(Box::new(stdin) as Box<dyn Input>);
        let errors = Tail::of(stderr);
        Ok(Running::new(
            program,
            stdin,
            Box::new(stdout),
            errors,
            started,
        ))
    }

    fn new(
        program: Program,
        stdin: Option<Box<dyn Input>>,
        stdout: Box<dyn Output>,
        errors: Tail,
        started: Instant,
    ) -> Running {
        Running {
            program,
            stdin,
            out: Vec::new(),
            lines: Lines::new(stdout, Limits::FOREIGN_BYTES),
            errors,
            started,
            heard: None,
            exit: None,
            gone: None,
        }
    }

    /// Puts a line to be written. It is written while something is waited for: a server that writes before it reads must
    /// not stop both sides.
    pub fn write(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.push(b'\n');
    }

    /// How much waits to be written.
    pub fn unwritten(&self) -> usize {
        self.out.len()
    }

    /// Whether it has ended, or closed its standard output, and said everything.
    pub fn is_gone(&self) -> bool {
        let said = self.lines.is_ended() && self.exit.is_some();
        said || self.gone.is_some_and(|gone| Instant::now() >= gone)
    }

    /// When it showed signs of life: first and last.
    pub fn signs(&self) -> Option<(Instant, Instant)> {
        let both = [self.heard, self.errors.heard()];
        both.into_iter()
            .flatten()
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    /// Waits for what happens next.
    pub async fn turn(&mut self, until: Instant) -> Turn {
        let Running {
            program,
            stdin,
            out,
            lines,
            exit,
            gone,
            heard,
            ..
        } = self;
        let until = gone.map_or(until, |gone| gone.min(until));
        let (is_ended, is_over) = (lines.is_ended(), exit.is_some());
        let came = {
            let read = pin!(async {
                match is_ended {
                    true => pending().await,
                    false => lines.next().await,
                }
            });
            let write = pin!(async {
                match stdin {
                    Some(pipe) if !out.is_empty() => pipe.write(out).await,
                    _ => pending().await,
                }
            });
            let wait = pin!(async {
                match is_over {
                    true => pending().await,
                    false => program.wait().await,
                }
            });
            match timeout_at(until, select(read, select(write, wait))).await {
                Err(_) => return Turn::Other,
                Ok(Either::Left((line, _))) => Came::Line(line),
                Ok(Either::Right((Either::Left((count, _)), _))) => Came::Written(count),
                Ok(Either::Right((Either::Right((status, _)), _))) => Came::Exit(status),
            }
        };
        match came {
            Came::Line(_) if lines.is_ended() => {
                gone.get_or_insert(Instant::now() + GONE);
            }
            Came::Line(line) => {
                let now = Instant::now();
                *heard = Some((heard.map_or(now, |heard| heard.0), now));
                if let Some(line) = line {
                    return Turn::Line(line);
                }
            }
            Came::Written(Ok(count)) => {
                out.drain(..count);
            }
            // Nobody reads it any more; what is still said is heard.
            Came::Written(Err(_)) => *stdin = None,
            Came::Exit(status) => {
                *exit = status;
                gone.get_or_insert(Instant::now() + GONE);
            }
        }
        Turn::Other
    }

    /// Ends it in order: what is to be written is written, standard input closed, then `TERM`, then `KILL`, each for the
    /// whole group after a while.
    pub async fn part(mut self, hurry: bool) -> Parted {
        let grace = match hurry {
            true => SHORT_GRACE,
            false => GRACE,
        };
        let flushed = Instant::now() + grace;
        while self.unwritten() > 0
            && self.stdin.is_some()
            && !self.is_gone()
            && Instant::now() < flushed
        {
            self.lines.forget();
            self.turn(flushed).await;
        }
        self.stdin = None;
        let mut by = None;
        if !self.ends_by(Instant::now() + grace).await {
            by = Some("TERM");
            let asked = self.program.terminate();
            let waited = cfg!(unix) && asked && self.ends_by(Instant::now() + grace).await;
            if !waited {
                by = match self.program.kill().await {
                    true => Some("KILL"),
                    false => Some(Process::LEFT),
                };
            }
        }
        self.end_rest().await;
        Parted {
            by,
            stderr: self.errors.finish().await,
        }
    }

    /// Whether it ended by itself so far.
    pub fn has_ended(&mut self) -> Option<Exit> {
        if self.exit.is_none() {
            self.exit = self.program.ended();
        }
        self.exit
    }

    /// Whether it ends in time. What it says meanwhile is read and forgotten, lest it waits for a reader.
    async fn ends_by(&mut self, until: Instant) -> bool {
        while self.has_ended().is_none() && Instant::now() < until {
            // Its pipe may close before it ends.
            self.gone = None;
            self.lines.forget();
            self.turn(until).await;
        }
        self.has_ended().is_some()
    }

    /// What it started and left behind.
    async fn end_rest(&mut self) {
        let Some(group) = self.program.group().filter(|group| !group.is_empty()) else {
            return;
        };
        group.terminate();
        let until = Instant::now() + SHORT_GRACE;
        while !group.is_empty() && Instant::now() < until {
            sleep(Duration::from_millis(20)).await;
        }
        group.kill();
    }
}

/// Why a program could not be started. The system says "no such file" of the program, of the interpreter that its first
/// line names, and of the working directory alike.
fn refused(
    program: &str,
    env: &BTreeMap<String, Secret>,
    cwd: Option<&PathBuf>,
    error: &io::Error,
) -> String {
    if let Some(cwd) = cwd.filter(|cwd| !cwd.is_dir()) {
        return format!("its working directory {} is not there", cwd.display());
    }
    match error.kind() {
        io::ErrorKind::NotFound => match found(program, env, cwd) {
            Some(path) => format!(
                "{} is there, but not what runs it: {}",
                path.display(),
                interpreter(&path)
            ),
            None if program.contains('/') => "no such file".to_owned(),
            None => "not found in PATH".to_owned(),
        },
        io::ErrorKind::PermissionDenied => "it is not executable for this user".to_owned(),
        _ => {
            let words = error.to_string();
            let words = words.split(" (os error").next().unwrap_or_default();
            words.to_lowercase()
        }
    }
}

/// Where a program is, if it is anywhere.
fn found(program: &str, env: &BTreeMap<String, Secret>, cwd: Option<&PathBuf>) -> Option<PathBuf> {
    let here = cwd.map_or(Path::new(""), PathBuf::as_path);
    if program.contains('/') {
        return Some(here.join(program)).filter(|path| path.is_file());
    }
    let own = env.get("PATH").map(|path| path.reveal().into());
    let paths = own.or_else(|| std::env::var_os("PATH"))?;
    std::env::split_paths(&paths)
        .map(|dir| here.join(dir).join(program))
        .find(|path| path.is_file())
}

/// The program that a script's first line names.
fn interpreter(path: &Path) -> String {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(256).read_to_end(&mut start));
    let line = start
        .strip_prefix(b"#!")
        .and_then(|rest| rest.split(|byte| *byte == b'\n').next());
    match (read, line) {
        (Ok(_), Some(line)) => {
            let line = String::from_utf8_lossy(line);
            // A carriage return at its end is part of the name, and the usual mistake.
            format!("#!{}", line.escape_debug())
        }
        _ => "its loader".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named() {
        let none = BTreeMap::new();
        let absent = io::Error::from(io::ErrorKind::NotFound);
        let why = |program: &str, cwd| refused(program, &none, cwd, &absent);
        assert_eq!(why("mcpdoc-no-such-program", None), "not found in PATH");
        assert_eq!(why("./no-such-program", None), "no such file");
        let cwd = PathBuf::from("/no/such/folder");
        assert_eq!(
            why("sh", Some(&cwd)),
            "its working directory /no/such/folder is not there"
        );
        let dir = tempfile::tempdir().expect("a folder");
        let script = dir.path().join("server");
        std::fs::write(&script, "#!/usr/bin/env-gone python\r\nprint()\n").expect("a file");
        let said = refused(&script.to_string_lossy(), &none, None, &absent);
        assert!(
            said.ends_with(r"not what runs it: #!/usr/bin/env-gone python\r"),
            "{said}"
        );
        let path = BTreeMap::from([(
            "PATH".to_owned(),
            Secret::from(dir.path().to_string_lossy().as_ref()),
        )]);
        let said = refused("server", &path, None, &absent);
        assert!(said.contains("is there, but"), "{said}");
    }
}
