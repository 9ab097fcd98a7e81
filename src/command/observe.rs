//! `mcpdoc observe`: what a check sees, to be checked elsewhere.

use std::io::{self, Write};

use anyhow::{anyhow, bail};
use ring::rand::{SecureRandom, SystemRandom};

use super::Outcome;
use super::check::{looked, named, nothing_found, prepare_with, world};
use crate::cli::ObserveArgs;
use crate::disk::Disk;
use crate::fact::{Facts, Known, Probe, Tokens};
use crate::record::{Digests, Record, Run};
use crate::report::count;
use crate::running::relevant;
use crate::{Examination, Selection, term};

pub(super) fn run(args: &ObserveArgs) -> anyhow::Result<Outcome> {
    let disk = Disk::default();
    let files = Digests::of_files(&disk);
    let (world, _) = world(&files)?;
    let machine = world.machine.clone();
    let mut prepared = prepare_with(&args.inputs, &args.probes, Selection::default(), world)?;
    prepared.permissions.calls = super::call::read_all(&args.calls)?;
    let Some(examination) = looked(&prepared, &files)? else {
        return Ok(Outcome::Interrupted);
    };
    named(&examination)?;
    let stack = &examination.stack;
    let facts = &of_the_stack(&examination);
    if stack.inputs.is_empty() {
        bail!("{}", nothing_found(stack, &prepared.request, &args.inputs));
    }
    let Some(seen) = seen(facts) else {
        bail!(
            "nothing was observed: no endpoint of these files could be asked, and no engine; `mcpdoc check -v` with the \
             same arguments says why"
        );
    };
    let run = Run {
        stack,
        request: &prepared.request,
        permissions: &prepared.permissions,
        machine: &machine,
        gateway_urls: &prepared.settings.gateway_urls,
        digests: &files,
    };
    super::print(&Record::new(run, facts, salt()?)?.render()?)?;
    // Nothing is left to tell anyone if stderr is closed.
    let _ = writeln!(io::stderr(), "mcpdoc: {}", term::clean(&seen));
    Ok(Outcome::Clean)
}

/// The facts without what else the engine runs.
fn of_the_stack(examination: &Examination) -> Facts {
    let urls = examination
        .chain
        .hops
        .iter()
        .filter_map(|hop| hop.url.as_ref());
    let called: Vec<(String, u16)> = urls
        .filter_map(|url| {
            let host = url.value.host_str()?.trim_matches(['[', ']']).to_owned();
            Some((host, url.value.port_or_known_default()?))
        })
        .collect();
    let mut facts = examination.facts.clone();
    if let Known::Yes(engine) = &mut facts.engine {
        *engine = relevant(&examination.stack, engine, &called);
    }
    facts
}

/// What was observed, in a line; nothing when nothing was.
fn seen(facts: &Facts) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(engine) = facts.engine.get() {
        let containers = count(engine.containers.len(), "container");
        parts.push(format!(
            "{containers} of {}",
            crate::secret::redact(&engine.endpoint)
        ));
    }
    let probes = facts.probes().iter();
    let (calls, endpoints): (Vec<&Probe>, Vec<&Probe>) =
        probes.partition(|probe| probe.asked.call.is_some());
    for (probes, what) in [(endpoints, "endpoint"), (calls, "call")] {
        if !probes.is_empty() {
            parts.push(count(probes.len(), what));
        }
    }
    if !facts.clients.is_empty() {
        parts.push("what Claude Code says".to_owned());
    }
    (!parts.is_empty()).then(|| {
        format!(
            "recorded {}, without secrets; `mcpdoc check --facts FILE` takes it",
            parts.join(" and ")
        )
    })
}

fn salt() -> anyhow::Result<[u8; Tokens::SALT]> {
    let mut salt = [0; Tokens::SALT];
    let filled = SystemRandom::new().fill(&mut salt);
    filled.map_err(|_| anyhow!("this system has no random numbers"))?;
    Ok(salt)
}
