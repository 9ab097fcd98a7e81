//! Rules that the recorded configurations in `fixtures/litellm-load` do not show.

use super::read;
use crate::catalog::{Catalog, Version};
use crate::gateway::{Known, Outcome, Value, VersionFrom, Why};
use crate::model::{EnvLookup, Gateway, GatewayKind, Stack, Transport};
use crate::source::{Dialect, Format, Pointer, Source, SourceId};

const OLD: &str = "1.77.3";
const NEW: &str = "1.109.1";

fn env(name: &str) -> EnvLookup {
    match name {
        "SET" => EnvLookup::Set("text".to_owned()),
        "TRUE" => EnvLookup::Set(" True ".to_owned()),
        "UNKNOWN" => EnvLookup::Unknown,
        "LITELLM_MASTER_KEY" => EnvLookup::Set("sk-9f0c5a".to_owned()),
        "LITELLM_ENABLE_MCP_STDIO" => EnvLookup::Set("true".to_owned()),
        _ => EnvLookup::Unset,
    }
}

fn judge(version: Known, text: &str, env: &dyn Fn(&str) -> EnvLookup) -> Outcome {
    let id = SourceId(0);
    let bytes = Ok(text.as_bytes().to_vec());
    let stack = Stack {
        sources: vec![Source::new(
            id,
            "config.yaml",
            Format::Yaml(Dialect::PyYaml),
            bytes,
        )],
        ..Stack::default()
    };
    let gateway = Gateway {
        id: "gateway:config.yaml".to_owned(),
        kind: GatewayKind::LiteLlm,
        root: Pointer::root(id),
        path: "/config.yaml".into(),
        home: crate::model::Home::Unknown,
        templates: Vec::new(),
        includes: Vec::new(),
    };
    let catalog = Catalog::builtin();
    read(&stack, &gateway, &version, catalog.litellm(), env)
}

fn of(version: &str, text: &str) -> Outcome {
    let version = Version::parse(version).expect("version");
    judge(Known::Exact(version, VersionFrom::Flag), text, &env)
}

fn unknown(text: &str) -> Outcome {
    judge(Known::Unknown("nothing says it".to_owned()), text, &env)
}

/// The paths of rulings.
fn paths(rulings: &[crate::gateway::Ruling]) -> Vec<String> {
    rulings
        .iter()
        .map(|ruling| ruling.at.path.to_string())
        .collect()
}

