//! A world that answers as a page describes it, in readable HTTP. Nothing in it waits: its clock is moved by hand.
//!
//! A page's example has a block ```` ```wire http://localhost:8000/mcp ````. The url is the one that the page speaks of;
//! paths in the block are paths of its origin, and `/*` is every path of which no other entry speaks. The block is a list
//! of entries:
//!
//! ```text
//! >>> POST /mcp server/discover
//! delay 2s
//! HTTP/1.1 404 Not Found
//! content-type: text/html
//!
//! <pre>Cannot POST /mcp</pre>
//!
//! >>> POST http://localhost:9000/mcp * authorization: Bearer right
//! HTTP/1.1 200 OK
//! …
//! ```
//!
//! An entry names the method, the path or whole url, for POST the JSON-RPC method or `*` (any), and perhaps a header
//! that the request must have: `name: value`, `name: *` for any value, `name: none` where it must be absent. The method
//! may be `initialize=2025-06-18`: only where that revision is offered. The entry
//! that says most of a request answers it; of several entries for the same requests each answers once, in their order,
//! and the last one for ever. `"id":0` in a body becomes the id of the request.
//!
//! Instead of an answer an entry may say `silent`, `closes` (without a byte), `reset`, or bytes that are no HTTP. The
//! line `delay 2s` or `delay 300ms` before an answer, or between the events of a stream, moves the clock. A stream of
//! events stays open at its end, unless its last line is `closes`; a body with that last line is cut off there. What
//! follows `on the stream: ` at the end of an answer comes on the event stream of HTTP+SSE, where one is open.
//!
//! Other entries:
//!
//! - `>>> MCP /mcp`, perhaps with `sse` and a header: a healthy server with one tool. It speaks streamable HTTP in every
//!   revision, or HTTP+SSE.
//! - `>>> CONNECT localhost:5432` with `refused`, `timeout`, `no route`, `closes`, `reset`, `silent`, `postgres`, or the
//!   bytes that the port says first.
//! - `>>> RESOLVE name` with `not found`, or its addresses.
//! - `>>> TLS localhost:8443` with `self-signed`, `expired`, `not yet valid`, `wrong name` or `not tls`.
//!
//! What is not described: a port of which no entry speaks refuses; another path is 404 and empty; a method that no entry
//! names is a JSON-RPC error (-32601), a notification is accepted (202); GET and DELETE where only POST is described are
//! 405. An https port has a good certificate; http to it is closed without a byte.
//!
//! A block ```` ```stdio npx -y server ```` describes a program: `< {…}` a line on standard output (`"id":0` as above; each
//! message answers the next of `server/discover`, `initialize`, `tools/list`), `! text` a line on standard error, `exit 3`
//! its end, `missing` that there is no such program, `MCP` the answers of a healthy server.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use mcpdoc::fact::{
    Answer, Ask, Attempt, Clock, End, ErrorObject, Exchange, Failure, Look, Message, Outcome,
    Probe, Process, Purpose, Reach, Reply, Request, Revision, Said, Target, TlsLook, TlsProblem,
    TlsSpoken,
};
use mcpdoc::observe::{Line, Outgoing, Received, Wait, converse};
use serde_json::{Value, json};
use url::Url;

/// Everything that a page describes of the world.
#[derive(Clone, Debug, Default)]
pub struct World {
    steps: Vec<Step>,
    ports: BTreeMap<(String, u16), Port>,
    names: BTreeMap<String, Vec<IpAddr>>,
    tls: BTreeMap<(String, u16), TlsProblem>,
    programs: Vec<(String, Vec<String>)>,
}

/// Requests that an entry speaks of, and its answers.
#[derive(Clone, Debug)]
struct Step {
    method: String,
    url: Url,
    rpc: Option<String>,
    header: Option<(String, String)>,
    answers: VecDeque<Script>,
}

/// What a port does below HTTP.
#[derive(Clone, Debug)]
enum Port {
    Refused,
    Timeout,
    NoRoute,
    Closes,
    Reset,
    Silent,
    Postgres,
    Says(String),
}

/// What answers a request.
#[derive(Clone, Debug)]
struct Script {
    delay_us: u64,
    says: Says,
}

#[derive(Clone, Debug)]
enum Says {
    Nothing,
    Closes,
    Reset,
    Raw(String),
    Http {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
        cut: bool,
        /// What it makes the open event stream say.
        streamed: Option<String>,
    },
}

