//! gateway-hides-failure: a client gets none of a server's tools from a gateway, and nothing tells it why.

use crate::chain::{Caller, Hop, HopId};
use crate::change::Fix;
use crate::check::gateway_log;
use crate::check::through::{Comes, Through};
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source, listed};
use crate::wire::{Standing, ToldHealth, ToldOutcome};

pub(super) static CHECK: Check = Check {
    id: "gateway-hides-failure",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &["no-tools"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/gateway-hides-failure.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    // By those who get nothing: what is wrong is said of each server, and what follows from it once.
    let mut broken: Vec<(Vec<HopId>, Vec<Loss>)> = Vec::new();
    for upstream in case.chain.upstreams() {
        let views = case.views(upstream.id);
        let lost: Vec<&Through> = views.filter(|one| one.comes == Comes::Nothing).collect();
        let Some(first) = lost.first() else { continue };
        let direct = case.conversation(upstream.id);
        let loss = Loss {
            case,
            upstream,
            // One that says more than the others, if there is one.
            told: Said::of(
                lost.iter()
                    .find(|one| Said::of(one).fails())
                    .unwrap_or(first),
            ),
            lost,
        };
        match direct.map(|direct| (direct, &direct.reading.standing)) {
            Some((_, Standing::Broken)) => {
                let clients: Vec<HopId> = loss.clients().iter().map(|hop| hop.id).collect();
                match broken.iter_mut().find(|(others, _)| *others == clients) {
                    Some((_, losses)) => losses.push(loss),
                    None => broken.push((clients, vec![loss])),
                }
            }
            Some((direct, Standing::Works)) => match direct.probe.tools.as_ref() {
                Some(tools) if tools.count > 0 => findings.add(loss.unexplained(tools.count)),
                // That it has none is another finding's business.
                Some(_) => {}
                None => findings.add_as(Severity::Warning, loss.unseen()),
            },
            _ => {
                let severity = match loss.told.fails() {
                    true => Severity::Error,
                    false => Severity::Warning,
                };
                findings.add_as(severity, loss.unseen());
            }
        }
    }
    for (_, losses) in &broken {
        if let Some(first) = losses.first() {
            findings.add_as(Severity::Warning, consequence(first, losses));
        }
    }
}

/// What breaks the calls to these servers is known; their clients are not told.
fn consequence(first: &Loss<'_>, losses: &[Loss<'_>]) -> Finding {
    let names: Vec<&str> = losses.iter().map(|loss| loss.upstream.entry()).collect();
    let do_not = match names.len() {
        1 => "does not work",
        _ => "do not work",
    };
    let names = listed(&names, 5);
    let message = format!(
        "{} of the tools of {names} from {}, and {}: {names} {do_not}; repair that, nothing has to be changed here",
        first.who_gets_none(),
        first.gateway(),
        first.looks()
    );
    let clients = first.clients();
    let Some(client) = clients.first() else {
        return first.at_server(message).caused_by_what_breaks(first.upstream.id);
    };
    let (at, part) = client.address_at();
    let mut finding = Finding::at(at, part, message)
        .says("connected, and without their tools")
        .subject(client.entry())
        .hops(clients.iter().map(|client| client.id));
    for loss in losses {
        for text in loss.told.evidence() {
            finding = finding.evidence(Source::Wire, format!("{}: {text}", loss.upstream.entry()));
        }
        for line in loss.log() {
            finding = finding.evidence(Source::Docker, line);
        }
    }
    finding.caused_by_what_breaks(first.upstream.id)
}

/// What a gateway says of a server of which nothing comes through.
struct Said<'a> {
    outcome: Option<&'a ToldOutcome>,
    health: Option<&'a ToldHealth>,
}

/// What LiteLLM means by the status of a server when a list was asked for (1.109.1).
const OUTCOMES: [(&str, &str); 6] = [
    ("unreachable", "cannot reach it"),
    ("auth_required", "is asked for credentials by it"),
    ("forbidden", "is refused by it"),
    ("upstream_error", "gets an error from it"),
    ("timeout", "gets no answer from it in time"),
    ("internal", "fails with it, and does not say at what"),
];

impl<'a> Said<'a> {
    fn of(through: &'a Through) -> Said<'a> {
        Said {
            outcome: through.outcome.as_ref(),
            health: through.health.as_ref(),
        }
    }

    /// Whether the gateway itself says that it fails with the server.
    fn fails(&self) -> bool {
        let told = self.outcome.is_some_and(|outcome| outcome.status != "ok");
        told || self.health.is_some_and(|health| !health.healthy)
    }

    /// Completes "LiteLLM says that it …"; nothing where it says nothing.
    fn words(&self) -> Option<String> {
        let outcome = self.outcome.filter(|outcome| outcome.status != "ok")?;
        let mut known = OUTCOMES.iter();
        let words = match known.find(|(status, _)| *status == outcome.status) {
            Some((_, words)) => (*words).to_owned(),
            None => format!("ends with `{}`", outcome.status),
        };
        Some(match outcome.http_status {
            Some(status) => format!("{words} (status {status})"),
            None => words,
        })
    }

    /// What it says, as it says it.
    fn evidence(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(outcome) = self.outcome {
            let status = outcome.http_status.map(|status| format!(", status {status}"));
            said.push(format!(
                "its list of tools says of {}: {}{}",
                outcome.name,
                outcome.status,
                status.unwrap_or_default()
            ));
        }
        if let Some(health) = self.health {
            said.push(format!("its own health check calls it {health}"));
        }
        said
    }
}

/// A server of which nothing comes through to some clients.
struct Loss<'a> {
    case: &'a Case<'a>,
    upstream: &'a Hop,
    lost: Vec<&'a Through>,
    told: Said<'a>,
}

