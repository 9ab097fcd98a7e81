//! Which questions to ask of the world: files and permissions in, whole conversations out. Pure.
//!
//! Clients' calls are asked from here, as their client would make them. What a gateway calls is asked from where it
//! stands: from its container's network, or by a program in its container. What answers here says nothing of what answers
//! there, but that the server speaks.

pub mod clients;
mod environment;
mod expand;
mod inside;
mod logs;
mod operator;
mod origin;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::catalog::client::{Known, of};
use crate::chain::{Caller, Chain, Destination, Hop, Link};
use crate::fact::{self, Ask, Engine, Limits, Secret, Target};
use crate::load::Request;
use crate::model::{ClientEntry, ClientFile, Stack};
use environment::Environment;
use expand::Filled;
pub use logs::Wanted;
pub(crate) use operator::bare_key;
pub use origin::{NoOrigin, Origin};

/// What a run may do beside reading files. By default nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Permissions {
    /// Whether endpoints may be asked.
    pub probe: bool,
    /// Whether the container engine may be asked.
    pub docker: bool,
    /// Whether commands may be started that files name: `--allow-exec`.
    pub exec: bool,
    /// Tools that are called because somebody asks for it: `--call`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// Where variables of this environment may be sent that a repository's file names: `--trust-origin`.
    pub trusted: Vec<Origin>,
    /// The variable of this environment whose value gateways are asked with as their operator's key: `--gateway-key-env`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_key: Option<String>,
    /// What a conversation with an endpoint may take.
    pub limits: Limits,
    /// What one with a command may take, which is first installed as often as not.
    pub command_limits: Limits,
    /// Where it runs apart from the clients, in a container of mcpdoc's own image: what it has in common with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Apart>,
}

/// What a container of mcpdoc's image has in common with the machine on which the clients run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// The network, and with it what `localhost` means.
    pub network: bool,
    /// Certificates of authorities.
    pub authorities: bool,
}

impl Apart {
    /// Why nothing would be learned from an answer of this url.
    pub fn hides(self, url: &Url) -> Option<&'static str> {
        if !self.network && Origin::of(url).is_this_machine() {
            return Some(
                "mcpdoc runs in a container, and localhost is that container: `docker run --network host` asks this machine",
            );
        }
        (!self.authorities && url.scheme() == "https").then_some(
            "mcpdoc runs in a container without certificates of authorities: mount a bundle, and name it with SSL_CERT_FILE",
        )
    }
}

/// A tool call, as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// A server behind a gateway, or a client's entry that leads straight to one.
    pub server: String,
    /// The tool, by the server's own name.
    pub tool: String,
    /// Its arguments, a JSON object.
    pub arguments: serde_json::Value,
}

impl ToolCall {
    /// In a word: `db_main:list_objects`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.server, self.tool)
    }

    /// As a conversation makes it that is held for it alone, with the tool's name as the caller has it.
    pub fn made_as(&self, tool: &str) -> fact::Call {
        fact::Call {
            tool: tool.to_owned(),
            arguments: self.arguments.clone(),
            alone: true,
        }
    }
}

/// What is asked, and for whom.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Every question once.
    pub asks: Vec<Ask>,
    /// What is done for each hop of the chain, in its order.
    pub trials: Vec<Trial>,
    /// What is done with the operator's key, where there is one.
    pub operators: Option<Operators>,
    /// Numbers of questions by what they are told apart by at first glance.
    numbers: HashMap<String, Vec<usize>>,
}

/// What is done with the key of the gateways' operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operators {
    /// The variable that holds the key.
    pub variable: String,
    /// How each gateway of the chain is tried with it, in its order.
    pub trials: Vec<Trial>,
}

/// How a hop is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// By the question with this number.
    Asked(usize),
    /// Not at all.
    Not(Untried),
}

/// Why a hop is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untried {
    /// Nothing may be asked in this run.
    NoProbes,
    /// It is a command, and none may be started.
    NoExec,
    /// The call is made from a gateway's container, and this is not that.
    Inside,
    /// Something else; why.
    Because(String),
}

impl Plan {
    /// These questions, for no hop.
    pub fn of(asks: impl Iterator<Item = Ask>) -> Plan {
        let mut plan = Plan::default();
        for ask in asks {
            plan.add(ask);
        }
        plan
    }

