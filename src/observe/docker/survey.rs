//! Looks at everything that an engine runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{
    ContainerInspectResponse, ContainerSummary, ContainerSummaryStateEnum, SystemInfo,
    SystemVersion,
};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, ListNetworksOptions,
};
use futures_util::StreamExt as _;
use futures_util::future::join3;
use futures_util::stream;
use tokio::time::Instant;

use super::container::container;
#[cfg(target_os = "linux")]
use super::diag;
use super::endpoint::Address;
use super::gaps::Gaps;
use super::image::image;
use super::log::LINES;
use super::machine::Machine;
use super::network::net;
use super::trouble::{Trouble, within};
use super::{Docker, enter, locality, mounts};
use crate::fact::{Container, Engine, EngineKind, Health, Image, Known, Net, Status, Unknown};

/// How many requests are under way at a time.
const AT_ONCE: usize = 16;
/// More containers are not looked at; those that run come first.
const CONTAINERS: usize = 2_000;
/// More logs are not read.
const LOGS: usize = 50;
/// The network of containers that name none.
const DEFAULT_BRIDGE: &str = "bridge";

impl Docker {
    /// How long one request may take.
    pub(super) const EACH: Duration = Duration::from_secs(10);
    /// How long all of them may take.
    pub(super) const WHOLE: Duration = Duration::from_secs(30);

    /// Looks at everything that the engine runs.
    pub async fn survey(&self) -> Known<Engine> {
        let deadline = Instant::now() + Docker::WHOLE;
        let mut gaps = Gaps::default();
        for (address, trouble) in &self.missed {
            if *trouble != Trouble::Absent {
                gaps.add(address.to_string(), trouble);
            }
        }
        let list_networks = self.client.list_networks(None::<ListNetworksOptions>);
        let (info, networks, listed) = join3(
            self.ask(deadline, self.client.info()),
            self.ask(deadline, list_networks),
            self.containers(deadline, &mut gaps),
        )
        .await;
        let (mut containers, images) = match listed {
            Ok(listed) => listed,
            // Without that nothing is known of what it runs.
            Err(trouble) => {
                let address = &self.address;
                return Known::No(Unknown::Failed(format!(
                    "the engine at {address} does not list its containers: {trouble}"
                )));
            }
        };
        let info = gaps.must("engine", info).unwrap_or_default();
        let networks = gaps.must("networks", networks).unwrap_or_default();
        let mut networks: Vec<Net> = networks.into_iter().map(net).collect();
        networks.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        identify(&mut containers, &networks);
        complete(&mut networks, &containers);
        self.logs_of_troubled(&mut containers, deadline, &mut gaps)
            .await;
        let kind = kind(&info, &self.version);
        let machine = Machine::here();
        let locality = locality::prove(&self.address, kind, &containers, &networks, &machine);
        let mut engine = Engine {
            endpoint: self.address.to_string(),
            kind,
            version: self.version.version.clone().or(info.server_version),
            api: Some(self.api.to_string()),
            locality,
            enter: Known::No(Unknown::Unreachable),
            containers,
            networks,
            images,
            gaps: Vec::new(),
        };
        trust(&mut engine, &machine);
        engine.gaps = gaps.into_list();
        Known::Yes(engine)
    }

    async fn ask<T>(
        &self,
        deadline: Instant,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        within(Docker::EACH, deadline, request).await
    }

    /// Every container, and the images that matter to them.
    async fn containers(
        &self,
        deadline: Instant,
        gaps: &mut Gaps,
    ) -> Result<(Vec<Container>, Vec<Image>), Trouble> {
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let listed = self.client.list_containers(Some(all));
        let listed = self.ask(deadline, listed).await?;
        let containers = self.inspected(listed, deadline, gaps).await;
        let images = self.images(&containers, deadline, gaps).await;
        Ok((containers, images))
    }

    async fn inspected(
        &self,
        mut listed: Vec<ContainerSummary>,
        deadline: Instant,
        gaps: &mut Gaps,
    ) -> Vec<Container> {
        if listed.len() > CONTAINERS {
            let all = listed.len();
            gaps.add(
                "containers",
                format!("of {all} only {CONTAINERS} are looked at"),
            );
            listed.sort_by_key(|one| one.state != Some(ContainerSummaryStateEnum::RUNNING));
            listed.truncate(CONTAINERS);
        }
        let inspections = listed.into_iter().filter_map(|one| {
            let id = one.id?;
            let name = one.names.unwrap_or_default().into_iter().next();
            let name = name.unwrap_or_else(|| id.clone());
            Some((id, name.trim_start_matches('/').to_owned()))
        });
        let mut inspections = stream::iter(inspections)
            .map(async |(id, name)| {
                let options = None::<InspectContainerOptions>;
                let request = self.client.inspect_container(&id, options);
                let answer = self.ask(deadline, request).await;
                (name, self.looked_at(answer).await)
            })
            .buffer_unordered(AT_ONCE);
        let mut containers = Vec::new();
        while let Some((name, answer)) = inspections.next().await {
            containers.extend(gaps.sift(format!("container {name}"), answer));
        }
        containers.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        containers
    }

