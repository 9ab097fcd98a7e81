//! Files as they would be after edits, without a byte written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::load::{Entry, Files};
use crate::source::Unreadable;

/// Files of which some are replaced, and some are there that are not yet.
#[derive(Clone)]
pub struct Overlay<'a> {
    below: &'a dyn Files,
    /// By the path that symbolic links lead to.
    changed: BTreeMap<PathBuf, Vec<u8>>,
}

impl<'a> Overlay<'a> {
    /// The files as they are.
    pub fn over(below: &'a dyn Files) -> Overlay<'a> {
        Overlay {
            below,
            changed: BTreeMap::new(),
        }
    }

    /// Lets a file hold these bytes.
    pub fn put(&mut self, path: &Path, bytes: Vec<u8>) {
        self.changed.insert(self.below.identity(path), bytes);
    }

    /// What was put, by the path that symbolic links lead to.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.changed
            .iter()
            .map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    pub(super) fn put_at(&self, path: &Path) -> Option<&Vec<u8>> {
        match self.changed.is_empty() {
            true => None,
            false => self.changed.get(&self.below.identity(path)),
        }
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match self.put_at(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.below.read(path),
        }
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        let mut entries = self.below.list(dir);
        let real = self.below.identity(dir);
        for path in self.changed.keys() {
            if path.parent() != Some(&real) {
                continue;
            }
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if let Err(at) = entries.binary_search_by(|entry| entry.name.as_str().cmp(name)) {
                let name = name.to_owned();
                entries.insert(
                    at,
                    Entry {
                        name,
                        is_dir: false,
                    },
                );
            }
        }
        entries
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.below.is_dir(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        self.below.identity(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        self.put_at(path).is_some() || self.below.is_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Memory;

    #[test]
    fn what_was_put_hides_what_was_there() {
        let mut below = Memory::default();
        below.insert("/a/b.yaml", "old");
        below.insert("/a/d.yaml", "as it was");
        let mut files = Overlay::over(&below);
        files.put(Path::new("/a/b.yaml"), b"new".to_vec());
        files.put(Path::new("/a/c.json"), b"{}".to_vec());
        assert_eq!(files.read(Path::new("/a/b.yaml")), Ok(b"new".to_vec()));
        assert_eq!(
            files.read(Path::new("/a/d.yaml")),
            Ok(b"as it was".to_vec())
        );
        assert!(files.is_file(Path::new("/a/c.json")));
        let listed: Vec<String> = files
            .list(Path::new("/a"))
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(listed, ["b.yaml", "c.json", "d.yaml"]);
    }
}
