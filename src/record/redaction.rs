//! Facts without secrets and without a machine's own paths: every text of their JSON is looked at, so that what is added
//! to facts later is looked at too.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::place::Places;
use crate::fact::{Ask, Container, Engine, Facts, Known, Probe, Secret, Target, Tokens};
use crate::plan::Permissions;
use crate::secret;
use crate::wire::called;

/// What of a value is hidden by how it looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    /// What shows itself to be secret.
    Telling,
    /// And what looks random.
    Random,
}

/// Takes secrets out.
pub(super) struct Redaction<'a> {
    tokens: &'a Tokens,
    places: &'a Places,
    /// Tokens of values that stand in many texts: deriving one takes its time.
    derived: RefCell<HashMap<String, String>>,
    /// Values of variables that are secret only where they were sent, and their tokens: what is hidden there is hidden
    /// piece by piece.
    sent: Vec<(String, String)>,
}

/// Values that are secret wherever they stand in a part of the facts, and their tokens; longest first.
#[derive(Clone, Debug, Default)]
struct Everywhere {
    values: Vec<(String, String)>,
    /// What of the tokens is one by itself.
    units: Vec<String>,
}

/// Members whose texts are words of a command.
const WORDS: [&str; 4] = ["args", "command", "entrypoint", "healthcheck"];
/// Members whose texts name something: a value of a variable that is by chance the same is not taken out of them.
const NAMES: [&str; 10] = [
    "url",
    "host",
    "name",
    "id",
    "image",
    "image_id",
    "hostname",
    "aliases",
    "dns_names",
    "networks",
];

/// The header with the name of a session.
const SESSION: &str = "mcp-session-id";

