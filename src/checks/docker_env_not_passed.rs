//! docker-env-not-passed: a variable reaches the program `docker`, and not the container that it starts.

use crate::catalog::engine::Verb;
use crate::change::{Fix, Safety};
use crate::check::containers::{Container, containers};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "docker-env-not-passed",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/docker-env-not-passed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for container in containers(case) {
        let missing: Vec<&(&str, Pointer)> = container
            .env
            .iter()
            .filter(|(name, _)| is_lost(&container, name))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let severity = match container.starts.verb {
            Verb::Run => Severity::Warning,
            // The container may have them from elsewhere.
            Verb::Exec => Severity::Note,
        };
        findings.add_as(severity, finding(&container, &missing));
    }
}

/// Whether a variable is meant for the container and does not get there.
fn is_lost(container: &Container<'_>, name: &str) -> bool {
    // Where an argument mentions it, its owner has seen to it in some way.
    let mentioned = || {
        container
            .args
            .iter()
            .any(|arg| words(&arg.value).any(|word| word == name))
    };
    !is_engines_own(name) && !container.starts.passes(name) && !mentioned()
}

/// What in a text can be the name of a variable.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// Whether the engine's own program reads the variable, or the system below it.
fn is_engines_own(name: &str) -> bool {
    const STARTS: [&str; 9] = [
        "BUILDAH_",
        "BUILDKIT_",
        "COMPOSE_",
        "CONTAINER",
        "DOCKER_",
        "LC_",
        "MSYS",
        "PODMAN_",
        "XDG_",
    ];
    const NAMES: [&str; 19] = [
        "ALL_PROXY",
        "APPDATA",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LOCALAPPDATA",
        "NO_PROXY",
        "PATH",
        "PROGRAMFILES",
        "REGISTRY_AUTH_FILE",
        "SSH_AUTH_SOCK",
        "SYSTEMROOT",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "USER",
        "USERPROFILE",
    ];
    let upper = name.to_ascii_uppercase();
    STARTS.iter().any(|start| upper.starts_with(start)) || NAMES.contains(&upper.as_str())
}

fn finding(container: &Container<'_>, missing: &[&(&str, Pointer)]) -> Finding {
    let (starts, name) = (&container.starts, container.name);
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let flags: Vec<String> = names.iter().map(|name| format!("-e {name}")).collect();
    let message = format!(
        "{name} sets {} for `{}`, which passes no variable on to the container by itself: add `{}` before {}",
        listed(&names, 3),
        container.verb(),
        listed(&flags, 3).replace(" and ", " ").replace(", ", " "),
        container.args[starts.image].value
    );
    let mut words: Vec<String> = container
        .args
        .iter()
        .map(|arg| arg.value.clone())
        .collect();
    let added = names
        .iter()
        .flat_map(|name| ["-e".to_owned(), (*name).to_owned()]);
    words.splice(starts.image..starts.image, added);
    let mut fix = Fix::new(Safety::Safe, format!("pass on {}", listed(&names, 3)));
    fix.changes = container.write(&words);
    let mut places = missing.iter().map(|(_, at)| at);
    let first = places.next().unwrap_or(&container.args_at);
    let mut finding = Finding::at(first, Part::Key, message).says("does not reach the container");
    for at in places {
        finding = finding.also(at, Part::Key, "nor does this");
    }
    let image = &container.args[starts.image];
    finding
        .also(&image.at, Part::Value, "`-e NAME` belongs before this")
        .subject(name)
        .hops(container.hop)
        .fix(fix)
}
