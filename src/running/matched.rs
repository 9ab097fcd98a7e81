//! Which container is which service's.

use std::collections::HashMap;
use std::path::Path;

use crate::fact::{Container, Engine, label};
use crate::model::{Project, Service, ServiceId, Stack};

/// Containers by service and services by container. Containers are numbers in [`Engine::containers`].
#[derive(Clone, Debug, Default)]
pub struct Containers {
    of_service: HashMap<ServiceId, Vec<usize>>,
    services: Vec<Option<ServiceId>>,
}

impl Containers {
    /// A container that no file declares is its own service's. Others go by the labels that Compose gives; without them
    /// by the container's name, else by its image and a port that it publishes.
    pub fn of(stack: &Stack, engine: &Engine) -> Containers {
        let mut services = vec![None; engine.containers.len()];
        let labelled = Labelled::of(stack);
        let adopted: HashMap<&str, ServiceId> = stack
            .services()
            .filter_map(|(id, service)| Some((container_of(stack, service)?, id)))
            .collect();
        for (number, container) in engine.containers.iter().enumerate() {
            let adopted = adopted.get(container.name.as_str()).copied();
            services[number] = adopted.or_else(|| labelled.service(stack, container));
        }
        for (id, service) in stack.services() {
            if container_of(stack, service).is_none()
                && !services.contains(&Some(id))
                && let Some(number) = unlabelled(service, engine, &services)
            {
                services[number] = Some(id);
            }
        }
        let mut containers: HashMap<ServiceId, Vec<usize>> = HashMap::new();
        for (number, service) in services.iter().enumerate() {
            if let Some(service) = service {
                containers.entry(*service).or_default().push(number);
            }
        }
        Containers {
            of_service: containers,
            services,
        }
    }

    /// The containers of a service, in the engine's order.
    pub fn all(&self, service: ServiceId) -> &[usize] {
        self.of_service
            .get(&service)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The one container of a service; of several the one that runs, if it is the only one.
    pub fn container<'a>(&self, engine: &'a Engine, service: ServiceId) -> Option<&'a Container> {
        self.number(engine, service)
            .map(|number| &engine.containers[number])
    }

    /// Its number.
    pub fn number(&self, engine: &Engine, service: ServiceId) -> Option<usize> {
        let all = self.all(service);
        if let [only] = all {
            return Some(*only);
        }
        let mut run = all
            .iter()
            .copied()
            .filter(|number| engine.containers[*number].is_running());
        run.next().filter(|_| run.next().is_none())
    }

    /// The service of a container.
    pub fn service(&self, container: usize) -> Option<ServiceId> {
        self.services.get(container).copied().flatten()
    }
}

/// The container that a service was made of, where no file declares it.
fn container_of<'a>(stack: &'a Stack, service: &Service) -> Option<&'a str> {
    stack.source(service.at.source).container()
}

/// Services by the labels that Compose gives their containers.
struct Labelled<'a>(HashMap<(&'a str, &'a str), Vec<ServiceId>>);

impl<'a> Labelled<'a> {
    fn of(stack: &'a Stack) -> Labelled<'a> {
        let mut services: HashMap<(&str, &str), Vec<ServiceId>> = HashMap::new();
        let declared = stack.services();
        for (id, service) in declared.filter(|(_, one)| container_of(stack, one).is_none()) {
            let project = stack.project(id).name.as_str();
            let key = (project, service.name.value.as_str());
            services.entry(key).or_default().push(id);
        }
        Labelled(services)
    }

    fn service(&self, stack: &Stack, container: &Container) -> Option<ServiceId> {
        if container.label(label::ONE_OFF) == Some("True") {
            return None;
        }
        let key = (
            container.label(label::PROJECT)?,
            container.label(label::SERVICE)?,
        );
        let mut named = self.0.get(&key)?.iter().copied();
        named.find(|id| is_made_from(stack, stack.project(*id), container))
    }
}

/// Whether a container of a project of that name is this project's: names of directories such as `app` are no rarity.
fn is_made_from(stack: &Stack, project: &Project, container: &Container) -> bool {
    let Some(directory) = container.label(label::DIRECTORY) else {
        return true;
    };
    if stack.links.same(Path::new(directory), &project.dir) {
        return true;
    }
    // Where `--project-directory` was given, its files lie elsewhere.
    let files = container.label(label::FILES).unwrap_or_default();
    let mut folders = files.split(',').filter_map(|file| Path::new(file).parent());
    folders.any(|folder| stack.links.same(folder, &project.dir))
}

/// The container that somebody started by hand in a service's place.
fn unlabelled(service: &Service, engine: &Engine, taken: &[Option<ServiceId>]) -> Option<usize> {
    let free = || {
        let all = engine.containers.iter().enumerate();
        all.filter(|(number, container)| {
            taken[*number].is_none() && container.label(label::SERVICE).is_none()
        })
    };
    let name = service.container_name.as_ref();
    if let Some(name) = name.and_then(|name| name.value.get()) {
        return free()
            .find(|(_, container)| container.name == name)
            .map(|(number, _)| number);
    }
    let image = service.image.as_ref()?.value.get()?;
    let publishes = |container: &Container| {
        let mut bindings = container.bindings.iter().filter_map(|one| one.host_port);
        bindings.any(|port| {
            service
                .ports
                .iter()
                .any(|own| own.target_of(port).is_some())
        })
    };
    let mut alike = free().filter(|(_, one)| one.image == image && publishes(one));
    let (number, _) = alike.next()?;
    alike.next().is_none().then_some(number)
}
