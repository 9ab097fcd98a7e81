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
        };
        let shown = text::render(&examination, &options);
        assert!(shown.contains("stdio-without-stdin"), "{width}: {shown}");
        assert!(shown.contains("\u{1b}["), "coloured");
    }
}
