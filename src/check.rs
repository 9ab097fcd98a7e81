//! What a check is, what it sees and what it says.

mod adopted;
pub(crate) mod block;
pub(crate) mod client;
pub(crate) mod containers;
pub(crate) mod drift;
pub(crate) mod foreign;
pub(crate) mod gateway_call;
pub(crate) mod gateway_key;
pub(crate) mod gateway_log;
pub(crate) mod host;
mod ids;
pub mod leg;
pub(crate) mod needed;
pub(crate) mod netns;
pub(crate) mod newer;
pub(crate) mod probe;
pub(crate) mod proxy;
pub(crate) mod reader;
pub(crate) mod said;
mod service;
pub(crate) mod settings;
pub(crate) mod sight;
pub(crate) mod symptom;
pub mod through;
pub(crate) mod wire;
pub(crate) mod words;

pub use leg::Leg;
pub use service::{McpService, Role, is_own, listed, naming_part};
pub use through::Through;
pub use wire::Probed;

use crate::catalog::{Catalog, ImageRef, Version, VersionSet};
use crate::chain::{Chain, HopId};
use crate::change::{Fix, Rejected};
use crate::fact::Facts;
use crate::gateway::{Fate, Ruling, Upstream};
use crate::model::{Service, Stack};
use crate::plan::Operators;
use crate::policy::{Heard, Policy};
use crate::source::{Part, Pointer, SourceId, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Wrong or risky, but the chain may work.
    Warning,
    /// Breaks the chain, or protection that was meant to be there is not.
    Error,
}

impl Severity {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// One level lower.
    pub fn lower(self) -> Severity {
        match self {
            Severity::Error => Severity::Warning,
            Severity::Warning | Severity::Note => Severity::Note,
        }
    }
}

/// What a check has to know before it may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Declared files alone.
    Files,
    /// The container engine.
    Docker,
    /// Answers from endpoints.
    Wire,
    /// What the other checks found, and what the project says of it: such a check speaks last.
    Findings,
}

impl Need {
    /// The word used in tables and by `--require`.
    pub fn word(self) -> &'static str {
        match self {
            Need::Files => "files",
            Need::Docker => "docker",
            Need::Wire => "wire",
            Need::Findings => "findings",
        }
    }
}

/// A check: its card, its page and its function.
pub struct Check {
    /// Kebab-case words that explain themselves.
    pub id: &'static str,
    /// The usual severity; a finding may differ where the page says when.
    pub severity: Severity,
    /// What it cannot do without.
    pub needs: &'static [Need],
    /// Checks whose findings, on the same hop or node, are evidence of this one's.
    pub covers: &'static [&'static str],
    /// Earlier ids, for baselines.
    pub formerly: &'static [&'static str],
    /// The version of mcpdoc that brought it.
    pub since: &'static str,
    /// The page, Markdown.
    pub page: &'static str,
    /// The check itself: pure.
    pub run: fn(&Case<'_>, &mut Findings),
}

impl Check {
    /// Whether it is about what the others found.
    pub fn speaks_last(&self) -> bool {
        self.needs.contains(&Need::Findings)
    }

