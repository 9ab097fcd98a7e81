//! Finds the container engine and asks it what it runs: lists, inspections and logs, nothing that changes anything.
//! bollard's types stop here; what leaves is [`Engine`].

mod caller;
mod connection;
mod container;
mod context;
#[cfg(target_os = "linux")]
mod diag;
mod endpoint;
mod enter;
pub mod exec;
mod gaps;
mod image;
mod listeners;
mod locality;
mod log;
mod machine;
mod mounts;
mod network;
mod ssh;
mod survey;
mod trouble;
mod words;

use std::time::Duration;

use bollard::models::SystemVersion;
use bollard::{API_DEFAULT_VERSION, ClientVersion};
use tokio::time::Instant;

pub use caller::Caller;
pub use endpoint::Search;

use crate::fact::{Engine, Known, Unknown};
use crate::load::Files;
use endpoint::{Address, Naming, Places};
use trouble::{Trouble, within};

/// An engine that has answered.
#[derive(Clone, Debug)]
pub struct Docker {
    client: bollard::Docker,
    address: Address,
    /// Its first answer.
    version: SystemVersion,
    /// The version of its API that is spoken.
    api: ClientVersion,
    /// Addresses that were tried before, and what came of it.
    missed: Vec<(Address, Trouble)>,
}

/// `ssh` has to log in first, and runs only when it was asked for.
const LOGIN: Duration = Duration::from_secs(10);

