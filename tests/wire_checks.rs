//! What a person reads who asks about one url: every failure told apart, one error a cause, each message complete in
//! itself; and what files add to that, or already explain. The worlds are written as on the pages.

use mcpdoc::command::check::Prepared;
use mcpdoc::fact::{Ask, Facts, Known, Probe};
use mcpdoc::load::Memory;
use mcpdoc::model::Transport;
use mcpdoc::plan::Permissions;
use mcpdoc::{Examination, Selection, consult, investigate};

use described::Described;
use say::said;
use world::World;

#[path = "support/described.rs"]
mod described;
#[path = "support/say.rs"]
#[allow(dead_code, reason = "what was skipped is not of interest here")]
mod say;
#[path = "support/run.rs"]
mod support;
#[path = "support/world.rs"]
#[expect(dead_code, reason = "no programs here")]
mod world;

fn asked(ask: Ask, text: &str) -> Examination {
    let mut world = World::default();
    world.read("http://localhost:8000/mcp", text);
    let mut facts = Facts::none();
    facts.wire = Known::Yes(vec![world.answer(&ask)]);
    consult(facts, &Selection::default())
}

fn tells(url: &str, text: &str) -> Vec<String> {
    said(&asked(Ask::url(url), text))
}

const URL: &str = "http://localhost:8000/mcp";

/// The one error of a world, without the url in front of it.
fn error(url: &str, text: &str) -> String {
    let found = tells(url, text);
    let [only] = found.as_slice() else {
        panic!("{url} in a world of\n{text}\nhas not one finding: {found:#?}");
    };
    let rest = only.strip_prefix(&format!("error {url}: "));
    rest.unwrap_or_else(|| panic!("not an error of {url}: {only}"))
        .to_owned()
}

#[test]
fn a_healthy_server_is_not_spoken_of() {
    assert_eq!(tells(URL, ">>> MCP /mcp"), Vec::<String>::new());
    assert_eq!(
        tells("http://localhost:8000/sse", ">>> MCP /sse sse"),
        Vec::<String>::new()
    );
}

#[test]
fn what_happens_below_http_is_told_apart() {
    for (what, expected) in [
        (
            "refused",
            "nothing listens on port 8000 of localhost (127.0.0.1)",
        ),
        (
            "timeout",
            "no connection to port 8000 of localhost (127.0.0.1) came about in 5 s",
        ),
        (
            "no route",
            "this machine knows no way to localhost (127.0.0.1)",
        ),
        (
            "closes",
            "the server closes the connection without an answer to server/discover",
        ),
        (
            "reset",
            "the server resets the connection without an answer to server/discover",
        ),
        (
            "postgres",
            "what listens on port 8000 is PostgreSQL, not an MCP server",
        ),
        (
            "SSH-2.0-OpenSSH_9.2p1 Debian-2",
            "what listens on port 8000 is an SSH server (`SSH-2.0-OpenSSH_9.2p1 Debian-2`)",
        ),
        (
            "220 mail.example ESMTP",
            "what listens on port 8000 is a mail or FTP server (`220 mail.example ESMTP`)",
        ),
        ("-ERR unknown command", "what listens on port 8000 is Redis"),
        (
            "\\x05\\x00",
            "what listens on port 8000 is something that speaks no HTTP (`\\x05\\x00`)",
        ),
    ] {
        let error = error(URL, &format!(">>> CONNECT localhost:8000\n{what}"));
        assert!(error.starts_with(expected), "{what}: {error}");
    }
    let error = error(
        "http://nowhere.invalid/mcp",
        ">>> RESOLVE nowhere.invalid\nnot found",
    );
    assert!(
        error.starts_with(
            "the name nowhere.invalid has no address here (Name or service not known)"
        ),
        "{error}"
    );
}

#[test]
fn one_address_of_several_is_enough() {
    let world =
        ">>> RESOLVE localhost\n::1 127.0.0.1\n>>> CONNECT [::1]:8000\nrefused\n>>> MCP /mcp";
    assert_eq!(tells(URL, world), Vec::<String>::new());
}

