//! Gateways and servers that are found among running containers, whether or not a file declares them.

use std::path::{Path, PathBuf};

use mcpdoc::chain::{Placed, Settings};
use mcpdoc::fact::{Container, Engine, Locality};
use mcpdoc::load::{Entry, Files, Memory, Request};
use mcpdoc::model::EnvLookup;
use mcpdoc::plan::Permissions;
use mcpdoc::record::{Digests, Record, Replay, Run};
use mcpdoc::report::text;
use mcpdoc::source::Unreadable;
use mcpdoc::{Examination, Selection, Witness, investigate};

use support_engine::{Lab, Spec};

use hand::{Given, Seen, container, engine, image};
use say::{said, skipped};

#[path = "support/hand.rs"]
mod hand;
#[path = "support/say.rs"]
mod say;
#[path = "support/engine.rs"]
mod support_engine;

const LITELLM: &str = "ghcr.io/berriai/litellm:main-v1.77.3";
const POSTGRES_MCP: &str = "crystaldba/postgres-mcp:0.3.0";
const CONFIG: &str = "general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
mcp_servers:
  db_main:
    url: http://mcp-postgres:8000/sse
    transport: sse
  notes:
    url: http://notes:9000/mcp
    transport: http
";

/// What `mcpdoc check` with these files and gateways says on a machine with this engine.
fn check(files: &[(&str, &str)], litellm: &[&str], engine: &Engine) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(*name, *text);
    }
    let request = Request {
        cwd: "/srv".into(),
        litellm: litellm.iter().map(PathBuf::from).collect(),
        ..Request::default()
    };
    let permissions = Permissions {
        docker: true,
        ..Permissions::default()
    };
    let mut witness = Seen(engine.clone());
    let settings = Settings::default();
    let selection = Selection::default();
    investigate(
        &request,
        &settings,
        &selection,
        &permissions,
        &memory,
        &mut witness,
    )
}

/// A gateway as `docker run` starts it.
fn gateway(name: &str) -> Container {
    container(name, LITELLM)
        .with(&["--config", "/app/config.yaml"])
        .mounting("/srv/config.yaml", "/app/config.yaml")
        .set("LITELLM_MASTER_KEY", "sk-9f3b1c7e5a2d8f40")
        .publishing(4000, 4000)
}

fn server(name: &str) -> Container {
    container(name, POSTGRES_MCP)
        .with(&["--transport=sse", "--sse-host=0.0.0.0"])
        .set("DATABASE_URI", "postgresql://reader:s3cr3t-9xkq@db/main")
}

fn hops(examination: &Examination) -> Vec<String> {
    let hops = examination.chain.hops.iter();
    hops.map(|hop| format!("{} -> {}", hop.from, hop.to))
        .collect()
}

fn inputs(examination: &Examination) -> Vec<String> {
    let stack = &examination.stack;
    stack
        .inputs
        .iter()
        .map(|input| {
            let by = input.container.as_deref();
            let by = by.map_or(String::new(), |by| format!(" of {by}"));
            format!("{} {}{by}", stack.name(input.source), input.how.word())
        })
        .collect()
}

fn missed(examination: &Examination) -> Vec<String> {
    let missed = examination.stack.missed.iter();
    missed.map(mcpdoc::model::Missed::line).collect()
}

#[test]
fn a_gateway_by_docker_run_is_found_with_its_servers() {
    let engine = engine(vec![
        gateway("gw").on("front", &[]),
        server("pg").on("front", &["mcp-postgres"]),
        container("notes", "example.com/notes:1").on("front", &[]),
        container("other", "nginx:1").on("front", &[]),
        server("far").on("elsewhere", &[]),
    ]);
    let found = check(
        &[("/srv/config.yaml", CONFIG)],
        &["/srv/config.yaml"],
        &engine,
    );
    assert_eq!(
        inputs(&found),
        [
            "config.yaml flag",
            "container gw engine",
            "container pg engine",
            "container notes engine"
        ]
    );
    assert_eq!(hops(&found), ["gw:db_main -> pg", "gw:notes -> notes"]);
    let view = &found.chain.gateways[0];
    assert!(matches!(view.placed, Placed::By(_)), "{:?}", view.placed);
    assert_eq!(
        view.version.version().map(ToString::to_string),
        Some("1.77.3".to_owned())
    );
    let sights: Vec<_> = found
        .chain
        .hops
        .iter()
        .map(|hop| hop.sight.as_ref().and_then(mcpdoc::chain::Sight::called))
        .collect();
    assert_eq!(sights, [Some(1), Some(2)]);
    assert_eq!(missed(&found), Vec::<String>::new());
    let unplaced = |why: &&str| why.contains("no compose file");
    assert!(!skipped(&found).iter().any(unplaced));
    assert_eq!(said(&found), Vec::<String>::new());
}

