//! The ways in which a caller may use a server: each with the repair that opens it, or with why it cannot be gone.

mod bridge;
mod own;

use serde_json::json;
use url::Url;

pub use own::{admissions, lacking, tagged};

use crate::catalog::TransportKind;
use crate::catalog::server::{Language, Server};
use crate::chain::{Behind, Caller, Destination, Hop, HopId, Reach};
use crate::change::{Change, Fix, Op, Rejected, Way};
use crate::check::{Case, Finding, Source, host};
use crate::model::{EnvLookup, Service, ServiceId};

/// What was weighed.
#[derive(Debug, Default)]
pub struct Ways {
    /// The repairs of those that can be gone, best first.
    fixes: Vec<Fix>,
    rejected: Vec<Rejected>,
    /// Why the one that a person prefers is not the first, if so.
    unheeded: Option<String>,
}

impl Ways {
    /// The preferred one first, then the simplest.
    pub fn of(
        prefer: Option<Way>,
        weighed: impl IntoIterator<Item = (Way, Result<Fix, String>)>,
    ) -> Ways {
        let mut weighed: Vec<_> = weighed.into_iter().collect();
        weighed.sort_by_key(|(way, _)| (prefer != Some(*way), *way));
        let preferred = || weighed.iter().filter(|(way, _)| prefer == Some(*way));
        let followed = preferred().any(|(_, outcome)| outcome.is_ok());
        let unheeded = preferred().find_map(|(way, outcome)| {
            let why = outcome.as_ref().err().filter(|_| !followed)?;
            Some(format!("--prefer {} cannot be followed: {why}", way.word()))
        });
        let mut ways = Ways {
            unheeded,
            ..Ways::default()
        };
        for (way, outcome) in weighed {
            match outcome {
                Ok(fix) => ways.fixes.push(fix),
                Err(why) => ways.rejected.push(Rejected { way, why }),
            }
        }
        ways
    }

    /// Gives a finding its repairs, and says what was rejected.
    pub fn mend(self, mut finding: Finding) -> Finding {
        if let Some(why) = self.unheeded {
            finding = finding.evidence(Source::Catalog, why);
        }
        finding.fixes.extend(self.fixes);
        finding.rejected.extend(self.rejected);
        finding
    }
}

/// How a caller may use the server of a service that it calls by a url; nothing where the catalog does not know what runs
/// there.
pub fn to_service(case: &Case<'_>, hop: &Hop) -> Option<Ways> {
    let call = Call::of(case, hop)?;
    let mut weighed = call.ways();
    if hop.is_upstream() {
        weighed.push((Way::StdioInGateway, Err(call.not_in_gateway())));
    }
    Some(Ways::of(case.chain.prefer, weighed))
}

/// How the first caller of a service may use it.
pub fn of_callers(case: &Case<'_>, hops: &[HopId]) -> Option<Ways> {
    let mut hops = hops.iter().map(|hop| case.chain.hop(*hop));
    hops.find_map(|hop| to_service(case, hop))
}

/// The repairs that put a bridge in front of the server that a hop leads to.
pub fn bridges(case: &Case<'_>, hop: &Hop) -> Vec<(Way, Result<Fix, String>)> {
    let call = Call::of(case, hop);
    let fixes = call.as_ref().map(bridge::bridges).unwrap_or_default();
    fixes.into_iter().map(|fix| (Way::Bridge, fix)).collect()
}

/// How a gateway may use the server of an entry that it is to start itself. `service` runs that server already; `inside` is
/// what lets the gateway start it, or why nothing does.
pub fn of_command(
    case: &Case<'_>,
    hop: &Hop,
    service: Option<ServiceId>,
    inside: Result<Fix, String>,
) -> Ways {
    let call = service.and_then(|service| Call::into(case, hop, service));
    let mut weighed = match &call {
        Some(call) => call.ways(),
        None => Vec::new(),
    };
    weighed.push((Way::StdioInGateway, inside));
    Ways::of(case.chain.prefer, weighed)
}

/// The only service that runs a server of the catalog.
pub fn running(case: &Case<'_>, server: &str) -> Option<ServiceId> {
    let mut running = case.mcp_services().filter(|mcp| mcp.server.id == server);
    let only = running.next()?;
    running.next().is_none().then_some(only.id)
}

/// A call of a service whose server the catalog knows.
struct Call<'a> {
    case: &'a Case<'a>,
    /// The call as it is: by a url of the service's, or of a process that the gateway is to start instead.
    hop: &'a Hop,
    id: ServiceId,
    service: &'a Service,
    behind: &'a Behind,
    server: &'a Server,
}