#[test]
fn tls_is_told_apart() {
    let secure = "https://localhost:8443/mcp";
    for (what, expected) in [
        (
            "self-signed",
            "the certificate of localhost is signed by nobody that this machine trusts",
        ),
        (
            "expired",
            "the certificate of localhost expired on 2023-11-14: renew it",
        ),
        (
            "not yet valid",
            "the certificate of localhost is not valid yet",
        ),
        (
            "wrong name",
            "the certificate of localhost is for other.example",
        ),
    ] {
        let world = format!(">>> TLS localhost:8443\n{what}\n>>> MCP https://localhost:8443/mcp");
        let error = error(secure, &world);
        assert!(error.starts_with(expected), "{what}: {error}");
    }
    let plain = error("https://localhost:8000/mcp", ">>> MCP /mcp");
    assert!(
        plain
            .starts_with("the port speaks plain HTTP, and MCP answers in it: call it with http://"),
        "{plain}"
    );
    for answer in [
        "HTTP/1.1 400 Bad Request\nserver: nginx/1.22.1\ncontent-type: text/html\n\n\
         <html><center>The plain HTTP request was sent to HTTPS port</center></html>",
        "HTTP/1.0 400 Bad Request\n\nClient sent an HTTP request to an HTTPS server.",
        "closes",
    ] {
        let world = format!(
            ">>> POST http://localhost:8443/mcp *\n{answer}\n>>> MCP https://localhost:8443/mcp"
        );
        let error = error("http://localhost:8443/mcp", &world);
        assert!(
            error.starts_with("the port speaks TLS, and MCP answers in it: call it with https://"),
            "{answer}: {error}"
        );
    }
}

/// `status line and headers`, body, and how the error begins.
const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "200 OK\ncontent-type: text/html",
        "<!doctype html><title>Grafana</title>",
        "the answer is 200 and a web page with the title `Grafana`",
    ),
    (
        "200 OK\ncontent-type: application/json",
        "{\"status\":\"ok\"}",
        "the answer is 200 and a JSON API (`{\"status\":\"ok\"}`)",
    ),
    (
        "404 Not Found\ncontent-type: application/json",
        "{\"error\": {\"message\": \"Invalid URL (POST /v1)\", \"type\": \"invalid_request_error\"}}",
        "the answer is 404 and an API in the manner of OpenAI's",
    ),
    (
        "404 Not Found\ncontent-type: text/html",
        "<pre>Cannot POST /mcp</pre>",
        "nothing is served at this path (404, Express)",
    ),
    (
        "404 Not Found\ncontent-type: application/json",
        "{\"detail\":\"Not Found\"}",
        "nothing is served at this path (404, FastAPI)",
    ),
    (
        "401 Unauthorized\nwww-authenticate: Bearer",
        "",
        "the server wants credentials (Bearer) and answers 401 without them; it offers no login: declare a token",
    ),
    (
        "401 Unauthorized\nwww-authenticate: Basic realm=\"r\"\nserver: nginx/1.22.1",
        "",
        "the server wants credentials (Basic) and answers 401 without them",
    ),
    (
        "403 Forbidden\nserver: nginx/1.22.1\ncontent-type: text/html",
        "<html><head><title>403 Forbidden</title></head></html>",
        "the server wants credentials and answers 403 without them",
    ),
    (
        "406 Not Acceptable\nserver: Caddy",
        "Not Acceptable: Client must accept both application/json and text/event-stream",
        "the server answers 406 as if `Accept` had not been sent, and it was: Caddy in between drops or changes it",
    ),
    (
        "415 Unsupported Media Type",
        "Unsupported Media Type: Content-Type must be application/json",
        "the server answers 415 as if `Content-Type` had not been sent, and it was: something in between",
    ),
    (
        "400 Bad Request",
        "Invalid Content-Type header",
        "the server answers 400 as if `Content-Type` had not been sent",
    ),
    (
        "421 Misdirected Request",
        "Invalid Host header",
        "the server refuses the Host localhost:8000 (421): allow this host",
    ),
    (
        "403 Forbidden",
        "Forbidden: Origin header is not allowed",
        "the server refuses the Origin localhost:8000 (403)",
    ),
    (
        "429 Too Many Requests\nretry-after: 30",
        "",
        "the answer is 429, too many requests, and in 30 s it takes the next one",
    ),
    (
        "500 Internal Server Error\ncontent-type: application/json",
        "{\"error\":\"MCP request failed\",\"details\":\"\"}",
        "the server answers initialize with 500 (`{\"error\":\"MCP request failed\",\"details\":\"\"}`): send a key",
    ),
    (
        "502 Bad Gateway\nserver: nginx/1.22.1",
        "",
        "nginx answers 502: it does not reach the server behind it; start that server",
    ),
    (
        "503 Service Unavailable",
        "no available server",
        "Traefik answers 503: it has no server behind it that is ready",
    ),
    (
        "504 Gateway Timeout\nserver: nginx/1.22.1",
        "",
        "nginx answers 504: it gets no answer from the server behind it in time; see what takes so long",
    ),
    (
        "302 Found\nlocation: /login",
        "",
        "every request is redirected (302) to http://localhost:8000/login; clients arrive there with a GET \
         instead of a POST: no MCP is there; correct the address",
    ),
    (
        "307 Temporary Redirect\nlocation: /mcp",
        "",
        "every request is redirected (307) in a circle: correct the address",
    ),
    (
        "307 Temporary Redirect\nlocation: mailto:someone@example.com",
        "",
        "every request is redirected (307) to no address that can be called",
    ),
];

