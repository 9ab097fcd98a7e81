//! Where files come from: a disk, or memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::Unreadable;

/// What a directory holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// File name.
    pub name: String,
    /// Whether it is a directory (symbolic links to directories are not entered: not one).
    pub is_dir: bool,
}

/// Reads files and lists directories. The only way in which loading sees the world.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why they cannot be had; [`Unreadable::Absent`] when there is nothing at that path. Files above
    /// [`crate::source::MAX_BYTES`] are refused without being read.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable>;

    /// What a directory holds, sorted by name; nothing when it cannot be listed.
    fn list(&self, dir: &Path) -> Vec<Entry>;

    /// Whether `path` is a directory.
    fn is_dir(&self, path: &Path) -> bool;

    /// Whether a repository of git begins in `dir`; that of a submodule or work tree has a file there.
    fn is_repository(&self, dir: &Path) -> bool {
        let git = dir.join(".git");
        self.is_dir(&git) || self.is_file(&git)
    }

    /// The one path of what may have several, symbolic links followed; the path itself when there is nothing.
    fn identity(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    /// Whether there is a file (or something else that is no directory) at `path`. A link that leads to where nothing may
    /// be looked at is such a thing.
    fn is_file(&self, path: &Path) -> bool;

    /// The only directory of which anything may be looked at; `None` where that is every one.
    fn root(&self) -> Option<&Path> {
        None
    }

    /// Whether `path` leads out of [`Files::root`]: then nobody knows what is there, or whether anything is.
    fn is_outside(&self, _path: &Path) -> bool {
        false
    }
}

/// Files held in memory: the examples of check pages.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    root: Option<PathBuf>,
}

impl Memory {
    /// The same files, of which only those in `root` may be looked at.
    #[must_use]
    pub fn below(self, root: impl Into<PathBuf>) -> Memory {
        Memory {
            root: Some(root.into()),
            ..self
        }
    }

    /// Adds or replaces a file at an absolute path.
    pub fn insert(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match self.files.get(path) {
            _ if self.is_outside(path) => Err(Unreadable::Outside),
            Some(bytes) => Ok(bytes.clone()),
            None if self.is_dir(path) => Err(Unreadable::Directory),
            None => Err(Unreadable::Absent),
        }
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        if self.is_outside(dir) {
            return entries;
        }
        for path in self.files.keys() {
            let Ok(rest) = path.strip_prefix(dir) else {
                continue;
            };
            let mut parts = rest.components();
            let Some(first) = parts.next() else { continue };
            let name = first.as_os_str().to_string_lossy().into_owned();
            let is_dir = parts.next().is_some();
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry { name, is_dir });
            }
        }
        entries
    }

    fn is_dir(&self, path: &Path) -> bool {
        let below = |file: &PathBuf| file != path && file.starts_with(path);
        !self.is_outside(path) && self.files.keys().any(below)
    }

    fn is_file(&self, path: &Path) -> bool {
        !self.is_outside(path) && self.files.contains_key(path)
    }

    fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    fn is_outside(&self, path: &Path) -> bool {
        let root = self.root.as_ref();
        root.is_some_and(|root| !path.starts_with(root))
    }
}
