//! The end of a report: counts, what was read, what was not, and how to go on.

use std::fmt::Write;

use indexmap::IndexMap;

use super::super::{count, counts, ignored, read_as};
use super::{Detail, Options, Writer};
use crate::Examination;
use crate::change::Safety;
use crate::check::client::{Program, log};
use crate::check::{Finding, Need, Severity, Skipped, listed};
use crate::checks;
use crate::gateway::{Known, VersionFrom};
use crate::model::{Client, Decides, Input, Kind, Missed};
use crate::policy::Policy;
use crate::record::Differs;
use crate::source::{Source, SourceId};
use crate::verdict::Judged;

/// Files of one line that are named.
const NAMES: usize = 3;

impl Writer<'_> {
    /// Counts, what was read, what was not, and how to go on.
    pub(super) fn summary(&self, out: &mut String, options: &Options) {
        let screen = self.screen;
        let Examination {
            stack, diagnosis, ..
        } = self.examination;
        if !diagnosis.findings.is_empty() {
            out.push('\n');
        }
        let errors = diagnosis.count(Severity::Error);
        let warnings = diagnosis.count(Severity::Warning);
        let counts = counts(diagnosis);
        let counts = match (errors, warnings) {
            (0, 0) => screen.green(&counts),
            (0, _) => screen.yellow(&counts),
            _ => screen.red(&counts),
        };
        let is_container = |input: &&Input| input.kind == Kind::Container;
        let containers = stack.inputs.iter().filter(is_container).count();
        let files = count(stack.inputs.len() - containers, "file");
        let more = match containers {
            0 => String::new(),
            _ => format!(" and {}", count(containers, "container")),
        };
        let ignored = match ignored(&diagnosis.ignored) {
            Some(ignored) => format!("; {ignored}"),
            None => String::new(),
        };
        let line = format!("{counts} in {files}{more}{ignored}");
        let _ = writeln!(out, "{}", screen.wrap(&line, "", "  "));
        let say = |out: &mut String, text: &str| {
            let text = self.safe(text);
            let _ = writeln!(out, "{}", screen.dim(&screen.wrap(&text, "  ", "    ")));
        };
        if self.detail == Detail::Verbose {
            for input in &stack.inputs {
                say(
                    out,
                    &format!(
                        "read: {} ({}, {})",
                        stack.name(input.source),
                        input.kind.word(),
                        match &input.container {
                            Some(name) => format!("named by the labels of container {name}"),
                            None => input.how.word().to_owned(),
                        }
                    ),
                );
            }
        }
        if let Some(settings) = stack.decision(Decides::Settings) {
            let told = match self.examination.decided.as_slice() {
                [] => String::new(),
                told => format!(": {}", told.join("; ")),
            };
            say(out, &format!("settings of {}{told}", stack.name(settings)));
        }
        self.ignored(&mut |text| say(out, text));
        if let Some(user) = &options.user {
            say(
                out,
                &format!("client files are those of {user}, who called sudo"),
            );
        }
        self.differences(&mut |text| say(out, text));
        self.versions(&mut |text| say(out, text));
        self.client_version(&mut |text| say(out, text));
        self.missed(&mut |text| say(out, text));
        self.skipped(&mut |text| say(out, text));
        if let (true, Some(why)) = (
            options.require.contains(&Need::Docker),
            self.examination.facts.engine.unknown(),
        ) {
            say(
                out,
                &format!(
                    "required, and missing: the container engine {}",
                    why.words()
                ),
            );
        }
        if options.require.contains(&Need::Wire) {
            self.untried(&mut |text| say(out, text));
        }
        if let Some(repairs) = self.repairable() {
            say(out, &repairs);
        }
        if let Some(first) = diagnosis.findings.first() {
            say(
                out,
                &format!(
                    "mcpdoc explain {} tells more; -v shows every place",
                    first.finding.check
                ),
            );
        }
    }

    /// What does not count, each with its reason, where everything is asked for.
    fn ignored(&self, say: &mut dyn FnMut(&str)) {
        if self.detail != Detail::Verbose {
            return;
        }
        for one in &self.examination.diagnosis.ignored {
            let Judged { finding, .. } = &one.judged;
            let reason = one
                .reason
                .as_deref()
                .map_or(String::new(), |reason| format!(": {reason}"));
            say(&format!(
                "ignored: {}[{}] {}, by {}{reason}",
                finding.severity.word(),
                finding.check,
                self.place(finding),
                one.by.words()
            ));
        }
    }

    /// How many findings `mcpdoc fix` has edits for; nothing where it was an endpoint that was asked about.
    fn repairable(&self) -> Option<String> {
        let Examination {
            stack, diagnosis, ..
        } = self.examination;
        if stack.inputs.is_empty() {
            return None;
        }
        let of = |least: Safety| {
            let findings = diagnosis.findings.iter();
            let has = |judged: &&Judged| {
                let mut fixes = judged.finding.fixes.iter();
                fixes.any(|fix| fix.is_written() && fix.safety >= least)
            };
            findings.filter(has).count()
        };
        let (all, safe) = (of(Safety::Unsafe), of(Safety::Safe));
        let text = match (all, safe) {
            (0, _) => return None,
            (_, 0) => {
                format!("mcpdoc fix --unsafe has edits for {all} of them, which change behaviour")
            }
            _ if all == safe => format!("mcpdoc fix has edits for {all} of them, all safe"),
            _ => format!(
                "mcpdoc fix has edits for {all} of them, {safe} safe; those that change behaviour take --unsafe"
            ),
        };
        Some(text)
    }

    /// What was not checked and why; checks that lack the same say so together.
    fn skipped(&self, say: &mut dyn FnMut(&str)) {
        let mut whole: IndexMap<(Need, &str), Vec<&str>> = IndexMap::new();
        let mut parts: Vec<&Skipped> = Vec::new();
        let skipped = self.examination.diagnosis.skipped.iter();
        // That is said with the settings.
        let is_said = |one: &&Skipped| one.reason == Policy::OFF && self.detail != Detail::Verbose;
        for skipped in skipped.filter(|one| !is_said(one)) {
            let needs = checks::by_id(skipped.check).map_or(&[][..], |check| check.needs);
            match needs.iter().find(|need| **need != Need::Files) {
                Some(need) => whole
                    .entry((*need, &skipped.reason))
                    .or_default()
                    .push(skipped.check),
                None => parts.push(skipped),
            }
        }
        for ((need, reason), checks) in whole {
            let what = match need {
                Need::Wire => "what endpoints answer",
                Need::Docker => "what the container engine says",
                Need::Files | Need::Findings => "files",
            };
            match self.detail {
                Detail::Verbose => say(&format!("skipped {}: {reason}", checks.join(", "))),
                Detail::Usual | Detail::Quiet => say(&format!("not checked: {what} ({reason})")),
            }
        }
        if self.detail == Detail::Verbose {
            for skipped in parts {
                say(&format!("skipped {}: {}", skipped.check, skipped.reason));
            }
        } else if !parts.is_empty() {
            let mut names: Vec<&str> = parts.iter().map(|skipped| skipped.check).collect();
            names.dedup();
            say(&format!(
                "skipped in part: {} (-v says why)",
                names.join(", ")
            ));
        }
    }

    /// Hops that could not be tried although that was required; those of which the same is to be said share a line.
    fn untried(&self, say: &mut dyn FnMut(&str)) {
        let examination = self.examination;
        let mut said: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for (hop, reason) in examination.untried() {
            said.entry(reason).or_default().push(&hop.from);
        }
        for (reason, hops) in said {
            say(&format!("not tried: {} ({reason})", self.named(&hops)));
        }
    }

    /// Files that are not those that the facts were recorded with.
    fn differences(&self, say: &mut dyn FnMut(&str)) {
        let differences = &self.examination.differences;
        for (what, words) in [
            (Differs::Changed, "changed"),
            (Differs::Missing, "not read now"),
            (Differs::New, "not read then"),
        ] {
            let of_kind = differences.iter().filter(|one| one.what == what);
            let names: Vec<&str> = of_kind.map(|one| one.file.as_str()).collect();
            if !names.is_empty() {
                say(&format!(
                    "the facts were recorded with other files: {} ({words}); what they say may not hold for these",
                    self.named(&names)
                ));
            }
        }
    }

    /// As which version each gateway was read; those of which the same is to be said share a line.
    fn versions(&self, say: &mut dyn FnMut(&str)) {
        let Examination { stack, chain, .. } = self.examination;
        let mut said: IndexMap<String, Vec<&Source>> = IndexMap::new();
        for (gateway, view) in stack.gateways.iter().zip(&chain.gateways) {
            let text = match &view.version {
                // Who gave it knows it.
                Known::Exact(_, VersionFrom::Flag) if self.detail != Detail::Verbose => continue,
                Known::Exact(..) | Known::Unknown(_) => read_as(view),
            };
            let source = stack.source(gateway.root.source);
            said.entry(text).or_default().push(source);
        }
        for (text, sources) in said {
            let names: Vec<String> = match sources.as_slice() {
                [one] => vec![one.name().to_owned()],
                sources => sources.iter().map(|source| self.name(source)).collect(),
            };
            say(&format!("{}: {text}", self.named(&names)));
        }
    }

    /// As which version Claude Code's files were read. That it is not known is said where it would decide something.
    fn client_version(&self, say: &mut dyn FnMut(&str)) {
        let Examination {
            stack,
            facts,
            diagnosis,
            ..
        } = self.examination;
        let own = Client::ClaudeCode;
        let files: Vec<SourceId> = stack
            .clients
            .iter()
            .filter(|file| file.client == own && file.is_read)
            .map(|file| file.source)
            .collect();
        let open = |finding: &Finding| {
            let at = finding.labels.first().and_then(|label| label.at.source());
            finding.versions.is_some() && at.is_some_and(|at| files.contains(&at))
        };
        let program = Program::of(facts, own);
        let text = if program.is_known() {
            format!("read as {} does (from `claude --version`)", program.name())
        } else if diagnosis.findings.iter().any(|one| open(&one.finding)) {
            let title = own.title();
            let logs = facts.clients.iter().flat_map(|view| &view.past);
            let logged = logs.filter(|past| past.version.is_some());
            let last = logged.max_by(|one, other| one.at.cmp(&other.at));
            let then = last.map_or(String::new(), |past| {
                format!(" (there is {}; another may run now)", log(past))
            });
            format!(
                "the version of {title} is not known{then}; --allow-exec asks `claude --version`"
            )
        } else {
            return;
        };
        let names: Vec<String> = match files.as_slice() {
            [one] => vec![stack.source(*one).name().to_owned()],
            files => files
                .iter()
                .map(|id| self.name(stack.source(*id)))
                .collect(),
        };
        say(&format!("{}: {text}", self.named(&names)));
    }

    /// What is no part of the run and could be; files that nothing mounts share a line.
    fn missed(&self, say: &mut dyn FnMut(&str)) {
        let missed = &self.examination.stack.missed;
        let mounted = |missed: &&Missed| missed.mounts.is_some();
        let together = self.detail != Detail::Verbose && missed.iter().filter(mounted).count() > 1;
        let alone = |missed: &&Missed| !(together && missed.mounts.is_some());
        for missed in missed.iter().filter(alone) {
            say(&missed.line());
        }
        if together {
            let names = missed.iter().filter_map(|missed| missed.mounts.as_deref());
            let names: Vec<&str> = names
                .map(|name| name.strip_prefix(self.folder.as_str()).unwrap_or(name))
                .collect();
            let flag = missed.iter().find(mounted).map_or("", |missed| missed.flag);
            say(&format!(
                "not found: compose files that mount {} (-v says where they were looked for); {flag} adds them",
                self.named(&names)
            ));
        }
    }

    /// Names of files as a sentence has them: all of them only where everything is asked for.
    fn named<T: AsRef<str>>(&self, names: &[T]) -> String {
        let most = match self.detail {
            Detail::Verbose => usize::MAX,
            Detail::Usual | Detail::Quiet => NAMES,
        };
        listed(names, most)
    }
}
