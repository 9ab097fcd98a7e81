//! The looks of `mcpdoc check`: at files and the world here, at files and recorded facts, or at a bundle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::check::{Prepared, World, decided, prepare, prepare_with, selection, world};
use super::git::Change;
use super::network::Network;
use super::project::Project;
use super::untrusted;
use crate::chain::{self, Learned, Settings, Touch};
use crate::cli::{CheckArgs, InputArgs, ProbesArgs};
use crate::config;
use crate::disk::Disk;
use crate::load::{self, Files, Overlay};
use crate::model::{Miss, Missed};
use crate::observe::docker::Search;
use crate::policy::Policy;
use crate::record::{Bundle, Digests, Kept, Looks, Record, Replay};
use crate::report;
use crate::{Examination, Selection, Witness};

/// What was looked at, and what was found.
pub(super) struct Look {
    /// What was found.
    pub examination: Examination,
    /// The run.
    pub prepared: Prepared,
    /// The user whose home was read, where that is not the one who runs mcpdoc.
    pub user: Option<String>,
}

/// Looks as the command line asks for it. Nothing when the user broke it off.
pub(super) fn at(args: &CheckArgs) -> anyhow::Result<Option<Look>> {
    match &args.bundle {
        Some(file) => bundled(args, file).map(Some),
        None => here(args),
    }
}

/// Reads files of this machine; takes the rest from a record, where one is named, else looks at the world.
fn here(args: &CheckArgs) -> anyhow::Result<Option<Look>> {
    let disk = match args.untrusted {
        true => untrusted::disk(&args.inputs.paths)?,
        false => Disk::default(),
    };
    let mut files = Overlay::over(&disk);
    let (world, user) = match args.untrusted {
        true => {
            untrusted::admit(args, &mut files)?;
            (untrusted::world(&files)?, None)
        }
        false => world(&files)?,
    };
    let looked = match &args.facts {
        Some(file) => Some(replayed(args, file, world)?),
        None => observed(args, &files, &disk, world)?,
    };
    Ok(looked.map(|(examination, prepared)| {
        // Someone else's home is worth a line only when it was looked at.
        let is_read = prepared.request.home.is_some() && args.inputs.home.is_none();
        Look {
            examination,
            prepared,
            user: user.filter(|_| is_read),
        }
    }))
}

/// Reads files, and looks at the world as far as that is wanted. Nothing when the user broke it off.
fn observed(
    args: &CheckArgs,
    files: &Overlay<'_>,
    disk: &Disk,
    world: World<'_>,
) -> anyhow::Result<Option<(Examination, Prepared)>> {
    let mut prepared = prepare(args, world)?;
    let mut files = files.clone();
    let left_out = match &args.changed_since {
        Some(revision) => leave_out(revision, &mut prepared, &mut files)?,
        None => None,
    };
    let examination = match args.untrusted {
        true => Some(untrusted::looked(&prepared, &files)),
        false => looked(&prepared, &files, disk)?,
    };
    Ok(examination.map(|mut examination| {
        if left_out.is_some() {
            // What was left out was not looked for in vain.
            let missed = &mut examination.stack.missed;
            missed.retain(|missed| missed.why != Miss::NotFound);
        }
        examination.stack.missed.extend(left_out);
        (examination, prepared)
    }))
}

/// Leaves out the stacks that do not differ from a revision, and says so.
fn leave_out(
    revision: &str,
    prepared: &mut Prepared,
    files: &mut Overlay<'_>,
) -> anyhow::Result<Option<Missed>> {
    let request = &mut prepared.request;
    let change = Change::since(revision, &request.cwd)?;
    let changed = change.files();
    let disk = files.clone();
    let real = |path: &Path| disk.identity(path);
    let decisions = [&request.settings, &request.baseline].into_iter().flatten();
    let decides = |file: &PathBuf| {
        let mut decisions = decisions.clone();
        // One that is gone decided, too.
        file.file_name().is_some_and(|name| name == config::NAME)
            || decisions.any(|(decision, _)| decision == file || real(decision) == *file)
    };
    // What counts may be different everywhere.
    if changed.iter().any(decides) {
        return Ok(None);
    }
    let mut before = files.clone();
    change.undo(&mut before)?;
    let read = |files: &Overlay<'_>| {
        let looks = Looks::of_files(files);
        let stack = load::load(request, &looks);
        let chain = chain::build(&stack, &prepared.settings, None, Learned::default());
        (stack, chain, looks.read_files())
    };
    let (then, now) = (read(&before), read(files));
    let touch = Touch {
        top: change.top().to_owned(),
        read: then.2.into_iter().chain(now.2).collect(),
        changed,
        real: &real,
    };
    let left_out = chain::untouched(&request.cwd, (&then.0, &then.1), (&now.0, &now.1), &touch);
    if left_out.is_empty() {
        return Ok(None);
    }
    for file in &left_out {
        files.hide(file);
    }
    let count = report::count(left_out.len(), "file");
    request.left_out = left_out;
    Ok(Some(Missed {
        what: format!("{count} of stacks that the changes since {revision} do not touch"),
        flag: "no --changed-since",
        why: Miss::Untouched,
        mounts: None,
    }))
}

