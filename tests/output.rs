//! `--output FORMAT=FILE`: what is written, what is refused, and that no half of a report is left behind; and that the
//! exit status is the same in every format.

use std::path::{Path, PathBuf};

use snapbox::cmd::{Command, OutputAssert};

const FORMATS: [&str; 7] = [
    "text", "json", "sarif", "junit", "github", "gitlab", "markdown",
];

const BROKEN: &str =
    "mcp_servers:\n  db:\n    transport: SSE\n    url: http://db:8000/sse\n    nonsense: 1\n";

/// A folder with a gateway's file that has an error.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("litellm.yaml"), BROKEN).expect("a file");
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> OutputAssert {
    Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(folder)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .args(["check", "--offline", "--litellm", "litellm.yaml"])
        .args(arguments)
        .assert()
}

fn stdout(output: &OutputAssert) -> String {
    String::from_utf8(output.get_output().stdout.clone()).expect("UTF-8")
}

fn stderr(output: &OutputAssert) -> String {
    String::from_utf8(output.get_output().stderr.clone()).expect("UTF-8")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).expect("a report")
}

/// What is in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn every_format_at_once() {
    let folder = folder();
    let outputs: Vec<String> = FORMATS
        .iter()
        .map(|name| format!("--output={name}={name}.out"))
        .collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let run = check(folder.path(), &outputs).code(1);
    assert_eq!(stderr(&run), "");
    for name in FORMATS {
        let alone = check(folder.path(), &["--format", name, "--color", "never"]).code(1);
        assert_eq!(
            read(folder.path().join(format!("{name}.out"))),
            stdout(&alone),
            "{name}"
        );
    }
    assert_eq!(names(folder.path()).len(), FORMATS.len() + 1);
}

#[test]
fn text_in_a_file_has_no_colour() {
    let folder = folder();
    check(
        folder.path(),
        &["--color", "always", "--output", "text=a.txt"],
    )
    .code(1);
    assert!(!read(folder.path().join("a.txt")).contains('\u{1b}'));
}

#[test]
fn the_exit_status_is_the_same_in_every_format() {
    let folder = folder();
    for (fail_on, code) in [("error", 1), ("warning", 1), ("note", 1), ("never", 0)] {
        for name in FORMATS {
            check(folder.path(), &["--format", name, "--fail-on", fail_on]).code(code);
        }
    }
    std::fs::write(
        folder.path().join("litellm.yaml"),
        "mcp_servers:\n  db:\n    transport: sse\n    url: http://db:8000/sse\n    nonsense: 1\n",
    )
    .expect("a file");
    for (fail_on, code) in [("error", 0), ("warning", 1), ("never", 0)] {
        for name in FORMATS {
            check(folder.path(), &["--format", name, "--fail-on", fail_on]).code(code);
        }
    }
    for name in FORMATS {
        check(folder.path(), &["--format", name, "--require", "wire"]).code(3);
    }
}

/// What a comment and a baseline set aside is counted everywhere, and makes no run fail.
#[test]
fn what_is_set_aside_is_counted_in_every_format() {
    let folder = folder();
    let commented = BROKEN.replace(
        "nonsense: 1",
        "nonsense: 1 # mcpdoc: ignore[server-unknown-key] read by our fork",
    );
    std::fs::write(folder.path().join("litellm.yaml"), commented).expect("a file");
    check(folder.path(), &["--write-baseline", "baseline.json"]).code(0);
    let baseline = &["--baseline", "baseline.json"];
    for (name, said) in [
        ("text", "2 ignored (1 by a comment, 1 by the baseline)"),
        ("json", "\"ignored\": 2"),
        ("sarif", "\"justification\": \"read by our fork\""),
        ("junit", "<property name=\"ignored\" value=\"2\"/>"),
        ("github", "2 ignored (1 by a comment, 1 by the baseline)"),
        ("gitlab", "2 ignored (1 by a comment, 1 by the baseline)"),
        ("markdown", "2 ignored (1 by a comment, 1 by the baseline)"),
    ] {
        let mut arguments = baseline.to_vec();
        arguments.extend(["--format", name]);
        let run = check(folder.path(), &arguments).code(0);
        assert!(stdout(&run).contains(said), "{}", stdout(&run));
    }
    // A baseline is a file of the run, whether it is read or written.
    for flag in ["--baseline", "--write-baseline"] {
        let run = check(
            folder.path(),
            &[flag, "baseline.json", "--output", "json=baseline.json"],
        )
        .code(2);
        assert!(
            stderr(&run).contains("is a file of this run"),
            "{}",
            stderr(&run)
        );
    }
    let both = &["--write-baseline", "new.json", "--output", "json=new.json"];
    let run = check(folder.path(), both).code(2);
    assert!(
        stderr(&run).contains("is a file of this run"),
        "{}",
        stderr(&run)
    );
    assert!(!folder.path().join("new.json").exists());
}

