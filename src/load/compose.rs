//! Compose files, merged and interpolated as Compose does it.
//!
//! Sources of knowledge: the Compose spec, and compose-go where the spec is silent.

mod environment;
mod extends;
mod include;
mod interpolate;
mod merge;
mod network;
mod place;
mod scope;
mod service;
mod value;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::scope::{Scope, ScopeId, Variables};
use self::value::{Data, Entries, Tag, Value};
use super::placing::COMPOSE_NAMES;
use super::{Loader, join, shown};
use crate::model::{How, Kind, Project, Text};
use crate::source::{At, Dialect, Format, Node, Pointer, SourceId, State, Unreadable};

/// Files that `include` and `extends` of one project may bring in.
const MAX_FOLLOWED: usize = 100;
/// How far they may lead from the first file.
const MAX_DEPTH: usize = 20;

/// The file of a project's directory that Compose takes variables from.
pub(super) const DOT_ENV: &str = ".env";

/// The variable that names the files of a project (Compose, "Pre-defined environment variables").
const COMPOSE_FILE: &str = "COMPOSE_FILE";

/// Overrides that Compose finds beside them, the first one counts (compose-go, `DefaultOverrideFileNames`).
const OVERRIDE_NAMES: &[&str] = &[
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Parts of a file that hold named resources, which `include` brings along.
const RESOURCES: &[&str] = &["services", "networks", "volumes", "configs", "secrets"];

/// Loads files as one project, merged in their order; the index of the project in the stack. Where nobody named them and
/// containers were made from more, these belong to it too.
pub fn load_project(loader: &mut Loader<'_>, files: &[PathBuf], how: How) -> usize {
    let first = files.first();
    let labels = first.and_then(|first| loader.labels_of(first));
    let mut paths: Vec<(PathBuf, How)> = files.iter().map(|path| (path.clone(), how)).collect();
    if let Some(labels) = labels.as_ref().filter(|_| how != How::Flag)
        && labels.files.iter().all(|path| loader.may_be_file(path))
    {
        for path in labels.files.iter().skip(1) {
            if !files.contains(path) {
                paths.push((path.clone(), How::Label));
            }
        }
    }
    if let [(only, _)] = paths.as_slice()
        && let Some(beside) = override_beside(loader, only)
    {
        paths.push((beside, How::Found));
    }
    let beside = first.and_then(|path| path.parent());
    let dir = labels
        .as_ref()
        .map_or(beside.unwrap_or(Path::new("")), |labels| &labels.dir)
        .to_owned();
    if let Some(labels) = &labels {
        loader.name_by_labels(labels);
    }
    let mut assembly = Assembly::new(loader, &dir);
    assembly.runs_as = labels.as_ref().map(|labels| labels.projects.clone());
    let project = assembly.project(&paths);
    if let Some(labels) = &labels {
        let inputs = loader.stack.inputs.iter_mut();
        for input in inputs.filter(|input| input.how == How::Label && input.container.is_none()) {
            input.container = Some(labels.container.clone());
        }
    }
    loader.stack.projects.push(project);
    loader.stack.projects.len() - 1
}

/// Loads what describes a container as a project of its own, without a directory and without variables.
pub(super) fn load_container(loader: &mut Loader<'_>, container: &str, text: String) {
    let (path, _) = loader.open_container(container, text);
    let mut assembly = Assembly::new(loader, Path::new(""));
    assembly.scopes[0].variables = Rc::default();
    let mut project = assembly.assembled(&[(path, How::Engine)], Text::known(""));
    // Its name makes no names of other containers or networks.
    project.name = loader.stack.name(project.files[0]).to_owned();
    loader.stack.projects.push(project);
}

fn override_beside(loader: &Loader<'_>, file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    if !COMPOSE_NAMES.contains(&name) {
        return None;
    }
    OVERRIDE_NAMES
        .iter()
        .map(|name| file.with_file_name(name))
        .find(|path| loader.files.is_file(path))
}

/// A project while its files are read.
struct Assembly<'l, 'a> {
    loader: &'l mut Loader<'a>,
    scopes: Vec<Scope>,
    gaps: Vec<At<String>>,
    files: Vec<SourceId>,
    included: Vec<SourceId>,
    /// Why not everything that is written of every service is known.
    unread: Option<String>,
    /// The same of services that extend what was not read.
    unread_services: HashMap<Rc<str>, String>,
    /// Files that `include` and `extends` brought in.
    followed: usize,
    /// Bytes that `extends` copied.
    copied: usize,
    /// The names under which containers run that were made from these files.
    runs_as: Option<Vec<String>>,
    is_named_by_hand: bool,
}

