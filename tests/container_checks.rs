//! What the checks of containers decide where the examples of their pages do not show it, above all where they stay
//! silent.

use mcpdoc::load::Memory;
use mcpdoc::{Examination, fix};

use support::CWD;

#[path = "support/run.rs"]
mod support;

const LITELLM: &str = "  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [\"--config\", \"/app/config.yaml\"]
    volumes: [./config.yaml:/app/config.yaml]
";
const TERRAFORM: &str = "hashicorp/terraform-mcp-server:0.3.0";
const PG: &str = "crystaldba/postgres-mcp:0.3.0";

/// Runs one check over files: `compose*.yaml` are projects of their own, `config.yaml` is LiteLLM's, `.mcp.json` is
/// Claude Code's.
fn run(check: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    let mut arguments = format!("--only {check}");
    for (name, text) in files {
        memory.insert(format!("{CWD}/{name}"), *text);
        let flag = match *name {
            "config.yaml" => "--litellm",
            ".mcp.json" => "--claude",
            name if name.starts_with("compose") => "--compose",
            _ => continue,
        };
        arguments.push_str(&format!(" {flag} {name}"));
    }
    support::run(&arguments, None, &memory)
}

/// `severity file:line message` of each finding.
fn said(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            let place = mcpdoc::verdict::place_name(&examination.stack, &finding.labels[0].at);
            let place = place.rsplit_once(':').expect("a column").0;
            format!("{} {place} {}", finding.severity.word(), finding.message)
        })
        .collect()
}

fn skipped(examination: &Examination) -> Vec<&str> {
    let skipped = examination.diagnosis.skipped.iter();
    skipped.map(|skipped| skipped.reason.as_str()).collect()
}

#[track_caller]
fn silent(examination: &Examination) {
    assert!(said(examination).is_empty(), "{:?}", said(examination));
    assert!(
        skipped(examination).is_empty(),
        "{:?}",
        skipped(examination)
    );
}

/// The only finding.
#[track_caller]
fn one(examination: &Examination) -> String {
    match said(examination).as_slice() {
        [only] => only.clone(),
        other => panic!("{other:?}, skipped {:?}", skipped(examination)),
    }
}

/// A file after the first fix of the only finding.
#[track_caller]
fn mended(examination: &Examination, name: &str) -> String {
    one(examination);
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let edits =
        fix::lower(&|id| examination.stack.source(id), fix).expect("a fix that can be written");
    let mut sources = examination.stack.sources.iter();
    let file = sources
        .find(|source| source.name() == name)
        .expect("the file");
    let edits: Vec<fix::Edit> = edits
        .into_iter()
        .filter(|edit| edit.source == file.id())
        .collect();
    fix::apply(file.text(), &edits)
}

fn service(name: &str, image: &str, rest: &[&str]) -> String {
    let rest: String = rest.iter().map(|line| format!("    {line}\n")).collect();
    format!("  {name}:\n    image: {image}\n{rest}")
}

fn compose(services: &[&str]) -> String {
    format!("services:\n{}", services.concat())
}

fn alone(check: &str, image: &str, rest: &[&str]) -> Examination {
    let text = compose(&[&service("mcp", image, rest)]);
    run(check, &[("compose.yaml", &text)])
}

/// LiteLLM and a service, and what LiteLLM calls.
fn called(check: &str, services: &str, url: &str) -> Examination {
    let config = format!("mcp_servers:\n  s:\n    transport: http\n    url: {url}\n");
    let text = compose(&[LITELLM, services]);
    run(check, &[("compose.yaml", &text), ("config.yaml", &config)])
}

// bind-loopback

