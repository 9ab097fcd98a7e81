//! Routes by which Traefik leads to a service, as the labels of its container tell: which addresses, and to which port.

use super::Service;

const ROUTERS: &str = "traefik.http.routers.";
const SERVICES: &str = "traefik.http.services.";
/// The last part of the names by which its image is known.
const IMAGE: &str = "traefik";
/// A name that nobody gives to a host: what leads there leads everywhere.
const NO_HOST: &str = "";
/// Rules that are nested deeper are not read.
const DEEPEST: u32 = 32;

/// A router of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    rule: Rule,
    /// Of several routers that take an address, the one with the highest wins: the length of its rule, unless it is said.
    pub priority: i64,
}

/// What a route makes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It leads to the service.
    Yes,
    /// It does if something holds that an address does not tell: a header, a method.
    Perhaps,
    /// It does not.
    No,
}

/// Whether a label tells of routes.
pub fn is_route_label(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let rest = name
        .strip_prefix(ROUTERS)
        .and_then(|rest| rest.split_once('.'));
    let of_router = matches!(rest, Some((_, "rule" | "priority")));
    of_router
        || name == "traefik.enable"
        || (name.starts_with(SERVICES) && name.ends_with(".loadbalancer.server.port"))
}

/// Whether a service is Traefik itself, by its image.
pub fn is_traefik(service: &Service) -> bool {
    let image = service
        .image
        .as_ref()
        .map(|image| image.value.text.as_str());
    let name = image.and_then(|image| image.rsplit('/').next());
    name.is_some_and(|name| name.split([':', '@']).next() == Some(IMAGE))
}

/// The routes that the labels of a service tell. One whose rule depends on something unknown is left out.
pub fn routes(service: &Service) -> Vec<Route> {
    let labels = || {
        let labels = service.labels.iter().map(|label| &label.value);
        labels.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.get()?)))
    };
    let is_off = |(name, value): (String, &str)| {
        name == "traefik.enable" && value.eq_ignore_ascii_case("false")
    };
    if labels().any(is_off) {
        return Vec::new();
    }
    let rules = labels().filter_map(|(name, value)| {
        let router = name
            .strip_prefix(ROUTERS)?
            .strip_suffix(".rule")?
            .to_owned();
        Some((router, value))
    });
    let routes = rules.filter_map(|(router, text)| {
        let wanted = format!("{ROUTERS}{router}.priority");
        let mut said = labels().filter(|(name, _)| *name == wanted);
        let said = said.find_map(|(_, value)| value.parse::<i64>().ok());
        Some(Route {
            rule: Rule::parse(text)?,
            // Nothing said is 0, and so is its length meant.
            priority: match said {
                Some(said) if said != 0 => said,
                _ => i64::try_from(text.len()).unwrap_or(i64::MAX),
            },
        })
    });
    routes.collect()
}

/// The port in the container to which its labels lead: that which is said, if one is.
pub fn port(service: &Service) -> Option<u16> {
    let labels = service.labels.iter().map(|label| &label.value);
    let mut ports = labels.filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_port = name.starts_with(SERVICES) && name.ends_with(".loadbalancer.server.port");
        is_port.then(|| value.get()?.trim().parse().ok()).flatten()
    });
    let first = ports.next()?;
    ports.all(|other| other == first).then_some(first)
}

impl Route {
    /// Whether an address is led to the service, whoever has its host's name.
    pub fn takes(&self, host: &str, path: &str) -> Takes {
        match self.rule.holds(host, path) {
            Some(true) => Takes::Yes,
            None => Takes::Perhaps,
            Some(false) => Takes::No,
        }
    }

    /// Whether it takes only hosts that it names.
    pub fn names_hosts(&self, path: &str) -> bool {
        self.rule.holds(NO_HOST, path) == Some(false)
    }
}

/// A rule, as far as an address can tell whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Hosts(Vec<String>),
    Paths(Vec<String>),
    PathPrefixes(Vec<String>),
    /// Something else: a header, a method, a pattern.
    Other,
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

impl Rule {
    fn parse(text: &str) -> Option<Rule> {
        let mut reader = Reader { rest: text };
        let rule = reader.any(0)?;
        reader.rest.trim().is_empty().then_some(rule)
    }

    /// Nothing where an address does not tell.
    fn holds(&self, host: &str, path: &str) -> Option<bool> {
        match self {
            Rule::Hosts(hosts) => Some(hosts.iter().any(|one| one.eq_ignore_ascii_case(host))),
            Rule::Paths(paths) => Some(paths.iter().any(|one| one == path)),
            Rule::PathPrefixes(starts) => {
                Some(starts.iter().any(|start| path.starts_with(start.as_str())))
            }
            Rule::Other => None,
            Rule::Not(rule) => rule.holds(host, path).map(|holds| !holds),
            Rule::And(rules) | Rule::Or(rules) => {
                // One that does not hold settles the first, one that holds the second.
                let settles = matches!(self, Rule::Or(_));
                let all: Vec<_> = rules.iter().map(|rule| rule.holds(host, path)).collect();
                match all.contains(&Some(settles)) {
                    true => Some(settles),
                    false => (!all.contains(&None)).then_some(!settles),
                }
            }
        }
    }
}

