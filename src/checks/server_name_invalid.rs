//! server-name-invalid: the name of a server that LiteLLM or clients refuse.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "server-name-invalid",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-name-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let program = case.program_of(gateway, ruling);
        let (name, severity, message, says) = match &ruling.why {
            Why::NameInvalid { name, separator } => (
                name,
                Severity::Error,
                format!(
                    "the name `{name}` contains `{separator}`, which {program} puts between a server and its tools: \
                     the gateway does not start"
                ),
                format!("contains `{separator}`"),
            ),
            Why::NameUnusual { name } => (
                name,
                Severity::Warning,
                format!(
                    "the name `{name}` has characters that many clients refuse in the name of a tool, and {program} \
                     puts it before every tool's: use letters, digits and `_`"
                ),
                "refused by many clients".to_owned(),
            ),
            _ => continue,
        };
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says(says)
            .subject(name)
            .hops(case.server_hop(gateway, ruling));
        if severity == Severity::Error {
            finding = finding.hops(case.gateway_hops(gateway));
        }
        if let Some(fix) = repair(case, gateway, ruling, name) {
            finding = finding.fix(fix);
        }
        findings.add_in(severity, &ruling.versions, finding);
    }
}

/// The name with `_` for what is refused, here and in `mcp_aliases`. Clients and keys that use it are not seen.
fn repair(case: &Case<'_>, gateway: usize, ruling: &Ruling, name: &str) -> Option<Fix> {
    let better = match &ruling.why {
        Why::NameInvalid { separator, .. } => name.replace(separator.as_str(), "_"),
        _ => name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_"),
    };
    let still = matches!(&ruling.why, Why::NameInvalid { separator, .. } if better.contains(separator.as_str()));
    let source = case.stack.source(ruling.at.source);
    let taken = source.node(&ruling.at.parent().path.key(&better)).is_some();
    if still || taken || !better.contains(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let title = format!("rename it to `{better}`");
    let mut fix =
        Fix::new(Safety::Unsafe, title).change(ruling.at.clone(), Op::Rename(better.clone()));
    let root = &case.stack.gateways[gateway].root;
    let aliases = source.node(&root.key("litellm_settings").key("mcp_aliases").path);
    for (_, target) in aliases.map(Node::entries).unwrap_or_default() {
        if target.as_str() == Some(name) {
            fix = fix.change(target.pointer(), Op::Set(better.as_str().into()));
        }
    }
    Some(fix)
}
