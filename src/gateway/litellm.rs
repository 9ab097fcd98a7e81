//! What LiteLLM's proxy makes of its configuration file.
//!
//! It reads the keys that it knows and passes over the rest without a word; one entry of the wrong type stops all of
//! it. Which keys a version knows is data: [`LiteLlm`].

mod access;
mod auth;
mod form;
mod include;
mod master;
mod name;
mod reference;
mod section;
mod server;
mod settings;
mod stdio;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use include::Sections;

use super::{Known, Outcome, Ruling, Unset, Value, Why};
use crate::catalog::VersionSet;
use crate::catalog::gateway::LiteLlm;
use crate::model::{EnvLookup, Gateway, Stack};
use crate::source::{Node, Part, Pointer, ScalarKind, Shape};

/// What the gateway does with its file. It does not start with one that has no tree.
pub fn read(
    stack: &Stack,
    gateway: &Gateway,
    version: &Known,
    facts: &LiteLlm,
    env: &dyn Fn(&str) -> EnvLookup,
) -> Outcome {
    let source = stack.source(gateway.root.source);
    let Some(root) = source
        .node(&gateway.root.path)
        .filter(|_| source.is_parsed())
    else {
        let problem = "the file cannot be read".to_owned();
        return Outcome {
            rejected: vec![Ruling {
                at: gateway.root.clone(),
                part: Part::Value,
                why: Why::Other { problem },
                versions: VersionSet::all(),
                server: None,
            }],
            ..Outcome::default()
        };
    };
    let sections = Sections::of(stack, gateway, root, &facts.include.key);
    let general = sections.get(&facts.master_key.section);
    let managers = &facts.servers.references.managers;
    let mut reader = Reader {
        facts,
        version,
        env,
        numbers: HashMap::new(),
        server: None,
        own: sections.get(section::ENVIRONMENT),
        managed: managers.iter().any(|manager| {
            let node = general.and_then(|general| general.get(manager));
            node.is_some_and(|node| !is_falsy(node))
        }),
        outcome: Outcome {
            gap: sections.gap.clone(),
            ..Outcome::default()
        },
    };
    if root.is_map() {
        include::read(&mut reader, &sections);
        section::read(&mut reader, &sections);
        master::read(&mut reader, &gateway.root, &sections);
        reference::read(&mut reader, &sections);
        reader.outcome.access = access::read(&reader, &sections);
    } else if root.is_null() {
        let problem = "the file is empty".to_owned();
        reader.reject(
            root.pointer(),
            Part::Value,
            Why::Other { problem },
            &VersionSet::all(),
        );
    } else {
        reader.wrong_shape(root, "the file", &VersionSet::all());
    }
    reader.outcome
}

/// Collects rulings.
struct Reader<'a> {
    facts: &'a LiteLlm,
    version: &'a Known,
    env: &'a dyn Fn(&str) -> EnvLookup,
    /// The numbers that servers have in the outcome.
    numbers: HashMap<String, usize>,
    /// The number of the server that is being read. A node says it only where no alias leads to it.
    server: Option<usize>,
    /// Variables that the file itself sets, where the environment does not.
    own: Option<Node<'a>>,
    /// Whether variables may come from somewhere else than the environment.
    managed: bool,
    outcome: Outcome,
}

/// A value once `os.environ/NAME` at its start is looked up.
enum Resolved<'n> {
    /// As it is written.
    Written(Node<'n>),
    /// The text of a variable.
    Text(String),
    /// A variable whose text is read as a truth value.
    Bool(bool, String),
    /// A variable that is not set.
    Nothing(String),
    /// A variable whose value is not known here.
    Unknown(String),
}

/// What marks a reference to a variable. It has to be the first thing in the value.
const PREFIX: &str = "os.environ/";

