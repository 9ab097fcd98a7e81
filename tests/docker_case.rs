//! The case of linuxserver.lan, for real: LiteLLM 1.77.3, postgres-mcp 0.3.0 and PostgreSQL in containers as the owner's
//! files describe them, and `mcpdoc check` as the owner would ask it.
//!
//! The names of the case are fixed. Whatever has one of them and was not made here is left alone, and the test fails.

#![cfg(target_os = "linux")]

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// On everything that is made here.
const LABEL: &str = "mcpdoc-test=linuxserver.lan";
const GATEWAY: &str = "litellm";
const SERVER: &str = "mcp-postgres";
const DATABASE: &str = "postgres";
const NETWORKS: [&str; 2] = ["litellm-mcp-net", "postgres-net"];
/// Names that images get, and the images of tests/stack/install that get them.
const IMAGES: [(&str, &str); 4] = [
    ("ghcr.io/berriai/litellm:main-latest", "litellm"),
    ("ghcr.io/berriai/litellm:v1.77.3-stable", "litellm"),
    ("crystaldba/postgres-mcp:latest", "postgres-mcp"),
    ("crystaldba/postgres-mcp:0.3.0", "postgres-mcp"),
];
/// A container takes up to a minute where everything is compiled at the same time.
const PATIENCE: Duration = Duration::from_secs(180);
/// A server that has not ended by then does not.
const HANGS: Duration = Duration::from_secs(30);
/// Secrets of the owner's files.
const KEY: &str = "sk-litellm-3f9d2c71a8e64b05b1d7c6e2";
const PASSWORD: &str = "Vw7tRq2nLx9e";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn try_docker(words: &[&str]) -> Output {
    let output = Command::new("docker").args(words).output();
    output.expect("the docker command")
}