#[test]
fn a_server_on_loopback_is_an_error_where_somebody_calls_it() {
    let http = "environment: {TRANSPORT_MODE: http}";
    let alone = alone("bind-loopback", TERRAFORM, &[http]);
    assert!(
        one(&alone).starts_with("warning compose.yaml:3 "),
        "{}",
        one(&alone)
    );
    let call = called(
        "bind-loopback",
        &service("mcp", TERRAFORM, &[http]),
        "http://mcp:8080/mcp",
    );
    assert!(one(&call).starts_with("error "), "{}", one(&call));
    assert!(
        one(&call).contains("set TRANSPORT_HOST=0.0.0.0"),
        "{}",
        one(&call)
    );
    assert_eq!(call.diagnosis.findings[0].finding.hops.len(), 1);
}

#[test]
fn the_address_is_changed_where_it_is_written() {
    let words = alone(
        "bind-loopback",
        TERRAFORM,
        &["command: [streamable-http, --transport-host, 127.0.0.1]"],
    );
    assert!(
        mended(&words, "compose.yaml").contains("[streamable-http, --transport-host, 0.0.0.0]")
    );
    let attached = alone(
        "bind-loopback",
        TERRAFORM,
        &["command: streamable-http --transport-host=localhost --transport-port 9000"],
    );
    assert!(
        mended(&attached, "compose.yaml")
            .contains("command: streamable-http --transport-host=0.0.0.0 --transport-port 9000")
    );
    let variable = alone(
        "bind-loopback",
        TERRAFORM,
        &[
            "environment:",
            "  - TRANSPORT_MODE=http",
            "  - TRANSPORT_HOST=127.0.0.1",
        ],
    );
    assert!(mended(&variable, "compose.yaml").contains("- TRANSPORT_HOST=0.0.0.0"));
    let added = alone("bind-loopback", TERRAFORM, &["command: [streamable-http]"]);
    let added = mended(&added, "compose.yaml");
    assert!(
        added.contains("[streamable-http, --transport-host, 0.0.0.0]"),
        "{added}"
    );
    // The image's own default, without a command or a variable.
    let bridge = alone(
        "bind-loopback",
        "ghcr.io/sparfenyuk/mcp-proxy:v0.13.0",
        &["command: [--port, \"8000\", --, uvx, mcp-server-time]"],
    );
    assert!(
        one(&bridge).contains("listens on 127.0.0.1"),
        "{}",
        one(&bridge)
    );
}

