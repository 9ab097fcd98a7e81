//! What comes through a gateway of each server behind it, and what the gateway tells: taken apart by its own rules, shown
//! in both reports. The worlds are written as on the pages.

use mcpdoc::check::Need;
use mcpdoc::check::through::{Comes, Through};
use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{Ask, Engine, Known, Probe};
use mcpdoc::load::{Memory, load};
use mcpdoc::plan::Permissions;
use mcpdoc::report::{json, text};
use mcpdoc::term::Screen;
use mcpdoc::wire::Told;
use mcpdoc::{Examination, Witness, checks, investigate};
use serde_json::{Value, json};

use described::Described;
use world::World;

#[path = "support/described.rs"]
mod described;
#[path = "support/run.rs"]
mod support;
#[path = "support/world.rs"]
#[expect(dead_code, reason = "no programs here")]
mod world;

const COMPOSE: &str = "services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.109.1
    command: [--config, /app/config.yaml]
    network_mode: host
    volumes: ['./config.yaml:/app/config.yaml:ro']
    environment:
      LITELLM_MASTER_KEY: sk-5f1c2a9be07d4431
";

/// Two servers, one of them with an alias and in a group.
const TWO: &str = "mcp_servers:
  database:
    alias: db
    transport: http
    url: http://localhost:8001/mcp
    access_groups: [readers]
  web:
    transport: http
    url: http://localhost:8002/mcp
";

/// The variable with the operator's key.
const OPERATOR: &str = "GATEWAY_KEY";

/// A gateway's files, and the entries of its clients.
struct Stack<'a> {
    config: &'a str,
    compose: String,
    clients: Vec<(&'a str, Value)>,
    /// Whether the engine is asked, and so the gateway's servers are called directly.
    engine: bool,
    /// Whether the gateway is asked with its operator's key as well.
    operator: bool,
}

impl<'a> Stack<'a> {
    fn new(config: &'a str) -> Stack<'a> {
        Stack {
            config,
            compose: COMPOSE.to_owned(),
            clients: vec![("gw", json!({"url": "http://localhost:4000/mcp/"}))],
            engine: true,
            operator: false,
        }
    }

    /// With another client than the usual one.
    fn client(mut self, entry: Value) -> Stack<'a> {
        self.clients = vec![("gw", entry)];
        self
    }

    fn files(&self) -> Memory {
        let mut files = Memory::default();
        let path = |name: &str| format!("{}/{name}", support::CWD);
        files.insert(path("config.yaml"), self.config);
        files.insert(path("compose.yaml"), self.compose.as_str());
        let mut servers = serde_json::Map::new();
        for (name, entry) in &self.clients {
            let mut entry = entry.clone();
            entry["type"] = json!("http");
            servers.insert((*name).to_owned(), entry);
        }
        let document = json!({"mcpServers": servers}).to_string();
        files.insert(path(".mcp.json"), document);
        files
    }

    /// What is said of it in a world.
    fn examine(&self, wire: &str) -> Examination {
        let files = self.files();
        let Prepared {
            mut request,
            settings,
            selection,
            ..
        } = support::prepared("", None, &files);
        let key = (OPERATOR.to_owned(), "sk-5f1c2a9be07d4431".to_owned());
        request.shell.extend(self.operator.then_some(key));
        let mut world = World::default();
        world.read("http://localhost:4000/mcp/", wire);
        let engine = Described::new("service litellm\n  mode host\n");
        let mut here = Here {
            engine: Some(engine.engine(&load(&request, &files))),
            world,
        };
        let permissions = Permissions {
            probe: true,
            docker: self.engine,
            gateway_key: self.operator.then(|| OPERATOR.to_owned()),
            ..Permissions::default()
        };
        investigate(
            &request,
            &settings,
            &selection,
            &permissions,
            &files,
            &mut here,
        )
    }

    /// What comes of each server to the first client.
    fn comes(&self, wire: &str) -> Vec<Comes> {
        let through = self.examine(wire).through;
        assert!(!through.is_empty(), "no gateway was asked");
        let servers = through.iter().filter(|one| one.probe == through[0].probe);
        servers.map(|one| one.comes.clone()).collect()
    }
}