fn docker(words: &[&str]) -> String {
    let output = try_docker(words);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {words:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What `docker KIND inspect` says of a name, if there is such a thing.
fn inspected(kind: &str, name: &str, template: &str) -> Option<String> {
    let output = try_docker(&[kind, "inspect", "--format", template, name]);
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What tests/stack/install has installed.
struct Parts(PathBuf);

impl Parts {
    fn installed() -> Parts {
        let folder = match (
            std::env::var_os("MCPDOC_STACK"),
            std::env::var_os("CARGO_TARGET_DIR"),
        ) {
            (Some(stack), _) => PathBuf::from(stack),
            (None, Some(target)) => PathBuf::from(target).join("stack"),
            (None, None) => root().join("target/stack"),
        };
        let run = Command::new(root().join("tests/stack/install")).output();
        let run = run.expect("tests/stack/install");
        let complaint = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "tests/stack/install: {complaint}");
        Parts(folder)
    }

    /// What to mount for an environment: where it is here, and in the container.
    fn mounts(&self, environment: &str, inside: &str) -> [String; 2] {
        let real = |name: &str| {
            let path = fs::canonicalize(self.0.join(name)).expect(name);
            path.display().to_string()
        };
        let python = real(&format!("python-{environment}"));
        [
            format!("{}:{inside}:ro", real(environment)),
            format!("{python}:{python}:ro"),
        ]
    }
}

/// The owner's files in a folder of their own, and the containers that run.
struct Case {
    parts: Parts,
    stack: PathBuf,
    made: RefCell<Vec<Vec<String>>>,
    _folder: tempfile::TempDir,
    /// Held until everything is gone: the names are fixed.
    _lock: File,
}

impl Case {
    fn new(fixture: &str) -> Case {
        let path = std::env::temp_dir().join("mcpdoc-linuxserver.lan.lock");
        let lock = File::create(path).expect("a lock");
        lock.lock().expect("the lock");
        clear();
        let parts = Parts::installed();
        let folder = tempfile::tempdir().expect("a folder");
        let stack = fs::canonicalize(folder.path())
            .expect("a folder")
            .join("srv");
        copy(&root().join("fixtures").join(fixture).join("stack"), &stack);
        Case {
            parts,
            stack,
            made: RefCell::default(),
            _folder: folder,
            _lock: lock,
        }
    }

    fn will_remove(&self, words: &[&str]) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.made.borrow_mut().push(words);
    }

    /// Gives an image of tests/stack/install the name that the case has for it.
    fn tag(&self, name: &str) {
        let mut images = IMAGES.iter();
        let (_, image) = images
            .find(|(known, _)| *known == name)
            .expect("an image of the case");
        docker(&["tag", &format!("mcpdoc-stack/{image}:latest"), name]);
        self.will_remove(&["image", "rm", name]);
    }

    /// A network; of the project litellm, or made by hand.
    fn network(&self, name: &str, project: Option<&str>) {
        let mut words = vec!["network", "create", "--label", LABEL];
        let labels = project.map(|project| {
            [
                format!("com.docker.compose.project={project}"),
                format!("com.docker.compose.network={name}"),
                "com.docker.compose.version=2.29.7".to_owned(),
            ]
        });
        for label in labels.iter().flatten() {
            words.extend(["--label", label]);
        }
        words.push(name);
        docker(&words);
        self.will_remove(&["network", "rm", name]);
    }

    /// Makes a container anew as Compose would, with the parts of the test mounted, which its file then says as well.
    fn up(&self, service: &Service<'_>) {
        self.tag(service.image);
        let [folder, name] = [service.folder, service.name];
        let dir = self.stack.join(folder);
        let file = dir.join("docker-compose.yml").display().to_string();
        let project = folder.rsplit('/').next().expect("a name");
        let mounts = self.parts.mounts(service.environment, service.inside);
        declare(Path::new(&file), &mounts);
        let labels = [
            LABEL.to_owned(),
            format!("com.docker.compose.project={project}"),
            format!("com.docker.compose.service={name}"),
            format!("com.docker.compose.project.working_dir={}", dir.display()),
            format!("com.docker.compose.project.config_files={file}"),
            "com.docker.compose.container-number=1".to_owned(),
            "com.docker.compose.oneoff=False".to_owned(),
            "com.docker.compose.version=2.29.7".to_owned(),
        ];
        let secrets = self.stack.join(format!("secrets/{name}.env"));
        let secrets = secrets.display().to_string();
        // docker cannot replace a container of the same name.
        try_docker(&["rm", "-f", "-v", name]);
        let mut words = vec!["create", "--name", name, "--restart", "unless-stopped"];
        words.extend(["--env-file", &secrets]);
        words.extend(["--network", service.networks[0], "--network-alias", name]);
        words.extend(labels.iter().flat_map(|label| ["--label", label]));
        words.extend(mounts.iter().flat_map(|mount| ["-v", mount]));
        words.extend(service.options);
        words.push(service.image);
        words.extend(service.command);
        docker(&words);
        self.will_remove(&["rm", "-f", "-v", name]);
        for network in &service.networks[1..] {
            docker(&["network", "connect", "--alias", name, network, name]);
        }
        docker(&["start", name]);
    }

    /// The gateway with a configuration, and until it answers.
    fn gateway(&self, image: &str, networks: &[&str]) {
        let config = self.stack.join("litellm/config/config.yaml");
        let config = format!("{}:/app/config.yaml:ro", config.display());
        self.up(&Service {
            folder: "litellm",
            name: GATEWAY,
            image,
            environment: "litellm",
            inside: "/opt/litellm",
            networks,
            options: &["-v", &config, "-p", "4000:4000"],
            command: &["--config", "/app/config.yaml", "--port", "4000"],
        });
        until("LiteLLM answers", || {
            let ask = "import urllib.request as u; u.urlopen('http://127.0.0.1:4000/health/liveliness', timeout=3)";
            let asked = try_docker(&["exec", GATEWAY, "/opt/litellm/bin/python", "-c", ask]);
            asked.status.success()
        });
    }

    /// postgres-mcp as the owner's first files have it: a stdio server.
    fn stdio_server(&self, sdk: &str) {
        let environment = format!("postgres-mcp-sdk-{sdk}");
        let mut options = vec!["-e", "MCP_TRANSPORT=stdio", "-e", "MCP_ALLOW_WRITE=false"];
        options.extend(["-p", "48010:8686", "--no-healthcheck"]);
        self.server(
            &environment,
            "crystaldba/postgres-mcp:latest",
            &options,
            &[],
        );
    }

    /// postgres-mcp as it should be, and until it listens.
    fn sse_server(&self, sdk: &str) {
        let environment = format!("postgres-mcp-sdk-{sdk}");
        let test =
            "python -c \"import socket;socket.create_connection(('127.0.0.1',8000),2).close()\"";
        let options = [
            "--health-cmd",
            test,
            "--health-interval",
            "1s",
            "--health-retries",
            "60",
            "--expose",
            "8000",
        ];
        let command = [
            "--access-mode=restricted",
            "--transport=sse",
            "--sse-port=8000",
        ];
        self.server(
            &environment,
            "crystaldba/postgres-mcp:0.3.0",
            &options,
            &command,
        );
        until("postgres-mcp listens", || {
            inspected("container", SERVER, "{{.State.Health.Status}}").as_deref() == Some("healthy")
        });
    }

    fn server(&self, environment: &str, image: &str, options: &[&str], command: &[&str]) {
        self.up(&Service {
            folder: "mcp/postgres",
            name: SERVER,
            image,
            environment,
            inside: "/opt/postgres-mcp",
            networks: &NETWORKS,
            options,
            command,
        });
    }

    /// PostgreSQL with the account that the server uses.
    fn database(&self) {
        let secrets = self.stack.join("secrets/mcp-postgres.env");
        let secrets = fs::read_to_string(secrets).expect("secrets");
        let uri = secrets
            .lines()
            .find_map(|line| line.strip_prefix("DATABASE_URI="));
        let uri = url::Url::parse(uri.expect("DATABASE_URI")).expect("a URI");
        let [user, password] = [uri.username(), uri.password().expect("a password")];
        let variables = [
            format!("POSTGRES_USER={user}"),
            format!("POSTGRES_PASSWORD={password}"),
        ];
        let mut words = vec!["run", "-d", "--name", DATABASE, "--label", LABEL];
        words.extend(["--network", "postgres-net"]);
        words.extend(variables.iter().flat_map(|variable| ["-e", variable]));
        words.push("mcpdoc-stack/postgres");
        docker(&words);
        self.will_remove(&["rm", "-f", "-v", DATABASE]);
        let log = || try_docker(&["logs", DATABASE]);
        until("PostgreSQL is ready", || {
            String::from_utf8_lossy(&log().stderr).contains("ready to accept connections")
        });
    }

    /// `mcpdoc check --litellm config.yaml` in the gateway's folder, as the owner.
    fn check(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
        let home = self.stack.join("home");
        command
            .current_dir(self.stack.join("litellm/config"))
            .env("HOME", home)
            .env("COLUMNS", "100")
            .args(["check", "--litellm", "config.yaml"])
            .args(arguments);
        if let Some(key) = self.master_key() {
            command.env("LITELLM_KEY", key);
        }
        command.output().expect("mcpdoc")
    }

    fn master_key(&self) -> Option<String> {
        let secrets = fs::read_to_string(self.stack.join("secrets/litellm.env")).ok()?;
        let mut lines = secrets.lines();
        lines.find_map(|line| Some(line.strip_prefix("LITELLM_MASTER_KEY=")?.to_owned()))
    }

    fn checked(&self, arguments: &[&str]) -> Report {
        let output = self.check(&[&["--format", "json"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let document = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{complaint}"));
        let status = output.status.code();
        Report { document, status }
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        for words in self.made.take().iter().rev() {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            try_docker(&words);
        }
    }
}

/// What Compose would make a container of.
struct Service<'a> {
    folder: &'a str,
    name: &'a str,
    image: &'a str,
    /// Its Python environment, and where the image expects it.
    environment: &'a str,
    inside: &'a str,
    networks: &'a [&'a str],
    options: &'a [&'a str],
    command: &'a [&'a str],
}

