//! network-undefined: a service joins a network that its project does not declare.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::chain::HopId;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed, naming_part};
use crate::repair;
use crate::model::{Attachment, Project, Service, ServiceId, Stack};
use crate::source::Pointer;

pub(super) static CHECK: Check = Check {
    id: "network-undefined",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/network-undefined.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut hops = case.chain.hops_by_service();
    let others = Others::of(case.stack);
    for (number, project) in case.stack.projects.iter().enumerate() {
        let mut undefined = project
            .services
            .iter()
            .enumerate()
            .map(|(at, service)| (at, service, missing(project, service)))
            .filter(|(_, _, missing)| !missing.is_empty())
            .peekable();
        let Some((_, service, first)) = undefined.peek() else {
            continue;
        };
        if let Some(reason) = undecided(case.stack, project, service, first[0]) {
            findings.skip(reason);
            continue;
        }
        // Compose refuses the whole project: the first finding breaks what leads to any of its services.
        let mut broken: Vec<HopId> = (0..project.services.len())
            .filter_map(|service| {
                hops.remove(&ServiceId {
                    project: number,
                    service,
                })
            })
            .flatten()
            .collect();
        broken.sort_unstable_by_key(|hop| hop.0);
        let joining = joining(project);
        for (_, service, missing) in undefined {
            let finding = finding(case.stack, service, &missing)
                .hops(std::mem::take(&mut broken))
                .fix(declare(service, &missing, &others, &joining));
            findings.add(finding);
        }
    }
}

/// The networks that a service names and its project does not declare.
fn missing<'a>(project: &Project, service: &'a Service) -> Vec<&'a Attachment> {
    let joined = service.networks.iter();
    joined
        .filter(|joined| !joined.implicit && project.network(&joined.key).is_none())
        .collect()
}

/// Why the declaration may stand in a file that was not read.
fn undecided(
    stack: &Stack,
    project: &Project,
    service: &Service,
    missing: &Attachment,
) -> Option<String> {
    let name = &missing.key;
    if let Some(gap) = project.gaps.first() {
        return Some(format!(
            "{} ({}), which may hide the declaration of network {name}",
            gap.value,
            stack.name(gap.at.source)
        ));
    }
    let file = stack.name(service.at.source);
    let overlay = |service: &&Service| service.image.is_none() && service.build.is_none();
    let because = match project.services.iter().find(overlay) {
        Some(part) => format!("{} has no image", part.name.value),
        None if project.files.len() == 1 && is_laid_over(file) => {
            "Compose does not read a file of that name on its own".to_owned()
        }
        None => return None,
    };
    Some(format!(
        "{file} looks like part of a project ({because}): to have network {name} checked, name all files of the project with --compose FILE,FILE"
    ))
}

/// Whether a file's name says that it is laid over another: `docker-compose.prod.yml`.
fn is_laid_over(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_prefix("docker-").unwrap_or(name);
    let rest = name.strip_prefix("compose.");
    rest.is_some_and(|rest| !["yaml", "yml"].contains(&rest))
}

/// How many services of a project join each network.
fn joining(project: &Project) -> HashMap<&str, usize> {
    let mut joining = HashMap::new();
    for joined in project
        .services
        .iter()
        .flat_map(|service| &service.networks)
    {
        *joining.entry(joined.key.as_str()).or_default() += 1;
    }
    joining
}

/// What all projects of the stack say of networks, by their names in the engine.
struct Others<'a> {
    /// The project that has a network, the one that creates it where there is one.
    has: HashMap<&'a str, &'a Project>,
    created: HashSet<&'a str>,
}

impl<'a> Others<'a> {
    fn of(stack: &'a Stack) -> Others<'a> {
        let mut others = Others {
            has: HashMap::new(),
            created: HashSet::new(),
        };
        for project in &stack.projects {
            for network in &project.networks {
                let Some(name) = network.real_name.get() else {
                    continue;
                };
                if network.external {
                    others.has.entry(name).or_insert(project);
                } else {
                    others.has.insert(name, project);
                    others.created.insert(name);
                }
            }
        }
        others
    }
}

fn finding(stack: &Stack, service: &Service, missing: &[&Attachment]) -> Finding {
    let names: Vec<&str> = missing.iter().map(|joined| joined.key.as_str()).collect();
    let (first, rest) = (missing[0], &missing[1..]);
    let file = stack.name(service.at.source);
    let file = file.rsplit('/').next().unwrap_or(file);
    let them = if names.len() == 1 { "it" } else { "them" };
    let message = format!(
        "{} joins {}, which {file} does not declare: Compose refuses the whole project; add {them} to the top-level `networks:`",
        service.name.value,
        listed(&names, 2),
    );
    let label = "not under the top-level `networks:`";
    let mut finding = Finding::at(&first.at, naming_part(&first.at), message)
        .says(label)
        .subject(&service.name.value)
        .evidence(
            Source::Catalog,
            format!(
                "Compose says: service \"{}\" refers to undefined network {}: invalid compose project",
                service.name.value, first.key
            ),
        );
    for joined in rest {
        finding = finding.also(&joined.at, naming_part(&joined.at), label);
    }
    finding
}

/// Declares the networks: as external where another project has them or nothing is known of them, as the project's
/// own where several of its services join them.
fn declare(
    service: &Service,
    missing: &[&Attachment],
    others: &Others<'_>,
    joining: &HashMap<&str, usize>,
) -> Fix {
    let at = Pointer::root(service.at.source).key("networks");
    let mut why = Vec::new();
    let mut changes = Vec::new();
    let mut then = Vec::new();
    for joined in missing {
        let name = joined.key.as_str();
        let other = others.has.get(name);
        let is_own = other.is_none() && joining.get(name).is_some_and(|services| *services > 1);
        why.push(match other {
            Some(project) => format!("{name} as external (project {} has it)", project.name),
            None if is_own => format!("{name} (only services of this project join it)"),
            None => format!("{name} as external (no file says who creates it)"),
        });
        let declaration = if is_own {
            json!({})
        } else {
            json!({"external": true})
        };
        changes.push(Op::Insert(name.to_owned(), declaration));
        if !is_own && !others.created.contains(name) {
            then.push(format!("docker network create {}", repair::quoted(name)));
        }
    }
    let mut fix = Fix::new(Safety::Unsafe, format!("declare {}", why.join(", ")));
    for op in changes {
        fix = fix.change(at.clone(), op);
    }
    for command in then {
        fix = fix.then(command);
    }
    fix
}
