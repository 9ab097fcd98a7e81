//! gateway-version-header-doubled: a server that refuses the requests of this version of the gateway.

use crate::catalog::server::Language;
use crate::catalog::{Certainty, TransportKind};
use crate::change::Fix;
use crate::check::through::{Comes, Through};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::chain::{Caller, Hop};
use crate::model::Transport;
use crate::repair;
use crate::source::Part;
use crate::wire::Standing;

pub(super) static CHECK: Check = Check {
    id: "gateway-version-header-doubled",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["gateway-hides-failure"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-version-header-doubled.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let bug = &case.catalog.litellm().servers.bugs.version_header_doubled;
    for hop in case.chain.upstreams() {
        let Caller::Gateway { gateway, .. } = hop.caller else {
            continue;
        };
        let view = &case.chain.gateways[gateway];
        let Some(server) = of_typescript(case, hop).or_else(|| lost(case, hop)) else {
            continue;
        };
        let Some(version) = view.version.version() else {
            findings.skip(format!(
                "whether LiteLLM can talk to {} over streamable HTTP depends on its version: it cannot {}",
                hop.entry(),
                bug.versions.describe()
            ));
            continue;
        };
        if !bug.versions.contains(version) {
            continue;
        }
        let program = case.program(gateway);
        let name = hop.entry();
        let message = format!(
            "{program} sends the header {} twice to {name}, and {server}: no tool of {name} is ever listed; run LiteLLM {}, \
             or use HTTP+SSE if the server has it",
            bug.header,
            bug.fixed.describe()
        );
        let deprived = case.views(hop.id).filter(|view| view.comes == Comes::Nothing);
        let deprived = deprived.filter_map(|view| view.client);
        let at = hop.transport_at.as_ref().unwrap_or(&hop.at);
        let mut finding = Finding::at(at, Part::Value, message)
            .says(format!("{program} sends a wrong header over it"))
            .subject(name)
            .hop(hop.id)
            .hops(deprived)
            .evidence(
                Source::Catalog,
                format!("{program} adds {} itself, and so does its MCP SDK (LiteLLM issue 14069)", bug.header),
            );
        if let Some(id) = view.service()
            && let Some(image) = &case.stack.service(id).image
        {
            finding = finding.also(&image.at, Part::Value, program);
        }
        findings.add(finding.fix(fix(case, view.service())));
    }
}

/// Of a server that answers a call over streamable HTTP, and of which nothing comes through to those who ask for it.
fn lost(case: &Case<'_>, hop: &Hop) -> Option<String> {
    if hop.transport != Transport::Http {
        return None;
    }
    let mut views = case.views(hop.id);
    let is_lost = views.clone().any(|view| view.comes == Comes::Nothing) && !views.any(Through::works);
    let direct = case.conversation(hop.id)?;
    let reading = direct.reading;
    let listed = direct.probe.tools.as_ref().is_some_and(|tools| tools.count > 0);
    // Those of other SDKs take the header twice.
    let other = reading.sdk.is_some_and(|sdk| !sdk.contains("TypeScript"));
    (is_lost && listed && reading.standing == Standing::Works && !other).then(|| {
        "it works with a caller that sends it once, and servers made with the MCP SDK for TypeScript refuse it twice with \
         400"
            .to_owned()
    })
}

/// What is wrong with the server behind a call over streamable HTTP, if it is certainly made with the SDK for TypeScript,
/// and speaks that.
fn of_typescript(case: &Case<'_>, hop: &Hop) -> Option<String> {
    let behind = hop.behind.as_ref().filter(|_| hop.transport == Transport::Http)?;
    let server = case.catalog.by_id(&behind.server)?;
    let sdk = server.sdk.as_ref()?;
    let speaks = behind.running.speaks(TransportKind::Http)?;
    let certain = behind.running.certainty == Certainty::Known && speaks.sure;
    (certain && sdk.language == Language::Typescript).then(|| {
        format!("{} is made with the MCP SDK for TypeScript, which refuses that with 400", server.title)
    })
}

/// Another version, which a person has to choose.
fn fix(case: &Case<'_>, service: Option<crate::model::ServiceId>) -> Fix {
    let fixed = &case.catalog.litellm().servers.bugs.version_header_doubled.fixed;
    let fix = Fix::manual(
        format!("run LiteLLM {}", fixed.describe()),
        format!("image: ghcr.io/berriai/litellm:vX.Y.Z  # {}", fixed.describe()),
    );
    match service {
        Some(id) => fix.then(repair::compose(case.stack, id, "up -d")),
        None => fix,
    }
}
