//! transport-mismatch: the caller speaks one transport, the server behind its url another.

use crate::catalog::server::Server;
use crate::catalog::{Certainty, Running};
use crate::chain::{Behind, Caller, Hop};
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::{Call, exact, placeholder};
use crate::check::reader::{Entry, entries};
use crate::check::sight::Listening;
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::model::{Service, ServiceId, Transport};
use crate::repair::{self, ways};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "transport-mismatch",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[
        "port-not-listening",
        "connection-refused",
        "connection-reset",
        "no-answer",
        "wrong-transport",
    ],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/transport-mismatch.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in entries(case) {
        if let Some(call) = Call::of(case, found)
            && let Some((severity, finding)) = to_gateway(case, found, &call)
        {
            findings.add_as(severity, finding);
        }
    }
    for hop in &case.chain.hops {
        let Some(id) = hop.service() else { continue };
        match judge(hop, case.stack.service(id)) {
            Judgement::Agrees => {}
            Judgement::Unknown(reason) => findings.skip(reason),
            Judgement::Differs(behind) => findings.add(finding(case, hop, id, behind)),
        }
    }
}

/// A client that speaks HTTP+SSE to a path at which its gateway speaks streamable HTTP and nothing else. A path that
/// the gateway does not serve is gateway-path's.
fn to_gateway(case: &Case<'_>, found: Entry<'_>, call: &Call<'_>) -> Option<(Severity, Finding)> {
    let clients = &case.catalog.litellm().clients;
    if call.transport != Transport::Sse || exact(clients, call).is_some() {
        return None;
    }
    let is_http = clients.paths.iter().any(|served| {
        served.transport == Transport::Http
            && !served.served.is_empty()
            && (served.path == call.path || placeholder(&served.path, call.path).is_some())
    });
    let kind = found.entry.kind.as_ref().filter(|_| is_http)?;
    let name = &found.entry.name.value;
    let (path, gateway) = (call.url.value.path(), call.gateway_title(case));
    let message = format!(
        "{name} calls {path} over HTTP+SSE, but {gateway} speaks streamable HTTP there: the client waits for an \
         endpoint that never comes; write `\"type\": \"http\"`"
    );
    let severity = match call.certain {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let fix = Fix::new(Safety::Unsafe, "call the gateway over streamable HTTP")
        .change(kind.at.clone(), Op::Set(Transport::Http.word().into()));
    let finding = Finding::at(&kind.at, Part::Value, message)
        .says("the client will speak HTTP+SSE")
        .also(&call.url.at, Part::Value, format!("to {gateway}"))
        .subject(name)
        .hops(found.hops())
        .evidence(
            Source::Catalog,
            "LiteLLM answers a GET at this path with a stream that stays open and empty",
        )
        .fix(fix);
    Some((severity, finding))
}

enum Judgement<'a> {
    Agrees,
    Differs(&'a Behind),
    Unknown(String),
}

fn judge<'a>(hop: &'a Hop, service: &Service) -> Judgement<'a> {
    let name = &service.name.value;
    let Some(behind) = &hop.behind else {
        return Judgement::Unknown(match (&service.image, &service.build) {
            (_, Some(_)) | (None, _) => format!("{name} runs an image that is built locally"),
            (Some(image), None) => {
                format!(
                    "the catalog does not know {}, the image of {name}",
                    image.value.text
                )
            }
        });
    };
    let Running {
        transports,
        certainty,
    } = &behind.running;
    if let Certainty::Unknown(why) = certainty {
        return Judgement::Unknown(format!("what {name} speaks is not certain: {why}"));
    }
    let mut tried = [Some(hop.transport), hop.falls_back].into_iter().flatten();
    if tried.any(|transport| behind.running.speaks(transport.into()).is_some()) {
        return Judgement::Agrees;
    }
    if transports.iter().any(|speaks| !speaks.sure) {
        return Judgement::Unknown(format!("what {name} speaks was never verified"));
    }
    Judgement::Differs(behind)
}

fn finding(case: &Case<'_>, hop: &Hop, id: ServiceId, behind: &Behind) -> Finding {
    let stack = case.stack;
    let service = stack.service(id);
    let name = &service.name.value;
    let image = behind.image.repository_name();
    let speaks = spoken(&behind.running);
    let wanted = hop.transport.title();
    let starts = match (speaks.as_str(), service.command.is_some()) {
        ("", _) => format!("its image {image} exits unless it is told which transport to use"),
        (speaks, false) => format!("its image {image} starts on {speaks}"),
        (speaks, true) => format!("its command starts {image} on {speaks}"),
    };
    let message = format!(
        "{} in {} calls {name} over {wanted}, but {starts}",
        hop.entry(),
        repair::file(stack, &hop.at)
    );
    let side = match hop.caller {
        Caller::Gateway { .. } => "the gateway",
        Caller::Client { .. } => "the client",
    };
    let finding = match &hop.transport_at {
        Some(at) => {
            Finding::at(at, Part::Value, message).says(format!("{side} will speak {wanted}"))
        }
        None => Finding::at(&hop.at, Part::Key, message).says(format!(
            "{side} will speak {wanted}, because no transport is set"
        )),
    };
    let mut finding = finding.subject(hop.entry()).hop(hop.id);
    if let Some(url) = &hop.url {
        finding = finding.also(&url.at, Part::Value, format!("to {name}"));
    }
    let on = match speaks.as_str() {
        "" => "this starts no transport".to_owned(),
        "stdio" => "this starts on stdio and listens on no port".to_owned(),
        speaks => format!("this starts on {speaks}"),
    };
    finding = match (&service.command, &service.image) {
        (Some(command), _) => finding.also(&command.at, Part::Value, on),
        (None, Some(image)) => finding.also(&image.at, Part::Value, on),
        (None, None) => finding.also(&service.at, Part::Key, on),
    };
    if let Some(why) = behind.running.transports.first().map(|speaks| &speaks.why) {
        finding = finding.evidence(Source::Catalog, format!("{why} {speaks}"));
    }
    if let Some(aimed) = case.aimed(hop)
        && case.listening(aimed.number, aimed.port) == Listening::Nobody(Vec::new())
    {
        let seen = format!(
            "no socket is listening in container {}",
            aimed.container.name
        );
        finding = finding.evidence(Source::Docker, seen);
    }
    let Some(server) = case.catalog.by_id(&behind.server) else {
        return finding;
    };
    for text in known(server, behind) {
        finding = finding.evidence(Source::Catalog, text);
    }
    match ways::to_service(case, hop) {
        Some(ways) => ways.mend(finding),
        None => finding,
    }
}

/// `HTTP+SSE and streamable HTTP`; nothing when nothing is spoken.
fn spoken(running: &Running) -> String {
    let mut titles: Vec<&str> = running
        .transports
        .iter()
        .map(|speaks| speaks.kind.title())
        .collect();
    titles.dedup();
    titles.join(" and ")
}

/// What the catalog knows of the tag, and of transports that this version does not have.
fn known(server: &Server, behind: &Behind) -> Vec<String> {
    let mut texts = Vec::new();
    let version = behind.version.as_ref();
    if let Some((version, day)) = version.and_then(|v| Some((&v.version, v.assumed.as_ref()?))) {
        texts.push(format!("{} was version {version} on {day}", behind.image));
    }
    for transport in &server.transports {
        if let Some(known) = version
            && !transport.versions.contains(&known.version)
        {
            texts.push(ways::lacking(&known.version, transport));
        }
    }
    texts
}
