//! What a container engine of this machine runs: the containers of gateways and of what they and their clients call. The
//! files that their labels name come into the stack, and where no file declares them, they themselves.

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::path::Path;

use url::{Host, Url};

use super::{Loader, add_project, names_nothing, shown};
use crate::catalog::gateway::known;
use crate::catalog::{Catalog, ImageRef};
use crate::fact::{Container, Engine, label};
use crate::load::{compose, container, labels, placing};
use crate::model::{Home, How, ServiceId, host};
use crate::running::{Containers, answers_to, publisher};
use crate::source::{Node, SourceId};

/// Where links lead that are among the paths that labels name.
pub(super) fn note_places(loader: &mut Loader<'_>) {
    let Some(engine) = loader.engine() else {
        return;
    };
    let labels = engine.containers.iter().filter_map(labels::of);
    let places: BTreeSet<_> = labels.flat_map(labels::Labels::places).collect();
    for place in places {
        loader.real(&place);
    }
}

/// Files that the labels of gateways' containers name.
pub(super) fn label_files_of_gateways(loader: &mut Loader<'_>) {
    let Some(engine) = loader.engine() else {
        return;
    };
    for number in running_gateways(loader, engine) {
        read_labels(loader, engine, number);
    }
}

/// Gateways' containers that no file declares.
pub(super) fn adopt_gateways(loader: &mut Loader<'_>) {
    let Some(engine) = loader.engine() else {
        return;
    };
    for number in running_gateways(loader, engine) {
        adopt(loader, engine, number);
    }
    note_running(loader, engine);
}

/// Containers that gateways and clients call, and those beside a gateway that are MCP servers by their image, or listen
/// where one is looked for.
pub(super) fn called(loader: &mut Loader<'_>) {
    let Some(engine) = loader.engine() else {
        return;
    };
    let gateways = gateway_containers(loader, engine);
    let calls = calls(loader, engine, &gateways);
    let look = Look {
        engine,
        machine: loader.surroundings.machine,
        catalog: loader.surroundings.catalog,
        networks: networks_of(engine, &gateways),
        projects: projects_of(engine, &gateways),
        calls,
    };
    let found = look.found();
    for number in &found {
        read_labels(loader, engine, *number);
    }
    for number in found {
        adopt(loader, engine, number);
    }
    note_running(loader, engine);
}

/// The containers that have a gateway's file; of several those that run. Where there is no gateway and nothing was named,
/// all that run one.
fn running_gateways(loader: &mut Loader<'_>, engine: &Engine) -> BTreeSet<usize> {
    let paths: Vec<_> = loader
        .stack
        .gateways
        .iter()
        .filter(|gateway| gateway.home != Home::Kubernetes)
        .map(|gateway| gateway.path.clone())
        .collect();
    let containers = || engine.containers.iter().enumerate();
    if loader.stack.gateways.is_empty() {
        let wanted = names_nothing(loader.request);
        return containers()
            .filter(|(_, one)| wanted && one.is_running() && is_gateway(one))
            .map(|(number, _)| number)
            .collect();
    }
    for (_, container) in containers() {
        for source in binds(container) {
            loader.real(source);
        }
    }
    let mut found = BTreeSet::new();
    for path in paths {
        let having = containers().filter(|(_, one)| has(loader, one, &path));
        let (run, rest): (Vec<_>, Vec<_>) = having.partition(|(_, one)| one.is_running());
        let deciding = if run.is_empty() { rest } else { run };
        found.extend(deciding.into_iter().map(|(number, _)| number));
    }
    found
}

/// Whether a container has a file of the host that it may be started with.
fn has(loader: &Loader<'_>, container: &Container, path: &Path) -> bool {
    let links = &loader.stack.links;
    binds(container).any(|source| {
        let within = || source.parent().is_some() && links.within(path, source);
        links.same(source, path) || (is_gateway(container) && within())
    })
}

fn binds(container: &Container) -> impl Iterator<Item = &Path> {
    let binds = container.mounts.iter().filter(|mount| mount.kind == "bind");
    binds.map(|mount| Path::new(&mount.source))
}

/// By its image's name, as a service would be.
fn is_gateway(container: &Container) -> bool {
    let image = ImageRef::parse(&container.image);
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    known().runs.is_name(name)
}

