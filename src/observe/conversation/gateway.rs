//! What a gateway tells beside MCP: its version, whether it has a database, its servers and how it finds them. Everything
//! is read, nothing is changed, and no model is called.

use url::Url;

use super::Conversation;
use crate::catalog::gateway::known;
use crate::fact::{Exchange, Purpose, Tells};
use crate::observe::line::{Line, Wait};
use crate::wire;

/// How long one of them may take: to say how its servers are it calls each of them.
const ANSWER_MS: u64 = 10_000;

/// Asks, where it is a gateway that answers.
pub(super) async fn listen<L: Line>(talk: &mut Conversation<'_, L>) {
    let answers = talk
        .probe
        .exchanges
        .iter()
        .any(|one| one.answer().is_some());
    let is_for_a_call = talk.ask.call.as_ref().is_some_and(|call| call.alone);
    if is_for_a_call || !answers || !(talk.ask.gateway || wire::is_gateway(&talk.probe)) {
        return;
    }
    let tells = &known().clients.tells;
    for root in roots(&talk.url) {
        let said = ask(talk, &root, Tells::Readiness, &tells.readiness).await;
        let Some(said) = said else { continue };
        if said.version.is_none() {
            ask(talk, &root, Tells::Details, &tells.details).await;
        }
        // Who may not see the servers may not see how they are.
        if let Some(said) = ask(talk, &root, Tells::Servers, &tells.servers).await
            && said.servers.is_some()
        {
            ask(talk, &root, Tells::Health, &tells.health).await;
        }
        return;
    }
}

/// What the gateway has told so far, if this question has an answer as a gateway gives it.
async fn ask<L: Line>(
    talk: &mut Conversation<'_, L>,
    root: &Url,
    tells: Tells,
    path: &str,
) -> Option<wire::Told> {
    if talk.line.is_over() {
        return None;
    }
    let url = root.join(path.trim_start_matches('/')).ok()?;
    let purpose = Purpose::Gateway(tells);
    talk.get(purpose, url, "application/json", Wait::End, ANSWER_MS)
        .await;
    let last = talk.probe.exchanges.last().and_then(Exchange::answer)?;
    last.document.as_ref()?;
    Some(wire::Told::of(&talk.probe))
}

/// From where the paths of the gateway's API may count: what stands before `/mcp` in the address, which may be a proxy's
/// prefix or a server's name, then the root.
fn roots(url: &Url) -> Vec<Url> {
    let path = url.path();
    let before = wire::before_mcp(path).unwrap_or(path.trim_end_matches('/'));
    let mut found: Vec<Url> = Vec::new();
    for path in [format!("{before}/"), "/".to_owned()] {
        let mut root = url.clone();
        root.set_path(&path);
        root.set_query(None);
        root.set_fragment(None);
        if !found.contains(&root) {
            found.push(root);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_and_a_server_in_the_path_are_both_thought_of() {
        for (url, found) in [
            ("http://h:4000/mcp/", &["http://h:4000/"][..]),
            ("http://h:4000/mcp/db,web?x=1", &["http://h:4000/"]),
            ("http://h/llm/mcp", &["http://h/llm/", "http://h/"]),
            ("http://h/db/mcp", &["http://h/db/", "http://h/"]),
            ("http://h/a/b/mcp/db", &["http://h/a/b/", "http://h/"]),
            ("http://h/sse", &["http://h/sse/", "http://h/"]),
        ] {
            let url = Url::parse(url).expect("a url");
            let roots: Vec<String> = roots(&url).iter().map(Url::to_string).collect();
            assert_eq!(roots, found, "{url}");
        }
    }
}