/// Reads files and looks at the world, for which `own` are the files of this machine. Nothing when the user broke it off.
pub(super) fn looked(
    prepared: &Prepared,
    files: &dyn Files,
    own: &dyn Files,
) -> anyhow::Result<Option<Examination>> {
    let mut network = Network::new(prepared.search.clone(), own)?;
    let examination = prepared.investigate(files, &mut network);
    let interrupted = network.is_interrupted();
    network.end();
    if !examination.stack.inputs.is_empty() {
        super::call::are_known(&examination, &prepared.permissions.calls)?;
    }
    Ok((!interrupted).then_some(examination))
}

/// Reads files, and takes everything else from a record.
fn replayed(
    args: &CheckArgs,
    file: &Path,
    world: World<'_>,
) -> anyhow::Result<(Examination, Prepared)> {
    let disk = world.files;
    let files = Digests::of_files(disk);
    let selection = selection(&args.only, &args.skip)?;
    let (record, mut prepared) = recorded(&args.inputs, &args.probes, selection, file, world)?;
    decided(args, disk, &mut prepared)?;
    let named = || named_record(file);
    let mut replay = Replay::of(&record, &prepared.request).with_context(named)?;
    let mut examination = prepared.investigate(&files, &mut replay);
    super::call::are_known(&examination, &record.permissions().calls).with_context(named)?;
    examination.differences = record
        .differences(&examination.stack, &prepared.request, &files)
        .with_context(named)?;
    Ok((examination, prepared))
}

/// Takes everything from a bundle.
fn bundled(args: &CheckArgs, file: &Path) -> anyhow::Result<Look> {
    let named = || format!("--bundle {}", file.display());
    if !file.exists() {
        bail!("{}: no such file", named());
    }
    let opened = File::open(file).with_context(named)?;
    let bundle = Bundle::read(opened).with_context(named)?;
    let files = bundle.files();
    let prepared = unpacked(args, &bundle, &files).with_context(named)?;
    let mut replay = bundle.replay(&prepared.request).with_context(named)?;
    let examination = prepared.investigate(&files, &mut replay);
    super::call::are_known(&examination, &prepared.permissions.calls).with_context(named)?;
    if let [first, more @ ..] = files.unknown().as_slice() {
        let others = match more {
            [] => String::new(),
            more => format!(" and {} more", more.len()),
        };
        let line = format!(
            "{}: mcpdoc {} wrote it without a look at {}{others}: what depends on that is not known; write it again",
            named(),
            bundle.written_by(),
            first.display(),
        );
        super::tell(&line);
    }
    Ok(Look {
        examination,
        prepared,
        user: None,
    })
}

/// The run that a bundle is of, with what its project had decided.
///
/// # Errors
/// When its settings or its baseline are none, or the version of LiteLLM is none.
pub fn unpacked(args: &CheckArgs, bundle: &Bundle, files: &Kept) -> anyhow::Result<Prepared> {
    let request = bundle.request();
    let (cwd, decided) = (&request.cwd, bundle.decided());
    let project = match &request.settings {
        Some((file, how)) => Project::read(file.clone(), *how, files, cwd)?,
        None => Project::default(),
    };
    let policy = Policy {
        is_whole: decided.is_whole,
        ..project.decided(decided.today.clone())
    };
    let selection = Selection {
        policy,
        ..selection(&args.only, &args.skip)?
    };
    let mut prepared = Prepared {
        settings: Settings {
            catalog: project.catalog(),
            ..bundle.settings()?
        },
        selection,
        permissions: bundle.record().permissions().clone(),
        search: Search::default(),
        fail_on: project.fail_on(),
        request,
    };
    super::check::decided(args, files, &mut prepared)?;
    Ok(prepared)
}

/// A record, and the run that takes its answers.
pub(super) fn recorded(
    inputs: &InputArgs,
    probes: &ProbesArgs,
    selection: Selection,
    file: &Path,
    world: World<'_>,
) -> anyhow::Result<(Record, Prepared)> {
    let record = record(file)?;
    let world = World {
        machine: record.machine().to_vec(),
        shell: BTreeMap::new(),
        ..world
    };
    let mut prepared = prepare_with(inputs, probes, selection, world)?;
    prepared.request.shell = record.environment(&prepared.request);
    if prepared.settings.gateway_urls.is_empty() {
        prepared.settings.gateway_urls = record.gateway_urls().to_vec();
    }
    prepared.request.projects = record.projects(&prepared.request);
    prepared.permissions = record.permissions().clone();
    Ok((record, prepared))
}

/// How a record is named in messages.
pub(super) fn named_record(file: &Path) -> String {
    format!("--facts {}", file.display())
}

/// The most that a record may have. Those of thousands of tools have a few MiB.
const RECORD_BYTES: u64 = 64 * 1024 * 1024;

fn record(file: &Path) -> anyhow::Result<Record> {
    let named = || named_record(file);
    if !file.exists() {
        bail!("{}: no such file", named());
    }
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|opened| {
        let mut opened = opened.take(RECORD_BYTES + 1);
        opened.read_to_end(&mut bytes)
    });
    let read = read.with_context(named)?;
    if bytes.starts_with(&GZIP) {
        bail!("{}: is a bundle: `mcpdoc check --bundle` reads it", named());
    }
    if read as u64 > RECORD_BYTES {
        bail!(
            "{}: has more than {} MiB",
            named(),
            RECORD_BYTES / 1024 / 1024
        );
    }
    let text = String::from_utf8(bytes).with_context(named)?;
    Record::parse(&text).with_context(named)
}

/// What compressed files begin with.
const GZIP: [u8; 2] = [0x1F, 0x8B];
