//! What a command line of a container engine asks for: `docker run -i --rm -e TOKEN image`.

use super::command::basename;

/// Programs that start containers.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// Flags without a value that may stand before the command: `docker --debug run`.
const GLOBAL_SWITCHES: [&str; 6] = ["-D", "--debug", "--tls", "--tlsverify", "-r", "--remote"];

/// Flags of `run` and `exec` without a value; all others take one.
const SWITCHES: [&str; 26] = [
    "--detach",
    "--disable-content-trust",
    "--env-host",
    "--help",
    "--http-proxy",
    "--init",
    "--interactive",
    "--latest",
    "--no-healthcheck",
    "--no-hostname",
    "--no-hosts",
    "--oom-kill-disable",
    "--passwd",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--read-only-tmpfs",
    "--replace",
    "--rm",
    "--rmi",
    "--rootfs",
    "--sig-proxy",
    "--tls-verify",
    "--tty",
    "--use-api-socket",
];

/// The same with one letter.
const SHORT_SWITCHES: [char; 5] = ['d', 'i', 't', 'P', 'q'];

/// The engine that a program is, if it is one.
pub fn engine(program: &str) -> Option<&'static str> {
    let name = basename(program);
    ENGINES.into_iter().find(|engine| *engine == name)
}

/// Which command of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `run`: a new container.
    Run,
    /// `exec`: a new process in a container that is there.
    Exec,
}

/// A command line that starts a program in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starts {
    /// The engine's program.
    pub engine: &'static str,
    /// Which command.
    pub verb: Verb,
    /// Where the flags begin: the first word behind the command.
    pub flags: usize,
    /// Where the image or container stands.
    pub image: usize,
    /// The word that sends it to the background.
    pub detached: Option<usize>,
    /// The word that gives it a terminal.
    pub terminal: Option<usize>,
    /// Whether its stdin is open.
    pub stdin: bool,
    /// Whether single streams are attached, `-a stdin`.
    pub attached: bool,
    /// Variables that it gets, by name; a star stands for any end.
    pub env: Vec<String>,
    /// Whether it gets variables of which no name stands here: from files, or all of them.
    pub more_env: bool,
}

impl Starts {
    /// Reads `args` as those of `program`. Nothing where that starts no container, or where no image is found.
    pub fn read(program: &str, args: &[&str]) -> Option<Starts> {
        let engine = engine(program)?;
        let mut at = command(args, 0)?;
        if args[at] == "container" {
            at = command(args, at + 1)?;
        }
        let verb = match args[at] {
            "run" => Verb::Run,
            "exec" => Verb::Exec,
            _ => return None,
        };
        let mut starts = Starts {
            engine,
            verb,
            flags: at + 1,
            image: 0,
            detached: None,
            terminal: None,
            stdin: false,
            attached: false,
            env: Vec::new(),
            more_env: false,
        };
        at += 1;
        loop {
            let word = *args.get(at)?;
            if word == "--" {
                at += 1;
                break;
            }
            if !word.starts_with('-') || word == "-" {
                break;
            }
            at = starts.flag(args, at)?;
        }
        args.get(at)?;
        starts.image = at;
        Some(starts)
    }

    /// Takes the flag at `at`, and says where the next one stands.
    fn flag(&mut self, args: &[&str], at: usize) -> Option<usize> {
        let word = args[at];
        if word.starts_with("--") {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            if SWITCHES.contains(&name) {
                self.switch(name, at, value.is_none_or(|value| value != "false"));
                return Some(at + 1);
            }
            let next = if value.is_some() { at + 1 } else { at + 2 };
            self.valued(name, value.or_else(|| args.get(at + 1).copied())?);
            return Some(next);
        }
        // Letters may be joined, the last one with its value: `-itv/data:/data`.
        for (offset, letter) in word.char_indices().skip(1) {
            let rest = &word[offset + letter.len_utf8()..];
            if SHORT_SWITCHES.contains(&letter) {
                if let Some(value) = rest.strip_prefix('=') {
                    self.switch(short(letter), at, value != "false");
                    return Some(at + 1);
                }
                self.switch(short(letter), at, true);
                continue;
            }
            let (value, next) = match rest {
                "" => (*args.get(at + 1)?, at + 2),
                rest => (rest.strip_prefix('=').unwrap_or(rest), at + 1),
            };
            self.valued(short(letter), value);
            return Some(next);
        }
        Some(at + 1)
    }

