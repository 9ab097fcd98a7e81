//! The JSON document of `--format json`; its schema is `schema/mcpdoc-1.json`.

use std::borrow::Cow;

use serde::Serialize;

use super::passage::{self, Passage};
use super::veil::Veil;
use super::wire::from;
use super::wire::{self, ms};
use super::{Repairs, spot};
use crate::Examination;
use crate::chain::HopId;
use crate::check::client::Program;
use crate::check::through::{self, Comes};
use crate::check::{self, Severity};
use crate::fact::{ClientView, EngineKind, ListEnd, Probe, Purpose, Target};
use crate::gateway::Known;
use crate::model::{self, Transport};
use crate::plan::Trial;
use crate::secret::{self, redact};
use crate::term;
use crate::verdict::{FindingId, Judged, Verdict};
use crate::wire::{Mode, Reading, Standing, called};
use crate::{change, fix};

#[derive(Serialize)]
struct Engine {
    endpoint: String,
    local: bool,
    kind: EngineKind,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    mcpdoc: &'static str,
    summary: Summary,
    inputs: Vec<Input<'a>>,
    missed: Vec<Missed>,
    /// Where the files are not those that the facts were recorded with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference<'a>>,
    /// Nothing where none answered.
    engine: Option<Engine>,
    gateways: Vec<Gateway<'a>>,
    /// What clients themselves say of their servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clients: Vec<Client>,
    endpoints: Vec<Endpoint>,
    hops: Vec<Hop>,
    /// Tool calls that were asked for, a line for everyone who can make it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Leg>,
    findings: Vec<Finding<'a>>,
    ignored: Vec<Ignored<'a>>,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Summary {
    error: usize,
    warning: usize,
    note: usize,
    skipped: usize,
    ignored: usize,
}

#[derive(Serialize)]
struct Input<'a> {
    file: &'a str,
    kind: &'static str,
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
}

#[derive(Serialize)]
struct Missed {
    why: &'static str,
    what: String,
    flag: &'static str,
}

#[derive(Serialize)]
struct Difference<'a> {
    file: &'a str,
    what: &'static str,
}

#[derive(Serialize)]
struct Gateway<'a> {
    id: &'a str,
    file: &'a str,
    kind: &'static str,
    version: Option<String>,
    version_from: Option<&'static str>,
    /// The place that says it, or why none does.
    version_because: Option<String>,
    starts: bool,
    servers: Vec<Server<'a>>,
    /// What it tells of itself; nothing where it was not asked.
    told: Option<Account>,
}

/// What a gateway tells of itself. Null: it does not tell, or different clients different things.
#[derive(Serialize)]
struct Account {
    version: Option<String>,
    database: Option<bool>,
    /// Servers that its file has not.
    servers_only_there: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Server<'a> {
    name: &'a str,
    alias: Option<&'a str>,
    transport: &'static str,
    url: Option<String>,
    /// What answers where the gateway calls it; nothing where it was not called.
    direct: Option<Direct>,
    /// What each client gets of it.
    through: Vec<Through>,
}

/// A server, called without its gateway.
#[derive(Serialize)]
struct Direct {
    verdict: &'static str,
    transport: Option<&'static str>,
    /// Null: they were not listed.
    tools: Option<usize>,
}

/// What comes of a server through its gateway.
#[derive(Serialize)]
struct Through {
    /// Nothing: the gateway's operator, with a key of its own.
    client: Option<String>,
    verdict: &'static str,
    /// Why the verdict is unknown.
    reason: Option<&'static str>,
    /// Null: it cannot be told.
    tools: Option<usize>,
    /// Tools of the server that do not come. Null: it cannot be told.
    missing: Option<Vec<Missing>>,
    /// What became of the server, in the gateway's word.
    outcome: Option<String>,
}

#[derive(Serialize)]
struct Missing {
    tool: String,
    /// The key of the server's entry that keeps it from clients.
    kept_by: Option<&'static str>,
}

