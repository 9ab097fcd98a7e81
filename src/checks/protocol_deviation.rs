//! protocol-deviation: what the specification demands and the server does otherwise.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::fact::Deep;
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "protocol-deviation",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/protocol-deviation.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ProtocolDeviation {
            deep,
            expected,
            found,
        } = &trouble.kind
        else {
            continue;
        };
        findings.add(finding(probed, trouble, *deep, (expected, found)));
    }
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    deep: Deep,
    (expected, found): (&str, &str),
) -> Finding {
    let effect = effect(deep);
    let message = format!(
        "{} answers {} with {found}, where the specification wants {expected}: {effect}",
        probed.name(),
        sent(deep)
    );
    probed
        .finding(trouble, message)
        .says(format!("wanted: {expected}"))
        .subject(subject(deep))
        .fix(Fix::manual(
            "let the server answer as the specification says",
            "update the MCP SDK that the server is built with; if the answer stays, it is the server's or a proxy's own\n",
        ))
}

/// What was sent: completes "answers … with".
fn sent(deep: Deep) -> &'static str {
    match deep {
        Deep::PlainGet => "a GET without an `Accept` header",
        Deep::JsonOnly => "a request that accepts JSON alone",
        Deep::BadVersion => "a protocol revision that does not exist",
        Deep::BadSession => "a session that does not exist",
        Deep::UnknownMethod => "a method that does not exist",
        Deep::BadOrigin => "the `Origin` of a foreign web page",
        Deep::EndedSession => "a request of an ended session",
    }
}

/// What it leads to.
fn effect(deep: Deep) -> &'static str {
    match deep {
        Deep::PlainGet => "clients that try the event stream cannot tell that there is none",
        Deep::JsonOnly => "such a client gets an answer that it cannot read, or none",
        Deep::BadVersion => "a client cannot tell that it has to speak another revision",
        Deep::BadSession | Deep::EndedSession => "a client with a lost session does not begin a new one, and goes on failing",
        Deep::UnknownMethod => "a client cannot tell a method that is missing from a path that is wrong",
        Deep::BadOrigin => "a web page can call the server through a visitor's browser (DNS rebinding)",
    }
}

/// What a baseline knows it by.
fn subject(deep: Deep) -> &'static str {
    match deep {
        Deep::PlainGet => "plain-get",
        Deep::JsonOnly => "json-only",
        Deep::BadVersion => "bad-version",
        Deep::BadSession => "bad-session",
        Deep::UnknownMethod => "unknown-method",
        Deep::BadOrigin => "bad-origin",
        Deep::EndedSession => "ended-session",
    }
}
