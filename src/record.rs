//! Facts that can be given away: what a run observed, as one document without secrets and without the places of the
//! machine, from which the same diagnosis follows anywhere.
//!
//! A record holds everything beside the files themselves that a diagnosis depends on: answers, permissions, names of the
//! machine, and the variables of the environment that the files name. A replay looks at none of these itself.

mod bundle;
mod digests;
mod looks;
mod place;
mod redaction;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::client;
use crate::chain::GatewayUrl;
use crate::fact::{Facts, NoSalt, Secret, Tokens};
use crate::load::Request;
use crate::model::{Client, Stack};
use crate::plan::Permissions;
pub use bundle::{Bundle, Decided, NoBundle, NotBundled};
pub use digests::Digests;
pub use looks::{Kept, Looks};
use place::Places;
use redaction::Redaction;
pub use replay::Replay;

/// What a record calls itself.
pub const SCHEMA: &str = "mcpdoc-facts/1";
/// What every version of it does.
const FAMILY: &str = "mcpdoc-facts/";
/// What nothing of which more than this would be recorded has: levels between the working directory and its inputs.
const MOST_ABOVE: usize = 64;

/// Recorded facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    schema: String,
    /// The version of mcpdoc that wrote it.
    mcpdoc: String,
    /// The key of the tokens: see [`Tokens`].
    salt: String,
    /// How many folders above the working directory have a mark of their own in paths.
    above: usize,
    inputs: Vec<Input>,
    /// Names of the machine beside `localhost`.
    machine: Vec<String>,
    /// Addresses that gateways were said to have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gateway_urls: Vec<GatewayUrl>,
    /// Variables of the environment that files name, and the one with the operator's key.
    environment: Vec<Variable>,
    /// Names of Compose projects by their directories: a directory of another name would be another project.
    #[serde(default)]
    projects: BTreeMap<String, String>,
    permissions: Permissions,
    facts: Value,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Relative to the working directory or, by a mark, to the home.
    file: String,
    /// [`Tokens::digest`] of its bytes; nothing where they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    name: String,
    value: String,
    /// Whether the value is a token, or has one in it.
    #[serde(default, skip_serializing_if = "is_false")]
    hidden: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A file that is not what it was when the facts were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name, as reports have it.
    pub file: String,
    /// In what it differs.
    pub what: Differs,
}

/// In what a file differs from the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Differs {
    /// It has other bytes.
    Changed,
    /// It is not part of the run any more.
    Missing,
    /// It was not part of the run then.
    New,
}

impl Differs {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Differs::Changed => "changed",
            Differs::Missing => "missing",
            Differs::New => "new",
        }
    }
}

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum NoRecord {
    /// It is another program's, or damaged.
    #[error("is not a record of `mcpdoc observe` ({0})")]
    Malformed(String),
    /// It is a report.
    #[error("is a report ({0}), and recorded facts are needed: `mcpdoc observe` prints them")]
    Report(String),
    /// It is of a version that is not known here.
    #[error("has the schema {0}, and mcpdoc {version} reads {SCHEMA}: use the mcpdoc that wrote it, or record again", version = env!("CARGO_PKG_VERSION"))]
    Newer(String),
}

impl From<NoSalt> for NoRecord {
    fn from(error: NoSalt) -> NoRecord {
        NoRecord::Malformed(error.to_string())
    }
}

/// What a run is, beside its facts.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What it read.
    pub stack: &'a Stack,
    /// What it was asked to read, and the environment.
    pub request: &'a Request,
    /// What it was permitted to do.
    pub permissions: &'a Permissions,
    /// Names of the machine.
    pub machine: &'a [String],
    /// Addresses that gateways were said to have.
    pub gateway_urls: &'a [GatewayUrl],
    /// The bytes that it read.
    pub digests: &'a Digests<'a>,
}

