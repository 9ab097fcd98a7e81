//! A conversation with an endpoint over HTTP, in the order in which a client that speaks every revision would try:
//! `server/discover`, `initialize`, the event stream of HTTP+SSE; then, where none of them answers, what else could be
//! meant. Nothing malformed is sent, nothing is sent twice that changes something, and credentials go to the origin that
//! was asked for and to no other.

mod candidates;
mod deep;
mod gateway;
mod login;
mod rounds;
mod stream;

use futures_util::future::join;
use serde_json::Value;
use url::Url;

use super::line::{Line, Outgoing, Received, Wait};
use super::mask::Mask;
use super::peer::{Greeted, Peer, talk};
use crate::fact::{
    Ask, Ended, Era, Eras, Exchange, Failure, Limits, Outcome, Probe, Purpose, Reach, Request,
    Revision, Target, Tells,
};
use crate::model::Transport;
use crate::wire::{Meaning, NO_METHOD, Rpc, meaning};

/// Holds it.
pub async fn converse<L: Line>(ask: &Ask, line: &mut L) -> Probe {
    let mut probe = Probe::new(ask.clone());
    let Target::Url(url) = &ask.target else {
        return probe;
    };
    let Ok(url) = Url::parse(url) else {
        return probe;
    };
    let mut talk = Conversation {
        home: url.origin(),
        url,
        ask,
        mask: Mask::of(ask),
        probe,
        ids: 0,
        bytes: 0,
        session: None,
        path: Path::Post,
        line,
    };
    talk.run().await;
    talk.line.close();
    let over = talk.line.is_over();
    let took = talk.line.elapsed();
    probe = talk.probe;
    probe.took_us = took;
    if over {
        probe.ended = Ended::Deadline;
    }
    probe
}

/// The state of a conversation.
struct Conversation<'a, L> {
    ask: &'a Ask,
    line: &'a mut L,
    probe: Probe,
    mask: Mask,
    ids: u64,
    /// Bytes of MCP answers so far.
    bytes: usize,
    /// Where requests go: the url that was asked for, or the one that it redirects to.
    url: Url,
    /// The origin that credentials are for.
    home: url::Origin,
    /// The session that the server gave.
    session: Option<String>,
    /// How requests travel.
    path: Path,
}

/// How requests travel after the handshake.
#[derive(Clone, Debug, PartialEq)]
enum Path {
    /// Streamable HTTP: each is a POST, and the answer is its answer.
    Post,
    /// HTTP+SSE: each is a POST to this address, and the answer comes on the open stream.
    Stream(Url),
}

/// What was sent and what it means.
struct Step {
    meaning: Meaning,
    result: Option<String>,
}

/// How long the GET of an event stream waits for its first event.
const STREAM_MS: u64 = 5_000;
/// The pause before something is asked again that may just be starting.
const PAUSE_MS: u64 = 2_000;