impl Reader<'_> {
    /// What of `versions` comes into question in this run; nothing when none does.
    fn narrow(&self, versions: &VersionSet) -> Option<VersionSet> {
        let versions = self.version.narrow(versions, &self.facts.assumed);
        (!versions.is_empty()).then_some(versions)
    }

    fn ruling(&self, at: Pointer, part: Part, why: Why, versions: &VersionSet) -> Option<Ruling> {
        Some(Ruling {
            at,
            part,
            server: self.server,
            why,
            versions: self.narrow(versions)?,
        })
    }

    fn reject(&mut self, at: Pointer, part: Part, why: Why, versions: &VersionSet) {
        let ruling = self.ruling(at, part, why, versions);
        self.outcome.rejected.extend(ruling);
    }

    fn ignore(&mut self, at: Pointer, part: Part, why: Why, versions: &VersionSet) {
        let ruling = self.ruling(at, part, why, versions);
        self.outcome.ignored.extend(ruling);
    }

    fn need(&mut self, at: Pointer, why: Why, versions: &VersionSet) {
        let ruling = self.ruling(at, Part::Value, why, versions);
        self.outcome.needs.extend(ruling);
    }

    /// Another shape where a mapping is needed.
    fn wrong_shape(&mut self, node: Node<'_>, name: &str, versions: &VersionSet) {
        let why = Why::Shape {
            name: name.to_owned(),
            is: node.shape_name().to_owned(),
            needs: "a mapping".to_owned(),
        };
        self.reject(node.pointer(), Part::Value, why, versions);
    }

    fn wrong_type(&mut self, node: Node<'_>, name: &str, needs: &str, versions: &VersionSet) {
        let why = Why::ValueType {
            name: name.to_owned(),
            is: node.shape_name().to_owned(),
            needs: needs.to_owned(),
        };
        self.reject(node.pointer(), Part::Value, why, versions);
    }

    fn boolean(&mut self, node: Node<'_>, name: &str, variable: String, versions: &VersionSet) {
        let why = Why::VariableBoolean {
            name: name.to_owned(),
            variable,
        };
        self.reject(node.pointer(), Part::Value, why, versions);
    }

    fn unset(&mut self, node: Node<'_>, name: &str, variable: String, versions: &VersionSet) {
        let why = Why::VariableUnset {
            name: name.to_owned(),
            variable,
            then: Unset::Stops,
        };
        self.reject(node.pointer(), Part::Value, why, versions);
    }

    fn resolve<'n>(&self, node: Node<'n>) -> Resolved<'n> {
        let Some(text) = node.as_str().filter(|text| text.starts_with(PREFIX)) else {
            return Resolved::Written(node);
        };
        // Wherever it stands: said twice is said once.
        let variable = &text.replace(PREFIX, "");
        let name = variable.clone();
        match (self.env)(variable) {
            EnvLookup::Unset
                if self.managed
                    || !is_name(variable)
                    || self.own.is_some_and(|own| own.get(variable).is_some()) =>
            {
                Resolved::Unknown(name)
            }
            EnvLookup::Unset => Resolved::Nothing(name),
            EnvLookup::Unknown => Resolved::Unknown(name),
            EnvLookup::Set(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Resolved::Bool(true, name),
                "false" => Resolved::Bool(false, name),
                _ => Resolved::Text(text),
            },
        }
    }

    /// The variable that a text is taken from, if it is.
    fn variable(&self, node: Node<'_>) -> Option<String> {
        match self.resolve(node) {
            Resolved::Text(_) => node.as_str().map(|text| text.replace(PREFIX, "")),
            _ => None,
        }
    }

    /// Whether this version is among those that read something; where it is not known, the newest is meant.
    fn reads(&self, versions: &VersionSet) -> bool {
        match self.version.version() {
            Some(version) => versions.contains(version),
            None => true,
        }
    }

    /// The value of a string, as the gateway has it; nothing where it has none.
    fn value(&self, node: Node<'_>) -> Option<Value> {
        match self.resolve(node) {
            Resolved::Written(node) => {
                let text = node.as_str().filter(|text| !text.is_empty())?;
                Some(Value::Text(text.to_owned()))
            }
            Resolved::Text(text) => Some(Value::Text(text)),
            Resolved::Nothing(name) => Some(Value::Nothing(name)),
            Resolved::Unknown(name) => Some(Value::Variable(name)),
            Resolved::Bool(..) => None,
        }
    }
}

/// Whether it is a variable's name: others are looked up elsewhere (`oidc/…`).
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether Python takes a value for false: `x or default` then means the default.
fn is_falsy(node: Node<'_>) -> bool {
    match node.shape() {
        Shape::Seq => node.items().len() == 0,
        Shape::Map => node.entries().is_empty(),
        Shape::Scalar(ScalarKind::Null) => true,
        Shape::Scalar(ScalarKind::Bool(value)) => !value,
        Shape::Scalar(ScalarKind::Int | ScalarKind::Float) => node
            .scalar_text()
            .is_some_and(|text| form::number(text) == 0.0),
        Shape::Scalar(ScalarKind::Str) => node.as_str() == Some(""),
        Shape::Scalar(ScalarKind::Timestamp) => false,
    }
}
