//! Top-level sections and the settings in them.

use super::include::Sections;
use super::{Reader, Resolved, Ruling, Why, is_falsy, server, settings};
use crate::catalog::VersionSet;
use crate::source::{Node, Part};

pub(super) const SERVERS: &str = "mcp_servers";
pub(super) const GENERAL: &str = "general_settings";
pub(super) const LITELLM: &str = "litellm_settings";
pub(super) const ENVIRONMENT: &str = "environment_variables";
pub(super) const ALIASES: &str = "mcp_aliases";

/// Reads the whole file, in the order in which its owner wrote it.
pub(super) fn read(reader: &mut Reader<'_>, sections: &Sections<'_>) {
    for (name, node) in sections.iter() {
        section(reader, name, node);
        shape(reader, name, node);
        settings::read(reader, name, node);
    }
    let servers = sections
        .get(SERVERS)
        .filter(|servers| !is_falsy(*servers))
        .and_then(|servers| settings::looked_up(reader, servers));
    let settings = sections.get(LITELLM);
    if servers.is_some()
        && let Some(settings) =
            settings.filter(|settings| is_falsy(*settings) && !settings.is_map())
    {
        let why = Why::NullSection {
            name: LITELLM.to_owned(),
        };
        reader.reject(settings.pointer(), Part::Key, why, &VersionSet::all());
    }
    if let Some(servers) = servers {
        let aliases = settings.and_then(|settings| settings.get(ALIASES));
        server::read(reader, servers, aliases);
    }
}

/// Whether the section is read at all.
fn section(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let facts = reader.facts;
    // Places to hang anchors on: meant to be passed over.
    if name.starts_with(['.', '_']) || name.starts_with("x-") {
        return;
    }
    if let Some(versions) = facts.sections.read.get(name) {
        let why = Why::UnknownSection {
            name: name.to_owned(),
            instead: Some(format!("it is read {}", facts.there(versions))),
            under: None,
        };
        reader.ignore(node.pointer(), Part::Key, why, &versions.complement());
        if matches!(name, GENERAL | LITELLM) {
            for (key, value) in node.entries() {
                setting(reader, Some(name), key, value);
            }
        }
        return;
    }
    if setting(reader, None, name, node) {
        return;
    }
    // It holds what other sections use by an alias.
    if node.is_used_elsewhere() {
        return;
    }
    let known = facts.sections.unread.get(name);
    let mut homes = facts.sections.settings.iter();
    let under = homes.find(|(_, settings)| settings.iter().any(|setting| setting == name));
    let why = Why::UnknownSection {
        name: name.to_owned(),
        instead: known.and_then(|section| section.note.clone()),
        under: under.map(|(home, _)| home.clone()),
    };
    reader.ignore(node.pointer(), Part::Key, why, &VersionSet::all());
}

/// Whether a setting stands where it counts; true when nothing more is to be said of it.
fn setting(reader: &mut Reader<'_>, section: Option<&str>, name: &str, node: Node<'_>) -> bool {
    let facts = reader.facts;
    let belongs = facts
        .sections
        .unread
        .get(name)
        .and_then(|section| section.belongs.as_deref());
    let belongs = match name {
        SERVERS if section.is_some() => Some(SERVERS),
        _ => belongs,
    };
    let why = if let Some(belongs) = belongs {
        let (stops, ignored) = as_if_moved(reader, node);
        Why::MisplacedSection {
            name: name.to_owned(),
            belongs: belongs.to_owned(),
            stops,
            ignored,
        }
    } else if let Some(home) = facts.misplaced.get(name) {
        if section == Some(home.belongs.as_str()) {
            return false;
        }
        if home.default.is_some() && home.default == node.as_bool() {
            return true;
        }
        Why::MisplacedSetting {
            name: name.to_owned(),
            belongs: home.belongs.clone(),
            variable: home.variable.clone(),
        }
    } else if let Some(instead) = facts.ignored.get(name) {
        Why::IgnoredSetting {
            name: name.to_owned(),
            instead: Some(instead.clone()),
        }
    } else {
        return false;
    };
    reader.ignore(node.pointer(), Part::Key, why, &VersionSet::all());
    true
}

/// What would stop the gateway, and what it would pass over, if servers stood where it looks for them.
fn as_if_moved(reader: &mut Reader<'_>, servers: Node<'_>) -> (Vec<Ruling>, Vec<Ruling>) {
    if !servers.is_map() {
        return Default::default();
    }
    let kept = std::mem::take(&mut reader.outcome);
    let numbers = std::mem::take(&mut reader.numbers);
    server::read(reader, servers, None);
    reader.numbers = numbers;
    let moved = std::mem::replace(&mut reader.outcome, kept);
    (moved.rejected, moved.ignored)
}

/// Shapes that stop the gateway.
fn shape(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    match name {
        _ if name == reader.facts.include.key && !node.is_seq() => {
            reader.wrong_type(node, name, "a list of files", &all);
        }
        _ if is_falsy(node) => {}
        GENERAL | LITELLM | ENVIRONMENT if !node.is_map() => {
            reader.wrong_shape(node, name, &all);
        }
        GENERAL => {
            for key in ["master_key", "database_url"] {
                if let Some(value) = node.get(key) {
                    credential(reader, &format!("{name}.{key}"), value);
                }
            }
        }
        "model_list" if !node.is_seq() => {
            reader.wrong_type(node, name, "a list of models", &all);
        }
        "model_list" => {
            for (index, model) in node.items().enumerate() {
                let name = format!("model_list[{index}].litellm_params");
                match model.get("litellm_params") {
                    None => {
                        let why = Why::Shape {
                            name,
                            is: "absent".to_owned(),
                            needs: "a mapping".to_owned(),
                        };
                        reader.reject(model.pointer(), Part::Value, why, &all);
                    }
                    Some(params) if !params.is_map() => reader.wrong_shape(params, &name, &all),
                    Some(_) => {}
                }
            }
        }
        _ => {}
    }
}

/// A value that is asked how it starts, whatever it is.
fn credential(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    match reader.resolve(node) {
        Resolved::Written(node) if node.as_str().is_none() && !is_falsy(node) => {
            reader.wrong_type(node, name, "a string", &all);
        }
        Resolved::Bool(true, variable) => reader.boolean(node, name, variable, &all),
        _ => {}
    }
}