/// The whole report.
fn shown(examination: &Examination) -> String {
    let options = text::Options {
        screen: mcpdoc::term::Screen {
            colour: false,
            width: 120,
        },
        detail: text::Detail::Verbose,
        user: None,
        require: Vec::new(),
    };
    text::render(examination, &options)
}

fn texts(found: &[String]) -> Vec<&str> {
    found.iter().map(String::as_str).collect()
}

fn start(found: &[String], starts: &[&str]) {
    let fits = found
        .iter()
        .zip(starts)
        .all(|(text, start)| text.starts_with(start));
    assert!(fits && found.len() == starts.len(), "{found:#?}");
}

const ONE: (&str, &str) = ("/srv/config.yaml", CONFIG);

#[test]
fn what_is_wrong_with_containers_that_no_file_declares_is_said_with_what_to_do() {
    let mut pg = server("pg")
        .on("back", &["mcp-postgres"])
        .set("MCP_TRANSPORT", "\"sse\"")
        .publishing(48010, 8000);
    pg.command = vec!["--transport=sse".to_owned()];
    let notes = container("notes", "example.com/notes:1").on("front", &[]);
    let engine = engine(vec![gateway("gw").on("front", &[]), pg, notes.ended()]);
    let found = check(&[ONE], &["/srv/config.yaml"], &engine);
    assert_eq!(hops(&found), ["gw:db_main -> pg", "gw:notes -> notes"]);
    let said = said(&found);
    assert!(
        said.iter()
            .any(|line| line.starts_with("error gw is on front, but pg is on back")),
        "{said:#?}"
    );
    let page = shown(&found);
    for words in [
        "container pg:",
        "docker network connect front pg",
        "read: container gw (container, engine)",
    ] {
        assert!(page.contains(words), "no {words} in:\n{page}");
    }
    for secret in ["s3cr3t-9xkq", "sk-9f3b1c7e5a2d8f40"] {
        assert!(!page.contains(secret), "{secret} in:\n{page}");
        let json = mcpdoc::report::json::render(&found).expect("json");
        assert!(!json.contains(secret), "{secret} in:\n{json}");
    }
    // Nobody wrote a file in which quotes, a missing healthcheck or a secret would stand.
    for judged in &found.diagnosis.findings {
        let id = judged.finding.check;
        let of_files = ["env-value-quoted", "healthcheck-missing", "secret-in-file"];
        assert!(!of_files.contains(&id), "{id}");
        for fix in &judged.finding.fixes {
            let mut changes = fix.changes.iter();
            let written =
                changes.any(|one| found.stack.source(one.at.source).container().is_some());
            assert!(!written, "{}", fix.title);
        }
    }
}

const COMPOSE: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.3
    command: [--config, /app/config.yaml]
    environment: {LITELLM_MASTER_KEY: '${LITELLM_MASTER_KEY}'}
    volumes: [/srv/config.yaml:/app/config.yaml]
    networks: [front]
networks:
  front: {name: front}
";
const OVER: &str = "services:
  litellm:
    ports: ['4000:4000']
";
const SERVERS: &str = "services:
  mcp-postgres:
    image: crystaldba/postgres-mcp:0.3.0
    command: [--transport=sse, --sse-host=0.0.0.0]
    environment: {DATABASE_URI: '${DATABASE_URI}'}
    networks: [front]
networks:
  front: {external: true}
";

