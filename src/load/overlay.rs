//! Files as they would be after edits, or were before a change, without a byte written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Entry, Files};
use crate::source::Unreadable;

/// Files of which some are replaced, some are there that are not yet, and some are gone.
#[derive(Clone)]
pub struct Overlay<'a> {
    below: &'a dyn Files,
    /// By the path that symbolic links lead to; nothing for what is gone.
    changed: BTreeMap<PathBuf, Option<Vec<u8>>>,
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
        self.changed.insert(self.below.identity(path), Some(bytes));
    }

    /// Lets there be no such file.
    pub fn hide(&mut self, path: &Path) {
        self.changed.insert(self.below.identity(path), None);
    }

    /// What was put, by the path that symbolic links lead to.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.changed
            .iter()
            .filter_map(|(path, bytes)| Some((path.as_path(), bytes.as_deref()?)))
    }

    /// What became of a file; nothing where it is as it was.
    pub(crate) fn put_at(&self, path: &Path) -> Option<&Option<Vec<u8>>> {
        match self.changed.is_empty() {
            true => None,
            false => self.changed.get(&self.below.identity(path)),
        }
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        match self.put_at(path) {
            Some(Some(bytes)) => Ok(bytes.clone()),
            Some(None) => Err(Unreadable::Absent),
            None => self.below.read(path),
        }
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        let mut entries = self.below.list(dir);
        let real = self.below.identity(dir);
        for (path, bytes) in &self.changed {
            let Ok(rest) = path.strip_prefix(&real) else {
                continue;
            };
            let mut parts = rest.iter();
            let Some(name) = parts.next().and_then(|name| name.to_str()) else {
                continue;
            };
            let is_dir = parts.next().is_some();
            let at = entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
            match (at, bytes) {
                (Ok(at), None) if !is_dir => {
                    entries.remove(at);
                }
                (Err(at), Some(_)) => {
                    let name = name.to_owned();
                    entries.insert(at, Entry { name, is_dir });
                }
                _ => {}
            }
        }
        entries
    }

    fn is_dir(&self, path: &Path) -> bool {
        let holds = |(file, bytes): (&PathBuf, &Option<Vec<u8>>)| {
            bytes.is_some() && file != path && file.starts_with(path)
        };
        self.below.is_dir(path) || self.changed.iter().any(holds)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        self.below.identity(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        match self.put_at(path) {
            Some(bytes) => bytes.is_some(),
            None => self.below.is_file(path),
        }
    }

    fn root(&self) -> Option<&Path> {
        self.below.root()
    }

    fn is_outside(&self, path: &Path) -> bool {
        self.put_at(path).is_none() && self.below.is_outside(path)
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

    #[test]
    fn what_is_hidden_is_gone_and_what_is_put_into_a_new_folder_is_found() {
        let mut below = Memory::default();
        below.insert("/a/b.yaml", "there");
        below.insert("/a/d.yaml", "there");
        let mut files = Overlay::over(&below);
        files.hide(Path::new("/a/b.yaml"));
        files.put(Path::new("/a/c/e.yaml"), b"new".to_vec());
        assert_eq!(files.read(Path::new("/a/b.yaml")), Err(Unreadable::Absent));
        assert!(!files.is_file(Path::new("/a/b.yaml")) && files.is_dir(Path::new("/a/c")));
        let listed: Vec<(String, bool)> = files
            .list(Path::new("/a"))
            .into_iter()
            .map(|entry| (entry.name, entry.is_dir))
            .collect();
        assert_eq!(
            listed,
            [("c".to_owned(), true), ("d.yaml".to_owned(), false)]
        );
    }
}