#[test]
fn a_second_run_writes_the_same() {
    let folder = folder();
    for name in FORMATS {
        let once = stdout(&check(folder.path(), &["--format", name]));
        assert_eq!(
            once,
            stdout(&check(folder.path(), &["--format", name])),
            "{name}"
        );
    }
}

/// What can be told before anything is read.
#[test]
fn what_cannot_be_written_is_refused() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("out")).expect("a folder");
    std::fs::write(folder.path().join("plain"), "").expect("a file");
    for (arguments, said) in [
        (
            &["--output", "report.sarif"][..],
            "--output report.sarif: is not FORMAT=FILE, such as sarif=mcpdoc.sarif",
        ),
        (
            &["--output", "srif=a"],
            "--output srif=a: no format is called srif; did you mean sarif=a?",
        ),
        (
            &["--output", "yaml=a"],
            "--output yaml=a: no format is called yaml; there are text, json, sarif, junit, github, gitlab, markdown",
        ),
        (
            &["--output", "sarif="],
            "--output sarif=: names no file, as in sarif=mcpdoc.sarif",
        ),
        (
            &["--output", "json=-"],
            "--output json=-: stdout has what --format names; write --format json",
        ),
        (
            &["--output", "json=no/such/a.json"],
            "--output json=no/such/a.json: there is no folder no/such: create it",
        ),
        (
            &["--output", "json=plain/a.json"],
            "--output json=plain/a.json: cannot write into plain (not a directory): name a file elsewhere",
        ),
        (
            &["--output", "json=out"],
            "--output json=out: is a directory, and a file is needed",
        ),
        (
            &["--output", "json=a", "--output", "sarif=./a"],
            "--output json=a and --output sarif=./a: one file cannot hold two reports; give each its own",
        ),
        (
            &["--output", "json=litellm.yaml"],
            "--output json=litellm.yaml: is a file of this run; name another",
        ),
        (
            &["--output", "json=out/../litellm.yaml"],
            "--output json=out/../litellm.yaml: is a file of this run; name another",
        ),
    ] {
        let run = check(folder.path(), arguments).code(2);
        assert_eq!(stderr(&run), format!("mcpdoc: {said}\n"));
        assert_eq!(stdout(&run), "", "{arguments:?}");
    }
    assert_eq!(names(folder.path()), ["litellm.yaml", "out", "plain"]);
    assert_eq!(read(folder.path().join("litellm.yaml")), BROKEN);
}

/// A file that was found, not named.
#[test]
fn an_input_is_not_overwritten() {
    let folder = folder();
    let run = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["check", "--offline", "--output", "json=litellm.yaml", "."])
        .assert()
        .code(2);
    assert_eq!(
        stderr(&run),
        "mcpdoc: --output json=litellm.yaml: is a file of this run; name another\n"
    );
    assert_eq!(read(folder.path().join("litellm.yaml")), BROKEN);
}

