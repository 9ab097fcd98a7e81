//! What the checks over compose services decide where the examples of their pages do not show it.

use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::load::{Memory, Request};
use mcpdoc::{Examination, Selection, checks, examine, fix};

use say::{said, skipped};

#[path = "support/say.rs"]
mod say;

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
        ..Selection::default()
    };
    examine(&request, &Settings::default(), &selection, &memory)
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
fn a_network_of_a_profile_that_is_off_breaks_nothing_yet() {
    let compose = "services:\n  a:\n    image: x\n    profiles: [tools]\n    networks: [n]\n";
    let severity = |files: &[(&str, &str)]| {
        let examination = run("network-undefined", &["compose.yaml"], files);
        let findings = examination.diagnosis.findings.into_iter();
        let said = findings.map(|judged| (judged.finding.severity.word(), judged.finding.message));
        said.collect::<Vec<_>>()
    };
    let off = severity(&[("compose.yaml", compose)]);
    assert_eq!(off[0].0, "warning");
    assert!(
        off[0].1.contains("with the profile tools, Compose refuses"),
        "{}",
        off[0].1
    );
    let on = ("compose.yaml", compose);
    assert_eq!(
        severity(&[on, (".env", "COMPOSE_PROFILES=tools\n")])[0].0,
        "error"
    );
    assert_eq!(
        severity(&[on, (".env", "COMPOSE_PROFILES=other\n")])[0].0,
        "warning"
    );
    let variable = compose.replace("[tools]", "['${P}']");
    assert_eq!(severity(&[("compose.yaml", &variable)])[0].0, "error");
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
    let then = examination.diagnosis.findings.iter();
    let then: Vec<&String> = then.flat_map(|it| &it.finding.fixes[0].then).collect();
    assert_eq!(
        then,
        ["docker network create net", "docker network create m"]
    );

    let several = "services:\n  a: {image: x, networks: [net]}\n  b: {image: x, networks: [net]}\n";
    let examination = one("network-undefined", several);
    assert_eq!(places(&examination), ["compose.yaml:2", "compose.yaml:3"]);
    assert!(
        said(&examination)[0].starts_with("error a and b join net, which compose.yaml does not"),
        "{:?}",
        said(&examination)
    );
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
fn one_network_is_a_warning_only_where_all_who_join_it_are_left_out() {
    let off = "  b: {image: x, profiles: [p], networks: [net]}\n";
    let text = format!("services:\n  a: {{image: x, networks: [net]}}\n{off}");
    let examination = one("network-undefined", &text);
    assert_eq!(places(&examination).len(), 2);
    assert!(said(&examination)[0].starts_with("error a and b join net"));
    let examination = one("network-undefined", &format!("services:\n{off}"));
    assert!(said(&examination)[0].starts_with("warning b joins net"));
}

#[test]
fn a_network_whose_key_is_a_variable_gets_a_plain_one() {
    let services = "services:\n  a: {image: x, networks: ['${NET:-shared}']}\n  b:\n    image: x\n    networks:\n      - ${NET:-shared}\n";
    let text = format!("{services}networks:\n  ${{NET:-shared}}:\n    external: true\n");
    let examination = one("network-undefined", &text);
    assert_eq!(
        places(&examination),
        ["compose.yaml:2", "compose.yaml:8", "compose.yaml:6"]
    );
    let message = &said(&examination)[0];
    assert!(
        message.contains("variables in values and not in keys"),
        "{message}"
    );
    let mended = mended(&examination, "compose.yaml");
    assert!(
        mended.ends_with("networks:\n  shared:\n    external: true\n    name: ${NET:-shared}\n"),
        "{mended}"
    );
    assert!(mended.contains("networks: ['shared']") && mended.contains("      - shared\n"));
    nothing(&one("network-undefined", &mended));
    for declared in ["", " {name: mine}"] {
        let text = format!("{services}networks:\n  ${{NET:-shared}}:{declared}\n");
        let mended = self::mended(&one("network-undefined", &text), "compose.yaml");
        nothing(&one("network-undefined", &mended));
        assert_eq!(mended.contains("name: mine"), !declared.is_empty());
    }
    // A key with a variable that becomes something else says nothing of this network.
    let text = format!("{services}networks:\n  ${{OTHER:-back}}: {{}}\n");
    let message = &said(&one("network-undefined", &text))[0];
    assert!(message.ends_with("top-level `networks:`"), "{message}");
}

#[test]
fn a_missing_env_file_is_made_from_its_example() {
    let text =
        "services:\n  a: {image: x, env_file: app/.env}\n  b: {image: x, env_file: pg.env}\n";
    let files = [
        ("compose.yaml", text),
        ("app/.env.example", "A=\n"),
        ("app/.env.sample", "A=\n"),
        ("pg.example.env", "B=\n"),
    ];
    let examination = run("env-file-missing", &["compose.yaml"], &files);
    let then = |at: usize| {
        examination.diagnosis.findings[at].finding.fixes[0]
            .then
            .clone()
    };
    assert_eq!(then(0), ["cp app/.env.example app/.env"]);
    assert_eq!(then(1), ["cp pg.example.env pg.env"]);
    assert!(said(&examination)[0].ends_with("; make it from app/.env.example"));
    let gone = one(
        "env-file-missing",
        "services:\n  a: {image: x, env_file: /opt/secrets/a.env}\n  b: {image: x, env_file: /stack/b.env}\n",
    );
    let gone = said(&gone);
    assert!(gone[0].starts_with("note /opt/secrets/a.env is not on this machine: Compose"));
    assert!(gone[1].starts_with("note /stack/b.env does not exist: Compose"));
}

#[test]
fn one_file_missing_to_several_projects_is_one_note() {
    let text = "services:\n  a: {image: x, env_file: ../.env}\n";
    let examination = run(
        "env-file-missing",
        &["one/compose.yaml", "two/compose.yaml"],
        &[("one/compose.yaml", text), ("two/compose.yaml", text)],
    );
    assert_eq!(
        places(&examination),
        ["one/compose.yaml:2", "two/compose.yaml:2"]
    );
}

#[test]
fn on_the_network_of_the_host_what_listens_everywhere_is_open() {
    let host = "    network_mode: host\n    command: --transport=sse\n";
    for ports in ["", "    ports: [\"48010:8000\"]\n"] {
        let examination = one("published-unauthenticated", &pg(&format!("{host}{ports}")));
        let message = &said(&examination)[0];
        assert!(
            message.contains("on port 8000 of every interface")
                && message.contains("`--sse-host 127.0.0.1`"),
            "{message}"
        );
        assert_eq!(places(&examination)[0], "compose.yaml:4");
        let fix = &examination.diagnosis.findings[0].finding.fixes[0];
        assert!(fix.changes.is_empty(), "{fix:?}");
    }
    for closed in [
        "    network_mode: host\n    ports: [\"48010:8000\"]\n",
        "    network_mode: host\n    command: --transport=sse --sse-host=127.0.0.1\n",
        "    network_mode: host\n    command: --transport=sse --sse-host=${HOST}\n",
        "    network_mode: ${MODE}\n    command: --transport=sse\n",
    ] {
        nothing(&one("published-unauthenticated", &pg(closed)));
    }
}

#[test]
fn a_published_port_that_nothing_listens_on_is_said_without_a_caller() {
    let sse = "    command: --transport=sse\n";
    let examination = one(
        "port-mismatch",
        &pg(&format!("{sse}    ports: [\"127.0.0.1:48010:8686\"]\n")),
    );
    assert_eq!(
        said(&examination),
        [
            "warning pg publishes container port 8686, but crystaldba/postgres-mcp listens on 8000: nothing answers on \
             the published port; publish container port 8000"
        ]
    );
    assert!(mended(&examination, "compose.yaml").contains("\"127.0.0.1:48010:8000\""));
    let long = format!("{sse}    ports:\n      - target: 8686\n        published: 48010\n");
    let examination = one("port-mismatch", &pg(&long));
    assert!(mended(&examination, "compose.yaml").contains("target: 8000\n"));
    let ports = "    ports: [\"48010:8686\"]\n";
    for silent in [
        format!("{sse}    ports: [\"48010:8000\"]\n"),
        format!("{sse}    ports: [\"48010:8000\", \"48011:9090\"]\n"),
        format!("{sse}    ports: [\"48010:8000-8100\"]\n"),
        format!("{sse}    ports: [\"48010:8686/udp\"]\n"),
        format!("{sse}    ports: [\"48010:${{PORT}}\"]\n"),
        // It may be told to open that port as well.
        format!("{sse}    environment: {{METRICS_PORT: '8686'}}\n{ports}"),
        format!("    command: --transport=sse --metrics=:8686\n{ports}"),
        format!("    command: --transport=sse ${{MORE}}\n{ports}"),
        format!("{sse}    env_file: gone.env\n{ports}"),
        // Another program of the same image, another image, another network.
        format!("    command: [sh, -c, start]\n{ports}"),
        format!("    build: .\n{sse}{ports}"),
        format!("    network_mode: host\n{sse}{ports}"),
        format!("{sse}{ports}  side:\n    image: x\n    network_mode: service:pg\n"),
        ports.to_owned(),
    ] {
        let examination = one("port-mismatch", &pg(&silent));
        assert!(said(&examination).is_empty(), "{silent}");
    }
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
    // What was meant by one of them is not lost.
    let rest = "    environment:\n      - TZ=UTC\n    command:\n      - --access-mode=restricted\n";
    assert!(mended.ends_with(rest), "{mended}");

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
    // It asks for what is the case.
    nothing(&one(
        "env-not-read",
        &pg("    environment: {MCP_MODE: stdio}\n"),
    ));
    nothing(&one(
        "env-not-read",
        &pg("    command: --transport=sse\n    environment: {MCP_TRANSPORT: SSE}\n"),
    ));
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
    // Nothing in this image could test it.
    let text = "services:\n  gh:\n    image: ghcr.io/github/github-mcp-server\n    command: [http]\n    \
                healthcheck: {disable: true}\n";
    let gh = run("healthcheck-missing", &["c.yaml"], &[("c.yaml", text)]);
    assert!(said(&gh)[0].starts_with("note the healthcheck of gh is disabled"));
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

#[test]
fn a_name_with_an_underscore_is_told_once_and_only_where_it_is_called() {
    let of = |service: &str, servers: &str| {
        let compose = format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.77.3\n    \
             command: [--config, /app/config.yaml]\n    \
             volumes: ['./config.yaml:/app/config.yaml']\n{service}"
        );
        let config = format!("mcp_servers:\n{servers}");
        let files = [("compose.yaml", compose.as_str()), ("config.yaml", &config)];
        said(&run("hostname-underscore", &["compose.yaml"], &files))
    };
    let service = "  mcp_db:\n    image: x\n  mcp-db:\n    image: x\n";
    let calls = "  a:\n    url: http://mcp_db:1/mcp\n  b:\n    url: http://MCP_DB:2/sse\n    transport: sse\n";
    let told = of(service, calls);
    assert_eq!(told.len(), 1, "{told:?}");
    // The name without `_` is taken.
    assert!(told[0].contains("mcp-db-2"), "{told:?}");
    let alias = "  db:\n    image: x\n    networks: {default: {aliases: [my_db]}}\n";
    let told = of(alias, "  a:\n    url: http://my_db:1/mcp\n");
    assert!(told[0].contains("my_db, a name of db,"), "{told:?}");
    // Called by another name, or not a service: other checks' affair.
    assert!(of(alias, "  a:\n    url: http://db:1/mcp\n").is_empty());
    assert!(of(service, "  a:\n    url: http://mcp-db:1/mcp_db\n").is_empty());
    assert!(of(service, "  a:\n    url: http://other_db:1/mcp\n").is_empty());
    assert!(of(service, "  a:\n    url: http://my_host.example:1/mcp\n").is_empty());
}
