//! Files become a [`Stack`]: one file a dialect. Nothing here touches a disk; [`Files`] does.

pub mod client;
pub mod compose;
mod container;
pub mod discover;
pub mod files;
mod included;
mod labels;
mod overlay;
pub mod placing;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

pub use files::{Entry, Files, Memory};
pub use overlay::Overlay;

use crate::catalog::Catalog;
use crate::fact::{Engine, Locality};
use crate::model::{
    Decides, Decision, How, Input, Kind, Miss, Missed, Named, Namer, Outside, Stack,
};
use crate::source::{Format, Pointer, Slot, Source, SourceId, Unreadable};
use labels::Labels;

/// What a run is asked to read. Paths are absolute and lexically clean (no `.` or `..`).
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The working directory: names in reports are relative to it.
    pub cwd: PathBuf,
    /// The folder that names in `mcpdoc.toml` and baselines are relative to, where that is not the working directory.
    pub root: Option<PathBuf>,
    /// `mcpdoc.toml`.
    pub settings: Option<(PathBuf, How)>,
    /// `--baseline`.
    pub baseline: Option<(PathBuf, How)>,
    /// Files and directories given without a flag.
    pub paths: Vec<PathBuf>,
    /// `--litellm`.
    pub litellm: Vec<PathBuf>,
    /// `--compose`: each one project, files to merge.
    pub compose: Vec<Vec<PathBuf>>,
    /// `--claude`.
    pub claude: Vec<PathBuf>,
    /// `--env-file`: Compose's, for interpolation.
    pub env_files: Vec<PathBuf>,
    /// The home whose client files are looked at; `None` looks at none.
    pub home: Option<PathBuf>,
    /// Variables of the shell that Compose would interpolate from.
    pub shell: BTreeMap<String, String>,
    /// Named files that are left out: nothing touches them.
    pub left_out: BTreeSet<PathBuf>,
    /// Names of projects by their directories, where those are not what they were when it was observed what runs.
    pub projects: BTreeMap<PathBuf, String>,
}

/// What is known of the machine that the files are on.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The container engine, if it was asked.
    pub engine: Option<&'a Engine>,
    /// Names and addresses of the machine beside `localhost`.
    pub machine: &'a [String],
    /// What is known of servers.
    pub catalog: &'a Catalog,
}

impl Default for Surroundings<'_> {
    fn default() -> Self {
        static OWN: Catalog = Catalog::builtin();
        Surroundings {
            engine: None,
            machine: &[],
            catalog: &OWN,
        }
    }
}

/// Opens files once, and remembers what became of them.
pub struct Loader<'a> {
    /// Where files come from.
    pub files: &'a dyn Files,
    /// The request.
    pub request: &'a Request,
    /// What is known of the machine.
    pub surroundings: Surroundings<'a>,
    /// The stack so far.
    pub stack: Stack,
    opened: HashMap<(PathBuf, &'static str, Option<Slot>), SourceId>,
    /// The first source that each file carries.
    carriers: HashMap<PathBuf, SourceId>,
    /// Paths that would have been read, and lead to where nothing may be looked at.
    refused: RefCell<BTreeSet<PathBuf>>,
    /// What names such paths, read or not.
    named: Vec<(PathBuf, Named)>,
}

