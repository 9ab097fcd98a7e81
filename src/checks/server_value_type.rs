//! server-value-type: a value of another type than LiteLLM needs.

use serde_json::{Map, Value};

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Ruling, Why};
use crate::source::{Node, Part, Style};

pub(super) static CHECK: Check = Check {
    id: "server-value-type",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/server-value-type.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::ValueType { name, is, needs } = &ruling.why else {
            continue;
        };
        let what = match ruling.part {
            Part::Key => format!("the key `{name}`"),
            Part::Value | Part::Entry => format!("`{name}`"),
        };
        let message = format!(
            "{what} is {is}, and {} needs {needs}: the gateway does not start",
            case.program_of(gateway, ruling)
        );
        let mut finding = Finding::at(&ruling.at, ruling.part, message)
            .says(format!("{is}, not {needs}"))
            .subject(name)
            .hops(case.gateway_hops(gateway))
            .hops(case.server_hop(gateway, ruling));
        let source = case.stack.source(ruling.at.source);
        if let Some(node) = source.node(&ruling.at.path)
            && let Some(fix) = repair(ruling, node)
        {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Error, &ruling.versions, finding);
    }
}

/// The same value in the type that is needed, where one can tell.
fn repair(ruling: &Ruling, node: Node<'_>) -> Option<Fix> {
    let Why::ValueType { name, needs, .. } = &ruling.why else {
        return None;
    };
    let set = |safety, title: &str, value| {
        Some(Fix::new(safety, title).change(ruling.at.clone(), Op::Set(value)))
    };
    let last = ruling.at.path.last_key();
    if ruling.part == Part::Key {
        return Some(Fix::manual("put the key in quotes", format!("\"{}\":", last?)));
    }
    match needs.as_str() {
        // No text makes a url of a number.
        "a string" if last == Some("url") => None,
        "a string" if !node.is_null() && node.style() == Style::Plain => {
            set(Safety::Safe, "put the value in quotes", node.scalar_text()?.into())
        }
        "a list of strings" => {
            let text = node.as_str()?;
            if !name.ends_with(".args") {
                return set(Safety::Safe, "write a list", Value::from(vec![text]));
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            let quoted = text.contains(['"', '\'', '\\']);
            (!quoted).then(|| set(Safety::Unsafe, "write a list", Value::from(words)))?
        }
        "a mapping of strings" => {
            let mut map = Map::new();
            for item in node.items() {
                let (name, value) = item.as_str()?.split_once('=')?;
                map.insert(name.to_owned(), value.into());
            }
            (!map.is_empty()).then(|| set(Safety::Safe, "write a mapping", map.into()))?
        }
        _ => None,
    }
}
