//! What to ask a client itself of its servers.

use std::path::PathBuf;

use super::Permissions;
use crate::catalog::client::{FileScope, known};
use crate::fact::{AskClient, Known, Unknown};
use crate::load::{Request, shown};
use crate::model::{Client, ClientEntry, ClientFile, Scope, Stack};

/// The question to Claude Code; nothing where its user's home does not belong to the run, or it has no servers.
pub fn of_claude_code(
    stack: &Stack,
    request: &Request,
    permissions: &Permissions,
) -> Option<AskClient> {
    let home = request.home.clone()?;
    let files = stack.clients.iter();
    let files = files.filter(|file| file.client == Client::ClaudeCode);
    let mut servers: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for (file, entry) in files.flat_map(|file| file.entries.iter().map(move |entry| (file, entry)))
    {
        let name = &entry.name.value;
        let at = servers.iter().position(|(have, _)| have == name);
        let at = at.unwrap_or_else(|| {
            servers.push((name.clone(), vec![request.cwd.clone()]));
            servers.len() - 1
        });
        let dirs = &mut servers[at].1;
        if let Some(dir) = directory(file, entry).filter(|dir| !dirs.contains(dir)) {
            dirs.push(dir);
        }
    }
    if servers.is_empty() {
        return None;
    }
    // That of the home that is read: the shell's may be another user's.
    let moved = request.shell.get("XDG_CACHE_HOME").map(PathBuf::from);
    let moved = moved.filter(|cache| cache.starts_with(&home));
    let usual = [".cache", "Library/Caches"].map(|folder| home.join(folder));
    Some(AskClient {
        caches: moved.into_iter().chain(usual).collect(),
        dir: request.cwd.clone(),
        servers,
        list: may_list(stack, request, permissions),
        home,
    })
}

/// The project that an entry is for.
fn directory(file: &ClientFile, entry: &ClientEntry) -> Option<PathBuf> {
    match &entry.scope {
        Scope::Local(dir) => Some(PathBuf::from(dir)),
        Scope::Project => {
            let known = known().file_at(&file.path)?;
            let of_project = known.scope == FileScope::Project;
            file.path.parent().filter(|_| of_project).map(PathBuf::from)
        }
        Scope::Managed | Scope::User | Scope::Plugin | Scope::NotRead => None,
    }
}

/// Whether it may be started: some versions replace a broken file of their user by an empty one.
fn may_list(stack: &Stack, request: &Request, permissions: &Permissions) -> Known<()> {
    if !permissions.exec || !permissions.probe {
        return Known::No(Unknown::NotAsked);
    }
    let own = stack.client_state.user_file.map(|id| stack.source(id));
    match own.filter(|source| !source.is_parsed()) {
        None => Known::Yes(()),
        Some(source) => {
            let name = shown(std::path::Path::new(source.name()), &request.cwd);
            let why = format!("{name} does not parse, and `claude` may empty such a file");
            Known::No(Unknown::Denied(why))
        }
    }
}
