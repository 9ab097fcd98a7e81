//! Versions of releases, and sets of them: what "since 0.2.1" and "before 1.89.0" mean everywhere.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The version of a release, read leniently: `1.77.3`, `v1.77.3-stable`, `main-v1.77.3`, `2.0rc1`, `main`.
///
/// What orders two versions is their numbers (missing ones are zero) and whether they come before their release
/// (`dev`, `alpha`, `beta`, `rc`). Other suffixes (`-stable`, `.post1`, `-alpine`) do not count. `main` is newer than
/// every release.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Version {
    text: String,
    key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Release { numbers: Vec<u64>, stage: Stage },
    Head,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Stage {
    Dev(u64),
    Alpha(u64),
    Beta(u64),
    Candidate(u64),
    Released,
}

/// Names of the branch that the next release is cut from.
const HEADS: [&str; 4] = ["main", "master", "head", "unreleased"];

impl Version {
    /// Reads a version; `None` where the text names none (`latest`, `nightly`, a commit).
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim();
        if HEADS.iter().any(|head| text.eq_ignore_ascii_case(head)) {
            return Some(Version::head());
        }
        let text = text.strip_prefix("main-").unwrap_or(text);
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (numbers, rest) = leading_numbers(text)?;
        let stage = stage(rest)?;
        let kept = numbers
            .iter()
            .rposition(|&n| n != 0)
            .map_or(0, |last| last + 1);
        Some(Version {
            text: text.to_string(),
            key: Key::Release {
                numbers: numbers[..kept].to_vec(),
                stage,
            },
        })
    }

    /// The branch that the next release is cut from: newer than every release.
    pub fn head() -> Version {
        Version {
            text: "main".to_string(),
            key: Key::Head,
        }
    }

    /// Whether this is the branch and no release.
    pub fn is_head(&self) -> bool {
        self.key == Key::Head
    }

    /// How many numbers were written: 3 for `1.77.3`, 1 for `17`, 0 for `main`.
    pub fn precision(&self) -> usize {
        leading_numbers(&self.text).map_or(0, |(numbers, _)| numbers.len())
    }
}

/// The dotted numbers that a text starts with, as written, and what follows them.
fn leading_numbers(text: &str) -> Option<(Vec<u64>, &str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        numbers.push(rest[..end].parse().ok()?);
        rest = &rest[end..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => return Some((numbers, rest)),
        }
    }
}

