//! How a server is started on a transport over the network that it does not speak yet.

use super::{Behind, Started};
use crate::catalog::server::{Server, Switch, Transport as Spoken};
use crate::catalog::{Bind, Certainty, Launch, Speaks, TransportKind};
use crate::model::{EnvLookup, Service, Stack};
use crate::source::Node;

/// What is added to a service so that its server can be called over the network.
#[derive(Clone, Debug)]
pub struct Start {
    /// Arguments.
    pub args: Vec<String>,
    /// Variables.
    pub env: Vec<(String, String)>,
    /// What the server then speaks.
    pub speaks: Speaks,
}

/// Streamable HTTP where this version has it, else HTTP+SSE. Nothing for a server that is on the network already. Asked of
/// the catalog once for every service, whoever calls it.
pub(super) fn first(
    stack: &Stack,
    service: &Service,
    server: &Server,
    behind: &Behind,
) -> Option<Start> {
    let mut transports = behind.running.transports.iter();
    if transports.any(|speaks| speaks.kind != TransportKind::Stdio) {
        return None;
    }
    [TransportKind::Http, TransportKind::Sse]
        .into_iter()
        .find_map(|kind| start(stack, service, server, behind, kind))
}

/// How it is started on a transport of that kind. What is added is read by the catalog, so that it is known to work.
pub fn start(
    stack: &Stack,
    service: &Service,
    server: &Server,
    behind: &Behind,
    kind: TransportKind,
) -> Option<Start> {
    let Switch { args, env } = &on_network(server, behind, kind)?.enable;
    let base = Command::of(stack, service, server, behind)?;
    let env: Vec<(String, String)> = env.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
    let starts = [
        (args.clone(), Vec::new()),
        (Vec::new(), env.clone()),
        (args.clone(), env),
    ];
    starts.into_iter().find_map(|(args, env)| {
        let mut filled = args.iter().chain(env.iter().map(|(_, value)| value));
        if (args.is_empty() && env.is_empty()) || filled.any(|text| text.contains('<')) {
            return None;
        }
        let speaks = base.with(server, behind, service, &args, &env, kind)?;
        Some(Start { args, env, speaks })
    })
}

/// The transport of that kind which the version in the image certainly has.
pub fn on_network<'a>(
    server: &'a Server,
    behind: &Behind,
    kind: TransportKind,
) -> Option<&'a Spoken> {
    let version = behind.version.as_ref().map(|known| &known.version);
    server.transports.iter().find(|transport| {
        transport.kind == kind
            && !transport.unsure
            && version.map_or(transport.versions.is_all(), |v| {
                transport.versions.contains(v)
            })
    })
}

/// A service's command, as written and as run, without the words that choose a transport.
pub struct Command<'a> {
    /// Where it is written, if the service has one of its own.
    pub node: Option<Node<'a>>,
    /// Its words as written.
    pub raw: Vec<String>,
    /// What is run.
    run: Started,
    /// Whether words that choose a transport were left out.
    pub shortened: bool,
}

impl<'a> Command<'a> {
    /// Nothing when a word is not known, or the line cannot be added to.
    pub fn of(
        stack: &'a Stack,
        service: &Service,
        server: &Server,
        behind: &Behind,
    ) -> Option<Command<'a>> {
        let mut run = Started::of(service)?;
        let Some(command) = &service.command else {
            // What replaces the image's own command has to repeat it.
            let facts = server.image_facts(&behind.image)?;
            facts.entrypoint.as_ref()?;
            run.args = facts.command.clone()?;
            let raw = run.args.clone();
            return Some(Command {
                node: None,
                raw,
                run,
                shortened: false,
            });
        };
        let node = stack.source(command.at.source).node(&command.at.path)?;
        let mut raw: Vec<String> = match node.as_str() {
            Some(line) if line.contains(['"', '\'', '\\', '\n']) => return None,
            Some(line) => line.split_whitespace().map(str::to_owned).collect(),
            None => node
                .items()
                .map(|item| item.scalar_text().map(str::to_owned))
                .collect::<Option<_>>()?,
        };
        if raw.len() != run.args.len() {
            return None;
        }
        let chosen = choosing(server, &run.args);
        let mut keep = chosen.iter();
        raw.retain(|_| keep.next().is_some_and(|chosen| !chosen));
        let mut keep = chosen.iter();
        run.args
            .retain(|_| keep.next().is_some_and(|chosen| !chosen));
        Some(Command {
            node: Some(node),
            raw,
            run,
            shortened: chosen.contains(&true),
        })
    }

    /// Whether a word is among its arguments.
    pub fn has(&self, word: &str) -> bool {
        self.run.args.iter().any(|arg| arg == word)
    }

    /// Asks something of the server as it is started with more words and variables.
    pub fn launch<T>(
        &self,
        behind: &Behind,
        service: &Service,
        words: &[String],
        variables: &[(String, String)],
        ask: impl FnOnce(&Launch<'_>) -> T,
    ) -> T {
        let mut started = self.run.clone();
        started.args.extend_from_slice(words);
        let env = |name: &str| match variables.iter().find(|(have, _)| have == name) {
            Some((_, value)) => EnvLookup::Set(value.clone()),
            None => service.env(name),
        };
        ask(&started.launch(&behind.image, &env))
    }

    /// What the server then speaks, if `kind` is among it and can be reached.
    pub fn with(
        &self,
        server: &Server,
        behind: &Behind,
        service: &Service,
        words: &[String],
        variables: &[(String, String)],
        kind: TransportKind,
    ) -> Option<Speaks> {
        let running = self.launch(behind, service, words, variables, |it| server.runs(it));
        if running.certainty != Certainty::Known {
            return None;
        }
        let speaks = running.speaks(kind)?;
        (speaks.port.is_some() && speaks.path.is_some() && speaks.bind != Bind::Loopback)
            .then(|| speaks.clone())
    }
}

/// Which of the words choose a transport, in whatever way the server has for it.
fn choosing(server: &Server, args: &[String]) -> Vec<bool> {
    let alternatives = || {
        let transports = server.transports.iter();
        transports
            .flat_map(|t| &t.select.args)
            .filter(|words| !words.contains([' ', '*']))
    };
    let mut chosen = vec![false; args.len()];
    for at in 0..args.len() {
        let attached = alternatives().any(|word| *word == args[at]);
        let apart = args.get(at + 1).is_some_and(|value| {
            let pair = format!("{}={value}", args[at]);
            alternatives().any(|word| *word == pair)
        });
        chosen[at] |= attached || apart;
        if apart {
            chosen[at + 1] = true;
        }
    }
    chosen
}
