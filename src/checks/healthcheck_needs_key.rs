//! healthcheck-needs-key: a gateway's healthcheck requests a path that asks for a key and calls every model.

use serde_json::json;

use crate::catalog::gateway::Runs;
use crate::chain::HopId;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::probe::{self, Test};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own};
use crate::model::{GatewayKind, Service, ServiceId};
use crate::repair;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "healthcheck-needs-key",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["container-unhealthy", "healthcheck-meaningless"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/healthcheck-needs-key.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, service) in case.stack.services() {
        let hops = hops.get(&id).map(Vec::as_slice).unwrap_or_default();
        findings_of(case, id, service, hops)
            .into_iter()
            .for_each(|finding| findings.add(finding));
    }
}

/// What a gateway is told of its own keys and checks.
struct Settings {
    /// A master key is written somewhere.
    has_key: bool,
    /// Models are called in the background, and `/health` answers from memory.
    in_background: bool,
}

fn settings(case: &Case<'_>, id: ServiceId, service: &Service) -> Settings {
    let views = case.chain.gateways.iter().enumerate();
    let mut roots = views
        .filter(|(_, view)| view.service() == Some(id))
        .filter_map(|(number, _)| {
            let root = &case.stack.gateways[number].root;
            case.stack.source(root.source).node(&root.path)?.get("general_settings")
        });
    let general = roots.next();
    let written = |key: &str| general.and_then(|general| general.get(key));
    Settings {
        has_key: service.variable("LITELLM_MASTER_KEY").is_some()
            || written("master_key").is_some_and(|key| !key.is_null()),
        in_background: written("background_health_checks")
            .and_then(|on| on.as_bool())
            .unwrap_or(false),
    }
}

fn findings_of(
    case: &Case<'_>,
    id: ServiceId,
    service: &Service,
    hops: &[HopId],
) -> Option<Finding> {
    let runs = &case.catalog.litellm().runs;
    if !runs.is_published(service) {
        return None;
    }
    let (test, at) = Test::of(case, service)?;
    let text = test.text();
    let url = probe::address(&text)?;
    let path = url.path().trim_end_matches('/');
    if !runs.health.keyed.iter().any(|keyed| keyed == path) {
        return None;
    }
    let port = url.port_or_known_default()?;
    if runs.port_of(service).is_some_and(|own| own != port) {
        return None;
    }
    let lower = text.to_lowercase();
    let sends_key = ["authorization", "api-key", "x-litellm"]
        .iter()
        .any(|header| lower.contains(header));
    let settings = settings(case, id, service);
    let title = GatewayKind::LiteLlm.title();
    let name = &service.name.value;
    let open = &runs.health.open;
    let effect = match (sends_key, settings.has_key) {
        // A curl that takes a 401 for an answer is content with it.
        (false, true) if is_tolerant(&text) => return None,
        (false, true) => format!(
            "without the key that {title} asks for there: the answer is 401, and the container is never healthy"
        ),
        _ if settings.in_background => return None,
        (true, _) => format!("and {title} then calls every model, each time the test runs"),
        (false, false) => format!(
            "and {title} then calls every model, each time the test runs, and asks for a key once it has a master key"
        ),
    };
    let message =
        format!("the healthcheck of {name} requests {path}, {effect}; request {open} instead");
    let finding = Finding::at(at, Part::Value, message)
        .says(format!("requests {path}"))
        .subject(name)
        .hops(hops.iter().copied());
    Some(finding.fix(fix(case, id, service, at, runs, &text, port)))
}

/// `curl` without `--fail`, which is content with every answer.
fn is_tolerant(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let short = |word: &str| {
        word.starts_with('-') && !word.starts_with("--") && word[1..].contains('f')
    };
    words.clone().any(|word| word.ends_with("curl"))
        && !words.any(|word| short(word) || word.starts_with("--fail"))
}

fn fix(
    case: &Case<'_>,
    id: ServiceId,
    service: &Service,
    at: &Pointer,
    runs: &Runs,
    text: &str,
    port: u16,
) -> Fix {
    let url = format!("http://127.0.0.1:{port}{}", runs.health.open);
    let title = format!("request {}, with a program that the image has", runs.health.open);
    let test = probe::with_python(&url);
    // Python's own way to request something may say more than that; what it is about is left to its owner.
    let replaceable = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| runs.may_lack(word));
    if !replaceable || !is_own(service, at) {
        return Fix::manual(title, format!("test: {}", json!(test)));
    }
    let mut fix = Fix::new(Safety::Safe, title);
    fix.changes.push(Change {
        at: at.clone(),
        op: Op::Set(test),
    });
    fix.then(repair::compose(case.stack, id, "up -d"))
}
