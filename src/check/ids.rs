//! What a repair of a gateway's server does to permissions: the gateway makes the id of a server out of what its entry
//! says, and keys and teams in its database name servers by their ids.

use super::{Case, Finding};
use crate::change::{Change, Fix, Op, Safety};
use crate::gateway::Upstream;
use crate::model::EnvLookup;

/// Adds a remark to those repairs of a finding that change the id of a server.
pub(super) fn remark(case: &Case<'_>, finding: &mut Finding) {
    for fix in &mut finding.fixes {
        let mut starts = false;
        let touches = |server: &Upstream| {
            let mut changes = fix.changes.iter();
            changes.any(|change| change.at.source == server.at.source)
        };
        let changed = case
            .chain
            .gateways
            .iter()
            .enumerate()
            .filter(|(_, view)| view.outcome.servers.iter().any(touches))
            .filter(|(gateway, _)| has_database(case, *gateway))
            .flat_map(|(_, view)| {
                view.outcome
                    .servers
                    .iter()
                    .map(move |server| (view, server))
            })
            .filter(|(_, server)| changes_id(case, fix, server));
        let remarks: Vec<String> = changed
            .map(|(view, server)| {
                starts |= view.outcome.starts();
                let name = &server.name.value;
                format!(
                    "this gives {name} another id: grant it again to keys and teams whose permissions name {name} by its id"
                )
            })
            .collect();
        // Keys and teams lose the server with it, where the gateway has it already.
        if !remarks.is_empty() && starts {
            fix.safety = fix.safety.min(Safety::Unsafe);
        }
        fix.remarks.extend(remarks);
    }
}

/// Whether files show that the gateway has a database, where permissions are.
fn has_database(case: &Case<'_>, gateway: usize) -> bool {
    let litellm = case.catalog.litellm();
    let database = &litellm.clients.database;
    let root = &case.stack.gateways[gateway].root;
    let at = root.key(&litellm.master_key.section).key(&database.setting);
    let node = case.stack.source(root.source).node(&at.path);
    let view = &case.chain.gateways[gateway];
    let service = view.service().map(|id| case.stack.service(id));
    let variable = service.and_then(|service| service.variable(&database.variable));
    node.is_some_and(|node| !node.is_null())
        || variable.is_some()
        || matches!(view.env(case.stack, &database.variable), EnvLookup::Set(_))
}

/// Whether a repair changes what the id of a server is made of. An entry with an id of its own keeps it.
fn changes_id(case: &Case<'_>, fix: &Fix, server: &Upstream) -> bool {
    let ids = &case.catalog.litellm().servers.ids;
    let entry = case.stack.source(server.at.source).node(&server.at.path);
    if entry.is_some_and(|entry| entry.get(&ids.pinned).is_some()) {
        return false;
    }
    let made_of = |key: &str| ids.made_of.iter().any(|part| part == key);
    fix.changes.iter().any(|Change { at, op }| match op {
        Op::Rename(to) if *at == server.at => server.name.value != *to,
        Op::Insert(key, _) if *at == server.at => made_of(key),
        Op::Rename(to) if at.parent() == server.at && made_of(to) => true,
        Op::Set(_) | Op::Remove | Op::Rename(_) => {
            at.parent() == server.at && at.path.last_key().is_some_and(made_of)
        }
        Op::Insert(..) | Op::Push(_) => false,
    })
}
