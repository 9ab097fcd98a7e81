//! `mcpdoc check`: what is wrong with a stack.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, bail};

use super::look::{self, Look};
use super::output;
use super::probe::header;
use super::project::{self, Project};
use super::{Lines, Outcome};
use crate::catalog::Version;
use crate::chain::{GatewayUrl, Settings};
use crate::change::Way;
use crate::check::{Need, Severity, listed};
use crate::cli::{CheckArgs, Evidence, FailOn, Format, InputArgs, Prefer, ProbesArgs};
use crate::config::{self, Config};
use crate::load::{Files, Request, clean, shown};
use crate::model::{How, Kind, Miss, Missed, Stack};
use crate::observe::docker::Search;
use crate::plan::{Apart, Origin, Permissions};
use crate::policy::{Baseline, Policy};
use crate::report::{self, github, gitlab, json, junit, markdown, sarif, text};
use crate::source::Unreadable;
use crate::term::Screen;
use crate::verdict::outdated;
use crate::{Examination, Selection, Witness};

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
    /// This day as `2026-11-27`, where a clock may be asked.
    pub today: Option<String>,
    /// What this process has in common with where the clients run, if it is apart from them.
    pub apart: Option<Apart>,
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
    /// The lowest severity that makes the run fail, if any does.
    pub fail_on: Option<Severity>,
}

impl Prepared {
    /// Examines files as the run asks for it, and asks `witness` what it may.
    pub(super) fn investigate(&self, files: &dyn Files, witness: &mut dyn Witness) -> Examination {
        crate::investigate(
            &self.request,
            &self.settings,
            &self.selection,
            &self.permissions,
            files,
            witness,
        )
    }
}

/// Turns the command line into a run.
///
/// # Errors
/// A named input that does not exist, an unknown check, a version that is none, a time that is none.
pub fn prepare(args: &CheckArgs, world: World<'_>) -> anyhow::Result<Prepared> {
    let selection = selection(&args.only, &args.skip)?;
    let files = world.files;
    let mut prepared = prepare_with(&args.inputs, &args.probes, selection, world)?;
    decided(args, files, &mut prepared)?;
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

/// What the command line says of findings.
pub(super) fn decided(
    args: &CheckArgs,
    files: &dyn Files,
    prepared: &mut Prepared,
) -> anyhow::Result<()> {
    let Request {
        cwd,
        root,
        baseline,
        ..
    } = &mut prepared.request;
    let policy = &mut prepared.selection.policy;
    if let Some(from) = args.fail_on {
        prepared.fail_on = from.into();
    }
    if args.no_ignore {
        *policy = std::mem::take(policy).of_nobody();
        // A file that anybody may change does not say what fails either.
        if args.fail_on.is_none() {
            prepared.fail_on = Some(Severity::Error);
        }
    }
    if let Some(file) = &args.baseline {
        *baseline = Some((clean(&cwd.join(file)), How::Flag));
    }
    if let Some(file) = &args.write_baseline {
        may_be_written(file, &clean(&cwd.join(file)), files)?;
    }
    // Who writes a new one does not ask the old one.
    if args.write_baseline.is_some() || args.no_ignore {
        *baseline = None;
    }
    let Some((file, _)) = baseline else {
        if args.prune_baseline {
            bail!("--prune-baseline: there is no baseline; --baseline FILE names it");
        }
        return Ok(());
    };
    let named = match &args.baseline {
        Some(file) => format!("--baseline {}", file.display()),
        None => format!("{}, the baseline of {}", shown(file, cwd), config::NAME),
    };
    let root = root.as_ref().unwrap_or(cwd);
    policy.baseline = Some(project::baseline(file, root, files, &named)?);
    Ok(())
}

/// Whether a baseline may be written there: where there is nothing, or one that it replaces.
fn may_be_written(named: &Path, path: &Path, files: &dyn Files) -> anyhow::Result<()> {
    let is_one = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.trim().is_empty() || Baseline::parse(&text).is_ok()
    };
    match files.read(path) {
        Ok(bytes) if is_one(&bytes) => Ok(()),
        Err(Unreadable::Absent | Unreadable::Directory) => Ok(()),
        _ => bail!(
            "--write-baseline {}: is there, and is no baseline: name a file that may be replaced",
            named.display()
        ),
    }
}

