//! What runs against what is declared: containers that do not run, that are not what their files say, and what other
//! checks make of an engine.

use mcpdoc::check::Finding;
use mcpdoc::load::Memory;
use mcpdoc::verdict::Judged;
use mcpdoc::{Examination, check};

#[path = "support/described.rs"]
mod described;
#[path = "support/run.rs"]
mod support;

use described::Described;

const CONFIG: &str =
    "mcp_servers:\n  tools:\n    url: http://tools:8000/mcp\n    transport: http\n";
const GATEWAY: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.3-stable
    command: --config /app/config.yaml
    volumes:
      - ./config.yaml:/app/config.yaml
";

/// A stack of a gateway and what `services` adds to it.
fn examine(services: &str, engine: &str) -> Examination {
    let mut files = Memory::default();
    let path = |name: &str| format!("{}/{name}", support::CWD);
    files.insert(path("compose.yaml"), format!("{GATEWAY}{services}"));
    files.insert(path("config.yaml"), CONFIG);
    Described::new(engine).examine("--litellm config.yaml --compose compose.yaml", &files)
}

fn of<'a>(examination: &'a Examination, check: &str) -> Vec<&'a Judged> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .filter(|judged| judged.finding.check == check)
        .collect()
}

fn one<'a>(examination: &'a Examination, check: &str) -> &'a Judged {
    match of(examination, check).as_slice() {
        [only] => only,
        other => panic!("{check}: {other:#?}"),
    }
}

fn evidence(judged: &Judged) -> Vec<&str> {
    let evidence = judged.finding.evidence.iter();
    evidence
        .filter(|one| one.from == check::Source::Docker)
        .map(|one| one.text.as_str())
        .collect()
}

fn skips(examination: &Examination, check: &str) -> Vec<String> {
    let skipped = examination.diagnosis.skipped.iter();
    let own = skipped.filter(|skipped| skipped.check == check);
    own.map(|skipped| skipped.reason.clone()).collect()
}

const TOOLS: &str = "  tools:\n    image: example/tools\n";

#[test]
fn how_a_container_ended_is_said_and_what_to_do() {
    for (state, said) in [
        ("exited 0", "ends by itself (exit code 0); its log says why"),
        (
            "exited 1, 3 restarts",
            "fails (exit code 1); its log says why",
        ),
        (
            "exited 126",
            "has a command that cannot be executed (exit code 126); correct its command or entrypoint",
        ),
        (
            "exited 127",
            "has a command that is not there (exit code 127); correct its command or entrypoint",
        ),
        ("exited 137", "is killed (exit code 137); start it"),
        (
            "exited 137, out of memory",
            "is killed for want of memory (exit code 137); give it more memory, or find out what takes it",
        ),
        (
            "exited 139",
            "crashes (exit code 139, a segmentation fault); its log says why",
        ),
        ("exited 143", "is told to end (exit code 143); start it"),
        (
            "restarting 2, 7 restarts",
            "is started again and again (7 times), and fails (exit code 2) each time; its log says why",
        ),
        ("dead 1", "is dead; its log says why"),
        ("created", "was made and never started; start it"),
        (
            "created 127\n  error no such file",
            "could not be started (`no such file`); mend that, and start it",
        ),
        ("paused", "is paused; unpause it"),
    ] {
        let engine = format!("service litellm\nservice tools\n  {state}");
        let examination = examine(TOOLS, &engine);
        let judged = one(&examination, "container-not-running");
        let message = &judged.finding.message;
        let end = format!("its container stack-tools-1 {said}");
        assert!(message.ends_with(&end), "{message}\n{end}");
        assert_eq!(judged.finding.severity.word(), "error");
        assert_eq!(judged.finding.hops.len(), 1, "{state}");
        let fix = &judged.finding.fixes[0].then[0];
        let verb = if state == "paused" {
            "unpause"
        } else {
            "up -d"
        };
        assert_eq!(*fix, format!("docker compose {verb} tools"));
    }
    let runs = examine(TOOLS, "service litellm\nservice tools");
    assert!(of(&runs, "container-not-running").is_empty());
}

