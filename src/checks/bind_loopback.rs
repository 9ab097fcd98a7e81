//! bind-loopback: the server listens on 127.0.0.1 of its own container, where nobody else reaches it.

use core::net::SocketAddr;

use crate::catalog::server::{Switch, Transport};
use crate::catalog::{Bind, BindFrom, Certainty, Speaks};
use crate::chain::{Destination, Hop, HopId, Reach, Started};
use crate::change::{Change, Fix, Op, Safety};
use crate::check::netns::Shared;
use crate::check::sight::{Aimed, Listening};
use crate::check::{
    Case, Check, Finding, Findings, McpService, Need, Place, Severity, Source, is_own,
};
use crate::model::{EnvFrom, EnvLookup, Port, Service, ServiceId};
use crate::repair;
use crate::source::{Part, Pointer};

pub(super) static CHECK: Check = Check {
    id: "bind-loopback",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &["connection-refused", "connection-reset", "port-not-listening"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/bind-loopback.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    let observed = observed(case, findings);
    let shared = Shared::of(case);
    let hops = case.chain.hops_by_service();
    for mcp in case.mcp_services() {
        // What is seen needs no guess.
        if observed.contains(&mcp.id) {
            continue;
        }
        let mut network = mcp.network().peekable();
        let Some(speaks) = network.peek().copied() else {
            continue;
        };
        if !network.all(|speaks| speaks.bind == Bind::Loopback) || shared.has(&mcp) {
            continue;
        }
        // Variables and arguments that are not known would show in `certainty` and in `bind`.
        let Some(started) = Started::of(mcp.service) else {
            continue;
        };
        if speaks.bind_from == BindFrom::Program {
            findings.skip(format!(
                "{} listens on 127.0.0.1 unless it is told otherwise; whether the image {} tells it is not known",
                mcp.name(),
                mcp.behind.image
            ));
            continue;
        }
        let seen = Seen::of(case, &mcp, speaks, hops.get(&mcp.id));
        let severity = match seen.hops.is_empty() && seen.ports.is_empty() {
            true => Severity::Warning,
            false => Severity::Error,
        };
        findings.add_as(severity, finding(case, &mcp, speaks, &started, &seen));
    }
}

/// What the engine shows of those who are called: the services of which it is known who listens.
fn observed(case: &Case<'_>, findings: &mut Findings) -> Vec<ServiceId> {
    let mut known = Vec::new();
    let mut said: Vec<(usize, u16, Finding)> = Vec::new();
    for hop in &case.chain.hops {
        let Some(aimed) = case.aimed(hop) else {
            continue;
        };
        let listening = case.listening(aimed.number, aimed.port);
        if listening != Listening::Unknown {
            known.extend(case.chain.containers.service(aimed.number));
        }
        let Listening::Loopback(address) = listening else {
            continue;
        };
        let same = |(number, port, _): &&mut (usize, u16, Finding)| {
            (*number, *port) == (aimed.number, aimed.port)
        };
        match said.iter_mut().find(same) {
            Some((.., finding)) => *finding = with_caller(finding.clone(), hop, &aimed),
            None => {
                let finding = seen_to(case, &aimed, address);
                let finding = with_caller(finding, hop, &aimed);
                said.push((aimed.number, aimed.port, finding));
            }
        }
    }
    said.into_iter()
        .for_each(|(.., finding)| findings.add(finding));
    known
}

fn with_caller(finding: Finding, hop: &Hop, aimed: &Aimed<'_>) -> Finding {
    let finding = finding.hop(hop.id);
    match &hop.url {
        Some(url) => finding.also(&url.at, Part::Value, format!("calls {}", aimed.container.name)),
        None => finding,
    }
}

/// The finding about a container that is seen to listen on its own loopback address alone.
fn seen_to(case: &Case<'_>, aimed: &Aimed<'_>, address: SocketAddr) -> Finding {
    let evidence = format!(
        "the only listener on port {} of container {} is {address}",
        aimed.port, aimed.container.name
    );
    let service = case.chain.containers.service(aimed.number);
    let mcp = service.and_then(|id| case.mcp_service(id));
    let known = mcp.as_ref().and_then(|mcp| {
        let speaks = mcp.network().find(|speaks| speaks.bind == Bind::Loopback)?;
        Some((mcp, speaks, Started::of(mcp.service)?))
    });
    let finding = match (known, service) {
        (Some((mcp, speaks, started)), _) => {
            let nobody = Seen {
                hops: Vec::new(),
                urls: Vec::new(),
                ports: Seen::of(case, mcp, speaks, None).ports,
            };
            finding(case, mcp, speaks, &started, &nobody)
        }
        (None, Some(id)) => {
            let name = &case.stack.service(id).name;
            let message = loopback(&name.value, ": let it listen on 0.0.0.0");
            let title = format!("let {} listen on every address of its container", name.value);
            let fix = Fix::manual(title, "listen on 0.0.0.0\n".to_owned());
            Finding::at(&name.at, Part::Key, message)
                .says("listens on its own loopback address alone")
                .subject(name.value.as_str())
                .fix(fix.then(repair::compose(case.stack, id, "up -d")))
        }
        (None, None) => {
            let name = &aimed.container.name;
            let place = Place::Container(name.clone());
            Finding::in_place(place, loopback(name, ": let it listen on 0.0.0.0"))
                .subject(name.as_str())
        }
    };
    finding.evidence(Source::Docker, evidence)
}

/// What is wrong, of whom, and the step.
fn loopback(name: &str, step: &str) -> String {
    format!(
        "{name} listens on 127.0.0.1 of its own container, where no other container and no published port reaches it{step}"
    )
}

/// Who tries to reach it.
struct Seen<'a> {
    hops: Vec<HopId>,
    urls: Vec<&'a Pointer>,
    ports: Vec<&'a Port>,
}

