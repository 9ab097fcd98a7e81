//! One file a subcommand. Everything that touches the world below the report starts here.

mod call;
pub mod check;
mod checks;
mod completions;
mod epilogue;
mod explain;
mod fix;
mod git;
mod image;
mod lines;
mod live;
pub mod look;
mod man;
mod network;
mod observe;
mod output;
pub mod probe;
mod project;
mod save;
mod terminal;
mod untrusted;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{FromArgMatches as _, ValueEnum as _};

use crate::cli::{self, Cli, Color, Command};
use crate::term::clean;
use terminal::{print, readable, screen};

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

/// Reads the command line. What is wrong with it is said as clap says it, on stderr.
///
/// # Errors
/// The exit status, where there is nothing to run: of help, or of wrong usage.
pub fn parse() -> Result<Cli, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let screen = screen(color(&words));
    let matches = epilogue::fitted(cli::command(), screen.width)
        .term_width(screen.width.min(HELP_WIDTH))
        .try_get_matches_from(&words);
    let parsed = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|mut error| {
        let words: Vec<String> = words
            .iter()
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        if let Some(hint) = command_hint(&error, &words) {
            let hints = vec![clap::builder::StyledStr::from(hint)];
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(hints));
        }
        said(&error)
    })
}

/// Lines of help that are longer are hard to read.
const HELP_WIDTH: usize = 100;

/// When colour is wanted, by words that may be no command line: help and complaints about usage obey as well.
fn color(words: &[impl AsRef<OsStr>]) -> Color {
    let words = words.iter().filter_map(|word| word.as_ref().to_str());
    let mut words = words.take_while(|word| *word != "--");
    let mut color = Color::Auto;
    while let Some(word) = words.next() {
        let said = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => continue,
        };
        color = said
            .and_then(|said| Color::from_str(said, false).ok())
            .unwrap_or(color);
    }
    color
}

/// Shows help on stdout, and what is wrong with the usage on stderr.
fn said(error: &clap::Error) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let color = color(&words);
    let text = error.render();
    let text = |colour: bool| match colour {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    if error.use_stderr() {
        let colour = terminal::is_coloured(color, &io::stderr());
        // Nothing is left to tell anyone if stderr is closed.
        let _ = io::stderr().write_all(text(colour).as_bytes());
        return ExitCode::from(2);
    }
    exit(print(&readable(text(screen(color).colour))).map(|()| Outcome::Clean))
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
    exit(match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Observe(args) => observe::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Checks(args) => checks::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    })
}

fn exit(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Missing) => ExitCode::from(3),
        // 128 and the number of the signal, as shells have it.
        Ok(Outcome::Interrupted) => ExitCode::from(130),
        Err(error) => {
            if let Some(usage) = error.downcast_ref() {
                return said(usage);
            }
            match error.downcast_ref::<Lines>() {
                Some(Lines(first, more)) => {
                    tell(first);
                    for line in more {
                        // Nothing is left to tell anyone if stderr is closed too.
                        let _ = writeln!(io::stderr(), "  {}", in_one_line(line));
                    }
                }
                None => tell(&format!("{error:#}")),
            }
            ExitCode::from(2)
        }
    }
}

/// An error with more lines than one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lines(String, Vec<String>);

/// Says something on stderr, in one line.
fn tell(text: &str) {
    // Nothing is left to tell anyone if stderr is closed.
    let _ = writeln!(io::stderr(), "mcpdoc: {}", in_one_line(text));
}

/// Whatever names and values of files hold, no line begins with it: who reads the log of a step obeys lines.
fn in_one_line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

/// The check that is meant by `id`.
fn find_check(id: &str) -> anyhow::Result<&'static crate::check::Check> {
    crate::checks::by_id(id).ok_or_else(|| anyhow::anyhow!(crate::checks::unknown(id)))
}