#[test]
fn the_labels_of_the_gateways_container_and_of_its_servers_lead_to_their_files() {
    let files = [
        ONE,
        ("/opt/gw/base.yaml", COMPOSE),
        ("/opt/gw/prod.yaml", OVER),
        ("/opt/db/compose.yaml", SERVERS),
    ];
    let notes = container("notes", "example.com/notes:1").on("front", &[]);
    let engine = engine(vec![
        gateway("live-litellm-1").on("front", &["litellm"]).of(
            "live",
            "litellm",
            "/opt/gw",
            "/opt/gw/base.yaml,/opt/gw/prod.yaml",
        ),
        server("db-mcp-postgres-1")
            .on("front", &["mcp-postgres"])
            .of("db", "mcp-postgres", "/opt/db", "compose.yaml"),
        notes,
        container("web-1", "nginx").on("front", &[]).of(
            "web",
            "web",
            "/opt/web",
            "/opt/web/compose.yaml",
        ),
    ]);
    let found = check(&files, &["/srv/config.yaml"], &engine);
    assert_eq!(
        inputs(&found),
        [
            "config.yaml flag",
            "/opt/gw/base.yaml label of live-litellm-1",
            "/opt/gw/prod.yaml label of live-litellm-1",
            "/opt/db/compose.yaml label of db-mcp-postgres-1",
            "container notes engine",
        ]
    );
    // By `-p`, which no file says.
    assert_eq!(found.stack.projects[0].name, "live");
    let id = found.chain.gateways[0].service().expect("a service");
    assert_eq!(
        found.stack.service(id).ports.len(),
        1,
        "the second file counts"
    );
    assert_eq!(found.chain.containers.number(&engine, id), Some(0));
    assert_eq!(
        hops(&found),
        ["litellm:db_main -> mcp-postgres", "litellm:notes -> notes"]
    );
    assert_eq!(missed(&found), Vec::<String>::new());
    assert_eq!(
        mcpdoc::repair::compose(&found.stack, id, "restart"),
        "docker compose -p live -f /opt/gw/base.yaml -f /opt/gw/prod.yaml restart litellm"
    );
    let page = shown(&found);
    let line = "read: /opt/gw/base.yaml (compose, named by the labels of container live-litellm-1)";
    assert!(page.contains(line), "{page}");
}

#[test]
fn a_file_of_labels_that_is_gone_is_said_and_the_container_stands_for_it() {
    let engine = engine(vec![
        gateway("live-litellm-1").on("front", &["litellm"]).of(
            "live",
            "litellm",
            "/opt/gw",
            "/opt/gw/base.yaml",
        ),
    ]);
    let found = check(&[ONE], &["/srv/config.yaml"], &engine);
    assert_eq!(
        inputs(&found),
        ["config.yaml flag", "container live-litellm-1 engine"]
    );
    assert_eq!(
        missed(&found),
        [
            "not found: /opt/gw/base.yaml, which the labels of container live-litellm-1 name; --compose FILE adds it"
        ]
    );
    let view = &found.chain.gateways[0];
    assert!(matches!(view.placed, Placed::By(_)));
    start(&hops(&found), &["litellm:db_main", "litellm:notes"]);
}

#[test]
fn files_beside_the_configuration_and_containers_beside_the_files_count_too() {
    let nearby = [ONE, ("/srv/compose.yaml", COMPOSE)];
    // Compose's own: everything as without an engine.
    let declared = gateway("srv-litellm-1").on("front", &["litellm"]).of(
        "srv",
        "litellm",
        "/srv",
        "/srv/compose.yaml",
    );
    let found = check(
        &nearby,
        &["/srv/config.yaml"],
        &engine(vec![declared.clone()]),
    );
    assert_eq!(
        inputs(&found),
        ["config.yaml flag", "compose.yaml label of srv-litellm-1"]
    );
    // Started by hand, while nothing of the file runs: what runs decides.
    let by_hand = gateway("gw").on("front", &[]);
    let found = check(
        &nearby,
        &["/srv/config.yaml"],
        &engine(vec![by_hand.clone()]),
    );
    assert_eq!(
        inputs(&found),
        [
            "config.yaml flag",
            "compose.yaml mounted",
            "container gw engine"
        ]
    );
    start(&hops(&found), &["gw:db_main", "gw:notes"]);
    // A stopped one counts for nothing beside one that runs.
    let both = engine(vec![declared.clone(), by_hand.clone().ended()]);
    let found = check(&nearby, &["/srv/config.yaml"], &both);
    assert_eq!(
        inputs(&found),
        ["config.yaml flag", "compose.yaml label of srv-litellm-1"]
    );
    // Two that run in the same way on the same networks are as good as one; on others they are not.
    let same = engine(vec![declared.clone(), by_hand.clone()]);
    let found = check(&nearby, &["/srv/config.yaml"], &same);
    assert!(matches!(found.chain.gateways[0].placed, Placed::By(_)));
    let apart = engine(vec![declared, gateway("gw").on("back", &[])]);
    let found = check(&nearby, &["/srv/config.yaml"], &apart);
    let view = &found.chain.gateways[0];
    assert_eq!(
        view.placed.doubt(&found.stack).as_deref(),
        Some(
            "2 services mount it: litellm in compose.yaml and gw in container gw; name one with --compose"
        )
    );
}

