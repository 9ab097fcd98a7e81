//! A transport over the network that the server has itself.

use serde_json::json;

use super::Call;
use crate::catalog::server::{HostRule, Transport};
use crate::catalog::{Certainty, Speaks, TransportKind, Version};
use crate::chain::{self, Command, Start, on_network};
use crate::change::{Change, Fix, Op, Safety};
use crate::check::host::{self, Judgement};
use crate::repair;
use crate::source::{Node, Pointer};

/// What a server is to speak, and what makes it do so.
struct Plan {
    speaks: Speaks,
    changes: Vec<Change>,
    /// What is added, as a person would say it: `--transport=sse`. Nothing where it speaks so already.
    words: Option<String>,
}

/// Lets the caller use a transport of the server's own.
pub(super) fn own(call: &Call<'_>, kind: TransportKind) -> Result<Fix, String> {
    let (stack, name) = (call.case.stack, call.name());
    let certain = call.behind.running.certainty == Certainty::Known;
    let language = call.server.sdk.as_ref().map(|sdk| sdk.language);
    if let Some(why) = language.and_then(|language| call.doubled(language, kind)) {
        return Err(why);
    }
    let running = call.behind.running.speaks(kind).filter(|_| certain);
    let plan = match running {
        Some(speaks) if !speaks.sure => {
            return Err(format!("that {name} speaks it was never verified"));
        }
        Some(speaks) => {
            serves(call, speaks)?;
            Plan {
                speaks: speaks.clone(),
                changes: Vec::new(),
                words: None,
            }
        }
        None => started(call, kind)?,
    };
    let Plan {
        speaks,
        changes,
        words,
    } = plan;
    let over = kind.title();
    let title = match &words {
        Some(words) => format!(
            "start {name} with `{words}` and call it over {over}, which {} has itself",
            call.program()
        ),
        None => format!("call {name} over {over}"),
    };
    let Some(listens) = speaks.port else {
        return Err(format!("on which port {name} would listen is not known"));
    };
    let url = call.address(listens, speaks.path.as_deref());
    let entry = url.as_ref().and_then(|url| call.entry(kind, url));
    let Some(entry) = entry else {
        let url = match &url {
            Some(url) => format!("url: {}\n", repair::written(url)),
            None => format!("ports: publish container port {listens}\n"),
        };
        let command = words.map(|words| format!("command of {name}: {words}\n"));
        let text = format!("{}transport: {kind}\n{url}", command.unwrap_or_default());
        return Ok(Fix::manual(title, text));
    };
    let mut fix = Fix::new(Safety::Unsafe, title);
    let is_started = !changes.is_empty();
    if is_started && let Some(pinned) = pin(call) {
        fix.changes.extend(pinned.change);
        fix.remarks.push(pinned.why);
    }
    fix.changes.extend(changes);
    let own = |change: &Change| change.at.source == call.hop.at.source;
    // What the service has to do with the entry is a network that both share.
    let is_joined = !entry.iter().all(own);
    fix.changes.extend(entry);
    if is_started || is_joined {
        fix = fix.then(repair::compose(stack, call.id, "up -d"));
    }
    fix.then.extend(call.reread());
    Ok(fix)
}

/// How the server is started on a transport that it does not speak yet.
fn started(call: &Call<'_>, kind: TransportKind) -> Result<Plan, String> {
    let Call {
        service,
        behind,
        server,
        ..
    } = call;
    let stack = call.case.stack;
    if on_network(server, behind, kind).is_none() {
        return Err(lacks(call, kind));
    }
    let unknown = || {
        format!(
            "how {} is started on it does not follow from its files",
            call.name()
        )
    };
    let Start { args, mut env, .. } =
        chain::start(stack, service, server, behind, kind).ok_or_else(unknown)?;
    let base = Command::of(stack, service, server, behind).ok_or_else(unknown)?;
    let mut words: Vec<String> = call
        .forbidding()
        .iter()
        .filter(|word| !base.has(word))
        .cloned()
        .collect();
    words.extend(args);
    // Pinned, the tag means what it was known to mean.
    let version = behind.version.as_ref().map(|known| &known.version);
    if let Some(sent) = call.host() {
        let refuses = |words: &[String], env: &[(String, String)]| {
            let speaks = base.with(server, behind, service, words, env, kind);
            let bind = speaks.as_ref().map(|speaks| &speaks.bind);
            base.launch(behind, service, words, env, |launch| {
                match bind.map(|bind| host::judge(server, version, launch, bind, &sent)) {
                    Some(Judgement::Refused(rule)) => Some(rule),
                    _ => None,
                }
            })
        };
        if let Some(rule) = refuses(&words, &env) {
            let port = call.hop.port();
            let admitting = admissions(rule, &sent, port).find(|(args, variables)| {
                let words = [words.as_slice(), args].concat();
                let env = [env.as_slice(), variables].concat();
                refuses(&words, &env).is_none()
            });
            let Some((args, variables)) = admitting else {
                return Err(refused(call, version, rule, &sent));
            };
            words.extend(args);
            env.extend(variables);
        }
    }
    // What is written is read by the catalog, so that it is known to work.
    let speaks = base
        .with(server, behind, service, &words, &env, kind)
        .ok_or_else(unknown)?;
    let mut changes = repair::written_command(&base, service, &words);
    changes.extend(repair::set_variables(stack, service, &env));
    let assigned = env.iter().map(|(name, value)| format!("{name}={value}"));
    let words: Vec<String> = words.into_iter().chain(assigned).collect();
    Ok(Plan {
        speaks,
        changes,
        words: Some(words.join(" ")),
    })
}

