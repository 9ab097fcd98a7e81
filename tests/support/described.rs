//! A container engine as a page describes it.
//!
//! A page's example may have a block ```` ```engine ````, and its fix another one, for the engine after it. What a file of
//! the example declares need not be said again: the container of a service is as its file says, it runs, and its image says
//! nothing beside that. Only what differs is written:
//!
//! ```text
//! engine desktop remote
//! network shared
//! service litellm
//! service mcp-postgres of stack
//!   exited 137, out of memory, 4 restarts
//!   log Killed
//! container db
//!   image postgres:16
//!   network stack_default 172.30.0.9 as postgres, pg
//! ```
//!
//! - `engine`, first: `linux` (as without the line), `desktop`, `rootless` or `podman`; `remote` where it is not known to
//!   run on this machine.
//! - `network NAME`: one that no container is on. Those of containers are there without it.
//! - `gap WHAT: WHY`: what could not be looked at.
//! - `service NAME`, or `service NAME of PROJECT`: the container of a declared service.
//! - `container NAME`: one that no file declares. It has no network unless a line says so.
//!
//! Below a container, indented:
//!
//! - `running`, `created`, `paused`, `exited 1`, `restarting 0`, `dead 1`, with the exit code; perhaps followed by `,
//!   4 restarts` and `, out of memory`.
//! - `error TEXT`: why it could not be started. `log TEXT`: a line of its log.
//! - `healthy`, `starting`, `unhealthy TEXT`: what its health check says, and printed last. `healthcheck WORDS`: what it is.
//! - `image NAME`; `image moved`: the name means another image now; `image env NAME=VALUE`, `image command WORDS`,
//!   `image entrypoint WORDS`: what the image says.
//! - `command WORDS`, `entrypoint WORDS`, `env NAME=VALUE`, `no env NAME`.
//! - `publish 127.0.0.1:48010:8000` (the address may be absent), `no ports`.
//! - `network NAME`, perhaps with an address, and `as NAME, NAME`; `no network NAME`; `mode host`.
//! - `mount SOURCE:TARGET`, `no mount TARGET`; `written TARGET`, `replaced TARGET`: what became of a mounted file since;
//!   `stdin open`, `stdin closed`, `tty`, `no tty`.
//! - `listens 127.0.0.1:8000`, or `listens nowhere`; without such a line that is not known.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{
    Ask, Binding, Container, Engine, EngineKind, Health, Image, Joined, Known, Locality, Mounted,
    Net, Probe, Secret, Since, State, Status, Unknown, label,
};
use mcpdoc::load::{Memory, load};
use mcpdoc::model::{Healthcheck, Published, Service, ServiceId, Stack, Text};
use mcpdoc::plan::Permissions;
use mcpdoc::{Examination, Witness, investigate};

/// What a page says of an engine.
#[derive(Clone, Debug)]
pub struct Described {
    text: String,
}

impl Described {
    /// What a block says.
    pub fn new(text: &str) -> Described {
        Described {
            text: text.to_owned(),
        }
    }

    /// What `mcpdoc check` says where this engine answers, and nothing else does.
    #[allow(dead_code, reason = "each test uses its part")]
    pub fn examine(&self, arguments: &str, files: &Memory) -> Examination {
        let permissions = Permissions {
            docker: true,
            ..Permissions::default()
        };
        self.investigate(arguments, files, &permissions, |_| Vec::new())
    }

    /// What `mcpdoc check` says where this engine answers, and whoever is called.
    #[allow(dead_code, reason = "each test uses its part")]
    pub fn examine_in(
        &self,
        arguments: &str,
        files: &Memory,
        answer: impl FnMut(&[Ask]) -> Vec<Probe>,
    ) -> Examination {
        let permissions = Permissions {
            probe: true,
            exec: true,
            docker: true,
            ..Permissions::default()
        };
        self.investigate(arguments, files, &permissions, answer)
    }

    fn investigate(
        &self,
        arguments: &str,
        files: &Memory,
        permissions: &Permissions,
        answer: impl FnMut(&[Ask]) -> Vec<Probe>,
    ) -> Examination {
        let Prepared {
            request,
            settings,
            selection,
            ..
        } = super::support::prepared(arguments, None, files);
        let mut seen = Seen {
            engine: Some(self.engine(&load(&request, files))),
            answer,
        };
        investigate(
            &request,
            &settings,
            &selection,
            permissions,
            files,
            &mut seen,
        )
    }

