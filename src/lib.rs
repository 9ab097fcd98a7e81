//! mcpdoc finds out why an MCP client cannot use the tools of an MCP server that sits behind a gateway and in
//! containers.
//!
//! Files become a [`model::Stack`]; [`chain`] follows every call in it; [`plan`] says what to ask, [`observe`] asks it;
//! [`checks`] say what is wrong; [`verdict`] says what that means for each hop; [`report`] shows it. [`record`] keeps what
//! was observed, for a replay. Everything between [`load::Files`], a [`Witness`] and the report is pure:
//!
//! ```
//! use mcpdoc::chain::Settings;
//! use mcpdoc::load::{Memory, Request};
//! use mcpdoc::{Selection, examine};
//!
//! let mut files = Memory::default();
//! files.insert("/stack/litellm.yaml", "mcp_servers:\n  db:\n    transport: SSE\n    url: http://db:8000/sse\n");
//! let request = Request {
//!     cwd: "/stack".into(),
//!     litellm: vec!["/stack/litellm.yaml".into()],
//!     ..Request::default()
//! };
//! let examination = examine(&request, &Settings::default(), &Selection::default(), &files);
//! let first = &examination.diagnosis.findings[0].finding;
//! assert_eq!(first.check, "transport-invalid");
//! ```

pub mod catalog;
pub mod chain;
pub mod change;
pub mod check;
pub mod checks;
pub mod cli;
pub mod command;
pub mod config;
pub mod disk;
pub mod fact;
pub mod fix;
pub mod gateway;
pub mod load;
pub mod model;
pub mod observe;
pub mod plan;
pub mod policy;
pub mod record;
pub mod repair;
pub mod report;
pub mod running;
pub mod secret;
pub mod source;
pub mod term;
pub mod verdict;
pub mod wire;

use catalog::Catalog;
use chain::{Chain, Hop, HopId, Learned, Settings};
use check::{Case, Check, Findings, Leg, Need, Probed, Through, leg, said, through};
use fact::{Ask, AskClient, ClientView, Container, Engine, Facts, Known, Probe, Tokens, Unknown};
use load::{Files, Request, Surroundings};
use model::Stack;
use plan::{Permissions, Plan, ToolCall, Trial};
use policy::{Heard, Policy};
use record::Difference;
use verdict::{Diagnosis, Ran, Seen, Verdict};
use wire::Reading;

/// Which checks run, and what of that which they find counts.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, when there are any.
    pub only: Vec<&'static Check>,
    /// Never these.
    pub skip: Vec<&'static Check>,
    /// What the project has decided about findings.
    pub policy: Policy,
}

impl Selection {
    fn ran(&self) -> Ran {
        if self.only.is_empty() && self.skip.is_empty() && self.policy.off.is_empty() {
            Ran::All
        } else {
            Ran::Some
        }
    }

    fn takes(&self, check: &Check) -> bool {
        let listed = |list: &[&'static Check]| list.iter().any(|have| have.id == check.id);
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.skip)
    }
}

/// A finished examination: what was read and seen, how it hangs together, what is wrong with it.
#[derive(Debug)]
pub struct Examination {
    /// What is declared.
    pub stack: Stack,
    /// Who calls whom.
    pub chain: Chain,
    /// What was asked, and what was not and why.
    pub plan: Plan,
    /// What was observed.
    pub facts: Facts,
    /// What each of [`Facts::probes`] shows, in their order.
    pub readings: Vec<Reading>,
    /// What comes through gateways.
    pub through: Vec<Through>,
    /// Tool calls that a person asked for, by everyone who can make them.
    pub legs: Vec<Leg>,
    /// What a client itself says of hops that it makes, in words.
    pub said: Vec<(HopId, String)>,
    /// The checks that were chosen; the diagnosis says which of them could not speak.
    pub checks: Vec<&'static Check>,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// What was said of findings that do not count.
    pub heard: Heard,
    /// What `mcpdoc.toml` decides beside single findings, in words.
    pub decided: Vec<String>,
    /// Where the files are not those that the facts were recorded with.
    pub differences: Vec<Difference>,
}