impl<L: Line> Conversation<'_, L> {
    async fn run(&mut self) {
        for redirects in 0..=Limits::REDIRECTS {
            if !self.reach(&self.url.clone()).await {
                return;
            }
            let Some(to) = self.open().await else { break };
            let next = self.target_of(&to).filter(|next| !self.visited(next));
            let Some(next) = next.filter(|_| redirects < Limits::REDIRECTS) else {
                return;
            };
            self.url = next;
        }
        if self.ask.deep && !self.line.is_over() {
            deep::ask(self).await;
        }
        if self.ask.rounds > 0 && !self.line.is_over() {
            rounds::measure(self).await;
        }
        self.end_session().await;
        gateway::listen(self).await;
    }

    /// Begins at the current url, and goes on as far as it leads. Where it leads to another url, that is returned.
    async fn open(&mut self) -> Option<String> {
        // What a client of 2024-11-05 does.
        let stream_first = match self.ask.transport {
            Some(transport) => transport == Transport::Sse,
            None => self.ask.eras == Eras::Only(Revision::V20241105),
        };
        if stream_first {
            match self.open_stream().await {
                Meaning::Endpoint(address) => {
                    stream::greet(self, &address).await;
                    return None;
                }
                // Silence, or an answer that leaves open what else does answer there.
                Meaning::Failed(Failure::NoAnswer) => {}
                meaning if self.is_dead_end(&meaning) => return self.explain(meaning).await,
                _ => {}
            }
            self.line.close();
        }
        match self.ask.eras {
            Eras::Only(revision) if revision.era() == Era::Legacy => {
                self.open_as_legacy(revision, !stream_first).await
            }
            Eras::Auto | Eras::All | Eras::Only(_) => self.open_as_modern(!stream_first).await,
        }
    }

    async fn open_as_modern(&mut self, try_stream: bool) -> Option<String> {
        let mut step = self.discover(Purpose::Discover).await;
        // A server of 2026-07-28 may refuse the first request and name what it speaks: asked again, it has to answer.
        if let Meaning::Modern(supported) = &step.meaning
            && names_newest(supported)
        {
            step = self.discover(Purpose::Discover).await;
        }
        if step.meaning == Meaning::Unavailable && self.last_status() != Some(502) {
            self.line.pause(PAUSE_MS).await;
            step = self.discover(Purpose::Retry).await;
        }
        let in_its_manner = match &step.meaning {
            Meaning::Discovered => true,
            // Without the method, but in the manner of the era.
            Meaning::Modern(supported) => supported.is_empty(),
            _ => false,
        };
        if in_its_manner {
            self.greet_modern(step.result.as_deref()).await;
            if !self.refuses_newest(&step.meaning) {
                if self.ask.eras == Eras::All {
                    self.initialize(Revision::LAST_LEGACY).await;
                    self.take_session();
                }
                return None;
            }
        } else if self.is_dead_end(&step.meaning) {
            return self.explain(step.meaning).await;
        }
        self.open_as_legacy(Revision::LAST_LEGACY, try_stream).await
    }

    async fn open_as_legacy(&mut self, revision: Revision, try_stream: bool) -> Option<String> {
        let step = self.initialize(revision).await;
        self.after_initialize(step, try_stream).await
    }

    /// Whether what was asked after an opening in the manner of 2026-07-28 shows that the server does not serve it: a
    /// server of the Go SDK with sessions discovers, and then refuses every request that is not in one.
    fn refuses_newest(&self, opening: &Meaning) -> bool {
        let exchanges = self.probe.exchanges.iter();
        // What a tool answers says nothing of the server, and the call is not to be made again.
        let mut asked = exchanges.rev().filter(|one| one.purpose != Purpose::Call);
        match asked.next().map(meaning) {
            Some(Meaning::Modern(supported)) if !supported.is_empty() => !names_newest(&supported),
            Some(Meaning::Result) => false,
            _ => *opening != Meaning::Discovered,
        }
    }

    /// What follows from the answer to `initialize`.
    async fn after_initialize(&mut self, step: Step, try_stream: bool) -> Option<String> {
        match step.meaning {
            Meaning::Initialized(version) => {
                self.take_session();
                let rpc = Rpc::initialized(&version);
                self.post(Purpose::Initialized, rpc).await;
                let greeted = Greeted {
                    era: Era::Legacy,
                    version,
                    capabilities: member(step.result.as_deref(), "capabilities"),
                };
                talk(self, &greeted).await;
                None
            }
            // It was asked in the old manner alone, and answers in the new one: say what it speaks.
            Meaning::Modern(_) | Meaning::VersionRefused(_) => None,
            meaning if self.is_dead_end(&meaning) => self.explain(meaning).await,
            meaning => {
                if try_stream && may_be_stream(&meaning) {
                    match self.open_stream().await {
                        Meaning::Endpoint(address) => {
                            stream::greet(self, &address).await;
                            return None;
                        }
                        // The path is the right one, and what refuses is behind it.
                        meaning if self.refuses(&meaning) => return self.explain(meaning).await,
                        _ => self.line.close(),
                    }
                }
                if may_be_elsewhere(&meaning) {
                    candidates::look_around(self).await;
                }
                None
            }
        }
    }

    /// Whether an answer says all there is to know, so that nothing else is tried at this url.
    fn is_dead_end(&self, meaning: &Meaning) -> bool {
        matches!(
            meaning,
            Meaning::Unauthorized
                | Meaning::Forbidden
                | Meaning::HostRefused
                | Meaning::OriginRefused
                | Meaning::Redirect(_)
                | Meaning::WantsTls
                | Meaning::RateLimited
                | Meaning::Unavailable
                | Meaning::NotAcceptable
                | Meaning::UnsupportedMedia
                | Meaning::Failed(_)
        )
    }

    /// Whether a GET is refused for a reason that would be the same at every path of this kind.
    fn refuses(&self, meaning: &Meaning) -> bool {
        self.is_dead_end(meaning)
            && !matches!(
                meaning,
                Meaning::NotAcceptable | Meaning::UnsupportedMedia | Meaning::Failed(_)
            )
    }

    /// Finds out what is behind an answer that ends the attempt.
    async fn explain(&mut self, meaning: Meaning) -> Option<String> {
        match meaning {
            Meaning::Redirect(to) => return Some(to),
            Meaning::Unauthorized => login::find_out(self).await,
            Meaning::HostRefused => self.test_hosts().await,
            Meaning::WantsTls => self.test_scheme().await,
            Meaning::Failed(failure) => self.explain_failure(failure).await,
            _ => {}
        }
        None
    }

    async fn explain_failure(&mut self, failure: Failure) {
        use crate::fact::{TlsProblem, TlsSpoken};
        match failure {
            Failure::Tls(TlsProblem::NotTls) => {
                self.test_scheme().await;
                let plain = self.probe.exchanges.last().and_then(Exchange::answer);
                if plain.is_none() {
                    self.look().await;
                }
            }
            // Silence of one path or of all of them?
            Failure::NoAnswer => {
                let url = self.current();
                if let Ok(root) = url.join("/") {
                    self.get(Purpose::Root, root, "*/*", Wait::End, STREAM_MS)
                        .await;
                }
                let root_answers = self
                    .probe
                    .exchanges
                    .last()
                    .is_some_and(|last| last.answer().is_some());
                if !root_answers && !self.line.is_over() {
                    self.look().await;
                } else if root_answers {
                    self.open_stream().await;
                    self.line.close();
                }
            }
            Failure::NotHttp | Failure::Closed(0) | Failure::Reset => {
                self.look().await;
                let speaks_tls = self.probe.look.as_ref().and_then(|look| look.tls.as_ref());
                if speaks_tls.is_some_and(|tls| tls.spoken == TlsSpoken::Yes)
                    && self.current().scheme() == "http"
                {
                    self.test_scheme().await;
                }
            }
            _ => {}
        }
    }

    async fn look(&mut self) {
        let url = self.current();
        let mut look = self.line.look(&url).await;
        for text in [&mut look.banner, &mut look.reply].into_iter().flatten() {
            *text = self.mask.text(text);
        }
        self.probe.look = Some(look);
    }

    /// The first question over the other scheme, without credentials: its origin is another one.
    async fn test_scheme(&mut self) {
        let mut url = self.current();
        let other = if url.scheme() == "https" {
            "http"
        } else {
            "https"
        };
        let port = url.port_or_known_default();
        if url.set_scheme(other).is_err() || url.set_port(port).is_err() {
            return;
        }
        let reach = self.line.reach(&url).await;
        self.probe.reaches.push(reach);
        let id = self.id();
        let rpc = Rpc::initialize(id, Revision::LAST_LEGACY);
        self.post_to(Purpose::SchemeTest, url, rpc, false).await;
    }

    /// The first question again, with names that every server takes: whether it is the name that is refused.
    async fn test_hosts(&mut self) {
        let url = self.current();
        if url.scheme() != "http" {
            return;
        }
        let last = self.probe.exchanges.last();
        let streams = last.is_some_and(|last| last.purpose == Purpose::OpenStream);
        let port = url.port_or_known_default().unwrap_or_default();
        for host in ["localhost", "127.0.0.1"] {
            let host = format!("{host}:{port}");
            let purpose = Purpose::HostTest(host);
            let meaning = match streams {
                true => {
                    let wait = Wait::FirstEvent;
                    let meaning = self
                        .get(purpose, url.clone(), "text/event-stream", wait, STREAM_MS)
                        .await;
                    self.line.close();
                    meaning
                }
                false => self.discover(purpose).await.meaning,
            };
            if !matches!(meaning, Meaning::HostRefused | Meaning::Failed(_)) {
                return;
            }
        }
    }

    async fn reach(&mut self, url: &Url) -> bool {
        let same = |reach: &&Reach| {
            Some(reach.host.as_str()) == url.host_str()
                && Some(reach.port) == url.port_or_known_default()
        };
        if let Some(reached) = self.probe.reaches.iter().find(same) {
            return reached.accepted().is_some();
        }
        let reach = self.line.reach(url).await;
        let accepted = reach.accepted().is_some();
        self.probe.reaches.push(reach);
        accepted
    }

    /// Where a redirect leads: an address over HTTP that may be called.
    fn target_of(&self, location: &str) -> Option<Url> {
        let from = self.current();
        let to = from.join(location).ok()?;
        (matches!(to.scheme(), "http" | "https") && may_follow(&from, &to)).then_some(to)
    }

    /// Whether the first question was put to a url already.
    fn visited(&self, url: &Url) -> bool {
        let openings = self.probe.exchanges.iter().filter(|exchange| {
            matches!(
                exchange.purpose,
                Purpose::Discover | Purpose::Initialize(_) | Purpose::OpenStream
            )
        });
        openings
            .into_iter()
            .any(|exchange| exchange.request.url == shown(url))
    }

    /// Where requests go now.
    fn current(&self) -> Url {
        self.url.clone()
    }

    fn last_status(&self) -> Option<u16> {
        self.probe
            .exchanges
            .last()?
            .answer()
            .map(|answer| answer.status)
    }

    async fn discover(&mut self, purpose: Purpose) -> Step {
        let rpc = Rpc::discover(self.id());
        self.post(purpose, rpc).await
    }

    async fn initialize(&mut self, revision: Revision) -> Step {
        let rpc = Rpc::initialize(self.id(), revision);
        self.post(Purpose::Initialize(revision), rpc).await
    }

    /// A server of 2026-07-28 needs no handshake: its lists are next.
    async fn greet_modern(&mut self, result: Option<&str>) {
        let greeted = Greeted {
            era: Era::Modern,
            version: Revision::NEWEST.word().to_owned(),
            capabilities: member(result, "capabilities"),
        };
        talk(self, &greeted).await;
    }

    /// Keeps the session that the last answer gave. One that comes with a refusal is none.
    fn take_session(&mut self) {
        let answer = self.probe.exchanges.last().and_then(Exchange::answer);
        let session = answer
            .filter(|answer| (200..300).contains(&answer.status))
            .and_then(|answer| answer.header("mcp-session-id"));
        self.session = session.map(str::to_owned);
    }

    async fn end_session(&mut self) {
        if self.session.is_none() || self.line.is_over() {
            return;
        }
        let version = self.negotiated();
        let mut headers = vec![("MCP-Protocol-Version".to_owned(), version)];
        headers.extend(self.session_header());
        let url = self.current();
        self.send(
            Purpose::EndSession,
            "DELETE",
            url,
            headers,
            None,
            Wait::End,
            self.ask.limits.answer_ms,
        )
        .await;
        self.session = None;
    }

    /// The revision of the last `initialize` that worked.
    fn negotiated(&self) -> String {
        let mut exchanges = self.probe.exchanges.iter().rev();
        exchanges
            .find_map(|exchange| match meaning(exchange) {
                Meaning::Initialized(version) => Some(version),
                _ => None,
            })
            .unwrap_or_else(|| Revision::LAST_LEGACY.word().to_owned())
    }

    fn session_header(&self) -> Option<(String, String)> {
        let session = self.session.as_ref()?;
        Some(("Mcp-Session-Id".to_owned(), session.clone()))
    }

    async fn open_stream(&mut self) -> Meaning {
        let url = self.current();
        self.get(
            Purpose::OpenStream,
            url,
            "text/event-stream",
            Wait::FirstEvent,
            STREAM_MS,
        )
        .await
    }

    async fn get(
        &mut self,
        purpose: Purpose,
        url: Url,
        accept: &str,
        wait: Wait,
        answer_ms: u64,
    ) -> Meaning {
        let headers = vec![("Accept".to_owned(), accept.to_owned())];
        let answer_ms = answer_ms.min(self.ask.limits.answer_ms);
        self.send(purpose, "GET", url, headers, None, wait, answer_ms)
            .await
            .meaning
    }

    /// A message to where messages go.
    async fn post(&mut self, purpose: Purpose, rpc: Rpc) -> Step {
        match self.path.clone() {
            Path::Post => {
                let url = self.current();
                self.post_to(purpose, url, rpc, true).await
            }
            Path::Stream(url) => stream::post(self, purpose, url, rpc).await,
        }
    }

    async fn post_to(&mut self, purpose: Purpose, url: Url, rpc: Rpc, in_session: bool) -> Step {
        let mut headers = post_headers(&rpc);
        if in_session {
            headers.extend(self.session_header());
        }
        self.post_with(purpose, url, headers, &rpc).await
    }

    /// A message with exactly these headers.
    async fn post_with(
        &mut self,
        purpose: Purpose,
        url: Url,
        headers: Vec<(String, String)>,
        rpc: &Rpc,
    ) -> Step {
        let wait = match &rpc.id {
            Some(id) => Wait::Message(id.clone()),
            None => Wait::End,
        };
        let answer_ms = self.ask.limits.answer_ms;
        self.send(
            purpose,
            "POST",
            url,
            headers,
            Some(rpc.body.to_string()),
            wait,
            answer_ms,
        )
        .await
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a request, each of another type"
    )]
    async fn send(
        &mut self,
        purpose: Purpose,
        method: &'static str,
        url: Url,
        headers: Vec<(String, String)>,
        body: Option<String>,
        wait: Wait,
        answer_ms: u64,
    ) -> Step {
        let bytes = self.room();
        let request = Outgoing {
            method,
            url,
            headers,
            body,
            wait,
            bytes,
            answer_ms,
            repeatable: purpose != Purpose::Call,
        };
        let request = self.prepare(&purpose, request);
        let (sent, received) = self.deliver(request).await;
        self.record(purpose, sent, received)
    }

    /// Sends a request that is ready; with its answer, what is recorded of it.
    async fn deliver(&mut self, request: Outgoing) -> (Request, Received) {
        let mut sent = Request {
            method: request.method.to_owned(),
            url: shown(&request.url),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        if self.line.is_over() {
            self.mask.request(&mut sent);
            return (sent, Received::failed(Failure::Deadline));
        }
        // The request goes out first; its secrets are looked for while the answer is on its way.
        let masking = async { self.mask.request(&mut sent) };
        let (received, ()) = join(self.line.send(request), masking).await;
        (sent, received)
    }

    /// A request with everything that each one carries.
    fn prepare(&self, purpose: &Purpose, mut request: Outgoing) -> Outgoing {
        let headers = &mut request.headers;
        headers.push(("Accept-Encoding".to_owned(), "identity".to_owned()));
        self.add_own(purpose, &request.url, headers);
        // A caller that names itself otherwise may be served otherwise.
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("user-agent"))
        {
            let own = concat!("mcpdoc/", env!("CARGO_PKG_VERSION"));
            headers.push(("User-Agent".to_owned(), own.to_owned()));
        }
        request
    }

    /// How the conversation began, where that worked over streamable HTTP.
    fn era(&self) -> Option<Era> {
        let mut exchanges = self.probe.exchanges.iter();
        if exchanges.any(|exchange| matches!(meaning(exchange), Meaning::Endpoint(_))) {
            return None;
        }
        self.probe.exchanges.iter().rev().find_map(|exchange| {
            match (&exchange.purpose, meaning(exchange)) {
                (Purpose::Discover | Purpose::Retry, Meaning::Discovered) => Some(Era::Modern),
                (Purpose::Initialize(_), Meaning::Initialized(_)) => Some(Era::Legacy),
                _ => None,
            }
        })
    }

    /// The headers that the caller declares, where they may go; and the `Host` that it would send.
    fn add_own(&self, purpose: &Purpose, url: &Url, headers: &mut Vec<(String, String)>) {
        if self.home != url.origin() {
            return;
        }
        let is_public = Purpose::Gateway(Tells::Readiness);
        if !matches!(purpose, Purpose::Metadata | Purpose::OpenApi) && *purpose != is_public {
            for (name, value) in &self.ask.headers {
                // The protocol's own headers are not the caller's to choose: clients override them.
                let own = headers
                    .iter()
                    .any(|(have, _)| have.eq_ignore_ascii_case(name));
                if !own {
                    headers.push((name.clone(), value.reveal().to_owned()));
                }
            }
        }
        let host = match purpose {
            Purpose::HostTest(host) => Some(host),
            _ => self.ask.host.as_ref(),
        };
        if let Some(host) = host {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
            headers.push(("Host".to_owned(), host.clone()));
        }
    }

    /// How many bytes the next answer may have.
    fn room(&self) -> usize {
        let known = self
            .probe
            .exchanges
            .iter()
            .any(|exchange| meaning(exchange).is_mcp());
        match known {
            true => Limits::MCP_BYTES.saturating_sub(self.bytes).max(1),
            false => Limits::FOREIGN_BYTES,
        }
    }

    fn record(&mut self, purpose: Purpose, request: Request, received: Received) -> Step {
        let outcome = match received.outcome {
            Outcome::Answered(mut answer) => {
                answer.document = received
                    .document
                    .and_then(|document| keep(&purpose, document));
                // What was left out of the document stands in its text, and a refusal may go on about the key.
                if matches!(purpose, Purpose::Gateway(_)) {
                    answer.text = match answer.status {
                        200..300 => String::new(),
                        _ => crate::wire::refusal_words(&answer.text),
                    };
                }
                Outcome::Answered(self.mask.answer(answer))
            }
            failed => failed,
        };
        if let Outcome::Answered(answer) = &outcome {
            self.bytes = self
                .bytes
                .saturating_add(usize::try_from(answer.size).unwrap_or(usize::MAX));
        }
        let exchange = Exchange {
            purpose,
            request,
            outcome,
            clock: received.clock,
        };
        let meaning = meaning(&exchange);
        self.probe.exchanges.push(exchange);
        Step {
            meaning,
            result: received.result,
        }
    }
}

