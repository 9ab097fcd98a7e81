//! Claude Code on this machine: what it says of its servers, and which tools a session of it would have.
//!
//! It never logs in and has an empty home, so that nothing leaves this machine. Its exit status says nothing.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::parts::Parts;

/// The two releases that the facts were seen with: the later one says why, and speaks to more servers.
pub struct Releases {
    old: Claude,
    new: Claude,
}

/// What both made of a server.
#[derive(Debug)]
pub struct Both {
    pub old: Seen,
    pub new: Seen,
}

impl Releases {
    pub fn of(parts: &Parts) -> Releases {
        let [old, new] = ["2.1.197", "2.1.330"]
            .map(|version| Claude::new(parts.program(&format!("claude-{version}"))));
        Releases { old, new }
    }

    /// With a variable in the environment of both.
    pub fn with(self, name: &str, value: &str) -> Releases {
        let [old, new] = [self.old, self.new].map(|claude| claude.with(name, value));
        Releases { old, new }
    }

    /// What `claude mcp list` says where the user's home has these files.
    pub fn list_at(&self, home: &Path) -> [String; 2] {
        [&self.old, &self.new].map(|claude| claude.list_at(home))
    }

    /// What they make of the one server of a file, which is the user's own.
    pub fn meet(&self, file: &Path) -> Both {
        std::thread::scope(|both| {
            let old = both.spawn(|| self.old.meets(file));
            Both {
                new: self.new.meets(file),
                old: old.join().expect("Claude Code"),
            }
        })
    }
}

impl Both {
    /// That both show the server as connected, and which tools it then has.
    pub fn connected(&self, tools: &[&str]) {
        let mut tools = tools.to_vec();
        tools.sort_unstable();
        for seen in [&self.old, &self.new] {
            assert_eq!(seen.list, "✔ Connected", "{self:#?}");
            assert_eq!(seen.state, "connected", "{self:#?}");
            assert_eq!(seen.tools, tools, "{self:#?}");
        }
    }

    /// That both show it as connected, and that it has no tools: a list that is empty, or that takes longer than they wait
    /// for one, as while the gateway looks for a name that is just then gone.
    pub fn without_any(&self) {
        for seen in [&self.old, &self.new] {
            let tired = "! Connected · tools fetch failed";
            let is_connected = seen.list == "✔ Connected" || seen.list.starts_with(tired);
            assert!(is_connected, "{self:#?}");
            assert_eq!(seen.state, "connected", "{self:#?}");
            assert!(seen.tools.is_empty(), "{self:#?}");
        }
    }

    /// That both show it as connected, and that they could not get its tools.
    pub fn without_tools(&self) {
        for seen in [&self.old, &self.new] {
            // The later release adds the reason, or that it got tired of waiting for one.
            let fails = seen.list.starts_with("! Connected · tools fetch failed");
            assert!(fails, "{self:#?}");
            assert_eq!(seen.state, "connected", "{self:#?}");
            assert!(seen.tools.is_empty(), "{self:#?}");
        }
    }

    /// That both would have their user log in.
    pub fn asked_to_log_in(&self) {
        for seen in [&self.old, &self.new] {
            assert_eq!(seen.list, "! Needs authentication", "{self:#?}");
            assert_eq!(seen.state, "needs-auth", "{self:#?}");
            assert!(seen.tools.is_empty(), "{self:#?}");
        }
    }

    /// That neither connects, and what the later release says of the reason.
    pub fn failed(&self, reason: &str) {
        assert_eq!(self.old.list, "✘ Failed to connect", "{self:#?}");
        let why = self.new.list.strip_prefix("✘ Failed to connect — ");
        assert!(
            why.is_some_and(|why| why.contains(reason)),
            "no {reason:?} in {self:#?}"
        );
        for seen in [&self.old, &self.new] {
            assert_eq!(seen.state, "failed", "{self:#?}");
            assert!(seen.tools.is_empty(), "{self:#?}");
        }
    }
}

