//! What reports must never do: rewrite what is to be copied, show a secret, let foreign characters through, or mix up
//! two stacks in one run.

use std::collections::BTreeSet;

use mcpdoc::chain::Settings;
use mcpdoc::load::{Memory, Request};
use mcpdoc::report::{json, text};
use mcpdoc::term::{Screen, clean};
use mcpdoc::{Examination, Selection, examine};

fn stack(cwd: &str, paths: &[&str], files: &[(&str, &str)]) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(*name, *text);
    }
    let request = Request {
        cwd: cwd.into(),
        paths: paths.iter().map(Into::into).collect(),
        ..Request::default()
    };
    examine(
        &request,
        &Settings::default(),
        &Selection::default(),
        &memory,
    )
}

fn shown(examination: &Examination, detail: text::Detail) -> String {
    let options = text::Options {
        screen: Screen {
            colour: false,
            width: 100,
        },
        detail,
        user: None,
        require: Vec::new(),
    };
    text::render(examination, &options)
}

fn document(examination: &Examination) -> serde_json::Value {
    serde_json::from_str(&json::render(examination).expect("a document")).expect("JSON")
}

const GATEWAY: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.77.3-stable
    command: [--config, /app/config.yaml]
    volumes: [./litellm.yaml:/app/config.yaml:ro]
    networks: [mcp]
  pg:
    image: crystaldba/postgres-mcp:0.3.0
    environment: {DATABASE_URI: postgresql://reader@db/app, MCP_ALLOW_WRITE: 'false'}
    networks: [mcp]
networks:
  mcp: {external: true}
";

const CONFIG: &str = "general_settings:
  master_key: postgres
model_list: []
mcp_servers:
  db:
    transport: http
    url: http://pg:8080/mcp/
";

fn two(first: &str, second: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for dir in [first, second] {
        files.push((format!("{dir}/docker-compose.yml"), GATEWAY.to_owned()));
        files.push((format!("{dir}/litellm.yaml"), CONFIG.to_owned()));
    }
    files
}

fn two_stacks() -> Examination {
    let files = two("/srv/a", "/srv/b");
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    stack("/srv", &["/srv"], &files)
}

#[test]
fn what_is_to_be_copied_is_not_shortened() {
    // The folder of the files is called as a part of the url is.
    let files = [
        ("/srv/mcp/docker-compose.yml", GATEWAY),
        ("/srv/mcp/litellm.yaml", CONFIG),
    ];
    let examination = stack("/srv", &["/srv/mcp"], &files);
    let shown = shown(&examination, text::Detail::Verbose);
    assert!(shown.contains("url: http://pg:8080/mcp/"), "{shown}");
    assert!(shown.contains("http://pg:8000/sse"), "{shown}");
}

#[test]
fn files_that_share_only_the_root_keep_their_slashes() {
    let files = [
        ("/one/docker-compose.yml", GATEWAY),
        ("/two/litellm.yaml", CONFIG),
    ];
    let examination = stack("/elsewhere", &["/one", "/two"], &files);
    let shown = shown(&examination, text::Detail::Usual);
    assert!(shown.contains("/two/litellm.yaml:"), "{shown}");
    assert!(shown.contains("http://pg:8080/mcp"), "{shown}");
}

#[test]
fn a_secret_that_is_a_common_word_stars_no_other_word() {
    let files = [
        ("/srv/docker-compose.yml", GATEWAY),
        ("/srv/litellm.yaml", CONFIG),
    ];
    let examination = stack("/srv", &["/srv"], &files);
    let shown = shown(&examination, text::Detail::Verbose);
    assert!(shown.contains("+     url: http://pg:8000/sse"), "{shown}");
    assert!(shown.contains("crystaldba/postgres-mcp"), "{shown}");
    assert!(!shown.contains("master_key: postgres"), "{shown}");
}

#[test]
fn two_gateways_are_kept_apart() {
    let document = document(&two_stacks());
    let ids: Vec<&str> = document["hops"]
        .as_array()
        .expect("hops")
        .iter()
        .map(|hop| hop["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 2, "{ids:?}");
    let prints: Vec<&str> = document["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["fingerprint"].as_str().expect("a fingerprint"))
        .collect();
    assert_eq!(prints.iter().collect::<BTreeSet<_>>().len(), prints.len());
}

#[test]
fn a_cause_is_of_the_same_project() {
    let document = document(&two_stacks());
    let findings = document["findings"].as_array().expect("findings");
    let file = |finding: &serde_json::Value| {
        finding["locations"][0]["file"]
            .as_str()
            .expect("a file")
            .to_owned()
    };
    let caused: Vec<_> = findings
        .iter()
        .filter(|finding| !finding["caused_by"].is_null())
        .collect();
    assert_eq!(caused.len(), 2);
    for finding in caused {
        let id = finding["caused_by"].as_u64().expect("an id");
        let cause = findings
            .iter()
            .find(|cause| cause["id"] == id)
            .expect("its cause");
        assert_eq!(file(cause), file(finding));
        assert_eq!(cause["check"], "env-not-read");
    }
}

/// A gateway's file with as many models, each of which writes its key in a way of its own that LiteLLM does not read.
fn references(models: usize) -> String {
    let model = |n| {
        format!(
            "  - model_name: m{n}\n    litellm_params: {{model: a/b, api_key: '${{KEY_{n}}}'}}\n"
        )
    };
    format!(
        "model_list:\n{}",
        (0..models).map(model).collect::<String>()
    )
}

#[test]
fn a_finding_with_many_places_shows_the_first_of_them() {
    let config = references(18);
    let examination = stack("/srv", &["/srv"], &[("/srv/litellm.yaml", &config)]);
    let usual = shown(&examination, text::Detail::Usual);
    assert!(
        usual.contains("and 13 more: lines 13, 15, 17, 19, 21, 23, 25, 27, … (-v shows them all)"),
        "{usual}"
    );
    assert!(
        usual.contains("\n    and 13 more changes (-v shows them all)"),
        "{usual}"
    );
    assert!(
        usual.contains("os.environ/KEY_4'") && !usual.contains("os.environ/KEY_5'"),
        "{usual}"
    );
    let verbose = shown(&examination, text::Detail::Verbose);
    assert!(
        verbose.contains("os.environ/KEY_17'") && !verbose.contains("-v shows them all"),
        "{verbose}"
    );
    let locations = document(&examination)["findings"][0]["locations"].clone();
    assert_eq!(locations.as_array().map(Vec::len), Some(18));
    // As many as are shown: nothing is left to be told.
    let config = references(5);
    let examination = stack("/srv", &["/srv"], &[("/srv/litellm.yaml", &config)]);
    let usual = shown(&examination, text::Detail::Usual);
    assert!(!usual.contains("-v shows them all"), "{usual}");
}

#[test]
fn what_is_to_be_said_of_several_gateways_is_said_once() {
    let server = |n: usize| {
        format!("  s{n}: {{url: 'http://a-host-with-a-long-name-{n}.example.com/mcp'}}\n")
    };
    let config = format!(
        "mcp_servers:\n{}litellm_settings: {{}}\n",
        (0..4).map(server).collect::<String>()
    );
    let files: Vec<(String, &str)> = (0..5)
        .map(|n| (format!("/srv/{n}/litellm.yaml"), config.as_str()))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let examination = stack("/srv", &["/srv"], &files);
    let usual = shown(&examination, text::Detail::Usual);
    let times = |text: &str| usual.matches(text).count();
    let flat = usual.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        flat.matches("the version of LiteLLM is not known").count(),
        1,
        "{usual}"
    );
    assert!(
        flat.contains("1/litellm.yaml, 2/litellm.yaml and 2 more: the version"),
        "{usual}"
    );
    assert_eq!(times("not found:"), 1, "{usual}");
    assert!(
        flat.contains("not found: compose files that mount 0/litellm.yaml,"),
        "{usual}"
    );
    // Once for each gateway, not once for each of its servers.
    assert_eq!(
        times("these 4: outside of the files that were read"),
        5,
        "{usual}"
    );
    assert_eq!(times("outside of the files that were read"), 5, "{usual}");
    let verbose = shown(&examination, text::Detail::Verbose);
    assert_eq!(verbose.matches("not found:").count(), 5, "{verbose}");
    assert_eq!(
        document(&examination)["missed"].as_array().map(Vec::len),
        Some(5)
    );
}

#[test]
fn foreign_characters_do_not_reach_the_terminal() {
    let name = "/srv/\u{1b}]0;title\u{7}\u{202e}/litellm.yaml";
    let config =
        "mcp_servers:\n  \"a\\e[31m\":\n    transport: \"\\e[2J\"\n    url: http://x/mcp\n";
    let compose = ("/srv/docker-compose.yml", GATEWAY);
    let examination = stack("/srv", &["/srv"], &[(name, config), compose]);
    for detail in [
        text::Detail::Quiet,
        text::Detail::Usual,
        text::Detail::Verbose,
    ] {
        let shown = shown(&examination, detail);
        assert!(shown.contains("transport-invalid"), "{shown}");
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'))
            .collect();
        assert!(bad.is_empty(), "{bad:?} in {shown}");
    }
}

#[test]
fn harmless_text_stays_and_the_rest_is_written_out() {
    assert_eq!(clean("naïve ✓ 日本\n\tx"), "naïve ✓ 日本\n\tx");
    assert_eq!(clean("a\u{1b}[31mb\r"), "a\\u{1b}[31mb\\u{d}");
    assert_eq!(clean("x\u{202e}y\u{2066}"), "x\\u{202e}y\\u{2066}");
}

#[test]
fn every_width_is_written_for() {
    let examination = two_stacks();
    for width in [40, 60, 80, 120] {
        let options = text::Options {
            screen: Screen {
                colour: true,
                width,
            },
            detail: text::Detail::Usual,
            user: Some("jo".to_owned()),
            require: Vec::new(),
        };
        let shown = text::render(&examination, &options);
        assert!(shown.contains("stdio-without-stdin"), "{width}: {shown}");
        assert!(shown.contains("\u{1b}["), "coloured");
    }
}

#[test]
fn a_new_file_is_shown_with_all_its_lines() {
    let unread = r#"{"mcpServers": {"g": {"command": "x"}}}"#;
    let examination = stack("/srv", &["/srv"], &[("/srv/app/.claude/mcp.json", unread)]);
    let said = shown(&examination, text::Detail::Usual);
    let lines = [
        "  → move the servers to app/.mcp.json",
        "    mcp.json",
        "      1 - {\"mcpServers\": {\"g\": {\"command\": \"x\"}}}",
        "      1 + {}",
        "    app/.mcp.json (new file)",
        "      1 + {",
        "      2 +   \"mcpServers\": {",
        "      3 +     \"g\": {",
        "      4 +       \"command\": \"x\"",
        "      5 +     }",
        "      6 +   }",
        "      7 + }",
        "    then run rm app/.claude/mcp.json",
    ];
    assert!(said.contains(&lines.join("\n")), "{said}");
    let document = document(&examination);
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../schema/mcpdoc-1.json")).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let edits = &document["findings"][0]["fixes"][0]["edits"];
    assert_eq!(edits[0].get("new"), None);
    assert_eq!(
        edits[1],
        serde_json::json!({
            "file": "app/.mcp.json", "line": 1, "column": 1, "end_line": 1, "end_column": 1,
            "text": "{\n  \"mcpServers\": {\n    \"g\": {\n      \"command\": \"x\"\n    }\n  }\n}\n",
            "new": true
        })
    );
}

#[test]
fn a_repair_of_commands_alone_follows_nothing() {
    let compose =
        "services:\n  a:\n    image: x\n    networks: [n]\nnetworks:\n  n: {external: true}\n";
    let home = r#"{"mcpServers": {"g": {"command": "x"}}}"#;
    let files = [
        ("/srv/compose.yaml", compose),
        ("/srv/.config/claude/mcp-settings.json", home),
    ];
    let said = shown(&stack("/srv", &["/srv"], &files), text::Detail::Usual);
    let commands = "  → give the servers to the client itself
    run claude mcp add-json g '{\"command\":\"x\"}' -s user
    run rm .config/claude/mcp-settings.json
";
    assert!(said.contains(commands), "{said}");
}
