use std::path::PathBuf;

use super::*;
use crate::load::{self, Memory, Request};

/// A stack read from files below `/srv`, and its chain.
struct Read {
    stack: Stack,
    chain: Chain,
}

fn read(files: &[(&str, &str)]) -> Read {
    read_with(files, &Settings::default())
}

fn read_with(files: &[(&str, &str)], settings: &Settings) -> Read {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("/srv/{name}"), *text);
    }
    let names = files.iter().map(|(name, _)| format!("/srv/{name}"));
    let configs = names
        .filter(|name| name.ends_with("/config.yaml"))
        .map(PathBuf::from);
    let request = Request {
        cwd: PathBuf::from("/srv"),
        paths: vec![PathBuf::from("/srv")],
        litellm: configs.collect(),
        ..Request::default()
    };
    let stack = load::load(&request, &memory);
    let chain = build(&stack, settings, None, Learned::default());
    Read { stack, chain }
}

impl Read {
    /// "service db port over net", or what else the only upstream leads to.
    fn upstream(&self) -> String {
        let hop = self.chain.upstreams().next().expect("an upstream");
        self.said(&hop.destination)
    }

    fn said(&self, destination: &Destination) -> String {
        let name = |id: ServiceId| self.stack.service(id).name.value.clone();
        match destination {
            Destination::Service {
                service,
                port,
                reach,
            } => {
                let port = port.map_or("?".to_owned(), |port| port.to_string());
                let reach = match reach {
                    Reach::Published => "published".to_owned(),
                    Reach::Proxied => "proxied".to_owned(),
                    Reach::Shared(networks) => format!("on {}", networks.join(", ")),
                    Reach::Apart { caller, service } => {
                        format!("apart: {} / {}", caller.join(", "), service.join(", "))
                    }
                    Reach::Unknown => "unknown".to_owned(),
                };
                format!("{} {port} {reach}", name(*service))
            }
            Destination::Itself { meant } => {
                format!("itself, meant {}", meant.map_or("nothing".to_owned(), name))
            }
            Destination::NameOutside(service) => format!("outside {}", name(*service)),
            Destination::Machine { service } => {
                format!("machine {}", service.map_or("nothing".to_owned(), name))
            }
            other => format!("{other:?}"),
        }
    }
}

fn gateway(url: &str) -> String {
    format!("mcp_servers:\n  db:\n    transport: sse\n    url: {url}\n")
}

/// A gateway and `rest` in one compose file; `own` is more of the gateway's service.
fn one_project(url: &str, own: &str, rest: &str) -> Read {
    let compose = format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3-stable\n    \
         volumes: ['./config.yaml:/app/config.yaml:ro']\n{own}{rest}"
    );
    read(&[("config.yaml", &gateway(url)), ("compose.yaml", &compose)])
}

fn to_db(host: &str, db: &str) -> String {
    let rest = format!("  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}");
    one_project(&format!("http://{host}:8000/sse"), "", &rest).upstream()
}

#[test]
fn a_service_answers_to_all_of_its_names() {
    assert_eq!(to_db("db", ""), "db 8000 on srv_default");
    assert_eq!(
        to_db("pg", "    container_name: pg\n"),
        "db 8000 on srv_default"
    );
    assert_eq!(to_db("pg", "    hostname: pg\n"), "db 8000 on srv_default");
    let alias = "    networks: {default: {aliases: [pg]}}\n";
    assert_eq!(to_db("pg", alias), "db 8000 on srv_default");
    assert_eq!(to_db("srv-db-1", ""), "db 8000 on srv_default");
    assert_eq!(to_db("pg", ""), "Unnamed { certain: true }");
    assert_eq!(to_db("pg.example.org", ""), "Elsewhere");
}

#[test]
fn an_alias_counts_on_its_own_network_only() {
    let db = "    networks: {default: {}, back: {aliases: [pg]}}\nnetworks:\n  back: {}\n";
    assert_eq!(to_db("db", db), "db 8000 on srv_default");
    assert_eq!(
        to_db("pg", db),
        "db 8000 apart: srv_default / srv_default, srv_back"
    );
}

