//! What servers answer to: their keys, their own aliases, and `litellm_settings.mcp_aliases`.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::super::{Value, Why};
use super::{Reader, Resolved, is_falsy, section, server, settings};
use crate::catalog::VersionSet;
use crate::source::{At, Node, Part, Pointer, Step};

/// Gives servers their aliases, and finds names that do not work.
pub(super) fn read(reader: &mut Reader<'_>, servers: Node<'_>, aliases: Option<Node<'_>>) {
    if let Some(aliases) = aliases.and_then(|aliases| settings::looked_up(reader, aliases)) {
        let facts = &reader.facts.servers.aliases;
        let versions = match is_falsy(aliases) {
            true => &facts.strict,
            false => &facts.read,
        };
        let wanted = |(_, entry): &(&str, Node<'_>)| own_alias(reader, *entry).is_none();
        let wanted = servers.entries().iter().any(wanted);
        if aliases.is_map() {
            mapping(reader, servers, aliases);
        } else if wanted && !aliases.is_null() {
            reader.wrong_shape(aliases, "litellm_settings.mcp_aliases", versions);
        }
    }
    own(reader);
    conflicts(reader);
    ids(reader, servers);
}

/// Ids that the file gives its servers: each its own, and none that is the name or alias of another.
fn ids(reader: &mut Reader<'_>, servers: Node<'_>) {
    const KEY: &str = "server_id";
    let Some(key) = reader.facts.servers.keys.get(KEY) else {
        return;
    };
    let given: Vec<(usize, Node<'_>, String)> = servers
        .entries()
        .into_iter()
        .filter_map(|(name, entry)| Some((*reader.numbers.get(name)?, entry.get(KEY)?)))
        .filter_map(|(number, node)| {
            let id = reader.value(node)?.text()?.trim().to_owned();
            Some((number, node, id))
        })
        .collect();
    if given.is_empty() {
        return;
    }
    let mut owners: HashMap<&str, Vec<usize>> = HashMap::new();
    let upstreams = reader.outcome.servers.clone();
    for (number, server) in upstreams.iter().enumerate() {
        for name in std::iter::once(&server.name).chain(&server.alias) {
            owners.entry(&name.value).or_default().push(number);
        }
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    for (number, node, id) in given {
        let owner = owners
            .get(id.as_str())
            .and_then(|owners| owners.iter().find(|owner| **owner != number));
        let needs = match (taken.get(&id), owner) {
            (Some(other), _) => format!("another id than that of {}", upstreams[*other].name.value),
            (None, Some(owner)) => {
                format!("an id that is no name of {}", upstreams[*owner].name.value)
            }
            (None, None) => {
                taken.insert(id, number);
                continue;
            }
        };
        let why = Why::ValueType {
            name: format!("mcp_servers.{}.{KEY}", upstreams[number].name.value),
            is: format!("`{id}`"),
            needs,
        };
        reader.server = Some(number);
        reader.reject(node.pointer(), Part::Value, why, &key.read);
        reader.server = None;
    }
}

/// The alias that an entry has itself. An empty one is one too: no other is looked for.
fn own_alias<'n>(reader: &Reader<'_>, entry: Node<'n>) -> Option<Node<'n>> {
    let own = entry.get("alias").filter(|alias| !alias.is_null())?;
    (!matches!(reader.resolve(own), Resolved::Nothing(_))).then_some(own)
}

/// `mcp_aliases`: the first alias of a server counts, unless the server has one of its own.
fn mapping(reader: &mut Reader<'_>, servers: Node<'_>, aliases: Node<'_>) {
    let mut groups: IndexMap<usize, Vec<(&str, Node<'_>)>> = IndexMap::new();
    for (alias, node) in aliases.entries() {
        let value = reader.value(node);
        let target = value.as_ref().and_then(Value::text).unwrap_or_default();
        let Some(&server) = reader.numbers.get(target) else {
            if servers.get(target).is_none() && reader.outcome.gap.is_none() {
                let why = Why::AliasDangling {
                    alias: alias.to_owned(),
                    target: target.to_owned(),
                };
                reader.ignore(node.pointer(), Part::Value, why, &VersionSet::all());
            }
            continue;
        };
        groups.entry(server).or_default().push((alias, node));
    }
    for (server, group) in groups {
        one_server(reader, servers, server, &group);
    }
}

/// The aliases that `mcp_aliases` has for one server.
fn one_server(
    reader: &mut Reader<'_>,
    servers: Node<'_>,
    server: usize,
    group: &[(&str, Node<'_>)],
) {
    let facts = &reader.facts.servers.aliases;
    let target = reader.outcome.servers[server].name.value.clone();
    let own = servers
        .get(&target)
        .and_then(|entry| own_alias(reader, entry));
    // With an unknown version the alias may be in force, and counts as a name.
    let works = reader.narrow(&facts.works).is_some();
    let known = reader.version.version().is_some();
    // Where they are gone through twice, what the first pass has taken is passed over by the second, which counts.
    let twice = known && !works && reader.narrow(&facts.read).is_some();
    let counting = usize::from(twice);
    let (all, broken) = (VersionSet::all(), facts.works.complement());
    for (number, (alias, node)) in group.iter().enumerate() {
        let ignored = |wins| Why::AliasIgnored {
            alias: (*alias).to_owned(),
            target: target.clone(),
            wins,
        };
        if let Some(own) = own {
            // Said twice is not ignored.
            if own.as_str() != Some(*alias) {
                reader.ignore(
                    node.pointer(),
                    Part::Key,
                    ignored(Some(own.pointer())),
                    &all,
                );
            }
            continue;
        }
        if number == counting && (twice || works) {
            reader.outcome.servers[server].alias =
                Some(At::new((*alias).to_owned(), node.pointer()));
            if let Some(key) = node.key().filter(|key| key.as_str().is_none()) {
                let why = Why::ValueType {
                    name: format!("litellm_settings.mcp_aliases.{alias}"),
                    is: key.shape_name().to_owned(),
                    needs: "a string".to_owned(),
                };
                let versions = if known { &all } else { &facts.works };
                reader.reject(node.pointer(), Part::Key, why, versions);
            }
        }
        let (wins, versions) = match (group.get(counting), number) {
            (Some(_), number) if number == counting && twice => continue,
            (Some((_, first)), number) if number != counting => {
                let always = known || number > 1;
                (
                    Some(first.pointer()),
                    if always { &all } else { &facts.works },
                )
            }
            _ => (None, &broken),
        };
        reader.ignore(node.pointer(), Part::Key, ignored(wins), versions);
    }
}

/// Aliases that break the calls of their tools.
fn own(reader: &mut Reader<'_>) {
    let separator = server::separator(reader);
    let invalid: Vec<(usize, At<String>)> = reader
        .outcome
        .servers
        .iter()
        .enumerate()
        .filter_map(|(number, server)| Some((number, server.alias.clone()?)))
        .filter(|(_, alias)| alias.value.contains(&separator))
        .collect();
    for (number, alias) in invalid {
        let versions = in_force(reader, &alias.at);
        let why = Why::AliasInvalid { alias: alias.value };
        reader.server = Some(number);
        reader.ignore(alias.at, Part::Entry, why, &versions);
    }
    reader.server = None;
}

/// Servers that answer to the same name, as clients write it.
fn conflicts(reader: &mut Reader<'_>) {
    let mut seen: HashMap<String, (usize, Pointer)> = HashMap::new();
    let mut found = Vec::new();
    for (index, server) in reader.outcome.servers.iter().enumerate() {
        for name in server.names() {
            let normal = name.value.to_lowercase().replace(' ', "_");
            match seen.get(&normal) {
                Some((other, at)) if *other != index => {
                    found.push((index, name.clone(), at.clone()));
                }
                Some(_) => {}
                None => {
                    seen.insert(normal, (index, name.at.clone()));
                }
            }
        }
    }
    for (index, name, other) in found {
        let versions = in_force(reader, &name.at).intersect(&in_force(reader, &other));
        let why = Why::AliasConflict {
            name: name.value,
            other,
        };
        reader.server = Some(index);
        reader.ignore(name.at, Part::Entry, why, &versions);
    }
    reader.server = None;
}

/// The versions in which a name counts: not all of them where `mcp_aliases` gives it.
fn in_force(reader: &Reader<'_>, at: &Pointer) -> VersionSet {
    match at.path.steps() {
        [Step::Key(section), Step::Key(key), _]
            if **section == *section::LITELLM
                && **key == *section::ALIASES
                && reader.version.version().is_none() =>
        {
            reader.facts.servers.aliases.works.clone()
        }
        _ => VersionSet::all(),
    }
}

/// Whether a name has characters that clients and SEP-986 do not allow.
pub(super) fn is_unusual(name: &str) -> bool {
    !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