#[derive(Serialize)]
struct Client {
    client: String,
    version: Option<String>,
    /// Where that is from; null where it does not decide what is said of its files.
    version_from: Option<&'static str>,
    /// Why it did not list its servers, if it did not.
    unlisted: Option<String>,
    servers: Vec<ClientServer>,
    /// How its last attempts to connect ended, by its logs.
    logs: Vec<Log>,
}

#[derive(Serialize)]
struct ClientServer {
    name: String,
    says: &'static str,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Log {
    name: String,
    at: String,
    /// That of the client then.
    version: Option<String>,
    says: &'static str,
    reason: Option<String>,
}

/// One conversation and what it shows. What is not known is null, what there is none of is empty.
#[derive(Serialize)]
struct Endpoint {
    /// Of a command null.
    url: Option<String>,
    /// Of a url null.
    command: Option<Vec<String>>,
    from: String,
    verdict: &'static str,
    reason: Option<String>,
    transport: Option<&'static str>,
    revisions: Vec<String>,
    server: Option<Implementation>,
    sdk: Option<String>,
    stateful: Option<bool>,
    streams: Option<bool>,
    auth: &'static str,
    /// Null: they were not listed.
    tools: Option<Vec<String>>,
    /// Whether these are all that it has.
    tools_complete: Option<bool>,
    resources: Option<usize>,
    prompts: Option<usize>,
    call: Option<Call>,
    ms: Times,
    rounds: Option<Rounds>,
}

#[derive(Serialize)]
struct Implementation {
    name: String,
    version: String,
}

#[derive(Serialize)]
struct Call {
    tool: String,
    /// Whether a result came that is no error.
    succeeded: bool,
    ms: f64,
}

/// In milliseconds.
#[derive(Serialize)]
struct Times {
    connect: Option<f64>,
    first_byte: Option<f64>,
    handshake: Option<f64>,
    tools: Option<f64>,
    total: f64,
}

#[derive(Serialize)]
struct Rounds {
    count: usize,
    connect: Option<Spread>,
    first_byte: Option<Spread>,
    handshake: Option<Spread>,
    tools: Option<Spread>,
}

/// In milliseconds.
#[derive(Serialize)]
struct Spread {
    count: usize,
    p50: f64,
    p95: f64,
    max: f64,
}

#[derive(Serialize)]
struct Hop {
    id: String,
    from: String,
    to: String,
    verdict: &'static str,
    by: Option<&'static str>,
    reason: Option<String>,
    /// From where it was tried.
    tried: Option<String>,
}

#[derive(Serialize)]
struct Leg {
    server: String,
    /// By the server's own name.
    tool: String,
    /// The hop of who calls.
    hop: String,
    /// The gateway's hop to the server, of a call through it.
    through: Option<String>,
    made: bool,
    succeeded: Option<bool>,
    /// Why it failed, or was not made.
    reason: Option<String>,
    contents: Option<usize>,
    bytes: Option<u64>,
    /// Whether the direct call brought the same contents.
    same: Option<bool>,
    ms: Option<f64>,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: usize,
    check: &'static str,
    severity: &'static str,
    message: String,
    versions: Option<&'a str>,
    fingerprint: &'a str,
    caused_by: Option<usize>,
    /// The url or program whose answers show it.
    endpoint: Option<String>,
    locations: Vec<Location<'a>>,
    evidence: Vec<Evidence>,
    fixes: Vec<Fix<'a>>,
    /// Ways to repair it that were weighed and cannot be gone.
    rejected: Vec<Rejected>,
    help: String,
}

#[derive(Serialize)]
struct Ignored<'a> {
    /// What says that it does not count.
    by: &'static str,
    reason: Option<String>,
    finding: Finding<'a>,
}

#[derive(Serialize)]
struct Rejected {
    way: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    path: String,
    text: String,
}

#[derive(Serialize)]
struct Evidence {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: String,
    safety: &'static str,
    edits: Vec<Edit<'a>>,
    /// Why a repair that changes files has no edits here.
    withheld: Option<String>,
    text: Option<String>,
    then: Vec<String>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Edit<'a> {
    file: Cow<'a, str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: String,
    /// There is no such file yet, and the text is all of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    new: bool,
}

