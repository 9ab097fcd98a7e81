//! What only newer versions of a gateway read. Where the version is not known that is no mistake, and one note says which
//! version knows all of it.

use super::{Case, Finding, Findings, Severity, listed};
use crate::catalog::{Version, VersionSet};
use crate::gateway::{Ruling, Why};
use crate::source::{Part, Pointer};

/// Something that the file has and older versions do not know.
pub(crate) struct Wanted {
    at: Pointer,
    part: Part,
    /// As it is written: "`timeout`", "`auth_type: oauth2`".
    words: String,
    /// Versions that know it.
    read: VersionSet,
    /// Versions that come into question, and do not.
    without: VersionSet,
}

/// What a ruling asks of the version, if it asks for a newer one and nothing else.
pub(crate) type Ask<'a> = &'a dyn Fn(&Case<'_>, &Ruling) -> Option<Wanted>;

/// A key that versions from `read` on have, where it is not known whether an older one runs.
pub(crate) fn only(ruling: &Ruling, key: &str, read: &VersionSet) -> Option<Wanted> {
    wanted(ruling, Part::Key, format!("`{key}`"), read)
}

/// A type of authentication that newer versions have.
pub(crate) fn auth_type(case: &Case<'_>, ruling: &Ruling) -> Option<Wanted> {
    let Why::AuthTypeInvalid { is, meant: None } = &ruling.why else {
        return None;
    };
    let read = case.catalog.litellm().servers.auth.types.get(is)?;
    wanted(ruling, Part::Value, format!("`auth_type: {is}`"), read)
}

fn wanted(ruling: &Ruling, part: Part, words: String, read: &VersionSet) -> Option<Wanted> {
    let known_version = ruling.versions.is_all();
    if known_version || ruling.versions.contains(&Version::head()) || read.start().is_none() {
        return None;
    }
    Some(Wanted {
        at: ruling.at.clone(),
        part,
        words,
        read: read.clone(),
        without: ruling.versions.clone(),
    })
}

/// One note for a gateway: the lowest version that knows everything that `ask` finds, and what that is. What needs no
/// more than a type of authentication needs is not said again.
pub(crate) fn note(case: &Case<'_>, gateway: usize, findings: &mut Findings, ask: Ask<'_>) {
    let facts = case.catalog.litellm();
    let rulings = || {
        let outcome = &case.chain.gateways[gateway].outcome;
        outcome.rulings()
    };
    // Without these the gateway does not start at all.
    let types: Vec<Wanted> = rulings()
        .filter_map(|ruling| auth_type(case, ruling))
        .collect();
    let implied = |wanted: &Wanted| {
        let by = |kind: &Wanted| {
            wanted.part == Part::Key && kind.read.intersect(&wanted.without).is_empty()
        };
        types.iter().any(by)
    };
    let list: Vec<Wanted> = rulings()
        .filter_map(|ruling| ask(case, ruling))
        .filter(|wanted| !implied(wanted))
        .collect();
    let Some(first) = list.first() else { return };
    let mut read = first.read.clone();
    let mut without = first.without.clone();
    let mut words: Vec<&str> = Vec::new();
    for wanted in &list {
        read = read.intersect(&wanted.read);
        without = without.union(&wanted.without);
        if !words.contains(&wanted.words.as_str()) {
            words.push(&wanted.words);
        }
    }
    let title = case.stack.gateways[gateway].kind.title();
    let version = match facts.first_with(&read) {
        Some((version, _)) => format!("{version} or later"),
        None => read.describe(),
    };
    let names = listed(&words, words.len());
    let without_it = without.describe();
    let step = "or name the version that runs with --litellm-version";
    // With a key that it does not know a gateway starts and serves all the same.
    let message = match (first.part, words.len()) {
        (Part::Key, 1) => format!("{title} {without_it} ignores {names}: run {version}, {step}"),
        (Part::Key, _) => {
            format!("{title} {without_it} ignores some or all of {names}: run {version}, {step}")
        }
        _ => format!("{title} {without_it} does not start with {names}: run {version}, {step}"),
    };
    let says = match first.part {
        Part::Key => "ignored by older versions",
        _ => "not known to older versions",
    };
    let mut finding = Finding::at(&first.at, first.part, message)
        .says(says)
        .subject("version");
    for other in &list[1..] {
        finding = finding.also(&other.at, other.part, "");
    }
    findings.add_in(Severity::Warning, &without, finding);
}
