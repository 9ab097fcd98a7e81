//! no-answer: connections are accepted, requests are not answered.

use crate::change::Fix;
use crate::check::wire::time;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::fact::Target;
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "no-answer",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/no-answer.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::NoAnswer {
            during,
            waited_ms,
            others_answer,
            after_handshake,
        } = &trouble.kind
        else {
            continue;
        };
        let waited = time(*waited_ms);
        let silence = match (&probed.probe.asked.target, after_handshake) {
            (_, true) => Silence::Later,
            (Target::Command { .. }, false) => Silence::Program,
            (Target::Url(_), false) if *others_answer => Silence::Path,
            (Target::Url(_), false) => Silence::Port,
        };
        findings.add(finding(probed, trouble, during, &waited, silence));
    }
}

/// How much of it is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// The whole port.
    Port,
    /// This path.
    Path,
    /// It worked until then.
    Later,
    /// A program, on its standard output.
    Program,
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    during: &str,
    waited: &str,
    silence: Silence,
) -> Finding {
    let (what, title, lines) = match silence {
        Silence::Port => (
            format!(
                "the connection is accepted and `{during}` is not answered in {waited}, nor is any other request: the \
                 process hangs, or the port belongs to something that is no HTTP server; look at its log"
            ),
            "find out what has the port, and whether it hangs",
            "ss -ltnp    # which process listens there\n",
        ),
        Silence::Path => (
            format!(
                "`{during}` is not answered in {waited}, although the same server answers other paths: the MCP part of it \
                 hangs, or waits for something behind it; look at its log"
            ),
            "find out what the server waits for",
            "look at the server's log while `mcpdoc probe` runs: what is the last thing that it does?\n",
        ),
        Silence::Later => (
            format!(
                "`{during}` is not answered in {waited}, although the handshake works: the server waits for something \
                 behind it, or cannot answer two requests of a session; look at its log"
            ),
            "find out what the server waits for",
            "look at the server's log while `mcpdoc probe` runs: what is the last thing that it does?\n",
        ),
        Silence::Program => (
            format!(
                "the program runs and `{during}` is not answered in {waited}: it still downloads or starts, it waits for \
                 input, or it speaks another transport than stdio; run it by hand and read what it prints"
            ),
            "run it by hand",
            "run the command in a terminal: does it download, ask for something, or print the address of a web server?\n",
        ),
    };
    probed
        .finding(trouble, probed.but(what))
        .says(format!("no answer to {during} in {waited}"))
        .fix(Fix::manual(title, lines))
}
