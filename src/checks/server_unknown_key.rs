//! server-unknown-key: a key of a server that LiteLLM does not read.

use crate::catalog::gateway::ValueKind;
use crate::change::{Fix, Op, Safety};
use crate::check::newer::{self, Wanted};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Upstream, Why};
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "server-unknown-key",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-unknown-key.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for gateway in 0..case.chain.gateways.len() {
        newer::note(case, gateway, findings, &needs);
    }
    for (gateway, ruling) in case.rulings() {
        if needs(case, ruling).is_some() {
            continue;
        }
        let Why::UnknownKey {
            name: key,
            protects,
            note,
            meant,
            read,
        } = &ruling.why
        else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let since = match read {
            Some(versions) if ruling.versions.is_all() => format!(" (read {versions})"),
            _ => String::new(),
        };
        let harm = if *protects {
            ", so that it protects nothing"
        } else {
            ""
        };
        let step = match (note, meant) {
            (Some(note), _) => note.clone(),
            (None, Some(meant)) if is_free(case, server, meant) => format!("write `{meant}`"),
            (None, Some(meant)) => format!("`{meant}` is there as well and counts, remove it"),
            (None, None) if !ruling.versions.is_all() => "use a version that reads it".to_owned(),
            (None, None) if read.is_some() => {
                "use a version that reads it, or remove it".to_owned()
            }
            (None, None) => "remove it, or look for the key that was meant".to_owned(),
        };
        let message = format!(
            "{} does not read `{key}` of {name}{since}{harm}: {step}",
            case.program_of(gateway, ruling)
        );
        let severity = if *protects {
            Severity::Error
        } else {
            Severity::Warning
        };
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says(if *protects {
                "ignored: protects nothing"
            } else {
                "ignored"
            })
            .subject(format!("{name}.{key}"));
        // Where the version may read it, to take it away may do harm.
        if ruling.versions.is_all() {
            finding = finding.fix(repair(case, server, ruling, key, meant.as_deref()));
        }
        // What does not protect breaks no call.
        if !protects {
            finding = finding.hops(case.server_hop(gateway, ruling));
        }
        findings.add_in(severity, &ruling.versions, finding);
    }
}

/// What a key that newer versions read asks of the version. One that protects is said by itself.
fn needs(case: &Case<'_>, ruling: &Ruling) -> Option<Wanted> {
    let Why::UnknownKey {
        name,
        protects: false,
        ..
    } = &ruling.why
    else {
        return None;
    };
    let key = case.catalog.litellm().servers.keys.get(name)?;
    newer::only(ruling, name, &key.read)
}

/// Renames the key where another one does what was meant and takes its value; else removes it.
fn repair(
    case: &Case<'_>,
    server: &Upstream,
    ruling: &Ruling,
    key: &str,
    meant: Option<&str>,
) -> Fix {
    renamed(case, server, ruling, key, meant).unwrap_or_else(|| {
        Fix::new(Safety::Unsafe, format!("remove `{key}`")).change(ruling.at.clone(), Op::Remove)
    })
}

fn renamed(
    case: &Case<'_>,
    server: &Upstream,
    ruling: &Ruling,
    key: &str,
    meant: Option<&str>,
) -> Option<Fix> {
    let meant = meant.filter(|meant| is_free(case, server, meant))?;
    let facts = case.catalog.litellm();
    let node = case.stack.source(ruling.at.source).node(&ruling.at.path)?;
    let mut fix = Fix::new(Safety::Unsafe, format!("rename `{key}` to `{meant}`"));
    if meant == "transport" {
        let word = node.as_str()?;
        let transport = facts.transport_meant(word)?.word();
        if transport != word {
            fix.title = format!("write `{meant}: {transport}`");
            fix = fix.change(ruling.at.clone(), Op::Set(transport.into()));
        }
    } else if !suits(facts.servers.keys.get(meant)?.r#type, node) {
        return None;
    }
    Some(fix.change(ruling.at.clone(), Op::Rename(meant.to_owned())))
}

/// Whether the entry does not have the other key yet.
fn is_free(case: &Case<'_>, server: &Upstream, other: &str) -> bool {
    let source = case.stack.source(server.at.source);
    source.node(&server.at.path.key(other)).is_none()
}

fn suits(kind: ValueKind, node: Node<'_>) -> bool {
    match kind {
        ValueKind::Any => true,
        ValueKind::String | ValueKind::Name | ValueKind::Header => node.as_str().is_some(),
        ValueKind::Boolean | ValueKind::Flag => node.as_bool().is_some(),
        ValueKind::Number | ValueKind::Integer => node
            .scalar_text()
            .is_some_and(|text| text.parse::<f64>().is_ok()),
        ValueKind::Strings => node.is_seq() && node.items().all(|item| item.as_str().is_some()),
        ValueKind::Maps => node.is_seq() && node.items().all(Node::is_map),
        ValueKind::Map => node.is_map(),
        ValueKind::ListMap => node.entries().iter().all(|(_, value)| value.is_seq()),
        ValueKind::StringMap => node
            .entries()
            .iter()
            .all(|(_, value)| value.as_str().is_some()),
    }
}
