//! `mcpdoc probe`: what answers at one endpoint, and why a client cannot use it.

mod address;
pub(super) mod header;
mod hidden;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::error::ErrorKind;

use super::{Outcome, live};
use crate::cli::{self, ListArg, ProbeArgs, TextOrJson, TransportArg};
use crate::disk::Disk;
use crate::fact::{
    Ask, Call, Eras, Facts, Known, Limits, Lists, Pin, Probe, Revision, Target, Trust, Vantage,
};
use crate::model::Transport;
use crate::observe::docker::{self, Search};
use crate::observe::{self, Places};
use crate::plan::Apart;
use crate::policy::Policy;
use crate::report::{json, text};
use crate::secret::redact;
use crate::wire::{Standing, without_user_info};
use crate::{Selection, consult};

/// What a probe may see of the world before it starts.
pub struct World<'a> {
    /// Variables of mcpdoc's own environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether there is a file of that name.
    pub is_file: &'a dyn Fn(&Path) -> bool,
}

/// A probe as the command line asks for it.
#[derive(Debug)]
pub struct Asked {
    /// The question.
    pub ask: Ask,
    /// What was made of the command line, where it does not say so itself.
    pub remarks: Vec<String>,
    /// Headers whose value a variable holds, and its name.
    pub variables: Vec<(String, String)>,
}

pub(super) fn run(args: &ProbeArgs) -> anyhow::Result<Outcome> {
    if args.url.is_none() && args.command.is_empty() {
        let mut cli = cli::command();
        // Builds the names that its usage has.
        cli.build();
        let nothing = "name a URL, or a command behind `--`";
        if let Some(probe) = cli.find_subcommand_mut("probe") {
            bail!(probe.error(ErrorKind::MissingRequiredArgument, nothing));
        }
        bail!(nothing);
    }
    let Asked {
        ask,
        mut remarks,
        variables,
    } = asked(
        args,
        &World {
            variable: &|name| std::env::var(name).ok(),
            is_file: &Path::is_file,
        },
    )?;
    if let (Some(apart), Target::Url(url)) = (super::image::apart(), &ask.target)
        && args.from.is_none()
        && let Ok(url) = url.parse()
        && let Some(why) = (Apart {
            authorities: apart.authorities || args.insecure || ask.trust.ca_file.is_some(),
            ..apart
        })
        .hides(&url)
    {
        remarks.push(why.to_owned());
    }
    if let Some(file) = &ask.trust.ca_file {
        let pem = std::fs::read_to_string(file)
            .with_context(|| format!("--cacert {}: cannot be read", file.display()))?;
        ensure!(
            pem.contains("-----BEGIN CERTIFICATE-----"),
            "--cacert {}: has no certificate in PEM (-----BEGIN CERTIFICATE-----)",
            file.display()
        );
    }
    let selection = Selection {
        only: super::check::find_all(&args.only)?,
        skip: super::check::find_all(&args.skip)?,
        policy: Policy::default(),
    };
    let Some(probe) = held(ask, args)? else {
        return Ok(Outcome::Interrupted);
    };
    let facts = Facts {
        wire: Known::Yes(vec![probe]),
        ..Facts::none()
    };
    let examination = consult(facts, &selection);
    let report = match args.format {
        TextOrJson::Json => json::render(&examination)?,
        TextOrJson::Text => super::readable(text::endpoint(
            &examination,
            &text::EndpointOptions {
                screen: super::screen(args.output.color),
                detail: match (args.quiet, args.verbose) {
                    (true, _) => text::Detail::Quiet,
                    (_, true) => text::Detail::Verbose,
                    _ => text::Detail::Usual,
                },
                remarks,
                variables,
            },
        )),
    };
    super::print(&report)?;
    let standing = examination
        .readings
        .first()
        .map(|reading| &reading.standing);
    Ok(match standing {
        Some(Standing::Works) => Outcome::Clean,
        _ => Outcome::Findings,
    })
}

/// Holds the conversation; nothing when the user broke it off.
fn held(mut ask: Ask, args: &ProbeArgs) -> anyhow::Result<Option<Probe>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let probe = runtime.block_on(async {
        let mut places = Places::default();
        if let Some(word) = &args.from {
            let disk = Disk::default();
            let (world, _) = super::check::world(&disk)?;
            let search = Search {
                host: args.docker_host.clone(),
                shell: world.shell,
                home: world.home,
                ..Search::default()
            };
            let docker = docker::connect(&search, &disk).await;
            let caller = match docker {
                Ok(docker) => docker.caller(word).await,
                Err(unknown) => Err(format!("the container engine {}", unknown.words())),
            };
            let from = caller.and_then(|caller| {
                let from = observe::vantage(&caller, &ask.target, args.allow_exec)?;
                places = Places::with(caller.execs);
                Ok(from)
            });
            ask.from = from.map_err(|why| anyhow::anyhow!("--from {}: {why}", redact(word)))?;
        }
        let conversation = places.probe(&ask);
        let said = format!("probing {}", name(&ask.target));
        let conversation = live::shown(&said, args.quiet, conversation);
        let starts = matches!(ask.target, Target::Command { .. })
            || matches!(ask.from, Vantage::Exec { .. });
        anyhow::Ok(match starts {
            // It may have changed nothing but sockets, which the system closes.
            false => Some(conversation.await),
            // What was started has to be ended.
            true => live::until_interrupted(conversation).await,
        })
    });
    // A name that is still being asked for has no say any more.
    runtime.shutdown_background();
    probe
}