    /// Its id and those that it had before.
    pub fn names(&self) -> Vec<&'static str> {
        let former = self.formerly.iter().copied();
        std::iter::once(self.id).chain(former).collect()
    }

    /// One line that says what it finds: the first paragraph of its page.
    pub fn summary(&self) -> String {
        self.page
            .lines()
            .skip_while(|line| line.starts_with('#') || line.trim().is_empty())
            .take_while(|line| !line.trim().is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a check sees.
pub struct Case<'a> {
    /// What is declared.
    pub stack: &'a Stack,
    /// What is observed.
    pub facts: &'a Facts,
    /// What is known of the world.
    pub catalog: &'a Catalog,
    /// Who calls whom.
    pub chain: &'a Chain,
    /// What was done with the operator's key, where there is one.
    pub operators: Option<&'a Operators>,
    /// The conversations among the facts, with what they show.
    pub probed: Vec<Probed<'a>>,
    /// What comes through gateways.
    pub through: Vec<Through>,
    /// Tool calls that a person asked for.
    pub legs: &'a [Leg],
    /// What the project has decided about findings.
    pub policy: &'a Policy,
    /// What became of that, once the others have spoken.
    pub heard: Heard,
}

impl Case<'_> {
    /// Why a check cannot run on this case, if it cannot.
    pub fn lacks(&self, check: &Check) -> Option<String> {
        check.needs.iter().find_map(|need| match need {
            Need::Files | Need::Findings => None,
            Need::Docker => self
                .facts
                .engine
                .unknown()
                .map(|why| format!("the container engine {}", why.words())),
            Need::Wire => self
                .facts
                .wire
                .get()
                .is_none()
                .then(|| "no endpoint was probed".to_owned()),
        })
    }
}

impl<'a> Case<'a> {
    /// Everything that gateways do with their files and their owners did not mean, with the gateway's number.
    pub fn rulings(&self) -> impl Iterator<Item = (usize, &'a Ruling)> {
        let gateways = self.chain.gateways.iter().enumerate();
        gateways
            .flat_map(|(number, view)| view.outcome.rulings().map(move |ruling| (number, ruling)))
    }

    /// The gateway's name and, where it is known, its version: "LiteLLM 1.77.3".
    pub fn program(&self, gateway: usize) -> String {
        self.chain.program(self.stack, gateway)
    }

    /// The program that a ruling is about, and the versions of it: "LiteLLM 1.77.3", "LiteLLM before 1.89.0".
    pub fn program_of(&self, gateway: usize, ruling: &Ruling) -> String {
        if ruling.versions.is_all() {
            return self.program(gateway);
        }
        let title = self.stack.gateways[gateway].kind.title();
        format!("{title} {}", ruling.versions.describe())
    }

    /// Why it is not known what is in the container of a gateway's service besides the gateway, if it is not: only of
    /// its maker's own images that is known, and only where nothing else runs first.
    pub fn image_doubt(&self, service: &Service) -> Option<String> {
        let runs = &self.catalog.litellm().runs;
        let name = &service.name.value;
        if service.build.is_some() {
            return Some(format!("{name} builds its own image"));
        }
        let Some(image) = &service.image else {
            return Some(format!("the image of {name} is not known"));
        };
        let known = image.value.get().map(ImageRef::parse);
        match known {
            Some(image) if runs.is_official(&image) => runs.script_of(service),
            Some(image) => Some(format!(
                "{} is not LiteLLM's own image",
                image.repository_name()
            )),
            None => Some(format!("the image of {name} is not known")),
        }
    }

    /// What a gateway does without a key for its callers: "LiteLLM 1.77.3 serves everybody who reaches it".
    pub fn without_key(&self, gateway: usize, fate: Fate) -> String {
        let program = self.program(gateway);
        let refused = &self.catalog.litellm().master_key.refused;
        match fate {
            Fate::Stops => format!("{program} does not start without a key"),
            Fate::Serves => format!("{program} serves everybody who reaches it, without a key"),
            Fate::Unless => {
                let permit = &self.catalog.litellm().master_key.permit.variable;
                format!("{program} does not start without a key, unless {permit} is true")
            }
            Fate::Either => format!(
                "{program} serves everybody who reaches it, without a key, {}, and does not start {}",
                refused.complement().describe(),
                refused.describe()
            ),
        }
    }

    /// The server that a ruling is about.
    pub fn upstream(&self, gateway: usize, ruling: &Ruling) -> Option<&'a Upstream> {
        self.chain.gateways[gateway]
            .outcome
            .servers
            .get(ruling.server?)
    }

    /// The hop to the server that a ruling is about.
    pub fn server_hop(&self, gateway: usize, ruling: &Ruling) -> Option<HopId> {
        Some(self.chain.of_server(gateway, ruling.server?)?.id)
    }

    /// Every hop to a gateway: what breaks when it does not start.
    pub fn gateway_hops(&self, gateway: usize) -> impl Iterator<Item = HopId> {
        self.chain.to_gateway(gateway).map(|hop| hop.id)
    }
}

