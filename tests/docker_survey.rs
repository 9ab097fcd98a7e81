//! Finding and surveying engines: fake ones that misbehave or run elsewhere, and the real one.
#![cfg(unix)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mcpdoc::fact::{Container, Engine, EngineKind, Known, Locality, Status, Unknown};
use mcpdoc::load::Memory;
use mcpdoc::observe::docker::{Search, connect, survey};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};

#[path = "support/engine.rs"]
mod engine;

use engine::{Lab, Spec, docker, until, until_inspected};

fn at(host: impl Into<String>) -> Search {
    Search {
        host: Some(host.into()),
        ..Search::default()
    }
}

async fn surveyed(search: &Search) -> Engine {
    match survey(search, &Memory::default()).await {
        Known::Yes(engine) => engine,
        Known::No(unknown) => panic!("{unknown:?}"),
    }
}

async fn unknown(search: &Search) -> Unknown {
    match connect(search, &Memory::default()).await {
        Ok(docker) => panic!("an engine: {docker:?}"),
        Err(unknown) => unknown,
    }
}

fn failed(unknown: Unknown) -> String {
    match unknown {
        Unknown::Failed(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// A folder with a socket in it.
fn socket() -> (tempfile::TempDir, PathBuf, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("engine.sock");
    let url = format!("unix://{}", path.display());
    (dir, path, url)
}

/// Answers one request on a connection by what `answers` has for its path.
async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: impl Fn(&str) -> Option<String>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).expect("a path");
    let path = target.split('?').next().expect("a path");
    // Everything but the first question is asked in the version that its answer allows.
    let versions = ["/v1.51", "/v1.41"];
    let path = match versions
        .iter()
        .find_map(|version| path.strip_prefix(version))
    {
        Some(path) => path,
        None if path == "/version" => path,
        None => "/nothing",
    };
    let (status, body) = match answers(path) {
        Some(body) => ("200 OK", body),
        None => (
            "404 Not Found",
            r#"{"message": "no such thing"}"#.to_owned(),
        ),
    };
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    // Who hangs up has heard enough.
    let _ = stream.write_all(text.as_bytes()).await;
}

const VERSION: &str = r#"{"Version": "28.3.2", "ApiVersion": "1.51", "Components": [{"Name": "Engine", "Version": "28.3.2"}]}"#;
const CONTAINER: &str =
    r#"[{"Id": "c0ffee", "Names": ["/db"], "Image": "db:1", "State": "running"}]"#;
const INSPECTED: &str = r#"{"Id": "c0ffee", "Name": "/db", "Image": "sha256:1", "State": {"Status": "running", "Running": true, "Pid": 1},
    "Config": {"Image": "db:1", "Env": ["POSTGRES_PASSWORD=hunter2hunter2"]},
    "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "b", "IPAddress": "172.17.0.2", "Gateway": "172.17.0.1"}}}}"#;
const NETWORKS: &str = r#"[{"Name": "bridge", "Id": "b", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}}]"#;

/// An engine with one container, whose answers are written after real ones; `info` is its own.
fn telling(info: &str) -> impl Fn(&str) -> Option<String> + Clone + Send + 'static {
    let info = info.to_owned();
    move |path| {
        let answer = match path {
            "/version" => VERSION,
            "/info" => &info,
            "/containers/json" => CONTAINER,
            "/containers/c0ffee/json" => INSPECTED,
            "/networks" => NETWORKS,
            "/images/db:1/json" => r#"{"Id": "sha256:2", "RepoTags": ["db:1"]}"#,
            "/images/sha256:1/json" => r#"{"Id": "sha256:1", "RepoTags": []}"#,
            _ => return None,
        };
        Some(answer.to_owned())
    }
}

fn serve_unix(path: &Path, answers: impl Fn(&str) -> Option<String> + Clone + Send + 'static) {
    let listener = UnixListener::bind(path).expect("a socket");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, answers.clone()));
        }
    });
}

