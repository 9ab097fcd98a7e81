//! Top-level `networks`, and their names in the engine (Compose spec, "Networks top-level element").

use super::value::{Entries, Value};
use crate::model::{Network, Service, Text};

/// Declared networks, then the implicit `default` when a service joins it.
pub(super) fn extract_all(
    sections: &Entries,
    services: &[Service],
    project: &Text,
) -> Vec<Network> {
    let mut networks: Vec<Network> = sections
        .get("networks")
        .into_iter()
        .flat_map(Value::entries)
        .map(|(key, value)| declared(key, value, project))
        .collect();
    let is_joined = services
        .iter()
        .flat_map(|service| &service.networks)
        .any(|attachment| attachment.key == "default");
    if is_joined && !networks.iter().any(|network| network.key == "default") {
        networks.push(Network {
            key: "default".to_owned(),
            real_name: prefixed("default", project),
            external: false,
            at: None,
        });
    }
    networks
}

fn declared(key: &str, value: &Value, project: &Text) -> Network {
    let external = value.get("external");
    let old_form = external.and_then(|external| external.get("name"));
    let is_external = external.is_some_and(|it| it.map().is_some() || it.truth() == Some(true));
    let name = value.get("name").or(old_form).and_then(Value::text);
    Network {
        key: key.to_owned(),
        real_name: match name {
            Some(name) => name.clone(),
            None if is_external => Text::known(key),
            None => prefixed(key, project),
        },
        external: is_external,
        at: Some(value.at.pointer()),
    }
}

fn prefixed(key: &str, project: &Text) -> Text {
    Text {
        text: format!("{}_{key}", project.text),
        known: project.known,
    }
}
