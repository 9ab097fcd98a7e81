//! Programs that LiteLLM starts, and those that it does not.

use super::super::{Unset, Why};
use super::Reader;
use crate::catalog::VersionSet;
use crate::catalog::gateway::{program_of, with_arguments};
use crate::model::{EnvLookup, Reference};
use crate::source::{Node, Part, Pointer};

use super::super::Value;

/// Judges the command of a stdio server. `at` is where the transport is written, or the entry.
pub(super) fn read(reader: &mut Reader<'_>, name: &str, entry: Node<'_>, at: &Pointer) {
    disabled(reader, at);
    let Some(node) = entry.get("command") else {
        return;
    };
    match reader.value(node) {
        Some(Value::Nothing(variable)) => {
            let why = Why::VariableUnset {
                name: format!("mcp_servers.{name}.command"),
                variable,
                then: Unset::NoCommand,
            };
            reader.ignore(node.pointer(), Part::Value, why, &VersionSet::all());
        }
        // What a reference that is not looked up would have given is not known.
        Some(Value::Text(text)) if Reference::find(&text).is_empty() => {
            command(reader, node, &text);
        }
        _ => {}
    }
}

/// Whether any program is started at all.
fn disabled(reader: &mut Reader<'_>, at: &Pointer) {
    let disabled = &reader.facts.servers.stdio.disabled;
    let is_on = match (reader.env)(&disabled.variable) {
        EnvLookup::Unknown => return,
        EnvLookup::Unset => false,
        EnvLookup::Set(value) => value.trim().eq_ignore_ascii_case(&disabled.value),
    };
    if is_on {
        return;
    }
    let why = Why::StdioDisabled {
        variable: disabled.variable.clone(),
        value: disabled.value.clone(),
        in_file: reader
            .own
            .is_some_and(|own| own.get(&disabled.variable).is_some()),
    };
    let versions = disabled.versions.clone();
    reader.ignore(at.clone(), Part::Value, why, &versions);
}

fn command(reader: &mut Reader<'_>, node: Node<'_>, text: &str) {
    let allowed = &reader.facts.servers.stdio.allowed;
    if let Some((program, arguments)) = with_arguments(text, &allowed.programs) {
        let why = Why::CommandWithArguments {
            program: program.to_owned(),
            arguments: arguments.into_iter().map(str::to_owned).collect(),
        };
        reader.ignore(node.pointer(), Part::Value, why, &VersionSet::all());
        return;
    }
    let has = match (reader.env)(&allowed.variable) {
        EnvLookup::Unknown => return,
        EnvLookup::Unset => String::new(),
        EnvLookup::Set(more) => more,
    };
    if allowed.has(text, &has) {
        return;
    }
    let why = Why::CommandNotAllowed {
        program: program_of(text).to_owned(),
        allowed: allowed.programs.clone(),
        variable: allowed.variable.clone(),
        has,
    };
    let versions = allowed.versions.clone();
    reader.ignore(node.pointer(), Part::Value, why, &versions);
}
