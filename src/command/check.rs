//! `mcpdoc check`: what is wrong with a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::Outcome;
use super::lines::Lines;
use super::live;
use super::probe::limits;
use crate::catalog::Version;
use crate::chain::Settings;
use crate::check::{Need, Severity};
use crate::cli::{CheckArgs, Evidence, FailOn, Format};
use crate::disk::Disk;
use crate::fact::{Ask, Probe, Target};
use crate::load::{Files, Request, clean};
use crate::model::{Miss, Missed, Stack};
use crate::observe::{self, Progress};
use crate::plan::{Origin, Permissions};
use crate::report::{json, text};
use crate::{Selection, Witness, investigate, term};

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
}

/// Turns the command line into a run.
///
/// # Errors
/// A named input that does not exist, an unknown check, a version that is none, a time that is none.
pub fn prepare(args: &CheckArgs, world: World<'_>) -> anyhow::Result<Prepared> {
    Ok(Prepared {
        permissions: Permissions {
            probe: !args.offline && !args.no_probe,
            exec: args.allow_exec,
            trusted: args
                .trust_origin
                .iter()
                .map(|text| text.parse().context("--trust-origin"))
                .collect::<anyhow::Result<Vec<Origin>>>()?,
            limits: limits(args.timeout, false)?,
            command_limits: limits(args.timeout, true)?,
        },
        selection: Selection {
            only: find_all(&args.only)?,
            skip: find_all(&args.skip)?,
        },
        settings: Settings {
            litellm_version: args.litellm_version.as_deref().map(version).transpose()?,
            machine: args
                .host_alias
                .iter()
                .cloned()
                .chain(world.machine.clone())
                .collect(),
        },
        request: request(args, world)?,
    })
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let disk = Disk::default();
    let (home, user) = home_of_caller();
    let Prepared {
        request,
        settings,
        selection,
        permissions,
    } = prepare(
        args,
        World {
            files: &disk,
            cwd: std::env::current_dir().context("there is no working directory")?,
            home,
            shell: shell(),
            machine: host_name().into_iter().collect(),
        },
    )?;
    // Someone else's home is worth a line only when it was looked at.
    let user = user.filter(|_| request.home.is_some() && args.home.is_none());
    let mut network = Network::default();
    let examination = investigate(
        &request,
        &settings,
        &selection,
        &permissions,
        &disk,
        &mut network,
    );
    if let Some(error) = network.failed {
        return Err(error).context("cannot ask any endpoint");
    }
    if network.interrupted {
        return Ok(Outcome::Interrupted);
    }
    if examination.stack.inputs.is_empty() {
        bail!("{}", nothing_found(&examination.stack, &request, args));
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
                    .map(|Evidence::Wire| Need::Wire)
                    .collect(),
            },
        ),
    };
    super::print(&report)?;
    let fails_from = match args.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Note => Some(Severity::Note),
        FailOn::Never => None,
    };
    let worst = examination.diagnosis.worst();
    let missing = !args.require.is_empty() && examination.untried().next().is_some();
    // The process ends here: taking ten thousand servers apart piece by piece would only keep the caller waiting.
    std::mem::forget(examination);
    Ok(match fails_from {
        Some(from) if worst.is_some_and(|worst| worst >= from) => Outcome::Findings,
        _ if missing => Outcome::Missing,
        _ => Outcome::Clean,
    })
}

/// The world, asked over the network and by starting what may be started.
#[derive(Default)]
struct Network {
    /// Why nobody could be asked.
    failed: Option<std::io::Error>,
    /// Whether the user broke it off.
    interrupted: bool,
}

impl Witness for Network {
    fn answer(&mut self, asks: &[Ask]) -> Vec<Probe> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                self.failed = Some(error);
                return Vec::new();
            }
        };
        let mut lines = Lines::of(asks);
        let on = |progress: Progress<'_>| {
            if let Some(lines) = &mut lines {
                lines.on(progress);
            }
        };
        let starts = |ask: &Ask| matches!(ask.target, Target::Command { .. });
        let probes = runtime.block_on(async {
            let round = observe::answer(asks, on);
            match asks.iter().any(starts) {
                // What was started has to be ended; of everything else the system takes care.
                true => live::until_interrupted(round).await,
                false => Some(round.await),
            }
        });
        self.interrupted = probes.is_none();
        // A name that is still being looked up has no say any more.
        runtime.shutdown_background();
        probes.unwrap_or_default()
    }
}

pub(super) fn find_all(ids: &[String]) -> anyhow::Result<Vec<&'static crate::check::Check>> {
    ids.iter().map(|id| super::find_check(id.trim())).collect()
}

fn version(text: &str) -> anyhow::Result<Version> {
    text.parse()
        .ok()
        .with_context(|| format!("--litellm-version {text} is not a version such as 1.77.3"))
}

fn request(args: &CheckArgs, world: World<'_>) -> anyhow::Result<Request> {
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
fn nothing_found(stack: &Stack, request: &Request, args: &CheckArgs) -> String {
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
