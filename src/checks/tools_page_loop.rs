//! tools-page-loop: the pages of a list of tools do not end.

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "tools-page-loop",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tools-page-loop.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ToolsPageLoop {
            cursor,
            pages,
            tools,
        } = &trouble.kind
        else {
            continue;
        };
        let severity = match trouble.breaks {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let finding = finding(probed, trouble, cursor.as_deref(), (*pages, *tools));
        findings.add_as(severity, finding);
    }
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    cursor: Option<&str>,
    (pages, tools): (usize, usize),
) -> Finding {
    let (what, says) = match cursor {
        Some(cursor) => {
            let cursor = quote(cursor, 40);
            (
                format!(
                    "its list of tools does not end: after {pages} pages it names the page {cursor} again; clients that \
                     read every page ask for ever or break off; leave `nextCursor` out on the last page"
                ),
                format!("names the page {cursor} twice"),
            )
        }
        None => (
            format!(
                "its list of tools did not end after {pages} pages and {tools} tools, which is more than mcpdoc reads and \
                 more than clients use; see whether the pages repeat, or offer fewer tools"
            ),
            format!("{tools} tools on {pages} pages"),
        ),
    };
    probed
        .finding(trouble, probed.but(what))
        .says(says)
        .fix(Fix::manual(
            "end the list",
            "{\"tools\": […]}    // the last page: no \"nextCursor\", not even null or an empty one\n",
        ))
}
