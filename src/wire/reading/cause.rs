//! Why no handshake came about: the one cause, with everything else as its evidence.

use super::words::{self, described, failed};
use super::{auth, foreign, redirect, revisions};
use crate::fact::{
    Answer, End, Era, Eras, Exchange, Failure, Outcome, Probe, Purpose, Reach, Revision,
    TlsProblem, TlsSpoken,
};
use crate::model::Transport;
use crate::wire::meaning::{HEADER_MISMATCH, Meaning, NO_METHOD, error_of, meaning};
use crate::wire::{Foreign, Kind, RedirectChange, Trouble};
use url::Url;

/// The cause, and with a demand to log in what is wrong with its documents.
pub(super) fn find(probe: &Probe) -> Vec<Trouble> {
    if let Some(trouble) = unreached(probe) {
        return vec![trouble];
    }
    if let Some(trouble) = sent_in_clear(probe)
        .or_else(|| other_scheme(probe))
        .or_else(|| other_path(probe))
        .or_else(|| held_back(probe))
    {
        return vec![trouble];
    }
    let Some(decisive) = decisive(probe) else {
        return Vec::new();
    };
    let mut troubles = of_exchange(probe, decisive);
    if let Some(redirect) = led_astray(probe, &troubles) {
        troubles = vec![redirect];
    }
    if let Some(first) = troubles.first_mut() {
        let others = probe
            .exchanges
            .iter()
            .filter(|exchange| !std::ptr::eq(*exchange, decisive));
        let others = others
            .map(described)
            .filter(|text| !first.evidence.contains(text));
        let others: Vec<String> = others.collect();
        first.evidence.extend(others);
        first.evidence.truncate(EVIDENCE);
    }
    troubles
}

/// How many exchanges support a cause.
const EVIDENCE: usize = 6;

/// No connection to the endpoint, or to where it redirects.
fn unreached(probe: &Probe) -> Option<Trouble> {
    let reach = probe
        .reaches
        .iter()
        .find(|reach| reach.accepted().is_none())?;
    let first = std::ptr::eq(reach, probe.reaches.first()?);
    let trouble = of_reach(probe, reach);
    if first {
        return Some(trouble);
    }
    // The documents of a login and the other scheme are looked for elsewhere, too.
    let mut redirect = redirect::read(probe, false)?;
    let leads_there = matches!(&redirect.kind, Kind::Redirect { to, .. } if is_at(to, reach));
    redirect.evidence.extend(trouble.evidence);
    leads_there.then_some(redirect)
}

fn is_at(url: &str, reach: &Reach) -> bool {
    Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == reach.host && url.port_or_known_default() == Some(reach.port)
    })
}

/// A redirect from https to http: whatever answers there, the endpoint itself is at the address that was called.
fn sent_in_clear(probe: &Probe) -> Option<Trouble> {
    let redirect = redirect::read(probe, false)?;
    let leads_down = matches!(
        redirect.kind,
        Kind::Redirect {
            change: RedirectChange::SchemeDown,
            ..
        }
    );
    leads_down.then_some(redirect)
}

/// A redirect to where something else is: a page to log in at, another service; or to where credentials do not go.
fn led_astray(probe: &Probe, troubles: &[Trouble]) -> Option<Trouble> {
    let redirect = redirect::read(probe, false)?;
    let Kind::Redirect {
        change,
        drops_credentials,
        ..
    } = redirect.kind
    else {
        return None;
    };
    let elsewhere = matches!(change, RedirectChange::Path | RedirectChange::Host);
    troubles
        .iter()
        .any(|trouble| match trouble.kind {
            Kind::NotMcp { .. } => elsewhere,
            Kind::AuthRejected { .. } | Kind::AuthRequired { .. } => drops_credentials,
            _ => false,
        })
        .then_some(redirect)
}

