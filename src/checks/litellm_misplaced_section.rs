//! litellm-misplaced-section: `mcp_servers` where LiteLLM does not look for it.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "litellm-misplaced-section",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-misplaced-section.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::MisplacedSection { name, belongs } = &ruling.why else {
            continue;
        };
        let source = case.stack.source(ruling.at.source);
        let Some(node) = source.node(&ruling.at.path) else {
            continue;
        };
        let parent = ruling.at.parent();
        let place = match parent.path.last_key() {
            Some(section) => format!("under `{section}`"),
            None => "at the top level".to_owned(),
        };
        let servers: Vec<&str> = node.entries().into_iter().map(|(name, _)| name).collect();
        let view = &case.chain.gateways[gateway];
        let lost = match servers.as_slice() {
            [] => "nothing in it has an effect".to_owned(),
            [one] => format!("the gateway does not have {one}"),
            [one, more @ ..] => format!("the gateway does not have {one} and {} more", more.len()),
        };
        let message = format!(
            "`{name}` {place} is not read: {} takes servers from `{belongs}` at the top level, {lost}",
            case.program_of(gateway, ruling)
        );
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says("never read")
            .subject(ruling.at.path.to_string())
            .fix(repair(case, gateway, ruling, belongs));
        // Without any server, no client gets a tool.
        let severity = if servers.is_empty() {
            Severity::Warning
        } else {
            if view.outcome.servers.is_empty() {
                finding = finding.hops(case.gateway_hops(gateway));
            }
            Severity::Error
        };
        findings.add_in(severity, &ruling.versions, finding);
    }
}

/// A section at the top gets its name; one that stands elsewhere is for a person to move.
fn repair(case: &Case<'_>, gateway: usize, ruling: &Ruling, belongs: &str) -> Fix {
    let root = &case.stack.gateways[gateway].root;
    let there = case.stack.source(root.source).node(&root.key(belongs).path);
    if there.is_none() && ruling.at.parent() == *root {
        let title = format!("rename it to `{belongs}`");
        return Fix::new(Safety::Safe, title)
            .change(ruling.at.clone(), Op::Rename(belongs.to_owned()));
    }
    let title = match there {
        Some(_) => format!("move its servers to the `{belongs}` that is there"),
        None => format!("move it to the top level, as `{belongs}`"),
    };
    Fix::manual(title, format!("{belongs}:\n  NAME:\n    transport: http\n    url: http://HOST:PORT/mcp"))
}