impl<'a> Call<'a> {
    fn of(case: &'a Case<'a>, hop: &'a Hop) -> Option<Call<'a>> {
        Call::into(case, hop, hop.service()?)
    }

    fn into(case: &'a Case<'a>, hop: &'a Hop, id: ServiceId) -> Option<Call<'a>> {
        let behind = case.chain.behind.get(&id)?;
        Some(Call {
            case,
            hop,
            id,
            service: case.stack.service(id),
            behind,
            server: case.catalog.by_id(&behind.server)?,
        })
    }

    /// Those in which the server itself is called, or a bridge in front of it.
    fn ways(&self) -> Vec<(Way, Result<Fix, String>)> {
        let mut ways = vec![
            (Way::Http, own::own(self, TransportKind::Http)),
            (Way::Sse, own::own(self, TransportKind::Sse)),
        ];
        let bridges = bridge::bridges(self).into_iter();
        ways.extend(bridges.map(|fix| (Way::Bridge, fix)));
        ways
    }

    fn name(&self) -> &'a str {
        &self.service.name.value
    }

    /// `postgres-mcp 0.3.0`
    fn program(&self) -> String {
        let repository = &self.behind.image.repository;
        let name = repository.rsplit('/').next().unwrap_or(repository);
        match &self.behind.version {
            Some(known) => format!("{name} {}", known.version),
            None => name.to_owned(),
        }
    }

    /// The address of a port of the container, as the caller reaches it.
    fn address(&self, port: u16, path: Option<&str>) -> Option<Url> {
        if self.hop.url.is_none() {
            return Url::parse(&format!("http://{}:{port}{}", self.name(), path?)).ok();
        }
        let port = match &self.hop.destination {
            Destination::Service {
                reach: Reach::Published,
                ..
            } => self
                .service
                .ports
                .iter()
                .find_map(|pair| pair.published_of(port))?,
            _ => port,
        };
        super::url(self.hop, None, Some(port), path)
    }

    /// The Host that the caller then sends, unless it is one that everybody takes.
    fn host(&self) -> Option<String> {
        match &self.hop.url {
            Some(_) => host::sent(self.case, self.hop),
            None => Some(self.name().to_owned()),
        }
    }

    /// Lets the caller's entry say this transport and address; nothing where a person has to write the address.
    fn entry(&self, kind: TransportKind, to: &Url) -> Option<Vec<Change>> {
        let (stack, hop) = (self.case.stack, self.hop);
        let mut changes: Vec<Change> = super::set_transport(hop, kind).into_iter().collect();
        if let Some(url) = &hop.url {
            let written = super::set_url(stack, hop, to)?;
            changes.extend((url.value != *to).then_some(written));
            return Some(changes);
        }
        let node = stack.source(hop.at.source).node(&hop.at.path)?;
        node.get("command")?;
        let change = |key: &str, op| Change {
            at: hop.at.key(key),
            op,
        };
        changes.push(change("command", Op::Set(json!(super::written(to)))));
        changes.push(change("command", Op::Rename("url".to_owned())));
        let others = ["args", "env"]
            .into_iter()
            .filter(|key| node.get(key).is_some());
        changes.extend(others.map(|key| change(key, Op::Remove)));
        // What a gateway starts itself is nowhere yet.
        let gateway = self.case.chain.caller_of(hop)?;
        if !super::common(stack, gateway, self.id) {
            changes.extend(super::join(stack, gateway, self.id)?.changes);
        }
        Some(changes)
    }

    /// The command after which the caller reads its file again, where it is a service.
    fn reread(&self) -> Option<String> {
        match self.hop.caller {
            Caller::Gateway { gateway, .. } => {
                super::reread(self.case.stack, self.case.chain.gateways[gateway].service())
            }
            Caller::Client { .. } => None,
        }
    }

    /// The arguments that forbid writing, where the files say that the server must not write: by a variable that it does
    /// not read, or in the description.
    fn forbidding(&self) -> &'a [String] {
        let Some(access) = &self.server.access else {
            return &[];
        };
        let mut intended = access.intent_env.iter();
        let meant = intended.any(|name| match self.service.env(name) {
            EnvLookup::Set(value) => {
                let off = ["false", "0", "no", "off"]
                    .iter()
                    .any(|no| value.eq_ignore_ascii_case(no));
                // ALLOW_WRITE=false and READ_ONLY=true mean the same.
                off == name.contains("WRITE")
            }
            EnvLookup::Unset | EnvLookup::Unknown => false,
        });
        let at = &self.hop.at;
        let entry = self.case.stack.source(at.source).node(&at.path);
        let description = entry.and_then(|entry| entry.get("description")?.as_str());
        let described = description.is_some_and(|text| {
            let text = text.to_lowercase();
            text.contains("read-only") || text.contains("read only")
        });
        match meant || described {
            true => &access.read_only.args,
            false => &[],
        }
    }

    /// Why the gateway cannot speak to a server that is made with the SDK for this language, if so: some versions send a
    /// header twice over streamable HTTP.
    fn doubled(&self, language: Language, kind: TransportKind) -> Option<String> {
        let Caller::Gateway { gateway, .. } = self.hop.caller else {
            return None;
        };
        let bug = &self
            .case
            .catalog
            .litellm()
            .servers
            .bugs
            .version_header_doubled;
        let version = self.case.chain.gateways[gateway].version.version();
        let hit = version.is_some_and(|version| bug.versions.contains(version));
        (hit && kind == TransportKind::Http && language == Language::Typescript).then(|| {
            format!(
                "{} sends {} twice, which servers made with the MCP SDK for TypeScript refuse",
                self.case.program(gateway),
                bug.header
            )
        })
    }

    fn not_in_gateway(&self) -> String {
        format!(
            "the gateway's image does not bring {}: it would have to be built into it, with its credentials in the gateway \
             and a process for each session",
            self.server.title
        )
    }
}
