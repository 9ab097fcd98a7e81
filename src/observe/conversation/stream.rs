//! HTTP+SSE of 2024-11-05: messages go to the address that the stream names, and their answers come on the stream.

use url::Url;

use super::{Conversation, Path, Step, member};
use crate::fact::{Era, Eras, Purpose, Revision};
use crate::observe::line::{Line, Outgoing, Received, Wait};
use crate::observe::peer::{Greeted, talk};
use crate::wire::{Meaning, Rpc};

/// The handshake over a stream that is open.
pub(super) async fn greet<L: Line>(talk_: &mut Conversation<'_, L>, address: &str) {
    let Ok(to) = talk_.url.join(address) else {
        return;
    };
    // Clients refuse an address of another origin, and so does mcpdoc: nothing is sent there.
    if to.origin() != talk_.url.origin() {
        return;
    }
    talk_.path = Path::Stream(to);
    let revision = match talk_.ask.eras {
        Eras::Only(revision) if revision.era() == Era::Legacy => revision,
        _ => Revision::LAST_LEGACY,
    };
    let step = talk_.initialize(revision).await;
    if let Meaning::Initialized(version) = step.meaning {
        talk_
            .post(Purpose::Initialized, Rpc::initialized(&version))
            .await;
        let greeted = Greeted {
            era: Era::Legacy,
            version,
            capabilities: member(step.result.as_deref(), "capabilities"),
        };
        talk(talk_, &greeted).await;
    }
    talk_.path = Path::Post;
}

/// Sends a message and waits for its answer on the stream. Some servers answer in the response as well, or only there.
pub(super) async fn post<L: Line>(
    talk: &mut Conversation<'_, L>,
    purpose: Purpose,
    to: Url,
    rpc: Rpc,
) -> Step {
    let headers = super::post_headers(&rpc);
    let request = talk.prepare(
        &purpose,
        Outgoing {
            method: "POST",
            url: to,
            headers,
            body: Some(rpc.body.to_string()),
            wait: match &rpc.id {
                Some(id) => Wait::Message(id.clone()),
                None => Wait::End,
            },
            bytes: talk.room(),
            answer_ms: talk.ask.limits.answer_ms,
            repeatable: purpose != Purpose::Call,
        },
    );
    let (sent, received) = talk.deliver(request).await;
    let taken = received
        .outcome_status()
        .is_some_and(|status| (200..300).contains(&status));
    let received = match &rpc.id {
        Some(id) if taken && !received.has_message() => {
            let mut answer = talk.line.event(id).await;
            answer.add_to(&received);
            answer
        }
        _ => received,
    };
    talk.record(purpose, sent, received)
}

impl Received {
    fn outcome_status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    fn has_message(&self) -> bool {
        self.answer().is_some_and(|answer| answer.message.is_some())
    }

    /// The answer came on the stream: its head is that of the POST.
    fn add_to(&mut self, post: &Received) {
        self.clock.head_us = post.clock.head_us;
        self.clock.total_us += post.clock.total_us;
        if let (crate::fact::Outcome::Answered(mine), Some(posted)) =
            (&mut self.outcome, post.answer())
        {
            mine.status = posted.status;
            mine.headers = posted.headers.clone();
            mine.text = posted.text.clone();
        }
    }
}
