//! What a fix of a hop writes: into the caller's entry, into the service that it calls, into the networks between.

mod again;
pub mod entry;
mod instead;
mod shell;
pub mod variable;
pub mod ways;

use serde_json::{Map, Value, json};
use url::Url;

use crate::catalog::server::Server;
use crate::catalog::{Catalog, ImageRef, TransportKind};
use crate::chain::{Caller, Command, Hop, on_network};
use crate::change::{Change, Fix, Op, Safety};
use crate::model::{EnvFrom, Project, Service, ServiceId, Stack, Text};
use crate::source::{Node, Path, Pointer, Step};

pub use again::probe_again;
pub use instead::call_instead;
pub use shell::{quoted, quoted_file};

/// A file's name without its directories.
pub fn file(stack: &Stack, at: &Pointer) -> String {
    let name = stack.name(at.source);
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// `config.yaml's db_main`
pub fn caller(stack: &Stack, hop: &Hop) -> String {
    format!("{}'s {}", file(stack, &hop.at), hop.entry())
}

/// A `docker compose` command for a service; with the files where several projects were read, or where Compose would
/// not find all of them itself.
pub fn compose(stack: &Stack, service: ServiceId, verb: &str) -> String {
    let project = stack.project(service);
    if let Some(container) = stack.source(stack.service(service).at.source).container() {
        // What was run by hand is started as it was.
        let verb = if verb == "up -d" { "start" } else { verb };
        return format!("docker {verb} {}", quoted(container));
    }
    let name = quoted(&stack.service(service).name.value);
    let files: Vec<&str> = project.files.iter().map(|id| stack.name(*id)).collect();
    let of_files = |project: &&Project| {
        let mut files = project.files.iter();
        files.all(|id| stack.source(*id).container().is_none())
    };
    let several = stack.projects.iter().filter(of_files).count() > 1;
    let own = match project.is_named_by_hand {
        true => format!("-p {} ", quoted(&project.name)),
        false => String::new(),
    };
    // Compose reads these itself, from the first file.
    let includes = project
        .files
        .iter()
        .any(|id| stack.source(*id).root().get("include").is_some());
    if several
        && includes
        && let Some(file) = files.first()
    {
        let dir = file.rsplit_once('/').map_or(".", |(dir, _)| dir);
        return format!(
            "(cd {} && docker compose {own}{verb} {name})",
            quoted_file(dir)
        );
    }
    let found = files.len() < 2 || includes || files.iter().all(|file| is_default(file));
    // What the labels of a container named lies anywhere.
    let far = files.first().is_some_and(|file| file.starts_with('/'));
    if found && !several && !far {
        return format!("docker compose {own}{verb} {name}");
    }
    let files: String = files
        .iter()
        .map(|file| format!("-f {} ", quoted_file(file)))
        .collect();
    format!("docker compose {own}{files}{verb} {name}")
}

/// Whether Compose looks for a file of that name.
fn is_default(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        matches!(
            stem,
            "compose" | "compose.override" | "docker-compose" | "docker-compose.override"
        )
    })
}

/// The command after which a caller reads its file again, where it is a service.
pub fn reread(stack: &Stack, service: Option<ServiceId>) -> Option<String> {
    service.map(|service| compose(stack, service, "restart"))
}

/// The url of a hop with another host, port or path. Nothing when the url is not written in the file as it is used.
pub fn url(hop: &Hop, host: Option<&str>, port: Option<u16>, path: Option<&str>) -> Option<Url> {
    let mut url = hop.url.as_ref()?.value.clone();
    if let Some(host) = host {
        url.set_host(Some(host)).ok()?;
    }
    if let Some(port) = port {
        url.set_port(Some(port)).ok()?;
    }
    if let Some(path) = path {
        url.set_path(path);
    }
    Some(url)
}

/// A url as people write it: no slash where there is no path.
pub fn written(url: &Url) -> String {
    let text = url.to_string();
    match url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        true => text.trim_end_matches('/').to_owned(),
        false => text,
    }
}

/// The change that writes `to`. Nothing when the file does not have the url itself, but a reference to it.
pub fn set_url(stack: &Stack, hop: &Hop, to: &Url) -> Option<Change> {
    let url = hop.url.as_ref()?;
    let node = stack.source(url.at.source).node(&url.at.path)?;
    let literal = Url::parse(node.as_str()?.trim()).ok()?;
    // The slash of an empty path is kept where it was written.
    let text = match node.as_str()?.trim().ends_with('/') {
        true => to.to_string(),
        false => written(to),
    };
    (literal == url.value).then(|| Change {
        at: url.at.clone(),
        op: Op::Set(json!(text)),
    })
}

