//! docker-run-detached: a stdio server in a container to whose stdin nobody can write.

use crate::change::{Fix, Safety};
use crate::check::containers::{Container, containers};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "docker-run-detached",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["process-exited", "stdout-noise"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/docker-run-detached.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for container in containers(case) {
        let Some(problem) = Problem::of(&container) else {
            continue;
        };
        let severity = match problem {
            // Only Docker is known to refuse it; with the others the messages may get through.
            Problem::Terminal(_) if container.starts.engine != "docker" => Severity::Warning,
            _ => Severity::Error,
        };
        findings.add_as(severity, finding(&container, &problem));
    }
}

/// Why nobody can talk to it, and the word that says so.
enum Problem {
    Detached(usize),
    NoStdin,
    Terminal(usize),
}

impl Problem {
    fn of(container: &Container<'_>) -> Option<Problem> {
        let starts = &container.starts;
        match (starts.detached, starts.terminal) {
            (Some(word), _) => Some(Problem::Detached(word)),
            // Which streams are then attached, the flags say one by one.
            _ if !starts.stdin && !starts.attached => Some(Problem::NoStdin),
            (None, Some(word)) if starts.stdin => Some(Problem::Terminal(word)),
            _ => None,
        }
    }
}

fn finding(container: &Container<'_>, problem: &Problem) -> Finding {
    let (name, verb, caller) = (container.name, container.verb(), container.caller);
    let starts = &container.starts;
    let word = |at: usize| container.args[at].value.as_str();
    let (message, at, says) = match problem {
        Problem::Detached(at) => (
            format!(
                "{name} starts `{verb}` in the background (`{}`): {caller} gets no stdin and no stdout to talk over; \
                 write `-i` instead",
                word(*at)
            ),
            *at,
            "the program ends at once, and the container runs on without it",
        ),
        Problem::NoStdin => (
            format!(
                "{name} starts `{verb}` without `-i`: the stdin in the container is closed, and the server never \
                 hears {caller}; add `-i`"
            ),
            starts.flags - 1,
            "no `-i` among its flags",
        ),
        Problem::Terminal(at) if starts.engine == "docker" => (
            format!(
                "{name} starts `{verb}` with a terminal (`{}`): docker refuses that, because its own stdin is a pipe \
                 to {caller}; write `-i` alone",
                word(*at)
            ),
            *at,
            "docker says that the input device is not a TTY, and exits",
        ),
        Problem::Terminal(at) => (
            format!(
                "{name} starts `{verb}` with a terminal (`{}`), which echoes what {caller} sends and changes line \
                 ends; write `-i` alone",
                word(*at)
            ),
            *at,
            "a terminal between the messages",
        ),
    };
    let safety = match problem {
        Problem::Detached(_) => Safety::Unsafe,
        Problem::NoStdin | Problem::Terminal(_) => Safety::Safe,
    };
    let mut fix = Fix::new(safety, format!("start it with `{verb} -i`"));
    fix.changes = container.write(&mended(container));
    Finding::at(&container.args[at].at, Part::Value, message)
        .says(says)
        .subject(name)
        .hops(container.hop)
        .fix(fix)
}

/// The arguments with an open stdin, in the foreground, without a terminal.
fn mended(container: &Container<'_>) -> Vec<String> {
    let starts = &container.starts;
    let mut open = starts.stdin;
    let mut words = Vec::new();
    for (at, arg) in container.args.iter().enumerate() {
        let word = arg.value.as_str();
        let is_flag = (starts.flags..starts.image).contains(&at);
        let kept = match at {
            _ if Some(at) == starts.detached || Some(at) == starts.terminal => without(word),
            _ if is_flag && matches!(word, "--interactive=false" | "-i=false") => None,
            _ => Some(word.to_owned()),
        };
        match kept {
            Some(word) => words.push(word),
            None if !open => {
                words.push("-i".to_owned());
                open = true;
            }
            None => {}
        }
    }
    if !open {
        words.insert(starts.flags, "-i".to_owned());
    }
    words
}

/// A flag without the letters that stand for the background and for a terminal; nothing when nothing is left.
fn without(word: &str) -> Option<String> {
    if word.starts_with("--") || word.contains('=') {
        return None;
    }
    let mut valued = false;
    let left: String = word
        .chars()
        .filter(|letter| {
            // What follows the first letter that takes a value is that value.
            valued |= !matches!(letter, '-' | 'd' | 'i' | 't' | 'P' | 'q');
            valued || !matches!(letter, 'd' | 't')
        })
        .collect();
    (left != "-").then_some(left)
}
