//! host-header-rejected: the server refuses the Host that its caller will send.

use crate::catalog::server::{BindDefault, HostFacts, HostPolicy, HostRule, Server};
use crate::catalog::{Bind, Certainty};
use crate::chain::{Behind, Caller, Hop, HopId, Started};
use crate::repair;
use crate::change::{Change, Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source};
use crate::model::{EnvLookup, Service, ServiceId, host};
use crate::source::{Part, Pointer};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "host-header-rejected",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["client-host-header"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/host-header-rejected.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    // What was seen on the wire counts; what files say of the same call is then evidence.
    let seen: Vec<HopId> = case
        .troubles(CHECK.id)
        .flat_map(|(probed, _)| probed.hops.iter().map(|hop| hop.id))
        .collect();
    for (probed, trouble) in case.troubles(CHECK.id) {
        if let Some(finding) = refused(case, probed, trouble) {
            findings.add_for(trouble, finding);
        }
    }
    for hop in &case.chain.hops {
        if seen.contains(&hop.id) {
            continue;
        }
        let Some((id, behind)) = hop.service().zip(hop.behind.as_ref()) else {
            continue;
        };
        let Some(server) = case.catalog.by_id(&behind.server) else {
            continue;
        };
        let Some(host) = host_sent(case, hop) else {
            continue;
        };
        if is_loopback(&host) {
            continue;
        }
        let service = case.stack.service(id);
        match judge(hop, behind, server, service, &host) {
            Judgement::Served => {}
            Judgement::Unknown(reason) => findings.skip(reason),
            Judgement::Refused(rule) => {
                findings.add(finding(case, hop, (id, server), behind, rule, &host));
            }
        }
    }
}

/// A refusal that was seen.
fn refused(case: &Case<'_>, probed: &Probed<'_>, trouble: &Trouble) -> Option<Finding> {
    let Kind::HostHeaderRejected {
        status,
        host,
        passes,
        origin,
        setting,
    } = &trouble.kind
    else {
        return None;
    };
    let header = if *origin { "Origin" } else { "Host" };
    let takes = passes.as_ref().map(|other| format!(", and takes {other}"));
    let what = format!(
        "the server refuses the {header} {host} ({status}){}: allow {}",
        takes.unwrap_or_default(),
        match origin {
            true => "requests without a browser, or this origin",
            false => "this host in its settings, or call it by a name that it takes",
        }
    );
    let mut finding = probed
        .finding(trouble, probed.but(what))
        .says(format!("refuses the {header} {host}"));
    let name = host_name(host);
    let setting = setting.map(|setting| setting.replace("NAME", name));
    let mut unset = Fix::new(Safety::Unsafe, "send the Host of the url instead");
    for hop in &probed.hops {
        if let Some(at) = declared_host(case, hop) {
            finding = finding.also(&at, Part::Entry, "this Host is sent as it stands");
            unset.changes.push(Change {
                at,
                op: Op::Remove,
            });
        }
        if let Some(text) = known(case, hop, name) {
            finding = finding.evidence(Source::Catalog, text);
        }
    }
    if !unset.changes.is_empty() {
        finding = finding.fix(unset);
    }
    Some(match setting {
        Some(setting) => {
            let fix = Fix::manual(format!("let the server take the {header} {name}"), setting);
            match probed.service(case) {
                Some(service) => finding.fix(fix.then(repair::compose(case.stack, service, "up -d"))),
                None => finding.fix(fix),
            }
        }
        None => finding.fix(Fix::manual(
            "call the server by a name that it takes, or let a proxy do so",
            format!("proxy_set_header Host {};   # nginx", passes.as_deref().unwrap_or("localhost")),
        )),
    })
}

/// A host without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The entry of a `Host` header that a client's file declares.
fn declared_host(case: &Case<'_>, hop: &Hop) -> Option<Pointer> {
    let Caller::Client { file, entry } = hop.caller else {
        return None;
    };
    let value = case.stack.clients[file].entries[entry].header("Host")?;
    Some(value.at.clone())
}

/// What the catalog knows of the server behind a hop and its hosts.
fn known(case: &Case<'_>, hop: &Hop, host: &str) -> Option<String> {
    let (id, behind) = hop.service().zip(hop.behind.as_ref())?;
    let server = case.catalog.by_id(&behind.server)?;
    match judge(hop, behind, server, case.stack.service(id), host) {
        Judgement::Refused(rule) => {
            let way = ways(server, rule, host).into_iter().next();
            let way = way.map(|way| format!(": {way}")).unwrap_or_default();
            Some(format!("{} serves loopback names alone{way}", server.title))
        }
        Judgement::Served | Judgement::Unknown(_) => None,
    }
}

enum Judgement<'a> {
    Served,
    Unknown(String),
    Refused(&'a HostRule),
}