    /// The engine, with containers of what `stack` declares.
    pub fn engine(&self, stack: &Stack) -> Engine {
        let mut engine = Engine {
            endpoint: "unix:///var/run/docker.sock".to_owned(),
            kind: EngineKind::Linux,
            version: Some("28.3.2".to_owned()),
            api: Some("1.51".to_owned()),
            locality: Locality::Here,
            enter: Known::No(Unknown::Denied("a page enters no network".to_owned())),
            containers: Vec::new(),
            networks: Vec::new(),
            images: Vec::new(),
            gaps: Vec::new(),
        };
        let mut all: Vec<Made> = Vec::new();
        for line in self.text.lines().filter(|line| !line.trim().is_empty()) {
            match (line.strip_prefix("  "), all.last_mut()) {
                (Some(detail), Some(made)) => made.detail(detail.trim()),
                (Some(_), None) => panic!("{line:?} belongs to no container"),
                (None, _) => {
                    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                    match word {
                        "engine" => head(&mut engine, rest),
                        "network" => add_network(&mut engine.networks, rest),
                        "gap" => {
                            let (what, why) = rest.split_once(": ").expect("gap WHAT: WHY");
                            engine.gaps.push((what.to_owned(), why.to_owned()));
                        }
                        "service" => all.push(Made::of_service(stack, rest)),
                        "container" => all.push(Made::named(rest)),
                        _ => panic!("```engine: {line:?} is not known"),
                    }
                }
            }
        }
        for (number, made) in all.into_iter().enumerate() {
            made.finish(number, &mut engine);
        }
        tie(&mut engine);
        engine
            .containers
            .sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        engine.networks.sort_by(|a, b| a.name.cmp(&b.name));
        engine
    }
}

/// An engine, and who answers beside it.
struct Seen<F> {
    engine: Option<Engine>,
    answer: F,
}

impl<F: FnMut(&[Ask]) -> Vec<Probe>> Witness for Seen<F> {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.engine.take().expect("an engine, asked once"))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        (self.answer)(asks)
    }
}

fn head(engine: &mut Engine, words: &str) {
    for word in words.split_whitespace() {
        match word {
            "linux" => engine.kind = EngineKind::Linux,
            "desktop" => engine.kind = EngineKind::Desktop,
            "rootless" => engine.kind = EngineKind::Rootless,
            "podman" => engine.kind = EngineKind::Podman,
            "remote" => {
                engine.endpoint = "tcp://engine.example:2376".to_owned();
                engine.locality = Locality::NotProved("it is asked over the network".to_owned());
            }
            _ => panic!("```engine: an engine is not {word:?}"),
        }
    }
}

/// A container before it has a number.
struct Made {
    container: Container,
    /// Of the image.
    image: Image,
    /// Whether the name of the image means another one now.
    moved: bool,
    /// Variables that a line gives it.
    own_env: Vec<(String, Secret)>,
}

impl Made {
    fn named(name: &str) -> Made {
        assert!(!name.is_empty(), "```engine: a container without a name");
        Made {
            container: Container {
                image: format!("example/{name}"),
                ..Container::blank(name)
            },
            image: Image {
                id: String::new(),
                meant_by: Vec::new(),
                tags: Vec::new(),
                digests: Vec::new(),
                labels: BTreeMap::new(),
                entrypoint: Vec::new(),
                command: Vec::new(),
                env: Vec::new(),
                exposed: Vec::new(),
            },
            moved: false,
            own_env: Vec::new(),
        }
    }