impl Examination {
    /// The conversation by which a hop was tried, and what it shows.
    pub fn conversation(&self, hop: &Hop) -> Option<(&Probe, &Reading)> {
        let Some(Trial::Asked(number)) = self.plan.trials.get(hop.id.0) else {
            return None;
        };
        let ask = &self.plan.asks[*number];
        let mut all = self.facts.probes().iter().zip(&self.readings);
        all.find(|(probe, _)| probe.asked == *ask)
    }

    /// Hops of which no answer says whether they work, and why not.
    pub fn untried(&self) -> impl Iterator<Item = (&Hop, &str)> {
        let hops = self.chain.hops.iter().zip(&self.diagnosis.hops);
        hops.filter_map(|(hop, verdict)| match verdict {
            Verdict::Unknown(reason) => Some((hop, reason.as_str())),
            _ => None,
        })
    }

    /// Calls that were asked for and not made.
    pub fn unmade(&self) -> impl Iterator<Item = &Leg> {
        let legs = self.legs.iter();
        legs.filter(|leg| leg.probe(&self.facts).is_none())
    }

    /// Why a call was not made.
    pub fn why_unmade(&self, leg: &Leg) -> String {
        match &self.diagnosis.hops[leg.hop.0] {
            Verdict::Broken(_) => "what it goes over is broken".to_owned(),
            Verdict::Blocked { reason, .. } | Verdict::Unknown(reason) => reason.clone(),
            Verdict::Works => match self.plan.trials.get(leg.hop.0) {
                Some(Trial::Asked(_)) if leg.ask.is_none() => "it wants a login first".to_owned(),
                Some(Trial::Asked(_)) => "it is not in the recorded facts".to_owned(),
                Some(Trial::Not(_)) | None => {
                    "the server cannot be called from here as its gateway does".to_owned()
                }
            },
        }
    }
}

/// Answers questions: the world, or recorded answers.
pub trait Witness {
    /// The container engine, and what it runs. Asked once, before anything else.
    fn survey(&mut self) -> Known<Engine> {
        Known::No(Unknown::NotAsked)
    }

    /// The last lines of the logs of these containers.
    fn logs(&mut self, containers: &[&Container]) -> Vec<Known<Vec<String>>> {
        vec![Known::No(Unknown::NotAsked); containers.len()]
    }

    /// The conversations that answer these questions. One that is not answered is not asked again.
    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe>;

    /// What a client itself says of its servers.
    fn client(&mut self, _ask: &AskClient) -> Option<ClientView> {
        None
    }

    /// By what secrets are replaced in its answers, where those were recorded.
    fn tokens(&self) -> Option<Tokens> {
        None
    }

    /// Whether a person broke it off, so that what it says is not all.
    fn is_interrupted(&self) -> bool {
        false
    }
}

impl<F: FnMut(&[Ask]) -> Vec<Probe>> Witness for F {
    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        self(asks)
    }
}

/// Reads everything that is asked for and says what is wrong with it, from files alone.
pub fn examine(
    request: &Request,
    settings: &Settings,
    selection: &Selection,
    files: &dyn Files,
) -> Examination {
    let nobody = &mut |_: &[Ask]| Vec::new();
    let permissions = Permissions::default();
    investigate(request, settings, selection, &permissions, files, nobody)
}

