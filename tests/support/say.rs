//! What an examination says, as lines to compare.

use mcpdoc::Examination;

/// `severity message` of each finding.
pub fn said(examination: &Examination) -> Vec<String> {
    let findings = examination.diagnosis.findings.iter();
    findings
        .map(|judged| {
            let finding = &judged.finding;
            format!("{} {}", finding.severity.word(), finding.message)
        })
        .collect()
}

/// The reason of each check that was skipped.
pub fn skipped(examination: &Examination) -> Vec<&str> {
    let skipped = examination.diagnosis.skipped.iter();
    skipped.map(|skipped| skipped.reason.as_str()).collect()
}
