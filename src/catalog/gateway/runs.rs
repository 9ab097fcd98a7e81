//! How a gateway's container is started, and with which file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::catalog::command::{basename, is_shell, split_simple};
use crate::catalog::{ImageRef, VersionSet, glob};
use crate::model::{EnvLookup, Mount, Service};

/// How a gateway's container is started.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Globs of the last part of an image's name, in lower case and without the tag.
    pub images: Vec<String>,
    /// Tags that move with releases, beside those that move everywhere.
    pub moving_tags: Vec<String>,
    /// What relative paths count from.
    pub directory: PathBuf,
    /// Where it listens unless told otherwise.
    pub port: u16,
    /// Arguments that tell otherwise.
    pub port_args: Vec<String>,
    /// Variables that do where no argument does.
    pub port_env: Vec<String>,
    /// Arguments that name its file, the clearer one first.
    pub config_args: Vec<String>,
    /// Variables that do where no argument does.
    pub config_env: Vec<String>,
    /// Labels of an image that say its version.
    pub version_labels: Vec<String>,
    /// Globs of the whole names of the maker's own images, without the tag.
    pub official: Vec<String>,
    /// Programs that may stand first in an entrypoint without hiding a script.
    pub programs: Vec<String>,
    /// Programs that the maker's own images do not have.
    pub absent: Vec<Absent>,
    /// Variables that people take for those, and nothing reads.
    pub config_env_unread: Vec<String>,
    /// Variables with which the configuration comes from somewhere else.
    pub config_elsewhere: Vec<String>,
    /// Globs of the file's name, in lower case.
    pub config_names: Vec<String>,
    /// Configurations that its own images bring along.
    pub in_image: Vec<PathBuf>,
    /// The program that the entrypoint of its own images runs with the words of `command`; words that are no options stop it.
    pub program: String,
    /// Their CMD.
    pub command: Vec<String>,
    /// Where they say how they are.
    pub health: Health,
}

/// Programs that images do not have.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// Names of programs, without a path.
    pub programs: Vec<String>,
    /// Globs of the whole names of images, without the tag.
    pub images: Vec<String>,
    /// In which versions.
    pub versions: VersionSet,
}

/// Paths at which a gateway says how it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// They ask for a key, and call every model.
    pub keyed: Vec<String>,
    /// It does neither.
    pub open: String,
}

/// Whether a container's gateway is started with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// A file of the container.
    Path {
        /// Where.
        path: PathBuf,
        /// A variable names it, no argument.
        by_variable: bool,
        /// Why it may be something else after all, if so.
        doubt: Option<String>,
    },
    /// With none.
    Nothing,
    /// With one that is no file of the container.
    Elsewhere,
    /// Not known; why.
    Unknown(String),
}

/// A path of a container without a slash at its end.
fn clean_path(path: &str) -> PathBuf {
    PathBuf::from(match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    })
}

/// What the words of a container say of an argument.
enum Argument {
    Given(String),
    Absent,
    Unknown,
}

impl Runs {
    /// Whether the image of a service is called like the gateway's own.
    pub fn is_image_of(&self, service: &Service) -> bool {
        let Some(image) = &service.image else {
            return false;
        };
        let image = image.value.text.to_ascii_lowercase();
        let name = image.rsplit('/').next().unwrap_or_default();
        // The colons of a variable's default are none of a tag's.
        let end = name.find('@').or(match name.contains('$') {
            true => None,
            false => name.find(':'),
        });
        self.is_name(&name[..end.unwrap_or(name.len())])
    }

    /// Whether a service runs an image that the gateway's makers publish, as it is.
    pub fn is_published(&self, service: &Service) -> bool {
        let image = service.image.as_ref().and_then(|image| image.value.get());
        let own = |image: ImageRef| image.is_named() && self.is_official(&image);
        service.build.is_none() && image.map(ImageRef::parse).is_some_and(own)
    }

