//! What is left of the file once its includes are read: each top-level key, and the nodes that count under it.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::super::Why;
use super::{Reader, is_falsy};
use crate::catalog::VersionSet;
use crate::model::{Gateway, Stack};
use crate::source::{Node, Part, Source, Step};

/// The top-level keys that the gateway sees.
pub(super) struct Sections<'n> {
    /// What counts under each key. More than one node only where lists were put together.
    list: IndexMap<&'n str, Vec<Node<'n>>>,
    /// The files that were read, the gateway's own first.
    sources: Vec<&'n Source>,
    /// What an included file replaces: its key, what no longer counts and what does.
    replaced: Vec<(&'n str, Node<'n>, Node<'n>)>,
    /// An included file that was not read.
    pub(super) gap: Option<String>,
}

impl<'n> Sections<'n> {
    /// Lays included files over the gateway's own: lists are extended, everything else is replaced.
    pub(super) fn of(stack: &'n Stack, gateway: &Gateway, root: Node<'n>, key: &str) -> Self {
        let own = stack.source(gateway.root.source);
        let mut sections = Sections {
            list: IndexMap::new(),
            sources: vec![own],
            replaced: Vec::new(),
            gap: None,
        };
        for (name, node) in root.entries() {
            sections.list.insert(name, vec![node]);
        }
        for include in &gateway.includes {
            let source = include.source.map(|id| stack.source(id));
            let Some(source) = source.filter(|source| source.is_parsed()) else {
                let gap = format!("{}, which it includes, was not read", include.written);
                sections.gap.get_or_insert(gap);
                continue;
            };
            sections.sources.push(source);
            for (name, node) in source.root().entries() {
                if name != key {
                    sections.lay(name, node);
                }
            }
        }
        sections
    }

    fn lay(&mut self, name: &'n str, node: Node<'n>) {
        match self.list.get_mut(name) {
            Some(have) if node.is_seq() && have.iter().all(|have| have.is_seq()) => {
                have.push(node);
            }
            Some(have) => {
                let before = have.iter().filter(|before| !before.is_null());
                let replaced = before.map(|before| (name, *before, node));
                self.replaced.extend(replaced);
                *have = vec![node];
            }
            None => {
                self.list.insert(name, vec![node]);
            }
        }
    }

    /// What counts under a key; of several lists the first.
    pub(super) fn get(&self, name: &str) -> Option<Node<'n>> {
        self.list.get(name)?.first().copied()
    }

    /// All of it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'n str, Node<'n>)> + '_ {
        let nodes = |(name, nodes): (&&'n str, &'_ Vec<Node<'n>>)| {
            let name = *name;
            nodes
                .clone()
                .into_iter()
                .map(move |node| (name, node))
                .collect::<Vec<_>>()
        };
        self.list.iter().flat_map(nodes)
    }

    /// Every node of the files that were read, what an included file replaces left out.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node<'n>> + '_ {
        let dead: HashSet<(u32, &str)> = self
            .replaced
            .iter()
            .map(|(name, before, _)| (before.source().id().0, *name))
            .collect();
        self.sources
            .iter()
            .flat_map(|source| source.nodes())
            .filter(move |node| {
                if dead.is_empty() {
                    return true;
                }
                let path = node.path();
                let Some(Step::Key(first)) = path.steps().first() else {
                    return true;
                };
                !dead.contains(&(node.source().id().0, &**first))
            })
    }
}

/// Sections that an included file replaces, and included files that have none.
pub(super) fn read(reader: &mut Reader<'_>, sections: &Sections<'_>) {
    for source in &sections.sources[1..] {
        // An empty one adds nothing.
        let root = source.root();
        if !root.is_map() && !is_falsy(root) {
            reader.wrong_shape(root, source.name(), &VersionSet::all());
        }
    }
    for (name, before, after) in &sections.replaced {
        let why = Why::SectionReplaced {
            name: (*name).to_owned(),
            by: after.pointer(),
        };
        reader.ignore(before.pointer(), Part::Key, why, &VersionSet::all());
    }
}
