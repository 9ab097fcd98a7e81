//! Where an engine may be found: the addresses to try, in the order in which Docker's own client would. Pure: files are
//! read through [`Files`], variables come in [`Search`].

use core::fmt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::context;
use crate::load::Files;
use crate::secret;

/// What decides which engine is meant.
#[derive(Clone, Debug)]
pub struct Search {
    /// `--docker-host`.
    pub host: Option<String>,
    /// Variables of the shell.
    pub shell: BTreeMap<String, String>,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// How long an engine may take until it has answered for the first time.
    pub patience: Duration,
}

impl Default for Search {
    fn default() -> Search {
        Search {
            host: None,
            shell: BTreeMap::new(),
            home: None,
            patience: Search::PATIENCE,
        }
    }
}

impl Search {
    /// How long an engine that does not answer keeps a person waiting.
    pub const PATIENCE: Duration = Duration::from_secs(2);

    /// A variable's value; empty ones are as good as none, as for Docker's client.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.shell.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The directory of Docker's own configuration.
    pub(super) fn config(&self) -> Option<PathBuf> {
        match self.variable("DOCKER_CONFIG") {
            Some(dir) => Some(PathBuf::from(dir)),
            None => self.home.as_ref().map(|home| home.join(".docker")),
        }
    }
}

/// An engine's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A unix socket.
    Socket(PathBuf),
    /// A named pipe of Windows, as it is written.
    Pipe(String),
    /// A host and a port.
    Tcp(String, Option<Tls>),
    /// A machine whose own engine is reached by `ssh`.
    Ssh(Remote),
}

/// Files for a connection by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tls {
    /// Who is trusted.
    pub ca: PathBuf,
    /// Who we are.
    pub cert: PathBuf,
    /// The key to it.
    pub key: PathBuf,
}

impl Tls {
    /// The files of a directory, by the names that Docker gives them.
    pub fn within(dir: &Path) -> Tls {
        Tls {
            ca: dir.join("ca.pem"),
            cert: dir.join("cert.pem"),
            key: dir.join("key.pem"),
        }
    }
}

/// Where `ssh` goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    /// Who logs in, when said.
    pub user: Option<String>,
    /// The machine, or a name in ssh's own configuration.
    pub host: String,
    /// Its port, when said.
    pub port: Option<u16>,
    /// The engine's socket there, when said.
    pub socket: Option<String>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Socket(path) => write!(f, "unix://{}", path.display()),
            Address::Pipe(name) => write!(f, "npipe://{name}"),
            Address::Tcp(authority, _) => write!(f, "tcp://{authority}"),
            Address::Ssh(remote) => {
                f.write_str("ssh://")?;
                if let Some(user) = &remote.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&remote.host)?;
                if let Some(port) = remote.port {
                    write!(f, ":{port}")?;
                }
                f.write_str(remote.socket.as_deref().unwrap_or_default())
            }
        }
    }
}

/// Who names an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// `--docker-host`.
    Flag,
    /// `DOCKER_HOST`.
    Variable,
    /// A Docker context, and its name.
    Context(String),
    /// Nobody: it is where engines usually are.
    Usual,
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Naming::Flag => f.write_str("--docker-host"),
            Naming::Variable => f.write_str("DOCKER_HOST"),
            Naming::Context(name) => write!(f, "the docker context {name:?}"),
            Naming::Usual => f.write_str("nobody"),
        }
    }
}

/// The addresses to try, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// Who names them.
    pub naming: Naming,
    /// At least one.
    pub addresses: Vec<Address>,
}

/// Where to look for an engine.
///
/// # Errors
/// Why what was named cannot be used.
pub(super) fn places(search: &Search, files: &dyn Files) -> Result<Places, String> {
    let one = |naming: Naming, address: Address| Places {
        naming,
        addresses: vec![address],
    };
    let named = match (&search.host, search.variable("DOCKER_HOST")) {
        (Some(host), _) => Some((Naming::Flag, host.as_str())),
        (None, Some(host)) => Some((Naming::Variable, host)),
        (None, None) => None,
    };
    if let Some((naming, host)) = named {
        let verified = search.variable("DOCKER_TLS_VERIFY").is_some();
        let tls = verified.then(|| certificates(search)).flatten();
        let address = address(host, &naming, tls, search)?;
        return Ok(one(naming, address));
    }
    if let Some(context) = context::current(search, files)? {
        let naming = Naming::Context(context.name);
        let address = address(&context.host, &naming, context.tls, search)?;
        return Ok(one(naming, address));
    }
    Ok(Places {
        naming: Naming::Usual,
        addresses: usual(search),
    })
}

fn certificates(search: &Search) -> Option<Tls> {
    let dir = search.variable("DOCKER_CERT_PATH").map(PathBuf::from);
    dir.or_else(|| search.config()).map(|dir| Tls::within(&dir))
}

