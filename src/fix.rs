//! Changes to nodes become edits of bytes: pure, and proved before anybody sees them.
//!
//! Each change is written in the hand of the file (its quotes, its indentation, its line endings), the new text is
//! parsed again, and must hold the old value with that change and no other. Otherwise there is a [`Refused`], never
//! a damaged file.

mod block;
mod changed;
mod commands;
mod effect;
mod env;
mod flow;
mod gap;
mod lines;
mod live;
mod patch;
mod remembered;
mod render;
mod scalar;
mod session;
mod together;
mod toml;
mod value;
mod walk;
pub mod write;

#[cfg(test)]
mod tests;

pub use crate::load::Overlay;
pub use changed::Changed;
pub use lines::{Suggestion, suggestions};
pub use patch::apply;
pub use remembered::Remembered;
pub use session::{Answer, Choice, Left, Repaired, Session, Unit, Why, session};

use std::rc::Rc;

use serde_json::Value as Json;

use crate::change::{Change, Fix, Op};
use crate::source::{Format, Path, Source, SourceId, Span, State, Step, Style};
use patch::Patch;
use value::Value;
use walk::Place;

/// Replace the bytes `range` of the file's text by `text`: what snippets, diffs, SARIF and writing are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Which file.
    pub source: SourceId,
    /// Bytes of its text; empty where something is only added.
    pub range: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// Why a change cannot be written safely.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file has no tree.
    #[error("{0} cannot be read, so nothing in it can be changed")]
    NoTree(String),
    /// The tree of the file stands in another text.
    #[error("{0} stands in quotes, or folded, in another file: changes to it are not written")]
    Carried(String),
    /// There is no node at the path.
    #[error("there is no {at}", at = named(.0))]
    Absent(Path),
    /// An earlier change of the same fix removes the node.
    #[error("{at} is removed by the same fix", at = named(.0))]
    Removed(Path),
    /// The key to write is taken.
    #[error("{at} has the key {1:?} already", at = named(.0))]
    Exists(Path, String),
    /// The key stands twice in its mapping.
    #[error("{at} stands there twice", at = named(.0))]
    Twice(Path),
    /// The node is not what the operation needs.
    #[error("{} is {found}, not {wanted}", named(.path))]
    Shape {
        /// The node.
        path: Path,
        /// What it would have to be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The node is reached through an alias.
    #[error("{at} is an alias: what it stands for is written elsewhere", at = named(.0))]
    Alias(Path),
    /// The node comes out of a merge key, or would come back out of one.
    #[error("{at} comes from a merge key (<<): it is written elsewhere", at = named(.0))]
    Merged(Path),
    /// An alias elsewhere repeats what would be changed.
    #[error("{at} is repeated elsewhere by an alias, and would change there too", at = named(.0))]
    Shared(Path),
    /// A custom tag gives the value a meaning of its own.
    #[error("{at} carries the tag {1}", at = named(.0))]
    Tagged(Path, String),
    /// The file is laid out in a way that is not edited.
    #[error("{at}: {1}", at = named(.0))]
    Layout(Path, &'static str),
    /// The value cannot be written in this format.
    #[error("{at} cannot hold {1}", at = named(.0))]
    Unwritable(Path, &'static str),
    /// The edited text does not parse to the old value with this change alone.
    #[error("the edit of {at} could not be proved to change only what it should", at = named(.0))]
    NotProved(Path),
}

/// What messages call a node.
fn named(path: &Path) -> String {
    match path.steps() {
        [] => "the file as a whole".to_owned(),
        _ => path.to_string(),
    }
}

/// The edits that make the changes of `fix`, all or none, in the order of each file; they never overlap.
///
/// Paths name nodes of the files as they are now, whatever the other changes of the fix do. Changes are made one
/// after the other.
///
/// # Errors
///
/// If any of the changes cannot be made safely.
pub fn lower<'a>(source: &dyn Fn(SourceId) -> &'a Source, fix: &Fix) -> Result<Vec<Edit>, Refused> {
    let mut drafts = Drafts::default();
    drafts.add(source, &fix.changes)?;
    drafts.finish()
}

/// Files while they are being changed by several fixes.
#[derive(Clone, Default)]
pub struct Drafts<'a> {
    files: Vec<Draft<'a>>,
}

impl<'a> Drafts<'a> {
    /// Makes changes, all or none. Paths name nodes of the files as they are, whatever was done before.
    ///
    /// # Errors
    ///
    /// If any of the changes cannot be made safely; then nothing has changed.
    pub fn add(
        &mut self,
        source: &dyn Fn(SourceId) -> &'a Source,
        changes: &[Change],
    ) -> Result<(), Refused> {
        let before = self.clone();
        let added = changes
            .iter()
            .try_for_each(|change| self.change(source, change));
        if added.is_err() {
            *self = before;
        }
        added
    }

