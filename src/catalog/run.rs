//! What a server speaks when it is started in a given way: from image, arguments and variables to transports.

use super::command;
use super::glob;
use super::image::ImageRef;
use super::server::{
    Auth, BindDefault, HostPolicy, HostRule, ImageFacts, OneOrMany, Select, Server, ServerKind,
    Setting, Transport, TransportKind,
};
use super::version::Version;
pub use crate::model::EnvLookup;

/// How a server is started.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// The image it runs from, when it runs from one.
    pub image: Option<&'a ImageRef>,
    /// The version of the server, where something else than the image's tag says it.
    pub version: Option<&'a Version>,
    /// The entrypoint that replaces the image's (compose `entrypoint:`).
    pub entrypoint: Option<&'a [String]>,
    /// What replaces the image's CMD (compose `command:`), or the arguments behind the program. With an image, a
    /// whole command line is understood as well.
    pub args: &'a [String],
    /// The variables that the file or the container sets; those of the image's own ENV are in the catalog.
    pub env: &'a dyn Fn(&str) -> EnvLookup,
}

/// What a process speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// All at once. Empty and `Known`: it speaks nothing and exits, as an image that needs a subcommand does.
    pub transports: Vec<Speaks>,
    /// With `Unknown` the transports are the likeliest ones, not to be rested on.
    pub certainty: Certainty,
}

/// Whether it is known what a process speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It is.
    Known,
    /// Why not: lower case, no full stop.
    Unknown(String),
}

/// One transport of a running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaks {
    /// What is spoken.
    pub kind: TransportKind,
    /// `None`: stdio, or not known (random, set by a variable that is not known).
    pub port: Option<u16>,
    /// With its leading slash. `None`: stdio, or not known.
    pub path: Option<String>,
    /// `Unknown` for stdio.
    pub bind: Bind,
    /// What `bind` rests on.
    pub bind_from: BindFrom,
    /// What a caller must present. For stdio always [`Auth::None`].
    pub auth: Auth,
    /// Whether that the transport is there, and where, was verified: [`Transport::unsure`].
    pub sure: bool,
    /// What chose the transport, to be shown before its title: "`--transport=sse` selects", "the default of the image
    /// mcp/grafana is".
    pub why: String,
}

/// The address that a process listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.0/8, `::1` or localhost: in a container nobody outside of it reaches that.
    Loopback,
    /// Every address: 0.0.0.0 or `::`.
    Any,
    /// Another address or a name, as written.
    Address(String),
    /// Not known; always so for stdio.
    Unknown,
}

/// What is known of an address that a process listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindFrom {
    /// An argument or a variable says it.
    Given,
    /// What is known of the image.
    Image,
    /// The program's own default. The image may change it in a way that is not known.
    Program,
}

impl From<BindDefault> for Bind {
    fn from(default: BindDefault) -> Bind {
        match default {
            BindDefault::Loopback => Bind::Loopback,
            BindDefault::Any => Bind::Any,
            BindDefault::Unknown => Bind::Unknown,
        }
    }
}

/// What chose a transport, where that is a word of the image and nobody who starts it wrote it: "the image's own command
/// has `stdio`, which selects".
fn own_words(launch: &Launch<'_>, why: String) -> String {
    let Some((words, rest)) = why
        .strip_prefix('`')
        .and_then(|why| why.split_once('`'))
        .filter(|_| launch.image.is_some())
    else {
        return why;
    };
    let entrypoint = launch.entrypoint.unwrap_or_default();
    let mut given = entrypoint.iter().chain(launch.args);
    let is_given = |word: &str| given.any(|given| given.contains(word));
    match words.split_whitespace().any(is_given) {
        true => why,
        false => format!("the image's own command has `{words}`, which{rest}"),
    }
}

impl Running {
    /// The transport of this kind, if it is spoken.
    pub fn speaks(&self, kind: TransportKind) -> Option<&Speaks> {
        self.transports.iter().find(|speaks| speaks.kind == kind)
    }

    fn unknown(reason: String) -> Running {
        Running {
            transports: Vec::new(),
            certainty: Certainty::Unknown(reason),
        }
    }
}

/// The server's own arguments, and what of the image still counts.
pub(super) struct Own<'a> {
    pub args: Vec<String>,
    pub facts: Option<&'a ImageFacts>,
    /// The image's entrypoint runs, with what it adds.
    entrypoint_runs: bool,
    /// The image's default transport may hold: nothing replaced what makes it.
    default_holds: bool,
}

impl Own<'_> {
    /// A variable as the process sees it: the file's, else the image's own.
    pub fn variable(&self, launch: &Launch<'_>, name: &str) -> EnvLookup {
        match (launch.env)(name) {
            EnvLookup::Unset => self
                .facts
                .and_then(|facts| facts.env.get(name).cloned())
                .map_or(EnvLookup::Unset, EnvLookup::Set),
            EnvLookup::Set(value) if unresolved(&value) => EnvLookup::Unknown,
            found => found,
        }
    }
}

/// What chose the transports.
struct Choice<'a> {
    transports: Vec<&'a Transport>,
    why: String,
    doubt: Option<String>,
}

