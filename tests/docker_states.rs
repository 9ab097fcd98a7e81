//! What runs against what is declared, on a real engine: each scenario has its findings, and none other.
#![cfg(unix)]

use std::net::TcpListener;
use std::path::PathBuf;

use mcpdoc::chain::Settings;
use mcpdoc::disk::Disk;
use mcpdoc::fact::{Ask, Engine, Known, Probe, label};
use mcpdoc::load::{Memory, Request};
use mcpdoc::observe::docker::{Search, survey};
use mcpdoc::plan::Permissions;
use mcpdoc::verdict::Verdict;
use mcpdoc::{Examination, Selection, Witness, investigate};

#[path = "support/engine.rs"]
mod engine;

use engine::{Lab, Running, Spec, docker, until, until_inspected};

/// What the gateway asks its callers for.
const KEY: &str = "LITELLM_MASTER_KEY=sk-w8Rk2Tz5Qm7Lx4Vb9Np3";
const CONFIG: &str =
    "mcp_servers:\n  tools:\n    url: http://@-tools:8000/mcp\n    transport: http\n";
/// A project in a folder, and containers of it as Compose would make them.
struct Project<'a> {
    lab: &'a Lab,
    folder: tempfile::TempDir,
    name: String,
}

impl<'a> Project<'a> {
    /// Of a compose file in which `@` stands for the laboratory's prefix.
    fn new(lab: &'a Lab, compose: &str) -> Project<'a> {
        let project = Project {
            lab,
            folder: tempfile::tempdir().expect("a folder"),
            name: lab.name("stack"),
        };
        project.write(compose);
        let config = project.named(CONFIG);
        std::fs::write(project.path("config.yaml"), config).expect("a file");
        std::fs::write(project.path(".env"), format!("{KEY}\n")).expect("a file");
        project
    }

    fn write(&self, compose: &str) {
        let name = format!("name: {}\n", self.name);
        let text = self.named(compose);
        std::fs::write(self.path("compose.yaml"), name + &text).expect("a file");
    }

    fn named(&self, text: &str) -> String {
        text.replace('@', self.lab.name("").trim_end_matches('-'))
    }

    /// A message with `@` for the laboratory's prefix.
    fn named_back(&self, text: &str) -> String {
        text.replace(self.lab.name("").trim_end_matches('-'), "@")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("a folder")
    }

    fn labels(&self, service: &str) -> [String; 3] {
        [
            format!("{}={}", label::PROJECT, self.name),
            format!("{}={service}", label::SERVICE),
            format!("{}={}", label::DIRECTORY, self.root().display()),
        ]
    }

    /// Makes a container of a service and starts it.
    fn run(&self, service: &str, spec: Spec<'_>) -> Running {
        let created = self.create(service, spec);
        docker(&["start", &created.id]);
        created
    }

    fn create(&self, service: &str, spec: Spec<'_>) -> Running {
        // Other stacks of this machine may have a server of the usual name.
        let own = match service {
            "litellm" => service.to_owned(),
            server => self.lab.name(server),
        };
        let names = [own.as_str()];
        let networks = spec
            .networks
            .iter()
            .map(|(network, _)| (*network, &names[..]));
        let networks: Vec<(&str, &[&str])> = networks.collect();
        let labels = self.labels(&own);
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        self.lab.create(Spec {
            name: &format!("stack-{service}-1"),
            labels: &labels,
            networks: &networks,
            ..spec
        })
    }

    /// Makes a container of the server, and waits until it listens.
    fn serve(&self, spec: Spec<'_>) -> Running {
        let name = image(self.lab);
        let container = self.run(
            "tools",
            Spec {
                image: &name,
                ..spec
            },
        );
        until("the server listens", || {
            docker(&["exec", &container.id, "netstat", "-ltn"]).contains(":8000 ")
        });
        container
    }

    /// The gateway's container, on the project's network.
    fn gateway(&self, image: &str) -> Running {
        let mount = format!("{}:/app/config.yaml", self.path("config.yaml").display());
        self.run(
            "litellm",
            Spec {
                image,
                command: &["100000"],
                networks: &[("stack_default", &["litellm"])],
                env: &[KEY],
                options: &["-v", &mount],
                ..Spec::default()
            },
        )
    }

    /// What mcpdoc says of it, and how the calls stand.
    fn findings(&self) -> Vec<String> {
        let examination = self.examine();
        let findings = examination.diagnosis.findings.iter();
        findings
            .map(|judged| {
                let finding = &judged.finding;
                format!(
                    "{} {} {}",
                    finding.severity.word(),
                    finding.check,
                    finding.subject.replace(&self.lab.name(""), "")
                )
            })
            .collect()
    }

    fn examine(&self) -> Examination {
        let client = Some(self.path(".mcp.json")).filter(|path| path.exists());
        let request = Request {
            cwd: self.root(),
            litellm: vec![self.path("config.yaml")],
            claude: client.into_iter().collect(),
            compose: vec![vec![self.path("compose.yaml")]],
            ..Request::default()
        };
        let selection = Selection::default();
        let permissions = Permissions {
            docker: true,
            ..Permissions::default()
        };
        let settings = Settings::default();
        let files = Disk::anywhere();
        investigate(
            &request,
            &settings,
            &selection,
            &permissions,
            &files,
            &mut Real,
        )
    }
}

/// The engine of this machine.
struct Real;

impl Witness for Real {
    fn survey(&mut self) -> Known<Engine> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(survey(&Search::default(), &Memory::default()))
    }

