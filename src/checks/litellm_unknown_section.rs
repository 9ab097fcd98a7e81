//! litellm-unknown-section: a top-level section that LiteLLM never reads.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "litellm-unknown-section",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-unknown-section.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::UnknownSection { name, instead } = &ruling.why else {
            continue;
        };
        let step = match instead {
            Some(instead) => format!(": {instead}"),
            None => "; remove it, or use the section that was meant".to_owned(),
        };
        // The report adds the versions where the gateway's own is not known.
        let message = format!(
            "{} does not read the section `{name}`{step}",
            case.program(gateway)
        );
        let fix = Fix::new(Safety::Unsafe, format!("remove `{name}`"))
            .change(ruling.at.clone(), Op::Remove);
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says("never read")
            .subject(name);
        if ruling.versions.is_all() {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}
