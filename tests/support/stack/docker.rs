//! The `docker` command.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A container takes up to a minute where everything is compiled at the same time.
const PATIENCE: Duration = Duration::from_secs(180);

pub fn try_docker(words: &[&str]) -> Output {
    let output = Command::new("docker").args(words).output();
    output.expect("the docker command")
}

pub fn docker(words: &[&str]) -> String {
    let output = try_docker(words);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {words:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What `docker KIND inspect` says of a name, if there is such a thing.
pub fn inspected(kind: &str, name: &str, template: &str) -> Option<String> {
    let output = try_docker(&[kind, "inspect", "--format", template, name]);
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
