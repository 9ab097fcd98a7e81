//! Answers questions: the only code that talks to the world.

pub mod claude;
mod conversation;
pub mod docker;
mod exec;
mod group;
mod http;
mod line;
mod mask;
mod message;
mod names;
mod namespace;
mod peer;
mod place;
mod resident;
mod round;
mod sse;
mod stdio;

pub use conversation::converse;
pub use docker::exec::Execs;
pub use http::{Http, knows_authorities};
pub use line::{Line, Outgoing, Received, Wait};
pub use place::{Places, vantage};
pub use round::{Progress, answer};

use crate::fact::{Ask, Probe};

/// Holds one conversation with the world, from this machine or from the network of a container on it.
pub async fn probe(ask: &Ask) -> Probe {
    Places::default().probe(ask).await
}
