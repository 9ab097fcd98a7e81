//! Conversations as a container would hold them, against a real engine: from its network, and by programs in it.

#![cfg(target_os = "linux")]

#[path = "support/contained.rs"]
mod contained;
#[path = "support/rust_sdk.rs"]
mod rust_sdk;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use contained::{HOST_CHECK, LISTEN, SERVER, TALK, program};
use mcpdoc::fact::{Ask, Failure, Probe, Target, Vantage};
use mcpdoc::load::Memory;
use mcpdoc::observe::docker::{Caller, Search, connect};
use mcpdoc::observe::{Places, vantage};
use mcpdoc::wire::{Kind, Standing, read};

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

fn assert_works(probe: &Probe) {
    let reading = read(probe);
    let tools = probe.tools.as_ref().map(|listing| listing.count);
    assert_eq!(
        (&reading.standing, tools),
        (&Standing::Works, Some(1)),
        "{:?} {:?} {:?}",
        reading.troubles,
        probe.unheld,
        probe.process
    );
}

/// Containers and networks of one test. They are removed with it.
struct Lab {
    prefix: String,
    image: String,
    made: Vec<[String; 2]>,
}

fn docker(words: &[&str]) -> Output {
    let output = Command::new("docker")
        .args(words)
        .stdin(Stdio::null())
        .output();
    output.expect("docker")
}

