//! The manual pages, as the programs that show them read them.

use std::io::Write as _;
use std::process::{Command, Stdio};

const PAGES: &[&str] = &[
    "",
    "check",
    "fix",
    "observe",
    "probe",
    "explain",
    "checks",
    "completions",
    "man",
];

fn page(command: &str) -> String {
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .arg("man")
        .args(command.split_whitespace())
        .output()
        .expect("mcpdoc");
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a program says of a page on its stdin: stdout and stderr.
fn read_by(program: &[&str], page: &str) -> (String, String) {
    let mut child = Command::new(program[0])
        .args(&program[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect(program[0]);
    let mut stdin = child.stdin.take().expect("its stdin");
    stdin.write_all(page.as_bytes()).expect("all of it");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

#[test]
fn every_command_of_the_help_has_a_page() {
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["man", "no-such-command"])
        .output()
        .expect("mcpdoc");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for command in PAGES.iter().filter(|command| !command.is_empty()) {
        assert!(said.contains(command), "{command}: {said}");
        assert!(page(command).contains(&format!(".TH mcpdoc-{command} 1 ")));
    }
}

#[test]
#[ignore = "needs groff and mandoc"]
fn groff_and_mandoc_have_nothing_against_them() {
    for command in PAGES {
        let page = page(command);
        let (shown, complaints) = read_by(&["groff", "-man", "-ww", "-Tutf8"], &page);
        assert_eq!(complaints, "", "{command}");
        assert!(shown.contains("Print help"), "{command}: {shown}");
        // Pages have no date on purpose, and empty lines around lists of values are clap's.
        let (complaints, _) = read_by(&["mandoc", "-T", "lint", "-W", "warning"], &page);
        let complaints: Vec<&str> = complaints
            .lines()
            .filter(|line| {
                !line.contains("missing date") && !line.contains("skipping paragraph macro")
            })
            .collect();
        assert!(complaints.is_empty(), "{command}: {complaints:?}");
    }
}
