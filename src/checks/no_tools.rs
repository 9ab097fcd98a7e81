//! no-tools: a server that offers no tools.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "no-tools",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/no-tools.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::NoTools { declared } = &trouble.kind else {
            continue;
        };
        findings.add(finding(case, probed, trouble, *declared));
    }
}

fn finding(case: &Case<'_>, probed: &Probed<'_>, trouble: &Trouble, declared: bool) -> Finding {
    let gateway = probed.gateway();
    let seen = match declared {
        true => "the handshake works and the list of tools is empty",
        false => "the handshake works and the server says that it has no tools",
    };
    let (step, lines) = match (gateway, declared) {
        (Some(_), _) => (
            "see whether the servers behind the gateway answer",
            "mcpdoc probe URL    # the address of each server behind the gateway, from where the gateway runs\n",
        ),
        (None, false) => (
            "see whether another program or path was meant, or an option switches its tools on",
            "mcpdoc probe URL --list resources,prompts    # what else it offers\n",
        ),
        (None, true) => (
            "look in its log and settings for what takes its tools away",
            "options that choose tools, permissions of the key, a connection that the server needs and has not\n",
        ),
    };
    let hint = match gateway {
        Some(gateway) => format!(
            ", as {} answers when the servers behind it fail",
            case.stack.gateways[gateway].kind.title()
        ),
        None => String::new(),
    };
    let message = probed.but(format!(
        "{seen}{hint}: clients show it as connected, and the model cannot do anything with it; {step}"
    ));
    probed
        .finding(trouble, message)
        .says("no tools")
        .fix(Fix::manual(step, lines))
}
