//! What a project has decided, as a run takes it: `mcpdoc.toml` and a baseline, where the command line says nothing else.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::check::World;
use super::probe::limits;
use crate::catalog::Catalog;
use crate::check::Severity;
use crate::cli::InputArgs;
use crate::config::{self, Config};
use crate::fact::Limits;
use crate::load::{Files, clean, join, shown};
use crate::model::How;
use crate::policy::{Baseline, Policy};

/// The decisions, and the file that they are from.
#[derive(Debug)]
pub(super) struct Project {
    /// Absolute; nothing where there is none.
    pub file: Option<PathBuf>,
    /// Whether it was named.
    pub how: How,
    /// As that file is named in messages.
    pub name: String,
    /// What it says.
    pub config: Config,
}

impl Default for Project {
    fn default() -> Self {
        Project {
            file: None,
            how: How::Found,
            name: String::new(),
            config: Config::default(),
        }
    }
}

impl Project {
    /// What the command line names, or what is found from the working directory upwards.
    ///
    /// # Errors
    /// A named file that does not exist, and one that is no `mcpdoc.toml`.
    pub fn of(args: &InputArgs, world: &World<'_>) -> anyhow::Result<Project> {
        let file = match &args.config {
            Some(file) => {
                let found = clean(&world.cwd.join(file));
                if !world.files.is_file(&found) {
                    bail!("--config {}: no such file", file.display());
                }
                Some(found)
            }
            None if args.no_config => None,
            None => config::find(world.files, &world.cwd, world.home.as_deref()),
        };
        let how = match args.config {
            Some(_) => How::Flag,
            None => How::Found,
        };
        match file {
            Some(file) => Project::read(file, how, world.files, &world.cwd),
            None => Ok(Project::default()),
        }
    }

    /// What a file says.
    ///
    /// # Errors
    /// When it is no `mcpdoc.toml`.
    pub fn read(file: PathBuf, how: How, files: &dyn Files, cwd: &Path) -> anyhow::Result<Project> {
        let name = shown(&file, cwd);
        let bytes = files.read(&file).with_context(|| name.clone())?;
        // As compilers say it: the place has no blank behind its file.
        let config =
            config::read(&file, bytes).map_err(|error| anyhow::anyhow!("{name}:{error}"))?;
        Ok(Project {
            file: Some(file),
            how,
            name,
            config,
        })
    }

    /// The inputs of the command line, and those of the file where it names none.
    pub fn inputs(&self, args: &InputArgs) -> InputArgs {
        let mut inputs = args.clone();
        let own = self.config.inputs.clone();
        if names_nothing(args) {
            inputs.paths = own.paths;
            inputs.litellm = own.litellm;
            inputs.compose = own.compose.iter().map(|files| listed(files)).collect();
            inputs.claude = own.claude;
        }
        if args.env_file.is_empty() {
            inputs.env_file = own.env_file;
        }
        if args.litellm_version.is_none() {
            inputs
                .litellm_version
                .clone_from(&self.config.litellm_version);
        }
        inputs
    }

    /// What is wrong with inputs, with the file that names them where it is not the command line.
    pub fn blamed(&self, args: &InputArgs, error: anyhow::Error) -> anyhow::Error {
        match names_nothing(args) && !self.config.inputs.is_empty() {
            true => error.context(format!("{}: [inputs]", self.name)),
            false => error,
        }
    }

    /// What is decided of findings.
    pub fn policy(&self, args: &InputArgs, world: &World<'_>) -> Policy {
        Policy {
            is_whole: self.is_whole(args, world),
            ..self.decided(world.today.clone())
        }
    }

    /// What the file decides of findings.
    pub fn decided(&self, today: Option<String>) -> Policy {
        let config = &self.config;
        let fail_on = config.fail_on.map(|least| {
            let word = least.map_or("never", Severity::word);
            format!("fail-on {word}")
        });
        let off = (!config.off.is_empty()).then(|| {
            let ids: Vec<&str> = config.off.iter().copied().collect();
            format!("off: {}", ids.join(", "))
        });
        let severities = config.severities.iter();
        let severities = severities.map(|(id, severity)| format!("{id}: {}", severity.word()));
        Policy {
            severities: config.severities.clone(),
            off: config.off.clone(),
            ignores: config.ignores.clone(),
            told: fail_on.into_iter().chain(off).chain(severities).collect(),
            today,
            ..Policy::default()
        }
    }

    /// Whether a run looks at all that the project means: the command line names nothing, or a folder that all of it is
    /// in.
    fn is_whole(&self, args: &InputArgs, world: &World<'_>) -> bool {
        if names_nothing(args) && !self.config.inputs.is_empty() {
            return true;
        }
        let only_paths =
            args.litellm.is_empty() && args.compose.is_empty() && args.claude.is_empty();
        let top = match &self.file {
            Some(file) => file.parent().map(Path::to_owned),
            None => world
                .cwd
                .ancestors()
                .find(|dir| world.files.is_repository(dir))
                .map(Path::to_owned),
        };
        let top = top.unwrap_or_else(|| world.cwd.clone());
        let mut paths = args.paths.iter().map(|path| clean(&world.cwd.join(path)));
        match names_nothing(args) {
            true => top == world.cwd,
            false => only_paths && paths.any(|path| top.starts_with(&path)),
        }
    }

    /// How long what is asked may take: as the command line says, or else the file.
    pub fn limits(
        &self,
        flag: Option<f64>,
        own: Option<f64>,
        is_command: bool,
    ) -> anyhow::Result<Limits> {
        match flag {
            Some(_) => limits("--timeout", flag, is_command),
            None => limits(&format!("{}: [timeouts]", self.name), own, is_command),
        }
    }

    /// What is known of servers, its own among them.
    pub fn catalog(&self) -> Catalog {
        Catalog::with(self.config.servers.clone())
    }

    /// The lowest severity that makes a run fail, if any does.
    pub fn fail_on(&self) -> Option<Severity> {
        self.config.fail_on.unwrap_or(Some(Severity::Error))
    }

    /// The folder that names are relative to, where that is not the working directory.
    pub fn root(&self, cwd: &Path) -> Option<PathBuf> {
        let folder = self.file.as_deref()?.parent()?;
        (folder != cwd).then(|| folder.to_owned())
    }
}

/// The findings that a file says were there before.
///
/// # Errors
/// When there is no such file, or it is no baseline.
pub(super) fn baseline(
    file: &Path,
    root: &Path,
    files: &dyn Files,
    named: &str,
) -> anyhow::Result<Baseline> {
    let bytes = files.read(file).with_context(|| named.to_owned())?;
    let text = String::from_utf8(bytes).with_context(|| named.to_owned())?;
    let mut baseline = Baseline::parse(&text).with_context(|| named.to_owned())?;
    baseline
        .awaited
        .retain(|file| files.is_file(&join(root, file)));
    for known in &mut baseline.known {
        let file = known.file.as_deref().map(|file| join(root, file));
        known.is_gone = file.is_some_and(|file| !files.is_file(&file));
    }
    Ok(baseline)
}

fn names_nothing(args: &InputArgs) -> bool {
    args.paths.is_empty()
        && args.litellm.is_empty()
        && args.compose.is_empty()
        && args.claude.is_empty()
}

/// As `--compose` takes them.
fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.to_string_lossy().into_owned())
        .collect();
    names.join(",")
}
