//! Tool calls that a person asked for, made by everyone who can make them: straight to the server from where its gateway
//! stands, and through the gateway by each client. What the two bring is held against each other.

use super::Case;
use super::through::leaves_out;
use crate::chain::{Caller, Hop, HopId, Prefixes};
use crate::fact::{Ask, Content, Facts, Lists, Probe, Purpose};
use crate::plan::ToolCall;
use crate::wire::{self, Called, Standing};

/// A tool call by one of those who can make it.
#[derive(Clone, Debug)]
pub struct Leg {
    /// Which call it is: its number among those that were asked for.
    pub number: usize,
    /// The call, as it was asked for.
    pub call: ToolCall,
    /// The caller's hop: a gateway's to the server, a client's to a gateway or straight to a server.
    pub hop: HopId,
    /// The gateway's hop to the server, where the call goes through it.
    pub through: Option<HopId>,
    /// The tool, by the name that this caller has for it.
    pub tool: String,
    /// The question; nothing where the hop is not known to work, so that no tool can be called over it.
    pub ask: Option<Ask>,
}

impl Leg {
    /// The conversation in which the call was made.
    pub fn probe<'f>(&self, facts: &'f Facts) -> Option<&'f Probe> {
        facts.probe(self.ask.as_ref()?)
    }

    /// What came of it; nothing where it was not made.
    pub fn outcome(&self, facts: &Facts) -> Option<Called> {
        wire::called(self.probe(facts)?)
    }

    /// What the tool answered.
    pub fn content<'f>(&self, facts: &'f Facts) -> Option<&'f Content> {
        self.probe(facts)?.content.as_ref()
    }

    /// How long the answer took, in microseconds.
    pub fn took_us(&self, facts: &Facts) -> Option<u64> {
        let made = self.probe(facts)?.of(&Purpose::Call).next_back()?;
        Some(made.clock.total_us)
    }

    /// The hop to the server, whoever makes the call.
    pub fn server(&self) -> HopId {
        self.through.unwrap_or(self.hop)
    }

    /// Whether another one is the same call to the same server.
    pub fn is_same_call(&self, other: &Leg) -> bool {
        self.number == other.number && self.server() == other.server()
    }

    /// The call without the gateway, of one that goes through it.
    pub fn straight<'l>(&self, legs: &'l [Leg]) -> Option<&'l Leg> {
        let mut legs = legs.iter();
        legs.find(|leg| leg.through.is_none() && leg.is_same_call(self))
    }

    /// Whether both brought the same contents; nothing where one of them brought none.
    pub fn is_same_answer(&self, other: &Leg, facts: &Facts) -> Option<bool> {
        let (one, other) = (self.content(facts)?, other.content(facts)?);
        Some(one.digest == other.digest)
    }
}

/// How each call is made, each straight one before those through the gateway.
pub(crate) fn all(case: &Case<'_>, calls: &[ToolCall]) -> Vec<Leg> {
    let mut legs = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        for hop in case.chain.to_server(&call.server) {
            let leg = |hop: &Hop, through: Option<HopId>, tool: String| Leg {
                number,
                call: call.clone(),
                hop: hop.id,
                through,
                ask: ask(case, hop, call, &tool),
                tool,
            };
            legs.push(leg(hop, None, call.tool.clone()));
            let Caller::Gateway { gateway, server } = hop.caller else {
                continue;
            };
            let view = &case.chain.gateways[gateway];
            let tool = Prefixes::of(case.stack, view).with(server, &call.tool);
            let upstream = &view.outcome.servers[server];
            let clients = case.chain.to_gateway(gateway);
            let clients = clients.filter(|client| !leaves_out(case, client, gateway, upstream));
            legs.extend(clients.map(|client| leg(client, Some(hop.id), tool.clone())));
        }
    }
    legs
}

/// The question with the call, where it is known that the caller gets to a server that lists its tools.
fn ask(case: &Case<'_>, hop: &Hop, call: &ToolCall, tool: &str) -> Option<Ask> {
    let probed = case.conversation(hop.id)?;
    // Of one that wants a login first nothing else is known.
    let is_greeted = probed.reading.transport.is_some();
    if probed.reading.standing != Standing::Works || !is_greeted {
        return None;
    }
    let call = call.made_as(tool);
    let mut ask = probed.probe.asked.clone();
    ask.secrets.extend(call.secrets());
    ask.call = Some(call);
    ask.lists = Lists::default();
    Some(ask)
}
