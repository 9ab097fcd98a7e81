//! Files that remember what they were asked, so that the same can be answered where they are not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::load::{Entry, Files};
use crate::source::Unreadable;

/// What there is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    File,
    Folder,
    Nothing,
}

/// What was seen at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub is: Is,
    /// What reading it gave, if it was read.
    pub read: Option<Result<Vec<u8>, Unreadable>>,
    /// What it holds, if it was listed.
    pub list: Option<Vec<Entry>>,
    /// Where symbolic links lead from there, if elsewhere.
    pub real: Option<PathBuf>,
}

impl Look {
    pub fn at(is: Is) -> Look {
        Look {
            is,
            read: None,
            list: None,
            real: None,
        }
    }
}

/// Everything that was seen.
pub(super) type Seen = BTreeMap<PathBuf, Look>;

/// Files, and what each of them answered.
pub struct Looks<'a> {
    files: &'a dyn Files,
    seen: RefCell<Seen>,
}

impl std::fmt::Debug for Looks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Looks")
    }
}

impl<'a> Looks<'a> {
    /// Nothing asked yet.
    pub fn of_files(files: &'a dyn Files) -> Looks<'a> {
        Looks {
            files,
            seen: RefCell::default(),
        }
    }

    /// The files that were read so far.
    pub fn read_files(&self) -> Vec<PathBuf> {
        let seen = self.seen.borrow();
        let read = seen.iter().filter(|(_, look)| look.read.is_some());
        read.map(|(path, _)| path.clone()).collect()
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Takes note of what is at a path, and of what was asked about it.
    fn note(&self, path: &Path, what: impl FnOnce(&mut Look)) {
        let mut seen = self.seen.borrow_mut();
        let look = seen.entry(path.to_owned()).or_insert_with(|| {
            Look::at(match (self.files.is_dir(path), self.files.is_file(path)) {
                (true, _) => Is::Folder,
                (_, true) => Is::File,
                _ => Is::Nothing,
            })
        });
        what(look);
    }
}

impl Files for Looks<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let read = self.files.read(path);
        self.note(path, |look| look.read = Some(read.clone()));
        read
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        let list = self.files.list(dir);
        self.note(dir, |look| look.list = Some(list.clone()));
        list
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.note(path, |_| {});
        self.files.is_dir(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        let real = self.files.identity(path);
        self.note(path, |look| {
            look.real = Some(real.clone()).filter(|real| real != path);
        });
        real
    }

    fn is_file(&self, path: &Path) -> bool {
        self.note(path, |_| {});
        self.files.is_file(path)
    }
}

/// Files that are not there: they answer as those did that were looked at.
#[derive(Debug)]
pub struct Kept {
    seen: Seen,
    unknown: RefCell<BTreeSet<PathBuf>>,
}

/// Why a file cannot be read that nobody looked at.
const UNKNOWN: &str = "it is not in the bundle: whatever wrote that did not look at it";

impl Kept {
    pub(super) fn of(seen: Seen) -> Kept {
        Kept {
            seen,
            unknown: RefCell::default(),
        }
    }

    /// Paths that were asked for and of which nothing is known.
    pub fn unknown(&self) -> Vec<PathBuf> {
        self.unknown.borrow().iter().cloned().collect()
    }

    /// What is at a path, as far as that can be told: by a look at it, at its directory, or at what is below it.
    fn is(&self, path: &Path) -> Option<Is> {
        if let Some(look) = self.seen.get(path) {
            return Some(look.is);
        }
        let mut below = self.seen.range(path.to_owned()..);
        let mut below = std::iter::from_fn(|| below.next().filter(|(at, _)| at.starts_with(path)));
        if below.any(|(_, look)| look.is != Is::Nothing) {
            return Some(Is::Folder);
        }
        let above = path.parent()?;
        let name = path.file_name()?.to_str()?;
        match self.seen.get(above) {
            // What could not be listed looks empty.
            Some(Look {
                list: Some(list), ..
            }) if !list.is_empty() => {
                let entry = list.iter().find(|entry| entry.name == name);
                Some(match entry {
                    Some(entry) if entry.is_dir => Is::Folder,
                    Some(_) => Is::File,
                    None => Is::Nothing,
                })
            }
            _ => match self.is(above)? {
                Is::Nothing | Is::File => Some(Is::Nothing),
                Is::Folder => None,
            },
        }
    }

    fn known(&self, path: &Path) -> Option<Is> {
        let is = self.is(path);
        if is.is_none() {
            self.unknown.borrow_mut().insert(path.to_owned());
        }
        is
    }
}

impl Files for Kept {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        if let Some(read) = self.seen.get(path).and_then(|look| look.read.as_ref()) {
            return read.clone();
        }
        match self.known(path) {
            Some(Is::Nothing) => Err(Unreadable::Absent),
            Some(Is::Folder) => Err(Unreadable::Directory),
            Some(Is::File) | None => {
                self.unknown.borrow_mut().insert(path.to_owned());
                Err(Unreadable::Failed(UNKNOWN.to_owned()))
            }
        }
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        match self.seen.get(dir).and_then(|look| look.list.as_ref()) {
            Some(list) => list.clone(),
            None => {
                if self.known(dir) == Some(Is::Folder) {
                    self.unknown.borrow_mut().insert(dir.to_owned());
                }
                Vec::new()
            }
        }
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.known(path) == Some(Is::Folder)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        let look = self.seen.get(path);
        look.and_then(|look| look.real.clone())
            .unwrap_or_else(|| path.to_owned())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.known(path) == Some(Is::File)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Memory;

    #[test]
    fn what_was_asked_is_answered_and_nothing_else_is_made_up() {
        let mut memory = Memory::default();
        memory.insert("/a/x.yaml", "x");
        memory.insert("/a/b/y.yaml", "y");
        memory.insert("/a/b/z.yaml", "z");
        memory.insert("/c/w.yaml", "w");
        let looks = Looks::of_files(&memory);
        let path = Path::new;
        assert_eq!(looks.read(path("/a/x.yaml")), Ok(b"x".to_vec()));
        assert!(looks.is_file(path("/a/b/y.yaml")) && !looks.is_file(path("/c/gone.yaml")));
        assert!(!looks.is_dir(path("/d")));
        looks.list(path("/a"));
        let kept = Kept::of(looks.seen());
        assert_eq!(kept.read(path("/a/x.yaml")), Ok(b"x".to_vec()));
        assert_eq!(kept.list(path("/a")), memory.list(path("/a")));
        assert!(kept.is_file(path("/a/b/y.yaml")) && kept.is_dir(path("/a/b")));
        assert!(!kept.is_file(path("/c/gone.yaml")));
        // A list says what there is not, and so does what is above.
        assert_eq!(kept.read(path("/a/gone.yaml")), Err(Unreadable::Absent));
        assert_eq!(kept.read(path("/d/below/it.yaml")), Err(Unreadable::Absent));
        assert_eq!(kept.read(path("/a/b")), Err(Unreadable::Directory));
        assert_eq!(kept.unknown(), Vec::<PathBuf>::new());
        // Nobody looked at these.
        for unknown in ["/a/b/y.yaml", "/a/b/z.yaml", "/c/w.yaml"] {
            let read = kept.read(path(unknown));
            assert_eq!(read, Err(Unreadable::Failed(UNKNOWN.to_owned())));
        }
        assert_eq!(kept.unknown().len(), 3);
    }
}
