//! healthcheck-meaningless: a healthcheck that passes whatever happens, or that cannot pass at all.

use serde_json::{Value, json};

use crate::catalog::{ImageRef, Version, VersionSet, basename, is_shell, split_simple};
use crate::change::{Change, Fix, Op, Safety};
use crate::check::probe::{self, Test};
use crate::check::{Case, Check, Finding, Findings, Need, Severity, is_own};
use crate::model::{Service, ServiceId};
use crate::repair;
use crate::source::Part;

pub(super) static CHECK: Check = Check {
    id: "healthcheck-meaningless",
    severity: Severity::Warning,
    needs: &[Need::Files],
    covers: &["container-unhealthy"],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/healthcheck-meaningless.md"),
    run,
};

/// What is wrong with a test.
struct Fault {
    /// Completes "the healthcheck of litellm …".
    what: String,
    /// What is said at the place.
    said: String,
    /// The test as it was meant.
    meant: Option<Value>,
    /// In which versions of the image.
    versions: VersionSet,
}

impl Fault {
    fn new(what: impl Into<String>, said: impl Into<String>, meant: Option<Value>) -> Fault {
        Fault {
            what: what.into(),
            said: said.into(),
            meant,
            versions: VersionSet::all(),
        }
    }
}

fn run(case: &Case<'_>, findings: &mut Findings) {
    let hops = case.chain.hops_by_service();
    for (id, service) in case.stack.services() {
        let Some((test, at)) = Test::of(case, service) else {
            continue;
        };
        let fault = cannot_run(test)
            .or_else(|| always_passes(test))
            .or_else(|| lacks_program(case, id, service, test));
        let Some(fault) = fault else { continue };
        let name = &service.name.value;
        let message = format!("the healthcheck of {name} {}", fault.what);
        let of_service = hops.get(&id).into_iter().flatten().copied();
        let mut finding = Finding::at(at, Part::Value, message)
            .says(fault.said)
            .subject(name)
            .hops(of_service);
        let known = case.mcp_service(id).and_then(|mcp| {
            let port = mcp.network().find_map(|speaks| speaks.port)?;
            Some(json!(mcp.server.healthcheck.as_ref()?.test_on(port)))
        });
        match fault.meant.or(known) {
            Some(meant) if is_own(service, at) => {
                let mut fix = Fix::new(Safety::Unsafe, "write a test that can pass and can fail");
                fix.changes.push(Change {
                    at: at.clone(),
                    op: Op::Set(meant),
                });
                finding = finding.fix(fix.then(repair::compose(case.stack, id, "up -d")));
            }
            Some(meant) => {
                let title = "write a test that can pass and can fail";
                finding = finding.fix(Fix::manual(title, format!("test: {meant}")));
            }
            None => {}
        }
        findings.add_in(Severity::Warning, &fault.versions, finding);
    }
}

/// Words by which a shell joins commands.
const OPERATORS: [&str; 4] = ["||", "&&", "|", ";"];

