//! Services as the model has them, out of merged values. What has a wrong type is left out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Assembly;
use super::interpolate::split_outside_variables;
use super::merge::part_of;
use super::scope::Scope;
use super::value::{Data, Entries, Value};
use super::words;
use crate::load::{clean, join};
use crate::model::{Attachment, Healthcheck, Mount, Port, Published, Service, Text};
use crate::source::{At, Pointer};

/// An item of `expose` stands for at most this many ports.
const MAX_EXPOSED_RANGE: u16 = 1000;

/// Every service of the merged files.
pub(super) fn extract_all(assembly: &mut Assembly<'_, '_>, sections: &Entries) -> Vec<Service> {
    let configs = sections.get("configs");
    let services = sections.get("services");
    let mut extracted: Vec<Service> = Vec::new();
    for (name, value) in services.into_iter().flat_map(Value::entries) {
        if value.map().is_some() {
            extracted.push(extract(assembly, name, value, configs));
        } else {
            assembly.gap(
                format!("service {name} is not a mapping"),
                value.at.pointer(),
            );
        }
    }
    let made = extracted.iter().filter(|it| it.provider.is_some());
    let made: HashSet<String> = made.map(|it| it.name.value.clone()).collect();
    for service in extracted.iter_mut().filter(|_| !made.is_empty()) {
        let mut needed = service.depends_on.iter();
        service.has_provider_variables = needed.any(|needed| made.contains(&needed.value.0));
    }
    extracted
}

/// The variables that tell a service of its models (Compose spec, "models"): those that are named, else those made of
/// the model's name.
fn model_variables(models: &Value) -> Vec<String> {
    let short = models
        .items()
        .iter()
        .filter_map(|model| Some((model.string()?, model)));
    let models = models.entries().chain(short);
    models
        .flat_map(|(name, model)| {
            let own = name.to_ascii_uppercase().replace('-', "_");
            let variable = |key: &str, suffix: &str| {
                let named = model.get(key).and_then(Value::string);
                named.map_or_else(|| format!("{own}_{suffix}"), str::to_owned)
            };
            [
                variable("endpoint_var", "URL"),
                variable("model_var", "MODEL"),
            ]
        })
        .collect()
}

fn extract(
    assembly: &mut Assembly<'_, '_>,
    name: &str,
    value: &Value,
    configs: Option<&Value>,
) -> Service {
    let text = |key: &str| value.get(key).and_then(Value::text_at);
    let truth = |key: &str| {
        let value = value.get(key)?;
        Some(At::new(value.truth()?, value.at.pointer()))
    };
    let items = |key: &str| value.get(key).map(Value::items).unwrap_or_default();
    let (environment, env_files) = super::environment::extract(assembly, value);
    let scopes = &assembly.scopes;
    let mut mounts: Vec<Mount> = items("volumes")
        .iter()
        .filter_map(|item| mount(item, &scopes[item.scope.0]))
        .collect();
    mounts.extend(
        items("configs")
            .iter()
            .filter_map(|item| config_mount(item, configs?, scopes)),
    );
    for host in mounts.iter().filter_map(|mount| mount.host.as_deref()) {
        assembly.loader.real(host);
    }
    Service {
        name: At::new(name.to_owned(), value.at.pointer()),
        container_name: text("container_name"),
        hostname: text("hostname"),
        image: text("image"),
        build: value
            .get("build")
            .filter(|it| !it.is_null())
            .map(|it| it.at.pointer()),
        command: value.get("command").and_then(command),
        entrypoint: value.get("entrypoint").and_then(command),
        environment,
        model_variables: value.get("models").map(model_variables).unwrap_or_default(),
        // Known when every service is.
        has_provider_variables: false,
        env_files,
        ports: items("ports").iter().filter_map(port).collect(),
        unclear_ports: items("ports")
            .iter()
            .filter(|item| is_unclear_port(item))
            .map(|item| item.at.pointer())
            .collect(),
        expose: items("expose").iter().flat_map(exposed).collect(),
        networks: attachments(value),
        network_mode: text("network_mode").filter(|mode| !mode.value.text.is_empty()),
        networks_beside_mode: beside_mode(value),
        extra_hosts: items("extra_hosts").iter().filter_map(extra_host).collect(),
        mounts,
        stdin_open: truth("stdin_open"),
        tty: truth("tty"),
        healthcheck: value
            .get("healthcheck")
            .map_or(Healthcheck::Absent, healthcheck),
        restart: text("restart"),
        depends_on: value
            .get("depends_on")
            .into_iter()
            .flat_map(Value::entries)
            .map(|(name, how)| {
                let condition = how.get("condition").and_then(Value::string);
                At::new(
                    (name.to_owned(), condition.map(str::to_owned)),
                    how.at.pointer(),
                )
            })
            .collect(),
        labels: value
            .get("labels")
            .into_iter()
            .flat_map(Value::entries)
            .filter_map(|(name, value)| {
                let text = value.text()?.clone();
                Some(At::new((name.to_owned(), text), value.at.pointer()))
            })
            .collect(),
        profiles: items("profiles")
            .iter()
            .filter_map(|item| Some(item.text_at()?.map(|text| text.text)))
            .collect(),
        unread: assembly
            .unread_services
            .get(name)
            .or(assembly.unread.as_ref())
            .cloned(),
        api_socket: value
            .get("use_api_socket")
            .filter(|it| it.truth() == Some(true))
            .map(|it| it.at.pointer()),
        provider: value
            .get("provider")
            .filter(|it| !it.is_null())
            .map(|it| it.at.pointer()),
        at: value.at.pointer(),
    }
}