impl<'l, 'a> Assembly<'l, 'a> {
    fn new(loader: &'l mut Loader<'a>, dir: &Path) -> Assembly<'l, 'a> {
        Assembly {
            scopes: vec![Scope {
                dir: dir.to_owned(),
                variables: Rc::new(Variables::of_shell(&loader.request.shell)),
            }],
            loader,
            gaps: Vec::new(),
            files: Vec::new(),
            included: Vec::new(),
            unread: None,
            unread_services: HashMap::new(),
            followed: 0,
            copied: 0,
            runs_as: None,
            is_named_by_hand: false,
        }
    }

    fn project(mut self, paths: &[(PathBuf, How)]) -> Project {
        self.read_project_variables(paths);
        let name = self.project_name(paths);
        self.assembled(paths, name)
    }

    fn assembled(mut self, paths: &[(PathBuf, How)], name: Text) -> Project {
        let main = ScopeId::MAIN;
        let mut trail = Vec::new();
        let mut merged = Entries::new();
        for (path, how) in paths {
            let (source, content) = self.read(path, main, *how);
            self.files.push(source);
            if let Some(content) = content {
                trail.push(path.clone());
                self.lay_over(&mut merged, content, main, &mut trail);
                trail.pop();
            } else {
                self.note_unread(source);
            }
        }
        self.note_other_files(paths);
        merged.retain(|_, section| section.tag != Tag::Reset);
        merged.values_mut().for_each(Value::settle);

        let active = self.scopes[main.0].variables.look("COMPOSE_PROFILES");
        let profiles = active.map(|list| {
            let names = list.text.split(',').map(str::trim);
            let named = names.filter(|name| !name.is_empty());
            named.map(str::to_owned).collect()
        });
        let services = service::extract_all(&mut self, &merged);
        let networks = network::extract_all(&merged, &services, &name);
        self.files.append(&mut self.included);
        Project {
            name: name.text,
            is_named_by_hand: self.is_named_by_hand,
            dir: self.scopes.swap_remove(main.0).dir,
            files: self.files,
            services,
            networks,
            profiles,
            gaps: self.gaps,
        }
    }

    /// `--env-file`s, or else the `.env` of the project directory.
    fn read_project_variables(&mut self, files: &[(PathBuf, How)]) {
        let named = &self.loader.request.env_files;
        let (paths, how) = if named.is_empty() {
            let dot_env = self.scopes[0].dir.join(DOT_ENV);
            let files = files.iter().map(|(path, _)| path.as_path());
            let there = self.loader.may_be_file(&dot_env) && !self.are_outside(files);
            (there.then_some(dot_env).into_iter().collect(), How::Found)
        } else {
            (named.clone(), How::Flag)
        };
        let variables = self.variables(&Rc::clone(&self.scopes[0].variables), &paths, how);
        self.scopes[0].variables = Rc::new(variables);
    }

