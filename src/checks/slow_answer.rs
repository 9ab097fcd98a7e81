//! slow-answer: it answers, but slower than its callers wait.

use crate::catalog::client::of;
use crate::catalog::{Stage, Wait};
use crate::chain::{Caller, Hop};
use crate::change::Fix;
use crate::check::wire::time;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::model::Client;
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "slow-answer",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/slow-answer.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::SlowAnswer { during, took_ms } = &trouble.kind else {
            continue;
        };
        let exceeded = patience(case, probed)
            .into_iter()
            .find(|patience| patience.wait.ms < *took_ms && Stage::of(during) == Some(patience.wait.stage));
        let severity = match &exceeded {
            _ if trouble.breaks => Severity::Error,
            Some(patience) if patience.is_callers => Severity::Error,
            _ => Severity::Warning,
        };
        let finding = finding(probed, trouble, (during, *took_ms), exceeded.as_ref());
        findings.add_as(severity, finding);
    }
}

/// How long a program waits.
struct Patience<'a> {
    title: &'a str,
    wait: &'a Wait,
    /// Whether that program makes this call.
    is_callers: bool,
}

/// The patience of those who call; of every client where a person asked.
fn patience<'a>(case: &Case<'a>, probed: &Probed<'a>) -> Vec<Patience<'a>> {
    let known = |title: &'a str, waits: &'a [Wait], is_callers: bool| {
        waits.iter().map(move |wait| Patience {
            title,
            wait,
            is_callers,
        })
    };
    if probed.hops.is_empty() {
        let clients = Client::ALL.into_iter();
        return clients
            .flat_map(|client| known(client.title(), &of(client).waits, false))
            .collect();
    }
    let of_hop = |hop: &&Hop| match hop.caller {
        Caller::Client { file, .. } => {
            let client = case.stack.clients[file].client;
            (client.title(), of(client).waits.as_slice())
        }
        Caller::Gateway { gateway, .. } => {
            let title = case.stack.gateways[gateway].kind.title();
            (title, case.catalog.litellm().waits.as_slice())
        }
    };
    let callers = probed.hops.iter().map(of_hop);
    callers
        .flat_map(|(title, waits)| known(title, waits, true))
        .collect()
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    (during, took_ms): (&str, u64),
    exceeded: Option<&Patience<'_>>,
) -> Finding {
    let took = time(took_ms);
    let what = match exceeded {
        Some(Patience { title, wait, .. }) => format!(
            "{during} took {took}: {title} waits {}, then {}; let the server answer faster",
            time(wait.ms),
            wait.then
        ),
        None => format!(
            "{during} took {took}: clients that wait less show it as failed; let the server answer faster"
        ),
    };
    let mut finding = probed
        .finding(trouble, probed.but(what))
        .says(format!("{during} took {took}"));
    let longer = exceeded.and_then(|patience| Some((patience.title, patience.wait.longer.as_ref()?)));
    if let Some((title, longer)) = longer {
        finding = finding.fix(Fix::manual(format!("let {title} wait longer"), format!("{longer}\n")));
    }
    let lines = match during {
        "tools/list" => "keep the list of tools ready, instead of asking another service for it each time\n",
        _ => "do at start what takes long: downloads, connections to databases, the start of child processes\n",
    };
    finding.fix(Fix::manual("let the server answer faster", lines))
}
