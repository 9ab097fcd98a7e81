//! What of an engine a stack has to do with: a machine runs much that is nobody's business.

use std::collections::BTreeSet;

use super::Containers;
use super::names::answers_to;
use crate::fact::Engine;
use crate::model::Stack;

/// The engine with no other containers, networks and images than those that a stack has to do with: containers of its
/// services and of projects of their names, those that share a network with one of them, and those that have a name or
/// publish a port that is called. `called` has host and port of every address of the stack.
pub fn relevant(stack: &Stack, engine: &Engine, called: &[(String, u16)]) -> Engine {
    let matched = Containers::of(stack, engine);
    let own: Vec<bool> = (0..engine.containers.len())
        .map(|number| matched.service(number).is_some())
        .collect();
    let near: BTreeSet<&str> = engine
        .containers
        .iter()
        .zip(&own)
        .filter(|(_, own)| **own)
        .flat_map(|(container, _)| container.networks.iter().map(|joined| joined.id.as_str()))
        .collect();
    let is_called = |number: usize| {
        let container = &engine.containers[number];
        called.iter().any(|(host, port)| {
            let mut published = container.published.iter();
            let mut joined = container.networks.iter();
            published.any(|at| at.host_port == Some(*port))
                || container.name.eq_ignore_ascii_case(host)
                || joined.any(|joined| answers_to(container, joined, host))
        })
    };
    let mut kept: BTreeSet<usize> = (0..engine.containers.len())
        .filter(|number| {
            let mut joined = engine.containers[*number].networks.iter();
            own[*number]
                || joined.any(|joined| near.contains(joined.id.as_str()))
                || is_called(*number)
        })
        .collect();
    // Whose network one of them uses belongs to it.
    for number in kept.clone() {
        let mode = &engine.containers[number].network_mode;
        let owner = mode
            .strip_prefix("container:")
            .and_then(|id| engine.container(id));
        let owner =
            owner.and_then(|owner| engine.containers.iter().position(|one| one.id == owner.id));
        kept.extend(owner);
    }
    let containers: Vec<_> = kept
        .iter()
        .map(|number| engine.containers[*number].clone())
        .collect();
    let images = engine.images.iter().filter(|image| {
        containers
            .iter()
            .any(|one| one.image_id == image.id || image.meant_by.contains(&one.image))
    });
    Engine {
        images: images.cloned().collect(),
        containers,
        ..engine.clone()
    }
}
