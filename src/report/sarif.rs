//! SARIF 2.1.0, for code scanning: `--format sarif`.
//!
//! The structs are the part of the standard that is used; a test holds the documents against its schema.

use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::entry::{Entries, Entry, SIDES, Site};
use super::{Lines, Repairs, json};
use crate::Examination;
use crate::change::{self, Safety};
use crate::check::{Check, Severity};
use crate::checks;
use crate::source::{Position, Source};
use crate::verdict::{Ignored, IgnoredBy};

/// Other places of a result. GitHub shows a hundred.
const RELATED: usize = 100;

/// What the path of a uri has unescaped.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The folder that relative uris start from: the one in which mcpdoc runs. Its name is GitHub's for the checkout.
const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    original_uri_base_ids: IndexMap<&'static str, Base>,
    artifacts: Vec<Artifact>,
    /// As mcpdoc counts columns everywhere.
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text,
    full_description: Text,
    help: Help<'a>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<&'static str>,
    /// As GitHub sorts alerts.
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
struct Base {
    description: Text,
}

#[derive(Serialize)]
struct Artifact {
    location: ArtifactLocation,
    roles: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: IndexMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Serialize)]
struct Properties {
    evidence: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

/// Both ends 1-based, the end column that after the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Text,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

/// The whole document, with a final newline.
///
/// # Errors
/// When the document cannot be serialised; it always can.
pub fn render(examination: &Examination) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&log(examination))?;
    text.push('\n');
    Ok(json::escaped(text))
}

fn log(examination: &Examination) -> Log<'_> {
    let entries = Entries::of(examination);
    let counted: Vec<Entry<'_>> = entries.counted().collect();
    let ignored: Vec<(Entry<'_>, &Ignored)> = entries.ignored().collect();
    let writer = Writer::of(examination, &counted, &ignored);
    let counted = counted
        .into_iter()
        .map(|entry| writer.outcome(&entries, entry, None));
    let mut results: Vec<Outcome<'_>> = counted.collect();
    let ignored = ignored.into_iter();
    results.extend(ignored.map(|(entry, one)| writer.outcome(&entries, entry, Some(one))));
    let skipped = examination.diagnosis.skipped.iter();
    let notifications = skipped.map(|skipped| Notification {
        level: "note",
        message: Text {
            text: format!("{}: {}", skipped.check, entries.text(&skipped.reason)),
        },
    });
    Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "mcpdoc",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: writer.rules.iter().map(|check| rule(check)).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications.collect(),
            }],
            original_uri_base_ids: IndexMap::from([(
                ROOT,
                Base {
                    description: Text {
                        text: "the folder in which mcpdoc ran".to_owned(),
                    },
                },
            )]),
            artifacts: writer.artifacts(),
            column_kind: "unicodeCodePoints",
            results,
        }],
    }
}

/// A check as a rule; its page is its help.
fn rule(check: &'static Check) -> Rule<'static> {
    let full = check.summary();
    let short = match full.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => full.clone(),
    };
    let tags = check.needs.iter().map(|need| need.word());
    Rule {
        id: check.id,
        short_description: Text { text: short },
        full_description: Text { text: full },
        help: Help {
            text: check.page,
            markdown: check.page,
        },
        default_configuration: Configuration {
            level: check.severity.word(),
        },
        properties: RuleProperties {
            tags: std::iter::once("mcp").chain(tags).collect(),
            problem_severity: match check.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
        },
    }
}

struct Writer<'a> {
    repairs: Repairs<'a>,
    examination: &'a Examination,
    /// The checks that found something, by id.
    rules: Vec<&'static Check>,
    /// The files that were read, and their numbers.
    files: IndexSet<&'a str>,
    numbers: HashMap<&'static str, usize>,
}

