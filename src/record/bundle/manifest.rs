//! What stands first in a bundle: what was asked for, and what was seen at each path that was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::load::Entry;
use crate::model::How;
use crate::record::looks::{Is, Look, Seen};
use crate::source::Unreadable;

/// See [`super::Bundle`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub schema: String,
    /// The version of mcpdoc that wrote it.
    pub mcpdoc: String,
    pub cwd: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub litellm: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compose: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claude: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_files: Vec<String>,
    /// `mcpdoc.toml`, which is among the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Decision>,
    /// The baseline, which is as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Decision>,
    pub decided: Decided,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub litellm_version: Option<String>,
    /// Names of the machine and those that it was given.
    pub machine: Vec<String>,
    /// Letters and digits of what is a token in the files.
    pub tokens: BTreeSet<String>,
    pub looked: BTreeMap<String, Looked>,
}

/// A file that says what counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    file: String,
    how: How,
}

impl Decision {
    pub fn new(file: String, how: How) -> Decision {
        Decision { file, how }
    }

    /// As a run is asked to read it.
    pub fn taken(&self) -> (PathBuf, How) {
        (PathBuf::from(&self.file), self.how)
    }
}

/// What decides with such files whether a finding counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The day of the run.
    pub today: Option<String>,
    /// Whether the run looked at all that the project means.
    pub is_whole: bool,
}

/// What was seen at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Looked {
    is: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read: Option<Read>,
    /// Names of what it holds; those of directories end with `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holds: Option<Vec<String>>,
    /// Where symbolic links lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    real: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    File,
    Folder,
    Nothing,
}

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Read {
    /// It is in the bundle.
    Text,
    Absent,
    Directory,
    Outside,
    Denied(String),
    Failed(String),
    /// Its size.
    TooLarge(u64),
    /// Where it stops to be text, and what it seems to be.
    NotText(usize, NotText),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum NotText {
    #[serde(rename = "UTF-16")]
    Utf16,
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "invalid UTF-8")]
    Invalid,
}

impl NotText {
    fn of(word: &str) -> NotText {
        match word {
            "UTF-16" => NotText::Utf16,
            "binary" => NotText::Binary,
            _ => NotText::Invalid,
        }
    }

    fn word(self) -> &'static str {
        match self {
            NotText::Utf16 => "UTF-16",
            NotText::Binary => "binary",
            NotText::Invalid => "invalid UTF-8",
        }
    }
}

impl Looked {
    /// A look at a path as a manifest has it, with `renamed` names of paths.
    pub fn of(at: &Path, look: &Look, renamed: &impl Fn(&str) -> String) -> Looked {
        Looked {
            is: match look.is {
                Is::File => Kind::File,
                Is::Folder => Kind::Folder,
                Is::Nothing => Kind::Nothing,
            },
            read: look.read.as_ref().map(|read| match read {
                Ok(_) => Read::Text,
                Err(Unreadable::Absent) => Read::Absent,
                Err(Unreadable::Directory) => Read::Directory,
                Err(Unreadable::Outside) => Read::Outside,
                Err(Unreadable::Denied(why)) => Read::Denied(renamed(why)),
                Err(Unreadable::Failed(why)) => Read::Failed(renamed(why)),
                Err(Unreadable::TooLarge(size)) => Read::TooLarge(*size),
                Err(Unreadable::NotText(at, kind)) => Read::NotText(*at, NotText::of(kind)),
            }),
            holds: look.list.as_ref().map(|list| {
                let named = |entry: &Entry| {
                    let path = renamed(&written(&at.join(&entry.name)));
                    let name = path.rsplit('/').next().unwrap_or_default();
                    match entry.is_dir {
                        true => format!("{name}/"),
                        false => name.to_owned(),
                    }
                };
                list.iter().map(named).collect()
            }),
            real: look.real.as_deref().map(|real| renamed(&written(real))),
        }
    }

    /// Whether the file's text is in the bundle.
    pub fn has_text(&self) -> bool {
        self.read == Some(Read::Text)
    }

