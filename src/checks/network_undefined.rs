//! network-undefined: a service joins a network that its project does not declare.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::json;

use crate::chain::HopId;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, listed, naming_part};
use crate::model::{Attachment, Network, Project, Reference, Service, ServiceId, Stack};
use crate::repair;
use crate::source::{Node, Part, Path, Pointer};

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
    let hops = case.chain.hops_by_service();
    let others = Others::of(case.stack);
    for (project_number, project) in case.stack.projects.iter().enumerate() {
        let undefined = undefined(project);
        let Some((_, first)) = undefined.first() else {
            continue;
        };
        let (service, joined) = first[0];
        if let Some(reason) = undecided(case.stack, project, service, joined) {
            findings.skip(reason);
            continue;
        }
        // Compose refuses the whole project: the first error breaks what leads to any of its services, but for what was
        // made before and is still called.
        let mut broken: Vec<HopId> = (0..project.services.len())
            .filter_map(|service| {
                hops.get(&ServiceId {
                    project: project_number,
                    service,
                })
            })
            .flatten()
            .copied()
            .filter(|hop| case.aimed(case.chain.hop(*hop)).is_none())
            .collect();
        broken.sort_unstable_by_key(|hop| hop.0);
        for (names, joining) in undefined {
            // Compose looks only at the services that it creates.
            let left_out = joining
                .iter()
                .all(|(service, _)| project.leaves_out(service));
            let key = keyed_by_variable(case.stack, project, names[0], &joining)
                .filter(|_| names.len() == 1);
            let mut finding = finding(case.stack, &names, &joining, key, left_out);
            for (number, service) in project.services.iter().enumerate() {
                let joins = joining
                    .iter()
                    .any(|(joining, _)| joining.name == service.name);
                let id = ServiceId {
                    project: project_number,
                    service: number,
                };
                if joins && let Some(seen) = seen(case, id) {
                    finding = finding.evidence(Source::Docker, seen);
                }
            }
            finding = finding.fix(match key {
                Some(key) => rename(case.stack, key, names[0], &joining),
                None => declare(case, &names, &joining, &others),
            });
            match left_out {
                true => findings.add_as(Severity::Warning, finding),
                false => findings.add(finding.hops(std::mem::take(&mut broken))),
            }
        }
    }
}

/// That a container of the service runs all the same: another file made it, or another program.
fn seen(case: &Case<'_>, id: ServiceId) -> Option<String> {
    let container = case.container_of(id).filter(|one| one.is_running())?;
    let networks: Vec<&str> = container
        .networks
        .iter()
        .map(|joined| joined.name.as_str())
        .collect();
    Some(format!(
        "container {} runs all the same, on {}: Compose did not make it from this file",
        container.name,
        listed(&networks, 3)
    ))
}

/// A service, and where it joins a network.
type Joining<'a> = (&'a Service, &'a Attachment);

