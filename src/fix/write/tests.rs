//! Writing as it should go; then refusals, and every way to break it off.
#![allow(clippy::unwrap_used)]

mod breaking;
mod deaths;
mod failures;
#[cfg(target_os = "linux")]
mod privileged;
mod refusals;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Now, Replacement, WriteError, Writing, state_dir, undo, unfinished, write};

/// Files to write, in a directory of their own: one that is replaced, one that a link leads to, one that is created.
struct Scene {
    /// Gone with the scene, unless somebody else owns the directory.
    _owned: Option<TempDir>,
    dir: PathBuf,
}

impl Scene {
    fn new() -> Scene {
        let owned = TempDir::new().unwrap();
        let dir = fs::canonicalize(owned.path()).unwrap();
        fs::create_dir(dir.join("real")).unwrap();
        let scene = Scene {
            _owned: Some(owned),
            dir,
        };
        for file in scene.three().into_iter().filter(|file| file.was.is_some()) {
            let real = scene.real(&file.path);
            fs::write(&real, file.was.unwrap()).unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::{PermissionsExt as _, symlink};
                let mode = fs::Permissions::from_mode(MODE);
                fs::set_permissions(&real, mode).unwrap();
                if real != file.path {
                    symlink(&real, &file.path).unwrap();
                }
            }
        }
        scene
    }

    /// The scene that another process made.
    #[cfg(unix)]
    fn of(dir: &Path) -> Scene {
        Scene {
            _owned: None,
            dir: dir.to_owned(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn real(&self, path: &Path) -> PathBuf {
        if cfg!(unix) && path.ends_with("b.yaml") {
            self.path("real/b.yaml")
        } else {
            path.to_owned()
        }
    }

    fn three(&self) -> Vec<Replacement> {
        let text = |word: &str, name: &str| format!("{word} {name}\n").repeat(500).into_bytes();
        ["a.yaml", "b.yaml", "c.json"]
            .into_iter()
            .map(|name| Replacement {
                path: self.path(name),
                was: (name != "c.json").then(|| text("old", name)),
                becomes: text("new", name),
            })
            .collect()
    }

    fn writing(&self) -> Writing {
        Writing {
            backup: false,
            state: self.path("state/mcpdoc"),
        }
    }

    fn state(&self) -> PathBuf {
        self.writing().state
    }

    /// What the files hold, each in full and with its mode.
    #[track_caller]
    fn now(&self) -> Vec<Now> {
        let three = self.three().into_iter();
        three
            .map(|file| {
                let real = self.real(&file.path);
                let found = fs::read(&real).ok();
                #[cfg(unix)]
                if file.was.is_some() {
                    use std::os::unix::fs::PermissionsExt as _;
                    let mode = fs::metadata(&real).unwrap().permissions().mode();
                    assert_eq!(mode & 0o7777, MODE, "{real:?}");
                }
                if found == file.was {
                    Now::Old
                } else {
                    assert!(found == Some(file.becomes), "{real:?} is torn");
                    Now::New
                }
            })
            .collect()
    }

    /// What is there beside the files and the state: nothing, in the end.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for dir in [&self.dir, &self.path("real")] {
            for entry in fs::read_dir(dir).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let known = ["a.yaml", "b.yaml", "c.json", "real", "state"];
                if !known.contains(&name.as_str()) {
                    left.push(name);
                }
            }
        }
        for name in ["unfinished.json", "unfinished.json.new"] {
            if self.state().join(name).exists() {
                left.push(name.to_owned());
            }
        }
        left.sort();
        left
    }
}

#[cfg(unix)]
const MODE: u32 = 0o640;
const OLD: [Now; 3] = [Now::Old, Now::Old, Now::Old];
const NEW: [Now; 3] = [Now::New, Now::New, Now::New];

fn replacement(path: &Path, was: Option<&str>, becomes: &str) -> Replacement {
    Replacement {
        path: path.to_owned(),
        was: was.map(|text| text.as_bytes().to_vec()),
        becomes: becomes.as_bytes().to_vec(),
    }
}

#[test]
fn all_are_written_and_taken_back() {
    let scene = Scene::new();
    let written = write(&scene.three(), &scene.writing()).unwrap();
    assert_eq!(scene.now(), NEW);
    assert_eq!(scene.left(), [""; 0]);
    let names = ["a.yaml", "b.yaml", "c.json"].map(|name| scene.path(name));
    assert_eq!(written.files, names);
    assert_eq!(unfinished(&scene.state()).unwrap(), None);

    let undone = undo(&scene.state()).unwrap();
    assert_eq!(scene.now(), OLD);
    assert_eq!(scene.left(), [""; 0]);
    assert_eq!(undone.restored, names[..2]);
    assert_eq!(undone.removed, names[2..]);
    let text = undone.to_string();
    let [a, b, c] = names.map(|name| name.display().to_string());
    assert!(text.starts_with("took back the write of 2"), "{text}");
    assert!(
        text.ends_with(&format!("Z: put back {a}, {b} and removed {c}")),
        "{text}"
    );

    let again = undo(&scene.state()).unwrap_err();
    assert!(matches!(again, WriteError::NothingToUndo(_)), "{again}");
}

