//! client-name-invalid: a server's name that the client keeps for itself, or that its commands do not take.

use crate::catalog::client::known;
use crate::change::{Fix, Op, Safety};
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::model::Scope;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "client-name-invalid",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["client-disagrees"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-name-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let page = known();
    for found in claude_code_entries(case) {
        let name = &found.entry.name;
        // A plugin's servers get longer names.
        if !found.is_own() || found.entry.scope == Scope::Plugin {
            continue;
        }
        let letters = page.name_characters.as_deref().unwrap_or_default();
        let is_usual = |c: char| c.is_ascii_alphanumeric() || letters.contains(c);
        let usual: String = name
            .value
            .chars()
            .map(|c| if is_usual(c) { c } else { '-' })
            .collect();
        let program = found.program(case);
        let reserved = page.reserved(&name.value);
        let reserved = reserved.map(|reserved| program.narrow(&reserved.versions));
        if let Some(versions) = reserved.filter(|versions| !versions.is_empty()) {
            let program = program.among(&versions);
            let message = format!(
                "{program} reserves the name `{}` for a server of its own: this one is not loaded; rename it",
                name.value
            );
            let finding = Finding::at(&name.at, Part::Key, message)
                .says("reserved")
                .subject(&name.value)
                .hops(found.hops());
            let finding = with_name(case, found, finding, &format!("{usual}-mcp"));
            findings.add_in(Severity::Error, &versions, finding);
        } else if usual != name.value || usual.is_empty() {
            let message = format!(
                "`{}` is loaded, but `claude mcp` takes only names of letters, digits, `-` and `_`: it can neither \
                 show nor remove this server; rename it",
                name.value
            );
            let finding = Finding::at(&name.at, Part::Key, message)
                .says("not a name for `claude mcp`")
                .subject(&name.value)
                .hops(found.hops());
            findings.add(with_name(case, found, finding, &usual));
        }
    }
}

/// Offers another name, unless a neighbour has it. Permissions and prompts may use the old one.
fn with_name(case: &Case<'_>, found: Entry<'_>, finding: Finding, to: &str) -> Finding {
    let at = &found.entry.name.at;
    let source = case.stack.source(found.file.source);
    let taken = source
        .node(&at.parent().path)
        .is_some_and(|servers| servers.get(to).is_some());
    if taken || to.is_empty() {
        return finding;
    }
    finding.fix(
        Fix::new(Safety::Unsafe, format!("rename it to `{to}`"))
            .change(at.clone(), Op::Rename(to.to_owned())),
    )
}