#[test]
fn what_may_listen_elsewhere_is_not_on_loopback() {
    for (image, rest) in [
        // Every address, said in any way, by the image or the file.
        (PG, vec!["command: [--transport=sse]"]),
        (
            TERRAFORM,
            vec!["environment: {TRANSPORT_MODE: http, TRANSPORT_HOST: 0.0.0.0}"],
        ),
        (
            TERRAFORM,
            vec!["command: [streamable-http, --transport-host=0.0.0.0]"],
        ),
        ("mcp/grafana", vec![]),
        (
            "supercorp/supergateway",
            vec!["command: [--stdio, uvx x, --outputTransport, streamableHttp]"],
        ),
        (
            "ghcr.io/pab1it0/prometheus-mcp-server",
            vec!["environment: {PROMETHEUS_MCP_SERVER_TRANSPORT: http}"],
        ),
        // Versions that listened on every address.
        (
            "zereight050/gitlab-mcp:2.0.20",
            vec!["environment: {STREAMABLE_HTTP: \"true\"}"],
        ),
        (
            "hashicorp/terraform-mcp-server:0.2.0",
            vec!["environment: {TRANSPORT_MODE: http}"],
        ),
        // stdio.
        (TERRAFORM, vec![]),
        // A variable that nobody knows.
        (
            TERRAFORM,
            vec!["environment: {TRANSPORT_MODE: http, TRANSPORT_HOST: \"${HOST_TO_BIND}\"}"],
        ),
        (
            TERRAFORM,
            vec!["environment: {TRANSPORT_MODE: http, TRANSPORT_HOST: }"],
        ),
        // Somebody else's network.
        (
            TERRAFORM,
            vec!["network_mode: host", "environment: {TRANSPORT_MODE: http}"],
        ),
        (
            TERRAFORM,
            vec![
                "network_mode: \"container:proxy\"",
                "environment: {TRANSPORT_MODE: http}",
            ],
        ),
        // Another program, or an image of one's own.
        (
            TERRAFORM,
            vec![
                "entrypoint: [/wrap.sh]",
                "environment: {TRANSPORT_MODE: http}",
            ],
        ),
        (
            TERRAFORM,
            vec!["build: .", "environment: {TRANSPORT_MODE: http}"],
        ),
        (
            "example.org/unknown-mcp",
            vec!["command: [--host, 127.0.0.1]"],
        ),
    ] {
        let examination = alone("bind-loopback", image, &rest);
        assert!(
            said(&examination).is_empty(),
            "{image} {rest:?}: {:?}",
            said(&examination)
        );
    }
    let old = alone(
        "bind-loopback",
        "zereight050/gitlab-mcp:2.0.21",
        &["environment: {STREAMABLE_HTTP: \"true\"}"],
    );
    one(&old);
    // The file may stand in a part that was not read.
    let overlay = "services:\n  mcp:\n    extends: {file: absent.yaml, service: mcp}\n    image: hashicorp/terraform-mcp-server:0.3.0\n    environment: {TRANSPORT_MODE: http}\n";
    let examination = run("bind-loopback", &[("compose.yaml", overlay)]);
    assert!(said(&examination).is_empty(), "{:?}", said(&examination));
    let env_file = alone(
        "bind-loopback",
        TERRAFORM,
        &[
            "env_file: [absent.env]",
            "environment: {TRANSPORT_MODE: http}",
        ],
    );
    assert!(said(&env_file).is_empty(), "{:?}", said(&env_file));
}

#[test]
fn containers_that_share_a_network_share_loopback() {
    let http = service("mcp", TERRAFORM, &["environment: {TRANSPORT_MODE: http}"]);
    for mode in ["service:mcp", "container:project-mcp-1"] {
        let proxy = service("proxy", "nginx", &[&format!("network_mode: \"{mode}\"")]);
        let text = compose(&[&http, &proxy]);
        silent(&run("bind-loopback", &[("compose.yaml", &text)]));
    }
}

#[test]
fn an_image_that_is_not_known_in_detail_is_not_judged() {
    let command = "command: [serena, start-mcp-server, --transport, streamable-http]";
    let examination = alone("bind-loopback", "ghcr.io/oraios/serena:1.0", &[command]);
    assert!(said(&examination).is_empty(), "{:?}", said(&examination));
    assert!(
        skipped(&examination)[0].contains("whether the image"),
        "{:?}",
        skipped(&examination)
    );
}

// stdio-with-tty

#[test]
fn a_terminal_of_a_stdio_service() {
    let tty = &["stdin_open: true", "tty: true"];
    let waiting = alone("stdio-with-tty", PG, tty);
    assert!(
        one(&waiting).starts_with("warning compose.yaml:5 "),
        "{}",
        one(&waiting)
    );
    assert_eq!(
        mended(&waiting, "compose.yaml"),
        compose(&[&service("mcp", PG, &["stdin_open: true"])])
    );
    let text = compose(&[&service(
        "mcp",
        PG,
        &["container_name: pg", "stdin_open: true", "tty: true"],
    )]);
    let client = |args: &str| {
        format!("{{\"mcpServers\": {{\"db\": {{\"command\": \"docker\", \"args\": {args}}}}}}}")
    };
    let with = |args: &str| {
        run(
            "stdio-with-tty",
            &[("compose.yaml", &text), (".mcp.json", &client(args))],
        )
    };
    let attached = with("[\"attach\", \"pg\"]");
    assert!(
        one(&attached).starts_with("error compose.yaml:6 db speaks to mcp with docker attach"),
        "{}",
        one(&attached)
    );
    assert!(one(&with("[\"start\", \"-ai\", \"pg\"]")).contains("docker start"));
    // Processes of their own.
    silent(&with("[\"exec\", \"-i\", \"pg\", \"postgres-mcp\"]"));
    silent(&with("[\"compose\", \"run\", \"-T\", \"--rm\", \"mcp\"]"));
    silent(&with(
        "[\"compose\", \"exec\", \"-T\", \"mcp\", \"postgres-mcp\"]",
    ));
}

