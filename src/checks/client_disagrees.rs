//! client-disagrees: Claude Code says of a server something else than what mcpdoc found.

use crate::change::Fix;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::client::log;
use crate::check::said::{Listed, Word, end, with_reason};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::source::Part;
use crate::wire::Standing;

pub(super) static CHECK: Check = Check {
    id: "client-disagrees",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-disagrees.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    if case.facts.clients.is_empty() {
        return;
    }
    for found in claude_code_entries(case) {
        if let Some(word) = Word::of(case, found) {
            judge(case, found, word, findings);
        }
    }
}

fn judge(case: &Case<'_>, found: Entry<'_>, word: Word<'_>, findings: &mut Findings) {
    let name = &found.entry.name.value;
    let program = word.program();
    match (word.listed, word.past) {
        (Listed::Yes(server), _) if server.says.is_failure() && works(case, found) => {
            let said = with_reason(server.says.words(), server.reason.as_deref());
            let message = format!(
                "{program} cannot use {name} ({said}), and the same call works when mcpdoc makes it: compare what \
                 each of them has in its environment, first of all HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
            );
            findings.add(finding(found, message).says("works for mcpdoc").fix(Fix::manual(
                "compare the environments of both",
                "env | grep -i -E 'proxy|NODE_EXTRA_CA_CERTS|MCP_TIMEOUT'    # where `claude` is started\n",
            )));
        }
        (Listed::No, _) if word.is_expected(case, found) => {
            let file = case.stack.name(found.file.source);
            let message = format!(
                "{program} does not list {name}, which {file} declares: see what it says of its files with `claude mcp list`"
            );
            findings.add(finding(found, message).says("not in the list of `claude mcp list`"));
        }
        (Listed::Unknown, Some(past)) if past.says.is_failure() && works(case, found) => {
            let message = format!(
                "{} says of {name}: {}; it works now",
                log(past),
                end(past)
            );
            findings.add_as(Severity::Note, finding(found, message));
        }
        _ => {}
    }
}

fn finding(found: Entry<'_>, message: String) -> Finding {
    Finding::at(&found.entry.name.at, Part::Key, message)
        .subject(&found.entry.name.value)
        .hops(found.hops())
}

/// Whether the call of the entry was seen to work, with everything that it sends.
fn works(case: &Case<'_>, found: Entry<'_>) -> bool {
    let Some(own) = found.hop else { return false };
    case.conversation(own.id).is_some_and(|probed| {
        probed.reading.standing == Standing::Works && probed.probe.asked.withheld.is_empty()
    })
}
