//! client-top-level-key: servers that stand under another key than the one that the client reads.

use crate::catalog::client::{FileScope, Known, known, of};
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::ClientFile;
use crate::source::{Node, Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "client-top-level-key",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-top-level-key.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for file in case.stack.clients.iter().filter(|file| file.is_read) {
        let source = case.stack.source(file.source);
        let page = of(file.client);
        // A user's own file holds much else, and a plugin's needs no key.
        let own = page.id == known().id;
        let place = page.file_at(&file.path);
        let skipped =
            file.is_plugin || own && place.is_some_and(|place| place.scope == FileScope::User);
        if skipped || !source.is_parsed() {
            continue;
        }
        if let Some(finding) = judge(file, page, source.root(), place.is_some()) {
            let severity = match page.tested.is_empty() {
                true => Severity::Warning,
                false => Severity::Error,
            };
            findings.add_as(severity, finding.subject(&page.servers_key));
        }
    }
}

/// What is wrong at the top of a file. Of a file whose name says nothing, only what can be nothing but servers counts:
/// other programs have JSON of their own.
fn judge(file: &ClientFile, page: &Known, root: Node<'_>, by_name: bool) -> Option<Finding> {
    let title = &page.title;
    let key = &page.servers_key;
    let at = Pointer::root(file.source);
    if let Some(servers) = root.get(key) {
        let wrong = by_name && !servers.is_map() && !page.tested.is_empty();
        return wrong.then(|| {
            let message = format!(
                "`{key}` is {}, where {title} wants an object of names and entries: none of its servers is loaded",
                servers.shape_name()
            );
            Finding::at(&at.key(key), Part::Value, message)
                .says("not an object")
                .fix(Fix::manual(
                    format!("write `{key}` as an object"),
                    format!("{{\"{key}\": {{\"<name>\": {{…}}, \"<name>\": {{…}}}}}}"),
                ))
        });
    }
    let foreign = root.entries().into_iter().find_map(|(name, value)| {
        let foreign = page.foreign_servers_key(name)?;
        holds_servers(value, by_name).then_some(foreign)
    });
    if let Some(foreign) = foreign {
        let message = format!(
            "`{}` is the key of {}: {title} reads `{key}`, and loads none of the servers of this file; rename it",
            foreign.name,
            foreign.clients.join(" and ")
        );
        let at = at.key(&foreign.name);
        return Some(
            Finding::at(&at, Part::Key, message)
                .says(format!("`{key}` is the key of {title}"))
                .fix(
                    Fix::new(Safety::Safe, format!("rename `{}` to `{key}`", foreign.name))
                        .change(at, Op::Rename(key.clone())),
                ),
        );
    }
    let bare = by_name && !page.tested.is_empty() && holds_servers(root, false);
    bare.then(|| {
        let message = format!(
            "the servers of this file are at its top level: {title} reads only those under `{key}`, and loads none; put \
             `\"{key}\": {{…}}` around them"
        );
        let first = root.entries().first().map(|(name, _)| at.key(name));
        Finding::at(&first.unwrap_or(at), Part::Key, message)
            .says(format!("not under `{key}`"))
            .fix(Fix::manual(
                format!("put the servers under `{key}`"),
                format!("{{\n  \"{key}\": {{\n    …what the file holds now, without its outer braces…\n  }}\n}}"),
            ))
    })
}

/// Whether a value is servers by name; with `or_none`, an empty mapping is, too.
fn holds_servers(value: Node<'_>, or_none: bool) -> bool {
    let is_server = |entry: &Node<'_>| {
        ["command", "url"]
            .iter()
            .any(|key| entry.get(key).is_some_and(|value| value.as_str().is_some()))
    };
    let entries = value.entries();
    value.is_map()
        && (or_none || !entries.is_empty())
        && entries.iter().all(|(_, entry)| is_server(entry))
}
