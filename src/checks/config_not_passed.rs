//! config-not-passed: a gateway's configuration is mounted into its container, and nothing tells it to read it.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::catalog::gateway::{Passed, Runs};
use crate::catalog::is_shell;
use crate::chain::{Caller, HopId};
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own, naming_part};
use crate::model::{EnvVar, GatewayKind, Mount, Service, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "config-not-passed",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/config-not-passed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let runs = &case.catalog.litellm().runs;
    for (id, service) in case.stack.services() {
        if !runs.is_published(service) {
            continue;
        }
        let Some(mounted) = mounted(case, runs, id, service) else {
            continue;
        };
        let skip = |findings: &mut Findings, why: &str| {
            findings.skip(format!(
                "whether {} reads {} is not known: {why}",
                service.name.value,
                mounted.inside.display()
            ));
        };
        match runs.passed(service) {
            Passed::Elsewhere => {}
            Passed::Nothing => findings.add(not_named(case, runs, id, service, &mounted)),
            Passed::Path {
                path,
                by_variable,
                doubt,
            } => {
                // What `configs` and `secrets` put there is not known whole.
                let hidden = ["configs", "secrets", "volumes_from"].iter().any(|key| {
                    let at = service.at.key(key);
                    case.stack.source(at.source).node(&at.path).is_some()
                });
                let mut mounts = service.mounts.iter();
                let is_mounted = mounts.any(|mount| path.starts_with(&mount.target));
                if hidden || is_mounted || runs.in_image.contains(&path) {
                    continue;
                }
                // A file that is only called like the configuration may be another program's.
                let alike = path.file_name() == mounted.inside.file_name()
                    || path.parent() == mounted.inside.parent();
                if mounted.gateway.is_none() && !alike {
                    continue;
                }
                match doubt {
                    None => findings.add(elsewhere(
                        case,
                        runs,
                        id,
                        service,
                        &mounted,
                        &path,
                        by_variable,
                    )),
                    Some(why) => skip(findings, &why),
                }
            }
            Passed::Unknown(why) => skip(findings, &why),
        }
    }
}

/// A configuration in a container.
struct Mounted<'a> {
    mount: &'a Mount,
    /// Its path there.
    inside: PathBuf,
    /// The gateway whose file it is, if that was read.
    gateway: Option<usize>,
}

/// The file of a gateway that runs in the service, or one that is called like it.
fn mounted<'a>(
    case: &Case<'a>,
    runs: &Runs,
    id: ServiceId,
    service: &'a Service,
) -> Option<Mounted<'a>> {
    let of_gateway = case.chain.gateways.iter().enumerate().find_map(|(number, view)| {
        let path = &case.stack.gateways[number].path;
        if view.service() != Some(id) {
            return None;
        }
        let links = &case.stack.links;
        service.mounts.iter().find_map(|mount| {
            let host = mount.host.as_deref()?;
            let target = PathBuf::from(&mount.target);
            let inside = if links.same(host, path) {
                target
            } else {
                target.join(links.real(path).strip_prefix(links.real(host)).ok()?)
            };
            Some(Mounted {
                mount,
                inside,
                gateway: Some(number),
            })
        })
    });
    of_gateway.or_else(|| {
        service.mounts.iter().find_map(|mount| {
            let inside = PathBuf::from(&mount.target);
            let name = inside.file_name()?.to_str()?;
            runs.is_config_name(name).then_some(Mounted {
                mount,
                inside,
                gateway: None,
            })
        })
    })
}

/// What such a gateway does not have: the servers of its file.
fn hops(case: &Case<'_>, mounted: &Mounted<'_>) -> Vec<HopId> {
    let calls = case.chain.hops.iter().filter(|hop| match hop.caller {
        Caller::Gateway { gateway, .. } => Some(gateway) == mounted.gateway,
        Caller::Client { .. } => false,
    });
    calls.map(|hop| hop.id).collect()
}

