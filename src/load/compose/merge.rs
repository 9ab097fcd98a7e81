//! How a later file changes an earlier one (Compose spec, "Merge and override", in the reading of compose-go's
//! `override`): mappings by key, sequences one after the other, and the exceptions in the tables below.

use std::collections::HashMap;
use std::rc::Rc;

use super::interpolate::split_outside_variables;
use super::service;
use super::value::{Data, Entries, Tag, Value};
use crate::model::Text;

/// The one form that an attribute of a service is brought to before it is merged.
#[derive(Clone, Copy)]
enum Form {
    /// `- NAME=value` items become entries.
    Named,
    /// `- name` items become entries without a value.
    Keys,
    /// Entries become `- name=value` items.
    Pairs,
    /// A scalar or mapping becomes a list of one.
    ListOfOne,
    /// A string becomes a mapping with that key.
    Under(&'static str),
}

const FORMS: &[(&str, Form)] = &[
    ("annotations", Form::Named),
    ("build", Form::Under("context")),
    ("depends_on", Form::Keys),
    ("env_file", Form::ListOfOne),
    ("environment", Form::Named),
    ("extra_hosts", Form::Pairs),
    ("labels", Form::Named),
    ("networks", Form::Keys),
    ("sysctls", Form::Named),
];

/// What makes two items of a list the same, so that the later one takes the earlier one's place.
#[derive(Clone, Copy)]
enum Same {
    Text,
    Port,
    MountTarget,
    FileTarget,
    EnvFilePath,
}

const UNIQUE: &[(&str, Same)] = &[
    ("configs", Same::FileTarget),
    ("env_file", Same::EnvFilePath),
    ("expose", Same::Text),
    ("extra_hosts", Same::Text),
    ("ports", Same::Port),
    ("profiles", Same::Text),
    ("secrets", Same::FileTarget),
    ("volumes", Same::MountTarget),
];

/// Attributes that a later file replaces whole, null included.
const REPLACED: &[&[&str]] = &[&["command"], &["entrypoint"], &["healthcheck", "test"]];

fn in_table<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
    table
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, entry)| *entry)
}

/// Brings the attributes of a service to the forms in which they merge and are read.
pub(super) fn canonical(service: &mut Value) {
    let Data::Map(attributes) = &mut service.data else {
        return;
    };
    for (key, value) in attributes {
        if let Some(form) = in_table(FORMS, key) {
            bring_to(value, form);
        }
        if let (Some(same), Data::List(items)) = (in_table(UNIQUE, key), &mut value.data) {
            unique(items, same);
        }
    }
}

fn bring_to(value: &mut Value, form: Form) {
    let data = match (form, &value.data) {
        (Form::Named, Data::List(items)) => {
            Data::Map(items.iter().filter_map(named).collect::<Entries>())
        }
        (Form::Keys, Data::List(items)) => Data::Map(
            items
                .iter()
                .filter_map(|item| Some((item.string()?.into(), item.beside(Data::Null))))
                .collect(),
        ),
        (Form::Pairs, Data::Map(entries)) => Data::List(
            entries
                .iter()
                .flat_map(|(name, value)| pairs(name, value))
                .collect(),
        ),
        (Form::ListOfOne, Data::Scalar(_) | Data::Map(_)) => {
            let mut one = value.clone();
            one.tag = Tag::None;
            Data::List(vec![one])
        }
        (Form::Under(key), Data::Scalar(_)) => {
            let mut inner = value.clone();
            inner.tag = Tag::None;
            Data::Map(Entries::from_iter([(key.into(), inner)]))
        }
        _ => return,
    };
    value.data = data;
}

/// `NAME=value` or `NAME`.
fn named(item: &Value) -> Option<(Rc<str>, Value)> {
    let text = item.text()?;
    let parts = split_outside_variables(&text.text, '=');
    let name = *parts.first()?;
    let data = match text.text.get(name.len() + 1..) {
        None => Data::Null,
        Some(rest) => Data::Scalar(part_of(text, rest)),
    };
    Some((name.into(), item.beside(data)))
}