#[test]
fn names_that_the_files_leave_open_are_not_certain() {
    let named = |own: &str, rest: &str| one_project("http://pg:8000/sse", own, rest).upstream();
    assert_eq!(named("", ""), "Unnamed { certain: true }");
    for (own, rest) in [
        (
            "    networks: [shared]\n",
            "networks:\n  shared: {external: true}\n",
        ),
        (
            "    networks: [shared]\n",
            "networks:\n  shared: {name: shared}\n",
        ),
        ("    networks: [undeclared]\n", ""),
        ("    dns: 10.0.0.1\n", ""),
        ("    external_links: ['postgres:pg']\n", ""),
        (
            "",
            "  other:\n    image: a/b\n    container_name: ${NAME}\n",
        ),
        ("", "include: [missing.yaml]\n"),
    ] {
        assert_eq!(
            named(own, rest),
            "Unnamed { certain: false }",
            "{own}{rest}"
        );
    }
}

#[test]
fn loopback_is_the_container_itself() {
    let db =
        "  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    ports: ['48010:8000', '53:53/udp']\n";
    let to = |url: &str, own: &str| one_project(url, own, db).upstream();
    assert_eq!(to("http://localhost:48010/sse", ""), "itself, meant db");
    assert_eq!(to("http://127.0.0.1:8000/sse", ""), "itself, meant nothing");
    assert_eq!(to("http://[::1]:53/sse", ""), "itself, meant nothing");
    let two = format!("{db}  other:\n    image: a/b\n    ports: ['127.0.0.2:48010:1']\n");
    let either = one_project("http://localhost:48010/sse", "", &two).upstream();
    assert_eq!(either, "itself, meant nothing");
    let host = "    network_mode: host\n";
    assert_eq!(to("http://localhost:48010/sse", host), "db 8000 published");
    assert_eq!(to("http://localhost:8000/sse", host), "Here");
    assert_eq!(to("http://db:8000/sse", host), "outside db");
}

#[test]
fn the_machine_has_a_name_inside_of_containers() {
    let db = "  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    ports: ['48010:8000']\n";
    let to = |url: &str, own: &str| one_project(url, own, db).upstream();
    assert_eq!(
        to("http://host.docker.internal:48010/sse", ""),
        "machine db"
    );
    assert_eq!(
        to("http://host.docker.internal:9/sse", ""),
        "machine nothing"
    );
    let extra = "    extra_hosts: ['box:host-gateway', 'far:10.0.0.9']\n";
    assert_eq!(to("http://box:48010/sse", extra), "machine db");
    assert_eq!(to("http://far:8000/sse", extra), "Elsewhere");
}

#[test]
fn containers_in_one_network_namespace_meet_on_loopback() {
    let mode = |mode: &str| format!("    network_mode: '{mode}'\n");
    let same = "db 8000 on the same network namespace";
    assert_eq!(to_db("localhost", &mode("service:litellm")), same);
    assert_eq!(
        to_db("db", &mode("service:litellm")),
        "db 8000 apart: srv_default / "
    );
    let named = |own: &str, db: &str| {
        let rest = format!("  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}");
        one_project("http://localhost:8000/sse", own, &rest).upstream()
    };
    assert_eq!(
        named("    container_name: gw\n", &mode("container:gw")),
        same
    );
    assert_eq!(named(&mode("service:db"), ""), same);
}

#[test]
fn a_container_in_another_ones_network_uses_its_names() {
    let rest = "  vpn:\n    image: a/vpn\n    networks: [back]\n  db:\n    \
                image: crystaldba/postgres-mcp:0.3.0\n    networks: [back]\nnetworks:\n  back: {}\n";
    let to = |own: &str| one_project("http://db:8000/sse", own, rest).upstream();
    assert_eq!(to(""), "db 8000 apart: srv_default / srv_back");
    assert_eq!(to("    network_mode: service:vpn\n"), "db 8000 on srv_back");
    let unclear = to("    network_mode: container:elsewhere\n");
    assert!(unclear.starts_with("Unclear"), "{unclear}");
}

#[test]
fn a_server_in_host_mode_has_no_name() {
    assert_eq!(
        to_db("db", "    network_mode: host\n"),
        "db 8000 apart: srv_default / "
    );
}

