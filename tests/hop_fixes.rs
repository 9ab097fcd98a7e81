//! What the fixes of the checks of hops write, and that each of them silences its check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::change::{Fix, Op, Rejected, Safety, Way};
use mcpdoc::check::Finding;
use mcpdoc::load::{Memory, Request};
use mcpdoc::source::Format;
use mcpdoc::{Examination, Selection, checks, examine, fix};

type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn only(check: &str) -> Selection {
    Selection {
        only: vec![checks::by_id(check).expect("a check")],
        ..Selection::default()
    }
}

fn run(check: &str, files: &Files) -> Examination {
    run_with(&only(check), None, files)
}

fn run_with(selection: &Selection, prefer: Option<Way>, files: &Files) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("/srv/{name}"), text.clone());
    }
    let request = Request {
        cwd: PathBuf::from("/srv"),
        paths: vec![PathBuf::from("/srv")],
        ..Request::default()
    };
    let settings = Settings {
        prefer,
        ..Settings::default()
    };
    examine(&request, &settings, selection, &memory)
}

/// The finding of a check, which is the only one.
fn finding(check: &str, prefer: Option<Way>, files: &Files) -> Finding {
    let found = run_with(&only(check), prefer, files).diagnosis.findings;
    let [judged] = found.as_slice() else {
        panic!("{found:?}")
    };
    judged.finding.clone()
}

fn first_fix(check: &str, files: &Files) -> Fix {
    finding(check, None, files).fixes.swap_remove(0)
}

/// What the first fix of the first finding of `check` makes of the files, its new ones included.
fn after(check: &str, prefer: Option<Way>, files: &Files) -> Files {
    let examination = run_with(&only(check), prefer, files);
    let stack = &examination.stack;
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let edits = fix::lower(&|id| stack.source(id), fix).expect("a fix that can be written");
    let mut files = files.clone();
    for source in &stack.sources {
        let own: Vec<_> = edits
            .iter()
            .filter(|edit| edit.source == source.id())
            .cloned()
            .collect();
        if !own.is_empty() {
            files.insert(source.name().to_owned(), fix::apply(source.text(), &own));
        }
    }
    let new = fix.files.iter();
    files.extend(new.map(|file| (file.name.clone(), file.text.clone())));
    files
}

/// Mends transport-mismatch; no check says more afterwards than before.
fn mend_fully(files: Files) -> Files {
    let all = |files: &Files| -> Vec<&'static str> {
        let found = run_with(&Selection::default(), None, files)
            .diagnosis
            .findings;
        found.iter().map(|judged| judged.finding.check).collect()
    };
    let before = all(&files);
    let mended = mend("transport-mismatch", files);
    let mut new = all(&mended);
    // What listens can be tested: that has a repair of its own.
    new.retain(|check| !before.contains(check) && *check != "healthcheck-missing");
    assert!(new.is_empty(), "{new:?} after {mended:#?}");
    mended
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

    // A setting that lets the Host pass comes with the transport.
    let mut files = stack(
        "http",
        "http://db:1/mcp",
        &server("bytebase/dbhub:0.9.0", ""),
    );
    let newer = files["compose.yaml"].replace("v1.77.3", "v1.80.0");
    files.insert("compose.yaml".to_owned(), newer);
    let mended = mend_fully(files);
    assert_eq!(
        mended["config.yaml"],
        upstream("http", "http://db:8080/mcp")
    );
}

