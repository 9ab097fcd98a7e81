//! What a project has decided about findings: which of them do not count, and how bad the others are. What it decides
//! changes what counts, and never what is true: a hop that an ignored finding breaks is broken all the same.

mod baseline;
mod comment;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

use crate::catalog::glob;
use crate::check::Severity;
pub use baseline::{Baseline, Known, NoBaseline};
pub use comment::{Comment, Named, comments};

/// The decisions of a project.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The severity of every finding of a check, whatever the check says, by the check's id.
    pub severities: BTreeMap<&'static str, Severity>,
    /// Checks that the project does not run.
    pub off: BTreeSet<&'static str>,
    /// What `mcpdoc.toml` says does not count, in its order.
    pub ignores: Vec<Ignore>,
    /// What was there before.
    pub baseline: Option<Baseline>,
    /// Whether everything counts, whatever comments, `mcpdoc.toml` and the baseline say.
    pub all_counts: bool,
    /// Whether the run looks at all that the project means: only then what was said in vain is known to be.
    pub is_whole: bool,
    /// What `mcpdoc.toml` decides beside single findings, in words: `fail-on never`.
    pub told: Vec<String>,
    /// This day as `2026-11-27`; nothing where no clock was asked: then nothing has expired.
    pub today: Option<String>,
}

/// An entry of `mcpdoc.toml` that says which findings do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// The check's id.
    pub check: &'static str,
    /// Only in files of this name, `*` for any text; as seen from the folder of `mcpdoc.toml`.
    pub file: Option<String>,
    /// Only at this node and below it: `mcp_servers.db`.
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds: `2027-01-31`.
    pub until: Option<String>,
}

impl Policy {
    /// Why a check that the project does not run is skipped.
    pub const OFF: &'static str = "off in mcpdoc.toml";

    /// The same, where everything counts whatever is said.
    pub fn of_nobody(self) -> Policy {
        Policy {
            all_counts: true,
            is_whole: self.is_whole,
            today: self.today,
            ..Policy::default()
        }
    }
}

impl Ignore {
    /// Whether it holds no more.
    pub fn has_expired(&self, today: Option<&str>) -> bool {
        // Dates of this form are ordered as texts are.
        matches!((&self.until, today), (Some(until), Some(today)) if today > until.as_str())
    }

    /// Whether it speaks of a finding of the check with these names in one of these places.
    fn means(&self, names: &[&str], spots: &[Spot<'_>]) -> bool {
        if !names.contains(&self.check) {
            return false;
        }
        if self.file.is_none() && self.path.is_none() {
            return true;
        }
        spots.iter().any(|spot| {
            let in_file = self.file.as_deref();
            let at_path = self.path.as_deref();
            in_file.is_none_or(|file| glob::matches(file, &spot.file))
                && at_path.is_none_or(|path| is_below(&spot.path, path))
        })
    }
}

/// Whether a path in a file is another one, or goes on from it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A place of a finding, as it can be named.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The file, as seen from the folder that the project's names are relative to.
    pub file: std::borrow::Cow<'a, str>,
    /// The file, as reports name it.
    pub shown: &'a str,
    /// The node.
    pub path: String,
    /// The lines on which it can be spoken of.
    pub lines: RangeInclusive<u32>,
}

/// What was said of findings, and of what of it there was a finding.
#[derive(Debug, Default)]
pub struct Heard {
    /// Every comment that is meant for mcpdoc, and for each check that it names whether that was needed.
    pub comments: Vec<(Comment, Vec<bool>)>,
    /// For each of [`Policy::ignores`] whether it was needed.
    pub ignores: Vec<bool>,
    /// For each of [`Baseline::known`] whether it was found.
    pub known: Vec<bool>,
    /// Checks that did not speak, or not of everything: nothing follows from their silence.
    pub silent: BTreeSet<&'static str>,
    /// The numbers of comments by the file and the line of which they speak.
    by_line: HashMap<(String, u32), Vec<usize>>,
    /// The numbers of known findings by their fingerprints.
    by_fingerprint: HashMap<String, Vec<usize>>,
}

