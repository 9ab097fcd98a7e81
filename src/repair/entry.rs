//! Entries as Claude Code takes them from `claude mcp add-json`.

use serde_json::{Map, Value};

use super::variable::{shout, variable};
use super::{quoted, quoted_file};
use crate::catalog::client::known;
use crate::secret;
use crate::source::{Node, ScalarKind, Shape};

/// The command that gives a server to Claude Code, in a scope of its own names; in a directory, where that decides.
pub fn add_json(server: &str, entry: &Value, scope: &str, dir: Option<&str>) -> String {
    let command = format!(
        "claude mcp add-json {} {} -s {scope}",
        quoted(server),
        quoted(&entry.to_string())
    );
    within(dir, command)
}

/// The command that takes a server away from Claude Code.
pub fn remove(server: &str, scope: &str, dir: Option<&str>) -> String {
    within(
        dir,
        format!("claude mcp remove {} -s {scope}", quoted(server)),
    )
}

/// The commands that set variables, for a person to fill in.
pub fn exports(variables: &[String]) -> impl Iterator<Item = String> {
    let variables = variables.iter();
    variables
        .map(|variable| format!("export {variable}=<the-key>   # and in the profile of your shell"))
}

fn within(dir: Option<&str>, command: String) -> String {
    match dir {
        Some(dir) => format!("(cd {} && {command})", quoted_file(dir)),
        None => command,
    }
}

/// The type that an address most likely needs: legacy endpoints end in `/sse`.
pub fn type_for(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    match path.trim_end_matches('/').ends_with("/sse") {
        true => "sse",
        false => "http",
    }
}

/// Reads entries, secrets taken from variables.
pub struct Entries<'a> {
    /// Whether the entry leads to a gateway of the stack.
    pub asks_gateway: bool,
    /// The variables that are referred to, in order.
    pub variables: &'a mut Vec<String>,
}

impl Entries<'_> {
    /// An entry as the client wants it: with a type, without keys that it does not have.
    pub fn entry(&mut self, entry: Node<'_>) -> Map<String, Value> {
        let mut out = Map::new();
        let url = entry.get("url").and_then(Node::as_str);
        let word = |key: &str| entry.get(key).and_then(Node::as_str);
        if let Some(url) = url.filter(|_| entry.get("command").is_none()) {
            let kind = ["type", "transport"]
                .into_iter()
                .find_map(|key| known().meant(word(key)?))
                .unwrap_or_else(|| type_for(url));
            out.insert("type".to_owned(), kind.into());
        }
        for (key, value) in entry.entries() {
            if key != "type" && known().key(key).is_some() {
                let json = match (key, value.shape()) {
                    ("env", Shape::Map) => value
                        .entries()
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), self.variable(name, value)))
                        .collect(),
                    _ => self.json(key, value),
                };
                out.insert(key.to_owned(), json);
            }
        }
        if let Some(Value::Object(headers)) = out.get_mut("headers") {
            headers.retain(|name, _| !name.eq_ignore_ascii_case("host"));
        }
        out
    }

    fn json(&mut self, key: &str, node: Node<'_>) -> Value {
        let text = node.scalar_text().unwrap_or_default();
        match node.shape() {
            Shape::Map => node
                .entries()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), self.json(key, value)))
                .collect(),
            Shape::Seq => {
                let mut flag = None;
                let mut items = Vec::new();
                for item in node.items() {
                    items.push(self.json(flag.unwrap_or(key), item));
                    flag = secret::flag(item);
                }
                Value::Array(items)
            }
            Shape::Scalar(ScalarKind::Null) => Value::Null,
            Shape::Scalar(ScalarKind::Bool(value)) => value.into(),
            Shape::Scalar(ScalarKind::Int | ScalarKind::Float) if !secret::is_telling(key) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            Shape::Scalar(_) => self.without_secrets(key, node, text).into(),
        }
    }

    /// A variable of a server: a reference, unless its value says that it is no secret.
    fn variable(&mut self, name: &str, node: Node<'_>) -> Value {
        let text = node.scalar_text().unwrap_or_default();
        match node.shape() {
            Shape::Scalar(_) if !secret::is_plain(name, text) => self.reference(shout(name)).into(),
            Shape::Scalar(_) => text.into(),
            _ => self.json(name, node),
        }
    }

    /// A text with every secret replaced by a reference.
    fn without_secrets(&mut self, key: &str, node: Node<'_>, text: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        for span in secret::spans_to_replace(Some(key), text) {
            let variable = variable(&node, Some(key), &text[..span.start], self.asks_gateway);
            out.push_str(&text[at..span.start]);
            out.push_str(&self.reference(variable));
            at = span.end;
        }
        out.push_str(&text[at..]);
        out
    }

    fn reference(&mut self, variable: String) -> String {
        let reference = format!("${{{variable}}}");
        if !self.variables.contains(&variable) {
            self.variables.push(variable);
        }
        reference
    }
}