#[test]
fn two_gateways_are_kept_apart() {
    let other = CONFIG.replace("mcp-postgres", "pg-b").replace(
        "  notes:\n    url: http://notes:9000/mcp\n    transport: http\n",
        "",
    );
    let files = [
        ("/srv/a/config.yaml", CONFIG),
        ("/srv/b/config.yaml", &other),
    ];
    let run = |name: &str, image: &str, network: &str| {
        container(name, image)
            .with(&["--config", "/app/config.yaml"])
            .mounting(&format!("/srv/{network}/config.yaml"), "/app/config.yaml")
            .set("LITELLM_MASTER_KEY", "sk-9f3b1c7e5a2d8f40")
            .on(network, &[])
    };
    let engine = engine(vec![
        run("gw-a", LITELLM, "a"),
        run("gw-b", "ghcr.io/berriai/litellm:main-v1.80.0", "b"),
        server("pg-a").on("a", &["mcp-postgres"]),
        server("pg-b").on("b", &[]),
        container("notes", "example.com/notes:1").on("a", &[]),
    ]);
    let found = check(
        &files,
        &["/srv/a/config.yaml", "/srv/b/config.yaml"],
        &engine,
    );
    assert_eq!(
        hops(&found),
        [
            "gw-a:db_main -> pg-a",
            "gw-a:notes -> notes",
            "gw-b:db_main -> pg-b"
        ]
    );
    let versions: Vec<_> = found
        .chain
        .gateways
        .iter()
        .filter_map(|view| view.version.version().map(ToString::to_string))
        .collect();
    assert_eq!(versions, ["1.77.3", "1.80.0"]);
    assert_eq!(said(&found), Vec::<String>::new());
}

#[test]
fn without_any_file_the_gateways_that_run_are_looked_at() {
    let gateway = |name: &str| {
        container(name, LITELLM)
            .with(&["--config", "/app/config.yaml"])
            .mounting("/etc/gw/config.yaml", "/app/config.yaml")
            .on("front", &[])
    };
    let engine = engine(vec![
        gateway("gw"),
        gateway("old").ended(),
        container("nginx", "nginx:1").publishing(80, 80),
    ]);
    let files = [("/etc/gw/config.yaml", CONFIG)];
    let found = check(&files, &[], &engine);
    assert_eq!(
        inputs(&found),
        ["container gw engine", "/etc/gw/config.yaml mounted"]
    );
    start(&hops(&found), &["gw:db_main", "gw:notes"]);
    // Whoever has a gateway's file here means that one.
    let found = check(&[files[0], ONE], &[], &engine);
    assert_eq!(inputs(&found), ["config.yaml found"]);
}

#[test]
fn what_a_remote_engine_mounts_is_not_looked_for_here() {
    let mut engine = engine(vec![gateway("gw").on("front", &[])]);
    engine.endpoint = "tcp://10.0.0.5:2375".to_owned();
    engine.locality = Locality::NotProved("it is not a socket of this machine".to_owned());
    let found = check(&[ONE], &["/srv/config.yaml"], &engine);
    assert_eq!(inputs(&found), ["config.yaml flag"]);
    let missed = missed(&found);
    let [line] = missed.as_slice() else {
        panic!("{missed:#?}");
    };
    for words in [
        "compose file that mounts config.yaml",
        "tcp://10.0.0.5:2375",
        "not a socket of this machine",
    ] {
        assert!(line.contains(words), "{line}");
    }
    let nothing = check(&[("/etc/gw/config.yaml", CONFIG)], &[], &engine);
    assert_eq!(inputs(&nothing), Vec::<String>::new());
}

