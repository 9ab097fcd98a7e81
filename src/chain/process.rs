//! What a gateway's process has, as far as its container shows it.

use std::collections::BTreeMap;

use crate::fact::{Container, Secret};
use crate::model::EnvLookup;

/// The environment in which a container starts a gateway.
#[derive(Clone, Debug)]
pub struct Process {
    variables: BTreeMap<String, Secret>,
    /// Why the gateway may have more all the same, if so.
    doubt: Option<String>,
}

impl Process {
    pub(super) fn of(container: &Container, doubt: Option<String>) -> Process {
        Process {
            variables: container.env.iter().cloned().collect(),
            doubt,
        }
    }

    /// What is known of a variable.
    pub fn env(&self, name: &str) -> EnvLookup {
        match (self.variables.get(name), &self.doubt) {
            (Some(value), _) => EnvLookup::Set(value.reveal().to_owned()),
            (None, None) => EnvLookup::Unset,
            (None, Some(_)) => EnvLookup::Unknown,
        }
    }

    /// Why a variable that the container does not have may be set all the same, if so.
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }
}
