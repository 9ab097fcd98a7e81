//! LiteLLM configurations that Kubernetes manifests and Helm values carry, and files that become part of a manifest.

use std::path::Path;

use super::recognise::{
    LITELLM_MARKS, LITELLM_WORDS, Top, file_name, is_litellm_top, is_yaml, text,
};
use crate::load::{Loader, join};
use crate::source::{Node, Slot, Source, SourceId};

/// Mappings that charts turn into LiteLLM's configuration, by their key.
const CONFIG_KEYS: [&str; 1] = ["proxy_config"];
/// What Kustomize looks for in a directory.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// How many directories above a file are looked at for the kustomization that takes it in.
const PARENTS: usize = 2;
/// Documents beyond these are not looked at, nor more configurations than these taken from one file.
const MAX_DOCUMENTS: usize = 256;
/// See [`MAX_DOCUMENTS`].
const MAX_CARRIED: usize = 256;

/// What a file is to Kubernetes.
pub(super) enum Manifest {
    /// Neither a manifest nor values of a chart.
    No,
    /// One of these.
    Yes(Holds),
}

/// What a manifest carries.
#[derive(Default)]
pub(super) struct Holds {
    /// Where configurations of LiteLLM's stand in it.
    pub slots: Vec<Slot>,
    /// What of it was not looked at, because there is too much of it.
    pub unread: Vec<String>,
}

/// What the file at `path` is to Kubernetes, and what it carries.
pub(super) fn read(loader: &Loader<'_>, path: &Path) -> Manifest {
    let Some(text) = text(loader, path).filter(|_| is_yaml(file_name(path))) else {
        return Manifest::No;
    };
    let is_manifest = text.contains("apiVersion") && text.contains("kind");
    let is_values = CONFIG_KEYS.iter().any(|key| text.contains(key));
    if !is_manifest && !is_values {
        return Manifest::No;
    }
    let file = Source::new(
        SourceId(0),
        "",
        super::recognise::COMPOSE,
        Ok(text.into_bytes()),
    );
    let mut any = false;
    let mut slots = Vec::new();
    let documents = file.each_document();
    for (document, source) in documents.iter().enumerate().take(MAX_DOCUMENTS) {
        let root = source.root();
        let of_kubernetes = root.get("apiVersion").is_some() && root.get("kind").is_some();
        let of_chart = !of_kubernetes && holds_values(root);
        any |= of_kubernetes || of_chart;
        if of_kubernetes || of_chart {
            let carried = source.nodes().filter(|node| carries(path, *node));
            slots.extend(carried.map(|node| Slot {
                document,
                path: node.path(),
            }));
        }
    }
    if !any {
        return Manifest::No;
    }
    let mut unread = Vec::new();
    if documents.len() > MAX_DOCUMENTS {
        unread.push(format!(
            "documents {} to {}",
            MAX_DOCUMENTS + 1,
            documents.len()
        ));
    }
    if slots.len() > MAX_CARRIED {
        let more = slots.len() - MAX_CARRIED;
        unread.push(format!("{more} more LiteLLM configurations"));
        slots.truncate(MAX_CARRIED);
    }
    Manifest::Yes(Holds { slots, unread })
}

/// Whether the file at `path` carries a configuration of LiteLLM's.
pub(super) fn carries_any(loader: &Loader<'_>, path: &Path) -> bool {
    matches!(read(loader, path), Manifest::Yes(holds) if !holds.slots.is_empty())
}

/// Whether a document without a kind is values of a chart of LiteLLM's, at its top or under the chart's name.
fn holds_values(root: Node<'_>) -> bool {
    let own = |node: Node<'_>| {
        CONFIG_KEYS
            .iter()
            .any(|key| node.get(key).is_some_and(is_litellm))
    };
    own(root) || root.entries().into_iter().any(|(_, chart)| own(chart))
}

/// Whether a node is a configuration of LiteLLM's: a text of several lines, or the mapping that a chart takes.
fn carries(path: &Path, node: Node<'_>) -> bool {
    if node.is_key() || node.is_alias() {
        return false;
    }
    let key = node.key().and_then(Node::scalar_text);
    if node.is_map() {
        return key.is_some_and(|key| CONFIG_KEYS.contains(&key)) && is_litellm(node);
    }
    let Some(text) = node.as_str().filter(|text| text.contains('\n')) else {
        return false;
    };
    if !LITELLM_WORDS.iter().any(|word| text.contains(word)) {
        return false;
    }
    let inner = Source::new(
        SourceId(0),
        "",
        super::recognise::LITELLM,
        Ok(text.as_bytes().to_vec()),
    );
    let called = key.is_some_and(|key| key.to_ascii_lowercase().contains("litellm"));
    is_litellm_top(&Top::of(&inner), path, called)
}

/// Whether a mapping has sections of LiteLLM's.
fn is_litellm(node: Node<'_>) -> bool {
    let has = |key: &&str| {
        node.get(key)
            .is_some_and(|section| **key != *"model_list" || section.is_seq())
    };
    LITELLM_MARKS.iter().any(has) || node.get("general_settings").is_some()
}

/// Whether a kustomization beside or above the file makes it part of a ConfigMap or Secret.
pub(super) fn is_generated_from(loader: &Loader<'_>, path: &Path) -> bool {
    path.ancestors().skip(1).take(1 + PARENTS).any(|dir| {
        KUSTOMIZATIONS
            .iter()
            .map(|name| dir.join(name))
            .filter(|file| loader.files.is_file(file))
            .any(|file| takes_in(loader, &file, dir, path))
    })
}

fn takes_in(loader: &Loader<'_>, kustomization: &Path, dir: &Path, path: &Path) -> bool {
    let bytes = loader.read(kustomization);
    let file = Source::new(SourceId(0), "", super::recognise::COMPOSE, bytes);
    let generators = ["configMapGenerator", "secretGenerator"];
    let lists = generators.iter().filter_map(|key| file.root().get(key));
    let items = lists.flat_map(|list| list.items().collect::<Vec<_>>());
    let mut files = items.flat_map(|item| {
        let files = item.get("files").into_iter();
        files.flat_map(|files| files.items().collect::<Vec<_>>())
    });
    files.any(|entry| {
        let written = entry.as_str().unwrap_or_default();
        let name = written.split_once('=').map_or(written, |(_, file)| file);
        join(dir, name) == path
    })
}
