//! Files that a gateway's configuration includes, looked for where the gateway itself looks.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};

use super::discover::LITELLM;
use super::placing::{self, Mounts};
use super::{Loader, clean};
use crate::catalog::gateway::known;
use crate::model::{Home, How, Include, Kind, Mount};
use crate::source::{Pointer, SourceId, State, Unreadable};

/// Included files of one gateway that are followed.
const MAX_FOLLOWED: usize = 100;

/// Reads what every gateway includes. What is included is no gateway of its own, unless it was named as one.
pub(super) fn read(loader: &mut Loader<'_>) {
    let mounts = Mounts::of(&loader.stack);
    for gateway in 0..loader.stack.gateways.len() {
        let includes = includes(loader, &mounts, gateway);
        loader.stack.gateways[gateway].includes = includes;
    }
    let stack = &mut loader.stack;
    let includes = stack.gateways.iter().flat_map(|gateway| &gateway.includes);
    let included: HashSet<SourceId> = includes.filter_map(|include| include.source).collect();
    let named: HashSet<SourceId> = stack
        .inputs
        .iter()
        .filter(|input| input.kind == Kind::LiteLlm && input.how == How::Flag)
        .map(|input| input.source)
        .collect();
    stack.gateways.retain(|gateway| {
        let source = gateway.root.source;
        !included.contains(&source) || named.contains(&source)
    });
}

/// A file of a gateway: where it is here, and where in the gateway's container if it runs in one.
#[derive(Clone)]
struct Here {
    host: PathBuf,
    inside: Option<PathBuf>,
}

impl Here {
    /// The file that is written as `name` beside this one, if it is known which one that is.
    fn beside(&self, name: &str, mounts: &[Mount]) -> Option<Here> {
        match &self.inside {
            Some(inside) => {
                let inside = clean(&inside.parent()?.join(name));
                let host = placing::host_path(mounts, &inside)?;
                let inside = Some(inside);
                Some(Here { host, inside })
            }
            // Where it runs is not known, and so are the other directories there.
            None if Path::new(name).is_absolute() => None,
            None => Some(Here {
                host: clean(&self.host.parent()?.join(name)),
                inside: None,
            }),
        }
    }
}

fn includes(loader: &mut Loader<'_>, mounts: &Mounts, gateway: usize) -> Vec<Include> {
    let gateway = &loader.stack.gateways[gateway];
    // What lies beside a file that is part of a manifest is not known.
    let in_cluster = gateway.home == Home::Kubernetes;
    let placed = placing::placed(&loader.stack, mounts, gateway);
    let service = placed.service().map(|id| loader.stack.service(id));
    let mounts: Vec<Mount> = service.map_or_else(Vec::new, |service| service.mounts.clone());
    let inside = service.and_then(|service| placing::inside(&loader.stack, service, &gateway.path));
    let root = Here {
        host: gateway.path.clone(),
        inside,
    };
    let mut queue: VecDeque<(Pointer, String, Here)> = named(loader, gateway.root.source)
        .into_iter()
        .map(|(at, name)| (at, name, root.clone()))
        .collect();
    let mut seen: HashSet<SourceId> = HashSet::from([gateway.root.source]);
    let mut found = Vec::new();
    while let Some((at, written, from)) = queue.pop_front() {
        if found.len() == MAX_FOLLOWED {
            break;
        }
        // Beside the file that names it, or else beside the first one: versions differ in the order.
        let places: Vec<Here> = [&from, &root]
            .into_iter()
            .filter(|_| !in_cluster)
            .filter_map(|here| here.beside(&written, &mounts))
            .collect();
        let place = places
            .iter()
            .find(|place| loader.may_be_file(&place.host))
            .or(places.first());
        let Some(place) = place.cloned() else {
            found.push(Include {
                at,
                written,
                source: None,
            });
            continue;
        };
        loader.name_at(&place.host, at.clone(), &written);
        let source = loader.open(&place.host, LITELLM);
        if !seen.insert(source) {
            continue;
        }
        let state = loader.source(source).state();
        if *state != State::Unreadable(Unreadable::Absent) {
            loader.input(source, Kind::LiteLlm, How::Mounted);
        }
        for (at, name) in named(loader, source) {
            queue.push_back((at, name, place.clone()));
        }
        found.push(Include {
            at,
            written,
            source: Some(source),
        });
    }
    found
}

/// What a file says that it includes.
fn named(loader: &Loader<'_>, source: SourceId) -> Vec<(Pointer, String)> {
    let source = loader.source(source);
    let list = source.root().get(&known().include.key);
    let list = list.filter(|_| source.is_parsed());
    let items = list.into_iter().flat_map(|list| list.items());
    items
        .filter_map(|item| Some((item.pointer(), item.as_str()?.to_owned())))
        .collect()
}
