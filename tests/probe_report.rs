//! What is shown of a conversation: from values made by hand, in every width and format.

use mcpdoc::fact::{
    Answer, Ask, Attempt, Call, Clock, End, Exchange, Facts, Failure, Known, ListEnd, Listing,
    Message, Outcome, Probe, Purpose, Reach, Reply, Request, Revision, Round, Tool, Vantage,
};
use mcpdoc::report::{json, text};
use mcpdoc::term::Screen;
use mcpdoc::{Examination, Selection, consult};
use serde_json::{Value, json};

const URL: &str = "http://localhost:8000/mcp";

fn examined(probe: Probe) -> Examination {
    let facts = Facts {
        wire: Known::Yes(vec![probe]),
        ..Facts::none()
    };
    consult(facts, &Selection::default())
}

fn shown(examination: &Examination, detail: text::Detail, width: usize, colour: bool) -> String {
    let options = text::EndpointOptions {
        screen: Screen { colour, width },
        detail,
        remarks: vec!["localhost:8000/mcp has no scheme, and was read as http://".to_owned()],
        variables: vec![("Authorization".to_owned(), "MY_TOKEN".to_owned())],
    };
    text::endpoint(examination, &options)
}

fn usual(probe: Probe) -> String {
    shown(&examined(probe), text::Detail::Usual, 100, false)
}

fn exchange(purpose: Purpose, result: Value) -> Exchange {
    let text = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    Exchange {
        purpose,
        request: Request {
            method: "POST".to_owned(),
            url: URL.to_owned(),
            headers: vec![
                (
                    "Accept".to_owned(),
                    "application/json, text/event-stream".to_owned(),
                ),
                ("Authorization".to_owned(), "Bearer ************".to_owned()),
            ],
            body: Some(r#"{"jsonrpc":"2.0","id":1,"method":"x"}"#.to_owned()),
        },
        outcome: Outcome::Answered(Answer {
            status: 200,
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                ("mcp-session-id".to_owned(), "s1".to_owned()),
            ],
            size: text.len() as u64,
            text,
            events: Vec::new(),
            message: Some(Message {
                id: json!(1),
                reply: Reply::Result(result),
            }),
            stray: None,
            document: None,
            end: End::Complete,
        }),
        clock: Clock {
            head_us: Some(1_200),
            event_us: None,
            total_us: 1_300,
        },
    }
}

fn tool(name: &str, summary: &str, arguments: &[&str], required: usize) -> Tool {
    Tool {
        name: name.to_owned(),
        summary: summary.to_owned(),
        arguments: arguments.iter().map(|name| (*name).to_owned()).collect(),
        required,
        flaws: Vec::new(),
        headers: Vec::new(),
    }
}

fn listing(tools: Vec<Tool>) -> Listing {
    Listing {
        count: tools.len(),
        tools,
        pages: 1,
        end: ListEnd::Complete,
    }
}

/// A healthy server of 2025-06-18 with sessions, behind a name whose first address refuses.
fn healthy() -> Probe {
    let mut ask = Ask::url(URL);
    ask.headers = vec![("Authorization".to_owned(), "Bearer canary-token".into())];
    let mut probe = Probe::new(ask);
    let attempt = |address: &str, failure| Attempt {
        address: address.parse().expect("an address"),
        failure,
        took_us: 180,
    };
    probe.reaches = vec![Reach {
        host: "localhost".to_owned(),
        port: 8000,
        unresolved: None,
        attempts: vec![
            attempt("[::1]:8000", Some(Failure::Refused)),
            attempt("127.0.0.1:8000", None),
        ],
    }];
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "docs", "version": "3.1"},
        "instructions": "Search first.\nThen fetch.",
    });
    let list = json!({"tools": []});
    probe.exchanges = vec![
        exchange(Purpose::Initialize(Revision::LAST_LEGACY), hello),
        exchange(Purpose::ListTools(0), list),
    ];
    probe.tools = Some(listing(vec![
        tool(
            "search",
            "Searches the documentation and returns the passages that are nearest to the query in meaning, best first",
            &["query", "limit", "language"],
            1,
        ),
        tool("fetch_document", "Fetches one document", &["id"], 1),
        tool("ping", "", &[], 0),
    ]));
    probe.took_us = 9_000;
    probe
}

#[test]
fn the_first_line_says_what_it_is() {
    let text = usual(healthy());
    let first = text.lines().next().expect("a line");
    assert_eq!(
        first,
        "✓ http://localhost:8000/mcp works: docs 3.1, streamable HTTP, 3 tools"
    );
}