/// Removes what an interrupted run of these tests has left, and refuses to go on where something else has the names.
fn clear() {
    let mine = format!(
        "{{{{index .Labels \"{}\"}}}}",
        LABEL.split('=').next().expect("a name")
    );
    let mine_of_container = mine.replace(".Labels", ".Config.Labels");
    for name in [GATEWAY, SERVER, DATABASE] {
        if let Some(label) = inspected("container", name, &mine_of_container) {
            assert!(
                LABEL.ends_with(&label) && !label.is_empty(),
                "there is a container {name} that no test made"
            );
            docker(&["rm", "-f", "-v", name]);
        }
    }
    for name in NETWORKS {
        if let Some(label) = inspected("network", name, &mine) {
            assert!(
                LABEL.ends_with(&label) && !label.is_empty(),
                "there is a network {name} that no test made"
            );
            docker(&["network", "rm", name]);
        }
    }
    for (name, _) in IMAGES {
        if let Some(label) = inspected("image", name, "{{index .Config.Labels \"mcpdoc-stack\"}}") {
            assert!(
                !label.is_empty(),
                "there is an image {name} that no test made"
            );
            docker(&["image", "rm", name]);
        }
    }
}

/// Adds mounts to the one service of a compose file, where it does not have them.
fn declare(file: &Path, mounts: &[String]) {
    let text = fs::read_to_string(file).expect("a compose file");
    let marked = "# the parts of the test";
    let text = match text.split_once(marked) {
        // Those of another build.
        Some((before, after)) => {
            let rest: Vec<&str> = after.lines().skip(1 + mounts.len()).collect();
            format!("{}\n{}\n", before.trim_end(), rest.join("\n"))
        }
        None => text,
    };
    let lines: Vec<String> = mounts
        .iter()
        .map(|mount| format!("      - {mount}\n"))
        .collect();
    let lines = format!("      {marked}\n{}", lines.concat());
    let text = match text.contains("    volumes:\n") {
        true => text.replacen("    volumes:\n", &format!("    volumes:\n{lines}"), 1),
        false => text.replacen(
            "    env_file:\n",
            &format!("    volumes:\n{lines}    env_file:\n"),
            1,
        ),
    };
    fs::write(file, text).expect("a compose file");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("its type").is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                fs::copy(entry.path(), to).expect("a file");
            }
        }
    }
}

