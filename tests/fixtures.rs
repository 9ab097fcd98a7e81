//! Every folder in `fixtures/` that holds a stack runs: its reports are what `report.txt` and `report.json` say, and
//! the JSON fits the schema. `SNAPSHOTS=overwrite` writes them anew.

use std::path::{Path, PathBuf};

use snapbox::cmd::{Command, OutputAssert};
use snapbox::{Assert, Data, IntoData};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join("fixtures"))
        .expect("fixtures/")
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| path.join("stack").is_dir())
        .collect();
    cases.sort();
    cases
}

/// Runs `mcpdoc check` in a case's folder, on `stack`, with the arguments of its `args` file, and with its recorded facts
/// where it has such.
fn check(case: &Path, format: &[&str]) -> OutputAssert {
    let arguments = std::fs::read_to_string(case.join("args")).unwrap_or_default();
    let world: &[&str] = match case.join("facts.json").exists() {
        true => &["--facts", "facts.json"],
        false => &["--offline"],
    };
    Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .current_dir(case)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100")
        .arg("check")
        .args(world)
        .args(arguments.split_whitespace())
        .args(format)
        .arg("stack")
        .assert()
}

fn stdout(output: &OutputAssert) -> String {
    String::from_utf8(output.get_output().stdout.clone()).expect("UTF-8")
}

#[test]
fn reports_are_as_recorded() {
    assert!(cases().len() >= 6);
    let assert = Assert::new().action_env("SNAPSHOTS");
    for case in cases() {
        let text = stdout(&check(&case, &["--color", "never"]));
        assert.eq(
            text.into_data().raw(),
            Data::read_from(&case.join("report.txt"), None),
        );
        let json = stdout(&check(&case, &["--format", "json"])).replace(
            concat!("\"mcpdoc\": \"", env!("CARGO_PKG_VERSION"), "\""),
            "\"mcpdoc\": \"…\"",
        );
        assert.eq(
            json.into_data().raw(),
            Data::read_from(&case.join("report.json"), None).raw(),
        );
    }
}

/// The same case in the formats that other programs read.
#[test]
fn reports_for_programs_are_as_recorded() {
    let assert = Assert::new().action_env("SNAPSHOTS");
    let case = root().join("fixtures/linuxserver.lan");
    for (format, name) in [
        ("sarif", "report.sarif"),
        ("junit", "report.junit.xml"),
        ("github", "report.github.txt"),
        ("gitlab", "report.gitlab.json"),
        ("markdown", "report.md"),
    ] {
        let mut text = stdout(&check(&case, &["--format", format]));
        match format {
            "sarif" => text = without_pages(&text),
            "junit" => text = without_passes(&text),
            _ => {}
        }
        let text = text.replace(concat!("mcpdoc ", env!("CARGO_PKG_VERSION")), "mcpdoc …");
        assert.eq(
            text.into_data().raw(),
            Data::read_from(&case.join(name), None).raw(),
        );
    }
}

/// A JUnit document without the checks that found nothing, which are more with each new one, and without their number.
fn without_passes(text: &str) -> String {
    let is_pass = |line: &&str| line.trim_start().starts_with("<testcase ") && line.ends_with("/>");
    let (passes, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(is_pass);
    assert!(passes.len() > 50);
    let masked = lines.iter().map(|line| match line.split_once(" tests=\"") {
        Some((before, rest)) => {
            let (_, after) = rest.split_once('"').expect("a number");
            format!("{before} tests=\"…\"{after}\n")
        }
        None => format!("{line}\n"),
    });
    masked.collect()
}

/// A SARIF document without the version and the pages of the checks, which change with every word of theirs.
fn without_pages(text: &str) -> String {
    let mut document: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let driver = &mut document["runs"][0]["tool"]["driver"];
    driver["version"] = "…".into();
    driver["semanticVersion"] = "…".into();
    for rule in driver["rules"].as_array_mut().expect("rules") {
        for kind in ["text", "markdown"] {
            let page = rule["help"][kind].as_str().expect("a page");
            assert!(page.starts_with(&format!("# {}\n", rule["id"].as_str().expect("an id"))));
            rule["help"][kind] = "…".into();
        }
    }
    let mut text = serde_json::to_string_pretty(&document).expect("JSON");
    text.push('\n');
    text
}

/// What was recorded holds for the files beside it.
#[test]
fn facts_belong_to_their_files() {
    let recorded: Vec<PathBuf> = cases()
        .into_iter()
        .filter(|case| case.join("facts.json").exists())
        .collect();
    assert!(!recorded.is_empty());
    for case in recorded {
        let json = stdout(&check(&case, &["--format", "json"]));
        let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert!(document.get("differences").is_none(), "{json}");
        assert!(!document["endpoints"].as_array().expect("a list").is_empty());
    }
}

#[test]
fn json_fits_the_schema() {
    let schema = std::fs::read_to_string(root().join("schema/mcpdoc-1.json")).expect("the schema");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for case in cases() {
        let text = stdout(&check(&case, &["--format", "json"]));
        let document = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{}: {}",
            case.display(),
            errors.join("\n")
        );
    }
}

#[test]
fn a_second_run_says_the_same() {
    for case in cases() {
        assert_eq!(stdout(&check(&case, &[])), stdout(&check(&case, &[])));
    }
}

#[test]
fn exit_status_follows_the_findings() {
    for case in cases() {
        let text = stdout(&check(&case, &["--format", "json"]));
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let errors = document["summary"]["error"].as_u64().expect("a count");
        check(&case, &[]).code(i32::from(errors > 0));
        check(&case, &["--fail-on", "never"]).code(0);
    }
}