    /// As Compose would make it.
    fn of_service(stack: &Stack, words: &str) -> Made {
        let (name, project) = match words.split_once(" of ") {
            Some((name, project)) => (name, Some(project)),
            None => (words, None),
        };
        let mut services = stack.services().filter(|(id, service)| {
            service.name.value == name && project.is_none_or(|it| stack.project(*id).name == it)
        });
        let (id, service) = services
            .next()
            .unwrap_or_else(|| panic!("```engine: no file declares the service {words}"));
        assert!(services.next().is_none(), "```engine: of which {name}?");
        let project = stack.project(id);
        let own_name = service
            .container_name
            .as_ref()
            .and_then(|at| at.value.get());
        let mut made = match own_name {
            Some(name) => Made::named(name),
            None => Made::named(&format!("{}-{name}-1", project.name)),
        };
        let container = &mut made.container;
        container.labels = BTreeMap::from(
            [
                (label::PROJECT, project.name.clone()),
                (label::SERVICE, name.to_owned()),
                (label::DIRECTORY, project.dir.display().to_string()),
                (label::NUMBER, "1".to_owned()),
                (label::ONE_OFF, "False".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let written = |text: &Text| text.text.clone();
        if let Some(image) = &service.image {
            container.image = written(&image.value);
        }
        let words = |at: &mcpdoc::source::At<Vec<Text>>| at.value.iter().map(written).collect();
        container.entrypoint = service.entrypoint.as_ref().map(words).unwrap_or_default();
        container.command = service.command.as_ref().map(words).unwrap_or_default();
        for variable in &service.environment {
            let is_new = container.env.iter().all(|(have, _)| *have != variable.name);
            if is_new && let Some(value) = variable.value.as_ref().and_then(Text::get) {
                let pair = (variable.name.clone(), Secret::from(value));
                container.env.push(pair);
            }
        }
        container.open_stdin = service.stdin_open.as_ref().is_some_and(|open| open.value);
        container.tty = service.tty.as_ref().is_some_and(|tty| tty.value);
        if let Some(restart) = &service.restart {
            container.restart = written(&restart.value);
        }
        let extra = service.extra_hosts.iter();
        container.extra_hosts = extra.map(|at| at.value.clone()).collect();
        for mount in &service.mounts {
            let bind = mount.host.as_ref();
            container.mounts.push(Mounted {
                kind: if bind.is_some() { "bind" } else { "volume" }.to_owned(),
                source: bind.map_or_else(
                    || format!("/var/lib/docker/volumes/{}/_data", mount.source),
                    |path| path.display().to_string(),
                ),
                target: mount.target.clone(),
                writable: true,
                since: None,
            });
        }
        match &service.healthcheck {
            Healthcheck::Test(test) => container.healthcheck = Some(test.value.clone()),
            Healthcheck::Disabled(_) => container.healthcheck = Some(vec!["NONE".to_owned()]),
            Healthcheck::Absent => {}
        }
        made.publish(service);
        made.join(stack, id, service);
        made
    }

    fn publish(&mut self, service: &Service) {
        for port in service.ports.iter().filter(|port| port.protocol == "tcp") {
            for target in port.target.0..=port.target.1 {
                self.container.bindings.push(Binding {
                    port: target,
                    host_ip: port.host_ip.clone().unwrap_or_default(),
                    host_port: match port.published {
                        Published::At(..) => port.published_of(target),
                        Published::OneOf(from, _) => Some(from),
                        Published::Any => Some(49_153),
                        Published::Unknown(_) => None,
                    },
                });
            }
        }
    }

    fn join(&mut self, stack: &Stack, id: ServiceId, service: &Service) {
        let project = stack.project(id);
        if let Some(mode) = &service.network_mode {
            let mode = &mode.value.text;
            self.container.network_mode = match mode.strip_prefix("service:") {
                Some(other) => format!("container:{}-{other}-1", project.name),
                None => mode.clone(),
            };
        }
        for attached in &service.networks {
            let Some(network) = project.network(&attached.key) else {
                continue;
            };
            if self.container.network_mode.is_empty() {
                self.container
                    .network_mode
                    .clone_from(&network.real_name.text);
            }
            let mut aliases = vec![service.name.value.clone()];
            aliases.extend(attached.aliases.iter().cloned());
            self.connect(&network.real_name.text, None, aliases);
        }
    }

    fn connect(&mut self, name: &str, address: Option<IpAddr>, aliases: Vec<String>) {
        let networks = &mut self.container.networks;
        networks.retain(|have| have.name != name);
        networks.push(Joined {
            name: name.to_owned(),
            id: format!("id-of-{name}"),
            addresses: address.into_iter().collect(),
            aliases,
            dns_names: Vec::new(),
            gateway: None,
        });
    }

    fn detail(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let container = &mut self.container;
        match word {
            "running" | "created" | "paused" | "exited" | "restarting" | "dead" => {
                container.state = state(word, rest, container.state.clone());
            }
            "error" => container.state.error = rest.to_owned(),
            "log" => {
                let mut lines = container.log.get().cloned().unwrap_or_default();
                lines.push(rest.to_owned());
                container.log = Known::Yes(lines);
            }
            "healthy" | "starting" | "unhealthy" => {
                container.state.health = Some(Health {
                    status: word.to_owned(),
                    failing: if word == "unhealthy" { 5 } else { 0 },
                    output: rest.to_owned(),
                });
            }
            "healthcheck" => container.healthcheck = Some(words(rest)),
            "image" => self.image_detail(rest),
            "command" => container.command = words(rest),
            "entrypoint" => container.entrypoint = words(rest),
            "env" => {
                let (name, value) = pair(rest);
                let all = [&mut container.env, &mut self.own_env];
                all.into_iter()
                    .for_each(|env| env.retain(|(have, _)| *have != name));
                self.own_env.push((name, value));
            }
            "publish" => container.bindings.push(binding(rest)),
            "network" => {
                let (rest, aliases) = rest.split_once(" as ").unwrap_or((rest, ""));
                let (name, address) = rest.split_once(' ').unwrap_or((rest, ""));
                let address = (!address.is_empty()).then(|| address.parse().expect("an address"));
                let aliases = aliases.split(", ").filter(|alias| !alias.is_empty());
                let aliases = aliases.map(str::to_owned).collect();
                self.connect(name, address, aliases);
            }
            "mode" => rest.clone_into(&mut container.network_mode),
            "mount" => {
                let (source, target) = rest.rsplit_once(':').expect("SOURCE:TARGET");
                container.mounts.push(Mounted {
                    kind: "bind".to_owned(),
                    source: source.to_owned(),
                    target: target.to_owned(),
                    writable: true,
                    since: None,
                });
            }
            "written" | "replaced" => {
                let mount = container.mounts.iter_mut().find(|have| have.target == rest);
                mount
                    .unwrap_or_else(|| panic!("```engine: nothing is mounted at {rest}"))
                    .since = Some(match word {
                    "written" => Since::Written,
                    _ => Since::Replaced,
                });
            }
            "stdin" => container.open_stdin = choice(line, rest, "open", "closed"),
            "tty" if rest.is_empty() => container.tty = true,
            "listens" => {
                let mut all = container.listeners.get().cloned().unwrap_or_default();
                if rest != "nowhere" {
                    all.push(rest.parse().expect("ADDRESS:PORT"));
                }
                container.listeners = Known::Yes(all);
            }
            "no" => self.without(line, rest),
            _ => panic!("```engine: {line:?} is not known"),
        }
    }

    fn image_detail(&mut self, text: &str) {
        match text.split_once(' ') {
            Some(("env", rest)) => self.image.env.push(pair(rest)),
            Some(("command", rest)) => self.image.command = words(rest),
            Some(("entrypoint", rest)) => self.image.entrypoint = words(rest),
            None if text == "moved" => self.moved = true,
            None => text.clone_into(&mut self.container.image),
            Some(_) => panic!("```engine: image {text:?} is not known"),
        }
    }

    fn without(&mut self, line: &str, what: &str) {
        let container = &mut self.container;
        match what.split_once(' ').unwrap_or((what, "")) {
            ("env", name) => container.env.retain(|(have, _)| have != name),
            ("ports", "") => container.bindings.clear(),
            ("network", name) => container.networks.retain(|have| have.name != name),
            ("mount", target) => container.mounts.retain(|have| have.target != target),
            ("tty", "") => container.tty = false,
            _ => panic!("```engine: {line:?} is not known"),
        }
    }

    /// Gives it a number, and what an engine adds itself.
    fn finish(mut self, number: usize, engine: &mut Engine) {
        let mut container = self.container;
        container.id = format!("{:064x}", 0xc0ff_ee00_u64 + number as u64);
        if container.hostname.is_empty() {
            container.hostname = container.id[..12].to_owned();
        }
        let image_id = format!("sha256:{:064x}", 0x1a6e_0000_u64 + number as u64);
        container.image_id.clone_from(&image_id);
        if container.command.is_empty() && container.entrypoint.is_empty() {
            container.command.clone_from(&self.image.command);
        }
        if container.entrypoint.is_empty() {
            container.entrypoint.clone_from(&self.image.entrypoint);
        }
        container.env.extend(self.own_env);
        for pair in &self.image.env {
            if container.env.iter().all(|(have, _)| *have != pair.0) {
                container.env.push(pair.clone());
            }
        }
        let name = vec![container.image.clone()];
        self.image.id = image_id;
        if self.moved {
            let mut newer = self.image.clone();
            newer.id = format!("sha256:{:064x}", 0x1a6e_ffff_u64 + number as u64);
            (newer.meant_by, newer.tags) = (name.clone(), name);
            engine.images.push(newer);
        } else {
            (self.image.meant_by, self.image.tags) = (name.clone(), name);
        }
        engine.images.push(self.image);
        let is_running = container.is_running();
        if is_running {
            container.state.pid = Some(4_000 + number as u32);
            container.published.clone_from(&container.bindings);
        }
        container.networks.sort_by(|a, b| a.name.cmp(&b.name));
        if container.network_mode.is_empty() {
            container.network_mode = match container.networks.first() {
                Some(first) => first.name.clone(),
                None => "none".to_owned(),
            };
        }
        for joined in &mut container.networks {
            add_network(&mut engine.networks, &joined.name);
            let at = engine
                .networks
                .iter()
                .position(|net| net.name == joined.name);
            let third = at.unwrap_or_default() as u8;
            joined.gateway = Some(IpAddr::from([172, 30, third, 1]));
            if joined.addresses.is_empty() && is_running {
                let own = Ipv4Addr::new(172, 30, third, 2 + number as u8);
                joined.addresses.push(own.into());
            }
            joined.aliases.push(container.id[..12].to_owned());
        }
        engine.containers.push(container);
    }
}

/// `container:NAME` becomes `container:ID`, as engines say it.
fn tie(engine: &mut Engine) {
    let ids: Vec<(String, String)> = engine
        .containers
        .iter()
        .map(|one| (format!("container:{}", one.name), one.id.clone()))
        .collect();
    for container in &mut engine.containers {
        if let Some((_, id)) = ids.iter().find(|(mode, _)| *mode == container.network_mode) {
            container.network_mode = format!("container:{id}");
        }
    }
}

fn add_network(networks: &mut Vec<Net>, name: &str) {
    if networks.iter().any(|have| have.name == name) {
        return;
    }
    let third = networks.len() as u8;
    networks.push(Net {
        id: format!("id-of-{name}"),
        name: name.to_owned(),
        driver: "bridge".to_owned(),
        internal: false,
        labels: BTreeMap::new(),
        gateways: vec![IpAddr::from([172, 30, third, 1])],
    });
}

fn state(status: &str, rest: &str, before: State) -> State {
    let mut state = before;
    state.status = match status {
        "created" => Status::Created,
        "paused" => Status::Paused,
        "exited" => Status::Exited,
        "restarting" => Status::Restarting,
        "dead" => Status::Dead,
        _ => Status::Running,
    };
    if state.status == Status::Created {
        state.started_at = "0001-01-01T00:00:00Z".to_owned();
    }
    for part in rest
        .split(", ")
        .map(|part| part.trim_start_matches(',').trim())
    {
        match part.split_once(' ') {
            Some((number, "restarts")) => state.restarts = number.parse().expect("a number"),
            None if part.is_empty() => {}
            None => state.exit_code = part.parse().expect("an exit code"),
            _ if part == "out of memory" => state.out_of_memory = true,
            _ => panic!("```engine: {part:?} is no state"),
        }
    }
    state
}

/// Words as a shell without quotes would divide them, or a JSON list.
fn words(text: &str) -> Vec<String> {
    match text.starts_with('[') {
        true => serde_json::from_str(text).expect("a list of words"),
        false => text.split_whitespace().map(str::to_owned).collect(),
    }
}

fn pair(text: &str) -> (String, Secret) {
    let (name, value) = text.split_once('=').expect("NAME=VALUE");
    (name.to_owned(), Secret::from(value))
}

fn binding(text: &str) -> Binding {
    let mut parts = text.rsplitn(3, ':');
    let port = parts.next().and_then(|port| port.parse().ok());
    let host_port = parts.next().map(|port| port.parse().expect("a port"));
    Binding {
        port: port.expect("a port"),
        host_ip: parts.next().unwrap_or_default().to_owned(),
        host_port,
    }
}

fn choice(line: &str, word: &str, yes: &str, no: &str) -> bool {
    assert!(
        word == yes || word == no,
        "```engine: {line:?} is not known"
    );
    word == yes
}