    /// Its questions that another plan has not.
    pub fn beyond<'a>(&'a self, other: &Plan) -> impl Iterator<Item = &'a Ask> {
        self.asks.iter().filter(|ask| other.number(ask).is_none())
    }

    /// The hops that each question is asked for, in the order of the questions.
    pub fn callers<'a>(&self, chain: &'a Chain) -> Vec<Vec<&'a Hop>> {
        let mut callers = vec![Vec::new(); self.asks.len()];
        for (hop, trial) in chain.hops.iter().zip(&self.trials) {
            if let Trial::Asked(number) = trial {
                callers[*number].push(hop);
            }
        }
        callers
    }

    /// The gateway that a question is asked of with its operator's key.
    pub fn operator(&self, number: usize) -> Option<usize> {
        let mut trials = self.operators.as_ref()?.trials.iter();
        trials.position(|trial| *trial == Trial::Asked(number))
    }

    /// The number of a question.
    pub fn number(&self, ask: &Ask) -> Option<usize> {
        let alike = self.numbers.get(key(&ask.target))?;
        alike
            .iter()
            .copied()
            .find(|number| self.asks[*number] == *ask)
    }

    /// Adds a question, if it is a new one; its number.
    pub fn add(&mut self, ask: Ask) -> usize {
        if let Some(number) = self.number(&ask) {
            return number;
        }
        let number = self.asks.len();
        let alike = self.numbers.entry(key(&ask.target).to_owned());
        alike.or_default().push(number);
        self.asks.push(ask);
        number
    }
}

/// What questions are told apart by at first glance.
fn key(target: &Target) -> &str {
    match target {
        Target::Url(url) => url,
        Target::Command { program, .. } => program,
    }
}

/// Plans a run. Several hops that ask the same share one question.
pub fn plan(
    stack: &Stack,
    chain: &Chain,
    request: &Request,
    permissions: &Permissions,
    engine: Option<&Engine>,
) -> Plan {
    if !permissions.probe {
        return Plan {
            trials: vec![Trial::Not(Untried::NoProbes); chain.hops.len()],
            ..Plan::default()
        };
    }
    let mut plan = Plan::default();
    for hop in &chain.hops {
        let trial = match hop.caller {
            Caller::Gateway { gateway, server } => {
                let call = inside::Call {
                    stack,
                    chain,
                    permissions,
                    engine,
                    hop,
                    gateway,
                    upstream: &chain.gateways[gateway].outcome.servers[server],
                };
                match call.ask() {
                    Ok(ask) => Trial::Asked(plan.add(ask)),
                    Err(untried) => Trial::Not(untried),
                }
            }
            Caller::Client { file, entry } => {
                let file = &stack.clients[file];
                let call = Call {
                    stack,
                    request,
                    permissions,
                    hop,
                    file,
                    entry: &file.entries[entry],
                    page: of(file.client),
                    environment: Environment::of(stack, request, file),
                };
                match call.ask() {
                    Ok(ask) => Trial::Asked(plan.add(ask)),
                    Err(untried) => Trial::Not(untried),
                }
            }
        };
        plan.trials.push(trial);
    }
    if let Some(variable) = &permissions.gateway_key {
        let numbers = 0..chain.gateways.len();
        let trials = numbers.map(|gateway| {
            let operator = operator::Operator {
                stack,
                chain,
                request,
                permissions,
                engine,
                gateway,
                variable,
            };
            match operator.ask() {
                Ok(ask) => Trial::Asked(plan.add(ask)),
                Err(untried) => Trial::Not(untried),
            }
        });
        let trials = trials.collect();
        let variable = variable.clone();
        plan.operators = Some(Operators { variable, trials });
    }
    plan
}

/// One call of a client.
struct Call<'a> {
    stack: &'a Stack,
    request: &'a Request,
    permissions: &'a Permissions,
    hop: &'a Hop,
    file: &'a ClientFile,
    entry: &'a ClientEntry,
    page: &'static Known,
    environment: Environment<'a>,
}

/// Headers that a client sets itself, whatever an entry says.
const OWN_HEADERS: [&str; 4] = ["accept", "content-type", "content-length", "connection"];

