//! What writing does to the file system, a step each, so that a test can break off at every one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::error::Refusal;
use super::keep;

/// The steps.
pub(super) trait Steps {
    /// A new, empty file with this mode, less what the umask takes away; there must be none.
    fn create(&self, path: &Path, mode: u32) -> io::Result<File>;
    /// Writes all the bytes.
    fn fill(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;
    /// Gives the file what has to be kept of another: mode, owner, access.
    fn keep(&self, file: &File, like: &Path) -> Result<(), Refusal>;
    /// Waits until the file is on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Moves a file over another, or to a free name.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file to a name that must be free.
    fn publish(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, if there is one.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Waits until the names in a directory are on the disk.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// The steps as they are.
pub(super) struct OnDisk;

impl Steps for OnDisk {
    fn create(&self, path: &Path, mode: u32) -> io::Result<File> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        options.open(path)
    }

    fn fill(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn keep(&self, file: &File, like: &Path) -> Result<(), Refusal> {
        keep::keep(file, like)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        // Removes `from` if it fails.
        tempfile::TempPath::try_from_path(from)?
            .persist_noclobber(to)
            .map_err(|failed| failed.error)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if absent(&error) => Ok(()),
            done => done,
        }
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        #[cfg(unix)]
        match File::open(dir)?.sync_all() {
            // Some file systems of networks and of virtual machines cannot, and say so.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) => {}
            done => done?,
        }
        #[cfg(not(unix))]
        let _ = dir;
        Ok(())
    }
}

/// Whether there is nothing at the path.
pub(super) fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
