//! url-path-suspect: an address whose path belongs to the other transport.

use url::Url;

use crate::catalog::{Certainty, TransportKind};
use crate::chain::Hop;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Transport;
use crate::secret;
use crate::source::Part;

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
        let Some(url) = &hop.url else { continue };
        // A server made from an OpenAPI document calls what the document says.
        let entry = case.stack.source(hop.at.source).node(&hop.at.path);
        if entry.is_some_and(|entry| entry.get("spec_path").is_some()) {
            continue;
        }
        let known = match known_path(hop, &url.value) {
            Path::Settled => continue,
            Path::Other(path) => Some(path),
            Path::Unknown => None,
        };
        let name = hop
            .from
            .split_once(':')
            .map_or(hop.from.as_str(), |(_, name)| name);
        let path = url.value.path().trim_end_matches('/');
        let (problem, fix) = match (hop.transport, known) {
            (_, Some(known)) => (
                format!("the path `{}`, where this server has `{known}`", shown(path)),
                Some(with_path(&url.value, known)),
            ),
            (Transport::Sse, _) if path.is_empty() => (
                "no path, where HTTP+SSE servers nearly always have `/sse`; the gateway adds none".to_owned(),
                Some(with_path(&url.value, "/sse")),
            ),
            (Transport::Sse, _) if !path.ends_with("/sse") => (
                format!("the path `{}`, where HTTP+SSE servers nearly always have `/sse`", shown(path)),
                None,
            ),
            (Transport::Http, _) if path.is_empty() => (
                "no path, where streamable HTTP servers nearly always have `/mcp`; the gateway adds none".to_owned(),
                Some(with_path(&url.value, "/mcp")),
            ),
            (Transport::Http, _) if path.ends_with("/sse") => (
                format!("the path `{}`, which is that of an HTTP+SSE server", shown(path)),
                None,
            ),
            _ => continue,
        };
        let other = match hop.transport {
            Transport::Sse => Transport::Http,
            Transport::Http | Transport::Stdio => Transport::Sse,
        };
        let step = match known {
            Some(known) => format!("write `{known}`"),
            None => format!("check the path, or write `transport: {}`", other.word()),
        };
        let message = format!(
            "{name} is called over {} at a url with {problem}: {step}",
            hop.transport.title()
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
        let fix = match (fix, &hop.transport_at) {
            (Some(whole), _) => {
                let title = format!("write `{}`", secret::redact(&whole));
                Fix::new(Safety::Unsafe, title).change(url.at.clone(), Op::Set(whole.into()))
            }
            (None, at) => {
                let fix = Fix::new(
                    Safety::Unsafe,
                    format!("write `transport: {}`", other.word()),
                );
                match at {
                    Some(at) => fix.change(at.clone(), Op::Set(other.word().into())),
                    None => {
                        let insert = Op::Insert("transport".to_owned(), other.word().into());
                        fix.change(hop.at.clone(), insert)
                    }
                }
            }
        };
        findings.add(finding.fix(fix));
    }
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

fn known_path<'a>(hop: &'a Hop, url: &Url) -> Path<'a> {
    let Some(behind) = &hop.behind else {
        return Path::Unknown;
    };
    let kind = match hop.transport {
        Transport::Http => TransportKind::Http,
        Transport::Sse => TransportKind::Sse,
        Transport::Stdio => return Path::Settled,
    };
    let certain = behind.running.certainty == Certainty::Known;
    match behind.running.speaks(kind) {
        None if certain => Path::Settled,
        None => Path::Unknown,
        Some(speaks) => match &speaks.path {
            Some(path) if path.trim_end_matches('/') == url.path().trim_end_matches('/') => {
                Path::Settled
            }
            Some(path) if certain && speaks.sure => Path::Other(path),
            _ => Path::Unknown,
        },
    }
}

/// The end of a path: what stands before it is a key sometimes.
fn shown(path: &str) -> String {
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
