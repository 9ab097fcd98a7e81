//! port-mismatch: the url's port is none that the server behind it listens on.

use std::collections::HashSet;

use crate::catalog::gateway::Runs;
use crate::catalog::server::Verified;
use crate::catalog::{Certainty, ImageRef, TransportKind};
use crate::chain::{Behind, Destination, Hop, Reach};
use crate::repair;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::netns::Shared;
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own};
use crate::model::{Port, Published, Service, ServiceId};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "port-mismatch",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "port-not-listening", "connection-reset"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/port-mismatch.md"),
    run,
};

/// A call that leads to a port of a container.
struct Call<'a> {
    hop: &'a Hop,
    id: ServiceId,
    service: &'a Service,
    reach: &'a Reach,
    /// The port in the container.
    port: u16,
}

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case) {
        let said = behind_published(case, found).map(|said| (Severity::Error, said));
        // Something that no file declares may listen there.
        let said = said.or_else(|| Some((Severity::Warning, meant_for_gateway(case, found)?)));
        if let Some((severity, finding)) = said {
            findings.add_as(severity, finding);
        }
    }
    let mut called = HashSet::new();
    for hop in &case.chain.hops {
        let Destination::Service {
            service: id,
            port: Some(port),
            reach,
        } = &hop.destination
        else {
            continue;
        };
        let call = Call {
            hop,
            id: *id,
            service: case.stack.service(*id),
            reach,
            port: *port,
        };
        // published-port-inside speaks of that pair.
        if published(call.service, call.port).is_some() {
            called.insert(call.id);
        }
        match judge(case, &call) {
            Judgement::Silent => {}
            Judgement::Skip(reason) => findings.skip(reason),
            Judgement::Wrong(behind, right) => {
                called.insert(call.id);
                findings.add(finding(case, &call, behind, right));
            }
        }
    }
    let shared = Shared::of(case);
    for mcp in case.mcp_services() {
        if !called.contains(&mcp.id)
            && !shared.has(&mcp)
            && let Some((pair, listens)) = published_in_vain(&mcp)
        {
            findings.add_as(Severity::Warning, in_vain(case, &mcp, pair, listens));
        }
    }
}

/// The only published port of a server, where the server certainly listens on another one, and on no further one as
/// far as anybody knows.
fn published_in_vain<'a>(mcp: &McpService<'a>) -> Option<(&'a Port, u16)> {
    let service = mcp.service;
    // A port that the image alone gives is certain where the image was run, others where the program's source was read.
    let facts = mcp.image_facts()?;
    let is_verified = match mcp.server.verified {
        Verified::Run => true,
        Verified::Source => facts.port.is_none(),
        _ => false,
    };
    let is_known = is_verified
        && mcp.doubt().is_none()
        && service.complete()
        && service.unclear_ports.is_empty()
        && service.env_files.iter().all(|file| file.read);
    if !is_known {
        return None;
    }
    let mut listening = mcp
        .behind
        .running
        .transports
        .iter()
        .filter(|speaks| speaks.kind != TransportKind::Stdio);
    let first = listening.next()?;
    let listens = first.port.filter(|_| first.sure)?;
    if !listening.all(|speaks| speaks.sure && speaks.port == Some(listens)) {
        return None;
    }
    let mut pairs = service.ports.iter().filter(|pair| pair.protocol != "udp");
    let (pair, None) = (pairs.next()?, pairs.next()) else {
        return None;
    };
    let target = pair.target.0;
    let is_other = pair.target.1 == target && target != listens && !facts.expose.contains(&target);
    (is_other && !speaks_of(service, target)).then_some((pair, listens))
}

/// Whether an argument or variable may tell the server to open a further port of that number. An address of somebody
/// else's does not.
fn speaks_of(service: &Service, port: u16) -> bool {
    let port = port.to_string();
    let is_in = |text: &str| {
        !text.contains("://")
            && text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word == port)
    };
    let words = [&service.command, &service.entrypoint];
    let mut words = words.into_iter().flatten().flat_map(|words| &words.value);
    let mut variables = service.environment.iter();
    words.any(|word| is_in(&word.text) || !word.known)
        || variables.any(|variable| {
            let value = variable.value.as_ref();
            value.is_some_and(|value| is_in(&value.text))
        })
}

