//! How a server answers what a well-behaved client never sends, against what the specification wants.

use super::words;
use super::words::described;
use crate::fact::{Deep, Era, Probe, Purpose};
use crate::wire::meaning::{Meaning, NO_METHOD, error_of, meaning};
use crate::wire::{Kind, Trouble};

/// What deviates.
pub(super) fn read(probe: &Probe, troubles: &mut Vec<Trouble>) {
    let modern = probe
        .exchanges
        .iter()
        .any(|exchange| meaning(exchange) == Meaning::Discovered);
    let era = if modern { Era::Modern } else { Era::Legacy };
    for exchange in &probe.exchanges {
        let Purpose::Deep(deep) = &exchange.purpose else {
            continue;
        };
        let Some(answer) = exchange.answer() else {
            continue;
        };
        let evidence = vec![described(exchange)];
        if *deep == Deep::PlainGet {
            if answer.status == 406 {
                troubles.push(Trouble {
                    kind: Kind::PlainGet406,
                    breaks: false,
                    evidence,
                });
            }
            continue;
        }
        let code = error_of(answer).map(|error| error.code);
        if let Some(expected) = expected(*deep, era, answer.status, code) {
            let found = match code {
                Some(code) => format!("{} with error {code}", answer.status),
                None => answer.status.to_string(),
            };
            troubles.push(Trouble {
                kind: Kind::ProtocolDeviation {
                    deep: *deep,
                    expected,
                    found: words::cut(&found, 80),
                },
                breaks: false,
                evidence,
            });
        }
    }
}

/// What the specification wants, where the answer is another: wire facts §1.3 and §1.4.
fn expected(deep: Deep, era: Era, status: u16, code: Option<i64>) -> Option<&'static str> {
    let refused = (400..500).contains(&status);
    let (holds, words) = match (deep, era) {
        (Deep::BadVersion, Era::Legacy) => (
            status == 400,
            "400 for an unknown MCP-Protocol-Version (2025-06-18)",
        ),
        (Deep::BadVersion, Era::Modern) => (
            status == 400 && matches!(code, Some(-32020 | -32022)),
            "400 with error -32020 or -32022 for an unknown MCP-Protocol-Version (2026-07-28)",
        ),
        (Deep::BadSession, Era::Legacy) => (
            status == 404,
            "404 for a session that does not exist (2025-03-26)",
        ),
        (Deep::EndedSession, Era::Legacy) => (
            status == 404,
            "404 for a session that was ended (2025-03-26)",
        ),
        (Deep::BadOrigin, Era::Legacy | Era::Modern) => {
            (refused, "403 for a foreign Origin (2025-11-25)")
        }
        (Deep::UnknownMethod, Era::Modern) => (
            status == 404 && code == Some(NO_METHOD),
            "404 with error -32601 for an unknown method (2026-07-28)",
        ),
        // Servers answer these in more than one way that the specification allows.
        (Deep::UnknownMethod, Era::Legacy)
        | (Deep::JsonOnly | Deep::PlainGet, _)
        | (Deep::BadSession | Deep::EndedSession, Era::Modern) => return None,
    };
    (!holds).then_some(words)
}