impl Call<'_> {
    fn ask(&self) -> Result<Ask, Untried> {
        let (mut ask, limits) = match self.hop.destination {
            Destination::Process => (self.command()?, self.permissions.command_limits),
            _ => (self.url()?, self.permissions.limits),
        };
        ask.transport = Some(self.hop.transport);
        ask.falls_back = self.hop.falls_back;
        // One that was recognised by its answer has been asked what it tells.
        ask.gateway = self.hop.gateway().is_some() && self.hop.link != Link::Answer;
        ask.limits = limits;
        Ok(ask)
    }

    fn url(&self) -> Result<Ask, Untried> {
        let written = match &self.entry.url {
            Some(url) => &url.value,
            None => return Err(Untried::Because("there is no url".to_owned())),
        };
        let filled = self.fill("url", written);
        if let Some(why) = filled.unknown {
            return Err(Untried::Because(format!("its url is not known: {why}")));
        }
        let whole = match self.page.assumes_http {
            true => crate::chain::with_scheme(&filled.text),
            false => None,
        };
        let text = whole.as_deref().unwrap_or(filled.text.trim());
        if usable(text).is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
            let why = "its url holds a password, which was not sent: put it into a header";
            return Err(Untried::Because(why.to_owned()));
        }
        let Some(url) = usable(text) else {
            return Err(Untried::Because(match &self.hop.destination {
                Destination::Unclear(why) => why.clone(),
                _ => format!("{written} is not a url"),
            }));
        };
        if let Some(why) = self.permissions.apart.and_then(|apart| apart.hides(&url)) {
            return Err(Untried::Because(why.to_owned()));
        }
        let names = filled.names();
        if !filled.private.is_empty() && !self.may_have(&url) {
            return Err(Untried::Because(format!(
                "its url takes {names} from this environment: --trust-origin with the origin that results lets mcpdoc \
                 call it"
            )));
        }
        let mut ask = Ask::url(text);
        // Who is called is said.
        let origin = Origin::of(&url).to_string();
        let in_origin = |secret: &Secret| origin.contains(&secret.reveal().to_ascii_lowercase());
        ask.secrets = filled.secrets().filter(|one| !in_origin(one)).collect();
        ask.trust.oauth = Some(self.entry.header("authorization").is_none());
        for (name, value) in &self.entry.headers {
            self.header(&mut ask, &url, name, &value.value);
        }
        let helper = self
            .stack
            .source(self.file.source)
            .node(&self.entry.at.path);
        if helper.is_some_and(|entry| entry.get(HELPER).is_some())
            && self.page.key(HELPER).is_some()
        {
            let why = "mcpdoc does not run it".to_owned();
            ask.withheld.push((format!("the output of {HELPER}"), why));
        }
        Ok(ask)
    }

    fn header(&self, ask: &mut Ask, url: &Url, name: &str, value: &str) {
        if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return;
        }
        let filled = self.fill("headers", value);
        let withheld = match &filled.unknown {
            Some(why) => Some(why.clone()),
            None if filled.private.is_empty() || self.may_have(url) => None,
            None => {
                let origin = Origin::of(url);
                let names = filled.names();
                Some(format!(
                    "{names} of this environment goes to {origin} only with --trust-origin {origin}"
                ))
            }
        };
        if withheld.is_none() {
            ask.secrets.extend(filled.secrets());
        }
        match withheld {
            Some(why) => ask.withheld.push((name.to_owned(), why)),
            None if name.eq_ignore_ascii_case("host") => ask.host = Some(filled.text),
            None => ask
                .headers
                .push((name.to_owned(), Secret::from(filled.text))),
        }
    }

    /// Whether an endpoint may have what this environment holds: files of the user's own are trusted as their client
    /// trusts them, a repository's only with this machine.
    fn may_have(&self, url: &Url) -> bool {
        Call::may_go(self.permissions, url)
            || environment::is_users(self.request, self.file, self.entry)
    }

    /// Whether what this environment holds may go to an address, whoever names it.
    fn may_go(permissions: &Permissions, url: &Url) -> bool {
        let origin = Origin::of(url);
        origin.is_this_machine() || permissions.trusted.contains(&origin)
    }

    fn command(&self) -> Result<Ask, Untried> {
        if !self.permissions.exec {
            return Err(Untried::NoExec);
        }
        if !self.file.is_read {
            let title = self.file.client.title();
            let why = format!("{title} does not read this file, and starts nothing that it names");
            return Err(Untried::Because(why));
        }
        let Some(command) = &self.entry.command else {
            return Err(Untried::Because("there is no command".to_owned()));
        };
        let mut secrets = Vec::new();
        let mut word = |key: &str, text: &str| -> Result<String, Untried> {
            let filled = self.fill(key, text);
            secrets.extend(filled.secrets());
            match filled.unknown.filter(|_| !filled.is_as_the_client_has_it) {
                Some(why) => Err(Untried::Because(format!("not started: {why}"))),
                None => Ok(filled.text),
            }
        };
        let program = word("command", &command.value)?;
        let mut args = Vec::new();
        for arg in &self.entry.args {
            args.push(word("args", &arg.value)?);
        }
        let mut env = self.environment.of_child();
        let node = self
            .stack
            .source(self.file.source)
            .node(&self.entry.at.path);
        let declared = node.and_then(|entry| entry.get("env"));
        for (name, value) in declared.map(|env| env.entries()).unwrap_or_default() {
            if let Some(text) = value.as_str() {
                env.insert(name.to_owned(), Secret::from(word("env", text)?));
            }
        }
        let mut ask = Ask::of(Target::Command {
            program,
            args,
            env,
            cwd: self.environment.directory(self.entry),
        });
        ask.secrets = secrets;
        Ok(ask)
    }

    fn fill(&self, key: &str, text: &str) -> Filled {
        expand::fill(self.page, key, text, &self.environment)
    }
}

/// The key with a command that prints headers.
const HELPER: &str = "headersHelper";

fn usable(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests;