impl<'a> Seen<'a> {
    fn of(
        case: &Case<'a>,
        mcp: &McpService<'a>,
        speaks: &Speaks,
        hops: Option<&Vec<HopId>>,
    ) -> Seen<'a> {
        let mut seen = Seen {
            hops: Vec::new(),
            urls: Vec::new(),
            ports: Vec::new(),
        };
        for hop in hops.into_iter().flatten().map(|id| case.chain.hop(*id)) {
            let reach = match &hop.destination {
                Destination::Service { reach, .. } => reach,
                _ => continue,
            };
            if !matches!(reach, Reach::Apart { .. }) {
                seen.hops.push(hop.id);
                seen.urls.extend(hop.url.as_ref().map(|url| &url.at));
            }
        }
        let leads = |port: &&Port| {
            let (from, to) = port.target;
            port.protocol != "udp" && speaks.port.is_some_and(|at| (from..=to).contains(&at))
        };
        seen.ports = mcp.service.ports.iter().filter(leads).collect();
        seen
    }
}

fn finding(
    case: &Case<'_>,
    mcp: &McpService<'_>,
    speaks: &Speaks,
    started: &Started,
    seen: &Seen<'_>,
) -> Finding {
    let (name, service) = (mcp.name(), mcp.service);
    let transport = transport(mcp, speaks);
    let written = transport.and_then(|transport| written(service, transport));
    let way = transport.and_then(|transport| way(mcp, transport, speaks, started, written.as_ref()));
    let step = match &way {
        Some(way) => format!(": {}", way.step()),
        None => ": let it listen on 0.0.0.0".to_owned(),
    };
    let message = loopback(name, &step);
    let (at, part) = match (&written, &service.command, &service.image) {
        (Some(written), ..) => (written.at().clone(), Part::Value),
        (None, Some(command), _) => (command.at.clone(), Part::Value),
        (None, None, Some(image)) => (image.at.clone(), Part::Value),
        (None, None, None) => (service.at.clone(), Part::Key),
    };
    let mut finding = Finding::at(&at, part, message)
        .says(match &written {
            Some(_) => "the address of the container itself",
            None => "listens on 127.0.0.1 by default",
        })
        .subject(name)
        .hops(seen.hops.iter().copied());
    if written.is_none() {
        let text = format!(
            "{} listens on 127.0.0.1 unless it is told otherwise, and the image {} does not tell it",
            mcp.server.title,
            mcp.image()
        );
        finding = finding.evidence(Source::Catalog, text);
    }
    for port in &seen.ports {
        finding = finding.also(&port.at, Part::Value, "published, and nobody answers behind it");
    }
    for url in &seen.urls {
        finding = finding.also(url, Part::Value, format!("calls {name}"));
    }
    let title = format!("let {name} listen on every address of its container");
    let up = repair::compose(case.stack, mcp.id, "up -d");
    let changes = way.as_ref().and_then(|way| way.changes(case, mcp));
    finding.fix(match (changes, way) {
        (Some(changes), _) => {
            let mut fix = Fix::new(Safety::Unsafe, title);
            fix.changes = changes;
            fix.then(up)
        }
        (None, Some(way)) => Fix::manual(title, format!("{}\n", way.words())).then(up),
        (None, None) => {
            let flags = transport.map(|transport| transport.bind.args.join(", "));
            let flags = flags.unwrap_or_default();
            Fix::manual(title, format!("listen on 0.0.0.0  # {flags}\n")).then(up)
        }
    })
}

