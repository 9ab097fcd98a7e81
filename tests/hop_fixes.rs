//! What the fixes of the checks of hops write, and that each of them silences its check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::change::Safety;
use mcpdoc::load::{Memory, Request};
use mcpdoc::source::Format;
use mcpdoc::{Examination, Selection, checks, examine, fix};

type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn run(check: &str, files: &Files) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("/srv/{name}"), text.clone());
    }
    let request = Request {
        cwd: PathBuf::from("/srv"),
        paths: vec![PathBuf::from("/srv")],
        ..Request::default()
    };
    let selection = Selection {
        only: vec![checks::by_id(check).expect("a check")],
        skip: Vec::new(),
    };
    examine(&request, &Settings::default(), &selection, &memory)
}

/// Applies the first fix of every finding of `check`, one after the other, until there is none; the files after that.
fn mend(check: &str, mut files: Files) -> Files {
    for _ in 0..4 {
        let examination = run(check, &files);
        let stack = &examination.stack;
        let Some(judged) = examination.diagnosis.findings.first() else {
            return files;
        };
        let finding = &judged.finding;
        let mended = finding.fixes.first().expect("a fix");
        assert_ne!(mended.safety, Safety::Manual, "{}", finding.message);
        let edits = fix::lower(&|id| stack.source(id), mended).expect("a fix that can be written");
        for source in &stack.sources {
            let own: Vec<_> = edits
                .iter()
                .filter(|edit| edit.source == source.id())
                .cloned()
                .collect();
            if !own.is_empty() && source.format() != Format::Env {
                files.insert(source.name().to_owned(), fix::apply(source.text(), &own));
            }
        }
    }
    panic!("{check} still speaks: {files:#?}");
}

const GATEWAY: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [--config, /app/config.yaml]
    volumes: ['./config.yaml:/app/config.yaml:ro']
";

fn upstream(transport: &str, url: &str) -> String {
    format!("mcp_servers:\n  db:\n    transport: {transport}\n    url: {url}\n")
}

/// A gateway that calls `url`, and more services in its project.
fn stack(transport: &str, url: &str, rest: &str) -> Files {
    files(&[
        ("config.yaml", &upstream(transport, url)),
        ("compose.yaml", &format!("{GATEWAY}{rest}")),
    ])
}

fn server(image: &str, more: &str) -> String {
    format!("  db:\n    image: {image}\n{more}")
}

#[test]
fn a_server_is_started_on_a_transport_of_its_version() {
    let postgres = "crystaldba/postgres-mcp:0.3.0";
    let mend = |image: &str, more: &str| {
        let files = stack("http", "http://db:8080/mcp", &server(image, more));
        mend("transport-mismatch", files)
    };
    let sse = upstream("sse", "http://db:8000/sse");

    let mended = mend(postgres, "");
    assert_eq!(mended["config.yaml"], sse);
    assert!(
        mended["compose.yaml"].contains("--transport=sse"),
        "{mended:#?}"
    );
    assert!(
        !mended["compose.yaml"].contains("restricted"),
        "{mended:#?}"
    );

    let mended = mend(postgres, "    environment: {MCP_ALLOW_WRITE: 'false'}\n");
    assert!(
        mended["compose.yaml"].contains("--access-mode=restricted"),
        "{mended:#?}"
    );

    // A chosen transport goes, a chosen port stays, and what is a variable stays one.
    let more = "    command: [--transport, stdio, --sse-port=8686, --access-mode=restricted]\n";
    let mended = mend(postgres, more);
    assert_eq!(mended["config.yaml"], upstream("sse", "http://db:8686/sse"));
    assert!(!mended["compose.yaml"].contains("stdio"), "{mended:#?}");

    let mended = mend(postgres, "    command: --transport=stdio\n");
    assert!(
        mended["compose.yaml"].contains("command: --transport=sse\n"),
        "{mended:#?}"
    );

    let http = upstream("http", "http://db:8000/mcp");
    let mended = mend("crystaldba/postgres-mcp:main", "");
    assert_eq!(mended["config.yaml"], http);
    assert!(
        mended["compose.yaml"].contains("--streamable-http-host=0.0.0.0"),
        "{mended:#?}"
    );
}

#[test]
fn a_caller_speaks_what_the_server_is_started_on() {
    let more = "    command: [--transport=sse]\n";
    let files = stack(
        "http",
        "http://db:8000/mcp",
        &server("crystaldba/postgres-mcp:0.3.0", more),
    );
    let compose = files["compose.yaml"].clone();
    let mended = mend("transport-mismatch", files);
    assert_eq!(mended["config.yaml"], upstream("sse", "http://db:8000/sse"));
    assert_eq!(mended["compose.yaml"], compose);
}