fn pairs<'a>(name: &'a str, value: &'a Value) -> impl Iterator<Item = Value> + 'a {
    value.items_or_one().iter().filter_map(move |address| {
        let text = address.text()?;
        Some(address.beside(Data::Scalar(Text {
            text: format!("{name}={}", text.text),
            known: text.known,
        })))
    })
}

/// A part of a text: known when the whole is, or when no variable stands in it.
pub(super) fn part_of(whole: &Text, part: &str) -> Text {
    Text {
        text: part.to_owned(),
        known: whole.known || !part.contains('$'),
    }
}

/// Of items that are the same the last one stays, in the place of the first.
fn unique(items: &mut Vec<Value>, same: Same) {
    if items.len() < 2 {
        return;
    }
    let mut first: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        match identity(&item, same) {
            None => kept.push(item),
            Some(identity) => match first.get(&identity) {
                Some(at) => kept[*at] = item,
                None => {
                    first.insert(identity, kept.len());
                    kept.push(item);
                }
            },
        }
    }
    *items = kept;
}

fn identity(item: &Value, same: Same) -> Option<String> {
    match same {
        Same::Text => item.string().map(str::to_owned),
        Same::EnvFilePath => {
            let path = item.get("path").unwrap_or(item);
            path.string().map(str::to_owned)
        }
        Same::MountTarget => service::mount_target(item),
        Same::FileTarget => {
            let named = item.get("target").or_else(|| item.get("source"));
            named.unwrap_or(item).string().map(str::to_owned)
        }
        Same::Port => service::port(item).map(|port| {
            let address = port.host_ip.as_deref().unwrap_or("0.0.0.0");
            format!(
                "{address}|{:?}|{:?}|{}",
                port.published, port.target, port.protocol
            )
        }),
    }
}

/// What a file becomes when a later one is laid over it. The services of both are canonical.
pub(super) fn files(base: Entries, over: Entries) -> Entries {
    merge_entries(base, over, &mut Vec::new())
}

/// What a service becomes when another definition is laid over it. Both are canonical.
pub(super) fn service(base: Value, over: Value) -> Value {
    resource("services", base, over)
}

/// What an entry of `section` becomes when another definition is laid over it.
pub(super) fn resource(section: &str, base: Value, over: Value) -> Value {
    merge(base, over, &mut vec![section.into(), "".into()])
}

fn merge(mut base: Value, mut over: Value, path: &mut Vec<Rc<str>>) -> Value {
    let attribute = attribute(path);
    if over.tag != Tag::None || base.tag == Tag::Reset || is_replaced(attribute) {
        return over;
    }
    match (&mut base.data, &mut over.data) {
        (Data::Map(below), Data::Map(above)) => {
            *below = merge_entries(std::mem::take(below), std::mem::take(above), path);
            base
        }
        (Data::List(items), Data::List(more)) => {
            items.append(more);
            if let [attribute] = attribute
                && let Some(same) = in_table(UNIQUE, attribute)
            {
                unique(items, same);
            }
            base
        }
        (_, Data::Null) => base,
        _ => over,
    }
}

fn merge_entries(mut below: Entries, above: Entries, path: &mut Vec<Rc<str>>) -> Entries {
    for (key, over) in above {
        match below.get_mut(&key) {
            None => {
                below.insert(key, over);
            }
            Some(slot) => {
                path.push(key);
                slot.change(|base| merge(base, over, path));
                path.pop();
            }
        }
    }
    below
}

/// The part of a path that counts from a service; nothing elsewhere.
fn attribute(path: &[Rc<str>]) -> &[Rc<str>] {
    match path {
        [section, _, attribute @ ..] if **section == *"services" => attribute,
        _ => &[],
    }
}

/// What later files replace whole, null included: [`REPLACED`], and entries that may be `- NAME` items.
fn is_replaced(attribute: &[Rc<str>]) -> bool {
    if let [list, _] = attribute
        && let Some(Form::Named) = in_table(FORMS, list)
    {
        return true;
    }
    REPLACED.iter().any(|replaced| {
        let steps = attribute.iter().map(|step| &**step);
        steps.eq(replaced.iter().copied())
    })
}
