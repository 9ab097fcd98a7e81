//! env-file-missing: a file under `env_file` is not there, so what it sets is not known.

use indexmap::IndexMap;

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed};
use crate::fact::label;
use crate::model::{EnvFile, ServiceId};
use crate::repair::quoted_file;
use crate::source::{Part, Pointer, SourceId, State, Unreadable};

pub(super) static CHECK: Check = Check {
    id: "env-file-missing",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-file-missing.md"),
    run,
};

/// Checks that need to know the variables of an MCP server, and of anything else.
const OF_SERVERS: &[&str] = &[
    "env-not-read",
    "access-mode-unrestricted",
    "database-url-missing",
];
const OF_OTHERS: &[&str] = &["env-variable-unset"];

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    // One file may be missing to many services, of several projects too: that is one thing to mend.
    let mut missing: IndexMap<SourceId, Vec<(ServiceId, &EnvFile)>> = IndexMap::new();
    for (id, service) in case.stack.services() {
        for file in &service.env_files {
            if let Some(source) = file.source.filter(|_| is_missing(case, file)) {
                let users = missing.entry(source).or_default();
                users.push((id, file));
            }
        }
    }
    for users in missing.values() {
        let (id, file) = users[0];
        let lives = users.iter().find_map(|(id, _)| lives(case, *id));
        let mut names: Vec<&str> = users
            .iter()
            .map(|(id, _)| case.stack.service(*id).name.value.as_str())
            .collect();
        names.dedup();
        let names = listed(&names, 3);
        // A path of another machine's, as in what is checked where it does not run.
        let is_elsewhere = file.path.starts_with(['/', '~'])
            && !std::path::Path::new(&file.path).starts_with(&case.stack.project(id).dir);
        let is_absent = match is_elsewhere {
            true => "is not on this machine",
            false => "does not exist",
        };
        let step = match &file.example {
            Some((example, _)) => format!("; make it from {example}"),
            None => String::new(),
        };
        let message = format!(
            "{} {is_absent}: Compose will not start {names} without it, and its variables are unknown{step}",
            file.path
        );
        let mut finding = Finding::at(&path_of(case, file), Part::Value, message)
            .says("no such file")
            .subject(&file.path)
            .hops(
                users
                    .iter()
                    // What runs was started while the file was there.
                    .filter(|(id, _)| lives.is_none() || !runs(case, *id))
                    .filter_map(|(id, _)| hops.get(id))
                    .flatten()
                    .copied(),
            );
        if let Some(container) = &lives {
            finding = finding.evidence(Source::Docker, container);
        }
        if let Some((example, path)) = &file.example {
            let title = format!("make {} from its example, and fill in its values", file.path);
            let copy = format!("cp {} {}", quoted_file(example), quoted_file(path));
            finding = finding.fix(Fix::run(title, copy));
        }
        finding = finding.fix(optional(file));
        for (_, file) in &users[1..] {
            finding = finding.also(&path_of(case, file), Part::Value, "no such file");
        }
        let of = |known: bool| {
            let mut names: Vec<&str> = users
                .iter()
                .filter(|(id, _)| case.mcp_service(*id).is_some() == known)
                .map(|(id, _)| case.stack.service(*id).name.value.as_str())
                .collect();
            names.dedup();
            listed(&names, 3)
        };
        for (checks, services) in [(OF_SERVERS, of(true)), (OF_OTHERS, of(false))] {
            let checks = checks.iter().filter(|id| super::by_id(id).is_some());
            let checks: Vec<&&str> = checks.collect();
            if !checks.is_empty() && !services.is_empty() {
                let verb = if checks.len() == 1 { "knows" } else { "know" };
                let text = format!(
                    "{} {verb} less about {services} without it",
                    listed(&checks, 3)
                );
                finding = finding.evidence(Source::File, text);
            }
        }
        match lives {
            Some(_) => findings.add_as(Severity::Error, finding),
            None => findings.add(finding),
        }
    }
}

/// How it is known that the project of a service runs on this machine, from its files: then its env files belong here.
fn lives(case: &Case<'_>, id: ServiceId) -> Option<String> {
    let engine = case.engine().filter(|engine| engine.is_here())?;
    let project = case.stack.project(id);
    let container = engine.containers.iter().enumerate().find(|(number, one)| {
        let service = case.chain.containers.service(*number);
        service.is_some_and(|other| other.project == id.project)
            && one.label(label::PROJECT).is_some()
    });
    let (_, container) = container?;
    Some(format!(
        "the project {} runs on this machine: container {} is made from its files",
        project.name, container.name
    ))
}

fn runs(case: &Case<'_>, id: ServiceId) -> bool {
    let all = case.containers_of(id);
    all.iter().any(|container| container.is_running())
}

fn is_missing(case: &Case<'_>, file: &EnvFile) -> bool {
    let absent = |source: SourceId| {
        *case.stack.source(source).state() == State::Unreadable(Unreadable::Absent)
    };
    file.required && !file.read && file.source.is_some_and(absent)
}

/// Where the path is written: the entry, or its `path`.
fn path_of(case: &Case<'_>, file: &EnvFile) -> Pointer {
    let entry = case.stack.source(file.at.source).node(&file.at.path);
    match entry {
        Some(entry) if entry.is_map() => file.at.key("path"),
        _ => file.at.clone(),
    }
}

fn optional(file: &EnvFile) -> Fix {
    Fix::manual(
        format!(
            "put {} where Compose looks for it, or mark it optional",
            file.path
        ),
        format!("env_file:\n  - path: {}\n    required: false", file.path),
    )
}