impl Record {
    /// Puts facts into a record.
    ///
    /// # Errors
    /// When facts cannot be serialised; they always can.
    pub fn new(
        run: Run<'_>,
        facts: &Facts,
        salt: [u8; Tokens::SALT],
    ) -> serde_json::Result<Record> {
        let tokens = Tokens::new(salt);
        let places = Places::of(run.request, run.stack);
        let asked = Redaction::new(&tokens, &places);
        let mut secrets: BTreeSet<&str> = BTreeSet::new();
        for probe in facts.probes() {
            asked.ask(&probe.asked)?;
            secrets.extend(probe.asked.secrets.iter().map(Secret::reveal));
        }
        let calls = run.permissions.calls.iter();
        let asked_for: Vec<Secret> = calls
            .flat_map(|call| call.made_as(&call.tool).secrets())
            .collect();
        secrets.extend(asked_for.iter().map(Secret::reveal));
        let mut named = named(run.stack);
        named.extend(run.permissions.gateway_key.as_deref());
        let mut environment = Vec::new();
        let mut sent = Vec::new();
        for (name, value) in &run.request.shell {
            if !named.contains(name.as_str()) {
                continue;
            }
            let placed = places.hidden(value);
            let mut hidden = match secrets.contains(value.as_str()) {
                true => tokens.token(&placed),
                false => tokens.variable(name, &placed),
            };
            if hidden == placed {
                hidden = asked.sent_value(&placed);
                sent.push((placed.clone(), hidden.clone()));
            }
            environment.push(Variable {
                name: name.clone(),
                hidden: hidden != placed,
                value: hidden,
            });
        }
        let sent = sent.into_iter().filter(|(value, token)| value != token);
        let redaction = Redaction::new(&tokens, &places).with_sent(sent);
        Ok(Record {
            schema: SCHEMA.to_owned(),
            mcpdoc: env!("CARGO_PKG_VERSION").to_owned(),
            salt: tokens.salt(),
            above: places.above(),
            inputs: inputs(run.stack, run.digests, &tokens, &places),
            machine: run.machine.to_vec(),
            gateway_urls: run.gateway_urls.to_vec(),
            environment,
            projects: run
                .stack
                .projects
                .iter()
                .filter(|project| {
                    let mut files = project.files.iter();
                    files.any(|file| run.stack.source(*file).container().is_none())
                })
                .map(|project| {
                    let dir = places.hidden(&project.dir.to_string_lossy());
                    (dir, project.name.clone())
                })
                .collect(),
            permissions: redaction.permissions(run.permissions, secrets.iter().copied()),
            facts: redaction.facts(facts)?,
        })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the text is none, or one of another version.
    pub fn parse(text: &str) -> Result<Record, NoRecord> {
        let malformed = |error: serde_json::Error| NoRecord::Malformed(error.to_string());
        let value: Value = serde_json::from_str(text).map_err(malformed)?;
        let record: Record = match value["schema"].as_str() {
            Some(SCHEMA) => serde_json::from_value(value).map_err(malformed)?,
            Some(other) if other.starts_with(FAMILY) => {
                return Err(NoRecord::Newer(crate::secret::redact(other)));
            }
            Some(other) if other.starts_with("mcpdoc/") => {
                return Err(NoRecord::Report(crate::secret::redact(other)));
            }
            _ => {
                let why = format!("its `schema` is not {SCHEMA}");
                return Err(NoRecord::Malformed(why));
            }
        };
        Tokens::with_salt(&record.salt)?;
        if record.above > MOST_ABOVE {
            return Err(NoRecord::Malformed("`above` is too large".to_owned()));
        }
        serde_json::from_value::<Facts>(record.facts.clone()).map_err(malformed)?;
        Ok(record)
    }

    /// The document, with a final newline.
    ///
    /// # Errors
    /// When it cannot be serialised; it always can.
    pub fn render(&self) -> serde_json::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Puts another text in the place of each that somebody else wrote: values of variables, arguments, facts.
    fn each_text(&mut self, other: &mut dyn FnMut(&str) -> String) -> serde_json::Result<()> {
        for variable in &mut self.environment {
            let value = other(&variable.value);
            variable.hidden |= value != variable.value;
            variable.value = value;
        }
        for call in &mut self.permissions.calls {
            each_text(&mut call.arguments, other);
        }
        let projects = std::mem::take(&mut self.projects).into_iter();
        self.projects = projects.map(|(dir, name)| (other(&dir), name)).collect();
        for input in &mut self.inputs {
            input.file = other(&input.file);
        }
        each_text(&mut self.facts, other);
        serde_json::from_value::<Facts>(self.facts.clone()).map(|_| ())
    }

    /// What the recorded run was permitted to do.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Names of the recorded machine.
    pub fn machine(&self) -> &[String] {
        &self.machine
    }

    /// Addresses that gateways were said to have.
    pub fn gateway_urls(&self) -> &[GatewayUrl] {
        &self.gateway_urls
    }

    /// The environment that files are read in: the recorded one, with places of the machine that the request is for.
    pub fn environment(&self, request: &Request) -> BTreeMap<String, String> {
        let places = Places::with(request, self.above);
        let variables = self.environment.iter();
        variables
            .map(|variable| (variable.name.clone(), places.shown(&variable.value)))
            .collect()
    }

    /// Names of projects by their directories, as they are on the machine that the request is for.
    pub fn projects(&self, request: &Request) -> BTreeMap<PathBuf, String> {
        let places = Places::with(request, self.above);
        let projects = self.projects.iter();
        projects
            .map(|(dir, name)| (PathBuf::from(places.shown(dir)), name.clone()))
            .collect()
    }

    /// Its tokens: what is one already stays, wherever a question takes it from.
    ///
    /// # Errors
    /// When its salt is none.
    pub fn tokens(&self) -> Result<Tokens, NoRecord> {
        let mut tokens = Tokens::with_salt(&self.salt)?;
        for variable in self.environment.iter().filter(|variable| variable.hidden) {
            tokens.keep(&variable.value);
        }
        for call in &self.permissions.calls {
            for secret in call.made_as(&call.tool).secrets() {
                tokens.keep(secret.reveal());
            }
        }
        let facts = serde_json::from_value::<Facts>(self.facts.clone());
        let facts = facts.map_err(|error| NoRecord::Malformed(error.to_string()))?;
        let engine = facts.engine.get();
        let containers = engine.map_or(&[][..], |engine| &engine.containers);
        let images = engine.map_or(&[][..], |engine| &engine.images);
        let env = containers.iter().map(|container| &container.env);
        let env = env.chain(images.iter().map(|image| &image.env));
        for (name, value) in env.flatten() {
            let value = value.reveal();
            for span in Tokens::spans(name, value) {
                tokens.keep(&value[span]);
            }
        }
        Ok(tokens)
    }

    /// Where the files of a replay are not those of the record.
    ///
    /// # Errors
    /// When its salt is none.
    pub fn differences(
        &self,
        stack: &Stack,
        request: &Request,
        digests: &Digests<'_>,
    ) -> Result<Vec<Difference>, NoRecord> {
        let places = Places::with(request, self.above);
        let now = inputs(stack, digests, &Tokens::with_salt(&self.salt)?, &places);
        let find = |list: &[Input], file: &str| list.iter().find(|have| have.file == file).cloned();
        let mut differences = Vec::new();
        let mut differs = |file: &str, what: Differs| {
            let file = places.shown(file);
            differences.push(Difference { file, what });
        };
        for then in &self.inputs {
            match find(&now, &then.file) {
                Some(now) if now.digest == then.digest => {}
                Some(Input { digest: None, .. }) | None => differs(&then.file, Differs::Missing),
                Some(_) => differs(&then.file, Differs::Changed),
            }
        }
        for now in &now {
            if find(&self.inputs, &now.file).is_none() {
                differs(&now.file, Differs::New);
            }
        }
        Ok(differences)
    }
}

fn each_text(value: &mut Value, other: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = other(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, other)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| each_text(member, other)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every file that was read or to be read, by its name.
fn inputs(stack: &Stack, digests: &Digests<'_>, tokens: &Tokens, places: &Places) -> Vec<Input> {
    let mut inputs: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let files = stack.sources.iter();
    for source in files.filter(|source| source.container().is_none()) {
        let name = source.name();
        inputs
            .entry(name)
            .or_insert_with(|| Some(tokens.digest(&digests.of(&places.path(name))?)));
    }
    let inputs = inputs.into_iter().map(|(name, digest)| Input {
        file: places.hidden(name),
        digest,
    });
    inputs.collect()
}

/// Names of variables that a diagnosis may depend on: every word of the files, and those by which clients and Compose
/// find their files.
fn named(stack: &Stack) -> BTreeSet<&str> {
    let parts = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let mut named: BTreeSet<&str> = stack
        .sources
        .iter()
        .filter(|source| source.container().is_none())
        .flat_map(|source| source.text().split(parts))
        .filter(|word| word.len() > 1)
        .collect();
    named.extend([
        "COMPOSE_FILE",
        "COMPOSE_PATH_SEPARATOR",
        "COMPOSE_PROFILES",
        "COMPOSE_PROJECT_NAME",
    ]);
    for page in Client::ALL.map(client::of) {
        named.extend(
            page.files
                .iter()
                .filter_map(|file| file.home_env.as_deref()),
        );
    }
    named
}
