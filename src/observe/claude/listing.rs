//! What `claude mcp list` prints, of every version that was tried: one line a server, and in newer versions a list of
//! entries that are none.

use super::words;
use crate::fact::{ClientServer, Says};

/// What stands behind ` - ` in a line: of 1.0.120 with `✓` and `✗`, of 2.1.197 and 2.1.330 with `✔` and `✘`. The longer
/// one goes before its beginning.
const STATES: [(&str, Says); 12] = [
    ("✔ Connected", Says::Connected),
    ("✓ Connected", Says::Connected),
    ("! Connected · tools fetch failed", Says::ToolsFailed),
    ("✘ Failed to connect", Says::Failed),
    ("✗ Failed to connect", Says::Failed),
    ("! Needs authentication", Says::NeedsAuthentication),
    ("⚠ Needs authentication", Says::NeedsAuthentication),
    ("⏸ Pending approval", Says::Pending),
    ("✘ Rejected", Says::Rejected),
    ("⊘ Disabled", Says::Disabled),
    ("- Not configured", Says::NotConfigured),
    ("Not configured", Says::NotConfigured),
];
/// What it says when there are no servers.
const NONE: &str = "No MCP servers configured";
/// What begins the part about entries that are no servers.
const DIAGNOSTICS: &str = "MCP config diagnostics";
/// The line before the servers.
const HEADING: &str = "Checking MCP server health";
/// More is cut off.
const MOST: usize = 1000;

/// The servers of a list.
///
/// # Errors
/// When it is no such list: what it does not name may be there all the same.
pub fn listed(text: &str) -> Result<Vec<ClientServer>, String> {
    let mut lines = text.lines();
    let of_servers = lines
        .by_ref()
        .take_while(|line| !line.starts_with(DIAGNOSTICS));
    let mut servers = Vec::new();
    let mut is_list = false;
    for line in of_servers {
        is_list |= line.starts_with(NONE) || line.starts_with(HEADING);
        servers.extend(server(line));
    }
    servers.extend(lines.filter_map(skipped));
    servers.truncate(MOST);
    match is_list || !servers.is_empty() {
        true => Ok(servers),
        false => Err("`claude mcp list` printed no list that is known here".to_owned()),
    }
}

/// `name: url (HTTP) - ✘ Failed to connect — reason`
fn server(line: &str) -> Option<ClientServer> {
    let known = STATES.iter().filter_map(|(state, says)| {
        let at = line.find(&format!(" - {state}"))?;
        Some((at, at + 3 + state.len(), *says))
    });
    let (at, end, says) = match known.min_by_key(|(at, ..)| *at) {
        Some((at, end, says)) => (at, Some(end), says),
        None => (line.rfind(" - ")?, None, Says::Other),
    };
    let (name, target) = line[..at].split_once(": ")?;
    let target = target
        .trim_end_matches(" (HTTP)")
        .trim_end_matches(" (SSE)")
        .trim_end_matches(" (WS)");
    let reason = match end {
        Some(end) => line[end..].split_once("— ").map(|(_, why)| why),
        None => Some(&line[at + 3..]),
    };
    Some(ClientServer {
        name: words(name)?,
        target: words(target),
        says,
        reason: reason.and_then(words),
    })
}

/// ` ├ [Warning] [name] mcpServers.name: Skipped — reason`
fn skipped(line: &str) -> Option<ClientServer> {
    let (head, reason) = line.split_once(": Skipped — ")?;
    let (_, rest) = head.split_once("] [")?;
    let (name, _) = rest.split_once("] ")?;
    Some(ClientServer {
        name: words(name)?,
        target: None,
        says: Says::Skipped,
        reason: words(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(text: &str) -> Vec<(String, Says, Option<String>)> {
        let servers = listed(text).expect("a list");
        let states = servers.into_iter();
        states
            .map(|server| (server.name, server.says, server.reason))
            .collect()
    }

    fn of(name: &str, text: &str) -> (Says, Option<String>) {
        let all = states(text);
        let found: Vec<_> = all.iter().filter(|(have, ..)| have == name).collect();
        assert_eq!(found.len(), 1, "{name} in {all:?}");
        (found[0].1, found[0].2.clone())
    }

    const OLDEST: &str = include_str!("../../../fixtures/claude/list-1.0.120.txt");
    const OLD: &str = include_str!("../../../fixtures/claude/list-2.1.197.txt");
    const NEW: &str = include_str!("../../../fixtures/claude/list-2.1.330.txt");

    #[test]
    fn every_version_is_read() {
        for (text, count) in [(OLDEST, 18), (OLD, 21), (NEW, 21)] {
            assert_eq!(states(text).len(), count, "{text}");
            for (name, says) in [
                ("good", Says::Connected),
                ("empty", Says::Connected),
                ("a:b", Says::Connected),
                ("bad name", Says::Connected),
                ("refused", Says::Failed),
                ("exits", Says::Failed),
            ] {
                assert_eq!(of(name, text).0, says, "{name}");
            }
        }
    }

    #[test]
    fn newer_versions_say_more() {
        assert_eq!(of("toolfail", OLD), (Says::ToolsFailed, None));
        let why = Some("boom".to_owned());
        assert_eq!(of("toolfail", NEW), (Says::ToolsFailed, why));
        assert_eq!(of("refused", OLD), (Says::Failed, None));
        let why = "ECONNREFUSED: Unable to connect. Is the computer able to access the url?";
        assert_eq!(of("refused", NEW), (Says::Failed, Some(why.to_owned())));
        assert_eq!(of("off", NEW), (Says::Disabled, None));
        for text in [OLD, NEW] {
            assert_eq!(of("needauth", text), (Says::NeedsAuthentication, None));
            assert_eq!(of("pend", text), (Says::Pending, None));
            let (says, why) = of("transp", text);
            assert_eq!(says, Says::Skipped);
            assert!(why.is_some_and(|why| !why.is_empty()));
        }
    }

    #[test]
    fn targets_are_kept_without_secrets() {
        for text in [OLDEST, OLD, NEW] {
            let servers = listed(text).expect("a list");
            let target = |name: &str| {
                let found = servers.iter().find(|server| server.name == name);
                found.and_then(|server| server.target.clone())
            };
            assert_eq!(
                target("good").as_deref(),
                Some("http://127.0.0.1:47310/good")
            );
            assert_eq!(
                target("old-sse").as_deref(),
                Some("http://127.0.0.1:47310/sse")
            );
            assert!(!format!("{servers:?}").contains("5f1c2a9be07d4431"));
        }
    }

    #[test]
    fn what_is_no_list_says_nothing_of_what_is_missing() {
        assert_eq!(
            listed("No MCP servers configured. Use `claude mcp add`"),
            Ok(Vec::new())
        );
        for text in [
            "",
            "Claude configuration file is corrupted",
            "usage: claude",
        ] {
            assert!(listed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_state_that_is_not_known_is_kept_in_its_words() {
        let text = "Checking MCP server health…\n\nx: http://h/mcp (HTTP) - ~ Warming up\n";
        assert_eq!(
            of("x", text),
            (Says::Other, Some("~ Warming up".to_owned()))
        );
        let text = "x: sh -c echo - ✔ \u{1b}[31m - ✘ Failed to connect — a - ✔ Connected\n";
        let why = Some("a - ✔ Connected".to_owned());
        assert_eq!(of("x", text), (Says::Failed, why));
    }
}
