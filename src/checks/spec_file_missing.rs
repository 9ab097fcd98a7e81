//! spec-file-missing: an OpenAPI document that is not in the container of the gateway.

use std::path::Path;

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::model::{Mount, Service};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "spec-file-missing",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/spec-file-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let runs = &case.catalog.litellm().runs;
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        for ruling in &view.outcome.needs {
            let Why::FileNeeded { name, path } = &ruling.why else {
                continue;
            };
            let inside = crate::load::clean(&runs.directory.join(path));
            let Some(id) = view.service() else {
                findings.skip(format!(
                    "whether {path} is in the container of the gateway is not known: {}",
                    view.placed.doubt(case.stack).unwrap_or_default()
                ));
                continue;
            };
            let service = case.stack.service(id);
            if service.mounts.iter().any(|mount| covers(mount, &inside)) {
                continue;
            }
            if let Some(doubt) = doubt(case, service) {
                findings.skip(format!("whether {path} is in the container is not known: {doubt}"));
                continue;
            }
            let message = format!(
                "`{name}` names {}, which nothing puts into the container of {}: {} reads it at start, does not find it \
                 and does not start; mount it",
                inside.display(),
                service.name.value,
                case.program_of(gateway, ruling)
            );
            let line = format!("    volumes:\n      - ./{}:{}:ro", file_name(&inside), inside.display());
            let finding = Finding::at(&ruling.at, Part::Value, message)
                .says("not in the container")
                .also(&service.name.at, Part::Key, "mounts nothing there")
                .subject(name)
                .hops(case.gateway_hops(gateway))
                .hops(case.server_hop(gateway, ruling))
                .fix(Fix::manual(format!("mount it into {}", service.name.value), line));
            findings.add_in(Severity::Error, &ruling.versions, finding);
        }
    }
}

fn covers(mount: &Mount, inside: &Path) -> bool {
    inside.starts_with(crate::load::clean(Path::new(&mount.target)))
}

/// Why the file may be there although no mount that was read brings it.
fn doubt(case: &Case<'_>, service: &Service) -> Option<String> {
    let name = &service.name.value;
    if let Some(doubt) = service.doubt() {
        return Some(doubt);
    }
    // Keys of Compose that bring files in other ways.
    let node = case.stack.source(service.at.source).node(&service.at.path);
    let others = ["volumes_from", "secrets", "develop", "extends"];
    let other = others
        .into_iter()
        .find(|key| node.is_some_and(|node| node.get(key).is_some()));
    if let Some(key) = other {
        return Some(format!("`{key}` of {name} may bring it"));
    }
    if service.mounts.iter().any(|mount| mount.target.contains('$')) {
        return Some(format!("a mount of {name} is not known here"));
    }
    case.image_doubt(service)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