fn not_named(
    case: &Case<'_>,
    runs: &Runs,
    id: ServiceId,
    service: &Service,
    mounted: &Mounted<'_>,
) -> Finding {
    let name = &service.name.value;
    let title = GatewayKind::LiteLlm.title();
    let inside = mounted.inside.display().to_string();
    let variable = runs.config_env.first().map_or("", String::as_str);
    let in_vain: Vec<&EnvVar> = runs
        .config_env_unread
        .iter()
        .filter_map(|name| service.variable(name))
        .collect();
    let lost = lost_words(service);
    let why = match (&lost, in_vain.first()) {
        (Some(lost), _) => format!(
            "the shell runs `{}` alone, and the words behind it do not reach it",
            lost.script
        ),
        (None, Some(unread)) => format!(
            "neither `--config` nor {variable} names it, and it never reads {}",
            unread.name
        ),
        (None, None) => {
            format!("neither `--config` nor {variable} names it, and no default path is read")
        }
    };
    let message = format!(
        "{name} does not read {inside}: {why}; {title} starts without its settings, models and servers: start it with \
         `--config {inside}`"
    );
    let mut finding = Finding::at(&mounted.mount.at, Part::Value, message)
        .says("mounted, and never read")
        .subject(name)
        .hops(hops(case, mounted));
    match (&service.command, &service.entrypoint, &service.image) {
        (_, Some(entrypoint), _) if lost.is_some() => {
            finding = finding.also(&entrypoint.at, Part::Value, "`-c` takes one word");
        }
        (Some(command), _, _) => {
            finding = finding.also(&command.at, Part::Value, "no `--config` here");
        }
        (None, _, Some(image)) => {
            finding = finding.also(&image.at, Part::Value, "no `command`, so no `--config`");
        }
        (None, _, None) => {}
    }
    for unread in &in_vain {
        finding = finding.also(&unread.at, naming_part(&unread.at), "nothing reads this");
    }
    let words = ["--config".to_owned(), inside.clone()];
    let changes = match &lost {
        Some(lost) => lost.mended(service),
        None => repair::add_words(case.stack, service, Some(&runs.command), &words),
    };
    let title = format!("start {name} with `--config {inside}`");
    match changes {
        Some(changes) => {
            let mut fix = Fix::new(Safety::Unsafe, title);
            fix.changes = changes;
            finding.fix(fix.then(repair::compose(case.stack, id, "up -d")))
        }
        None => finding.fix(Fix::manual(title, words.join(" "))),
    }
}

/// `sh -c litellm --config …`: a shell runs one word, and the others are only the script's own arguments.
struct Lost {
    script: String,
    line: Vec<String>,
}

fn lost_words(service: &Service) -> Option<Lost> {
    let entrypoint = service.entrypoint.as_ref().filter(|_| service.command.is_none())?;
    let words = entrypoint.value.iter().map(|word| word.get().map(str::to_owned));
    let words = words.collect::<Option<Vec<_>>>()?;
    match words.as_slice() {
        [shell, flag, line @ ..] if is_shell(shell) && flag == "-c" && line.len() > 1 => {
            Some(Lost {
                script: line[0].clone(),
                line: line.to_vec(),
            })
        }
        _ => None,
    }
}

impl Lost {
    fn mended(&self, service: &Service) -> Option<Vec<Change>> {
        let entrypoint = service.entrypoint.as_ref()?;
        is_own(service, &entrypoint.at).then(|| {
            vec![Change {
                at: entrypoint.at.clone(),
                op: Op::Set(json!(self.line)),
            }]
        })
    }
}

fn elsewhere(
    case: &Case<'_>,
    runs: &Runs,
    id: ServiceId,
    service: &Service,
    mounted: &Mounted<'_>,
    named: &Path,
    by_variable: bool,
) -> Finding {
    let name = &service.name.value;
    let title = GatewayKind::LiteLlm.title();
    let inside = mounted.inside.display();
    let named = named.display();
    let (by, then) = match by_variable {
        true => (
            runs.config_env.first().map_or("", String::as_str),
            "starts without any settings",
        ),
        false => ("`--config`", "does not start"),
    };
    let message = format!(
        "{name} is told to read {named}, and the configuration is mounted at {inside}: {title} {then}; {by} and the \
         mount must name one path"
    );
    let mut finding = Finding::at(&mounted.mount.at, Part::Value, message)
        .says("mounted here")
        .subject(name);
    finding = match by_variable {
        true => finding.hops(hops(case, mounted)),
        false => {
            let gateway = mounted.gateway.into_iter();
            finding.hops(gateway.flat_map(|gateway| case.gateway_hops(gateway)))
        }
    };
    let variable = runs.config_env.iter().find_map(|name| service.variable(name));
    match (&service.command, &service.entrypoint, variable) {
        (_, _, Some(variable)) if by_variable => {
            finding = finding.also(&variable.at, naming_part(&variable.at), format!("says {named}"));
        }
        (Some(line), _, _) | (None, Some(line), _) => {
            finding = finding.also(&line.at, Part::Value, format!("says {named}"));
        }
        _ => {}
    }
    finding.fix(
        Fix::manual(
            format!("mount the file at {named}"),
            format!("{}:{named}:ro", mounted.mount.source),
        )
        .then(repair::compose(case.stack, id, "up -d")),
    )
}