#[test]
fn a_floating_tag_is_pinned_to_the_version_that_the_repair_holds_for() {
    for (image, pinned) in [
        ("crystaldba/postgres-mcp", "crystaldba/postgres-mcp:0.3.0"),
        (
            "docker.io/crystaldba/postgres-mcp:latest",
            "docker.io/crystaldba/postgres-mcp:0.3.0",
        ),
    ] {
        let files = stack("http", "http://db:8080/mcp", &server(image, ""));
        let fix = first_fix("transport-mismatch", &files);
        assert_eq!(fix.safety, Safety::Unsafe);
        assert!(fix.title.ends_with("which postgres-mcp 0.3.0 has itself"));
        let [why] = fix.remarks.as_slice() else {
            panic!("{:?}", fix.remarks)
        };
        assert!(why.starts_with("this holds for 0.3.0, which "), "{why}");
        let mended = mend_fully(files);
        assert!(
            mended["compose.yaml"].contains(&format!("    image: {pinned}\n")),
            "{mended:#?}"
        );
    }
    // A version that the tag names stays, and so does one that a variable names.
    for image in [
        "crystaldba/postgres-mcp:0.2.1",
        "'crystaldba/postgres-mcp:${TAG:-latest}'",
    ] {
        let files = stack("http", "http://db:8080/mcp", &server(image, ""));
        let mended = mend("transport-mismatch", files);
        assert!(
            mended["compose.yaml"].contains(&format!("    image: {image}\n")),
            "{mended:#?}"
        );
    }
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

/// The same with a file of variables that has the database's url.
fn stack_with_url(transport: &str, url: &str, rest: &str) -> Files {
    let mut files = stack(transport, url, rest);
    let variable = "DATABASE_URI=postgresql://db.example/x\n";
    files.insert("db.env".to_owned(), variable.to_owned());
    files
}

const NO_HTTP: &str = "0.3.0 has no streamable HTTP; only the unreleased main branch has it";

#[test]
fn what_cannot_be_gone_is_said_with_its_reason() {
    let files = stack(
        "http",
        "http://db:8080/mcp",
        &server("crystaldba/postgres-mcp:0.3.0", ""),
    );
    let found = finding("transport-mismatch", None, &files);
    let titles: Vec<&str> = found.fixes.iter().map(|fix| fix.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "start db with `--transport=sse` and call it over HTTP+SSE, which postgres-mcp 0.3.0 has itself",
            "put mcp-proxy 0.13.0 in front of db and call it over streamable HTTP",
        ]
    );
    let [http, gateway] = found.rejected.as_slice() else {
        panic!("{:?}", found.rejected)
    };
    let no_http = Rejected {
        way: Way::Http,
        why: NO_HTTP.to_owned(),
    };
    assert_eq!(*http, no_http);
    assert_eq!(gateway.way, Way::StdioInGateway);
}

#[test]
fn a_preference_is_followed_where_it_can_be() {
    let first = |image: &str, prefer: Way| {
        let files = stack("http", "http://db:8080/mcp", &server(image, ""));
        let found = finding("transport-mismatch", Some(prefer), &files);
        let texts = found.evidence.into_iter().map(|one| one.text);
        let unheeded: Vec<String> = texts.filter(|text| text.starts_with("--prefer")).collect();
        (found.fixes[0].title.clone(), unheeded)
    };
    let postgres = "crystaldba/postgres-mcp:0.3.0";
    let (title, unheeded) = first(postgres, Way::Bridge);
    assert!(title.starts_with("put mcp-proxy 0.13.0"), "{title}");
    assert!(unheeded.is_empty(), "{unheeded:?}");

    // Not possible: the best that is, and why.
    let (title, unheeded) = first(postgres, Way::Http);
    assert!(title.contains("--transport=sse"), "{title}");
    assert_eq!(
        unheeded,
        [format!("--prefer http cannot be followed: {NO_HTTP}")]
    );

    // It refuses the name by which the gateway calls it.
    let (title, unheeded) = first("crystaldba/postgres-mcp:main", Way::Sse);
    assert!(title.starts_with("put mcp-proxy 0.13.0"), "{title}");
    let refuses = "--prefer sse cannot be followed: main refuses the Host db with 421";
    assert_eq!(unheeded, [refuses]);
}

