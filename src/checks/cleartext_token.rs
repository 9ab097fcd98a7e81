//! cleartext-token: a credential that leaves this machine over plain http.

use url::{Host, Url};

use crate::chain::Destination;
use crate::change::Fix;
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Reference;
use crate::repair;
use crate::secret::{is_placeholder, is_telling};
use crate::source::{At, Part};

pub(super) static CHECK: Check = Check {
    id: "cleartext-token",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/cleartext-token.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case) {
        let Some(hop) = found.hop else { continue };
        let Some(url) = &hop.url else { continue };
        if url.value.scheme() != "http" || hop.destination != Destination::Elsewhere {
            continue;
        }
        let Some(way) = url.value.host().and_then(|host| Way::to(&host)) else {
            continue;
        };
        let is_credential = |(name, value): &&(String, At<String>)| {
            let name = name.to_ascii_lowercase();
            let telling = name.ends_with("authorization") || is_telling(&name);
            // What a variable brings along is no placeholder.
            let filled = !Reference::find(&value.value).is_empty() || !is_placeholder(&value.value);
            telling && filled
        };
        let Some((header, value)) = found.entry.headers.iter().find(is_credential) else {
            continue;
        };
        let severity = match way {
            Way::Public => Severity::Warning,
            Way::Private => Severity::Note,
        };
        findings.add_as(severity, finding(found, url, way, header, value));
    }
}

/// Whose lines lie between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A network at home or at work.
    Private,
    /// The internet.
    Public,
}

/// Ends of names that exist in private networks only.
const PRIVATE: [&str; 11] = [
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "private",
    "test",
    "workgroup",
];

/// Ends of names to which nobody can listen in between: those of this machine, of the pods of a cluster, and of networks
/// that encrypt by themselves.
const SHELTERED: [&str; 8] = [
    "cluster.local",
    "containers.internal",
    "docker.internal",
    "localhost",
    "netbird.cloud",
    "onion",
    "svc",
    "ts.net",
];

impl Way {
    /// Nothing where nobody can listen, or where that is not known.
    fn to(host: &Host<&str>) -> Option<Way> {
        match host {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                let ends = |end: &&str| {
                    name.strip_suffix(*end)
                        .is_some_and(|rest| rest.ends_with('.'))
                };
                // A name without a dot is a container's as often as a machine's.
                if !name.contains('.') || SHELTERED.iter().any(ends) {
                    None
                } else if PRIVATE.iter().any(ends) {
                    Some(Way::Private)
                } else {
                    Some(Way::Public)
                }
            }
            Host::Ipv4(ip) => {
                let [first, second, ..] = ip.octets();
                // Carriers and Tailscale share these; who calls one means the latter.
                let overlay = first == 100 && (64..128).contains(&second);
                match ip.is_private() || ip.is_link_local() {
                    _ if overlay || ip.is_loopback() || ip.is_unspecified() => None,
                    true => Some(Way::Private),
                    false => Some(Way::Public),
                }
            }
            Host::Ipv6(ip) => {
                let segments = ip.segments();
                let overlay = segments[..3] == [0xfd7a, 0x115c, 0xa1e0];
                match ip.is_unique_local() || ip.is_unicast_link_local() {
                    _ if overlay || ip.is_loopback() || ip.is_unspecified() => None,
                    true => Some(Way::Private),
                    false => Some(Way::Public),
                }
            }
        }
    }
}

fn finding(
    found: Entry<'_>,
    url: &At<Url>,
    way: Way,
    header: &str,
    value: &At<String>,
) -> Finding {
    let name = &found.entry.name.value;
    let host = url.value.host_str().unwrap_or_default();
    let listener = match way {
        Way::Public => "anybody on the way there",
        Way::Private => "anybody who can listen on that network",
    };
    let message = format!(
        "{name} sends {header} to {host} over http, where {listener} can read it and use it; call it over https or \
         through a tunnel"
    );
    let finding = Finding::at(&url.at, Part::Value, message)
        .says("not encrypted")
        .also(&value.at, Part::Key, "sent with every request")
        .subject(name)
        .hops(found.hops());
    match tunnel(&url.value) {
        Some(lines) => finding.fix(Fix::manual(
            "call it through an SSH tunnel until it has https",
            lines,
        )),
        None => finding,
    }
}

/// A tunnel to the same port, and the url that then leads through it.
fn tunnel(url: &Url) -> Option<String> {
    let port = url.port_or_known_default()?;
    // Ports below this are the system's own.
    let here = if port < 1024 { 8000 + port } else { port };
    let host = url.host_str()?.trim_matches(['[', ']']);
    let mut through = url.clone();
    through.set_host(Some("localhost")).ok()?;
    through.set_port(Some(here)).ok()?;
    through.set_query(None);
    through.set_username("").ok()?;
    through.set_password(None).ok()?;
    Some(format!(
        "ssh -N -L {here}:localhost:{port} {}\n\"url\": \"{through}\"\n",
        repair::quoted(host)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_told_by_address_and_name() {
        let way = |url: &str| {
            let url = Url::parse(url).expect("a url");
            match url.host().and_then(|host| Way::to(&host)) {
                None => "none",
                Some(Way::Private) => "private",
                Some(Way::Public) => "public",
            }
        };
        for (url, expected) in [
            ("http://gateway.example.com/", "public"),
            ("http://8.8.8.8/", "public"),
            ("http://172.32.0.1/", "public"),
            ("http://[2606:4700::1111]/", "public"),
            ("http://linuxserver.lan:4000/", "private"),
            ("http://NAS.local/", "private"),
            ("http://git.corp./", "private"),
            ("http://192.168.1.10/", "private"),
            ("http://172.31.0.1/", "private"),
            ("http://169.254.1.1/", "private"),
            ("http://[fd00::1]/", "private"),
            ("http://[fe80::1]/", "private"),
            ("http://gateway:4000/", "none"),
            ("http://lan/", "none"),
            ("http://host.docker.internal/", "none"),
            ("http://litellm.ai.svc.cluster.local/", "none"),
            ("http://litellm.ai.svc/", "none"),
            ("http://box.tail1234.ts.net/", "none"),
            ("http://100.100.1.2/", "none"),
            ("http://[fd7a:115c:a1e0::1]/", "none"),
            ("http://127.0.0.1/", "none"),
        ] {
            assert_eq!(way(url), expected, "{url}");
        }
    }
}
