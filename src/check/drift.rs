//! What a container is beside what its file says: the fields that Compose would make it anew for.

use std::collections::BTreeSet;
use std::path::Path;

use super::words::quote;
use super::{Case, listed};
use crate::catalog::ImageRef;
use crate::fact::{Binding, Container, Engine, EngineKind, Image};
use crate::model::{Attachment, Network, Port, Published, Service, ServiceId, Text};
use crate::secret;
use crate::source::{At, Part, Pointer};

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Image,
    Entrypoint,
    Command,
    Environment,
    Networks,
    Names,
    Ports,
    Mounts,
    Stdin,
    Terminal,
}

impl Field {
    /// As a message has it.
    pub fn title(self) -> &'static str {
        match self {
            Field::Image => "image",
            Field::Entrypoint => "entrypoint",
            Field::Command => "command",
            Field::Environment => "environment",
            Field::Networks => "networks",
            Field::Names => "names",
            Field::Ports => "ports",
            Field::Mounts => "mounts",
            Field::Stdin => "stdin",
            Field::Terminal => "terminal",
        }
    }
}

/// One difference, at the node of the file that it contradicts.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub field: Field,
    pub at: Pointer,
    pub part: Part,
    /// What the container has there.
    pub text: String,
}

/// Variables that Compose hands on from the engine's own settings.
const PROXIES: [&str; 5] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];
/// Where Compose mounts secrets, which are not read here.
const SECRETS: &str = "/run/secrets";
/// How many characters of a command are shown.
const SHOWN: usize = 100;

/// Everything in which a container is not what the file says of its service. What the file leaves to variables that are
/// not known is not compared.
pub(crate) fn differences(
    case: &Case<'_>,
    id: ServiceId,
    container: &Container,
) -> Vec<Difference> {
    let Some(engine) = case.engine() else {
        return Vec::new();
    };
    let mut compared = Compared {
        case,
        engine,
        id,
        service: case.stack.service(id),
        container,
        image: engine.image(&container.image_id),
        found: Vec::new(),
    };
    compared.image();
    compared.words();
    compared.environment();
    compared.networks();
    compared.ports();
    compared.mounts();
    compared.switches();
    compared.found
}

/// A network on which a file puts a service.
pub(crate) struct Missing<'a> {
    /// What the engine calls it.
    pub name: &'a str,
    /// The names that the service has there.
    pub names: Vec<&'a str>,
}

/// The networks on which a container is not, although its file says so and it may join them as it is.
pub(crate) fn missing_networks<'a>(
    case: &Case<'a>,
    id: ServiceId,
    container: &Container,
) -> Vec<Missing<'a>> {
    let service = case.stack.service(id);
    let mode = container.network_mode.as_str();
    if service.network_mode.is_some() || has_no_own_networks(mode) {
        return Vec::new();
    }
    let project = case.stack.project(id);
    let is_on = |name: &str| container.networks.iter().any(|one| one.name == name);
    let missing = service.networks.iter().filter_map(|attached| {
        let name = project.network(&attached.key)?.real_name.get()?;
        let names = std::iter::once(&service.name.value).chain(&attached.aliases);
        (!is_on(name)).then(|| Missing {
            name,
            names: names.map(String::as_str).collect(),
        })
    });
    missing.collect()
}

/// Whether a container of that mode can be on no network by itself.
fn has_no_own_networks(mode: &str) -> bool {
    matches!(mode, "host" | "none") || mode.starts_with("container:")
}

/// Two ways of writing one image are one.
pub(crate) fn is_same_image(one: &str, other: &str) -> bool {
    let tagged = |text: &str| {
        // So does Podman call what was built here.
        let mut image = ImageRef::parse(text.strip_prefix("localhost/").unwrap_or(text));
        if image.digest.is_none() && image.tag.is_none() {
            image.tag = Some("latest".to_owned());
        }
        image
    };
    tagged(one) == tagged(other)
}

struct Compared<'a> {
    case: &'a Case<'a>,
    engine: &'a Engine,
    id: ServiceId,
    service: &'a Service,
    container: &'a Container,
    /// What it was made from, if the engine shows that.
    image: Option<&'a Image>,
    found: Vec<Difference>,
}