#[test]
fn the_image_that_runs_says_the_version() {
    let version = |container: Container, labels: &[(&str, &str)], tags: &[&str]| {
        let mut image = image(&container);
        for (name, value) in labels {
            image.labels.insert((*name).to_owned(), (*value).to_owned());
        }
        image.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let mut container = container;
        container.labels.extend(image.labels.clone());
        let mut engine = engine(vec![container]);
        engine.images.push(image);
        let found = check(&[ONE], &["/srv/config.yaml"], &engine);
        let view = &found.chain.gateways[0];
        let from = view.version.from().map(mcpdoc::gateway::VersionFrom::word);
        (view.version.version().map(ToString::to_string), from)
    };
    let latest = || {
        let mut one = gateway("gw").on("front", &[]);
        one.image = "ghcr.io/berriai/litellm:main-latest".to_owned();
        one
    };
    let label = "org.opencontainers.image.version";
    let some = |version: &str, from| (Some(version.to_owned()), Some(from));
    assert_eq!(
        version(latest(), &[(label, "v1.80.0")], &[]),
        some("1.80.0", "label")
    );
    assert_eq!(version(latest(), &[], &[]), (None, None));
    // The version of a base image.
    assert_eq!(version(latest(), &[(label, "22.04")], &[]), (None, None));
    let tags = [
        "ghcr.io/berriai/litellm:main-latest",
        "ghcr.io/berriai/litellm:main-v1.81.9",
    ];
    assert_eq!(version(latest(), &[], &tags), some("1.81.9", "image"));
    let tagged = gateway("gw").on("front", &[]);
    assert_eq!(
        version(tagged, &[(label, "v1.80.0")], &[]),
        some("1.77.3", "image")
    );
}

#[test]
fn the_running_image_goes_before_the_file_and_the_flag_before_both() {
    let nearby = [ONE, ("/srv/compose.yaml", COMPOSE)];
    let mut one = gateway("srv-litellm-1").on("front", &["litellm"]).of(
        "srv",
        "litellm",
        "/srv",
        "/srv/compose.yaml",
    );
    one.image = "ghcr.io/berriai/litellm:main-v1.80.0".to_owned();
    let found = check(&nearby, &["/srv/config.yaml"], &engine(vec![one]));
    let view = &found.chain.gateways[0];
    assert_eq!(
        view.version.version().map(ToString::to_string).as_deref(),
        Some("1.80.0")
    );
    assert!(
        view.version_because
            .as_deref()
            .is_some_and(|why| why.contains("srv-litellm-1"))
    );
}

#[test]
fn the_container_knows_what_files_leave_open() {
    let config = CONFIG.replace("http://mcp-postgres:8000/sse", "os.environ/PG_URL");
    let compose = COMPOSE.replace(
        "ghcr.io/berriai/litellm:main-v1.77.3",
        "example.com/my-litellm:1.77.3",
    );
    let files = [
        ("/srv/config.yaml", config.as_str()),
        ("/srv/compose.yaml", compose.as_str()),
    ];
    let mut one = gateway("srv-litellm-1")
        .on("front", &["litellm"])
        .set("PG_URL", "http://mcp-postgres:8000/sse")
        .of("srv", "litellm", "/srv", "/srv/compose.yaml");
    one.image = "example.com/my-litellm:1.77.3".to_owned();
    let engine = engine(vec![one, server("pg").on("front", &["mcp-postgres"])]);
    let found = check(&files, &["/srv/config.yaml"], &engine);
    let view = &found.chain.gateways[0];
    let known = |name: &str| view.env(&found.stack, name);
    assert_eq!(
        known("PG_URL"),
        EnvLookup::Set("http://mcp-postgres:8000/sse".to_owned())
    );
    assert_eq!(known("NOWHERE"), EnvLookup::Unset);
    assert!(matches!(known("LITELLM_MASTER_KEY"), EnvLookup::Set(_)));
    assert_eq!(texts(&hops(&found))[0], "litellm:db_main -> pg");
    assert!(!shown(&found).contains("sk-9f3b1c7e5a2d8f40"));
    // A script may set more.
    let scripted = compose.replace("    command:", "    entrypoint: [/start.sh]\n    command:");
    let files = [
        ("/srv/config.yaml", config.as_str()),
        ("/srv/compose.yaml", scripted.as_str()),
    ];
    let found = check(&files, &["/srv/config.yaml"], &engine);
    let view = &found.chain.gateways[0];
    assert_eq!(view.env(&found.stack, "NOWHERE"), EnvLookup::Unknown);
    assert!(
        view.env_unknown(&found.stack, "NOWHERE")
            .contains("entrypoint of its own")
    );
}

