//! command-unavailable: a stdio server whose program is not in the image of the gateway.

use crate::catalog::ImageRef;
use crate::catalog::gateway::program_of;
use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Upstream, Why};
use crate::model::{Service, Transport};
use crate::repair::ways;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "command-unavailable",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/command-unavailable.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        for (number, server) in view.outcome.servers.iter().enumerate() {
            let Some(command) = &server.command else {
                continue;
            };
            let Some(text) = command.value.text() else {
                continue;
            };
            // What is written wrongly, or runs docker, has a check of its own.
            if server.transport != Transport::Stdio
                || is_misspelled(case, gateway, number)
                || crate::catalog::engine::engine(text).is_some()
            {
                continue;
            }
            let name = &server.name.value;
            let program = program_of(text);
            let Some(id) = view.service() else {
                findings.skip(format!(
                    "whether the gateway that starts {name} has {program} is not known: {}",
                    view.placed.doubt(case.stack).unwrap_or_default()
                ));
                continue;
            };
            let service = case.stack.service(id);
            let why = match absent(case, gateway, service, server, text) {
                Ok(Some(why)) => why,
                Ok(None) => continue,
                Err(doubt) => {
                    findings.skip(format!("whether {program} is there for {name} is not known: {doubt}"));
                    continue;
                }
            };
            let message = format!(
                "{name} is started with `{program}`, which is not in the image of {}: {why}; run the server in a container \
                 of its own and set its `url`, or build an image that has {program}",
                service.name.value
            );
            let lines = format!(
                "{name}:\n  transport: http   # or sse, if the server speaks HTTP+SSE\n  url: http://SERVICE:PORT/mcp   # its path, often /sse for HTTP+SSE"
            );
            let image = service.image.as_ref().map_or(&service.at, |image| &image.at);
            let args: Vec<String> = server.args.iter().map(|arg| arg.value.clone()).collect();
            let started = case.catalog.server_for_command(text, &args);
            let running = started.and_then(|started| ways::running(case, &started.server.id));
            let mut finding = Finding::at(&command.at, Part::Value, message)
                .says(format!("there is no {program} in this container"))
                .also(image, Part::Value, "the gateway runs in this image")
                .subject(name)
                .hops(case.chain.of_server(gateway, number).map(|hop| hop.id));
            if let Some(hop) = case.chain.of_server(gateway, number) {
                let inside = Err(format!("the image of {} has no {program}", service.name.value));
                finding = ways::of_command(case, hop, running, inside).mend(finding);
            }
            if finding.fixes.is_empty() {
                finding = finding.fix(Fix::manual(format!("call {name} over the network"), lines));
            }
            findings.add(finding);
        }
    }
}

fn is_misspelled(case: &Case<'_>, gateway: usize, server: usize) -> bool {
    case.rulings().any(|(of, ruling)| {
        of == gateway
            && ruling.server == Some(server)
            && matches!(
                ruling.why,
                Why::CommandWithArguments { .. } | Why::Reference { .. }
            )
    })
}

/// Why a program is certainly not there, if so; else why that is not known.
fn absent(
    case: &Case<'_>,
    gateway: usize,
    service: &Service,
    server: &Upstream,
    command: &str,
) -> Result<Option<String>, String> {
    let program = program_of(command);
    if let Some(doubt) = case.image_doubt(service) {
        return Err(doubt);
    }
    if command.contains(['/', '\\']) {
        return Err("it is named by a path".to_owned());
    }
    if server.env.iter().any(|(name, _)| name == "PATH") || service.variable("PATH").is_some() {
        return Err("PATH is changed".to_owned());
    }
    let brought = service
        .mounts
        .iter()
        .find(|mount| mount.target.ends_with("/bin") || mount.target.ends_with(&format!("/{program}")));
    if let Some(mount) = brought {
        return Err(format!("{} mounts {}", service.name.value, mount.target));
    }
    let Some(image) = service.image.as_ref().and_then(|image| image.value.get()) else {
        return Err(format!("the image of {} is not known", service.name.value));
    };
    let image = ImageRef::parse(image);
    let litellm = case.catalog.litellm();
    let lacks = litellm.runs.lacks(&image, program);
    let view = &case.chain.gateways[gateway];
    if view.version.narrow(&lacks, &litellm.assumed).is_all() {
        return Ok(Some(format!("{} does not bring it", image.repository_name())));
    }
    let args: Vec<String> = server.args.iter().map(|arg| arg.value.clone()).collect();
    let started = case.catalog.server_for_command(command, &args);
    let own = started.filter(|started| {
        let names = &started.server.names.command;
        names.iter().any(|name| name == program)
    });
    match own {
        Some(started) => Ok(Some(format!(
            "it is the program of {}, and {} brings no MCP servers",
            started.server.title,
            image.repository_name()
        ))),
        None => Err(format!("what {} has besides LiteLLM is not known", image.repository_name())),
    }
}
