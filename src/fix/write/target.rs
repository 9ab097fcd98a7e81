//! The file behind a name, looked at before anything is touched.

use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Refusal, WriteError};
use super::steps::absent;
use super::{PRIVATE, Replacement};

/// A file that can be written, as far as looking tells.
pub(super) struct Target {
    /// Where it is once symbolic links are followed.
    pub(super) real: PathBuf,
    /// Its mode; none if it is new, or where there are no modes.
    mode: Option<u32>,
    /// What is for a person to know.
    pub(super) remarks: Vec<String>,
}

/// The files behind the names, each another one.
pub(super) fn find_all(files: &[&Replacement]) -> Result<Vec<Target>, WriteError> {
    let mut targets: Vec<Target> = Vec::new();
    for file in files {
        let refused = |why| WriteError::refused(&file.path, why);
        let target = find(file).map_err(refused)?;
        if let Some(same) = targets.iter().position(|known| known.real == target.real) {
            return Err(refused(Refusal::Twice(files[same].path.clone())));
        }
        targets.push(target);
    }
    Ok(targets)
}

fn find(file: &Replacement) -> Result<Target, Refusal> {
    let Some(was) = &file.was else {
        return find_new(&file.path);
    };
    let real = fs::canonicalize(&file.path).map_err(|error| unreached(&error))?;
    named_by_text(&real)?;
    unchanged(&real, Some(was))?;
    writable(&real)?;
    let metadata = fs::metadata(&real).map_err(|error| unreached(&error))?;
    let mut remarks = Vec::new();
    if fs::symlink_metadata(&file.path).is_ok_and(|found| found.is_symlink()) {
        remarks.push(format!(
            "{} is a symbolic link: {} is what was written",
            file.path.display(),
            real.display()
        ));
    }
    let others = names(&metadata).saturating_sub(1);
    if others > 0 {
        remarks.push(format!(
            "{} had {others} more {} (hard links), which {} the old text",
            file.path.display(),
            if others == 1 { "name" } else { "names" },
            if others == 1 { "keeps" } else { "keep" },
        ));
    }
    Ok(Target {
        real,
        mode: mode(&metadata),
        remarks,
    })
}

fn find_new(path: &Path) -> Result<Target, Refusal> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Refusal::Exists);
    };
    let parent = fs::canonicalize(parent)
        .ok()
        .filter(|parent| parent.is_dir())
        .ok_or_else(|| Refusal::NoDirectory(parent.to_owned()))?;
    let real = parent.join(name);
    named_by_text(&real)?;
    unchanged(&real, None)?;
    Ok(Target {
        real,
        mode: None,
        remarks: Vec::new(),
    })
}

/// Whether there is still what there was, in a regular file.
pub(super) fn unchanged(real: &Path, was: Option<&[u8]>) -> Result<(), Refusal> {
    match (read(real), was) {
        (Ok(None), None) => Ok(()),
        (Ok(None), Some(_)) => Err(Refusal::Gone),
        (_, None) => Err(Refusal::Exists),
        (Ok(Some(found)), Some(was)) if found == was => Ok(()),
        (Ok(Some(_)), Some(_)) => Err(Refusal::Changed),
        (Err(why), Some(_)) => Err(why),
    }
}

/// The bytes of a regular file; none if there is nothing at the path. Links are not followed: the path is real.
pub(super) fn read(real: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    let found = match fs::symlink_metadata(real) {
        Err(error) if absent(&error) => return Ok(None),
        found => found.map_err(|error| unreached(&error))?,
    };
    // Looked at before it is opened: opening a pipe waits for a writer.
    if !found.is_file() {
        return Err(Refusal::Kind(kind(found.file_type())));
    }
    let bytes = fs::read(real).map_err(|error| Refusal::Unreadable(error.to_string()))?;
    Ok(Some(bytes))
}

/// Whether the file is meant to be written. A rename would not ask it.
pub(super) fn writable(real: &Path) -> Result<(), Refusal> {
    // The superuser may write everything; a file without the permission says that nobody should.
    if fs::metadata(real).is_ok_and(|found| found.permissions().readonly()) {
        return Err(Refusal::ReadOnly("it has no write permission".to_owned()));
    }
    // Opening it changes nothing, and meets every reason that there is: its mode, an attribute, the file system.
    File::options()
        .write(true)
        .open(real)
        .map_err(|error| Refusal::ReadOnly(error.to_string()))?;
    if is_mounted(real) {
        return Err(Refusal::Mounted);
    }
    Ok(())
}

/// Whether the file itself is mounted, so that no other can take its place.
fn is_mounted(real: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        // Where the kernel is too old to tell, the rename fails.
        statx(CWD, real, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::TYPE)
            .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = real;
        false
    }
}

/// The mode of new files: open to nobody to whom a file is closed that changes together with them, for a secret may move
/// from that one to this.
pub(super) fn mode_of_new(beside: &[Target]) -> u32 {
    let modes = beside.iter().filter_map(|target| target.mode);
    modes.fold(0o666, |shared, mode| shared & mode) | PRIVATE
}

fn named_by_text(real: &Path) -> Result<(), Refusal> {
    real.to_str().map(|_| ()).ok_or(Refusal::Name)
}

fn unreached(error: &io::Error) -> Refusal {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return Refusal::Loop;
    }
    if absent(error) {
        Refusal::Gone
    } else {
        Refusal::Unreadable(error.to_string())
    }
}

fn kind(found: FileType) -> &'static str {
    if found.is_dir() {
        "a directory"
    } else if found.is_symlink() {
        "a symbolic link"
    } else {
        "a pipe, a socket or a device"
    }
}

#[cfg(unix)]
fn mode(found: &fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::mode(found))
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
fn names(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(found)
}

#[cfg(not(unix))]
fn names(_: &fs::Metadata) -> u64 {
    1
}