/// One server with these lines in its entry.
fn entry(lines: &[&str]) -> String {
    let mut text = "mcp_servers:\n  a:\n".to_owned();
    for line in lines {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

#[test]
fn it_does_not_start_with_a_file_that_does_not_parse() {
    let outcome = of(OLD, "a: [");
    assert!(!outcome.starts() && outcome.servers.is_empty());
}

#[test]
fn empty_values_count_as_absent_where_python_says_so() {
    for lines in [
        ["transport: stdio", "args: ''"],
        ["transport: stdio", "env: []"],
        ["transport: stdio", "command: false"],
        ["transport: stdio", "mcp_info: 0"],
    ] {
        assert!(of(OLD, &entry(&lines)).starts(), "{lines:?}");
    }
    assert!(of(OLD, "mcp_servers: []\nlitellm_settings:\n").starts());
    assert!(!of(OLD, "mcp_servers: {a: {url: x}}\nlitellm_settings: []\n").starts());
}

#[test]
fn values_of_another_type_stop_it() {
    for lines in [
        ["transport:", "url: http://x/mcp"],
        ["transport: stdio", "env: {A: null}"],
        ["transport: stdio", "env: {1: a}"],
        ["transport: stdio", "env: {A: os.environ/UNSET}"],
        ["transport: stdio", "env: {A: os.environ/TRUE}"],
        ["transport: stdio", "args: [{a: b}]"],
        ["transport: stdio", "alias: 7"],
        ["transport: os.environ/UNSET", "url: http://x/mcp"],
        ["url: http://x/mcp", "description: 2024-01-01"],
    ] {
        assert!(!of(OLD, &entry(&lines)).starts(), "{lines:?}");
    }
    // What a version does not read, it does not look at.
    let lines = ["url: http://x/mcp", "static_headers: [A]"];
    assert!(of(OLD, &entry(&lines)).starts() && !of(NEW, &entry(&lines)).starts());
    assert!(
        of(
            OLD,
            &entry(&["transport: os.environ/UNKNOWN", "command: x"])
        )
        .starts()
    );
}

#[test]
fn an_unknown_version_keeps_what_differs_apart() {
    let text = entry(&["url: http://x/mcp", "static_headers: [A]"]);
    let outcome = unknown(&text);
    assert!(outcome.starts());
    let [ruling] = outcome.rejected.as_slice() else {
        panic!("{:?}", outcome.rejected);
    };
    assert!(!ruling.versions.is_all() && !ruling.versions.is_empty());
    assert_eq!(ruling.server, Some(0));
    // What every version that comes into question reads is nobody's mistake.
    assert_eq!(
        unknown(&entry(&[
            "url: http://x/mcp",
            "auth_type: basic",
            "auth_value: x"
        ]))
        .ignored,
        []
    );
}

#[test]
fn the_transport_is_http_unless_said() {
    let server = |lines: &[&str]| {
        let outcome = of(OLD, &entry(lines));
        let missing = outcome
            .ignored
            .iter()
            .filter_map(|ruling| match ruling.why {
                Why::TransportMissing { meant, .. } => Some((meant, ruling.at.path.to_string())),
                _ => None,
            });
        (outcome.servers[0].transport, missing.collect::<Vec<_>>())
    };
    let at = |key: &str| format!("mcp_servers.a.{key}");
    assert_eq!(
        server(&["command: x"]),
        (Transport::Http, vec![("stdio", at("command"))])
    );
    assert_eq!(
        server(&["type: sse", "url: http://x/sse"]),
        (Transport::Http, vec![("sse", at("type"))])
    );
    assert_eq!(
        server(&["type: http", "url: http://x/mcp"]),
        (Transport::Http, vec![])
    );
    assert_eq!(
        server(&["type: streamable-http", "url: http://x/mcp"]),
        (Transport::Http, vec![])
    );
    // One cause, one ruling.
    assert_eq!(
        of(OLD, &entry(&["type: sse", "url: http://x/sse"]))
            .ignored
            .len(),
        1
    );
    assert_eq!(of(OLD, &entry(&["command: x"])).ignored.len(), 1);
}

#[test]
fn urls_are_judged_as_they_are_used() {
    for (url, fine) in [
        ("http://x:8000/mcp", true),
        ("HTTPS://x/mcp", true),
        ("x:8000/mcp", false),
        ("'8000'", false),
        ("ws://x/mcp", false),
        ("http://", false),
        ("http://x:port/mcp", false),
    ] {
        let outcome = of(OLD, &entry(&[&format!("url: {url}")]));
        assert_eq!(
            outcome.ignored.is_empty(),
            fine,
            "{url}: {:?}",
            outcome.ignored
        );
    }
    let misnamed = of(OLD, &entry(&["server_url: http://x/mcp"]));
    assert_eq!(paths(&misnamed.ignored), ["mcp_servers.a.server_url"]);
    // An OpenAPI document has its own.
    let spec = entry(&["spec_path: https://x/openapi.json"]);
    let missing = |outcome: &Outcome| {
        outcome
            .ignored
            .iter()
            .any(|ruling| matches!(ruling.why, Why::UrlMissing { .. }))
    };
    assert!(missing(&of(OLD, &spec)) && !missing(&of(NEW, &spec)));
}

#[test]
fn variables_are_looked_up_at_the_start_of_a_value() {
    let outcome = of(
        OLD,
        &entry(&["url: os.environ/SET", "env: {A: os.environ/UNKNOWN}"]),
    );
    let url = outcome.servers[0].url.as_ref().expect("url");
    assert_eq!(url.value, Value::Text("text".to_owned()));
    assert_eq!(
        outcome.servers[0].env[0].1.value,
        Value::Variable("UNKNOWN".to_owned())
    );
}

#[test]
fn references_that_are_taken_literally() {
    let found = |version: &str, text: &str| -> Vec<(String, Option<String>)> {
        let outcome = of(version, text);
        let references = outcome
            .ignored
            .into_iter()
            .filter_map(|ruling| match ruling.why {
                Why::Reference { write, .. } => Some((ruling.at.path.to_string(), write)),
                _ => None,
            });
        references.collect()
    };
    let at = |path: &str, write: Option<&str>| vec![(path.to_owned(), write.map(str::to_owned))];
    assert_eq!(
        found(OLD, "general_settings:\n  master_key: ${KEY}\n"),
        at("general_settings.master_key", Some("os.environ/KEY"))
    );
    assert_eq!(
        found(OLD, "general_settings:\n  master_key: os.environ/KEY\n"),
        []
    );
    assert_eq!(
        found(OLD, &entry(&["url: http://os.environ/HOST/mcp"])),
        at("mcp_servers.a.url", None)
    );
    let args =
        |command: &str| entry(&["transport: stdio", command, "args: [--dsn, os.environ/DSN]"]);
    assert_eq!(
        found(OLD, &args("command: x")),
        at("mcp_servers.a.args[1]", None)
    );
    let shell = entry(&["transport: stdio", "command: /bin/sh", "args: [-c, '${X}']"]);
    assert_eq!(found(OLD, &shell), []);
    let headers = entry(&["url: http://x/mcp", "static_headers: {A: '${B}'}"]);
    assert_eq!(found(NEW, &headers), []);
    assert_eq!(found(OLD, &headers).len(), 1);
    assert_eq!(
        found(
            OLD,
            &entry(&[
                "url: http://x/mcp",
                "auth_type: bearer_token",
                "auth_value: Bearer ${T}"
            ])
        ),
        at("mcp_servers.a.auth_value", Some("os.environ/T"))
    );
}

#[test]
fn aliases() {
    let text = "litellm_settings: {mcp_aliases: {one: a, two: a, three: c}}\n\
                mcp_servers: {a: {url: 'http://x/mcp'}}\n";
    let alias = |outcome: &Outcome| {
        outcome.servers[0]
            .alias
            .as_ref()
            .map(|alias| alias.value.clone())
    };
    let (old, new) = (of(OLD, text), of(NEW, text));
    // The old version goes through them twice, and passes over what the first pass took.
    let some = |alias: &str| Some(alias.to_owned());
    assert_eq!((alias(&old), alias(&new)), (some("two"), some("one")));
    let said = |outcome: &Outcome| -> Vec<String> {
        let words = outcome.ignored.iter().map(|ruling| match &ruling.why {
            Why::AliasIgnored { alias, .. } => format!("{alias} ignored"),
            Why::AliasDangling { alias, .. } => format!("{alias} dangling"),
            other => format!("{other:?}"),
        });
        words.collect()
    };
    assert_eq!(said(&old), ["three dangling", "one ignored"]);
    assert_eq!(said(&new), ["three dangling", "two ignored"]);
    let one =
        "litellm_settings: {mcp_aliases: {one: a}}\nmcp_servers: {a: {url: 'http://x/mcp'}}\n";
    assert_eq!(
        (alias(&of(OLD, one)), said(&of(OLD, one))),
        (None, vec!["one ignored".to_owned()])
    );
    // An empty alias of its own keeps others away.
    let empty = one.replace("mcp'}", "mcp', alias: ''}");
    assert_eq!(
        (alias(&of(NEW, &empty)), said(&of(NEW, &empty))),
        (None, vec!["one ignored".to_owned()])
    );
    // The same said twice is no mistake.
    let twice = "litellm_settings: {mcp_aliases: {one: a}}\n\
                 mcp_servers: {a: {url: 'http://x/mcp', alias: one}}\n";
    assert_eq!(said(&of(OLD, twice)), Vec::<String>::new());
}

#[test]
fn what_an_alias_or_a_merge_brings_in_belongs_to_its_server() {
    let text = "x-base: &b {transport: bogus, args: ['${A}'], timeout: 3}\n\
                mcp_servers:\n  a: {url: 'http://x/mcp'}\n  m: {<<: *b}\n  c: *b\n";
    let outcome = of(OLD, text);
    let of_server = |server: usize, wanted: fn(&Why) -> bool| {
        outcome
            .rulings()
            .filter(|ruling| ruling.server == Some(server) && wanted(&ruling.why))
            .count()
    };
    for server in [1, 2] {
        assert_eq!(
            of_server(server, |why| matches!(why, Why::TransportInvalid { .. })),
            1
        );
        assert_eq!(
            of_server(server, |why| matches!(why, Why::UnknownKey { .. })),
            1
        );
    }
    assert_eq!(of_server(1, |why| matches!(why, Why::Reference { .. })), 1);
    assert_eq!(
        of_server(0, |why| !matches!(why, Why::AliasConflict { .. })),
        0
    );
    // What stands under `mcp_aliases` is about the alias, wherever its server comes from.
    let outcome = of(
        NEW,
        "litellm_settings: {mcp_aliases: {my-a: a}}\nx: &b {url: 'http://x/mcp'}\nmcp_servers: {a: *b}\n",
    );
    assert!(
        outcome.ignored.iter().any(
            |ruling| matches!(ruling.why, Why::AliasInvalid { .. }) && ruling.server == Some(0)
        )
    );
}

#[test]
fn names() {
    let all =
        "mcp_servers:\n  a: {url: 'http://x/mcp', alias: B c}\n  b_C: {url: 'http://x/mcp'}\n";
    let conflict = of(OLD, all).ignored;
    assert!(
        conflict
            .iter()
            .any(|ruling| matches!(ruling.why, Why::AliasConflict { .. })),
        "{conflict:?}"
    );
    let separator = |name: &str| match name {
        "MCP_TOOL_PREFIX_SEPARATOR" => EnvLookup::Set("__".to_owned()),
        _ => EnvLookup::Unset,
    };
    let version = || Known::Exact(Version::parse(OLD).expect("version"), VersionFrom::Flag);
    let text = |name: &str| format!("mcp_servers: {{{name}: {{url: 'http://x/mcp'}}}}\n");
    assert!(judge(version(), &text("my-db"), &separator).starts());
    assert!(!judge(version(), &text("my__db"), &separator).starts());
}

#[test]
fn sections_and_settings() {
    let text = "x-common: 1\nmaster_key: x\nmcpServers: {}\nusers: []\nnonsense: 1\nsearch_tools: []\n\
                litellm_settings: {database_url: x, log_level: DEBUG, mcp_servers: {}}\n\
                general_settings: {master_key: x, json_logs: true}\n";
    let said: Vec<String> = of(OLD, text)
        .ignored
        .iter()
        .map(|ruling| {
            let word = match ruling.why {
                Why::UnknownSection { .. } => "unknown",
                Why::MisplacedSection { .. } => "section",
                Why::MisplacedSetting { .. } => "setting",
                Why::IgnoredSetting { .. } => "ignored",
                _ => "other",
            };
            format!("{word} {}", ruling.at.path)
        })
        .collect();
    assert_eq!(
        said,
        [
            "setting master_key",
            "section mcpServers",
            "unknown users",
            "unknown nonsense",
            "unknown search_tools",
            "setting litellm_settings.database_url",
            "ignored litellm_settings.log_level",
            "section litellm_settings.mcp_servers",
            "setting general_settings.json_logs",
        ]
    );
    assert_eq!(of(NEW, "search_tools: []\n").ignored, []);
}

#[test]
fn authentication_types_have_their_versions() {
    let text = |kind: &str| entry(&["url: http://x/mcp", &format!("auth_type: {kind}")]);
    assert!(!of(OLD, &text("token")).starts() && of(NEW, &text("token")).starts());
    assert!(!of(NEW, &text("oauth2")).starts());
    assert!(
        of(
            NEW,
            &format!("{}    oauth2_flow: client_credentials\n", text("oauth2"))
        )
        .starts()
    );
    let outcome = of(NEW, &text("Bearer"));
    assert!(matches!(
        &outcome.rejected[0].why,
        Why::AuthTypeInvalid { meant: Some(meant), .. } if meant == "bearer_token"
    ));
}
