//! Where a value stands: paths, pointers and values that carry them.

use std::fmt;
use std::ops::Range;

/// Bytes of a [`super::Source`]'s text, end exclusive.
pub type Span = Range<usize>;

/// The number of a file in its stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// One step down a tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping, by key.
    Key(Box<str>),
    /// Into a sequence, from 0.
    Index(usize),
}

/// A way from the root of a file to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path of the root.
    pub fn root() -> Path {
        Path::default()
    }

    /// A path of mapping keys.
    pub fn keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Path {
        Path(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// One key further down.
    pub fn key(&self, key: &str) -> Path {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.into()));
        Path(steps)
    }

    /// One item further down.
    pub fn index(&self, index: usize) -> Path {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Path(steps)
    }

    /// The path without its last step; the root's is the root.
    pub fn parent(&self) -> Path {
        let mut steps = self.0.clone();
        steps.pop();
        Path(steps)
    }

    /// The last key on the way, if any.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Index(_) => None,
        })
    }

    /// Whether this path is `other` or below it.
    pub fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Path {
        Path(steps)
    }
}

/// `mcp_servers.db_main.args[0]`; keys that are not plain words stand in quotes.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    let plain = !key.is_empty()
                        && key
                            .chars()
                            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '$'));
                    if plain {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{key:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A node of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer {
    /// Which file.
    pub source: SourceId,
    /// Where in it.
    pub path: Path,
}

impl Pointer {
    /// The root of a file.
    pub fn root(source: SourceId) -> Pointer {
        Pointer {
            source,
            path: Path::root(),
        }
    }

    /// One key further down.
    pub fn key(&self, key: &str) -> Pointer {
        Pointer {
            source: self.source,
            path: self.path.key(key),
        }
    }

    /// One item further down.
    pub fn index(&self, index: usize) -> Pointer {
        Pointer {
            source: self.source,
            path: self.path.index(index),
        }
    }

    /// One step up.
    pub fn parent(&self) -> Pointer {
        Pointer {
            source: self.source,
            path: self.path.parent(),
        }
    }
}

/// Which part of a node is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key alone.
    Key,
    /// The value alone.
    Value,
    /// Key, separator and value.
    Entry,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub at: Pointer,
}

impl<T> At<T> {
    /// A value that stands at `at`.
    pub fn new(value: T, at: Pointer) -> At<T> {
        At { value, at }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At {
            value: f(self.value),
            at: self.at,
        }
    }
}
