//! What the checks over compose services decide where the examples of their pages do not show it.

use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::load::{Memory, Request};
use mcpdoc::{Examination, Selection, checks, examine, fix};

/// Runs one check over files; those that are compose files are projects, files joined by `,` are one.
fn run(check: &str, projects: &[&str], files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("/stack/{name}"), *text);
    }
    let path = |name: &str| PathBuf::from(format!("/stack/{name}"));
    let request = Request {
        cwd: "/stack".into(),
        compose: projects
            .iter()
            .map(|project| project.split(',').map(path).collect())
            .collect(),
        claude: files
            .iter()
            .filter(|(name, _)| name.ends_with(".mcp.json"))
            .map(|(name, _)| path(name))
            .collect(),
        ..Request::default()
    };
    let selection = Selection {
        only: vec![checks::by_id(check).expect("a check")],
        skip: Vec::new(),
    };
    examine(&request, &Settings::default(), &selection, &memory)
}

/// `severity message` of each finding.
fn said(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            format!("{} {}", finding.severity.word(), finding.message)
        })
        .collect()
}

fn skipped(examination: &Examination) -> Vec<&str> {
    let skipped = examination.diagnosis.skipped.iter();
    skipped.map(|skipped| skipped.reason.as_str()).collect()
}

/// `file:line` of each label of the only finding.
fn places(examination: &Examination) -> Vec<String> {
    let [judged] = examination.diagnosis.findings.as_slice() else {
        panic!("{:?}", said(examination))
    };
    let labels = judged.finding.labels.iter();
    labels
        .map(|label| {
            let place = mcpdoc::verdict::place_name(&examination.stack, &label.at);
            place.rsplit_once(':').expect("a column").0.to_owned()
        })
        .collect()
}

/// The files after the first fix of the first finding.
fn mended(examination: &Examination, name: &str) -> String {
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let source = |id| examination.stack.source(id);
    let edits = fix::lower(&source, fix).expect("a fix that can be written");
    let file = examination
        .stack
        .sources
        .iter()
        .find(|source| source.name() == name);
    let file = file.expect("the file");
    let edits: Vec<fix::Edit> = edits
        .into_iter()
        .filter(|edit| edit.source == file.id())
        .collect();
    fix::apply(file.text(), &edits)
}

fn one(check: &str, compose: &str) -> Examination {
    run(check, &["compose.yaml"], &[("compose.yaml", compose)])
}

fn nothing(examination: &Examination) {
    assert!(said(examination).is_empty(), "{:?}", said(examination));
    assert!(
        skipped(examination).is_empty(),
        "{:?}",
        skipped(examination)
    );
}

const PG: &str = "crystaldba/postgres-mcp:0.3.0";

fn pg(rest: &str) -> String {
    format!("services:\n  pg:\n    image: {PG}\n{rest}")
}

#[test]
fn a_declaration_that_may_be_elsewhere_is_not_missed() {
    let joins = "services:\n  a:\n    image: x\n    networks: [n]\n";
    nothing(&one("network-undefined", "services:\n  a:\n    image: x\n"));
    nothing(&one(
        "network-undefined",
        &joins.replace("[n]", "[default]"),
    ));
    let compose = format!("include: [absent.yaml]\n{joins}");
    let examination = one("network-undefined", &compose);
    assert!(said(&examination).is_empty());
    assert!(skipped(&examination)[0].contains("may hide the declaration of network n"));
    let part = format!("{joins}  b:\n    restart: always\n");
    assert!(skipped(&one("network-undefined", &part))[0].contains("b has no image"));
    let laid_over = run(
        "network-undefined",
        &["compose.prod.yaml"],
        &[("compose.prod.yaml", joins)],
    );
    assert!(skipped(&laid_over)[0].contains("looks like part of a project"));
    let whole = run(
        "network-undefined",
        &["compose.yaml,compose.prod.yaml"],
        &[
            ("compose.yaml", "networks: {n: }\n"),
            ("compose.prod.yaml", joins),
        ],
    );
    nothing(&whole);
}

