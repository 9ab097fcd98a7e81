//! The key that every caller needs.

use core::ops::Range;

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

    /// The part of a key that not everybody knows: none of one that is listed, of one that is weak what its glob leaves
    /// open, else all.
    pub fn private(&self, key: &str) -> Range<usize> {
        let lower = key.to_ascii_lowercase();
        let listed = self.known.iter().chain(&self.weak);
        let open = listed.filter(|one| glob::matches(one, &lower)).map(|one| {
            let (head, rest) = one.split_once('*').unwrap_or((one, ""));
            let tail = rest.rsplit_once('*').map_or(rest, |(_, tail)| tail);
            head.len()..lower.len() - tail.len()
        });
        open.min_by_key(Range::len).unwrap_or(0..key.len())
    }

    /// Whether it is one that newer versions refuse.
    pub fn is_known(&self, key: &str) -> bool {
        self.known.iter().any(|known| known == key.trim())
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::gateway::known;

    #[test]
    fn what_everybody_knows_of_a_key_is_not_private() {
        for (key, private) in [
            ("sk-1234", ""),
            ("SK-Admin", ""),
            ("sk-12345", ""),
            ("sk-12345678", "678"),
            ("sk-test-Zk3vB9", "-Zk3vB9"),
            ("your-very-own-key", "very-own"),
            ("sk-Zk3vB9", "sk-Zk3vB9"),
            ("heron-sk-1234", "heron-sk-1234"),
        ] {
            let range = known().master_key.private(key);
            assert_eq!(&key[range], private, "{key}");
        }
    }
}
