//! client-proxy: a proxy in Claude Code's settings that also gets the calls to this machine.

use serde_json::json;
use url::{Host, Url};

use crate::catalog::client::known;
use crate::chain::{Destination, Hop};
use crate::change::{Fix, Op, Safety};
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::settings::{Settings, applying, is_excluded, managed, project_of};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::model::host::is_loopback;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "client-proxy",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-proxy.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let managed = managed(case).is_some();
    let mut found: Vec<Proxied<'_>> = Vec::new();
    for entry in claude_code_entries(case).filter(Entry::is_own) {
        let Some((hop, url)) = entry.hop.and_then(|hop| Some((hop, &hop.url.as_ref()?.value)))
        else {
            continue;
        };
        if !is_near(hop, url) || (managed && is_excluded(&entry.entry.scope)) {
            continue;
        }
        let Some(settings) = applying(case, project_of(entry.file)) else {
            findings.skip("a settings file cannot be read");
            continue;
        };
        let env = Env(&settings);
        let Some(proxy) = env.proxy_for(url) else {
            continue;
        };
        let exceptions = env.exceptions();
        if exceptions.iter().any(|(text, _)| may_list(text, url)) {
            continue;
        }
        if exceptions.is_empty() && !case.stack.client_state.home_read {
            findings.skip(
                "whether NO_PROXY excepts this machine may stand in the user's settings, which were not read: --home \
                 adds them",
            );
            continue;
        }
        let calls = (entry, hop, url);
        match found.iter_mut().find(|one| one.proxy.at == proxy.at) {
            Some(one) => one.calls.push(calls),
            None => found.push(Proxied {
                proxy,
                exceptions: exceptions.into_iter().map(|(_, at)| at).collect(),
                calls: vec![calls],
            }),
        }
    }
    for one in found {
        say(case, &one, findings);
    }
}

/// Calls to this machine that one variable sends elsewhere.
struct Proxied<'a> {
    proxy: Proxy,
    /// Where exceptions are written, none of which excepts these calls.
    exceptions: Vec<Pointer>,
    calls: Vec<(Entry<'a>, &'a Hop, &'a Url)>,
}

/// A variable that names a proxy.
struct Proxy {
    name: &'static str,
    host: String,
    at: Pointer,
}

/// Whether a call stays on this machine, or goes to something that the files declare.
fn is_near(hop: &Hop, url: &Url) -> bool {
    let of_stack = matches!(
        hop.destination,
        Destination::Gateway { .. } | Destination::Service { .. }
    );
    of_stack || url.host().is_some_and(|host| is_loopback(&host))
}

/// The variables that settings give to Claude Code.
struct Env<'s, 'a>(&'s [Settings<'a>]);

impl Env<'_, '_> {
    /// What settings say of a variable, and where. A variable that is not a text is none.
    fn values(&self, name: &str) -> Vec<(String, Pointer)> {
        let key = &known().proxy.section;
        let values = self.0.iter().filter_map(|settings| {
            let (env, at) = settings.get(key)?;
            Some((env.get(name)?.as_str()?.trim().to_owned(), at.key(name)))
        });
        values.collect()
    }

    /// The proxy that gets the calls to a url, if that is certain: an empty value in any of the files may switch it
    /// off, and a proxy on this machine may well lead back to it.
    fn proxy_for(&self, url: &Url) -> Option<Proxy> {
        let known = &known().proxy;
        let names = known.variables.get(url.scheme())?;
        names.iter().find_map(|name| {
            let values = self.values(name);
            let proxies = values.iter().map(|(text, _)| host_of(text));
            let host = proxies.collect::<Option<Vec<_>>>()?.into_iter().next()?;
            let (_, at) = values.into_iter().next()?;
            Some(Proxy { name, host, at })
        })
    }

    /// Every list of hosts that are called without a proxy.
    fn exceptions(&self) -> Vec<(String, Pointer)> {
        let names = known().proxy.exceptions.iter();
        names.flat_map(|name| self.values(name)).collect()
    }
}

/// The host of a proxy elsewhere.
fn host_of(text: &str) -> Option<String> {
    if text.is_empty() || text.contains(['$', '{']) {
        return None;
    }
    let url = match text.contains("://") {
        true => Url::parse(text).ok()?,
        false => Url::parse(&format!("http://{text}")).ok()?,
    };
    let host = url.host()?;
    (!is_loopback(&host)).then(|| host.to_string())
}

/// Whether a list of exceptions may have the host of a url, as any program would read it. What is not plain is taken
/// for a match.
fn may_list(list: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return true;
    };
    let plain = |text: &str| text.trim_matches(['[', ']']).to_ascii_lowercase();
    let (host, port) = (plain(host), url.port_or_known_default());
    let mut items = list
        .split([',', ';', ' ', '\t', '\n'])
        .filter(|item| !item.is_empty());
    items.any(|item| {
        if item.contains(['*', '/', '$', '{', '<']) {
            return true;
        }
        let (item, own_port) = match item.rsplit_once(':') {
            Some((name, own)) if !name.ends_with(':') && (!name.contains(':') || name.ends_with(']')) => {
                (name, own.parse::<u16>().ok())
            }
            _ => (item, None),
        };
        let item = plain(item);
        let same = match item.strip_prefix('.') {
            Some(domain) => host == domain || host.ends_with(&item),
            None => host == item || host.ends_with(&format!(".{item}")),
        };
        same && own_port.is_none_or(|own| Some(own) == port)
    })
}

