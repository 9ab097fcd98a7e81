//! HTTP, TCP and TLS as one conversation sees them: nothing is followed, unpacked, repeated or sent through a proxy, and
//! whatever the other side does, each question ends in time and in bounded room.
//!
//! The runtime has to be shut down in the background: a name that is being asked for cannot be called back.

mod body;
mod failure;
mod look;
mod reach;
mod tls;

pub use tls::knows_authorities;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request};
use serde_json::Value;
use tokio::time::{Duration, Instant, sleep_until, timeout_at};
use url::Url;

use self::body::{Incoming, Until};
use self::reach::Resolver;
pub(super) use self::reach::{given, origin};
use super::exec::Tunnel;
use super::line::{Line, Outgoing, Received, Wait};
use super::names::Names;
use crate::fact::{Ask, Clock, Failure, Limits, Look, Pin, Reach, TlsProblem, Trust};

/// Shorter than servers keep a connection that nothing is asked on (Node and uvicorn: 5 s), so that none is used in the
/// moment in which it is closed.
const IDLE: Duration = Duration::from_secs(3);

/// The world.
#[derive(Debug)]
pub struct Http {
    way: Way,
    pins: Vec<Pin>,
    trust: Trust,
    limits: Limits,
    began: Instant,
    deadline: Instant,
    /// The address of each origin, or why there is none.
    reached: HashMap<(String, u16), Result<SocketAddr, Failure>>,
    aim: Aim,
    plain: Option<Client>,
    encrypted: Option<Result<Client, Failure>>,
    /// Origins that have answered, and may have closed the connection that is kept for the next request.
    answered: HashSet<(String, u16)>,
    /// The event stream that was left open.
    open: Option<Incoming>,
    /// How long the last request waited for its answer.
    answer: Duration,
}

/// How hosts are reached.
#[derive(Debug)]
enum Way {
    /// By this thread's network.
    Straight(Resolver),
    /// By programs in a container.
    Tunnel(Tunnel),
}

impl Http {
    /// For one conversation; its time begins now.
    pub fn new(ask: &Ask) -> Http {
        Http::on(Way::Straight(Resolver::System), ask)
    }

    /// For one conversation from this thread's network, with names as a container knows them.
    pub(super) fn by(ask: &Ask, names: Arc<Names>) -> Http {
        Http::on(Way::Straight(Resolver::Container(names)), ask)
    }

    /// For one conversation by programs in a container.
    pub(super) fn through(ask: &Ask, tunnel: Tunnel) -> Http {
        Http::on(Way::Tunnel(tunnel), ask)
    }

    /// Why nothing can be said of the other side, if the way itself failed.
    pub(super) fn broken(&self) -> Option<&str> {
        match &self.way {
            Way::Straight(_) => None,
            Way::Tunnel(tunnel) => tunnel.broken(),
        }
    }

    fn on(way: Way, ask: &Ask) -> Http {
        let began = Instant::now();
        Http {
            way,
            pins: ask.pins.clone(),
            trust: ask.trust.clone(),
            limits: ask.limits,
            began,
            deadline: began + Duration::from_millis(ask.limits.deadline_ms),
            reached: HashMap::new(),
            aim: Aim::default(),
            plain: None,
            encrypted: None,
            answered: HashSet::new(),
            open: None,
            answer: Duration::from_millis(ask.limits.answer_ms),
        }
    }

    /// The address to use for an origin. One that was not asked for before is asked for now.
    async fn address(&mut self, url: &Url) -> Result<SocketAddr, Failure> {
        let origin = reach::origin(url);
        if !self.reached.contains_key(&origin) {
            self.reach(url).await;
        }
        match self.reached.get(&origin) {
            Some(address) => address.clone(),
            None => Err(Failure::NoRoute),
        }
    }

    /// The client for a scheme. Certificates are only read where something is encrypted.
    fn client(&mut self, url: &Url) -> Result<Client, Failure> {
        if url.scheme() == "https" {
            let (trust, aim) = (&self.trust, &self.aim);
            let made = self.encrypted.get_or_insert_with(|| {
                let config = tls::config(trust);
                let config = config.map_err(|why| Failure::Tls(TlsProblem::Other(why)))?;
                client(config, aim)
            });
            return made.clone();
        }
        if let Some(client) = &self.plain {
            return Ok(client.clone());
        }
        let made = client(tls::unverified(), &self.aim)?;
        self.plain = Some(made.clone());
        Ok(made)
    }

    /// Sends, and waits for the head of the answer. A server may close a connection that is kept in the moment in which it
    /// is used again, which says nothing of the request: it is sent once more, on a connection of its own.
    async fn head(&mut self, request: &Outgoing) -> Result<reqwest::Response, Failure> {
        let until = self.deadline.min(Instant::now() + self.answer);
        if self.is_over() {
            return Err(Failure::Deadline);
        }
        let address = self.address(&request.url).await?;
        self.aim.at(&request.url, address);
        let origin = reach::origin(&request.url);
        let may_be_kept = self.answered.contains(&origin);
        let mut sent = self.execute(request, until).await;
        let is_closed = matches!(sent, Err(Failure::Closed(0) | Failure::Reset));
        if is_closed && may_be_kept && request.repeatable {
            self.hang_up();
            sent = self.execute(request, until).await;
        }
        if sent.is_ok() {
            self.answered.insert(origin);
        }
        sent
    }

    /// Lets go of every connection that is kept.
    fn hang_up(&mut self) {
        self.plain = None;
        self.encrypted = None;
        self.answered.clear();
    }

