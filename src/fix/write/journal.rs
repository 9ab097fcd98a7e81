//! What a write remembers: one file in the state directory, which is there in full or not at all, and whose name says how
//! far the write is.
//!
//! `unfinished.json` is a write, or the taking back of one, that runs or has died. `last.json` is the last write that
//! went through. Renaming the first to the second finishes a write; renaming the second to the first begins to take it
//! back. They hold the old bytes, secrets included, and are their owner's alone.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::error::{Refusal, WriteError};
use super::steps::{Steps, absent};
use super::target::{self, Target};
use super::{PRIVATE, Replacement};

const VERSION: u32 = 1;

const UNFINISHED: &str = "unfinished.json";

/// One write.
#[derive(Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// When it began, in seconds since 1970.
    since: u64,
    /// What its temporary files have in their names, and no other file has.
    tag: String,
    /// Its files, in the order in which they are written.
    pub(super) files: Vec<Entry>,
}

/// One file of a write.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    /// Its name as it was given.
    pub(super) path: PathBuf,
    /// Where it is.
    pub(super) real: PathBuf,
    /// Its old bytes; none if the write creates it.
    was: Option<Bytes>,
    /// The hash of its new bytes.
    becomes: Bytes,
    backup: Option<PathBuf>,
}

/// Bytes as JSON can hold them.
#[derive(Clone, Serialize, Deserialize, PartialEq)]
#[serde(into = "String", try_from = "String")]
struct Bytes(Vec<u8>);

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> String {
        STANDARD.encode(bytes.0)
    }
}

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Bytes, base64::DecodeError> {
        STANDARD.decode(text).map(Bytes)
    }
}

fn hash(bytes: &[u8]) -> Bytes {
    Bytes(digest(&SHA256, bytes).as_ref().to_vec())
}

impl Journal {
    pub(super) fn of(files: &[&Replacement], targets: &[Target], backup: bool) -> Journal {
        let files = files.iter().zip(targets).map(|(file, target)| Entry {
            path: file.path.clone(),
            real: target.real.clone(),
            was: file.was.clone().map(Bytes),
            becomes: hash(&file.becomes),
            backup: (backup && file.was.is_some()).then(|| free_backup(&target.real)),
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Journal {
            version: VERSION,
            since: since.unwrap_or_default().as_secs(),
            tag: tag(),
            files: files.collect(),
        }
    }

    /// The temporary file that stands for `path`, in the same directory.
    pub(super) fn beside(&self, path: &Path) -> PathBuf {
        let name = path.file_name().unwrap_or_default().display();
        path.with_file_name(format!(".{name}.mcpdoc-{}", self.tag))
    }

    /// Every temporary file that there may be.
    pub(super) fn temporaries(&self) -> impl Iterator<Item = PathBuf> {
        let files = self.files.iter().flat_map(|entry| {
            let backup = entry.backup.iter();
            std::iter::once(&entry.real).chain(backup)
        });
        files.map(|path| self.beside(path))
    }
}

impl Entry {
    /// The file that keeps the old bytes.
    pub(super) fn backup(&self) -> Option<PathBuf> {
        self.backup.clone()
    }

    /// The old bytes; none if there was no file.
    pub(super) fn old(&self) -> Option<&[u8]> {
        self.was.as_ref().map(|was| was.0.as_slice())
    }

    /// Why the file did not take its place.
    pub(super) fn not_replaced(&self, error: io::Error) -> WriteError {
        match error.kind() {
            io::ErrorKind::ResourceBusy => WriteError::refused(&self.path, Refusal::Mounted),
            io::ErrorKind::AlreadyExists => WriteError::refused(&self.path, Refusal::Exists),
            _ => WriteError::failed("replace", &self.path, error),
        }
    }

    /// What the file holds.
    pub(super) fn now(&self) -> Now {
        match target::read(&self.real) {
            Ok(None) if self.was.is_none() => Now::Old,
            Ok(None) => Now::Other("is not there any more".to_owned()),
            Ok(Some(found)) if self.old() == Some(&found) => Now::Old,
            Ok(Some(found)) if hash(&found) == self.becomes => Now::New,
            Ok(Some(_)) => Now::Other("was changed since".to_owned()),
            Err(why) => Now::Other(why.to_string()),
        }
    }
}

/// Something that no other write has in its names. Were it taken, creating the file would fail.
fn tag() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// The first of `NAME.bak`, `NAME.bak.1` and so on that nothing has.
fn free_backup(real: &Path) -> PathBuf {
    let name = real.file_name().unwrap_or_default().display();
    let numbered = (1..).map(|number| format!("{name}.bak.{number}"));
    let mut names = std::iter::once(format!("{name}.bak"))
        .chain(numbered)
        .map(|name| real.with_file_name(name));
    names
        .find(|path| fs::symlink_metadata(path).is_err())
        .unwrap_or_else(|| real.with_file_name(format!("{name}.bak")))
}

/// What a file of a write holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// What it held before the write; no file, if the write creates it.
    Old,
    /// What the write makes of it.
    New,
    /// Neither; carries how that is, as in "was changed since".
    Other(String),
}

/// How a write stands that did not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// When it began.
    pub since: SystemTime,
    /// Its files, and what they hold.
    pub files: Vec<(PathBuf, Now)>,
    /// The file that remembers it.
    pub journal: PathBuf,
}