    /// Whether none of these files may be read, so that nothing in them waits for a variable.
    fn are_outside<'p>(&self, mut files: impl Iterator<Item = &'p Path>) -> bool {
        files.all(|path| self.loader.files.is_outside(path))
    }

    /// What `outer` and the files at `paths` define; `outer` wins.
    fn variables(&mut self, outer: &Variables, paths: &[PathBuf], how: How) -> Variables {
        let mut read = Vec::new();
        let mut variables = outer.clone();
        for path in paths {
            let source = self.open_env(path, how);
            if *self.loader.source(source).state() == State::Unreadable(Unreadable::Outside) {
                variables.note_unread();
            }
            if self.is_broken(source) {
                continue;
            }
            read.push(source);
        }
        variables.read(read.into_iter().map(|id| self.loader.source(id)));
        variables
    }

    /// Opens an env file; it is part of the run if it exists.
    fn open_env(&mut self, path: &Path, how: How) -> SourceId {
        let source = self.loader.open(path, Format::Env);
        if *self.loader.source(source).state() != State::Unreadable(Unreadable::Absent) {
            self.loader.input(source, Kind::Env, how);
        }
        source
    }

    /// Whether a file has no tree; says so.
    fn is_broken(&mut self, source: SourceId) -> bool {
        let what = match self.loader.source(source).state() {
            State::Parsed => return false,
            State::Invalid(_) => "cannot be parsed".to_owned(),
            State::Unreadable(why) => format!("cannot be read: {why}"),
        };
        self.gap(what, Pointer::root(source));
        true
    }

    /// Notes that a file of the project says something of its services that nobody knows.
    fn note_unread(&mut self, source: SourceId) {
        let name = self.loader.source(source).name();
        self.unread
            .get_or_insert_with(|| format!("{name} was not read"));
    }

    /// Notes files that COMPOSE_FILE names and that are not read here; `--compose` goes before it.
    fn note_other_files(&mut self, paths: &[(PathBuf, How)]) {
        let request = self.loader.request;
        let first = paths.first().map(|(path, _)| path);
        if request.compose.iter().any(|files| files.first() == first) {
            return;
        }
        let scope = &self.scopes[0];
        let variables = &scope.variables;
        let Some(list) = variables.get(COMPOSE_FILE).filter(|it| !it.text.is_empty()) else {
            return;
        };
        let separator = variables.get("COMPOSE_PATH_SEPARATOR");
        let separator = separator.as_ref().map_or(":", |it| it.text.as_str());
        let of_shell = request.shell.contains_key(COMPOSE_FILE);
        let base = if of_shell { &request.cwd } else { &scope.dir };
        let is_read = |path: &PathBuf| paths.iter().any(|(have, _)| have == path);
        let named = list.text.split(separator).filter(|name| !name.is_empty());
        let named: Vec<PathBuf> = named.map(|name| join(base, name)).collect();
        // The shell's may be for another project.
        if of_shell && !named.iter().any(is_read) {
            return;
        }
        let Some(other) = named.into_iter().find(|path| !is_read(path)) else {
            return;
        };
        let name = shown(&other, &request.cwd);
        let what = format!("{name}, which COMPOSE_FILE names, was not read");
        let at = self.place_of_variable(COMPOSE_FILE, of_shell);
        self.loader.passed_over(
            format!("{name}, which COMPOSE_FILE names"),
            "--compose FILE,FILE",
        );
        if let Some(at) = at {
            self.gap(what.clone(), at);
        }
        self.unread.get_or_insert(what);
    }

    /// Where a variable for interpolation is set; the first file where that is the shell.
    fn place_of_variable(&mut self, name: &str, of_shell: bool) -> Option<Pointer> {
        let mut files = self.loader.request.env_files.clone();
        if files.is_empty() {
            files.push(self.scopes[0].dir.join(DOT_ENV));
        }
        let mut set = None;
        for path in files.iter().filter(|_| !of_shell) {
            let source = self.loader.open(path, Format::Env);
            if self.loader.source(source).root().get(name).is_some() {
                set = Some(Pointer::root(source).key(name));
            }
        }
        set.or_else(|| self.files.first().map(|source| Pointer::root(*source)))
    }

    fn gap(&mut self, what: impl Into<String>, at: Pointer) {
        self.gaps.push(At::new(what.into(), at));
    }

    /// COMPOSE_PROJECT_NAME, `name:` of the last file that has one, or the directory's name. From then on the name is
    /// a variable for interpolation.
    fn project_name(&mut self, paths: &[(PathBuf, How)]) -> Text {
        let scope = &self.scopes[0];
        let given = scope.variables.look("COMPOSE_PROJECT_NAME");
        let given = given.map(|text| text.into_owned());
        let name = match given.filter(|name| !name.text.is_empty()) {
            Some(name) => name,
            None => self.declared_name(paths).unwrap_or_else(|| {
                let dir = self.scopes[0].dir.as_path();
                let known = self.loader.request.projects.get(dir).cloned();
                Text::known(known.unwrap_or_else(|| {
                    normal_name(&dir.file_name().unwrap_or_default().to_string_lossy())
                }))
            }),
        };
        // Unless two projects are made of the same files.
        let name = match self.runs_as.as_deref() {
            Some([only]) if name.known && *only != name.text => {
                self.is_named_by_hand = true;
                Text::known(only)
            }
            _ => name,
        };
        let mut variables = (*self.scopes[0].variables).clone();
        variables.set("COMPOSE_PROJECT_NAME", name.clone());
        self.scopes[0].variables = Rc::new(variables);
        name
    }

    fn declared_name(&mut self, paths: &[(PathBuf, How)]) -> Option<Text> {
        let mut last = None;
        for (path, _) in paths {
            let source = self.loader.open(path, COMPOSE);
            let name = self.loader.source(source).root().get("name");
            let written = name.and_then(|name| name.scalar_text());
            last = written
                .map(str::to_owned)
                .filter(|name| !name.is_empty())
                .or(last);
        }
        let mut name = self.scopes[0].interpolate(&last?).text;
        if name.known {
            name.text = normal_name(&name.text);
        }
        (!name.text.is_empty()).then_some(name)
    }

    /// Reads a Compose file; no value when it is broken, which is said.
    fn read(&mut self, path: &Path, scope: ScopeId, how: How) -> (SourceId, Option<Value>) {
        let source = self.loader.open(path, COMPOSE);
        let kind = match self.loader.source(source).container() {
            Some(_) => Kind::Container,
            None => Kind::Compose,
        };
        self.loader.input(source, kind, how);
        if self.is_broken(source) {
            return (source, None);
        }
        let root = self.loader.stack.source(source).root();
        if !root.is_map() {
            let what = format!("{} where Compose expects a mapping", root.shape_name());
            self.gap(what, Pointer::root(source));
            return (source, None);
        }
        self.note_documents(source);
        self.note_bare_services(source);
        let root = self.loader.stack.source(source).root();
        let mut content = Value::read(root, scope, &self.scopes[scope.0], &mut self.gaps);
        if let Data::Map(sections) = &mut content.data
            && let Some(Data::Map(services)) = sections.get_mut("services").map(|it| &mut it.data)
        {
            services.values_mut().for_each(merge::canonical);
        }
        (source, Some(content))
    }

    /// Compose merges every document of a file; only the first one is read here.
    fn note_documents(&mut self, source: SourceId) {
        let file = self.loader.source(source);
        let (documents, name) = (file.documents(), file.name().to_owned());
        if documents > 1 {
            let what = format!("only the first of {documents} documents of {name} was read");
            self.gap(what.clone(), Pointer::root(source));
            self.unread.get_or_insert(what);
        }
    }

    /// The first format of Compose files had services at the root; newer versions of Compose refuse that.
    fn note_bare_services(&mut self, source: SourceId) {
        let root = self.loader.stack.source(source).root();
        let is_section = |name: &str| RESOURCES.contains(&name) || name.starts_with("x-");
        let is_service = |node: Node<'_>| {
            node.is_map() && ["image", "build"].iter().any(|key| node.get(key).is_some())
        };
        let bare = root
            .entries()
            .into_iter()
            .find(|(name, node)| !is_section(name) && is_service(*node));
        let Some(name) = bare
            .filter(|_| root.get("services").is_none())
            .map(|(name, _)| name.to_owned())
        else {
            return;
        };
        let what = format!("{name} is outside of `services`, where Compose 2 reads no service");
        self.gap(what.clone(), Pointer::root(source).key(&name));
        self.unread.get_or_insert(what);
    }

    /// Lays a file over what earlier files say: first what it includes comes in, then `extends` is followed.
    fn lay_over(
        &mut self,
        merged: &mut Entries,
        content: Value,
        scope: ScopeId,
        trail: &mut Vec<PathBuf>,
    ) {
        let source = content.at.source();
        let Data::Map(mut sections) = content.data else {
            return;
        };
        if let Some(includes) = sections.shift_remove("include") {
            self.include_all(&mut sections, &includes, scope, trail);
        }
        if let Some(Data::Map(services)) = sections.get_mut("services").map(|it| &mut it.data) {
            let resolved = self.follow_extends(std::mem::take(services), source);
            *services = resolved;
        }
        *merged = merge::files(std::mem::take(merged), sections);
    }
}

pub(super) const COMPOSE: Format = Format::Yaml(Dialect::GoYaml);

/// A project name as Compose makes it: lower case, nothing outside `[a-z0-9_-]`, no `-` or `_` in front.
fn normal_name(name: &str) -> String {
    let name: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    name.trim_start_matches(['_', '-']).to_owned()
}

/// Whether Compose would fetch it over the network.
fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("github.com/")
        || has_scheme(path)
}

/// Whether a path begins with a scheme, such as that of a loader of one's own: `remote:team/db`, but not `C:\x`.
fn has_scheme(path: &str) -> bool {
    path.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_lowercase())
            && (scheme.bytes()).all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}