    /// A container with its listeners, which this machine tells while the engine answers about others.
    async fn looked_at(
        &self,
        inspected: Result<ContainerInspectResponse, Trouble>,
    ) -> Result<Container, Trouble> {
        let mut one = container(inspected?);
        if let (Address::Socket(_), Some(pid)) = (&self.address, one.state.pid) {
            let look = tokio::task::spawn_blocking(move || {
                one.listeners = listeners(pid, &one.id, &one.name);
                if one.listeners != Known::No(Unknown::Unreachable) {
                    mounts::look(&Machine::here(), &mut one);
                }
                one
            });
            one = look
                .await
                .map_err(|error| Trouble::Failed(error.to_string()))?;
        }
        Ok(one)
    }

    /// The images that containers were made from, and those that their words for them mean now.
    async fn images(
        &self,
        containers: &[Container],
        deadline: Instant,
        gaps: &mut Gaps,
    ) -> Vec<Image> {
        let made_from = containers.iter().map(|one| (one.image_id.as_str(), false));
        let called = containers.iter().map(|one| (one.image.as_str(), true));
        let mut words: BTreeMap<&str, bool> = BTreeMap::new();
        for (word, is_called) in made_from.chain(called).filter(|(word, _)| is_name(word)) {
            *words.entry(word).or_default() |= is_called;
        }
        let mut inspections = stream::iter(words)
            .map(async |(word, is_called)| {
                let answer = self.ask(deadline, self.client.inspect_image(word)).await;
                (word, is_called, answer)
            })
            .buffer_unordered(AT_ONCE);
        let mut images: BTreeMap<String, Image> = BTreeMap::new();
        while let Some((word, is_called, answer)) = inspections.next().await {
            let Some(found) = gaps.sift(format!("image {word}"), answer).map(image) else {
                continue;
            };
            let known = images.entry(found.id.clone()).or_insert(found);
            if is_called {
                known.meant_by.push(word.to_owned());
                known.meant_by.sort_unstable();
            }
        }
        images.into_values().collect()
    }

    /// Reads the logs of containers that are in trouble.
    async fn logs_of_troubled(
        &self,
        containers: &mut [Container],
        deadline: Instant,
        gaps: &mut Gaps,
    ) {
        let mut troubled: Vec<&mut Container> = containers
            .iter_mut()
            .filter(|one| is_troubled(one))
            .collect();
        // Those that ended last: of what was stopped long ago nobody asks.
        troubled.sort_by(|a, b| key(b).cmp(&key(a)));
        if troubled.len() > LOGS {
            let all = troubled.len();
            gaps.add("logs", format!("of {all} containers only {LOGS} are read"));
        }
        stream::iter(troubled.into_iter().take(LOGS))
            .for_each_concurrent(AT_ONCE, async |one| {
                one.log = match self.log(one, LINES, deadline).await {
                    Ok(lines) => Known::Yes(lines),
                    Err(Trouble::Absent) => Known::No(Unknown::Unreachable),
                    Err(trouble) => Known::No(Unknown::Failed(trouble.to_string())),
                };
            })
            .await;
    }
}

/// What a person reads the log of: whatever does not simply run, and what has been restarted or is unhealthy.
fn is_troubled(container: &Container) -> bool {
    let state = &container.state;
    let is_unhealthy = |health: &Health| health.status == "unhealthy";
    let runs = matches!(state.status, Status::Running | Status::Paused);
    let was_started = state.status != Status::Created;
    (was_started && !runs) || state.health.as_ref().is_some_and(is_unhealthy)
}

/// Running ones first, then by when they ended: such times sort as texts.
fn key(container: &Container) -> (bool, &str) {
    let state = &container.state;
    let is_up = matches!(state.status, Status::Running | Status::Restarting);
    (is_up, &state.finished_at)
}

/// Whether a word can stand in the path of a request: engines hand on what users wrote.
fn is_name(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    !word.is_empty() && word.chars().all(is_part) && !word.split('/').any(|part| part == "..")
}

/// Gives the networks that containers joined the ids and names of the engine's list. Podman (4.3.1) writes a network's name
/// where its id belongs, and calls the default one `podman` there, which it lists as `bridge`.
fn identify(containers: &mut [Container], networks: &[Net]) {
    for joined in containers.iter_mut().flat_map(|one| &mut one.networks) {
        if networks.iter().any(|one| one.id == joined.id) {
            continue;
        }
        let called = |name: &str| networks.iter().find(|one| one.name == name);
        let default = || called(DEFAULT_BRIDGE).filter(|_| joined.name == "podman");
        if let Some(network) = called(&joined.name).or_else(default) {
            joined.id.clone_from(&network.id);
            joined.name.clone_from(&network.name);
        }
    }
}

/// The default network of some engines does not say its gateway; its containers do.
fn complete(networks: &mut [Net], containers: &[Container]) {
    let joined = || containers.iter().flat_map(|one| &one.networks);
    for network in networks.iter_mut().filter(|one| one.gateways.is_empty()) {
        let gateways: BTreeSet<_> = joined()
            .filter(|one| one.id == network.id)
            .filter_map(|one| one.gateway)
            .collect();
        network.gateways = gateways.into_iter().collect();
    }
}