    fn change(
        &mut self,
        source: &dyn Fn(SourceId) -> &'a Source,
        Change { at, op }: &Change,
    ) -> Result<(), Refused> {
        let known = self
            .files
            .iter()
            .position(|draft| draft.original.id() == at.source);
        let known = match known {
            Some(known) => known,
            None => {
                self.files.push(Draft::new(source(at.source))?);
                self.files.len() - 1
            }
        };
        self.files[known].change(&at.path, op)
    }

    /// What was done, in the order of each file; edits never overlap.
    ///
    /// # Errors
    ///
    /// If the edits do not make what was proved.
    pub fn finish(self) -> Result<Vec<Edit>, Refused> {
        let mut edits = Vec::new();
        for draft in self.files {
            edits.extend(draft.finish()?);
        }
        Ok(edits)
    }
}

/// A file while it is being changed.
#[derive(Clone)]
struct Draft<'a> {
    original: &'a Source,
    /// The file after the changes so far; none before the first.
    current: Option<Rc<Source>>,
    patch: Patch,
    /// The changes so far, with paths as they were when they were made.
    done: Vec<(Path, Op)>,
}

impl<'a> Draft<'a> {
    fn new(original: &'a Source) -> Result<Draft<'a>, Refused> {
        if !matches!(original.state(), State::Parsed) {
            return Err(Refused::NoTree(original.name().to_owned()));
        }
        Ok(Draft {
            original,
            current: None,
            patch: Patch::new(original.text().len()),
            done: Vec::new(),
        })
    }

    fn change(&mut self, path: &Path, op: &Op) -> Result<(), Refused> {
        let path = self
            .done
            .iter()
            .try_fold(path.clone(), |path, (at, op)| follow(path, at, op))?;
        let current = self.current.as_deref().unwrap_or(self.original);
        let place = walk::find(current, &path)?;
        let edits = edits(current, &path, &place, op)?;
        let next = proved(current, &path, &place, op, &edits)?;
        for edit in patch::sorted(&edits).into_iter().rev() {
            self.patch.splice(edit.range.clone(), &edit.text);
        }
        self.current = Some(Rc::new(next));
        self.done.push((path, op.clone()));
        Ok(())
    }

    fn finish(self) -> Result<Vec<Edit>, Refused> {
        let edits = self.patch.edits(self.original);
        match &self.current {
            Some(current) if apply(self.original.text(), &edits) != current.text() => {
                Err(Refused::NotProved(Path::root()))
            }
            _ => Ok(edits),
        }
    }
}

/// Where `path` leads once `op` was done at `at`.
fn follow(path: Path, at: &Path, op: &Op) -> Result<Path, Refused> {
    let Some(last) = at.steps().len().checked_sub(1) else {
        return Ok(path);
    };
    let mut steps = path.steps().to_vec();
    match op {
        Op::Rename(to) if path.starts_with(at) => steps[last] = Step::Key(to.as_str().into()),
        Op::Remove if path.starts_with(at) => return Err(Refused::Removed(path)),
        Op::Remove if path.starts_with(&at.parent()) && steps.len() > last => {
            if let (Step::Index(index), Step::Index(gone)) = (&mut steps[last], &at.steps()[last])
                && *index > *gone
            {
                *index -= 1;
            }
        }
        _ => {}
    }
    Ok(steps.into())
}

/// The edits that make one change, not proved yet.
fn edits(
    source: &Source,
    path: &Path,
    place: &Place<'_, '_>,
    op: &Op,
) -> Result<Vec<Edit>, Refused> {
    if !source.is_writable() {
        return Err(Refused::Carried(source.name().to_owned()));
    }
    walk::unshared(source, path, place, op)?;
    if matches!(op, Op::Set(_) | Op::Rename(_) | Op::Remove) && !place.missing.is_empty() {
        return Err(Refused::Absent(path.clone()));
    }
    if let Op::Set(value) = op
        && Value::of(place.node) == Value::wanted(value, source.format())
        && scalar::is_clear(place.node)
    {
        return Ok(Vec::new());
    }
    match source.format() {
        Format::Env => return env::edits(path, place, op),
        Format::Toml => return toml::edits(path, place, op),
        Format::Yaml(_) | Format::Json | Format::Jsonc => {}
    }
    let node = place.node;
    if matches!(op, Op::Set(_) | Op::Insert(..) | Op::Push(_))
        && let Some(tag) = node.tag()
        && (matches!(op, Op::Set(_)) || node.is_null())
    {
        return Err(Refused::Tagged(node.path(), tag.to_owned()));
    }
    match op {
        Op::Set(value) => set(place, value),
        Op::Rename(key) => rename(place, path, key),
        Op::Insert(..) | Op::Push(_) => add(place, path, op),
        Op::Remove => remove(place, path),
    }
}

fn set(place: &Place<'_, '_>, value: &Json) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    // A tag of YAML's own stays where it is, and says what follows.
    if let Some(tag) = gap::tag(node)
        && !(tag == "!!str" && value.is_string())
    {
        return Err(Refused::Tagged(node.path(), tag.to_owned()));
    }
    match node.source().format() {
        Format::Yaml(_) if !walk::in_flow(node) => block::set(node, value),
        _ => flow::set(node, value),
    }
}

