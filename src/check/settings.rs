//! Claude Code's settings as the checks of client entries need them: which of them apply to a file, and the
//! administrator's servers that exclude all others.

use std::path::Path;

use crate::catalog::client::{FileScope, known};
use crate::check::Case;
use crate::model::{Client, ClientFile, Scope, SettingsFile, SettingsScope, Stack};
use crate::source::{Node, Pointer};

/// A settings file that was read.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub file: &'a SettingsFile,
    pub root: Node<'a>,
}

impl<'a> Settings<'a> {
    /// What stands under a key, and where.
    pub fn get(self, key: &str) -> Option<(Node<'a>, Pointer)> {
        let at = Pointer::root(self.file.source).key(key);
        Some((self.root.get(key)?, at))
    }

    /// Whether a list of names has this one, and where.
    pub fn lists(self, key: &str, name: &str) -> Option<Pointer> {
        let (list, at) = self.get(key)?;
        let number = list.items().position(|item| item.as_str() == Some(name))?;
        Some(at.index(number))
    }

    /// Whether these are the settings of a project.
    pub fn is_projects(self) -> bool {
        matches!(self.file.scope, SettingsScope::Project(_))
    }
}

/// The settings that apply where Claude Code is started in `dir`, or everywhere; nothing when one of them cannot be
/// read, because then nothing is certain.
pub(crate) fn applying<'a>(case: &Case<'a>, dir: Option<&Path>) -> Option<Vec<Settings<'a>>> {
    applying_to(case.stack, dir)
}

/// [`applying`], where there is no case yet.
pub(crate) fn applying_to<'a>(stack: &'a Stack, dir: Option<&Path>) -> Option<Vec<Settings<'a>>> {
    stack
        .client_state
        .settings
        .iter()
        .filter(|file| match &file.scope {
            SettingsScope::Managed | SettingsScope::User => true,
            SettingsScope::Project(own) => {
                dir.is_some_and(|dir| dir == own || stack.links.same(dir, own))
            }
        })
        .map(|file| {
            let source = stack.source(file.source);
            let root = source.root();
            (source.is_parsed() && root.is_map()).then_some(Settings { file, root })
        })
        .collect()
}

/// The directory that a project's `.mcp.json` is for; nothing for other files, and for those of plugins.
pub(crate) fn project_of(file: &ClientFile) -> Option<&Path> {
    let known = known().file_at(&file.path)?;
    let is_projects = file.client == Client::ClaudeCode
        && known.scope == FileScope::Project
        && file.is_read
        && !file.is_plugin;
    file.path.parent().filter(|_| is_projects)
}

/// The administrator's file with servers, if it lies where Claude Code looks for it and can be read: then no other
/// server counts.
pub(crate) fn managed<'a>(case: &Case<'a>) -> Option<&'a ClientFile> {
    case.stack.clients.iter().find(|file| {
        let known = known().file_at(&file.path);
        let installed = known.is_some_and(|known| {
            known.scope == FileScope::Managed && known.machine.contains(&file.path)
        });
        let source = case.stack.source(file.source);
        installed
            && source.is_parsed()
            && source
                .root()
                .get(&crate::catalog::client::known().servers_key)
                .is_some_and(Node::is_map)
    })
}

/// Whether an entry is one that the administrator's servers exclude.
pub(crate) fn is_excluded(scope: &Scope) -> bool {
    matches!(
        scope,
        Scope::Local(_) | Scope::Project | Scope::User | Scope::Plugin
    )
}
