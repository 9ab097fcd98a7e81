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
pub mod disk;
pub mod fact;
pub mod fix;
pub mod gateway;
pub mod load;
pub mod model;
pub mod observe;
pub mod plan;
pub mod record;
pub mod repair;
pub mod report;
pub mod running;
pub mod secret;
pub mod source;
pub mod term;
pub mod verdict;
pub mod wire;

use std::collections::BTreeSet;

use catalog::Catalog;
use chain::{Chain, Hop, Settings};
use check::{Case, Check, Findings, Need, Probed};
use fact::{Ask, Container, Engine, Facts, Known, Probe, Tokens, Unknown};
use load::{Files, Request, Surroundings};
use model::Stack;
use plan::{Permissions, Plan, Trial};
use record::Difference;
use verdict::{Diagnosis, Ran, Seen, Verdict};
use wire::{Reading, Standing};

/// Which checks run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, when there are any.
    pub only: Vec<&'static Check>,
    /// Never these.
    pub skip: Vec<&'static Check>,
}

impl Selection {
    fn ran(&self) -> Ran {
        if self.only.is_empty() && self.skip.is_empty() {
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
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// Where the files are not those that the facts were recorded with.
    pub differences: Vec<Difference>,
}

impl Examination {
    /// Hops of which no answer says whether they work, and why not.
    pub fn untried(&self) -> impl Iterator<Item = (&Hop, &str)> {
        let hops = self.chain.hops.iter().zip(&self.diagnosis.hops);
        hops.filter_map(|(hop, verdict)| match verdict {
            Verdict::Unknown(reason) => Some((hop, reason.as_str())),
            _ => None,
        })
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

    /// By what secrets are replaced in its answers, where those were recorded.
    fn tokens(&self) -> Option<Tokens> {
        None
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
    let surroundings = Surroundings {
        engine: facts.engine.get(),
        machine: &settings.machine,
    };
    let stack = load::load_amid(request, files, surroundings);
    let catalog = Catalog::builtin();
    facts.tokens = witness.tokens();
    let engine = facts.engine.get();
    let chain = chain::build(&stack, &catalog, settings, engine);
    let plan = plan::plan(&stack, &chain, request, permissions, engine);
    let open = plan.open(&facts);
    if !open.is_empty() {
        facts.wire = Known::Yes(witness.answer(&open));
    }
    let readings = read(&facts);
    read_logs(&chain, &plan, &mut facts, &readings, witness);
    diagnose(stack, chain, plan, facts, readings, selection)
}

/// What each conversation shows, in their order.
fn read(facts: &Facts) -> Vec<Reading> {
    facts.probes().iter().map(wire::read).collect()
}

/// Reads the logs of containers whose endpoint does not work.
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
    let callers = plan.callers(chain);
    let broken = probes
        .iter()
        .zip(readings)
        .filter(|(_, reading)| reading.standing != Standing::Works);
    let hops = broken
        .filter_map(|(probe, _)| plan.number(&probe.asked))
        .flat_map(|number| &callers[number]);
    let called = hops.filter_map(|hop| hop.sight.as_ref()?.called());
    let unread = called.filter(|number| engine.containers[*number].log.get().is_none());
    let wanted: BTreeSet<usize> = unread.collect();
    if wanted.is_empty() {
        return;
    }
    let containers: Vec<&Container> = wanted
        .iter()
        .map(|number| &engine.containers[*number])
        .collect();
    let logs = witness.logs(&containers);
    for (number, log) in wanted.into_iter().zip(logs) {
        engine.containers[number].log = log;
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
    let (stack, chain, plan) = (Stack::default(), Chain::default(), Plan::default());
    let readings = read(&facts);
    diagnose(stack, chain, plan, facts, readings, selection)
}

/// Everything is read and seen: what follows.
fn diagnose(
    stack: Stack,
    chain: Chain,
    plan: Plan,
    facts: Facts,
    readings: Vec<Reading>,
    selection: &Selection,
) -> Examination {
    let catalog = Catalog::builtin();
    let callers = plan.callers(&chain);
    let probed = facts.probes().iter().zip(readings).map(|(probe, reading)| {
        let number = plan.number(&probe.asked);
        let hops = number.map_or_else(Vec::new, |number| callers[number].clone());
        Probed::new(probe, reading, hops, facts.engine.get())
    });
    let case = Case {
        stack: &stack,
        facts: &facts,
        catalog: &catalog,
        chain: &chain,
        probed: probed.collect(),
    };
    let mut findings = Findings::default();
    for check in checks::ALL.iter().filter(|check| selection.takes(check)) {
        match case.lacks(check) {
            Some(reason) => findings.skip_check(check, reason),
            None => findings.run(check, &case),
        }
    }
    let (findings, skipped) = findings.into_parts();
    let unanswered = match &facts.tokens {
        Some(_) => Seen::Unrecorded,
        None => Seen::Unanswered,
    };
    let seen = seen(&plan, &case.probed, unanswered);
    let diagnosis = verdict::judge(&stack, &chain, &seen, findings, skipped, selection.ran());
    let readings = case
        .probed
        .into_iter()
        .map(|probed| probed.reading)
        .collect();
    Examination {
        stack,
        chain,
        plan,
        facts,
        readings,
        diagnosis,
        differences: Vec::new(),
    }
}

/// What was seen of each hop.
fn seen<'a>(plan: &'a Plan, probed: &'a [Probed<'_>], unanswered: Seen<'static>) -> Vec<Seen<'a>> {
    let mut answers = vec![None; plan.asks.len()];
    for (at, one) in probed.iter().enumerate() {
        if let Some(number) = plan.number(&one.probe.asked) {
            answers[number] = Some(at);
        }
    }
    let trials = plan.trials.iter().map(|trial| match trial {
        Trial::Asked(number) => answers[*number].map_or(unanswered, |at| {
            Seen::Conversation(probed[at].probe, &probed[at].reading)
        }),
        Trial::Not(untried) => Seen::Nothing(untried),
    });
    trials.collect()
}
