//! Which Host a caller sends, and what the server behind it does with that.

use super::Case;
use crate::catalog::server::{BindDefault, HostFacts, HostRule, Server};
use crate::catalog::{Bind, Launch, Version};
use crate::chain::{Caller, Hop};
use crate::model::host;

/// What a server does with a Host.
pub(crate) enum Judgement<'a> {
    Served,
    /// It depends on its version, which is not known.
    Depends,
    /// A rule refuses it, of which is not known since which version it holds.
    Unsure,
    Refused(&'a HostRule),
}

/// What a server of this version, started so and listening there, does with the Host `host`.
pub(crate) fn judge<'a>(
    server: &'a Server,
    version: Option<&Version>,
    launch: &Launch<'_>,
    bind: &Bind,
    host: &str,
) -> Judgement<'a> {
    let rules = server.host_rules(&HostFacts {
        sdk: version.and_then(|version| server.sdk_version(version)),
        version,
        image: version,
        bind: match bind {
            Bind::Loopback => Some(BindDefault::Loopback),
            Bind::Any => Some(BindDefault::Any),
            Bind::Address(_) | Bind::Unknown => None,
        },
    });
    let admits = |rule: &&HostRule| server.admits(rule, launch, bind, host);
    let refusing = rules
        .iter()
        .copied()
        .find(|rule| admits(rule) == Some(false));
    match refusing {
        None => Judgement::Served,
        Some(rule) if rule.unsure => Judgement::Unsure,
        Some(_) if rules.iter().any(|rule| admits(rule) != Some(false)) => Judgement::Depends,
        Some(rule) => Judgement::Refused(rule),
    }
}

/// The name in the Host header of the caller's requests, unless it is one of the loopback's, which no rule refuses. Nothing
/// when a header in the file replaces it by something unknown.
pub(crate) fn sent(case: &Case<'_>, hop: &Hop) -> Option<String> {
    let url = hop.url.as_ref()?.value.host_str()?.to_owned();
    let headers = match hop.caller {
        Caller::Client { .. } => "headers",
        Caller::Gateway { .. } => "static_headers",
    };
    let entry = case.stack.source(hop.at.source).node(&hop.at.path)?;
    let entries = entry
        .get(headers)
        .map(|node| node.entries())
        .unwrap_or_default();
    let mut entries = entries.iter();
    let name = match entries.find(|(name, _)| name.eq_ignore_ascii_case("host")) {
        None => url,
        Some((_, value)) => {
            let text = value
                .as_str()
                .filter(|text| !text.contains('$') && !text.contains("os.environ/"))?;
            text.rsplit_once(':')
                .map_or(text, |(name, _)| name)
                .to_owned()
        }
    };
    (!is_loopback(&name)).then_some(name)
}

fn is_loopback(header: &str) -> bool {
    match url::Host::parse(header) {
        Ok(url::Host::Domain(name)) => host::is_loopback(&url::Host::Domain(name.as_str())),
        Ok(url::Host::Ipv4(ip)) => host::is_loopback(&url::Host::Ipv4(ip)),
        Ok(url::Host::Ipv6(ip)) => host::is_loopback(&url::Host::Ipv6(ip)),
        Err(_) => false,
    }
}
