//! The question about a call that a gateway makes, asked from where the gateway stands.

use std::collections::BTreeMap;

use super::{Origin, Permissions, Untried, usable};
use crate::chain::{Chain, Destination, Hop};
use crate::fact::{Ask, Container, Engine, Known, Pin, Secret, Target, Vantage};
use crate::gateway::{Header, Upstream, Value};
use crate::model::Stack;
use crate::running::Found;

/// One call of a gateway.
pub(super) struct Call<'a> {
    pub stack: &'a Stack,
    pub chain: &'a Chain,
    pub permissions: &'a Permissions,
    pub engine: Option<&'a Engine>,
    pub hop: &'a Hop,
    pub gateway: usize,
    pub upstream: &'a Upstream,
}

impl Call<'_> {
    pub fn ask(&self) -> Result<Ask, Untried> {
        let Some(engine) = self.engine else {
            return Err(Untried::Inside);
        };
        let caller = self.caller(engine)?;
        if self.hop.destination == Destination::Process {
            return self.command(caller);
        }
        let Some(url) = &self.hop.url else {
            return Err(Untried::Because(match &self.hop.destination {
                Destination::Unclear(why) => why.clone(),
                _ => "there is no url".to_owned(),
            }));
        };
        let Some(url) = usable(url.value.as_str()) else {
            return Err(Untried::Inside);
        };
        if let Some(name) = self.filled_in().filter(|_| !self.may_have(&url)) {
            return Err(Untried::Because(format!(
                "its url is taken from {name} of the gateway's container, into which Compose may have put variables of \
                 this environment: --trust-origin with its origin lets mcpdoc call it"
            )));
        }
        let mut ask = Ask::url(url.as_str());
        (ask.from, ask.pins) = self.vantage(engine, caller)?;
        ask.transport = Some(self.hop.transport);
        ask.falls_back = self.hop.falls_back;
        ask.limits = self.permissions.limits;
        ask.trust.oauth = Some(false);
        for header in &self.upstream.sends {
            self.header(&mut ask, &url, header);
        }
        Ok(ask)
    }

    /// The program that the gateway starts, started by the engine in the gateway's container. Variables of that container
    /// are those that a program there is started with.
    fn command(&self, caller: &Container) -> Result<Ask, Untried> {
        if !self.permissions.exec {
            return Err(Untried::NoExec);
        }
        let mut secrets = Vec::new();
        let mut known = |what: &str, value: &Value| match value {
            Value::Text(text) => {
                secrets.push(Secret::from(text.as_str()));
                Ok(text.clone())
            }
            Value::Variable(name) | Value::Nothing(name) => Err(Untried::Because(format!(
                "not started: {what} is taken from {name}, whose value is not known"
            ))),
        };
        let Some(program) = &self.upstream.command else {
            return Err(Untried::Because("there is no command".to_owned()));
        };
        let program = match &program.value {
            Value::Text(text) => text.clone(),
            other => known("its command", other)?,
        };
        let mut env = BTreeMap::new();
        for (name, value) in &self.upstream.env {
            env.insert(name.clone(), Secret::from(known(name, &value.value)?));
        }
        let args = self.upstream.args.iter().map(|arg| arg.value.clone());
        let mut ask = Ask::of(Target::Command {
            program,
            args: args.collect(),
            env,
            cwd: None,
        });
        ask.from = Vantage::Exec {
            container: caller.name.clone(),
            id: caller.id.clone(),
        };
        ask.transport = Some(self.hop.transport);
        ask.limits = self.permissions.command_limits;
        ask.secrets = secrets;
        Ok(ask)
    }

    /// A header that the gateway sends, as far as the endpoint may have it from here.
    fn header(&self, ask: &mut Ask, url: &url::Url, header: &Header) {
        let why = match (&header.value, &header.variable) {
            (Value::Nothing(_), _) => return,
            (Value::Variable(name), _) => {
                format!("the value of {name} in the gateway's container is not known")
            }
            (Value::Text(_), Some(name)) if !self.may_have(url) => {
                let origin = Origin::of(url);
                format!(
                    "{name} of the gateway's container goes to {origin} only with --trust-origin {origin}"
                )
            }
            (Value::Text(text), variable) => {
                let value = Secret::from(text.as_str());
                if variable.is_some() {
                    ask.secrets.push(value.clone());
                }
                match header.name.eq_ignore_ascii_case("host") {
                    true => ask.host = Some(text.clone()),
                    false => ask.headers.push((header.name.clone(), value)),
                }
                return;
            }
        };
        ask.withheld.push((header.name.clone(), why));
    }

    /// The container that makes the call.
    fn caller<'a>(&self, engine: &'a Engine) -> Result<&'a Container, Untried> {
        let Some(service) = self.chain.gateways[self.gateway].service() else {
            return Err(Untried::Inside);
        };
        let name = &self.stack.service(service).name.value;
        let container = self.chain.containers.container(engine, service);
        let Some(container) = container else {
            let why = match self.chain.containers.all(service).len() {
                0 => format!("{name} has no container"),
                more => {
                    format!("{name} has {more} containers, and which of them calls is not known")
                }
            };
            return Err(Untried::Because(why));
        };
        match container.is_running() {
            true => Ok(container),
            false => Err(Untried::Because(format!(
                "the container {} of {name} does not run ({})",
                container.name,
                container.state.status.word()
            ))),
        }
    }

    /// From where to ask: the caller's network, a program in its container, or, where the engine shows who answers, this
    /// machine, straight at that container's address.
    fn vantage(&self, engine: &Engine, caller: &Container) -> Result<(Vantage, Vec<Pin>), Untried> {
        let container = || (caller.name.clone(), caller.id.clone());
        if caller.network_mode == "host" && engine.is_here() {
            return Ok((Vantage::Here, Vec::new()));
        }
        if let (true, Known::Yes(()), Some(pid)) =
            (engine.is_here(), &engine.enter, caller.state.pid)
        {
            let (container, id) = container();
            return Ok((Vantage::Namespace { container, id, pid }, Vec::new()));
        }
        if self.permissions.exec {
            let (container, id) = container();
            return Ok((Vantage::Exec { container, id }, Vec::new()));
        }
        if !engine.is_here() {
            let why = match self.permissions.apart {
                Some(_) => {
                    "mcpdoc runs in a container, from where the others are not seen: `docker run --network host --pid host` \
                     asks for it; --allow-exec asks from inside of the gateway's container"
                }
                None => {
                    "its engine is not known to run on this machine; --allow-exec asks from inside of the container"
                }
            };
            return Err(Untried::Because(why.to_owned()));
        }
        let found = self.hop.sight.as_ref().map(|sight| &sight.found);
        let address = match found {
            Some(Found::Containers(met)) => met.iter().find_map(|met| met.address),
            _ => None,
        };
        let url = self.hop.url.as_ref().map(|url| &url.value);
        match (address, url) {
            (Some(address), Some(url)) => {
                let host = url.host_str().unwrap_or_default().to_owned();
                let port = url.port_or_known_default().unwrap_or_default();
                let pin = Pin {
                    host,
                    port,
                    address,
                };
                Ok((Vantage::Here, vec![pin]))
            }
            _ => Err(Untried::Inside),
        }
    }

    /// The variable that the url is taken from, where a file does not say the whole of it: what Compose fills in may be
    /// a variable of whoever runs mcpdoc, and whoever changes the file may have it called anywhere.
    fn filled_in(&self) -> Option<&str> {
        let name = self.upstream.url_variable.as_deref()?;
        let service = self.chain.gateways[self.gateway].service()?;
        let variable = self.stack.service(service).variable(name)?;
        let node = self
            .stack
            .source(variable.at.source)
            .node(&variable.at.path);
        let written = node.and_then(|node| node.scalar_text()).unwrap_or_default();
        let value = variable.value.as_ref().map(|value| value.text.as_str());
        let is_whole = value.is_some_and(|value| written.contains(value)) && !written.contains('$');
        (!is_whole).then_some(name)
    }

    /// Whether an endpoint may have what the container's environment holds: containers of this machine, and origins
    /// that were named.
    fn may_have(&self, url: &url::Url) -> bool {
        let near = matches!(
            self.hop.sight.as_ref().map(|sight| &sight.found),
            Some(Found::Containers(_) | Found::Own | Found::Machine(Some(_)))
        );
        near || self.permissions.trusted.contains(&Origin::of(url))
    }
}
