//! Which fixes can be made side by side.

use std::collections::HashSet;
use std::path::Path;

use super::session::Picked;
use super::{Drafts, Overlay};
use crate::Examination;
use crate::change::{Change, Op};
use crate::load::{Files, join};
use crate::source::SourceId;

/// Those of the fixes that can be made side by side, in order.
pub(super) fn together<'e>(
    now: &'e Examination,
    cwd: &Path,
    overlay: &Overlay<'_>,
    open: &Picked<'e>,
) -> Picked<'e> {
    let mut drafts = Drafts::default();
    let mut nodes: Vec<&Change> = Vec::new();
    let mut names: HashSet<&str> = HashSet::new();
    let source = |id: SourceId| now.stack.source(id);
    let mut picked = Vec::new();
    for (judged, fix) in open {
        let meets = fix
            .changes
            .iter()
            .any(|change| nodes.iter().any(|have| meet(change, have)));
        let named = fix.files.iter().any(|file| {
            names.contains(file.name.as_str()) || overlay.is_file(&join(cwd, &file.name))
        });
        let apart = !meets && !named;
        if apart && drafts.add(&source, &fix.changes).is_ok() {
            nodes.extend(&fix.changes);
            names.extend(fix.files.iter().map(|file| file.name.as_str()));
            picked.push((*judged, *fix));
        }
    }
    picked
}

/// Whether two changes are about the same thing: one of the nodes is, or holds, the other.
fn meet(one: &Change, other: &Change) -> bool {
    let adds = |change: &Change| matches!(change.op, Op::Insert(..) | Op::Push(_));
    let within = |inner: &Change, outer: &Change| inner.at.path.starts_with(&outer.at.path);
    one.at.source == other.at.source
        && match (adds(one), adds(other)) {
            (true, true) => one == other,
            (true, false) => within(one, other),
            (false, true) => within(other, one),
            (false, false) => within(one, other) || within(other, one),
        }
}