/// Podman 4.3.1 of Debian 12: a container on a network of its own, and one that names none.
fn podman(path: &str) -> Option<String> {
    let answer = match path {
        "/version" => include_str!("engines/podman-version.json"),
        "/info" => "{}",
        "/containers/json" => include_str!("engines/podman-containers.json"),
        "/networks" => include_str!("engines/podman-networks.json"),
        path if path.ends_with("/json") && path.starts_with("/containers/ce23") => {
            include_str!("engines/podman-container-one.json")
        }
        path if path.ends_with("/json") && path.starts_with("/containers/") => {
            include_str!("engines/podman-container-three.json")
        }
        _ => return None,
    };
    Some(answer.to_owned())
}

#[tokio::test]
async fn the_networks_of_podman_are_those_that_it_lists() {
    let (_dir, path, url) = socket();
    serve_unix(&path, podman);
    let engine = surveyed(&at(&url)).await;
    assert_eq!(engine.kind, EngineKind::Podman);
    assert_eq!(engine.api.as_deref(), Some("1.41"));
    let id = |name: &str| {
        let network = engine.networks.iter().find(|one| one.name == name);
        network.expect("a network").id.clone()
    };
    let joined = engine.containers.iter().map(|one| {
        let [joined] = one.networks.as_slice() else {
            panic!("{one:?}");
        };
        (one.name.as_str(), joined.name.as_str(), joined.id.clone())
    });
    let joined: Vec<_> = joined.collect();
    // The default one has no names, as Docker's.
    assert_eq!(
        joined,
        [
            ("one", "shop", id("shop")),
            ("three", "bridge", id("bridge"))
        ]
    );
    assert!(
        engine
            .containers
            .iter()
            .all(|one| one.state.health.is_none())
    );
}

#[tokio::test]
async fn an_engine_may_take_its_time_for_its_version() {
    let (_dir, path, url) = socket();
    let told = telling("{}");
    serve_unix(&path, move |path| {
        if path == "/version" {
            std::thread::sleep(Duration::from_millis(600));
        }
        told(path)
    });
    let mut search = at(&url);
    search.patience = Duration::from_millis(200);
    assert_eq!(surveyed(&search).await.containers.len(), 1);
}

#[tokio::test]
async fn an_engine_that_never_answers_costs_its_patience_and_is_not_called_absent() {
    let (_dir, path, url) = socket();
    let listener = UnixListener::bind(&path).expect("a socket");
    let holder = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let began = Instant::now();
    let reason = failed(unknown(&at(&url)).await);
    let took = began.elapsed();
    holder.abort();
    assert!(reason.contains("does not answer within 2 s"), "{reason}");
    assert!(reason.contains(&url), "{reason}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn an_engine_that_stops_in_the_middle_of_its_answer_is_silent_too() {
    let (_dir, path, url) = socket();
    let listener = UnixListener::bind(&path).expect("a socket");
    let holder = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = stream.read(&mut [0; 1024]).await;
            assert!(request.is_ok_and(|bytes| bytes > 0));
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
            stream.write_all(head).await.expect("a listener");
            held.push(stream);
        }
    });
    let mut search = at(&url);
    search.patience = Duration::from_millis(300);
    let reason = failed(unknown(&search).await);
    holder.abort();
    assert!(reason.contains("does not answer within 0.3 s"), "{reason}");
}

#[tokio::test]
async fn rubbish_is_no_engine() {
    for (says, expected) in [
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "no container engine",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "no container engine",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            "the engine answers 403: no",
        ),
    ] {
        let (_dir, path, url) = socket();
        let listener = UnixListener::bind(&path).expect("a socket");
        let speaker = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(says.as_bytes()).await;
            }
        });
        let reason = failed(unknown(&at(&url)).await);
        speaker.abort();
        assert!(reason.contains(expected), "{says:?}: {reason}");
    }
}

#[tokio::test]
async fn where_there_is_no_engine_it_is_said_what_was_tried() {
    let (dir, path, url) = socket();
    let reason = failed(unknown(&at(&url)).await);
    assert!(
        reason.contains("--docker-host names") && reason.contains("nothing"),
        "{reason}"
    );
    drop(UnixListener::bind(&path).expect("a socket"));
    let reason = failed(unknown(&at(&url)).await);
    assert!(reason.contains("does not listen"), "{reason}");
    drop(dir);
}