/// Lets the caller call `to`: in its file, or by hand where the file has no url itself. `reader` is the service that reads
/// the file only when it starts.
pub fn call(stack: &Stack, hop: &Hop, to: &Url, reader: Option<ServiceId>) -> Fix {
    let title = format!("call {}", written(to));
    let Some(change) = set_url(stack, hop, to) else {
        return Fix::manual(title, format!("url: {}\n", written(to)));
    };
    let mut fix = Fix::new(Safety::Unsafe, title).change(change.at, change.op);
    fix.then.extend(reread(stack, reader));
    fix
}

/// Lets a gateway call a service by its name and a port of its container, on a network that both share.
pub fn call_service(
    stack: &Stack,
    hop: &Hop,
    gateway: ServiceId,
    service: ServiceId,
    port: Option<u16>,
) -> Option<Fix> {
    let name = &stack.service(service).name.value;
    let url = url(hop, Some(name), port, None)?;
    let mut fix = call(stack, hop, &url, None);
    if fix.changes.is_empty() {
        return Some(fix);
    }
    if !common(stack, gateway, service)
        && let Some(joined) = join(stack, gateway, service)
    {
        fix.title = format!("{}, and let {name} join {}", fix.title, joined.key);
        fix.changes.extend(joined.changes);
        fix = fix.then(compose(stack, service, "up -d"));
    }
    fix.then.extend(reread(stack, Some(gateway)));
    Some(fix)
}

/// The change that makes the caller speak `kind`; nothing when it does already.
pub fn set_transport(hop: &Hop, kind: TransportKind) -> Option<Change> {
    if TransportKind::from(hop.transport) == kind {
        return None;
    }
    let word = kind.to_string();
    let key = match hop.caller {
        Caller::Client { .. } => "type",
        Caller::Gateway { .. } => "transport",
    };
    Some(match &hop.transport_at {
        Some(at) => Change {
            at: at.clone(),
            op: Op::Set(json!(word)),
        },
        None => Change {
            at: hop.at.clone(),
            op: Op::Insert(key.to_owned(), json!(word)),
        },
    })
}

/// The port on which the server of a hop would listen if it were started on a transport over the network.
pub fn would_listen(catalog: &Catalog, hop: &Hop) -> Option<u16> {
    let behind = hop.behind.as_ref()?;
    if let Some(way) = &behind.network {
        return way.speaks.port;
    }
    let server = catalog.by_id(&behind.server)?;
    [TransportKind::Http, TransportKind::Sse]
        .into_iter()
        .find_map(|kind| on_network(server, behind, kind)?.port.default)
}