#[test]
fn a_bridge_is_built_from_the_servers_image() {
    let more = "    command: [--access-mode=restricted]\n    env_file: db.env\n";
    let files = stack_with_url(
        "sse",
        "http://db:8686",
        &server("crystaldba/postgres-mcp # pinned soon", more),
    );
    let bridged = after("transport-mismatch", Some(Way::Bridge), &files);
    assert_eq!(
        bridged["config.yaml"],
        upstream("http", "http://db:8000/mcp")
    );
    let service = "  db:
    build: # pinned soon
      context: .
      dockerfile: Dockerfile.db-bridge
    command: [--access-mode=restricted]
    env_file: db.env
    init: true
";
    assert_eq!(bridged["compose.yaml"], format!("{GATEWAY}{service}"));
    let dockerfile = r#"FROM crystaldba/postgres-mcp:0.3.0 AS bridge
USER root
RUN python3 -m venv /opt/bridge && /opt/bridge/bin/pip install --no-cache-dir mcp-proxy==0.13.0

FROM crystaldba/postgres-mcp:0.3.0
COPY --from=bridge /opt/bridge /opt/bridge
ENTRYPOINT ["/opt/bridge/bin/mcp-proxy", "--host", "0.0.0.0", "--port", "8000", "--pass-environment", "--", "/app/docker-entrypoint.sh", "postgres-mcp"]
"#;
    assert_eq!(bridged["Dockerfile.db-bridge"], dockerfile);
    let fix = finding("transport-mismatch", Some(Way::Bridge), &files)
        .fixes
        .swap_remove(0);
    assert_eq!(fix.safety, Safety::Unsafe);
    assert_eq!(
        fix.then,
        [
            "docker compose up -d --build db",
            "docker compose restart litellm"
        ]
    );
    assert!(
        run("transport-mismatch", &bridged)
            .diagnosis
            .findings
            .is_empty()
    );
}

#[test]
fn a_bridge_starts_a_server_on_stdio_again() {
    let more = "    command: [--transport=sse, --access-mode=restricted]\n    env_file: db.env\n";
    let files = stack_with_url(
        "http",
        "http://db:8000/mcp",
        &server("crystaldba/postgres-mcp:0.3.0", more),
    );
    let bridged = after("transport-mismatch", Some(Way::Bridge), &files);
    let compose = &bridged["compose.yaml"];
    assert!(
        compose.contains("command: [--access-mode=restricted]\n"),
        "{compose}"
    );
}

#[test]
fn an_image_with_node_gets_python_for_its_bridge() {
    let mut files = stack(
        "http",
        "http://db:8080/mcp",
        &server("mcp/postgres", "    command: ['${PG_URL}']\n"),
    );
    files.insert(".env".to_owned(), "PG_URL=postgresql://db/x\n".to_owned());
    let bridged = after("transport-mismatch", None, &files);
    let compose = &bridged["compose.yaml"];
    assert!(compose.contains("command: ['${PG_URL}']\n"), "{compose}");
    let dockerfile = &bridged["Dockerfile.db-bridge"];
    assert!(
        dockerfile.starts_with("FROM mcp/postgres\nUSER root\nRUN (apk add"),
        "{dockerfile}"
    );
    assert!(
        dockerfile.ends_with("\"--pass-environment\", \"--\", \"node\", \"dist/index.js\"]\n"),
        "{dockerfile}"
    );
    // This version of the gateway cannot speak to the other one.
    let found = finding("transport-mismatch", None, &files);
    let doubled = found.rejected.iter().find(|one| one.way == Way::Bridge);
    let why = doubled.map(|one| one.why.as_str()).unwrap_or_default();
    assert!(
        why.starts_with("supergateway: LiteLLM 1.77.3-stable sends MCP-Protocol-Version twice"),
        "{why}"
    );

    // Others can; it takes the whole command as one string.
    let newer = files["compose.yaml"].replace("v1.77.3", "v1.80.0");
    files.insert("compose.yaml".to_owned(), newer);
    let found = finding("transport-mismatch", None, &files);
    let second = &found.fixes[1];
    assert!(second.title.starts_with("put supergateway 4.0.0"));
    let line = serde_json::json!(["node dist/index.js '${PG_URL}'"]);
    assert!(
        second
            .changes
            .iter()
            .any(|one| one.op == Op::Set(line.clone())),
        "{second:?}"
    );
    let last =
        r#""--outputTransport", "streamableHttp", "--stateful", "--port", "8000", "--stdio"]"#;
    assert!(second.files[0].text.ends_with(&format!("{last}\n")));
    assert!(
        second.files[0]
            .text
            .contains("COPY --from=bridge /opt/bridge /opt/bridge\n")
    );

    // What the image gives by default is not lost where the bridge is its entrypoint.
    let bare = stack("http", "http://db:8080/mcp", &server("mcp/chroma", ""));
    let dockerfile = &after("transport-mismatch", None, &bare)["Dockerfile.db-bridge"];
    assert!(
        dockerfile.ends_with("\"--\", \"chroma-mcp\"]\n"),
        "{dockerfile}"
    );
}

