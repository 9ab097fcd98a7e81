//! tool-name-invalid: tools whose names clients or models refuse.

use crate::change::Fix;
use crate::check::words::{count, quote};
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, listed};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "tool-name-invalid",
    severity: Severity::Warning,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tool-name-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ToolNameInvalid { names } = &trouble.kind else {
            continue;
        };
        findings.add(finding(probed, trouble, names));
    }
}

/// The longest name that the specification has (2025-11-25), in characters.
const LONGEST: usize = 128;

fn finding(probed: &Probed<'_>, trouble: &Trouble, names: &[String]) -> Finding {
    let quoted: Vec<String> = names.iter().map(|name| quote(name, 64)).collect();
    let shown = listed(&quoted, 3);
    let long = names.iter().all(|name| name.chars().count() > LONGEST);
    let why = match long {
        true => "more than 128 characters",
        false => "characters beside A-Z, a-z, 0-9, `_`, `-` and `.`",
    };
    let subject = count(
        names.len(),
        "the name of a tool has",
        "tools have names with",
    );
    let message = match long || names.iter().any(|name| !name.is_empty()) {
        true => format!(
            "{subject} {why} ({shown}): some clients rewrite or drop such a tool, and some models refuse every request \
             that carries it; rename it"
        ),
        false => "a tool has an empty name: clients cannot call it; give it one".to_owned(),
    };
    let renamed: Vec<String> = names
        .iter()
        .take(10)
        .map(|name| format!("{}  ->  {}", quote(name, 64), plain(name)))
        .collect();
    probed
        .finding(trouble, probed.but(message))
        .says(format!("offers {shown}"))
        .fix(Fix::manual(
            "give the tools names that every client takes",
            format!("{}\n", renamed.join("\n")),
        ))
}

/// A name that every client and model takes: letters, digits, `_` and `-`, at most 64.
fn plain(name: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let text: String = name
        .chars()
        .map(|c| if taken(c) { c } else { '_' })
        .take(64)
        .collect();
    match text.trim_matches('_') {
        "" => "a_name".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_has_only_what_all_take() {
        assert_eq!(plain("Create CIFS Share"), "Create_CIFS_Share");
        assert_eq!(plain("größe"), "gr__e");
        assert_eq!(plain(""), "a_name");
        assert_eq!(plain(&"x".repeat(200)).len(), 64);
    }
}
