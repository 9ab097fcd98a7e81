//! What stands in front of a gateway: addresses that are said to be its own, and what of a client's path is a proxy's and
//! not the gateway's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::resolve::own_names;
use super::{GatewayView, Settings};
use crate::catalog::gateway::Clients;
use crate::fact::Engine;
use crate::gateway::Upstream;
use crate::model::Stack;
use crate::running::Containers;
use crate::wire::before_mcp;

/// A gateway and an address of it, as a person says it: `NAME=URL`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GatewayUrl {
    /// What the gateway is called.
    pub name: String,
    /// The origin and what stands in the path before `/mcp`.
    pub front: Url,
}

/// A text that is no [`GatewayUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no gateway and its url, such as litellm=https://gateway.example/llm/mcp")]
pub struct NoGatewayUrl(String);

impl FromStr for GatewayUrl {
    type Err = NoGatewayUrl;

    fn from_str(text: &str) -> Result<GatewayUrl, NoGatewayUrl> {
        let read = || {
            let (name, url) = text.split_once('=')?;
            let mut front = Url::parse(url.trim()).ok()?;
            let is_plain = matches!(front.scheme(), "http" | "https")
                && front.has_host()
                && front.username().is_empty()
                && front.password().is_none()
                && front.query().is_none()
                && front.fragment().is_none();
            let path = front.path().to_owned();
            front.set_path(before_mcp(&path).unwrap_or(path.trim_end_matches('/')));
            let name = name.trim().to_owned();
            (is_plain && !name.is_empty()).then_some(GatewayUrl { name, front })
        };
        read().ok_or_else(|| NoGatewayUrl(crate::secret::redact(text)))
    }
}

impl fmt::Display for GatewayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.front)
    }
}

impl From<GatewayUrl> for String {
    fn from(told: GatewayUrl) -> String {
        told.to_string()
    }
}

impl TryFrom<String> for GatewayUrl {
    type Error = NoGatewayUrl;

    fn try_from(text: String) -> Result<GatewayUrl, NoGatewayUrl> {
        text.parse()
    }
}

/// A name that a person gave to a gateway, and that is not the name of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misnamed {
    /// There is no gateway.
    #[error("{0} names a gateway, and none was found")]
    NoGateway(String),
    /// No gateway has this name.
    #[error("no gateway is called {name}: there is {there}")]
    Nobody {
        /// The name.
        name: String,
        /// What the gateways are called.
        there: String,
    },
    /// More than one has it.
    #[error("{name} may be each of several gateways: {there}; name one by its id")]
    Several {
        /// The name.
        name: String,
        /// What those are called that have it.
        there: String,
    },
}

/// Addresses that are said to be gateways', each with the gateway's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fronts(Vec<(usize, Url)>);

impl Fronts {
    /// What the settings say.
    pub(super) fn of(
        stack: &Stack,
        engine: Option<&Engine>,
        views: &[GatewayView],
        containers: &Containers,
        settings: &Settings,
    ) -> Result<Fronts, Misnamed> {
        let names: Vec<Vec<String>> = (0..views.len())
            .map(|number| names(stack, engine, &views[number], containers, number))
            .collect();
        let told = settings.gateway_urls.iter();
        let found = told.map(|told| Ok((numbered(&told.name, &names)?, told.front.clone())));
        Ok(Fronts(found.collect::<Result<_, _>>()?))
    }

    /// The gateway whose front an address begins with, and what of its path that front is. Of several the longest counts.
    pub(super) fn of_url(&self, url: &Url) -> Option<(usize, &str)> {
        let mut fitting: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter(|(_, front)| front.origin() == url.origin())
            .map(|(gateway, front)| (*gateway, front.path().trim_end_matches('/')))
            .filter(|(_, path)| beyond(url.path(), path).is_some())
            .collect();
        fitting.sort_by_key(|(_, path)| path.len());
        fitting.pop()
    }

    /// The first address of a gateway.
    pub fn first(&self, gateway: usize) -> Option<&Url> {
        let mut fronts = self.0.iter();
        fronts.find_map(|(number, front)| (*number == gateway).then_some(front))
    }
}

/// Everything that a gateway may be called, the clearest first.
fn names(
    stack: &Stack,
    engine: Option<&Engine>,
    view: &GatewayView,
    containers: &Containers,
    number: usize,
) -> Vec<String> {
    let gateway = &stack.gateways[number];
    let mut names = vec![gateway.id.clone()];
    let file = stack.name(gateway.root.source);
    names.push(file.to_owned());
    names.extend(file.rsplit('/').next().map(str::to_owned));
    let Some(id) = view.service() else {
        names.push(gateway.kind.word().to_owned());
        return names;
    };
    names.extend(own_names(stack, id).map(|name| name.into_owned()));
    if let Some(engine) = engine {
        let numbers = containers.all(id).iter();
        names.extend(numbers.map(|number| engine.containers[*number].name.clone()));
    }
    names
}

