//! The process dies, at every step.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::breaking::{Breaking, Instead};
use super::failures::{steps_of_a_write, steps_of_an_undo};
use super::*;
use crate::fix::write::undo::undo_by;
use crate::fix::write::write_by;

fn with_backups(scene: &Scene) -> Writing {
    Writing {
        backup: true,
        ..scene.writing()
    }
}

/// Writes until the step; whether it went through.
fn write_until(scene: &Scene, at: usize) -> bool {
    let steps = Breaking::at(at, Instead::Unwind);
    let write = || write_by(&steps, &scene.three(), &with_backups(scene));
    catch_unwind(AssertUnwindSafe(write)).is_ok()
}

/// Takes back until the step; whether it went through.
fn undo_until(scene: &Scene, at: usize) -> bool {
    let steps = Breaking::at(at, Instead::Unwind);
    let undo = || undo_by(&steps, &scene.state());
    catch_unwind(AssertUnwindSafe(undo)).is_ok()
}

/// A mixture is told of as it is; where there is none, nothing is told. Returns whether there is one.
#[track_caller]
fn a_mixture_is_told(scene: &Scene) -> bool {
    let now = scene.now();
    let mixed = now != OLD && now != NEW;
    match unfinished(&scene.state()).unwrap() {
        None => assert!(!mixed, "{now:?} went unnoticed"),
        Some(told) => {
            let states: Vec<Now> = told.files.iter().map(|(_, now)| now.clone()).collect();
            assert!(mixed);
            assert_eq!(states, now);
            let text = told.to_string();
            assert!(text.contains("is half done: "), "{text}");
            for how in ["has its new text", "has its old text"] {
                assert!(text.contains(how), "{text}");
            }
            let way_out = "; `mcpdoc fix --undo` takes it back";
            assert!(text.ends_with(way_out), "{text}");
        }
    }
    mixed
}

#[test]
fn after_every_death_of_a_write_there_is_a_way_back() {
    let count = steps_of_a_write();
    let mut mixtures = 0;
    for at in 0..count {
        let scene = Scene::new();
        assert!(!write_until(&scene, at));
        mixtures += usize::from(a_mixture_is_told(&scene));
        // Before the journal was there, nothing else was.
        let journal = scene.state().join("unfinished.json").exists();
        match undo(&scene.state()) {
            Ok(_) => assert!(journal, "step {at}"),
            Err(WriteError::NothingToUndo(_)) => assert!(!journal, "step {at}"),
            Err(other) => panic!("step {at}: {other}"),
        }
        assert_eq!(scene.now(), OLD, "step {at}");
        assert_eq!(scene.left(), [""; 0], "step {at}");
    }
    assert!(write_until(&Scene::new(), count));
    assert_eq!(mixtures, 2, "after the first file, and after the second");
}

#[test]
fn after_every_death_of_a_write_the_next_one_goes_on_or_says_why_not() {
    for at in 0..steps_of_a_write() {
        let scene = Scene::new();
        assert!(!write_until(&scene, at));
        let now = scene.now();
        let mut files = scene.three();
        if now == NEW {
            for file in &mut files {
                file.was = Some(std::mem::replace(&mut file.becomes, b"newer".to_vec()));
            }
        }
        match write(&files, &scene.writing()) {
            Ok(_) => {
                assert!(now == OLD || now == NEW, "step {at}");
                undo(&scene.state()).unwrap();
            }
            Err(WriteError::Unfinished(told)) => {
                assert!(told.is_mixed());
                assert_eq!(scene.now(), now, "step {at}");
                undo(&scene.state()).unwrap();
                assert_eq!(scene.now(), OLD);
            }
            Err(other) => panic!("step {at}: {other}"),
        }
        let backups = ["a.yaml.bak", "b.yaml.bak"];
        let left: &[&str] = if now == NEW { &backups } else { &[] };
        assert_eq!(scene.left(), left, "step {at}");
    }
}

#[test]
fn after_every_death_of_an_undo_there_is_a_way_back() {
    let count = steps_of_an_undo();
    let mut mixtures = 0;
    for at in 0..count {
        let scene = Scene::new();
        write(&scene.three(), &with_backups(&scene)).unwrap();
        assert!(!undo_until(&scene, at));
        mixtures += usize::from(a_mixture_is_told(&scene));
        undo(&scene.state()).unwrap();
        assert_eq!(scene.now(), OLD, "step {at}");
        assert_eq!(scene.left(), [""; 0], "step {at}");
    }
    assert!(mixtures >= 2, "{mixtures}");
}

#[test]
fn after_a_death_of_a_write_and_any_of_its_undo_there_is_a_way_back() {
    let mut deaths = 0;
    for at in 0..steps_of_a_write() {
        for then in 0.. {
            let scene = Scene::new();
            assert!(!write_until(&scene, at));
            if !scene.state().join("unfinished.json").exists() || undo_until(&scene, then) {
                break;
            }
            deaths += 1;
            scene.now();
            match undo_by(&Breaking::nowhere(), &scene.state()) {
                Ok(_) | Err(WriteError::NothingToUndo(_)) => {}
                Err(other) => panic!("steps {at} and {then}: {other}"),
            }
            assert_eq!(scene.now(), OLD, "steps {at} and {then}");
            assert_eq!(scene.left(), [""; 0], "steps {at} and {then}");
        }
    }
    assert!(deaths > 300, "{deaths}");
}

