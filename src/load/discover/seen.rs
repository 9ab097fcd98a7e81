//! What lies where nothing was found: files that become a stack's once something renders them, and other programs'.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::recognise::{
    LITELLM, LITELLM_MARKS, file_name, is_called_litellm, is_yaml, text, with_top,
};
use super::search;
use crate::catalog::client::{known, of_path};
use crate::load::{Loader, shown};
use crate::model::Miss;

/// Endings of templates, and what a person calls these.
const ENDINGS: [(&str, &str); 10] = [
    (".j2", "a Jinja template"),
    (".jinja", "a Jinja template"),
    (".jinja2", "a Jinja template"),
    (".gotmpl", "a Go template"),
    (".tmpl", "a template"),
    (".tpl", "a template"),
    (".template", "a template"),
    (".tftpl", "a Terraform template"),
    (".erb", "an ERB template"),
    (".mustache", "a Mustache template"),
];
/// What makes a directory a chart of Helm's.
const CHART: &str = "Chart.yaml";
/// Where a chart has its templates.
const TEMPLATES: &str = "templates";

/// Notes what a person may have meant, where a search found nothing.
pub(super) fn note(loader: &mut Loader<'_>, roots: &[PathBuf]) {
    let mut seen = BTreeSet::new();
    let entered = |name: &str| {
        let mut others = known().others.iter();
        search::is_entered(name) || others.any(|other| other.folder.as_deref() == Some(name))
    };
    for root in roots {
        search::walk(loader, root, entered, |_, dir, names| {
            seen.extend(names.iter().map(|name| dir.join(name)));
        });
    }
    let named = loader.request.paths.iter().cloned();
    seen.extend(named.filter(|path| loader.files.is_file(path)));
    for path in seen {
        let name = shown(&path, &loader.request.cwd);
        if let Some((kind, flag)) = template(loader, &path) {
            let what = format!("{name}, {kind}");
            loader.miss(Miss::Unrendered, what, flag);
        } else if let Some(program) = known().other(&path) {
            let (why, what) = super::other_file(&name, program);
            loader.miss(why, what, "--claude FILE");
        } else if has_servers(loader, &path) {
            let what = format!("{name}, which has `mcp_servers` and may be LiteLLM's");
            loader.passed_over(what, "--litellm FILE");
        }
    }
}

/// Whether a file has servers at its top, which other programs' files have too.
fn has_servers(loader: &mut Loader<'_>, path: &Path) -> bool {
    is_yaml(file_name(path))
        && with_top(loader, path, LITELLM, &["mcp_servers"], |top| {
            top.has("mcp_servers")
        })
        .unwrap_or(false)
}

/// What a person calls a file that becomes part of a stack once it is rendered, and the flag that takes the result; if
/// it is such a template.
fn template(loader: &Loader<'_>, path: &Path) -> Option<(&'static str, &'static str)> {
    let name = file_name(path);
    let ending = ENDINGS
        .iter()
        .find_map(|(ending, kind)| Some((name.strip_suffix(ending)?, *kind)));
    let (rendered, kind) = match ending {
        Some(found) => found,
        None if is_yaml(name) && is_in_chart(loader, path) => (name, "a Helm template"),
        None => return None,
    };
    Some((kind, flag(loader, path, rendered)?))
}

/// Whether a file is among the templates of a chart.
fn is_in_chart(loader: &Loader<'_>, path: &Path) -> bool {
    let mut above = path.ancestors().skip(1);
    let templates = above.find(|dir| file_name(dir) == TEMPLATES);
    let chart = templates.and_then(Path::parent);
    chart.is_some_and(|chart| loader.files.is_file(&chart.join(CHART)))
}

/// The flag for a file under the name that it is rendered to, if it would be part of a stack.
fn flag(loader: &Loader<'_>, path: &Path, rendered: &str) -> Option<&'static str> {
    if of_path(&path.with_file_name(rendered)).is_some() {
        return Some("--claude FILE");
    }
    if is_yaml(rendered) && rendered.to_ascii_lowercase().contains("compose") {
        return Some("--compose FILE");
    }
    let text = text(loader, path)?;
    let has = |word: &str| text.contains(&format!("{word}:"));
    let marked = LITELLM_MARKS.iter().any(|word| has(word));
    let called = is_called_litellm(path) && has("mcp_servers");
    (marked || called).then_some("--litellm FILE")
}
