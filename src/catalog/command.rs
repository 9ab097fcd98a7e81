//! Command lines: which package, module or program a runner such as `npx`, `uvx`, `python -m` or `sh -c` starts.

use super::glob;
use super::server::Names;
use super::version::Version;

/// What a command line starts, and the arguments that are left for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommandLine {
    pub starts: Starts,
    pub rest: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    Package {
        registry: Registry,
        name: String,
        version: Option<Version>,
    },
    /// `python -m`; dots and underscores as written.
    Module(String),
    /// The path of a script behind an interpreter.
    Script(String),
    /// A program as written; the registry it was installed from, where its path shows that.
    Program(String, Option<Registry>),
}

/// Where a package is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    /// npm, from which `npx` and the like take packages.
    Npm,
    /// PyPI, from which `uvx`, `pipx run` and the like take packages.
    Pypi,
}

/// Programs that start the command behind them.
const WRAPPERS: [&str; 7] = [
    "tini",
    "dumb-init",
    "catatonit",
    "docker-init",
    "env",
    "exec",
    "nohup",
];
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "zsh"];
const INTERPRETERS: [&str; 5] = ["node", "bun", "deno", "tsx", "ts-node"];

/// Flags of `uvx`, `uv run` and `pipx run` that take a value.
const PYTHON_RUNNER_VALUES: [&str; 19] = [
    "--from",
    "--spec",
    "--with",
    "-w",
    "--with-editable",
    "--with-requirements",
    "--python",
    "-p",
    "--index",
    "--index-url",
    "-i",
    "--default-index",
    "--extra-index-url",
    "--override",
    "--constraint",
    "-c",
    "--directory",
    "--project",
    "--env-file",
];
const NPM_RUNNER_VALUES: [&str; 4] = ["--package", "-p", "--registry", "--prefix"];
const INTERPRETER_VALUES: [&str; 5] = ["-r", "--require", "--import", "--loader", "--env-file"];

/// Reads a command line; `None` where it is empty or not understood (a shell script, `python -c`).
pub(super) fn read(words: &[String]) -> Option<CommandLine> {
    let (program, rest) = words.split_first()?;
    let base = basename(program);
    let second = rest.first().map(String::as_str);
    if WRAPPERS.contains(&base) {
        let skip = rest
            .iter()
            .position(|word| !(word.starts_with('-') || base == "env" && word.contains('=')))?;
        return read(&rest[skip..]);
    }
    if SHELLS.contains(&base) {
        let at = rest
            .iter()
            .position(|word| word.starts_with('-') && word.ends_with('c'))?;
        return read(&split_simple(rest.get(at + 1)?)?);
    }
    match (base, second) {
        ("npx" | "bunx" | "pnpx", _) => npm(rest),
        ("npm", Some("exec" | "x")) | ("pnpm" | "yarn", Some("dlx")) => npm(&rest[1..]),
        ("uvx", _) => pypi(rest),
        ("uv", Some("tool")) if rest.get(1).is_some_and(|word| word == "run") => pypi(&rest[2..]),
        ("pipx", Some("run")) => pypi(&rest[1..]),
        ("uv", Some("run")) => uv_run(&rest[1..]),
        _ if is_python(base) => python(rest),
        _ if INTERPRETERS.contains(&base) => {
            let rest = match second {
                Some("run") => &rest[1..],
                _ => rest,
            };
            let at = first_positional(rest, &INTERPRETER_VALUES)?;
            Some(script(&rest[at], &rest[at + 1..]))
        }
        _ => Some(CommandLine {
            starts: Starts::Program(program.clone(), installed_from(program)),
            rest: rest.to_vec(),
        }),
    }
}

/// `[flags] package[@version] [args]`, or `--package package program [args]`.
fn npm(words: &[String]) -> Option<CommandLine> {
    let at = first_positional(words, &NPM_RUNNER_VALUES)?;
    let named = flag_value(&words[..at], &["--package", "-p"]);
    let spec = named.unwrap_or(&words[at]);
    let split = spec
        .char_indices()
        .skip(1)
        .find(|(_, c)| *c == '@')
        .map_or(spec.len(), |(at, _)| at);
    Some(CommandLine {
        starts: Starts::Package {
            registry: Registry::Npm,
            name: spec[..split].to_string(),
            version: spec.get(split + 1..).and_then(Version::parse),
        },
        rest: words[at + 1..].to_vec(),
    })
}

