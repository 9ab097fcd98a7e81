//! Entries of `mcp_servers`.

use url::Url;

use super::super::{Unset, Upstream, Value, Why};
use super::{Reader, Resolved, auth, form, is_falsy, name, stdio};
use crate::catalog::VersionSet;
use crate::catalog::gateway::Key;
use crate::model::{EnvLookup, Reference, Transport};
use crate::source::{At, Node, Part, Pointer};

/// Reads the servers in the order of the file, then what they are called.
pub(super) fn read(reader: &mut Reader<'_>, servers: Node<'_>, aliases: Option<Node<'_>>) {
    if !servers.is_map() {
        reader.wrong_shape(servers, "mcp_servers", &VersionSet::all());
        return;
    }
    for (key, entry) in servers.entries() {
        if entry.is_map() {
            let number = reader.outcome.servers.len();
            reader.numbers.insert(key.to_owned(), number);
            reader.server = Some(number);
        }
        self::name(reader, key, entry);
        if entry.is_map() {
            let upstream = server(reader, key, entry);
            reader.outcome.servers.push(upstream);
        } else {
            reader.wrong_shape(entry, &format!("mcp_servers.{key}"), &VersionSet::all());
        }
        reader.server = None;
    }
    name::read(reader, servers, aliases);
    for number in 0..reader.outcome.servers.len() {
        let server = &reader.outcome.servers[number];
        // Its tools are called after the alias, then.
        if !server.name.value.is_empty() || server.alias.is_some() {
            continue;
        }
        let why = Why::ValueType {
            name: "mcp_servers.\"\"".to_owned(),
            is: "empty".to_owned(),
            needs: "a name".to_owned(),
        };
        let at = server.at.clone();
        reader.server = Some(number);
        reader.reject(at, Part::Key, why, &VersionSet::all());
        reader.server = None;
    }
}

/// The key of an entry.
fn name(reader: &mut Reader<'_>, name: &str, entry: Node<'_>) {
    if let Some(key) = entry.key().filter(|key| key.as_str().is_none()) {
        let why = Why::ValueType {
            name: format!("mcp_servers.{name}"),
            is: key.shape_name().to_owned(),
            needs: "a string".to_owned(),
        };
        reader.reject(entry.pointer(), Part::Key, why, &VersionSet::all());
        return;
    }
    let separator = separator(reader);
    if name.contains(&separator) {
        let why = Why::NameInvalid {
            name: name.to_owned(),
            separator,
        };
        let versions = &reader.facts.servers.separator.refused;
        reader.reject(entry.pointer(), Part::Key, why, versions);
    } else if name::is_unusual(name) {
        let why = Why::NameUnusual {
            name: name.to_owned(),
        };
        reader.ignore(entry.pointer(), Part::Key, why, &VersionSet::all());
    }
}

/// What stands between a server's name and a tool's.
pub(super) fn separator(reader: &Reader<'_>) -> String {
    let separator = &reader.facts.servers.separator;
    match (reader.env)(&separator.variable) {
        EnvLookup::Set(other) if !other.is_empty() => other,
        _ => separator.default.clone(),
    }
}

fn server(reader: &mut Reader<'_>, name: &str, entry: Node<'_>) -> Upstream {
    let (transport, transport_at, blamed) = transport(reader, name, entry);
    let unread = match blamed {
        None if transport != Transport::Stdio => url(reader, name, entry, transport),
        blamed => blamed,
    };
    for (key, value) in entry.entries() {
        self::key(reader, name, entry, (key, value), unread.as_ref());
    }
    auth::read(reader, name, entry, transport);
    if transport == Transport::Stdio {
        let at = transport_at.clone().unwrap_or_else(|| entry.pointer());
        stdio::read(reader, name, entry, &at);
    }
    let given = |key: &str| {
        let node = entry.get(key)?;
        Some(At::new(reader.value(node)?, node.pointer()))
    };
    let strings = |node: Node<'_>| {
        let text = node.as_str()?;
        Some(At::new(text.to_owned(), node.pointer()))
    };
    Upstream {
        name: At::new(name.to_owned(), entry.pointer()),
        alias: entry.get("alias").and_then(|node| {
            let alias = reader.value(node)?;
            let text = alias.text().filter(|text| !text.is_empty())?;
            Some(At::new(text.to_owned(), node.pointer()))
        }),
        transport,
        transport_at,
        url: given("url"),
        url_variable: entry.get("url").and_then(|node| reader.variable(node)),
        command: given("command"),
        args: entry
            .get("args")
            .map(|args| args.items().filter_map(strings).collect())
            .unwrap_or_default(),
        env: entry
            .get("env")
            .map(Node::entries)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(variable, node)| {
                let value = reader.value(node)?;
                Some((variable.to_owned(), At::new(value, node.pointer())))
            })
            .collect(),
        sends: auth::sent(reader, entry),
        at: entry.pointer(),
    }
}