#[test]
fn a_server_without_a_network_transport_gets_a_bridge() {
    let files = stack("http", "http://db:8080/mcp", &server("mcp/postgres", ""));
    let examination = run("transport-mismatch", &files);
    let finding = &examination.diagnosis.findings[0].finding;
    let [by_hand] = finding.fixes.as_slice() else {
        panic!("{:?}", finding.fixes)
    };
    assert_eq!(by_hand.safety, Safety::Manual);
    let text = by_hand.text.as_deref().unwrap_or_default();
    assert!(
        text.contains("mcp-proxy") && text.contains("url: http://db:8000/mcp"),
        "{text}"
    );
}

#[test]
fn a_url_that_is_a_variable_is_left_to_its_owner() {
    let mut files = stack(
        "http",
        "os.environ/DB_URL",
        &server("crystaldba/postgres-mcp:0.3.0", ""),
    );
    let compose = files["compose.yaml"].replace(
        "    volumes:",
        "    environment: {DB_URL: 'http://db:8080/mcp'}\n    volumes:",
    );
    files.insert("compose.yaml".to_owned(), compose);
    let examination = run("transport-mismatch", &files);
    let finding = &examination.diagnosis.findings[0].finding;
    assert_eq!(finding.fixes[0].safety, Safety::Manual);
}

#[test]
fn what_is_not_certain_is_skipped() {
    for (image, more) in [
        ("a/b", ""),
        (
            "crystaldba/postgres-mcp:0.3.0",
            "    command: ['--transport=${MODE}']\n",
        ),
        (
            "crystaldba/postgres-mcp:0.3.0",
            "    entrypoint: [/start.sh]\n",
        ),
        ("crystaldba/postgres-mcp:0.3.0", "    build: .\n"),
    ] {
        let files = stack("http", "http://db:8080/mcp", &server(image, more));
        for check in ["transport-mismatch", "port-mismatch"] {
            let examination = run(check, &files);
            assert!(
                examination.diagnosis.findings.is_empty(),
                "{check} {image} {more}"
            );
        }
        let examination = run("transport-mismatch", &files);
        assert_eq!(examination.diagnosis.skipped.len(), 1, "{image} {more}");
    }
}

#[test]
fn ports_are_set_where_they_are_wrong() {
    let postgres = |more: &str| {
        let more = format!("    command: [--transport=sse]\n{more}");
        server("crystaldba/postgres-mcp:0.3.0", &more)
    };
    let right = upstream("sse", "http://db:8000/sse");
    let files = stack(
        "sse",
        "http://db:8080/sse",
        &postgres("    ports: ['48010:8686']\n"),
    );
    assert_eq!(mend("port-mismatch", files)["config.yaml"], right);

    // The published pair is wrong as well: not what it leads to, but what listens is written.
    let files = stack(
        "sse",
        "http://db:48010/sse",
        &postgres("    ports: ['48010:8686']\n"),
    );
    assert!(run("port-mismatch", &files).diagnosis.findings.is_empty());
    assert_eq!(mend("published-port-inside", files)["config.yaml"], right);

    // From this machine the pair is what has to lead to the server.
    let client = r#"{"mcpServers": {"db": {"type": "sse", "url": "http://localhost:48010/sse"}}}"#;
    let mut files = stack(
        "sse",
        "http://db:8000/sse",
        &postgres("    ports: ['48010:8686']\n"),
    );
    files.insert(".mcp.json".to_owned(), client.to_owned());
    let mended = mend("port-mismatch", files);
    assert!(
        mended["compose.yaml"].contains("'48010:8000'"),
        "{mended:#?}"
    );
}

#[test]
fn a_clients_container_port_is_a_warning() {
    let client = r#"{"mcpServers": {"db": {"type": "sse", "url": "http://localhost:8000/sse"}}}"#;
    let more = "    command: [--transport=sse]\n    ports: ['48010:8000']\n";
    let mut files = stack(
        "sse",
        "http://db:8000/sse",
        &server("crystaldba/postgres-mcp:0.3.0", more),
    );
    files.insert(".mcp.json".to_owned(), client.to_owned());
    let mended = mend("published-port-inside", files);
    assert!(
        mended[".mcp.json"].contains("http://localhost:48010/sse"),
        "{mended:#?}"
    );
}

