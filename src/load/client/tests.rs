use std::path::Path;

use super::*;
use crate::load::Memory;
use crate::model::Stack;
use crate::source::{Part, Position};

fn load(path: &str, text: &str) -> Stack {
    load_with(&Request::default(), path, text)
}

fn load_with(request: &Request, path: &str, text: &str) -> Stack {
    let mut files = Memory::default();
    files.insert(path, text);
    let mut loader = Loader::new(&files, request);
    load_file(&mut loader, Path::new(path), How::Flag);
    loader.stack
}

fn scopes(stack: &Stack) -> Vec<(&str, &Scope)> {
    let entries = stack.clients.iter().flat_map(|file| &file.entries);
    entries
        .map(|entry| (entry.name.value.as_str(), &entry.scope))
        .collect()
}

#[test]
fn an_entry_has_its_values_with_their_places() {
    let text = r#"{
  "mcpServers": {
    "gateway": {
      "type": "http",
      "url": "http://localhost:4000/mcp/",
      "headers": {"Authorization": "Bearer x", "X-Number": 5}
    },
    "local": {"command": "npx", "args": ["-y", 7, "server"]}
  }
}"#;
    let stack = load("/srv/.mcp.json", text);
    let [file] = stack.clients.as_slice() else {
        panic!("{:?}", stack.clients)
    };
    assert!(file.is_read);
    assert_eq!(file.client, Client::ClaudeCode);
    let [gateway, local] = file.entries.as_slice() else {
        panic!("{:?}", file.entries)
    };
    assert_eq!(gateway.scope, Scope::Project);
    assert_eq!(
        gateway.kind.as_ref().map(|kind| kind.value.as_str()),
        Some("http")
    );
    let url = gateway.url.as_ref().expect("a url");
    assert_eq!(url.at.path.to_string(), "mcpServers.gateway.url");
    let source = stack.source(file.source);
    let span = source.locate(&url.at.path, Part::Value);
    assert_eq!(
        &source.text()[span.clone()],
        "\"http://localhost:4000/mcp/\""
    );
    assert_eq!(
        source.position(span.start),
        Position {
            line: 5,
            column: 14
        }
    );
    assert_eq!(gateway.headers.len(), 1, "a header with a number is none");
    let header = gateway.header("authorization").expect("a header");
    assert_eq!(header.value, "Bearer x");
    assert_eq!(
        header.at.path.to_string(),
        "mcpServers.gateway.headers.Authorization"
    );
    assert!(gateway.command.is_none());

    assert!(local.kind.is_none() && local.url.is_none());
    let args: Vec<(&str, String)> = local
        .args
        .iter()
        .map(|arg| (arg.value.as_str(), arg.at.path.to_string()))
        .collect();
    assert_eq!(
        args,
        [
            ("-y", "mcpServers.local.args[0]".to_owned()),
            ("server", "mcpServers.local.args[2]".to_owned())
        ]
    );
    let name = source.locate(&local.name.at.path, Part::Key);
    assert_eq!(&source.text()[name], "\"local\"");
}

#[test]
fn the_user_file_has_two_scopes() {
    let text = r#"{"numStartups": 3,
        "mcpServers": {"everywhere": {}},
        "projects": {
            "/srv/app": {"mcpServers": {"here": {"url": "http://x"}}, "history": []},
            "/srv/other": {"mcpServers": {}},
            "/srv/odd": []
        }}"#;
    let stack = load("/home/ada/.claude.json", text);
    assert_eq!(
        scopes(&stack),
        [
            ("everywhere", &Scope::User),
            ("here", &Scope::Local("/srv/app".to_owned()))
        ]
    );
    let here = &stack.clients[0].entries[1];
    assert_eq!(
        here.at.path.to_string(),
        r#"projects./srv/app.mcpServers.here"#
    );
}

