//! A container, from what the engine says of it.

use std::net::IpAddr;

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, EndpointSettings,
    Health as Checked, HealthStatusEnum, MountPoint, PortMap,
};

use super::network::address;
use super::words;
use crate::fact::{
    Binding, Container, Health, Joined, Known, Mounted, Secret, State, Status, Unknown,
};

/// How many lines of what a health check printed are kept.
const CHECKED: usize = 20;

/// What the engine says of a container. Its listeners and its log are not looked at yet.
pub(super) fn container(inspected: ContainerInspectResponse) -> Container {
    let config = inspected.config.unwrap_or_default();
    let host = inspected.host_config.unwrap_or_default();
    let settings = inspected.network_settings.unwrap_or_default();
    let env = variables(config.env);
    let restarts = inspected.restart_count.unwrap_or_default();
    let state = inspected.state.unwrap_or_default();
    let name = inspected.name.unwrap_or_default();
    let policy = host.restart_policy.and_then(|policy| policy.name);
    let policy = policy.map(|policy| policy.to_string());
    let networks = settings.networks.unwrap_or_default().into_iter();
    let mut networks: Vec<Joined> = networks.map(|(name, at)| joined(name, at)).collect();
    networks.sort_by(|a, b| a.name.cmp(&b.name));
    let mounts = inspected.mounts.unwrap_or_default().into_iter();
    let mut mounts: Vec<Mounted> = mounts.map(mounted).collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    Container {
        id: inspected.id.unwrap_or_default(),
        name: name.trim_start_matches('/').to_owned(),
        image: config.image.unwrap_or_default(),
        image_id: inspected.image.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        state: state_of(state, restarts, inspected.created.unwrap_or_default(), &env),
        entrypoint: config.entrypoint.unwrap_or_default(),
        command: config.cmd.unwrap_or_default(),
        env,
        exposed: ports(config.exposed_ports),
        bindings: bindings(host.port_bindings),
        published: bindings(settings.ports),
        open_stdin: config.open_stdin.unwrap_or_default(),
        tty: config.tty.unwrap_or_default(),
        hostname: config.hostname.unwrap_or_default(),
        network_mode: host.network_mode.unwrap_or_default(),
        extra_hosts: extra_hosts(host.extra_hosts),
        dns: host.dns.unwrap_or_default(),
        networks,
        mounts,
        restart: policy
            .filter(|policy| !policy.is_empty())
            .unwrap_or_else(|| "no".to_owned()),
        healthcheck: config
            .healthcheck
            .and_then(|check| check.test)
            .filter(|words| !words.is_empty()),
        listeners: Known::No(Unknown::NotAsked),
        log: Known::No(Unknown::NotAsked),
    }
}

fn state_of(
    state: ContainerState,
    restarts: i64,
    created_at: String,
    env: &[(String, Secret)],
) -> State {
    let pid = state.pid.and_then(|pid| u32::try_from(pid).ok());
    State {
        status: status(&state),
        pid: pid.filter(|pid| *pid > 0),
        exit_code: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed.unwrap_or_default(),
        error: words::lines(
            &state.error.unwrap_or_default(),
            CHECKED,
            &words::hidden(env),
        )
        .join("\n"),
        restarts: u64::try_from(restarts).unwrap_or_default(),
        started_at: state.started_at.unwrap_or_default(),
        finished_at: state.finished_at.unwrap_or_default(),
        created_at,
        health: state.health.and_then(|health| checked(health, env)),
    }
}

/// Engines that do not use one of the words say at least whether it runs.
fn status(state: &ContainerState) -> Status {
    match state.status {
        Some(ContainerStateStatusEnum::CREATED) => Status::Created,
        Some(ContainerStateStatusEnum::RUNNING) => Status::Running,
        Some(ContainerStateStatusEnum::PAUSED) => Status::Paused,
        Some(ContainerStateStatusEnum::RESTARTING) => Status::Restarting,
        Some(ContainerStateStatusEnum::REMOVING) => Status::Removing,
        Some(ContainerStateStatusEnum::EXITED) => Status::Exited,
        Some(ContainerStateStatusEnum::DEAD) => Status::Dead,
        _ if state.running == Some(true) => Status::Running,
        _ => Status::Exited,
    }
}

