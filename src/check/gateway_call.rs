//! Calls from clients to gateways. Shared by the checks of what a client asks of a gateway.

use url::Url;

use super::Case;
use super::reader::Entry;
use crate::catalog::gateway::{Clients, ServedPath};
use crate::chain::{Destination, GatewayView};
use crate::model::Transport;
use crate::source::{At, Pointer};

/// A client's call to a gateway.
pub(crate) struct Call<'a> {
    pub url: &'a At<Url>,
    /// Whether the address is certainly the gateway's.
    pub certain: bool,
    pub transport: Transport,
    /// The gateway's number.
    pub gateway: usize,
    pub view: &'a GatewayView,
    /// What stands in the path before the gateway's own: a proxy's, or what the gateway was told to put in front.
    pub prefix: &'a str,
    /// The path without that, and without a slash at its end.
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
        let path = url.value.path();
        let path = path.strip_prefix(hop.prefix.as_str()).unwrap_or(path);
        Some(Call {
            url,
            certain,
            transport: hop.transport,
            gateway,
            view: &case.chain.gateways[gateway],
            prefix: &hop.prefix,
            path: path.trim_end_matches('/'),
        })
    }

    /// The names of servers that stand in the path, as they are written.
    pub fn names(&self, clients: &Clients) -> Option<&'a str> {
        let exact = exact(clients, self).is_some();
        let mut patterns = clients.paths.iter().filter(|_| !exact);
        patterns.find_map(|served| placeholder(&served.path, self.path))
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
        case.program(self.gateway)
    }
}

/// Which servers a client asks a gateway for.
pub(crate) enum Asked<'a> {
    /// All that there are: it names none.
    Everything,
    /// These.
    Names(AskedNames<'a>),
    /// Their names come from a variable, or are spelled in escapes.
    Unknown,
}

/// The names that a client asks for, and where they are written.
pub(crate) struct AskedNames<'a> {
    pub at: &'a Pointer,
    names: &'a str,
    /// The whole value that they stand in.
    written: &'a str,
}

impl<'a> Asked<'a> {
    /// What an entry asks for: names in the path win over those in the header.
    pub fn by(case: &Case<'a>, found: Entry<'a>, call: &Call<'a>) -> Asked<'a> {
        let clients = &case.catalog.litellm().clients;
        let Some(url) = found.entry.url.as_ref() else {
            return Asked::Unknown;
        };
        let asked = match (
            call.names(clients),
            found.entry.header(&clients.servers_header),
        ) {
            (Some(names), _) => AskedNames {
                at: &url.at,
                names,
                written: &url.value,
            },
            (None, Some(header)) => AskedNames {
                at: &header.at,
                names: &header.value,
                written: &header.value,
            },
            (None, None) => return Asked::Everything,
        };
        let clear = !asked.names.contains(['$', '%', '{', '<']);
        match clear && asked.written.contains(asked.names) {
            true => Asked::Names(asked),
            false => Asked::Unknown,
        }
    }
}

impl<'a> AskedNames<'a> {
    /// Each of them.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }

    /// The value with one name instead of another.
    pub fn with(&self, name: &str, instead: &str) -> String {
        let names: Vec<&str> = self
            .names()
            .map(|have| if have == name { instead } else { have })
            .collect();
        self.written.replacen(self.names, &names.join(","), 1)
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
