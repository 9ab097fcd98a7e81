//! `mcpdoc.toml`: what a project has decided once and for all. What decides where secrets may go and what may be started
//! is not in it: whoever may change a file of the project must not be able to say that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml_edit::Datetime;

use crate::catalog::server::{Names, Server};
use crate::catalog::{ImageRef, Version};
use crate::check::Severity;
use crate::checks::{self, nearest};
use crate::load::{Files, join};
use crate::policy::Ignore;
use crate::source::{self, Format, Source, SourceId, Span, State};

/// What the file is called.
pub const NAME: &str = "mcpdoc.toml";

/// What a project has decided.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What to read where the command line names nothing.
    pub inputs: Inputs,
    /// The version of LiteLLM that runs.
    pub litellm_version: Option<String>,
    /// The lowest severity that makes a run fail; nothing inside: none does.
    pub fail_on: Option<Option<Severity>>,
    /// How bad the findings of checks are.
    pub severities: BTreeMap<&'static str, Severity>,
    /// Checks that are not run.
    pub off: BTreeSet<&'static str>,
    /// What does not count.
    pub ignores: Vec<Ignore>,
    /// Findings that were there before; absolute.
    pub baseline: Option<PathBuf>,
    /// How long what is asked may take.
    pub timeouts: Timeouts,
    /// The project's own servers.
    pub servers: Vec<Server>,
}

/// What to read, absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// LiteLLM's configuration files.
    pub litellm: Vec<PathBuf>,
    /// Compose files, those of a project together.
    pub compose: Vec<Vec<PathBuf>>,
    /// Clients' files.
    pub claude: Vec<PathBuf>,
    /// Variables for compose files.
    pub env_file: Vec<PathBuf>,
}

impl Inputs {
    /// Whether it names nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
            && self.litellm.is_empty()
            && self.compose.is_empty()
            && self.claude.is_empty()
    }
}

/// How long what is asked may take, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// One endpoint.
    pub endpoint: Option<f64>,
    /// A server that is started as a command.
    pub command: Option<f64>,
}

/// Why a file is no `mcpdoc.toml`. A line that names the place and the way out, without the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct NoConfig {
    line: u32,
    column: u32,
    message: String,
}

/// The nearest `mcpdoc.toml` in `dir` or above it. At the root of a repository and at the home it ends: what lies above
/// these may be anyone's.
pub fn find(files: &dyn Files, dir: &Path, home: Option<&Path>) -> Option<PathBuf> {
    for dir in dir.ancestors() {
        let file = dir.join(NAME);
        if files.is_file(&file) {
            return Some(file);
        }
        if files.is_repository(dir) || home == Some(dir) {
            return None;
        }
    }
    None
}

/// Reads the file at `path`, whose bytes these are. Names in it are relative to its folder.
///
/// # Errors
/// When it is no TOML, has a key that is none, a value of another kind, or names a check that does not exist.
pub fn read(path: &Path, bytes: Vec<u8>) -> Result<Config, NoConfig> {
    let source = Source::new(SourceId(0), NAME, Format::Toml, Ok(bytes));
    let wrong = |span: Span, message: String| {
        let at = source.position(span.start);
        NoConfig {
            line: at.line,
            column: at.column,
            message,
        }
    };
    match source.state() {
        State::Parsed => {}
        State::Invalid(error) => return Err(wrong(error.span.clone(), error.message.clone())),
        State::Unreadable(why) => return Err(wrong(0..0, why.to_string())),
    }
    let document: Document = toml_edit::de::from_str(source.text()).map_err(|error| {
        let message = error.message();
        let span = error.span().unwrap_or(0..0);
        let said = match unknown_key(message) {
            Some(said) => said,
            None => match key_at(&source, &span) {
                Some(key) => format!("{key}: {}", in_words(message)),
                None => in_words(message),
            },
        };
        wrong(span, said)
    })?;
    let at = |path: &source::Path| source.locate(path, source::Part::Value);
    let check =
        |id: &str, span: Span| checks::by_id(id).ok_or_else(|| wrong(span, checks::unknown(id)));
    if let Some(version) = &document.litellm_version
        && version.parse::<Version>().is_err()
    {
        let message = format!("{version} is not a version such as 1.77.3");
        return Err(wrong(at(&source::Path::keys(["litellm-version"])), message));
    }
    let folder = path.parent().unwrap_or(path);
    let mut config = Config {
        inputs: document.inputs.below(folder),
        litellm_version: document.litellm_version,
        fail_on: document.fail_on.map(FailOn::severity),
        baseline: document.baseline.map(|file| join(folder, &file)),
        timeouts: document.timeouts,
        servers: document.servers,
        ..Config::default()
    };
    for (id, level) in document.severity {
        let path = source::Path::keys(["severity", &id]);
        let key = source.locate(&path, source::Part::Key);
        let check = check(&id, key)?;
        match level.severity() {
            Some(severity) => {
                config.severities.insert(check.id, severity);
            }
            None => {
                config.off.insert(check.id);
            }
        }
    }
    for (number, ignore) in document.ignore.into_iter().enumerate() {
        let path = source::Path::keys(["ignore"]).index(number);
        let check = check(&ignore.check, at(&path.key("check")))?;
        if ignore.reason.trim().is_empty() {
            let message = "reason is empty: say why this does not count".to_owned();
            return Err(wrong(at(&path.key("reason")), message));
        }
        let until = ignore.until.map(Until::day);
        let until = until.map(|day| {
            day.ok_or_else(|| {
                let message = "until is a day, such as 2027-01-31".to_owned();
                wrong(at(&path.key("until")), message)
            })
        });
        config.ignores.push(Ignore {
            check: check.id,
            file: ignore.file,
            path: ignore.path,
            reason: ignore.reason,
            until: until.transpose()?,
        });
    }
    for (number, server) in config.servers.iter().enumerate() {
        let path = source::Path::keys(["servers"]).index(number);
        recognisable(server).map_err(|message| {
            let span = match source.node(&path.key("names")) {
                Some(names) => names.span(),
                None => at(&path.key("id")),
            };
            wrong(span, format!("{}: {message}", server.id))
        })?;
    }
    Ok(config)
}

