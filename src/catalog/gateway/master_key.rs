//! The key that every caller needs.

use serde::Deserialize;

use super::Switch;
use crate::catalog::{VersionSet, glob};

/// The key that every caller needs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKey {
    /// The section that holds it.
    pub section: String,
    /// The key in that section.
    pub setting: String,
    /// The variable that counts where the setting is absent.
    pub variable: String,
    /// Versions that do not start without a key, or with one that is known; others serve everybody.
    pub refused: VersionSet,
    /// What makes them start all the same.
    pub permit: Switch,
    /// Settings of the section that ask callers for something else instead.
    pub instead: Vec<String>,
    /// Keys that such versions refuse.
    pub known: Vec<String>,
    /// Globs of keys that anybody would try.
    pub weak: Vec<String>,
}

impl MasterKey {
    /// Whether anybody would try this key.
    pub fn is_weak(&self, key: &str) -> bool {
        let key = key.trim().to_ascii_lowercase();
        self.is_known(&key) || self.weak.iter().any(|weak| glob::matches(weak, &key))
    }

    /// Whether it is one that newer versions refuse.
    pub fn is_known(&self, key: &str) -> bool {
        self.known.iter().any(|known| known == key.trim())
    }
}
