//! The tree itself: an arena of nodes, and the cursor that walks it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::{MAX_DEPTH, ParseError, Path, Pointer, ScalarKind, Source, Span, Step};

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes, or a literal of JSON or TOML that is not a string.
    Plain,
    /// A scalar in single quotes.
    Single,
    /// A scalar in double quotes.
    Double,
    /// `|` or `>`: a YAML block scalar.
    Block,
    /// A YAML collection by indentation, or a TOML table.
    Indented,
    /// A collection in brackets.
    Flow,
}

pub(super) type NodeId = u32;

#[derive(Debug)]
pub(super) enum Value {
    Scalar(ScalarKind, Box<str>),
    Seq(Vec<NodeId>),
    /// Boxed, to keep the far more frequent scalars small.
    Map(Box<Map>),
    /// Stands for another node of the tree; never for an ancestor of itself.
    Alias(NodeId),
}

#[derive(Debug, Default)]
pub(super) struct Map {
    entries: Vec<(NodeId, NodeId)>,
    /// Only for large mappings, so that ten thousand look-ups stay linear.
    index: Option<HashMap<Box<str>, usize>>,
    /// Where YAML merge keys (`<<`) stand among the entries.
    merges: Vec<usize>,
}

const INDEX_FROM: usize = 16;

#[derive(Debug)]
struct Data {
    span: Span,
    parent: Option<NodeId>,
    slot: u32,
    is_key: bool,
    style: Style,
    tag: Option<Box<str>>,
    value: Value,
}

impl Data {
    /// Only unquoted: JSON's `"<<"` is a key like any other.
    fn is_merge(&self) -> bool {
        self.style == Style::Plain
            && matches!(&self.value, Value::Scalar(_, text) if &**text == "<<")
    }
}

/// A key that stands twice in one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The mapping.
    pub path: Path,
    /// The key.
    pub key: Box<str>,
    /// The bytes of the earlier key.
    pub first: Span,
    /// The bytes of the later key.
    pub second: Span,
}

/// Nodes of one text. Built by a format through [`Builder`].
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Data>,
    root: NodeId,
    duplicates: Vec<Duplicate>,
    documents: usize,
}

impl Tree {
    /// A null without width: the tree of a text that has none.
    pub fn empty() -> Tree {
        let mut builder = Builder::default();
        let root = builder.scalar(0..0, ScalarKind::Null, "", Style::Plain);
        Tree {
            nodes: builder.nodes,
            root,
            duplicates: Vec::new(),
            documents: 1,
        }
    }

    pub fn root(&self) -> NodeId {
        self.root
    }

