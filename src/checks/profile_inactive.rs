//! profile-inactive: a service that is called is created only with a profile that its caller does not need.

use std::collections::BTreeMap;

use crate::chain::Hop;
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::model::{Service, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "profile-inactive",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/profile-inactive.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut calls: BTreeMap<ServiceId, Vec<&Hop>> = BTreeMap::new();
    for hop in &case.chain.hops {
        // A service with replicas or copies in several projects may be another one than meant.
        if let Some(service) = hop.service().filter(|id| is_off(case, hop, *id)) {
            calls.entry(service).or_default().push(hop);
        }
    }
    for (id, hops) in calls {
        let service = case.stack.service(id);
        if !service.complete() {
            continue;
        }
        let project = case.stack.project(id);
        // Somebody who sets COMPOSE_PROFILES has chosen.
        let severity = match &project.profiles {
            Some(_) => Severity::Warning,
            None => Severity::Note,
        };
        findings.add_as(severity, finding(case, id, service, &hops));
    }
}

/// Whether the service of a call is not created when its caller is.
fn is_off(case: &Case<'_>, hop: &Hop, id: ServiceId) -> bool {
    let service = case.stack.service(id);
    let project = case.stack.project(id);
    if !project.leaves_out(service) {
        return false;
    }
    let caller = case.chain.caller_of(hop);
    let Some(caller) = caller.filter(|caller| caller.project == id.project) else {
        // Who calls from outside of the project is started in ways that its files do not say.
        return project.profiles.is_some();
    };
    // Every profile that brings the caller brings the service too.
    let mut of_caller = case.stack.service(caller).profiles.iter();
    let has = |profile: &str| service.profiles.iter().any(|it| it.value == profile);
    let follows = of_caller.len() > 0 && of_caller.all(|profile| has(&profile.value));
    !follows
}

fn finding(case: &Case<'_>, id: ServiceId, service: &Service, hops: &[&Hop]) -> Finding {
    let name = &service.name.value;
    let profiles: Vec<&str> = service.profiles.iter().map(|it| it.value.as_str()).collect();
    let profile = profiles.first().copied().unwrap_or_default();
    let callers: Vec<String> = hops.iter().map(|hop| repair::caller(case.stack, hop)).collect();
    let set = match &case.stack.project(id).profiles {
        Some(set) if !set.is_empty() => format!("COMPOSE_PROFILES switches on {}", set.join(", ")),
        Some(_) => "COMPOSE_PROFILES is empty".to_owned(),
        None => "nothing that was read sets COMPOSE_PROFILES".to_owned(),
    };
    let message = format!(
        "{} calls {name}, which Compose creates only with the profile {}: {set}, so that `docker compose up` leaves it \
         out; start it with `docker compose --profile {profile} up -d`",
        listed(&callers, 2),
        listed(&profiles, 3),
    );
    let at = service.profiles.first().map_or(&service.at, |it| &it.at);
    let mut finding = Finding::at(at, Part::Value, message)
        .says("not created without this profile")
        .subject(name);
    for hop in hops {
        let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
        finding = finding.also(at, Part::Value, "called here").hop(hop.id);
    }
    let up = format!("--profile {} up -d", repair::quoted(profile));
    let text = format!("COMPOSE_PROFILES={profile}");
    let fix = Fix::manual("switch the profile on for good, in the project's .env", text);
    finding.fix(fix.then(repair::compose(case.stack, id, &up)))
}
