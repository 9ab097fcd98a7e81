//! port-mismatch: the url's port is none that the server behind it listens on.

use crate::catalog::{Certainty, TransportKind};
use crate::chain::{Behind, Destination, Hop, Reach};
use crate::repair;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::model::{Port, Published, Service, ServiceId};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "port-mismatch",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "port-not-listening"],
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
        match judge(case, &call) {
            Judgement::Silent => {}
            Judgement::Skip(reason) => findings.skip(reason),
            Judgement::Wrong(behind, right) => findings.add(finding(case, &call, behind, right)),
        }
    }
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
        None => match repair::would_listen(case.stack, case.catalog, hop) {
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
    let title = format!("call {}", repair::written(&url));
    Some(match repair::set_url(case.stack, hop, &url) {
        Some(Change { at, op }) => Fix::new(Safety::Unsafe, title).change(at, op),
        None => Fix::manual(title, format!("url: {}", repair::written(&url))),
    })
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

/// The change of a published pair in its short form.
fn retarget(case: &Case<'_>, pair: &Port, right: u16) -> Option<Change> {
    let node = case.stack.source(pair.at.source).node(&pair.at.path)?;
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