impl Step {
    /// Whether it speaks of a url, by its own path or by every path.
    fn is_of(&self, url: &Url, by_own_path: bool) -> bool {
        match by_own_path {
            true => self.url == *url,
            false => self.url.path() == "/*" && self.url.origin() == url.origin(),
        }
    }
}

impl World {
    /// Adds what a block says.
    pub fn read(&mut self, url: &str, text: &str) {
        let base = Url::parse(url).unwrap_or_else(|why| panic!("```wire {url}: {why}"));
        let mut entries: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix(">>> "), entries.last_mut()) {
                (Some(head), _) => entries.push((head, Vec::new())),
                (None, Some((_, body))) => body.push(line),
                (None, None) => assert!(
                    line.trim().is_empty(),
                    "{line:?} stands before the first >>>"
                ),
            }
        }
        for (head, body) in entries {
            self.entry(&base, head, &body);
        }
    }

    /// Adds what a block says of a program.
    pub fn program(&mut self, command: &str, text: &str) {
        let lines = text.lines().map(str::to_owned).collect();
        self.programs.push((command.to_owned(), lines));
    }

    fn entry(&mut self, base: &Url, head: &str, body: &[&str]) {
        let (verb, rest) = head
            .split_once(' ')
            .unwrap_or_else(|| panic!(">>> {head}: of what?"));
        let word = body.join("\n").trim().to_owned();
        match verb {
            "CONNECT" => {
                let port = match word.as_str() {
                    "refused" => Port::Refused,
                    "timeout" => Port::Timeout,
                    "no route" => Port::NoRoute,
                    "closes" => Port::Closes,
                    "reset" => Port::Reset,
                    "silent" => Port::Silent,
                    "postgres" => Port::Postgres,
                    bytes => Port::Says(bytes.to_owned()),
                };
                self.ports.insert(host_port(rest), port);
            }
            "RESOLVE" => {
                let addresses = match word.as_str() {
                    "not found" => Vec::new(),
                    list => list
                        .split_whitespace()
                        .map(|text| text.parse().expect("an address"))
                        .collect(),
                };
                self.names.insert(rest.to_owned(), addresses);
            }
            "TLS" => {
                let problem = match word.as_str() {
                    "self-signed" => TlsProblem::UnknownIssuer,
                    "expired" => TlsProblem::Expired(Some(1_700_000_000)),
                    "not yet valid" => TlsProblem::NotYetValid,
                    "wrong name" => TlsProblem::WrongName(vec!["other.example".to_owned()]),
                    "not tls" => TlsProblem::NotTls,
                    other => panic!(">>> {head}: {other:?} is not known"),
                };
                self.tls.insert(host_port(rest), problem);
            }
            _ => self.request(base, verb, rest, body),
        }
    }

    fn request(&mut self, base: &Url, verb: &str, rest: &str, body: &[&str]) {
        let (target, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let url = base.join(target).expect("a path or url");
        let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let (rpc, header) = match first.ends_with(':') {
            true => ("", rest),
            false => (first, more),
        };
        let header = header.split_once(':');
        let header =
            header.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()));
        if verb == "MCP" {
            self.healthy(&url, rpc == "sse", &header);
            return;
        }
        let rpc = (!rpc.is_empty() && rpc != "*").then(|| rpc.to_owned());
        self.step(verb, &url, rpc, header, Script::read(body));
    }

    fn step(
        &mut self,
        method: &str,
        url: &Url,
        rpc: Option<String>,
        header: Option<(String, String)>,
        script: Script,
    ) {
        let same = self.steps.iter_mut().find(|step| {
            step.method == method && step.url == *url && step.rpc == rpc && step.header == header
        });
        match same {
            Some(step) => step.answers.push_back(script),
            None => self.steps.push(Step {
                method: method.to_owned(),
                url: url.clone(),
                rpc,
                header,
                answers: VecDeque::from([script]),
            }),
        }
    }

    fn healthy(&mut self, url: &Url, sse: bool, header: &Option<(String, String)>) {
        if sse {
            let post = url.join("/messages/?session_id=1").expect("a path");
            let first = format!(
                "event: endpoint\ndata: {}",
                post.path().to_owned() + "?session_id=1"
            );
            self.step("GET", url, None, header.clone(), Script::stream(&first));
            for method in ["initialize", "tools/list", "*"] {
                let rpc = (method != "*").then(|| method.to_owned());
                let mut accepted = Script::http(202, &[("content-type", "text/plain")], "Accepted");
                if let Says::Http { streamed, .. } = &mut accepted.says {
                    *streamed = Some(healthy(method, true).to_string());
                }
                self.step("POST", &post, rpc, None, accepted);
            }
            return;
        }
        for method in ["server/discover", "initialize", "tools/list"] {
            let body = healthy(method, false).to_string();
            let script = Script::http(200, &[("content-type", "application/json")], &body);
            let rpc = Some(method.to_owned());
            self.step("POST", url, rpc, header.clone(), script);
        }
    }

    /// Holds a conversation in it.
    pub fn answer(&self, ask: &Ask) -> Probe {
        if let Target::Command { program, args, .. } = &ask.target {
            let words: Vec<&str> = std::iter::once(program)
                .chain(args)
                .map(String::as_str)
                .collect();
            return self.started(ask, &words.join(" "));
        }
        let mut line = Replay {
            world: self.clone(),
            ask: ask.clone(),
            now_us: 0,
            open: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(converse(ask, &mut line))
    }

    /// A program's part of a conversation, put together as it would be recorded.
    fn started(&self, ask: &Ask, command: &str) -> Probe {
        let mut probe = Probe::new(ask.clone());
        let mut process = Process::default();
        let script = self.programs.iter().find(|(have, _)| have == command);
        let lines = script.map_or(&[][..], |(_, lines)| lines);
        let mut messages: VecDeque<Value> = VecDeque::new();
        if script.is_none() {
            process.failed = Some(format!("{command}: not found"));
        }
        for line in lines {
            if let Some(text) = line.strip_prefix("< ") {
                match serde_json::from_str::<Value>(text) {
                    Ok(value) if value["jsonrpc"] == "2.0" => messages.push_back(value),
                    _ => process.noise.push(text.to_owned()),
                }
            } else if let Some(text) = line.strip_prefix("! ") {
                process.stderr.push(text.to_owned());
            } else if let Some(code) = line.strip_prefix("exit ") {
                process.code = Some(code.trim().parse().expect("an exit code"));
                process.exited_early = true;
            } else if line == "missing" {
                let program = command.split(' ').next().unwrap_or(command);
                process.failed = Some(format!("{program}: no such file or directory"));
            } else if line == "MCP" {
                let methods = ["server/discover", "initialize", "tools/list"];
                messages.extend(methods.map(|method| healthy(method, false)));
            } else {
                assert!(line.trim().is_empty(), "```stdio: {line:?}");
            }
        }
        let purposes = [
            ("server/discover", Purpose::Discover),
            ("initialize", Purpose::Initialize(Revision::LAST_LEGACY)),
            ("tools/list", Purpose::ListTools(0)),
        ];
        if process.failed.is_none() {
            for (number, (method, purpose)) in purposes.into_iter().enumerate() {
                let id = json!(number + 1);
                let outcome = match messages.pop_front() {
                    Some(mut message) => {
                        message["id"] = id.clone();
                        let text = message.to_string();
                        let mut answer = empty(0, Vec::new(), End::Matched);
                        answer.size = text.len() as u64;
                        answer.text = text;
                        answer.message = read_message(&message);
                        Outcome::Answered(answer)
                    }
                    None if process.exited_early => Outcome::Failed(Failure::Closed(0)),
                    None => Outcome::Failed(Failure::NoAnswer),
                };
                let failed = matches!(outcome, Outcome::Failed(_));
                probe.exchanges.push(Exchange {
                    purpose,
                    request: Request {
                        method: "stdin".to_owned(),
                        url: command.to_owned(),
                        headers: Vec::new(),
                        body: Some(
                            json!({"jsonrpc": "2.0", "id": id, "method": method}).to_string(),
                        ),
                    },
                    outcome,
                    clock: Clock::default(),
                });
                if failed && process.exited_early {
                    break;
                }
            }
        }
        probe.process = Some(process);
        probe
    }

    fn port_of(&self, url: &Url) -> (String, u16) {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (host.to_owned(), url.port_or_known_default().unwrap_or(80))
    }

    /// Whether an entry speaks of a port in a scheme.
    fn serves(&self, key: &(String, u16), scheme: &str) -> bool {
        let mut urls = self.steps.iter().map(|step| &step.url);
        urls.any(|url| url.scheme() == scheme && self.port_of(url) == *key)
    }

    fn speaks_tls(&self, key: &(String, u16)) -> bool {
        match self.tls.get(key) {
            Some(TlsProblem::NotTls) => false,
            Some(_) => true,
            None => self.serves(key, "https"),
        }
    }

    fn knows(&self, key: &(String, u16)) -> bool {
        self.ports.contains_key(key)
            || self.tls.contains_key(key)
            || self.serves(key, "http")
            || self.serves(key, "https")
    }

    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        if let Ok(address) = host.parse() {
            return vec![address];
        }
        match (self.names.get(host), host) {
            (Some(addresses), _) => addresses.clone(),
            (None, "localhost") => vec![IpAddr::from([127, 0, 0, 1])],
            (None, _) => vec![IpAddr::from([192, 0, 2, 10])],
        }
    }

    /// The answer to a request: that of the entry that says most of it, else what every server says.
    fn script(&mut self, request: &Outgoing, host: &str) -> Script {
        let body: Option<Value> = request
            .body
            .as_deref()
            .and_then(|body| serde_json::from_str(body).ok());
        let rpc = body
            .as_ref()
            .and_then(|body| body["method"].as_str())
            .map(str::to_owned);
        let offered = body.as_ref().and_then(|body| {
            let version = body["params"]["protocolVersion"].as_str()?;
            Some(format!("{}={version}", rpc.as_ref()?))
        });
        let is_notification = rpc.is_some() && body.is_some_and(|body| body.get("id").is_none());
        let mut target = request.url.clone();
        target.set_fragment(None);
        let header = |name: &str| -> Option<&str> {
            let found = request
                .headers
                .iter()
                .find(|(have, _)| have.eq_ignore_ascii_case(name));
            match found {
                Some((_, value)) => Some(value),
                None => (name == "host").then_some(host),
            }
        };
        let meets = |step: &Step| match &step.header {
            None => true,
            Some((name, value)) => match (header(name), value.as_str()) {
                (have, "none") => have.is_none(),
                (have, "*") => have.is_some(),
                (have, value) => have == Some(value),
            },
        };
        let own = self.steps.iter().any(|step| step.url == target);
        let path: Vec<&Step> = self
            .steps
            .iter()
            .filter(|step| step.is_of(&target, own))
            .collect();
        let posts = path.iter().any(|step| step.method == "POST");
        let known = !path.is_empty();
        let found = self
            .steps
            .iter_mut()
            .filter(|step| step.is_of(&target, own) && step.method == request.method)
            .filter(|step| meets(step))
            .filter(|step| step.rpc.is_none() || step.rpc == rpc || step.rpc == offered)
            // The first of those that say most.
            .rev()
            .max_by_key(|step| {
                let offers = step.rpc.is_some() && step.rpc == offered;
                (step.header.is_some(), step.rpc.is_some(), offers)
            });
        if let Some(step) = found {
            let script = step.answers[0].clone();
            let refuses = matches!(&script.says, Says::Http { status, .. } if *status >= 300);
            let is_for_it = step.rpc.is_some() || !is_notification || refuses;
            if is_for_it {
                if step.answers.len() > 1 {
                    step.answers.pop_front();
                }
                return script;
            }
        }
        match request.method {
            _ if !known => Script::http(404, &[], ""),
            "POST" if posts && is_notification => Script::http(202, &[], ""),
            "POST" if posts => Script::http(
                200,
                &[("content-type", "application/json")],
                r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}"#,
            ),
            "POST" => Script::http(405, &[("allow", "GET")], ""),
            _ => Script::http(405, &[("allow", "POST")], ""),
        }
    }
}

