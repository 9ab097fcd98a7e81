//! The JSON document of `--format json`; its schema is `schema/mcpdoc-1.json`.

use serde::Serialize;

use super::{Repairs, spot};
use crate::Examination;
use crate::check::Severity;
use crate::gateway::Known;
use crate::secret::redact;
use crate::verdict::{FindingId, Judged, Verdict};
use crate::{change, fix};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    mcpdoc: &'static str,
    summary: Summary,
    inputs: Vec<Input<'a>>,
    missed: Vec<Missed>,
    /// Nothing asks an engine yet.
    engine: Option<()>,
    gateways: Vec<Gateway<'a>>,
    /// Nothing probes yet.
    endpoints: [(); 0],
    hops: Vec<Hop>,
    findings: Vec<Finding<'a>>,
    /// Nothing can be ignored yet.
    ignored: [(); 0],
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
}

#[derive(Serialize)]
struct Missed {
    why: &'static str,
    what: String,
    flag: &'static str,
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
}

#[derive(Serialize)]
struct Server<'a> {
    name: &'a str,
    alias: Option<&'a str>,
    transport: &'static str,
    url: Option<String>,
}

#[derive(Serialize)]
struct Hop {
    id: String,
    from: String,
    to: String,
    verdict: &'static str,
    by: Option<&'static str>,
    reason: Option<String>,
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
    locations: Vec<Location<'a>>,
    evidence: Vec<Evidence>,
    fixes: Vec<Fix<'a>>,
    help: String,
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
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: String,
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
    Ok(text)
}

fn document(examination: &Examination) -> Document<'_> {
    let Examination {
        stack,
        chain,
        diagnosis,
    } = examination;
    let repairs = Repairs::of(examination);
    Document {
        schema: "mcpdoc/1",
        mcpdoc: env!("CARGO_PKG_VERSION"),
        summary: Summary {
            error: diagnosis.count(Severity::Error),
            warning: diagnosis.count(Severity::Warning),
            note: diagnosis.count(Severity::Note),
            skipped: diagnosis.skipped.len(),
            ignored: 0,
        },
        inputs: stack
            .inputs
            .iter()
            .map(|input| Input {
                file: stack.name(input.source),
                kind: input.kind.word(),
                how: input.how.word(),
            })
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
        engine: None,
        gateways: stack
            .gateways
            .iter()
            .zip(&chain.gateways)
            .map(|(gateway, view)| Gateway {
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
                servers: view
                    .outcome
                    .servers
                    .iter()
                    .map(|server| Server {
                        name: &server.name.value,
                        alias: server.alias.as_ref().map(|alias| alias.value.as_str()),
                        transport: server.transport.word(),
                        url: server
                            .url
                            .as_ref()
                            .and_then(|url| url.value.text())
                            .map(redact),
                    })
                    .collect(),
            })
            .collect(),
        endpoints: [],
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
                    id: format!("hop:{}#{}", stack.name(hop.at.source), hop.at.path),
                    from: redact(&hop.from),
                    to: redact(&hop.to),
                    verdict: word,
                    by,
                    reason,
                }
            })
            .collect(),
        findings: diagnosis
            .findings
            .iter()
            .map(|judged| finding(examination, &repairs, judged))
            .collect(),
        ignored: [],
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

fn finding<'a>(
    examination: &'a Examination,
    repairs: &Repairs<'_>,
    judged: &'a Judged,
) -> Finding<'a> {
    let finding = &judged.finding;
    Finding {
        id: judged.id.0,
        check: finding.check,
        severity: finding.severity.word(),
        message: redact(&finding.message),
        versions: finding.versions.as_deref(),
        fingerprint: &judged.fingerprint,
        caused_by: judged.caused_by.map(|id| id.0),
        locations: finding
            .labels
            .iter()
            .map(|label| {
                let spot = spot(examination, label);
                Location {
                    file: spot.source.name(),
                    line: spot.start.line,
                    column: spot.start.column,
                    end_line: spot.end.line,
                    end_column: spot.end.column,
                    path: spot.path,
                    text: redact(&label.text),
                }
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
        help: format!("mcpdoc explain {}", finding.check),
    }
}

fn repair<'a>(examination: &'a Examination, repairs: &Repairs<'_>, fix: &change::Fix) -> Fix<'a> {
    let (edits, withheld) = match repairs.lines(fix) {
        Ok(lines) => (lines.edits, None),
        Err(withheld) => (Vec::new(), withheld.reason().map(str::to_owned)),
    };
    let edit = |edit: fix::Edit| {
        let source = examination.stack.source(edit.source);
        let (start, end) = (
            source.position(edit.range.start),
            source.position(edit.range.end),
        );
        Edit {
            file: source.name(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            text: edit.text,
        }
    };
    Fix {
        title: redact(&fix.title),
        safety: fix.safety.word(),
        edits: edits.into_iter().map(edit).collect(),
        withheld,
        text: fix.text.as_deref().map(redact),
        then: fix.then.iter().map(|command| redact(command)).collect(),
        remarks: fix.remarks.iter().map(|remark| redact(remark)).collect(),
    }
}
