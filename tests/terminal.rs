//! What every command writes to pipes, to terminals of all kinds, and to what takes nothing.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read as _, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Commands that write for people, and how each ends. None leaves this machine.
const COMMANDS: &[(&str, i32)] = &[
    ("check --offline fixtures/linuxserver.lan/stack", 1),
    ("check --offline -q fixtures/linuxserver.lan/stack", 1),
    ("check --offline -v fixtures/linuxserver.lan/stack", 1),
    (
        "check --facts fixtures/recorded-wire/facts.json fixtures/recorded-wire/stack",
        1,
    ),
    ("fix --offline --unsafe fixtures/linuxserver.lan/stack", 1),
    ("probe http://127.0.0.1:1/mcp", 1),
    ("explain port-mismatch", 0),
    ("checks", 0),
    ("--help", 0),
    ("probe --help", 0),
];

/// Those of them whose output has colour where colour is wanted, in each of their forms.
fn coloured() -> impl Iterator<Item = &'static str> {
    let plain = ["checks"];
    let commands = COMMANDS.iter().map(|(words, _)| *words);
    commands.filter(move |words| !plain.contains(words))
}

/// `mcpdoc` in an environment with nothing but these variables.
fn mcpdoc(words: &str, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(snapbox::cmd::cargo_bin!("mcpdoc"));
    command
        .args(words.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .envs(env.iter().copied())
        .stdin(Stdio::null());
    command
}

fn piped(words: &str, env: &[(&str, &str)]) -> Output {
    mcpdoc(words, env).output().expect("mcpdoc runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What two runs of a command have in common: not how long it took.
fn steady(shown: &str) -> String {
    let lines = shown.lines().filter(|line| !line.starts_with("  took "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// What a command shows on a terminal that is so wide, stdout and stderr together, and how it ends.
fn on_terminal(words: &str, env: &[(&str, &str)], columns: u16) -> (String, i32) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("its owner");
    unlockpt(&master).expect("its lock");
    let name = ptsname(&master, Vec::new()).expect("its name");
    let name = name.to_str().expect("UTF-8").to_owned();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).expect("its size");
    let open = || {
        File::options()
            .read(true)
            .write(true)
            .open(&name)
            .expect("its other side")
    };
    let mut child = mcpdoc(words, env)
        .stdin(open())
        .stdout(open())
        .stderr(open())
        .spawn()
        .expect("mcpdoc runs");
    let mut shown = Vec::new();
    // When the last who has it open is gone, reading fails.
    let _ = File::from(master).read_to_end(&mut shown);
    let code = child.wait().expect("its end").code().expect("a code");
    (text(&shown).replace("\r\n", "\n"), code)
}

/// Lines that are too long and could have been broken. Kept whole are one long word, the lines of files and snippets, and
/// what is to be copied: commands, and examples of pages.
fn too_long<'a>(words: &str, shown: &'a str, columns: usize) -> Vec<&'a str> {
    let files =
        &texts(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/linuxserver.lan/stack"));
    let kept_whole = |line: &str| {
        let said = line.trim_start();
        let numbered = said
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start();
        let of_snippet = ['│', '╭', '╰', '⸬', '┆']
            .iter()
            .any(|sign| line.contains(*sign));
        let copied = [
            "+",
            "-",
            "@@",
            "run ",
            "then run ",
            "docker ",
            "claude ",
            "export ",
            "rm ",
            "image: ",
            "mcpdoc ",
            "command: ",
        ];
        let of_page = words.starts_with("explain") && line.starts_with("    ");
        // Also where a check and its place are all of the line.
        let is_head =
            said.ends_with("(new file)") || said.contains("[") && said.split(' ').count() <= 3;
        // What a repair has a person write or run, below its title.
        let is_text = line.starts_with("      ") && !said.starts_with(|c: char| c.is_ascii_digit());
        let is_row = words.contains("-q") && said.split_whitespace().count() == 3;
        of_snippet
            || of_page
            || is_head
            || is_row
            || is_text
            || !said.contains(' ')
            || copied.iter().any(|copied| numbered.starts_with(copied))
            || files.contains(said)
    };
    let lines = shown.lines();
    lines
        .filter(|line| line.chars().count() > columns && !kept_whole(line))
        .collect()
}

/// All texts below a folder.
fn texts(folder: PathBuf) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let text = |path: PathBuf| match path.is_dir() {
        true => texts(path),
        false => std::fs::read_to_string(path).expect("a text"),
    };
    paths.map(text).collect()
}

#[test]
fn a_pipe_gets_no_escapes_and_80_columns() {
    for (words, code) in COMMANDS {
        let output = piped(words, &[]);
        assert_eq!(output.status.code(), Some(*code), "{words}");
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(!stdout.contains('\u{1b}'), "{words}: {stdout}");
        assert_eq!(stderr, "", "{words}");
        assert_eq!(too_long(words, &stdout, 80), [""; 0], "{words}");
        let widest = stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest > Some(60), "{words}: {stdout}");
    }
}

#[test]
fn columns_are_respected_where_they_are_a_number() {
    for (words, code) in COMMANDS {
        let shown = |columns: &str| {
            let output = piped(words, &[("COLUMNS", columns)]);
            assert_eq!(output.status.code(), Some(*code), "{words}");
            steady(&text(&output.stdout))
        };
        for columns in [40, 60, 100] {
            let shown = shown(&columns.to_string());
            assert_eq!(
                too_long(words, &shown, columns),
                [""; 0],
                "{words}: {columns}: {shown}"
            );
        }
        for nothing in ["", "0", "-1", "wide"] {
            assert_eq!(shown(nothing), shown("80"), "{words}: {nothing}");
        }
        assert_eq!(shown("7"), shown("40"), "{words}");
        assert_eq!(shown("99999999999999999999"), shown("120"), "{words}");
    }
}

#[test]
fn a_terminal_has_its_own_width_and_colour() {
    for words in coloured() {
        let (shown, _) = on_terminal(words, &[("TERM", "xterm"), ("COLUMNS", "100")], 60);
        assert!(shown.contains("\u{1b}["), "{words}: {shown}");
        let (plain, _) = on_terminal(words, &[("TERM", "xterm"), ("NO_COLOR", "1")], 60);
        assert!(!plain.contains("\u{1b}[3"), "{words}: {plain}");
        assert_eq!(too_long(words, &plain, 60), [""; 0], "{words}");
        // Some terminals know no size.
        let (unsized_, _) = on_terminal(words, &[("TERM", "dumb")], 0);
        assert_eq!(
            steady(&unsized_),
            steady(&text(&piped(words, &[]).stdout)),
            "{words}"
        );
    }
}

#[test]
fn a_dumb_terminal_gets_no_escape_at_all() {
    for (words, code) in COMMANDS {
        let (shown, ended) = on_terminal(words, &[("TERM", "dumb")], 80);
        assert!(!shown.contains('\u{1b}'), "{words}: {shown}");
        assert!(!shown.contains('\r'), "{words}: {shown:?}");
        assert_eq!(ended, *code, "{words}");
    }
    let (shown, ended) = on_terminal("check --no-such-option", &[("TERM", "dumb")], 80);
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert_eq!(ended, 2);
}

#[test]
fn colour_is_as_it_is_asked_for() {
    type Environment = &'static [(&'static str, &'static str)];
    // The environment, and whether a pipe and a terminal get colour.
    let wishes: [(Environment, bool, bool); 7] = [
        (&[("TERM", "xterm")], false, true),
        (&[("TERM", "dumb")], false, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], false, true),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false, false),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true, true),
        (
            &[
                ("TERM", "xterm"),
                ("CLICOLOR_FORCE", "1"),
                ("NO_COLOR", "1"),
            ],
            false,
            false,
        ),
    ];
    let has = |shown: &str| shown.contains("\u{1b}[");
    let words = "explain port-mismatch";
    let bad = "check --no-such-option";
    for (env, pipe, terminal) in wishes {
        for words in coloured() {
            assert_eq!(
                has(&text(&piped(words, env).stdout)),
                pipe,
                "{env:?}: {words}"
            );
        }
        assert_eq!(has(&text(&piped(bad, env).stderr)), pipe, "{env:?}: {bad}");
        for words in [words, bad] {
            assert_eq!(
                has(&on_terminal(words, env, 80).0),
                terminal,
                "{env:?}: {words}"
            );
        }
        // What was said on the command line holds, for help and complaints as well.
        for words in [words, bad, "check --help"] {
            let said = |color: &str| {
                let output = piped(
                    &format!("{words} {color}").replace("--help", &format!("{color} --help")),
                    env,
                );
                text(&output.stdout) + &text(&output.stderr)
            };
            assert!(has(&said("--color always")), "{env:?}: {words}");
            assert!(has(&said("--color=always")), "{env:?}: {words}");
            assert!(!has(&said("--color never")), "{env:?}: {words}");
        }
    }
}