#[test]
fn containers_that_a_client_calls_by_a_published_port_are_found() {
    let mcp = r#"{"mcpServers": {"pg": {"type": "sse", "url": "http://localhost:48010/sse"}}}"#;
    let files = [ONE, ("/srv/.mcp.json", mcp)];
    let engine = engine(vec![
        server("pg").publishing(48010, 8000),
        server("unasked").publishing(48011, 8000),
    ]);
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(name, text);
    }
    let request = Request {
        cwd: "/srv".into(),
        claude: vec!["/srv/.mcp.json".into()],
        ..Request::default()
    };
    let permissions = Permissions {
        docker: true,
        ..Permissions::default()
    };
    let found = investigate(
        &request,
        &Settings::default(),
        &Selection::default(),
        &permissions,
        &memory,
        &mut Seen(engine),
    );
    assert_eq!(inputs(&found), [".mcp.json flag", "container pg engine"]);
    assert_eq!(hops(&found), ["claude-code:pg -> pg"]);
}

#[test]
fn a_container_is_described_by_what_it_has_beside_its_image() {
    let mut one = gateway("gw")
        .on("front", &["litellm"])
        .on("back", &[])
        .set("LANG", "C.UTF-8")
        .mounting("/srv/more", "/more");
    one.entrypoint = vec!["docker/prod_entrypoint.sh".to_owned()];
    one.exposed = vec![4000, 9090];
    one.extra_hosts = vec![("db".to_owned(), "10.0.0.9".to_owned())];
    one.restart = "always".to_owned();
    one.open_stdin = true;
    let mut of_image = image(&one);
    of_image.entrypoint = one.entrypoint.clone();
    of_image.exposed = vec![4000];
    of_image.env = vec![("LANG".to_owned(), "C.UTF-8".into())];
    let mut engine = engine(vec![one]);
    engine.images.push(of_image);
    let found = check(&[ONE], &["/srv/config.yaml"], &engine);
    let id = found.chain.gateways[0].service().expect("a service");
    let source = found.stack.source(found.stack.service(id).at.source);
    assert_eq!(source.name(), "container gw");
    assert_eq!(
        source.text(),
        r#"services:
  gw:
    image: ghcr.io/berriai/litellm:main-v1.77.3
    container_name: gw
    command: ["--config", /app/config.yaml]
    environment:
      LITELLM_MASTER_KEY: "sk-9f3b1c7e5a2d8f40"
    ports:
      - "4000:4000"
    expose:
      - "9090"
    volumes:
      - /srv/config.yaml:/app/config.yaml
      - /srv/more:/more
    networks:
      front:
        aliases: [litellm]
      back: {}
    extra_hosts:
      - "db=10.0.0.9"
    stdin_open: true
    restart: always
networks:
  front:
    external: true
  back:
    external: true
"#
    );
}

#[test]
fn whatever_a_container_has_is_read_back_as_it_is() {
    let words = [
        "--config",
        "/app/config.yaml",
        "$HOME ${X:-y} $$",
        "- a",
        "true",
        "12:34:56",
        "key: value # no comment",
        "",
        "\"'\\ \u{1}\u{7f}\u{85}\u{e9}\u{2028}\u{feff}\n\t",
        "*alias",
        "~",
        "a,b]}",
    ];
    let mut one = gateway("gw").with(&words).on("front", &["a.b", "12", "no"]);
    for (number, word) in words.iter().enumerate() {
        one = one.set(&format!("V{number}"), word);
    }
    one.network_mode = "front".to_owned();
    let found = check(&[ONE], &["/srv/config.yaml"], &engine(vec![one]));
    let id = found.chain.gateways[0].service().expect("a service");
    let service = found.stack.service(id);
    assert_eq!(service.arguments().expect("known"), words);
    for (number, word) in words.iter().enumerate() {
        let have = service.env(&format!("V{number}"));
        assert_eq!(have, EnvLookup::Set((*word).to_owned()));
    }
    assert_eq!(service.networks[0].aliases, ["a.b", "12", "no"]);
}