fn of_reach(probe: &Probe, reach: &Reach) -> Trouble {
    let (host, port) = (reach.host.clone(), reach.port);
    let evidence = reach
        .attempts
        .iter()
        .map(|attempt| match &attempt.failure {
            Some(failure) => format!("{}: {}", attempt.address, failed(failure)),
            None => format!("{}: connected", attempt.address),
        })
        .collect();
    let kind = if let Some(reason) = &reach.unresolved {
        Kind::NameNotResolved {
            host,
            reason: reason.clone(),
        }
    } else {
        let failures = || {
            reach
                .attempts
                .iter()
                .filter_map(|attempt| attempt.failure.as_ref())
        };
        let addresses = reach.attempts.iter().map(|attempt| attempt.address);
        if failures().any(|failure| *failure == Failure::Refused) {
            let refused = reach
                .attempts
                .iter()
                .filter(|attempt| attempt.failure == Some(Failure::Refused));
            Kind::ConnectionRefused {
                host,
                port,
                addresses: refused.map(|attempt| attempt.address).collect(),
            }
        } else if failures().any(|failure| *failure == Failure::Reset) {
            Kind::ConnectionReset {
                during: "the connection".to_owned(),
                bytes: 0,
                reset: true,
                after_handshake: false,
            }
        } else {
            Kind::ConnectionTimeout {
                host,
                port,
                addresses: addresses.collect(),
                no_route: failures().all(|failure| *failure == Failure::NoRoute),
                waited_ms: probe.asked.limits.connect_ms,
            }
        }
    };
    Trouble {
        kind,
        breaks: true,
        evidence,
    }
}

/// http where the port wants https, or the reverse.
fn other_scheme(probe: &Probe) -> Option<Trouble> {
    let test = probe.of(&Purpose::SchemeTest).next();
    let first = probe.exchanges.first()?;
    let url = Url::parse(&first.request.url).ok()?;
    let not_tls = first.failure() == Some(&Failure::Tls(TlsProblem::NotTls));
    let wants_tls = meaning(first) == Meaning::WantsTls
        || probe
            .look
            .as_ref()
            .and_then(|look| look.tls.as_ref())
            .is_some_and(|tls| tls.spoken == TlsSpoken::Yes && url.scheme() == "http");
    // A port that speaks neither is not mistaken for one of plain HTTP.
    let plain = not_tls && test.is_some_and(|test| test.answer().is_some());
    if !plain && !wants_tls {
        return None;
    }
    let mut right = url;
    let port = right.port_or_known_default();
    let scheme = if plain { "http" } else { "https" };
    right.set_scheme(scheme).ok()?;
    right.set_port(port).ok()?;
    let tried = test.is_some_and(|test| meaning(test).is_mcp());
    Some(Trouble {
        kind: Kind::TlsMismatch {
            speaks_tls: wants_tls,
            right: right.to_string(),
            tried,
        },
        breaks: true,
        evidence: [Some(first), test]
            .into_iter()
            .flatten()
            .map(described)
            .collect(),
    })
}

/// MCP at another path.
fn other_path(probe: &Probe) -> Option<Trouble> {
    let hit = probe
        .of(&Purpose::Candidate)
        .find(|exchange| meaning(exchange).is_mcp())?;
    let transport = match meaning(hit) {
        Meaning::Endpoint(_) => Transport::Sse,
        _ => Transport::Http,
    };
    let first = probe.exchanges.first()?;
    let evidence = vec![described(first), described(hit)];
    Some(Trouble {
        kind: Kind::WrongPath {
            right: hit.request.url.clone(),
            transport,
        },
        breaks: true,
        evidence,
    })
}

/// A GET whose events never come, while a POST to the same address is answered at once.
fn held_back(probe: &Probe) -> Option<Trouble> {
    let get = probe.of(&Purpose::OpenStream).last()?;
    let silent = match &get.outcome {
        Outcome::Failed(failure) => *failure == Failure::NoAnswer,
        Outcome::Answered(answer) => {
            answer.media() == "text/event-stream"
                && answer.events.is_empty()
                && answer.end == End::Deadline
        }
    };
    let post = probe.exchanges.iter().find(|exchange| {
        exchange.request.method == "POST"
            && exchange.request.url == get.request.url
            && exchange.answer().is_some()
    })?;
    // Only what says that a GET is wanted there makes a silent GET a stream that is held back.
    let takes_get = meaning(post) == Meaning::GetOnly;
    if !silent || !takes_get {
        return None;
    }
    let answer = post.answer()?;
    Some(Trouble {
        kind: Kind::StreamBuffered {
            proxy: words::proxy(answer),
            waited_ms: get.clock.total_us / 1000,
        },
        breaks: true,
        evidence: vec![described(get), described(post)],
    })
}

