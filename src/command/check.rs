//! `mcpdoc check`: what is wrong with a stack.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Outcome;
use super::network::Network;
use super::probe::{header, limits};
use crate::catalog::Version;
use crate::chain::{GatewayUrl, Settings};
use crate::change::Way;
use crate::check::{Need, Severity};
use crate::cli::{CheckArgs, Evidence, FailOn, Format, InputArgs, Prefer, ProbesArgs};
use crate::disk::Disk;
use crate::load::{Files, Request, clean};
use crate::model::{Miss, Missed, Stack};
use crate::observe::docker::Search;
use crate::plan::{Origin, Permissions};
use crate::record::{Digests, Record, Replay};
use crate::report::{json, text};
use crate::{Examination, Selection, Witness, investigate, term};

/// What a run may see of the world before it starts.
pub struct World<'a> {
    /// Files and directories.
    pub files: &'a dyn Files,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The home of the user whose client files count.
    pub home: Option<PathBuf>,
    /// Variables of the shell.
    pub shell: BTreeMap<String, String>,
    /// Names of this machine beside `localhost`.
    pub machine: Vec<String>,
}

/// A run as the command line asks for it.
#[derive(Debug)]
pub struct Prepared {
    /// What to read.
    pub request: Request,
    /// What is known beside the files.
    pub settings: Settings,
    /// Which checks run.
    pub selection: Selection,
    /// What it may do beside reading files.
    pub permissions: Permissions,
    /// Which container engine is asked.
    pub search: Search,
}

/// Turns the command line into a run.
///
/// # Errors
/// A named input that does not exist, an unknown check, a version that is none, a time that is none.
pub fn prepare(args: &CheckArgs, world: World<'_>) -> anyhow::Result<Prepared> {
    let selection = selection(&args.only, &args.skip)?;
    let mut prepared = prepare_with(&args.inputs, &args.probes, selection, world)?;
    prepared.permissions.calls = super::call::read_all(&args.calls)?;
    prepared.settings.prefer = args.repairs.prefer.map(Into::into);
    Ok(prepared)
}

impl From<Prefer> for Way {
    fn from(prefer: Prefer) -> Way {
        match prefer {
            Prefer::Sse => Way::Sse,
            Prefer::Http => Way::Http,
            Prefer::Bridge => Way::Bridge,
            Prefer::StdioInGateway => Way::StdioInGateway,
        }
    }
}

fn selection(only: &[String], skip: &[String]) -> anyhow::Result<Selection> {
    Ok(Selection {
        only: find_all(only)?,
        skip: find_all(skip)?,
    })
}

/// Turns what is to be read and asked into a run.
pub(super) fn prepare_with(
    inputs: &InputArgs,
    probes: &ProbesArgs,
    selection: Selection,
    world: World<'_>,
) -> anyhow::Result<Prepared> {
    if let Some(variable) = &probes.gateway_key_env {
        let value = world.shell.get(variable).cloned();
        header::bearer("--gateway-key-env", variable, value)?;
    }
    Ok(Prepared {
        search: Search {
            host: probes.docker_host.clone(),
            shell: world.shell.clone(),
            home: world.home.clone(),
            ..Search::default()
        },
        permissions: Permissions {
            probe: !probes.offline && !probes.no_probe,
            docker: !probes.offline && !probes.no_docker,
            exec: probes.allow_exec,
            calls: Vec::new(),
            trusted: probes
                .trust_origin
                .iter()
                .map(|text| text.parse().context("--trust-origin"))
                .collect::<anyhow::Result<Vec<Origin>>>()?,
            gateway_key: probes.gateway_key_env.clone(),
            limits: limits(probes.timeout, false)?,
            command_limits: limits(probes.timeout, true)?,
        },
        selection,
        settings: Settings {
            litellm_version: inputs.litellm_version.as_deref().map(version).transpose()?,
            machine: inputs
                .host_alias
                .iter()
                .cloned()
                .chain(world.machine.clone())
                .collect(),
            gateway_urls: inputs
                .gateway_url
                .iter()
                .map(|text| text.parse().context("--gateway-url"))
                .collect::<anyhow::Result<Vec<GatewayUrl>>>()?,
            prefer: None,
        },
        request: request(inputs, world)?,
    })
}

