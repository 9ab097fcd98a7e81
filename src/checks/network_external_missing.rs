//! network-external-missing: Compose is told that a network exists, and the engine has none of that name.

use crate::chain::HopId;
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed, naming_part};
use crate::model::{Attachment, Network, Project, Service, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "network-external-missing",
    severity: Severity::Error,
    needs: &[Need::Docker],
    covers: &["container-not-running"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/network-external-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let Some(engine) = case.engine() else { return };
    if let Some(why) = engine.gap("networks") {
        findings.skip(format!("not every network was looked at: {why}"));
        return;
    }
    for (number, project) in case.stack.projects.iter().enumerate() {
        for network in project.networks.iter().filter(|network| network.external) {
            let Some(name) = network.real_name.get() else {
                continue;
            };
            let users = users(project, number, network);
            if engine.network(name).is_none() && !users.is_empty() {
                findings.add(finding(case, network, name, &users));
            }
        }
    }
}

/// A service that joins a network, and where.
struct User<'a> {
    id: ServiceId,
    service: &'a Service,
    joins: &'a Attachment,
}

/// Those whose container Compose would make. A network that nobody joins it does not look for.
fn users<'a>(project: &'a Project, number: usize, network: &Network) -> Vec<User<'a>> {
    let services = project.services.iter().enumerate();
    let users = services.filter_map(|(at, service)| {
        let joins = service.networks.iter().find(|it| it.key == network.key)?;
        let id = ServiceId {
            project: number,
            service: at,
        };
        (!project.leaves_out(service)).then_some(User { id, service, joins })
    });
    users.collect()
}

fn finding(case: &Case<'_>, network: &Network, name: &str, users: &[User<'_>]) -> Finding {
    let names: Vec<&str> = users
        .iter()
        .map(|user| user.service.name.value.as_str())
        .collect();
    let message = format!(
        "the network {name} is declared as external, and the engine has none of that name: Compose does not start {}; make the network first",
        listed(&names, 3)
    );
    let first = &users[0];
    let finding = match &network.at {
        Some(at) => Finding::at(at, Part::Key, message),
        None => Finding::at(&first.joins.at, naming_part(&first.joins.at), message),
    };
    let mut finding = finding
        .says("does not exist")
        .subject(name)
        .hops(hops(case, users))
        .evidence(
            Source::Catalog,
            format!("Compose says: network {name} declared as external, but could not be found"),
        );
    if let Some(like) = alike(case, network) {
        let text = format!("the engine has {like}");
        finding = finding.evidence(Source::Docker, text);
    }
    for user in users {
        let at = &user.joins.at;
        finding = finding.also(
            at,
            naming_part(at),
            format!("{} joins it", user.service.name.value),
        );
    }
    let make = format!("docker network create {}", repair::quoted(name));
    let fix = Fix::run(format!("make the network {name}"), make);
    finding.fix(fix.then(repair::compose(case.stack, first.id, "up -d")))
}

/// The network that another project has by that key: perhaps that one was meant.
fn alike<'a>(case: &Case<'a>, network: &Network) -> Option<&'a str> {
    let ending = format!("_{}", network.key);
    let mut networks = case.engine()?.networks.iter();
    let found = networks.find(|have| have.name.ends_with(&ending))?;
    Some(&found.name)
}

/// What leads to services that have no running container: those that run were started while there was such a network.
fn hops(case: &Case<'_>, users: &[User<'_>]) -> Vec<HopId> {
    let by_service = case.chain.hops_by_service();
    let stopped = users.iter().filter(|user| {
        let all = case.containers_of(user.id);
        !all.iter().any(|container| container.is_running())
    });
    let hops = stopped.filter_map(|user| by_service.get(&user.id));
    let mut hops: Vec<HopId> = hops.flatten().copied().collect();
    hops.sort_unstable();
    hops.dedup();
    hops
}
