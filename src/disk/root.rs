//! A directory that is not left: paths are followed link by link, and where one leads out nothing is touched.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::refused;
use crate::load::clean;
use crate::source::Unreadable;

/// As many links as Linux follows in one path.
const MAX_LINKS: usize = 40;

/// The directory, by two names.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// As it was given: paths below it may begin with this.
    given: PathBuf,
    /// Without links.
    real: PathBuf,
}

/// A step of a path.
enum Step {
    Up,
    Down(OsString),
}

impl Root {
    /// # Errors
    /// When the directory cannot be resolved.
    pub fn at(dir: &Path) -> io::Result<Root> {
        Ok(Root {
            given: clean(dir),
            real: fs::canonicalize(dir)?,
        })
    }

    /// The directory as it was given.
    pub fn given(&self) -> &Path {
        &self.given
    }

    /// Whether a path begins in the directory, wherever links in it lead.
    pub fn begins(&self, path: &Path) -> bool {
        self.below(&clean(path)).is_some()
    }

    /// What a path leads to, without links; [`Unreadable::Outside`] where that is not in the directory. The kernel would
    /// follow links to the end, and touch what is outside: a mount there may wait for ever, or ask another machine.
    pub fn follow(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        let mut rest = self.below(&clean(path)).ok_or(Unreadable::Outside)?;
        let mut here = self.real.clone();
        let mut links = 0;
        while let Some(step) = rest.pop_front() {
            let name = match step {
                Step::Up if here == self.real => return Err(Unreadable::Outside),
                Step::Up => {
                    here.pop();
                    continue;
                }
                Step::Down(name) => name,
            };
            let next = here.join(name);
            let found = fs::symlink_metadata(&next).map_err(|error| refused(&error))?;
            if !found.is_symlink() {
                here = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(Unreadable::Failed("too many links in its path".to_owned()));
            }
            let target = fs::read_link(&next).map_err(|error| refused(&error))?;
            let mut led = if target.has_root() {
                here.clone_from(&self.real);
                self.below(&target)
            } else {
                steps(&target)
            }
            .ok_or(Unreadable::Outside)?;
            led.append(&mut rest);
            rest = led;
        }
        Ok(here)
    }

    /// The steps from the directory to an absolute path that begins in it.
    fn below(&self, path: &Path) -> Option<VecDeque<Step>> {
        let names = [&self.given, &self.real];
        names
            .into_iter()
            .find_map(|name| steps(path.strip_prefix(name).ok()?))
    }
}

/// The steps of a relative path.
fn steps(path: &Path) -> Option<VecDeque<Step>> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts
        .map(|part| match part {
            Component::ParentDir => Some(Step::Up),
            Component::Normal(name) => Some(Step::Down(name.to_owned())),
            _ => None,
        })
        .collect()
}
