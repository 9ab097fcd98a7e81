//! The image: that it has nothing but mcpdoc, and that mcpdoc says in it what it says outside, as far as it can see.
#![cfg(target_os = "linux")]

#[path = "support/contained.rs"]
mod contained;
#[path = "support/engine.rs"]
mod engine;
#[path = "support/rust_sdk.rs"]
mod rust_sdk;
#[path = "support/scene.rs"]
mod scene;

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use engine::{Lab, Spec, docker};
use scene::{Scene, Up};
use serde_json::Value;

/// The static binary that `.ci/run` has built.
fn binary() -> PathBuf {
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let binary = target.join(&machine).join("release/mcpdoc");
    assert!(
        binary.exists(),
        "{} is missing: RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --target {machine}",
        binary.display()
    );
    binary
}

/// The image as its Dockerfile makes it from this binary.
struct Image {
    name: String,
}

impl Image {
    fn built(lab: &Lab) -> Image {
        let binary = binary();
        let mut tar = Command::new("tar")
            .args(["-c", "-C", env!("CARGO_MANIFEST_DIR"), "Dockerfile", "-C"])
            .arg(binary.parent().expect("a folder"))
            .arg("mcpdoc")
            .stdout(Stdio::piped())
            .spawn()
            .expect("tar");
        let name = lab.name("image");
        let built = Command::new("docker")
            .args(["build", "-q", "-t", &name, "--target", "ready", "-"])
            .stdin(tar.stdout.take().expect("its output"))
            .output()
            .expect("docker");
        assert!(tar.wait().expect("tar").success());
        assert!(built.status.success(), "{}", text(&built.stderr));
        Image { name }
    }

    /// Runs mcpdoc in it: options of `docker run`, then words of mcpdoc.
    fn run(&self, options: &[&str], words: &[&str]) -> Output {
        let mut command = Command::new("docker");
        command.args(["run", "--rm"]).args(options).arg(&self.name);
        command.args(words).output().expect("docker")
    }

    /// The same, as one line of words.
    fn said(&self, options: &[&str], words: &[&str]) -> String {
        let output = self.run(options, words);
        let said = text(&output.stdout) + &text(&output.stderr);
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker")
            .args(["rmi", "-f", &self.name])
            .output();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The stack of the main fixture, where anybody may read it.
fn stack() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let from = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/linuxserver.lan/stack/."
    );
    let copied = Command::new("cp")
        .args(["-r", from])
        .arg(folder.path())
        .status();
    assert!(copied.expect("cp").success());
    open(folder.path());
    folder
}

/// Lets anybody read what is in a folder.
fn open(folder: &Path) {
    let status = Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(folder)
        .status();
    assert!(status.expect("chmod").success());
}

const BARE: [&str; 5] = ["--read-only", "--network", "none", "--cap-drop", "ALL"];

#[test]
#[ignore = "needs the static binary"]
fn the_binary_needs_no_library() {
    let ldd = Command::new("ldd").arg(binary()).output().expect("ldd");
    let said = text(&ldd.stdout) + &text(&ldd.stderr);
    assert!(
        said.contains("statically linked") || said.contains("not a dynamic executable"),
        "{said}"
    );
}

#[test]
#[ignore = "needs a container engine and the static binary"]
fn files_are_judged_as_outside() {
    let lab = Lab::new();
    let image = Image::built(&lab);
    let stack = stack();
    let mount = format!("{}:/stack:ro", stack.path().display());
    let options = [&BARE[..], &["-v", &mount]].concat();
    let words = ["check", "--offline", "--format", "json"];
    let inside = image.run(&options, &words);
    let outside = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(words)
        .current_dir(stack.path())
        .env("HOME", "/nonexistent")
        .output()
        .expect("mcpdoc");
    assert_eq!(inside.status.code(), Some(1), "{}", text(&inside.stderr));
    assert_eq!(outside.status.code(), Some(1));
    assert_eq!(json(&inside), json(&outside));
    let file = &json(&inside)["findings"][0]["locations"][0]["file"];
    assert_eq!(file, "home/.config/claude/mcp-settings.json");

    // Without an engine it says so, and judges the same.
    let all = image.run(&options, &["check", "--format", "json"]);
    assert_eq!(all.status.code(), Some(1));
    assert_eq!(all.stderr, b"");
    assert_eq!(json(&all)["findings"], json(&outside)["findings"]);
    let said = image.said(&options, &["check", "-q"]);
    let none = "no container engine is found: nothing is at unix:///var/run/docker.sock";
    assert!(said.contains(none), "{said}");
}

