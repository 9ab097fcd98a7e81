//! Steps that break off where a test wants it.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::fix::write::error::Refusal;
use crate::fix::write::steps::{OnDisk, Steps};

/// What happens instead of a step.
pub(super) enum Instead<'a> {
    /// The step alone fails.
    Fail(io::ErrorKind),
    /// The step and all after it fail.
    FailFromHere,
    /// The process dies as by `kill -9`.
    #[cfg(unix)]
    Die,
    /// The thread unwinds, which runs nothing of the writer: as dying, and cheaper.
    Unwind,
    /// Something happens before the step.
    First(&'a dyn Fn()),
}

/// Steps that are counted, and one of them broken.
pub(super) struct Breaking<'a> {
    at: usize,
    instead: Option<Instead<'a>>,
    /// Whether files are really brought to the disk.
    syncs: bool,
    count: Cell<usize>,
    seen: RefCell<Vec<String>>,
}

impl<'a> Breaking<'a> {
    /// All steps, as they are.
    pub(super) fn nowhere() -> Breaking<'a> {
        Breaking {
            at: 0,
            instead: None,
            syncs: false,
            count: Cell::new(0),
            seen: RefCell::default(),
        }
    }

    /// The step with this number, from 0.
    pub(super) fn at(at: usize, instead: Instead<'a>) -> Breaking<'a> {
        Breaking {
            at,
            instead: Some(instead),
            ..Breaking::nowhere()
        }
    }

    #[cfg(unix)]
    pub(super) fn with_syncs(mut self) -> Breaking<'a> {
        self.syncs = true;
        self
    }

    /// How many steps there were.
    pub(super) fn count(&self) -> usize {
        self.count.get()
    }

    /// The steps, in words.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    fn step(&self, word: &str, paths: &[&Path]) -> io::Result<()> {
        let number = self.count.replace(self.count.get() + 1);
        let names = paths
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap());
        let words: Vec<&str> = std::iter::once(word).chain(names).collect();
        self.seen.borrow_mut().push(words.join(" "));
        match &self.instead {
            Some(Instead::Fail(kind)) if number == self.at => Err((*kind).into()),
            Some(Instead::FailFromHere) if number >= self.at => {
                Err(io::ErrorKind::StorageFull.into())
            }
            #[cfg(unix)]
            Some(Instead::Die) if number == self.at => {
                use rustix::process::{Signal, getpid, kill_process};
                kill_process(getpid(), Signal::KILL).unwrap();
                loop {
                    std::thread::park();
                }
            }
            Some(Instead::Unwind) if number == self.at => {
                std::panic::resume_unwind(Box::new("dead"))
            }
            Some(Instead::First(act)) if number == self.at => {
                act();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Steps for Breaking<'_> {
    fn create(&self, path: &Path, mode: u32) -> io::Result<File> {
        self.step("create", &[path])?;
        OnDisk.create(path, mode)
    }

    fn fill(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.step("fill", &[])?;
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        file.write_all(half)?;
        self.step("fill the rest", &[])?;
        file.write_all(rest)
    }

    fn keep(&self, file: &File, like: &Path) -> Result<(), Refusal> {
        let lost = |error: io::Error| Refusal::Unreadable(error.to_string());
        self.step("keep", &[like]).map_err(lost)?;
        OnDisk.keep(file, like)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.step("sync", &[])?;
        if self.syncs {
            OnDisk.sync(file)?;
        }
        Ok(())
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("replace", &[from, to])?;
        OnDisk.replace(from, to)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("publish", &[from, to])?;
        OnDisk.publish(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove", &[path])?;
        OnDisk.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step("sync names in", &[dir])?;
        if self.syncs {
            OnDisk.sync_dir(dir)?;
        }
        Ok(())
    }
}