#[tokio::test]
async fn docker_desktop_is_not_this_machine() {
    let (_dir, path, url) = socket();
    let info = include_str!("engines/docker-desktop-info.json");
    serve_unix(&path, telling(info));
    let engine = surveyed(&at(&url)).await;
    assert_eq!(engine.kind, EngineKind::Desktop);
    let Locality::NotProved(why) = &engine.locality else {
        panic!("proved");
    };
    assert!(why.contains("virtual machine"), "{why}");
    assert_eq!(engine.version.as_deref(), Some("28.3.2"));
    assert_eq!(engine.api.as_deref(), Some("1.51"));
    assert_eq!(engine.gaps, []);
    let db = engine.container("db").expect("a container");
    assert_eq!(db.listeners, Known::No(Unknown::Unreachable));
    assert_eq!(db.log, Known::No(Unknown::NotAsked));
    assert_eq!(engine.enter, Known::No(Unknown::Unreachable));
    let debug = format!("{engine:?}");
    assert!(!debug.contains("hunter2"), "{debug}");
    // The container's tag has moved to another image.
    assert_eq!(db.image_id, "sha256:1");
    assert_eq!(engine.meant(&db.image).expect("an image").id, "sha256:2");
}

/// The address of its default network is very likely one of this machine too: that proves nothing.
#[tokio::test]
async fn an_engine_behind_tcp_or_a_forwarded_socket_is_not_this_machine() {
    let info = r#"{"OperatingSystem": "Ubuntu 24.04 LTS", "Name": "far", "SecurityOptions": ["name=seccomp,profile=builtin"]}"#;
    let (_dir, path, url) = socket();
    serve_unix(&path, telling(info));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let answers = telling(info);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, answers.clone()));
        }
    });
    for (url, expected) in [
        (format!("tcp://{address}"), "no unix socket"),
        (
            url,
            "process 1 of this machine is not that of the container db",
        ),
    ] {
        let engine = surveyed(&at(&url)).await;
        assert_eq!(engine.endpoint, url);
        assert_eq!(engine.kind, EngineKind::Linux);
        let Locality::NotProved(why) = &engine.locality else {
            panic!("proved");
        };
        assert!(why.contains(expected), "{why}");
        let db = engine.container("db").expect("a container");
        assert_eq!(db.listeners, Known::No(Unknown::Unreachable));
        // What the network does not say, its container does.
        let gateway = engine
            .network("bridge")
            .expect("a network")
            .gateways
            .clone();
        assert_eq!(
            gateway,
            ["172.17.0.1"
                .parse::<std::net::IpAddr>()
                .expect("an address")]
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_gap_and_what_is_gone_is_none() {
    let (_dir, path, url) = socket();
    let known = telling("{}");
    serve_unix(&path, move |path| {
        match path {
        "/networks" => Some("rubbish".to_owned()),
        "/containers/json" => Some(
            r#"[{"Id": "c0ffee", "Names": ["/db"]}, {"Id": "gone", "Names": ["/gone"]}, {"Id": "odd", "Names": ["/odd"]}]"#.to_owned(),
        ),
        "/containers/odd/json" => Some("[]".to_owned()),
        path => known(path),
    }
    });
    let engine = surveyed(&at(&url)).await;
    let names: Vec<&str> = engine
        .containers
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["db"]);
    let gaps: Vec<&str> = engine.gaps.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(gaps, ["container odd", "networks"]);
    assert!(engine.gap("networks").is_some() && engine.gap("container db").is_none());
}

#[tokio::test]
async fn an_engine_that_does_not_list_its_containers_is_unknown() {
    let (_dir, path, url) = socket();
    let known = telling("{}");
    serve_unix(&path, move |path| match path {
        "/containers/json" => None,
        path => known(path),
    });
    match survey(&at(&url), &Memory::default()).await {
        Known::No(Unknown::Failed(reason)) => assert!(reason.contains("list"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_thousand_containers_and_more_are_capped_and_it_is_said() {
    let (_dir, path, url) = socket();
    let known = telling("{}");
    serve_unix(&path, move |path| match path {
        "/containers/json" => {
            let one = |at: usize| {
                let state = if at == 2_500 { "running" } else { "exited" };
                format!(r#"{{"Id": "{at}", "Names": ["/c{at}"], "State": "{state}"}}"#)
            };
            let all: Vec<String> = (1..=2_500).map(one).collect();
            Some(format!("[{}]", all.join(",")))
        }
        path if path.starts_with("/containers/") && path.ends_with("/json") => {
            let id = path.split('/').nth(2).expect("an id");
            Some(format!(
                r#"{{"Id": "{id}", "Name": "/c{id}", "State": {{"Status": "exited"}}}}"#
            ))
        }
        path if path.ends_with("/logs") => Some(String::new()),
        path => known(path),
    });
    let engine = surveyed(&at(&url)).await;
    assert_eq!(engine.containers.len(), 2_000);
    assert!(engine.container("c2500").is_some(), "the one that runs");
    assert!(engine.gap("containers").expect("said").contains("2500"));
    let logs = engine
        .containers
        .iter()
        .filter(|one| one.log.get().is_some());
    assert_eq!(logs.count(), 50);
    assert!(engine.gap("logs").expect("said").contains("50"));
}

/// Runs `work` on a thread of its own as a user who owns nothing; the rest of this process keeps its rights.
fn as_nobody<T: Send>(group: Option<u32>, work: impl AsyncFnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let group = rustix::process::Gid::from_raw(group.unwrap_or(NOBODY));
                let user = rustix::process::Uid::from_raw(NOBODY);
                rustix::thread::set_thread_groups(&[]).expect("no groups");
                rustix::thread::set_thread_res_gid(group, group, group).expect("a group");
                rustix::thread::set_thread_res_uid(user, user, user).expect("a user");
            }
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(work())
        });
        thread.join().expect("the work")
    })
}

const NOBODY: u32 = 65_534;

#[test]
fn without_permission_it_is_said_what_would_help() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let (dir, path, url) = socket();
    set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("the folder");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let denied = || match as_nobody(None, async || unknown(&at(&url)).await) {
        Unknown::Denied(text) => text,
        other => panic!("{other:?}"),
    };
    // The socket itself, then the folder that it is in.
    for (place, closed) in [(&path, 0o000), (&dir.path().to_owned(), 0o600)] {
        set_permissions(place, Permissions::from_mode(closed)).expect("the place");
        let text = denied();
        for word in [&url, "`docker`", "$XDG_RUNTIME_DIR/docker.sock", "--facts"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        set_permissions(place, Permissions::from_mode(0o755)).expect("the place");
    }
    drop(listener);
}

/// The engine of the machine, as it is found without being named.
fn usual() -> Search {
    Search::default()
}

#[tokio::test]
#[ignore = "needs a container engine"]
async fn the_engine_of_this_machine_tells_what_it_runs() {
    let lab = Lab::new();
    let shared = lab.network("shared");
    let other = lab.network_with("other", &["--internal", "--label", "a=b"]);
    let image = lab.image(
        "server:1",
        &[
            "ENTRYPOINT [\"/bin/busybox\"]",
            "CMD [\"sleep\", \"100000\"]",
            "EXPOSE 8000",
            "ENV MODE=fast",
            "LABEL org.example=x",
        ],
    );
    let server = lab.run(Spec {
        name: "server",
        image: &image,
        networks: &[("shared", &["db", "database"]), ("other", &["db2"])],
        env: &["API_KEY=hunter2hunter2"],
        labels: &["com.docker.compose.service=server"],
        publish: &["127.0.0.1::8000"],
        options: &[
            "-i",
            "--hostname",
            "inner",
            "--add-host",
            "here:host-gateway",
        ],
        ..Spec::default()
    });
    let web = lab.run(Spec {
        name: "web",
        command: &[
            "sh",
            "-c",
            "mkdir /www; httpd -h /www -p 127.0.0.1:8081; exec httpd -f -h /www -p 0.0.0.0:8080",
        ],
        networks: &[("shared", &[])],
        ..Spec::default()
    });
    let frozen = lab.run(Spec {
        name: "frozen",
        command: &["httpd", "-f", "-h", "/tmp", "-p", "7000"],
        ..Spec::default()
    });
    let killed = lab.run(Spec {
        name: "killed",
        command: &["sh", "-c", "echo started; exec sleep 100000"],
        ..Spec::default()
    });
    let looping = lab.run(Spec {
        name: "looping",
        command: &["sh", "-c", "echo token=hunter2hunter2; echo bye >&2"],
        options: &["--restart", "always"],
        ..Spec::default()
    });
    let ill = lab.run(Spec {
        name: "ill",
        command: &[
            "sh",
            "-c",
            "echo works as far as it knows; exec sleep 100000",
        ],
        options: &[
            "--health-cmd",
            "echo nothing there; exit 1",
            "--health-interval",
            "1s",
            "--health-retries",
            "1",
        ],
        ..Spec::default()
    });
    let unborn = lab.create(Spec {
        name: "unborn",
        ..Spec::default()
    });
    until_inspected(&ill, "{{.State.Health.Status}}", "unhealthy");
    docker(&["pause", &frozen.id]);
    docker(&["kill", &killed.id]);
    until_inspected(&killed, "{{.State.Status}}", "exited");
    // The tag moves to another image.
    let newer = lab.image("newer:1", &["CMD [\"sh\"]"]);
    docker(&["tag", &newer, &image]);

    // It starts again and again: seen between two times.
    let mut engine = surveyed(&usual()).await;
    let began = Instant::now();
    while engine.container(&looping.name).map(|one| one.state.status) != Some(Status::Restarting) {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it is never seen restarting"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        engine = surveyed(&usual()).await;
    }
    let one = |name: &str| -> &Container { engine.container(name).expect("a container") };
    assert_eq!(engine.locality, Locality::Here);
    assert_eq!(engine.kind, EngineKind::Linux);
    assert_eq!(engine.endpoint, "unix:///var/run/docker.sock");
    assert!(engine.version.is_some() && engine.api.is_some());
    assert!(engine.network(&other).expect("a network").internal);
    assert_eq!(
        engine.network(&shared).expect("a network").gateways.len(),
        1
    );
    let is_root = rustix::process::geteuid().is_root();
    assert_eq!(
        engine.enter == Known::Yes(()),
        is_root,
        "{:?}",
        engine.enter
    );

    let seen = one(&server.name);
    assert_eq!(seen.id, server.id);
    assert_eq!(seen.state.status, Status::Running);
    assert!(seen.open_stdin && !seen.tty);
    assert_eq!(
        (seen.exposed.as_slice(), seen.hostname.as_str()),
        ([8000].as_slice(), "inner")
    );
    assert_eq!(seen.published[0].port, 8000);
    assert_eq!(seen.published[0].host_ip, "127.0.0.1");
    assert!(seen.published[0].host_port.is_some() && seen.bindings[0].host_port.is_none());
    assert_eq!(
        seen.extra_hosts,
        [("here".to_owned(), "host-gateway".to_owned())]
    );
    assert_eq!(seen.variable("API_KEY"), Some("hunter2hunter2"));
    assert_eq!(seen.variable("MODE"), Some("fast"));
    assert_eq!(seen.label("org.example"), Some("x"));
    assert_eq!(seen.log, Known::No(Unknown::NotAsked));
    let aliases = |network: &str| {
        let joined = seen.networks.iter().find(|one| one.name == network);
        let joined = joined.expect("a network");
        assert_eq!(joined.addresses.len(), 1);
        joined.aliases.clone()
    };
    assert!(aliases(&shared).contains(&"database".to_owned()));
    assert!(aliases(&other).contains(&"db2".to_owned()));
    // What it was made from, and what its tag means now.
    let made_from = engine.image(&seen.image_id).expect("its image");
    assert_eq!(made_from.entrypoint, ["/bin/busybox"]);
    assert_eq!(made_from.meant_by, [""; 0]);
    let meant = engine.meant(&seen.image).expect("an image");
    assert_ne!(meant.id, seen.image_id);
    assert!(meant.tags.contains(&newer));

    let listeners = |name: &str| match &one(name).listeners {
        Known::Yes(sockets) => sockets
            .iter()
            .map(SocketAddr::to_string)
            .collect::<Vec<_>>(),
        Known::No(unknown) => panic!("{name}: {unknown:?}"),
    };
    assert_eq!(listeners(&web.name), ["0.0.0.0:8080", "127.0.0.1:8081"]);
    assert_eq!(listeners(&server.name), [""; 0]);
    assert_eq!(one(&frozen.name).state.status, Status::Paused);
    assert_eq!(listeners(&frozen.name), ["[::]:7000"]);

    let seen = one(&killed.name);
    assert_eq!(
        (seen.state.status, seen.state.exit_code),
        (Status::Exited, 137)
    );
    assert_eq!(seen.log, Known::Yes(vec!["started".to_owned()]));
    assert_eq!(seen.listeners, Known::No(Unknown::NotAsked));
    let seen = one(&looping.name);
    assert_eq!(seen.state.status, Status::Restarting);
    assert!(seen.state.restarts > 0 && seen.restart == "always");
    let log = seen.log.get().expect("a log");
    assert!(
        log.len() <= 20 && log.contains(&"bye".to_owned()),
        "{log:?}"
    );
    assert!(!log.concat().contains("hunter2"), "{log:?}");
    let seen = one(&ill.name);
    let health = seen.state.health.as_ref().expect("a check");
    assert_eq!(
        (health.status.as_str(), health.output.as_str()),
        ("unhealthy", "nothing there")
    );
    assert_eq!(
        seen.log,
        Known::Yes(vec!["works as far as it knows".to_owned()])
    );
    let seen = one(&unborn.name);
    assert_eq!(
        (seen.state.status, &seen.log),
        (Status::Created, &Known::No(Unknown::NotAsked))
    );
    lab.remove();
}

#[test]
#[ignore = "needs a container engine, and root"]
fn a_user_of_the_docker_group_sees_listeners_and_enters_nothing() {
    use std::os::unix::fs::MetadataExt as _;

    let lab = Lab::new();
    let web = lab.run(Spec {
        name: "web",
        command: &["httpd", "-f", "-h", "/tmp", "-p", "127.0.0.1:8080"],
        ..Spec::default()
    });
    let socket = std::fs::metadata("/var/run/docker.sock").expect("the engine's socket");
    let mut seen = None;
    until("it listens", || {
        let engine = as_nobody(Some(socket.gid()), async || surveyed(&usual()).await);
        let one = engine.container(&web.name).expect("a container");
        let listens = one.listeners.get().is_some_and(|found| !found.is_empty());
        seen = Some(engine);
        listens
    });
    let engine = seen.expect("an engine");
    assert_eq!(engine.locality, Locality::Here);
    assert!(
        matches!(engine.enter, Known::No(Unknown::Denied(_))),
        "{:?}",
        engine.enter
    );
    let listeners = engine
        .container(&web.name)
        .expect("a container")
        .listeners
        .clone();
    assert_eq!(
        listeners,
        Known::Yes(vec!["127.0.0.1:8080".parse().expect("an address")])
    );
}

/// The engine of this machine, reached as that of another one would be. Only the program that goes there is not ssh.
#[tokio::test]
#[ignore = "needs a container engine"]
async fn an_engine_behind_ssh_is_surveyed_and_not_this_machine() {
    use std::os::unix::fs::PermissionsExt as _;

    let lab = Lab::new();
    let server = lab.run(Spec {
        name: "server",
        ..Spec::default()
    });
    let dir = tempfile::tempdir().expect("a folder");
    let ssh = dir.path().join("ssh");
    let script = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\n[ \"$1\" = far ] || { echo \"Host key verification failed.\" >&2; exit 255; }\nshift\nexec \"$@\"\n";
    std::fs::write(&ssh, script).expect("a file");
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let path = std::env::var("PATH").expect("PATH");
    let path = format!("{}:{path}", dir.path().display());
    let mut search = at("ssh://me@far");
    search.shell.insert("PATH".to_owned(), path);
    let engine = surveyed(&search).await;
    let one = engine.container(&server.name).expect("a container");
    assert_eq!(one.state.status, Status::Running);
    assert!(matches!(&engine.locality, Locality::NotProved(why) if why.contains("ssh://me@far")));
    search.host = Some("ssh://elsewhere".to_owned());
    let reason = failed(unknown(&search).await);
    assert!(reason.contains("Host key verification failed"), "{reason}");
}
