//! A step fails, or somebody else is there, too.

use std::cell::Cell;
use std::io;
use std::thread;

use super::breaking::{Breaking, Instead};
use super::*;
use crate::fix::write::undo::undo_by;
use crate::fix::write::{Refusal, write_by};

fn with_backups(scene: &Scene) -> Writing {
    Writing {
        backup: true,
        ..scene.writing()
    }
}

/// How many steps a write has.
pub(super) fn steps_of_a_write() -> usize {
    let scene = Scene::new();
    let steps = Breaking::nowhere();
    write_by(&steps, &scene.three(), &with_backups(&scene)).unwrap();
    steps.count()
}

/// How many steps it has to take that back.
pub(super) fn steps_of_an_undo() -> usize {
    let scene = Scene::new();
    write(&scene.three(), &with_backups(&scene)).unwrap();
    let steps = Breaking::nowhere();
    undo_by(&steps, &scene.state()).unwrap();
    steps.count()
}

/// The order in which safety lies: everything is on the disk before the first file changes its name.
#[test]
fn the_steps_of_a_write_and_of_an_undo() {
    let scene = Scene::new();
    // The tag of the write, which is random, as ~.
    let words = |steps: &Breaking<'_>| -> Vec<String> {
        let seen = steps.seen().into_iter();
        seen.map(|step| match step.split_once(".mcpdoc-") {
            Some((before, after)) => format!("{before}~{}", &after[16..]),
            None => step,
        })
        .collect()
    };
    fs::create_dir_all(scene.state()).unwrap();
    let steps = Breaking::nowhere();
    let files = [scene.three().remove(0), scene.three().remove(2)];
    write_by(&steps, &files, &with_backups(&scene)).unwrap();
    let directory = scene.dir.file_name().unwrap().to_str().unwrap();
    let sync_names = format!("sync names in {directory}");
    let wanted = [
        "remove unfinished.json.new",
        "create unfinished.json.new",
        "fill",
        "fill the rest",
        "sync",
        "replace unfinished.json.new unfinished.json",
        "sync names in mcpdoc",
        "create .a.yaml~",
        "fill",
        "fill the rest",
        "keep a.yaml",
        "sync",
        "create .a.yaml.bak~",
        "fill",
        "fill the rest",
        "keep a.yaml",
        "sync",
        "create .c.json~",
        "fill",
        "fill the rest",
        "sync",
        "publish .a.yaml.bak~ a.yaml.bak",
        "replace .a.yaml~ a.yaml",
        "publish .c.json~ c.json",
        &sync_names,
        "replace unfinished.json last.json",
    ];
    assert_eq!(words(&steps), wanted);

    let steps = Breaking::nowhere();
    undo_by(&steps, &scene.state()).unwrap();
    let sweep = ["remove .a.yaml~", "remove .a.yaml.bak~", "remove .c.json~"];
    let mut wanted = vec![
        "remove unfinished.json.new",
        "replace last.json unfinished.json",
        "sync names in mcpdoc",
    ];
    wanted.extend(sweep);
    wanted.extend([
        "create .a.yaml~",
        "fill",
        "fill the rest",
        "keep a.yaml",
        "sync",
        "replace .a.yaml~ a.yaml",
        "remove c.json",
        &sync_names,
    ]);
    wanted.extend(sweep);
    wanted.extend(["remove a.yaml.bak", "remove unfinished.json"]);
    assert_eq!(words(&steps), wanted);
}

#[test]
fn a_step_that_fails_leaves_everything_as_it_was() {
    for at in 0..steps_of_a_write() {
        let scene = Scene::new();
        let steps = Breaking::at(at, Instead::Fail(io::ErrorKind::StorageFull));
        let failed = write_by(&steps, &scene.three(), &with_backups(&scene)).unwrap_err();
        let half_done = matches!(failed, WriteError::HalfDone { .. });
        assert!(!half_done, "step {at}: {failed}");
        assert_eq!(scene.now(), OLD, "step {at}");
        assert_eq!(scene.left(), [""; 0], "step {at}");
        assert_eq!(unfinished(&scene.state()).unwrap(), None);
    }
}

#[test]
fn a_disk_that_fails_for_good_leaves_what_can_be_taken_back() {
    let mut half_done = 0;
    for at in 0..steps_of_a_write() {
        let scene = Scene::new();
        let steps = Breaking::at(at, Instead::FailFromHere);
        let failed = write_by(&steps, &scene.three(), &with_backups(&scene)).unwrap_err();
        let now = scene.now();
        if let WriteError::HalfDone { now: told, .. } = &failed {
            half_done += 1;
            let told: Vec<Now> = told.files.iter().map(|(_, now)| now.clone()).collect();
            assert_eq!(told, now);
            undo(&scene.state()).unwrap();
        } else {
            write(&scene.three(), &with_backups(&scene)).unwrap();
            undo(&scene.state()).unwrap();
        }
        assert_eq!(scene.now(), OLD, "step {at}: {failed}");
        assert_eq!(scene.left(), [""; 0], "step {at}: {failed}");
    }
    assert!(half_done > 2);
}