/// Reads everything that is asked for, asks what is permitted, and says what is wrong.
pub fn investigate(
    request: &Request,
    settings: &Settings,
    selection: &Selection,
    permissions: &Permissions,
    files: &dyn Files,
    witness: &mut dyn Witness,
) -> Examination {
    let mut facts = Facts::none();
    if permissions.docker {
        facts.engine = witness.survey();
    }
    let catalog = &settings.catalog;
    let surroundings = Surroundings {
        engine: facts.engine.get(),
        machine: &settings.machine,
        catalog,
    };
    let stack = load::load_amid(request, files, surroundings);
    facts.tokens = witness.tokens();
    let engine = facts.engine.get();
    let mut learned = Learned::default();
    let mut probes: Vec<Probe> = Vec::new();
    let mut asked = Plan::default();
    let (chain, plan) = loop {
        let chain = chain::build(&stack, settings, engine, learned);
        let plan = plan::plan(&stack, &chain, request, permissions, engine);
        // A call that leads nowhere is a mistake in what was asked for: nothing is asked for its sake.
        if !unknown_servers(&chain, &permissions.calls).is_empty() {
            break (chain, plan);
        }
        let open: Vec<Ask> = plan.beyond(&asked).cloned().collect();
        if open.is_empty() || chain.misnamed.is_some() {
            break (chain, plan);
        }
        probes.extend(witness.answer(&open));
        for ask in open {
            asked.add(ask);
        }
        learned = learn(&chain, &plan, &probes);
        if learned == chain.learned {
            break (chain, plan);
        }
    };
    if !asked.asks.is_empty() {
        facts.wire = Known::Yes(probes);
    }
    let terms = Terms { catalog, selection };
    let mut readings = read(&facts);
    read_logs(&chain, &plan, &mut facts, &readings, witness);
    let legs = match permissions.calls.as_slice() {
        [] => Vec::new(),
        calls => leg::all(
            &case(terms, &stack, &chain, &plan, &facts, &readings, &[]),
            calls,
        ),
    };
    // Last, and each once: what is learned on the way changes questions, and a call may change something.
    let asks = Plan::of(legs.iter().filter_map(|leg| leg.ask.clone())).asks;
    if let (Known::Yes(probes), false) = (&mut facts.wire, asks.is_empty()) {
        let made = witness.answer(&asks);
        readings.extend(made.iter().map(wire::read));
        probes.extend(made);
    }
    let client = plan::clients::of_claude_code(&stack, request, permissions);
    facts.clients = client
        .and_then(|ask| witness.client(&ask))
        .into_iter()
        .collect();
    diagnose(terms, stack, chain, plan, facts, readings, legs)
}

/// Servers of calls that neither a gateway nor a client's entry has.
pub fn unknown_servers<'c>(chain: &Chain, calls: &'c [ToolCall]) -> Vec<&'c ToolCall> {
    let calls = calls.iter();
    calls
        .filter(|call| chain.to_server(&call.server).is_empty())
        .collect()
}

/// What answers teach of the chain in which they were asked for.
fn learn(chain: &Chain, plan: &Plan, probes: &[Probe]) -> Learned {
    let callers = plan.callers(chain);
    let answers = probes.iter().flat_map(|probe| {
        let hops = plan.number(&probe.asked).map(|number| &callers[number]);
        hops.into_iter().flatten().map(move |hop| (*hop, probe))
    });
    let operators = probes.iter().filter_map(|probe| {
        let number = plan.number(&probe.asked)?;
        Some((plan.operator(number)?, probe))
    });
    Learned::of(chain, answers, operators)
}

/// What each conversation shows, in their order.
fn read(facts: &Facts) -> Vec<Reading> {
    facts.probes().iter().map(wire::read).collect()
}

/// Reads the logs that may tell more of calls that do not work.
fn read_logs(
    chain: &Chain,
    plan: &Plan,
    facts: &mut Facts,
    readings: &[Reading],
    witness: &mut dyn Witness,
) {
    let Facts {
        engine: Known::Yes(engine),
        wire: Known::Yes(probes),
        ..
    } = facts
    else {
        return;
    };
    let wanted = plan.logs(chain, engine, probes, readings);
    if wanted.is_empty() {
        return;
    }
    let containers: Vec<&Container> = wanted
        .iter()
        .map(|one| &engine.containers[one.container])
        .collect();
    let logs = witness.logs(&containers);
    for (one, log) in wanted.into_iter().zip(logs) {
        engine.containers[one.container].log = one.keep(log);
    }
}

/// Says what is wrong with endpoints that a person asked about: there is no stack, and nobody calls them.
pub fn consult(facts: Facts, selection: &Selection) -> Examination {
    // Of what runs nothing was asked: nobody misses it.
    let mut selection = selection.clone();
    let of_engines = checks::ALL
        .iter()
        .filter(|check| check.needs.contains(&Need::Docker));
    selection.skip.extend(of_engines.copied());
    let selection = &selection;
    let (stack, chain) = (Stack::default(), Chain::default());
    let plan = Plan::of(facts.probes().iter().map(|probe| probe.asked.clone()));
    let readings = read(&facts);
    let terms = Terms {
        catalog: &Catalog::builtin(),
        selection,
    };
    diagnose(terms, stack, chain, plan, facts, readings, Vec::new())
}

/// By what a case is judged.
#[derive(Clone, Copy)]
struct Terms<'a> {
    /// What is known of the world.
    catalog: &'a Catalog,
    /// Which checks run, and what counts.
    selection: &'a Selection,
}