/// What is recorded of a document.
fn keep(purpose: &Purpose, mut document: Value) -> Option<Value> {
    match purpose {
        Purpose::Metadata => (document.to_string().len() <= DOCUMENT_BYTES).then_some(document),
        Purpose::OpenApi => Some(serde_json::json!({"info": document["info"].take()})),
        Purpose::Gateway(tells) => crate::wire::told(*tells, document),
        _ => None,
    }
}

/// Honest OAuth documents have one or two KiB.
const DOCUMENT_BYTES: usize = 16 * 1024;

impl<L: Line> Peer for Conversation<'_, L> {
    fn probe(&mut self) -> &mut Probe {
        &mut self.probe
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn is_over(&self) -> bool {
        self.line.is_over()
    }

    async fn request(&mut self, purpose: Purpose, rpc: Rpc) -> Option<String> {
        self.post(purpose, rpc).await.result
    }
}

fn names_newest(supported: &[String]) -> bool {
    supported
        .iter()
        .any(|version| version == Revision::NEWEST.word())
}

/// Whether a POST is answered so where a GET opens the event stream of HTTP+SSE.
fn may_be_stream(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::GetOnly
            | Meaning::NotFound
            | Meaning::BadRequest
            | Meaning::NoSession
            | Meaning::MessagesOnly
            | Meaning::Accepted
    )
}

