//! command-runs-docker: a stdio server that the gateway is to start with docker, from inside a container.

use crate::catalog::engine::engine;
use crate::catalog::{ImageRef, TransportKind};
use crate::chain::Placed;
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Value;
use crate::model::{Service, ServiceId, Transport};
use crate::repair::ways;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "command-runs-docker",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["docker-env-not-passed", "docker-run-detached"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/command-runs-docker.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        for (number, server) in view.outcome.servers.iter().enumerate() {
            let Some(command) = &server.command else {
                continue;
            };
            let Value::Text(text) = &command.value else {
                continue;
            };
            let Some(program) = engine(text).filter(|_| server.transport == Transport::Stdio)
            else {
                continue;
            };
            let name = &server.name.value;
            let Some(id) = view.service() else {
                findings.skip(match (&view.placed, view.placed.doubt(case.stack)) {
                    (Placed::Several(_), Some(doubt)) => {
                        format!("which service starts {name} is not known: {doubt}")
                    }
                    _ => format!(
                        "no compose file says whether the gateway that starts {name} runs in a container; name it with \
                         --compose FILE"
                    ),
                });
                continue;
            };
            let service = case.stack.service(id);
            if let Some(reason) = may_have(service, program) {
                findings.skip(format!("{} {reason}", service.name.value));
                continue;
            }
            let container = server
                .args
                .iter()
                .map(|arg| arg.value.as_str())
                .find_map(|arg| {
                    let mut services = case.stack.services();
                    let (id, _) = services.find(|(_, service)| answers_to(service, arg))?;
                    Some((arg, id))
                });
            let id_of_service = container.map(|(_, id)| id);
            let container = container.map(|(arg, id)| (arg, served(case, id)));
            let (step, transport, url) = match container {
                Some((container, Some((kind, port, path)))) => {
                    let url = format!("http://{container}:{port}{path}");
                    let step = format!("give {container} a network transport and set `url: {url}`");
                    (step, kind, url)
                }
                Some((container, None)) => (
                    format!(
                        "give {container} a network transport and set `url: http://{container}:PORT/PATH`"
                    ),
                    TransportKind::Sse,
                    format!("http://{container}:PORT/sse"),
                ),
                None => (
                    "run the server in its own container with a network transport, and set its `url`"
                        .to_owned(),
                    TransportKind::Sse,
                    "http://HOST:PORT/sse".to_owned(),
                ),
            };
            let message = format!(
                "{name} runs `{program}`, but the container of {} has neither the program nor an engine; {step}",
                service.name.value
            );
            let lines = format!("{name}:\n  transport: {transport}\n  url: {url}");
            let mut finding = Finding::at(&command.at, Part::Value, message)
                .says(format!("there is no {program} in this container"))
                .subject(name)
                .hops(case.chain.of_server(gateway, number).map(|hop| hop.id));
            let inside = Err(format!(
                "{program} needs the socket of the engine, and whoever has that is root on the host"
            ));
            if let Some(hop) = case.chain.of_server(gateway, number) {
                finding = ways::of_command(case, hop, id_of_service, inside).mend(finding);
            }
            if finding.fixes.is_empty() {
                finding = finding.fix(Fix::manual(format!("call {name} over the network"), lines));
            }
            let at = service
                .image
                .as_ref()
                .map_or(&service.at, |image| &image.at);
            finding = finding.also(at, Part::Value, "the gateway runs in this image");
            findings.add(finding);
        }
    }
}

/// Why the program may be there all the same.
fn may_have(service: &Service, program: &str) -> Option<String> {
    let Some(image) = service.image.as_ref().filter(|_| service.build.is_none()) else {
        return Some(format!("builds its own image, which may have {program}"));
    };
    let Some(text) = image.value.get() else {
        return Some(format!(
            "has an image that is not known here, which may have {program}"
        ));
    };
    if let Some(mount) = service
        .mounts
        .iter()
        .find(|mount| mount.target.ends_with(&format!("/{program}")))
    {
        return Some(format!("mounts {}", mount.target));
    }
    let name = ImageRef::parse(text).repository_name();
    ["docker", "dind", "podman"]
        .iter()
        .any(|word| name.contains(word))
        .then(|| format!("runs {name}, which may have {program}"))
}

/// The transport, port and path on which a service's server answers, or would once it is started so: what the catalog
/// knows and nothing of the service changes.
fn served<'a>(case: &Case<'a>, id: ServiceId) -> Option<(TransportKind, u16, &'a str)> {
    let mcp = case.mcp_service(id)?;
    if mcp.doubt().is_some() {
        return None;
    }
    if let Some(speaks) = mcp.network().next() {
        return Some((speaks.kind, speaks.port?, speaks.path.as_deref()?));
    }
    let version = mcp.behind.version.as_ref().map(|known| &known.version);
    let transport = [TransportKind::Http, TransportKind::Sse]
        .into_iter()
        .find_map(|kind| {
            mcp.server.transports.iter().find(|transport| {
                transport.kind == kind
                    && !transport.unsure
                    && version.map_or(transport.versions.is_all(), |version| {
                        transport.versions.contains(version)
                    })
            })
        })?;
    let (port, path) = (&transport.port, &transport.path);
    let mut words = mcp.service.command.iter().flat_map(|line| &line.value);
    let flags = port.args.iter().chain(&path.args);
    let mut variables = port.env.iter().chain(&path.env);
    let is_changed = words.any(|word| {
        flags
            .clone()
            .any(|flag| word.text.starts_with(flag.as_str()))
    }) || variables.any(|name| mcp.service.variable(name).is_some());
    (!is_changed).then_some((transport.kind, port.default?, path.default.as_deref()?))
}

fn answers_to(service: &Service, name: &str) -> bool {
    let container = service
        .container_name
        .as_ref()
        .and_then(|name| name.value.get());
    service.name.value == name || container == Some(name)
}
