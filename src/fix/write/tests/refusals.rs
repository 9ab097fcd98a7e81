//! What is refused before anything is touched.

use super::*;
use crate::fix::write::Refusal;

/// Writes the three files and this one, which is refused; nothing is touched.
#[track_caller]
fn refused(scene: &Scene, file: Replacement, wanted: &str) {
    let mut files = scene.three();
    files.retain(|known| known.path != file.path);
    files.push(file.clone());
    let before = scene.left();
    match write(&files, &scene.writing()) {
        Err(WriteError::Refused { path, why }) => {
            assert_eq!(path, file.path);
            assert_eq!(why.to_string(), wanted);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.left(), before);
    let untouched = scene
        .three()
        .into_iter()
        .filter(|known| known.path != file.path);
    for known in untouched {
        assert_eq!(fs::read(&known.path).ok(), known.was);
    }
}

#[test]
fn a_changed_file() {
    let scene = Scene::new();
    let a = scene.path("a.yaml");
    let wanted = "was changed since it was read: run mcpdoc again";
    refused(&scene, replacement(&a, Some("read"), "new"), wanted);
    let gone = replacement(&scene.path("gone"), Some("read"), "new");
    refused(&scene, gone, "is not there any more: run mcpdoc again");
}

#[test]
fn a_file_that_appeared() {
    let scene = Scene::new();
    fs::write(scene.path("new"), "").unwrap();
    let wanted =
        "would be created, and is there already: move it away, or run mcpdoc again with it";
    refused(&scene, replacement(&scene.path("new"), None, "x"), wanted);
    refused(&scene, replacement(&scene.path("real"), None, "x"), wanted);
}

#[test]
fn a_new_file_in_no_directory() {
    let scene = Scene::new();
    let dir = scene.path("no");
    let wanted = format!(
        "would be created, and there is no directory {}: create it first",
        dir.display()
    );
    refused(&scene, replacement(&dir.join("new"), None, "x"), &wanted);
    let file = scene.path("a.yaml");
    let wanted = wanted.replace(&dir.display().to_string(), &file.display().to_string());
    refused(&scene, replacement(&file.join("new"), None, "x"), &wanted);
}

#[test]
fn a_directory() {
    let scene = Scene::new();
    let file = replacement(&scene.path("real"), Some(""), "x");
    refused(&scene, file, "is a directory, not a regular file");
}

#[test]
fn a_file_without_write_permission() {
    let scene = Scene::new();
    let path = scene.path("locked");
    fs::write(&path, "old").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let file = replacement(&path, Some("old"), "new");
    refused(
        &scene,
        file,
        "may not be written: it has no write permission",
    );
}

#[test]
fn a_name_given_twice() {
    let scene = Scene::new();
    let around = scene.path("real/../real/b.yaml");
    let mut file = scene.three().remove(1);
    file.path = around;
    let wanted = format!(
        "is the same file as {}, and would be written twice",
        scene.path("b.yaml").display()
    );
    if cfg!(unix) {
        refused(&scene, file, &wanted);
    }
    let mut files = scene.three();
    files.push(files[2].clone());
    let why = write(&files, &scene.writing()).unwrap_err();
    let twice = Refusal::Twice(scene.path("c.json"));
    assert!(matches!(why, WriteError::Refused { why, .. } if why == twice));
    assert_eq!(scene.now(), OLD);
}

#[test]
fn secrets_are_not_in_what_is_said() {
    let file = replacement(Path::new("/x"), Some("sk-secret"), "sk-secret too");
    let text = format!("{file:?}");
    assert!(!text.contains("sk-secret"), "{text}");
    assert!(!text.contains("115, 107"), "{text}");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_that_lead_nowhere() {
        let scene = Scene::new();
        let (one, two) = (scene.path("one"), scene.path("two"));
        symlink(&one, &two).unwrap();
        symlink(&two, &one).unwrap();
        let wanted = "is a symbolic link that leads back to itself";
        refused(&scene, replacement(&one, Some(""), "x"), wanted);
        let dangling = scene.path("dangling");
        symlink(scene.path("gone"), &dangling).unwrap();
        let wanted = "is not there any more: run mcpdoc again";
        refused(&scene, replacement(&dangling, Some(""), "x"), wanted);
        let wanted =
            "would be created, and is there already: move it away, or run mcpdoc again with it";
        refused(&scene, replacement(&dangling, None, "x"), wanted);
    }

    #[test]
    fn sockets_and_devices() {
        let scene = Scene::new();
        let socket = scene.path("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let wanted = "is a pipe, a socket or a device, not a regular file";
        refused(&scene, replacement(&socket, Some(""), "x"), wanted);
        let null = Path::new("/dev/null");
        refused(&scene, replacement(null, Some(""), "x"), wanted);
    }

    #[test]
    fn a_name_that_is_no_text() {
        let scene = Scene::new();
        let path = scene.dir.join(OsStr::from_bytes(b"\xff"));
        let wanted = "has a name that is not UTF-8, which the journal cannot hold";
        // Some file systems have no such names.
        let kind = write(&[replacement(&path, None, "x")], &scene.writing());
        assert!(kind.unwrap_err().to_string().ends_with(wanted));
    }

    /// A limit on the size of files, which the superuser has, too: as a full disk, for one process.
    #[test]
    fn a_text_that_does_not_fit() {
        let scene = Scene::new();
        let said = super::super::deaths::child("large", &scene, usize::MAX)
            .with_shell("trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"")
            .said(&scene);
        assert!(said.contains("cannot write"), "{said}");
        assert!(said.contains("File too large"), "{said}");
        assert_eq!(scene.now(), OLD);
        assert_eq!(scene.left(), [""; 0]);
    }
}