/// The world that this process is in, and the user whose home is read, where that is another one.
pub(super) fn world(files: &dyn Files) -> anyhow::Result<(World<'_>, Option<String>)> {
    let (home, user) = home_of_caller();
    let world = World {
        files,
        cwd: std::env::current_dir().context("there is no working directory")?,
        home,
        shell: shell(),
        machine: host_name().into_iter().collect(),
    };
    Ok((world, user))
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let disk = Disk::default();
    let (world, user) = world(&disk)?;
    let (examination, request) = match &args.facts {
        Some(file) => replayed(args, file, world)?,
        None => {
            let prepared = prepare(args, world)?;
            let Some(examination) = looked(&prepared, &disk)? else {
                return Ok(Outcome::Interrupted);
            };
            (examination, prepared.request)
        }
    };
    // Someone else's home is worth a line only when it was looked at.
    let user = user.filter(|_| request.home.is_some() && args.inputs.home.is_none());
    named(&examination)?;
    if examination.stack.inputs.is_empty() {
        bail!(
            "{}",
            nothing_found(&examination.stack, &request, &args.inputs)
        );
    }
    let report = match args.format {
        Format::Json => json::render(&examination)?,
        Format::Text => text::render(
            &examination,
            &text::Options {
                screen: super::screen(args.output.color),
                detail: match (args.quiet, args.verbose) {
                    (true, _) => text::Detail::Quiet,
                    (_, true) => text::Detail::Verbose,
                    _ => text::Detail::Usual,
                },
                user,
                require: args
                    .require
                    .iter()
                    .map(|evidence| match evidence {
                        Evidence::Docker => Need::Docker,
                        Evidence::Wire => Need::Wire,
                    })
                    .collect(),
            },
        ),
    };
    super::print(&report)?;
    if let Some(half) = super::fix::half_done() {
        // Nothing is left to tell anyone if stderr is closed.
        let _ = writeln!(io::stderr(), "mcpdoc: {}", term::clean(&half.to_string()));
    }
    let fails_from = match args.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Note => Some(Severity::Note),
        FailOn::Never => None,
    };
    let worst = examination.diagnosis.worst();
    let missing = args.require.iter().any(|evidence| match evidence {
        Evidence::Docker => examination.facts.engine.get().is_none(),
        Evidence::Wire => {
            examination.untried().next().is_some() || examination.unmade().next().is_some()
        }
    });
    // The process ends here: taking ten thousand servers apart piece by piece would only keep the caller waiting.
    std::mem::forget(examination);
    Ok(match fails_from {
        Some(from) if worst.is_some_and(|worst| worst >= from) => Outcome::Findings,
        _ if missing => Outcome::Missing,
        _ => Outcome::Clean,
    })
}

/// Says so where a gateway was named that is none.
pub(super) fn named(examination: &Examination) -> anyhow::Result<()> {
    match &examination.chain.misnamed {
        Some(misnamed) => Err(misnamed.clone()).context("--gateway-url"),
        None => Ok(()),
    }
}

/// Reads files and looks at the world. Nothing when the user broke it off.
pub(super) fn looked(
    prepared: &Prepared,
    files: &dyn Files,
) -> anyhow::Result<Option<Examination>> {
    let mut network = Network::new(prepared.search.clone(), files)?;
    let examination = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &prepared.permissions,
        files,
        &mut network,
    );
    let interrupted = network.is_interrupted();
    network.end();
    if !examination.stack.inputs.is_empty() {
        super::call::are_known(&examination, &prepared.permissions.calls)?;
    }
    Ok((!interrupted).then_some(examination))
}

/// Reads files, and takes everything else from a record.
fn replayed(
    args: &CheckArgs,
    file: &Path,
    world: World<'_>,
) -> anyhow::Result<(Examination, Request)> {
    let files = Digests::of_files(world.files);
    let selection = selection(&args.only, &args.skip)?;
    let (record, prepared) = recorded(&args.inputs, &args.probes, selection, file, world)?;
    let named = || named_record(file);
    let mut replay = Replay::of(&record, &prepared.request).with_context(named)?;
    let mut examination = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &prepared.permissions,
        &files,
        &mut replay,
    );
    super::call::are_known(&examination, &record.permissions().calls).with_context(named)?;
    examination.differences = record
        .differences(&examination.stack, &prepared.request, &files)
        .with_context(named)?;
    Ok((examination, prepared.request))
}

/// A record, and the run that takes its answers.
pub(super) fn recorded(
    inputs: &InputArgs,
    probes: &ProbesArgs,
    selection: Selection,
    file: &Path,
    world: World<'_>,
) -> anyhow::Result<(Record, Prepared)> {
    let record = record(file)?;
    let world = World {
        machine: record.machine().to_vec(),
        shell: BTreeMap::new(),
        ..world
    };
    let mut prepared = prepare_with(inputs, probes, selection, world)?;
    prepared.request.shell = record.environment(&prepared.request);
    if prepared.settings.gateway_urls.is_empty() {
        prepared.settings.gateway_urls = record.gateway_urls().to_vec();
    }
    prepared.request.projects = record.projects(&prepared.request);
    prepared.permissions = record.permissions().clone();
    Ok((record, prepared))
}

/// How a record is named in messages.
pub(super) fn named_record(file: &Path) -> String {
    format!("--facts {}", file.display())
}

