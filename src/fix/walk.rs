//! Where a path leads in the file's own bytes: never through an alias or a merge key.

use serde_json::{Map, Value as Json};

use super::{Edit, Refused};
use crate::change::Op;
use crate::source::{Node, Path, Source, Span, Step, Style};

/// The node at a path, or its nearest ancestor and the steps from there that lead nowhere yet.
pub(super) struct Place<'a, 'p> {
    pub node: Node<'a>,
    /// The place of each node on the way among its siblings as written.
    pub slots: Vec<usize>,
    pub missing: &'p [Step],
}

pub(super) fn find<'a, 'p>(source: &'a Source, path: &'p Path) -> Result<Place<'a, 'p>, Refused> {
    let mut place = Place {
        node: source.root(),
        slots: Vec::new(),
        missing: path.steps(),
    };
    while let [step, rest @ ..] = place.missing {
        let node = place.node;
        if node.is_alias() {
            return Err(Refused::Alias(node.path()));
        }
        let next = match step {
            Step::Index(index) => node.items().nth(*index).map(|item| (*index, item)),
            Step::Key(key) => own(node, key),
        };
        let Some((slot, next)) = next else {
            if node.step(step).is_some() {
                return Err(Refused::Merged(path.clone()));
            }
            break;
        };
        place.slots.push(slot);
        place.node = next;
        place.missing = rest;
    }
    Ok(place)
}

/// The entry of the mapping itself; the last one counts when the key stands twice.
pub(super) fn own<'a>(map: Node<'a>, key: &str) -> Option<(usize, Node<'a>)> {
    let mut found = None;
    for (slot, (name, value)) in map.own_entries().enumerate() {
        if name.scalar_text() == Some(key) {
            found = Some((slot, value));
        }
    }
    found
}

/// Refuses what an alias elsewhere would repeat or lose.
pub(super) fn unshared(
    source: &Source,
    path: &Path,
    place: &Place<'_, '_>,
    op: &Op,
) -> Result<(), Refused> {
    let changed = place.node.path();
    for alias in source.nodes().filter(|node| node.is_alias()) {
        let target = alias.target().path();
        let repeats =
            changed.starts_with(&target) && !(matches!(op, Op::Rename(_)) && changed == target);
        let loses = matches!(op, Op::Set(_) | Op::Remove)
            && target.starts_with(&changed)
            && !alias.path().starts_with(&changed);
        if repeats || loses {
            return Err(Refused::Shared(path.clone()));
        }
    }
    Ok(())
}

/// Whether the node stands within brackets.
pub(super) fn in_flow(node: Node<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| parent.style() == Style::Flow)
}

pub(super) fn edit(node: Node<'_>, range: Span, text: impl Into<String>) -> Edit {
    Edit {
        source: node.source().id(),
        range,
        text: text.into(),
    }
}

/// What is added to a collection: an entry or an item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Added {
    Entry(String, Json),
    Item(Json),
}

impl Added {
    pub fn key(&self) -> Option<&str> {
        match self {
            Added::Entry(key, _) => Some(key),
            Added::Item(_) => None,
        }
    }

    /// The collection that holds this alone.
    pub fn into_collection(self) -> Json {
        match self {
            Added::Entry(key, value) => Json::Object(Map::from_iter([(key, value)])),
            Added::Item(value) => Json::Array(vec![value]),
        }
    }
}

/// What `op` adds to the nearest node that is there: the addition itself, or the first collection that is missing.
pub(super) fn added(place: &Place<'_, '_>, path: &Path, op: &Op) -> Result<Added, Refused> {
    let mut added = match op {
        Op::Insert(key, value) => Added::Entry(key.clone(), value.clone()),
        Op::Push(value) => Added::Item(value.clone()),
        Op::Set(_) | Op::Rename(_) | Op::Remove => return Err(Refused::Absent(path.clone())),
    };
    for step in place.missing.iter().rev() {
        let Step::Key(key) = step else {
            return Err(Refused::Absent(path.clone()));
        };
        added = Added::Entry(key.to_string(), added.into_collection());
    }
    Ok(added)
}