fn judge<'a>(
    hop: &Hop,
    behind: &Behind,
    server: &'a Server,
    service: &Service,
    host: &str,
) -> Judgement<'a> {
    // With another transport than the hop's nothing is refused yet: transport-mismatch comes first.
    let Some(speaks) = behind.running.speaks(hop.transport.into()) else {
        return Judgement::Served;
    };
    if behind.running.certainty != Certainty::Known {
        return Judgement::Served;
    }
    let Some(started) = Started::of(service) else {
        return Judgement::Served;
    };
    let exact = behind
        .version
        .as_ref()
        .filter(|known| known.assumed.is_none());
    let version = exact.map(|known| &known.version);
    let rules = server.host_rules(&HostFacts {
        sdk: version.and_then(|version| server.sdk_version(version)),
        version,
        image: version,
        bind: match speaks.bind {
            Bind::Loopback => Some(BindDefault::Loopback),
            Bind::Any => Some(BindDefault::Any),
            Bind::Address(_) | Bind::Unknown => None,
        },
    });
    let env = |name: &str| -> EnvLookup { service.env(name) };
    let launch = started.launch(&behind.image, &env);
    let admits = |rule: &&HostRule| server.admits(rule, &launch, &speaks.bind, host);
    let refusing = rules
        .iter()
        .copied()
        .find(|rule| admits(rule) == Some(false));
    let Some(refusing) = refusing else {
        return Judgement::Served;
    };
    let name = &service.name.value;
    if refusing.unsure {
        return Judgement::Unknown(format!(
            "newer versions of {} refuse the Host {host}; since which one is not known",
            server.title
        ));
    }
    if rules.iter().any(|rule| admits(rule) != Some(false)) {
        return Judgement::Unknown(format!(
            "whether {name} refuses the Host {host} depends on its version, and {} does not say which that is",
            behind.image
        ));
    }
    Judgement::Refused(refusing)
}

/// The name in the Host header of the caller's requests. Nothing when a header in the file replaces it by something
/// unknown.
fn host_sent(case: &Case<'_>, hop: &Hop) -> Option<String> {
    let url = hop.url.as_ref()?.value.host_str()?.to_owned();
    let headers = match hop.caller {
        Caller::Client { .. } => "headers",
        Caller::Gateway { .. } => "static_headers",
    };
    let entry = case.stack.source(hop.at.source).node(&hop.at.path)?;
    let entries = entry
        .get(headers)
        .map(|node| node.entries())
        .unwrap_or_default();
    match entries
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        None => Some(url),
        Some((_, value)) => {
            let text = value
                .as_str()
                .filter(|text| !text.contains('$') && !text.contains("os.environ/"))?;
            Some(
                text.rsplit_once(':')
                    .map_or(text, |(name, _)| name)
                    .to_owned(),
            )
        }
    }
}

/// Whether a Host header names a loopback address, which no rule refuses.
fn is_loopback(header: &str) -> bool {
    match url::Host::parse(header) {
        Ok(url::Host::Domain(name)) => host::is_loopback(&url::Host::Domain(name.as_str())),
        Ok(url::Host::Ipv4(ip)) => host::is_loopback(&url::Host::Ipv4(ip)),
        Ok(url::Host::Ipv6(ip)) => host::is_loopback(&url::Host::Ipv6(ip)),
        Err(_) => false,
    }
}

fn finding(
    case: &Case<'_>,
    hop: &Hop,
    (id, server): (ServiceId, &Server),
    behind: &Behind,
    rule: &HostRule,
    host: &str,
) -> Finding {
    let stack = case.stack;
    let service = stack.service(id);
    let name = &service.name.value;
    let status = rule
        .status
        .map(|status| format!(" with {status}"))
        .unwrap_or_default();
    let ways = ways(server, rule, host);
    let step = ways
        .first()
        .map(|way| format!(": {way}"))
        .unwrap_or_default();
    let message = format!(
        "{} sends Host {host} to {name}, and {} refuses it{status}{step}",
        repair::caller(stack, hop),
        behind.image
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let mut finding = Finding::at(at, Part::Value, message)
        .says(format!("the Host of the requests will be {host}"))
        .subject(hop.entry())
        .hop(hop.id);
    let text = match rule.policy {
        HostPolicy::BindHost => "serves loopback names and the address that it binds, no other",
        _ => "serves loopback names alone",
    };
    finding = match (&service.command, &service.image) {
        (Some(command), _) => finding.also(&command.at, Part::Value, text),
        (None, Some(image)) => finding.also(&image.at, Part::Value, text),
        (None, None) => finding.also(&service.at, Part::Key, text),
    };
    if let Some(status) = rule.status {
        let text = format!("a Host that is not served is answered with {status}");
        finding = finding.evidence(Source::Catalog, text);
    }
    if let Some(note) = &rule.note {
        finding = finding.evidence(Source::Catalog, note.as_str());
    }
    let title = match rule.allow.args.is_empty() && rule.allow.env.is_empty() {
        true => format!("let {name} be called by a name that it serves"),
        false => format!("let {name} serve the Host {host}"),
    };
    let up = repair::compose(stack, id, "up -d");
    let lines = match ways.as_slice() {
        [] => vec![format!(
            "a proxy in front of {name} that sends Host: localhost"
        )],
        ways => ways.to_vec(),
    };
    finding.fix(Fix::manual(title, format!("{}\n", lines.join("\n"))).then(up))
}

/// What lets the Host pass, best first.
fn ways(server: &Server, rule: &HostRule, host: &str) -> Vec<String> {
    let flags = rule
        .allow
        .args
        .iter()
        .map(|flag| format!("add {flag} {host} to its command"));
    let variables = rule
        .allow
        .env
        .iter()
        .map(|name| format!("set {name} to {host}"));
    let off_flags = rule
        .off
        .args
        .iter()
        .map(|flag| format!("add {flag} to its command"));
    let off_env = rule
        .off
        .env
        .iter()
        .map(|(name, value)| format!("set {name}={value}"));
    let versions = server
        .host_check
        .iter()
        .filter(|other| matches!(other.policy, HostPolicy::None | HostPolicy::OptIn))
        .filter_map(|other| other.when.image.as_ref().or(other.when.version.as_ref()))
        .map(|versions| {
            format!(
                "pin an image that serves every Host ({})",
                versions.describe()
            )
        });
    flags
        .chain(variables)
        .chain(off_flags)
        .chain(off_env)
        .chain(versions)
        .collect()
}