    /// Whether a file is called like the gateway's configuration.
    pub fn is_config_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.config_names
            .iter()
            .any(|pattern| glob::matches(pattern, &name))
    }

    /// Whether an image is the maker's own, of which it is known what is in it.
    pub fn is_official(&self, image: &ImageRef) -> bool {
        let name = image.repository_name();
        self.official
            .iter()
            .any(|pattern| glob::matches(pattern, &name))
    }

    /// What a published image is started with: unlike [`Runs::config_of`] no likely answer, but a certain one.
    pub fn passed(&self, service: &Service) -> Passed {
        let unknown = |why: String| Passed::Unknown(why);
        if let Some(doubt) = service.doubt() {
            return unknown(doubt);
        }
        let mut doubt = None;
        let mut by_variable = None;
        let paths = self.config_env.iter().map(|name| (name, true));
        let others = self.config_elsewhere.iter().map(|name| (name, false));
        for (name, is_path) in paths.chain(others) {
            match service.env(name) {
                EnvLookup::Unset => {}
                EnvLookup::Set(value) if value.is_empty() => {}
                EnvLookup::Set(_) if !is_path => return Passed::Elsewhere,
                EnvLookup::Set(value) => by_variable = Some(value),
                EnvLookup::Unknown => {
                    doubt.get_or_insert_with(|| format!("the variable {name} is not known"));
                }
            }
        }
        let words = match self.own_words(service) {
            Ok(words) => words,
            Err(why) => return unknown(why),
        };
        let named = |path: &str, by_variable| Passed::Path {
            path: self.directory.join(path),
            by_variable,
            doubt: doubt.clone(),
        };
        // A file that an argument names must be there, whatever the variable says.
        for (at, word) in words.iter().enumerate().rev() {
            for name in &self.config_args {
                let value = match word.strip_prefix(name.as_str()) {
                    None => continue,
                    Some("") => words.get(at + 1).map(String::as_str),
                    Some(rest) if name.starts_with("--") => rest.strip_prefix('='),
                    Some(rest) => Some(rest),
                };
                if let Some(value) = value {
                    return named(value, false);
                }
            }
        }
        if let Some(path) = by_variable {
            return named(&path, true);
        }
        if let Some(doubt) = doubt {
            return unknown(doubt);
        }
        Passed::Nothing
    }

    /// The words that reach the gateway's program in a published image; why they are not known, if they are not.
    fn own_words(&self, service: &Service) -> Result<Vec<String>, String> {
        let mut words = Vec::new();
        let lines = [&service.entrypoint, &service.command];
        for word in lines.into_iter().flatten().flat_map(|line| &line.value) {
            let Some(word) = word.get() else {
                return Err("a word of its command depends on a variable".to_owned());
            };
            words.push(word.to_owned());
        }
        if service.entrypoint.is_none() && !words.first().is_some_and(|word| is_shell(word)) {
            // The image's own entrypoint. A program that is named twice is another mistake than this.
            let doubled = words
                .first()
                .is_some_and(|word| basename(word) == self.program);
            return Ok(words.split_off(usize::from(doubled)));
        }
        let mut line = words.clone();
        if words.first().is_some_and(|word| is_shell(word)) {
            let Some(at) = words.iter().position(|word| word == "-c" || word == "-lc") else {
                return Err("it is started by a shell".to_owned());
            };
            // What stands behind the script is the script's `$0`, `$1` …
            let script = words.get(at + 1).map_or("", String::as_str);
            line = split_simple(script)
                .filter(|_| !script.contains('$'))
                .ok_or("it is started by a shell script")?;
        }
        if line.first().is_some_and(|word| word == "exec") {
            line.remove(0);
        }
        match line.first() {
            Some(first) if basename(first) == self.program => Ok(line.split_off(1)),
            Some(first) => Err(format!("it is started by {first}")),
            None => Err("its entrypoint is replaced".to_owned()),
        }
    }

    /// Whether some image of the maker does not have a program.
    pub fn may_lack(&self, program: &str) -> bool {
        let mut absent = self.absent.iter().flat_map(|absent| &absent.programs);
        absent.any(|name| name == program)
    }

    /// The versions of an image that certainly do not have a program.
    pub fn lacks(&self, image: &ImageRef, program: &str) -> VersionSet {
        let name = image.repository_name();
        let absent = self.absent.iter().filter(|absent| {
            absent.programs.iter().any(|have| have == program)
                && absent.images.iter().any(|glob| glob::matches(glob, &name))
        });
        absent.fold(VersionSet::none(), |all, absent| {
            all.union(&absent.versions)
        })
    }

    /// Why a variable that files do not set may be set in the container of `service` all the same, if so: by its image,
    /// by a script that starts the gateway, or by a file of variables in its directory.
    pub fn env_doubt(&self, service: &Service) -> Option<String> {
        let name = &service.name.value;
        if service.build.is_some() {
            return Some(format!("{name} builds its own image, which may set it"));
        }
        let image = service.image.as_ref()?;
        match image.value.get().map(ImageRef::parse) {
            Some(image) if self.is_official(&image) => {}
            Some(image) => {
                return Some(format!(
                    "{name} runs {}, which may set it",
                    image.repository_name()
                ));
            }
            None => return Some(format!("the image of {name} is not known here")),
        }
        self.start_doubt(service)
    }

    /// The same of what the container itself does not have either: a script, a file of variables.
    pub fn start_doubt(&self, service: &Service) -> Option<String> {
        let name = &service.name.value;
        if let Some(reason) = self.script_of(service) {
            return Some(reason);
        }
        let hides = |mount: &&Mount| {
            let target = clean_path(&mount.target);
            target.ends_with(".env") || self.directory.starts_with(&target)
        };
        let mount = service.mounts.iter().find(hides)?;
        Some(format!(
            "{name} mounts {}, where LiteLLM may find a .env file",
            mount.target
        ))
    }

    /// Why a service may run something before the gateway, if so.
    pub fn script_of(&self, service: &Service) -> Option<String> {
        let entrypoint = service.entrypoint.as_ref()?;
        let first = entrypoint.value.first()?;
        let base = first.text.rsplit('/').next().unwrap_or_default();
        let known = first.known && self.programs.iter().any(|program| program == base);
        (!known).then(|| format!("{} has an entrypoint of its own", service.name.value))
    }

    /// Whether something is called like the gateway's own image.
    pub fn is_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.images
            .iter()
            .any(|pattern| glob::matches(pattern, &name))
    }

    /// The port on which the gateway listens in a service's container; nothing when that is not known.
    pub fn port_of(&self, service: &Service) -> Option<u16> {
        match argument(service, &self.port_args) {
            Argument::Given(port) => return port.parse().ok(),
            Argument::Unknown => return None,
            Argument::Absent => {}
        }
        for name in &self.port_env {
            match service.env(name) {
                EnvLookup::Set(port) if port.is_empty() => {}
                EnvLookup::Set(port) => return port.parse().ok(),
                EnvLookup::Unset => {}
                EnvLookup::Unknown => return None,
            }
        }
        Some(self.port)
    }

    /// The path in a service's container of the file that the gateway is started with, if anything names one.
    pub fn config_of(&self, service: &Service) -> Option<PathBuf> {
        let named = match argument(service, &self.config_args) {
            Argument::Given(path) => path,
            Argument::Unknown | Argument::Absent => {
                let mut names = self.config_env.iter();
                names.find_map(|name| match service.env(name) {
                    EnvLookup::Set(path) if !path.is_empty() => Some(path),
                    EnvLookup::Set(_) | EnvLookup::Unset | EnvLookup::Unknown => None,
                })?
            }
        };
        Some(self.directory.join(Path::new(&named)))
    }
}

/// The value of the first of these arguments that is there, where it stands last; shell lines are looked through word
/// by word.
fn argument(service: &Service, names: &[String]) -> Argument {
    let lines = [&service.entrypoint, &service.command];
    let words: Vec<(&str, bool)> = lines
        .into_iter()
        .flatten()
        .flat_map(|line| &line.value)
        .flat_map(|word| word.text.split_whitespace().map(|part| (part, word.known)))
        .collect();
    for name in names {
        for (at, (word, known)) in words.iter().enumerate().rev() {
            let value = match word.strip_prefix(name.as_str()) {
                Some("") => words.get(at + 1).copied(),
                Some(rest) => rest.strip_prefix('=').map(|value| (value, *known)),
                None => None,
            };
            match value {
                Some((value, true)) => return Argument::Given(value.to_owned()),
                Some((_, false)) => return Argument::Unknown,
                None => {}
            }
        }
    }
    match service.arguments() {
        Some(_) if words.iter().all(|(_, known)| *known) => Argument::Absent,
        _ => Argument::Unknown,
    }
}