#[test]
fn a_terminal_of_something_else() {
    for (image, rest) in [
        // Over the network a terminal does no harm.
        (PG, vec!["command: [--transport=sse]", "tty: true"]),
        ("example.org/unknown-mcp", vec!["tty: true"]),
        (PG, vec!["tty: false"]),
        (PG, vec!["tty: true", "entrypoint: [sleep, infinity]"]),
        (PG, vec!["tty: true", "build: ."]),
    ] {
        let examination = alone("stdio-with-tty", image, &rest);
        assert!(
            said(&examination).is_empty(),
            "{image} {rest:?}: {:?}",
            said(&examination)
        );
    }
}

#[test]
fn a_terminal_that_a_gateway_attaches_to() {
    let text = compose(&[
        LITELLM,
        &service("mcp", PG, &["stdin_open: true", "tty: true"]),
    ]);
    let config = "mcp_servers:\n  s:\n    transport: stdio\n    command: docker\n    args: [attach, stack-mcp-1]\n";
    let examination = run(
        "stdio-with-tty",
        &[("compose.yaml", &text), ("config.yaml", config)],
    );
    let said = one(&examination);
    assert!(
        said.starts_with("error compose.yaml:9 s speaks to mcp with docker attach"),
        "{said}"
    );
}

// host-docker-internal

const ON_HOST: &str = "http://host.docker.internal:8000/mcp";

#[test]
fn the_machine_has_no_name_without_extra_hosts() {
    let call = called("host-docker-internal", "", ON_HOST);
    assert!(
        one(&call).starts_with(
            "warning config.yaml:4 config.yaml's s of litellm calls host.docker.internal"
        ),
        "{}",
        one(&call)
    );
    assert!(
        mended(&call, "compose.yaml")
            .contains("    extra_hosts:\n      - host.docker.internal:host-gateway\n"),
        "{}",
        mended(&call, "compose.yaml")
    );
    let flag = alone(
        "host-docker-internal",
        "bytebase/dbhub",
        &["command: [--dsn=postgres://u@host.docker.internal/db]"],
    );
    assert!(
        one(&flag).starts_with("warning compose.yaml:4 its command of mcp"),
        "{}",
        one(&flag)
    );
}

#[test]
fn the_machine_has_a_name_where_something_makes_it() {
    for more in [
        "    extra_hosts: [\"host.docker.internal:host-gateway\"]\n",
        "    extra_hosts: {host.docker.internal: 172.17.0.1}\n",
        "    extra_hosts: [\"host.docker.internal=host-gateway\"]\n",
        "    dns: [10.0.0.2]\n",
        "    links: [\"other:host.docker.internal\"]\n",
        // Made for Docker Desktop.
        "  web:\n    image: nginx\n    volumes: [\"/Users/me/site:/site\"]\n",
        "  web:\n    image: nginx\n    volumes: ['C:\\site:/site']\n",
        // A container that stands for the machine.
        "  host:\n    image: qoomon/docker-host\n    networks: {default: {aliases: [host.docker.internal]}}\n",
    ] {
        let examination = called("host-docker-internal", more, ON_HOST);
        assert!(
            said(&examination).is_empty(),
            "{more}: {:?}",
            said(&examination)
        );
    }
    // An anchor brings it.
    let text = format!(
        "x-base: &base\n  extra_hosts: [\"host.docker.internal:host-gateway\"]\n{}    <<: *base\n",
        compose(&[LITELLM])
    );
    let config = format!("mcp_servers:\n  s:\n    url: {ON_HOST}\n");
    silent(&run(
        "host-docker-internal",
        &[("compose.yaml", &text), ("config.yaml", &config)],
    ));
    // So does a file that was not read.
    let text = format!(
        "{}    extends: {{file: absent.yaml, service: base}}\n",
        compose(&[LITELLM])
    );
    let examination = run(
        "host-docker-internal",
        &[("compose.yaml", &text), ("config.yaml", &config)],
    );
    assert!(said(&examination).is_empty());
    assert_eq!(skipped(&examination).len(), 1);
    // Whoever runs on the machine itself needs no such name, and files do not show where this gateway runs.
    silent(&run("host-docker-internal", &[("config.yaml", &config)]));
    let client =
        format!("{{\"mcpServers\": {{\"a\": {{\"type\": \"http\", \"url\": \"{ON_HOST}\"}}}}}}");
    silent(&run("host-docker-internal", &[(".mcp.json", &client)]));
}