/// The most that a record may have. Those of thousands of tools have a few MiB.
const RECORD_BYTES: u64 = 64 * 1024 * 1024;

fn record(file: &Path) -> anyhow::Result<Record> {
    let named = || named_record(file);
    if !file.exists() {
        bail!("{}: no such file", named());
    }
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| {
        let mut opened = opened.take(RECORD_BYTES + 1);
        opened.read_to_string(&mut text)
    });
    let read = read.with_context(named)?;
    if read as u64 > RECORD_BYTES {
        bail!(
            "{}: has more than {} MiB",
            named(),
            RECORD_BYTES / 1024 / 1024
        );
    }
    Record::parse(&text).with_context(named)
}

pub(super) fn find_all(ids: &[String]) -> anyhow::Result<Vec<&'static crate::check::Check>> {
    ids.iter().map(|id| super::find_check(id.trim())).collect()
}

fn version(text: &str) -> anyhow::Result<Version> {
    text.parse()
        .ok()
        .with_context(|| format!("--litellm-version {text} is not a version such as 1.77.3"))
}

fn request(args: &InputArgs, world: World<'_>) -> anyhow::Result<Request> {
    let World {
        files,
        cwd,
        home,
        shell,
        ..
    } = world;
    let absolute = |path: &Path| clean(&cwd.join(path));
    let file = |path: &Path, flag: &str| -> anyhow::Result<PathBuf> {
        let found = absolute(path);
        if files.is_dir(&found) {
            bail!(
                "{flag} {}: is a directory, and a file is needed",
                path.display()
            );
        }
        if !files.is_file(&found) {
            bail!("{flag} {}: no such file", path.display());
        }
        Ok(found)
    };
    let all = |paths: &[PathBuf], flag: &str| -> anyhow::Result<Vec<PathBuf>> {
        paths.iter().map(|path| file(path, flag)).collect()
    };
    let paths = args
        .paths
        .iter()
        .map(|path| {
            let found = absolute(path);
            if !files.is_file(&found) && !files.is_dir(&found) {
                bail!("{}: no such file or directory", path.display());
            }
            Ok(found)
        })
        .collect::<anyhow::Result<Vec<PathBuf>>>()?;
    let compose = args
        .compose
        .iter()
        .map(|list| {
            list.split(',')
                .map(|path| file(Path::new(path), "--compose"))
                .collect()
        })
        .collect::<anyhow::Result<Vec<Vec<PathBuf>>>>()?;
    let home = match &args.home {
        Some(home) => {
            let found = absolute(home);
            if !files.is_dir(&found) {
                bail!("--home {}: no such directory", home.display());
            }
            Some(found)
        }
        // Whoever names the files means those; a gateway's file alone still asks who calls it.
        None if paths.is_empty() && compose.is_empty() && args.claude.is_empty() => home,
        None => None,
    };
    Ok(Request {
        litellm: all(&args.litellm, "--litellm")?,
        claude: all(&args.claude, "--claude")?,
        env_files: all(&args.env_file, "--env-file")?,
        paths,
        compose,
        home,
        shell,
        cwd,
        projects: BTreeMap::new(),
    })
}

fn shell() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/etc/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The home of the user who runs mcpdoc; under sudo of the one who called it, with their name.
fn home_of_caller() -> (Option<PathBuf>, Option<String>) {
    let own = std::env::home_dir();
    let Some(caller) = std::env::var("SUDO_USER")
        .ok()
        .filter(|name| !name.is_empty() && name != "root")
    else {
        return (own, None);
    };
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let home = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&caller.as_str()))
        .and_then(|fields| fields.get(5).map(PathBuf::from));
    match home {
        Some(home) => (Some(home), Some(caller)),
        None => (own, None),
    }
}

/// Files that were seen where nothing was found, and are named.
const SEEN: usize = 5;

/// Says that nothing was found, and what was seen instead: templates, and other programs' files.
pub(super) fn nothing_found(stack: &Stack, request: &Request, args: &InputArgs) -> String {
    let place = match args.paths.as_slice() {
        [] => crate::load::shown(&request.cwd, &request.cwd),
        paths => paths
            .iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut text = format!(
        "no LiteLLM configuration, compose file or client file found in {place}; name them with --litellm, --compose and --claude"
    );
    let there = |missed: &&Missed| missed.why != Miss::NotFound;
    let seen: Vec<String> = stack
        .missed
        .iter()
        .filter(there)
        .map(Missed::line)
        .collect();
    for line in seen.iter().take(SEEN) {
        text = format!("{text}\n  {}", term::clean(line));
    }
    match seen.len().saturating_sub(SEEN) {
        0 => text,
        more => format!("{text}\n  and {more} more"),
    }
}
