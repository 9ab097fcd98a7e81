//! Where else MCP may be served, when it is not at the path that was given.

use url::Url;

use super::{Conversation, STREAM_MS};
use crate::fact::{Limits, Purpose};
use crate::observe::line::{Line, Wait};
use crate::observe::peer::Peer;
use crate::wire::{Meaning, Rpc};

/// Paths that servers and gateways are known to use, most usual first: facts on the wire §2.6.
const USUAL: &[&str] = &[
    "/mcp",
    "/mcp/",
    "/sse",
    "/",
    "/api/mcp",
    "/v1/mcp",
    "/mcp/sse",
    "/mcp/http",
    "/api/mcp/sse",
];

/// Asks at each in turn, until one answers as only MCP does.
pub(super) async fn look_around<L: Line>(talk: &mut Conversation<'_, L>) {
    for url in candidates(&talk.url) {
        if talk.line.is_over() {
            return;
        }
        if try_at(talk, url).await {
            return;
        }
    }
    name_api(talk).await;
}

/// Whether MCP is served there.
async fn try_at<L: Line>(talk: &mut Conversation<'_, L>, url: Url) -> bool {
    if is_stream(&url) {
        let meaning = talk
            .get(
                Purpose::Candidate,
                url,
                "text/event-stream",
                Wait::FirstEvent,
                STREAM_MS,
            )
            .await;
        talk.line.close();
        return matches!(meaning, Meaning::Endpoint(_));
    }
    let mut url = url;
    for _ in 0..2 {
        let rpc = Rpc::discover(talk.id());
        let step = talk
            .post_to(Purpose::Candidate, url.clone(), rpc, false)
            .await;
        match step.meaning {
            // A slash more or less: the address that it names is the right one.
            Meaning::Redirect(to) => match talk.target_of(&to) {
                Some(to) if to.origin() == url.origin() && to != url => url = to,
                _ => return false,
            },
            // Something that speaks JSON-RPC and does not know this method: `initialize` tells.
            Meaning::RpcError { .. } => {
                let rpc = Rpc::initialize(talk.id(), crate::fact::Revision::LAST_LEGACY);
                let step = talk.post_to(Purpose::Candidate, url, rpc, false).await;
                return step.meaning.is_mcp();
            }
            meaning => return meaning.is_mcp(),
        }
    }
    false
}

fn is_stream(url: &Url) -> bool {
    url.path().ends_with("/sse")
}

/// What to try for a url: itself with or without its slash, then the usual paths.
fn candidates(url: &Url) -> Vec<Url> {
    let with_path = |path: &str| {
        let mut other = url.clone();
        other.set_path(path);
        other.set_query(None);
        other.set_fragment(None);
        other
    };
    let path = url.path();
    let turned = match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    };
    let below = format!("{}/mcp", path.trim_end_matches('/'));
    let beside = match path.trim_end_matches('/').rsplit_once('/') {
        Some((folder, "mcp")) => Some(format!("{folder}/sse")),
        Some((folder, "sse")) => Some(format!("{folder}/mcp")),
        // The address for messages of HTTP+SSE.
        Some((folder, "messages" | "message")) => Some(format!("{folder}/sse")),
        _ => None,
    };
    let mut found: Vec<Url> = Vec::new();
    let own = [Some(turned), beside, Some(below)].into_iter().flatten();
    for path in own.chain(USUAL.iter().map(|path| (*path).to_owned())) {
        let candidate = with_path(&path);
        if candidate.path() != url.path() && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found.truncate(Limits::CANDIDATES);
    found
}

/// A JSON API says what it is in its description.
async fn name_api<L: Line>(talk: &mut Conversation<'_, L>) {
    let first = talk
        .probe
        .exchanges
        .first()
        .and_then(|exchange| exchange.answer());
    let is_json = first.is_some_and(|answer| answer.media() == "application/json");
    if is_json && let Ok(url) = talk.url.join("/openapi.json") {
        talk.get(
            Purpose::OpenApi,
            url,
            "application/json",
            Wait::End,
            STREAM_MS,
        )
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_path_comes_before_the_usual_ones() {
        let url = Url::parse("http://h:1/tools/mcp?x=1").expect("a url");
        let found: Vec<String> = candidates(&url).iter().map(|url| url.to_string()).collect();
        assert_eq!(
            found[..4],
            [
                "http://h:1/tools/mcp/",
                "http://h:1/tools/sse",
                "http://h:1/tools/mcp/mcp",
                "http://h:1/mcp"
            ]
        );
        assert!(found.len() <= Limits::CANDIDATES);
        let url = Url::parse("http://h:1/mcp").expect("a url");
        assert!(candidates(&url).iter().all(|other| *other != url));
    }
}