/// Everything is read and seen: what follows.
fn diagnose(
    terms: Terms<'_>,
    stack: Stack,
    chain: Chain,
    plan: Plan,
    facts: Facts,
    readings: Vec<Reading>,
    legs: Vec<Leg>,
) -> Examination {
    let selection = terms.selection;
    let policy = &selection.policy;
    let mut case = case(terms, &stack, &chain, &plan, &facts, &readings, &legs);
    case.through = through::all(&case);
    let mut findings = Findings::default();
    let chosen = checks::ALL.iter().copied();
    let chosen: Vec<&Check> = chosen.filter(|check| selection.takes(check)).collect();
    let (last, first): (Vec<&Check>, Vec<&Check>) =
        chosen.iter().partition(|check| check.speaks_last());
    for check in first {
        let off = policy.off.contains(check.id);
        let off = off.then(|| Policy::OFF.to_owned());
        match off.or_else(|| case.lacks(check)) {
            Some(reason) => findings.skip_check(check, reason),
            None => findings.run(check, &case),
        }
    }
    let (findings, skipped) = findings.into_parts();
    let unanswered = match &facts.tokens {
        Some(_) => Seen::Unrecorded,
        None => Seen::Unanswered,
    };
    let seen = seen(&plan, &case, unanswered);
    let mut diagnosis = verdict::judge(&stack, &chain, &seen, findings, skipped, selection.ran());
    for (hop, evidence) in said::all(&case) {
        diagnosis.support(hop, evidence);
    }
    let left_out = checks::ALL.iter().filter(|check| !selection.takes(check));
    case.heard = diagnosis.heed(&stack, policy, left_out.map(|check| check.id));
    let mut findings = Findings::default();
    for check in last
        .into_iter()
        .filter(|check| !policy.off.contains(check.id))
    {
        findings.run(check, &case);
    }
    diagnosis.add(&stack, policy, &case.heard, findings.into_parts().0);
    let said = said::lines(&case);
    let Case { through, heard, .. } = case;
    Examination {
        legs,
        stack,
        chain,
        plan,
        facts,
        readings,
        through,
        said,
        checks: chosen,
        diagnosis,
        heard,
        decided: selection.policy.told.clone(),
        differences: Vec::new(),
    }
}

/// What checks see, but for what comes through gateways.
fn case<'a>(
    terms: Terms<'a>,
    stack: &'a Stack,
    chain: &'a Chain,
    plan: &'a Plan,
    facts: &'a Facts,
    readings: &'a [Reading],
    legs: &'a [Leg],
) -> Case<'a> {
    let callers = plan.callers(chain);
    // What nobody asks any more since an answer taught otherwise has no say, and neither have calls of tools here.
    let probed = facts.probes().iter().zip(readings).enumerate();
    let probed = probed.filter_map(|(at, (probe, reading))| {
        let number = plan.number(&probe.asked)?;
        let (hops, operator) = (callers[number].clone(), plan.operator(number));
        let engine = facts.engine.get();
        Some(Probed::new(at, probe, reading, hops, operator, engine))
    });
    Case {
        stack,
        facts,
        catalog: terms.catalog,
        chain,
        operators: plan.operators.as_ref(),
        probed: probed.collect(),
        through: Vec::new(),
        legs,
        policy: &terms.selection.policy,
        heard: Heard::default(),
    }
}

/// What was seen of each hop.
fn seen<'a>(plan: &'a Plan, case: &'a Case<'_>, unanswered: Seen<'static>) -> Vec<Seen<'a>> {
    let probed = &case.probed;
    let mut answers = vec![None; plan.asks.len()];
    for (at, one) in probed.iter().enumerate() {
        if let Some(number) = plan.number(&one.probe.asked) {
            answers[number] = Some(at);
        }
    }
    let mut seen: Vec<Seen<'a>> = Vec::with_capacity(plan.trials.len());
    seen.extend(plan.trials.iter().map(|trial| match trial {
        Trial::Asked(number) => answers[*number].map_or(unanswered, |at| {
            Seen::Conversation(probed[at].probe, probed[at].reading)
        }),
        Trial::Not(untried) => Seen::Nothing(untried),
    }));
    for through in case.through.iter().filter(|through| through.works()) {
        let seen = &mut seen[through.upstream.0];
        if !seen.works() {
            *seen = Seen::Through(through);
        }
    }
    seen
}