#[test]
fn a_network_is_declared_as_what_it_is() {
    let text =
        "services:\n  a:\n    image: x\n    networks:\n      net: {aliases: [b]}\n      m:\n";
    let examination = one("network-undefined", text);
    assert_eq!(places(&examination), ["compose.yaml:5", "compose.yaml:6"]);
    let finding = &examination.diagnosis.findings[0].finding;
    assert_eq!(
        finding.fixes[0].then,
        ["docker network create net", "docker network create m"]
    );

    let several = "services:\n  a: {image: x, networks: [net]}\n  b: {image: x, networks: [net]}\n";
    let examination = one("network-undefined", several);
    assert_eq!(said(&examination).len(), 2);
    let text = mended(&examination, "compose.yaml");
    assert!(text.ends_with("networks:\n  net: {}\n"), "{text}");

    let other = "services: {g: {image: x, networks: [net]}}\nnetworks: {net: {name: net}}\n";
    let examination = run(
        "network-undefined",
        &["g/compose.yaml", "compose.yaml"],
        &[("g/compose.yaml", other), ("compose.yaml", several)],
    );
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    assert!(fix.title.contains("project g has it"), "{}", fix.title);
    assert!(fix.then.is_empty());
    assert!(mended(&examination, "compose.yaml").contains("external: true"));
}

#[test]
fn one_file_missing_to_many_is_one_note() {
    let text = "services:\n  a: {image: x, env_file: .env}\n  b: {image: x, env_file: [.env]}\n  c:\n    image: x\n    env_file: [{path: o.env, required: false}]\n";
    let examination = one("env-file-missing", text);
    assert_eq!(places(&examination), ["compose.yaml:2", "compose.yaml:3"]);
    assert!(
        said(&examination)[0]
            .starts_with("note .env does not exist: Compose will not start a and b without it")
    );
}

#[test]
fn variables_are_named_where_they_stand() {
    let compose = pg(
        "    env_file: pg.env\n    environment:\n      - MCP_TRANSPORT=sse\n      - MCP_ALLOW_WRITE=false\n      - TZ=UTC\n",
    );
    let files = [
        ("compose.yaml", compose.as_str()),
        (
            "pg.env",
            "DATABASE_URI=postgresql://db/x\nMCP_ALLOW_WRITE=false\nMCP_DEBUG=1\n",
        ),
    ];
    let examination = run("env-not-read", &["compose.yaml"], &files);
    assert_eq!(
        places(&examination),
        ["compose.yaml:6", "compose.yaml:7", "pg.env:2", "pg.env:3"]
    );
    assert_eq!(
        said(&examination),
        [
            "warning crystaldba/postgres-mcp never reads MCP_TRANSPORT, MCP_ALLOW_WRITE and MCP_DEBUG; use `--transport` and `--access-mode` instead"
        ]
    );
    let mended = mended(&examination, "compose.yaml");
    assert!(
        mended.ends_with("    environment:\n      - TZ=UTC\n"),
        "{mended}"
    );

    let all = one(
        "env-not-read",
        &pg("    environment:\n      MCP_DEBUG: 1\n    restart: always\n"),
    );
    let [judged] = all.diagnosis.findings.as_slice() else {
        panic!()
    };
    assert_eq!(
        judged.finding.message,
        "crystaldba/postgres-mcp never reads MCP_DEBUG; remove it"
    );
    assert!(!self::mended(&all, "compose.yaml").contains("environment"));
}

#[test]
fn variables_that_others_may_read_are_left_alone() {
    let env = "MCP_DEBUG=1\nDATABASE_URL=x\n";
    let shared = format!(
        "{}    env_file: a.env\n  app:\n    image: x\n    env_file: a.env\n",
        pg("")
    );
    nothing(&run(
        "env-not-read",
        &["compose.yaml"],
        &[("compose.yaml", &shared), ("a.env", env)],
    ));
    let own = pg("    env_file: .env\n");
    nothing(&run(
        "env-not-read",
        &["compose.yaml"],
        &[("compose.yaml", &own), (".env", env)],
    ));
    nothing(&one(
        "env-not-read",
        &pg(
            "    command: [\"--transport=$${MCP_TRANSPORT}\"]\n    environment: {MCP_TRANSPORT: sse}\n",
        ),
    ));
    let wrapped = one(
        "env-not-read",
        &pg("    entrypoint: [/start.sh]\n    environment: {MCP_TRANSPORT: sse}\n"),
    );
    assert!(said(&wrapped).is_empty());
    assert!(skipped(&wrapped)[0].starts_with("what reads the variables of pg is not known: "));
    nothing(&one(
        "env-not-read",
        &pg("    build: .\n    environment: {MCP_TRANSPORT: sse}\n"),
    ));
}

