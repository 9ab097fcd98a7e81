//! depends-on-unconditioned: a service waits until another one is started, not until it is ready.

use std::collections::HashSet;

use serde_json::{Map, json};

use crate::catalog::ImageRef;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own, listed};
use crate::model::{Healthcheck, Service, ServiceId};
use crate::repair;
use crate::source::{Part, Step};

pub(super) static CHECK: Check = Check {
    id: "depends-on-unconditioned",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/depends-on-unconditioned.md"),
    run,
};

/// Parts of names by which images of databases are recognised.
const DATABASES: [&str; 10] = [
    "postgres", "pgvector", "timescale", "mysql", "mariadb", "mongo", "neo4j", "clickhouse", "qdrant", "elasticsearch",
];

fn run(case: &Case<'_>, findings: &mut Findings) {
    let gateways: HashSet<ServiceId> =
        case.chain.gateways.iter().filter_map(|view| view.service()).collect();
    let called = case.chain.hops.iter().filter_map(|hop| {
        let caller = case.chain.caller_of(hop);
        Some((caller?, hop.service()?))
    });
    let called: HashSet<(ServiceId, ServiceId)> = called.collect();
    let servers: HashSet<ServiceId> = case.chain.hops.iter().filter_map(|hop| hop.service()).collect();
    for (id, service) in case.stack.services() {
        let on_chain = gateways.contains(&id) || servers.contains(&id) || case.mcp_service(id).is_some();
        if !on_chain || !service.complete() {
            continue;
        }
        let matters = |name: &str| {
            let other = ServiceId {
                project: id.project,
                service: case.stack.projects[id.project].service(name)?,
            };
            let needed = called.contains(&(id, other)) || is_database(case.stack.service(other));
            let tested = matches!(case.stack.service(other).healthcheck, Healthcheck::Test(_));
            (needed && tested).then_some(())
        };
        let waits: Vec<&str> = service
            .depends_on
            .iter()
            .filter(|entry| matches!(entry.at.path.steps().last(), Some(Step::Index(_))))
            .map(|entry| entry.value.0.as_str())
            .filter(|name| matters(name).is_some())
            .collect();
        if !waits.is_empty() {
            findings.add(finding(case, id, service, &waits));
        }
    }
}

fn is_database(service: &Service) -> bool {
    let image = service.image.as_ref().and_then(|image| image.value.get());
    image.is_some_and(|image| {
        let image = ImageRef::parse(image);
        let name = image.repository.rsplit('/').next().unwrap_or_default();
        // An exporter, a client or an MCP server carries the name too.
        let other = ["mcp", "exporter", "express", "admin", "backup"];
        DATABASES.iter().any(|it| name.contains(it)) && !other.iter().any(|it| name.contains(it))
    })
}

fn finding(case: &Case<'_>, id: ServiceId, service: &Service, waits: &[&str]) -> Finding {
    let name = &service.name.value;
    let all = listed(waits, 3);
    let message = format!(
        "{name} starts as soon as {all} {} started, not when {}: `depends_on` does not wait for the healthcheck there; \
         write `condition: service_healthy`",
        if waits.len() == 1 { "is" } else { "are" },
        if waits.len() == 1 { "it is ready" } else { "they are ready" },
    );
    let entries = service.depends_on.iter();
    let mut listed = entries.filter(|entry| waits.contains(&entry.value.0.as_str()));
    let at = listed.next().map_or(&service.at, |entry| &entry.at);
    let mut finding = Finding::at(at, Part::Value, message).says("started is enough").subject(name);
    for wait in waits {
        let other = case.stack.projects[id.project].service(wait);
        let other = other.map(|other| &case.stack.projects[id.project].services[other]);
        if let Some(Healthcheck::Test(test)) = other.map(|other| &other.healthcheck) {
            finding = finding.also(&test.at, Part::Value, "not waited for");
        }
    }
    let list = at.parent();
    let node = case.stack.source(list.source).node(&list.path);
    let all_here = service.depends_on.iter().all(|entry| entry.at.parent() == list);
    if !is_own(service, &list) || !all_here || node.is_none_or(|node| !node.is_seq()) {
        return finding;
    }
    let conditions: Map<_, _> = service
        .depends_on
        .iter()
        .map(|entry| {
            let other = &entry.value.0;
            let condition = match waits.contains(&other.as_str()) {
                true => "service_healthy",
                false => "service_started",
            };
            (other.clone(), json!({ "condition": condition }))
        })
        .collect();
    let fix = Fix::new(Safety::Unsafe, format!("wait until {} healthy", is_or_are(waits)))
        .change(list, Op::Set(json!(conditions)));
    finding.fix(fix.then(repair::compose(case.stack, id, "up -d")))
}

fn is_or_are(waits: &[&str]) -> String {
    let all = listed(waits, 3);
    match waits.len() {
        1 => format!("{all} is"),
        _ => format!("{all} are"),
    }
}