    fn switch(&mut self, name: &str, at: usize, on: bool) {
        match name {
            "--detach" => self.detached = on.then_some(at),
            "--tty" => self.terminal = on.then_some(at),
            "--interactive" => self.stdin = on,
            "--env-host" => self.more_env |= on,
            _ => {}
        }
    }

    fn valued(&mut self, name: &str, value: &str) {
        match name {
            "--env" => {
                let name = value.split_once('=').map_or(value, |(name, _)| name);
                self.env.push(name.to_owned());
            }
            "--env-file" => self.more_env = true,
            "--attach" => self.attached = true,
            _ => {}
        }
    }

    /// Whether the program in the container gets a variable of the caller's, as far as the flags say it.
    pub fn passes(&self, variable: &str) -> bool {
        self.more_env
            || self.env.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => variable.starts_with(start),
                None => name == variable,
            })
    }
}

/// The long form of a letter, of those that matter here.
fn short(letter: char) -> &'static str {
    match letter {
        'd' => "--detach",
        'i' => "--interactive",
        't' => "--tty",
        'e' => "--env",
        'a' => "--attach",
        _ => "",
    }
}

/// Where the next word stands that is neither a flag nor the value of one.
fn command(args: &[&str], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let word = *args.get(at)?;
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if word.contains('=') || GLOBAL_SWITCHES.contains(&word) {
            1
        } else {
            2
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Starts> {
        let mut words = line.split(' ');
        let program = words.next()?;
        Starts::read(program, &words.collect::<Vec<_>>())
    }

    /// The image or container, and what is open: `i`, `t`, `d`, `a`.
    fn seen(line: &str) -> Option<String> {
        let starts = read(line)?;
        let mut open = String::new();
        let flags = [
            (starts.stdin, 'i'),
            (starts.terminal.is_some(), 't'),
            (starts.detached.is_some(), 'd'),
            (starts.attached, 'a'),
        ];
        open.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, c)| c));
        let image = line.split(' ').nth(starts.image + 1)?;
        Some(format!("{image} {open}"))
    }

    #[test]
    fn flags_are_told_from_their_values() {
        for (line, expected) in [
            ("docker run -i --rm mcp/fetch", Some("mcp/fetch i")),
            ("docker run --rm mcp/fetch -i", Some("mcp/fetch ")),
            ("docker run -it img", Some("img it")),
            ("docker run -d -p 8000:8000 img", Some("img d")),
            ("docker run -dp 8000:8000 img", Some("img d")),
            ("docker run --name -i img", Some("img ")),
            ("docker run --interactive=false -t=false img", Some("img ")),
            ("docker run --interactive --tty=true img", Some("img it")),
            ("docker run -ieTOKEN --network=host img", Some("img i")),
            ("docker run -a stdin -a stdout img", Some("img a")),
            ("docker --context far container run -i img", Some("img i")),
            ("/usr/bin/docker exec -i box server", Some("box i")),
            ("podman run --env-host -i -- img", Some("img i")),
            ("docker.exe run --pull always -i img", Some("img i")),
            ("docker compose run -i img", None),
            ("docker mcp gateway run", None),
            ("docker run -i", None),
            ("docker-compose run web", None),
            ("npx run img", None),
        ] {
            assert_eq!(seen(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn variables_that_pass_are_known_by_name() {
        let passes = |line: &str| read(line).map(|starts| starts.passes("TOKEN"));
        for (line, expected) in [
            ("docker run -i -e TOKEN img", true),
            ("docker run -i -e=TOKEN img", true),
            ("docker run -i -e TOKEN=x img", true),
            ("docker run -i --env=TOKEN img", true),
            ("docker run -ie TOKEN img", true),
            ("docker run -i --env-file .env img", true),
            ("podman run -i -e TO* img", true),
            ("podman run -i --env-host img", true),
            ("docker run -i -e OTHER img", false),
            ("docker run -i img -e TOKEN", false),
            ("docker run -i --name TOKEN img", false),
        ] {
            assert_eq!(passes(line), Some(expected), "{line}");
        }
    }
}