fn say(case: &Case<'_>, one: &Proxied<'_>, findings: &mut Findings) {
    let Proxy { name, host, at } = &one.proxy;
    let mut hosts: Vec<&str> = Vec::new();
    for (_, _, url) in &one.calls {
        if let Some(host) = url.host_str().filter(|host| !hosts.contains(host)) {
            hosts.push(host);
        }
    }
    let listed_hosts = listed(&hosts, 3);
    let file = case.stack.name(at.source);
    let (why, step) = match one.exceptions.first() {
        Some(exception) => (
            format!("NO_PROXY does not list {}", if hosts.len() == 1 { "it" } else { "them" }),
            format!("add {listed_hosts} to it{}", elsewhere(case, exception, at)),
        ),
        None => (
            "no settings file sets NO_PROXY".to_owned(),
            format!("set it in {file}, unless the shell does"),
        ),
    };
    let message = format!(
        "{name} sends the calls to {listed_hosts} to the proxy {host} too, because {why}: {step}"
    );
    let mut finding = Finding::at(at, Part::Entry, message)
        .says("the proxy of every call that NO_PROXY does not list")
        .subject(*name)
        .hops(one.calls.iter().map(|(_, hop, _)| hop.id))
        .fix(repair(case, one, &hosts));
    for at in &one.exceptions {
        finding = finding.also(at, Part::Value, "does not list the host");
    }
    for (entry, ..) in &one.calls {
        if let Some(url) = &entry.entry.url {
            finding = finding.also(&url.at, Part::Value, "called through the proxy");
        }
    }
    let mut calls = one.calls.iter();
    let loopback = calls.any(|(_, _, url)| url.host().is_some_and(|host| is_loopback(&host)));
    // The shell may set the list that no file has, and a proxy may know a name of the network.
    match loopback && !one.exceptions.is_empty() {
        true => findings.add(finding),
        false => findings.add_as(Severity::Note, finding),
    }
}

/// Where a list stands, if not beside the proxy.
fn elsewhere(case: &Case<'_>, list: &Pointer, proxy: &Pointer) -> String {
    match list.source == proxy.source {
        true => String::new(),
        false => format!(" in {}", case.stack.name(list.source)),
    }
}

/// Lists the hosts; of this machine both of its usual names.
fn repair(case: &Case<'_>, one: &Proxied<'_>, hosts: &[&str]) -> Fix {
    let mut items: Vec<String> = Vec::new();
    let mut add = |item: &str| {
        if !items.iter().any(|have| have == item) {
            items.push(item.to_owned());
        }
    };
    for host in hosts {
        let own = Host::parse(host).is_ok_and(|host| match &host {
            Host::Domain(name) => is_loopback(&Host::Domain(name.as_str())),
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        });
        if own {
            add("localhost");
            add("127.0.0.1");
        }
        add(host.trim_matches(['[', ']']));
    }
    let own = items.join(",");
    match one.exceptions.as_slice() {
        [] => {
            let name = known().proxy.exceptions.last().map_or("NO_PROXY", String::as_str);
            let title = format!("set {name} to {own}");
            Fix::new(Safety::Unsafe, title)
                .change(one.proxy.at.parent(), Op::Insert(name.to_owned(), json!(own)))
        }
        [at] => {
            let source = case.stack.source(at.source);
            let have = source.node(&at.path).and_then(|node| node.as_str());
            let have = have.unwrap_or_default().trim_end_matches([',', ' ']);
            let missing: Vec<&str> = items
                .iter()
                .map(String::as_str)
                .filter(|item| !have.split([',', ' ']).any(|listed| listed == *item))
                .collect();
            let all = match have {
                "" => missing.join(","),
                have => format!("{have},{}", missing.join(",")),
            };
            Fix::new(Safety::Unsafe, format!("list {}", listed(&missing, 4)))
                .change(at.clone(), Op::Set(json!(all)))
        }
        _ => Fix::manual("list the hosts", format!("NO_PROXY: …,{own}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_excepts_what_any_program_would_read_in_it() {
        let lists = |list: &str, url: &str| may_list(list, &Url::parse(url).unwrap());
        for (list, url, expected) in [
            ("localhost,127.0.0.1", "http://127.0.0.1:4000/mcp", true),
            ("internal.example, localhost", "http://localhost:4000/mcp", true),
            ("localhost", "http://127.0.0.1:4000/mcp", false),
            ("", "http://localhost:4000/mcp", false),
            ("localhost:4000", "http://localhost:4000/mcp", true),
            ("localhost:4001", "http://localhost:4000/mcp", false),
            ("127.0.0.0/8", "http://127.0.0.1:4000/mcp", true),
            ("*", "http://127.0.0.1:4000/mcp", true),
            ("::1", "http://[::1]:4000/mcp", true),
            ("[::1]:4000", "http://[::1]:4000/mcp", true),
            (".example", "http://gw.example/mcp", true),
            ("example", "http://gw.example/mcp", true),
            ("LOCALHOST", "http://localhost/mcp", true),
            ("notlocalhost", "http://localhost/mcp", false),
        ] {
            assert_eq!(lists(list, url), expected, "{list} {url}");
        }
    }

    #[test]
    fn a_proxy_counts_where_it_is_certainly_elsewhere() {
        for (text, expected) in [
            ("http://proxy.example:3128", Some("proxy.example")),
            ("proxy.example:3128", Some("proxy.example")),
            ("http://user:pw@10.0.0.1:3128", Some("10.0.0.1")),
            ("http://127.0.0.1:7890", None),
            ("socks5://localhost:1080", None),
            ("${CORPORATE_PROXY}", None),
            ("", None),
        ] {
            assert_eq!(host_of(text).as_deref(), expected, "{text}");
        }
    }
}