/// The transport in force, where it is written, and the key that was meant to say another one.
fn transport(
    reader: &mut Reader<'_>,
    name: &str,
    entry: Node<'_>,
) -> (Transport, Option<Pointer>, Option<Pointer>) {
    let all = VersionSet::all();
    let facts = reader.facts;
    // What a server without a usable transport is treated as, so that its hop is not lost.
    let guess = if entry.get("url").is_none() && entry.get("command").is_some() {
        Transport::Stdio
    } else {
        facts.servers.transports.default
    };
    let Some(node) = entry.get("transport") else {
        let blamed = meant_otherwise(reader, entry);
        return (facts.servers.transports.default, None, blamed);
    };
    let at = node.pointer();
    let full = format!("mcp_servers.{name}.transport");
    let word = match reader.resolve(node) {
        Resolved::Written(node) => match (node.as_str(), node.scalar_text()) {
            (Some(word), _) => word.to_owned(),
            (None, Some(text)) if !node.is_null() => text.to_owned(),
            _ => node.shape_name().to_owned(),
        },
        Resolved::Text(text) => text,
        Resolved::Unknown(_) => return (guess, Some(at), None),
        Resolved::Nothing(variable) => {
            reader.unset(node, &full, variable, &all);
            return (guess, Some(at), None);
        }
        Resolved::Bool(_, variable) => {
            reader.boolean(node, &full, variable, &all);
            return (guess, Some(at), None);
        }
    };
    if let Some((transport, versions)) = facts.transport(&word) {
        let why = Why::TransportInvalid {
            is: word,
            meant: None,
        };
        reader.reject(at.clone(), Part::Value, why, &versions.complement());
        return (transport, Some(at), None);
    }
    let meant = facts.transport_meant(&word);
    let why = Why::TransportInvalid {
        is: word,
        meant: meant.map(Transport::word),
    };
    reader.reject(at.clone(), Part::Value, why, &all);
    (meant.unwrap_or(guess), Some(at), None)
}

/// An entry without `transport` that shows in another way that the default is not meant; where.
fn meant_otherwise(reader: &mut Reader<'_>, entry: Node<'_>) -> Option<Pointer> {
    let facts = reader.facts;
    let default = facts.servers.transports.default;
    let spoken = entry.entries().into_iter().find_map(|(key, value)| {
        let meant = facts.servers.keys.get(key)?.meant.as_deref()?;
        (meant == "transport").then_some(())?;
        Some((key, value, facts.transport_meant(value.as_str()?)?))
    });
    let command = entry
        .get("command")
        .filter(|node| !is_falsy(*node) && entry.get("url").is_none_or(is_falsy));
    let (node, meant, because) = match (spoken, command) {
        (Some((_, _, meant)), None) if meant == default => return None,
        (Some((key, node, meant)), _) if meant != default => {
            let because = format!("`{key}` is not read");
            (node, meant, because)
        }
        (_, Some(node)) => (
            node,
            Transport::Stdio,
            "`command` alone does not make it stdio".to_owned(),
        ),
        _ => return None,
    };
    let at = node.pointer();
    let why = Why::TransportMissing {
        meant: meant.word(),
        because,
    };
    reader.ignore(at.clone(), Part::Key, why, &VersionSet::all());
    Some(at)
}