impl From<FailOn> for Option<Severity> {
    fn from(from: FailOn) -> Option<Severity> {
        match from {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

pub(super) fn selection(only: &[String], skip: &[String]) -> anyhow::Result<Selection> {
    Ok(Selection {
        only: find_all(only)?,
        skip: find_all(skip)?,
        policy: Policy::default(),
    })
}

/// Turns what is to be read and asked into a run.
pub(super) fn prepare_with(
    inputs: &InputArgs,
    probes: &ProbesArgs,
    mut selection: Selection,
    world: World<'_>,
) -> anyhow::Result<Prepared> {
    let project = Project::of(inputs, &world)?;
    let Config {
        timeouts, baseline, ..
    } = &project.config;
    selection.policy = project.policy(inputs, &world);
    let given = inputs;
    let inputs = &project.inputs(given);
    let root = project.root(&world.cwd);
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
            apart: world.apart,
            limits: project.limits(probes.timeout, timeouts.endpoint, false)?,
            command_limits: project.limits(probes.timeout, timeouts.command, true)?,
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
            catalog: project.catalog(),
        },
        fail_on: project.fail_on(),
        request: Request {
            root,
            settings: project.file.clone().zip(Some(project.how)),
            baseline: baseline.clone().zip(Some(How::Mounted)),
            ..request(inputs, world).map_err(|error| project.blamed(given, error))?
        },
    })
}

/// The world that this process is in, and the user whose home is read, where that is another one.
pub(super) fn world(files: &dyn Files) -> anyhow::Result<(World<'_>, Option<String>)> {
    let (home, user) = home_of_caller();
    let world = World {
        files,
        cwd: working_directory()?,
        home,
        shell: shell(),
        machine: host_name().into_iter().collect(),
        today: Some(today()),
        apart: super::image::apart(),
    };
    Ok((world, user))
}

pub(super) fn working_directory() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("there is no working directory")
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let outputs = output::read_all(&args.reports, args.untrusted)?;
    output::spare(&outputs, &named_in(args))?;
    let Some(look) = look::at(args)? else {
        return Ok(Outcome::Interrupted);
    };
    let Look {
        mut examination,
        prepared,
        user,
    } = look;
    let Prepared {
        request, fail_on, ..
    } = &prepared;
    named(&examination)?;
    if examination.stack.inputs.is_empty() && request.left_out.is_empty() {
        return Err(nothing_found(&examination.stack, request, &args.inputs));
    }
    output::spare(&outputs, &read_by(&examination, request))?;
    let kept = kept(args, &prepared, &mut examination)?;
    let shown = |format, screen| {
        rendered(
            format,
            screen,
            args,
            *fail_on,
            user.as_deref(),
            &examination,
        )
    };
    let reports = outputs
        .iter()
        .map(|output| shown(output.format, Screen::PLAIN))
        .collect::<anyhow::Result<Vec<String>>>()?;
    let printed = shown(args.format, super::screen(args.output.color))?;
    super::print(&match args.format {
        Format::Text => super::readable(printed),
        _ => printed,
    })?;
    output::write_all(&outputs, &reports)?;
    // Of a stranger's change and of a bundle nothing was written here.
    let half = match args.untrusted || args.bundle.is_some() {
        true => None,
        false => super::fix::half_done().map(|half| half.to_string()),
    };
    let kept = kept.map(Kept::write).transpose()?;
    for line in kept.iter().chain(&half) {
        super::tell(line);
    }
    let worst = examination.diagnosis.worst();
    let missing = args.require.iter().any(|evidence| match evidence {
        Evidence::Docker => examination.facts.engine.get().is_none(),
        Evidence::Wire => {
            examination.untried().next().is_some() || examination.unmade().next().is_some()
        }
    });
    // The process ends here: taking ten thousand servers apart piece by piece would only keep the caller waiting.
    std::mem::forget(examination);
    Ok(match *fail_on {
        Some(from) if worst.is_some_and(|worst| worst >= from) => Outcome::Findings,
        _ if missing => Outcome::Missing,
        _ => Outcome::Clean,
    })
}

