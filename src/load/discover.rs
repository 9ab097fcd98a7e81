//! Which files belong to a run: those that are named, those that a directory holds, and those that either implies.

mod engine;
mod manifest;
mod points;
mod recognise;
mod search;
mod seen;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(in crate::load) use self::recognise::LITELLM;
use super::{Loader, Request, client, compose, included, placing, shown};
use crate::catalog::client::{known, of, of_example, of_path};
use crate::model::{Client, Gateway, GatewayKind, Home, How, Kind, Miss, Scope};
use crate::source::{Pointer, Slot};

/// How many directories above a gateway's file are looked at for the compose file that mounts it.
const PARENTS: usize = 2;

/// Finds and loads every file that the request names or implies.
pub(super) fn run(loader: &mut Loader<'_>) {
    engine::note_places(loader);
    named(loader);
    let roots = directories(loader);
    search(loader, &roots);
    mounted_gateways(loader);
    engine::label_files_of_gateways(loader);
    let looked = mounting_projects(loader);
    engine::adopt_gateways(loader);
    mounted_gateways(loader);
    note_unmounted(loader, looked);
    template::note(loader);
    included::read(loader);
    clients_of_home(loader);
    client::load_settings(loader);
    engine::called(loader);
    // Where nothing speaks of a gateway, nobody misses one.
    let wanted = || loader.stack.inputs.is_empty() || points::speak_of_gateway(&loader.stack);
    if loader.stack.gateways.is_empty() && !roots.is_empty() && wanted() {
        let places = looked_in(&roots, &loader.request.cwd);
        loader.missed(
            format!("a LiteLLM file (looked in {places})"),
            "--litellm FILE",
        );
    }
    if loader.stack.inputs.is_empty() {
        seen::note(loader, &roots);
    }
}

/// What the command line names, broken or not.
fn named(loader: &mut Loader<'_>) {
    let request = loader.request;
    let taken = |path: &&PathBuf| !request.left_out.contains(*path);
    for path in request.litellm.iter().filter(taken) {
        add_gateway(loader, path, How::Flag);
    }
    let mut groups: Vec<&Vec<PathBuf>> = Vec::new();
    let projects = request.compose.iter();
    for files in projects.filter(|files| !files.is_empty() && files.iter().any(|file| taken(&file)))
    {
        if !groups.contains(&files) {
            groups.push(files);
            compose::load_project(loader, files, How::Flag);
        }
    }
    for path in request.claude.iter().filter(taken) {
        name_claude(loader, path);
    }
    let mut compose_files = Vec::new();
    for path in request
        .paths
        .iter()
        .filter(|path| taken(path) && !loader.files.is_dir(path))
    {
        if let Some(program) = known().other(path) {
            let name = shown(path, &request.cwd);
            let (why, what) = other_file(&name, program);
            loader.miss(why, what, "--claude FILE");
            continue;
        }
        if manifest::carries_any(loader, path) {
            add_gateway(loader, path, How::Flag);
            continue;
        }
        match recognise::named(loader, path) {
            Some(Kind::LiteLlm) => add_gateway(loader, path, How::Flag),
            Some(Kind::Compose) => compose_files.push(path.clone()),
            Some(Kind::Client) => {
                client::load_file(loader, path, How::Flag);
            }
            Some(Kind::Env | Kind::Container) | None => {
                let name = shown(path, &request.cwd);
                loader.missed(
                    format!("{name}: not recognised as a LiteLLM, compose or client file"),
                    "--litellm, --compose or --claude",
                );
            }
        }
    }
    for files in recognise::with_overrides(compose_files) {
        add_project(loader, &files, How::Flag);
    }
}

/// Why a file that another program's rules are for was not read, and what is said of it.
fn other_file(name: &str, program: &str) -> (Miss, String) {
    let is_known = (Client::ALL.into_iter()).any(|client| client.title() == program);
    match is_known {
        true => (
            Miss::PassedOver,
            format!("{name}: by its name a copy of a file of {program}"),
        ),
        false => (
            Miss::OtherClient,
            format!("{name}: a file of {program}, which is not judged yet"),
        ),
    }
}

