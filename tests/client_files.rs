//! What the checks of client files say, and above all where they are silent.

use std::path::PathBuf;

use mcpdoc::fact::{Ask, AskClient, ClientView, Known, Probe, Unknown};
use mcpdoc::load::Memory;
use mcpdoc::plan::Permissions;
use mcpdoc::verdict::place_name;
use mcpdoc::{Examination, Witness, fix, investigate};

use support::CWD;

#[path = "support/run.rs"]
mod support;

const HOME: &str = "/home/user";

/// Names are below the working directory, `~` is the home, absolute paths are themselves.
fn run(arguments: &str, files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        let path = match name.strip_prefix("~/") {
            Some(rest) => PathBuf::from(HOME).join(rest),
            None => PathBuf::from(CWD).join(name),
        };
        memory.insert(path, *text);
    }
    support::run(arguments, Some(HOME), &memory)
}

fn said(id: &str, arguments: &str, files: &[(&str, &str)]) -> Vec<String> {
    let examination = run(&format!("--only {id} {arguments}"), files);
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let place = place_name(&examination.stack, &judged.finding.labels[0].at);
            format!(
                "{} {place} {}",
                judged.finding.severity.word(),
                judged.finding.message
            )
        })
        .collect()
}

fn skips(id: &str, arguments: &str, files: &[(&str, &str)]) -> Vec<String> {
    let examination = run(&format!("--only {id} {arguments}"), files);
    let skipped = examination.diagnosis.skipped.into_iter();
    skipped.map(|skipped| skipped.reason).collect()
}

/// Asserts how many findings there are, and what stands in each.
fn expect(id: &str, arguments: &str, files: &[(&str, &str)], expected: &[&str]) {
    let said = said(id, arguments, files);
    assert_eq!(said.len(), expected.len(), "{files:?}: {said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.contains(expected), "{said:?} lacks {expected:?}");
    }
}

#[test]
fn only_servers_are_searched_where_a_client_keeps_its_state() {
    let state = r#"{
        "firstTokenDate": "9c41e07bd2f84a6f83b5",
        "apiKey": "9c41e07bd2f84a6f83b5",
        "mcpServers": {"all": {"command": "x", "env": {"API_KEY": "9c41e07bd2f84a6f83b5"}}},
        "projects": {"/home/user/stack": {
            "history": [{"display": "use API_KEY=9c41e07bd2f84a6f83b5 there"}],
            "mcpServers": {"one": {"command": "x", "env": {"API_KEY": "9c41e07bd2f84a6f83b5"}}}
        }}
    }"#;
    let id = "secret-in-file";
    let found = ["`env.API_KEY` of all", "`env.API_KEY` of one"];
    expect(
        id,
        "--claude .claude.json",
        &[(".claude.json", state)],
        &found,
    );
    // In a file of servers only, every value counts.
    let other = r#"{"apiKey": "9c41e07bd2f84a6f83b5", "mcpServers": {}}"#;
    expect(
        id,
        "--claude .mcp.json",
        &[(".mcp.json", other)],
        &["`apiKey` of .mcp.json"],
    );
}

