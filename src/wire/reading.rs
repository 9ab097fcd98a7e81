//! What a whole conversation shows: what it is that answers, and what is wrong with it.

mod auth;
mod cause;
mod deep;
mod foreign;
mod redirect;
mod stdio;
mod tools;
mod words;

use super::meaning::{Meaning, meaning};
use super::{Kind, Trouble, sdk};
use crate::fact::{Era, Eras, Exchange, Probe, Purpose, Reply, Revision, Target};
use crate::model::Transport;
pub(super) use words::described;

/// What a conversation shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether a client gets to its tools.
    pub standing: Standing,
    /// What answers there, as far as it was found out.
    pub transport: Option<Transport>,
    /// Revisions that it was seen to speak or says that it speaks, oldest first.
    pub revisions: Vec<String>,
    /// What the server calls itself.
    pub server: Option<Implementation>,
    /// The SDK that it is built with, as far as its answers tell.
    pub sdk: Option<&'static str>,
    /// Whether it keeps sessions.
    pub mode: Option<Mode>,
    /// Whether its answers come as event streams.
    pub streams: Option<bool>,
    /// How callers show who they are.
    pub auth: Auth,
    /// Instructions to the model, if the server gives some; cut at 2 KiB.
    pub instructions: Option<String>,
    /// What is wrong: what breaks the call first, of that only the one cause; then what does not break it.
    pub troubles: Vec<Trouble>,
    /// How long it took.
    pub times: Times,
}

/// Whether a client gets to the tools of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The handshake works, or the server demands a login that a client can do.
    Works,
    /// It does not: the first trouble says why.
    Broken,
    /// It cannot be told from this conversation; why.
    Unknown(String),
}

/// What a server calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    /// `serverInfo.name`.
    pub name: String,
    /// `serverInfo.version`; empty when it says none.
    pub version: String,
}

/// Whether a server keeps sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It gave a session id.
    Stateful,
    /// It gave none.
    Stateless,
}

/// How callers show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// It answers without credentials.
    None,
    /// It wants a token.
    Bearer,
    /// It wants a token, and its documents say where a client gets one.
    OAuth,
    /// Not known: credentials were sent and accepted, or nothing was answered.
    Unknown,
}

impl Auth {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Auth::None => "none",
            Auth::Bearer => "bearer",
            Auth::OAuth => "oauth",
            Auth::Unknown => "unknown",
        }
    }
}

/// How long the parts of a conversation took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The first connection.
    pub connect: Option<u64>,
    /// Until the head of the first answer that is MCP had come.
    pub first_byte: Option<u64>,
    /// The handshake.
    pub handshake: Option<u64>,
    /// `tools/list`, all of its pages.
    pub tools: Option<u64>,
    /// Everything.
    pub total: u64,
}

/// How long clients wait for tools before they say that the list could not be fetched: seen with Claude Code 2.1.
const PATIENCE_US: u64 = 5_000_000;

/// Reads a conversation.
pub fn read(probe: &Probe) -> Reading {
    let mut reading = Reading {
        standing: Standing::Broken,
        transport: None,
        revisions: Vec::new(),
        server: None,
        sdk: sdk::guess(probe),
        mode: None,
        streams: None,
        auth: Auth::Unknown,
        instructions: None,
        troubles: Vec::new(),
        times: times(probe),
    };
    if let Some(why) = &probe.unheld {
        reading.standing = Standing::Unknown(why.clone());
        return reading;
    }
    let greeting = greeting(probe);
    if let Some(greeting) = &greeting {
        reading.describe(probe, greeting);
    }
    match (&probe.asked.target, &greeting) {
        (Target::Command { .. }, _) => {
            stdio::read(probe, greeting.is_some(), &mut reading.troubles)
        }
        (Target::Url(_), None) => {
            let cause = cause::find(probe);
            if let Some(auth) = auth::of(&cause) {
                reading.auth = auth;
            }
            reading.troubles.extend(cause);
        }
        (Target::Url(_), Some(greeting)) => reading.judge(probe, greeting),
    }
    if greeting.is_some() {
        tools::read(probe, &mut reading.troubles);
        slow(probe, &mut reading.troubles);
        deep::read(probe, &mut reading.troubles);
    }
    // What breaks the call comes first; the rest as it was found.
    reading.troubles.sort_by_key(|trouble| !trouble.breaks);
    reading.standing = standing(probe, greeting.is_some(), &reading);
    if let Standing::Unknown(_) = reading.standing {
        for trouble in &mut reading.troubles {
            trouble.breaks = false;
        }
    }
    reading
}