/// A file given as one of Claude's: of Claude Code, or of Claude Desktop if that is what it is called.
fn name_claude(loader: &mut Loader<'_>, path: &Path) {
    let name = shown(path, &loader.request.cwd);
    let other = known().other(path);
    // Copies of a known client's file have names that only resemble it.
    let titled = || {
        Client::ALL
            .into_iter()
            .find(|client| other == Some(client.title()))
    };
    let client = of_path(path).or_else(|| of_example(path)).or_else(titled);
    let said = match (client, other) {
        (Some(Client::ClaudeCode), _) | (None, None) => None,
        (Some(Client::ClaudeDesktop), _) => Some(format!(
            "{name}: a file of Claude Desktop, read as such; Claude Code does not read it"
        )),
        (Some(client), _) => Some(format!(
            "{name}: a file of {}, read as one of Claude Code's because of --claude",
            client.title()
        )),
        (None, Some(program)) => Some(format!(
            "{name}: a file of {program}, which is not judged yet; read as one of Claude Code's"
        )),
    };
    if let Some(what) = said {
        loader.miss(Miss::Misread, what, "--claude FILE");
    }
    let client = client.filter(|client| *client == Client::ClaudeDesktop);
    let index = client::load_as(
        loader,
        path,
        client.unwrap_or(Client::ClaudeCode),
        How::Flag,
    );
    if let Some(index) = index {
        loader.stack.clients[index].is_certain = true;
    }
}

/// The directories that the command line names; the working directory when it names nothing.
fn directories(loader: &Loader<'_>) -> Vec<PathBuf> {
    let request = loader.request;
    let paths = request.paths.iter();
    let mut roots: Vec<PathBuf> = paths
        .filter(|path| loader.files.is_dir(path))
        .cloned()
        .collect();
    if names_nothing(request) {
        roots.push(request.cwd.clone());
    }
    roots
}

/// What these directories hold.
fn search(loader: &mut Loader<'_>, roots: &[PathBuf]) {
    let mut found = search::Found::default();
    for root in roots {
        search::search(loader, root, &mut found);
    }
    for path in recognise::without_parts(loader, &found.compose) {
        // What another file includes may use that one's networks and volumes.
        let dirs = directories_around(loader, &path);
        match recognise::includer(loader, &path, &dirs) {
            Some(whole) => add_project(loader, &[whole], How::Mounted),
            None => add_project(loader, &[path], How::Found),
        };
    }
    for path in &found.litellm {
        add_gateway(loader, path, How::Found);
    }
    for path in &found.clients {
        client::load_file(loader, path, How::Found);
    }
}

/// Configurations that LiteLLM's containers are started with. Who names files of LiteLLM's has named them all.
fn mounted_gateways(loader: &mut Loader<'_>) {
    if !loader.request.litellm.is_empty() {
        return;
    }
    let configs = loader.stack.services().filter_map(|(_, service)| {
        let (path, mount) = placing::config(service)?;
        let name = service.name.value.clone();
        Some(((path, name), (mount.at.clone(), mount.source.clone())))
    });
    let configs: BTreeMap<(PathBuf, String), (Pointer, String)> = configs.collect();
    for ((path, service), (at, written)) in configs {
        if loader.files.is_outside(&path) {
            loader.refuse(&path, at, &written);
            continue;
        }
        // A directory is what the engine makes of a file that was not there.
        if loader.files.is_file(&path) || loader.files.is_dir(&path) {
            add_gateway(loader, &path, How::Mounted);
        } else {
            let name = shown(&path, &loader.request.cwd);
            loader.missed(
                format!("{name}, which service {service} is started with"),
                "--litellm FILE",
            );
        }
    }
}