/// Where a label points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A node of a file.
    Node(Pointer, Part),
    /// Bytes of a file, where there is no node: syntax errors, duplicate keys.
    Text(SourceId, Span),
    /// An endpoint that no file names: its url or program.
    Endpoint(String),
    /// A container that no file declares: its name.
    Container(String),
}

impl Place {
    /// The file, if it is in one.
    pub fn source(&self) -> Option<SourceId> {
        match self {
            Place::Node(pointer, _) => Some(pointer.source),
            Place::Text(source, _) => Some(*source),
            Place::Endpoint(_) | Place::Container(_) => None,
        }
    }
}

/// A place and what is to be said of it. The first label of a finding is where it stands; the others are the other
/// sides of a mismatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub at: Place,
    /// What it says there; may be empty.
    pub text: String,
}

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the catalog knows of an image or version.
    Catalog,
    /// Another finding that this one explains.
    Finding,
    /// A file.
    File,
    /// An answer of an endpoint, or that there was none.
    Wire,
    /// What the container engine shows.
    Docker,
    /// What a client says of its own servers.
    Client,
}

impl Source {
    /// The word used in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Source::Catalog => "catalog",
            Source::Finding => "finding",
            Source::File => "file",
            Source::Wire => "wire",
            Source::Docker => "docker",
            Source::Client => "client",
        }
    }
}

/// Something that supports a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it comes from.
    pub from: Source,
    /// What it says.
    pub text: String,
}

/// Which other finding is the cause of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// That of this check, about this subject.
    Finding(&'static str, String),
    /// The first one that breaks this hop.
    Breaks(HopId),
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check that says it; set by [`Findings::add`].
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Names the thing, both sides and the next step; lower case, no full stop. Never contains a secret.
    pub message: String,
    /// Places; the first is where the finding stands.
    pub labels: Vec<Label>,
    /// What supports it.
    pub evidence: Vec<Evidence>,
    /// Repairs, best first.
    pub fixes: Vec<Fix>,
    /// Ways to repair it that were weighed and cannot be gone.
    pub rejected: Vec<Rejected>,
    /// What it is about, in a word that survives moves: a server's or service's name, a key. Part of the fingerprint.
    pub subject: String,
    /// Hops that it breaks (errors) or concerns.
    pub hops: Vec<HopId>,
    /// What causes it.
    pub caused_by: Option<Cause>,
    /// The versions of the gateway or client in which it holds, when not in all.
    pub versions: Option<String>,
    /// The endpoint that was called, where an answer shows it.
    pub endpoint: Option<String>,
}

impl Finding {
    /// A finding at a node.
    pub fn at(pointer: &Pointer, part: Part, message: impl Into<String>) -> Finding {
        Finding::in_place(Place::Node(pointer.clone(), part), message)
    }

    /// A finding at a place.
    pub fn in_place(at: Place, message: impl Into<String>) -> Finding {
        Finding {
            check: "",
            severity: Severity::Note,
            message: message.into(),
            labels: vec![Label {
                at,
                text: String::new(),
            }],
            evidence: Vec::new(),
            fixes: Vec::new(),
            rejected: Vec::new(),
            subject: String::new(),
            hops: Vec::new(),
            caused_by: None,
            versions: None,
            endpoint: None,
        }
    }