impl Loss<'_> {
    fn gateway(&self) -> String {
        match self.upstream.caller {
            Caller::Gateway { gateway, .. } => self.case.program(gateway),
            Caller::Client { .. } => "the gateway".to_owned(),
        }
    }

    /// Everyone whose call to the gateway is one of those conversations.
    fn clients(&self) -> Vec<&Hop> {
        let held = |probed: &&Probed<'_>| self.lost.iter().any(|one| one.probe == probed.number);
        let probed = self.case.probed.iter().filter(held);
        probed.flat_map(|probed| probed.hops.iter().copied()).collect()
    }

    /// Who gets nothing: "gateway gets none", "a and b get none".
    fn who_gets_none(&self) -> String {
        let names: Vec<String> = self.clients().iter().map(|hop| hop.entry().to_owned()).collect();
        match names.len() {
            0 => "whoever asks gets none".to_owned(),
            1 => format!("{} gets none", names[0]),
            _ => format!("{} get none", listed(&names, 3)),
        }
    }

    /// What it looks like to them.
    fn looks(&self) -> &'static str {
        match self.clients().len() {
            0 | 1 => "shows the gateway as connected",
            _ => "show the gateway as connected",
        }
    }

    /// At the server's address in the gateway's file, for the server and for those who get nothing of it.
    fn at_server(&self, message: String) -> Finding {
        let hop = self.upstream;
        let (at, part) = hop.address_at();
        let clients: Vec<HopId> = self.clients().iter().map(|client| client.id).collect();
        let finding = Finding::at(at, part, message)
            .says("none of its tools come through")
            .hop(hop.id)
            .hops(clients);
        self.told(finding)
    }

    /// What the gateway's log says of the server.
    fn log(&self) -> Vec<String> {
        let silent = |one: &&Through| one.comes == Comes::Nothing && one.upstream != self.upstream.id;
        let is_alone = !self.case.through.iter().any(|one| silent(&one));
        gateway_log::lines(self.case, self.upstream, is_alone)
    }

    fn told(&self, mut finding: Finding) -> Finding {
        finding = finding.subject(self.upstream.entry());
        for line in self.log() {
            finding = finding.evidence(Source::Docker, line);
        }
        for text in self.told.evidence() {
            finding = finding.evidence(Source::Wire, text);
        }
        finding
    }

    /// The server works where the gateway calls it.
    fn unexplained(&self, tools: usize) -> Finding {
        let (name, gateway) = (self.upstream.entry(), self.gateway());
        let because = match self.told.words() {
            Some(words) => format!(": it {words}"),
            None => String::new(),
        };
        let message = format!(
            "{name} offers {tools} tools where {gateway} calls it, and {} of them from {gateway}{because}; the log of the \
             gateway says what it makes of {name}",
            self.who_gets_none()
        );
        self.at_server(message).fix(self.look_in_log())
    }

    /// The server was not called directly, or not to the end.
    fn unseen(&self) -> Finding {
        let (name, gateway) = (self.upstream.entry(), self.gateway());
        let says = match self.told.words() {
            Some(words) => format!("{gateway} {words}"),
            None => format!("{gateway} does not say why, nor whether {name} has any"),
        };
        let message = format!(
            "{} of the tools of {name} from {gateway}, and {}: {says}; call {name} from where the gateway runs",
            self.who_gets_none(),
            self.looks()
        );
        self.at_server(message)
            .fix(self.call_it())
            .caused_by_what_breaks(self.upstream.id)
    }

    fn call_it(&self) -> Fix {
        let url = self.upstream.url.as_ref();
        let url = url.map_or_else(|| "URL".to_owned(), |url| url.value.to_string());
        let from = match self.service() {
            Some(service) => format!("--from {service} "),
            None => String::new(),
        };
        Fix::manual(
            format!("see what answers the gateway at {}", crate::secret::redact(&url)),
            format!("mcpdoc probe {from}{}\n", crate::secret::redact(&url)),
        )
    }

    fn look_in_log(&self) -> Fix {
        let container = self.service().unwrap_or_else(|| "GATEWAY".to_owned());
        Fix::manual(
            format!("ask the gateway for {} again, and look in its log", self.upstream.entry()),
            format!("docker logs --since 1m {container}\n"),
        )
    }

    /// The container of the gateway, or its service.
    fn service(&self) -> Option<String> {
        let service = self.case.chain.caller_of(self.upstream)?;
        let engine = self.case.facts.engine.get();
        let container = engine.and_then(|engine| self.case.chain.containers.container(engine, service));
        Some(match container {
            Some(container) => container.name.clone(),
            None => self.case.stack.service(service).name.value.clone(),
        })
    }
}
