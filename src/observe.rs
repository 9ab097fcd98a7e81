//! Answers questions: the only code that talks to the world.

mod conversation;
mod group;
mod http;
mod line;
mod mask;
mod message;
mod peer;
mod round;
mod sse;
mod stdio;

pub use conversation::converse;
pub use http::Http;
pub use line::{Line, Outgoing, Received, Wait};
pub use round::{Progress, answer};

use crate::fact::{Ask, Probe, Target};

/// Holds one conversation with the world.
pub async fn probe(ask: &Ask) -> Probe {
    match &ask.target {
        Target::Url(_) => converse(ask, &mut Http::new(ask)).await,
        Target::Command { .. } => stdio::converse(ask).await,
    }
}