/// An engine, and what answers beside it.
struct Here {
    engine: Option<Engine>,
    world: World,
}

impl Witness for Here {
    fn survey(&mut self) -> Known<Engine> {
        Known::Yes(self.engine.take().expect("an engine, asked once"))
    }

    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        asks.iter().map(|ask| self.world.answer(ask)).collect()
    }
}

fn answers(url: &str, method: &str, body: &Value) -> String {
    let verb = if method.is_empty() { "GET" } else { "POST" };
    format!(
        ">>> {verb} {url} {method}\nHTTP/1.1 200 OK\ncontent-type: application/json\n\n{body}\n\n"
    )
}

fn tools(names: &[&str]) -> Value {
    let tools = names.iter();
    tools
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .collect()
}

/// A server with these tools.
fn server(url: &str, name: &str, names: &[&str]) -> String {
    let first = json!({"jsonrpc": "2.0", "id": 0, "result": {"protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}}, "serverInfo": {"name": name, "version": "1.0.0"}}});
    let list = json!({"jsonrpc": "2.0", "id": 0, "result": {"tools": tools(names)}});
    answers(url, "initialize", &first) + &answers(url, "tools/list", &list)
}

/// The gateway with these tools, at its usual path.
fn gateway(names: &[&str]) -> String {
    server("/mcp/", "litellm-mcp-server", names)
}

/// The gateway, which answers with this instead of a list.
fn gateway_that_lists(answer: Value) -> String {
    let mut message = json!({"jsonrpc": "2.0", "id": 0});
    for (key, value) in answer.as_object().expect("members") {
        message[key] = value.clone();
    }
    let whole = gateway(&[]);
    let handshake = whole.split(">>> POST /mcp/ tools/list").next();
    handshake.expect("a handshake").to_owned() + &answers("/mcp/", "tools/list", &message)
}

fn some(names: &[&str]) -> Comes {
    Comes::Tools(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn an_alias_stands_before_the_names_of_tools() {
    let comes = Stack::new(TWO).comes(&gateway(&["db-look", "db-see", "web-get"]));
    assert_eq!(comes, [some(&["look", "see"]), some(&["get"])]);
    // The name does not, where there is an alias.
    let comes = Stack::new(TWO).comes(&gateway(&["database-look"]));
    assert_eq!(comes, [Comes::Nothing, Comes::Nothing]);
}

#[test]
fn a_gateway_that_tells_aliases_for_names_is_recognised() {
    // No file says what is behind the address. LiteLLM 1.77.3 tells the alias where others tell the name.
    let entry = json!({"url": "http://localhost:4999/mcp/"});
    let list =
        json!([{"server_id": "1", "server_name": "db"}, {"server_id": "2", "server_name": "web"}]);
    let ready = json!({"status": "healthy", "db": "Not connected", "litellm_version": "1.77.3"});
    let wire = gateway(&["db-look"])
        + &answers("/health/readiness", "", &ready)
        + &answers("/v1/mcp/server", "", &list);
    let wire = wire
        .replace("POST /", "POST http://localhost:4999/")
        .replace("GET /", "GET http://localhost:4999/");
    let mut stack = Stack::new(TWO).client(entry);
    stack.compose = stack
        .compose
        .replace("    network_mode: host\n", "    ports: ['4000:4000']\n");
    stack.engine = false;
    let examination = stack.examine(&wire);
    assert_eq!(examination.chain.hops[0].to, "litellm");
    assert_eq!(stack.comes(&wire), [some(&["look"]), Comes::Nothing]);
}

#[test]
fn everyone_who_gets_nothing_is_named() {
    let entry = json!({"url": "http://localhost:4000/mcp/"});
    let mut stack = Stack::new(TWO);
    stack.clients = vec![("gw", entry.clone()), ("again", entry)];
    stack.engine = false;
    let examination = stack.examine(&gateway(&["db-look"]));
    let findings = examination.diagnosis.findings.iter();
    let mut hidden = findings.filter(|judged| judged.finding.check == "gateway-hides-failure");
    let message = &hidden.next().expect("a finding").finding.message;
    assert!(
        message.contains("gw and again get none of the tools of web"),
        "{message}"
    );
}

#[test]
fn a_space_becomes_a_line() {
    let config = "mcp_servers:\n  my srv: {transport: http, url: 'http://localhost:8001/mcp'}\n";
    let comes = Stack::new(config).comes(&gateway(&["my_srv-look"]));
    assert_eq!(comes, [some(&["look"])]);
}

#[test]
fn a_variable_says_what_stands_between() {
    let mut stack = Stack::new(TWO);
    stack.compose += "      MCP_TOOL_PREFIX_SEPARATOR: __\n";
    let comes = stack.comes(&gateway(&["db__look", "web-get"]));
    assert_eq!(comes, [some(&["look"]), Comes::Nothing]);
}

#[test]
fn the_longer_of_two_prefixes_counts() {
    let config = "mcp_servers:
  a: {transport: http, url: 'http://localhost:8001/mcp'}
  other: {alias: a-b, transport: http, url: 'http://localhost:8002/mcp'}
";
    let comes = Stack::new(config).comes(&gateway(&["a-y", "a-b-x"]));
    assert_eq!(comes, [some(&["y"]), some(&["x"])]);
}

#[test]
fn servers_with_one_prefix_are_not_told_apart() {
    let config = "mcp_servers:
  my srv: {transport: http, url: 'http://localhost:8001/mcp'}
  my_srv: {transport: http, url: 'http://localhost:8002/mcp'}
";
    let comes = Stack::new(config).comes(&gateway(&["my_srv-look"]));
    let unknown = Comes::Unknown("another server's tools have the same prefix");
    assert_eq!(comes, [unknown.clone(), unknown]);
    // Nothing is nothing, whosever it were.
    let comes = Stack::new(config).comes(&gateway(&[]));
    assert_eq!(comes, [Comes::Nothing, Comes::Nothing]);
}

#[test]
fn what_a_client_does_not_ask_for_is_not_missed() {
    let url = "http://localhost:4000/mcp/";
    let asked = |names: &str| json!({"url": url, "headers": {"x-mcp-servers": names}});
    let db = gateway(&["db-look"]);
    // By the alias, the name and a group, in any case.
    for names in ["db", "DATABASE", "readers"] {
        let comes = Stack::new(TWO).client(asked(names)).comes(&db);
        assert_eq!(comes, [some(&["look"]), Comes::Unasked], "{names}");
    }
    let both = Stack::new(TWO).client(asked("db, web")).comes(&db);
    assert_eq!(both, [some(&["look"]), Comes::Nothing]);
    let variable = Stack::new(TWO).client(asked("${SERVERS:-db}")).comes(&db);
    assert_eq!(variable[0], some(&["look"]));
    assert!(matches!(variable[1], Comes::Unknown(_)), "{variable:?}");
    let path = "/mcp/web";
    let entry = json!({"url": format!("http://localhost:4000{path}")});
    let web = server(path, "litellm-mcp-server", &["web-get"]);
    let comes = Stack::new(TWO).client(entry).comes(&web);
    assert_eq!(comes, [Comes::Unasked, some(&["get"])]);
}

fn readiness(database: &str) -> String {
    let body = json!({"status": "healthy", "db": database, "litellm_version": "1.109.1"});
    answers("/health/readiness", "", &body)
}

fn servers(names: &[&str]) -> String {
    let servers = names.iter().map(|name| {
        json!({"server_id": format!("id-{name}"), "server_name": name, "alias": null, "url": null})
    });
    answers("/v1/mcp/server", "", &servers.collect())
}

#[test]
fn a_server_that_the_key_may_not_see_is_hidden() {
    let wire = gateway(&["db-look"]) + &readiness("connected") + &servers(&["database"]);
    let comes = Stack::new(TWO).comes(&wire);
    assert_eq!(comes, [some(&["look"]), Comes::Hidden]);
}

/// Of a key that may not use a server, what is said of it; then what else is said of what the gateway answers.
fn forbidden(examination: &Examination) -> (Vec<String>, Vec<&'static str>) {
    let findings = examination.diagnosis.findings.iter();
    let findings = findings.map(|judged| &judged.finding);
    let of_wire = findings.filter(|one| {
        checks::by_id(one.check).is_some_and(|check| check.needs.contains(&Need::Wire))
    });
    let (own, others): (Vec<_>, Vec<_>) =
        of_wire.partition(|finding| finding.check == "gateway-server-forbidden");
    let own = own
        .iter()
        .map(|one| format!("{} {}", one.severity.word(), one.message));
    (own.collect(), others.iter().map(|one| one.check).collect())
}

/// A stack whose gateway has a database.
fn with_keys(entry: Value) -> Stack<'static> {
    let mut stack = Stack::new(TWO).client(entry);
    stack.engine = false;
    stack.compose = stack.compose.replace(
        "    environment:\n",
        "    environment:\n      DATABASE_URL: postgresql://db/llm\n",
    );
    assert!(stack.compose.contains("DATABASE_URL"), "{}", stack.compose);
    stack
}

/// What its operator gets of the gateway.
fn all_servers() -> String {
    let whole = gateway(&["db-look", "web-get"]) + &servers(&["database", "web"]);
    let of_operator = whole.lines().map(|line| match line.starts_with(">>> ") {
        true => format!(
            "{} authorization: Bearer sk-5f1c2a9be07d4431\n",
            line.trim_end()
        ),
        false => format!("{line}\n"),
    });
    of_operator.collect()
}

#[test]
fn a_key_that_may_not_use_the_server_that_its_client_asks_for() {
    let entry = |names: &str| json!({"url": "http://localhost:4000/mcp/", "headers": {"x-mcp-servers": names}});
    // As 1.77.3 does: the filter is dropped, and the tools of what the key may use come.
    let wire = gateway(&["web-get"]) + &readiness("connected") + &servers(&["web"]);
    let shows = "LiteLLM 1.109.1 for database, which does not show it to its key: it gets the tools of other servers instead";
    let (said, others) = forbidden(&with_keys(entry("db")).examine(&wire));
    assert_eq!((said.len(), others.len()), (1, 0), "{said:?} {others:?}");
    assert!(
        said[0].starts_with(&format!("warning gw asks {shows}")),
        "{said:?}"
    );
    // That it is there for another key makes it certain.
    let mut stack = with_keys(entry("db"));
    stack.operator = true;
    let both = wire.clone() + &all_servers();
    let examination = stack.examine(&both);
    let (said, others) = forbidden(&examination);
    let certain = "error gw asks LiteLLM 1.109.1 for database, and its key may not use it: it gets the tools of other servers \
                   instead; permit it in object_permission.mcp_servers of the key or its team";
    assert_eq!((said, others), (vec![certain.to_owned()], vec![]));
    let finding = examination
        .diagnosis
        .findings
        .iter()
        .map(|one| &one.finding);
    let mut finding = finding.filter(|one| one.check == "gateway-server-forbidden");
    let command = finding.next().and_then(|one| one.fixes[0].text.clone());
    let command = command.expect("a command");
    assert!(
        command.starts_with(
            "curl http://localhost:4000/key/update -H \"Authorization: Bearer $LITELLM_MASTER_KEY\""
        ) && command.contains("[\"id-web\", \"id-database\"]"),
        "{command}"
    );
    // What it may use beside that comes.
    let mut stack = with_keys(entry("db,web"));
    stack.operator = true;
    let (said, _) = forbidden(&stack.examine(&both));
    assert!(
        said[0].starts_with("warning") && said[0].contains("the tools of the others"),
        "{said:?}"
    );
    // A gateway without a database has no permissions.
    let wire = gateway(&["web-get"]) + &readiness("Not connected") + &servers(&["web"]);
    assert_eq!(forbidden(&with_keys(entry("db")).examine(&wire)).0, [""; 0]);
}

#[test]
fn a_key_that_may_use_some_servers_only_is_no_mistake() {
    let entry = json!({"url": "http://localhost:4000/mcp/"});
    let wire = gateway(&["web-get"]) + &readiness("connected") + &servers(&["web"]);
    let mut stack = with_keys(entry);
    stack.operator = true;
    let examination = stack.examine(&(wire + &all_servers()));
    assert_eq!(forbidden(&examination), (vec![], vec![]));
    let text = shown(&examination, 100, text::Detail::Usual);
    for line in [
        "hidden",
        "  hidden: the gateway does not show this server to the client's key; object_permission.mcp_servers",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_key_that_may_use_no_server() {
    let entry = || json!({"url": "http://localhost:4000/mcp/"});
    // As 1.77.3 does.
    let wire = gateway(&[]) + &readiness("connected") + &servers(&[]);
    let mut stack = with_keys(entry());
    stack.operator = true;
    let (said, others) = forbidden(&stack.examine(&(wire + &all_servers())));
    let none = "error gw asks for all servers of LiteLLM 1.109.1, and its key may not use any of them: no tools come; permit it";
    assert!(said[0].starts_with(none), "{said:?}");
    assert_eq!(others, [""; 0]);
    // As 1.109.1 does: status 403 to the handshake.
    let words = "The key has no MCP servers granted, or none of its granted servers is loaded and allowed for this client IP. \
                 Grant servers or access groups to the key, its team, or its organization (object_permission.mcp_servers), check \
                 the server's allowed IPs, and reconnect.";
    let refusal = json!({"detail": {"error": words}});
    let refused = format!(
        ">>> POST /mcp/ *\nHTTP/1.1 403 Forbidden\ncontent-type: application/json\n\n{refusal}\n\n"
    );
    let wire = refused + &readiness("connected") + &servers(&[]);
    for header in ["Authorization", "x-litellm-api-key"] {
        let mut entry = entry();
        entry["headers"] = json!({header: "Bearer sk-8f2c11d09ab35e71"});
        let (said, others) = forbidden(&with_keys(entry).examine(&wire));

        assert!(
            said[0].contains("its key may not use any of them: every request is refused; permit"),
            "{said:?}"
        );
        assert_eq!((said.len(), others.len()), (1, 0), "{others:?}");
    }
}

#[test]
fn a_list_that_has_no_end_says_nothing_of_what_is_not_on_it() {
    let list = json!({"result": {"tools": tools(&["db-look"]), "nextCursor": "again"}});
    let comes = Stack::new(TWO).comes(&gateway_that_lists(list));
    assert_eq!(comes[0], some(&["look"]));
    assert!(matches!(comes[1], Comes::Unknown(_)), "{comes:?}");
}

#[test]
fn an_error_that_tells_of_each_server_is_an_answer() {
    let outcomes = json!({
        "db": {"status": "unreachable"},
        "web": {"status": "upstream_error", "http_status": 404},
    });
    let error = json!({"error": {"code": -32603, "message": "Every MCP server in scope failed to list tools",
        "data": {"litellm.ai/server_outcomes": outcomes}}});
    let examination = Stack::new(TWO).examine(&gateway_that_lists(error));
    let said: Vec<(&Comes, &str, Option<u64>)> = examination
        .through
        .iter()
        .map(|one| {
            let outcome = one.outcome.as_ref().expect("an outcome");
            (&one.comes, outcome.status.as_str(), outcome.http_status)
        })
        .collect();
    assert_eq!(
        said,
        [
            (&Comes::Nothing, "unreachable", None),
            (&Comes::Nothing, "upstream_error", Some(404)),
        ]
    );
    let shown = shown(&examination, 100, text::Detail::Usual);
    assert!(
        shown.contains("litellm-mcp-server 1.0.0, 0 tools"),
        "{shown}"
    );
}

/// Two servers that work, each with three tools.
fn direct() -> String {
    server("http://localhost:8001/mcp", "pg", &["look", "see", "write"])
        + &server("http://localhost:8002/mcp", "web", &["get", "put", "post"])
}

const KEPT: &str = "mcp_servers:
  database:
    alias: db
    transport: http
    url: http://localhost:8001/mcp
    allowed_tools: [look, db-see]
  web:
    transport: http
    url: http://localhost:8002/mcp
    disallowed_tools: [put]
";

#[test]
fn tools_that_are_kept_back_are_named_with_what_keeps_them() {
    let through = gateway(&["db-look", "db-see", "web-get"]);
    let examination = Stack::new(KEPT).examine(&(through + &direct()));
    let missing = |one: &Through| -> Vec<(String, Option<&str>)> {
        let missing = one.missing.as_ref().expect("both lists").iter();
        missing.map(|one| (one.tool.clone(), one.kept_by)).collect()
    };
    let [db, web] = examination.through.as_slice() else {
        panic!("{:#?}", examination.through);
    };
    assert_eq!(missing(db), [("write".to_owned(), Some("allowed_tools"))]);
    assert_eq!(
        missing(web),
        [
            ("put".to_owned(), Some("disallowed_tools")),
            ("post".to_owned(), None),
        ]
    );
    let shown = shown(&examination, 100, text::Detail::Usual);
    for line in [
        "  ✓ database  http      http 2025-06-18    3        2  works, 1 kept back\n",
        "  – web       http      http 2025-06-18    3        1  1 tool missing\n",
        "  database: write does not come through: `allowed_tools` of its entry keeps it back\n",
        "  web: put does not come through: `disallowed_tools` of its entry keeps it back\n",
        "  web: post does not come through: its entry does not say why\n",
    ] {
        assert!(shown.contains(line), "{line}{shown}");
    }
    let document = document(&examination);
    let server = &document["gateways"][0]["servers"][1];
    let direct = json!({"verdict": "works", "transport": "http", "tools": 3});
    assert_eq!(server["direct"], direct);
    let missing = json!([
        {"tool": "put", "kept_by": "disallowed_tools"},
        {"tool": "post", "kept_by": null},
    ]);
    assert_eq!(
        server["through"],
        json!([{"client": "claude-code:gw", "verdict": "works", "reason": null, "tools": 1,
                "missing": missing, "outcome": null}])
    );
}

#[test]
fn what_a_version_does_not_read_keeps_nothing_back() {
    let mut stack = Stack::new(KEPT);
    stack.compose = stack.compose.replace("1.109.1", "1.77.3");
    let through = gateway(&["db-look", "db-see", "web-get"]);
    let examination = stack.examine(&(through + &direct()));
    let mut missing = examination
        .through
        .iter()
        .flat_map(|one| one.missing.iter().flatten());
    assert!(missing.all(|one| one.kept_by.is_none()));
}

#[test]
fn what_the_chain_says_is_not_said_again() {
    let all = [
        "db-look", "db-see", "db-write", "web-get", "web-put", "web-post",
    ];
    let examination = Stack::new(TWO).examine(&(gateway(&all) + &direct()));
    assert!(!shown(&examination, 100, text::Detail::Usual).contains("Through "));
    let verbose = shown(&examination, 100, text::Detail::Verbose);
    assert!(verbose.contains("Through LiteLLM 1.109.1\n"), "{verbose}");
}

#[test]
fn one_server_needs_no_table() {
    let config = "mcp_servers:\n  db: {transport: http, url: 'http://localhost:8001/mcp'}\n";
    let examination = Stack::new(config).examine(&(gateway(&[]) + &direct()));
    let shown = shown(&examination, 100, text::Detail::Usual);
    assert!(
        shown.contains("Through LiteLLM 1.109.1\n  ✗ 0 of 3 tools of db  hidden failure\n"),
        "{shown}"
    );
}

#[test]
fn of_a_gateway_that_does_not_answer_there_is_no_table() {
    let entry = json!({"url": "http://localhost:4000/mcp/", "headers": {"x-mcp-servers": "web"}});
    let mut stack = Stack::new(TWO).client(entry);
    stack.engine = false;
    let examination = stack.examine(">>> CONNECT localhost:4000\nrefused\n");
    assert!(!examination.through.is_empty());
    let shown = shown(&examination, 100, text::Detail::Verbose);
    assert!(!shown.contains("Through "), "{shown}");
}

#[test]
fn tools_that_come_through_say_that_a_hop_works() {
    let wire = gateway(&["db-look", "web-get", "web-put"]);
    let mut stack = Stack::new(TWO);
    stack.engine = false;
    let examination = stack.examine(&wire);
    let shown = shown(&examination, 100, text::Detail::Usual);
    assert!(shown.contains("2 tools through the gateway\n"), "{shown}");
    assert!(shown.contains("1 tool through the gateway\n"), "{shown}");
}

#[test]
fn clients_that_get_different_things_have_a_column_each() {
    let mut stack = Stack::new(TWO);
    let url = "http://localhost:4000/mcp/";
    stack.clients = vec![
        ("all", json!({"url": url})),
        ("again", json!({"url": url})),
        (
            "web",
            json!({"url": url, "headers": {"x-mcp-servers": "web"}}),
        ),
    ];
    let web = gateway(&["web-get"]).replace("initialize\n", "initialize x-mcp-servers: web\n");
    let web = web.replace("tools/list\n", "tools/list x-mcp-servers: web\n");
    let examination = stack.examine(&(gateway(&["db-look", "web-get"]) + &web));
    let text = shown(&examination, 80, text::Detail::Usual);
    for line in [
        "    server    declared  all +1  web\n",
        "  ✓ database  http           1    –  works\n",
        "  ✓ web       http           1    1  works\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let document = document(&examination);
    let through = &document["gateways"][0]["servers"][0]["through"];
    let word = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let seen = through.as_array().into_iter().flatten();
    let seen: Vec<(String, String)> = seen
        .map(|one| (word(one, "client"), word(one, "verdict")))
        .collect();
    assert_eq!(
        seen,
        [
            ("claude-code:all", "works"),
            ("claude-code:again", "works"),
            ("claude-code:web", "unasked"),
        ]
        .map(|(client, verdict)| (client.to_owned(), verdict.to_owned()))
    );
}

#[test]
fn what_the_operator_gets_stands_beside_what_clients_get() {
    let url = "http://localhost:4000/mcp/";
    let entry = json!({"url": url, "headers": {"x-mcp-servers": "web"}});
    let mut stack = Stack::new(TWO).client(entry);
    stack.operator = true;
    let web = gateway(&["web-get"]).replace("initialize\n", "initialize x-mcp-servers: web\n");
    let web = web.replace("tools/list\n", "tools/list x-mcp-servers: web\n");
    let examination = stack.examine(&(gateway(&["db-look", "web-get"]) + &web));
    let text = shown(&examination, 80, text::Detail::Usual);
    for line in [
        "    server    declared  gw  operator\n",
        "  ✓ database  http       –         1  works\n",
        "  ✓ web       http       1         1  works\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let document = document(&examination);
    let through = &document["gateways"][0]["servers"][0]["through"];
    assert_eq!(through[0]["client"], "claude-code:gw");
    assert_eq!(through[1]["client"], Value::Null);
    assert_eq!(through[1]["tools"], 1);
}

#[test]
fn of_many_servers_those_that_do_not_work_come_first() {
    let mut config = "mcp_servers:\n".to_owned();
    let names: Vec<String> = (0..40)
        .map(|number| format!("server_with_a_name_of_length_{number:02}"))
        .collect();
    for name in &names {
        config += &format!("  {name}: {{transport: http, url: 'http://localhost:8001/{name}'}}\n");
    }
    let tools: Vec<String> = names[..39]
        .iter()
        .map(|name| format!("{name}-look"))
        .collect();
    let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
    let examination = Stack::new(&config).examine(&gateway(&tools));
    for width in [42, 60, 80, 120] {
        let usual = shown(&examination, width, text::Detail::Usual);
        let table: Vec<&str> = usual
            .lines()
            .skip_while(|line| !line.starts_with("Through "))
            .take_while(|line| !line.is_empty())
            .collect();
        assert_eq!(table.len(), 1 + 1 + 20 + 1, "{usual}");
        assert!(table[2].contains("✗") || table[2].contains("– "), "{usual}");
        assert!(table[22].starts_with("  and 20 servers more"), "{usual}");
        assert!(
            table.iter().all(|line| line.chars().count() <= width),
            "{usual}"
        );
    }
    let verbose = shown(&examination, 100, text::Detail::Verbose);
    assert_eq!(verbose.matches("  ✓ server_with").count(), 39, "{verbose}");
}

#[test]
fn servers_that_the_file_has_not_are_named() {
    let all = ["db-look", "web-get"];
    let told = |database: &str| {
        let wire = gateway(&all) + &readiness(database) + &servers(&["database", "web", "crm"]);
        Stack::new(TWO).examine(&wire)
    };
    let examination = told("connected");
    let text = shown(&examination, 100, text::Detail::Usual);
    assert!(
        text.contains("  also has, from its database: crm\n"),
        "{text}"
    );
    let told_it = json!({"version": "1.109.1", "database": true, "servers_only_there": ["crm"]});
    assert_eq!(document(&examination)["gateways"][0]["told"], told_it);
    // Without a database they come from another file.
    let text = shown(&told("Not connected"), 100, text::Detail::Usual);
    assert!(
        text.contains("  also has, and config.yaml has not: crm\n"),
        "{text}"
    );
}

fn shown(examination: &Examination, width: usize, detail: text::Detail) -> String {
    let screen = |colour| Screen { colour, width };
    let options = |colour| text::Options {
        screen: screen(colour),
        detail,
        user: None,
        require: Vec::new(),
    };
    let coloured = text::render(examination, &options(true));
    let plain = text::render(examination, &options(false));
    let bare = bare(&coloured);
    let ends = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let (coloured, written): (Vec<String>, Vec<String>) = (ends(&bare), ends(&plain));
    assert!(coloured == written, "{bare}{plain}");
    plain
}

/// A text without its colours.
fn bare(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        bare += part.split_once('m').expect("a colour").1;
    }
    bare
}

/// The JSON document, which fits the schema.
fn document(examination: &Examination) -> Value {
    let text = json::render(examination).expect("a document");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../schema/mcpdoc-1.json")).expect("the schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    document
}

/// What LiteLLM answered to `GET` of a path, recorded and cut to what is of interest.
fn recorded(version: &str) -> Told {
    let text = match version {
        "1.77.3" => include_str!("told/1.77.3.wire"),
        _ => include_str!("told/1.109.1.wire"),
    };
    let mut world = World::default();
    world.read(
        "http://localhost:4000/mcp/",
        &format!("{}{text}", gateway(&[])),
    );
    let mut ask = Ask::url("http://localhost:4000/mcp/");
    ask.gateway = true;
    Told::of(&world.answer(&ask))
}

#[test]
fn both_versions_tell_the_same_in_other_forms() {
    for (version, healthy, tools) in [
        ("1.77.3", [true, true], [Some(13), Some(0)]),
        ("1.109.1", [true, false], [None, None]),
    ] {
        let told = recorded(version);
        assert_eq!(told.version.as_deref(), Some(version));
        assert_eq!(told.database, Some(false));
        assert_eq!(told.refusal, None);
        let names: Vec<(&str, Option<&str>)> = told
            .servers
            .iter()
            .flatten()
            .map(|server| (server.name.as_str(), server.transport.as_deref()))
            .collect();
        assert_eq!(names, [("ok_sse", Some("sse")), ("refused", Some("http"))]);
        let health = ["ok_sse", "refused"].map(|name| told.health_of(name).expect("its health"));
        assert_eq!(health.map(|one| one.healthy), healthy, "{version}");
        assert_eq!(health.map(|one| one.tools), tools, "{version}");
    }
}