/// Whether what runs takes the caller's Host.
fn serves(call: &Call<'_>, speaks: &Speaks) -> Result<(), String> {
    let known = call.behind.version.as_ref();
    let version = known
        .filter(|known| known.assumed.is_none())
        .map(|known| &known.version);
    let sent = call.host();
    let judged = sent.as_ref().and_then(|sent| {
        chain::launched(call.service, |launch| {
            match host::judge(call.server, version, launch, &speaks.bind, sent) {
                Judgement::Refused(rule) => Some(refused(call, version, rule, sent)),
                _ => None,
            }
        })
    });
    judged.flatten().map_or(Ok(()), Err)
}

fn refused(call: &Call<'_>, version: Option<&Version>, rule: &HostRule, host: &str) -> String {
    let with = rule.status.map(|status| format!(" with {status}"));
    let who = version.map_or_else(|| call.behind.image.to_string(), Version::to_string);
    format!("{who} refuses the Host {host}{}", with.unwrap_or_default())
}

/// Arguments and variables.
pub type Words = (Vec<String>, Vec<(String, String)>);

/// What makes a rule let a Host pass, best first.
pub fn admissions<'r>(
    rule: &'r HostRule,
    host: &str,
    port: Option<u16>,
) -> impl Iterator<Item = Words> + use<'r> {
    let host = match port.filter(|_| rule.needs_port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let named = host.clone();
    let flags = rule.allow.args.iter();
    let flags = flags.map(move |flag| (vec![flag.clone(), named.clone()], Vec::new()));
    let variables = rule.allow.env.iter();
    let variables = variables.map(move |name| (Vec::new(), vec![(name.clone(), host.clone())]));
    let off = rule.off.args.iter();
    let off = off.map(|flag| (vec![flag.clone()], Vec::new()));
    let off_env = rule.off.env.iter();
    let off_env = off_env.map(|(name, value)| (Vec::new(), vec![(name.clone(), value.clone())]));
    flags.chain(variables).chain(off).chain(off_env)
}

/// Why the server certainly has, or may have, no such transport.
fn lacks(call: &Call<'_>, kind: TransportKind) -> String {
    let of_kind = || call.server.transports.iter().filter(|one| one.kind == kind);
    let version = call.behind.version.as_ref().map(|known| &known.version);
    match (version, of_kind().next()) {
        (_, None) => format!("{} is not known to have it", call.server.title),
        (Some(version), Some(first)) if !of_kind().any(|one| one.versions.contains(version)) => {
            lacking(version, first)
        }
        (None, Some(first)) if !first.versions.is_all() => format!(
            "which version {} is is not known, and not all have it",
            call.behind.image
        ),
        _ => format!("that {} has it was never verified", call.server.title),
    }
}

/// `0.3.0 has no streamable HTTP; only the unreleased main branch has it`
pub fn lacking(version: &Version, transport: &Transport) -> String {
    let title = transport.kind.title();
    let elsewhere = match transport.versions.describe().as_str() {
        "from main" => "only the unreleased main branch has it".to_owned(),
        versions => format!("versions {versions} have it"),
    };
    format!("{version} has no {title}; {elsewhere}")
}

/// The change that names the version that a floating tag was known to mean; nothing to change where the file does not have
/// the tag itself.
struct Pinned {
    change: Option<Change>,
    why: String,
}

/// Names the version in the image, where what is written holds for a version that the tag does not name.
fn pin(call: &Call<'_>) -> Option<Pinned> {
    let known = call.behind.version.as_ref()?;
    let (version, day) = (&known.version, known.assumed.as_ref()?);
    let image = &call.behind.image;
    let at = &call.service.image.as_ref()?.at;
    let node = call.case.stack.source(at.source).node(&at.path);
    let change = node.and_then(|node| tagged(node, at, version));
    let step = match &change {
        Some(_) => "the image is pinned to it".to_owned(),
        None => format!("pin the image of {} to it", call.name()),
    };
    Some(Pinned {
        change,
        why: format!("this holds for {version}, which {image} was on {day}: {step}"),
    })
}

/// The same repository as it is written, with the tag of a version.
pub fn tagged(node: Node<'_>, at: &Pointer, version: &Version) -> Option<Change> {
    let text = node.as_str().filter(|text| !text.contains(['$', '@']))?;
    let end = text.rfind('/').map_or(0, |slash| slash + 1);
    let name = text[end..].split(':').next().unwrap_or_default();
    Some(Change {
        at: at.clone(),
        op: Op::Set(json!(format!("{}{name}:{version}", &text[..end]))),
    })
}
