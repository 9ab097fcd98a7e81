//! What a run over a stranger's change may see: one directory, and nothing of who runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::check::{Prepared, World, today, working_directory};
use crate::cli::CheckArgs;
use crate::disk::Disk;
use crate::load::{Files, Overlay, clean};
use crate::{Examination, examine};

/// The files that such a run may read: of the only folder that is named, else of the repository in which the first path
/// lies, else of its directory.
///
/// # Errors
/// Where a path does not lie there.
pub(super) fn disk(paths: &[PathBuf]) -> anyhow::Result<Disk> {
    let cwd = working_directory()?;
    let named: Vec<PathBuf> = paths.iter().map(|path| clean(&cwd.join(path))).collect();
    for (path, written) in named.iter().zip(paths) {
        // A change may make a link of what its checker names: it may not lead out of where it seems to lie. From the
        // outside in, so that nothing is looked at behind such a link.
        let above: Vec<&Path> = path.ancestors().collect();
        for dir in above.into_iter().rev() {
            if (dir == cwd || is_repository(dir)) && below(dir)?.is_outside(path) {
                bail!(
                    "{}: leads outside of {}: with --untrusted, name the folder itself",
                    written.display(),
                    dir.display()
                );
            }
        }
    }
    let root = match named.as_slice() {
        [only] if only.is_dir() => only.clone(),
        [first, ..] => around(first, &cwd),
        [] => around(&cwd, &cwd),
    };
    let disk = below(&root)?;
    let outside = named.iter().zip(paths);
    let mut outside = outside.filter(|(path, _)| disk.is_outside(path));
    if let Some((_, written)) = outside.next() {
        bail!(
            "{}: lies outside of {}, where the first path does: with --untrusted, check it in a run of its own",
            written.display(),
            root.display()
        );
    }
    Ok(disk)
}

fn below(root: &Path) -> anyhow::Result<Disk> {
    Disk::below(root).with_context(|| root.display().to_string())
}

/// The repository around a path, or the directory that it is taken to belong to where there is none.
fn around(path: &Path, cwd: &Path) -> PathBuf {
    let repository = path.ancestors().find(|dir| is_repository(dir));
    let found = match repository {
        Some(repository) => repository,
        None if path.starts_with(cwd) => cwd,
        None => path.parent().unwrap_or(path),
    };
    found.to_owned()
}

/// Whether git keeps something here: a folder, or a file of a submodule or work tree. It is not followed.
fn is_repository(dir: &Path) -> bool {
    fs::symlink_metadata(dir.join(".git")).is_ok()
}

/// Lets such a run read the settings and the baseline that its command line names outside of the directory: whoever runs
/// it has chosen them, and no change can reach them.
///
/// # Errors
/// Where one of them cannot be read.
pub(super) fn admit(args: &CheckArgs, files: &mut Overlay<'_>) -> anyhow::Result<()> {
    let cwd = working_directory()?;
    let root = files.root().map(Path::to_owned);
    for (flag, named) in [
        ("--config", &args.inputs.config),
        ("--baseline", &args.baseline),
    ] {
        let Some(named) = named else { continue };
        let path = clean(&cwd.join(named));
        if root.as_ref().is_some_and(|root| !path.starts_with(root)) {
            let bytes = Disk::anywhere().read(&path);
            let bytes = bytes.with_context(|| format!("{flag} {}", named.display()))?;
            files.put(&path, bytes);
        }
    }
    Ok(())
}

/// Nothing of the user, the machine or the environment.
pub(super) fn world(files: &dyn Files) -> anyhow::Result<World<'_>> {
    Ok(World {
        files,
        cwd: working_directory()?,
        home: None,
        shell: BTreeMap::new(),
        machine: Vec::new(),
        today: Some(today()),
        apart: None,
    })
}

/// Reads files, and asks nobody.
pub(super) fn looked(prepared: &Prepared, files: &dyn Files) -> Examination {
    examine(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        files,
    )
}
