//! Who may come in: the master key, the database in which other keys may stand, and other ways.

use super::super::{Access, Setting};
use super::include::Sections;
use super::section::GENERAL;
use super::{Reader, Resolved};
use crate::model::EnvLookup;
use crate::source::Node;

pub(super) fn read(reader: &Reader<'_>, sections: &Sections<'_>) -> Access {
    let clients = &reader.facts.clients;
    let key = &reader.facts.master_key;
    // What was not read may bring other settings in place of these.
    if sections.gap.is_some() {
        return Access::default();
    }
    let general = sections.get(GENERAL);
    let servers = sections.get(super::section::SERVERS);
    let is_set = |key: &String| general.is_some_and(|general| general.get(key).is_some());
    let mut database = setting(
        reader,
        general,
        &clients.database.setting,
        &clients.database.variable,
    );
    for variable in &clients.database_parts {
        if matches!(database, Setting::Absent) {
            database = from_environment(reader, variable);
        }
    }
    Access {
        master_key: setting(reader, general, &key.setting, &key.variable),
        database,
        other_ways: key.instead.iter().any(is_set) || is_set(&clients.key_header_setting),
        passes_on: servers.is_some_and(|servers| {
            let mut entries = servers.entries().into_iter();
            entries.any(|(_, server)| clients.passed_on.matches(server))
        }),
    }
}

/// A setting under `general_settings`, or else the variable that does the same.
fn setting(reader: &Reader<'_>, general: Option<Node<'_>>, name: &str, variable: &str) -> Setting {
    let Some(node) = general.and_then(|general| general.get(name)) else {
        return from_environment(reader, variable);
    };
    let (text, variable) = match reader.resolve(node) {
        Resolved::Written(node) => (node.as_str().map(str::to_owned), None),
        Resolved::Text(text) => {
            let name = node
                .as_str()
                .and_then(|text| text.strip_prefix(super::PREFIX));
            (Some(text), name.map(str::to_owned))
        }
        // What then holds depends on the version.
        Resolved::Bool(..) | Resolved::Nothing(_) | Resolved::Unknown(_) => {
            return Setting::Unknown;
        }
    };
    match text {
        // Something may fill these in before the gateway reads the file.
        Some(text) if text.contains(['$', '{']) || text.is_empty() => Setting::Unknown,
        Some(text) => Setting::Set {
            text,
            at: variable.is_none().then(|| node.pointer()),
            variable,
        },
        None => Setting::Unknown,
    }
}

fn from_environment(reader: &Reader<'_>, variable: &str) -> Setting {
    match (reader.env)(variable) {
        _ if reader.own.is_some_and(|own| own.get(variable).is_some()) => Setting::Unknown,
        EnvLookup::Set(text) if text.is_empty() => Setting::Absent,
        EnvLookup::Set(text) => Setting::Set {
            text,
            at: None,
            variable: Some(variable.to_owned()),
        },
        EnvLookup::Unset => Setting::Absent,
        EnvLookup::Unknown => Setting::Unknown,
    }
}