/// What is probed, in the words of the command line.
fn name(target: &Target) -> String {
    match target {
        Target::Url(url) => redact(url),
        Target::Command { program, .. } => redact(program),
    }
}

/// Turns the command line into a question.
///
/// # Errors
/// Whatever is wrong with the command line, in one line that names the next step and no secret.
pub fn asked(args: &ProbeArgs, world: &World<'_>) -> anyhow::Result<Asked> {
    let mut remarks = Vec::new();
    let mut variables = Vec::new();
    let target = match (&args.url, args.command.as_slice()) {
        (None, [program, rest @ ..]) => {
            let of_urls = [
                ("--header", !args.header.is_empty()),
                ("--bearer-env", args.bearer_env.is_some()),
                ("--host", args.host.is_some()),
                ("--resolve", !args.resolve.is_empty()),
                ("--cacert", args.cacert.is_some()),
                ("--insecure", args.insecure),
            ];
            if let Some((flag, _)) = of_urls.iter().find(|(_, given)| *given) {
                bail!("{flag} is for a URL; a command is talked to over its pipes");
            }
            ensure!(
                matches!(args.transport, TransportArg::Auto | TransportArg::Stdio),
                "a command is talked to over its pipes (--transport stdio); start a server that speaks HTTP yourself and name its URL"
            );
            Target::Command {
                program: program.clone(),
                args: rest.to_vec(),
                env: BTreeMap::new(),
                cwd: None,
            }
        }
        (Some(url), []) if args.rest.is_empty() => {
            ensure!(
                args.transport != TransportArg::Stdio,
                "--transport stdio is for a command, which goes behind `--`: mcpdoc probe -- COMMAND ARGS"
            );
            let (url, remark) = address::read(url, world.is_file)?;
            remarks.extend(remark);
            Target::Url(url.into())
        }
        (Some(first), []) => {
            let words = std::iter::once(first).chain(&args.rest).map(String::as_str);
            let words: Vec<&str> = words.collect();
            bail!(
                "one URL is probed, and these are {} words; a command goes behind `--`: mcpdoc probe -- {}",
                words.len(),
                redact(&words.join(" "))
            )
        }
        (Some(first), _) => bail!("{} and a command: one of them is probed", redact(first)),
        (None, []) => bail!("name a URL, or a command behind `--`"),
    };
    let mut ask = Ask::of(target);
    for text in &args.header {
        ask.headers.push(header::read(text)?);
    }
    if let Some(variable) = &args.bearer_env {
        let value = header::bearer("--bearer-env", variable, (world.variable)(variable))?;
        header::claim(&ask.headers, "--bearer-env")?;
        ask.headers.push((header::AUTHORIZATION.to_owned(), value));
        variables.push((header::AUTHORIZATION.to_owned(), variable.clone()));
    }
    if let Target::Url(url) = &mut ask.target
        && let Ok(parsed) = url::Url::parse(url)
        && let (bare, Some(value)) = without_user_info(&parsed)
    {
        header::claim(&ask.headers, "the user info of the url")?;
        ask.secrets.extend(hidden::in_url(&parsed));
        *url = bare.into();
        ask.headers.push((header::AUTHORIZATION.to_owned(), value));
        remarks.push("the user info of the url is sent as Authorization: Basic".to_owned());
    }
    let secrets = match &ask.target {
        Target::Url(url) => url::Url::parse(url)
            .map(|url| hidden::in_url(&url))
            .unwrap_or_default(),
        Target::Command { args, .. } => hidden::in_arguments(args),
    };
    ask.secrets.extend(secrets);
    let in_headers = ask
        .headers
        .iter()
        .flat_map(|(_, value)| hidden::in_header(value));
    ask.secrets.extend(in_headers);
    ask.host = args.host.as_deref().map(host).transpose()?;
    for text in &args.resolve {
        ask.pins.extend(pins(text)?);
    }
    ask.trust = Trust {
        ca_file: args
            .cacert
            .as_deref()
            .map(|path| file(path, world))
            .transpose()?,
        any_certificate: args.insecure,
        oauth: None,
    };
    ask.transport = match args.transport {
        TransportArg::Auto => None,
        TransportArg::Http => Some(Transport::Http),
        TransportArg::Sse => Some(Transport::Sse),
        TransportArg::Stdio => Some(Transport::Stdio),
    };
    ask.eras = eras(&args.eras)?;
    if ask.transport == Some(Transport::Sse) && ask.eras == Eras::Only(Revision::NEWEST) {
        bail!(
            "{} has no HTTP+SSE; leave out --eras or --transport",
            Revision::NEWEST
        );
    }
    let lists = |what| args.list.contains(&what);
    ask.lists = Lists {
        tools: lists(ListArg::Tools),
        resources: lists(ListArg::Resources),
        prompts: lists(ListArg::Prompts),
    };
    ask.call = call(args)?;
    if let Some(call) = &ask.call {
        ask.secrets.extend(call.secrets());
    }
    ask.deep = args.deep;
    ask.rounds = args.rounds;
    let is_command = matches!(ask.target, Target::Command { .. });
    ask.limits = limits("--timeout", args.timeout, is_command)?;
    Ok(Asked {
        ask,
        remarks,
        variables,
    })
}

