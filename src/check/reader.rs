//! Who reads a file, and which calls depend on it. Shared by the checks that speak of whole files and of client
//! entries.

use crate::catalog::client::known;
use crate::chain::{Destination, Hop, HopId};
use crate::check::Case;
use crate::model::{ClientEntry, ClientFile};
use crate::source::{Node, SourceId};

/// An entry of a client, in its place.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub file: &'a ClientFile,
    pub entry: &'a ClientEntry,
    pub hop: Option<&'a Hop>,
}

impl<'a> Entry<'a> {
    /// The hop that it makes, as findings take it.
    pub fn hops(self) -> impl Iterator<Item = HopId> {
        self.hop.map(|hop| hop.id).into_iter()
    }

    /// What is written under a key of the entry.
    pub fn node(self, case: &Case<'a>, key: &str) -> Option<Node<'a>> {
        case.stack
            .source(self.file.source)
            .node(&self.entry.at.path)?
            .get(key)
    }
}

/// Every entry of every client file, whether or not the file is read. Other programs' files are left out: they have
/// rules of their own.
pub(crate) fn entries<'a>(case: &Case<'a>) -> impl Iterator<Item = Entry<'a>> {
    let chain = case.chain;
    let files = case.stack.clients.iter().enumerate().filter(|(_, file)| {
        let not_read = known().not_read(&file.path);
        file.is_read || not_read.is_none_or(|not_read| not_read.reader.is_none())
    });
    files.flat_map(move |(number, file)| {
        let entries = file.entries.iter().enumerate();
        entries.map(move |(at, entry)| Entry {
            file,
            entry,
            hop: chain.of_entry(number, at),
        })
    })
}

/// The calls that fail when a file cannot be read: of a gateway's file those to the gateway, of a client's file its
/// own, of an env file those to the services that need it.
pub(crate) fn hops_of(case: &Case<'_>, source: SourceId) -> Vec<HopId> {
    let stack = case.stack;
    let is_gateway = |gateway: usize| stack.gateways[gateway].root.source == source;
    let is_needed = |id| {
        stack
            .service(id)
            .env_files
            .iter()
            .any(|file| file.required && file.source == Some(source))
    };
    let depends = |hop: &&Hop| match &hop.destination {
        Destination::Gateway { gateway, .. } => {
            is_gateway(*gateway)
                || case.chain.gateways[*gateway]
                    .service()
                    .is_some_and(is_needed)
        }
        Destination::Service { service, .. } => is_needed(*service),
        _ => false,
    };
    let mut hops: Vec<HopId> = case
        .chain
        .hops
        .iter()
        .filter(depends)
        .map(|hop| hop.id)
        .collect();
    let own = entries(case)
        .filter(|entry| entry.file.source == source)
        .flat_map(Entry::hops);
    hops.extend(own);
    hops
}