fn done(words: &[&str]) -> String {
    let output = docker(words);
    assert!(output.status.success(), "docker {words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Lab {
    /// An image with busybox and its tools, and nothing else.
    fn new() -> Lab {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.expect("a clock").as_nanos();
        let prefix = format!("vantage{}x{}", std::process::id(), now % 1_000_000_000);
        let image = format!("{prefix}:1");
        let dir = tempfile::tempdir().expect("a folder");
        let bin = dir.path().join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        std::fs::copy("/bin/busybox", bin.join("busybox")).expect("busybox");
        for name in ["sh", "sleep", "cat", "nc"] {
            std::os::unix::fs::symlink("busybox", bin.join(name)).expect("a link");
        }
        let pack = format!(
            "tar -C {} -c . | docker import - {image}",
            dir.path().display()
        );
        let packed = Command::new("sh").args(["-c", &pack]).output().expect("sh");
        assert!(packed.status.success(), "{packed:?}");
        Lab {
            prefix,
            made: vec![["rmi".to_owned(), image.clone()]],
            image,
        }
    }

    fn name(&self, short: &str) -> String {
        format!("{}-{short}", self.prefix)
    }

    fn network(&mut self, short: &str) -> String {
        let name = self.name(short);
        done(&["network", "create", &name]);
        self.made.push(["network rm".to_owned(), name.clone()]);
        name
    }

    /// Starts a container that runs `words`; its name.
    fn container(&mut self, short: &str, options: &[&str], words: &[&str]) -> String {
        let name = self.name(short);
        let mut all = vec!["run", "-d", "--init", "--name", &name];
        all.extend(options);
        all.push(&self.image);
        all.extend(words);
        done(&all);
        self.made.push(["rm -f -v".to_owned(), name.clone()]);
        name
    }

    /// A container that waits.
    fn idle(&mut self, short: &str, options: &[&str]) -> String {
        self.container(short, options, &["/bin/sleep", "600"])
    }

    /// The server of these tests as a container, listening on an address.
    fn server(&mut self, short: &str, network: &str, address: &str, more: &[&str]) -> String {
        let listen = format!("{LISTEN}={address}");
        let mounts = program();
        let mut options = vec![
            "--network",
            network,
            "--network-alias",
            "mcp-srv",
            "-e",
            &listen,
        ];
        options.extend(mounts.iter().map(String::as_str));
        options.extend(more);
        let name = self.container(short, &options, &SERVER);
        let until = Instant::now() + Duration::from_secs(20);
        let port = address.rsplit(':').next().expect("a port");
        let hex = format!(":{:04X} ", port.parse::<u16>().expect("a port"));
        // Whether it listens, wherever.
        while !done(&["exec", &name, "cat", "/proc/net/tcp"]).contains(&hex) {
            let log = docker(&["logs", &name]);
            assert!(Instant::now() < until, "{name} does not listen: {log:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        name
    }

    fn address(&self, container: &str, network: &str) -> String {
        let format = format!("{{{{(index .NetworkSettings.Networks \"{network}\").IPAddress}}}}");
        done(&["inspect", "-f", &format, container])
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for [verb, name] in self.made.iter().rev() {
            let words: Vec<&str> = verb.split(' ').chain([name.as_str()]).collect();
            docker(&words);
        }
    }
}

/// What puts this machine's python into a container.
fn python() -> Vec<String> {
    let said = Command::new("python3")
        .args(["-c", "import sys; print(sys.base_prefix)"])
        .output()
        .expect("python3");
    let prefix = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let prefix = PathBuf::from(prefix);
    let mut options = vec![
        "-e".to_owned(),
        format!("PATH={}:/bin", prefix.join("bin").display()),
    ];
    let prefix = prefix.to_string_lossy().into_owned();
    for dir in ["/lib", "/lib64", "/usr/lib", &prefix] {
        options.extend(["-v".to_owned(), format!("{dir}:{dir}:ro")]);
    }
    options
}

fn words(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

/// The container of that name, by the usual engine.
async fn find(word: &str) -> Result<Caller, String> {
    let engine = connect(&Search::default(), &Memory::default()).await;
    engine.expect("an engine").caller(word).await
}

/// Asks from the network of a container.
fn from_network(container: &str, ask: &Ask) -> Probe {
    run(async {
        let caller = find(container).await.expect("the container");
        let from = vantage(&caller, &ask.target, false).expect("a way in");
        assert!(matches!(from, Vantage::Namespace { .. }), "{from:?}");
        let ask = Ask {
            from,
            ..ask.clone()
        };
        Places::default().probe(&ask).await
    })
}

/// Asks by a program in a container.
fn by_exec(container: &str, ask: &Ask) -> Probe {
    run(async {
        let caller = find(container).await.expect("the container");
        let ask = Ask {
            from: Vantage::Exec {
                container: caller.name.clone(),
                id: caller.id.clone(),
            },
            ..ask.clone()
        };
        Places::with(caller.execs).probe(&ask).await
    })
}

fn ask(url: &str) -> Ask {
    let mut ask = Ask::url(url);
    ask.limits.connect_ms = 2_000;
    ask
}

fn unresolved(probe: &Probe) -> String {
    let reach = probe.reaches.first().expect("a reach");
    reach.unresolved.clone().expect("no address")
}

fn failures(probe: &Probe) -> Vec<Failure> {
    let attempts = probe.reaches.iter().flat_map(|reach| &reach.attempts);
    attempts
        .filter_map(|attempt| attempt.failure.clone())
        .collect()
}

fn mcpdoc(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpdoc"));
    command
        .args(words)
        .env_remove("DOCKER_HOST")
        .stdin(Stdio::null());
    command.output().expect("mcpdoc")
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_service_is_called_as_its_neighbour_would() {
    let mut lab = Lab::new();
    let (shared, other) = (lab.network("a"), lab.network("b"));
    let server = lab.server("srv", &shared, "0.0.0.0:8000", &[]);
    let caller = lab.idle("caller", &["--network", &shared]);
    let stranger = lab.idle("stranger", &["--network", &other]);
    let address = lab.address(&server, &shared);

    let probe = from_network(&caller, &ask("http://mcp-srv:8000/mcp"));
    assert_works(&probe);
    let accepted = probe.reaches[0].accepted().expect("a connection");
    assert_eq!(accepted.to_string(), format!("{address}:8000"));

    // Several at once, on one thread.
    let probes = run(async {
        let found = find(&caller).await.expect("the container");
        let target = Target::Url(String::new());
        let from = vantage(&found, &target, false).expect("a way in");
        let asks: Vec<Ask> = (0..8)
            .map(|number| Ask {
                from: if number == 7 {
                    Vantage::Here
                } else {
                    from.clone()
                },
                ..ask("http://mcp-srv:8000/mcp")
            })
            .collect();
        mcpdoc::observe::answer(&asks, &Places::default(), |_| {}).await
    });
    for probe in &probes[..7] {
        assert_works(probe);
    }
    // The thread of the tests is still where it was.
    let why = unresolved(&probes[7]);
    assert!(!why.contains("container"), "{why}");

    let probe = from_network(&stranger, &ask("http://mcp-srv:8000/mcp"));
    let why = unresolved(&probe);
    assert_eq!(
        why,
        format!("127.0.0.11, the name server of container {stranger}, knows no name mcp-srv")
    );
    let by_address = format!("http://{address}:8000/mcp");
    let probe = from_network(&stranger, &ask(&by_address));
    assert_eq!(
        failures(&probe),
        [Failure::ConnectTimeout],
        "{:?} {:?}",
        probe.unheld,
        probe.reaches
    );
    // From this machine it would have been reached.
    assert_works(&run(mcpdoc::observe::probe(&ask(&by_address))));
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_server_on_loopback_refuses_its_neighbours() {
    let mut lab = Lab::new();
    let shared = lab.network("a");
    let server = lab.server("srv", &shared, "127.0.0.1:8000", &[]);
    let caller = lab.idle("caller", &["--network", &shared]);
    let probe = from_network(&caller, &ask("http://mcp-srv:8000/mcp"));
    assert_eq!(failures(&probe), [Failure::Refused]);
    let probe = by_exec(&caller, &ask("http://mcp-srv:8000/mcp"));
    assert_eq!(failures(&probe), [Failure::Refused]);
    // In its own network it is there.
    assert_works(&from_network(&server, &ask("http://localhost:8000/mcp")));
}

#[test]
#[ignore = "needs a container engine and root"]
fn the_host_header_is_the_callers() {
    let mut lab = Lab::new();
    let shared = lab.network("a");
    let check = format!("{HOST_CHECK}=1");
    lab.server("srv", &shared, "0.0.0.0:8000", &["-e", &check]);
    let caller = lab.idle("caller", &["--network", &shared]);
    for probe in [
        from_network(&caller, &ask("http://mcp-srv:8000/mcp")),
        by_exec(&caller, &ask("http://mcp-srv:8000/mcp")),
    ] {
        let reading = read(&probe);
        let kind = &reading.troubles.first().expect("a trouble").kind;
        assert!(matches!(kind, Kind::HostHeaderRejected { .. }), "{kind:?}");
    }
}

/// A server on a network, a caller beside it, and a stranger on another network; both have what `options` put into their
/// containers.
struct Neighbours {
    /// The server's address.
    address: String,
    caller: String,
    stranger: String,
    _lab: Lab,
}

impl Neighbours {
    fn with(options: &[String]) -> Neighbours {
        let mut lab = Lab::new();
        let (shared, other) = (lab.network("a"), lab.network("b"));
        let server = lab.server("srv", &shared, "0.0.0.0:8000", &[]);
        let mut on = |network: &str, name: &str| {
            let words = [&["--network", network], &words(options)[..]].concat();
            lab.idle(name, &words)
        };
        let caller = on(&shared, "caller");
        let stranger = on(&other, "stranger");
        Neighbours {
            address: lab.address(&server, &shared),
            caller,
            stranger,
            _lab: lab,
        }
    }

    /// That the caller gets to the server by what it has, and that nothing is left of that.
    fn assert_relays(&self) {
        let probe = by_exec(&self.caller, &ask("http://mcp-srv:8000/mcp"));
        assert_works(&probe);
        let accepted = probe.reaches[0].accepted().expect("a connection");
        assert_eq!(accepted.to_string(), format!("{}:8000", self.address));
        assert_left_alone(&self.caller);
    }

    /// The caller's conversation with a port of the server that refuses.
    fn refused(&self) -> Probe {
        let probe = by_exec(&self.caller, &ask("http://mcp-srv:8001/mcp"));
        assert_eq!(failures(&probe), [Failure::Refused]);
        probe
    }

    /// Why the stranger has no address for the server; and that it does not get there with one.
    fn unresolved_and_apart(&self) -> String {
        let why = unresolved(&by_exec(&self.stranger, &ask("http://mcp-srv:8000/mcp")));
        let url = format!("http://{}:8000/mcp", self.address);
        let probe = by_exec(&self.stranger, &ask(&url));
        assert_eq!(
            failures(&probe),
            [Failure::ConnectTimeout],
            "{:?} {:?}",
            probe.unheld,
            probe.reaches
        );
        why
    }
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_busybox_relays() {
    let neighbours = Neighbours::with(&[]);
    neighbours.assert_relays();
    let why = neighbours.unresolved_and_apart();
    assert!(why.contains("bad address"), "{why}");
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_python_relays() {
    let neighbours = Neighbours::with(&python());
    neighbours.assert_relays();
    neighbours.refused();
    let why = neighbours.unresolved_and_apart();
    assert!(why.starts_with("python3 there says: "), "{why}");
}

/// What puts this machine's bash into a container, and two programs beside it: what Debian's image has at least.
fn bash() -> Vec<String> {
    let mut options = vec!["-e".to_owned(), "PATH=/only".to_owned()];
    for name in ["bash", "cat", "getent"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {name}")])
            .output();
        let found = found.expect("sh").stdout;
        let found = String::from_utf8_lossy(&found).trim().to_owned();
        options.extend(["-v".to_owned(), format!("{found}:/only/{name}:ro")]);
    }
    for dir in ["/lib", "/lib64", "/usr/lib"] {
        options.extend(["-v".to_owned(), format!("{dir}:{dir}:ro")]);
    }
    options
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_bash_relays() {
    let neighbours = Neighbours::with(&bash());
    neighbours.assert_relays();
    let attempt = &neighbours.refused().reaches[0].attempts[0];
    let port = format!("{}:8001", neighbours.address);
    assert_eq!(attempt.address.to_string(), port);
    let why = neighbours.unresolved_and_apart();
    assert_eq!(why, "bash there says: getent finds no address");
    assert_left_alone(&neighbours.caller);
}

/// Nothing that mcpdoc started is left in a container.
fn assert_left_alone(container: &str) {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        let top = done(&["top", container, "-eo", "pid,args"]);
        let left = top
            .lines()
            .skip(1)
            .filter(|line| !line.contains("sleep 600"));
        let left: Vec<&str> = left.collect();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_container_without_tools_says_so() {
    let mut lab = Lab::new();
    let options = ["-e", "PATH=/nowhere"];
    let caller = lab.idle("caller", &options);
    let probe = by_exec(&caller, &ask("http://mcp-srv:8000/mcp"));
    let why = probe.unheld.expect("why not");
    assert!(
        why.contains("it has no python3, python, node, busybox, nc or bash"),
        "{why}"
    );
    assert!(probe.reaches.is_empty());
}

#[test]
#[ignore = "needs a container engine and root"]
fn a_program_in_a_container_is_talked_to() {
    let mut lab = Lab::new();
    let mounts = program();
    let holder = lab.idle("holder", &words(&mounts));
    let command = |line: &str| {
        let mut ask = Ask::of(Target::Command {
            program: "/bin/sh".to_owned(),
            args: vec!["-c".to_owned(), line.to_owned()],
            env: [(TALK.to_owned(), "/proc/self/fd/3".into())].into(),
            cwd: None,
        });
        ask.limits.deadline_ms = 20_000;
        ask
    };
    let serves = format!("{} 3>&1 1>&2", SERVER.join(" "));
    let probe = by_exec(&holder, &command(&format!("exec {serves}")));
    assert_works(&probe);
    let process = probe.process.expect("a process");
    assert_eq!(process.ended_by, None, "{process:?}");
    assert_left_alone(&holder);

    // One that does not end when its input does is told to.
    let stays = format!("trap '' TERM; {serves}; while true; do sleep 1; done");
    let probe = by_exec(&holder, &command(&stays));
    assert_works(&probe);
    let process = probe.process.expect("a process");
    assert_eq!(process.ended_by.as_deref(), Some("KILL"), "{process:?}");
    assert_left_alone(&holder);

    let probe = by_exec(&holder, &command("echo broken >&2; exit 7"));
    let process = probe.process.expect("a process");
    assert_eq!((process.code, process.exited_early), (Some(7), true));
    assert_eq!(process.stderr, ["broken"]);

    let absent = Ask::of(Target::Command {
        program: "no-such-server".to_owned(),
        args: Vec::new(),
        env: Default::default(),
        cwd: None,
    });
    let process = by_exec(&holder, &absent).process.expect("a process");
    let why = process.failed.expect("why not");
    assert_eq!(why, format!("not found in PATH of container {holder}"));
}

#[test]
#[ignore = "needs a container engine and root"]
fn the_report_names_the_vantage() {
    let mut lab = Lab::new();
    let shared = lab.network("a");
    lab.server("srv", &shared, "0.0.0.0:8000", &[]);
    let caller = lab.idle("caller", &["--network", &shared]);
    let url = "http://mcp-srv:8000/mcp";
    let text = mcpdoc(&["probe", "--from", &caller, url]);
    let said = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        said.contains(&format!("container {caller}, in its network")),
        "{said}"
    );
    assert_eq!(text.status.code(), Some(0), "{said}");
    let json = mcpdoc(&["probe", "--from", &caller, "--format", "json", url]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(json["endpoints"][0]["from"], format!("container:{caller}"));
    assert_eq!(json["endpoints"][0]["verdict"], "works");

    let command = mcpdoc(&["probe", "--from", &caller, "--", "cat"]);
    let said = String::from_utf8_lossy(&command.stderr).into_owned();
    assert_eq!(command.status.code(), Some(2), "{said}");
    assert!(said.contains("--allow-exec permits that"), "{said}");
    let absent = mcpdoc(&["probe", "--from", &lab.name("nobody"), url]);
    let said = String::from_utf8_lossy(&absent.stderr).into_owned();
    assert_eq!(absent.status.code(), Some(2), "{said}");
    assert!(
        said.contains("those that run are") && said.contains(&caller),
        "{said}"
    );
}