#[test]
fn only_the_last_write_is_remembered() {
    let scene = Scene::new();
    let a = scene.path("a.yaml");
    fs::write(&a, "one").unwrap();
    for (was, becomes) in [("one", "two"), ("two", "three")] {
        let file = replacement(&a, Some(was), becomes);
        write(&[file], &scene.writing()).unwrap();
    }
    undo(&scene.state()).unwrap();
    assert_eq!(fs::read_to_string(&a).unwrap(), "two");
    assert!(undo(&scene.state()).is_err());
}

#[test]
fn what_would_not_change_is_left_alone() {
    let scene = Scene::new();
    let a = scene.path("a.yaml");
    fs::write(&a, "same").unwrap();
    let file = replacement(&a, Some("same"), "same");
    let written = write(&[file], &scene.writing()).unwrap();
    assert_eq!(written.files, [""; 0].map(PathBuf::from));
    let undone = undo(&scene.state()).unwrap_err();
    assert!(matches!(undone, WriteError::NothingToUndo(_)), "{undone}");
}

#[test]
fn backups_take_free_names_and_go_with_an_undo() {
    let scene = Scene::new();
    let mut writing = scene.writing();
    writing.backup = true;
    fs::write(scene.path("a.yaml.bak"), "somebody's").unwrap();
    let written = write(&scene.three(), &writing).unwrap();
    let backups = [
        scene.path("a.yaml.bak.1"),
        scene.real(&scene.path("b.yaml")).with_extension("yaml.bak"),
    ];
    assert_eq!(written.backups, backups);
    for (backup, file) in backups.iter().zip(scene.three()) {
        assert_eq!(fs::read(backup).ok(), file.was);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(backup).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, MODE);
        }
    }
    fs::write(&backups[1], "kept for something else").unwrap();
    let undone = undo(&scene.state()).unwrap();
    assert_eq!(scene.now(), OLD);
    assert_eq!(undone.removed, [scene.path("c.json"), backups[0].clone()]);
    assert_eq!(scene.left(), ["a.yaml.bak", "b.yaml.bak"]);
}

#[test]
fn an_undo_leaves_alone_what_was_changed_since() {
    let scene = Scene::new();
    write(&scene.three(), &scene.writing()).unwrap();
    let b = scene.real(&scene.path("b.yaml"));
    fs::write(&b, "edited").unwrap();
    let refused = undo(&scene.state()).unwrap_err();
    let text = refused.to_string();
    let wanted = format!(
        "Z is not taken back: {} was changed since; the old text is in {}, in base64",
        scene.path("b.yaml").display(),
        scene.state().join("last.json").display()
    );
    assert!(text.ends_with(&wanted), "{text}");
    assert_eq!(fs::read_to_string(&b).unwrap(), "edited");
    assert_eq!(scene.left(), [""; 0]);

    fs::remove_file(&b).unwrap();
    let text = undo(&scene.state()).unwrap_err().to_string();
    assert!(text.contains("b.yaml is not there any more"), "{text}");

    // Somebody put one file back already: the others follow.
    let [_, file, _] = &scene.three()[..] else {
        panic!("three files");
    };
    fs::write(&b, file.was.as_ref().unwrap()).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&b, std::os::unix::fs::PermissionsExt::from_mode(MODE)).unwrap();
    let undone = undo(&scene.state()).unwrap();
    assert_eq!(undone.restored, [scene.path("a.yaml")]);
    assert_eq!(scene.now(), OLD);
}

#[test]
fn a_journal_of_another_version_is_not_guessed_at() {
    let scene = Scene::new();
    write(&scene.three(), &scene.writing()).unwrap();
    let last = scene.state().join("last.json");
    let text = fs::read_to_string(&last).unwrap();
    fs::write(&last, text.replace("\"version\":1", "\"version\":2")).unwrap();
    let text = undo(&scene.state()).unwrap_err().to_string();
    assert!(text.contains("(it is of version 2)"), "{text}");
    fs::write(&last, "{").unwrap();
    let refused = undo(&scene.state()).unwrap_err();
    assert!(
        matches!(refused, WriteError::NoJournal { .. }),
        "{refused:?}"
    );
    assert_eq!(scene.now(), NEW);
}

#[test]
fn nothing_is_unfinished_where_nothing_was_written() {
    let scene = Scene::new();
    assert_eq!(unfinished(&scene.state()).unwrap(), None);
    assert!(!scene.state().exists());
    let nothing = undo(&scene.state()).unwrap_err();
    assert!(matches!(nothing, WriteError::NothingToUndo(_)), "{nothing}");
}

