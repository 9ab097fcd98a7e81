//! stdout-noise: standard output has lines that are no messages.

use crate::change::Fix;
use crate::check::words::quote;
use crate::check::{Case, Check, Finding, Findings, Need, Probed, Severity};
use crate::wire::{Kind, Trouble};

pub(super) static CHECK: Check = Check {
    id: "stdout-noise",
    severity: Severity::Error,
    needs: &[Need::Wire],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/stdout-noise.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for (probed, trouble) in case.troubles(CHECK.id) {
        match &trouble.kind {
            Kind::StdoutNoise { line, more } => {
                findings.add_for(trouble, finding(probed, trouble, line, *more));
            }
            Kind::StdoutForm { does } => {
                let message = probed.but(format!(
                    "it {does}, which clients do not read; write each message as one line of UTF-8 that ends with a line feed"
                ));
                findings.add_for(trouble, probed.finding(trouble, message).says(does.as_str()));
            }
            _ => {}
        }
    }
}

/// Who is known to write such lines.
struct Writer {
    /// How the line begins, or what it has in it, in lower case.
    signs: &'static [&'static str],
    title: &'static str,
    lines: &'static str,
}

/// Seen in the output of real servers.
const WRITERS: &[Writer] = &[
    Writer {
        signs: &["[dotenv@", "dotenvx"],
        title: "dotenv announces what it has read",
        lines: "require(\"dotenv\").config({ quiet: true })\n",
    },
    Writer {
        signs: &["npm notice", "npm warn", "> "],
        title: "npm prints what it runs",
        lines: "npm run --silent NAME    # or start the program itself, not `npm run`\n",
    },
    Writer {
        signs: &["info:     ", "uvicorn running", "listening on", "running on http", "server started on port"],
        title: "it starts a web server instead of speaking stdio",
        lines: "start it with the option that makes it speak stdio, often `--transport stdio`\n",
    },
];

fn finding(probed: &Probed<'_>, trouble: &Trouble, line: &str, more: usize) -> Finding {
    let first = quote(line, 80);
    let others = match more {
        0 => String::new(),
        1 => " and one more line".to_owned(),
        more => format!(" and {more} more lines"),
    };
    let effect = match trouble.breaks {
        true => "and answers nothing that a client could read",
        false => "and a message that shares a line with such text is lost",
    };
    let writer = writer(line);
    let because = writer.map(|writer| format!(" ({})", writer.title)).unwrap_or_default();
    let message = probed.but(format!(
        "it writes {first}{others} to standard output{because}, where only messages may stand, {effect}; write that to \
         standard error"
    ));
    let finding = probed
        .finding(trouble, message)
        .says(format!("writes {first} to standard output"));
    let general = "# Python\nlogging.basicConfig(stream=sys.stderr)\nprint(\"…\", file=sys.stderr)\n// JavaScript\n\
                   console.error(\"…\")\n";
    match writer {
        Some(writer) => finding.fix(Fix::manual("keep it off standard output", writer.lines)),
        None => finding.fix(Fix::manual("write it to standard error", general)),
    }
}

fn writer(line: &str) -> Option<&'static Writer> {
    let line = line.trim_start_matches('\u{FEFF}').to_lowercase();
    WRITERS.iter().find(|writer| {
        let mut signs = writer.signs.iter();
        signs.any(|sign| match *sign {
            "> " => line.starts_with(sign),
            sign => line.contains(sign),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_writers_are_named() {
        for (line, expected) in [
            ("[dotenv@17.2.3] injecting env (0) from .env", Some("dotenv")),
            ("> server@1.0.0 start", Some("npm")),
            ("INFO:     Uvicorn running on http://0.0.0.0:8000", Some("web server")),
            ("value > 3", None),
            ("Processing files", None),
        ] {
            let title = writer(line).map(|writer| writer.title);
            match expected {
                Some(word) => assert!(title.is_some_and(|title| title.contains(word)), "{line}"),
                None => assert_eq!(title, None, "{line}"),
            }
        }
    }
}
