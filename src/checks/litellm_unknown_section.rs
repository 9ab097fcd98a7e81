//! litellm-unknown-section: a top-level section that LiteLLM never reads.

use crate::change::{Fix, Op, Safety};
use crate::check::block;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "litellm-unknown-section",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-unknown-section.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::UnknownSection {
            name,
            instead,
            under,
        } = &ruling.why
        else {
            continue;
        };
        let step = match (instead, under) {
            (Some(instead), _) => format!(": {instead}"),
            (None, Some(home)) => format!(" at the top level: it is read under `{home}`, move it there"),
            (None, None) => "; use the section that was meant, or remove it".to_owned(),
        };
        // The report adds the versions where the gateway's own is not known.
        let message = format!(
            "{} does not read the section `{name}`{step}",
            case.program(gateway)
        );
        let node = case.stack.source(ruling.at.source).node(&ruling.at.path);
        let is_empty = node.is_none_or(|node| node.is_null() || (node.is_map() && node.entries().is_empty()));
        let is_known = case.catalog.litellm().sections.unread.contains_key(name);
        let fix = match under {
            Some(home) => Fix::manual(
                format!("move it under `{home}`"),
                block::moved(case, &ruling.at, Some(home), &[]),
            ),
            None if is_empty || is_known => Fix::new(Safety::Unsafe, format!("remove `{name}`"))
                .change(ruling.at.clone(), Op::Remove),
            // What it is for is not known: somebody wanted something with it.
            None => Fix::manual(
                "give it the name of the section that was meant, or remove it",
                format!("the sections that are read: {}", sections(case)),
            ),
        };
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says("never read")
            .subject(name);
        // A newer version reads it.
        let is_newer = case.catalog.litellm().sections.read.contains_key(name);
        if ruling.versions.is_all() && !is_newer {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}

/// The sections that every version reads.
fn sections(case: &Case<'_>) -> String {
    let read = &case.catalog.litellm().sections.read;
    let names = read.iter().filter(|(_, versions)| versions.is_all());
    let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}