#[test]
fn the_last_lines_of_its_log_are_evidence() {
    let engine =
        "service litellm\nservice tools\n  exited 1\n  log a\n  log b\n  log c\n  log d\n  log e";
    let examination = examine(TOOLS, engine);
    assert_eq!(
        evidence(one(&examination, "container-not-running")),
        [
            "container stack-tools-1 is exited, exit code 1, 0 restarts, restart policy no",
            "its log: `b`",
            "its log: `c`",
            "its log: `d`",
            "its log: `e`",
        ]
    );
}

#[test]
fn a_service_without_a_container_is_missed_only_where_its_project_runs() {
    let examination = examine(TOOLS, "service litellm");
    let judged = one(&examination, "container-not-running");
    assert!(judged.finding.message.starts_with("tools has no container"));
    let nowhere = examine(TOOLS, "container other");
    assert!(of(&nowhere, "container-not-running").is_empty());
    assert_eq!(
        skips(&nowhere, "container-not-running"),
        ["the project stack does not run here: it has no container"]
    );
    let partly = examine(
        TOOLS,
        "gap containers: of 9000 only 2000 are looked at\nservice litellm",
    );
    assert!(of(&partly, "container-not-running").is_empty());
    assert_eq!(
        skips(&partly, "container-not-running"),
        ["not every container was looked at: of 9000 only 2000 are looked at"]
    );
    let off = examine(
        &format!("{TOOLS}    profiles: [tools]\n"),
        "service litellm",
    );
    assert!(of(&off, "container-not-running").is_empty());
}

#[test]
fn one_of_several_containers_is_enough() {
    // Its second one has the labels of the first, and another name.
    let both = "service litellm\nservice tools\n  exited 1\nservice tools";
    let examination = examine(TOOLS, both);
    assert!(of(&examination, "container-not-running").is_empty());
}

#[test]
fn the_gateways_own_container_breaks_what_it_calls_where_no_client_is_known() {
    let examination = examine(TOOLS, "service litellm\n  exited 1\nservice tools");
    let judged = one(&examination, "container-not-running");
    assert_eq!(judged.finding.subject, "litellm");
    let upstream = examination.chain.upstreams().map(|hop| hop.id);
    assert_eq!(judged.finding.hops, upstream.collect::<Vec<_>>());
}

#[test]
fn what_a_server_waits_for_counts_as_well() {
    let waits =
        |how: &str| format!("{TOOLS}    depends_on: {how}\n  db:\n    image: postgres:16\n");
    let engine = |tools: &str, db: &str| {
        format!("service litellm\nservice tools\n  {tools}\nservice db\n  {db}")
    };
    let severities = |examination: &Examination| -> Vec<(String, &'static str)> {
        let found = of(examination, "container-not-running").into_iter();
        let found = found.map(|one| (one.finding.subject.clone(), one.finding.severity.word()));
        found.collect()
    };
    // It runs already, and may do without.
    let running = examine(&waits("[db]"), &engine("running", "exited 1"));
    assert_eq!(severities(&running), [("db".to_owned(), "warning")]);
    let waiting = examine(&waits("[db]"), &engine("created", "exited 1"));
    let both = [("tools".to_owned(), "error"), ("db".to_owned(), "error")];
    assert_eq!(severities(&waiting), both);
    let tools = of(&waiting, "container-not-running")[0];
    let db = of(&waiting, "container-not-running")[1];
    assert_eq!(tools.caused_by, Some(db.id));
    let done = waits("{db: {condition: service_completed_successfully}}");
    let done = examine(&done, &engine("running", "exited 0"));
    assert!(severities(&done).is_empty());
}

