//! The logs that Claude Code writes: one file a start and server, below its cache, in a folder named after the directory
//! it was started in. Up to 1.0 a file is a JSON array, since 2.0 it has one object a line; both say the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{shortened, words};
use crate::fact::{AskClient, ClientServer, Past, Says};
use crate::load::Files;

/// Its folder in a cache.
const CACHE: &str = "claude-cli-nodejs";
/// What the folder of a server's logs begins with.
const FOLDER: &str = "mcp-logs-";
/// Longer names of folders are cut and given a hash.
const LONGEST: usize = 200;
/// Servers whose logs are looked at, and files of each; the newest first.
const SERVERS: usize = 200;
const FILES: usize = 3;
/// Bytes of a file that are read, from its end: how it ended is what counts.
const BYTES: usize = 256 * 1024;

/// How the last attempts to connect ended. Of each server at most one: the newest that the logs of all its directories
/// tell of.
pub fn past(ask: &AskClient, files: &dyn Files) -> Vec<Past> {
    // Two names may share a folder; then nobody can tell them apart.
    let mut sharing: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in &ask.servers {
        *sharing.entry(folded(name)).or_default() += 1;
    }
    let alone = |name: &str| sharing.get(&folded(name)) == Some(&1);
    let servers = ask.servers.iter().take(SERVERS);
    let last = servers
        .filter(|(name, _)| alone(name))
        .filter_map(|(name, dirs)| {
            let ends = dirs.iter().flat_map(|dir| {
                let caches = ask.caches.iter();
                caches.filter_map(|cache| last(files, &cache.join(CACHE), dir, name))
            });
            ends.max_by(|one, other| one.at.cmp(&other.at))
        });
    last.collect()
}

/// Gives the reasons of its logs to servers of a list that fail without one: 2.1.197 prints none.
pub fn explain(servers: &mut [ClientServer], past: &[Past]) {
    let silent = servers.iter_mut();
    for server in silent.filter(|server| server.says.is_failure() && server.reason.is_none()) {
        let of_it = |past: &&Past| past.name == server.name && past.says == server.says;
        server.reason = past.iter().find(of_it).and_then(|past| past.reason.clone());
    }
}

/// A name as that of a folder.
fn folded(name: &str) -> String {
    let chars = name.chars();
    chars
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c,
            false => '-',
        })
        .collect()
}

fn last(files: &dyn Files, cache: &Path, dir: &Path, name: &str) -> Option<Past> {
    let started = folded(&dir.to_string_lossy());
    let is_its = |folder: &str| match started.get(..LONGEST) {
        Some(start) if started.len() > LONGEST => folder.starts_with(start),
        _ => folder == started,
    };
    let mut logs: Vec<(String, PathBuf)> = Vec::new();
    for project in folders(files, cache, is_its) {
        let is_its = |folder: &str| {
            let of = folder.strip_prefix(FOLDER);
            of.is_some_and(|of| folded(of) == folded(name))
        };
        for server in folders(files, &project, is_its) {
            let entries = files.list(&server).into_iter();
            let entries = entries.filter(|entry| !entry.is_dir && is_log(&entry.name));
            logs.extend(entries.map(|entry| {
                let path = server.join(&entry.name);
                (entry.name, path)
            }));
        }
    }
    // Named after the time, they are in its order.
    logs.sort_by(|one, other| other.cmp(one));
    let root = files.identity(cache);
    let logs = logs.into_iter().take(FILES);
    let mut logs = logs.filter(|(_, path)| files.identity(path).starts_with(&root));
    logs.find_map(|(_, path)| {
        let bytes = files.read(&path).ok()?;
        end(&bytes, dir, name)
    })
}

fn is_log(name: &str) -> bool {
    let known = |extension: &str| extension == "jsonl" || extension == "txt";
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| known(extension))
}

/// Folders of a folder; no links to elsewhere.
fn folders(files: &dyn Files, dir: &Path, is_it: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = files.list(dir).into_iter();
    entries
        .filter(|entry| entry.is_dir && is_it(&entry.name))
        .map(|entry| dir.join(entry.name))
        .collect()
}