#[test]
fn the_name_decides_the_scope() {
    let text = r#"{"mcpServers": {"a": {}}, "projects": {"/x": {"mcpServers": {"b": {}}}}}"#;
    let cases = [
        ("/etc/claude-code/managed-mcp.json", Scope::Managed),
        ("/srv/.mcp.json", Scope::Project),
        ("/srv/servers-for-the-flag.json", Scope::Project),
        ("/home/ada/.config/claude/mcp-settings.json", Scope::NotRead),
        ("/home/ada/.config/claude/.claude.json", Scope::NotRead),
        ("/srv/claude_desktop_config.json", Scope::User),
        ("/srv/.cursor/mcp.json", Scope::Project),
        ("/srv/.claude/.mcp.json", Scope::NotRead),
        ("/srv/.claude/settings.local.json", Scope::NotRead),
    ];
    for (path, scope) in cases {
        let stack = load(path, text);
        assert_eq!(scopes(&stack), [("a", &scope)], "{path}");
        assert_eq!(stack.clients[0].is_read, scope != Scope::NotRead, "{path}");
    }
}

#[test]
fn a_moved_user_file_is_read() {
    let mut request = Request {
        home: Some("/home/ada".into()),
        ..Request::default()
    };
    assert_eq!(user_file(&request), Some("/home/ada/.claude.json".into()));
    request
        .shell
        .insert("CLAUDE_CONFIG_DIR".into(), "/home/ada/.claude".into());
    assert_eq!(
        user_file(&request),
        Some("/home/ada/.claude/.claude.json".into())
    );
    let text = r#"{"mcpServers": {"a": {}}}"#;
    let stack = load_with(&request, "/home/ada/.claude/.claude.json", text);
    assert_eq!(scopes(&stack), [("a", &Scope::User)]);
}

#[test]
fn settings_without_servers_are_no_client_file() {
    for text in [r#"{"permissions": {}}"#, "{", ""] {
        let stack = load("/srv/.claude/settings.json", text);
        assert!(stack.clients.is_empty(), "{text}");
        assert!(stack.inputs.is_empty(), "{text}");
    }
    for text in [r#"{"mcpServers": {}}"#, r#"{"mcpServers": {"#] {
        let stack = load("/srv/.claude/settings.json", text);
        assert_eq!(stack.clients.len(), 1, "{text}");
        assert!(!stack.clients[0].is_read);
    }
}

#[test]
fn wrong_shapes_have_no_entries_or_empty_ones() {
    for text in [
        "",
        "{",
        "[]",
        "5",
        "null",
        r#"{"mcpServers": []}"#,
        r#"{"mcpServers": null}"#,
        r#"{"projects": 5}"#,
        r#"{"projects": {"/x": {"mcpServers": [1]}}}"#,
    ] {
        for path in ["/srv/.mcp.json", "/home/ada/.claude.json"] {
            let stack = load(path, text);
            assert_eq!(stack.clients.len(), 1, "{text}");
            assert!(stack.clients[0].entries.is_empty(), "{text}");
        }
    }
    let text = r#"{"mcpServers": {"a": null, "b": [], "c": "x",
        "d": {"type": 5, "url": [], "args": "x", "headers": ["y"], "command": {}}}}"#;
    let stack = load("/srv/.mcp.json", text);
    assert_eq!(stack.clients[0].entries.len(), 4);
    for entry in &stack.clients[0].entries {
        assert!(entry.kind.is_none() && entry.url.is_none() && entry.command.is_none());
        assert!(entry.args.is_empty() && entry.headers.is_empty());
    }
}

#[test]
fn json_is_strict_and_missing_files_are_kept() {
    let stack = load("/srv/.mcp.json", "{\"mcpServers\": {},}");
    assert!(!stack.source(stack.clients[0].source).is_parsed());
    let files = Memory::default();
    let request = Request::default();
    let mut loader = Loader::new(&files, &request);
    assert_eq!(
        load_file(&mut loader, Path::new("/gone.json"), How::Flag),
        Some(0)
    );
    assert_eq!(
        load_file(&mut loader, Path::new("/gone.json"), How::Flag),
        Some(0)
    );
    assert_eq!(loader.stack.clients.len(), 1);
    assert_eq!(loader.stack.inputs.len(), 1);
}

