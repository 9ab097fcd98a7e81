//! file-unreadable: a file that is there and cannot be read as text.

use crate::change::Fix;
use crate::check::reader::hops_of;
use crate::check::{Case, Check, Finding, Findings, Need, Place, Severity};
use crate::model::{Home, How, Kind};
use crate::repair::quoted_file;
use crate::source::{MAX_BYTES, Part, State, Unreadable};

pub(super) static CHECK: Check = Check {
    id: "file-unreadable",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/file-unreadable.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    included(case, findings);
    for input in &case.stack.inputs {
        let source = case.stack.source(input.source);
        let State::Unreadable(why) = source.state() else {
            continue;
        };
        // An env file that is not there is another check's, and so is what may not be read.
        let is_absent = input.kind == Kind::Env && *why == Unreadable::Absent;
        if is_absent || *why == Unreadable::Outside {
            continue;
        }
        let name = source.name();
        let place = Place::Text(source.id(), 0..0);
        let mut finding =
            Finding::in_place(place, format!("{name} cannot be read: {}", words(why)));
        let named = case.stack.services().flat_map(|(_, service)| {
            let files = service.env_files.iter();
            files.filter(|file| file.source == Some(source.id()))
        });
        for file in named {
            finding = finding.also(&file.at, Part::Value, "named here");
        }
        if let Some(fix) = repair(why, name, input.how) {
            finding = finding.fix(fix);
        }
        match input.kind {
            Kind::Env => findings.add_as(Severity::Warning, finding),
            _ => findings.add(finding.hops(hops_of(case, source.id()))),
        }
    }
}

/// Files that a gateway includes, and that are not there. One that lies elsewhere than the file itself may be no part of
/// the repository: a warning, unless nothing mounts it.
fn included(case: &Case<'_>, findings: &mut Findings) {
    for (number, gateway) in case.stack.gateways.iter().enumerate() {
        // What a cluster mounts beside the file, other keys of a ConfigMap among it, is not looked for.
        if gateway.home == Home::Kubernetes && !gateway.includes.is_empty() {
            let name = case.stack.name(gateway.root.source);
            findings.skip(format!(
                "{name} is mounted in Kubernetes, and what it includes was not looked for there"
            ));
            continue;
        }
        for include in &gateway.includes {
            let view = &case.chain.gateways[number];
            let service = view.service().map(|id| case.stack.service(id));
            let written = &include.written;
            let (problem, severity) = match (include.source, service) {
                (Some(id), _) => {
                    let source = case.stack.source(id);
                    if *source.state() != State::Unreadable(Unreadable::Absent) {
                        continue;
                    }
                    let problem = format!("{written} is not there (looked for {})", source.name());
                    (problem, Severity::Warning)
                }
                (None, Some(service)) => {
                    if let Some(doubt) = service.doubt().or_else(|| case.image_doubt(service)) {
                        findings.skip(format!("whether {written} is there is not known: {doubt}"));
                        continue;
                    }
                    let name = &service.name.value;
                    (
                        format!("{written} is not in the container of {name}, which mounts nothing there"),
                        Severity::Error,
                    )
                }
                (None, None) => {
                    findings.skip(format!(
                        "{written} is included, and lies where only the gateway's own machine has it"
                    ));
                    continue;
                }
            };
            let message = format!(
                "{problem}, and LiteLLM does not start without a file that it includes: put it there, or take it out of \
                 the list"
            );
            let mut finding = Finding::at(&include.at, Part::Value, message)
                .says("not found")
                .subject(written.as_str());
            if severity == Severity::Error {
                finding = finding.hops(case.gateway_hops(number));
            }
            findings.add_as(severity, finding);
        }
    }
}

fn words(why: &Unreadable) -> String {
    match why {
        Unreadable::NotText(_, "UTF-16") => {
            "it is written in UTF-16, and its readers take UTF-8 only".to_owned()
        }
        Unreadable::NotText(at, kind) => {
            format!("it is not UTF-8 text ({kind}, at byte {at})")
        }
        Unreadable::Directory => "it is a directory, where a file should be".to_owned(),
        Unreadable::TooLarge(bytes) => format!(
            "it has {bytes} bytes, more than the {MAX_BYTES} that are parsed: is it the right file?"
        ),
        other => other.to_string(),
    }
}

fn repair(why: &Unreadable, name: &str, how: How) -> Option<Fix> {
    let utf8 = quoted_file(&format!("{name}.utf8"));
    let name = quoted_file(name);
    match why {
        Unreadable::NotText(_, "UTF-16") => {
            let convert = format!("iconv -f UTF-16 -t UTF-8 {name} > {utf8} && mv {utf8} {name}");
            Some(Fix::run("convert it to UTF-8", convert))
        }
        Unreadable::Directory if how == How::Mounted => Some(Fix::manual(
            "remove the empty directory, and put the file in its place",
            format!(
                "rmdir {name}\n\
                 # Docker makes a directory where the file to mount is absent when the container is created"
            ),
        )),
        Unreadable::Denied(_) => Some(Fix::manual(
            "let the user who runs mcpdoc read it",
            format!("ls -l {name}\nsudo setfacl -m u:$USER:r {name}"),
        )),
        _ => None,
    }
}
