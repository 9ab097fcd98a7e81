//! auth-value-missing: a type of authentication without the value that it sends.

use crate::change::Fix;
use crate::check::reader::entries;
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "auth-value-missing",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/auth-value-missing.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::AuthValueMissing {
            auth_type,
            header,
            key,
        } = &ruling.why
        else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let severity = match clients(case, gateway) {
            Clients::Bring => continue,
            Clients::Unknown => Severity::Note,
            Clients::DoNot => Severity::Warning,
        };
        let name = &server.name.value;
        let variable = format!("{}_TOKEN", name.to_uppercase().replace(['-', '.', ' ', '/'], "_"));
        let message = format!(
            "{name} has `auth_type: {auth_type}` and no `{key}`, so {} sends no {header} to it, unless a client brings \
             one: write `{key}: os.environ/{variable}`, or remove `auth_type`",
            case.program_of(gateway, ruling)
        );
        let fix = Fix::manual(
            format!("give {name} its value, from a variable of the gateway's container"),
            format!("{name}:\n  auth_type: {auth_type}\n  {key}: os.environ/{variable}"),
        );
        let finding = Finding::at(&ruling.at, Part::Value, message)
            .says(format!("no `{key}` beside it"))
            .subject(name)
            .hops(case.server_hop(gateway, ruling))
            .fix(fix);
        findings.add_in(severity, &ruling.versions, finding);
    }
}

/// Whether clients bring values for servers behind a gateway.
enum Clients {
    /// One does.
    Bring,
    /// Those that were read do not.
    DoNot,
    /// None was read.
    Unknown,
}

fn clients(case: &Case<'_>, gateway: usize) -> Clients {
    let auth = &case.catalog.litellm().servers.auth;
    let calls: Vec<_> = case.chain.to_gateway(gateway).map(|hop| hop.id).collect();
    let mut callers = entries(case)
        .filter(|found| found.hop.is_some_and(|hop| calls.contains(&hop.id)))
        .peekable();
    if callers.peek().is_none() {
        return Clients::Unknown;
    }
    let brings = |name: &str| auth.is_client_header(name);
    match callers.any(|found| found.entry.headers.iter().any(|(name, _)| brings(name))) {
        true => Clients::Bring,
        false => Clients::DoNot,
    }
}
