//! healthcheck-missing: an MCP server runs without a healthcheck, so nobody notices that it is not ready.

use serde_json::{Value, json};

use crate::catalog::TransportKind;
use crate::catalog::server::Transport;
use crate::chain::HopId;
use crate::repair;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, McpService, Need, Severity, Source, is_own};
use crate::fact::Container;
use crate::model::{Healthcheck, Transport as Called};
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "healthcheck-missing",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/healthcheck-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        let hops = hops.get(&mcp.id).map(Vec::as_slice).unwrap_or_default();
        match &mcp.service.healthcheck {
            Healthcheck::Test(_) => {}
            Healthcheck::Disabled(at) => {
                // Images without a shell have none on purpose: without another test to offer it is no more than a note.
                let severity = match probe(&mcp) {
                    Some(_) => Severity::Warning,
                    None => Severity::Note,
                };
                findings.add_as(severity, disabled(case, &mcp, at, hops));
            }
            Healthcheck::Absent => {
                let found = absent(case, &mcp, hops);
                match (found, mcp.service.doubt()) {
                    (None, _) => {}
                    (Some(finding), None) => findings.add(finding),
                    (Some(_), Some(doubt)) => {
                        findings.skip(format!("whether it has a healthcheck is not known: {doubt}"));
                    }
                }
            }
        }
    }
}

/// What a healthcheck of this server can look at.
enum Probe {
    /// A test that works in its image.
    Test {
        test: Vec<String>,
        note: Option<String>,
    },
    /// A path that answers 2xx; with which program it is asked depends on the image.
    Path(String),
}

fn probe(mcp: &McpService<'_>) -> Option<Probe> {
    let speaks = mcp.network().next();
    let transports = || {
        let network = |it: &&Transport| matches!(it.kind, TransportKind::Sse | TransportKind::Http);
        mcp.server.transports.iter().filter(network)
    };
    // The first transport that the server could be told to speak, where it speaks none yet.
    let transport = match speaks {
        Some(speaks) => transports().find(|it| it.kind == speaks.kind),
        None => transports().next(),
    };
    let port = match speaks {
        Some(speaks) => speaks.port?,
        None => transport?.port.default?,
    };
    if let Some(known) = &mcp.server.healthcheck {
        return Some(Probe::Test {
            test: known.test_on(port),
            note: known.note.clone(),
        });
    }
    let path = transport?.health.as_ref()?;
    Some(Probe::Path(format!("http://127.0.0.1:{port}{path}")))
}

/// What to do, at the end of a message.
fn next(probe: &Probe) -> &'static str {
    match probe {
        Probe::Test { .. } => "; add one that tests its port",
        Probe::Path(_) => "; add one that requests its health route",
    }
}

fn disabled(case: &Case<'_>, mcp: &McpService<'_>, at: &Pointer, hops: &[HopId]) -> Finding {
    let name = mcp.name();
    let probe = probe(mcp);
    let next = probe.as_ref().map_or("", next);
    let message = format!(
        "the healthcheck of {name} is disabled, so Docker shows it as up whether it answers or not{next}"
    );
    let finding = Finding::at(at, Part::Value, message).says("disabled");
    with_probe(case, mcp, finding, probe, hops)
}

fn absent(case: &Case<'_>, mcp: &McpService<'_>, hops: &[HopId]) -> Option<Finding> {
    mcp.network().next()?;
    let seen = case.container_of(mcp.id);
    if mcp.image_facts().is_some_and(|image| image.healthcheck) || seen.is_some_and(is_tested) {
        return None;
    }
    let probe = probe(mcp)?;
    let name = mcp.name();
    let message = format!(
        "{name} has no healthcheck, so Docker shows it as up whether it answers or not{}",
        next(&probe)
    );
    let at = mcp
        .service
        .image
        .as_ref()
        .map_or(&mcp.service.at, |image| &image.at);
    let mut finding = Finding::at(at, Part::Value, message).says("no `healthcheck`");
    if let Some(container) = seen {
        let text = format!("container {} has no health check", container.name);
        finding = finding.evidence(Source::Docker, text);
    }
    Some(with_probe(case, mcp, finding, Some(probe), hops))
}

/// Whether a container has a health check all the same: its image's own.
fn is_tested(container: &Container) -> bool {
    let words = container.healthcheck.as_deref().unwrap_or_default();
    words.first().is_some_and(|first| first != "NONE") || container.state.health.is_some()
}

fn with_probe(
    case: &Case<'_>,
    mcp: &McpService<'_>,
    finding: Finding,
    probe: Option<Probe>,
    hops: &[HopId],
) -> Finding {
    let finding = finding.subject(mcp.name()).hops(hops.iter().copied());
    let (test, note) = match probe {
        None => return finding,
        Some(Probe::Path(url)) => {
            let text = format!("GET {url} answers 2xx while the server is healthy");
            return finding
                .fix(Fix::manual(
                    format!("request {url} with a program that the image has"),
                    format!("healthcheck:\n  test: [CMD, wget, -qO-, {url}]"),
                ))
                .evidence(Source::Catalog, text);
        }
        Some(Probe::Test { test, note }) => (test, note),
    };
    let finding = match note {
        Some(note) => finding.evidence(Source::Catalog, note),
        None => finding,
    };
    let listens = mcp.network().next().is_some();
    let is_called = hops
        .iter()
        .any(|hop| case.chain.hop(*hop).transport != Called::Stdio);
    let healthcheck = json!({"test": test, "interval": "10s", "timeout": "3s", "retries": 6});
    // A probe of a port fails as long as the server speaks stdio: right where it is called over the network, and
    // wrong where stdio is meant.
    match change(mcp, healthcheck) {
        Some(change) if listens || is_called => {
            let title = format!("test whether {} listens", mcp.name());
            let mut fix = Fix::new(Safety::Unsafe, title);
            fix.changes.push(change);
            finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")))
        }
        _ => finding.fix(Fix::manual(
            format!(
                "once {} speaks a network transport, test whether it listens",
                mcp.name()
            ),
            format!(
                "healthcheck:\n  test: {}\n  interval: 10s\n  timeout: 3s\n  retries: 6",
                json!(test)
            ),
        )),
    }
}

fn change(mcp: &McpService<'_>, healthcheck: Value) -> Option<Change> {
    let service = mcp.service;
    match &service.healthcheck {
        Healthcheck::Disabled(at) => {
            let at = at.parent();
            is_own(service, &at).then_some(Change {
                at,
                op: Op::Set(healthcheck),
            })
        }
        _ => Some(Change {
            at: service.at.clone(),
            op: Op::Insert("healthcheck".to_owned(), healthcheck),
        }),
    }
}
