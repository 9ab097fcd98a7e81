//! What a gateway puts before the names of its servers' tools, so that a client can tell them apart.

use super::GatewayView;
use crate::catalog::gateway::known;
use crate::model::{EnvLookup, Stack};

/// The prefixes of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// What stands between a server's name and a tool's.
    separator: String,
    /// What stands before the names of each server's tools, in the order of the servers.
    own: Vec<String>,
}

impl Prefixes {
    /// Those of a gateway, by its servers' aliases and names and by what its environment says.
    pub fn of(stack: &Stack, view: &GatewayView) -> Prefixes {
        let separator = &known().servers.separator;
        let separator = match view.env(stack, &separator.variable) {
            EnvLookup::Set(other) => other,
            EnvLookup::Unset | EnvLookup::Unknown => separator.default.clone(),
        };
        let servers = view.outcome.servers.iter();
        let own = servers.map(|server| {
            let name = server.alias.as_ref().unwrap_or(&server.name);
            format!("{}{separator}", name.value.replace(' ', "_"))
        });
        Prefixes {
            own: own.collect(),
            separator,
        }
    }

    /// The name by which a client calls a tool of a server.
    pub fn with(&self, server: usize, tool: &str) -> String {
        format!("{}{tool}", self.own[server])
    }

    /// Whether another server's tools have the same prefix and cannot be told from those of this one.
    pub fn is_shared(&self, server: usize) -> bool {
        let own = &self.own[server];
        self.own.iter().filter(|other| *other == own).count() > 1
    }

    /// The server's own name of a tool, if it is that server's: one that has its prefix and no longer one.
    pub fn without<'t>(&self, server: usize, tool: &'t str) -> Option<&'t str> {
        let own = &self.own[server];
        let name = tool.strip_prefix(own.as_str())?;
        let is_longer =
            |other: &String| other.len() > own.len() && tool.starts_with(other.as_str());
        let is_anothers = self.separator.is_empty() || self.own.iter().any(is_longer);
        (!is_anothers).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_of_the_server_with_the_longest_prefix() {
        let prefixes = Prefixes {
            separator: "-".to_owned(),
            own: vec!["db-".to_owned(), "db-old-".to_owned()],
        };
        assert_eq!(prefixes.with(0, "get-sum"), "db-get-sum");
        assert_eq!(prefixes.without(0, "db-get-sum"), Some("get-sum"));
        assert_eq!(prefixes.without(0, "db-old-query"), None);
        assert_eq!(prefixes.without(1, "db-old-query"), Some("query"));
        assert_eq!(prefixes.without(1, "db-query"), None);
    }

    #[test]
    fn without_a_separator_nothing_tells_servers_apart() {
        let prefixes = Prefixes {
            separator: String::new(),
            own: vec!["db".to_owned()],
        };
        assert_eq!(prefixes.with(0, "query"), "dbquery");
        assert_eq!(prefixes.without(0, "dbquery"), None);
    }
}