#[test]
fn a_run_that_finds_nothing_to_read_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["check", "--offline", "--output", "json=a.json", "."])
        .assert()
        .code(2);
    assert!(stderr(&run).contains("found in"), "{}", stderr(&run));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn the_mode_of_a_file_stays() {
        let folder = folder();
        let (there, new) = (folder.path().join("a.json"), folder.path().join("b.json"));
        std::fs::write(&there, "old").expect("a file");
        std::fs::set_permissions(&there, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        check(
            folder.path(),
            &["--output", "json=a.json", "--output", "sarif=b.json"],
        )
        .code(1);
        assert_eq!(mode(&there), 0o640);
        assert!(read(&there).starts_with('{'));
        // As a shell would make it.
        let shell = folder.path().join("c");
        std::fs::File::create(&shell).expect("a file");
        assert_eq!(mode(&new), mode(&shell));
    }

    /// In a stranger's repository it may lead anywhere.
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = folder();
        let elsewhere = tempfile::tempdir().expect("a folder");
        let victim = elsewhere.path().join("profile");
        std::fs::write(&victim, "mine").expect("a file");
        symlink(&victim, folder.path().join("a.json")).expect("a link");
        symlink(
            elsewhere.path().join("absent"),
            folder.path().join("b.json"),
        )
        .expect("a link");
        check(
            folder.path(),
            &["--output", "json=a.json", "--output", "gitlab=b.json"],
        )
        .code(1);
        assert_eq!(read(&victim), "mine");
        assert_eq!(names(elsewhere.path()), ["profile"]);
        assert!(read(folder.path().join("a.json")).starts_with('{'));
    }

    /// A folder on the way may be a link, too.
    #[test]
    fn a_stranger_leads_no_report_elsewhere() {
        let folder = folder();
        let elsewhere = tempfile::tempdir().expect("a folder");
        symlink(elsewhere.path(), folder.path().join("out")).expect("a link");
        let untrusted = |output: &str| {
            Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
                .current_dir(folder.path())
                .env_clear()
                .args(["check", "--untrusted", "--quiet", "--output", output])
                .assert()
        };
        let run = untrusted("json=out/a.json").code(2);
        let said = stderr(&run);
        assert!(
            said.starts_with("mcpdoc: --output json=out/a.json: leads outside of "),
            "{said}"
        );
        assert_eq!(names(elsewhere.path()), Vec::<String>::new());
        untrusted("json=a.json").code(1);
        assert!(read(folder.path().join("a.json")).starts_with('{'));
        // What a person says is what they mean.
        let named = elsewhere.path().join("b.json");
        untrusted(&format!("json={}", named.display())).code(1);
        assert!(read(&named).starts_with('{'));
    }

    #[test]
    fn pipes_and_devices_are_written_to() {
        let folder = folder();
        let run = check(
            folder.path(),
            &["--quiet", "--output", "gitlab=/dev/stdout"],
        )
        .code(1);
        let said = stdout(&run);
        let (text, json) = said.split_once("\n[\n").expect("both");
        assert!(text.contains("transport-invalid"), "{text}");
        assert!(json.contains("\"check_name\""), "{json}");
        check(folder.path(), &["--output", "json=/dev/null"]).code(1);
        let run = check(folder.path(), &["--output", "json=/dev/stderr"]).code(1);
        assert!(stderr(&run).starts_with("{\n"));

        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo");
        assert!(made.success());
        let reader = std::thread::spawn({
            let pipe: PathBuf = pipe.clone();
            move || read(pipe)
        });
        check(folder.path(), &["--output", "json=pipe"]).code(1);
        assert!(reader.join().expect("a reader").starts_with("{\n"));
        assert_eq!(names(folder.path()), ["litellm.yaml", "pipe"]);
    }

    /// A disk that is full: the report on stdout is there, and no file is half of one.
    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        if !Path::new("/dev/full").exists() {
            return;
        }
        let folder = folder();
        std::fs::write(folder.path().join("a.json"), "old").expect("a file");
        let outputs = [
            "--output",
            "json=a.json",
            "--output",
            "sarif=/dev/full",
            "--output",
            "gitlab=b.json",
        ];
        let run = check(folder.path(), &outputs).code(2);
        assert!(stdout(&run).contains("error[transport-invalid]"));
        let said = stderr(&run);
        assert!(
            said.starts_with("mcpdoc: --output sarif=/dev/full: cannot be written: "),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1);
        assert_eq!(read(folder.path().join("a.json")), "old");
        assert_eq!(names(folder.path()), ["a.json", "litellm.yaml"]);
    }

    /// Also the superuser can make no file there.
    #[test]
    fn a_folder_that_takes_no_file_is_refused() {
        if !Path::new("/proc/self").exists() {
            return;
        }
        let folder = folder();
        let run = check(folder.path(), &["--output", "json=/proc/a.json"]).code(2);
        let said = stderr(&run);
        let begin = "mcpdoc: --output json=/proc/a.json: cannot write into /proc (";
        assert!(said.starts_with(begin), "{said}");
        assert_eq!(stdout(&run), "");
    }

    #[test]
    fn a_reader_that_leaves_early_is_no_error() {
        let folder = folder();
        let program = snapbox::cmd::cargo_bin!("mcpdoc");
        let script = format!(
            "'{}' check --offline --litellm litellm.yaml --format github --output json=a.json | :; exit \"${{PIPESTATUS[0]}}\"",
            program.display()
        );
        let run = Command::new("bash")
            .current_dir(folder.path())
            .args(["-c", &script])
            .assert()
            .code(1);
        assert_eq!(stderr(&run), "");
        assert!(read(folder.path().join("a.json")).starts_with("{\n"));
    }
}
