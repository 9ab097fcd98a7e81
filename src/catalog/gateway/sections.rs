//! Top-level keys of a gateway's file, and where settings count.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::catalog::VersionSet;

/// Top-level keys.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sections {
    /// Those that are read, and in which versions.
    pub read: IndexMap<String, VersionSet>,
    /// Those that people write and no version reads.
    pub unread: IndexMap<String, UnreadSection>,
    /// Settings that people write at the top level, by the section that reads them.
    pub settings: IndexMap<String, Vec<String>>,
    /// Versions that keep settings as JSON, and stop at what is none.
    pub json: Json,
    /// Versions that stop at an empty section that is no mapping.
    pub strict: IndexMap<String, VersionSet>,
}

/// Settings that are kept as JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Json {
    /// Versions that do.
    pub versions: VersionSet,
}

/// A section that is never read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadSection {
    /// The section that was meant.
    pub belongs: Option<String>,
    /// What does the job instead.
    pub note: Option<String>,
}

/// Where a setting counts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// The section that reads it.
    pub belongs: String,
    /// A variable that does the same.
    pub variable: Option<String>,
    /// The value that says what is the case anyway.
    pub default: Option<bool>,
    /// The only keys of it that are read even there; none: all.
    #[serde(default)]
    pub reads: Vec<String>,
}
