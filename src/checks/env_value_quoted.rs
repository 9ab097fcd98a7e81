//! env-value-quoted: the quotes of `- KEY="value"` are part of the value.

use serde_json::json;

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own};
use crate::model::{EnvFrom, EnvVar};
use crate::repair;
use crate::source::{Part, Step, Style};

pub(super) static CHECK: Check = Check {
    id: "env-value-quoted",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-value-quoted.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, service) in case.stack.services() {
        for variable in &service.environment {
            let Some(bare) = bare(case, variable) else {
                continue;
            };
            let name = &variable.name;
            let message = format!(
                "{name} of {} keeps its quotes: in a list item they are part of the value, which the program then sees; \
                 write `- {name}=…` without them, or `{name}: \"…\"` in a mapping",
                service.name.value
            );
            let mut finding = Finding::at(&variable.at, Part::Value, message)
                .says("the value begins and ends with a quote")
                .subject(format!("{}.{name}", service.name.value))
                .hops(hops.get(&id).into_iter().flatten().copied());
            if is_own(service, &variable.at) {
                let fix = Fix::new(Safety::Safe, format!("write {name} without the quotes"))
                    .change(variable.at.clone(), Op::Set(json!(format!("{name}={bare}"))));
                finding = finding.fix(fix.then(repair::compose(case.stack, id, "up -d")));
            }
            findings.add(finding);
        }
    }
}

/// The value without the quotes, where a plain list item has them around the whole of it. A list item that is quoted
/// itself has quotes within quotes, which nobody writes by accident.
fn bare<'a>(case: &Case<'a>, variable: &EnvVar) -> Option<&'a str> {
    let is_item = matches!(variable.at.path.steps().last(), Some(Step::Index(_)));
    if !is_item || variable.from != EnvFrom::Environment {
        return None;
    }
    let source = case.stack.source(variable.at.source);
    let node = source.node(&variable.at.path)?;
    if node.style() != Style::Plain {
        return None;
    }
    let (_, value) = node.scalar_text()?.split_once('=')?;
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        // `"a","b"` is a list, and `"{\"a\": 1}"` is JSON in JSON.
        (!inner.contains([quote, '\\'])).then_some(inner)
    })
}
