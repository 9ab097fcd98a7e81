//! What other programs read out of the reports: the same counts.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A program of `tests/readers/install`.
fn program(name: &str) -> PathBuf {
    let target = || {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        target
            .unwrap_or_else(|| root().join("target"))
            .join("readers")
    };
    let readers = std::env::var_os("MCPDOC_READERS").map(PathBuf::from);
    let program = readers.unwrap_or_else(target).join("py/bin").join(name);
    assert!(
        program.exists(),
        "tests/readers/install makes {}",
        program.display()
    );
    program
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {text}{errors}");
    text
}

/// The reports of each fixture, in a folder, with the JSON document.
fn reports(folder: &Path, case: &Path) -> Value {
    let arguments = std::fs::read_to_string(case.join("args")).unwrap_or_default();
    let output = Command::new(env!("CARGO_BIN_EXE_mcpdoc"))
        .current_dir(case)
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["check", "--offline", "--format", "json"])
        .args(arguments.split_whitespace())
        .arg(format!("--output=sarif={}/a.sarif", folder.display()))
        .arg(format!("--output=junit={}/a.xml", folder.display()))
        .arg("stack")
        .output()
        .expect("mcpdoc");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn cases() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("fixtures")).expect("fixtures/");
    let folders = folders.map(|entry| entry.expect("a folder").path());
    let cases: Vec<PathBuf> = folders.filter(|path| path.join("stack").is_dir()).collect();
    assert!(cases.len() >= 6);
    cases
}

#[test]
#[ignore = "needs Python: tests/readers/install"]
fn sarif_tools_counts_the_same() {
    let sarif = program("sarif");
    for case in cases() {
        let folder = tempfile::tempdir().expect("a folder");
        let document = reports(folder.path(), &case);
        let summary = said(
            Command::new(&sarif)
                .arg("summary")
                .arg(folder.path().join("a.sarif")),
        );
        for severity in ["error", "warning", "note"] {
            let count = format!("{severity}: {}", document["summary"][severity]);
            assert!(
                summary.lines().any(|line| line == count),
                "{count} in\n{summary}"
            );
        }
        let table = folder.path().join("a.csv");
        said(
            Command::new(&sarif)
                .arg("csv")
                .arg(folder.path().join("a.sarif"))
                .arg("-o")
                .arg(&table),
        );
        let table = std::fs::read_to_string(&table).expect("a table");
        for finding in document["findings"].as_array().expect("findings") {
            let place = &finding["locations"][0];
            let file = place["file"].as_str().expect("a file");
            let row = format!(",{file},{}", place["line"]);
            assert!(
                table.lines().any(|line| line.ends_with(&row)),
                "{row} in\n{table}"
            );
        }
    }
}

#[test]
#[ignore = "needs Python: tests/readers/install"]
fn junitparser_counts_the_same() {
    let script = "\
import sys, junitparser
for suite in junitparser.JUnitXml.fromfile(sys.argv[1]):
    failed = [c for c in suite if any(isinstance(r, junitparser.Failure) for r in c.result)]
    assert len(failed) == suite.failures and len(list(suite)) == suite.tests
    print(suite.name, len(failed))
";
    for case in cases() {
        let folder = tempfile::tempdir().expect("a folder");
        let document = reports(folder.path(), &case);
        let report = folder.path().join("a.xml");
        let counts = said(
            Command::new(program("python"))
                .args(["-c", script])
                .arg(report),
        );
        let errors = format!("mcpdoc {}", document["summary"]["error"]);
        assert_eq!(counts.lines().next(), Some(errors.as_str()), "{counts}");
    }
}
