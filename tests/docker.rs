//! Whole stacks on a real engine, and what `mcpdoc check` says of each: the hops, the findings, and none other.
#![cfg(target_os = "linux")]

#[path = "support/contained.rs"]
mod contained;
#[path = "support/engine.rs"]
mod engine;
#[path = "support/rust_sdk.rs"]
mod rust_sdk;
#[path = "support/scene.rs"]
mod scene;

use contained::{HOST_CHECK, program};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Running, Spec, docker, until};
use scene::{Said, Scene, Up, free_port};

/// A gateway whose one server is at `url`.
fn config(url: &str) -> String {
    format!(
        "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\nmcp_servers:\n  tools:\n    transport: http\n    url: {url}\n"
    )
}

/// The gateway in its compose file.
const GATEWAY: &str = r#"  litellm:
    image: PREFIX/litellm:main-v1.77.3-stable
    container_name: PREFIX-litellm
    command: ["--config", "/app/config.yaml"]
    environment:
      LITELLM_MASTER_KEY: ${LITELLM_MASTER_KEY}
    volumes:
      - ./config.yaml:/app/config.yaml:ro
"#;

/// The server in its compose file, with lines for its environment last.
fn server(address: &str) -> String {
    let mounts = program();
    let mounts = mounts.iter().filter(|word| *word != "-v");
    let mounts: String = mounts.map(|mount| format!("      - {mount}\n")).collect();
    format!(
        r#"  tools:
    image: PREFIX/tools:1
    container_name: PREFIX-tools
    volumes:
{mounts}    environment:
      MCPDOC_TEST_LISTEN: {address}
"#
    )
}

/// A compose file with the gateway and the server, each with lines of its own.
fn compose(address: &str, gateway: &str, own: &str, rest: &str) -> String {
    let server = server(address);
    format!("name: PREFIX-stack\nservices:\n{GATEWAY}{gateway}{server}{own}{rest}")
}

/// Networks of a compose file that are called as the laboratory calls them.
fn networks(names: &[&str]) -> String {
    let networks = names
        .iter()
        .map(|name| format!("  {name}:\n    name: PREFIX-{name}\n"));
    format!("networks:\n{}", networks.collect::<String>())
}

/// The networks of the two services, and the url that the gateway calls.
fn apart_or_together(url: &str, theirs: &str, address: &str, checks_host: bool) -> Scene {
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config(url));
    let check = format!("{HOST_CHECK}=1");
    let env: &[&str] = if checks_host { &[&check] } else { &[] };
    let variables: String = env
        .iter()
        .map(|_| format!("      {HOST_CHECK}: \"1\"\n"))
        .collect();
    let server = format!("{variables}    networks: [{theirs}]\n");
    let listed = networks(&["front", "back"]);
    let text = compose(address, "    networks: [front]\n", &server, &listed);
    scene.write("stack/docker-compose.yml", &text);
    scene.lab.network("front");
    scene.lab.network("back");
    scene.gateway(&[("front", &[])], &[]);
    let networks: &[(&str, &[&str])] = &[(theirs, &[])];
    let tools = Up {
        networks,
        env,
        ..TOOLS
    };
    scene.server(address, tools);
    scene
}

/// Both on one network; where the server listens.
fn together(url: &str, address: &str) -> Scene {
    apart_or_together(url, "front", address, false)
}

/// Two networks.
fn apart() -> Scene {
    apart_or_together("http://tools:8000/mcp", "back", "0.0.0.0:8000", false)
}

/// The server as its compose file calls it.
const TOOLS: Up<'_> = Up {
    project: "stack",
    service: "tools",
    networks: &[],
    publish: &[],
    env: &[],
    options: &[],
};

