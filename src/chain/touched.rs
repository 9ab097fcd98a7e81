//! Which files hang together, and which of them a change touches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Caller, Chain, Destination, Hop, Placed};
use crate::load::join;
use crate::model::{Client, Kind, ServiceId, Stack};
use crate::source::SourceId;

/// Files that hang together: what one of them says may decide what becomes of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Bundle {
    /// Absolute paths of files that are read.
    files: BTreeSet<PathBuf>,
    /// What containers see of the machine: files, and folders with all that is in them.
    mounts: BTreeSet<PathBuf>,
}

/// A change of a repository, and what was read of it.
pub struct Touch<'a> {
    /// The top of the repository. What lies elsewhere is no part of it.
    pub top: PathBuf,
    /// What is different: files, and folders that are repositories of their own.
    pub changed: BTreeSet<PathBuf>,
    /// Every file that was read, before the change and after it.
    pub read: BTreeSet<PathBuf>,
    /// The one path of what may have several.
    pub real: &'a dyn Fn(&Path) -> PathBuf,
}

impl Touch<'_> {
    /// Whether a file is different, whatever it is called.
    fn has(&self, file: &Path) -> bool {
        let is_in = |path: &Path| path.ancestors().any(|path| self.changed.contains(path));
        is_in(file) || is_in(&(self.real)(file))
    }

    fn is_inside(&self, file: &Path) -> bool {
        file.starts_with(&self.top) || (self.real)(file).starts_with((self.real)(&self.top))
    }
}

/// The files of stacks that a change does not touch: `before` and `after` are what was read, and how it hung together,
/// before the change and after it. A file that both have counts as touched if it hung together with a changed one in
/// either: what a change tears apart is what it breaks. A changed file that was read, and is of no stack that is known,
/// may be of every one; and of what lies outside of the repository nobody knows whether it has changed.
pub fn untouched(
    cwd: &Path,
    before: (&Stack, &Chain),
    after: (&Stack, &Chain),
    touch: &Touch<'_>,
) -> BTreeSet<PathBuf> {
    let mut bundles = bundles(cwd, before.0, before.1);
    bundles.extend(self::bundles(cwd, after.0, after.1));
    let all: BTreeSet<PathBuf> = bundles.iter().flat_map(|one| &one.files).cloned().collect();
    let known: BTreeSet<PathBuf> = all.iter().map(|file| (touch.real)(file)).collect();
    let is_known = |file: &PathBuf| all.contains(file) || known.contains(&(touch.real)(file));
    let mut read = touch.read.iter();
    if read.any(|file| touch.has(file) && !is_known(file)) {
        return BTreeSet::new();
    }
    let mut touched: BTreeSet<PathBuf> = BTreeSet::new();
    // What touches one bundle touches those that share a file with it.
    loop {
        let (now, left): (Vec<Bundle>, Vec<Bundle>) = bundles.into_iter().partition(|bundle| {
            let mut files = bundle.files.iter();
            let mounted =
                |file: &PathBuf| bundle.mounts.iter().any(|mount| file.starts_with(mount));
            let shared =
                |file: &PathBuf| touched.contains(file) || touched.contains(&(touch.real)(file));
            files.clone().any(|file| touch.has(file) || shared(file))
                || touch.changed.iter().any(mounted)
                || !files.any(|file| touch.is_inside(file))
        });
        bundles = left;
        if now.is_empty() {
            break;
        }
        for file in now.into_iter().flat_map(|bundle| bundle.files) {
            touched.insert((touch.real)(&file));
            touched.insert(file);
        }
    }
    all.into_iter()
        .filter(|file| !touched.contains(file) && !touched.contains(&(touch.real)(file)))
        .collect()
}

/// What hangs together directly.
fn bundles(cwd: &Path, stack: &Stack, chain: &Chain) -> Vec<Bundle> {
    let path = |id: SourceId| join(cwd, stack.name(id));
    let file = |id: SourceId| BTreeSet::from([path(id)]);
    let first = |service: &ServiceId| stack.project(*service).files.first().copied().map(path);
    let mut bundles = Vec::new();
    let mut add = |files: BTreeSet<PathBuf>, mounts: BTreeSet<PathBuf>| {
        bundles.push(Bundle { files, mounts });
    };
    let env_files = stack.inputs.iter().filter(|input| input.kind == Kind::Env);
    let env_files: Vec<PathBuf> = env_files.map(|input| path(input.source)).collect();
    for project in &stack.projects {
        let mut files: BTreeSet<PathBuf> = project.files.iter().copied().map(path).collect();
        let services = project.services.iter();
        let named = services.clone().flat_map(|service| &service.env_files);
        files.extend(named.filter_map(|file| file.source).map(path));
        let beside = env_files
            .iter()
            .filter(|file| file.parent() == Some(&project.dir));
        files.extend(beside.cloned());
        let mounts = services.flat_map(|service| &service.mounts);
        add(
            files,
            mounts.filter_map(|mount| mount.host.clone()).collect(),
        );
    }
    for (gateway, view) in stack.gateways.iter().zip(&chain.gateways) {
        let mut files = file(gateway.root.source);
        let included = gateway.includes.iter().filter_map(|one| one.source);
        files.extend(included.map(path));
        let placed = match &view.placed {
            Placed::By(service) => std::slice::from_ref(service),
            Placed::Several(services) => services,
            Placed::Cluster | Placed::Nowhere => &[],
        };
        files.extend(placed.iter().filter_map(first));
        add(files, BTreeSet::new());
    }
    for hop in &chain.hops {
        let mut files = file(hop.at.source);
        files.extend(called(stack, hop).map(path));
        if let Caller::Gateway { gateway, .. } = hop.caller {
            files.insert(path(stack.gateways[gateway].root.source));
        }
        add(files, BTreeSet::new());
    }
    // Who may connect to what is said in one place for all of Claude Code's files.
    let state = &stack.client_state;
    let settings = state.settings.iter().map(|settings| settings.source);
    let mut files: BTreeSet<PathBuf> = settings.chain(state.user_file).map(path).collect();
    if !files.is_empty() {
        let own = stack.clients.iter();
        let own = own.filter(|file| file.client == Client::ClaudeCode);
        files.extend(own.map(|file| path(file.source)));
        add(files, BTreeSet::new());
    }
    for client in &stack.clients {
        add(file(client.source), BTreeSet::new());
    }
    bundles
}

/// The files of what a call leads to.
fn called<'s>(stack: &'s Stack, hop: &Hop) -> impl Iterator<Item = SourceId> + 's {
    let (gateway, service) = match &hop.destination {
        Destination::Gateway { gateway, .. } => (Some(*gateway), None),
        Destination::Service { service, .. } | Destination::NameOutside(service) => {
            (None, Some(*service))
        }
        Destination::Itself { meant: service } | Destination::Machine { service } => {
            (None, *service)
        }
        Destination::Here
        | Destination::Unnamed { .. }
        | Destination::Elsewhere
        | Destination::Process
        | Destination::Unclear(_) => (None, None),
    };
    let gateway = gateway.map(|number| stack.gateways[number].root.source);
    let project = service
        .into_iter()
        .flat_map(|service| &stack.project(service).files);
    gateway.into_iter().chain(project.copied())
}
