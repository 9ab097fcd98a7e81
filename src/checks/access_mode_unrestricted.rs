//! access-mode-unrestricted: the files say that a server must not write, and nothing keeps it from writing.

use crate::catalog::Server;
use crate::catalog::server::{AccessMode, EnvUse};
use crate::repair;
use crate::change::{Change, Fix, Safety};
use crate::check::{
    Case, Check, Finding, Findings, McpService, Need, Severity, Source, listed, naming_part,
};
use crate::model::{EnvVar, Text};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "access-mode-unrestricted",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/access-mode-unrestricted.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        let Some(access) = &mcp.server.access else {
            continue;
        };
        if access.default != AccessMode::Unrestricted {
            continue;
        }
        let meant = meant(&mcp);
        let Some(first) = meant.first() else { continue };
        let is_given = mcp.launched(|server, launch| server.is_given(&access.read_only, launch));
        match is_given.flatten() {
            Some(true) => {}
            None => findings.skip(format!(
                "whether {} may write is not known: its arguments or variables depend on something that is not known here",
                mcp.name()
            )),
            Some(false) => {
                let finding = finding(case, &mcp, first, &meant[1..]);
                findings.add(finding.hops(hops.get(&mcp.id).into_iter().flatten().copied()));
            }
        }
    }
}

/// Whether a server can write, and variables that it does not read say that it must not.
pub(super) fn is_unheeded(mcp: &McpService<'_>) -> bool {
    let access = mcp.server.access.as_ref();
    access.is_some_and(|access| {
        let given = mcp.launched(|server, launch| server.is_given(&access.read_only, launch));
        access.default == AccessMode::Unrestricted && given.flatten() != Some(true)
    }) && !meant(mcp).is_empty()
}

/// Variables that say that the server must not write, and that it does not read; those that win.
fn meant<'a>(mcp: &McpService<'a>) -> Vec<&'a EnvVar> {
    let mut meant: Vec<&EnvVar> = Vec::new();
    for variable in &mcp.service.environment {
        let value = variable.value.as_ref().and_then(Text::get);
        let wins = !meant.iter().any(|have| have.name == variable.name)
            && mcp.service.variable(&variable.name) == Some(variable);
        if wins
            && value.is_some_and(|value| forbids_writing(&variable.name, value))
            && is_not_read(mcp.server, &variable.name)
        {
            meant.push(variable);
        }
    }
    meant
}

fn is_not_read(server: &Server, name: &str) -> bool {
    match server.env_use(name) {
        EnvUse::NeverRead | EnvUse::NotInWholeList => true,
        EnvUse::Read => false,
        EnvUse::Unknown => {
            let access = server.access.as_ref();
            access.is_some_and(|access| access.intent_env.iter().any(|known| known == name))
        }
    }
}

/// Whether whoever writes this means: read only.
fn forbids_writing(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    let value = value.trim().to_ascii_lowercase();
    let no = ["false", "0", "no", "off", "n"].contains(&value.as_str());
    let yes = ["true", "1", "yes", "on", "y"].contains(&value.as_str());
    let read_only = [
        "restricted",
        "read-only",
        "readonly",
        "read_only",
        "read",
        "ro",
    ]
    .contains(&value.as_str());
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let says_read_only = has(&["READ_ONLY", "READONLY"]);
    let names_writing = has(&["WRITE", "MUTATION", "DML", "DDL"]);
    let denies = has(&["DISABLE", "DENY", "FORBID", "BLOCK", "PREVENT"]);
    let allows = has(&["ALLOW", "ENABLE"]);
    if says_read_only {
        return if denies { no } else { yes };
    }
    if names_writing && (denies || allows) {
        return if denies { yes } else { no };
    }
    name.ends_with("ACCESS_MODE") && read_only
}

