//! `mcpdoc observe`: what a check sees, to be checked elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use ring::rand::{SecureRandom, SystemRandom};
use tempfile::NamedTempFile;

use super::Outcome;
use super::check::{named, nothing_found, prepare_with, world};
use super::look::looked;
use super::save;
use crate::cli::ObserveArgs;
use crate::disk::Disk;
use crate::fact::{Facts, Known, Probe, Tokens};
use crate::record::{Bundle, Decided, Digests, Looks, Record, Run};
use crate::report::count;
use crate::running::relevant;
use crate::{Examination, Selection};

pub(super) fn run(args: &ObserveArgs) -> anyhow::Result<Outcome> {
    // Whoever cannot write it need not ask anybody first.
    let target = args.bundle.as_deref().map(Target::of).transpose()?;
    let disk = Disk::default();
    let looks = Looks::of_files(&disk);
    let files = Digests::of_files(match target {
        Some(_) => &looks,
        None => &disk,
    });
    let (world, _) = world(&files)?;
    let (machine, home) = (world.machine.clone(), world.home.clone());
    let mut prepared = prepare_with(&args.inputs, &args.probes, Selection::default(), world)?;
    prepared.permissions.calls = super::call::read_all(&args.calls)?;
    let Some(examination) = looked(&prepared, &files, &disk)? else {
        return Ok(Outcome::Interrupted);
    };
    named(&examination)?;
    let stack = &examination.stack;
    let facts = &of_the_stack(&examination);
    if stack.inputs.is_empty() {
        return Err(nothing_found(stack, &prepared.request, &args.inputs));
    }
    let seen = seen(facts);
    let run = Run {
        stack,
        request: &prepared.request,
        permissions: &prepared.permissions,
        machine: &machine,
        gateway_urls: &prepared.settings.gateway_urls,
        digests: &files,
    };
    let said = match (&target, seen.is_empty()) {
        (Some(target), _) => {
            let settings = &prepared.settings;
            let policy = &prepared.selection.policy;
            let decided = Decided {
                today: policy.today.clone(),
                is_whole: policy.is_whole,
            };
            let bundle = Bundle::new(
                run,
                settings,
                &looks,
                home.as_deref(),
                decided,
                facts,
                salt()?,
            )?;
            target.write(&bundle)?;
            let read = std::iter::once(count(bundle.files_count(), "file"));
            let parts: Vec<String> = read.chain(seen).collect();
            said(&parts, "check --bundle")
        }
        (None, true) => bail!(
            "nothing was observed: no endpoint of these files could be asked, and no engine; `mcpdoc check -v` with the \
             same arguments says why"
        ),
        (None, false) => {
            super::print(&Record::new(run, facts, salt()?)?.render()?)?;
            said(&seen, "check --facts")
        }
    };
    super::tell(&said);
    Ok(Outcome::Clean)
}

/// The facts without what else the engine runs.
fn of_the_stack(examination: &Examination) -> Facts {
    let urls = examination
        .chain
        .hops
        .iter()
        .filter_map(|hop| hop.url.as_ref());
    let called: Vec<(String, u16)> = urls
        .filter_map(|url| {
            let host = url.value.host_str()?.trim_matches(['[', ']']).to_owned();
            Some((host, url.value.port_or_known_default()?))
        })
        .collect();
    let mut facts = examination.facts.clone();
    if let Known::Yes(engine) = &mut facts.engine {
        *engine = relevant(&examination.stack, engine, &called);
    }
    facts
}

/// What was observed, in words.
fn seen(facts: &Facts) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(engine) = facts.engine.get() {
        let containers = count(engine.containers.len(), "container");
        parts.push(format!(
            "{containers} of {}",
            crate::secret::redact(&engine.endpoint)
        ));
    }
    let probes = facts.probes().iter();
    let (calls, endpoints): (Vec<&Probe>, Vec<&Probe>) =
        probes.partition(|probe| probe.asked.call.is_some());
    for (probes, what) in [(endpoints, "endpoint"), (calls, "call")] {
        if !probes.is_empty() {
            parts.push(count(probes.len(), what));
        }
    }
    if !facts.clients.is_empty() {
        parts.push("what Claude Code says".to_owned());
    }
    parts
}

fn said(parts: &[String], taken_by: &str) -> String {
    format!(
        "recorded {}, without secrets; `mcpdoc {taken_by} FILE` takes it",
        parts.join(" and ")
    )
}

/// The file that a bundle becomes. Until it is complete there is none, or the old one.
struct Target<'a> {
    /// As it was named.
    file: &'a Path,
    /// Where it is once symbolic links are followed.
    real: PathBuf,
}

impl Target<'_> {
    /// Sees to it that it can be written, and leaves nothing behind.
    fn of(file: &Path) -> anyhow::Result<Target<'_>> {
        let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let target = Target { file, real };
        if target.real.is_dir() {
            bail!("{}: is a directory, and a file is needed", target.named());
        }
        if target.real.exists() && !target.real.is_file() {
            bail!("{}: is no regular file; name another", target.named());
        }
        if fs::symlink_metadata(&target.real).is_ok_and(|found| found.is_symlink()) {
            bail!(
                "{}: is a link that leads nowhere; name another",
                target.named()
            );
        }
        target.temporary()?;
        Ok(target)
    }

    fn named(&self) -> String {
        format!("--bundle {}", self.file.display())
    }

    /// A file beside it. It is gone when it is dropped.
    fn temporary(&self) -> anyhow::Result<NamedTempFile> {
        let dir = save::folder(&self.real);
        if !dir.is_dir() {
            bail!("{}: there is no directory {}", self.named(), dir.display());
        }
        save::temporary(dir).map_err(|error| self.refused(&error))
    }

    fn write(&self, bundle: &Bundle) -> anyhow::Result<()> {
        let mut file = self.temporary()?;
        let written = bundle.write(file.as_file_mut());
        written
            .and_then(|()| file.as_file().sync_all())
            .and_then(|()| file.persist(&self.real).map_err(|error| error.error))
            .map_err(|error| self.refused(&error))?;
        Ok(())
    }

    fn refused(&self, error: &io::Error) -> anyhow::Error {
        let why = match error.kind() {
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        anyhow!(
            "{}: cannot be written ({why}); name another file",
            self.named()
        )
    }
}

fn salt() -> anyhow::Result<[u8; Tokens::SALT]> {
    let mut salt = [0; Tokens::SALT];
    let filled = SystemRandom::new().fill(&mut salt);
    filled.map_err(|_| anyhow!("this system has no random numbers"))?;
    Ok(salt)
}