/// What is still to be read of a rule.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self, depth: u32) -> Option<Rule> {
        self.joined("||", Rule::Or, |reader| reader.all(depth))
    }

    fn all(&mut self, depth: u32) -> Option<Rule> {
        self.joined("&&", Rule::And, |reader| reader.one(depth))
    }

    /// Rules with a sign between them; one alone is itself.
    fn joined(
        &mut self,
        sign: &str,
        together: fn(Vec<Rule>) -> Rule,
        next: impl Fn(&mut Self) -> Option<Rule>,
    ) -> Option<Rule> {
        let first = next(self)?;
        if !self.take(sign) {
            return Some(first);
        }
        let mut rules = vec![first, next(self)?];
        while self.take(sign) {
            rules.push(next(self)?);
        }
        Some(together(rules))
    }

    fn one(&mut self, depth: u32) -> Option<Rule> {
        if depth > DEEPEST {
            return None;
        }
        if self.take("!") {
            return Some(Rule::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let rule = self.any(depth + 1)?;
            return self.take(")").then_some(rule);
        }
        let text = self.rest.trim_start();
        let end = text.find('(')?;
        let name = text[..end].trim().to_ascii_lowercase();
        self.rest = &text[end + 1..];
        let mut values = vec![self.quoted()?];
        while self.take(",") {
            values.push(self.quoted()?);
        }
        if !self.take(")") {
            return None;
        }
        let is_plain = !values.iter().any(|value| value.contains(['{', '}']));
        let values = values.into_iter().map(str::to_owned).collect();
        Some(match name.as_str() {
            "host" => Rule::Hosts(values),
            // With braces it is a pattern in version 2.
            "path" if is_plain => Rule::Paths(values),
            "pathprefix" if is_plain => Rule::PathPrefixes(values),
            _ if name.chars().all(|c| c.is_ascii_alphanumeric()) => Rule::Other,
            _ => return None,
        })
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let quote = text
            .chars()
            .next()
            .filter(|c| matches!(c, '`' | '"' | '\''))?;
        let (value, rest) = text[1..].split_once(quote)?;
        self.rest = rest;
        Some(value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_what_it_says() {
        use Takes::{No, Perhaps, Yes};
        for (rule, host, path, takes) in [
            ("Host(`h`)", "h", "/mcp", Yes),
            ("Host(`h`)", "H", "/mcp", Yes),
            ("Host(`h`)", "g", "/mcp", No),
            ("Host(`a`, `h`)", "h", "/mcp", Yes),
            ("Host(`a`) || Host(\"h\")", "h", "/mcp", Yes),
            ("Host(`h`) && PathPrefix(`/llm`)", "h", "/llm/mcp", Yes),
            ("Host(`h`) && PathPrefix(`/llm`)", "h", "/mcp", No),
            (
                "(Host(`h`) || Host(`g`)) && (PathPrefix(`/a`) || Path(`/b`))",
                "g",
                "/b",
                Yes,
            ),
            ("Host(`a`) || Host(`h`) && PathPrefix(`/x`)", "h", "/y", No),
            ("Host(`h`) && !PathPrefix(`/admin`)", "h", "/mcp", Yes),
            ("Host(`h`) && Method(`GET`)", "h", "/mcp", Perhaps),
            ("Host(`h`) && Headers(`a`, `b`)", "g", "/mcp", No),
            ("HostRegexp(`.+`)", "h", "/mcp", Perhaps),
            ("Host(`h`) && PathPrefix(`/{any:.*}`)", "h", "/mcp", Perhaps),
        ] {
            let rule = Rule::parse(rule).expect(rule);
            let route = Route { rule, priority: 1 };
            assert_eq!(route.takes(host, path), takes, "{route:?}");
        }
        for none in [
            "",
            "Host(h)",
            "Host(`h`",
            "Host(`h`) PathPrefix(`/`)",
            "Host(`h`) &&",
            "(((",
        ] {
            assert_eq!(Rule::parse(none), None, "{none}");
        }
        assert_eq!(Rule::parse(&"(".repeat(100_000)), None);
    }

    #[test]
    fn only_what_tells_of_routes_is_a_route_label() {
        for (name, is) in [
            ("traefik.enable", true),
            ("traefik.http.routers.llm.rule", true),
            ("Traefik.HTTP.Routers.llm.Rule", true),
            ("traefik.http.services.llm.loadbalancer.server.port", true),
            ("traefik.http.middlewares.auth.basicauth.users", false),
            ("traefik.http.routers.llm.tls", false),
        ] {
            assert_eq!(is_route_label(name), is, "{name}");
        }
    }
}
