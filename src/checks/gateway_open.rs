//! gateway-open: a gateway that asks its callers for no key.

use crate::change::{Fix, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::{Fate, NoKey, Why};
use crate::model::EnvLookup;
use crate::repair;

pub(super) static CHECK: Check = Check {
    id: "gateway-open",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-open.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let facts = &case.catalog.litellm().master_key;
    let full = format!("{}.{}", facts.section, facts.setting);
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        let name = case.stack.name(case.stack.gateways[gateway].root.source);
        if let Some(gap) = &view.outcome.gap {
            findings.skip(format!("whether {name} has a key is not known: {gap}"));
        } else if !says_key(case, gateway) && view.env(case.stack, &facts.variable) == EnvLookup::Unknown {
            findings.skip(format!(
                "whether {} is set for {name} is not known: {}",
                facts.variable,
                view.env_unknown(case.stack, &facts.variable)
            ));
        }
    }
    for (gateway, ruling) in case.rulings() {
        let Why::NoMasterKey { fate, cause } = &ruling.why else {
            continue;
        };
        let follows = case.without_key(gateway, *fate);
        let variable = &facts.variable;
        let (found, severity) = match cause {
            NoKey::Absent => (
                format!("there is no `{full}`, and no {variable} in the gateway's container"),
                Severity::Warning,
            ),
            NoKey::Empty => (format!("`{full}` is empty"), Severity::Error),
            NoKey::Null => (format!("`{full}` is null"), Severity::Warning),
            NoKey::Misplaced => (
                format!("`{}` is in a section where it is not read, and {variable} is not set", facts.setting),
                Severity::Error,
            ),
            NoKey::Permitted => (
                format!("there is no `{full}`, and `{}` permits that", facts.permit.setting),
                Severity::Warning,
            ),
        };
        let severity = match fate {
            Fate::Stops => Severity::Error,
            Fate::Unless if *cause != NoKey::Absent => Severity::Error,
            Fate::Serves | Fate::Unless | Fate::Either => severity,
        };
        let message =
            format!("{found}: {follows}; set `{full}: os.environ/{variable}`, and {variable} to a long random key");
        let mut finding = Finding::at(&ruling.at, ruling.part, message)
            .says("no key")
            .subject(full.as_str());
        if *fate == Fate::Stops {
            finding = finding.hops(case.gateway_hops(gateway));
        }
        findings.add_in(severity, &ruling.versions, finding.fix(fix(case, gateway, *cause)));
    }
}

/// Whether the file itself says something of the key.
fn says_key(case: &Case<'_>, gateway: usize) -> bool {
    let facts = &case.catalog.litellm().master_key;
    let root = &case.stack.gateways[gateway].root;
    let source = case.stack.source(root.source);
    let at = root.key(&facts.section).key(&facts.setting);
    source.node(&at.path).is_some()
}

/// Compose hands the variable over, and refuses to start without it.
fn fix(case: &Case<'_>, gateway: usize, cause: NoKey) -> Fix {
    let variable = &case.catalog.litellm().master_key.variable;
    let service = case.chain.gateways[gateway].service();
    if let (NoKey::Absent | NoKey::Misplaced, Some(id)) = (cause, service) {
        let value = format!("${{{variable}:?}}");
        let variables = [(variable.clone(), value)];
        let service = case.stack.service(id);
        let mut fix = Fix::new(
            Safety::Unsafe,
            format!("set {variable} for {}, from the shell or .env", service.name.value),
        );
        fix.changes = repair::set_variables(case.stack, service, &variables);
        return fix
            .then(format!("echo \"{variable}=sk-$(openssl rand -hex 32)\" >> .env"))
            .then(repair::compose(case.stack, id, "up -d"));
    }
    Fix::manual(
        "take the key from a variable",
        format!("general_settings:\n  master_key: os.environ/{variable}"),
    )
    .then(format!("echo \"{variable}=sk-$(openssl rand -hex 32)\" >> .env"))
}