/// A release of it.
struct Claude {
    program: PathBuf,
    variables: Vec<(String, String)>,
}

/// What one made of a server.
#[derive(Debug)]
pub struct Seen {
    /// What `claude mcp list` says after the server's URL; everything it says where it lists no server.
    pub list: String,
    /// The state of the server at the start of a session.
    pub state: String,
    /// The server's tools in that session, sorted, without the name of the server.
    pub tools: Vec<String>,
}

impl Claude {
    fn new(program: PathBuf) -> Claude {
        Claude {
            program,
            variables: Vec::new(),
        }
    }

    /// With a variable that its configuration may name.
    fn with(mut self, name: &str, value: &str) -> Claude {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn list_at(&self, home: &Path) -> String {
        let home = Home::copied(home);
        self.finished(self.started(&home, &["mcp", "list"], &[]))
    }

    fn meets(&self, file: &Path) -> Seen {
        let text = fs::read_to_string(file).expect("a file with servers");
        let servers: Value = serde_json::from_str(&text).expect("JSON");
        let servers = &servers["mcpServers"];
        let name = servers.as_object().expect("servers").keys().next();
        let name = name.expect("a server");

        let homes = [Home::empty(), Home::empty()];
        let user = json!({"mcpServers": servers}).to_string();
        fs::write(homes[0].0.path().join(".claude.json"), user).expect("the user's servers");
        let list = self.started(&homes[0], &["mcp", "list"], &[]);
        let words = "-p x --output-format stream-json --verbose --strict-mcp-config --mcp-config";
        let mut words: Vec<&OsStr> = words.split(' ').map(OsStr::new).collect();
        words.push(file.as_os_str());
        let session = self.started(
            &homes[1],
            &words,
            &[
                // It waits for its servers, and asks no model.
                ("MCP_CONNECTION_NONBLOCKING", "0"),
                ("MCP_CONNECT_TIMEOUT_MS", "60000"),
                ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
            ],
        );

        let list = self.finished(list);
        let line = list
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let session = self.finished(session);
        let first = session.lines().next().expect("a line");
        let init: Value = serde_json::from_str(first).unwrap_or_else(|_| panic!("{session}"));
        let states = init["mcp_servers"].as_array().expect("servers");
        let prefix = format!("mcp__{name}__");
        let tools = init["tools"].as_array().expect("tools").iter();
        let mut tools: Vec<String> = tools
            .filter_map(|tool| Some(tool.as_str()?.strip_prefix(&prefix)?.to_owned()))
            .collect();
        tools.sort_unstable();
        Seen {
            list: match line.and_then(|line| line.split_once(" - ")) {
                Some((_, status)) => status.trim().to_owned(),
                None => list,
            },
            state: states
                .iter()
                .find(|server| server["name"] == name.as_str())
                .and_then(|server| server["status"].as_str())
                .unwrap_or("not there")
                .to_owned(),
            tools,
        }
    }

    fn started(
        &self,
        home: &Home,
        words: &[impl AsRef<OsStr>],
        variables: &[(&str, &str)],
    ) -> Child {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(home.0.path().join("work"));
        command.env_clear().env("HOME", home.0.path());
        command.env("PATH", "/usr/bin:/bin");
        for quiet in [
            "DISABLE_AUTOUPDATER",
            "DISABLE_TELEMETRY",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        ] {
            command.env(quiet, "1");
        }
        command.envs(variables.iter().copied());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("Claude Code")
    }

    fn finished(&self, child: Child) -> String {
        let output = child.wait_with_output().expect("Claude Code");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!text.is_empty(), "{}: {complaint}", self.program.display());
        text
    }
}

/// A home for one run: Claude Code writes into it.
struct Home(TempDir);

impl Home {
    fn empty() -> Home {
        let home = tempfile::tempdir().expect("a home");
        fs::create_dir(home.path().join("work")).expect("a folder");
        Home(home)
    }

    fn copied(from: &Path) -> Home {
        let home = Home::empty();
        super::case::copy(from, home.0.path());
        home
    }
}