#[test]
fn other_networks_of_containers() {
    let described = |one: Container| {
        let found = check(&[ONE], &["/srv/config.yaml"], &engine(vec![one]));
        let id = found.chain.gateways[0].service().expect("a service");
        let service = found.stack.service(id);
        let mode = service.network_mode.as_ref();
        let mode = mode.map(|mode| mode.value.text.clone());
        (mode, service.networks.len())
    };
    let some = |mode: &str| (Some(mode.to_owned()), 0);
    assert_eq!(described(gateway("gw")), some("bridge"));
    let mut host = gateway("gw");
    host.network_mode = "host".to_owned();
    assert_eq!(described(host), some("host"));
    let mut tied = gateway("gw");
    tied.network_mode = "container:vpn".to_owned();
    assert_eq!(described(tied), some("container:vpn"));
    // Connected to one more later.
    let mut both = gateway("gw");
    let front = gateway("x").on("front", &[]).networks.remove(0);
    both.networks.push(front);
    assert_eq!(described(both), (None, 1));
}

/// Where the engine is real: `mcpdoc check --litellm config.yaml --no-probe` in a folder with nothing else.
fn checked_here(folder: &Path) -> serde_json::Value {
    let home = tempfile::tempdir().expect("a folder");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .args(["check", "--litellm", "config.yaml", "--no-probe"])
        .args(["--format", "json"])
        .current_dir(folder)
        .env("HOME", home.path())
        .output()
        .expect("mcpdoc runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn real_gateway(
    lab: &Lab,
    folder: &Path,
    network: &str,
    name: &str,
    labels: &[&str],
) -> support_engine::Running {
    // Like the real one it takes its options behind an entrypoint.
    let image = lab.image(
        "litellm:main-v1.77.3",
        &[r#"ENTRYPOINT ["/bin/sh", "-c", "sleep 100000", "litellm"]"#],
    );
    let mount = format!("{}:/app/config.yaml", folder.join("config.yaml").display());
    lab.run(Spec {
        name,
        image: &image,
        command: &["--config", "/app/config.yaml"],
        networks: &[(network, &[])],
        env: &["LITELLM_MASTER_KEY=sk-9f3b1c7e5a2d8f40"],
        labels,
        options: &["-v", &mount],
        ..Spec::default()
    })
}

#[test]
#[ignore = "needs a container engine"]
fn a_gateway_of_a_real_engine_is_found_by_the_file_that_it_mounts() {
    let lab = Lab::new();
    lab.network("front");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), CONFIG).expect("a file");
    let gateway = real_gateway(&lab, folder.path(), "front", "gw", &[]);
    let pg = lab.run(Spec {
        name: "pg",
        networks: &[("front", &["mcp-postgres"])],
        ..Spec::default()
    });
    let report = checked_here(folder.path());
    assert_eq!(report["gateways"][0]["version"], "1.77.3", "{report:#}");
    assert_eq!(report["gateways"][0]["version_from"], "image");
    let hops = report["hops"].as_array().expect("hops");
    assert_eq!(hops[0]["from"], format!("{}:db_main", gateway.name));
    assert_eq!(hops[0]["to"], pg.name);
    let of = |container: &str| {
        let mut inputs = report["inputs"].as_array().expect("inputs").iter();
        inputs.any(|input| input["file"] == format!("container {container}"))
    };
    assert!(of(&gateway.name) && of(&pg.name), "{}", report["inputs"]);
    assert!(!report.to_string().contains("sk-9f3b1c7e5a2d8f40"));
}

#[test]
#[ignore = "needs a container engine"]
fn labels_of_a_real_engine_lead_to_files() {
    let lab = Lab::new();
    let network = lab.network("front");
    let folder = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.yaml"), CONFIG).expect("a file");
    let compose = files.path().join("stack.yaml");
    let text = COMPOSE
        .replace(
            "/srv/config.yaml",
            &folder.path().join("config.yaml").to_string_lossy(),
        )
        .replace("{name: front}", &format!("{{name: {network}}}"));
    std::fs::write(&compose, text).expect("a file");
    let project = lab.name("project");
    let labels = [
        format!("com.docker.compose.project={project}"),
        "com.docker.compose.service=litellm".to_owned(),
        format!(
            "com.docker.compose.project.working_dir={}",
            files.path().display()
        ),
        format!(
            "com.docker.compose.project.config_files={}",
            compose.display()
        ),
    ];
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let gateway = real_gateway(&lab, folder.path(), "front", "project-litellm-1", &labels);
    let report = checked_here(folder.path());
    let inputs = report["inputs"].as_array().expect("inputs");
    let found = inputs.iter().find(|input| input["kind"] == "compose");
    let found = found.unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(found["how"], "label");
    assert_eq!(found["container"], gateway.name);
    assert!(!inputs.iter().any(|input| input["kind"] == "container"));
    assert_eq!(report["hops"][0]["from"], "litellm:db_main");
}

