//! Files that a run writes: whole, or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::{Builder, NamedTempFile};

/// A text that stands, complete and on the disk, beside the file whose place it takes. It goes away by itself.
pub(super) struct Complete {
    file: NamedTempFile,
    path: PathBuf,
}

impl Complete {
    /// Puts it there. A symbolic link is replaced, not followed: in a stranger's repository it may lead anywhere.
    ///
    /// # Errors
    /// When the system refuses. What was there stays.
    pub(super) fn place(self) -> anyhow::Result<()> {
        self.file.persist(self.path).context("cannot be written")?;
        Ok(())
    }
}

/// Puts a text where a file is or shall be: first beside it, then in its place.
///
/// # Errors
/// When there is no such folder, or nothing can be written into it. What was there stays.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    complete(path, text)?.place()
}

/// Writes a text beside the file that it shall become.
///
/// # Errors
/// When there is no such folder, or nothing can be written into it.
pub(super) fn complete(path: &Path, text: &str) -> anyhow::Result<Complete> {
    let mut file = beside(path)?;
    // Of a file that is there the mode stays.
    if let Ok(there) = fs::symlink_metadata(path)
        && there.is_file()
    {
        let kept = file.as_file().set_permissions(there.permissions());
        kept.context("cannot be written")?;
    }
    let written = file.write_all(text.as_bytes());
    written
        .and_then(|()| file.as_file().sync_all())
        .context("cannot be written")?;
    Ok(Complete {
        file,
        path: path.to_owned(),
    })
}

/// Whether a file can be made there. Nobody knows that better than the system itself.
///
/// # Errors
/// What it says, and the way out.
pub(super) fn can_be_made(path: &Path) -> anyhow::Result<()> {
    beside(path).map(drop)
}

/// The one path of a file that need not be there.
pub(super) fn identity(path: &Path) -> Option<PathBuf> {
    Some(fs::canonicalize(folder(path)).ok()?.join(path.file_name()?))
}

/// An empty file in a folder, which goes away by itself unless it takes a name.
pub(super) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".mcpdoc-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As of every file that a program makes: what the user's mask leaves.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => Path::new("/"),
    }
}

/// An empty file beside another one.
fn beside(path: &Path) -> anyhow::Result<NamedTempFile> {
    if path.is_dir() {
        bail!("is a directory, and a file is needed");
    }
    let folder = folder(path);
    temporary(folder).map_err(|error| {
        let shown = folder.display();
        match folder.exists() {
            false => anyhow::anyhow!("there is no folder {shown}: create it"),
            // The error itself names a file that nobody has heard of.
            true => {
                let why = io::Error::from(error.kind());
                anyhow::anyhow!("cannot write into {shown} ({why}): name a file elsewhere")
            }
        }
    })
}
