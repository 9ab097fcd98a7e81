//! The completion scripts, in the shells that they are for.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn script(shell: &str) -> String {
    let output = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"))
        .args(["completions", shell])
        .output()
        .expect("mcpdoc");
    assert!(output.status.success(), "{shell}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The script of a shell in a file of a folder.
fn written(shell: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("_mcpdoc"), script(shell)).expect("a file");
    folder
}

/// Runs a shell without anybody's settings, where `mcpdoc` is the one that is tested.
fn run(folder: &Path, shell: &[&str], program: &str) -> String {
    let binary = snapbox::cmd::cargo_bin!("mcpdoc");
    let own = binary.parent().expect("a folder").display();
    let path = std::env::var("PATH").expect("PATH");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(shell[0])
        .args(&shell[1..])
        .arg(program)
        .current_dir(folder)
        .env("HOME", folder)
        .env("PATH", format!("{own}:{path}"))
        .output()
        .expect(shell[0]);
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success() && stderr.is_empty(), "{shell:?}: {stderr}");
    String::from_utf8(stdout).expect("UTF-8")
}

#[test]
fn every_script_has_commands_options_and_checks() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = script(shell);
        let words = ["probe", "completions", "man", "fail-on", "litellm-version"];
        for word in words {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    // Values, where the script of a shell has them.
    for shell in ["bash", "zsh", "fish"] {
        assert!(script(shell).contains("port-mismatch"), "{shell}");
    }
}

#[test]
#[ignore = "needs bash"]
fn bash_completes() {
    let folder = written("bash");
    let complete = |words: &str| {
        let count = words.split(' ').count() - 1;
        let program = format!(
            "source ./_mcpdoc && complete -p mcpdoc >/dev/null && COMP_WORDS=({words}) COMP_CWORD={count} && \
             _mcpdoc mcpdoc \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\" && echo \"${{COMPREPLY[*]}}\""
        );
        let said = run(
            folder.path(),
            &["bash", "--norc", "--noprofile", "-c"],
            &program,
        );
        said.trim().to_owned()
    };
    assert_eq!(complete("mcpdoc check --fo"), "--format");
    assert_eq!(complete("mcpdoc ma"), "man");
    assert_eq!(complete("mcpdoc man obs"), "observe");
    assert_eq!(complete("mcpdoc explain port-mis"), "port-mismatch");
    assert_eq!(complete("mcpdoc check --skip port-mis"), "port-mismatch");
}

#[test]
#[ignore = "needs fish"]
fn fish_completes() {
    let folder = written("fish");
    run(folder.path(), &["fish", "--no-config", "-n"], "_mcpdoc");
    let complete = |words: &str| {
        let program = format!("source _mcpdoc; complete -C '{words}'");
        let said = run(folder.path(), &["fish", "--no-config", "-c"], &program);
        let first = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        said.lines().map(first).collect::<Vec<String>>()
    };
    assert_eq!(complete("mcpdoc check --fo"), ["--format"]);
    assert_eq!(complete("mcpdoc ma"), ["man"]);
    assert_eq!(complete("mcpdoc man obs"), ["observe"]);
    assert_eq!(complete("mcpdoc explain port-mis"), ["port-mismatch"]);
}

#[test]
#[ignore = "needs zsh"]
fn zsh_takes_it() {
    let folder = written("zsh");
    run(folder.path(), &["zsh", "-f", "-n"], "_mcpdoc");
    // Completion itself needs a terminal; that it is registered does not.
    let program =
        "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[mcpdoc]";
    let said = run(folder.path(), &["zsh", "-f", "-c"], program);
    assert_eq!(said.trim(), "_mcpdoc");
}
