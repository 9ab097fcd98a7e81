//! Texts become files: all of them or none, and never half of one.
//!
//! A write looks at every file before it touches one. Then it records in the state directory what it is about to do,
//! with the old bytes; puts every new text, complete and on the disk, beside its file; and only then renames them into
//! place. Whenever it dies, each file has its old bytes or its new ones. If some have these and some those,
//! [`unfinished`] says so, the next write refuses, and [`undo`] takes it back.
//!
//! What is kept of a file: mode, owner and group, and on Linux its access control list, its `user.` attributes and its
//! SELinux label; a file for which that is not possible is refused. Not kept are other attributes, the access control
//! lists of macOS, and further names of the file (hard links), which keep the old text.

mod error;
mod journal;
mod keep;
mod steps;
mod target;
mod undo;

#[cfg(test)]
mod tests;

pub use error::{Refusal, WriteError};
pub use journal::{Now, Unfinished};
pub use undo::{Undone, undo};

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use journal::{Entry, Journal, Store};
use steps::{OnDisk, Steps};
use target::Target;

/// One file that changes.
#[derive(Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Where it is; symbolic links are followed.
    pub path: PathBuf,
    /// Its bytes as they were read. `None`: there must be nothing, in a directory that exists.
    pub was: Option<Vec<u8>>,
    /// Its bytes afterwards.
    pub becomes: Vec<u8>,
}

/// The bytes may hold secrets.
impl std::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replacement")
            .field("path", &self.path)
            .field("is_new", &self.was.is_none())
            .finish_non_exhaustive()
    }
}

/// How files are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// Whether the old bytes stay beside each file, as `NAME.bak`, or `NAME.bak.1` and so on where that is taken. They
    /// are beside the file itself where a symbolic link leads to it.
    pub backup: bool,
    /// The directory that holds what [`undo`] needs of the last write; see [`state_dir`].
    pub state: PathBuf,
}

/// What a write did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files with a new text, by the names that were given.
    pub files: Vec<PathBuf>,
    /// Files that hold the old bytes.
    pub backups: Vec<PathBuf>,
    /// What is for a person to know.
    pub remarks: Vec<String>,
}

/// The directory for what a write has to remember: `$XDG_STATE_HOME/mcpdoc`, else `~/.local/state/mcpdoc`. `None` if the
/// environment names no home.
pub fn state_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    [
        ("XDG_STATE_HOME", "mcpdoc"),
        ("HOME", ".local/state/mcpdoc"),
        ("LOCALAPPDATA", "mcpdoc"),
    ]
    .into_iter()
    .find_map(|(name, below)| {
        let dir = PathBuf::from(variable(name)?);
        dir.is_absolute().then(|| dir.join(below))
    })
}

/// Writes files: all or none. A file that has its new bytes already is left alone.
///
/// The last write stays in the state directory for [`undo`]; the one before it is forgotten.
///
/// # Errors
///
/// If a file cannot be written, or an earlier write is half done. Every file is then as it was before, except with
/// [`WriteError::HalfDone`], which says what is what.
pub fn write(files: &[Replacement], writing: &Writing) -> Result<Written, WriteError> {
    write_by(&OnDisk, files, writing)
}

/// What a write left half done that died: some files have their new bytes, some have not. `None` if each file has its old
/// bytes, or each its new ones. Changes nothing.
///
/// # Errors
///
/// If another mcpdoc is in the middle of writing, or the state directory cannot be read.
pub fn unfinished(state: &Path) -> Result<Option<Unfinished>, WriteError> {
    let Some(store) = Store::with_unfinished(state)? else {
        return Ok(None);
    };
    let journal = store.unfinished()?;
    let found = journal.map(|journal| store.now(&journal));
    Ok(found.filter(Unfinished::is_mixed))
}

