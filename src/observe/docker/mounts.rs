//! What became of mounted files while their container ran.

use std::path::Path;
use std::time::SystemTime;

use super::machine::{GONE, Machine};
use crate::fact::{Container, Mounted, Since};

/// More files of a container are not looked at.
const FILES: usize = 64;

/// Notes it for each file that is mounted into a container that runs on this machine.
pub(super) fn look(machine: &Machine, container: &mut Container) {
    let Some(pid) = container.state.pid else {
        return;
    };
    let started = humantime::parse_rfc3339(&container.state.started_at).ok();
    let Ok(mounted) = machine.mounted(pid) else {
        return;
    };
    let files = container.mounts.iter_mut().filter(|one| one.kind == "bind");
    for mount in files.take(FILES) {
        mount.since = since(mount, started, &mounted);
    }
}

fn since(
    mount: &Mounted,
    started: Option<SystemTime>,
    mounted: &[(String, String)],
) -> Option<Since> {
    let file = std::fs::metadata(&mount.source)
        .ok()
        .filter(|file| file.is_file())?;
    // The last mount at a place is the one that is seen.
    let (root, _) = mounted
        .iter()
        .rev()
        .find(|(_, target)| *target == mount.target)?;
    let name = |path: &str| Path::new(path).file_name().map(std::ffi::OsStr::to_owned);
    // Moved away, it keeps its own name.
    if root.ends_with(GONE) || name(root) != name(&mount.source) {
        return Some(Since::Replaced);
    }
    Some(match file.modified().ok()? > started? {
        true => Since::Written,
        false => Since::Unchanged,
    })
}