/// What the catalog knows of the transport that is spoken.
fn transport<'a>(mcp: &McpService<'a>, speaks: &Speaks) -> Option<&'a Transport> {
    let version = mcp.behind.version.as_ref().map(|known| &known.version);
    mcp.server.transports.iter().find(|transport| {
        transport.kind == speaks.kind
            && version.is_none_or(|version| transport.versions.contains(version))
    })
}

/// Where the address is written in the file.
enum Written {
    /// The word of the command that has it, and what stands before it in that word (`--host=`).
    Word(usize, String, Pointer),
    Variable(String, String, Pointer),
}

impl Written {
    fn at(&self) -> &Pointer {
        match self {
            Written::Word(_, _, at) | Written::Variable(_, _, at) => at,
        }
    }
}

fn written(service: &Service, transport: &Transport) -> Option<Written> {
    if let Some(command) = &service.command {
        let words = &command.value;
        for (at, word) in words.iter().enumerate() {
            let text = word.text.as_str();
            let flag = text.split_once('=').map_or(text, |(flag, _)| flag);
            if !transport.bind.args.iter().any(|known| known == flag) {
                continue;
            }
            return Some(match text.split_once('=') {
                Some(_) => Written::Word(at, format!("{flag}="), command.at.index(at)),
                None => Written::Word(at + 1, String::new(), command.at.index(at + 1)),
            });
        }
    }
    let mut names = transport.bind.env.iter();
    names.find_map(|name| {
        let variable = service.variable(name)?;
        let value = variable.value.as_ref()?.get()?.to_owned();
        (variable.from == EnvFrom::Environment)
            .then(|| Written::Variable(name.clone(), value, variable.at.clone()))
    })
}

/// How the server is let listen on every address.
enum Way {
    /// Another word in the command.
    Replace(usize, String),
    /// More words behind it.
    Append(Vec<String>),
    Set(String, String),
}

impl Way {
    fn words(&self) -> String {
        match self {
            Way::Replace(_, word) => word.clone(),
            Way::Append(words) => words.join(" "),
            Way::Set(name, value) => format!("{name}={value}"),
        }
    }

    fn step(&self) -> String {
        match self {
            Way::Replace(..) => format!("write `{}`", self.words()),
            Way::Append(_) => format!("add `{}` to its command", self.words()),
            Way::Set(..) => format!("set {}", self.words()),
        }
    }

