//! The key that every caller needs.

use super::super::{Fate, NoKey, Unset, Why};
use super::include::Sections;
use super::{Reader, Resolved, section};
use crate::catalog::VersionSet;
use crate::model::EnvLookup;
use crate::source::{Node, Part, Pointer};

/// What is known of the key.
enum Key {
    Text(String),
    None(NoKey),
    Unset(String),
    Unknown,
}

/// Whether callers need a key, and whether it is one that anybody would try.
pub(super) fn read(reader: &mut Reader<'_>, root: &Pointer, sections: &Sections<'_>) {
    let facts = &reader.facts.master_key;
    let general = sections.get(&facts.section);
    let setting = general.and_then(|general| general.get(&facts.setting));
    let key = match setting {
        Some(node) => match reader.resolve(node) {
            Resolved::Written(node) if node.is_null() => {
                Key::None(match node.scalar_text().unwrap_or_default() {
                    "" => NoKey::Empty,
                    _ => NoKey::Null,
                })
            }
            Resolved::Written(node) => match node.as_str() {
                Some(text) => Key::Text(text.to_owned()),
                // Another shape stops it for another reason.
                None => Key::Unknown,
            },
            Resolved::Text(text) => Key::Text(text),
            Resolved::Nothing(variable) => Key::Unset(variable),
            Resolved::Bool(..) | Resolved::Unknown(_) => Key::Unknown,
        },
        None => of_environment(reader, sections),
    };
    // What was not read may hold it.
    if sections.gap.is_some() && matches!(key, Key::None(_)) {
        return;
    }
    let permitted = permitted(reader, general);
    let (at, part) = place(root, sections, general, setting);
    match key {
        Key::Unknown => {}
        Key::Text(text) if text.trim().is_empty() => {
            // What earlier versions make of it was not seen.
            if permitted == Some(false) {
                let (fate, cause) = (Fate::Stops, NoKey::Empty);
                let refused = facts.refused.clone();
                reader.reject(at, part, Why::NoMasterKey { fate, cause }, &refused);
            }
        }
        Key::Text(text) if facts.is_weak(&text) => {
            let known = facts.is_known(&text);
            let fate = match known {
                true => fate(reader, permitted),
                false => Fate::Serves,
            };
            say(reader, at, part, Why::WeakMasterKey { fate, known }, fate);
        }
        Key::Text(_) => {}
        Key::Unset(variable) => {
            let fate = fate(reader, permitted);
            if asks_otherwise(reader, general) && fate != Fate::Stops {
                return;
            }
            let why = Why::VariableUnset {
                name: format!("{}.{}", facts.section, facts.setting),
                variable,
                then: Unset::NoKey(fate),
            };
            say(reader, at, part, why, fate);
        }
        Key::None(cause) => {
            let cause = match permitted {
                Some(true) => NoKey::Permitted,
                _ if is_misplaced(reader, sections) => NoKey::Misplaced,
                _ => cause,
            };
            let fate = fate(reader, permitted);
            if asks_otherwise(reader, general) && fate != Fate::Stops {
                return;
            }
            say(reader, at, part, Why::NoMasterKey { fate, cause }, fate);
        }
    }
}

/// What becomes of it without a good key, as far as its version and whether that is permitted are known.
fn fate(reader: &Reader<'_>, permitted: Option<bool>) -> Fate {
    match (reader.narrow(&reader.facts.master_key.refused), permitted) {
        (None, _) | (_, Some(true)) => Fate::Serves,
        (Some(versions), Some(false)) if versions.is_all() => Fate::Stops,
        (Some(versions), None) if versions.is_all() => Fate::Unless,
        _ => Fate::Either,
    }
}

fn say(reader: &mut Reader<'_>, at: Pointer, part: Part, why: Why, fate: Fate) {
    let all = VersionSet::all();
    match fate {
        Fate::Stops => reader.reject(at, part, why, &all),
        Fate::Serves | Fate::Unless | Fate::Either => reader.ignore(at, part, why, &all),
    }
}

/// The variable, which counts where the setting is absent; the file itself may set it.
fn of_environment(reader: &Reader<'_>, sections: &Sections<'_>) -> Key {
    let variable = &reader.facts.master_key.variable;
    let own = sections.get(section::ENVIRONMENT);
    match (reader.env)(variable) {
        EnvLookup::Set(text) => Key::Text(text),
        EnvLookup::Unknown => Key::Unknown,
        EnvLookup::Unset if own.is_some_and(|own| own.get(variable).is_some()) => Key::Unknown,
        EnvLookup::Unset => Key::None(NoKey::Absent),
    }
}

/// Whether it is told to do without a key; nothing where that is not known.
fn permitted(reader: &Reader<'_>, general: Option<Node<'_>>) -> Option<bool> {
    let permit = &reader.facts.master_key.permit;
    let setting = general.and_then(|general| general.get(&permit.setting));
    if setting.and_then(Node::as_bool) == Some(true) {
        return Some(true);
    }
    match (reader.env)(&permit.variable) {
        EnvLookup::Set(text) => Some(text.trim().eq_ignore_ascii_case("true")),
        // A setting of its own is judged without the environment only where that does not matter.
        EnvLookup::Unknown => None,
        EnvLookup::Unset => Some(false),
    }
}

/// Whether callers have to show something else.
fn asks_otherwise(reader: &Reader<'_>, general: Option<Node<'_>>) -> bool {
    let instead = &reader.facts.master_key.instead;
    let is_on = |name: &String| {
        let node = general.and_then(|general| general.get(name));
        node.is_some_and(|node| !node.is_null() && node.as_bool() != Some(false))
    };
    instead.iter().any(is_on)
}

/// Whether a key stands where it is not read.
fn is_misplaced(reader: &Reader<'_>, sections: &Sections<'_>) -> bool {
    let setting = &reader.facts.master_key.setting;
    let litellm = sections.get(section::LITELLM);
    let elsewhere = litellm.and_then(|litellm| litellm.get(setting));
    elsewhere.or(sections.get(setting)).is_some()
}

/// Where the key stands or would stand; else the first thing in the file.
fn place(
    root: &Pointer,
    sections: &Sections<'_>,
    general: Option<Node<'_>>,
    setting: Option<Node<'_>>,
) -> (Pointer, Part) {
    match (setting, general) {
        (Some(setting), _) => (setting.pointer(), Part::Value),
        (None, Some(general)) => (general.pointer(), Part::Key),
        (None, None) => match sections.iter().next() {
            Some((_, first)) => (first.pointer(), Part::Key),
            None => (root.clone(), Part::Value),
        },
    }
}
