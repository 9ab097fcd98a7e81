//! Files before and after: their bytes, and which of them may change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Overlay;
use crate::load::{Files, join, shown};
use crate::model::Stack;
use crate::source::{Source, State};

/// A file that is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its name in reports.
    pub name: String,
    /// Absolute, symbolic links followed.
    pub path: PathBuf,
    /// All of it as it was read; nothing when it is new.
    pub was: Option<Vec<u8>>,
    /// All of it as it is to be.
    pub becomes: Vec<u8>,
}

/// The bytes of a file with another text.
pub(super) fn bytes(source: &Source, text: &str) -> Vec<u8> {
    let mark: &[u8] = match source.has_bom() {
        true => b"\xef\xbb\xbf",
        false => b"",
    };
    [mark, text.as_bytes()].concat()
}

/// The files of `to` that differ from those of `from`. `stack` knows those that are not new by their names.
pub(super) fn changed(
    from: &Overlay<'_>,
    to: &Overlay<'_>,
    stack: &Stack,
    cwd: &Path,
) -> Vec<Changed> {
    let names: HashMap<PathBuf, &Source> = stack
        .sources
        .iter()
        .filter(|source| source.container().is_none())
        .map(|source| (to.identity(&join(cwd, source.name())), source))
        .collect();
    to.changed()
        .filter_map(|(path, becomes)| {
            let known = names
                .get(path)
                .filter(|source| !matches!(source.state(), State::Unreadable(_)));
            let was = match from.put_at(path) {
                Some(bytes) => bytes.clone(),
                // As it was examined, whatever became of the file since.
                None => known.map(|source| bytes(source, source.text())),
            };
            let name = match names.get(path) {
                Some(source) => source.name().to_owned(),
                None => shown(path, cwd),
            };
            (was.as_deref() != Some(becomes)).then(|| Changed {
                name,
                path: path.to_owned(),
                was,
                becomes: becomes.to_vec(),
            })
        })
        .collect()
}
