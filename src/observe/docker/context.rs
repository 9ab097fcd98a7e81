//! Docker contexts: names for engines, which Docker's client keeps in files.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::endpoint::{Search, Tls};
use crate::load::Files;

/// What a context says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Context {
    pub name: String,
    /// The engine's address, as it is written.
    pub host: String,
    pub tls: Option<Tls>,
}

/// The context that means what there is without any.
const DEFAULT: &str = "default";

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext")]
    current: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default)]
    host: String,
}

/// The current context; nothing when it is the default one.
///
/// # Errors
/// Why the one that is named cannot be used.
pub(super) fn current(search: &Search, files: &dyn Files) -> Result<Option<Context>, String> {
    let config = search.config();
    let (name, by) = match (search.variable("DOCKER_CONTEXT"), &config) {
        (Some(name), _) => (Some(name.to_owned()), "DOCKER_CONTEXT".to_owned()),
        (None, Some(config)) => {
            let path = config.join("config.json");
            // Docker's client does without one that it cannot read.
            let read: Option<Config> = json(files, &path);
            let name = read.and_then(|config| config.current);
            (name, path.display().to_string())
        }
        (None, None) => (None, String::new()),
    };
    let Some(name) = name.filter(|name| !name.is_empty() && name != DEFAULT) else {
        return Ok(None);
    };
    let missing = || {
        format!(
            "{by} names the docker context {name:?}, which does not exist: `docker context ls` lists those that do"
        )
    };
    let contexts = config.ok_or_else(missing)?.join("contexts");
    let metas = contexts.join("meta");
    for entry in files.list(&metas) {
        let meta: Option<Meta> = json(files, &metas.join(&entry.name).join("meta.json"));
        let Some(meta) = meta.filter(|meta| meta.name == name) else {
            continue;
        };
        let endpoint = meta.endpoints.docker;
        let host = endpoint.map(|endpoint| endpoint.host);
        let host = host.filter(|host| !host.is_empty()).ok_or_else(|| {
            format!("the docker context {name:?} names no engine (Endpoints.docker.Host)")
        })?;
        let tls = Tls::within(&contexts.join("tls").join(&entry.name).join("docker"));
        let has_tls = [&tls.ca, &tls.cert, &tls.key]
            .into_iter()
            .any(|file| files.is_file(file));
        return Ok(Some(Context {
            name,
            host,
            tls: has_tls.then_some(tls),
        }));
    }
    Err(missing())
}

fn json<T: DeserializeOwned>(files: &dyn Files, path: &std::path::Path) -> Option<T> {
    serde_json::from_slice(&files.read(path).ok()?).ok()
}
