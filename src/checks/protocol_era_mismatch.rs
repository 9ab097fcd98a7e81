//! protocol-era-mismatch: one side begins with `initialize`, the other without.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, listed};
use crate::fact::Era;
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "protocol-era-mismatch",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/protocol-era-mismatch.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ProtocolEraMismatch { asked, supported } = &trouble.kind else {
            continue;
        };
        findings.add_for(trouble, finding(probed, trouble, *asked, supported));
    }
}

fn finding(probed: &Probed<'_>, trouble: &Trouble, asked: Era, supported: &[String]) -> Finding {
    let speaks = match (supported, asked) {
        ([], Era::Legacy) => Era::Modern.revisions(),
        ([], Era::Modern) => Era::Legacy.revisions(),
        (known, _) => listed(known, 5),
    };
    let opening = asked.opening();
    let (step, lines) = match asked {
        Era::Legacy => (
            "update the client to one that speaks 2026-07-28, or let the server answer `initialize` as well",
            "// TypeScript SDK: let the handler serve older clients as well\nlegacy: \"stateless\"\n",
        ),
        Era::Modern => (
            "update the server to one that speaks 2026-07-28, or use a client that falls back to `initialize`",
            "update the MCP SDK that the server is built with\n",
        ),
    };
    let what = match trouble.breaks {
        true => format!("the server refuses `{opening}`: it speaks {speaks} alone; {step}"),
        false => format!(
            "the server refuses `{opening}`, with which clients of {} begin: it speaks {speaks} alone; {step}",
            asked.revisions()
        ),
    };
    probed
        .finding(trouble, probed.but(what))
        .says(format!("speaks {speaks}"))
        .fix(Fix::manual(step, lines))
}
