//! What a gateway tells of itself and of the servers behind it, and how far it can be trusted: recorded answers of LiteLLM
//! 1.77.3 and 1.109.1. The former calls every server healthy; only the number of its tools tells.

use std::fmt;

use serde_json::{Value, json};

use crate::catalog::gateway::{KeyFault, known};
use crate::fact::{Answer, Exchange, Probe, Purpose, Reply, Tells};
use crate::secret;

/// What a gateway has told in one conversation. Nothing where it was not asked or did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its version.
    pub version: Option<String>,
    /// Whether it has a database.
    pub database: Option<bool>,
    /// The servers that the caller's key may see.
    pub servers: Option<Vec<ToldServer>>,
    /// How it finds them.
    pub health: Option<Vec<ToldHealth>>,
    /// What became of each server when the caller asked for tools.
    pub outcomes: Option<Vec<ToldOutcome>>,
    /// Why it does not show its servers to the caller.
    pub refusal: Option<Refusal>,
    /// Names of servers that it refuses to the caller: it has none of that name, or the key may not see it.
    pub refused: Vec<String>,
    /// Whether it says that the caller's key may use no server at all.
    pub grants_nothing: bool,
}

/// A server, as its gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldServer {
    /// The gateway's id of it.
    pub id: String,
    /// Its name; its id where it has none.
    pub name: String,
    /// Its alias.
    pub alias: Option<String>,
    /// Its transport, in the gateway's word.
    pub transport: Option<String>,
    /// Its url, without secrets.
    pub url: Option<String>,
    /// Access groups that it is in.
    pub groups: Vec<String>,
}

/// How a gateway finds a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldHealth {
    /// The gateway's id of it.
    pub id: String,
    /// Whether the gateway calls it healthy.
    pub healthy: bool,
    /// How many tools the gateway got from it.
    pub tools: Option<u64>,
}

impl fmt::Display for ToldHealth {
    /// "healthy with 0 tools"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.healthy { "healthy" } else { "unhealthy" })?;
        match self.tools {
            Some(tools) => write!(f, " with {tools} tools"),
            None => Ok(()),
        }
    }
}

/// What became of a server when its tools were asked for through the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldOutcome {
    /// Its name or alias.
    pub name: String,
    /// In the gateway's word: `ok`, `unreachable`, `upstream_error`, `auth_required`, `forbidden`, `internal` and others.
    pub status: String,
    /// The status that the server answered with.
    pub http_status: Option<u64>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its status.
    pub status: u16,
    /// Its words, without secrets.
    pub words: String,
}

/// Where a list of tools tells what became of each server.
const OUTCOMES: &str = "litellm.ai/server_outcomes";
/// More servers than this are not looked at.
const SERVERS: usize = 2_000;
/// The member with the access groups of a server.
const GROUPS: &str = "mcp_access_groups";
/// Longer words are cut, in characters.
const WORD: usize = 200;

/// Whether the other side calls itself a gateway.
pub fn is_gateway(probe: &Probe) -> bool {
    let named = |exchange: &Exchange| match &exchange.message()?.reply {
        Reply::Result(result) => Some(result["serverInfo"]["name"] == known().clients.server_name),
        _ => None,
    };
    let mut exchanges = probe.exchanges.iter();
    exchanges.any(|one| named(one) == Some(true))
}

/// What is kept of a document in which a gateway tells something; nothing where it is another one. Commands and variables
/// of servers are left out: some versions show them with everything that is secret in them.
pub(crate) fn told(tells: Tells, document: Value) -> Option<Value> {
    match tells {
        Tells::Readiness | Tells::Details => {
            let members = document.as_object()?;
            members.contains_key("status").then(|| {
                json!({
                    "db": short(&document["db"]),
                    "litellm_version": short(&document["litellm_version"]),
                })
            })
        }
        Tells::Servers => {
            let servers = document.as_array()?.iter().take(SERVERS);
            let kept = servers.map(|server| {
                let fields = ["server_id", "server_name", "alias", "transport", "url"];
                let kept = fields.map(|name| (name.to_owned(), short(&server[name])));
                let mut kept: serde_json::Map<String, Value> = kept.into_iter().collect();
                let groups = server[GROUPS].as_array().into_iter().flatten();
                let groups: Vec<Value> = groups.take(SERVERS).map(short).collect();
                if !groups.is_empty() {
                    kept.insert(GROUPS.to_owned(), Value::Array(groups));
                }
                Value::Object(kept)
            });
            Some(kept.collect())
        }
        Tells::Health => {
            // A list since some version after 1.77.3; before, by their ids.
            let servers: Vec<&Value> = match &document {
                Value::Array(list) => list.iter().collect(),
                _ => document["servers"].as_object()?.values().collect(),
            };
            let kept = servers.into_iter().take(SERVERS).map(|server| {
                json!({
                    "server_id": short(&server["server_id"]),
                    "status": short(&server["status"]),
                    "tools_count": server["tools_count"].as_u64(),
                })
            });
            Some(kept.collect())
        }
    }
}

