//! name-not-resolved: the host name has no address.

use strsim::damerau_levenshtein;
use url::Url;

use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Findings, Need, Probed, Severity};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "name-not-resolved",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/name-not-resolved.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::NameNotResolved { host, reason } = &trouble.kind else {
            continue;
        };
        let container = probed.probe.asked.from.container();
        // What is known here says nothing of what is known there.
        let meant = meant(case, probed, host).filter(|_| container.is_none());
        let next = match (&meant, host.contains('.')) {
            _ if container.is_some() && host.contains('.') => {
                "correct the name, or make it known there".to_owned()
            }
            _ if container.is_some() => {
                "connect it to a network of the server, and write the server's name or alias there"
                    .to_owned()
            }
            (Some(meant), _) => format!("write {meant} if that is what is meant"),
            (None, true) => "correct the name, or make it known here".to_owned(),
            (None, false) => {
                "a name of a container is known only in its own network; from here call localhost and a published port"
                    .to_owned()
            }
        };
        let place = container.map_or_else(
            || "here".to_owned(),
            |container| format!("in container {container}"),
        );
        let what = format!("the name {host} has no address {place} ({reason}): {next}");
        let finding = probed
            .finding(trouble, probed.but(what))
            .says("no address of that name");
        findings.add_for(
            trouble,
            finding.fix(mend(case, probed, host, meant.as_deref())),
        );
    }
}

/// A name that is known here and almost the same.
fn meant(case: &Case<'_>, probed: &Probed<'_>, host: &str) -> Option<String> {
    let others = case.probed.iter().filter(|other| {
        let mut reaches = other.probe.reaches.iter();
        reaches.any(|reach| reach.unresolved.is_none() && !reach.attempts.is_empty())
    });
    let mut known: Vec<String> = others.filter_map(Probed::host).collect();
    known.push("localhost".to_owned());
    let near = |name: &String| {
        let distance = damerau_levenshtein(name, host);
        distance > 0 && distance <= 2 && host.len() > 4
    };
    let found = known.into_iter().find(near)?;
    (Some(&found) != probed.host().as_ref()).then_some(found)
}

fn mend(case: &Case<'_>, probed: &Probed<'_>, host: &str, meant: Option<&str>) -> Fix {
    if let Some(meant) = meant {
        let right = Url::parse(probed.name()).and_then(|mut url| {
            url.set_host(Some(meant))?;
            Ok(url)
        });
        let right = right.map_or_else(|_| meant.to_owned(), |url| url.to_string());
        let title = format!("call {meant}");
        return repair::call_instead(case, probed, Safety::Unsafe, title, &right, None);
    }
    if let Some(container) = probed.probe.asked.from.container() {
        return Fix::manual(
            format!("see which networks {container} is in"),
            format!("docker inspect -f '{{{{json .NetworkSettings.Networks}}}}' {container}"),
        );
    }
    match host.contains('.') {
        true => Fix::manual("see who knows the name", format!("getent hosts {host}")),
        false => Fix::manual(
            format!("publish a port of {host}, and call that"),
            "ports:\n  - \"127.0.0.1:8000:8000\"\n# and call http://localhost:8000",
        ),
    }
}