impl Compared<'_> {
    fn add(&mut self, field: Field, at: &Pointer, part: Part, text: impl Into<String>) {
        self.found.push(Difference {
            field,
            at: at.clone(),
            part,
            text: text.into(),
        });
    }

    /// Something that the container has and the file does not have.
    fn beside(&mut self, field: Field, key: &str, text: impl Into<String>) {
        let section = self.service.at.key(key);
        match self.has(key) {
            true => self.add(field, &section, Part::Key, text),
            false => self.add(field, &self.service.name.at, Part::Key, text),
        }
    }

    /// Whether the service has that key.
    fn has(&self, key: &str) -> bool {
        let at = self.service.at.key(key);
        self.case.stack.source(at.source).node(&at.path).is_some()
    }

    fn image(&mut self) {
        let Some(at) = &self.service.image else {
            return;
        };
        let Some(image) = at.value.get() else { return };
        let runs = &self.container.image;
        // An id is no name, and a build gives its own.
        if runs.starts_with("sha256:") || is_same_image(image, runs) {
            return;
        }
        let text = format!("the container is made from {runs}");
        self.add(Field::Image, &at.at, Part::Value, text);
    }

    fn words(&mut self) {
        let own_entrypoint = self.service.entrypoint.as_ref();
        let entrypoint = self.image.map(|image| image.entrypoint.as_slice());
        let has = &self.container.entrypoint;
        self.command(
            Field::Entrypoint,
            own_entrypoint,
            entrypoint,
            has,
            "entrypoint",
        );
        // An entrypoint of the file's own drops the image's command.
        let command = match own_entrypoint {
            Some(_) => Some(&[][..]),
            None => self.image.map(|image| image.command.as_slice()),
        };
        let has = &self.container.command;
        let own = self.service.command.as_ref();
        self.command(Field::Command, own, command, has, "command");
    }

    fn command(
        &mut self,
        field: Field,
        own: Option<&At<Vec<Text>>>,
        of_image: Option<&[String]>,
        has: &[String],
        key: &str,
    ) {
        let shown = || {
            let words: Vec<&str> = has.iter().map(String::as_str).collect();
            match words.is_empty() {
                true => format!("the container has no {key}"),
                false => {
                    let words = secret::mask_words(&words).join(" ");
                    format!("the container has {}", quote(&words, SHOWN))
                }
            }
        };
        match own {
            // What is empty is read in more than one way.
            Some(at) if at.value.is_empty() => {}
            Some(at) => {
                let words = at.value.iter().map(|word| word.get().map(str::to_owned));
                let Some(words) = words.collect::<Option<Vec<String>>>() else {
                    return;
                };
                if !self.case.facts.are_same_words(has, &words) {
                    self.add(field, &at.at, Part::Value, shown());
                }
            }
            None if self.service.complete() && of_image.is_some_and(|words| words != has) => {
                self.add(field, &self.service.name.at, Part::Key, shown());
            }
            None => {}
        }
    }

    fn environment(&mut self) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let service = self.service;
        for variable in &service.environment {
            // The first of a name wins.
            if !seen.insert(&variable.name) {
                continue;
            }
            let Some(value) = variable.value.as_ref().and_then(Text::get) else {
                continue;
            };
            let name = &variable.name;
            let mut env = self.container.env.iter();
            let text = match env.find(|(have, _)| have == name) {
                None => format!("the container has no {name}"),
                Some((_, has)) if self.case.facts.is_same_value(name, has, value) => continue,
                Some((_, has)) if self.is_rewritten(&variable.at, value, has.reveal()) => continue,
                Some(_) => format!("the container has another value of {name}"),
            };
            self.add(Field::Environment, &variable.at, Part::Value, text);
        }
        self.variables_beside(&seen);
    }

    /// Whether Compose may write a value so: `1.10` is a number to it, and becomes `1.1`.
    fn is_rewritten(&self, at: &Pointer, value: &str, has: &str) -> bool {
        let node = self.case.stack.source(at.source).node(&at.path);
        if node.is_none_or(|node| node.as_str().is_some()) {
            return false;
        }
        match (value.parse::<f64>(), has.parse::<f64>()) {
            (Ok(value), Ok(has)) => value == has,
            (Ok(_), Err(_)) => false,
            // `True`, `0x10`.
            (Err(_), _) => value.eq_ignore_ascii_case(has) || value.starts_with('0'),
        }
    }

    /// Variables of the container that neither file nor image sets.
    fn variables_beside(&mut self, own: &BTreeSet<&str>) {
        let service = self.service;
        // Podman adds its own to every container.
        let image = self
            .image
            .filter(|_| self.engine.kind != EngineKind::Podman);
        let Some(image) = image else { return };
        let unread = service.env_files.iter().any(|file| !file.read);
        let is_open = unread || !service.complete() || service.has_provider_variables;
        if is_open || !service.model_variables.is_empty() {
            return;
        }
        let of_image = |pair| image.env.contains(pair);
        let is_proxy = |name: &str| PROXIES.contains(&name.to_ascii_uppercase().as_str());
        let more: Vec<&str> = self
            .container
            .env
            .iter()
            .filter(|pair| !of_image(*pair))
            .map(|(name, _)| name.as_str())
            .filter(|name| !own.contains(name) && !is_proxy(name))
            .collect();
        if !more.is_empty() {
            let text = format!("the container has {}, too", listed(&more, 4));
            self.beside(Field::Environment, "environment", text);
        }
    }

    fn networks(&mut self) {
        let (service, container) = (self.service, self.container);
        if let Some(mode) = &service.network_mode {
            if let Some(mode_is) = self.mode_differs(&mode.value) {
                self.add(Field::Networks, &mode.at, Part::Value, mode_is);
            }
            return;
        }
        let mode = container.network_mode.as_str();
        if has_no_own_networks(mode) {
            let text = match mode {
                "host" => "the container is on the machine's own network".to_owned(),
                "none" => "the container has no network".to_owned(),
                _ => "the container is on the network of another one".to_owned(),
            };
            self.beside(Field::Networks, "networks", text);
            return;
        }
        let project = self.case.stack.project(self.id);
        let mut real: Option<Vec<&str>> = Some(Vec::new());
        for attached in &service.networks {
            let network = project.network(&attached.key);
            let name = network.and_then(|network| network.real_name.get());
            match (network, name) {
                (Some(network), Some(name)) => {
                    self.attached(attached, network, name);
                    if let Some(real) = &mut real {
                        real.push(name);
                    }
                }
                _ => real = None,
            }
        }
        let Some(real) = real.filter(|_| service.complete()) else {
            return;
        };
        let joined = container.networks.iter().map(|joined| joined.name.as_str());
        let more: Vec<&str> = joined.filter(|name| !real.contains(name)).collect();
        if !more.is_empty() {
            let text = format!("the container is on {}, too", listed(&more, 3));
            self.beside(Field::Networks, "networks", text);
        }
    }

    /// What the container's mode is, where it is not the file's.
    fn mode_differs(&self, mode: &Text) -> Option<String> {
        let (mode, is) = (mode.get()?, self.container.network_mode.as_str());
        let owner = is.strip_prefix("container:");
        let owner = owner.and_then(|owner| self.engine.container(owner));
        let matches = if let Some(name) = mode.strip_prefix("service:") {
            let project = self.case.stack.project(self.id);
            let service = project.service(name)?;
            let id = ServiceId {
                project: self.id.project,
                service,
            };
            let all = self.case.containers_of(id);
            owner.is_some_and(|owner| all.iter().any(|one| one.id == owner.id))
        } else if let Some(name) = mode.strip_prefix("container:") {
            let named = self.engine.container(name);
            named.is_some_and(|named| owner.is_some_and(|owner| owner.id == named.id))
        } else {
            let usual = |mode: &str| matches!(mode, "bridge" | "default");
            mode == is || (usual(mode) && usual(is))
        };
        (!matches).then(|| match owner {
            Some(owner) => format!("the container is on the network of {}", owner.name),
            None if is == "host" => "the container is on the machine's own network".to_owned(),
            None => format!("the container is on the network {is}"),
        })
    }

    fn attached(&mut self, attached: &Attachment, network: &Network, name: &str) {
        let part = match attached.implicit {
            true => Part::Key,
            false => super::naming_part(&attached.at),
        };
        let at = match attached.implicit {
            true => &self.service.name.at,
            false => &attached.at,
        };
        let container = self.container;
        let Some(joined) = container.networks.iter().find(|one| one.name == name) else {
            let called = match network.key == name {
                true => String::new(),
                false => format!(" {name}"),
            };
            let text = format!("the container is not on this network{called}");
            self.add(Field::Networks, at, part, text);
            return;
        };
        let own = [&container.name, &container.hostname];
        let known = joined.aliases.iter().chain(&joined.dns_names).chain(own);
        let known: Vec<&String> = known.collect();
        let wanted = std::iter::once(&self.service.name.value).chain(&attached.aliases);
        let missing: Vec<&str> = wanted
            .filter(|name| !known.contains(name))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            let text = format!("the container has no name {} there", listed(&missing, 3));
            self.add(Field::Names, at, part, text);
        }
    }

    fn ports(&mut self) {
        let service = self.service;
        // There nothing is published.
        if service.network_mode.is_some() || self.container.network_mode == "host" {
            return;
        }
        let bindings = &self.container.bindings;
        let mut declared: Vec<&Port> = Vec::new();
        for port in service.ports.iter().filter(|port| port.protocol == "tcp") {
            declared.push(port);
            if let Published::Unknown(_) = port.published {
                continue;
            }
            let missing = |target: &u16| !bindings.iter().any(|at| publishes(port, at, *target));
            if (port.target.0..=port.target.1).any(|target| missing(&target)) {
                let here = bindings.iter().filter(|at| spans(port, at.port));
                let shown: Vec<String> = here.map(written).collect();
                let text = match shown.is_empty() {
                    true => "the container does not publish this".to_owned(),
                    false => format!("the container publishes {}", listed(&shown, 3)),
                };
                self.add(Field::Ports, &port.at, Part::Value, text);
            }
        }
        if !service.unclear_ports.is_empty() || !service.complete() {
            return;
        }
        let more: Vec<String> = bindings
            .iter()
            .filter(|at| !declared.iter().any(|port| spans(port, at.port)))
            .map(written)
            .collect();
        if !more.is_empty() {
            let text = format!("the container publishes {}, too", listed(&more, 3));
            self.beside(Field::Ports, "ports", text);
        }
    }

    fn mounts(&mut self) {
        // Docker Desktop has other names for the paths of its machine.
        let comparable = self.engine.kind != EngineKind::Desktop;
        let service = self.service;
        for mount in &service.mounts {
            let target = trimmed(&mount.target);
            // Volumes without a name and temporary file systems are listed by some engines alone.
            if target.contains('$') || mount.source.is_empty() {
                continue;
            }
            let mut mounts = self.container.mounts.iter();
            let text = match mounts.find(|one| trimmed(&one.target) == target) {
                None => format!("the container has nothing mounted at {target}"),
                Some(has) => match &mount.host {
                    Some(path) if comparable && !self.is_same_path(path, &has.source) => {
                        format!("the container has {} there", has.source)
                    }
                    _ => continue,
                },
            };
            self.add(Field::Mounts, &mount.at, Part::Value, text);
        }
        if !service.complete() || service.api_socket.is_some() || self.has("secrets") {
            return;
        }
        let declared = |target: &str| {
            let mut own = service.mounts.iter();
            own.any(|mount| trimmed(&mount.target) == target || mount.target.contains('$'))
        };
        let more: Vec<&str> = self
            .container
            .mounts
            .iter()
            .filter(|one| one.kind == "bind" && !one.target.starts_with(SECRETS))
            .map(|one| trimmed(&one.target))
            .filter(|target| !declared(target))
            .collect();
        if !more.is_empty() {
            let text = format!(
                "the container has something mounted at {}, too",
                listed(&more, 3)
            );
            self.beside(Field::Mounts, "volumes", text);
        }
    }

    fn is_same_path(&self, file: &Path, container: &str) -> bool {
        let container = Path::new(trimmed(container));
        file == container || self.case.stack.links.same(file, container)
    }

    fn switches(&mut self) {
        let (service, container) = (self.service, self.container);
        let switches = [
            (
                Field::Stdin,
                &service.stdin_open,
                container.open_stdin,
                "an open stdin",
            ),
            (Field::Terminal, &service.tty, container.tty, "a terminal"),
        ];
        for (field, own, has, what) in switches {
            let text = match has {
                true => format!("the container has {what}"),
                false => format!("the container does not have {what}"),
            };
            match own {
                Some(at) if at.value != has => self.add(field, &at.at, Part::Value, text),
                None if has && service.complete() => {
                    self.add(field, &service.name.at, Part::Key, text);
                }
                _ => {}
            }
        }
    }
}