impl Unfinished {
    /// Whether some files have their new bytes and some have not.
    pub(super) fn is_mixed(&self) -> bool {
        let kind = |now: &Now| std::mem::discriminant(now);
        self.files
            .windows(2)
            .any(|pair| kind(&pair[0].1) != kind(&pair[1].1))
    }

    /// Whether every file has its old bytes.
    pub(super) fn is_old(&self) -> bool {
        self.files.iter().all(|(_, now)| *now == Now::Old)
    }

    /// Whether every file has its new bytes.
    fn is_new(&self) -> bool {
        self.files.iter().all(|(_, now)| *now == Now::New)
    }

    /// Whether there is a file with neither, which is not touched.
    pub(super) fn has_others(&self) -> bool {
        let mut states = self.files.iter().map(|(_, now)| now);
        states.any(|now| matches!(now, Now::Other(_)))
    }
}

/// For a person: how each file stands, and what to do.
impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = humantime::format_rfc3339_seconds(self.since);
        write!(f, "the write of {since} is half done: ")?;
        for (at, (path, now)) in self.files.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let how = match now {
                Now::Old => "has its old text",
                Now::New => "has its new text",
                Now::Other(how) => how,
            };
            write!(f, "{comma}{} {how}", path.display())?;
        }
        if !self.has_others() {
            return f.write_str("; `mcpdoc fix --undo` takes it back");
        }
        let journal = self.journal.display();
        write!(
            f,
            "; give what was changed its old or its new text and run `mcpdoc fix --undo`, or delete {journal} to leave the files as they are"
        )
    }
}

/// The state directory, locked.
pub(super) struct Store {
    dir: PathBuf,
    lock: File,
}

impl Drop for Store {
    fn drop(&mut self) {
        // Closing it is not enough while a process that was just started still has it open, too.
        let _ = self.lock.unlock();
    }
}

impl Store {
    /// Opens the directory, or creates it.
    pub(super) fn open(steps: &dyn Steps, dir: &Path) -> Result<Store, WriteError> {
        let failed = |error| WriteError::failed("create", dir, error);
        let missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(failed)?;
        for above in missing.iter().filter_map(|dir| dir.parent()) {
            steps.sync_dir(above).map_err(failed)?;
        }
        Store::locked(dir, File::options().create(true), File::try_lock)
    }

