//! auth-required: the server wants to know who calls, and its caller does not say so.

use crate::change::Fix;
use crate::check::{Case, Check, Findings, Need, Probed, Severity, listed, symptom};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "auth-required",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/auth-required.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::AuthRequired {
            schemes,
            status,
            oauth,
            caller_can,
            withheld,
        } = &trouble.kind
        else {
            continue;
        };
        let wants = match schemes.is_empty() {
            true => "credentials".to_owned(),
            false => format!("credentials ({})", listed(schemes, 3)),
        };
        let refuses = format!("the server wants {wants} and answers {status} without them");
        let what = if !withheld.is_empty() {
            let names: Vec<&str> = withheld.iter().map(|(name, _)| name.as_str()).collect();
            let why = &withheld[0].1;
            format!(
                "{refuses}; {} is declared and was not sent from here ({why}), so that it is not known whether it is \
                 accepted",
                listed(&names, 3)
            )
        } else {
            match (oauth, caller_can) {
                (true, Some(false)) => {
                    format!(
                        "{refuses}; a login is offered (OAuth), but this caller cannot log in: declare a token"
                    )
                }
                (true, _) => {
                    format!("{refuses}; a login is offered (OAuth): log in with the client")
                }
                (false, _) => format!("{refuses}; it offers no login: declare a token"),
            }
        };
        let severity = match trouble.breaks && withheld.is_empty() {
            true => Severity::Error,
            false => Severity::Note,
        };
        let mut finding = probed
            .finding(trouble, probed.but(what))
            .says("wants to know who calls");
        if let Some(symptom) = symptom::of(trouble, "") {
            finding = symptom.told(finding);
        } else if let Some(fix) = mend(
            probed,
            schemes,
            *oauth && *caller_can != Some(false),
            withheld,
        ) {
            finding = finding.fix(fix);
        }
        findings.add_as(severity, finding);
    }
}

fn mend(
    probed: &Probed<'_>,
    schemes: &[String],
    can_log_in: bool,
    withheld: &[(String, String)],
) -> Option<Fix> {
    let url = url::Url::parse(probed.name()).ok()?;
    if !withheld.is_empty() {
        let origin = url.origin().ascii_serialization();
        return Some(Fix::manual(
            "let mcpdoc send it there, if you trust the server",
            format!("mcpdoc check --trust-origin {origin}"),
        ));
    }
    if can_log_in {
        let name = probed.hops.first().map_or("NAME", |hop| hop.entry());
        return Some(Fix::manual(
            "log in",
            format!("claude   # then /mcp, {name}, Authenticate"),
        ));
    }
    let is = |scheme: &str| schemes.iter().any(|have| have.eq_ignore_ascii_case(scheme));
    let value = match is("Basic") && !is("Bearer") {
        true => "Basic ${BASE64_OF_USER_AND_PASSWORD}",
        false => "Bearer ${TOKEN}",
    };
    let text = match probed.hops.is_empty() {
        true => format!(
            "mcpdoc probe --header 'Authorization: {}' {url}",
            value.replace("${", "$").replace('}', "")
        ),
        false => format!("\"headers\": {{\"Authorization\": \"{value}\"}}"),
    };
    Some(Fix::manual("send the token, from a variable", text))
}
