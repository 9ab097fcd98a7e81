//! Who shares a network namespace with whom.

use std::collections::HashSet;

use super::{Case, McpService};

/// Containers whose network namespace others share: loopback is a common place there.
pub(crate) struct Shared<'a> {
    services: HashSet<(usize, &'a str)>,
    containers: HashSet<&'a str>,
}

impl<'a> Shared<'a> {
    /// Those of a stack.
    pub fn of(case: &Case<'a>) -> Shared<'a> {
        let mut shared = Shared {
            services: HashSet::new(),
            containers: HashSet::new(),
        };
        for (id, service) in case.stack.services() {
            let Some(mode) = &service.network_mode else {
                continue;
            };
            let text = mode.value.text.as_str();
            if let Some(name) = text.strip_prefix("service:") {
                shared.services.insert((id.project, name));
            } else if let Some(name) = text.strip_prefix("container:") {
                shared.containers.insert(name);
            }
        }
        shared
    }

    /// Whether the network namespace of a service is not its own, or not its alone.
    pub fn has(&self, mcp: &McpService<'_>) -> bool {
        let service = mcp.service;
        let container = match &service.container_name {
            // A name that Compose makes, or a variable gives, is not compared further.
            None => !self.containers.is_empty(),
            Some(name) => match name.value.get() {
                Some(name) => self.containers.contains(name),
                None => !self.containers.is_empty(),
            },
        };
        service.network_mode.is_some()
            || container
            || self.services.contains(&(mcp.id.project, mcp.name()))
    }
}