    fn answer(&mut self, _: &[Ask]) -> Vec<Probe> {
        Vec::new()
    }
}

const COMPOSE: &str = "services:
  litellm:
    image: @/berriai/litellm:1
    command: \"100000\"
    environment: {LITELLM_MASTER_KEY: \"${LITELLM_MASTER_KEY}\"}
    volumes: [./config.yaml:/app/config.yaml]
  @-tools:
    image: @/example/tools:1
";

/// The network, the image of a server that listens on port 8000, and that of a gateway.
fn gateway(lab: &Lab) -> String {
    lab.network("stack_default");
    let listens = [
        "ENTRYPOINT [\"/bin/httpd\", \"-f\", \"-p\"]",
        "CMD [\"8000\"]",
    ];
    lab.image("example/tools:1", &listens);
    lab.image("berriai/litellm:1", &["ENTRYPOINT [\"/bin/sleep\"]"])
}

/// What the containers of a server have in common.
fn tools() -> Spec<'static> {
    Spec {
        networks: &[("stack_default", &["tools"])],
        ..Spec::default()
    }
}

fn image(lab: &Lab) -> String {
    format!("{}/example/tools:1", lab.name("").trim_end_matches('-'))
}

#[test]
#[ignore = "needs a container engine"]
fn what_runs_as_its_file_says_is_not_spoken_of() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    project.serve(tools());
    assert_eq!(project.findings(), [""; 0]);
}

#[test]
#[ignore = "needs a container engine"]
fn a_service_without_a_container_is_missed_where_its_project_runs() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    assert_eq!(project.findings(), [""; 0], "the project does not run here");
    project.gateway(&litellm);
    assert_eq!(project.findings(), ["error container-not-running tools"]);
}

#[test]
#[ignore = "needs a container engine"]
fn a_container_that_was_killed() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    let container = project.serve(tools());
    docker(&["kill", &container.id]);
    until_inspected(&container, "{{.State.Status}}", "exited");
    assert_eq!(project.findings(), ["error container-not-running tools"]);
    let message = first(&project.examine());
    assert!(message.contains("is killed (exit code 137)"), "{message}");
}

#[test]
#[ignore = "needs a container engine"]
fn a_container_that_is_paused() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    let container = project.serve(tools());
    docker(&["pause", &container.id]);
    let findings = project.findings();
    let message = first(&project.examine());
    docker(&["unpause", &container.id]);
    assert_eq!(findings, ["error container-not-running tools"]);
    assert!(message.contains("is paused; unpause it"), "{message}");
}

#[test]
#[ignore = "needs a container engine"]
fn a_command_that_is_not_there() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let compose = format!("{COMPOSE}    entrypoint: [/bin/nothing]\n");
    let project = Project::new(&lab, &compose);
    project.gateway(&litellm);
    let spec = Spec {
        options: &["--entrypoint", "/bin/nothing"],
        ..tools()
    };
    let name = image(&lab);
    let container = project.create(
        "tools",
        Spec {
            image: &name,
            ..spec
        },
    );
    let output = std::process::Command::new("docker")
        .args(["start", &container.id])
        .output()
        .expect("the docker command");
    assert!(!output.status.success());
    assert_eq!(project.findings(), ["error container-not-running tools"]);
    let message = first(&project.examine());
    assert!(message.contains("could not be started"), "{message}");
}