/// Sockets that listen in a container, if that process is its own: an engine elsewhere has other processes.
fn listeners(pid: u32, id: &str, name: &str) -> Known<Vec<SocketAddr>> {
    let machine = Machine::here();
    if !machine.owns(pid, id) {
        return Known::No(Unknown::Unreachable);
    }
    // Who may enter the network asks the kernel there for just these; who may not reads a table of all sockets.
    #[cfg(target_os = "linux")]
    if let Ok(sockets) = enter::within(&machine.network(pid), diag::listeners) {
        return Known::Yes(sockets);
    }
    match machine.listeners(pid) {
        Ok(sockets) => Known::Yes(sockets),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Known::No(
            Unknown::Denied(format!("reading /proc/{pid}/net/tcp of {name} is refused")),
        ),
        Err(error) => {
            let kind = error.kind();
            Known::No(Unknown::Failed(format!("/proc/{pid}/net/tcp: {kind}")))
        }
    }
}

/// What this machine told counts only if the engine was proved to run on it.
fn trust(engine: &mut Engine, machine: &Machine) {
    if !engine.is_here() {
        for one in engine.containers.iter_mut().filter(|one| one.is_running()) {
            one.listeners = Known::No(Unknown::Unreachable);
            one.mounts.iter_mut().for_each(|mount| mount.since = None);
        }
        return;
    }
    let entered = engine.containers.iter().find_map(|one| {
        let pid = one.state.pid?;
        machine.owns(pid, &one.id).then(|| machine.network(pid))
    });
    engine.enter = entered.map_or(Known::No(Unknown::NotAsked), |network| {
        enter::attempt(&network)
    });
}

/// What kind an engine is.
fn kind(info: &SystemInfo, version: &SystemVersion) -> EngineKind {
    let is = |text: &Option<String>, what: &str| text.as_deref() == Some(what);
    let components = version.components.iter().flatten();
    if components
        .into_iter()
        .any(|one| one.name.starts_with("Podman"))
    {
        return EngineKind::Podman;
    }
    if is(&info.operating_system, "Docker Desktop") || is(&info.name, "docker-desktop") {
        return EngineKind::Desktop;
    }
    let mut options = info.security_options.iter().flatten();
    // `name=rootless`, and what belongs to it behind a comma.
    if options.any(|option| option.split(',').any(|part| part == "name=rootless")) {
        return EngineKind::Rootless;
    }
    EngineKind::Linux
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::docker::container::tests::container;

    fn kind_of(info: &str, version: &str) -> EngineKind {
        let info = serde_json::from_str(info).expect("an answer to /info");
        kind(
            &info,
            &serde_json::from_str(version).expect("one to /version"),
        )
    }

    #[test]
    fn engines_are_told_apart() {
        let docker =
            r#"{"Version": "28.0", "Components": [{"Name": "Engine", "Version": "28.0"}]}"#;
        let podman = r#"{"Components": [{"Name": "Podman Engine", "Version": "5.0"}, {"Name": "Conmon", "Version": "2"}]}"#;
        let rootless = r#"{"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}"#;
        let linux = r#"{"OperatingSystem": "Debian GNU/Linux 12 (bookworm)", "Name": "vm", "SecurityOptions": ["name=seccomp"]}"#;
        assert_eq!(kind_of(linux, docker), EngineKind::Linux);
        assert_eq!(kind_of(rootless, docker), EngineKind::Rootless);
        assert_eq!(kind_of(rootless, podman), EngineKind::Podman);
        assert_eq!(
            kind_of(r#"{"OperatingSystem": "Docker Desktop"}"#, docker),
            EngineKind::Desktop
        );
        assert_eq!(
            kind_of(r#"{"Name": "docker-desktop"}"#, docker),
            EngineKind::Desktop
        );
        assert_eq!(kind_of("{}", "{}"), EngineKind::Linux);
    }

    #[test]
    fn logs_are_read_of_those_in_trouble() {
        let with = |status: Status, health: Option<&str>| {
            let mut one = container("a", None);
            one.state.status = status;
            one.state.health = health.map(|status| Health {
                status: status.to_owned(),
                failing: 0,
                output: String::new(),
            });
            is_troubled(&one)
        };
        assert!(with(Status::Exited, None));
        assert!(with(Status::Restarting, None));
        assert!(with(Status::Running, Some("unhealthy")));
        assert!(!with(Status::Running, Some("starting")));
        assert!(!with(Status::Paused, None));
        assert!(!with(Status::Created, None));
    }

    #[test]
    fn only_names_become_requests() {
        for name in ["db:1", "ghcr.io/a/b:x", "sha256:12", "r:5000/a@sha256:12"] {
            assert!(is_name(name), "{name}");
        }
        for word in ["", "a?b", "a#b", "../info", "a/../../info", "a b", "a%2f"] {
            assert!(!is_name(word), "{word}");
        }
    }
}
