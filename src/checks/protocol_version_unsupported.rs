//! protocol-version-unsupported: the server does not speak the revision that its caller asks for.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, listed};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "protocol-version-unsupported",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/protocol-version-unsupported.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ProtocolVersionUnsupported { asked, supported } = &trouble.kind else {
            continue;
        };
        findings.add_for(trouble, finding(probed, trouble, asked, supported));
    }
}

fn finding(probed: &Probed<'_>, trouble: &Trouble, asked: &str, supported: &[String]) -> Finding {
    let speaks = match supported {
        [] => "it does not say which it speaks".to_owned(),
        known => format!("it speaks {}", listed(known, 5)),
    };
    let step = Step::of(asked, supported);
    let message = probed.but(format!(
        "the server does not speak MCP {asked}: {speaks}; {}",
        step.words()
    ));
    probed
        .finding(trouble, message)
        .says(format!("asked for {asked}"))
        .fix(Fix::manual(step.words(), step.lines(asked)))
}

/// Which side is behind. Revisions are dates, so that their order is that of their names.
enum Step {
    Client,
    Server,
    Unknown,
}

impl Step {
    fn of(asked: &str, supported: &[String]) -> Step {
        let newest = supported.iter().map(String::as_str).max();
        let oldest = supported.iter().map(String::as_str).min();
        match (oldest, newest) {
            (_, Some(newest)) if newest < asked => Step::Server,
            (Some(oldest), _) if oldest > asked => Step::Client,
            _ => Step::Unknown,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Step::Server => "update the server, or use a client that also speaks an older revision",
            Step::Client => "update the client, or let the server speak older revisions as well",
            Step::Unknown => "use a client and a server that share a revision",
        }
    }

    fn lines(&self, asked: &str) -> String {
        match self {
            Step::Server => format!(
                "update the MCP SDK that the server is built with to one that knows {asked}\n"
            ),
            Step::Client => "update the client, or the MCP SDK that it is built with\n".to_owned(),
            Step::Unknown => {
                "mcpdoc probe URL --eras all    # which revisions the server speaks\n".to_owned()
            }
        }
    }
}