/// Waits until anybody answers. Podman asks the programs that it starts for their versions, and Debian's package manager
/// for theirs, before it says its own: seconds were seen (4.3.1 on Debian 12), and milliseconds for this.
async fn greet(client: &bollard::Docker) -> Result<(), bollard::errors::Error> {
    match client.ping().await {
        // Who forbids the question is there as well.
        Ok(_) | Err(bollard::errors::Error::DockerResponseServerError { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Finds the engine that is meant, and waits for its first answer. `files` has the user's Docker contexts.
///
/// # Errors
/// Why there is none, or why it cannot be asked. Its first answer is not waited for longer than [`Search::patience`], but
/// for `ssh`.
pub async fn connect(search: &Search, files: &dyn Files) -> Result<Docker, Unknown> {
    let places = endpoint::places(search, files).map_err(Unknown::Failed)?;
    let began = Instant::now();
    let mut missed = Vec::new();
    for address in &places.addresses {
        let patience = match address {
            Address::Ssh(_) => search.patience.max(LOGIN),
            _ => search.patience,
        };
        let found = async {
            let client = connection::open(address, &search.shell)?;
            within(patience, began + patience, greet(&client)).await?;
            let version = client.version();
            let version = within(Docker::EACH, Instant::now() + Docker::EACH, version).await?;
            Ok::<_, Trouble>((client, agreed(&version)?, version))
        };
        match found.await {
            Ok((client, api, version)) => {
                return Ok(Docker {
                    client: speaking(api, client),
                    address: address.clone(),
                    version,
                    api,
                    missed,
                });
            }
            Err(trouble) => missed.push((address.clone(), trouble)),
        }
    }
    Err(reason(&places, &missed))
}

impl Docker {
    /// Starts programs in containers; needs somebody's leave.
    pub fn execs(&self) -> exec::Execs {
        exec::Execs::of(&self.client)
    }
}

/// Finds the engine that is meant and looks at everything that it runs.
pub async fn survey(search: &Search, files: &dyn Files) -> Known<Engine> {
    match connect(search, files).await {
        Ok(docker) => docker.survey().await,
        Err(unknown) => Known::No(unknown),
    }
}

/// The version of the API to speak: the engine's, or the newest that bollard knows.
fn agreed(version: &SystemVersion) -> Result<ClientVersion, bollard::errors::Error> {
    let written = version.api_version.as_deref().unwrap_or_default();
    let numbers = written.split_once('.').and_then(|(major, minor)| {
        Some(ClientVersion {
            major_version: major.parse().ok()?,
            minor_version: minor.parse().ok()?,
        })
    });
    let theirs = numbers.ok_or(bollard::errors::Error::APIVersionParseError {})?;
    match theirs < *API_DEFAULT_VERSION {
        true => Ok(theirs),
        false => Ok(*API_DEFAULT_VERSION),
    }
}

/// Asks in that version. bollard leaves it out of its requests even when it has negotiated one, and what has none is
/// answered in the engine's newest.
fn speaking(version: ClientVersion, client: bollard::Docker) -> bollard::Docker {
    client.with_request_modifier(move |mut request| {
        let path = request.uri().path_and_query();
        let path = path.map_or("/", |path| path.as_str());
        let path = format!("/v{version}{path}").parse();
        let mut parts = request.uri().clone().into_parts();
        if let Ok(path) = path {
            parts.path_and_query = Some(path);
        }
        if let Ok(uri) = hyper::Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request
    })
}

/// Why no engine answers: the first that is there and does not, else all places where there is none.
fn reason(places: &Places, missed: &[(Address, Trouble)]) -> Unknown {
    let by = match &places.naming {
        Naming::Usual => String::new(),
        naming => format!(" (named by {naming})"),
    };
    let there = missed.iter();
    let there = there.filter(|(_, trouble)| *trouble != Trouble::Absent);
    let denied = |one: &&(Address, Trouble)| one.1 == Trouble::Denied;
    if let Some((address, _)) = there.clone().find(denied) {
        return Unknown::Denied(format!(
            "permission denied on {address}{by}: join its group (`docker`, usually), name a rootless engine with `--docker-host unix://$XDG_RUNTIME_DIR/docker.sock`, or give `--facts` recorded by somebody who may"
        ));
    }
    if let Some((address, trouble)) = there.clone().next() {
        let what = match trouble {
            Trouble::Silent(patience) => {
                format!("does not answer within {} s", patience.as_secs_f64())
            }
            Trouble::Refused => "does not listen".to_owned(),
            other => format!("cannot be asked: {other}"),
        };
        return Unknown::Failed(format!("the engine at {address}{by} {what}"));
    }
    let tried: Vec<String> = missed.iter().map(|(one, _)| one.to_string()).collect();
    Unknown::Failed(match &places.naming {
        Naming::Usual => format!(
            "no container engine is found: nothing is at {}; name one with --docker-host",
            tried.join(", ")
        ),
        naming => format!(
            "{naming} names {}, where there is nothing",
            tried.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(naming: Naming, missed: &[(&str, Trouble)]) -> Unknown {
        let missed: Vec<_> = missed
            .iter()
            .map(|(path, trouble)| (Address::Socket((*path).into()), trouble.clone()))
            .collect();
        let places = Places {
            naming,
            addresses: missed.iter().map(|(address, _)| address.clone()).collect(),
        };
        reason(&places, &missed)
    }

    #[test]
    fn the_older_version_is_spoken() {
        let agreed = |written: &str| {
            let version = SystemVersion {
                api_version: Some(written.to_owned()),
                ..SystemVersion::default()
            };
            agreed(&version).map(|version| version.to_string()).ok()
        };
        let newest = API_DEFAULT_VERSION.to_string();
        assert_eq!(agreed("1.41").as_deref(), Some("1.41"));
        assert_eq!(agreed("1.9").as_deref(), Some("1.9"));
        assert_eq!(agreed("9.0"), Some(newest));
        assert_eq!(agreed("new"), None);
    }

    #[test]
    fn a_refusal_tells_what_would_help() {
        let absent = ("/run/other.sock", Trouble::Absent);
        let silent = ("/run/silent.sock", Trouble::Silent(Duration::from_secs(2)));
        let denied = ("/var/run/docker.sock", Trouble::Denied);
        let Unknown::Denied(text) = said(Naming::Usual, &[absent, silent, denied]) else {
            panic!("not denied");
        };
        for word in [
            "unix:///var/run/docker.sock",
            "`docker`",
            "$XDG_RUNTIME_DIR",
            "--facts",
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn what_does_not_answer_is_not_called_absent() {
        let silent = ("/a.sock", Trouble::Silent(Duration::from_secs(2)));
        assert_eq!(
            said(Naming::Variable, &[silent]),
            Unknown::Failed(
                "the engine at unix:///a.sock (named by DOCKER_HOST) does not answer within 2 s"
                    .into()
            )
        );
        let two = [("/a.sock", Trouble::Absent), ("/b.sock", Trouble::Absent)];
        let Unknown::Failed(text) = said(Naming::Usual, &two) else {
            panic!("not failed");
        };
        assert!(text.contains("unix:///a.sock, unix:///b.sock"), "{text}");
    }
}
