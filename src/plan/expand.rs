//! What a client makes of the references in an entry.

use super::environment::{Environment, Lookup};
use crate::catalog::client::Known;
use crate::fact::Secret;
use crate::model::{Reference, Spelling};
use crate::secret;

/// A text with its references filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filled {
    /// The text; what is not known is left as it is written.
    pub text: String,
    /// The user's own variables in it, with their values.
    pub private: Vec<(String, String)>,
    /// Why it is not known what the client makes of it, if so.
    pub unknown: Option<String>,
    /// Whether the text is what the client makes of it, given that it finds the same variables as mcpdoc.
    pub is_as_the_client_has_it: bool,
}

impl Filled {
    /// The names of the user's own variables, for a sentence.
    pub(super) fn names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.private {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        crate::check::listed(&names, names.len())
    }

    /// The values among them that nobody else may see.
    pub(super) fn secrets(&self) -> impl Iterator<Item = Secret> + '_ {
        let is_secret =
            |name: &str, value: &str| secret::is_telling(name) || !secret::is_plain(name, value);
        self.private
            .iter()
            .filter(move |(name, value)| is_secret(name, value))
            .map(|(_, value)| Secret::from(value.as_str()))
    }
}

/// Fills in a value of `key`, by the rules of its client. A variable that is not set here may be set where the client
/// is started: then nothing is known for certain, and the text has what the client makes of a variable that is not.
pub(super) fn fill(page: &Known, key: &str, text: &str, environment: &Environment<'_>) -> Filled {
    let mut filled = Filled {
        is_as_the_client_has_it: true,
        ..Filled::default()
    };
    if !page.expands.keys.iter().any(|known| known == key) {
        filled.text = text.to_owned();
        return filled;
    }
    let mut at = 0;
    for reference in Reference::find(text) {
        let written = &text[reference.range.clone()];
        filled.text.push_str(&text[at..reference.range.start]);
        at = reference.range.end;
        match value(page, &reference, written, environment) {
            Value::Text(value) => filled.text.push_str(&value),
            Value::Private(value) => {
                filled.text.push_str(&value);
                filled.private.push((reference.name, value));
            }
            Value::Literal => filled.text.push_str(written),
            Value::Unset => {
                filled.text.push_str(written);
                // What clients that were not run make of it is not known.
                filled.is_as_the_client_has_it &= !page.tested.is_empty();
                filled
                    .unknown
                    .get_or_insert_with(|| format!("{} is not set here", reference.name));
            }
            Value::Unknown(why) => {
                filled.text.push_str(written);
                filled.is_as_the_client_has_it = false;
                filled.unknown.get_or_insert(why);
            }
        }
    }
    filled.text.push_str(&text[at..]);
    filled
}

enum Value {
    Text(String),
    Private(String),
    Literal,
    Unset,
    Unknown(String),
}

fn value(
    page: &Known,
    reference: &Reference,
    written: &str,
    environment: &Environment<'_>,
) -> Value {
    let name = &reference.name;
    let whole = written == format!("${{{name}}}");
    if whole && page.expands.predefined.iter().any(|known| known == name) {
        let place = match name.as_str() {
            "userHome" => environment.home().map(std::path::Path::to_owned),
            "workspaceFolder" => environment.project(),
            _ => None,
        };
        return match place {
            Some(place) => Value::Text(place.to_string_lossy().into_owned()),
            None => Value::Unknown(format!("what {name} is there is not known")),
        };
    }
    if !page.expands.references.contains(&reference.spelling) {
        return Value::Literal;
    }
    if reference.spelling == Spelling::Input {
        return Value::Unknown(format!("{} asks a person for {name}", page.title));
    }
    let default = match written.strip_prefix(&format!("${{{name}")) {
        Some(rest) if reference.spelling == Spelling::Braces && !whole => {
            let inner = rest.strip_suffix('}').unwrap_or(rest);
            match inner.strip_prefix(":-") {
                Some(default) => Some(default),
                // Other operators are a shell's.
                None => return Value::Literal,
            }
        }
        _ => None,
    };
    match (environment.look(name), default) {
        (Lookup::Set { value, private }, _) => match private && !value.is_empty() {
            true => Value::Private(value),
            false => Value::Text(value),
        },
        (Lookup::Unset, Some(default)) => Value::Text(default.to_owned()),
        (Lookup::Unset, None) => Value::Unset,
        (Lookup::Unclear, _) => {
            Value::Unknown(format!("settings files say different things of {name}"))
        }
    }
}