fn in_vain(case: &Case<'_>, mcp: &McpService<'_>, pair: &Port, listens: u16) -> Finding {
    let (name, service) = (mcp.name(), mcp.service);
    let target = pair.target.0;
    let message = format!(
        "{name} publishes container port {target}, but {} listens on {listens}: nothing answers on the published \
         port; publish container port {listens}",
        mcp.behind.image.repository_name(),
    );
    let finding = Finding::at(&pair.at, Part::Value, message)
        .says(format!("nothing listens on {target} in the container"))
        .subject(name);
    let side = format!("listens on {listens}");
    let finding = match (&service.command, &service.image) {
        (Some(command), _) => finding.also(&command.at, Part::Value, side),
        (None, Some(image)) => finding.also(&image.at, Part::Value, side),
        (None, None) => finding,
    };
    let title = format!("publish container port {listens} of {name}");
    let change = is_own(service, &pair.at)
        .then(|| retarget(case, pair, listens))
        .flatten();
    let fix = match change {
        Some(Change { at, op }) => Fix::new(Safety::Unsafe, title).change(at, op),
        None => {
            let published = pair.published_of(target).unwrap_or(listens);
            Fix::manual(title, format!("ports: [\"{published}:{listens}\"]\n"))
        }
    };
    finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")))
}

/// The port on which a gateway certainly listens in its container: with an image of its own, started as that image is.
fn gateway_port(runs: &Runs, service: &Service) -> Option<u16> {
    let image = service.image.as_ref()?.value.get()?;
    let own = service.build.is_none()
        && service.entrypoint.is_none()
        && service.complete()
        && runs.is_official(&ImageRef::parse(image));
    own.then(|| runs.port_of(service)).flatten()
}

