//! The last lines of a container's log.

use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::Docker;
use super::trouble::{Trouble, within};
use super::words;
use crate::fact::{Container, Known, Unknown};

/// How many lines are kept of a container that is in trouble.
pub(super) const LINES: usize = 20;
/// More bytes of a log are not read.
const BYTES: usize = 1024 * 1024;

impl Docker {
    /// The last lines of a container's log, both of its outputs, without colours and secrets.
    pub async fn logs(&self, container: &Container, lines: usize) -> Known<Vec<String>> {
        match self
            .log(container, lines, Instant::now() + Docker::WHOLE)
            .await
        {
            Ok(lines) => Known::Yes(lines),
            Err(Trouble::Absent) => Known::No(Unknown::Unreachable),
            Err(trouble) => Known::No(Unknown::Failed(trouble.to_string())),
        }
    }

    pub(super) async fn log(
        &self,
        container: &Container,
        lines: usize,
        deadline: Instant,
    ) -> Result<Vec<String>, Trouble> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let read = async {
            let mut bytes = Vec::new();
            let mut parts = self.client.logs(&container.id, Some(options));
            while let Some(part) = parts.next().await {
                bytes.extend_from_slice(&part?.into_bytes());
                if bytes.len() > BYTES {
                    break;
                }
            }
            Ok::<_, bollard::errors::Error>(bytes)
        };
        let bytes = within(Docker::EACH, deadline, read).await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(words::lines(&text, lines, &words::hidden(&container.env)))
    }
}
