//! What a file is, by its name and by what stands in it. Other programs use the same words: what is not sure is left
//! alone in a search, and taken for what its name says when a person named it.

use std::path::{Path, PathBuf};

use crate::catalog::client::{known, of_path};
use crate::catalog::gateway;
use crate::load::client;
use crate::load::placing::COMPOSE_NAMES;
use crate::load::{Loader, join};
use crate::model::{Client, Kind};
use crate::source::{Dialect, Format, Node, Source};

/// How LiteLLM reads its file.
pub(in crate::load) const LITELLM: Format = Format::Yaml(Dialect::PyYaml);
/// How Compose reads its files.
pub(super) const COMPOSE: Format = Format::Yaml(Dialect::GoYaml);

/// Sections that no other program's file has; `model_list` only as a list.
pub(super) const LITELLM_MARKS: [&str; 2] = ["model_list", "litellm_settings"];
/// One of these makes it worth while to parse a file.
pub(super) const LITELLM_WORDS: [&str; 4] = [
    "model_list",
    "litellm_settings",
    "general_settings",
    "mcp_servers",
];

/// What a file is that a person named without saying it.
pub(super) fn named(loader: &mut Loader<'_>, path: &Path) -> Option<Kind> {
    let name = file_name(path);
    if of_path(path).is_some() {
        return Some(Kind::Client);
    }
    if COMPOSE_NAMES.contains(&name) {
        return Some(Kind::Compose);
    }
    if matches!(extension(name), "json" | "jsonc") {
        return client::mentions_servers(&text(loader, path)?).then_some(Kind::Client);
    }
    if is_litellm(loader, path) || has_litellm_sections_only(loader, path) {
        return Some(Kind::LiteLlm);
    }
    let by_name = name.to_ascii_lowercase();
    match compose_content(loader, path) {
        Some(_) => Some(Kind::Compose),
        None if !is_yaml(name) => None,
        None if by_name.contains("compose") => Some(Kind::Compose),
        None if by_name.contains("litellm") => Some(Kind::LiteLlm),
        None => None,
    }
}

/// Whether a search should look into a file of that name.
pub(super) fn could_be_litellm(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_yaml(name) && (lower.contains("litellm") || lower.contains("config"))
}

/// Whether a search should look for a manifest in a file: by its name, or because its directory is called after LiteLLM.
pub(super) fn could_be_manifest(path: &Path) -> bool {
    let name = file_name(path);
    let lower = name.to_ascii_lowercase();
    let usual = ["litellm", "config", "helmrelease", "values"];
    is_yaml(name) && (usual.iter().any(|word| lower.contains(word)) || is_called_litellm(path))
}

/// Whether what stands in a file makes it LiteLLM's.
pub(super) fn is_litellm(loader: &mut Loader<'_>, path: &Path) -> bool {
    with_top(loader, path, LITELLM, &LITELLM_WORDS, |top| {
        is_litellm_top(top, path, false)
    })
    .unwrap_or(false)
}

/// Whether what stands at the top of a text makes it LiteLLM's; `called` when what carries it is called so.
pub(super) fn is_litellm_top(top: &Top<'_>, path: &Path, called: bool) -> bool {
    let is_kubernetes = top.has("apiVersion") && top.has("kind");
    let marked = LITELLM_MARKS.iter().any(|key| top.has(key));
    let general =
        top.has("general_settings") && (top.has("mcp_servers") || top.has("router_settings"));
    let called = top.has("mcp_servers") && (called || is_called_litellm(path));
    !is_kubernetes && (marked || general || called)
}

/// Whether a file has servers, and nothing at its top that LiteLLM does not know. Other programs have files with
/// `mcp_servers` alone: where a server has a key that nobody writes for LiteLLM, the file is one of theirs.
fn has_litellm_sections_only(loader: &mut Loader<'_>, path: &Path) -> bool {
    with_top(loader, path, LITELLM, &["mcp_servers"], |top| {
        let keys = top.keys();
        let known = gateway::known();
        keys.contains(&"mcp_servers")
            && keys
                .iter()
                .all(|key| known.sections.read.contains_key(*key))
            && top.server_keys().iter().all(|key| {
                let like = |have: &String| strsim::osa_distance(have, key) <= 1;
                known.servers.keys.keys().any(like)
            })
    })
    .unwrap_or(false)
}

/// Whether the file's name or one of its two nearest directories is called after LiteLLM.
pub(super) fn is_called_litellm(path: &Path) -> bool {
    let parts = path.components().rev().take(3);
    let mut parts = parts.map(|part| part.as_os_str().to_string_lossy().to_ascii_lowercase());
    parts.any(|part| part.contains("litellm"))
}