/// The changes that add words to a service's command.
fn written_command(base: &Command<'_>, service: &Service, words: &[String]) -> Vec<Change> {
    if words.is_empty() && !base.shortened {
        return Vec::new();
    }
    let all: Vec<&String> = base.raw.iter().chain(words).collect();
    match &service.command {
        None => vec![Change {
            at: service.at.clone(),
            op: Op::Insert("command".to_owned(), json!(all)),
        }],
        Some(command) if base.node.is_some_and(Node::is_seq) && !base.shortened => words
            .iter()
            .map(|word| Change {
                at: command.at.clone(),
                op: Op::Push(json!(word)),
            })
            .collect(),
        Some(command) => {
            let list = base.node.is_some_and(Node::is_seq) || all.iter().any(|w| w.contains(' '));
            let line = || {
                all.iter()
                    .map(|word| word.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let value = if list { json!(all) } else { json!(line()) };
            vec![Change {
                at: command.at.clone(),
                op: Op::Set(value),
            }]
        }
    }
}

/// The changes that put `args` behind the arguments that a service gives to its server. Nothing where it is not known
/// what they would come behind.
pub fn add_arguments(
    stack: &Stack,
    service: &Service,
    server: &Server,
    image: &ImageRef,
    args: &[String],
) -> Option<Vec<Change>> {
    let facts = server.image_facts(image);
    let of_image = facts.and_then(|facts| facts.command.as_deref());
    add_words(stack, service, of_image, args)
}

/// The same for any image; `of_image` is its CMD, if that is known.
pub fn add_words(
    stack: &Stack,
    service: &Service,
    of_image: Option<&[String]>,
    args: &[String],
) -> Option<Vec<Change>> {
    // Behind a shell's line or `--` they would be somebody else's.
    let ends = |word: &Text| matches!(word.text.as_str(), "-c" | "-lc" | "--");
    let lines = [&service.entrypoint, &service.command]
        .into_iter()
        .flatten();
    if lines.flat_map(|line| &line.value).any(ends) {
        return None;
    }
    let Some(command) = &service.command else {
        // What replaces the image's own command has to repeat it; an entrypoint of the file's own drops it.
        let before = match &service.entrypoint {
            Some(_) => &[],
            None => of_image?,
        };
        let op = Op::Insert("command".to_owned(), json!([before, args].concat()));
        return Some(vec![Change {
            at: service.at.clone(),
            op,
        }]);
    };
    // What `extends` or an anchor brings in belongs to others too.
    let own = Path::keys(["services", service.name.value.as_str()]);
    let node = stack.source(command.at.source).node(&command.at.path)?;
    if !command.at.path.starts_with(&own) {
        return None;
    }
    let change = |op| Change {
        at: command.at.clone(),
        op,
    };
    match node.scalar_text() {
        _ if node.is_seq() => Some(
            args.iter()
                .map(|arg| change(Op::Push(json!(arg))))
                .collect(),
        ),
        Some(line) if !line.trim().is_empty() => {
            let line = format!("{} {}", line.trim_end(), args.join(" "));
            Some(vec![change(Op::Set(json!(line)))])
        }
        _ => None,
    }
}

/// The changes that give variables to a service.
pub fn set_variables(
    stack: &Stack,
    service: &Service,
    variables: &[(String, String)],
) -> Vec<Change> {
    let at = service.at.key("environment");
    let node = stack.source(at.source).node(&at.path);
    let mut absent = Map::new();
    let mut changes = Vec::new();
    for (name, value) in variables {
        let have = service
            .variable(name)
            .filter(|have| have.from == EnvFrom::Environment);
        let pair = format!("{name}={value}");
        match (have, node) {
            (Some(have), _) => {
                let item = matches!(have.at.path.steps().last(), Some(Step::Index(_)));
                let value = if item { json!(pair) } else { json!(value) };
                changes.push(Change {
                    at: have.at.clone(),
                    op: Op::Set(value),
                });
            }
            (None, Some(node)) if node.is_seq() => {
                changes.push(Change {
                    at: at.clone(),
                    op: Op::Push(json!(pair)),
                });
            }
            (None, Some(node)) if node.is_map() => {
                let op = Op::Insert(name.clone(), json!(value));
                changes.push(Change { at: at.clone(), op });
            }
            _ => {
                absent.insert(name.clone(), json!(value));
            }
        }
    }
    if !absent.is_empty() {
        let op = Op::Insert("environment".to_owned(), Value::Object(absent));
        changes.push(Change {
            at: service.at.clone(),
            op,
        });
    }
    changes
}

/// The name by which a container calls the machine that it runs on.
pub const MACHINE: &str = "host.docker.internal";
/// The item of `extra_hosts` that makes it.
pub const MACHINE_LINE: &str = "host.docker.internal:host-gateway";

/// The change that makes [`MACHINE`] known in a service's container; nothing when it is.
pub fn know_machine(stack: &Stack, service: &Service) -> Option<Change> {
    let mut known = service.extra_hosts.iter();
    if known.any(|extra| extra.value.0 == MACHINE) {
        return None;
    }
    let at = service.at.key("extra_hosts");
    let node = stack.source(at.source).node(&at.path);
    Some(match node {
        Some(node) if node.is_seq() => Change {
            at,
            op: Op::Push(json!(MACHINE_LINE)),
        },
        Some(node) if node.is_map() => Change {
            at,
            op: Op::Insert(MACHINE.to_owned(), json!("host-gateway")),
        },
        _ => Change {
            at: service.at.clone(),
            op: Op::Insert("extra_hosts".to_owned(), json!([MACHINE_LINE])),
        },
    })
}

/// A network that a service may join to be reached by another, and the changes that make it join.
#[derive(Debug)]
pub struct Joined {
    /// What has to be written.
    pub changes: Vec<Change>,
    /// The key of the network in the joining service's project.
    pub key: String,
}

/// Makes `service` join a network of `caller`'s.
pub fn join(stack: &Stack, caller: ServiceId, service: ServiceId) -> Option<Joined> {
    let (ours, theirs) = (stack.project(caller), stack.project(service));
    let (calling, called) = (stack.service(caller), stack.service(service));
    let container = stack.source(called.at.source).container();
    let mode = called.network_mode.as_ref();
    let mode = mode.map(|mode| mode.value.text.as_str());
    if mode.is_some() && !(container.is_some() && mode == Some("bridge")) {
        return None;
    }
    let known = calling.networks.iter().filter_map(|joined| {
        let network = ours.network(&joined.key)?;
        Some((network, network.real_name.get()?))
    });
    // A network with a name of its own outlives its project; `default` is the last choice.
    let (network, real) =
        known.min_by_key(|(network, _)| (!network.external, network.key == "default"))?;
    if container.is_some() {
        let change = Change {
            at: called.at.key("networks"),
            op: Op::Insert(real.to_owned(), Value::Null),
        };
        return Some(Joined {
            changes: vec![change],
            key: real.to_owned(),
        });
    }
    let same = theirs
        .networks
        .iter()
        .find(|have| have.real_name.get() == Some(real));
    let declared = |key: &str| match key == real {
        true => json!({ "external": true }),
        false => json!({ "external": true, "name": real }),
    };
    // Joined by the same key, but a network of its own: the declaration is what is wrong.
    let own = called.networks.iter().find_map(|joined| {
        let own = theirs.network(&joined.key)?;
        let at = own.at.as_ref()?;
        (own.key == network.key && caller.project != service.project).then_some(at)
    });
    if let (Some(at), None) = (own, same) {
        let change = Change {
            at: at.clone(),
            op: Op::Set(declared(&network.key)),
        };
        return Some(Joined {
            changes: vec![change],
            key: network.key.clone(),
        });
    }
    let mut changes = Vec::new();
    let key = match same {
        _ if caller.project == service.project => network.key.clone(),
        Some(have) => have.key.clone(),
        None => {
            let key = free_key(theirs, &network.key, real);
            let root = Pointer::root(called.at.source);
            let at = root.key("networks");
            let has = stack
                .source(at.source)
                .node(&at.path)
                .is_some_and(Node::is_map);
            changes.push(if has {
                Change {
                    at,
                    op: Op::Insert(key.clone(), declared(&key)),
                }
            } else {
                let section = json!({ key.as_str(): declared(&key) });
                Change {
                    at: root,
                    op: Op::Insert("networks".to_owned(), section),
                }
            });
            key
        }
    };
    let written = called.networks.iter().find(|joined| !joined.implicit);
    changes.push(match written.map(|joined| joined.at.parent()) {
        Some(at)
            if stack
                .source(at.source)
                .node(&at.path)
                .is_some_and(Node::is_seq) =>
        {
            Change {
                at,
                op: Op::Push(json!(key)),
            }
        }
        Some(at) => Change {
            at,
            op: Op::Insert(key.clone(), Value::Null),
        },
        // `default` stays, or the others of its project no longer reach it.
        None => {
            let both = if key == "default" {
                json!(["default"])
            } else {
                json!(["default", key])
            };
            Change {
                at: called.at.clone(),
                op: Op::Insert("networks".to_owned(), both),
            }
        }
    });
    Some(Joined { changes, key })
}

/// A key that a project does not use yet: the one that its neighbour has, the network's name, or one made of both.
fn free_key(project: &Project, key: &str, real: &str) -> String {
    let made = format!("{key}-of-{real}");
    let candidates = [key, real, &made];
    let free = |key: &&&str| **key != "default" && project.network(key).is_none();
    candidates
        .iter()
        .find(free)
        .map_or_else(|| made.clone(), |key| (*key).to_owned())
}

/// Whether two services have a network in common.
pub fn common(stack: &Stack, one: ServiceId, other: ServiceId) -> bool {
    let names = |id: ServiceId| {
        let project = stack.project(id);
        let joined = stack.service(id).networks.iter();
        joined.map(|joined| match project.network(&joined.key) {
            Some(network) => network.real_name.text.as_str(),
            None => joined.key.as_str(),
        })
    };
    let ours: Vec<&str> = names(one).collect();
    names(other).any(|name| ours.contains(&name))
}
