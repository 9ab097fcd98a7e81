//! The chain, one line a hop; the first broken one is what the eye falls on.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::{broken_by, count};
use super::{Detail, Writer};
use crate::Examination;
use crate::chain::{Caller, Destination, Hop};
use crate::check::through::Comes;
use crate::fact::{Ask, Known, Probe, Target, Unknown, Vantage};
use crate::plan::{Trial, Untried};
use crate::secret::redact;
use crate::term::clean;
use crate::verdict::Verdict;
use crate::wire::{Reading, Standing, Told};

impl Writer<'_> {
    /// One line a hop; the first broken one is what the eye falls on.
    pub(super) fn chain(&self, out: &mut String) {
        let screen = self.screen;
        let Examination {
            chain, diagnosis, ..
        } = self.examination;
        if chain.hops.is_empty() {
            return;
        }
        // Programs that a client starts by itself are no part of a chain unless they were tried, or something is wrong
        // with them.
        let tried = |hop: &Hop| self.examination.conversation(hop).is_some();
        let own = |(hop, verdict): &(&Hop, &Verdict)| {
            hop.destination == Destination::Process
                && matches!(hop.caller, Caller::Client { .. })
                && matches!(verdict, Verdict::Unknown(_))
                && !tried(hop)
        };
        let (own, shown): (Vec<_>, Vec<_>) = chain.hops.iter().zip(&diagnosis.hops).partition(own);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for (hop, _) in &shown {
            *times.entry(&hop.from).or_default() += 1;
        }
        // Where two stacks have a caller of one name, its file tells them apart.
        let caller = |hop: &Hop| match times.get(hop.from.as_str()) {
            Some(1) => self.safe(&hop.from),
            _ => {
                let file = self.name(self.examination.stack.source(hop.at.source));
                format!("{} ({file})", self.safe(&hop.from))
            }
        };
        let ends: Vec<(String, String)> = shown
            .iter()
            .map(|(hop, _)| (caller(hop), self.safe(&hop.to)))
            .collect();
        let from = ends
            .iter()
            .map(|(from, _)| from.chars().count())
            .max()
            .unwrap_or(0);
        let to = ends
            .iter()
            .map(|(_, to)| to.chars().count())
            .max()
            .unwrap_or(0);
        let place = match self.folder.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("in {}, ", clean(folder)),
        };
        let heading = format!("The chain, {place}{}", self.tried_from());
        let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&heading, "", "")));
        let indent = from + to + 20;
        let beside = indent + 30 <= screen.width;
        let mut alike = 0;
        for (at, ((hop, verdict), (caller, callee))) in shown.iter().zip(&ends).enumerate() {
            let (mark, word) = match verdict {
                Verdict::Works => (screen.green("✓"), screen.green("works  ")),
                Verdict::Broken(_) => (screen.red("✗"), screen.red("broken ")),
                Verdict::Blocked { .. } => (screen.yellow("–"), screen.yellow("blocked")),
                Verdict::Unknown(_) => (screen.dim("?"), screen.dim("unknown")),
            };
            let why = match verdict {
                Verdict::Works => self.seen(hop),
                Verdict::Broken(_) => broken_by(self.examination, hop.id),
                Verdict::Blocked { reason, .. } | Verdict::Unknown(reason) => self.safe(reason),
            };
            let paint = |text: &str| match verdict {
                Verdict::Broken(_) => text.to_owned(),
                Verdict::Works | Verdict::Blocked { .. } | Verdict::Unknown(_) => screen.dim(text),
            };
            // On a narrow screen each end has a line of its own.
            if indent > screen.width {
                let _ = writeln!(out, "  {mark} {}", screen.bold(caller));
                let _ = write!(out, "    → {}  ", screen.bold(callee));
                let _ = writeln!(out, "{}", word.trim_end());
            }
            let line = format!(
                "  {mark} {}{}  →  {}{}  {word}  ",
                screen.bold(caller),
                " ".repeat(from.saturating_sub(caller.chars().count())),
                screen.bold(callee),
                " ".repeat(to.saturating_sub(callee.chars().count())),
            );
            if beside {
                let said = self.hang(&paint(&why), indent);
                // A reason of one line is read at a glance, a longer one once.
                let said =
                    match at > 0 && said.contains('\n') && same_reason(shown[at - 1], shown[at]) {
                        true => paint("as above"),
                        false => said,
                    };
                let _ = writeln!(out, "{line}{said}");
                self.client_says(out, hop);
                continue;
            }
            if indent <= screen.width {
                let _ = writeln!(out, "{}", line.trim_end());
            }
            self.client_says(out, hop);
            alike += 1;
            if shown
                .get(at + 1)
                .is_some_and(|next| same_reason(shown[at], *next))
            {
                continue;
            }
            if !why.is_empty() {
                let why = match alike {
                    1 => why,
                    alike => format!("these {alike}: {why}"),
                };
                let _ = writeln!(out, "      {}", self.hang(&paint(&why), 6));
            }
            alike = 0;
        }
        if !own.is_empty() {
            let probed = own.iter().any(|(hop, _)| {
                matches!(
                    self.examination.plan.trials.get(hop.id.0),
                    Some(Trial::Not(Untried::NoExec))
                )
            });
            let hint = match (probed, own.len()) {
                (false, _) => "",
                (true, 1) => " (--allow-exec starts it)",
                (true, _) => " (--allow-exec starts them)",
            };
            let text = format!(
                "  and {} that clients start themselves{hint}",
                count(own.len(), "server")
            );
            let _ = writeln!(out, "{}", screen.dim(&text));
        }
        out.push('\n');
    }

    /// What the client itself says of a call that it makes.
    fn client_says(&self, out: &mut String, hop: &Hop) {
        let said = self.examination.said.iter().find(|(of, _)| *of == hop.id);
        if let Some((_, said)) = said {
            let text = self.hang(&self.safe(said), 6);
            let _ = writeln!(out, "      {}", self.screen.dim(&text));
        }
    }

    /// What was tried, and from where.
    fn tried_from(&self) -> String {
        let Examination { plan, facts, .. } = self.examination;
        let command = |ask: &Ask| matches!(ask.target, Target::Command { .. });
        let at = |from: fn(&Vantage) -> bool| {
            let mut asks = plan.asks.iter().filter(|ask| !command(ask));
            asks.any(|ask| from(&ask.from))
        };
        let here = |straight: bool| {
            let mut asks = plan.asks.iter().filter(|ask| !command(ask));
            asks.any(|ask| ask.from == Vantage::Here && ask.pins.is_empty() != straight)
        };
        let entered = at(|from| matches!(from, Vantage::Namespace { .. }));
        let executed = at(|from| matches!(from, Vantage::Exec { .. }));
        let started = |inside: bool| {
            let mut asks = plan.asks.iter().filter(|ask| command(ask));
            asks.any(|ask| ask.from.container().is_some() == inside)
        };
        let done = [
            (here(false), "endpoints probed from this machine"),
            (
                here(true),
                "gateways' servers probed from this machine, straight at their containers' addresses",
            ),
            (
                entered,
                "gateways' servers probed from their containers' networks",
            ),
            (
                executed,
                "gateways' servers probed by programs in their containers",
            ),
            (started(false), "clients' commands started on this machine"),
            (
                started(true),
                "gateways' commands started in their containers",
            ),
        ];
        let done: Vec<&str> = done
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, say)| *say)
            .collect();
        let asked = facts.engine != Known::No(Unknown::NotAsked);
        match (facts.engine.get(), done.as_slice()) {
            (Some(engine), []) => format!(
                "from files and what runs at {}: nothing was probed or started.",
                clean(&redact(&engine.endpoint))
            ),
            (Some(engine), done) => format!(
                "with what runs at {}; {}.",
                clean(&redact(&engine.endpoint)),
                done.join("; ")
            ),
            (None, []) if asked => {
                "from files alone: nothing was probed or started, and no container engine answered."
                    .to_owned()
            }
            (None, []) => {
                "from files alone: nothing was probed, started or asked of Docker.".to_owned()
            }
            (None, done) if asked => {
                format!("{}; no container engine answered.", done.join("; "))
            }
            (None, ["endpoints probed from this machine"]) => {
                "client endpoints probed from this machine: nothing was started or asked of Docker."
                    .to_owned()
            }
            (None, ["clients' commands started on this machine"]) => {
                "clients' commands started on this machine: nothing was asked of Docker.".to_owned()
            }
            (None, _) => {
                "client endpoints probed from this machine, and clients' commands started: Docker was not asked."
                    .to_owned()
            }
        }
    }

    /// What answers at a hop that works.
    pub(in crate::report) fn seen(&self, hop: &Hop) -> String {
        let conversation = self.examination.conversation(hop);
        let works = |(_, reading): &(&Probe, &Reading)| reading.standing == Standing::Works;
        let Some((probe, reading)) = conversation.filter(works) else {
            return self.comes_through(hop);
        };
        let mut parts = Vec::new();
        if let Some(server) = &reading.server {
            parts.push(
                format!("{} {}", server.name, server.version)
                    .trim()
                    .to_owned(),
            );
        }
        match &probe.tools {
            Some(tools) => parts.push(count(tools.count, "tool")),
            // It says of each server instead why there are none.
            None if Told::of(probe).outcomes.is_some() => parts.push(count(0, "tool")),
            None => {}
        }
        if self.detail == Detail::Verbose {
            parts.extend(
                reading
                    .transport
                    .map(|transport| transport.title().to_owned()),
            );
            parts.extend(reading.revisions.last().cloned());
            parts.push(format!("{} ms from this machine", probe.took_us / 1000));
        }
        self.safe(&parts.join(", "))
    }

    /// The most tools that some client gets of a server.
    fn comes_through(&self, hop: &Hop) -> String {
        let all = self.examination.through.iter();
        let tools = all.filter_map(|one| match &one.comes {
            Comes::Tools(tools) if one.upstream == hop.id => Some(tools.len()),
            _ => None,
        });
        let most = tools.max().map(|most| count(most, "tool"));
        most.map_or_else(String::new, |most| format!("{most} through the gateway"))
    }

    /// Text after something of `indent` columns, wrapped under itself.
    fn hang(&self, text: &str, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let wrapped = self.screen.wrap(text, &pad, &pad);
        wrapped.trim_start().to_owned()
    }
}

/// Whether the reason of two hops of one file is the same.
fn same_reason(one: (&Hop, &Verdict), other: (&Hop, &Verdict)) -> bool {
    let same_file = match (one.0.caller, other.0.caller) {
        (Caller::Gateway { gateway: one, .. }, Caller::Gateway { gateway: other, .. }) => {
            one == other
        }
        (Caller::Client { file: one, .. }, Caller::Client { file: other, .. }) => one == other,
        _ => false,
    };
    let same = match (one.1, other.1) {
        (Verdict::Unknown(one), Verdict::Unknown(other)) => one == other,
        (Verdict::Blocked { reason: one, .. }, Verdict::Blocked { reason: other, .. }) => {
            one == other
        }
        _ => false,
    };
    same_file && same
}
