//! Variables of a container: `environment`, then `env_file` from the last to the first (Compose spec, "environment",
//! "env_file").

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;

use super::Assembly;
use super::scope::{Quoting, ScopeId, Variables, env_lines};
use super::service::host_path;
use super::value::{Data, Value};
use crate::load::shown;
use crate::model::{EnvFile, EnvFrom, EnvVar, How, Text};
use crate::source::{Path, Pointer, Source, State, Unreadable};

/// The variables, winners first, and the files that they come from.
pub(super) fn extract(
    assembly: &mut Assembly<'_, '_>,
    service: &Value,
) -> (Vec<EnvVar>, Vec<EnvFile>) {
    let mut variables = declared(assembly, service);
    let entries = service
        .get("env_file")
        .map(Value::items)
        .unwrap_or_default();
    let entries: Vec<(EnvFile, Quoting)> = entries
        .iter()
        .filter_map(|entry| open(assembly, entry))
        .collect();
    if entries.is_empty() {
        return (variables, Vec::new());
    }

    let project = Rc::clone(&assembly.scopes[ScopeId::MAIN.0].variables);
    let own: HashMap<String, Text> = variables
        .iter()
        .filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .collect();
    let mut of_earlier = HashMap::new();
    let mut of_files: Vec<Vec<EnvVar>> = Vec::new();
    for (file, quoting) in &entries {
        let Some(source) = file.source.filter(|_| file.read) else {
            continue;
        };
        let source = assembly.loader.source(source);
        of_files.push(read(source, *quoting, &project, &own, &mut of_earlier));
    }
    variables.extend(of_files.into_iter().rev().flatten());
    (
        variables,
        entries.into_iter().map(|(file, _)| file).collect(),
    )
}

/// `environment:`. A name alone takes its value from the variables that interpolation sees.
fn declared(assembly: &Assembly<'_, '_>, service: &Value) -> Vec<EnvVar> {
    let entries = service
        .get("environment")
        .into_iter()
        .flat_map(Value::entries);
    entries
        .filter_map(|(name, value)| {
            Some(EnvVar {
                name: name.to_owned(),
                value: match &value.data {
                    Data::Scalar(text) => Some(text.clone()),
                    Data::Null => {
                        let variables = &assembly.scopes[value.scope.0].variables;
                        variables.get(name).map(Cow::into_owned)
                    }
                    Data::List(_) | Data::Map(_) => return None,
                },
                at: value.at.pointer(),
                from: EnvFrom::Environment,
            })
        })
        .collect()
}

/// An entry of `env_file`: a path, or a mapping with `path`, `required` and `format`.
fn open(assembly: &mut Assembly<'_, '_>, entry: &Value) -> Option<(EnvFile, Quoting)> {
    let named = entry.get("path").unwrap_or(entry);
    let written = named.text()?;
    let required = entry.get("required").and_then(Value::truth);
    let quoting = match entry.get("format").and_then(Value::string) {
        Some("raw") => Quoting::Raw,
        _ => Quoting::Dotenv,
    };
    let path = host_path(written, &assembly.scopes[entry.scope.0].dir);
    if let Some(path) = &path {
        let at = named.at.pointer();
        assembly.loader.name_at(path, at, &written.text);
    }
    let source = path
        .as_ref()
        .map(|path| assembly.open_env(path, How::Mounted));
    let read = source.is_some_and(|id| match assembly.loader.source(id).state() {
        State::Parsed => true,
        // What is wrong with it as a dotenv file does not matter to the raw format.
        State::Invalid(_) => quoting == Quoting::Raw,
        State::Unreadable(_) => false,
    });
    let absent = source
        .filter(|id| *assembly.loader.source(*id).state() == State::Unreadable(Unreadable::Absent));
    let example = absent
        .zip(path.as_deref())
        .and_then(|(_, path)| example(assembly, path));
    let file = EnvFile {
        path: written.text.clone(),
        required: required.unwrap_or(true),
        at: entry.at.pointer(),
        source,
        read,
        example,
    };
    Some((file, quoting))
}

/// What people put beside a file that holds secrets, to be copied: `.env.example`, `example.env`.
fn example(assembly: &Assembly<'_, '_>, path: &std::path::Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?;
    let behind = ["example", "sample", "template", "dist", "tmpl"];
    let names =
        behind
            .iter()
            .map(|word| format!("{name}.{word}"))
            .chain(match name.strip_suffix(".env") {
                // `.env` itself
                Some("") => vec![
                    "example.env".to_owned(),
                    "sample.env".to_owned(),
                    ".example.env".to_owned(),
                    "env.example".to_owned(),
                    "env.sample".to_owned(),
                ],
                Some(stem) => vec![format!("{stem}.example.env"), format!("{stem}.env-example")],
                None => Vec::new(),
            });
    let loader = &assembly.loader;
    let found = names
        .map(|name| path.with_file_name(name))
        .find(|path| loader.files.is_file(path))?;
    let cwd = &loader.request.cwd;
    Some((shown(&found, cwd), shown(path, cwd)))
}

/// The variables of one file. Its values see the project's variables, then `environment`, then earlier lines and files.
fn read(
    file: &Source,
    quoting: Quoting,
    project: &Variables,
    own: &HashMap<String, Text>,
    of_earlier: &mut HashMap<String, Text>,
) -> Vec<EnvVar> {
    let mut last: IndexMap<&str, Option<Text>> = IndexMap::new();
    for line in env_lines(file, quoting) {
        let value = {
            let outside = |name: &str| {
                let own = || own.get(name).map(Cow::Borrowed);
                project.get(name).or_else(own)
            };
            let everything = |name: &str| {
                let earlier = || of_earlier.get(name).map(Cow::Borrowed);
                outside(name)
                    .or_else(earlier)
                    .or_else(|| project.unread(name))
            };
            line.value(
                |written| project.interpolate(written, &everything).text,
                outside,
            )
        };
        if let Some(value) = &value {
            of_earlier.insert(line.name.to_owned(), value.clone());
        }
        last.insert(line.name, value);
    }
    last.into_iter()
        .map(|(name, value)| EnvVar {
            name: name.to_owned(),
            value,
            at: Pointer {
                source: file.id(),
                path: Path::keys([name]),
            },
            from: EnvFrom::EnvFile,
        })
        .collect()
}
