//! stdio-env-not-inherited: a variable that the gateway has, and a stdio server behind it needs and does not get.

use serde_json::json;

use crate::catalog::{Launch, Server, TransportKind};
use crate::chain::GatewayView;
use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source, naming_part};
use crate::gateway::{Upstream, Value};
use crate::model::{EnvLookup, Service, Transport};
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "stdio-env-not-inherited",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdio-env-not-inherited.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, view) in case.chain.gateways.iter().enumerate() {
        let Some(id) = view.service() else { continue };
        let service = case.stack.service(id);
        for (number, upstream) in view.outcome.servers.iter().enumerate() {
            for needed in missing(case, upstream) {
                let has = needed.iter().find_map(|name| service.variable(name));
                let Some(variable) = has else { continue };
                let finding = finding(case, view, service, upstream, &variable.name)
                    .also(&variable.at, naming_part(&variable.at), "only the gateway has it")
                    .hops(case.chain.of_server(gateway, number).map(|hop| hop.id));
                findings.add(finding);
            }
        }
    }
}

/// What the server that a gateway starts cannot do without, and nothing hands over to it: any one of each list is
/// enough.
fn missing(case: &Case<'_>, upstream: &Upstream) -> Vec<Vec<String>> {
    let Some(command) = upstream.command.as_ref().and_then(|command| command.value.text()) else {
        return Vec::new();
    };
    if upstream.transport != Transport::Stdio {
        return Vec::new();
    }
    let args: Vec<String> = upstream.args.iter().map(|arg| arg.value.clone()).collect();
    let Some(started) = case.catalog.server_for_command(command, &args) else {
        return Vec::new();
    };
    let env = |name: &str| {
        let have = upstream.env.iter().find(|(have, _)| have == name);
        match have.map(|(_, value)| &value.value) {
            Some(Value::Text(text)) => EnvLookup::Set(text.clone()),
            Some(Value::Variable(_) | Value::Nothing(_)) => EnvLookup::Unknown,
            None => EnvLookup::Unset,
        }
    };
    let launch = Launch {
        image: None,
        version: started.version.as_ref(),
        entrypoint: None,
        args: &started.args,
        env: &env,
    };
    let inherited = &case.catalog.litellm().servers.stdio.inherited;
    required(started.server)
        .filter(|names| {
            let given = names
                .iter()
                .any(|name| env(name) != EnvLookup::Unset || inherited.contains(name));
            !given && !is_argument(started.server, &launch, names)
        })
        .map(<[String]>::to_vec)
        .collect()
}

/// The variables that a server needs over stdio.
fn required(server: &Server) -> impl Iterator<Item = &[String]> {
    let of_stdio = server.env.required_for.get(&TransportKind::Stdio);
    let needed = server.env.required.iter().chain(of_stdio.into_iter().flatten());
    needed.map(|needed| needed.any_of())
}

/// Whether the variable holds the database's URL, and an argument may hold that as well.
fn is_argument(server: &Server, launch: &Launch<'_>, names: &[String]) -> bool {
    use crate::catalog::DatabaseUrl;
    let Some(database) = &server.database else {
        return false;
    };
    names.iter().any(|name| database.env.contains(name))
        && !matches!(server.database_url(launch), Some(DatabaseUrl::Missing))
}

fn finding(
    case: &Case<'_>,
    view: &GatewayView,
    service: &Service,
    upstream: &Upstream,
    variable: &str,
) -> Finding {
    let name = &upstream.name.value;
    let inherited = &case.catalog.litellm().servers.stdio.inherited;
    let message = format!(
        "{name} needs {variable}, which the container of {} has, but {name} does not get it: LiteLLM passes a stdio server \
         only the variables under its `env`; write `env: {{{variable}: os.environ/{variable}}}`",
        service.name.value
    );
    let reference = json!(format!("os.environ/{variable}"));
    let lacks = view.lacks_text(case.stack, variable);
    let safety = match lacks {
        None => Safety::Safe,
        Some(_) => Safety::Unsafe,
    };
    let mut fix = Fix::new(safety, format!("pass {variable} on in `env` of {name}"));
    fix.remarks.extend(lacks);
    let entry = case.stack.source(upstream.at.source).node(&upstream.at.path);
    let has_env = entry
        .and_then(|entry| entry.get("env"))
        .is_some_and(|env| env.is_map());
    let fix = match has_env {
        true => fix.change(
            upstream.at.key("env"),
            Op::Insert(variable.to_owned(), reference),
        ),
        false => fix.change(
            upstream.at.clone(),
            Op::Insert("env".to_owned(), json!({ variable: reference })),
        ),
    };
    Finding::at(&upstream.at, Part::Key, message)
        .says(format!("gets no {variable}"))
        .subject(format!("{name} {variable}"))
        .evidence(
            Source::Catalog,
            format!("a stdio server gets {} of the gateway, and the variables under `env`", inherited.join(", ")),
        )
        .fix(fix)
}