impl<'a> Loader<'a> {
    /// Nothing read yet.
    pub fn new(files: &'a dyn Files, request: &'a Request) -> Loader<'a> {
        Loader {
            files,
            request,
            surroundings: Surroundings::default(),
            stack: Stack {
                root: files.root().map(Path::to_owned),
                ..Stack::default()
            },
            opened: HashMap::new(),
            carriers: HashMap::new(),
            refused: RefCell::default(),
            named: Vec::new(),
        }
    }

    /// The bytes of a file. That it may not be read is remembered.
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let read = self.files.read(path);
        if read == Err(Unreadable::Outside) {
            self.refused.borrow_mut().insert(path.to_owned());
        }
        read
    }

    /// Whether there is a file at a path, or may be one where nothing may be looked at.
    fn may_be_file(&self, path: &Path) -> bool {
        self.files.is_file(path) || self.files.is_outside(path)
    }

    /// Remembers what names a path, in case that it may not be read.
    fn name(&mut self, path: &Path, by: Namer, written: &str) {
        if self.files.is_outside(path) {
            let written = written.to_owned();
            self.named.push((path.to_owned(), Named { by, written }));
        }
    }

    /// The same of a node of a file.
    fn name_at(&mut self, path: &Path, at: Pointer, written: &str) {
        self.name(path, Namer::Node(at), written);
    }

    /// Remembers that a path, which a node names, is not read because it may not be.
    fn refuse(&mut self, path: &Path, at: Pointer, written: &str) {
        self.refused.borrow_mut().insert(path.to_owned());
        self.name_at(path, at, written);
    }

    /// The same of the labels of a container: its files, and what Compose reads in its directory.
    fn name_by_labels(&mut self, labels: &Labels) {
        let by = || Namer::Container(labels.container.clone());
        for path in &labels.files {
            self.name(path, by(), &path.to_string_lossy());
        }
        let dir = labels.dir.to_string_lossy();
        self.name(&labels.dir.join(compose::DOT_ENV), by(), &dir);
    }

    /// Says what was not read because it may not be.
    fn note_outside(&mut self) {
        for path in self.refused.take() {
            let mut named = Vec::new();
            for (_, one) in self.named.iter().filter(|(have, _)| *have == path) {
                if !named.contains(one) {
                    named.push(one.clone());
                }
            }
            let opened = self.opened.iter().filter(|(key, _)| key.0 == path);
            let opened = opened.map(|(_, source)| *source).min_by_key(|id| id.0);
            // What was looked into only, to see what it is.
            let source = opened.unwrap_or_else(|| self.open(&path, Format::Env));
            self.stack.outside.push(Outside { source, named });
        }
    }

    /// The file at an absolute path, read in `format`; opened at most once a format. What is wrong with it is in its
    /// state.
    pub fn open(&mut self, path: &Path, format: Format) -> SourceId {
        self.open_at(path, format, None)
    }

    /// What the file at an absolute path carries in `slot`, or the file itself.
    pub fn open_at(&mut self, path: &Path, format: Format, slot: Option<&Slot>) -> SourceId {
        let key = (self.real(path), format_key(format), slot.cloned());
        if let Some(id) = self.opened.get(&key) {
            return *id;
        }
        let id = SourceId(u32::try_from(self.stack.sources.len()).unwrap_or(u32::MAX));
        let name = shown(path, &self.request.cwd);
        let source = match slot {
            None => Source::new(id, name, format, self.read(path)),
            Some(slot) => {
                let first = self.carriers.get(&key.0).copied();
                first
                    .and_then(|first| self.source(first).beside(id, format, slot.clone()))
                    .unwrap_or_else(|| {
                        Source::carried(id, name, format, self.read(path), slot.clone())
                    })
            }
        };
        self.stack.sources.push(source);
        if let Some(root) = &self.request.root {
            self.stack.known_as.insert(id, shown(path, root));
        }
        if slot.is_some() {
            self.carriers.entry(key.0.clone()).or_insert(id);
        }
        self.opened.insert(key, id);
        id
    }

    /// The engine, if it runs on this machine: paths that another one names mean nothing here.
    fn engine(&self) -> Option<&'a Engine> {
        self.surroundings.engine.filter(|engine| engine.is_here())
    }

    /// As what the project runs whose first file is at `first`.
    fn labels_of(&self, first: &Path) -> Option<Labels> {
        labels::of_project(self.engine()?, &self.stack.links, first)
    }

    /// What describes a container, by a path that is no file's.
    fn open_container(&mut self, container: &str, text: String) -> (PathBuf, SourceId) {
        let path = PathBuf::from(Source::name_of_container(container));
        let key = (path.clone(), format_key(compose::COMPOSE), None);
        if let Some(id) = self.opened.get(&key) {
            return (path, *id);
        }
        let id = SourceId(u32::try_from(self.stack.sources.len()).unwrap_or(u32::MAX));
        let source = Source::of_container(id, container, text);
        self.stack.sources.push(source);
        self.opened.insert(key, id);
        (path, id)
    }

    /// Where symbolic links lead from `path`, which the stack then knows too.
    pub fn real(&mut self, path: &Path) -> PathBuf {
        let real = self.files.identity(path);
        self.stack.links.note(path, real.clone());
        real
    }

    /// The source with that number.
    pub fn source(&self, id: SourceId) -> &Source {
        self.stack.source(id)
    }

    /// Notes that a file is part of the run; a file counts once a kind.
    pub fn input(&mut self, source: SourceId, kind: Kind, how: How) {
        if !self
            .stack
            .inputs
            .iter()
            .any(|have| have.source == source && have.kind == kind)
        {
            self.stack.inputs.push(Input {
                source,
                kind,
                how,
                container: None,
            });
        }
    }

    /// Notes that something was looked for in vain.
    pub fn missed(&mut self, what: impl Into<String>, flag: &'static str) {
        self.miss(Miss::NotFound, what, flag);
    }

    /// Notes that something is there, and was not read.
    pub fn passed_over(&mut self, what: impl Into<String>, flag: &'static str) {
        self.miss(Miss::PassedOver, what, flag);
    }

    /// Notes that a compose file was looked for in vain, one that mounts `file`.
    pub fn missed_mount(&mut self, file: String, places: &str) {
        let unread = self.surroundings.engine.and_then(|engine| {
            let Locality::NotProved(why) = &engine.locality else {
                return None;
            };
            let endpoint = &engine.endpoint;
            Some(format!(
                "; what the containers at {endpoint} mount was not looked at, because nothing proves that they run on this machine: {why}"
            ))
        });
        let places = format!("{places}{}", unread.unwrap_or_default());
        self.note_missed(Missed {
            what: format!("a compose file that mounts {file} (looked in {places})"),
            flag: "--compose FILE",
            why: Miss::NotFound,
            mounts: Some(file),
        });
    }

    /// Notes that something is no part of the run as it should be.
    pub fn miss(&mut self, why: Miss, what: impl Into<String>, flag: &'static str) {
        let what = what.into();
        self.note_missed(Missed {
            what,
            flag,
            why,
            mounts: None,
        });
    }

    fn note_missed(&mut self, missed: Missed) {
        if !self.stack.missed.contains(&missed) {
            self.stack.missed.push(missed);
        }
    }
}