fn host_port(text: &str) -> (String, u16) {
    let (host, port) = text.rsplit_once(':').expect("host:port");
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (host.to_owned(), port.trim().parse().expect("a port"))
}

fn healthy(method: &str, sse: bool) -> Value {
    let info = json!({"name": "demo", "version": "1"});
    let result = match method {
        "server/discover" => json!({
            "resultType": "complete",
            "supportedVersions": [Revision::NEWEST.word()],
            "capabilities": {"tools": {}},
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": {"io.modelcontextprotocol/serverInfo": info},
        }),
        "initialize" => {
            let version = match sse {
                true => Revision::V20241105,
                false => Revision::LAST_LEGACY,
            };
            json!({
                "protocolVersion": version.word(),
                "capabilities": {"tools": {}},
                "serverInfo": info,
            })
        }
        "tools/list" => json!({
            "resultType": "complete",
            "ttlMs": 0,
            "cacheScope": "private",
            "tools": [{"name": "hello", "description": "Says hello", "inputSchema": {"type": "object"}}],
        }),
        _ => {
            return json!({
                "jsonrpc": "2.0",
                "id": 0,
                "error": {"code": -32601, "message": "Method not found"},
            });
        }
    };
    json!({"jsonrpc": "2.0", "id": 0, "result": result})
}

