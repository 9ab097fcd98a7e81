//! server-error: the server fails while it answers.

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Findings, Need, Probed, Severity, symptom};
use crate::repair;
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "server-error",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-error.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ServerError {
            during,
            status,
            code,
            says,
        } = &trouble.kind
        else {
            continue;
        };
        let answer = match (code, status) {
            (Some(code), 200) => format!("error {code}"),
            (Some(code), status) => format!("{status} and error {code}"),
            (None, status) => status.to_string(),
        };
        let words = match says.trim().is_empty() {
            true => String::new(),
            false => format!(" ({})", quote(says, 80)),
        };
        let known = symptom::of(trouble, says);
        let next = known.map_or("look at its log", |symptom| symptom.mend);
        let what = match status {
            0 => format!("there is no answer to {during} that a client could use{words}: {next}"),
            _ => format!("the server answers {during} with {answer}{words}: {next}"),
        };
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says("the server fails");
        finding = match known {
            Some(symptom) => symptom.told(finding),
            None => finding.fix(log(case, probed)),
        };
        findings.add_for(trouble, finding);
    }
}

fn log(case: &Case<'_>, probed: &Probed<'_>) -> Fix {
    match probed.service(case) {
        Some(service) => Fix::manual(
            format!(
                "look at the log of {}",
                case.stack.service(service).name.value
            ),
            repair::compose(case.stack, service, "logs --tail 50"),
        ),
        None => Fix::manual(
            "look at the log of the server; what it was sent can be sent again",
            repair::probe_again(&probed.probe.asked),
        ),
    }
}