impl Server {
    /// Which transports the process speaks, where, and why.
    ///
    /// An argument chooses before a variable, a variable before the image's default, that before the program's.
    pub fn runs(&self, launch: &Launch<'_>) -> Running {
        let own = match self.own_arguments(launch) {
            Ok(own) => own,
            Err(reason) => return Running::unknown(reason),
        };
        if self.transports.is_empty() {
            return Running::unknown(format!("nothing is known of the transports of {}", self.id));
        }
        let tag = launch.image.and_then(|image| self.image_version(image));
        let version = launch.version.or(tag.as_ref().map(|tag| &tag.version));
        let candidates = self.candidates(version);
        let env = |name: &str| own.variable(launch, name);
        let choice = match choose_by_arguments(&candidates, &own.args) {
            ByArguments::Chosen(transports, why) => Choice {
                transports,
                why: own_words(launch, why),
                doubt: None,
            },
            ByArguments::Doubt(reason) => return Running::unknown(reason),
            ByArguments::Nothing(doubt) => {
                let mut choice =
                    choose_by_variables(&candidates, &env).unwrap_or_else(|env_doubt| {
                        self.choose_by_default(launch, &own, &candidates, version, env_doubt)
                    });
                choice.doubt = doubt.or(choice.doubt);
                choice
            }
        };
        if let Some(version) = version
            && let Some(missing) = choice
                .transports
                .iter()
                .find(|transport| !transport.versions.contains(version))
        {
            return Running::unknown(format!(
                "{} of {} has no {} transport (it exists {})",
                version,
                self.id,
                missing.kind,
                missing.versions.describe()
            ));
        }
        Running {
            transports: choice
                .transports
                .iter()
                .map(|transport| self.speaks(transport, &own, &env, &choice.why))
                .collect(),
            certainty: choice.doubt.map_or(Certainty::Known, Certainty::Unknown),
        }
    }

