//! Files whose bytes are hashed while they are read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ring::digest;

use crate::load::{Entry, Files};
use crate::source::Unreadable;

/// Files, and the hash of each that was read.
pub struct Digests<'a> {
    files: &'a dyn Files,
    read: RefCell<BTreeMap<PathBuf, Vec<u8>>>,
}

impl std::fmt::Debug for Digests<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digests")
    }
}

impl<'a> Digests<'a> {
    /// Nothing read yet.
    pub fn of_files(files: &'a dyn Files) -> Digests<'a> {
        Digests {
            files,
            read: RefCell::default(),
        }
    }

    /// The hash of a file that was read.
    pub fn of(&self, path: &Path) -> Option<Vec<u8>> {
        self.read.borrow().get(path).cloned()
    }
}

impl Files for Digests<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.files.read(path)?;
        let hash = digest::digest(&digest::SHA256, &bytes);
        let mut read = self.read.borrow_mut();
        read.insert(path.to_owned(), hash.as_ref().to_vec());
        Ok(bytes)
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        self.files.list(dir)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.files.is_dir(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        self.files.identity(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.is_file(path)
    }

    fn root(&self) -> Option<&Path> {
        self.files.root()
    }

    fn is_outside(&self, path: &Path) -> bool {
        self.files.is_outside(path)
    }
}
