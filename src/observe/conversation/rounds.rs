//! The same handshake again and again, to measure it.

use super::Conversation;
use crate::fact::{Era, Outcome, Purpose, Revision, Round};
use crate::observe::line::Line;
use crate::observe::peer::Peer;
use crate::wire::{Meaning, Rpc};
use serde_json::json;

/// Measures as often as was asked for, in the manner that worked. A server over HTTP+SSE is measured by its connection
/// alone: its handshake needs a stream of its own each time.
pub(super) async fn measure<L: Line>(talk: &mut Conversation<'_, L>) {
    let era = talk.era();
    talk.end_session().await;
    let kept = talk.probe.exchanges.len();
    for _ in 0..talk.ask.rounds {
        if talk.line.is_over() {
            break;
        }
        let mut round = Round::default();
        let reach = talk.line.reach(&talk.url.clone()).await;
        let accepted = reach
            .attempts
            .iter()
            .find(|attempt| attempt.failure.is_none());
        round.connect_us = accepted.map(|attempt| attempt.took_us);
        if let Some(era) = era {
            once(talk, era, &mut round).await;
        }
        talk.probe.rounds.push(round);
        // Measured, not told: a hundred rounds would hide the conversation.
        talk.probe.exchanges.truncate(kept);
    }
}

async fn once<L: Line>(talk: &mut Conversation<'_, L>, era: Era, round: &mut Round) {
    let version = talk.negotiated();
    let revision = version.parse().unwrap_or(Revision::LAST_LEGACY);
    let opening = match era {
        Era::Modern => Rpc::discover(talk.id()),
        Era::Legacy => Rpc::initialize(talk.id(), revision),
    };
    let purpose = match era {
        Era::Modern => Purpose::Discover,
        Era::Legacy => Purpose::Initialize(revision),
    };
    let step = talk.post(purpose, opening).await;
    let Some(last) = talk.probe.exchanges.last() else {
        return;
    };
    if !matches!(last.outcome, Outcome::Answered(_)) {
        return;
    }
    round.first_byte_us = last.clock.head_us;
    if !matches!(step.meaning, Meaning::Discovered | Meaning::Initialized(_)) {
        return;
    }
    round.handshake_us = Some(last.clock.total_us);
    let version = match era {
        Era::Modern => Revision::NEWEST.word().to_owned(),
        Era::Legacy => {
            talk.take_session();
            talk.post(Purpose::Initialized, Rpc::initialized(&version))
                .await;
            version
        }
    };
    let rpc = Rpc::request(talk.id(), era, &version, "tools/list", json!({}), None);
    let step = talk.post(Purpose::ListTools(0), rpc).await;
    if step.result.is_some() {
        round.tools_us = talk.probe.exchanges.last().map(|last| last.clock.total_us);
    }
    talk.end_session().await;
}
