//! Everything that a diagnosis elsewhere needs, in one file: what was asked for, the files that were read without their
//! secrets, and the recorded facts.
//!
//! A bundle is a compressed tar. First stands its manifest, then the facts, then `files/` with the text of each file that
//! was read, below its path. Whatever loading asks of files is answered from it as it was then: what there was at a path,
//! and what there was not.
//!
//! Paths are those of the machine: what a file is may depend on the names of its folders. The name of the home is another
//! one of the same length, and so it is in the files and the facts; only where what was read is above it, it stays.

mod archive;
mod manifest;
mod redacted;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::looks::{Kept, Looks};
use super::place::{Places, Renamed};
use super::redaction::{kept_of, sent_of};
use super::{NoRecord, Record, Replay, Run};
use crate::chain::Settings;
use crate::fact::{Facts, Tokens, Writing};
use crate::load::Request;
pub use manifest::Decided;
use manifest::{Decision, Looked, Manifest, written};
use redacted::{Known, Redactor};

/// What a bundle calls itself.
const SCHEMA: &str = "mcpdoc-bundle/1";
/// What every version of it does.
const FAMILY: &str = "mcpdoc-bundle/";

const MANIFEST: &str = "mcpdoc-bundle.json";
const FACTS: &str = "facts.json";
const FILES: &str = "files";

/// A bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    manifest: Manifest,
    record: Record,
    /// Texts by their paths.
    texts: BTreeMap<String, String>,
}

/// Why something is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum NoBundle {
    /// It is something else.
    #[error("is no bundle of `mcpdoc observe --bundle` ({0})")]
    Foreign(String),
    /// It was one.
    #[error("is damaged ({0}): copy it again, or write it again with `mcpdoc observe --bundle`")]
    Damaged(String),
    /// It has what no bundle has.
    #[error("its entry {0} is none of a bundle's ({1}): `mcpdoc observe --bundle` writes one")]
    Entry(String, String),
    /// It is larger than anything that was written.
    #[error(
        "has more than the {} MiB or {} entries of a bundle: `mcpdoc observe --bundle` writes one",
        archive::MOST_BYTES / 1024 / 1024,
        archive::MOST_PARTS
    )]
    TooLarge,
    /// It is of a version that is not known here.
    #[error("has the schema {0}, and mcpdoc {version} reads {SCHEMA}: use the mcpdoc that wrote it, or write it again", version = env!("CARGO_PKG_VERSION"))]
    Newer(String),
    /// Its facts are none.
    #[error("its {FACTS} {0}")]
    Facts(#[from] NoRecord),
}

impl NoBundle {
    fn entry(name: &str, why: impl Into<String>) -> NoBundle {
        NoBundle::Entry(crate::secret::redact(name), why.into())
    }
}

/// Why a bundle cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NotBundled {
    /// Facts cannot be serialised; they always can.
    #[error("the facts cannot be written")]
    Facts(#[from] serde_json::Error),
    /// There is more than anyone would read back.
    #[error("{0} files with {1} MiB are too many for a bundle: name what to read")]
    TooLarge(usize, u64),
}