/// `[flags] package[==version] [args]`, or `--from package program [args]`.
fn pypi(words: &[String]) -> Option<CommandLine> {
    let at = first_positional(words, &PYTHON_RUNNER_VALUES)?;
    let spec = flag_value(&words[..at], &["--from", "--spec"]).unwrap_or(&words[at]);
    let end = spec.find(['=', '@', '[', '<', '>', '~', '!', ' ', ';']);
    let end = end.unwrap_or(spec.len());
    let pinned = spec.split_once("==").or_else(|| spec.split_once('@'));
    Some(CommandLine {
        starts: Starts::Package {
            registry: Registry::Pypi,
            name: spec[..end].to_string(),
            version: pinned.and_then(|(_, version)| Version::parse(version)),
        },
        rest: words[at + 1..].to_vec(),
    })
}

/// `uv run [flags] program|script [args]`, `uv run -m module`.
fn uv_run(words: &[String]) -> Option<CommandLine> {
    if let Some(at) = words
        .iter()
        .position(|word| word == "-m" || word == "--module")
    {
        return Some(module(words.get(at + 1)?, &words[at + 2..]));
    }
    let at = first_positional(words, &PYTHON_RUNNER_VALUES)?;
    let mut line = read(&words[at..])?;
    if let Starts::Program(program, from) = &mut line.starts {
        if program.ends_with(".py") {
            line.starts = Starts::Script(program.clone());
        } else {
            *from = Some(Registry::Pypi);
        }
    }
    Some(line)
}

fn python(words: &[String]) -> Option<CommandLine> {
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "-m" => return Some(module(words.get(at + 1)?, &words[at + 2..])),
            "-c" | "-" => return None,
            _ if word.starts_with('-') => {}
            _ => return Some(script(word, &words[at + 1..])),
        }
    }
    None
}

fn module(name: &str, rest: &[String]) -> CommandLine {
    CommandLine {
        starts: Starts::Module(name.to_string()),
        rest: rest.to_vec(),
    }
}

/// A script is its package's where it lies in `node_modules`, else itself.
fn script(path: &str, rest: &[String]) -> CommandLine {
    let package = path.rsplit_once("node_modules/").and_then(|(_, inside)| {
        let mut parts = inside.split('/');
        let first = parts.next().filter(|first| *first != ".bin")?;
        match first.starts_with('@') {
            true => Some(format!("{first}/{}", parts.next()?)),
            false => Some(first.to_string()),
        }
    });
    CommandLine {
        starts: match package {
            Some(name) => Starts::Package {
                registry: Registry::Npm,
                name,
                version: None,
            },
            None if installed_from(path).is_some() => {
                Starts::Program(path.to_string(), installed_from(path))
            }
            None => Starts::Script(path.to_string()),
        },
        rest: rest.to_vec(),
    }
}

/// The registry that the path of a program shows it to come from.
fn installed_from(path: &str) -> Option<Registry> {
    if path.contains("node_modules/.bin/") {
        Some(Registry::Npm)
    } else if path.contains("venv/bin/") || path.contains("venv/Scripts/") {
        Some(Registry::Pypi)
    } else {
        None
    }
}

fn is_python(base: &str) -> bool {
    base.strip_prefix("python")
        .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// The program without folders and without the extensions of Windows.
pub fn basename(program: &str) -> &str {
    let base = program.rsplit(['/', '\\']).next().unwrap_or(program);
    [".exe", ".cmd", ".bat"]
        .iter()
        .find_map(|extension| base.strip_suffix(extension))
        .unwrap_or(base)
}

/// Whether a program is a shell, which runs the one word behind `-c`.
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&basename(program))
}

/// Where the first word stands that is neither a flag nor the value of one of `with_value`.
fn first_positional(words: &[String], with_value: &[&str]) -> Option<usize> {
    let mut at = 0;
    while at < words.len() {
        let word = words[at].as_str();
        if word == "--" {
            return (at + 1 < words.len()).then_some(at + 1);
        }
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if with_value.contains(&word) { 2 } else { 1 };
    }
    None
}

fn flag_value<'a>(words: &'a [String], flags: &[&str]) -> Option<&'a String> {
    let at = words
        .iter()
        .position(|word| flags.contains(&word.as_str()))?;
    words.get(at + 1)
}