#[test]
fn a_name_that_nobody_calls_is_no_call() {
    for line in [
        // Who may call, not who is called.
        "environment: {MCP_ALLOWED_ORIGINS: \"http://host.docker.internal:8080\"}",
        // Not read by this server.
        "environment: {WEB_URL: \"http://host.docker.internal:8080\"}",
        "environment: {TFE_ADDRESS: \"https://app.example.org\"}",
    ] {
        silent(&alone("host-docker-internal", TERRAFORM, &[line]));
    }
    one(&alone(
        "host-docker-internal",
        TERRAFORM,
        &["environment: {TFE_ADDRESS: \"http://host.docker.internal:8080\"}"],
    ));
    let text = compose(&[&service(
        "web",
        "nginx",
        &["environment: {API: \"http://host.docker.internal\"}"],
    )]);
    silent(&run("host-docker-internal", &[("compose.yaml", &text)]));
}

#[test]
fn a_container_in_anothers_network_has_its_names() {
    let sidecar = |owner: &str| {
        let sidecar = format!("{LITELLM}    network_mode: \"service:vpn\"\n");
        let text = compose(&[&sidecar, &service("vpn", "vpn", &[owner])]);
        let config = format!("mcp_servers:\n  s:\n    url: {ON_HOST}\n");
        run(
            "host-docker-internal",
            &[("compose.yaml", &text), ("config.yaml", &config)],
        )
    };
    silent(&sidecar(
        "extra_hosts: [\"host.docker.internal:host-gateway\"]",
    ));
    let without = sidecar("init: true");
    assert!(one(&without).ends_with("to vpn"), "{}", one(&without));
}

// host-network-name

#[test]
fn a_container_on_the_hosts_network_has_no_name() {
    let server = service("mcp", PG, &["network_mode: host"]);
    let call = called("host-network-name", &server, "http://mcp:8000/sse");
    assert!(
        one(&call).starts_with(
            "error config.yaml:4 config.yaml's s calls mcp, but mcp is on the host's network"
        ),
        "{}",
        one(&call)
    );
    assert!(mended(&call, "config.yaml").contains("url: http://host.docker.internal:8000/sse"));
    assert!(mended(&call, "compose.yaml").contains("host.docker.internal:host-gateway"));
    // Both on the host: no name is needed, and other checks speak of the one that is used.
    let gateway = format!("{LITELLM}    network_mode: host\n");
    let text = compose(&[&gateway, &server]);
    let config = "mcp_servers:\n  s:\n    url: http://localhost:8000/sse\n";
    silent(&run(
        "host-network-name",
        &[("compose.yaml", &text), ("config.yaml", config)],
    ));
    let outside = "mcp_servers:\n  s:\n    url: http://mcp:8000/sse\n";
    let outside = run(
        "unknown-host",
        &[("compose.yaml", &text), ("config.yaml", outside)],
    );
    assert!(
        one(&outside).contains("write http://localhost:8000/sse"),
        "{}",
        one(&outside)
    );
    for mode in ["bridge", "${MODE}", "service:litellm", "none"] {
        let server = service("mcp", PG, &[&format!("network_mode: \"{mode}\"")]);
        silent(&called("host-network-name", &server, "http://mcp:8000/sse"));
    }
}