fn standing(probe: &Probe, greeted: bool, reading: &Reading) -> Standing {
    let breaks = reading.troubles.iter().any(|trouble| trouble.breaks);
    // Without the caller's credentials a refusal says nothing of the caller's own call.
    if let Some((header, why)) = probe.asked.withheld.first()
        && (!greeted || breaks)
        && auth::may_be_for_lack_of(probe)
    {
        return Standing::Unknown(format!("{header} was not sent: {why}"));
    }
    let login = reading
        .troubles
        .iter()
        .any(|trouble| matches!(trouble.kind, Kind::AuthRequired { .. }));
    match (breaks, greeted || login) {
        (true, _) => Standing::Broken,
        (false, true) => Standing::Works,
        (false, false) => Standing::Unknown(
            match probe.exchanges.is_empty() && probe.reaches.is_empty() {
                true => "nothing was asked".to_owned(),
                false => "its answers say nothing that is known".to_owned(),
            },
        ),
    }
}

/// The exchange in which the handshake worked: the one that tools were then asked for in, else the first. `--eras all`
/// greets once more, and a server that discovers may still have to be greeted in the old manner.
fn greeting(probe: &Probe) -> Option<Greeting<'_>> {
    let own = |exchange: &&Exchange| {
        matches!(
            exchange.purpose,
            Purpose::Discover | Purpose::Retry | Purpose::Initialize(_)
        )
    };
    let greeted = |exchange| match meaning(exchange) {
        Meaning::Discovered => Some((exchange, Era::Modern)),
        Meaning::Initialized(_) => Some((exchange, Era::Legacy)),
        _ => None,
    };
    let is_list = |exchange: &Exchange| matches!(exchange.purpose, Purpose::ListTools(_));
    let before = probe.exchanges.iter().rposition(is_list);
    let (before, _) = probe.exchanges.split_at(before.unwrap_or_default());
    let found = before.iter().filter(own).filter_map(greeted).next_back();
    let mut openings = probe.exchanges.iter().filter(own);
    if let Some((exchange, era)) = found.or_else(|| openings.clone().find_map(greeted)) {
        return Some(Greeting {
            exchange: Some(exchange),
            era,
        });
    }
    // 2026-07-28 needs no greeting: a server that lists its tools works without one.
    let modern = openings.any(|exchange| matches!(meaning(exchange), Meaning::Modern(_)));
    let listed = probe
        .of(&Purpose::ListTools(0))
        .any(|exchange| meaning(exchange) == Meaning::Result);
    (modern && listed).then_some(Greeting {
        exchange: None,
        era: Era::Modern,
    })
}

/// How a conversation came about.
struct Greeting<'a> {
    exchange: Option<&'a Exchange>,
    era: Era,
}

