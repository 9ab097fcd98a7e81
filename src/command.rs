//! One file a subcommand. Everything that touches the world below the report starts here.

mod call;
pub mod check;
mod checks;
mod completions;
mod explain;
mod fix;
mod lines;
mod live;
mod network;
mod observe;
pub mod probe;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::{Cli, Color, Command};
use crate::term::{Screen, clean};

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings at or above the threshold; of a probe, that no client can use what was probed.
    Findings,
    /// Nothing of the kind, but evidence that was required is missing.
    Missing,
    /// The user broke it off.
    Interrupted,
}

/// Reads the command line. What is wrong with it is said as clap does, and ends the process with exit status 2.
pub fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        let words: Vec<String> = std::env::args().skip(1).collect();
        if let Some(hint) = command_hint(&error, &words) {
            let hints = vec![clap::builder::StyledStr::from(hint)];
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(hints));
        }
        error.exit()
    })
}

/// `mcpdoc probe npx -y x`: the flag that clap does not know belongs to a command.
fn command_hint(error: &clap::Error, words: &[String]) -> Option<String> {
    let [probe, rest @ ..] = words else {
        return None;
    };
    if probe != "probe" || error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let first = rest.iter().position(|word| !word.starts_with('-'))?;
    let command = &rest[first..];
    let named = |word: &str| word.contains("://") || word.contains(':') || word == "localhost";
    (!named(&command[0]) && !rest.iter().any(|word| word == "--")).then(|| {
        let command = clean(&crate::secret::redact(&command.join(" ")));
        format!("a command goes behind `--`: mcpdoc probe -- {command}")
    })
}

/// Runs a command; what goes wrong is one line on stderr and exit status 2.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Observe(args) => observe::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Checks(args) => checks::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Missing) => ExitCode::from(3),
        // 128 and the number of the signal, as shells have it.
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            // Nothing is left to tell anyone if stderr is closed too.
            let _ = writeln!(io::stderr(), "mcpdoc: {}", clean(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

/// What stdout can show.
fn screen(color: Color) -> Screen {
    let colour = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    let width = if io::stdout().is_terminal() {
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    } else {
        std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
    };
    Screen {
        colour,
        width: width.unwrap_or(Screen::USUAL_WIDTH).clamp(40, 120),
    }
}

/// Writes to stdout. A reader that closed it early wanted no more: that is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write the report"))
        }
        _ => Ok(()),
    }
}

/// The check that is meant by `id`.
fn find_check(id: &str) -> anyhow::Result<&'static crate::check::Check> {
    crate::checks::by_id(id).ok_or_else(|| {
        let likeness = |check: &str| strsim::jaro_winkler(check, id);
        let near = crate::checks::ALL
            .iter()
            .map(|check| check.id)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|near| likeness(near) > LIKE);
        match near {
            Some(near) => anyhow::anyhow!("no check is called {id}; did you mean {near}?"),
            None => anyhow::anyhow!("no check is called {id}; `mcpdoc checks` lists them all"),
        }
    })
}

/// From this likeness on (Jaro-Winkler, 0 to 1) a word is taken for a slip of the other.
const LIKE: f64 = 0.85;