#[test]
fn loopback_becomes_a_service_or_the_machine() {
    let more = "    command: [--transport=sse]\n    ports: ['48010:8000']\n";
    let db = server("crystaldba/postgres-mcp:0.3.0", more);
    for url in ["http://localhost:48010/sse", "http://127.0.0.1:8000/sse"] {
        let mended = mend("loopback-in-container", stack("sse", url, &db));
        assert_eq!(mended["config.yaml"], upstream("sse", "http://db:8000/sse"));
    }
    let mended = mend(
        "loopback-in-container",
        stack("sse", "http://localhost:9000/sse", ""),
    );
    let machine = upstream("sse", "http://host.docker.internal:9000/sse");
    assert_eq!(mended["config.yaml"], machine);
    assert!(
        mended["compose.yaml"].contains("host.docker.internal:host-gateway"),
        "{mended:#?}"
    );

    // Where they share no network either, both are mended at once.
    let own = format!("{db}    networks: [back]\nnetworks:\n  back: {{}}\n");
    let mended = mend(
        "loopback-in-container",
        stack("sse", "http://localhost:48010/sse", &own),
    );
    assert!(
        run("no-shared-network", &mended)
            .diagnosis
            .findings
            .is_empty(),
        "{mended:#?}"
    );
}

#[test]
fn a_service_joins_a_network_of_its_caller() {
    let compose = |own: &str| format!("{GATEWAY}{own}");
    let theirs =
        |db: &str| format!("services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n{db}");
    let external = "    networks: [mcp]\nnetworks:\n  mcp: {external: true}\n";
    let config = upstream("sse", "http://db:8000/sse");
    for (own, db) in [
        (external, ""),
        ("", ""),
        (external, "    networks: [mcp]\nnetworks:\n  mcp: {}\n"),
        (
            external,
            "    networks: [back]\nnetworks:\n  back:\n    driver: bridge\n",
        ),
        (
            external,
            "    networks:\n      back:\n        aliases: [pg]\nnetworks:\n  back:\n    name: back\n",
        ),
        (
            "    networks: [mcp]\nnetworks:\n  mcp: {name: shared}\n",
            "networks:\n  shared: {}\n",
        ),
    ] {
        let files = files(&[
            ("gateway/config.yaml", &config),
            ("gateway/compose.yaml", &compose(own)),
            ("db/compose.yaml", &theirs(db)),
        ]);
        let before = run("no-shared-network", &files);
        assert_eq!(before.diagnosis.findings.len(), 1, "{own}{db}");
        mend("no-shared-network", files);
    }
}

#[test]
fn networks_that_are_not_known_are_not_judged() {
    let judged = |own: &str, db: &str| {
        let compose = format!("{GATEWAY}{own}");
        let theirs = format!("services:\n  db:\n    image: a/b\n{db}");
        let config = upstream("sse", "http://db:8000/sse");
        let examination = run(
            "no-shared-network",
            &files(&[
                ("gateway/config.yaml", &config),
                ("gateway/compose.yaml", &compose),
                ("db/compose.yaml", &theirs),
            ]),
        );
        let diagnosis = examination.diagnosis;
        (diagnosis.findings.len(), diagnosis.skipped.len())
    };
    assert_eq!(judged("", "    networks: [forgotten]\n"), (0, 0));
    assert_eq!(judged("", "    network_mode: host\n"), (0, 0));
    assert_eq!(judged("", "    network_mode: none\n"), (1, 0));
    let unknown = "    networks: [mcp]\nnetworks:\n  mcp: {name: '${NET}'}\n";
    assert_eq!(judged("", unknown), (0, 1));
}

#[test]
fn a_gateway_whose_port_is_mended_reads_its_file_again() {
    let sse = server(
        "crystaldba/postgres-mcp:0.3.0",
        "    command: [--transport=sse]\n",
    );
    let wrong = stack("sse", "http://db:8686/sse", &sse);
    let examination = run("port-mismatch", &wrong);
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    assert_eq!(fix.title, "call http://db:8000/sse");
    assert_eq!(fix.then, ["docker compose restart litellm"]);
    assert_eq!(
        mend("port-mismatch", wrong)["config.yaml"],
        upstream("sse", "http://db:8000/sse")
    );

    // Where the file does not have the url itself, a person writes it.
    let mut by_variable = stack("sse", "os.environ/DB_URL", &sse);
    let compose = by_variable["compose.yaml"].replace(
        "    volumes:",
        "    environment: {DB_URL: 'http://db:8686/sse'}\n    volumes:",
    );
    by_variable.insert("compose.yaml".to_owned(), compose);
    let examination = run("port-mismatch", &by_variable);
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    assert_eq!(fix.text.as_deref(), Some("url: http://db:8000/sse\n"));
}