fn numbered(name: &str, names: &[Vec<String>]) -> Result<usize, Misnamed> {
    let has = |number: &usize| names[*number].iter().any(|one| one == name);
    let fitting: Vec<usize> = (0..names.len()).filter(has).collect();
    let shown = |numbers: &[usize]| {
        let ids = numbers.iter().filter_map(|number| names[*number].first());
        ids.cloned().collect::<Vec<_>>().join(", ")
    };
    match (fitting.as_slice(), names) {
        ([only], _) => Ok(*only),
        ([], []) => Err(Misnamed::NoGateway(name.to_owned())),
        ([], _) => Err(Misnamed::Nobody {
            name: name.to_owned(),
            there: shown(&(0..names.len()).collect::<Vec<_>>()),
        }),
        (several, _) => Err(Misnamed::Several {
            name: name.to_owned(),
            there: shown(several),
        }),
    }
}

/// How it is known that a call leads where it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Its address is the callee's own: a name, a published port.
    #[default]
    Address,
    /// It begins with an address that is said to be the gateway's, of whose path this is.
    Told(String),
    /// Labels lead a proxy from there to the callee.
    Route,
    /// It is the gateway that answers.
    Answer,
}

/// What stands in a client's path before the gateway's own: what a proxy has there, and what the gateway was told to put
/// in front.
pub(super) fn prefix(
    stack: &Stack,
    view: &GatewayView,
    clients: &Clients,
    link: &Link,
    path: &str,
) -> String {
    let root = view.root_path(stack);
    let told = match link {
        Link::Told(told) => told.as_str(),
        Link::Address | Link::Route | Link::Answer => "",
    };
    let after = |start: &str| {
        let rest = beyond(path, start)?;
        Some(&path[..path.len() - rest.len()])
    };
    let known = after(&format!("{told}{root}"))
        .or_else(|| after(told))
        .unwrap_or_default();
    let rest = path[known.len()..].trim_end_matches('/');
    let is_served = || clients.paths.iter().any(|served| served.path == rest);
    let proxys = match before_mcp(rest) {
        Some(before) if matches!(link, Link::Route | Link::Answer) && !is_served() => {
            // A server's name stands there as well.
            match before.rsplit_once('/') {
                Some((further, names)) if is_names(view, names) => further,
                _ => before,
            }
        }
        _ => "",
    };
    format!("{known}{proxys}")
}

/// Whether a part of a path names servers of a gateway.
fn is_names(view: &GatewayView, part: &str) -> bool {
    let servers = view.outcome.servers.iter();
    let mut known = servers.flat_map(Upstream::names);
    known.any(|name| {
        let mut names = part.split(',');
        names.any(|one| one.eq_ignore_ascii_case(&name.value))
    })
}

/// What of a path is beyond its first parts.
fn beyond<'a>(path: &'a str, first: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(first)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_far_as_mcp() {
        for (text, name, front) in [
            ("gw=https://h", "gw", "https://h/"),
            ("gw=https://h/", "gw", "https://h/"),
            ("gw=https://h/mcp/", "gw", "https://h/"),
            ("gw=https://h/llm/", "gw", "https://h/llm"),
            ("gw=https://h/llm/mcp/db", "gw", "https://h/llm"),
            (
                "a/config.yaml=http://h:8/x/y/mcp",
                "a/config.yaml",
                "http://h:8/x/y",
            ),
            ("gw=https://h/mcp-gw", "gw", "https://h/mcp-gw"),
        ] {
            let told: GatewayUrl = text.parse().expect(text);
            assert_eq!((told.name.as_str(), told.front.as_str()), (name, front));
        }
        for none in [
            "https://h",
            "gw=h:80",
            "=https://h",
            "gw=https://u:p@h",
            "gw=https://h?x=1",
        ] {
            assert!(none.parse::<GatewayUrl>().is_err(), "{none}");
        }
    }

    #[test]
    fn the_longest_front_counts() {
        let url = |text: &str| Url::parse(text).expect("a url");
        let fronts = Fronts(vec![
            (0, url("https://h/")),
            (1, url("https://h/llm")),
            (2, url("https://h:8443/llm")),
        ]);
        for (text, found) in [
            ("https://h/mcp", Some((0, ""))),
            ("https://h:443/llm/mcp/", Some((1, "/llm"))),
            ("https://h/llmx/mcp", Some((0, ""))),
            ("https://h:8443/mcp", None),
            ("http://h/mcp", None),
        ] {
            assert_eq!(fronts.of_url(&url(text)), found, "{text}");
        }
    }
}
