//! What checks ask of compose services: which server the catalog knows behind one, what it runs, which
//! nodes are its own.

use std::collections::BTreeMap;

use super::Case;
use crate::catalog::server::ImageFacts;
use crate::catalog::{Certainty, Launch, Server, Speaks, TransportKind};
use crate::chain::{self, Behind};
use crate::model::{Service, ServiceId};
use crate::source::{Part, Path, Pointer, Step};

/// A service whose server the catalog knows.
#[derive(Clone, Copy)]
pub struct McpService<'a> {
    /// Its number.
    pub id: ServiceId,
    /// What its files say.
    pub service: &'a Service,
    /// What the catalog knows.
    pub server: &'a Server,
    /// Its image, version and what it speaks as it is started there.
    pub behind: &'a Behind,
}

/// What a service does in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It runs a gateway.
    Gateway,
    /// It runs an MCP server: the catalog knows it, or a client or gateway calls it as one.
    Server,
}

impl Role {
    /// With an article, for messages.
    pub fn title(self) -> &'static str {
        match self {
            Role::Gateway => "a gateway",
            Role::Server => "an MCP server",
        }
    }
}

impl<'a> Case<'a> {
    /// The services of the chain, in the order of the files. Others of the same projects have nothing to do with MCP,
    /// as far as files tell.
    pub fn chain_services(&self) -> BTreeMap<ServiceId, Role> {
        let known = self.mcp_services().map(|mcp| mcp.id);
        let called = self.chain.hops.iter().filter_map(|hop| hop.service());
        let servers = known.chain(called).map(|id| (id, Role::Server));
        let gateways = self.chain.gateways.iter().filter_map(|view| view.service());
        servers
            .chain(gateways.map(|id| (id, Role::Gateway)))
            .collect()
    }

    /// Every service whose server the catalog knows, in the order of the files.
    pub fn mcp_services(&self) -> impl Iterator<Item = McpService<'a>> {
        let services = self.stack.services();
        services.filter_map(|(id, _)| self.mcp_service(id))
    }

    /// The service with that id, if the catalog knows its server.
    pub fn mcp_service(&self, id: ServiceId) -> Option<McpService<'a>> {
        let behind = self.chain.behind.get(&id)?;
        Some(McpService {
            id,
            service: self.stack.service(id),
            server: self.catalog.by_id(&behind.server)?,
            behind,
        })
    }
}

impl<'a> McpService<'a> {
    /// The name of the service.
    pub fn name(&self) -> &'a str {
        &self.service.name.value
    }

    /// The image without tag and registry, as people call the server: `crystaldba/postgres-mcp`.
    pub fn image(&self) -> &'a str {
        &self.behind.image.repository
    }

    /// What the catalog knows of the image.
    pub fn image_facts(&self) -> Option<&'a ImageFacts> {
        self.server.image_facts(&self.behind.image)
    }

    /// Asks the catalog something about the server as it is started here.
    pub fn launched<T>(&self, ask: impl FnOnce(&Server, &Launch<'_>) -> T) -> Option<T> {
        chain::launched(self.service, |launch| ask(self.server, launch))
    }

    /// Why it is not known what runs, if it is not.
    pub fn doubt(&self) -> Option<&'a str> {
        match &self.behind.running.certainty {
            Certainty::Known => None,
            Certainty::Unknown(reason) => Some(reason),
        }
    }

    /// Its transports over the network, if it is certain that it speaks them.
    pub fn network(&self) -> impl Iterator<Item = &'a Speaks> {
        let certain = self.doubt().is_none();
        let network = |kind| matches!(kind, TransportKind::Sse | TransportKind::Http);
        let transports = self.behind.running.transports.iter();
        transports.filter(move |speaks| certain && speaks.sure && network(speaks.kind))
    }

    /// How it is known that it speaks stdio and nothing else: "the default of …". Nothing where it is not certain.
    pub fn only_stdio(&self) -> Option<&'a str> {
        let transports = &self.behind.running.transports;
        let stdio = |speaks: &Speaks| speaks.kind == TransportKind::Stdio && speaks.sure;
        (self.doubt().is_none() && transports.iter().all(stdio))
            .then(|| transports.first().map(|speaks| speaks.why.as_str()))
            .flatten()
    }
}

/// Whether a node under a service is written for this service, not taken from another one by `extends`.
pub fn is_own(service: &Service, at: &Pointer) -> bool {
    at.path
        .starts_with(&Path::keys(["services", service.name.value.as_str()]))
}

/// The part of a list's item or a mapping's entry that says what is there: the item, or the key.
pub fn naming_part(at: &Pointer) -> Part {
    match at.path.steps().last() {
        Some(Step::Index(_)) => Part::Value,
        _ => Part::Key,
    }
}

/// "a", "a and b", "a, b and c"; of more than `most` the first ones and how many more.
pub fn listed<T: AsRef<str>>(words: &[T], most: usize) -> String {
    let shown: Vec<&str> = words.iter().take(most).map(AsRef::as_ref).collect();
    match (shown.split_last(), words.len().saturating_sub(most)) {
        (None, _) => String::new(),
        (Some((only, [])), 0) => (*only).to_owned(),
        (Some((last, first)), 0) => format!("{} and {last}", first.join(", ")),
        (Some(_), more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_listed_as_people_write_them() {
        assert_eq!(listed(&["a"], 3), "a");
        assert_eq!(listed(&["a", "b"], 3), "a and b");
        assert_eq!(listed(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(listed(&["a", "b", "c", "d", "e"], 3), "a, b, c and 2 more");
    }
}
