//! Revisions of the Model Context Protocol, in the order in which they came.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A protocol revision that mcpdoc speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Revision {
    /// HTTP+SSE: two endpoints.
    #[serde(rename = "2024-11-05")]
    V20241105,
    /// Brought streamable HTTP.
    #[serde(rename = "2025-03-26")]
    V20250326,
    /// Brought the `MCP-Protocol-Version` header.
    #[serde(rename = "2025-06-18")]
    V20250618,
    /// The last with `initialize`.
    #[serde(rename = "2025-11-25")]
    V20251125,
    /// Stateless: no handshake, `server/discover`.
    #[serde(rename = "2026-07-28")]
    V20260728,
}

/// How a conversation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Era {
    /// With `initialize`: 2024-11-05 to 2025-11-25.
    Legacy,
    /// Without a handshake: 2026-07-28.
    Modern,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Revision; 5] = [
        Revision::V20241105,
        Revision::V20250326,
        Revision::V20250618,
        Revision::V20251125,
        Revision::V20260728,
    ];
    /// The newest that begins with `initialize`.
    pub const LAST_LEGACY: Revision = Revision::V20251125;
    /// The newest.
    pub const NEWEST: Revision = Revision::V20260728;

    /// As it is written in messages.
    pub fn word(self) -> &'static str {
        match self {
            Revision::V20241105 => "2024-11-05",
            Revision::V20250326 => "2025-03-26",
            Revision::V20250618 => "2025-06-18",
            Revision::V20251125 => "2025-11-25",
            Revision::V20260728 => "2026-07-28",
        }
    }

    /// How a conversation in it begins.
    pub fn era(self) -> Era {
        match self {
            Revision::V20260728 => Era::Modern,
            _ => Era::Legacy,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text that names no revision that mcpdoc speaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a protocol revision; known are 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28"
)]
pub struct NoRevision(String);

impl FromStr for Revision {
    type Err = NoRevision;

    fn from_str(text: &str) -> Result<Revision, NoRevision> {
        let found = Revision::ALL.into_iter().find(|known| known.word() == text);
        found.ok_or_else(|| NoRevision(text.to_owned()))
    }
}