/// A test that never comes to what it is meant to do.
fn cannot_run(test: Test<'_>) -> Option<Fault> {
    match test {
        Test::Shell(_) => None,
        Test::Unmarked(words) => {
            let meant = match words {
                [line] => json!(["CMD-SHELL", line]),
                words => json!([&["CMD".to_owned()], words].concat()),
            };
            Some(Fault::new(
                "never runs: a list must begin with CMD or CMD-SHELL, or Docker does not know what to do with it",
                "no CMD or CMD-SHELL",
                Some(meant),
            ))
        }
        Test::Exec(words) => {
            let (program, rest) = words.split_first()?;
            if program.trim().contains(char::is_whitespace) && !program.contains('$') {
                let whole = words.join(" ");
                return Some(Fault::new(
                    "always fails: CMD starts no shell, so that the whole line is taken for the name of one program; \
                     write CMD-SHELL",
                    "one word, which is no program",
                    Some(json!(["CMD-SHELL", whole])),
                ));
            }
            if program == "exit" {
                return Some(Fault::new(
                    "always fails: CMD starts no shell, and `exit` is no program",
                    "a word of the shell",
                    None,
                ));
            }
            // Programs that take a line of a language as an argument have their own meaning for such words.
            let is_language = is_shell(program) || rest.iter().any(|word| is_line_flag(word));
            if is_language {
                return None;
            }
            let joins = |word: &&String| OPERATORS.contains(&word.as_str());
            let inside = |word: &&String| {
                matches!(basename(program), "curl" | "wget")
                    && [" || ", " && "].iter().any(|it| word.contains(it))
            };
            let operator = rest.iter().find(|word| joins(word) || inside(word))?;
            let shown = OPERATORS
                .iter()
                .find(|it| operator.contains(**it))
                .copied()
                .unwrap_or("||");
            let program = basename(program);
            Some(Fault::new(
                format!(
                    "does not do what it says: CMD starts no shell, so that `{shown}` and what follows reach {program} \
                     as arguments; write CMD-SHELL"
                ),
                format!("`{shown}` without a shell"),
                Some(json!(["CMD-SHELL", as_line(words)])),
            ))
        }
    }
}

fn is_line_flag(word: &str) -> bool {
    matches!(word, "-c" | "-lc" | "-e" | "-p" | "--eval" | "--command")
}