/// The exchange that says why: the stream's where it says more than that there is none, else the last opening.
fn decisive(probe: &Probe) -> Option<&Exchange> {
    let stream = probe.of(&Purpose::OpenStream).last();
    let tells = stream.filter(|exchange| {
        matches!(
            meaning(exchange),
            Meaning::Unauthorized
                | Meaning::Forbidden
                | Meaning::HostRefused
                | Meaning::OriginRefused
                | Meaning::RateLimited
                | Meaning::Unavailable
                | Meaning::ServerError
                | Meaning::Endpoint(_)
        )
    });
    // What was not even sent, for the time had run out, says nothing of the server.
    let is_sent = |exchange: &Exchange| {
        exchange.failure() != Some(&Failure::Deadline) || exchange.clock.total_us > 0
    };
    let opening = |exchange: &&Exchange| {
        matches!(
            exchange.purpose,
            Purpose::Discover | Purpose::Initialize(_) | Purpose::Retry
        ) && is_sent(exchange)
    };
    // Over a stream, the handshake's own failure says more than that the stream is there.
    let over_stream = tells.filter(|exchange| matches!(meaning(exchange), Meaning::Endpoint(_)));
    // What lacks a header on the way was said to the first question.
    let stripped = probe.exchanges.iter().filter(opening);
    let stripped = stripped.clone().find(|exchange| {
        let error = exchange.answer().and_then(error_of);
        error.is_some_and(|error| error.code == HEADER_MISMATCH)
    });
    let last = stripped.or(probe.exchanges.iter().rfind(opening));
    match (over_stream, last) {
        (Some(stream), Some(last)) if last.request.url != stream.request.url => Some(last),
        _ => tells.or(last).or(stream),
    }
}

/// What the decisive exchange says.
fn of_exchange(probe: &Probe, exchange: &Exchange) -> Vec<Trouble> {
    let kind = match meaning(exchange) {
        Meaning::Unauthorized | Meaning::Forbidden => return auth::refused(probe, exchange),
        Meaning::Failed(failure) => of_failure(probe, exchange, failure),
        meaning => of_answer(probe, exchange, meaning),
    };
    let kinds = kind.into_iter();
    kinds
        .map(|kind| Trouble {
            kind,
            breaks: true,
            evidence: vec![described(exchange)],
        })
        .collect()
}

fn of_failure(probe: &Probe, exchange: &Exchange, failure: Failure) -> Option<Kind> {
    let during = words::purpose(&exchange.purpose);
    let port = || {
        Url::parse(&exchange.request.url)
            .ok()
            .and_then(|url| url.port_or_known_default())
    };
    let not_http = || {
        let look = probe.look.as_ref()?;
        let known = foreign::below_http(look);
        // Silence is no proof of another protocol.
        let silent = matches!(&known, Foreign::Bytes(text) if text.is_empty());
        (!silent).then_some(known)
    };
    Some(match failure {
        Failure::Tls(TlsProblem::NotTls) => Kind::NotHttp {
            foreign: not_http().unwrap_or(Foreign::Bytes(String::new())),
            port: port()?,
        },
        Failure::Tls(problem) => Kind::TlsUntrusted {
            host: Url::parse(&exchange.request.url)
                .ok()?
                .host_str()?
                .to_owned(),
            problem,
        },
        Failure::NotHttp => Kind::NotHttp {
            foreign: not_http().unwrap_or(Foreign::Bytes(String::new())),
            port: port()?,
        },
        Failure::Closed(_) | Failure::Reset => match not_http() {
            Some(foreign) => Kind::NotHttp {
                foreign,
                port: port()?,
            },
            None => Kind::ConnectionReset {
                during,
                bytes: match failure {
                    Failure::Closed(bytes) => bytes,
                    _ => 0,
                },
                reset: failure == Failure::Reset,
                after_handshake: false,
            },
        },
        Failure::NoAnswer | Failure::Deadline => match not_http() {
            Some(foreign) => Kind::NotHttp {
                foreign,
                port: port()?,
            },
            None => Kind::NoAnswer {
                during,
                waited_ms: exchange.clock.total_us / 1000,
                others_answer: probe.of(&Purpose::Root).any(|root| root.answer().is_some()),
                after_handshake: false,
            },
        },
        // A connection that stood a moment ago: the server goes away while it is asked.
        Failure::Refused | Failure::NoRoute | Failure::ConnectTimeout => {
            let reach = probe.reaches.first()?;
            Kind::ConnectionRefused {
                host: reach.host.clone(),
                port: reach.port,
                addresses: reach
                    .attempts
                    .iter()
                    .map(|attempt| attempt.address)
                    .collect(),
            }
        }
        Failure::HeadTooLarge => Kind::ServerError {
            during,
            status: 0,
            code: None,
            says: "the head of its answer is larger than any client reads".to_owned(),
        },
        Failure::Other(says) => Kind::ServerError {
            during,
            status: 0,
            code: None,
            says,
        },
    })
}