/// A command: the items of a list, or a string split into words; `null` is none, `[]` and `''` no words.
fn command(value: &Value) -> Option<At<Vec<Text>>> {
    let words = match &value.data {
        Data::List(items) => items.iter().filter_map(Value::text).cloned().collect(),
        Data::Scalar(line) => match words::split(&line.text) {
            Some(words) => words.iter().map(|word| part_of(line, word)).collect(),
            // Compose refuses it; nothing of it is known.
            None => vec![Text {
                text: line.text.clone(),
                known: false,
            }],
        },
        Data::Null | Data::Map(_) => return None,
    };
    Some(At::new(words, value.at.pointer()))
}

/// Whether a service names its network by `network_mode`; an empty one says nothing.
fn has_mode(service: &Value) -> bool {
    let mode = service.get("network_mode").and_then(Value::text);
    mode.is_some_and(|mode| !mode.text.is_empty())
}

/// The `networks` of a service that certainly has a `network_mode` as well.
fn beside_mode(service: &Value) -> Option<Pointer> {
    let mode = service.get("network_mode").and_then(Value::text)?;
    let networks = service.get("networks")?;
    let both =
        mode.get().is_some_and(|mode| !mode.is_empty()) && networks.entries().next().is_some();
    both.then(|| networks.at.pointer())
}

/// A network joined: written, or `default` when nothing is and no `network_mode` stands in the way.
fn attachments(service: &Value) -> Vec<Attachment> {
    let is_made_elsewhere = service.get("provider").is_some_and(|it| !it.is_null());
    if has_mode(service) || is_made_elsewhere {
        return Vec::new();
    }
    let joined: Vec<Attachment> = service
        .get("networks")
        .into_iter()
        .flat_map(Value::entries)
        .map(|(key, value)| Attachment {
            key: key.to_owned(),
            aliases: value
                .get("aliases")
                .map(Value::items)
                .unwrap_or_default()
                .iter()
                .filter_map(|alias| alias.string().map(str::to_owned))
                .collect(),
            at: value.at.pointer(),
            implicit: false,
        })
        .collect();
    if !joined.is_empty() {
        return joined;
    }
    vec![Attachment {
        key: "default".to_owned(),
        aliases: Vec::new(),
        at: service.at.pointer(),
        implicit: true,
    }]
}

