//! The owner's files, and the containers of them.
//!
//! The names of the case are fixed. Whatever has one of them and was not made here is left alone, and the test fails.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::docker::{docker, inspected, try_docker, until};
use super::parts::{Parts, root};
use super::report::Report;

/// On everything that is made here.
const LABEL: &str = "mcpdoc-test=linuxserver.lan";
pub const GATEWAY: &str = "litellm";
pub const SERVER: &str = "mcp-postgres";
pub const DATABASE: &str = "postgres";
pub const NETWORKS: [&str; 2] = ["litellm-mcp-net", "postgres-net"];
/// Names that images get, and the images of tests/stack/install that get them.
const IMAGES: [(&str, &str); 6] = [
    ("ghcr.io/berriai/litellm:main-latest", "litellm"),
    ("ghcr.io/berriai/litellm:v1.77.3-stable", "litellm"),
    ("ghcr.io/berriai/litellm:v1.109.1-stable", "litellm"),
    ("crystaldba/postgres-mcp:latest", "postgres-mcp"),
    ("crystaldba/postgres-mcp:0.3.0", "postgres-mcp"),
    ("mcp/postgres:latest", "reference-postgres"),
];

/// How postgres-mcp is run over SSE.
const RESTRICTED: [&str; 3] = [
    "--access-mode=restricted",
    "--transport=sse",
    "--sse-port=8000",
];
const LISTENING: [&str; 8] = [
    "--health-cmd",
    "python -c \"import socket;socket.create_connection(('127.0.0.1',8000),2).close()\"",
    "--health-interval",
    "1s",
    "--health-retries",
    "60",
    "--expose",
    "8000",
];

/// The owner's files in a folder of their own, and the containers that run.
pub struct Case {
    pub parts: Parts,
    /// Where the owner's files are.
    pub stack: PathBuf,
    /// The compose files as the owner has them.
    composed: RefCell<BTreeMap<String, String>>,
    clients: Cell<usize>,
    made: RefCell<Vec<Vec<String>>>,
    _folder: tempfile::TempDir,
    /// Held until everything is gone: the names are fixed.
    _lock: File,
}

