//! What a server that demands a login says of how to log in: RFC 9728 and RFC 8414, in the order of the specification's
//! authorization chapter. Documents are read; nobody is registered and no token is asked for.

use serde_json::Value;
use url::Url;

use super::{Conversation, STREAM_MS, may_follow};
use crate::fact::Purpose;
use crate::observe::line::{Line, Wait};
use crate::wire::Challenge;

/// Authorization servers of one resource whose documents are read.
const SERVERS: usize = 3;

/// Reads the documents. Not where credentials were sent: then the question is why they are refused.
pub(super) async fn find_out<L: Line>(talk: &mut Conversation<'_, L>) {
    if talk.ask.has_credentials() {
        return;
    }
    let refused = talk
        .probe
        .exchanges
        .last()
        .and_then(|exchange| exchange.answer());
    let challenge = refused.map(Challenge::of).unwrap_or_default();
    let mut resource = None;
    for url in crate::wire::resource_documents(&talk.url, &challenge) {
        if let Some(document) = read(talk, url).await {
            resource = Some(document);
            break;
        }
    }
    let servers = match &resource {
        Some(document) => crate::wire::authorization_servers(document),
        // 2025-03-26: the server is its own authorization server.
        None => vec![talk.url.origin().ascii_serialization()],
    };
    for issuer in servers.iter().take(SERVERS) {
        for url in crate::wire::server_documents(issuer) {
            if read(talk, url).await.is_some() {
                break;
            }
        }
    }
}

/// A document, if there is one.
async fn read<L: Line>(talk: &mut Conversation<'_, L>, url: Url) -> Option<Value> {
    if talk.line.is_over() || !may_follow(&talk.url, &url) || !talk.reach(&url).await {
        return None;
    }
    talk.get(
        Purpose::Metadata,
        url,
        "application/json",
        Wait::End,
        STREAM_MS,
    )
    .await;
    let answer = talk.probe.exchanges.last()?.answer()?;
    let document = answer.document.clone();
    document.filter(|document| answer.status == 200 && document.is_object())
}