/// `test` of a healthcheck, or that it is switched off.
fn healthcheck(value: &Value) -> Healthcheck {
    if let Some(disable) = value.get("disable").filter(|it| it.truth() == Some(true)) {
        return Healthcheck::Disabled(disable.at.pointer());
    }
    let Some(test) = value.get("test") else {
        return Healthcheck::Absent;
    };
    let words: Vec<String> = test
        .items_or_one()
        .iter()
        .filter_map(|word| word.string().map(str::to_owned))
        .collect();
    match words.first().map(String::as_str) {
        None => Healthcheck::Absent,
        Some("NONE") => Healthcheck::Disabled(test.at.pointer()),
        Some(_) => Healthcheck::Test(At::new(words, test.at.pointer())),
    }
}

/// `name=address` or `name:address`, IPv6 brackets taken off.
fn extra_host(item: &Value) -> Option<At<(String, String)>> {
    let text = item.string()?;
    let (name, address) = text.split_once('=').or_else(|| text.split_once(':'))?;
    let address = without_brackets(address);
    Some(At::new(
        (name.to_owned(), address.to_owned()),
        item.at.pointer(),
    ))
}

fn without_brackets(address: &str) -> &str {
    address
        .strip_prefix('[')
        .and_then(|address| address.strip_suffix(']'))
        .unwrap_or(address)
}

/// A port, in the short or the long syntax (Compose spec, "ports"). `None` when its container port is not known.
pub(super) fn port(item: &Value) -> Option<Port> {
    match &item.data {
        Data::Scalar(text) => short_port(text, item),
        Data::Map(_) => long_port(item),
        Data::Null | Data::List(_) => None,
    }
}

/// `[[IP:]HOST:]CONTAINER[/protocol]`
fn short_port(text: &Text, item: &Value) -> Option<Port> {
    let parts = split_outside_variables(&text.text, ':');
    let (container, before) = parts.split_last()?;
    let (container, protocol) = container.split_once('/').unwrap_or((container, "tcp"));
    let (host_port, address) = match before.split_last() {
        Some((host_port, address)) => (*host_port, address.join(":")),
        None => ("", String::new()),
    };
    let target = port_range(container)?;
    Some(Port {
        host_ip: (!address.is_empty()).then(|| without_brackets(&address).to_owned()),
        published: published(&part_of(text, host_port), target)?,
        target,
        protocol: protocol.to_ascii_lowercase(),
        at: item.at.pointer(),
    })
}

fn long_port(item: &Value) -> Option<Port> {
    let target = port_range(item.get("target")?.string()?)?;
    let protocol = item.get("protocol").and_then(Value::string);
    let host_ip = item.get("host_ip").and_then(Value::string);
    Some(Port {
        host_ip: host_ip.filter(|it| !it.is_empty()).map(str::to_owned),
        published: match item.get("published").and_then(Value::text) {
            Some(ports) => published(ports, target)?,
            None => Published::Any,
        },
        target,
        protocol: protocol.unwrap_or("tcp").to_ascii_lowercase(),
        at: item.at.pointer(),
    })
}

/// Host ports; `None` when Compose refuses them.
fn published(ports: &Text, target: (u16, u16)) -> Option<Published> {
    if ports.text.is_empty() {
        return Some(Published::Any);
    }
    if !ports.known {
        return Some(Published::Unknown(ports.text.clone()));
    }
    let (from, to) = port_range(&ports.text)?;
    if to - from == target.1 - target.0 {
        Some(Published::At(from, to))
    } else {
        // A range in front of one container port: the engine chooses among them.
        (target.0 == target.1).then_some(Published::OneOf(from, to))
    }
}

/// Whether an item of `ports` says nothing for want of a variable.
fn is_unclear_port(item: &Value) -> bool {
    let depends = match &item.data {
        Data::Scalar(text) => !text.known,
        Data::Map(_) => {
            let target = item.get("target").and_then(Value::text);
            target.is_some_and(|text| !text.known)
        }
        Data::Null | Data::List(_) => false,
    };
    depends && port(item).is_none()
}

