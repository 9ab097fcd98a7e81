//! Container engines that tests write by hand.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;

use mcpdoc::Witness;
use mcpdoc::fact::{
    Ask, Binding, Container, Engine, EngineKind, Image, Joined, Known, Locality, Mounted, Net,
    Probe, Status, Unknown, label,
};

/// The engine of this machine, with a network for every one that its containers join.
pub fn engine(containers: Vec<Container>) -> Engine {
    let mut networks: Vec<Net> = Vec::new();
    for joined in containers.iter().flat_map(|one| &one.networks) {
        if !networks.iter().any(|have| have.id == joined.id) {
            networks.push(Net {
                id: joined.id.clone(),
                name: joined.name.clone(),
                driver: "bridge".to_owned(),
                internal: false,
                labels: BTreeMap::new(),
                gateways: joined.gateway.into_iter().collect(),
            });
        }
    }
    Engine {
        endpoint: "unix:///var/run/docker.sock".to_owned(),
        kind: EngineKind::Linux,
        version: Some("27.0.1".to_owned()),
        api: Some("1.46".to_owned()),
        locality: Locality::Here,
        enter: Known::No(Unknown::NotAsked),
        containers,
        networks,
        images: Vec::new(),
        gaps: Vec::new(),
    }
}

/// A container that runs, on the default bridge.
pub fn container(name: &str, image: &str) -> Container {
    let mut container = Container {
        image: image.to_owned(),
        image_id: format!("sha256:{image}"),
        network_mode: "default".to_owned(),
        ..Container::blank(name)
    };
    container.state.pid = Some(1);
    container.hostname = container.short_id().to_owned();
    container.networks = vec![joined("bridge", 17, &[])];
    container
}

fn joined(name: &str, number: u8, aliases: &[&str]) -> Joined {
    Joined {
        name: name.to_owned(),
        id: format!("id-of-{name}"),
        addresses: vec![[172, number, 0, 2].into()],
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        dns_names: Vec::new(),
        gateway: Some([172, number, 0, 1].into()),
    }
}

/// What is said of a container beside its name and image.
pub trait Given: Sized {
    /// It is on this network alone, or on one more where it is on such already.
    fn on(self, network: &str, aliases: &[&str]) -> Self;
    /// It has a file or folder of the host.
    fn mounting(self, source: &str, target: &str) -> Self;
    /// It is started with these words.
    fn with(self, command: &[&str]) -> Self;
    /// It has a variable.
    fn set(self, name: &str, value: &str) -> Self;
    /// It publishes a port.
    fn publishing(self, host: u16, port: u16) -> Self;
    /// Compose made it from these files.
    fn of(self, project: &str, service: &str, directory: &str, files: &str) -> Self;
    /// It has ended.
    fn ended(self) -> Self;
}

impl Given for Container {
    fn on(mut self, network: &str, aliases: &[&str]) -> Container {
        if self.network_mode == "default" {
            self.networks.clear();
            self.network_mode = network.to_owned();
        }
        let number = 20 + network.bytes().fold(0u8, u8::wrapping_add) % 100;
        self.networks.push(joined(network, number, aliases));
        self
    }

    fn mounting(mut self, source: &str, target: &str) -> Container {
        self.mounts.push(Mounted {
            kind: "bind".to_owned(),
            source: source.to_owned(),
            target: target.to_owned(),
            writable: true,
            since: None,
        });
        self
    }

    fn with(mut self, command: &[&str]) -> Container {
        self.command = command.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    fn set(mut self, name: &str, value: &str) -> Container {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    fn publishing(mut self, host: u16, port: u16) -> Container {
        let binding = Binding {
            port,
            host_ip: String::new(),
            host_port: Some(host),
        };
        self.bindings.push(binding.clone());
        self.published.push(binding);
        self
    }

    fn of(mut self, project: &str, service: &str, directory: &str, files: &str) -> Container {
        for (name, value) in [
            (label::PROJECT, project),
            (label::SERVICE, service),
            (label::DIRECTORY, directory),
            (label::FILES, files),
        ] {
            self.labels.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    fn ended(mut self) -> Container {
        self.state.status = Status::Exited;
        self.state.pid = None;
        self.published.clear();
        self
    }
}

/// The image of a container, as far as it says these things itself.
pub fn image(container: &Container) -> Image {
    Image {
        id: container.image_id.clone(),
        meant_by: vec![container.image.clone()],
        tags: vec![container.image.clone()],
        digests: Vec::new(),
        labels: BTreeMap::new(),
        entrypoint: Vec::new(),
        command: Vec::new(),
        env: Vec::new(),
        exposed: Vec::new(),
    }
}

/// A witness that has seen an engine, and nothing else.
pub struct Seen(pub Engine);

impl Witness for Seen {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.0.clone())
    }

    fn answer(&mut self, _: &[Ask]) -> Vec<Probe> {
        Vec::new()
    }
}
