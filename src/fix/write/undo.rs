//! A write is taken back: its old bytes come back where its new ones are, and what it created goes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::WriteError;
use super::journal::{Entry, Journal, Now, Store};
use super::steps::{OnDisk, Steps};
use super::{Like, stage, sync_dirs, target};

/// What taking back did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// When the write began that was taken back.
    pub since: SystemTime,
    /// Files that have their old bytes again. With `removed` empty, too: none had new ones.
    pub restored: Vec<PathBuf>,
    /// Files that the write had created, backups included, and that are gone.
    pub removed: Vec<PathBuf>,
}

/// For a person: what is as it was.
impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = humantime::format_rfc3339_seconds(self.since);
        let list = |paths: &[PathBuf]| {
            let names: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            names.join(", ")
        };
        let mut done = Vec::new();
        if !self.restored.is_empty() {
            done.push(format!("put back {}", list(&self.restored)));
        }
        if !self.removed.is_empty() {
            done.push(format!("removed {}", list(&self.removed)));
        }
        if done.is_empty() {
            return write!(
                f,
                "nothing is left of the write of {since}: its files have their old text"
            );
        }
        write!(f, "took back the write of {since}: {}", done.join(" and "))
    }
}

/// Takes the last write back, or the one that is half done, all of it or nothing. A file that has its old bytes already
/// is left alone. What dies in the middle is taken up by the next `undo`.
///
/// # Errors
///
/// If a file is not what the write made of it, or cannot be written; if there is no write to take back.
pub fn undo(state: &Path) -> Result<Undone, WriteError> {
    undo_by(&OnDisk, state)
}

pub(super) fn undo_by(steps: &dyn Steps, state: &Path) -> Result<Undone, WriteError> {
    let nothing = || WriteError::NothingToUndo(state.to_owned());
    let store = Store::existing(state)?.ok_or_else(nothing)?;
    store.discard_draft(steps)?;
    if let Some(journal) = store.unfinished()? {
        return take_back(steps, &store, &journal);
    }
    let journal = store.last()?.ok_or_else(nothing)?;
    let now = store.now(&journal);
    if now.has_others() {
        return Err(WriteError::ChangedSince {
            now: Box::new(now),
            journal: store.path_of_last(),
        });
    }
    writable(&store, &journal, journal.files.len())?;
    store.reopen(steps)?;
    take_back(steps, &store, &journal)
}

/// Takes back a write that broke off by itself when it had written the first `written` files, and says why it did.
pub(super) fn after(
    steps: &dyn Steps,
    store: &Store,
    journal: &Journal,
    written: usize,
    cause: WriteError,
) -> WriteError {
    match restore(steps, store, journal, written) {
        Ok(_) => cause,
        Err(_) => half_done(store, journal, cause),
    }
}

fn take_back(steps: &dyn Steps, store: &Store, journal: &Journal) -> Result<Undone, WriteError> {
    restore(steps, store, journal, journal.files.len()).map_err(|cause| match cause {
        // It stands as that says.
        WriteError::Unfinished(_) => cause,
        cause => half_done(store, journal, cause),
    })
}

fn half_done(store: &Store, journal: &Journal, cause: WriteError) -> WriteError {
    let now = store.now(journal);
    if now.is_old() {
        return cause;
    }
    WriteError::HalfDone {
        cause: Box::new(cause),
        now: Box::new(now),
    }
}

fn restore(
    steps: &dyn Steps,
    store: &Store,
    journal: &Journal,
    written: usize,
) -> Result<Undone, WriteError> {
    store.sweep(steps, journal)?;
    let entries = writable(store, journal, written)?;
    for entry in &entries {
        if let Some(old) = entry.old() {
            let temporary = journal.beside(&entry.real);
            stage(steps, entry, &temporary, old, Like::The(&entry.real))?;
        }
    }
    let mut undone = Undone {
        since: store.now(journal).since,
        restored: Vec::new(),
        removed: Vec::new(),
    };
    for entry in entries {
        if entry.now() != Now::New {
            return Err(WriteError::Unfinished(Box::new(store.now(journal))));
        }
        let (done, list) = match entry.old() {
            Some(_) => {
                let temporary = journal.beside(&entry.real);
                let done = steps.replace(&temporary, &entry.real);
                (done, &mut undone.restored)
            }
            None => (steps.remove(&entry.real), &mut undone.removed),
        };
        done.map_err(|error| entry.not_replaced(error))?;
        list.push(entry.path.clone());
    }
    sync_dirs(steps, journal)?;
    undone.removed.extend(store.forget(steps, journal)?);
    Ok(undone)
}

/// The files that have new bytes, if all of them can be written and none of the first `written` files has others.
fn writable<'a>(
    store: &Store,
    journal: &'a Journal,
    written: usize,
) -> Result<Vec<&'a Entry>, WriteError> {
    let now = store.now(journal);
    let states = || now.files.iter().map(|(_, now)| now);
    if states()
        .take(written)
        .any(|now| matches!(now, Now::Other(_)))
    {
        return Err(WriteError::Unfinished(Box::new(now)));
    }
    let entries = journal.files.iter().zip(states());
    let entries: Vec<&Entry> = entries
        .filter_map(|(entry, now)| (*now == Now::New).then_some(entry))
        .collect();
    for entry in &entries {
        target::writable(&entry.real).map_err(|why| WriteError::refused(&entry.path, why))?;
    }
    Ok(entries)
}
