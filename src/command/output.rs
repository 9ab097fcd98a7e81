//! `--output FORMAT=FILE`: reports beside the one on stdout. A file is there whole or as it was: each report stands
//! complete beside its file before the first of them takes its name.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use clap::ValueEnum;

use super::save::{self, Complete};
use crate::checks::nearest;
use crate::cli::Format;
use crate::load::clean;

/// A report that goes into a file.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) format: Format,
    /// As the command line has it: `sarif=out/mcpdoc.sarif`.
    given: String,
    to: Destination,
}

/// Where a report goes.
#[derive(Debug)]
enum Destination {
    /// A file of its own, which takes the name when it is complete.
    File {
        /// As it was given.
        path: PathBuf,
        /// The one path of what may have several.
        identity: PathBuf,
    },
    /// A pipe or a device: it is written to as it stands.
    Stream(PathBuf),
    /// What this process has already.
    Stdout,
    Stderr,
}

/// Reads what `--output` was given. Whatever can be told before there is a report is told here; of a stranger's change also
/// that a report seems to go into the working directory and does not.
///
/// # Errors
/// A line that names the file, what is wrong with it, and the way out.
pub(super) fn read_all(given: &[String], untrusted: bool) -> anyhow::Result<Vec<Output>> {
    let mut outputs: Vec<Output> = Vec::new();
    for text in given {
        let output = read(text, untrusted)?;
        if let Some(other) = outputs.iter().find(|other| other.to.is_same(&output.to)) {
            bail!(
                "--output {} and --output {}: one file cannot hold two reports; give each its own",
                other.given,
                output.given
            );
        }
        outputs.push(output);
    }
    Ok(outputs)
}

fn read(given: &str, untrusted: bool) -> anyhow::Result<Output> {
    let names = || {
        Format::value_variants()
            .iter()
            .filter_map(Format::to_possible_value)
    };
    let Some((name, file)) = given.split_once('=') else {
        bail!("--output {given}: is not FORMAT=FILE, such as sarif=mcpdoc.sarif");
    };
    let format = Format::from_str(name, false).map_err(|_| {
        let names: Vec<String> = names().map(|name| name.get_name().to_owned()).collect();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}={file}?"),
            None => format!("there are {}", names.join(", ")),
        };
        anyhow!("--output {given}: no format is called {name}; {hint}")
    })?;
    ensure!(
        !file.is_empty(),
        "--output {given}: names no file, as in {name}=mcpdoc.{name}"
    );
    ensure!(
        file != "-",
        "--output {given}: stdout has what --format names; write --format {name}"
    );
    Ok(Output {
        format,
        to: destination(Path::new(file), untrusted).with_context(|| format!("--output {given}"))?,
        given: given.to_owned(),
    })
}

/// What a symbolic link of a repository leads to is no stream, for a stranger may have made it. Names of `/dev` and `/proc`
/// are a person's own.
fn destination(path: &Path, untrusted: bool) -> anyhow::Result<Destination> {
    match path.to_str() {
        Some("/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => return Ok(Destination::Stdout),
        Some("/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2") => return Ok(Destination::Stderr),
        _ => {}
    }
    let is_own = path.starts_with("/dev") || path.starts_with("/proc");
    let there = match is_own {
        true => fs::metadata(path),
        false => fs::symlink_metadata(path),
    };
    let is_plain = |have: &fs::Metadata| have.is_file() || have.is_symlink() || have.is_dir();
    if there.is_ok_and(|have| !is_plain(&have)) {
        return Ok(Destination::Stream(path.to_owned()));
    }
    let identity = save::identity(path);
    if let Some(identity) = identity.as_ref().filter(|_| untrusted) {
        stay(path, identity)?;
    }
    save::can_be_made(path)?;
    Ok(Destination::File {
        identity: identity.context("is no name of a file")?,
        path: path.to_owned(),
    })
}

/// Refuses what seems to lie in the working directory and does not: whoever made the change that is checked may have made a
/// link of a folder on the way.
fn stay(path: &Path, identity: &Path) -> anyhow::Result<()> {
    let cwd = super::check::working_directory()?;
    let real = fs::canonicalize(&cwd).context("there is no working directory")?;
    let seems_inside = clean(&cwd.join(path)).starts_with(&cwd);
    ensure!(
        !seems_inside || identity.starts_with(&real),
        "leads outside of {}: with --untrusted, name the folder itself",
        cwd.display()
    );
    Ok(())
}

impl Destination {
    fn is_same(&self, other: &Destination) -> bool {
        match (self, other) {
            (Destination::File { identity: one, .. }, Destination::File { identity: two, .. })
            | (Destination::Stream(one), Destination::Stream(two)) => one == two,
            (Destination::Stdout, Destination::Stdout)
            | (Destination::Stderr, Destination::Stderr) => true,
            _ => false,
        }
    }
}

/// Refuses reports that would take the place of files that the run reads, or writes for another purpose.
///
/// # Errors
/// A line that names the file.
pub(super) fn spare(outputs: &[Output], files: &[PathBuf]) -> anyhow::Result<()> {
    if outputs.is_empty() {
        return Ok(());
    }
    let same = files
        .iter()
        .flat_map(|path| [fs::canonicalize(path).ok(), save::identity(path)]);
    let same: HashSet<PathBuf> = same.flatten().collect();
    for output in outputs {
        if let Destination::File { identity, .. } = &output.to
            && same.contains(identity)
        {
            bail!(
                "--output {}: is a file of this run; name another",
                output.given
            );
        }
    }
    Ok(())
}

/// Writes reports, in the order of `outputs`: all files or none.
///
/// # Errors
/// The first that cannot be written.
pub(super) fn write_all(outputs: &[Output], reports: &[String]) -> anyhow::Result<()> {
    let named = |output: &Output| format!("--output {}", output.given);
    let mut complete: Vec<(&Output, Complete)> = Vec::new();
    for (output, report) in outputs.iter().zip(reports) {
        if let Destination::File { path, .. } = &output.to {
            let file = save::complete(path, report).with_context(|| named(output))?;
            complete.push((output, file));
        }
    }
    for (output, report) in outputs.iter().zip(reports) {
        let written = match &output.to {
            Destination::File { .. } => Ok(()),
            Destination::Stdout => stream(&mut io::stdout(), report),
            Destination::Stderr => stream(&mut io::stderr(), report),
            Destination::Stream(path) => OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|mut file| stream(&mut file, report)),
        };
        written
            .context("cannot be written")
            .with_context(|| named(output))?;
    }
    for (output, file) in complete {
        file.place().with_context(|| named(output))?;
    }
    Ok(())
}

/// A reader that closed a pipe early wanted no more: that is no error.
fn stream(to: &mut dyn Write, report: &str) -> io::Result<()> {
    match to.write_all(report.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