/// Whether `initialize` is answered as by a service that speaks JSON-RPC and not MCP.
fn is_another_service(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::RpcError { code, .. } if *code == NO_METHOD)
}

/// Whether something is served there that is not MCP, so that MCP may be at another path.
fn may_be_elsewhere(meaning: &Meaning) -> bool {
    matches!(
        meaning,
        Meaning::GetOnly
            | Meaning::NotFound
            | Meaning::BadRequest
            | Meaning::MessagesOnly
            | Meaning::Accepted
            | Meaning::Foreign
            | Meaning::Stream
    ) || is_another_service(meaning)
}

/// The headers of the POST of a message.
fn post_headers(rpc: &Rpc) -> Vec<(String, String)> {
    let own = rpc
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()));
    [
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into_iter()
    .chain(own)
    .collect()
}

/// One member of a result.
fn member(result: Option<&str>, name: &str) -> Value {
    let result = result.and_then(|text| serde_json::from_str::<Value>(text).ok());
    result.map_or(Value::Null, |mut result| result[name].take())
}

/// A url as it is recorded: without the password in it.
pub(super) fn shown(url: &Url) -> String {
    crate::secret::redact(url.as_str())
}

/// Whether an address that another machine names may be called: a public server must not make mcpdoc call addresses
/// inside of the network that it runs in.
fn may_follow(from: &Url, to: &Url) -> bool {
    let inside = |url: &Url| match url.host() {
        Some(url::Host::Ipv4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Some(url::Host::Ipv6(ip)) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
        Some(url::Host::Domain(name)) => {
            !name.contains('.') || crate::model::host::is_loopback(&url::Host::Domain(name))
        }
        None => true,
    };
    inside(from) || !inside(to)
}