/// The gateway in one project, the server in another.
fn two_projects(own: &str, db: &str) -> Read {
    let ours = format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3-stable\n    \
         volumes: ['./config.yaml:/app/config.yaml:ro']\n{own}"
    );
    let theirs = format!("services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}");
    read(&[
        ("gateway/config.yaml", &gateway("http://db:8000/sse")),
        ("gateway/compose.yaml", &ours),
        ("db/compose.yaml", &theirs),
    ])
}

#[test]
fn projects_meet_on_networks_of_one_real_name() {
    let external = "    networks: [mcp]\nnetworks:\n  mcp: {external: true}\n";
    let named = "    networks: [front]\nnetworks:\n  front: {name: mcp}\n";
    let own = "    networks: [mcp]\nnetworks:\n  mcp: {}\n";
    let undeclared = "    networks: [mcp]\n";
    let to = |ours: &str, theirs: &str| two_projects(ours, theirs).upstream();
    assert_eq!(to(external, external), "db 8000 on mcp");
    assert_eq!(to(external, named), "db 8000 on mcp");
    assert_eq!(to(external, own), "db 8000 apart: mcp / db_mcp");
    assert_eq!(to("", ""), "db 8000 apart: gateway_default / db_default");
    // What its owner forgot to declare is another finding's business.
    assert_eq!(to(external, undeclared), "db 8000 on mcp");
}

#[test]
fn of_services_of_one_name_that_are_not_reached_its_own_projects_is_meant() {
    let ours = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3-stable\n    \
                volumes: ['./config.yaml:/app/config.yaml:ro']\n  db:\n    image: db\n    networks: [back]\n\
                networks:\n  back: {}\n";
    let theirs = "services:\n  db:\n    image: db\n";
    let config = gateway("http://db:8000/sse");
    let files = [
        ("gateway/config.yaml", config.as_str()),
        ("gateway/compose.yaml", ours),
        ("other/compose.yaml", theirs),
    ];
    assert_eq!(
        read(&files).upstream(),
        "db 8000 apart: gateway_default / gateway_back"
    );
}

#[test]
fn without_a_service_of_its_own_a_gateway_may_run_anywhere() {
    let db = "services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n";
    let to = |url: &str| read(&[("config.yaml", &gateway(url)), ("compose.yaml", db)]).upstream();
    assert_eq!(to("http://db:8000/sse"), "db 8000 unknown");
    assert_eq!(to("http://pg:8000/sse"), "Unnamed { certain: false }");
    let unclear = to("http://localhost:8000/sse");
    assert!(unclear.starts_with("Unclear"), "{unclear}");
}

#[test]
fn what_is_built_here_is_not_known() {
    let behind = |db: &str| {
        let rest = format!("  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}");
        let read = one_project("http://db:8000/sse", "", &rest);
        let hop = read.chain.upstreams().next().expect("an upstream");
        hop.behind.is_some()
    };
    assert!(behind(""));
    assert!(!behind("    build: .\n"));
}

/// Which service of these compose files runs `gateway/config.yaml`, or why that is not known.
fn runner(files: &[(&str, &str)]) -> String {
    let config = gateway("http://localhost:8000/sse");
    let mut all = vec![("gateway/config.yaml", config.as_str())];
    all.extend(files);
    let Read { stack, chain } = read(&all);
    let placed = &chain.gateways[0].placed;
    match placed.service() {
        Some(id) => stack.service(id).name.value.clone(),
        None => placed.doubt(&stack).unwrap_or_default(),
    }
}

#[test]
fn who_only_sees_the_folder_does_not_run_the_gateway() {
    const NOBODY: &str = "no compose file says which image runs it";
    let by = |service: &str| {
        let compose = format!("services:\n  it:\n{service}");
        runner(&[("gateway/compose.yaml", &compose)])
    };
    for other in [
        "    image: gcr.io/cadvisor/cadvisor:v0.47.0\n    volumes: ['/:/rootfs:ro']\n",
        "    image: nginx\n    volumes: ['./:/usr/share/nginx/html']\n",
        "    image: grafana/alloy:v1.2.0\n    volumes: ['.:/etc/alloy']\n    command: run /etc/alloy/config.alloy\n",
        "    image: berriai/litellm\n    volumes: ['/srv:/data']\n",
        "    image: berriai/litellm\n    volumes: ['.:/app/c']\n    command: [--config, /app/c/other.yaml]\n",
    ] {
        assert_eq!(by(other), NOBODY, "{other}");
    }
    for own in [
        "    image: nginx\n    volumes: ['./config.yaml:/app/config.yaml']\n",
        "    image: registry.lan:5000/ai/litellm-proxy@sha256:0\n    volumes: ['.:/etc/x']\n",
        "    image: python\n    command: litellm --config=/c/config.yaml\n    volumes: ['.:/c']\n",
        "    image: python\n    entrypoint: [litellm, --config, /x/gateway/config.yaml]\n    volumes: ['/srv:/x']\n",
        "    image: mine\n    environment: {CONFIG_FILE_PATH: c/config.yaml}\n    volumes: ['.:/app/c']\n",
    ] {
        assert_eq!(by(own), "it", "{own}");
    }
}