/// Findings that were removed from a baseline, and are named.
const REMOVED: usize = 10;

/// A baseline that is to be written, and what is said then.
struct Kept {
    path: PathBuf,
    text: String,
    /// As the command line or messages name it.
    named: String,
    said: String,
}

impl Kept {
    /// Writes it; through a link the file that this leads to.
    fn write(self) -> anyhow::Result<String> {
        let path = std::fs::canonicalize(&self.path).unwrap_or(self.path);
        super::save::replace(&path, &self.text).context(self.named)?;
        Ok(self.said)
    }
}

/// The baseline that was asked for.
fn kept(
    args: &CheckArgs,
    prepared: &Prepared,
    examination: &mut Examination,
) -> anyhow::Result<Option<Kept>> {
    let Prepared {
        request,
        selection,
        fail_on,
        ..
    } = prepared;
    if let Some(file) = &args.write_baseline {
        let least = fail_on.unwrap_or(Severity::Warning).min(Severity::Warning);
        let stack = &examination.stack;
        let known = examination.diagnosis.known(stack, least);
        let inputs = stack
            .inputs
            .iter()
            .filter(|input| input.kind != Kind::Container);
        let inputs = inputs.map(|input| stack.known_as(input.source).into_owned());
        // What lies outside of the project is another one on every machine.
        let inputs = inputs.filter(|name| !Path::new(name).is_absolute());
        let inputs = inputs.collect();
        examination.diagnosis.accept(&known);
        let count = report::count(known.len(), "finding");
        let baseline = Baseline {
            inputs,
            known,
            ..Baseline::default()
        };
        let path = clean(&request.cwd.join(file));
        let name = file.display();
        return Ok(Some(Kept {
            path,
            text: baseline.render()?,
            named: format!("--write-baseline {name}"),
            said: format!("{name} has {count}; --baseline {name} takes it"),
        }));
    }
    let (Some((path, _)), Some(baseline), true) = (
        &request.baseline,
        &selection.policy.baseline,
        args.prune_baseline,
    ) else {
        return Ok(None);
    };
    let gone = outdated(&examination.stack, baseline, &examination.heard);
    let name = shown(path, &request.cwd);
    if gone.is_empty() {
        let said = format!("{name} has nothing that is found no more");
        super::tell(&said);
        return Ok(None);
    }
    let of = |at: &usize| {
        let known = &baseline.known[*at];
        let place = known.file.as_ref().unwrap_or(&known.path);
        format!("{} in {place}", known.check)
    };
    let removed: Vec<String> = gone.iter().map(of).collect();
    let known = baseline.known.iter().enumerate();
    let known = known.filter(|(at, _)| !gone.contains(at));
    let left = Baseline {
        known: known.map(|(_, known)| known.clone()).collect(),
        ..baseline.clone()
    };
    examination.diagnosis.forget("baseline-outdated");
    Ok(Some(Kept {
        path: path.clone(),
        text: left.render()?,
        said: format!("removed from {name}: {}", listed(&removed, REMOVED)),
        named: name,
    }))
}

