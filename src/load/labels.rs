//! What the labels of containers say of the files that they were made from.

use std::path::{Path, PathBuf};

use super::join;
use crate::fact::{Container, Engine, label};
use crate::model::Links;

/// What containers of one project say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Labels {
    /// The project's directory.
    pub dir: PathBuf,
    /// Its files, in their order.
    pub files: Vec<PathBuf>,
    /// The names under which its containers run; of stopped ones only where none runs.
    pub projects: Vec<String>,
    /// The first of these containers, by its name.
    pub container: String,
}

impl Labels {
    /// Every path among them.
    pub fn places(self) -> impl Iterator<Item = PathBuf> {
        std::iter::once(self.dir).chain(self.files)
    }
}

/// What one container says.
pub(super) fn of(container: &Container) -> Option<Labels> {
    let project = container.label(label::PROJECT)?;
    let files = container.label(label::FILES)?;
    let dir = container.label(label::DIRECTORY).map(PathBuf::from);
    // Version 1 wrote paths as they were given, `-` for its standard input among them.
    let path = |file: &str| match Path::new(file).is_absolute() {
        true => Some(join(Path::new(""), file)),
        false if file == "-" => None,
        false => Some(join(dir.as_deref()?, file)),
    };
    let files: Vec<PathBuf> = files.split(',').map(path).collect::<Option<_>>()?;
    let beside = || files.first()?.parent().map(Path::to_owned);
    Some(Labels {
        dir: dir.clone().or_else(beside)?,
        projects: vec![project.to_owned()],
        container: container.name.clone(),
        files,
    })
}

/// What the containers say that were made from the file at `first` and others. Those that run know it best, and of these
/// the first one; others that were made from the same files may have other names for their project.
pub(super) fn of_project(engine: &Engine, links: &Links, first: &Path) -> Option<Labels> {
    let from_here = |labels: &Labels| {
        let mut files = labels.files.iter();
        files.next().is_some_and(|file| links.same(file, first))
    };
    let all = |running: bool| {
        let containers = engine.containers.iter();
        containers
            .filter(move |container| container.is_running() == running)
            .filter_map(of)
            .filter(from_here)
            .collect::<Vec<Labels>>()
    };
    let mut found = all(true);
    if found.is_empty() {
        found = all(false);
    }
    let mut found = found.into_iter();
    let mut labels = found.next()?;
    for other in found.filter(|other| other.files == labels.files) {
        for project in other.projects {
            if !labels.projects.contains(&project) {
                labels.projects.push(project);
            }
        }
    }
    Some(labels)
}
