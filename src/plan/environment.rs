//! The variables that a client fills in: those of the environment that it is started in, taken to be mcpdoc's own, and
//! those that its settings give it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::catalog::client::{FileScope, known, of};
use crate::check::settings::{Settings, applying_to, project_of};
use crate::fact::Secret;
use crate::load::{Request, join};
use crate::model::{Client, ClientEntry, ClientFile, Scope, Stack};
use crate::source::Node;

/// The variables of one file's client.
pub(super) struct Environment<'a> {
    request: &'a Request,
    file: &'a ClientFile,
    settings: Vec<Settings<'a>>,
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Set to this.
    Set {
        /// Its value.
        value: String,
        /// Whether it is the user's: from the environment or from files that are not the project's own.
        private: bool,
    },
    /// Not set here.
    Unset,
    /// Files disagree.
    Unclear,
}

impl<'a> Environment<'a> {
    pub(super) fn of(stack: &'a Stack, request: &'a Request, file: &'a ClientFile) -> Self {
        let settings = match file.client {
            // A file that cannot be read says nothing.
            Client::ClaudeCode => applying_to(stack, project_of(file)).unwrap_or_default(),
            _ => Vec::new(),
        };
        Environment {
            request,
            file,
            settings,
        }
    }

    /// A variable as the client finds it: settings go before the environment.
    pub(super) fn look(&self, name: &str) -> Lookup {
        let mut found: Vec<(String, bool)> = Vec::new();
        for (settings, env) in self.sections() {
            if let Some(value) = env.get(name).and_then(Node::as_str) {
                found.push((value.to_owned(), !settings.is_projects()));
            }
        }
        match found.as_slice() {
            [] => match self.request.shell.get(name) {
                Some(value) => Lookup::Set {
                    value: value.clone(),
                    private: true,
                },
                None => Lookup::Unset,
            },
            [(value, _), rest @ ..] if rest.iter().all(|(other, _)| other == value) => {
                Lookup::Set {
                    value: value.clone(),
                    private: found.iter().any(|(_, private)| *private),
                }
            }
            _ => Lookup::Unclear,
        }
    }

    /// What a child process gets beside the environment.
    pub(super) fn of_child(&self) -> BTreeMap<String, Secret> {
        let mut env = BTreeMap::new();
        for (_, section) in self.sections() {
            for (name, value) in section.entries() {
                if let Some(value) = value.as_str() {
                    env.insert(name.to_owned(), Secret::from(value));
                }
            }
        }
        if self.file.client == Client::ClaudeCode
            && let Some(dir) = project_of(self.file)
        {
            let dir = dir.to_string_lossy().into_owned();
            env.insert("CLAUDE_PROJECT_DIR".to_owned(), Secret::from(dir));
        }
        env
    }

    /// Where a client starts what an entry names: the project's directory.
    pub(super) fn directory(&self, entry: &ClientEntry) -> Option<PathBuf> {
        match &entry.scope {
            Scope::Local(dir) => Some(PathBuf::from(dir)),
            Scope::Project => self.project(),
            _ => None,
        }
    }

    /// The directory of the project that a file is for.
    pub(super) fn project(&self) -> Option<PathBuf> {
        let page = of(self.file.client);
        let known = page.file_at(&self.file.path);
        let known = known.filter(|known| known.scope == FileScope::Project)?;
        let depth = Path::new(&known.name).components().count();
        self.file.path.ancestors().nth(depth).map(Path::to_owned)
    }

    /// The user's home.
    pub(super) fn home(&self) -> Option<&Path> {
        self.request.home.as_deref()
    }

    fn sections(&self) -> impl Iterator<Item = (Settings<'a>, Node<'a>)> + '_ {
        let key = &known().proxy.section;
        self.settings
            .iter()
            .filter_map(move |settings| Some((*settings, settings.get(key)?.0)))
    }
}

/// Whether an entry is the user's or the administrator's own: in a file where its client looks for it in the home or on
/// this machine. A name alone proves nothing: a repository may have files of every name.
pub(super) fn is_users(request: &Request, file: &ClientFile, entry: &ClientEntry) -> bool {
    if matches!(entry.scope, Scope::Project | Scope::Plugin) {
        return false;
    }
    let page = of(file.client);
    let home = request.home.as_deref();
    let at_home = |place: &Path| home.is_some_and(|home| home.join(place) == file.path);
    let known = page.files.iter().any(|known| {
        let moved = known.home_env.as_ref().is_some_and(|name| {
            let dir = request.shell.get(name).filter(|dir| !dir.is_empty());
            home.is_some()
                && dir.is_some_and(|dir| join(&request.cwd, dir).join(&known.name) == file.path)
        });
        moved || known.machine.contains(&file.path) || known.home.iter().any(|place| at_home(place))
    });
    known || page.not_read.iter().any(|place| at_home(&place.path))
}