#[test]
#[ignore = "needs a container engine"]
fn a_stdio_server_without_a_stdin_ends_and_is_started_again() {
    let lab = Lab::new();
    lab.network("stack_default");
    let litellm = lab.image("berriai/litellm:1", &["ENTRYPOINT [\"/bin/sleep\"]"]);
    // The catalog knows servers by the names of their images alone.
    let stdio = lab.image(
        "crystaldba/postgres-mcp:0.3.0",
        &["ENTRYPOINT [\"/bin/cat\"]"],
    );
    let known = format!("crystaldba/postgres-mcp:{}", lab.name("test"));
    docker(&["tag", &stdio, &known]);
    let compose = COMPOSE.replace("@/example/tools:1", &known)
        + "    environment: [DATABASE_URI=postgresql://db.example/app]\n";
    let project = Project::new(&lab, &compose);
    project.gateway(&litellm);
    let container = project.run(
        "tools",
        Spec {
            env: &["DATABASE_URI=postgresql://db.example/app"],
            options: &["--restart", "always"],
            image: &known,
            ..tools()
        },
    );
    until("it is started again", || {
        let times = docker(&["inspect", "--format", "{{.RestartCount}}", &container.id]);
        times.parse::<u32>().expect("a number") >= 3
    });
    until_inspected(&container, "{{.State.Status}}", "restarting");
    let examination = project.examine();
    let found = examination.diagnosis.findings.iter().map(|judged| {
        let finding = &judged.finding;
        format!("{} {}", finding.severity.word(), finding.check)
    });
    // That the gateway calls http is another mistake.
    assert_eq!(
        found.collect::<Vec<_>>(),
        ["error transport-mismatch", "error stdio-without-stdin"]
    );
    let evidence = &examination.diagnosis.findings[1].finding.evidence;
    let mut texts = evidence.iter().map(|one| one.text.as_str());
    assert!(
        texts.any(|text| text.starts_with("container-not-running: ")),
        "{evidence:?}"
    );
}

#[test]
#[ignore = "needs a container engine"]
fn a_health_check_that_fails() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    let spec = Spec {
        options: &[
            "--health-cmd",
            "echo no answer; exit 1",
            "--health-interval",
            "200ms",
            "--health-retries",
            "1",
        ],
        ..tools()
    };
    let container = project.serve(spec);
    until_inspected(&container, "{{.State.Health.Status}}", "unhealthy");
    assert_eq!(project.findings(), ["warning container-unhealthy tools"]);
}

#[test]
#[ignore = "needs a container engine"]
fn an_external_network_that_does_not_exist() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let compose = format!(
        "{COMPOSE}    networks: [default, shared]\nnetworks:\n  shared: {{external: true, name: \"{}\"}}\n",
        lab.name("shared")
    );
    let project = Project::new(&lab, &compose);
    project.gateway(&litellm);
    assert_eq!(
        project.findings(),
        ["error network-external-missing shared"]
    );
    lab.network("shared");
    assert_eq!(project.findings(), ["error container-not-running tools"]);
}

