//! command-with-arguments: a command that holds its arguments as well.

use serde_json::json;

use crate::change::{Fix, Op, Safety};
use crate::catalog::gateway::with_arguments;
use crate::check::reader::{Entry, claude_code_entries};
use crate::check::{Case, Check, Finding, Findings, Need, Severity};
use crate::gateway::Why;
use crate::source::{Node, Part};

pub(super) static CHECK: Check = Check {
    id: "command-with-arguments",
    severity: Severity::Error,
    needs: &[Need::Files],
    covers: &[],
    formerly: &[],
    since: "0.1.0",
    page: include_str!("../../checks/command-with-arguments.md"),
    run,
};

fn run(case: &Case<'_>, findings: &mut Findings) {
    for found in claude_code_entries(case) {
        if let Some(finding) = of_client(case, found) {
            findings.add(finding);
        }
    }
    for (gateway, ruling) in case.rulings() {
        let Why::CommandWithArguments { program, arguments } = &ruling.why else {
            continue;
        };
        let Some(server) = case.upstream(gateway, ruling) else {
            continue;
        };
        let name = &server.name.value;
        let message = format!(
            "`command` of {name} contains its arguments: {} starts no shell, looks for a program with that whole name and \
             finds none; write `command: {program}`, and the rest as `args`",
            case.program(gateway)
        );
        let finding = Finding::at(&ruling.at, Part::Value, message)
            .says("one program's name, spaces included")
            .subject(name)
            .hops(case.server_hop(gateway, ruling));
        let node = case.stack.source(ruling.at.source).node(&server.at.path);
        findings.add_in(
            Severity::Error,
            &ruling.versions,
            match node.and_then(|entry| fix(entry, program, arguments)) {
                Some(fix) => finding.fix(fix),
                None => finding.fix(Fix::manual(
                    "write the program and its arguments separately",
                    format!("command: {program}\nargs: […]"),
                )),
            },
        );
    }
}

/// An entry of Claude Code's, which starts no shell either.
fn of_client(case: &Case<'_>, found: Entry<'_>) -> Option<Finding> {
    let entry = found.entry;
    let is_stdio = entry.kind.as_ref().is_none_or(|kind| kind.value == "stdio");
    let command = entry
        .command
        .as_ref()
        .filter(|_| is_stdio && found.is_own())?;
    // What a variable brings is not known, and templates are filled in.
    if command.value.contains(['$', '{', '<', '%', '"', '\'']) {
        return None;
    }
    let programs = &case.catalog.litellm().servers.stdio.allowed.programs;
    let (program, arguments) = with_arguments(&command.value, programs)?;
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let name = &entry.name.value;
    let message = format!(
        "`command` of {name} contains its arguments: {} starts no shell, looks for a program with that whole name and \
         finds none; write `\"command\": \"{program}\"`, and the rest as `args`",
        found.file.client.title()
    );
    let finding = Finding::at(&command.at, Part::Value, message)
        .says("one program's name, spaces included")
        .subject(name)
        .hops(found.hops());
    let node = case.stack.source(found.file.source).node(&entry.at.path)?;
    Some(match fix(node, program, &arguments) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

/// Program and arguments apart. Where a quote or a variable needs a shell, a person has to look.
fn fix(entry: Node<'_>, program: &str, arguments: &[String]) -> Option<Fix> {
    let quoted = |word: &String| word.contains(['"', '\'', '\\', '$', '|', '&', ';', '<', '>']);
    let command = entry.get("command")?;
    // What several entries share is not changed for one of them.
    if arguments.iter().any(quoted) || command.is_alias() {
        return None;
    }
    let entry_at = entry.pointer();
    let title = format!("write `command: {program}`, and the rest as `args`");
    let fix = Fix::new(Safety::Safe, title).change(entry_at.key("command"), Op::Set(json!(program)));
    let Some(args) = entry.get("args").filter(|args| !args.is_null()) else {
        return Some(fix.change(entry_at, Op::Insert("args".to_owned(), json!(arguments))));
    };
    let own: Option<Vec<&str>> = args.items().map(Node::as_str).collect();
    let all: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .chain(own.filter(|_| args.is_seq() && !args.is_alias())?)
        .collect();
    Some(fix.change(entry_at.key("args"), Op::Set(json!(all))))
}