#[derive(Serialize)]
struct Skipped {
    check: &'static str,
    reason: String,
}

/// The whole document, with a final newline.
///
/// # Errors
/// When the document cannot be serialised; it always can.
pub fn render(examination: &Examination) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&document(examination))?;
    text.push('\n');
    Ok(escaped(text))
}

/// The same document, with nothing in it that a terminal would obey: JSON demands escapes below U+0020 alone. What is
/// escaped here stands in texts, for JSON has none of it elsewhere.
pub(super) fn escaped(text: String) -> String {
    if text.chars().all(term::is_harmless) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match term::is_harmless(c) {
            true => escaped.push(c),
            false => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    escaped
}

fn document(examination: &Examination) -> Document<'_> {
    let Examination {
        stack,
        chain,
        plan,
        diagnosis,
        facts,
        readings,
        differences,
        ..
    } = examination;
    let repairs = Repairs::of(examination);
    let veil = Veil::of(examination);
    Document {
        schema: "mcpdoc/1",
        mcpdoc: env!("CARGO_PKG_VERSION"),
        summary: Summary {
            error: diagnosis.count(Severity::Error),
            warning: diagnosis.count(Severity::Warning),
            note: diagnosis.count(Severity::Note),
            skipped: diagnosis.skipped.len(),
            ignored: diagnosis.ignored.len(),
        },
        inputs: stack
            .inputs
            .iter()
            .map(|input| Input {
                file: stack.name(input.source),
                kind: input.kind.word(),
                how: input.how.word(),
                container: input.container.as_deref(),
            })
            .chain(stack.decisions.iter().map(|decision| Input {
                file: stack.name(decision.source),
                kind: decision.kind.word(),
                how: decision.how.word(),
                container: None,
            }))
            .collect(),
        missed: stack
            .missed
            .iter()
            .map(|missed| Missed {
                why: missed.why.word(),
                what: redact(&missed.what),
                flag: missed.flag,
            })
            .collect(),
        differences: differences
            .iter()
            .map(|difference| Difference {
                file: &difference.file,
                what: difference.what.word(),
            })
            .collect(),
        engine: facts.engine.get().map(|engine| Engine {
            endpoint: redact(&engine.endpoint),
            local: engine.is_here(),
            kind: engine.kind,
        }),
        gateways: stack
            .gateways
            .iter()
            .zip(&chain.gateways)
            .enumerate()
            .map(|(number, (gateway, view))| {
                let passage = passage::of(examination, number);
                let servers = &view.outcome.servers;
                let seen = |at: usize| passage.as_ref().map(|passage| (passage, at));
                Gateway {
                    id: &gateway.id,
                    file: stack.name(gateway.root.source),
                    kind: gateway.kind.word(),
                    version: view.version.version().map(ToString::to_string),
                    version_from: view.version.from().map(|from| from.word()),
                    version_because: match &view.version {
                        Known::Exact(..) => view.version_because.as_deref().map(redact),
                        Known::Unknown(why) => Some(redact(why)),
                    },
                    starts: view.outcome.starts(),
                    servers: servers
                        .iter()
                        .enumerate()
                        .map(|(at, server)| Server {
                            name: &server.name.value,
                            alias: server.alias.as_ref().map(|alias| alias.value.as_str()),
                            transport: server.transport.word(),
                            url: server
                                .url
                                .as_ref()
                                .and_then(|url| url.value.text())
                                .map(redact),
                            direct: chain
                                .of_server(number, at)
                                .and_then(|hop| examination.conversation(hop))
                                .map(|(probe, reading)| direct(probe, reading)),
                            through: seen(at)
                                .map(|(passage, at)| through(&veil, passage, at))
                                .unwrap_or_default(),
                        })
                        .collect(),
                    told: passage.as_ref().map(|passage| account(&veil, passage)),
                }
            })
            .collect(),
        clients: facts
            .clients
            .iter()
            .map(|view| client(&veil, view))
            .collect(),
        endpoints: facts
            .probes()
            .iter()
            .zip(readings)
            .map(|(probe, reading)| endpoint(&veil, probe, reading))
            .collect(),
        hops: chain
            .hops
            .iter()
            .zip(&diagnosis.hops)
            .map(|(hop, verdict)| {
                let check = |id: FindingId| diagnosis.finding(id).finding.check;
                let (word, by, reason) = match verdict {
                    Verdict::Works => ("works", None, None),
                    Verdict::Broken(id) => ("broken", Some(check(*id)), None),
                    Verdict::Blocked { by, reason } => {
                        ("blocked", by.map(check), Some(redact(reason)))
                    }
                    Verdict::Unknown(reason) => ("unknown", None, Some(redact(reason))),
                };
                Hop {
                    id: hop_id(examination, hop.id),
                    from: redact(&hop.from),
                    to: redact(&hop.to),
                    verdict: word,
                    by,
                    reason,
                    tried: match plan.trials.get(hop.id.0) {
                        Some(Trial::Asked(number)) => Some(from(&plan.asks[*number].from)),
                        _ => None,
                    },
                }
            })
            .collect(),
        calls: examination
            .legs
            .iter()
            .map(|one| leg(examination, &veil, one))
            .collect(),
        findings: diagnosis
            .findings
            .iter()
            .map(|judged| finding(examination, &repairs, &veil, judged))
            .collect(),
        ignored: diagnosis
            .ignored
            .iter()
            .map(|one| Ignored {
                by: one.by.word(),
                reason: one.reason.as_deref().map(redact),
                finding: finding(examination, &repairs, &veil, &one.judged),
            })
            .collect(),
        skipped: diagnosis
            .skipped
            .iter()
            .map(|skipped| Skipped {
                check: skipped.check,
                reason: redact(&skipped.reason),
            })
            .collect(),
    }
}