    fn changes(&self, case: &Case<'_>, mcp: &McpService<'_>) -> Option<Vec<Change>> {
        let service = mcp.service;
        match self {
            Way::Replace(at, word) => {
                let command = service.command.as_ref()?;
                let node = case.stack.source(command.at.source).node(&command.at.path)?;
                if !is_own(service, &command.at) {
                    return None;
                }
                if node.is_seq() {
                    return Some(vec![Change {
                        at: command.at.index(*at),
                        op: Op::Set(word.as_str().into()),
                    }]);
                }
                let line = node.as_str()?;
                if line.contains(['"', '\'', '\\', '$']) {
                    return None;
                }
                let mut words: Vec<&str> = line.split_whitespace().collect();
                *words.get_mut(*at)? = word;
                Some(vec![Change {
                    at: command.at.clone(),
                    op: Op::Set(words.join(" ").into()),
                }])
            }
            Way::Append(words) => {
                let image = &mcp.behind.image;
                repair::add_arguments(case.stack, service, mcp.server, image, words)
            }
            Way::Set(name, value) => {
                let own = service.variable(name).is_none_or(|have| {
                    have.from == EnvFrom::EnvFile || is_own(service, &have.at)
                });
                let pair = [(name.clone(), value.clone())];
                own.then(|| repair::set_variables(case.stack, service, &pair))
            }
        }
    }
}

/// The first way after which the catalog says that the server listens on every address.
fn way(
    mcp: &McpService<'_>,
    transport: &Transport,
    speaks: &Speaks,
    started: &Started,
    written: Option<&Written>,
) -> Option<Way> {
    let any = |old: &str| match old.rsplit_once(':') {
        // `host:port` keeps its port; `::1` is an address.
        Some((host, port)) if port.parse::<u16>().is_ok() && !host.contains(':') => {
            format!("0.0.0.0:{port}")
        }
        _ => "0.0.0.0".to_owned(),
    };
    let ways: Vec<Way> = match written {
        Some(Written::Word(at, before, _)) => {
            let word = started.args.get(*at)?;
            let old = word.strip_prefix(before.as_str()).unwrap_or(word);
            vec![Way::Replace(*at, format!("{before}{}", any(old)))]
        }
        Some(Written::Variable(name, old, _)) => vec![Way::Set(name.clone(), any(old))],
        None => {
            let Switch { args, env } = &transport.enable;
            let setting = &transport.bind;
            let argument = setting.args.iter().find_map(|flag| {
                let at = args.iter().position(|arg| {
                    arg == flag || arg.strip_prefix(flag.as_str()).is_some_and(|rest| rest.starts_with('='))
                })?;
                let end = if args[at] == *flag { at + 2 } else { at + 1 };
                Some(args.get(at..end)?.to_vec())
            });
            let variable = setting.env.iter().find_map(|name| Some((name, env.get(name)?)));
            let flag = setting.args.first().map(|flag| vec![flag.clone(), "0.0.0.0".to_owned()]);
            let first = setting.env.first().map(|name| (name.clone(), "0.0.0.0".to_owned()));
            // Where variables choose the transport, variables are what its owner writes.
            let by_variables = started.args.is_empty() && variable.is_some();
            let mut ways: Vec<Way> = argument.into_iter().chain(flag).map(Way::Append).collect();
            let set = variable.map(|(name, value)| (name.clone(), value.clone()));
            let set = set.into_iter().chain(first).map(|(name, value)| Way::Set(name, value));
            ways.splice(if by_variables { 0..0 } else { ways.len()..ways.len() }, set);
            ways
        }
    };
    ways.into_iter().find(|way| opens(mcp, speaks, started, way))
}

fn opens(mcp: &McpService<'_>, speaks: &Speaks, started: &Started, way: &Way) -> bool {
    let mut started = started.clone();
    let mut set: Option<(&str, &str)> = None;
    match way {
        Way::Replace(at, word) => match started.args.get_mut(*at) {
            Some(old) => old.clone_from(word),
            None => return false,
        },
        Way::Append(words) => {
            if mcp.service.command.is_none() && mcp.service.entrypoint.is_none() {
                let own = mcp.image_facts().and_then(|facts| facts.command.clone());
                started.args = own.unwrap_or_default();
            }
            started.args.extend_from_slice(words);
        }
        Way::Set(name, value) => set = Some((name, value)),
    }
    let env = |name: &str| match set {
        Some((have, value)) if have == name => EnvLookup::Set(value.to_owned()),
        _ => mcp.service.env(name),
    };
    let running = mcp.server.runs(&started.launch(&mcp.behind.image, &env));
    running.certainty == Certainty::Known
        && running
            .speaks(speaks.kind)
            .is_some_and(|after| after.bind == Bind::Any && after.port == speaks.port)
}