    async fn execute(
        &mut self,
        request: &Outgoing,
        until: Instant,
    ) -> Result<reqwest::Response, Failure> {
        let url = request.url.clone();
        let client = self.client(&url)?;
        let mut request = written(request)?;
        let is_tunnel = matches!(self.way, Way::Tunnel(_));
        if let Some(Ok(gate)) = self.reached.get(&origin(&url)).filter(|_| is_tunnel) {
            lead(&mut request, *gate)?;
        }
        match timeout_at(until, client.execute(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failure::of_client(&error)),
            Err(_) if self.is_over() => Err(Failure::Deadline),
            Err(_) => Err(Failure::NoAnswer),
        }
    }

    fn until(&self) -> Until {
        Until {
            patience: self.deadline.min(Instant::now() + self.answer),
            deadline: self.deadline,
        }
    }
}

impl Line for Http {
    async fn reach(&mut self, url: &Url) -> Reach {
        let patience = Duration::from_millis(self.limits.connect_ms);
        let (pins, deadline) = (&self.pins, self.deadline);
        let (reach, address) = match &mut self.way {
            Way::Straight(resolver) => {
                let reach = reach::reach(url, resolver, pins, patience, deadline).await;
                let address = reach.accepted();
                (reach, address)
            }
            Way::Tunnel(tunnel) => tunnel.reach(url, pins, patience, deadline).await,
        };
        let address = address.ok_or_else(|| {
            let failed = reach.attempts.first();
            let failure = failed.and_then(|attempt| attempt.failure.clone());
            failure.unwrap_or_else(|| Failure::Other(reach.unresolved.clone().unwrap_or_default()))
        });
        self.reached.insert(reach::origin(url), address);
        reach
    }

    async fn send(&mut self, request: Outgoing) -> Received {
        let began = Instant::now();
        self.answer = Duration::from_millis(request.answer_ms);
        let response = match self.head(&request).await {
            Ok(response) => response,
            Err(failure) => return failed(failure, began),
        };
        let clock = Clock {
            head_us: Some(micros(began)),
            ..Clock::default()
        };
        let mut incoming = Incoming::new(response, request.bytes);
        let until = self.until();
        let received = incoming.read(&request.wait, until, began, clock).await;
        if request.wait == Wait::FirstEvent && incoming.is_stream() {
            incoming.allow(Limits::MCP_BYTES);
            self.open = Some(incoming);
        }
        received
    }

    async fn event(&mut self, id: &Value) -> Received {
        let began = Instant::now();
        let until = self.until();
        let Some(open) = &mut self.open else {
            return failed(Failure::Other("no event stream is open".to_owned()), began);
        };
        let wait = Wait::Message(id.clone());
        open.read(&wait, until, began, Clock::default()).await
    }

    fn close(&mut self) {
        self.open = None;
    }

    async fn look(&mut self, url: &Url) -> Look {
        let (host, port) = reach::origin(url);
        match self.address(url).await {
            Ok(address) => look::look(address, &host, port, self.deadline).await,
            Err(_) => Look::default(),
        }
    }

    async fn pause(&mut self, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        sleep_until(end.min(self.deadline)).await;
    }

    fn elapsed(&self) -> u64 {
        micros(self.began)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }
}

/// Microseconds since then.
fn micros(began: Instant) -> u64 {
    whole_micros(began.elapsed())
}

fn whole_micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn failed(failure: Failure, began: Instant) -> Received {
    Received {
        clock: Clock {
            total_us: micros(began),
            ..Clock::default()
        },
        ..Received::failed(failure)
    }
}

fn client(tls: rustls::ClientConfig, aim: &Aim) -> Result<Client, Failure> {
    let built = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(aim.clone())
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .pool_idle_timeout(IDLE)
        .build();
    built.map_err(|error| failure::of_client(&error))
}

/// The request as it is sent. What a url says of user and password is for the caller to make a header of.
fn written(request: &Outgoing) -> Result<Request, Failure> {
    let mut url = request.url.clone();
    url.set_fragment(None);
    // Fails for a url without a host, which has neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let wrong = |what: &str| Failure::Other(format!("{what} cannot be sent in a request"));
    let method = Method::from_bytes(request.method.as_bytes());
    let method = method.map_err(|_| wrong(&format!("the method {}", request.method)))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let wrong = || wrong(&format!("the header {name}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
        headers.append(name, value);
    }
    let mut written = Request::new(method, url);
    *written.headers_mut() = headers;
    *written.body_mut() = request.body.clone().map(reqwest::Body::from);
    Ok(written)
}

/// Leads a request to a port of this machine, and leaves everything in it that the other side sees. The client takes the
/// port of a url even where a name was led elsewhere, and asks nobody where the host is an address.
fn lead(request: &mut Request, gate: SocketAddr) -> Result<(), Failure> {
    let url = request.url_mut();
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    };
    let is_address = !matches!(url.host(), Some(url::Host::Domain(_)));
    let led = url.set_port(Some(gate.port())).is_ok()
        && (!is_address || url.set_ip_host(gate.ip()).is_ok());
    let host = HeaderValue::from_str(&host).ok().filter(|_| led);
    let host = host.ok_or_else(|| Failure::Other("its url has no host".to_owned()))?;
    request.headers_mut().entry(HOST).or_insert(host);
    Ok(())
}

/// Leads each name to the address that was found to accept connections.
#[derive(Clone, Debug, Default)]
struct Aim(Arc<Mutex<HashMap<String, SocketAddr>>>);

impl Aim {
    fn at(&self, url: &Url, address: SocketAddr) {
        let (host, _) = reach::origin(url);
        let mut aim = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        aim.insert(host, address);
    }
}

impl Resolve for Aim {
    fn resolve(&self, name: Name) -> Resolving {
        let aim = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = aim.get(name.as_str()).copied();
        Box::pin(async move {
            let address = found.ok_or("no address was found for it")?;
            Ok(Box::new(core::iter::once(address)) as Addrs)
        })
    }
}
