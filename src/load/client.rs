//! Clients' files: Claude Code's in every scope, those that people take for its files, and those of other clients.

mod settings;

use std::path::{Path, PathBuf};

pub(super) use settings::load as load_settings;

use super::{Loader, Request, join, shown};
use crate::catalog::client::{FileScope, Known, KnownSettings, NotRead, known, of, of_path};
use crate::model::{Client, ClientEntry, ClientFile, How, Kind, ProjectFile, Scope};
use crate::source::{At, Format, Node, Pointer, SourceId};

/// Reads a client's file into the stack, and says which of [`crate::model::Stack::clients`] it became.
/// A settings file without servers is none, and becomes nothing. A file of no known client is Claude Code's, which
/// can be given any with `--mcp-config`.
pub(super) fn load_file(loader: &mut Loader<'_>, path: &Path, how: How) -> Option<usize> {
    let client = of_path(path);
    let index = load_as(loader, path, client.unwrap_or(Client::ClaudeCode), how)?;
    loader.stack.clients[index].is_certain |= client.is_some();
    Some(index)
}

/// Reads a file as one of that client's, whatever its name; whether it is that for certain, the caller says.
pub(super) fn load_as(
    loader: &mut Loader<'_>,
    path: &Path,
    client: Client,
    how: How,
) -> Option<usize> {
    loader.real(path);
    let links = &loader.stack.links;
    // By another name it may mean something else.
    let have = |file: &ClientFile| {
        file.path.file_name() == path.file_name() && links.same(&file.path, path)
    };
    if let Some(index) = loader.stack.clients.iter().position(have) {
        return Some(index);
    }
    let page = of(client);
    let place = place(loader.request, page, path);
    let format = match page.comments {
        true => Format::Jsonc,
        false => Format::Json,
    };
    let id = loader.open(path, format);
    if matches!(place, Place::NotRead(not_read) if not_read.settings) && !has_servers(loader, id) {
        return None;
    }
    let is_plugin = client == Client::ClaudeCode && is_in_plugin(loader, path);
    let entries = read_entries(loader, id, page, place, is_plugin);
    loader.input(id, Kind::Client, how);
    loader.stack.clients.push(ClientFile {
        client,
        source: id,
        path: path.to_owned(),
        is_read: !matches!(place, Place::NotRead(_)),
        is_certain: false,
        is_plugin,
        instead: instead(loader, place, path),
        entries,
    });
    Some(loader.stack.clients.len() - 1)
}

/// The file that is read of the project in whose settings folder a file lies that is not. What lies in the home is its
/// user's, and no project's.
fn instead(loader: &Loader<'_>, place: Place, path: &Path) -> Option<ProjectFile> {
    let Place::NotRead(not_read) = place else {
        return None;
    };
    let folder = not_read.path.parent()?;
    let of_project = |settings: &KnownSettings| {
        let own = settings.project.as_ref().and_then(|own| own.parent());
        own == Some(folder)
    };
    let dir = path.ancestors().nth(not_read.path.iter().count())?;
    if !known().settings.iter().any(of_project) || loader.request.home.as_deref() == Some(dir) {
        return None;
    }
    let file = known().files.iter().find(|file| file.ancestors)?;
    let path = dir.join(&file.name);
    Some(ProjectFile {
        name: shown(&path, &loader.request.cwd),
        is_there: loader.files.is_file(&path),
        path,
    })
}

/// The file with a user's own servers: in the home, or where `CLAUDE_CONFIG_DIR` says.
pub(super) fn user_file(request: &Request) -> Option<PathBuf> {
    let home = request.home.as_deref()?;
    let file = known().files.iter().find(|file| !file.home.is_empty())?;
    let moved = file.home_env.as_ref().and_then(|name| {
        let dir = request.shell.get(name).filter(|dir| !dir.is_empty())?;
        Some(join(&request.cwd, dir).join(&file.name))
    });
    moved.or_else(|| Some(home.join(file.home.first()?)))
}

/// What a path means to a client.
#[derive(Clone, Copy, Debug)]
enum Place {
    Read(FileScope),
    NotRead(&'static NotRead),
}

fn place(request: &Request, page: &'static Known, path: &Path) -> Place {
    if user_file(request).is_some_and(|file| file == path) {
        return Place::Read(FileScope::User);
    }
    if let Some(not_read) = page.not_read(path) {
        return Place::NotRead(not_read);
    }
    let file = page.file_at(path);
    let in_home = |file: &crate::catalog::client::KnownFile| {
        let home = request.home.as_deref();
        home.is_some_and(|home| file.home.iter().any(|place| home.join(place) == path))
    };
    Place::Read(match file {
        Some(file) if file.scope == FileScope::Project && in_home(file) => FileScope::User,
        Some(file) => file.scope,
        // By any other name it can still be given with `--mcp-config`, which reads it as it reads a project's.
        None => FileScope::Project,
    })
}

/// Whether a `.mcp.json` lies in or below a plugin, or a collection of plugins.
fn is_in_plugin(loader: &Loader<'_>, path: &Path) -> bool {
    let mut dirs = path.ancestors().skip(1);
    path.ends_with(".mcp.json") && dirs.any(|dir| loader.files.is_dir(&dir.join(".claude-plugin")))
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

fn read_entries(
    loader: &Loader<'_>,
    id: SourceId,
    page: &Known,
    place: Place,
    is_plugin: bool,
) -> Vec<ClientEntry> {
    let root = loader.source(id).root();
    let at = Pointer::root(id);
    let key = &page.servers_key;
    let scope = match place {
        Place::Read(_) if is_plugin => Scope::Plugin,
        Place::Read(FileScope::Managed) => Scope::Managed,
        Place::Read(FileScope::User) => Scope::User,
        Place::Read(FileScope::Project) => Scope::Project,
        Place::NotRead(_) => Scope::NotRead,
    };
    // A plugin's file may do without the key.
    if is_plugin && root.get(key).is_none() {
        return listed(root, &at, &scope);
    }
    let mut entries = servers(root, &at, key, &scope);
    if page.id == known().id
        && scope == Scope::User
        && let Some(projects) = root.get("projects")
    {
        for (dir, project) in projects.entries() {
            let at = at.key("projects").key(dir);
            entries.extend(servers(project, &at, key, &Scope::Local(dir.to_owned())));
        }
    }
    entries
}

fn servers(holder: Node<'_>, at: &Pointer, key: &str, scope: &Scope) -> Vec<ClientEntry> {
    let servers = holder.get(key);
    servers.map_or_else(Vec::new, |servers| listed(servers, &at.key(key), scope))
}

fn listed(servers: Node<'_>, at: &Pointer, scope: &Scope) -> Vec<ClientEntry> {
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
