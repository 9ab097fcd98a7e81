//! How a server is shown who calls: `auth_type`, and the value that goes with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{Header, Unset, Unused, Value, Why};
use super::{Reader, Resolved, is_falsy};
use crate::catalog::VersionSet;
use crate::model::{Reference, Transport};
use crate::source::{Node, Part};

/// `auth_type` as the gateway has it.
enum Type<'n> {
    Absent,
    Word(String, Node<'n>),
    Unknown,
}

/// Judges `auth_type`, what it needs beside it, and the value.
pub(super) fn read(reader: &mut Reader<'_>, name: &str, entry: Node<'_>, transport: Transport) {
    let kind = kind(reader, entry);
    if let Type::Word(word, node) = &kind {
        known(reader, entry, word, *node);
    }
    value(reader, name, entry, transport, &kind);
}

fn kind<'n>(reader: &Reader<'_>, entry: Node<'n>) -> Type<'n> {
    let Some(node) = entry.get("auth_type") else {
        return Type::Absent;
    };
    let word = match reader.resolve(node) {
        Resolved::Written(node) if node.is_null() => return Type::Absent,
        Resolved::Written(node) => match node.scalar_text() {
            Some(text) => text.to_owned(),
            None => node.shape_name().to_owned(),
        },
        Resolved::Text(text) => text,
        Resolved::Bool(value, _) => value.to_string(),
        Resolved::Nothing(_) | Resolved::Unknown(_) => return Type::Unknown,
    };
    Type::Word(word, node)
}

/// The headers that the gateway sends with every request to a server, as far as its file says them. A type or key that
/// its version does not read sends nothing.
pub(super) fn sent(reader: &Reader<'_>, entry: Node<'_>) -> Vec<Header> {
    let facts = &reader.facts.servers.auth;
    let mut headers = Vec::new();
    let mut add = |name: &str, node: Node<'_>, full: &dyn Fn(&str) -> String| {
        let Some(value) = reader.value(node) else {
            return;
        };
        headers.push(Header {
            name: name.to_owned(),
            value: match value {
                Value::Text(text) => Value::Text(full(&text)),
                unknown => unknown,
            },
            variable: reader.variable(node),
        });
    };
    let as_it_is = |text: &str| text.to_owned();
    if let Type::Word(word, _) = kind(reader, entry)
        && let Some(sends) = facts.sends.get(&word)
        && facts.types.get(&word).is_none_or(|read| reader.reads(read))
        && let Some(node) = facts.values.iter().find_map(|key| entry.get(key))
    {
        add(
            &sends.header,
            node,
            &|text| match (&sends.scheme, word.as_str()) {
                (Some(scheme), _) => format!("{scheme} {text}"),
                (None, "basic") => format!("Basic {}", STANDARD.encode(text)),
                (None, _) => text.to_owned(),
            },
        );
    }
    let own = "static_headers";
    let read = reader.facts.servers.keys.get(own).map(|key| &key.read);
    if read.is_some_and(|read| reader.reads(read)) {
        for (name, node) in entry.get(own).map(Node::entries).unwrap_or_default() {
            add(name, node, &as_it_is);
        }
    }
    headers
}

/// Whether the type exists, and has the key beside it that it needs.
fn known(reader: &mut Reader<'_>, entry: Node<'_>, word: &str, node: Node<'_>) {
    let facts = &reader.facts.servers.auth;
    let at = node.pointer();
    let meant = reader.facts.auth_meant(word).map(str::to_owned);
    let versions = match facts.types.get(word) {
        Some(read) => read.complement(),
        None => VersionSet::all(),
    };
    let why = Why::AuthTypeInvalid {
        is: word.to_owned(),
        meant: meant.filter(|meant| meant != word),
    };
    reader.reject(at.clone(), Part::Value, why, &versions);
    let Some(need) = facts.needs.get(word) else {
        return;
    };
    let fits = entry
        .get(&need.key)
        .is_some_and(|node| match reader.resolve(node) {
            Resolved::Written(node) => node
                .as_str()
                .is_some_and(|text| need.values.iter().any(|value| value == text)),
            Resolved::Text(text) => need.values.contains(&text),
            Resolved::Unknown(_) => true,
            Resolved::Bool(..) | Resolved::Nothing(_) => false,
        });
    if !fits {
        let why = Why::AuthIncomplete {
            auth_type: word.to_owned(),
            key: need.key.clone(),
            values: need.values.clone(),
        };
        reader.reject(at, Part::Value, why, &need.versions);
    }
}