fn hop_id(examination: &Examination, id: HopId) -> String {
    let hop = examination.chain.hop(id);
    let file = examination.stack.name(hop.at.source);
    format!("hop:{file}#{}", hop.at.path)
}

fn leg(examination: &Examination, veil: &Veil, leg: &check::Leg) -> Leg {
    let facts = &examination.facts;
    let hop = |id| hop_id(examination, id);
    let outcome = leg.outcome(facts);
    let reason = match &outcome {
        Some(called) => called.failure(),
        None => Some(examination.why_unmade(leg)),
    };
    let content = leg.content(facts);
    let straight = leg.through.and_then(|_| leg.straight(&examination.legs));
    Leg {
        server: redact(&leg.call.server),
        tool: redact(&leg.call.tool),
        hop: hop(leg.hop),
        through: leg.through.map(hop),
        made: outcome.is_some(),
        succeeded: outcome.map(|called| called.succeeded()),
        reason: reason.map(|reason| veil.text(&reason)),
        contents: content.map(|content| content.items),
        bytes: content.map(|content| content.bytes),
        same: straight.and_then(|straight| leg.is_same_answer(straight, facts)),
        ms: leg.took_us(facts).map(ms),
    }
}

fn client(veil: &Veil, view: &ClientView) -> Client {
    let text = |text: &String| veil.text(text);
    let servers = view.servers.get().map(Vec::as_slice).unwrap_or_default();
    let program = Program::that_says(model::Client::ClaudeCode, view);
    Client {
        client: view.client.clone(),
        version: view.version.as_ref().map(text),
        version_from: program.is_known().then_some("asked"),
        unlisted: view.servers.unknown().map(|why| redact(&why.words())),
        servers: servers
            .iter()
            .map(|server| ClientServer {
                name: text(&server.name),
                says: server.says.word(),
                reason: server.reason.as_ref().map(text),
            })
            .collect(),
        logs: view
            .past
            .iter()
            .map(|past| Log {
                name: text(&past.name),
                at: text(&past.at),
                version: past.version.as_ref().map(text),
                says: past.says.word(),
                reason: past.reason.as_ref().map(text),
            })
            .collect(),
    }
}