/// The networks that services name and their project does not declare, and who joins them: those that the same services
/// join are one mistake.
fn undefined(project: &Project) -> Vec<(Vec<&str>, Vec<Joining<'_>>)> {
    let mut undefined: IndexMap<&str, Vec<Joining<'_>>> = IndexMap::new();
    for service in &project.services {
        for joined in &service.networks {
            if !joined.implicit && project.network(&joined.key).is_none() {
                let joining = undefined.entry(&joined.key).or_default();
                joining.push((service, joined));
            }
        }
    }
    let who = |joining: &[Joining<'_>]| -> Vec<String> {
        let names = joining.iter().map(|(service, _)| &service.name.value);
        names.cloned().collect()
    };
    let mut together: IndexMap<Vec<String>, (Vec<&str>, Vec<Joining<'_>>)> = IndexMap::new();
    for (name, joining) in undefined {
        let (names, all) = together.entry(who(&joining)).or_default();
        names.push(name);
        all.extend(joining);
    }
    together.into_values().collect()
}

/// A declared network whose key has a variable that was meant to become `name`. Compose fills in values, no keys.
fn keyed_by_variable<'a>(
    stack: &Stack,
    project: &'a Project,
    name: &str,
    joining: &[Joining<'_>],
) -> Option<&'a Network> {
    let is_written = |key: &str| {
        joining.iter().any(|(_, joined)| {
            let node = stack.source(joined.at.source).node(&joined.at.path);
            node.and_then(Node::scalar_text) == Some(key)
        })
    };
    let becomes = |key: &str| {
        let references = Reference::find(key);
        let [reference] = references.as_slice() else {
            return false;
        };
        reference.is_whole(key) && (key.ends_with(&format!("-{name}}}")) || is_written(key))
    };
    let mut networks = project.networks.iter();
    networks.find(|network| becomes(&network.key))
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

fn finding(
    stack: &Stack,
    networks: &[&str],
    joining: &[Joining<'_>],
    key: Option<&Network>,
    left_out: bool,
) -> Finding {
    let (service, first) = joining[0];
    let mut names: Vec<&str> = joining
        .iter()
        .map(|(service, _)| service.name.value.as_str())
        .take(joining.len() / networks.len())
        .collect();
    names.dedup();
    let them = if networks.len() == 1 { "it" } else { "them" };
    let join = if names.len() == 1 { "joins" } else { "join" };
    let file = stack.name(service.at.source);
    let file = file.rsplit('/').next().unwrap_or(file);
    let with = match service.profiles.first().filter(|_| left_out) {
        Some(profile) => format!("with the profile {}, ", profile.value),
        None => String::new(),
    };
    let step = match key {
        Some(key) => format!(
            "it declares a network that is called `{}`, for Compose fills in variables in values and not in keys; \
             give it a plain key, and the variable as its `name`",
            key.key
        ),
        None => format!("add {them} to the top-level `networks:`"),
    };
    let message = format!(
        "{} {join} {}, which {file} does not declare: {with}Compose refuses the whole project; {step}",
        listed(&names, 3),
        listed(networks, 2),
    );
    let label = "not under the top-level `networks:`";
    let mut finding = Finding::at(&first.at, naming_part(&first.at), message)
        .says(label)
        .subject(networks.join(" "))
        .evidence(
            Source::Catalog,
            format!(
                "Compose says: service \"{}\" refers to undefined network {}: invalid compose project",
                service.name.value, first.key
            ),
        );
    if let Some(at) = key.and_then(|key| key.at.as_ref()) {
        finding = finding.also(at, Part::Key, "Compose takes this key as it is written");
    }
    for (_, joined) in &joining[1..] {
        finding = finding.also(&joined.at, naming_part(&joined.at), label);
    }
    finding
}

/// Declares the networks: as external where another project has them or nothing is known of them, as the project's
/// own where several of its services join them.
fn declare(case: &Case<'_>, names: &[&str], joining: &[Joining<'_>], others: &Others<'_>) -> Fix {
    let (service, _) = joining[0];
    let at = Pointer::root(service.at.source).key("networks");
    let mut why = Vec::new();
    let mut fix = Fix::new(Safety::Safe, "");
    for name in names {
        let other = others.has.get(name);
        let is_there = case
            .engine()
            .is_some_and(|engine| engine.network(name).is_some());
        let is_own = other.is_none() && !is_there && joining.len() > names.len();
        why.push(match other {
            Some(project) => format!("{name} as external (project {} has it)", project.name),
            None if is_own => format!("{name} (only services of this project join it)"),
            None if is_there => format!("{name} as external (the engine has it)"),
            None => format!("{name} as external (no file says who creates it)"),
        });
        let declaration = match is_own {
            true => json!({}),
            false => json!({"external": true}),
        };
        fix = fix.change(at.clone(), Op::Insert((*name).to_owned(), declaration));
        // Only what exists is certainly the one that is meant.
        if !is_there {
            fix.safety = Safety::Unsafe;
        }
        if !is_own && !is_there && !others.created.contains(name) {
            fix = fix.then(format!("docker network create {}", repair::quoted(name)));
        }
    }
    fix.title = format!("declare {}", why.join(", "));
    fix
}

/// Gives a network a plain key, what stood there as its name, and the services that key.
fn rename(stack: &Stack, network: &Network, name: &str, joining: &[Joining<'_>]) -> Fix {
    let key = &network.key;
    let title = format!("declare it as {name}, with `name: {key}`");
    let by_hand = || {
        let text = format!("networks:\n  {name}:\n    name: {key}\n");
        Fix::manual(title.clone(), text)
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let own = |at: &&Pointer| at.path.steps() == Path::keys(["networks", key.as_str()]).steps();
    let Some(at) = network.at.as_ref().filter(own) else {
        return by_hand();
    };
    let declared = stack.source(at.source).node(&at.path);
    let Some(declared) = declared.filter(|_| name.chars().all(plain)) else {
        return by_hand();
    };
    let mut fix = Fix::new(Safety::Unsafe, title.clone());
    if !declared.is_map() {
        fix = fix.change(at.clone(), Op::Set(json!({"name": key})));
    } else if declared.get("name").is_none() {
        fix = fix.change(
            at.clone(),
            Op::Insert("name".to_owned(), key.as_str().into()),
        );
    }
    fix = fix.change(at.clone(), Op::Rename(name.to_owned()));
    for (_, joined) in joining {
        let node = stack.source(joined.at.source).node(&joined.at.path);
        let written = node.and_then(Node::scalar_text);
        let is_new = !fix.changes.iter().any(|change| change.at == joined.at);
        if is_new && written.is_some_and(|written| written.contains('$')) {
            fix = fix.change(joined.at.clone(), Op::Set(name.into()));
        }
    }
    fix
}
