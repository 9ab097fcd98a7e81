//! What is said of containers that no file declares: what they do, not how a file would be written. Nothing is written
//! into them either: whoever runs them does it again.

use serde_json::Value;

use super::{Case, Finding};
use crate::change::{Change, Fix, Op, Safety};

/// Checks of how files are written and what they could have beside: nobody wrote one.
const OF_FILES: &[&str] = &[
    "depends-on-unconditioned",
    "duplicate-key",
    "env-file-missing",
    "env-shadowed",
    "env-value-quoted",
    "env-variable-boolean",
    "file-unreadable",
    "gateway-image-floating",
    "healthcheck-meaningless",
    "healthcheck-missing",
    "healthcheck-needs-key",
    "invalid-syntax",
    "network-undefined",
    "profile-inactive",
    "secret-in-file",
];

/// Whether a finding is about something that somebody could have written otherwise.
pub(super) fn counts(case: &Case<'_>, finding: &Finding) -> bool {
    let source = finding.labels.first().and_then(|label| label.at.source());
    let container = source.and_then(|id| case.stack.source(id).container());
    container.is_none() || !OF_FILES.contains(&finding.check)
}

/// Turns repairs that would change a container's description into what a person does to the container.
pub(super) fn by_hand(case: &Case<'_>, finding: &mut Finding) {
    for fix in &mut finding.fixes {
        let container = |change: &Change| case.stack.source(change.at.source).container();
        let changed: Vec<(String, Change)> = fix
            .changes
            .iter()
            .filter_map(|change| Some((container(change)?.to_owned(), change.clone())))
            .collect();
        if let Some((name, _)) = changed.first() {
            let name = name.clone();
            let rest = fix.changes.iter().any(|change| container(change).is_none());
            settle(fix, &name, &changed, rest);
        }
    }
}

fn settle(fix: &mut Fix, name: &str, changed: &[(String, Change)], rest: bool) {
    let mut connect = Vec::new();
    let mut again = Vec::new();
    for (container, change) in changed {
        match network(change) {
            Some(network) => connect.push(format!("docker network connect {network} {container}")),
            None => again.extend(line(change)),
        }
    }
    let mut lines = connect;
    if !again.is_empty() {
        lines.push(format!(
            "# no file declares container {name}: remove it, and run it again with"
        ));
        lines.extend(again.into_iter().map(|line| format!("#   {line}")));
    }
    if rest {
        lines.push("# the other files change with it".to_owned());
    }
    fix.safety = Safety::Manual;
    fix.changes.clear();
    // These would start it as it is.
    fix.then
        .retain(|command| !command.ends_with(&format!(" {name}")));
    fix.text = Some(lines.join("\n"));
}

/// The network that a change joins.
fn network(change: &Change) -> Option<&str> {
    match &change.op {
        Op::Insert(key, _) if change.at.path.last_key() == Some("networks") => Some(key),
        _ => None,
    }
}

fn line(change: &Change) -> Option<String> {
    let key = change.at.path.last_key().unwrap_or_default();
    Some(match &change.op {
        Op::Set(value) => format!("{key}: {}", shown(value)),
        Op::Push(value) => format!("{key}: … {}", shown(value)),
        Op::Insert(name, Value::Object(members)) if members.is_empty() => name.clone(),
        Op::Insert(name, value) => format!("{name}: {}", shown(value)),
        Op::Remove => format!("no {key}"),
        Op::Rename(_) => return None,
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    #[test]
    fn checks_of_files_are_checks() {
        for id in OF_FILES {
            assert!(checks::by_id(id).is_some(), "{id}");
        }
    }
}
