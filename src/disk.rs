//! The disk, as loading sees it: regular files below a size, and nothing outside a root when there is one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::load::{Entry, Files};
use crate::source::{MAX_BYTES, Unreadable};
use root::Root;

mod root;

/// Files of this machine.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    root: Option<Root>,
}

impl Disk {
    /// Every file that this process may read.
    pub fn anywhere() -> Disk {
        Disk { root: None }
    }

    /// Only what lies in `root` once symbolic links are followed. What lies elsewhere is not even looked at.
    ///
    /// # Errors
    /// When `root` cannot be resolved.
    pub fn below(root: &Path) -> io::Result<Disk> {
        Ok(Disk {
            root: Some(Root::at(root)?),
        })
    }

    /// The path to use for `path`: itself, or what it leads to when there is a root to stay in.
    fn admit(&self, path: &Path) -> Result<PathBuf, Unreadable> {
        match &self.root {
            None => Ok(path.to_owned()),
            Some(root) => root.follow(path),
        }
    }

    /// What lies at an admitted path.
    fn look(&self, admitted: &Path) -> io::Result<fs::Metadata> {
        match &self.root {
            None => fs::metadata(admitted),
            // There is no link in it, unless it was put there just now.
            Some(_) => fs::symlink_metadata(admitted),
        }
    }

    fn open(&self, admitted: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.read(true);
        // What became a link since it was looked at is not followed. A directory above it may have become one still: who
        // can change files while they are read is not kept out by this.
        #[cfg(unix)]
        if self.root.is_some() {
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
        options.open(admitted)
    }
}

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let path = self.admit(path)?;
        // Looked at before it is opened: opening a pipe waits for a writer, opening a device may do anything.
        readable(&self.look(&path).map_err(|error| refused(&error))?)?;
        let file = self.open(&path).map_err(|error| refused(&error))?;
        readable(&file.metadata().map_err(|error| refused(&error))?)?;
        let mut bytes = Vec::new();
        // Files of /proc say that they are empty, and others may grow: the size is no promise.
        file.take(MAX_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| refused(&error))?;
        if bytes.len() > MAX_BYTES {
            return Err(Unreadable::TooLarge(bytes.len() as u64));
        }
        Ok(bytes)
    }

    fn list(&self, dir: &Path) -> Vec<Entry> {
        let Ok(dir) = self.admit(dir) else {
            return Vec::new();
        };
        let Ok(entries) = fs::read_dir(dir) else {
            return Vec::new();
        };
        let mut entries: Vec<Entry> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                Some(Entry {
                    // A name that is no text could not be opened again by its text.
                    name: entry.file_name().into_string().ok()?,
                    is_dir: entry.file_type().is_ok_and(|kind| kind.is_dir()),
                })
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn identity(&self, path: &Path) -> PathBuf {
        let real = match &self.root {
            None => fs::canonicalize(path).ok(),
            Some(root) => root.follow(path).ok(),
        };
        real.unwrap_or_else(|| path.to_owned())
    }

    fn is_dir(&self, path: &Path) -> bool {
        let found = self.admit(path).map(|path| self.look(&path));
        matches!(found, Ok(Ok(found)) if found.is_dir())
    }

    fn is_file(&self, path: &Path) -> bool {
        match self.admit(path) {
            Ok(path) => self.look(&path).is_ok_and(|found| !found.is_dir()),
            // A link that leads out is there.
            Err(Unreadable::Outside) => self.root.as_ref().is_some_and(|root| root.begins(path)),
            Err(_) => false,
        }
    }

    fn root(&self) -> Option<&Path> {
        self.root.as_ref().map(Root::given)
    }

    fn is_outside(&self, path: &Path) -> bool {
        matches!(self.admit(path), Err(Unreadable::Outside))
    }
}

fn readable(found: &fs::Metadata) -> Result<(), Unreadable> {
    if found.is_dir() {
        Err(Unreadable::Directory)
    } else if !found.is_file() {
        Err(Unreadable::Failed("not a regular file".to_owned()))
    } else if found.len() > MAX_BYTES as u64 {
        Err(Unreadable::TooLarge(found.len()))
    } else {
        Ok(())
    }
}