/// What a log says at one time.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    debug: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    cwd: String,
}

/// How the last attempt of a log ended.
fn end(bytes: &[u8], dir: &Path, name: &str) -> Option<Past> {
    let text = String::from_utf8_lossy(bytes);
    let said: Vec<Said> = match serde_json::from_str(&text) {
        Ok(array) => array,
        Err(_) => {
            let start = bytes.len().saturating_sub(BYTES);
            let tail = String::from_utf8_lossy(&bytes[start..]);
            let lines = tail.lines().map(serde_json::from_str);
            lines.filter_map(Result::ok).collect()
        }
    };
    let mut past = None;
    let (mut target, mut stderr, mut version) = (None, None, None);
    for said in &said {
        // Directories may share a folder as servers may.
        if said.cwd.is_empty() || Path::new(&said.cwd) != dir {
            continue;
        }
        if let Some((_, url)) = said.debug.split_once(" transport to ") {
            target = words(url);
        }
        // In the headers of a call.
        if let Some((_, program)) = said.debug.split_once("\"User-Agent\":\"claude-code/") {
            let end = program.find([' ', '"']).unwrap_or(program.len());
            version = words(&program[..end]).map(|word| shortened(&word));
        }
        if let Some(line) = said.error.strip_prefix("Server stderr: ") {
            stderr = words(line);
        }
        let (says, reason) = if said.debug.starts_with("Successfully connected") {
            (Says::Connected, None)
        } else if said.debug.starts_with("Authentication required for") {
            (Says::NeedsAuthentication, None)
        } else if let Some(why) = said.error.strip_prefix("Connection failed") {
            // `Connection failed: …`, `Connection failed (ECONNREFUSED): …`
            let why = why.split_once(": ").and_then(|(_, why)| words(why));
            let heard = stderr
                .take()
                .map(|line| format!("its standard error: {line}"));
            let reason: Vec<String> = why.into_iter().chain(heard).collect();
            (Says::Failed, words(&reason.join("; ")))
        } else {
            continue;
        };
        past = Some(Past {
            name: name.to_owned(),
            dir: dir.to_string_lossy().into_owned(),
            at: words(&said.timestamp).unwrap_or_default(),
            version: version.clone(),
            target: target.clone(),
            says,
            reason,
        });
    }
    past
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Known, Unknown};
    use crate::load::Memory;

    const DIR: &str = "/home/ann/my.stack";
    const LOGS: &str = "/home/ann/.cache/claude-cli-nodejs/-home-ann-my-stack";

    const NEW: &str = include_str!("../../../fixtures/claude/log-2.1.330-refused.jsonl");
    const OLD: &str = include_str!("../../../fixtures/claude/log-2.1.197-five.jsonl");
    const OLDEST: &str = include_str!("../../../fixtures/claude/log-1.0.120-exits.txt");
    const GOOD: &str = include_str!("../../../fixtures/claude/log-2.1.330-good.jsonl");

    fn ask(names: &[&str]) -> AskClient {
        let servers = names.iter();
        AskClient {
            home: "/home/ann".into(),
            caches: vec!["/home/ann/.cache".into()],
            dir: DIR.into(),
            servers: servers
                .map(|name| ((*name).to_owned(), vec![DIR.into()]))
                .collect(),
            list: Known::No(Unknown::NotAsked),
        }
    }

    fn found(names: &[&str], logs: &[(&str, &str)]) -> Vec<Past> {
        let mut files = Memory::default();
        for (name, text) in logs {
            files.insert(format!("{LOGS}/{name}"), *text);
        }
        past(&ask(names), &files)
    }

    #[test]
    fn every_version_tells_why_it_failed() {
        for (name, file, text, why) in [
            (
                "refused",
                "mcp-logs-refused/2026-11-27T07-51-55-101Z.jsonl",
                NEW,
                "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
            ),
            (
                "five",
                "mcp-logs-five/2026-11-27T07-51-53-406Z.jsonl",
                OLD,
                "Streamable HTTP error: Error POSTing to endpoint: {\"error\":\"no",
            ),
            (
                "ex its",
                "mcp-logs-ex its/2026-11-27T08-03-00-989Z.txt",
                OLDEST,
                "MCP error -32000: Connection closed; its standard error: oh no",
            ),
        ] {
            let found = found(&[name], &[(file, text)]);
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!(found[0].says, Says::Failed);
            let reason = found[0].reason.as_deref().expect("a reason");
            assert!(reason.starts_with(why), "{reason}");
            assert!(
                !format!("{found:?}").contains("5f1c2a9be07d4431"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_list_without_reasons_gets_those_of_the_logs() {
        let log = "mcp-logs-refused/2026-11-27T07-51-55-101Z.jsonl";
        let past = found(&["refused"], &[(log, NEW)]);
        let list = include_str!("../../../fixtures/claude/list-2.1.197.txt");
        let mut servers = crate::observe::claude::listed(list).expect("a list");
        explain(&mut servers, &past);
        let explained = servers.iter().filter(|one| one.says == Says::Failed);
        let explained: Vec<&str> = explained
            .filter(|one| one.reason.is_some())
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(explained, ["refused"]);
    }

    #[test]
    fn the_newest_end_counts() {
        let (early, late) = (
            "mcp-logs-a-b/2026-11-27T07-51-53-406Z.jsonl",
            "mcp-logs-a-b/2026-11-27T07-51-55-101Z.jsonl",
        );
        let says = |logs: &[(&str, &str)]| {
            let found = found(&["a:b"], logs);
            found.first().map(|past| past.says)
        };
        assert_eq!(says(&[(early, OLD), (late, GOOD)]), Some(Says::Connected));
        assert_eq!(says(&[(early, GOOD), (late, NEW)]), Some(Says::Failed));
        // One that says nothing yet hides none.
        assert_eq!(
            says(&[(early, OLD), (late, "{\"debug\":\"x\"}\n")]),
            Some(Says::Failed)
        );
        assert_eq!(says(&[(early, "no log")]), None);
    }

    #[test]
    fn what_may_be_of_another_is_left_out() {
        let file = "mcp-logs-a-b/2026-11-27T07-51-53-406Z.jsonl";
        assert_eq!(found(&["a-b", "a:b"], &[(file, OLD)]), []);
        let elsewhere = OLD.replace(DIR, "/home/ann/my-stack");
        assert_eq!(found(&["a-b"], &[(file, &elsewhere)]), []);
        assert_eq!(found(&["other"], &[(file, OLD)]), []);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_outside_of_the_cache_is_read() {
        use std::os::unix::fs::symlink;
        let temp = tempfile::tempdir().expect("a folder");
        let home = std::fs::canonicalize(temp.path()).expect("the folder");
        let dir = home.join("stack");
        let text = OLD.replace(DIR, &dir.to_string_lossy());
        let mut ask = ask(&["five"]);
        ask.caches = vec![home.join(".cache")];
        ask.servers[0].1 = vec![dir.clone()];
        let project = home
            .join(".cache")
            .join(CACHE)
            .join(folded(&dir.to_string_lossy()));
        let logs = project.join("mcp-logs-five");
        std::fs::create_dir_all(&logs).expect("a folder");
        let outside = home.join("outside");
        std::fs::create_dir(&outside).expect("a folder");
        std::fs::write(outside.join("1.jsonl"), &text).expect("a file");
        symlink(outside.join("1.jsonl"), logs.join("2.jsonl")).expect("a link");
        let disk = crate::disk::Disk::anywhere();
        assert_eq!(past(&ask, &disk), []);
        std::fs::remove_dir_all(&logs).expect("to remove it");
        symlink(&outside, &logs).expect("a link");
        assert_eq!(past(&ask, &disk), []);
        std::fs::remove_file(&logs).expect("to remove it");
        std::fs::create_dir(&logs).expect("a folder");
        std::fs::write(logs.join("1.jsonl"), &text).expect("a file");
        assert_eq!(past(&ask, &disk).len(), 1);
    }
}