/// Compose files near a gateway's file that mount it, unless compose files were named.
/// The files of gateways that none mounted before, with the directories that were looked at.
fn mounting_projects(loader: &mut Loader<'_>) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let request = loader.request;
    let named = |loader: &Loader<'_>| {
        let of_flag =
            |input: &crate::model::Input| input.kind == Kind::Compose && input.how == How::Flag;
        loader.stack.inputs.iter().any(of_flag)
    };
    if !request.compose.is_empty() || named(loader) {
        return Vec::new();
    }
    let mounts = placing::Mounts::of(&loader.stack);
    let wanted: Vec<PathBuf> = loader
        .stack
        .gateways
        .iter()
        .filter(|gateway| gateway.home != Home::Kubernetes)
        .map(|gateway| gateway.path.clone())
        .filter(|path| !is_mounted(loader, &mounts, path))
        .collect();
    let places: Vec<Vec<PathBuf>> = wanted
        .iter()
        .map(|path| directories_around(loader, path))
        .collect();
    let directories: BTreeSet<&PathBuf> = places.iter().flatten().collect();
    let mut candidates = Vec::new();
    for dir in directories {
        let names = search::file_names(loader, dir);
        candidates.extend(recognise::projects_in(loader, dir, &names).projects);
    }
    for candidate in recognise::without_parts(loader, &candidates) {
        let before = (
            loader.stack.projects.len(),
            loader.stack.inputs.len(),
            loader.stack.missed.len(),
        );
        let Some(index) = add_project(loader, &[candidate], How::Mounted) else {
            continue;
        };
        let project = loader.stack.projects.get(index);
        let stack = &loader.stack;
        let mounts =
            |path: &PathBuf| project.is_some_and(|project| placing::runs(stack, project, path));
        if !wanted.iter().any(mounts) {
            loader.stack.projects.truncate(before.0);
            loader.stack.inputs.truncate(before.1);
            loader.stack.missed.truncate(before.2);
        }
    }
    wanted.into_iter().zip(places).collect()
}

/// Gateways' files that nothing mounts, and where it was looked for.
fn note_unmounted(loader: &mut Loader<'_>, looked: Vec<(PathBuf, Vec<PathBuf>)>) {
    let mounts = placing::Mounts::of(&loader.stack);
    for (path, places) in looked {
        if !is_mounted(loader, &mounts, &path) {
            let name = shown(&path, &loader.request.cwd);
            let places = looked_in(&places, &loader.request.cwd);
            loader.missed_mount(name, &places);
        }
    }
}

fn is_mounted(loader: &Loader<'_>, mounts: &placing::Mounts, path: &Path) -> bool {
    !placing::runners(&loader.stack, mounts, path).is_empty()
}

/// A file's directory and those above it, as far as its repository goes.
fn directories_around(loader: &Loader<'_>, path: &Path) -> Vec<PathBuf> {
    let mut around = Vec::new();
    for dir in path.ancestors().skip(1).take(1 + PARENTS) {
        around.push(dir.to_owned());
        if loader.files.is_repository(dir) {
            break;
        }
    }
    around
}

/// The client files of this machine and user, those in and above the working directory included.
fn clients_of_home(loader: &mut Loader<'_>) {
    let request = loader.request;
    let Some(home) = &request.home else { return };
    let user_file = client::user_file(request);
    let mut places: BTreeSet<PathBuf> = user_file.iter().cloned().collect();
    for file in &known().files {
        places.extend(
            file.machine
                .iter()
                .filter(|path| path.is_absolute())
                .cloned(),
        );
        if file.ancestors {
            let below_home = request.cwd.starts_with(home);
            let dirs = request.cwd.ancestors();
            let dirs = dirs.take_while(|dir| !below_home || dir.starts_with(home));
            places.extend(dirs.map(|dir| dir.join(&file.name)));
        }
    }
    places.extend(known().not_read.iter().map(|file| home.join(&file.path)));
    for other in Client::ALL.map(of) {
        let below_home = other.files.iter().flat_map(|file| &file.home);
        places.extend(below_home.map(|place| home.join(place)));
    }

    let mut loaded = Vec::new();
    for path in places.iter().filter(|path| loader.files.is_file(path)) {
        let is_new = !loader.stack.clients.iter().any(|have| have.path == *path);
        let wanted = user_file.as_ref() == Some(path) || recognise::is_client(loader, path);
        if is_new && wanted && client::load_file(loader, path, How::Found).is_some() {
            loaded.push(path.clone());
        }
    }
    let only_pointing = names_only_litellm(request);
    forget_others(loader, &loaded, only_pointing);
    if loader.stack.clients.is_empty() {
        let what = if only_pointing {
            "a client file that points at this gateway"
        } else {
            "a client file"
        };
        let user_file = user_file.map_or_else(String::new, |path| tilde(&path, home));
        loader.missed(
            format!("{what} (looked in {user_file}, .mcp.json here and above, and where people put them in vain)"),
            "--claude FILE",
        );
    }
}