#[test]
#[ignore = "needs a container engine"]
fn a_container_that_is_older_than_its_file() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    let spec = Spec {
        command: &["8000", "-h", "/bin"],
        env: &["TOKEN=one", "LEVEL=info"],
        publish: &["127.0.0.1::8000"],
        ..tools()
    };
    project.serve(spec);
    project.write(&format!(
        "{COMPOSE}    command: 8000 -h /bin
    environment: {{TOKEN: one, LEVEL: info}}
    ports: [\"127.0.0.1::8000\"]
"
    ));
    assert_eq!(project.findings(), [""; 0], "as the file says");
    project.write(&format!(
        "{COMPOSE}    command: 8000 -h /tmp
    environment: {{TOKEN: two}}
    ports: [\"127.0.0.1:48011:8000\"]
    stdin_open: true
"
    ));
    let examination = project.examine();
    let [judged] = examination.diagnosis.findings.as_slice() else {
        panic!("{:?}", project.findings());
    };
    assert_eq!(judged.finding.check, "container-stale");
    let labels = judged
        .finding
        .labels
        .iter()
        .map(|label| label.text.as_str());
    let labels: Vec<&str> = labels.collect();
    assert_eq!(labels.len(), 5, "{labels:?}");
    assert_eq!(
        labels[..3],
        [
            "the container has `8000 -h /bin`",
            "the container has another value of TOKEN",
            "the container has LEVEL, too"
        ]
    );
    assert!(
        labels[3].starts_with("the container publishes 127.0.0.1:"),
        "{labels:?}"
    );
    assert_eq!(labels[4], "the container does not have an open stdin");
}

#[test]
#[ignore = "needs a container engine"]
fn a_network_that_only_the_file_has_breaks_the_call() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    lab.network("stack_other");
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    project.serve(Spec {
        networks: &[("stack_other", &["tools"])],
        ..tools()
    });
    assert_eq!(project.findings(), ["error container-stale tools"]);
    let message = project.named_back(&first(&project.examine()));
    let expected = "the container @-stack-tools-1 is attached to @-stack_other and not to @-stack_default, where the file puts \
                    it, so it is not reached; connect it, or make it anew";
    assert_eq!(message, expected);
}

/// What `docker network disconnect` leaves: calls of the gateway end nowhere, and so do those to the published port.
#[test]
#[ignore = "needs a container engine"]
fn a_container_that_was_disconnected() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let compose = format!("{COMPOSE}    ports: [\"127.0.0.1:@PORT:8000\"]\n");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a port")
        .port();
    let project = Project::new(&lab, &compose.replace("@PORT", &port.to_string()));
    let own = format!(
        "{{\"mcpServers\": {{\"tools\": {{\"type\": \"http\", \"url\": \"http://127.0.0.1:{port}/mcp\"}}}}}}"
    );
    std::fs::write(project.path(".mcp.json"), own).expect("a file");
    let gateway = project.gateway(&litellm);
    let publish = format!("127.0.0.1:{port}:8000");
    let tools = project.serve(Spec {
        publish: &[&publish],
        ..tools()
    });
    assert_eq!(project.findings(), [""; 0]);
    let network = lab.name("stack_default");
    docker(&["network", "disconnect", &network, &tools.id]);
    assert_eq!(project.findings(), ["error container-stale tools"]);
    let examination = project.examine();
    assert_eq!(examination.chain.hops.len(), 2);
    for verdict in &examination.diagnosis.hops {
        assert!(matches!(verdict, Verdict::Broken(_)), "{verdict:?}");
    }
    let expected = "the container @-stack-tools-1 is attached to no network, although the file puts it on @-stack_default, so it \
                    is not reached; connect it, or make it anew";
    assert_eq!(project.named_back(&first(&examination)), expected);
    let fixes = &examination.diagnosis.findings[0].finding.fixes;
    let commands: Vec<&str> = fixes
        .iter()
        .flat_map(|fix| &fix.then)
        .map(String::as_str)
        .collect();
    let [connect, anew] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    assert!(anew.contains(" up -d --force-recreate "), "{anew}");
    // It does what it says.
    docker(&connect.split_whitespace().skip(1).collect::<Vec<_>>());
    assert_eq!(project.findings(), [""; 0]);
    docker(&["network", "disconnect", &network, &gateway.id]);
    assert_eq!(project.findings(), ["error container-stale litellm"]);
    let message = first(&project.examine());
    assert!(message.contains("so it does not reach"), "{message}");
}

#[test]
#[ignore = "needs a container engine"]
fn a_tag_that_was_moved() {
    let lab = Lab::new();
    let litellm = gateway(&lab);
    let project = Project::new(&lab, COMPOSE);
    project.gateway(&litellm);
    project.serve(tools());
    let newer = lab.image("example/newer:1", &["ENTRYPOINT [\"/bin/true\"]"]);
    lab.tag(&newer, "example/tools:1");
    assert_eq!(project.findings(), ["note image-stale tools"]);
}

fn first(examination: &Examination) -> String {
    examination.diagnosis.findings[0].finding.message.clone()
}