/// `8000` or `8000-8010`.
fn port_range(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from <= to).then_some((from, to))
}

/// `8000`, `8000/tcp` or `8000-8010`.
fn exposed(item: &Value) -> Vec<At<u16>> {
    let range = item.string().and_then(|text| {
        let (ports, _) = text.split_once('/').unwrap_or((text, "tcp"));
        port_range(ports)
    });
    let Some((from, to)) = range else {
        return Vec::new();
    };
    (from..=to.min(from.saturating_add(MAX_EXPOSED_RANGE)))
        .map(|port| At::new(port, item.at.pointer()))
        .collect()
}

/// Source and target of a volume in either syntax (Compose spec, "volumes"), and whether its source is a path.
struct Volume {
    source: Text,
    target: String,
    is_bind: bool,
}

fn volume(item: &Value) -> Option<Volume> {
    match &item.data {
        Data::Scalar(text) => short_volume(text),
        Data::Map(_) => {
            let source = item.get("source").and_then(Value::text).cloned();
            let source = source.unwrap_or_else(|| Text::known(""));
            Some(Volume {
                is_bind: match item.get("type").and_then(Value::string) {
                    Some(kind) => kind == "bind",
                    None => is_path(&source.text),
                },
                source,
                target: item.get("target")?.string()?.to_owned(),
            })
        }
        Data::Null | Data::List(_) => None,
    }
}

/// `[SOURCE:]TARGET[:options]`; one letter before a colon is a Windows drive, as in compose-go.
fn short_volume(text: &Text) -> Option<Volume> {
    let parts = split_outside_variables(&text.text, ':');
    let is_drive = |part: &str| part.len() == 1 && part.starts_with(|c: char| c.is_alphabetic());
    let (source, rest) = match parts.as_slice() {
        [drive, path, rest @ ..] if is_drive(drive) => {
            (text.text.get(..drive.len() + 1 + path.len())?, rest)
        }
        [source, rest @ ..] => (*source, rest),
        [] => return None,
    };
    Some(match rest.first() {
        None => Volume {
            source: Text::known(""),
            target: source.to_owned(),
            is_bind: false,
        },
        Some(target) => Volume {
            source: part_of(text, source),
            target: (*target).to_owned(),
            is_bind: is_path(source),
        },
    })
}

fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '\\']) || is_windows_path(source)
}

fn is_windows_path(source: &str) -> bool {
    source.starts_with(r"\\") || source.chars().nth(1) == Some(':')
}

/// What a mount hides in the container: mounts with one target replace each other.
pub(super) fn mount_target(item: &Value) -> Option<String> {
    volume(item).map(|volume| volume.target)
}

fn mount(item: &Value, scope: &Scope) -> Option<Mount> {
    let volume = volume(item)?;
    Some(Mount {
        host: volume
            .is_bind
            .then(|| host_path(&volume.source, &scope.dir))
            .flatten(),
        source: volume.source.text,
        target: volume.target,
        at: item.at.pointer(),
    })
}

/// A path on the host, if it is known: `~` is the home of whoever runs Compose.
pub(super) fn host_path(path: &Text, dir: &Path) -> Option<PathBuf> {
    let path = path.get().filter(|path| !path.is_empty())?;
    if Path::new(path).is_absolute() {
        Some(clean(Path::new(path)))
    } else {
        (!path.starts_with('~') && !is_windows_path(path)).then(|| join(dir, path))
    }
}

/// A config whose content is a file, mounted at `/<name>` unless told otherwise.
fn config_mount(item: &Value, configs: &Value, scopes: &[Scope]) -> Option<Mount> {
    let name = item.get("source").unwrap_or(item).string()?;
    let file = configs.get(name)?.get("file")?;
    let target = item.get("target").and_then(Value::string);
    Some(Mount {
        host: host_path(file.text()?, &scopes[file.scope.0].dir),
        source: file.string()?.to_owned(),
        target: target.map_or_else(|| format!("/{name}"), str::to_owned),
        at: item.at.pointer(),
    })
}