fn format_key(format: Format) -> &'static str {
    match format {
        Format::Yaml(crate::source::Dialect::PyYaml) => "yaml-py",
        Format::Yaml(crate::source::Dialect::GoYaml) => "yaml-go",
        Format::Json => "json",
        Format::Jsonc => "jsonc",
        Format::Toml => "toml",
        Format::Env => "env",
    }
}

/// A path as people see it: relative to `cwd` when below it, with `/`.
pub fn shown(path: &Path, cwd: &Path) -> String {
    let path = path.strip_prefix(cwd).unwrap_or(path);
    let text = path.to_string_lossy();
    // Only there is a backslash a separator.
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    };
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

/// `path` seen from `base`, with `.` and `..` resolved by their letters alone.
pub fn join(base: &Path, path: &str) -> PathBuf {
    clean(&base.join(path))
}

/// A path with `.` and `..` resolved by their letters alone.
pub fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// Reads everything that `request` asks for.
pub fn load(request: &Request, files: &dyn Files) -> Stack {
    load_amid(request, files, Surroundings::default())
}

/// The same, and what belongs to it by what runs on this machine.
pub fn load_amid(request: &Request, files: &dyn Files, surroundings: Surroundings<'_>) -> Stack {
    let mut loader = Loader::new(files, request);
    loader.surroundings = surroundings;
    discover::run(&mut loader);
    let decisions = [
        (&request.settings, Decides::Settings, Format::Toml),
        (&request.baseline, Decides::Baseline, Format::Json),
    ];
    for (file, kind, format) in decisions {
        if let Some((path, how)) = file {
            let source = loader.open(path, format);
            let how = *how;
            loader.stack.decisions.push(Decision { source, kind, how });
        }
    }
    loader.note_outside();
    loader.stack
}