impl<'a> Writer<'a> {
    fn of(
        examination: &'a Examination,
        counted: &[Entry<'a>],
        ignored: &[(Entry<'a>, &Ignored)],
    ) -> Writer<'a> {
        let all = counted.iter().chain(ignored.iter().map(|(entry, _)| entry));
        let mut ids: Vec<&str> = all.map(|entry| entry.judged.finding.check).collect();
        ids.sort_unstable();
        ids.dedup();
        let rules: Vec<&Check> = ids.into_iter().filter_map(checks::by_id).collect();
        let numbers = rules.iter().enumerate().map(|(at, check)| (check.id, at));
        let stack = &examination.stack;
        let inputs = stack.inputs.iter().map(|input| stack.source(input.source));
        let files = inputs.filter(|source| source.container().is_none());
        Writer {
            repairs: Repairs::of(examination),
            numbers: numbers.collect(),
            files: files.map(Source::name).collect(),
            rules,
            examination,
        }
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let names = self.files.iter();
        let artifacts = names.map(|name| Artifact {
            location: location(name, None),
            roles: ["analysisTarget"],
        });
        artifacts.collect()
    }

    fn outcome(
        &self,
        entries: &Entries<'_>,
        entry: Entry<'a>,
        ignored: Option<&Ignored>,
    ) -> Outcome<'a> {
        let finding = &entry.judged.finding;
        let (message, related) = self.message(&entry);
        let suppressions = ignored.map(|one| Suppression {
            kind: match one.by {
                IgnoredBy::Comment => "inSource",
                IgnoredBy::Settings | IgnoredBy::Baseline => "external",
            },
            justification: match &one.reason {
                Some(reason) => entries.text(reason),
                None => format!("ignored by {}", one.by.words()),
            },
        });
        let fixes = finding.fixes.iter();
        let home = entry.home.as_ref();
        Outcome {
            rule_id: finding.check,
            rule_index: self.numbers.get(finding.check).copied().unwrap_or_default(),
            level: finding.severity.word(),
            message: Text { text: message },
            locations: home.map(|site| self.site(site)).into_iter().collect(),
            related_locations: related,
            partial_fingerprints: IndexMap::from([(
                "mcpdoc/v1",
                entry.judged.fingerprint.as_str(),
            )]),
            fixes: fixes.filter_map(|fix| self.fix(entries, fix)).collect(),
            suppressions: suppressions.into_iter().collect(),
            properties: (!entry.evidence.is_empty()).then_some(Properties {
                evidence: entry.evidence,
            }),
        }
    }

    /// What is wrong, the other sides as links to the related locations, and these.
    fn message(&self, entry: &Entry<'_>) -> (String, Vec<Location>) {
        let mut text = plain(&entry.message);
        let mut related = Vec::new();
        for (number, other) in entry.others.iter().enumerate() {
            let name = match &other.site {
                Some(site) if related.len() < RELATED => {
                    let id = related.len() + 1;
                    related.push(Location {
                        id: Some(id),
                        message: Some(Text {
                            text: match other.text.as_str() {
                                "" => other.name.clone(),
                                text => plain(text),
                            },
                        }),
                        ..self.site(site)
                    });
                    format!("[{}]({id})", in_link(&other.name))
                }
                Some(_) => continue,
                None => plain(&other.name),
            };
            if number < SIDES {
                text.push('\n');
                text.push_str(&name);
                if !other.text.is_empty() {
                    text.push_str(": ");
                    text.push_str(&plain(&other.text));
                }
            }
        }
        let more = entry.others.len().saturating_sub(SIDES);
        if more > 0 {
            text.push_str(&format!("\nand {}", super::count(more, "more place")));
        }
        if let Some(repair) = &entry.repair {
            text.push('\n');
            text.push_str(&plain(repair));
        }
        (text, related)
    }

    fn site(&self, site: &Site<'_>) -> Location {
        let node = (!site.path.is_empty()).then(|| LogicalLocation {
            fully_qualified_name: site.path.clone(),
        });
        Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: self.artifact(site.source.name()),
                region: region(site.start, site.end),
            },
            logical_locations: node.into_iter().collect(),
            message: None,
        }
    }

    fn artifact(&self, name: &str) -> ArtifactLocation {
        location(name, self.files.get_index_of(name))
    }

    /// A repair that has edits.
    fn fix(&self, entries: &Entries<'_>, fix: &change::Fix) -> Option<Fix> {
        let Lines { edits, new, .. } = self.repairs.lines(fix).ok()?;
        let mut changes: IndexMap<&str, Vec<Replacement>> = IndexMap::new();
        for edit in &edits {
            let source: &Source = self.examination.stack.source(edit.source);
            let at = |byte| source.position(byte);
            changes.entry(source.name()).or_default().push(Replacement {
                deleted_region: region(at(edit.range.start), at(edit.range.end)),
                inserted_content: Text {
                    text: edit.text.clone(),
                },
            });
        }
        let begin = Position { line: 1, column: 1 };
        for file in &new {
            changes.entry(&file.name).or_default().push(Replacement {
                deleted_region: region(begin, begin),
                inserted_content: Text {
                    text: file.text.clone(),
                },
            });
        }
        let kind = match fix.safety {
            Safety::Safe => "",
            Safety::Unsafe | Safety::Manual => " (changes behaviour)",
        };
        let artifact_changes = changes
            .into_iter()
            .map(|(name, replacements)| ArtifactChange {
                artifact_location: self.artifact(name),
                replacements,
            });
        Some(Fix {
            description: Text {
                text: format!("{}{kind}", plain(&entries.text(&fix.title))),
            },
            artifact_changes: artifact_changes.collect(),
        })
    }
}

fn region(start: Position, end: Position) -> Region {
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// A file below the working directory by its relative name, every other by the whole one.
fn location(name: &str, index: Option<usize>) -> ArtifactLocation {
    let encoded = utf8_percent_encode(name, PATH).to_string();
    let has_drive = name.as_bytes().get(1) == Some(&b':') && cfg!(windows);
    let (uri, uri_base_id) = match (name.starts_with('/'), has_drive) {
        (true, _) => (format!("file://{encoded}"), None),
        (_, true) => (format!("file:///{encoded}"), None),
        (false, false) => (encoded, Some(ROOT)),
    };
    ArtifactLocation {
        uri,
        uri_base_id,
        index,
    }
}

/// A text in which nothing is a link: a reader takes `[words](1)` for one, wherever it is from.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

/// The words of a link.
fn in_link(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_uris() {
        let of = |name: &str| {
            let at = location(name, None);
            (at.uri, at.uri_base_id)
        };
        assert_eq!(
            of("litellm/config #1 [ü].yaml"),
            (
                "litellm/config%20%231%20%5B%C3%BC%5D.yaml".to_owned(),
                Some(ROOT)
            )
        );
        assert_eq!(of("a:b%20.yaml").0, "a%3Ab%2520.yaml");
        assert_eq!(
            of("/home/u/.claude.json"),
            ("file:///home/u/.claude.json".to_owned(), None)
        );
    }

    #[test]
    fn foreign_brackets_make_no_link() {
        assert_eq!(plain("[click](http://evil)"), "[click] (http://evil)");
        assert_eq!(in_link("a[1]\\b"), "a\\[1\\]\\\\b");
    }
}