/// Where the files do not say all that is needed, a person gets the lines.
#[test]
fn a_bridge_is_left_to_a_person_where_something_is_not_known() {
    for (image, why) in [
        // It would be built, and exit.
        ("mcp/postgres", "db gets no database URL: mend that first"),
        (
            "mcp/sqlite",
            "what mcp/sqlite starts is not known: docker image inspect shows it",
        ),
    ] {
        let files = stack("http", "http://db:8080/mcp", &server(image, ""));
        let fix = first_fix("transport-mismatch", &files);
        assert_eq!(fix.safety, Safety::Manual);
        assert_eq!(fix.remarks, [why]);
        let text = fix.text.unwrap_or_default();
        assert!(text.contains("url: http://db:8000/mcp"), "{text}");
    }
}

#[test]
fn a_host_that_is_refused_is_let_in_or_a_bridge_takes_it() {
    let sse = stack_with_url(
        "sse",
        "http://db:8000/sse",
        &server(
            "crystaldba/postgres-mcp:main",
            "    command: [--transport=sse]\n    env_file: db.env\n",
        ),
    );
    let mended = after("host-header-rejected", None, &sse);
    assert!(
        mended["compose.yaml"].contains("image: crystaldba/postgres-mcp:0.3.0\n"),
        "{mended:#?}"
    );
    assert_eq!(mended["config.yaml"], sse["config.yaml"]);

    let mended = after("host-header-rejected", Some(Way::Bridge), &sse);
    assert!(
        mended["compose.yaml"].contains("command: []\n"),
        "{mended:#?}"
    );
    assert!(
        mended["Dockerfile.db-bridge"].starts_with("FROM crystaldba/postgres-mcp:main AS"),
        "{mended:#?}"
    );

    // The published image has no streamable HTTP.
    let http = "    command: [--transport=streamable-http, --streamable-http-host=0.0.0.0]\n";
    let http = stack(
        "http",
        "http://db:8000/mcp",
        &server("crystaldba/postgres-mcp:main", http),
    );
    let found = finding("host-header-rejected", None, &http);
    assert!(
        found.fixes[0].title.starts_with("put mcp-proxy"),
        "{:?}",
        found.fixes
    );
    assert_eq!(found.rejected[0].way, Way::Http);
}

#[test]
fn a_command_becomes_a_call_of_the_service_that_runs_the_server() {
    let db = server("crystaldba/postgres-mcp:0.3.0", "    env_file: db.env\n");
    let entry = |command: &str| {
        let mut files = stack_with_url("http", "x", &db);
        let entry = format!("mcp_servers:\n  db:\n    transport: stdio\n{command}");
        files.insert("config.yaml".to_owned(), entry);
        files
    };
    let right = upstream("sse", "http://db:8000/sse");
    let docker = "    command: docker # as on my machine\n    args: [exec, -i, db, postgres-mcp]\n";
    let mended = after("command-runs-docker", None, &entry(docker));
    assert_eq!(
        mended["config.yaml"],
        right.replace("/sse\n", "/sse # as on my machine\n")
    );
    assert!(
        mended["compose.yaml"].contains("- --transport=sse\n"),
        "{mended:#?}"
    );
    let found = finding(
        "command-runs-docker",
        Some(Way::StdioInGateway),
        &entry(docker),
    );
    let inside = found
        .rejected
        .iter()
        .find(|one| one.way == Way::StdioInGateway);
    let why = "docker needs the socket of the engine, and whoever has that is root on the host";
    assert_eq!(inside.map(|one| one.why.as_str()), Some(why));

    let program = "    command: postgres-mcp\n    env: {DATABASE_URI: os.environ/PG}\n";
    let mended = after("command-unavailable", None, &entry(program));
    assert_eq!(mended["config.yaml"], right);
    let mended = after("command-unavailable", Some(Way::Bridge), &entry(program));
    assert_eq!(
        mended["config.yaml"],
        upstream("http", "http://db:8000/mcp")
    );

    // What a gateway would start if it were let is let, unless another way is preferred.
    let mut files = entry("    command: uvx\n    args: [postgres-mcp]\n");
    let newer = files["compose.yaml"].replace("v1.77.3-stable", "v1.104.0");
    files.insert("compose.yaml".to_owned(), newer);
    let mended = after("stdio-disabled", None, &files);
    assert!(
        mended["compose.yaml"].contains("LITELLM_ENABLE_MCP_STDIO: \"true\"\n"),
        "{mended:#?}"
    );
    let mended = after("stdio-disabled", Some(Way::Sse), &files);
    assert_eq!(mended["config.yaml"], right);
}