/// Words as a line of the shell that joins commands by them.
fn as_line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let is_line = OPERATORS.iter().any(|it| word.contains(it));
        let is_redirection = word.contains('>');
        match is_line || is_redirection {
            true => word.clone(),
            false => repair::quoted(word),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A test that passes as long as the container runs at all.
fn always_passes(test: Test<'_>) -> Option<Fault> {
    let fault = |why: String, said: String| {
        let what = format!("always passes: {why}; it shows the service as healthy when nothing answers, so let it fail then");
        Some(Fault::new(what, said, None))
    };
    if let Some(line) = test.line() {
        let line = line.trim();
        // What leaves the line early may fail.
        let leaves = |part: &str| {
            ["exit", "set -e", "return", "\n"]
                .iter()
                .any(|word| part.contains(word))
        };
        if let Some((before, last)) = line.rsplit_once("||")
            && is_content(last.trim())
            && !leaves(before)
        {
            let last = last.trim();
            let shown = if last.starts_with("echo") { "echo" } else { last };
            return fault(
                format!("`|| {shown}` succeeds where the command before it fails"),
                format!("`|| {shown}`"),
            );
        }
        if let Some((before, last)) = line.rsplit_once(';')
            && is_content(last.trim())
            && !leaves(before)
            && !before.contains(['(', '{', '"', '\''])
        {
            let last = last.trim();
            let shown = if last.starts_with("echo") { "echo" } else { last };
            return fault(
                format!("it ends with `{shown}`, which succeeds whatever comes before it"),
                format!("ends with `{shown}`"),
            );
        }
        let words = split_simple(line).filter(|_| !line.contains('$'))?;
        return idle(&words, true).and_then(|what| fault(what.clone(), what));
    }
    match test {
        Test::Exec(words) => idle(words, false).and_then(|what| fault(what.clone(), what)),
        Test::Shell(_) | Test::Unmarked(_) => None,
    }
}

/// Whether a command of a shell succeeds whatever happens.
fn is_content(command: &str) -> bool {
    let words = split_simple(command).filter(|_| !command.contains('$'));
    words.is_some_and(|words| idle(&words, true).is_some())
}

/// What a command does that tests nothing.
fn idle(words: &[String], in_shell: bool) -> Option<String> {
    let (program, rest) = words.split_first()?;
    let program = basename(program);
    match (program, rest) {
        ("true", _) => Some("`true` tests nothing".to_owned()),
        (":", _) if in_shell => Some("`:` tests nothing".to_owned()),
        ("exit", [] ) if in_shell => Some("`exit` tests nothing".to_owned()),
        ("exit", [code]) if in_shell && code == "0" => Some("`exit 0` tests nothing".to_owned()),
        ("echo" | "printf", _) => Some(format!("`{program}` tests nothing")),
        (_, [flag, script]) if matches!(flag.as_str(), "-c" | "-e" | "--eval") => {
            is_idle_script(script).then(|| format!("the line for {program} tests nothing"))
        }
        _ => None,
    }
}

/// Whether a line of Python or JavaScript does no more than leave with success, or print a text.
fn is_idle_script(script: &str) -> bool {
    let plain: String = script.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_end_matches(';').replace("; ", ";");
    if matches!(
        plain.as_str(),
        "" | "pass" | "exit(0)" | "exit()" | "import sys;sys.exit(0)" | "import sys;sys.exit()" | "process.exit(0)" | "process.exit()"
    ) {
        return true;
    }
    let printed = ["print(", "console.log("]
        .iter()
        .find_map(|call| plain.strip_prefix(call)?.strip_suffix(')'));
    printed.is_some_and(|text| {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
        quote.is_some_and(|quote| text.len() > 1 && text[1..].find(quote) == Some(text.len() - 2))
    })
}

/// A test whose program is not in the image.
fn lacks_program(
    case: &Case<'_>,
    id: ServiceId,
    service: &Service,
    test: Test<'_>,
) -> Option<Fault> {
    let program = test.program()?;
    // Another program may stand in for it.
    if let Some(line) = test.line()
        && line.split("||").skip(1).any(|rest| !gives_up(rest))
    {
        return None;
    }
    let missing = |program: &str, meant: Option<Value>, versions: VersionSet| {
        let next = match &meant {
            Some(_) => "write it with python3, which is there",
            None => "use a program that it has",
        };
        let what = format!(
            "cannot pass: it runs {program}, which the image of the service does not have; {next}"
        );
        Fault {
            versions,
            ..Fault::new(what, format!("no {program} in this image"), meant)
        }
    };
    let runs = &case.catalog.litellm().runs;
    if runs.is_published(service) {
        let image = ImageRef::parse(service.image.as_ref()?.value.get()?);
        let versions = runs.lacks(&image, program);
        if versions.is_empty() {
            return None;
        }
        let versions = match version(case, id, service) {
            Some(version) if versions.contains(&version) => VersionSet::all(),
            Some(_) => return None,
            None => versions.intersect(&case.catalog.litellm().assumed),
        };
        let mut url = probe::address(&test.text())?;
        if runs.health.keyed.iter().any(|keyed| keyed == url.path().trim_end_matches('/')) {
            url.set_path(&runs.health.open);
        }
        let meant = probe::with_python(&repair::written(&url));
        return Some(missing(program, Some(meant), versions));
    }
    let facts = case.mcp_service(id)?;
    let facts = facts.image_facts()?;
    let has_no = |program: &str| facts.lacks.iter().any(|lacks| lacks == program);
    let shell = test.line().is_some();
    if shell && has_no("sh") {
        return Some(missing("a shell", None, VersionSet::all()));
    }
    has_no(program).then(|| missing(program, None, VersionSet::all()))
}

/// `exit 1` and the like, behind which nothing else is tried.
fn gives_up(rest: &str) -> bool {
    let words = split_simple(rest.trim()).unwrap_or_default();
    matches!(words.first().map(String::as_str), Some("exit" | "false"))
}

fn version(case: &Case<'_>, id: ServiceId, service: &Service) -> Option<Version> {
    let mut views = case.chain.gateways.iter();
    let of_gateway = views.find(|view| view.service() == Some(id));
    match of_gateway {
        Some(view) => view.version.version().cloned(),
        None => ImageRef::parse(service.image.as_ref()?.value.get()?).version(),
    }
}
