//! A container as a compose file would declare it: what it was given beside what its image says.

use std::fmt::Write as _;

use crate::fact::{Binding, Container, Engine, Image, Joined, Mounted, label};
use crate::model::route;

/// The network on which no names are known.
const DEFAULT_BRIDGE: &str = "bridge";

/// The document. Values of variables stand in quotes always, so that what is recorded in their place changes no column.
pub(super) fn document(engine: &Engine, container: &Container) -> String {
    let image = engine.image(&container.image_id);
    let name = service_name(container);
    let mut out = Document::default();
    out.line(0, "services:");
    out.line(1, &format!("{}:", scalar(name)));
    out.field("image", &image_name(container, image));
    out.field("container_name", &container.name);
    words(&mut out, container, image);
    environment(&mut out, container, image);
    let ports: Vec<String> = ports(container);
    out.list("ports", &ports);
    let of_image = |port: &&u16| image.is_some_and(|image| image.exposed.contains(port));
    let exposed = container.exposed.iter().filter(|port| !of_image(port));
    // Without its image nobody knows who exposes what.
    let exposed = exposed.filter(|_| image.is_some());
    out.list("expose", &exposed.map(u16::to_string).collect::<Vec<_>>());
    let mounts: Vec<String> = container.mounts.iter().filter_map(mount).collect();
    out.list("volumes", &mounts);
    let networks = networks(&mut out, engine, container, name);
    let extra = container.extra_hosts.iter();
    let extra: Vec<String> = extra
        .map(|(name, address)| format!("{name}={address}"))
        .collect();
    out.list("extra_hosts", &extra);
    if !networks.is_empty() && container.hostname != container.short_id() {
        out.field("hostname", &container.hostname);
    }
    let routes = container
        .labels
        .iter()
        .filter(|(name, _)| route::is_route_label(name));
    let routes: Vec<String> = routes
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    out.list("labels", &routes);
    for (key, is_on) in [("stdin_open", container.open_stdin), ("tty", container.tty)] {
        if is_on {
            out.line(2, &format!("{key}: true"));
        }
    }
    if !matches!(container.restart.as_str(), "" | "no") {
        out.field("restart", &container.restart);
    }
    if !networks.is_empty() {
        out.line(0, "networks:");
        for network in networks {
            out.line(1, &format!("{}:", scalar(&network.name)));
            out.line(2, "external: true");
        }
    }
    out.0
}

/// What Compose calls it, if Compose made it: it answers to that name; else its own.
fn service_name(container: &Container) -> &str {
    let one_off = container.label(label::ONE_OFF) == Some("True");
    let service = container.label(label::SERVICE).filter(|_| !one_off);
    service.unwrap_or(&container.name)
}

/// The image's name, as far as it has one.
fn image_name(container: &Container, image: Option<&Image>) -> String {
    let tag = image.and_then(|image| image.tags.first());
    match tag.filter(|_| container.image.starts_with("sha256:")) {
        Some(tag) => tag.clone(),
        None => container.image.clone(),
    }
}

fn words(out: &mut Document, container: &Container, image: Option<&Image>) {
    let Some(image) = image else {
        // Most often it is the image's own.
        out.words("command", &container.command);
        return;
    };
    let own_entrypoint = container.entrypoint != image.entrypoint;
    if own_entrypoint {
        out.words("entrypoint", &container.entrypoint);
    }
    if own_entrypoint || container.command != image.command {
        out.words("command", &container.command);
    }
}

fn environment(out: &mut Document, container: &Container, image: Option<&Image>) {
    let of_image =
        |pair: &&(String, crate::fact::Secret)| image.is_some_and(|image| image.env.contains(pair));
    let mut given = container
        .env
        .iter()
        .filter(|pair| !of_image(pair))
        .peekable();
    if given.peek().is_some() {
        out.line(2, "environment:");
    }
    for (name, value) in given {
        let value = quoted(&value.reveal().replace('$', "$$"));
        out.line(3, &format!("{}: {value}", scalar(name)));
    }
}