#[test]
fn answers_are_told_apart() {
    let mut wrong = Vec::new();
    for (head, body, expected) in ANSWERS {
        let world = format!(">>> POST /mcp *\nHTTP/1.1 {head}\n\n{body}");
        let found = tells(URL, &world);
        let expected = format!("error {URL}: {expected}");
        match found.as_slice() {
            [only] if only.starts_with(&expected) => {}
            found => wrong.push(format!(
                "{head}\n  expected {expected}\n  found    {found:?}"
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_redirect_that_leads_to_the_server_is_a_warning() {
    let found = tells(
        URL,
        ">>> POST /mcp *\nHTTP/1.1 307 Temporary Redirect\nlocation: /mcp/\n\n>>> MCP /mcp/",
    );
    assert_eq!(
        found,
        [
            "warning http://localhost:8000/mcp: every request is redirected (307) to http://localhost:8000/mcp/, which \
             differs by a slash alone: call http://localhost:8000/mcp/"
        ]
    );
}

/// As nginx in front of LiteLLM 1.77.3, which does not know that its clients speak TLS.
#[test]
fn a_redirect_to_plain_http_on_the_same_port_is_the_cause() {
    let mut world = World::default();
    let url = "https://localhost:8443/mcp";
    world.read(
        url,
        ">>> POST /mcp *\nHTTP/1.1 307 Temporary Redirect\nlocation: http://localhost:8443/mcp/\n\n\
         >>> POST http://localhost:8443/mcp/ *\nHTTP/1.1 400 Bad Request\nserver: nginx/1.22.1\ncontent-type: \
         text/html\n\n<html><center>The plain HTTP request was sent to HTTPS port</center></html>",
    );
    let mut facts = Facts::none();
    facts.wire = Known::Yes(vec![world.answer(&Ask::url(url))]);
    let found = said(&consult(facts, &Selection::default()));
    let [only] = found.as_slice() else {
        panic!("{found:#?}");
    };
    let led = "error https://localhost:8443/mcp: every request is redirected (307) to http://localhost:8443/mcp/";
    assert!(only.starts_with(led), "{only}");
}

#[test]
fn a_token_is_lost_on_the_way_to_another_origin() {
    let mut ask = Ask::url(URL);
    ask.headers
        .push(("Authorization".to_owned(), "Bearer abcdefgh".into()));
    let found = said(&asked(
        ask,
        ">>> POST /mcp *\nHTTP/1.1 307 Temporary Redirect\nlocation: http://localhost:9000/mcp\n\n\
         >>> MCP http://localhost:9000/mcp authorization: none",
    ));
    let [only] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(
        only.starts_with("error ")
            && only.contains("clients arrive there without their credentials"),
        "{only}"
    );
}

#[test]
fn the_scheme_is_lost_behind_a_proxy() {
    let found = error(
        "https://mcp.example.com/mcp/",
        ">>> POST https://mcp.example.com/mcp/ *\nHTTP/1.1 307 Temporary Redirect\nserver: uvicorn\n\
         location: http://mcp.example.com/mcp\n\n>>> MCP https://mcp.example.com/mcp",
    );
    assert!(
        found.contains(
            "because the server does not know that the proxy in front of it speaks https"
        ) && found.ends_with("call https://mcp.example.com/mcp if the server is there"),
        "{found}"
    );
}

#[test]
fn a_server_that_has_just_started_is_a_warning() {
    let unready = "HTTP/1.1 503 Service Unavailable\nserver: nginx/1.22.1\n\n";
    let ready = "HTTP/1.1 200 OK\ncontent-type: application/json\n\n\
        {\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}}}";
    let found = tells(
        URL,
        &format!(
            ">>> POST /mcp server/discover\n{unready}\n>>> POST /mcp server/discover\n{ready}\n>>> MCP /mcp"
        ),
    );
    let [only] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(
        only.starts_with("warning ") && only.contains("a moment later it answered"),
        "{only}"
    );
}

#[test]
fn a_host_that_passes_is_named() {
    let mut ask = Ask::url(URL);
    ask.host = Some("mcp-server:8000".to_owned());
    let found = said(&asked(
        ask,
        ">>> MCP /mcp\n>>> POST /mcp * host: mcp-server:8000\nHTTP/1.1 421 Misdirected Request\n\nInvalid Host header",
    ));
    let [only] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(
        only.contains("refuses the Host mcp-server:8000 (421), and takes localhost:8000"),
        "{only}"
    );
}

#[test]
fn the_transport_of_a_caller_that_falls_back_is_a_warning() {
    let ask = |transport, falls_back| {
        let mut ask = Ask::url("http://localhost:8000/sse");
        ask.transport = Some(transport);
        ask.falls_back = falls_back;
        said(&asked(ask, ">>> MCP /sse sse"))
    };
    assert_eq!(ask(Transport::Sse, None), Vec::<String>::new());
    let strict = ask(Transport::Http, None);
    assert!(
        matches!(strict.as_slice(), [only] if only.starts_with("error ") && only.ends_with("write `sse`")),
        "{strict:#?}"
    );
    let lenient = ask(Transport::Http, Some(Transport::Sse));
    assert!(
        matches!(lenient.as_slice(), [only] if only.starts_with("warning ") && only.ends_with("older ones fail; write `sse`")),
        "{lenient:#?}"
    );
}

#[test]
fn a_stream_to_another_origin_is_refused_as_clients_refuse_it() {
    let found = tells(
        "http://localhost:8000/sse",
        ">>> GET /sse\nHTTP/1.1 200 OK\ncontent-type: text/event-stream\n\n\
         event: endpoint\ndata: http://inner:8000/messages?session_id=1\n\n",
    );
    let [only] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(
        only.starts_with("error ")
            && only.contains("its event stream sends messages to http://inner:8000/messages"),
        "{only}"
    );
}

/// As `mcpdoc check` runs over files in a world.
fn checked(files: &[(&str, &str)], text: &str) -> Examination {
    checked_with("", &[], files, text)
}

/// The same as `mcpdoc check ARGUMENTS`, with variables of which the first is the operator's key.
fn checked_with(
    arguments: &str,
    variables: &[(&str, &str)],
    files: &[(&str, &str)],
    text: &str,
) -> Examination {
    let mut memory = Memory::default();
    for (name, text) in files {
        memory.insert(format!("{}/{name}", support::CWD), *text);
    }
    let mut world = World::default();
    world.read(URL, text);
    let Prepared {
        mut request,
        settings,
        selection,
        ..
    } = support::prepared(arguments, None, &memory);
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let gateway_key = variables.clone().map(|(name, _)| name).next();
    request.shell.extend(variables);
    let permissions = Permissions {
        probe: true,
        gateway_key,
        ..Permissions::default()
    };
    let mut witness =
        |asks: &[Ask]| -> Vec<Probe> { asks.iter().map(|ask| world.answer(ask)).collect() };
    investigate(
        &request,
        &settings,
        &selection,
        &permissions,
        &memory,
        &mut witness,
    )
}

fn errors(examination: &Examination) -> Vec<&mcpdoc::check::Finding> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| &judged.finding)
        .filter(|finding| finding.severity == mcpdoc::check::Severity::Error)
        .collect()
}

#[test]
fn what_files_explain_is_not_said_twice() {
    let files = [
        (
            "compose.yaml",
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.3-stable\n    command: [--config, /app/config.yaml]\n    \
             environment:\n      LITELLM_MASTER_KEY: sk-8f2c11d09ab35e71\n    \
             volumes: [\"./config.yaml:/app/config.yaml:ro\"]\n    ports: [\"127.0.0.1:4000:4000\"]\n",
        ),
        (
            "config.yaml",
            "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\nmcp_servers:\n  db:\n    \
             url: https://db.example.com/mcp\n    transport: http\n",
        ),
        (
            ".mcp.json",
            "{\"mcpServers\": {\"gateway\": {\"type\": \"http\", \"url\": \"http://localhost:4000/mcp/\", \
             \"headers\": {\"Authorization\": \"abcdefghijk\"}}}}",
        ),
    ];
    let examination = checked(
        &files,
        ">>> POST http://localhost:4000/mcp/ *\nHTTP/1.1 500 Internal Server Error\ncontent-type: application/json\n\n\
         {\"error\":\"MCP request failed\",\"details\":\"\"}",
    );
    let errors = errors(&examination);
    let ids: Vec<&str> = errors.iter().map(|finding| finding.check).collect();
    assert_eq!(ids, ["gateway-bearer-missing"]);
    let mut evidence = errors[0].evidence.iter();
    assert!(
        evidence.any(|one| one.text.starts_with("server-error: gateway calls")),
        "{:#?}",
        errors[0].evidence
    );
}

#[test]
fn a_service_that_does_not_run_is_named() {
    let files = [
        (
            "compose.yaml",
            "services:\n  docs:\n    image: example/docs-mcp:1\n    ports: [\"127.0.0.1:8000:8000\"]\n",
        ),
        (
            ".mcp.json",
            "{\"mcpServers\": {\"docs\": {\"type\": \"http\", \"url\": \"http://localhost:8000/mcp\"}, \
             \"again\": {\"type\": \"http\", \"url\": \"http://localhost:8000/mcp\"}}}",
        ),
    ];
    let examination = checked(&files, "");
    let errors = errors(&examination);
    let [only] = errors.as_slice() else {
        panic!("{errors:#?}");
    };
    assert_eq!(
        only.message,
        "docs and 1 more call http://localhost:8000/mcp, but nothing listens on port 8000 of localhost (127.0.0.1): \
         docs is meant to, so its container does not run; start it"
    );
    assert_eq!(only.hops.len(), 2);
    assert_eq!(
        only.fixes[0].text.as_deref(),
        Some("docker compose up -d docs")
    );
}

#[test]
fn a_server_without_a_setting_for_hosts_is_replaced_by_one_that_serves_all() {
    let told = |image: &str, transport: &str| {
        let (flag, url) = match transport {
            "sse" => ("sse", "http://db:8000/sse"),
            _ => ("streamable-http", "http://db:8000/mcp"),
        };
        let compose = format!(
            "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.3-stable\n    \
             command: [--config, /app/config.yaml]\n    volumes: [\"./config.yaml:/app/config.yaml:ro\"]\n  \
             db:\n    image: {image}\n    command: [--transport={flag}]\n"
        );
        let config = format!("mcp_servers:\n  db:\n    url: {url}\n    transport: {transport}\n");
        let mut world = World::default();
        world.read(
            url,
            ">>> POST * *\nHTTP/1.1 421 Misdirected Request\n\nInvalid Host header\n\
             >>> GET * *\nHTTP/1.1 421 Misdirected Request\n\nInvalid Host header",
        );
        let engine = "service litellm\nservice db\n  listens 0.0.0.0:8000\n  \
             log INFO: Started server process\n  log WARNING: Invalid Host header: db:8000";
        let mut files = Memory::default();
        for (name, text) in [("compose.yaml", compose), ("config.yaml", config)] {
            files.insert(format!("{}/{name}", support::CWD), text);
        }
        let answer =
            |asks: &[Ask]| -> Vec<Probe> { asks.iter().map(|ask| world.answer(ask)).collect() };
        let examination = Described::new(engine).examine_in("", &files, answer);
        let findings = examination.diagnosis.findings.into_iter();
        let mut refused = findings.filter(|judged| judged.finding.check == "host-header-rejected");
        refused.next().expect("a refusal").finding
    };
    let fix = |finding: &mcpdoc::check::Finding| {
        let fix = &finding.fixes[0];
        let says = fix.text.clone().unwrap_or_else(|| fix.title.clone());
        (says, fix.then.clone())
    };
    let way = "use the published image crystaldba/postgres-mcp:0.3.0, which serves every Host";

    let main = told("crystaldba/postgres-mcp:main", "sse");
    assert!(
        main.message.ends_with(&format!("(421): {way}")),
        "{}",
        main.message
    );
    let up = "docker compose up -d db".to_owned();
    assert_eq!(fix(&main), (way.to_owned(), vec![up.clone()]));
    let logs = main
        .evidence
        .iter()
        .filter(|one| one.text.contains("log of"));
    let logs: Vec<&str> = logs.map(|one| one.text.as_str()).collect();
    assert_eq!(
        logs,
        ["the log of stack-db-1 ends: WARNING: Invalid Host header: db:8000"]
    );

    // Something newer was built under the name of the published one.
    let built = told("crystaldba/postgres-mcp:0.3.0", "sse");
    let pull = "docker pull crystaldba/postgres-mcp:0.3.0".to_owned();
    assert_eq!(fix(&built), (format!("{way}\n"), vec![pull, up]));

    // The published one does not speak http.
    let http = told("crystaldba/postgres-mcp:main", "http");
    assert_eq!(
        http.fixes[0].title,
        "put mcp-proxy 0.13.0 in front of db and call it over streamable HTTP"
    );
}

const GATEWAY: &str = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.109.1-stable\n    \
    command: [--config, /app/config.yaml]\n    volumes: [\"./config.yaml:/app/config.yaml:ro\"]\n    \
    environment: {LITELLM_MASTER_KEY: sk-8f2c11d09ab35e71, DATABASE_URL: \"postgresql://db/llm\"}\n";

/// As `mcpdoc check ARGUMENTS` runs over a gateway, and a client if there is one, in a world.
fn of_gateway(arguments: &str, client: Option<&str>, text: &str) -> Examination {
    let config = "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\n  database_url: os.environ/DATABASE_URL\n  \
        store_model_in_db: true\nmcp_servers:\n  db:\n    url: https://db.example.com/mcp\n    transport: http\n";
    let files = [("compose.yaml", GATEWAY), ("config.yaml", config)];
    let client = client.map(|text| (".mcp.json", text));
    let files: Vec<(&str, &str)> = files.into_iter().chain(client).collect();
    let variables = [("OPERATOR", "sk-5f1c2a9be07d4431")];
    checked_with(arguments, &variables, &files, text)
}

#[test]
fn a_refused_key_of_the_operator_is_said_once() {
    let found = of_gateway(
        "--gateway-url litellm=https://gw.example/llm",
        None,
        ">>> POST https://gw.example/llm/mcp/ *\nHTTP/1.1 401 Unauthorized\ncontent-type: application/json\n\n\
         {\"detail\":\"Invalid proxy server token passed\"}\n\n\
         >>> GET https://gw.example/llm/health/readiness\nHTTP/1.1 200 OK\ncontent-type: application/json\n\n\
         {\"status\":\"healthy\",\"db\":\"connected\",\"litellm_version\":\"1.109.1\"}\n\n\
         >>> GET https://gw.example/llm/v1/mcp/server\nHTTP/1.1 401 Unauthorized\ncontent-type: application/json\n\n\
         {\"detail\":\"Invalid proxy server token passed\"}",
    );
    let errors = errors(&found);
    let said: Vec<(&str, &str)> = errors
        .iter()
        .map(|finding| (finding.check, finding.message.as_str()))
        .collect();
    let [("gateway-key-unknown", message)] = said.as_slice() else {
        panic!("{said:#?}");
    };
    assert!(
        message.starts_with("the key in OPERATOR is neither the master key"),
        "{message}"
    );
    assert_eq!(
        errors[0].labels[0].at,
        mcpdoc::check::Place::Endpoint("https://gw.example/llm/mcp/".to_owned())
    );
}

#[test]
fn a_server_that_the_gateway_refuses_by_its_name_is_unknown() {
    let client = r#"{"mcpServers": {"gw": {"type": "http", "url": "https://gw.example/llm/mcp/nope", "headers": {"Authorization": "Bearer sk-8f2c11d09ab35e71"}}}}"#;
    let found = of_gateway(
        "--gateway-url litellm=https://gw.example/llm",
        Some(client),
        ">>> POST https://gw.example/llm/mcp/nope *\nHTTP/1.1 403 Forbidden\ncontent-type: application/json\n\n\
         {\"detail\":{\"error\":\"The key is not allowed to access the requested MCP servers: nope\"}}",
    );
    let ids: Vec<&str> = errors(&found).iter().map(|finding| finding.check).collect();
    assert!(ids.contains(&"gateway-server-unknown"), "{ids:?}");
    assert!(
        !ids.contains(&"auth-rejected") && !ids.contains(&"gateway-path"),
        "{ids:?}"
    );
}
