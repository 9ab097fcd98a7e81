//! oauth-metadata-invalid: a document that clients need to log in is missing or wrong.

use serde_json::json;

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Findings, Need, Severity};
use crate::wire::Kind;

pub(super) static CHECK: Check = Check {
    id: "oauth-metadata-invalid",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/oauth-metadata-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::OauthMetadataInvalid {
            document,
            field,
            expected,
            found,
        } = &trouble.kind
        else {
            continue;
        };
        let wrong = match (field.as_str(), expected.as_str()) {
            ("", _) => format!("{document} is not what clients need to log in ({found})"),
            (field, "") => format!("`{field}` in {document} is {}", said(found)),
            (field, expected) => {
                format!(
                    "`{field}` in {document} is {}, and must be {}",
                    said(found),
                    quote(expected, 80)
                )
            }
        };
        let what = format!("a client cannot log in: {wrong}; correct the document");
        let finding = probed
            .finding(trouble, probed.but(what))
            .says("clients cannot log in there")
            .fix(mend(document, field, expected));
        findings.add_for(trouble, finding);
    }
}

fn said(found: &str) -> String {
    match found.is_empty() {
        true => "missing".to_owned(),
        false => quote(found, 80),
    }
}

fn mend(document: &str, field: &str, expected: &str) -> Fix {
    let title = format!("correct {document}");
    match (field, expected) {
        ("", _) => Fix::manual(
            format!("serve {document}"),
            "{\"resource\": \"https://SERVER/mcp\", \"authorization_servers\": [\"https://ISSUER\"]}",
        ),
        (field, "") => Fix::manual(title, format!("\"{field}\": …")),
        (field, expected) => Fix::manual(title, format!("\"{field}\": {}", json!(expected))),
    }
}