/// What says that a finding does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The comment with that number.
    Comment(usize),
    /// The entry of `mcpdoc.toml` with that number.
    Ignore(usize),
    /// The entry of the baseline with that number.
    Known(usize),
}

impl Heard {
    /// Nothing of it needed yet.
    pub fn new(policy: &Policy, comments: Vec<Comment>, silent: BTreeSet<&'static str>) -> Heard {
        let mut by_line: HashMap<(String, u32), Vec<usize>> = HashMap::new();
        for (at, comment) in comments.iter().enumerate() {
            let line = (comment.name.clone(), comment.line);
            by_line.entry(line).or_default().push(at);
        }
        let known = policy.baseline.as_ref();
        let mut by_fingerprint: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, known) in known.iter().flat_map(|one| &one.known).enumerate() {
            let fingerprint = known.fingerprint.clone();
            by_fingerprint.entry(fingerprint).or_default().push(at);
        }
        Heard {
            by_line,
            by_fingerprint,
            comments: comments
                .into_iter()
                .map(|one| {
                    let needed = vec![false; one.checks.len()];
                    (one, needed)
                })
                .collect(),
            ignores: vec![false; policy.ignores.len()],
            known: vec![false; known.map_or(0, |baseline| baseline.known.len())],
            silent,
        }
    }

    /// What says that a finding does not count, if something does. Everything that says so was needed, and the nearest
    /// to the finding has the word. `names` are the check's id and earlier ones, `fingerprints` one for each.
    pub fn ask(
        &mut self,
        policy: &Policy,
        names: &[&str],
        spots: &[Spot<'_>],
        fingerprints: &[String],
    ) -> Option<Said> {
        if policy.all_counts {
            return None;
        }
        let mut said = None;
        // Without comments no line is asked for.
        let lines = spots
            .iter()
            .filter(|_| !self.by_line.is_empty())
            .flat_map(|spot| {
                let lines = spot.lines.clone();
                lines.map(|line| (spot.shown.to_owned(), line))
            });
        let there: BTreeSet<usize> = lines
            .filter_map(|line| self.by_line.get(&line))
            .flatten()
            .copied()
            .collect();
        for at in there {
            let (comment, needed) = &mut self.comments[at];
            if let Some(which) = comment.names(names) {
                needed[which] = true;
                said = said.or(Some(Said::Comment(at)));
            }
        }
        let today = policy.today.as_deref();
        for (at, (ignore, needed)) in policy.ignores.iter().zip(&mut self.ignores).enumerate() {
            if ignore.means(names, spots) {
                *needed = true;
                if !ignore.has_expired(today) {
                    said = said.or(Some(Said::Ignore(at)));
                }
            }
        }
        let known = fingerprints
            .iter()
            .filter_map(|one| self.by_fingerprint.get(one));
        for at in known.flatten() {
            self.known[*at] = true;
            said = said.or(Some(Said::Known(*at)));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_itself_and_what_it_goes_on_from() {
        for (path, other, below) in [
            ("mcp_servers.db.url", "mcp_servers.db", true),
            ("mcp_servers.db", "mcp_servers.db", true),
            ("mcp_servers.db[0]", "mcp_servers.db", true),
            ("mcp_servers.db2.url", "mcp_servers.db", false),
            ("mcp_servers", "mcp_servers.db", false),
        ] {
            assert_eq!(is_below(path, other), below, "{path} {other}");
        }
    }

    #[test]
    fn an_entry_holds_through_its_last_day() {
        let until = |until: Option<&str>| Ignore {
            check: "port-mismatch",
            file: None,
            path: None,
            reason: String::new(),
            until: until.map(str::to_owned),
        };
        let today = Some("2026-11-27");
        assert!(!until(Some("2026-11-27")).has_expired(today));
        assert!(until(Some("2026-11-26")).has_expired(today));
        assert!(!until(None).has_expired(today));
        assert!(!until(Some("2020-01-01")).has_expired(None));
    }
}
