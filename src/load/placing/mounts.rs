//! Which services have a file of the host at all, so that not every service is asked about every file.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::started_with;
use crate::model::{ServiceId, Stack};

/// The services of a stack by the paths of the host that they mount, as these are written and where links lead.
/// Good for as long as no project comes into the stack, or leaves it.
#[derive(Clone, Debug, Default)]
pub struct Mounts(HashMap<PathBuf, Vec<ServiceId>>);

impl Mounts {
    /// The mounts of all services.
    pub fn of(stack: &Stack) -> Mounts {
        let mut mounts = Mounts::default();
        for (id, service) in stack.services() {
            let hosts = service.mounts.iter();
            let hosts = hosts.filter_map(|mount| mount.host.clone());
            for host in hosts.chain(started_with(service)) {
                let real = stack.links.real(&host);
                if real != host {
                    mounts.0.entry(real).or_default().push(id);
                }
                mounts.0.entry(host).or_default().push(id);
            }
        }
        mounts
    }

    /// The services that mount `path` or a directory above it, in their order.
    pub(super) fn services_with(&self, stack: &Stack, path: &Path) -> BTreeSet<ServiceId> {
        let real = stack.links.real(path);
        let above = path.ancestors().chain(real.ancestors());
        let services = above.filter_map(|dir| self.0.get(dir));
        services.flatten().copied().collect()
    }
}
