//! What is published: the files of the package, and that everything that names a version names the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn said(command: &mut Command) -> String {
    let output = command.current_dir(ROOT).output().expect("it runs");
    // `mcpdoc check` ends with 1 where it finds something.
    assert!(
        output.status.code() <= Some(1),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn mcpdoc(words: &[&str]) -> String {
    said(Command::new(snapbox::cmd::cargo_bin!("mcpdoc")).args(words))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).expect(name)
}

/// Files below a folder, from the root.
fn below(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).expect(folder);
    let mut files = BTreeSet::new();
    for entry in entries {
        let entry = entry.expect("an entry");
        let name = format!("{folder}/{}", entry.file_name().to_str().expect("UTF-8"));
        match entry.path().is_dir() {
            true => files.extend(below(&name)),
            false => drop(files.insert(name)),
        }
    }
    files
}

#[test]
fn the_package_has_what_builds_and_tests_it_and_nothing_else() {
    // An unpacked package cannot be packaged again.
    if Path::new(ROOT).join("Cargo.toml.orig").exists() {
        return;
    }
    let cargo = [
        "package",
        "--offline",
        "--locked",
        "--allow-dirty",
        "--list",
    ];
    let listed = said(Command::new(env!("CARGO")).args(cargo));
    let listed: BTreeSet<String> = listed.lines().map(|line| line.replace('\\', "/")).collect();
    let mut wanted: BTreeSet<String> = [
        "Cargo.toml",
        "Cargo.toml.orig",
        "Cargo.lock",
        "build.rs",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ]
    .map(str::to_owned)
    .into();
    for folder in ["src", "checks", "schema", "tests", "fixtures"] {
        wanted.extend(below(folder));
    }
    wanted.extend(
        below("benches")
            .into_iter()
            .filter(|name| name.ends_with(".rs")),
    );
    // Only there where the sources are under version control.
    let differ = listed.symmetric_difference(&wanted);
    let differ: Vec<&String> = differ
        .filter(|name| *name != ".cargo_vcs_info.json")
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn the_version_is_the_same_everywhere() {
    let manifest = read("Cargo.toml");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = "))
        .expect("a version")
        .trim_matches('"');
    let changelog = read("CHANGELOG.md");
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## "));
    let newest = newest.expect("a heading");
    assert!(newest.starts_with(&format!("[{version}] - ")), "{newest}");
    assert_eq!(mcpdoc(&["--version"]).trim(), format!("mcpdoc {version}"));
    let document = mcpdoc(&[
        "check",
        "--offline",
        "--format",
        "json",
        "fixtures/linuxserver.lan/stack",
    ]);
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["mcpdoc"], version);
    for page in [&["man"][..], &["man", "check"]] {
        assert!(
            mcpdoc(page).contains(&format!(" \"mcpdoc {version}\" ")),
            "{page:?}"
        );
    }
    let lock = read("Cargo.lock");
    assert!(lock.contains(&format!("name = \"mcpdoc\"\nversion = \"{version}\"\n")));
}
