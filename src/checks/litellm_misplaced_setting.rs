//! litellm-misplaced-setting: a setting under a section that does not read it.

use crate::change::{Fix, Op, Safety};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, listed};
use crate::gateway::{Ruling, Why};
use crate::source::{Node, Part, Pointer, ScalarKind, Shape};

pub(super) static CHECK: Check = Check {
    id: "litellm-misplaced-setting",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/litellm-misplaced-setting.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (gateway, ruling) in case.rulings() {
        let Why::MisplacedSetting {
            name,
            belongs,
            variable,
        } = &ruling.why
        else {
            continue;
        };
        let parent = ruling.at.parent();
        let place = match parent.path.last_key() {
            Some(section) => format!("under `{section}`"),
            None => "at the top level".to_owned(),
        };
        let or = match variable {
            Some(variable) => format!(" (or set {variable})"),
            None => String::new(),
        };
        let program = case.stack.gateways[gateway].kind.title();
        let useless = read_nowhere(case, ruling, name);
        let message = match useless {
            Some(reads) => format!(
                "{program} does not read `{name}` {place}, and under `{belongs}` only {} of it: remove it",
                listed(reads, 3)
            ),
            None => format!("{program} does not read `{name}` {place}; move it to `{belongs}`{or}"),
        };
        let says = match useless {
            Some(_) => "nothing in it is read anywhere".to_owned(),
            None => format!("read under `{belongs}` only"),
        };
        let mut finding = Finding::at(&ruling.at, Part::Key, message)
            .says(says)
            .subject(name);
        if let Some(fix) = repair(case, gateway, ruling) {
            finding = finding.fix(fix);
        }
        findings.add_in(Severity::Warning, &ruling.versions, finding);
    }
}

/// The keys of a setting that are read where it belongs, if it has none of them.
fn read_nowhere<'a>(case: &Case<'a>, ruling: &Ruling, name: &str) -> Option<&'a [String]> {
    let home = case.catalog.litellm().misplaced.get(name)?;
    let node = case.stack.source(ruling.at.source).node(&ruling.at.path)?;
    let has_one = home.reads.iter().any(|key| node.get(key).is_some());
    (!home.reads.is_empty() && node.is_map() && !has_one).then_some(&home.reads)
}

/// Takes the setting away, and writes it where it is read unless it stands there already. What may be a secret is
/// not copied: a reference to its variable does the same, and means what the variable alone meant before.
pub(super) fn repair(case: &Case<'_>, gateway: usize, ruling: &Ruling) -> Option<Fix> {
    let Why::MisplacedSetting {
        name,
        belongs,
        variable,
    } = &ruling.why
    else {
        return None;
    };
    let root = &case.stack.gateways[gateway].root;
    let home: Pointer = root.key(belongs);
    let source = case.stack.source(root.source);
    let node = source.node(&ruling.at.path)?;
    if read_nowhere(case, ruling, name).is_some() {
        let fix = Fix::new(Safety::Safe, format!("remove `{name}`, which nothing reads"));
        return Some(fix.change(ruling.at.clone(), Op::Remove));
    }
    let there = source.node(&home.path);
    if there.is_some_and(|there| there.get(name).is_some()) {
        let title = format!("remove `{name}`: `{belongs}` has it already");
        return Some(Fix::new(Safety::Safe, title).change(ruling.at.clone(), Op::Remove));
    }
    // Into something else than a mapping nothing can be written.
    if there.is_some_and(|there| !there.is_map() && !there.is_null()) {
        return None;
    }
    let mut lacks = None;
    let (value, safety) = match (node.as_bool(), variable) {
        (None, Some(variable)) => {
            lacks = case.chain.gateways[gateway].lacks_text(case.stack, variable);
            let safety = match lacks {
                None => Safety::Safe,
                Some(_) => Safety::Unsafe,
            };
            (format!("os.environ/{variable}").into(), safety)
        }
        _ => (plain(node)?, Safety::Unsafe),
    };
    let title = format!("move `{name}` to `{belongs}`");
    let mut fix = Fix::new(safety, title)
        .change(ruling.at.clone(), Op::Remove)
        .change(home, Op::Insert(name.clone(), value));
    fix.remarks.extend(lacks);
    Some(fix)
}

/// A scalar as it is; collections are for a person to move.
fn plain(node: Node<'_>) -> Option<serde_json::Value> {
    match node.shape() {
        Shape::Scalar(ScalarKind::Bool(value)) => Some(value.into()),
        Shape::Scalar(ScalarKind::Str) => Some(node.as_str()?.into()),
        Shape::Scalar(ScalarKind::Int) => Some(node.scalar_text()?.parse::<i64>().ok()?.into()),
        _ => None,
    }
}
