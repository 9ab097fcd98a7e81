//! JUnit XML, for the test reports of CI servers: `--format junit`.
//!
//! Two suites. `mcpdoc` has a case for each check that found nothing, and one for each finding; `chain` has one for each
//! hop. What does not make the run fail does not make the report red. GitLab and Jenkins tell cases apart by class and
//! name, so that a name has no line number and is given once.

use std::collections::HashMap;

use quick_junit::{
    NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::entry::{Entries, Entry};
use super::{broken_by, text::Writer};
use crate::Examination;
use crate::chain::Hop;
use crate::check::{Need, Severity};
use crate::term::clean;
use crate::verdict::{Diagnosis, IgnoredBy, Verdict};

/// What makes a run fail.
#[derive(Clone, Debug)]
pub struct Options {
    /// Findings from this severity on; nothing: none does.
    pub fails_from: Option<Severity>,
    /// What the run was required to see.
    pub require: Vec<Need>,
}

/// The whole document, with a final newline.
///
/// # Errors
/// When the document cannot be serialised; it always can.
pub fn render(examination: &Examination, options: &Options) -> Result<String, SerializeError> {
    let entries = Entries::of(examination);
    let mut report = Report::new("mcpdoc");
    report.add_test_suite(checks(examination, options, &entries));
    if !examination.chain.hops.is_empty() {
        report.add_test_suite(chain(examination, options, &entries));
    }
    Ok(lawful(report.to_string()?))
}

/// What XML 1.0 forbids beside control characters, of which there are none.
fn lawful(document: String) -> String {
    let forbidden = ['\u{fffe}', '\u{ffff}'];
    match document.contains(forbidden) {
        true => document.replace(forbidden, "\u{fffd}"),
        false => document,
    }
}

/// A case for each check that found nothing or could not speak, and one for each finding.
fn checks(examination: &Examination, options: &Options, entries: &Entries<'_>) -> TestSuite {
    let diagnosis = &examination.diagnosis;
    let mut suite = TestSuite::new("mcpdoc");
    suite.add_properties(numbers(diagnosis));
    let mut names = Names::default();
    for entry in entries.counted() {
        let severity = entry.judged.finding.severity;
        let fails = options.fails_from.is_some_and(|from| severity >= from);
        let told = told(&entry);
        let case = match fails {
            true => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status
                    .set_type(severity.word())
                    .set_message(entry.message.as_str())
                    .set_description(told);
                of_finding(&mut names, &entry, status)
            }
            false => {
                let mut case = of_finding(&mut names, &entry, TestCaseStatus::success());
                case.set_system_out(format!("{}: {told}", severity.word()));
                case
            }
        };
        suite.add_test_case(case);
    }
    for (entry, one) in entries.ignored() {
        let why = one
            .reason
            .as_deref()
            .map(|reason| format!(": {}", entries.text(reason)));
        let why = why.unwrap_or_default();
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!(
            "ignored by {}{why}: {}",
            one.by.words(),
            entry.message
        ));
        suite.add_test_case(of_finding(&mut names, &entry, status));
    }
    for check in &examination.checks {
        let skipped = diagnosis.skipped.iter().filter(|one| one.check == check.id);
        let reasons: Vec<String> = skipped.map(|one| entries.text(&one.reason)).collect();
        let ignored = diagnosis.ignored.iter().map(|one| &one.judged);
        let mut found = diagnosis.findings.iter().chain(ignored);
        let status = match reasons.as_slice() {
            [] if found.any(|judged| judged.finding.check == check.id) => continue,
            [] => TestCaseStatus::success(),
            reasons => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reasons.join("; "));
                status
            }
        };
        suite.add_test_case(case(check.id, names.only(check.id, check.id), status));
    }
    suite
}

