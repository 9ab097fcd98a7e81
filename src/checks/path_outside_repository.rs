//! path-outside-repository: something that belongs to the stack lies where a run over a stranger's change reads nothing.

use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity, Source};
use crate::model::{Named, Namer, Outside};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "path-outside-repository",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/path-outside-repository.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for outside in &case.stack.outside {
        findings.add(finding(case, outside));
    }
}

fn finding(case: &Case<'_>, outside: &Outside) -> Finding {
    let name = case.stack.name(outside.source);
    let (first, rest) = match outside.named.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, &[][..]),
    };
    let subject = first.map_or(name, |named| named.written.as_str());
    let what = match first {
        Some(Named { by: Namer::Container(container), .. }) => {
            format!("{subject}, which the labels of the container {container} name, leads")
        }
        Some(_) => format!("{subject} leads"),
        None => format!("{name} is a link, or lies behind one, and leads"),
    };
    let message = format!(
        "{what} outside of the repository, where --untrusted reads nothing: keep it in the repository, or check it \
         without --untrusted once the change is trusted"
    );
    let itself = Place::Text(outside.source, 0..0);
    let at = first.map_or(itself, |named| place(&named.by));
    let mut finding = Finding::in_place(at, message)
        .says("not read")
        .subject(subject);
    for named in rest {
        finding = finding.also_in(place(&named.by), "not read");
    }
    match &case.stack.root {
        Some(root) => finding.evidence(Source::File, format!("only {} is read", root.display())),
        None => finding,
    }
}

fn place(by: &Namer) -> Place {
    match by {
        Namer::Node(pointer) => Place::Node(pointer.clone(), Part::Value),
        Namer::Container(name) => Place::Container(name.clone()),
    }
}