impl Reading {
    /// What the server says of itself.
    fn describe(&mut self, probe: &Probe, greeting: &Greeting<'_>) {
        let stream = probe
            .exchanges
            .iter()
            .find(|exchange| matches!(meaning(exchange), Meaning::Endpoint(_)));
        self.transport = Some(match (&probe.asked.target, stream) {
            (Target::Command { .. }, _) => Transport::Stdio,
            (Target::Url(_), Some(exchange)) if exchange.purpose == Purpose::OpenStream => {
                Transport::Sse
            }
            (Target::Url(_), _) => Transport::Http,
        });
        self.auth = match probe.asked.has_credentials() {
            true => Auth::Unknown,
            false => Auth::None,
        };
        let result = greeting.exchange.and_then(result_of);
        let info = result.map(|result| match greeting.era {
            Era::Legacy => &result["serverInfo"],
            Era::Modern => &result["_meta"]["io.modelcontextprotocol/serverInfo"],
        });
        self.server = info.and_then(|info| {
            Some(Implementation {
                name: info["name"].as_str()?.to_owned(),
                version: info["version"].as_str().unwrap_or_default().to_owned(),
            })
        });
        self.instructions = result
            .and_then(|result| result["instructions"].as_str())
            .map(|text| words::cut(text, 2048));
        self.revisions = revisions(probe);
        if greeting.exchange.is_none() {
            self.revisions = vec![Revision::NEWEST.word().to_owned()];
        }
        let answer = greeting.exchange.and_then(Exchange::answer);
        if self.transport == Some(Transport::Http) {
            if greeting.era == Era::Legacy {
                let session =
                    answer.is_some_and(|answer| answer.header("mcp-session-id").is_some());
                self.mode = Some(if session {
                    Mode::Stateful
                } else {
                    Mode::Stateless
                });
            } else {
                self.mode = Some(Mode::Stateless);
            }
            self.streams = answer.map(|answer| answer.media() == "text/event-stream");
        }
    }

    /// What is wrong although the handshake works.
    fn judge(&mut self, probe: &Probe, greeting: &Greeting<'_>) {
        self.troubles.extend(redirect::read(probe, true));
        self.troubles.extend(transport(probe, self.transport));
        self.troubles.extend(version(probe, greeting));
        if let Some(kind) = recovered(probe) {
            self.troubles.push(kind);
        }
    }
}

/// The result in an exchange's answer.
fn result_of(exchange: &Exchange) -> Option<&serde_json::Value> {
    match &exchange.message()?.reply {
        Reply::Result(result) => Some(result),
        Reply::Error(_) | Reply::Own(_) => None,
    }
}