/// Nothing where there is no check.
fn checked(health: Checked, env: &[(String, Secret)]) -> Option<Health> {
    let status = health.status?;
    if matches!(status, HealthStatusEnum::EMPTY | HealthStatusEnum::NONE) {
        return None;
    }
    let last = health.log.unwrap_or_default().pop();
    let output = last.and_then(|last| last.output).unwrap_or_default();
    let failing = health.failing_streak.unwrap_or_default();
    Some(Health {
        status: status.to_string(),
        failing: u64::try_from(failing).unwrap_or_default(),
        output: words::lines(&output, CHECKED, &words::hidden(env)).join("\n"),
    })
}

fn joined(name: String, at: EndpointSettings) -> Joined {
    let addresses: [Option<IpAddr>; 2] = [
        address(at.ip_address.as_deref()),
        address(at.global_ipv6_address.as_deref()),
    ];
    Joined {
        name,
        id: at.network_id.unwrap_or_default(),
        addresses: addresses.into_iter().flatten().collect(),
        aliases: at.aliases.unwrap_or_default(),
        dns_names: at.dns_names.unwrap_or_default(),
        gateway: address(at.gateway.as_deref()).or_else(|| address(at.ipv6_gateway.as_deref())),
    }
}

fn mounted(mount: MountPoint) -> Mounted {
    Mounted {
        kind: mount.typ.map(|kind| kind.to_string()).unwrap_or_default(),
        source: mount.source.unwrap_or_default(),
        target: mount.destination.unwrap_or_default(),
        writable: mount.rw.unwrap_or_default(),
        since: None,
    }
}

/// `NAME=VALUE`; a name alone has no value.
pub(super) fn variables(env: Option<Vec<String>>) -> Vec<(String, Secret)> {
    let env = env.unwrap_or_default().into_iter();
    env.map(|one| match one.split_once('=') {
        Some((name, value)) => (name.to_owned(), Secret::from(value)),
        None => (one, Secret::from("")),
    })
    .collect()
}

/// Ports of TCP in `8000/tcp`, in order.
pub(super) fn ports(exposed: Option<Vec<String>>) -> Vec<u16> {
    let exposed = exposed.unwrap_or_default();
    let mut ports: Vec<u16> = exposed.iter().filter_map(|one| port(one)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn port(text: &str) -> Option<u16> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    (protocol == "tcp").then(|| port.parse().ok()).flatten()
}

/// Ports and where they are published. A port that is exposed and not published has no place.
fn bindings(map: Option<PortMap>) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for (inside, places) in map.unwrap_or_default() {
        let Some(port) = port(&inside) else { continue };
        bindings.extend(places.unwrap_or_default().into_iter().map(|place| {
            Binding {
                port,
                host_ip: place.host_ip.unwrap_or_default(),
                host_port: place
                    .host_port
                    .and_then(|port| port.parse().ok())
                    .filter(|port| *port > 0),
            }
        }));
    }
    bindings.sort_by(|a, b| {
        let key = |one: &Binding| (one.port, one.host_ip.clone(), one.host_port);
        key(a).cmp(&key(b))
    });
    bindings
}

