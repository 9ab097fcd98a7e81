//! docker-socket-mounted: a gateway or MCP server has the container engine's socket.

use crate::catalog::{ImageRef, Launch, Server};
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Role, Severity, Source, is_own};
use crate::fact::Mounted;
use crate::model::{Mount, Service, ServiceId};
use crate::repair;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "docker-socket-mounted",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/docker-socket-mounted.md"),
    run,
};

/// Proxies that look up their routes at the engine and may stand in front of an MCP server.
const ROUTERS: [&str; 5] = ["traefik", "caddy", "nginx", "haproxy", "envoy"];

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, role) in case.chain_services() {
        let service = case.stack.service(id);
        let declared = socket(service);
        let shown = || shown(case, id);
        let Some(socket) = declared.or_else(shown).filter(|_| !is_router(service)) else {
            continue;
        };
        let hops = hops.get(&id).into_iter().flatten().copied();
        let need = case.mcp_service(id).and_then(|mcp| {
            let engine = mcp.server.engine.as_ref()?;
            let idle = |server: &Server, launch: &Launch<'_>| server.is_given(&engine.unless, launch);
            Some((mcp.server, mcp.launched(idle).flatten()))
        });
        match need {
            // It cannot do its work without.
            Some((server, Some(false) | None)) => {
                let finding = needed(service, &socket, server).hops(hops);
                findings.add_as(Severity::Note, finding);
            }
            Some((_, Some(true))) | None => {
                findings.add(finding(case, id, role, &socket).hops(hops));
            }
        }
    }
}

/// How a service gets at the engine.
enum Socket<'a> {
    Mounted(&'a Mount),
    /// `use_api_socket: true`.
    Given(&'a Pointer),
    /// No file says it, and the container has it: its path there, and the service.
    Shown(&'a str, &'a Pointer),
}

impl Socket<'_> {
    fn at(&self) -> &Pointer {
        match self {
            Socket::Mounted(mount) => &mount.at,
            Socket::Given(at) | Socket::Shown(_, at) => at,
        }
    }

    /// As a person would call it.
    fn name(&self) -> &str {
        match self {
            Socket::Mounted(mount) if is_socket(&mount.source) => &mount.source,
            Socket::Mounted(mount) => &mount.target,
            Socket::Shown(target, _) => target,
            Socket::Given(_) => "the socket of the engine (`use_api_socket`)",
        }
    }

    /// What its owner may do.
    fn power(&self) -> &'static str {
        // Rootless engines have theirs below the user's own directory.
        match self {
            Socket::Mounted(mount) if mount.source.starts_with("/run/user/") => {
                "whoever controls it controls the account that runs the engine"
            }
            _ => "whoever controls it is root on the host",
        }
    }
}

fn socket(service: &Service) -> Option<Socket<'_>> {
    let mounted = |mount: &&Mount| is_socket(&mount.source) || is_socket(&mount.target);
    let mounted = service.mounts.iter().find(mounted).map(Socket::Mounted);
    mounted.or_else(|| service.api_socket.as_ref().map(Socket::Given))
}

/// The socket of the engine in the container of a service that declares none.
fn shown<'a>(case: &Case<'a>, id: ServiceId) -> Option<Socket<'a>> {
    let container = case.container_of(id)?;
    let mounted = |mount: &&Mounted| is_socket(&mount.source) || is_socket(&mount.target);
    let mount = container.mounts.iter().find(mounted)?;
    Some(Socket::Shown(&mount.target, &case.stack.service(id).name.at))
}

fn is_socket(path: &str) -> bool {
    ["/docker.sock", "/podman.sock", "/docker_engine"]
        .iter()
        .any(|name| path.ends_with(name))
}

fn is_router(service: &Service) -> bool {
    let image = service.image.as_ref().and_then(|image| image.value.get());
    image.is_some_and(|image| {
        let name = ImageRef::parse(image).repository_name();
        ROUTERS.iter().any(|router| name.contains(router))
    })
}

fn finding(case: &Case<'_>, id: ServiceId, role: Role, socket: &Socket<'_>) -> Finding {
    let service = case.stack.service(id);
    let name = &service.name.value;
    let message = format!(
        "{name} is {} and has {}: {}, and `:ro` does not change that; remove it, or put a proxy in between that allows only the requests that {name} needs",
        role.title(),
        socket.name(),
        socket.power()
    );
    if let Socket::Shown(..) = socket {
        return beside_file(case, id, socket, message);
    }
    let finding = Finding::at(socket.at(), Part::Value, message)
        .says("the whole engine is behind this socket")
        .subject(name);
    if !is_own(service, socket.at()) {
        let title = format!("remove the socket from {name}");
        let text = format!("no {} among the volumes of {name}\n", socket.name());
        return finding.fix(Fix::manual(title, text));
    }
    let title = format!("remove the socket from {name}, if it does not manage containers");
    let fix = Fix::new(Safety::Unsafe, title).then(repair::compose(case.stack, id, "up -d"));
    let section = socket.at().parent();
    let node = case.stack.source(section.source).node(&section.path);
    let only = node.is_some_and(|node| node.is_seq() && node.items().len() == 1);
    let at = if only { section } else { socket.at().clone() };
    finding.fix(fix.change(at, Op::Remove)).fix(Fix::manual(
        format!("let {name} ask the engine through a proxy"),
        proxy(name, socket),
    ))
}

/// The container has it, and making it anew takes it away.
fn beside_file(case: &Case<'_>, id: ServiceId, socket: &Socket<'_>, message: String) -> Finding {
    let name = &case.stack.service(id).name.value;
    let container = case.container_of(id).map_or("", |one| one.name.as_str());
    let evidence = format!("container {container} has {} mounted, and no file says so", socket.name());
    let title = format!("make the container of {name} anew, without the socket");
    Finding::at(socket.at(), Part::Key, message)
        .says("its container has the engine's socket")
        .subject(name)
        .evidence(Source::Docker, evidence)
        .fix(Fix::manual(title, repair::compose(case.stack, id, "up -d --force-recreate")))
}

/// A proxy that lets reading requests through.
fn proxy(name: &str, socket: &Socket<'_>) -> String {
    let host = match socket {
        Socket::Mounted(mount) if is_socket(&mount.source) => mount.source.as_str(),
        _ => "/var/run/docker.sock",
    };
    format!(
        "services:\n  docker-proxy:\n    image: tecnativa/docker-socket-proxy\n    environment:\n      CONTAINERS: 1    # what {name} may read; writing stays forbidden without POST: 1\n    volumes:\n      - {host}:/var/run/docker.sock:ro\n  {name}:\n    environment:\n      DOCKER_HOST: tcp://docker-proxy:2375\n"
    )
}

/// What starts containers itself.
fn needed(service: &Service, socket: &Socket<'_>, server: &Server) -> Finding {
    let name = &service.name.value;
    let without = server.engine.as_ref().and_then(|engine| engine.unless.args.first());
    let step = match without {
        Some(flag) => format!("with `{flag}` it does without"),
        None => "keep its port away from others".to_owned(),
    };
    let message = format!(
        "{name} starts servers as containers and has {} for it: {}; {step}",
        socket.name(),
        socket.power()
    );
    Finding::at(socket.at(), Part::Value, message)
        .says("needed, and the whole engine is behind it")
        .subject(name)
        .evidence(
            Source::Catalog,
            format!("{} needs the engine to start containers", server.title),
        )
}
