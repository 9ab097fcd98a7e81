//! Calls from clients to gateways. Shared by the checks of what a client asks of a gateway.

use url::Url;

use super::Case;
use super::reader::Entry;
use crate::catalog::gateway::{Clients, ServedPath};
use crate::chain::{Destination, GatewayView};
use crate::model::{EnvLookup, Transport};
use crate::source::At;

/// A client's call to a gateway.
pub(crate) struct Call<'a> {
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
        let prefix = match view
            .service()
            .map(|id| case.stack.service(id).env(root_path))
        {
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

    /// What the gateway was told to put in front of every path.
    pub fn prefix(&self) -> &'a str {
        let whole = self.url.value.path().trim_end_matches('/');
        whole.strip_suffix(self.path).unwrap_or_default()
    }

    /// How the gateway answers a key that it refuses, where that does not say so.
    pub fn hidden_refusal(&self, case: &Case<'a>) -> Option<&'a str> {
        let hidden = &case.catalog.litellm().clients.hides_refusal;
        let version = self.view.version.version();
        version
            .is_none_or(|version| hidden.versions.contains(version))
            .then_some(hidden.text.as_str())
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
pub(crate) fn exact<'a>(clients: &'a Clients, call: &Call<'_>) -> Option<&'a ServedPath> {
    clients
        .paths
        .iter()
        .find(|served| served.path == call.path && served.transport == call.transport)
}

/// What stands for `{servers}` in a path: one segment.
pub(crate) fn placeholder<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (before, after) = pattern.split_once("{servers}")?;
    let names = path.strip_prefix(before)?.strip_suffix(after)?;
    (!names.is_empty() && !names.contains('/')).then_some(names)
}
