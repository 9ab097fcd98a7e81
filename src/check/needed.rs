//! The services that the chain cannot do without, and what the engine shows of them.

use std::collections::BTreeMap;

use super::Case;
use crate::chain::HopId;
use crate::fact::{Container, Status, label};
use crate::model::{Service, ServiceId};

/// A service that the chain needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needed {
    /// Calls that lead to it, or to what waits for it.
    pub hops: Vec<HopId>,
    /// Whether it runs a gateway.
    pub gateway: bool,
    /// The service that waits for it, where no call leads to it.
    pub waits: Option<ServiceId>,
}

/// What a service that only has to come to its end waits for.
const COMPLETED: &str = "service_completed_successfully";

impl<'a> Case<'a> {
    /// Every service that a call leads to, that runs a gateway, or that one of those waits for.
    pub(crate) fn needed(&self) -> BTreeMap<ServiceId, Needed> {
        let mut needed: BTreeMap<ServiceId, Needed> = BTreeMap::new();
        for (id, hops) in self.chain.hops_by_service() {
            needed.entry(*id).or_default().hops.clone_from(hops);
        }
        for (number, view) in self.chain.gateways.iter().enumerate() {
            let Some(id) = view.service() else { continue };
            let entry = needed.entry(id).or_default();
            entry.gateway = true;
            // Where no client is known to call it, what it calls itself is what breaks.
            if entry.hops.is_empty() {
                let own = self.chain.upstreams().filter(|hop| hop.is_from(number));
                entry.hops.extend(own.map(|hop| hop.id));
            }
        }
        let mut open: Vec<ServiceId> = needed.keys().copied().collect();
        while let Some(id) = open.pop() {
            for other in self.waits_for(id) {
                if needed.contains_key(&other) {
                    continue;
                }
                let hops = needed[&id].hops.clone();
                let entry = Needed {
                    hops,
                    gateway: false,
                    waits: Some(id),
                };
                needed.insert(other, entry);
                open.push(other);
            }
        }
        needed
    }

    /// Those, and servers that nobody calls.
    pub(crate) fn concerned(&self) -> BTreeMap<ServiceId, Needed> {
        let mut services = self.needed();
        for id in self.chain_services().into_keys() {
            services.entry(id).or_default();
        }
        services
    }

    /// The services that have to run before this one is started.
    pub(crate) fn waits_for(&self, id: ServiceId) -> impl Iterator<Item = ServiceId> {
        let project = self.stack.project(id);
        let entries = self.stack.service(id).depends_on.iter();
        entries
            .filter(|entry| entry.value.1.as_deref() != Some(COMPLETED))
            .filter_map(move |entry| {
                let service = project.service(&entry.value.0)?;
                Some(ServiceId {
                    project: id.project,
                    service,
                })
            })
    }

    /// The containers of a service.
    pub(crate) fn containers_of(&self, id: ServiceId) -> Vec<&'a Container> {
        let Some(engine) = self.engine() else {
            return Vec::new();
        };
        let numbers = self.chain.containers.all(id).iter();
        numbers.map(|at| &engine.containers[*at]).collect()
    }

    /// The one container of a service that counts: that which runs, else the last that was made.
    pub(crate) fn container_of(&self, id: ServiceId) -> Option<&'a Container> {
        let all = self.containers_of(id);
        let runs = |one: &&&Container| one.state.status == Status::Running;
        all.iter().find(runs).or(all.last()).copied()
    }

    /// Whether the engine has a container of the project.
    pub(crate) fn runs_project(&self, project: usize) -> bool {
        let ids = self.stack.services().map(|(id, _)| id);
        let mut own = ids.filter(|id| id.project == project);
        own.any(|id| {
            let all = self.containers_of(id);
            all.iter().any(|one| one.label(label::PROJECT).is_some())
        })
    }
}

/// Whether Compose makes a container for a service at all.
pub(crate) fn has_container(case: &Case<'_>, id: ServiceId, service: &Service) -> bool {
    service.provider.is_none() && !case.stack.project(id).leaves_out(service)
}
