//! Who reads a file, and which calls depend on it. Shared by the checks that speak of whole files and of client
//! entries.

use crate::catalog::client::{Known, of};
use crate::chain::{Caller, Destination, Hop, HopId};
use crate::check::Case;
use crate::check::client::Program;
use crate::model::{Client, ClientEntry, ClientFile, Marks};
use crate::source::{Node, SourceId};

/// An entry of a client, in its place.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub file: &'a ClientFile,
    pub entry: &'a ClientEntry,
    pub hop: Option<&'a Hop>,
}

impl<'a> Entry<'a> {
    /// The entry that makes a call, if a client makes it.
    pub fn of(case: &Case<'a>, hop: &'a Hop) -> Option<Entry<'a>> {
        let Caller::Client { file, entry } = hop.caller else {
            return None;
        };
        let file = &case.stack.clients[file];
        Some(Entry {
            file,
            entry: &file.entries[entry],
            hop: Some(hop),
        })
    }

    /// The hop that it makes, as findings take it.
    pub fn hops(self) -> impl Iterator<Item = HopId> {
        self.hop.map(|hop| hop.id).into_iter()
    }

    /// Whether the file is the client's for certain, and read by it: only then does its wording matter.
    pub fn is_own(&self) -> bool {
        self.file.is_read && self.file.is_certain
    }

    /// The client that reads it.
    pub fn program(self, case: &Case<'_>) -> Program {
        Program::of(case.facts, self.file.client)
    }

    /// What is known of the client.
    pub fn page(self) -> &'static Known {
        of(self.file.client)
    }

    /// What is written under a key of the entry.
    pub fn node(self, case: &Case<'a>, key: &str) -> Option<Node<'a>> {
        case.stack
            .source(self.file.source)
            .node(&self.entry.at.path)?
            .get(key)
    }
}

/// Every entry of Claude Code's files, whether or not the file is read.
pub(crate) fn claude_code_entries<'a>(case: &Case<'a>) -> impl Iterator<Item = Entry<'a>> {
    entries(case).filter(|found| found.file.client == Client::ClaudeCode)
}

/// Every entry of every client's files, whether or not the file is read. Each client has rules of its own:
/// [`Entry::page`] has them.
pub(crate) fn entries<'a>(case: &Case<'a>) -> impl Iterator<Item = Entry<'a>> {
    let chain = case.chain;
    let files = case.stack.clients.iter().enumerate();
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
    let is_gateway = |gateway: usize| {
        let gateway = &stack.gateways[gateway];
        let mut includes = gateway.includes.iter();
        gateway.root.source == source || includes.any(|include| include.source == Some(source))
    };
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

/// Whether a client's file is one that something fills in first: it has braces as templates have, and the client reads
/// it neither by this name nor, among templates, in this place.
pub(crate) fn is_client_template(case: &Case<'_>, file: &ClientFile) -> bool {
    const NEAREST: usize = 3;
    let is_live = of(file.client).file_at(&file.path).is_some();
    let mut folders = file.path.iter().rev().skip(1).take(NEAREST);
    let mut among_templates = || {
        folders.any(|folder| {
            folder
                .to_string_lossy()
                .to_ascii_lowercase()
                .contains("template")
        })
    };
    // `{{.Names}}` is for a program that gets it as an argument.
    let is_mark = |text: &str| {
        Marks::Braces
            .find(text)
            .is_some_and(|mark| !mark.starts_with("{{."))
    };
    let source = case.stack.source(file.source);
    (!is_live || among_templates())
        && source
            .nodes()
            .filter(|node| !node.is_alias())
            .filter_map(Node::scalar_text)
            .any(is_mark)
}