    fn look(&self, text: Option<&String>) -> Look {
        Look {
            is: match self.is {
                Kind::File => Is::File,
                Kind::Folder => Is::Folder,
                Kind::Nothing => Is::Nothing,
            },
            read: self.read.as_ref().and_then(|read| {
                Some(match read {
                    Read::Text => Ok(text?.clone().into_bytes()),
                    Read::Absent => Err(Unreadable::Absent),
                    Read::Directory => Err(Unreadable::Directory),
                    Read::Outside => Err(Unreadable::Outside),
                    Read::Denied(why) => Err(Unreadable::Denied(why.clone())),
                    Read::Failed(why) => Err(Unreadable::Failed(why.clone())),
                    Read::TooLarge(size) => Err(Unreadable::TooLarge(*size)),
                    Read::NotText(at, kind) => Err(Unreadable::NotText(*at, kind.word())),
                })
            }),
            list: self.holds.as_ref().map(|holds| {
                let entry = |name: &String| match name.strip_suffix('/') {
                    Some(dir) => (dir.to_owned(), true),
                    None => (name.clone(), false),
                };
                let entries = holds.iter().map(entry);
                entries
                    .map(|(name, is_dir)| Entry { name, is_dir })
                    .collect()
            }),
            real: self.real.as_deref().map(PathBuf::from),
        }
    }
}

impl Manifest {
    /// Everything that was seen, with the texts of the bundle.
    pub fn seen(&self, texts: &BTreeMap<String, String>) -> Seen {
        let looked = self.looked.iter();
        looked
            .map(|(path, looked)| (PathBuf::from(path), looked.look(texts.get(path))))
            .collect()
    }

    /// A path in it that is none of a machine's: all of them are absolute, and lead nowhere else.
    pub fn odd_path(&self) -> Option<&str> {
        let decisions = [&self.settings, &self.baseline];
        let decisions = decisions.map(|one| one.as_ref().map(|one| &one.file));
        let one = [Some(&self.cwd), self.home.as_ref()];
        let one = one.into_iter().chain(decisions);
        let lists = [&self.paths, &self.litellm, &self.claude, &self.env_files];
        let lists = lists.into_iter().chain(&self.compose).flatten();
        let looked = self.looked.iter();
        let looked = looked.flat_map(|(path, looked)| [Some(path), looked.real.as_ref()]);
        let mut all = one.chain(looked).flatten().chain(lists);
        let is_odd = |path: &&String| {
            // By its letters alone: it may be of another system.
            let drive = path.get(1..3) == Some(":/");
            let below = path.strip_prefix('/').or(path.get(3..).filter(|_| drive));
            below.is_none_or(|below| {
                let mut parts = below.split('/');
                !below.is_empty() && parts.any(|part| matches!(part, "" | "." | ".."))
            })
        };
        all.find(is_odd).map(String::as_str)
    }
}

/// A path as it is written in a bundle.
pub(super) fn written(path: &Path) -> String {
    let text = path.to_string_lossy();
    match cfg!(windows) {
        true => text.replace('\\', "/"),
        false => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_leads_nowhere_else() {
        for (path, odd) in [
            ("/", false),
            ("/home/uuu/stack", false),
            ("C:/Users/uuu", false),
            ("C:/", false),
            ("", true),
            ("a/b", true),
            ("../a", true),
            ("/a/../b", true),
            ("/a/./b", true),
            ("/a//b", true),
            ("/a/", true),
            ("C:a", true),
        ] {
            let manifest = Manifest {
                schema: String::new(),
                mcpdoc: String::new(),
                cwd: path.to_owned(),
                home: None,
                paths: Vec::new(),
                litellm: Vec::new(),
                compose: Vec::new(),
                claude: Vec::new(),
                env_files: Vec::new(),
                settings: None,
                baseline: None,
                decided: Decided::default(),
                litellm_version: None,
                machine: Vec::new(),
                tokens: BTreeSet::new(),
                looked: BTreeMap::new(),
            };
            assert_eq!(manifest.odd_path().is_some(), odd, "{path}");
        }
    }
}