/// One file is never a mixture, and what somebody makes of it after a death is theirs.
#[test]
fn a_file_edited_after_a_death_is_not_in_the_way() {
    let scene = Scene::new();
    let a = scene.path("a.yaml");
    fs::write(&a, "old").unwrap();
    let file = replacement(&a, Some("old"), "new");
    let steps = Breaking::at(10, Instead::Unwind);
    let died = catch_unwind(AssertUnwindSafe(|| {
        write_by(&steps, &[file], &with_backups(&scene))
    }));
    assert!(died.is_err());
    fs::write(&a, "edited").unwrap();
    assert_eq!(unfinished(&scene.state()).unwrap(), None);
    let file = replacement(&a, Some("edited"), "newer");
    write(&[file], &scene.writing()).unwrap();
    assert_eq!(fs::read_to_string(&a).unwrap(), "newer");
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn a_mixture_with_an_edited_file_waits_for_a_person() {
    let scene = Scene::new();
    let mixed = (0..steps_of_a_write()).find(|at| {
        let scene = Scene::new();
        write_until(&scene, *at);
        scene.now()[0] == Now::New
    });
    write_until(&scene, mixed.unwrap());
    let b = scene.real(&scene.path("b.yaml"));
    fs::write(&b, "edited").unwrap();
    let told = unfinished(&scene.state()).unwrap().unwrap();
    assert_eq!(told.files[1].1, Now::Other("was changed since".to_owned()));
    let wanted = format!(
        "b.yaml was changed since, {} has its old text; give what was changed its old or its new text and run `mcpdoc fix --undo`, or delete {} to leave the files as they are",
        scene.path("c.json").display(),
        told.journal.display()
    );
    assert!(told.to_string().ends_with(&wanted), "{told}");
    for refused in [
        undo(&scene.state()).map(|_| ()),
        write(&scene.three(), &scene.writing()).map(|_| ()),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.to_string(), told.to_string());
    }
    assert_eq!(fs::read_to_string(&b).unwrap(), "edited");
    // Only the backups are left beside the files, for a person to compare with.
    fs::remove_file(&told.journal).unwrap();
    assert_eq!(scene.left(), ["a.yaml.bak", "b.yaml.bak"]);
}

/// The same with real processes and a real `kill -9`.
#[cfg(unix)]
mod killed {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Output};

    use super::*;

    /// What the process does that a test starts; without one, nothing.
    #[test]
    fn does_what_it_is_told() {
        let Ok(told) = std::env::var("MCPDOC_WRITE_TOLD") else {
            return;
        };
        let [what, at, dir] = told.splitn(3, ':').collect::<Vec<_>>()[..] else {
            panic!("{told}");
        };
        let scene = Scene::of(Path::new(dir));
        let at = at.parse().unwrap();
        let steps = Breaking::at(at, Instead::Die).with_syncs();
        let said = match what {
            "write" => {
                let written = write_by(&steps, &scene.three(), &with_backups(&scene));
                written.map(|_| ()).map_err(|error| error.to_string())
            }
            "undo" => {
                let undone = undo_by(&steps, &scene.state());
                undone.map(|_| ()).map_err(|error| error.to_string())
            }
            "large" => {
                let mut files = scene.three();
                files[2].becomes = vec![b'x'; 256 * 1024];
                let written = write_by(&steps, &files, &scene.writing());
                written.map(|_| ()).map_err(|error| error.to_string())
            }
            _ => panic!("{what}"),
        };
        fs::write(scene.path("said"), said.err().unwrap_or_default()).unwrap();
    }

    pub(in super::super) struct Child {
        told: String,
        shell: Option<String>,
    }

    /// A process that writes or takes back until a step.
    pub(in super::super) fn child(what: &str, scene: &Scene, at: usize) -> Child {
        Child {
            told: format!("{what}:{at}:{}", scene.dir.display()),
            shell: None,
        }
    }

    impl Child {
        /// Through a shell that runs this first, and then `"$0" "$@"`.
        pub(in super::super) fn with_shell(mut self, script: &str) -> Child {
            self.shell = Some(script.to_owned());
            self
        }

        fn output(&self) -> Output {
            let program = std::env::current_exe().unwrap();
            let mut command = match &self.shell {
                None => Command::new(program),
                Some(script) => {
                    let mut shell = Command::new("sh");
                    shell.args(["-c", script]).arg(program);
                    shell
                }
            };
            let test = "fix::write::tests::deaths::killed::does_what_it_is_told";
            command
                .args(["--exact", test, "--nocapture"])
                .env("MCPDOC_WRITE_TOLD", &self.told)
                .output()
                .unwrap()
        }

        /// What it was refused with.
        pub(in super::super) fn said(&self, scene: &Scene) -> String {
            let output = self.output();
            let path = scene.path("said");
            let said = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{output:?}"));
            fs::remove_file(path).unwrap();
            said
        }

        #[track_caller]
        fn is_killed(&self) {
            assert_eq!(self.output().status.signal(), Some(9), "{}", self.told);
        }
    }

    #[test]
    fn a_write_at_every_step() {
        for at in 0..steps_of_a_write() {
            let scene = Scene::new();
            child("write", &scene, at).is_killed();
            a_mixture_is_told(&scene);
            match undo(&scene.state()) {
                Ok(_) | Err(WriteError::NothingToUndo(_)) => {}
                Err(other) => panic!("step {at}: {other}"),
            }
            assert_eq!(scene.now(), OLD, "step {at}");
            assert_eq!(scene.left(), [""; 0], "step {at}");
        }
    }

    #[test]
    fn an_undo_at_every_step() {
        for at in 0..steps_of_an_undo() {
            let scene = Scene::new();
            write(&scene.three(), &with_backups(&scene)).unwrap();
            child("undo", &scene, at).is_killed();
            a_mixture_is_told(&scene);
            undo(&scene.state()).unwrap();
            assert_eq!(scene.now(), OLD, "step {at}");
            assert_eq!(scene.left(), [""; 0], "step {at}");
        }
    }
}

#[cfg(unix)]
pub(super) use killed::child;