/// Why a server is never found by its names, if so.
fn recognisable(server: &Server) -> Result<(), String> {
    let Names {
        image,
        npm,
        pypi,
        command,
    } = &server.names;
    if [image, npm, pypi, command].into_iter().all(Vec::is_empty) {
        return Err("it has no names, and nothing is recognised as it: names = { image = [\"registry/name\"] }".to_owned());
    }
    for name in image {
        let parsed = ImageRef::parse(name).repository_name();
        if !name.contains('*') && parsed != *name {
            return Err(format!(
                "the image {name} is never met under that name: write {parsed}"
            ));
        }
    }
    Ok(())
}

/// As it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    inputs: Named,
    litellm_version: Option<String>,
    fail_on: Option<FailOn>,
    severity: BTreeMap<String, Level>,
    ignore: Vec<Entry>,
    baseline: Option<String>,
    timeouts: Timeouts,
    servers: Vec<Server>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Named {
    paths: Vec<String>,
    litellm: Vec<String>,
    compose: Vec<Project>,
    claude: Vec<String>,
    env_file: Vec<String>,
}

/// The files of a compose project: one, or several that are merged.
#[derive(Deserialize)]
#[serde(untagged)]
enum Project {
    One(String),
    Several(Vec<String>),
}

impl Named {
    fn below(self, folder: &Path) -> Inputs {
        let all = |names: Vec<String>| -> Vec<PathBuf> {
            names.iter().map(|name| join(folder, name)).collect()
        };
        let projects = self.compose.into_iter().map(|project| match project {
            Project::One(file) => vec![join(folder, &file)],
            Project::Several(files) => all(files),
        });
        Inputs {
            compose: projects.collect(),
            paths: all(self.paths),
            litellm: all(self.litellm),
            claude: all(self.claude),
            env_file: all(self.env_file),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    check: String,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    path: Option<String>,
    reason: String,
    #[serde(default)]
    until: Option<Until>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
    Off,
}

impl Level {
    fn severity(self) -> Option<Severity> {
        match self {
            Level::Error => Some(Severity::Error),
            Level::Warning => Some(Severity::Warning),
            Level::Note => Some(Severity::Note),
            Level::Off => None,
        }
    }
}

/// A day, as TOML has dates or in quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Until {
    Date(Datetime),
    Text(String),
    Other(IgnoredAny),
}

impl Until {
    fn day(self) -> Option<String> {
        let date: Datetime = match self {
            Until::Date(date) => date,
            Until::Text(text) => text.trim().parse().ok()?,
            Until::Other(IgnoredAny) => return None,
        };
        let alone = date.time.is_none() && date.offset.is_none();
        let day = date.date.filter(|_| alone)?;
        Some(day.to_string())
    }
}

/// The key whose value stands there, or that stands there itself.
fn key_at(source: &Source, span: &Span) -> Option<String> {
    let mut nodes = source.nodes();
    let node = nodes.find(|node| node.span() == *span && !node.path().steps().is_empty())?;
    Some(node.path().to_string())
}

/// What serde and TOML say, without the names of types.
fn in_words(message: &str) -> String {
    let mut said = message.replace('\n', ", ");
    for (from, to) in WORDS {
        said = said.replace(from, to);
    }
    said
}

/// What serde and TOML call things, and what people call them.
const WORDS: &[(&str, &str)] = &[
    ("invalid type: ", ""),
    (
        "map, expected a sequence",
        "a table, where there may be several: write it in [[ ]]",
    ),
    ("missing field", "missing here is"),
    ("struct Setting", "a table such as { default = 9000 }"),
    ("struct ", "a table for "),
    ("a sequence", "a list in brackets"),
    ("sequence", "list"),
    ("a map", "a table"),
    ("map", "a table"),
    ("wanted string or table", "a word in quotes is expected"),
    ("floating point", "number"),
    ("f64", "a number"),
    ("u16", "a port"),
    ("a TOML datetime", "a day such as 2027-01-31"),
    ("a string", "text in quotes"),
    ("unit variant", "a word"),
    ("unknown variant", "there is no"),
];

/// What serde says of a field that is none, with the one that is meant.
fn unknown_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    Some(match nearest(key, known.iter().copied()) {
        Some(near) => format!("there is no key {key} here; did you mean {near}?"),
        None => format!("there is no key {key} here, only {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests;
