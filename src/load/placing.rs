//! Which service runs a gateway's configuration file: the one answer for everything that asks.

mod mounts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use mounts::Mounts;

use super::clean;
use crate::catalog::gateway::known;
use crate::model::{Gateway, Home, Mount, Project, Service, ServiceId, Stack};

/// File names that Compose looks for by itself, in its order.
pub(super) const COMPOSE_NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// Where a gateway runs, as far as compose files say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placed {
    /// In the container of this service.
    By(ServiceId),
    /// In that of one of these, which differ.
    Several(Vec<ServiceId>),
    /// In a cluster of Kubernetes.
    Cluster,
    /// No service that was read has its file.
    #[default]
    Nowhere,
}

impl Placed {
    /// The service, if it is known.
    pub fn service(&self) -> Option<ServiceId> {
        match self {
            Placed::By(service) => Some(*service),
            Placed::Several(_) | Placed::Cluster | Placed::Nowhere => None,
        }
    }

    /// Why the service is not known, if it is not; completes "LiteLLM's version is not known: …".
    pub fn doubt(&self, stack: &Stack) -> Option<String> {
        match self {
            Placed::By(_) => None,
            Placed::Several(services) => {
                let named: Vec<String> = services.iter().map(|id| declared(stack, *id)).collect();
                let all = match named.split_last() {
                    Some((last, rest)) if !rest.is_empty() => {
                        format!("{} and {last}", rest.join(", "))
                    }
                    _ => named.concat(),
                };
                Some(format!(
                    "{} services mount it: {all}; name one with --compose",
                    services.len()
                ))
            }
            Placed::Cluster => {
                Some("it runs in Kubernetes, whose workloads are not read".to_owned())
            }
            Placed::Nowhere => Some("no compose file says which image runs it".to_owned()),
        }
    }
}

fn declared(stack: &Stack, id: ServiceId) -> String {
    let service = stack.service(id);
    format!(
        "{} in {}",
        service.name.value,
        stack.name(service.at.source)
    )
}

/// Where a gateway runs. Of several services those decide whose containers run, else the one of the file that Compose
/// itself would take is meant; services that run one image in one way are as good as one.
pub fn placed(stack: &Stack, mounts: &Mounts, gateway: &Gateway) -> Placed {
    if gateway.home == Home::Kubernetes {
        return Placed::Cluster;
    }
    let mut found = runners(stack, mounts, &gateway.path);
    let run = |id: &ServiceId| stack.running.contains(id);
    if found.iter().any(run) {
        found.retain(run);
    } else if found.len() > 1 {
        let standard: Vec<ServiceId> = found
            .iter()
            .copied()
            .filter(|id| is_standard(stack, stack.service(*id)))
            .collect();
        if !standard.is_empty() {
            found = standard;
        }
    }
    match found.as_slice() {
        [] => Placed::Nowhere,
        [only] => Placed::By(*only),
        [first, rest @ ..] => match rest.iter().all(|other| agree(stack, *first, *other)) {
            true => Placed::By(*first),
            false => Placed::Several(found),
        },
    }
}

fn is_standard(stack: &Stack, service: &Service) -> bool {
    let name = stack.name(service.at.source).rsplit('/').next();
    name.is_some_and(|name| COMPOSE_NAMES.contains(&name))
}

fn agree(stack: &Stack, a: ServiceId, b: ServiceId) -> bool {
    let image = |id: ServiceId| {
        let service = stack.service(id);
        let image = service.image.as_ref()?.value.get()?;
        service.build.is_none().then(|| image.to_owned())
    };
    let mode = |id: ServiceId| {
        let mode = stack.service(id).network_mode.as_ref();
        mode.map(|mode| mode.value.text.clone())
    };
    let same_networks = || networks(stack, a) == networks(stack, b);
    // What runs is told apart by where it runs; what does not is most often one stack in several files.
    let run = stack.running.contains(&a) && stack.running.contains(&b);
    image(a).is_some() && image(a) == image(b) && mode(a) == mode(b) && (!run || same_networks())
}

fn networks(stack: &Stack, id: ServiceId) -> BTreeSet<&str> {
    let project = stack.project(id);
    let joined = stack.service(id).networks.iter();
    joined
        .filter_map(|joined| project.network(&joined.key))
        .map(|network| network.real_name.text.as_str())
        .collect()
}

