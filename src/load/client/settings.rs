//! What decides, beside the files with servers, whether Claude Code connects: settings, and the user's own file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::user_file;
use crate::catalog::client::{FileScope, KnownSettings, known};
use crate::load::{Loader, join};
use crate::model::{Client, SettingsFile, SettingsScope};
use crate::source::{Format, SourceId};

/// Reads the settings of every project whose `.mcp.json` is part of the run; with a home also the user's own, and the
/// administrator's.
pub(in crate::load) fn load(loader: &mut Loader<'_>) {
    let own = |file: &&crate::model::ClientFile| {
        file.client == Client::ClaudeCode && file.path.ends_with(".mcp.json")
    };
    let projects: BTreeSet<PathBuf> = loader
        .stack
        .clients
        .iter()
        .filter(own)
        .filter_map(|file| Some(file.path.parent()?.to_owned()))
        .collect();
    for dir in &projects {
        loader.real(dir);
    }
    let home = loader.request.home.clone();
    for place in &known().settings {
        if let Some(home) = &home {
            for path in machine(loader, place) {
                add(loader, &path, SettingsScope::Managed);
            }
            if let Some(path) = of_home(loader, place, home) {
                add(loader, &path, SettingsScope::User);
            }
        }
        if let Some(below) = &place.project {
            for dir in &projects {
                // The home's are the user's.
                if home.as_ref() != Some(dir) {
                    let scope = SettingsScope::Project(dir.clone());
                    add(loader, &dir.join(below), scope);
                }
            }
        }
    }
    let user_file = user_file(loader.request).and_then(|path| open(loader, &path));
    let state = &mut loader.stack.client_state;
    state.home_read = home.is_some();
    state.user_file = user_file;
}

/// The files of a place that is the same for everyone on this machine.
fn machine(loader: &Loader<'_>, place: &KnownSettings) -> Vec<PathBuf> {
    let absolute = place.machine.iter().filter(|path| path.is_absolute());
    if place.scope != FileScope::Managed {
        return Vec::new();
    }
    if !place.directory {
        return absolute.cloned().collect();
    }
    absolute
        .flat_map(|dir| {
            let entries = loader.files.list(dir).into_iter();
            entries
                .filter(|entry| !entry.is_dir && entry.name.ends_with(".json"))
                .map(|entry| dir.join(entry.name))
        })
        .collect()
}

fn of_home(loader: &Loader<'_>, place: &KnownSettings, home: &Path) -> Option<PathBuf> {
    let request = loader.request;
    let moved = || {
        let dir = request.shell.get(place.home_env.as_ref()?)?;
        let name = place.name.as_ref()?;
        (!dir.is_empty()).then(|| join(&request.cwd, dir).join(name))
    };
    let usual = place.home.as_ref()?;
    Some(moved().unwrap_or_else(|| home.join(usual)))
}

fn add(loader: &mut Loader<'_>, path: &Path, scope: SettingsScope) {
    if let Some(source) = open(loader, path) {
        let file = SettingsFile { source, scope };
        loader.stack.client_state.settings.push(file);
    }
}

fn open(loader: &mut Loader<'_>, path: &Path) -> Option<SourceId> {
    loader
        .files
        .is_file(path)
        .then(|| loader.open(path, Format::Json))
}