#[test]
fn ports_of_a_container_on_the_hosts_network() {
    let ports = |ports: &str| {
        alone(
            "host-network-name",
            PG,
            &[
                "network_mode: host",
                "command: [--transport=sse]",
                &format!("ports: {ports}"),
            ],
        )
    };
    assert!(one(&ports("[\"8000:8000\"]")).starts_with("note compose.yaml:6 "));
    let moved = ports("[\"48010:8000\"]");
    assert!(
        one(&moved).starts_with("warning compose.yaml:6 "),
        "{}",
        one(&moved)
    );
    assert!(!mended(&moved, "compose.yaml").contains("ports"));
    assert!(one(&ports("[\"${PORT}:8000\"]")).starts_with("note "));
    let text = compose(&[&service(
        "mcp",
        PG,
        &[
            "network_mode: host",
            "command: [--transport=sse]",
            "ports: [\"48010:8000\"]",
        ],
    )]);
    let client =
        "{\"mcpServers\": {\"a\": {\"type\": \"sse\", \"url\": \"http://localhost:48010/sse\"}}}";
    let client = run(
        "host-network-name",
        &[("compose.yaml", &text), (".mcp.json", client)],
    );
    assert!(one(&client).starts_with("error "), "{}", one(&client));
    // Not of the chain.
    let text = compose(&[&service(
        "web",
        "nginx",
        &["network_mode: host", "ports: [\"8080:80\"]"],
    )]);
    silent(&run("host-network-name", &[("compose.yaml", &text)]));
}

#[test]
fn networks_beside_network_mode() {
    let both = alone(
        "host-network-name",
        "nginx",
        &["network_mode: host", "networks: [default]"],
    );
    assert!(
        one(&both).starts_with("error compose.yaml:5 mcp has `network_mode: host` and `networks`"),
        "{}",
        one(&both)
    );
    assert!(!mended(&both, "compose.yaml").contains("network_mode"));
    let profile = alone(
        "host-network-name",
        "nginx",
        &[
            "profiles: [p]",
            "network_mode: bridge",
            "networks: {default: }",
        ],
    );
    assert!(one(&profile).starts_with("warning "), "{}", one(&profile));
    for rest in [
        &["network_mode: host"][..],
        &["networks: [default]"],
        // Nothing is said by these.
        &["network_mode: \"\"", "networks: [default]"],
        &["network_mode: ", "networks: [default]"],
        &["network_mode: \"${MODE:-}\"", "networks: [default]"],
        &["network_mode: \"${MODE}\"", "networks: [default]"],
        &["network_mode: host", "networks: []"],
        &["network_mode: host", "networks: !reset [default]"],
        &["network_mode: host", "networks: "],
    ] {
        let examination = alone("host-network-name", "nginx", rest);
        assert!(
            said(&examination).is_empty(),
            "{rest:?}: {:?}",
            said(&examination)
        );
    }
    // The two may come from two files.
    let mut memory = Memory::default();
    memory.insert(
        format!("{CWD}/compose.yaml"),
        compose(&[&service("a", "nginx", &["networks: [default]"])]),
    );
    memory.insert(
        format!("{CWD}/compose.override.yaml"),
        "services:\n  a:\n    network_mode: host\n",
    );
    let examination = support::run(
        "--only host-network-name --compose compose.yaml",
        None,
        &memory,
    );
    assert!(
        one(&examination).starts_with("error compose.yaml:4 "),
        "{}",
        one(&examination)
    );
    memory.insert(
        format!("{CWD}/compose.override.yaml"),
        "services:\n  a:\n    network_mode: host\n    networks: !reset []\n",
    );
    silent(&support::run(
        "--only host-network-name --compose compose.yaml",
        None,
        &memory,
    ));
}

