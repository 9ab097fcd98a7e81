//! Programs that the engine starts in containers, as `docker exec -i` does, without a `docker`.

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures_util::StreamExt;
use futures_util::future::join;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, sleep, timeout, timeout_at};

/// How long the engine may take to begin.
const START: Duration = Duration::from_secs(10);
/// How long it may take to say how a program is.
const ANSWER: Duration = Duration::from_secs(5);
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);
/// Bytes that wait on each side of a pipe.
const PIPE: usize = 64 * 1024;
/// Bytes that are kept of what a program says that is run to its end.
const SAID: u64 = 256 * 1024;

/// Starts programs in containers.
#[derive(Clone, Debug)]
pub struct Execs {
    docker: Docker,
}

/// A program to start.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The container's id.
    pub container: String,
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Variables beside those of the container: `NAME=VALUE`.
    pub env: Vec<String>,
    /// Where it is started, when not in the container's own directory.
    pub cwd: Option<String>,
}

/// A program that was started, and its pipes. They are closed when it is dropped.
#[derive(Debug)]
pub struct Started {
    /// Its standard input. Closed when dropped.
    pub stdin: DuplexStream,
    /// Its standard output.
    pub stdout: DuplexStream,
    /// Its standard error.
    pub stderr: DuplexStream,
    /// What is known of it besides.
    pub exec: Exec,
}

/// What the engine knows of a program that it started.
#[derive(Debug)]
pub struct Exec {
    docker: Docker,
    id: String,
    pipes: [JoinHandle<()>; 2],
}

/// How such a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether it runs.
    pub runs: bool,
    /// How it ended.
    pub code: Option<i32>,
    /// Its number on the engine's machine, once it was started.
    pub pid: Option<u32>,
}

/// What a program said that was run to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// How it ended.
    pub code: Option<i32>,
    /// On its standard output, and then on its standard error.
    pub text: String,
}

impl Said {
    /// Whether there is such a program: the engine and shells say 126 and 127 where there is none that can be run.
    pub fn has_run(&self) -> bool {
        !matches!(self.code, None | Some(126 | 127))
    }
}

impl Execs {
    /// Through this engine.
    pub fn of(docker: &Docker) -> Execs {
        Execs {
            docker: docker.clone(),
        }
    }

    /// Starts a program with pipes. It may turn out later that there is no such program: [`Exec::status`].
    ///
    /// # Errors
    /// Why it could not be started, in the engine's words.
    pub async fn start(&self, launch: Launch) -> Result<Started, String> {
        match timeout(START, self.begin(launch, true)).await {
            Ok(started) => started,
            Err(_) => Err("the engine does not answer in time".to_owned()),
        }
    }

    async fn begin(&self, launch: Launch, has_input: bool) -> Result<Started, String> {
        let options = CreateExecOptions {
            attach_stdin: Some(has_input),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(false),
            env: Some(launch.env),
            cmd: Some(launch.words),
            working_dir: launch.cwd,
            ..CreateExecOptions::default()
        };
        let made = self.docker.create_exec(&launch.container, options).await;
        let id = made.map_err(|error| words(&error))?.id;
        let started = self.docker.start_exec(&id, None::<StartExecOptions>).await;
        let started = started.map_err(|error| words(&error))?;
        let StartExecResults::Attached { output, mut input } = started else {
            return Err("the engine gives no pipes".to_owned());
        };
        let (stdin, mut from) = duplex(PIPE);
        let (stdout, out) = duplex(PIPE);
        let (stderr, err) = duplex(PIPE);
        let forth = tokio::spawn(async move {
            // Where it is not read any more, that shows at the other end.
            let _ = copy(&mut from, &mut input).await;
            let _ = input.shutdown().await;
        });
        let back = tokio::spawn(part(output, out, err));
        Ok(Started {
            stdin,
            stdout,
            stderr,
            exec: Exec {
                docker: self.docker.clone(),
                id,
                pipes: [forth, back],
            },
        })
    }