#[test]
fn of_a_name_that_stands_twice_the_last_counts() {
    let text = r#"{"mcpServers": {"a": {"url": "http://one"}, "a": {"url": "http://two"}}}"#;
    let stack = load("/srv/.mcp.json", text);
    let urls: Vec<&str> = stack.clients[0]
        .entries
        .iter()
        .filter_map(|entry| Some(entry.url.as_ref()?.value.as_str()))
        .collect();
    assert_eq!(urls, ["http://two"]);
}

#[test]
fn every_client_has_its_own_key_and_its_own_json() {
    let text = "{\n  // of a person\n  \"servers\": {\"a\": {}}, \"mcpServers\": {\"b\": {}}}";
    for (path, names) in [
        ("/srv/.vscode/mcp.json", vec!["a"]),
        ("/srv/.cursor/mcp.json", vec!["b"]),
        ("/srv/.mcp.json", vec![]),
        ("/srv/claude_desktop_config.json", vec![]),
    ] {
        let stack = load(path, text);
        let found: Vec<&str> = scopes(&stack).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, names, "{path}");
    }
}

#[test]
fn a_plugins_file_may_do_without_the_key() {
    let mut files = Memory::default();
    files.insert("/srv/p/.claude-plugin/plugin.json", "{}");
    files.insert("/srv/p/tools/.mcp.json", r#"{"a": {"command": "x"}}"#);
    files.insert("/srv/p/.mcp.json", r#"{"mcpServers": {"b": {}}}"#);
    files.insert("/srv/.mcp.json", r#"{"c": {"command": "x"}}"#);
    let request = Request::default();
    let mut loader = Loader::new(&files, &request);
    for path in [
        "/srv/p/tools/.mcp.json",
        "/srv/p/.mcp.json",
        "/srv/.mcp.json",
    ] {
        load_file(&mut loader, Path::new(path), How::Flag);
    }
    assert_eq!(
        scopes(&loader.stack),
        [("a", &Scope::Plugin), ("b", &Scope::Plugin)]
    );
    let plugins: Vec<bool> = loader
        .stack
        .clients
        .iter()
        .map(|file| file.is_plugin)
        .collect();
    assert_eq!(plugins, [true, true, false]);
}

#[test]
fn settings_are_read_beside_the_projects_and_with_a_home_the_users_too() {
    let mut files = Memory::default();
    let paths = [
        "/srv/.mcp.json",
        "/srv/.claude/settings.json",
        "/srv/.claude/settings.local.json",
        "/srv/other/.claude/settings.json",
        "/home/ada/.claude.json",
        "/home/ada/.claude/settings.json",
        "/etc/claude-code/managed-settings.json",
        "/etc/claude-code/managed-settings.d/10-mcp.json",
        "/etc/claude-code/managed-settings.d/readme.txt",
    ];
    for path in paths {
        files.insert(path, "{}");
    }
    let read = |home: Option<&str>| {
        let request = Request {
            home: home.map(Into::into),
            ..Request::default()
        };
        let mut loader = Loader::new(&files, &request);
        load_file(&mut loader, Path::new("/srv/.mcp.json"), How::Flag);
        load_settings(&mut loader);
        loader.stack
    };
    let names = |stack: &Stack| -> Vec<String> {
        let settings = stack.client_state.settings.iter();
        let mut names: Vec<String> = settings
            .map(|file| stack.name(file.source).to_owned())
            .collect();
        names.sort();
        names
    };
    let alone = read(None);
    assert!(!alone.client_state.home_read && alone.client_state.user_file.is_none());
    assert_eq!(names(&alone), [paths[1], paths[2]]);
    let whole = read(Some("/home/ada"));
    assert!(whole.client_state.home_read && whole.client_state.user_file.is_some());
    if cfg!(unix) {
        assert_eq!(
            names(&whole),
            [paths[7], paths[6], paths[5], paths[1], paths[2]]
        );
    }
    assert_eq!(whole.inputs.len(), 1, "settings are no inputs");
}
