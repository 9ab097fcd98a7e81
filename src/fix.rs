//! Changes to nodes become edits of bytes: pure, and proved before anybody sees them.
//!
//! Each change is written in the hand of the file (its quotes, its indentation, its line endings), the new text is
//! parsed again, and must hold the old value with that change and no other. Otherwise there is a [`Refused`], never
//! a damaged file.

mod block;
mod env;
mod flow;
mod gap;
mod lines;
mod patch;
mod render;
mod scalar;
mod value;
mod walk;

#[cfg(test)]
mod tests;

pub use lines::{Suggestion, suggestions};
pub use patch::apply;

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
    /// Edits of this format are not written.
    #[error("changes to {0} are not written")]
    Format(&'static str),
    /// There is no node at the path.
    #[error("there is no {0}")]
    Absent(Path),
    /// An earlier change of the same fix removes the node.
    #[error("{0} is removed by the same fix")]
    Removed(Path),
    /// The key to write is taken.
    #[error("{0} has the key {1:?} already")]
    Exists(Path, String),
    /// The key stands twice in its mapping.
    #[error("{0} stands there twice")]
    Twice(Path),
    /// The node is not what the operation needs.
    #[error("{path} is {found}, not {wanted}")]
    Shape {
        /// The node.
        path: Path,
        /// What it would have to be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The node is reached through an alias.
    #[error("{0} is an alias: what it stands for is written elsewhere")]
    Alias(Path),
    /// The node comes out of a merge key, or would come back out of one.
    #[error("{0} comes from a merge key (<<): it is written elsewhere")]
    Merged(Path),
    /// An alias elsewhere repeats what would be changed.
    #[error("{0} is repeated elsewhere by an alias, and would change there too")]
    Shared(Path),
    /// A custom tag gives the value a meaning of its own.
    #[error("{0} carries the tag {1}")]
    Tagged(Path, String),
    /// The file is laid out in a way that is not edited.
    #[error("{0}: {1}")]
    Layout(Path, &'static str),
    /// The value cannot be written in this format.
    #[error("{0} cannot hold {1}")]
    Unwritable(Path, &'static str),
    /// The edited text does not parse to the old value with this change alone.
    #[error("the edit of {0} could not be proved to change only what it should")]
    NotProved(Path),
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
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for Change { at, op } in &fix.changes {
        let known = drafts
            .iter()
            .position(|draft| draft.original.id() == at.source);
        let known = match known {
            Some(known) => known,
            None => {
                drafts.push(Draft::new(source(at.source))?);
                drafts.len() - 1
            }
        };
        drafts[known].change(&at.path, op)?;
    }
    let mut edits = Vec::new();
    for draft in drafts {
        edits.extend(draft.finish()?);
    }
    Ok(edits)
}

/// A file while it is being changed.
struct Draft<'a> {
    original: &'a Source,
    /// The file after the changes so far; none before the first.
    current: Option<Source>,
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
        let current = self.current.as_ref().unwrap_or(self.original);
        let place = walk::find(current, &path)?;
        let edits = edits(current, &path, &place, op)?;
        let next = proved(current, &path, &place, op, &edits)?;
        for edit in patch::sorted(&edits).into_iter().rev() {
            self.patch.splice(edit.range.clone(), &edit.text);
        }
        self.current = Some(next);
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
    if let Format::Toml = source.format() {
        return Err(Refused::Format("TOML"));
    }
    if !source.is_writable() {
        return Err(Refused::Format(
            "a file that stands in quotes, or folded, in another one",
        ));
    }
    walk::unshared(source, path, place, op)?;
    if matches!(op, Op::Set(_) | Op::Rename(_) | Op::Remove) && !place.missing.is_empty() {
        return Err(Refused::Absent(path.clone()));
    }
    if source.format() == Format::Env {
        return env::edits(path, place, op);
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
    let same = next.is_parsed()
        && next.documents() == source.documents().max(1)
        && Value::of(next.root()) == wanted;
    if !same {
        return Err(Refused::NotProved(path.clone()));
    }
    // Readers see merges and earlier duplicates, which the value as written does not show.
    if *op == Op::Remove && matches!(path.steps().last(), Some(Step::Key(_))) {
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
