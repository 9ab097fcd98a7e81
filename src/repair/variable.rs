//! The variable that takes the place of a secret.

use crate::secret;
use crate::source::{Node, Step};

/// The name that a value is given to within a text; `before` is what stands before the value.
fn given(before: &str) -> Option<&str> {
    if let Some(name) = default_of(before) {
        return Some(name);
    }
    let head = ["Bearer ", "Basic "]
        .iter()
        .find_map(|scheme| before.strip_suffix(scheme))
        .unwrap_or(before)
        .trim_end_matches(['"', '\'']);
    let assigned = [":-", ":=", "="]
        .iter()
        .find_map(|sign| head.strip_suffix(sign));
    let name = assigned.unwrap_or_else(|| head.trim_end().trim_end_matches(':'));
    let name = name.rsplit(|c: char| !is_name(c)).next()?;
    let name = name.trim_start_matches('-');
    (!name.is_empty() && (assigned.is_some() || secret::is_telling(name))).then_some(name)
}

/// A name for the variable: the one that the value is given to already, else one made of where it stands.
pub fn variable(node: &Node<'_>, key: Option<&str>, before: &str, asks_gateway: bool) -> String {
    let key = given(before).or(key).unwrap_or("secret");
    if is_variable(key) {
        return key.to_owned();
    }
    let path = node.path();
    let mut keys = path.steps().iter().rev().filter_map(|step| match step {
        Step::Key(key) => Some(&**key),
        Step::Index(_) => None,
    });
    let known = KNOWN
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key));
    if let Some((_, variable)) = known {
        return (*variable).to_owned();
    }
    let is_header = key.eq_ignore_ascii_case("authorization");
    if is_header && asks_gateway {
        return "LITELLM_KEY".to_owned();
    }
    let last = if is_header { "token" } else { key };
    let holder = keys.find(|holder| *holder != key && !HOLDERS.contains(holder));
    shout(&holder.map_or_else(|| last.to_owned(), |holder| format!("{holder}_{last}")))
}

/// What the variables of some keys are always called.
const KNOWN: &[(&str, &str)] = &[
    ("database_url", "DATABASE_URL"),
    ("master_key", "LITELLM_MASTER_KEY"),
    ("salt_key", "LITELLM_SALT_KEY"),
    ("x-litellm-api-key", "LITELLM_KEY"),
];

/// Keys that say nothing of what they hold.
const HOLDERS: &[&str] = &[
    "args",
    "command",
    "entrypoint",
    "env",
    "environment",
    "headers",
    "healthcheck",
    "labels",
    "litellm_params",
    "mcpServers",
    "mcp_servers",
    "model_list",
    "services",
    "static_headers",
    "test",
];

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether a name is an environment variable's by its letters.
fn is_variable(name: &str) -> bool {
    name.len() > 1
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The name of a variable made of words.
pub fn shout(name: &str) -> String {
    let loud: String = name
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    match loud.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{loud}"),
        false => loud,
    }
}

/// The variable in whose default something stands that follows `before`.
pub fn default_of(before: &str) -> Option<&str> {
    let mut operators = [":-", ":=", "-"].iter();
    let head = operators.find_map(|operator| before.strip_suffix(operator))?;
    let (_, name) = head.rsplit_once("${")?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .then_some(name)
}
