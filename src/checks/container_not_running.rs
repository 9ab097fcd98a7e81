//! container-not-running: a service that the chain needs has no container that runs.

use crate::change::Fix;
use crate::check::needed::{Needed, has_container};
use crate::check::words::{count, quote};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::fact::{Container, Known, State, Status, label};
use crate::model::ServiceId;
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "container-not-running",
    severity: Severity::Error,
    needs: &[Need::Docker],
    covers: &[
        "connection-refused",
        "connection-reset",
        "connection-timeout",
        "name-not-resolved",
        "no-answer",
        "port-not-listening",
        "unknown-host",
        "upstream-unavailable",
    ],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/container-not-running.md"),
    run,
};

/// Lines of a log that are shown.
const LINES: usize = 4;
/// Characters of each.
const WIDTH: usize = 160;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (id, needed) in case.needed() {
        let service = case.stack.service(id);
        if !has_container(case, id, service) {
            continue;
        }
        let name = &service.name.value;
        match case.container_of(id) {
            Some(one) if one.state.status == Status::Running => {}
            Some(container) => {
                let finding = stopped(case, id, container);
                add(case, findings, id, &needed, finding);
            }
            None => match absent(case, id) {
                Ok(()) => {
                    let message =
                        format!("{name} has no container: it was never started; start it");
                    let finding = Finding::at(&service.name.at, Part::Key, message)
                        .says("no container")
                        .fix(start(case, id, "start"));
                    add(case, findings, id, &needed, finding);
                }
                Err(why) => findings.skip(why),
            },
        }
    }
}

fn add(case: &Case<'_>, findings: &mut Findings, id: ServiceId, needed: &Needed, finding: Finding) {
    let service = case.stack.service(id);
    let mut finding = finding
        .subject(&service.name.value)
        .hops(needed.hops.iter().copied());
    if let Some(cause) = unready(case, id) {
        finding = finding.caused_by(cause.0, cause.1);
    }
    let Some(waits) = needed.waits else {
        findings.add(finding);
        return;
    };
    let waiting = &case.stack.service(waits).name.value;
    let place = &case.stack.service(waits).name.at;
    let finding = finding.also(place, Part::Key, format!("{waiting} waits for it"));
    // Only the start waits; what runs already may do without.
    let runs = case.container_of(waits);
    match runs.is_some_and(|one| one.state.status == Status::Running) {
        true => findings.add_as(Severity::Warning, finding),
        false => findings.add(finding),
    }
}

/// Why it is not known that a service has no container, if it is not.
fn absent(case: &Case<'_>, id: ServiceId) -> Result<(), String> {
    let gap = case.engine().and_then(|engine| engine.gap("containers"));
    if let Some(why) = gap {
        return Err(format!("not every container was looked at: {why}"));
    }
    match case.runs_project(id.project) {
        true => Ok(()),
        false => Err(format!(
            "the project {} does not run here: it has no container",
            case.stack.project(id).name
        )),
    }
}

/// What a container waits for that was never started itself: the check and the service.
fn unready(case: &Case<'_>, id: ServiceId) -> Option<(&'static str, String)> {
    let waits = case.container_of(id);
    if waits.is_some_and(|one| one.state.status != Status::Created) {
        return None;
    }
    case.waits_for(id).find_map(|other| {
        let container = case.container_of(other)?;
        let name = case.stack.service(other).name.value.clone();
        let health = container.state.health.as_ref();
        match container.state.status {
            Status::Running if health.is_some_and(|it| it.status == "unhealthy") => {
                Some(("container-unhealthy", name))
            }
            Status::Running => None,
            _ => Some((CHECK.id, name)),
        }
    })
}

fn stopped(case: &Case<'_>, id: ServiceId, container: &Container) -> Finding {
    let service = case.stack.service(id);
    let (name, state) = (&service.name.value, &container.state);
    let is_stdio = case
        .mcp_service(id)
        .is_some_and(|mcp| mcp.only_stdio().is_some());
    let is_deaf = is_stdio && state.exit_code == 0 && !container.open_stdin;
    let (what, next) = (said(container, is_deaf), next(state, is_deaf));
    let message = match state.status {
        Status::Paused => format!("{name} does not answer: {what}; {next}"),
        _ => format!("{name} does not run: {what}; {next}"),
    };
    let mut finding = Finding::at(&service.name.at, Part::Key, message)
        .says(state.status.word())
        .evidence(Source::Docker, seen(container));
    if let Known::Yes(log) = &container.log {
        let skipped = log.len().saturating_sub(LINES);
        for line in &log[skipped..] {
            let line = format!("its log: {}", quote(line, WIDTH));
            finding = finding.evidence(Source::Docker, line);
        }
    }
    let verb = match state.status {
        Status::Paused => return finding.fix(unpause(case, id, container)),
        Status::Created => "start",
        _ => "start again",
    };
    match container.label(label::PROJECT) {
        Some(_) => finding.fix(start(case, id, verb)),
        None => finding.fix(Fix::run(
            format!("{verb} {name}, and see why it ends if it does"),
            format!("docker start -a {}", repair::quoted(&container.name)),
        )),
    }
}