/// As after `-p`. Where the engine chooses a port it is the one that it chose, while that is known.
fn ports(container: &Container) -> Vec<String> {
    let chosen = |binding: &Binding| {
        let mut published = container.published.iter();
        let same = |one: &&Binding| one.port == binding.port && one.host_port.is_some();
        published.find(same).and_then(|one| one.host_port)
    };
    let mut ports = Vec::new();
    for binding in &container.bindings {
        let address = match binding.host_ip.as_str() {
            "" | "0.0.0.0" | "::" => String::new(),
            address if address.contains(':') => format!("[{address}]:"),
            address => format!("{address}:"),
        };
        let port = match binding.host_port.or_else(|| chosen(binding)) {
            Some(host) => format!("{address}{host}:{}", binding.port),
            None => binding.port.to_string(),
        };
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports
}

fn mount(mount: &Mounted) -> Option<String> {
    let target = &mount.target;
    let end = if mount.writable { "" } else { ":ro" };
    match mount.kind.as_str() {
        "bind" => Some(format!("{}:{target}{end}", mount.source)),
        "volume" => {
            let mut parts = mount.source.rsplit('/').filter(|part| *part != "_data");
            let name = parts.next().filter(|name| !name.is_empty());
            // A name of 64 digits was made up by the engine.
            Some(match name.filter(|name| name.len() != 64) {
                Some(name) => format!("{name}:{target}{end}"),
                None => target.clone(),
            })
        }
        _ => None,
    }
}

/// Writes whose network it uses; those on which it has names.
fn networks<'a>(
    out: &mut Document,
    engine: &Engine,
    container: &'a Container,
    name: &str,
) -> Vec<&'a Joined> {
    let mode = container.network_mode.as_str();
    if let Some(owner) = mode.strip_prefix("container:") {
        let owner = engine.container(owner).map_or(owner, |owner| &owner.name);
        out.field("network_mode", &format!("container:{owner}"));
        return Vec::new();
    }
    let joined = container.networks.iter();
    let joined: Vec<&Joined> = joined.filter(|joined| !is_nameless(joined)).collect();
    if matches!(mode, "host" | "none") || joined.is_empty() {
        let mode = match mode {
            "host" | "none" => mode,
            _ => DEFAULT_BRIDGE,
        };
        out.field("network_mode", mode);
        return Vec::new();
    }
    out.line(2, "networks:");
    for network in &joined {
        let own = [name, &container.name, container.short_id()];
        let mut aliases: Vec<&str> = Vec::new();
        for alias in network.aliases.iter().map(String::as_str) {
            if !own.contains(&alias) && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let key = scalar(&network.name);
        if aliases.is_empty() {
            out.line(3, &format!("{key}: {{}}"));
        } else {
            let aliases: Vec<String> = aliases.into_iter().map(scalar).collect();
            out.line(3, &format!("{key}:"));
            out.line(4, &format!("aliases: [{}]", aliases.join(", ")));
        }
    }
    joined
}

/// Whether nobody has a name on a network.
pub(super) fn is_nameless(joined: &Joined) -> bool {
    joined.name == DEFAULT_BRIDGE
}

#[derive(Default)]
struct Document(String);

impl Document {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.0, "{:width$}{text}", "", width = depth * 2);
    }

    /// A text of the service; dollars stand for themselves.
    fn field(&mut self, key: &str, value: &str) {
        self.line(2, &format!("{key}: {}", escaped(value)));
    }

    fn words(&mut self, key: &str, words: &[String]) {
        let words: Vec<String> = words.iter().map(|word| escaped(word)).collect();
        self.line(2, &format!("{key}: [{}]", words.join(", ")));
    }

    fn list(&mut self, key: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.line(2, &format!("{key}:"));
        for item in items {
            self.line(3, &format!("- {}", escaped(item)));
        }
    }
}

fn escaped(text: &str) -> String {
    scalar(&text.replace('$', "$$"))
}

/// A scalar that every reader takes for this text.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let body = text.replace(':', "");
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_word = words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match starts && !text.ends_with(':') && body.chars().all(plain) && !is_word {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// In double quotes: a string of JSON is one of YAML, but for characters that YAML wants escaped and JSON does not.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in serde_json::Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}