/// Reads the files that a container's labels name, unless a file that was read declares it already.
fn read_labels(loader: &mut Loader<'_>, engine: &Engine, number: usize) {
    let container = &engine.containers[number];
    let Some(labels) = labels::of(container) else {
        return;
    };
    if is_declared(loader, engine, number) {
        return;
    }
    loader.name_by_labels(&labels);
    let gone = labels.files.iter().find(|path| !loader.may_be_file(path));
    if let Some(gone) = gone {
        let name = shown(gone, &loader.request.cwd);
        loader.missed(
            format!(
                "{name}, which the labels of container {} name",
                container.name
            ),
            "--compose FILE",
        );
        return;
    }
    add_project(loader, &labels.files, How::Label);
}

/// Takes a container that no file declares for one that a file declares.
fn adopt(loader: &mut Loader<'_>, engine: &Engine, number: usize) {
    if is_declared(loader, engine, number) {
        return;
    }
    let container = &engine.containers[number];
    let text = container::document(engine, container);
    compose::load_container(loader, &container.name, text);
}

fn is_declared(loader: &Loader<'_>, engine: &Engine, number: usize) -> bool {
    let containers = Containers::of(&loader.stack, engine);
    containers.service(number).is_some()
}

fn note_running(loader: &mut Loader<'_>, engine: &Engine) {
    let containers = Containers::of(&loader.stack, engine);
    let all = engine.containers.iter().enumerate();
    let run = all.filter(|(_, container)| container.is_running());
    let services: BTreeSet<ServiceId> = run
        .filter_map(|(number, _)| containers.service(number))
        .collect();
    loader.stack.running = services;
}

/// The containers that run gateways, by their mounts and by what files say.
fn gateway_containers(loader: &mut Loader<'_>, engine: &Engine) -> BTreeSet<usize> {
    let mut found = match loader.stack.gateways.is_empty() {
        true => BTreeSet::new(),
        false => running_gateways(loader, engine),
    };
    let containers = Containers::of(&loader.stack, engine);
    let mounts = placing::Mounts::of(&loader.stack);
    for gateway in &loader.stack.gateways {
        let placed = placing::placed(&loader.stack, &mounts, gateway);
        let number = placed.service().map(|id| containers.all(id));
        found.extend(number.into_iter().flatten().copied());
    }
    found
}

/// The Compose projects of containers.
fn projects_of(engine: &Engine, gateways: &BTreeSet<usize>) -> BTreeSet<String> {
    let containers = gateways.iter().map(|number| &engine.containers[*number]);
    let projects = containers.filter_map(|one| one.label(label::PROJECT));
    projects.map(str::to_owned).collect()
}

/// The networks with names that these containers are on, by id.
fn networks_of(engine: &Engine, containers: &BTreeSet<usize>) -> BTreeSet<String> {
    let joined = containers
        .iter()
        .flat_map(|number| &engine.containers[*number].networks);
    joined
        .filter(|joined| !container::is_nameless(joined))
        .map(|joined| joined.id.clone())
        .collect()
}

/// An address that something of the stack calls.
struct Call {
    host: String,
    /// Whether it is the caller's own.
    is_own: bool,
    port: Option<u16>,
}

impl Call {
    fn of(text: &str) -> Option<Call> {
        let url = Url::parse(text.trim()).ok()?;
        let host = url.host()?;
        matches!(url.scheme(), "http" | "https").then(|| Call {
            is_own: host::is_own(&host),
            host: match host {
                Host::Domain(name) => name.to_owned(),
                Host::Ipv4(address) => address.to_string(),
                Host::Ipv6(address) => address.to_string(),
            },
            port: url.port_or_known_default(),
        })
    }
}

/// Every url of gateways' files and of clients' entries, those included that stand in the environment of a gateway.
fn calls(loader: &Loader<'_>, engine: &Engine, gateways: &BTreeSet<usize>) -> Vec<Call> {
    let stack = &loader.stack;
    let mut calls = Vec::new();
    let of_gateways = stack.gateways.iter().flat_map(|gateway| {
        let included = gateway.includes.iter().filter_map(|file| file.source);
        std::iter::once(gateway.root.source).chain(included)
    });
    let of_gateways: BTreeSet<SourceId> = of_gateways.collect();
    for source in of_gateways {
        for text in stack.source(source).nodes().filter_map(Node::scalar_text) {
            match text.strip_prefix("os.environ/") {
                Some(name) => {
                    let containers = gateways.iter().map(|number| &engine.containers[*number]);
                    let values = containers.filter_map(|one| one.variable(name));
                    calls.extend(values.filter_map(Call::of));
                }
                None if text.contains("://") => calls.extend(Call::of(text)),
                None => {}
            }
        }
    }
    for entry in stack.clients.iter().flat_map(|file| &file.entries) {
        let words = entry.url.iter().chain(&entry.args);
        calls.extend(words.filter_map(|word| Call::of(&super::points::with_defaults(&word.value))));
    }
    calls
}

