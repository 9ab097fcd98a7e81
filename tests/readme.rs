//! The README's screen is what its command prints.

use snapbox::cmd::Command;

#[test]
fn the_screen_is_real() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).expect("the README");
    let block = readme
        .split("```console\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a screen");
    let (command, screen) = block
        .split_once('\n')
        .expect("a command and what it prints");
    let words = command
        .strip_prefix("$ mcpdoc ")
        .expect("a command of mcpdoc");
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .current_dir(format!("{root}/fixtures/linuxserver.lan"))
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .args(words.split_whitespace())
        .assert()
        .code(1);
    let printed = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert_eq!(printed, screen);
}
