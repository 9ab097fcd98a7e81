//! What is wrong with a process that was started.

use super::words;
use super::words::described;
use crate::fact::{ListEnd, Probe, Process, Target};
use crate::wire::meaning::{Meaning, error_of, meaning};
use crate::wire::{Kind, Trouble};

/// Why it cannot be talked to, or what disturbs the talk.
pub(super) fn read(probe: &Probe, greeted: bool, troubles: &mut Vec<Trouble>) {
    let (Some(process), Target::Command { program, .. }) = (&probe.process, &probe.asked.target)
    else {
        return;
    };
    let evidence: Vec<String> = probe.exchanges.iter().map(described).take(4).collect();
    let unlisted = probe
        .tools
        .as_ref()
        .is_some_and(|listing| listing.end == ListEnd::Failed);
    let died = process.failed.is_some() || (process.exited_early && (!greeted || unlisted));
    if died {
        troubles.push(Trouble {
            kind: Kind::ProcessExited {
                program: program.clone(),
                failed: process.failed.clone(),
                code: process.code,
                signal: process.signal,
                stderr: process.stderr.clone(),
            },
            breaks: true,
            evidence: evidence.clone(),
        });
    }
    if let Some(line) = process.noise.first() {
        troubles.push(Trouble {
            kind: Kind::StdoutNoise {
                line: words::cut(line, 200),
                more: process.noise.len() - 1,
            },
            // Clients differ: some skip such lines, others give up.
            breaks: !greeted && !died,
            evidence: Vec::new(),
        });
    }
    let unread = Process::UNREADABLE.into_iter();
    for does in unread.filter(|does| process.oddities.iter().any(|have| have == does)) {
        troubles.push(Trouble {
            kind: Kind::StdoutForm {
                does: does.to_owned(),
            },
            breaks: true,
            evidence: Vec::new(),
        });
    }
    if greeted || died || !process.noise.is_empty() {
        return;
    }
    let Some(last) = probe.exchanges.last() else {
        return;
    };
    let during = words::purpose(&last.purpose);
    let kind = match (meaning(last), last.answer()) {
        (Meaning::RpcError { code, .. }, Some(answer)) => Kind::ServerError {
            during,
            status: 0,
            code: Some(code),
            says: error_of(answer)
                .map(|error| words::cut(&error.message, 200))
                .unwrap_or_default(),
        },
        (Meaning::Modern(supported), _) => Kind::ProtocolEraMismatch {
            asked: crate::fact::Era::Legacy,
            supported,
        },
        _ => Kind::NoAnswer {
            during,
            waited_ms: last.clock.total_us / 1000,
            others_answer: false,
            after_handshake: false,
        },
    };
    troubles.push(Trouble {
        kind,
        breaks: true,
        evidence,
    });
}