/// Whether a file is one of a client's, or is taken for one and holds servers.
pub(super) fn is_client(loader: &Loader<'_>, path: &Path) -> bool {
    match of_path(path) {
        Some(Client::ClaudeCode) if known().not_read(path).is_some() => {
            text(loader, path).is_some_and(|text| client::mentions_servers(&text))
        }
        found => found.is_some(),
    }
}

/// The compose files of a directory.
#[derive(Default)]
pub(super) struct InDirectory {
    /// Those that are a project each.
    pub(super) projects: Vec<PathBuf>,
    /// Those that are none, and why.
    pub(super) left_out: Vec<(PathBuf, LeftOut)>,
}

/// Why a compose file is no project.
pub(super) struct LeftOut {
    /// Goes on after the file's name.
    pub(super) text: String,
    /// The flag that reads it.
    pub(super) flag: &'static str,
}

/// Sorts out the compose files of a directory. Compose reads only one of the names that it looks for; overrides come
/// with what they override; what lacks an image belongs on top of another file.
pub(super) fn projects_in(loader: &mut Loader<'_>, dir: &Path, names: &[String]) -> InDirectory {
    let mut found = InDirectory::default();
    let mut standard = COMPOSE_NAMES
        .iter()
        .filter(|name| names.iter().any(|have| have == *name));
    let preferred = standard.next();
    if let Some(preferred) = preferred {
        found.projects.push(dir.join(preferred));
        found.left_out.extend(standard.map(|name| {
            let text = format!("beside {preferred}, which Compose reads instead");
            let flag = "--compose FILE";
            (dir.join(name), LeftOut { text, flag })
        }));
    }
    for name in names {
        let is_other = is_yaml(name)
            && name.to_ascii_lowercase().contains("compose")
            && !COMPOSE_NAMES.contains(&name.as_str());
        if !is_other || bases(name).iter().any(|base| names.contains(base)) {
            continue;
        }
        let path = dir.join(name);
        match (compose_content(loader, &path), preferred) {
            (Some(Content::Overlay), Some(base)) => {
                let text = format!("adds to another file, such as {base}, and is none alone");
                let flag = "--compose BASE,FILE";
                found.left_out.push((path, LeftOut { text, flag }));
            }
            (Some(_), _) => found.projects.push(path),
            (None, _) => {}
        }
    }
    found
}

/// Those of the compose files that no other one includes or takes services from: these belong to the others' projects.
pub(super) fn without_parts(loader: &mut Loader<'_>, files: &[PathBuf]) -> Vec<PathBuf> {
    let uses: Vec<Vec<PathBuf>> = files.iter().map(|path| parts_of(loader, path)).collect();
    let is_part = |path: &PathBuf, own: &[PathBuf]| {
        files
            .iter()
            .zip(&uses)
            .any(|(user, used)| user != path && used.contains(path) && !own.contains(user))
    };
    files
        .iter()
        .zip(&uses)
        .filter(|(path, own)| !is_part(path, own))
        .map(|(path, _)| path.clone())
        .collect()
}

/// Files that a compose file includes, and those of other names than Compose's that its services extend.
fn parts_of(loader: &mut Loader<'_>, path: &Path) -> Vec<PathBuf> {
    let id = loader.open(path, COMPOSE);
    let root = loader.source(id).root();
    let mut parts = included_in(root);
    let services = root.get("services").map_or_else(Vec::new, Node::entries);
    let extended = services
        .into_iter()
        .filter_map(|(_, service)| service.get("extends")?.get("file")?.as_str())
        .filter(|file| !COMPOSE_NAMES.contains(&file_name(Path::new(file))));
    parts.extend(extended);
    let dir = path.parent().unwrap_or(path);
    parts.into_iter().map(|part| join(dir, part)).collect()
}

/// The files that a compose file includes, as they are written.
fn included_in(root: Node<'_>) -> Vec<&str> {
    let mut parts = Vec::new();
    for item in root.get("include").iter().flat_map(|list| list.items()) {
        let written = item.get("path").unwrap_or(item);
        parts.extend(written.as_str());
        parts.extend(written.items().filter_map(Node::as_str));
    }
    parts
}

/// The compose file in one of these directories that includes another one, whose project is then no whole one alone.
pub(super) fn includer(loader: &mut Loader<'_>, path: &Path, dirs: &[PathBuf]) -> Option<PathBuf> {
    for dir in dirs {
        let names = super::search::file_names(loader, dir);
        for candidate in projects_in(loader, dir, &names).projects {
            let id = loader.open(&candidate, COMPOSE);
            let included = included_in(loader.source(id).root());
            let mut included = included.into_iter().map(|part| join(dir, part));
            if candidate != path && included.any(|part| part == path) {
                return Some(candidate);
            }
        }
    }
    None
}