#[test]
fn a_replay_elsewhere_finds_the_same() {
    let stack = |folder: &str| {
        let mut files = Memory::default();
        files.insert(format!("{folder}/config.yaml"), CONFIG);
        files.insert(format!("{folder}/db/stack.yaml"), SERVERS);
        let request = Request {
            cwd: folder.into(),
            litellm: vec![format!("{folder}/config.yaml").into()],
            ..Request::default()
        };
        (files, request)
    };
    let run = |files: &dyn Files, request: &Request, witness: &mut dyn Witness| {
        let permissions = Permissions {
            docker: true,
            ..Permissions::default()
        };
        let settings = Settings::default();
        let selection = Selection::default();
        investigate(request, &settings, &selection, &permissions, files, witness)
    };
    let engine = engine(vec![
        gateway("gw").on("front", &[]).set("FOLDER", "/srv/stack"),
        server("db-mcp-postgres-1")
            .on("front", &["mcp-postgres"])
            .of(
                "db",
                "mcp-postgres",
                "/srv/stack/db",
                "/srv/stack/db/stack.yaml",
            ),
    ]);
    let mut engine = engine;
    engine.containers[0].mounts[0].source = "/srv/stack/config.yaml".to_owned();
    let (files, request) = stack("/srv/stack");
    let digests = Digests::of_files(&files);
    let there = run(&digests, &request, &mut Seen(engine));
    let recorded = Run {
        stack: &there.stack,
        request: &request,
        permissions: &Permissions::default(),
        machine: &[],
        gateway_urls: &[],
        digests: &digests,
    };
    let record = Record::new(recorded, &there.facts, [7; 16]).expect("a record");
    let text = record.render().expect("JSON");
    assert!(
        !text.contains("container gw") && !text.contains("9f3b1c7e5a2d8f40"),
        "{text}"
    );

    let record = Record::parse(&text).expect("a record");
    let (files, request) = stack("/home/me/elsewhere");
    let digests = Digests::of_files(&files);
    let mut replay = Replay::of(&record, &request).expect("a replay");
    let here = run(&digests, &request, &mut replay);
    assert_eq!(
        inputs(&here),
        [
            "config.yaml flag",
            "container gw engine",
            "db/stack.yaml label of db-mcp-postgres-1"
        ]
    );
    assert_eq!(inputs(&here), inputs(&there));
    assert_eq!(hops(&here), hops(&there));
    assert_eq!(said(&here), said(&there));
    let differences = record.differences(&here.stack, &request, &digests);
    assert!(differences.expect("a salt").is_empty());
}

/// Files of which a folder has a second name.
struct Linked(Memory);

impl Files for Linked {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        self.0.read(&self.identity(path))
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        self.0.list(&self.identity(dir))
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.0.is_dir(&self.identity(path))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.0.is_file(&self.identity(path))
    }

    fn identity(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("/home/me/stack") {
            Ok(rest) => Path::new("/srv").join(rest),
            Err(_) => path.to_owned(),
        }
    }
}

#[test]
fn links_lead_to_the_same_files() {
    let mut files = Memory::default();
    files.insert("/srv/config.yaml", CONFIG);
    files.insert("/srv/compose.yaml", COMPOSE);
    let labelled = gateway("srv-litellm-1")
        .mounting("/home/me/stack/config.yaml", "/app/config.yaml")
        .on("front", &["litellm"])
        .of(
            "stack",
            "litellm",
            "/home/me/stack",
            "/home/me/stack/compose.yaml",
        );
    let mut labelled = labelled;
    labelled.mounts.remove(0);
    let engine = engine(vec![labelled]);
    let request = Request {
        cwd: "/srv".into(),
        litellm: vec!["/srv/config.yaml".into()],
        ..Request::default()
    };
    let permissions = Permissions {
        docker: true,
        ..Permissions::default()
    };
    let found = investigate(
        &request,
        &Settings::default(),
        &Selection::default(),
        &permissions,
        &Linked(files),
        &mut Seen(engine),
    );
    let inputs = inputs(&found);
    assert_eq!(inputs.len(), 2, "{inputs:?}");
    let id = found.chain.gateways[0].service().expect("a service");
    assert_eq!(found.chain.containers.all(id), [0]);
}
