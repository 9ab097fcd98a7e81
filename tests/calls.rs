//! `mcpdoc check --call`: the same call directly and through the gateway, and which side a failure is on.

use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{Ask, Engine, Known, Probe, Tokens};
use mcpdoc::load::{Memory, load};
use mcpdoc::plan::Permissions;
use mcpdoc::record::{Digests, Record, Replay, Run};
use mcpdoc::report::{json, text};
use mcpdoc::term::Screen;
use mcpdoc::wire::Called;
use mcpdoc::{Examination, Witness, investigate, unknown_servers};

use described::Described;
use support::CWD;
use world::World;

#[path = "support/described.rs"]
mod described;
#[path = "support/run.rs"]
mod support;
#[path = "support/world.rs"]
#[allow(dead_code, reason = "no programs here")]
mod world;

const COMPOSE: &str = "\
services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.109.1
    command: [--config, /app/config.yaml]
    environment:
      LITELLM_MASTER_KEY: sk-8f2c11d09ab35e71
    volumes: ['./config.yaml:/app/config.yaml:ro']
    ports: ['127.0.0.1:4000:4000']
  files:
    image: example/files-mcp:1
";
const CONFIG: &str = "\
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
mcp_servers:
  files:
    url: http://files:8000/mcp
    transport: http
    alias: docs
";
const CLIENT: &str = r#"{"mcpServers": {
  "gateway": {"type": "http", "url": "http://localhost:4000/mcp/", "headers": {"Authorization": "Bearer sk-8f2c11d09ab35e71"}},
  "other": {"type": "http", "url": "http://localhost:4000/mcp/", "headers": {"Authorization": "Bearer sk-8f2c11d09ab35e71", "x-mcp-servers": "web"}}
}}"#;

const HEALTHY: &str = ">>> MCP /mcp/\n\n>>> MCP http://files:8000/mcp\n\n";

/// The answers to the call: through the gateway and by the server.
fn world(through: &str, straight: &str) -> String {
    let answer = |url: &str, said: &str| match said {
        "500" => {
            format!(">>> POST {url} tools/call\nHTTP/1.1 500 Internal Server Error\n\nbroken\n\n")
        }
        said => format!(
            ">>> POST {url} tools/call\nHTTP/1.1 200 OK\ncontent-type: application/json\n\n{{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{said}}}\n\n"
        ),
    };
    format!(
        "{HEALTHY}{}{}",
        answer("/mcp/", through),
        answer("http://files:8000/mcp", straight)
    )
}

fn said(text: &str) -> String {
    serde_json::json!({"content": [{"type": "text", "text": text}], "isError": false}).to_string()
}

/// Everything that was asked, and who answers.
struct Page {
    world: World,
    engine: Option<Engine>,
    asks: Vec<Ask>,
}

impl Witness for Page {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.engine.take().expect("an engine, asked once"))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        self.asks.extend(asks.iter().cloned());
        asks.iter().map(|ask| self.world.answer(ask)).collect()
    }
}

struct Ran {
    examination: Examination,
    asks: Vec<Ask>,
    prepared: Prepared,
}

fn files() -> Memory {
    let mut files = Memory::default();
    for (name, text) in [
        ("compose.yaml", COMPOSE),
        ("config.yaml", CONFIG),
        (".mcp.json", CLIENT),
    ] {
        files.insert(format!("{CWD}/{name}"), text);
    }
    files
}

/// A run with an engine, or with nobody who could call the server directly.
fn ran(arguments: &str, world: &str, with_engine: bool) -> Ran {
    let files = files();
    let arguments = format!("--only call-failed,call-differs {arguments}");
    let mut prepared = support::prepared(&arguments, None, &files);
    prepared.permissions = Permissions {
        probe: true,
        exec: true,
        docker: with_engine,
        calls: prepared.permissions.calls,
        ..Permissions::default()
    };
    let mut page = Page {
        world: World::default(),
        engine: None,
        asks: Vec::new(),
    };
    page.world.read("http://localhost:4000/mcp/", world);
    if with_engine {
        let engine = Described::new("service litellm\n\nservice files\n");
        page.engine = Some(engine.engine(&load(&prepared.request, &files)));
    }
    let examination = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &prepared.permissions,
        &files,
        &mut page,
    );
    Ran {
        examination,
        asks: page.asks,
        prepared,
    }
}

fn outcomes(examination: &Examination) -> Vec<Option<Called>> {
    let legs = examination.legs.iter();
    legs.map(|leg| leg.outcome(&examination.facts)).collect()
}

fn messages(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            format!(
                "{} {}: {}",
                finding.severity.word(),
                finding.check,
                finding.message
            )
        })
        .collect()
}

fn shown(examination: &Examination, detail: text::Detail) -> String {
    let options = text::Options {
        screen: Screen {
            colour: false,
            width: 200,
        },
        detail,
        user: None,
        require: Vec::new(),
    };
    text::render(examination, &options)
}