fn refused(error: &io::Error) -> Unreadable {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unreadable::Absent,
        io::ErrorKind::PermissionDenied => Unreadable::Denied("permission denied".to_owned()),
        _ => Unreadable::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that is gone when the test is over.
    struct Temp(PathBuf);

    impl Temp {
        fn new(name: &str) -> Temp {
            let dir = std::env::temp_dir().join(format!("mcpdoc-{}-{name}", std::process::id()));
            fs::create_dir_all(&dir).expect("a directory");
            Temp(fs::canonicalize(dir).expect("the directory"))
        }

        fn write(&self, name: &str, text: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(&path, text).expect("a file");
            path
        }
    }

    impl Drop for Temp {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_read_and_directories_listed_in_order() {
        let temp = Temp::new("list");
        let disk = Disk::anywhere();
        for name in ["b.yaml", "a.yaml", "dir/c.yaml", "Z"] {
            temp.write(name, name.as_bytes());
        }
        assert_eq!(disk.read(&temp.0.join("a.yaml")), Ok(b"a.yaml".to_vec()));
        let names: Vec<(String, bool)> = disk
            .list(&temp.0)
            .into_iter()
            .map(|entry| (entry.name, entry.is_dir))
            .collect();
        let expected = [
            ("Z", false),
            ("a.yaml", false),
            ("b.yaml", false),
            ("dir", true),
        ];
        assert_eq!(
            names,
            expected.map(|(name, is_dir)| (name.to_owned(), is_dir))
        );
        assert!(disk.is_file(&temp.0.join("Z")) && !disk.is_dir(&temp.0.join("Z")));
        assert!(disk.is_dir(&temp.0.join("dir")) && !disk.is_file(&temp.0.join("dir")));
        assert!(disk.list(&temp.0.join("gone")).is_empty());
    }

    #[test]
    fn what_is_no_file_is_said() {
        let temp = Temp::new("kinds");
        let disk = Disk::anywhere();
        let file = temp.write("file", b"x");
        assert_eq!(disk.read(&temp.0), Err(Unreadable::Directory));
        assert_eq!(disk.read(&temp.0.join("gone")), Err(Unreadable::Absent));
        assert_eq!(disk.read(&file.join("below")), Err(Unreadable::Absent));
        assert!(!disk.is_file(&temp.0.join("gone")));
    }

    #[test]
    fn large_files_are_refused_by_their_size() {
        let temp = Temp::new("large");
        let path = temp.write("large", b"");
        let file = File::options()
            .write(true)
            .open(path.clone())
            .expect("the file");
        file.set_len(MAX_BYTES as u64).expect("room");
        assert_eq!(
            Disk::anywhere().read(&path).map(|bytes| bytes.len()),
            Ok(MAX_BYTES)
        );
        file.set_len(1 << 40).expect("room");
        assert_eq!(
            Disk::anywhere().read(&path),
            Err(Unreadable::TooLarge(1 << 40))
        );
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};
        use std::os::unix::net::UnixListener;
        use std::process::Command;

        use super::*;

        fn not_regular() -> Result<Vec<u8>, Unreadable> {
            Err(Unreadable::Failed("not a regular file".to_owned()))
        }

        #[test]
        fn pipes_sockets_and_devices_are_not_opened() {
            let temp = Temp::new("pipe");
            let disk = Disk::anywhere();
            let pipe = temp.0.join("pipe");
            let made = Command::new("mkfifo").arg(&pipe).status();
            if made.is_ok_and(|status| status.success()) {
                assert_eq!(disk.read(&pipe), not_regular());
            }
            let socket = temp.0.join("socket");
            let _listener = UnixListener::bind(&socket).expect("a socket");
            assert_eq!(disk.read(&socket), not_regular());
            assert_eq!(disk.read(Path::new("/dev/zero")), not_regular());
            assert!(disk.is_file(&socket), "something is there");
        }

        #[test]
        fn forbidden_files_are_said_to_be_forbidden() {
            let temp = Temp::new("denied");
            let path = temp.write("secret", b"x");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("to change it");
            let read = Disk::anywhere().read(&path);
            // The superuser may read everything.
            assert!(
                read == Err(Unreadable::Denied("permission denied".to_owned()))
                    || read == Ok(b"x".to_vec())
            );
        }

        #[test]
        fn linked_directories_are_not_entered() {
            let temp = Temp::new("links");
            temp.write("real/a.yaml", b"a");
            symlink(temp.0.join("real"), temp.0.join("link")).expect("a link");
            let entries = Disk::anywhere().list(&temp.0);
            let link = entries.iter().find(|entry| entry.name == "link");
            assert!(link.is_some_and(|entry| !entry.is_dir));
        }

        #[test]
        fn a_link_is_what_it_leads_to_unless_that_is_outside() {
            let temp = Temp::new("identity");
            let real = temp.write("repo/real.yaml", b"x");
            let (repo, link) = (temp.0.join("repo"), temp.0.join("repo/link.yaml"));
            symlink(&real, &link).expect("a link");
            symlink("/etc", repo.join("out")).expect("a link");
            let disk = Disk::below(&repo).expect("a root");
            assert_eq!(disk.identity(&link), real);
            assert_eq!(disk.identity(&repo.join("gone")), repo.join("gone"));
            assert_eq!(disk.identity(&repo.join("out")), repo.join("out"));
            assert_eq!(Disk::anywhere().identity(&link), real);
        }

        #[test]
        fn nothing_outside_the_root_is_read() {
            let temp = Temp::new("root");
            let inside = temp.write("repo/in.yaml", b"in");
            let outside = temp.write("out.yaml", b"out");
            let repo = temp.0.join("repo");
            symlink(&outside, repo.join("escape.yaml")).expect("a link");
            symlink(&temp.0, repo.join("up")).expect("a link");
            symlink(&inside, repo.join("same.yaml")).expect("a link");
            symlink(temp.0.join("gone"), repo.join("dangling.yaml")).expect("a link");
            symlink(&repo, temp.0.join("alias")).expect("a link");
            let disk = Disk::below(&temp.0.join("alias")).expect("a root");
            assert_eq!(disk.read(&inside), Ok(b"in".to_vec()));
            assert_eq!(disk.read(&repo.join("same.yaml")), Ok(b"in".to_vec()));
            assert_eq!(disk.read(&temp.0.join("alias/in.yaml")), Ok(b"in".to_vec()));
            assert_eq!(disk.read(&repo.join("gone/deep")), Err(Unreadable::Absent));
            for path in [
                outside.clone(),
                repo.join("escape.yaml"),
                repo.join("up/out.yaml"),
                repo.join("up/gone.yaml"),
                repo.join("../out.yaml"),
                repo.join("dangling.yaml"),
                temp.0.join("gone"),
                PathBuf::from("/etc/hostname"),
                PathBuf::from("/gone/deep"),
            ] {
                assert_eq!(disk.read(&path), Err(Unreadable::Outside), "{path:?}");
                assert!(disk.is_outside(&path) && !disk.is_dir(&path), "{path:?}");
                // A link that leads out is something, and what is not below the root is nothing.
                let is_there = path.starts_with(&repo) && !path.ends_with("../out.yaml");
                assert_eq!(disk.is_file(&path), is_there, "{path:?}");
            }
            assert!(!disk.is_outside(&inside) && !disk.is_outside(&repo.join("gone")));
            assert!(disk.list(&temp.0).is_empty());
            assert!(disk.list(&repo.join("up")).is_empty());
            assert!(!disk.list(&repo).is_empty());
        }

        #[test]
        fn links_within_the_root_are_followed_and_rings_end() {
            let temp = Temp::new("within");
            let real = temp.write("repo/a/real.yaml", b"x");
            let repo = temp.0.join("repo");
            for (target, link) in [
                (Path::new("a"), "dir"),
                (Path::new("../repo/a"), "over"),
                (Path::new("../dir/real.yaml"), "a/again.yaml"),
                (Path::new("two"), "one"),
                (Path::new("one"), "two"),
            ] {
                symlink(target, repo.join(link)).expect("a link");
            }
            symlink(repo.join("dir"), repo.join("absolute")).expect("a link");
            let disk = Disk::below(&repo).expect("a root");
            for path in ["dir/real.yaml", "a/again.yaml", "absolute/again.yaml"] {
                assert_eq!(disk.read(&repo.join(path)), Ok(b"x".to_vec()), "{path}");
                assert_eq!(disk.identity(&repo.join(path)), real, "{path}");
            }
            // It leaves the root on its way.
            let over = repo.join("over/real.yaml");
            assert_eq!(disk.read(&over), Err(Unreadable::Outside));
            let ring = disk.read(&repo.join("one"));
            assert!(matches!(ring, Err(Unreadable::Failed(_))), "{ring:?}");
            assert!(disk.is_dir(&repo.join("dir")) && !disk.is_dir(&over));
        }
    }
}
