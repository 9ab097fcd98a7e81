//! Owners, mounts and full disks: what only the superuser can set up.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use super::*;
use crate::fix::write::Refusal;
use crate::fix::write::tests::deaths::child;

/// Somebody who owns nothing.
const NOBODY: u32 = 65534;

/// Does something as somebody without privileges. On Linux a thread can be another user than its process.
fn as_nobody<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            set_thread_groups(&[]).unwrap();
            set_thread_gid(Gid::from_raw(NOBODY)).unwrap();
            set_thread_uid(Uid::from_raw(NOBODY)).unwrap();
            act()
        });
        other.join().unwrap()
    })
}

/// A directory that everybody may write, with the root's files in it, which everybody may write, too.
fn open() -> Scene {
    let scene = Scene::new();
    for name in ["", "real", "a.yaml", "real/b.yaml"] {
        let mode = fs::Permissions::from_mode(0o777);
        fs::set_permissions(scene.path(name), mode).unwrap();
    }
    scene
}

/// What the files hold, whatever their modes.
#[track_caller]
fn is_old(scene: &Scene) {
    for file in scene.three() {
        assert!(fs::read(&file.path).ok() == file.was, "{:?}", file.path);
    }
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
#[ignore = "needs root"]
fn owner_and_mode_are_kept() {
    let scene = Scene::new();
    let a = scene.path("a.yaml");
    chown(&a, Some(1234), Some(2345)).unwrap();
    // Changing the owner takes the set-uid bit away, so that the order matters.
    fs::set_permissions(&a, fs::Permissions::from_mode(0o4750)).unwrap();
    let kept = || {
        let found = fs::metadata(&a).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o7777)
    };
    write(&scene.three(), &scene.writing()).unwrap();
    assert_eq!(kept(), (1234, 2345, 0o4750));
    undo(&scene.state()).unwrap();
    assert_eq!(kept(), (1234, 2345, 0o4750));
}

#[test]
#[ignore = "needs root"]
fn an_owner_that_cannot_be_kept() {
    let scene = open();
    let refused = as_nobody(|| write(&scene.three(), &scene.writing())).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("a.yaml cannot keep its owner: Operation not permitted"),
        "{text}"
    );
    is_old(&scene);
}

#[test]
#[ignore = "needs root"]
fn a_file_of_somebody_else() {
    let scene = open();
    let b = scene.path("real/b.yaml");
    fs::set_permissions(&b, fs::Permissions::from_mode(0o644)).unwrap();
    chown(scene.path("a.yaml"), Some(NOBODY), Some(NOBODY)).unwrap();
    let refused = as_nobody(|| write(&scene.three(), &scene.writing())).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("b.yaml may not be written: Permission denied"),
        "{text}"
    );
    fs::set_permissions(&b, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = as_nobody(|| write(&scene.three(), &scene.writing())).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("b.yaml cannot be read: Permission denied"),
        "{text}"
    );
    is_old(&scene);
}

#[test]
#[ignore = "needs root"]
fn a_directory_that_may_not_be_written() {
    let scene = open();
    for name in ["a.yaml", "real/b.yaml"] {
        chown(scene.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let real = scene.path("real");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = as_nobody(|| write(&scene.three(), &scene.writing())).unwrap_err();
    let text = refused.to_string();
    let wanted = format!("cannot write {}/.b.yaml.mcpdoc-", real.display());
    assert!(text.starts_with(&wanted), "{text}");
    assert!(text.contains("Permission denied"), "{text}");
    is_old(&scene);
    // With it, the same goes through.
    fs::set_permissions(&real, fs::Permissions::from_mode(0o777)).unwrap();
    as_nobody(|| write(&scene.three(), &scene.writing())).unwrap();
}

#[test]
#[ignore = "needs root"]
fn a_file_that_is_immutable() {
    use rustix::fs::{IFlags, ioctl_setflags};
    let scene = Scene::new();
    let file = fs::File::open(scene.path("real/b.yaml")).unwrap();
    // Not every file system has the attribute.
    if ioctl_setflags(&file, IFlags::IMMUTABLE).is_err() {
        return;
    }
    let refused = write(&scene.three(), &scene.writing());
    ioctl_setflags(&file, IFlags::empty()).unwrap();
    let text = refused.unwrap_err().to_string();
    assert!(
        text.contains("b.yaml may not be written: Operation not permitted"),
        "{text}"
    );
    is_old(&scene);
}

/// What a write says with something mounted, in a mount namespace of its own.
fn said_with(scene: &Scene, mount: &str) -> String {
    let script = format!(
        "exec unshare --mount sh -ec 'cd {}; {mount}; exec \"$0\" \"$@\"' \"$0\" \"$@\"",
        scene.dir.display()
    );
    child("write", scene, usize::MAX)
        .with_shell(&script)
        .said(scene)
}

#[test]
#[ignore = "needs root"]
fn a_file_that_is_itself_mounted() {
    let scene = Scene::new();
    let said = said_with(&scene, "mount --bind real/b.yaml real/b.yaml");
    let wanted = format!("b.yaml {}", Refusal::Mounted);
    assert!(said.contains(&wanted), "{said}");
    is_old(&scene);
}

#[test]
#[ignore = "needs root"]
fn a_file_system_that_is_read_only() {
    let scene = Scene::new();
    let mount = "mount --bind real real; mount -o remount,bind,ro real";
    let said = said_with(&scene, mount);
    let wanted = "b.yaml may not be written: Read-only file system";
    assert!(said.contains(wanted), "{said}");
    is_old(&scene);
}

#[test]
#[ignore = "needs root"]
fn a_disk_that_is_full() {
    let scene = Scene::new();
    // Room for the old text and not for the new one beside it.
    let mount = "cp -p real/b.yaml state-b; mount -t tmpfs -o size=12k tmpfs real; cp -p state-b real/b.yaml; rm state-b";
    let said = said_with(&scene, mount);
    assert!(said.contains("cannot write"), "{said}");
    assert!(said.contains(".b.yaml.mcpdoc-"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    is_old(&scene);
}