fn write_by(
    steps: &dyn Steps,
    files: &[Replacement],
    writing: &Writing,
) -> Result<Written, WriteError> {
    let store = Store::open(steps, &writing.state)?;
    store.settle(steps)?;
    let files: Vec<&Replacement> = files
        .iter()
        .filter(|file| file.was.as_ref() != Some(&file.becomes))
        .collect();
    let targets = target::find_all(&files)?;
    if files.is_empty() {
        return Ok(Written::default());
    }
    let journal = Journal::of(&files, &targets, writing.backup);
    let mut written = 0;
    match carry_out(steps, &store, &journal, &files, &targets, &mut written) {
        Ok(()) => Ok(Written {
            files: files.iter().map(|file| file.path.clone()).collect(),
            backups: journal.files.iter().filter_map(Entry::backup).collect(),
            remarks: targets.into_iter().flat_map(|file| file.remarks).collect(),
        }),
        Err(cause) => Err(undo::after(steps, &store, &journal, written, cause)),
    }
}

/// Counts in `written` the files that have their new bytes.
fn carry_out(
    steps: &dyn Steps,
    store: &Store,
    journal: &Journal,
    files: &[&Replacement],
    targets: &[Target],
    written: &mut usize,
) -> Result<(), WriteError> {
    store.begin(steps, journal)?;
    let mode = target::mode_of_new(targets);
    for (entry, file) in journal.files.iter().zip(files) {
        let like = match file.was {
            Some(_) => Like::The(&entry.real),
            None => Like::New(mode),
        };
        stage(
            steps,
            entry,
            &journal.beside(&entry.real),
            &file.becomes,
            like,
        )?;
        if let (Some(backup), Some(was)) = (entry.backup(), &file.was) {
            stage(steps, entry, &journal.beside(&backup), was, like)?;
        }
    }
    for entry in &journal.files {
        if let Some(backup) = entry.backup() {
            steps
                .publish(&journal.beside(&backup), &backup)
                .map_err(|error| WriteError::failed("create", &backup, error))?;
        }
    }
    for (entry, file) in journal.files.iter().zip(files) {
        let temporary = journal.beside(&entry.real);
        // Once more, as late as can be: what somebody saves between this look and the rename would be lost.
        target::unchanged(&entry.real, file.was.as_deref())
            .map_err(|why| WriteError::refused(&entry.path, why))?;
        let moved = match file.was {
            Some(_) => steps.replace(&temporary, &entry.real),
            None => steps.publish(&temporary, &entry.real),
        };
        moved.map_err(|error| entry.not_replaced(error))?;
        *written += 1;
    }
    sync_dirs(steps, journal)?;
    store.finish(steps)
}

/// What a file takes its mode and owner from.
#[derive(Clone, Copy)]
enum Like<'a> {
    /// Another file.
    The(&'a Path),
    /// Nothing: it is new, and open to nobody whom this mode shuts out.
    New(u32),
}

/// A complete file at `temporary`, on the disk.
fn stage(
    steps: &dyn Steps,
    entry: &Entry,
    temporary: &Path,
    bytes: &[u8],
    like: Like<'_>,
) -> Result<(), WriteError> {
    let failed = |error| WriteError::failed("write", temporary, error);
    let mode = match like {
        Like::The(_) => PRIVATE,
        Like::New(mode) => mode,
    };
    let mut file = steps.create(temporary, mode).map_err(failed)?;
    steps.fill(&mut file, bytes).map_err(failed)?;
    if let Like::The(other) = like {
        steps
            .keep(&file, other)
            .map_err(|why| WriteError::refused(&entry.path, why))?;
    }
    steps.sync(&file).map_err(failed)
}

/// The mode of files that may hold secrets.
const PRIVATE: u32 = 0o600;

/// Makes the names of the files last.
fn sync_dirs(steps: &dyn Steps, journal: &Journal) -> Result<(), WriteError> {
    let mut dirs: Vec<&Path> = journal
        .files
        .iter()
        .filter_map(|entry| entry.real.parent())
        .collect();
    dirs.sort_unstable();
    dirs.dedup();
    for dir in dirs {
        let synced = steps.sync_dir(dir);
        synced.map_err(|error| WriteError::failed("sync", dir, error))?;
    }
    Ok(())
}
