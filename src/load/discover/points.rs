//! Whether a client's entry could lead to a gateway. This only decides which files of a home belong to a run; who
//! reaches whom is found out later.

use std::collections::BTreeSet;

use url::{Host, Url};

use crate::catalog::gateway::known;
use crate::load::placing;
use crate::model::{ByPort, ClientEntry, ClientFile, Port, Service, Stack};
use crate::source::State;

/// Where the gateways of a stack can be reached, as far as files say it.
pub(super) struct Addresses {
    names: BTreeSet<String>,
    ports: ByPort<()>,
    /// Whether the ports come from compose files; otherwise any port of this machine will do.
    ports_are_known: bool,
}

impl Addresses {
    pub(super) fn of(stack: &Stack) -> Addresses {
        let mut addresses = Addresses {
            names: BTreeSet::new(),
            ports: ByPort::default(),
            ports_are_known: false,
        };
        let usual = known().runs.port;
        addresses.ports.insert((usual, usual), ());
        for gateway in &stack.gateways {
            for id in placing::runners(stack, &gateway.path) {
                addresses.add(stack.service(id));
            }
        }
        addresses
    }

    fn add(&mut self, service: &Service) {
        let names = [&service.container_name, &service.hostname]
            .into_iter()
            .flatten();
        self.names.insert(service.name.value.to_ascii_lowercase());
        self.names
            .extend(names.map(|name| name.value.text.to_ascii_lowercase()));
        let aliases = service.networks.iter().flat_map(|network| &network.aliases);
        self.names
            .extend(aliases.map(|alias| alias.to_ascii_lowercase()));
        for range in service.ports.iter().filter_map(Port::published) {
            self.ports.insert(range, ());
            self.ports_are_known = true;
        }
    }

    /// Whether any entry of the file leads here. Of a file that does not parse every string is tried.
    pub(super) fn are_pointed_at_by(&self, stack: &Stack, file: &ClientFile) -> bool {
        let source = stack.source(file.source);
        if matches!(source.state(), State::Invalid(_)) {
            return source
                .text()
                .split('"')
                .any(|text| text.contains("://") && self.contain(text));
        }
        file.entries.iter().any(|entry| self.are_in(entry))
    }

    fn are_in(&self, entry: &ClientEntry) -> bool {
        let bridged = entry.args.iter().filter(|arg| arg.value.contains("://"));
        known()
            .clients
            .own_headers
            .iter()
            .any(|name| entry.header(name).is_some())
            || entry
                .url
                .iter()
                .chain(bridged)
                .any(|url| self.contain(&url.value))
    }

    fn contain(&self, address: &str) -> bool {
        let expanded = with_defaults(address);
        let url = if expanded.contains("://") {
            Url::parse(&expanded)
        } else {
            Url::parse(&format!("http://{expanded}"))
        };
        let known_host = |url: &Url| url.host_str().is_some_and(|host| !host.contains('$'));
        let Some(url) = url.ok().filter(known_host) else {
            // Mostly a variable in place of the host: its name is all there is to go by.
            return address.to_ascii_lowercase().contains("litellm");
        };
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let named = url.host_str().is_some_and(|host| self.names.contains(host));
        let port = url.port_or_known_default();
        let port_fits = port.is_some_and(|port| !self.ports.get(port).is_empty());
        named
            || (port_fits && (url.port().is_some() || loopback))
            || (loopback && !self.ports_are_known && url.path().contains("/mcp"))
    }
}

/// The text with `${NAME:-default}` replaced by the default: all that can be said without the client's environment.
fn with_defaults(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, behind)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        match variable.split_once(":-") {
            Some((_, default)) => out.push_str(default),
            None => out.extend(["${", variable, "}"]),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}