fn direct(probe: &Probe, reading: &Reading) -> Direct {
    Direct {
        verdict: standing(reading).0,
        transport: reading.transport.map(Transport::word),
        tools: probe.tools.as_ref().map(|list| list.count),
    }
}

/// What each client gets of the server with that number, and the operator.
fn through(veil: &Veil, passage: &Passage<'_>, server: usize) -> Vec<Through> {
    let views = passage.clients.iter().zip(&passage.servers[server].views);
    let clients = views.flat_map(|(client, view)| {
        let operator = client.hops.is_empty().then_some(None);
        let names = client.hops.iter().map(|hop| Some(redact(&hop.from)));
        names.chain(operator).map(move |name| (name, view))
    });
    clients
        .map(|(client, view)| {
            let (verdict, reason, tools) = match &view.comes {
                Comes::Tools(tools) => ("works", None, Some(tools.len())),
                Comes::Nothing => ("nothing", None, Some(0)),
                Comes::Unasked => ("unasked", None, None),
                Comes::Hidden => ("hidden", None, None),
                Comes::Unknown(why) => ("unknown", Some(*why), None),
            };
            let missing = |one: &through::Missing| Missing {
                tool: veil.text(&one.tool),
                kept_by: one.kept_by,
            };
            Through {
                client,
                verdict,
                reason,
                tools,
                missing: view
                    .missing
                    .as_ref()
                    .map(|all| all.iter().map(missing).collect()),
                outcome: view
                    .outcome
                    .as_ref()
                    .map(|outcome| veil.text(&outcome.status)),
            }
        })
        .collect()
}

fn account(veil: &Veil, passage: &Passage<'_>) -> Account {
    let told = &passage.account;
    let names = |names: &std::collections::BTreeSet<String>| {
        names.iter().map(|name| veil.text(name)).collect()
    };
    Account {
        version: told.version.as_deref().map(|version| veil.text(version)),
        database: told.database,
        servers_only_there: told.only_there.as_ref().map(names),
    }
}

/// The word of a verdict, and why it is unknown.
fn standing(reading: &Reading) -> (&'static str, Option<&str>) {
    match &reading.standing {
        Standing::Works => ("works", None),
        Standing::Broken => ("broken", None),
        Standing::Unknown(why) => ("unknown", Some(why)),
    }
}

fn endpoint(veil: &Veil, probe: &Probe, reading: &Reading) -> Endpoint {
    let redact = |text: &str| veil.text(text);
    let (url, command) = match &probe.asked.target {
        Target::Url(url) => (Some(redact(&probe.asked.masked(url))), None),
        Target::Command { program, args, .. } => {
            let words: Vec<&str> = std::iter::once(program)
                .chain(args)
                .map(String::as_str)
                .collect();
            let words = secret::mask_words(&words).into_iter();
            let words = words.map(|word| redact(&probe.asked.masked(&word)));
            (None, Some(words.collect()))
        }
    };
    let (verdict, reason) = standing(reading);
    let reason = reason.map(redact);
    let call = probe.asked.call.as_ref().and_then(|call| {
        let exchange = probe.of(&Purpose::Call).next_back()?;
        Some(Call {
            tool: redact(&call.tool),
            succeeded: called(probe).is_some_and(|called| called.succeeded()),
            ms: ms(exchange.clock.total_us),
        })
    });
    let times = &reading.times;
    let [connect, first_byte, handshake, tools] = wire::rounds(probe).map(|(_, spread)| {
        spread.map(|spread| Spread {
            count: spread.count,
            p50: ms(spread.p50),
            p95: ms(spread.p95),
            max: ms(spread.max),
        })
    });
    Endpoint {
        url,
        command,
        from: wire::from(&probe.asked.from),
        verdict,
        reason,
        transport: reading.transport.map(Transport::word),
        revisions: reading.revisions.iter().map(|word| redact(word)).collect(),
        server: reading.server.as_ref().map(|server| Implementation {
            name: redact(&server.name),
            version: redact(&server.version),
        }),
        sdk: reading.sdk.map(str::to_owned),
        stateful: reading.mode.map(|mode| mode == Mode::Stateful),
        streams: reading.streams,
        auth: reading.auth.word(),
        tools: probe.tools.as_ref().map(|listing| {
            let names = listing.tools.iter().map(|tool| redact(&tool.name));
            names.collect()
        }),
        tools_complete: probe.tools.as_ref().map(|listing| {
            listing.end == ListEnd::Complete && listing.count == listing.tools.len()
        }),
        resources: probe.resources,
        prompts: probe.prompts,
        call,
        ms: Times {
            connect: times.connect.map(ms),
            first_byte: times.first_byte.map(ms),
            handshake: times.handshake.map(ms),
            tools: times.tools.map(ms),
            total: ms(times.total),
        },
        rounds: (!probe.rounds.is_empty()).then_some(Rounds {
            count: probe.rounds.len(),
            connect,
            first_byte,
            handshake,
            tools,
        }),
    }
}