/// A client's file with one entry.
fn client(url: &str) -> String {
    format!(r#"{{"mcpServers": {{"tools": {{"type": "http", "url": "{url}"}}}}}}"#)
}

#[test]
#[ignore = "needs a container engine and root"]
fn all_is_well() {
    let scene = together("http://tools:8000/mcp", "0.0.0.0:8000");
    scene.check().is(
        0,
        &["litellm:tools -> tools works, tried from container:PREFIX-litellm"],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn no_shared_network() {
    let scene = apart();
    // Other people have tools, too.
    scene.lab.network("elsewhere");
    let project = format!("com.docker.compose.project={}", scene.lab.name("other"));
    scene.lab.run(Spec {
        name: "other-tools",
        networks: &[("elsewhere", &["tools"])],
        labels: &[&project, "com.docker.compose.service=tools"],
        ..Spec::default()
    });
    scene.check().is(1, &["litellm:tools -> tools broken by no-shared-network, tried from container:PREFIX-litellm", "error no-shared-network at stack/docker-compose.yml services.tools.networks"]).has(&[
        "container PREFIX-litellm is on PREFIX-front",
        "container PREFIX-tools is on PREFIX-back",
        "let tools join front",
    ]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_wrong_name() {
    let scene = together("http://tool:8000/mcp", "0.0.0.0:8000");
    scene
        .check()
        .is(
            1,
            &[
                "litellm:tools -> tool broken by unknown-host, tried from container:PREFIX-litellm",
                "error unknown-host at stack/config.yaml mcp_servers.tools.url",
            ],
        )
        .has(&["did you mean tools?", "call http://tools:8000/mcp"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_listener_on_loopback() {
    let scene = together("http://tools:8000/mcp", "127.0.0.1:8000");
    scene.check().is(
        1,
        &[
            "litellm:tools -> tools broken by bind-loopback, tried from container:PREFIX-litellm",
            "error bind-loopback at stack/docker-compose.yml services.tools",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_host_that_only_the_caller_sends() {
    let scene = apart_or_together("http://tools:8000/mcp", "front", "0.0.0.0:8000", true);
    scene.check().is(1, &["litellm:tools -> tools broken by host-header-rejected, tried from container:PREFIX-litellm", "error host-header-rejected at stack/config.yaml mcp_servers.tools.url"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_published_port_inside() {
    let port = free_port();
    let scene = Scene::new();
    scene.write(
        "stack/config.yaml",
        &config(&format!("http://tools:{port}/mcp")),
    );
    let server = format!("    ports: [\"{port}:8000\"]\n");
    scene.write(
        "stack/docker-compose.yml",
        &compose("0.0.0.0:8000", "", &server, ""),
    );
    scene.lab.network("stack_default");
    let networks: &[(&str, &[&str])] = &[("stack_default", &[])];
    scene.gateway(networks, &[]);
    let publish = format!("{port}:8000");
    scene.server(
        "0.0.0.0:8000",
        Up {
            networks,
            publish: &[&publish],
            ..TOOLS
        },
    );
    scene.check().is(1, &["litellm:tools -> tools broken by published-port-inside, tried from container:PREFIX-litellm", "error published-port-inside at stack/config.yaml mcp_servers.tools.url"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_containers_port_from_the_host() {
    let (inside, outside) = (free_port(), free_port());
    let scene = Scene::new();
    scene.write(
        "stack/config.yaml",
        &config(&format!("http://tools:{inside}/mcp")),
    );
    scene.write(
        ".mcp.json",
        &client(&format!("http://localhost:{inside}/mcp")),
    );
    let server = format!("    ports: [\"{outside}:{inside}\"]\n");
    scene.write(
        "stack/docker-compose.yml",
        &compose(&format!("0.0.0.0:{inside}"), "", &server, ""),
    );
    scene.lab.network("stack_default");
    let networks: &[(&str, &[&str])] = &[("stack_default", &[])];
    scene.gateway(networks, &[]);
    let publish = format!("{outside}:{inside}");
    scene.server(
        &format!("0.0.0.0:{inside}"),
        Up {
            networks,
            publish: &[&publish],
            ..TOOLS
        },
    );
    scene.check().is(
        1,
        &[
            "claude-code:tools -> localhost broken by connection-refused, tried from here",
            "litellm:tools -> tools works, tried from container:PREFIX-litellm",
            "error connection-refused at .mcp.json mcpServers.tools.url",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn nobody_behind_a_published_port() {
    let port = free_port();
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config("http://tools:8000/mcp"));
    scene.write(
        ".mcp.json",
        &client(&format!("http://localhost:{port}/mcp")),
    );
    let server = format!("    ports: [\"{port}:8000\"]\n");
    scene.write(
        "stack/docker-compose.yml",
        &compose("0.0.0.0:9000", "", &server, ""),
    );
    scene.lab.network("stack_default");
    let networks: &[(&str, &[&str])] = &[("stack_default", &[])];
    scene.gateway(networks, &[]);
    let publish = format!("{port}:8000");
    scene.server(
        "0.0.0.0:9000",
        Up {
            networks,
            publish: &[&publish],
            ..TOOLS
        },
    );
    scene.check().is(1, &["claude-code:tools -> tools broken by port-not-listening, tried from here", "litellm:tools -> tools broken by port-not-listening, tried from container:PREFIX-litellm", "error port-not-listening at .mcp.json mcpServers.tools.url"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_server_on_the_machines_network() {
    let port = free_port();
    let scene = Scene::new();
    scene.write(
        "stack/config.yaml",
        &config(&format!("http://tools:{port}/mcp")),
    );
    let extra = "    extra_hosts: [\"host.docker.internal:host-gateway\"]\n";
    scene.write(
        "stack/docker-compose.yml",
        &compose(
            &format!("0.0.0.0:{port}"),
            extra,
            "    network_mode: host\n",
            "",
        ),
    );
    scene.lab.network("stack_default");
    let added = ["--add-host", "host.docker.internal:host-gateway"];
    scene.gateway(&[("stack_default", &[])], &added);
    let options = &["--network", "host"];
    scene.server(&format!("0.0.0.0:{port}"), Up { options, ..TOOLS });
    scene.check().is(1, &["litellm:tools -> tools broken by host-network-name, tried from container:PREFIX-litellm", "error host-network-name at stack/config.yaml mcp_servers.tools.url"]);
    scene.rewrite(
        "stack/config.yaml",
        &config(&format!("http://host.docker.internal:{port}/mcp")),
    );
    scene.check().is(
        0,
        &["litellm:tools -> host.docker.internal works, tried from container:PREFIX-litellm"],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_gateway_on_the_machines_network() {
    let port = free_port();
    let scene = Scene::new();
    scene.write(
        "stack/config.yaml",
        &config(&format!("http://localhost:{port}/mcp")),
    );
    let server = format!("    ports: [\"127.0.0.1:{port}:8000\"]\n");
    scene.write(
        "stack/docker-compose.yml",
        &compose("0.0.0.0:8000", "    network_mode: host\n", &server, ""),
    );
    scene.lab.network("stack_default");
    scene.gateway(&[], &["--network", "host"]);
    let publish = format!("127.0.0.1:{port}:8000");
    let networks: &[(&str, &[&str])] = &[("stack_default", &[])];
    scene.server(
        "0.0.0.0:8000",
        Up {
            networks,
            publish: &[&publish],
            ..TOOLS
        },
    );
    scene
        .check()
        .is(0, &["litellm:tools -> tools works, tried from here"]);
    scene.rewrite("stack/config.yaml", &config("http://tools:8000/mcp"));
    scene.check().is(
        1,
        &[
            "litellm:tools -> tools broken by unknown-host, tried from here",
            "error unknown-host at stack/config.yaml mcp_servers.tools.url",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_server_in_the_gateways_network() {
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config("http://localhost:8000/mcp"));
    let mode = "    network_mode: service:litellm\n";
    scene.write(
        "stack/docker-compose.yml",
        &compose("127.0.0.1:8000", "", mode, ""),
    );
    scene.lab.network("stack_default");
    let gateway = scene.gateway(&[("stack_default", &[])], &[]);
    let mode = format!("container:{}", gateway.id);
    scene.server(
        "127.0.0.1:8000",
        Up {
            options: &["--network", &mode],
            ..TOOLS
        },
    );
    scene.check().is(
        0,
        &["litellm:tools -> tools works, tried from container:PREFIX-litellm"],
    );
    scene.rewrite("stack/config.yaml", &config("http://tools:8000/mcp"));
    scene.check().is(
        1,
        &[
            "litellm:tools -> tools broken by unknown-host, tried from container:PREFIX-litellm",
            "error unknown-host at stack/config.yaml mcp_servers.tools.url",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn two_projects_on_one_network() {
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config("http://tools:8000/mcp"));
    let external = "networks:\n  mcp:\n    external: true\n    name: PREFIX-mcp\n";
    scene.write(
        "stack/docker-compose.yml",
        &format!(
            "name: PREFIX-stack\nservices:\n{}    networks: [mcp]\n{external}",
            GATEWAY
        ),
    );
    scene.write(
        "servers/docker-compose.yml",
        &format!(
            "name: PREFIX-servers\nservices:\n{}    networks: [mcp]\n{external}",
            server("0.0.0.0:8000")
        ),
    );
    scene.lab.network("mcp");
    let networks: &[(&str, &[&str])] = &[("mcp", &[])];
    scene.gateway(networks, &[]);
    scene.server(
        "0.0.0.0:8000",
        Up {
            networks,
            project: "servers",
            ..TOOLS
        },
    );
    scene.check().is(
        0,
        &["litellm:tools -> tools works, tried from container:PREFIX-litellm"],
    );
    scene
        .said(&[
            "--litellm",
            "stack/config.yaml",
            "--compose",
            "stack/docker-compose.yml",
            "--compose",
            "servers/docker-compose.yml",
        ])
        .is(
            0,
            &["litellm:tools -> tools works, tried from container:PREFIX-litellm"],
        );
}

#[test]
#[ignore = "needs a container engine and root"]
fn without_root_the_address_is_called_straight() {
    let scene = together("http://tools:8000/mcp", "0.0.0.0:8000");
    as_nobody(&scene, "docker")
        .is(0, &["litellm:tools -> tools works, tried from here"])
        .has(&["straight at their containers' addresses"]);
    let scene = apart();
    as_nobody(&scene, "docker").is(
        1,
        &[
            "litellm:tools -> tools broken by no-shared-network",
            "error no-shared-network at stack/docker-compose.yml services.tools.networks",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_socket_without_permission() {
    let scene = together("http://tools:8000/mcp", "0.0.0.0:8000");
    as_nobody(&scene, "nogroup")
        .is(
            0,
            &["litellm:tools -> tools unknown (only reachable from the gateway's container)"],
        )
        .has(&[
            "permission denied on unix:///var/run/docker.sock",
            "join its group",
            "`--facts`",
        ]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn no_engine() {
    let scene = apart();
    let words = [
        "--litellm",
        "stack/config.yaml",
        "--docker-host",
        "unix:///nonexistent",
    ];
    scene.said(&words).is(
        1,
        &[
            "litellm:tools -> tools broken by no-shared-network",
            "error no-shared-network at stack/docker-compose.yml services.tools.networks",
        ],
    );
    scene
        .said(&words)
        .has(&["names unix:///nonexistent, where there is nothing"]);
    let required = [&words[..], &["--require", "docker", "--fail-on", "never"]].concat();
    scene.said(&required).is(
        3,
        &[
            "litellm:tools -> tools broken by no-shared-network",
            "error no-shared-network at stack/docker-compose.yml services.tools.networks",
        ],
    );
    scene
        .said(&["--litellm", "stack/config.yaml", "--no-docker"])
        .is(
            1,
            &[
                "litellm:tools -> tools broken by no-shared-network",
                "error no-shared-network at stack/docker-compose.yml services.tools.networks",
            ],
        );
}

#[test]
#[ignore = "needs a container engine and root"]
fn an_engine_that_hangs() {
    let scene = apart();
    let path = scene.path("engine.sock");
    let _silent = UnixListener::bind(&path).expect("a socket");
    let host = format!("unix://{}", path.display());
    let began = Instant::now();
    let said = scene.said(&["--litellm", "stack/config.yaml", "--docker-host", &host]);
    // For a program and for a person.
    let took = began.elapsed() / 2;
    assert!(
        took >= Duration::from_secs(2) && took < Duration::from_secs(5),
        "{took:?}"
    );
    said.is(
        1,
        &[
            "litellm:tools -> tools broken by no-shared-network",
            "error no-shared-network at stack/docker-compose.yml services.tools.networks",
        ],
    )
    .has(&["does not answer within 2 s", "no container engine answered"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn recorded_facts_give_the_same_diagnosis() {
    for scene in [apart(), together("http://tools:8000/mcp", "127.0.0.1:8000")] {
        let files = ["--litellm", "stack/config.yaml"];
        let record = scene.mcpdoc(&[&["observe"], &files[..]].concat());
        assert_eq!(record.status.code(), Some(0), "{record:?}");
        std::fs::write(scene.path("facts.json"), &record.stdout).expect("a file");
        let mut seen = scene.check().json;
        let mut replayed = scene
            .said(&[&files[..], &["--facts", "facts.json"]].concat())
            .json;
        without_times(&mut seen);
        without_times(&mut replayed);
        assert_eq!(seen, replayed);
        // On another machine, without engine and network.
        let away = tempfile::tempdir().expect("a folder");
        let copy = std::process::Command::new("cp")
            .arg("-r")
            .arg(scene.path(""))
            .arg(away.path().join("moved"))
            .status();
        assert!(copy.expect("cp").success());
        let words = [
            "check",
            "--litellm",
            "stack/config.yaml",
            "--facts",
            "facts.json",
            "--format",
            "json",
        ];
        let mut command = scene.command(Path::new(env!("CARGO_BIN_EXE_mcpdoc")), &words);
        let output = command
            .current_dir(away.path().join("moved"))
            .env("DOCKER_HOST", "unix:///nonexistent")
            .output();
        let mut moved = scene
            .understood(&output.expect("mcpdoc"), String::new())
            .json;
        without_times(&mut moved);
        assert_eq!(seen, moved);
    }
}

/// What a run says to somebody who is in one group, and who else has no rights.
fn as_nobody(scene: &Scene, group: &str) -> Said {
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scene.path(""), open).expect("a folder for all");
    let own = scene.path("mcpdoc");
    std::fs::copy(env!("CARGO_BIN_EXE_mcpdoc"), &own).expect("a copy");
    let own = own.to_string_lossy();
    let regid = format!("--regid={group}");
    let words = [
        "--reuid=nobody",
        &regid,
        "--clear-groups",
        "--",
        &own,
        "check",
        "--litellm",
        "stack/config.yaml",
    ];
    let run = |more: &[&str]| {
        let words = [&words[..], more].concat();
        scene
            .command(Path::new("setpriv"), &words)
            .output()
            .expect("setpriv")
    };
    let text = run(&[]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    scene.understood(&run(&["--format", "json"]), text)
}

/// Every time that was measured becomes nothing.
fn without_times(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(object) => {
            object.remove("ms");
            object.values_mut().for_each(without_times);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(without_times),
        _ => {}
    }
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_port_that_is_published_for_the_machine_alone() {
    let port = free_port();
    let scene = Scene::new();
    let url = format!("http://host.docker.internal:{port}/mcp");
    scene.write("stack/config.yaml", &config(&url));
    let extra = "    extra_hosts: [\"host.docker.internal:host-gateway\"]\n";
    let own = format!("    ports: [\"127.0.0.1:{port}:8000\"]\n");
    scene.write(
        "stack/docker-compose.yml",
        &compose("0.0.0.0:8000", extra, &own, ""),
    );
    scene.lab.network("stack_default");
    let networks: &[(&str, &[&str])] = &[("stack_default", &[])];
    scene.gateway(
        networks,
        &["--add-host", "host.docker.internal:host-gateway"],
    );
    let publish = format!("127.0.0.1:{port}:8000");
    scene.server(
        "0.0.0.0:8000",
        Up {
            networks,
            publish: &[&publish],
            ..TOOLS
        },
    );
    scene.check().is(1, &["litellm:tools -> host.docker.internal broken by connection-refused, tried from container:PREFIX-litellm", "error connection-refused at stack/config.yaml mcp_servers.tools.url"]).has(&[
        "publishes it on 127.0.0.1 of the machine alone",
        "call http://tools:8000/mcp",
    ]);
    scene.rewrite(
        "stack/config.yaml",
        &config(&format!("http://localhost:{port}/mcp")),
    );
    scene.check().is(1, &["litellm:tools -> localhost broken by loopback-in-container, tried from container:PREFIX-litellm", "error loopback-in-container at stack/config.yaml mcp_servers.tools.url"]);
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_network_that_somebody_joined_by_hand() {
    let scene = apart();
    let (front, tools) = (scene.lab.name("front"), scene.lab.name("tools"));
    docker(&["network", "connect", "--alias", "tools", &front, &tools]);
    scene.check().is(
        0,
        &[
            "litellm:tools -> tools works, tried from container:PREFIX-litellm",
            "warning no-shared-network at stack/docker-compose.yml services.tools.networks",
        ],
    );
}

#[test]
#[ignore = "needs a container engine and root"]
fn files_that_say_more_than_runs() {
    let scene = apart();
    let listed = networks(&["front", "back"]);
    let both = "    networks: [front, back]\n";
    let text = compose("0.0.0.0:8000", "    networks: [front]\n", both, &listed);
    scene.rewrite("stack/docker-compose.yml", &text);
    scene.check().is(
        1,
        &[
            "litellm:tools -> tools broken by container-stale, tried from container:PREFIX-litellm",
            "error container-stale at stack/docker-compose.yml services.tools.networks[0]",
        ],
    );
}

/// Answers everybody in a container with a refusal, and notes what they say.
fn listens(container: &Running) {
    let answer = r"#!/bin/sh
dd bs=64k count=1 2>/dev/null >> /asked
printf 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
";
    let write = format!("cat > /answer <<'END'\n{answer}END\nchmod +x /answer; touch /asked");
    docker(&["exec", &container.id, "sh", "-c", &write]);
    let serve = ["nc", "-ll", "-p", "4000", "-e", "/answer"];
    docker(&[&["exec", "-d", &container.id], &serve[..]].concat());
    until("it listens", || {
        docker(&["exec", &container.id, "netstat", "-ltn"]).contains(":4000 ")
    });
}

#[test]
#[ignore = "needs a container engine and root"]
fn the_operators_key_goes_to_the_gateways_container_alone() {
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config("http://tools:8000/mcp"));
    let joins = format!("    networks: [front]\n{}", networks(&["front"]));
    let text = format!("name: PREFIX-stack\nservices:\n{GATEWAY}{joins}");
    scene.write("stack/docker-compose.yml", &text);
    scene.lab.network("front");
    let base = scene.lab.busybox();
    // On the same network, by the same name, and there before it.
    let decoy = scene.lab.run(Spec {
        name: "decoy",
        image: &base,
        command: &["sleep", "100000"],
        networks: &[("front", &["litellm"])],
        ..Spec::default()
    });
    let gateway = scene.gateway(&[("front", &[])], &[]);
    listens(&gateway);
    listens(&decoy);
    let key = format!("sk-{}-operator", scene.lab.prefix());
    let words = [
        "check",
        "--litellm",
        "stack/config.yaml",
        "--gateway-key-env",
        "OPERATOR_KEY",
    ];
    let output = scene
        .command(Path::new(env!("CARGO_BIN_EXE_mcpdoc")), &words)
        .env("OPERATOR_KEY", &key)
        .output()
        .expect("mcpdoc");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("error[auth-rejected]"), "{said}");
    assert!(!said.contains(&key), "{said}");
    let asked = |container: &Running| docker(&["exec", &container.id, "cat", "/asked"]);
    let bearer = format!("Bearer {key}");
    assert!(asked(&gateway).contains(&bearer), "{}", asked(&gateway));
    assert_eq!(asked(&decoy), "");
}

#[test]
#[ignore = "needs a container engine and root"]
fn the_default_bridge_has_no_names() {
    let scene = Scene::new();
    scene.write("stack/config.yaml", &config("http://tools:8000/mcp"));
    let mode = "    network_mode: bridge\n";
    scene.write(
        "stack/docker-compose.yml",
        &compose("0.0.0.0:8000", mode, mode, ""),
    );
    scene.gateway(&[], &[]);
    scene.server("0.0.0.0:8000", TOOLS);
    scene.check().is(1, &["litellm:tools -> tools broken by no-shared-network, tried from container:PREFIX-litellm", "error no-shared-network at stack/docker-compose.yml services.tools.network_mode"]).has(&["no container knows another's name"]);
}
