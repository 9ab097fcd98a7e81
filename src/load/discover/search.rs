//! Looks through a directory, within bounds, for files that could belong to a stack.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::{manifest, recognise};
use crate::load::{Loader, shown};

/// How many levels below the directory are looked at.
const MAX_DEPTH: usize = 8;
/// How many files and directories are looked at.
const MAX_ENTRIES: usize = 20_000;
/// Hidden directories that clients keep their files in; no other hidden one is entered.
const HIDDEN_ENTERED: [&str; 4] = [".config", ".claude", ".cursor", ".vscode"];
/// Directories of other people's files.
const NOT_ENTERED: [&str; 5] = ["node_modules", "target", "venv", "__pycache__", "vendor"];

/// What was found; sorted, each file once.
#[derive(Default)]
pub(super) struct Found {
    pub(super) litellm: BTreeSet<PathBuf>,
    pub(super) compose: Vec<PathBuf>,
    pub(super) clients: BTreeSet<PathBuf>,
}

/// Adds what lies in `root`. Nearer files come before farther ones when a bound is hit.
pub(super) fn search(loader: &mut Loader<'_>, root: &Path, found: &mut Found) {
    walk(loader, root, is_entered, |loader, dir, names| {
        sort_out(loader, dir, names, found);
    });
    found.compose.sort();
    found.compose.dedup();
}

/// Visits `root` and what lies below it, with the names of the files in each directory.
pub(super) fn walk(
    loader: &mut Loader<'_>,
    root: &Path,
    is_entered: impl Fn(&str) -> bool,
    mut visit: impl FnMut(&mut Loader<'_>, &Path, &[String]),
) {
    let mut left = MAX_ENTRIES;
    let mut queue = VecDeque::from([(root.to_owned(), 0)]);
    while let Some((dir, depth)) = queue.pop_front() {
        let mut entries = loader.files.list(&dir);
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let bounded = entries.len() > left;
        entries.truncate(left);
        left -= entries.len();
        let (dirs, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.is_dir);
        let names: Vec<String> = files.into_iter().map(|file| file.name).collect();
        visit(loader, &dir, &names);
        let dirs = dirs.into_iter().filter(|entry| is_entered(&entry.name));
        if depth < MAX_DEPTH {
            queue.extend(dirs.map(|entry| (dir.join(entry.name), depth + 1)));
        } else if dirs.count() > 0 {
            let root = shown(root, &loader.request.cwd);
            loader.passed_over(
                format!("files more than {MAX_DEPTH} directories below {root}"),
                "PATH",
            );
        }
        if bounded {
            let root = shown(root, &loader.request.cwd);
            loader.passed_over(
                format!("files beyond the first {MAX_ENTRIES} in {root}"),
                "PATH",
            );
            break;
        }
    }
}

/// Names of the files in a directory, sorted.
pub(super) fn file_names(loader: &Loader<'_>, dir: &Path) -> Vec<String> {
    let entries = loader.files.list(dir).into_iter();
    let mut names: Vec<String> = entries
        .filter(|entry| !entry.is_dir)
        .map(|entry| entry.name)
        .collect();
    names.sort();
    names
}

fn sort_out(loader: &mut Loader<'_>, dir: &Path, names: &[String], found: &mut Found) {
    let compose = recognise::projects_in(loader, dir, names);
    found.compose.extend(compose.projects);
    for (path, why) in compose.left_out {
        let name = shown(&path, &loader.request.cwd);
        loader.passed_over(format!("{name} {}", why.text), why.flag);
    }
    for name in names {
        let path = dir.join(name);
        let is_own = recognise::could_be_litellm(name) && recognise::is_litellm(loader, &path);
        let is_litellm =
            is_own || (recognise::could_be_manifest(&path) && manifest::carries_any(loader, &path));
        if is_litellm {
            found.litellm.insert(path);
        } else if recognise::is_client(loader, &path) {
            found.clients.insert(path);
        }
    }
}

pub(super) fn is_entered(name: &str) -> bool {
    if name.starts_with('.') {
        HIDDEN_ENTERED.contains(&name)
    } else {
        !NOT_ENTERED.contains(&name)
    }
}