impl Case {
    pub fn new(fixture: &str) -> Case {
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
            composed: RefCell::default(),
            clients: Cell::default(),
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
    pub fn tag(&self, name: &str) {
        let mut images = IMAGES.iter();
        let (_, image) = images
            .find(|(known, _)| *known == name)
            .expect("an image of the case");
        docker(&["tag", &format!("mcpdoc-stack/{image}:latest"), name]);
        self.will_remove(&["image", "rm", name]);
    }

    /// A network; of the project litellm, or made by hand.
    pub fn network(&self, name: &str, project: Option<&str>) {
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

    /// Makes a container anew as Compose would, with the parts of the test mounted. Its file then says
    /// the same.
    fn up(&self, service: &Service<'_>) {
        if !service.environment.is_empty() {
            self.tag(service.image);
        }
        let [folder, name] = [service.folder, service.name];
        let dir = self.stack.join(folder);
        let file = dir.join("docker-compose.yml").display().to_string();
        let project = folder.rsplit('/').next().expect("a name");
        let mounts = match service.environment {
            "" => Vec::new(),
            environment => self.parts.mounts(environment, service.inside),
        };
        let mut owners = self.composed.borrow_mut();
        let owners = owners
            .entry(file.clone())
            .or_insert_with(|| fs::read_to_string(&file).expect("a compose file"));
        fs::write(&file, declared(owners, service.image, &mounts)).expect("a compose file");
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

    /// The gateway as an image has that version, and until it answers.
    pub fn gateway(&self, version: &str, image: &str, networks: &[&str]) {
        self.start_gateway(version, image, networks);
        self.gateway_answers();
    }

    /// The same for one that may never answer.
    pub fn start_gateway(&self, version: &str, image: &str, networks: &[&str]) {
        let config = self.config_file();
        let config = format!("{}:/app/config.yaml:ro", config.display());
        self.up(&Service {
            folder: "litellm",
            name: GATEWAY,
            image,
            environment: &format!("litellm-{version}"),
            inside: "/opt/litellm",
            networks,
            options: &["-v", &config, "-p", "4000:4000"],
            command: &["--config", "/app/config.yaml", "--port", "4000"],
        });
    }

    pub fn gateway_answers(&self) {
        until("LiteLLM answers", || {
            let ask = "import urllib.request as u; u.urlopen('http://127.0.0.1:4000/health/liveliness', timeout=3)";
            let asked = try_docker(&["exec", GATEWAY, "/opt/litellm/bin/python", "-c", ask]);
            asked.status.success()
        });
    }

    /// Restarts the gateway with another configuration, and waits until it answers.
    pub fn configure(&self, config: &str) {
        // Into the same file, which is mounted.
        fs::write(self.config_file(), config).expect("a configuration");
        docker(&["restart", "-t", "0", GATEWAY]);
        self.gateway_answers();
    }

    pub fn config_file(&self) -> PathBuf {
        self.stack.join("litellm/config/config.yaml")
    }

    /// What a container has written since it was made.
    pub fn log(&self, name: &str) -> String {
        let output = try_docker(&["logs", name]);
        let [out, err] = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
        format!("{out}{err}")
    }

    /// A new client's file with one server, as the owner would write it for Claude Code.
    pub fn client(&self, entry: &Value) -> PathBuf {
        self.clients.set(self.clients.get() + 1);
        let project = format!("home/project-{}", self.clients.get());
        let file = self.stack.join(project).join(".mcp.json");
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let text = json!({"mcpServers": {"litellm-gateway": entry}});
        fs::write(&file, format!("{text:#}\n")).expect("a client's file");
        file
    }

    /// postgres-mcp as the owner's first files have it: a stdio server.
    pub fn stdio_server(&self, sdk: &str) {
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

    /// The archived reference server under the same name, with the same files and without the argument that it needs.
    pub fn reference_server(&self) {
        self.up(&Service {
            folder: "mcp/postgres",
            name: SERVER,
            image: "mcp/postgres:latest",
            environment: "node",
            inside: "/opt/reference-postgres",
            networks: &NETWORKS,
            options: &["-p", "48010:8686", "--no-healthcheck"],
            command: &[],
        });
    }

    /// postgres-mcp as it should be, and until it listens.
    pub fn sse_server(&self, sdk: &str) {
        let environment = format!("postgres-mcp-sdk-{sdk}");
        self.server(
            &environment,
            "crystaldba/postgres-mcp:0.3.0",
            &LISTENING,
            &RESTRICTED,
        );
        self.server_listens();
    }

    /// postgres-mcp as it should be, but that the newest image has another SDK than the published release: it refuses the
    /// Host that the gateway sends.
    pub fn newest_server(&self) {
        for (sdk, tag) in [("1.30", "latest"), ("1.6", "0.3.0")] {
            let name = format!("crystaldba/postgres-mcp:{tag}");
            docker(&[
                "tag",
                &format!("mcpdoc-stack/postgres-mcp-whole-{sdk}"),
                &name,
            ]);
            self.will_remove(&["image", "rm", &name]);
        }
        self.server(
            "",
            "crystaldba/postgres-mcp:latest",
            &LISTENING,
            &RESTRICTED,
        );
        self.server_listens();
    }

    pub fn server_listens(&self) {
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

    /// PostgreSQL with the account that the server uses, and two tables.
    pub fn database(&self) {
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
        let tables = root().join("tests/stack/tables.sql");
        let tables = format!(
            "{}:/docker-entrypoint-initdb.d/tables.sql:ro",
            tables.display()
        );
        words.extend(["-v", &tables]);
        words.push("mcpdoc-stack/postgres");
        docker(&words);
        self.will_remove(&["rm", "-f", "-v", DATABASE]);
        let log = || try_docker(&["logs", DATABASE]);
        until("PostgreSQL is ready", || {
            String::from_utf8_lossy(&log().stderr).contains("ready to accept connections")
        });
    }

    /// `mcpdoc check --litellm config.yaml` in the gateway's folder, as the owner, who may have more variables.
    pub fn check(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
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
        command.envs(variables.iter().copied());
        command.output().expect("mcpdoc")
    }

    /// `mcpdoc fix --litellm config.yaml` in the same place; what it says.
    pub fn fix(&self, arguments: &[&str]) -> String {
        let home = self.stack.join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
        command
            .current_dir(self.stack.join("litellm/config"))
            .env("HOME", &home)
            .env("XDG_STATE_HOME", home.join("state"))
            .env("COLUMNS", "100")
            .args(["fix", "--litellm", "config.yaml"])
            .args(arguments);
        if let Some(key) = self.master_key() {
            command.env("LITELLM_KEY", key);
        }
        let output = command.output().expect("mcpdoc");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() < Some(2) && !said.is_empty(),
            "{said}{complaint}"
        );
        said
    }

    /// Runs commands that mcpdoc has listed, in one shell as the owner would, with the owner's key where one belongs and
    /// Claude Code as `claude`.
    pub fn run(&self, commands: &[String]) {
        let claude = self.parts.program("claude-2.1.330");
        let bin = self.stack.join("bin");
        fs::create_dir_all(&bin).expect("a folder");
        let link = bin.join("claude");
        if !link.exists() {
            std::os::unix::fs::symlink(claude, link).expect("a link");
        }
        let path = std::env::var("PATH").expect("PATH");
        let key = self.master_key().expect("a key");
        let script = commands.join("\n").replace("<the-key>", &key);
        let mut shell = Command::new("bash");
        shell
            .current_dir(self.stack.join("litellm/config"))
            .env("HOME", self.stack.join("home"))
            .env("PATH", format!("{}:{path}", bin.display()))
            .args(["-euc", &script]);
        if let Some(docker) = self.parts.docker_config() {
            shell.env("DOCKER_CONFIG", docker);
        }
        let output = shell.output().expect("bash");
        let [out, err] = [&output.stdout, &output.stderr].map(|part| String::from_utf8_lossy(part));
        assert!(output.status.success(), "{script}\n{out}{err}");
        // What Compose may have built, as its releases name it; removed after what runs it.
        for built in ["postgres_mcp-postgres", "postgres-mcp-postgres"] {
            self.will_remove(&["image", "rm", built]);
        }
        self.will_remove(&["rm", "-f", "-v", SERVER]);
        self.will_remove(&["rm", "-f", "-v", GATEWAY]);
    }

    pub fn master_key(&self) -> Option<String> {
        let secrets = fs::read_to_string(self.stack.join("secrets/litellm.env")).ok()?;
        let mut lines = secrets.lines();
        lines.find_map(|line| Some(line.strip_prefix("LITELLM_MASTER_KEY=")?.to_owned()))
    }

    pub fn checked(&self, arguments: &[&str]) -> Report {
        self.checked_with(&[], arguments)
    }

    /// What it says with a client's file instead of those of the owner's home.
    pub fn checked_for(&self, client: &Path) -> Report {
        self.checked(&["--claude", &client.display().to_string()])
    }

    pub fn checked_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Report {
        let output = self.check(variables, &[&["--format", "json"], arguments].concat());
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
    /// Its Python environment, and where the image expects it; empty where the image has it.
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

/// A compose file whose one service has another image, and mounts beside its own.
fn declared(compose: &str, image: &str, mounts: &[String]) -> String {
    let (before, after) = compose.split_once("    image: ").expect("an image");
    let (_, after) = after.split_once('\n').expect("more than an image");
    let compose = format!("{before}    image: {image}\n{after}");
    if mounts.is_empty() {
        return compose;
    }
    let lines: String = mounts
        .iter()
        .map(|mount| format!("      - {mount}\n"))
        .collect();
    let volumes = "    volumes:\n";
    match compose.contains(volumes) {
        _ if mounts.is_empty() => compose,
        true => compose.replacen(volumes, &format!("{volumes}{lines}"), 1),
        false => compose.replacen(
            "    env_file:",
            &format!("{volumes}{lines}    env_file:"),
            1,
        ),
    }
}

pub fn copy(from: &Path, to: &Path) {
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
