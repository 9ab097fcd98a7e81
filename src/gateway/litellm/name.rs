//! What servers answer to: their keys, their own aliases, and `litellm_settings.mcp_aliases`.

use std::collections::HashMap;

use super::super::Why;
use super::{Reader, is_falsy, section, server};
use crate::catalog::VersionSet;
use crate::source::{At, Node, Part, Pointer, Step};

/// Gives servers their aliases, and finds names that do not work.
pub(super) fn read(reader: &mut Reader<'_>, servers: Node<'_>, aliases: Option<Node<'_>>) {
    if let Some(aliases) = aliases.filter(|aliases| !is_falsy(*aliases)) {
        if aliases.is_map() {
            mapping(reader, servers, aliases);
        } else {
            let versions = &reader.facts.servers.aliases.read;
            reader.wrong_shape(aliases, "litellm_settings.mcp_aliases", versions);
        }
    }
    own(reader);
    conflicts(reader);
}

/// `mcp_aliases`: the first alias of a server counts, unless the server has one of its own.
fn mapping(reader: &mut Reader<'_>, servers: Node<'_>, aliases: Node<'_>) {
    let works = &reader.facts.servers.aliases.works;
    // With an unknown version the alias may be in force, and counts as a name.
    let in_force = reader.narrow(works).is_some();
    let broken = works.complement();
    let mut first: HashMap<usize, Pointer> = HashMap::new();
    for (alias, node) in aliases.entries() {
        let target = node.scalar_text().unwrap_or_default();
        let Some(&server) = reader.numbers.get(target) else {
            if servers.get(target).is_none() {
                let why = Why::AliasDangling {
                    alias: alias.to_owned(),
                    target: target.to_owned(),
                };
                reader.ignore(node.pointer(), Part::Value, why, &VersionSet::all());
            }
            continue;
        };
        let own = reader.outcome.servers[server].alias.clone();
        let wins = match (&own, first.get(&server)) {
            (_, Some(first)) => Some(first.clone()),
            (Some(own), None) => Some(own.at.clone()),
            (None, None) => None,
        };
        // Said twice is not ignored.
        let said = own.as_ref().is_some_and(|own| own.value == alias);
        let versions = if wins.is_some() {
            VersionSet::all()
        } else {
            broken.clone()
        };
        if wins.is_none() {
            first.insert(server, node.pointer());
            if in_force {
                let at = node.pointer();
                reader.outcome.servers[server].alias = Some(At::new(alias.to_owned(), at));
            }
        }
        if !said {
            let why = Why::AliasIgnored {
                alias: alias.to_owned(),
                target: target.to_owned(),
                wins,
            };
            reader.ignore(node.pointer(), Part::Key, why, &versions);
        }
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
        for name in [Some(&server.name), server.alias.as_ref()]
            .into_iter()
            .flatten()
        {
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
            if **section == *section::LITELLM && **key == *section::ALIASES =>
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
