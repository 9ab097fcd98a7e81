//! url-path-suspect: an address whose path belongs to the other transport.

use url::Url;

use crate::catalog::{Certainty, TransportKind};
use crate::chain::{Caller, Destination, Hop};
use crate::change::{Fix, Op, Safety};
use crate::check::reader::entries;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::{Client, Transport};
use crate::secret;
use crate::source::{At, Part};

pub(super) static CHECK: Check = Check {
    id: "url-path-suspect",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/url-path-suspect.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for hop in case.chain.upstreams() {
        // A server made from an OpenAPI document calls what the document says.
        let entry = case.stack.source(hop.at.source).node(&hop.at.path);
        if entry.is_some_and(|entry| entry.get("spec_path").is_some()) {
            continue;
        }
        look(case, hop, true, findings);
    }
    for found in entries(case) {
        let Some(hop) = found.hop else { continue };
        // The paths of a gateway are another check's, those of a proxy nobody's.
        if matches!(hop.destination, Destination::Gateway { .. }) || !hop.is_direct() {
            continue;
        }
        // Clients that try one transport after the other need not do what `type` says.
        let tries_both = found.page().falls_back && hop.transport == Transport::Sse;
        let is_claude_code = found.file.client == Client::ClaudeCode;
        if !tries_both {
            look(case, hop, is_claude_code && found.is_own(), findings);
        }
    }
}

/// Judges one call; of a server that the catalog does not know only where `guess` allows it.
fn look(case: &Case<'_>, hop: &Hop, guess: bool, findings: &mut Findings) {
    let Some(url) = &hop.url else { return };
    let suspect = match known_path(case, hop, &url.value) {
        Path::Settled => return,
        Path::Other(path) => {
            let whole = with_path(&url.value, path);
            let title = format!("write `{}`", secret::redact(&whole));
            Suspect {
                problem: format!(
                    "the path `{}`, where this server has `{path}`",
                    shown(&url.value)
                ),
                step: format!("write `{path}`"),
                fix: Fix::new(Safety::Unsafe, title).change(url.at.clone(), Op::Set(whole.into())),
            }
        }
        Path::Unknown => match guess.then(|| guessed(case, hop, url)).flatten() {
            Some(suspect) => suspect,
            None => return,
        },
    };
    let name = hop.entry();
    let message = format!(
        "{name} is called over {} at a url with {}: {}",
        hop.transport.title(),
        suspect.problem,
        suspect.step
    );
    let mut finding = Finding::at(&url.at, Part::Value, message)
        .says(format!(
            "the path does not look like {}",
            hop.transport.title()
        ))
        .subject(name)
        .hop(hop.id);
    if let Some(at) = &hop.transport_at {
        finding = finding.also(at, Part::Value, "the transport in force");
    }
    findings.add(finding.fix(suspect.fix));
}

/// What is wrong with a path, and what to do.
struct Suspect {
    problem: String,
    step: String,
    fix: Fix,
}

/// What the usual paths say of a server that the catalog does not know. Any path may be right there.
fn guessed(case: &Case<'_>, hop: &Hop, url: &At<Url>) -> Option<Suspect> {
    let path = url.value.path().trim_end_matches('/');
    let is_upstream = hop.is_upstream();
    let usual = match hop.transport {
        Transport::Sse => "/sse",
        Transport::Http => "/mcp",
        Transport::Stdio => return None,
    };
    let problem = match hop.transport {
        // A client's server may well answer at its root.
        _ if path.is_empty() => {
            return (is_upstream && !ends_in_slash(case, hop)).then(|| without_path(hop, url, usual));
        }
        Transport::Sse if is_upstream && !path.ends_with("/sse") => format!(
            "the path `{}`, where HTTP+SSE servers nearly always have `/sse`",
            shown(&url.value)
        ),
        Transport::Sse if path.ends_with("/mcp") => format!(
            "the path `{}`, which is that of a streamable HTTP server",
            shown(&url.value)
        ),
        // A client that tries HTTP+SSE next gets along with this.
        Transport::Http if path.ends_with("/sse") && hop.falls_back.is_none() => format!(
            "the path `{}`, which is that of an HTTP+SSE server",
            shown(&url.value)
        ),
        _ => return None,
    };
    let other = match hop.transport {
        Transport::Sse => Transport::Http,
        Transport::Http | Transport::Stdio => Transport::Sse,
    };
    let written = match is_upstream {
        true => format!("transport: {}", other.word()),
        false => format!("\"type\": \"{}\"", other.word()),
    };
    let fix = Fix::new(Safety::Unsafe, format!("write `{written}`"));
    let fix = match &hop.transport_at {
        Some(at) => fix.change(at.clone(), Op::Set(other.word().into())),
        None => {
            let key = if is_upstream { "transport" } else { "type" };
            let insert = Op::Insert(key.to_owned(), other.word().into());
            fix.change(hop.at.clone(), insert)
        }
    };
    Some(Suspect {
        problem,
        step: format!("check the path, or write `{written}`"),
        fix,
    })
}