#[test]
fn what_is_for_programs_has_no_colour_ever() {
    for words in [
        "check --offline --format json --color always fixtures/linuxserver.lan/stack",
        "checks --format json --color always",
        "probe --format json --color always http://127.0.0.1:1/mcp",
        "observe --no-docker fixtures/recorded-wire/stack",
        "completions bash",
        "man check",
    ] {
        let output = piped(words, &[("CLICOLOR_FORCE", "1")]);
        assert!(!output.stdout.is_empty(), "{words}");
        assert!(!text(&output.stdout).contains('\u{1b}'), "{words}");
    }
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let ascii = |env: &[(&str, &str)]| {
        let output = piped("check --offline -v fixtures/linuxserver.lan/stack", env);
        output.stdout.is_ascii()
    };
    assert!(ascii(&[("LC_ALL", "C")]));
    assert!(ascii(&[("LANG", "POSIX")]));
    assert!(ascii(&[
        ("LC_ALL", "de_DE.ISO-8859-1"),
        ("LANG", "de_DE.UTF-8")
    ]));
    assert!(!ascii(&[]));
    assert!(!ascii(&[("LANG", "de_DE.UTF-8")]));
    for (words, _) in COMMANDS {
        let output = piped(words, &[("LC_ALL", "C")]);
        let wide = steady(&text(&piped(words, &[]).stdout));
        let shown = steady(&text(&output.stdout));
        let widths = |text: &str| {
            text.lines()
                .map(|line| line.chars().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(widths(&shown), widths(&wide), "{words}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let records = ("observe --no-docker fixtures/recorded-wire/stack", 0);
    for (words, code) in COMMANDS.iter().chain([&records, &("completions zsh", 0)]) {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let output = mcpdoc(words, &[])
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn();
        let output = output
            .and_then(|child| child.wait_with_output())
            .expect("mcpdoc runs");
        assert_eq!(output.status.code(), Some(*code), "{words}");
        let complaints = text(&output.stderr);
        assert!(
            complaints.is_empty() || words.starts_with("observe"),
            "{words}: {complaints}"
        );
        assert!(!complaints.contains("panic"), "{words}: {complaints}");
    }
}

#[test]
fn a_full_disk_is_an_error_in_one_line() {
    for (words, _) in COMMANDS
        .iter()
        .chain([&("completions zsh", 0), &("man", 0)])
    {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        let output = mcpdoc(words, &[])
            .stdout(full)
            .output()
            .expect("mcpdoc runs");
        let complaints = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}: {complaints}");
        assert_eq!(complaints.lines().count(), 1, "{words}: {complaints}");
        assert!(
            complaints.contains("stdout") && complaints.contains("No space left"),
            "{complaints}"
        );
        // Nobody is left to tell.
        let full = || {
            File::options()
                .write(true)
                .open("/dev/full")
                .expect("/dev/full")
        };
        let status = mcpdoc(words, &[]).stdout(full()).stderr(full()).status();
        assert_eq!(status.expect("mcpdoc runs").code(), Some(2), "{words}");
    }
}

#[test]
fn what_is_closed_is_done_without() {
    let binary = snapbox::cmd::cargo_bin!("mcpdoc");
    for (words, code) in COMMANDS {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let output = Command::new("sh")
                .args([
                    "-c",
                    &format!("exec '{}' {words} {closed}", binary.display()),
                ])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .env("HOME", "/nonexistent")
                .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
                .output()
                .expect("sh");
            assert_eq!(output.status.code(), Some(*code), "{words} {closed}");
            assert_eq!(text(&output.stderr), "", "{words} {closed}");
            assert_eq!(
                output.stdout.is_empty(),
                closed.contains(" >&-") || closed == ">&-",
                "{words} {closed}"
            );
        }
    }
}