impl Bundle {
    /// Puts a run into a bundle. `looks` is what it read, `home` that of the user, whether it was looked at or not.
    ///
    /// # Errors
    /// When it would be larger than what is read back.
    pub fn new(
        run: Run<'_>,
        settings: &Settings,
        looks: &Looks<'_>,
        home: Option<&Path>,
        decided: Decided,
        facts: &Facts,
        salt: [u8; Tokens::SALT],
    ) -> Result<Bundle, NotBundled> {
        let tokens = Tokens::new(salt);
        let places = Places::of(run.request, run.stack);
        // Where its folder is read in the order of names, or is part of names in reports, another name would tell.
        let mut read = run.request.paths.iter().chain([&run.request.cwd]);
        let home = home.or(run.request.home.as_deref());
        let home = home.filter(|home| !read.any(|path| *home != path && home.starts_with(path)));
        let home = Renamed::home(home);
        let seen = looks.seen();
        let mut known = Known::default();
        let permitted = run.permissions.calls.iter();
        let permitted = permitted.flat_map(|call| call.made_as(&call.tool).secrets());
        let permitted: Vec<_> = permitted.collect();
        for secret in sent_of(facts).chain(permitted.iter().map(|secret| secret.reveal())) {
            known.add_sent(secret);
        }
        kept_of(facts).for_each(|secret| known.add(secret));
        let redactor = Redactor::new(&tokens);
        let files = redactor.files(&seen, run.stack, &places, &mut known);
        let mut record = Record::new(run, facts, salt)?;
        record.each_text(&mut |text| {
            let spans = known.places(text).into_iter();
            let spans: Vec<(Range<usize>, Writing)> =
                spans.map(|span| (span, Writing::Plain)).collect();
            home.renamed(&redactor.replaced(text, &spans))
        })?;
        let path = |path: &Path| home.renamed(&written(path));
        let all = |paths: &[PathBuf]| paths.iter().map(|one| path(one)).collect::<Vec<String>>();
        let request = run.request;
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            mcpdoc: env!("CARGO_PKG_VERSION").to_owned(),
            cwd: path(&request.cwd),
            home: request.home.as_deref().map(path),
            paths: all(&request.paths),
            litellm: all(&request.litellm),
            compose: request.compose.iter().map(|files| all(files)).collect(),
            claude: all(&request.claude),
            env_files: all(&request.env_files),
            settings: request
                .settings
                .as_ref()
                .map(|(file, how)| Decision::new(path(file), *how)),
            baseline: request
                .baseline
                .as_ref()
                .map(|(file, how)| Decision::new(path(file), *how)),
            decided,
            litellm_version: settings.litellm_version.as_ref().map(ToString::to_string),
            machine: settings.machine.clone(),
            tokens: redactor.made(),
            looked: seen
                .into_iter()
                .map(|(at, mut look)| {
                    if let Some(why) = files.no_texts.get(&at) {
                        look.read = Some(Err(why.clone()));
                    }
                    let looked = Looked::of(&at, &look, &|text| home.renamed(text));
                    (path(&at), looked)
                })
                .collect(),
        };
        let texts = files.texts.iter();
        let bundle = Bundle {
            manifest,
            record,
            texts: texts
                .map(|(at, text)| (path(at), home.renamed(text)))
                .collect(),
        };
        let sizes = bundle.texts.values().map(|text| text.len() as u64 + 2048);
        let size = sizes.sum::<u64>();
        match bundle.texts.len() + 2 > archive::MOST_PARTS || size > archive::MOST_BYTES / 2 {
            true => Err(NotBundled::TooLarge(bundle.texts.len(), size / 1024 / 1024)),
            false => Ok(bundle),
        }
    }

    /// How many files have their text in it.
    pub fn files_count(&self) -> usize {
        self.texts.len()
    }

    /// The bytes of the bundle: the same for the same parts.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut manifest = serde_json::to_string_pretty(&self.manifest)?;
        manifest.push('\n');
        let facts = self.record.render()?;
        let head = [
            (MANIFEST.to_owned(), manifest.as_str()),
            (FACTS.to_owned(), facts.as_str()),
        ];
        let texts = self.texts.iter();
        let texts = texts.map(|(path, text)| (entry_of(path), text.as_str()));
        let parts: Vec<(String, &str)> = head.into_iter().chain(texts).collect();
        let parts = parts.iter().map(|(name, text)| (name.as_str(), *text));
        archive::write(parts, out)
    }

    /// Reads a bundle that anybody may have written.
    ///
    /// # Errors
    /// When it is none, or one of another version.
    pub fn read(from: impl Read) -> Result<Bundle, NoBundle> {
        let mut manifest: Option<Manifest> = None;
        let mut record: Option<Record> = None;
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        archive::read(from, |(name, text)| {
            let Some(manifest) = &manifest else {
                if name != MANIFEST {
                    let why = format!("its first entry is not {MANIFEST}");
                    return Err(NoBundle::Foreign(why));
                }
                manifest = Some(manifest_of(&text)?);
                return Ok(());
            };
            if name == FACTS && record.is_none() {
                record = Some(Record::parse(&text)?);
                return Ok(());
            }
            let path = name.strip_prefix(FILES).unwrap_or_default();
            let is_listed = manifest.looked.get(path).is_some_and(Looked::has_text);
            if !is_listed || record.is_none() {
                return Err(NoBundle::entry(&name, "its manifest does not name it"));
            }
            match texts.insert(path.to_owned(), text) {
                None => Ok(()),
                Some(_) => Err(NoBundle::entry(&name, "it stands there twice")),
            }
        })?;
        let missing = |name: &str| NoBundle::Damaged(format!("{name} is missing"));
        let manifest = manifest.ok_or_else(|| missing(MANIFEST))?;
        let record = record.ok_or_else(|| missing(FACTS))?;
        let mut looked = manifest.looked.iter();
        if let Some((path, _)) =
            looked.find(|(path, looked)| looked.has_text() && !texts.contains_key(*path))
        {
            return Err(missing(&crate::secret::redact(&entry_of(path))));
        }
        Ok(Bundle {
            manifest,
            record,
            texts,
        })
    }

    /// The version of mcpdoc that wrote it.
    pub fn written_by(&self) -> &str {
        &self.manifest.mcpdoc
    }

    /// What the run was asked to read, on a machine of which there are only the paths.
    pub fn request(&self) -> Request {
        let manifest = &self.manifest;
        let all = |paths: &[String]| paths.iter().map(PathBuf::from).collect::<Vec<PathBuf>>();
        let mut request = Request {
            cwd: PathBuf::from(&manifest.cwd),
            paths: all(&manifest.paths),
            litellm: all(&manifest.litellm),
            compose: manifest.compose.iter().map(|files| all(files)).collect(),
            claude: all(&manifest.claude),
            env_files: all(&manifest.env_files),
            home: manifest.home.as_ref().map(PathBuf::from),
            settings: manifest.settings.as_ref().map(Decision::taken),
            baseline: manifest.baseline.as_ref().map(Decision::taken),
            ..Request::default()
        };
        let folder = request
            .settings
            .as_ref()
            .and_then(|(file, _)| file.parent());
        request.root = folder
            .filter(|folder| *folder != request.cwd)
            .map(Path::to_owned);
        request.shell = self.record.environment(&request);
        request.projects = self.record.projects(&request);
        request
    }

    /// What was known beside the files.
    ///
    /// # Errors
    /// When the version of LiteLLM is none.
    pub fn settings(&self) -> Result<Settings, NoBundle> {
        let version = self.manifest.litellm_version.as_deref();
        let version = version.map(str::parse).transpose();
        let odd = |_| NoBundle::entry(MANIFEST, "`litellm_version` is no version");
        Ok(Settings {
            litellm_version: version.map_err(odd)?,
            machine: self.manifest.machine.clone(),
            gateway_urls: self.record.gateway_urls().to_vec(),
            ..Settings::default()
        })
    }

    /// When it was written, and whether nothing was left out of it.
    pub fn decided(&self) -> &Decided {
        &self.manifest.decided
    }

    /// What was observed.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The files, as they were looked at.
    pub fn files(&self) -> Kept {
        Kept::of(self.manifest.seen(&self.texts))
    }

    /// The witness that answers from it.
    ///
    /// # Errors
    /// When its facts are none.
    pub fn replay(&self, request: &Request) -> Result<Replay, NoRecord> {
        let replay = Replay::of(&self.record, request)?;
        Ok(replay.keeping(self.manifest.tokens.iter().cloned()))
    }
}

/// What an absolute path is called in the archive.
fn entry_of(path: &str) -> String {
    match path.starts_with('/') {
        true => format!("{FILES}{path}"),
        false => format!("{FILES}/{path}"),
    }
}

fn manifest_of(text: &str) -> Result<Manifest, NoBundle> {
    let foreign = |error: serde_json::Error| NoBundle::Foreign(format!("its {MANIFEST}: {error}"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(foreign)?;
    match value["schema"].as_str() {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with(FAMILY) => {
            return Err(NoBundle::Newer(crate::secret::redact(other)));
        }
        _ => {
            let why = format!("the `schema` of its {MANIFEST} is not {SCHEMA}");
            return Err(NoBundle::Foreign(why));
        }
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(foreign)?;
    match manifest.odd_path() {
        None => Ok(manifest),
        Some(path) => {
            let path = crate::secret::redact(path);
            let why = format!("its path {path} is not absolute, or leads elsewhere");
            Err(NoBundle::entry(MANIFEST, why))
        }
    }
}
