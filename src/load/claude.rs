//! Claude Code's files, in every scope, and those that people take for its files.

use std::path::{Path, PathBuf};

use super::{Loader, Request, join};
use crate::catalog::client::{FileScope, NotRead, known};
use crate::model::{Client, ClientEntry, ClientFile, How, Kind, Scope};
use crate::source::{At, Format, Node, Pointer, SourceId};

/// Reads a client file into the stack, and says which of [`crate::model::Stack::clients`] it became.
/// A settings file without servers is none, and becomes nothing.
pub(super) fn load_file(loader: &mut Loader<'_>, path: &Path, how: How) -> Option<usize> {
    loader.real(path);
    let links = &loader.stack.links;
    // By another name it may mean something else.
    let have = |file: &ClientFile| {
        file.path.file_name() == path.file_name() && links.same(&file.path, path)
    };
    if let Some(index) = loader.stack.clients.iter().position(have) {
        return Some(index);
    }
    let place = place(loader.request, path);
    let id = loader.open(path, Format::Json);
    if matches!(place, Place::NotRead(not_read) if not_read.settings) && !has_servers(loader, id) {
        return None;
    }
    let entries = read_entries(loader, id, place);
    loader.input(id, Kind::Client, how);
    loader.stack.clients.push(ClientFile {
        client: Client::ClaudeCode,
        source: id,
        path: path.to_owned(),
        is_read: !matches!(place, Place::NotRead(_)),
        entries,
    });
    Some(loader.stack.clients.len() - 1)
}

/// The file with a user's own servers: in the home, or where `CLAUDE_CONFIG_DIR` says.
pub(super) fn user_file(request: &Request) -> Option<PathBuf> {
    let home = request.home.as_deref()?;
    let file = known().files.iter().find(|file| file.home.is_some())?;
    let moved = file.home_env.as_ref().and_then(|name| {
        let dir = request.shell.get(name).filter(|dir| !dir.is_empty())?;
        Some(join(&request.cwd, dir).join(&file.name))
    });
    moved.or_else(|| Some(home.join(file.home.as_ref()?)))
}

/// What a path means to Claude Code.
#[derive(Clone, Copy, Debug)]
enum Place {
    Read(FileScope),
    NotRead(&'static NotRead),
}

fn place(request: &Request, path: &Path) -> Place {
    if user_file(request).is_some_and(|file| file == path) {
        return Place::Read(FileScope::User);
    }
    if let Some(not_read) = known().not_read(path) {
        return Place::NotRead(not_read);
    }
    let name = path.file_name().and_then(|name| name.to_str());
    // By any other name it can still be given with `--mcp-config`, which reads it as it reads a project's.
    let scope = name
        .and_then(|name| known().file(name))
        .map_or(FileScope::Project, |file| file.scope);
    Place::Read(scope)
}

/// Whether servers stand in a file, as far as can be told when it does not parse.
fn has_servers(loader: &Loader<'_>, id: SourceId) -> bool {
    let source = loader.source(id);
    if source.is_parsed() {
        source.root().get(&known().servers_key).is_some()
    } else {
        mentions_servers(source.text())
    }
}

/// Whether a text has the key under which servers stand.
pub(super) fn mentions_servers(text: &str) -> bool {
    text.contains(&format!("\"{}\"", known().servers_key))
}

fn read_entries(loader: &Loader<'_>, id: SourceId, place: Place) -> Vec<ClientEntry> {
    let root = loader.source(id).root();
    let at = Pointer::root(id);
    let scope = match place {
        Place::Read(FileScope::Managed) => Scope::Managed,
        Place::Read(FileScope::User) => Scope::User,
        Place::Read(FileScope::Project) => Scope::Project,
        Place::NotRead(_) => Scope::NotRead,
    };
    let mut entries = servers(root, &at, &scope);
    if scope == Scope::User
        && let Some(projects) = root.get("projects")
    {
        for (dir, project) in projects.entries() {
            let at = at.key("projects").key(dir);
            entries.extend(servers(project, &at, &Scope::Local(dir.to_owned())));
        }
    }
    entries
}

fn servers(holder: Node<'_>, at: &Pointer, scope: &Scope) -> Vec<ClientEntry> {
    let key = &known().servers_key;
    let Some(servers) = holder.get(key) else {
        return Vec::new();
    };
    let at = at.key(key);
    servers
        .entries()
        .into_iter()
        .map(|(name, node)| entry(name, node, at.key(name), scope.clone()))
        .collect()
}

fn entry(name: &str, node: Node<'_>, at: Pointer, scope: Scope) -> ClientEntry {
    let string = |key: &str| {
        let text = node.get(key)?.as_str()?;
        Some(At::new(text.to_owned(), at.key(key)))
    };
    let args_at = at.key("args");
    let args = node.get("args").map_or_else(Vec::new, |args| {
        args.items()
            .enumerate()
            .filter_map(|(index, arg)| {
                Some(At::new(arg.as_str()?.to_owned(), args_at.index(index)))
            })
            .collect()
    });
    let headers_at = at.key("headers");
    let headers = node.get("headers").map_or_else(Vec::new, |headers| {
        headers
            .entries()
            .into_iter()
            .filter_map(|(header, value)| {
                let value = At::new(value.as_str()?.to_owned(), headers_at.key(header));
                Some((header.to_owned(), value))
            })
            .collect()
    });
    ClientEntry {
        name: At::new(name.to_owned(), at.clone()),
        scope,
        kind: string("type"),
        url: string("url"),
        command: string("command"),
        args,
        headers,
        at,
    }
}

#[cfg(test)]
mod tests;