/// `2s` or `300ms`, in microseconds.
fn duration(text: &str) -> u64 {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000),
        None => (
            text.strip_suffix('s').expect("a delay in s or ms"),
            1_000_000,
        ),
    };
    number.parse::<u64>().expect("a number") * unit
}

impl Script {
    fn read(lines: &[&str]) -> Script {
        let mut lines = lines;
        let mut delay_us = 0;
        while let [first, rest @ ..] = lines {
            match first.strip_prefix("delay ") {
                Some(text) => delay_us += duration(text),
                None => break,
            }
            lines = rest;
        }
        while let [rest @ .., last] = lines
            && last.trim().is_empty()
        {
            lines = rest;
        }
        let says = match lines {
            ["silent"] => Says::Nothing,
            ["closes"] => Says::Closes,
            ["reset"] => Says::Reset,
            [first, rest @ ..] if first.starts_with("HTTP/") => {
                let status = first.split(' ').nth(1).expect("a status");
                let mut headers = Vec::new();
                let mut rest = rest.iter();
                for line in rest.by_ref().take_while(|line| !line.is_empty()) {
                    let (name, value) = line.split_once(':').expect("a header");
                    headers.push((name.to_lowercase(), value.trim().to_owned()));
                }
                let mut body: Vec<&str> = rest.copied().collect();
                let streamed = body
                    .last()
                    .and_then(|last| last.strip_prefix("on the stream: "))
                    .map(str::to_owned);
                if streamed.is_some() {
                    body.pop();
                }
                let cut = body.last() == Some(&"closes");
                if cut {
                    body.pop();
                }
                Says::Http {
                    status: status.parse().expect("a status"),
                    headers,
                    body: body.join("\n"),
                    cut,
                    streamed,
                }
            }
            lines => Says::Raw(lines.join("\n")),
        };
        Script { delay_us, says }
    }

