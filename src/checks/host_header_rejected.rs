//! host-header-rejected: the server refuses the Host that its caller will send.

use crate::catalog::server::{HostPolicy, HostRule, Server};
use crate::catalog::{Certainty, Version};
use crate::chain::{Behind, Caller, Hop, HopId, Started};
use crate::change::{Change, Fix, Op, Safety, Way};
use crate::check::{host, is_own, Case, Check, Finding, Findings, Need, Probed, Severity, Source};
use crate::model::{EnvLookup, Service, Transport};
use crate::model::ServiceId;
use crate::repair::{self, ways, ways::Ways};
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
        let Some(host) = host::sent(case, hop) else {
            continue;
        };
        let service = case.stack.service(id);
        match judge(hop, behind, server, service, &host) {
            Judgement::Served => {}
            Judgement::Unknown(reason) => findings.skip(reason),
            Judgement::Refused(rule) => {
                let known = Known {
                    hop,
                    id,
                    behind,
                    server,
                    rule,
                    host: &host,
                };
                findings.add(finding(case, &known));
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
    let name = host_name(host);
    let mut hops = probed.hops.iter().filter(|_| !origin);
    let known = hops.find_map(|hop| Known::of(case, hop, name));
    let steps = known.as_ref().map(Known::steps).unwrap_or_default();
    let takes = passes.as_ref().map(|other| format!(", and takes {other}"));
    let step = match (steps.first(), &known) {
        (Some(step), _) => step,
        (None, Some(_)) => "call it by a name that it takes",
        (None, None) if *origin => "allow requests without a browser, or this origin",
        (None, None) => "allow this host in its settings, or call it by a name that it takes",
    };
    let what = format!(
        "the server refuses the {header} {host} ({status}){}: {step}",
        takes.unwrap_or_default()
    );
    let mut finding = probed
        .finding(trouble, probed.but(what))
        .says(format!("refuses the {header} {host}"));
    let mut unset = Fix::new(Safety::Unsafe, "send the Host of the url instead");
    for hop in &probed.hops {
        if let Some(at) = declared_host(case, hop) {
            finding = finding.also(&at, Part::Entry, "this Host is sent as it stands");
            unset.changes.push(Change { at, op: Op::Remove });
        }
    }
    if !unset.changes.is_empty() {
        finding = finding.fix(unset);
    }
    if let Some(known) = &known {
        let title = &known.server.title;
        let served = known.served();
        let texts = [Some(format!("{title} {served}")), known.rule.note.clone()];
        for text in texts.into_iter().flatten() {
            finding = finding.evidence(Source::Catalog, text);
        }
        return Some(known.mend(case, finding, passes.as_deref()));
    }
    let Some(setting) = setting else {
        return Some(finding.fix(by_proxy(passes.as_deref().unwrap_or("localhost"))));
    };
    let title = format!("let the server take the {header} {name}");
    let fix = Fix::manual(title, setting.replace("NAME", name));
    Some(match probed.service(case) {
        Some(service) => finding.fix(fix.then(repair::compose(case.stack, service, "up -d"))),
        None => finding.fix(fix),
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

/// What the catalog knows of a server that refuses a Host.
struct Known<'a> {
    hop: &'a Hop,
    id: ServiceId,
    behind: &'a Behind,
    server: &'a Server,
    rule: &'a HostRule,
    host: &'a str,
}

impl<'a> Known<'a> {
    /// Of the server behind a hop that was seen to refuse: by the rule of its version, else by the first one that
    /// refuses at all, for what runs is not what the tag of its image says.
    fn of(case: &'a Case<'_>, hop: &'a Hop, host: &'a str) -> Option<Known<'a>> {
        let (id, behind) = hop.service().zip(hop.behind.as_ref())?;
        let server = case.catalog.by_id(&behind.server)?;
        let rule = match judge(hop, behind, server, case.stack.service(id), host) {
            Judgement::Refused(rule) => rule,
            Judgement::Served | Judgement::Unknown(_) => {
                let serves_all = [HostPolicy::None, HostPolicy::Unknown];
                let mut rules = server.host_check.iter();
                rules.find(|rule| !serves_all.contains(&rule.policy))?
            }
        };
        Some(Known {
            hop,
            id,
            behind,
            server,
            rule,
            host,
        })
    }

    /// Which Hosts it serves; completes its name.
    fn served(&self) -> &'static str {
        match self.rule.policy {
            HostPolicy::BindHost => "serves loopback names and the address that it binds, no other",
            HostPolicy::Listed | HostPolicy::OptIn => "serves the names of a list alone",
            _ => "serves loopback names alone",
        }
    }

    /// What lets the Host pass, best first.
    fn steps(&self) -> Vec<String> {
        let admitting = ways::admissions(self.rule, self.host, self.hop.port());
        let admitting = admitting.map(|(args, variables)| match variables.first() {
            Some((name, value)) => format!("set {name} to {value}"),
            None => format!("add {} to its command", args.join(" ")),
        });
        let published = self.published().map(|(image, _)| {
            format!("use the published image {image}, which serves every Host")
        });
        admitting.chain(published).collect()
    }

    /// The published image that serves every Host and speaks what the caller does.
    fn published(&self) -> Option<(String, &'a Version)> {
        let image = &self.behind.image;
        let version = &self.server.image_facts(image)?.latest.as_ref()?.version;
        let mut rules = self.server.host_check.iter();
        let serves = rules.any(|rule| {
            let when = rule.when.image.as_ref().or(rule.when.version.as_ref());
            matches!(rule.policy, HostPolicy::None | HostPolicy::OptIn)
                && when.is_some_and(|versions| versions.contains(version))
        });
        let kind = self.hop.transport.into();
        let mut transports = self.server.transports.iter();
        let speaks = transports.any(|one| one.kind == kind && one.versions.contains(version));
        (serves && speaks).then(|| (format!("{}:{version}", image.repository_name()), version))
    }

    /// What to do. `passes` is a Host that was seen to be served.
    fn mend(&self, case: &Case<'_>, finding: Finding, passes: Option<&str>) -> Finding {
        let own = match self.hop.transport {
            Transport::Sse => Way::Sse,
            _ => Way::Http,
        };
        let mut weighed = vec![(own, self.own(case))];
        weighed.extend(ways::bridges(case, self.hop));
        let finding = Ways::of(case.chain.prefer, weighed).mend(finding);
        if !finding.fixes.is_empty() {
            return finding;
        }
        let port = self.hop.port().filter(|_| self.rule.needs_port);
        let local = port.map_or("localhost".to_owned(), |port| format!("localhost:{port}"));
        finding.fix(by_proxy(passes.unwrap_or(&local)))
    }

    /// What lets the server itself take the Host.
    fn own(&self, case: &Case<'_>) -> Result<Fix, String> {
        let (stack, service, image) = (case.stack, case.stack.service(self.id), &self.behind.image);
        let name = &service.name.value;
        let up = repair::compose(stack, self.id, "up -d");
        let steps = self.steps();
        let admitting = ways::admissions(self.rule, self.host, self.hop.port());
        for ((args, variables), step) in admitting.zip(&steps) {
            let changes = match args.as_slice() {
                [] => Some(repair::set_variables(stack, service, &variables)),
                args => repair::add_arguments(stack, service, self.server, image, args),
            };
            if let Some(changes) = changes {
                let title = format!("let {name} serve the Host {}: {step}", self.host);
                let mut fix = Fix::new(Safety::Unsafe, title);
                fix.changes = changes;
                return Ok(fix.then(up));
            }
        }
        let Some(step) = steps.first() else {
            return Err(format!("{image} has no setting that adds a name"));
        };
        let title = format!("let {name} serve the Host {}", self.host);
        let by_hand = Fix::manual(title, format!("{}\n", steps.join("\n")));
        let Some((published, version)) = self.published() else {
            return Ok(by_hand.then(up));
        };
        // Under the name of the published one something else was built here.
        if published == image.to_string() {
            let pull = format!("docker pull {}", repair::quoted(&published));
            return Ok(by_hand.then(pull).then(up));
        }
        let at = service.image.as_ref().map(|image| &image.at);
        let at = at.filter(|at| is_own(service, at));
        let change = at.and_then(|at| {
            let node = stack.source(at.source).node(&at.path)?;
            ways::tagged(node, at, version)
        });
        Ok(match change {
            Some(Change { at, op }) => Fix::new(Safety::Unsafe, step.as_str()).change(at, op).then(up),
            None => by_hand.then(up),
        })
    }
}

/// A proxy that calls the server by a name that it serves.
fn by_proxy(host: &str) -> Fix {
    Fix::manual(
        "call the server by a name that it takes, or let a proxy do so",
        format!("proxy_set_header Host {host};   # nginx"),
    )
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
    let env = |name: &str| -> EnvLookup { service.env(name) };
    let launch = started.launch(&behind.image, &env);
    match host::judge(server, version, &launch, &speaks.bind, host) {
        host::Judgement::Served => Judgement::Served,
        host::Judgement::Unsure => Judgement::Unknown(format!(
            "newer versions of {} refuse the Host {host}; since which one is not known",
            server.title
        )),
        host::Judgement::Depends => Judgement::Unknown(format!(
            "whether {} refuses the Host {host} depends on its version, and {} does not say which that is",
            service.name.value, behind.image
        )),
        host::Judgement::Refused(rule) => Judgement::Refused(rule),
    }
}

fn finding(case: &Case<'_>, known: &Known<'_>) -> Finding {
    let Known {
        hop, rule, host, ..
    } = known;
    let stack = case.stack;
    let service = stack.service(known.id);
    let name = &service.name.value;
    let status = rule
        .status
        .map(|status| format!(" with {status}"))
        .unwrap_or_default();
    let step = known
        .steps()
        .first()
        .map(|step| format!(": {step}"))
        .unwrap_or_default();
    let message = format!(
        "{} sends Host {host} to {name}, and {} refuses it{status}{step}",
        repair::caller(stack, hop),
        known.behind.image
    );
    let at = hop.url.as_ref().map_or(&hop.at, |url| &url.at);
    let mut finding = Finding::at(at, Part::Value, message)
        .says(format!("the Host of the requests will be {host}"))
        .subject(hop.entry())
        .hop(hop.id);
    let text = known.served();
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
    known.mend(case, finding, None)
}