    /// Whether a request whose Host is the name `host` gets past `rule`, when the server is started so and binds so.
    /// `None`: not known.
    pub fn admits(
        &self,
        rule: &HostRule,
        launch: &Launch<'_>,
        listens: &Bind,
        host: &str,
    ) -> Option<bool> {
        let own = self.own_arguments(launch).ok()?;
        let env = |name: &str| match (launch.env)(name) {
            EnvLookup::Unset => own
                .facts
                .and_then(|facts| facts.env.get(name).cloned())
                .map_or(EnvLookup::Unset, EnvLookup::Set),
            EnvLookup::Set(value) if unresolved(&value) => EnvLookup::Unknown,
            found => found,
        };
        let off = Select {
            args: rule.off.args.clone(),
            env: rule
                .off
                .env
                .iter()
                .map(|(name, value)| (name.clone(), OneOrMany::One(value.clone())))
                .collect(),
        };
        match selected(&off, &own.args, &env) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => return None,
        }
        let named = |text: &str| {
            text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '='))
                .any(|word| {
                    let name = word.rsplit_once(':').map_or(word, |(name, _)| name);
                    name.eq_ignore_ascii_case(host) || rule.allow.any.as_deref() == Some(word)
                })
        };
        match given(&rule.allow.args, &rule.allow.env, &own.args, &env) {
            Given::Unknown => return None,
            // The flag may stand several times, or take several values.
            Given::Value(value) => {
                return Some(named(&value) || own.args.iter().any(|arg| named(arg)));
            }
            Given::Nothing => {}
        }
        match rule.policy {
            HostPolicy::None | HostPolicy::OptIn => Some(true),
            HostPolicy::Loopback => Some(false),
            HostPolicy::BindHost => match listens {
                Bind::Address(address) => Some(address.eq_ignore_ascii_case(host)),
                Bind::Any | Bind::Loopback => Some(false),
                Bind::Unknown => None,
            },
            HostPolicy::Listed | HostPolicy::Unknown => None,
        }
    }

    /// The transports of this version, or of the newest where it is not known. A kind that this version has in no
    /// form stays, so that choosing it is noticed.
    fn candidates(&self, version: Option<&Version>) -> Vec<&Transport> {
        let head = Version::head();
        let version = version.unwrap_or(&head);
        self.transports
            .iter()
            .filter(|transport| {
                transport.versions.contains(version)
                    || !self.transports.iter().any(|other| {
                        other.kind == transport.kind && other.versions.contains(version)
                    })
            })
            .collect()
    }

    pub(super) fn own_arguments<'a>(&'a self, launch: &Launch<'_>) -> Result<Own<'a>, String> {
        let facts = launch.image.and_then(|image| self.image_facts(image));
        let image_entrypoint = facts.and_then(|facts| facts.entrypoint.as_deref());
        let image_command = facts.and_then(|facts| facts.command.as_deref());
        let args = launch.args.to_vec();
        let mut own = Own {
            args,
            facts,
            entrypoint_runs: true,
            default_holds: launch.args.is_empty() || image_command.is_none_or(<[_]>::is_empty),
        };
        match (launch.entrypoint, image_entrypoint) {
            (Some(given), _) if !given.is_empty() => {
                let line = [given, launch.args].concat();
                let same = image_entrypoint.is_some_and(|image| image.first() == given.first());
                own.args = self
                    .arguments_of(&line, launch, image_entrypoint)
                    .ok_or_else(|| {
                        format!(
                            "the entrypoint is replaced by `{}`, which is not understood",
                            given.join(" ")
                        )
                    })?;
                own.entrypoint_runs = same;
                own.default_holds = same && image_command.is_some_and(<[_]>::is_empty);
            }
            (None, Some(entrypoint)) if !entrypoint.is_empty() => {
                let behind = if launch.args.is_empty() {
                    image_command.unwrap_or_default()
                } else {
                    launch.args
                };
                own.args = self
                    .arguments_of(entrypoint, launch, image_entrypoint)
                    .unwrap_or_else(|| entrypoint[1..].to_vec());
                own.args.extend_from_slice(behind);
            }
            (None, _) if launch.image.is_none() => {}
            (entrypoint, image_entrypoint) => {
                let cleared = entrypoint.is_some();
                own.entrypoint_runs = !cleared;
                own.default_holds &= !cleared;
                let line = match launch.args {
                    [] if !cleared => image_command.unwrap_or_default(),
                    args => args,
                };
                match self.arguments_of(line, launch, None) {
                    Some(args) => own.args = args,
                    None if line.first().is_none_or(|first| first.starts_with('-')) => {
                        own.args = line.to_vec();
                    }
                    None if cleared || image_entrypoint.is_some() || is_shell(line) => {
                        return Err(format!(
                            "the command is `{}`, which is not understood",
                            line.join(" ")
                        ));
                    }
                    None => own.args = line.to_vec(),
                }
            }
        }
        if self.kind == ServerKind::Bridge {
            own.args = self.bridge_arguments(own.args);
        }
        Ok(own)
    }

    /// The arguments of this server on a whole command line; `None` where it starts something else. Within the
    /// server's own image a script is taken to be the server, and so is the program of the image's entrypoint.
    fn arguments_of(
        &self,
        line: &[String],
        launch: &Launch<'_>,
        image_entrypoint: Option<&[String]>,
    ) -> Option<Vec<String>> {
        let read = command::read(line)?;
        if let Some(rest) = command::arguments(&self.names, &read) {
            return Some(rest);
        }
        let own_program = image_entrypoint.and_then(|entrypoint| entrypoint.first());
        match read.starts {
            // The script of the image's own entrypoint is the server, and none of its arguments.
            command::Starts::Script(_) if image_entrypoint == Some(line) => Some(read.rest),
            command::Starts::Script(path) if launch.image.is_some() => {
                Some([vec![path], read.rest].concat())
            }
            command::Starts::Program(program, _) if own_program == Some(&program) => {
                Some(read.rest)
            }
            _ => None,
        }
    }

    /// A bridge's arguments without those of the command it runs: up to `--`, or up to the first positional.
    fn bridge_arguments(&self, mut args: Vec<String>) -> Vec<String> {
        let Some(wraps) = &self.wraps else {
            return args;
        };
        if let Some(end) = args.iter().position(|arg| arg == "--") {
            args.truncate(end);
        }
        let takes_positional = |takes: &Option<super::server::Takes>| {
            takes.as_ref().is_some_and(|takes| takes.positional)
        };
        if !takes_positional(&wraps.command) && !takes_positional(&wraps.url) {
            return args;
        }
        let mut at = 0;
        while at < args.len() {
            let arg = &args[at];
            if !arg.starts_with('-') {
                args.truncate(at + 1);
                break;
            }
            let values = if arg.contains('=') {
                0
            } else {
                wraps.takes.get(arg.as_str()).copied().unwrap_or(1)
            };
            at += 1 + values;
        }
        args
    }

    fn choose_by_default<'a>(
        &'a self,
        launch: &Launch<'_>,
        own: &Own<'_>,
        candidates: &[&'a Transport],
        version: Option<&Version>,
        env_doubt: Option<String>,
    ) -> Choice<'a> {
        let from_image = own
            .facts
            .filter(|_| own.default_holds)
            .and_then(|facts| facts.default.as_ref());
        if let (Some(kinds), Some(image)) = (from_image, launch.image) {
            return Choice {
                transports: candidates
                    .iter()
                    .copied()
                    .filter(|transport| kinds.contains(&transport.kind))
                    .collect(),
                why: format!("the default of the image {} is", image.repository_name()),
                doubt: env_doubt,
            };
        }
        let head = Version::head();
        let transports: Vec<&Transport> = candidates
            .iter()
            .copied()
            .filter(|transport| transport.default.contains(version.unwrap_or(&head)))
            .collect();
        let flips = version.is_none()
            && self
                .transports
                .iter()
                .any(|transport| !transport.default.is_all() && !transport.default.is_empty());
        let image_unknown = launch.image.is_some()
            && launch.entrypoint.is_none()
            && own.facts.is_none_or(|facts| facts.default.is_none())
            && self.transports.len() > 1;
        let doubt = if transports.is_empty() {
            Some(format!("{} speaks nothing unless it is told what", self.id))
        } else if flips {
            Some(format!(
                "the default of {} is not the same in all versions, and the version is not known",
                self.id
            ))
        } else if image_unknown {
            Some("what the image runs by default is not known".to_string())
        } else {
            None
        };
        Choice {
            transports,
            why: format!("the default of {} is", self.title),
            doubt: env_doubt.or(doubt),
        }
    }

    fn speaks(
        &self,
        transport: &Transport,
        own: &Own<'_>,
        env: &dyn Fn(&str) -> EnvLookup,
        why: &str,
    ) -> Speaks {
        let why = why.to_string();
        if transport.kind == TransportKind::Stdio {
            return Speaks {
                kind: TransportKind::Stdio,
                port: None,
                path: None,
                bind: Bind::Unknown,
                bind_from: BindFrom::Program,
                auth: Auth::None,
                sure: !transport.unsure,
                why,
            };
        }
        let image_port = own
            .facts
            .filter(|facts| {
                own.default_holds
                    && facts
                        .default
                        .as_ref()
                        .is_some_and(|kinds| kinds.contains(&transport.kind))
            })
            .and_then(|facts| facts.port);
        let Setting {
            args, env: vars, ..
        } = &transport.port;
        let port = match given(args, vars, &own.args, env) {
            Given::Value(value) => address(&value).1,
            Given::Nothing => image_port.or(transport.port.default),
            Given::Unknown => None,
        };
        let path = &transport.path;
        let path = match given(&path.args, &path.env, &own.args, env) {
            Given::Value(value) if value.starts_with('/') => Some(value),
            Given::Value(value) => Some(format!("/{value}")),
            Given::Nothing => path.default.clone(),
            Given::Unknown => None,
        };
        let image_bind = own
            .facts
            .filter(|_| own.entrypoint_runs)
            .and_then(|facts| facts.bind.get(&transport.kind).copied());
        let Setting {
            args, env: vars, ..
        } = &transport.bind;
        let (bind, bind_from) = match given(args, vars, &own.args, env) {
            Given::Value(value) => (bind(&value), BindFrom::Given),
            Given::Nothing => match (image_bind, transport.bind.default) {
                (Some(image), _) => (image.into(), BindFrom::Image),
                (None, Some(program)) => (program.into(), BindFrom::Program),
                (None, None) => (Bind::Unknown, BindFrom::Program),
            },
            Given::Unknown => (Bind::Unknown, BindFrom::Given),
        };
        let auth = match (
            selected(&transport.auth_on, &own.args, env),
            selected(&transport.auth_off, &own.args, env),
        ) {
            (_, Some(true)) => Auth::None,
            (Some(true), _) => Auth::Bearer,
            (None, _) | (_, None) => Auth::Unknown,
            _ => transport.auth,
        };
        Speaks {
            kind: transport.kind,
            port,
            path,
            bind,
            bind_from,
            auth,
            sure: !transport.unsure,
            why,
        }
    }
}