// docker-socket-mounted

#[test]
fn the_socket_in_any_way() {
    for line in [
        "volumes: [/var/run/docker.sock:/var/run/docker.sock:ro]",
        "volumes: [{type: bind, source: /var/run/docker.sock, target: /var/run/docker.sock, read_only: true}]",
        "volumes: [\"${SOCKET}:/var/run/docker.sock\"]",
        "volumes: [/run/podman/podman.sock:/var/run/docker.sock]",
        "use_api_socket: true",
    ] {
        let examination = alone("docker-socket-mounted", PG, &[line]);
        let said = one(&examination);
        assert!(
            said.starts_with("warning compose.yaml:4 mcp is an MCP server and has "),
            "{said}"
        );
        assert!(said.contains("is root on the host"), "{said}");
        assert!(
            !mended(&examination, "compose.yaml").contains("sock"),
            "{line}"
        );
    }
    let rootless = alone(
        "docker-socket-mounted",
        PG,
        &["volumes: [/run/user/1000/docker.sock:/var/run/docker.sock, data:/data]"],
    );
    assert!(
        one(&rootless).contains("the account that runs the engine"),
        "{}",
        one(&rootless)
    );
    assert!(mended(&rootless, "compose.yaml").contains("volumes: [data:/data]"));
    let gateway = called(
        "docker-socket-mounted",
        "",
        "http://elsewhere.example.org/mcp",
    );
    silent(&gateway);
    let text = compose(&[&LITELLM.replace(
        "[./config.yaml:/app/config.yaml]",
        "[./config.yaml:/app/config.yaml, /var/run/docker.sock:/var/run/docker.sock]",
    )]);
    let config = "mcp_servers: {}\n";
    let gateway = run(
        "docker-socket-mounted",
        &[("compose.yaml", &text), ("config.yaml", config)],
    );
    assert!(
        one(&gateway).contains("litellm is a gateway"),
        "{}",
        one(&gateway)
    );
}

#[test]
fn who_needs_the_socket_is_told_so() {
    let socket = "volumes: [/var/run/docker.sock:/var/run/docker.sock]";
    let gateway = alone(
        "docker-socket-mounted",
        "docker/mcp-gateway",
        &[socket, "command: [--transport=streaming, --port=8811]"],
    );
    assert!(one(&gateway).starts_with("note "), "{}", one(&gateway));
    assert!(
        one(&gateway).contains("with `--static` it does without"),
        "{}",
        one(&gateway)
    );
    let fixed = alone(
        "docker-socket-mounted",
        "docker/mcp-gateway",
        &[
            socket,
            "command: [--transport=streaming, --port=8811, --static]",
        ],
    );
    assert!(one(&fixed).starts_with("warning "), "{}", one(&fixed));
    for (image, line) in [
        ("amir20/dozzle", socket),
        ("tecnativa/docker-socket-proxy", socket),
        (
            PG,
            "environment: {DOCKER_HOST: \"tcp://docker-proxy:2375\"}",
        ),
        (PG, "use_api_socket: false"),
        (PG, "volumes: [./docker.sock.md:/docs/readme]"),
    ] {
        silent(&alone("docker-socket-mounted", image, &[line]));
    }
    // A router in front of servers is called as they are.
    let router = service("traefik", "traefik:v3", &[socket]);
    silent(&called(
        "docker-socket-mounted",
        &router,
        "http://traefik:80/mcp",
    ));
    let custom = service("own", "example.org/own-mcp", &[socket]);
    let custom = called("docker-socket-mounted", &custom, "http://own:80/mcp");
    assert!(
        one(&custom).contains("own is an MCP server"),
        "{}",
        one(&custom)
    );
}
