//! `mcpdoc completions`: a script for a shell.

use clap::CommandFactory;

use super::Outcome;
use crate::cli::{Cli, CompletionsArgs};

pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mcpdoc", &mut script);
    super::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Clean)
}