fn finding<'a>(
    examination: &'a Examination,
    repairs: &Repairs<'_>,
    veil: &Veil,
    judged: &'a Judged,
) -> Finding<'a> {
    let redact = |text: &str| veil.text(text);
    let finding = &judged.finding;
    Finding {
        id: judged.id.0,
        check: finding.check,
        severity: finding.severity.word(),
        message: redact(&finding.message),
        versions: finding.versions.as_deref(),
        fingerprint: &judged.fingerprint,
        caused_by: judged.caused_by.map(|id| id.0),
        endpoint: finding.endpoint.as_deref().map(redact),
        locations: finding
            .labels
            .iter()
            .filter_map(|label| {
                let spot = spot(examination, label)?;
                Some(Location {
                    file: spot.source.name(),
                    line: spot.start.line,
                    column: spot.start.column,
                    end_line: spot.end.line,
                    end_column: spot.end.column,
                    path: spot.path,
                    text: redact(&label.text),
                })
            })
            .collect(),
        evidence: finding
            .evidence
            .iter()
            .map(|evidence| Evidence {
                kind: evidence.from.word(),
                text: redact(&evidence.text),
            })
            .collect(),
        fixes: finding
            .fixes
            .iter()
            .map(|fix| repair(examination, repairs, fix))
            .collect(),
        rejected: finding
            .rejected
            .iter()
            .map(|rejected| Rejected {
                way: rejected.way.word(),
                reason: redact(&rejected.why),
            })
            .collect(),
        help: format!("mcpdoc explain {}", finding.check),
    }
}

fn repair<'a>(examination: &'a Examination, repairs: &Repairs<'_>, fix: &change::Fix) -> Fix<'a> {
    let (edits, new, withheld) = match repairs.lines(fix) {
        Ok(lines) => (lines.edits, lines.new, None),
        Err(withheld) => (Vec::new(), Vec::new(), withheld.reason().map(str::to_owned)),
    };
    let created = |file: change::NewFile| Edit {
        file: file.name.into(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        text: file.text,
        new: true,
    };
    let edit = |edit: fix::Edit| {
        let source = examination.stack.source(edit.source);
        let (start, end) = (
            source.position(edit.range.start),
            source.position(edit.range.end),
        );
        Edit {
            file: source.name().into(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            text: edit.text,
            new: false,
        }
    };
    Fix {
        title: redact(&fix.title),
        safety: fix.safety.word(),
        edits: edits
            .into_iter()
            .map(edit)
            .chain(new.into_iter().map(created))
            .collect(),
        withheld,
        text: fix.text.as_deref().map(redact),
        then: fix.then.iter().map(|command| redact(command)).collect(),
        remarks: fix.remarks.iter().map(|remark| redact(remark)).collect(),
    }
}
