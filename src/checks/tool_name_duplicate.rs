//! tool-name-duplicate: two tools of one name.

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, listed};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "tool-name-duplicate",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tool-name-duplicate.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ToolNameDuplicate { names } = &trouble.kind else {
            continue;
        };
        findings.add(finding(probed, trouble, names));
    }
}

fn finding(probed: &Probed<'_>, trouble: &Trouble, names: &[(String, usize)]) -> Finding {
    let quoted: Vec<String> = names
        .iter()
        .map(|(name, times)| match times {
            2 => quote(name, 64),
            times => format!("{} ({times} times)", quote(name, 64)),
        })
        .collect();
    let shown = listed(&quoted, 3);
    let message = probed.but(format!(
        "several of its tools have one name ({shown}): some clients keep one of them, with others the model refuses every \
         request (`tools: Tool names must be unique`); rename all but one"
    ));
    probed
        .finding(trouble, message)
        .says(format!("lists {shown} more than once"))
        .fix(Fix::manual(
            "give each tool a name of its own",
            "rename all but one, or register the tool once\n",
        ))
}