#[test]
fn what_was_meant_decides_whether_writing_is_wrong() {
    nothing(&one("access-mode-unrestricted", &pg("")));
    nothing(&one(
        "access-mode-unrestricted",
        &pg("    environment: {MCP_ALLOW_WRITE: \"true\"}\n"),
    ));
    let meant = "    environment: {READ_ONLY: \"true\"}\n";
    let examination = one("access-mode-unrestricted", &pg(meant));
    assert!(mended(&examination, "compose.yaml").contains("--access-mode=restricted"));
    let line = one(
        "access-mode-unrestricted",
        &pg(&format!("    command: --transport=sse\n{meant}")),
    );
    assert!(
        mended(&line, "compose.yaml")
            .contains("command: --transport=sse --access-mode=restricted\n")
    );
    nothing(&one(
        "access-mode-unrestricted",
        &pg(&format!("    command: --access-mode restricted\n{meant}")),
    ));
    let unknown = one(
        "access-mode-unrestricted",
        &pg(&format!("    command: --access-mode=${{MODE}}\n{meant}")),
    );
    assert!(said(&unknown).is_empty());
    assert_eq!(skipped(&unknown).len(), 1);
    // This server reads the variable that is meant.
    let jira = "services:\n  jira:\n    image: ghcr.io/sooperset/mcp-atlassian\n    environment: {READ_ONLY_MODE: \"true\"}\n";
    nothing(&one("access-mode-unrestricted", jira));
}

#[test]
fn a_caller_that_starts_the_service_has_its_stdin() {
    let compose = pg("    environment: {DATABASE_URI: x}\n");
    let examination = one("stdio-without-stdin", &compose);
    assert!(mended(&examination, "compose.yaml").contains("    stdin_open: true\n"));
    nothing(&one("stdio-without-stdin", &pg("    stdin_open: true\n")));
    nothing(&one(
        "stdio-without-stdin",
        &pg("    command: --transport=sse\n"),
    ));
    nothing(&one(
        "stdio-without-stdin",
        &pg("    command: --transport=${T}\n"),
    ));
    let client = r#"{"mcpServers": {"pg": {"type": "stdio", "command": "docker", "args": ["compose", "run", "-T", "--rm", "pg"]}}}"#;
    nothing(&run(
        "stdio-without-stdin",
        &["compose.yaml"],
        &[("compose.yaml", &compose), (".mcp.json", client)],
    ));
    let written = one("stdio-without-stdin", &pg("    stdin_open: false\n"));
    assert_eq!(places(&written), ["compose.yaml:4"]);
    assert!(mended(&written, "compose.yaml").contains("stdin_open: true"));
}

#[test]
fn only_ports_of_stdio_servers_are_dead() {
    let examination = one(
        "stdio-published-port",
        &pg("    ports:\n      - 48010:8686\n      - 9000:9000/udp\n"),
    );
    assert_eq!(places(&examination), ["compose.yaml:5", "compose.yaml:3"]);
    assert!(mended(&examination, "compose.yaml").ends_with("    ports:\n      - 9000:9000/udp\n"));
    nothing(&one(
        "stdio-published-port",
        &pg("    command: --transport=sse\n    ports: [\"48010:8686\"]\n"),
    ));
    let dashboard =
        "services:\n  s:\n    image: ghcr.io/oraios/serena\n    ports: [\"24282:24282\"]\n";
    nothing(&one("stdio-published-port", dashboard));
}

#[test]
fn a_database_url_is_looked_for_everywhere() {
    let missing = one("database-url-missing", &pg(""));
    assert_eq!(
        said(&missing),
        [
            "error pg will exit: it gets no database URL; crystaldba/postgres-mcp takes it from DATABASE_URI or its first argument"
        ]
    );
    let emptied = one(
        "database-url-missing",
        &pg("    command: [\"postgresql://db/x\"]\n    environment: {DATABASE_URI: \"\"}\n"),
    );
    assert_eq!(places(&emptied), ["compose.yaml:5"]);
    for given in [
        "    environment: [DATABASE_URI]\n",
        "    environment: {DATABASE_URI: \"${DATABASE_URI}\"}\n",
        "    command: [\"${DSN}\"]\n",
        "    command: postgresql://db/x --transport=sse\n",
    ] {
        nothing(&one("database-url-missing", &pg(given)));
    }
    let unread = one("database-url-missing", &pg("    env_file: absent.env\n"));
    assert_eq!(
        skipped(&unread),
        ["whether pg gets a database URL is not known: absent.env was not read"]
    );
    let dbhub = "services:\n  d:\n    image: bytebase/dbhub\n";
    let skipped_of = one("database-url-missing", dbhub);
    assert!(said(&skipped_of).is_empty());
    assert!(
        skipped(&skipped_of)[0].ends_with("whether bytebase/dbhub does without one is not known")
    );
    let reference = one(
        "database-url-missing",
        "services:\n  p:\n    image: mcp/postgres\n    environment: {DATABASE_URL: \"postgresql://u:secret@db/x\"}\n",
    );
    let [judged] = reference.diagnosis.findings.as_slice() else {
        panic!()
    };
    assert!(!format!("{:?}", judged.finding).contains("secret"));
    assert!(mended(&reference, "compose.yaml").contains("\"${DATABASE_URL}\""));
}