/// A text of reasonable length; null for everything else.
fn short(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(secret::redact(super::raw::cut(text, WORD))),
        None => Value::Null,
    }
}

impl Refusal {
    /// What is wrong with the caller's key, where the words are known.
    pub fn fault(&self) -> Option<KeyFault> {
        let words = self.words.to_lowercase();
        let mut known = known().clients.refusals.iter();
        let found = known.find(|one| words.contains(&one.says))?;
        Some(found.means)
    }
}

impl Told {
    /// What a conversation has of it.
    pub fn of(probe: &Probe) -> Told {
        let mut told = Told::default();
        for exchange in &probe.exchanges {
            if let Some(answer) = exchange.answer() {
                if told.refused.is_empty() {
                    told.refused = refused(answer);
                }
                told.grants_nothing |= has_words(answer, &known().clients.grants_nothing).is_some();
            }
            match exchange.purpose {
                Purpose::Gateway(tells) => told.add(tells, exchange),
                Purpose::ListTools(_) => {
                    if let Some(outcomes) = outcomes(exchange) {
                        told.outcomes.get_or_insert_default().extend(outcomes);
                    }
                }
                _ => {}
            }
        }
        told
    }

    fn add(&mut self, tells: Tells, exchange: &Exchange) {
        let Some(answer) = exchange.answer() else {
            return;
        };
        let Some(document) = &answer.document else {
            if tells == Tells::Servers && (400..500).contains(&answer.status) {
                self.refusal = Some(Refusal {
                    status: answer.status,
                    words: answer.text.clone(),
                });
            }
            return;
        };
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        match tells {
            Tells::Readiness | Tells::Details => {
                self.version = text(document, "litellm_version").or(self.version.take());
                if let Some(db) = document["db"].as_str() {
                    self.database = Some(!db.eq_ignore_ascii_case("not connected"));
                }
            }
            Tells::Servers => {
                let server = |one: &Value| {
                    let id = text(one, "server_id")?;
                    Some(ToldServer {
                        name: text(one, "server_name").unwrap_or_else(|| id.clone()),
                        alias: text(one, "alias"),
                        transport: text(one, "transport"),
                        url: text(one, "url").filter(|url| !url.is_empty()),
                        groups: one[GROUPS]
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(|group| Some(group.as_str()?.to_owned()))
                            .collect(),
                        id,
                    })
                };
                let list = document.as_array().map(Vec::as_slice).unwrap_or_default();
                self.servers = Some(list.iter().filter_map(server).collect());
            }
            Tells::Health => {
                let health = |one: &Value| {
                    Some(ToldHealth {
                        id: text(one, "server_id")?,
                        healthy: one["status"] == "healthy",
                        tools: one["tools_count"].as_u64(),
                    })
                };
                let list = document.as_array().map(Vec::as_slice).unwrap_or_default();
                self.health = Some(list.iter().filter_map(health).collect());
            }
        }
    }

    /// How the gateway finds the server of that name or alias.
    pub fn health_of(&self, name: &str) -> Option<&ToldHealth> {
        let server = self.server(name)?;
        self.health.as_ref()?.iter().find(|one| one.id == server.id)
    }

    /// The server of that name or alias.
    pub fn server(&self, name: &str) -> Option<&ToldServer> {
        let mut servers = self.servers.as_ref()?.iter();
        servers.find(|one| one.name == name || one.alias.as_deref() == Some(name))
    }