/// The report in a format.
fn rendered(
    format: Format,
    screen: Screen,
    args: &CheckArgs,
    fails_from: Option<Severity>,
    user: Option<&str>,
    examination: &Examination,
) -> anyhow::Result<String> {
    let required = args.require.iter().map(|evidence| match evidence {
        Evidence::Docker => Need::Docker,
        Evidence::Wire => Need::Wire,
    });
    let require: Vec<Need> = required.collect();
    Ok(match format {
        Format::Text => text::render(
            examination,
            &text::Options {
                screen,
                detail: match (args.quiet, args.verbose) {
                    (true, _) => text::Detail::Quiet,
                    (_, true) => text::Detail::Verbose,
                    _ => text::Detail::Usual,
                },
                user: user.map(str::to_owned),
                require,
            },
        ),
        Format::Json => json::render(examination)?,
        Format::Sarif => sarif::render(examination)?,
        Format::Junit => junit::render(
            examination,
            &junit::Options {
                fails_from,
                require,
            },
        )?,
        Format::Github => github::render(examination),
        Format::Gitlab => gitlab::render(examination)?,
        Format::Markdown => markdown::render(examination),
    })
}

/// The files that a person named.
fn named_in(args: &CheckArgs) -> Vec<PathBuf> {
    let InputArgs {
        paths,
        litellm,
        compose,
        claude,
        env_file,
        config,
        ..
    } = &args.inputs;
    let lists = [paths, litellm, claude, env_file].into_iter().flatten();
    let decisions = [config, &args.baseline, &args.write_baseline];
    let records = [&args.facts, &args.bundle];
    let single = decisions.into_iter().chain(records).flatten();
    let compose = compose.iter().flat_map(|files| files.split(','));
    lists
        .chain(single)
        .cloned()
        .chain(compose.map(PathBuf::from))
        .collect()
}

/// The files that a run read.
fn read_by(examination: &Examination, request: &Request) -> Vec<PathBuf> {
    let sources = examination.stack.sources.iter();
    let files = sources.filter(|source| source.container().is_none());
    let files = files.map(|source| request.cwd.join(source.name()));
    let decisions = [&request.settings, &request.baseline].into_iter().flatten();
    files
        .chain(decisions.map(|(file, _)| file.clone()))
        .collect()
}

/// Says so where a gateway was named that is none.
pub(super) fn named(examination: &Examination) -> anyhow::Result<()> {
    match &examination.chain.misnamed {
        Some(misnamed) => Err(misnamed.clone()).context("--gateway-url"),
        None => Ok(()),
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

fn request(args: &InputArgs, world: World<'_>) -> anyhow::Result<Request> {
    let World {
        files,
        cwd,
        home,
        shell,
        ..
    } = world;
    let absolute = |path: &Path| clean(&cwd.join(path));
    let inside = |found: &Path, named: &str| match files.root().filter(|_| files.is_outside(found))
    {
        Some(root) => bail!(
            "{named}: leads outside of {}, and --untrusted reads nothing there: name a file in it",
            root.display()
        ),
        None => Ok(()),
    };
    let file = |path: &Path, flag: &str| -> anyhow::Result<PathBuf> {
        let found = absolute(path);
        inside(&found, &format!("{flag} {}", path.display()))?;
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
            inside(&found, &path.display().to_string())?;
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
        left_out: BTreeSet::new(),
        root: None,
        settings: None,
        baseline: None,
    })
}

fn shell() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// This day in UTC.
pub(super) fn today() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
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
pub(super) fn nothing_found(stack: &Stack, request: &Request, args: &InputArgs) -> anyhow::Error {
    let place = match args.paths.as_slice() {
        [] => crate::load::shown(&request.cwd, &request.cwd),
        paths => paths
            .iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(", "),
    };
    let text = format!(
        "no LiteLLM configuration, compose file or client file found in {place}; name them with --litellm, --compose and --claude"
    );
    let there = |missed: &&Missed| missed.why != Miss::NotFound;
    let missed = stack.missed.iter().filter(there).map(Missed::line);
    let outside = stack.outside.iter().map(|outside| {
        let name = stack.name(outside.source);
        format!("not read: {name}, which leads outside of the repository")
    });
    let seen: Vec<String> = missed.chain(outside).collect();
    let more = seen.len().saturating_sub(SEEN);
    let mut lines: Vec<String> = seen.into_iter().take(SEEN).collect();
    lines.extend((more > 0).then(|| format!("and {more} more")));
    Lines(text, lines).into()
}