/// What the container does instead of running.
fn said(container: &Container, is_deaf: bool) -> String {
    let (name, state) = (&container.name, &container.state);
    match state.status {
        Status::Paused => format!("its container {name} is paused"),
        Status::Created if state.error.is_empty() => {
            format!("its container {name} was made and never started")
        }
        Status::Created => format!(
            "its container {name} could not be started ({})",
            quote(&state.error, WIDTH)
        ),
        Status::Restarting => {
            let times = match state.restarts {
                0 => "again".to_owned(),
                number => format!(
                    "again and again ({})",
                    count(number as usize, "once", "times")
                ),
            };
            format!(
                "its container {name} is started {times}, and {} each time",
                ended(state, is_deaf)
            )
        }
        Status::Dead | Status::Removing => {
            format!("its container {name} is {}", state.status.word())
        }
        Status::Exited | Status::Running => {
            format!("its container {name} {}", ended(state, is_deaf))
        }
    }
}

/// What an exit code means.
fn ended(state: &State, is_deaf: bool) -> String {
    let code = state.exit_code;
    if state.out_of_memory {
        return format!("is killed for want of memory (exit code {code})");
    }
    match code {
        0 if is_deaf => {
            "ends by itself (exit code 0), as a stdio server does at the end of its input"
                .to_owned()
        }
        0 => "ends by itself (exit code 0)".to_owned(),
        125 | 128 => format!("cannot be started (exit code {code})"),
        126 => "has a command that cannot be executed (exit code 126)".to_owned(),
        127 => "has a command that is not there (exit code 127)".to_owned(),
        130 | 143 => format!("is told to end (exit code {code})"),
        134 => "aborts (exit code 134)".to_owned(),
        137 => "is killed (exit code 137)".to_owned(),
        139 => "crashes (exit code 139, a segmentation fault)".to_owned(),
        _ => format!("fails (exit code {code})"),
    }
}

fn next(state: &State, is_deaf: bool) -> &'static str {
    match (state.status, state.exit_code) {
        (Status::Paused, _) => "unpause it",
        (Status::Created, _) if state.error.is_empty() => "start it",
        (Status::Created, _) => "mend that, and start it",
        _ if state.out_of_memory => "give it more memory, or find out what takes it",
        (_, 0) if is_deaf => "give it a transport over the network",
        (_, 126 | 127) => "correct its command or entrypoint",
        (_, 130 | 137 | 143) => "start it",
        _ => "its log says why",
    }
}

/// The facts in a line.
fn seen(container: &Container) -> String {
    let state = &container.state;
    let mut words = vec![format!(
        "container {} is {}",
        container.name,
        state.status.word()
    )];
    if !matches!(state.status, Status::Created | Status::Paused) {
        words.push(format!("exit code {}", state.exit_code));
        words.push(count(state.restarts as usize, "one restart", "restarts"));
    }
    if state.out_of_memory {
        words.push("out of memory".to_owned());
    }
    words.push(format!("restart policy {}", container.restart));
    words.join(", ")
}

fn start(case: &Case<'_>, id: ServiceId, verb: &str) -> Fix {
    let name = &case.stack.service(id).name.value;
    let title = format!("{verb} {name}, and see why it ends if it does");
    let up = repair::compose(case.stack, id, "up -d");
    Fix::run(title, up).then(repair::compose(case.stack, id, "logs --tail 50"))
}

fn unpause(case: &Case<'_>, id: ServiceId, container: &Container) -> Fix {
    let name = &case.stack.service(id).name.value;
    let command = match container.label(label::PROJECT) {
        Some(_) => repair::compose(case.stack, id, "unpause"),
        None => format!("docker unpause {}", repair::quoted(&container.name)),
    };
    Fix::run(format!("unpause {name}"), command)
}