fn file(path: &Path, world: &World<'_>) -> anyhow::Result<std::path::PathBuf> {
    ensure!(
        (world.is_file)(path),
        "--cacert {}: no such file",
        path.display()
    );
    Ok(path.to_owned())
}

/// `NAME[:PORT]`, as a `Host` header has it.
fn host(text: &str) -> anyhow::Result<String> {
    let wrong = |why: &str| anyhow::anyhow!("--host {}: {why}", redact(text));
    if text.contains("://") || text.contains('/') {
        return Err(wrong("is a url, and a name such as mcp.lan:8000 is needed"));
    }
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '[' | ']');
    if text.is_empty() || !text.chars().all(plain) {
        return Err(wrong("is no host name"));
    }
    let port = match text.rsplit_once(']') {
        Some((_, rest)) => rest.strip_prefix(':'),
        None => text.split_once(':').map(|(_, port)| port),
    };
    match port {
        Some(port) if port.parse::<u16>().is_err() => Err(wrong(
            "has no port behind its colon; an IPv6 address stands in brackets",
        )),
        _ => Ok(text.to_owned()),
    }
}

/// `NAME:PORT:ADDRESS[,ADDRESS]`.
fn pins(text: &str) -> anyhow::Result<Vec<Pin>> {
    let wrong = || {
        anyhow::anyhow!(
            "--resolve {}: is not NAME:PORT:ADDRESS, such as mcp.lan:443:127.0.0.1 or mcp.lan:443:[::1]",
            redact(text)
        )
    };
    let mut parts = text.splitn(3, ':');
    let (Some(host), Some(port), Some(addresses)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let port: u16 = port.parse().map_err(|_| wrong())?;
    if host.is_empty() {
        return Err(wrong());
    }
    let pin = |address: &str| {
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let address: IpAddr = bare.unwrap_or(address).parse().map_err(|_| wrong())?;
        Ok(Pin {
            host: host.to_ascii_lowercase(),
            port,
            address,
        })
    };
    addresses
        .split(',')
        .map(|address| pin(address.trim()))
        .collect()
}

fn eras(text: &str) -> anyhow::Result<Eras> {
    match text {
        "auto" => Ok(Eras::Auto),
        "all" => Ok(Eras::All),
        revision => match revision.parse::<Revision>() {
            Ok(revision) => Ok(Eras::Only(revision)),
            Err(error) => bail!("--eras: {error}; or write auto or all"),
        },
    }
}

/// The call of a tool. What is wrong with its arguments is said without them: they may hold secrets.
fn call(args: &ProbeArgs) -> anyhow::Result<Option<Call>> {
    let Some(tool) = &args.call else {
        return Ok(None);
    };
    ensure!(!tool.is_empty(), "--call needs the name of a tool");
    Ok(Some(Call {
        tool: tool.clone(),
        arguments: super::call::arguments("--args", args.args.as_deref())?,
        alone: false,
    }))
}

/// Seconds that a program has which has to be loaded first: `npx` and `uvx` do that at their first start.
const COMMAND_SECONDS: f64 = 60.0;
/// The longest that may be asked for, in seconds.
const LONGEST: f64 = 3600.0;

/// What a conversation may take. Of less than the usual time a connection and an answer may take half; of more, an
/// answer a third, so that one that never comes leaves time to find out what else answers. A command is not asked for
/// anything else, and answers late: half.
pub(super) fn limits(flag: &str, timeout: Option<f64>, is_command: bool) -> anyhow::Result<Limits> {
    let usual = Limits::default();
    let seconds = match timeout {
        None if is_command => COMMAND_SECONDS,
        None => return Ok(usual),
        Some(seconds) if seconds > 0.0 && seconds <= LONGEST => seconds,
        Some(seconds) => {
            bail!("{flag} {seconds}: seconds above 0 and up to {LONGEST} are possible")
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 3,600,000"
    )]
    let deadline_ms = ((seconds * 1000.0).ceil() as u64).max(2);
    let half = deadline_ms / 2;
    let answer_ms = match is_command {
        true => half,
        false => half.min(usual.answer_ms).max(deadline_ms / 3),
    };
    Ok(Limits {
        connect_ms: half.min(usual.connect_ms),
        answer_ms,
        deadline_ms,
    })
}

#[cfg(test)]
mod tests;