#[test]
fn of_several_services_the_one_of_the_standard_file_runs_the_gateway() {
    let compose = |name: &str, tag: &str| {
        format!(
            "services:\n  {name}:\n    image: berriai/litellm:{tag}\n    \
             volumes: ['./config.yaml:/app/config.yaml']\n"
        )
    };
    let (a, b, c) = (
        compose("a", "v1.77.3"),
        compose("b", "v1.78.0"),
        compose("c", "v1.77.3"),
    );
    let standard = "gateway/docker-compose.yml";
    assert_eq!(
        runner(&[(standard, &a), ("gateway/docker-compose.prod.yml", &b)]),
        "a"
    );
    let (dev, prod) = ("gateway/compose.dev.yml", "gateway/compose.prod.yml");
    assert_eq!(runner(&[(dev, &a), (prod, &c)]), "a");
    assert_eq!(
        runner(&[(dev, &a), (prod, &b)]),
        "2 services mount it: a in gateway/compose.dev.yml and b in gateway/compose.prod.yml; name one with --compose"
    );
    let both = read(&[
        ("gateway/config.yaml", &gateway("http://localhost:8000/sse")),
        (dev, &a),
        (prod, &b),
    ]);
    let unclear = both.upstream();
    assert!(
        unclear.contains("a in gateway/compose.dev.yml"),
        "{unclear}"
    );
}

#[test]
fn the_port_of_a_gateway_is_where_its_container_says() {
    let from_host = |service: &str| {
        let compose = format!(
            "services:\n  gw:\n    image: berriai/litellm\n    network_mode: host\n    \
             volumes: ['./config.yaml:/app/config.yaml']\n{service}"
        );
        let client =
            r#"{"mcpServers": {"gw": {"type": "http", "url": "http://localhost:8080/mcp"}}}"#;
        let read = read(&[
            ("config.yaml", &gateway("http://db:8000/sse")),
            ("compose.yaml", &compose),
            (".mcp.json", client),
        ]);
        let hop = read.chain.of_entry(0, 0).expect("the client's call");
        matches!(hop.destination, Destination::Gateway { .. })
    };
    for own in [
        "    command: [--port, '8080']\n",
        "    command: --detailed_debug --port=8080\n",
        "    entrypoint: [litellm, --port, '8080']\n",
        "    environment: {PORT: 8080}\n",
    ] {
        assert!(from_host(own), "{own}");
    }
    for other in [
        "",
        "    command: [--port, '${PORT}']\n",
        "    environment: {PORT: 8080}\n    command: [--port, '4000']\n",
    ] {
        assert!(!from_host(other), "{other}");
    }
}

/// Where a client on this machine gets with a port, while a server publishes `ports`.
fn from_here(port: u16, ports: &str) -> String {
    let client = format!(
        r#"{{"mcpServers": {{"db": {{"type": "sse", "url": "http://localhost:{port}/sse"}}}}}}"#
    );
    let compose =
        format!("services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    ports: {ports}\n");
    let read = read(&[
        ("config.yaml", &gateway("http://db:8000/sse")),
        ("compose.yaml", &compose),
        (".mcp.json", &client),
    ]);
    let hop = read.chain.of_entry(0, 0).expect("the client's call");
    read.said(&hop.destination)
}