    /// Every node, parents first, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        let mut rest = vec![self.root];
        std::iter::from_fn(move || {
            let id = rest.pop()?;
            match &self.data(id).value {
                Value::Scalar(..) | Value::Alias(_) => {}
                Value::Seq(items) => rest.extend(items.iter().rev()),
                Value::Map(map) => {
                    for (key, value) in map.entries.iter().rev() {
                        rest.extend([*value, *key]);
                    }
                }
            }
            Some(id)
        })
    }

    /// Says of every node that it is written elsewhere.
    pub fn relocate(&mut self, place: &dyn Fn(Span) -> Span) {
        for data in &mut self.nodes {
            data.span = place(data.span.clone());
        }
        for duplicate in &mut self.duplicates {
            duplicate.first = place(duplicate.first.clone());
            duplicate.second = place(duplicate.second.clone());
        }
    }

    /// The part of the tree below a path, as a tree of its own.
    pub fn below(mut self, path: &Path) -> Option<Tree> {
        let mut at = self.root;
        for step in path.steps() {
            at = match (&self.data(self.resolve(at)).value, step) {
                (Value::Map(map), Step::Key(key)) => map.entries[self.own_slot(map, key)?].1,
                (Value::Seq(items), Step::Index(index)) => *items.get(*index)?,
                _ => return None,
            };
        }
        let at = self.resolve(at);
        self.root = at;
        self.nodes[at as usize].parent = None;
        let count = path.steps().len();
        self.duplicates.retain_mut(|duplicate| {
            let inside = duplicate.path.starts_with(path);
            if inside {
                duplicate.path = duplicate.path.steps()[count..].to_vec().into();
            }
            inside
        });
        self.documents = 1;
        Some(self)
    }

    pub fn documents(&self) -> usize {
        self.documents
    }

    pub fn set_documents(&mut self, documents: usize) {
        self.documents = documents;
    }

    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Takes merge keys that stand twice for none: the file's reader merges them all.
    pub fn allow_merges(&mut self) {
        let mut merges = Vec::new();
        for data in &self.nodes {
            if let Value::Map(map) = &data.value {
                merges.extend(
                    map.merges
                        .iter()
                        .map(|slot| self.data(map.entries[*slot].0).span.start),
                );
            }
        }
        let merges: HashSet<usize> = merges.into_iter().collect();
        self.duplicates
            .retain(|duplicate| !merges.contains(&duplicate.second.start));
    }

    fn data(&self, id: NodeId) -> &Data {
        &self.nodes[id as usize]
    }

    /// The node that `id` stands for once aliases are followed.
    fn resolve(&self, mut id: NodeId) -> NodeId {
        while let Value::Alias(target) = self.data(id).value {
            id = target;
        }
        id
    }

    fn scalar_text(&self, id: NodeId) -> Option<&str> {
        match &self.data(self.resolve(id)).value {
            Value::Scalar(_, text) => Some(text),
            _ => None,
        }
    }

    fn path(&self, id: NodeId) -> Path {
        let mut steps = Vec::new();
        let mut at = id;
        while let Some(parent) = self.data(at).parent {
            let slot = self.data(at).slot as usize;
            match &self.data(parent).value {
                Value::Map(map) => {
                    let key = self.scalar_text(map.entries[slot].0).unwrap_or_default();
                    steps.push(Step::Key(key.into()));
                }
                _ => steps.push(Step::Index(slot)),
            }
            at = parent;
        }
        steps.reverse();
        steps.into()
    }

    /// The place of `key` in the mapping itself; the last one counts when it stands twice.
    fn own_slot(&self, map: &Map, key: &str) -> Option<usize> {
        match &map.index {
            Some(index) => index.get(key).copied(),
            None => map
                .entries
                .iter()
                .rposition(|(k, _)| self.scalar_text(*k) == Some(key)),
        }
    }
}

/// Collects nodes children first. `finish` ties them together.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Data>,
}