/// No path at all. Some servers do answer at the root, so that a person has to look.
fn without_path(hop: &Hop, url: &At<Url>, usual: &str) -> Suspect {
    let whole = with_path(&url.value, usual);
    Suspect {
        problem: format!(
            "no path, where {} servers nearly always have `{usual}`; the gateway adds none",
            hop.transport.title()
        ),
        step: "write the path that the server has, or a `/` at the end if it answers there".to_owned(),
        fix: Fix::manual(
            format!("write `{usual}`, if the server answers there"),
            format!("url: {}\n", secret::redact(&whole)),
        ),
    }
}

/// Whether the address was written with a slash at its end, which nobody does who forgot the path.
fn ends_in_slash(case: &Case<'_>, hop: &Hop) -> bool {
    let Caller::Gateway { gateway, server } = hop.caller else {
        return false;
    };
    let server = &case.chain.gateways[gateway].outcome.servers[server];
    let text = server.url.as_ref().and_then(|url| url.value.text());
    text.is_some_and(|text| text.trim().ends_with('/'))
}

/// What the catalog says of the path.
enum Path<'a> {
    /// It fits, or another check says that this transport does not.
    Settled,
    /// It has to be this one.
    Other(&'a str),
    /// Nothing.
    Unknown,
}

fn known_path<'a>(case: &Case<'_>, hop: &'a Hop, url: &Url) -> Path<'a> {
    let Some(behind) = &hop.behind else {
        return Path::Unknown;
    };
    let certain = behind.running.certainty == Certainty::Known;
    let mut tried = [Some(hop.transport), hop.falls_back]
        .into_iter()
        .flatten()
        .filter_map(|transport| behind.running.speaks(transport.into()))
        .peekable();
    if tried.peek().is_none() {
        return if certain {
            Path::Settled
        } else {
            Path::Unknown
        };
    }
    let mut other = Path::Unknown;
    for speaks in tried {
        if serves_too(case, &behind.server, speaks.kind, url.path()) {
            return Path::Settled;
        }
        match &speaks.path {
            Some(path) if path.trim_end_matches('/') == url.path().trim_end_matches('/') => {
                return Path::Settled;
            }
            Some(path) if certain && speaks.sure => {
                if matches!(other, Path::Unknown) {
                    other = Path::Other(path);
                }
            }
            _ => return Path::Unknown,
        }
    }
    other
}

/// Whether a path is one of those that a server has beside its main one: `/servers/{name}/mcp`.
fn serves_too(case: &Case<'_>, server: &str, kind: TransportKind, path: &str) -> bool {
    let fits = |pattern: &String| {
        let mut parts = path.trim_matches('/').split('/');
        let mut wanted = pattern.trim_matches('/').split('/');
        let same = wanted.by_ref().all(|want| {
            let part = parts.next();
            part.is_some_and(|part| part == want || want.starts_with('{') && !part.is_empty())
        });
        same && parts.next().is_none()
    };
    let server = case.catalog.by_id(server);
    let transports = server.into_iter().flat_map(|server| &server.transports);
    transports
        .filter(|transport| transport.kind == kind)
        .any(|transport| transport.path.also.iter().any(fits))
}

/// The end of a path: what stands before it is a key sometimes.
fn shown(url: &Url) -> String {
    // What is secret in a path shows itself in the whole url only.
    let masked = Url::parse(&secret::redact(url.as_str()));
    let path = masked.as_ref().map_or("…", Url::path);
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some(("", last)) => format!("/{last}"),
        Some((_, last)) => format!("…/{last}"),
        None => path.to_owned(),
    }
}

fn with_path(url: &Url, path: &str) -> String {
    let mut url = url.clone();
    url.set_path(path);
    url.into()
}