    /// Runs a program to its end, without input.
    ///
    /// # Errors
    /// Why it could not be started, or that it did not end in time.
    pub async fn run(
        &self,
        container: &str,
        words: &[&str],
        until: Instant,
    ) -> Result<Said, String> {
        let late = || format!("{} does not end in time", words.first().unwrap_or(&"it"));
        let launch = Launch {
            container: container.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            env: Vec::new(),
            cwd: None,
        };
        let run = async {
            let Started {
                stdin: _stdin,
                stdout,
                stderr,
                exec,
            } = self.begin(launch, false).await?;
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let (mut stdout, mut stderr) = (stdout.take(SAID), stderr.take(SAID));
            // They end with the program, however that ends.
            let _ = join(stdout.read_to_end(&mut out), stderr.read_to_end(&mut err)).await;
            out.append(&mut err);
            Ok(Said {
                code: exec.ended().await,
                text: String::from_utf8_lossy(&out).into_owned(),
            })
        };
        timeout_at(until, run).await.unwrap_or_else(|_| Err(late()))
    }
}

impl Exec {
    /// How it is; nothing where the engine does not say.
    pub async fn status(&self) -> Option<Status> {
        let asked = timeout(ANSWER, self.docker.inspect_exec(&self.id)).await;
        let said = asked.ok()?.ok()?;
        let number = |number: i64| u32::try_from(number).ok().filter(|number| *number > 0);
        Some(Status {
            runs: said.running.unwrap_or_default(),
            code: said.exit_code.and_then(|code| i32::try_from(code).ok()),
            pid: said.pid.and_then(number),
        })
    }

    /// Waits until it has begun, or could not: how it is then.
    pub async fn begun(&self) -> Option<Status> {
        let until = Instant::now() + START;
        loop {
            let status = self.status().await?;
            if status.pid.is_some() || status.code.is_some() || Instant::now() >= until {
                return Some(status);
            }
            sleep(PAUSE).await;
        }
    }

    /// Its exit code, once its pipes are closed.
    async fn ended(&self) -> Option<i32> {
        let until = Instant::now() + ANSWER;
        loop {
            let status = self.status().await?;
            if !status.runs && status.code.is_some() || Instant::now() >= until {
                return status.code;
            }
            sleep(PAUSE).await;
        }
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        for pipe in &self.pipes {
            pipe.abort();
        }
    }
}

/// Tells apart what comes on the two pipes. Both end with it.
async fn part(
    mut output: impl StreamExt<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
    mut out: DuplexStream,
    mut err: DuplexStream,
) {
    while let Some(Ok(piece)) = output.next().await {
        // What nobody reads is passed over.
        let _ = match &piece {
            LogOutput::StdErr { message } => err.write_all(message).await,
            LogOutput::StdOut { message } | LogOutput::Console { message } => {
                out.write_all(message).await
            }
            LogOutput::StdIn { .. } => Ok(()),
        };
    }
}

/// The engine's own words, without the library's.
pub(in crate::observe) fn words(error: &bollard::errors::Error) -> String {
    match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}

/// Why a program could not be started, out of the words of the runtime:
/// `OCI runtime exec failed: … exec: "x": executable file not found in $PATH: unknown`.
pub fn refusal(container: &str, program: &str, said: &str) -> String {
    if said.contains("executable file not found") {
        return format!("not found in PATH of container {container}");
    }
    if said.contains("no such file or directory") {
        let what = format!("{program} or what runs it");
        return format!("container {container} has no {what}");
    }
    if said.contains("permission denied") {
        return format!("it is not executable in container {container}");
    }
    let reason = said.trim().trim_end_matches(": unknown");
    let reason = reason
        .rsplit_once("process: ")
        .map_or(reason, |(_, rest)| rest);
    format!("container {container} cannot start it: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_runtime_are_read() {
        let said = |text: &str| {
            let text = format!(
                "OCI runtime exec failed: exec failed: unable to start container process: {text}: unknown\r\n"
            );
            refusal("db", "/srv/x", &text)
        };
        assert_eq!(
            said("exec: \"x\": executable file not found in $PATH"),
            "not found in PATH of container db"
        );
        assert_eq!(
            said("exec: \"/srv/x\": stat /srv/x: no such file or directory"),
            "container db has no /srv/x or what runs it"
        );
        assert_eq!(
            said("exec: \"/etc\": permission denied"),
            "it is not executable in container db"
        );
        assert_eq!(
            said("chdir to cwd (\"/x\") set in config.json failed: not a directory"),
            "container db cannot start it: chdir to cwd (\"/x\") set in config.json failed: not a directory"
        );
    }
}