impl Builder {
    fn push(&mut self, span: Span, style: Style, value: Value) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Data {
            span,
            parent: None,
            slot: 0,
            is_key: false,
            style,
            tag: None,
            value,
        });
        id
    }

    pub fn scalar(&mut self, span: Span, kind: ScalarKind, text: &str, style: Style) -> NodeId {
        self.push(span, style, Value::Scalar(kind, text.into()))
    }

    pub fn seq(&mut self, span: Span, items: Vec<NodeId>, style: Style) -> NodeId {
        self.push(span, style, Value::Seq(items))
    }

    pub fn map(&mut self, span: Span, entries: Vec<(NodeId, NodeId)>, style: Style) -> NodeId {
        self.push(
            span,
            style,
            Value::Map(Box::new(Map {
                entries,
                index: None,
                merges: Vec::new(),
            })),
        )
    }

    pub fn alias(&mut self, span: Span, target: NodeId) -> NodeId {
        self.push(span, Style::Plain, Value::Alias(target))
    }

    /// A tag other than the standard ones, such as `!reset`.
    pub fn tag(&mut self, id: NodeId, tag: &str) {
        if let Some(data) = self.nodes.get_mut(id as usize) {
            data.tag = Some(tag.into());
        }
    }

    pub fn span(&self, id: NodeId) -> Span {
        self.nodes[id as usize].span.clone()
    }

    /// The value of a node, aliases followed.
    fn value(&self, mut id: NodeId) -> &Value {
        while let Value::Alias(target) = self.nodes[id as usize].value {
            id = target;
        }
        &self.nodes[id as usize].value
    }

    pub fn is_scalar(&self, id: NodeId) -> bool {
        matches!(self.value(id), Value::Scalar(..))
    }

    /// Whether the node is YAML's merge key.
    pub fn is_merge(&self, id: NodeId) -> bool {
        self.nodes[id as usize].is_merge()
    }

    /// Whether the node is what a merge key takes.
    pub fn is_mergeable(&self, id: NodeId) -> bool {
        match self.value(id) {
            Value::Map(_) => true,
            Value::Seq(items) => items
                .iter()
                .all(|item| matches!(self.value(*item), Value::Map(_))),
            Value::Scalar(..) | Value::Alias(_) => false,
        }
    }

    /// Ties the nodes together.
    ///
    /// # Errors
    /// When aliases, written out, would make the tree many times larger than its text ("billion laughs").
    pub fn finish(mut self, root: NodeId) -> Result<Tree, ParseError> {
        self.link();
        self.bound_expansion(root)?;
        let mut tree = Tree {
            nodes: self.nodes,
            root,
            duplicates: Vec::new(),
            documents: 1,
        };
        let mut duplicates = Vec::new();
        for id in 0..tree.nodes.len() {
            let Value::Map(map) = &tree.nodes[id].value else {
                continue;
            };
            let mut seen: HashMap<&str, usize> = HashMap::with_capacity(map.entries.len());
            let mut merges = Vec::new();
            for (slot, (key, _)) in map.entries.iter().enumerate() {
                let Some(text) = tree.scalar_text(*key) else {
                    continue;
                };
                let first = seen.insert(text, slot);
                if tree.data(*key).is_merge() {
                    merges.push(slot);
                }
                if let Some(first) = first {
                    duplicates.push(Duplicate {
                        path: tree.path(NodeId::try_from(id).unwrap_or(0)),
                        key: text.into(),
                        first: tree.data(map.entries[first].0).span.clone(),
                        second: tree.data(*key).span.clone(),
                    });
                }
            }
            let index = (map.entries.len() >= INDEX_FROM).then(|| {
                seen.iter()
                    .map(|(key, slot)| ((*key).into(), *slot))
                    .collect()
            });
            if let Value::Map(map) = &mut tree.nodes[id].value {
                map.index = index;
                map.merges = merges;
            }
        }
        duplicates.sort_by_key(|duplicate| duplicate.second.start);
        tree.duplicates = duplicates;
        Ok(tree)
    }

    fn link(&mut self) {
        for id in 0..self.nodes.len() {
            // Children have smaller numbers than their parent.
            let (children, rest) = self.nodes.split_at_mut(id);
            let parent = NodeId::try_from(id).ok();
            let mut tie = |child: NodeId, is_key: bool, slot: usize| {
                let data = &mut children[child as usize];
                data.parent = parent;
                data.is_key = is_key;
                data.slot = u32::try_from(slot).unwrap_or(u32::MAX);
            };
            match &rest[0].value {
                Value::Scalar(..) | Value::Alias(_) => {}
                Value::Seq(items) => {
                    for (slot, item) in items.iter().enumerate() {
                        tie(*item, false, slot);
                    }
                }
                Value::Map(map) => {
                    for (slot, (key, value)) in map.entries.iter().enumerate() {
                        tie(*key, true, slot);
                        tie(*value, false, slot);
                    }
                }
            }
        }
    }

    fn bound_expansion(&self, root: NodeId) -> Result<(), ParseError> {
        // Children and alias targets always have smaller numbers than what refers to them.
        let mut sizes: Vec<(u64, usize)> = Vec::with_capacity(self.nodes.len());
        for data in &self.nodes {
            let sum = |(size, depth): (u64, usize), id: &NodeId| {
                let (more, deep) = sizes.get(*id as usize).copied().unwrap_or((0, 0));
                (size.saturating_add(more), depth.max(deep + 1))
            };
            let size = match &data.value {
                Value::Scalar(..) => (1, 0),
                Value::Alias(target) => sizes.get(*target as usize).copied().unwrap_or((0, 0)),
                Value::Seq(items) => items.iter().fold((1, 1), sum),
                Value::Map(map) => map
                    .entries
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .fold((1, 1), sum),
            };
            // Whoever walks the tree recurses, through aliases too.
            if size.1 > MAX_DEPTH {
                return Err(ParseError {
                    message: format!("nested deeper than {MAX_DEPTH} levels"),
                    span: data.span.start..data.span.start,
                });
            }
            sizes.push(size);
        }
        let (expanded, _) = sizes.get(root as usize).copied().unwrap_or((0, 0));
        let allowed = 10_000 + 10 * self.nodes.len() as u64;
        if expanded <= allowed {
            return Ok(());
        }
        let span = self
            .nodes
            .iter()
            .find(|data| matches!(data.value, Value::Alias(_)))
            .map_or(0..0, |data| data.span.clone());
        Err(ParseError {
            message: format!(
                "aliases would expand {} nodes to {expanded}: refused",
                self.nodes.len()
            ),
            span,
        })
    }
}