#[test]
#[ignore = "needs a container engine and the static binary"]
fn what_is_not_seen_from_there_is_not_called_broken() {
    let lab = Lab::new();
    let image = Image::built(&lab);
    let stack = tempfile::tempdir().expect("a folder");
    let entry =
        |name: &str, url: &str| format!("\"{name}\": {{\"type\": \"http\", \"url\": \"{url}\"}}");
    let entries = [
        entry("here", "http://localhost:4000/mcp"),
        entry("far", "https://gw.example/mcp"),
    ];
    let client = format!("{{\"mcpServers\": {{{}}}}}", entries.join(", "));
    std::fs::write(stack.path().join(".mcp.json"), client).expect("a file");
    open(stack.path());
    let mount = format!("{}:/stack:ro", stack.path().display());
    let options = [&BARE[..], &["-v", &mount]].concat();
    let output = image.run(&options, &["check", "--format", "json"]);
    let document = json(&output);
    assert_eq!(document["summary"]["error"], 0, "{document:#}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(document["endpoints"], serde_json::json!([]));
    for (hop, word) in [(0, "`docker run --network host`"), (1, "SSL_CERT_FILE")] {
        let hop = &document["hops"][hop];
        assert_eq!(hop["verdict"], "unknown", "{hop:#}");
        let why = hop["reason"].as_str().expect("a reason");
        assert!(
            why.starts_with("mcpdoc runs in a container") && why.contains(word),
            "{why}"
        );
    }
    // Whoever demands an answer is told that there was none.
    let required = image.run(&options, &["check", "--require", "wire"]);
    assert_eq!(required.status.code(), Some(3));
}

#[test]
#[ignore = "needs a container engine and the static binary"]
fn it_has_nothing_else_and_is_nobody() {
    let lab = Lab::new();
    let image = Image::built(&lab);
    let of = |template: &str| docker(&["inspect", "--format", template, &image.name]);
    assert_eq!(of("{{.Config.User}}"), "65532:65532");
    assert_eq!(of("{{json .Config.Entrypoint}}"), r#"["/mcpdoc"]"#);
    assert_eq!(of("{{.Config.WorkingDir}}"), "/stack");
    assert_eq!(
        of("{{index .Config.Labels \"org.opencontainers.image.title\"}}"),
        "mcpdoc"
    );
    let version = format!("mcpdoc {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(image.said(&BARE, &["--version"]), version);
    let shell = image.run(&["--entrypoint", "sh"], &["-c", "true"]);
    assert_eq!(shell.status.code(), Some(127), "{}", text(&shell.stderr));
}

#[test]
#[ignore = "needs a container engine and the static binary"]
fn names_are_resolved_and_missing_authorities_are_said() {
    let lab = Lab::new();
    let image = Image::built(&lab);
    // By /etc/hosts.
    let options = ["--network", "none", "--add-host", "gw.example:127.0.0.1"];
    let said = image.said(&options, &["probe", "http://gw.example:1/mcp"]);
    assert!(
        said.contains("nothing listens on port 1 of gw.example (127.0.0.1)"),
        "{said}"
    );
    // By a name server.
    let network = lab.network("net");
    let other = lab.run(Spec {
        name: "other",
        networks: &[("net", &["tools.example"])],
        ..Spec::default()
    });
    let said = image.said(
        &["--network", &network],
        &["probe", "http://tools.example:1/mcp"],
    );
    assert!(
        said.contains("nothing listens on port 1 of tools.example ("),
        "{other:?}: {said}"
    );
    let said = image.said(
        &["--network", &network],
        &["probe", "http://nobody.invalid/mcp"],
    );
    assert!(
        said.contains("dns-failure") || said.contains("nobody.invalid"),
        "{said}"
    );
    let said = image.said(&["--network", "none"], &["probe", "https://gw.example/mcp"]);
    assert!(
        said.contains(
            "without certificates of authorities: mount a bundle, and name it with SSL_CERT_FILE"
        ),
        "{said}"
    );
    let said = image.said(&["--network", "none"], &["probe", "localhost:8000/mcp"]);
    assert!(
        said.contains("localhost is that container: `docker run --network host`"),
        "{said}"
    );
    // A bundle that is mounted counts.
    let folder = tempfile::tempdir().expect("a folder");
    let authority =
        rcgen::generate_simple_self_signed(["ca.example".to_owned()]).expect("a certificate");
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, authority.cert.pem()).expect("a file");
    open(folder.path());
    let mount = format!("{}:/ca.pem:ro", bundle.display());
    let options = [
        "--network",
        "none",
        "-v",
        &mount,
        "-e",
        "SSL_CERT_FILE=/ca.pem",
    ];
    let said = image.said(&options, &["probe", "https://gw.example/mcp"]);
    assert!(!said.contains("SSL_CERT_FILE"), "{said}");
}

#[test]
#[ignore = "needs a container engine, root and the static binary"]
fn with_the_engine_it_sees_what_runs() {
    let scene = Scene::new();
    let image = Image::built(&scene.lab);
    scene.write(
        "stack/config.yaml",
        "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\nmcp_servers:\n  tools:\n    transport: http\n    \
         url: http://tools:8000/mcp\n",
    );
    scene.write(
        "stack/docker-compose.yml",
        r#"name: PREFIX-stack
services:
  litellm:
    image: PREFIX/litellm:main-v1.77.3-stable
    container_name: PREFIX-litellm
    command: ["--config", "/app/config.yaml"]
    environment:
      LITELLM_MASTER_KEY: ${LITELLM_MASTER_KEY}
    volumes:
      - ./config.yaml:/app/config.yaml:ro
    networks: [front]
  tools:
    image: PREFIX/tools:1
    container_name: PREFIX-tools
    networks: [front]
networks:
  front:
    name: PREFIX-front
"#,
    );
    scene.lab.network("front");
    scene.gateway(&[("front", &[])], &[]);
    let tools = Up {
        project: "stack",
        service: "tools",
        networks: &[("front", &[])],
        ..Up::default()
    };
    scene.server("0.0.0.0:8000", tools);
    let folder = scene.path("stack");
    open(&folder);
    let above = folder.parent().expect("a folder");
    std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    // At the same place as outside: containers name files by it.
    let folder = folder.display().to_string();
    let mount = format!("{folder}:{folder}:ro");
    let socket = "/var/run/docker.sock";
    let group = std::fs::metadata(socket).expect(socket).gid().to_string();
    let mut options = vec![
        "--read-only",
        "--cap-drop",
        "ALL",
        "-v",
        &mount,
        "-w",
        &folder,
        "-v",
    ];
    options.extend([
        "/var/run/docker.sock:/var/run/docker.sock",
        "--group-add",
        &group,
    ]);
    let check = ["check", "--litellm", "config.yaml", "--format", "json"];

    let alone = json(&image.run(&options, &check));
    assert_eq!(alone["engine"]["local"], false, "{alone:#}");
    assert_eq!(alone["hops"][0]["verdict"], "unknown", "{alone:#}");
    let why = alone["hops"][0]["reason"].as_str().expect("a reason");
    assert!(why.contains("--network host --pid host"), "{why}");

    let beside = [&options[..], &["--network", "host", "--pid", "host"]].concat();
    let seen = json(&image.run(&beside, &check));
    assert_eq!(seen["engine"]["local"], true, "{seen:#}");
    assert_eq!(seen["hops"][0]["verdict"], "works", "{seen:#}");
    assert_eq!(seen["endpoints"][0]["from"], "here", "{seen:#}");
    assert_eq!(seen["inputs"][0]["file"], "config.yaml");

    // From the network of the gateway's container.
    let options: Vec<&str> = beside
        .iter()
        .copied()
        .filter(|word| !["--cap-drop", "ALL"].contains(word))
        .collect();
    let root = [
        "--user",
        "0",
        "--cap-add",
        "SYS_ADMIN",
        "--cap-add",
        "SYS_PTRACE",
        "--security-opt",
        "apparmor=unconfined",
    ];
    let entered = json(&image.run(&[&options[..], &root].concat(), &check));
    assert_eq!(entered["hops"][0]["verdict"], "works", "{entered:#}");
    let from = format!("container:{}", scene.lab.name("litellm"));
    assert_eq!(
        entered["endpoints"][0]["from"],
        from.as_str(),
        "{entered:#}"
    );
}
