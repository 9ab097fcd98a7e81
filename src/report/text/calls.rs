//! Tool calls that were asked for: what each brought, directly and through the gateway.

use std::fmt::Write;

use super::{Detail, Writer};
use crate::check::Leg;
use crate::report::wire::time;

impl Writer<'_> {
    /// A line for each call by each caller.
    pub(super) fn calls(&self, out: &mut String) {
        let legs = &self.examination.legs;
        if legs.is_empty() {
            return;
        }
        let screen = self.screen;
        let _ = writeln!(out, "{}", screen.dim("Calls of tools"));
        let names: Vec<String> = legs.iter().map(|leg| self.safe(&leg.call.name())).collect();
        let widest = names.iter().map(|name| name.chars().count()).max();
        let widest = widest.unwrap_or_default();
        for (at, (leg, name)) in legs.iter().zip(&names).enumerate() {
            let is_again = at > 0 && legs[at - 1].number == leg.number;
            let padding = " ".repeat(match is_again {
                true => widest,
                false => widest - name.chars().count(),
            });
            let name = match is_again {
                true => String::new(),
                false => screen.bold(name),
            };
            let (mark, what) = self.call(leg);
            let text = format!("{}: {what}", self.way(leg));
            let indent = " ".repeat(widest + 6);
            let text = screen.wrap(&self.safe(&text), &indent, &indent);
            let _ = writeln!(out, "  {mark} {name}{padding}  {}", text.trim_start());
        }
        out.push('\n');
    }

    /// By whom it is made.
    fn way(&self, leg: &Leg) -> String {
        let hop = self.examination.chain.hop(leg.hop);
        match (leg.through, hop.is_upstream()) {
            (Some(_), _) => format!("through {}", hop.from),
            (None, true) => "directly".to_owned(),
            (None, false) => format!("directly, by {}", hop.from),
        }
    }

    /// Whether it went well, and what it brought.
    fn call(&self, leg: &Leg) -> (String, String) {
        let (screen, examination) = (self.screen, self.examination);
        let facts = &examination.facts;
        let Some(called) = leg.outcome(facts) else {
            let why = examination.why_unmade(leg);
            return (screen.dim("?"), format!("not made: {why}"));
        };
        let took = leg.took_us(facts).map(time);
        if let Some(failure) = called.failure() {
            let after = took.map_or_else(String::new, |took| format!("after {took} "));
            return (screen.red("✗"), format!("{after}it {failure}"));
        }
        let content = leg.content(facts);
        let straight = leg.through.and_then(|_| leg.straight(&examination.legs));
        let straight = straight.filter(|straight| straight.outcome(facts).is_some());
        let same = straight.and_then(|straight| leg.is_same_answer(straight, facts));
        let mut what = match (same, content) {
            (Some(true), _) => "the same".to_owned(),
            (_, Some(content)) => content.size(),
            (_, None) => "an answer".to_owned(),
        };
        if same == Some(false) {
            what = format!("another answer, {what}");
        }
        if let Some(took) = took {
            let _ = write!(what, ", {took}");
        }
        if let (Detail::Verbose, Some(content)) = (self.detail, content)
            && !content.first.is_empty()
        {
            let _ = write!(what, ": {}", content.first);
        }
        (screen.green("✓"), what)
    }
}
