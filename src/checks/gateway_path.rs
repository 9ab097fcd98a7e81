//! gateway-path: a url whose path the gateway does not serve.

use url::Url;

use crate::catalog::VersionSet;
use crate::catalog::gateway::{Clients, ServedPath};
use crate::chain::{Destination, GatewayView};
use crate::change::{Fix, Op, Safety};
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::model::{EnvLookup, Transport};
use crate::source::{At, Part};

pub(super) static CHECK: Check = Check {
    id: "gateway-path",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
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

/// A client's call to a gateway.
pub(super) struct Call<'a> {
    pub url: &'a At<Url>,
    /// Whether the address is certainly the gateway's.
    pub certain: bool,
    pub transport: Transport,
    /// The gateway's number.
    pub gateway: usize,
    pub view: &'a GatewayView,
    /// The path without what the gateway was told to put in front, and without a slash at its end.
    pub path: &'a str,
}

impl<'a> Call<'a> {
    /// The call that an entry makes, if it leads to a gateway.
    pub fn of(case: &Case<'a>, found: Entry<'a>) -> Option<Call<'a>> {
        let hop = found.hop?;
        let url = hop.url.as_ref()?;
        let Destination::Gateway { gateway, certain } = hop.destination else {
            return None;
        };
        let view = &case.chain.gateways[gateway];
        let root_path = &case.catalog.litellm().clients.root_path;
        let prefix = match view.service().map(|id| case.stack.service(id).env(root_path)) {
            Some(EnvLookup::Set(prefix)) => prefix,
            _ => String::new(),
        };
        let path = url.value.path();
        let path = path
            .strip_prefix(prefix.trim_end_matches('/'))
            .unwrap_or(path);
        Some(Call {
            url,
            certain,
            transport: hop.transport,
            gateway,
            view,
            path: path.trim_end_matches('/'),
        })
    }

    /// The names of servers that stand in the path, as they are written.
    pub fn names(&self, clients: &Clients) -> Option<&'a str> {
        let exact = exact(clients, self).is_some();
        let mut patterns = clients.paths.iter().filter(|_| !exact);
        patterns.find_map(|served| placeholder(&served.path, self.path))
    }

    /// "LiteLLM 1.77.3", or without a version when that is not known.
    pub fn gateway_title(&self, case: &Case<'_>) -> String {
        let title = case.stack.gateways[self.gateway].kind.title();
        match self.view.version.version() {
            Some(version) => format!("{title} {version}"),
            None => title.to_owned(),
        }
    }
}

/// The pattern that is this very path, for this transport.
fn exact<'a>(clients: &'a Clients, call: &Call<'_>) -> Option<&'a ServedPath> {
    clients
        .paths
        .iter()
        .find(|served| served.path == call.path && served.transport == call.transport)
}

/// What stands for `{servers}` in a path: one segment.
fn placeholder<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (before, after) = pattern.split_once("{servers}")?;
    let names = path.strip_prefix(before)?.strip_suffix(after)?;
    (!names.is_empty() && !names.contains('/')).then_some(names)
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
    let meant = meant(call);
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
    url.set_path(&format!("{}{meant}", prefix(call)));
    let fix = Fix::new(Safety::Unsafe, format!("call {meant}"))
        .change(call.url.at.clone(), Op::Set(url.to_string().into()));
    finding.fix(match &found.entry.kind {
        Some(kind) if call.transport == Transport::Sse => {
            fix.change(kind.at.clone(), Op::Set(Transport::Http.word().into()))
        }
        _ => fix,
    })
}

/// What the gateway was told to put in front of every path.
fn prefix<'a>(call: &Call<'a>) -> &'a str {
    let whole = call.url.value.path().trim_end_matches('/');
    whole.strip_suffix(call.path).unwrap_or_default()
}

/// The path that does what this one was meant to do.
fn meant(call: &Call<'_>) -> String {
    let servers = &call.view.outcome.servers;
    let is_server = |name: &str| {
        let names = servers
            .iter()
            .flat_map(|server| [Some(&server.name), server.alias.as_ref()]);
        names
            .flatten()
            .any(|known| known.value.eq_ignore_ascii_case(name))
    };
    let named = call.path.split('/').find(|segment| is_server(segment));
    match named {
        Some(name) => format!("/mcp/{name}"),
        None => "/mcp/".to_owned(),
    }
}