#[test]
fn what_is_known_is_on_the_card() {
    let text = usual(healthy());
    for part in [
        "speaks    MCP 2025-06-18\n",
        "sessions  stateful: it gives a session id; it answers in JSON\n",
        "auth      credentials were sent, and it answered\n",
        "reached   127.0.0.1:8000 (::1: refused)\n",
        "says      Search first. Then fetch.\n",
        "took      9.0 ms for 2 requests: connect 0.2 ms, ",
        "initialize 1.3 ms, tools/list\n            1.3 ms\n",
        "-v shows every request and answer\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn tools_are_a_table_that_fits() {
    for width in [40, 60, 80, 100, 120] {
        let text = shown(&examined(healthy()), text::Detail::Usual, width, false);
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > width)
            .collect();
        assert!(wide.is_empty(), "{width}: {wide:?}");
        for name in ["search", "fetch_document", "ping"] {
            assert!(
                text.contains(&format!("\n  {name}")),
                "{width}: {name} in\n{text}"
            );
        }
        assert_eq!(
            text.contains("query, [limit], [language]"),
            width >= 80,
            "{width}:\n{text}"
        );
        assert!(text.contains('…'), "{width}: the long summary is cut");
    }
}

#[test]
fn colour_changes_no_word() {
    let plain = shown(&examined(healthy()), text::Detail::Verbose, 80, false);
    let coloured = shown(&examined(healthy()), text::Detail::Verbose, 80, true);
    assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').expect("the end of a colour").1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn verbose_repeats_each_request_without_its_secrets() {
    let text = shown(&examined(healthy()), text::Detail::Verbose, 80, false);
    for part in [
        "1  initialize (2025-11-25): 200, a result\n   > POST http://localhost:8000/mcp\n",
        "   > Authorization: Bearer ************\n",
        "   < 200\n   < content-type: application/json\n",
        "   head after 1.2 ms, all after 1.3 ms\n",
        "-H \"Authorization: Bearer ${MY_TOKEN}\" ",
        "the commands need values in MY_TOKEN\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("canary-token"), "{text}");
}

#[test]
fn only_what_was_measured_is_said() {
    let mut probe = healthy();
    assert!(!usual(probe.clone()).contains("p95"));
    probe.asked.rounds = 4;
    probe.rounds = [100, 300, 200]
        .map(|us| Round {
            connect_us: Some(us),
            first_byte_us: Some(us * 10),
            handshake_us: (us < 300).then_some(us * 20),
            tools_us: None,
        })
        .to_vec();
    let text = usual(probe.clone());
    for line in [
        "3 of 4 rounds            p50       p95       max\n",
        "  connect             0.2 ms    0.3 ms    0.3 ms\n",
        "  first byte          2.0 ms    3.0 ms    3.0 ms\n",
        "  initialize          2.0 ms    4.0 ms    4.0 ms  (2 measured)\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert_eq!(text.matches("tools/list").count(), 1, "{text}");
    let document = document(&examined(probe));
    let rounds = &document["endpoints"][0]["rounds"];
    assert_eq!(
        rounds["connect"],
        json!({"count": 3, "p50": 0.2, "p95": 0.3, "max": 0.3})
    );
    assert_eq!(rounds["tools"], Value::Null);
}

#[test]
fn a_long_list_is_cut_unless_all_is_asked_for() {
    let mut probe = healthy();
    let tools = (0..60).map(|n| tool(&format!("tool_{n}"), "does something", &[], 0));
    probe.tools = Some(Listing {
        count: 6_000,
        end: ListEnd::Cap,
        ..listing(tools.collect())
    });
    let text = usual(probe.clone());
    assert!(text.contains(", at least 6000 tools\n"), "{text}");
    assert!(
        text.contains("  and 10 more (-v shows them all)\n"),
        "{text}"
    );
    assert!(
        text.contains("  of 6000 tools the first 60 were looked at\n"),
        "{text}"
    );
    assert!(!text.contains("tool_50"), "{text}");
    let verbose = shown(&examined(probe), text::Detail::Verbose, 100, false);
    assert!(
        verbose.contains("tool_59") && !verbose.contains("-v shows"),
        "{verbose}"
    );
}

#[test]
fn a_call_is_told() {
    let mut probe = healthy();
    probe.asked.call = Some(Call {
        tool: "search".to_owned(),
        arguments: json!({"query": "x"}),
        alone: false,
    });
    let content = json!([{"type": "text", "text": "three\npassages"}]);
    let answer = |failed: bool| json!({"content": content, "isError": failed});
    probe.exchanges.push(exchange(Purpose::Call, answer(false)));
    let text = usual(probe.clone());
    assert!(
        text.contains("called    search: answered in 1.3 ms: three passages\n"),
        "{text}"
    );
    let call = document(&examined(probe.clone()))["endpoints"][0]["call"].clone();
    assert_eq!(
        call,
        json!({"tool": "search", "succeeded": true, "ms": 1.3})
    );
    probe.exchanges.pop();
    probe.exchanges.push(exchange(Purpose::Call, answer(true)));
    let text = usual(probe.clone());
    assert!(
        text.contains("search: the tool failed, after 1.3 ms: three passages\n"),
        "{text}"
    );
    let call = document(&examined(probe.clone()))["endpoints"][0]["call"].clone();
    assert_eq!(call["succeeded"], false);
    // As LiteLLM 1.77.3 answers.
    let content = json!([{"type": "text", "text": "Error: Tool 'nope' not found"}]);
    let answer = json!({"content": content, "isError": false});
    probe.exchanges.pop();
    probe.exchanges.push(exchange(Purpose::Call, answer));
    let text = usual(probe.clone());
    assert!(
        text.contains("reads as an error and is not marked as one"),
        "{text}"
    );
    let call = document(&examined(probe))["endpoints"][0]["call"].clone();
    assert_eq!(call["succeeded"], false);
}

#[test]
fn foreign_characters_do_not_reach_the_terminal() {
    let nasty = "a\u{1b}[2J\u{202e}b\r\nc\td";
    let mut probe = healthy();
    let hello = json!({
        "protocolVersion": nasty,
        "capabilities": {},
        "serverInfo": {"name": nasty, "version": nasty},
        "instructions": nasty,
    });
    probe.exchanges[0] = exchange(Purpose::Initialize(Revision::LAST_LEGACY), hello);
    if let Outcome::Answered(answer) = &mut probe.exchanges[0].outcome {
        answer.text = nasty.to_owned();
        answer
            .headers
            .push(("x-nasty".to_owned(), nasty.to_owned()));
    }
    probe.tools = Some(listing(vec![tool(nasty, nasty, &[nasty], 1)]));
    let examination = examined(probe);
    for detail in [
        text::Detail::Quiet,
        text::Detail::Usual,
        text::Detail::Verbose,
    ] {
        for width in [40, 100] {
            let text = shown(&examination, detail, width, false);
            let bad: Vec<char> = text
                .chars()
                .filter(|c| {
                    (c.is_control() && !matches!(c, '\n' | '\t'))
                        || matches!(c, '\u{202a}'..='\u{202e}')
                })
                .collect();
            assert!(bad.is_empty(), "{bad:?} in {text}");
        }
    }
}

#[test]
fn quiet_is_one_line_where_all_is_well() {
    let text = shown(&examined(healthy()), text::Detail::Quiet, 100, false);
    assert_eq!(text.lines().count(), 1, "{text}");
}

fn document(examination: &Examination) -> Value {
    let text = json::render(examination).expect("a document");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let schema = include_str!("../schema/mcpdoc-1.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    document
}

#[test]
fn json_says_the_same() {
    let document = document(&examined(healthy()));
    let endpoint = &document["endpoints"][0];
    assert_eq!(endpoint["url"], URL);
    assert_eq!(endpoint["command"], Value::Null);
    assert_eq!(endpoint["verdict"], "works");
    assert_eq!(endpoint["transport"], "http");
    assert_eq!(endpoint["revisions"], json!(["2025-06-18"]));
    assert_eq!(
        endpoint["server"],
        json!({"name": "docs", "version": "3.1"})
    );
    assert_eq!(endpoint["stateful"], true);
    assert_eq!(endpoint["streams"], false);
    assert_eq!(
        endpoint["tools"],
        json!(["search", "fetch_document", "ping"])
    );
    assert_eq!(endpoint["tools_complete"], true);
    assert_eq!(endpoint["ms"]["connect"], 0.18);
    assert_eq!(endpoint["ms"]["total"], 9.0);
    assert_eq!(endpoint["rounds"], Value::Null);
    for empty in ["inputs", "gateways", "hops", "skipped"] {
        assert_eq!(document[empty], json!([]), "{empty}");
    }
}

#[test]
fn the_vantage_is_told() {
    let mut probe = healthy();
    probe.asked.from = Vantage::Namespace {
        container: "litellm".to_owned(),
        id: "18c5e78e18bd".to_owned(),
        pid: 4711,
    };
    let text = usual(probe.clone());
    assert!(text.contains("container litellm, in its network"), "{text}");
    let from = |probe: &Probe| document(&examined(probe.clone()))["endpoints"][0]["from"].clone();
    assert_eq!(from(&probe), "container:litellm");
    assert_eq!(from(&healthy()), "here");
    let verbose = shown(&examined(probe), text::Detail::Verbose, 100, false);
    assert!(verbose.contains("docker exec litellm curl"), "{verbose}");
}

#[test]
fn what_could_not_begin_is_not_judged() {
    let mut probe = Probe::new(Ask::url(URL));
    probe.unheld = Some("entering the network of container litellm takes root".to_owned());
    let text = usual(probe.clone());
    let why = "cannot be judged: entering the network of container litellm takes root";
    assert!(text.contains(why), "{text}");
    let examination = examined(probe);
    assert!(examination.diagnosis.findings.is_empty());
    assert_eq!(document(&examination)["endpoints"][0]["verdict"], "unknown");
}
