//! Why files are not written.

use std::io;
use std::path::{Path, PathBuf};

use super::journal::{Now, Unfinished};

/// Why there was no write, or no undo.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// This file cannot be written.
    #[error("{} {why}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        why: Refusal,
    },
    /// The operating system refused a step.
    #[error("cannot {step} {}: {error}", path.display())]
    Failed {
        /// As in "cannot write".
        step: &'static str,
        /// What it was to be done to.
        path: PathBuf,
        /// Its words.
        error: io::Error,
    },
    /// Another mcpdoc holds the lock.
    #[error("another mcpdoc is writing ({} is locked): try again when it has ended", .0.display())]
    Busy(PathBuf),
    /// An earlier write has to be taken back first.
    #[error("{0}")]
    Unfinished(Box<Unfinished>),
    /// Neither finished nor taken back: some files have their new bytes.
    #[error("{cause}, and going back failed: {now}")]
    HalfDone {
        /// What broke it off.
        cause: Box<WriteError>,
        /// How it stands.
        now: Box<Unfinished>,
    },
    /// Files are not what the finished write made of them, so that it is not taken back.
    #[error("{}", changed_since(.now, .journal))]
    ChangedSince {
        /// How its files stand.
        now: Box<Unfinished>,
        /// The file that has their old bytes.
        journal: PathBuf,
    },
    /// There is nothing that could be taken back.
    #[error("{} knows of no write that could be taken back", .0.display())]
    NothingToUndo(PathBuf),
    /// The journal is damaged, or from another version.
    #[error("{} is not a journal that mcpdoc {version} reads ({why}): use the mcpdoc that wrote it, or delete it to leave the files as they are", path.display(), version = env!("CARGO_PKG_VERSION"))]
    NoJournal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl WriteError {
    pub(super) fn refused(path: &Path, why: Refusal) -> WriteError {
        WriteError::Refused {
            path: path.to_owned(),
            why,
        }
    }

    pub(super) fn failed(step: &'static str, path: &Path, error: io::Error) -> WriteError {
        WriteError::Failed {
            step,
            path: path.to_owned(),
            error,
        }
    }
}

/// What is in the way of writing a file; follows its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has other bytes.
    #[error("was changed since it was read: run mcpdoc again")]
    Changed,
    /// It is not there any more.
    #[error("is not there any more: run mcpdoc again")]
    Gone,
    /// It would be created, and something has its name.
    #[error("would be created, and is there already: move it away, or run mcpdoc again with it")]
    Exists,
    /// It would be created, and its directory is missing.
    #[error("would be created, and there is no directory {}: create it first", .0.display())]
    NoDirectory(PathBuf),
    /// Following its symbolic links has no end.
    #[error("is a symbolic link that leads back to itself")]
    Loop,
    /// It is something else.
    #[error("is {0}, not a regular file")]
    Kind(&'static str),
    /// It cannot be looked at.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is not meant to be written, or not by this user.
    #[error("may not be written: {0}")]
    ReadOnly(String),
    /// It is a mount point.
    #[error(
        "is itself mounted, as a single file into a container is, and cannot be replaced: run mcpdoc where the file comes from, or mount its directory"
    )]
    Mounted,
    /// Another name leads to it, with another text.
    #[error("is the same file as {}, and would be written twice", .0.display())]
    Twice(PathBuf),
    /// Its name is no text.
    #[error("has a name that is not UTF-8, which the journal cannot hold")]
    Name,
    /// The new file would not be like the old one.
    #[error("cannot keep its {what}: {error}")]
    Lost {
        /// What would be lost.
        what: &'static str,
        /// The operating system's words.
        error: String,
    },
}

fn changed_since(now: &Unfinished, journal: &Path) -> String {
    let files = now.files.iter().filter_map(|(path, now)| match now {
        Now::Other(how) => Some(format!("{} {how}", path.display())),
        Now::Old | Now::New => None,
    });
    let files: Vec<String> = files.collect();
    format!(
        "the write of {} is not taken back: {}; the old text is in {}, in base64",
        humantime::format_rfc3339_seconds(now.since),
        files.join(", "),
        journal.display()
    )
}