fn of_answer(probe: &Probe, exchange: &Exchange, meaning: Meaning) -> Option<Kind> {
    let answer = exchange.answer()?;
    let status = answer.status;
    let during = words::purpose(&exchange.purpose);
    let code = error_of(answer).map(|error| error.code);
    let says = || match error_of(answer) {
        Some(error) => words::cut(&error.message, 200),
        None => words::cut(&words::squeezed(&answer.text), 200),
    };
    Some(match meaning {
        Meaning::HostRefused | Meaning::OriginRefused => {
            let host = probe.asked.host.clone().or_else(|| sent_host(exchange));
            let passes = probe
                .exchanges
                .iter()
                .find_map(|exchange| match &exchange.purpose {
                    Purpose::HostTest(host)
                        if !matches!(
                            self::meaning(exchange),
                            Meaning::HostRefused | Meaning::Failed(_)
                        ) =>
                    {
                        Some(host.clone())
                    }
                    _ => None,
                });
            Kind::HostHeaderRejected {
                status,
                host: host.unwrap_or_default(),
                passes,
                origin: meaning == Meaning::OriginRefused,
                setting: crate::wire::sdk::host_setting(answer),
            }
        }
        Meaning::NotAcceptable | Meaning::UnsupportedMedia => Kind::AcceptStripped {
            status,
            header: match meaning {
                Meaning::NotAcceptable => "Accept",
                _ => "Content-Type",
            },
            proxy: words::proxy(answer),
        },
        Meaning::RateLimited => Kind::RateLimited {
            retry_after: answer
                .header("retry-after")
                .map(|text| words::cut(text, 60)),
        },
        Meaning::Unavailable => Kind::UpstreamUnavailable {
            status,
            proxy: words::proxy(answer),
            recovered: false,
        },
        Meaning::Redirect(_) => {
            return redirect::read(probe, false).map(|trouble| trouble.kind);
        }
        Meaning::Modern(_) if code == Some(HEADER_MISMATCH) => Kind::AcceptStripped {
            status,
            header: match says().to_lowercase().contains("mcp-method") {
                true => "Mcp-Method",
                false => "MCP-Protocol-Version",
            },
            proxy: words::proxy(answer),
        },
        Meaning::Modern(_) | Meaning::VersionRefused(_) => mismatch(probe, meaning),
        Meaning::NoSession => Kind::SessionLost { during, status },
        // Every server of MCP knows what it is asked first: another service speaks JSON-RPC here.
        Meaning::RpcError { code, .. } if code == NO_METHOD => Kind::NotMcp {
            foreign: foreign::over_http(probe, answer),
            status,
            tried: probe.of(&Purpose::Candidate).count(),
        },
        Meaning::ServerError | Meaning::RpcError { .. } => Kind::ServerError {
            during,
            status,
            code,
            says: says(),
        },
        Meaning::Endpoint(address) => {
            let from = Url::parse(&exchange.request.url).ok()?;
            match from.join(&address) {
                Ok(to) if to.origin() == from.origin() => Kind::NoAnswer {
                    during: "initialize".to_owned(),
                    waited_ms: probe.asked.limits.answer_ms,
                    others_answer: true,
                    after_handshake: false,
                },
                Ok(to) => Kind::EndpointElsewhere {
                    to: crate::secret::redact(to.as_str()),
                },
                Err(_) => Kind::EndpointElsewhere {
                    to: words::cut(&address, 200),
                },
            }
        }
        Meaning::Accepted if exchange.request.url != probe.exchanges.first()?.request.url => {
            Kind::NoAnswer {
                during,
                waited_ms: exchange.clock.total_us / 1000,
                others_answer: true,
                after_handshake: false,
            }
        }
        // An answer in the right form that never says what was asked for.
        Meaning::Stream if exchange.request.method == "POST" => match &answer.end {
            End::Broken(_) => Kind::ConnectionReset {
                during,
                bytes: answer.size,
                reset: false,
                after_handshake: false,
            },
            _ if !answer.events.is_empty() || answer.stray.is_some() || answer.end == End::Cap => {
                Kind::ServerError {
                    during,
                    status,
                    code: None,
                    says: "its event stream never holds the answer to the request".to_owned(),
                }
            }
            // It says nothing, and ends.
            End::Complete => Kind::ConnectionReset {
                during,
                bytes: answer.size,
                reset: false,
                after_handshake: false,
            },
            _ => Kind::NoAnswer {
                during,
                waited_ms: exchange.clock.total_us / 1000,
                others_answer: true,
                after_handshake: false,
            },
        },
        _ if is_of_another(answer) && (200..300).contains(&status) => Kind::ServerError {
            during,
            status,
            code: None,
            says: "it answers with the id of another request".to_owned(),
        },
        _ if matches!(answer.end, End::Broken(_)) => Kind::ConnectionReset {
            during,
            bytes: answer.size,
            reset: false,
            after_handshake: false,
        },
        _ if answer.end == End::Deadline => Kind::NoAnswer {
            during,
            waited_ms: exchange.clock.total_us / 1000,
            others_answer: false,
            after_handshake: false,
        },
        // The stream of HTTP+SSE is there, and not the address that it names for messages.
        _ if is_over_stream(probe, exchange) => Kind::ServerError {
            during,
            status,
            code: None,
            says: says(),
        },
        _ => {
            let answer = telling(probe, answer);
            Kind::NotMcp {
                foreign: foreign::over_http(probe, answer),
                status: answer.status,
                tried: probe.of(&Purpose::Candidate).count(),
            }
        }
    })
}