#[test]
fn a_service_that_is_called_is_not_left_on_stdio() {
    let db = "    env_file: db.env\n    ports: ['48010:8686']\n";
    let files = stack_with_url(
        "http",
        "http://db:8080/mcp",
        &server("crystaldba/postgres-mcp:0.3.0", db),
    );
    for check in ["stdio-without-stdin", "stdio-published-port"] {
        let title = first_fix(check, &files).title;
        assert!(
            title.starts_with("start db with `--transport=sse`"),
            "{check}: {title}"
        );
    }
    let mut alone = files;
    alone.insert("config.yaml".to_owned(), "mcp_servers: {}\n".to_owned());
    let title = first_fix("stdio-published-port", &alone).title;
    assert_eq!(title, "remove the published port of db");
}

/// A gateway with variables, and what its file says.
fn gateway(environment: &str, config: &str) -> Files {
    let compose = format!("{GATEWAY}    environment: {{{environment}}}\n");
    files(&[("config.yaml", config), ("compose.yaml", &compose)])
}

#[test]
fn a_reference_is_safe_where_the_gateway_gets_a_text() {
    let key = "LITELLM_MASTER_KEY";
    let here = "general_settings:\n  master_key: ${LITELLM_MASTER_KEY}\n";
    let misplaced = "litellm_settings:\n  master_key: ${LITELLM_MASTER_KEY}\n";
    for (check, config) in [
        ("env-reference-syntax", here),
        ("env-reference-syntax", misplaced),
        ("litellm-misplaced-setting", misplaced),
    ] {
        for (value, lacks) in [
            (Some("sk-1f0c7a52e9"), None),
            (
                Some("''"),
                Some("LITELLM_MASTER_KEY is empty for the gateway"),
            ),
            (
                Some("'true'"),
                Some("the gateway reads LITELLM_MASTER_KEY as a truth value"),
            ),
            (None, Some("the gateway does not get LITELLM_MASTER_KEY")),
        ] {
            let environment = value.map(|value| format!("{key}: {value}"));
            let files = gateway(&environment.unwrap_or_default(), config);
            let fix = first_fix(check, &files);
            let safety = match lacks {
                None => Safety::Safe,
                Some(_) => Safety::Unsafe,
            };
            assert_eq!(fix.safety, safety, "{check} {value:?}");
            assert_eq!(
                fix.remarks.first().map(String::as_str),
                lacks,
                "{check} {value:?}"
            );
        }
    }
}

#[test]
fn what_gives_a_server_another_id_is_not_safe() {
    let aliases = "litellm_settings:\n  mcp_aliases: {pg: db}\n";
    let config = format!("{aliases}{}", upstream("http", "http://x:8000/mcp"));
    let alone = first_fix("server-alias-ignored", &gateway("", &config));
    assert_eq!((alone.safety, alone.remarks), (Safety::Safe, Vec::new()));
    let database = "DATABASE_URL: 'postgresql://db.example/llm'";
    let fix = first_fix("server-alias-ignored", &gateway(database, &config));
    assert_eq!(fix.safety, Safety::Unsafe);
    assert!(fix.remarks[0].starts_with("this gives db another id"));
}