#[test]
fn the_state_directory_follows_the_environment() {
    let state = |variables: &'static [(&str, &str)]| {
        state_dir(|name| {
            let mut variables = variables.iter();
            variables
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    };
    let home = if cfg!(windows) {
        r"C:\home"
    } else {
        "/home/me"
    };
    let variables: &'static [(&str, &str)] = if cfg!(windows) {
        &[("HOME", r"C:\home"), ("XDG_STATE_HOME", r"C:\state")]
    } else {
        &[("HOME", "/home/me"), ("XDG_STATE_HOME", "/state")]
    };
    let xdg = Path::new(variables[1].1);
    assert_eq!(state(variables), Some(xdg.join("mcpdoc")));
    let below = Path::new(home).join(".local/state/mcpdoc");
    assert_eq!(state(&variables[..1]), Some(below));
    assert_eq!(state(&[("XDG_STATE_HOME", "relative")]), None);
    assert_eq!(state(&[]), None);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_link_stays_a_link_and_is_told_of() {
        let scene = Scene::new();
        let written = write(&scene.three(), &scene.writing()).unwrap();
        let link = scene.path("b.yaml");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let real = scene.path("real/b.yaml");
        let said = format!(
            "{} is a symbolic link: {} is what was written",
            link.display(),
            real.display()
        );
        assert_eq!(written.remarks, [said]);
    }

    #[test]
    fn broken_hard_links_are_told_of() {
        let scene = Scene::new();
        let (a, other) = (scene.path("a.yaml"), scene.path("other"));
        fs::hard_link(&a, &other).unwrap();
        let written = write(&scene.three()[..1], &scene.writing()).unwrap();
        let said = format!(
            "{} had 1 more name (hard links), which keeps the old text",
            a.display()
        );
        assert_eq!(written.remarks, [said]);
        assert_eq!(fs::read(&other).ok(), scene.three()[0].was);
        assert_ne!(
            fs::metadata(&a).unwrap().ino(),
            fs::metadata(&other).unwrap().ino()
        );
    }

    #[test]
    fn the_state_is_its_owners_alone() {
        let scene = Scene::new();
        write(&scene.three(), &scene.writing()).unwrap();
        assert_eq!(mode(&scene.state()), 0o700);
        for name in ["lock", "last.json"] {
            assert_eq!(mode(&scene.state().join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn a_new_file_is_no_more_open_than_what_changes_with_it() {
        let scene = Scene::new();
        write(&scene.three(), &scene.writing()).unwrap();
        // 0640 of the others; the umask can only take more.
        assert_eq!(mode(&scene.path("c.json")) & !0o640, 0);
        let alone = scene.path("alone");
        write(&[replacement(&alone, None, "x")], &scene.writing()).unwrap();
        let plain = scene.path("plain");
        fs::write(&plain, "x").unwrap();
        assert_eq!(mode(&alone), mode(&plain));
    }
}

#[cfg(target_os = "linux")]
mod attributes {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    use rustix::io::Errno;

    use super::*;

    fn get(path: &Path, name: &str) -> Result<Vec<u8>, Errno> {
        let mut value = vec![0; 4096];
        let length = getxattr(path, name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    }

    /// An access control list that lets user 4242 read, in the form that the kernel takes.
    fn access() -> Vec<u8> {
        let everyone = u32::MAX;
        let entries = [
            (0x01u16, 6u16, everyone),
            (0x02, 4, 4242),
            (0x04, 4, everyone),
            (0x10, 4, everyone),
            (0x20, 0, everyone),
        ];
        let mut list = 2u32.to_le_bytes().to_vec();
        for (kind, permitted, who) in entries {
            list.extend(kind.to_le_bytes());
            list.extend(permitted.to_le_bytes());
            list.extend(who.to_le_bytes());
        }
        list
    }

    const ACCESS: &str = "system.posix_acl_access";

    #[test]
    fn access_lists_and_own_attributes_are_kept() {
        let scene = Scene::new();
        let a = scene.path("a.yaml");
        let set = |name, value: &[u8]| setxattr(&a, name, value, XattrFlags::empty());
        if set("user.note", b"mine") == Err(Errno::OPNOTSUPP)
            || set(ACCESS, &access()) == Err(Errno::OPNOTSUPP)
        {
            return;
        }
        write(&scene.three(), &scene.writing()).unwrap();
        assert_eq!(scene.now(), NEW);
        for of in [write_again, |scene: &Scene| {
            undo(&scene.state()).map(|_| ())
        }] {
            assert_eq!(get(&a, "user.note"), Ok(b"mine".to_vec()));
            assert_eq!(get(&a, ACCESS), Ok(access()));
            of(&scene).unwrap();
        }
        assert_eq!(get(&a, ACCESS), Ok(access()));
    }

    fn write_again(scene: &Scene) -> Result<(), WriteError> {
        let three = scene.three();
        let mut file = three[0].clone();
        file.was = Some(file.becomes.clone());
        file.becomes = b"newer".to_vec();
        write(&[file], &scene.writing()).map(|_| ())
    }

    #[test]
    fn a_file_gets_no_access_list_from_its_directory() {
        let scene = Scene::new();
        let default = "system.posix_acl_default";
        let set = setxattr(&scene.dir, default, &access(), XattrFlags::empty());
        if set == Err(Errno::OPNOTSUPP) {
            return;
        }
        set.unwrap();
        write(&scene.three(), &scene.writing()).unwrap();
        assert_eq!(get(&scene.path("a.yaml"), ACCESS), Err(Errno::NODATA));
        assert_eq!(scene.now(), NEW);
    }
}
