//! litellm-misplaced-section: `mcp_servers` where LiteLLM does not look for it.

use crate::change::{Fix, Op, Safety};
use crate::check::block;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::gateway::{Ruling, Why};
use crate::source::{Part, Pointer};

/// Further changes that are named.
const MOST: usize = 4;

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
        let Why::MisplacedSection {
            name,
            belongs,
            stops,
            ignored,
        } = &ruling.why
        else {
            continue;
        };
        let steps = steps(case, &stops.iter().chain(ignored).collect::<Vec<_>>());
        let and = match (stops.iter().any(|ruling| ruling.versions.is_all()), steps.as_slice()) {
            (_, []) => String::new(),
            (true, steps) => format!(
                "; there, it would stop the gateway as it is: {}",
                listed(steps, MOST)
            ),
            (false, steps) => format!("; there, {}", listed(steps, MOST)),
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
            "`{name}` {place} is not read: {} takes servers from `{belongs}` at the top level, {lost}{and}",
            case.program_of(gateway, ruling)
        );
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says("never read")
            .subject(ruling.at.path.to_string())
            .fix(repair(case, gateway, ruling, belongs, stops));
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

/// What else has to change for its servers to be served where it belongs.
fn steps(case: &Case<'_>, rulings: &[&Ruling]) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for ruling in rulings.iter().filter(|ruling| ruling.versions.is_all()) {
        let name = ruling.at.path.last_key().unwrap_or_default();
        let step = match &ruling.why {
            Why::NameInvalid { name, .. } => match renamed(case, ruling) {
                Some(better) => format!("rename {name} to {better}"),
                None => format!("rename {name}"),
            },
            Why::UnknownKey { name, note: Some(note), .. } => format!("`{name}` is not read ({note})"),
            Why::UnknownKey { name, meant: Some(meant), .. } => format!("write `{meant}` instead of `{name}`"),
            Why::UnknownKey { name, .. } => format!("`{name}` is not read"),
            Why::TransportInvalid { meant: Some(meant), .. } | Why::TransportMissing { meant, .. } => {
                format!("write `transport: {meant}`")
            }
            Why::AuthTypeInvalid { meant: Some(meant), .. } => format!("write `auth_type: {meant}`"),
            Why::TransportInvalid { .. }
            | Why::AuthTypeInvalid { .. }
            | Why::AuthIncomplete { .. }
            | Why::Shape { .. }
            | Why::ValueType { .. }
            | Why::VariableBoolean { .. }
            | Why::VariableUnset { .. }
            | Why::UrlMissing { .. }
            | Why::UrlMalformed { .. } => format!("mend `{name}`"),
            _ => continue,
        };
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

/// The name with which a server does not stop the gateway, if it is free.
fn renamed(case: &Case<'_>, ruling: &Ruling) -> Option<String> {
    let Why::NameInvalid { name, separator } = &ruling.why else {
        return None;
    };
    let better = name.replace(separator.as_str(), "_");
    let source = case.stack.source(ruling.at.source);
    let taken = source.node(&ruling.at.parent().path.key(&better)).is_some();
    (!taken && !better.contains(separator.as_str())).then_some(better)
}

/// A section at the top gets its name; one that stands elsewhere is for a person to move.
fn repair(case: &Case<'_>, gateway: usize, ruling: &Ruling, belongs: &str, stops: &[Ruling]) -> Fix {
    let root = &case.stack.gateways[gateway].root;
    let there = case.stack.source(root.source).node(&root.key(belongs).path);
    let mut names: Vec<(Pointer, String)> = Vec::new();
    for ruling in stops {
        names.extend(renamed(case, ruling).map(|better| (ruling.at.clone(), better)));
    }
    if there.is_none() && ruling.at.parent() == *root {
        let title = format!("rename it to `{belongs}`");
        // A gateway that runs without these servers may stop with them.
        let safety = match stops.is_empty() {
            true => Safety::Safe,
            false => Safety::Unsafe,
        };
        let mut fix = Fix::new(safety, title);
        for (server, better) in names {
            fix = fix.change(server, Op::Rename(better));
        }
        return fix.change(ruling.at.clone(), Op::Rename(belongs.to_owned()));
    }
    let title = match there {
        Some(_) => format!("move its servers to the `{belongs}` that is there"),
        None => format!("move it to the top level, as `{belongs}`"),
    };
    names.push((ruling.at.clone(), belongs.to_owned()));
    Fix::manual(title, block::moved(case, &ruling.at, None, &names))
}
