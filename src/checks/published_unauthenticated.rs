//! published-unauthenticated: a server that asks nobody who they are is published on every interface of the host.

use core::net::IpAddr;

use crate::catalog::server::Auth;
use crate::catalog::{Bind, BindFrom, Speaks, TransportKind};
use crate::repair;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own};
use crate::model::{Port, Published, Service, Text};
use crate::source::{At, Node, Part};

pub(super) static CHECK: Check = Check {
    id: "published-unauthenticated",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/published-unauthenticated.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        // There `ports` publishes nothing: what listens is on the host itself.
        if let Some(mode) = on_host(mcp.service) {
            if let Some(speaks) = open_on_host(&mcp) {
                let finding = of_host(case, &mcp, speaks, mode);
                findings.add(finding.hops(hops.get(&mcp.id).into_iter().flatten().copied()));
            }
            continue;
        }
        let open: Vec<(&Port, &Speaks)> = mcp
            .service
            .ports
            .iter()
            .filter_map(|port| Some((port, open_behind(&mcp, port)?)))
            .filter(|(_, speaks)| !is_on_loopback(case, &mcp, speaks))
            .collect();
        if !open.is_empty() {
            let finding = finding(case, &mcp, &open);
            findings.add(finding.hops(hops.get(&mcp.id).into_iter().flatten().copied()));
        }
    }
}

/// Whether the engine shows that it publishes a port on this machine's loopback alone, as its own settings may say.
fn is_on_loopback(case: &Case<'_>, mcp: &McpService<'_>, speaks: &Speaks) -> bool {
    let Some(container) = case.container_of(mcp.id).filter(|one| one.is_running()) else {
        return false;
    };
    let published = container.published.iter();
    let mut addresses = published
        .filter(|at| Some(at.port) == speaks.port)
        .map(|at| at.host_ip.trim_matches(['[', ']']).parse::<IpAddr>())
        .peekable();
    addresses.peek().is_some()
        && addresses.all(|address| address.is_ok_and(|address| address.is_loopback()))
}

/// Where the engine shows that a port is published.
fn seen(case: &Case<'_>, mcp: &McpService<'_>, speaks: &Speaks) -> Option<String> {
    let container = case.container_of(mcp.id)?;
    let mut published = container.published.iter();
    let at = published.find(|at| Some(at.port) == speaks.port)?;
    let address = match at.host_ip.as_str() {
        "" => "every address",
        address => address,
    };
    Some(format!(
        "container {} publishes port {} on {address}",
        container.name,
        at.host_port?
    ))
}

/// The `network_mode` of a service that is certainly on the host's network.
fn on_host(service: &Service) -> Option<&At<Text>> {
    let mode = service.network_mode.as_ref();
    mode.filter(|mode| mode.value.get() == Some("host"))
}

/// The transport without authentication that a server on the host's network certainly has on every interface.
fn open_on_host<'a>(mcp: &McpService<'a>) -> Option<&'a Speaks> {
    mcp.network().find(|speaks| {
        // What a program does of itself an image may change.
        speaks.auth == Auth::None
            && speaks.port.is_some()
            && speaks.bind == Bind::Any
            && speaks.bind_from != BindFrom::Program
    })
}

fn of_host(case: &Case<'_>, mcp: &McpService<'_>, speaks: &Speaks, mode: &At<Text>) -> Finding {
    let name = mcp.name();
    let way = loopback_flag(mcp, speaks);
    let step = match &way {
        Some(way) => format!("; let it listen on 127.0.0.1: `{way}`"),
        None => "; let it listen on 127.0.0.1".to_owned(),
    };
    let port = speaks.port.unwrap_or_default();
    let message = format!(
        "{name} is on the host's network and serves {} without authentication on port {port} of every interface: \
         whoever reaches this machine can call its tools{step}",
        title(speaks),
    );
    let mut finding = Finding::at(&mode.at, Part::Value, message)
        .says("every interface of the host")
        .subject(name)
        .evidence(
            Source::Catalog,
            format!("{} asks its callers for nothing", mcp.server.title),
        );
    if let Some(image) = &mcp.service.image {
        finding = finding.also(&image.at, Part::Value, "has no authentication");
    }
    let words = match &way {
        Some(way) => format!("{way}\n"),
        None => "# take it off the host's network, and publish the port on 127.0.0.1\n".to_owned(),
    };
    let fix = Fix::manual(
        format!("let {name} listen on 127.0.0.1, where no container of another network calls it"),
        words,
    );
    finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")))
}

/// The flag or variable with which a server listens on 127.0.0.1.
fn loopback_flag(mcp: &McpService<'_>, speaks: &Speaks) -> Option<String> {
    let version = mcp.behind.version.as_ref().map(|known| &known.version);
    let transport = mcp.server.transports.iter().find(|transport| {
        transport.kind == speaks.kind
            && version.is_none_or(|version| transport.versions.contains(version))
    })?;
    let flag = transport.bind.args.first();
    let variable = transport.bind.env.first();
    flag.map(|flag| format!("{flag} 127.0.0.1"))
        .or_else(|| variable.map(|name| format!("{name}=127.0.0.1")))
}

fn title(speaks: &Speaks) -> &'static str {
    match speaks.kind {
        TransportKind::Sse => "HTTP+SSE",
        _ => "streamable HTTP",
    }
}