impl<'a> Redaction<'a> {
    pub fn new(tokens: &'a Tokens, places: &'a Places) -> Redaction<'a> {
        Redaction {
            tokens,
            places,
            derived: RefCell::default(),
            sent: Vec::new(),
        }
    }

    /// The same, where values of these variables are in what is hidden.
    pub fn with_sent(mut self, sent: impl Iterator<Item = (String, String)>) -> Redaction<'a> {
        self.sent = sent
            .filter(|(value, _)| value.len() >= Secret::SHORTEST)
            .collect();
        self.sent
            .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        self
    }

    /// The value of a variable of the environment without what was hidden so far. A name that tells nothing may hold what
    /// was sent as a key all the same.
    pub fn sent_value(&self, value: &str) -> String {
        let derived = self.derived.borrow();
        let is_part = |piece: &&String| {
            piece.as_str() == value || (value.parse::<u16>().is_err() && stands_in(value, piece))
        };
        if value.len() >= Secret::SHORTEST && derived.keys().any(|piece| is_part(&piece)) {
            return self.tokens.token(value);
        }
        let parts = derived
            .iter()
            .filter(|(piece, _)| piece.len() >= Secret::SHORTEST && stands_in(piece, value));
        parts.fold(value.to_owned(), |value, (piece, token)| {
            value.replace(piece, token)
        })
    }

    /// All facts.
    pub fn facts(&self, facts: &Facts) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(Facts {
            engine: facts.engine.clone(),
            wire: Known::Yes(Vec::new()),
            clients: Vec::new(),
            tokens: None,
        })?;
        value["engine"] = match &facts.engine {
            Known::Yes(engine) => serde_json::json!({ "Yes": self.engine(engine)? }),
            no => self.plain(no)?,
        };
        value["wire"] = match &facts.wire {
            Known::Yes(probes) => {
                let probes: Result<Vec<Value>, _> =
                    probes.iter().map(|probe| self.probe(probe)).collect();
                serde_json::json!({ "Yes": probes? })
            }
            no => self.plain(no)?,
        };
        if !facts.clients.is_empty() {
            let mut clients = serde_json::to_value(&facts.clients)?;
            // A client may repeat what a server says, and a server what it was sent.
            let sent = facts.probes().iter().flat_map(|probe| sent(&probe.asked));
            let sent = self.everywhere(sent);
            self.walk("clients", &mut clients, &sent, &sent, Looks::Telling);
            value["clients"] = clients;
        }
        Ok(value)
    }

    /// A question. Two that are equal are so afterwards.
    pub fn ask(&self, ask: &Ask) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(ask)?;
        let meant = self.everywhere(ask.secrets.iter().map(Secret::reveal));
        self.walk("asked", &mut value, &meant, &meant, Looks::Random);
        Ok(value)
    }

    /// What a run was permitted to do: the arguments of calls as they are in the questions with them. `secrets` are those
    /// of all questions.
    pub fn permissions<'s>(
        &self,
        permissions: &Permissions,
        secrets: impl Iterator<Item = &'s str>,
    ) -> Permissions {
        let meant = self.everywhere(secrets);
        let mut permissions = permissions.clone();
        for call in &mut permissions.calls {
            self.walk(
                "arguments",
                &mut call.arguments,
                &meant,
                &meant,
                Looks::Random,
            );
        }
        permissions
    }

    fn probe(&self, probe: &Probe) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(probe)?;
        let meant = self.everywhere(probe.asked.secrets.iter().map(Secret::reveal));
        let sent = self.everywhere(sent(&probe.asked));
        self.walk("probe", &mut value, &meant, &sent, Looks::Telling);
        value["asked"] = self.ask(&probe.asked)?;
        // Whoever guesses what a tool answered must not find it confirmed at once. Why it failed is said.
        if let Some(content) = &probe.content {
            value["content"]["digest"] = self.tokens.digest(content.digest.as_bytes()).into();
            if called(probe).is_some_and(|called| called.succeeded()) {
                value["content"]["first"] = "".into();
            }
        }
        Ok(value)
    }

    fn engine(&self, engine: &Engine) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(Engine {
            containers: Vec::new(),
            ..engine.clone()
        })?;
        let none = Everywhere::default();
        self.walk("engine", &mut value, &none, &none, Looks::Random);
        let containers = engine.containers.iter();
        value["containers"] = containers
            .map(|container| self.container(container))
            .collect::<Result<Vec<Value>, _>>()?
            .into();
        Ok(value)
    }

    fn container(&self, container: &Container) -> serde_json::Result<Value> {
        // Of a password that is a common word nobody can say where it is meant.
        const SHORTEST: usize = 8;
        let is_secret = |name: &str, value: &str| {
            secret::is_telling(name) && value.len() >= SHORTEST && !secret::is_placeholder(value)
        };
        let env = container.env.iter();
        let own = env
            .map(|(name, value)| (name, value.reveal()))
            .filter(|(name, value)| is_secret(name, value));
        let own = self.everywhere(own.map(|(_, value)| value));
        let mut value = serde_json::to_value(container)?;
        self.walk(
            "container",
            &mut value,
            &Everywhere::default(),
            &own,
            Looks::Random,
        );
        Ok(value)
    }

    fn plain(&self, value: &impl Serialize) -> serde_json::Result<Value> {
        let mut value = serde_json::to_value(value)?;
        let none = Everywhere::default();
        self.walk("", &mut value, &none, &none, Looks::Telling);
        Ok(value)
    }

    /// Looks at every text below `key`. `meant` is secret in all of them, `seen` in those that name nothing.
    fn walk(
        &self,
        key: &str,
        value: &mut Value,
        meant: &Everywhere,
        seen: &Everywhere,
        looks: Looks,
    ) {
        let seen = match NAMES.contains(&key) {
            true => meant,
            false => seen,
        };
        match value {
            Value::String(text) => *text = self.prose(text, seen),
            Value::Array(items) if key == "secrets" => {
                for text in items.iter_mut().filter_map(text_of) {
                    *text = self.token(&self.places.hidden(text));
                }
            }
            Value::Array(items) if matches!(key, "headers" | "env") => {
                for item in items {
                    if let Value::Array(pair) = item
                        && let [Value::String(name), Value::String(text)] = pair.as_mut_slice()
                    {
                        // Whoever has it can go on with the session.
                        let looks = match name.eq_ignore_ascii_case(SESSION) {
                            true => Looks::Random,
                            false => looks,
                        };
                        *text = self.variable(name, text, seen, looks);
                    }
                }
            }
            Value::Array(items) if WORDS.contains(&key) => self.words(items, seen),
            Value::Array(items) => {
                for item in items {
                    self.walk(key, item, meant, seen, looks);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) if matches!(key, "env" | "labels") => {
                            let looks = match key {
                                "env" => looks,
                                // Hashes of all sorts are among them.
                                _ => Looks::Telling,
                            };
                            *text = self.variable(name, text, seen, looks);
                        }
                        member => self.walk(name, member, meant, seen, looks),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn prose(&self, text: &str, secrets: &Everywhere) -> String {
        let text = secrets.hidden(&self.places.hidden(text));
        self.replaced(&text, secrets, &secret::spans_to_redact(&text))
    }

    fn variable(&self, name: &str, text: &str, secrets: &Everywhere, looks: Looks) -> String {
        let text = secrets.hidden(&self.places.hidden(text));
        let spans = match looks {
            Looks::Telling => secret::spans_to_mask(Some(name), &text),
            Looks::Random => Tokens::spans(name, &text),
        };
        self.replaced(&text, secrets, &spans)
    }

    fn words(&self, items: &mut [Value], secrets: &Everywhere) {
        let mut before: Option<String> = None;
        for text in items.iter_mut().filter_map(text_of) {
            let name = before
                .as_deref()
                .and_then(secret::flag_name)
                .unwrap_or_default();
            let hidden = self.variable(name, text, secrets, Looks::Random);
            before = Some(std::mem::replace(text, hidden));
        }
    }

    /// A text with tokens for these parts of it. What is a token already stays.
    fn replaced(
        &self,
        text: &str,
        secrets: &Everywhere,
        spans: &[core::ops::Range<usize>],
    ) -> String {
        let mut parts = Vec::new();
        for span in spans {
            secrets.outside(text, span.clone(), &mut parts);
        }
        if parts.is_empty() {
            return text.to_owned();
        }
        let mut derived = self.derived.borrow_mut();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for part in parts {
            out.push_str(&text[at..part.start]);
            for (piece, token) in self.pieces(&text[part.clone()]) {
                match token {
                    Some(token) => out.push_str(token),
                    None => out.push_str(derived.entry(piece.to_owned()).or_insert_with(|| {
                        let whole = 0..piece.len();
                        self.tokens.replaced(piece, std::slice::from_ref(&whole))
                    })),
                }
            }
            at = part.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// What is hidden, and the tokens of the pieces of it that stood in a variable.
    fn pieces<'t>(&'t self, part: &'t str) -> Vec<(&'t str, Option<&'t str>)> {
        let found = self.sent.iter().find_map(|(value, token)| {
            let at = part.find(value.as_str())?;
            Some((at, at + value.len(), token.as_str()))
        });
        let Some((from, to, token)) = found else {
            return match part.is_empty() {
                true => Vec::new(),
                false => vec![(part, None)],
            };
        };
        let mut pieces = self.pieces(&part[..from]);
        pieces.push((&part[from..to], Some(token)));
        pieces.extend(self.pieces(&part[to..]));
        pieces
    }

    fn token(&self, value: &str) -> String {
        let key = format!("\0{value}");
        let mut derived = self.derived.borrow_mut();
        let token = derived
            .entry(key)
            .or_insert_with(|| self.tokens.token(value));
        token.clone()
    }

    fn everywhere<'v>(&self, values: impl Iterator<Item = &'v str>) -> Everywhere {
        let mut found: Vec<(String, String)> = values
            .filter(|value| value.len() >= Secret::SHORTEST)
            .map(|value| self.places.hidden(value))
            .map(|value| (self.token(&value), value))
            .map(|(token, value)| (value, token))
            .collect();
        found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        found.dedup();
        let units = found
            .iter()
            .flat_map(|(_, token)| Tokens::units(token).map(|unit| token[unit].to_owned()));
        let mut units: Vec<String> = units
            .filter(|unit| unit.len() >= Secret::SHORTEST)
            .collect();
        units.sort_by_key(|unit| std::cmp::Reverse(unit.len()));
        Everywhere {
            values: found,
            units,
        }
    }
}

impl Everywhere {
    /// A text with tokens for these values.
    fn hidden(&self, text: &str) -> String {
        let there = self.values.iter().filter(|(value, _)| text.contains(value));
        there.fold(text.to_owned(), |text, (value, token)| {
            text.replace(value, token)
        })
    }

    /// The parts of a span in which none of the tokens stands.
    fn outside(
        &self,
        text: &str,
        span: core::ops::Range<usize>,
        parts: &mut Vec<core::ops::Range<usize>>,
    ) {
        let part = &text[span.clone()];
        let found = self.units.iter().find_map(|unit| {
            let at = part.find(unit.as_str())?;
            Some(span.start + at..span.start + at + unit.len())
        });
        match found {
            Some(token) => {
                self.outside(text, span.start..token.start, parts);
                self.outside(text, token.end..span.end, parts);
            }
            None if span.is_empty() => {}
            None => parts.push(span),
        }
    }
}

/// Whether a text is a part of another, and no part of a longer word there.
fn stands_in(part: &str, whole: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric();
    whole.match_indices(part).any(|(at, _)| {
        let before = whole[..at].chars().next_back();
        let after = whole[at + part.len()..].chars().next();
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

fn text_of(value: &mut Value) -> Option<&mut String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Everything that was sent that nobody else may see.
pub(super) fn sent_of(facts: &Facts) -> impl Iterator<Item = &str> {
    facts.probes().iter().flat_map(|probe| sent(&probe.asked))
}

/// What containers keep under telling names.
pub(super) fn kept_of(facts: &Facts) -> impl Iterator<Item = &str> {
    let containers = facts.engine.get().into_iter();
    let containers = containers.flat_map(|engine| &engine.containers);
    let env = containers.flat_map(|container| &container.env);
    env.filter(|(name, _)| secret::is_telling(name))
        .map(|(_, value)| value.reveal())
}

/// What was sent that nobody else may see: values of headers and variables, and what was filled in.
fn sent(ask: &Ask) -> impl Iterator<Item = &str> {
    let headers = ask.headers.iter().map(|(name, value)| (name, value));
    let env = match &ask.target {
        Target::Command { env, .. } => Some(env),
        Target::Url(_) => None,
    };
    let telling = headers
        .chain(env.into_iter().flatten())
        .filter(|(name, _)| secret::is_telling(name));
    let values = telling.flat_map(|(_, value)| {
        let value = value.reveal().trim();
        let token = value.split_once(' ').map(|(_, token)| token.trim());
        [Some(value), token].into_iter().flatten()
    });
    values.chain(ask.secrets.iter().map(Secret::reveal))
}