/// Whether a binding is what a port says of a container port.
fn publishes(port: &Port, binding: &Binding, target: u16) -> bool {
    let host_port = match port.published {
        Published::At(..) => binding.host_port == port.published_of(target),
        Published::OneOf(from, to) => {
            let mut of = binding.host_port.into_iter();
            of.any(|port| (from..=to).contains(&port)) || binding.host_port.is_none()
        }
        Published::Any | Published::Unknown(_) => true,
    };
    let own = address(port.host_ip.as_deref().unwrap_or_default());
    binding.port == target && host_port && own == address(&binding.host_ip)
}

/// Every interface has several names.
fn address(text: &str) -> &str {
    match text.trim_matches(['[', ']']) {
        "0.0.0.0" | "::" => "",
        other => other,
    }
}

fn spans(port: &Port, target: u16) -> bool {
    (port.target.0..=port.target.1).contains(&target)
}

/// As Compose writes it in short.
fn written(binding: &Binding) -> String {
    let address = match address(&binding.host_ip) {
        "" => String::new(),
        address if address.contains(':') => format!("[{address}]:"),
        address => format!("{address}:"),
    };
    match binding.host_port {
        Some(port) => format!("{address}{port}:{}", binding.port),
        None => format!("{address}{}", binding.port),
    }
}

fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed,
    }
}
