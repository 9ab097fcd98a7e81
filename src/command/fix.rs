//! `mcpdoc fix`: the edits that repair a stack, shown, written or put into a patch.

use std::collections::HashSet;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Outcome;
use super::check::{Prepared, find_all, named, nothing_found, prepare_with, world};
use super::look::{named_record, recorded};
use super::network::Network;
use crate::change::Safety;
use crate::check::{Check, Severity};
use crate::cli::FixArgs;
use crate::disk::Disk;
use crate::fix::write::{self, Replacement, Unfinished, Writing};
use crate::fix::{self, Answer, Changed, Choice, Remembered, Unit};
use crate::load::Files;
use crate::record::Replay;
use crate::report::fix::{Fate, Options};
use crate::report::{diff, fix as report};
use crate::term::{Screen, clean};
use crate::{Examination, Selection, Witness};

pub(super) fn run(args: &FixArgs) -> anyhow::Result<Outcome> {
    let state = state_dir();
    if args.undo {
        let undone = write::undo(&state.context(HOMELESS)?)?;
        super::print(&format!("{}\n", clean(&undone.to_string())))?;
        return Ok(Outcome::Clean);
    }
    if args.interactive && !io::stdin().is_terminal() {
        bail!("--interactive asks, and stdin is no terminal");
    }
    // On what is half done nothing is built. Who only looks need not be able to tell.
    let half = match args.write || args.interactive {
        true => state
            .as_deref()
            .map(write::unfinished)
            .transpose()?
            .flatten(),
        false => half_done(),
    };
    if let Some(half) = half {
        bail!("{half}");
    }
    let run = Run {
        args,
        state,
        screen: super::screen(args.output.color),
        only: find_all(&args.only)?,
        safety: match args.r#unsafe || args.interactive {
            true => Safety::Unsafe,
            false => Safety::Safe,
        },
    };
    let disk = Disk::default();
    let (world, _) = world(&disk)?;
    let all = Selection::default();
    let prefer = args.repairs.prefer.map(Into::into);
    match &args.facts {
        Some(file) => {
            let (record, mut prepared) = recorded(&args.inputs, &args.probes, all, file, world)?;
            // No repair needs what a tool answers.
            prepared.permissions.calls.clear();
            prepared.settings.prefer = prefer;
            let replay = Replay::of(&record, &prepared.request);
            let mut replay = replay.with_context(|| named_record(file))?;
            run.with(&prepared, &disk, &mut replay)
        }
        None => {
            let mut prepared = prepare_with(&args.inputs, &args.probes, all, world)?;
            prepared.settings.prefer = prefer;
            let mut network = Network::new(prepared.search.clone(), &disk)?;
            let outcome = run.with(&prepared, &disk, &mut network);
            network.end();
            outcome
        }
    }
}

fn state_dir() -> Option<PathBuf> {
    write::state_dir(|name| std::env::var_os(name))
}

/// What a write left half done that died, if one did and that can be told.
pub(super) fn half_done() -> Option<Unfinished> {
    write::unfinished(&state_dir()?).ok().flatten()
}

const HOMELESS: &str = "there is no directory for what a write has to remember: neither XDG_STATE_HOME nor HOME is set";

/// A run as the command line asks for it.
struct Run<'a> {
    args: &'a FixArgs,
    state: Option<PathBuf>,
    screen: Screen,
    only: Vec<&'static Check>,
    safety: Safety,
}

