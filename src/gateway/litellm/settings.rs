//! Settings that stop the gateway by what they are made of.

use super::super::Why;
use super::section::{GENERAL, LITELLM};
use super::{PREFIX, Reader, Resolved, is_falsy};
use crate::catalog::VersionSet;
use crate::source::{Node, Part, ScalarKind, Shape};

/// Looks at a top-level section.
pub(super) fn read(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    let facts = &reader.facts.sections;
    if let Some(versions) = facts.strict.get(name)
        && is_falsy(node)
        && !node.is_map()
        && !node.is_null()
    {
        reader.wrong_shape(node, name, versions);
    }
    match name {
        GENERAL | LITELLM | "router_settings" | "environment_variables" if node.is_map() => {
            json(reader, name, node, true);
        }
        "mcp_tools" if !is_falsy(node) => tools(reader, name, node),
        "include" => {
            for (index, file) in node.items().enumerate() {
                if file.as_str().is_none() {
                    reader.wrong_type(file, &format!("{name}[{index}]"), "a string", &all);
                }
            }
        }
        "model_list" => {
            for (index, model) in node.items().enumerate() {
                self::model(reader, &format!("{name}[{index}]"), model);
            }
        }
        _ => {}
    }
}

/// What is kept as JSON has no dates, and no keys but strings. Those right under some sections never had others.
fn json(reader: &mut Reader<'_>, name: &str, node: Node<'_>, top: bool) {
    let facts = &reader.facts.sections.json;
    let all = VersionSet::all();
    for (key, value) in node.entries() {
        let full = format!("{name}.{key}");
        let always = top && matches!(name, LITELLM | "environment_variables");
        let versions = if always { &all } else { &facts.versions };
        if let Some(key) = value.key().filter(|key| key.as_str().is_none()) {
            let why = Why::ValueType {
                name: full.clone(),
                is: key.shape_name().to_owned(),
                needs: "a string".to_owned(),
            };
            reader.reject(value.pointer(), Part::Key, why, versions);
        }
        if top && name == "environment_variables" && (key.is_empty() || key.contains('=')) {
            let why = Why::ValueType {
                name: full.clone(),
                is: "no name of a variable".to_owned(),
                needs: "one".to_owned(),
            };
            reader.reject(value.pointer(), Part::Key, why, &all);
        }
        item(reader, &full, value);
    }
}

fn item(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    match node.shape() {
        Shape::Map => json(reader, name, node, false),
        Shape::Seq => {
            for (index, node) in node.items().enumerate() {
                item(reader, &format!("{name}[{index}]"), node);
            }
        }
        Shape::Scalar(ScalarKind::Timestamp) => {
            let versions = &reader.facts.sections.json.versions;
            reader.wrong_type(node, name, "a string or a number", versions);
        }
        Shape::Scalar(_) => {}
    }
}

fn tools(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    if !node.is_seq() {
        reader.wrong_type(node, name, "a list of tools", &all);
    }
    for (index, tool) in node.items().enumerate() {
        if !tool.is_map() {
            reader.wrong_shape(tool, &format!("{name}[{index}]"), &all);
        }
    }
}

/// A model has a name, and the model that it stands for.
fn model(reader: &mut Reader<'_>, name: &str, node: Node<'_>) {
    let all = VersionSet::all();
    let Some(params) = node.get("litellm_params").filter(|params| params.is_map()) else {
        return;
    };
    let mut absent = |at: Node<'_>, name: String| {
        let why = Why::Shape {
            name,
            is: "absent".to_owned(),
            needs: "a string".to_owned(),
        };
        reader.reject(at.pointer(), Part::Value, why, &all);
    };
    if node.get("model_name").is_none() {
        absent(node, format!("{name}.model_name"));
    }
    let name = format!("{name}.litellm_params.model");
    let Some(model) = params.get("model") else {
        absent(params, name);
        return;
    };
    match reader.resolve(model) {
        Resolved::Nothing(variable) => reader.unset(model, &name, variable, &all),
        Resolved::Bool(_, variable) => reader.boolean(model, &name, variable, &all),
        Resolved::Written(node) if matches!(node.shape(), Shape::Scalar(kind) if kind != ScalarKind::Str) =>
        {
            reader.wrong_type(node, &name, "a string", &all);
        }
        _ => {}
    }
}

/// A section whose value is looked up: what is left of it.
pub(super) fn looked_up<'n>(reader: &Reader<'_>, node: Node<'n>) -> Option<Node<'n>> {
    let absent = match reader.resolve(node) {
        Resolved::Nothing(_) | Resolved::Bool(false, _) => true,
        Resolved::Text(text) => text.is_empty(),
        _ => false,
    };
    debug_assert!(!absent || node.as_str().is_some_and(|text| text.starts_with(PREFIX)));
    (!absent).then_some(node)
}
