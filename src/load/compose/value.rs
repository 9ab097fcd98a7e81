//! A tree of values with variables filled in, each with the place in the file where it was written.

use indexmap::IndexMap;

use std::rc::Rc;

use super::place::Place;
use super::scope::{Scope, ScopeId};
use crate::model::Text;
use crate::source::{At, Node, ScalarKind, Shape};

/// Entries of a mapping in their order.
pub(super) type Entries = IndexMap<Rc<str>, Value>;

/// What a custom tag asks of a merge (Compose spec, "Reset value", "Replace value").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing.
    None,
    /// `!reset`: takes away what earlier files say, and itself.
    Reset,
    /// `!override`: takes the place of what earlier files say.
    Override,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// Any other scalar: strings with variables filled in, numbers and the like as written.
    Scalar(Text),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping.
    Map(Entries),
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Where: the item of a list, the value of a mapping's entry. Its key stands at the same place (`Part::Key`).
    pub at: Place,
    /// Whose directory its paths count from, and whose variables it sees.
    pub scope: ScopeId,
    /// What it asks of a merge.
    pub tag: Tag,
    /// What it is.
    pub data: Data,
}

impl Value {
    /// Reads a node. What Compose would refuse about it is added to `gaps`.
    pub fn read(node: Node<'_>, id: ScopeId, scope: &Scope, gaps: &mut Vec<At<String>>) -> Value {
        let mut reader = Reader { id, scope, gaps };
        reader.read(node, Place::of(node))
    }

    /// Another value at the same place.
    pub fn beside(&self, data: Data) -> Value {
        Value {
            at: self.at.clone(),
            scope: self.scope,
            tag: self.tag,
            data,
        }
    }

    /// Puts what `change` makes of this value in its place.
    pub fn change(&mut self, change: impl FnOnce(Value) -> Value) {
        let hole = self.beside(Data::Null);
        *self = change(std::mem::replace(self, hole));
    }

    /// Whether this is `null`, `~` or nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The entry under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.map()?.get(key)
    }

    /// The entries of a mapping.
    pub fn map(&self) -> Option<&Entries> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of a mapping; of anything else none.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map()
            .into_iter()
            .flatten()
            .map(|(key, value)| (&**key, value))
    }

    /// The items of a sequence; of anything else none.
    pub fn items(&self) -> &[Value] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a sequence, or the scalar itself, as Compose takes a string for a list of one.
    pub fn items_or_one(&self) -> &[Value] {
        match &self.data {
            Data::Scalar(_) => std::slice::from_ref(self),
            _ => self.items(),
        }
    }

    /// The text of a scalar other than null.
    pub fn text(&self) -> Option<&Text> {
        match &self.data {
            Data::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar, with its place.
    pub fn text_at(&self) -> Option<At<Text>> {
        Some(At::new(self.text()?.clone(), self.at.pointer()))
    }

    /// The text of a scalar as it reads, known or not.
    pub fn string(&self) -> Option<&str> {
        self.text().map(|text| text.text.as_str())
    }

    /// A truth value, or a string that Compose casts to one.
    pub fn truth(&self) -> Option<bool> {
        match self.text()?.get()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "on" | "1" | "t" => Some(true),
            "false" | "no" | "n" | "off" | "0" | "f" => Some(false),
            _ => None,
        }
    }

    /// Bytes that a copy would take, roughly.
    pub fn weight(&self) -> usize {
        let below = match &self.data {
            Data::Null => 0,
            Data::Scalar(text) => text.text.len(),
            Data::List(items) => items.iter().map(Value::weight).sum(),
            Data::Map(entries) => entries
                .iter()
                .map(|(key, value)| key.len() + value.weight())
                .sum(),
        };
        below + 200
    }

    /// Takes away every value that `!reset` marks, and forgets `!override`.
    pub fn settle(&mut self) {
        self.tag = Tag::None;
        match &mut self.data {
            Data::Null | Data::Scalar(_) => {}
            Data::List(items) => {
                items.retain(|item| item.tag != Tag::Reset);
                items.iter_mut().for_each(Value::settle);
            }
            Data::Map(entries) => {
                entries.retain(|_, value| value.tag != Tag::Reset);
                entries.values_mut().for_each(Value::settle);
            }
        }
    }
}

struct Reader<'a> {
    id: ScopeId,
    scope: &'a Scope,
    gaps: &'a mut Vec<At<String>>,
}

impl Reader<'_> {
    fn read(&mut self, node: Node<'_>, at: Place) -> Value {
        let text = node.scalar_text().unwrap_or_default();
        let data = match node.shape() {
            Shape::Scalar(ScalarKind::Null) => Data::Null,
            Shape::Scalar(ScalarKind::Str) => Data::Scalar(self.interpolate(text, &at)),
            Shape::Scalar(_) => Data::Scalar(Text::known(text)),
            Shape::Seq => Data::List(
                node.items()
                    .enumerate()
                    .map(|(index, item)| self.read(item, at.item(node, item, index)))
                    .collect(),
            ),
            Shape::Map => Data::Map(
                node.entries()
                    .into_iter()
                    .map(|(key, value)| {
                        let key = key.into();
                        let at = at.entry(node, value, &key);
                        (key, self.read(value, at))
                    })
                    .collect(),
            ),
        };
        Value {
            at,
            scope: self.id,
            tag: match node.tag() {
                Some("!reset") => Tag::Reset,
                Some("!override") => Tag::Override,
                _ => Tag::None,
            },
            data,
        }
    }

    fn interpolate(&mut self, written: &str, at: &Place) -> Text {
        let read = self.scope.interpolate(written);
        if read.invalid {
            let what = "invalid interpolation format: Compose refuses the file";
            self.gaps.push(At::new(what.to_owned(), at.pointer()));
        }
        read.text
    }
}