/// `NAME:ADDRESS`, or `NAME=ADDRESS` as newer clients write it. The address may have colons.
fn extra_hosts(given: Option<Vec<String>>) -> Vec<(String, String)> {
    let given = given.unwrap_or_default().into_iter();
    given
        .filter_map(|one| {
            let (name, address) = one.split_once(['=', ':'])?;
            let address = address.trim_matches(['[', ']']);
            Some((name.to_owned(), address.to_owned()))
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A container whose id is one digit, 64 times.
    pub fn container(digit: &str, pid: Option<u32>) -> Container {
        let mut container = super::container(ContainerInspectResponse {
            id: Some(digit.repeat(64)),
            name: Some(format!("/{digit}")),
            ..ContainerInspectResponse::default()
        });
        container.state.pid = pid;
        container
    }

    fn inspected(json: &str) -> Container {
        super::container(serde_json::from_str(json).expect("an inspection"))
    }

    #[test]
    fn an_inspection_becomes_a_container() {
        let one = inspected(
            r#"{"Id": "x", "Name": "/shop-db-1", "Created": "2026-01-01T00:00:00Z", "Image": "sha256:1", "RestartCount": 3,
            "State": {"Status": "restarting", "Running": true, "Pid": 0, "ExitCode": 137, "OOMKilled": true, "Error": "",
              "Health": {"Status": "unhealthy", "FailingStreak": 4, "Log": [{"Start": "2026-01-01T00:00:00Z", "ExitCode": 1, "Output": "old"},
                {"Start": "2026-01-01T00:00:00Z", "ExitCode": 1, "Output": "password=hunter2hunter2\n"}]}},
            "Config": {"Image": "db:1", "Env": ["A=b=c", "ALONE"], "Cmd": null, "Entrypoint": ["/db"], "ExposedPorts": {"9/udp": {}, "5432/tcp": {}},
              "Healthcheck": {"Test": ["NONE"]}, "Labels": {"l": "v"}, "Tty": true, "Hostname": "h"},
            "HostConfig": {"NetworkMode": "shop", "PortBindings": {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "15432"}, {"HostIp": "", "HostPort": ""}], "9/udp": [{"HostPort": "9"}]},
              "RestartPolicy": {"Name": "unless-stopped"}, "ExtraHosts": ["host.docker.internal:host-gateway", "six:2001:db8::1"]},
            "NetworkSettings": {"Ports": {"5432/tcp": null}, "Networks": {"shop": {"NetworkID": "n", "Aliases": ["db"], "IPAddress": "172.18.0.2", "Gateway": "172.18.0.1", "GlobalIPv6Address": ""}}},
            "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": false}]}"#,
        );
        assert_eq!(
            (one.name.as_str(), one.image.as_str()),
            ("shop-db-1", "db:1")
        );
        assert_eq!(one.state.status, Status::Restarting);
        assert_eq!((one.state.pid, one.state.exit_code), (None, 137));
        assert!(one.state.out_of_memory);
        assert_eq!(one.state.restarts, 3);
        let health = one.state.health.as_ref().expect("a check");
        assert_eq!((health.status.as_str(), health.failing), ("unhealthy", 4));
        assert!(health.output.starts_with("password=*"), "{}", health.output);
        assert_eq!(one.variable("A"), Some("b=c"));
        assert_eq!(one.variable("ALONE"), Some(""));
        assert_eq!(one.exposed, [5432]);
        let host = |binding: &Binding| (binding.host_ip.clone(), binding.host_port);
        let places: Vec<_> = one.bindings.iter().map(host).collect();
        assert_eq!(
            places,
            [(String::new(), None), ("127.0.0.1".into(), Some(15432))]
        );
        assert_eq!(one.published, []);
        assert_eq!(one.restart, "unless-stopped");
        assert_eq!(one.healthcheck, Some(vec!["NONE".to_owned()]));
        assert_eq!(one.extra_hosts[0].1, "host-gateway");
        assert_eq!(one.extra_hosts[1].1, "2001:db8::1");
        let shop = &one.networks[0];
        assert_eq!((shop.name.as_str(), shop.addresses.len()), ("shop", 1));
        assert_eq!(shop.gateway, "172.18.0.1".parse().ok());
        assert!(!one.mounts[0].writable && one.tty && !one.open_stdin);
    }

    #[test]
    fn an_engine_that_says_little_is_understood() {
        let one = inspected(
            r#"{"Id": "x", "State": {"Running": true, "Pid": 4, "Health": {"Status": ""}}}"#,
        );
        assert_eq!(
            (one.state.status, one.state.pid),
            (Status::Running, Some(4))
        );
        assert_eq!((one.state.health, one.restart.as_str()), (None, "no"));
    }
}
