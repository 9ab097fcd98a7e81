//! The proof: values as they are written, and what a change makes of them.

use serde_json::Value as Json;

use super::Refused;
use super::walk::{Added, Place, added};
use crate::change::Op;
use crate::source::{Format, Node, Path, ScalarKind, Shape};

/// A value as written: keys in order, duplicates and merge keys as they stand, aliases replaced by what they mean.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(ScalarKind, Box<str>),
    Seq(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tagged(Box<str>, Box<Value>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Scalar(a, text), Value::Scalar(b, other)) => match (a, b) {
                (ScalarKind::Null, ScalarKind::Null) => true,
                (ScalarKind::Bool(a), ScalarKind::Bool(b)) => a == b,
                (ScalarKind::Float, ScalarKind::Float) => same_number(text, other),
                _ => a == b && text == other,
            },
            (Value::Seq(a), Value::Seq(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            (Value::Tagged(a, value), Value::Tagged(b, other)) => a == b && value == other,
            _ => false,
        }
    }
}

fn same_number(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

impl Value {
    /// The value of a node. Recursive: trees are never deeper than a reader would go.
    pub fn of(node: Node<'_>) -> Value {
        let value = match node.shape() {
            Shape::Scalar(kind) => {
                Value::Scalar(kind, node.scalar_text().unwrap_or_default().into())
            }
            Shape::Seq => Value::Seq(node.items().map(Value::of).collect()),
            Shape::Map => Value::Map(
                node.own_entries()
                    .map(|(key, value)| (Value::of(key), Value::of(value)))
                    .collect(),
            ),
        };
        match node.tag() {
            Some(tag) => Value::Tagged(tag.into(), Box::new(value)),
            None => value,
        }
    }

    /// What a reader of `format` is to find where `json` was written.
    pub fn wanted(json: &Json, format: Format) -> Value {
        let scalar = |kind, text: &str| match format {
            Format::Env => Value::Scalar(ScalarKind::Str, text.into()),
            _ => Value::Scalar(kind, text.into()),
        };
        match json {
            Json::Null => scalar(ScalarKind::Null, ""),
            Json::Bool(truth) => scalar(ScalarKind::Bool(*truth), &truth.to_string()),
            Json::Number(number) if number.is_f64() => {
                scalar(ScalarKind::Float, &number.to_string())
            }
            Json::Number(number) => scalar(ScalarKind::Int, &number.to_string()),
            Json::String(text) => scalar(ScalarKind::Str, text),
            Json::Array(items) => Value::Seq(
                items
                    .iter()
                    .map(|item| Value::wanted(item, format))
                    .collect(),
            ),
            Json::Object(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Value::key(key), Value::wanted(value, format)))
                    .collect(),
            ),
        }
    }

    fn key(key: &str) -> Value {
        Value::Scalar(ScalarKind::Str, key.into())
    }

    /// Does the change to the plain value.
    pub fn change(
        &mut self,
        place: &Place<'_, '_>,
        path: &Path,
        op: &Op,
        format: Format,
    ) -> Result<(), Refused> {
        let astray = || Refused::Absent(path.clone());
        match op {
            Op::Set(value) => {
                *self.at(&place.slots).ok_or_else(astray)? = Value::wanted(value, format);
            }
            Op::Rename(key) => {
                let (last, parents) = place.slots.split_last().ok_or_else(astray)?;
                match self.at(parents) {
                    Some(Value::Map(entries)) => entries[*last].0 = Value::key(key),
                    _ => return Err(astray()),
                }
            }
            Op::Remove => {
                let (last, parents) = place.slots.split_last().ok_or_else(astray)?;
                match self.at(parents) {
                    Some(Value::Map(entries)) => drop(entries.remove(*last)),
                    Some(Value::Seq(items)) => drop(items.remove(*last)),
                    _ => return Err(astray()),
                }
            }
            Op::Insert(..) | Op::Push(_) => {
                let node = self.at(&place.slots).ok_or_else(astray)?;
                let added = added(place, path, op)?;
                match (node, added) {
                    (Value::Map(entries), Added::Entry(key, value)) => {
                        entries.push((Value::key(&key), Value::wanted(&value, format)));
                    }
                    (Value::Seq(items), Added::Item(value)) => {
                        items.push(Value::wanted(&value, format));
                    }
                    (node @ Value::Scalar(ScalarKind::Null, _), added) => {
                        *node = Value::wanted(&added.into_collection(), format);
                    }
                    _ => return Err(astray()),
                }
            }
        }
        Ok(())
    }

    /// The value with its keys in an order of their own, each of which it has once.
    pub fn sorted(self) -> Value {
        match self {
            Value::Seq(items) => Value::Seq(items.into_iter().map(Value::sorted).collect()),
            Value::Map(entries) => {
                let mut entries: Vec<(Value, Value)> = entries
                    .into_iter()
                    .map(|(key, value)| (key, value.sorted()))
                    .collect();
                entries.sort_by(|(a, _), (b, _)| a.text().cmp(b.text()));
                Value::Map(entries)
            }
            value => value,
        }
    }

    fn text(&self) -> &str {
        match self {
            Value::Scalar(_, text) => text,
            _ => "",
        }
    }

    /// The value under the siblings' numbers, tags looked through.
    fn at(&mut self, slots: &[usize]) -> Option<&mut Value> {
        let mut value = self;
        for slot in slots {
            value = match value.untagged() {
                Value::Seq(items) => items.get_mut(*slot)?,
                Value::Map(entries) => &mut entries.get_mut(*slot)?.1,
                Value::Scalar(..) | Value::Tagged(..) => return None,
            };
        }
        Some(value.untagged())
    }

    fn untagged(&mut self) -> &mut Value {
        match self {
            Value::Tagged(_, value) => value.untagged(),
            value => value,
        }
    }
}