enum ByArguments<'a> {
    Chosen(Vec<&'a Transport>, String),
    /// A choice was made that is not understood.
    Doubt(String),
    /// No choice; perhaps one was hidden.
    Nothing(Option<String>),
}

/// The transports whose choosing argument stands last: a later flag overrides an earlier one.
fn choose_by_arguments<'a>(candidates: &[&'a Transport], args: &[String]) -> ByArguments<'a> {
    let found = |transport: &Transport| {
        let alternatives = transport.select.args.iter();
        alternatives
            .filter_map(|words| matched_at(words, args))
            .max()
    };
    let last = candidates
        .iter()
        .filter_map(|transport| found(transport))
        .max();
    let choosing: Vec<&str> = candidates
        .iter()
        .flat_map(|transport| &transport.select.args)
        .flat_map(|words| words.split(' '))
        .filter(|word| word.starts_with('-'))
        .filter_map(|word| Some(flag(word)?.0).filter(|_| word.contains('=')))
        .collect();
    let last_flag = args
        .iter()
        .rposition(|arg| flag(arg).is_some_and(|(name, _)| choosing.contains(&name)));
    if let Some(at) = last_flag
        && last.is_none_or(|last| last < at)
    {
        let written = written_at(args, at);
        return ByArguments::Doubt(if unresolved(&written) {
            format!("`{written}` has a value that is not known")
        } else {
            format!("`{written}` is no transport that this server is known to have")
        });
    }
    match last {
        Some(last) => ByArguments::Chosen(
            candidates
                .iter()
                .copied()
                .filter(|transport| found(transport) == Some(last))
                .collect(),
            format!("`{}` selects", written_at(args, last)),
        ),
        None => ByArguments::Nothing(
            args.iter()
                .find(|arg| arg.starts_with('$'))
                .filter(|_| candidates.len() > 1)
                .map(|arg| format!("the argument `{arg}` is not known")),
        ),
    }
}

/// The transports that a variable chooses. `Err`: none does; with the reason why one may.
fn choose_by_variables<'a>(
    candidates: &[&'a Transport],
    env: &dyn Fn(&str) -> EnvLookup,
) -> Result<Choice<'a>, Option<String>> {
    let mut chosen: Vec<&Transport> = Vec::new();
    let mut why = String::new();
    let mut doubt = None;
    // A variable whose value names the transport says more than one that is only there.
    for precise in [true, false] {
        for transport in candidates {
            for (name, values) in &transport.select.env {
                if values.values().iter().any(|value| value == "*") == precise {
                    continue;
                }
                match env(name) {
                    EnvLookup::Set(value) if chooses(values, &value) => {
                        why = match precise {
                            true => format!("the variable {name}={value} selects"),
                            false => format!("the variable {name} selects"),
                        };
                        if !chosen.iter().any(|other| std::ptr::eq(*other, *transport)) {
                            chosen.push(transport);
                        }
                    }
                    EnvLookup::Set(value) if precise && odd(candidates, name, &value) => {
                        doubt = Some(format!(
                            "{name}={value} is no transport that this server is known to have"
                        ));
                    }
                    EnvLookup::Set(_) | EnvLookup::Unset => {}
                    EnvLookup::Unknown => {
                        doubt = Some(format!("the value of the variable {name} is not known"));
                    }
                }
            }
        }
        if !chosen.is_empty() {
            return Ok(Choice {
                transports: chosen,
                why,
                doubt: None,
            });
        }
    }
    Err(doubt)
}