/// A client's call over a published port, behind which is another container port than the gateway's.
fn behind_published(case: &Case<'_>, found: Entry<'_>) -> Option<Finding> {
    let hop = found.hop.filter(|hop| hop.is_direct())?;
    let Destination::Gateway {
        gateway,
        certain: true,
    } = hop.destination
    else {
        return None;
    };
    let id = case.chain.gateways[gateway].service()?;
    let service = case.stack.service(id);
    let right = gateway_port(&case.catalog.litellm().runs, service)?;
    let port = hop.port()?;
    let mut pairs = service.ports.iter().filter(|pair| pair.protocol != "udp");
    let (pair, target) = pairs.find_map(|pair| Some((pair, pair.target_of(port)?)))?;
    if target == right {
        return None;
    }
    let name = &service.name.value;
    let program = case.stack.gateways[gateway].kind.title();
    let message = format!(
        "{} in {} calls {name} on port {port}, which leads to container port {target}, but {program} listens on {right}",
        hop.entry(),
        repair::file(case.stack, &hop.at),
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let finding = Finding::at(at, Part::Value, message)
        .says(format!("leads to container port {target}"))
        .also(
            &pair.at,
            Part::Value,
            format!("publishes container port {target}"),
        )
        .subject(hop.entry())
        .hop(hop.id);
    let side = format!("listens on {right}");
    let finding = match (&service.command, &service.image) {
        (Some(command), _) => finding.also(&command.at, Part::Value, side),
        (None, Some(image)) => finding.also(&image.at, Part::Value, side),
        (None, None) => finding,
    };
    let call = Call {
        hop,
        id,
        service,
        reach: &Reach::Published,
        port: target,
    };
    Some(match mend(case, &call, right) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

/// A call with a gateway's own headers to a port of this machine that nothing publishes, while the only gateway is
/// published on another one.
fn meant_for_gateway(case: &Case<'_>, found: Entry<'_>) -> Option<Finding> {
    let facts = case.catalog.litellm();
    let hop = found.hop.filter(|hop| hop.destination == Destination::Here)?;
    let [view] = case.chain.gateways.as_slice() else {
        return None;
    };
    let service = case.stack.service(view.service()?);
    let listens = gateway_port(&facts.runs, service)?;
    let pair = service
        .ports
        .iter()
        .find(|pair| pair.protocol != "udp" && pair.published_of(listens).is_some())?;
    let (right, port) = (pair.published_of(listens)?, hop.port()?);
    let headers = &facts.clients.own_headers;
    let header = headers
        .iter()
        .find(|name| found.entry.header(name).is_some())?;
    let name = &service.name.value;
    let url = repair::url(hop, None, Some(right), None)?;
    let message = format!(
        "{} in {} sends {header} to port {port} of this machine, which nothing that was read publishes, but {name} is \
         published on {right}: write {}",
        hop.entry(),
        repair::file(case.stack, &hop.at),
        repair::written(&url)
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    Some(
        Finding::at(at, Part::Value, message)
            .says(format!("nothing publishes {port}"))
            .also(&pair.at, Part::Value, format!("published as {right}"))
            .subject(hop.entry())
            .hop(hop.id)
            .fix(repair::call(case.stack, hop, &url, None)),
    )
}

/// The port that would be right.
#[derive(Clone, Copy)]
enum Right {
    /// The server listens on it.
    Listens(u16),
    /// It will, once it is started on a transport over the network.
    Would(u16),
}

enum Judgement<'a> {
    Silent,
    Skip(String),
    Wrong(&'a Behind, Right),
}

fn judge<'a>(case: &Case<'_>, call: &Call<'a>) -> Judgement<'a> {
    let Call {
        hop, service, port, ..
    } = call;
    let name = &service.name.value;
    let Some(behind) = &hop.behind else {
        return without_catalog(call);
    };
    if let Certainty::Unknown(why) = &behind.running.certainty {
        return Judgement::Skip(format!(
            "on which port {name} listens is not certain: {why}"
        ));
    }
    let network = || {
        let transports = behind.running.transports.iter();
        transports.filter(|speaks| speaks.kind != TransportKind::Stdio)
    };
    if network().any(|speaks| speaks.port == Some(*port)) {
        return Judgement::Silent;
    }
    let right = match network().next() {
        None => match repair::would_listen(case.catalog, hop) {
            Some(right) if right != *port => Right::Would(right),
            _ => return Judgement::Silent,
        },
        Some(first) => {
            let same = network().find(|speaks| speaks.kind == hop.transport.into());
            let unsure = network().any(|speaks| speaks.port.is_none() || !speaks.sure);
            match same.unwrap_or(first).port {
                Some(right) if !unsure => Right::Listens(right),
                _ => {
                    return Judgement::Skip(format!(
                        "the port on which {name} listens is not known from the files"
                    ));
                }
            }
        }
    };
    match (published(service, *port), call.reach) {
        (None, _) | (Some(_), Reach::Published) => Judgement::Wrong(behind, right),
        (Some(_), Reach::Unknown) => Judgement::Skip(format!(
            "{name} publishes {port} on the host, and no file says whether its caller runs in a container"
        )),
        // published-port-inside says that.
        (Some(_), _) => Judgement::Silent,
    }
}

/// The pair that publishes `port` on the host, unless the container uses that number as well.
pub(super) fn published(service: &Service, port: u16) -> Option<&Port> {
    if declares(service, port) {
        return None;
    }
    service
        .ports
        .iter()
        .find(|pair| pair.protocol != "udp" && pair.target_of(port).is_some())
}

/// Whether `port` is a container port by `ports` or `expose`.
fn declares(service: &Service, port: u16) -> bool {
    service
        .ports
        .iter()
        .any(|pair| (pair.target.0..=pair.target.1).contains(&port))
        || service.expose.iter().any(|open| open.value == port)
}

/// Between containers a port works that no file declares, so that absence proves nothing.
fn without_catalog(call: &Call<'_>) -> Judgement<'static> {
    let Call { service, port, .. } = call;
    let any = !service.ports.is_empty() || !service.expose.is_empty();
    if !any || declares(service, *port) || published(service, *port).is_some() {
        return Judgement::Silent;
    }
    let what = match (&service.image, &service.build) {
        (Some(image), None) => format!("the catalog does not know {}", image.value.text),
        _ => "its image is built locally".to_owned(),
    };
    let name = &service.name.value;
    Judgement::Skip(format!(
        "{name} declares other ports than {port}, but may still listen on it: {what}"
    ))
}

fn finding(case: &Case<'_>, call: &Call<'_>, behind: &Behind, right: Right) -> Finding {
    let Call { hop, service, .. } = call;
    let name = &service.name.value;
    let image = behind.image.repository_name();
    let written = hop.port().unwrap_or(call.port);
    let pairs: Vec<String> = service.ports.iter().map(Port::pair).collect();
    let publishes = match pairs.as_slice() {
        [] => String::new(),
        pairs => format!(" (compose publishes {})", pairs.join(" and ")),
    };
    let (listens, side) = match right {
        Right::Listens(port) => (format!("listens on {port}"), format!("listens on {port}")),
        Right::Would(port) => (
            format!("listens on {port} once it speaks HTTP"),
            format!("on stdio it has no port; over HTTP it listens on {port}"),
        ),
    };
    let message = format!(
        "{} in {} calls {name} on port {written}, but {image} {listens}{publishes}",
        hop.entry(),
        repair::file(case.stack, &hop.at),
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let says = match call.reach {
        Reach::Published => format!("leads to container port {}", call.port),
        _ => format!("calls container port {}", call.port),
    };
    let mut finding = Finding::at(at, Part::Value, message)
        .says(says)
        .subject(hop.entry())
        .hop(hop.id);
    for port in &service.ports {
        let target = port.target.0;
        let text = match port.published {
            Published::At(..) => format!("publishes container port {target}"),
            Published::OneOf(..) | Published::Any => {
                format!("publishes container port {target} on a random host port")
            }
            Published::Unknown(_) => {
                format!("publishes container port {target} on the host port that a variable says")
            }
        };
        finding = finding.also(&port.at, Part::Value, text);
    }
    finding = match (&service.command, &service.image) {
        (Some(command), _) => finding.also(&command.at, Part::Value, side),
        (None, Some(image)) => finding.also(&image.at, Part::Value, side),
        (None, None) => finding.also(&service.at, Part::Key, side),
    };
    if let Some(speaks) = behind.running.transports.first() {
        finding = finding.evidence(
            Source::Catalog,
            format!("{} {}", speaks.why, speaks.kind.title()),
        );
    }
    match right {
        Right::Listens(port) => match mend(case, call, port) {
            Some(fix) => finding.fix(fix),
            None => finding,
        },
        // As long as nothing listens, the repair is transport-mismatch's.
        Right::Would(_) => finding,
    }
}

fn mend(case: &Case<'_>, call: &Call<'_>, right: u16) -> Option<Fix> {
    let Call { hop, service, .. } = call;
    let port = match call.reach {
        Reach::Published => {
            match service
                .ports
                .iter()
                .find_map(|pair| pair.published_of(right))
            {
                Some(port) => port,
                None => return publish(case, call, right),
            }
        }
        _ => right,
    };
    let url = repair::url(hop, None, Some(port), None)?;
    let reader = case.chain.caller_of(hop);
    Some(repair::call(case.stack, hop, &url, reader))
}

/// The published port stays, and leads to the right one.
fn publish(case: &Case<'_>, call: &Call<'_>, right: u16) -> Option<Fix> {
    let port = call.hop.port()?;
    let pair = call
        .service
        .ports
        .iter()
        .find(|pair| pair.target_of(port).is_some())?;
    let title = format!(
        "publish container port {right} of {}",
        call.service.name.value
    );
    let up = repair::compose(case.stack, call.id, "up -d");
    Some(match retarget(case, pair, right) {
        Some(Change { at, op }) => Fix::new(Safety::Unsafe, title).change(at, op).then(up),
        None => Fix::manual(title, format!("ports: [\"{port}:{right}\"]\n")),
    })
}

/// The change of a published pair.
fn retarget(case: &Case<'_>, pair: &Port, right: u16) -> Option<Change> {
    let node = case.stack.source(pair.at.source).node(&pair.at.path)?;
    if node.is_map() {
        return Some(Change {
            at: pair.at.key("target"),
            op: Op::Set(right.into()),
        });
    }
    let (front, last) = node.scalar_text()?.rsplit_once(':')?;
    let (number, protocol) = match last.split_once('/') {
        Some((number, protocol)) => (number, format!("/{protocol}")),
        None => (last, String::new()),
    };
    number.parse::<u16>().ok()?;
    let text = format!("{front}:{right}{protocol}");
    Some(Change {
        at: pair.at.clone(),
        op: Op::Set(text.into()),
    })
}