/// Where engines usually are.
fn usual(search: &Search) -> Vec<Address> {
    if cfg!(windows) {
        return vec![Address::Pipe("//./pipe/docker_engine".to_owned())];
    }
    let run = search.variable("XDG_RUNTIME_DIR").map(Path::new);
    let home = search.home.as_deref();
    let places = [
        Some(PathBuf::from("/var/run/docker.sock")),
        run.map(|run| run.join("docker.sock")),
        home.map(|home| home.join(".docker/run/docker.sock")),
        home.map(|home| home.join(".docker/desktop/docker.sock")),
        run.map(|run| run.join("podman/podman.sock")),
        Some(PathBuf::from("/run/podman/podman.sock")),
    ];
    places.into_iter().flatten().map(Address::Socket).collect()
}

/// The address that somebody wrote.
fn address(
    text: &str,
    naming: &Naming,
    tls: Option<Tls>,
    search: &Search,
) -> Result<Address, String> {
    let shown = secret::redact(text);
    let unusable = || {
        format!(
            "{naming} names {shown:?}, which is no address of an engine: write unix:///PATH, tcp://HOST:PORT or ssh://HOST"
        )
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(unusable)?;
    match scheme {
        "unix" if !rest.is_empty() => Ok(Address::Socket(PathBuf::from(rest))),
        "npipe" if !rest.is_empty() => Ok(Address::Pipe(rest.to_owned())),
        "tcp" | "http" | "https" => {
            let tls = match scheme {
                "http" => None,
                "https" => tls.or_else(|| certificates(search)),
                _ => tls,
            };
            let port = match (scheme, &tls) {
                ("http", _) => 80,
                ("https", _) => 443,
                (_, None) => 2375,
                (_, Some(_)) => 2376,
            };
            let url = Url::parse(text).map_err(|_| unusable())?;
            let host = url.host_str().filter(|host| !host.is_empty());
            let host = host.ok_or_else(unusable)?;
            let port = url.port().unwrap_or(port);
            Ok(Address::Tcp(format!("{host}:{port}"), tls))
        }
        "ssh" => {
            let address = Address::Ssh(remote(text).ok_or_else(unusable)?);
            if *naming == Naming::Flag {
                return Ok(address);
            }
            Err(format!(
                "{naming} names {address}, which needs ssh: mcpdoc starts it only when asked by `--docker-host {address}`"
            ))
        }
        _ => Err(unusable()),
    }
}

/// What follows `ssh://`. A host that begins with a hyphen would be an option.
fn remote(text: &str) -> Option<Remote> {
    let url = Url::parse(text).ok()?;
    let plain = |text: &str| !text.is_empty() && !text.starts_with('-');
    let host = url.host_str().filter(|host| plain(host))?;
    let user = Some(url.username()).filter(|user| !user.is_empty());
    if user.is_some_and(|user| !plain(user)) || url.password().is_some() {
        return None;
    }
    let path = url.path().trim_end_matches('/');
    // The shell there would read more than a path in it.
    let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if !path.chars().all(is_path) {
        return None;
    }
    Some(Remote {
        user: user.map(str::to_owned),
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port(),
        socket: Some(path.to_owned()).filter(|path| !path.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Memory;

    fn search(variables: &[(&str, &str)]) -> Search {
        let variables = variables.iter();
        Search {
            shell: variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            home: Some(PathBuf::from("/home/user")),
            ..Search::default()
        }
    }

    fn shown(search: &Search, files: &Memory) -> Result<Vec<String>, String> {
        let places = places(search, files)?;
        Ok(places.addresses.iter().map(Address::to_string).collect())
    }

    fn contexts() -> Memory {
        let mut files = Memory::default();
        let contexts = "/home/user/.docker/contexts";
        let mut add = |dir: &str, name: &str, host: &str| {
            let meta = format!(
                r#"{{"Name":{name:?},"Metadata":{{}},"Endpoints":{{"docker":{{"Host":{host:?},"SkipTLSVerify":false}}}}}}"#
            );
            files.insert(format!("{contexts}/meta/{dir}/meta.json"), meta);
        };
        add("1a", "rootless", "unix:///run/user/1000/docker.sock");
        add("2b", "lab", "tcp://lab:2376");
        add("3c", "far", "ssh://root@far");
        add("4d", "plain", "tcp://plain:2375");
        files.insert(format!("{contexts}/tls/2b/docker/ca.pem"), "");
        files.insert(
            "/home/user/.docker/config.json",
            r#"{"auths":{},"currentContext":"rootless"}"#,
        );
        files
    }

    #[test]
    fn the_usual_places_are_tried_in_order() {
        let all = search(&[("XDG_RUNTIME_DIR", "/run/user/1000")]);
        assert_eq!(
            shown(&all, &Memory::default()),
            Ok([
                "unix:///var/run/docker.sock",
                "unix:///run/user/1000/docker.sock",
                "unix:///home/user/.docker/run/docker.sock",
                "unix:///home/user/.docker/desktop/docker.sock",
                "unix:///run/user/1000/podman/podman.sock",
                "unix:///run/podman/podman.sock",
            ]
            .map(str::to_owned)
            .to_vec())
        );
        let bare = Search::default();
        assert_eq!(
            shown(&bare, &Memory::default()),
            Ok([
                "unix:///var/run/docker.sock",
                "unix:///run/podman/podman.sock"
            ]
            .map(str::to_owned)
            .to_vec())
        );
    }

    #[test]
    fn what_is_named_is_tried_alone_and_the_flag_before_the_variable_before_the_context() {
        let files = contexts();
        let alone = |search: &Search| shown(search, &files).map(|all| all.join(" "));
        let variable = [("DOCKER_HOST", "tcp://b"), ("DOCKER_CONTEXT", "lab")];
        let mut search_all = search(&variable);
        search_all.host = Some("unix:///a.sock".to_owned());
        assert_eq!(alone(&search_all), Ok("unix:///a.sock".to_owned()));
        assert_eq!(alone(&search(&variable)), Ok("tcp://b:2375".to_owned()));
        let context = [("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "lab")];
        assert_eq!(alone(&search(&context)), Ok("tcp://lab:2376".to_owned()));
        assert_eq!(
            alone(&search(&[])),
            Ok("unix:///run/user/1000/docker.sock".to_owned())
        );
        let usual = places(&search(&[("DOCKER_CONTEXT", "default")]), &files);
        assert_eq!(usual.map(|places| places.naming), Ok(Naming::Usual));
    }

    #[test]
    fn a_context_has_its_own_certificates() {
        let tls = |name: &str| {
            let places = places(&search(&[("DOCKER_CONTEXT", name)]), &contexts());
            match &places.expect("a place").addresses[0] {
                Address::Tcp(_, tls) => tls.clone(),
                other => panic!("{other}"),
            }
        };
        let dir = Path::new("/home/user/.docker/contexts/tls/2b/docker");
        assert_eq!(tls("lab"), Some(Tls::within(dir)));
        assert_eq!(tls("plain"), None);
    }

    #[test]
    fn a_context_that_is_not_there_is_said_to_be_missing() {
        let error = places(&search(&[("DOCKER_CONTEXT", "gone")]), &contexts());
        let error = error.expect_err("no such context");
        assert!(error.contains("\"gone\""), "{error}");
        assert!(error.contains("DOCKER_CONTEXT"), "{error}");
        let elsewhere = search(&[("DOCKER_CONFIG", "/etc/docker-cli")]);
        let usual = places(&elsewhere, &contexts()).expect("the usual places");
        assert_eq!(usual.naming, Naming::Usual);
    }

    #[test]
    fn tls_is_spoken_where_it_is_asked_for() {
        let tls = |host: &str, variables: &[(&str, &str)]| {
            let mut search = search(variables);
            search.host = Some(host.to_owned());
            match &places(&search, &Memory::default())
                .expect("a place")
                .addresses[0]
            {
                Address::Tcp(authority, tls) => (authority.clone(), tls.clone()),
                other => panic!("{other}"),
            }
        };
        let verify = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs")];
        let certs = Some(Tls::within(Path::new("/certs")));
        let home = Some(Tls::within(Path::new("/home/user/.docker")));
        let is = |authority: &str, tls| (authority.to_owned(), tls);
        assert_eq!(tls("tcp://h", &[]), is("h:2375", None));
        assert_eq!(tls("tcp://h", &verify), is("h:2376", certs.clone()));
        assert_eq!(tls("tcp://h", &verify[..1]), is("h:2376", home.clone()));
        assert_eq!(tls("https://h", &[]), is("h:443", home));
        assert_eq!(tls("http://h:1", &verify), is("h:1", None));
        assert_eq!(tls("tcp://[::1]:2375/", &[]), is("[::1]:2375", None));
    }

    #[test]
    fn ssh_starts_only_when_the_flag_names_it() {
        let files = contexts();
        for variables in [
            [("DOCKER_HOST", "ssh://root@far")],
            [("DOCKER_CONTEXT", "far")],
        ] {
            let error = places(&search(&variables), &files).expect_err("not named by the flag");
            assert!(error.contains("--docker-host ssh://root@far"), "{error}");
        }
        let given = |host: &str| {
            let mut search = search(&[]);
            search.host = Some(host.to_owned());
            shown(&search, &files)
        };
        for written in ["ssh://far", "ssh://me@far:2222/run/docker.sock"] {
            assert_eq!(given(written), Ok(vec![written.to_owned()]));
        }
        for wrong in [
            "ssh://-oProxyCommand=x",
            "ssh://me:pw@far",
            "ssh://-x@far",
            "ssh://far/$(id)",
            "ssh://",
        ] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for wrong in ["/var/run/docker.sock", "unix://", "ftp://x", "tcp://", ""] {
            let mut search = search(&[]);
            search.host = Some(wrong.to_owned());
            let error = places(&search, &Memory::default()).expect_err(wrong);
            assert!(error.starts_with("--docker-host names"), "{error}");
        }
        let secret = search(&[("DOCKER_HOST", "ftp://me:hunter2hunter2@host")]);
        let error = places(&secret, &Memory::default()).expect_err("no address");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
