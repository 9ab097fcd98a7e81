//! env-required-missing: a variable that an MCP server cannot do without is set nowhere.

use crate::catalog::server::{Needed, Verified};
use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, listed};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "env-required-missing",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-required-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        let is_known = matches!(mcp.server.verified, Verified::Run | Verified::Source);
        if !is_known || !mcp.service.complete() {
            continue;
        }
        // Which variables a transport needs counts where it is certain that it is spoken.
        let spoken = mcp.behind.running.transports.iter();
        let certain = spoken.filter(|speaks| mcp.doubt().is_none() && speaks.sure);
        let kinds: Vec<_> = certain.map(|speaks| speaks.kind).collect();
        let missing = mcp.launched(|server, launch| {
            let needed = server.missing_variables(launch, &kinds);
            needed.into_iter().cloned().collect::<Vec<Needed>>()
        });
        let missing = missing.unwrap_or_default();
        if missing.is_empty() {
            continue;
        }
        if let Some(why) = may_be_elsewhere(case, &mcp) {
            findings.skip(format!(
                "whether {} gets {} is not known: {why}",
                mcp.name(),
                listed(&named(&missing), 3)
            ));
            continue;
        }
        let of_service = hops.get(&mcp.id).into_iter().flatten().copied();
        findings.add(finding(case, &mcp, &missing).hops(of_service));
    }
}

/// Ways of giving a variable that are not looked into.
fn may_be_elsewhere(case: &Case<'_>, mcp: &McpService<'_>) -> Option<String> {
    let service = mcp.service;
    let has = |key: &str| {
        let at = service.at.key(key);
        case.stack.source(at.source).node(&at.path).is_some()
    };
    if has("secrets") {
        return Some("it has secrets".to_owned());
    }
    let dotenv = service.mounts.iter().find(|mount| {
        let name = mount.target.rsplit('/').next().unwrap_or_default();
        name.starts_with(".env") || name.ends_with(".env")
    });
    dotenv.map(|mount| format!("{} is mounted into it", mount.source))
}

fn named(missing: &[Needed]) -> Vec<String> {
    let either = |needed: &Needed| needed.any_of().join(" or ");
    missing.iter().map(either).collect()
}

fn finding(case: &Case<'_>, mcp: &McpService<'_>, missing: &[Needed]) -> Finding {
    let name = mcp.name();
    let all = named(missing);
    let message = format!(
        "{name} gets no {}: nothing under `environment` or in an env file sets {}, and {} requires it; set {} there",
        listed(&all, 4),
        if missing.len() == 1 { "it" } else { "them" },
        mcp.image(),
        if missing.len() == 1 { "it" } else { "them" },
    );
    let image = mcp.service.image.as_ref();
    let at = image.map_or(&mcp.service.at, |image| &image.at);
    let finding = Finding::at(at, Part::Value, message)
        .says(format!("needs {}", listed(&all, 4)))
        .subject(name);
    let finding = match &mcp.server.env.note {
        Some(note) => finding.evidence(Source::Catalog, note.clone()),
        None => finding,
    };
    let first = missing.iter().filter_map(|needed| needed.any_of().first());
    let references: Vec<(String, String)> = first
        .map(|name| (name.clone(), format!("${{{name}}}")))
        .collect();
    let title = "take it from the shell or .env, where Compose looks for it";
    let mut fix = Fix::new(Safety::Unsafe, title);
    fix.changes = repair::set_variables(case.stack, mcp.service, &references);
    finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")))
}