#[test]
fn a_port_may_be_published_in_several_ways() {
    let both = "['127.0.0.1:48010:8000', '[::1]:48010:8000']";
    assert_eq!(from_here(48010, both), "db 8000 published");
    assert_eq!(
        from_here(65001, "['1-65535:1-65535']"),
        "db 65001 published"
    );
    assert_eq!(
        from_here(48012, "['48010-48019:8000-8009']"),
        "db 8002 published"
    );
    assert_eq!(from_here(48010, "['8000']"), "Here");
    assert_eq!(from_here(48010, "[]"), "Here");
}

#[test]
fn a_port_that_is_not_known_may_be_any() {
    for ports in [
        "['${P}:8000']",
        "['${P}:${P}']",
        "[{target: 8000, published: '${P}'}]",
        "['48010:${P}']",
    ] {
        assert_eq!(
            from_here(48010, ports),
            r#"Unclear("the published port of db depends on a variable that is not known here")"#,
            "{ports}"
        );
    }
    assert!(from_here(48010, "['48000-48020:8000']").starts_with("Unclear"));
    assert_eq!(from_here(48030, "['48000-48020:8000']"), "Here");
    assert_eq!(
        from_here(48010, "['${P:-48010}:8000']"),
        "db 8000 published"
    );
}

#[test]
fn what_was_not_read_is_not_absent() {
    let upstream = |url: &str, own: &str, db: &str, more: &[(&str, &str)]| {
        let compose = format!(
            "services:\n  litellm:\n    image: berriai/litellm:v1.77.3\n    \
             volumes: ['./config.yaml:/app/config.yaml']\n{own}  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}"
        );
        let config = gateway(url);
        let mut files = vec![("config.yaml", config.as_str()), ("compose.yaml", &compose)];
        files.extend(more);
        read(&files).upstream()
    };
    let extends = "    extends: {file: gone.yml, service: base}\n";
    let (front, back) = (
        "    networks: [front]\n",
        "    networks: [back]\nnetworks:\n  front: {}\n  back: {}\n",
    );
    let url = "http://db:8000/sse";
    assert!(upstream(url, front, back, &[]).starts_with("db 8000 apart"));
    let extended = format!("{extends}{back}");
    assert_eq!(
        upstream(url, front, &extended, &[]),
        r#"Unclear("part of db was not read: gone.yml has no services that can be extended")"#
    );
    let broken = [("compose.override.yaml", "services: [")];
    assert_eq!(
        upstream(url, front, back, &broken),
        r#"Unclear("part of litellm was not read: compose.override.yaml was not read")"#
    );
    let other = [(".env", "COMPOSE_FILE=compose.yaml:prod.yaml\n")];
    assert_eq!(
        upstream(url, front, back, &other),
        r#"Unclear("part of litellm was not read: prod.yaml, which COMPOSE_FILE names, was not read")"#
    );
    let same = [(".env", "COMPOSE_FILE=compose.yaml\n")];
    assert!(upstream(url, front, back, &same).starts_with("db 8000 apart"));
    // Where something is shared all the same, nothing is in doubt.
    assert_eq!(upstream(url, "", extends, &[]), "db 8000 on srv_default");
    let loopback = "http://localhost:8000/sse";
    assert!(upstream(loopback, extends, "", &[]).starts_with("Unclear"));
    assert!(upstream(loopback, "", extends, &[]).starts_with("itself"));
}

/// A gateway whose service has more lines, and what a client's address leads to: "gateway PREFIX", or what else.
fn client(url: &str, own: &str, rest: &str, told: &[&str]) -> String {
    let compose = format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.109.1-stable\n    \
         volumes: ['./config.yaml:/app/config.yaml:ro']\n{own}{rest}"
    );
    let entry = format!(r#"{{"mcpServers": {{"gw": {{"type": "http", "url": "{url}"}}}}}}"#);
    let settings = Settings {
        gateway_urls: told.iter().map(|text| text.parse().expect(text)).collect(),
        ..Settings::default()
    };
    let read = read_with(
        &[
            ("config.yaml", &gateway("http://db:8000/sse")),
            ("compose.yaml", &compose),
            (".mcp.json", &entry),
        ],
        &settings,
    );
    if let Some(misnamed) = &read.chain.misnamed {
        return misnamed.to_string();
    }
    let hop = read.chain.of_entry(0, 0).expect("the client's call");
    match hop.destination {
        Destination::Gateway { certain: true, .. } => format!("gateway {}", hop.prefix),
        _ => read.said(&hop.destination),
    }
}

