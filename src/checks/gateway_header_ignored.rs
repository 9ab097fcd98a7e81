//! gateway-header-ignored: a header with which a client means to choose, and the gateway never reads it.

use std::collections::HashMap;

use crate::catalog::VersionSet;
use crate::change::{Fix, Op, Safety};
use crate::check::gateway_call::Call;
use crate::check::reader::{Entry, entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, Source};
use crate::gateway::Upstream;
use crate::source::{At, Part};

pub(super) static CHECK: Check = Check {
    id: "gateway-header-ignored",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-header-ignored.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let mut names: HashMap<usize, Names<'_>> = HashMap::new();
    for found in entries(case) {
        let Some(call) = Call::of(case, found) else {
            continue;
        };
        for (header, value) in &found.entry.headers {
            let said = without_effect(case, found, &call, header, value)
                .or_else(|| {
                    let names = names.entry(call.gateway);
                    let names = names.or_insert_with(|| names_of(&call.view.outcome.servers));
                    for_a_server(case, found, &call, names, header, value)
                });
            if let Some((versions, finding)) = said {
                findings.add_in(Severity::Warning, &versions, finding);
            }
        }
    }
}

/// A header that no code of the gateway looks at.
fn without_effect(
    case: &Case<'_>,
    found: Entry<'_>,
    call: &Call<'_>,
    header: &str,
    value: &At<String>,
) -> Option<(VersionSet, Finding)> {
    let facts = case.catalog.litellm();
    let mut ignored = facts.clients.ignored_headers.iter();
    let (_, ignored) = ignored.find(|(name, _)| name.eq_ignore_ascii_case(header))?;
    let versions = narrowed(case, call, &ignored.versions)?;
    let name = &found.entry.name.value;
    let gateway = call.gateway_title(case);
    let instead = &ignored.instead;
    let message = format!(
        "{name} sends {header}, which {gateway} never reads: the client gets the tools of all servers that its key may \
         use; name the groups in {instead}"
    );
    let finding = Finding::at(&value.at, Part::Key, message)
        .says("has no effect")
        .subject(name)
        .hops(found.hops())
        .evidence(
            Source::Catalog,
            format!("{instead} takes names of servers, aliases and access groups, with commas between them"),
        );
    Some((
        versions,
        match found.entry.header(instead) {
            Some(other) => finding.also(&other.at, Part::Entry, "this is read"),
            None => finding.fix(
                Fix::new(Safety::Unsafe, format!("rename it to {instead}"))
                    .change(value.at.clone(), Op::Rename(instead.clone())),
            ),
        },
    ))
}

/// A header for one server, whose alias the gateway does not recognise because of its capitals.
fn for_a_server(
    case: &Case<'_>,
    found: Entry<'_>,
    call: &Call<'_>,
    names: &Names<'_>,
    header: &str,
    value: &At<String>,
) -> Option<(VersionSet, Finding)> {
    let facts = case.catalog.litellm();
    let headers = &facts.clients.server_headers;
    let header_lower = header.to_ascii_lowercase();
    // With more dashes than this, versions do not agree which part is the alias.
    let (alias, _) = header_lower
        .strip_prefix(&headers.prefix)?
        .split_once('-')
        .filter(|(alias, name)| !alias.is_empty() && !name.contains('-'))?;
    let servers = names.get(alias)?;
    if servers.iter().any(|server| own_name(server).value == alias) {
        return None;
    }
    let server = servers.first()?;
    let versions = narrowed(case, call, &headers.exact)?;
    let own = own_name(server);
    let name = &found.entry.name.value;
    let gateway = match call.view.version.version() {
        Some(_) => call.gateway_title(case),
        None => format!("{} {}", call.gateway_title(case), headers.exact.describe()),
    };
    let message = format!(
        "{name} sends {header} for {}, but {gateway} looks for that name in lower case and finds no such server: the \
         header is dropped; set `alias: {alias}` on the server",
        own.value
    );
    let fix = Fix::new(
        Safety::Unsafe,
        format!("set `alias: {alias}` on {}", server.name.value),
    );
    let fix = match &server.alias {
        Some(have) => fix.change(have.at.clone(), Op::Set(alias.into())),
        None => fix.change(
            server.at.clone(),
            Op::Insert("alias".to_owned(), alias.into()),
        ),
    };
    let part = match &server.alias {
        Some(_) => Part::Value,
        None => Part::Key,
    };
    Some((
        versions,
        Finding::at(&value.at, Part::Key, message)
            .says("reaches no server")
            .also(&own.at, part, "compared letter by letter")
            .subject(name)
            .hops(found.hops())
            .fix(fix),
    ))
}

/// Servers by the name that a header has for them, in lower case.
type Names<'a> = HashMap<String, Vec<&'a Upstream>>;

fn names_of(servers: &[Upstream]) -> Names<'_> {
    let mut names = Names::new();
    for server in servers {
        let name = own_name(server).value.to_ascii_lowercase();
        names.entry(name).or_default().push(server);
    }
    names
}

/// What a header has to call a server: its alias, and its name only where it has none.
fn own_name(server: &Upstream) -> &At<String> {
    server.alias.as_ref().unwrap_or(&server.name)
}

/// What of `versions` comes into question for this gateway, if anything does.
fn narrowed(case: &Case<'_>, call: &Call<'_>, versions: &VersionSet) -> Option<VersionSet> {
    let assumed = &case.catalog.litellm().assumed;
    let versions = call.view.version.narrow(versions, assumed);
    (!versions.is_empty()).then_some(versions)
}
