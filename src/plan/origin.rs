//! Origins: scheme, host and port, within which a credential may stay.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Scheme, host and port of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    scheme: String,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// The origin of a url with a host and a scheme of the web.
    ///
    /// Another url's is `http://localhost` without its port, which is nobody's: no credential is lost by it.
    pub fn of(url: &Url) -> Origin {
        let host = url.host().map(|host| host.to_owned());
        Origin {
            scheme: url.scheme().to_owned(),
            host: host.unwrap_or_else(|| Host::Domain(String::new())),
            port: url.port_or_known_default().unwrap_or(0),
        }
    }

    /// Whether it is this machine, whatever a name server says: `localhost` and loopback addresses, but no name below
    /// `localhost`.
    pub fn is_this_machine(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { scheme, host, port } = self;
        match (scheme.as_str(), port) {
            ("http", 80) | ("https", 443) => write!(f, "{scheme}://{host}"),
            _ => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no origin such as https://gateway.example or http://10.0.0.5:4000")]
pub struct NoOrigin(String);

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(text: String) -> Result<Origin, NoOrigin> {
        text.parse()
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        // A path or credentials would suggest that they count.
        let url = Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        url.map(|url| Origin::of(&url))
            .ok_or_else(|| NoOrigin(crate::secret::redact(text)))
    }
}
