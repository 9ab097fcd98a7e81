//! What has to be run after files have changed, in the order in which it has to be run.

use std::collections::HashSet;

use super::session::Repaired;
use super::value::Value;
use crate::Examination;
use crate::model::{Project, ServiceId, Stack};
use crate::repair;
use crate::source::Pointer;

/// The commands that repairs name, and those that follow from the files that differ: a service that is declared
/// otherwise is made again, a gateway reads its file when it starts.
pub(super) fn after(before: &Examination, now: &Examination, repaired: &[Repaired]) -> Vec<String> {
    let named = repaired.iter().flat_map(|one| one.fix.then.iter().cloned());
    let mut commands: Vec<String> = named.collect();
    let remade = remade(&before.stack, &now.stack);
    commands.extend(
        remade
            .iter()
            .map(|id| repair::compose(&now.stack, *id, "up -d")),
    );
    for (number, view) in now.chain.gateways.iter().enumerate() {
        let file = now.stack.gateways[number].root.source;
        let Some(service) = view.service() else {
            continue;
        };
        if differs(&before.stack, &now.stack, now.stack.name(file)) {
            commands.extend(repair::reread(&now.stack, Some(service)));
        }
    }
    // What is made anew needs no restart.
    let restarts: HashSet<String> = remade
        .iter()
        .map(|id| repair::compose(&now.stack, *id, "restart"))
        .collect();
    commands.retain(|command| !restarts.contains(command));
    let gateways: Vec<String> = now
        .chain
        .gateways
        .iter()
        .filter_map(|view| Some(repair::compose(&now.stack, view.service()?, "up -d")))
        .collect();
    ordered(commands, &gateways)
}

/// Each once; networks before what joins them, servers before the gateways that call them.
fn ordered(commands: Vec<String>, gateways: &[String]) -> Vec<String> {
    let built: HashSet<String> = commands
        .iter()
        .filter(|command| command.contains(" --build "))
        .map(|command| command.replace(" --build ", " "))
        .collect();
    let mut seen = HashSet::new();
    let mut ordered: Vec<String> = commands
        .into_iter()
        .filter(|command| !built.contains(command) && seen.insert(command.clone()))
        .collect();
    ordered.sort_by_key(|command| rank(command, gateways));
    ordered
}

/// The earlier, the lower.
fn rank(command: &str, gateways: &[String]) -> u8 {
    if command.starts_with("docker network create") {
        0
    } else if gateways.iter().any(|gateway| gateway == command) {
        2
    } else if command.contains(" up -d") {
        1
    } else if command.starts_with("docker ") || command.starts_with("(cd ") {
        2
    } else {
        3
    }
}

/// Services that were declared before and are declared otherwise now.
fn remade(before: &Stack, now: &Stack) -> Vec<ServiceId> {
    let mut remade = Vec::new();
    for (project, of) in now.projects.iter().enumerate() {
        for (number, service) in of.services.iter().enumerate() {
            let id = ServiceId {
                project,
                service: number,
            };
            if now.source(service.at.source).container().is_some() {
                continue;
            }
            let was = before
                .projects
                .iter()
                .find(|had| had.dir == of.dir && had.name == of.name);
            let was =
                was.and_then(|had| Some((had, &had.services[had.service(&service.name.value)?])));
            let Some((had, was)) = was else {
                remade.push(id);
                continue;
            };
            let networks = service.networks.iter().any(|joined| {
                let network = |project: &Project, stack: &Stack| {
                    declared(stack, project.network(&joined.key)?.at.as_ref()?)
                };
                network(had, before) != network(of, now)
            });
            if networks || declared(before, &was.at) != declared(now, &service.at) {
                remade.push(id);
            }
        }
    }
    remade
}

fn declared(stack: &Stack, at: &Pointer) -> Option<Value> {
    stack.source(at.source).node(&at.path).map(Value::of)
}

fn differs(before: &Stack, now: &Stack, name: &str) -> bool {
    let text = |stack: &Stack| {
        let mut sources = stack.sources.iter();
        sources
            .find(|source| source.name() == name)
            .map(|source| source.text().to_owned())
    };
    text(before) != text(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_come_first_and_gateways_last() {
        let commands = [
            "export LITELLM_KEY=<the-key>",
            "docker compose restart litellm",
            "docker compose up -d tools",
            "docker compose up -d litellm2",
            "docker network create shared",
            "docker compose up -d --build tools",
            "docker compose restart litellm",
        ];
        let commands = commands.map(str::to_owned).to_vec();
        assert_eq!(
            ordered(commands, &["docker compose up -d litellm2".to_owned()]),
            [
                "docker network create shared",
                "docker compose up -d --build tools",
                "docker compose restart litellm",
                "docker compose up -d litellm2",
                "export LITELLM_KEY=<the-key>",
            ]
        );
    }
}
