//! litellm-ignored-setting: a setting that LiteLLM reads nowhere.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "litellm-ignored-setting",
    severity: Severity::Note,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-ignored-setting.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (_, ruling) in case.rulings() {
        let Why::IgnoredSetting { name, instead } = &ruling.why else {
            continue;
        };
        let message = match instead {
            Some(instead) => format!("`{name}` has no effect: {instead}"),
            None => format!("`{name}` has no effect; remove it"),
        };
        let fix = Fix::new(Safety::Safe, format!("remove `{name}`"))
            .change(ruling.at.clone(), Op::Remove);
        let finding = Finding::at(&ruling.at, Part::Key, message)
            .says("does nothing")
            .subject(ruling.at.path.to_string())
            .fix(fix);
        findings.add_in(Severity::Note, &ruling.versions, finding);
    }
}