/// The words of a shell script that is one simple command; `None` where it is more than that.
pub fn split_simple(script: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in script.trim().chars() {
        match (quote, c) {
            (Some('\''), c) if c != '\'' => word.get_or_insert_default().push(c),
            (_, '`' | '\\') => return None,
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ';' | '&' | '|' | '<' | '>' | '(' | ')' | '\n' | '#') => return None,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// What is left as arguments, where a command line starts the program of these names; else `None`.
pub(super) fn arguments(names: &Names, line: &CommandLine) -> Option<Vec<String>> {
    let skip = match &line.starts {
        Starts::Package { registry, name, .. } => {
            let known = match registry {
                Registry::Npm => names.npm.iter().any(|known| glob::matches(known, name)),
                Registry::Pypi => names.pypi.iter().any(|known| same_pypi(known, name)),
            };
            known.then_some(0)?
        }
        Starts::Module(_) if names.pypi.is_empty() => return None,
        Starts::Module(name) => {
            let package = name.split('.').next().unwrap_or(name);
            let mut known = names.pypi.iter().chain(&names.command);
            known
                .any(|known| same_pypi(known, name) || same_pypi(known, package))
                .then_some(0)?
        }
        Starts::Script(_) => return None,
        Starts::Program(program, from) => {
            let published = match from {
                None => true,
                Some(Registry::Npm) => !names.npm.is_empty(),
                Some(Registry::Pypi) => !names.pypi.is_empty(),
            };
            let base = basename(program);
            let commands = names.command.iter().filter(|_| published);
            commands
                .filter_map(|command| command_words(command, base, &line.rest))
                .max()?
        }
    };
    Some(line.rest[skip..].to_vec())
}

/// How many words behind the program belong to the command; `None` where it is another command.
fn command_words(command: &str, base: &str, rest: &[String]) -> Option<usize> {
    let mut words = command.split(' ');
    if !glob::matches(words.next()?, base) {
        return None;
    }
    let sub: Vec<&str> = words.collect();
    let found = rest.len() >= sub.len() && sub.iter().zip(rest).all(|(a, b)| a == b);
    found.then_some(sub.len())
}

/// PyPI's rule: case, and which of `-`, `_`, `.` is written, do not count.
pub(super) fn same_pypi(pattern: &str, name: &str) -> bool {
    let normal = |text: &str| text.to_ascii_lowercase().replace(['_', '.'], "-");
    glob::matches(&normal(pattern), &normal(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_string).collect()
    }

    fn package(line: &str) -> String {
        match read(&words(line)).map(|line| (line.starts, line.rest)) {
            Some((
                Starts::Package {
                    registry,
                    name,
                    version,
                },
                rest,
            )) => format!(
                "{registry:?} {name} {} [{}]",
                version.map_or("-".to_string(), |v| v.to_string()),
                rest.join(" ")
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn runners_are_seen_through() {
        for (line, expected) in [
            (
                "npx -y @scope/pkg@1.2.3 /data",
                "Npm @scope/pkg 1.2.3 [/data]",
            ),
            ("npx pkg@latest", "Npm pkg - []"),
            ("npx --yes --package=x pkg --port 1", "Npm pkg - [--port 1]"),
            ("npm exec -- pkg stdio", "Npm pkg - [stdio]"),
            (
                "uvx --from postgres-mcp==0.3.0 postgres-mcp --x",
                "Pypi postgres-mcp 0.3.0 [--x]",
            ),
            (
                "uvx --with mcp<2 mcp-server-git@2.1 --repository /r",
                "Pypi mcp-server-git 2.1 [--repository /r]",
            ),
            (
                "uv tool run mcp-proxy[extra] --port 1",
                "Pypi mcp-proxy - [--port 1]",
            ),
            ("pipx run mcpo", "Pypi mcpo - []"),
            ("tini -g -- npx -y pkg", "Npm pkg - []"),
            ("env A=b npx pkg", "Npm pkg - []"),
            (
                "node --inspect /app/node_modules/@a/b/dist/index.js stdio",
                "Npm @a/b - [stdio]",
            ),
        ] {
            assert_eq!(package(line), expected, "{line}");
        }
    }

    #[test]
    fn programs_modules_and_scripts_are_told_apart() {
        let starts = |line: &str| read(&words(line)).map(|line| line.starts);
        assert_eq!(
            starts("python3.12 -u -m mcp_proxy --port 1"),
            Some(Starts::Module("mcp_proxy".to_string()))
        );
        assert_eq!(
            starts("uv run --directory /app mcp-proxy"),
            Some(Starts::Program(
                "mcp-proxy".to_string(),
                Some(Registry::Pypi)
            ))
        );
        assert_eq!(
            starts("node dist/index.js"),
            Some(Starts::Script("dist/index.js".to_string()))
        );
        assert_eq!(starts("python -c print"), None);
    }

    #[test]
    fn a_shell_with_one_simple_command_is_understood() {
        let shell = |script: &str| {
            let words = ["/bin/sh", "-c", script].map(str::to_string);
            read(&words).map(|line| line.rest)
        };
        assert_eq!(
            shell("exec postgres-mcp --transport 'sse' \"--x=a b\""),
            Some(
                words("--transport sse")
                    .into_iter()
                    .chain(["--x=a b".to_string()])
                    .collect()
            )
        );
        for more in ["sleep 5 && postgres-mcp", "a | b", "a; b", "a `b`", "a 'b"] {
            assert_eq!(shell(more), None, "{more}");
        }
    }
}