fn rename(place: &Place<'_, '_>, path: &Path, key: &str) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    let (Some(old), Some(parent)) = (node.key(), node.parent()) else {
        return Err(Refused::Shape {
            path: path.clone(),
            wanted: "an entry with a key",
            found: "an item of a list",
        });
    };
    if walk::own(parent, key).is_some() {
        return Err(Refused::Exists(path.parent(), key.to_owned()));
    }
    if old.span().is_empty() {
        return Err(Refused::Layout(path.clone(), "its key is not written"));
    }
    let text = match node.source().format() {
        Format::Yaml(_) => scalar::yaml(key, old.style(), walk::in_flow(node)),
        _ => scalar::json(key),
    };
    Ok(vec![walk::edit(node, old.span(), text)])
}

/// A new entry or item, with the collections that are missing on the way to it.
fn add(place: &Place<'_, '_>, path: &Path, op: &Op) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    let added = walk::added(place, path, op)?;
    if node.is_alias() {
        return Err(Refused::Alias(node.path()));
    }
    if let Some(key) = added.key()
        && walk::own(node, key).is_some()
    {
        return Err(Refused::Exists(node.path(), key.to_owned()));
    }
    let empty = node.is_null() || (node.own_entries().len() == 0 && node.items().len() == 0);
    let wanted = if added.key().is_some() {
        "a mapping"
    } else {
        "a list"
    };
    let fits = if added.key().is_some() {
        node.is_map()
    } else {
        node.is_seq()
    };
    if !fits && !node.is_null() {
        return Err(Refused::Shape {
            path: node.path(),
            wanted,
            found: node.shape_name(),
        });
    }
    if empty {
        if gap::has_comment(node, node.span()) {
            return Err(Refused::Layout(node.path(), "comments stand inside it"));
        }
        return set(place, &added.into_collection());
    }
    match node.style() {
        Style::Flow => flow::add(node, &added),
        _ => block::add(node, &added),
    }
}

fn remove(place: &Place<'_, '_>, path: &Path) -> Result<Vec<Edit>, Refused> {
    let node = place.node;
    let Some(parent) = node.parent() else {
        return Err(Refused::Layout(path.clone(), "it is the whole file"));
    };
    let slot = place.slots.last().copied().unwrap_or(0);
    match parent.style() {
        Style::Flow => flow::remove(parent, slot),
        _ => block::remove(parent, slot),
    }
}

/// The edited file, if it holds the old value with this change and no other.
fn proved(
    source: &Source,
    path: &Path,
    place: &Place<'_, '_>,
    op: &Op,
    edits: &[Edit],
) -> Result<Source, Refused> {
    let mut wanted = Value::of(source.root());
    wanted.change(place, path, op, source.format())?;
    let text = apply(source.text(), edits);
    let next = source.with_text(text);
    let found = Value::of(next.root());
    let same = next.is_parsed()
        && next.documents() == source.documents().max(1)
        && match source.format() {
            // Its tables have no order: sections stand below all else.
            Format::Toml => found.sorted() == wanted.sorted(),
            _ => found == wanted,
        };
    if !same {
        return Err(Refused::NotProved(path.clone()));
    }
    if gap::tabs_below(&next) > gap::tabs_below(source) {
        let why = "a tab would begin the line below what is written";
        return Err(Refused::Layout(path.clone(), why));
    }
    // Readers see merges and earlier duplicates, which the value as written does not show.
    let goes = matches!(op, Op::Remove | Op::Rename(_));
    if goes && matches!(path.steps().last(), Some(Step::Key(_))) {
        let parent = next.node(&path.parent());
        let key = path.last_key().unwrap_or_default();
        match parent {
            Some(parent) if walk::own(parent, key).is_some() => {
                return Err(Refused::Twice(path.clone()));
            }
            Some(parent) if parent.get(key).is_some() => {
                return Err(Refused::Merged(path.clone()));
            }
            _ => {}
        }
    }
    Ok(next)
}
