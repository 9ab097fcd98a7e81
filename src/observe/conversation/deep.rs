//! What a well-behaved client never sends, only with `--deep`: whether a server refuses it as the specification wants.

use serde_json::json;

use super::{Conversation, post_headers};
use crate::fact::{Deep, Era, Purpose, Revision};
use crate::observe::line::{Line, Wait};
use crate::observe::peer::Peer;
use crate::wire::Rpc;

/// Sends them, one by one, where the server speaks streamable HTTP.
pub(super) async fn ask<L: Line>(talk: &mut Conversation<'_, L>) {
    let Some(era) = talk.era() else { return };
    let version = match era {
        Era::Modern => Revision::NEWEST.word().to_owned(),
        Era::Legacy => talk.negotiated(),
    };
    plain_get(talk).await;
    let list = |id| Rpc::request(id, era, &version, "tools/list", json!({}), None);
    let has_session = talk.session.is_some();
    send(talk, Deep::JsonOnly, &list, |headers| {
        replace(headers, "Accept", "application/json")
    })
    .await;
    send(talk, Deep::BadVersion, &list, |headers| {
        replace(headers, "MCP-Protocol-Version", "1999-01-01");
    })
    .await;
    send(talk, Deep::BadOrigin, &list, |headers| {
        headers.push(("Origin".to_owned(), "http://attacker.example".to_owned()));
    })
    .await;
    let unknown = |id| Rpc::request(id, era, &version, "mcpdoc/unknown", json!({}), None);
    send(talk, Deep::UnknownMethod, &unknown, |_| {}).await;
    if has_session {
        send(talk, Deep::BadSession, &list, |headers| {
            replace(headers, "Mcp-Session-Id", "mcpdoc-no-such-session");
        })
        .await;
        let session = talk.session.clone();
        talk.end_session().await;
        talk.session = session;
        send(talk, Deep::EndedSession, &list, |_| {}).await;
        talk.session = None;
    }
}

async fn plain_get<L: Line>(talk: &mut Conversation<'_, L>) {
    let url = talk.url.clone();
    let wait = Wait::FirstEvent;
    talk.send(
        Purpose::Deep(Deep::PlainGet),
        "GET",
        url,
        Vec::new(),
        None,
        wait,
        super::PAUSE_MS,
    )
    .await;
    talk.line.close();
}

async fn send<L: Line>(
    talk: &mut Conversation<'_, L>,
    deep: Deep,
    rpc: &dyn Fn(u64) -> Rpc,
    change: impl FnOnce(&mut Vec<(String, String)>),
) {
    if talk.line.is_over() {
        return;
    }
    let rpc = rpc(talk.id());
    let mut headers = post_headers(&rpc);
    headers.extend(talk.session_header());
    change(&mut headers);
    let url = talk.url.clone();
    talk.post_with(Purpose::Deep(deep), url, headers, &rpc)
        .await;
}

fn replace(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value.to_owned()));
}
