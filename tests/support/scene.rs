//! A stack of files and containers, and what `mcpdoc check` says of it.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::contained::{LISTEN, SERVER, program};
use crate::engine::{Lab, Running, Spec, docker, until};

/// Files in a folder of their own, and containers as Compose would make them.
pub struct Scene {
    pub lab: Lab,
    dir: tempfile::TempDir,
}

/// What [`Scene::up`] starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Up<'a> {
    /// The folder of its compose file, which is the project's name as well.
    pub project: &'a str,
    /// Its service, which is the container's name as well, behind the prefix.
    pub service: &'a str,
    /// Networks with the prefix, each with the names that it has there beside the service's.
    pub networks: &'a [(&'a str, &'a [&'a str])],
    /// As after `-p`.
    pub publish: &'a [&'a str],
    /// `NAME=VALUE`.
    pub env: &'a [&'a str],
    /// Other options of `docker create`.
    pub options: &'a [&'a str],
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub json: Value,
    /// The same for a person.
    pub text: String,
    prefix: String,
}

impl Scene {
    /// An empty folder, an image of a gateway that only sleeps, and one of the small server.
    pub fn new() -> Scene {
        let lab = Lab::new();
        lab.image(
            "litellm:main-v1.77.3-stable",
            &[r#"ENTRYPOINT ["sh", "-c", "sleep 100000", "litellm"]"#],
        );
        let entrypoint = format!("ENTRYPOINT {}", serde_json::json!(SERVER));
        lab.image("tools:1", &[&entrypoint, "EXPOSE 8000"]);
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("home")).expect("a folder");
        let scene = Scene { lab, dir };
        scene.write("stack/.env", &scene.key());
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file; `PREFIX` in it becomes the prefix of this laboratory.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, self.filled(text)).expect("a file");
    }

    /// Writes another text into a file, as if it had been there from the start.
    pub fn rewrite(&self, name: &str, text: &str) {
        let file = fs::File::options().write(true).open(self.path(name));
        let file = file.expect("a file");
        let time = file.metadata().and_then(|file| file.modified());
        self.write(name, text);
        file.set_modified(time.expect("a time"))
            .expect("the same time");
    }

    pub fn filled(&self, text: &str) -> String {
        text.replace("PREFIX", self.prefix())
    }

    fn prefix(&self) -> &str {
        self.lab.prefix()
    }

    /// What the gateway's key is.
    fn key(&self) -> String {
        format!("LITELLM_MASTER_KEY=sk-{}-0000", self.prefix())
    }

    /// The gateway `litellm` of project `stack`, with its configuration mounted.
    pub fn gateway(&self, networks: &[(&str, &[&str])], options: &[&str]) -> Running {
        let config = self.path("stack/config.yaml");
        let mount = format!("{}:/app/config.yaml:ro", config.display());
        let options = [&["-v", mount.as_str()], options].concat();
        let key = self.key();
        let up = Up {
            project: "stack",
            service: "litellm",
            networks,
            env: &[&key],
            options: &options,
            ..Up::default()
        };
        let image = format!("{}/litellm:main-v1.77.3-stable", self.prefix());
        self.start(up, &image, &["--config", "/app/config.yaml"])
    }

    /// The small server as a service, once it listens on `address`.
    pub fn server(&self, address: &str, up: Up<'_>) -> Running {
        let mounts = program();
        let mounts: Vec<&str> = mounts.iter().map(String::as_str).collect();
        let listen = format!("{LISTEN}={address}");
        let up = Up {
            env: &[&[listen.as_str()], up.env].concat(),
            options: &[&mounts, up.options].concat(),
            ..up
        };
        let running = self.start(up, &format!("{}/tools:1", self.prefix()), &[]);
        let port: u16 = address
            .rsplit(':')
            .next()
            .expect("a port")
            .parse()
            .expect("a port");
        let hex = format!(":{port:04X} ");
        until(&format!("{} listens", running.name), || {
            docker(&["exec", &running.id, "cat", "/proc/net/tcp"]).contains(&hex)
        });
        running
    }

    /// A service as Compose would start it.
    fn start(&self, up: Up<'_>, image: &str, command: &[&str]) -> Running {
        let project = self.lab.name(up.project);
        let dir = self.path(up.project);
        let labels = [
            format!("com.docker.compose.project={project}"),
            format!("com.docker.compose.service={}", up.service),
            format!("com.docker.compose.project.working_dir={}", dir.display()),
            format!(
                "com.docker.compose.project.config_files={}",
                dir.join("docker-compose.yml").display()
            ),
            "com.docker.compose.container-number=1".to_owned(),
            "com.docker.compose.oneoff=False".to_owned(),
        ];
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let names: Vec<Vec<&str>> = up
            .networks
            .iter()
            .map(|(_, aliases)| [&[up.service], *aliases].concat())
            .collect();
        let networks: Vec<(&str, &[&str])> = up
            .networks
            .iter()
            .zip(&names)
            .map(|((network, _), names)| (*network, names.as_slice()))
            .collect();
        self.lab.run(Spec {
            name: up.service,
            image,
            command,
            networks: &networks,
            env: up.env,
            labels: &labels,
            publish: up.publish,
            options: up.options,
        })
    }

    /// Runs mcpdoc in the scene's folder, with an empty home.
    pub fn mcpdoc(&self, words: &[&str]) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_mcpdoc")), words)
            .output()
            .expect("mcpdoc")
    }

    /// A program with words of its own, then mcpdoc's, in the scene's folder.
    pub fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .stdin(Stdio::null());
        command
    }

    /// `mcpdoc check` with these words, for a program and for a person.
    pub fn said(&self, words: &[&str]) -> Said {
        let words = [&["check"], words].concat();
        let output = self.mcpdoc(&[&words[..], &["--format", "json"]].concat());
        let text = self.mcpdoc(&words);
        self.understood(&output, String::from_utf8_lossy(&text.stdout).into_owned())
    }

    /// What a run with `--format json` said.
    pub fn understood(&self, output: &Output, text: String) -> Said {
        let json = serde_json::from_slice(&output.stdout);
        Said {
            code: output.status.code(),
            json: json.unwrap_or_else(|error| panic!("{error}: {output:?}")),
            text,
            prefix: self.prefix().to_owned(),
        }
    }

    /// `mcpdoc check --litellm stack/config.yaml`.
    pub fn check(&self) -> Said {
        self.said(&["--litellm", "stack/config.yaml"])
    }
}

