//! Top-level sections and the settings in them.

use super::{Reader, Resolved, Why, is_falsy, server};
use crate::catalog::VersionSet;
use crate::source::{Node, Part};

pub(super) const SERVERS: &str = "mcp_servers";
const GENERAL: &str = "general_settings";
pub(super) const LITELLM: &str = "litellm_settings";
pub(super) const ALIASES: &str = "mcp_aliases";

/// Reads the whole file, in the order in which its owner wrote it.
pub(super) fn read(reader: &mut Reader<'_>, root: Node<'_>) {
    for (name, node) in root.entries() {
        section(reader, name, node);
        shape(reader, name, node);
    }
    let servers = root.get(SERVERS).filter(|servers| !is_falsy(*servers));
    let settings = root.get(LITELLM);
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
            instead: None,
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
    let known = facts.sections.unread.get(name);
    let why = Why::UnknownSection {
        name: name.to_owned(),
        instead: known.and_then(|section| section.note.clone()),
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
    let why = if section.is_some() && name == SERVERS {
        Why::MisplacedSection {
            name: name.to_owned(),
            belongs: SERVERS.to_owned(),
        }
    } else if let Some(belongs) = belongs {
        Why::MisplacedSection {
            name: name.to_owned(),
            belongs: belongs.to_owned(),
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

/// Shapes that stop the gateway.
fn shape(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    match name {
        "include" if !node.is_seq() => reader.wrong_type(node, name, "a list of files", &all),
        "include" => {
            for file in node.items() {
                if let Some(path) = file.as_str() {
                    let why = Why::FileNeeded {
                        name: name.to_owned(),
                        path: path.to_owned(),
                    };
                    reader.need(file.pointer(), why, &all);
                }
            }
        }
        _ if is_falsy(node) => {}
        GENERAL | LITELLM | "environment_variables" if !node.is_map() => {
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
