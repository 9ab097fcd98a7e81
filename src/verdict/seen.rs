//! What was seen of a hop against what files suggest: an answer wins over a guess.

use crate::chain::{Chain, HopId};
use crate::check::{Finding, Skipped, Through};
use crate::checks;
use crate::fact::Probe;
use crate::plan::Untried;
use crate::wire::{Reading, Standing};

/// What is known of a hop from trying it.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// A conversation, and what it shows.
    Conversation(&'a Probe, &'a Reading),
    /// The server's tools, listed through the gateway.
    Through(&'a Through),
    /// Nothing, because it was not tried.
    Nothing(&'a Untried),
    /// Nothing, because nobody answered the question.
    Unanswered,
    /// Nothing, because the question is not among those that were recorded.
    Unrecorded,
}

impl Seen<'_> {
    /// Whether the call was seen to work.
    pub fn works(self) -> bool {
        match self {
            Seen::Conversation(_, reading) => reading.standing == Standing::Works,
            Seen::Through(_) => true,
            Seen::Nothing(_) | Seen::Unanswered | Seen::Unrecorded => false,
        }
    }

    /// Whether something was seen to be wrong that a finding of this check speaks of.
    fn confirms(self, check: &str) -> bool {
        let covers = checks::by_id(check).map_or(&[][..], |check| check.covers);
        match self {
            Seen::Conversation(_, reading) => reading
                .troubles
                .iter()
                .any(|trouble| covers.contains(&trouble.kind.check())),
            _ => false,
        }
    }

    /// Whether the call was made with everything that its caller sends.
    fn is_whole(self) -> bool {
        match self {
            Seen::Conversation(probe, _) => probe.asked.withheld.is_empty(),
            Seen::Through(_) => true,
            Seen::Nothing(_) | Seen::Unanswered | Seen::Unrecorded => false,
        }
    }
}

/// Checks that infer from files that nothing usable answers at an address, or that it refuses what the caller sends. A
/// call that works proves them wrong: what runs is not what the files say, or knows more. What a client makes of its own
/// file, what protects a server and what happens at the next start is not seen on the wire, and stays.
pub const INFERRED: &[&str] = &[
    "bind-loopback",
    "gateway-bearer-missing",
    "gateway-key-unknown",
    "gateway-path",
    "gateway-redirect",
    "host-header-rejected",
    "host-network-name",
    "loopback-in-container",
    "no-shared-network",
    "port-mismatch",
    "port-not-listening",
    "profile-inactive",
    "published-port-inside",
    "stdio-published-port",
    "stdio-with-tty",
    "stdio-without-stdin",
    "transport-mismatch",
    "unknown-host",
    "url-path-suspect",
];

/// Takes back what was inferred of hops that were seen to work; a finding about no other hop goes altogether, and is
/// listed among what was skipped.
pub(super) fn refute(
    chain: &Chain,
    seen: &[Seen<'_>],
    findings: &mut Vec<Finding>,
    skipped: &mut Vec<Skipped>,
) {
    let refuted = |check: &str, hop: HopId| {
        let seen = seen[hop.0];
        seen.works() && seen.is_whole() && !seen.confirms(check)
    };
    findings.retain_mut(|finding| {
        if !INFERRED.contains(&finding.check) || finding.hops.is_empty() {
            return true;
        }
        let check = finding.check;
        let first = finding.hops[0];
        finding.hops.retain(|hop| !refuted(check, *hop));
        let stays = !finding.hops.is_empty();
        if !stays {
            skipped.push(Skipped {
                check,
                reason: format!(
                    "files speak against {} ({}), and it was seen to work",
                    chain.hop(first).from,
                    finding.message
                ),
            });
        }
        stays
    });
}
