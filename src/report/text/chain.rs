//! The chain, one line a hop; the first broken one is what the eye falls on.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::count;
use super::Writer;
use crate::Examination;
use crate::chain::{Caller, Destination, Hop, HopId};
use crate::term::clean;
use crate::verdict::Verdict;

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
        // Programs that a client starts by itself are no part of a chain unless something is wrong with them.
        let own = |(hop, verdict): &(&Hop, &Verdict)| {
            hop.destination == Destination::Process
                && matches!(hop.caller, Caller::Client { .. })
                && matches!(verdict, Verdict::Unknown(_))
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
        let heading = format!(
            "The chain, {place}from files alone: nothing was probed, started or asked of Docker."
        );
        let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&heading, "", "")));
        for ((hop, verdict), (caller, callee)) in shown.iter().zip(&ends) {
            let (mark, word) = match verdict {
                Verdict::Works => (screen.green("✓"), screen.green("works  ")),
                Verdict::Broken(_) => (screen.red("✗"), screen.red("broken ")),
                Verdict::Blocked { .. } => (screen.yellow("–"), screen.yellow("blocked")),
                Verdict::Unknown(_) => (screen.dim("?"), screen.dim("unknown")),
            };
            let why = match verdict {
                Verdict::Works => String::new(),
                Verdict::Broken(_) => self.broken_by(hop.id),
                Verdict::Blocked { reason, .. } | Verdict::Unknown(reason) => {
                    screen.dim(&self.safe(reason))
                }
            };
            let line = format!(
                "  {mark} {}{}  →  {}{}  {word}  ",
                screen.bold(caller),
                " ".repeat(from.saturating_sub(caller.chars().count())),
                screen.bold(callee),
                " ".repeat(to.saturating_sub(callee.chars().count())),
            );
            let indent = from + to + 20;
            if indent + 30 <= screen.width {
                let _ = writeln!(out, "{line}{}", self.hang(&why, indent));
            } else {
                let _ = writeln!(out, "{}", line.trim_end());
                if !why.is_empty() {
                    let _ = writeln!(out, "      {}", self.hang(&why, 6));
                }
            }
        }
        if !own.is_empty() {
            let text = format!(
                "  and {} that clients start themselves",
                count(own.len(), "server")
            );
            let _ = writeln!(out, "{}", screen.dim(&text));
        }
        out.push('\n');
    }

    /// Names of the checks that break a hop, first cause first.
    fn broken_by(&self, hop: HopId) -> String {
        let diagnosis = &self.examination.diagnosis;
        let mut names: Vec<&str> = Vec::new();
        for id in &diagnosis.errors[hop.0] {
            let check = diagnosis.finding(*id).finding.check;
            if !names.contains(&check) {
                names.push(check);
            }
        }
        names.join(", ")
    }

    /// Text after something of `indent` columns, wrapped under itself.
    fn hang(&self, text: &str, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let wrapped = self.screen.wrap(text, &pad, &pad);
        wrapped.trim_start().to_owned()
    }
}