#[test]
fn a_template_of_a_clients_file_is_said_once() {
    let filled = entry(r#"{"command": "x", "args": ["{{PROJECT_PATH}}", "{{ROOT}}"]}"#);
    let checks = "env-reference-syntax,invalid-syntax";
    let said = |name: &str| said(checks, &format!("--claude {name}"), &[(name, &filled)]);
    for name in ["mcp_project_template.json", "templates/app/.mcp.json"] {
        let said = said(name);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("note "), "{said:?}");
        assert!(
            said[0].contains("is a template: what fills in `{{PROJECT_PATH}}`"),
            "{said:?}"
        );
    }
    // Claude Code reads this one as it is.
    let said = said(".mcp.json");
    assert!(said.len() == 1 && said[0].starts_with("error "), "{said:?}");
    // An argument in Go's syntax is for the program that gets it.
    let go = entry(r#"{"command": "docker", "args": ["ps", "--format", "{{.Names}}"]}"#);
    expect(
        checks,
        "--claude servers.json",
        &[("servers.json", &go)],
        &[],
    );
}

#[test]
fn examples_are_their_clients() {
    let remote = entry(r#"{"url": "http://localhost:4000/mcp"}"#);
    for name in [
        "claude_desktop_config.example.json",
        "claude_desktop_config.json.sample",
        "claude_desktop_config_docker.json",
    ] {
        let files = [(name, remote.as_str())];
        let arguments = format!("--claude {name}");
        expect(
            "client-remote-unsupported",
            &arguments,
            &files,
            &["Claude Desktop starts commands only"],
        );
        expect("client-type-missing", &arguments, &files, &[]);
    }
    let files = [(".mcp.example.json", remote.as_str())];
    expect(
        "client-type-missing",
        "--claude .mcp.example.json",
        &files,
        &["has a url but no `type`"],
    );
}

fn entry(text: &str) -> String {
    format!("{{\"mcpServers\": {{\"s\": {text}}}}}")
}

const HTTP: &str = r#"{"type": "http", "url": "http://localhost:4000/mcp/"}"#;

#[test]
fn the_key_of_the_servers_is_each_clients_own() {
    let id = "client-top-level-key";
    let servers = r#"{"servers": {"a": {"command": "x"}}}"#;
    let mcp_servers = r#"{"mcpServers": {"a": {"command": "x"}}}"#;
    for (name, text, expected) in [
        (".mcp.json", servers, "error"),
        (".mcp.json", r#"{"mcp": {"a": {"command": "x"}}}"#, "error"),
        (".mcp.json", r#"{"servers": {}}"#, "error"),
        (
            ".mcp.json",
            r#"{"a": {"command": "x"}}"#,
            "are at its top level",
        ),
        (".mcp.json", r#"{"mcpServers": [{"name": "a"}]}"#, "a list"),
        (".mcp.json", r#"{"mcpServers": null}"#, "nothing"),
        (".cursor/mcp.json", servers, "warning"),
        (".vscode/mcp.json", mcp_servers, "warning"),
        ("claude_desktop_config.json", servers, ""),
        (".vscode/mcp.json", servers, ""),
        (".cursor/mcp.json", mcp_servers, ""),
        // For two clients; of nobody; empty.
        (
            ".mcp.json",
            r#"{"servers": {"a": {"command": "x"}}, "mcpServers": {}}"#,
            "",
        ),
        (".mcp.json", "{}", ""),
        (".mcp.json", r#"{"servers": [{"name": "a"}]}"#, ""),
        (".mcp.json", r#"{"servers": {"a": {"host": "x"}}}"#, ""),
        (".mcp.json", r#"{"a": {"command": "x"}, "b": 1}"#, ""),
        ("claude_desktop_config.json", r#"{"preferences": {}}"#, ""),
    ] {
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, ".", &[(name, text)], &expected);
    }
    // The user's own file is full of other things.
    expect(id, "", &[("~/.claude.json", servers)], &[]);
    // A plugin's file needs no key.
    let plugin = ("p/.claude-plugin/plugin.json", "{}");
    let bare = r#"{"a": {"command": "x"}}"#;
    expect(id, ".", &[plugin, ("p/.mcp.json", bare)], &[]);
    // A file of any name: only what can be nothing but servers.
    let other = |text| expect(id, "--claude other.json", &[("other.json", text)], &[]);
    other(r#"{"servers": []}"#);
    other(r#"{"servers": {}}"#);
    other(r#"{"mcpServers": [{"name": "a"}]}"#);
    other(bare);
    expect(
        id,
        "--claude other.json",
        &[("other.json", servers)],
        &["error"],
    );
}

#[test]
fn types_and_the_rest_of_an_entry_go_together() {
    let id = "client-type-invalid";
    for (text, expected) in [
        (HTTP, ""),
        (r#"{"command": "x"}"#, ""),
        (r#"{"type": "stdio", "command": "x"}"#, ""),
        (r#"{"type": "sse", "url": "http://h/sse"}"#, ""),
        (r#"{"type": "ws", "url": "ws://h/mcp"}"#, ""),
        (r#"{"type": "sdk"}"#, ""),
        // Of others.
        (r#"{"url": "http://h/mcp"}"#, ""),
        (r#"{"type": "http", "httpUrl": "http://h/mcp"}"#, ""),
        (r#"{"serverUrl": "http://h/mcp"}"#, ""),
        (r#"{"type": 5, "url": "http://h/mcp"}"#, ""),
        (r#"{"type": "http", "url": 5}"#, ""),
        (r#"{"command": ["a"]}"#, ""),
        (r#"{"command": "curl", "args": ["http://h"]}"#, ""),
        // Not for us.
        (
            r#"{"type": "SSE", "url": "http://h/sse"}"#,
            "write `\"type\": \"sse\"`",
        ),
        (
            r#"{"type": "local", "command": "x"}"#,
            "write `\"type\": \"stdio\"`",
        ),
        (
            r#"{"type": "remote", "url": "http://h"}"#,
            "the one that the server speaks",
        ),
        (r#"{"type": "http"}"#, "add the url"),
        (
            r#"{"type": "http", "command": "x"}"#,
            "write `\"type\": \"stdio\"`",
        ),
        (r#"{"type": "stdio", "url": "http://h"}"#, "needs"),
        (
            r#"{"command": "https://h/sse"}"#,
            "write `\"type\": \"sse\"`",
        ),
        (r#"{}"#, "neither a command nor a url"),
        (r#"{"command": "x", "url": "http://h"}"#, "warning"),
        (
            r#"{"type": "http", "command": "x", "url": "http://h"}"#,
            "warning",
        ),
        (r#"{"type": "streamable-http", "url": "http://h"}"#, "note"),
    ] {
        let expected = match expected {
            "" => vec![],
            "needs" => vec!["but no command"],
            other => vec![other],
        };
        expect(id, ".", &[(".mcp.json", &entry(text))], &expected);
    }
    // What other clients mean by it is not known here.
    let odd = entry(r#"{"type": "streamableHttp", "url": "http://h"}"#);
    expect(id, ".", &[(".cursor/mcp.json", &odd)], &[]);
    // A file of a name that says nothing may be another program's, unless somebody says that it is not.
    let named = [("other.json", odd.as_str())];
    expect(id, "other.json", &named, &[]);
    expect(id, "--claude other.json", &named, &["error"]);
    // What is not read has no types to mend.
    expect(id, ".", &[(".claude/mcp.json", &odd)], &[]);
}

#[test]
fn values_are_of_their_types() {
    let id = "client-value-type";
    let http = |more: &str| format!(r#"{{"type": "http", "url": "http://h/mcp", {more}}}"#);
    for (text, expected) in [
        (HTTP.to_owned(), ""),
        (r#"{"command": "x", "args": [], "env": {}}"#.into(), ""),
        (r#"{"command": "x", "cwd": 5, "disabled": true}"#.into(), ""),
        // Keys for entries of another kind are not looked at.
        (http(r#""args": "x", "env": null"#), ""),
        (r#"{"command": "x", "headers": 5}"#.into(), ""),
        (http(r#""timeout": 30000"#), ""),
        (http(r#""timeout": 3e4"#), ""),
        (http(r#""alwaysLoad": true"#), ""),
        (
            http(r#""headers": {"X-A": "", "x_b": " b \n", "X-C": "é"}"#),
            "",
        ),
        (http(r#""headers": {"X-A": "${A}"}"#), ""),
        (http(r#""timeout": "30000""#), "a whole number above zero"),
        (http(r#""timeout": 0"#), "a whole number above zero"),
        (http(r#""timeout": 1.5"#), "a whole number above zero"),
        (http(r#""alwaysLoad": "yes""#), "true or false"),
        (http(r#""headers": {"X-A": null}"#), "write a string"),
        (
            http(r#""headers": ["X-A: b"]"#),
            "a mapping of names to strings",
        ),
        (
            http(r#""headers": {"${A}": "b"}"#),
            "nothing is filled into names",
        ),
        (http(r#""headers": {"": "b"}"#), "header name"),
        (http(r#""headers": {"X-A": "a\nb"}"#), "a line break"),
        (http(r#""headers": {"X-A": "ж"}"#), "the character ж"),
        (
            r#"{"command": "x", "args": "-y a"}"#.into(),
            "a list of strings",
        ),
        (
            r#"{"command": "x", "args": [1, 2, 3]}"#.into(),
            "a number, not a string, and 2 other values",
        ),
        (r#"{"command": ""}"#.into(), "empty"),
        ("5".into(), "an entry is an object"),
    ] {
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, ".", &[(".mcp.json", &entry(&text))], &expected);
        expect(id, ".", &[(".cursor/mcp.json", &entry(&text))], &[]);
    }
}

/// A file after the first repair of the first finding.
fn repaired(id: &str, name: &str, text: &str) -> serde_json::Value {
    let examination = run(&format!("--only {id} ."), &[(name, text)]);
    let finding = &examination.diagnosis.findings[0].finding;
    let source = |id| examination.stack.source(id);
    let edits = fix::lower(&source, &finding.fixes[0]).expect("edits");
    let text = fix::apply(text, &edits);
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn repairs_write_what_was_meant() {
    let text = entry(r#"{"type": "http", "url": "http://h/mcp", "timeout": "5000"}"#);
    let json = repaired("client-value-type", ".mcp.json", &text);
    assert_eq!(json["mcpServers"]["s"]["timeout"], 5000);
    let text = entry(r#"{"url": "http://gateway.lan:4000/mcp"}"#);
    let json = repaired(
        "client-remote-unsupported",
        "claude_desktop_config.json",
        &text,
    );
    assert_eq!(
        json["mcpServers"]["s"]["args"],
        serde_json::json!([
            "-y",
            "mcp-remote",
            "http://gateway.lan:4000/mcp",
            "--allow-http"
        ])
    );
    let text = entry(r#"{"command": "x", "args": ["${workspaceFolder}/a", "${userHome}"]}"#);
    let json = repaired("env-reference-syntax", ".mcp.json", &text);
    assert_eq!(
        json["mcpServers"]["s"]["args"],
        serde_json::json!(["./a", "${HOME}"])
    );
    let text = r#"{"servers": {"s": {"url": "http://h", "headers": {"A": "Bearer ${TOKEN}"}}}}"#;
    let json = repaired("env-reference-syntax", ".vscode/mcp.json", text);
    assert_eq!(json["servers"]["s"]["headers"]["A"], "Bearer ${env:TOKEN}");
}

#[test]
fn names_that_are_taken_and_names_that_commands_refuse() {
    let id = "client-name-invalid";
    let named = |name: &str| format!("{{\"mcpServers\": {{\"{name}\": {HTTP}}}}}");
    for (name, expected) in [
        ("gateway", ""),
        ("db_main-2", ""),
        ("ide", ""),
        ("Workspace", ""),
        ("computer-use", "error"),
        ("Claude Preview", "error"),
        // Not in every version.
        ("workspace", "warning"),
        ("Claude Browser", "warning"),
        ("my server", "warning"),
        ("db.main", "warning"),
        ("", "warning"),
    ] {
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, ".", &[(".mcp.json", &named(name))], &expected);
        expect(id, ".", &[(".cursor/mcp.json", &named(name))], &[]);
        let plugin = ("p/.claude-plugin/plugin.json", "{}");
        expect(id, ".", &[plugin, ("p/.mcp.json", &named(name))], &[]);
    }
}

#[test]
fn scopes_conflict_where_they_meet() {
    let id = "client-scope-conflict";
    let other = r#"{"type": "http", "url": "http://other/mcp"}"#;
    let local = |dir: &str, user: &str, local: &str| {
        format!(
            r#"{{"mcpServers": {user}, "projects": {{"{dir}": {{"mcpServers": {{"s": {local}}}}}}}}}"#
        )
    };
    let project = entry(HTTP);
    let user = |text: &str| format!("{{\"s\": {text}}}");
    // Local and user: wherever the local one is.
    let file = local("/srv/app", &user(other), HTTP);
    expect(
        id,
        "",
        &[("~/.claude.json", &file)],
        &["user scope and another in the local"],
    );
    // Local and project: in the same directory only.
    let file = local(CWD, "{}", other);
    let files = [("~/.claude.json", file.as_str()), (".mcp.json", &project)];
    expect(id, "", &files, &["project scope and another in the local"]);
    let file = local("/srv/app", "{}", other);
    let files = [("~/.claude.json", file.as_str()), (".mcp.json", &project)];
    expect(id, "", &files, &[]);
    // The same server is no conflict.
    let same = local(
        "/srv/app",
        &user(r#"{"type": "http", "url": "http://localhost:4000/mcp"}"#),
        HTTP,
    );
    expect(id, "", &[("~/.claude.json", &same)], &[]);
    // Two projects never meet, and a plugin's server has another name.
    let files = [("a/.mcp.json", entry(HTTP)), ("b/.mcp.json", entry(other))];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
    expect(id, "", &files, &[]);
    let plugin = ("p/.claude-plugin/plugin.json", "{}");
    let file = entry(other);
    let files = [plugin, ("p/.mcp.json", &project), ("~/.claude.json", &file)];
    expect(id, "", &files, &[]);
    // Under the administrator's servers neither counts.
    if cfg!(unix) {
        let managed = ("/etc/claude-code/managed-mcp.json", r#"{"mcpServers": {}}"#);
        let files = [managed, (".mcp.json", &project), ("~/.claude.json", &file)];
        expect(id, "", &files, &[]);
    }
}

#[test]
fn approval_is_judged_only_where_it_was_read() {
    let id = "client-approval-pending";
    let project = entry(HTTP);
    let mcp = (".mcp.json", project.as_str());
    let state = |more: &str| format!(r#"{{"projects": {{"{CWD}": {{{more}}}}}}}"#);
    let known = state("");
    let trusted = state(r#""hasTrustDialogAccepted": true"#);
    // Without a home, or without the file that says it, nothing is known.
    expect(id, ".", &[mcp], &[]);
    assert!(skips(id, ".", &[mcp])[0].contains("--home"));
    expect(id, "", &[mcp], &[]);
    assert!(skips(id, "", &[mcp])[0].contains("no ~/.claude.json"));
    expect(id, "", &[mcp, ("~/.claude.json", "{")], &[]);
    expect(
        id,
        "",
        &[
            mcp,
            ("~/.claude.json", &known),
            (".claude/settings.json", "{"),
        ],
        &[],
    );

    let all = r#"{"enableAllProjectMcpServers": true}"#;
    let one = r#"{"enabledMcpjsonServers": ["s"]}"#;
    let other = r#"{"enabledMcpjsonServers": ["t"]}"#;
    let no = r#"{"disabledMcpjsonServers": ["s"]}"#;
    let own = state(r#""enabledMcpjsonServers": ["s"]"#);
    let below = format!(
        r#"{{"projects": {{"{CWD}/sub": {{"hasTrustDialogAccepted": true}}, "{CWD}": {{}}}}}}"#
    );
    for (state, settings, expected) in [
        ("{}", None, ""),
        (known.as_str(), None, "nobody has approved s"),
        (&trusted, None, "nobody has approved s"),
        (
            &trusted,
            Some((".claude/settings.local.json", other)),
            "nobody has approved",
        ),
        (&trusted, Some((".claude/settings.local.json", one)), ""),
        (&trusted, Some((".claude/settings.json", all)), ""),
        (
            &known,
            Some((".claude/settings.json", all)),
            "nobody has approved",
        ),
        (&known, Some(("~/.claude/settings.json", all)), ""),
        (&known, Some(("~/.claude/settings.json", one)), ""),
        (
            &known,
            Some(("~/.claude/settings.json", other)),
            "nobody has approved",
        ),
        // What is not certain to count is let pass.
        (&own, None, ""),
        (&below, Some((".claude/settings.json", all)), ""),
        (
            &known,
            Some(("~/.claude/settings.json", no)),
            "is rejected in",
        ),
        (
            &trusted,
            Some((".claude/settings.json", no)),
            "is rejected in",
        ),
    ] {
        let mut files = vec![mcp, ("~/.claude.json", state)];
        files.extend(settings);
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, "", &files, &expected);
    }
    assert!(skips(id, "", &[mcp, ("~/.claude.json", "{}")])[0].contains("never started there"));
    let below = [mcp, ("~/.claude.json", below.as_str())];
    assert!(skips(id, "", &below)[0].contains("a directory below"));
    // Nobody is asked about these.
    let user = entry(HTTP);
    expect(id, "", &[("~/.claude.json", &user)], &[]);
    let plugin = ("p/.claude-plugin/plugin.json", "{}");
    let files = [plugin, ("p/.mcp.json", &project), ("~/.claude.json", "{}")];
    expect(id, "", &files, &[]);
    let files = [
        (".cursor/mcp.json", project.as_str()),
        ("~/.claude.json", "{}"),
    ];
    expect(id, "", &files, &[]);
}

#[test]
fn lists_block_what_they_are_sure_to_block() {
    let id = "client-blocked";
    let user = entry(HTTP);
    let stdio = entry(r#"{"command": "npx", "args": ["-y", "x"]}"#);
    let variable = entry(r#"{"type": "http", "url": "${URL}"}"#);
    for (file, settings, expected) in [
        (
            &user,
            r#"{"deniedMcpServers": [{"serverName": "s"}]}"#,
            "matches an entry",
        ),
        (
            &user,
            r#"{"deniedMcpServers": [{"serverUrl": "http://localhost:*"}]}"#,
            "matches",
        ),
        (
            &user,
            r#"{"deniedMcpServers": [{"serverCommand": ["npx", "-y", "x"]}]}"#,
            "",
        ),
        (
            &stdio,
            r#"{"deniedMcpServers": [{"serverCommand": ["npx", "-y", "x"]}]}"#,
            "matches",
        ),
        (
            &stdio,
            r#"{"deniedMcpServers": [{"serverCommand": ["npx", "x"]}]}"#,
            "",
        ),
        (&user, r#"{"deniedMcpServers": []}"#, ""),
        (&user, r#"{"deniedMcpServers": ["s"]}"#, ""),
        (
            &variable,
            r#"{"deniedMcpServers": [{"serverUrl": "http://*"}]}"#,
            "",
        ),
        (&user, r#"{"allowedMcpServers": []}"#, "does not allow s"),
        (
            &user,
            r#"{"allowedMcpServers": [{"serverName": "t"}]}"#,
            "does not allow s",
        ),
        (&user, r#"{"allowedMcpServers": [{"serverName": "s"}]}"#, ""),
        (
            &user,
            r#"{"allowedMcpServers": [{"serverName": "s"}, {"serverUrl": "http://h/*"}]}"#,
            "none of the urls",
        ),
        (
            &stdio,
            r#"{"allowedMcpServers": [{"serverName": "s"}, {"serverUrl": "http://h/*"}]}"#,
            "",
        ),
        (
            &stdio,
            r#"{"allowedMcpServers": [{"serverCommand": ["npx"]}]}"#,
            "its command",
        ),
        (
            &stdio,
            r#"{"allowedMcpServers": [{"serverCommand": ["${HOME}/x"]}]}"#,
            "",
        ),
        (
            &variable,
            r#"{"allowedMcpServers": [{"serverUrl": "http://h/*"}]}"#,
            "",
        ),
        (&user, r#"{"allowedMcpServers": ["t"]}"#, ""),
        (&user, r#"{"allowedMcpServers": null}"#, ""),
    ] {
        let files = [
            ("~/.claude.json", file.as_str()),
            ("~/.claude/settings.json", settings),
        ];
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, "", &files, &expected);
    }
    // A project's list counts for the project; without the home it may not be the whole list.
    let denied = r#"{"deniedMcpServers": [{"serverName": "s"}]}"#;
    let allowed = r#"{"allowedMcpServers": []}"#;
    let project = |settings| {
        [
            (".mcp.json", user.as_str()),
            (".claude/settings.json", settings),
        ]
    };
    expect(id, ".", &project(denied), &["matches"]);
    expect(id, ".", &project(allowed), &[]);
    expect(id, "", &project(allowed), &["does not allow"]);
    let files = [("~/.claude.json", user.as_str()), ("app/.mcp.json", "{}")];
    let files = [files[0], files[1], ("app/.claude/settings.json", denied)];
    expect(id, "", &files, &[]);
    expect(
        id,
        ".",
        &[
            (".cursor/mcp.json", &user),
            (".claude/settings.json", denied),
        ],
        &[],
    );
}

#[cfg(unix)]
#[test]
fn the_administrators_servers_exclude_all_others() {
    let id = "client-blocked";
    let user = entry(HTTP);
    let place = "/etc/claude-code/managed-mcp.json";
    let files = |managed| {
        [
            (place, managed),
            ("~/.claude.json", user.as_str()),
            (".mcp.json", user.as_str()),
        ]
    };
    let both = ["allows its own servers only", "allows its own servers only"];
    expect(id, "", &files(r#"{"mcpServers": {}}"#), &both);
    expect(id, "", &files(&user), &both);
    // What does not parse excludes nothing.
    expect(id, "", &files("{"), &[]);
    // A file to be installed elsewhere is not installed here.
    let files = [
        ("dist/managed-mcp.json", user.as_str()),
        (".mcp.json", &user),
    ];
    expect(id, "", &files, &[]);
    // The administrator's list is the only one that allows, if they say so.
    let settings = "/etc/claude-code/managed-settings.json";
    let own = (
        "~/.claude/settings.json",
        r#"{"allowedMcpServers": [{"serverName": "s"}]}"#,
    );
    let only = r#"{"allowedMcpServers": [], "allowManagedMcpServersOnly": true}"#;
    let also = r#"{"allowedMcpServers": []}"#;
    expect(
        id,
        "",
        &[(settings, only), own, ("~/.claude.json", &user)],
        &["does not allow"],
    );
    expect(
        id,
        "",
        &[(settings, also), own, ("~/.claude.json", &user)],
        &[],
    );
}

#[test]
fn claude_desktop_starts_commands() {
    let id = "client-remote-unsupported";
    let desktop = "claude_desktop_config.json";
    let url = entry(r#"{"type": "http", "url": "https://h/mcp"}"#);
    let command = entry(r#"{"command": "npx", "args": ["mcp-remote", "https://h/mcp"]}"#);
    let secret = "Bearer sk-0123456789abcdefghijklmn";
    let header = entry(&format!(
        r#"{{"url": "https://h/mcp", "headers": {{"Authorization": "{secret}"}}}}"#
    ));
    expect(id, ".", &[(desktop, &url)], &["error"]);
    let place = "~/.config/Claude/claude_desktop_config.json";
    expect(id, "", &[(place, &url), (".mcp.json", "{}")], &[]);
    let gateway = entry(r#"{"url": "http://localhost:4000/mcp/"}"#);
    let litellm = ("config.yaml", "model_list: []\n");
    expect(id, "", &[(place, &gateway), litellm], &["error"]);
    expect(
        id,
        &format!("--claude {desktop}"),
        &[(desktop, &url)],
        &["error"],
    );
    for (name, text) in [
        (desktop, &command),
        (".mcp.json", &url),
        (".cursor/mcp.json", &url),
        ("claude_desktop_config.example.json", &url),
    ] {
        expect(id, ".", &[(".mcp.json", "{}"), (name, text)], &[]);
    }
    let examination = run(&format!("--only {id} ."), &[(desktop, &header)]);
    let fix = &examination.diagnosis.findings[0].finding.fixes[0];
    let text = fix.text.as_deref().expect("lines to write");
    assert!(
        text.contains("Authorization:${HEADER_1}") && !text.contains("sk-0123"),
        "{text}"
    );
}

#[test]
fn references_are_each_clients_own() {
    let id = "env-reference-syntax";
    let with = |value: &str| {
        format!(r#"{{"s": {{"command": "x", "args": ["{value}"], "env": {{"A": "{value}"}}}}}}"#)
    };
    let mcp_servers = |value: &str| format!(r#"{{"mcpServers": {}}}"#, with(value));
    let servers = |value: &str| format!(r#"{{"inputs": [], "servers": {}}}"#, with(value));
    for (name, text, expected) in [
        (".mcp.json", mcp_servers("${A}"), ""),
        (".mcp.json", mcp_servers("${A:-b}"), ""),
        (".mcp.json", mcp_servers("${CLAUDE_PROJECT_DIR:-.}"), ""),
        (".mcp.json", mcp_servers("${workspaceFolder:-.}"), ""),
        (".mcp.json", mcp_servers("${env:A}"), "error"),
        (".mcp.json", mcp_servers("${workspaceFolder}"), "error"),
        (".mcp.json", mcp_servers("${input:key}"), "error"),
        (
            ".mcp.json",
            mcp_servers("${input:key}").replacen('{', "{\"inputs\": [],", 1),
            "note",
        ),
        (".cursor/mcp.json", mcp_servers("${env:A}"), ""),
        (".cursor/mcp.json", mcp_servers("${workspaceFolder}"), ""),
        (".cursor/mcp.json", mcp_servers("${somethingElse}"), ""),
        (".cursor/mcp.json", mcp_servers("${A}"), "warning"),
        (".vscode/mcp.json", servers("${input:key}"), ""),
        (".vscode/mcp.json", servers("${env:A}"), ""),
        (
            ".vscode/mcp.json",
            servers("${A}"),
            "fills in `${env:NAME}`",
        ),
        ("claude_desktop_config.json", mcp_servers("plain"), ""),
        (
            "claude_desktop_config.json",
            mcp_servers("${A}"),
            "fills in nothing",
        ),
    ] {
        let expected: Vec<&str> = Some(expected)
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect();
        expect(id, ".", &[(name, &text)], &expected);
    }
    // mcp-remote fills in its arguments itself.
    let bridge = entry(
        r#"{"command": "npx", "args": ["mcp-remote", "https://h", "--header", "A:${AUTH}"], "env": {"AUTH": "x"}}"#,
    );
    expect(id, ".", &[("claude_desktop_config.json", &bridge)], &[]);
}

#[test]
fn secrets_are_replaced_by_what_the_client_fills_in() {
    let id = "secret-in-file";
    let env = r#"{"s": {"command": "x", "env": {"API_KEY": "9f3d2c71a8e64b05b1d7"}}}"#;
    let mcp_servers = format!(r#"{{"mcpServers": {env}}}"#);
    let servers = format!(r#"{{"servers": {env}}}"#);
    for (name, text, expected) in [
        (".mcp.json", &mcp_servers, "write ${API_KEY} instead"),
        (
            ".cursor/mcp.json",
            &mcp_servers,
            "write ${env:API_KEY} instead",
        ),
        (
            ".vscode/mcp.json",
            &servers,
            "`env.API_KEY` of s: write ${env:API_KEY}",
        ),
        (
            "claude_desktop_config.json",
            &mcp_servers,
            "fills in no variables",
        ),
    ] {
        expect(id, ".", &[(name, text)], &[expected]);
    }
    // There the value has no other place.
    let home = "../.config/Claude/claude_desktop_config.json";
    let own = (
        "~/.config/Claude/claude_desktop_config.json",
        mcp_servers.as_str(),
    );
    expect(id, &format!("--claude {home}"), &[own], &[]);
}

#[test]
fn a_client_that_falls_back_may_call_either_transport() {
    let compose = "services:\n  db:\n    image: crystaldba/postgres-mcp:0.3.0\n    command: [--transport=sse]\n    ports: ['8000:8000']\n";
    let files = |name, text| [("compose.yaml", compose), (name, text)];
    let sse = r#"{"mcpServers": {"s": {"type": "http", "url": "http://localhost:8000/sse"}}}"#;
    let id = "transport-mismatch";
    expect(id, ".", &files(".mcp.json", sse), &["error"]);
    expect(id, ".", &files(".cursor/mcp.json", sse), &[]);
}

/// A report adds the gateway's name to versions that a message does not name itself.
#[test]
fn versions_of_a_client_are_named_as_the_clients() {
    for (id, text) in [
        (
            "client-type-invalid",
            r#"{"mcpServers": {"s": {"type": "streamable-http", "url": "http://h"}}}"#,
        ),
        (
            "client-name-invalid",
            r#"{"mcpServers": {"workspace": {"command": "x"}}}"#,
        ),
    ] {
        let examination = run(&format!("--only {id}"), &[(".mcp.json", text)]);
        let [judged] = examination.diagnosis.findings.as_slice() else {
            panic!("{id}: {:?}", examination.diagnosis.findings);
        };
        let versions = judged.finding.versions.as_deref().expect("versions");
        let named = format!("Claude Code {versions}");
        let message = &judged.finding.message;
        assert!(message.contains(&named), "{message:?} lacks {named:?}");
    }
}

/// A client that says which version it is of.
struct Says(&'static str);

impl Witness for Says {
    fn answer(&mut self, _: &[Ask]) -> Vec<Probe> {
        Vec::new()
    }

    fn client(&mut self, ask: &AskClient) -> Option<ClientView> {
        Some(ClientView {
            client: "claude-code".to_owned(),
            version: Some(self.0.to_owned()),
            dir: ask.dir.to_string_lossy().into_owned(),
            declared: ask.names(),
            servers: Known::No(Unknown::NotAsked),
            past: Vec::new(),
        })
    }
}

/// What is said where that version runs: severity, message, evidence, and the entries whose calls it breaks.
fn said_to(version: &'static str, name: &str, text: &str) -> Vec<String> {
    let mut files = Memory::default();
    files.insert(
        match name.strip_prefix("~/") {
            Some(rest) => PathBuf::from(HOME).join(rest),
            None => PathBuf::from(CWD).join(name),
        },
        text,
    );
    let prepared = support::prepared("", Some(HOME), &files);
    let examination = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &Permissions::default(),
        &files,
        &mut Says(version),
    );
    let hops = &examination.chain.hops;
    let findings = examination.diagnosis.findings.iter();
    let findings = findings.map(|judged| &judged.finding);
    findings
        .filter(|finding| finding.check.starts_with("client-"))
        .map(|finding| {
            let evidence: Vec<&str> = finding
                .evidence
                .iter()
                .map(|one| one.text.as_str())
                .collect();
            let broken: Vec<&str> = finding
                .hops
                .iter()
                .map(|hop| hops[hop.0].from.as_str())
                .collect();
            format!(
                "{} {} [{}] {}",
                finding.severity.word(),
                finding.message,
                evidence.join("; "),
                broken.join(" ")
            )
        })
        .collect()
}

#[test]
fn a_version_that_is_known_decides() {
    let expect = |version: &'static str, name: &str, text: &str, expected: &[&str]| {
        let said = said_to(version, name, text);
        assert_eq!(said.len(), expected.len(), "{version}: {said:#?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{said:?} lacks {expected:?}");
        }
    };
    let named = |name: &str| format!("{{\"mcpServers\": {{\"{name}\": {{\"command\": \"x\"}}}}}}");
    let reserved = "error Claude Code 2.1.330 reserves the name `workspace`";
    expect("2.1.330", ".mcp.json", &named("workspace"), &[reserved]);
    expect("2.1.127", ".mcp.json", &named("workspace"), &[]);
    let unusual = "warning `Claude Browser` is loaded";
    expect("2.1.204", ".mcp.json", &named("Claude Browser"), &[unusual]);
    // What prints no version is no version.
    let open = "warning Claude Code from 2.1.128 reserves the name `workspace`";
    expect("hello", ".mcp.json", &named("workspace"), &[open]);

    let alias = entry(r#"{"type": "streamable-http", "url": "http://h"}"#);
    expect("2.1.136", ".mcp.json", &alias, &[]);
    let unknown = "error s has `\"type\": \"streamable-http\"`, which Claude Code 2.1.133 does not know and therefore silently \
                   drops every server of the file; write `\"type\": \"http\"`";
    expect("2.1.133", ".mcp.json", &alias, &[unknown]);

    let two = r#"{"mcpServers": {"s": {"url": "http://h/mcp"}, "t": {"type": "http", "url": "http://h/mcp"}}}"#;
    let one = "error s has a url but no `type`: Claude Code 2.1.141 takes it for a stdio server without a command and skips \
               the entry; add `\"type\": \"http\"` [] claude-code:s";
    expect("2.1.141", ".mcp.json", two, &[one]);
    let both = "error s has a url but no `type`: Claude Code 2.1.140 takes it for a stdio server without a command and silently \
                drops every server of the file; add `\"type\": \"http\"` [] claude-code:s claude-code:t";
    expect("2.1.140", ".mcp.json", two, &[both]);
    let either = "error s has a url but no `type`: Claude Code takes it for a stdio server without a command and skips the \
                  entry; add `\"type\": \"http\"` [Claude Code before 2.1.141 silently drops every server of the file; later \
                  releases skip only this entry] claude-code:s";
    expect("", ".mcp.json", two, &[either]);
}

/// Seen with 1.0.120: the servers of a project that stand in the same file stay.
#[test]
fn an_old_version_loses_the_servers_of_one_scope() {
    let text = r#"{
        "mcpServers": {"bad": {"serverUrl": "http://h/mcp"}, "good": {"type": "http", "url": "http://h/mcp"}},
        "projects": {"/home/user/stack": {"mcpServers": {"own": {"type": "http", "url": "http://h/mcp"}}}}
    }"#;
    let said = said_to("1.0.120", "~/.claude.json", text);
    let [said] = said.as_slice() else {
        panic!("{said:#?}");
    };
    assert!(
        said.contains(
            "Claude Code 1.0.120 reads `url` and silently drops every server of the scope"
        ),
        "{said}"
    );
    assert!(
        said.contains("claude-code:good") && !said.contains("claude-code:own"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_never_opened_is_one_cause() {
    let text = entry(r#"{"command": "x", "disabled": true, "autoApprove": ["a"]}"#);
    expect(
        "client-foreign-key",
        "",
        &[("~/.claude/mcp.json", &text)],
        &[],
    );
    expect(
        "client-file-not-read",
        "",
        &[("~/.claude/mcp.json", &text)],
        &["never connected"],
    );
    let read = [(".mcp.json", text.as_str())];
    expect(
        "client-foreign-key",
        "",
        &read,
        &["`disabled`", "`autoApprove`"],
    );
}

#[test]
fn a_program_that_certainly_gets_no_database_url_exits() {
    let with = |command: &str, args: &str| {
        let text = entry(&format!(r#"{{"command": "{command}", "args": [{args}]}}"#));
        said("database-url-missing", "", &[(".mcp.json", &text)])
    };
    let npx = r#""-y", "@modelcontextprotocol/server-postgres""#;
    let run = r#""run", "-i", "--rm""#;
    for (command, args) in [
        ("npx", npx.to_owned()),
        ("docker", format!(r#"{run}, "mcp/postgres""#)),
        (
            "docker",
            format!(r#"{run}, "-e", "DATABASE_URL", "mcp/postgres""#),
        ),
        (
            "docker",
            format!(r#"{run}, "crystaldba/postgres-mcp:0.3.0", "--access-mode=restricted""#),
        ),
    ] {
        let said = with(command, &args);
        assert_eq!(said.len(), 1, "{args}: {said:?}");
        assert!(
            said[0].contains("s will exit: it gets no database URL"),
            "{said:?}"
        );
    }
    for (command, args) in [
        ("npx", format!(r#"{npx}, "postgresql://db/app""#)),
        ("npx", format!(r#"{npx}, "${{DATABASE_URL}}""#)),
        ("npx", format!("{npx}, 1")),
        (
            "docker",
            format!(r#"{run}, "mcp/postgres", "postgresql://db/app""#),
        ),
        (
            "docker",
            format!(r#"{run}, "-e", "DATABASE_URI", "crystaldba/postgres-mcp:0.3.0""#),
        ),
        (
            "docker",
            format!(r#"{run}, "--env-file", "a.env", "crystaldba/postgres-mcp:0.3.0""#),
        ),
        (
            "docker",
            format!(r#"{run}, "--entrypoint", "sh", "mcp/postgres""#),
        ),
        (
            "docker",
            r#""exec", "-i", "pg", "mcp-server-postgres""#.to_owned(),
        ),
        // It sees the client's own environment.
        ("uvx", r#""postgres-mcp""#.to_owned()),
    ] {
        let said = with(command, &args);
        assert!(said.is_empty(), "{args}: {said:?}");
    }
}