/// Whether a variable that names transports has a value that names none of them.
fn odd(candidates: &[&Transport], name: &str, value: &str) -> bool {
    let mut known = candidates
        .iter()
        .filter_map(|transport| transport.select.env.get(name))
        .flat_map(OneOrMany::values)
        .peekable();
    let names_transports = known
        .peek()
        .is_some_and(|first| !["true", "1", "*"].contains(&first.as_str()));
    !value.is_empty() && names_transports && !known.any(|known| known.eq_ignore_ascii_case(value))
}

fn chooses(values: &OneOrMany, value: &str) -> bool {
    values
        .values()
        .iter()
        .any(|known| (known == "*" && !value.is_empty()) || known.eq_ignore_ascii_case(value))
}

/// Whether arguments or variables choose something; `None`: not known.
fn selected(select: &Select, args: &[String], env: &dyn Fn(&str) -> EnvLookup) -> Option<bool> {
    if select
        .args
        .iter()
        .any(|words| matched_at(words, args).is_some())
    {
        return Some(true);
    }
    let mut answer = Some(false);
    for (name, values) in &select.env {
        match env(name) {
            EnvLookup::Set(value) if chooses(values, &value) => return Some(true),
            EnvLookup::Unknown => answer = None,
            EnvLookup::Set(_) | EnvLookup::Unset => {}
        }
    }
    answer
}

/// Where the words of a [`Select`] stand among the arguments: the last place of the first of them.
pub(super) fn matched_at(words: &str, args: &[String]) -> Option<usize> {
    let mut words = words.split(' ').map(|word| {
        (0..args.len()).rev().find(|at| match flag(word) {
            Some((name, None)) => flag(&args[*at]).is_some_and(|(given, _)| given == name),
            Some((name, value)) => {
                flag(&args[*at]).is_some_and(|(given, _)| given == name)
                    && flag_value(args, *at) == value
            }
            None => glob::matches(word, &args[*at]),
        })
    });
    let first = words.next()??;
    words.all(|at| at.is_some()).then_some(first)
}

/// The name and the attached value of a flag. How many dashes it has does not count: Go's flags have either.
pub(super) fn flag(arg: &str) -> Option<(&str, Option<&str>)> {
    let name = arg.trim_start_matches('-');
    if name.len() == arg.len() || name.is_empty() {
        return None;
    }
    Some(match name.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (name, None),
    })
}

/// The value of the flag at a place: attached, or the next argument.
pub(super) fn flag_value(args: &[String], at: usize) -> Option<&str> {
    match flag(&args[at])? {
        (_, Some(value)) => Some(value),
        (_, None) => args
            .get(at + 1)
            .map(String::as_str)
            .filter(|next| !next.starts_with('-') || next.len() == 1),
    }
}

/// The flag with its value, or the word, as it is written.
fn written_at(args: &[String], at: usize) -> String {
    match (flag(&args[at]), flag_value(args, at)) {
        (Some((_, None)), Some(value)) => format!("{} {value}", args[at]),
        _ => args[at].clone(),
    }
}

fn is_shell(line: &[String]) -> bool {
    line.get(1).is_some_and(|flag| flag == "-c")
}

enum Given {
    Value(String),
    Nothing,
    Unknown,
}

/// The value that flags, else variables, give to a setting.
fn given(
    flags: &[String],
    variables: &[String],
    args: &[String],
    env: &dyn Fn(&str) -> EnvLookup,
) -> Given {
    let wanted = |arg: &String| {
        let given = flag(arg).map(|(name, _)| name);
        given.is_some()
            && flags
                .iter()
                .any(|known| flag(known).map(|(name, _)| name) == given)
    };
    if let Some(at) = args.iter().rposition(wanted) {
        return match flag_value(args, at) {
            Some(value) if !unresolved(value) => Given::Value(value.to_string()),
            _ => Given::Unknown,
        };
    }
    for name in variables {
        match env(name) {
            EnvLookup::Set(value) if !value.is_empty() => return Given::Value(value),
            EnvLookup::Set(_) | EnvLookup::Unset => {}
            EnvLookup::Unknown => return Given::Unknown,
        }
    }
    Given::Nothing
}

/// Whether a text has a variable in it that nobody filled in.
pub(super) fn unresolved(text: &str) -> bool {
    text.contains("${") || text.starts_with('$')
}

/// The host and the port of `8000`, `host`, `host:8000`, `:8000`, `[::]:8000`, `http://host:8000/`.
fn address(text: &str) -> (&str, Option<u16>) {
    if let Ok(port) = text.parse() {
        return ("", Some(port));
    }
    let text = text.split(';').next().unwrap_or(text);
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('/').next().unwrap_or(text);
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().ok())
        }
        _ => (text, None),
    }
}