/// The transport without authentication that a port leads to from every interface.
fn open_behind<'a>(mcp: &McpService<'a>, port: &Port) -> Option<&'a Speaks> {
    if port.protocol != "tcp" || !port.on_every_interface() {
        return None;
    }
    mcp.network().find(|speaks| {
        // What listens on the container's loopback is not reached through a published port.
        speaks.auth == Auth::None
            && speaks.bind != Bind::Loopback
            && speaks
                .port
                .is_some_and(|at| (port.target.0..=port.target.1).contains(&at))
    })
}

fn finding(case: &Case<'_>, mcp: &McpService<'_>, open: &[(&Port, &Speaks)]) -> Finding {
    let name = mcp.name();
    let (port, speaks) = open[0];
    let title = title(speaks);
    let published = speaks.port.and_then(|target| port.published_of(target));
    let published = match published {
        Some(published) => format!("port {published}"),
        None => match &port.published {
            Published::Unknown(written) => format!("port {written}"),
            _ => "a port of the engine's choice".to_owned(),
        },
    };
    let message = format!(
        "{name} serves {title} without authentication on {published} of every interface: whoever reaches this machine can call its tools",
    );
    let said = "on every interface";
    let mut finding = Finding::at(&port.at, Part::Value, message)
        .says(said)
        .subject(name)
        .evidence(
            Source::Catalog,
            format!("{} asks its callers for nothing", mcp.server.title),
        );
    if let Some(seen) = seen(case, mcp, speaks) {
        finding = finding.evidence(Source::Docker, seen);
    }
    for (port, _) in &open[1..] {
        finding = finding.also(&port.at, Part::Value, said);
    }
    if let Some(image) = &mcp.service.image {
        finding = finding.also(&image.at, Part::Value, "has no authentication");
    }
    let mut fix = Fix::new(Safety::Unsafe, format!("publish {name} on 127.0.0.1 only"));
    for (port, _) in open {
        let node = case.stack.source(port.at.source).node(&port.at.path);
        let own = is_own(mcp.service, &port.at);
        match node
            .filter(|_| own)
            .and_then(|node| on_loopback(node, port))
        {
            Some(Mend::Short(text)) => fix = fix.change(port.at.clone(), Op::Set(text.into())),
            Some(Mend::Long(true)) => {
                fix = fix.change(port.at.key("host_ip"), Op::Set("127.0.0.1".into()));
            }
            Some(Mend::Long(false)) => {
                let op = Op::Insert("host_ip".to_owned(), "127.0.0.1".into());
                fix = fix.change(port.at.clone(), op);
            }
            None => {
                return finding.fix(Fix::manual(
                    format!("publish {name} on 127.0.0.1 only, or not at all"),
                    format!("ports:\n  - \"127.0.0.1:{}\"", short(port)),
                ));
            }
        }
    }
    finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")))
}

/// How a port is bound to loopback in the syntax in which it is written.
#[derive(Debug, PartialEq, Eq)]
enum Mend {
    Short(String),
    /// Whether `host_ip` is written already.
    Long(bool),
}

fn on_loopback(node: Node<'_>, port: &Port) -> Option<Mend> {
    if node.is_map() {
        return Some(Mend::Long(node.get("host_ip").is_some()));
    }
    short_on_loopback(node.scalar_text()?, port).map(Mend::Short)
}

fn short_on_loopback(written: &str, port: &Port) -> Option<String> {
    let rest = match port.host_ip.as_deref() {
        None | Some("") => written,
        // An address that a variable gives is changed where the variable is set.
        Some(address) => [format!("{address}:"), format!("[{address}]:")]
            .iter()
            .find_map(|address| written.strip_prefix(address.as_str()))?,
    };
    let names_host_port = port.published != Published::Any || rest.trim_matches(':').contains(':');
    let rest = rest.trim_start_matches(':');
    Some(match names_host_port {
        true => format!("127.0.0.1:{rest}"),
        false => format!("127.0.0.1::{rest}"),
    })
}

fn short(port: &Port) -> String {
    match port.published {
        Published::Any => format!(":{}", port.pair()),
        _ => port.pair(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Pointer, SourceId};

    fn port(host_ip: Option<&str>, published: Option<u16>) -> Port {
        Port {
            host_ip: host_ip.map(str::to_owned),
            published: published.map_or(Published::Any, |port| Published::At(port, port)),
            target: (8000, 8000),
            protocol: "tcp".to_owned(),
            at: Pointer::root(SourceId(0)),
        }
    }

    #[test]
    fn an_address_is_put_in_front_of_a_port() {
        for (written, host_ip, published, mended) in [
            (
                "48010:8000",
                None,
                Some(48010),
                Some("127.0.0.1:48010:8000"),
            ),
            ("8000", None, None, Some("127.0.0.1::8000")),
            (
                "0.0.0.0:48010:8000",
                Some("0.0.0.0"),
                Some(48010),
                Some("127.0.0.1:48010:8000"),
            ),
            (
                "[::]:48010:8000",
                Some("::"),
                Some(48010),
                Some("127.0.0.1:48010:8000"),
            ),
            (
                "${PORT:-48010}:8000",
                None,
                Some(48010),
                Some("127.0.0.1:${PORT:-48010}:8000"),
            ),
            (
                "${BIND:-0.0.0.0}:48010:8000",
                Some("0.0.0.0"),
                Some(48010),
                None,
            ),
        ] {
            let mend = short_on_loopback(written, &port(host_ip, published));
            assert_eq!(mend.as_deref(), mended, "{written}");
        }
    }
}
