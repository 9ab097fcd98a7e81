//! env-shadowed: `environment` empties a variable that an env file of the same service sets.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own, naming_part};
use crate::model::{EnvFrom, EnvVar, How, Kind, Reference, Service, Spelling, Text};
use crate::repair;
use crate::source::{Node, Part, Step};

pub(super) static CHECK: Check = Check {
    id: "env-shadowed",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/env-shadowed.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, service) in case.stack.services() {
        for variable in &service.environment {
            let Some((set, reference)) = shadowed(case, service, variable) else {
                continue;
            };
            let name = &variable.name;
            let file = repair::file(case.stack, &set.at);
            let service_name = &service.name.value;
            let (severity, why) = match reference {
                true => (
                    // Where no such file is here, the shell of the machine on which it runs may have it.
                    match fills_in(case) {
                        true => Severity::Warning,
                        false => Severity::Note,
                    },
                    format!(
                        "`${{{name}}}` under `environment` is filled in from the shell and .env, which do not set it \
                         here, and not from {file}"
                    ),
                ),
                false => (
                    Severity::Note,
                    "`environment` takes precedence over `env_file`, even with an empty value".to_owned(),
                ),
            };
            let message = format!(
                "{name} of {service_name} is empty, though {file} sets it: {why}; remove the entry under `environment`"
            );
            let mut finding = Finding::at(&variable.at, naming_part(&variable.at), message)
                .says("empty, and takes precedence over the env file")
                .also(&set.at, Part::Key, "set here, without effect")
                .subject(format!("{service_name}.{name}"))
                .hops(hops.get(&id).into_iter().flatten().copied());
            if is_own(service, &variable.at) {
                let title = format!("let {file} set {name}");
                let fix = Fix::new(Safety::Unsafe, title).change(variable.at.clone(), Op::Remove);
                finding = finding.fix(fix.then(repair::compose(case.stack, id, "up -d")));
            }
            findings.add_as(severity, finding);
        }
    }
}

/// Whether a file was read from which Compose fills in variables: `.env`, or one that `--env-file` names.
fn fills_in(case: &Case<'_>) -> bool {
    let mut inputs = case.stack.inputs.iter();
    inputs.any(|input| input.kind == Kind::Env && input.how != How::Mounted)
}

/// The definition in an env file that an empty one under `environment` hides, and whether that one is a reference to
/// the variable itself.
fn shadowed<'a>(
    case: &Case<'_>,
    service: &'a Service,
    variable: &EnvVar,
) -> Option<(&'a EnvVar, bool)> {
    if variable.from != EnvFrom::Environment || !service.complete() {
        return None;
    }
    let is_set = |text: &Text| text.known && !text.text.is_empty();
    let set = service.environment.iter().find(|other| {
        other.from == EnvFrom::EnvFile
            && other.name == variable.name
            && other.value.as_ref().is_some_and(is_set)
    })?;
    let node = case.stack.source(variable.at.source).node(&variable.at.path)?;
    let written = written(node, variable)?;
    let value = variable.value.as_ref()?;
    if written.trim().is_empty() {
        return Some((set, false));
    }
    // `${NAME}` and `${NAME:-}` of the variable itself, which nobody defines where Compose looks.
    let references = Reference::find(&written);
    let [only] = references.as_slice() else {
        return None;
    };
    let of_itself = only.is_whole(&written)
        && matches!(only.spelling, Spelling::Braces | Spelling::Dollar)
        && only.name == variable.name;
    let nothing = value.text.is_empty() || !value.known && value.text == written;
    // `${NAME:?…}` stops Compose, which says so itself.
    (of_itself && nothing && !written.contains('?')).then_some((set, true))
}

/// The value as it is written.
fn written(node: Node<'_>, variable: &EnvVar) -> Option<String> {
    let text = match node.is_null() {
        // `NAME:` alone takes the value from the shell, and is left out when there is none.
        true => return None,
        false => node.scalar_text()?,
    };
    match variable.at.path.steps().last() {
        Some(Step::Index(_)) => text.split_once('=').map(|(_, value)| value.to_owned()),
        _ => Some(text.to_owned()),
    }
}