/// Named compose files as projects: an override goes with the file beside it that it overrides.
pub(super) fn with_overrides(files: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    let base_of = |path: &Path| {
        let bases = bases(file_name(path));
        files.iter().find(|file| {
            file.parent() == path.parent() && bases.iter().any(|base| base == file_name(file))
        })
    };
    let mut projects: Vec<Vec<PathBuf>> = files
        .iter()
        .filter(|path| base_of(path).is_none())
        .map(|path| vec![path.clone()])
        .collect();
    for path in &files {
        if let Some(base) = base_of(path)
            && let Some(project) = projects
                .iter_mut()
                .find(|project| project.first() == Some(base))
        {
            project.push(path.clone());
        }
    }
    projects
}

/// The files that one of that name overrides, if it is an override at all.
fn bases(name: &str) -> Vec<String> {
    let Some(stem) = name
        .strip_suffix(&format!(".{}", extension(name)))
        .and_then(|stem| stem.strip_suffix(".override"))
    else {
        return Vec::new();
    };
    let mut bases = vec![format!("{stem}.yml"), format!("{stem}.yaml")];
    if bases
        .iter()
        .any(|base| COMPOSE_NAMES.contains(&base.as_str()))
    {
        bases = COMPOSE_NAMES.map(str::to_owned).to_vec();
    }
    bases
}

/// What a compose file is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A project of its own.
    Whole,
    /// Some service has neither an image nor a build: Compose refuses the file alone.
    Overlay,
}

/// Set when a file has services as Compose means them.
fn compose_content(loader: &mut Loader<'_>, path: &Path) -> Option<Content> {
    with_top(loader, path, COMPOSE, &["services"], |top| match top {
        Top::Text(_) => top.has("services").then_some(Content::Whole),
        Top::Tree(root) => {
            let services = root.get("services")?.entries();
            let is_service = |node: &Node<'_>| node.is_map();
            if services.is_empty() || !services.iter().all(|(_, node)| is_service(node)) {
                return None;
            }
            let stands_alone = |node: &Node<'_>| {
                ["image", "build", "extends", "provider"]
                    .iter()
                    .any(|key| node.get(key).is_some())
            };
            let whole = services.iter().all(|(_, node)| stands_alone(node));
            Some(if whole {
                Content::Whole
            } else {
                Content::Overlay
            })
        }
    })
    .flatten()
}

/// What stands at the top of a file: of its tree, or of its text when that does not parse.
pub(super) enum Top<'a> {
    Tree(Node<'a>),
    Text(&'a str),
}

impl<'a> Top<'a> {
    pub(super) fn of(source: &'a Source) -> Top<'a> {
        if source.is_parsed() {
            Top::Tree(source.root())
        } else {
            Top::Text(source.text())
        }
    }

    fn keys(&self) -> Vec<&'a str> {
        match self {
            Top::Tree(root) => root.entries().into_iter().map(|(key, _)| key).collect(),
            Top::Text(text) => text
                .lines()
                .filter_map(|line| line.split_once(':'))
                .map(|(key, _)| key.trim_end())
                .filter(|key| !key.is_empty() && !key.starts_with([' ', '\t', '#', '-']))
                .collect(),
        }
    }

    /// The keys of all servers, as far as the file parses.
    fn server_keys(&self) -> Vec<&'a str> {
        let Top::Tree(root) = self else {
            return Vec::new();
        };
        let servers = root.get("mcp_servers").map_or_else(Vec::new, Node::entries);
        servers
            .into_iter()
            .flat_map(|(_, server)| server.entries())
            .map(|(key, _)| key)
            .collect()
    }

    /// Whether the key is there; other programs have a `model_list` that is no list.
    pub(super) fn has(&self, key: &str) -> bool {
        match self {
            Top::Tree(root) => root
                .get(key)
                .is_some_and(|node| key != "model_list" || node.is_seq()),
            Top::Text(_) => self.keys().contains(&key),
        }
    }
}

/// Asks about the top of a file that has one of `words`; without them it is not even parsed.
pub(super) fn with_top<T>(
    loader: &mut Loader<'_>,
    path: &Path,
    format: Format,
    words: &[&str],
    ask: impl FnOnce(&Top<'_>) -> T,
) -> Option<T> {
    let text = text(loader, path)?;
    if !words.iter().any(|word| text.contains(word)) {
        return None;
    }
    let id = loader.open(path, format);
    Some(ask(&Top::of(loader.source(id))))
}

pub(super) fn text(loader: &Loader<'_>, path: &Path) -> Option<String> {
    let bytes = loader.read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn file_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

pub(super) fn is_yaml(name: &str) -> bool {
    matches!(extension(name), "yaml" | "yml")
}
