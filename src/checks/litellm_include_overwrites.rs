//! litellm-include-overwrites: a section that an included file puts another one in the place of.

use crate::change::Fix;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "litellm-include-overwrites",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-include-overwrites.md"),
    run,
};

/// More entries than these are counted, not named.
const MOST: usize = 3;

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::SectionReplaced { name, by } = &ruling.why else {
            continue;
        };
        let node = |at: &crate::source::Pointer| case.stack.source(at.source).node(&at.path);
        let (Some(before), Some(after)) = (node(&ruling.at), node(by)) else {
            continue;
        };
        let lost = lost(before, after);
        // What stands in both alike is not lost.
        if lost.is_empty() && before.is_map() {
            continue;
        }
        let file = case.stack.name(by.source);
        let what = match lost.is_empty() {
            true => format!("`{name}`"),
            false => crate::check::listed(&lost, MOST),
        };
        let message = format!(
            "{file} has a `{name}` of its own, which LiteLLM puts in the place of this one instead of adding to it: \
             {what} {} lost; keep `{name}` in one file",
            if lost.len() > 1 { "are" } else { "is" },
        );
        let finding = Finding::at(&ruling.at, Part::Key, message)
            .says("not read")
            .also(by, Part::Key, "this one counts")
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .fix(Fix::manual(
                format!("move the entries of `{name}` into {file}"),
                format!("{name}:\n  # the entries of both files"),
            ));
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}

/// The keys of a section that the other one does not have.
fn lost(before: Node<'_>, after: Node<'_>) -> Vec<String> {
    let keys = before.entries().into_iter();
    keys.filter(|(key, _)| after.get(key).is_none())
        .map(|(key, _)| key.to_owned())
        .collect()
}
