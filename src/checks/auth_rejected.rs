//! auth-rejected: the server refuses the credentials that its caller sends.

use crate::chain::{Caller, Hop};
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Findings, Need, Probed, Severity, symptom, listed};
use crate::model::ClientEntry;
use crate::source::Part;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "auth-rejected",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/auth-rejected.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::AuthRejected {
            status,
            headers,
            error,
        } = &trouble.kind
        else {
            continue;
        };
        let sent = match headers.is_empty() {
            true => "the credentials".to_owned(),
            false => format!("what is sent in {}", listed(headers, 3)),
        };
        let words = error.as_ref().map(|error| format!(", {error}"));
        let lacks_scheme = lacks_scheme(probed);
        let next = match error.as_deref() {
            _ if lacks_scheme => "no `Bearer ` stands before the token; write it",
            Some("insufficient_scope") => "the token is good for less than this; get one with more scopes",
            _ if *status == 403 => "the token is known, and not allowed here; get another one",
            _ => "the token is wrong or has expired, or is meant for another server; get a new one",
        };
        let what = format!(
            "the server refuses {sent} ({status}{}): {next}",
            words.unwrap_or_default()
        );
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says("refuses the credentials");
        let mut fix = Fix::new(Safety::Safe, "write `Bearer ` before the token");
        for header in probed.hops.iter().filter_map(|hop| entry(case, hop)) {
            if let Some(value) = header.header("Authorization") {
                finding = finding.also(&value.at, Part::Value, "sent with every request");
                let text = format!("Bearer {}", value.value.trim());
                fix.changes.push(crate::change::Change {
                    at: value.at.clone(),
                    op: Op::Set(text.into()),
                });
            }
        }
        finding = match (lacks_scheme, fix.changes.is_empty()) {
            (true, false) => finding.fix(fix),
            (true, true) => finding.fix(Fix::manual(fix.title, "Authorization: Bearer TOKEN")),
            (false, _) => match symptom::of(trouble, "") {
                Some(symptom) => symptom.told(finding),
                None => finding.fix(Fix::manual(
                    "see whether the token works by itself",
                    format!("mcpdoc probe --bearer-env TOKEN {}", probed.name()),
                )),
            },
        };
        findings.add_for(trouble, finding);
    }
}

/// Whether `Authorization` was sent as a bare token. Values are masked in what is recorded; their scheme is not.
fn lacks_scheme(probed: &Probed<'_>) -> bool {
    let mut sent = probed.probe.exchanges.iter().flat_map(|exchange| &exchange.request.headers);
    sent.any(|(name, value)| name.eq_ignore_ascii_case("authorization") && !value.trim().contains(' '))
}

fn entry<'a>(case: &Case<'a>, hop: &Hop) -> Option<&'a ClientEntry> {
    match hop.caller {
        Caller::Client { file, entry } => case.stack.clients.get(file)?.entries.get(entry),
        Caller::Gateway { .. } => None,
    }
}