    /// What became of the server of that name or alias.
    pub fn outcome(&self, name: &str) -> Option<&ToldOutcome> {
        self.outcomes.as_ref()?.iter().find(|one| one.name == name)
    }
}

/// What follows these words in an answer, if it has them.
fn has_words<'a>(answer: &'a Answer, words: &str) -> Option<&'a str> {
    let at = answer.text.to_ascii_lowercase().find(words)?;
    Some(&answer.text[at + words.len()..])
}

/// The servers that an answer refuses by their names.
fn refused(answer: &Answer) -> Vec<String> {
    let Some(rest) = has_words(answer, &known().clients.refuses_servers) else {
        return Vec::new();
    };
    let names = rest.split(['"', '\n']).next().unwrap_or_default();
    let names = names.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty()).take(SERVERS);
    names
        .map(|name| super::raw::cut(name, WORD).to_owned())
        .collect()
}

/// Whether a list of tools, or the error that came instead, tells what became of each server.
pub(super) fn tells_outcomes(exchange: &Exchange) -> bool {
    outcomes(exchange).is_some()
}

/// What a list of tools, or the error that came instead, tells of each server.
fn outcomes(exchange: &Exchange) -> Option<Vec<ToldOutcome>> {
    let all = match &exchange.message()?.reply {
        Reply::Result(result) => &result["_meta"][OUTCOMES],
        Reply::Error(error) => &error.data[OUTCOMES],
        Reply::Own(_) => return None,
    };
    let outcome = |(name, one): (&String, &Value)| {
        Some(ToldOutcome {
            name: name.clone(),
            status: super::raw::cut(one["status"].as_str()?, WORD).to_owned(),
            http_status: one["http_status"].as_u64(),
        })
    };
    Some(all.as_object()?.iter().filter_map(outcome).collect())
}

/// What a refusal says, as LiteLLM wraps it; its first sentence, for what follows may repeat the key.
pub(crate) fn words(text: &str) -> String {
    let document: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let places = [
        &document["error"]["message"],
        &document["detail"]["error"],
        &document["detail"],
        &document["error"],
    ];
    let said = places.into_iter().find_map(Value::as_str).unwrap_or(text);
    let said = said.split_inclusive(". ").next().unwrap_or_default();
    secret::redact(super::raw::cut(said.trim(), WORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_variables_of_servers_are_not_kept() {
        let document = json!([{
            "server_id": "1", "server_name": "db", "alias": null, "transport": "stdio", "url": null,
            "command": "psql", "args": ["postgres://u:hunter2@h/d"], "env": {"PIN": "4711-canary"},
        }]);
        let kept = told(Tells::Servers, document).expect("a list");
        let told = json!([{"server_id": "1", "server_name": "db", "alias": null, "transport": "stdio", "url": null}]);
        assert_eq!(kept, told);
    }

    #[test]
    fn both_forms_of_health_are_read() {
        let old = json!({"total_servers": 1, "servers": {"1": {"server_id": "1", "status": "healthy", "tools_count": 0, "error": null}}});
        let new = json!([{"server_id": "1", "status": "unhealthy"}]);
        let kept = |document| told(Tells::Health, document).expect("health");
        assert_eq!(
            kept(old),
            json!([{"server_id": "1", "status": "healthy", "tools_count": 0}])
        );
        assert_eq!(
            kept(new),
            json!([{"server_id": "1", "status": "unhealthy", "tools_count": null}])
        );
    }

    #[test]
    fn a_refusal_is_said_in_its_own_words() {
        for (text, said) in [
            (
                r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
                "No connected db.",
            ),
            (r#"{"detail":"No connected db."}"#, "No connected db."),
            (
                r#"{"detail":{"error":"authentication_required","hint":"x"}}"#,
                "authentication_required",
            ),
            ("<html>", "<html>"),
        ] {
            assert_eq!(words(text), said);
        }
    }

    #[test]
    fn another_api_tells_nothing() {
        for tells in [Tells::Readiness, Tells::Servers, Tells::Health] {
            assert_eq!(told(tells, json!({"hello": "world"})), None);
            assert_eq!(told(tells, json!("ok")), None);
        }
    }
}
