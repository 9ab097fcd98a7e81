//! client-host-header: a Host header that the client sends as it stands.

use crate::change::{Fix, Op, Safety};
use crate::check::reader::claude_code_entries;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::secret::is_reference;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "client-host-header",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/client-host-header.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case) {
        let Some(header) = found.entry.header("Host") else {
            continue;
        };
        let name = &found.entry.name.value;
        let host = found
            .hop
            .and_then(|hop| hop.url.as_ref()?.value.host_str())
            .filter(|host| !is_reference(&header.value) && host_name(&header.value) != *host);
        let message = match host {
            Some(host) => format!(
                "{name} sends `Host: {}` to {host}: redirects lead to {0} without credentials, and a server that \
                 checks the header refuses it; remove it",
                header.value
            ),
            None => format!(
                "{name} sets a Host header that replaces the host and port of its url; remove it"
            ),
        };
        // A proxy may tell its servers apart by it.
        let safety = match host {
            Some(_) => Safety::Unsafe,
            None => Safety::Safe,
        };
        let fix = Fix::new(safety, "remove the Host header").change(header.at.clone(), Op::Remove);
        let finding = Finding::at(&header.at, Part::Entry, message)
            .subject(name)
            .hops(found.hops())
            .fix(fix);
        match (host, found.entry.url.as_ref()) {
            (Some(_), Some(url)) => {
                let finding = finding.says("sent exactly as written").also(
                    &url.at,
                    Part::Value,
                    "the host that is called",
                );
                findings.add_as(Severity::Warning, finding);
            }
            _ => findings.add(finding.says("sent exactly as written")),
        }
    }
}

/// The name in a Host header, without its port.
fn host_name(header: &str) -> &str {
    let header = header.trim();
    let end = match header.rfind(']') {
        Some(bracket) => bracket + 1,
        None => header.find(':').unwrap_or(header.len()),
    };
    &header[..end]
}