/// Takes back those files of the home that have nothing to do with a gateway of this stack: all such files, or those
/// of other clients than Claude Code only.
fn forget_others(loader: &mut Loader<'_>, loaded: &[PathBuf], all: bool) {
    let gateways = points::Addresses::of(&loader.stack);
    let points: Vec<bool> = loader
        .stack
        .clients
        .iter()
        .map(|file| {
            !loaded.contains(&file.path)
                || !all && file.client == Client::ClaudeCode
                || gateways.are_pointed_at_by(&loader.stack, file)
        })
        .collect();
    // Managed servers exclude all others: where any other file counts, so do they.
    let any = points.contains(&true);
    let mut points = points.into_iter();
    let mut forgotten = Vec::new();
    loader.stack.clients.retain(|file| {
        let managed = file
            .entries
            .iter()
            .any(|entry| entry.scope == Scope::Managed);
        let keep = points.next() == Some(true) || (any && managed);
        if !keep {
            forgotten.push(file.source);
        }
        keep
    });
    loader
        .stack
        .inputs
        .retain(|input| !(input.kind == Kind::Client && forgotten.contains(&input.source)));
}

fn add_gateway(loader: &mut Loader<'_>, path: &Path, how: How) {
    loader.real(path);
    let links = &loader.stack.links;
    let have = |gateway: &Gateway| links.same(&gateway.path, path);
    if loader.stack.gateways.iter().any(have) {
        return;
    }
    let holds = match manifest::read(loader, path) {
        manifest::Manifest::No => {
            let home = match manifest::is_generated_from(loader, path) {
                true => Home::Kubernetes,
                false => Home::Unknown,
            };
            add_gateway_at(loader, path, how, None, home);
            return;
        }
        manifest::Manifest::Yes(holds) => holds,
    };
    let name = shown(path, &loader.request.cwd);
    for unread in holds.unread {
        loader.passed_over(
            format!("{unread} in {name}, unless they stand in a smaller file"),
            "--litellm FILE",
        );
    }
    if holds.slots.is_empty() {
        loader.missed(
            format!("a LiteLLM configuration in {name}, which is a Kubernetes manifest"),
            "--litellm FILE",
        );
    }
    for slot in holds.slots {
        add_gateway_at(loader, path, how, Some(slot), Home::Kubernetes);
    }
}

/// Takes a file, or what it carries in a slot, for a gateway's.
fn add_gateway_at(loader: &mut Loader<'_>, path: &Path, how: How, slot: Option<Slot>, home: Home) {
    let id = loader.open_at(path, LITELLM, slot.as_ref());
    loader.input(id, Kind::LiteLlm, how);
    let name = loader.stack.name(id);
    let id_of = match &slot {
        None => format!("gateway:{name}"),
        Some(slot) if slot.document == 0 => format!("gateway:{name}#{}", slot.path),
        Some(slot) => format!("gateway:{name}#{}:{}", slot.document, slot.path),
    };
    loader.stack.gateways.push(Gateway {
        id: id_of,
        kind: GatewayKind::LiteLlm,
        root: Pointer::root(id),
        path: path.to_owned(),
        home,
        templates: Vec::new(),
        includes: Vec::new(),
    });
}

/// Loads a project whose first file is in none yet.
fn add_project(loader: &mut Loader<'_>, files: &[PathBuf], how: How) -> Option<usize> {
    let first = loader.open(files.first()?, recognise::COMPOSE);
    let mut projects = loader.stack.projects.iter();
    if projects.any(|project| project.files.contains(&first)) {
        return None;
    }
    Some(compose::load_project(loader, files, how))
}

fn names_only_litellm(request: &Request) -> bool {
    !request.litellm.is_empty()
        && request.paths.is_empty()
        && request.compose.is_empty()
        && request.claude.is_empty()
}

fn names_nothing(request: &Request) -> bool {
    request.paths.is_empty()
        && request.litellm.is_empty()
        && request.compose.is_empty()
        && request.claude.is_empty()
}

fn looked_in(places: &[PathBuf], cwd: &Path) -> String {
    let names: Vec<String> = places.iter().map(|place| shown(place, cwd)).collect();
    names.join(", ")
}

fn tilde(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) => format!("~/{}", shown(rest, Path::new(""))),
        Err(_) => shown(path, Path::new("")),
    }
}

#[cfg(test)]
mod tests;