    /// What is said at the finding's own place.
    pub fn says(mut self, text: impl Into<String>) -> Finding {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Another place: the other side, or one more of the same kind.
    pub fn also(mut self, pointer: &Pointer, part: Part, text: impl Into<String>) -> Finding {
        self.labels.push(Label {
            at: Place::Node(pointer.clone(), part),
            text: text.into(),
        });
        self
    }

    /// Another place given in bytes.
    pub fn also_in(mut self, at: Place, text: impl Into<String>) -> Finding {
        self.labels.push(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// What supports it.
    pub fn evidence(mut self, from: Source, text: impl Into<String>) -> Finding {
        self.evidence.push(Evidence {
            from,
            text: text.into(),
        });
        self
    }

    /// A repair.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fixes.push(fix);
        self
    }

    /// What it is about.
    pub fn subject(mut self, subject: impl Into<String>) -> Finding {
        self.subject = subject.into();
        self
    }

    /// A hop that it breaks or concerns.
    pub fn hop(mut self, hop: HopId) -> Finding {
        self.hops.push(hop);
        self
    }

    /// Several hops.
    pub fn hops(mut self, hops: impl IntoIterator<Item = HopId>) -> Finding {
        self.hops.extend(hops);
        self
    }

    /// The finding of another check about `subject` that causes this one.
    pub fn caused_by(mut self, check: &'static str, subject: impl Into<String>) -> Finding {
        self.caused_by = Some(Cause::Finding(check, subject.into()));
        self
    }

    /// Whatever breaks this hop causes this one.
    pub fn caused_by_what_breaks(mut self, hop: HopId) -> Finding {
        self.caused_by = Some(Cause::Breaks(hop));
        self
    }
}

/// A check that could not speak, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The check.
    pub check: &'static str,
    /// Why, and what would let it speak.
    pub reason: String,
}

/// What the checks of a run have said.
#[derive(Debug, Default)]
pub struct Findings {
    current: Option<&'static Check>,
    list: Vec<Finding>,
    skipped: Vec<Skipped>,
}

impl Findings {
    /// Runs one check.
    pub fn run(&mut self, check: &'static Check, case: &Case<'_>) {
        let before = self.list.len();
        self.current = Some(check);
        (check.run)(case, self);
        self.current = None;
        let found = self.list.split_off(before);
        let counts = found.into_iter().filter(|one| adopted::counts(case, one));
        self.list.extend(counts);
        for finding in &mut self.list[before..] {
            ids::remark(case, finding);
            adopted::by_hand(case, finding);
        }
    }

    /// Adds a finding with the check's usual severity.
    pub fn add(&mut self, finding: Finding) {
        if let Some(check) = self.current {
            self.push(check.severity, finding);
        }
    }

    /// Adds a finding with another severity than the usual one.
    pub fn add_as(&mut self, severity: Severity, finding: Finding) {
        self.push(severity, finding);
    }

    /// Adds a finding that holds in `versions` only: one level lower, and naming them, unless that is every version
    /// that this run has to reckon with. Where the newest version has nothing against it, it is a note: who does not
    /// say which version runs has most often the newest, and a file that is right there is no mistake.
    pub fn add_in(&mut self, severity: Severity, versions: &VersionSet, mut finding: Finding) {
        if versions.is_all() {
            self.push(severity, finding);
            return;
        }
        finding.versions = Some(versions.describe());
        let lowered = if versions.contains(&Version::head()) {
            severity.lower()
        } else {
            Severity::Note
        };
        self.push(lowered, finding);
    }

    fn push(&mut self, severity: Severity, mut finding: Finding) {
        let Some(check) = self.current else { return };
        finding.check = check.id;
        finding.severity = severity;
        self.list.push(finding);
    }

    /// Notes that the check could not speak of something, and why.
    pub fn skip(&mut self, reason: impl Into<String>) {
        let Some(check) = self.current else { return };
        let skipped = Skipped {
            check: check.id,
            reason: reason.into(),
        };
        if !self.skipped.contains(&skipped) {
            self.skipped.push(skipped);
        }
    }

    /// Notes that a check was not run at all.
    pub fn skip_check(&mut self, check: &'static Check, reason: impl Into<String>) {
        self.skipped.push(Skipped {
            check: check.id,
            reason: reason.into(),
        });
    }

    /// Everything that was said.
    pub fn into_parts(self) -> (Vec<Finding>, Vec<Skipped>) {
        (self.list, self.skipped)
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
