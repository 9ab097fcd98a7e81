//! What a file's values are read against: a directory for its paths, variables for its interpolation.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use super::interpolate::{Interpolated, interpolate};
use crate::model::Text;
use crate::source::{Node, Source, Style};

/// Interpolation in one project may write this many bytes; then texts stay as they are written.
const MAX_WRITTEN: usize = 64 * 1024 * 1024;

/// The number of a scope in its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(pub usize);

impl ScopeId {
    /// The project's own.
    pub const MAIN: ScopeId = ScopeId(0);
}

/// A directory and variables.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Relative paths count from here.
    pub dir: PathBuf,
    /// What interpolation sees.
    pub variables: Rc<Variables>,
}

impl Scope {
    /// A value with its variables filled in.
    pub fn interpolate(&self, written: &str) -> Interpolated {
        self.variables
            .interpolate(written, &|name| self.variables.look(name))
    }
}

/// Variables for interpolation: the shell's go before those of files.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    shell: BTreeMap<String, String>,
    files: HashMap<String, Text>,
    /// Whether there are files that may not be read: a variable that nothing defines may stand there.
    is_partial: bool,
    written: Rc<Cell<usize>>,
}

impl Variables {
    /// The variables of a shell alone.
    pub fn of_shell(shell: &BTreeMap<String, String>) -> Variables {
        Variables {
            shell: shell.clone(),
            ..Variables::default()
        }
    }

    /// The value of a variable, if anybody defines it.
    pub fn get(&self, name: &str) -> Option<Cow<'_, Text>> {
        match self.shell.get(name) {
            Some(value) => Some(Cow::Owned(Text::known(value))),
            None => self.files.get(name).map(Cow::Borrowed),
        }
    }

    /// The value of a variable, or what stands for it where it may be defined in what may not be read.
    pub fn look(&self, name: &str) -> Option<Cow<'_, Text>> {
        self.get(name).or_else(|| self.unread(name))
    }

    /// What stands for a variable that nothing defines, where it may be defined all the same: then no default counts.
    pub fn unread(&self, name: &str) -> Option<Cow<'static, Text>> {
        self.is_partial.then(|| {
            Cow::Owned(Text {
                text: format!("${{{name}}}"),
                known: false,
            })
        })
    }

    /// Notes that a file with more of them may not be read.
    pub fn note_unread(&mut self) {
        self.is_partial = true;
    }

    /// Sets a variable whatever the shell says.
    pub fn set(&mut self, name: &str, value: Text) {
        self.shell.remove(name);
        self.files.insert(name.to_owned(), value);
    }

    /// Reads files that go one after the other, the later before the earlier, all after what is already there.
    pub fn read<'a>(&mut self, files: impl IntoIterator<Item = &'a Source>) {
        let mut added: HashMap<String, Text> = HashMap::new();
        for file in files {
            for line in env_lines(file, Quoting::Dotenv) {
                let value = {
                    let lookup = |name: &str| {
                        self.get(name)
                            .or_else(|| added.get(name).map(Cow::Borrowed))
                            .or_else(|| self.unread(name))
                    };
                    line.value(|written| self.interpolate(written, &lookup).text, lookup)
                };
                if let Some(value) = value {
                    added.insert(line.name.to_owned(), value);
                }
            }
        }
        for (name, value) in added {
            self.files.entry(name).or_insert(value);
        }
    }

    /// Fills in variables of any source, within the project's bound.
    pub fn interpolate<'v>(
        &self,
        written: &str,
        lookup: &dyn Fn(&str) -> Option<Cow<'v, Text>>,
    ) -> Interpolated {
        if !written.contains('$') {
            return interpolate(written, lookup);
        }
        if self.written.get() > MAX_WRITTEN {
            return Interpolated {
                text: Text {
                    text: written.to_owned(),
                    known: false,
                },
                invalid: false,
            };
        }
        let read = interpolate(written, lookup);
        self.written.set(self.written.get() + read.text.text.len());
        read
    }
}

/// How the values of an env file are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Quotes undone, variables filled in unless in single quotes.
    Dotenv,
    /// `format: raw`: everything after `=`.
    Raw,
}

/// A line of an env file.
pub(super) struct EnvLine<'a> {
    /// The variable.
    pub name: &'a str,
    written: Option<&'a str>,
    literal: bool,
}

impl EnvLine<'_> {
    /// The value, variables filled in; of a name alone what `lookup` says of it.
    pub fn value<'v>(
        &self,
        interpolate: impl Fn(&str) -> Text,
        lookup: impl Fn(&str) -> Option<Cow<'v, Text>>,
    ) -> Option<Text> {
        match self.written {
            Some(written) if self.literal => Some(Text::known(written)),
            Some(written) => Some(interpolate(written)),
            None => lookup(self.name).map(Cow::into_owned),
        }
    }
}

/// The variables of an env file in their order.
pub(super) fn env_lines(file: &Source, quoting: Quoting) -> Vec<EnvLine<'_>> {
    match quoting {
        Quoting::Raw => file.text().lines().filter_map(raw_line).collect(),
        Quoting::Dotenv => file
            .root()
            .own_entries()
            .filter_map(|(key, value)| {
                Some(EnvLine {
                    name: key.scalar_text()?,
                    written: (!value.is_null()).then(|| value.scalar_text()).flatten(),
                    literal: is_literal(value),
                })
            })
            .collect(),
    }
}

fn is_literal(value: Node<'_>) -> bool {
    value.style() == Style::Single
}

fn raw_line(line: &str) -> Option<EnvLine<'_>> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (name, written) = match line.split_once('=') {
        Some((name, written)) => (name, Some(written)),
        None => (line.trim_end(), None),
    };
    Some(EnvLine {
        name,
        written,
        literal: true,
    })
}