/// What `mcpdoc check --format json` says.
struct Report {
    document: Value,
    status: Option<i32>,
}

impl Report {
    /// From, to, verdict, and by which check.
    fn hops(&self) -> Vec<String> {
        let word = |hop: &Value, key: &str| hop[key].as_str().unwrap_or("-").to_owned();
        let hops = self.document["hops"].as_array().expect("hops").iter();
        hops.map(|hop| {
            ["from", "to", "verdict", "by", "tried"]
                .map(|key| word(hop, key))
                .join(" ")
        })
        .collect()
    }

    /// The checks that found something of at least a severity, sorted.
    fn found(&self, severities: &[&str]) -> Vec<&str> {
        let findings = self.document["findings"].as_array().expect("findings");
        let loud = findings.iter().filter(|finding| {
            severities.contains(&finding["severity"].as_str().expect("a severity"))
        });
        let mut ids: Vec<&str> = loud
            .map(|finding| finding["check"].as_str().expect("an id"))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn finding(&self, check: &str) -> &Value {
        let mut findings = self.document["findings"]
            .as_array()
            .expect("findings")
            .iter();
        let found = findings.find(|finding| finding["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} in {:#}", self.document["findings"]))
    }

    /// Everything that a finding rests on, a line each.
    fn evidence(&self, check: &str) -> String {
        let all = self.finding(check)["evidence"]
            .as_array()
            .expect("evidence");
        let lines: Vec<String> = all
            .iter()
            .map(|one| {
                format!(
                    "{}: {}",
                    one["kind"].as_str().unwrap_or("-"),
                    one["text"].as_str().unwrap_or("-")
                )
            })
            .collect();
        lines.join("\n")
    }

    fn endpoint(&self, from: &str) -> &Value {
        let mut endpoints = self.document["endpoints"]
            .as_array()
            .expect("endpoints")
            .iter();
        let found = endpoints.find(|endpoint| endpoint["from"] == from);
        found.unwrap_or_else(|| panic!("none from {from} in {:#}", self.document["endpoints"]))
    }
}

const GATEWAY_HOP: &str = "litellm:db_main mcp-postgres";
const CLIENT_HOP: &str = "claude-code:litellm-gateway litellm";
/// The tools of postgres-mcp 0.3.0.
const TOOLS: [&str; 9] = [
    "list_schemas",
    "list_objects",
    "get_object_details",
    "explain_query",
    "analyze_workload_indexes",
    "analyze_query_indexes",
    "analyze_db_health",
    "get_top_queries",
    "execute_sql",
];
/// What is wrong with the files, whatever runs.
const ALWAYS: [&str; 4] = [
    "client-file-not-read",
    "client-type-missing",
    "env-reference-syntax",
    "server-unknown-key",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = [&ALWAYS[..], more].concat();
    all.sort_unstable();
    all
}

/// What holds while postgres-mcp runs as the owner's files have it, whichever build it is.
fn assert_stdio_server_explained(report: &Report) {
    assert_eq!(report.status, Some(1));
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} broken client-file-not-read here"),
            format!("{GATEWAY_HOP} broken transport-mismatch container:litellm"),
        ]
    );
    // The image says what to expect, and the engine that it is so.
    let why = report.evidence("transport-mismatch");
    assert!(
        why.contains("catalog: the default of the image crystaldba/postgres-mcp is stdio"),
        "{why}"
    );
    let port = report.evidence("port-mismatch");
    assert!(
        port.contains("finding: port-not-listening: db_main calls port 8080 of mcp-postgres"),
        "{port}"
    );
    assert!(port.contains("finding: connection-refused: "), "{port}");
    // Both are on the networks of the files, so that no network is to blame.
    let networks = report.evidence("network-undefined");
    let runs =
        "docker: container mcp-postgres runs all the same, on litellm-mcp-net and postgres-net";
    assert!(networks.contains(runs), "{networks}");
    let fix = report.finding("network-undefined")["fixes"][0].clone();
    assert_eq!(
        fix["then"],
        Value::Array(Vec::new()),
        "the networks are there: {fix}"
    );
    // The client's hop fails for its file, not for what answers: the gateway does.
    assert_eq!(report.endpoint("here")["verdict"], "works");
    assert_eq!(report.endpoint("here")["tools"], Value::Array(Vec::new()));
    assert_eq!(report.endpoint("container:litellm")["verdict"], "broken");
    let errors = with(&["network-undefined", "port-mismatch", "transport-mismatch"]);
    assert_eq!(report.found(&["error"]), errors);
    let warnings = [
        "access-mode-unrestricted",
        "env-not-read",
        "gateway-image-floating",
        "healthcheck-missing",
        "litellm-misplaced-setting",
        "litellm-unknown-section",
        "no-tools",
        "secret-in-file",
        "server-alias-dangling",
        "stdio-published-port",
        "stdio-without-stdin",
    ];
    assert_eq!(report.found(&["warning"]), warnings);
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_was_found() {
    let case = Case::new("linuxserver.lan");
    case.network("litellm-mcp-net", Some("litellm"));
    case.network("postgres-net", None);
    case.database();
    case.gateway("ghcr.io/berriai/litellm:main-latest", &["litellm-mcp-net"]);

    // Compose refuses the server's file: at first there is no such container.
    let report = case.checked(&[]);
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} broken client-file-not-read here"),
            format!("{GATEWAY_HOP} broken unknown-host container:litellm"),
        ]
    );
    assert_eq!(report.found(&["error"]), with(&["unknown-host"]));
    let why = report.evidence("unknown-host");
    assert!(
        why.contains("docker: container litellm is on litellm-mcp-net ("),
        "{why}"
    );
    assert!(why.contains("finding: name-not-resolved: "), "{why}");

    // A fresh build: at the end of its input it ends without an error and is started again. Where a database answers, some
    // runs hang there instead; a container that hangs is as little use, and is explained likewise.
    case.stdio_server("1.30");
    let began = Instant::now();
    until("the server runs", || {
        let state = inspected("container", SERVER, "{{.RestartCount}} {{.State.Status}}");
        let hangs = began.elapsed() > HANGS;
        state
            .is_some_and(|state| (hangs || !state.starts_with("0 ")) && state.ends_with(" running"))
    });
    let report = case.checked(&[]);
    assert_stdio_server_explained(&report);
    let stdin = report.evidence("stdio-without-stdin");
    let closed = "docker: the stdin of container mcp-postgres is closed, and it is running";
    assert!(stdin.contains(closed), "{stdin}");

    // The same as text, on a terminal of the owner's.
    let text = case.check(&[]).stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        text.lines()
            .all(|line| !line.contains(KEY) && !line.contains(PASSWORD)),
        "a secret in {text}"
    );
    for line in [
        "The chain, with what runs at unix:///var/run/docker.sock",
        "  ✗ litellm:db_main              →  mcp-postgres  broken   transport-mismatch, port-mismatch,",
        "  db_main in config.yaml calls mcp-postgres over streamable HTTP, but its image",
        "    then run docker compose -f ",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }

    // The published image: it idles for ever.
    case.stdio_server("1.6");
    until("the server runs", || {
        try_docker(&["logs", SERVER]).stderr.len() > 100
    });
    let report = case.checked(&[]);
    assert_stdio_server_explained(&report);
    let stdin = report.evidence("stdio-without-stdin");
    assert!(
        stdin.contains("the stdin of container mcp-postgres is closed, and it is running"),
        "{stdin}"
    );
    assert!(!stdin.contains("restart"), "{stdin}");
    let why = report.evidence("transport-mismatch");
    assert!(
        why.contains("docker: no socket is listening in container mcp-postgres"),
        "{why}"
    );
}

