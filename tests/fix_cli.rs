//! `mcpdoc fix` on files: what it writes, takes back, and refuses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of a fixture's stack, and a place for what mcpdoc remembers.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn of(fixture: &str) -> Copy {
        let folder = tempfile::tempdir().expect("a folder");
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(fixture);
        copy(&from.join("stack"), &folder.path().join("stack"));
        Copy { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn fix(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
            .current_dir(self.path())
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("XDG_STATE_HOME", self.path().join("state"))
            .arg("fix")
            .args(arguments)
            .output()
            .expect("mcpdoc")
    }

    /// The same on the stack, from files alone.
    fn fixed(&self, arguments: &[&str], status: i32) -> String {
        let output = self.fix(
            &[
                &["--offline", "--litellm-version", "1.77.3"],
                arguments,
                &["stack"],
            ]
            .concat(),
        );
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{said}");
        said
    }

    /// Every file of the stack.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path().join("stack"), &mut files);
        files
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("its type").is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                fs::copy(entry.path(), to).expect("a file");
            }
        }
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => collect(&path, files),
            false => {
                files.insert(path.clone(), fs::read(&path).expect("a file"));
            }
        }
    }
}

#[test]
fn nothing_is_written_unless_that_is_asked_for() {
    let stack = Copy::of("linuxserver.lan");
    let before = stack.files();
    for flags in [&[][..], &["--unsafe"], &["--diff"]] {
        let said = stack.fixed(flags, 1);
        assert!(
            said.contains("+++ b/stack/litellm/config/config.yaml"),
            "{said}"
        );
        assert!(said.contains("nothing was written"), "{said}");
    }
    assert_eq!(stack.files(), before);
    assert!(!stack.path().join("state").exists());
}

#[test]
fn what_is_written_is_what_was_shown_and_can_be_taken_back() {
    let stack = Copy::of("linuxserver.lan");
    let before = stack.files();
    // One error is left for a person: the client's file.
    let said = stack.fixed(&["--unsafe", "--write", "--backup"], 1);
    assert!(said.contains("repairs written into 3 files"), "{said}");
    assert!(
        said.contains("read again from the disk: found as shown"),
        "{said}"
    );
    let after = stack.files();
    let changed: Vec<&Path> = before
        .iter()
        .filter(|(path, bytes)| after[*path] != **bytes)
        .map(|(path, _)| path.as_path())
        .collect();
    assert_eq!(changed.len(), 3, "{changed:?}");
    for path in &changed {
        let backup = PathBuf::from(format!("{}.bak", path.display()));
        assert_eq!(after[&backup], before[*path]);
    }
    let again = stack.fixed(&["--unsafe", "--write"], 1);
    assert!(again.contains("nothing was changed"), "{again}");
    assert_eq!(stack.files(), after);
    let undone = stack.fix(&["--undo"]);
    assert_eq!(undone.status.code(), Some(0), "{}", text(&undone.stderr));
    assert_eq!(stack.files(), before);
    let nothing = stack.fix(&["--undo"]);
    assert_eq!(nothing.status.code(), Some(2), "{}", text(&nothing.stdout));
}

#[test]
fn secrets_are_masked_in_what_is_shown() {
    let stack = Copy::of("linuxserver.lan");
    let secrets: Vec<String> = stack
        .files()
        .values()
        .flat_map(|bytes| {
            let text = text(bytes);
            let words = text.split(|c: char| c.is_whitespace() || "\"=@:/".contains(c));
            words
                .filter(|word| word.starts_with("sk-") || *word == "Vw7tRq2nLx9e")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(secrets.len() >= 3, "{secrets:?}");
    for flags in [&["--unsafe"][..], &["--unsafe", "-v"], &["--unsafe", "-q"]] {
        let said = stack.fixed(flags, 1);
        for secret in &secrets {
            assert!(!said.contains(secret.as_str()), "{flags:?} shows a secret");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_patch_is_readable_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stack = Copy::of("linuxserver.lan");
    let before = stack.files();
    let said = stack.fixed(&["--unsafe", "--patch", "fix.patch"], 1);
    assert!(said.contains("written as a patch into fix.patch"), "{said}");
    let mode = fs::metadata(stack.path().join("fix.patch"))
        .expect("a patch")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(stack.files(), before);
}

/// Line endings, byte order marks and missing final line feeds included.
#[test]
#[ignore = "needs git and patch"]
fn patches_are_taken_by_git_and_by_patch() {
    for (program, words) in [
        ("git", &["apply", "fix.patch"][..]),
        ("patch", &["-p1", "-i", "fix.patch"]),
    ] {
        let written = Copy::of("linuxserver.lan");
        let patched = Copy::of("linuxserver.lan");
        for stack in [&written, &patched] {
            let config = stack.path().join("stack/litellm/config/config.yaml");
            let text = fs::read_to_string(&config).expect("a file");
            fs::write(
                &config,
                format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n")),
            )
            .expect("a file");
        }
        written.fixed(&["--unsafe", "--write"], 1);
        patched.fixed(&["--unsafe", "--patch", "fix.patch"], 1);
        let run = Command::new(program)
            .current_dir(patched.path())
            .args(words)
            .output()
            .expect(program);
        assert!(
            run.status.success(),
            "{program}: {}{}",
            text(&run.stdout),
            text(&run.stderr)
        );
        let inside = |stack: &Copy| -> Vec<Vec<u8>> { stack.files().into_values().collect() };
        assert_eq!(inside(&written), inside(&patched), "{program}");
    }
}

#[test]
fn a_patch_names_no_file_outside_of_the_folder() {
    let stack = Copy::of("linuxserver.lan");
    let output = Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .current_dir(stack.path().join("stack/mcp"))
        .env_clear()
        .args([
            "fix",
            "--offline",
            "--unsafe",
            "--patch",
            "fix.patch",
            "--litellm",
            "../litellm/config/config.yaml",
        ])
        .output()
        .expect("mcpdoc");
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("lies outside of the working directory"),
        "{said}"
    );
    assert!(!stack.path().join("stack/mcp/fix.patch").exists());
}