struct Look<'a> {
    engine: &'a Engine,
    machine: &'a [String],
    catalog: &'a Catalog,
    /// The gateways' networks.
    networks: BTreeSet<String>,
    /// The gateways' projects.
    projects: BTreeSet<String>,
    calls: Vec<Call>,
}

/// Names of the machine inside of containers.
const MACHINE: [&str; 3] = [
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
];

impl Look<'_> {
    /// The containers that are meant.
    fn found(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for call in &self.calls {
            if call.is_own || self.is_machine(&call.host) {
                found.extend(call.port.and_then(|port| publisher(self.engine, port)));
                continue;
            }
            let named: Vec<usize> = self
                .containers()
                .filter(|(_, one)| is_called(one, &call.host))
                .map(|(number, _)| number)
                .collect();
            let near: Vec<usize> = named
                .iter()
                .copied()
                .filter(|number| self.is_near(*number))
                .collect();
            let own: Vec<usize> = named
                .iter()
                .copied()
                .filter(|number| self.is_own(*number))
                .collect();
            match near.is_empty() {
                false => found.extend(near),
                // On a network that the gateway is not on.
                true if !own.is_empty() => found.extend(own),
                // The same alias may be another project's; a name that the engine knows only once is not.
                true => found.extend(named.into_iter().filter(|number| {
                    let one = &self.engine.containers[*number];
                    one.name.eq_ignore_ascii_case(&call.host)
                        || self.is_server(one)
                        || call.port.is_some_and(|port| listens(one, port))
                })),
            }
        }
        let beside = self.containers().filter(|(number, one)| {
            let wanted = || {
                let mut ports = self.calls.iter().filter_map(|call| call.port);
                self.is_server(one) || ports.any(|port| listens(one, port))
            };
            self.is_near(*number) && !is_gateway(one) && wanted()
        });
        found.extend(beside.map(|(number, _)| number));
        found
    }

    /// Whether the catalog knows its image.
    fn is_server(&self, container: &Container) -> bool {
        let image = ImageRef::parse(&container.image);
        self.catalog.server_for_image(&image).is_some()
    }

    fn containers(&self) -> impl Iterator<Item = (usize, &Container)> {
        self.engine.containers.iter().enumerate()
    }

    fn is_own(&self, number: usize) -> bool {
        let project = self.engine.containers[number].label(label::PROJECT);
        project.is_some_and(|project| self.projects.contains(project))
    }

    fn is_near(&self, number: usize) -> bool {
        let mut joined = self.engine.containers[number].networks.iter();
        joined.any(|joined| self.networks.contains(&joined.id))
    }

    fn is_machine(&self, name: &str) -> bool {
        let own = self.machine.iter().map(String::as_str);
        let mut names = MACHINE.into_iter().chain(own);
        let address: Option<IpAddr> = name.parse().ok();
        let gateways = || self.engine.networks.iter().flat_map(|one| &one.gateways);
        names.any(|one| one.eq_ignore_ascii_case(name))
            || address.is_some_and(|address| gateways().any(|gateway| *gateway == address))
    }
}

/// Whether a container has a name or an address on some network, or for itself.
fn is_called(container: &Container, host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    container.name.eq_ignore_ascii_case(host)
        || container.networks.iter().any(|joined| {
            answers_to(container, joined, host)
                || address.is_some_and(|address| joined.addresses.contains(&address))
        })
}

/// Whether anything says that it listens on a port.
fn listens(container: &Container, port: u16) -> bool {
    let bindings = container.bindings.iter().chain(&container.published);
    container.exposed.contains(&port)
        || bindings
            .into_iter()
            .any(|one| one.port == port || one.host_port == Some(port))
}