/// How surely a service runs a file; the surer first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// It is started with it.
    Named,
    /// It looks like the gateway, and has the file.
    Looks,
    /// It has the very file, whatever it is.
    Has,
}

/// The services that run the file at `path`, of the surest kind that there is.
pub(super) fn runners(stack: &Stack, mounts: &Mounts, path: &Path) -> Vec<ServiceId> {
    let claims: Vec<(Claim, ServiceId)> = mounts
        .services_with(stack, path)
        .into_iter()
        .filter_map(|id| {
            let claim = claim(stack, stack.project(id), stack.service(id), path)?;
            Some((claim, id))
        })
        .collect();
    let best = claims.iter().map(|(claim, _)| *claim).min();
    claims
        .into_iter()
        .filter(|(claim, _)| Some(*claim) == best)
        .map(|(_, id)| id)
        .collect()
}

/// Whether a project has a service that runs the file at `path`.
pub(super) fn runs(stack: &Stack, project: &Project, path: &Path) -> bool {
    let mut services = project.services.iter();
    services.any(|service| claim(stack, project, service, path).is_some())
}

/// The host's file that a gateway's container is started with, and the mount that brings it there.
pub(super) fn config(service: &Service) -> Option<(PathBuf, &Mount)> {
    if !known().runs.is_image_of(service) {
        return None;
    }
    let inside = clean(&known().runs.config_of(service)?);
    let (mount, _) = innermost(&service.mounts, &inside)?;
    Some((host_path(&service.mounts, &inside)?, mount))
}

fn claim(stack: &Stack, project: &Project, service: &Service, path: &Path) -> Option<Claim> {
    match started_with(service) {
        Some(file) if stack.links.same(&file, path) => return Some(Claim::Named),
        // It runs another file, and this one only lies beside it.
        Some(_) if known().runs.is_image_of(service) => return None,
        _ => {}
    }
    let hosts = || {
        service
            .mounts
            .iter()
            .filter_map(|mount| mount.host.as_deref())
    };
    let has_file = hosts().any(|host| stack.links.same(host, path));
    // Directories above the project's own are mounted for other ends: a monitor that sees the whole disk says nothing.
    let has_folder = || {
        hosts().any(|host| {
            let above = host != project.dir && project.dir.starts_with(host);
            !above && stack.links.within(path, host)
        })
    };
    if looks_like_gateway(service) && (has_file || has_folder()) {
        return Some(Claim::Looks);
    }
    has_file.then_some(Claim::Has)
}

/// By its image; by its own name where the image is made here, or named by a variable.
fn looks_like_gateway(service: &Service) -> bool {
    let runs = &known().runs;
    let own = service.build.is_some()
        || service
            .image
            .as_ref()
            .is_none_or(|image| !image.value.known);
    runs.is_image_of(service) || (own && runs.is_name(&service.name.value))
}

fn started_with(service: &Service) -> Option<PathBuf> {
    let inside = clean(&known().runs.config_of(service)?);
    host_path(&service.mounts, &inside)
}

/// Where the container of a service has the file at `path`.
pub(super) fn inside(stack: &Stack, service: &Service, path: &Path) -> Option<PathBuf> {
    if let Some(config) = known().runs.config_of(service) {
        let config = clean(&config);
        let host = host_path(&service.mounts, &config);
        if host.is_some_and(|host| stack.links.same(&host, path)) {
            return Some(config);
        }
    }
    service.mounts.iter().find_map(|mount| {
        let host = mount.host.as_deref()?;
        let target = Path::new(&mount.target);
        if stack.links.same(host, path) {
            return Some(clean(target));
        }
        let rest = path.strip_prefix(host).ok()?;
        Some(clean(&target.join(rest)))
    })
}

/// What a path of the container is on the host.
pub(super) fn host_path(mounts: &[Mount], inside: &Path) -> Option<PathBuf> {
    let (mount, rest) = innermost(mounts, inside)?;
    Some(clean(&mount.host.as_ref()?.join(rest)))
}

/// The mount that a path of the container is on, and the rest of the path there.
fn innermost<'m, 'p>(mounts: &'m [Mount], inside: &'p Path) -> Option<(&'m Mount, &'p Path)> {
    mounts
        .iter()
        .filter_map(|mount| {
            let rest = inside.strip_prefix(clean(Path::new(&mount.target))).ok()?;
            Some((mount, rest))
        })
        .min_by_key(|(_, rest)| rest.components().count())
}
