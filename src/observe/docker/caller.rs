//! The container that a person names as the caller.

use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};
use tokio::time::{Duration, timeout};

use super::Docker;
use super::exec::{Execs, words};

/// How long the engine may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A container that runs.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its first process.
    pub pid: u32,
    /// Starts programs in it.
    pub execs: Execs,
}

impl Docker {
    /// The container with this name, id, or beginning of an id.
    ///
    /// # Errors
    /// Why there is none, with the next step.
    pub async fn caller(&self, word: &str) -> Result<Caller, String> {
        match timeout(PATIENCE, look(&self.client, word)).await {
            Ok(found) => found,
            Err(_) => Err(format!(
                "the container engine does not answer within {} s",
                PATIENCE.as_secs()
            )),
        }
    }
}

async fn look(docker: &bollard::Docker, word: &str) -> Result<Caller, String> {
    let none = |error| match error {
        bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        } => None,
        other => Some(words(&other)),
    };
    let found = docker
        .inspect_container(word, None::<InspectContainerOptions>)
        .await
        .map_err(none);
    let found = match found {
        Ok(found) => found,
        Err(Some(why)) => return Err(why),
        Err(None) => return Err(absent(docker, word).await),
    };
    let name = found.name.unwrap_or_default();
    let name = name.trim_start_matches('/').to_owned();
    let pid = found.state.and_then(|state| state.pid).unwrap_or_default();
    let pid = u32::try_from(pid).unwrap_or_default();
    if pid == 0 {
        return Err(format!(
            "container {name} does not run: start it with `docker start {name}`"
        ));
    }
    Ok(Caller {
        name,
        id: found.id.unwrap_or_default(),
        pid,
        execs: Execs::of(docker),
    })
}

/// Says which containers run.
async fn absent(docker: &bollard::Docker, word: &str) -> String {
    let options = ListContainersOptionsBuilder::default().build();
    let running = docker.list_containers(Some(options)).await;
    let running = running.unwrap_or_default().into_iter();
    let mut names: Vec<String> = running
        .flat_map(|one| one.names.unwrap_or_default().into_iter().take(1))
        .map(|name| name.trim_start_matches('/').to_owned())
        .collect();
    names.sort();
    match names.is_empty() {
        true => format!("no container {word}: none runs"),
        false => format!(
            "no container {word}: those that run are {}",
            names.join(", ")
        ),
    }
}