#[test]
fn an_address_that_is_said_to_be_a_gateways_is() {
    let told = |url: &str, told: &[&str]| client(url, "", "", told);
    for (url, front, found) in [
        (
            "https://h/llm/mcp/db",
            "litellm=https://h/llm/mcp",
            "gateway /llm",
        ),
        (
            "https://h/llm/mcp",
            "config.yaml=https://h/llm",
            "gateway /llm",
        ),
        (
            "https://h/mcp/",
            "gateway:config.yaml=https://h",
            "gateway ",
        ),
        ("https://h/mcp/", "srv-litellm-1=https://h:443/", "gateway "),
        // It is exact: what stands before `mcp` is a server's name.
        ("https://h/db/mcp", "litellm=https://h", "gateway "),
        (
            "https://h.example/other/mcp",
            "litellm=https://h.example/llm",
            "Elsewhere",
        ),
        (
            "https://h/mcp",
            "db=https://h",
            "no gateway is called db: there is gateway:config.yaml",
        ),
    ] {
        assert_eq!(told(url, &[front]), found, "{url} {front}");
    }
    let root = "    environment: {SERVER_ROOT_PATH: /root/}\n";
    for (url, front, prefix) in [
        (
            "https://h/root/mcp/db",
            "litellm=https://h",
            "gateway /root",
        ),
        (
            "https://h/x/root/mcp",
            "litellm=https://h/x",
            "gateway /x/root",
        ),
        (
            "https://h/x/root/mcp",
            "litellm=https://h/x/root/mcp",
            "gateway /x/root",
        ),
    ] {
        assert_eq!(client(url, root, "", &[front]), prefix, "{url}");
    }
}

#[test]
fn labels_lead_a_proxy_to_a_gateway_or_a_server() {
    let labels = |rule: &str| {
        format!(
            "    labels: ['traefik.http.routers.r.rule={rule}', 'traefik.http.services.s.loadbalancer.server.port=4000']\n"
        )
    };
    let gateway = |url: &str, rule: &str| client(url, &labels(&rule.replace('\'', "''")), "", &[]);
    assert_eq!(
        gateway("https://h.example/mcp/", "Host(`h.example`)"),
        "gateway "
    );
    let below = "Host(`h.example`) && PathPrefix(`/llm`)";
    assert_eq!(
        gateway("https://h.example/llm/mcp/db", below),
        "gateway /llm"
    );
    assert_eq!(gateway("https://h.example/mcp/db", below), "Elsewhere");
    // A server's name before `mcp` is no prefix.
    assert_eq!(
        gateway("https://h.example/db/mcp", "Host(`h.example`)"),
        "gateway "
    );
    // Without a host it would take every address there is.
    assert_eq!(
        gateway("https://h.example/llm/mcp", "PathPrefix(`/llm`)"),
        "Elsewhere"
    );
    let off =
        "    labels: ['traefik.enable=false', 'traefik.http.routers.r.rule=Host(`h.example`)']\n";
    assert_eq!(client("https://h.example/mcp", off, "", &[]), "Elsewhere");

    let server = |rule: &str| format!("  docs:\n    image: example/docs\n{}", labels(rule));
    let both =
        |url: &str, rule: &str| client(url, &labels("Host(`h.example`)"), &server(rule), &[]);
    // The longer rule wins.
    let longer = "Host(`h.example`) && PathPrefix(`/docs`)";
    assert_eq!(
        both("https://h.example/docs/mcp", longer),
        "docs 4000 proxied"
    );
    assert_eq!(both("https://h.example/mcp", longer), "gateway ");
    let unclear = both("https://h.example/mcp", "Host(`h.example`)");
    assert!(unclear.contains("labels of several services"), "{unclear}");
    // A port that Traefik itself publishes takes every host.
    let proxy = "  proxy:\n    image: traefik:v3.1\n    ports: ['8443:8443']\n";
    let here = |url: &str| client(url, &labels("PathPrefix(`/llm`)"), proxy, &[]);
    assert_eq!(here("https://localhost:8443/llm/mcp"), "gateway /llm");
    assert_eq!(here("https://localhost:8443/mcp"), "proxy 8443 published");
}