#[test]
fn a_tool_is_called_by_the_gateways_name_for_it_and_by_its_own() {
    let world = world(&said("canary"), &said("canary"));
    for name in ["files", "docs"] {
        let Ran {
            examination, asks, ..
        } = ran(&format!("--call {name}:get-it={{\"a\":1}}"), &world, true);
        let calls: Vec<&str> = asks
            .iter()
            .filter_map(|ask| Some(ask.call.as_ref()?.tool.as_str()))
            .collect();
        // The client that asks for other servers does not call.
        assert_eq!(calls, ["get-it", "docs-get-it"], "{name}");
        assert_eq!(
            outcomes(&examination),
            [Some(Called::Answered), Some(Called::Answered)]
        );
        assert_eq!(messages(&examination), Vec::<String>::new());
        let report = shown(&examination, text::Detail::Usual);
        assert!(report.contains("directly: 1 content, 6 bytes"), "{report}");
        assert!(
            report.contains("through claude-code:gateway: the same"),
            "{report}"
        );
        assert!(!report.contains("canary"), "{report}");
        let verbose = shown(&examination, text::Detail::Verbose);
        assert!(verbose.contains("canary"), "{verbose}");
    }
}

#[test]
fn the_side_that_fails_is_named() {
    let call = "--call files:t";
    let Ran { examination, .. } = ran(call, &world("500", &said("fine")), true);
    let found = messages(&examination);
    assert!(
        matches!(found.as_slice(), [only] if only.starts_with("error call-failed: claude-code:gateway calls docs-t through litellm")
            && only.contains("500") && only.contains("called directly, files answers it")),
        "{found:#?}"
    );

    let error = said("Error executing tool t: no database");
    let Ran { examination, .. } = ran(call, &world(&error, &error), true);
    let found = messages(&examination);
    assert!(
        matches!(found.as_slice(), [only] if only.starts_with("error call-failed: files answers, called directly")
            && only.contains("reads as an error") && only.contains("no database")),
        "{found:#?}"
    );
    let finding = &examination.diagnosis.findings[0].finding;
    assert_eq!(finding.evidence.len(), 1, "{:?}", finding.evidence);

    let Ran { examination, .. } = ran(call, &world("500", &said("fine")), false);
    let found = messages(&examination);
    assert!(
        matches!(found.as_slice(), [only] if only.contains("files was not called directly")),
        "{found:#?}"
    );
    assert_eq!(examination.unmade().count(), 1);

    let Ran { examination, .. } = ran(call, &world(&said("1"), &said("2")), true);
    let found = messages(&examination);
    assert!(
        matches!(found.as_slice(), [only] if only.starts_with("note call-differs: files:t answers otherwise through litellm (1 content, 1 bytes)")),
        "{found:#?}"
    );
}

#[test]
fn nothing_is_asked_for_a_server_that_nobody_has() {
    let Ran {
        examination,
        asks,
        prepared,
    } = ran("--call nobody:t", HEALTHY, true);
    let unknown = unknown_servers(&examination.chain, &prepared.permissions.calls);
    assert_eq!(unknown.len(), 1);
    assert_eq!(asks, Vec::new());
}

#[test]
fn the_document_is_what_its_schema_says() {
    let Ran { examination, .. } = ran("--call files:t", &world("500", &said("canary")), true);
    let document = json::render(&examination).expect("a document");
    assert!(!document.contains("canary"));
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let schema = include_str!("../schema/mcpdoc-1.json");
    let schema = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let calls = document["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0]["succeeded"], true);
    assert_eq!(calls[1]["succeeded"], false);
    assert_eq!(calls[1]["through"], calls[0]["hop"]);
}

#[test]
fn a_record_gives_the_same_calls_without_what_they_are_about() {
    let arguments = "--call files:t={\"password\":\"hunter2hunter2\"}";
    let Ran {
        examination,
        prepared,
        ..
    } = ran(arguments, &world(&said("canary"), &said("canary")), true);
    let memory = files();
    let digests = Digests::of_files(&memory);
    let run = Run {
        stack: &examination.stack,
        request: &prepared.request,
        permissions: &prepared.permissions,
        machine: &[],
        gateway_urls: &[],
        digests: &digests,
    };
    let record = Record::new(run, &examination.facts, [7; Tokens::SALT]).expect("a record");
    let text = record.render().expect("a document");
    for secret in ["canary", "hunter2"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let record = Record::parse(&text).expect("a record");
    let mut replay = Replay::of(&record, &prepared.request).expect("facts");
    let again = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        record.permissions(),
        &memory,
        &mut replay,
    );
    assert_eq!(outcomes(&again), outcomes(&examination));
    let report = shown(&again, text::Detail::Usual);
    assert!(
        report.contains("through claude-code:gateway: the same"),
        "{report}"
    );
}
