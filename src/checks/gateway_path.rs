//! gateway-path: a url whose path the gateway does not serve.

use crate::catalog::VersionSet;
use crate::catalog::gateway::Clients;
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::{Call, exact, placeholder};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::gateway::Upstream;
use crate::model::Transport;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "gateway-path",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["not-mcp", "wrong-path"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-path.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case) {
        let Some(call) = Call::of(case, found) else {
            continue;
        };
        let facts = case.catalog.litellm();
        let unserved = served(&facts.clients, &call).complement();
        let versions = call.view.version.narrow(&unserved, &facts.known);
        if versions.is_empty() {
            continue;
        }
        let severity = match call.certain {
            true => Severity::Error,
            false => Severity::Warning,
        };
        findings.add_in(severity, &versions, finding(case, found, &call));
    }
}

/// The versions that serve a path. With another transport than the one that is spoken there, it is served all the
/// same: that is another mistake.
fn served(clients: &Clients, call: &Call<'_>) -> VersionSet {
    if let Some(exact) = exact(clients, call) {
        return exact.served.clone();
    }
    clients
        .paths
        .iter()
        .filter(|served| served.path == call.path || placeholder(&served.path, call.path).is_some())
        .fold(VersionSet::none(), |all, served| all.union(&served.served))
}

fn finding(case: &Case<'_>, found: Entry<'_>, call: &Call<'_>) -> Finding {
    let name = &found.entry.name.value;
    let gateway = call.gateway_title(case);
    let path = call.url.value.path();
    let meant = format!("{}{}", call.prefix, meant(call));
    let what = match call.transport {
        Transport::Sse if call.path.starts_with("/mcp") => "serves no HTTP+SSE at",
        _ => "does not serve",
    };
    let message = format!(
        "{name} calls {path}, and {gateway} {what} that path: the client gets an error instead of tools; call {meant}"
    );
    let finding = Finding::at(&call.url.at, Part::Value, message)
        .says(format!("{gateway} {what} {path}"))
        .subject(name)
        .hops(found.hops())
        .evidence(
            Source::Catalog,
            format!("{gateway} serves MCP at /mcp and at /mcp/<server>[,<server>]"),
        );
    // A url with references would not survive being written anew.
    let written = found.entry.url.as_ref().map_or("", |url| &url.value);
    if written.contains('$') {
        return finding;
    }
    let mut url = call.url.value.clone();
    url.set_path(&meant);
    let fix = Fix::new(Safety::Unsafe, format!("call {meant}"))
        .change(call.url.at.clone(), Op::Set(url.to_string().into()));
    finding.fix(match &found.entry.kind {
        Some(kind) if call.transport == Transport::Sse => {
            fix.change(kind.at.clone(), Op::Set(Transport::Http.word().into()))
        }
        _ => fix,
    })
}

/// The path that does what this one was meant to do.
fn meant(call: &Call<'_>) -> String {
    let servers = &call.view.outcome.servers;
    let is_server = |name: &str| {
        let mut names = servers.iter().flat_map(Upstream::names);
        names.any(|known| known.value.eq_ignore_ascii_case(name))
    };
    let named = call.path.split('/').find(|segment| is_server(segment));
    match named {
        Some(name) => format!("/mcp/{name}"),
        None => "/mcp/".to_owned(),
    }
}