/// Whether a message came that names another request than the one that was sent.
fn is_of_another(answer: &Answer) -> bool {
    let stray = answer.stray.as_ref();
    stray.is_some_and(|message| !message.id.is_null())
}

fn is_over_stream(probe: &Probe, exchange: &Exchange) -> bool {
    probe.of(&Purpose::OpenStream).any(|stream| {
        matches!(meaning(stream), Meaning::Endpoint(_))
            && stream.request.url != exchange.request.url
    })
}

/// A POST may be told that there is nothing where a GET gets a page: then that says what it is.
fn telling<'a>(probe: &'a Probe, answer: &'a Answer) -> &'a Answer {
    let got = probe.of(&Purpose::OpenStream).last();
    let got = got.filter(|exchange| meaning(exchange) == Meaning::Foreign);
    match (answer.status, got.and_then(Exchange::answer)) {
        (404 | 405 | 410, Some(page)) => page,
        _ => answer,
    }
}

/// The `Host` that went with a request.
fn sent_host(exchange: &Exchange) -> Option<String> {
    let url = Url::parse(&exchange.request.url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Which of the two sides does not know which revision.
fn mismatch(probe: &Probe, meaning: Meaning) -> Kind {
    let supported = revisions(probe);
    let asked = match probe.asked.eras {
        Eras::Only(revision) => revision,
        Eras::Auto | Eras::All => match meaning {
            Meaning::Modern(_) => Revision::NEWEST,
            _ => Revision::LAST_LEGACY,
        },
    };
    let own = supported
        .iter()
        .filter_map(|version| version.parse::<Revision>().ok());
    let eras: Vec<Era> = own.map(Revision::era).collect();
    // A refusal in the manner of 2026-07-28 that names no revision does by that manner.
    let names_none = eras.is_empty() && matches!(meaning, Meaning::Modern(_));
    let supported = match names_none {
        true => vec![Revision::NEWEST.word().to_owned()],
        false => supported,
    };
    if (names_none && asked.era() == Era::Legacy)
        || (!eras.is_empty() && !eras.contains(&asked.era()))
    {
        return Kind::ProtocolEraMismatch {
            asked: asked.era(),
            supported,
        };
    }
    Kind::ProtocolVersionUnsupported {
        asked: asked.word().to_owned(),
        supported,
    }
}
