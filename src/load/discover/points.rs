//! Whether a client's entry could lead to a gateway. This only decides which files of a home belong to a run; who
//! reaches whom is found out later.

use std::collections::BTreeSet;

use url::Url;

use crate::catalog::gateway::known;
use crate::load::placing;
use crate::model::{ByPort, ClientEntry, ClientFile, Port, Service, Stack, Text, host};
use crate::source::State;

/// Whether anything that was read has to do with a gateway, whether or not its file was found: a service with its image
/// or name, a variable that is called after it, a client's header or address.
pub(super) fn speak_of_gateway(stack: &Stack) -> bool {
    let known = known();
    let is_called = |text: &str| text.to_ascii_lowercase().contains(CALLED);
    let mut services = stack.services();
    services.any(|(_, service)| {
        let value = |text: Option<&Text>| text.is_some_and(|text| is_called(&text.text));
        known.runs.is_image_of(service)
            || is_called(&service.name.value)
            || service
                .environment
                .iter()
                .any(|variable| is_called(&variable.name) || value(variable.value.as_ref()))
    }) || stack.clients.iter().any(|file| {
        let source = stack.source(file.source);
        file.entries.iter().any(|entry| {
            let headers = &known.clients.own_headers;
            headers.iter().any(|name| entry.header(name).is_some())
                || is_called(&entry.name.value)
                || entry.url.iter().any(|url| is_called(&url.value))
                || entry.args.iter().any(|arg| is_called(&arg.value))
                || entry
                    .headers
                    .iter()
                    .any(|(_, value)| is_called(&value.value))
                || source
                    .node(&entry.at.key("env").path)
                    .is_some_and(|env| env.entries().iter().any(|(name, _)| is_called(name)))
        })
    })
}

/// What the names of a gateway's things have in them.
const CALLED: &str = "litellm";

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
        let mounts = placing::Mounts::of(stack);
        for gateway in &stack.gateways {
            for id in placing::runners(stack, &mounts, &gateway.path) {
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
            return address.to_ascii_lowercase().contains(CALLED);
        };
        let loopback = url.host().is_some_and(|host| host::is_loopback(&host));
        let named = url.host_str().is_some_and(|host| self.names.contains(host));
        let port = url.port_or_known_default();
        let port_fits = port.is_some_and(|port| !self.ports.get(port).is_empty());
        named
            || (port_fits && (url.port().is_some() || loopback))
            || (loopback && !self.ports_are_known && url.path().contains("/mcp"))
    }
}

/// The text with `${NAME:-default}` replaced by the default: all that can be said without the client's environment.
pub(super) fn with_defaults(text: &str) -> String {
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
