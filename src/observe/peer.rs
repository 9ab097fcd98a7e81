//! What is asked of a server after the handshake, whatever the transport: its lists, and a call.

use serde_json::{Value, json};

use super::mask::Mask;
use crate::fact::{Era, Limits, ListEnd, Listing, Outcome, Probe, Purpose};
use crate::wire::{self, Rpc, page};

/// A server that has been greeted.
pub(super) trait Peer {
    /// The conversation so far.
    fn probe(&mut self) -> &mut Probe;

    /// An id that was not used yet.
    fn id(&mut self) -> u64;

    /// Whether its time has run out.
    fn is_over(&self) -> bool;

    /// Sends a request and records the exchange. The text of the result, if that is what came.
    async fn request(&mut self, purpose: Purpose, rpc: Rpc) -> Option<String>;
}

/// What the handshake brought.
#[derive(Clone, Debug)]
pub(super) struct Greeted {
    /// How requests are written.
    pub era: Era,
    /// The version that both sides speak.
    pub version: String,
    /// What the server says it has.
    pub capabilities: Value,
}

/// Lists what is asked for, and makes the call.
pub(super) async fn talk<P: Peer>(peer: &mut P, greeted: &Greeted) {
    let (lists, call) = {
        let asked = &peer.probe().asked;
        (asked.lists, asked.call.clone())
    };
    let has = |what: &str| greeted.capabilities.get(what).is_some();
    if lists.tools {
        let listing = list(peer, greeted, "tools", Purpose::ListTools).await;
        peer.probe().tools = Some(listing);
    }
    if lists.resources && has("resources") {
        let listing = list(peer, greeted, "resources", Purpose::ListResources).await;
        peer.probe().resources = (listing.end != ListEnd::Failed).then_some(listing.count);
    }
    if lists.prompts && has("prompts") {
        let listing = list(peer, greeted, "prompts", Purpose::ListPrompts).await;
        peer.probe().prompts = (listing.end != ListEnd::Failed).then_some(listing.count);
    }
    if let Some(call) = call.filter(|_| !peer.is_over()) {
        let params = json!({"name": call.tool, "arguments": call.arguments});
        let mut rpc = Rpc::request(
            peer.id(),
            greeted.era,
            &greeted.version,
            "tools/call",
            params,
            Some(&call.tool),
        );
        if greeted.era == Era::Modern {
            let tools = peer.probe().tools.iter().flat_map(|listing| &listing.tools);
            let tool = tools.into_iter().find(|tool| tool.name == call.tool);
            for (argument, header) in tool.iter().flat_map(|tool| &tool.headers) {
                if let Some(value) = call.arguments.pointer(&format!("/{argument}")) {
                    rpc.mirror(header, value);
                }
            }
        }
        let result = peer.request(Purpose::Call, rpc).await;
        let mask = Mask::of(&peer.probe().asked);
        let content = result.and_then(|result| wire::content(&result));
        let probe = peer.probe();
        probe.content = content.map(|mut content| {
            content.first = mask.text(&content.first);
            content
        });
        if call.alone {
            let answer = probe
                .exchanges
                .last_mut()
                .and_then(|last| match &mut last.outcome {
                    Outcome::Answered(answer) => Some(answer),
                    Outcome::Failed(_) => None,
                });
            answer.into_iter().for_each(wire::forget_content);
        }
    }
}

/// One list, page by page.
async fn list<P: Peer>(
    peer: &mut P,
    greeted: &Greeted,
    items: &'static str,
    purpose: fn(usize) -> Purpose,
) -> Listing {
    let method = match items {
        "tools" => "tools/list",
        "resources" => "resources/list",
        _ => "prompts/list",
    };
    let mut listing = Listing {
        tools: Vec::new(),
        count: 0,
        pages: 0,
        end: ListEnd::Complete,
    };
    let mask = Mask::of(&peer.probe().asked);
    let mut cursors: Vec<String> = Vec::new();
    loop {
        let params = match cursors.last() {
            Some(cursor) => json!({"cursor": cursor}),
            None => json!({}),
        };
        let rpc = Rpc::request(
            peer.id(),
            greeted.era,
            &greeted.version,
            method,
            params,
            None,
        );
        let result = peer.request(purpose(listing.pages), rpc).await;
        let room = Limits::TOOLS.saturating_sub(listing.count);
        let Some(Ok(page)) = result.map(|text| page::page(&text, items, room)) else {
            listing.end = ListEnd::Failed;
            return listing;
        };
        listing.pages += 1;
        listing.count += page.count;
        listing.tools.extend(page.tools.into_iter().map(|mut tool| {
            tool.summary = mask.text(&tool.summary);
            tool
        }));
        let Some(next) = page.next else {
            if listing.count > Limits::TOOLS {
                listing.end = ListEnd::Cap;
            }
            return listing;
        };
        if cursors.contains(&next) {
            listing.end = ListEnd::Loop(next);
            return listing;
        }
        cursors.push(next);
        if listing.pages >= Limits::PAGES || listing.count >= Limits::TOOLS || peer.is_over() {
            listing.end = ListEnd::Cap;
            return listing;
        }
    }
}