#[test]
fn an_undo_that_fails_can_be_repeated() {
    for at in 0..steps_of_an_undo() {
        for instead in [
            Instead::Fail(io::ErrorKind::StorageFull),
            Instead::FailFromHere,
        ] {
            let scene = Scene::new();
            write(&scene.three(), &with_backups(&scene)).unwrap();
            let steps = Breaking::at(at, instead);
            let failed = undo_by(&steps, &scene.state()).unwrap_err();
            let now = scene.now();
            let told = unfinished(&scene.state()).unwrap();
            assert_eq!(told.is_some(), now != OLD && now != NEW, "step {at}");
            let is_old = now == OLD;
            let half_done = matches!(failed, WriteError::HalfDone { .. });
            assert_eq!(half_done, !is_old && at > 2, "step {at}: {failed}");
            undo(&scene.state()).unwrap();
            assert_eq!(scene.now(), OLD, "step {at}");
            assert_eq!(scene.left(), [""; 0], "step {at}");
        }
    }
}

/// Where the kernel does not tell beforehand that a file is a mount point, the rename does.
#[test]
fn a_file_that_cannot_be_replaced_takes_the_others_back() {
    let scene = Scene::new();
    let steps = Breaking::nowhere();
    write_by(&steps, &scene.three(), &scene.writing()).unwrap();
    let second = steps
        .seen()
        .iter()
        .rposition(|step| step.ends_with(" b.yaml"));

    let scene = Scene::new();
    let busy = Instead::Fail(io::ErrorKind::ResourceBusy);
    let steps = Breaking::at(second.unwrap(), busy);
    let refused = write_by(&steps, &scene.three(), &scene.writing()).unwrap_err();
    assert!(
        matches!(&refused, WriteError::Refused { path, why: Refusal::Mounted } if path.ends_with("b.yaml")),
        "{refused:?}"
    );
    assert_eq!(scene.now(), OLD);
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn what_somebody_saves_meanwhile_stays() {
    let last_sync = {
        let (scene, steps) = (Scene::new(), Breaking::nowhere());
        write_by(&steps, &scene.three(), &scene.writing()).unwrap();
        steps
            .seen()
            .iter()
            .rposition(|step| step == "sync")
            .unwrap()
    };
    for (name, at, wanted) in [
        ("a.yaml", last_sync, "a.yaml was changed since it was read"),
        ("b.yaml", last_sync, "b.yaml was changed since it was read"),
        (
            "c.json",
            last_sync,
            "c.json would be created, and is there already",
        ),
        // After a.yaml was replaced, before c.json is looked at.
        (
            "c.json",
            last_sync + 2,
            "c.json would be created, and is there already",
        ),
    ] {
        let scene = Scene::new();
        let save = || fs::write(scene.real(&scene.path(name)), "saved").unwrap();
        let steps = Breaking::at(at, Instead::First(&save));
        let refused = write_by(&steps, &scene.three(), &scene.writing()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains(wanted), "{text}");
        for file in scene.three() {
            let found = fs::read(&file.path).ok();
            if file.path.ends_with(name) {
                assert_eq!(found.as_deref(), Some(&b"saved"[..]), "{name}");
            } else {
                assert!(found == file.was, "{name}: {:?}", file.path);
            }
        }
        assert_eq!(scene.left(), [""; 0]);
    }
}

#[test]
fn a_second_one_is_refused_at_every_step() {
    let scene = Scene::new();
    let asked = Cell::new(false);
    let ask = || {
        let busy = |error| matches!(error, Some(WriteError::Busy(_)));
        assert!(busy(write(&scene.three(), &scene.writing()).err()));
        // Before there is a journal, nothing can be half done.
        let begun = scene.state().join("unfinished.json").exists();
        assert_eq!(busy(unfinished(&scene.state()).err()), begun);
        assert!(busy(undo(&scene.state()).err()));
        asked.set(true);
    };
    // The directories of the state are created first.
    for at in 2..steps_of_a_write() {
        asked.set(false);
        let steps = Breaking::at(at, Instead::First(&ask));
        write_by(&steps, &scene.three(), &with_backups(&scene)).unwrap();
        undo(&scene.state()).unwrap();
        assert!(asked.get() || at + 2 >= steps_of_a_write(), "step {at}");
    }
    assert_eq!(scene.now(), OLD);
}

#[test]
fn of_many_at_once_one_wins() {
    let scene = Scene::new();
    let all = |word: &str| -> Vec<Replacement> {
        let three = scene.three().into_iter();
        three
            .map(|file| Replacement {
                becomes: format!("{word} {}", file.path.display()).into_bytes(),
                ..file
            })
            .collect()
    };
    let results: Vec<Result<_, WriteError>> = thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (files, writing) = (all(&number.to_string()), scene.writing());
                scope.spawn(move || write(&files, &writing))
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    let won: Vec<usize> = (0..8).filter(|number| results[*number].is_ok()).collect();
    let [winner] = won[..] else {
        panic!("{results:?}");
    };
    for lost in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(
            matches!(
                lost,
                WriteError::Busy(_)
                    | WriteError::Refused {
                        why: Refusal::Changed,
                        ..
                    }
            ),
            "{lost}"
        );
    }
    for file in all(&winner.to_string()) {
        assert_eq!(fs::read(&file.path).unwrap(), file.becomes);
    }
    assert_eq!(scene.left(), [""; 0]);
}