/// What a node is, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// A scalar and what it resolves to.
    Scalar(ScalarKind),
    /// A sequence.
    Seq,
    /// A mapping.
    Map,
}

/// A cursor on a node. Cheap to copy. Reading follows aliases and YAML merge keys (`<<`).
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    source: &'a Source,
    id: NodeId,
}

impl<'a> Node<'a> {
    pub(super) fn new(source: &'a Source, id: NodeId) -> Node<'a> {
        Node { source, id }
    }

    fn tree(self) -> &'a Tree {
        self.source.tree()
    }

    fn data(self) -> &'a Data {
        self.tree().data(self.tree().resolve(self.id))
    }

    fn at(self, id: NodeId) -> Node<'a> {
        Node {
            source: self.source,
            id,
        }
    }

    /// The file that the node stands in.
    pub fn source(self) -> &'a Source {
        self.source
    }

    /// What the node is.
    pub fn shape(self) -> Shape {
        match &self.data().value {
            Value::Scalar(kind, _) => Shape::Scalar(*kind),
            Value::Seq(_) => Shape::Seq,
            // An alias never stays one after `resolve`.
            Value::Map(_) | Value::Alias(_) => Shape::Map,
        }
    }

    /// What a person calls this shape: "a string", "a list", "a mapping" …
    pub fn shape_name(self) -> &'static str {
        match self.shape() {
            Shape::Seq => "a list",
            Shape::Map => "a mapping",
            Shape::Scalar(ScalarKind::Null) => "nothing (null)",
            Shape::Scalar(ScalarKind::Bool(_)) => "a boolean",
            Shape::Scalar(ScalarKind::Int | ScalarKind::Float) => "a number",
            Shape::Scalar(ScalarKind::Timestamp) => "a date",
            Shape::Scalar(ScalarKind::Str) => "a string",
        }
    }

    /// Whether the node is a mapping.
    pub fn is_map(self) -> bool {
        self.shape() == Shape::Map
    }

    /// Whether the node is a sequence.
    pub fn is_seq(self) -> bool {
        self.shape() == Shape::Seq
    }

    /// Whether the node is null.
    pub fn is_null(self) -> bool {
        self.shape() == Shape::Scalar(ScalarKind::Null)
    }

    /// How the node is written (of an alias: its target).
    pub fn style(self) -> Style {
        self.data().style
    }

    /// A custom tag such as `!reset`, if one is written here.
    pub fn tag(self) -> Option<&'a str> {
        self.tree()
            .data(self.id)
            .tag
            .as_deref()
            .or(self.data().tag.as_deref())
    }

    /// Whether an alias (`*name`) is written here.
    pub fn is_alias(self) -> bool {
        matches!(self.tree().data(self.id).value, Value::Alias(_))
    }

    /// Whether an alias outside of this node stands for it, or for something in it.
    pub fn is_used_elsewhere(self) -> bool {
        let own = self.span();
        let within = |span: Span| own.start <= span.start && span.end <= own.end;
        let mut aliases = self.source.nodes().filter(|node| node.is_alias());
        aliases.any(|alias| !within(alias.span()) && within(alias.target().span()))
    }

    /// The node that an alias stands for; any other node itself.
    pub fn target(self) -> Node<'a> {
        self.at(self.tree().resolve(self.id))
    }

    /// The string, if the node is one. Numbers and the like are none.
    pub fn as_str(self) -> Option<&'a str> {
        match &self.data().value {
            Value::Scalar(ScalarKind::Str, text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar, quotes and escapes undone.
    pub fn scalar_text(self) -> Option<&'a str> {
        match &self.data().value {
            Value::Scalar(_, text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if the node is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.shape() {
            Shape::Scalar(ScalarKind::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// The value under `key`, if the node is a mapping that has it, itself or merged.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let Value::Map(map) = &self.data().value else {
            return None;
        };
        if let Some(slot) = self.tree().own_slot(map, key) {
            return Some(self.at(map.entries[slot].1));
        }
        // Of several merges the last one wins, of several mappings in one merge the first.
        map.merges.iter().rev().find_map(|slot| {
            let merged = self.at(map.entries[*slot].1);
            if merged.is_seq() {
                merged.items().find_map(|node| node.get(key))
            } else {
                merged.get(key)
            }
        })
    }

    /// The node one step down.
    pub fn step(self, step: &Step) -> Option<Node<'a>> {
        match step {
            Step::Key(key) => self.get(key),
            Step::Index(index) => self.items().nth(*index),
        }
    }

    /// Items of a sequence; nothing for other nodes.
    pub fn items(self) -> impl ExactSizeIterator<Item = Node<'a>> + Clone {
        let items: &[NodeId] = match &self.data().value {
            Value::Seq(items) => items,
            _ => &[],
        };
        items.iter().map(move |id| self.at(*id))
    }

    /// Keys and values as written, duplicates and `<<` included; nothing for other nodes.
    pub fn own_entries(self) -> impl ExactSizeIterator<Item = (Node<'a>, Node<'a>)> + Clone {
        let entries: &[(NodeId, NodeId)] = match &self.data().value {
            Value::Map(map) => &map.entries,
            _ => &[],
        };
        entries
            .iter()
            .map(move |(key, value)| (self.at(*key), self.at(*value)))
    }

    /// Keys and values as the file's reader sees them: merges done, of duplicates the last.
    /// Keys that are not scalars are left out.
    pub fn entries(self) -> Vec<(&'a str, Node<'a>)> {
        let own: Vec<_> = self.own_entries().collect();
        let merges = own.iter().any(|(key, _)| key.is_merge());
        // A key that comes again gives the place where it came first another value.
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(own.len());
        let mut entries: Vec<(&'a str, Node<'a>)> = Vec::with_capacity(own.len());
        for (key, value) in own.iter().filter(|(key, _)| !key.is_merge()) {
            let Some(text) = key.scalar_text() else {
                continue;
            };
            match places.entry(text) {
                Entry::Occupied(place) => entries[*place.get()].1 = *value,
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((text, *value));
                }
            }
        }
        if merges {
            for (key, value) in own.into_iter().rev() {
                if !key.is_merge() {
                    continue;
                }
                let maps: Vec<Node<'a>> = if value.is_seq() {
                    value.items().collect()
                } else {
                    vec![value]
                };
                for (text, node) in maps.into_iter().flat_map(Node::entries) {
                    if !entries.iter().any(|(have, _)| *have == text) {
                        entries.push((text, node));
                    }
                }
            }
        }
        entries
    }

    fn is_merge(self) -> bool {
        self.tree().data(self.id).is_merge()
    }

    /// The bytes in which the node itself is written (of an alias: the alias).
    pub fn span(self) -> Span {
        self.tree().data(self.id).span.clone()
    }

    /// The key of the entry that the node is the value of.
    pub fn key(self) -> Option<Node<'a>> {
        let data = self.tree().data(self.id);
        match &self.tree().data(data.parent?).value {
            Value::Map(map) => Some(self.at(map.entries[data.slot as usize].0)),
            _ => None,
        }
    }

    /// Whether the node is a key.
    pub fn is_key(self) -> bool {
        self.tree().data(self.id).is_key
    }

    /// The bytes of the whole entry: key, separator and value; of an item: the item.
    pub fn entry_span(self) -> Span {
        match self.key() {
            Some(key) => key.span().start..self.span().end.max(key.span().end),
            None => self.span(),
        }
    }

    /// The node that holds this one.
    pub fn parent(self) -> Option<Node<'a>> {
        self.tree().data(self.id).parent.map(|id| self.at(id))
    }

    /// Where the node is written. A node reached through an alias is where its anchor stands.
    pub fn path(self) -> Path {
        self.tree().path(self.id)
    }

    /// Where the node is written, with its file.
    pub fn pointer(self) -> Pointer {
        Pointer {
            source: self.source.id(),
            path: self.path(),
        }
    }
}