/// Revisions that were seen to work or that the server names, oldest first.
fn revisions(probe: &Probe) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for exchange in &probe.exchanges {
        match meaning(exchange) {
            Meaning::Initialized(version)
                if !matches!(exchange.purpose, Purpose::SchemeTest | Purpose::Candidate) =>
            {
                found.push(version);
            }
            Meaning::Discovered => {
                let listed =
                    result_of(exchange).and_then(|result| result["supportedVersions"].as_array());
                let listed = listed
                    .into_iter()
                    .flatten()
                    .filter_map(|version| version.as_str());
                found.extend(listed.map(|version| words::cut(version, 40)));
            }
            Meaning::Modern(supported) | Meaning::VersionRefused(supported) => {
                found.extend(supported)
            }
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found.truncate(20);
    found
}

/// The caller's transport against the one that answers.
fn transport(probe: &Probe, speaks: Option<Transport>) -> Option<Trouble> {
    let (asked, speaks) = (probe.asked.transport?, speaks?);
    if asked == speaks {
        return None;
    }
    let falls_back = probe.asked.falls_back == Some(speaks);
    let answered = probe.exchanges.iter().find(|exchange| {
        matches!(
            meaning(exchange),
            Meaning::Endpoint(_) | Meaning::Discovered | Meaning::Initialized(_)
        )
    })?;
    let first = probe.exchanges.first()?;
    Some(Trouble {
        kind: Kind::WrongTransport {
            asked,
            speaks,
            right: answered.request.url.clone(),
            falls_back,
        },
        breaks: !falls_back,
        evidence: vec![described(answered), described(first)],
    })
}

/// The revision that was asked for against the one that the server chose.
fn version(probe: &Probe, greeting: &Greeting<'_>) -> Option<Trouble> {
    let exchange = greeting.exchange?;
    let evidence = vec![described(exchange)];
    let supported = revisions(probe);
    match (probe.asked.eras, meaning(exchange)) {
        (Eras::Only(asked), Meaning::Initialized(version)) if asked.era() == Era::Modern => {
            Some(Trouble {
                kind: Kind::ProtocolEraMismatch {
                    asked: Era::Modern,
                    supported: vec![version],
                },
                breaks: true,
                evidence,
            })
        }
        (Eras::Only(asked), Meaning::Initialized(version)) if asked.word() != version => {
            Some(Trouble {
                kind: Kind::ProtocolVersionUnsupported {
                    asked: asked.word().to_owned(),
                    supported: vec![version],
                },
                breaks: true,
                evidence,
            })
        }
        // A server that chooses a revision that nobody knows is left by every client.
        (_, Meaning::Initialized(version)) if version.parse::<Revision>().is_err() => {
            Some(Trouble {
                kind: Kind::ProtocolVersionUnsupported {
                    asked: Revision::LAST_LEGACY.word().to_owned(),
                    supported: vec![words::cut(&version, 40)],
                },
                breaks: true,
                evidence,
            })
        }
        (Eras::Only(asked), Meaning::Discovered) if asked.era() == Era::Legacy => Some(Trouble {
            kind: Kind::ProtocolEraMismatch {
                asked: Era::Legacy,
                supported,
            },
            breaks: true,
            evidence,
        }),
        // Both were asked for, and the older manner is refused: clients before 2026-07-28 cannot use it.
        (Eras::All, Meaning::Discovered) => {
            let legacy = probe
                .exchanges
                .iter()
                .find(|exchange| matches!(exchange.purpose, Purpose::Initialize(_)))?;
            (!matches!(meaning(legacy), Meaning::Initialized(_))).then(|| Trouble {
                kind: Kind::ProtocolEraMismatch {
                    asked: Era::Legacy,
                    supported,
                },
                breaks: false,
                evidence: vec![described(legacy)],
            })
        }
        _ => None,
    }
}

/// An answer that only came when it was asked for again.
fn recovered(probe: &Probe) -> Option<Trouble> {
    let retry = probe.of(&Purpose::Retry).next()?;
    let first = probe
        .exchanges
        .iter()
        .find(|exchange| meaning(exchange) == Meaning::Unavailable)?;
    let answer = first.answer()?;
    Some(Trouble {
        kind: Kind::UpstreamUnavailable {
            status: answer.status,
            proxy: words::proxy(answer),
            recovered: true,
        },
        breaks: false,
        evidence: vec![described(first), described(retry)],
    })
}

/// Answers that took longer than clients wait.
fn slow(probe: &Probe, troubles: &mut Vec<Trouble>) {
    let limit = match probe.asked.target {
        // A process may have to be downloaded first; what a client waits for it is another matter.
        Target::Command { .. } => return,
        Target::Url(_) => PATIENCE_US,
    };
    let worst = probe
        .exchanges
        .iter()
        .filter(|exchange| exchange.answer().is_some() && exchange.clock.total_us > limit)
        .filter(|exchange| {
            matches!(
                exchange.purpose,
                Purpose::Discover | Purpose::Initialize(_) | Purpose::ListTools(_)
            )
        })
        .max_by_key(|exchange| exchange.clock.total_us);
    if let Some(exchange) = worst {
        troubles.push(Trouble {
            kind: Kind::SlowAnswer {
                during: words::purpose(&exchange.purpose),
                took_ms: exchange.clock.total_us / 1000,
            },
            breaks: false,
            evidence: vec![described(exchange)],
        });
    }
}

fn times(probe: &Probe) -> Times {
    let reach = probe.reaches.first();
    let connected = reach.and_then(|reach| {
        reach
            .attempts
            .iter()
            .find(|attempt| attempt.failure.is_none())
    });
    let greeted = greeting(probe).and_then(|greeting| greeting.exchange);
    let lists = probe
        .exchanges
        .iter()
        .filter(|exchange| matches!(exchange.purpose, Purpose::ListTools(_)));
    let tools: u64 = lists.map(|exchange| exchange.clock.total_us).sum();
    Times {
        connect: connected.map(|attempt| attempt.took_us),
        first_byte: greeted.and_then(|exchange| exchange.clock.head_us),
        handshake: greeted.map(|exchange| exchange.clock.total_us),
        tools: probe.tools.as_ref().map(|_| tools),
        total: probe.took_us,
    }
}
