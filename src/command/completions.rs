//! `mcpdoc completions`: a script for a shell.

use std::fmt::Write as _;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command};
use clap_complete::Shell;

use super::Outcome;
use crate::checks::ALL;
use crate::cli::{self, CompletionsArgs};

pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    let mut cli = cli::command().mut_subcommands(with_ids);
    clap_complete::generate(args.shell, &mut cli, "mcpdoc", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        script.push_str(&fish_values(&cli));
    }
    super::print(&script)?;
    Ok(Outcome::Clean)
}

/// A command whose arguments that take ids of checks know them: a shell has no other way to learn of them.
fn with_ids(command: Command) -> Command {
    command.mut_args(|arg| match takes_ids(&arg) {
        true => arg.value_parser(PossibleValuesParser::new(ALL.iter().map(|check| check.id))),
        false => arg,
    })
}

/// What clap_complete leaves out for fish: the values of arguments without a flag.
fn fish_values(cli: &Command) -> String {
    let mut lines = String::new();
    for command in cli.get_subcommands() {
        for arg in command.get_positionals() {
            let values = arg.get_possible_values();
            let values: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            if !values.is_empty() {
                let _ = writeln!(
                    lines,
                    "complete -c mcpdoc -n \"__fish_mcpdoc_using_subcommand {}\" -f -a \"{}\"",
                    command.get_name(),
                    values.join(" ")
                );
            }
        }
    }
    lines
}

fn takes_ids(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().any(|name| name == "ID" || name == "IDS")
}
