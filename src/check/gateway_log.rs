//! What the log of a gateway says of a server behind it.

use super::Case;
use crate::catalog::gateway::LogLine;
use crate::chain::Hop;

/// How many lines are evidence.
const LINES: usize = 3;
/// Longer ones are cut, in characters.
const LENGTH: usize = 160;

/// The last lines about the server of a call, each with what it is known to mean. Lines that name no server count where no
/// other server can be meant.
pub(crate) fn lines(case: &Case<'_>, upstream: &Hop, is_alone: bool) -> Vec<String> {
    let service = case.chain.caller_of(upstream);
    let container = service
        .zip(case.facts.engine.get())
        .and_then(|(service, engine)| case.chain.containers.container(engine, service));
    let Some(log) = container.and_then(|container| container.log.get()) else {
        return Vec::new();
    };
    let known = &case.catalog.litellm().log;
    let fits = |one: &&LogLine, line: &str| match one.names_server() {
        true => one.is_about(line, upstream.entry()),
        false => is_alone && one.fits(line),
    };
    let mut found: Vec<String> = Vec::new();
    for line in log.iter().rev() {
        let Some(one) = known.iter().find(|one| fits(one, line)) else {
            continue;
        };
        let said = said(one, line);
        // Each line stands there twice, and for each time that somebody asked.
        if !found.contains(&said) {
            found.push(said);
        }
    }
    found.truncate(LINES);
    found.reverse();
    found
}

/// What a line says, without what stands before it in every line, and what it means.
fn said(one: &LogLine, line: &str) -> String {
    let head = one.says.split("{server}").next().unwrap_or_default();
    let from = line.find(head).unwrap_or_default();
    let text: String = line[from..].trim().chars().take(LENGTH).collect();
    match &one.means {
        Some(means) => format!("its log says {text:?}: {means}"),
        None => format!("its log says {text:?}"),
    }
}