/// What the text behind the numbers says of the stage; `None` where it shows that there is no version at all.
fn stage(rest: &str) -> Option<Stage> {
    if rest.is_empty() || rest.starts_with('+') {
        return Some(Stage::Released);
    }
    let suffix = rest.strip_prefix(['.', '-', '_']);
    let attached = suffix.is_none();
    let suffix = suffix.unwrap_or(rest);
    let word_end = suffix
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(suffix.len());
    let word = suffix[..word_end].to_ascii_lowercase();
    let tail = &suffix[word_end..];
    let tail = tail.strip_prefix(['.', '-', '_']).unwrap_or(tail);
    let number_end = tail
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(tail.len());
    let number = tail[..number_end].parse().unwrap_or(0);
    let clean = !tail[number_end..].starts_with(|c: char| c.is_ascii_alphanumeric());
    let stage = match word.as_str() {
        "dev" | "nightly" | "canary" => Stage::Dev(number),
        "a" | "alpha" => Stage::Alpha(number),
        "b" | "beta" | "pre" | "preview" => Stage::Beta(number),
        "c" | "rc" => Stage::Candidate(number),
        "post" => Stage::Released,
        _ if attached => return None,
        _ => return Some(Stage::Released),
    };
    match (clean, attached) {
        (true, _) => Some(stage),
        (false, true) => None,
        (false, false) => Some(Stage::Released),
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.key == other.key
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl std::hash::Hash for Version {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Version {
    /// As it was written, without a leading `v`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that names no version or no range of versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version or range of versions")]
pub struct NotAVersion(String);

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Version, NotAVersion> {
        Version::parse(text).ok_or_else(|| NotAVersion(text.to_string()))
    }
}

impl TryFrom<String> for Version {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Version, NotAVersion> {
        text.parse()
    }
}

/// A place between versions: just before `version`, or just after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    version: Version,
    after: bool,
}

/// `[since, until)`; an absent edge is without end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interval {
    since: Option<Edge>,
    until: Option<Edge>,
}

impl Interval {
    const ALL: Interval = Interval {
        since: None,
        until: None,
    };

    fn contains(&self, version: &Version) -> bool {
        let here = Edge {
            version: version.clone(),
            after: false,
        };
        self.since.as_ref().is_none_or(|since| *since <= here)
            && self.until.as_ref().is_none_or(|until| here < *until)
    }

    fn is_empty(&self) -> bool {
        matches!((&self.since, &self.until), (Some(since), Some(until)) if since >= until)
    }

    fn intersect(&self, other: &Interval) -> Interval {
        let since = match (&self.since, &other.since) {
            (Some(a), Some(b)) => Some(a.max(b).clone()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let until = match (&self.until, &other.until) {
            (Some(a), Some(b)) => Some(a.min(b).clone()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Interval { since, until }
    }

    fn describe(&self) -> String {
        match (&self.since, &self.until) {
            (None, None) => "every version".to_string(),
            (Some(since), None) if since.after => format!("after {}", since.version),
            (Some(since), None) => format!("from {}", since.version),
            (None, Some(until)) if until.after => format!("up to {}", until.version),
            (None, Some(until)) => format!("before {}", until.version),
            (Some(since), Some(until)) if since.version == until.version => {
                since.version.to_string()
            }
            (Some(since), Some(until)) => {
                let from = if since.after { "after " } else { "" };
                let to = if until.after { "to" } else { "to before" };
                format!("{from}{} {to} {}", since.version, until.version)
            }
        }
    }
}

/// A set of versions: a union of intervals, each from a version (included) to a version (excluded).
///
/// Written as `*`, `none`, `0.3.0` (exactly), `>=1.74.9, <1.87.0`, and unions of these with `||`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct VersionSet {
    /// In order, none empty, none touching its neighbour.
    intervals: Vec<Interval>,
}

impl VersionSet {
    /// Every version.
    pub fn all() -> VersionSet {
        VersionSet {
            intervals: vec![Interval::ALL],
        }
    }

    /// No version.
    pub fn none() -> VersionSet {
        VersionSet {
            intervals: Vec::new(),
        }
    }

    /// From `version` on.
    pub fn since(version: Version) -> VersionSet {
        VersionSet::of(vec![Interval {
            since: Some(before(version)),
            until: None,
        }])
    }

    /// Before `version`.
    pub fn until(version: Version) -> VersionSet {
        VersionSet::of(vec![Interval {
            since: None,
            until: Some(before(version)),
        }])
    }

    /// Exactly `version`.
    pub fn exactly(version: Version) -> VersionSet {
        VersionSet::of(vec![Interval {
            since: Some(before(version.clone())),
            until: Some(after(version)),
        }])
    }

    /// Reads a range; see the type for how it is written.
    pub fn parse(text: &str) -> Result<VersionSet, NotAVersion> {
        let mut set = VersionSet::none();
        for alternative in text.split("||") {
            let mut interval = VersionSet::all();
            for term in alternative.split(',') {
                let term = parse_term(term.trim()).ok_or_else(|| NotAVersion(text.to_string()))?;
                interval = interval.intersect(&term);
            }
            set = set.union(&interval);
        }
        Ok(set)
    }

    fn of(mut intervals: Vec<Interval>) -> VersionSet {
        intervals.retain(|interval| !interval.is_empty());
        intervals.sort_by(|a, b| a.since.cmp(&b.since));
        let mut merged: Vec<Interval> = Vec::new();
        for next in intervals {
            match merged.last_mut() {
                Some(last) if touches(last, &next) => {
                    last.until = match (last.until.take(), next.until) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        _ => None,
                    };
                }
                _ => merged.push(next),
            }
        }
        VersionSet { intervals: merged }
    }

    /// Whether `version` is in the set.
    pub fn contains(&self, version: &Version) -> bool {
        self.intervals
            .iter()
            .any(|interval| interval.contains(version))
    }

    /// The versions in both sets.
    pub fn intersect(&self, other: &VersionSet) -> VersionSet {
        VersionSet::of(
            self.intervals
                .iter()
                .flat_map(|a| other.intervals.iter().map(|b| a.intersect(b)))
                .collect(),
        )
    }

    /// The versions in either set.
    pub fn union(&self, other: &VersionSet) -> VersionSet {
        VersionSet::of(
            self.intervals
                .iter()
                .chain(&other.intervals)
                .cloned()
                .collect(),
        )
    }

    /// The versions not in the set.
    pub fn complement(&self) -> VersionSet {
        let mut outside = Vec::new();
        let mut since = None;
        for interval in &self.intervals {
            if let Some(end) = &interval.since {
                outside.push(Interval {
                    since: since.take(),
                    until: Some(end.clone()),
                });
            }
            match &interval.until {
                Some(until) => since = Some(until.clone()),
                None => return VersionSet::of(outside),
            }
        }
        outside.push(Interval { since, until: None });
        VersionSet::of(outside)
    }

    /// What remains of the set where only `version` is of interest: everything or nothing.
    pub fn seen_by(&self, version: &Version) -> VersionSet {
        match self.contains(version) {
            true => VersionSet::all(),
            false => VersionSet::none(),
        }
    }

    /// Whether every version is in the set.
    pub fn is_all(&self) -> bool {
        self.intervals == [Interval::ALL]
    }

    /// Whether no version is in the set.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Where the set begins, if it holds every version from there on: a version, and whether that one is still outside.
    pub fn start(&self) -> Option<(&Version, bool)> {
        match self.intervals.as_slice() {
            [
                Interval {
                    since: Some(since),
                    until: None,
                },
            ] => Some((&since.version, since.after)),
            _ => None,
        }
    }

    /// The set in words: "before 1.89.0", "from 1.104.0", "1.74.9 to before 1.87.0", "every version".
    pub fn describe(&self) -> String {
        if self.is_empty() {
            return "no version".to_string();
        }
        let parts: Vec<String> = self.intervals.iter().map(Interval::describe).collect();
        parts.join(", ")
    }
}

impl Default for VersionSet {
    /// Every version: what a fact without a range holds for.
    fn default() -> VersionSet {
        VersionSet::all()
    }
}

impl fmt::Display for VersionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl FromStr for VersionSet {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<VersionSet, NotAVersion> {
        VersionSet::parse(text)
    }
}

impl TryFrom<String> for VersionSet {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<VersionSet, NotAVersion> {
        VersionSet::parse(&text)
    }
}

fn before(version: Version) -> Edge {
    Edge {
        version,
        after: false,
    }
}

fn after(version: Version) -> Edge {
    Edge {
        version,
        after: true,
    }
}

/// Whether the later interval starts inside the earlier one or at its end.
fn touches(earlier: &Interval, later: &Interval) -> bool {
    match (&earlier.until, &later.since) {
        (Some(until), Some(since)) => since <= until,
        _ => true,
    }
}

fn parse_term(term: &str) -> Option<VersionSet> {
    match term {
        "*" => return Some(VersionSet::all()),
        "none" => return Some(VersionSet::none()),
        _ => {}
    }
    let split = term
        .find(|c: char| !"<>=!".contains(c))
        .unwrap_or(term.len());
    let version = Version::parse(&term[split..])?;
    let interval = |since, until| Some(VersionSet::of(vec![Interval { since, until }]));
    match &term[..split] {
        "" | "=" | "==" => Some(VersionSet::exactly(version)),
        "!=" => Some(VersionSet::exactly(version).complement()),
        ">=" => interval(Some(before(version)), None),
        ">" => interval(Some(after(version)), None),
        "<" => interval(None, Some(before(version))),
        "<=" => interval(None, Some(after(version))),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn set(text: &str) -> VersionSet {
        VersionSet::parse(text).unwrap()
    }

    #[test]
    fn versions_are_read_leniently() {
        for same in [
            "v1.77.3",
            "1.77.3-stable",
            "main-v1.77.3-stable",
            "1.77.3.post1",
            "1.77.3.0",
            "1.77.3-alpine",
            "1.77.3+build.5",
            "1.77.3-b3f00d",
        ] {
            assert_eq!(v(same), v("1.77.3"), "{same}");
        }
        for no_version in [
            "latest",
            "main-latest",
            "nightly",
            "sha-1a2b3c",
            "0a1b2c3",
            "",
            "v",
            "${TAG}",
        ] {
            assert_eq!(Version::parse(no_version), None, "{no_version}");
        }
        assert_eq!(v("v1.77.3-stable").to_string(), "1.77.3-stable");
        assert_eq!(v("v1.77.3").precision(), 3);
        assert_eq!(v("17").precision(), 1);
        assert_eq!(v("1.0.0").precision(), 3);
    }

    #[test]
    fn versions_are_ordered() {
        let ordered = [
            "0.2.1",
            "0.3",
            "1.9.0-nightly",
            "1.9.0a1",
            "1.9.0b2",
            "1.9.0-rc.1",
            "1.9.0rc2",
            "1.9",
            "1.10.0",
            "1.10.1",
            "2",
            "main",
        ];
        for pair in ordered.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        assert!(v("main").is_head() && !v("2").is_head());
    }

    #[test]
    fn ranges_contain_what_they_say() {
        let range = set(">=1.74.9, <1.87.0");
        assert!(range.contains(&v("1.74.9")) && range.contains(&v("v1.86.9-stable")));
        assert!(!range.contains(&v("1.87.0")) && !range.contains(&v("1.74.8")));
        assert!(set("0.3.0").contains(&v("0.3")) && !set("0.3.0").contains(&v("0.3.1")));
        assert!(set("<=0.3.0").contains(&v("0.3.0")) && !set("<=0.3.0").contains(&v("0.3.0.1")));
        assert!(!set(">0.3.0").contains(&v("0.3.0")));
        assert!(set(">=1.104.0").contains(&v("main")));
        assert!(set(">=main").contains(&v("main")) && !set(">=main").contains(&v("99.0")));
        assert!(set("*").is_all() && set("none").is_empty() && set(">2, <1").is_empty());
        assert!(VersionSet::parse("soon").is_err() && VersionSet::parse("").is_err());
        assert_eq!(VersionSet::since(v("1.0")), set(">=1"));
        assert_eq!(VersionSet::until(v("1.0")), set("<1"));
    }

    #[test]
    fn sets_follow_the_laws() {
        let texts = [
            "*",
            "none",
            "<1.23",
            ">=1.104.0",
            ">=1.74.9, <1.87.0",
            "0.3.0",
            "!=0.3.0",
            "<1 || >=2, <3",
        ];
        for a in texts {
            let a = set(a);
            assert_eq!(a.complement().complement(), a);
            assert!(a.union(&a.complement()).is_all(), "{a}");
            assert!(a.intersect(&a.complement()).is_empty(), "{a}");
            for b in texts {
                let b = set(b);
                let both = a.intersect(&b);
                assert_eq!(both, a.complement().union(&b.complement()).complement());
                for probe in ["0.1", "0.3.0", "1.23", "1.80", "1.200", "2.5", "main"] {
                    let probe = v(probe);
                    assert_eq!(
                        both.contains(&probe),
                        a.contains(&probe) && b.contains(&probe)
                    );
                }
            }
        }
        assert_eq!(set("<1 || >=1").describe(), "every version");
    }

    #[test]
    fn sets_are_described_in_words() {
        for (text, words) in [
            ("<1.89.0", "before 1.89.0"),
            (">=v1.104.0", "from 1.104.0"),
            (">=1.74.9, <1.87.0", "1.74.9 to before 1.87.0"),
            ("*", "every version"),
            ("none", "no version"),
            ("0.3.0", "0.3.0"),
            ("<=0.3.0", "up to 0.3.0"),
            (">0.3.0", "after 0.3.0"),
            ("<1 || >=2", "before 1, from 2"),
        ] {
            assert_eq!(set(text).describe(), words);
        }
    }

    #[test]
    fn sets_are_read_from_yaml() {
        let sets: Vec<VersionSet> =
            serde_yaml::from_str("['>=1.74.9, <1.87.0', '<1.23', 0.3.0, '*']").unwrap();
        assert_eq!(sets[0], set(">=1.74.9, <1.87.0"));
        assert_eq!(sets[2], set("0.3.0"));
        assert!(serde_yaml::from_str::<VersionSet>("'>= soon'").is_err());
    }
}