/// A case for each hop: broken, where what breaks it makes the run fail; skipped, where it was not seen to work.
fn chain(examination: &Examination, options: &Options, entries: &Entries<'_>) -> TestSuite {
    let Examination {
        chain, diagnosis, ..
    } = examination;
    let mut suite = TestSuite::new("chain");
    let mut names = Names::default();
    if let Some(why) = examination.facts.engine.unknown()
        && options.require.contains(&Need::Docker)
    {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let why = entries.text(&why.words());
        status.set_message(format!("required, and missing: the container engine {why}"));
        suite.add_test_case(case("chain", "container engine".to_owned(), status));
    }
    let writer = Writer::plain(examination);
    for (hop, verdict) in chain.hops.iter().zip(&diagnosis.hops) {
        let status = match verdict {
            Verdict::Works => TestCaseStatus::success(),
            Verdict::Broken(_) => {
                let mut errors = diagnosis.errors[hop.id.0].iter();
                let fails = errors.any(|id| {
                    let severity = diagnosis.finding(*id).finding.severity;
                    !diagnosis.is_ignored(*id)
                        && options.fails_from.is_some_and(|from| severity >= from)
                });
                let mut status = match fails {
                    true => TestCaseStatus::non_success(NonSuccessKind::Failure),
                    false => TestCaseStatus::skipped(),
                };
                status.set_message(format!("broken: {}", broken_by(examination, hop.id)));
                status
            }
            Verdict::Blocked { reason, .. } => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("blocked: {}", entries.text(reason)));
                status
            }
            Verdict::Unknown(reason) => {
                let mut status = match options.require.contains(&Need::Wire) {
                    true => TestCaseStatus::non_success(NonSuccessKind::Error),
                    false => TestCaseStatus::skipped(),
                };
                status.set_message(format!("unknown: {}", entries.text(reason)));
                status
            }
        };
        let mut case = case("chain", names.only("chain", &name(entries, hop)), status);
        let source = examination.stack.source(hop.at.source);
        if source.container().is_none() {
            case.extra
                .insert("file".into(), clean(source.name()).into());
        }
        let seen = writer.seen(hop);
        if *verdict == Verdict::Works && !seen.is_empty() {
            case.set_system_out(seen);
        }
        suite.add_test_case(case);
    }
    suite
}

fn name(entries: &Entries<'_>, hop: &Hop) -> String {
    format!("{} → {}", entries.text(&hop.from), entries.text(&hop.to))
}

/// A case of a class; Jenkins takes what stands before the last dot for its package.
fn case(class: &str, name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("mcpdoc.{class}"));
    case
}

fn of_finding(names: &mut Names, entry: &Entry<'_>, status: TestCaseStatus) -> TestCase {
    let check = entry.judged.finding.check;
    let place = match &entry.home {
        Some(home) if entry.is_at_home => {
            let file = clean(home.source.name());
            match home.path.as_str() {
                "" => format!(" in {file}"),
                path => format!(" in {file}: {path}"),
            }
        }
        _ => format!(" of {}", entry.place()),
    };
    let name = names.only(check, &format!("{check}{place}"));
    let mut case = case(check, name, status);
    if let Some(home) = &entry.home {
        let file = clean(home.source.name());
        case.extra.insert("file".into(), file.into());
        case.extra
            .insert("line".into(), home.start.line.to_string().into());
    }
    case
}

/// What is wrong, where, the other sides and what supports it.
fn told(entry: &Entry<'_>) -> String {
    let mut lines = vec![entry.message.clone()];
    let home = entry.home.as_ref().filter(|_| entry.is_at_home);
    lines.extend(home.map(|home| format!("at {}", home.name())));
    lines.extend(entry.sides());
    lines.extend(entry.repair.clone());
    lines.extend(entry.evidence.iter().map(|text| format!("- {text}")));
    lines.push(format!(
        "mcpdoc explain {} tells more",
        entry.judged.finding.check
    ));
    lines.join("\n")
}

/// The numbers that every format has.
fn numbers(diagnosis: &Diagnosis) -> Vec<Property> {
    let of = |severity: Severity| (severity.word().to_owned(), diagnosis.count(severity));
    let mut numbers: Vec<(String, usize)> = [Severity::Error, Severity::Warning, Severity::Note]
        .map(of)
        .into();
    numbers.push(("skipped".to_owned(), diagnosis.skipped.len()));
    numbers.push(("ignored".to_owned(), diagnosis.ignored.len()));
    let by = |by: IgnoredBy| diagnosis.ignored.iter().filter(|one| one.by == by).count();
    for one in [IgnoredBy::Comment, IgnoredBy::Settings, IgnoredBy::Baseline] {
        if by(one) > 0 {
            numbers.push((format!("ignored by {}", one.words()), by(one)));
        }
    }
    numbers
        .into_iter()
        .map(|(name, number)| Property::new(name, number.to_string()))
        .collect()
}

/// Names that were given.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    /// A name that no other case of the class has.
    fn only(&mut self, class: &str, name: &str) -> String {
        let times = self.0.entry(format!("{class} {name}")).or_default();
        *times += 1;
        match *times {
            1 => name.to_owned(),
            times => format!("{name} ({times})"),
        }
    }
}
