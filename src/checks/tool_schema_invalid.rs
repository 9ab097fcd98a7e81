//! tool-schema-invalid: tools whose definition clients refuse.

use std::collections::BTreeSet;

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity, Source};
use crate::fact::Flaw;
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "tool-schema-invalid",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/tool-schema-invalid.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        let Kind::ToolSchemaInvalid { tools } = &trouble.kind else {
            continue;
        };
        // The worst first: it is what the message speaks of.
        let mut tools: Vec<&(String, Flaw)> = tools.iter().collect();
        tools.sort_by_key(|(_, flaw)| std::cmp::Reverse(Harm::of(flaw)));
        let Some(((name, flaw), rest)) = tools.split_first() else {
            continue;
        };
        // A gateway may be made with an SDK that takes more, and hands the tool on.
        let by_clients = probed.hops.iter().any(|hop| !hop.is_upstream()) || probed.hops.is_empty();
        let severity = match Harm::of(flaw) {
            Harm::EveryList => Severity::Error,
            Harm::NewerLists if by_clients => Severity::Error,
            Harm::NewerLists | Harm::Tool | Harm::Little => Severity::Warning,
        };
        findings.add_as(severity, finding(probed, trouble, (name, flaw), rest));
    }
}

/// What clients do with a tool that has a flaw. Tried with the MCP SDKs for Python (1.14, 1.30, 2.3) and TypeScript (1.32)
/// and with Claude Code (2.1.330).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    /// It may work, or fail when it is called.
    Little,
    /// That tool is left out, or requests that carry it are refused.
    Tool,
    /// All of them drop every tool of the server, but for those made with the Python SDK before 2.
    NewerLists,
    /// All of them drop every tool of the server.
    EveryList,
}

impl Harm {
    fn of(flaw: &Flaw) -> Harm {
        match flaw {
            Flaw::NoObject | Flaw::NoName | Flaw::NoSchema | Flaw::SchemaKind(_) => Harm::EveryList,
            Flaw::SchemaType(_) => Harm::NewerLists,
            Flaw::Schema { at, .. } if matches!(at.as_str(), "/properties" | "/required") => {
                Harm::NewerLists
            }
            Flaw::Schema { .. } | Flaw::Header(_) => Harm::Tool,
            Flaw::TooDeep | Flaw::ForeignReference(_) => Harm::Little,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Harm::EveryList => "clients drop every tool of the server for it",
            Harm::NewerLists => {
                "Claude Code and others made with the MCP SDK for TypeScript drop every tool of the server for it"
            }
            Harm::Tool => "clients leave that tool out, or have requests refused that carry it",
            Harm::Little => "clients may not understand its arguments",
        }
    }
}

fn finding(
    probed: &Probed<'_>,
    trouble: &Trouble,
    (name, flaw): (&str, &Flaw),
    rest: &[&(String, Flaw)],
) -> Finding {
    let tool = match (name, flaw) {
        ("", _) | (_, Flaw::NoName | Flaw::NoObject) => "one of its tools".to_owned(),
        (name, _) => format!("its tool {}", quote(name, 64)),
    };
    let more: BTreeSet<&str> = rest
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|other| *other != name)
        .collect();
    let others = match more.len() {
        0 => String::new(),
        1 => " (and one more tool is flawed)".to_owned(),
        more => format!(" (and {more} more tools are flawed)"),
    };
    let message = probed.but(format!(
        "{tool} {}{others}: {}; {}",
        what(flaw),
        Harm::of(flaw).words(),
        step(flaw)
    ));
    let mut finding = probed.finding(trouble, message).says(what(flaw));
    for (name, flaw) in rest.iter().take(10) {
        let text = format!("{} {}", quote(name, 64), what(flaw));
        finding = finding.evidence(Source::Wire, text);
    }
    finding.fix(Fix::manual(step(flaw), lines(flaw)))
}

/// Completes "its tool `x` …".
fn what(flaw: &Flaw) -> String {
    match flaw {
        Flaw::NoObject => "is no object".to_owned(),
        Flaw::NoName => "has no name".to_owned(),
        Flaw::NoSchema => "has no `inputSchema`".to_owned(),
        Flaw::SchemaKind(kind) => format!("has {kind} as its `inputSchema`, not an object"),
        Flaw::SchemaType(kind) if kind.is_empty() => {
            "has an `inputSchema` without `\"type\": \"object\"`".to_owned()
        }
        Flaw::SchemaType(kind) => {
            format!("has an `inputSchema` of type {}, not object", quote(kind, 32))
        }
        Flaw::Schema { at, why } => {
            format!("has an `inputSchema` that is wrong at {}: {why}", quote(at, 64))
        }
        Flaw::TooDeep => "has an `inputSchema` nested deeper than clients read".to_owned(),
        Flaw::ForeignReference(to) => {
            format!("has an `inputSchema` that refers to {}, which clients do not load", quote(to, 80))
        }
        Flaw::Header(why) => format!("has an `x-mcp-header` that clients have to refuse: {why}"),
    }
}

fn step(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::NoObject => "list objects as tools, nothing else",
        Flaw::NoName => "give the tool a name",
        Flaw::NoSchema | Flaw::SchemaKind(_) | Flaw::SchemaType(_) => {
            "give it an `inputSchema` of type object, empty for a tool without arguments"
        }
        Flaw::Schema { .. } => "write it as JSON Schema has it",
        Flaw::TooDeep => "make the schema flatter",
        Flaw::ForeignReference(_) => "write the schema out in the tool itself",
        Flaw::Header(_) => "mend or remove `x-mcp-header`",
    }
}

fn lines(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::NoObject | Flaw::NoName => {
            "{\"name\": \"NAME\", \"inputSchema\": {\"type\": \"object\"}}\n"
        }
        Flaw::NoSchema | Flaw::SchemaKind(_) | Flaw::SchemaType(_) => {
            "\"inputSchema\": {\"type\": \"object\", \"properties\": {}}\n"
        }
        Flaw::Schema { .. } => {
            "\"inputSchema\": {\"type\": \"object\", \"properties\": {\"NAME\": {\"type\": \"string\"}}, \"required\": [\"NAME\"]}\n"
        }
        Flaw::TooDeep | Flaw::ForeignReference(_) => {
            "\"$ref\": \"#/$defs/NAME\"    // and the definition under \"$defs\" of the same schema\n"
        }
        Flaw::Header(_) => "\"x-mcp-header\": \"Region\"    // a header's name, once, on a plain argument\n",
    }
}
