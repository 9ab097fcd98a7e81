//! What a server that demands a login says of it: challenges, and where the documents of RFC 9728 (protected resource)
//! and RFC 8414 (authorization server) are looked for, in the order of the specification.

use serde_json::Value;
use url::Url;

use crate::fact::Answer;

/// The challenges of `WWW-Authenticate` headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Schemes, as written: `Bearer`, `Basic`.
    pub schemes: Vec<String>,
    /// `resource_metadata` of a `Bearer` challenge.
    pub metadata: Option<String>,
    /// `error` of a `Bearer` challenge.
    pub error: Option<String>,
}

impl Challenge {
    /// Those of an answer.
    pub fn of(answer: &Answer) -> Challenge {
        let mut challenge = Challenge::default();
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "www-authenticate");
        for (_, value) in headers {
            challenge.read(value);
        }
        challenge
    }

    fn read(&mut self, value: &str) {
        for part in parts(value) {
            let (scheme, rest) = match part.split_once(char::is_whitespace) {
                Some((word, rest)) if !word.contains('=') => (Some(word), rest.trim()),
                None if !part.contains('=') => (Some(part.as_str()), ""),
                _ => (None, part.as_str()),
            };
            self.schemes.extend(scheme.map(str::to_owned));
            if let Some((name, value)) = rest.split_once('=') {
                let value = value.trim().trim_matches('"').to_owned();
                match name.trim().to_ascii_lowercase().as_str() {
                    "resource_metadata" => self.metadata = Some(value),
                    "error" => self.error = Some(value),
                    _ => {}
                }
            }
        }
    }
}

/// The parts between commas that stand outside of quotes.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Where the document of a protected resource may be: where the challenge says, else at its well-known places.
pub fn resource_documents(url: &Url, challenge: &Challenge) -> Vec<Url> {
    if let Some(named) = &challenge.metadata {
        return url.join(named).into_iter().collect();
    }
    let place = |path: &str| well_known(url, "oauth-protected-resource", path);
    let own = url.path().trim_end_matches('/');
    let mut found = vec![place(own)];
    if !own.is_empty() {
        found.push(place(""));
    }
    found
}

/// `authorization_servers` of such a document.
pub fn authorization_servers(document: &Value) -> Vec<String> {
    let servers = document["authorization_servers"].as_array();
    let servers = servers.into_iter().flatten().filter_map(Value::as_str);
    servers.map(str::to_owned).collect()
}

/// Where the document of an authorization server may be.
pub fn server_documents(issuer: &str) -> Vec<Url> {
    let Ok(url) = Url::parse(issuer) else {
        return Vec::new();
    };
    let path = url.path().trim_end_matches('/');
    let mut found = vec![
        well_known(&url, "oauth-authorization-server", path),
        well_known(&url, "openid-configuration", path),
    ];
    if !path.is_empty() {
        let mut last = url.clone();
        last.set_path(&format!("{path}/.well-known/openid-configuration"));
        found.push(last);
    }
    found
}

/// Whether `resource` of a document covers the address that is called: the same origin, and the path below it.
pub fn covers(resource: &str, url: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else {
        return false;
    };
    let folder = |path: &str| format!("{}/", path.trim_end_matches('/'));
    resource.origin() == url.origin() && folder(url.path()).starts_with(&folder(resource.path()))
}

fn well_known(url: &Url, what: &str, path: &str) -> Url {
    let mut place = url.clone();
    place.set_path(&format!("/.well-known/{what}{path}"));
    place.set_query(None);
    place.set_fragment(None);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(value: &str) -> Challenge {
        let mut challenge = Challenge::default();
        challenge.read(value);
        challenge
    }

    #[test]
    fn challenges_are_read_whole() {
        let read = challenge(
            r#"Bearer error="invalid_token", error_description="a, b", resource_metadata="http://h/.well-known/x", Basic realm="y""#,
        );
        assert_eq!(read.schemes, ["Bearer", "Basic"]);
        assert_eq!(read.metadata.as_deref(), Some("http://h/.well-known/x"));
        assert_eq!(read.error.as_deref(), Some("invalid_token"));
        assert_eq!(challenge("Bearer").schemes, ["Bearer"]);
        assert_eq!(challenge("Negotiate, NTLM").schemes, ["Negotiate", "NTLM"]);
        assert_eq!(challenge("").schemes, Vec::<String>::new());
    }

    #[test]
    fn documents_are_looked_for_in_order() {
        let texts = |urls: Vec<Url>| -> Vec<String> { urls.iter().map(Url::to_string).collect() };
        let url = Url::parse("https://h/api/mcp?x").expect("a url");
        assert_eq!(
            texts(resource_documents(&url, &Challenge::default())),
            [
                "https://h/.well-known/oauth-protected-resource/api/mcp",
                "https://h/.well-known/oauth-protected-resource"
            ]
        );
        assert_eq!(
            texts(server_documents("https://a/t1")),
            [
                "https://a/.well-known/oauth-authorization-server/t1",
                "https://a/.well-known/openid-configuration/t1",
                "https://a/t1/.well-known/openid-configuration"
            ]
        );
        assert_eq!(texts(server_documents("https://a")).len(), 2);
    }

    #[test]
    fn a_resource_covers_what_is_below_it() {
        let url = Url::parse("http://h:1/mcp").expect("a url");
        for (resource, expected) in [
            ("http://h:1/mcp", true),
            ("http://h:1/mcp/", true),
            ("http://h:1", true),
            ("http://h:1/mc", false),
            ("http://h/mcp", false),
            ("https://h:1/mcp", false),
        ] {
            assert_eq!(covers(resource, &url), expected, "{resource}");
        }
    }
}