#[test]
fn a_server_that_waits_for_an_unhealthy_one_is_not_started() {
    let services = format!(
        "{TOOLS}    depends_on: {{db: {{condition: service_healthy}}}}\n  db:\n    image: postgres:16\n"
    );
    let engine = "service litellm\nservice tools\n  created\nservice db\n  unhealthy no response";
    let examination = examine(&services, engine);
    let db = one(&examination, "container-unhealthy");
    assert_eq!(db.finding.severity.word(), "error");
    assert!(
        db.finding
            .message
            .contains("(5 times in a row), and tools waits for it")
    );
    assert_eq!(
        evidence(db),
        [
            "container stack-db-1 is unhealthy",
            "its check: `no response`"
        ]
    );
    let tools = one(&examination, "container-not-running");
    assert_eq!(tools.caused_by, Some(db.id));
    let alone = examine(TOOLS, "service litellm\nservice tools\n  unhealthy");
    assert_eq!(
        one(&alone, "container-unhealthy").finding.severity.word(),
        "warning"
    );
    let healthy = examine(TOOLS, "service litellm\nservice tools\n  starting");
    assert!(of(&healthy, "container-unhealthy").is_empty());
}

#[test]
fn a_check_that_asks_the_wrong_question_is_the_cause() {
    let services = format!(
        "    environment: {{LITELLM_MASTER_KEY: sk-proj-q7Wm2Zx9Rt4Lk8Vb}}
    healthcheck:
      test: [CMD, curl, -f, \"http://localhost:4000/health\"]
{TOOLS}"
    );
    let engine = "service litellm\n  unhealthy 401 Unauthorized\nservice tools";
    let examination = examine(&services, engine);
    assert!(of(&examination, "container-unhealthy").is_empty());
    let cause = one(&examination, "healthcheck-needs-key");
    let mut texts = cause.finding.evidence.iter().map(|one| one.text.as_str());
    assert!(texts.any(|text| text.starts_with("container-unhealthy: litellm runs")));
}

const FULL: &str = "  tools:
    image: docker.io/example/tools
    command: [--transport, http]
    environment:
      LEVEL: info
      API_KEY: sk-proj-q7Wm2Zx9Rt4Lk8Vb
      FROM_SHELL: ${NOBODY}
    ports:
      - \"48010:8000\"
      - \"127.0.0.1:48011-48012:8001-8002\"
    volumes:
      - ./data:/data/
      - cache:/cache
    networks:
      default:
        aliases: [tool-box]
";

/// What is said at each place of the file where the container differs.
fn differences(services: &str, lines: &str) -> Vec<String> {
    let examination = examine(
        services,
        &format!("service litellm\nservice tools\n{lines}"),
    );
    let found = of(&examination, "container-stale");
    let labels = found.iter().flat_map(|judged| &judged.finding.labels);
    labels.map(|label| label.text.clone()).collect()
}

#[test]
fn each_difference_is_said_at_its_place() {
    assert_eq!(differences(FULL, ""), [""; 0]);
    for (line, said) in [
        (
            "image example/tools:1",
            "the container is made from example/tools:1",
        ),
        ("image example/tools:latest", ""),
        ("image sha256:0123", ""),
        (
            "command --transport stdio",
            "the container has `--transport stdio`",
        ),
        (
            "command --api-key sk-proj-q7Wm2Zx9Rt4Lk8Vb",
            "the container has `--api-key ************************`",
        ),
        ("entrypoint sh -c", "the container has `sh -c`"),
        ("image entrypoint serve", ""),
        (
            "env LEVEL=debug",
            "the container has another value of LEVEL",
        ),
        (
            "env API_KEY=sk-proj-aaaaaaaaaaaaaaaa",
            "the container has another value of API_KEY",
        ),
        ("no env LEVEL", "the container has no LEVEL"),
        ("env MORE=1", "the container has MORE, too"),
        ("env http_proxy=http://proxy:3128", ""),
        ("image env PATH=/bin", ""),
        ("env FROM_SHELL=x", ""),
        (
            "no network stack_default",
            "the container is not on this network stack_default",
        ),
        ("network other", "the container is on other, too"),
        ("mode host", "the container is on the machine's own network"),
        (
            "network stack_default as tools",
            "the container has no name tool-box there",
        ),
        ("network stack_default as tools, tool-box, more", ""),
        (
            "mount /home/user/stack/data:/more",
            "the container has something mounted at /more, too",
        ),
        ("mount /etc/key:/run/secrets/key", ""),
        (
            "no mount /cache",
            "the container has nothing mounted at /cache",
        ),
        (
            "no mount /data/\n  mount /srv/data:/data",
            "the container has /srv/data there",
        ),
        ("no mount /data/\n  mount /home/user/stack/data:/data", ""),
        (
            "publish 127.0.0.1:9000:9000",
            "the container publishes 127.0.0.1:9000:9000, too",
        ),
        ("stdin open", "the container has an open stdin"),
        ("tty", "the container has a terminal"),
    ] {
        let expected: Vec<&str> = Some(said)
            .filter(|said| !said.is_empty())
            .into_iter()
            .collect();
        assert_eq!(differences(FULL, &format!("  {line}")), expected, "{line}");
    }
}

#[test]
fn numbers_are_compared_as_compose_writes_them() {
    let services = format!("{TOOLS}    environment: {{RATE: 1.10, ALL: True, NAME: '1.10'}}\n");
    let same = "  env RATE=1.1\n  env ALL=true\n";
    assert_eq!(differences(&services, same), [""; 0]);
    let other = format!("{same}  env RATE=1.2\n  env NAME=1.1");
    assert_eq!(
        differences(&services, &other),
        [
            "the container has another value of RATE",
            "the container has another value of NAME"
        ]
    );
}

#[test]
fn ports_are_compared_by_address_and_number() {
    let publish = "  publish 0.0.0.0:48010:8000\n  publish 127.0.0.1:48011:8001\n";
    let all = format!("  no ports\n{publish}  publish 127.0.0.1:48012:8002");
    assert_eq!(differences(FULL, &all), [""; 0]);
    let other = format!("  no ports\n{publish}  publish 48012:8002");
    assert_eq!(
        differences(FULL, &other),
        ["the container publishes 127.0.0.1:48011:8001 and 48012:8002"]
    );
    assert_eq!(
        differences(FULL, "  no ports"),
        ["the container does not publish this"; 2]
    );
}

#[test]
fn where_the_file_is_silent_the_image_counts() {
    let of_image = "  image command serve --all\n";
    assert_eq!(differences(TOOLS, of_image), [""; 0]);
    let other = format!("{of_image}  command serve");
    assert_eq!(differences(TOOLS, &other), ["the container has `serve`"]);
    let open = format!("{TOOLS}    stdin_open: true\n");
    assert_eq!(
        differences(&open, "  stdin closed"),
        ["the container does not have an open stdin"]
    );
}

#[test]
fn a_shared_network_namespace_is_compared_by_its_owner() {
    let beside = format!("{TOOLS}    network_mode: service:db\n  db:\n    image: postgres:16\n");
    let examine = |mode: &str| {
        let engine = format!("service litellm\nservice db\ncontainer old\nservice tools\n  {mode}");
        let examination = examine(&beside, &engine);
        let found = of(&examination, "container-stale");
        let labels = found.iter().flat_map(|judged| &judged.finding.labels);
        labels.map(|label| label.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(examine("running"), [""; 0]);
    assert_eq!(
        examine("mode container:old"),
        ["the container is on the network of old"]
    );
    assert_eq!(
        examine("mode host"),
        ["the container is on the machine's own network"]
    );
}

/// That a container which is older than its file breaks one call, and says so.
fn assert_stale_breaks(examination: &Examination, message: &str) {
    let judged = one(examination, "container-stale");
    assert_eq!(judged.finding.severity.word(), "error");
    assert_eq!(judged.finding.hops.len(), 1);
    assert_eq!(judged.finding.message, message);
}

#[test]
fn a_difference_that_breaks_a_call_is_an_error_and_the_cause_of_others() {
    let engine = "service litellm\nservice tools\n  no network stack_default\n  network other";
    let examination = examine(TOOLS, engine);
    assert_stale_breaks(
        &examination,
        "the container stack-tools-1 is attached to other and not to stack_default, where the file puts it, so it is not \
         reached; connect it, or make it anew",
    );
    assert!(of(&examination, "no-shared-network").is_empty());
    let works = "service litellm\nservice tools\n  network other";
    let examination = examine(TOOLS, works);
    assert_eq!(
        one(&examination, "container-stale").finding.severity.word(),
        "warning"
    );
}

#[test]
fn a_container_that_is_only_apart_is_connected() {
    let services = format!(
        "{TOOLS}    networks: {{default: {{aliases: [old tools]}}}}\n    ports: [\"8000:8000\"]\n"
    );
    let stale = |of_tools: &str| {
        let engine =
            format!("service litellm\nservice tools\n  no network stack_default\n{of_tools}");
        let examination = examine(&services, &engine);
        let Finding { message, fixes, .. } = &one(&examination, "container-stale").finding;
        let commands = fixes.iter().flat_map(|fix| fix.then.clone());
        (message.clone(), commands.collect::<Vec<String>>())
    };
    let (message, commands) = stale("");
    assert_eq!(
        message,
        "the container stack-tools-1 is attached to no network, although the file puts it on stack_default, so it is not \
         reached; connect it, or make it anew"
    );
    assert_eq!(
        commands,
        [
            "docker network connect --alias tools --alias 'old tools' stack_default stack-tools-1",
            "docker compose up -d --force-recreate tools"
        ]
    );
    // With anything else that differs, connecting it would not be enough.
    let (message, commands) = stale("  command --other");
    assert_eq!(
        message,
        "the container stack-tools-1 is not what the file says of tools (command and networks), so it is not reached; make \
         it anew"
    );
    assert_eq!(commands, ["docker compose up -d tools"]);
    // Such a container joins nothing.
    let (message, commands) = stale("  mode none");
    assert!(message.contains("(networks)"), "{message}");
    assert_eq!(commands, ["docker compose up -d tools"]);
}

#[test]
fn a_caller_that_is_not_what_its_file_says_does_not_reach_what_it_calls() {
    let engine = "service litellm\n  no network stack_default\n  network other\nservice tools";
    let examination = examine(TOOLS, engine);
    assert_stale_breaks(
        &examination,
        "the container stack-litellm-1 is attached to other and not to stack_default, where the file puts it, so it does \
         not reach tools; connect it, or make it anew",
    );
}

#[test]
fn what_compose_has_not_made_it_does_not_replace() {
    let tools = format!("{TOOLS}    container_name: tools\n");
    let engine = "service litellm\ncontainer tools\n  image example/tools\n  network stack_default";
    let examination = examine(&tools, engine);
    assert!(of(&examination, "container-stale").is_empty());
    let other = format!("{engine}\n  command --other");
    let examination = examine(&tools, &other);
    let judged = one(&examination, "container-stale");
    assert_eq!(
        evidence(judged),
        ["container tools was not made by Compose"]
    );
    assert_eq!(
        judged.finding.fixes[0].then,
        ["docker rm -f tools", "docker compose up -d tools"]
    );
}

#[test]
fn an_image_is_older_only_where_its_name_still_means_one() {
    let engine = "service litellm\nservice tools\n  image moved";
    let examination = examine(TOOLS, engine);
    assert_eq!(one(&examination, "image-stale").finding.subject, "tools");
    let other = examine(
        TOOLS,
        "service litellm\nservice tools\n  image moved\n  image example/tools:7",
    );
    assert!(
        of(&other, "image-stale").is_empty(),
        "container-stale says that"
    );
    let fresh = examine(TOOLS, "service litellm\nservice tools");
    assert!(of(&fresh, "image-stale").is_empty());
}

#[test]
fn an_external_network_is_missed_by_its_own_name() {
    let external = |more: &str| {
        format!(
            "{TOOLS}    networks: [default, shared]\nnetworks:\n  shared: {{external: true{more}}}\n"
        )
    };
    let missing = |services: &str, engine: &str| {
        let examination = examine(services, engine);
        let found = of(&examination, "network-external-missing").into_iter();
        found.map(|one| one.finding.hops.len()).collect::<Vec<_>>()
    };
    let both = "service litellm\nservice tools\n  no network shared";
    assert_eq!(
        missing(&external(""), both),
        [0],
        "it runs, and may be called over the other"
    );
    assert_eq!(missing(&external(""), "service litellm"), [1]);
    assert_eq!(
        missing(&external(""), "service litellm\nnetwork shared"),
        [0; 0]
    );
    assert_eq!(
        missing(&external(", name: own"), "service litellm\nnetwork own"),
        [0; 0]
    );
    assert_eq!(
        missing(&external(", name: \"${OWN}\""), "service litellm"),
        [0; 0]
    );
    let gap = "gap networks: refused\nservice litellm";
    assert_eq!(missing(&external(""), gap), [0; 0]);
    assert_eq!(
        skips(&examine(&external(""), gap), "network-external-missing"),
        ["not every network was looked at: refused"]
    );
    // What Compose cannot make because of it is its consequence.
    let absent = examine(&external(""), "service litellm");
    assert!(of(&absent, "container-not-running").is_empty());
}

#[test]
fn an_env_file_is_missed_in_earnest_where_its_project_runs() {
    let services = format!("{TOOLS}    env_file: .env.tools\n");
    let env_file = |engine: &str| {
        let examination = examine(&services, engine);
        let judged = one(&examination, "env-file-missing");
        let finding = &judged.finding;
        (
            finding.severity.word(),
            finding.hops.len(),
            evidence(judged).len(),
        )
    };
    assert_eq!(env_file("container other"), ("note", 1, 0));
    assert_eq!(env_file("service litellm"), ("error", 1, 1));
    assert_eq!(env_file("service litellm\nservice tools"), ("error", 0, 1));
    assert_eq!(env_file("engine remote\nservice litellm"), ("note", 1, 0));
}

/// A stack whose file does not declare the network that its services join.
fn undeclared(engine: &str) -> Examination {
    let mut files = Memory::default();
    let path = |name: &str| format!("{}/{name}", support::CWD);
    let network = "    networks: [shared]\n";
    let services = format!("{GATEWAY}{network}{TOOLS}{network}");
    files.insert(path("compose.yaml"), services);
    files.insert(path("config.yaml"), CONFIG);
    Described::new(engine).examine("--litellm config.yaml --compose compose.yaml", &files)
}

#[test]
fn a_file_that_compose_refuses_breaks_no_call_that_the_engine_shows_to_lead_there() {
    let on = |tools: &str| {
        format!(
            "service litellm\n  no network stack_default\n  network shared\nservice tools\n  no network stack_default\n{tools}"
        )
    };
    let shared = undeclared(&on("  network shared as tools"));
    let judged = one(&shared, "network-undefined");
    assert_eq!(judged.finding.severity.word(), "error");
    assert_eq!(judged.finding.hops, []);
    assert_eq!(
        evidence(judged),
        [
            "container stack-litellm-1 runs all the same, on shared: Compose did not make it from this file",
            "container stack-tools-1 runs all the same, on shared: Compose did not make it from this file",
        ]
    );

    for apart in [
        "  network other as tools",
        "  network shared as tools\n  exited 1",
    ] {
        let examination = undeclared(&on(apart));
        let judged = one(&examination, "network-undefined");
        assert_eq!(judged.finding.hops.len(), 1, "{apart}");
    }
}

const STDIO: &str = "  tools:\n    image: crystaldba/postgres-mcp:0.3.0\n    environment: [DATABASE_URI=postgresql://db.example/app]\n";

#[test]
fn a_stdio_server_that_ends_is_an_error_at_every_moment() {
    let stdin = |lines: &str| {
        let engine = format!("service litellm\nservice tools\n  {lines}");
        let examination = examine(STDIO, &engine);
        let stopped = of(&examination, "container-not-running").len();
        let judged = one(&examination, "stdio-without-stdin");
        let seen = evidence(judged).first().map(|text| (*text).to_owned());
        (
            judged.finding.severity.word(),
            seen.unwrap_or_default(),
            stopped,
        )
    };
    let seen =
        |said: &str| format!("the stdin of container stack-tools-1 is closed, and it {said}");
    // A restart loop that is looked at twice, whatever it ends with: of one that runs no engine says how it ended.
    let again = ("error", seen("ends again and again (5 restarts)"), 0);
    assert_eq!(stdin("restarting 0, 5 restarts"), again);
    assert_eq!(stdin("restarting 1, 5 restarts"), again);
    assert_eq!(stdin("running 0, 5 restarts"), again);
    assert_eq!(
        stdin("exited 0"),
        ("error", seen("has ended with exit code 0"), 0)
    );
    assert_eq!(stdin("exited 1"), ("warning", seen("is exited"), 1));
    assert_eq!(stdin("running"), ("warning", seen("is running"), 0));
    assert_eq!(stdin("stdin open"), ("warning", String::new(), 0));
}

#[test]
fn a_terminal_is_shown_as_the_engine_has_it() {
    let tty = format!("{STDIO}    stdin_open: true\n    tty: true\n");
    let examination = examine(&tty, "service litellm\nservice tools");
    assert_eq!(
        evidence(one(&examination, "stdio-with-tty")),
        ["container stack-tools-1 has a terminal"]
    );
    let before = examine(&tty, "service litellm\nservice tools\n  no tty");
    assert!(evidence(one(&before, "stdio-with-tty")).is_empty());
}

const SSE: &str = "  tools:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [--access-mode=restricted, --transport=sse]\n    environment: [DATABASE_URI=postgresql://db.example/app]\n";

#[test]
fn a_health_check_of_the_image_is_one() {
    let examination = examine(SSE, "service litellm\nservice tools");
    assert_eq!(
        evidence(one(&examination, "healthcheck-missing")),
        ["container stack-tools-1 has no health check"]
    );
    for line in ["healthy", "healthcheck CMD curl http://127.0.0.1:8000"] {
        let examination = examine(SSE, &format!("service litellm\nservice tools\n  {line}"));
        assert!(of(&examination, "healthcheck-missing").is_empty(), "{line}");
    }
    let none = examine(SSE, "service litellm\nservice tools\n  healthcheck NONE");
    assert_eq!(of(&none, "healthcheck-missing").len(), 1);
}

#[test]
fn the_socket_of_the_engine_is_seen_in_the_container_too() {
    let engine =
        "service litellm\n  mount /var/run/docker.sock:/var/run/docker.sock\nservice tools";
    let examination = examine(TOOLS, engine);
    let judged = one(&examination, "docker-socket-mounted");
    assert_eq!(judged.finding.subject, "litellm");
    assert_eq!(
        evidence(judged),
        ["container stack-litellm-1 has /var/run/docker.sock mounted, and no file says so"]
    );
}

#[test]
fn where_a_port_is_published_the_engine_knows() {
    let open = format!("{SSE}    ports: [\"48010:8000\"]\n");
    let published = |lines: &str| {
        let examination = examine(&open, &format!("service litellm\nservice tools\n{lines}"));
        let found = of(&examination, "published-unauthenticated");
        let seen = found.iter().flat_map(|judged| evidence(judged));
        (found.len(), seen.map(str::to_owned).collect::<Vec<_>>())
    };
    let every = "container stack-tools-1 publishes port 48010 on every address";
    assert_eq!(published(""), (1, vec![every.to_owned()]));
    let loopback = "  no ports\n  publish 127.0.0.1:48010:8000";
    assert_eq!(published(loopback), (0, Vec::new()));
    let stopped = "  exited 1\n  no ports\n  publish 127.0.0.1:48010:8000";
    assert_eq!(published(stopped), (1, Vec::new()));
}
