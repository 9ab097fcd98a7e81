//! What a baseline knows and a run did not find.

use std::collections::BTreeSet;

use crate::checks;
use crate::model::Stack;
use crate::policy::{Baseline, Heard, Known};
use crate::source::State;

/// The numbers of entries of a baseline whose findings are certainly gone: their checks spoke, and every file was read that
/// was when it was written and is still there.
pub fn outdated(stack: &Stack, baseline: &Baseline, heard: &Heard) -> Vec<usize> {
    let inputs = stack
        .inputs
        .iter()
        .map(|input| stack.known_as(input.source));
    let read: BTreeSet<_> = inputs.collect();
    // What one file says may be wrong only for what another one does: who reads fewer finds less, and so does who cannot
    // read one. Where none of them is there, it is another place.
    let mut awaited = baseline.awaited.iter();
    let sees_less = !awaited.all(|file| read.contains(file.as_str()));
    let is_elsewhere = baseline.awaited.is_empty() && !baseline.inputs.is_empty();
    if sees_less || is_elsewhere || !all_parsed(stack) {
        return Vec::new();
    }
    let is_certain = |known: &Known| {
        // A check that there is no more finds nothing any more.
        let Some(check) = checks::by_id(&known.check) else {
            return true;
        };
        let was_read = |file: &String| known.is_gone || read.contains(file.as_str());
        !heard.silent.contains(check.id) && known.file.as_ref().is_none_or(was_read)
    };
    let all = baseline.known.iter().zip(&heard.known).enumerate();
    all.filter(|(_, (known, found))| !**found && is_certain(known))
        .map(|(at, _)| at)
        .collect()
}

/// Whether every file of a run could be read: what cannot be read hides what is wrong with it.
pub fn all_parsed(stack: &Stack) -> bool {
    let mut inputs = stack.inputs.iter();
    inputs.all(|input| *stack.source(input.source).state() == State::Parsed)
}