    /// Opens the directory, unless nothing was ever written.
    pub(super) fn existing(dir: &Path) -> Result<Option<Store>, WriteError> {
        match Store::locked(dir, &mut File::options(), File::try_lock) {
            Err(WriteError::Failed { error, .. }) if absent(&error) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Opens the directory to look at it, together with others who do, if there is something to look at.
    pub(super) fn with_unfinished(dir: &Path) -> Result<Option<Store>, WriteError> {
        if read(&dir.join(UNFINISHED))?.is_none() {
            return Ok(None);
        }
        Store::locked(dir, &mut File::options(), File::try_lock_shared).map(Some)
    }

    fn locked(
        dir: &Path,
        options: &mut fs::OpenOptions,
        lock_it: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Store, WriteError> {
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(options, PRIVATE);
        let path = dir.join("lock");
        let failed = |error| WriteError::failed("lock", &path, error);
        let lock = options.write(true).open(&path).map_err(failed)?;
        match lock_it(&lock) {
            Ok(()) => Ok(Store {
                dir: dir.to_owned(),
                lock,
            }),
            Err(TryLockError::WouldBlock) => Err(WriteError::Busy(path)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn path_of_unfinished(&self) -> PathBuf {
        self.dir.join(UNFINISHED)
    }

    fn path_of_draft(&self) -> PathBuf {
        self.dir.join("unfinished.json.new")
    }

    pub(super) fn path_of_last(&self) -> PathBuf {
        self.dir.join("last.json")
    }

    /// The write that runs or has died.
    pub(super) fn unfinished(&self) -> Result<Option<Journal>, WriteError> {
        read(&self.path_of_unfinished())
    }

    /// The last write that went through.
    pub(super) fn last(&self) -> Result<Option<Journal>, WriteError> {
        read(&self.path_of_last())
    }

    /// How the files of a write stand.
    pub(super) fn now(&self, journal: &Journal) -> Unfinished {
        let files = journal.files.iter();
        Unfinished {
            since: SystemTime::UNIX_EPOCH + Duration::from_secs(journal.since),
            files: files
                .map(|entry| (entry.path.clone(), entry.now()))
                .collect(),
            journal: self.path_of_unfinished(),
        }
    }

    /// Remembers a write that begins.
    pub(super) fn begin(&self, steps: &dyn Steps, journal: &Journal) -> Result<(), WriteError> {
        let path = self.path_of_unfinished();
        let draft = self.path_of_draft();
        let record = || -> io::Result<()> {
            let text = serde_json::to_vec(journal)?;
            let mut file = steps.create(&draft, PRIVATE)?;
            steps.fill(&mut file, &text)?;
            steps.sync(&file)?;
            steps.replace(&draft, &path)?;
            steps.sync_dir(&self.dir)
        };
        record().map_err(|error| {
            // The next write or undo does it otherwise.
            let _ = steps.remove(&draft);
            WriteError::failed("write", &path, error)
        })
    }

    /// Remembers a write as the last one. If that is lost with the power, what is found is a write all of whose files are
    /// new, which is the same.
    pub(super) fn finish(&self, steps: &dyn Steps) -> Result<(), WriteError> {
        self.renamed(steps, &self.path_of_unfinished(), &self.path_of_last())
    }

    /// Remembers that the last write is being taken back.
    pub(super) fn reopen(&self, steps: &dyn Steps) -> Result<(), WriteError> {
        self.renamed(steps, &self.path_of_last(), &self.path_of_unfinished())?;
        let synced = steps.sync_dir(&self.dir);
        synced.map_err(|error| WriteError::failed("sync", &self.dir, error))
    }

    fn renamed(&self, steps: &dyn Steps, from: &Path, to: &Path) -> Result<(), WriteError> {
        let renamed = steps.replace(from, to);
        renamed.map_err(|error| WriteError::failed("write", to, error))
    }

    /// Forgets a write, and removes what it left beside its files: what was temporary, and the backups of files that have
    /// their old bytes anyway. Returns the backups that it removed.
    pub(super) fn forget(
        &self,
        steps: &dyn Steps,
        journal: &Journal,
    ) -> Result<Vec<PathBuf>, WriteError> {
        self.sweep(steps, journal)?;
        let mut removed = Vec::new();
        for entry in &journal.files {
            if let Some(backup) = &entry.backup
                && entry.now() == Now::Old
                && target::unchanged(backup, entry.old()).is_ok()
            {
                remove(steps, backup)?;
                removed.push(backup.clone());
            }
        }
        remove(steps, &self.path_of_unfinished())?;
        Ok(removed)
    }

    /// Removes temporary files.
    pub(super) fn sweep(&self, steps: &dyn Steps, journal: &Journal) -> Result<(), WriteError> {
        journal
            .temporaries()
            .try_for_each(|path| remove(steps, &path))
    }

    /// Removes a journal that was not written to its end; nothing else was then.
    pub(super) fn discard_draft(&self, steps: &dyn Steps) -> Result<(), WriteError> {
        remove(steps, &self.path_of_draft())
    }

    /// Ends what has died without leaving a mixture, so that another write can begin.
    pub(super) fn settle(&self, steps: &dyn Steps) -> Result<(), WriteError> {
        self.discard_draft(steps)?;
        let Some(journal) = self.unfinished()? else {
            return Ok(());
        };
        let now = self.now(&journal);
        if now.is_mixed() {
            return Err(WriteError::Unfinished(Box::new(now)));
        }
        if now.is_new() {
            self.sweep(steps, &journal)?;
            return self.finish(steps);
        }
        self.forget(steps, &journal).map(|_| ())
    }
}

fn remove(steps: &dyn Steps, path: &Path) -> Result<(), WriteError> {
    let removed = steps.remove(path);
    removed.map_err(|error| WriteError::failed("remove", path, error))
}

fn read(path: &Path) -> Result<Option<Journal>, WriteError> {
    let text = match fs::read(path) {
        Err(error) if absent(&error) => return Ok(None),
        read => read.map_err(|error| WriteError::failed("read", path, error))?,
    };
    let damaged = |why: String| WriteError::NoJournal {
        path: path.to_owned(),
        why,
    };
    let journal: Journal =
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    match journal.version {
        VERSION => Ok(Some(journal)),
        other => Err(damaged(format!("it is of version {other}"))),
    }
}