impl Run<'_> {
    /// Repairs in memory, where everything that is asked is asked once, and does with the result what was asked for.
    fn with(
        &self,
        prepared: &Prepared,
        files: &dyn Files,
        witness: &mut dyn Witness,
    ) -> anyhow::Result<Outcome> {
        let args = self.args;
        let mut witness = Remembered::of(witness);
        let look =
            |files: &dyn Files, witness: &mut Remembered<'_>| prepared.investigate(files, witness);
        let mut ask = |unit: &Unit<'_>| ask(unit, self.screen);
        let choice = Choice {
            cwd: prepared.request.cwd.clone(),
            safety: self.safety,
            only: self.only.clone(),
            ask: match args.interactive {
                true => Some(&mut ask),
                false => None,
            },
        };
        let session = fix::session(files, choice, &mut |files| look(files, &mut witness));
        // Half of the answers prove nothing.
        if witness.is_interrupted() {
            return Ok(Outcome::Interrupted);
        }
        named(&session.before)?;
        if session.before.stack.inputs.is_empty() {
            return Err(nothing_found(
                &session.before.stack,
                &prepared.request,
                &args.inputs,
            ));
        }
        let (mut fate, mut remarks) = (Fate::Shown, Vec::new());
        let mut unlike = Vec::new();
        if !session.changed.is_empty() {
            if let Some(file) = &args.patch {
                patch(file, &session.changed, &prepared.request.cwd)?;
                fate = Fate::Patched(file.display().to_string());
            } else if args.write || args.interactive {
                remarks = self.written(&session.changed)?;
                fate = Fate::Written;
                unlike = unlike_proved(&session.after, &look(files, &mut witness));
                if unlike.is_empty() {
                    remarks.push("read again from the disk: found as shown".to_owned());
                }
            }
        }
        let open = fate == Fate::Shown && !session.changed.is_empty();
        let text = report::render(
            &session,
            &Options {
                screen: self.screen,
                quiet: args.quiet,
                verbose: args.verbose,
                safety: self.safety,
                fate,
                remarks,
            },
        );
        super::print(&super::readable(text))?;
        if !unlike.is_empty() {
            bail!(
                "the files are written, and what is found in them now is not what was proved; something else changed \
                 in the meantime: {}",
                unlike.join("; ")
            );
        }
        let errors = session.after.diagnosis.worst() == Some(Severity::Error);
        Ok(match errors || open {
            true => Outcome::Findings,
            false => Outcome::Clean,
        })
    }

    /// Writes the files, and returns what is for a person to know.
    fn written(&self, changed: &[Changed]) -> anyhow::Result<Vec<String>> {
        let files: Vec<Replacement> = changed
            .iter()
            .map(|one| Replacement {
                path: one.path.clone(),
                was: one.was.clone(),
                becomes: one.becomes.clone(),
            })
            .collect();
        let writing = Writing {
            backup: self.args.backup,
            state: self.state.clone().context(HOMELESS)?,
        };
        let written = write::write(&files, &writing)?;
        let backups = written.backups.iter();
        let kept = backups.map(|path| format!("the old text is in {}", path.display()));
        Ok(kept.chain(written.remarks).collect())
    }
}

/// Findings that were not foreseen.
fn unlike_proved(proved: &Examination, found: &Examination) -> Vec<String> {
    let known: HashSet<(&str, &str)> = proved
        .diagnosis
        .findings
        .iter()
        .map(|judged| (judged.finding.check, judged.finding.message.as_str()))
        .collect();
    let findings = found
        .diagnosis
        .findings
        .iter()
        .map(|judged| &judged.finding);
    findings
        .filter(|finding| !known.contains(&(finding.check, finding.message.as_str())))
        .map(|finding| format!("{}: {}", finding.check, finding.message))
        .collect()
}

/// Writes the patch, for its owner alone: it shows what stands beside the changes.
fn patch(file: &Path, changed: &[Changed], cwd: &Path) -> anyhow::Result<()> {
    let outside = changed
        .iter()
        .find(|one| !one.path.starts_with(cwd) && one.name.starts_with('/'));
    if let Some(outside) = outside {
        bail!(
            "--patch: {} lies outside of the working directory, and a patch names files below it; run it in a folder \
             that holds all of them, or use --write",
            outside.name
        );
    }
    let named = || format!("--patch {}", file.display());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).with_context(named)?;
    out.write_all(&diff::patch(changed)).with_context(named)
}

/// Asks about a repair on the terminal.
fn ask(unit: &Unit<'_>, screen: Screen) -> Answer {
    let mut out = io::stderr();
    // Nothing is left to tell anyone if stderr is closed.
    let _ = write!(out, "{}", report::unit(unit, screen));
    loop {
        let _ = write!(
            out,
            "Make it? [y]es, [n]o, [a]ll that follow, [q]uit asking: "
        );
        let _ = out.flush();
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if !matches!(read, Ok(1..)) {
            return Answer::Stop;
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "a" | "all" => return Answer::All,
            "q" | "quit" => return Answer::Stop,
            _ => {}
        }
    }
}
