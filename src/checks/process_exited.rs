//! process-exited: the program could not be started, or ended by itself.

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source, symptom};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "process-exited",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/process-exited.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ProcessExited {
            program,
            failed,
            code,
            signal,
            stderr,
        } = &trouble.kind
        else {
            continue;
        };
        let finding = match failed {
            Some(why) => not_started(probed, trouble, program, why),
            None => ended(probed, trouble, Exit::of(*code, *signal), stderr),
        };
        findings.add_for(trouble, finding);
    }
}

fn not_started(probed: &Probed<'_>, trouble: &Trouble, program: &str, why: &str) -> Finding {
    let is_absent = {
        let why = why.to_lowercase();
        why.contains("not found") || why.contains("no such file")
    };
    let (step, lines) = match is_absent {
        true => (
            format!("install `{program}`, or write the whole path of it"),
            format!("command -v {program}    # its path, as the shell finds it\n"),
        ),
        false => (
            format!("let `{program}` be started: it has to be a program that this user may run"),
            format!("ls -l \"$(command -v {program})\"\n"),
        ),
    };
    let message = probed.but(format!("`{program}` could not be started: {why}; {step}"));
    probed
        .finding(trouble, message)
        .says("could not be started")
        .fix(Fix::manual(step, lines))
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Code(i32),
    Signal(i32),
    Unknown,
}

impl Exit {
    fn of(code: Option<i32>, signal: Option<i32>) -> Exit {
        match (code, signal) {
            (_, Some(signal)) => Exit::Signal(signal),
            (Some(code), None) => Exit::Code(code),
            (None, None) => Exit::Unknown,
        }
    }

    fn words(self) -> String {
        match self {
            Exit::Code(code) => format!("with exit code {code}"),
            Exit::Signal(signal) => format!("by signal {signal}"),
            Exit::Unknown => "by itself".to_owned(),
        }
    }

    /// What such an end means where nothing else tells.
    fn means(self) -> Option<&'static str> {
        match self {
            Exit::Code(0) => Some("it ended as if its work was done: most such programs want another argument to serve"),
            Exit::Code(126) => Some("a shell ends so when it may not run the program"),
            Exit::Code(127) => Some("a shell ends so when it does not find the program"),
            Exit::Code(137) | Exit::Signal(9) => Some("it was killed, as the system does when memory runs out"),
            Exit::Signal(11) => Some("it crashed"),
            Exit::Code(_) | Exit::Signal(_) | Exit::Unknown => None,
        }
    }
}

/// Words of programs that end at once, and what they mean.
struct Last {
    says: &'static str,
    means: &'static str,
    mend: &'static str,
    lines: &'static str,
}

const LAST: &[Last] = &[
    Last {
        says: "database URL as a command-line argument",
        means: "this server takes the database's address as its argument and reads no variable for it",
        mend: "give it the address as an argument",
        lines: "\"args\": [\"…\", \"postgresql://USER:PASSWORD@HOST/DATABASE\"]",
    },
    Last {
        says: "the input device is not a TTY",
        means: "docker was told to attach a terminal, and a client has none",
        mend: "take `-t` out",
        lines: "\"args\": [\"run\", \"-i\", \"--rm\", \"IMAGE\"]",
    },
    Last {
        says: "Cannot connect to the Docker daemon",
        means: "no container engine runs, or this user may not talk to it",
        mend: "start the engine",
        lines: "docker info",
    },
    Last {
        says: "pull access denied",
        means: "there is no such image, or it needs a login",
        mend: "write the image's right name",
        lines: "docker pull IMAGE",
    },
    Last {
        says: "address already in use",
        means: "it opens a port that is taken: it is a web server, or another copy of it runs",
        mend: "start it with its option for stdio, or call the copy that runs by its url",
        lines: "ss -ltnp",
    },
    Last {
        says: "EADDRINUSE",
        means: "it opens a port that is taken: it is a web server, or another copy of it runs",
        mend: "start it with its option for stdio, or call the copy that runs by its url",
        lines: "ss -ltnp",
    },
    Last {
        says: "E404",
        means: "the registry has no such package",
        mend: "write the package's right name",
        lines: "npm view PACKAGE version",
    },
    Last {
        says: "Cannot find module",
        means: "a file or package of the program is not there: it was not built, or not installed whole",
        mend: "install and build it",
        lines: "npm install && npm run build",
    },
    Last {
        says: "ModuleNotFoundError",
        means: "a Python package is not there in the environment that was started",
        mend: "start it with the Python of its own environment",
        lines: "\"command\": \"/path/to/.venv/bin/python\"",
    },
    Last {
        says: "No solution found when resolving",
        means: "uv finds no versions of its packages that fit together",
        mend: "choose another version of it or of Python",
        lines: "uvx --python VERSION PACKAGE",
    },
];

fn ended(probed: &Probed<'_>, trouble: &Trouble, exit: Exit, stderr: &[String]) -> Finding {
    let last = stderr.iter().rev().find(|line| !line.trim().is_empty());
    let said = match last {
        Some(line) => format!("; its last words are {}", quote(line, 120)),
        None => ", without a word on standard error".to_owned(),
    };
    let when = match trouble.breaks {
        true => "before it had answered",
        false => "without being told to, after it had answered",
    };
    let (means, fix) = cause(trouble, exit, stderr);
    let message = probed.but(format!(
        "the program ended {} {when}{said}; {}",
        exit.words(),
        fix.title
    ));
    let finding = probed
        .finding(trouble, message)
        .says(format!("ended {}", exit.words()));
    let finding = match means {
        Some(means) => finding.evidence(Source::Catalog, means),
        None => finding,
    };
    finding.fix(fix)
}

/// What its words or its end mean, where that is known, and what to do.
fn cause(trouble: &Trouble, exit: Exit, stderr: &[String]) -> (Option<&'static str>, Fix) {
    let known = LAST
        .iter()
        .find(|known| stderr.iter().any(|line| line.contains(known.says)));
    if let Some(known) = known {
        return (Some(known.means), Fix::manual(known.mend, known.lines));
    }
    if let Some(known) = symptom::of(trouble, &stderr.join("\n")) {
        return (Some(known.means), known.fix());
    }
    let by_hand = Fix::manual(
        "run it by hand to see why",
        "run the command in a terminal, with the same variables, and read what it prints",
    );
    (exit.means(), by_hand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_says_more_than_a_code() {
        assert_eq!(Exit::of(None, Some(9)).words(), "by signal 9");
        assert_eq!(Exit::of(Some(3), None).words(), "with exit code 3");
        assert_eq!(Exit::of(None, None).words(), "by itself");
        assert!(Exit::of(Some(137), None).means().is_some());
    }
}