/// The value of a type, or one that no type sends.
fn value(
    reader: &mut Reader<'_>,
    name: &str,
    entry: Node<'_>,
    transport: Transport,
    kind: &Type<'_>,
) {
    let facts = &reader.facts.servers.auth;
    let written = facts
        .values
        .iter()
        .find_map(|key| Some((key.as_str(), entry.get(key)?)));
    let resolved = written.map(|(_, node)| reader.resolve(node));
    let sends = match kind {
        Type::Word(word, _) => facts.sends.get(word),
        Type::Absent | Type::Unknown => None,
    };
    let unread = |meant: &str| {
        entry.entries().into_iter().any(|(key, _)| {
            let known = reader.facts.servers.keys.get(key);
            let is = known.is_some_and(|known| known.meant.as_deref() == Some(meant));
            is || facts.instead.iter().any(|instead| instead == key)
        })
    };
    let stdio = transport == Transport::Stdio;
    let text = match (&resolved, written) {
        (Some(Resolved::Written(node)), _) => node.as_str().map(str::to_owned),
        (Some(Resolved::Text(text)), _) => Some(text.clone()),
        (Some(Resolved::Unknown(_)), _) => Some(String::new()),
        (Some(Resolved::Nothing(variable)), Some((key, node))) if sends.is_some() && !stdio => {
            let why = Why::VariableUnset {
                name: format!("mcp_servers.{name}.{key}"),
                variable: variable.clone(),
                then: Unset::NoCredentials,
            };
            let versions = read_by(reader, key);
            reader.ignore(node.pointer(), Part::Value, why, &versions);
            return;
        }
        _ => None,
    };
    let is_known = !matches!(resolved, Some(Resolved::Unknown(_)));
    let given = text.filter(|text| !is_known || !text.is_empty());
    match (given, kind) {
        (Some(text), Type::Absent) if !stdio => {
            if let Some((key, node)) = written.filter(|_| !unread("auth_type")) {
                unused(reader, key, node, &text, Unused::NoType);
            }
        }
        (Some(text), Type::Word(word, _)) if word == "none" && !stdio => {
            if let Some((key, node)) = written {
                unused(reader, key, node, &text, Unused::TypeNone);
            }
        }
        (Some(text), _) if stdio => {
            if let Some((key, node)) = written {
                unused(reader, key, node, &text, Unused::Stdio);
            }
        }
        (Some(text), Type::Word(_, type_node)) => {
            let scheme = sends.and_then(|sends| sends.scheme.as_deref());
            if let (Some((_, node)), Some(scheme)) = (written, scheme)
                && begins_with(&text, scheme)
                && Reference::find(&text).is_empty()
            {
                let why = Why::SchemeDoubled {
                    scheme: scheme.to_owned(),
                    verbatim: facts.verbatim.clone(),
                    type_at: type_node.pointer(),
                };
                let versions = facts.doubled.clone();
                reader.ignore(node.pointer(), Part::Value, why, &versions);
            }
        }
        (None, Type::Word(word, type_node)) if !stdio => {
            let elsewhere = facts.other_headers.iter().any(|key| {
                let node = entry.get(key);
                node.is_some_and(|node| !is_falsy(node))
            });
            if let (Some(sends), Some(key)) = (sends, facts.values.last())
                && !elsewhere
                && !unread(key)
                && written.is_none_or(|(_, node)| is_falsy(node))
            {
                let why = Why::AuthValueMissing {
                    auth_type: word.clone(),
                    header: sends.header.clone(),
                    key: key.clone(),
                };
                reader.ignore(type_node.pointer(), Part::Value, why, &VersionSet::all());
            }
        }
        _ => {}
    }
}

fn unused(reader: &mut Reader<'_>, key: &str, node: Node<'_>, text: &str, because: Unused) {
    let auth = &reader.facts.servers.auth;
    // A value with a scheme of its own is sent as it is.
    let mut schemes = auth.sends.values().filter_map(|s| s.scheme.as_deref());
    let meant = match schemes.any(|scheme| begins_with(text, scheme)) || begins_with(text, "Basic")
    {
        true => auth.verbatim.clone(),
        false => auth.usual.clone(),
    };
    let why = Why::AuthValueUnused {
        key: key.to_owned(),
        because,
        meant,
    };
    let versions = read_by(reader, key);
    reader.ignore(node.pointer(), Part::Key, why, &versions);
}

/// The versions that read a key.
fn read_by(reader: &Reader<'_>, key: &str) -> VersionSet {
    let known = reader.facts.servers.keys.get(key);
    known.map_or_else(VersionSet::all, |known| known.read.clone())
}

/// Whether a value begins with a scheme.
fn begins_with(text: &str, scheme: &str) -> bool {
    let text = text.trim_start();
    let (Some(start), Some(rest)) = (text.get(..scheme.len()), text.get(scheme.len()..)) else {
        return false;
    };
    start.eq_ignore_ascii_case(scheme) && rest.starts_with(char::is_whitespace)
}