fn finding(case: &Case<'_>, mcp: &McpService<'_>, first: &EnvVar, rest: &[&EnvVar]) -> Finding {
    let access = mcp.server.access.as_ref();
    let read_only = access
        .map(|access| &access.read_only)
        .cloned()
        .unwrap_or_default();
    let flag = read_only.args.join(" ");
    let variable = read_only
        .env
        .iter()
        .next()
        .map(|(name, value)| format!("{name}={value}"));
    let names: Vec<&str> = std::iter::once(first)
        .chain(rest.iter().copied())
        .map(|it| it.name.as_str())
        .collect();
    let what_helps = match (flag.as_str(), &variable) {
        ("", None) => "only the rights of its user can prevent that".to_owned(),
        ("", Some(variable)) => format!("set {variable}"),
        (flag, _) => format!("start it with `{flag}`"),
    };
    let message = format!(
        "{} can write: {} does not read {}; {what_helps}",
        mcp.name(),
        mcp.image(),
        listed(&names, 2),
    );
    let mut finding = Finding::at(&first.at, naming_part(&first.at), message)
        .says("not read")
        .subject(mcp.name())
        .evidence(
            Source::Catalog,
            format!("{} can write by default", mcp.server.title),
        )
        .caused_by("env-not-read", mcp.name());
    for variable in rest {
        finding = finding.also(&variable.at, naming_part(&variable.at), "not read");
    }
    let service = mcp.service;
    let missing = match flag.as_str() {
        "" => "can write".to_owned(),
        flag => format!("without `{flag}`: can write"),
    };
    let place = service.command.as_ref().map(|command| &command.at);
    if let Some(place) = place.or(service.image.as_ref().map(|image| &image.at)) {
        finding = finding.also(place, Part::Value, missing);
    }
    let changes: Option<Vec<Change>> = match read_only.env.iter().next() {
        _ if !read_only.args.is_empty() => repair::add_arguments(
            case.stack,
            service,
            mcp.server,
            &mcp.behind.image,
            &read_only.args,
        ),
        Some((name, value)) if service.variable(name).is_none() => Some(repair::set_variables(
            case.stack,
            service,
            &[(name.clone(), value.clone())],
        )),
        _ => None,
    };
    let switch = if flag.is_empty() {
        variable.unwrap_or_default()
    } else {
        flag
    };
    if let Some(changes) = changes {
        let mut fix = Fix::new(
            Safety::Unsafe,
            format!("start {} with `{switch}`", mcp.name()),
        );
        fix.changes = changes;
        finding = finding.fix(fix.then(repair::compose(case.stack, mcp.id, "up -d")));
    } else if !switch.is_empty() {
        finding = finding.fix(Fix::manual(
            format!("start {} read-only", mcp.name()),
            switch,
        ));
    }
    if mcp.server.database.is_some() {
        finding = finding.fix(Fix::manual(
            "also: connect with a read-only database role",
            format!(
                "give {} the URL of a role without write privileges",
                mcp.name()
            ),
        ));
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::forbids_writing;

    #[test]
    fn a_name_and_its_value_say_what_was_meant() {
        for (name, value) in [
            ("MCP_ALLOW_WRITE", "false"),
            ("ALLOW_WRITES", "0"),
            ("ENABLE_WRITE_OPERATIONS", "no"),
            ("DISABLE_WRITE", "true"),
            ("READ_ONLY", "true"),
            ("POSTGRES_READONLY", "1"),
            ("MCP_ACCESS_MODE", "restricted"),
            ("ACCESS_MODE", "read-only"),
        ] {
            assert!(forbids_writing(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("MCP_ALLOW_WRITE", "true"),
            ("MCP_ALLOW_WRITE", ""),
            ("READ_ONLY", "false"),
            ("DISABLE_WRITE", "false"),
            ("ACCESS_MODE", "unrestricted"),
            ("WRITE_TIMEOUT", "0"),
            ("MCP_DEBUG", "false"),
        ] {
            assert!(!forbids_writing(name, value), "{name}={value}");
        }
    }
}
