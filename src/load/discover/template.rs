//! Which gateways' files are templates: something fills them in before the gateway reads them.

use std::path::{Path, PathBuf};

use super::recognise::file_name;
use super::{directories_around, search};
use crate::load::placing::{self, Mounts};
use crate::load::{Loader, shown};
use crate::model::{Gateway, Home, Marks, Template, is_unrendered};
use crate::source::{Node, Source, State};

/// Programs that replace `${NAME}` in a file.
const FILLERS: [&str; 5] = ["envsubst", "gomplate", "envtpl", "confd", "dockerize"];
/// Folders whose files something else renders first: what Flux, Kustomize and Helm users call them.
const RENDERED: [&str; 4] = ["kubernetes", "clusters", "k8s", "flux"];
/// Folders beside a file in which its scripts lie.
const SCRIPTS: [&str; 4] = ["scripts", "bin", "docker", "deploy"];
/// How many scripts are looked at for one file.
const MAX_SCRIPTS: usize = 64;

/// Says of every gateway's file how it is filled in, if it is.
pub(super) fn note(loader: &mut Loader<'_>) {
    let mounts = Mounts::of(&loader.stack);
    let found: Vec<Vec<Template>> = loader
        .stack
        .gateways
        .iter()
        .map(|gateway| of(loader, &mounts, gateway))
        .collect();
    for (gateway, templates) in loader.stack.gateways.iter_mut().zip(found) {
        gateway.templates = templates;
    }
}

fn of(loader: &Loader<'_>, mounts: &Mounts, gateway: &Gateway) -> Vec<Template> {
    let source = loader.stack.source(gateway.root.source);
    if let State::Invalid(error) = source.state() {
        let marks = Marks::Braces;
        let unrendered = is_unrendered(source.text(), error.span.end);
        return unrendered
            .then_some(Template { marks, by: None })
            .into_iter()
            .collect();
    }
    let named = is_named_template(&gateway.path);
    let has = |marks: Marks| {
        source
            .nodes()
            .filter(|node| !node.is_alias())
            .filter_map(Node::scalar_text)
            .any(|text| marks.find(text).is_some())
    };
    let mut templates = Vec::new();
    if has(Marks::Variables) {
        let by = filler(loader, gateway)
            .or_else(|| named.then(|| "what renders it, by its name".to_owned()));
        let composed = placing::placed(&loader.stack, mounts, gateway)
            .service()
            .is_some();
        let deployed =
            gateway.home == Home::Kubernetes || (!composed && lies_in_rendered(&gateway.path));
        if by.is_some() || deployed {
            let marks = Marks::Variables;
            templates.push(Template { marks, by });
        }
    }
    if has(Marks::Braces) && (named || !only_names_in_braces(source)) {
        let marks = Marks::Braces;
        templates.push(Template { marks, by: None });
    }
    if has(Marks::Underscores) {
        let marks = Marks::Underscores;
        templates.push(Template { marks, by: None });
    }
    templates
}

/// Whether a file says by its name that it is a template: `config.yaml.j2`, `config.template.yaml`.
fn is_named_template(path: &Path) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let mut parts = name.split(['.', '-', '_']);
    parts.any(|part| {
        matches!(
            part,
            "template" | "tmpl" | "tpl" | "j2" | "jinja" | "gotmpl"
        )
    }) || path
        .parent()
        .and_then(Path::file_name)
        .is_some_and(|dir| dir == "templates")
}

fn lies_in_rendered(path: &Path) -> bool {
    let mut names = path.iter().filter_map(|name| name.to_str());
    names.any(|name| RENDERED.contains(&name) || name.ends_with(".extracted"))
}

/// Whether all that stands in double braces are names of variables, as people write who mistake them for references.
fn only_names_in_braces(source: &Source) -> bool {
    let is_name = |text: &str| {
        crate::model::Reference::find(text)
            .iter()
            .any(|reference| reference.spelling == crate::model::Spelling::Moustache)
    };
    source
        .nodes()
        .filter(|node| !node.is_alias())
        .filter_map(Node::scalar_text)
        .filter(|text| Marks::Braces.find(text).is_some())
        .all(is_name)
}

/// What replaces `${NAME}` in a gateway's file, and where that is written: a service that has the file, or a script
/// near it.
fn filler(loader: &Loader<'_>, gateway: &Gateway) -> Option<String> {
    let stack = &loader.stack;
    for (_, service) in stack.services() {
        let mut mounts = service
            .mounts
            .iter()
            .filter_map(|mount| mount.host.as_deref());
        if !mounts.any(|host| stack.links.within(&gateway.path, host)) {
            continue;
        }
        let words = [&service.entrypoint, &service.command];
        let words = words.into_iter().flatten().flat_map(|words| &words.value);
        for word in words {
            if let Some(program) = FILLERS.iter().find(|program| word.text.contains(**program)) {
                let name = &service.name.value;
                return Some(format!("`{program}` in the service {name}"));
            }
        }
    }
    scripts(loader, &gateway.path)
        .into_iter()
        .take(MAX_SCRIPTS)
        .find_map(|script| {
            let bytes = loader.read(&script).ok()?;
            let text = String::from_utf8_lossy(&bytes);
            let program = text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'))
                .find_map(|line| FILLERS.iter().find(|program| line.contains(**program)))?;
            let name = shown(&script, &loader.request.cwd);
            Some(format!("`{program}` in {name}"))
        })
}

/// The scripts beside a file; above it too, within what the run was asked to look at.
fn scripts(loader: &Loader<'_>, path: &Path) -> Vec<PathBuf> {
    let request = loader.request;
    let mut scripts = Vec::new();
    for (above, dir) in directories_around(loader, path).into_iter().enumerate() {
        let asked =
            dir.starts_with(&request.cwd) || request.paths.iter().any(|path| dir.starts_with(path));
        if above > 0 && !asked {
            break;
        }
        let below = SCRIPTS.iter().map(|name| dir.join(name));
        for dir in std::iter::once(dir.clone()).chain(below) {
            let names = search::file_names(loader, &dir).into_iter();
            let named = names.filter(|name| is_script(name));
            scripts.extend(named.map(|name| dir.join(name)));
        }
    }
    scripts
}

fn is_script(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".sh", ".bash", ".mk", ".ps1", ".dockerfile"];
    let starts = [
        "makefile",
        "gnumakefile",
        "justfile",
        "taskfile",
        "dockerfile",
        "entrypoint",
    ];
    ends.iter().any(|end| lower.ends_with(end))
        || starts.iter().any(|start| lower.starts_with(start))
}