#[test]
fn a_healthcheck_asks_the_port_that_is_served() {
    let examination = one(
        "healthcheck-missing",
        &pg("    command: --transport=sse --sse-port=8686\n"),
    );
    assert!(said(&examination)[0].starts_with("note pg has no healthcheck"));
    let text = mended(&examination, "compose.yaml");
    assert!(
        text.contains("'127.0.0.1',8686") && text.contains("retries: 6"),
        "{text}"
    );
    nothing(&one("healthcheck-missing", &pg("")));
    nothing(&one(
        "healthcheck-missing",
        "services:\n  n:\n    image: ghcr.io/czlonkowski/n8n-mcp\n    environment: {MCP_MODE: http, AUTH_TOKEN: x}\n",
    ));
    let off = one(
        "healthcheck-missing",
        &pg("    healthcheck:\n      test: [\"NONE\"]\n"),
    );
    assert!(said(&off)[0].starts_with("warning the healthcheck of pg is disabled"));
    // Nobody calls it over the network: a probe of a port would only fail.
    assert!(
        off.diagnosis.findings[0].finding.fixes[0]
            .changes
            .is_empty()
    );
    nothing(&one(
        "healthcheck-missing",
        "services:\n  db:\n    image: postgres:17\n    healthcheck: {disable: true}\n",
    ));
}

#[test]
fn only_what_is_reached_without_a_key_is_open() {
    let sse = "    command: --transport=sse\n";
    for closed in [
        "    ports: [\"127.0.0.1:48010:8000\"]\n",
        "    ports: [\"48010:9000\"]\n",
        "    expose: [\"8000\"]\n",
    ] {
        nothing(&one(
            "published-unauthenticated",
            &pg(&format!("{sse}{closed}")),
        ));
    }
    nothing(&one(
        "published-unauthenticated",
        &pg("    ports: [\"48010:8000\"]\n"),
    ));
    nothing(&one(
        "published-unauthenticated",
        &pg("    command: --transport=sse --sse-host=127.0.0.1\n    ports: [\"48010:8000\"]\n"),
    ));
    let long = one(
        "published-unauthenticated",
        &pg(&format!(
            "{sse}    ports:\n      - target: 8000\n        published: 48010\n"
        )),
    );
    assert!(mended(&long, "compose.yaml").contains("host_ip: 127.0.0.1"));
    let short = one(
        "published-unauthenticated",
        &pg(&format!("{sse}    ports:\n      - 0.0.0.0:48010:8000\n")),
    );
    assert!(mended(&short, "compose.yaml").contains("- 127.0.0.1:48010:8000\n"));
}

#[test]
fn what_was_not_read_is_not_missed() {
    let extends = "    extends: {file: gone.yml, service: base}\n";
    let client = r#"{"mcpServers": {"pg": {"type": "http", "url": "http://localhost:8000/mcp"}}}"#;
    let published = "    ports: ['8000:8000']\n";
    for check in [
        "database-url-missing",
        "stdio-without-stdin",
        "transport-mismatch",
    ] {
        let examine = |service: &str| {
            let files = [
                ("compose.yaml", pg(&format!("{published}{service}"))),
                (".mcp.json", client.to_owned()),
            ];
            let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
            run(check, &["compose.yaml"], &files)
        };
        assert_eq!(said(&examine("")).len(), 1, "{check}");
        let unknown = examine(extends);
        assert!(said(&unknown).is_empty(), "{check}: {:?}", said(&unknown));
        let command = format!("{extends}    command: [--access-mode=restricted]\n");
        let unknown = examine(&command);
        match check {
            "transport-mismatch" => assert_eq!(said(&unknown).len(), 1),
            _ => {
                assert!(said(&unknown).is_empty(), "{check}: {:?}", said(&unknown));
                let [reason] = skipped(&unknown)[..] else {
                    panic!("{check}: {:?}", skipped(&unknown))
                };
                assert!(reason.contains("part of pg was not read"), "{reason}");
            }
        }
    }
}