fn bind(value: &str) -> Bind {
    match address(value) {
        ("", Some(_)) | ("0.0.0.0" | "::" | "[::]" | "*" | "+", _) => Bind::Any,
        ("localhost" | "::1" | "[::1]", _) => Bind::Loopback,
        (host, _) if host.starts_with("127.") => Bind::Loopback,
        ("", None) => Bind::Unknown,
        (host, _) => Bind::Address(host.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    /// "kind port path bind" of each transport, and the certainty.
    fn runs(id: &str, image: Option<&str>, line: &str, env: &[(&str, &str)]) -> String {
        launched(id, image, None, line, env)
    }

    fn launched(
        id: &str,
        image: Option<&str>,
        entrypoint: Option<&str>,
        line: &str,
        env: &[(&str, &str)],
    ) -> String {
        let words =
            |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_string).collect() };
        let image = image.map(ImageRef::parse);
        let entrypoint = entrypoint.map(words);
        let running = Catalog::builtin().by_id(id).unwrap().runs(&Launch {
            image: image.as_ref(),
            version: None,
            entrypoint: entrypoint.as_deref(),
            args: &words(line),
            env: &|name| match env.iter().find(|(key, _)| *key == name) {
                Some((_, "?")) => EnvLookup::Unknown,
                Some((_, value)) => EnvLookup::Set(value.to_string()),
                None => EnvLookup::Unset,
            },
        });
        let said: Vec<String> = running
            .transports
            .iter()
            .map(|speaks| match speaks.kind {
                TransportKind::Stdio => "stdio".to_string(),
                kind => format!(
                    "{kind} {} {} {:?}",
                    speaks.port.map_or("?".to_string(), |port| port.to_string()),
                    speaks.path.as_deref().unwrap_or("?"),
                    speaks.bind
                ),
            })
            .collect();
        let doubt = match running.certainty {
            Certainty::Known => "",
            Certainty::Unknown(_) => "? ",
        };
        format!("{doubt}{}", said.join(", "))
    }

    const PG: &str = "crystaldba-postgres-mcp";
    const PG_IMAGE: Option<&str> = Some("docker.io/crystaldba/postgres-mcp:0.3.0");

    #[test]
    fn postgres_mcp_speaks_stdio_unless_told_otherwise() {
        assert_eq!(runs(PG, PG_IMAGE, "", &[]), "stdio");
        assert_eq!(runs(PG, PG_IMAGE, "", &[("MCP_TRANSPORT", "sse")]), "stdio");
        assert_eq!(runs(PG, PG_IMAGE, "--access-mode=restricted", &[]), "stdio");
        assert_eq!(runs(PG, Some("crystaldba/postgres-mcp"), "", &[]), "stdio");
    }

    #[test]
    fn postgres_mcp_binds_all_in_its_image_only() {
        let sse = "--transport=sse";
        assert_eq!(runs(PG, PG_IMAGE, sse, &[]), "sse 8000 /sse Any");
        assert_eq!(runs(PG, None, sse, &[]), "sse 8000 /sse Loopback");
        assert_eq!(
            runs(PG, PG_IMAGE, "--transport sse --sse-port 8686", &[]),
            "sse 8686 /sse Any"
        );
        assert_eq!(
            runs(PG, PG_IMAGE, "--transport=sse --sse-host=127.0.0.1", &[]),
            "sse 8000 /sse Loopback"
        );
        assert_eq!(
            launched(PG, PG_IMAGE, Some("postgres-mcp"), sse, &[]),
            "sse 8000 /sse Loopback"
        );
        assert_eq!(
            launched(
                PG,
                PG_IMAGE,
                Some("/app/docker-entrypoint.sh postgres-mcp"),
                sse,
                &[]
            ),
            "sse 8000 /sse Any"
        );
        assert_eq!(
            launched(PG, PG_IMAGE, Some("/own/start.sh"), sse, &[]),
            "? "
        );
        assert_eq!(
            runs(PG, PG_IMAGE, "--transport=sse --sse-port=${PORT}", &[]),
            "sse ? /sse Any"
        );
    }

    #[test]
    fn a_transport_that_the_version_lacks_is_not_concluded() {
        assert_eq!(runs(PG, PG_IMAGE, "--transport=streamable-http", &[]), "? ");
        assert_eq!(
            runs(
                PG,
                Some("crystaldba/postgres-mcp:0.2.0"),
                "--transport=sse",
                &[]
            ),
            "? "
        );
        assert_eq!(
            runs(
                PG,
                Some("crystaldba/postgres-mcp:main"),
                "--transport=streamable-http --streamable-http-host=0.0.0.0",
                &[]
            ),
            "http 8000 /mcp Any"
        );
        assert_eq!(runs(PG, PG_IMAGE, "--transport=tcp", &[]), "? ");
        assert_eq!(runs(PG, PG_IMAGE, "--transport ${T}", &[]), "? ");
        assert_eq!(runs(PG, PG_IMAGE, "${ARGS}", &[]), "? stdio");
    }

    #[test]
    fn an_image_may_differ_from_its_program() {
        let image = Some("mcp/grafana");
        assert_eq!(runs("grafana", image, "", &[]), "sse 8000 /sse Any");
        assert_eq!(
            runs("grafana", image, "--disable-write", &[]),
            "sse 8000 /sse Any"
        );
        assert_eq!(runs("grafana", image, "-t stdio", &[]), "stdio");
        assert_eq!(
            runs(
                "grafana",
                image,
                "-transport streamable-http --address :9000",
                &[]
            ),
            "http 9000 /mcp Any"
        );
        assert_eq!(runs("grafana", None, "", &[]), "stdio");

        assert_eq!(runs("context7", None, "", &[]), "stdio");
        assert_eq!(
            runs("context7", Some("mcp/context7"), "", &[]),
            "http 8080 /mcp Any"
        );
        assert_eq!(
            runs(
                "context7",
                Some("mcp/context7"),
                "node dist/index.js --transport http",
                &[]
            ),
            "http 3000 /mcp Any"
        );
        assert_eq!(
            runs("context7", Some("mcp/context7"), "node dist/index.js", &[]),
            "stdio"
        );

        let image = Some("quay.io/containers/kubernetes_mcp_server:v0.0.50");
        assert_eq!(
            runs("kubernetes-containers", image, "", &[]),
            "http 8080 /mcp Any"
        );
        assert_eq!(
            runs("kubernetes-containers", image, "--read-only", &[]),
            "stdio"
        );

        let image = Some("docker.elastic.co/mcp/elasticsearch");
        assert_eq!(runs("elasticsearch", image, "", &[]), "");
        assert_eq!(
            runs("elasticsearch", image, "http", &[]),
            "http 8080 /mcp Any"
        );
        assert_eq!(
            runs("elasticsearch", image, "http --sse", &[]),
            "http 8080 /mcp Any, sse 8080 /mcp/sse Any"
        );

        // Nobody read what this image does.
        assert_eq!(runs("mongodb", Some("mcp/mongodb"), "", &[]), "? stdio");
    }

    #[test]
    fn a_subcommand_chooses() {
        let image = Some("ghcr.io/github/github-mcp-server:v0.20.1");
        assert_eq!(runs("github", image, "", &[]), "stdio");
        assert_eq!(runs("github", image, "http", &[]), "http 8082 / Any");
        assert_eq!(
            runs("github", image, "http --port 9000", &[("GITHUB_PORT", "1")]),
            "http 9000 / Any"
        );
        assert_eq!(
            runs(
                "github",
                image,
                "http",
                &[("GITHUB_LISTEN_HOST", "127.0.0.1")]
            ),
            "http 8082 / Loopback"
        );
        assert_eq!(
            runs(
                "reference-everything",
                Some("mcp/everything"),
                "node dist/index.js streamableHttp",
                &[("PORT", "99")]
            ),
            "http 99 /mcp Any"
        );
    }

    #[test]
    fn a_variable_chooses() {
        let image = Some("ghcr.io/czlonkowski/n8n-mcp");
        assert_eq!(runs("n8n-mcp", image, "", &[]), "stdio");
        let both = "http 3000 /mcp Any, sse 3000 /sse Any";
        assert_eq!(runs("n8n-mcp", image, "", &[("MCP_MODE", "HTTP")]), both);
        assert_eq!(runs("n8n-mcp", image, "", &[("MCP_MODE", "?")]), "? stdio");
        assert_eq!(
            runs("n8n-mcp", image, "", &[("MCP_MODE", "grpc")]),
            "? stdio"
        );
        assert_eq!(runs("n8n-mcp", None, "", &[("MCP_MODE", "stdio")]), "stdio");
        assert_eq!(
            runs(
                "n8n-mcp",
                image,
                "",
                &[("MCP_MODE", "http"), ("PORT", "?"), ("HOST", "127.0.0.1")]
            ),
            "http ? /mcp Loopback, sse ? /sse Loopback"
        );
        assert_eq!(
            runs("terraform", None, "", &[("TRANSPORT_PORT", "9000")]),
            "http 9000 /mcp Loopback"
        );
        assert_eq!(
            runs(
                "terraform",
                None,
                "",
                &[("TRANSPORT_PORT", "9000"), ("TRANSPORT_MODE", "stdio")]
            ),
            "stdio"
        );
        assert_eq!(
            runs(
                "azure",
                None,
                "server start --transport http",
                &[("ASPNETCORE_URLS", "http://+:8080")]
            ),
            "http 8080 / Any"
        );
    }

    #[test]
    fn the_variables_of_an_image_count_unless_they_are_set() {
        let image = Some("mcp/neo4j-cypher");
        let http = ("NEO4J_TRANSPORT", "http");
        assert_eq!(
            runs("neo4j-cypher", image, "", &[http]),
            "http 8000 /mcp/ Any"
        );
        assert_eq!(
            runs(
                "neo4j-cypher",
                image,
                "",
                &[
                    http,
                    ("NEO4J_MCP_SERVER_HOST", "127.0.0.1"),
                    ("NEO4J_MCP_SERVER_PATH", "api")
                ]
            ),
            "http 8000 /api Loopback"
        );
        assert_eq!(
            runs("neo4j-cypher", None, "", &[http]),
            "http 8000 /mcp/ Loopback"
        );
    }

    #[test]
    fn the_default_of_a_version_counts() {
        assert_eq!(
            runs(
                "brave-search",
                Some("mcp/brave-search:1.3.4"),
                "--transport http",
                &[]
            ),
            "http 8080 /mcp Any"
        );
        assert_eq!(
            runs(
                "brave-search",
                Some("mcp/brave-search:2.1.4"),
                "--transport http",
                &[]
            ),
            "http 8080 /mcp Loopback"
        );
        assert_eq!(runs("brave-search", None, "", &[]), "? stdio");
        let server = Catalog::builtin();
        let server = server.by_id("brave-search").unwrap();
        let speaks = |version: &str| {
            let running = server.runs(&Launch {
                image: None,
                version: Version::parse(version).as_ref(),
                entrypoint: None,
                args: &[],
                env: &|_| EnvLookup::Unset,
            });
            assert_eq!(running.certainty, Certainty::Known);
            running
                .transports
                .into_iter()
                .map(|speaks| (speaks.kind, speaks.bind))
                .collect::<Vec<_>>()
        };
        assert_eq!(speaks("1.3.4"), [(TransportKind::Http, Bind::Any)]);
        assert_eq!(speaks("2.1.4"), [(TransportKind::Stdio, Bind::Unknown)]);
    }

    #[test]
    fn bridges_have_arguments_of_their_own() {
        let image = Some("supercorp/supergateway");
        let http = "--outputTransport streamableHttp --port 8000";
        let stdio = ["--stdio", "npx -y x --port 9"].map(str::to_string);
        let args: Vec<String> = stdio
            .into_iter()
            .chain(http.split(' ').map(str::to_string))
            .collect();
        let image_ref = ImageRef::parse("supercorp/supergateway");
        let running = Catalog::builtin()
            .by_id("supergateway")
            .unwrap()
            .runs(&Launch {
                image: Some(&image_ref),
                version: None,
                entrypoint: None,
                args: &args,
                env: &|_| EnvLookup::Unset,
            });
        let speaks = running.speaks(TransportKind::Http).unwrap();
        assert_eq!(
            (speaks.port, speaks.path.as_deref()),
            (Some(8000), Some("/mcp"))
        );
        assert_eq!(speaks.why, "`--outputTransport streamableHttp` selects");
        assert_eq!(running.certainty, Certainty::Known);
        assert_eq!(
            runs("supergateway", image, "--stdio x", &[]),
            "sse 8000 /sse Any"
        );
        assert_eq!(
            runs("supergateway", None, "--sse http://x/sse", &[]),
            "stdio"
        );

        let proxy = "mcp-proxy-python";
        assert_eq!(
            runs(
                proxy,
                None,
                "--host 0.0.0.0 --port 8000 -- cmd --port 9",
                &[]
            ),
            "http 8000 /mcp Any, sse 8000 /sse Any"
        );
        assert_eq!(
            runs(
                proxy,
                None,
                "--pass-environment --port=8000 uvx x --port 9",
                &[]
            ),
            "http 8000 /mcp Loopback, sse 8000 /sse Loopback"
        );
        assert_eq!(
            runs(
                proxy,
                Some("ghcr.io/sparfenyuk/mcp-proxy"),
                "--port 8000 -- x",
                &[]
            ),
            "http 8000 /mcp Loopback, sse 8000 /sse Loopback"
        );
        assert_eq!(
            runs(proxy, None, "--port 1 sh -c x", &[]),
            "http 1 /mcp Loopback, sse 1 /sse Loopback"
        );
        assert_eq!(runs(proxy, None, "http://x/sse", &[]), "stdio");
        assert_eq!(
            runs(proxy, None, "x", &[]),
            "http ? /mcp Loopback, sse ? /sse Loopback"
        );
        assert_eq!(
            runs(
                "mcp-proxy-typescript",
                None,
                "--server stream --port 1 tsx x.js",
                &[]
            ),
            "http 1 /mcp Any"
        );
    }

    #[test]
    fn one_that_speaks_stdio_only_is_certain() {
        assert_eq!(
            runs("reference-postgres", Some("mcp/postgres"), "", &[]),
            "stdio"
        );
        let url = "postgresql://u:p@h/db";
        assert_eq!(
            runs("reference-postgres", Some("mcp/postgres"), url, &[]),
            "stdio"
        );
    }

    #[test]
    fn authentication_can_be_switched() {
        let auth = |id: &str, line: &str| {
            let args: Vec<String> = line.split(' ').map(str::to_string).collect();
            let running = Catalog::builtin().by_id(id).unwrap().runs(&Launch {
                image: None,
                version: None,
                entrypoint: None,
                args: &args,
                env: &|_| EnvLookup::Unset,
            });
            running.speaks(TransportKind::Http).unwrap().auth
        };
        assert_eq!(auth("notion", "--transport http"), Auth::Bearer);
        assert_eq!(
            auth("notion", "--transport http --unsafe-disable-auth"),
            Auth::None
        );
        assert_eq!(auth("mcp-proxy-typescript", "--apiKey k x"), Auth::Bearer);
        assert_eq!(auth("mcp-proxy-typescript", "x"), Auth::None);
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(address("8000"), ("", Some(8000)));
        assert_eq!(address(":8000"), ("", Some(8000)));
        assert_eq!(address("[::]:80"), ("[::]", Some(80)));
        assert_eq!(address("http://127.0.0.1:5001/"), ("127.0.0.1", Some(5001)));
        assert_eq!(bind("::"), Bind::Any);
        assert_eq!(bind("http://*:8080"), Bind::Any);
        assert_eq!(bind("localhost:8000"), Bind::Loopback);
        assert_eq!(bind("10.0.0.5"), Bind::Address("10.0.0.5".to_string()));
    }
}
