//! gateway-weak-key: a key for callers that anybody would try.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Fate, Ruling, Why};
use crate::model::EnvVar;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "gateway-weak-key",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-weak-key.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let facts = &case.catalog.litellm().master_key;
    for (gateway, ruling) in case.rulings() {
        let Why::WeakMasterKey { fate, known } = &ruling.why else {
            continue;
        };
        let program = case.program(gateway);
        let variable = variable(case, gateway, ruling);
        let fallback = variable.and_then(|variable| fallback_of(case, variable));
        let by_default = fallback.is_some();
        let (follows, severity) = match fate {
            Fate::Stops if by_default => (
                format!("{program} does not start with it"),
                Severity::Warning,
            ),
            Fate::Stops => (
                format!("{program} does not start with it"),
                Severity::Error,
            ),
            Fate::Serves => (
                "whoever reaches the gateway can use it, and call every tool".to_owned(),
                Severity::Warning,
            ),
            Fate::Unless => (
                format!("{program} does not start with it, unless {} is true", facts.permit.variable),
                match is_literal(case, ruling) {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
            ),
            Fate::Either => (
                format!("{program} does not start with it {}", facts.refused.describe()),
                Severity::Warning,
            ),
        };
        let unless = fallback.map_or_else(String::new, |name| format!(", unless {name} is set"));
        let (what, label) = match known {
            true => ("a well-known example from documentation", "a publicly known key"),
            false => ("easy to guess", "easy to guess"),
        };
        let message = format!("the master key is {what}{unless}: {follows}; use a long random one");
        let mut finding = Finding::at(&ruling.at, ruling.part, message)
            .says(label)
            .subject(facts.setting.as_str());
        if let Some(variable) = &variable {
            finding = finding.also(&variable.at, Part::Value, "set here");
        }
        if *fate == Fate::Stops {
            finding = finding.hops(case.gateway_hops(gateway));
        }
        // A key is never written into a file.
        let fix = Fix::manual(
            format!("put a new key into {}, and refer to it", facts.variable),
            format!(
                "{}=sk-…\n\n{}:\n  {}: os.environ/{}",
                facts.variable, facts.section, facts.setting, facts.variable
            ),
        )
        .then("echo \"sk-$(openssl rand -hex 32)\"");
        findings.add_in(severity, &ruling.versions, finding.fix(fix));
    }
}

/// Whether the file itself holds the key.
fn is_literal(case: &Case<'_>, ruling: &Ruling) -> bool {
    let node = case.stack.source(ruling.at.source).node(&ruling.at.path);
    let text = node.and_then(|node| node.as_str());
    ruling.part == Part::Value && text.is_some_and(|text| !text.starts_with("os.environ/"))
}

/// The variable that holds the key, where the gateway's service sets it.
fn variable<'a>(case: &Case<'a>, gateway: usize, ruling: &Ruling) -> Option<&'a EnvVar> {
    let facts = &case.catalog.litellm().master_key;
    let service = case.stack.service(case.chain.gateways[gateway].service()?);
    let node = case.stack.source(ruling.at.source).node(&ruling.at.path)?;
    let name = match ruling.part {
        Part::Value => node.as_str()?.strip_prefix("os.environ/")?,
        _ => &facts.variable,
    };
    service.variable(name)
}

/// The variable that would replace a value, where that is only what a compose file falls back on: `X` of
/// `${X:-default}`, the outermost of several.
fn fallback_of(case: &Case<'_>, variable: &EnvVar) -> Option<String> {
    let written = case.stack.source(variable.at.source).node(&variable.at.path)?;
    let written = written.scalar_text()?;
    let value = &variable.value.as_ref()?.text;
    let falls_back = written.trim_end_matches('}').ends_with(&format!("-{value}"));
    if !falls_back || !written.ends_with('}') {
        return None;
    }
    let (_, reference) = written.split_once("${")?;
    let name = reference.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
    Some(name.to_owned())
}