/// Whether a key is read, and whether its value has the type that it needs.
fn key(
    reader: &mut Reader<'_>,
    server: &str,
    entry: Node<'_>,
    (name, node): (&str, Node<'_>),
    blamed: Option<&Pointer>,
) {
    let facts = reader.facts;
    let Some(key) = facts.servers.keys.get(name) else {
        let why = Why::UnknownKey {
            name: name.to_owned(),
            protects: false,
            note: None,
            meant: None,
            read: None,
        };
        reader.ignore(node.pointer(), Part::Key, why, &VersionSet::all());
        return;
    };
    let full = || format!("mcp_servers.{server}.{name}");
    if key.harmless.is_some() && key.harmless == node.as_bool() {
        return;
    }
    if !key.read.is_all() && blamed.is_none_or(|at| *at != node.pointer()) {
        let (note, meant) = advice(reader, key);
        let why = Why::UnknownKey {
            name: name.to_owned(),
            protects: key.protects && !is_open(key, node),
            note,
            meant,
            read: (!key.read.is_empty()).then(|| reader.facts.there(&key.read)),
        };
        reader.ignore(node.pointer(), Part::Key, why, &key.read.complement());
    }
    if let (Some(versions), Some(path)) = (facts.servers.files.get(name), node.as_str())
        && !path.contains("://")
        && !path.is_empty()
    {
        let why = Why::FileNeeded {
            name: full(),
            path: path.to_owned(),
        };
        reader.need(node.pointer(), why, versions);
    }
    form::read(reader, &full(), key, node, entry);
}

/// Whether the value of a protecting key keeps nobody out.
fn is_open(key: &Key, node: Node<'_>) -> bool {
    let text = match node.as_bool() {
        Some(value) => value.to_string(),
        None => node.scalar_text().unwrap_or_default().to_lowercase(),
    };
    key.protects_unless.contains(&text)
}

/// What does the job of a key that is not read, and the key that was meant: none that is not read either.
fn advice(reader: &Reader<'_>, key: &Key) -> (Option<String>, Option<String>) {
    let keys = &reader.facts.servers.keys;
    let or = key.or.as_ref().filter(|or| {
        let read = keys.get(*or).and_then(|key| reader.narrow(&key.read));
        read.is_some_and(|versions| versions.is_all())
    });
    let note = match (&key.note, or) {
        (Some(note), Some(or)) => Some(format!("{note}, or use `{or}`")),
        (note, _) => note.clone(),
    };
    let Some(meant) = &key.meant else {
        return (note, None);
    };
    match keys.get(meant) {
        Some(other) if reader.narrow(&other.read).is_none() => {
            let note = note.or_else(|| {
                Some(format!(
                    "`{meant}` does that {}",
                    reader.facts.there(&other.read)
                ))
            });
            (note, None)
        }
        _ => (note, Some(meant.clone())),
    }
}

/// A url that cannot be called: the gateway starts, and its server never answers. The key that was to hold it, if it is
/// not there under its own name.
fn url(
    reader: &mut Reader<'_>,
    name: &str,
    entry: Node<'_>,
    transport: Transport,
) -> Option<Pointer> {
    let node = entry.get("url");
    let value = node.and_then(|node| reader.value(node));
    match (node, value) {
        (Some(node), Some(Value::Text(text))) => {
            // What a reference that is not looked up would have given is not known.
            if !Reference::find(&text).is_empty() {
                return None;
            }
            if let Some(problem) = problem(&text) {
                let why = Why::UrlMalformed { url: text, problem };
                reader.ignore(node.pointer(), Part::Value, why, &VersionSet::all());
            }
        }
        (_, Some(Value::Variable(_))) => {}
        (Some(node), Some(Value::Nothing(variable))) => {
            let why = Why::VariableUnset {
                name: format!("mcp_servers.{name}.url"),
                variable,
                then: Unset::NoUrl,
            };
            let versions = without_document(reader, entry);
            reader.ignore(node.pointer(), Part::Value, why, &versions);
        }
        (Some(node), _) if !is_falsy(node) => {}
        (node, _) => {
            let versions = without_document(reader, entry);
            let misnamed = entry
                .entries()
                .into_iter()
                .filter(|(_, value)| value.as_str().is_some())
                .find(|(key, _)| {
                    let known = reader.facts.servers.keys.get(*key);
                    node.is_none() && known.is_some_and(|key| key.meant.as_deref() == Some("url"))
                })
                .map(|(_, value)| value.pointer());
            let (at, part) = match (&misnamed, node) {
                (Some(at), _) => (at.clone(), Part::Key),
                (None, Some(node)) => (node.pointer(), Part::Value),
                (None, None) => (entry.pointer(), Part::Key),
            };
            reader.ignore(at, part, Why::UrlMissing { transport }, &versions);
            return misnamed;
        }
    }
    None
}

/// The versions in which a server needs a url: one with an OpenAPI document calls what that says.
fn without_document(reader: &Reader<'_>, entry: Node<'_>) -> VersionSet {
    let document = entry
        .get("spec_path")
        .and_then(|_| reader.facts.servers.keys.get("spec_path"));
    document.map_or_else(VersionSet::all, |key| key.read.complement())
}

/// Why nothing can be sent to a url, if so.
fn problem(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let has_scheme = lower.starts_with("http://") || lower.starts_with("https://");
    if !has_scheme {
        let problem = if lower.starts_with(':') || lower.chars().all(|c| c.is_ascii_digit()) {
            "a port alone names no host".to_owned()
        } else if let Some((scheme, _)) = lower.split_once("://") {
            format!("`{scheme}://` is not a scheme that MCP servers are called with")
        } else {
            "it does not start with http:// or https://".to_owned()
        };
        return Some(problem);
    }
    match Url::parse(text.trim()) {
        Ok(_) => None,
        Err(url::ParseError::EmptyHost) => Some("it names no host".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}