#[test]
fn where_a_service_is_without_a_network_of_the_files_is_said_in_words() {
    let said = |mode: &str| {
        let theirs = format!("services:\n  db:\n    image: a/b\n    network_mode: {mode}\n");
        let config = upstream("sse", "http://db:8000/sse");
        let examination = run(
            "no-shared-network",
            &files(&[
                ("gateway/config.yaml", &config),
                ("gateway/compose.yaml", GATEWAY),
                ("db/compose.yaml", &theirs),
            ]),
        );
        examination.diagnosis.findings[0].finding.message.clone()
    };
    for (mode, words) in [
        ("bridge", "Docker's default bridge, which has no names"),
        ("none", "no network"),
        ("elsewhere", "elsewhere"),
    ] {
        let message = said(mode);
        let words = format!("litellm is on gateway_default, but db is on {words}: ");
        assert!(message.starts_with(&words), "{message}");
    }
}

#[test]
fn two_servers_of_one_service_lack_one_network() {
    let config = "mcp_servers:\n  a: {transport: sse, url: 'http://db:8000/sse'}\n  \
                  b: {transport: sse, url: 'http://db:8000/sse'}\n";
    let files = files(&[
        ("gateway/config.yaml", config),
        ("gateway/compose.yaml", GATEWAY),
        ("db/compose.yaml", "services:\n  db:\n    image: a/b\n"),
    ]);
    let examination = run("no-shared-network", &files);
    let [judged] = examination.diagnosis.findings.as_slice() else {
        panic!("{:?}", examination.diagnosis.findings)
    };
    assert_eq!(judged.finding.hops.len(), 2);
}

#[test]
fn a_name_that_nobody_has_becomes_one_that_somebody_has() {
    let image = "crystaldba/postgres-mcp:0.3.0";
    let right = upstream("sse", "http://db:8000/sse");
    let mended = mend(
        "unknown-host",
        stack("sse", "http://dbb:8000/sse", &server(image, "")),
    );
    assert_eq!(mended["config.yaml"], right);

    let alias = "    networks: {default: {}, back: {aliases: [pg]}}\nnetworks:\n  back: {}\n";
    let mended = mend(
        "unknown-host",
        stack("sse", "http://pg:8000/sse", &server(image, alias)),
    );
    assert_eq!(mended["config.yaml"], right);

    let tied = "    network_mode: service:litellm\n";
    let mended = mend(
        "unknown-host",
        stack("sse", "http://db:8000/sse", &server(image, tied)),
    );
    assert_eq!(
        mended["config.yaml"],
        upstream("sse", "http://localhost:8000/sse")
    );
    for check in ["loopback-in-container", "no-shared-network"] {
        assert!(run(check, &mended).diagnosis.findings.is_empty(), "{check}");
    }
}

#[test]
fn a_host_is_judged_by_the_version_that_runs() {
    let said = |image: &str, more: &str, transport: &str, url: &str| {
        let examination = run(
            "host-header-rejected",
            &stack(transport, url, &server(image, more)),
        );
        let diagnosis = examination.diagnosis;
        (diagnosis.findings.len(), diagnosis.skipped.len())
    };
    let sse = "    command: [--transport=sse]\n";
    let url = "http://db:8000/sse";
    assert_eq!(
        said("crystaldba/postgres-mcp:0.3.0", sse, "sse", url),
        (0, 0)
    );
    assert_eq!(
        said("crystaldba/postgres-mcp:main", sse, "sse", url),
        (1, 0)
    );
    assert_eq!(
        said("crystaldba/postgres-mcp:latest", sse, "sse", url),
        (0, 1)
    );
    let http = "    environment: {TRANSPORT: http}\n";
    let url = "http://db:8080/mcp";
    assert_eq!(said("bytebase/dbhub", http, "http", url), (1, 0));
    for allowed in ["db", "x, db:8080", "*"] {
        let more = format!("{http}    command: ['--allowed-hosts', '{allowed}']\n");
        assert_eq!(
            said("bytebase/dbhub", &more, "http", url),
            (0, 0),
            "{allowed}"
        );
    }
    let more = format!("{http}    command: ['--allowed-hosts', 'other']\n");
    assert_eq!(said("bytebase/dbhub", &more, "http", url), (1, 0));
}
