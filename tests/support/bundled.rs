//! A run, and what a bundle of it says elsewhere.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;

use clap::Parser;
use mcpdoc::cli::{Cli, Command};
use mcpdoc::command::check::Prepared;
use mcpdoc::command::look::unpacked;
use mcpdoc::fact::Tokens;
use mcpdoc::load::Files;
use mcpdoc::record::{Bundle, Decided, Digests, Looks, Run};
use mcpdoc::report::json;
use mcpdoc::{Examination, Witness, investigate};
use serde_json::Value;

/// The bytes of a bundle of a run, and the run.
pub fn bundle(
    prepared: &Prepared,
    home: Option<&str>,
    files: &dyn Files,
    witness: &mut dyn Witness,
) -> (Examination, Vec<u8>) {
    let looks = Looks::of_files(files);
    let digests = Digests::of_files(&looks);
    let found = investigate(
        &prepared.request,
        &prepared.settings,
        &prepared.selection,
        &prepared.permissions,
        &digests,
        witness,
    );
    let run = Run {
        stack: &found.stack,
        request: &prepared.request,
        permissions: &prepared.permissions,
        machine: &prepared.settings.machine,
        gateway_urls: &prepared.settings.gateway_urls,
        digests: &digests,
    };
    let (settings, home) = (&prepared.settings, home.map(Path::new));
    let policy = &prepared.selection.policy;
    let decided = Decided {
        today: policy.today.clone(),
        is_whole: policy.is_whole,
    };
    let salt = [7; Tokens::SALT];
    let bundle = Bundle::new(run, settings, &looks, home, decided, &found.facts, salt);
    let mut bytes = Vec::new();
    bundle
        .expect("a bundle")
        .write(&mut bytes)
        .expect("its bytes");
    (found, bytes)
}

/// What a bundle says.
pub fn replayed(prepared: &Prepared, bytes: &[u8]) -> Examination {
    let bundle = Bundle::read(bytes).expect("a bundle");
    let files = bundle.files();
    let words = ["mcpdoc", "check", "--bundle", "given"];
    let Command::Check(args) = Cli::try_parse_from(words).expect("arguments").command else {
        panic!("not a check");
    };
    let mut there = unpacked(&args, &bundle, &files).expect("a run");
    there.selection.only.clone_from(&prepared.selection.only);
    there.selection.policy.all_counts = prepared.selection.policy.all_counts;
    let found = investigate(
        &there.request,
        &there.settings,
        &there.selection,
        &there.permissions,
        &files,
        &mut bundle.replay(&there.request).expect("a replay"),
    );
    assert_eq!(files.unknown(), Vec::<std::path::PathBuf>::new());
    found
}

/// The lines in which the report of a bundle is not that of the run. The home has another name there, as long as its
/// own, and the fingerprint of what is found in a file of the home follows it.
pub fn differences(
    prepared: &Prepared,
    home: Option<&str>,
    files: &dyn Files,
    witness: &mut dyn Witness,
) -> Vec<String> {
    let (found, bytes) = bundle(prepared, home, files, witness);
    let home = home.unwrap_or("/nonexistent");
    let (parent, name) = home.rsplit_once('/').expect("a path");
    let renamed = format!("{parent}/{}", "u".repeat(name.len()));
    let direct = document(&found, home).replace(home, &renamed);
    let elsewhere = document(&replayed(prepared, &bytes), &renamed);
    let lines = direct.lines().zip(elsewhere.lines());
    let mut differences: Vec<String> = lines
        .filter(|(one, other)| one != other)
        .map(|(one, other)| format!("{}\n    elsewhere {}", one.trim(), other.trim()))
        .collect();
    if direct.lines().count() != elsewhere.lines().count() {
        differences.push("not as many lines".to_owned());
    }
    differences
}

/// The document of a report, without the fingerprints of what is found in files of the home.
fn document(found: &Examination, home: &str) -> String {
    let document = json::render(found).expect("JSON");
    let mut document: Value = serde_json::from_str(&document).expect("JSON");
    for finding in document["findings"].as_array_mut().expect("a list") {
        let file = finding["locations"][0]["file"].as_str();
        if file.is_some_and(|file| file.starts_with(home)) {
            finding["fingerprint"] = "".into();
        }
    }
    serde_json::to_string_pretty(&document).expect("JSON")
}