    fn http(status: u16, headers: &[(&str, &str)], body: &str) -> Script {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Script {
            delay_us: 0,
            says: Says::Http {
                status,
                headers: headers.iter().map(owned).collect(),
                body: body.to_owned(),
                cut: false,
                streamed: None,
            },
        }
    }

    fn stream(body: &str) -> Script {
        Script::http(200, &[("content-type", "text/event-stream")], body)
    }
}

/// What a stream of events does next.
#[derive(Clone, Debug)]
enum Next {
    Wait(u64),
    Event(Said),
}

fn events(body: &str) -> VecDeque<Next> {
    let mut found = VecDeque::new();
    let mut said: Option<Said> = None;
    for line in body.lines().chain([""]) {
        if let Some(text) = line.strip_prefix("delay ") {
            found.push_back(Next::Wait(duration(text)));
            continue;
        }
        if line.is_empty() {
            found.extend(said.take().map(Next::Event));
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let fresh = || Said {
            event: "message".to_owned(),
            data: String::new(),
        };
        match field {
            "event" => said.get_or_insert_with(fresh).event = value.to_owned(),
            "data" => {
                let said = said.get_or_insert_with(fresh);
                if !said.data.is_empty() {
                    said.data.push('\n');
                }
                said.data.push_str(value);
            }
            "id" | "retry" => {
                said.get_or_insert_with(fresh);
            }
            _ => {}
        }
    }
    found
}

/// A world during one conversation.
struct Replay {
    world: World,
    ask: Ask,
    now_us: u64,
    open: Option<Open>,
}

/// The stream that [`Wait::FirstEvent`] left open.
struct Open {
    status: u16,
    headers: Vec<(String, String)>,
    next: VecDeque<Next>,
    closes: bool,
}

/// What every step takes.
const STEP_US: u64 = 1_000;

impl Replay {
    /// Moves the clock, not beyond the conversation's end; whether there was time.
    fn pass(&mut self, microseconds: u64) -> bool {
        let end = self.ask.limits.deadline_ms * 1_000;
        let enough = self.now_us + microseconds <= end;
        self.now_us = (self.now_us + microseconds).min(end);
        enough
    }

    fn failed(&mut self, since: u64, failure: Failure) -> Received {
        Received {
            outcome: Outcome::Failed(failure),
            clock: Clock {
                head_us: None,
                event_us: None,
                total_us: self.now_us - since,
            },
            result: None,
            document: None,
        }
    }

    /// No head of an answer in time.
    fn waited(&mut self, since: u64, answer_ms: u64) -> Received {
        let failure = match self.pass(answer_ms * 1_000) {
            true => Failure::NoAnswer,
            false => Failure::Deadline,
        };
        self.failed(since, failure)
    }

    /// What keeps a request from being sent, if something does.
    fn below(&self, url: &Url) -> Option<Result<Failure, ()>> {
        let key = self.world.port_of(url);
        if !self.world.knows(&key) {
            return Some(Ok(Failure::Refused));
        }
        let tls = url.scheme() == "https";
        let speaks_tls = self.world.speaks_tls(&key);
        match self.world.ports.get(&key) {
            Some(Port::Refused) => return Some(Ok(Failure::Refused)),
            Some(Port::Timeout) => return Some(Ok(Failure::ConnectTimeout)),
            Some(Port::NoRoute) => return Some(Ok(Failure::NoRoute)),
            Some(Port::Reset) => return Some(Ok(Failure::Reset)),
            Some(Port::Silent) => return Some(Err(())),
            Some(Port::Closes | Port::Postgres) => return Some(Ok(Failure::Closed(0))),
            Some(Port::Says(_)) if tls => return Some(Ok(Failure::Tls(TlsProblem::NotTls))),
            Some(Port::Says(_)) => return Some(Ok(Failure::NotHttp)),
            None => {}
        }
        match (tls, speaks_tls) {
            (true, false) => Some(Ok(Failure::Tls(TlsProblem::NotTls))),
            (true, true) if !self.ask.trust.any_certificate => {
                let problem = self.world.tls.get(&key)?;
                Some(Ok(Failure::Tls(problem.clone())))
            }
            (false, true) if !self.world.serves(&key, "http") => Some(Ok(Failure::Closed(0))),
            _ => None,
        }
    }

    /// Reads on in a stream: to the message with this id, or to the first event.
    fn read_stream(
        &mut self,
        open: &mut Open,
        wait: &Wait,
        answer_ms: u64,
        answer: &mut Answer,
    ) -> Option<Value> {
        let first_by = self.now_us + answer_ms * 1_000;
        loop {
            match open.next.pop_front() {
                Some(Next::Wait(time)) => {
                    let late = answer.events.is_empty() && self.now_us + time > first_by;
                    if late {
                        self.pass(first_by - self.now_us);
                        open.next
                            .push_front(Next::Wait(self.now_us + time - first_by));
                    }
                    if late || !self.pass(time) {
                        answer.end = End::Deadline;
                        return None;
                    }
                }
                Some(Next::Event(mut said)) => {
                    let id = match wait {
                        Wait::Message(id) => Some(id),
                        Wait::FirstEvent | Wait::End => None,
                    };
                    if let Some(id) = id {
                        said.data = with_id(&said.data, id);
                    }
                    answer.size += said.data.len() as u64;
                    let value: Option<Value> = serde_json::from_str(&said.data).ok();
                    let matched = value.filter(|value| id.is_some_and(|id| value["id"] == *id));
                    if let Some(value) = matched
                        && let Some(message) = read_message(&value)
                    {
                        answer.text = said.data;
                        answer.message = Some(message);
                        answer.end = End::Matched;
                        return Some(value);
                    }
                    answer.events.push(said);
                    if *wait == Wait::FirstEvent {
                        answer.end = End::Matched;
                        return None;
                    }
                }
                None if open.closes => {
                    answer.end = End::Complete;
                    return None;
                }
                None => {
                    match answer.events.is_empty() {
                        true => self.pass(first_by - self.now_us),
                        false => self.pass(u64::MAX / 2),
                    };
                    answer.end = End::Deadline;
                    return None;
                }
            }
        }
    }
}

fn with_id(text: &str, id: &Value) -> String {
    let id = id.to_string();
    text.replace("\"id\":0", &format!("\"id\":{id}"))
        .replace("\"id\": 0", &format!("\"id\": {id}"))
}

fn read_message(value: &Value) -> Option<Message> {
    if value["jsonrpc"] != "2.0" {
        return None;
    }
    let reply = if let Some(result) = value.get("result") {
        Reply::Result(result.clone())
    } else if let Some(error) = value.get("error").filter(|error| error.is_object()) {
        Reply::Error(ErrorObject {
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
            data: error["data"].clone(),
        })
    } else {
        Reply::Own(value["method"].as_str()?.to_owned())
    };
    Some(Message {
        id: value["id"].clone(),
        reply,
    })
}

fn empty(status: u16, headers: Vec<(String, String)>, end: End) -> Answer {
    Answer {
        status,
        headers,
        text: String::new(),
        size: 0,
        events: Vec::new(),
        message: None,
        stray: None,
        document: None,
        end,
    }
}

impl Line for Replay {
    async fn reach(&mut self, url: &Url) -> Reach {
        let (host, port) = self.world.port_of(url);
        let pin = self
            .ask
            .pins
            .iter()
            .find(|pin| pin.host == host && pin.port == port);
        let addresses = match pin {
            Some(pin) => vec![pin.address],
            None => self.world.addresses(&host),
        };
        let mut reach = Reach {
            host: host.clone(),
            port,
            unresolved: None,
            attempts: Vec::new(),
        };
        if addresses.is_empty() {
            reach.unresolved = Some("Name or service not known".to_owned());
        }
        for address in addresses {
            let keys = [(host.clone(), port), (address.to_string(), port)];
            let spoken = keys.iter().rev().find_map(|key| self.world.ports.get(key));
            let known = keys.iter().any(|key| self.world.knows(key));
            let failure = match spoken {
                Some(Port::Refused) => Some(Failure::Refused),
                Some(Port::Timeout) => Some(Failure::ConnectTimeout),
                Some(Port::NoRoute) => Some(Failure::NoRoute),
                Some(_) => None,
                None => (!known).then_some(Failure::Refused),
            };
            let took_us = match &failure {
                Some(Failure::ConnectTimeout) => self.ask.limits.connect_ms * 1_000,
                _ => STEP_US,
            };
            let accepted = failure.is_none();
            self.pass(took_us);
            reach.attempts.push(Attempt {
                address: SocketAddr::new(address, port),
                failure,
                took_us,
            });
            if accepted {
                break;
            }
        }
        reach
    }

    async fn send(&mut self, request: Outgoing) -> Received {
        let since = self.now_us;
        if !self.pass(STEP_US) {
            return self.failed(since, Failure::Deadline);
        }
        match self.below(&request.url) {
            Some(Ok(failure)) => return self.failed(since, failure),
            Some(Err(())) => return self.waited(since, request.answer_ms),
            None => {}
        }
        let key = self.world.port_of(&request.url);
        let host = match request.url.port() {
            Some(port) => format!("{}:{port}", key.0),
            None => key.0,
        };
        let script = self.world.script(&request, &host);
        if script.delay_us > request.answer_ms * 1_000 {
            return self.waited(since, request.answer_ms);
        }
        if !self.pass(script.delay_us) {
            return self.failed(since, Failure::Deadline);
        }
        let (status, headers, body, cut, streamed) = match script.says {
            Says::Nothing => return self.waited(since, request.answer_ms),
            Says::Closes => return self.failed(since, Failure::Closed(0)),
            Says::Reset => return self.failed(since, Failure::Reset),
            Says::Raw(_) => return self.failed(since, Failure::NotHttp),
            Says::Http {
                status,
                headers,
                body,
                cut,
                streamed,
            } => (status, headers, body, cut, streamed),
        };
        let sent: Option<Value> = request
            .body
            .as_deref()
            .and_then(|body| serde_json::from_str(body).ok());
        let id = sent.as_ref().map_or(Value::Null, |sent| sent["id"].clone());
        let head_us = self.now_us - since;
        let mut answer = empty(status, headers, End::Complete);
        let mut event_us = None;
        let mut found = None;
        let mut document = None;
        if answer.media() == "text/event-stream" && status < 300 {
            let mut open = Open {
                status,
                headers: answer.headers.clone(),
                next: events(&body),
                closes: cut,
            };
            found = self.read_stream(&mut open, &request.wait, request.answer_ms, &mut answer);
            if found.is_some() || !answer.events.is_empty() {
                event_us = Some(self.now_us - since);
            }
            if request.wait == Wait::FirstEvent && answer.end == End::Matched {
                self.open = Some(open);
            }
        } else {
            let body = with_id(&body, &id);
            let value: Option<Value> = serde_json::from_str(&body).ok();
            answer.size = body.len().min(request.bytes) as u64;
            answer.text = body.chars().take(4 * 1024).collect();
            if cut {
                answer.end = End::Broken("connection closed before message completed".to_owned());
            } else if body.len() > request.bytes {
                answer.end = End::Cap;
            } else if let Some(value) = value {
                match read_message(&value) {
                    Some(message) if !id.is_null() && message.id == id => {
                        answer.message = Some(message);
                        found = Some(value.clone());
                    }
                    message => answer.stray = message,
                }
                if request.wait == Wait::End {
                    document = Some(value);
                }
            }
        }
        if let (Some(open), Some(data)) = (&mut self.open, streamed) {
            open.next.push_back(Next::Event(Said {
                event: "message".to_owned(),
                data,
            }));
        }
        Received {
            outcome: Outcome::Answered(answer),
            clock: Clock {
                head_us: Some(head_us),
                event_us,
                total_us: self.now_us - since,
            },
            result: found.and_then(|found| Some(found.get("result")?.to_string())),
            document,
        }
    }

    async fn event(&mut self, id: &Value) -> Received {
        let since = self.now_us;
        let Some(mut open) = self.open.take() else {
            return self.failed(since, Failure::Closed(0));
        };
        let mut answer = empty(open.status, open.headers.clone(), End::Complete);
        let wait = Wait::Message(id.clone());
        let answer_ms = self.ask.limits.answer_ms;
        let found = self.read_stream(&mut open, &wait, answer_ms, &mut answer);
        let spent = self.now_us - since;
        self.open = Some(open);
        if found.is_none() {
            let failure = match answer.end {
                End::Complete => Failure::Closed(answer.size),
                _ => Failure::NoAnswer,
            };
            return self.failed(since, failure);
        }
        Received {
            outcome: Outcome::Answered(answer),
            clock: Clock {
                head_us: None,
                event_us: Some(spent),
                total_us: spent,
            },
            result: found.and_then(|found| Some(found.get("result")?.to_string())),
            document: None,
        }
    }

    fn close(&mut self) {
        self.open = None;
    }

    async fn look(&mut self, url: &Url) -> Look {
        self.pass(STEP_US);
        let key = self.world.port_of(url);
        let spoken = match (self.world.speaks_tls(&key), self.world.ports.get(&key)) {
            (true, _) => TlsSpoken::Yes,
            (false, Some(Port::Silent | Port::Closes | Port::Postgres)) => TlsSpoken::Silent,
            (false, _) => TlsSpoken::No,
        };
        let mut look = Look {
            tls: Some(TlsLook { spoken }),
            ..Look::default()
        };
        match self.world.ports.get(&key) {
            Some(Port::Says(bytes)) => look.banner = Some(bytes.clone()),
            Some(Port::Postgres) => look.postgres = Some('N'),
            _ => {}
        }
        if let Some(Says::Raw(bytes)) = self
            .world
            .steps
            .iter()
            .find(|step| step.url == *url)
            .and_then(|step| step.answers.front())
            .map(|script| &script.says)
        {
            look.reply = Some(bytes.clone());
        }
        look
    }

    async fn pause(&mut self, milliseconds: u64) {
        self.pass(milliseconds * 1_000);
    }

    fn elapsed(&self) -> u64 {
        self.now_us
    }

    fn is_over(&self) -> bool {
        self.now_us >= self.ask.limits.deadline_ms * 1_000
    }
}
