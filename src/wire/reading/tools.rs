//! What is wrong with the tools of a server that can be talked to.

use std::collections::BTreeMap;

use super::result_of;
use super::words::{self, described};
use crate::fact::{Exchange, Failure, Flaw, ListEnd, Listing, Outcome, Probe, Purpose, Tool};
use crate::wire::meaning::{Meaning, NO_METHOD, error_of, meaning};
use crate::wire::{Kind, Trouble};

/// Tools that are named in one finding.
const NAMES: usize = 50;

/// Everything that is wrong with the list, and with what is on it.
pub(super) fn read(probe: &Probe, troubles: &mut Vec<Trouble>) {
    let Some(listing) = &probe.tools else { return };
    let last = probe
        .exchanges
        .iter()
        .rfind(|exchange| matches!(exchange.purpose, Purpose::ListTools(_)));
    let evidence: Vec<String> = last.map(described).into_iter().collect();
    match (&listing.end, last) {
        (ListEnd::Failed, Some(last)) => troubles.extend(failed(probe, last)),
        (ListEnd::Loop(_) | ListEnd::Cap, _) => troubles.push(Trouble {
            kind: Kind::ToolsPageLoop {
                cursor: match &listing.end {
                    ListEnd::Loop(cursor) => Some(words::cut(cursor, 80)),
                    _ => None,
                },
                pages: listing.pages,
                tools: listing.count,
            },
            breaks: false,
            evidence: evidence.clone(),
        }),
        (ListEnd::Complete, _) if listing.count == 0 => troubles.push(Trouble {
            kind: Kind::NoTools {
                declared: declares_tools(probe),
            },
            breaks: false,
            evidence: evidence.clone(),
        }),
        _ => {}
    }
    let mut lint = |kind: Kind| {
        troubles.push(Trouble {
            kind,
            breaks: false,
            evidence: Vec::new(),
        });
    };
    let flawed = flawed(listing);
    if !flawed.is_empty() {
        lint(Kind::ToolSchemaInvalid { tools: flawed });
    }
    let named = |tool: &&Tool| {
        !tool
            .flaws
            .iter()
            .any(|flaw| matches!(flaw, Flaw::NoObject | Flaw::NoName))
    };
    let invalid = listing
        .tools
        .iter()
        .filter(named)
        .filter(|tool| !crate::wire::tool::is_valid_name(&tool.name));
    let invalid: Vec<String> = invalid.map(|tool| tool.name.clone()).take(NAMES).collect();
    if !invalid.is_empty() {
        lint(Kind::ToolNameInvalid { names: invalid });
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for tool in listing.tools.iter().filter(named) {
        *times.entry(tool.name.as_str()).or_default() += 1;
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    let twice: Vec<(String, usize)> = twice
        .map(|(name, times)| (name.to_owned(), times))
        .take(NAMES)
        .collect();
    // Pages that turn in a circle bring everything twice: that is told already.
    if !twice.is_empty() && !matches!(listing.end, ListEnd::Loop(_)) {
        lint(Kind::ToolNameDuplicate { names: twice });
    }
}

fn flawed(listing: &Listing) -> Vec<(String, Flaw)> {
    let tools = listing.tools.iter();
    tools
        .flat_map(|tool| {
            tool.flaws
                .iter()
                .map(|flaw| (tool.name.clone(), flaw.clone()))
        })
        .take(NAMES)
        .collect()
}

/// Whether the server said in the handshake that it has tools.
fn declares_tools(probe: &Probe) -> bool {
    probe
        .exchanges
        .iter()
        .filter(|exchange| {
            matches!(
                meaning(exchange),
                Meaning::Discovered | Meaning::Initialized(_)
            )
        })
        .filter_map(result_of)
        .any(|result| result["capabilities"].get("tools").is_some())
}

/// Why the list could not be read.
fn failed(probe: &Probe, exchange: &Exchange) -> Option<Trouble> {
    let during = words::purpose(&exchange.purpose);
    let status = exchange
        .answer()
        .map(|answer| answer.status)
        .unwrap_or_default();
    let says = || match &exchange.outcome {
        Outcome::Answered(answer) => match error_of(answer) {
            Some(error) => words::cut(&error.message, 200),
            None => words::cut(&words::squeezed(&answer.text), 200),
        },
        Outcome::Failed(failure) => words::failed(failure),
    };
    // A gateway that says of each server why it has no tools: what is wrong is behind it.
    if crate::wire::tells_outcomes(exchange) {
        return Some(Trouble {
            kind: Kind::NoTools {
                declared: declares_tools(probe),
            },
            breaks: false,
            evidence: vec![described(exchange)],
        });
    }
    let kind = match meaning(exchange) {
        Meaning::RpcError { code, .. } if code == NO_METHOD && !declares_tools(probe) => {
            return Some(Trouble {
                kind: Kind::NoTools { declared: false },
                breaks: false,
                evidence: vec![described(exchange)],
            });
        }
        Meaning::NoSession | Meaning::NotFound => Kind::SessionLost { during, status },
        Meaning::Failed(Failure::NoAnswer | Failure::Deadline) => Kind::NoAnswer {
            during,
            waited_ms: exchange.clock.total_us / 1000,
            others_answer: true,
            after_handshake: true,
        },
        // Of a process that is gone, its end tells more.
        Meaning::Failed(Failure::Closed(_))
            if probe
                .process
                .as_ref()
                .is_some_and(|process| process.exited_early) =>
        {
            return None;
        }
        Meaning::Failed(Failure::Closed(bytes)) => Kind::ConnectionReset {
            during,
            bytes,
            reset: false,
            after_handshake: true,
        },
        Meaning::Failed(Failure::Reset) => Kind::ConnectionReset {
            during,
            bytes: 0,
            reset: true,
            after_handshake: true,
        },
        Meaning::Unauthorized | Meaning::Forbidden => {
            let mut troubles = super::auth::refused(probe, exchange);
            return (!troubles.is_empty()).then(|| troubles.remove(0));
        }
        Meaning::Unavailable => Kind::UpstreamUnavailable {
            status,
            proxy: exchange.answer().and_then(words::proxy),
            recovered: false,
        },
        Meaning::RateLimited => Kind::RateLimited {
            retry_after: exchange.answer()?.header("retry-after").map(str::to_owned),
        },
        meaning => {
            let answer = exchange.answer();
            // An event stream that says nothing, and ends.
            let is_empty = meaning == Meaning::Stream
                && answer.is_some_and(|answer| answer.events.is_empty() && answer.stray.is_none());
            match answer.map(|answer| &answer.end) {
                Some(crate::fact::End::Complete) if is_empty => Kind::ConnectionReset {
                    during,
                    bytes: answer.map(|answer| answer.size).unwrap_or_default(),
                    reset: false,
                    after_handshake: true,
                },
                Some(crate::fact::End::Broken(_)) => Kind::ConnectionReset {
                    during,
                    bytes: answer.map(|answer| answer.size).unwrap_or_default(),
                    reset: false,
                    after_handshake: true,
                },
                Some(crate::fact::End::Deadline) => Kind::NoAnswer {
                    during,
                    waited_ms: exchange.clock.total_us / 1000,
                    others_answer: true,
                    after_handshake: true,
                },
                end => Kind::ServerError {
                    during,
                    status,
                    code: answer.and_then(error_of).map(|error| error.code),
                    says: match (end, &meaning) {
                        (Some(crate::fact::End::Cap), _) => {
                            "its list is larger than what is read of one server".to_owned()
                        }
                        (_, Meaning::Result) => "its result is no list of tools".to_owned(),
                        _ => says(),
                    },
                },
            }
        }
    };
    Some(Trouble {
        kind,
        breaks: true,
        evidence: vec![described(exchange)],
    })
}