impl Said {
    /// Hops with their verdicts, then findings with their places, one a line.
    pub fn lines(&self) -> Vec<String> {
        let hops = list(&self.json["hops"]).map(hop);
        let findings = list(&self.json["findings"]).map(finding);
        let lines = hops.chain(findings);
        lines
            .map(|line| line.replace(&self.prefix, "PREFIX"))
            .collect()
    }

    /// Fails unless that, and nothing else, is what was said.
    #[track_caller]
    pub fn is(&self, code: i32, expected: &[&str]) -> &Said {
        assert_eq!(self.lines(), expected, "{}", self.text);
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }

    /// Fails unless the report for a person has all of these words.
    #[track_caller]
    pub fn has(&self, words: &[&str]) -> &Said {
        for word in words {
            let word = word.replace("PREFIX", &self.prefix);
            // Lines are broken where a terminal ends.
            let text: Vec<&str> = self.text.split_whitespace().collect();
            assert!(text.join(" ").contains(&word), "{word}\n{}", self.text);
        }
        self
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn hop(hop: &Value) -> String {
    let mut line = format!(
        "{} -> {} {}",
        text(&hop["from"]),
        text(&hop["to"]),
        text(&hop["verdict"])
    );
    if let Some(by) = hop["by"].as_str() {
        line += &format!(" by {by}");
    }
    if let Some(reason) = hop["reason"].as_str() {
        line += &format!(" ({reason})");
    }
    match hop["tried"].as_str() {
        Some(from) => line + &format!(", tried from {from}"),
        None => line,
    }
}

fn finding(finding: &Value) -> String {
    let place = &finding["locations"][0];
    let place = match place["file"].as_str() {
        Some(file) => format!("{file} {}", text(&place["path"])),
        None => text(&finding["endpoint"]).to_owned(),
    };
    format!(
        "{} {} at {place}",
        text(&finding["severity"]),
        text(&finding["check"])
    )
}

/// A port of this machine on which nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