#[test]
#[ignore = "needs a container engine and the parts of tests/stack/install"]
fn as_it_should_be() {
    let case = Case::new("linuxserver.lan-working");
    for network in NETWORKS {
        case.network(network, None);
    }
    case.database();
    case.sse_server("1.6");
    case.gateway("ghcr.io/berriai/litellm:v1.77.3-stable", &NETWORKS);
    let client = case
        .stack
        .join("home/project/.mcp.json")
        .display()
        .to_string();
    let report = case.checked(&["--claude", &client]);
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} works - here"),
            format!("{GATEWAY_HOP} works - container:litellm"),
        ]
    );
    assert_eq!(
        report.found(&["error", "warning", "note"]),
        Vec::<&str>::new()
    );
    assert_eq!(report.status, Some(0));
    let server = report.endpoint("container:litellm");
    assert_eq!(server["transport"], "sse");
    assert_eq!(server["server"]["version"], "1.6.0");
    assert_eq!(server["tools"], Value::from(TOOLS.to_vec()));
    let through = TOOLS.map(|tool| format!("db-{tool}"));
    assert_eq!(
        report.endpoint("here")["tools"],
        Value::from(through.to_vec())
    );

    // A fresh install of the same server looks at the Host header that only the gateway sends.
    case.sse_server("1.30");
    let report = case.checked(&["--claude", &client]);
    assert_eq!(
        report.hops(),
        [
            format!("{CLIENT_HOP} works - here"),
            format!("{GATEWAY_HOP} broken host-header-rejected container:litellm"),
        ]
    );
    assert_eq!(report.found(&["error"]), ["host-header-rejected"]);
    let why = report.evidence("host-header-rejected");
    assert!(
        why.contains(
            "wire: GET http://mcp-postgres:8000/sse: 421, from uvicorn, \"Invalid Host header\""
        ),
        "{why}"
    );
    report.finding("no-tools");
}
